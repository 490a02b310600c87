/*
 * edit.c - editing jobs that wait: payload, priority, time; what a key promised is not edited.
 */
#include "ct.h"

static cairn_id add(cairn_conn *conn)
{
	cairn_job_new job = ct_new("t");
	ct_define_retry(conn, "t", 3, CAIRN_MINUTE);
	job.payload = CAIRN_STR("{\"a\":1}");
	cairn_id id = ct_add(conn, &job);
	ct_advance(CAIRN_SECOND);
	return id;
}

static cairn_id add_keyed(cairn_conn *conn)
{
	cairn_job_new job = ct_new("t");
	ct_define(conn, "t");
	job.key = CAIRN_STR("k");
	return ct_add(conn, &job);
}

static cairn_job_patch payload_of(cairn_id id, const char *text)
{
	return (cairn_job_patch){ .id = id,
				  .set = CAIRN_JOB_PAYLOAD,
				  .payload = cairn_str_of(text) };
}

static cairn_job_patch priority_of(cairn_id id, int32_t priority)
{
	return (cairn_job_patch){ .id = id, .set = CAIRN_JOB_PRIORITY, .priority = priority };
}

static cairn_job_patch time_of(cairn_id id, cairn_time run_at)
{
	return (cairn_job_patch){ .id = id, .set = CAIRN_JOB_RUN_AT, .run_at = run_at };
}

static cairn_changed send(cairn_conn *conn, cairn_job_patch patch)
{
	cairn_changed changed = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_job_edit(conn, cairn_any(), &patch, 1, &changed, ct_err()));
	return changed;
}

static void refused(cairn_conn *conn, cairn_job_patch patch, cairn_status status, const char *code)
{
	const char *before = ct_snapshot(conn, patch.id);
	cairn_changed told = ct_told(send(conn, patch), status, code);
	ct_int(told.job_status, ct_job(conn, patch.id)->status);
	ct_unchanged(conn, patch.id, before);
}

/* ---- what it writes ---------------------------------------------------------------------------- */

static void the_payload(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = add(conn);
	const cairn_job *before = ct_job(conn, id);
	cairn_changed changed =
		ct_told(send(conn, payload_of(id, "{ \"b\" : 2.50 }")), CAIRN_OK, NULL);
	ct_int(changed.job_status, CAIRN_JOB_PENDING);
	ct_int(changed.run_number, 1);
	ct_int(changed.run_at, before->run_at);
	const cairn_job *job = ct_job(conn, id);
	ct_str(job->payload, "{ \"b\" : 2.50 }");
	ct_int(job->updated_at, ct_now());
	ct_int(job->priority, before->priority);
	ct_int(job->run_at, before->run_at);
	ct_int(job->parked, 0);
	ct_int(job->created_at, before->created_at);
	ct_text(ct_timeline(conn, id), "ENQUEUED");
	const cairn_jobs *jobs = ct_claim_n(conn, "w", 1);
	ct_str(jobs->at[0].payload, "{ \"b\" : 2.50 }");
}

static void the_priority(void)
{
	cairn_conn *conn = ct_open();
	cairn_id first = add(conn);
	cairn_id second = add(conn);
	ct_told(send(conn, priority_of(second, INT32_MAX)), CAIRN_OK, NULL);
	ct_int(ct_job(conn, second)->priority, INT32_MAX);
	ct_str(ct_job(conn, second)->payload, "{\"a\":1}");
	ct_id(ct_claim(conn, "w").id, second);
	ct_id(ct_claim(conn, "w").id, first);
}

static void the_time(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = add(conn);
	cairn_changed changed =
		ct_told(send(conn, time_of(id, ct_now() + CAIRN_HOUR)), CAIRN_OK, NULL);
	ct_int(changed.run_at, ct_now() + CAIRN_HOUR);
	ct_int(ct_job(conn, id)->run_at, ct_now() + CAIRN_HOUR);
	ct_int(ct_job(conn, id)->parked, 1);
	ct_claim_none(conn);
	ct_told(send(conn, time_of(id, ct_now() + CAIRN_MINUTE)), CAIRN_OK, NULL);
	ct_advance(CAIRN_MINUTE - 1);
	ct_claim_none(conn);
	ct_advance(1);
	ct_id(ct_claim(conn, "w").id, id);
}

