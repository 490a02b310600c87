/*
 * mutant.h - a mutant is a driver with one rule broken: the driver's own slots,
 * called with a plan that was changed on the way in or an answer that was changed on
 * the way out. (mutants.c and its like: the tables; mutant.c: the wrapper;
 * mutant_hunt.c: the runner)
 */
#ifndef CT_MUTANT_H
#define CT_MUTANT_H

#include <cairn/sys/budget.h>
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

#include "ct_plan.h"

/* Before anything else the wrapper was entered: the driver's own tables. */
typedef struct ct_real {
	cairn_conn_ops conn;
	cairn_migration_ops migrations;
	cairn_job_ops jobs;
	cairn_intent_ops intents;
	cairn_catalog_ops catalog;
	cairn_schedule_ops schedules;
	cairn_queue_ops queues;
	cairn_resource_ops resources;
	cairn_owner_ops owners;
	cairn_lock_ops locks;
	cairn_log_ops log;
	cairn_checkpoint_ops checkpoints;
	cairn_memory_ops memory;
	cairn_workflow_ops workflows;
	cairn_replay_ops replays;
	cairn_budget_ops budgets;
} ct_real;

/* Each member is optional: what is NULL stays as the driver does it. */
typedef struct ct_mutant {
	const char *name;
	const char *rule;  /* what it no longer does */
	const char *cases; /* pattern of the cases that are tried on it */

	void (*define)(cairn_define_plan *plan);
	void (*definitions)(cairn_definition_query *query);
	void (*insert)(cairn_job_insert *job);
	void (*inserted)(const cairn_job_insert *job, cairn_job_inserted *result);
	void (*enqueue)(cairn_enqueue_plan *plan);
	void (*claim)(cairn_claim_plan *plan);
	void (*claimed)(cairn_rows *jobs);
	void (*change)(cairn_change *change);
	void (*change_plan)(cairn_change_plan *plan);
	void (*changed)(const cairn_change *change, cairn_change_result *result);
	void (*reap)(cairn_reap_plan *plan);
	void (*list)(cairn_job_query *query);
	void (*listed)(cairn_rows *jobs);
	void (*history)(cairn_history_query *query); /* attempts, events, logs */
	void (*found)(const cairn_history_query *query, int *found);
	void (*dead)(cairn_dead_query *query);
	void (*replay)(cairn_rerun_plan *plan);
	void (*replay_item)(cairn_rerun_item *item);
	void (*replayed)(const cairn_rerun_item *item, cairn_rerun_done *result);
	void (*log)(cairn_log_item *item);
	void (*prune)(cairn_prune_plan *plan);
	void (*config_put)(cairn_config_plan *plan);
	void (*configs)(cairn_config_query *query);
	void (*metrics)(cairn_metrics_query *query);
	void (*measured)(cairn_rows *types);
	void (*summary)(cairn_scope *scope);
	void (*schedule_put)(cairn_schedule_put_plan *plan);
	void (*schedule_list)(cairn_schedule_query *query);
	void (*schedule_change)(cairn_schedule_change_plan *plan);
	void (*schedule_step)(void *self, cairn_schedule_step *step, cairn_job_insert *job);
	void (*schedule_fire)(cairn_schedule_fire_plan *plan);
	void (*schedule_fate)(enum cairn_schedule_fate *fate);
	void (*waiting)(cairn_wait_plan *plan);
	void (*looked)(cairn_due *work);
	void (*unparked)(cairn_upkeep_report *report);
	void (*unpark)(uint32_t *limit);
	cairn_usec unpark_clock;
	cairn_job_unpark_fn *unpark_slot;
	cairn_usec claim_clock; /* the kit's clock is moved by so much during a claim … */
	cairn_usec change_clock;
	cairn_usec reap_clock;
	cairn_usec prune_clock;

	void (*record)(cairn_job_insert *request);
	void (*recorded)(const cairn_job_insert *request, cairn_intent_found *found);
	void (*take)(cairn_take_plan *plan);
	void (*taken)(cairn_rows *intents);
	void (*settle)(cairn_settle *settle);
	void (*intent_list)(cairn_intent_query *query);
	void (*intent_stats)(cairn_intent_stats_query *query);
	void (*intent_prune)(cairn_intent_prune_plan *plan);
	cairn_usec take_clock;

	void (*queue_list)(cairn_queue_query *query);
	void (*queues_listed)(cairn_rows *queues);
	void (*queue_pause)(cairn_queue_plan *plan);
	void (*queue_paused)(cairn_queue_changed *each);
	void (*capacity)(cairn_capacity *item);
	void (*resource_list)(cairn_resource_query *query);
	void (*resources_listed)(cairn_rows *resources);
	void (*enroll)(cairn_owner_new *owner);
	void (*owner_touch)(cairn_owner_plan *plan);
	void (*owner_touched)(cairn_owner_found *found);
	void (*owner_list)(cairn_owner_query *query);
	void (*owner_prune)(cairn_usec *age, uint32_t *limit);

	void (*lock_take)(cairn_lock_plan *plan);
	void (*lock_taken)(const cairn_lock_plan *plan, int64_t *fence, cairn_time *expires_at);
	void (*lock_change)(cairn_lock_change *change);
	void (*lock_list)(cairn_lock_query *query);
	void (*locks_listed)(cairn_rows *locks);
	void (*lock_prune)(cairn_str *tenant, cairn_usec *age, uint32_t *limit);
	cairn_lock_change_fn *lock_change_slot;
	cairn_usec lock_clock;

	void (*log_append)(cairn_log_plan *plan);
	void (*log_event)(cairn_log_event *event);
	void (*log_appended)(enum cairn_log_result result, int64_t *head);
	void (*log_read)(cairn_log_query *query);
	void (*log_place)(cairn_log_place *place);
	void (*log_cut)(cairn_log_cut *cut);
	void (*log_list)(cairn_log_list_query *query);
	cairn_log_append_fn *log_append_slot;
	cairn_log_wait_fn *log_wait_slot;

	void (*checkpoint)(cairn_checkpoint_insert *item);
	void (*checkpoint_put)(cairn_checkpoint_put_found *found);
	void (*checkpoint_list)(cairn_checkpoint_query *query);
	void (*checkpoints_listed)(const cairn_checkpoint_query *query, cairn_rows *rows);
	void (*pending)(cairn_checkpoint_write *write);
	void (*thread_list)(cairn_thread_query *query);
	void (*thread_copied)(enum cairn_copy_result *result, size_t *copied);
	void (*checkpoint_delete)(cairn_checkpoint_delete_plan *plan);
	cairn_checkpoint_put_fn *checkpoint_put_slot;
	cairn_checkpoint_list_fn *checkpoint_list_slot;

	void (*item)(cairn_memory_write *item);
	void (*item_found)(const cairn_memory_write *item, cairn_memory_found *found);
	void (*items_read)(cairn_rows *items);
	void (*item_list)(cairn_memory_query *query);
	void (*item_evict)(cairn_str *tenant, uint32_t *limit);
	cairn_memory_put_fn *item_put_slot;
	cairn_memory_namespaces_fn *item_namespaces_slot;
	cairn_str item_tenant;	    /* everybody's, if not absent */
	cairn_usec item_clock;	    /* of writes … */
	cairn_usec item_read_clock; /* … and of everything else */

	/* steps are the run's */
	void (*run_insert)(cairn_run_insert *run, cairn_step_insert *steps);
	void (*run_step)(cairn_step_insert *step); /* enqueued, appended */
	void (*run_edge)(cairn_edge_insert *edge);
	void (*run_inserted)(const cairn_run_insert *run, cairn_run_inserted *result);
	void (*run_look)(cairn_run_look *look);
	void (*run_looked)(cairn_run_looked *looked, cairn_rows *steps);
	void (*run_append)(cairn_append_plan *plan);
	void (*run_enqueued)(void *self, const cairn_run_plan *plan);
	size_t run_depth; /* edges behind so many levels are lost */
	void (*run_end)(cairn_step_end *item);
	void (*run_end_plan)(cairn_step_end_plan *plan);
	void (*run_ended)(const cairn_step_end *item, cairn_step_ended *result);
	void (*run_cancel)(cairn_run_cancel_plan *plan);
	void (*run_canceled)(cairn_run_canceled *result);
	void (*run_prune)(cairn_run_prune_plan *plan);
	void (*run_list)(cairn_run_query *query);
	void (*runs_listed)(const cairn_run_query *query, cairn_rows *runs);
	void (*run_steps)(cairn_step_query *query);
	void (*steps_listed)(const cairn_step_query *query, cairn_rows *steps);
	void (*run_edges)(cairn_edge_query *query);
	void (*run_events)(cairn_run_event_query *query);
	void (*run_events_listed)(const cairn_run_event_query *query, cairn_rows *events);
	void (*run_overdue)(uint32_t *limit);
	cairn_usec overdue_clock;
	cairn_usec run_prune_clock;
	cairn_run_enqueue_fn *run_enqueue_slot;
	cairn_run_wait_fn *run_wait_slot;

	void (*replay_begin)(cairn_replay_begin_plan *plan);
	void (*replay_begun)(cairn_replay_begun *begun, cairn_rows *memos);
	void (*replay_enter)(cairn_enter_plan *plan, cairn_enter *items);
	void (*replay_entered)(const cairn_enter_plan *plan, cairn_entered *each,
			       cairn_rows *memos);
	void (*replay_leave)(cairn_leave_plan *plan);
	void (*replay_left)(const cairn_leave_plan *plan, cairn_left *left);
	void (*replay_list)(cairn_replay_query *query);
	void (*replays_listed)(const cairn_replay_query *query, cairn_rows *runs);
	void (*replay_memos)(cairn_memo_query *query);
	void (*replay_fork)(cairn_fork_plan *plan);
	void (*replay_forked)(void *self, const cairn_fork_plan *plan,
			      enum cairn_fork_result *result);
	void (*replay_remove)(cairn_replay_remove_plan *plan);
	cairn_usec replay_remove_clock;
	cairn_replay_remove_fn *replay_remove_slot;
	void (*signal_send)(cairn_signal_plan *plan, cairn_signal_insert *items);
	void (*signal_sent)(void *self, const cairn_signal_plan *plan, cairn_signal_placed *each);
	void (*signal_list)(cairn_signal_query *query);
	void (*budget_set)(cairn_budget_new *axis);
	void (*budget_write)(cairn_budget_plan *plan, cairn_budget_item *items);
	void (*budget_written)(void *self, const cairn_budget_plan *plan,
			       cairn_budget_result *each);
	void (*budget_entries)(cairn_entry_query *query);
	void (*budget_entries_listed)(cairn_rows *entries);
	cairn_usec budget_clock;      /* of writes … */
	cairn_usec budget_read_clock; /* … and of reads */
	bool budget_any;	      /* the scope is not looked at */

	/* Whole slots; they call ct_real_ops(). */
	cairn_job_claim_fn *claim_slot;
	cairn_job_change_fn *change_slot;
	cairn_job_log_fn *log_slot;
	cairn_job_prune_fn *prune_slot;
	cairn_job_wait_fn *wait_slot;
	cairn_conn_commit_fn *commit;
	cairn_conn_rollback_fn *rollback;
	cairn_migration_lock_fn
		*lock; /* applies to drivers that have one; unlock does nothing then */
	cairn_migration_apply_fn *apply;
	cairn_migration_gate_fn *gate;
	cairn_migration_history_fn *migrated;
	cairn_migration_describe_fn *describe;
} ct_mutant;

