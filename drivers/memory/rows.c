/*
 * rows.c - the kinds of rows: their order, their texts, and how a stored row
 * becomes a row of a result. state.c stores them without looking into them.
 */
#include <string.h>

#include "store.h"

/* ---- orders --------------------------------------------------------------- */

static int order_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int order_definitions(const void *a, const void *b)
{
	const cairn_definition *x = a;
	const cairn_definition *y = b;
	return cairn_str_compare(x->type, y->type);
}

static int order_jobs(const void *a, const void *b)
{
	const cairn_job *x = a;
	const cairn_job *y = b;
	return cairn_id_compare(x->id, y->id);
}

/* A global job has no tenant, and no tenant is empty: absent text stands before all of them. */
static int order_keys(const void *a, const void *b)
{
	const struct mem_key *x = a;
	const struct mem_key *y = b;
	int order = cairn_str_compare(x->type, y->type);
	if (order == 0)
		order = cairn_str_compare(x->tenant, y->tenant);
	if (order == 0)
		order = cairn_str_compare(x->key, y->key);
	return order;
}

static int order_attempts(const void *a, const void *b)
{
	const struct mem_attempt *x = a;
	const struct mem_attempt *y = b;
	int order = cairn_id_compare(x->job, y->job);
	return order != 0 ? order : order_numbers(x->attempt.fence, y->attempt.fence);
}

static int order_events(const void *a, const void *b)
{
	const struct mem_event *x = a;
	const struct mem_event *y = b;
	int order = cairn_id_compare(x->job, y->job);
	return order != 0 ? order : order_numbers(x->event.seq, y->event.seq);
}

static int order_logs(const void *a, const void *b)
{
	const struct mem_log *x = a;
	const struct mem_log *y = b;
	int order = cairn_id_compare(x->job, y->job);
	return order != 0 ? order : order_numbers(x->line.seq, y->line.seq);
}

static int order_reruns(const void *a, const void *b)
{
	const struct mem_rerun *x = a;
	const struct mem_rerun *y = b;
	int order = cairn_id_compare(x->source, y->source);
	if (order == 0)
		order = order_numbers(x->run_number, y->run_number);
	return order != 0 ? order : cairn_str_compare(x->key, y->key);
}

static int order_dead_letters(const void *a, const void *b)
{
	const cairn_dead_letter *x = a;
	const cairn_dead_letter *y = b;
	return cairn_id_compare(x->id, y->id);
}

static int order_schedules(const void *a, const void *b)
{
	const cairn_schedule *x = a;
	const cairn_schedule *y = b;
	return cairn_str_compare(x->name, y->name);
}

static int order_migrations(const void *a, const void *b)
{
	const struct mem_migration *x = a;
	const struct mem_migration *y = b;
	int order = cairn_str_compare(x->line, y->line);
	return order != 0 ? order : order_numbers(x->history.version, y->history.version);
}

static int order_intents(const void *a, const void *b)
{
	const struct mem_intent *x = a;
	const struct mem_intent *y = b;
	return cairn_id_compare(x->intent.id, y->intent.id);
}

static int order_pauses(const void *a, const void *b)
{
	const struct mem_pause *x = a;
	const struct mem_pause *y = b;
	return cairn_str_compare(x->queue, y->queue);
}

static int order_resources(const void *a, const void *b)
{
	const cairn_resource *x = a;
	const cairn_resource *y = b;
	int order = cairn_str_compare(x->tenant, y->tenant);
	return order != 0 ? order : cairn_str_compare(x->key, y->key);
}

static int order_owners(const void *a, const void *b)
{
	const cairn_owner *x = a;
	const cairn_owner *y = b;
	return cairn_str_compare(x->name, y->name);
}

static int order_items(const void *a, const void *b)
{
	const struct mem_item *x = a;
	const struct mem_item *y = b;
	int order = cairn_str_compare(x->tenant, y->tenant);
	if (order == 0)
		order = cairn_str_compare(x->item.ns, y->item.ns);
	return order != 0 ? order : cairn_str_compare(x->item.key, y->item.key);
}

