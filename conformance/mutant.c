/*
 * mutant.c - wraps a driver with a mutant: copies the descriptor and the tables and replaces slots; self stays the
 * driver's own. (mutant_hunt.c: what is done with it)
 */
#include <stdlib.h>

#include "mutant.h"

static ct_real real;
static const ct_mutant *active;

const ct_real *ct_real_ops(void)
{
	return &real;
}

/* ---- slots ------------------------------------------------------------------- */

static cairn_status on_define(void *self, const cairn_define_plan *plan, size_t *found,
			      cairn_error *err)
{
	cairn_define_plan mine = *plan;
	if (active->define)
		active->define(&mine);
	return real.jobs.define(self, &mine, found, err);
}

static cairn_status on_definitions(void *self, const cairn_definition_query *query,
				   cairn_rows *rows, cairn_error *err)
{
	cairn_definition_query mine = *query;
	if (active->definitions)
		active->definitions(&mine);
	return real.jobs.definitions(self, &mine, rows, err);
}

void *ct_copy_of(const void *array, size_t n, size_t each)
{
	void *copy = malloc(n * each + 1);
	if (!copy)
		abort();
	if (n)
		memcpy(copy, array, n * each);
	return copy;
}

static cairn_status on_enqueue(void *self, const cairn_enqueue_plan *plan, cairn_job_inserted *each,
			       cairn_error *err)
{
	cairn_enqueue_plan mine = *plan;
	cairn_job_insert *jobs = ct_copy_of(plan->jobs, plan->n, sizeof(*jobs));
	for (size_t i = 0; i < plan->n && active->insert; i++)
		active->insert(&jobs[i]);
	mine.jobs = jobs;
	if (active->enqueue)
		active->enqueue(&mine);
	cairn_status status = real.jobs.enqueue(self, &mine, each, err);
	for (size_t i = 0; i < plan->n && active->inserted && status == CAIRN_OK; i++)
		active->inserted(&plan->jobs[i], &each[i]);
	free(jobs);
	return status;
}

static cairn_status on_claim(void *self, const cairn_claim_plan *plan, cairn_rows *jobs,
			     cairn_error *err)
{
	cairn_claim_plan mine = *plan;
	if (active->claim)
		active->claim(&mine);
	if (active->claim_clock)
		ct_advance(active->claim_clock);
	cairn_job_claim_fn *slot = active->claim_slot ? active->claim_slot : real.jobs.claim;
	cairn_status status = slot(self, &mine, jobs, err);
	if (active->claim_clock)
		ct_advance(-active->claim_clock);
	if (status == CAIRN_OK && active->claimed)
		active->claimed(jobs);
	return status;
}

static cairn_status on_change(void *self, const cairn_change_plan *plan, cairn_change_result *each,
			      cairn_rows *claimed, cairn_error *err)
{
	cairn_change_plan mine = *plan;
	cairn_claim_plan claim;
	cairn_change *changes = ct_copy_of(plan->changes, plan->n, sizeof(*changes));
	for (size_t i = 0; i < plan->n && active->change; i++)
		active->change(&changes[i]);
	mine.changes = changes;
	cairn_log_item *lines = ct_copy_of(plan->lines, plan->line_count, sizeof(*lines));
	for (size_t i = 0; i < plan->line_count && active->log; i++)
		active->log(&lines[i]);
	mine.lines = lines;
	if (plan->claim && active->claim) {
		claim = *plan->claim;
		active->claim(&claim);
		mine.claim = &claim;
	}
	if (active->change_plan)
		active->change_plan(&mine);
	if (active->change_clock)
		ct_advance(active->change_clock);
	cairn_job_change_fn *slot = active->change_slot ? active->change_slot : real.jobs.change;
	cairn_status status = slot(self, &mine, each, claimed, err);
	if (active->change_clock)
		ct_advance(-active->change_clock);
	for (size_t i = 0; i < plan->n && active->changed && status == CAIRN_OK; i++)
		active->changed(&plan->changes[i], &each[i]);
	if (plan->claim && status == CAIRN_OK && active->claimed)
		active->claimed(claimed);
	free(lines);
	free(changes);
	return status;
}

static cairn_status on_reap(void *self, const cairn_reap_plan *plan, cairn_rows *rows,
			    cairn_error *err)
{
	cairn_reap_plan mine = *plan;
	if (active->reap)
		active->reap(&mine);
	if (active->reap_clock)
		ct_advance(active->reap_clock);
	cairn_status status = real.jobs.reap(self, &mine, rows, err);
	if (active->reap_clock)
		ct_advance(-active->reap_clock);
	return status;
}

