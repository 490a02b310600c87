/*
 * mutant.c - wraps a driver with a mutant and demands that the kit notices. The
 * wrapper copies the descriptor and the tables and replaces slots; self stays the
 * driver's own. The unbroken wrapper comes first: it must pass everything, so that
 * no mutant is killed by the wrapping.
 */
#include <stdlib.h>

#include "mutant.h"

#define KILLERS 3

static ct_real real;
static const ct_mutant *active;
static const cairn_driver *the_driver;

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

static cairn_status on_waiting(void *self, const cairn_wait_plan *plan, cairn_work *work,
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

/* Whether it breaks a store around the jobs that this driver lacks. */
static bool lacks_for(const ct_mutant *mutant, const cairn_driver *driver)
{
	bool queues = mutant->queue_list || mutant->queues_listed || mutant->queue_pause ||
		      mutant->queue_paused || mutant->claim_slot;
	bool resources = mutant->capacity || mutant->resource_list || mutant->resources_listed;
	bool owners = mutant->enroll || mutant->owner_touch || mutant->owner_touched ||
		      mutant->owner_list || mutant->owner_prune;
	return (queues && !ct_driver_queues(driver)) ||
	       (resources && !ct_driver_resources(driver)) || (owners && !ct_driver_owners(driver));
}

/* Whether the mutant breaks something that this driver has. */
static bool applies(const ct_mutant *mutant, const cairn_driver *driver)
{
	bool about_migrations = mutant->lock || mutant->apply || mutant->gate || mutant->migrated ||
				mutant->describe;
	bool about_tx = mutant->commit || mutant->rollback;
	bool about_intents = mutant->record || mutant->recorded || mutant->take || mutant->taken ||
			     mutant->settle || mutant->intent_list || mutant->intent_stats ||
			     mutant->intent_prune || mutant->take_clock;
	bool about_schedules = mutant->schedule_put || mutant->schedule_list ||
			       mutant->schedule_change || mutant->schedule_step ||
			       mutant->schedule_fire || mutant->schedule_fate;
	if (about_schedules && !driver->schedules)
		return false;
	if (about_migrations && !driver->migrations)
		return false;
	if (about_intents && !ct_driver_intents(driver))
		return false;
	if (lacks_for(mutant, driver))
		return false;
	if (ct_mutates_locks(mutant))
		return ct_driver_locks(driver) != NULL;
	if (ct_mutates_checkpoints(mutant))
		return ct_driver_checkpoints(driver) != NULL;
	if (ct_mutates_log(mutant))
		return ct_driver_log(driver) != NULL;
	if (ct_mutates_items(mutant))
		return ct_driver_memory(driver) != NULL;
	if (ct_mutates_runs(mutant))
		return ct_driver_workflows(driver) != NULL;
	if (ct_mutates_replays(mutant))
		return ct_driver_replays(driver) != NULL;
	if (ct_mutates_budgets(mutant))
		return ct_driver_budgets(driver) != NULL;
	if (mutant->lock && !driver->migrations->lock)
		return false;
	if (mutant->describe && !driver->migrations->describe)
		return false;
	if ((mutant->config_put || mutant->configs || mutant->metrics || mutant->measured ||
	     mutant->summary) &&
	    !driver->catalog)
		return false;
	return driver->jobs || about_migrations || about_tx;
}

/* ---- running ---------------------------------------------------------------------- */

/* Cases that fail on the unbroken driver, too: they kill nothing. */
static const ct_case *sick[256];
static size_t sick_count;

struct hunt {
	const char *killers[KILLERS];
	char *first_line; /* of the first killer's explanation */
	size_t killed_by;
	size_t enough;
	size_t tried;
	bool unbroken;
};

static bool is_sick(const ct_case *one)
{
	for (size_t i = 0; i < sick_count; i++) {
		if (sick[i] == one)
			return true;
	}
	return false;
}

static bool known_failure(const cairn_subject *subject, const char *name)
{
	for (const char *const *p = subject->known_failures; p && *p; p++) {
		if (ct_matches(*p, name))
			return true;
	}
	return false;
}

/* These spend their time waiting: they come last, and only what nothing else has killed needs them. */
static bool is_slow(const ct_case *one)
{
	return one->kind == CT_INTERLEAVE || one->kind == CT_RACE;
}

static bool on_done(void *user, const ct_done *done)
{
	struct hunt *hunt = user;
	hunt->tried++;
	if (done->result == CT_PASSED)
		return !hunt->unbroken && hunt->killed_by > 0 && is_slow(done->one);
	if (hunt->unbroken && sick_count < sizeof(sick) / sizeof(sick[0]))
		sick[sick_count++] = done->one;
	if (hunt->killed_by == 0) {
		size_t len = strcspn(done->text, "\n");
		hunt->first_line = ct_copy_of(done->text, len + 1, 1);
		hunt->first_line[len] = '\0';
	}
	if (hunt->killed_by < KILLERS)
		hunt->killers[hunt->killed_by] = done->one->name;
	hunt->killed_by++;
	return hunt->killed_by >= hunt->enough;
}

/* All tables of mutants, one behind the other. */
static const struct table {
	const ct_mutant *mutants;
	const size_t *count;
} tables[] = {
	{ ct_mutants, &ct_mutant_count },
	{ ct_verb_mutants, &ct_verb_mutant_count },
	{ ct_intent_mutants, &ct_intent_mutant_count },
	{ ct_schedule_mutants, &ct_schedule_mutant_count },
	{ ct_wait_mutants, &ct_wait_mutant_count },
	{ ct_queue_mutants, &ct_queue_mutant_count },
	{ ct_lock_mutants, &ct_lock_mutant_count },
	{ ct_log_mutants, &ct_log_mutant_count },
	{ ct_checkpoint_mutants, &ct_checkpoint_mutant_count },
	{ ct_item_mutants, &ct_item_mutant_count },
	{ ct_flow_mutants, &ct_flow_mutant_count },
	{ ct_run_end_mutants, &ct_run_end_mutant_count },
	{ ct_replay_mutants, &ct_replay_mutant_count },
	{ ct_budget_mutants, &ct_budget_mutant_count },
};

#define TABLES (sizeof(tables) / sizeof(tables[0]))

static size_t mutant_count(void)
{
	size_t count = 0;
	for (size_t i = 0; i < TABLES; i++)
		count += *tables[i].count;
	return count;
}

static const ct_mutant *mutant_at(size_t at)
{
	size_t i = 0;
	for (; at >= *tables[i].count; i++)
		at -= *tables[i].count;
	return &tables[i].mutants[at];
}

/* Of a run: patterns for the names of mutants. */
static const char *const *wanted;
static size_t wanted_count;

static bool is_wanted(const ct_mutant *mutant, const cairn_driver *driver)
{
	bool named = wanted_count == 0;
	for (size_t i = 0; i < wanted_count; i++)
		named |= ct_matches(wanted[i], mutant->name);
	return named && applies(mutant, driver);
}

/* The unbroken wrapper is tried on whatever any wanted mutant is tried on. */
static bool tried_on(const ct_mutant *mutant, const ct_case *one)
{
	if (mutant->cases)
		return ct_matches(mutant->cases, one->name);
	for (size_t i = 0; i < mutant_count(); i++) {
		if (is_wanted(mutant_at(i), the_driver) &&
		    ct_matches(mutant_at(i)->cases, one->name))
			return true;
	}
	return false;
}

/* What may kill the mutant: quick cases first, those that wait for locks last. */
static const ct_case **choose(const cairn_subject *subject, const ct_mutant *mutant, size_t *chosen)
{
	size_t count = 0;
	const ct_case **all = ct_select(NULL, 0, &count);
	const ct_case **cases = calloc(count + 1, sizeof(const ct_case *));
	if (!cases)
		abort();
	*chosen = 0;
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < count; i++) {
			if (is_slow(all[i]) == (pass == 1) && tried_on(mutant, all[i]) &&
			    !ct_not_applicable(subject, all[i]) && !is_sick(all[i]) &&
			    !known_failure(subject, all[i]->name))
				cases[(*chosen)++] = all[i];
		}
	}
	free(all);
	return cases;
}

