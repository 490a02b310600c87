/*
 * queues.c - what stands in each queue, and queues that are paused.
 */
#include "ct.h"

/* ---- what is counted ------------------------------------------------------------ */

static const cairn_queues *listed(cairn_conn *conn)
{
	const cairn_queues *queues = ct_queues(conn);
	ct_int(queues->now, ct_now());
	return queues;
}

/* The only queue there is. */
static const cairn_queue *queue(cairn_conn *conn)
{
	const cairn_queues *queues = listed(conn);
	ct_int(queues->count, 1);
	return &queues->at[0];
}

static void counts(const cairn_queue *got, const int64_t want[7])
{
	ct_int(got->due, want[0]);
	ct_int(got->pending, want[0] + want[1]);
	ct_int(got->parked, want[1]);
	ct_int(got->leased, want[2]);
	ct_int(got->expired, want[3]);
	ct_int(got->succeeded, want[4]);
	ct_int(got->dead_lettered, want[5]);
	ct_int(got->canceled, want[6]);
}

static void counts_each_status(void)
{
	cairn_conn *conn = ct_open();
	for (size_t i = 0; i < 15; i++) {
		static const enum cairn_job_status made[] = { CAIRN_JOB_PENDING, CAIRN_JOB_LEASED,
							      CAIRN_JOB_SUCCEEDED,
							      CAIRN_JOB_DEAD_LETTERED,
							      CAIRN_JOB_CANCELED };
		/* one waiting, two leased, three succeeded, four dead, five canceled */
		size_t status = i < 1 ? 0 : i < 3 ? 1 : i < 6 ? 2 : i < 10 ? 3 : 4;
		ct_make(conn, "t", made[status]);
	}
	const int64_t want[] = { 1, 0, 2, 0, 3, 4, 5 };
	counts(queue(conn), want);
	ct_str(queue(conn)->name, "ct-make");
}

static void due_and_parked(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_time start = ct_now();
	const cairn_time when[] = { start + 2, start - CAIRN_DAY, start + 1, start };
	for (size_t i = 0; i < 4; i++) {
		cairn_job_new job = ct_new("t");
		job.run_at = when[i];
		ct_add(conn, &job);
	}
	const int64_t first[] = { 2, 2, 0, 0, 0, 0, 0 };
	counts(queue(conn), first);
	ct_int(queue(conn)->oldest_due, start - CAIRN_DAY);
	/* due is due, though no claim has looked yet */
	ct_advance(1);
	const int64_t second[] = { 3, 1, 0, 0, 0, 0, 0 };
	counts(queue(conn), second);
	ct_claim(conn, "w");
	ct_advance(1);
	const int64_t third[] = { 3, 0, 1, 0, 0, 0, 0 };
	counts(queue(conn), third);
	ct_int(queue(conn)->oldest_due, start);
}

static void expired_leases(void)
{
	cairn_conn *conn = ct_open();
	ct_enqueue(conn, "t");
	ct_enqueue(conn, "t");
	ct_claim(conn, "w");
	ct_advance(CAIRN_SECOND);
	ct_claim(conn, "w");
	ct_advance(29 * CAIRN_SECOND);
	const int64_t none[] = { 0, 0, 2, 0, 0, 0, 0 };
	counts(queue(conn), none);
	ct_advance(1);
	const int64_t one[] = { 0, 0, 2, 1, 0, 0, 0 };
	counts(queue(conn), one);
	ct_int(queue(conn)->oldest_due, 0);
	ct_advance(CAIRN_HOUR);
	const int64_t both[] = { 0, 0, 2, 2, 0, 0, 0 };
	counts(queue(conn), both);
}

static void queues_by_name(void)
{
	cairn_conn *conn = ct_open();
	static const char *const names[] = { "b", "a", "\xc3\xa9", "B", "b1", "a b" };
	static const char *const sorted[] = { "B", "a", "a b", "b", "b1", "\xc3\xa9" };
	ct_define(conn, "t");
	ct_int(listed(conn)->count, 0);
	for (size_t i = 0; i < 6; i++) {
		cairn_job_new job = ct_new("t");
		job.queue = cairn_str_of(names[i]);
		cairn_id id = ct_add(conn, &job);
		/* a queue where nothing waits any more is still there */
		if (i == 1)
			ct_ok(cairn_job_cancel(conn, cairn_any(), &id, 1, CAIRN_STR("r"), NULL,
					       ct_err()));
	}
	const cairn_queues *queues = listed(conn);
	ct_int(queues->count, 6);
	for (size_t i = 0; i < 6; i++) {
		ct_str(queues->at[i].name, sorted[i]);
		ct_int(queues->at[i].due, i != 1);
		ct_int(queues->at[i].canceled, i == 1);
	}
}

