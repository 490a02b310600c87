/* side.c - one database of a life: what it tells, and which of its ids is what. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runs.h"

uint64_t dice_throw(struct dice *dice)
{
	uint64_t z = dice->state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint32_t dice_below(struct dice *dice, uint32_t n)
{
	return (uint32_t)(dice_throw(dice) % n);
}

int dice_percent(struct dice *dice, uint32_t chance)
{
	return dice_below(dice, 100) < chance;
}

void say(struct side *side, const char *format, ...)
{
	va_list args;
	size_t room = TOLD_MAX - side->told_len;
	va_start(args, format);
	int n = vsnprintf(side->told + side->told_len, room, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= room)
		side_die(side, "the state is too long", NULL);
	side->told_len += (size_t)n;
}

void say_str(struct side *side, const char *name, cairn_str text)
{
	if (text.ptr != NULL)
		say(side, " %s=%.*s", name, (int)text.len, text.ptr);
}

size_t side_run(const struct side *side, const struct life *life, cairn_id id)
{
	for (size_t i = 0; i < life->runs; i++) {
		if (cairn_id_compare(side->runs[i].id, id) == 0)
			return i;
	}
	return RUNS_MAX;
}

const char *side_step(const struct side *side, size_t run, cairn_id id)
{
	const struct known_run *known = &side->runs[run < RUNS_MAX ? run : 0];
	for (size_t i = 0; run < RUNS_MAX && i < known->n; i++) {
		if (cairn_id_compare(known->steps[i].id, id) == 0)
			return known->steps[i].key;
	}
	return "?";
}

void side_learn(struct side *side, const struct life *life, size_t run)
{
	struct known_run *known = &side->runs[run];
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

void side_die(const struct side *side, const char *what, const cairn_error *err)
{
	printf("Bail out! %s: %s", side->name, what);
	if (err != NULL)
		printf(": %s %s (%s) %s", err->op, err->code, err->detail, err->sqlstate);
	printf("\n");
	fflush(stdout);
	_exit(2);
}
