/*
 * mem.h - what the files of the memory driver share: a connection, the two ends of
 * every call, and the slots that driver.c puts into its tables.
 *
 * A driver for another database has the same files. What is special here is
 * store.h; everything else can be copied slot by slot.
 */
#ifndef CAIRN_MEM_H
#define CAIRN_MEM_H

#include <cairn/memory_driver.h>

#include "store.h"

/* An open transaction (depth 0) or savepoint, and the state as it is inside of it. */
struct mem_level {
	struct mem_level *outer;
	struct mem_state *state;
	uint32_t depth;
};

/* A step that the running call ends, by its job or as a gate. */
struct mem_ending {
	cairn_id run;
	cairn_id step;
	enum cairn_step_status to;
	const cairn_step_end *gate; /* NULL: its job says the rest */
};

/* A list that grows: ids, endings. Its memory is the connection's, and kept for the next call. */
struct mem_list {
	void *at;
	size_t n;
	size_t room;
};

/* A connection: the `self` of every slot. The core has zeroed it. */
struct mem {
	cairn_host *host;
	struct mem_store *store;
	struct mem_level *tx; /* innermost; NULL: none is open */
	struct mem_turn turn;
	uint64_t seen;		 /* commits, when it last waited for one */
	struct mem_list endings; /* struct mem_ending, of the running call */
	struct mem_list ended;	 /* cairn_id: steps of which the edges are to be followed */
	struct mem_list ready;	 /* cairn_id: steps that wait for nothing any more */
	struct mem_list wakes;	 /* cairn_id: replay runs that may be woken */
};

/* ---- the two ends of a call (tx.c) -------------------------------------- */

/*
 * A writing call works on a private copy of the state. end makes it the
 * connection's state (inside a transaction) or the store's (outside) if status is OK, else
 * drops it, and answers status. That is the whole of "a slot fails and then has
 * written nothing at all".
 */
struct mem_write {
	struct mem *mem;
	struct mem_state *state;
	cairn_time now; /* of every comparison and every row of this call, read after the lock */
};

/* needs: a table that must exist, else SCHEMA db.schema_missing. A begin that failed has no end. */
cairn_status cairn_mem__write_begin(struct mem *mem, enum mem_table needs, struct mem_write *write,
				    cairn_error *err);
cairn_status cairn_mem__write_end(struct mem *mem, struct mem_write *write, cairn_status status);

/* What a call does with the jobs that it picks; there is room for all of them. 0, or -1 without memory. */
typedef int mem_pick_fn(struct mem_write *write, const cairn_job **picked, void *arg);
/* Both ends, and such a call between them. */
cairn_status cairn_mem__pick(struct mem *mem, mem_pick_fn *pick, void *arg, cairn_error *err);

/* A reading call sees the transaction's state, or the committed one; it ends with state_drop. */
cairn_status cairn_mem__read_begin(struct mem *mem, enum mem_table needs, struct mem_state **state,
				   cairn_error *err);

cairn_time cairn_mem__now(struct mem *mem);

/* Whether a row of this tenant (absent: global) is in scope. */
bool cairn_mem__in_scope(const cairn_scope *scope, cairn_str tenant);

/* ---- pieces that several slots need ------------------------------------- */

/* Writes an event with the job's next seq (history.c). 0, or -1 without memory. */
int cairn_mem__event_add(struct mem_write *write, cairn_id job, const cairn_event_record *event);

/* What a change writes besides the job (history.c). 0, or -1 without memory. */
int cairn_mem__attempt_add(struct mem_write *write, const cairn_change *change,
			   const cairn_job *was, const cairn_job *is);
int cairn_mem__dead_letter_add(struct mem_write *write, const cairn_job *job);

/*
 * Applies a change whose guard holds (change.c): the job, its attempt, its events, its
 * dead letter. was is the stored row, *is becomes the new one. 0, or -1 without memory.
 */
int cairn_mem__change_apply(struct mem_write *write, const cairn_change *change,
			    const cairn_job *was, cairn_job *is);

/* Deletes an intent (intent_list.c). 0, or -1 without memory. */
int cairn_mem__intent_delete(struct mem_write *write, const cairn_intent *intent);

/* Deletes a job and all that belongs to it (prune.c). 0, or -1 without memory. */
int cairn_mem__job_delete(struct mem_write *write, const cairn_job *job);

/* A job in scope, and what is kept of it: what reads of a history have in common (history.c). */
typedef int mem_push_fn(const struct mem_state *state, const cairn_history_query *query,
			const cairn_job *job, cairn_rows *rows);
cairn_status cairn_mem__read_history(struct mem *mem, const cairn_history_query *query, int *found,
				     mem_push_fn *push, cairn_rows *rows, cairn_error *err);

