/*
 * enqueue_batch.c - many jobs in one call: answers in order, outcomes per item, one time.
 */
#include "ct.h"

static void a_batch_answers_in_its_order(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	enum { N = 300 };
	cairn_job_new *jobs = ct_alloc(N * sizeof(*jobs));
	cairn_job_added *each = ct_alloc(N * sizeof(*each));
	for (size_t i = 0; i < N; i++) {
		jobs[i] = ct_new("t");
		jobs[i].payload = cairn_str_of(ct_format("%zu", i));
	}
	ct_ok(cairn_job_enqueue(conn, jobs, N, each, ct_err()));
	ct_int(ct_count_jobs(conn, 0), N);
	for (size_t i = 0; i < N; i++) {
		ct_each(each[i], CAIRN_OK, NULL);
		ct_true(i == 0 || cairn_id_compare(each[i - 1].id, each[i].id) < 0);
	}
	for (size_t i = 0; i < N; i += 61) {
		ct_same(ct_job(conn, each[i].id)->payload, jobs[i].payload);
		ct_text(ct_timeline(conn, each[i].id), "ENQUEUED");
	}
	ct_ok(cairn_job_enqueue(conn, NULL, 0, NULL, ct_err()));
}

static void one_time_for_all(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new jobs[] = { ct_new("t"), ct_new("t"), ct_new("t") };
	cairn_job_added each[3];
	cairn_conn_opts own = ct_opts();
	own.clock = NULL; /* the database's: a clock that moves */
	cairn_conn *plain = ct_open_with(&own);
	ct_ok(cairn_job_enqueue(plain, jobs, 3, each, ct_err()));
	const cairn_job *first = ct_job(conn, each[0].id);
	ct_int(first->run_at, first->created_at);
	for (size_t i = 0; i < 3; i++) {
		const cairn_job *job = ct_job(conn, each[i].id);
		ct_int(job->created_at, first->created_at);
		ct_int(job->updated_at, first->created_at);
		ct_int(ct_event(conn, each[i].id, 0)->at, first->created_at);
	}
}

static void outcomes_are_per_item(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new jobs[] = { ct_new("t"), ct_new("nope"), ct_new("t") };
	cairn_job_added each[3];
	ct_ok(cairn_job_enqueue(conn, jobs, 3, each, ct_err()));
	ct_each(each[0], CAIRN_OK, NULL);
	ct_each(each[1], CAIRN_INVALID, "job.definition_not_found_or_disabled");
	ct_each(each[2], CAIRN_OK, NULL);
	ct_true(ct_exists(conn, each[0].id) && ct_exists(conn, each[2].id));
	ct_int(ct_count_jobs(conn, 0), 2);
}

static void a_whole_batch_without_definition(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "off");
	ct_disable(conn, "off", 1);
	const char *types[] = { "nope", "off" };
	for (size_t i = 0; i < 2; i++) {
		cairn_job_new jobs[] = { ct_new(types[i]), ct_new(types[i]), ct_new(types[i]) };
		cairn_job_added each[3];
		ct_ok(cairn_job_enqueue(conn, jobs, 3, each, ct_err()));
		for (size_t k = 0; k < 3; k++)
			ct_each(each[k], CAIRN_INVALID, "job.definition_not_found_or_disabled");
	}
	ct_int(ct_count_jobs(conn, 0), 0);
}

/* A job that differs from a bare one in one field, the i-th. */
static cairn_job_new unlike(size_t i)
{
	cairn_job_new job = ct_new(i == 0 ? "u" : "t");
	if (i == 1)
		job.queue = CAIRN_STR("q");
	if (i == 2)
		job.tenant = CAIRN_STR("acme");
	if (i == 3)
		job.payload = CAIRN_STR("[3]");
	if (i == 4)
		job.owner = CAIRN_STR("o");
	if (i == 5)
		job.stage = CAIRN_STR("scheduled");
	if (i == 6)
		job.run_at = ct_now() + CAIRN_HOUR;
	if (i == 7)
		job.timeout = CAIRN_SECOND;
	if (i == 8)
		job.max_attempts = 3;
	if (i == 9)
		job.set = CAIRN_JOB_PRIORITY;
	return job;
}

