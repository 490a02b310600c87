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
	{ 40, inv_record },
	{ 30, inv_promote },
	{ 8, inv_forget_intents },
	{ 8, inv_define },
	/* work */
	{ 160, inv_claim },
	{ 70, inv_heartbeat },
	{ 60, inv_progress },
	{ 25, inv_log },
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
	/* around */
	{ 3, inv_pause },
	{ 9, inv_resume },
	{ 12, inv_capacity },
	{ 4, inv_register },
	{ 30, inv_alive },
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