/* Enqueues one job inside a call that has begun (enqueue.c); *each is zeroed. 0, or -1. */
int cairn_mem__enqueue(struct mem_write *write, const cairn_job_insert *insert, bool record,
		       cairn_job_inserted *each);

/*
 * The guard of active schedules (schedule.c): the first one by name whose type is one of
 * those that a call wrote, and is disabled now; NULL: there is none.
 */
const cairn_schedule *cairn_mem__schedule_stranded(const struct mem_state *state,
						   const cairn_define_plan *plan);

/* ASCII case ignored; every character of the part stands for itself (definition.c). */
bool cairn_mem__contains(cairn_str text, cairn_str part);

/* Byte for byte; an absent prefix is everybody's (lock.c). */
bool cairn_mem__begins(cairn_str text, cairn_str prefix);

/* Whether claims get nothing from a queue (queue.c). */
bool cairn_mem__paused(const struct mem_state *state, cairn_str queue);

/* Whether a job that needs a permit could have one now; one without a resource can (resource.c). */
bool cairn_mem__permit(const struct mem_state *state, const cairn_job *job, cairn_time now);
/* Makes a new job's resource if it is not there. 0, or -1 without memory. */
int cairn_mem__resource_need(struct mem_write *write, const cairn_job *job);

/*
 * The lock that a write has as its precondition, asked once the write has begun (lock.c): whether it
 * has this fence and its time is not over. NULL: no precondition, and true.
 */
bool cairn_mem__guard(const struct mem_write *write, cairn_lock_guard lock);

/* Claims inside a call that has begun (claim.c). */
/* Lines, as a part of a call. */
cairn_status cairn_mem__log(struct mem_write *write, const cairn_log_item *items, size_t n,
			    enum cairn_hit *each, cairn_error *err);
cairn_status cairn_mem__claim(struct mem *mem, struct mem_write *write,
			      const cairn_claim_plan *plan, cairn_rows *jobs, cairn_error *err);

/* The job of a step that was released; its step's row has been written (run.c). 0, or -1. */
int cairn_mem__run_job(struct mem_write *write, const struct mem_step *row, bool record);

/* An event of a run with the status that it has (run.c). 0, or -1 without memory. */
int cairn_mem__run_event(struct mem_write *write, const cairn_run *run, int64_t seq);

/*
 * The end of steps (run_end.c). A job as it is now: if it is a step's and has ended, that is noted; a gate
 * is noted by who ends it. settle does the rest for all that were noted, once the call has changed all jobs.
 * 0, or -1 without memory.
 */
int cairn_mem__run_ended(struct mem_write *write, const cairn_job *job);
int cairn_mem__run_note(struct mem_write *write, const struct mem_ending *ending);
int cairn_mem__run_settle(struct mem_write *write);
/* Cancels a run that is not over; *steps counts those that were swept. */
int cairn_mem__run_stop(struct mem_write *write, const struct mem_run *run,
			const cairn_run_sweep *sweep, uint32_t *steps);

/* Rows of runs and steps (run_read.c). A step in scope is found by its run's tenant. */
const struct mem_run *cairn_mem__run(const struct mem_state *state, cairn_id id);
const struct mem_run *cairn_mem__run_in_scope(const struct mem_state *state,
					      const cairn_scope *scope, cairn_id id);
const struct mem_step *cairn_mem__step(const struct mem_state *state, cairn_id run, cairn_id id);
const struct mem_step *cairn_mem__step_by_key(const struct mem_state *state, cairn_id run,
					      cairn_str key);
/* The index of a run's first step, and the step at an index if it is one of the run's. */
size_t cairn_mem__step_first(const struct mem_state *state, cairn_id run);
const struct mem_step *cairn_mem__step_at(const struct mem_state *state, cairn_id run,
					  size_t index);
bool cairn_mem__step_open(enum cairn_step_status status);
bool cairn_mem__run_over(enum cairn_run_status status);
/* As it is shown, with what its job says; and as a row of a result. */
cairn_step cairn_mem__step_shown(const struct mem_state *state, const struct mem_step *row);
int cairn_mem__step_push(const struct mem_state *state, const struct mem_step *step, bool compact,
			 cairn_rows *rows);
/* When the last lease of the run's canceled jobs ends; 0: none is live. */
cairn_time cairn_mem__run_quiet_at(const struct mem_write *write, const cairn_run *run);

/*
 * Replay runs (replay.c): a run, its memo of a name, the seq of its last memo. The root of a job, whether it has begun or
 * not.
 */
