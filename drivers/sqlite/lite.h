/*
 * lite.h - what the files of the SQLite driver share: a connection, the two ends of
 * every call, statements being run, and the slots that driver.c puts into its tables.
 *
 * A file takes one writer at a time, so a writing call is one immediate transaction
 * and needs no row locks: it reads a row, decides, and writes it back by rowid.
 */
#ifndef CAIRN_LITE_H
#define CAIRN_LITE_H

#include <stdatomic.h>
#include <stdbool.h>

#include <sqlite3.h>

#include <cairn/sqlite.h>
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

#include "sql.h"

/* What claiming, reaping and pruning remember of a row between reading and writing it. */
struct lite_slot {
	int64_t row;	  /* rowid */
	int64_t events;	  /* claiming */
	cairn_time until; /* reaping: lease_expires_at; pruning: finished_at */
	cairn_id id;
	bool marked; /* pruning: it has signals or budgets */
};

/*
 * History rows of the running call that are yet to be written, LITE_ROWS at a time. Texts are
 * the plan's or copied here: those of a row that was read are gone with its statement.
 */
#define LITE_NAME 255
#define LITE_KEY  512

struct lite_event {
	cairn_id job;
	cairn_event_record record;
	char stage[LITE_NAME]; /* or data */
};

struct lite_attempt {
	cairn_id job;
	cairn_attempt row;
	cairn_usec lease;
	char worker[LITE_NAME];
};

struct lite_pending {
	size_t events;
	size_t attempts;
	struct lite_event event[LITE_ROWS];
	struct lite_attempt attempt[LITE_ROWS];
};

/*
 * A step that the running call ends: as a gate; by its job, which went well and brings nothing but an output; or,
 * both NULL, by its job, whose row says the rest.
 */
struct lite_ending {
	cairn_id run;
	cairn_id step;
	enum cairn_step_status to;
	const cairn_step_end *gate;
	const cairn_change *success;
};

/* What cairn_job.replay says. */
#define LITE_IS_REPLAY 1
#define LITE_IS_MARKED 2

/* A budget as it was when the running call first met it, and as it is (budget.c). */
struct lite_sum {
	cairn_budget is;
	bool there;
	int64_t spent_before;
	int64_t reserved_before;
};

/* A list that grows; its memory is kept for the next call. */
struct lite_list {
	void *at;
	size_t n;
	size_t room;
};

/* What a connection that waits knows of its file (wait.c). */
struct lite_watch {
	bool tried;
	int fd; /* tells of writes to the log; only with open */
	bool open;
	int64_t version;       /* PRAGMA data_version when it last looked */
	cairn_usec stirred_at; /* the log was written; 0: nothing to expect */
};

/* A connection: the `self` of every slot. The core has zeroed it. */
struct lite {
	cairn_host *host;
	sqlite3 *db;
	bool owned;	/* opened here, not adopted: its busy and progress handlers are ours */
	bool begun;	/* the core's transaction of depth 0 is open */
	bool nested;	/* the running call stands in a transaction that it did not begin */
	bool timed_out; /* the statement was stopped by its time limit */
	bool idle;	/* the last claim found nothing: look before taking the writer's lock */
	uint32_t savepoints; /* highest open depth; 0: none */
	atomic_int interrupted;
	int64_t changes;       /* rows ever changed when the outermost transaction began */
	cairn_usec time_limit; /* of one statement; 0: none */
	cairn_usec deadline;   /* of the running statement, by the monotonic clock */
	cairn_usec waiting;    /* since when this call waits for the file; 0: it does not */
	cairn_usec waited;     /* when a wait was last over; 0: never */
	uint32_t dice;	       /* spreads the pauses of those who wait */
	struct lite_slot *slots;
	size_t slot_count;
	struct lite_pending pending;
	struct lite_list endings; /* struct lite_ending, of the running call */
	struct lite_list ended;	  /* steps whose edges are to be followed (run_end.c) */
	struct lite_list found;	  /* and those that wait for them */
	struct lite_list wakes;	  /* cairn_id: replay runs that may be woken */
	struct lite_list sums;	  /* struct lite_sum: budgets of the running call */
	struct lite_list places;  /* size_t: which of them is that of an item */
	struct lite_list due;	  /* steps whose jobs are to be inserted (run.c) */
	struct lite_watch watch;
	sqlite3_stmt *statements[LITE_SQL_COUNT];
};

