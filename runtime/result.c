/*
 * result.c - from a handler's answer to what is sent: defaults, what a reason to
 * give up does to it, and the failure that takes the place of a result which the
 * library refuses.
 */
#include <stdio.h>

#include "runtime.h"

static void fail_as(struct cairn_context *job, enum cairn_finish_how how, const char *code,
		    const char *message)
{
	job->how = how;
	if (!cairn_worker__keep(&job->error_code, cairn_str_of(code)) ||
	    !cairn_worker__keep(&job->error_message, cairn_str_of(message)))
		job->error_code.len = job->error_message.len = 0;
}

static bool known(enum cairn_finish_how how)
{
	return how >= CAIRN_FINISH_SUCCESS && how <= CAIRN_FINISH_SNOOZE;
}

void cairn_worker__conclude(struct cairn_context *job)
{
	if (job->concluded)
		return;
	job->concluded = true;
	enum cairn_cancel cause = cairn_context_canceled(job);
	if (job->nomem)
		fail_as(job, CAIRN_FINISH_RETRYABLE, "handler.no_memory",
			"No memory for the handler's result.");
	else if (job->spoiled[0] != '\0')
		fail_as(job, CAIRN_FINISH_TERMINAL, job->spoiled, job->spoiled_why);
	else if (!known(job->how))
		fail_as(job, CAIRN_FINISH_PANICKED, "handler.invalid_result",
			"The handler's answer is no way to finish.");
	else if (cause == CAIRN_CANCEL_TIMEOUT && job->error_code.len == 0)
		fail_as(job, CAIRN_FINISH_TIMEOUT, "handler.timeout",
			"The handler ran longer than the job's timeout.");
	else if (cause == CAIRN_CANCEL_TIMEOUT)
		job->how = CAIRN_FINISH_TIMEOUT;
	/* a lease that was lost takes no failure: whoever holds the job now will tell */
	if (cause == CAIRN_CANCEL_LEASE && job->how != CAIRN_FINISH_SUCCESS)
		job->settled = true;
}

/* What was said and not sent goes with the end. */
static void add_state(const struct cairn_context *job, cairn_finish *finish)
{
	const struct saying *said = &job->flying;
	finish->set = said->set & (CAIRN_FINISH_DONE | CAIRN_FINISH_TOTAL);
	finish->progress_done = said->set & CAIRN_PROGRESS_DONE ? said->done : 0;
	finish->progress_total = said->set & CAIRN_PROGRESS_TOTAL ? said->total : 0;
	if (said->has_checkpoint)
		finish->checkpoint = cairn_worker__kept(&said->checkpoint);
}

void cairn_worker__plan_finish(struct cairn_context *job, cairn_finish *finish)
{
	*finish = (cairn_finish){ .lease = job->lease };
	if (job->early) {
		finish->how = CAIRN_FINISH_TIMEOUT;
		finish->error_code = CAIRN_STR("handler.timeout");
		finish->error_message = CAIRN_STR("The handler overran the job's timeout.");
		return;
	}
	finish->how = job->how;
	add_state(job, finish);
	if (job->how == CAIRN_FINISH_SUCCESS) {
		finish->output = cairn_worker__kept(&job->output);
		return;
	}
	finish->not_before = job->not_before;
	if (job->how == CAIRN_FINISH_CONTINUE || job->how == CAIRN_FINISH_SNOOZE) {
		finish->delay = job->delay;
		if (job->how == CAIRN_FINISH_SNOOZE && job->reason != NULL)
			finish->reason = cairn_str_of(job->reason);
		return;
	}
	finish->error_code = cairn_worker__kept(&job->error_code);
	if (finish->error_code.len == 0)
		finish->error_code = CAIRN_STR("handler.failed");
	finish->error_message = cairn_worker__kept(&job->error_message);
}

bool cairn_worker__fails(enum cairn_finish_how how)
{
	return how >= CAIRN_FINISH_RETRYABLE && how <= CAIRN_FINISH_PANICKED;
}

bool cairn_worker__rewrite(struct cairn_context *job, const char *code, const char *message)
{
	if (job->rewritten || job->early)
		return false;
	job->rewritten = true;
	job->not_before = 0;
	job->delay = 0;
	/* whatever it was that is malformed */
	job->flying.set = 0;
	job->flying.has_checkpoint = false;
	if (!cairn_worker__fails(job->how))
		job->how = CAIRN_FINISH_TERMINAL;
	fail_as(job, job->how, code, message);
	return true;
}

void cairn_worker__spoil(struct cairn_context *job, const char *code, const char *message)
{
	if (job->spoiled[0] != '\0')
		return;
	snprintf(job->spoiled, sizeof job->spoiled, "%s", code);
	snprintf(job->spoiled_why, sizeof job->spoiled_why, "%s", message);
}
