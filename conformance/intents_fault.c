/*
 * intents_fault.c - promoting while something breaks: a row that the database refuses, columns that
 * were changed behind the library's back, a definition that goes away in between, a commit whose
 * answer is lost. The subject's own driver breaks, one slot at a time.
 */
#include <stddef.h>

#include <cairn/sys/intent.h>
#include <cairn/sys/job.h>

#include "ct.h"

/* ---- a driver that breaks --------------------------------------------------------------- */

static struct {
	cairn_driver driver;
	cairn_conn_ops conn;
	cairn_job_ops jobs;
	cairn_intent_ops intents;
} broken;

static struct {
	cairn_conn_ops conn;
	cairn_job_ops jobs;
	cairn_intent_ops intents;
} real;

static void copy_table(void *to, size_t room, const void *from)
{
	size_t size = *(const size_t *)from;
	memset(to, 0, room);
	memcpy(to, from, size < room ? size : room);
	*(size_t *)to = room;
}

static void learn(void)
{
	copy_table(&broken.driver, sizeof(broken.driver), ct_subject()->driver);
	copy_table(&real.conn, sizeof(real.conn), broken.driver.conn);
	copy_table(&real.jobs, sizeof(real.jobs), broken.driver.jobs);
	copy_table(&real.intents, sizeof(real.intents), broken.driver.intents);
	broken.conn = real.conn;
	broken.jobs = real.jobs;
	broken.intents = real.intents;
	broken.driver.conn = &broken.conn;
	broken.driver.jobs = &broken.jobs;
	broken.driver.intents = &broken.intents;
}

/* After the slots were replaced. */
static cairn_conn *open_broken(void)
{
	cairn_conn_opts opts = ct_opts();
	return ct_open_driver(&broken.driver, &opts);
}

/* Writes, and fails afterwards for the sake of jobs whose key starts with "bad". */
static cairn_status refuse_bad_keys(void *self, const cairn_enqueue_plan *plan,
				    cairn_job_inserted *each, cairn_error *err)
{
	cairn_status status = real.jobs.enqueue(self, plan, each, err);
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		cairn_str key = plan->jobs[i].key;
		if (key.len >= 3 && memcmp(key.ptr, "bad", 3) == 0)
			status = cairn_fail(err, CAIRN_E_DB_FAILED);
	}
	return status;
}

static cairn_status refuse_to_settle(void *self, const cairn_settle_plan *plan, size_t *settled,
				     cairn_error *err)
{
	cairn_status status = real.intents.settle(self, plan, settled, err);
	return status == CAIRN_OK ? cairn_fail(err, CAIRN_E_DB_RULE) : status;
}

static cairn_status nobody_answers(void *self, const cairn_settle_plan *plan, size_t *settled,
				   cairn_error *err)
{
	(void)self;
	(void)plan;
	(void)settled;
	return cairn_fail(err, CAIRN_E_DB_UNAVAILABLE);
}

/* As if somebody had changed the column of a row. */
static cairn_status drifted(void *self, const cairn_take_plan *plan, cairn_time *now,
			    cairn_rows *rows, cairn_error *err)
{
	cairn_status status = real.intents.take(self, plan, now, rows, err);
	for (size_t i = 0; i < cairn_rows_count(rows) && status == CAIRN_OK; i++) {
		cairn_intent *intent = cairn_rows_at(rows, i);
		if (cairn_str_is(intent->key, "bad"))
			intent->max_attempts = 77;
		if (cairn_str_is(intent->key, "bad stage"))
			intent->stage = CAIRN_STR("running");
	}
	return status;
}

static cairn_status disable_first(void *self, const cairn_enqueue_plan *plan,
				  cairn_job_inserted *each, cairn_error *err)
{
	size_t found = 0;
	cairn_definition gone = { .type = CAIRN_STR("gone"), .disabled = 1 };
	cairn_define_plan patch = { .mode = CAIRN_DEFINE_PATCH,
				    .patch = CAIRN_PATCH_DISABLED,
				    .definitions = &gone,
				    .n = 1 };
	cairn_status status = real.jobs.define(self, &patch, &found, err);
	return status == CAIRN_OK ? real.jobs.enqueue(self, plan, each, err) : status;
}

static unsigned answers_lost;