static void a_time_that_is_past(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[2] = { add(conn), add(conn) };
	for (int i = 0; i < 2; i++) {
		ct_told(send(conn, time_of(ids[i], ct_now() + CAIRN_HOUR)), CAIRN_OK, NULL);
		ct_told(send(conn, time_of(ids[i], i ? ct_now() - CAIRN_DAY : 0)), CAIRN_OK, NULL);
		ct_int(ct_job(conn, ids[i])->run_at, ct_now());
		ct_int(ct_job(conn, ids[i])->parked, 0);
	}
	ct_int(ct_claim_n(conn, "w", 5)->count, 2);
}

static void all_at_once(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = add(conn);
	cairn_job_patch patch = payload_of(id, "[]");
	patch.set |= CAIRN_JOB_PRIORITY | CAIRN_JOB_RUN_AT;
	patch.priority = -1;
	patch.run_at = ct_now() + CAIRN_HOUR;
	ct_told(send(conn, patch), CAIRN_OK, NULL);
	ct_str(ct_job(conn, id)->payload, "[]");
	ct_int(ct_job(conn, id)->priority, -1);
	ct_int(ct_job(conn, id)->run_at, ct_now() + CAIRN_HOUR);
}

static void between_attempts(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = add(conn);
	ct_finish(conn, ct_failure(ct_claim(conn, "w"), CAIRN_FINISH_RETRYABLE, "x"));
	ct_told(send(conn, payload_of(id, "{\"a\":2}")), CAIRN_OK, NULL);
	ct_str(ct_job(conn, id)->payload, "{\"a\":2}");
	ct_str(ct_job(conn, id)->error_code, "x");
	ct_int(ct_job(conn, id)->attempt, 1);
	ct_int(ct_job(conn, id)->parked, 1);
}

/* ---- what it refuses -------------------------------------------------------------------------------- */

static void only_what_waits(void)
{
	static const enum cairn_job_status others[] = { CAIRN_JOB_LEASED, CAIRN_JOB_SUCCEEDED,
							CAIRN_JOB_DEAD_LETTERED,
							CAIRN_JOB_CANCELED };
	cairn_conn *conn = ct_open();
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		ct_made made = ct_make(conn, "t", others[i]);
		refused(conn, payload_of(made.id, "1"), CAIRN_STALE, "job.not_pending");
		refused(conn, priority_of(made.id, 1), CAIRN_STALE, "job.not_pending");
		refused(conn, time_of(made.id, ct_now()), CAIRN_STALE, "job.not_pending");
	}
	ct_told(send(conn, payload_of(cairn_id_new(), "1")), CAIRN_NOT_FOUND, "job.not_found");
}

static void what_a_key_promised(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = add_keyed(conn);
	cairn_job_patch both = payload_of(id, "{\"other\":1}");
	both.set |= CAIRN_JOB_PRIORITY;
	refused(conn, payload_of(id, "{\"other\":1}"), CAIRN_INVALID, "job.payload_of_keyed_job");
	refused(conn, both, CAIRN_INVALID, "job.payload_of_keyed_job");
	ct_told(send(conn, priority_of(id, 7)), CAIRN_OK, NULL);
	ct_told(send(conn, time_of(id, ct_now() + CAIRN_HOUR)), CAIRN_OK, NULL);
	cairn_job_new job = ct_new("t");
	cairn_job_added added;
	job.key = CAIRN_STR("k");
	ct_ok(cairn_job_enqueue(conn, &job, 1, &added, ct_err()));
	ct_each(added, CAIRN_OK, NULL);
	ct_int(added.disposition, CAIRN_EXISTING);
	ct_int(ct_job(conn, id)->priority, 7);
}