static void hunt_down(const ct_plan *plan, const ct_mutant *mutant, struct hunt *hunt)
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
	cairn_driver driver = *plan->subject->driver;
	cairn_subject subject = *plan->subject;
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
	driver.conn = &conn;
	driver.migrations = driver.migrations ? &migrations : NULL;
	driver.jobs = driver.jobs ? &jobs : NULL;
	driver.intents = driver.intents ? &intents : NULL;
	driver.catalog = driver.catalog ? &catalog : NULL;
	driver.schedules = driver.schedules ? &schedules : NULL;
	driver.queues = driver.queues ? &queues : NULL;
	driver.resources = driver.resources ? &resources : NULL;
	driver.owners = driver.owners ? &owners : NULL;
	driver.locks = driver.locks ? &locks : NULL;
	driver.log = driver.log ? &log : NULL;
	driver.checkpoints = driver.checkpoints ? &checkpoints : NULL;
	driver.memory = driver.memory ? &memory : NULL;
	driver.workflows = driver.workflows ? &workflows : NULL;
	ct_wrap_replays(&driver, mutant);
	subject.driver = &driver;
	/* The driver's typed accessors do not know the wrapper's connections. */
	subject.kill_session = NULL;
	subject.app_step = NULL;
	ct_plan mine = *plan;
	mine.subject = &subject;
	const ct_case **cases = choose(&subject, mutant, &mine.count);
	mine.cases = cases;
	ct_run_plan(&mine, on_done, hunt);
	free(cases);
}

