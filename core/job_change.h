/* job_change.h - carrying out a batch of planned changes; shared by every verb that names jobs. */
#ifndef CAIRN_JOB_CHANGE_H
#define CAIRN_JOB_CHANGE_H

#include "core.h"

/* Who asked: it decides how a failed guard is explained. */
enum cairn__asker { CAIRN__BY_LEASE, CAIRN__BY_ID };

struct cairn__batch {
	cairn_conn *conn;
	cairn_change *changes; /* n of them, from cairn__batch_begin */
	cairn_change_result *results;
	size_t n;
	enum cairn__asker asker;
};

/* Memory for n changes. */
cairn_status cairn__batch_begin(struct cairn__batch *batch, cairn_conn *conn, size_t n,
				enum cairn__asker asker, cairn_error *err);

/*
 * Runs the driver's script and fills each (or, without it, turns the first
 * failed item into the call's failure). claim may be NULL.
 */
cairn_status cairn__batch_run(struct cairn__batch *batch, const cairn_claim_plan *claim,
			      cairn_rows *claimed, cairn_changed *each, cairn_error *err);

void cairn__batch_end(struct cairn__batch *batch);

/* Explains the items whose guard failed: reads what stands there now. (job_miss.c) */
cairn_status cairn__explain(struct cairn__batch *batch, cairn_changed *each, cairn_error *err);

#endif
