/*
 * retention.c - how long succeeded jobs are kept: the field, the hint a claim gives, that a type
 * that keeps nothing has no keyed jobs (the key is the promise), and that a success of such a type
 * deletes its job.
 */
#include "ct.h"

static void define(cairn_conn *conn, const char *type, cairn_usec retention)
{
	cairn_definition definition = { .type = cairn_str_of(type), .retention = retention };
	ct_ok(cairn_job_define(conn, &definition, 1, ct_err()));
}

static cairn_usec retention_of(cairn_conn *conn, const char *type)
{
	cairn_definitions *found = NULL;
	ct_ok(cairn_job_definition_get(conn, cairn_str_of(type), &found, ct_err()));
	ct_later(found);
	return found->at[0].retention;
}

static void set_retention(cairn_conn *conn, const char *type, cairn_usec retention)
{
	cairn_definition_patch patch = { .size = sizeof(patch),
					 .type = cairn_str_of(type),
					 .set = CAIRN_PATCH_RETENTION,
					 .retention = retention };
	ct_ok(cairn_job_definition_update(conn, &patch, ct_err()));
}

static cairn_job_new keyed(const char *type, const char *key)
{
	cairn_job_new job = ct_new(type);
	job.key = cairn_str_of(key);
	return job;
}

static void fields(void)
{
	cairn_conn *conn = ct_open();
	const cairn_usec values[] = { 1, CAIRN_HOUR, 36500 * CAIRN_DAY, CAIRN_RETAIN_NONE,
				      CAIRN_RETAIN_FOREVER };
	define(conn, "t", 0);
	define(conn, "p", 0);
	ct_int(retention_of(conn, "t"), 7 * CAIRN_DAY);
	for (size_t i = 0; i < 5; i++) {
		define(conn, "t", values[i]);
		ct_int(retention_of(conn, "t"), values[i]);
		set_retention(conn, "p", values[i]);
		ct_int(retention_of(conn, "p"), values[i]);
	}
	set_retention(conn, "p", 0); /* the default again */
	ct_int(retention_of(conn, "p"), 7 * CAIRN_DAY);
	cairn_time then = ct_now();
	ct_advance(CAIRN_HOUR);
	define(conn, "t", CAIRN_RETAIN_FOREVER);
	cairn_definitions *found = NULL;
	ct_ok(cairn_job_definition_get(conn, CAIRN_STR("t"), &found, ct_err()));
	ct_later(found);
	ct_int(found->at[0].updated_at, then); /* it did not change */
}

static void out_of_range(void)
{
	cairn_conn *conn = ct_open();
	const cairn_usec bad[] = { -3, INT64_MIN, 36500 * CAIRN_DAY + 1, INT64_MAX };
	for (size_t i = 0; i < 4; i++) {
		cairn_definition definition = { .type = CAIRN_STR("t"), .retention = bad[i] };
		ct_status(cairn_job_define(conn, &definition, 1, ct_err()), CAIRN_INVALID,
			  "job.invalid_definition");
	}
}

static void claims_hint(void)
{
	cairn_conn *conn = ct_open();
	define(conn, "none", CAIRN_DAY);
	define(conn, "day", CAIRN_DAY);
	cairn_job_new jobs[] = { keyed("none", "k"), ct_new("none"), ct_new("day") };
	cairn_job_added each[3];
	ct_ok(cairn_job_enqueue(conn, jobs, 3, each, ct_err()));
	set_retention(conn, "none", CAIRN_RETAIN_NONE);
	const cairn_jobs *claimed = ct_claim_n(conn, "w", 3);
	ct_int(claimed->count, 3);
	for (size_t i = 0; i < 3; i++) {
		const cairn_job *job = &claimed->at[i];
		bool unkept = cairn_id_compare(job->id, each[1].id) == 0;
		/* a keyed job stays, whatever became of its type since */
		ct_int(job->hints, CAIRN_HINT_ALONE | (unkept ? CAIRN_HINT_DELETE : 0));
		ct_int(cairn_job_lease(job).hints, job->hints);
	}
}

