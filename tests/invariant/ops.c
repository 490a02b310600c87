/*
 * ops.c - what an ordinary process does, and how often: a table of weights. What is added here
 * happens; check.pl has to know what it may do to a job.
 */
#include "invariant.h"

static const struct {
	uint32_t weight;
	void (*run)(struct inv *inv);
	const char *wrong; /* runs that do this wrong do it more often */
} table[] = {
	/* produce */
	{ 90, inv_enqueue, "lose" },
	{ 20, inv_outbox, NULL },
	{ 60, inv_record, NULL },
	{ 60, inv_promote, NULL },
	{ 8, inv_forget_intents, NULL },
	{ 8, inv_define, NULL },
	/* work */
	{ 160, inv_claim, NULL },
	{ 70, inv_heartbeat, NULL },
	{ 60, inv_progress, NULL },
	{ 25, inv_log, NULL },
	{ 220, inv_finish, "steal" },
	{ 90, inv_turn, NULL },
	{ 20, inv_forget, NULL },
	{ 6, inv_hang, NULL },
	{ 4, inv_panic, NULL },
	/* recover */
	{ 60, inv_reap, "early" },
	{ 40, inv_cancel, NULL },
	{ 40, inv_requeue, NULL },
	{ 15, inv_replay, NULL },
	{ 12, inv_prune, NULL },
	{ 25, inv_edit, NULL },
	{ 10, inv_adopt, NULL },
	/* schedules */
	{ 40, inv_fire, "refire" },
	{ 6, inv_toggle, NULL },
	/* read */
	{ 20, inv_read, NULL },
	/* around */
	{ 3, inv_pause, "wake" },
	{ 9, inv_resume, NULL },
	{ 12, inv_capacity, "overbook" },
	{ 10, inv_register, NULL },
	{ 40, inv_alive, NULL },
};

static uint32_t weight_of(const struct inv *inv, size_t i)
{
	int more = table[i].wrong != NULL && inv_wrong(inv, table[i].wrong);
	return more ? table[i].weight + 300 : table[i].weight;
}

void inv_operate(struct inv *inv)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		sum += weight_of(inv, i);
	uint32_t pick = inv_below(inv, sum);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (pick < weight_of(inv, i)) {
			table[i].run(inv);
			return;
		}
		pick -= weight_of(inv, i);
	}
}
