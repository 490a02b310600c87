/*
 * enqueue_refused.c - requests that are malformed: refused before any I/O, the whole
 * batch with them.
 */
#include "ct.h"

/* Refused, and so is the good job before it; the database was not even asked. */
static void refused(cairn_conn *conn, cairn_job_new bad, const char *code)
{
	cairn_job_new batch[] = { ct_new("t"), bad };
	cairn_job_added each[2];
	uint64_t before = cairn_conn_round_trips(conn);
	ct_status(cairn_job_enqueue(conn, batch, 2, each, ct_err()), CAIRN_INVALID, code);
	ct_int(ct_last()->index, 1);
	ct_int(cairn_conn_round_trips(conn), before);
}

static void malformed_numbers(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new bad = ct_new("t");
	bad.max_attempts = -1;
	refused(conn, bad, "job.invalid_max_attempts");
	bad = ct_new("t");
	bad.timeout = -1;
	refused(conn, bad, "job.invalid_timeout");
	bad = ct_new("t");
	bad.run_at = INT64_MAX;
	refused(conn, bad, "arg.invalid_time");
	bad.run_at = INT64_MIN;
	refused(conn, bad, "arg.invalid_time");
	bad = ct_new("t");
	bad.set = 2;
	refused(conn, bad, "arg.reserved");
	bad = ct_new("t");
	bad.reserved0_ = 1;
	refused(conn, bad, "arg.reserved");
	bad = ct_new("t");
	bad.reserved_[1] = 1;
	refused(conn, bad, "arg.reserved");
	ct_int(ct_count_jobs(conn, 0), 0);
}

static void malformed_names(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	const char *bad[] = { " ",
			      "\xe2\x80\x83\xc2\xa0", /* EM SPACE, NO-BREAK SPACE */
			      "a\tb",
			      "\x7f",
			      "\xc2\x85", /* NEXT LINE, a C1 control */
			      "\xc3",
			      "\xed\xa0\x80", /* a surrogate */
			      ct_repeat('n', 256) };
	for (size_t i = 0; i < 8; i++) {
		cairn_job_new job = ct_new(bad[i]);
		refused(conn, job, "arg.invalid_name");
		job = ct_new("t");
		job.queue = cairn_str_of(bad[i]);
		refused(conn, job, "arg.invalid_name");
		job = ct_new("t");
		job.owner = cairn_str_of(bad[i]);
		refused(conn, job, "arg.invalid_name");
		job = ct_new("t");
		job.tenant = cairn_str_of(bad[i]);
		if (i >= 2) /* a tenant may be blank */
			refused(conn, job, "arg.invalid_tenant");
	}
	refused(conn, ct_new(""), "arg.invalid_name");
	ct_int(ct_count_jobs(conn, 0), 0);
}

static void names_up_to_the_limit(void)
{
	cairn_conn *conn = ct_open();
	cairn_str longest = cairn_str_of(ct_repeat('n', 255));
	ct_define(conn, longest.ptr);
	cairn_job_new job = { .type = longest,
			      .queue = longest,
			      .tenant = longest,
			      .owner = longest,
			      .key = cairn_str_of(ct_repeat('k', 512)) };
	const cairn_job *got = ct_job(conn, ct_add(conn, &job));
	ct_same(got->type, longest);
	ct_same(got->queue, longest);
	ct_same(got->tenant, longest);
	ct_same(got->owner, longest);
	ct_same(got->key, job.key);
}

static const ct_case cases[] = {
	{ .name = "jobs.enqueue.a_malformed_number_fails_the_call_before_any_io",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A malformed item is INVALID, names its index, costs no round trip and writes "
		  "nothing of the batch.",
	  .covers = "runledger E08, smol-23",
	  .run = malformed_numbers },
	{ .name = "jobs.enqueue.a_malformed_name_fails_the_call_before_any_io",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Names are 1 to 255 bytes of UTF-8, not blank, without control characters.",
	  .run = malformed_names },
	{ .name = "jobs.enqueue.names_and_keys_fit_up_to_their_limit",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "255 bytes of type, queue, tenant and owner and 512 bytes of key fit together.",
	  .run = names_up_to_the_limit },
};

CT_GROUP(enqueue_refused, cases);
