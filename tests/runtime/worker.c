/*
 * worker.c - the worker runtime on every store: many threads, jobs ahead, what handlers say, stops,
 * waking, upkeep, forked handlers.
 */
#include <signal.h>

#include <cairn/intent.h>

#include "runs.h"

static const cairn_str none = { NULL, 0 };

/* ---- draining ---------------------------------------------------------------------------- */

static void drains(store *one)
{
	static const struct {
		uint32_t threads, ahead, dispatchers;
	} ways[] = { { 1, 0, 1 }, { 8, 0, 1 }, { 8, 50, 1 }, { 8, 50, 3 }, { 24, 0, 2 } };
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		struct run run;
		atomic_store(&runs, 0);
		add(one, "t", 150);
		prepare(&run, one, succeed, NULL);
		run.opts.concurrency = ways[i].threads;
		run.opts.ahead = ways[i].ahead;
		run.opts.dispatchers = ways[i].dispatchers;
		cairn_worker_counts counts = drain(&run);
		is_int(run.status, CAIRN_OK, "a worker drains the queue");
		is_int(atomic_load(&runs), 150, "each job runs once");
		is_int(counts.finished[CAIRN_FINISH_SUCCESS], 150, "and is recorded");
		is_int(counts.claimed - counts.returned, 150, "nothing else is claimed");
		ok(counts.turns < 150 + 10 || ways[i].threads == 1, "%s: in %d turns", one->name,
		   (int)counts.turns);
		is_int(counts.running + counts.waiting + counts.unsaid, 0, "nothing is left");
	}
}

static enum cairn_finish_how count_marked(void *user, cairn_context *context)
{
	const cairn_usec *length = user;
	if (cairn_context_job(context)->prestart)
		atomic_fetch_add(&runs, 1);
	if (*length > 0)
		cairn_context_wait(context, *length);
	return CAIRN_FINISH_SUCCESS;
}

/* What waits for long is not counted as started before it is; what doesn't saves the mark. */
static int marked(store *one, uint32_t jobs, cairn_usec length)
{
	struct run run;
	atomic_store(&runs, 0);
	add(one, "t", jobs);
	prepare(&run, one, count_marked, &length);
	run.opts.concurrency = 4;
	run.opts.ahead = 50;
	cairn_worker_counts counts = drain(&run);
	is_int(counts.finished[CAIRN_FINISH_SUCCESS], jobs, "all are recorded");
	return atomic_load(&runs);
}

static void marks_what_waits(store *one)
{
	int brief = marked(one, 600, 0);
	int lengthy = marked(one, 40, 20 * CAIRN_MILLISECOND);
	ok(brief < 300, "%s: %d of 600 short ones were marked", one->name, brief);
	ok(lengthy > 20, "%s: %d of 40 longer ones were marked", one->name, lengthy);
}

/* ---- what handlers say --------------------------------------------------------------------- */

static cairn_status flushed[3];

static enum cairn_finish_how talk(void *user, cairn_context *context)
{
	const cairn_job *job = cairn_context_job(context);
	(void)user;
	if (job->run_number == 1) {
		cairn_context_stage(context, CAIRN_STR("running"));
		cairn_context_progress(context, 1, 10);
		cairn_context_log(context, CAIRN_LOG_INFO, CAIRN_STR("one"), CAIRN_STR("{}"));
		cairn_context_log(context, CAIRN_LOG_ERROR, CAIRN_STR("two"), none);
		flushed[0] = cairn_context_flush(context);
		cairn_context_progress(context, 2, -1);
		cairn_context_progress(context, 3, -1);
		cairn_context_checkpoint(context, CAIRN_STR("{\"at\":3}"));
		cairn_context_log(context, CAIRN_LOG_INFO, CAIRN_STR("three"), none);
		return cairn_context_continue(context, 0);
	}
	flushed[1] = is(job->checkpoint, "{\"at\":3}") ? CAIRN_OK : CAIRN_INVALID;
	if (job->fence == 2)
		return cairn_context_snooze(context, 0);
	cairn_context_progress(context, 10, 10);
	cairn_context_log(context, CAIRN_LOG_INFO, CAIRN_STR("last"), none);
	cairn_context_output(context, CAIRN_STR("[1]"));
	return CAIRN_FINISH_SUCCESS;
}

