/*
 * store.h - what a store keeps: rows in tables, tables in states, one committed
 * state. state.c and rows.c know the first three, store.c the fourth.
 *
 * A row never changes once it stands in a table, a table never changes once two
 * states refer to it, and a state never changes once the call that made it has
 * ended. All three count their references. So a reader needs no lock on what it
 * took, undoing is dropping a state, and committing is replacing one pointer.
 */
#ifndef CAIRN_MEM_STORE_H
#define CAIRN_MEM_STORE_H

#include <pthread.h>
#include <stdbool.h>

#include <cairn/sys/catalog.h>
#include <cairn/sys/checkpoint.h>
#include <cairn/sys/intent.h>
#include <cairn/sys/job.h>
#include <cairn/sys/lock.h>
#include <cairn/sys/log.h>
#include <cairn/sys/memory.h>
#include <cairn/sys/migration.h>
#include <cairn/sys/owner.h>
#include <cairn/sys/queue.h>
#include <cairn/sys/replay.h>
#include <cairn/sys/schedule.h>
#include <cairn/sys/workflow.h>

/* ---- rows (rows.c) ------------------------------------------------------- */

/* The tables, each with the type of its rows and their order. */
enum mem_table {
	MEM_DEFINITIONS,  /* cairn_definition, by type */
	MEM_JOBS,	  /* cairn_job, by id; live and finished alike */
	MEM_KEYS,	  /* struct mem_key, by type, tenant, key */
	MEM_ATTEMPTS,	  /* struct mem_attempt, by job, fence; ended ones only */
	MEM_EVENTS,	  /* struct mem_event, by job, seq */
	MEM_DEAD_LETTERS, /* cairn_dead_letter, by id */
	MEM_LOGS,	  /* struct mem_log, by job, seq */
	MEM_RERUNS,	  /* struct mem_rerun, by source, run, key */
	MEM_CONFIGS,	  /* cairn_config, by type */
	MEM_SCHEDULES,	  /* cairn_schedule, by name; last_job_status is not kept */
	MEM_MIGRATIONS,	  /* struct mem_migration, by line, version */
	MEM_INTENTS,	  /* struct mem_intent, by id */
	MEM_PAUSES,	  /* struct mem_pause, by queue: those that are paused */
	MEM_RESOURCES,	  /* cairn_resource, by tenant, key; counts are not kept */
	MEM_OWNERS,	  /* cairn_owner, by name; the state is not kept */
	MEM_ITEMS,	  /* struct mem_item, by tenant, namespace, key */
	MEM_LOCKS,	  /* struct mem_lock, by tenant, name */
	MEM_THREADS,	  /* struct mem_thread, by tenant, thread */
	MEM_CHECKPOINTS,  /* struct mem_checkpoint, by tenant, thread, write_seq */
	MEM_WRITES,	  /* struct mem_pending, by tenant, thread, checkpoint, task, index */
	MEM_INTENT_KEYS,  /* struct mem_key of intents, likewise by type, tenant, key */
	MEM_LOG_HEADS,	  /* struct mem_log_head, by tenant, thread */
	MEM_LOG_EVENTS,	  /* struct mem_log_event, by tenant, thread, seq */
	MEM_RUNS,	  /* struct mem_run, by id */
	MEM_RUN_KEYS,	  /* struct mem_key of runs, likewise by type, tenant, key */
	MEM_STEPS,	  /* struct mem_step, by run, id */
	MEM_EDGES,	  /* struct mem_edge, by prerequisite, dependent */
	MEM_RUN_EVENTS,	  /* struct mem_run_event, by run, seq; those of steps are their rows */
	MEM_APPENDS,	  /* struct mem_append, by run, key */
	MEM_ACTIVE,	  /* struct mem_active, by tenant, key */
	MEM_REPLAYS,	  /* struct mem_replay, by id */
	MEM_MEMOS,	  /* cairn_memo, by run, seq */
	MEM_SIGNALS,	  /* struct mem_signal, by run, seq */
	MEM_BUDGETS,	  /* cairn_budget, by root, axis; reserved and remaining are not kept */
	MEM_ENTRIES,	  /* cairn_entry, by root, seq */
	MEM_SCHEMA,	  /* struct mem_object, by name: which tables exist */
	MEM_TABLES
};

