/*
 * ct_thread.c - sessions that run steps in scripted order, and races. The only
 * real waiting of the kit is here: the moment that ct_start gives a step to end before it
 * counts as waiting, the bounds on waits that should not happen, and ct_nap.
 */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "ct_run.h"

#define SESSIONS    8
#define RACERS	    32
#define MOMENT_MS   120
#define PATIENCE_MS 20000

enum phase { IDLE, ORDERED, RUNNING, DONE, LEAVING };

struct ct_session {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t turn;
	enum phase phase;
	bool failed;
	const char *name;
	unsigned number;
	cairn_conn *conn;
	ct_step_fn *fn;
	void *arg;
};

static ct_session *sessions[SESSIONS];
static size_t session_count;

cairn_usec ct_ticks(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (cairn_usec)now.tv_sec * CAIRN_SECOND + now.tv_nsec / 1000;
}

void ct_nap(cairn_usec duration)
{
	nanosleep(&(struct timespec){ .tv_sec = duration / CAIRN_SECOND,
				      .tv_nsec = (long)(duration % CAIRN_SECOND) * 1000 },
		  NULL);
}

static void run_step(ct_session *session)
{
	jmp_buf escape;
	ct_set_escape(&escape);
	if (setjmp(escape) == 0)
		session->fn(session->conn, session->arg);
	else
		session->failed = true;
}

static void *session_main(void *arg)
{
	ct_session *session = arg;
	ct_seed_thread(session->number);
	pthread_mutex_lock(&session->lock);
	for (;;) {
		while (session->phase != ORDERED && session->phase != LEAVING)
			pthread_cond_wait(&session->turn, &session->lock);
		if (session->phase == LEAVING)
			break;
		session->phase = RUNNING;
		pthread_mutex_unlock(&session->lock);
		run_step(session);
		pthread_mutex_lock(&session->lock);
		/* it may have been given up meanwhile */
		if (session->phase != LEAVING)
			session->phase = DONE;
		pthread_cond_broadcast(&session->turn);
	}
	pthread_mutex_unlock(&session->lock);
	return NULL;
}

ct_session *ct_session_over(const char *name, cairn_conn *conn)
{
	if (session_count == SESSIONS)
		ct_fail("a case may have %d sessions", SESSIONS);
	ct_session *session = ct_alloc(sizeof(*session));
	session->name = name;
	session->number = (unsigned)session_count + 1;
	session->conn = conn;
	pthread_mutex_init(&session->lock, NULL);
	pthread_cond_init(&session->turn, NULL);
	if (pthread_create(&session->thread, NULL, session_main, session) != 0)
		ct_fail("no thread for session %s", name);
	sessions[session_count++] = session;
	return session;
}

ct_session *ct_session_with(const char *name, const cairn_conn_opts *opts)
{
	return ct_session_over(name, ct_open_with(opts));
}

ct_session *ct_session_new(const char *name)
{
	cairn_conn_opts opts = ct_opts();
	return ct_session_with(name, &opts);
}

cairn_conn *ct_session_conn(ct_session *session)
{
	return session->conn;
}

/* Waits until the session's step is done; false when the time is over. */
static bool wait_done(ct_session *session, long milliseconds)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += milliseconds / 1000;
	until.tv_nsec += milliseconds % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	int late = 0;
	while (session->phase != DONE && !late)
		late = pthread_cond_timedwait(&session->turn, &session->lock, &until);
	return session->phase == DONE;
}

bool ct_start(ct_session *session, ct_step_fn *fn, void *arg)
{
	pthread_mutex_lock(&session->lock);
	bool free_to_go = session->phase == IDLE;
	if (free_to_go) {
		session->fn = fn;
		session->arg = arg;
		session->phase = ORDERED;
		pthread_cond_broadcast(&session->turn);
	}
	bool done = free_to_go && wait_done(session, MOMENT_MS);
	pthread_mutex_unlock(&session->lock);
	if (!free_to_go)
		ct_fail("session %s still runs a step: join it first", session->name);
	return done;
}