extern const ct_mutant ct_mutants[];
extern const size_t ct_mutant_count;
extern const ct_mutant ct_wait_mutants[]; /* mutants_wait.c */
extern const size_t ct_wait_mutant_count;
extern const ct_mutant ct_intent_mutants[]; /* mutants_intents.c */
extern const size_t ct_intent_mutant_count;

/* The slots of intents, wrapped (mutant_intents.c). */
void ct_wrap_intents(cairn_intent_ops *intents, const ct_mutant *mutant);
extern const ct_mutant ct_queue_mutants[]; /* mutants_queues.c */
extern const size_t ct_queue_mutant_count;

/* The slots of queues, resources and owners, wrapped (mutant_queues.c). */
void ct_wrap_queues(cairn_queue_ops *queues, const ct_mutant *mutant);
void ct_wrap_resources(cairn_resource_ops *resources, const ct_mutant *mutant);
void ct_wrap_owners(cairn_owner_ops *owners, const ct_mutant *mutant);
/* The slots of locks, wrapped (mutant_locks.c); and whether a mutant breaks one. */
void ct_wrap_locks(cairn_lock_ops *locks, const ct_mutant *mutant);
bool ct_mutates_locks(const ct_mutant *mutant);
/* The slots of checkpoints, likewise (mutant_checkpoints.c). */
void ct_wrap_checkpoints(cairn_checkpoint_ops *checkpoints, const ct_mutant *mutant);
bool ct_mutates_checkpoints(const ct_mutant *mutant);
extern const ct_mutant ct_checkpoint_mutants[]; /* mutants_checkpoints.c */
extern const size_t ct_checkpoint_mutant_count;
/* The slots of session logs, likewise (mutant_log.c). */
void ct_wrap_log(cairn_log_ops *log, const ct_mutant *mutant);
bool ct_mutates_log(const ct_mutant *mutant);
extern const ct_mutant ct_log_mutants[]; /* mutants_log.c */
extern const size_t ct_log_mutant_count;
extern const ct_mutant ct_lock_mutants[]; /* mutants_locks.c */
extern const size_t ct_lock_mutant_count;