static void no_keys(void)
{
	cairn_conn *conn = ct_open();
	define(conn, "t", CAIRN_RETAIN_NONE);
	define(conn, "u", 0);
	cairn_job_new jobs[] = { keyed("t", "a"), ct_new("t"), keyed("u", "a"), keyed("x", "a"),
				 keyed("t", "a") };
	cairn_job_added each[5];
	ct_ok(cairn_job_enqueue(conn, jobs, 5, each, ct_err()));
	ct_each(each[0], CAIRN_INVALID, "job.key_needs_retention");
	ct_each(each[1], CAIRN_OK, NULL);
	ct_each(each[2], CAIRN_OK, NULL);
	ct_each(each[3], CAIRN_INVALID, "job.definition_not_found_or_disabled");
	ct_each(each[4], CAIRN_INVALID, "job.key_needs_retention");
	ct_true(cairn_id_is_none(each[0].id));
	ct_int(ct_count_jobs(conn, 0), 2);
	ct_status(cairn_job_enqueue(conn, jobs, 1, NULL, ct_err()), CAIRN_INVALID,
		  "job.key_needs_retention");
	/* nothing of it is left behind: with another retention the key is free */
	set_retention(conn, "t", CAIRN_DAY);
	ct_ok(cairn_job_enqueue(conn, jobs, 1, each, ct_err()));
	ct_int(each[0].disposition, CAIRN_INSERTED);
}

static void old_keys_answer(void)
{
	cairn_conn *conn = ct_open();
	define(conn, "t", 0);
	cairn_job_new job = keyed("t", "a");
	cairn_job_added each[1];
	cairn_id id = ct_add(conn, &job);
	set_retention(conn, "t", CAIRN_RETAIN_NONE);
	ct_ok(cairn_job_enqueue(conn, &job, 1, each, ct_err()));
	ct_each(each[0], CAIRN_OK, NULL);
	ct_int(each[0].disposition, CAIRN_EXISTING);
	ct_id(each[0].id, id);
	job.payload = CAIRN_STR("{\"other\":1}");
	ct_ok(cairn_job_enqueue(conn, &job, 1, each, ct_err()));
	ct_each(each[0], CAIRN_CONFLICT, "job.idempotency_conflict");
}

/* A type without retention, one job of it, and its lease. */
static cairn_lease take(cairn_conn *conn)
{
	cairn_job_new job = ct_new("t");
	ct_define_retry(conn, "t", 2, CAIRN_SECOND);
	set_retention(conn, "t", CAIRN_RETAIN_NONE);
	ct_add(conn, &job);
	return ct_claim(conn, "w");
}

static void a_success_deletes(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	ct_told(ct_say(conn, lease, "said"), CAIRN_OK, NULL);
	ct_progress(conn, ct_stage(lease, "running"));
	cairn_finish finish = ct_success(lease);
	finish.output = CAIRN_STR("1");
	cairn_changed changed = ct_finish(conn, finish);
	ct_int(changed.job_status, CAIRN_JOB_SUCCEEDED);
	ct_int(changed.ending, CAIRN_ENDING_SUCCEEDED);
	ct_gone(conn, lease.id);
	ct_int(ct_count_jobs(conn, 0), 0);
	ct_told(ct_send(conn, finish), CAIRN_NOT_FOUND, "job.not_found");
	ct_refused(conn, lease, CAIRN_NOT_FOUND, "job.not_found");
}

static void earlier_runs_too(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	ct_finish(conn, ct_failure(lease, CAIRN_FINISH_TERMINAL, "x"));
	ct_dead_letter(conn, lease.id);
	ct_told(ct_requeue(conn, ct_seen(conn, lease.id)), CAIRN_OK, NULL);
	lease = ct_claim(conn, "w");
	ct_finish(conn, ct_success(lease));
	ct_gone(conn, lease.id);
}

