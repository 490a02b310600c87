/*
 * edges.c - handlers that go to the edges of what the runtime takes: texts of a job that outlive the
 * next claim, waits and options without an end, words that come with the end, a storm of lines while
 * the database is away, forked children that somebody else reaps.
 */
#include "faulty.h"

#include <signal.h>

#include "runs.h"

static const cairn_str none = { NULL, 0 };

/* ---- the job's texts ------------------------------------------------------------------ */

static atomic_int met;
static atomic_int texts_kept;

/* The first one waits for the claim that brings the second. */
static enum cairn_finish_how meet(void *user, cairn_context *context)
{
	const cairn_job *job = cairn_context_job(context);
	bool first = is(job->payload, "{}");
	(void)user;
	atomic_fetch_add(&met, 1);
	for (int i = 0; first && i < 500 && atomic_load(&met) < 2; i++)
		nap(10);
	nap(20);
	if (is(job->resource_key, first ? "first" : "the-second-resource") &&
	    is(job->tenant, first ? "acme" : "somebody else"))
		atomic_fetch_add(&texts_kept, 1);
	return CAIRN_FINISH_SUCCESS;
}

static void keeps_texts(store *one)
{
	struct run run;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_job_new job = { .type = CAIRN_STR("t"),
			      .tenant = CAIRN_STR("acme"),
			      .resource_key = CAIRN_STR("first") };
	atomic_store(&met, 0);
	atomic_store(&texts_kept, 0);
	must(cairn_job_enqueue(one->conn, &job, 1, NULL, &err), &err, "enqueue");
	prepare(&run, one, meet, NULL);
	start(&run);
	soon(&met, 1);
	job.payload = CAIRN_STR("{\"a payload that is longer\": \"than the one before it\"}");
	job.resource_key = CAIRN_STR("the-second-resource");
	job.tenant = CAIRN_STR("somebody else");
	must(cairn_job_enqueue(one->conn, &job, 1, NULL, &err), &err, "enqueue");
	ok(soon(&texts_kept, 2), "%s: a job's texts outlive the next claim", one->name);
	end(&run, CAIRN_STOP_SOFT);
}

/* ---- without an end -------------------------------------------------------------------- */

static _Atomic int why;

static enum cairn_finish_how wait_for_ever(void *user, cairn_context *context)
{
	(void)user;
	atomic_store(&why, (int)cairn_context_wait(context, INT64_MAX));
	cairn_context_error(context, CAIRN_STR("saw.it"), none);
	return CAIRN_FINISH_RETRYABLE;
}

static void waits_for_ever(store *one)
{
	cairn_fork given = { .size = sizeof given, .run = wait_for_ever, .kill_after = INT64_MAX };
	define(one, "ever", 300 * CAIRN_MILLISECOND);
	for (int forked = 0; forked < 2; forked++) {
		struct run run;
		cairn_id id = add(one, "ever", 1);
		atomic_store(&why, 0);
		prepare(&run, one, forked ? cairn_fork_handler : wait_for_ever, &given);
		run.opts.grace = run.opts.drain = run.opts.poll_max = INT64_MAX;
		run.opts.prune_interval = run.opts.schedule_interval = INT64_MAX;
		drain(&run);
		cairn_jobs *jobs = get(one, id);
		ok(is(jobs->at[0].error_code, "saw.it"),
		   "%s, %s: a wait without an end ends at the timeout", one->name,
		   forked ? "forked" : "at home");
		if (!forked)
			is_int(atomic_load(&why), CAIRN_CANCEL_TIMEOUT, "and says so");
		cairn_free(jobs);
	}
}

/* ---- words that come with the end --------------------------------------------------------- */

static enum cairn_finish_how end_badly(void *user, cairn_context *context)
{
	enum cairn_finish_how how = *(enum cairn_finish_how *)user;
	cairn_context_log(context, CAIRN_LOG_INFO, CAIRN_STR("fine"), none);
	cairn_context_log(context, CAIRN_LOG_INFO, CAIRN_STR(" "), none);
	if (how == CAIRN_FINISH_RETRYABLE)
		cairn_context_error(context, CAIRN_STR("my.own"), none);
	return how;
}

