/*
 * run_meet_many.c - reapers, recoveries and prunings that meet the ends of steps, and more than two sessions at
 * once. (two ends of one run: run_meet.c)
 */
#include "ct_graph_model.h"

#define MANY 4

struct actor {
	cairn_id run;
	cairn_lease lease;
	cairn_tx tx;
	cairn_changed changed;
	cairn_run_added added;
	cairn_status status;
	const char *code;
	size_t taken;
};

static void begin(cairn_conn *conn, void *arg)
{
	struct actor *me = arg;
	me->tx = (cairn_tx)CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &me->tx, ct_err()));
}

static void finish(cairn_conn *conn, void *arg)
{
	struct actor *me = arg;
	me->changed = ct_send(conn, ct_success(me->lease));
}

static void complete(cairn_conn *conn, void *arg)
{
	struct actor *me = arg;
	ct_each(ct_complete(conn, ct_completion(me->run, "g", CAIRN_STEP_SUCCEEDED)), CAIRN_OK,
		NULL);
}

static void reap(cairn_conn *conn, void *arg)
{
	struct actor *me = arg;
	cairn_reap_report *report = NULL;
	ct_ok(cairn_job_reap(conn, NULL, &report, ct_err()));
	me->taken += report->count;
	ct_later(report);
}

static void recover(cairn_conn *conn, void *arg)
{
	struct actor *me = arg;
	cairn_recovery recovery = ct_recovery(me->run, "r");
	me->status = cairn_run_recover(conn, &recovery, &me->added, ct_err());
	me->code = me->status != CAIRN_OK ? ct_last()->code : NULL;
}

static void prune(cairn_conn *conn, void *arg)
{
	struct actor *me = arg;
	cairn_run_prune_filter filter = { .size = sizeof(filter), .scope = cairn_any() };
	size_t pruned = 0;
	ct_ok(cairn_run_prune(conn, &filter, &pruned, ct_err()));
	me->taken += pruned;
}

/* ---- many ends ---------------------------------------------------------------------- */

static void many_ends(ct_step_fn *end, size_t left)
{
	ct_play play = ct_play_words("s0 s1 s2 s3 join:s0!,s1,s2!,s3 next:join");
	struct actor actors[MANY];
	ct_session *sessions[MANY];
	for (size_t i = 0; i < MANY; i++) {
		actors[i] = (struct actor){ .run = play.run };
		actors[i].lease = ct_claim_step(play.conn, play.run, ct_format("s%u", (unsigned)i));
		sessions[i] = ct_session_new(ct_format("session %u", (unsigned)i));
	}
	ct_step(sessions[0], begin, &actors[0]);
	ct_step(sessions[0], finish, &actors[0]);
	for (size_t i = 1; i < MANY; i++)
		ct_start(sessions[i], finish, &actors[i]);
	ct_step(sessions[0], end, &actors[0].tx);
	for (size_t i = 1; i < MANY; i++) {
		ct_join(sessions[i]);
		ct_each(actors[i].changed, CAIRN_OK, NULL);
	}
	ct_int(ct_run_step(play.conn, play.run, "join")->pending, left);
	if (left > 0)
		ct_finish(play.conn, ct_success(actors[0].lease));
	ct_stands(play.conn, play.run,
		  "RUNNING s0=SUCCEEDED s1=SUCCEEDED s2=SUCCEEDED s3=SUCCEEDED join=ENQUEUED "
		  "next=BLOCKED");
	ct_text(ct_timeline(play.conn, ct_step_id(play.conn, play.run, "join")), "ENQUEUED");
	ct_int(ct_count_jobs(play.conn, 0), MANY + 1);
}

static void four_at_once(void)
{
	many_ends(ct_commit, 0);
}

static void three_behind_one_that_failed(void)
{
	many_ends(ct_rollback, 1);
}

/* ---- the reaper of jobs -------------------------------------------------------------- */

/* One attempt, leased; b is another step of the run. */
static cairn_id with_one_attempt(cairn_conn *conn, struct actor *worker, struct actor *other)
{
	cairn_run_new dag = ct_dag("a b c:a! d:a");
	ct_define_retry(conn, "t", 1, 0);
	cairn_id run = ct_add_run(conn, &dag);
	*worker = (struct actor){ .run = run, .lease = ct_claim_step(conn, run, "a") };
	*other = (struct actor){ .run = run };
	return run;
}