static cairn_status on_list(void *self, const cairn_job_query *query, cairn_rows *rows,
			    cairn_error *err)
{
	cairn_job_query mine = *query;
	if (active->list)
		active->list(&mine);
	cairn_status status = real.jobs.list(self, &mine, rows, err);
	if (status == CAIRN_OK && active->listed)
		active->listed(rows);
	return status;
}

static cairn_status on_attempts(void *self, const cairn_history_query *query, int *found,
				cairn_rows *rows, cairn_error *err)
{
	cairn_history_query mine = *query;
	if (active->history)
		active->history(&mine);
	return real.jobs.attempts(self, &mine, found, rows, err);
}

static cairn_status on_events(void *self, const cairn_history_query *query, int *found,
			      cairn_rows *rows, cairn_error *err)
{
	cairn_history_query mine = *query;
	if (active->history)
		active->history(&mine);
	cairn_status status = real.jobs.events(self, &mine, found, rows, err);
	if (status == CAIRN_OK && active->found)
		active->found(query, found);
	return status;
}

static cairn_status on_logs(void *self, const cairn_history_query *query, int *found,
			    cairn_rows *rows, cairn_error *err)
{
	cairn_history_query mine = *query;
	if (active->history)
		active->history(&mine);
	return real.jobs.logs(self, &mine, found, rows, err);
}

static cairn_status on_log(void *self, const cairn_log_item *items, size_t n, enum cairn_hit *each,
			   cairn_error *err)
{
	cairn_log_item *mine = ct_copy_of(items, n, sizeof(*mine));
	for (size_t i = 0; i < n && active->log; i++)
		active->log(&mine[i]);
	cairn_job_log_fn *slot = active->log_slot ? active->log_slot : real.jobs.log;
	cairn_status status = slot(self, mine, n, each, err);
	free(mine);
	return status;
}

static cairn_status on_replay(void *self, const cairn_rerun_plan *plan, cairn_rerun_done *each,
			      cairn_error *err)
{
	cairn_rerun_plan mine = *plan;
	cairn_rerun_item *items = ct_copy_of(plan->items, plan->n, sizeof(*items));
	for (size_t i = 0; i < plan->n && active->replay_item; i++)
		active->replay_item(&items[i]);
	mine.items = items;
	if (active->replay)
		active->replay(&mine);
	cairn_status status = real.jobs.replay(self, &mine, each, err);
	for (size_t i = 0; i < plan->n && active->replayed && status == CAIRN_OK; i++)
		active->replayed(&plan->items[i], &each[i]);
	free(items);
	return status;
}

static cairn_status on_prune(void *self, const cairn_prune_plan *plan, size_t *pruned,
			     cairn_error *err)
{
	cairn_prune_plan mine = *plan;
	if (active->prune_slot)
		return active->prune_slot(self, plan, pruned, err);
	if (active->prune)
		active->prune(&mine);
	if (active->prune_clock)
		ct_advance(active->prune_clock);
	cairn_status status = real.jobs.prune(self, &mine, pruned, err);
	if (active->prune_clock)
		ct_advance(-active->prune_clock);
	return status;
}

static cairn_status on_waiting(void *self, const cairn_wait_plan *plan, cairn_due *work,
			       cairn_error *err)
{
	cairn_wait_plan mine = *plan;
	if (active->waiting)
		active->waiting(&mine);
	cairn_status status = real.jobs.waiting(self, &mine, work, err);
	if (status == CAIRN_OK && active->looked)
		active->looked(work);
	return status;
}

static cairn_status on_unpark(void *self, uint32_t limit, cairn_upkeep_report *report,
			      cairn_error *err)
{
	cairn_job_unpark_fn *slot = active->unpark_slot ? active->unpark_slot : real.jobs.unpark;
	if (active->unpark)
		active->unpark(&limit);
	if (active->unpark_clock)
		ct_advance(active->unpark_clock);
	cairn_status status = slot(self, limit, report, err);
	if (active->unpark_clock)
		ct_advance(-active->unpark_clock);
	if (status == CAIRN_OK && active->unparked)
		active->unparked(report);
	return status;
}

static cairn_status on_dead(void *self, const cairn_dead_query *query, cairn_rows *rows,
			    cairn_error *err)
{
	cairn_dead_query mine = *query;
	if (active->dead)
		active->dead(&mine);
	return real.jobs.dead(self, &mine, rows, err);
}

static cairn_status on_config_put(void *self, const cairn_config_plan *plan,
				  enum cairn_config_result *each, cairn_error *err)
{
	cairn_config_plan mine = *plan;
	if (active->config_put)
		active->config_put(&mine);
	return real.catalog.config_put(self, &mine, each, err);
}

static cairn_status on_configs(void *self, const cairn_config_query *query, cairn_rows *rows,
			       cairn_error *err)
{
	cairn_config_query mine = *query;
	if (active->configs)
		active->configs(&mine);
	return real.catalog.configs(self, &mine, rows, err);
}

