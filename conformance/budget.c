/*
 * budget.c - how often a call waits for its database: an operation on n items is one
 * round trip, whatever n, on the happy path. Embedded drivers count commits.
 */
#include "ct.h"

#define MOST 100

static const size_t sizes[] = { 1, 7, MOST };

#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static const cairn_str none = { NULL, 0 };

/* Rounds of the same call: the first may meet a session that knows no statement yet. */
#define ROUNDS 3

/* n jobs of type "t"; keyed ones have the keys "k-<first>" …. */
static void fill(cairn_job_new *jobs, size_t n, bool keyed, unsigned first)
{
	for (size_t i = 0; i < n; i++) {
		jobs[i] = ct_new("t");
		if (keyed)
			jobs[i].key = cairn_str_of(ct_format("k-%u-%zu", first, i));
	}
}

static void add_many(cairn_conn *conn, size_t n)
{
	cairn_job_new jobs[MOST];
	fill(jobs, n, false, 0);
	ct_ok(cairn_job_enqueue(conn, jobs, n, NULL, ct_err()));
}

/* Enqueues n and claims them. */
static void lease_many(cairn_conn *conn, cairn_lease *leases, size_t n)
{
	add_many(conn, n);
	const cairn_jobs *jobs = ct_claim_n(conn, "w", (uint32_t)n);
	ct_int(jobs->count, n);
	for (size_t i = 0; i < n; i++)
		leases[i] = cairn_job_lease(&jobs->at[i]);
}

/* ---- writing ------------------------------------------------------------------------ */

static void enqueue_of(cairn_conn *conn, size_t n, bool keyed)
{
	cairn_job_new jobs[MOST];
	cairn_job_added each[MOST];
	fill(jobs, n, keyed, ct_number());
	ct_budget(conn);
	ct_ok(cairn_job_enqueue(conn, jobs, n, each, ct_err()));
	ct_spent(conn, 1, keyed ? "keyed enqueue" : "enqueue", n);
	ct_int(each[n - 1].disposition, CAIRN_INSERTED);
	if (!keyed)
		return;
	ct_budget(conn);
	ct_ok(cairn_job_enqueue(conn, jobs, n, each, ct_err()));
	ct_spent(conn, 1, "repeated enqueue", n);
	ct_int(each[n - 1].disposition, CAIRN_EXISTING);
}

static void enqueue(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	for (size_t i = 0; i < ROUNDS * SIZES; i++)
		enqueue_of(conn, sizes[i % SIZES], false);
}

static void keyed_enqueue(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	for (size_t i = 0; i < ROUNDS * SIZES; i++)
		enqueue_of(conn, sizes[i % SIZES], true);
}

static void claim(void)
{
	cairn_conn *conn = ct_open();
	cairn_jobs *jobs = NULL;
	ct_define(conn, "t");
	for (size_t i = 0; i < ROUNDS * SIZES; i++) {
		size_t n = sizes[i % SIZES];
		cairn_claim_opts opts = ct_claim_opts("w", (uint32_t)n);
		add_many(conn, n);
		ct_budget(conn);
		ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
		ct_spent(conn, 1, "claim", n);
		ct_int(jobs->count, n);
		ct_budget(conn);
		ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
		ct_spent(conn, 1, "empty claim", n);
		ct_int(jobs->count, 0);
	}
	ct_later(jobs);
}

static size_t claim_one(cairn_conn *conn, uint64_t most, const char *what)
{
	cairn_jobs *jobs = NULL;
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	ct_budget(conn);
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_spent(conn, most, what, 1);
	size_t count = jobs->count;
	cairn_free(jobs);
	return count;
}

/* A driver may claim in a cheaper way from a queue that gave jobs, and look twice when it is empty. */
static void claims_in_a_row(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	for (int i = 0; i < ROUNDS; i++) {
		add_many(conn, 7);
		for (int j = 0; j < 7; j++)
			ct_int(claim_one(conn, 1, "one of many claims"), 1);
		ct_int(claim_one(conn, 2, "the first empty claim"), 0);
		for (int j = 0; j < 7; j++)
			ct_int(claim_one(conn, 1, "an empty claim"), 0);
		for (int j = 0; j < 7; j++) {
			add_many(conn, 1);
			ct_int(claim_one(conn, 1, "claim of a single job"), 1);
			ct_int(claim_one(conn, 1, "empty claim behind it"), 0);
		}
	}
}