static void reaper_behind_a_finish(ct_step_fn *end, const char *want)
{
	cairn_conn *conn = ct_open();
	struct actor worker;
	struct actor reaper;
	cairn_id run = with_one_attempt(conn, &worker, &reaper);
	ct_session *sessions[] = { ct_session_new("worker"), ct_session_new("reaper") };
	ct_step(sessions[0], begin, &worker);
	ct_step(sessions[0], finish, &worker);
	ct_advance(CAIRN_HOUR);
	ct_start(sessions[1], reap, &reaper);
	ct_step(sessions[0], end, &worker.tx);
	ct_join(sessions[1]);
	reap(conn, &reaper);
	ct_int(reaper.taken, end == ct_rollback);
	ct_stands(conn, run, want);
}

static void finish_in_time(void)
{
	reaper_behind_a_finish(ct_commit, "RUNNING a=SUCCEEDED b=ENQUEUED c=ENQUEUED d=ENQUEUED");
}

static void finish_that_was_lost(void)
{
	reaper_behind_a_finish(ct_rollback, "RUNNING a=FAILED b=ENQUEUED c=CANCELED d=ENQUEUED");
}

static void finish_behind_a_reaper(void)
{
	static const char *const codes[] = { "job.finished", "job.lease_expired" };
	for (size_t i = 0; i < 2; i++) {
		cairn_conn *conn = ct_open();
		struct actor worker;
		struct actor reaper;
		cairn_id run = with_one_attempt(conn, &worker, &reaper);
		ct_session *sessions[] = { ct_session_new("reaper"), ct_session_new("worker") };
		ct_advance(CAIRN_HOUR);
		ct_step(sessions[0], begin, &reaper);
		ct_step(sessions[0], reap, &reaper);
		ct_int(reaper.taken, 1);
		ct_start(sessions[1], finish, &worker);
		ct_step(sessions[0], i == 0 ? ct_commit : ct_rollback, &reaper.tx);
		ct_join(sessions[1]);
		ct_each(worker.changed, CAIRN_STALE, codes[i]);
		ct_stands(conn, run,
			  i == 0 ? "RUNNING a=FAILED b=ENQUEUED c=CANCELED d=ENQUEUED"
				 : "RUNNING a=RUNNING b=ENQUEUED c=BLOCKED d=BLOCKED");
		ct_cancel_run(conn, run);
	}
}

/* The end of another step holds the run: the reaper comes again, and does not wait where it need not. */
static void reaper_beside_another_end(void)
{
	cairn_conn *conn = ct_open();
	struct actor worker;
	struct actor reaper;
	cairn_id run = with_one_attempt(conn, &worker, &reaper);
	ct_session *sessions[] = { ct_session_new("worker"), ct_session_new("reaper") };
	ct_advance(CAIRN_HOUR);
	worker.lease = ct_claim_step(conn, run, "b");
	ct_step(sessions[0], begin, &worker);
	ct_step(sessions[0], finish, &worker);
	bool passed = ct_pass(sessions[1], reap, &reaper);
	ct_step(sessions[0], ct_commit, &worker.tx);
	if (!passed)
		ct_join(sessions[1]);
	reap(conn, &reaper);
	ct_int(reaper.taken, 1);
	ct_stands(conn, run, "RUNNING a=FAILED b=SUCCEEDED c=CANCELED d=ENQUEUED");
}

/* ---- recoveries, prunings --------------------------------------------------------------- */

static void recovery_behind(ct_step_fn *end, cairn_status status, const char *code)
{
	cairn_conn *conn = ct_open();
	struct actor one = { .run = ct_flow(conn, "g*") };
	struct actor other = { .run = one.run };
	ct_session *sessions[] = { ct_session_new("outside"), ct_session_new("operator") };
	ct_step(sessions[0], begin, &one);
	ct_step(sessions[0], complete, &one);
	ct_start(sessions[1], recover, &other);
	ct_step(sessions[0], end, &one.tx);
	ct_join(sessions[1]);
	ct_int(other.status, status);
	ct_text(other.code ? other.code : "", code);
	if (status == CAIRN_OK)
		ct_stands(conn, other.added.id, "WAITING_FOR_EXTERNAL g=WAITING_FOR_EXTERNAL");
}

static void recovery_behind_the_end(void)
{
	recovery_behind(ct_commit, CAIRN_OK, "");
}

static void recovery_behind_an_end_that_was_lost(void)
{
	recovery_behind(ct_rollback, CAIRN_CONFLICT, "workflow.recovery_source_not_terminal");
}

static void recovery_twice(void)
{
	cairn_conn *conn = ct_open();
	for (size_t i = 0; i < 2; i++) {
		struct actor one = { .run = ct_flow(conn, "g*") };
		struct actor other = { .run = one.run };
		ct_session *sessions[] = { ct_session_new("one"), ct_session_new("other") };
		complete(conn, &one);
		ct_step(sessions[0], begin, &one);
		ct_step(sessions[0], recover, &one);
		ct_start(sessions[1], recover, &other);
		ct_step(sessions[0], i == 0 ? ct_commit : ct_rollback, &one.tx);
		ct_join(sessions[1]);
		ct_int(other.status, CAIRN_OK);
		ct_int(other.added.disposition, i == 0 ? CAIRN_RUN_EXISTING : CAIRN_RUN_INSERTED);
		if (i == 0)
			ct_id(other.added.id, one.added.id);
	}
	ct_int(ct_count_runs(conn), 4);
}