static void says(store *one)
{
	struct run run;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_log_rows *lines = NULL;
	cairn_id id = add(one, "t", 1);
	prepare(&run, one, talk, NULL);
	cairn_worker_counts counts = drain(&run);
	cairn_jobs *jobs = get(one, id);
	is_int(flushed[0], CAIRN_OK, "flush: what was said is there");
	is_int(flushed[1], CAIRN_OK, "the next run has the checkpoint");
	is_int(jobs->at[0].status, CAIRN_JOB_SUCCEEDED, "continued, snoozed, and done");
	is_int(jobs->at[0].fence, 3, "in three attempts");
	is_int(jobs->at[0].progress_done, 10, "the last progress counts");
	ok(is(jobs->at[0].output, "[1]"), "%s: and the output", one->name);
	is_int(counts.finished[CAIRN_FINISH_CONTINUE], 1, "one continuation is counted");
	is_int(counts.finished[CAIRN_FINISH_SNOOZE], 1, "one snooze");
	must(cairn_job_logs(one->conn, cairn_any(), id, 0, 0, &lines, &err), &err, "logs");
	is_int(lines->count, 4, "all lines are there");
	ok(lines->count == 4 && is(lines->at[0].message, "one") &&
		   is(lines->at[2].message, "three") && is(lines->at[3].message, "last"),
	   "%s: in their order", one->name);
	cairn_free(lines);
	cairn_free(jobs);
}

static enum cairn_finish_how talk_nonsense(void *user, cairn_context *context)
{
	const char *what = user;
	if (strcmp(what, "checkpoint") == 0)
		cairn_context_checkpoint(context, CAIRN_STR("nope"));
	else if (strcmp(what, "line") == 0)
		cairn_context_log(context, CAIRN_LOG_INFO, CAIRN_STR(" "), none);
	else if (strcmp(what, "progress") == 0)
		cairn_context_progress(context, 5, 3);
	else
		cairn_context_stage(context, CAIRN_STR("nowhere"));
	flushed[0] = cairn_context_flush(context);
	flushed[1] = cairn_context_flush(context);
	return CAIRN_FINISH_SUCCESS;
}

static void says_nonsense(store *one)
{
	static const char *const words[] = { "checkpoint", "line", "progress", "stage" };
	for (size_t i = 0; i < 4; i++) {
		struct run run;
		cairn_id id = add(one, "t", 1);
		char what[20];
		snprintf(what, sizeof what, "%s", words[i]);
		prepare(&run, one, talk_nonsense, what);
		drain(&run);
		cairn_jobs *jobs = get(one, id);
		is_int(flushed[0], CAIRN_INVALID, what);
		is_int(flushed[1], CAIRN_OK, "is told once");
		is_int(jobs->at[0].status, CAIRN_JOB_DEAD_LETTERED,
		       "and ends the attempt for good");
		ok(jobs->at[0].error_code.len > 0, "%s: %s", one->name, jobs->at[0].error_code.ptr);
		cairn_free(jobs);
	}
}

static enum cairn_finish_how talk_much(void *user, cairn_context *context)
{
	(void)user;
	for (int i = 0; i < 700; i++)
		cairn_context_log(context, CAIRN_LOG_DEBUG, CAIRN_STR("line"), none);
	return CAIRN_FINISH_SUCCESS;
}

static void says_much(store *one)
{
	struct run run;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_log_rows *lines = NULL;
	cairn_id id = add(one, "t", 5);
	prepare(&run, one, talk_much, NULL);
	drain(&run);
	must(cairn_job_logs(one->conn, cairn_any(), id, 0, 1000, &lines, &err), &err, "logs");
	is_int(lines->count, 700, "more lines than a turn takes: none is lost");
	cairn_free(lines);
}

/* ---- stops --------------------------------------------------------------------------------- */

static atomic_int begun;
static atomic_int canceled;

static enum cairn_finish_how dawdle(void *user, cairn_context *context)
{
	atomic_fetch_add(&begun, 1);
	if (cairn_context_wait(context, *(cairn_usec *)user) == CAIRN_CANCEL_NONE)
		return CAIRN_FINISH_SUCCESS;
	atomic_fetch_add(&canceled, 1);
	cairn_context_error(context, CAIRN_STR("gave.up"), none);
	return CAIRN_FINISH_RETRYABLE;
}