static void other_ends_do_not(void)
{
	static const enum cairn_finish_how hows[] = { CAIRN_FINISH_RETRYABLE, CAIRN_FINISH_TIMEOUT,
						      CAIRN_FINISH_TERMINAL,  CAIRN_FINISH_PANICKED,
						      CAIRN_FINISH_CONTINUE,  CAIRN_FINISH_SNOOZE };
	cairn_conn *conn = ct_open();
	for (size_t i = 0; i < sizeof(hows) / sizeof(hows[0]); i++) {
		cairn_lease lease = take(conn);
		bool fails = hows[i] <= CAIRN_FINISH_PANICKED;
		ct_finish(conn, fails ? ct_failure(lease, hows[i], "x")
				      : ct_again(lease, hows[i], CAIRN_HOUR));
		ct_job(conn, lease.id);
		ct_int(ct_attempts(conn, lease.id)->count, 1);
		ct_int(ct_count_jobs(conn, 0), i + 1);
		if (ct_job(conn, lease.id)->status == CAIRN_JOB_PENDING)
			ct_cancel(conn, lease.id);
	}
}

static void a_lost_lease_deletes_nothing(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	cairn_lease forged = lease;
	const char *before = ct_snapshot(conn, lease.id);
	forged.fence = 7;
	ct_told(ct_send(conn, ct_success(forged)), CAIRN_STALE, "job.lease_lost");
	ct_advance(CAIRN_LEASE_DEFAULT);
	ct_told(ct_send(conn, ct_success(lease)), CAIRN_STALE, "job.lease_expired");
	ct_unchanged(conn, lease.id, before);
}

static void impossible_progress_deletes_nothing(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	ct_progress(conn, ct_report(lease, 1, 3));
	const char *before = ct_snapshot(conn, lease.id);
	cairn_finish finish = ct_success(lease);
	finish.set = CAIRN_FINISH_DONE;
	finish.progress_done = 4;
	ct_told(ct_send(conn, finish), CAIRN_INVALID, "job.invalid_completion_progress");
	ct_unchanged(conn, lease.id, before);
	finish.progress_done = 3;
	ct_finish(conn, finish);
	ct_gone(conn, lease.id);
	/* whose lease is over is told that, whatever it says about progress */
	finish.lease = take(conn);
	ct_progress(conn, ct_report(finish.lease, 1, 3));
	finish.progress_done = 4;
	ct_advance(CAIRN_LEASE_DEFAULT);
	ct_told(ct_send(conn, finish), CAIRN_STALE, "job.lease_expired");
}

static void among_others(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease leases[4];
	cairn_finish items[4];
	cairn_changed each[4];
	cairn_claim_opts opts = ct_claim_opts("w", 5);
	cairn_jobs *jobs = NULL;
	for (int i = 0; i < 4; i++) {
		leases[i] = take(conn);
		items[i] = ct_success(leases[i]);
	}
	items[1].lease.hints = 0;
	items[3].lease.fence = 9;
	cairn_job_new next = ct_new("t");
	cairn_id id = ct_add(conn, &next);
	ct_ok(cairn_job_finish_and_claim(conn, items, 4, each, &opts, &jobs, ct_err()));
	ct_later(jobs);
	for (int i = 0; i < 3; i++)
		ct_each(each[i], CAIRN_OK, NULL);
	ct_each(each[3], CAIRN_STALE, "job.lease_lost");
	ct_gone(conn, leases[0].id);
	ct_gone(conn, leases[2].id);
	ct_int(ct_job(conn, leases[1].id)->status, CAIRN_JOB_SUCCEEDED);
	ct_int(ct_job(conn, leases[3].id)->status, CAIRN_JOB_LEASED);
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, id);
}