/* What is a job's own, as text. */
static const char *own(cairn_conn *conn, cairn_id id)
{
	const cairn_job *job = ct_job(conn, id);
	const cairn_event *event = ct_event(conn, id, 0);
	return ct_format("%s %s %s %s %s %s %lld %u %lld %d %d, %s %s", job->type.ptr,
			 job->queue.ptr, job->tenant.ptr ? job->tenant.ptr : "-", job->payload.ptr,
			 job->owner.ptr ? job->owner.ptr : "-", job->stage.ptr,
			 (long long)(job->run_at - job->created_at), (unsigned)job->parked,
			 (long long)job->timeout, (int)job->max_attempts, (int)job->priority,
			 event->stage.ptr, event->payload.ptr);
}

static void each_item_is_its_own(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	ct_define(conn, "u");
	for (size_t i = 0; i < 10; i++) {
		cairn_job_new bare = ct_new("t");
		cairn_job_new other = unlike(i);
		const char *bare_text = own(conn, ct_add(conn, &bare));
		const char *other_text = own(conn, ct_add(conn, &other));
		ct_true(strcmp(bare_text, other_text) != 0);
		cairn_job_new jobs[] = { bare, other, bare };
		cairn_job_added each[3];
		ct_ok(cairn_job_enqueue(conn, jobs, 3, each, ct_err()));
		ct_text(own(conn, each[0].id), bare_text);
		ct_text(own(conn, each[1].id), other_text);
		ct_text(own(conn, each[2].id), bare_text);
		cairn_job_new same[] = { other, other };
		ct_ok(cairn_job_enqueue(conn, same, 2, each, ct_err()));
		ct_text(own(conn, each[0].id), other_text);
		ct_text(own(conn, each[1].id), other_text);
	}
}

static void without_each_the_first_failure_speaks(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new jobs[] = { ct_new("t"), ct_new("nope"), ct_new("t"), ct_new("nor") };
	ct_status(cairn_job_enqueue(conn, jobs, 4, NULL, ct_err()), CAIRN_INVALID,
		  "job.definition_not_found_or_disabled");
	ct_int(ct_last()->index, 1);
	ct_int(ct_count_jobs(conn, 0), 2);
}

static const ct_case cases[] = {
	{ .name = "jobs.enqueue.a_batch_answers_in_its_own_order",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "n jobs get n ascending ids, each answer in its item's place.",
	  .covers = "runledger E13",
	  .run = a_batch_answers_in_its_order },
	{ .name = "jobs.enqueue.all_rows_of_a_call_carry_one_time",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Jobs and events of one call have the same created_at, by any clock.",
	  .covers = "runledger E13",
	  .run = one_time_for_all },
	{ .name = "jobs.enqueue.an_item_without_definition_leaves_the_others_alone",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Outcomes that depend on data are per item; the rest of the batch is written.",
	  .covers = "runledger E03",
	  .run = outcomes_are_per_item },
	{ .name = "jobs.enqueue.a_whole_batch_without_definition_is_refused",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A batch of one undefined or disabled type has every item refused.",
	  .covers = "runledger E03",
	  .run = a_whole_batch_without_definition },
	{ .name = "jobs.enqueue.each_item_of_a_batch_keeps_its_own_fields",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Items of a batch that differ in any one field are stored as if each came alone.",
	  .covers = "runledger E01",
	  .run = each_item_is_its_own },
	{ .name = "jobs.enqueue.without_outcomes_the_first_failure_is_the_calls",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "With each NULL the call fails as its first failed item did; the others stay "
		  "done.",
	  .run = without_each_the_first_failure_speaks },
};

CT_GROUP(enqueue_batch, cases);
