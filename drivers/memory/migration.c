/*
 * migration.c - the migrations store. What is run, in which order and what is
 * refused is the core's; here a script runs and its history row is written, or neither.
 *
 * lock and unlock stay empty: a lock outside a transaction is of no use in a store with
 * one writer, so the core holds one transaction over the whole run.
 */
#include "mem.h"

/* ---- the driver's own line --------------------------------------------------- */

/* Columns are named for the reader; what a row holds is in store.h. */
static const char jobs_up[] =
	"-- since: 0.1.0\n"
	"CREATE TABLE cairn_job_definition (type, version, max_attempts, timeout_us, priority,\n"
	"	disabled, retry, retry_overrides, retention, created_at, updated_at);\n"
	"CREATE TABLE cairn_job (id, queue, type, tenant, payload, status, priority, run_number,\n"
	"	attempt, max_attempts, timeout_us, run_at, parked, lease_expires_at,\n"
	"	heartbeat_at, leased_at, worker, owner, resource_key, fence, prestart, "
	"execution_started_at,\n"
	"	started_at, finished_at, stage,\n"
	"	progress_done, progress_total, checkpoint, output, idempotency_key, request,\n"
	"	status_reason, error_code, error_message, created_at, updated_at);\n"
	"CREATE TABLE cairn_job_key (type, tenant, key, job_id, request_hash);\n"
	"CREATE TABLE cairn_job_attempt (job_id, fence, run_number, attempt, worker, leased_at,\n"
	"	finished_at, ending, error_code, error_message, retry_delay_us, next_run_at,\n"
	"	not_before, prestart, execution_started_at);\n"
	"CREATE TABLE cairn_job_event (job_id, seq, kind, run_number, attempt, at, stage,\n"
	"	progress_done, progress_total, worker, reason, error_code, error_message,\n"
	"	detail, data, duration_us, until, requested);\n"
	"CREATE TABLE cairn_job_dead_letter (id, type, queue, tenant, run_number, attempt,\n"
	"	error_code, error_message, payload, checkpoint, failed_at, created_at);\n"
	"CREATE TABLE cairn_job_log (job_id, seq, level, run_number, attempt, at, message, data);\n"
	"CREATE TABLE cairn_job_replay (source_id, run_number, key, reason, job_id);\n";

static const char jobs_down[] = "DROP TABLE cairn_job_replay;\n"
				"DROP TABLE cairn_job_log;\n"
				"DROP TABLE cairn_job_dead_letter;\n"
				"DROP TABLE cairn_job_event;\n"
				"DROP TABLE cairn_job_attempt;\n"
				"DROP TABLE cairn_job_key;\n"
				"DROP TABLE cairn_job;\n"
				"DROP TABLE cairn_job_definition;\n";

static const char intents_up[] =
	"-- since: 0.1.0\n"
	"CREATE TABLE cairn_intent (id, type, queue, tenant, payload, idempotency_key, owner, "
	"resource_key, "
	"stage,\n"
	"	run_at, timeout_us, max_attempts, priority, status, promotion_attempts,\n"
	"	next_promotion_at, last_attempted_at, promoted_job_id, promoted_at, "
	"conflicted_at,\n"
	"	last_error_code, last_error_message, request, request_hash, created_at, "
	"updated_at);\n"
	"CREATE TABLE cairn_intent_key (type, tenant, key, intent_id);\n";

static const char intents_down[] = "DROP TABLE cairn_intent_key;\n"
				   "DROP TABLE cairn_intent;\n";

static const char configs_up[] =
	"-- since: 0.1.0\n"
	"CREATE TABLE cairn_job_config (type, version, config, updated_by, created_at,\n"
	"	updated_at);\n";

static const char configs_down[] = "DROP TABLE cairn_job_config;\n";

static const char schedules_up[] =
	"-- since: 0.1.0\n"
	"CREATE TABLE cairn_schedule (id, name, type, tenant, queue, owner, payload, cron, zone,\n"
	"	jitter_us, misfire, catch_up, overlap, active, next_fire_at, last_fire_at,\n"
	"	last_job, last_error, created_at, updated_at);\n";

