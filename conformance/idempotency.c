/*
 * idempotency.c - one key, one job: what a key answers and who shares it with whom.
 * What counts as the same request is in request.c, two at once in idempotency_race.c.
 */
#include "ct.h"

/* ---- the answer ---------------------------------------------------------------- */

static void repeat_finds_the_job(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new jobs[] = { ct_keyed("t", "k"), ct_keyed("t", "other"), ct_keyed("t", "k") };
	jobs[1].payload = CAIRN_STR(" [1.0] ");
	jobs[1].run_at = ct_now() + CAIRN_HOUR;
	jobs[2].tenant = CAIRN_STR("acme");
	for (size_t i = 0; i < 3; i++) {
		cairn_id id = ct_add(conn, &jobs[i]);
		const char *before = ct_snapshot(conn, id);
		ct_advance(CAIRN_SECOND);
		cairn_job_added added = ct_offer(conn, &jobs[i]);
		ct_each(added, CAIRN_OK, NULL);
		ct_id(added.id, id);
		ct_int(added.disposition, CAIRN_EXISTING);
		ct_int(added.job_status, CAIRN_JOB_PENDING);
		ct_int(added.run_number, 1);
		ct_unchanged(conn, id, before);
	}
	ct_int(ct_count_jobs(conn, 0), 3);
}

static void any_status_matches(void)
{
	cairn_conn *conn = ct_open();
	ct_define_retry(conn, "t", 8, CAIRN_SECOND);
	cairn_job_new job = ct_keyed("t", "k");
	cairn_id id = ct_add(conn, &job);
	cairn_lease lease = ct_claim(conn, "w");
	ct_int(ct_offer(conn, &job).job_status, CAIRN_JOB_LEASED);
	ct_finish(conn, ct_failure(lease, CAIRN_FINISH_RETRYABLE, "x"));
	ct_int(ct_offer(conn, &job).job_status, CAIRN_JOB_PENDING);
	ct_advance(CAIRN_SECOND);
	ct_finish(conn, ct_success(ct_claim(conn, "w")));
	const char *before = ct_snapshot(conn, id);
	ct_int(ct_offer(conn, &job).job_status, CAIRN_JOB_SUCCEEDED);
	ct_existing(conn, &job, id);
	job.payload = CAIRN_STR("1");
	ct_conflict(conn, &job);
	ct_unchanged(conn, id, before);
}

static void dead_and_canceled_match(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new job = ct_keyed("t", "dead");
	cairn_id dead = ct_add(conn, &job);
	ct_finish(conn, ct_failure(ct_claim(conn, "w"), CAIRN_FINISH_TERMINAL, "x"));
	ct_existing(conn, &job, dead);
	ct_int(ct_offer(conn, &job).job_status, CAIRN_JOB_DEAD_LETTERED);
	job = ct_keyed("t", "canceled");
	cairn_id canceled = ct_add(conn, &job);
	ct_ok(cairn_job_cancel(conn, cairn_any(), &canceled, 1, CAIRN_STR("no"), NULL, ct_err()));
	ct_existing(conn, &job, canceled);
	ct_int(ct_offer(conn, &job).job_status, CAIRN_JOB_CANCELED);
	ct_int(ct_count_jobs(conn, 0), 2);
}

static void disabled_type_matches(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new job = ct_keyed("t", "k");
	cairn_id id = ct_add(conn, &job);
	cairn_definition off = { .type = CAIRN_STR("t"), .disabled = 1 };
	ct_ok(cairn_job_define(conn, &off, 1, ct_err()));
	ct_existing(conn, &job, id);
	job.payload = CAIRN_STR("[]");
	ct_conflict(conn, &job);
	job = ct_keyed("t", "new");
	cairn_job_added added = ct_offer(conn, &job);
	ct_each(added, CAIRN_INVALID, "job.definition_not_found_or_disabled");
}

static void conflict_is_the_calls_own_without_each(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new jobs[] = { ct_new("t"), ct_keyed("t", "secret-key"), ct_new("t") };
	jobs[1].payload = CAIRN_STR("\"hunter2\"");
	ct_add(conn, &jobs[1]);
	jobs[1].payload = CAIRN_STR("\"hunter3\"");
	ct_status(cairn_job_enqueue(conn, jobs, 3, NULL, ct_err()), CAIRN_CONFLICT,
		  "job.idempotency_conflict");
	const cairn_error *err = ct_last();
	ct_int(err->index, 1);
	ct_true(!strstr(err->message, "secret-key") && !strstr(err->detail, "secret-key"));
	ct_true(!strstr(err->message, "hunter") && !strstr(err->detail, "hunter"));
	ct_int(ct_count_jobs(conn, 0), 3);
}

