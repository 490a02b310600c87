/*
 * fork_child.c - a handler's function in its forked child: no descriptor but the three standard ones
 * and the socket, signals as they were at birth, and a context whose words go through the socket.
 */
#define _GNU_SOURCE /* close_range */
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "fork.h"
#include "runtime.h"

/* How soon a sleeping child sees a reason to give up. */
#define SLICE (10 * CAIRN_MILLISECOND)

/* ---- the socket ---------------------------------------------------------------- */

/* A parent that is gone needs no words; the child goes on, or is killed. */
static void put(const struct child *child, const void *bytes, size_t size)
{
	const char *at = bytes;
	while (size > 0) {
		ssize_t n = send(child->fd, at, size, MSG_NOSIGNAL);
		if (n < 0 && errno != EINTR)
			return;
		if (n > 0) {
			at += n;
			size -= (size_t)n;
		}
	}
}

static void put_head(const struct child *child, enum frame kind, size_t size)
{
	/* what is longer than can be said here is refused by the other side as well */
	struct frame_head head = { .kind = (uint32_t)kind,
				   .size = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX };
	put(child, &head, sizeof head);
}

void cairn_worker__child_text(const struct child *child, enum frame kind, cairn_str text)
{
	put_head(child, kind, text.len);
	put(child, text.ptr, text.len);
}

void cairn_worker__child_progress(const struct child *child, int64_t done, int64_t total)
{
	struct progress_frame frame = { .done = done, .total = total };
	put_head(child, FRAME_PROGRESS, sizeof frame);
	put(child, &frame, sizeof frame);
}

void cairn_worker__child_log(const struct child *child, enum cairn_log_level level,
			     cairn_str message, cairn_str data)
{
	struct log_frame frame = { .level = (uint32_t)level, .message = (uint32_t)message.len };
	put_head(child, FRAME_LOG, sizeof frame + message.len + data.len);
	put(child, &frame, sizeof frame);
	put(child, message.ptr, message.len);
	put(child, data.ptr, data.len);
}

cairn_status cairn_worker__child_flush(const struct child *child)
{
	int32_t answer = CAIRN_INTERRUPTED;
	put_head(child, FRAME_FLUSH, 0);
	ssize_t n;
	do
		n = recv(child->fd, &answer, sizeof answer, MSG_WAITALL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof answer ? (cairn_status)answer : CAIRN_INTERRUPTED;
}

/* ---- the context -------------------------------------------------------------------- */

enum cairn_cancel cairn_worker__child_canceled(const struct child *child)
{
	return (enum cairn_cancel)atomic_load(child->cancel);
}

enum cairn_cancel cairn_worker__child_wait(const cairn_context *context, cairn_usec duration)
{
	cairn_usec until = cairn_worker__after(duration > 0 ? duration : 0);
	for (;;) {
		cairn_usec left = until - cairn_worker__now();
		enum cairn_cancel cause = cairn_worker__child_canceled(context->child);
		if (left <= 0 || cause != CAIRN_CANCEL_NONE)
			return cause;
		left = left < SLICE ? left : SLICE;
		nanosleep(&(struct timespec){ .tv_nsec = (long)left * 1000 }, NULL);
	}
}

/* ---- the process ----------------------------------------------------------------------- */

static void close_the_rest(int keep)
{
	if (keep > 3)
		close_range(3, (unsigned)keep - 1, 0);
	close_range((unsigned)keep + 1, ~0u, 0);
}

static void reset_signals(void)
{
	sigset_t none;
	struct sigaction usual = { .sa_handler = SIG_DFL };
	sigemptyset(&usual.sa_mask);
	for (int number = 1; number < NSIG; number++)
		sigaction(number, &usual, NULL); /* check-banned: allow, the child's own */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

_Noreturn void cairn_worker__child_run(const cairn_fork *given, cairn_context *context,
				       struct child *child)
{
	setpgid(0, 0);
	close_the_rest(child->fd);
	reset_signals();
	context->child = child;
	struct result_frame result = { .how = (int32_t)given->run(given->user, context) };
	result.not_before = context->not_before;
	result.delay = context->delay;
	if (context->nomem) {
		result.how = CAIRN_FINISH_RETRYABLE;
		cairn_worker__child_text(child, FRAME_CODE, CAIRN_STR("handler.no_memory"));
	} else {
		cairn_worker__child_text(child, FRAME_OUTPUT, cairn_worker__kept(&context->output));
		cairn_worker__child_text(child, FRAME_CODE,
					 cairn_worker__kept(&context->error_code));
		cairn_worker__child_text(child, FRAME_MESSAGE,
					 cairn_worker__kept(&context->error_message));
	}
	put_head(child, FRAME_RESULT, sizeof result);
	put(child, &result, sizeof result);
	_exit(0); /* check-banned: allow, the child ends here */
}
