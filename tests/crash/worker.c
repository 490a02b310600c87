/*
 * worker.c - a process that enqueues, claims and finishes is killed with SIGKILL
 * at random moments, many times. Nothing that it was told is done may be lost, no
 * job may succeed under two fences, and all jobs end.
 *
 *	worker URL [ROUNDS [SEED]]
 */
#include "crash.h"

#define BATCH 8

/* What a child was told is done, as it tells the parent through a pipe. */
struct told {
	cairn_id id;
	int64_t fence; /* 0: enqueued; else finished under this fence */
};

struct tally {
	struct told *list;
	size_t count;
	size_t cap;
};

static void tell(int pipe_end, const struct told *one)
{
	if (write(pipe_end, one, sizeof *one) != (ssize_t)sizeof *one)
		_exit(0);
}

static void produce(cairn_conn *conn, int pipe_end)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_job_new jobs[BATCH];
	cairn_job_added each[BATCH];
	memset(jobs, 0, sizeof jobs);
	for (size_t i = 0; i < BATCH; i++)
		jobs[i].type = CAIRN_STR("crash");
	must(cairn_job_enqueue(conn, jobs, BATCH, each, &err), &err, "enqueue");
	for (size_t i = 0; i < BATCH; i++)
		tell(pipe_end, &(struct told){ .id = each[i].id });
}

/* One round of work; answers how many jobs there were. */
static size_t work(cairn_conn *conn, cairn_jobs **jobs, int pipe_end)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_finish items[BATCH];
	cairn_changed each[BATCH];
	cairn_claim_opts opts = { .size = sizeof opts, .worker = CAIRN_STR("w"), .limit = BATCH };
	must(cairn_job_claim(conn, &opts, jobs, &err), &err, "claim");
	size_t n = (*jobs)->count;
	memset(items, 0, sizeof items);
	for (size_t i = 0; i < n; i++) {
		items[i].lease = cairn_job_lease(&(*jobs)->at[i]);
		items[i].how = CAIRN_FINISH_SUCCESS;
		items[i].output = CAIRN_STR("{\"done\":true}");
	}
	must(cairn_job_finish(conn, items, n, each, &err), &err, "finish");
	for (size_t i = 0; i < n; i++) {
		if (each[i].status == CAIRN_OK && pipe_end >= 0)
			tell(pipe_end, &(struct told){ .id = items[i].lease.id,
						       .fence = items[i].lease.fence });
	}
	return n;
}

static void child(const char *url, int pipe_end)
{
	cairn_conn *conn = open_with(url, NULL);
	cairn_jobs *jobs = NULL;
	for (;;) {
		produce(conn, pipe_end);
		work(conn, &jobs, pipe_end);
	}
}

static void collect(struct tally *tally, int pipe_end)
{
	struct told one;
	while (read(pipe_end, &one, sizeof one) == (ssize_t)sizeof one) {
		if (tally->count == tally->cap) {
			tally->cap = tally->cap > 0 ? 2 * tally->cap : 1024;
			tally->list = realloc(tally->list, tally->cap * sizeof one);
		}
		tally->list[tally->count++] = one;
	}
}

static void nap(uint32_t microseconds)
{
	struct timespec wait = { .tv_nsec = (long)microseconds * 1000 };
	nanosleep(&wait, NULL);
}

static void kill_one(const char *url, struct tally *tally)
{
	int ends[2];
	if (pipe(ends) != 0)
		_exit(3);
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[0]);
		child(url, ends[1]);
	}
	close(ends[1]);
	nap(5000 + random_below(60000));
	kill(pid, SIGKILL);
	reap_child(pid);
	collect(tally, ends[0]);
	close(ends[0]);
}

/* Takes back what the dead held: the clock moves on past every lease. */
static void reap(cairn_conn *conn)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_reap_report *report = NULL;
	cairn_reap_opts opts = { .size = sizeof opts, .limit = 1000 };
	clock_advance(31 * CAIRN_SECOND);
	do {
		must(cairn_job_reap(conn, &opts, &report, &err), &err, "reap");
	} while (report->count > 0);
	cairn_free(report);
}

static int succeeded_once(cairn_conn *conn, cairn_id id, int64_t fence)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_attempts *attempts = NULL;
	must(cairn_job_attempts(conn, cairn_any(), id, 0, 0, &attempts, &err), &err, "attempts");
	size_t wins = 0;
	int told = fence == 0;
	for (size_t i = 0; i < attempts->count; i++) {
		int win = attempts->at[i].ending == CAIRN_ENDING_SUCCEEDED;
		wins += (size_t)win;
		told |= win && attempts->at[i].fence == fence;
	}
	cairn_free(attempts);
	return wins == 1 && told;
}

static void verify(cairn_conn *conn, const struct tally *tally)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_jobs *job = NULL;
	size_t lost = 0;
	size_t open = 0;
	size_t wrong = 0;
	for (size_t i = 0; i < tally->count; i++) {
		const struct told *one = &tally->list[i];
		if (cairn_job_get(conn, cairn_any(), one->id, &job, &err) != CAIRN_OK) {
			lost++;
			continue;
		}
		open += job->at[0].status != CAIRN_JOB_SUCCEEDED;
		wrong += !succeeded_once(conn, one->id, one->fence);
	}
	cairn_free(job);
	is_int(lost, 0, "no acknowledged job was lost");
	is_int(open, 0, "every acknowledged job succeeded in the end");
	is_int(wrong, 0, "each succeeded once, under the fence that was acknowledged");
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	int rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 200;
	seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 42;
	cairn_error err = CAIRN_ERROR_INIT;
	struct tally tally = { .count = 0 };
	clock_start();
	cairn_conn *conn = open_with(argv[1], NULL);
	must(cairn_migrate_up(conn, NULL, NULL, &err), &err, "migrate");
	cairn_definition type = { .type = CAIRN_STR("crash"), .max_attempts = 1000000 };
	must(cairn_job_define(conn, &type, 1, &err), &err, "define");
	cairn_close(conn);
	for (int i = 0; i < rounds; i++) {
		kill_one(argv[1], &tally);
		conn = open_with(argv[1], NULL);
		reap(conn);
		cairn_close(conn);
	}
	conn = open_with(argv[1], NULL);
	cairn_jobs *jobs = NULL;
	while (work(conn, &jobs, -1) > 0)
		;
	cairn_free(jobs);
	printf("# %d kills, seed %s, %zu acknowledgements\n", rounds, argc > 3 ? argv[3] : "42",
	       tally.count);
	ok(tally.count > 0, "children got something done between the kills");
	verify(conn, &tally);
	cairn_close(conn);
	free(tally.list);
	return tap_done();
}