static bool report(unsigned number, const ct_mutant *mutant, const struct hunt *hunt)
{
	bool killed = hunt->killed_by > 0;
	printf("%s %u - %s: ", killed ? "ok" : "not ok", number, mutant->name);
	if (!killed) {
		printf("survives %zu cases: %s\n", hunt->tried, mutant->rule);
		return false;
	}
	for (size_t i = 0; i < hunt->killed_by && i < KILLERS; i++)
		printf("%s%s", i ? ", " : "killed by ", hunt->killers[i]);
	printf("\n#   it %s\n#   %s\n", mutant->rule, hunt->first_line);
	return true;
}

static bool report_unbroken(unsigned number, const struct hunt *hunt)
{
	bool good = hunt->killed_by == 0;
	printf("%s %u - the unbroken wrapper passes all of %zu cases\n", good ? "ok" : "not ok",
	       number, hunt->tried);
	for (size_t i = 0; i < sick_count; i++)
		printf("#   fails without a mutant: %s\n", sick[i]->name);
	return good;
}

static void learn_tables(const cairn_driver *driver)
{
	the_driver = driver;
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

int ct_run_mutants(const ct_plan *plan, const char *const *patterns, size_t n)
{
	static const ct_mutant unbroken = { .name = "unbroken" };
	struct hunt first = { .enough = SIZE_MAX, .unbroken = true };
	unsigned number = 1;
	unsigned bad = 0;
	wanted = patterns;
	wanted_count = n;
	learn_tables(plan->subject->driver);
	hunt_down(plan, &unbroken, &first);
	bad += !report_unbroken(number, &first);
	free(first.first_line);
	for (size_t i = 0; i < mutant_count(); i++) {
		const ct_mutant *mutant = mutant_at(i);
		struct hunt hunt = { .enough = KILLERS };
		if (!is_wanted(mutant, the_driver)) {
			if (!applies(mutant, the_driver))
				printf("# not applicable: %s\n", mutant->name);
			continue;
		}
		hunt_down(plan, mutant, &hunt);
		bad += !report(++number, mutant, &hunt);
		free(hunt.first_line);
		fflush(stdout);
	}
	printf("1..%u\n", number);
	return bad != 0 || number == 1;
}
