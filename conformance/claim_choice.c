/*
 * claim_choice.c - which of the jobs a claim may take: due, of its queue, types and
 * owner, up to its limit.
 */
#include "ct.h"

static const cairn_jobs *claim(cairn_conn *conn, const cairn_claim_opts *opts)
{
	cairn_jobs *jobs = NULL;
	ct_ok(cairn_job_claim(conn, opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_true(jobs != NULL);
	return jobs;
}

static cairn_id add_to(cairn_conn *conn, const char *queue, const char *owner)
{
	cairn_job_new job = ct_new("t");
	job.queue = cairn_str_of(queue);
	job.owner = cairn_str_of(owner);
	return ct_add(conn, &job);
}

static void due_by_the_microsecond(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	job.run_at = ct_now();
	cairn_id now = ct_add(conn, &job);
	job.run_at = ct_now() + 1;
	ct_add(conn, &job);
	job.run_at = -CAIRN_DAY; /* 1969 */
	cairn_id past = ct_add(conn, &job);
	const cairn_jobs *jobs = ct_claim_n(conn, "w", 10);
	ct_int(jobs->count, 2);
	ct_id(jobs->at[0].id, past);
	ct_id(jobs->at[1].id, now);
	ct_int(jobs->at[0].run_at, -CAIRN_DAY);
}

static void only_pending_jobs(void)
{
	cairn_conn *conn = ct_open();
	for (int status = CAIRN_JOB_LEASED; status <= CAIRN_JOB_CANCELED; status++)
		ct_make(conn, "t", (enum cairn_job_status)status);
	ct_advance(365 * CAIRN_DAY); /* the lease is long over, but nobody reaped it */
	cairn_claim_opts opts = ct_claim_opts("w", 100);
	opts.queue = CAIRN_STR("ct-make");
	ct_int(claim(conn, &opts)->count, 0);
	cairn_id id = ct_make(conn, "t", CAIRN_JOB_PENDING).id;
	const cairn_jobs *jobs = claim(conn, &opts);
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, id);
	ct_int(claim(conn, &opts)->count, 0);
}

static void limit_is_kept(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	for (size_t i = 0; i < 7; i++)
		add_to(conn, NULL, NULL);
	ct_int(ct_claim_n(conn, "w", 0)->count, 1); /* none said: one */
	ct_int(ct_claim_n(conn, "w", 2)->count, 2);
	ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_LEASED), 3);
	ct_int(ct_claim_n(conn, "w", 1000)->count, 4);
	ct_int(ct_claim_n(conn, "w", 1000)->count, 0);
}

static void one_queue_at_a_time(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_id plain = add_to(conn, NULL, NULL);
	cairn_id mail = add_to(conn, "mail", NULL);
	cairn_id capital = add_to(conn, "Mail", NULL);
	cairn_claim_opts opts = ct_claim_opts("w", 10);
	opts.queue = CAIRN_STR("nothing");
	ct_int(claim(conn, &opts)->count, 0);
	opts.queue = CAIRN_STR("Mail");
	const cairn_jobs *jobs = claim(conn, &opts);
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, capital);
	opts.queue = CAIRN_STR("mail");
	ct_id(claim(conn, &opts)->at[0].id, mail);
	opts.queue = CAIRN_STR("default");
	jobs = claim(conn, &opts);
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, plain);
}

static void listed_types_only(void)
{
	cairn_conn *conn = ct_open();
	cairn_id a = ct_enqueue(conn, "a");
	cairn_id b = ct_enqueue(conn, "b");
	cairn_id c = ct_enqueue(conn, "c");
	cairn_str types[] = { CAIRN_STR("B"), CAIRN_STR("bb"), CAIRN_STR("%") };
	cairn_claim_opts opts = ct_claim_opts("w", 10);
	opts.types = types;
	opts.type_count = 3;
	ct_int(claim(conn, &opts)->count, 0);
	types[0] = CAIRN_STR("c");
	types[1] = types[2] = CAIRN_STR("a"); /* named twice is named */
	const cairn_jobs *jobs = claim(conn, &opts);
	ct_int(jobs->count, 2);
	ct_id(jobs->at[0].id, a);
	ct_id(jobs->at[1].id, c);
	opts.types = NULL;
	opts.type_count = 0;
	jobs = claim(conn, &opts);
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, b);
}