static int order_locks(const void *a, const void *b)
{
	const struct mem_lock *x = a;
	const struct mem_lock *y = b;
	int order = cairn_str_compare(x->row.tenant, y->row.tenant);
	return order != 0 ? order : cairn_str_compare(x->row.name, y->row.name);
}

static int order_threads(const void *a, const void *b)
{
	const struct mem_thread *x = a;
	const struct mem_thread *y = b;
	int order = cairn_str_compare(x->tenant, y->tenant);
	return order != 0 ? order : cairn_str_compare(x->thread.thread, y->thread.thread);
}

static int order_checkpoints(const void *a, const void *b)
{
	const struct mem_checkpoint *x = a;
	const struct mem_checkpoint *y = b;
	int order = cairn_str_compare(x->tenant, y->tenant);
	if (order == 0)
		order = cairn_str_compare(x->checkpoint.thread, y->checkpoint.thread);
	return order != 0 ? order : order_numbers(x->checkpoint.write_seq, y->checkpoint.write_seq);
}

static int order_pending(const void *a, const void *b)
{
	const struct mem_pending *x = a;
	const struct mem_pending *y = b;
	int order = cairn_str_compare(x->tenant, y->tenant);
	if (order == 0)
		order = cairn_str_compare(x->thread, y->thread);
	if (order == 0)
		order = cairn_id_compare(x->write.checkpoint, y->write.checkpoint);
	if (order == 0)
		order = cairn_str_compare(x->write.task, y->write.task);
	return order != 0 ? order : order_numbers(x->write.index, y->write.index);
}

static int order_log_heads(const void *a, const void *b)
{
	const struct mem_log_head *x = a;
	const struct mem_log_head *y = b;
	int order = cairn_str_compare(x->tenant, y->tenant);
	return order != 0 ? order : cairn_str_compare(x->log.thread, y->log.thread);
}

static int order_log_events(const void *a, const void *b)
{
	const struct mem_log_event *x = a;
	const struct mem_log_event *y = b;
	int order = cairn_str_compare(x->tenant, y->tenant);
	if (order == 0)
		order = cairn_str_compare(x->thread, y->thread);
	return order != 0 ? order : order_numbers(x->event.seq, y->event.seq);
}

static int order_runs(const void *a, const void *b)
{
	const struct mem_run *x = a;
	const struct mem_run *y = b;
	return cairn_id_compare(x->run.id, y->run.id);
}

static int order_steps(const void *a, const void *b)
{
	const struct mem_step *x = a;
	const struct mem_step *y = b;
	int order = cairn_id_compare(x->step.run, y->step.run);
	return order != 0 ? order : cairn_id_compare(x->step.id, y->step.id);
}

static int order_edges(const void *a, const void *b)
{
	const struct mem_edge *x = a;
	const struct mem_edge *y = b;
	int order = cairn_id_compare(x->prerequisite, y->prerequisite);
	return order != 0 ? order : cairn_id_compare(x->dependent, y->dependent);
}

static int order_run_events(const void *a, const void *b)
{
	const struct mem_run_event *x = a;
	const struct mem_run_event *y = b;
	int order = cairn_id_compare(x->run, y->run);
	return order != 0 ? order : order_numbers(x->event.seq, y->event.seq);
}

static int order_appends(const void *a, const void *b)
{
	const struct mem_append *x = a;
	const struct mem_append *y = b;
	int order = cairn_id_compare(x->run, y->run);
	return order != 0 ? order : cairn_str_compare(x->key, y->key);
}

static int order_active(const void *a, const void *b)
{
	const struct mem_active *x = a;
	const struct mem_active *y = b;
	int order = cairn_str_compare(x->tenant, y->tenant);
	return order != 0 ? order : cairn_str_compare(x->key, y->key);
}

static int order_replays(const void *a, const void *b)
{
	const struct mem_replay *x = a;
	const struct mem_replay *y = b;
	return cairn_id_compare(x->run.id, y->run.id);
}

