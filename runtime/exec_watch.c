/*
 * exec_watch.c - a running command: keeps its output, and ends it when there is a
 * reason to. There is no SIGCHLD handler to rely on, so the end is
 * seen by the outputs closing, and else by looking every so often.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec.h"
#include "runtime.h"

/* How soon a reason to give up, or an exit behind open pipes, is seen. */
#define LOOK (100 * CAIRN_MILLISECOND)

struct watch {
	cairn_context *context;
	struct cairn_worker__child *child;
	struct cairn_worker__capture *out;
	struct cairn_worker__capture *err;
	struct cairn_worker__ended *ended;
	cairn_usec kill_after;
	cairn_usec kill_at; /* INT64_MAX: it was not told to end */
	cairn_usec nap;	    /* between looks once the pipes are closed */
};

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* ---- the pipes ------------------------------------------------------------------ */

/* A look's worth at most, so that a chatty command can't keep us from the clock. */
static void take(int *fd, struct cairn_worker__capture *capture)
{
	char bytes[16 * 1024];
	for (int i = 0; i < 16 && *fd >= 0; i++) {
		ssize_t n = read(*fd, bytes, sizeof bytes);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0)
			close_end(fd);
		else
			cairn_worker__capture_add(capture, bytes, (size_t)n);
	}
}

static void serve_pipes(struct watch *watch, cairn_usec at_most)
{
	struct cairn_worker__child *child = watch->child;
	struct pollfd fds[2] = {
		{ .fd = child->out, .events = POLLIN },
		{ .fd = child->err, .events = POLLIN },
	};
	if (child->out < 0 && child->err < 0) {
		/* it is about to be gone, most often */
		at_most = watch->nap < at_most ? watch->nap : at_most;
		watch->nap = watch->nap < LOOK ? watch->nap * 2 : LOOK;
	}
	poll(fds, 2, (int)((at_most + CAIRN_MILLISECOND - 1) / CAIRN_MILLISECOND));
	if (fds[0].revents != 0)
		take(&child->out, watch->out);
	if (fds[1].revents != 0)
		take(&child->err, watch->err);
}

/* ---- ending ----------------------------------------------------------------------- */

static void tell_group(struct watch *watch, int signal)
{
	kill(-watch->child->pid, signal);
}

static void heed(struct watch *watch, cairn_usec now)
{
	enum cairn_cancel cause = cairn_context_canceled(watch->context);
	if (cause == CAIRN_CANCEL_NONE && cairn_context_time_left(watch->context) == 0)
		cause = CAIRN_CANCEL_TIMEOUT;
	if (watch->kill_at == INT64_MAX && cause != CAIRN_CANCEL_NONE) {
		watch->ended->cause = cause;
		watch->kill_at = cairn_worker__after(watch->kill_after);
		tell_group(watch, SIGTERM);
		tell_group(watch, SIGCONT); /* a stopped one could not heed it */
	} else if (now >= watch->kill_at) {
		tell_group(watch, SIGKILL);
		watch->kill_at = now + LOOK;
	}
}

/* Whether it exited; it stays a zombie, so that its number can't be anybody else's yet. */
static bool exited(struct watch *watch)
{
	siginfo_t info = { 0 };
	if (waitid(P_PID, (id_t)watch->child->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
		watch->ended->lost = errno == ECHILD;
		return watch->ended->lost;
	}
	if (info.si_pid == 0)
		return false;
	watch->ended->signaled = info.si_code != CLD_EXITED;
	watch->ended->code = info.si_status;
	return true;
}

static cairn_usec until_next(const struct watch *watch, cairn_usec now)
{
	cairn_usec left = cairn_context_time_left(watch->context);
	cairn_usec wait = LOOK;
	if (watch->kill_at == INT64_MAX && left < wait)
		wait = left;
	else if (watch->kill_at - now < wait)
		wait = watch->kill_at - now;
	return wait > 0 ? wait : 0;
}

void cairn_worker__watch(cairn_context *context, struct cairn_worker__child *child,
			 cairn_usec kill_after, struct cairn_worker__capture *out,
			 struct cairn_worker__capture *err, struct cairn_worker__ended *ended)
{
	struct watch watch = {
		.context = context,
		.child = child,
		.out = out,
		.err = err,
		.ended = ended,
		.kill_after = kill_after,
		.kill_at = INT64_MAX,
		.nap = CAIRN_MILLISECOND,
	};
	*ended = (struct cairn_worker__ended){ .cause = CAIRN_CANCEL_NONE };
	while (!exited(&watch)) {
		cairn_usec now = cairn_worker__now();
		heed(&watch, now);
		serve_pipes(&watch, until_next(&watch, now));
	}
	take(&child->out, out);
	take(&child->err, err);
	/* while the zombie stands, the group's number is still ours */
	if (!ended->lost) {
		tell_group(&watch, SIGKILL);
		waitpid(child->pid, NULL, 0);
	}
	close_end(&child->out);
	close_end(&child->err);
}