const struct mem_replay *cairn_mem__replay(const struct mem_state *state, cairn_id run);
const cairn_memo *cairn_mem__memo(const struct mem_state *state, cairn_id run, int64_t seq);
const cairn_memo *cairn_mem__memo_by_name(const struct mem_state *state, cairn_id run,
					  cairn_str name);
/* The index of a run's first row of a table that is sorted by it; the row at an index, if it is its. */
size_t cairn_mem__memo_first(const struct mem_state *state, cairn_id run);
const cairn_memo *cairn_mem__memo_at(const struct mem_state *state, cairn_id run, size_t index);
int64_t cairn_mem__memo_last(const struct mem_state *state, cairn_id run);
/* Without its signature. 0, or -1 without memory. */
int cairn_mem__memo_push(const cairn_memo *memo, cairn_rows *rows);
cairn_id cairn_mem__replay_root(const struct mem_state *state, cairn_id run);
/* An event of a run's job. data: a JSON object. 0, or -1 without memory. */
int cairn_mem__replay_event(struct mem_write *write, const cairn_job *job,
			    enum cairn_event_kind kind, const cairn_memo *memo);

/*
 * Waking (signal.c). A changed replay run: who may be woken by that is noted, and woken once the call has changed
 * all jobs.
 */
int cairn_mem__wake_note(struct mem_write *write, const cairn_job *was, const cairn_job *is);
int cairn_mem__wake_noted(struct mem_write *write);
/* The first signal of a name that nobody took. */
const struct mem_signal *cairn_mem__signal_untaken(const struct mem_state *state, cairn_id run,
						   cairn_str name);

/*
 * Deleting (replay_read.c): what is kept of one run; a run with all its descendants and their jobs, but for its own.
 * Counts into deleted, unless NULL. 0, or -1 without memory.
 */
int cairn_mem__replay_forget(struct mem_write *write, cairn_id run, cairn_replay_deleted *deleted);
int cairn_mem__replay_delete(struct mem_write *write, cairn_id run, cairn_replay_deleted *deleted);

/* Writes entries as a part of a call (budget.c): *refused with all; then nothing is written. 0, or -1. */
int cairn_mem__budget_items(struct mem_write *write, const cairn_budget_plan *plan,
			    cairn_budget_result *each, bool *refused);

/* Whether a lease holds. */
bool cairn_mem__leased(const cairn_job *job, int64_t fence, cairn_time now);

/* Room for one more in a list (run_end.c): NULL without memory. Give one back; or the connection's own. */
void *cairn_mem__list_add(struct mem *mem, struct mem_list *list, size_t size);
void cairn_mem__list_free(struct mem *mem, struct mem_list *list, size_t size);
void cairn_mem__lists_free(struct mem *mem);

/* Run a migration script, and the query of a gate (script.c). */
cairn_status cairn_mem__script_run(struct mem_state *state, cairn_str script, cairn_error *err);
cairn_status cairn_mem__script_count(const struct mem_state *state, cairn_str query, int64_t *count,
				     cairn_error *err);

/* The driver's own line of migrations (migration.c). */
enum { MEM_SET_COUNT = 11 };
extern const cairn_migration cairn_mem__set[MEM_SET_COUNT];

/* ---- slots ---------------------------------------------------------------- */

cairn_conn_open_fn cairn_mem__open;
cairn_conn_close_fn cairn_mem__close;
cairn_conn_now_fn cairn_mem__own_now;
cairn_conn_interrupt_fn cairn_mem__interrupt;

cairn_conn_begin_fn cairn_mem__begin;
cairn_conn_commit_fn cairn_mem__commit;
cairn_conn_rollback_fn cairn_mem__rollback;

cairn_migration_history_fn cairn_mem__migration_history;
cairn_migration_apply_fn cairn_mem__migration_apply;
cairn_migration_gate_fn cairn_mem__migration_gate;
cairn_migration_validate_fn cairn_mem__migration_validate;
cairn_migration_describe_fn cairn_mem__migration_describe;

cairn_job_define_fn cairn_mem__job_define;
cairn_job_definitions_fn cairn_mem__job_definitions;
cairn_job_enqueue_fn cairn_mem__job_enqueue;
cairn_job_claim_fn cairn_mem__job_claim;
cairn_job_change_fn cairn_mem__job_change;
cairn_job_reap_fn cairn_mem__job_reap;
cairn_job_list_fn cairn_mem__job_list;
cairn_job_attempts_fn cairn_mem__job_attempts;
cairn_job_events_fn cairn_mem__job_events;
cairn_job_dead_fn cairn_mem__job_dead;
cairn_job_replay_fn cairn_mem__job_replay;
cairn_job_log_fn cairn_mem__job_log;
cairn_job_logs_fn cairn_mem__job_logs;
cairn_job_prune_fn cairn_mem__job_prune;
cairn_job_waiting_fn cairn_mem__job_waiting;
cairn_job_wait_fn cairn_mem__job_wait;
cairn_job_unpark_fn cairn_mem__job_unpark;