static void gives_back(store *one)
{
	struct run run;
	cairn_usec long_enough = 300 * CAIRN_MILLISECOND;
	atomic_store(&begun, 0);
	define(one, "back", 0);
	add(one, "back", 40);
	prepare(&run, one, dawdle, &long_enough);
	run.opts.concurrency = 2;
	run.opts.ahead = 20;
	start(&run);
	ok(soon(&begun, 3), "%s: two run, and more wait in the worker", one->name);
	nap(50);
	cairn_worker_counts now = { .size = sizeof now };
	cairn_worker_count(run.worker, &now);
	ok(now.waiting > 0 && now.waiting <= 24, "%s: %d wait", one->name, (int)now.waiting);
	cairn_worker_counts counts = end(&run, CAIRN_STOP_SOFT);
	is_int(run.status, CAIRN_OK, "a soft stop");
	ok(counts.returned > 0, "%s: gives %d back", one->name, (int)counts.returned);
	is_int(count(one, "back", 1u << CAIRN_JOB_LEASED), 0, "nothing stays leased");
	is_int(count(one, "back", 1u << CAIRN_JOB_SUCCEEDED), atomic_load(&begun),
	       "what ran is recorded");
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_job_filter filter = { .size = sizeof filter,
				    .scope = cairn_any(),
				    .type = CAIRN_STR("back"),
				    .statuses = 1u << CAIRN_JOB_PENDING,
				    .limit = 1000 };
	cairn_jobs *jobs = NULL;
	int used = 0;
	must(cairn_job_list(one->conn, &filter, &jobs, &err), &err, "list");
	for (size_t i = 0; i < jobs->count; i++)
		used += jobs->at[i].attempt;
	is_int(used, 0, "and costs no attempt");
	cairn_free(jobs);
	atomic_store(&runs, 0);
	prepare(&run, one, succeed, NULL);
	run.opts.ahead = 20;
	drain(&run);
	is_int(count(one, "back", 1u << CAIRN_JOB_SUCCEEDED), 40, "another worker does the rest");
}

static void stops_hard(store *one)
{
	struct run run;
	cairn_usec for_ever = CAIRN_HOUR;
	atomic_store(&begun, 0);
	atomic_store(&canceled, 0);
	define(one, "hard", 0);
	add(one, "hard", 10);
	prepare(&run, one, dawdle, &for_ever);
	run.opts.ahead = 3;
	start(&run);
	soon(&begun, 4);
	cairn_worker_counts counts = end(&run, CAIRN_STOP_HARD);
	is_int(run.status, CAIRN_OK, "a hard stop");
	is_int(atomic_load(&canceled), 4, "tells the handlers");
	is_int(counts.finished[CAIRN_FINISH_RETRYABLE], 4, "and records their ends");
	is_int(count(one, "hard", 1u << CAIRN_JOB_LEASED), 0, "nothing stays leased");
}

static enum cairn_finish_how ignore(void *user, cairn_context *context)
{
	(void)context;
	atomic_fetch_add(&begun, 1);
	nap(*(int *)user);
	return CAIRN_FINISH_SUCCESS;
}

static void overruns(store *one)
{
	/* read by handlers that are left behind, too */
	static int much = 900;
	static int more = 1500;
	struct run run;
	atomic_store(&begun, 0);
	define(one, "slow", 200 * CAIRN_MILLISECOND);
	cairn_id id = add(one, "slow", 1);
	prepare(&run, one, ignore, &much);
	run.handler.type = CAIRN_STR("slow");
	start(&run);
	soon(&begun, 1);
	nap(700);
	cairn_jobs *jobs = get(one, id);
	is_int(jobs->at[0].status, CAIRN_JOB_PENDING, "a handler that overruns loses its job");
	cairn_free(jobs);
	cairn_worker_counts counts = end(&run, CAIRN_STOP_SOFT);
	is_int(counts.finished[CAIRN_FINISH_TIMEOUT], 1, "which is recorded as TIMEOUT");
	is_int(counts.finished[CAIRN_FINISH_SUCCESS], 0, "and its late answer is not");
	atomic_store(&begun, 0);
	define(one, "deaf", 0);
	add(one, "deaf", 1);
	prepare(&run, one, ignore, &more);
	run.handler.type = CAIRN_STR("deaf");
	start(&run);
	soon(&begun, 1);
	counts = end(&run, CAIRN_STOP_HARD);
	is_int(run.status, CAIRN_TIMEOUT, "a handler that ignores a hard stop is told of");
	is_int(counts.abandoned, 1, "and left behind");
	nap(1500);
}

