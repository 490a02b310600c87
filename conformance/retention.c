/*
 * retention.c - how long succeeded jobs are kept: the field, the hint a claim gives, and that
 * a type that keeps nothing has no keyed jobs. The key is the promise.
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
		ct_int(job->hints, unkept ? CAIRN_HINT_UNKEPT : 0);
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

static const ct_case cases[] = {
	{ .name = "jobs.retention.is_stored_and_patched",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "0 is 7 days; NONE, FOREVER and any duration are kept as given.",
	  .run = fields },
	{ .name = "jobs.retention.is_bounded",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Below FOREVER or beyond a hundred years is INVALID.",
	  .run = out_of_range },
	{ .name = "jobs.retention.claims_hint_what_will_not_be_kept",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "An unkeyed job of a type that keeps nothing is hinted, a keyed one never.",
	  .run = claims_hint },
	{ .name = "jobs.retention.a_type_that_keeps_nothing_has_no_keyed_jobs",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A new key is INVALID per item and leaves nothing; the others are inserted.",
	  .run = no_keys },
	{ .name = "jobs.retention.keys_that_are_there_still_answer",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A repeated request is EXISTING, and a different one CONFLICT, whatever the "
		  "retention is now.",
	  .run = old_keys_answer },
};

CT_GROUP(retention, cases);
