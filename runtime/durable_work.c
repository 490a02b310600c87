/* durable_work.c - the steps of a durable function: done by work functions, one by one or side by side, and recorded. */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "durable.h"

#define WIDTH_DEFAULT 16
#define WIDTH_MAX     64

/* How often to look again for a step that somebody else does under the same lease. */
#define LOOK_AGAIN (50 * CAIRN_MILLISECOND)

/* ---- what work says ------------------------------------------------------------------ */

cairn_str cairn_work_input(const cairn_work *work)
{
	return work->call->input;
}

size_t cairn_work_index(const cairn_work *work)
{
	return work->index;
}

int32_t cairn_work_attempt(const cairn_work *work)
{
	return work->step->attempts;
}

const char *cairn_work_key(const cairn_work *work)
{
	return work->key;
}

cairn_context *cairn_work_context(const cairn_work *work)
{
	return work->run->context;
}

static void keep(struct cairn_work *work, struct kept *kept, cairn_str text)
{
	if (!cairn_worker__keep(kept, text))
		work->nomem = true;
}

void cairn_work_result(cairn_work *work, cairn_str json)
{
	keep(work, &work->result, json);
}

static char *copy(cairn_str text)
{
	char *ptr = malloc(text.len + 1);
	if (ptr != NULL && text.len > 0)
		memcpy(ptr, text.ptr, text.len);
	return ptr;
}

static cairn_charge *charge_of(struct cairn_work *work, cairn_str axis)
{
	for (size_t i = 0; i < work->charge_count; i++) {
		cairn_charge *charge = &work->charges[i];
		if (charge->axis.len == axis.len &&
		    memcmp(charge->axis.ptr, axis.ptr, axis.len) == 0)
			return charge;
	}
	size_t n = work->charge_count + 1;
	char *name = copy(axis);
	cairn_charge *charges = realloc(work->charges, n * sizeof *charges);
	if (charges != NULL)
		work->charges = charges;
	char **axes = realloc(work->axes, n * sizeof *axes);
	if (axes != NULL)
		work->axes = axes;
	if (name == NULL || charges == NULL || axes == NULL) {
		free(name);
		work->nomem = true;
		return NULL;
	}
	axes[n - 1] = name;
	charges[n - 1] = (cairn_charge){ .axis = { name, axis.len } };
	work->charge_count = n;
	return &charges[n - 1];
}

void cairn_work_charge(cairn_work *work, cairn_str axis, int64_t amount)
{
	cairn_charge *charge = charge_of(work, axis);
	if (charge == NULL)
		return;
	/* a sum that is out of range stays so: the store refuses it */
	bool over = amount < 0 || charge->amount < 0 || amount > INT64_MAX - charge->amount;
	charge->amount = over ? -1 : charge->amount + amount;
}

static cairn_status reserve(struct cairn_work *work, const void *charge, cairn_error *err)
{
	return cairn_replay_reserve(work->run->replay, work->step, charge, 1, 0, err);
}

int cairn_work_reserve(cairn_work *work, cairn_str axis, int64_t amount)
{
	struct cairn_durable *run = work->run;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_charge charge = { .axis = axis, .amount = amount };
	pthread_mutex_lock(&run->lock);
	cairn_status st = cairn_durable__patiently(work, reserve, &charge, &err);
	work->cut_off = st != CAIRN_OK && !cairn_durable__refused(st);
	if (work->cut_off)
		cairn_durable__trouble(run, &err);
	pthread_mutex_unlock(&run->lock);
	/* what is charged in the end, if only nothing, gives the rest back */
	if (st == CAIRN_OK)
		return charge_of(work, axis) != NULL;
	if (work->cut_off)
		return 0;
	return cairn_work_give_up(work, cairn_str_of(err.code), cairn_str_of(err.message));
}

int cairn_work_fail(cairn_work *work, cairn_str code, cairn_str message)
{
	keep(work, &work->code, code);
	if (!cairn_worker__keep_message(&work->message, message))
		work->nomem = true;
	return 0;
}

int cairn_work_give_up(cairn_work *work, cairn_str code, cairn_str message)
{
	work->final = true;
	return cairn_work_fail(work, code, message);
}

void cairn_work_not_before(cairn_work *work, cairn_time when)
{
	work->not_before = when;
}

/* ---- one step, and many side by side ------------------------------------------------------- */

struct crew {
	struct cairn_durable *run;
	const cairn_durable_batch *batch;
	cairn_replay_step *steps;
	bool *given_up; /* of each: here and now */
	atomic_size_t next;
};

static void work_clear(struct cairn_work *work)
{
	for (size_t i = 0; i < work->charge_count; i++)
		free(work->axes[i]);
	free(work->axes);
	free(work->charges);
	free(work->result.ptr);
	free(work->code.ptr);
	free(work->message.ptr);
}

/* Neither done nor failed: as if it had been killed, so that it is begun again. */
static bool undone(const struct cairn_work *work)
{
	return work->cut_off ||
	       (!work->final && cairn_context_canceled(work->run->context) == CAIRN_CANCEL_STOP);
}

