/*
 * ops.c - what an ordinary process does, and how often: a table of weights. What is added here
 * happens; check.pl has to know what it may do to a job.
 */
#include "invariant.h"

static const struct {
	uint32_t weight;
	void (*run)(struct inv *inv);
} table[] = {
	/* produce */
	{ 90, inv_enqueue },
	{ 20, inv_outbox },
	/* work */
	{ 160, inv_claim },
	{ 70, inv_heartbeat },
	{ 60, inv_progress },
	{ 220, inv_finish },
	{ 90, inv_turn },
	{ 20, inv_forget },
	{ 6, inv_hang },
	{ 4, inv_panic },
	/* recover */
	{ 60, inv_reap },
	{ 40, inv_cancel },
	{ 40, inv_requeue },
	{ 15, inv_replay },
	{ 12, inv_prune },
	{ 25, inv_edit },
	{ 10, inv_adopt },
	/* schedules */
	{ 40, inv_fire },
	{ 6, inv_toggle },
	/* read */
	{ 20, inv_read },
	/* queues: pause and resume go here; inv_drain resumes them all */
	/* resources: jobs with a key of their own; claims then say resource=KEY capacity=N */
};

void inv_operate(struct inv *inv)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		sum += table[i].weight;
	uint32_t pick = inv_below(inv, sum);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (pick < table[i].weight) {
			table[i].run(inv);
			return;
		}
		pick -= table[i].weight;
	}
}