/* ---- the two ends of a call (tx.c) -------------------------------------- */

/*
 * A writing call is a transaction of its own, or a savepoint inside the one that is
 * open. end keeps what was written if status is OK, else undoes it; it answers how the
 * call ended. After a begin that failed there is no end.
 */
struct lite_write {
	struct lite *lite;
	bool own;
	cairn_time now; /* of every comparison and every row of this call, read after the lock */
};

cairn_status cairn_lite__write_begin(struct lite *lite, struct lite_write *write, cairn_error *err);
cairn_status cairn_lite__write_end(struct lite_write *write, cairn_status status, cairn_error *err);

/* A call of several reading statements sees one snapshot between these. */
struct lite_read {
	struct lite *lite;
	bool own;
};

cairn_status cairn_lite__read_begin(struct lite *lite, struct lite_read *read, cairn_error *err);
cairn_status cairn_lite__read_end(struct lite_read *read, cairn_status status, cairn_error *err);

/* The start of a call of one reading statement, and of the two above. */
cairn_status cairn_lite__enter(struct lite *lite, cairn_error *err);

/* ---- time and waiting (conn.c) ------------------------------------------ */

cairn_time cairn_lite__time(struct lite *lite);
cairn_usec cairn_lite__ticks(void);
/* Lets others have the file for a moment: true, or false when the wait is over. */
bool cairn_lite__wait(struct lite *lite);
/* Called before the writer's lock is taken. */
void cairn_lite__yield(struct lite *lite);

/* Ends watching (wait.c). */
void cairn_lite__unwatch(struct lite *lite);

/* ---- failing (error.c) -------------------------------------------------- */

/* Fills err from a result code and the handle's last message. */
cairn_status cairn_lite__fail(struct lite *lite, int rc, cairn_error *err);
/* The same for another handle, a scratch database's. */
cairn_status cairn_lite__fail_on(struct lite *lite, sqlite3 *db, int rc, cairn_error *err);
/* What to answer for a COMMIT that just failed with status: it may have happened nevertheless. */
cairn_status cairn_lite__uncertain(struct lite *lite, cairn_status status, cairn_error *err);

/* ---- statements (exec.c) ------------------------------------------------ */

/* A prepared statement on its way: parameters in, then columns out, each in order. */
struct lite_run {
	struct lite *lite;
	sqlite3_stmt *stmt;
	int parameter; /* the last one bound */
	int column;    /* the next one to be read */
	int rc;	       /* of binding; the first failure stays */
	enum lite_sql which;
	cairn_usec began;
};

cairn_status cairn_lite__start(struct lite_run *run, struct lite *lite, enum lite_sql which,
			       cairn_error *err);

void cairn_lite__bind_int(struct lite_run *run, int64_t value);
void cairn_lite__bind_time(struct lite_run *run, cairn_time when);  /* 0: NULL */
void cairn_lite__bind_count(struct lite_run *run, int64_t value);   /* negative: NULL */
void cairn_lite__bind_text(struct lite_run *run, cairn_str text);   /* absent: NULL */
void cairn_lite__bind_tenant(struct lite_run *run, cairn_str text); /* absent: '' */
void cairn_lite__bind_word(struct lite_run *run, const char *word);
void cairn_lite__bind_blob(struct lite_run *run, const uint8_t *bytes, size_t len);
void cairn_lite__bind_id(struct lite_run *run, const cairn_id *id);
void cairn_lite__bind_some_id(struct lite_run *run, const cairn_id *id); /* none: NULL */
/* GLOBAL: '', TENANT: the tenant, ANY: NULL. */
void cairn_lite__bind_scope(struct lite_run *run, const cairn_scope *scope);