static cairn_status lose_the_answer(void *self, uint32_t depth, cairn_error *err)
{
	cairn_status status = real.conn.commit(self, depth, err);
	if (status != CAIRN_OK || depth > 0 || answers_lost == 0)
		return status;
	answers_lost--;
	return cairn_fail(err, CAIRN_E_DB_UNCERTAIN);
}

static cairn_status always_gone(void *self, const cairn_intent_plan *plan, cairn_intent_found *each,
				cairn_error *err)
{
	(void)self;
	(void)err;
	memset(each, 0, plan->n * sizeof(*each));
	return CAIRN_OK;
}

/* ---- deferral ------------------------------------------------------------------------------ */

/* Four requests of which the second and the last are bad. */
static void record_four(cairn_conn *conn, cairn_id ids[4])
{
	static const char *const keys[] = { "a", "bad1", "b", "bad2" };
	ct_define(conn, "t");
	for (size_t i = 0; i < 4; i++)
		ids[i] = ct_record(conn, "t", keys[i]);
}

static void is_deferred(const cairn_intent *intent, int32_t attempts, const char *code)
{
	ct_int(intent->status, CAIRN_INTENT_PENDING);
	ct_int(intent->attempts, attempts);
	ct_int(intent->last_attempted_at, ct_now());
	ct_int(intent->updated_at, ct_now());
	ct_true(intent->next_promotion_at > ct_now());
	ct_str(intent->error_code, code);
	ct_true(intent->error_message.len > 0);
	ct_true(cairn_id_is_none(intent->job));
	ct_int(intent->promoted_at, 0);
	ct_int(intent->conflicted_at, 0);
}

static void neighbours_are_promoted(void)
{
	cairn_id ids[4];
	learn();
	broken.jobs.enqueue = refuse_bad_keys;
	cairn_conn *conn = open_broken();
	record_four(conn, ids);
	const cairn_promote_report *report = ct_promote(conn, 0);
	ct_int(report->count, 4);
	ct_int(report->inserted, 2);
	ct_int(report->deferred, 2);
	ct_id(report->at[1].id, ids[1]);
	ct_int(report->at[1].what, CAIRN_PROMOTION_DEFERRED);
	ct_str(report->at[1].error_code, "db.query_failed");
	ct_true(cairn_id_is_none(report->at[1].job));
	ct_int(report->at[1].next_promotion_at, ct_intent(conn, ids[1])->next_promotion_at);
	is_deferred(ct_intent(conn, ids[1]), 1, "db.query_failed");
	is_deferred(ct_intent(conn, ids[3]), 1, "db.query_failed");
	ct_int(ct_intent(conn, ids[0])->status, CAIRN_INTENT_PROMOTED);
	ct_int(ct_intent(conn, ids[2])->attempts, 1);
	ct_int(ct_count_jobs(conn, 0), 2);
	ct_int(ct_promote(conn, 0)->count, 0);
	ct_advance(CAIRN_MINUTE);
	cairn_conn *healthy = ct_open();
	ct_int(ct_promote(healthy, 0)->inserted, 2);
	const cairn_intent *mended = ct_intent(healthy, ids[1]);
	ct_int(mended->attempts, 2);
	ct_str(mended->error_code, NULL);
	ct_str(mended->error_message, NULL);
}

/* The batch and then, behind the first, the single ones. */
static cairn_status gone_behind_the_first(void *self, const cairn_enqueue_plan *plan,
					  cairn_job_inserted *each, cairn_error *err)
{
	if (plan->n > 1)
		return cairn_fail(err, CAIRN_E_DB_FAILED);
	if (cairn_str_is(plan->jobs[0].key, "a"))
		return real.jobs.enqueue(self, plan, each, err);
	return cairn_fail(err, CAIRN_E_DB_UNAVAILABLE);
}

static void some_were_promoted(void)
{
	cairn_id ids[4];
	cairn_promote_report *report = NULL;
	learn();
	broken.jobs.enqueue = gone_behind_the_first;
	cairn_conn *conn = open_broken();
	record_four(conn, ids);
	ct_status(cairn_intent_promote(conn, NULL, &report, ct_err()), CAIRN_UNCERTAIN,
		  "db.commit_unconfirmed");
	ct_int(ct_intent(conn, ids[0])->status, CAIRN_INTENT_PROMOTED);
	ct_int(ct_intent(conn, ids[1])->status, CAIRN_INTENT_PENDING);
	ct_status(cairn_intent_promote(conn, NULL, &report, ct_err()), CAIRN_UNAVAILABLE,
		  "db.unavailable");
	ct_later(report);
	ct_int(ct_promote(ct_open(), 0)->inserted, 3);
}

