/* durables.h - durable functions on a worker of their own, and how their runs end. */
#ifndef TESTS_RUNTIME_DURABLES_H
#define TESTS_RUNTIME_DURABLES_H

#include <cairn/durable.h>

#include "runs.h"

static inline cairn_durable_program program_of(cairn_durable_fn *fn, void *user)
{
	return (cairn_durable_program){ .size = sizeof(cairn_durable_program),
					.run = fn,
					.user = user };
}

/* A type whose jobs are tried three times, without waiting. */
static inline void define_quick(store *one, const char *type)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_definition definition = { .type = cairn_str_of(type),
					.max_attempts = 3,
					.retry = { .base = CAIRN_MILLISECOND, .jitter = -1 } };
	must(cairn_job_define(one->conn, &definition, 1, &err), &err, "define");
}

/* Works until the job is over: what is due later is waited for. */
static inline cairn_jobs *live(store *one, cairn_durable_program *program, cairn_id id)
{
	struct run run;
	cairn_jobs *jobs = NULL;
	prepare(&run, one, cairn_durable_handler, program);
	start(&run);
	for (int i = 0; i < 1000; i++) {
		cairn_free(jobs);
		jobs = get(one, id);
		if (jobs->at[0].finished_at != 0)
			break;
		nap(10);
	}
	end(&run, CAIRN_STOP_SOFT);
	return jobs;
}

static inline bool output_is(const cairn_jobs *jobs, const char *text)
{
	return is(jobs->at[0].output, text);
}

/* A run that is not tried again. */
static inline void ends_with(store *one, cairn_durable_program *program, cairn_id id,
			     const char *code)
{
	cairn_jobs *jobs = live(one, program, id);
	ok(jobs->at[0].status == CAIRN_JOB_DEAD_LETTERED && is(jobs->at[0].error_code, code),
	   "%s: it ended with %s", one->name, code);
	is_int(jobs->at[0].attempt, 1, "at once");
	cairn_free(jobs);
}

#endif