static void claim_of_parked_jobs(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new jobs[MOST];
	cairn_claim_opts opts = ct_claim_opts("w", MOST);
	cairn_jobs *claimed = NULL;
	fill(jobs, MOST, false, 0);
	for (size_t i = 0; i < MOST; i++)
		jobs[i].run_at = ct_now() + CAIRN_MINUTE;
	ct_ok(cairn_job_enqueue(conn, jobs, MOST, NULL, ct_err()));
	ct_advance(CAIRN_HOUR);
	ct_budget(conn);
	ct_ok(cairn_job_claim(conn, &opts, &claimed, ct_err()));
	ct_spent(conn, 1, "claim of parked jobs", MOST);
	ct_int(claimed->count, MOST);
	ct_later(claimed);
}

static void heartbeat(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	for (size_t i = 0; i < ROUNDS * SIZES; i++) {
		size_t n = sizes[i % SIZES];
		cairn_lease leases[MOST];
		cairn_changed each[MOST];
		lease_many(conn, leases, n);
		ct_budget(conn);
		ct_ok(cairn_job_heartbeat(conn, leases, n, 0, each, ct_err()));
		ct_spent(conn, 1, "heartbeat", n);
		ct_each(each[n - 1], CAIRN_OK, NULL);
	}
}

/* Successes, retries and dead letters mixed. */
static void mixed(cairn_finish *items, const cairn_lease *leases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i % 3 == 0)
			items[i] = ct_success(leases[i]);
		else
			items[i] = ct_failure(leases[i],
					      i % 3 == 1 ? CAIRN_FINISH_RETRYABLE
							 : CAIRN_FINISH_TERMINAL,
					      "a.code");
	}
}

static void finish(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	for (size_t i = 0; i < ROUNDS * SIZES; i++) {
		size_t n = sizes[i % SIZES];
		cairn_lease leases[MOST];
		cairn_finish items[MOST];
		cairn_changed each[MOST];
		lease_many(conn, leases, n);
		mixed(items, leases, n);
		ct_budget(conn);
		ct_ok(cairn_job_finish(conn, items, n, each, ct_err()));
		ct_spent(conn, 1, "finish", n);
		ct_each(each[n - 1], CAIRN_OK, NULL);
	}
}

static void finish_and_claim(void)
{
	cairn_conn *conn = ct_open();
	cairn_jobs *jobs = NULL;
	ct_define(conn, "t");
	for (size_t i = 0; i < ROUNDS * SIZES; i++) {
		size_t n = sizes[i % SIZES];
		cairn_lease leases[MOST];
		cairn_finish items[MOST];
		cairn_changed each[MOST];
		cairn_claim_opts opts = ct_claim_opts("w", (uint32_t)n);
		lease_many(conn, leases, n);
		add_many(conn, n);
		mixed(items, leases, n);
		ct_budget(conn);
		ct_ok(cairn_job_finish_and_claim(conn, items, n, each, &opts, &jobs, ct_err()));
		ct_spent(conn, 1, "finish and claim", n);
		ct_int(jobs->count, n);
	}
	ct_later(jobs);
}

static void cancel(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	for (size_t i = 0; i < ROUNDS * SIZES; i++) {
		size_t n = sizes[i % SIZES];
		cairn_lease leases[MOST];
		cairn_id ids[MOST];
		cairn_changed each[MOST];
		lease_many(conn, leases, n);
		for (size_t j = 0; j < n; j++)
			ids[j] = leases[j].id;
		ct_budget(conn);
		ct_ok(cairn_job_cancel(conn, cairn_any(), ids, n, none, each, ct_err()));
		ct_spent(conn, 1, "cancel", n);
		ct_each(each[n - 1], CAIRN_OK, NULL);
	}
}

static void reap(void)
{
	cairn_conn *conn = ct_open();
	cairn_reap_report *report = NULL;
	ct_define(conn, "t");
	for (size_t i = 0; i < ROUNDS * SIZES; i++) {
		size_t n = sizes[i % SIZES];
		cairn_lease leases[MOST];
		lease_many(conn, leases, n);
		ct_advance(CAIRN_HOUR);
		ct_budget(conn);
		ct_ok(cairn_job_reap(conn, NULL, &report, ct_err()));
		ct_spent(conn, 1, "reap", n);
		ct_int(report->count, n);
		ct_budget(conn);
		ct_ok(cairn_job_reap(conn, NULL, &report, ct_err()));
		ct_spent(conn, 1, "empty reap", n);
		cairn_claim_opts opts = ct_claim_opts("w", MOST);
		cairn_jobs *jobs = NULL;
		ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
		cairn_finish items[MOST];
		for (size_t j = 0; j < jobs->count; j++)
			items[j] = ct_success(cairn_job_lease(&jobs->at[j]));
		ct_ok(cairn_job_finish(conn, items, jobs->count, NULL, ct_err()));
		cairn_free(jobs);
	}
	ct_later(report);
}

/* ---- reading ---------------------------------------------------------------------------- */