static const char schedules_down[] = "DROP TABLE cairn_schedule;\n";

static const char queues_up[] =
	"-- since: 0.1.0\n"
	"CREATE TABLE cairn_queue_pause (queue, paused_at);\n"
	"CREATE TABLE cairn_resource (tenant, key, capacity, created_at, updated_at);\n"
	"CREATE TABLE cairn_owner (name, incarnation, host, version, queues, labels, pid,\n"
	"	started_at, registered_at, heartbeat_at, closed_at);\n";

static const char queues_down[] = "DROP TABLE cairn_owner;\n"
				  "DROP TABLE cairn_resource;\n"
				  "DROP TABLE cairn_queue_pause;\n";

static const char memory_up[] =
	"-- since: 0.1.0\n"
	"CREATE TABLE cairn_memory_item (tenant, ns, item_key, value, metadata, tags, revision,\n"
	"	created_at, updated_at, expires_at, format);\n";

static const char memory_down[] = "DROP TABLE cairn_memory_item;\n";

static const char locks_up[] =
	"-- since: 0.1.0\n"
	"CREATE TABLE cairn_lock (tenant, name, fence, holder, acquired_at, expires_at,\n"
	"	released_at);\n";

static const char locks_down[] = "DROP TABLE cairn_lock;\n";

static const char checkpoints_up[] =
	"-- since: 0.1.0\n"
	"CREATE TABLE cairn_thread (tenant, thread, write_seq, created_at, updated_at);\n"
	"CREATE TABLE cairn_checkpoint (tenant, thread, write_seq, id, ns, parent, step, state,\n"
	"	metadata, tags, next_node, run, created_at, payload_version);\n"
	"CREATE TABLE cairn_checkpoint_write (tenant, thread, checkpoint, task, idx, channel,\n"
	"	value);\n";

static const char checkpoints_down[] = "DROP TABLE cairn_checkpoint_write;\n"
				       "DROP TABLE cairn_checkpoint;\n"
				       "DROP TABLE cairn_thread;\n";

static const char logs_up[] =
	"-- since: 0.1.0\n"
	"CREATE TABLE cairn_log (tenant, thread, head, watermark, created_at, updated_at);\n"
	"CREATE TABLE cairn_log_event (tenant, thread, seq, kind, data, payload_version, at);\n";

static const char logs_down[] = "DROP TABLE cairn_log_event;\n"
				"DROP TABLE cairn_log;\n";

/* A job's run_id and may_continue are in the rows of 1 already: nobody looks at the columns. */
static const char workflows_up[] =
	"-- since: 0.1.0\n"
	"CREATE TABLE cairn_run (id, type, tenant, status, on_failure, metadata, idempotency_key,\n"
	"	request, request_hash, active_key, result_step, blocked, waiting, enqueued, "
	"succeeded,\n"
	"	failed, canceled, edges, events, status_reason, error_code, error_message, "
	"source_id,\n"
	"	recovery_key, recovery_reason, recovery_step_id, created_at, updated_at, "
	"finished_at);\n"
	"CREATE TABLE cairn_run_key (type, tenant, key, run_id, request_hash);\n"
	"CREATE TABLE cairn_step (id, run_id, step_key, kind, status, type, queue, tenant, "
	"payload,\n"
	"	owner, resource_key, stage, priority, max_attempts, timeout_us, deadline_us,\n"
	"	may_continue, prerequisites, pending, unsatisfied, created_at, released_seq,\n"
	"	released_at, ended_seq, finished_at, deadline_at, status_reason, error_code,\n"
	"	error_message, output);\n"
	"CREATE TABLE cairn_step_edge (prerequisite_id, dependent_id, mode);\n"
	"CREATE TABLE cairn_run_event (run_id, seq, kind, status, at, reason, error_code,\n"
	"	error_message);\n"
	"CREATE TABLE cairn_run_append (run_id, append_key, request, request_hash, metadata, "
	"at);\n"
	"CREATE TABLE cairn_run_active (tenant, active_key, run_id, free_at);\n";