static void no_types_is_nothing(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_enqueue(conn, "t");
	const char *before = ct_snapshot(conn, id);
	cairn_str none = CAIRN_STR("unused");
	cairn_claim_opts opts = ct_claim_opts("w", 10);
	opts.types = &none;
	uint64_t trips = cairn_conn_round_trips(conn);
	ct_int(claim(conn, &opts)->count, 0);
	ct_int(cairn_conn_round_trips(conn), trips);
	ct_unchanged(conn, id, before);
}

static void pinned_jobs_wait_for_their_owner(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_id mine = add_to(conn, NULL, "host-1");
	cairn_id free = add_to(conn, NULL, NULL);
	cairn_id theirs = add_to(conn, NULL, "Host-1");
	cairn_claim_opts opts = ct_claim_opts("host-1", 10); /* a worker's name is no owner */
	const cairn_jobs *jobs = claim(conn, &opts);
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, free);
	free = add_to(conn, NULL, NULL);
	opts.owner = CAIRN_STR("host-1");
	jobs = claim(conn, &opts);
	ct_int(jobs->count, 2); /* pinned and free ones in one queue order */
	ct_id(jobs->at[0].id, mine);
	ct_id(jobs->at[1].id, free);
	opts.owner = CAIRN_STR("Host-1");
	jobs = claim(conn, &opts);
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, theirs);
	ct_str(jobs->at[0].owner, "Host-1");
}

static void every_tenant_is_served(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	ct_add(conn, &job);
	job.tenant = CAIRN_STR("a");
	ct_add(conn, &job);
	job.tenant = CAIRN_STR("b");
	ct_add(conn, &job);
	const cairn_jobs *jobs = ct_claim_n(conn, "w", 10);
	ct_int(jobs->count, 3);
	ct_str(jobs->at[0].tenant, NULL);
	ct_str(jobs->at[1].tenant, "a");
	ct_str(jobs->at[2].tenant, "b");
}

static void disabled_types_still_run(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_enqueue(conn, "t");
	cairn_definition off = { .type = CAIRN_STR("t"), .disabled = 1 };
	ct_ok(cairn_job_define(conn, &off, 1, ct_err()));
	cairn_lease lease = ct_claim(conn, "w");
	ct_id(lease.id, id);
	ct_int(lease.retry.factor, 2000);
	ct_finish(conn, ct_success(lease));
}

static const ct_case cases[] = {
	{ .name = "jobs.claim.due_means_not_after_now",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A job is due when run_at <= now, to the microsecond, however long ago.",
	  .covers = "runledger K02",
	  .run = due_by_the_microsecond },
	{ .name = "jobs.claim.takes_only_pending_jobs",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Leased jobs are not claimed, not even with an expired lease, nor are ended "
		  "ones.",
	  .covers = "runledger K02",
	  .run = only_pending_jobs },
	{ .name = "jobs.claim.takes_at_most_its_limit",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A claim takes up to limit jobs, one if none is said; fewer if there are fewer.",
	  .covers = "runledger K02, K14",
	  .run = limit_is_kept },
	{ .name = "jobs.claim.looks_into_one_queue",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A claim takes jobs of the queue it names, of default if it names none.",
	  .run = one_queue_at_a_time },
	{ .name = "jobs.claim.takes_only_listed_types",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "With a list of types only jobs of exactly these are taken, each once.",
	  .covers = "runledger K05",
	  .run = listed_types_only },
	{ .name = "jobs.claim.an_empty_list_of_types_asks_nobody",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "An empty list of types answers nothing and costs no round trip.",
	  .covers = "runledger K04",
	  .run = no_types_is_nothing },
	{ .name = "jobs.claim.a_pinned_job_waits_for_its_owner",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A job with an owner is claimed by that owner only; one without by anybody.",
	  .covers = "runledger smol-25",
	  .run = pinned_jobs_wait_for_their_owner },
	{ .name = "jobs.claim.serves_every_tenant",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Workers are nobody's: a claim takes global jobs and those of all tenants.",
	  .covers = "runledger SC04",
	  .run = every_tenant_is_served },
	{ .name = "jobs.claim.a_job_of_a_disabled_type_still_runs",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Disabling a type stops new jobs, not those that are there.",
	  .covers = "runledger K11",
	  .run = disabled_types_still_run },
};

CT_GROUP(claim_choice, cases);
