/* known.c - which of a side's ids is what; and the rest that lives of graphs say of themselves. */
#include "runs.h"

#include <string.h>

#include "load.h"

const char game_name[] = "runs";
const size_t game_known = sizeof(struct known_side);

size_t side_run(const struct side *side, const struct life *life, cairn_id id)
{
	for (size_t i = 0; i < life->runs; i++) {
		if (cairn_id_compare(side->has->runs[i].id, id) == 0)
			return i;
	}
	return RUNS_MAX;
}

const char *side_step(const struct side *side, size_t run, cairn_id id)
{
	const struct known_run *known = &side->has->runs[run < RUNS_MAX ? run : 0];
	for (size_t i = 0; run < RUNS_MAX && i < known->n; i++) {
		if (cairn_id_compare(known->steps[i].id, id) == 0)
			return known->steps[i].key;
	}
	return "?";
}

void side_learn(struct side *side, const struct life *life, size_t run)
{
	struct known_run *known = &side->has->runs[run];
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_steps *steps = NULL;
	cairn_step_filter filter = { .size = sizeof filter,
				     .scope = cairn_tenant(cairn_str_of(life->tenant)),
				     .run = known->id,
				     .limit = STEPS_MAX,
				     .compact = 1 };
	if (cairn_run_steps(side->conn, &filter, &steps, &err) != CAIRN_OK)
		side_die(side, "the steps of a run that was just made", &err);
	known->n = steps->count;
	for (size_t i = 0; i < steps->count; i++) {
		known->steps[i].id = steps->at[i].id;
		known->steps[i].gate = steps->at[i].kind == CAIRN_STEP_EXTERNAL;
		snprintf(known->steps[i].key, sizeof known->steps[i].key, "%s",
			 steps->at[i].key.ptr);
	}
	cairn_free(steps);
}

void game_define(struct side *side)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_definition definitions[] = {
		{ .type = CAIRN_STR("work"),
		  .max_attempts = 3,
		  .retry = { .base = CAIRN_SECOND, .cap = CAIRN_SECOND, .jitter = -1 } },
		{ .type = CAIRN_STR("other"),
		  .max_attempts = 1,
		  .priority = 7,
		  .retry = { .base = CAIRN_SECOND, .cap = CAIRN_SECOND, .jitter = -1 } },
	};
	if (cairn_job_define(side->conn, definitions, 2, &err) != CAIRN_OK)
		side_die(side, "definitions", &err);
}

void game_clean(struct life *life, struct side *side)
{
	for (size_t k = 0; k < life->runs; k++) {
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_run_cancel_opts opts = { .size = sizeof opts,
					       .scope = cairn_any(),
					       .runs = &side->has->runs[k].id,
					       .n = 1 };
		cairn_run_changed each;
		if (cairn_run_cancel(side->conn, &opts, &each, &err) != CAIRN_OK)
			side_die(side, "the end of a life", &err);
	}
}

/* Steps of one call that hand out no leases. */
int game_mortal(const struct life *life, uint32_t n)
{
	enum op op = life_op(life, n);
	return op != OP_CLAIM && op != OP_FINISH_AND_CLAIM && op != OP_TIME;
}

/* The newest run is known to nobody, if the process that made it is gone. */
int game_grown(struct side *side, const struct life *life)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_runs *newest = NULL;
	cairn_run_filter filter = {
		.size = sizeof filter, .scope = scope_of(life), .limit = 1, .compact = 1
	};
	if (cairn_run_list(side->conn, &filter, &newest, &err) != CAIRN_OK)
		side_die(side, "the newest run", &err);
	int grown = newest->count > 0 && side_run(side, life, newest->at[0].id) == RUNS_MAX;
	if (grown && life->runs < RUNS_MAX)
		side->has->runs[life->runs].id = newest->at[0].id;
	cairn_free(newest);
	return grown;
}

void game_learn(struct side *side, const struct side *twin, const struct life *life, int through)
{
	(void)twin;
	(void)through;
	for (size_t i = 0; i < life->runs; i++) {
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_runs *run = NULL;
		if (cairn_run_get(side->conn, cairn_any(), side->has->runs[i].id, &run, &err) ==
		    CAIRN_OK)
			side_learn(side, life, i);
		cairn_free(run);
	}
}

/* A life of graphs may end anywhere. */
int game_over(struct life *life)
{
	(void)life;
	return 1;
}

void game_found(cairn_conn *conn, const char *url, uint64_t seed)
{
	(void)url;
	(void)conn;
	(void)seed;
}
