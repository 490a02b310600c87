/*
 * mutant_queues.c - the slots of queues, resources and owners as a mutant has them. (mutant.c)
 */
#include "mutant.h"

static const ct_mutant *active;

/* ---- queues --------------------------------------------------------------------- */

static cairn_status on_queues(void *self, const cairn_queue_query *query, cairn_time *now,
			      cairn_rows *rows, cairn_error *err)
{
	cairn_queue_query mine = *query;
	if (active->queue_list)
		active->queue_list(&mine);
	cairn_status status = ct_real_ops()->queues.list(self, &mine, now, rows, err);
	if (status == CAIRN_OK && active->queues_listed)
		active->queues_listed(rows);
	return status;
}

static cairn_status on_pause(void *self, const cairn_queue_plan *plan, cairn_queue_changed *each,
			     cairn_error *err)
{
	cairn_queue_plan mine = *plan;
	if (active->queue_pause)
		active->queue_pause(&mine);
	cairn_status status = ct_real_ops()->queues.pause(self, &mine, each, err);
	for (size_t i = 0; i < plan->n && status == CAIRN_OK && active->queue_paused; i++)
		active->queue_paused(&each[i]);
	return status;
}

void ct_wrap_queues(cairn_queue_ops *queues, const ct_mutant *mutant)
{
	active = mutant;
	*queues = ct_real_ops()->queues;
	queues->list = on_queues;
	queues->pause = on_pause;
}

/* ---- resources ------------------------------------------------------------------- */

static cairn_status on_set(void *self, const cairn_capacity *resources, size_t n, cairn_error *err)
{
	cairn_status status = CAIRN_OK;
	/* one by one: the last one of a key counts either way */
	for (size_t i = 0; i < n && status == CAIRN_OK; i++) {
		cairn_capacity mine = resources[i];
		if (active->capacity)
			active->capacity(&mine);
		status = ct_real_ops()->resources.set(self, &mine, 1, err);
	}
	return status;
}

static cairn_status on_resources(void *self, const cairn_resource_query *query, cairn_rows *rows,
				 cairn_error *err)
{
	cairn_resource_query mine = *query;
	if (active->resource_list)
		active->resource_list(&mine);
	cairn_status status = ct_real_ops()->resources.list(self, &mine, rows, err);
	if (status == CAIRN_OK && active->resources_listed)
		active->resources_listed(rows);
	return status;
}

void ct_wrap_resources(cairn_resource_ops *resources, const ct_mutant *mutant)
{
	active = mutant;
	*resources = ct_real_ops()->resources;
	if (mutant->capacity)
		resources->set = on_set;
	resources->list = on_resources;
}

/* ---- owners ----------------------------------------------------------------------- */

static cairn_status on_enroll(void *self, const cairn_owner_new *owner, const cairn_id *incarnation,
			      cairn_error *err)
{
	cairn_owner_new mine = *owner;
	if (active->enroll)
		active->enroll(&mine);
	return ct_real_ops()->owners.enroll(self, &mine, incarnation, err);
}

static cairn_status on_touch(void *self, const cairn_owner_plan *plan, cairn_owner_found *each,
			     cairn_error *err)
{
	cairn_owner_plan mine = *plan;
	if (active->owner_touch)
		active->owner_touch(&mine);
	cairn_status status = ct_real_ops()->owners.touch(self, &mine, each, err);
	for (size_t i = 0; i < plan->n && status == CAIRN_OK && active->owner_touched; i++)
		active->owner_touched(&each[i]);
	return status;
}

static cairn_status on_owners(void *self, const cairn_owner_query *query, cairn_time *now,
			      cairn_rows *rows, cairn_error *err)
{
	cairn_owner_query mine = *query;
	if (active->owner_list)
		active->owner_list(&mine);
	return ct_real_ops()->owners.list(self, &mine, now, rows, err);
}

static cairn_status on_prune(void *self, cairn_usec age, uint32_t limit, size_t *pruned,
			     cairn_error *err)
{
	if (active->owner_prune)
		active->owner_prune(&age, &limit);
	return ct_real_ops()->owners.prune(self, age, limit, pruned, err);
}

void ct_wrap_owners(cairn_owner_ops *owners, const ct_mutant *mutant)
{
	active = mutant;
	*owners = ct_real_ops()->owners;
	owners->enroll = on_enroll;
	owners->touch = on_touch;
	owners->list = on_owners;
	owners->prune = on_prune;
}
