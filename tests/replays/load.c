/*
 * load.c - what each process of a load does: a worker for agents, two holders of budgets, and what comes from outside.
 * And who judges it all.
 */
#include "load.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <cairn/sys/host.h>
#include <cairn/worker.h>

enum { RUNS_AT_ONCE = 40, JUDGED_MAX = 100 };

struct world *world;
const char *load_url;

static uint32_t faults_of_end;

/* ---- the world ------------------------------------------------------------------------ */

static unsigned long long hash_of(const char *key, int64_t attempt)
{
	unsigned long long hash = 14695981039346656037ull;
	for (; *key != '\0'; key++)
		hash = (hash ^ (unsigned char)*key) * 1099511628211ull;
	struct dice dice = { .state = hash + (unsigned long long)attempt };
	hash = dice_throw(&dice);
	return hash != 0 ? hash : 1;
}

int world_execute(const char *key, int64_t attempt)
{
	unsigned long long hash = hash_of(key, attempt);
	for (size_t i = hash % DONE_MAX;; i = (i + 1) % DONE_MAX) {
		unsigned long long none = 0;
		if (atomic_compare_exchange_strong(&world->done[i], &none, hash))
			return 1;
		if (none != hash)
			continue;
		printf("# %s was executed twice as attempt %lld\n", key, (long long)attempt);
		fflush(stdout);
		atomic_fetch_add(&world->faults, 1);
		return 0;
	}
}

int world_executed(const char *key, int64_t attempt)
{
	unsigned long long hash = hash_of(key, attempt);
	for (size_t i = hash % DONE_MAX; world->done[i] != 0; i = (i + 1) % DONE_MAX) {
		if (world->done[i] == hash)
			return 1;
	}
	return 0;
}

void game_found(cairn_conn *conn, const char *url, uint64_t seed)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_job_new jobs[LEDGERS];
	cairn_job_added each[LEDGERS];
	(void)seed;
	load_url = url;
	world = mmap(NULL, sizeof *world, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (world == MAP_FAILED)
		exit(2);
	memset(jobs, 0, sizeof jobs);
	for (size_t i = 0; i < LEDGERS; i++)
		jobs[i] = (cairn_job_new){ .type = CAIRN_STR("agent"),
					   .queue = CAIRN_STR("nobody's") };
	if (cairn_job_enqueue(conn, jobs, LEDGERS, each, &err) != CAIRN_OK)
		load_die("ledgers", &err);
	for (size_t i = 0; i < LEDGERS; i++) {
		cairn_budget_new axis = { .axis = TOKENS, .total = 200 * (int64_t)(i + 1) };
		world->ledgers[i] = each[i].id;
		world->totals[i] = axis.total;
		if (cairn_budget_set(conn, cairn_any(), each[i].id, &axis, 1, &err) != CAIRN_OK)
			load_die("budgets", &err);
	}
}

/* ---- from outside -------------------------------------------------------------------------- */

static void must(const char *what, cairn_status st, const cairn_error *err)
{
	if (st != CAIRN_OK)
		load_die(what, err);
}

static void enqueue(cairn_conn *conn, struct dice *dice)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_job_added added;
	char payload[32];
	snprintf(payload, sizeof payload, "{\"p\":%u}", (unsigned)dice_below(dice, PROGRAMS));
	cairn_job_new job = { .type = dice_percent(dice, 70) ? CAIRN_STR("agent")
							     : CAIRN_STR("lone"),
			      .queue = CAIRN_STR("load"),
			      .payload = cairn_str_of(payload) };
	must("enqueue", cairn_job_enqueue(conn, &job, 1, &added, &err), &err);
	cairn_budget_new axis = { .axis = TOKENS, .total = 100 + dice_below(dice, 2000) };
	if (added.status == CAIRN_OK && dice_percent(dice, 50))
		must("budget", cairn_budget_set(conn, cairn_any(), added.id, &axis, 1, &err), &err);
}

/* By the key a lone one is sent no other. */
static void send(cairn_conn *conn, const cairn_replay_run *run)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_signal_sent sent;
	cairn_signal_new go = { .run = run->id,
				.name = CAIRN_STR("go"),
				.payload = CAIRN_STR("[1]") };
	if (cairn_str_is(run->type, "lone"))
		go.key = CAIRN_STR("once");
	must("send", cairn_signal_send(conn, cairn_any(), &go, 1, &sent, &err), &err);
}