/* ---- who shares a key ---------------------------------------------------------- */

static void keys_are_per_type_and_tenant(void)
{
	cairn_conn *conn = ct_open();
	const char *owners[][2] = { { "t", NULL }, { "t", "a" },  { "t", "b" }, { "t", "A" },
				    { "u", NULL }, { "u", "a" },  { "T", "a" }, { "ta", NULL },
				    { "t", "ak" }, { "t", "a " }, { "t", " " } };
	enum { N = 11 };
	cairn_job_new jobs[N];
	cairn_id ids[N];
	for (size_t i = 0; i < N; i++) {
		jobs[i] = ct_keyed(owners[i][0], "k");
		jobs[i].tenant = cairn_str_of(owners[i][1]);
		/* each its own request: sharing would show as a conflict */
		jobs[i].payload = cairn_str_of(ct_format("%zu", i));
		ct_define(conn, owners[i][0]);
		ids[i] = ct_add(conn, &jobs[i]);
	}
	for (size_t i = 0; i < N; i++)
		ct_existing(conn, &jobs[i], ids[i]);
	ct_int(ct_count_jobs(conn, 0), N);
}

static void keys_are_bytes(void)
{
	cairn_conn *conn = ct_open();
	const char *keys[] = { "k", "K", " k", "k ", "kk", "\xc3\xa9", "e\xcc\x81", "%", "_" };
	enum { N = 9 };
	cairn_id ids[N];
	ct_define(conn, "t");
	for (size_t i = 0; i < N; i++) {
		cairn_job_new job = ct_keyed("t", keys[i]);
		ids[i] = ct_add(conn, &job);
	}
	for (size_t i = 0; i < N; i++) {
		cairn_job_new job = ct_keyed("t", keys[i]);
		ct_existing(conn, &job, ids[i]);
	}
}

static void keys_are_checked(void)
{
	cairn_conn *conn = ct_open();
	const char *bad[] = {
		" ", "\xe3\x80\x80", "a\nb", "\xc2\x9f", "\xff", ct_repeat('k', 513)
	};
	ct_define(conn, "t");
	for (size_t i = 0; i < 6; i++) {
		cairn_job_new jobs[] = { ct_new("t"), ct_keyed("t", bad[i]) };
		ct_status(cairn_job_enqueue(conn, jobs, 2, NULL, ct_err()), CAIRN_INVALID,
			  "arg.invalid_key");
		ct_int(ct_last()->index, 1);
	}
	ct_int(ct_count_jobs(conn, 0), 0);
	cairn_job_new empty = ct_keyed("t", "");
	ct_str(ct_job(conn, ct_add(conn, &empty))->key, NULL);
}

/* ---- batches ------------------------------------------------------------------- */

static void a_key_twice_in_a_batch(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new jobs[] = { ct_keyed("t", "k"), ct_keyed("t", "k"), ct_keyed("t", "k"),
				 ct_keyed("t", "k") };
	jobs[2].payload = CAIRN_STR("2");
	jobs[3].payload = CAIRN_STR(" {} ");
	cairn_job_added each[4];
	ct_ok(cairn_job_enqueue(conn, jobs, 4, each, ct_err()));
	ct_each(each[0], CAIRN_OK, NULL);
	ct_int(each[0].disposition, CAIRN_INSERTED);
	ct_each(each[1], CAIRN_OK, NULL);
	ct_int(each[1].disposition, CAIRN_EXISTING);
	ct_id(each[1].id, each[0].id);
	ct_int(each[1].job_status, CAIRN_JOB_PENDING);
	ct_int(each[1].run_number, 1);
	ct_each(each[2], CAIRN_CONFLICT, "job.idempotency_conflict");
	ct_int(each[3].disposition, CAIRN_EXISTING);
	ct_id(each[3].id, each[0].id);
	ct_int(ct_count_jobs(conn, 0), 1);
	ct_text(ct_timeline(conn, each[0].id), "ENQUEUED");
}

