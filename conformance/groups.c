/*
 * groups.c - every case of the kit, which of them fit a pattern, and which a
 * driver can be asked to pass.
 */
#include <stdlib.h>

#include <cairn/sys/driver.h>
#include <cairn/sys/intent.h>
#include <cairn/sys/migration.h>

#include "ct_plan.h"
#include "groups.h"

#define CT_X(word) extern const ct_group ct_group_##word;
CT_GROUPS(CT_X)
#undef CT_X

static const ct_group *const groups[] = {
#define CT_X(word) &ct_group_##word,
	CT_GROUPS(CT_X)
#undef CT_X
};

#define GROUPS (sizeof(groups) / sizeof(groups[0]))

/* ---- patterns ------------------------------------------------------------------ */

/* Behind "[": whether c is in the set; *end is behind the "]". */
static bool in_set(const char *set, char c, const char **end)
{
	bool negated = *set == '!';
	bool found = false;
	const char *p = set + negated;
	for (; *p && *p != ']'; p++) {
		if (p[1] == '-' && p[2] && p[2] != ']') {
			found |= *p <= c && c <= p[2];
			p += 2;
		} else {
			found |= *p == c;
		}
	}
	*end = *p ? p + 1 : p;
	return found != negated;
}

bool ct_matches(const char *pattern, const char *name)
{
	for (; *pattern; pattern++, name++) {
		if (*pattern == '*') {
			for (const char *rest = name;; rest++) {
				if (ct_matches(pattern + 1, rest))
					return true;
				if (!*rest)
					return false;
			}
		}
		if (!*name)
			return false;
		if (*pattern == '[') {
			const char *end;
			if (!in_set(pattern + 1, *name, &end))
				return false;
			pattern = end - 1;
		} else if (*pattern != '?' && *pattern != *name) {
			return false;
		}
	}
	return *name == '\0';
}

static bool wanted(const ct_case *one, const char *const *patterns, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (ct_matches(patterns[i], one->name))
			return true;
	}
	return n == 0;
}

const ct_case **ct_select(const char *const *patterns, size_t n, size_t *count)
{
	size_t all = 0;
	for (size_t g = 0; g < GROUPS; g++)
		all += groups[g]->count;
	const ct_case **chosen = calloc(all + 1, sizeof(const ct_case *));
	if (!chosen)
		abort();
	*count = 0;
	for (size_t g = 0; g < GROUPS; g++) {
		for (size_t i = 0; i < groups[g]->count; i++) {
			if (wanted(&groups[g]->cases[i], patterns, n))
				chosen[(*count)++] = &groups[g]->cases[i];
		}
	}
	return chosen;
}

/* ---- what applies ----------------------------------------------------------------- */

const char *ct_cap_name(uint32_t cap)
{
	switch (cap) {
	case CAIRN_CAP_DURABLE:
		return "durable";
	case CAIRN_CAP_SHARED:
		return "shared";
	case CAIRN_CAP_WAKE:
		return "wake";
	case CAIRN_CAP_PARALLEL_CLAIM:
		return "parallel claim";
	case CAIRN_CAP_NESTED_TX:
		return "nested tx";
	case CAIRN_CAP_TX_DDL:
		return "tx ddl";
	case CAIRN_CAP_TX_UNDO:
		return "tx undo";
	default:
		return NULL;
	}
}

const char *ct_store_name(enum ct_store store)
{
	static const char *const names[] = {
		[CT_CONN] = "connections", [CT_MIGRATIONS] = "migrations",
		[CT_JOBS] = "jobs",	   [CT_INTENTS] = "intents",
		[CT_CATALOG] = "catalog",  [CT_SCHEDULES] = "schedules",
		[CT_QUEUES] = "queues",	   [CT_RESOURCES] = "resources",
		[CT_OWNERS] = "owners",	   [CT_CHECKPOINTS] = "checkpoints",
		[CT_MEMORY] = "memory",	   [CT_LOG] = "log",
		[CT_LOCKS] = "locks",	   [CT_WORKFLOWS] = "workflows",
		[CT_REPLAYS] = "replays",  [CT_BUDGETS] = "budgets",
	};
	return names[store];
}

const char *ct_kind_name(enum ct_kind kind)
{
	static const char *const names[] = {
		[CT_VERB] = "verb", [CT_MATRIX] = "matrix", [CT_INTERLEAVE] = "interleave",
		[CT_RACE] = "race", [CT_BUDGET] = "budget", [CT_FAULT] = "fault",
	};
	return names[kind];
}

static bool app_can(const cairn_subject *subject, enum cairn_app_step step)
{
	return subject->app_step && subject->app_step(NULL, step) == 0;
}

const struct cairn_intent_ops *ct_driver_intents(const cairn_driver *driver)
{
	return CAIRN_HAS(driver, cairn_driver, intents) ? driver->intents : NULL;
}

uint32_t ct_subject_caps(const cairn_subject *subject)
{
	return subject->driver->caps & ~subject->lacks;
}

const struct cairn_queue_ops *ct_driver_queues(const cairn_driver *driver)
{
	return CAIRN_HAS(driver, cairn_driver, queues) ? driver->queues : NULL;
}

const struct cairn_resource_ops *ct_driver_resources(const cairn_driver *driver)
{
	return CAIRN_HAS(driver, cairn_driver, resources) ? driver->resources : NULL;
}

const struct cairn_owner_ops *ct_driver_owners(const cairn_driver *driver)
{
	return CAIRN_HAS(driver, cairn_driver, owners) ? driver->owners : NULL;
}