static int order_memos(const void *a, const void *b)
{
	const cairn_memo *x = a;
	const cairn_memo *y = b;
	int order = cairn_id_compare(x->run, y->run);
	return order != 0 ? order : order_numbers(x->seq, y->seq);
}

static int order_signals(const void *a, const void *b)
{
	const struct mem_signal *x = a;
	const struct mem_signal *y = b;
	int order = cairn_id_compare(x->signal.run, y->signal.run);
	return order != 0 ? order : order_numbers(x->signal.seq, y->signal.seq);
}

static int order_budgets(const void *a, const void *b)
{
	const cairn_budget *x = a;
	const cairn_budget *y = b;
	int order = cairn_id_compare(x->root, y->root);
	return order != 0 ? order : cairn_str_compare(x->axis, y->axis);
}

static int order_entries(const void *a, const void *b)
{
	const cairn_entry *x = a;
	const cairn_entry *y = b;
	int order = cairn_id_compare(x->root, y->root);
	return order != 0 ? order : order_numbers(x->seq, y->seq);
}

static int order_objects(const void *a, const void *b)
{
	const struct mem_object *x = a;
	const struct mem_object *y = b;
	return cairn_str_compare(x->object.name, y->object.name);
}

static int order_configs(const void *a, const void *b)
{
	const cairn_config *x = a;
	const cairn_config *y = b;
	return cairn_str_compare(x->type, y->type);
}

/* ---- texts: each cairn_str of each struct ----------------------------------- */

static const size_t definition_texts[] = {
	offsetof(cairn_definition, type),
	offsetof(cairn_definition, retry_overrides),
};

static const size_t config_texts[] = {
	offsetof(cairn_config, type),
	offsetof(cairn_config, config),
	offsetof(cairn_config, updated_by),
};

static const size_t job_texts[] = {
	offsetof(cairn_job, queue),	   offsetof(cairn_job, type),
	offsetof(cairn_job, tenant),	   offsetof(cairn_job, payload),
	offsetof(cairn_job, worker),	   offsetof(cairn_job, owner),
	offsetof(cairn_job, stage),	   offsetof(cairn_job, checkpoint),
	offsetof(cairn_job, output),	   offsetof(cairn_job, key),
	offsetof(cairn_job, request),	   offsetof(cairn_job, status_reason),
	offsetof(cairn_job, error_code),   offsetof(cairn_job, error_message),
	offsetof(cairn_job, resource_key),
};

static const size_t key_texts[] = {
	offsetof(struct mem_key, type),
	offsetof(struct mem_key, tenant),
	offsetof(struct mem_key, key),
};

static const size_t attempt_texts[] = {
	offsetof(struct mem_attempt, attempt.worker),
	offsetof(struct mem_attempt, attempt.error_code),
	offsetof(struct mem_attempt, attempt.error_message),
};

static const size_t event_texts[] = {
	offsetof(struct mem_event, event.stage),
	offsetof(struct mem_event, event.worker),
	offsetof(struct mem_event, event.reason),
	offsetof(struct mem_event, event.error_code),
	offsetof(struct mem_event, event.error_message),
	offsetof(struct mem_event, event.detail),
	offsetof(struct mem_event, event.data),
};

static const size_t log_texts[] = {
	offsetof(struct mem_log, line.message),
	offsetof(struct mem_log, line.data),
};

static const size_t rerun_texts[] = {
	offsetof(struct mem_rerun, key),
	offsetof(struct mem_rerun, reason),
};

static const size_t dead_letter_texts[] = {
	offsetof(cairn_dead_letter, type),	    offsetof(cairn_dead_letter, queue),
	offsetof(cairn_dead_letter, tenant),	    offsetof(cairn_dead_letter, error_code),
	offsetof(cairn_dead_letter, error_message), offsetof(cairn_dead_letter, payload),
	offsetof(cairn_dead_letter, checkpoint),
};

