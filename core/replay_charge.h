/* replay_charge.h - what a step costs, as entries of the ledger: under its own source. */
#ifndef CAIRN_CORE_REPLAY_CHARGE_H
#define CAIRN_CORE_REPLAY_CHARGE_H

#include "replay_state.h"

/* "<run>/<seq>/<attempt>" and its terminator. */
#define CAIRN__SOURCE_TEXT 72

struct cairn__usage {
	const cairn_charge *at;
	size_t n;
};

struct cairn__charges {
	cairn_budget_item *items; /* by axis */
	cairn_budget_result *each;
	size_t n;
	char source[CAIRN__SOURCE_TEXT];
};

/* Checked: names, amounts from 0 on, each axis once. It needs an end either way, and must not move before it. */
cairn_status cairn__charges_begin(struct cairn__charges *charges, cairn_replay *replay,
				  const cairn_replay_step *step, struct cairn__usage usage,
				  cairn_error *err);
void cairn__charges_end(struct cairn__charges *charges, cairn_replay *replay);

/* The first refusal among n, with its axis; OK where there is none. */
cairn_status cairn__charge_failure(const cairn_budget_item *items, const cairn_budget_result *each,
				   size_t n, cairn_error *err);

/* ---- budget.c ---- */

/* What the driver's answer means; NONE for DONE and EXISTS. LOST is the caller's to explain. */
cairn_code cairn__budget_code(enum cairn_budget_how how);
cairn_status cairn__check_amount(int64_t amount, cairn_error *err);
/* How long a reservation holds. */
cairn_status cairn__reserve_duration(cairn_usec given, cairn_usec *duration, cairn_error *err);
int64_t cairn__budget_remaining(const cairn_budget *budget);

#endif
