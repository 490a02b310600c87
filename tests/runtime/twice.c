/*
 * twice.c - a worker that gets its own job again while the handler of the lost lease still runs, as
 * after a machine has slept. What both say comes at once: the newer lease counts, the older one's
 * end is refused, and the worker goes on.
 */
#include <stdatomic.h>
#include <time.h>

#include "stores.h"

struct scene {
	_Atomic cairn_usec ahead; /* of the installed clock */
	_Atomic int started;
	_Atomic int refused;
	_Atomic int finished;
	_Atomic cairn_status refusal;
	_Atomic int64_t fence;
	cairn_worker *worker;
};

static cairn_time installed(void *user)
{
	struct scene *scene = user;
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (cairn_time)now.tv_sec * CAIRN_SECOND + now.tv_nsec / 1000 +
	       atomic_load(&scene->ahead);
}

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 2 * 1000 * 1000 }, NULL);
}

/* The first attempt sleeps through the loss of its lease; both wait for each other's start. */
static enum cairn_finish_how meet(void *user, cairn_context *context)
{
	struct scene *scene = user;
	if (atomic_fetch_add(&scene->started, 1) == 0)
		atomic_fetch_add(&scene->ahead, CAIRN_MINUTE);
	for (int i = 0; i < 5000 && atomic_load(&scene->started) < 2; i++)
		nap();
	/* long enough for reports and heartbeats of both leases to be due together */
	cairn_context_progress(context, 1, 2);
	nanosleep(&(struct timespec){ .tv_nsec = 500 * 1000 * 1000 }, NULL);
	return CAIRN_FINISH_SUCCESS;
}

static void observe(void *user, const cairn_worker_event *event)
{
	struct scene *scene = user;
	if (event->kind == CAIRN_WORKER_REFUSED) {
		atomic_fetch_add(&scene->refused, 1);
		atomic_store(&scene->refusal, event->changed->status);
	} else if (event->kind == CAIRN_WORKER_FINISHED) {
		atomic_store(&scene->fence, event->job->fence);
		atomic_fetch_add(&scene->finished, 1);
	}
	if (atomic_load(&scene->refused) > 0 && atomic_load(&scene->finished) > 0)
		cairn_worker_stop(scene->worker, CAIRN_STOP_SOFT);
}

static void twice(store *one, uint32_t ahead)
{
	struct scene scene = { .worker = NULL };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_job_added added;
	cairn_jobs *row = NULL;
	cairn_job_new job = { .type = CAIRN_STR("twice") };
	cairn_conn_opts conn = { .size = sizeof conn, .clock = installed, .clock_user = &scene };
	cairn_handler handler = { .run = meet, .user = &scene };
	cairn_worker_opts opts = { .size = sizeof opts,
				   .driver = one->driver,
				   .url = one->url,
				   .conn = &conn,
				   .observe = observe,
				   .observe_user = &scene,
				   .handlers = &handler,
				   .handler_count = 1,
				   .concurrency = 2,
				   .ahead = ahead,
				   .lease = 600 * CAIRN_MILLISECOND,
				   .reap_interval = 20 * CAIRN_MILLISECOND,
				   .poll_max = 50 * CAIRN_MILLISECOND,
				   .drain = 10 * CAIRN_SECOND };
	must(cairn_job_enqueue(one->conn, &job, 1, &added, &err), &err, "enqueue");
	must(cairn_worker_open(&scene.worker, &opts, &err), &err, "worker");
	cairn_status status = cairn_worker_run(scene.worker, &err);
	ok(status == CAIRN_OK,
	   "%s, %u ahead: the worker goes on with a job that it holds twice (%s)", one->name, ahead,
	   err.code);
	cairn_worker_close(scene.worker);
	must(cairn_job_get(one->conn, cairn_any(), added.id, &row, &err), &err, "get");
	/* the second, unless the machine stood still for a lease's length: then it was lost, too */
	is_int(scene.fence, row->at[0].fence, "the newest lease's end is recorded");
	ok(scene.fence >= 2, "and it was not the first");
	is_int(scene.refusal, CAIRN_STALE, "the older one's is refused as stale");
	is_int(row->at[0].status, CAIRN_JOB_SUCCEEDED, "the job succeeded");
	cairn_free(row);
}

static void test(store *one)
{
	twice(one, 0);
	twice(one, 4);
}

int main(void)
{
	alarm(60); /* a worker that goes wrong may never stop */
	each_store("twice", test);
	return tap_done();
}