static const char workflows_down[] = "DROP TABLE cairn_run_active;\n"
				     "DROP TABLE cairn_run_append;\n"
				     "DROP TABLE cairn_run_event;\n"
				     "DROP TABLE cairn_step_edge;\n"
				     "DROP TABLE cairn_step;\n"
				     "DROP TABLE cairn_run_key;\n"
				     "DROP TABLE cairn_run;\n";

/* Nor at a job's replay. */
static const char replays_up[] =
	"-- since: 0.1.0\n"
	"CREATE TABLE cairn_replay (run_id, root_id, parent_id, source_id, shared, scope, code,\n"
	"	attempt, fence, begun_at);\n"
	"CREATE TABLE cairn_memo (run_id, seq, name, kind, verb, status, attempts, failures,\n"
	"	last_attempt, timed_out, fence, claim, child_id, signal, signature, hash, result,\n"
	"	error_code, error_message, wake_at, created_at, begun_at, ended_at);\n"
	"CREATE TABLE cairn_signal (run_id, seq, name, key, payload, hash, sent_at, taken_by);\n"
	"CREATE TABLE cairn_budget (root_id, axis, kind, limited, total, spent, created_at,\n"
	"	updated_at);\n"
	"CREATE TABLE cairn_budget_entry (root_id, seq, run_id, axis, source_type, source_id,\n"
	"	amount, state, expires_at, created_at, updated_at);\n";

static const char replays_down[] = "DROP TABLE cairn_budget_entry;\n"
				   "DROP TABLE cairn_budget;\n"
				   "DROP TABLE cairn_signal;\n"
				   "DROP TABLE cairn_memo;\n"
				   "DROP TABLE cairn_replay;\n";

const cairn_migration cairn_mem__set[MEM_SET_COUNT] = {
	{ .version = 1,
	  .name = "jobs",
	  .up = { jobs_up, sizeof jobs_up - 1 },
	  .down = { jobs_down, sizeof jobs_down - 1 } },
	{ .version = 2,
	  .name = "intents",
	  .up = { intents_up, sizeof intents_up - 1 },
	  .down = { intents_down, sizeof intents_down - 1 } },
	{ .version = 3,
	  .name = "configs",
	  .up = { configs_up, sizeof configs_up - 1 },
	  .down = { configs_down, sizeof configs_down - 1 } },
	{ .version = 4,
	  .name = "schedules",
	  .up = { schedules_up, sizeof schedules_up - 1 },
	  .down = { schedules_down, sizeof schedules_down - 1 } },
	{ .version = 5,
	  .name = "queues",
	  .up = { queues_up, sizeof queues_up - 1 },
	  .down = { queues_down, sizeof queues_down - 1 } },
	{ .version = 6,
	  .name = "locks",
	  .up = { locks_up, sizeof locks_up - 1 },
	  .down = { locks_down, sizeof locks_down - 1 } },
	{ .version = 7,
	  .name = "checkpoints",
	  .up = { checkpoints_up, sizeof checkpoints_up - 1 },
	  .down = { checkpoints_down, sizeof checkpoints_down - 1 } },
	{ .version = 8,
	  .name = "memory",
	  .up = { memory_up, sizeof memory_up - 1 },
	  .down = { memory_down, sizeof memory_down - 1 } },
	{ .version = 9,
	  .name = "logs",
	  .up = { logs_up, sizeof logs_up - 1 },
	  .down = { logs_down, sizeof logs_down - 1 } },
	{ .version = 10,
	  .name = "workflows",
	  .up = { workflows_up, sizeof workflows_up - 1 },
	  .down = { workflows_down, sizeof workflows_down - 1 } },
	{ .version = 11,
	  .name = "replays",
	  .up = { replays_up, sizeof replays_up - 1 },
	  .down = { replays_down, sizeof replays_down - 1 } },
};

/* ---- slots --------------------------------------------------------------------- */

