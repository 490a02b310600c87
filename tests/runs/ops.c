/*
 * ops.c - the steps of a life. What is done is thrown once and then done on every side, with its own ids; what
 * came of it is told.
 */
#include <string.h>

#include "graphs.h"

/* Most often a late one: the others are over. */
static size_t some_run(const struct life *life, struct dice *dice)
{
	uint32_t late = life->runs < 4 || dice_percent(dice, 20) ? (uint32_t)life->runs : 4;
	return life->runs - 1 - dice_below(dice, late);
}

/* ---- runs in ------------------------------------------------------------------------ */

static void enqueue_on(struct life *life, struct side *side, const cairn_run_new *run, size_t at)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_run_added added;
	if (side_failed(side, cairn_run_enqueue(side->conn, run, 1, &added, &err), &err))
		return;
	say_outcome(side, added.status, added.code);
	if (added.status != CAIRN_OK) {
		say(side, " step=%u", (unsigned)added.step);
		return;
	}
	say(side, " %d %s", (int)added.disposition, cairn_run_status_text(added.run_status));
	if (added.disposition != CAIRN_RUN_INSERTED) {
		say(side, " run %zu", side_run(side, life, added.id));
		return;
	}
	side->has->runs[at].id = added.id;
	side_learn(side, life, at);
}

/* The same key brings the same graph, most often. */
static void enqueue(struct life *life, struct dice *dice)
{
	static const char *const keys[] = { "k0", "k1", "k2" };
	static const char *const actives[] = { "a0", "a1" };
	struct graph graph;
	cairn_run_new run = { .type = CAIRN_STR("flow"), .tenant = cairn_str_of(life->tenant) };
	struct dice own = *dice;
	if (life->runs == RUNS_MAX)
		return;
	if (dice_percent(dice, 35)) {
		uint32_t key = dice_below(dice, 3);
		run.key = cairn_str_of(keys[key]);
		own.state = life->seed * 31 + key + (dice_percent(dice, 15) ? 7 : 0);
	}
	graph_roll(&graph, &own, cairn_str_of(life->tenant), "s", 1 + dice_below(&own, 12), NULL);
	run.steps = graph.steps;
	run.step_count = graph.n;
	if (dice_percent(&own, 25))
		run.active_key = cairn_str_of(actives[dice_below(&own, 2)]);
	if (dice_percent(&own, 30))
		run.on_failure = CAIRN_ON_FAILURE_FAIL_FAST;
	if (dice_percent(&own, 50))
		run.result_step = graph.steps[dice_below(&own, (uint32_t)graph.n)].key;
	if (dice_percent(&own, 5))
		graph.steps[graph.n - 1].type = CAIRN_STR("unknown");
	for (size_t i = 0; i < life->side_count; i++)
		enqueue_on(life, &life->sides[i], &run, life->runs);
	if (!cairn_id_is_none(life->sides[0].has->runs[life->runs].id))
		life->runs++;
}

static void append_on(struct life *life, struct side *side, cairn_append *append, size_t run)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_appended *appended = NULL;
	append->run = side->has->runs[run].id;
	if (side_failed(side, cairn_run_append(side->conn, append, &appended, &err), &err)) {
		cairn_free(appended);
		return;
	}
	say(side, " %d %s", (int)appended->disposition,
	    cairn_run_status_text(appended->run_status));
	for (size_t i = 0; i < appended->count; i++)
		say(side, " %s=%s", appended->at[i].key.ptr,
		    cairn_step_status_text(appended->at[i].status));
	cairn_free(appended);
	side_learn(side, life, run);
}

/* Most often a gate. */
static const char *some_gate(const struct known_run *known, struct dice *dice)
{
	const char *key = "s0";
	for (int tries = 0; known->n > 0 && tries < 5; tries++) {
		const struct known *step = &known->steps[dice_below(dice, (uint32_t)known->n)];
		key = step->key;
		if (step->gate)
			break;
	}
	return key;
}