static void a_mixed_batch(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new old = ct_keyed("t", "z-old");
	cairn_id old_id = ct_add(conn, &old);
	const char *before = ct_snapshot(conn, old_id);
	cairn_job_new jobs[] = { ct_keyed("t", "b-new"), old, ct_new("t"), old,
				 ct_keyed("u", "k"),	 old, ct_new("t"), ct_keyed("t", "a-new") };
	jobs[3].payload = CAIRN_STR("[]");
	jobs[5].tenant = CAIRN_STR("acme");
	cairn_job_added each[8];
	ct_ok(cairn_job_enqueue(conn, jobs, 8, each, ct_err()));
	const size_t inserted[] = { 0, 2, 5, 6, 7 };
	for (size_t i = 0; i < 5; i++) {
		cairn_job_added one = each[inserted[i]];
		ct_each(one, CAIRN_OK, NULL);
		ct_int(one.disposition, CAIRN_INSERTED);
		ct_same(ct_job(conn, one.id)->key, jobs[inserted[i]].key);
	}
	ct_int(each[1].disposition, CAIRN_EXISTING);
	ct_id(each[1].id, old_id);
	ct_each(each[3], CAIRN_CONFLICT, "job.idempotency_conflict");
	ct_each(each[4], CAIRN_INVALID, "job.definition_not_found_or_disabled");
	ct_int(ct_count_jobs(conn, 0), 6);
	ct_unchanged(conn, old_id, before);
}

static void one_transaction_sees_its_own_keys(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new job = ct_keyed("t", "k");
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cairn_id lost = ct_add(conn, &job);
	ct_existing(conn, &job, lost);
	cairn_rollback(&tx);
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cairn_id kept = ct_add(conn, &job);
	job.payload = CAIRN_STR("0");
	ct_conflict(conn, &job);
	cairn_job_new more = ct_new("t");
	ct_add(conn, &more); /* the conflict did not break the transaction */
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_int(ct_count_jobs(conn, 0), 2);
	ct_text(ct_timeline(conn, kept), "ENQUEUED");
}

static const ct_case cases[] = {
	{ .name = "jobs.idempotency.a_repeated_request_finds_its_job",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "The same keyed request again answers EXISTING with the first job's id and "
		  "writes nothing, globally and in a tenant.",
	  .covers = "runledger E04, I01, smol-24",
	  .run = repeat_finds_the_job },
	{ .name = "jobs.idempotency.matches_while_running_retried_and_succeeded",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A keyed retry matches whatever became of the job, and tells its status now.",
	  .covers = "runledger E04, I09",
	  .run = any_status_matches },
	{ .name = "jobs.idempotency.matches_after_dead_letter_and_cancel",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A key is kept by a job that is dead or canceled; no second one is made.",
	  .covers = "runledger E04, I09",
	  .run = dead_and_canceled_match },
	{ .name = "jobs.idempotency.matches_after_the_type_was_disabled",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A known key is answered even if its type was disabled since; a new one is not.",
	  .covers = "runledger I10",
	  .run = disabled_type_matches },
	{ .name = "jobs.idempotency.a_conflict_names_its_item_and_shows_nothing",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A conflict's error has the index, and neither key nor payload in any text.",
	  .covers = "runledger I13",
	  .run = conflict_is_the_calls_own_without_each },
	{ .name = "jobs.idempotency.a_key_belongs_to_type_and_tenant",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Keys are unique per type and tenant; global jobs are a space of their own.",
	  .covers = "runledger I02, smol-24",
	  .run = keys_are_per_type_and_tenant },
	{ .name = "jobs.idempotency.keys_are_compared_by_bytes",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Keys that differ in case, padding or Unicode form are different keys.",
	  .run = keys_are_bytes },
	{ .name = "jobs.idempotency.a_malformed_key_is_refused",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A key is 1 to 512 bytes of UTF-8, not blank, without control characters.",
	  .covers = "runledger E09",
	  .run = keys_are_checked },
	{ .name = "jobs.idempotency.a_key_used_twice_in_a_batch_makes_one_job",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "The first item with a key inserts; later ones answer EXISTING, or CONFLICT when "
		  "they differ.",
	  .run = a_key_twice_in_a_batch },
	{ .name = "jobs.idempotency.a_mixed_batch_answers_each_item",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "New, existing, conflicting, undefined and unkeyed items of one batch do not "
		  "disturb each other.",
	  .covers = "runledger I02, I06",
	  .run = a_mixed_batch },
	{ .name = "jobs.idempotency.a_transaction_sees_its_own_keys",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Inside a transaction a key matches at once; rolled back it is free again; a "
		  "conflict does not abort the transaction.",
	  .covers = "runledger E02, I01",
	  .run = one_transaction_sees_its_own_keys },
};

CT_GROUP(idempotency, cases);