static void disturb(cairn_conn *conn, struct dice *dice, const cairn_replay_runs *runs)
{
	cairn_error err = CAIRN_ERROR_INIT;
	const cairn_replay_run *run = &runs->at[dice_below(dice, (uint32_t)runs->count)];
	cairn_replay_changed changed;
	cairn_broadcast_report report;
	cairn_broadcast all = { .size = sizeof all,
				.scope = cairn_any(),
				.name = CAIRN_STR("go"),
				.type = CAIRN_STR("agent"),
				.limit = 5 };
	uint32_t roll = dice_below(dice, 100);
	if (roll < 80)
		send(conn, run);
	else if (roll < 90)
		must("broadcast", cairn_signal_broadcast(conn, &all, &report, &err), &err);
	else if (roll < 94)
		must("cancel",
		     cairn_replay_cancel(conn, cairn_any(), &run->id, 1, (cairn_str){ NULL, 0 },
					 &changed, &err),
		     &err);
	atomic_fetch_add(&world->sent, 1);
}

static size_t live_runs(cairn_conn *conn, cairn_replay_runs **runs)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_replay_filter filter = { .size = sizeof filter,
				       .scope = cairn_any(),
				       .statuses = 1u << CAIRN_REPLAY_ENQUEUED |
						   1u << CAIRN_REPLAY_RUNNING |
						   1u << CAIRN_REPLAY_SUSPENDED,
				       .limit = RUNS_AT_ONCE,
				       .compact = 1 };
	must("list", cairn_replay_list(conn, &filter, runs, &err), &err);
	return (*runs)->count;
}

/* Those that nobody has begun yet are no runs. */
static size_t live_jobs(cairn_conn *conn)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_jobs *jobs = NULL;
	cairn_job_filter filter = { .size = sizeof filter,
				    .scope = cairn_any(),
				    .queue = CAIRN_STR("load"),
				    .statuses = 1u << CAIRN_JOB_PENDING | 1u << CAIRN_JOB_LEASED,
				    .limit = RUNS_AT_ONCE,
				    .compact = 1 };
	must("jobs", cairn_job_list(conn, &filter, &jobs, &err), &err);
	size_t n = jobs->count;
	cairn_free(jobs);
	return n;
}

/* ---- a process --------------------------------------------------------------------------------- */

static cairn_status open_one(void *user, const cairn_conn_opts *opts, cairn_conn **conn,
			     cairn_error *err)
{
	(void)user;
	return side_driver_open(load_url, opts, conn, err);
}

static void *run_worker(void *worker)
{
	cairn_error err = CAIRN_ERROR_INIT;
	if (cairn_worker_run(worker, &err) != CAIRN_OK)
		load_die("worker", &err);
	return NULL;
}

static cairn_worker *start_worker(pthread_t *thread)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_worker *worker = NULL;
	cairn_worker_opts opts = { .size = sizeof opts,
				   .connect = open_one,
				   .queue = CAIRN_STR("load"),
				   .handlers = agents_handlers,
				   .handler_count = AGENTS,
				   .lease = CAIRN_SECOND,
				   .reap_interval = 200 * CAIRN_MILLISECOND,
				   .poll_max = 100 * CAIRN_MILLISECOND,
				   .concurrency = 2,
				   .owner_interval = -1 };
	if (cairn_worker_open(&worker, &opts, &err) != CAIRN_OK)
		load_die("worker", &err);
	pthread_create(thread, NULL, run_worker, worker);
	return worker;
}

static void stop_worker(cairn_worker *worker, pthread_t thread)
{
	cairn_worker_stop(worker, CAIRN_STOP_SOFT);
	pthread_join(thread, NULL);
	cairn_worker_close(worker);
}

void game_work(const char *url, uint64_t seed, int64_t until)
{
	struct dice dice = { .state = seed };
	struct holder holders[HOLDERS];
	pthread_t threads[HOLDERS];
	pthread_t thread;
	cairn_replay_runs *runs = NULL;
	cairn_conn *conn = real_open(url);
	cairn_worker *worker = start_worker(&thread);
	for (int i = 0; i < HOLDERS; i++) {
		holders[i] = (struct holder){ dice_throw(&dice), until, i };
		pthread_create(&threads[i], NULL, holder_work, &holders[i]);
	}
	while (load_now() < until) {
		struct timespec nap = { .tv_nsec = 20 * 1000 * 1000 };
		if (live_jobs(conn) < RUNS_AT_ONCE)
			enqueue(conn, &dice);
		if (live_runs(conn, &runs) > 0)
			disturb(conn, &dice, runs);
		nanosleep(&nap, NULL);
	}
	for (int i = 0; i < HOLDERS; i++)
		pthread_join(threads[i], NULL);
	stop_worker(worker, thread);
	cairn_free(runs);
	cairn_close(conn);
}

/* ---- the judge ------------------------------------------------------------------------------------ */