/* The next row: *more tells whether there is one. A failure has stopped the statement. */
cairn_status cairn_lite__row(struct lite_run *run, bool *more, cairn_error *err);
/* The row that a statement finds by an id and a scope: if it is there, it is to be read and stopped. */
cairn_status cairn_lite__in_scope(struct lite_run *run, struct lite *lite, enum lite_sql which,
				  const cairn_id *id, const cairn_scope *scope, bool *found,
				  cairn_error *err);
/* Whether there is one. */
cairn_status cairn_lite__is_in_scope(struct lite *lite, enum lite_sql which, const cairn_id *id,
				     const cairn_scope *scope, bool *found, cairn_error *err);
/* Gives the statement back; texts viewed in its row are gone then. */
void cairn_lite__stop(struct lite_run *run);
/* Runs a statement that answers nothing, to its end. */
cairn_status cairn_lite__finish(struct lite_run *run, cairn_error *err);
/* The same for one without parameters. */
cairn_status cairn_lite__do(struct lite *lite, enum lite_sql which, cairn_error *err);
/* The same, prepared for this once. */
cairn_status cairn_lite__anew(struct lite *lite, enum lite_sql which, cairn_error *err);

/* ---- columns (rows.c) --------------------------------------------------- */

int64_t cairn_lite__int(struct lite_run *run);
int32_t cairn_lite__int32(struct lite_run *run);
int64_t cairn_lite__count(struct lite_run *run); /* NULL: -1 */
cairn_id cairn_lite__id(struct lite_run *run);
/* Into the statement's own memory, good until its next step; NULL and '' are absent. */
cairn_str cairn_lite__view(struct lite_run *run);
/* A copy that lives with the result. */
cairn_str cairn_lite__text(struct lite_run *run, cairn_rows *rows);
enum cairn_job_status cairn_lite__status(struct lite_run *run);
void cairn_lite__retry(struct lite_run *run, cairn_retry *retry);

/* Reads the columns of a statement's row into a zeroed row of the answer. */
typedef void lite_read_fn(struct lite_run *run, cairn_rows *rows, void *into);

/* JOB_COLUMNS of sql.c; INTENT_COLUMNS (intent.c). */
lite_read_fn cairn_lite__job;
lite_read_fn cairn_lite__intent;

/* The end of a call whose parameters are bound: reads all rows into the answer. */
cairn_status cairn_lite__read_rows(struct lite_run *run, cairn_rows *rows, lite_read_fn *read,
				   cairn_error *err);

/* ---- pieces that several slots need ------------------------------------- */

/* What enqueueing and claiming need of a definition (definition.c). */
struct lite_definition {
	cairn_str type;
	bool found;
	bool enabled;
	bool overrides; /* has some */
	int32_t max_attempts;
	int32_t priority;
	cairn_usec timeout;
	cairn_usec retention;
	cairn_retry retry;
};

/* The last few definitions read by this call; the texts of their types must outlive it. */
#define LITE_MEMO 8
struct lite_memo {
	size_t used;
	struct lite_definition at[LITE_MEMO];
};

cairn_status cairn_lite__definition(struct lite *lite, struct lite_memo *memo, cairn_str type,
				    const struct lite_definition **definition, cairn_error *err);

/* Enqueues inside a call that has begun (enqueue.c). */
cairn_status cairn_lite__enqueue(struct lite_write *write, const cairn_enqueue_plan *plan,
				 cairn_job_inserted *each, cairn_error *err);

/*
 * The guard of active schedules (schedule.c), after the definitions of a call were written: fails
 * if one of them is disabled now and an active schedule has its type.
 */
cairn_status cairn_lite__schedule_guard(struct lite_write *write, const cairn_define_plan *plan,
					cairn_error *err);

/* A job row as a change reads it; its texts are views into the statement (change.c). */
struct lite_row {
	cairn_job job;
	int64_t row;
	int64_t events;
	int32_t replay;
	cairn_time reap_at;
	cairn_usec lease; /* as long as the claim asked for */
};

/* Events and attempts are gathered; the end of the call writes them, or flush (history.c). */
cairn_status cairn_lite__event_add(struct lite_write *write, const cairn_id *job,
				   const cairn_event_record *event, cairn_error *err);