cairn_status cairn_mem__migration_history(void *self, cairn_str line, int *exists, cairn_rows *rows,
					  cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(mem, MEM_SCHEMA, &state, err);
	if (status != CAIRN_OK)
		return status;
	*exists = cairn_mem__exists(state, MEM_MIGRATIONS);
	for (size_t i = 0; i < cairn_mem__count(state, MEM_MIGRATIONS); i++) {
		const struct mem_migration *row = cairn_mem__at(state, MEM_MIGRATIONS, i);
		if (!cairn_str_equal(row->line, line))
			continue;
		if (cairn_mem__push(rows, MEM_MIGRATIONS, row) != 0) {
			status = cairn_fail(err, CAIRN_E_NOMEM);
			break;
		}
	}
	cairn_mem__state_drop(state);
	return status;
}

/* The history table is made by whoever needs it first. */
static int ensure_history(struct mem_state *state)
{
	if (cairn_mem__exists(state, MEM_MIGRATIONS))
		return 0;
	struct mem_object table = {
		.object = { .object = CAIRN_STR("table"),
			    .name = cairn_str_of(cairn_mem__kind(MEM_MIGRATIONS)->name) },
	};
	return cairn_mem__put(state, MEM_SCHEMA, &table);
}

static int record(struct mem_write *write, const cairn_migration_step *step)
{
	struct mem_migration row = { .history = step->row, .line = step->line };
	row.history.applied_at = write->now;
	if (ensure_history(write->state) != 0)
		return -1;
	if (step->direction == CAIRN_MIGRATE_DOWN)
		return cairn_mem__remove(write->state, MEM_MIGRATIONS, &row);
	return cairn_mem__put(write->state, MEM_MIGRATIONS, &row);
}

cairn_status cairn_mem__migration_apply(void *self, const cairn_migration_step *step,
					cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_SCHEMA, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = cairn_mem__script_run(write.state, step->sql, err);
	if (status == CAIRN_OK && record(&write, step) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	return cairn_mem__write_end(mem, &write, status);
}

cairn_status cairn_mem__migration_gate(void *self, cairn_str sql, int64_t *count, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(mem, MEM_SCHEMA, &state, err);
	if (status != CAIRN_OK)
		return status;
	status = cairn_mem__script_count(state, sql, count, err);
	cairn_mem__state_drop(state);
	return status;
}

cairn_status cairn_mem__migration_validate(void *self, cairn_str sql, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_SCHEMA, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = cairn_mem__script_run(write.state, sql, err);
	return cairn_mem__write_end(mem, &write, status);
}

/* ---- drift ----------------------------------------------------------------------- */

/* The scratch schema is a state that nobody ever commits. */
static cairn_status scratch(const cairn_str *scripts, size_t n, struct mem_state **state,
			    cairn_error *err)
{
	*state = cairn_mem__state_new();
	if (*state == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	cairn_status status = CAIRN_OK;
	for (size_t i = 0; i < n && status == CAIRN_OK; i++)
		status = cairn_mem__script_run(*state, scripts[i], err);
	if (status != CAIRN_OK)
		cairn_mem__state_drop(*state);
	return status;
}

/* The history table is no script's work, so it is left out on both sides. */
cairn_status cairn_mem__migration_describe(void *self, const cairn_str *scripts, size_t n,
					   cairn_rows *rows, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	cairn_status status = scripts != NULL ? scratch(scripts, n, &state, err)
					      : cairn_mem__read_begin(mem, MEM_SCHEMA, &state, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < cairn_mem__count(state, MEM_SCHEMA) && status == CAIRN_OK; i++) {
		const struct mem_object *table = cairn_mem__at(state, MEM_SCHEMA, i);
		if (cairn_str_is(table->object.name, cairn_mem__kind(MEM_MIGRATIONS)->name))
			continue;
		if (cairn_mem__push(rows, MEM_SCHEMA, table) != 0)
			status = cairn_fail(err, CAIRN_E_NOMEM);
	}
	cairn_mem__state_drop(state);
	return status;
}