static const size_t schedule_texts[] = {
	offsetof(cairn_schedule, name),	      offsetof(cairn_schedule, type),
	offsetof(cairn_schedule, tenant),     offsetof(cairn_schedule, queue),
	offsetof(cairn_schedule, owner),      offsetof(cairn_schedule, payload),
	offsetof(cairn_schedule, cron),	      offsetof(cairn_schedule, zone),
	offsetof(cairn_schedule, last_error),
};

static const size_t migration_texts[] = {
	offsetof(struct mem_migration, history.name),
	offsetof(struct mem_migration, history.checksum),
	offsetof(struct mem_migration, history.introduced),
	offsetof(struct mem_migration, line),
};

static const size_t intent_texts[] = {
	offsetof(struct mem_intent, intent.type),
	offsetof(struct mem_intent, intent.queue),
	offsetof(struct mem_intent, intent.tenant),
	offsetof(struct mem_intent, intent.payload),
	offsetof(struct mem_intent, intent.key),
	offsetof(struct mem_intent, intent.owner),
	offsetof(struct mem_intent, intent.resource_key),
	offsetof(struct mem_intent, intent.stage),
	offsetof(struct mem_intent, intent.error_code),
	offsetof(struct mem_intent, intent.error_message),
	offsetof(struct mem_intent, intent.request),
};

static const size_t pause_texts[] = {
	offsetof(struct mem_pause, queue),
};

static const size_t resource_texts[] = {
	offsetof(cairn_resource, tenant),
	offsetof(cairn_resource, key),
};

static const size_t owner_texts[] = {
	offsetof(cairn_owner, name),	offsetof(cairn_owner, host),
	offsetof(cairn_owner, version), offsetof(cairn_owner, queues),
	offsetof(cairn_owner, labels),
};

static const size_t item_texts[] = {
	offsetof(struct mem_item, item.ns),	  offsetof(struct mem_item, item.key),
	offsetof(struct mem_item, item.metadata), offsetof(struct mem_item, tenant),
	offsetof(struct mem_item, tags),	  offsetof(struct mem_item, value),
};

static const size_t lock_texts[] = {
	offsetof(struct mem_lock, row.tenant),
	offsetof(struct mem_lock, row.name),
	offsetof(struct mem_lock, row.holder),
};

static const size_t thread_texts[] = {
	offsetof(struct mem_thread, thread.thread),
	offsetof(struct mem_thread, tenant),
};

static const size_t checkpoint_texts[] = {
	offsetof(struct mem_checkpoint, checkpoint.thread),
	offsetof(struct mem_checkpoint, checkpoint.ns),
	offsetof(struct mem_checkpoint, checkpoint.metadata),
	offsetof(struct mem_checkpoint, checkpoint.next_node),
	offsetof(struct mem_checkpoint, checkpoint.run),
	offsetof(struct mem_checkpoint, tenant),
	offsetof(struct mem_checkpoint, content),
	offsetof(struct mem_checkpoint, tags),
};

static const size_t pending_texts[] = {
	offsetof(struct mem_pending, write.task), offsetof(struct mem_pending, write.channel),
	offsetof(struct mem_pending, tenant),	  offsetof(struct mem_pending, thread),
	offsetof(struct mem_pending, content),
};

static const size_t log_head_texts[] = {
	offsetof(struct mem_log_head, log.thread),
	offsetof(struct mem_log_head, tenant),
};

static const size_t log_event_texts[] = {
	offsetof(struct mem_log_event, event.kind),
	offsetof(struct mem_log_event, event.data),
	offsetof(struct mem_log_event, tenant),
	offsetof(struct mem_log_event, thread),
};

static const size_t run_texts[] = {
	offsetof(struct mem_run, run.type),	    offsetof(struct mem_run, run.tenant),
	offsetof(struct mem_run, run.metadata),	    offsetof(struct mem_run, run.key),
	offsetof(struct mem_run, run.active_key),   offsetof(struct mem_run, run.result_step),
	offsetof(struct mem_run, run.result),	    offsetof(struct mem_run, run.status_reason),
	offsetof(struct mem_run, run.error_code),   offsetof(struct mem_run, run.error_message),
	offsetof(struct mem_run, run.recovery_key), offsetof(struct mem_run, run.recovery_reason),
	offsetof(struct mem_run, run.request),
};

