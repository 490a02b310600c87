/*
 * top_reader.c - the thread that reads frames. It connects anew when the connection is lost;
 * how often is the loop's to say, which asks for each frame.
 */
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "term.h"
#include "top.h"

/* How long a call that was interrupted may take to end. */
#define PATIENCE_MS 500

static void set_conn(struct reader *reader, cairn_conn *conn)
{
	pthread_mutex_lock(&reader->lock);
	cairn_conn *old = reader->source.conn;
	reader->source.conn = conn;
	pthread_mutex_unlock(&reader->lock);
	cairn_close(old);
}

/* What a new connection can't help with; everything else gets one. */
static bool keeps_conn(cairn_status status)
{
	return status == CAIRN_OK || status == CAIRN_BUSY || status == CAIRN_TIMEOUT ||
	       status == CAIRN_NOMEM;
}

static struct frame *no_connection(cairn_status status, const cairn_error *err)
{
	struct frame *frame = calloc(1, sizeof *frame);
	if (frame != NULL) {
		frame->status = status;
		frame->err = *err;
		frame->lost = true;
	}
	return frame;
}

static struct frame *read_one(struct reader *reader)
{
	if (reader->source.conn == NULL) {
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_conn *conn = NULL;
		cairn_status st = db_connect(reader->cli, false, NULL, &conn, &err);
		if (st != CAIRN_OK) {
			cairn_close(conn);
			return no_connection(st, &err);
		}
		set_conn(reader, conn);
	}
	struct frame *frame = frame_read(&reader->source);
	if (frame != NULL && !keeps_conn(frame->status)) {
		frame->lost = frame->status == CAIRN_UNAVAILABLE;
		set_conn(reader, NULL);
	}
	return frame;
}

static void *run(void *arg)
{
	struct reader *reader = arg;
	pthread_mutex_lock(&reader->lock);
	while (!reader->quit) {
		if (!reader->asked) {
			pthread_cond_wait(&reader->change, &reader->lock);
			continue;
		}
		pthread_mutex_unlock(&reader->lock);
		struct frame *frame = read_one(reader);
		pthread_mutex_lock(&reader->lock);
		reader->result = frame;
		reader->asked = false;
		term_wake();
	}
	reader->gone = true;
	pthread_cond_broadcast(&reader->change);
	pthread_mutex_unlock(&reader->lock);
	return NULL;
}

/* Signals are the other thread's. */
int reader_start(struct reader *reader, const struct cli *cli, const struct top_opts *opts,
		 cairn_conn *conn)
{
	sigset_t all;
	sigset_t old;
	*reader = (struct reader){ .cli = cli, .source = { .conn = conn, .opts = opts } };
	pthread_mutex_init(&reader->lock, NULL);
	pthread_cond_init(&reader->change, NULL);
	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGILL);
	sigdelset(&all, SIGABRT);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int error = pthread_create(&reader->thread, NULL, run, reader);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return error;
}

void reader_ask(struct reader *reader, const struct frame *before)
{
	pthread_mutex_lock(&reader->lock);
	reader->source.before = before;
	reader->asked = true;
	pthread_cond_broadcast(&reader->change);
	pthread_mutex_unlock(&reader->lock);
}

bool reader_take(struct reader *reader, struct frame **frame)
{
	pthread_mutex_lock(&reader->lock);
	bool done = !reader->asked;
	*frame = reader->result;
	reader->result = NULL;
	pthread_mutex_unlock(&reader->lock);
	return done;
}

bool reader_stop(struct reader *reader)
{
	struct timespec until;
	int error = 0;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += PATIENCE_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_mutex_lock(&reader->lock);
	reader->quit = true;
	if (reader->asked && reader->source.conn != NULL)
		cairn_interrupt(reader->source.conn);
	pthread_cond_broadcast(&reader->change);
	while (!reader->gone && error == 0)
		error = pthread_cond_timedwait(&reader->change, &reader->lock, &until);
	bool gone = reader->gone;
	pthread_mutex_unlock(&reader->lock);
	if (!gone)
		return false;
	pthread_join(reader->thread, NULL);
	cairn_close(reader->source.conn);
	frame_free(reader->result);
	return true;
}