const struct cairn_lock_ops *ct_driver_locks(const cairn_driver *driver)
{
	return CAIRN_HAS(driver, cairn_driver, locks) ? driver->locks : NULL;
}

const struct cairn_checkpoint_ops *ct_driver_checkpoints(const cairn_driver *driver)
{
	return CAIRN_HAS(driver, cairn_driver, checkpoints) ? driver->checkpoints : NULL;
}

const struct cairn_log_ops *ct_driver_log(const cairn_driver *driver)
{
	return CAIRN_HAS(driver, cairn_driver, log) ? driver->log : NULL;
}

const struct cairn_memory_ops *ct_driver_memory(const cairn_driver *driver)
{
	return CAIRN_HAS(driver, cairn_driver, memory) ? driver->memory : NULL;
}

const struct cairn_workflow_ops *ct_driver_workflows(const cairn_driver *driver)
{
	return CAIRN_HAS(driver, cairn_driver, workflows) ? driver->workflows : NULL;
}

const struct cairn_budget_ops *ct_driver_budgets(const cairn_driver *driver)
{
	return CAIRN_HAS(driver, cairn_driver, budgets) ? driver->budgets : NULL;
}

const struct cairn_replay_ops *ct_driver_replays(const cairn_driver *driver)
{
	return CAIRN_HAS(driver, cairn_driver, replays) ? driver->replays : NULL;
}

static const char *missing_need(const cairn_subject *subject, uint32_t needs)
{
	const cairn_migration_ops *migrations = subject->driver->migrations;
	if ((needs & CT_NEED_KILL) && !subject->kill_session)
		return "the subject has no kill_session";
	if ((needs & CT_NEED_POISON) && !subject->poison)
		return "the subject has no poison";
	if ((needs & CT_NEED_POISON_KEY) && !subject->poison_key)
		return "the subject has no poison_key";
	if ((needs & CT_NEED_DEAFEN) && !subject->deafen)
		return "the subject has no deafen";
	if ((needs & CT_NEED_UNREACHABLE) && !subject->unreachable_url)
		return "the subject has no unreachable_url";
	if ((needs & CT_NEED_BAD_URLS) && !subject->bad_urls)
		return "the subject has no bad_urls";
	if ((needs & CT_NEED_MIGRATE_URL) && !subject->migrate_url)
		return "the subject migrates by its own URL";
	if ((needs & CT_NEED_APP) && !app_can(subject, CAIRN_APP_BEGIN))
		return "the subject has no transactions of an application";
	if ((needs & CT_NEED_STRICT) && !app_can(subject, CAIRN_APP_BEGIN_STRICT))
		return "the database has one isolation level";
	if ((needs & CT_NEED_DRIFT) && !(migrations && migrations->describe))
		return "the driver has no drift";
	return NULL;
}

/* The stores whose rows have tenants, which older drivers' tables end before. */
static bool lacks_tenanted(const cairn_driver *driver, enum ct_store store)
{
	if (store == CT_CHECKPOINTS)
		return !ct_driver_checkpoints(driver);
	if (store == CT_MEMORY)
		return !ct_driver_memory(driver);
	if (store == CT_LOG)
		return !ct_driver_log(driver);
	return store == CT_LOCKS && !ct_driver_locks(driver);
}

/* Replay runs need jobs and budgets, as the core has it. */
static bool lacks_replays(const cairn_driver *driver, enum ct_store store)
{
	if (store != CT_REPLAYS && store != CT_BUDGETS)
		return false;
	if (!driver->jobs || !ct_driver_budgets(driver))
		return true;
	return store == CT_REPLAYS && !ct_driver_replays(driver);
}

const char *ct_not_applicable(const cairn_subject *subject, const ct_case *one)
{
	const cairn_driver *driver = subject->driver;
	if (one->store == CT_MIGRATIONS && !driver->migrations)
		return "the driver has no migrations store";
	if (one->store == CT_JOBS && !driver->jobs)
		return "the driver has no jobs store";
	if (one->store == CT_INTENTS && !(driver->jobs && ct_driver_intents(driver)))
		return "the driver has no intents store";
	if (one->store == CT_CATALOG && !(driver->jobs && driver->catalog))
		return "the driver has no catalog store";
	if (one->store == CT_SCHEDULES && !(driver->jobs && driver->schedules))
		return "the driver has no schedules";
	if (one->store == CT_QUEUES && !(driver->jobs && ct_driver_queues(driver)))
		return "the driver has no queues store";
	if (one->store == CT_RESOURCES && !(driver->jobs && ct_driver_resources(driver)))
		return "the driver has no resources store";
	if (one->store == CT_OWNERS && !ct_driver_owners(driver))
		return "the driver has no owners store";
	if (one->store == CT_WORKFLOWS && !(driver->jobs && ct_driver_workflows(driver)))
		return "the driver has no workflows store";
	if (lacks_tenanted(driver, one->store) || lacks_replays(driver, one->store))
		return "the driver has no such store";
	bool migrates =
		one->store == CT_MIGRATIONS || (one->store == CT_JOBS && (one->flags & CT_BARE));
	if (subject->migrate_url && migrates)
		return "the subject migrates by another URL";
	uint32_t caps = ct_subject_caps(subject);
	if ((caps & one->caps) != one->caps)
		return "a capability is not claimed";
	if (caps & one->lacks)
		return "it is about the lack of a capability that is claimed";
	return missing_need(subject, one->needs);
}
