/*
 * plans.c - statements that were prepared while the tables were empty, as every service does at its
 * first start, are run again when the tables are full: what a call reads must not have grown.
 *
 * Each call has a connection of its own, whose statements are prepared on the empty store; the
 * server's own counters say how many rows and index entries the second run has read.
 */
#include <libpq-fe.h>
#include <time.h>
#include <unistd.h>

#include <cairn/cairn.h>
#include <cairn/intent.h>
#include <cairn/metrics.h>
#include <cairn/postgres.h>
#include <cairn/schedule.h>

#include "../kit/pg_url.h"
#include "../tap.h"
#include "plans_fill.h"
#include "plans_replay.h"

#define ITEMS 10
/* None is over before reap is called, however slow this machine is. */
#define LEASE CAIRN_HOUR

struct scene {
	cairn_conn *conn;
	cairn_id ids[ITEMS];
	cairn_lease leases[ITEMS];
	size_t count;
	cairn_changed each[ITEMS];
	struct play play;
};

static const cairn_str none = { NULL, 0 };

static void must(cairn_status status, const cairn_error *err, const char *what)
{
	if (status == CAIRN_OK)
		return;
	printf("Bail out! %s: %s %s (%s)\n", what, err->code, err->message, err->detail);
	exit(1);
}

#define MUST(call) \
	do { \
		cairn_error err = CAIRN_ERROR_INIT; \
		must((call), &err, #call); \
	} while (0)

/* A schema of its own on the server that all tests share. */
static char url[1200];
/* The schema's name, and that of a role that row-level security binds, which moves conditions behind its own. */
static char role[40];
/* The plans are made anew, from what ANALYZE has found out of the full tables. */
static bool analyzed;

static cairn_conn *open_store(bool bound)
{
	cairn_conn *conn = NULL;
	char as[1300];
	snprintf(as, sizeof as, "%s%s%s", url, bound ? "&options=-c%20role%3D" : "",
		 bound ? role : "");
	MUST(cairn_open(&conn, &cairn_postgres, as, NULL, &err));
	return conn;
}

/* ---- the calls, each of ITEMS things ------------------------------------------- */

static void add(struct scene *scene, const char *queue, const char *key)
{
	cairn_job_new jobs[ITEMS] = { { .type = CAIRN_STR("t") } };
	cairn_job_added added[ITEMS];
	char keys[ITEMS][40];
	for (size_t i = 0; i < ITEMS; i++) {
		jobs[i] = (cairn_job_new){ .type = CAIRN_STR("t"), .queue = cairn_str_of(queue) };
		snprintf(keys[i], sizeof keys[i], "%s-%zu", key, i);
		if (key[0] != '\0')
			jobs[i].key = cairn_str_of(keys[i]);
	}
	MUST(cairn_job_enqueue(scene->conn, jobs, ITEMS, added, &err));
	for (size_t i = 0; i < ITEMS; i++)
		scene->ids[i] = added[i].id;
}

static void enqueue(struct scene *scene)
{
	add(scene, "other", "");
}

static void enqueue_keyed(struct scene *scene)
{
	add(scene, "other", "again");
}

static void claim(struct scene *scene)
{
	cairn_claim_opts opts = {
		.size = sizeof opts, .worker = CAIRN_STR("w"), .lease = LEASE, .limit = ITEMS
	};
	cairn_jobs *jobs = NULL;
	MUST(cairn_job_claim(scene->conn, &opts, &jobs, &err));
	scene->count = jobs->count;
	for (size_t i = 0; i < jobs->count; i++)
		scene->leases[i] = cairn_job_lease(&jobs->at[i]);
	cairn_free(jobs);
}

static void heartbeat(struct scene *scene)
{
	MUST(cairn_job_heartbeat(scene->conn, scene->leases, scene->count, LEASE, scene->each,
				 &err));
}

static void progress(struct scene *scene)
{
	cairn_progress items[ITEMS];
	for (size_t i = 0; i < scene->count; i++)
		items[i] = (cairn_progress){ .lease = scene->leases[i],
					     .set = CAIRN_PROGRESS_DONE,
					     .done = 1,
					     .checkpoint = CAIRN_STR("{}") };
	MUST(cairn_job_progress(scene->conn, items, scene->count, scene->each, &err));
}

static void finish(struct scene *scene)
{
	cairn_finish items[ITEMS];
	for (size_t i = 0; i < scene->count; i++)
		items[i] = (cairn_finish){ .lease = scene->leases[i],
					   .how = i % 2 ? CAIRN_FINISH_SUCCESS
							: CAIRN_FINISH_RETRYABLE,
					   .error_code = i % 2 ? none : CAIRN_STR("x") };
	MUST(cairn_job_finish(scene->conn, items, scene->count, scene->each, &err));
}

static void cancel(struct scene *scene)
{
	MUST(cairn_job_cancel(scene->conn, cairn_any(), scene->ids, ITEMS, CAIRN_STR("r"),
			      scene->each, &err));
}

static void reap(struct scene *scene)
{
	cairn_reap_report *report = NULL;
	MUST(cairn_job_reap(scene->conn, NULL, &report, &err));
	cairn_free(report);
}

static void get(struct scene *scene)
{
	cairn_jobs *jobs = NULL;
	MUST(cairn_job_get(scene->conn, cairn_any(), scene->ids[0], &jobs, &err));
	cairn_free(jobs);
}

static void attempts(struct scene *scene)
{
	cairn_attempts *rows = NULL;
	MUST(cairn_job_attempts(scene->conn, cairn_any(), scene->ids[0], 0, 0, &rows, &err));
	cairn_free(rows);
}

static void events(struct scene *scene)
{
	cairn_event_rows *rows = NULL;
	MUST(cairn_job_events(scene->conn, cairn_any(), scene->ids[0], 0, 0, &rows, &err));
	cairn_free(rows);
}

static void list(struct scene *scene)
{
	cairn_jobs *jobs = NULL;
	cairn_job_filter filter = { .size = sizeof filter, .scope = cairn_any(), .limit = ITEMS };
	MUST(cairn_job_list(scene->conn, &filter, &jobs, &err));
	cairn_free(jobs);
}

/* The same items each time, half of them as they are expected. */
static void put_items(struct scene *scene)
{
	static char keys[ITEMS][16];
	static const cairn_str segment = { "a", 1 };
	cairn_memory_new items[ITEMS];
	cairn_memory_changed each[ITEMS];
	for (size_t i = 0; i < ITEMS; i++) {
		snprintf(keys[i], sizeof keys[i], "key %zu", i);
		items[i] = (cairn_memory_new){ .ns = { &segment, 1 },
					       .key = cairn_str_of(keys[i]),
					       .value = { "1", 1 },
					       .set = i % 2 ? CAIRN_MEMORY_EXPECT : 0,
					       .revision = 1 };
	}
	MUST(cairn_memory_put(scene->conn, CAIRN_STR("t"), items, ITEMS, each, &err));
}

static void use_items(struct scene *scene, bool deletes)
{
	static const cairn_str segment = { "a", 1 };
	cairn_memory_ref refs[ITEMS];
	cairn_memory_changed each[ITEMS];
	cairn_memory_items *items = NULL;
	char keys[ITEMS][16];
	for (size_t i = 0; i < ITEMS; i++) {
		snprintf(keys[i], sizeof keys[i], "key %zu", i);
		refs[i] = (cairn_memory_ref){ .ns = { &segment, 1 }, .key = cairn_str_of(keys[i]) };
	}
	if (deletes)
		MUST(cairn_memory_delete(scene->conn, CAIRN_STR("t"), refs, ITEMS, each, &err));
	else
		MUST(cairn_memory_get(scene->conn, CAIRN_STR("t"), refs, ITEMS, &items, &err));
	cairn_free(items);
}

/* One by one, each by a statement of its own. */
static void single_items(struct scene *scene)
{
	static const cairn_str segment = { "a", 1 };
	cairn_memory_items *items = NULL;
	for (size_t i = 0; i < ITEMS; i++) {
		char key[16];
		cairn_memory_changed changed;
		snprintf(key, sizeof key, "key %zu", i);
		const cairn_memory_new item = { .ns = { &segment, 1 },
						.key = cairn_str_of(key),
						.value = { "1", 1 } };
		const cairn_memory_ref ref = { .ns = item.ns, .key = item.key };
		MUST(cairn_memory_put(scene->conn, CAIRN_STR("t"), &item, 1, &changed, &err));
		MUST(cairn_memory_get(scene->conn, CAIRN_STR("t"), &ref, 1, &items, &err));
	}
	cairn_free(items);
}

static void get_items(struct scene *scene)
{
	use_items(scene, false);
}

static void delete_items(struct scene *scene)
{
	use_items(scene, true);
}

static void list_items(struct scene *scene)
{
	static const cairn_str segment = { "a", 1 };
	cairn_memory_items *items = NULL;
	cairn_memory_filter filter = { .size = sizeof filter,
				       .tenant = CAIRN_STR("t"),
				       .ns = { &segment, 1 },
				       .prefix = CAIRN_STR("key"),
				       .limit = ITEMS };
	for (uint32_t below = 0; below < 2; below++) {
		filter.set = below ? (uint32_t)CAIRN_MEMORY_BELOW : 0;
		MUST(cairn_memory_list(scene->conn, &filter, &items, &err));
	}
	cairn_free(items);
}

static void list_namespaces(struct scene *scene)
{
	cairn_memory_namespaces *rows = NULL;
	cairn_memory_namespace_filter filter = { .size = sizeof filter,
						 .tenant = CAIRN_STR("t"),
						 .limit = ITEMS };
	MUST(cairn_memory_namespace_list(scene->conn, &filter, &rows, &err));
	cairn_free(rows);
}

static void evict_items(struct scene *scene)
{
	MUST(cairn_memory_evict(scene->conn, cairn_any(), ITEMS, NULL, &err));
}

static void evict_tenant(struct scene *scene)
{
	MUST(cairn_memory_evict(scene->conn, cairn_tenant(CAIRN_STR("t")), ITEMS, NULL, &err));
}

static void waiting(struct scene *scene)
{
	const cairn_str queue = CAIRN_STR("nothing");
	cairn_wait_opts opts = { .size = sizeof opts,
				 .queues = &queue,
				 .queue_count = 1,
				 .timeout = CAIRN_MILLISECOND };
	int ready = 0;
	MUST(cairn_job_wait(scene->conn, &opts, &ready, &err));
}

static void promote(struct scene *scene)
{
	cairn_promote_report *report = NULL;
	MUST(cairn_intent_promote(scene->conn, NULL, &report, &err));
	cairn_free(report);
}

static void fire(struct scene *scene)
{
	cairn_fire_report *report = NULL;
	MUST(cairn_schedule_fire(scene->conn, NULL, &report, &err));
	cairn_free(report);
}

/* ITEMS steps, and one behind each of them, which begins when they are finished. */
static void run_graph(struct scene *scene)
{
	static const char *const keys[] = { "a0", "a1", "a2", "a3", "a4", "a5", "a6",
					    "a7", "a8", "a9", "b0", "b1", "b2", "b3",
					    "b4", "b5", "b6", "b7", "b8", "b9" };
	cairn_dependency edges[ITEMS];
	cairn_step_new steps[2 * ITEMS];
	cairn_jobs *jobs = NULL;
	memset(edges, 0, sizeof edges);
	memset(steps, 0, sizeof steps);
	for (size_t i = 0; i < 2 * ITEMS; i++)
		steps[i] = (cairn_step_new){ .key = cairn_str_of(keys[i]),
					     .type = CAIRN_STR("t"),
					     .queue = CAIRN_STR("steps") };
	for (size_t i = 0; i < ITEMS; i++) {
		edges[i].prerequisite = steps[i].key;
		steps[ITEMS + i].dependencies = &edges[i];
		steps[ITEMS + i].dependency_count = 1;
	}
	cairn_run_new run = { .type = CAIRN_STR("graph"), .steps = steps, .step_count = 2 * ITEMS };
	cairn_claim_opts opts = { .size = sizeof opts,
				  .worker = CAIRN_STR("w"),
				  .queue = CAIRN_STR("steps"),
				  .limit = ITEMS };
	cairn_finish items[ITEMS];
	MUST(cairn_run_enqueue(scene->conn, &run, 1, NULL, &err));
	MUST(cairn_job_claim(scene->conn, &opts, &jobs, &err));
	for (size_t i = 0; i < jobs->count; i++)
		items[i] = (cairn_finish){ .lease = cairn_job_lease(&jobs->at[i]),
					   .how = CAIRN_FINISH_SUCCESS };
	MUST(cairn_job_finish(scene->conn, items, jobs->count, scene->each, &err));
	cairn_free(jobs);
}

/* ---- checkpoints ------------------------------------------------------------------- */

static const cairn_blob state = { "1", 1 };

/* Adds ITEMS of them to a thread at once, whose run has its name. */
static void save(struct scene *scene, const char *thread)
{
	cairn_checkpoint_new items[ITEMS];
	cairn_checkpoint_added added[ITEMS];
	for (size_t i = 0; i < ITEMS; i++)
		items[i] = (cairn_checkpoint_new){ .thread = cairn_str_of(thread),
						   .run = cairn_str_of(thread),
						   .state = state };
	MUST(cairn_checkpoint_put(scene->conn, CAIRN_STR("t"), items, ITEMS, added, &err));
	for (size_t i = 0; i < ITEMS; i++)
		scene->ids[i] = added[i].id;
}

/* Many at once, and one after the other: behind the head, again, from an earlier one on. */
static void put_checkpoints(struct scene *scene)
{
	cairn_checkpoint_new item = { .thread = CAIRN_STR("long"),
				      .state = state,
				      .set = CAIRN_CHECKPOINT_EXPECT };
	save(scene, "long");
	for (size_t i = 1; i < ITEMS; i++) {
		item.parent = scene->ids[i - 1];
		item.expected = scene->ids[ITEMS - 1];
		item.id = cairn_id_new();
		MUST(cairn_checkpoint_put(scene->conn, CAIRN_STR("t"), &item, 1, NULL, &err));
		MUST(cairn_checkpoint_put(scene->conn, CAIRN_STR("t"), &item, 1, NULL, &err));
		item.expected = item.id;
		item.id = scene->ids[ITEMS - 1] = cairn_id_new();
		MUST(cairn_checkpoint_branch(scene->conn, CAIRN_STR("t"), &item, NULL, &err));
	}
}

/* One by one, without conditions, and each of them again. */
static void single_checkpoints(struct scene *scene)
{
	for (size_t i = 0; i < ITEMS; i++) {
		const cairn_checkpoint_new item = { .thread = CAIRN_STR("long"),
						    .id = cairn_id_new(),
						    .state = state };
		MUST(cairn_checkpoint_put(scene->conn, CAIRN_STR("t"), &item, 1, NULL, &err));
		MUST(cairn_checkpoint_put(scene->conn, CAIRN_STR("t"), &item, 1, NULL, &err));
	}
}

/* The latest, though thousands of another namespace came behind it, and by its id. */
static void get_checkpoints(struct scene *scene)
{
	cairn_checkpoints *found = NULL;
	cairn_checkpoint_ref ref = { .size = sizeof ref,
				     .tenant = CAIRN_STR("t"),
				     .thread = CAIRN_STR("got") };
	save(scene, "got");
	for (int i = 0; i < ITEMS; i++) {
		ref.id = i % 2 ? scene->ids[i] : (cairn_id){ { 0 } };
		MUST(cairn_checkpoint_get(scene->conn, &ref, &found, &err));
	}
	cairn_free(found);
}

static void list_some(struct scene *scene, cairn_checkpoint_filter filter)
{
	cairn_checkpoints *found = NULL;
	filter.size = sizeof filter;
	filter.tenant = CAIRN_STR("t");
	filter.limit = ITEMS;
	MUST(cairn_checkpoint_list(scene->conn, &filter, &found, &err));
	cairn_free(found);
}

/* With states and without, of all namespaces and of each, from the end and from early on. */
static void list_checkpoints(struct scene *scene)
{
	static const cairn_str namespaces[] = { { NULL, 0 }, { "other", 5 } };
	for (uint32_t i = 0; i < 8; i++) {
		cairn_checkpoint_filter filter = { .thread = CAIRN_STR("got") };
		filter.set = i & 1 ? (uint32_t)CAIRN_CHECKPOINT_STATES : 0;
		filter.before = i & 2 ? ITEMS * 2 : 0;
		list_some(scene, filter);
		filter.set |= (uint32_t)CAIRN_CHECKPOINT_ONE_NS;
		filter.ns = namespaces[i / 4];
		list_some(scene, filter);
	}
}

/* Those of a run, where there are no others. */
static void list_of_run(struct scene *scene)
{
	cairn_checkpoint_filter filter = { .thread = CAIRN_STR("got"), .run = CAIRN_STR("got") };
	filter.set = CAIRN_CHECKPOINT_ONE_NS;
	list_some(scene, filter);
	filter.set = 0;
	filter.before = ITEMS * 2;
	list_some(scene, filter);
}

static void list_all_checkpoints(struct scene *scene)
{
	cairn_checkpoint_filter filter = { .set = 0 };
	list_some(scene, filter);
	filter.set = CAIRN_CHECKPOINT_ONE_NS;
	filter.ns = CAIRN_STR("other");
	list_some(scene, filter);
}

static void write_pending(struct scene *scene)
{
	cairn_checkpoint_write writes[ITEMS];
	cairn_checkpoint_writes *found = NULL;
	save(scene, "long");
	for (int32_t i = 0; i < ITEMS; i++)
		writes[i] = (cairn_checkpoint_write){ .checkpoint = scene->ids[0],
						      .task = CAIRN_STR("task"),
						      .channel = CAIRN_STR("c"),
						      .value = state,
						      .index = i % 2 ? i : -i };
	for (int i = 0; i < 2; i++)
		MUST(cairn_checkpoint_write_put(scene->conn, CAIRN_STR("t"), CAIRN_STR("long"),
						writes, ITEMS, &err));
	MUST(cairn_checkpoint_write_list(scene->conn, CAIRN_STR("t"), CAIRN_STR("long"),
					 scene->ids[0], &found, &err));
	cairn_free(found);
}

static void list_threads(struct scene *scene)
{
	cairn_threads *found = NULL;
	cairn_thread_filter filter = { .size = sizeof filter,
				       .tenant = CAIRN_STR("t"),
				       .prefix = CAIRN_STR("n1"),
				       .limit = ITEMS };
	MUST(cairn_thread_list(scene->conn, &filter, &found, &err));
	cairn_free(found);
}

/* Of a thread with many behind it. */
static void prune_checkpoints(struct scene *scene)
{
	cairn_checkpoint_prune_opts opts = { .size = sizeof opts,
					     .tenant = CAIRN_STR("t"),
					     .thread = CAIRN_STR("a") };
	save(scene, "a");
	MUST(cairn_checkpoint_prune(scene->conn, &opts, NULL, &err));
}

static void prune_all_checkpoints(struct scene *scene)
{
	cairn_checkpoint_prune_opts opts = { .size = sizeof opts,
					     .tenant = CAIRN_STR("t"),
					     .limit = ITEMS - 1 };
	save(scene, "a");
	MUST(cairn_checkpoint_prune(scene->conn, &opts, NULL, &err));
}

static void delete_run(struct scene *scene)
{
	const cairn_str run = CAIRN_STR("c");
	save(scene, "c");
	MUST(cairn_checkpoint_delete_runs(scene->conn, CAIRN_STR("t"), &run, 1, NULL, &err));
}

static void copy_thread(struct scene *scene)
{
	const cairn_str copy = CAIRN_STR("b copy");
	save(scene, "b");
	MUST(cairn_thread_copy(scene->conn, CAIRN_STR("t"), CAIRN_STR("b"), copy, NULL, &err));
	MUST(cairn_thread_delete(scene->conn, CAIRN_STR("t"), &copy, 1, NULL, &err));
}

/* ---- session logs ------------------------------------------------------------------ */

static void append_logs(struct scene *scene)
{
	static const cairn_log_event events[3] = { { .data = { "1", 1 } },
						   { .data = { "2", 1 } },
						   { .data = { "3", 1 } } };
	cairn_log_batch batch = { .size = sizeof batch,
				  .tenant = CAIRN_STR("t"),
				  .thread = CAIRN_STR("long"),
				  .events = events };
	for (int i = 0; i < ITEMS; i++) {
		int64_t head = 0;
		batch.set = 0;
		batch.n = i % 2 ? 1 : 3;
		MUST(cairn_log_append(scene->conn, &batch, &head, &err));
		batch.set = CAIRN_LOG_EXPECT;
		batch.expected = head;
		MUST(cairn_log_append(scene->conn, &batch, NULL, &err));
	}
}

/* From the tail, and a page in the middle. */
static void read_logs(struct scene *scene)
{
	cairn_log_events *events = NULL;
	cairn_log_filter filter = { .size = sizeof filter,
				    .tenant = CAIRN_STR("t"),
				    .thread = CAIRN_STR("long"),
				    .limit = 1 };
	for (int i = 0; i < ITEMS; i++) {
		MUST(cairn_log_read(scene->conn, &filter, &events, &err));
		filter.after = i % 2 ? events->head / 2 : events->head - 2;
	}
	cairn_free(events);
}

static void archive_logs(struct scene *scene)
{
	cairn_log_archive_opts opts = { .size = sizeof opts,
					.tenant = CAIRN_STR("t"),
					.thread = CAIRN_STR("long"),
					.upto = 1 };
	for (int i = 0; i < ITEMS; i++) {
		size_t removed = 0;
		MUST(cairn_log_archive(scene->conn, &opts, &removed, &err));
		opts.upto += (int64_t)removed;
	}
}

static void list_logs(struct scene *scene)
{
	cairn_log_heads *logs = NULL;
	cairn_log_list_filter filter = { .size = sizeof filter,
					 .tenant = CAIRN_STR("t"),
					 .prefix = CAIRN_STR("n1"),
					 .limit = ITEMS };
	MUST(cairn_log_list(scene->conn, &filter, &logs, &err));
	cairn_free(logs);
}

/* One after the other: taken, held by somebody, extended, given back. */
static void locks(struct scene *scene)
{
	cairn_lock_opts opts = { .size = sizeof opts, .tenant = CAIRN_STR("t"), .deadline = -1 };
	for (int i = 0; i < ITEMS; i++) {
		char name[20];
		cairn_lock lock;
		cairn_error held = CAIRN_ERROR_INIT;
		snprintf(name, sizeof name, "n%d", i);
		opts.name = cairn_str_of(name);
		MUST(cairn_lock_try(scene->conn, &opts, &lock, &err));
		if (cairn_lock_try(scene->conn, &opts, &lock, &held) != CAIRN_CONFLICT)
			ok(0, "a lock is held");
		MUST(cairn_lock_extend(scene->conn, &lock, 0, &err));
		MUST(cairn_lock_release(scene->conn, &lock, NULL, &err));
	}
}

static void list_locks(struct scene *scene)
{
	cairn_lock_filter filter = { .size = sizeof filter,
				     .tenant = CAIRN_STR("t"),
				     .prefix = CAIRN_STR("n1"),
				     .limit = 10 };
	cairn_lock_rows *rows = NULL;
	MUST(cairn_lock_list(scene->conn, &filter, &rows, &err));
	cairn_free(rows);
}

/* ---- what they read --------------------------------------------------------------- */

static long long counters(PGconn *pg)
{
	return number(pg, "SELECT sum(seq_tup_read) + sum(COALESCE(idx_tup_fetch, 0)) + ("
			  "SELECT sum(idx_tup_read) FROM pg_stat_user_indexes "
			  "WHERE schemaname = current_schema()) FROM pg_stat_user_tables "
			  "WHERE schemaname = current_schema() AND relname <> 'cairn_job_waiter'");
}

/* A session's counters are there some time after it has ended: when they stand still. */
static long long rows_read(PGconn *pg)
{
	long long before = -1;
	long long now = counters(pg);
	while (now != before) {
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
		before = now;
		now = counters(pg);
	}
	return now;
}

/* A call, what must have happened before it, how much it may read, and whether as the bound role. */
static const struct call {
	const char *name;
	void (*before)(struct scene *scene);
	void (*run)(struct scene *scene);
	long long most;
	bool bound;
	void (*play)(cairn_conn *conn, struct play *play); /* instead of run (plans_replay.h) */
} calls[] = {
	{ "enqueue", NULL, enqueue, 100, false, NULL },
	{ "keyed enqueue", NULL, enqueue_keyed, 100, false, NULL },
	{ "a key again", enqueue_keyed, enqueue_keyed, 200, false, NULL },
	{ "claim", NULL, claim, 200, false, NULL },
	{ "heartbeat", claim, heartbeat, 200, false, NULL },
	{ "progress", claim, progress, 200, false, NULL },
	{ "finish", claim, finish, 300, false, NULL },
	{ "cancel", enqueue, cancel, 300, false, NULL },
	{ "reap", NULL, reap, 20, false, NULL },
	{ "get", enqueue, get, 30, false, NULL },
	{ "attempts", enqueue, attempts, 30, false, NULL },
	{ "events", enqueue, events, 30, false, NULL },
	{ "list", NULL, list, 200, false, NULL },
	{ "wait", NULL, waiting, 50, false, NULL },
	{ "promote", NULL, promote, 20, false, NULL },
	{ "fire", NULL, fire, 20, false, NULL },
	{ "graph: enqueue, claim, finish", NULL, run_graph, 1500, false, NULL },
	{ "log append", NULL, append_logs, 200, true, NULL },
	{ "log read", NULL, read_logs, 100, true, NULL },
	{ "log archive", NULL, archive_logs, 100, true, NULL },
	{ "list of logs", NULL, list_logs, 30, true, NULL },
	{ "items put", NULL, put_items, 200, true, NULL },
	{ "items got", put_items, get_items, 100, true, NULL },
	{ "items one by one", NULL, single_items, 200, true, NULL },
	{ "items deleted", put_items, delete_items, 200, true, NULL },
	{ "items listed", put_items, list_items, 100, true, NULL },
	{ "namespaces listed", put_items, list_namespaces, 100, true, NULL },
	{ "items evicted", put_items, evict_items, 60, false, NULL },
	{ "a tenant's items evicted", put_items, evict_tenant, 60, true, NULL },
	{ "checkpoints put", NULL, put_checkpoints, 500, true, NULL },
	{ "checkpoints put one by one", NULL, single_checkpoints, 300, true, NULL },
	{ "checkpoints got", NULL, get_checkpoints, 100, true, NULL },
	{ "checkpoints listed", NULL, list_checkpoints, 600, true, NULL },
	{ "checkpoints of a run", NULL, list_of_run, 100, true, NULL },
	{ "checkpoints of all threads", NULL, list_all_checkpoints, 200, true, NULL },
	{ "pending writes", NULL, write_pending, 200, true, NULL },
	{ "list of threads", NULL, list_threads, 30, true, NULL },
	{ "thread copied and deleted", NULL, copy_thread, 300, true, NULL },
	{ "a thread pruned", NULL, prune_checkpoints, 300, true, NULL },
	{ "all threads pruned", NULL, prune_all_checkpoints, 300, true, NULL },
	{ "a run deleted", NULL, delete_run, 300, true, NULL },
	{ "locks", NULL, locks, 200, true, NULL },
	{ "list of locks", NULL, list_locks, 50, true, NULL },
	{ "replay: steps, reserved and charged", NULL, NULL, 900, false, play_steps },
	{ "replay: values, sleeps, entries", NULL, NULL, 700, false, play_values },
	{ "replay: woken by a signal", NULL, NULL, 700, false, play_signal },
	{ "replay: woken by its child", NULL, NULL, 700, false, play_child },
	{ "replay: memos, lists", NULL, NULL, 300, false, play_reads },
	{ "replay: broadcast, fork, delete", NULL, NULL, 600, false, play_rest },
};

#define CALLS (sizeof calls / sizeof calls[0])

static void run_call(struct scene *scene, const struct call *call)
{
	if (call->play == NULL)
		call->run(scene);
	else
		play_on(scene->conn, &scene->play, call->play);
}

static void allow(PGconn *pg)
{
	char text[400];
	snprintf(text, sizeof text,
		 "CREATE ROLE %s; GRANT USAGE ON SCHEMA %s TO %s; "
		 "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %s TO %s; SELECT 1",
		 role, role, role, role, role);
	number(pg, text);
}

static void disallow(PGconn *pg)
{
	char text[200];
	snprintf(text, sizeof text, "DROP OWNED BY %s; DROP ROLE %s; SELECT 1", role, role);
	number(pg, text);
}

static void prepare(struct scene *scenes, PGconn *pg)
{
	cairn_conn *conn = open_store(false);
	cairn_definition type = { .type = CAIRN_STR("t") };
	MUST(cairn_migrate_up(conn, NULL, NULL, &err));
	MUST(cairn_job_define(conn, &type, 1, &err));
	cairn_close(conn);
	allow(pg);
	/* nobody analyzes, nobody plans anew */
	number(pg, "DO $$ DECLARE t text; BEGIN FOR t IN SELECT relname FROM pg_stat_user_tables "
		   "WHERE schemaname = current_schema() LOOP EXECUTE "
		   "format('ALTER TABLE %I SET (autovacuum_enabled = off)', t); END LOOP; END $$; "
		   "SELECT 1");
	for (size_t i = 0; i < CALLS; i++) {
		scenes[i] = (struct scene){ .conn = open_store(calls[i].bound) };
		enqueue(&scenes[i]);
		add(&scenes[i], "default", "");
		claim(&scenes[i]);
		run_call(&scenes[i], &calls[i]);
	}
	add(&scenes[0], "default", "");
	fill(pg);
	fill_replays(pg);
	/* the first regime keeps the plans that were made for nothing */
	if (analyzed)
		number(pg, "ANALYZE; SELECT 1");
}

static PGconn *look_on(const char *given)
{
	char path[96];
	PGconn *pg = PQconnectdb(given);
	if (PQstatus(pg) != CONNECTION_OK) {
		printf("Bail out! %s", PQerrorMessage(pg));
		exit(1);
	}
	snprintf(path, sizeof path, "SET search_path = %s; SELECT 1", role);
	number(pg, path);
	return pg;
}

/* All calls once more, and what they read. */
static void compare(struct scene *scenes, PGconn *pg)
{
	long long before = rows_read(pg);
	for (size_t i = 0; i < CALLS; i++) {
		struct scene *scene = &scenes[i];
		if (calls[i].before != NULL)
			calls[i].before(scene);
		if (calls[i].before == claim && scene->count != ITEMS)
			ok(0, "%zu jobs were claimed", scene->count);
		run_call(scene, &calls[i]);
		cairn_replay_close(scene->play.replay);
		cairn_close(scene->conn);
		long long now = rows_read(pg);
		ok(now - before <= calls[i].most,
		   "%s, %s of %d: %lld rows and entries were read, at most %lld",
		   analyzed ? "analyzed" : "planned when empty", calls[i].name, ITEMS, now - before,
		   calls[i].most);
		before = now;
	}
}

static void regime(const char *given, bool analyze)
{
	static struct scene scenes[CALLS];
	analyzed = analyze;
	snprintf(role, sizeof role, "plans_%ld%s", (long)getpid(), analyze ? "_analyzed" : "");
	snprintf(url, sizeof url, "%s%sschema=%s", given, strchr(given, '?') == NULL ? "?" : "&",
		 role);
	PGconn *pg = look_on(given);
	prepare(scenes, pg);
	/* what a session has read is counted at its end at the latest */
	PQfinish(pg);
	pg = look_on(given);
	compare(scenes, pg);
	disallow(pg);
	PQfinish(pg);
}

int main(void)
{
	const char *given = pg_url();
	regime(given, false);
	regime(given, true);
	return tap_done();
}
