/*
 * driver.c - the driver's table of contents: constant tables, nothing else. What a
 * slot has to do is said at its type in <cairn/sys/driver.h>, migration.h and job.h.
 *
 * No migration lock: a lock outside a transaction would be of no use in a file with
 * one writer, so the core holds one transaction over the whole run.
 */
#include "lite.h"

static const cairn_conn_ops conn = {
	.size = sizeof conn,
	.open = cairn_lite__open,
	.close = cairn_lite__close,
	.begin = cairn_lite__begin,
	.commit = cairn_lite__commit,
	.rollback = cairn_lite__rollback,
	.now = cairn_lite__now,
	.adopt = cairn_lite__adopt,
	.in_tx = cairn_lite__in_tx,
	.interrupt = cairn_lite__interrupt,
};

static const cairn_migration_ops migrations = {
	.size = sizeof migrations,
	.history = cairn_lite__migration_history,
	.apply = cairn_lite__migration_apply,
	.gate = cairn_lite__migration_gate,
	.validate = cairn_lite__migration_validate,
	.describe = cairn_lite__migration_describe,
};

static const cairn_job_ops jobs = {
	.size = sizeof jobs,
	.define = cairn_lite__job_define,
	.definitions = cairn_lite__job_definitions,
	.enqueue = cairn_lite__job_enqueue,
	.claim = cairn_lite__job_claim,
	.change = cairn_lite__job_change,
	.reap = cairn_lite__job_reap,
	.list = cairn_lite__job_list,
	.attempts = cairn_lite__job_attempts,
	.events = cairn_lite__job_events,
	.dead = cairn_lite__job_dead,
	.replay = cairn_lite__job_replay,
	.log = cairn_lite__job_log,
	.logs = cairn_lite__job_logs,
	.prune = cairn_lite__job_prune,
	.waiting = cairn_lite__job_waiting,
	.wait = cairn_lite__job_wait,
	.unpark = cairn_lite__job_unpark,
	.tidy = cairn_lite__job_tidy,
};

static const cairn_intent_ops intents = {
	.size = sizeof intents,
	.record = cairn_lite__intent_record,
	.take = cairn_lite__intent_take,
	.settle = cairn_lite__intent_settle,
	.list = cairn_lite__intent_list,
	.metrics = cairn_lite__intent_metrics,
	.prune = cairn_lite__intent_prune,
};

static const cairn_catalog_ops catalog = {
	.size = sizeof catalog,
	.config_put = cairn_lite__config_put,
	.configs = cairn_lite__configs,
	.metrics = cairn_lite__metrics,
	.summary = cairn_lite__summary,
};

static const cairn_schedule_ops schedules = {
	.size = sizeof schedules,
	.put = cairn_lite__schedule_put,
	.list = cairn_lite__schedule_list,
	.change = cairn_lite__schedule_change,
	.fire = cairn_lite__schedule_fire,
};

static const cairn_queue_ops queues = {
	.size = sizeof queues,
	.list = cairn_lite__queue_list,
	.pause = cairn_lite__queue_pause,
};

static const cairn_resource_ops resources = {
	.size = sizeof resources,
	.set = cairn_lite__resource_set,
	.list = cairn_lite__resource_list,
};

static const cairn_owner_ops owners = {
	.size = sizeof owners,
	.enroll = cairn_lite__owner_register,
	.touch = cairn_lite__owner_touch,
	.list = cairn_lite__owner_list,
	.prune = cairn_lite__owner_prune,
};

static const cairn_checkpoint_ops checkpoints = {
	.size = sizeof checkpoints,
	.put = cairn_lite__checkpoint_put,
	.list = cairn_lite__checkpoint_list,
	.write = cairn_lite__checkpoint_write,
	.writes = cairn_lite__checkpoint_writes,
	.threads = cairn_lite__thread_list,
	.remove = cairn_lite__checkpoint_delete,
	.copy = cairn_lite__thread_copy,
};

static const cairn_memory_ops memory = {
	.size = sizeof memory,
	.put = cairn_lite__memory_put,
	.get = cairn_lite__memory_get,
	.list = cairn_lite__memory_list,
	.namespaces = cairn_lite__memory_namespaces,
	.evict = cairn_lite__memory_evict,
};

static const cairn_lock_ops locks = {
	.size = sizeof locks,
	.take = cairn_lite__lock_take,
	.change = cairn_lite__lock_change,
	.list = cairn_lite__lock_list,
	.prune = cairn_lite__lock_prune,
};

static const cairn_log_ops logs = {
	.size = sizeof logs,
	.append = cairn_lite__thread_log_append,
	.read = cairn_lite__thread_log_read,
	.archive = cairn_lite__thread_log_archive,
	.list = cairn_lite__thread_log_list,
	.wait = cairn_lite__thread_log_wait,
};

static const cairn_workflow_ops workflows = {
	.size = sizeof workflows,
	.enqueue = cairn_lite__run_enqueue,
	.end = cairn_lite__run_end,
	.cancel = cairn_lite__run_cancel,
	.runs = cairn_lite__run_runs,
	.steps = cairn_lite__run_steps,
	.edges = cairn_lite__run_edges,
	.events = cairn_lite__run_events,
	.overdue = cairn_lite__run_overdue,
	.prune = cairn_lite__run_prune,
	.look = cairn_lite__run_look,
	.append = cairn_lite__run_append,
	.wait = cairn_lite__run_wait,
};

static const cairn_replay_ops replays = {
	.size = sizeof replays,
	.begin = cairn_lite__replay_begin,
	.enter = cairn_lite__replay_enter,
	.leave = cairn_lite__replay_leave,
	.runs = cairn_lite__replay_runs,
	.memos = cairn_lite__replay_memos,
	.fork = cairn_lite__replay_fork,
	.remove = cairn_lite__replay_remove,
	.send = cairn_lite__signal_send,
	.signals = cairn_lite__signal_list,
};

static const cairn_budget_ops budgets = {
	.size = sizeof budgets,
	.set = cairn_lite__budget_set,
	.write = cairn_lite__budget_write,
	.read = cairn_lite__budget_read,
	.entries = cairn_lite__budget_entries,
};

static const char *const schemes[] = { "sqlite", NULL };

const cairn_driver cairn_sqlite = {
	.size = sizeof cairn_sqlite,
	.api = CAIRN_DRIVER_API,
	.caps = CAIRN_CAP_DURABLE | CAIRN_CAP_SHARED | CAIRN_CAP_WAKE | CAIRN_CAP_NESTED_TX |
		CAIRN_CAP_TX_DDL | CAIRN_CAP_TX_UNDO,
	.name = "sqlite",
	.schemes = schemes,
	.self_size = sizeof(struct lite),
	.conn = &conn,
	.migrations = &migrations,
	.jobs = &jobs,
	.set = cairn_lite__migrations,
	.set_count = LITE_MIGRATIONS,
	.intents = &intents,
	.catalog = &catalog,
	.schedules = &schedules,
	.queues = &queues,
	.resources = &resources,
	.owners = &owners,
	.checkpoints = &checkpoints,
	.memory = &memory,
	.locks = &locks,
	.log = &logs,
	.workflows = &workflows,
	.replays = &replays,
	.budgets = &budgets,
};