/* ---- waking --------------------------------------------------------------------------------- */

static void wakes(store *one)
{
	struct run run;
	atomic_store(&runs, 0);
	prepare(&run, one, succeed, NULL);
	run.opts.poll_min = run.opts.poll_max = CAIRN_MINUTE;
	start(&run);
	nap(500);
	for (int i = 1; i <= 3; i++) {
		add(one, "t", 1);
		ok(soon(&runs, i), "%s: a job starts without a poll", one->name);
		nap(100); /* so that no end claims the next one along */
	}
	cairn_worker_counts counts = end(&run, CAIRN_STOP_SOFT);
	ok(counts.wakes >= 2, "%s: %d wakes", one->name, (int)counts.wakes);
}

/* One thread, whose handlers are over before the waker looks: no wake was in vain. */
static void wakes_one_thread(store *one)
{
	struct run run;
	atomic_store(&runs, 0);
	prepare(&run, one, succeed, NULL);
	run.opts.poll_min = run.opts.poll_max = CAIRN_MINUTE;
	run.opts.concurrency = 1;
	start(&run);
	nap(300);
	for (int i = 1; i <= 14; i++) {
		add(one, "t", 1);
		if (!soon(&runs, i))
			break;
		nap(20);
	}
	cairn_worker_counts counts = end(&run, CAIRN_STOP_SOFT);
	ok(counts.wakes >= 12, "%s: %d wakes for 14 jobs", one->name, (int)counts.wakes);
}

/* Work for somebody else must not make it spin. */
static void wakes_in_vain(store *one)
{
	struct run run;
	define(one, "other", 0);
	add(one, "other", 1);
	prepare(&run, one, succeed, NULL);
	run.handler.type = CAIRN_STR("t");
	start(&run);
	nap(1000);
	cairn_worker_counts counts = end(&run, CAIRN_STOP_SOFT);
	ok(counts.turns < 60, "%s: %d turns in a second with nothing but others' jobs", one->name,
	   (int)counts.turns);
	prepare(&run, one, succeed, NULL);
	drain(&run);
}

/* ---- upkeep ----------------------------------------------------------------------------------- */

static void keeps_up(store *one)
{
	struct run run;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_claim_opts claim = { .size = sizeof claim,
				   .worker = CAIRN_STR("gone"),
				   .lease = 100 * CAIRN_MILLISECOND };
	cairn_jobs *jobs = NULL;
	cairn_job_new intent = { .type = CAIRN_STR("t"), .key = CAIRN_STR("k") };
	cairn_intent_recorded recorded = { 0 };
	add(one, "t", 1);
	must(cairn_job_claim(one->conn, &claim, &jobs, &err), &err, "claim");
	cairn_free(jobs);
	must(cairn_intent_record(one->conn, &intent, 1, &recorded, &err), &err, "record");
	nap(150);
	atomic_store(&runs, 0);
	prepare(&run, one, succeed, NULL);
	cairn_worker_counts counts = drain(&run);
	is_int(counts.reaped, 1, "a lost lease is taken back");
	is_int(counts.promoted, 1, "an intent becomes a job");
	is_int(atomic_load(&runs), 2, "and both run before an idle worker ends");
}

/* ---- forked handlers ------------------------------------------------------------------------------ */

static enum cairn_finish_how in_child(void *user, cairn_context *context)
{
	(void)user;
	cairn_str payload = cairn_context_job(context)->payload;
	cairn_context_log(context, CAIRN_LOG_INFO, CAIRN_STR("from the child"), CAIRN_STR("[2]"));
	if (cairn_context_flush(context) != CAIRN_OK)
		return CAIRN_FINISH_TERMINAL;
	if (is(payload, "\"crash\""))
		raise(SIGSEGV);
	if (is(payload, "\"exit\""))
		_exit(3);
	if (is(payload, "\"hang\""))
		nap(60000);
	if (is(payload, "\"wait\"") &&
	    cairn_context_wait(context, CAIRN_MINUTE) == CAIRN_CANCEL_TIMEOUT) {
		cairn_context_error(context, CAIRN_STR("saw.it"), none);
		return CAIRN_FINISH_RETRYABLE;
	}
	cairn_context_checkpoint(context, CAIRN_STR("[3]"));
	cairn_context_output(context, CAIRN_STR("{\"child\":true}"));
	return CAIRN_FINISH_SUCCESS;
}