static cairn_status on_metrics(void *self, const cairn_metrics_query *query, cairn_time *now,
			       cairn_rows *rows, cairn_error *err)
{
	cairn_metrics_query mine = *query;
	if (active->metrics)
		active->metrics(&mine);
	cairn_status status = real.catalog.metrics(self, &mine, now, rows, err);
	if (status == CAIRN_OK && active->measured)
		active->measured(rows);
	return status;
}

static cairn_status on_summary(void *self, const cairn_scope *scope, cairn_summary *summary,
			       cairn_error *err)
{
	cairn_scope mine = *scope;
	if (active->summary)
		active->summary(&mine);
	return real.catalog.summary(self, &mine, summary, err);
}

static cairn_status on_schedule_put(void *self, const cairn_schedule_put_plan *plan, int *refused,
				    cairn_rows *off, cairn_error *err)
{
	cairn_schedule_put_plan mine = *plan;
	if (active->schedule_put)
		active->schedule_put(&mine);
	return real.schedules.put(self, &mine, refused, off, err);
}

static cairn_status on_schedule_list(void *self, const cairn_schedule_query *query, cairn_time *now,
				     cairn_rows *rows, cairn_error *err)
{
	cairn_schedule_query mine = *query;
	if (active->schedule_list)
		active->schedule_list(&mine);
	return real.schedules.list(self, &mine, now, rows, err);
}

static cairn_status on_schedule_change(void *self, const cairn_schedule_change_plan *plan,
				       enum cairn_schedule_hit *each, cairn_error *err)
{
	cairn_schedule_change_plan mine = *plan;
	if (active->schedule_change)
		active->schedule_change(&mine);
	return real.schedules.change(self, &mine, each, err);
}

static cairn_status on_schedule_fire(void *self, const cairn_schedule_fire_plan *plan,
				     enum cairn_schedule_fate *each, cairn_error *err)
{
	cairn_schedule_fire_plan mine = *plan;
	cairn_schedule_step *steps = ct_copy_of(plan->steps, plan->n, sizeof(*steps));
	cairn_job_insert *jobs = calloc(plan->n + 1, sizeof(*jobs));
	if (!jobs)
		abort();
	for (size_t i = 0; i < plan->n && active->schedule_step; i++) {
		if (steps[i].job) {
			jobs[i] = *steps[i].job;
			steps[i].job = &jobs[i];
		}
		active->schedule_step(self, &steps[i], &jobs[i]);
	}
	mine.steps = steps;
	if (active->schedule_fire)
		active->schedule_fire(&mine);
	cairn_status status = real.schedules.fire(self, &mine, each, err);
	for (size_t i = 0; i < plan->n && active->schedule_fate && status == CAIRN_OK; i++)
		active->schedule_fate(&each[i]);
	free(jobs);
	free(steps);
	return status;
}

static cairn_status no_unlock(void *self, cairn_str line, cairn_error *err)
{
	(void)self;
	(void)line;
	(void)err;
	return CAIRN_OK;
}

/* ---- the wrapper --------------------------------------------------------------- */

static void copy_table(void *to, size_t room, const void *from)
{
	size_t size = *(const size_t *)from;
	memset(to, 0, room);
	memcpy(to, from, size < room ? size : room);
	*(size_t *)to = room;
}

static void wrap_jobs(cairn_job_ops *jobs)
{
	*jobs = real.jobs;
	jobs->define = on_define;
	jobs->definitions = on_definitions;
	jobs->enqueue = on_enqueue;
	jobs->claim = on_claim;
	jobs->change = on_change;
	jobs->reap = on_reap;
	jobs->list = on_list;
	jobs->attempts = on_attempts;
	jobs->events = on_events;
	jobs->dead = on_dead;
	if (jobs->replay)
		jobs->replay = on_replay;
	if (jobs->log)
		jobs->log = on_log;
	if (jobs->logs)
		jobs->logs = on_logs;
	if (jobs->prune)
		jobs->prune = on_prune;
	if (jobs->waiting)
		jobs->waiting = on_waiting;
	if (jobs->unpark)
		jobs->unpark = on_unpark;
	if (active->wait_slot)
		jobs->wait = active->wait_slot;
}

static void wrap_catalog(cairn_catalog_ops *catalog)
{
	*catalog = real.catalog;
	catalog->config_put = on_config_put;
	catalog->configs = on_configs;
	catalog->metrics = on_metrics;
	catalog->summary = on_summary;
}

static void wrap_schedules(cairn_schedule_ops *schedules)
{
	*schedules = real.schedules;
	schedules->put = on_schedule_put;
	schedules->list = on_schedule_list;
	schedules->change = on_schedule_change;
	schedules->fire = on_schedule_fire;
}