static void append(struct life *life, struct dice *dice)
{
	static const char *const keys[] = { "m0", "m1", "m2", "m3" };
	struct graph graph;
	char window[8];
	char format[8];
	if (life->runs == 0)
		return;
	size_t run = some_run(life, dice);
	uint32_t which = dice_below(dice, 4);
	snprintf(window, sizeof window, "%.7s", some_gate(&life->sides[0].has->runs[run], dice));
	snprintf(format, sizeof format, "n%u-", (unsigned)which);
	graph_roll(&graph, dice, cairn_str_of(life->tenant), format, 1 + dice_below(dice, 4), "s");
	cairn_append request = { .size = sizeof request,
				 .scope = scope_of(life),
				 .key = cairn_str_of(keys[which]),
				 .window = cairn_str_of(window),
				 .steps = graph.steps,
				 .n = graph.n };
	for (size_t i = 0; i < life->side_count; i++)
		append_on(life, &life->sides[i], &request, run);
}

static void recover(struct life *life, struct dice *dice)
{
	static const char *const keys[] = { "r0", "r1" };
	if (life->runs == 0 || life->runs == RUNS_MAX)
		return;
	size_t run = some_run(life, dice);
	cairn_recovery request = { .size = sizeof request,
				   .scope = scope_of(life),
				   .key = cairn_str_of(keys[dice_below(dice, 2)]),
				   .reason = dice_percent(dice, 80) ? CAIRN_STR("again")
								    : CAIRN_STR("once more") };
	for (size_t i = 0; i < life->side_count; i++) {
		struct side *side = &life->sides[i];
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_run_added added;
		request.source = side->has->runs[run].id;
		if (side_failed(side, cairn_run_recover(side->conn, &request, &added, &err), &err))
			continue;
		say(side, " %d %s", (int)added.disposition,
		    cairn_run_status_text(added.run_status));
		if (added.disposition != CAIRN_RUN_INSERTED) {
			say(side, " run %zu", side_run(side, life, added.id));
			continue;
		}
		side->has->runs[life->runs].id = added.id;
		side_learn(side, life, life->runs);
	}
	if (!cairn_id_is_none(life->sides[0].has->runs[life->runs].id))
		life->runs++;
}

/* ---- work ------------------------------------------------------------------------------- */

static void take_jobs(struct life *life, struct side *side, const cairn_jobs *jobs)
{
	for (size_t i = 0; i < jobs->count; i++) {
		const cairn_job *job = &jobs->at[i];
		size_t run = side_run(side, life, job->run);
		struct held *held = &side->has->leases[(life->leases + i) % LEASES_MAX];
		held->lease = cairn_job_lease(job);
		held->run = run;
		snprintf(held->key, sizeof held->key, "%s", side_step(side, run, job->id));
		say(side, " %zu/%s#%d", run, held->key, (int)job->attempt);
	}
}

static void claim(struct life *life, struct dice *dice)
{
	cairn_claim_opts opts = { .size = sizeof opts,
				  .worker = CAIRN_STR("w"),
				  .queue = cairn_str_of(life->tenant),
				  .lease = CAIRN_MINUTE,
				  .limit = 1 + dice_below(dice, 5),
				  .prestart = dice_percent(dice, 20) ? 1u : 0 };
	size_t got = 0;
	for (size_t i = 0; i < life->side_count; i++) {
		struct side *side = &life->sides[i];
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_jobs *jobs = NULL;
		if (!side_failed(side, cairn_job_claim(side->conn, &opts, &jobs, &err), &err))
			take_jobs(life, side, jobs);
		if (i == 0 && jobs != NULL)
			got = jobs->count;
		cairn_free(jobs);
	}
	life->leases += got;
}

static cairn_finish roll_finish(struct dice *dice)
{
	cairn_finish finish = { .how = CAIRN_FINISH_SUCCESS };
	uint32_t roll = dice_below(dice, 100);
	if (roll < 55) {
		if (dice_percent(dice, 70))
			finish.output = CAIRN_STR("{\"done\": 1.0}");
		return finish;
	}
	if (roll < 80) {
		finish.how = roll < 68 ? CAIRN_FINISH_TERMINAL : CAIRN_FINISH_RETRYABLE;
		finish.error_code = CAIRN_STR("work.failed");
		finish.error_message = CAIRN_STR("It did not work.");
		return finish;
	}
	finish.how = roll < 87 ? CAIRN_FINISH_CONTINUE
			       : (roll < 94 ? CAIRN_FINISH_SNOOZE : CAIRN_FINISH_RELEASE);
	if (dice_percent(dice, 50))
		finish.delay = dice_below(dice, 20) * CAIRN_SECOND;
	return finish;
}

