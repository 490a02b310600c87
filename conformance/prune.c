/*
 * prune.c - deleting jobs that ended long enough ago, with all that belongs to them; and what
 * is never deleted. (against other writers: race_verbs.c)
 */
#include "ct.h"

static const cairn_str none = { NULL, 0 };

static cairn_prune_opts older_than(cairn_usec age)
{
	return (cairn_prune_opts){ .size = sizeof(cairn_prune_opts),
				   .scope = cairn_any(),
				   .age = age };
}

static size_t prune(cairn_conn *conn, cairn_prune_opts opts)
{
	size_t pruned = 77;
	ct_ok(cairn_job_prune(conn, &opts, &pruned, ct_err()));
	return pruned;
}

static uint32_t bit(enum cairn_job_status status)
{
	return 1u << (unsigned)status;
}

static const uint32_t ended =
	1u << CAIRN_JOB_SUCCEEDED | 1u << CAIRN_JOB_DEAD_LETTERED | 1u << CAIRN_JOB_CANCELED;

/* A job with everything that can belong to one. */
static cairn_id with_everything(cairn_conn *conn)
{
	cairn_job_new job = ct_new("t");
	ct_define_retry(conn, "t", 2, CAIRN_SECOND);
	job.key = CAIRN_STR("k");
	cairn_id id = ct_add(conn, &job);
	cairn_lease lease = ct_claim(conn, "w");
	ct_told(ct_say(conn, lease, "said"), CAIRN_OK, NULL);
	ct_progress(conn, ct_stage(lease, "running"));
	ct_finish(conn, ct_failure(lease, CAIRN_FINISH_TERMINAL, "x"));
	ct_told(ct_requeue(conn, ct_seen(conn, id)), CAIRN_OK, NULL);
	ct_finish(conn, ct_success(ct_claim(conn, "w")));
	ct_ok(cairn_job_note(conn, cairn_any(), id, CAIRN_LOG_INFO, CAIRN_STR("done"), none,
			     ct_err()));
	return id;
}

static void all_that_belongs_to_it(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = with_everything(conn);
	ct_advance(CAIRN_HOUR);
	ct_int(prune(conn, older_than(CAIRN_MINUTE)), 1);
	ct_gone(conn, id);
	ct_int(ct_count_jobs(conn, 0), 0);
	ct_int(prune(conn, older_than(CAIRN_MINUTE)), 0);
	/* the key is forgotten: even another request may have it */
	cairn_job_new job = ct_new("t");
	job.key = CAIRN_STR("k");
	job.payload = CAIRN_STR("[\"other\"]");
	cairn_id other = ct_add(conn, &job);
	ct_text(ct_timeline(conn, other), "ENQUEUED");
	ct_int(ct_logs(conn, other)->count, 0);
}

static void others_stay_whole(void)
{
	cairn_conn *conn = ct_open();
	cairn_id old = with_everything(conn);
	ct_advance(CAIRN_HOUR);
	ct_made kept = ct_make(conn, "t", CAIRN_JOB_DEAD_LETTERED);
	ct_ok(cairn_job_note(conn, cairn_any(), kept.id, CAIRN_LOG_INFO, CAIRN_STR("x"), none,
			     ct_err()));
	const char *before = ct_snapshot(conn, kept.id);
	cairn_prune_opts opts = older_than(CAIRN_MINUTE);
	opts.statuses = ended;
	ct_int(prune(conn, opts), 1);
	ct_gone(conn, old);
	ct_unchanged(conn, kept.id, before);
}

static void old_enough(void)
{
	cairn_conn *conn = ct_open();
	ct_made made = ct_make(conn, "t", CAIRN_JOB_SUCCEEDED);
	ct_advance(CAIRN_MINUTE - 1);
	ct_int(prune(conn, older_than(CAIRN_MINUTE)), 0);
	ct_job(conn, made.id);
	ct_advance(1);
	ct_int(prune(conn, older_than(CAIRN_MINUTE)), 1);
	ct_gone(conn, made.id);
}

static void the_types_retention(void)
{
	cairn_conn *conn = ct_open();
	ct_make(conn, "t", CAIRN_JOB_SUCCEEDED);
	ct_make(conn, "t", CAIRN_JOB_DEAD_LETTERED);
	ct_advance(7 * CAIRN_DAY - 1);
	ct_int(prune(conn, older_than(0)), 0);
	ct_advance(1);
	ct_int(prune(conn, older_than(0)), 1);
	ct_int(ct_count_jobs(conn, bit(CAIRN_JOB_DEAD_LETTERED)), 1);
	ct_advance(365 * CAIRN_DAY);
	ct_int(prune(conn, older_than(0)), 0);
}

