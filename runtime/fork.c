/*
 * fork.c - the handler that runs a function in a forked child: the parent's side. It does what the
 * child says through the socket, tells it when there is a reason to give up, and kills what does not.
 */
#define _GNU_SOURCE /* SOCK_CLOEXEC */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fork.h"
#include "runtime.h"

#define LOOK	   (50 * CAIRN_MILLISECOND)
#define KILL_AFTER (5 * CAIRN_SECOND)
#define FRAME_MAX  ((size_t)256 << 20)
#define PARTS	   64

struct nest {
	cairn_context *context;
	const cairn_fork *given;
	pid_t pid;
	int fd;
	atomic_int *cancel;
	char *bytes; /* of frames, as they come in */
	size_t len;
	size_t cap;
	enum cairn_cancel cause; /* why it was told to give up */
	cairn_usec kill_at;	 /* INT64_MAX: it was not */
	bool killed;
	bool answered;
	bool broken; /* the socket is at its end, or talks nonsense */
	bool lost;   /* somebody else reaped it */
	struct result_frame result;
};

static enum cairn_finish_how fail(cairn_context *context, enum cairn_finish_how how,
				  const char *code, const char *message)
{
	cairn_context_error(context, cairn_str_of(code), cairn_str_of(message));
	return how;
}

/* ---- frames -------------------------------------------------------------------------- */

/* Nobody listens any more: a child that talks on must not wait for that. */
static void turn_away(struct nest *nest)
{
	nest->broken = true;
	shutdown(nest->fd, SHUT_RDWR);
}

static void answer_flush(struct nest *nest)
{
	int32_t answer = (int32_t)cairn_context_flush(nest->context);
	if (send(nest->fd, &answer, sizeof answer, MSG_NOSIGNAL) != (ssize_t)sizeof answer)
		nest->broken = true;
}

static void take_log(struct nest *nest, const char *at, size_t size)
{
	struct log_frame frame;
	if (size < sizeof frame)
		return;
	memcpy(&frame, at, sizeof frame);
	size_t rest = size - sizeof frame;
	size_t message = frame.message < rest ? frame.message : rest;
	cairn_str data = { at + sizeof frame + message, rest - message };
	cairn_context_log(nest->context, (enum cairn_log_level)frame.level,
			  (cairn_str){ at + sizeof frame, message }, data);
}

static void take_progress(struct nest *nest, const char *at, size_t size)
{
	struct progress_frame frame;
	if (size != sizeof frame)
		return;
	memcpy(&frame, at, sizeof frame);
	cairn_context_progress(nest->context, frame.done, frame.total);
}

static void take_result(struct nest *nest, const char *at, size_t size)
{
	nest->answered = size == sizeof nest->result;
	if (nest->answered)
		memcpy(&nest->result, at, sizeof nest->result);
}

static void take_frame(struct nest *nest, enum frame kind, const char *at, size_t size)
{
	cairn_context *context = nest->context;
	cairn_str text = { at, size };
	bool kept = true;
	switch (kind) {
	case FRAME_STAGE:
		cairn_context_stage(context, text);
		break;
	case FRAME_CHECKPOINT:
		cairn_context_checkpoint(context, text);
		break;
	case FRAME_PROGRESS:
		take_progress(nest, at, size);
		break;
	case FRAME_LOG:
		take_log(nest, at, size);
		break;
	case FRAME_FLUSH:
		answer_flush(nest);
		break;
	case FRAME_OUTPUT:
		kept = cairn_worker__keep(&context->output, text);
		break;
	case FRAME_CODE:
		kept = cairn_worker__keep(&context->error_code, text);
		break;
	case FRAME_MESSAGE:
		kept = cairn_worker__keep(&context->error_message, text);
		break;
	case FRAME_RESULT:
		take_result(nest, at, size);
		break;
	}
	context->nomem = context->nomem || !kept;
}

static void take_frames(struct nest *nest)
{
	size_t at = 0;
	struct frame_head head;
	while (nest->len - at >= sizeof head) {
		memcpy(&head, nest->bytes + at, sizeof head);
		if (head.size > FRAME_MAX) {
			turn_away(nest);
			break;
		}
		if (nest->len - at - sizeof head < head.size)
			break;
		take_frame(nest, (enum frame)head.kind, nest->bytes + at + sizeof head, head.size);
		at += sizeof head + head.size;
	}
	if (at > 0)
		memmove(nest->bytes, nest->bytes + at, nest->len - at);
	nest->len -= at;
}

static bool make_room(struct nest *nest)
{
	if (nest->cap - nest->len >= 4096)
		return true;
	size_t cap = nest->cap * 2 + 8192;
	char *bytes = realloc(nest->bytes, cap);
	if (bytes == NULL)
		return false;
	nest->bytes = bytes;
	nest->cap = cap;
	return true;
}

/* What has come so far, without waiting for more; a part of it, so that the clock is seen, too. */
static void listen_to(struct nest *nest, int parts)
{
	for (int i = 0; i < parts && !nest->broken; i++) {
		if (!make_room(nest)) {
			nest->context->nomem = true;
			turn_away(nest);
			return;
		}
		ssize_t n = recv(nest->fd, nest->bytes + nest->len, nest->cap - nest->len,
				 MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			nest->broken = true;
			return;
		}
		nest->len += (size_t)n;
		take_frames(nest);
	}
}