static void waits_longer_and_longer(void)
{
	cairn_id ids[4];
	learn();
	broken.jobs.enqueue = refuse_bad_keys;
	cairn_conn *conn = open_broken();
	record_four(conn, ids);
	for (int32_t attempts = 1; attempts <= 11; attempts++) {
		cairn_usec most = CAIRN_SECOND << (attempts < 9 ? attempts : 9);
		most = most < 300 * CAIRN_SECOND ? most : 300 * CAIRN_SECOND;
		ct_promote(conn, 0);
		const cairn_intent *one = ct_intent(conn, ids[1]);
		const cairn_intent *other = ct_intent(conn, ids[3]);
		ct_int(one->attempts, attempts);
		cairn_usec wait = one->next_promotion_at - ct_now();
		ct_true(wait <= most && wait > most - most / 8);
		ct_true(one->next_promotion_at != other->next_promotion_at);
		ct_advance(wait - 1);
		if (other->next_promotion_at > ct_now())
			ct_int(ct_promote(conn, 0)->count, 0);
		ct_set_now(one->next_promotion_at > other->next_promotion_at
				   ? one->next_promotion_at
				   : other->next_promotion_at);
	}
}

static void many_bad_ones(void)
{
	learn();
	broken.jobs.enqueue = refuse_bad_keys;
	cairn_conn *conn = open_broken();
	ct_define(conn, "t");
	for (int i = 0; i < 25; i++)
		ct_record(conn, "t", ct_format("bad%d", i));
	const cairn_promote_report *report = ct_promote(conn, 1000);
	ct_int(report->deferred, 25);
	ct_int(report->batch_full, 0);
	ct_int(ct_promote(conn, 1000)->count, 0);
	ct_int(ct_count_jobs(conn, 0), 0);
	cairn_intent_stats_filter filter = { .size = sizeof(filter), .scope = cairn_any() };
	cairn_intent_types *types = NULL;
	ct_ok(cairn_intent_metrics(conn, &filter, &types, ct_err()));
	ct_later(types);
	ct_int(types->at[0].pending, 25);
	ct_int(types->at[0].retrying, 25);
	ct_int(types->at[0].max_attempts, 1);
}

static void drifted_ones_wait(void)
{
	learn();
	broken.intents.take = drifted;
	cairn_conn *conn = open_broken();
	ct_define(conn, "t");
	cairn_id bad = ct_record(conn, "t", "bad");
	cairn_id stage = ct_record(conn, "t", "bad stage");
	ct_record(conn, "t", "good");
	const cairn_promote_report *report = ct_promote(conn, 0);
	ct_int(report->inserted, 1);
	ct_int(report->deferred, 2);
	is_deferred(ct_intent(conn, bad), 1, "job.intent_snapshot_mismatch");
	is_deferred(ct_intent(conn, stage), 1, "job.invalid_stage");
	ct_int(ct_count_jobs(conn, 0), 1);
	ct_advance(CAIRN_MINUTE);
	cairn_conn *healthy = ct_open();
	ct_int(ct_promote(healthy, 0)->inserted, 2);
	ct_int(ct_intent(healthy, bad)->attempts, 2);
	ct_str(ct_intent(healthy, bad)->error_code, NULL);
}

static void definition_goes_away(void)
{
	learn();
	broken.jobs.enqueue = disable_first;
	cairn_conn *conn = open_broken();
	ct_define(conn, "t");
	ct_define(conn, "gone");
	cairn_id gone = ct_record(conn, "gone", "k");
	ct_record(conn, "t", "k");
	const char *before = ct_intent_snapshot(conn, gone);
	const cairn_promote_report *report = ct_promote(conn, 0);
	ct_int(report->unavailable, 1);
	ct_int(report->inserted, 1);
	ct_int(report->at[0].what, CAIRN_PROMOTION_UNAVAILABLE);
	ct_int(report->at[0].attempts, 0);
	ct_text(ct_intent_snapshot(conn, gone), before);
}

/* ---- all or nothing ------------------------------------------------------------------------ */

