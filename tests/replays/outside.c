/* outside.c - the steps of a life that come from outside of its programs: submitting, signals, budgets, operators, time. */
#include <string.h>

#include "replays.h"

static cairn_str some_signal(struct dice *dice)
{
	return dice_percent(dice, 50) ? CAIRN_STR("signal-0") : CAIRN_STR("signal-1");
}

static cairn_str some_axis(struct dice *dice)
{
	return dice_percent(dice, 50) ? CAIRN_STR("axis-0") : CAIRN_STR("axis-1");
}

static cairn_str some_key(struct dice *dice)
{
	const cairn_str keys[] = { CAIRN_STR("k0"), CAIRN_STR("k1"), { NULL, 0 } };
	return keys[dice_below(dice, 3)];
}

static cairn_str some_payload(struct dice *dice)
{
	const cairn_str payloads[] = { CAIRN_STR("{\"yes\": 1}"), CAIRN_STR("{\"yes\":1}"),
				       CAIRN_STR("[0.10]") };
	return payloads[dice_below(dice, 3)];
}

static void touch(struct side *side, size_t run)
{
	side->has->touched = 1 + run;
	say(side, " run %zu", run);
}

/* ---- jobs ------------------------------------------------------------------------------- */

static void enqueue(struct life *life, struct dice *dice)
{
	char payload[32];
	snprintf(payload, sizeof payload, "{\"p\": %u}", (unsigned)dice_below(dice, SUBMITTED));
	cairn_job_new job = { .type = CAIRN_STR("work"),
			      .queue = cairn_str_of(life->tenant),
			      .tenant = cairn_str_of(life->tenant),
			      .payload = cairn_str_of(payload) };
	if (dice_percent(dice, 15))
		job.type = dice_percent(dice, 85) ? CAIRN_STR("once") : CAIRN_STR("fleeting");
	if (life->runs > RUNS_MAX / 2)
		return;
	for (size_t i = 0; i < life->side_count; i++) {
		struct side *side = &life->sides[i];
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_job_added added;
		if (side_failed(side, cairn_job_enqueue(side->conn, &job, 1, &added, &err), &err))
			continue;
		say_outcome(side, added.status, added.code);
		touch(side, side_grow(side, life, (struct known_run){ .id = added.id }));
	}
	life_grow(life);
}

static void claim(struct life *life, struct dice *dice)
{
	cairn_claim_opts opts = { .size = sizeof opts,
				  .worker = CAIRN_STR("w"),
				  .queue = cairn_str_of(life->tenant),
				  .lease = (dice_percent(dice, 30) ? 1 : 10) * CAIRN_MINUTE,
				  .limit = 1 + dice_below(dice, 3) };
	size_t got = 0;
	for (size_t i = 0; i < life->side_count; i++) {
		struct side *side = &life->sides[i];
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_jobs *jobs = NULL;
		if (!side_failed(side, cairn_job_claim(side->conn, &opts, &jobs, &err), &err))
			sessions_take(life, side, jobs);
		if (i == 0 && jobs != NULL)
			got = jobs->count;
		cairn_free(jobs);
	}
	life->leases += got;
}

static void say_changed(struct side *side, const cairn_changed *changed)
{
	say_outcome(side, changed->status, changed->code);
	say(side, " %s %s run=%d", cairn_job_status_text(changed->job_status),
	    cairn_ending_text(changed->ending), (int)changed->run_number);
}

static void cancel_job(struct life *life, struct dice *dice)
{
	size_t run = some_run(life, dice);
	for (size_t i = 0; i < life->side_count; i++) {
		struct side *side = &life->sides[i];
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_changed each;
		touch(side, run);
		if (!side_failed(side,
				 cairn_job_cancel(side->conn, scope_of(life),
						  &side->has->runs[run].id, 1,
						  CAIRN_STR("not wanted"), &each, &err),
				 &err))
			say_changed(side, &each);
	}
}

