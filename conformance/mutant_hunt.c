/*
 * mutant_hunt.c - demands that the kit notices each mutant: tries the cases that may, and prints which did. The
 * unbroken wrapper comes first: it must pass everything, so that no mutant is killed by the wrapping. (mutant.c: the
 * wrapper)
 */
#include <stdlib.h>

#include "mutant.h"

#define KILLERS 3

static const cairn_driver *the_driver;

/* ---- choosing -------------------------------------------------------------------------- */

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
	{ ct_prune_mutants, &ct_prune_mutant_count },
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
	cairn_driver driver = *plan->subject->driver;
	cairn_subject subject = *plan->subject;
	ct_wrap_driver(&driver, mutant);
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

int ct_run_mutants(const ct_plan *plan, const char *const *patterns, size_t n)
{
	static const ct_mutant unbroken = { .name = "unbroken" };
	struct hunt first = { .enough = SIZE_MAX, .unbroken = true };
	unsigned number = 1;
	unsigned bad = 0;
	wanted = patterns;
	wanted_count = n;
	the_driver = plan->subject->driver;
	ct_learn_driver(the_driver);
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
