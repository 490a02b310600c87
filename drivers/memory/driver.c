/*
 * driver.c - the driver's table of contents: constant tables, nothing else. What a
 * slot has to do is said at its type in <cairn/sys/driver.h>, migration.h, job.h and intent.h;
 * what is left out here is filled in by the core, or refused by name.
 */
#include "mem.h"

static const cairn_conn_ops conn = {
	.size = sizeof conn,
	.open = cairn_mem__open,
	.close = cairn_mem__close,
	.begin = cairn_mem__begin,
	.commit = cairn_mem__commit,
	.rollback = cairn_mem__rollback,
	.now = cairn_mem__own_now,
	.interrupt = cairn_mem__interrupt,
};

static const cairn_migration_ops migrations = {
	.size = sizeof migrations,
	.history = cairn_mem__migration_history,
	.apply = cairn_mem__migration_apply,
	.gate = cairn_mem__migration_gate,
	.validate = cairn_mem__migration_validate,
	.describe = cairn_mem__migration_describe,
};

static const cairn_job_ops jobs = {
	.size = sizeof jobs,
	.define = cairn_mem__job_define,
	.definitions = cairn_mem__job_definitions,
	.enqueue = cairn_mem__job_enqueue,
	.claim = cairn_mem__job_claim,
	.change = cairn_mem__job_change,
	.reap = cairn_mem__job_reap,
	.list = cairn_mem__job_list,
	.attempts = cairn_mem__job_attempts,
	.events = cairn_mem__job_events,
	.dead = cairn_mem__job_dead,
	.replay = cairn_mem__job_replay,
	.log = cairn_mem__job_log,
	.logs = cairn_mem__job_logs,
	.prune = cairn_mem__job_prune,
	.waiting = cairn_mem__job_waiting,
	.wait = cairn_mem__job_wait,
	.unpark = cairn_mem__job_unpark,
};

static const cairn_intent_ops intents = {
	.size = sizeof intents,
	.record = cairn_mem__intent_record,
	.take = cairn_mem__intent_take,
	.settle = cairn_mem__intent_settle,
	.list = cairn_mem__intent_list,
	.metrics = cairn_mem__intent_metrics,
	.prune = cairn_mem__intent_prune,
};

static const cairn_catalog_ops catalog = {
	.size = sizeof catalog,
	.config_put = cairn_mem__config_put,
	.configs = cairn_mem__configs,
	.metrics = cairn_mem__metrics,
	.summary = cairn_mem__summary,
};

static const cairn_schedule_ops schedules = {
	.size = sizeof schedules,
	.put = cairn_mem__schedule_put,
	.list = cairn_mem__schedule_list,
	.change = cairn_mem__schedule_change,
	.fire = cairn_mem__schedule_fire,
};

static const cairn_queue_ops queues = {
	.size = sizeof queues,
	.list = cairn_mem__queue_list,
	.pause = cairn_mem__queue_pause,
};

static const cairn_resource_ops resources = {
	.size = sizeof resources,
	.set = cairn_mem__resource_set,
	.list = cairn_mem__resource_list,
};

static const cairn_owner_ops owners = {
	.size = sizeof owners,
	.enroll = cairn_mem__owner_register,
	.touch = cairn_mem__owner_touch,
	.list = cairn_mem__owner_list,
	.prune = cairn_mem__owner_prune,
};

static const cairn_checkpoint_ops checkpoints = {
	.size = sizeof checkpoints,
	.put = cairn_mem__checkpoint_put,
	.list = cairn_mem__checkpoint_list,
	.write = cairn_mem__checkpoint_write,
	.writes = cairn_mem__checkpoint_writes,
	.threads = cairn_mem__thread_list,
	.remove = cairn_mem__checkpoint_delete,
	.copy = cairn_mem__thread_copy,
};

static const cairn_memory_ops memory = {
	.size = sizeof memory,
	.put = cairn_mem__memory_put,
	.get = cairn_mem__memory_get,
	.list = cairn_mem__memory_list,
	.namespaces = cairn_mem__memory_namespaces,
	.evict = cairn_mem__memory_evict,
};

static const cairn_lock_ops locks = {
	.size = sizeof locks,
	.take = cairn_mem__lock_take,
	.change = cairn_mem__lock_change,
	.list = cairn_mem__lock_list,
	.prune = cairn_mem__lock_prune,
};

static const cairn_log_ops logs = {
	.size = sizeof logs,
	.append = cairn_mem__thread_log_append,
	.read = cairn_mem__thread_log_read,
	.archive = cairn_mem__thread_log_archive,
	.list = cairn_mem__thread_log_list,
	.wait = cairn_mem__thread_log_wait,
};

static const cairn_workflow_ops workflows = {
	.size = sizeof workflows,
	.enqueue = cairn_mem__run_enqueue,
	.end = cairn_mem__run_end,
	.cancel = cairn_mem__run_cancel,
	.runs = cairn_mem__run_runs,
	.steps = cairn_mem__run_steps,
	.edges = cairn_mem__run_edges,
	.events = cairn_mem__run_events,
	.overdue = cairn_mem__run_overdue,
	.prune = cairn_mem__run_prune,
	.look = cairn_mem__run_look,
	.append = cairn_mem__run_append,
	.wait = cairn_mem__run_wait,
};

static const cairn_replay_ops replays = {
	.size = sizeof replays,
	.begin = cairn_mem__replay_begin,
	.enter = cairn_mem__replay_enter,
	.leave = cairn_mem__replay_leave,
	.runs = cairn_mem__replay_runs,
	.memos = cairn_mem__replay_memos,
	.fork = cairn_mem__replay_fork,
	.remove = cairn_mem__replay_remove,
	.send = cairn_mem__signal_send,
	.signals = cairn_mem__signal_list,
};

static const cairn_budget_ops budgets = {
	.size = sizeof budgets,
	.set = cairn_mem__budget_set,
	.write = cairn_mem__budget_write,
	.read = cairn_mem__budget_read,
	.entries = cairn_mem__budget_entries,
};

static const char *const schemes[] = { "memory", NULL };

const cairn_driver cairn_memory = {
	.size = sizeof cairn_memory,
	.api = CAIRN_DRIVER_API,
	.caps = CAIRN_CAP_WAKE | CAIRN_CAP_NESTED_TX | CAIRN_CAP_TX_DDL | CAIRN_CAP_TX_UNDO,
	.name = "memory",
	.schemes = schemes,
	.self_size = sizeof(struct mem),
	.conn = &conn,
	.migrations = &migrations,
	.jobs = &jobs,
	.set = cairn_mem__set,
	.set_count = MEM_SET_COUNT,
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