static const size_t step_texts[] = {
	offsetof(struct mem_step, step.key),	       offsetof(struct mem_step, step.type),
	offsetof(struct mem_step, step.queue),	       offsetof(struct mem_step, step.tenant),
	offsetof(struct mem_step, step.payload),       offsetof(struct mem_step, step.owner),
	offsetof(struct mem_step, step.resource_key),  offsetof(struct mem_step, step.stage),
	offsetof(struct mem_step, step.status_reason), offsetof(struct mem_step, step.error_code),
	offsetof(struct mem_step, step.error_message), offsetof(struct mem_step, step.output),
};

static const size_t run_event_texts[] = {
	offsetof(struct mem_run_event, event.step_key),
	offsetof(struct mem_run_event, event.reason),
	offsetof(struct mem_run_event, event.error_code),
	offsetof(struct mem_run_event, event.error_message),
	offsetof(struct mem_run_event, event.payload),
};

static const size_t append_texts[] = {
	offsetof(struct mem_append, key),
	offsetof(struct mem_append, metadata),
	offsetof(struct mem_append, request),
};

static const size_t active_texts[] = {
	offsetof(struct mem_active, tenant),
	offsetof(struct mem_active, key),
};

static const size_t replay_texts[] = {
	offsetof(struct mem_replay, run.scope),		offsetof(struct mem_replay, run.code),
	offsetof(struct mem_replay, run.type),		offsetof(struct mem_replay, run.queue),
	offsetof(struct mem_replay, run.tenant),	offsetof(struct mem_replay, run.owner),
	offsetof(struct mem_replay, run.worker),	offsetof(struct mem_replay, run.payload),
	offsetof(struct mem_replay, run.output),	offsetof(struct mem_replay, run.error_code),
	offsetof(struct mem_replay, run.error_message),
};

static const size_t memo_texts[] = {
	offsetof(cairn_memo, name),	     offsetof(cairn_memo, kind),
	offsetof(cairn_memo, signal),	     offsetof(cairn_memo, signature),
	offsetof(cairn_memo, result),	     offsetof(cairn_memo, error_code),
	offsetof(cairn_memo, error_message),
};

static const size_t signal_texts[] = {
	offsetof(struct mem_signal, signal.name),
	offsetof(struct mem_signal, signal.key),
	offsetof(struct mem_signal, signal.payload),
};

static const size_t budget_texts[] = {
	offsetof(cairn_budget, axis),
};

static const size_t entry_texts[] = {
	offsetof(cairn_entry, axis),
	offsetof(cairn_entry, source_type),
	offsetof(cairn_entry, source_id),
};

static const size_t object_texts[] = {
	offsetof(struct mem_object, object.object),
	offsetof(struct mem_object, object.name),
	offsetof(struct mem_object, object.definition),
};

/* ---- kinds ----------------------------------------------------------------- */

#define TEXTS(array) .texts = (array), .text_count = sizeof(array) / sizeof((array)[0])