static void requeue(struct life *life, struct dice *dice)
{
	size_t run = some_run(life, dice);
	cairn_requeue item = { .status = dice_percent(dice, 60) ? CAIRN_JOB_DEAD_LETTERED
								: CAIRN_JOB_CANCELED,
			       .run_number = 1 + (int32_t)dice_below(dice, 3),
			       .reset = dice_below(dice, 2) };
	for (size_t i = 0; i < life->side_count; i++) {
		struct side *side = &life->sides[i];
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_changed each;
		touch(side, run);
		item.id = side->has->runs[run].id;
		if (!side_failed(side,
				 cairn_job_requeue(side->conn, scope_of(life), &item, 1,
						   (cairn_str){ NULL, 0 }, &each, &err),
				 &err))
			say_changed(side, &each);
	}
}

static void let_time_pass(struct life *life, struct dice *dice)
{
	cairn_reap_opts opts = { .size = sizeof opts, .limit = 1000 };
	life_tick(life, dice_below(dice, 40) * CAIRN_SECOND);
	for (size_t i = 0; i < life->side_count; i++) {
		struct side *side = &life->sides[i];
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_reap_report *report = NULL;
		if (!side_failed(side, cairn_job_reap(side->conn, &opts, &report, &err), &err)) {
			for (size_t k = 0; k < report->count; k++)
				say(side, " %zu:%s", side_run(side, life, report->at[k].id),
				    cairn_job_status_text(report->at[k].status));
		}
		cairn_free(report);
	}
}

/* ---- signals ------------------------------------------------------------------------------ */

static void send(struct life *life, struct dice *dice)
{
	enum { MOST = 3 };
	cairn_signal_new items[MOST];
	size_t runs[MOST];
	size_t n = dice_percent(dice, 70) ? 1 : 1 + dice_below(dice, MOST);
	memset(items, 0, sizeof items);
	for (size_t k = 0; k < n; k++) {
		runs[k] = some_run(life, dice);
		items[k].name = some_signal(dice);
		items[k].key = some_key(dice);
		if (dice_percent(dice, 70))
			items[k].payload = some_payload(dice);
	}
	for (size_t i = 0; i < life->side_count; i++) {
		struct side *side = &life->sides[i];
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_signal_sent each[MOST];
		for (size_t k = 0; k < n; k++)
			items[k].run = side->has->runs[runs[k]].id;
		touch(side, runs[0]);
		if (side_failed(side,
				cairn_signal_send(side->conn, scope_of(life), items, n, each, &err),
				&err))
			continue;
		for (size_t k = 0; k < n; k++) {
			say_outcome(side, each[k].status, each[k].code);
			say(side, " %zu:%lld %d woken=%u", runs[k], (long long)each[k].seq,
			    (int)each[k].disposition, (unsigned)each[k].woken);
		}
	}
}

static void broadcast(struct life *life, struct dice *dice)
{
	cairn_broadcast all = { .size = sizeof all,
				.scope = scope_of(life),
				.name = some_signal(dice),
				.key = some_key(dice),
				.limit = 1 + dice_below(dice, 3) };
	if (dice_percent(dice, 50))
		all.payload = some_payload(dice);
	if (dice_percent(dice, 40))
		all.type = CAIRN_STR("work");
	for (size_t i = 0; i < life->side_count; i++) {
		struct side *side = &life->sides[i];
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_broadcast_report report = { 0 };
		if (!side_failed(side, cairn_signal_broadcast(side->conn, &all, &report, &err),
				 &err))
			say(side, " %zu more=%d", report.sent, (int)report.more);
	}
}

/* ---- budgets -------------------------------------------------------------------------------- */

