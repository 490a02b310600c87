/*
 * durable.c - durable functions: a run and how it stands, everything that waits, and what becomes of it in the end. How
 * a step is done is in durable_work.c.
 */
#include "durable.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- how it stands ----------------------------------------------------------------- */

void cairn_durable__trouble(struct cairn_durable *run, const cairn_error *err)
{
	if (run->state == CAIRN_DURABLE_TROUBLE)
		return;
	run->state = CAIRN_DURABLE_TROUBLE;
	run->error = *err;
}

void cairn_durable__refuse(struct cairn_durable *run, cairn_code code, const char *message)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_worker__fail_code(&err, code);
	if (message != NULL)
		snprintf(err.message, sizeof err.message, "%s", message);
	cairn_durable__trouble(run, &err);
}

static void fail(struct cairn_durable *run, const cairn_replay_step *step, bool given_up)
{
	if (run->state != CAIRN_DURABLE_GOING)
		return;
	run->state = CAIRN_DURABLE_FAILED;
	run->code = step->error_code;
	run->message = step->error_message;
	run->error = (cairn_error)CAIRN_ERROR_INIT;
	snprintf(run->error.code, sizeof run->error.code, "%.*s", (int)run->code.len,
		 run->code.len > 0 ? run->code.ptr : "");
	snprintf(run->error.message, sizeof run->error.message, "%.*s", (int)run->message.len,
		 run->message.len > 0 ? run->message.ptr : "");
	run->given_up = given_up;
}

static void refuse_step(struct cairn_durable *run, const cairn_replay_step *step)
{
	char message[sizeof run->error.message];
	snprintf(message, sizeof message, "step %.*s: %s", (int)step->name.len,
		 step->name.len > 0 ? step->name.ptr : "", cairn_code_message(step->code));
	cairn_durable__refuse(run, step->code, message);
}

bool cairn_durable__settle(struct cairn_durable *run, const cairn_replay_step *steps,
			   const bool *given_up, size_t n, cairn_str *results)
{
	size_t of[CAIRN_NEXT_SUSPEND + 1] = { 0 };
	size_t failed = n;
	for (size_t i = 0; i < n; i++) {
		const cairn_replay_step *step = &steps[i];
		if (step->status != CAIRN_OK) {
			refuse_step(run, step);
			continue;
		}
		of[step->next]++;
		if (step->next == CAIRN_NEXT_RESULT && results != NULL)
			results[i] = step->result;
		if (step->next == CAIRN_NEXT_FAILED && failed == n)
			failed = i;
	}
	/* what is not ended is so since the worker was told to give up, or for trouble */
	if (of[CAIRN_NEXT_RUN] + of[CAIRN_NEXT_WAIT] > 0)
		cairn_durable__going(run);
	else if (of[CAIRN_NEXT_SUSPEND] > 0 && run->state == CAIRN_DURABLE_GOING)
		run->state = CAIRN_DURABLE_SUSPENDED;
	else if (failed < n)
		fail(run, &steps[failed], given_up != NULL && given_up[failed]);
	return of[CAIRN_NEXT_RESULT] == n;
}

void cairn_durable__clear(cairn_str *results, size_t n)
{
	for (size_t i = 0; results != NULL && i < n; i++)
		results[i] = (cairn_str){ NULL, 0 };
}

bool cairn_durable__going(struct cairn_durable *run)
{
	if (run->state == CAIRN_DURABLE_GOING &&
	    cairn_context_canceled(run->context) != CAIRN_CANCEL_NONE) {
		cairn_error err = CAIRN_ERROR_INIT;
		err.status = CAIRN_INTERRUPTED;
		snprintf(err.code, sizeof err.code, "worker.stopped");
		snprintf(err.message, sizeof err.message, "The worker was told to give up.");
		cairn_durable__trouble(run, &err);
	}
	return run->state == CAIRN_DURABLE_GOING;
}

enum cairn_durable_state cairn_durable_state(const cairn_durable *run)
{
	return run->state;
}

const cairn_error *cairn_durable_error(const cairn_durable *run)
{
	return &run->error;
}

int cairn_durable_caught(cairn_durable *run)
{
	if (run->state != CAIRN_DURABLE_FAILED)
		return 0;
	run->state = CAIRN_DURABLE_GOING;
	return 1;
}

cairn_context *cairn_durable_context(const cairn_durable *run)
{
	return run->context;
}