static const cairn_queues *page(cairn_conn *conn, cairn_scope scope, cairn_str after,
				uint32_t limit, uint32_t finished)
{
	cairn_queue_filter filter = { .size = sizeof(filter),
				      .scope = scope,
				      .after = after,
				      .limit = limit,
				      .finished = finished };
	cairn_queues *queues = NULL;
	ct_ok(cairn_queue_list(conn, &filter, &queues, ct_err()));
	ct_later(queues);
	return queues;
}

static cairn_id add_to(cairn_conn *conn, const char *queue, const char *tenant)
{
	cairn_job_new job = ct_new("t");
	job.queue = cairn_str_of(queue);
	if (tenant)
		job.tenant = cairn_str_of(tenant);
	return ct_add(conn, &job);
}

static void in_pages(void)
{
	cairn_conn *conn = ct_open();
	cairn_str none = { NULL, 0 };
	ct_define(conn, "t");
	for (size_t i = 0; i < 5; i++)
		add_to(conn, ct_format("q%zu", i), NULL);
	ct_pause(conn, "q22");
	const cairn_queues *first = page(conn, cairn_any(), none, 3, 0);
	ct_int(first->count, 3);
	ct_str(first->at[2].name, "q2");
	const cairn_queues *rest = page(conn, cairn_any(), first->at[2].name, 3, 0);
	ct_int(rest->count, 3);
	ct_str(rest->at[0].name, "q22");
	ct_str(rest->at[2].name, "q4");
	ct_int(page(conn, cairn_any(), rest->at[2].name, 3, 0)->count, 0);
}

static void in_scope(void)
{
	cairn_conn *conn = ct_open();
	cairn_str none = { NULL, 0 };
	ct_define(conn, "t");
	add_to(conn, "q", NULL);
	add_to(conn, "q", "a");
	add_to(conn, "q", "a");
	add_to(conn, "p", "b");
	ct_pause(conn, "q");
	ct_pause(conn, "unused");
	const cairn_queues *of_a = page(conn, cairn_tenant(CAIRN_STR("a")), none, 0, 0);
	ct_int(of_a->count, 1);
	ct_str(of_a->at[0].name, "q");
	ct_int(of_a->at[0].due, 2);
	ct_int(of_a->at[0].paused, 1);
	ct_int(page(conn, cairn_global(), none, 0, 0)->at[0].due, 1);
	ct_int(page(conn, cairn_tenant(CAIRN_STR("c")), none, 0, 0)->count, 0);
	const cairn_queues *all = page(conn, cairn_any(), none, 0, 0);
	ct_int(all->count, 3);
	ct_int(all->at[1].due, 3);
	ct_str(all->at[2].name, "unused");
	ct_int(all->at[2].pending, 0);
}

static void ended_on_demand(void)
{
	cairn_conn *conn = ct_open();
	cairn_str none = { NULL, 0 };
	ct_define(conn, "t");
	cairn_id id = add_to(conn, "ended", NULL);
	ct_cancel(conn, id);
	ct_int(page(conn, cairn_any(), none, 0, 0)->count, 0);
	ct_int(page(conn, cairn_any(), none, 0, 1)->count, 1);
	cairn_id other = add_to(conn, "ended", NULL);
	const cairn_queues *queues = page(conn, cairn_any(), none, 0, 0);
	ct_int(queues->at[0].due, 1);
	ct_int(queues->at[0].canceled, 0);
	ct_cancel(conn, other);
	ct_int(page(conn, cairn_any(), none, 0, 1)->at[0].canceled, 2);
}

static void one_round_trip(void)
{
	cairn_conn *conn = ct_open();
	cairn_str none = { NULL, 0 };
	cairn_str name = CAIRN_STR("q");
	/* the first use of a statement may cost more */
	for (int i = 0; i < 2; i++) {
		uint64_t before = cairn_conn_round_trips(conn);
		page(conn, cairn_any(), none, 0, 1);
		uint64_t listed_in = cairn_conn_round_trips(conn) - before;
		ct_ok(cairn_queue_pause(conn, &name, 1, NULL, ct_err()));
		ct_ok(cairn_queue_resume(conn, &name, 1, NULL, ct_err()));
		ct_true(listed_in <= 1);
		ct_true(cairn_conn_round_trips(conn) - before - listed_in == 2);
	}
}

