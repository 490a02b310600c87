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

#define ITEMS 10

struct scene {
	cairn_conn *conn;
	cairn_id ids[ITEMS];
	cairn_lease leases[ITEMS];
	size_t count;
	cairn_changed each[ITEMS];
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

static cairn_conn *open_store(void)
{
	cairn_conn *conn = NULL;
	MUST(cairn_open(&conn, &cairn_postgres, url, NULL, &err));
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
	cairn_claim_opts opts = { .size = sizeof opts, .worker = CAIRN_STR("w"), .limit = ITEMS };
	cairn_jobs *jobs = NULL;
	MUST(cairn_job_claim(scene->conn, &opts, &jobs, &err));
	scene->count = jobs->count;
	for (size_t i = 0; i < jobs->count; i++)
		scene->leases[i] = cairn_job_lease(&jobs->at[i]);
	cairn_free(jobs);
}

static void heartbeat(struct scene *scene)
{
	MUST(cairn_job_heartbeat(scene->conn, scene->leases, scene->count, 0, scene->each, &err));
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

/* ---- checkpoints -------------------------------------------------------------------- */

/* Some at once and some alone, those with and those without conditions. */
static void put_checkpoints(struct scene *scene)
{
	cairn_checkpoint_new items[ITEMS];
	cairn_checkpoint_added each[ITEMS];
	for (size_t i = 0; i < ITEMS; i++)
		items[i] =
			(cairn_checkpoint_new){ .thread = CAIRN_STR("long"), .state = { "{}", 2 } };
	MUST(cairn_checkpoint_put(scene->conn, CAIRN_STR("t"), items, ITEMS, each, &err));
	for (size_t i = 1; i < ITEMS; i++) {
		items[i].set = i % 2 ? CAIRN_CHECKPOINT_EXPECT : 0;
		items[i].expected = each[i - 1].id;
		if (i == 1)
			items[i].expected = each[ITEMS - 1].id;
		MUST(cairn_checkpoint_put(scene->conn, CAIRN_STR("t"), &items[i], 1, &each[i],
					  &err));
	}
}

static void latest_checkpoint(struct scene *scene)
{
	cairn_checkpoints *rows = NULL;
	cairn_checkpoint_ref ref = { .size = sizeof ref,
				     .tenant = CAIRN_STR("t"),
				     .thread = CAIRN_STR("long") };
	for (int i = 0; i < ITEMS; i++) {
		MUST(cairn_checkpoint_get(scene->conn, &ref, &rows, &err));
		ref.id = i % 2 ? (cairn_id){ { 0 } } : rows->at[0].id;
	}
	cairn_free(rows);
}

/* With and without states, a run, a namespace. */
static void list_checkpoints(struct scene *scene)
{
	cairn_checkpoints *rows = NULL;
	for (uint32_t i = 0; i < 8; i++) {
		cairn_checkpoint_filter filter = { .size = sizeof filter,
						   .tenant = CAIRN_STR("t"),
						   .thread = CAIRN_STR("long"),
						   .limit = ITEMS };
		filter.set = (i & 1 ? (uint32_t)CAIRN_CHECKPOINT_STATES : 0) |
			     (i & 2 ? (uint32_t)CAIRN_CHECKPOINT_ONE_NS : 0);
		filter.before = i & 4 ? 5 : 0;
		MUST(cairn_checkpoint_list(scene->conn, &filter, &rows, &err));
	}
	cairn_free(rows);
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

static long long number(PGconn *pg, const char *sql)
{
	PGresult *result = PQexec(pg, sql);
	if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1) {
		printf("Bail out! %s", PQerrorMessage(pg));
		exit(1);
	}
	long long value = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	return value;
}

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

/* A call, what must have happened before it, and how much it may read. */
static const struct call {
	const char *name;
	void (*before)(struct scene *scene);
	void (*run)(struct scene *scene);
	long long most;
} calls[] = {
	{ "enqueue", NULL, enqueue, 100 },
	{ "keyed enqueue", NULL, enqueue_keyed, 100 },
	{ "a key again", enqueue_keyed, enqueue_keyed, 200 },
	{ "claim", NULL, claim, 200 },
	{ "heartbeat", claim, heartbeat, 200 },
	{ "progress", claim, progress, 200 },
	{ "finish", claim, finish, 300 },
	{ "cancel", enqueue, cancel, 300 },
	{ "reap", NULL, reap, 20 },
	{ "get", enqueue, get, 30 },
	{ "attempts", enqueue, attempts, 30 },
	{ "events", enqueue, events, 30 },
	{ "list", NULL, list, 200 },
	{ "wait", NULL, waiting, 50 },
	{ "promote", NULL, promote, 20 },
	{ "fire", NULL, fire, 20 },
	{ "log append", NULL, append_logs, 200 },
	{ "log read", NULL, read_logs, 100 },
	{ "log archive", NULL, archive_logs, 100 },
	{ "list of logs", NULL, list_logs, 30 },
	{ "items put", NULL, put_items, 200 },
	{ "items got", put_items, get_items, 100 },
	{ "items one by one", NULL, single_items, 200 },
	{ "items deleted", put_items, delete_items, 200 },
	{ "items listed", put_items, list_items, 100 },
	{ "namespaces listed", put_items, list_namespaces, 100 },
	{ "items evicted", put_items, evict_items, 60 },
	{ "checkpoints put", NULL, put_checkpoints, 400 },
	{ "latest checkpoint", put_checkpoints, latest_checkpoint, 500 },
	{ "checkpoints listed", put_checkpoints, list_checkpoints, 600 },
	{ "locks", NULL, locks, 200 },
	{ "list of locks", NULL, list_locks, 50 },
};

#define CALLS (sizeof calls / sizeof calls[0])

/* 20,000 jobs of each kind: waiting, leased, done; keys and history with them. */
/* What a row of a table is like, but for its id, so many times. */
#define LIKE(table, which, id) \
	"INSERT INTO " table " SELECT (jsonb_populate_record(x.r, jsonb_build_object('" id "', " \
	"gen_random_uuid(), 'idempotency_key', NULL, 'reap_at', now() + interval '1 day', " \
	"'lease_expires_at', now() + interval '1 day'))).* FROM (SELECT r FROM " table " r " which \
	" LIMIT 1) x, generate_series(1, 20000);"

static void fill(PGconn *pg)
{
	number(pg,
	       LIKE("cairn_job_live",
		    "WHERE status = 'PENDING' AND queue = 'default' AND NOT parked",
		    "id") LIKE("cairn_job_live", "WHERE status = 'LEASED'",
			       "id") LIKE("cairn_job_done", "", "id")
		       LIKE("cairn_job_attempt", "",
			    "job_id") "INSERT INTO cairn_job_event (job_id, seq, at, "
				      "run_number, attempt, kind) "
				      "SELECT gen_random_uuid(), 1, now(), 1, 0, 'ENQUEUED' "
				      "FROM generate_series(1, 20000);"
				      "INSERT INTO cairn_job_key SELECT gen_random_uuid(), "
				      "'t', '', 'k' || n, "
				      "sha256('x'), '{}' FROM generate_series(1, 20000) n;"
				      "INSERT INTO cairn_job_definition SELECT "
				      "(jsonb_populate_record(d, "
				      "jsonb_build_object('type', 't' || n))).* FROM "
				      "cairn_job_definition d, "
				      "generate_series(1, 2000) n WHERE d.type = 't';"
				      "INSERT INTO cairn_memory_item (revision, created_at, "
				      "updated_at, expires_at, value_size, found, tenant, ns, "
				      "item_key, tags, metadata, value_json) "
				      "SELECT n, now(), now(), CASE WHEN n % 2 = 0 THEN now() + "
				      "interval '1 day' END, 1, 0, 't', CASE WHEN n % 4 < 2 THEN "
				      "':a' "
				      "ELSE ':b' || n % 7 END, 'k' || n, '', '{}', '1' "
				      "FROM generate_series(1, 20000) n;"
				      "SELECT 1");
}

static void fill_logs(PGconn *pg)
{
	number(pg,
	       "INSERT INTO cairn_log SELECT 1, 0, now(), now(), 't', 'n' || n "
	       "FROM generate_series(1, 20000) n;"
	       "INSERT INTO cairn_log_event SELECT l.head + n, now(), 1, 't', 'long', 'k', '{}' "
	       "FROM cairn_log l, generate_series(1, 20000) n WHERE l.thread = 'long';"
	       "UPDATE cairn_log SET head = head + 20000 WHERE thread = 'long'; SELECT 1");
}

/* A thread with many in another namespace and many in the root, and as many threads. */
static void fill_checkpoints(PGconn *pg)
{
	number(pg,
	       "INSERT INTO cairn_thread SELECT 1, now(), now(), 't', 'n' || n "
	       "FROM generate_series(1, 20000) n;"
	       "INSERT INTO cairn_checkpoint (write_seq, step, created_at, payload_version, id, "
	       "state_size, tenant, thread, ns, metadata, tags, state) "
	       "SELECT t.write_seq + n, 1, now(), 1, gen_random_uuid(), 2, 't', 'long', "
	       "CASE WHEN n <= 20000 THEN '' ELSE 'other' END, '{}', '', '{}' "
	       "FROM cairn_thread t, generate_series(1, 40000) n WHERE t.thread = 'long';"
	       "UPDATE cairn_thread SET write_seq = write_seq + 40000 WHERE thread = 'long';"
	       "SELECT 1");
}

static void fill_locks(PGconn *pg)
{
	number(pg, "INSERT INTO cairn_lock (tenant, name, fence, acquired_at, expires_at) "
		   "SELECT 't', 'n' || n, 1, now(), now() + interval '1 day' "
		   "FROM generate_series(10, 20000) n; SELECT 1");
}

static void prepare(struct scene *scenes, PGconn *pg)
{
	cairn_conn *conn = open_store();
	cairn_definition type = { .type = CAIRN_STR("t") };
	MUST(cairn_migrate_up(conn, NULL, NULL, &err));
	MUST(cairn_job_define(conn, &type, 1, &err));
	cairn_close(conn);
	/* nobody analyzes, nobody plans anew */
	number(pg, "DO $$ DECLARE t text; BEGIN FOR t IN SELECT relname FROM pg_stat_user_tables "
		   "WHERE schemaname = current_schema() LOOP EXECUTE "
		   "format('ALTER TABLE %I SET (autovacuum_enabled = off)', t); END LOOP; END $$; "
		   "SELECT 1");
	for (size_t i = 0; i < CALLS; i++) {
		scenes[i] = (struct scene){ .conn = open_store() };
		enqueue(&scenes[i]);
		add(&scenes[i], "default", "");
		claim(&scenes[i]);
		calls[i].run(&scenes[i]);
	}
	add(&scenes[0], "default", "");
	fill(pg);
	fill_logs(pg);
	fill_locks(pg);
	fill_checkpoints(pg);
}

static PGconn *look_on(const char *given)
{
	char path[64];
	PGconn *pg = PQconnectdb(given);
	if (PQstatus(pg) != CONNECTION_OK) {
		printf("Bail out! %s", PQerrorMessage(pg));
		exit(1);
	}
	snprintf(path, sizeof path, "SET search_path = plans_%ld; SELECT 1", (long)getpid());
	number(pg, path);
	return pg;
}

int main(void)
{
	static struct scene scenes[CALLS];
	const char *given = pg_url();
	snprintf(url, sizeof url, "%s%sschema=plans_%ld", given,
		 strchr(given, '?') == NULL ? "?" : "&", (long)getpid());
	PGconn *pg = look_on(given);
	prepare(scenes, pg);
	/* what a session has read is counted at its end at the latest */
	PQfinish(pg);
	pg = look_on(given);
	long long before = rows_read(pg);
	for (size_t i = 0; i < CALLS; i++) {
		struct scene *scene = &scenes[i];
		if (calls[i].before != NULL)
			calls[i].before(scene);
		if (calls[i].before == claim && scene->count != ITEMS)
			ok(0, "%zu jobs were claimed", scene->count);
		calls[i].run(scene);
		cairn_close(scene->conn);
		long long now = rows_read(pg);
		ok(now - before <= calls[i].most,
		   "%s of %d: %lld rows and entries were read, at most %lld", calls[i].name, ITEMS,
		   now - before, calls[i].most);
		before = now;
	}
	PQfinish(pg);
	return tap_done();
}
