/*
 * ct_run_meet.h - two sessions that want something of the same run, in every order, either one first: one after
 * the other, one behind the other's open transaction that commits, or that rolls back. What comes out must be what
 * comes out of one after the other, reckoned by ct_graph_model.h. (run_meet.c, run_meet_gates.c)
 */
#ifndef CT_RUN_MEET_H
#define CT_RUN_MEET_H

#include "ct_graph_model.h"

typedef struct ct_party ct_party;

/* What can be wanted: done in a session; and reckoned. Whether it changed anything must be the same. */
typedef struct ct_wish {
	const char *name;
	ct_step_fn *act; /* arg is the party */
	void (*reckon)(ct_model *model, const ct_party *party);
	/* What it is told when there was nothing to change any more; NULL: nothing but OK. */
	const char *code;
	const char *or_code;
	bool skips; /* it passes what others have locked, and comes again */
} ct_wish;

struct ct_party {
	const ct_wish *wish;
	cairn_id run;
	cairn_lease a; /* of the jobs of these steps, if they have some */
	cairn_lease b;
	cairn_tx tx;
	size_t done; /* what it changed */
	cairn_status status;
	const char *code; /* refused */
};

extern const ct_wish ct_finish_a, ct_finish_b, ct_fail_a, ct_fail_b, ct_cancel_a, ct_claim_c;
extern const ct_wish ct_stop, ct_add_m, ct_add_p, ct_open_g, ct_fail_g, ct_overdue;

/* A run of these words, in which jobs a and b are leased, if there are such; from any graph. */
void ct_run_meet(const char *words, enum cairn_on_failure on_failure, const ct_wish *one,
		 const ct_wish *other);

#endif