static void forks(store *one)
{
	static const struct {
		const char *payload;
		enum cairn_job_status status;
		const char *code;
	} ways[] = {
		{ "\"well\"", CAIRN_JOB_SUCCEEDED, "" },
		{ "\"crash\"", CAIRN_JOB_DEAD_LETTERED, "fork.signaled" },
		{ "\"exit\"", CAIRN_JOB_DEAD_LETTERED, "fork.exited" },
		{ "\"hang\"", CAIRN_JOB_PENDING, "fork.timeout" },
		{ "\"wait\"", CAIRN_JOB_PENDING, "saw.it" },
	};
	enum { WAYS = sizeof ways / sizeof ways[0] };
	struct run run;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_job_added added[WAYS];
	define(one, "fork", 700 * CAIRN_MILLISECOND);
	for (size_t i = 0; i < WAYS; i++) {
		cairn_job_new job = { .type = CAIRN_STR("fork"),
				      .payload = cairn_str_of(ways[i].payload) };
		must(cairn_job_enqueue(one->conn, &job, 1, &added[i], &err), &err, "enqueue");
	}
	cairn_fork given = { .size = sizeof given,
			     .run = in_child,
			     .kill_after = 200 * CAIRN_MILLISECOND };
	prepare(&run, one, cairn_fork_handler, &given);
	run.opts.grace = CAIRN_MINUTE; /* the kill comes first, however slow the machine is */
	drain(&run);
	for (size_t i = 0; i < WAYS; i++) {
		cairn_jobs *jobs = get(one, added[i].id);
		cairn_log_rows *lines = NULL;
		is_int(jobs->at[0].status, ways[i].status, ways[i].payload);
		is_text(jobs->at[0].error_code.len > 0 ? jobs->at[0].error_code.ptr : "",
			ways[i].code, "with its code");
		must(cairn_job_logs(one->conn, cairn_any(), added[i].id, 0, 0, &lines, &err), &err,
		     "logs");
		is_int(lines->count, 1, "what it said before is there");
		cairn_free(lines);
		cairn_free(jobs);
	}
	cairn_jobs *jobs = get(one, added[0].id);
	ok(is(jobs->at[0].output, "{\"child\":true}") && is(jobs->at[0].checkpoint, "[3]"),
	   "%s: output and checkpoint of a child", one->name);
	cairn_free(jobs);
}

/* ---- options ------------------------------------------------------------------------------------ */

static void refused(void)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_worker *worker = NULL;
	cairn_handler handler = { .run = succeed };
	cairn_worker_opts good = { .size = sizeof good,
				   .driver = &cairn_memory,
				   .url = "memory:",
				   .handlers = &handler,
				   .handler_count = 1 };
	cairn_worker_opts bad = good;
	bad.ahead = 1001;
	is_int(cairn_worker_open(&worker, &bad, &err), CAIRN_INVALID, "too many ahead");
	bad = good;
	bad.dispatchers = 17;
	is_int(cairn_worker_open(&worker, &bad, &err), CAIRN_INVALID, "too many dispatchers");
	bad = good;
	bad.prune_interval = -2;
	is_int(cairn_worker_open(&worker, &bad, &err), CAIRN_INVALID, "a negative interval");
	bad = good;
	bad.flags = 64;
	is_int(cairn_worker_open(&worker, &bad, &err), CAIRN_INVALID, "an unknown flag");
	must(cairn_worker_open(&worker, &good, &err), &err, "open");
	cairn_worker_close(worker);
	cairn_worker_close(NULL);
}

static void on_store(store *one)
{
	drains(one);
	marks_what_waits(one);
	says(one);
	says_nonsense(one);
	says_much(one);
	gives_back(one);
	stops_hard(one);
	overruns(one);
	wakes(one);
	wakes_one_thread(one);
	wakes_in_vain(one);
	keeps_up(one);
	forks(one);
}

int main(void)
{
	alarm(300);
	refused();
	each_store("t", on_store);
	return tap_done();
}