static const struct mem_kind kinds[MEM_TABLES] = {
	[MEM_DEFINITIONS] = { .name = "cairn_job_definition",
			      .size = sizeof(cairn_definition),
			      .public_size = sizeof(cairn_definition),
			      .order = order_definitions,
			      TEXTS(definition_texts) },
	[MEM_JOBS] = { .name = "cairn_job",
		       .size = sizeof(cairn_job),
		       .public_size = sizeof(cairn_job),
		       .order = order_jobs,
		       TEXTS(job_texts) },
	[MEM_KEYS] = { .name = "cairn_job_key",
		       .size = sizeof(struct mem_key),
		       .order = order_keys,
		       TEXTS(key_texts) },
	[MEM_ATTEMPTS] = { .name = "cairn_job_attempt",
			   .size = sizeof(struct mem_attempt),
			   .public_size = sizeof(cairn_attempt),
			   .order = order_attempts,
			   TEXTS(attempt_texts) },
	[MEM_EVENTS] = { .name = "cairn_job_event",
			 .size = sizeof(struct mem_event),
			 .public_size = sizeof(cairn_event_record),
			 .order = order_events,
			 TEXTS(event_texts) },
	[MEM_DEAD_LETTERS] = { .name = "cairn_job_dead_letter",
			       .size = sizeof(cairn_dead_letter),
			       .public_size = sizeof(cairn_dead_letter),
			       .order = order_dead_letters,
			       TEXTS(dead_letter_texts) },
	[MEM_LOGS] = { .name = "cairn_job_log",
		       .size = sizeof(struct mem_log),
		       .public_size = sizeof(cairn_log_row),
		       .order = order_logs,
		       TEXTS(log_texts) },
	[MEM_RERUNS] = { .name = "cairn_job_replay",
			 .size = sizeof(struct mem_rerun),
			 .order = order_reruns,
			 TEXTS(rerun_texts) },
	[MEM_CONFIGS] = { .name = "cairn_job_config",
			  .size = sizeof(cairn_config),
			  .public_size = sizeof(cairn_config),
			  .order = order_configs,
			  TEXTS(config_texts) },
	[MEM_SCHEDULES] = { .name = "cairn_schedule",
			    .size = sizeof(cairn_schedule),
			    .public_size = sizeof(cairn_schedule),
			    .order = order_schedules,
			    TEXTS(schedule_texts) },
	[MEM_MIGRATIONS] = { .name = "cairn_migrations",
			     .size = sizeof(struct mem_migration),
			     .public_size = sizeof(cairn_history),
			     .order = order_migrations,
			     TEXTS(migration_texts) },
	[MEM_INTENTS] = { .name = "cairn_intent",
			  .size = sizeof(struct mem_intent),
			  .public_size = sizeof(cairn_intent),
			  .order = order_intents,
			  TEXTS(intent_texts) },
	[MEM_PAUSES] = { .name = "cairn_queue_pause",
			 .size = sizeof(struct mem_pause),
			 .order = order_pauses,
			 TEXTS(pause_texts) },
	[MEM_RESOURCES] = { .name = "cairn_resource",
			    .size = sizeof(cairn_resource),
			    .public_size = sizeof(cairn_resource),
			    .order = order_resources,
			    TEXTS(resource_texts) },
	[MEM_OWNERS] = { .name = "cairn_owner",
			 .size = sizeof(cairn_owner),
			 .public_size = sizeof(cairn_owner),
			 .order = order_owners,
			 TEXTS(owner_texts) },
	[MEM_ITEMS] = { .name = "cairn_memory_item",
			.size = sizeof(struct mem_item),
			.public_size = sizeof(cairn_memory_item),
			.order = order_items,
			TEXTS(item_texts) },
	[MEM_LOCKS] = { .name = "cairn_lock",
			.size = sizeof(struct mem_lock),
			.public_size = sizeof(cairn_lock_row),
			.order = order_locks,
			TEXTS(lock_texts) },
	[MEM_INTENT_KEYS] = { .name = "cairn_intent_key",
			      .size = sizeof(struct mem_key),
			      .order = order_keys,
			      TEXTS(key_texts) },
	[MEM_THREADS] = { .name = "cairn_thread",
			  .size = sizeof(struct mem_thread),
			  .public_size = sizeof(cairn_thread),
			  .order = order_threads,
			  TEXTS(thread_texts) },
	[MEM_CHECKPOINTS] = { .name = "cairn_checkpoint",
			      .size = sizeof(struct mem_checkpoint),
			      .public_size = sizeof(cairn_checkpoint),
			      .order = order_checkpoints,
			      TEXTS(checkpoint_texts) },
	[MEM_WRITES] = { .name = "cairn_checkpoint_write",
			 .size = sizeof(struct mem_pending),
			 .public_size = sizeof(cairn_checkpoint_write),
			 .order = order_pending,
			 TEXTS(pending_texts) },
	[MEM_LOG_HEADS] = { .name = "cairn_log",
			    .size = sizeof(struct mem_log_head),
			    .public_size = sizeof(cairn_log_head),
			    .order = order_log_heads,
			    TEXTS(log_head_texts) },
	[MEM_LOG_EVENTS] = { .name = "cairn_log_event",
			     .size = sizeof(struct mem_log_event),
			     .public_size = sizeof(cairn_log_event),
			     .order = order_log_events,
			     TEXTS(log_event_texts) },
	[MEM_RUNS] = { .name = "cairn_run",
		       .size = sizeof(struct mem_run),
		       .public_size = sizeof(cairn_run),
		       .order = order_runs,
		       TEXTS(run_texts) },
	[MEM_RUN_KEYS] = { .name = "cairn_run_key",
			   .size = sizeof(struct mem_key),
			   .order = order_keys,
			   TEXTS(key_texts) },
	[MEM_STEPS] = { .name = "cairn_step",
			.size = sizeof(struct mem_step),
			.public_size = sizeof(cairn_step),
			.order = order_steps,
			TEXTS(step_texts) },
	[MEM_EDGES] = { .name = "cairn_step_edge",
			.size = sizeof(struct mem_edge),
			.order = order_edges },
	[MEM_RUN_EVENTS] = { .name = "cairn_run_event",
			     .size = sizeof(struct mem_run_event),
			     .public_size = sizeof(cairn_run_event),
			     .order = order_run_events,
			     TEXTS(run_event_texts) },
	[MEM_APPENDS] = { .name = "cairn_run_append",
			  .size = sizeof(struct mem_append),
			  .order = order_appends,
			  TEXTS(append_texts) },
	[MEM_ACTIVE] = { .name = "cairn_run_active",
			 .size = sizeof(struct mem_active),
			 .order = order_active,
			 TEXTS(active_texts) },
	[MEM_REPLAYS] = { .name = "cairn_replay",
			  .size = sizeof(struct mem_replay),
			  .public_size = sizeof(cairn_replay_run),
			  .order = order_replays,
			  TEXTS(replay_texts) },
	[MEM_MEMOS] = { .name = "cairn_memo",
			.size = sizeof(cairn_memo),
			.public_size = sizeof(cairn_memo),
			.order = order_memos,
			TEXTS(memo_texts) },
	[MEM_SIGNALS] = { .name = "cairn_signal",
			  .size = sizeof(struct mem_signal),
			  .public_size = sizeof(cairn_signal),
			  .order = order_signals,
			  TEXTS(signal_texts) },
	[MEM_BUDGETS] = { .name = "cairn_budget",
			  .size = sizeof(cairn_budget),
			  .public_size = sizeof(cairn_budget),
			  .order = order_budgets,
			  TEXTS(budget_texts) },
	[MEM_ENTRIES] = { .name = "cairn_budget_entry",
			  .size = sizeof(cairn_entry),
			  .public_size = sizeof(cairn_entry),
			  .order = order_entries,
			  TEXTS(entry_texts) },
	[MEM_SCHEMA] = { .name = "cairn_schema",
			 .size = sizeof(struct mem_object),
			 .public_size = sizeof(cairn_object),
			 .order = order_objects,
			 TEXTS(object_texts) },
};

const struct mem_kind *cairn_mem__kind(enum mem_table table)
{
	return &kinds[table];
}

int cairn_mem__push(cairn_rows *rows, enum mem_table table, const void *value)
{
	const struct mem_kind *kind = &kinds[table];
	char *row = cairn_rows_push(rows);
	if (row == NULL)
		return -1;
	memcpy(row, value, kind->public_size);
	for (size_t i = 0; i < kind->text_count; i++) {
		if (kind->texts[i] >= kind->public_size)
			continue;
		cairn_str *text = (cairn_str *)(void *)(row + kind->texts[i]);
		*text = cairn_rows_str(rows, text->ptr, text->len);
	}
	return cairn_rows_failed(rows) ? -1 : 0;
}