static void never_what_lives(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[6];
	size_t n = 0;
	for (int i = CAIRN_JOB_PENDING; i <= CAIRN_JOB_CANCELED; i++)
		ids[n++] = ct_make(conn, "t", (enum cairn_job_status)i).id;
	/* ended once, and back again */
	ct_made again = ct_make(conn, "t", CAIRN_JOB_DEAD_LETTERED);
	ct_told(ct_requeue(conn, ct_seen(conn, again.id)), CAIRN_OK, NULL);
	ids[n] = again.id;
	ct_advance(CAIRN_DAY);
	cairn_prune_opts opts = older_than(CAIRN_HOUR);
	opts.statuses = ended;
	ct_int(prune(conn, opts), 3);
	ct_int(ct_job(conn, ids[0])->status, CAIRN_JOB_PENDING);
	ct_int(ct_job(conn, ids[1])->status, CAIRN_JOB_LEASED);
	ct_int(ct_job(conn, ids[5])->status, CAIRN_JOB_PENDING);
	ct_int(ct_count_jobs(conn, 0), 3);
}

static void each_status_for_itself(void)
{
	cairn_conn *conn = ct_open();
	for (int i = CAIRN_JOB_SUCCEEDED; i <= CAIRN_JOB_CANCELED; i++)
		ct_make(conn, "t", (enum cairn_job_status)i);
	ct_advance(CAIRN_HOUR);
	for (int i = CAIRN_JOB_SUCCEEDED; i <= CAIRN_JOB_CANCELED; i++) {
		cairn_prune_opts opts = older_than(CAIRN_MINUTE);
		opts.statuses = bit((enum cairn_job_status)i);
		ct_int(prune(conn, opts), 1);
		ct_int(ct_count_jobs(conn, opts.statuses), 0);
		ct_int(ct_count_jobs(conn, 0), CAIRN_JOB_CANCELED - i);
	}
}

static void until_its_lease_is_over(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new job = ct_new("t");
	ct_define(conn, "t");
	cairn_id id = ct_add(conn, &job);
	cairn_claim_opts claim = ct_claim_opts("w", 1);
	cairn_jobs *jobs = NULL;
	claim.lease = CAIRN_HOUR;
	ct_ok(cairn_job_claim(conn, &claim, &jobs, ct_err()));
	ct_later(jobs);
	cairn_time over = ct_now() + CAIRN_HOUR;
	ct_cancel(conn, id);
	cairn_prune_opts opts = older_than(CAIRN_MINUTE);
	opts.statuses = ended;
	ct_set_now(over - 1);
	ct_int(prune(conn, opts), 0);
	ct_refused(conn, cairn_job_lease(&jobs->at[0]), CAIRN_STALE, "job.canceled");
	ct_set_now(over);
	ct_int(prune(conn, opts), 1);
	ct_refused(conn, cairn_job_lease(&jobs->at[0]), CAIRN_NOT_FOUND, "job.not_found");
}

static void oldest_end_first(void)
{
	cairn_conn *conn = ct_open();
	ct_made made[5];
	/* enqueued in one order, ended in the other */
	for (int i = 0; i < 5; i++)
		made[i] = ct_make(conn, "t", CAIRN_JOB_LEASED);
	for (int i = 4; i >= 0; i--) {
		ct_finish(conn, ct_success(made[i].lease));
		ct_advance(CAIRN_SECOND);
	}
	ct_advance(CAIRN_HOUR);
	cairn_prune_opts opts = older_than(CAIRN_MINUTE);
	opts.limit = 2;
	ct_int(prune(conn, opts), 2);
	ct_gone(conn, made[4].id);
	ct_gone(conn, made[3].id);
	ct_int(ct_count_jobs(conn, 0), 3);
	ct_int(prune(conn, opts), 2);
	ct_job(conn, made[0].id);
	ct_int(prune(conn, opts), 1);
	ct_int(prune(conn, opts), 0);
}

static cairn_id done_of(cairn_conn *conn, const char *type, const char *queue, const char *tenant)
{
	cairn_job_new job = ct_new(type);
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	cairn_jobs *jobs = NULL;
	ct_define(conn, type);
	job.queue = cairn_str_of(queue);
	job.tenant = cairn_str_of(tenant);
	cairn_id id = ct_add(conn, &job);
	opts.queue = job.queue;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_int(jobs->count, 1);
	ct_finish(conn, ct_success(cairn_job_lease(&jobs->at[0])));
	return id;
}