/*
 * Rows that have more to them than their public struct. It comes first, so that
 * the row can be handed out as one.
 */
struct mem_key {
	cairn_str type;
	cairn_str tenant;
	cairn_str key;
	cairn_id job;
	uint8_t request_hash[32];
};

struct mem_attempt {
	cairn_attempt attempt;
	cairn_id job;
};

struct mem_event {
	cairn_event_record event;
	cairn_id job;
};

struct mem_log {
	cairn_log_row line;
	cairn_id job;
};

/* A job that was made from another one. */
struct mem_rerun {
	cairn_id source;
	int32_t run_number;
	cairn_str key;
	cairn_str reason;
	cairn_id job;
};

struct mem_pause {
	cairn_str queue;
	cairn_time paused_at;
};

/* A lock that is free again stays, for its fence. */
struct mem_lock {
	cairn_lock_row row;
	cairn_time released_at;
	bool held; /* its time over or not */
};

struct mem_intent {
	cairn_intent intent;
	uint8_t request_hash[32];
};

struct mem_thread {
	cairn_thread thread;
	cairn_str tenant;
};

/* Contents are kept as texts, which the public part does not have; empty ones are absent. */
struct mem_checkpoint {
	cairn_checkpoint checkpoint;
	cairn_str tenant;
	cairn_str content;
	cairn_str tags;
};

struct mem_pending {
	cairn_checkpoint_write write;
	cairn_str tenant;
	cairn_str thread;
	cairn_str content;
};

/* Of session logs. */
struct mem_log_head {
	cairn_log_head log;
	cairn_str tenant;
};

struct mem_log_event {
	cairn_log_event event;
	cairn_str tenant;
	cairn_str thread;
};

struct mem_item {
	cairn_memory_item item; /* without its value */
	cairn_str tenant;
	cairn_str tags;
	cairn_str value; /* text or bytes */
};

/* Its result is not kept. */
struct mem_run {
	cairn_run run;
	int64_t edges;
	uint8_t request_hash[32];
};

/*
 * The request's, and what became of it; what its job says is not kept, but for its end. A seq is that of
 * the event; 0: it is not told.
 */
struct mem_step {
	cairn_step step;
	int64_t released_seq;
	int64_t ended_seq;
};

struct mem_edge {
	cairn_id prerequisite;
	cairn_id dependent;
	enum cairn_release_mode mode;
};

struct mem_run_event {
	cairn_run_event event;
	cairn_id run;
};

struct mem_append {
	cairn_id run;
	cairn_str key;
	cairn_str metadata;
	cairn_str request;
	cairn_time at;
	uint8_t request_hash[32];
};

/* Who has an active key; free_at 0: as long as it is not over. */
struct mem_active {
	cairn_str tenant;
	cairn_str key;
	cairn_id run;
	cairn_time free_at;
};

/* What its job says is not kept. */
struct mem_replay {
	cairn_replay_run run;
	cairn_time begun_at;
};

struct mem_signal {
	cairn_signal signal;
	uint8_t hash[32];
};

struct mem_migration {
	cairn_history history;
	cairn_str line;
};

struct mem_object {
	cairn_object object;
	int64_t rows; /* that scripts have inserted */
};

/* What state.c must know about the rows of a table. */
struct mem_kind {
	const char *name;   /* the table's, as scripts say it */
	size_t size;	    /* of the struct */
	size_t public_size; /* of its public part */
	int (*order)(const void *a, const void *b);
	const size_t *texts; /* offsets of its cairn_str members */
	size_t text_count;
};

const struct mem_kind *cairn_mem__kind(enum mem_table table);