static void nothing_half_done(void)
{
	cairn_promote_report *report = NULL;
	learn();
	broken.intents.settle = nobody_answers;
	cairn_conn *conn = open_broken();
	ct_define(conn, "t");
	cairn_id id = ct_record(conn, "t", "k");
	const char *before = ct_intent_snapshot(conn, id);
	ct_status(cairn_intent_promote(conn, NULL, &report, ct_err()), CAIRN_UNAVAILABLE,
		  "db.unavailable");
	ct_later(report);
	ct_int(ct_count_jobs(conn, 0), 0);
	ct_text(ct_intent_snapshot(conn, id), before);
	ct_int(ct_promote(ct_open(), 0)->inserted, 1);
}

static void can_not_be_settled(void)
{
	learn();
	broken.intents.settle = refuse_to_settle;
	cairn_conn *conn = open_broken();
	ct_define(conn, "t");
	cairn_id id = ct_record(conn, "t", "k");
	ct_promote(conn, 0);
	ct_int(ct_count_jobs(conn, 0), 0);
	ct_int(ct_intent(conn, id)->status, CAIRN_INTENT_PENDING);
}

static void answer_lost(void)
{
	cairn_promote_report *report = NULL;
	learn();
	broken.conn.commit = lose_the_answer;
	cairn_conn *conn = open_broken();
	ct_define(conn, "t");
	cairn_id id = ct_record(conn, "t", "k");
	answers_lost = 1;
	ct_status(cairn_intent_promote(conn, NULL, &report, ct_err()), CAIRN_UNCERTAIN,
		  "db.commit_unconfirmed");
	ct_later(report);
	ct_int(ct_promote(conn, 0)->count, 0);
	ct_int(ct_intent(conn, id)->status, CAIRN_INTENT_PROMOTED);
	ct_int(ct_count_jobs(conn, 0), 1);
}

static void recording_answer_lost(void)
{
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_job_new request = ct_new("t");
	cairn_intent_recorded again = { .status = CAIRN_OK };
	learn();
	broken.conn.commit = lose_the_answer;
	cairn_conn *conn = open_broken();
	answers_lost = 1;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cairn_id id = ct_record(conn, "t", "k");
	ct_status(cairn_commit(&tx, ct_err()), CAIRN_UNCERTAIN, "db.commit_unconfirmed");
	cairn_rollback(&tx);
	request.key = CAIRN_STR("k");
	ct_ok(cairn_intent_record(conn, &request, 1, &again, ct_err()));
	ct_int(again.disposition, CAIRN_EXISTING);
	ct_id(again.id, id);
}

static void killed_while_committing(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_record(conn, "t", "k");
	ct_int(ct_subject()->kill_session(conn), 0);
	cairn_status status = cairn_commit(&tx, ct_err());
	ct_true(status == CAIRN_UNCERTAIN || status == CAIRN_UNAVAILABLE);
	cairn_rollback(&tx);
	ct_intent(other, ct_record(other, "t", "k"));
}

static void killed_before_promoting(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	cairn_promote_report *report = NULL;
	ct_define(conn, "t");
	ct_record(conn, "t", "k");
	ct_int(ct_subject()->kill_session(conn), 0);
	ct_status(cairn_intent_promote(conn, NULL, &report, ct_err()), CAIRN_UNAVAILABLE, NULL);
	cairn_free(report);
	ct_int(ct_promote(other, 0)->inserted, 1);
}

static void vanishes_for_ever(void)
{
	cairn_job_new request = ct_new("t");
	cairn_intent_recorded recorded = { .status = CAIRN_OK };
	learn();
	broken.intents.record = always_gone;
	cairn_conn *conn = open_broken();
	request.key = CAIRN_STR("k");
	ct_ok(cairn_intent_record(conn, &request, 1, &recorded, ct_err()));
	ct_each(recorded, CAIRN_BUSY, "job.intent_idempotency_conflict_missing_existing");
	ct_true(cairn_id_is_none(recorded.id));
}

/* ---- the caller's transaction ------------------------------------------------------------------ */

static void deferred_inside(void)
{
	cairn_id ids[4];
	cairn_tx tx = CAIRN_TX_INIT;
	learn();
	broken.jobs.enqueue = refuse_bad_keys;
	cairn_conn *conn = open_broken();
	record_four(conn, ids);
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cairn_id mine = ct_record(conn, "unknown", "mine");
	const cairn_promote_report *report = ct_promote(conn, 0);
	ct_int(report->inserted, 2);
	ct_int(report->deferred, 2);
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_intent(conn, mine);
	is_deferred(ct_intent(conn, ids[1]), 1, "db.query_failed");
	ct_int(ct_count_jobs(conn, 0), 2);
}