/* The attempt that a change ends: the row as it was, and as it is. */
cairn_status cairn_lite__attempt_add(struct lite_write *write, const cairn_change *change,
				     const struct lite_row *was, const cairn_job *is,
				     cairn_error *err);
cairn_status cairn_lite__flush(struct lite_write *write, cairn_error *err);
cairn_status cairn_lite__dead_letter_put(struct lite_write *write, int64_t row, cairn_error *err);

/* A page of what belongs to a job: job, after, limit are the statement's parameters. */
cairn_status cairn_lite__history(struct lite *lite, enum lite_sql which, lite_read_fn *read,
				 const cairn_history_query *query, int *found, cairn_rows *rows,
				 cairn_error *err);

/* Deletes a job and all that belongs to it (prune.c). marked: it is a replay run, or has signals or budgets. */
cairn_status cairn_lite__delete(struct lite_write *write, int64_t row, const cairn_id *id,
				bool marked, cairn_error *err);

void cairn_lite__row_read(struct lite_run *run, struct lite_row *row);
/* Applies a change whose guard holds; *is (never NULL) is the row afterwards. */
cairn_status cairn_lite__change_apply(struct lite_write *write, const cairn_change *change,
				      const struct lite_row *was, cairn_job *is, cairn_error *err);

/*
 * The lock that a write has as its precondition, asked once the write has begun (lock.c): *held tells
 * whether it has this fence and its time is not over. NULL: no precondition, and true.
 */
cairn_status cairn_lite__guard(struct lite_write *write, cairn_lock_guard lock, bool *held,
			       cairn_error *err);

/* Claims inside a call that has begun (claim.c). */
/* Lines, as a part of a call. */
cairn_status cairn_lite__log(struct lite_write *write, const cairn_log_item *items, size_t n,
			     enum cairn_hit *each, cairn_error *err);
cairn_status cairn_lite__claim(struct lite_write *write, const cairn_claim_plan *plan,
			       cairn_rows *jobs, cairn_error *err);
/* Room for n slots, kept for the next call. */
cairn_status cairn_lite__slots(struct lite *lite, size_t n, cairn_error *err);

/*
 * Puts up to limit jobs of a queue in line whose time has come; *n of them, and *more: there are
 * others (claim.c).
 */
cairn_status cairn_lite__unpark(struct lite_write *write, cairn_str queue, size_t limit, size_t *n,
				bool *more, cairn_error *err);

/* What a claim looks for. */
struct lite_wanted {
	cairn_str queue;
	cairn_str owner;
	cairn_time now;
	const cairn_str *types; /* NULL: any */
	size_t type_count;
	bool any_owner; /* 1: pinned jobs as well, whoever owns them */
};

bool cairn_lite__type_wanted(const struct lite_wanted *wanted, cairn_str type);

/* Where a job stands in its queue; the best `limit` of several, in that order. */
struct lite_place {
	int64_t row;
	cairn_time run_at;
	cairn_id id;
	int32_t priority;
};

struct lite_places {
	struct lite_place *at;
	size_t count;
	size_t limit; /* >= 1 */
};

bool cairn_lite__before(const struct lite_place *a, const struct lite_place *b);

/* The best jobs that need a permit and can have one (resource.c). */
cairn_status cairn_lite__permitted(struct lite *lite, const struct lite_wanted *wanted,
				   struct lite_places *places, cairn_error *err);
/* The same by a look at the first in line; unless *enough there are none (front.c). */
cairn_status cairn_lite__permitted_in_front(struct lite *lite, const struct lite_wanted *wanted,
					    struct lite_places *places, bool *enough,
					    cairn_error *err);
/* Makes a new job's resource if it is not there (resource.c). */
cairn_status cairn_lite__resource_need(struct lite_write *write, cairn_str tenant, cairn_str key,
				       cairn_error *err);

/* Notes a step that was released; its job is inserted with the next ones (run.c). queued: its first stage. */
cairn_status cairn_lite__run_job(struct lite_write *write, const cairn_id *step, bool queued,
				 cairn_error *err);
/* The jobs of those that were noted, from their rows. record: their events are told. */
cairn_status cairn_lite__run_jobs(struct lite_write *write, bool record, cairn_error *err);
void cairn_lite__run_jobs_free(struct lite *lite);

