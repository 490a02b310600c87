/* agents.c - durable functions of a load: steps, sleeps, signals, children; by their input each does a bit of it. */
#include <string.h>
#include <time.h>

#include <cairn/durable.h>

#include "load.h"

/* Now and then it is slow, fails, or costs nothing. */
static int think(void *user, cairn_work *work)
{
	const char *key = cairn_work_key(work);
	char result[96];
	(void)user;
	if (!world_execute(key, cairn_work_attempt(work)))
		return cairn_work_give_up(work, CAIRN_STR("load.twice"), CAIRN_STR("Twice."));
	struct dice dice = { .state = atomic_fetch_add(&world->executions, 1) };
	struct timespec nap = { .tv_nsec = (long)dice_below(&dice, 4) * 1000 * 1000 };
	if (dice_percent(&dice, 20) && !cairn_work_reserve(work, TOKENS, 50))
		return 0;
	nanosleep(&nap, NULL);
	cairn_work_charge(work, TOKENS, 1 + dice_below(&dice, 40));
	if (dice_percent(&dice, 15))
		return cairn_work_fail(work, CAIRN_STR("load.busy"), CAIRN_STR("Busy."));
	int n = snprintf(result, sizeof result, "\"%s/%d\"", key, (int)cairn_work_attempt(work));
	cairn_work_result(work, (cairn_str){ result, (size_t)n });
	return 1;
}

static cairn_replay_call call_of(const char *input)
{
	return (cairn_replay_call){ .kind = CAIRN_STR("think"),
				    .input = cairn_str_of(input),
				    .max_attempts = 3,
				    .retry = { .base = 20 * CAIRN_MILLISECOND, .jitter = -1 } };
}

static int several(cairn_durable *run, uint32_t n)
{
	static const char *const inputs[] = { "0", "1", "2", "3" };
	cairn_replay_call calls[4];
	cairn_str results[4];
	for (size_t i = 0; i < 4; i++)
		calls[i] = call_of(inputs[i]);
	cairn_durable_batch batch = {
		.size = sizeof batch, .calls = calls, .n = 2 + n % 3, .work = think, .width = 3
	};
	return cairn_durable_calls(run, &batch, results);
}

static int one(cairn_durable *run)
{
	cairn_replay_call call = call_of("\"one\"");
	if (cairn_durable_call(run, &call, think, NULL, NULL))
		return 1;
	return cairn_durable_caught(run);
}

static enum cairn_finish_how sub(void *user, cairn_durable *run)
{
	cairn_str payload;
	uint32_t n = program_of(cairn_context_job(cairn_durable_context(run))->payload);
	(void)user;
	if (!one(run) ||
	    (n % 2 == 0 &&
	     !cairn_durable_signal(run, CAIRN_STR("go"), 200 * CAIRN_MILLISECOND, &payload)) ||
	    !one(run))
		return cairn_durable_end(run);
	return cairn_durable_return(run, CAIRN_STR("\"sub\""));
}

static int children(cairn_durable *run)
{
	cairn_child_new some[2] = {
		{ .type = CAIRN_STR("sub"),
		  .queue = CAIRN_STR("load"),
		  .input = CAIRN_STR("{\"p\":1}") },
		{ .type = CAIRN_STR("sub"),
		  .queue = CAIRN_STR("load"),
		  .input = CAIRN_STR("{\"p\":2}") },
	};
	if (cairn_durable_child(run, some, 2, NULL))
		return 1;
	return cairn_durable_caught(run);
}

static enum cairn_finish_how agent(void *user, cairn_durable *run)
{
	uint32_t n = program_of(cairn_context_job(cairn_durable_context(run))->payload);
	cairn_str payload;
	cairn_time now;
	(void)user;
	if (!cairn_durable_now(run, &now) || !one(run) || !one(run))
		return cairn_durable_end(run);
	if (n % 2 == 0 && !several(run, n) && !cairn_durable_caught(run))
		return cairn_durable_end(run);
	if (!cairn_durable_sleep(run, (n % 4) * 20 * CAIRN_MILLISECOND))
		return cairn_durable_end(run);
	if (n % 3 == 0 && !children(run))
		return cairn_durable_end(run);
	if (!cairn_durable_signal(run, CAIRN_STR("go"), 300 * CAIRN_MILLISECOND, &payload) ||
	    !one(run))
		return cairn_durable_end(run);
	return cairn_durable_return(run, CAIRN_STR("\"agent\""));
}

/* Nothing but its one signal can wake it, which nobody sends again. */
static enum cairn_finish_how lone(void *user, cairn_durable *run)
{
	cairn_str payload;
	(void)user;
	if (!cairn_durable_signal(run, CAIRN_STR("go"), -1, &payload) || !one(run))
		return cairn_durable_end(run);
	return cairn_durable_return(run, CAIRN_STR("\"lone\""));
}

static cairn_durable_program programs[] = {
	{ .size = sizeof(cairn_durable_program), .run = agent, .page = 3 },
	{ .size = sizeof(cairn_durable_program), .run = sub },
	{ .size = sizeof(cairn_durable_program), .run = lone },
};

const cairn_handler agents_handlers[AGENTS] = {
	{ .type = { "agent", 5 }, .run = cairn_durable_handler, .user = &programs[0] },
	{ .type = { "sub", 3 }, .run = cairn_durable_handler, .user = &programs[1] },
	{ .type = { "lone", 4 }, .run = cairn_durable_handler, .user = &programs[2] },
};
