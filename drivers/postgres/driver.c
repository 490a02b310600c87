/*
 * driver.c - the driver's table of contents: constant tables, nothing else. What a
 * slot has to do is said at its type in <cairn/sys/driver.h>, migration.h, job.h and intent.h;
 * what is left out here is filled in by the core, or refused by name.
 */
#include "pg.h"

static const cairn_conn_ops conn = {
	.size = sizeof conn,
	.open = cairn_pg__open,
	.close = cairn_pg__close,
	.begin = cairn_pg__begin,
	.commit = cairn_pg__commit,
	.rollback = cairn_pg__rollback,
	.now = cairn_pg__now,
	.adopt = cairn_pg__adopt,
	.in_tx = cairn_pg__foreign_tx,
	.interrupt = cairn_pg__interrupt,
};

static const cairn_migration_ops migrations = {
	.size = sizeof migrations,
	.history = cairn_pg__migration_history,
	.apply = cairn_pg__migration_apply,
	.gate = cairn_pg__migration_gate,
	.validate = cairn_pg__migration_validate,
	.lock = cairn_pg__migration_lock,
	.unlock = cairn_pg__migration_unlock,
	.describe = cairn_pg__migration_describe,
};

static const cairn_job_ops jobs = {
	.size = sizeof jobs,
	.define = cairn_pg__job_define,
	.definitions = cairn_pg__job_definitions,
	.enqueue = cairn_pg__job_enqueue,
	.claim = cairn_pg__job_claim,
	.change = cairn_pg__job_change,
	.reap = cairn_pg__job_reap,
	.list = cairn_pg__job_list,
	.attempts = cairn_pg__job_attempts,
	.events = cairn_pg__job_events,
	.dead = cairn_pg__job_dead,
	.replay = cairn_pg__job_replay,
	.log = cairn_pg__job_log,
	.logs = cairn_pg__job_logs,
	.prune = cairn_pg__job_prune,
	.waiting = cairn_pg__job_waiting,
	.wait = cairn_pg__job_wait,
	.unwait = cairn_pg__job_unwait,
	.unpark = cairn_pg__job_unpark,
	.tidy = cairn_pg__job_tidy,
};

static const cairn_intent_ops intents = {
	.size = sizeof intents,
	.record = cairn_pg__intent_record,
	.take = cairn_pg__intent_take,
	.settle = cairn_pg__intent_settle,
	.list = cairn_pg__intent_list,
	.metrics = cairn_pg__intent_metrics,
	.prune = cairn_pg__intent_prune,
};

static const cairn_catalog_ops catalog = {
	.size = sizeof catalog,
	.config_put = cairn_pg__config_put,
	.configs = cairn_pg__configs,
	.metrics = cairn_pg__metrics,
	.summary = cairn_pg__summary,
};

static const cairn_schedule_ops schedules = {
	.size = sizeof schedules,
	.put = cairn_pg__schedule_put,
	.list = cairn_pg__schedule_list,
	.change = cairn_pg__schedule_change,
	.fire = cairn_pg__schedule_fire,
};

static const cairn_queue_ops queues = {
	.size = sizeof queues,
	.list = cairn_pg__queue_list,
	.pause = cairn_pg__queue_pause,
};

static const cairn_resource_ops resources = {
	.size = sizeof resources,
	.set = cairn_pg__resource_set,
	.list = cairn_pg__resource_list,
};

static const cairn_owner_ops owners = {
	.size = sizeof owners,
	.enroll = cairn_pg__owner_register,
	.touch = cairn_pg__owner_touch,
	.list = cairn_pg__owner_list,
	.prune = cairn_pg__owner_prune,
};

static const cairn_checkpoint_ops checkpoints = {
	.size = sizeof checkpoints,
	.put = cairn_pg__checkpoint_put,
	.list = cairn_pg__checkpoint_list,
	.write = cairn_pg__checkpoint_write,
	.writes = cairn_pg__checkpoint_writes,
	.threads = cairn_pg__thread_list,
	.remove = cairn_pg__checkpoint_delete,
	.copy = cairn_pg__thread_copy,
};

static const cairn_memory_ops memory = {
	.size = sizeof memory,
	.put = cairn_pg__memory_put,
	.get = cairn_pg__memory_get,
	.list = cairn_pg__memory_list,
	.namespaces = cairn_pg__memory_namespaces,
	.evict = cairn_pg__memory_evict,
};

static const cairn_lock_ops locks = {
	.size = sizeof locks,
	.take = cairn_pg__lock_take,
	.change = cairn_pg__lock_change,
	.list = cairn_pg__lock_list,
	.prune = cairn_pg__lock_prune,
};

static const cairn_log_ops logs = {
	.size = sizeof logs,
	.append = cairn_pg__thread_log_append,
	.read = cairn_pg__thread_log_read,
	.archive = cairn_pg__thread_log_archive,
	.list = cairn_pg__thread_log_list,
	.wait = cairn_pg__thread_log_wait,
	.unwait = cairn_pg__thread_log_unwait,
};

static const cairn_workflow_ops workflows = {
	.size = sizeof workflows,
	.enqueue = cairn_pg__run_enqueue,
	.end = cairn_pg__run_end,
	.cancel = cairn_pg__run_cancel,
	.runs = cairn_pg__run_runs,
	.steps = cairn_pg__run_steps,
	.edges = cairn_pg__run_edges,
	.events = cairn_pg__run_events,
	.overdue = cairn_pg__run_overdue,
	.prune = cairn_pg__run_prune,
	.look = cairn_pg__run_look,
	.append = cairn_pg__run_append,
	.wait = cairn_pg__run_wait,
	.unwait = cairn_pg__run_unwait,
};

static const cairn_replay_ops replays = {
	.size = sizeof replays,
	.begin = cairn_pg__replay_begin,
	.enter = cairn_pg__replay_enter,
	.leave = cairn_pg__replay_leave,
	.runs = cairn_pg__replay_runs,
	.memos = cairn_pg__replay_memos,
	.fork = cairn_pg__replay_fork,
	.remove = cairn_pg__replay_remove,
	.send = cairn_pg__signal_send,
	.signals = cairn_pg__signal_list,
};

static const cairn_budget_ops budgets = {
	.size = sizeof budgets,
	.set = cairn_pg__budget_set,
	.write = cairn_pg__budget_write,
	.read = cairn_pg__budget_read,
	.entries = cairn_pg__budget_entries,
};

static const char *const schemes[] = { "postgresql", "postgres", NULL };

const cairn_driver cairn_postgres = {
	.size = sizeof cairn_postgres,
	.api = CAIRN_DRIVER_API,
	.caps = CAIRN_CAP_DURABLE | CAIRN_CAP_SHARED | CAIRN_CAP_WAKE | CAIRN_CAP_PARALLEL_CLAIM |
		CAIRN_CAP_NESTED_TX | CAIRN_CAP_TX_DDL,
	.name = "postgres",
	.schemes = schemes,
	.self_size = sizeof(struct pg),
	.conn = &conn,
	.migrations = &migrations,
	.jobs = &jobs,
	.set = cairn_pg__migrations,
	.set_count = PG_SET_COUNT,
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
