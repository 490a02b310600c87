/* program.c - random programs: short, with names that collide, so that each thing meets each other soon. */
#include "replays.h"

#include <stdlib.h>
#include <string.h>

static cairn_str text(struct program *program, const char *before, uint32_t number,
		      const char *behind)
{
	char *at = program->text + program->used;
	int n = snprintf(at, sizeof program->text - program->used, "%s%u%s", before,
			 (unsigned)number, behind);
	program->used += (size_t)n + 1;
	return (cairn_str){ at, (size_t)n };
}

static cairn_replay_call roll_call(struct program *program, struct dice *dice, int64_t fence)
{
	cairn_replay_call call = { .kind = text(program, "kind.", dice_below(dice, 2), "") };
	uint32_t input = dice_below(dice, 3);
	if (dice_percent(dice, 25))
		call.scope = text(program, "scope-", dice_below(dice, 2), "");
	if (dice_percent(dice, 15))
		call.name = text(program, "named-", dice_below(dice, 3), "");
	/* not the same program each time */
	if (dice_percent(dice, 6))
		input = (uint32_t)(fence % 2);
	if (dice_percent(dice, 80))
		call.input = text(program, "{\"i\": ", input, "}");
	if (dice_percent(dice, 50)) {
		call.max_attempts = 2 + (int32_t)dice_below(dice, 2);
		call.retry = (cairn_retry){ .base = (1 + dice_below(dice, 20)) * CAIRN_SECOND,
					    .cap = CAIRN_MINUTE,
					    .jitter = -1 };
	}
	return call;
}

static cairn_child_new roll_child(struct program *program, struct dice *dice, uint32_t n,
				  cairn_str queue)
{
	uint32_t which = n < SUBMITTED ? SUBMITTED + dice_below(dice, PROGRAMS - SUBMITTED)
				       : PARENTS + dice_below(dice, PROGRAMS - PARENTS);
	cairn_child_new child = { .type = CAIRN_STR("work"),
				  .queue = queue,
				  .input = text(program, "{\"p\": ", which, "}") };
	if (dice_percent(dice, 20))
		child.type = CAIRN_STR("once");
	if (dice_percent(dice, 4))
		child.type = CAIRN_STR("undefined");
	if (dice_percent(dice, 20))
		child.name = text(program, "named-", dice_below(dice, 3), "");
	if (dice_percent(dice, 40))
		child.max_attempts = 1 + (int32_t)dice_below(dice, 2);
	if (dice_percent(dice, 20)) {
		child.set = CAIRN_JOB_PRIORITY;
		child.priority = (int32_t)dice_below(dice, 4);
	}
	return child;
}

static void roll_line(struct program *program, struct dice *dice, uint32_t n, int64_t fence,
		      cairn_str queue)
{
	static const struct {
		enum line_verb verb;
		uint32_t below;
	} table[] = {
		{ LINE_STEP, 45 },   { LINE_VALUE, 53 }, { LINE_SLEEP, 63 },
		{ LINE_SIGNAL, 78 }, { LINE_CHILD, 95 }, { LINE_BUDGET, 100 },
	};
	struct line *line = &program->lines[program->n++];
	uint32_t roll = dice_below(dice, n < PARENTS ? 100 : 78);
	size_t at = 0;
	while (roll >= table[at].below)
		at++;
	line->verb = table[at].verb;
	line->n = dice_percent(dice, 65) ? 1 : 2 + dice_below(dice, CALLS_MAX - 1);
	line->caught = dice_percent(dice, 40);
	for (size_t i = 0; i < line->n; i++) {
		if (line->verb == LINE_CHILD)
			line->children[i] = roll_child(program, dice, n, queue);
		else
			line->calls[i] = roll_call(program, dice, fence);
	}
	line->wait = dice_percent(dice, 15) ? 0 : dice_below(dice, 60) * CAIRN_SECOND;
	line->name = text(program, line->verb == LINE_BUDGET ? "axis-" : "signal-",
			  dice_below(dice, 2), "");
	if (line->verb == LINE_SIGNAL && dice_percent(dice, 40))
		line->wait = -1;
}

void program_roll(struct program *program, uint64_t seed, uint32_t n, int64_t fence,
		  cairn_str queue)
{
	struct dice dice = { .state = seed * 977 + n };
	memset(program, 0, sizeof *program);
	size_t lines = 1 + dice_below(&dice, n < PARENTS ? LINES_MAX : 3);
	while (program->n < lines)
		roll_line(program, &dice, n, fence, queue);
}

uint32_t program_of(cairn_str payload)
{
	const char *colon = payload.ptr != NULL ? memchr(payload.ptr, ':', payload.len) : NULL;
	return colon != NULL ? (uint32_t)strtoul(colon + 1, NULL, 10) % PROGRAMS : 0;
}