static void only_what_fits(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[] = { done_of(conn, "a", "p", NULL), done_of(conn, "b", "p", NULL),
			   done_of(conn, "a", "q", NULL), done_of(conn, "a", "p", "acme") };
	ct_advance(CAIRN_HOUR);
	cairn_prune_opts opts = older_than(CAIRN_MINUTE);
	opts.scope = cairn_tenant(CAIRN_STR("other"));
	ct_int(prune(conn, opts), 0);
	opts.scope = cairn_global();
	opts.type = CAIRN_STR("a");
	opts.queue = CAIRN_STR("p");
	ct_int(prune(conn, opts), 1);
	ct_gone(conn, ids[0]);
	ct_int(ct_count_jobs(conn, 0), 3);
	opts.scope = cairn_tenant(CAIRN_STR("acme"));
	ct_int(prune(conn, opts), 1);
	ct_gone(conn, ids[3]);
	opts = older_than(CAIRN_MINUTE);
	opts.queue = CAIRN_STR("q");
	ct_int(prune(conn, opts), 1);
	ct_gone(conn, ids[2]);
	ct_job(conn, ids[1]);
}

/* Of the type that comes first by name the younger ones, and in front of all what is kept. */
static void oldest_end_of_all_types(void)
{
	static const char *const types[] = { "kept", "b", "c", "b", "a", "c", "a" };
	cairn_conn *conn = ct_open();
	cairn_definition kept = { .type = CAIRN_STR("kept"), .retention = CAIRN_RETAIN_FOREVER };
	cairn_id ids[7];
	for (int i = 0; i < 7; i++) {
		ids[i] = done_of(conn, types[i], "q", NULL);
		ct_advance(CAIRN_SECOND);
	}
	ct_ok(cairn_job_define(conn, &kept, 1, ct_err()));
	ct_advance(7 * CAIRN_DAY);
	cairn_prune_opts opts = older_than(0);
	opts.limit = 2;
	for (int i = 1; i < 7; i += 2) {
		ct_int(prune(conn, opts), 2);
		ct_gone(conn, ids[i]);
		ct_gone(conn, ids[i + 1]);
		ct_int(ct_count_jobs(conn, 0), 6 - i);
	}
	ct_int(prune(conn, opts), 0);
	opts.age = CAIRN_DAY;
	ct_int(prune(conn, opts), 1);
	ct_gone(conn, ids[0]);
}

/* Somebody is about to delete the oldest: who comes then takes the next ones, and does not wait. */
static void passes_over_what_others_hold(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	cairn_id ids[5];
	for (int i = 0; i < 5; i++) {
		ids[i] = done_of(conn, i % 2 ? "a" : "b", "q", NULL);
		ct_advance(CAIRN_SECOND);
	}
	ct_advance(7 * CAIRN_DAY);
	cairn_prune_opts opts = older_than(0);
	opts.limit = 2;
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_int(prune(conn, opts), 2);
	ct_int(prune(other, opts), 2);
	ct_gone(other, ids[2]);
	ct_gone(other, ids[3]);
	ct_int(prune(other, opts), 1);
	cairn_rollback(&tx);
	ct_int(ct_count_jobs(conn, 0), 2);
	ct_job(conn, ids[0]);
	ct_job(conn, ids[1]);
}

static void malformed_options(void)
{
	cairn_conn *conn = ct_open();
	cairn_prune_opts wrong[8];
	size_t pruned = 0;
	ct_make(conn, "t", CAIRN_JOB_SUCCEEDED);
	ct_make(conn, "t", CAIRN_JOB_PENDING);
	ct_advance(30 * CAIRN_DAY);
	for (size_t i = 0; i < 8; i++)
		wrong[i] = older_than(CAIRN_MINUTE);
	wrong[0].scope.kind = CAIRN_SCOPE_NONE;
	wrong[1].statuses = bit(CAIRN_JOB_PENDING);
	wrong[2].statuses = ended | bit(CAIRN_JOB_LEASED);
	wrong[3].statuses = 1u << 9;
	wrong[4].age = -1;
	wrong[5].age = INT64_MAX;
	wrong[6].type = CAIRN_STR(" ");
	wrong[7].age = 0;
	wrong[7].statuses = bit(CAIRN_JOB_DEAD_LETTERED);
	for (size_t i = 0; i < 8; i++)
		ct_status(cairn_job_prune(conn, &wrong[i], &pruned, ct_err()), CAIRN_INVALID, NULL);
	cairn_prune_opts many = older_than(CAIRN_MINUTE);
	many.limit = 10001;
	ct_status(cairn_job_prune(conn, &many, &pruned, ct_err()), CAIRN_TOO_LARGE,
		  "limit.exceeded");
	ct_status(cairn_job_prune(conn, NULL, &pruned, ct_err()), CAIRN_INVALID, NULL);
	ct_int(ct_count_jobs(conn, 0), 2);
}

static void commits_and_rolls_back(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = with_everything(conn);
	ct_advance(CAIRN_HOUR);
	const char *before = ct_snapshot(conn, id);
	cairn_job_new job = ct_new("t");
	cairn_job_added added;
	job.key = CAIRN_STR("k");
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_int(prune(conn, older_than(CAIRN_MINUTE)), 1);
	ct_gone(conn, id);
	cairn_id fresh = ct_add(conn, &job);
	cairn_rollback(&tx);
	ct_gone(conn, fresh);
	ct_unchanged(conn, id, before);
	ct_ok(cairn_job_enqueue(conn, &job, 1, &added, ct_err()));
	ct_id(added.id, id);
}

