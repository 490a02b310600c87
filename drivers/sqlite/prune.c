/*
 * prune.c - deleting jobs: one with all that belongs to it, and the oldest of those
 * that have ended. The index on the time of the end is walked type by type, so that what one type
 * keeps for long is not walked over each time for the sake of another.
 */
#include <stdlib.h>
#include <string.h>

#include "lite.h"

/* ---- one job ------------------------------------------------------------ */

static cairn_status delete_of(struct lite_write *write, enum lite_sql which, const cairn_id *id,
			      cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, which, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, id);
	return cairn_lite__finish(&run, err);
}

cairn_status cairn_lite__delete(struct lite_write *write, int64_t row, const cairn_id *id,
				bool marked, cairn_error *err)
{
	static const enum lite_sql belongings[] = {
		LITE_ATTEMPT_DELETE, LITE_EVENT_DELETE, LITE_LOG_DELETE,
		LITE_DEAD_DELETE,    LITE_RERUN_DELETE, LITE_RERUN_DELETE_OF,
	};
	struct lite_run run;
	cairn_status status = CAIRN_OK;
	for (size_t i = 0; i < sizeof belongings / sizeof belongings[0]; i++) {
		if (status == CAIRN_OK)
			status = delete_of(write, belongings[i], id, err);
	}
	if (status == CAIRN_OK && marked)
		status = cairn_lite__replay_forget(write, id, NULL, err);
	if (status == CAIRN_OK)
		status = cairn_lite__start(&run, write->lite, LITE_JOB_DELETE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, row);
	return cairn_lite__finish(&run, err);
}

/* ---- the oldest --------------------------------------------------------- */

/* A pass on its way: the oldest `n` found so far, in order; there is room for twice the limit. */
struct pass {
	struct lite_write *write;
	const cairn_prune_plan *plan;
	struct lite_slot *slots;
	size_t n;
};

/* Jobs of this type that ended after this are kept. */
static cairn_status kept_since(const struct pass *pass, cairn_str type, cairn_time *since,
			       cairn_error *err)
{
	struct lite_memo memo = { .used = 0 };
	const struct lite_definition *definition;
	cairn_usec retention = pass->plan->age;
	if (retention < 0) {
		cairn_status status =
			cairn_lite__definition(pass->write->lite, &memo, type, &definition, err);
		if (status != CAIRN_OK)
			return status;
		retention = definition->found ? definition->retention : CAIRN_RETAIN_FOREVER;
	}
	*since = pass->write->now - (retention == CAIRN_RETAIN_NONE ? 0 : retention);
	if (retention == CAIRN_RETAIN_FOREVER)
		*since = INT64_MIN;
	return CAIRN_OK;
}

static int by_end(const void *a, const void *b)
{
	const struct lite_slot *x = a;
	const struct lite_slot *y = b;
	if (x->until != y->until)
		return x->until < y->until ? -1 : 1;
	return cairn_id_compare(x->id, y->id);
}