/* Each result was had in the attempt that it says, and is charged. */
static uint32_t judge_memo(const cairn_memo *memo, const cairn_entries *entries)
{
	char id[CAIRN_ID_TEXT];
	char key[80];
	char source[96];
	size_t charged = 0;
	if (memo->verb != CAIRN_MEMO_STEP || memo->status != CAIRN_MEMO_COMPLETED)
		return memo->verb == CAIRN_MEMO_SLEEP && memo->ended_at != 0 &&
		       memo->ended_at < memo->wake_at;
	cairn_id_format(memo->run, id);
	snprintf(key, sizeof key, "%s/%lld", id, (long long)memo->seq);
	snprintf(source, sizeof source, "%s/%d", key, (int)memo->attempts);
	for (size_t i = 0; i < entries->count; i++)
		charged += entries->at[i].state == CAIRN_ENTRY_CHARGED &&
			   cairn_str_is(entries->at[i].source_id, source);
	if (charged == 1 && world_executed(key, memo->attempts) &&
	    memo->result.len == strlen(source) + 2 &&
	    memcmp(memo->result.ptr + 1, source, strlen(source)) == 0)
		return 0;
	printf("# %s: result %.*s, charged %zu times, executed %d\n", source, (int)memo->result.len,
	       memo->result.ptr, charged, world_executed(key, memo->attempts));
	return 1;
}

static uint32_t judge_agent(cairn_conn *conn, const cairn_replay_run *run)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_memos *memos = NULL;
	cairn_entries *entries = NULL;
	uint32_t faults = 0;
	cairn_memo_filter steps = {
		.size = sizeof steps, .scope = cairn_any(), .run = run->id, .limit = 1000
	};
	cairn_entry_filter ledger = {
		.size = sizeof ledger, .scope = cairn_any(), .run = run->id, .limit = 1000
	};
	if (cairn_replay_memos(conn, &steps, &memos, &err) != CAIRN_OK ||
	    cairn_budget_entries(conn, &ledger, &entries, &err) != CAIRN_OK)
		load_die("an agent that is over", &err);
	for (size_t i = 0; i < memos->count; i++)
		faults += judge_memo(&memos->at[i], entries);
	cairn_free(memos);
	cairn_free(entries);
	return faults + judge_run(conn, cairn_any(), run->id);
}

static void sweep(cairn_conn *conn)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_replay_deleted deleted;
	cairn_replay_delete_opts opts = { .size = sizeof opts,
					  .scope = cairn_any(),
					  .limit = JUDGED_MAX,
					  .age = 4 * CAIRN_SECOND };
	must("delete", cairn_replay_delete(conn, &opts, &deleted, &err), &err);
}

static uint32_t judge_all(cairn_conn *conn, uint64_t *judged)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_replay_runs *runs = NULL;
	uint32_t faults = 0;
	cairn_replay_filter filter = { .size = sizeof filter,
				       .scope = cairn_any(),
				       .statuses = 1u << CAIRN_REPLAY_SUCCEEDED |
						   1u << CAIRN_REPLAY_FAILED |
						   1u << CAIRN_REPLAY_CANCELED,
				       .limit = JUDGED_MAX,
				       .compact = 1 };
	do {
		must("list", cairn_replay_list(conn, &filter, &runs, &err), &err);
		for (size_t i = 0; i < runs->count; i++)
			faults += judge_agent(conn, &runs->at[i]);
		*judged += runs->count;
		if (runs->count > 0)
			filter.after = runs->at[runs->count - 1].id;
	} while (runs->count == JUDGED_MAX);
	cairn_free(runs);
	return faults;
}

uint32_t game_judge(cairn_conn *conn, uint64_t *judged)
{
	uint32_t faults = faults_of_end + atomic_load(&world->faults);
	faults += holders_judge(conn);
	faults += judge_all(conn, judged);
	sweep(conn);
	return faults;
}

/* All agents come to their end, and all ledgers to their limits. */
void game_drain(cairn_conn *conn)
{
	pthread_t thread;
	cairn_worker *worker = start_worker(&thread);
	cairn_replay_runs *runs = NULL;
	size_t left = live_jobs(conn);
	for (int64_t until = load_now() + 60 * CAIRN_SECOND; left > 0 && load_now() < until;) {
		struct timespec nap = { .tv_nsec = 50 * 1000 * 1000 };
		(void)live_runs(conn, &runs);
		for (size_t i = 0; i < runs->count; i++) {
			if (cairn_str_is(runs->at[i].type, "lone"))
				send(conn, &runs->at[i]);
		}
		nanosleep(&nap, NULL);
		left = live_jobs(conn);
	}
	cairn_free(runs);
	stop_worker(worker, thread);
	if (left > 0)
		load_die("some agents don't end", NULL);
	faults_of_end = holders_end(conn);
	printf("# %lu steps executed, %lu amounts reserved, %lu refused, %lu signals\n",
	       atomic_load(&world->executions), atomic_load(&world->reserved),
	       atomic_load(&world->refused), atomic_load(&world->sent));
}