/* Does a step that is RUN and records how it ended; the step says so. */
static void do_step(struct crew *crew, size_t index)
{
	struct cairn_durable *run = crew->run;
	cairn_replay_step *step = &crew->steps[index];
	cairn_error err = CAIRN_ERROR_INIT;
	char id[CAIRN_ID_TEXT];
	struct cairn_work one = {
		.run = run, .call = &crew->batch->calls[index], .step = step, .index = index
	};
	cairn_id_format(cairn_context_job(run->context)->id, id);
	snprintf(one.key, sizeof one.key, "%s/%" PRId64, id, step->seq);
	bool done = crew->batch->work(crew->batch->user, &one) != 0;
	if (one.nomem) {
		done = false;
		cairn_work_fail(&one, CAIRN_STR("step.no_memory"),
				CAIRN_STR("No memory for the step's result."));
	}
	pthread_mutex_lock(&run->lock);
	cairn_status st = CAIRN_OK;
	if (done || !undone(&one))
		st = cairn_durable__record(&one, done, &err);
	else if (!one.cut_off)
		st = cairn_durable__book(&one, &err);
	if (st != CAIRN_OK)
		cairn_durable__trouble(run, &err);
	pthread_mutex_unlock(&run->lock);
	crew->given_up[index] = one.given_up;
	work_clear(&one);
}

static bool stopped(struct crew *crew)
{
	pthread_mutex_lock(&crew->run->lock);
	bool stops = crew->run->state == CAIRN_DURABLE_TROUBLE ||
		     cairn_context_canceled(crew->run->context) != CAIRN_CANCEL_NONE;
	pthread_mutex_unlock(&crew->run->lock);
	return stops;
}

static void *serve(void *arg)
{
	struct crew *crew = arg;
	for (;;) {
		size_t i = atomic_fetch_add(&crew->next, 1);
		if (i >= crew->batch->n)
			return NULL;
		if (crew->steps[i].status == CAIRN_OK && crew->steps[i].next == CAIRN_NEXT_RUN &&
		    !stopped(crew))
			do_step(crew, i);
	}
}

/* The calling thread is one of them; where no other can be had it does all. */
static void do_all(struct crew *crew)
{
	uint32_t width = crew->batch->width != 0 ? crew->batch->width : WIDTH_DEFAULT;
	pthread_t threads[WIDTH_MAX];
	size_t started = 0;
	size_t todo = 0;
	for (size_t i = 0; i < crew->batch->n; i++)
		todo += crew->steps[i].next == CAIRN_NEXT_RUN;
	while (started + 1 < width && started + 1 < todo &&
	       pthread_create(&threads[started], NULL, serve, crew) == 0)
		started++;
	serve(crew);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
}

/* Somebody else does it under this lease: until that one is done, or we are told to give up. */
static void await(struct cairn_durable *run, const cairn_replay_call *call, cairn_replay_step *step)
{
	cairn_error err = CAIRN_ERROR_INIT;
	while (step->status == CAIRN_OK && step->next == CAIRN_NEXT_WAIT &&
	       cairn_context_wait(run->context, LOOK_AGAIN) == CAIRN_CANCEL_NONE) {
		if (cairn_replay_step_again(run->replay, call, step, &err) == CAIRN_OK)
			continue;
		cairn_durable__trouble(run, &err);
		return;
	}
}

/* What is left when all have done what they could. */
static void finish(struct crew *crew)
{
	for (size_t i = 0; i < crew->batch->n; i++) {
		cairn_replay_step *step = &crew->steps[i];
		await(crew->run, &crew->batch->calls[i], step);
		/* begun by somebody who gave it up: ours by now */
		if (step->status == CAIRN_OK && step->next == CAIRN_NEXT_RUN && !stopped(crew))
			do_step(crew, i);
		/* of a failure that is remembered only its attempts tell it */
		if (step->failures < step->max_attempts)
			crew->given_up[i] = true;
	}
}

static bool check(struct cairn_durable *run, const cairn_durable_batch *batch)
{
	if (batch == NULL || batch->size < sizeof *batch)
		cairn_durable__refuse(run, CAIRN_E_ARG_INVALID, NULL);
	else if (batch->work == NULL)
		cairn_durable__refuse(run, CAIRN_E_ARG_INVALID, "A step needs a function.");
	else if (batch->width > WIDTH_MAX)
		cairn_durable__refuse(run, CAIRN_E_ARG_INVALID, "A batch is at most 64 wide.");
	else if (batch->reserved_ != 0)
		cairn_durable__refuse(run, CAIRN_E_ARG_RESERVED, NULL);
	else
		return true;
	return false;
}

int cairn_durable_calls(cairn_durable *run, const cairn_durable_batch *batch, cairn_str *results)
{
	cairn_error err = CAIRN_ERROR_INIT;
	int all = 0;
	if (batch != NULL && batch->size >= sizeof *batch)
		cairn_durable__clear(results, batch->n);
	if (!cairn_durable__going(run) || !check(run, batch))
		return 0;
	struct crew crew = { .run = run, .batch = batch };
	crew.steps = calloc(batch->n + 1, sizeof *crew.steps);
	crew.given_up = calloc(batch->n + 1, sizeof *crew.given_up);
	if (crew.steps == NULL || crew.given_up == NULL) {
		cairn_durable__refuse(run, CAIRN_E_NOMEM, NULL);
	} else if (cairn_replay_step_begin(run->replay, batch->calls, batch->n, crew.steps, &err) ==
		   CAIRN_OK) {
		do_all(&crew);
		finish(&crew);
		all = cairn_durable__settle(run, crew.steps, crew.given_up, batch->n, results) &&
		      cairn_durable__going(run);
	} else {
		cairn_durable__trouble(run, &err);
	}
	free(crew.given_up);
	free(crew.steps);
	return all;
}

int cairn_durable_call(cairn_durable *run, const cairn_replay_call *call, cairn_work_fn *work,
		       void *user, cairn_str *result)
{
	const cairn_durable_batch one = {
		.size = sizeof one, .calls = call, .n = 1, .work = work, .user = user, .width = 1
	};
	return cairn_durable_calls(run, &one, result);
}