static void reads(void)
{
	cairn_conn *conn = ct_open();
	ct_made made = ct_make(conn, "t", CAIRN_JOB_DEAD_LETTERED);
	cairn_scope any = cairn_any();
	cairn_job_filter filter = { .size = sizeof(filter), .scope = any };
	cairn_dead_filter dead = { .size = sizeof(dead), .scope = any };
	for (int i = 0; i < ROUNDS; i++) {
		cairn_jobs *jobs = NULL;
		cairn_attempts *attempts = NULL;
		cairn_event_rows *events = NULL;
		cairn_dead_letters *letters = NULL;
		ct_budget(conn);
		ct_ok(cairn_job_get(conn, any, made.id, &jobs, ct_err()));
		ct_spent(conn, 1, "get", 1);
		ct_budget(conn);
		ct_ok(cairn_job_list(conn, &filter, &jobs, ct_err()));
		ct_spent(conn, 1, "list", 1);
		ct_budget(conn);
		ct_ok(cairn_job_attempts(conn, any, made.id, 0, 0, &attempts, ct_err()));
		ct_spent(conn, 1, "attempts", 1);
		ct_budget(conn);
		ct_ok(cairn_job_events(conn, any, made.id, 0, 0, &events, ct_err()));
		ct_spent(conn, 1, "events", 1);
		ct_budget(conn);
		ct_ok(cairn_job_dead_letters(conn, &dead, &letters, ct_err()));
		ct_spent(conn, 1, "dead letters", 1);
		cairn_free(jobs);
		cairn_free(attempts);
		cairn_free(events);
		cairn_free(letters);
	}
}

static void definitions(void)
{
	cairn_conn *conn = ct_open();
	cairn_definition some[MOST];
	for (size_t i = 0; i < MOST; i++)
		some[i] = (cairn_definition){ .type = cairn_str_of(ct_format("t-%zu", i)) };
	for (size_t i = 0; i < ROUNDS * SIZES; i++) {
		size_t n = sizes[i % SIZES];
		ct_budget(conn);
		ct_ok(cairn_job_define(conn, some, n, ct_err()));
		ct_spent(conn, 1, "define", n);
		ct_budget(conn);
		ct_ok(cairn_job_define_if_missing(conn, some, n, ct_err()));
		ct_spent(conn, 1, "define if missing", n);
	}
	cairn_definitions *all = NULL;
	ct_budget(conn);
	ct_ok(cairn_job_definition_list(conn, NULL, &all, ct_err()));
	ct_spent(conn, 1, "list of definitions", MOST);
	ct_later(all);
}

/* ---- nothing to do -------------------------------------------------------------------------- */

static void nothing_costs_nothing(void)
{
	cairn_conn *conn = ct_open();
	const cairn_str no_types[1] = { { NULL, 0 } };
	cairn_claim_opts opts = ct_claim_opts("w", 10);
	cairn_jobs *jobs = NULL;
	ct_enqueue(conn, "t");
	opts.types = no_types;
	opts.type_count = 0;
	ct_budget(conn);
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_spent(conn, 0, "claim of no type", 0);
	ct_int(jobs->count, 0);
	ct_later(jobs);
	ct_ok(cairn_job_enqueue(conn, NULL, 0, NULL, ct_err()));
	ct_spent(conn, 0, "enqueue of nothing", 0);
	ct_ok(cairn_job_heartbeat(conn, NULL, 0, 0, NULL, ct_err()));
	ct_spent(conn, 0, "heartbeat of nothing", 0);
	ct_ok(cairn_job_finish(conn, NULL, 0, NULL, ct_err()));
	ct_spent(conn, 0, "finish of nothing", 0);
	ct_ok(cairn_job_cancel(conn, cairn_any(), NULL, 0, none, NULL, ct_err()));
	ct_spent(conn, 0, "cancel of nothing", 0);
	ct_ok(cairn_job_define(conn, NULL, 0, ct_err()));
	ct_spent(conn, 0, "define of nothing", 0);
}

static void refusals_cost_nothing(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new job = ct_new("t");
	cairn_claim_opts opts = ct_claim_opts("", 1);
	cairn_jobs *jobs = NULL;
	cairn_scope nowhere = { .kind = CAIRN_SCOPE_NONE };
	cairn_id id = ct_enqueue(conn, "t");
	ct_budget(conn);
	job.payload = CAIRN_STR("nonsense");
	ct_status(cairn_job_enqueue(conn, &job, 1, NULL, ct_err()), CAIRN_INVALID, "json.invalid");
	ct_status(cairn_job_claim(conn, &opts, &jobs, ct_err()), CAIRN_INVALID, "arg.invalid_name");
	ct_status(cairn_job_get(conn, nowhere, id, &jobs, ct_err()), CAIRN_INVALID,
		  "arg.invalid_scope");
	ct_status(cairn_job_cancel(conn, nowhere, &id, 1, none, NULL, ct_err()), CAIRN_INVALID,
		  "arg.invalid_scope");
	ct_spent(conn, 0, "refused calls", 0);
	cairn_free(jobs);
}

