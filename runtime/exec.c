/*
 * exec.c - the handler that runs a command: start it (exec_spawn.c), see it
 * through (exec_watch.c), and say how its end is the attempt's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec.h"

#define MAX_OUTPUT   ((size_t)64 * 1024) /* two of them, all escaped, fit a document of 1 MiB */
#define KILL_AFTER   (5 * CAIRN_SECOND)
#define STDERR_SHOWN 1024 /* of its end, in a failure's message */
#define EXIT_DATA    65	  /* EX_DATAERR of sysexits.h */

/* "what: end of stderr", without the white space at the end. */
static enum cairn_finish_how fail(cairn_context *context, enum cairn_finish_how how,
				  const char *code, const char *what,
				  const struct cairn_worker__capture *err)
{
	char message[STDERR_SHOWN + 128];
	size_t len = err != NULL ? err->len : 0;
	while (len > 0 && (unsigned char)err->ptr[len - 1] <= ' ')
		len--;
	size_t shown = len < STDERR_SHOWN ? len : STDERR_SHOWN;
	int start = snprintf(message, sizeof message, "%s%s", what, shown > 0 ? ": " : "");
	size_t used = start > 0 ? (size_t)start : 0;
	if (used + shown > sizeof message)
		shown = sizeof message - used;
	if (shown > 0)
		memcpy(message + used, err->ptr + (len - shown), shown);
	cairn_context_error(context, cairn_str_of(code),
			    (cairn_str){ .ptr = message, .len = used + shown });
	return how;
}

static enum cairn_finish_how told_to_end(cairn_context *context, enum cairn_cancel cause,
					 const struct cairn_worker__capture *err)
{
	if (cause == CAIRN_CANCEL_TIMEOUT)
		return fail(context, CAIRN_FINISH_TIMEOUT, "exec.timeout",
			    "The command ran longer than the job's timeout", err);
	if (cause == CAIRN_CANCEL_STOP)
		return fail(context, CAIRN_FINISH_RETRYABLE, "worker.stopped",
			    "The worker stopped while the command ran", err);
	return fail(context, CAIRN_FINISH_RETRYABLE, "exec.canceled",
		    "The command was ended because its lease was gone", err);
}

static enum cairn_finish_how exited(cairn_context *context, int status,
				    const struct cairn_worker__capture *out,
				    const struct cairn_worker__capture *err)
{
	char code[32];
	char what[64];
	if (status == 0) {
		size_t len = 0;
		char *json = cairn_worker__capture_json(status, out, err, &len);
		if (json == NULL)
			return fail(context, CAIRN_FINISH_RETRYABLE, "handler.no_memory",
				    "No memory for the command's output", NULL);
		cairn_context_output(context, (cairn_str){ .ptr = json, .len = len });
		free(json);
		return CAIRN_FINISH_SUCCESS;
	}
	snprintf(code, sizeof code, "exec.exit_%d", status);
	snprintf(what, sizeof what, "The command exited with status %d", status);
	return fail(context, status == EXIT_DATA ? CAIRN_FINISH_TERMINAL : CAIRN_FINISH_RETRYABLE,
		    code, what, err);
}

static enum cairn_finish_how conclude(cairn_context *context,
				      const struct cairn_worker__ended *ended,
				      const struct cairn_worker__capture *out,
				      const struct cairn_worker__capture *err)
{
	/* one that was told to end and still exits with 0 did its work, but not in time */
	bool whole = !ended->lost && !ended->signaled && ended->code == 0;
	if (ended->cause == CAIRN_CANCEL_TIMEOUT || (ended->cause != CAIRN_CANCEL_NONE && !whole))
		return told_to_end(context, ended->cause, err);
	if (ended->lost)
		return fail(context, CAIRN_FINISH_RETRYABLE, "exec.lost",
			    "How the command ended is unknown: something else reaped it", err);
	if (ended->signaled) {
		char what[64];
		snprintf(what, sizeof what, "The command was killed by signal %d", ended->code);
		return fail(context, CAIRN_FINISH_RETRYABLE, "exec.signaled", what, err);
	}
	return exited(context, ended->code, out, err);
}

enum cairn_finish_how cairn_exec_handler(void *user, cairn_context *context)
{
	const cairn_exec *exec = user;
	size_t max = exec->max_output > 0 ? exec->max_output : MAX_OUTPUT;
	struct cairn_worker__child child;
	struct cairn_worker__capture out;
	struct cairn_worker__capture err = { 0 };
	struct cairn_worker__ended ended;
	enum cairn_finish_how how;
	int e = 0;
	if (!cairn_worker__capture_init(&out, max, false) ||
	    !cairn_worker__capture_init(&err, max, true)) {
		how = fail(context, CAIRN_FINISH_RETRYABLE, "handler.no_memory",
			   "No memory for the command's output", NULL);
		goto out;
	}
	e = cairn_worker__spawn(exec, context, &child);
	if (e != 0) {
		char what[112];
		char reason[64] = "";
		strerror_r(e, reason, sizeof reason);
		snprintf(what, sizeof what, "The command could not be started: %s", reason);
		how = fail(context, CAIRN_FINISH_RETRYABLE, "exec.not_started", what, NULL);
		goto out;
	}
	cairn_worker__watch(context, &child, exec->kill_after > 0 ? exec->kill_after : KILL_AFTER,
			    &out, &err, &ended);
	cairn_worker__capture_end(&out, max);
	cairn_worker__capture_end(&err, max);
	how = conclude(context, &ended, &out, &err);
out:
	free(out.ptr);
	free(err.ptr);
	return how;
}