/* As many as need more than a hundred statements, where each takes 500 and a second one cleans up. */
static void a_great_many(void)
{
	enum { PAGES = 33, PAGE = 1000 };
	cairn_conn *conn = ct_open();
	cairn_job_new *jobs = ct_alloc(PAGE * sizeof(*jobs));
	cairn_finish *items = ct_alloc(PAGES * PAGE * sizeof(*items));
	size_t n = 0;
	define(conn, "t", CAIRN_RETAIN_NONE);
	for (int i = 0; i < PAGE; i++)
		jobs[i] = ct_new("t");
	for (int page = 0; page < PAGES; page++) {
		ct_ok(cairn_job_enqueue(conn, jobs, PAGE, NULL, ct_err()));
		const cairn_jobs *claimed = ct_claim_n(conn, "w", PAGE);
		for (size_t i = 0; i < claimed->count; i++)
			items[n++] = ct_success(cairn_job_lease(&claimed->at[i]));
	}
	ct_int(n, PAGES * PAGE);
	ct_ok(cairn_job_finish(conn, items, n, NULL, ct_err()));
	ct_int(ct_count_jobs(conn, 0), 0);
}

static void commits_and_rolls_back(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease lease = take(conn);
	ct_told(ct_say(conn, lease, "said"), CAIRN_OK, NULL);
	const char *before = ct_snapshot(conn, lease.id);
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_finish(conn, ct_success(lease));
	ct_gone(conn, lease.id);
	cairn_rollback(&tx);
	ct_unchanged(conn, lease.id, before);
	ct_finish(conn, ct_success(lease));
	ct_gone(conn, lease.id);
}

/* The oldest first, whichever type it is of. */
static void pruning_asks_each_type(void)
{
	static const struct {
		const char *type;
		cairn_usec retention;
	} types[] = { { "forever", CAIRN_RETAIN_FOREVER },
		      { "year", 365 * CAIRN_DAY },
		      { "usual", 0 },
		      { "day", CAIRN_DAY },
		      { "none", CAIRN_DAY } };
	enum { N = sizeof(types) / sizeof(types[0]) };
	cairn_conn *conn = ct_open();
	cairn_id ids[N];
	for (int i = 0; i < N; i++) {
		cairn_job_new job = keyed(types[i].type, "k");
		define(conn, types[i].type, types[i].retention);
		ids[i] = ct_add(conn, &job);
		ct_finish(conn, ct_success(ct_claim(conn, "w")));
	}
	cairn_prune_opts opts = { .size = sizeof(opts), .scope = cairn_any() };
	static const cairn_usec steps[] = { CAIRN_HOUR, CAIRN_DAY, 6 * CAIRN_DAY, 365 * CAIRN_DAY,
					    3650 * CAIRN_DAY };
	static const size_t expected[] = { 1, 1, 1, 1, 0 };
	set_retention(conn, "none", CAIRN_RETAIN_NONE);
	for (int i = 0; i < N; i++) {
		size_t pruned = 77;
		ct_advance(steps[i]);
		ct_ok(cairn_job_prune(conn, &opts, &pruned, ct_err()));
		ct_int(pruned, expected[i]);
		if (expected[i])
			ct_gone(conn, ids[N - 1 - i]);
	}
	ct_job(conn, ids[0]);
}

/* What ended under one retention, and is pruned under another. */
static void a_change_holds_for_all(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[2];
	const char *const types[] = { "shorter", "longer" };
	for (int i = 0; i < 2; i++) {
		cairn_job_new job = ct_new(types[i]);
		define(conn, types[i], i ? CAIRN_HOUR : CAIRN_RETAIN_FOREVER);
		ids[i] = ct_add(conn, &job);
		ct_finish(conn, ct_success(ct_claim(conn, "w")));
	}
	cairn_prune_opts opts = { .size = sizeof(opts), .scope = cairn_any() };
	size_t pruned = 77;
	set_retention(conn, "longer", 30 * CAIRN_DAY);
	ct_advance(8 * CAIRN_DAY);
	ct_ok(cairn_job_prune(conn, &opts, &pruned, ct_err()));
	ct_int(pruned, 0);
	set_retention(conn, "shorter", 8 * CAIRN_DAY);
	ct_ok(cairn_job_prune(conn, &opts, &pruned, ct_err()));
	ct_int(pruned, 1);
	ct_gone(conn, ids[0]);
	ct_advance(22 * CAIRN_DAY);
	ct_ok(cairn_job_prune(conn, &opts, &pruned, ct_err()));
	ct_int(pruned, 1);
	ct_gone(conn, ids[1]);
}