/* An event of a run: its status, or what was appended (run.c). */
cairn_status cairn_lite__run_event(struct lite_write *write, const cairn_id *id,
				   const cairn_run_event *event, cairn_error *err);

/*
 * The end of steps (run_end.c). A job that has now this status: if it is a step's and that is an end,
 * it is noted, with success if that says it all; a gate is noted by who ends it. settle does the rest for all that were noted, once the
 * call has changed all jobs.
 */
cairn_status cairn_lite__run_ended(struct lite_write *write, const cairn_job *job,
				   enum cairn_job_status status, const cairn_change *success,
				   cairn_error *err);
cairn_status cairn_lite__run_note(struct lite_write *write, const struct lite_ending *ending,
				  cairn_error *err);
cairn_status cairn_lite__run_settle(struct lite_write *write, cairn_error *err);
/* Cancels a run that is not over; *steps counts those that were swept. */
cairn_status cairn_lite__run_stop(struct lite_write *write, const cairn_id *run,
				  const cairn_run_sweep *sweep, uint32_t *steps, cairn_error *err);
bool cairn_lite__run_over(enum cairn_run_status status);

/* The status of a run in scope; 0: there is none (run_read.c). */
cairn_status cairn_lite__run_found(struct lite *lite, const cairn_scope *scope, const cairn_id *id,
				   enum cairn_run_status *is, cairn_error *err);
/* A step by its key: its id, none if there is none; the rest may be NULL (run_read.c). */
struct lite_step {
	cairn_id id;
	enum cairn_step_status status;
	cairn_time deadline_at;
};
cairn_status cairn_lite__step_by_key(struct lite *lite, const cairn_id *id, cairn_str key,
				     struct lite_step *step, cairn_error *err);
/* Pushes the row of a step if it has one of these statuses. */
cairn_status cairn_lite__step_push(struct lite *lite, const cairn_id *step, uint32_t statuses,
				   bool compact, cairn_rows *rows, cairn_error *err);

/* A job under its lease, as far as steps of a replay run need it (replay.c). row 0: it is not held. */
struct lite_held {
	int64_t row;
	int64_t events;
	cairn_job job; /* id, run_number, attempt */
};
cairn_status cairn_lite__held(struct lite *lite, const cairn_id *id, int64_t fence, cairn_time now,
			      struct lite_held *held, cairn_error *err);
/* The same for statements that find more: job, fence and now are bound; its first four columns are these. */
cairn_status cairn_lite__held_start(struct lite_run *run, struct lite *lite, enum lite_sql which,
				    const cairn_id *id, int64_t fence, cairn_time now,
				    cairn_error *err);
void cairn_lite__held_read(struct lite_run *run, const cairn_id *id, struct lite_held *held);
/* A row of cairn_replay (replay.c). */
cairn_status cairn_lite__replay_put(struct lite_write *write, const cairn_replay_run *is,
				    cairn_time begun_at, cairn_error *err);
/* An event of a step (replay.c); its texts are there until the end of the call. */
cairn_status cairn_lite__step_event(struct lite_write *write, const struct lite_held *held,
				    int64_t seq, enum cairn_event_kind kind, const cairn_memo *memo,
				    cairn_error *err);
/* cairn_job.replay (replay.c). */
cairn_status cairn_lite__job_mark(struct lite *lite, int64_t row, int32_t replay, cairn_error *err);
/* MEMO_SMALL of sql_replay.h, result and signature. */
lite_read_fn cairn_lite__memo;

/*
 * Waking (signal.c). A changed replay run: who may be woken by that is noted, and woken once the call has changed
 * all jobs.
 */
cairn_status cairn_lite__wake_note(struct lite_write *write, const cairn_job *was,
				   enum cairn_job_status is, cairn_error *err);
cairn_status cairn_lite__wake_noted(struct lite_write *write, cairn_error *err);
/* The next signal of a name that nobody took becomes a memo's: seq 0, there is none. Its payload is the rows'. */
cairn_status cairn_lite__signal_take(struct lite *lite, const cairn_memo *memo, int64_t *seq,
				     cairn_str *payload, cairn_rows *rows, cairn_error *err);

