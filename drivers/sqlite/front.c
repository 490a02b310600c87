/*
 * front.c - the first jobs in line of those that need a permit. Most often one of them can have one,
 * and whatever stands behind is worse: then nobody looks at each resource that is waited for.
 */
#include <string.h>

#include "lite.h"

/* So many jobs are looked at, and so many resources; a claim of many looks further. */
#define FRONT_JOBS(limit) (100 + 2 * (limit))
#define FRONT_RESOURCES	  128

/* A resource that was met, with what is free of it after the jobs that were offered. */
struct met {
	int64_t room;
	size_t tenant_len;
	size_t key_len;
	uint32_t hash;
	char tenant[LITE_NAME];
	char key[LITE_KEY];
};

struct front {
	struct lite *lite;
	const struct lite_wanted *wanted;
	struct met *met; /* FRONT_RESOURCES */
	size_t count;
};

static uint32_t hash(uint32_t sum, cairn_str text)
{
	for (size_t i = 0; i < text.len; i++)
		sum = (sum ^ (unsigned char)text.ptr[i]) * 16777619u;
	return sum;
}

static struct met *find(const struct front *front, cairn_str tenant, cairn_str key, uint32_t sum)
{
	for (size_t i = 0; i < front->count; i++) {
		struct met *met = &front->met[i];
		if (met->hash == sum &&
		    cairn_str_equal((cairn_str){ met->tenant, met->tenant_len }, tenant) &&
		    cairn_str_equal((cairn_str){ met->key, met->key_len }, key))
			return met;
	}
	return NULL;
}

static cairn_status count_room(struct front *front, struct met *met, cairn_error *err)
{
	struct lite_run run;
	bool more;
	cairn_status status = cairn_lite__start(&run, front->lite, LITE_RESOURCE_ROOM, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_tenant(&run, (cairn_str){ met->tenant, met->tenant_len });
	cairn_lite__bind_text(&run, (cairn_str){ met->key, met->key_len });
	cairn_lite__bind_int(&run, front->wanted->now);
	status = cairn_lite__row(&run, &more, err);
	if (status != CAIRN_OK || !more)
		return status;
	met->room = cairn_lite__int(&run);
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

/* The resource of a job; *met is NULL where no more can be remembered. */
static cairn_status meet(struct front *front, cairn_str tenant, cairn_str key, struct met **met,
			 cairn_error *err)
{
	uint32_t sum = hash(hash(2166136261u, tenant) ^ 31, key);
	*met = find(front, tenant, key, sum);
	if (*met != NULL || front->count == FRONT_RESOURCES || tenant.len > LITE_NAME ||
	    key.len > LITE_KEY)
		return CAIRN_OK;
	*met = &front->met[front->count++];
	(*met)->hash = sum;
	(*met)->tenant_len = tenant.len;
	(*met)->key_len = key.len;
	(*met)->room = 0;
	if (tenant.len > 0)
		memcpy((*met)->tenant, tenant.ptr, tenant.len);
	memcpy((*met)->key, key.ptr, key.len);
	return count_room(front, *met, err);
}

/* One job of the front; *known: what its resource has free could be told. */
static cairn_status look(struct front *front, struct lite_run *run, struct lite_places *places,
			 bool *known, cairn_error *err)
{
	struct lite_place place;
	struct met *met;
	place.row = cairn_lite__int(run);
	place.priority = cairn_lite__int32(run);
	place.run_at = cairn_lite__int(run);
	place.id = cairn_lite__id(run);
	bool wanted = cairn_lite__int(run) != 0;
	if (!cairn_lite__type_wanted(front->wanted, cairn_lite__view(run)) || !wanted)
		return CAIRN_OK;
	cairn_str tenant = cairn_lite__view(run);
	cairn_str key = cairn_lite__view(run);
	cairn_status status = meet(front, tenant, key, &met, err);
	*known = met != NULL;
	if (status != CAIRN_OK || met == NULL || met->room <= 0)
		return status;
	met->room--;
	places->at[places->count++] = place;
	return CAIRN_OK;
}

static cairn_status walk(struct front *front, struct lite_places *places, bool *enough,
			 cairn_error *err)
{
	struct lite_run run;
	bool more;
	bool known = true;
	size_t left = FRONT_JOBS(places->limit);
	cairn_status status = cairn_lite__start(&run, front->lite, LITE_RESOURCE_FRONT, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, front->wanted->queue);
	cairn_lite__bind_int(&run, front->wanted->now);
	cairn_lite__bind_text(&run, front->wanted->owner);
	cairn_lite__bind_int(&run, front->wanted->any_owner);
	status = cairn_lite__row(&run, &more, err);
	while (status == CAIRN_OK && more && known && left > 0 && places->count < places->limit) {
		left--;
		status = look(front, &run, places, &known, err);
		if (status == CAIRN_OK)
			status = cairn_lite__row(&run, &more, err);
	}
	if (more)
		cairn_lite__stop(&run);
	*enough = known && (!more || places->count == places->limit);
	return status;
}

cairn_status cairn_lite__permitted_in_front(struct lite *lite, const struct lite_wanted *wanted,
					    struct lite_places *places, bool *enough,
					    cairn_error *err)
{
	struct front front = { .lite = lite, .wanted = wanted };
	size_t size = FRONT_RESOURCES * sizeof *front.met;
	front.met = cairn_host_alloc(lite->host, NULL, 0, size);
	if (front.met == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	cairn_status status = walk(&front, places, enough, err);
	if (!*enough)
		places->count = 0;
	cairn_host_alloc(lite->host, front.met, size, 0);
	return status;
}
