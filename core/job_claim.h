/* job_claim.h - a claim's options, checked and turned into a plan; for claim and finish_and_claim. */
#ifndef CAIRN_JOB_CLAIM_H
#define CAIRN_JOB_CLAIM_H

#include "core.h"

/* *idle is set when nothing can be claimed by definition (an empty list of types). */
cairn_status cairn__claim_plan(cairn_conn *conn, const cairn_claim_opts *opts,
			       cairn_claim_plan *plan, int *idle, cairn_error *err);

/* The bounds of a lease; 0 becomes the default. */
cairn_status cairn__lease_duration(cairn_usec given, cairn_usec *lease, cairn_error *err);

#endif