/*
 * Deleting (replay_read.c): what is kept of one run; and of all below it, with their jobs. Counts into deleted, unless
 * NULL. The run's own job is left.
 */
cairn_status cairn_lite__replay_forget(struct lite_write *write, const cairn_id *run,
				       cairn_replay_deleted *deleted, cairn_error *err);
cairn_status cairn_lite__replay_delete(struct lite_write *write, const cairn_id *run,
				       cairn_replay_deleted *deleted, cairn_error *err);

/* Writes entries as a part of a call (budget.c). *refused, with all: the caller undoes what was written. */
cairn_status cairn_lite__budget_items(struct lite_write *write, const cairn_budget_plan *plan,
				      cairn_budget_result *each, bool *refused, cairn_error *err);

/* Ends a call that went well with nothing written (tx.c). */
cairn_status cairn_lite__write_undo(struct lite_write *write, cairn_error *err);

/* Room for one more in a list (run_end.c): NULL without memory. Give one back; or the connection's own. */
void *cairn_lite__list_add(struct lite *lite, struct lite_list *list, size_t size);
void cairn_lite__list_free(struct lite *lite, struct lite_list *list, size_t size);
void cairn_lite__lists_free(struct lite *lite);

/* Runs a script on a handle: the connection's, or a scratch database's (migration.c). */
cairn_status cairn_lite__script_run(struct lite *lite, sqlite3 *db, cairn_str script,
				    cairn_error *err);

/* ---- the driver's own line of migrations (generated) -------------------- */

/*
 * The table of a driver is constant data, and a constant can't be read from another
 * object: the number stands here, and opening refuses a build in which it is wrong.
 */
#define LITE_MIGRATIONS 11
extern const cairn_migration cairn_lite__migrations[];
extern const size_t cairn_lite__migration_count;

/* ---- slots -------------------------------------------------------------- */

cairn_conn_open_fn cairn_lite__open;
cairn_conn_adopt_fn cairn_lite__adopt;
cairn_conn_close_fn cairn_lite__close;
cairn_conn_now_fn cairn_lite__now;
cairn_conn_interrupt_fn cairn_lite__interrupt;

cairn_conn_begin_fn cairn_lite__begin;
cairn_conn_commit_fn cairn_lite__commit;
cairn_conn_rollback_fn cairn_lite__rollback;
cairn_conn_in_tx_fn cairn_lite__in_tx;

cairn_migration_history_fn cairn_lite__migration_history;
cairn_migration_apply_fn cairn_lite__migration_apply;
cairn_migration_gate_fn cairn_lite__migration_gate;
cairn_migration_validate_fn cairn_lite__migration_validate;
cairn_migration_describe_fn cairn_lite__migration_describe;

cairn_job_define_fn cairn_lite__job_define;
cairn_job_definitions_fn cairn_lite__job_definitions;
cairn_job_enqueue_fn cairn_lite__job_enqueue;
cairn_job_claim_fn cairn_lite__job_claim;
cairn_job_change_fn cairn_lite__job_change;
cairn_job_reap_fn cairn_lite__job_reap;
cairn_job_list_fn cairn_lite__job_list;
cairn_job_attempts_fn cairn_lite__job_attempts;
cairn_job_events_fn cairn_lite__job_events;
cairn_job_dead_fn cairn_lite__job_dead;
cairn_job_replay_fn cairn_lite__job_replay;
cairn_job_log_fn cairn_lite__job_log;
cairn_job_logs_fn cairn_lite__job_logs;
cairn_job_prune_fn cairn_lite__job_prune;
cairn_job_waiting_fn cairn_lite__job_waiting;
cairn_job_wait_fn cairn_lite__job_wait;
cairn_job_unpark_fn cairn_lite__job_unpark;
cairn_job_tidy_fn cairn_lite__job_tidy;

cairn_intent_record_fn cairn_lite__intent_record;
cairn_intent_take_fn cairn_lite__intent_take;
cairn_intent_settle_fn cairn_lite__intent_settle;
cairn_intent_list_fn cairn_lite__intent_list;
cairn_intent_metrics_fn cairn_lite__intent_metrics;
cairn_intent_prune_fn cairn_lite__intent_prune;

