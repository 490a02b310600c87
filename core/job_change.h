/* job_change.h - carrying out a batch of planned changes; shared by every verb that names jobs. */
#ifndef CAIRN_JOB_CHANGE_H
#define CAIRN_JOB_CHANGE_H

#include "core.h"

/* Who asked: it decides how a failed guard is explained. */
enum cairn__asker {
	CAIRN__BY_LEASE, /* heartbeat, progress, finish, log */
	CAIRN__BY_CANCEL,
	CAIRN__BY_REQUEUE,
	CAIRN__BY_ADOPT,
	CAIRN__BY_EDIT
};

struct cairn__batch {
	cairn_conn *conn;
	cairn_change *changes; /* n of them, from cairn__batch_begin */
	cairn_change_result *results;
	size_t n;
	enum cairn__asker asker;
	const cairn_log_item *lines; /* that go along; none unless somebody says so */
	size_t line_count;
	enum cairn_hit *line_hits;
};

/* A lease as a caller hands it in: complete enough, and nothing reserved used. (job_work.c) */
cairn_status cairn__check_lease(const cairn_lease *lease, cairn_error *err);
/* Progress that no stored value could make right, refused with this code. */
cairn_status cairn__check_progress(uint32_t set, int64_t done, int64_t total, cairn_code code,
				   cairn_error *err);
/* A reason may be absent; else it is a name. */
cairn_status cairn__check_reason(cairn_str reason, cairn_error *err);

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

/* The first failed item's outcome as the call's. */
cairn_status cairn__first_failure(const cairn_changed *each, size_t n, cairn_error *err);

/*
 * Explains the items whose guard failed: reads what stands there now. One whose guard would hold
 * by now, because the row moved in between, is BUSY. (job_miss.c)
 */
cairn_status cairn__explain(struct cairn__batch *batch, cairn_changed *each, cairn_error *err);

#endif