cairn_intent_record_fn cairn_mem__intent_record;
cairn_intent_take_fn cairn_mem__intent_take;
cairn_intent_settle_fn cairn_mem__intent_settle;
cairn_intent_list_fn cairn_mem__intent_list;
cairn_intent_metrics_fn cairn_mem__intent_metrics;
cairn_intent_prune_fn cairn_mem__intent_prune;

cairn_config_put_fn cairn_mem__config_put;
cairn_configs_fn cairn_mem__configs;
cairn_metrics_fn cairn_mem__metrics;
cairn_summary_fn cairn_mem__summary;

cairn_schedule_put_fn cairn_mem__schedule_put;
cairn_schedule_list_fn cairn_mem__schedule_list;
cairn_schedule_change_fn cairn_mem__schedule_change;
cairn_schedule_fire_fn cairn_mem__schedule_fire;

cairn_queue_list_fn cairn_mem__queue_list;
cairn_queue_pause_fn cairn_mem__queue_pause;

cairn_resource_set_fn cairn_mem__resource_set;
cairn_resource_list_fn cairn_mem__resource_list;

cairn_owner_register_fn cairn_mem__owner_register;
cairn_owner_touch_fn cairn_mem__owner_touch;
cairn_owner_list_fn cairn_mem__owner_list;
cairn_owner_prune_fn cairn_mem__owner_prune;

cairn_checkpoint_put_fn cairn_mem__checkpoint_put;
cairn_checkpoint_list_fn cairn_mem__checkpoint_list;
cairn_checkpoint_write_fn cairn_mem__checkpoint_write;
cairn_checkpoint_writes_fn cairn_mem__checkpoint_writes;
cairn_checkpoint_delete_fn cairn_mem__checkpoint_delete;
cairn_thread_list_fn cairn_mem__thread_list;
cairn_thread_copy_fn cairn_mem__thread_copy;
cairn_memory_put_fn cairn_mem__memory_put;
cairn_memory_get_fn cairn_mem__memory_get;
cairn_memory_list_fn cairn_mem__memory_list;
cairn_memory_namespaces_fn cairn_mem__memory_namespaces;
cairn_memory_evict_fn cairn_mem__memory_evict;

cairn_lock_take_fn cairn_mem__lock_take;
cairn_lock_change_fn cairn_mem__lock_change;
cairn_lock_list_fn cairn_mem__lock_list;
cairn_lock_prune_fn cairn_mem__lock_prune;

cairn_log_append_fn cairn_mem__thread_log_append;
cairn_log_read_fn cairn_mem__thread_log_read;
cairn_log_archive_fn cairn_mem__thread_log_archive;
cairn_log_list_fn cairn_mem__thread_log_list;
cairn_log_wait_fn cairn_mem__thread_log_wait;

cairn_run_enqueue_fn cairn_mem__run_enqueue;
cairn_run_end_fn cairn_mem__run_end;
cairn_run_cancel_fn cairn_mem__run_cancel;
cairn_run_runs_fn cairn_mem__run_runs;
cairn_run_steps_fn cairn_mem__run_steps;
cairn_run_edges_fn cairn_mem__run_edges;
cairn_run_events_fn cairn_mem__run_events;
cairn_run_overdue_fn cairn_mem__run_overdue;
cairn_run_prune_fn cairn_mem__run_prune;
cairn_run_look_fn cairn_mem__run_look;
cairn_run_append_fn cairn_mem__run_append;
cairn_run_wait_fn cairn_mem__run_wait;

cairn_replay_begin_fn cairn_mem__replay_begin;
cairn_replay_enter_fn cairn_mem__replay_enter;
cairn_replay_leave_fn cairn_mem__replay_leave;
cairn_replay_runs_fn cairn_mem__replay_runs;
cairn_replay_memos_fn cairn_mem__replay_memos;
cairn_replay_fork_fn cairn_mem__replay_fork;
cairn_replay_remove_fn cairn_mem__replay_remove;
cairn_signal_send_fn cairn_mem__signal_send;
cairn_signal_list_fn cairn_mem__signal_list;

cairn_budget_set_fn cairn_mem__budget_set;
cairn_budget_write_fn cairn_mem__budget_write;
cairn_budget_read_fn cairn_mem__budget_read;
cairn_budget_entries_fn cairn_mem__budget_entries;

#endif
