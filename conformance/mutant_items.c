/*
 * mutant_items.c - the slots of memory items as a mutant has them. (mutant.c)
 */
#include <stdlib.h>

#include "mutant.h"

static const ct_mutant *active;

static cairn_str tenant_of(cairn_str tenant)
{
	return active->item_tenant.len > 0 && tenant.len > 0 ? active->item_tenant : tenant;
}

static cairn_status on_put(void *self, const cairn_memory_plan *plan, cairn_memory_found *each,
			   cairn_error *err)
{
	cairn_memory_write *items = ct_copy_of(plan->items, plan->n, sizeof(*items));
	cairn_memory_plan mine = { .tenant = tenant_of(plan->tenant),
				   .items = items,
				   .n = plan->n };
	for (size_t i = 0; i < plan->n && active->item; i++)
		active->item(&items[i]);
	ct_advance(active->item_clock);
	cairn_status status = ct_real_ops()->memory.put(self, &mine, each, err);
	ct_advance(-active->item_clock);
	for (size_t i = 0; i < plan->n && status == CAIRN_OK && active->item_found; i++)
		active->item_found(&plan->items[i], &each[i]);
	free(items);
	return status;
}

static cairn_status on_get(void *self, cairn_str tenant, const cairn_memory_key *keys, size_t n,
			   cairn_rows *rows, cairn_error *err)
{
	ct_advance(active->item_read_clock);
	cairn_status status =
		ct_real_ops()->memory.get(self, tenant_of(tenant), keys, n, rows, err);
	ct_advance(-active->item_read_clock);
	if (status == CAIRN_OK && active->items_read)
		active->items_read(rows);
	return status;
}

static cairn_status on_list(void *self, const cairn_memory_query *query, cairn_rows *rows,
			    cairn_error *err)
{
	cairn_memory_query mine = *query;
	mine.tenant = tenant_of(query->tenant);
	if (active->item_list)
		active->item_list(&mine);
	ct_advance(active->item_read_clock);
	cairn_status status = ct_real_ops()->memory.list(self, &mine, rows, err);
	ct_advance(-active->item_read_clock);
	if (status == CAIRN_OK && active->items_read)
		active->items_read(rows);
	return status;
}

static cairn_status on_namespaces(void *self, const cairn_memory_namespace_query *query,
				  cairn_rows *rows, cairn_error *err)
{
	cairn_memory_namespace_query mine = *query;
	mine.tenant = tenant_of(query->tenant);
	ct_advance(active->item_read_clock);
	cairn_status status = ct_real_ops()->memory.namespaces(self, &mine, rows, err);
	ct_advance(-active->item_read_clock);
	return status;
}

static cairn_status on_evict(void *self, cairn_str tenant, uint32_t limit, size_t *evicted,
			     cairn_error *err)
{
	cairn_str mine = tenant_of(tenant);
	if (active->item_evict)
		active->item_evict(&mine, &limit);
	return ct_real_ops()->memory.evict(self, mine, limit, evicted, err);
}

bool ct_mutates_items(const ct_mutant *mutant)
{
	return mutant->item || mutant->item_found || mutant->items_read || mutant->item_list ||
	       mutant->item_evict || mutant->item_put_slot || mutant->item_namespaces_slot ||
	       mutant->item_tenant.len > 0 || mutant->item_clock || mutant->item_read_clock;
}

void ct_wrap_items(cairn_memory_ops *memory, const ct_mutant *mutant)
{
	active = mutant;
	*memory = ct_real_ops()->memory;
	memory->put = mutant->item_put_slot ? mutant->item_put_slot : on_put;
	memory->get = on_get;
	memory->list = on_list;
	memory->namespaces =
		mutant->item_namespaces_slot ? mutant->item_namespaces_slot : on_namespaces;
	memory->evict = on_evict;
}