static void say_changed(struct side *side, const cairn_changed *changed)
{
	say_outcome(side, changed->status, changed->code);
	say(side, " %s %s run=%d", cairn_job_status_text(changed->job_status),
	    cairn_ending_text(changed->ending), (int)changed->run_number);
}

static void finish(struct life *life, struct dice *dice, int and_claim)
{
	enum { MOST = 4 };
	cairn_finish items[MOST];
	size_t which[MOST];
	size_t n = 1 + dice_below(dice, MOST);
	size_t lately = life->leases < LEASES_MAX ? life->leases : LEASES_MAX;
	if (lately == 0)
		return;
	if (n > lately)
		n = lately;
	size_t first = life->leases - 1 - dice_below(dice, (uint32_t)(lately < 8 ? lately : 8));
	for (size_t i = 0; i < n; i++) {
		which[i] = (first + LEASES_MAX - i) % LEASES_MAX;
		items[i] = roll_finish(dice);
	}
	cairn_claim_opts opts = { .size = sizeof opts,
				  .worker = CAIRN_STR("w"),
				  .queue = cairn_str_of(life->tenant),
				  .limit = 2 };
	int by_hand = dice_percent(dice, 20);
	size_t got = 0;
	for (size_t i = 0; i < life->side_count; i++) {
		struct side *side = &life->sides[i];
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_changed each[MOST];
		cairn_jobs *jobs = NULL;
		for (size_t k = 0; k < n; k++) {
			items[k].lease = side->has->leases[which[k]].lease;
			if (by_hand)
				items[k].lease = (cairn_lease){ .id = items[k].lease.id,
								.fence = items[k].lease.fence };
		}
		cairn_status st = and_claim ? cairn_job_finish_and_claim(side->conn, items, n, each,
									 &opts, &jobs, &err)
					    : cairn_job_finish(side->conn, items, n, each, &err);
		if (!side_failed(side, st, &err)) {
			for (size_t k = 0; k < n; k++) {
				say(side, " %s:", side->has->leases[which[k]].key);
				say_changed(side, &each[k]);
			}
			if (and_claim)
				take_jobs(life, side, jobs);
		}
		if (i == 0 && jobs != NULL)
			got = jobs->count;
		cairn_free(jobs);
	}
	life->leases += got;
}

static void complete(struct life *life, struct dice *dice)
{
	if (life->runs == 0)
		return;
	size_t run = some_run(life, dice);
	const struct known_run *known = &life->sides[0].has->runs[run];
	if (known->n == 0)
		return;
	cairn_completion item = { .scope = scope_of(life),
				  .to = CAIRN_STEP_SUCCEEDED +
					(enum cairn_step_status)(dice_below(dice, 5) % 3) };
	item.step = cairn_str_of(some_gate(known, dice));
	if (item.to == CAIRN_STEP_SUCCEEDED && dice_percent(dice, 50))
		item.output = dice_percent(dice, 50) ? CAIRN_STR("[1, 2]") : CAIRN_STR("[1.0,2]");
	if (dice_percent(dice, 30))
		item.reason = CAIRN_STR("somebody said so");
	for (size_t i = 0; i < life->side_count; i++) {
		struct side *side = &life->sides[i];
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_completed each;
		item.run = side->has->runs[run].id;
		if (side_failed(side, cairn_step_complete(side->conn, &item, 1, &each, &err), &err))
			continue;
		say(side, " %.*s", (int)item.step.len, item.step.ptr);
		say_outcome(side, each.status, each.code);
		say(side, " step=%d run=%d repeated=%u", (int)each.step_status,
		    (int)each.run_status, (unsigned)each.repeated);
	}
}

/* ---- from outside ------------------------------------------------------------------------- */

static void cancel_run(struct life *life, struct dice *dice)
{
	if (life->runs == 0)
		return;
	size_t run = some_run(life, dice);
	for (size_t i = 0; i < life->side_count; i++) {
		struct side *side = &life->sides[i];
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_run_changed each;
		cairn_run_cancel_opts opts = { .size = sizeof opts,
					       .scope = scope_of(life),
					       .runs = &side->has->runs[run].id,
					       .n = 1 };
		if (side_failed(side, cairn_run_cancel(side->conn, &opts, &each, &err), &err))
			continue;
		say_outcome(side, each.status, each.code);
		say(side, " run=%d canceled=%u", (int)each.run_status, (unsigned)each.canceled);
	}
}