cairn_replay *cairn_durable_replay(const cairn_durable *run)
{
	return run->replay;
}

int cairn_durable_replaying(const cairn_durable *run)
{
	return cairn_replay_replaying(run->replay);
}

/* ---- waiting and remembering ---------------------------------------------------------- */

/* Of steps that the library itself does: st is that of the call that asked for them. */
static int answer(cairn_durable *run, cairn_status st, const cairn_error *err,
		  const cairn_replay_step *steps, size_t n, cairn_str *results)
{
	if (st != CAIRN_OK) {
		cairn_durable__trouble(run, err);
		return 0;
	}
	return cairn_durable__settle(run, steps, NULL, n, results);
}

int cairn_durable_sleep(cairn_durable *run, cairn_usec duration)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_replay_step step;
	if (!cairn_durable__going(run))
		return 0;
	cairn_status st = cairn_replay_sleep(run->replay, duration, &step, &err);
	return answer(run, st, &err, &step, 1, NULL);
}

int cairn_durable_signal(cairn_durable *run, cairn_str name, cairn_usec timeout, cairn_str *payload)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_replay_step step;
	cairn_durable__clear(payload, 1);
	if (!cairn_durable__going(run))
		return 0;
	cairn_status st = cairn_replay_signal(run->replay, name, timeout, &step, &err);
	int there = answer(run, st, &err, &step, 1, payload);
	if (there && step.timed_out && payload != NULL)
		*payload = (cairn_str){ NULL, 0 };
	return there;
}

int cairn_durable_value(cairn_durable *run, cairn_str kind, cairn_str json, cairn_str *value)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_replay_step step;
	cairn_replay_call call = { .kind = kind };
	cairn_durable__clear(value, 1);
	if (!cairn_durable__going(run))
		return 0;
	cairn_status st = cairn_replay_value(run->replay, &call, &json, 1, &step, &err);
	return answer(run, st, &err, &step, 1, value);
}

int cairn_durable_now(cairn_durable *run, cairn_time *now)
{
	cairn_error err = CAIRN_ERROR_INIT;
	char text[24];
	cairn_time asked = 0;
	cairn_str value;
	if (!cairn_durable__going(run))
		return 0;
	if (now == NULL) {
		cairn_durable__refuse(run, CAIRN_E_ARG_INVALID, "The time needs a place.");
		return 0;
	}
	if (cairn_now(run->conn, &asked, &err) != CAIRN_OK) {
		cairn_durable__trouble(run, &err);
		return 0;
	}
	int len = snprintf(text, sizeof text, "%" PRId64, asked);
	if (!cairn_durable_value(run, CAIRN_STR("now"), (cairn_str){ text, (size_t)len }, &value))
		return 0;
	*now = strtoll(value.ptr, NULL, 10);
	return 1;
}

int cairn_durable_child(cairn_durable *run, const cairn_child_new *children, size_t n,
			cairn_str *outputs)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_durable__clear(outputs, n);
	if (!cairn_durable__going(run))
		return 0;
	cairn_replay_step *steps = calloc(n + 1, sizeof *steps);
	if (steps == NULL) {
		cairn_durable__refuse(run, CAIRN_E_NOMEM, NULL);
		return 0;
	}
	cairn_status st = cairn_replay_child(run->replay, children, n, steps, &err);
	int all = answer(run, st, &err, steps, n, outputs);
	free(steps);
	return all;
}

int cairn_durable_budget(cairn_durable *run, cairn_str axis, cairn_budget *budget)
{
	cairn_error err = CAIRN_ERROR_INIT;
	if (!cairn_durable__going(run))
		return 0;
	if (cairn_replay_budget(run->replay, axis, budget, &err) == CAIRN_OK)
		return 1;
	cairn_durable__trouble(run, &err);
	return 0;
}

/* ---- the end ---------------------------------------------------------------------------- */

static enum cairn_finish_how suspend(cairn_durable *run)
{
	cairn_finish how;
	cairn_error err = CAIRN_ERROR_INIT;
	if (cairn_replay_suspension(run->replay, &how, &err) != CAIRN_OK) {
		cairn_context_error(run->context, cairn_str_of(err.code),
				    cairn_str_of(err.message));
		return CAIRN_FINISH_TERMINAL;
	}
	cairn_context_not_before(run->context, how.not_before);
	return cairn_context_continue(run->context, 0);
}

