/*
 * wake.c - how many of those who wait are told of a few jobs: as many as there are jobs, and on Postgres,
 * where each is told by a notification of its own, no more. (conformance/wait_told.c: by what)
 */
#include <time.h>

#include "stores.h"

#define WAITERS 4
/* Between two looks of a wait by itself, far from both. (conformance/wait_told.c) */
#define SETTLED (680 * CAIRN_MILLISECOND)
#define TOLD	(50 * CAIRN_MILLISECOND)
#define TRIES	5

struct waiter {
	pthread_t thread;
	const store *store;
	cairn_str queue;
	cairn_status status;
	int ready;
	cairn_usec ended;
};

static cairn_usec ticks(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (cairn_usec)now.tv_sec * CAIRN_SECOND + now.tv_nsec / 1000;
}

static void *wait_once(void *arg)
{
	struct waiter *me = arg;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn = NULL;
	cairn_wait_opts opts = { .size = sizeof opts,
				 .queues = &me->queue,
				 .queue_count = 1,
				 .timeout = 20 * CAIRN_SECOND };
	must(cairn_open(&conn, me->store->driver, me->store->url, NULL, &err), &err, "open");
	me->status = cairn_job_wait(conn, &opts, &me->ready, &err);
	me->ended = ticks();
	cairn_close(conn);
	return NULL;
}

/* So many jobs: in one call, or one by one in a transaction, without keys or with. */
enum way { CALL, TX, TX_KEYED };

static void make(store *one, cairn_str queue, size_t n, enum way way)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_job_new jobs[WAITERS];
	char keys[WAITERS][64];
	memset(jobs, 0, sizeof jobs);
	for (size_t i = 0; i < n; i++) {
		jobs[i] = (cairn_job_new){ .type = CAIRN_STR("t"), .queue = queue };
		snprintf(keys[i], sizeof keys[i], "%s %zu", queue.ptr, i);
		if (way == TX_KEYED)
			jobs[i].key = cairn_str_of(keys[i]);
	}
	if (way == CALL) {
		must(cairn_job_enqueue(one->conn, jobs, n, NULL, &err), &err, "enqueue");
		return;
	}
	must(cairn_begin(one->conn, &tx, &err), &err, "begin");
	for (size_t i = 0; i < n; i++)
		must(cairn_job_enqueue(one->conn, &jobs[i], 1, NULL, &err), &err, "enqueue");
	must(cairn_commit(&tx, &err), &err, "commit");
}

/* How many were told; the others find the jobs by themselves. */
static size_t burst(store *one, size_t n, enum way way)
{
	static int number;
	struct waiter waiters[WAITERS];
	char queue[32];
	size_t told = 0;
	snprintf(queue, sizeof queue, "burst-%d", ++number);
	for (size_t i = 0; i < WAITERS; i++) {
		waiters[i] = (struct waiter){ .store = one, .queue = cairn_str_of(queue) };
		pthread_create(&waiters[i].thread, NULL, wait_once, &waiters[i]);
	}
	nanosleep(&(struct timespec){ .tv_nsec = (long)SETTLED * 1000 }, NULL);
	make(one, cairn_str_of(queue), n, way);
	cairn_usec due = ticks();
	for (size_t i = 0; i < WAITERS; i++) {
		pthread_join(waiters[i].thread, NULL);
		if (waiters[i].status != CAIRN_OK || !waiters[i].ready)
			return 0;
		told += waiters[i].ended - due <= TOLD;
	}
	return told;
}

static void tells(store *one, size_t n, enum way way)
{
	static const char *const words[] = { "in a call", "in a transaction",
					     "with keys in a transaction" };
	bool exactly = strcmp(one->name, "postgres") == 0;
	size_t told = 0;
	bool good = false;
	/* the machine may be busy */
	for (int try = 0; try < TRIES && !good; try++) {
		told = burst(one, n, way);
		good = exactly ? told == n : told >= n;
	}
	ok(good, "%s: %zu jobs %s tell %s%zu of %d who wait (told: %zu)", one->name, n, words[way],
	   exactly ? "exactly " : "at least ", n, WAITERS, told);
}

static void test(store *one)
{
	tells(one, 1, CALL);
	tells(one, 3, CALL);
	tells(one, 2, TX);
	tells(one, 1, TX_KEYED);
	tells(one, 2, TX_KEYED);
}

int main(void)
{
	alarm(300);
	each_store("t", test);
	return tap_done();
}
