/*
 * mutant.h - a mutant is a driver with one rule broken: the driver's own slots,
 * called with a plan that was changed on the way in or an answer that was changed on
 * the way out. (mutants.c: the table; mutant.c: the wrapper and the runner)
 */
#ifndef CT_MUTANT_H
#define CT_MUTANT_H

#include <cairn/sys/job.h>
#include <cairn/sys/migration.h>
#include <cairn/sys/schedule.h>

#include "ct_plan.h"

/* Before anything else the wrapper was entered: the driver's own tables. */
typedef struct ct_real {
	cairn_conn_ops conn;
	cairn_migration_ops migrations;
	cairn_job_ops jobs;
	cairn_schedule_ops schedules;
} ct_real;

/* Each member is optional: what is NULL stays as the driver does it. */
typedef struct ct_mutant {
	const char *name;
	const char *rule;  /* what it no longer does */
	const char *cases; /* pattern of the cases that are tried on it */

	void (*define)(cairn_define_plan *plan);
	void (*definitions)(cairn_definition_query *query);
	void (*insert)(cairn_job_insert *job);
	void (*inserted)(const cairn_job_insert *job, cairn_job_inserted *result);
	void (*enqueue)(cairn_enqueue_plan *plan);
	void (*claim)(cairn_claim_plan *plan);
	void (*claimed)(cairn_rows *jobs);
	void (*change)(cairn_change *change);
	void (*change_plan)(cairn_change_plan *plan);
	void (*changed)(const cairn_change *change, cairn_change_result *result);
	void (*reap)(cairn_reap_plan *plan);
	void (*list)(cairn_job_query *query);
	void (*listed)(cairn_rows *jobs);
	void (*history)(cairn_history_query *query); /* attempts and events */
	void (*dead)(cairn_dead_query *query);
	void (*stats)(cairn_scope *scope);
	void (*schedule_put)(cairn_schedule_put_plan *plan);
	void (*schedule_list)(cairn_schedule_query *query);
	void (*schedule_change)(cairn_schedule_change_plan *plan);
	void (*schedule_step)(void *self, cairn_schedule_step *step, cairn_job_insert *job);
	void (*schedule_fire)(cairn_schedule_fire_plan *plan);
	void (*schedule_fate)(enum cairn_schedule_fate *fate);
	cairn_usec claim_clock; /* the kit's clock is moved by so much during a claim … */
	cairn_usec change_clock;
	cairn_usec reap_clock;

	/* Whole slots; they call ct_real_ops(). */
	cairn_conn_commit_fn *commit;
	cairn_conn_rollback_fn *rollback;
	cairn_migration_lock_fn
		*lock; /* applies to drivers that have one; unlock does nothing then */
	cairn_migration_apply_fn *apply;
	cairn_migration_gate_fn *gate;
	cairn_migration_history_fn *migrated;
	cairn_migration_describe_fn *describe;
} ct_mutant;

extern const ct_mutant ct_mutants[];
extern const size_t ct_mutant_count;
extern const ct_mutant ct_schedule_mutants[];
extern const size_t ct_schedule_mutant_count;

const ct_real *ct_real_ops(void);

#endif