static void wrap_migrations(cairn_migration_ops *migrations)
{
	*migrations = real.migrations;
	if (active->lock && migrations->lock) {
		migrations->lock = active->lock;
		migrations->unlock = no_unlock;
	}
	if (active->apply)
		migrations->apply = active->apply;
	if (active->gate)
		migrations->gate = active->gate;
	if (active->migrated)
		migrations->history = active->migrated;
	if (active->describe && migrations->describe)
		migrations->describe = active->describe;
}

static void wrap_conn(cairn_conn_ops *conn)
{
	*conn = real.conn;
	if (active->commit)
		conn->commit = active->commit;
	if (active->rollback)
		conn->rollback = active->rollback;
}

/* ---- the driver -------------------------------------------------------------------- */

void ct_learn_driver(const cairn_driver *driver)
{
	copy_table(&real.conn, sizeof(real.conn), driver->conn);
	if (driver->migrations)
		copy_table(&real.migrations, sizeof(real.migrations), driver->migrations);
	if (driver->jobs)
		copy_table(&real.jobs, sizeof(real.jobs), driver->jobs);
	if (ct_driver_intents(driver))
		copy_table(&real.intents, sizeof(real.intents), driver->intents);
	if (driver->catalog)
		copy_table(&real.catalog, sizeof(real.catalog), driver->catalog);
	if (driver->schedules)
		copy_table(&real.schedules, sizeof(real.schedules), driver->schedules);
	if (ct_driver_queues(driver))
		copy_table(&real.queues, sizeof(real.queues), driver->queues);
	if (ct_driver_resources(driver))
		copy_table(&real.resources, sizeof(real.resources), driver->resources);
	if (ct_driver_owners(driver))
		copy_table(&real.owners, sizeof(real.owners), driver->owners);
	if (ct_driver_locks(driver))
		copy_table(&real.locks, sizeof(real.locks), driver->locks);
	if (ct_driver_log(driver))
		copy_table(&real.log, sizeof(real.log), driver->log);
	if (ct_driver_checkpoints(driver))
		copy_table(&real.checkpoints, sizeof(real.checkpoints), driver->checkpoints);
	if (ct_driver_memory(driver))
		copy_table(&real.memory, sizeof(real.memory), driver->memory);
	if (ct_driver_workflows(driver))
		copy_table(&real.workflows, sizeof(real.workflows), driver->workflows);
	if (ct_driver_replays(driver))
		copy_table(&real.replays, sizeof(real.replays), driver->replays);
	if (ct_driver_budgets(driver))
		copy_table(&real.budgets, sizeof(real.budgets), driver->budgets);
}

void ct_wrap_driver(cairn_driver *driver, const ct_mutant *mutant)
{
	static cairn_conn_ops conn;
	static cairn_migration_ops migrations;
	static cairn_job_ops jobs;
	static cairn_intent_ops intents;
	static cairn_catalog_ops catalog;
	static cairn_schedule_ops schedules;
	static cairn_queue_ops queues;
	static cairn_resource_ops resources;
	static cairn_owner_ops owners;
	static cairn_lock_ops locks;
	static cairn_log_ops log;
	static cairn_checkpoint_ops checkpoints;
	static cairn_memory_ops memory;
	static cairn_workflow_ops workflows;
	active = mutant;
	wrap_conn(&conn);
	wrap_migrations(&migrations);
	wrap_jobs(&jobs);
	ct_wrap_intents(&intents, mutant);
	wrap_catalog(&catalog);
	wrap_schedules(&schedules);
	ct_wrap_queues(&queues, mutant);
	ct_wrap_resources(&resources, mutant);
	ct_wrap_owners(&owners, mutant);
	ct_wrap_locks(&locks, mutant);
	ct_wrap_log(&log, mutant);
	ct_wrap_checkpoints(&checkpoints, mutant);
	ct_wrap_items(&memory, mutant);
	ct_wrap_runs(&workflows, mutant);
	driver->conn = &conn;
	driver->migrations = driver->migrations ? &migrations : NULL;
	driver->jobs = driver->jobs ? &jobs : NULL;
	driver->intents = driver->intents ? &intents : NULL;
	driver->catalog = driver->catalog ? &catalog : NULL;
	driver->schedules = driver->schedules ? &schedules : NULL;
	driver->queues = driver->queues ? &queues : NULL;
	driver->resources = driver->resources ? &resources : NULL;
	driver->owners = driver->owners ? &owners : NULL;
	driver->locks = driver->locks ? &locks : NULL;
	driver->log = driver->log ? &log : NULL;
	driver->checkpoints = driver->checkpoints ? &checkpoints : NULL;
	driver->memory = driver->memory ? &memory : NULL;
	driver->workflows = driver->workflows ? &workflows : NULL;
	ct_wrap_replays(driver, mutant);
}