static void ends_with_nonsense(store *one)
{
	static enum cairn_finish_how hows[] = { CAIRN_FINISH_SUCCESS, CAIRN_FINISH_RETRYABLE,
						CAIRN_FINISH_CONTINUE };
	for (size_t i = 0; i < sizeof hows / sizeof hows[0]; i++) {
		struct run run;
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_log_rows *lines = NULL;
		cairn_id id = add(one, "t", 1);
		prepare(&run, one, end_badly, &hows[i]);
		drain(&run);
		cairn_jobs *jobs = get(one, id);
		is_int(jobs->at[0].status, CAIRN_JOB_DEAD_LETTERED,
		       "a malformed line makes the attempt TERMINAL, also as its last word");
		ok(jobs->at[0].error_code.len > 0 && !is(jobs->at[0].error_code, "my.own"),
		   "%s: with the store's code", one->name);
		must(cairn_job_logs(one->conn, cairn_any(), id, 0, 0, &lines, &err), &err, "logs");
		is_int(lines->count, 1, "the other line is there");
		cairn_free(lines);
		cairn_free(jobs);
	}
}

/* ---- a storm of lines ------------------------------------------------------------------------ */

/* While every turn fails, and beyond the timeout; then the database is back. */
static enum cairn_finish_how storm(void *user, cairn_context *context)
{
	(void)user;
	atomic_store(&faulty.kind, FAULT_UNAVAILABLE);
	atomic_store(&faulty.change_pause, 50 * 1000);
	atomic_store(&faulty.fail_for, 1 << 30);
	atomic_store(&faulty.fail_at, 1);
	for (int i = 0; i < 3000; i++) {
		cairn_context_log(context, CAIRN_LOG_DEBUG, CAIRN_STR("line"), none);
		wait_for(i % 4 == 0 ? 1000 : 0);
	}
	fail_never();
	return CAIRN_FINISH_SUCCESS;
}

static void storms(store *one)
{
	struct run run;
	store wrapping = *one;
	wrapping.driver = wrapped(one->driver);
	fail_never();
	define(one, "storm", 300 * CAIRN_MILLISECOND);
	cairn_id id = add(one, "storm", 1);
	prepare(&run, &wrapping, storm, NULL);
	run.opts.grace = CAIRN_MINUTE;
	run.opts.reap_interval = -1;
	start(&run);
	for (int i = 0; i < 1000; i++) {
		cairn_jobs *jobs = get(one, id);
		bool over = jobs->at[0].status == CAIRN_JOB_PENDING && jobs->at[0].attempt > 0;
		cairn_free(jobs);
		if (over)
			break;
		nap(10);
	}
	cairn_jobs *jobs = get(one, id);
	ok(is(jobs->at[0].error_code, "handler.timeout"),
	   "%s: after a storm of lines without a database the end is recorded", one->name);
	cairn_free(jobs);
	cairn_worker_counts counts = end(&run, CAIRN_STOP_HARD);
	is_int(run.status, CAIRN_OK, "and the worker can be stopped");
	is_int(counts.unsaid, 0, "with nothing left to say");
}

/* ---- a dispatcher that hangs --------------------------------------------------------------- */

static atomic_int let_go;
static atomic_int flushes;

/* The first one ends, and whoever takes its end hangs; the second one says something then. */
static enum cairn_finish_how flush_meanwhile(void *user, cairn_context *context)
{
	(void)user;
	if (is(cairn_context_job(context)->payload, "{}")) {
		for (int i = 0; i < 500 && atomic_load(&met) < 1; i++)
			nap(10);
		atomic_store(&faulty.hold, 1);
		return CAIRN_FINISH_SUCCESS;
	}
	atomic_store(&met, 1);
	for (int i = 0; i < 500 && atomic_load(&faulty.hold) != 2; i++)
		nap(10);
	nap(20);
	cairn_context_progress(context, 1, 2);
	atomic_fetch_add(&flushes, cairn_context_flush(context) == CAIRN_OK);
	for (int i = 0; i < 500 && !atomic_load(&let_go); i++)
		nap(10);
	return CAIRN_FINISH_SUCCESS;
}