static cairn_status start_ended(struct lite_run *run, const struct pass *pass,
				enum cairn_job_status ended, cairn_str type, cairn_error *err)
{
	const cairn_prune_plan *plan = pass->plan;
	cairn_time since;
	cairn_status status = kept_since(pass, type, &since, err);
	if (status == CAIRN_OK)
		status = cairn_lite__start(run, pass->write->lite, LITE_ENDED, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_word(run, cairn_job_status_text(ended));
	cairn_lite__bind_text(run, type);
	cairn_lite__bind_int(run, since);
	cairn_lite__bind_scope(run, &plan->scope);
	cairn_lite__bind_text(run, plan->queue);
	cairn_lite__bind_int(run, pass->write->now);
	return CAIRN_OK;
}

/* Adds what one type has, which comes by time: behind `limit` older ones nothing counts. */
static cairn_status collect(struct pass *pass, enum cairn_job_status ended, cairn_str type,
			    cairn_error *err)
{
	struct lite_run run;
	size_t limit = pass->plan->limit;
	size_t n = pass->n;
	bool more = false;
	cairn_status status = start_ended(&run, pass, ended, type, err);
	if (status == CAIRN_OK)
		status = cairn_lite__row(&run, &more, err);
	while (status == CAIRN_OK && more) {
		struct lite_slot one = { .row = cairn_lite__int(&run) };
		one.until = cairn_lite__int(&run);
		one.id = cairn_lite__id(&run);
		one.marked = cairn_lite__int(&run) != 0;
		bool late = pass->n == limit && one.until > pass->slots[limit - 1].until;
		if (late || n - pass->n == limit) {
			cairn_lite__stop(&run);
			break;
		}
		pass->slots[n++] = one;
		status = cairn_lite__row(&run, &more, err);
	}
	qsort(pass->slots, n, sizeof *pass->slots, by_end);
	pass->n = n < limit ? n : limit;
	return status;
}

/* The type behind the one in `type`, into its place; *more tells whether there is one. */
static cairn_status next_type(struct pass *pass, enum cairn_job_status ended, char *place,
			      cairn_str *type, bool *more, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, pass->write->lite, LITE_ENDED_TYPE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_word(&run, cairn_job_status_text(ended));
	cairn_lite__bind_tenant(&run, *type);
	status = cairn_lite__row(&run, more, err);
	if (status != CAIRN_OK || !*more)
		return status;
	cairn_str next = cairn_lite__view(&run);
	*more = next.len > 0 && next.len <= LITE_NAME;
	if (*more)
		memcpy(place, next.ptr, next.len);
	*type = (cairn_str){ place, *more ? next.len : 0 };
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

static cairn_status collect_types(struct pass *pass, enum cairn_job_status ended, cairn_error *err)
{
	char place[LITE_NAME];
	cairn_str type = { NULL, 0 };
	bool more = true;
	cairn_status status = CAIRN_OK;
	if (pass->plan->type.len > 0)
		return collect(pass, ended, pass->plan->type, err);
	while (status == CAIRN_OK && more) {
		status = next_type(pass, ended, place, &type, &more, err);
		if (status == CAIRN_OK && more)
			status = collect(pass, ended, type, err);
	}
	return status;
}

/* Those that are deleted as they succeed have no key, and so came from no intent. */
static cairn_status delete_ended(struct lite_write *write, const struct lite_slot *slot,
				 cairn_error *err)
{
	cairn_status status = delete_of(write, LITE_INTENT_DELETE, &slot->id, err);
	if (status == CAIRN_OK)
		status = cairn_lite__delete(write, slot->row, &slot->id, slot->marked, err);
	return status;
}

static cairn_status prune(struct lite_write *write, const cairn_prune_plan *plan, size_t *pruned,
			  cairn_error *err)
{
	struct lite *lite = write->lite;
	cairn_status status = cairn_lite__slots(lite, 2 * (size_t)plan->limit, err);
	struct pass pass = { .write = write, .plan = plan, .slots = lite->slots };
	for (int ended = CAIRN_JOB_SUCCEEDED; ended <= CAIRN_JOB_CANCELED; ended++) {
		if (status == CAIRN_OK && (plan->statuses & 1u << ended))
			status = collect_types(&pass, (enum cairn_job_status)ended, err);
	}
	for (size_t i = 0; i < pass.n && status == CAIRN_OK; i++)
		status = delete_ended(write, &pass.slots[i], err);
	*pruned = status == CAIRN_OK ? pass.n : 0;
	return status;
}

cairn_status cairn_lite__job_prune(void *self, const cairn_prune_plan *plan, size_t *pruned,
				   cairn_error *err)
{
	struct lite_write write;
	*pruned = 0;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = prune(&write, plan, pruned, err);
	return cairn_lite__write_end(&write, status, err);
}