/* Pushes the public part of a row with its text, as a row of a result: 0, or -1 without memory. */
int cairn_mem__push(cairn_rows *rows, enum mem_table table, const void *value);

/* ---- states (state.c) ---------------------------------------------------- */

struct mem_state;

/* An empty state; a private copy of one (NULL: no memory); one reference more; one less. */
struct mem_state *cairn_mem__state_new(void);
struct mem_state *cairn_mem__state_copy(const struct mem_state *state);
struct mem_state *cairn_mem__state_keep(struct mem_state *state);
void cairn_mem__state_drop(struct mem_state *state); /* NULL is fine */

size_t cairn_mem__count(const struct mem_state *state, enum mem_table table);
const void *cairn_mem__at(const struct mem_state *state, enum mem_table table, size_t index);

/*
 * The index of the first row that is not below key, which is a struct of the table's
 * type in which nothing but the fields of its order need be set.
 */
size_t cairn_mem__seek(const struct mem_state *state, enum mem_table table, const void *key);
/*
 * The row with exactly this key, or NULL. A row that was there when a call began stands until
 * the call ends, since the state that is being copied keeps it; one that the call itself wrote
 * only until put or remove meet its key again.
 */
const void *cairn_mem__find(const struct mem_state *state, enum mem_table table, const void *key);

/*
 * Change a private copy: insert or replace a row (text is copied; value may be a
 * changed copy of the row that it replaces), take one away, or all. put and remove answer 0, or
 * -1 without memory; then the copy is only good for dropping.
 */
int cairn_mem__put(struct mem_state *state, enum mem_table which, const void *value);
int cairn_mem__remove(struct mem_state *state, enum mem_table which, const void *key);
void cairn_mem__clear(struct mem_state *state, enum mem_table which);

/* find, for the two most wanted. */
const cairn_job *cairn_mem__job(const struct mem_state *state, cairn_id id);
const cairn_definition *cairn_mem__definition(const struct mem_state *state, cairn_str type);

/* Whether a script has made the table. MEM_SCHEMA itself is always there. */
bool cairn_mem__exists(const struct mem_state *state, enum mem_table table);

/* ---- the store (store.c) ------------------------------------------------- */

/* A place in the queue for the writer's lock; each connection has one. */
struct mem_turn {
	struct mem_turn *next;
	bool interrupted;
};

struct mem_store {
	struct mem_store *next; /* in the registry */
	char *name;
	size_t name_len;
	size_t connections;
	pthread_mutex_t mutex;	/* guards what follows */
	pthread_cond_t moved;	/* the queue moved, or somebody was interrupted */
	struct mem_turn *queue; /* whoever stands first holds the writer's lock */
	struct mem_state *committed;
	uint64_t commits; /* so far */
};

/* The store of this name, made if there is none (NULL: no memory). It goes with the last close. */
struct mem_store *cairn_mem__store_open(cairn_str name);
void cairn_mem__store_close(struct mem_store *store);

/* Waits for the writer's lock, first come first served: BUSY after timeout, or INTERRUPTED. */
cairn_status cairn_mem__store_lock(struct mem_store *store, struct mem_turn *turn,
				   cairn_usec timeout, cairn_error *err);
void cairn_mem__store_unlock(struct mem_store *store, struct mem_turn *turn);
void cairn_mem__store_interrupt(struct mem_store *store, struct mem_turn *turn);

/* A reference to the committed state. */
struct mem_state *cairn_mem__store_state(struct mem_store *store);
/* Replaces the committed state; the caller holds the writer's lock and gives its reference away. */
void cairn_mem__store_commit(struct mem_store *store, struct mem_state *state);
/* Waits for a commit that is not *seen yet; 1, or 0 when the time is over. */
int cairn_mem__store_wait(struct mem_store *store, uint64_t *seen, cairn_usec timeout);

/* Memory of stores; store.c says why it is not the connection's. NULL: there is none. */
void *cairn_mem__alloc(size_t size);
void *cairn_mem__resize(void *ptr, size_t size);
void cairn_mem__free(void *ptr);

#endif