/*
 * A suspension gives the job its attempts anew, and so does not give an end to a run that fails again and again: the
 * run's own attempts are counted.
 */
static enum cairn_finish_how again(const cairn_durable *run)
{
	return cairn_replay_attempt(run->replay) < cairn_context_job(run->context)->max_attempts
		       ? CAIRN_FINISH_RETRYABLE
		       : CAIRN_FINISH_TERMINAL;
}

/* What a call that failed makes of the attempt. */
static enum cairn_finish_how end_of(const cairn_durable *run)
{
	cairn_context *context = run->context;
	const cairn_error *err = &run->error;
	if (cairn_context_canceled(context) == CAIRN_CANCEL_STOP)
		return cairn_context_snooze(context, 0);
	cairn_context_error(context, cairn_str_of(err->code), cairn_str_of(err->message));
	bool hopeless = err->status == CAIRN_INVALID || err->status == CAIRN_TOO_LARGE ||
			err->status == CAIRN_UNSUPPORTED || err->status == CAIRN_CONFLICT ||
			strcmp(err->code, cairn_code_text(CAIRN_E_REPLAY_CANCELED)) == 0;
	return hopeless ? CAIRN_FINISH_TERMINAL : again(run);
}

enum cairn_finish_how cairn_durable_end(cairn_durable *run)
{
	cairn_durable__going(run);
	switch (run->state) {
	case CAIRN_DURABLE_SUSPENDED:
		return suspend(run);
	case CAIRN_DURABLE_TROUBLE:
		return end_of(run);
	case CAIRN_DURABLE_FAILED:
		cairn_context_error(run->context, run->code, run->message);
		return run->given_up ? CAIRN_FINISH_TERMINAL : again(run);
	case CAIRN_DURABLE_GOING:
		break;
	}
	return CAIRN_FINISH_SUCCESS;
}

enum cairn_finish_how cairn_durable_return(cairn_durable *run, cairn_str output)
{
	if (run->state != CAIRN_DURABLE_GOING)
		return cairn_durable_end(run);
	cairn_context_output(run->context, output);
	return CAIRN_FINISH_SUCCESS;
}

/* ---- a handler ----------------------------------------------------------------------------- */

static cairn_status begin(struct cairn_durable *run, const cairn_durable_program *program,
			  cairn_error *err)
{
	if (program == NULL || program->size < sizeof *program || program->run == NULL)
		return cairn_worker__fail_code(err, CAIRN_E_ARG_INVALID);
	cairn_lease lease = cairn_context_lease(run->context);
	cairn_replay_opts opts = { .size = sizeof opts,
				   .code = program->code,
				   .recode = program->recode,
				   .page = program->page };
	cairn_status st = cairn_context_conn(run->context, &run->conn, err);
	return st == CAIRN_OK ? cairn_replay_begin(run->conn, &lease, &opts, &run->replay, err)
			      : st;
}

/* A worker of the code that began the run may take it; an operator sees why it waits. */
static enum cairn_finish_how unbegun(const struct cairn_durable *run)
{
	const char *other_code = cairn_code_text(CAIRN_E_REPLAY_CODE);
	if (strcmp(run->error.code, other_code) != 0)
		return end_of(run);
	run->context->reason = other_code;
	return cairn_context_snooze(run->context, CAIRN_MINUTE);
}

/* A program that overlooked a 0 has not succeeded, and one that tries again has its attempts like any other. */
static enum cairn_finish_how settled(cairn_durable *run, enum cairn_finish_how how)
{
	if (how == CAIRN_FINISH_SUCCESS && run->state != CAIRN_DURABLE_GOING)
		return cairn_durable_end(run);
	return how == CAIRN_FINISH_RETRYABLE ? again(run) : how;
}

enum cairn_finish_how cairn_durable_handler(void *user, cairn_context *context)
{
	const cairn_durable_program *program = user;
	struct cairn_durable run = { .context = context,
				     .state = CAIRN_DURABLE_GOING,
				     .error = CAIRN_ERROR_INIT };
	if (begin(&run, program, &run.error) != CAIRN_OK)
		return unbegun(&run);
	pthread_mutex_init(&run.lock, NULL);
	enum cairn_finish_how how = settled(&run, program->run(program->user, &run));
	pthread_mutex_destroy(&run.lock);
	cairn_replay_close(run.replay);
	return how;
}