/* Inside the caller's transaction each call is one round trip, too. */
static void in_a_transaction(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_lease leases[MOST];
	cairn_changed each[MOST];
	ct_define(conn, "t");
	for (int i = 0; i < ROUNDS; i++) {
		ct_budget(conn);
		ct_ok(cairn_begin(conn, &tx, ct_err()));
		ct_spent(conn, 1, "begin", 1);
		ct_budget(conn);
		add_many(conn, MOST);
		ct_spent(conn, 1, "enqueue in a transaction", MOST);
		ct_budget(conn);
		const cairn_jobs *jobs = ct_claim_n(conn, "w", MOST);
		ct_spent(conn, 1, "claim in a transaction", MOST);
		for (size_t j = 0; j < MOST; j++)
			leases[j] = cairn_job_lease(&jobs->at[j]);
		ct_budget(conn);
		ct_ok(cairn_job_heartbeat(conn, leases, MOST, 0, each, ct_err()));
		ct_spent(conn, 1, "heartbeat in a transaction", MOST);
		ct_budget(conn);
		ct_ok(cairn_commit(&tx, ct_err()));
		ct_spent(conn, 1, "commit", 1);
	}
}

#define BUDGET .kind = CT_BUDGET, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.budget.enqueue_of_n_is_one_round_trip",
	  BUDGET,
	  .rule = "Enqueuing 1, 7 or 100 jobs is one round trip.",
	  .run = enqueue },
	{ .name = "jobs.budget.keyed_enqueue_of_n_is_one_round_trip",
	  BUDGET,
	  .rule = "Keyed or repeated, enqueuing n jobs is one round trip.",
	  .run = keyed_enqueue },
	{ .name = "jobs.budget.claim_of_n_is_one_round_trip",
	  BUDGET,
	  .rule = "Claiming n jobs, or finding none, is one round trip.",
	  .run = claim },
	{ .name = "jobs.budget.claims_in_a_row",
	  BUDGET,
	  .rule = "Each claim that gets jobs is one round trip; the first one that gets nothing "
		  "behind several of those is two at most, and all others are one.",
	  .run = claims_in_a_row },
	{ .name = "jobs.budget.claim_of_parked_jobs_is_one_round_trip",
	  BUDGET,
	  .rule = "Promoting what has become due belongs to the claim's own round trip.",
	  .run = claim_of_parked_jobs },
	{ .name = "jobs.budget.heartbeat_of_n_is_one_round_trip",
	  BUDGET,
	  .rule = "Extending n leases is one round trip.",
	  .run = heartbeat },
	{ .name = "jobs.budget.finish_of_n_is_one_round_trip",
	  BUDGET,
	  .rule = "Ending n attempts, mixed, is one round trip.",
	  .run = finish },
	{ .name = "jobs.budget.finish_and_claim_is_one_round_trip",
	  BUDGET,
	  .rule = "Ending n attempts and claiming the next n is one round trip.",
	  .run = finish_and_claim },
	{ .name = "jobs.budget.cancel_of_n_is_one_round_trip",
	  BUDGET,
	  .rule = "Canceling n jobs is one round trip.",
	  .run = cancel },
	{ .name = "jobs.budget.reap_of_n_is_one_round_trip",
	  BUDGET,
	  .rule = "A reaper's pass over n leases, or over none, is one round trip.",
	  .run = reap },
	{ .name = "jobs.budget.each_read_is_one_round_trip",
	  BUDGET,
	  .rule = "Get, list, attempts, events and dead letters are one round trip each.",
	  .run = reads },
	{ .name = "jobs.budget.define_of_n_is_one_round_trip",
	  BUDGET,
	  .rule = "Defining n types is one round trip, and so is listing them.",
	  .run = definitions },
	{ .name = "jobs.budget.nothing_to_do_costs_nothing",
	  BUDGET,
	  .rule = "Empty batches and a claim of no type do not touch the database.",
	  .covers = "runledger K04",
	  .run = nothing_costs_nothing },
	{ .name = "jobs.budget.refused_arguments_cost_nothing",
	  BUDGET,
	  .rule = "What the core refuses never reaches the database.",
	  .run = refusals_cost_nothing },
	{ .name = "jobs.budget.holds_inside_a_transaction",
	  BUDGET,
	  .rule = "Begin, commit and each call between them are one round trip each.",
	  .run = in_a_transaction },
};

CT_GROUP(budget, cases);