static void set_budget(struct life *life, struct dice *dice)
{
	cairn_budget_new axes[] = {
		{ .axis = CAIRN_STR("axis-0"), .total = dice_below(dice, 120) },
		{ .axis = CAIRN_STR("axis-1"), .total = dice_below(dice, 200) },
	};
	size_t run = some_run(life, dice);
	size_t n = 1 + dice_below(dice, 2);
	for (size_t k = 0; k < 2; k++)
		axes[k].kind = dice_percent(dice, 30) ? CAIRN_BUDGET_SOFT : CAIRN_BUDGET_HARD;
	for (size_t i = 0; i < life->side_count; i++) {
		struct side *side = &life->sides[i];
		cairn_error err = CAIRN_ERROR_INIT;
		touch(side, run);
		(void)side_failed(side,
				  cairn_budget_set(side->conn, scope_of(life),
						   side->has->runs[run].id, axes, n, &err),
				  &err);
	}
}

static cairn_status write_entries(cairn_conn *conn, cairn_scope scope, uint32_t verb,
				  const cairn_entry_new *items, size_t n, cairn_entry_done *each,
				  cairn_error *err)
{
	if (verb == 0)
		return cairn_budget_charge(conn, scope, items, n, each, err);
	if (verb == 1)
		return cairn_budget_reserve(conn, scope, items, n, 20 * CAIRN_SECOND, each, err);
	return cairn_budget_release(conn, scope, items, n, each, err);
}

static void write_budget(struct life *life, struct dice *dice)
{
	enum { MOST = 4 };
	const cairn_str sources[] = { CAIRN_STR("s0"), CAIRN_STR("s1"), CAIRN_STR("s2"),
				      CAIRN_STR("s3"), CAIRN_STR("s4"), CAIRN_STR("s5") };
	cairn_entry_new items[MOST];
	size_t runs[MOST];
	size_t n = 1 + dice_below(dice, MOST);
	uint32_t verb = dice_below(dice, 5) % 3;
	memset(items, 0, sizeof items);
	for (size_t k = 0; k < n; k++) {
		runs[k] = some_run(life, dice);
		items[k] = (cairn_entry_new){ .axis = some_axis(dice),
					      .source_type = CAIRN_STR("outside"),
					      .source_id = sources[dice_below(dice, 6)],
					      .amount = dice_below(dice, 4) * 20 };
		if (dice_percent(dice, 2))
			items[k].amount = INT64_MAX;
	}
	for (size_t i = 0; i < life->side_count; i++) {
		struct side *side = &life->sides[i];
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_entry_done each[MOST];
		for (size_t k = 0; k < n; k++)
			items[k].run = side->has->runs[runs[k]].id;
		touch(side, runs[0]);
		if (side_failed(
			    side,
			    write_entries(side->conn, scope_of(life), verb, items, n, each, &err),
			    &err))
			continue;
		for (size_t k = 0; k < n; k++) {
			say_outcome(side, each[k].status, each[k].code);
			say(side, " %zu:%d limited=%u %lld %lld %lld", runs[k],
			    (int)each[k].disposition, (unsigned)each[k].limited,
			    (long long)each[k].total, (long long)each[k].spent,
			    (long long)each[k].reserved);
		}
	}
}

/* ---- operators -------------------------------------------------------------------------------- */

static void say_run_changed(struct side *side, const cairn_replay_changed *changed)
{
	say_outcome(side, changed->status, changed->code);
	say(side, " %d descendants=%u", (int)changed->job_status, (unsigned)changed->descendants);
	say_time(side, "lease", changed->lease_expires_at);
}

static void cancel(struct life *life, struct dice *dice)
{
	size_t runs[2] = { some_run(life, dice), some_run(life, dice) };
	size_t n = runs[0] != runs[1] && dice_percent(dice, 50) ? 2 : 1;
	for (size_t i = 0; i < life->side_count; i++) {
		struct side *side = &life->sides[i];
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_replay_changed each[2];
		cairn_id ids[2] = { side->has->runs[runs[0]].id, side->has->runs[runs[1]].id };
		touch(side, runs[0]);
		if (side_failed(side,
				cairn_replay_cancel(side->conn, scope_of(life), ids, n,
						    (cairn_str){ NULL, 0 }, each, &err),
				&err))
			continue;
		for (size_t k = 0; k < n; k++)
			say_run_changed(side, &each[k]);
	}
}