/* ---- the child's end ------------------------------------------------------------------ */

static void heed(struct nest *nest, cairn_usec now)
{
	enum cairn_cancel cause = cairn_context_canceled(nest->context);
	cairn_usec patience = nest->given->kill_after > 0 ? nest->given->kill_after : KILL_AFTER;
	if (cause == CAIRN_CANCEL_NONE && cairn_context_time_left(nest->context) == 0)
		cause = CAIRN_CANCEL_TIMEOUT;
	if (nest->kill_at == INT64_MAX && cause != CAIRN_CANCEL_NONE) {
		nest->cause = cause;
		nest->kill_at = cairn_worker__after(patience);
		atomic_store(nest->cancel, (int)cause);
	} else if (now >= nest->kill_at) {
		nest->killed = true;
		kill(nest->pid, SIGKILL);
		nest->kill_at = now + LOOK;
	}
}

/* It stays a zombie, so that its number can't be anybody else's yet. */
static bool exited(struct nest *nest, siginfo_t *info)
{
	memset(info, 0, sizeof *info);
	if (waitid(P_PID, (id_t)nest->pid, info, WEXITED | WNOHANG | WNOWAIT) != 0)
		nest->lost = errno == ECHILD;
	return nest->lost || info->si_pid != 0;
}

static void watch(struct nest *nest, siginfo_t *info)
{
	cairn_usec nap = CAIRN_MILLISECOND;
	while (!exited(nest, info)) {
		heed(nest, cairn_worker__now());
		struct pollfd ready = { .fd = nest->broken ? -1 : nest->fd, .events = POLLIN };
		cairn_usec wait = nest->broken || nest->answered ? nap : LOOK;
		nap = nap * 2 < LOOK ? nap * 2 : LOOK;
		poll(&ready, 1, (int)(wait / CAIRN_MILLISECOND));
		listen_to(nest, PARTS);
	}
	listen_to(nest, INT_MAX);
	/* what it left running in its group goes with it, while the number is still its own */
	if (!nest->lost) {
		kill(-nest->pid, SIGKILL);
		waitpid(nest->pid, NULL, 0);
	}
}

static enum cairn_finish_how conclude(struct nest *nest, const siginfo_t *info)
{
	cairn_context *context = nest->context;
	char what[64];
	if (nest->answered) {
		context->not_before = nest->result.not_before;
		context->delay = nest->result.delay;
		return (enum cairn_finish_how)nest->result.how;
	}
	context->output.len = 0;
	if (nest->killed && nest->cause == CAIRN_CANCEL_TIMEOUT)
		return fail(context, CAIRN_FINISH_TIMEOUT, "fork.timeout",
			    "The handler ran longer than the job's timeout and was killed");
	if (nest->killed)
		return fail(context, CAIRN_FINISH_RETRYABLE, "worker.stopped",
			    "The handler was killed, because its worker was told to stop");
	if (nest->lost)
		return fail(context, CAIRN_FINISH_RETRYABLE, "fork.lost",
			    "How the handler's process ended is unknown: something else reaped it");
	if (info->si_code == CLD_EXITED)
		return fail(context, CAIRN_FINISH_PANICKED, "fork.exited",
			    "The handler's process exited without an answer");
	snprintf(what, sizeof what, "The handler was ended by signal %d", info->si_status);
	bool outside = info->si_status == SIGKILL || info->si_status == SIGTERM;
	return fail(context, outside ? CAIRN_FINISH_RETRYABLE : CAIRN_FINISH_PANICKED,
		    "fork.signaled", what);
}

/* ---- the handler ------------------------------------------------------------------------- */

static bool prepare(struct nest *nest, int ends[2])
{
	void *page = mmap(NULL, sizeof *nest->cancel, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return false;
	nest->cancel = page;
	atomic_init(nest->cancel, CAIRN_CANCEL_NONE);
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0;
}

static bool start(struct nest *nest)
{
	int ends[2] = { -1, -1 };
	if (!prepare(nest, ends))
		return false;
	nest->fd = ends[0];
	nest->pid = fork();
	if (nest->pid == 0) {
		struct child child = { .fd = ends[1], .cancel = nest->cancel };
		cairn_worker__child_run(nest->given, nest->context, &child);
	}
	close(ends[1]);
	return nest->pid > 0;
}

enum cairn_finish_how cairn_fork_handler(void *user, cairn_context *context)
{
	struct nest nest = { .context = context, .given = user, .fd = -1, .kill_at = INT64_MAX };
	siginfo_t info;
	enum cairn_finish_how how;
	if (start(&nest)) {
		watch(&nest, &info);
		how = conclude(&nest, &info);
	} else {
		how = fail(context, CAIRN_FINISH_RETRYABLE, "fork.not_started",
			   "No process could be had for the handler");
	}
	if (nest.fd >= 0)
		close(nest.fd);
	if (nest.cancel != NULL)
		munmap(nest.cancel, sizeof *nest.cancel);
	free(nest.bytes);
	return how;
}
