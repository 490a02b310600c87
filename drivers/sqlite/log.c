/*
 * log.c - lines that are written about a job while it runs, or from outside. The job
 * is read under the writer's lock and not written.
 */
#include <string.h>

#include "lite.h"

#define ANY_STATUS 0xffu

/* The job that a line is for, as it was found; a worker's next line is often of the same. */
struct target {
	const cairn_log_item *item; /* the line for which it was looked up; NULL: none yet */
	enum cairn_hit hit;
	cairn_job job;
	int64_t seq; /* of its last line */
};

static bool same_target(const struct target *target, const cairn_log_item *item)
{
	const cairn_log_item *known = target->item;
	return known != NULL && cairn_id_compare(known->id, item->id) == 0 &&
	       known->guard == item->guard && known->fence == item->fence &&
	       !(item->guard & CAIRN_GUARD_SCOPE);
}

/* The guard is a change's, of one that changes nothing. */
static enum cairn_hit test(const cairn_log_item *item, const cairn_job *job, cairn_time now)
{
	bool worker = (item->guard & CAIRN_GUARD_FENCE) != 0;
	cairn_change change = {
		.id = item->id,
		.fence = item->fence,
		.guard = item->guard,
		.from = worker ? 1u << CAIRN_JOB_LEASED : ANY_STATUS,
		.scope = item->scope,
	};
	return cairn_change_test(&change, job, now);
}

static cairn_status look_up(struct lite_write *write, const cairn_log_item *item,
			    struct target *target, cairn_error *err)
{
	struct lite_run run;
	bool found;
	*target = (struct target){ .item = item, .hit = CAIRN_MISS };
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_LOG_JOB, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &item->id);
	status = cairn_lite__row(&run, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	cairn_job *job = &target->job;
	job->progress_done = -1;
	job->progress_total = -1;
	job->status = cairn_lite__status(&run);
	job->tenant = cairn_lite__view(&run);
	job->run_number = cairn_lite__int32(&run);
	job->attempt = cairn_lite__int32(&run);
	job->fence = cairn_lite__int(&run);
	job->lease_expires_at = cairn_lite__int(&run);
	target->seq = cairn_lite__int(&run);
	target->hit = test(item, job, write->now);
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

static cairn_status insert(struct lite_write *write, const cairn_log_item *item,
			   struct target *target, cairn_error *err)
{
	struct lite_run run;
	bool worker = (item->guard & CAIRN_GUARD_FENCE) != 0;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_LOG_INSERT, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &item->id);
	cairn_lite__bind_int(&run, ++target->seq);
	cairn_lite__bind_int(&run, target->job.run_number);
	cairn_lite__bind_int(&run, worker ? target->job.attempt : 0);
	cairn_lite__bind_int(&run, write->now);
	cairn_lite__bind_word(&run, cairn_log_level_text(item->level));
	cairn_lite__bind_text(&run, item->message);
	cairn_lite__bind_text(&run, item->data);
	return cairn_lite__finish(&run, err);
}

cairn_status cairn_lite__log(struct lite_write *write, const cairn_log_item *items, size_t n,
			     enum cairn_hit *each, cairn_error *err)
{
	struct target target = { .item = NULL };
	cairn_status status = CAIRN_OK;
	for (size_t i = 0; i < n && status == CAIRN_OK; i++) {
		if (!same_target(&target, &items[i]))
			status = look_up(write, &items[i], &target, err);
		each[i] = target.hit;
		if (status == CAIRN_OK && target.hit == CAIRN_HIT)
			status = insert(write, &items[i], &target, err);
	}
	return status;
}

cairn_status cairn_lite__job_log(void *self, const cairn_log_item *items, size_t n,
				 enum cairn_hit *each, cairn_error *err)
{
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = cairn_lite__log(&write, items, n, each, err);
	return cairn_lite__write_end(&write, status, err);
}

/* ---- reading ------------------------------------------------------------ */

static void read_line(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_log_row *row = into;
	row->seq = cairn_lite__int(run);
	row->run_number = cairn_lite__int32(run);
	row->attempt = cairn_lite__int32(run);
	row->at = cairn_lite__int(run);
	row->level = cairn_log_level_parse(cairn_lite__view(run));
	row->message = cairn_lite__text(run, rows);
	row->data = cairn_lite__text(run, rows);
}

cairn_status cairn_lite__job_logs(void *self, const cairn_history_query *query, int *found,
				  cairn_rows *rows, cairn_error *err)
{
	return cairn_lite__history(self, LITE_LOGS, read_line, query, found, rows, err);
}
