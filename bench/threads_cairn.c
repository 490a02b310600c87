/* threads_cairn.c - the checkpoints family through the library. */
#include <stdio.h>
#include <stdlib.h>

#include "ours.h"
#include "threads.h"

#define TENANT CAIRN_STR(BENCH_TENANT)
#define THREAD CAIRN_STR(BENCH_THREAD)

struct side {
	cairn_conn *conn;
	cairn_checkpoints *checkpoints;
	cairn_memory_items *items;
	cairn_log_event *events;
	int64_t step;
};

static void side_reset(const char *url)
{
	bench_cairn.reset(url, 0);
}

static void *side_open(const char *url)
{
	struct side *side = calloc(1, sizeof *side);
	side->conn = bench_connect(url, 1);
	side->events = calloc(100, sizeof *side->events);
	for (size_t i = 0; i < 100; i++)
		side->events[i] = (cairn_log_event){ .kind = CAIRN_STR("user_message"),
						     .data = CAIRN_STR(BENCH_PAYLOAD) };
	return side;
}

static void side_close(void *conn)
{
	struct side *side = conn;
	cairn_free(side->checkpoints);
	cairn_free(side->items);
	cairn_close(side->conn);
	free(side->events);
	free(side);
}

static void side_put(void *conn, const char *state, size_t len)
{
	struct side *side = conn;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_checkpoint_added added;
	const cairn_checkpoint_new item = { .thread = THREAD,
					    .step = side->step++,
					    .state = { state, len },
					    .metadata = CAIRN_STR("{\"source\":\"loop\"}"),
					    .next_node = CAIRN_STR("agent") };
	bench_must(cairn_checkpoint_put(side->conn, TENANT, &item, 1, &added, &err), &err);
}

static size_t side_latest(void *conn)
{
	struct side *side = conn;
	cairn_error err = CAIRN_ERROR_INIT;
	const cairn_checkpoint_ref ref = { .size = sizeof ref, .tenant = TENANT, .thread = THREAD };
	bench_must(cairn_checkpoint_get(side->conn, &ref, &side->checkpoints, &err), &err);
	return side->checkpoints->at[0].state.len;
}

static size_t side_history(void *conn, size_t limit)
{
	struct side *side = conn;
	cairn_error err = CAIRN_ERROR_INIT;
	const cairn_checkpoint_filter filter = {
		.size = sizeof filter, .tenant = TENANT, .thread = THREAD, .limit = (uint32_t)limit
	};
	bench_must(cairn_checkpoint_list(side->conn, &filter, &side->checkpoints, &err), &err);
	return side->checkpoints->count;
}

static void side_append(void *conn, size_t n)
{
	struct side *side = conn;
	cairn_error err = CAIRN_ERROR_INIT;
	int64_t head;
	const cairn_log_batch batch = { .size = sizeof batch,
					.tenant = TENANT,
					.thread = THREAD,
					.events = side->events,
					.n = n };
	bench_must(cairn_log_append(side->conn, &batch, &head, &err), &err);
}

static cairn_str key_of(char text[16], size_t i)
{
	snprintf(text, 16, "key-%zu", i);
	return cairn_str_of(text);
}

static void side_remember(void *conn, size_t i)
{
	struct side *side = conn;
	cairn_error err = CAIRN_ERROR_INIT;
	char key[16];
	cairn_memory_changed changed;
	const cairn_str segments[] = { CAIRN_STR("agent-1") };
	const cairn_memory_new item = { .ns = { segments, 1 },
					.key = key_of(key, i),
					.value = { BENCH_PAYLOAD, sizeof BENCH_PAYLOAD - 1 } };
	bench_must(cairn_memory_put(side->conn, TENANT, &item, 1, &changed, &err), &err);
}

static size_t side_recall(void *conn, size_t i)
{
	struct side *side = conn;
	cairn_error err = CAIRN_ERROR_INIT;
	char key[16];
	const cairn_str segments[] = { CAIRN_STR("agent-1") };
	const cairn_memory_ref ref = { .ns = { segments, 1 }, .key = key_of(key, i) };
	bench_must(cairn_memory_get(side->conn, TENANT, &ref, 1, &side->items, &err), &err);
	return side->items->count == 1 ? side->items->at[0].value.len : 0;
}

static void side_lock(void *conn)
{
	struct side *side = conn;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_lock lock;
	int held;
	const cairn_lock_opts opts = { .size = sizeof opts, .tenant = TENANT, .name = THREAD };
	bench_must(cairn_lock_try(side->conn, &opts, &lock, &err), &err);
	bench_must(cairn_lock_release(side->conn, &lock, &held, &err), &err);
}

const bench_threads bench_threads_cairn = {
	.reset = side_reset,
	.open = side_open,
	.close = side_close,
	.put = side_put,
	.latest = side_latest,
	.history = side_history,
	.append = side_append,
	.remember = side_remember,
	.recall = side_recall,
	.lock = side_lock,
};