static void refuses_bad_arguments(void)
{
	cairn_conn *conn = ct_open();
	cairn_queues *queues = NULL;
	cairn_str names[2] = { CAIRN_STR("q"), CAIRN_STR(" ") };
	cairn_queue_filter filter = { .size = sizeof(filter) };
	ct_status(cairn_queue_list(conn, NULL, &queues, ct_err()), CAIRN_INVALID, "arg.invalid");
	ct_status(cairn_queue_list(conn, &filter, &queues, ct_err()), CAIRN_INVALID,
		  "arg.invalid_scope");
	filter.scope = cairn_any();
	filter.limit = 1001;
	ct_status(cairn_queue_list(conn, &filter, &queues, ct_err()), CAIRN_INVALID,
		  "job.invalid_pagination");
	filter.limit = 0;
	filter.finished = 2;
	ct_status(cairn_queue_list(conn, &filter, &queues, ct_err()), CAIRN_INVALID,
		  "arg.reserved");
	ct_status(cairn_queue_pause(conn, names, 2, NULL, ct_err()), CAIRN_INVALID,
		  "arg.invalid_name");
	ct_int(ct_last()->index, 1);
	ct_status(cairn_queue_pause(conn, NULL, 1, NULL, ct_err()), CAIRN_INVALID, "arg.invalid");
	ct_ok(cairn_queue_pause(conn, NULL, 0, NULL, ct_err()));
	ct_int(ct_queues(conn)->count, 0);
	cairn_free(queues);
}

/* ---- pausing ---------------------------------------------------------------------- */

static void yields_nothing(void)
{
	cairn_conn *conn = ct_open();
	ct_enqueue(conn, "t");
	cairn_job_new job = ct_new("t");
	job.run_at = ct_now() + CAIRN_SECOND;
	ct_add(conn, &job);
	ct_true(ct_pause(conn, "default"));
	ct_claim_none(conn);
	cairn_claim_opts ahead = ct_claim_opts("w", 10);
	ahead.prestart = 1;
	cairn_jobs *jobs = NULL;
	ct_ok(cairn_job_claim(conn, &ahead, &jobs, ct_err()));
	ct_int(jobs->count, 0);
	ct_advance(CAIRN_SECOND);
	ct_claim_none(conn);
	ct_claim_none(ct_open());
	ct_true(ct_resume(conn, "default"));
	ct_ok(cairn_job_claim(conn, &ahead, &jobs, ct_err()));
	ct_later(jobs);
	ct_int(jobs->count, 2);
}