static void disturb_job(struct life *life, struct dice *dice)
{
	if (life->runs == 0)
		return;
	size_t run = some_run(life, dice);
	size_t n = life->sides[0].has->runs[run].n;
	if (n == 0)
		return;
	size_t step = dice_below(dice, (uint32_t)n);
	int edit = dice_percent(dice, 40);
	cairn_job_patch patch = { .set = CAIRN_JOB_PAYLOAD, .payload = CAIRN_STR("{\"new\":0}") };
	for (size_t i = 0; i < life->side_count; i++) {
		struct side *side = &life->sides[i];
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_changed each;
		patch.id = side->has->runs[run].steps[step].id;
		cairn_status st =
			edit ? cairn_job_edit(side->conn, scope_of(life), &patch, 1, &each, &err)
			     : cairn_job_cancel(side->conn, scope_of(life), &patch.id, 1,
						CAIRN_STR("not wanted"), &each, &err);
		if (side_failed(side, st, &err))
			continue;
		say(side, " %s", side->has->runs[run].steps[step].key);
		say_changed(side, &each);
	}
}

static void let_time_pass(struct life *life, struct dice *dice)
{
	life_tick(life, dice_below(dice, 40) * CAIRN_SECOND);
	for (size_t i = 0; i < life->side_count; i++) {
		struct side *side = &life->sides[i];
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_reap_report *report = NULL;
		size_t ended = 0;
		if (!side_failed(side, cairn_job_reap(side->conn, NULL, &report, &err), &err)) {
			for (size_t k = 0; k < report->count; k++)
				say(side, " %s", cairn_job_status_text(report->at[k].status));
		}
		cairn_free(report);
		if (!side_failed(side, cairn_run_reap(side->conn, 0, &ended, &err), &err))
			say(side, " gates=%zu", ended);
	}
}

static void prune(struct life *life, struct dice *dice)
{
	cairn_run_prune_filter filter = { .size = sizeof filter,
					  .scope = scope_of(life),
					  .limit = 1 + dice_below(dice, 2),
					  .age = dice_below(dice, 120) * CAIRN_SECOND };
	for (size_t i = 0; i < life->side_count; i++) {
		struct side *side = &life->sides[i];
		cairn_error err = CAIRN_ERROR_INIT;
		size_t pruned = 0;
		if (!side_failed(side, cairn_run_prune(side->conn, &filter, &pruned, &err), &err))
			say(side, " %zu", pruned);
	}
}

/* ---- the dice -------------------------------------------------------------------------------- */

static enum op op_of(struct dice *dice, uint32_t n)
{
	static const struct {
		enum op op;
		uint32_t below;
	} table[] = {
		{ OP_ENQUEUE, 11 }, { OP_CLAIM, 30 },	 { OP_FINISH_AND_CLAIM, 38 },
		{ OP_FINISH, 58 },  { OP_COMPLETE, 71 }, { OP_APPEND, 79 },
		{ OP_CANCEL, 82 },  { OP_DISTURB, 87 },	 { OP_TIME, 95 },
		{ OP_RECOVER, 98 }, { OP_PRUNE, 100 },
	};
	uint32_t roll = dice_below(dice, 100);
	size_t at = 0;
	while (n > 0 && roll >= table[at].below)
		at++;
	return table[at].op;
}

enum op life_op(const struct life *life, uint32_t n)
{
	struct dice dice = dice_of(life, n);
	return op_of(&dice, n);
}

void life_step(struct life *life, uint32_t n)
{
	struct dice dice = dice_of(life, n);
	switch (op_of(&dice, n)) {
	case OP_ENQUEUE:
		enqueue(life, &dice);
		break;
	case OP_CLAIM:
		claim(life, &dice);
		break;
	case OP_FINISH_AND_CLAIM:
		finish(life, &dice, 1);
		break;
	case OP_FINISH:
		finish(life, &dice, 0);
		break;
	case OP_COMPLETE:
		complete(life, &dice);
		break;
	case OP_APPEND:
		append(life, &dice);
		break;
	case OP_CANCEL:
		cancel_run(life, &dice);
		break;
	case OP_DISTURB:
		disturb_job(life, &dice);
		break;
	case OP_TIME:
		let_time_pass(life, &dice);
		break;
	case OP_RECOVER:
		recover(life, &dice);
		break;
	case OP_PRUNE:
		prune(life, &dice);
		break;
	}
}