static void a_page_goes_on(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[4];
	for (int i = 0; i < 4; i++)
		ids[i] = ct_make(conn, "t", CAIRN_JOB_SUCCEEDED).id;
	cairn_job_filter filter = { .size = sizeof(filter), .scope = cairn_any(), .limit = 2 };
	cairn_jobs *jobs = NULL;
	ct_ok(cairn_job_list(conn, &filter, &jobs, ct_err()));
	ct_id(jobs->at[1].id, ids[2]);
	filter.after = ids[2];
	ct_advance(CAIRN_HOUR);
	cairn_prune_opts opts = older_than(CAIRN_MINUTE);
	opts.limit = 3;
	/* all ended in the same moment: whichever three go, the cursor stays good */
	ct_int(prune(conn, opts), 3);
	ct_ok(cairn_job_list(conn, &filter, &jobs, ct_err()));
	size_t behind = jobs->count;
	filter.after = (cairn_id){ { 0 } };
	ct_ok(cairn_job_list(conn, &filter, &jobs, ct_err()));
	ct_int(jobs->count, 1);
	ct_int(behind, cairn_id_compare(jobs->at[0].id, ids[2]) < 0);
	cairn_free(jobs);
}

#define VERB .kind = CT_VERB, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.prune.deletes_all_that_belongs_to_a_job",
	  VERB,
	  .rule = "A pruned job goes with attempts, events, logs, dead letter and key: nothing can "
		  "be read of it, and its key is free.",
	  .run = all_that_belongs_to_it },
	{ .name = "jobs.prune.leaves_others_whole",
	  VERB,
	  .rule = "What stays keeps everything that belongs to it.",
	  .run = others_stay_whole },
	{ .name = "jobs.prune.not_before_its_age",
	  VERB,
	  .rule = "A job goes when its end is that long ago, to the microsecond.",
	  .run = old_enough },
	{ .name = "jobs.prune.a_week_where_nothing_is_said",
	  VERB,
	  .rule = "Without an age successes stay for their type's retention, seven days by "
		  "default, and nothing else goes.",
	  .run = the_types_retention },
	{ .name = "jobs.prune.never_what_is_alive",
	  VERB,
	  .rule = "Pending and leased jobs stay however old they are, also those that had ended "
		  "and came back.",
	  .run = never_what_lives },
	{ .name = "jobs.prune.each_status_for_itself",
	  VERB,
	  .rule = "Only the statuses that were asked for are deleted.",
	  .run = each_status_for_itself },
	{ .name = "jobs.prune.not_while_a_canceled_lease_runs",
	  VERB,
	  .rule = "A job canceled while leased stays until that lease is over, to the "
		  "microsecond.",
	  .run = until_its_lease_is_over },
	{ .name = "jobs.prune.oldest_end_first_and_at_most_so_many",
	  VERB,
	  .rule = "One call deletes at most limit jobs, those that ended first.",
	  .run = oldest_end_first },
	{ .name = "jobs.prune.the_oldest_end_of_all_types_first",
	  VERB,
	  .rule = "Which types the jobs are of does not change the order, and what one type keeps "
		  "for ever stands in nobody's way.",
	  .run = oldest_end_of_all_types },
	{ .name = "jobs.prune.passes_over_what_others_hold",
	  VERB,
	  .caps = CAIRN_CAP_PARALLEL_CLAIM,
	  .rule = "What somebody else is deleting counts for nobody's limit: the next ones are "
		  "taken.",
	  .run = passes_over_what_others_hold },
	{ .name = "jobs.prune.only_what_fits_the_filter",
	  VERB,
	  .rule = "Scope, queue and type combine; what does not fit stays.",
	  .covers = "runledger SC01",
	  .run = only_what_fits },
	{ .name = "jobs.prune.malformed_options_delete_nothing",
	  VERB,
	  .rule = "Statuses of live jobs, ages out of range, more than 10,000 at once: refused "
		  "before any I/O.",
	  .run = malformed_options },
	{ .name = "jobs.prune.commits_and_rolls_back_with_the_caller",
	  VERB,
	  .rule = "Rolled back, the job is there again with all that belongs to it, and its key "
		  "finds it.",
	  .run = commits_and_rolls_back },
	{ .name = "jobs.prune.does_not_spoil_a_cursor",
	  VERB,
	  .rule = "A page behind a job that was deleted goes on.",
	  .covers = "runledger A06",
	  .run = a_page_goes_on },
};

CT_GROUP(prune, cases);