static void only_as_it_was_read(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = add(conn);
	cairn_job_patch first = payload_of(id, "1");
	first.updated_at = ct_job(conn, id)->updated_at;
	cairn_job_patch second = first;
	second.payload = CAIRN_STR("2");
	ct_told(send(conn, first), CAIRN_OK, NULL);
	refused(conn, second, CAIRN_STALE, "job.changed");
	ct_str(ct_job(conn, id)->payload, "1");
	second.updated_at = ct_job(conn, id)->updated_at;
	ct_told(send(conn, second), CAIRN_OK, NULL);
	second.updated_at++;
	refused(conn, second, CAIRN_STALE, "job.changed");
}

static void only_in_scope(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new job = ct_new("t");
	cairn_id global = add(conn);
	job.tenant = CAIRN_STR("acme");
	cairn_job_patch items[] = { payload_of(global, "1"), payload_of(ct_add(conn, &job), "1") };
	cairn_changed each[2];
	ct_ok(cairn_job_edit(conn, cairn_tenant(CAIRN_STR("other")), items, 2, each, ct_err()));
	ct_each(each[0], CAIRN_NOT_FOUND, "job.not_found");
	ct_each(each[1], CAIRN_NOT_FOUND, "job.not_found");
	ct_ok(cairn_job_edit(conn, cairn_global(), items, 2, each, ct_err()));
	ct_each(each[0], CAIRN_OK, NULL);
	ct_each(each[1], CAIRN_NOT_FOUND, "job.not_found");
	ct_ok(cairn_job_edit(conn, cairn_tenant(job.tenant), items, 2, each, ct_err()));
	ct_each(each[0], CAIRN_NOT_FOUND, "job.not_found");
	ct_each(each[1], CAIRN_OK, NULL);
	cairn_scope nowhere = { .kind = CAIRN_SCOPE_NONE };
	ct_status(cairn_job_edit(conn, nowhere, items, 2, each, ct_err()), CAIRN_INVALID,
		  "arg.invalid_scope");
}

static void each_for_itself(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = add(conn);
	ct_made leased = ct_make(conn, "t", CAIRN_JOB_LEASED);
	cairn_job_patch items[] = { payload_of(leased.id, "1"), payload_of(id, "1"),
				    payload_of(add_keyed(conn), "1") };
	cairn_changed each[3];
	ct_ok(cairn_job_edit(conn, cairn_any(), items, 3, each, ct_err()));
	ct_each(each[0], CAIRN_STALE, "job.not_pending");
	ct_each(each[1], CAIRN_OK, NULL);
	ct_each(each[2], CAIRN_INVALID, "job.payload_of_keyed_job");
	ct_status(cairn_job_edit(conn, cairn_any(), items, 3, NULL, ct_err()), CAIRN_STALE,
		  "job.not_pending");
	items[0] = items[1];
	ct_status(cairn_job_edit(conn, cairn_any(), items, 3, each, ct_err()), CAIRN_INVALID,
		  "job.duplicate_in_batch");
}

static void malformed_items(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = add(conn);
	const char *before = ct_snapshot(conn, id);
	cairn_job_patch wrong[] = { payload_of(id, "{"), time_of(id, INT64_MAX), priority_of(id, 1),
				    priority_of(id, 1) };
	wrong[2].set = 0;
	wrong[3].set = 8;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		cairn_job_patch items[] = { priority_of(cairn_id_new(), 1), wrong[i] };
		ct_status(cairn_job_edit(conn, cairn_any(), items, 2, NULL, ct_err()),
			  CAIRN_INVALID, NULL);
		ct_int(ct_last()->index, 1);
	}
	ct_unchanged(conn, id, before);
}

static void commits_and_rolls_back(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = add(conn);
	cairn_id keyed = add_keyed(conn);
	const char *before = ct_snapshot(conn, id);
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_told(send(conn, payload_of(id, "1")), CAIRN_OK, NULL);
	ct_told(send(conn, payload_of(keyed, "1")), CAIRN_INVALID, "job.payload_of_keyed_job");
	cairn_rollback(&tx);
	ct_unchanged(conn, id, before);
}

/* ---- waiting -------------------------------------------------------------------------------------------- */

struct holder {
	cairn_tx tx;
	cairn_id id;
	cairn_status status;
	cairn_changed changed;
};

static void begin_and_edit(cairn_conn *conn, void *arg)
{
	struct holder *me = arg;
	ct_ok(cairn_begin(conn, &me->tx, ct_err()));
	ct_told(send(conn, payload_of(me->id, "1")), CAIRN_OK, NULL);
}

