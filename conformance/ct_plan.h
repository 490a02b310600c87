/*
 * ct_plan.h - between the parts of the runner: choosing cases (groups.c), running
 * them in processes (process.c), reporting (report.c), mutants (mutant_hunt.c).
 */
#ifndef CT_PLAN_H
#define CT_PLAN_H

#include "ct_run.h"

/* The cases that fit one of n patterns (0: all), in order; free() the array. */
const ct_case **ct_select(const char *const *patterns, size_t n, size_t *count);
/* The capabilities that hold for connections by the subject's URL. */
uint32_t ct_subject_caps(const cairn_subject *subject);
/* NULL, or why this driver can't be asked to pass the case. */
const char *ct_not_applicable(const cairn_subject *subject, const ct_case *one);

/* The driver's table of intents; NULL: it has none, or is older than they are. */
const struct cairn_intent_ops *ct_driver_intents(const cairn_driver *driver);

const struct cairn_queue_ops *ct_driver_queues(const cairn_driver *driver);
const struct cairn_resource_ops *ct_driver_resources(const cairn_driver *driver);
const struct cairn_owner_ops *ct_driver_owners(const cairn_driver *driver);
const struct cairn_lock_ops *ct_driver_locks(const cairn_driver *driver);
const struct cairn_replay_ops *ct_driver_replays(const cairn_driver *driver);
const struct cairn_budget_ops *ct_driver_budgets(const cairn_driver *driver);
const struct cairn_workflow_ops *ct_driver_workflows(const cairn_driver *driver);
const struct cairn_checkpoint_ops *ct_driver_checkpoints(const cairn_driver *driver);
const struct cairn_log_ops *ct_driver_log(const cairn_driver *driver);
const struct cairn_memory_ops *ct_driver_memory(const cairn_driver *driver);

const char *ct_store_name(enum ct_store store);
const char *ct_kind_name(enum ct_kind kind);
/* NULL for a bit that is no capability. */
const char *ct_cap_name(uint32_t cap);

typedef struct ct_plan {
	const cairn_subject *subject;
	const ct_case *const *cases;
	size_t count;
	uint64_t seed;
	unsigned jobs;	  /* at once */
	unsigned timeout; /* seconds for one */
	bool fork;
	bool keep; /* databases of failed cases */
} ct_plan;

/* How one case ended. text explains a failure, line by line. */
typedef struct ct_done {
	const ct_case *one;
	size_t index; /* in the plan */
	enum ct_result result;
	const char *text;
	double seconds;
} ct_done;

/*
 * Runs the cases and tells each one's end, in order of the plan. When the
 * callback answers true nothing more is started and what runs is ended.
 */
typedef bool ct_done_fn(void *user, const ct_done *done);
void ct_run_plan(const ct_plan *plan, ct_done_fn *fn, void *user);

/* Runs every mutant and prints TAP; the answer is main's. */
int ct_run_mutants(const ct_plan *plan, const char *const *patterns, size_t n);

/* The table of a run: counts by store, kind and capability. */
typedef struct ct_tally ct_tally;
ct_tally *ct_tally_new(const cairn_subject *subject);
void ct_tally_add(ct_tally *tally, const ct_case *one, bool applicable, bool passed);
void ct_tally_print(const ct_tally *tally, FILE *out);

void ct_print_list(const ct_case *const *cases, size_t n, FILE *out);
void ct_print_coverage(const ct_case *const *cases, size_t n, FILE *out);
/* Lines as TAP comments. */
void ct_print_comment(FILE *out, const char *text);

#endif
