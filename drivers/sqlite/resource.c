/*
 * resource.c - capacities, and which jobs may have a permit now. Nobody keeps how many are in use:
 * the jobs that hold one are counted, behind the writer's lock.
 */
#include <string.h>

#include "lite.h"

/* ---- what a claim may take -------------------------------------------------- */

bool cairn_lite__before(const struct lite_place *a, const struct lite_place *b)
{
	if (a->priority != b->priority)
		return a->priority > b->priority;
	if (a->run_at != b->run_at)
		return a->run_at < b->run_at;
	return cairn_id_compare(a->id, b->id) < 0;
}

/* Keeps the best `limit` of all that were offered, in queue order; false: it was too bad. */
static bool offer(struct lite_places *places, const struct lite_place *place)
{
	size_t at = places->count;
	if (at == places->limit && !cairn_lite__before(place, &places->at[at - 1]))
		return false;
	if (at == places->limit)
		at--;
	else
		places->count++;
	while (at > 0 && cairn_lite__before(place, &places->at[at - 1])) {
		places->at[at] = places->at[at - 1];
		at--;
	}
	places->at[at] = *place;
	return true;
}

/* A resource that jobs of a queue wait for. */
struct waited {
	char tenant[LITE_NAME];
	char key[LITE_KEY];
	size_t tenant_len;
	size_t key_len;
	int64_t room;
};

static size_t copy(char *into, size_t size, cairn_str text)
{
	size_t len = text.len < size ? text.len : size;
	if (len > 0)
		memcpy(into, text.ptr, len);
	return len;
}

/* The next one behind *waited, with what is free of it. */
static cairn_status next(struct lite *lite, cairn_str queue, cairn_time now, struct waited *waited,
			 bool *found, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_RESOURCE_NEXT, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, queue);
	cairn_lite__bind_tenant(&run, (cairn_str){ waited->tenant, waited->tenant_len });
	cairn_lite__bind_tenant(&run, (cairn_str){ waited->key, waited->key_len });
	cairn_lite__bind_int(&run, now);
	status = cairn_lite__row(&run, found, err);
	if (status != CAIRN_OK || !*found)
		return status;
	waited->tenant_len = copy(waited->tenant, sizeof waited->tenant, cairn_lite__view(&run));
	waited->key_len = copy(waited->key, sizeof waited->key, cairn_lite__view(&run));
	waited->room = cairn_lite__int(&run);
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

/* The best jobs of one resource, as many as it has room for. */
static cairn_status offer_jobs(struct lite *lite, const struct lite_wanted *wanted,
			       const struct waited *waited, struct lite_places *places,
			       cairn_error *err)
{
	struct lite_run run;
	bool more;
	int64_t room = waited->room;
	cairn_status status = cairn_lite__start(&run, lite, LITE_RESOURCE_JOBS, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, wanted->queue);
	cairn_lite__bind_tenant(&run, (cairn_str){ waited->tenant, waited->tenant_len });
	cairn_lite__bind_text(&run, (cairn_str){ waited->key, waited->key_len });
	cairn_lite__bind_int(&run, wanted->now);
	cairn_lite__bind_text(&run, wanted->owner);
	cairn_lite__bind_int(&run, wanted->any_owner);
	status = cairn_lite__row(&run, &more, err);
	while (status == CAIRN_OK && more) {
		struct lite_place place;
		place.row = cairn_lite__int(&run);
		place.priority = cairn_lite__int32(&run);
		place.run_at = cairn_lite__int(&run);
		place.id = cairn_lite__id(&run);
		if (cairn_lite__type_wanted(wanted, cairn_lite__view(&run)) &&
		    (!offer(places, &place) || --room == 0)) {
			cairn_lite__stop(&run);
			break;
		}
		status = cairn_lite__row(&run, &more, err);
	}
	return status;
}

cairn_status cairn_lite__permitted(struct lite *lite, const struct lite_wanted *wanted,
				   struct lite_places *places, cairn_error *err)
{
	struct waited waited;
	bool found = false;
	bool enough = false;
	waited.tenant_len = 0;
	waited.key_len = 0;
	cairn_status status = cairn_lite__permitted_in_front(lite, wanted, places, &enough, err);
	if (status == CAIRN_OK && !enough)
		status = next(lite, wanted->queue, wanted->now, &waited, &found, err);
	while (status == CAIRN_OK && found) {
		if (waited.room > 0)
			status = offer_jobs(lite, wanted, &waited, places, err);
		if (status == CAIRN_OK)
			status = next(lite, wanted->queue, wanted->now, &waited, &found, err);
	}
	return status;
}

/* ---- enqueue ------------------------------------------------------------------ */

cairn_status cairn_lite__resource_need(struct lite_write *write, cairn_str tenant, cairn_str key,
				       cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_RESOURCE_NEED, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_tenant(&run, tenant);
	cairn_lite__bind_text(&run, key);
	cairn_lite__bind_int(&run, write->now);
	return cairn_lite__finish(&run, err);
}

/* ---- slots ---------------------------------------------------------------------- */

static cairn_status set_one(struct lite_write *write, const cairn_capacity *item, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_RESOURCE_SET, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_tenant(&run, item->tenant);
	cairn_lite__bind_text(&run, item->key);
	cairn_lite__bind_int(&run, item->capacity);
	cairn_lite__bind_int(&run, write->now);
	return cairn_lite__finish(&run, err);
}

cairn_status cairn_lite__resource_set(void *self, const cairn_capacity *resources, size_t n,
				      cairn_error *err)
{
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < n && status == CAIRN_OK; i++)
		status = set_one(&write, &resources[i], err);
	return cairn_lite__write_end(&write, status, err);
}

static void read_resource(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_resource *resource = into;
	resource->tenant = cairn_lite__text(run, rows);
	resource->key = cairn_lite__text(run, rows);
	resource->capacity = cairn_lite__int32(run);
	resource->in_use = cairn_lite__int(run);
	resource->waiting = cairn_lite__int(run);
	resource->created_at = cairn_lite__int(run);
	resource->updated_at = cairn_lite__int(run);
}

cairn_status cairn_lite__resource_list(void *self, const cairn_resource_query *query,
				       cairn_rows *rows, cairn_error *err)
{
	struct lite *lite = self;
	struct lite_run run;
	cairn_time now = cairn_lite__time(lite);
	cairn_status status = cairn_lite__enter(lite, err);
	if (status == CAIRN_OK)
		status = cairn_lite__start(&run, lite, LITE_RESOURCES, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_scope(&run, &query->scope);
	cairn_lite__bind_text(&run, query->key);
	cairn_lite__bind_tenant(&run, query->after_tenant);
	cairn_lite__bind_tenant(&run, query->after_key);
	cairn_lite__bind_int(&run, now);
	cairn_lite__bind_int(&run, query->limit);
	return cairn_lite__read_rows(&run, rows, read_resource, err);
}