static void aborted_inside(void)
{
	cairn_id ids[4];
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_promote_report *report = NULL;
	learn();
	broken.jobs.enqueue = refuse_bad_keys;
	cairn_conn *conn = open_broken();
	record_four(conn, ids);
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_status(cairn_intent_promote(conn, NULL, &report, ct_err()), CAIRN_TX_ABORTED,
		  "db.query_failed");
	ct_later(report);
	cairn_rollback(&tx);
	ct_int(ct_intent(conn, ids[0])->attempts, 0);
	ct_int(ct_count_jobs(conn, 0), 0);
}

/* ---- a database that refuses ------------------------------------------------------------------- */

static void the_database_refuses(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	ct_record(conn, "t", "good");
	cairn_id bad = ct_record(conn, "t", "poisoned");
	ct_record(conn, "t", "better");
	ct_int(ct_subject()->poison_key(ct_url(), "poisoned"), 0);
	const cairn_promote_report *report = ct_promote(conn, 0);
	ct_int(report->inserted, 2);
	ct_int(report->deferred, 1);
	const cairn_intent *intent = ct_intent(conn, bad);
	is_deferred(intent, 1, report->at[1].error_code.ptr);
	ct_true(strstr(intent->error_message.ptr, "poisoned") == NULL);
	ct_int(ct_count_jobs(conn, 0), 2);
	ct_int(ct_promote(conn, 0)->count, 0);
}

static void the_database_refuses_inside(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_promote_report *report = NULL;
	ct_define(conn, "t");
	cairn_id bad = ct_record(conn, "t", "poisoned");
	ct_record(conn, "t", "good");
	ct_int(ct_subject()->poison_key(ct_url(), "poisoned"), 0);
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cairn_id mine = ct_record(conn, "unknown", "mine");
	if (ct_has(CAIRN_CAP_TX_UNDO)) {
		ct_int(ct_promote(conn, 0)->deferred, 1);
		ct_ok(cairn_commit(&tx, ct_err()));
		ct_intent(conn, mine);
		ct_int(ct_intent(conn, bad)->attempts, 1);
		ct_int(ct_count_jobs(conn, 0), 1);
		return;
	}
	ct_status(cairn_intent_promote(conn, NULL, &report, ct_err()), CAIRN_TX_ABORTED, NULL);
	ct_later(report);
	cairn_rollback(&tx);
	ct_int(ct_intent(conn, bad)->attempts, 0);
	ct_int(ct_count_jobs(conn, 0), 0);
}

/* ---- drivers without intents ---------------------------------------------------------------------- */

static void no_such_store(void)
{
	cairn_job_new request = ct_new("t");
	cairn_promote_report *report = NULL;
	request.key = CAIRN_STR("k");
	learn();
	broken.driver.size = offsetof(cairn_driver, intents);
	cairn_conn *conn = open_broken();
	ct_status(cairn_intent_record(conn, &request, 1, NULL, ct_err()), CAIRN_UNSUPPORTED,
		  "driver.no_such_store");
	ct_status(cairn_intent_promote(conn, NULL, &report, ct_err()), CAIRN_UNSUPPORTED,
		  "driver.no_such_store");
	cairn_free(report);
	ct_enqueue(conn, "t");
	learn();
	broken.intents.settle = NULL;
	cairn_conn_opts opts = ct_opts();
	cairn_conn *none = NULL;
	ct_status(cairn_open(&none, &broken.driver, ct_url(), &opts, ct_err()), CAIRN_UNSUPPORTED,
		  "driver.missing_slot");
	ct_true(strstr(ct_last()->message, "settle") != NULL);
}

#define FAULT .kind = CT_FAULT, .store = CT_INTENTS