static void edit_behind(cairn_conn *conn, void *arg)
{
	struct holder *me = arg;
	cairn_job_patch patch = payload_of(me->id, "2");
	me->status = cairn_job_edit(conn, cairn_any(), &patch, 1, &me->changed, ct_err());
}

static void waits_with_a_bound(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn_opts opts = ct_opts();
	opts.lock_timeout = 50 * CAIRN_MILLISECOND;
	struct holder holder = { .tx = CAIRN_TX_INIT, .id = add(conn) };
	ct_session *a = ct_session_new("a");
	ct_session *b = ct_session_with("b", &opts);
	ct_step(a, begin_and_edit, &holder);
	ct_step(b, edit_behind, &holder);
	ct_true(holder.status == CAIRN_BUSY || holder.status == CAIRN_TIMEOUT);
	cairn_rollback(&holder.tx);
	ct_step(b, edit_behind, &holder);
	ct_int(holder.status, CAIRN_OK);
	ct_each(holder.changed, CAIRN_OK, NULL);
	ct_str(ct_job(conn, holder.id)->payload, "2");
}

#define VERB .kind = CT_VERB, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.edit.replaces_the_payload",
	  VERB,
	  .rule = "A waiting job gets the new payload byte for byte, and keeps everything else.",
	  .covers = "runledger A12",
	  .run = the_payload },
	{ .name = "jobs.edit.changes_the_priority",
	  VERB,
	  .rule = "A new priority is a new place in the queue.",
	  .run = the_priority },
	{ .name = "jobs.edit.changes_the_time",
	  VERB,
	  .rule = "A new time delays a job or brings it forward, to the microsecond.",
	  .run = the_time },
	{ .name = "jobs.edit.a_time_that_is_past_is_now",
	  VERB,
	  .rule = "A time that is past, or none, makes the job due now.",
	  .run = a_time_that_is_past },
	{ .name = "jobs.edit.all_at_once",
	  VERB,
	  .rule = "Payload, priority and time go in one edit.",
	  .run = all_at_once },
	{ .name = "jobs.edit.between_two_attempts",
	  VERB,
	  .rule = "A job that waits for its next attempt may be edited and keeps its history.",
	  .covers = "runledger A12",
	  .run = between_attempts },
	{ .name = "jobs.edit.only_what_waits",
	  VERB,
	  .rule = "Leased and ended jobs are not edited; missing ones are not found.",
	  .covers = "runledger A13, A14",
	  .run = only_what_waits },
	{ .name = "jobs.edit.not_what_a_key_promised",
	  VERB,
	  .rule = "The payload of a keyed job is not edited and its request still matches; its "
		  "priority and time may be.",
	  .covers = "runledger A13",
	  .run = what_a_key_promised },
	{ .name = "jobs.edit.only_as_it_was_read",
	  VERB,
	  .rule = "With updated_at given, a job that was changed since is not edited.",
	  .run = only_as_it_was_read },
	{ .name = "jobs.edit.only_in_scope",
	  VERB,
	  .rule = "A job outside the scope is a missing one.",
	  .covers = "runledger A14, SC01",
	  .run = only_in_scope },
	{ .name = "jobs.edit.of_many_each_for_itself",
	  VERB,
	  .rule = "In a batch each job is edited or refused for itself.",
	  .run = each_for_itself },
	{ .name = "jobs.edit.a_malformed_item_writes_nothing",
	  VERB,
	  .rule = "Bad documents and times, unknown fields, and an edit of nothing refuse the "
		  "whole call.",
	  .run = malformed_items },
	{ .name = "jobs.edit.commits_and_rolls_back_with_the_caller",
	  VERB,
	  .rule = "An edit goes with its transaction; a refused one does not abort it.",
	  .run = commits_and_rolls_back },
	{ .name = "jobs.edit.waits_with_a_bound",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .rule = "An edit waits for another's at most lock_timeout, and works afterwards.",
	  .covers = "runledger A15",
	  .run = waits_with_a_bound },
};

CT_GROUP(edit, cases);
