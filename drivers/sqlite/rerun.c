/*
 * rerun.c - a new job from one that succeeded. The request's key finds the replay
 * that is there already; behind the one writer's lock nobody can come between looking
 * and inserting.
 */
#include <string.h>

#include "lite.h"

/* The replay that stands under source, run and key. */
static cairn_status find(struct lite_write *write, const cairn_rerun_plan *plan,
			 const cairn_rerun_item *item, cairn_rerun_done *each, cairn_error *err)
{
	struct lite_run run;
	bool found;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_RERUN_FIND, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &item->source);
	cairn_lite__bind_int(&run, item->run_number);
	cairn_lite__bind_text(&run, item->key);
	cairn_lite__bind_scope(&run, &plan->scope);
	status = cairn_lite__row(&run, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	each->id = cairn_lite__id(&run);
	each->status = cairn_lite__status(&run);
	each->run_number = cairn_lite__int32(&run);
	bool same = cairn_str_equal(cairn_lite__view(&run), item->reason);
	each->result = same ? CAIRN_RERUN_EXISTS : CAIRN_RERUN_CONFLICT;
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

/* ---- a new one ---------------------------------------------------------- */

struct source {
	int64_t row; /* 0: there is no such success */
	cairn_str type;
	char place[LITE_NAME];
};

static cairn_status read_source(struct lite_write *write, const cairn_rerun_plan *plan,
				const cairn_rerun_item *item, struct source *source,
				cairn_error *err)
{
	struct lite_run run;
	bool found;
	source->row = 0;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_RERUN_SOURCE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &item->source);
	cairn_lite__bind_int(&run, item->run_number);
	cairn_lite__bind_scope(&run, &plan->scope);
	status = cairn_lite__row(&run, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	source->row = cairn_lite__int(&run);
	cairn_str type = cairn_lite__view(&run);
	size_t len = type.len < LITE_NAME ? type.len : LITE_NAME;
	if (len > 0)
		memcpy(source->place, type.ptr, len);
	source->type = (cairn_str){ source->place, len };
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

static cairn_status insert_job(struct lite_write *write, const cairn_rerun_plan *plan,
			       const cairn_rerun_item *item, int64_t source, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_RERUN_JOB, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, source);
	cairn_lite__bind_id(&run, &item->id);
	cairn_lite__bind_int(&run, write->now);
	cairn_lite__bind_int(&run, plan->record ? 1 : 0);
	return cairn_lite__finish(&run, err);
}

static cairn_status insert_lineage(struct lite_write *write, const cairn_rerun_item *item,
				   cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_RERUN_INSERT, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &item->source);
	cairn_lite__bind_int(&run, item->run_number);
	cairn_lite__bind_text(&run, item->key);
	cairn_lite__bind_text(&run, item->reason);
	cairn_lite__bind_id(&run, &item->id);
	cairn_lite__bind_int(&run, write->now);
	return cairn_lite__finish(&run, err);
}

/* Written at once: the type's text does not outlive this item. */
static cairn_status add_event(struct lite_write *write, const cairn_rerun_item *item,
			      cairn_str type, cairn_error *err)
{
	cairn_job fresh = { .run_number = 1 };
	cairn_event_record event = cairn_event_of(CAIRN_EVENT_ENQUEUED, &fresh);
	event.seq = 1;
	event.stage = CAIRN_STR("queued");
	event.detail = type;
	event.data = item->data;
	cairn_status status = cairn_lite__event_add(write, &item->id, &event, err);
	return status == CAIRN_OK ? cairn_lite__flush(write, err) : status;
}

static cairn_status replay_source(struct lite_write *write, const cairn_rerun_plan *plan,
				  const cairn_rerun_item *item, cairn_rerun_done *each,
				  cairn_error *err)
{
	struct lite_memo memo = { .used = 0 };
	const struct lite_definition *definition = NULL;
	struct source source;
	cairn_status status = read_source(write, plan, item, &source, err);
	if (status != CAIRN_OK || source.row == 0)
		return status;
	status = cairn_lite__definition(write->lite, &memo, source.type, &definition, err);
	if (status != CAIRN_OK)
		return status;
	if (!definition->found || !definition->enabled) {
		each->result = CAIRN_RERUN_DEFINITION;
		return CAIRN_OK;
	}
	status = insert_job(write, plan, item, source.row, err);
	if (status == CAIRN_OK)
		status = insert_lineage(write, item, err);
	if (status == CAIRN_OK && plan->record)
		status = add_event(write, item, source.type, err);
	each->result = CAIRN_RERUN_DONE;
	each->status = CAIRN_JOB_PENDING;
	each->id = item->id;
	each->run_number = 1;
	return status;
}

/* A key that stands twice in the batch needs no thought: the second finds the first one's row. */
cairn_status cairn_lite__job_replay(void *self, const cairn_rerun_plan *plan,
				    cairn_rerun_done *each, cairn_error *err)
{
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		memset(&each[i], 0, sizeof each[i]);
		status = find(&write, plan, &plan->items[i], &each[i], err);
		if (status == CAIRN_OK && each[i].result == CAIRN_RERUN_MISS)
			status = replay_source(&write, plan, &plan->items[i], &each[i], err);
	}
	return cairn_lite__write_end(&write, status, err);
}
