/* work.c - a worker's life: random calls, each said before and after in its diary. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "load.h"

struct worker {
	cairn_conn *conn;
	FILE *diary;
	uint64_t token;
	uint64_t dice;
};

static uint64_t roll(struct worker *worker, uint64_t sides)
{
	worker->dice ^= worker->dice << 13;
	worker->dice ^= worker->dice >> 7;
	worker->dice ^= worker->dice << 17;
	return worker->dice % sides;
}

static void say(struct worker *worker, struct load_line line, enum load_end end, int64_t place)
{
	line.end = end;
	line.place = place;
	if (fwrite(&line, sizeof line, 1, worker->diary) != 1 || fflush(worker->diary) != 0)
		load_die("the diary", NULL);
}

/* What a call may answer here: anything else is a fault, a deadlock above all. */
static int done(cairn_status st, const cairn_error *err, const char *what)
{
	if (st == CAIRN_OK)
		return 1;
	if (st != CAIRN_STALE && st != CAIRN_CONFLICT && st != CAIRN_BUSY)
		load_die(what, err);
	if (strcmp(err->sqlstate, "40P01") == 0)
		load_die("a deadlock", err);
	return 0;
}

/* ---- the calls ------------------------------------------------------------------ */

static cairn_status append(struct worker *worker, struct load_line *line, const cairn_lock *lock,
			   int64_t *head, cairn_error *err)
{
	char name[16];
	char texts[5][64];
	cairn_log_event events[5];
	memset(events, 0, sizeof events);
	for (uint32_t i = 0; i < line->n; i++) {
		snprintf(texts[i], sizeof texts[i], "[%llu,%u]", (unsigned long long)line->token,
			 i);
		events[i].data = cairn_str_of(texts[i]);
	}
	const cairn_log_batch batch = { .size = sizeof batch,
					.tenant = LOAD_TENANT,
					.thread = load_thread(line->thread, name),
					.events = events,
					.n = line->n,
					.lock = lock };
	return cairn_log_append(worker->conn, &batch, head, err);
}

/* Half of them only if nobody was faster. */
static cairn_status put(struct worker *worker, struct load_line *line, const cairn_lock *lock,
			int64_t *seq, cairn_error *err)
{
	char name[16];
	char state[32];
	cairn_checkpoint_added added;
	snprintf(state, sizeof state, "%llu", (unsigned long long)line->token);
	cairn_checkpoint_new item = { .thread = load_thread(line->thread, name),
				      .state = { state, strlen(state) },
				      .lock = lock };
	if (roll(worker, 2)) {
		const cairn_checkpoint_ref ref = { .size = sizeof ref,
						   .tenant = LOAD_TENANT,
						   .thread = item.thread };
		cairn_checkpoints *latest = NULL;
		cairn_error why = CAIRN_ERROR_INIT;
		cairn_status st = cairn_checkpoint_get(worker->conn, &ref, &latest, &why);
		if (st == CAIRN_OK)
			item.expected = latest->at[0].id;
		else if (st != CAIRN_NOT_FOUND)
			load_die("get", &why);
		item.set = CAIRN_CHECKPOINT_EXPECT;
		cairn_free(latest);
	}
	cairn_status st = cairn_checkpoint_put(worker->conn, LOAD_TENANT, &item, 1, &added, err);
	*seq = added.write_seq;
	return st == CAIRN_OK ? added.status : st;
}

/* One more on a counter, by comparing: its value is the number of those who succeeded. */
static cairn_status count(struct worker *worker, struct load_line *line, cairn_error *err)
{
	char name[16];
	char value[32];
	cairn_memory_items *items = NULL;
	cairn_memory_changed changed;
	const cairn_str key = load_thread(line->thread, name);
	const cairn_memory_ref ref = { .key = key };
	cairn_status st = cairn_memory_get(worker->conn, LOAD_TENANT, &ref, 1, &items, err);
	if (st != CAIRN_OK)
		return st;
	long long old = items->count > 0 ? strtoll(items->at[0].value.ptr, NULL, 10) : 0;
	snprintf(value, sizeof value, "%lld", old + 1);
	const cairn_memory_new item = { .key = key,
					.value = { value, strlen(value) },
					.revision = items->count > 0 ? items->at[0].revision : 0,
					.set = CAIRN_MEMORY_EXPECT };
	cairn_free(items);
	st = cairn_memory_put(worker->conn, LOAD_TENANT, &item, 1, &changed, err);
	return st == CAIRN_OK ? changed.status : st;
}

/* All three in one transaction, under the thread's lock: the events tell of the others. */
static cairn_status all(struct worker *worker, struct load_line *line, int64_t *head,
			cairn_error *err)
{
	char name[16];
	char key[40];
	cairn_lock lock;
	cairn_tx tx = CAIRN_TX_INIT;
	int64_t seq;
	const cairn_lock_opts mine = { .size = sizeof mine,
				       .tenant = LOAD_TENANT,
				       .name = load_thread(line->thread, name),
				       .ttl = CAIRN_SECOND };
	cairn_status st = cairn_lock_try(worker->conn, &mine, &lock, err);
	if (st != CAIRN_OK)
		return st;
	snprintf(key, sizeof key, "all-%llu", (unsigned long long)line->token);
	const cairn_memory_new item = { .key = cairn_str_of(key),
					.value = { "1", 1 },
					.lock = &lock };
	cairn_memory_changed changed;
	st = cairn_begin(worker->conn, &tx, err);
	if (st == CAIRN_OK)
		st = append(worker, line, &lock, head, err);
	if (st == CAIRN_OK)
		st = put(worker, line, &lock, &seq, err);
	if (st == CAIRN_OK)
		st = cairn_memory_put(worker->conn, LOAD_TENANT, &item, 1, &changed, err);
	if (st == CAIRN_OK)
		st = changed.status;
	if (st == CAIRN_OK)
		st = cairn_commit(&tx, err);
	cairn_rollback(&tx);
	int held;
	if (cairn_lock_release(worker->conn, &lock, &held, NULL) != CAIRN_OK)
		load_die("release", NULL);
	return st;
}

/* ---- a life --------------------------------------------------------------------- */

static void call(struct worker *worker)
{
	cairn_error err = CAIRN_ERROR_INIT;
	int64_t place = 0;
	cairn_status st = CAIRN_OK;
	struct load_line line = { .token = worker->token++,
				  .op = 1 + (uint32_t)roll(worker, LOAD_ALL),
				  .thread = (uint32_t)roll(worker, LOAD_THREADS),
				  .n = 1 + (uint32_t)roll(worker, 5) };
	say(worker, line, LOAD_BEGUN, 0);
	if (line.op == LOAD_APPEND)
		st = append(worker, &line, NULL, &place, &err);
	else if (line.op == LOAD_PUT)
		st = put(worker, &line, NULL, &place, &err);
	else if (line.op == LOAD_COUNT)
		st = count(worker, &line, &err);
	else
		st = all(worker, &line, &place, &err);
	say(worker, line, done(st, &err, "a call") ? LOAD_DONE : LOAD_REFUSED, place);
}

void load_work(const char *url, FILE *diary, uint64_t name, uint64_t seed, int64_t until)
{
	struct worker worker = {
		.conn = load_open(url), .diary = diary, .token = name * 1000000, .dice = seed | 1
	};
	struct timespec now;
	do {
		call(&worker);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000 < until);
	cairn_close(worker.conn);
}