static void pruning_beside_a_recovery(void)
{
	cairn_conn *conn = ct_open();
	struct actor one = { .run = ct_flow(conn, "g* a:g!") };
	struct actor other = { .run = one.run };
	ct_session *sessions[] = { ct_session_new("operator"), ct_session_new("upkeep") };
	ct_cancel_run(conn, one.run);
	ct_step(sessions[0], begin, &one);
	ct_step(sessions[0], recover, &one);
	ct_int(one.status, CAIRN_OK);
	ct_start(sessions[1], prune, &other);
	ct_step(sessions[0], ct_commit, &one.tx);
	ct_join(sessions[1]);
	prune(conn, &other);
	ct_int(other.taken, 1);
	ct_stands(conn, one.added.id, "RUNNING g=WAITING_FOR_EXTERNAL a=BLOCKED");
	ct_int(ct_count_runs(conn), 1);
}

static void recovery_behind_a_pruning(void)
{
	cairn_conn *conn = ct_open();
	struct actor one = { .run = ct_flow(conn, "g*") };
	struct actor other = { .run = one.run };
	ct_session *sessions[] = { ct_session_new("upkeep"), ct_session_new("operator") };
	ct_cancel_run(conn, one.run);
	ct_step(sessions[0], begin, &one);
	ct_step(sessions[0], prune, &one);
	ct_int(one.taken, 1);
	ct_start(sessions[1], recover, &other);
	ct_step(sessions[0], ct_commit, &one.tx);
	ct_join(sessions[1]);
	ct_int(other.status, CAIRN_NOT_FOUND);
	ct_text(other.code, "workflow.recovery_source_not_found");
	ct_int(ct_count_runs(conn), 0);
}

#define MEET .kind = CT_INTERLEAVE, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.meet.four_prerequisites_at_once",
	  MEET,
	  .rule = "Four sessions that end the prerequisites of one step release it once.",
	  .covers = "runledger Z05",
	  .run = four_at_once },
	{ .name = "runs.meet.three_behind_one_that_was_lost",
	  MEET,
	  .rule = "An end that rolled back was none: the join waits for it.",
	  .covers = "runledger Z05",
	  .run = three_behind_one_that_failed },
	{ .name = "runs.meet.a_reaper_behind_a_finish_in_time",
	  MEET,
	  .rule = "A finish that was in time keeps the reaper from failing its step.",
	  .covers = "runledger R14",
	  .run = finish_in_time },
	{ .name = "runs.meet.a_reaper_behind_a_lost_finish",
	  MEET,
	  .rule = "After a finish that rolled back the reaper fails the step, with what follows.",
	  .covers = "runledger R14",
	  .run = finish_that_was_lost },
	{ .name = "runs.meet.a_finish_behind_a_reaper",
	  MEET,
	  .rule = "A finish that waited for the reaper is refused, and ends nothing.",
	  .covers = "runledger R14",
	  .run = finish_behind_a_reaper },
	{ .name = "runs.meet.a_reaper_beside_another_end",
	  MEET,
	  .rule = "A reaper passes a step whose run somebody holds, and takes it at the next pass.",
	  .covers = "runledger R14",
	  .run = reaper_beside_another_end },
	{ .name = "runs.meet.a_recovery_behind_the_end",
	  MEET,
	  .rule = "A recovery that waited for its source's end does it.",
	  .covers = "runledger RC03",
	  .run = recovery_behind_the_end },
	{ .name = "runs.meet.a_recovery_behind_a_lost_end",
	  MEET,
	  .rule = "A recovery whose source did not end after all conflicts.",
	  .covers = "runledger RC03",
	  .run = recovery_behind_an_end_that_was_lost },
	{ .name = "runs.meet.two_recoveries",
	  MEET,
	  .rule = "The same recovery in two sessions makes one run.",
	  .covers = "runledger RC02",
	  .run = recovery_twice },
	{ .name = "runs.meet.a_pruning_beside_a_recovery",
	  MEET,
	  .rule = "A run that is being recovered is pruned at the next pass, and its recovery "
		  "stays.",
	  .run = pruning_beside_a_recovery },
	{ .name = "runs.meet.a_recovery_behind_a_pruning",
	  MEET,
	  .rule = "A recovery that waited for its source's deletion does not find it.",
	  .run = recovery_behind_a_pruning },
};

CT_GROUP(run_meet_many, cases);