void ct_join(ct_session *session)
{
	pthread_mutex_lock(&session->lock);
	bool started = session->phase != IDLE;
	bool done = started && wait_done(session, PATIENCE_MS);
	bool failed = session->failed;
	if (done)
		session->phase = IDLE;
	pthread_mutex_unlock(&session->lock);
	if (!started)
		ct_fail("session %s runs no step to join", session->name);
	if (failed)
		ct_escape();
	if (!done)
		ct_fail("the step of session %s still waits after %d s", session->name,
			PATIENCE_MS / 1000);
}

void ct_step(ct_session *session, ct_step_fn *fn, void *arg)
{
	ct_start(session, fn, arg);
	ct_join(session);
}

bool ct_pass(ct_session *session, ct_step_fn *fn, void *arg)
{
	bool ended = ct_start(session, fn, arg) || ct_has(CAIRN_CAP_PARALLEL_CLAIM);
	if (ended)
		ct_join(session);
	return ended;
}

void ct_commit(cairn_conn *conn, void *tx)
{
	(void)conn;
	ct_ok(cairn_commit(tx, ct_err()));
}

void ct_rollback(cairn_conn *conn, void *tx)
{
	(void)conn;
	cairn_rollback(tx);
}

/* A step that hangs is interrupted; the process's time limit is behind that. */
static void end_session(ct_session *session)
{
	pthread_mutex_lock(&session->lock);
	if (session->phase != IDLE && !wait_done(session, MOMENT_MS)) {
		cairn_interrupt(session->conn);
		wait_done(session, PATIENCE_MS);
	}
	session->phase = LEAVING;
	pthread_cond_broadcast(&session->turn);
	pthread_mutex_unlock(&session->lock);
	pthread_join(session->thread, NULL);
	pthread_cond_destroy(&session->turn);
	pthread_mutex_destroy(&session->lock);
}

void ct_sessions_end(void)
{
	for (size_t i = 0; i < session_count; i++)
		end_session(sessions[i]);
	session_count = 0;
}

/* ---- races ----------------------------------------------------------------------- */

struct start_line {
	pthread_mutex_t lock;
	pthread_cond_t go;
	unsigned waiting;
	unsigned racers;
};

struct racer {
	pthread_t thread;
	struct start_line *line;
	cairn_conn *conn;
	unsigned number;
	ct_race_fn *fn;
	void *arg;
};

static void wait_for_start(struct start_line *line)
{
	pthread_mutex_lock(&line->lock);
	line->waiting++;
	pthread_cond_broadcast(&line->go);
	while (line->waiting < line->racers)
		pthread_cond_wait(&line->go, &line->lock);
	pthread_mutex_unlock(&line->lock);
}

static void *racer_main(void *arg)
{
	struct racer *racer = arg;
	jmp_buf escape;
	ct_seed_thread(100 + racer->number);
	ct_set_escape(&escape);
	wait_for_start(racer->line);
	if (setjmp(escape) == 0)
		racer->fn(racer->conn, racer->number, racer->arg);
	return NULL;
}

void ct_race(unsigned n, ct_race_fn *fn, void *arg)
{
	struct start_line line = { .lock = PTHREAD_MUTEX_INITIALIZER,
				   .go = PTHREAD_COND_INITIALIZER,
				   .racers = n };
	if (n == 0 || n > RACERS)
		ct_fail("a race has 1 to %d threads", RACERS);
	struct racer *racers = ct_alloc(n * sizeof(*racers));
	for (unsigned i = 0; i < n; i++)
		racers[i] = (struct racer){
			.line = &line, .conn = ct_open(), .number = i, .fn = fn, .arg = arg
		};
	for (unsigned i = 0; i < n; i++) {
		if (pthread_create(&racers[i].thread, NULL, racer_main, &racers[i]) != 0)
			abort();
	}
	for (unsigned i = 0; i < n; i++)
		pthread_join(racers[i].thread, NULL);
	for (unsigned i = 0; i < n; i++)
		ct_close(racers[i].conn);
	if (ct_has_failed())
		ct_escape();
}
