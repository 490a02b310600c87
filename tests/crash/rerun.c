/*
 * rerun.c - a process with the worker runtime is killed while it runs a job; another process's
 * runtime takes the job back and runs it again. Measured is the time from the kill to the second
 * start, which is at most lease + reap interval + poll interval, and an allowance for scheduling.
 *
 *	rerun URL [KILLS]
 */
#include <cairn/worker.h>

#include "crash.h"

#define LEASE	  (500 * CAIRN_MILLISECOND)
#define REAP	  (100 * CAIRN_MILLISECOND)
#define POLL	  (100 * CAIRN_MILLISECOND)
#define ALLOWANCE (400 * CAIRN_MILLISECOND) /* two cores that a whole test suite shares */
#define MOST	  100000

/* In memory that a fork shares: when the attempts of the job in question started. */
struct starts {
	_Atomic int round;
	_Atomic cairn_usec first;
	_Atomic cairn_usec second;
	_Atomic int over;
};

static struct starts *starts;

static cairn_usec ticks(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (cairn_usec)now.tv_sec * CAIRN_SECOND + now.tv_nsec / 1000;
}

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000 * 1000 }, NULL);
}

/* The first attempt lasts until its process is killed, the second ends at once. */
static enum cairn_finish_how handle(void *user, cairn_context *context)
{
	(void)user;
	if (cairn_context_job(context)->attempt > 1) {
		atomic_store(&starts->second, ticks());
		return CAIRN_FINISH_SUCCESS;
	}
	atomic_store(&starts->first, ticks());
	for (;;)
		pause();
}

/* The database's own clock: nothing is installed here. */
static pid_t start_worker(const char *url)
{
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_worker *worker = NULL;
	cairn_handler handler = { .run = handle };
	cairn_worker_opts opts = { .size = sizeof opts,
				   .driver = linked[0],
				   .url = url,
				   .handlers = &handler,
				   .handler_count = 1,
				   .lease = LEASE,
				   .reap_interval = REAP,
				   .poll_max = POLL };
#ifdef CAIRN_WITH_POSTGRES
	if (strncmp(url, "sqlite:", 7) != 0)
		opts.driver = &cairn_postgres;
#endif
	must(cairn_worker_open(&worker, &opts, &err), &err, "worker");
	must(cairn_worker_run(worker, &err), &err, "run");
	_exit(0);
}

static void enqueue(const char *url)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn = NULL;
	cairn_job_new job = { .type = CAIRN_STR("rerun") };
	must(cairn_open_any(&conn, linked, sizeof linked / sizeof linked[0], url, NULL, &err), &err,
	     "open");
	must(cairn_job_enqueue(conn, &job, 1, NULL, &err), &err, "enqueue");
	cairn_close(conn);
}

static cairn_usec wait_for(_Atomic cairn_usec *what)
{
	cairn_usec until = ticks() + 20 * CAIRN_SECOND;
	while (atomic_load(what) == 0 && ticks() < until)
		nap();
	return atomic_load(what);
}

/* From the kill to the second start; -1: there was none. */
static cairn_usec one_kill(const char *url, uint32_t moment)
{
	cairn_usec took = -1;
	atomic_store(&starts->first, 0);
	atomic_store(&starts->second, 0);
	pid_t victim = start_worker(url);
	enqueue(url);
	if (wait_for(&starts->first) == 0)
		return -1;
	/* the heir is there and waits before the kill, as in a fleet of workers */
	pid_t heir = start_worker(url);
	nanosleep(&(struct timespec){ .tv_nsec = (long)(100 + moment) * 1000 * 1000 }, NULL);
	kill(victim, SIGKILL);
	cairn_usec killed = ticks();
	reap_child(victim);
	if (wait_for(&starts->second) != 0)
		took = atomic_load(&starts->second) - killed;
	nanosleep(&(struct timespec){ .tv_nsec = 50 * 1000 * 1000 },
		  NULL); /* its end is recorded */
	kill(heir, SIGKILL);
	reap_child(heir);
	return took;
}

static int compare(const void *a, const void *b)
{
	cairn_usec x = *(const cairn_usec *)a;
	cairn_usec y = *(const cairn_usec *)b;
	return (x > y) - (x < y);
}

static void prepare(const char *url)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn = NULL;
	cairn_definition type = { .type = CAIRN_STR("rerun") };
	must(cairn_open_any(&conn, linked, sizeof linked / sizeof linked[0], url, NULL, &err), &err,
	     "open");
	must(cairn_migrate_up(conn, NULL, NULL, &err), &err, "migrate");
	must(cairn_job_define(conn, &type, 1, &err), &err, "define");
	cairn_close(conn);
}

int main(int argc, char **argv)
{
	static cairn_usec took[MOST];
	const cairn_usec bound = LEASE + REAP + POLL + ALLOWANCE;
	if (argc < 2)
		return 2;
	long kills = argc > 2 ? strtol(argv[2], NULL, 10) : 20;
	size_t n = kills > 0 && kills < MOST ? (size_t)kills : 20;
	size_t lost = 0;
	starts = mmap(NULL, sizeof *starts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (starts == MAP_FAILED)
		return 2;
	prepare(argv[1]);
	for (size_t i = 0; i < n; i++) {
		took[i] = one_kill(argv[1], random_below(300));
		lost += took[i] < 0;
	}
	qsort(took, n, sizeof took[0], compare);
	printf("# %zu kills, lease 500 + reap 100 + poll 100 ms: second start after p50 %lld, p99 "
	       "%lld,"
	       " max %lld ms\n",
	       n, (long long)took[n / 2] / 1000, (long long)took[(n * 99 - 1) / 100] / 1000,
	       (long long)took[n - 1] / 1000);
	is_int(lost, 0, "every job of a killed worker was run again");
	ok(took[n - 1] <= bound,
	   "within lease + reap interval + poll interval, and 400 ms for a busy machine");
	return tap_done();
}