#define VERB .kind = CT_VERB, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.retention.is_stored_and_patched",
	  VERB,
	  .rule = "0 is 7 days; NONE, FOREVER and any duration are kept as given.",
	  .run = fields },
	{ .name = "jobs.retention.is_bounded",
	  VERB,
	  .rule = "Below FOREVER or beyond a hundred years is INVALID.",
	  .run = out_of_range },
	{ .name = "jobs.retention.claims_hint_what_will_not_be_kept",
	  VERB,
	  .rule = "An unkeyed job of a type that keeps nothing is hinted, a keyed one never.",
	  .run = claims_hint },
	{ .name = "jobs.retention.a_type_that_keeps_nothing_has_no_keyed_jobs",
	  VERB,
	  .rule = "A new key is INVALID per item and leaves nothing; the others are inserted.",
	  .run = no_keys },
	{ .name = "jobs.retention.keys_that_are_there_still_answer",
	  VERB,
	  .rule = "A repeated request is EXISTING, and a different one CONFLICT, whatever the "
		  "retention is now.",
	  .run = old_keys_answer },
	{ .name = "jobs.retention.pruning_asks_each_type",
	  VERB,
	  .rule = "Successes go when their own type's retention is over, those of FOREVER never; "
		  "what "
		  "a type without retention has left goes at once.",
	  .run = pruning_asks_each_type },
	{ .name = "jobs.retention.a_change_holds_for_what_has_ended",
	  VERB,
	  .rule = "A job is kept as its type's definition says now, not as it said when the job "
		  "ended.",
	  .run = a_change_holds_for_all },
	{ .name = "jobs.retention.a_success_deletes_its_job",
	  VERB,
	  .rule = "Where nothing is retained a success takes the job away with attempts, events "
		  "and logs, and answers as any success; sent again it is not found.",
	  .run = a_success_deletes },
	{ .name = "jobs.retention.earlier_runs_go_with_it",
	  VERB,
	  .rule = "The dead letter of an earlier run goes with its job.",
	  .run = earlier_runs_too },
	{ .name = "jobs.retention.other_ends_delete_nothing",
	  VERB,
	  .rule = "Failures, continuations and snoozes keep the job.",
	  .run = other_ends_do_not },
	{ .name = "jobs.retention.a_lost_lease_deletes_nothing",
	  VERB,
	  .rule = "Deleting is a write of the worker and needs its live lease.",
	  .covers = "runledger L02, SC03",
	  .run = a_lost_lease_deletes_nothing },
	{ .name = "jobs.retention.impossible_progress_deletes_nothing",
	  VERB,
	  .rule = "A success that is refused for its progress leaves the job.",
	  .covers = "runledger U05",
	  .run = impossible_progress_deletes_nothing },
	{ .name = "jobs.retention.among_other_ends",
	  VERB,
	  .rule = "Deleting successes go in one batch with others and with the next claim.",
	  .run = among_others },
	{ .name = "jobs.retention.a_great_many_at_once",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Tens of thousands of them end in one call.",
	  .run = a_great_many },
	{ .name = "jobs.retention.commits_and_rolls_back_with_the_caller",
	  VERB,
	  .rule = "Rolled back, the job is there again, leased, with all that belongs to it.",
	  .run = commits_and_rolls_back },
};

CT_GROUP(retention, cases);