static void resume(struct life *life, struct dice *dice)
{
	size_t run = some_run(life, dice);
	cairn_resume item = { .size = sizeof item,
			      .scope = scope_of(life),
			      .flags = dice_percent(dice, 50) ? CAIRN_RESUME_CANCELED : 0 };
	if (dice_percent(dice, 20))
		item.flags |= CAIRN_RESUME_OWNER;
	if (dice_percent(dice, 30))
		item.run_number = 1 + (int32_t)dice_below(dice, 2);
	for (size_t i = 0; i < life->side_count; i++) {
		struct side *side = &life->sides[i];
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_replay_changed changed = { 0 };
		item.run = side->has->runs[run].id;
		touch(side, run);
		if (!side_failed(side, cairn_replay_resume(side->conn, &item, &changed, &err),
				 &err))
			say_run_changed(side, &changed);
	}
}

static void fork_run(struct life *life, struct dice *dice)
{
	size_t run = some_run(life, dice);
	cairn_fork_new fork = { .size = sizeof fork,
				.scope = scope_of(life),
				.seq = dice_below(dice, 5) };
	if (dice_percent(dice, 20))
		fork.name = CAIRN_STR("named-0");
	if (fork.name.ptr != NULL)
		fork.seq = 0;
	if (dice_percent(dice, 20))
		fork.code = CAIRN_STR("v2");
	if (life->runs > RUNS_MAX / 2)
		return;
	for (size_t i = 0; i < life->side_count; i++) {
		struct side *side = &life->sides[i];
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_job_added added;
		fork.source = side->has->runs[run].id;
		touch(side, run);
		if (side_failed(side, cairn_replay_fork(side->conn, &fork, &added, &err), &err))
			continue;
		say_outcome(side, added.status, added.code);
		if (added.status == CAIRN_OK)
			touch(side, side_grow(side, life, (struct known_run){ .id = added.id }));
	}
	life_grow(life);
}

static void delete_runs(struct life *life, struct dice *dice)
{
	cairn_replay_delete_opts opts = { .size = sizeof opts,
					  .scope = scope_of(life),
					  .limit = 1 + dice_below(dice, 2),
					  .age = dice_below(dice, 60) * CAIRN_SECOND,
					  .dry = dice_below(dice, 4) == 0 };
	size_t run = dice_percent(dice, 40) ? some_run(life, dice) : RUNS_MAX;
	if (dice_percent(dice, 30))
		opts.statuses = 1u << CAIRN_REPLAY_FAILED;
	for (size_t i = 0; i < life->side_count; i++) {
		struct side *side = &life->sides[i];
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_replay_deleted deleted = { 0 };
		if (run < RUNS_MAX)
			opts.run = side->has->runs[run].id;
		if (!side_failed(side, cairn_replay_delete(side->conn, &opts, &deleted, &err),
				 &err))
			say(side,
			    " roots=%zu descendants=%zu steps=%zu signals=%zu entries=%zu live=%zu",
			    deleted.roots, deleted.descendants, deleted.steps, deleted.signals,
			    deleted.entries, deleted.live);
	}
}

/* ---- the dice -------------------------------------------------------------------------------- */

static void outside(struct life *life, struct dice *dice, enum op op)
{
	static void (*const calls[])(struct life *, struct dice *) = {
		[OP_SEND] = send,	   [OP_BROADCAST] = broadcast,
		[OP_BUDGET] = set_budget,  [OP_ENTRY] = write_budget,
		[OP_CANCEL] = cancel,	   [OP_CANCEL_JOB] = cancel_job,
		[OP_RESUME] = resume,	   [OP_FORK] = fork_run,
		[OP_DELETE] = delete_runs, [OP_REQUEUE] = requeue,
		[OP_TIME] = let_time_pass, [OP_CLAIM] = claim,
		[OP_ENQUEUE] = enqueue,	   [OP_ADVANCE] = session_advance,
		[OP_DROP] = session_drop,  [OP_BEAT] = session_beat,
	};
	if (life->runs > 0 || op == OP_ENQUEUE)
		calls[op](life, dice);
}