static const ct_case cases[] = {
	{ .name = "intents.promote.a_refused_row_is_deferred_and_its_neighbours_promoted",
	  FAULT,
	  .rule = "When the database refuses a batch for one row's sake, that row alone is put "
		  "off, its job taken back, and the others are promoted.",
	  .covers = "runledger J14",
	  .run = neighbours_are_promoted },
	{ .name = "intents.promote.deferrals_grow",
	  FAULT,
	  .rule = "The n-th deferral lasts 2^n seconds, at most 300, less at most an eighth that "
		  "depends on the intent.",
	  .covers = "runledger J14",
	  .run = waits_longer_and_longer },
	{ .name = "intents.promote.one_pass_defers_whatever_fails",
	  FAULT,
	  .rule = "A pass of any size meets each failing row once.",
	  .run = many_bad_ones },
	{ .name = "intents.promote.a_drifted_row_is_deferred",
	  FAULT,
	  .rule = "Columns that no longer are the recorded request make no job; repaired, they do.",
	  .covers = "runledger J12",
	  .run = drifted_ones_wait },
	{ .name = "intents.promote.a_definition_that_goes_away_leaves_the_intent_alone",
	  FAULT,
	  .rule = "A type disabled between take and enqueue is reported and nothing is written for "
		  "it.",
	  .covers = "runledger J11",
	  .run = definition_goes_away },
	{ .name = "intents.promote.job_and_intent_commit_together",
	  FAULT,
	  .rule = "When settling fails there is no job either.",
	  .run = nothing_half_done },
	{ .name = "intents.promote.what_can_not_be_settled_makes_no_job",
	  FAULT,
	  .rule = "An intent that the database does not let change stays pending without a job.",
	  .run = can_not_be_settled },
	{ .name = "intents.promote.a_failure_behind_single_ones_is_uncertain",
	  FAULT,
	  .rule = "What was promoted one by one is not told as certainly not written when a later "
		  "one fails the pass.",
	  .run = some_were_promoted },
	{ .name = "intents.promote.a_lost_answer_is_uncertain_and_promoting_again_is_safe",
	  FAULT,
	  .rule = "A commit whose answer is lost is UNCERTAIN; the next pass finds nothing left to "
		  "do.",
	  .run = answer_lost },
	{ .name = "intents.record.a_lost_answer_is_uncertain_and_recording_again_is_safe",
	  FAULT,
	  .rule = "Recording again after a lost answer finds the one intent.",
	  .covers = "runledger J20",
	  .run = recording_answer_lost },
	{ .name = "intents.record.a_commit_on_a_killed_session_is_no_success",
	  FAULT,
	  .needs = CT_NEED_KILL,
	  .rule = "An intent whose transaction was killed can be recorded by the next session.",
	  .covers = "runledger J20",
	  .run = killed_while_committing },
	{ .name = "intents.promote.a_killed_session_promotes_nothing",
	  FAULT,
	  .needs = CT_NEED_KILL,
	  .rule = "A promoter whose session was killed is UNAVAILABLE, and another goes on.",
	  .run = killed_before_promoting },
	{ .name = "intents.record.a_key_that_always_vanishes_is_busy",
	  FAULT,
	  .rule = "A key that is taken by an intent nobody can find is told, and tried again.",
	  .covers = "runledger J06",
	  .run = vanishes_for_ever },
	{ .name = "intents.promote.defers_inside_a_transaction",
	  FAULT,
	  .caps = CAIRN_CAP_TX_UNDO | CAIRN_CAP_NESTED_TX,
	  .rule = "Where calls undo themselves a refused row is deferred inside the caller's "
		  "transaction, too.",
	  .run = deferred_inside },
	{ .name = "intents.promote.without_tx_undo_a_refusal_ends_the_transaction",
	  FAULT,
	  .lacks = CAIRN_CAP_TX_UNDO,
	  .rule = "Where a failure ends the transaction, a refused row is TX_ABORTED with its "
		  "code, and nothing is deferred.",
	  .run = aborted_inside },
	{ .name = "intents.promote.a_key_that_the_database_refuses_is_deferred",
	  FAULT,
	  .needs = CT_NEED_POISON_KEY,
	  .rule = "A constraint or trigger that refuses one job defers its intent, with a message "
		  "that holds nothing of the database's text; the others are promoted.",
	  .covers = "runledger J14",
	  .run = the_database_refuses },
	{ .name = "intents.promote.a_refusal_inside_a_transaction",
	  FAULT,
	  .needs = CT_NEED_POISON_KEY,
	  .rule = "Inside the caller's transaction such a refusal is deferred, or TX_ABORTED where "
		  "the database gives the transaction up.",
	  .run = the_database_refuses_inside },
	{ .name = "intents.bind.a_driver_may_lack_the_store",
	  .kind = CT_VERB,
	  .store = CT_INTENTS,
	  .rule = "A driver without the table works and says UNSUPPORTED; half a table is refused "
		  "by name.",
	  .run = no_such_store },
};

CT_GROUP(intents_fault, cases);
