/*
 * job_policy.h - what retryable failures need beyond their leases: attempts and policy of a
 * lease made by hand, policies for single error codes. Nothing is read unless an item needs it.
 */
#ifndef CAIRN_JOB_POLICY_H
#define CAIRN_JOB_POLICY_H

#include "core.h"

struct cairn__policies {
	cairn_rows jobs;
	cairn_rows definitions;
};

/* Whether planning this item takes more than its lease tells. */
int cairn__policy_needed(const cairn_finish *item);

/* Reads what the items need: their jobs, then each of their types. OK needs a drop. */
cairn_status cairn__policies_read(struct cairn__policies *policies, cairn_conn *conn,
				  const cairn_finish *items, size_t n, cairn_error *err);
void cairn__policies_drop(struct cairn__policies *policies);

/* Completes the lease of an item that needs it. */
cairn_status cairn__policy_apply(const struct cairn__policies *policies, cairn_finish *item,
				 cairn_error *err);

#endif