/* The slots of memory items, wrapped (mutant_items.c); and whether a mutant breaks one. */
void ct_wrap_items(cairn_memory_ops *memory, const ct_mutant *mutant);
bool ct_mutates_items(const ct_mutant *mutant);
extern const ct_mutant ct_item_mutants[]; /* mutants_items.c */
extern const size_t ct_item_mutant_count;
/* The slots of runs, likewise (mutant_runs.c). */
void ct_wrap_runs(cairn_workflow_ops *workflows, const ct_mutant *mutant);
bool ct_mutates_runs(const ct_mutant *mutant);
extern const ct_mutant ct_flow_mutants[]; /* mutants_runs.c */
extern const size_t ct_flow_mutant_count;
extern const ct_mutant ct_run_end_mutants[]; /* mutants_run_ends.c */
extern const size_t ct_run_end_mutant_count;
/* The slots of replay runs and ledgers, put into the driver (mutant_replays.c). */
void ct_wrap_replays(cairn_driver *driver, const ct_mutant *mutant);
bool ct_mutates_replays(const ct_mutant *mutant);
bool ct_mutates_budgets(const ct_mutant *mutant);
extern const ct_mutant ct_replay_mutants[]; /* mutants_replays.c */
extern const size_t ct_replay_mutant_count;
extern const ct_mutant ct_budget_mutants[]; /* mutants_budgets.c */
extern const size_t ct_budget_mutant_count;
/* Of the verbs beyond claim and finish. */
extern const ct_mutant ct_verb_mutants[];
extern const size_t ct_verb_mutant_count;
extern const ct_mutant ct_prune_mutants[]; /* mutants_prune.c: with the lines of logs */
extern const size_t ct_prune_mutant_count;
extern const ct_mutant ct_schedule_mutants[];
extern const size_t ct_schedule_mutant_count;

const ct_real *ct_real_ops(void);
/* Keeps the driver's own tables; then puts the mutant's slots into a copy of its descriptor. */
void ct_learn_driver(const cairn_driver *driver);
void ct_wrap_driver(cairn_driver *driver, const ct_mutant *mutant);
/* A plan's array, to be changed; free() it. */
void *ct_copy_of(const void *array, size_t n, size_t each);

#endif
