/*
 * upkeep.c - a worker's upkeep of the store: jobs of other queues are put in line, and a worker
 * that may not or can't look after the store says so once and works all the same.
 */
#include "faulty.h"
#include "runs.h"

static atomic_int passes; /* that found something */
static atomic_int items;
static atomic_int refusals;
static atomic_int troubles;

static void observe(void *user, const cairn_worker_event *event)
{
	(void)user;
	atomic_fetch_add(&troubles, event->kind == CAIRN_WORKER_TROUBLE);
	if (event->kind != CAIRN_WORKER_UPKEEP || strcmp(event->loop, "upkeep") != 0)
		return;
	atomic_fetch_add(event->error != NULL ? &refusals : &passes, 1);
	atomic_fetch_add(&items, (int)event->items);
}

static void prepare_upkeep(struct run *run, const store *one, cairn_usec interval)
{
	atomic_store(&runs, 0);
	atomic_store(&passes, 0);
	atomic_store(&items, 0);
	atomic_store(&refusals, 0);
	atomic_store(&troubles, 0);
	prepare(run, one, succeed, NULL);
	run->opts.observe = observe;
	run->opts.upkeep_interval = interval;
}

static cairn_id add_parked(store *one, const char *queue)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_job_added added = { 0 };
	cairn_job_new job = { .type = CAIRN_STR("t"), .queue = cairn_str_of(queue) };
	must(cairn_now(one->conn, &job.run_at, &err), &err, "now");
	job.run_at += 200 * CAIRN_MILLISECOND;
	must(cairn_job_enqueue(one->conn, &job, 1, &added, &err), &err, "enqueue");
	return added.id;
}

static bool is_parked(store *one, cairn_id id)
{
	cairn_jobs *jobs = get(one, id);
	bool parked = jobs->at[0].parked != 0;
	cairn_free(jobs);
	return parked;
}

static void in_other_queues(store *one)
{
	struct run run;
	prepare_upkeep(&run, one, 50 * CAIRN_MILLISECOND);
	cairn_id first = add_parked(one, "elsewhere");
	cairn_id second = add_parked(one, "and there");
	start(&run);
	ok(soon(&items, 2), "%s: jobs of other queues are put in line", one->name);
	ok(!is_parked(one, first) && !is_parked(one, second), "%s: they are", one->name);
	cairn_worker_counts counts = end(&run, CAIRN_STOP_SOFT);
	is_int((int64_t)counts.unparked, 2, "and counted");
	is_int(atomic_load(&runs), 0, "not run");
	is_int(atomic_load(&refusals), 0, "nothing is missing");
	is_int(atomic_load(&troubles), 0, "no trouble");
}

static void never(store *one)
{
	struct run run;
	prepare_upkeep(&run, one, -1);
	cairn_id id = add_parked(one, "elsewhere");
	start(&run);
	nap(500);
	ok(is_parked(one, id), "%s: -1: never", one->name);
	is_int((int64_t)end(&run, CAIRN_STOP_SOFT).unparked, 0, "nothing is counted");
}

/* ---- what is missing ----------------------------------------------------------------- */

static atomic_int tries;
static atomic_int tidyings;

static cairn_status denied(void *self, uint32_t limit, cairn_upkeep_report *report,
			   cairn_error *err)
{
	(void)self;
	(void)limit;
	(void)report;
	atomic_fetch_add(&tries, 1);
	return cairn_fail(err, CAIRN_E_DB_DENIED);
}

static cairn_status counted(void *self, uint32_t limit, cairn_upkeep_report *report,
			    cairn_error *err)
{
	atomic_fetch_add(&tries, 1);
	return faulty.real->jobs->unpark(self, limit, report, err);
}

static cairn_status too_slow(void *self, uint32_t limit, cairn_upkeep_report *report,
			     cairn_error *err)
{
	atomic_fetch_add(&tries, 1);
	if (atomic_load(&tries) < 3)
		return cairn_fail(err, CAIRN_E_DB_TIMEOUT);
	return faulty.real->jobs->unpark(self, limit, report, err);
}

static cairn_status not_allowed(void *self, enum cairn_tidy tidy, enum cairn_tidied *tidied,
				cairn_error *err)
{
	(void)self;
	(void)tidy;
	(void)err;
	atomic_fetch_add(&tidyings, 1);
	*tidied = CAIRN_TIDIED_DENIED;
	return CAIRN_OK;
}

/* A worker with these slots does a job after so many tries. */
static void works_with(store *one, cairn_job_unpark_fn *unpark, const char *what, int after)
{
	struct run run;
	store other = *one;
	other.driver = wrapped(one->driver);
	faulty.jobs.unpark = unpark;
	faulty.jobs.tidy = not_allowed;
	atomic_store(&tries, 0);
	atomic_store(&tidyings, 0);
	fail_never();
	prepare_upkeep(&run, &other, 20 * CAIRN_MILLISECOND);
	start(&run);
	soon(&tries, after);
	nap(200);
	add(one, "t", 1);
	ok(soon(&runs, 1), "%s: %s: the worker works", one->name, what);
	end(&run, CAIRN_STOP_SOFT);
	is_int(run.status, CAIRN_OK, "to its end");
}

static void does_without(store *one)
{
	works_with(one, NULL, "a driver that can't", 0);
	is_int(atomic_load(&refusals), 1, "which is told once");
	is_int(atomic_load(&troubles), 0, "and no trouble");
	works_with(one, denied, "rights that are missing", 1);
	is_int(atomic_load(&tries), 1, "it is tried once");
	is_int(atomic_load(&refusals), 1, "and told once");
	works_with(one, counted, "tidying that is not allowed", 4);
	is_int(atomic_load(&tidyings), 1, "it is tried once");
	is_int(atomic_load(&refusals), 1, "and told once");
	ok(atomic_load(&tries) >= 4, "%s: the rest goes on", one->name);
	works_with(one, too_slow, "a timeout", 3);
	ok(atomic_load(&troubles) >= 2, "%s: is trouble that passes", one->name);
}

static void on_store(store *one)
{
	in_other_queues(one);
	never(one);
	does_without(one);
}

int main(void)
{
	alarm(120);
	each_store("t", on_store);
	return tap_done();
}