cairn_config_put_fn cairn_lite__config_put;
cairn_configs_fn cairn_lite__configs;
cairn_metrics_fn cairn_lite__metrics;
cairn_summary_fn cairn_lite__summary;

cairn_schedule_put_fn cairn_lite__schedule_put;
cairn_schedule_list_fn cairn_lite__schedule_list;
cairn_schedule_change_fn cairn_lite__schedule_change;
cairn_schedule_fire_fn cairn_lite__schedule_fire;

cairn_queue_list_fn cairn_lite__queue_list;
cairn_queue_pause_fn cairn_lite__queue_pause;

cairn_resource_set_fn cairn_lite__resource_set;
cairn_resource_list_fn cairn_lite__resource_list;

cairn_owner_register_fn cairn_lite__owner_register;
cairn_owner_touch_fn cairn_lite__owner_touch;
cairn_owner_list_fn cairn_lite__owner_list;
cairn_owner_prune_fn cairn_lite__owner_prune;

cairn_checkpoint_put_fn cairn_lite__checkpoint_put;
cairn_checkpoint_list_fn cairn_lite__checkpoint_list;
cairn_checkpoint_write_fn cairn_lite__checkpoint_write;
cairn_checkpoint_writes_fn cairn_lite__checkpoint_writes;
cairn_checkpoint_delete_fn cairn_lite__checkpoint_delete;
cairn_thread_list_fn cairn_lite__thread_list;
cairn_thread_copy_fn cairn_lite__thread_copy;

cairn_lock_take_fn cairn_lite__lock_take;
cairn_lock_change_fn cairn_lite__lock_change;
cairn_lock_list_fn cairn_lite__lock_list;
cairn_lock_prune_fn cairn_lite__lock_prune;

cairn_log_append_fn cairn_lite__thread_log_append;
cairn_log_read_fn cairn_lite__thread_log_read;
cairn_log_archive_fn cairn_lite__thread_log_archive;
cairn_log_list_fn cairn_lite__thread_log_list;
cairn_log_wait_fn cairn_lite__thread_log_wait;

cairn_run_enqueue_fn cairn_lite__run_enqueue;
cairn_run_end_fn cairn_lite__run_end;
cairn_run_cancel_fn cairn_lite__run_cancel;
cairn_run_runs_fn cairn_lite__run_runs;
cairn_run_steps_fn cairn_lite__run_steps;
cairn_run_edges_fn cairn_lite__run_edges;
cairn_run_events_fn cairn_lite__run_events;
cairn_run_overdue_fn cairn_lite__run_overdue;
cairn_run_prune_fn cairn_lite__run_prune;
cairn_run_look_fn cairn_lite__run_look;
cairn_run_append_fn cairn_lite__run_append;
cairn_run_wait_fn cairn_lite__run_wait;

cairn_replay_begin_fn cairn_lite__replay_begin;
cairn_replay_enter_fn cairn_lite__replay_enter;
cairn_replay_leave_fn cairn_lite__replay_leave;
cairn_replay_runs_fn cairn_lite__replay_runs;
cairn_replay_memos_fn cairn_lite__replay_memos;
cairn_replay_fork_fn cairn_lite__replay_fork;
cairn_replay_remove_fn cairn_lite__replay_remove;
cairn_signal_send_fn cairn_lite__signal_send;
cairn_signal_list_fn cairn_lite__signal_list;

cairn_budget_set_fn cairn_lite__budget_set;
cairn_budget_write_fn cairn_lite__budget_write;
cairn_budget_read_fn cairn_lite__budget_read;
cairn_budget_entries_fn cairn_lite__budget_entries;

cairn_memory_put_fn cairn_lite__memory_put;
cairn_memory_get_fn cairn_lite__memory_get;
cairn_memory_list_fn cairn_lite__memory_list;
cairn_memory_namespaces_fn cairn_lite__memory_namespaces;
cairn_memory_evict_fn cairn_lite__memory_evict;

#endif
