/*
 * mutants_items.c - the mutants of memory items. (mutants.c: the others)
 */
#include <stdlib.h>

#include "mutant.h"

/* ---- writing ------------------------------------------------------------------------ */

static void expects_nothing(cairn_memory_write *item)
{
	item->expects = 0;
}

static void expects_nothing_of_none(cairn_memory_write *item)
{
	if (item->revision == 0)
		item->expects = 0;
}

static void no_lock(cairn_memory_write *item)
{
	item->lock = NULL;
}

static void no_ttl(cairn_memory_write *item)
{
	item->ttl = 0;
}

static void no_metadata(cairn_memory_write *item)
{
	item->metadata = CAIRN_STR("{}");
}

static void no_tags(cairn_memory_write *item)
{
	item->tags = (cairn_str){ NULL, 0 };
}

static void always_json(cairn_memory_write *item)
{
	if (item->value.len > 0)
		item->format = CAIRN_FORMAT_JSON;
}

static void in_the_parent(cairn_memory_write *item)
{
	while (item->ns.len > 0 && item->ns.ptr[--item->ns.len] != ':')
		;
}

static void never_existed(const cairn_memory_write *item, cairn_memory_found *found)
{
	(void)item;
	found->existed = 0;
}

static void always_existed(const cairn_memory_write *item, cairn_memory_found *found)
{
	found->existed = !item->deletes;
}

static void moved_is_done(const cairn_memory_write *item, cairn_memory_found *found)
{
	(void)item;
	if (found->result == CAIRN_MEMORY_MOVED)
		found->result = CAIRN_MEMORY_DONE;
}

/* A put that says nothing of time leaves the end that was there: as if it had been said again. */
static cairn_status keep_the_end(void *self, const cairn_memory_plan *plan,
				 cairn_memory_found *each, cairn_error *err)
{
	static cairn_usec ttl; /* of the case's last put with one */
	cairn_memory_write *items = ct_copy_of(plan->items, plan->n, sizeof(*items));
	cairn_memory_plan mine = { .tenant = plan->tenant, .items = items, .n = plan->n };
	for (size_t i = 0; i < plan->n; i++) {
		ttl = items[i].ttl > 0 ? items[i].ttl : ttl;
		items[i].ttl = ttl;
	}
	cairn_status status = ct_real_ops()->memory.put(self, &mine, each, err);
	free(items);
	return status;
}

/* ---- reading ------------------------------------------------------------------------ */

static void made_when_updated(cairn_rows *items)
{
	for (size_t i = 0; i < cairn_rows_count(items); i++) {
		cairn_memory_item *item = cairn_rows_at(items, i);
		item->created_at = item->updated_at;
	}
}

static void all_at_place_0(cairn_rows *items)
{
	for (size_t i = 0; i < cairn_rows_count(items); i++)
		((cairn_memory_item *)cairn_rows_at(items, i))->index = 0;
}

/* As LIKE would have it: from a wildcard on anything fits. */
static void like(cairn_memory_query *query)
{
	size_t len = 0;
	while (len < query->prefix.len && query->prefix.ptr[len] != '%' &&
	       query->prefix.ptr[len] != '_')
		len++;
	query->prefix.len = len;
}

static void no_cursor(cairn_memory_query *query)
{
	query->after = (cairn_str){ NULL, 0 };
	query->after_ns = query->ns;
}

static void no_filter(cairn_memory_query *query)
{
	query->tag_count = 0;
}

static void first_of_filter(cairn_memory_query *query)
{
	query->tag_count = query->tag_count > 0;
}

static void always_below(cairn_memory_query *query)
{
	query->below = 1;
}

static void never_below(cairn_memory_query *query)
{
	query->below = 0;
	query->after_ns = query->ns;
}

static void always_values(cairn_memory_query *query)
{
	query->values = 1;
}

/* Whatever begins with the text of the namespace is within it. */
static cairn_status siblings_too(void *self, const cairn_memory_namespace_query *query,
				 cairn_rows *rows, cairn_error *err)
{
	cairn_memory_namespace_query all = { .tenant = query->tenant,
					     .after = query->after,
					     .behind = query->behind,
					     .limit = 1000 };
	cairn_status status = ct_real_ops()->memory.namespaces(self, &all, rows, err);
	size_t kept = 0;
	for (size_t i = 0; i < cairn_rows_count(rows); i++) {
		cairn_memory_namespace row = *(cairn_memory_namespace *)cairn_rows_at(rows, i);
		if (row.ns.len < query->ns.len || kept == query->limit ||
		    (query->ns.len > 0 && memcmp(row.ns.ptr, query->ns.ptr, query->ns.len) != 0))
			continue;
		*(cairn_memory_namespace *)cairn_rows_at(rows, kept++) = row;
	}
	cairn_rows_truncate(rows, kept);
	return status;
}