static void finish_and_claim_neither(void)
{
	cairn_conn *conn = ct_open();
	ct_enqueue(conn, "t");
	ct_enqueue(conn, "t");
	cairn_lease lease = ct_claim(conn, "w");
	ct_pause(conn, "default");
	cairn_finish done = ct_success(lease);
	cairn_changed each;
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	cairn_jobs *jobs = NULL;
	ct_ok(cairn_job_finish_and_claim(conn, &done, 1, &each, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_each(each, CAIRN_OK, NULL);
	ct_int(jobs->count, 0);
	ct_int(ct_job(conn, lease.id)->status, CAIRN_JOB_SUCCEEDED);
}

static void what_runs_runs_on(void)
{
	cairn_conn *conn = ct_open();
	ct_define_retry(conn, "t", 3, CAIRN_SECOND);
	for (int i = 0; i < 3; i++)
		ct_enqueue(conn, "u");
	cairn_job_new job = ct_new("t");
	job.priority = 500;
	job.set = CAIRN_JOB_PRIORITY;
	ct_add(conn, &job);
	cairn_lease retried = ct_claim(conn, "w");
	cairn_lease beaten = ct_claim(conn, "w");
	cairn_lease lost = ct_claim(conn, "w");
	ct_pause(conn, "default");
	cairn_changed each;
	ct_ok(cairn_job_heartbeat(conn, &beaten, 1, CAIRN_HOUR, &each, ct_err()));
	ct_each(each, CAIRN_OK, NULL);
	ct_progress(conn, ct_report(beaten, 1, 2));
	ct_finish(conn, ct_failure(retried, CAIRN_FINISH_RETRYABLE, "a.code"));
	ct_int(ct_job(conn, retried.id)->status, CAIRN_JOB_PENDING);
	ct_advance(CAIRN_MINUTE);
	ct_reap(conn, 1);
	ct_int(ct_job(conn, lost.id)->status, CAIRN_JOB_PENDING);
	ct_finish(conn, ct_success(beaten));
	ct_claim_none(conn);
	ct_int(ct_queue(conn, "default")->due, 3);
	ct_resume(conn, "default");
	ct_int(ct_claim_n(conn, "w", 10)->count, 3);
}

static void before_any_job(void)
{
	cairn_conn *conn = ct_open();
	ct_true(ct_pause(conn, "later"));
	ct_close(conn);
	conn = ct_open();
	ct_define(conn, "t");
	add_to(conn, "later", NULL);
	const cairn_queue *later = ct_queue(conn, "later");
	ct_int(later->paused, 1);
	ct_int(later->due, 1);
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	opts.queue = CAIRN_STR("later");
	cairn_jobs *jobs = NULL;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_int(jobs->count, 0);
	ct_resume(conn, "later");
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_int(jobs->count, 1);
}

static void others_go_on(void)
{
	cairn_conn *conn = ct_open();
	ct_enqueue(conn, "t");
	add_to(conn, "default2", NULL);
	add_to(conn, "defaul", NULL);
	ct_pause(conn, "default2");
	ct_pause(conn, "defaul");
	ct_pause(conn, "Default");
	ct_claim(conn, "w");
}

static void says_what_changed(void)
{
	cairn_conn *conn = ct_open();
	const cairn_str names[] = { CAIRN_STR("b"), CAIRN_STR("a"), CAIRN_STR("b"),
				    CAIRN_STR("c") };
	cairn_queue_changed each[4];
	ct_true(ct_pause(conn, "a"));
	cairn_time first = ct_now();
	ct_advance(CAIRN_SECOND);
	ct_ok(cairn_queue_pause(conn, names, 4, each, ct_err()));
	const uint32_t paused[] = { 1, 0, 0, 1 };
	for (size_t i = 0; i < 4; i++)
		ct_int(each[i].changed, paused[i]);
	ct_int(ct_queue(conn, "a")->paused_at, first);
	ct_int(ct_queue(conn, "b")->paused_at, ct_now());
	ct_true(ct_resume(conn, "c"));
	ct_ok(cairn_queue_resume(conn, names, 4, each, ct_err()));
	const uint32_t resumed[] = { 1, 1, 0, 0 };
	for (size_t i = 0; i < 4; i++)
		ct_int(each[i].changed, resumed[i]);
	ct_true(!ct_resume(conn, "a"));
	ct_int(ct_queues(conn)->count, 0);
}

static int ready(cairn_conn *conn, const char *queue)
{
	cairn_str name = cairn_str_of(queue);
	cairn_wait_opts opts = { .size = sizeof(opts),
				 .queues = &name,
				 .queue_count = 1,
				 .timeout = CAIRN_MILLISECOND };
	int is = -1;
	ct_ok(cairn_job_wait(conn, &opts, &is, ct_err()));
	return is;
}

static void is_no_work(void)
{
	cairn_conn *conn = ct_open();
	ct_enqueue(conn, "t");
	cairn_job_new job = ct_new("t");
	job.run_at = ct_now() + 1;
	ct_add(conn, &job);
	ct_int(ready(conn, "default"), 1);
	ct_pause(conn, "default");
	ct_int(ready(conn, "default"), 0);
	ct_advance(1);
	ct_int(ready(conn, "default"), 0);
	ct_resume(conn, "default");
	ct_int(ready(conn, "default"), 1);
}

static void count_statements(void *user, const cairn_trace *event)
{
	*(unsigned *)user += event->kind == CAIRN_TRACE_STATEMENT;
}

static unsigned statements_of_a_wait(cairn_conn *conn, const char *queue, const unsigned *count)
{
	const cairn_str name = cairn_str_of(queue);
	cairn_wait_opts opts = { .size = sizeof(opts),
				 .queues = &name,
				 .queue_count = 1,
				 .timeout = 400 * CAIRN_MILLISECOND };
	int ready = -1;
	unsigned before = *count;
	ct_ok(cairn_job_wait(conn, &opts, &ready, ct_err()));
	ct_int(ready, 0);
	return *count - before;
}

/* A job whose time has come is nothing to hurry for where nobody may claim it. */
static void looks_seldom(void)
{
	unsigned count = 0;
	cairn_conn_opts opts = ct_opts();
	opts.trace = count_statements;
	opts.trace_user = &count;
	cairn_conn *conn = ct_open_with(&opts);
	ct_define(conn, "t");
	/* the first one sets up what it listens with, or hears what was written just before */
	statements_of_a_wait(conn, "default", &count);
	unsigned usual = statements_of_a_wait(conn, "default", &count);
	cairn_job_new job = ct_new("t");
	job.run_at = ct_now() + CAIRN_MINUTE;
	ct_add(conn, &job);
	ct_pause(conn, "default");
	ct_advance(CAIRN_HOUR);
	statements_of_a_wait(conn, "default", &count);
	unsigned paused = statements_of_a_wait(conn, "default", &count);
	/* whatever else writes to this database makes all who wait look */
	unsigned beside = statements_of_a_wait(conn, "empty", &count);
	if (usual < beside)
		usual = beside;
	ct_note("%u statements, %u without a job", paused, usual);
	ct_true(paused <= 2 * usual + 20);
}

static void in_a_transaction(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	ct_enqueue(conn, "t");
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_true(ct_pause(conn, "default"));
	ct_true(!ct_pause(conn, "default"));
	ct_claim_none(conn);
	cairn_rollback(&tx);
	ct_int(ct_queue(conn, "default")->paused, 0);
	ct_claim(conn, "w");
}

#define VERB .kind = CT_VERB, .store = CT_QUEUES

static const ct_case cases[] = {
	{ .name = "queues.list.each_status_has_its_count",
	  VERB,
	  .rule = "Jobs are counted by their status, ended ones as long as they are kept.",
	  .run = counts_each_status },
	{ .name = "queues.list.due_means_due",
	  VERB,
	  .rule = "A waiting job is due from its run_at on and parked before, claimed or "
		  "not; oldest_due is the smallest run_at of the due.",
	  .run = due_and_parked },
	{ .name = "queues.list.expired_means_strictly_before_now",
	  VERB,
	  .rule = "Of the leased those are expired that a reaper would take now.",
	  .covers = "runledger A11",
	  .run = expired_leases },
	{ .name = "queues.list.by_their_bytes",
	  VERB,
	  .rule = "Every queue that has a job is listed, by the bytes of its name.",
	  .run = queues_by_name },
	{ .name = "queues.list.pages_hold_each_once",
	  VERB,
	  .rule = "A page goes on behind a name; paused queues stand among the others.",
	  .run = in_pages },
	{ .name = "queues.list.counts_exactly_the_scope",
	  VERB,
	  .rule = "Queues are counted over the scope's jobs; a queue without any does not appear, "
		  "unless it is paused and the scope is any.",
	  .covers = "runledger SC01, SC02",
	  .run = in_scope },
	{ .name = "queues.list.ended_jobs_only_when_asked_for",
	  VERB,
	  .rule = "Without `finished` ended jobs are neither counted nor make a queue appear.",
	  .run = ended_on_demand },
	{ .name = "queues.calls_are_one_round_trip",
	  .kind = CT_BUDGET,
	  .store = CT_QUEUES,
	  .rule = "Listing, pausing and resuming are one round trip each.",
	  .run = one_round_trip },
	{ .name = "queues.refuse_bad_arguments",
	  VERB,
	  .rule = "Malformed names, scopes and limits are refused before any I/O, by index.",
	  .run = refuses_bad_arguments },
	{ .name = "queues.paused.yields_nothing",
	  VERB,
	  .rule = "A paused queue yields nothing to claims of any kind, until it is resumed.",
	  .run = yields_nothing },
	{ .name = "queues.paused.finish_and_claim_claims_nothing",
	  VERB,
	  .rule = "Finishing goes on in a paused queue, the claim that comes with it gets nothing.",
	  .run = finish_and_claim_neither },
	{ .name = "queues.paused.what_runs_runs_on",
	  VERB,
	  .rule = "Leased jobs of a paused queue are heartbeated, finished, retried and reaped as "
		  "ever, and then wait.",
	  .run = what_runs_runs_on },
	{ .name = "queues.paused.before_any_job_and_across_connections",
	  VERB,
	  .rule = "A queue may be paused before it has a job and stays paused for everybody.",
	  .run = before_any_job },
	{ .name = "queues.paused.names_are_exact",
	  VERB,
	  .rule = "Pausing a queue touches no other one, whatever their names have in common.",
	  .run = others_go_on },
	{ .name = "queues.paused.says_what_changed",
	  VERB,
	  .rule = "Pausing and resuming are idempotent and say of each queue whether it changed; "
		  "paused_at is when it was paused first.",
	  .run = says_what_changed },
	{ .name = "queues.paused.is_no_work_to_wait_for",
	  VERB,
	  .rule = "Waiting does not count the jobs of a paused queue as work.",
	  .covers = "wake-1",
	  .run = is_no_work },
	{ .name = "queues.pause.what_is_due_in_it_is_looked_at_seldom",
	  VERB,
	  .rule = "Waiting for a paused queue in which a job became due takes no more looks than "
		  "waiting for an empty one.",
	  .run = looks_seldom },
	{ .name = "queues.paused.undone_with_the_transaction",
	  VERB,
	  .rule = "Pausing belongs to the caller's transaction.",
	  .run = in_a_transaction },
};
CT_GROUP(queues, cases);