static enum op op_of(struct dice *dice, uint32_t n)
{
	static const struct {
		enum op op;
		uint32_t below;
	} table[] = {
		{ OP_ENQUEUE, 4 }, { OP_CLAIM, 14 },	  { OP_ADVANCE, 67 }, { OP_DROP, 68 },
		{ OP_SEND, 78 },   { OP_BROADCAST, 80 },  { OP_BUDGET, 82 },  { OP_ENTRY, 86 },
		{ OP_CANCEL, 87 }, { OP_CANCEL_JOB, 88 }, { OP_RESUME, 90 },  { OP_FORK, 92 },
		{ OP_DELETE, 93 }, { OP_REQUEUE, 94 },	  { OP_BEAT, 95 },    { OP_TIME, 100 },
	};
	uint32_t roll = dice_below(dice, 100);
	size_t at = 0;
	if (n < 4)
		return n < 3 ? OP_ENQUEUE : OP_CLAIM;
	while (roll >= table[at].below)
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
	static const char *const names[] = { "enqueue", "claim",      "advance", "drop",
					     "send",	"broadcast",  "budget",	 "entry",
					     "cancel",	"cancel job", "resume",	 "fork",
					     "delete",	"requeue",    "beat",	 "time" };
	struct dice dice = dice_of(life, n);
	enum op op = op_of(&dice, n);
	for (size_t i = 0; i < life->side_count; i++) {
		life->sides[i].has->touched = 0;
		say(&life->sides[i], "%s", names[op]);
	}
	outside(life, &dice, op);
}

/* Nobody disturbs it any more, whoever waits gets what he waits for, and time passes. */
static int rests(struct life *life)
{
	struct side *side = &life->sides[0];
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_jobs *jobs = NULL;
	cairn_job_filter filter = { .size = sizeof filter,
				    .scope = scope_of(life),
				    .statuses = 1u << CAIRN_JOB_PENDING | 1u << CAIRN_JOB_LEASED,
				    .limit = 1,
				    .compact = 1 };
	if (cairn_job_list(side->conn, &filter, &jobs, &err) != CAIRN_OK)
		side_die(side, "jobs that are not over", &err);
	int none = jobs->count == 0;
	cairn_free(jobs);
	return none;
}

enum { LONGEST_END = 3000 };

int game_over(struct life *life)
{
	static const enum op ops[] = {
		OP_CLAIM,   OP_ADVANCE, OP_ADVANCE, OP_ADVANCE, OP_ADVANCE,
		OP_ADVANCE, OP_ADVANCE, OP_ADVANCE, OP_TIME,	OP_BROADCAST
	};
	uint32_t faults = 0;
	struct dice dice = dice_of(life, 1000000);
	uint32_t n = 0;
	while (n < LONGEST_END && (n % 50 != 0 || !rests(life))) {
		for (size_t i = 0; i < life->side_count; i++)
			life->sides[i].told_len = 0;
		outside(life, &dice, ops[n++ % 10]);
		life_tick(life, CAIRN_SECOND);
	}
	if (n == LONGEST_END)
		printf("# it does not end\n");
	for (size_t i = 0; i < life->side_count; i++) {
		struct side *side = &life->sides[i];
		for (size_t k = 0; k < life->runs; k++)
			faults += judge_run(side->conn, scope_of(life), side->has->runs[k].id);
		side->told_len = 0;
		side_tell_state(side, life);
	}
	for (size_t i = 1; i < life->side_count; i++) {
		if (strcmp(life->sides[0].told, life->sides[i].told) != 0) {
			printf("# the ends differ:\n%s\n%s\n", life->sides[0].told,
			       life->sides[i].told);
			faults++;
		}
	}
	return faults == 0 && n < LONGEST_END;
}