/* Which of the two hangs is chance, so it is tried more than once. */
static void helps_out(store *one)
{
	struct run run;
	store wrapping = *one;
	wrapping.driver = wrapped(one->driver);
	for (int i = 0; i < 6; i++) {
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_job_new second = { .type = CAIRN_STR("t"), .payload = CAIRN_STR("[]") };
		fail_never();
		atomic_store(&met, 0);
		atomic_store(&let_go, 0);
		atomic_store(&flushes, 0);
		add(one, "t", 1);
		must(cairn_job_enqueue(one->conn, &second, 1, NULL, &err), &err, "enqueue");
		prepare(&run, &wrapping, flush_meanwhile, NULL);
		run.opts.concurrency = run.opts.dispatchers = 2;
		run.opts.poll_min = run.opts.poll_max = CAIRN_MINUTE;
		run.opts.flags = CAIRN_WORKER_POLL_ONLY;
		run.opts.lease = CAIRN_MINUTE;
		run.opts.schedule_interval = run.opts.promote_interval = -1;
		start(&run);
		bool flushed = soon(&flushes, 1);
		atomic_store(&faulty.hold, 0);
		atomic_store(&let_go, 1);
		end(&run, CAIRN_STOP_SOFT);
		if (!ok(flushed, "%s: while one dispatcher hangs another sends", one->name))
			return;
	}
}

/* ---- a child that never stops talking ---------------------------------------------------- */

static enum cairn_finish_how babble(void *user, cairn_context *context)
{
	static char words[200 * 1000];
	(void)user;
	memset(words, '1', sizeof words);
	while (cairn_context_job(context) != NULL)
		cairn_context_checkpoint(context, (cairn_str){ words, sizeof words });
	return CAIRN_FINISH_SUCCESS;
}

static void silences(store *one)
{
	struct run run;
	cairn_fork given = { .size = sizeof given,
			     .run = babble,
			     .kill_after = 100 * CAIRN_MILLISECOND };
	define(one, "babble", 300 * CAIRN_MILLISECOND);
	cairn_id id = add(one, "babble", 1);
	prepare(&run, one, cairn_fork_handler, &given);
	run.opts.grace = CAIRN_MINUTE;
	drain(&run);
	cairn_jobs *jobs = get(one, id);
	ok(is(jobs->at[0].error_code, "fork.timeout"),
	   "%s: a child that talks without a pause is killed in time", one->name);
	cairn_free(jobs);
}

/* ---- somebody else reaps ------------------------------------------------------------------- */

static enum cairn_finish_how leave(void *user, cairn_context *context)
{
	(void)user;
	if (is(cairn_context_job(context)->payload, "{}"))
		return CAIRN_FINISH_SUCCESS;
	_exit(3);
}

static void loses_children(store *one)
{
	struct run run;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_job_new job = { .type = CAIRN_STR("child"), .payload = CAIRN_STR("[]") };
	cairn_job_added added;
	cairn_fork given = { .size = sizeof given, .run = leave };
	define(one, "child", 0);
	cairn_id fine = add(one, "child", 1);
	must(cairn_job_enqueue(one->conn, &job, 1, &added, &err), &err, "enqueue");
	signal(SIGCHLD, SIG_IGN);
	prepare(&run, one, cairn_fork_handler, &given);
	drain(&run);
	signal(SIGCHLD, SIG_DFL);
	cairn_jobs *jobs = get(one, fine);
	is_int(jobs->at[0].status, CAIRN_JOB_SUCCEEDED, "a child that answered needs no reaping");
	cairn_free(jobs);
	jobs = get(one, added.id);
	is_int(jobs->at[0].status, CAIRN_JOB_PENDING, "one that did not is tried again");
	ok(is(jobs->at[0].error_code, "fork.lost"), "%s: its end is unknown", one->name);
	cairn_free(jobs);
}

static void on_store(store *one)
{
	keeps_texts(one);
	waits_for_ever(one);
	ends_with_nonsense(one);
	storms(one);
	helps_out(one);
	silences(one);
	loses_children(one);
}

int main(void)
{
	alarm(120); /* a worker that goes wrong may never stop */
	each_store("t", on_store);
	return tap_done();
}