/* ---- evicting ----------------------------------------------------------------------- */

static void greedy(cairn_str *tenant, uint32_t *limit)
{
	(void)tenant;
	*limit = 1000;
}

static void of_everybody(cairn_str *tenant, uint32_t *limit)
{
	(void)limit;
	*tenant = (cairn_str){ NULL, 0 };
}

#define ITEMS .cases = "memory.*"

const ct_mutant ct_item_mutants[] = {
	{ .name = "item_seen_when_over",
	  .rule = "shows items for another second after their time",
	  ITEMS,
	  .item_read_clock = -CAIRN_SECOND },
	{ .name = "item_in_the_way_when_over",
	  .rule = "takes items whose time is over for items when it writes",
	  ITEMS,
	  .item_clock = -CAIRN_SECOND },
	{ .name = "item_revision_unchecked",
	  .rule = "does not look at the expected revision",
	  ITEMS,
	  .item = expects_nothing },
	{ .name = "item_absence_unchecked",
	  .rule = "replaces items where none was expected",
	  ITEMS,
	  .item = expects_nothing_of_none },
	{ .name = "item_moved_untold",
	  .rule = "says that it wrote what it did not",
	  ITEMS,
	  .item_found = moved_is_done },
	{ .name = "item_lock_unchecked",
	  .rule = "writes under a lock that is lost",
	  ITEMS,
	  .item = no_lock },
	{ .name = "item_put_keeps_the_end",
	  .rule = "does not forget the time when none is said",
	  ITEMS,
	  .item_put_slot = keep_the_end },
	{ .name = "item_ttl_ignored", .rule = "keeps items for good", ITEMS, .item = no_ttl },
	{ .name = "item_metadata_lost", .rule = "keeps no metadata", ITEMS, .item = no_metadata },
	{ .name = "item_tags_lost", .rule = "finds nothing by metadata", ITEMS, .item = no_tags },
	{ .name = "item_bytes_as_json", .rule = "calls bytes JSON", ITEMS, .item = always_json },
	{ .name = "item_namespace_cut",
	  .rule = "puts items into the namespace above",
	  ITEMS,
	  .item = in_the_parent },
	{ .name = "item_never_existed",
	  .rule = "never says that an item was there",
	  ITEMS,
	  .item_found = never_existed },
	{ .name = "item_always_existed",
	  .rule = "says that an item was there which was not",
	  ITEMS,
	  .item_found = always_existed },
	{ .name = "item_tenants_mixed",
	  .rule = "keeps everybody's items together",
	  ITEMS,
	  .item_tenant = { "everybody", 9 } },
	{ .name = "item_made_when_updated",
	  .rule = "forgets when an item was made",
	  ITEMS,
	  .items_read = made_when_updated },
	{ .name = "item_places_lost",
	  .rule = "does not say which ref an item answers",
	  ITEMS,
	  .items_read = all_at_place_0 },
	{ .name = "item_prefix_as_like",
	  .rule = "takes % and _ in a prefix for wildcards",
	  ITEMS,
	  .item_list = like },
	{ .name = "item_cursor_ignored",
	  .rule = "lists from the beginning",
	  ITEMS,
	  .item_list = no_cursor },
	{ .name = "item_filter_ignored",
	  .rule = "lists items without the metadata that was asked for",
	  ITEMS,
	  .item_list = no_filter },
	{ .name = "item_filter_cut",
	  .rule = "looks for the first member of a filter only",
	  ITEMS,
	  .item_list = first_of_filter },
	{ .name = "item_list_below",
	  .rule = "lists what is below a namespace, too",
	  ITEMS,
	  .item_list = always_below },
	{ .name = "item_list_not_below",
	  .rule = "lists one namespace only",
	  ITEMS,
	  .item_list = never_below },
	{ .name = "item_list_with_values",
	  .rule = "lists values that nobody asked for",
	  ITEMS,
	  .item_list = always_values },
	{ .name = "item_namespaces_siblings",
	  .rule = "lists namespaces whose texts begin alike",
	  ITEMS,
	  .item_namespaces_slot = siblings_too },
	{ .name = "item_evict_unbounded",
	  .rule = "evicts more than it may",
	  ITEMS,
	  .item_evict = greedy },
	{ .name = "item_evict_of_all_tenants",
	  .rule = "evicts everybody's items",
	  ITEMS,
	  .item_evict = of_everybody },
};

const size_t ct_item_mutant_count = sizeof(ct_item_mutants) / sizeof(ct_item_mutants[0]);
