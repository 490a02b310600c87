/*
 * items.c - memory items: what was put is got, apart by tenant, namespace and key, and for as long as it
 * lives. (writing with conditions: items_put.c; lists: items_list.c; many threads: items_race.c)
 */
#include "ct.h"

#define HUNDRED_YEARS (36500 * CAIRN_DAY)

static size_t evict(cairn_conn *conn, cairn_scope scope, uint32_t limit)
{
	size_t evicted = 99;
	ct_ok(cairn_memory_evict(conn, scope, limit, &evicted, ct_err()));
	return evicted;
}

static cairn_memory_new lives(const char *key, cairn_usec ttl)
{
	cairn_memory_new item = ct_item(ct_ns("a"), key, "1");
	item.ttl = ttl;
	return item;
}

/* ---- there and gone ---------------------------------------------------------------- */

static void put_get_delete(void)
{
	cairn_conn *conn = ct_open();
	cairn_memory_new item = ct_item(ct_ns("a/b"), "k", " {\"b\": 1.0, \"a\":[ ]} ");
	item.metadata = CAIRN_STR("{ \"kind\": 1e0 }");
	cairn_memory_changed each = ct_keep(conn, NULL, item);
	ct_each(each, CAIRN_OK, NULL);
	ct_int(each.existed, 0);
	ct_int(each.expires_at, 0);
	const cairn_memory_item *got = ct_recall(conn, NULL, ct_ns("a/b"), "k");
	ct_true(got != NULL);
	ct_str(got->ns, "a:b");
	ct_str(got->key, "k");
	ct_text(got->value.ptr, " {\"b\": 1.0, \"a\":[ ]} ");
	ct_int(got->value_size, got->value.len);
	ct_str(got->metadata, "{ \"kind\": 1e0 }");
	ct_int(got->revision, each.revision);
	ct_int(got->created_at, ct_now());
	ct_int(got->updated_at, ct_now());
	ct_int(got->expires_at, 0);
	ct_int(got->format, CAIRN_FORMAT_JSON);
	ct_true(ct_unkeep(conn, NULL, ct_ns("a/b"), "k"));
	ct_text(ct_value(conn, NULL, ct_ns("a/b"), "k"), "-");
	ct_true(!ct_unkeep(conn, NULL, ct_ns("a/b"), "k"));
	ct_true(!ct_unkeep(conn, NULL, ct_ns("never"), "k"));
}

static void tenants(void)
{
	cairn_conn *conn = ct_open();
	cairn_memory_filter filter = { .size = sizeof(filter), .ns = ct_ns("a") };
	ct_kept(conn, "one", ct_item(ct_ns("a"), "k", "1"));
	ct_text(ct_value(conn, "two", ct_ns("a"), "k"), "-");
	ct_kept(conn, "two", ct_item(ct_ns("a"), "k", "2"));
	ct_kept(conn, "two", ct_item(ct_ns("a"), "only", "2"));
	ct_text(ct_value(conn, "one", ct_ns("a"), "k"), "1");
	ct_text(ct_value(conn, "two", ct_ns("a"), "k"), "2");
	filter.tenant = CAIRN_STR("one");
	ct_text(ct_items(conn, &filter), "a|k");
	ct_true(!ct_unkeep(conn, "one", ct_ns("a"), "only"));
	ct_true(ct_unkeep(conn, "one", ct_ns("a"), "k"));
	ct_text(ct_value(conn, "two", ct_ns("a"), "k"), "2");
}

static void scopes(void)
{
	cairn_conn *conn = ct_open();
	static const char *const paths[] = { "", "a", "b", "a/b", "A", "a b" };
	for (size_t i = 0; i < 6; i++)
		ct_kept(conn, NULL, ct_item(ct_ns(paths[i]), "k", ct_format("%zu", i)));
	ct_true(ct_unkeep(conn, NULL, ct_ns("b"), "k"));
	for (size_t i = 0; i < 6; i++)
		ct_text(ct_value(conn, NULL, ct_ns(paths[i]), "k"),
			i == 2 ? "-" : ct_format("%zu", i));
	ct_str(ct_recall(conn, NULL, ct_ns(""), "k")->ns, NULL);
}

static void with_colons(void)
{
	cairn_conn *conn = ct_open();
	static const char *const paths[] = { "1/a:b", "1:a/b", "1:a:b", "1/a/b", "1\\/a", "1\\:a" };
	cairn_memory_filter filter = { .size = sizeof(filter), .tenant = CAIRN_STR("t") };
	for (size_t i = 0; i < 6; i++)
		ct_kept(conn, NULL, ct_item(ct_ns(paths[i]), "k", ct_format("%zu", i)));
	for (size_t i = 0; i < 6; i++) {
		cairn_memory_items *items = NULL;
		ct_text(ct_value(conn, NULL, ct_ns(paths[i]), "k"), ct_format("%zu", i));
		filter.ns = ct_ns(paths[i]);
		ct_ok(cairn_memory_list(conn, &filter, &items, ct_err()));
		ct_int(items->count, 1);
		ct_later(items);
	}
	ct_true(ct_unkeep(conn, NULL, ct_ns(paths[0]), "k"));
	for (size_t i = 1; i < 6; i++)
		ct_text(ct_value(conn, NULL, ct_ns(paths[i]), "k"), ct_format("%zu", i));
}

static void keys_are_no_namespaces(void)
{
	cairn_conn *conn = ct_open();
	cairn_memory_filter filter = { .size = sizeof(filter), .tenant = CAIRN_STR("t") };
	ct_kept(conn, NULL, ct_item(ct_ns("acme"), "agent-a:k", "1"));
	ct_text(ct_value(conn, NULL, ct_ns("acme/agent-a"), "k"), "-");
	ct_kept(conn, NULL, ct_item(ct_ns("acme/agent-a"), "k", "2"));
	ct_text(ct_value(conn, NULL, ct_ns("acme"), "agent-a:k"), "1");
	ct_text(ct_value(conn, NULL, ct_ns("acme/agent-a"), "k"), "2");
	filter.ns = ct_ns("acme");
	ct_text(ct_items(conn, &filter), "acme|agent-a:k");
	filter.set = CAIRN_MEMORY_BELOW;
	ct_text(ct_items(conn, &filter), "acme|agent-a:k acme:agent-a|k");
}

/* ---- what is kept ------------------------------------------------------------------- */

static void bytes(void)
{
	cairn_conn *conn = ct_open();
	static const char odd[] = "\x00\xff\xfe{\x00";
	cairn_memory_new item = ct_item(ct_ns("a"), "k", "");
	item.format = CAIRN_FORMAT_BYTES;
	ct_kept(conn, NULL, item);
	const cairn_memory_item *got = ct_recall(conn, NULL, ct_ns("a"), "k");
	ct_true(got->value.ptr != NULL);
	ct_int(got->value.len, 0);
	ct_int(got->format, CAIRN_FORMAT_BYTES);
	item.value = (cairn_blob){ odd, sizeof(odd) };
	ct_kept(conn, NULL, item);
	got = ct_recall(conn, NULL, ct_ns("a"), "k");
	ct_int(got->format, CAIRN_FORMAT_BYTES);
	ct_int(got->value.len, sizeof(odd));
	ct_int(got->value_size, sizeof(odd));
	ct_true(memcmp(got->value.ptr, odd, sizeof(odd)) == 0);
	ct_int(((const char *)got->value.ptr)[sizeof(odd)], 0);
}

static void large(void)
{
	cairn_conn *conn = ct_open();
	char *json = ct_repeat('x', 1 << 20);
	json[0] = '"';
	json[(1 << 20) - 1] = '"';
	cairn_memory_new item = ct_item(ct_ns("a"), "k", json);
	ct_kept(conn, NULL, item);
	ct_text(ct_value(conn, NULL, ct_ns("a"), "k"), json);
	item.value = (cairn_blob){ ct_repeat(' ', (1 << 20) + 1), (1 << 20) + 1 };
	ct_status(cairn_memory_put(conn, CAIRN_STR("t"), &item, 1, NULL, ct_err()), CAIRN_TOO_LARGE,
		  "json.too_large");
	item.format = CAIRN_FORMAT_BYTES;
	ct_kept(conn, NULL, item);
	ct_int(ct_recall(conn, NULL, ct_ns("a"), "k")->value_size, (1 << 20) + 1);
	item.key = CAIRN_STR("");
	ct_status(cairn_memory_put(conn, CAIRN_STR("t"), &item, 1, NULL, ct_err()), CAIRN_INVALID,
		  "arg.invalid_key");
}

static void everything_is_replaced(void)
{
	cairn_conn *conn = ct_open();
	cairn_memory_new item = ct_item(ct_ns("a"), "k", "1");
	item.metadata = CAIRN_STR("{\"a\":1}");
	item.ttl = CAIRN_HOUR;
	int64_t first = ct_kept(conn, NULL, item);
	cairn_time created = ct_now();
	ct_advance(CAIRN_SECOND);
	cairn_memory_changed each = ct_keep(conn, NULL,
					    (cairn_memory_new){ .ns = ct_ns("a"),
								.key = CAIRN_STR("k"),
								.value = { "two", 3 },
								.format = CAIRN_FORMAT_BYTES });
	ct_each(each, CAIRN_OK, NULL);
	ct_int(each.existed, 1);
	ct_true(each.revision > first);
	const cairn_memory_item *got = ct_recall(conn, NULL, ct_ns("a"), "k");
	ct_int(got->format, CAIRN_FORMAT_BYTES);
	ct_text(got->value.ptr, "two");
	ct_str(got->metadata, "{}");
	ct_int(got->created_at, created);
	ct_int(got->updated_at, ct_now());
	ct_int(got->expires_at, 0);
	ct_int(got->revision, each.revision);
}

/* ---- time ---------------------------------------------------------------------------- */

static void ends_by_itself(void)
{
	cairn_conn *conn = ct_open();
	cairn_memory_changed each = ct_keep(conn, NULL, lives("k", CAIRN_MINUTE));
	ct_int(each.expires_at, ct_now() + CAIRN_MINUTE);
	ct_advance(CAIRN_MINUTE - 1);
	ct_int(ct_recall(conn, NULL, ct_ns("a"), "k")->expires_at, ct_now() + 1);
	ct_advance(1);
	ct_true(ct_recall(conn, NULL, ct_ns("a"), "k") == NULL);
	ct_true(!ct_unkeep(conn, NULL, ct_ns("a"), "k"));
}

static void sweeping(void)
{
	cairn_conn *conn = ct_open();
	ct_kept(conn, NULL, lives("gone", CAIRN_MINUTE));
	ct_kept(conn, NULL, lives("later", CAIRN_HOUR));
	ct_kept(conn, NULL, lives("stays", 0));
	ct_advance(CAIRN_MINUTE - 1);
	ct_int(evict(conn, cairn_tenant(CAIRN_STR("t")), 0), 0);
	ct_advance(1);
	ct_int(evict(conn, cairn_tenant(CAIRN_STR("other")), 0), 0);
	ct_int(evict(conn, cairn_tenant(CAIRN_STR("t")), 0), 1);
	ct_int(evict(conn, cairn_tenant(CAIRN_STR("t")), 0), 0);
	ct_text(ct_value(conn, NULL, ct_ns("a"), "later"), "1");
	ct_text(ct_value(conn, NULL, ct_ns("a"), "stays"), "1");
}

/* On a clock that is put back everything that is there is visible again. */
static void the_oldest_first(void)
{
	cairn_conn *conn = ct_open();
	cairn_time began = ct_now();
	static const char *const keys[] = { "c", "a", "d", "b" };
	for (size_t i = 0; i < 4; i++)
		ct_kept(conn, i < 2 ? "one" : "two",
			lives(keys[i], (cairn_usec)(i + 1) * CAIRN_SECOND));
	ct_kept(conn, "two", lives("stays", 0));
	ct_advance(CAIRN_MINUTE);
	ct_int(evict(conn, cairn_any(), 1), 1);
	ct_int(evict(conn, cairn_any(), 2), 2);
	ct_set_now(began);
	ct_text(ct_value(conn, "one", ct_ns("a"), "c"), "-");
	ct_text(ct_value(conn, "one", ct_ns("a"), "a"), "-");
	ct_text(ct_value(conn, "two", ct_ns("a"), "d"), "-");
	ct_text(ct_value(conn, "two", ct_ns("a"), "b"), "1");
	ct_advance(CAIRN_MINUTE);
	ct_int(evict(conn, cairn_any(), 10), 1);
	ct_text(ct_value(conn, "two", ct_ns("a"), "stays"), "1");
}

static void put_again(void)
{
	cairn_conn *conn = ct_open();
	ct_kept(conn, NULL, lives("k", CAIRN_MINUTE));
	ct_advance(CAIRN_SECOND);
	ct_int(ct_keep(conn, NULL, lives("k", CAIRN_HOUR)).expires_at, ct_now() + CAIRN_HOUR);
	ct_advance(CAIRN_MINUTE);
	ct_true(ct_recall(conn, NULL, ct_ns("a"), "k") != NULL);
	ct_kept(conn, NULL, lives("k", 0));
	ct_advance(HUNDRED_YEARS);
	ct_int(evict(conn, cairn_any(), 0), 0);
	ct_text(ct_value(conn, NULL, ct_ns("a"), "k"), "1");
}

static void how_long(void)
{
	cairn_conn *conn = ct_open();
	static const cairn_usec bad[] = { -1, INT64_MIN, HUNDRED_YEARS + 1, INT64_MAX };
	for (size_t i = 0; i < 4; i++) {
		cairn_memory_new item = lives("k", bad[i]);
		ct_status(cairn_memory_put(conn, CAIRN_STR("t"), &item, 1, NULL, ct_err()),
			  CAIRN_INVALID, "memory.invalid_ttl");
	}
	ct_kept(conn, NULL, lives("short", 1));
	ct_kept(conn, NULL, lives("long", HUNDRED_YEARS));
	ct_text(ct_value(conn, NULL, ct_ns("a"), "short"), "1");
	ct_advance(1);
	ct_text(ct_value(conn, NULL, ct_ns("a"), "short"), "-");
	ct_int(ct_recall(conn, NULL, ct_ns("a"), "long")->expires_at, ct_now() - 1 + HUNDRED_YEARS);
}

static void nowhere_when_over(void)
{
	cairn_conn *conn = ct_open();
	cairn_memory_filter filter = { .size = sizeof(filter),
				       .tenant = CAIRN_STR("t"),
				       .set = CAIRN_MEMORY_BELOW };
	cairn_memory_namespace_filter all = { .size = sizeof(all), .tenant = CAIRN_STR("t") };
	cairn_memory_namespaces *namespaces = NULL;
	int64_t first = ct_kept(conn, NULL, lives("k", CAIRN_MINUTE));
	ct_advance(CAIRN_MINUTE);
	ct_text(ct_items(conn, &filter), "");
	ct_ok(cairn_memory_namespace_list(conn, &all, &namespaces, ct_err()));
	ct_int(namespaces->count, 0);
	ct_later(namespaces);
	ct_each(ct_swap(conn, lives("k", 0), first), CAIRN_STALE, "memory.revision_moved");
	cairn_memory_changed each = ct_swap(conn, lives("k", 0), 0);
	ct_each(each, CAIRN_OK, NULL);
	ct_int(each.existed, 0);
	ct_true(each.revision > first);
	ct_int(ct_recall(conn, NULL, ct_ns("a"), "k")->created_at, ct_now());
	ct_text(ct_items(conn, &filter), "a|k");
	/* the same without any expectation */
	ct_kept(conn, NULL, lives("other", CAIRN_MINUTE));
	ct_advance(CAIRN_MINUTE);
	ct_int(ct_keep(conn, NULL, lives("other", 0)).existed, 0);
	ct_int(ct_recall(conn, NULL, ct_ns("a"), "other")->created_at, ct_now());
}

#define VERB .kind = CT_VERB, .store = CT_MEMORY

static const ct_case cases[] = {
	{ .name = "memory.items.are_there_until_they_are_deleted",
	  VERB,
	  .rule = "An item is got as it was put, byte for byte; once deleted it is not there, and "
		  "deleting what is not there is no failure.",
	  .covers = "entelix-31",
	  .run = put_get_delete },
	{ .name = "memory.items.of_tenants_are_apart",
	  VERB,
	  .rule = "A tenant sees, lists and deletes its own items only.",
	  .covers = "entelix-32",
	  .run = tenants },
	{ .name = "memory.items.of_namespaces_are_apart",
	  VERB,
	  .rule = "One key in several namespaces is several items.",
	  .covers = "entelix-33",
	  .run = scopes },
	{ .name = "memory.items.colons_in_segments_mix_nothing_up",
	  VERB,
	  .rule = "Namespaces whose segments have colons and backslashes are apart in every call.",
	  .covers = "entelix-35",
	  .run = with_colons },
	{ .name = "memory.items.a_key_is_no_segment",
	  VERB,
	  .rule = "A colon in a key makes no namespace.",
	  .covers = "entelix-44",
	  .run = keys_are_no_namespaces },
	{ .name = "memory.items.bytes_are_kept",
	  VERB,
	  .rule = "Bytes come back as they were, an empty text of them as well.",
	  .run = bytes },
	{ .name = "memory.items.large_values_and_empty_keys",
	  VERB,
	  .rule = "A document of 1 MiB and more bytes than that are kept; a larger document and an "
		  "empty key are refused.",
	  .covers = "entelix-45",
	  .run = large },
	{ .name = "memory.put.replaces_everything_but_the_beginning",
	  VERB,
	  .rule = "A put replaces value, format, metadata and time; created_at stays.",
	  .run = everything_is_replaced },
	{ .name = "memory.time.an_item_ends_by_itself",
	  VERB,
	  .rule = "An item is there until its time is over, and then not, swept or not.",
	  .covers = "entelix-36",
	  .run = ends_by_itself },
	{ .name = "memory.evict.takes_what_is_over_and_nothing_else",
	  VERB,
	  .rule = "Evicting removes items whose time is over, of that tenant, and counts them.",
	  .covers = "entelix-37",
	  .run = sweeping },
	{ .name = "memory.evict.the_oldest_first",
	  VERB,
	  .rule = "Evicting for all tenants goes by the time of the end and stops at its limit.",
	  .run = the_oldest_first },
	{ .name = "memory.time.a_put_starts_it_anew",
	  VERB,
	  .rule = "A put with a time begins it anew, one without forgets it.",
	  .covers = "entelix-38",
	  .run = put_again },
	{ .name = "memory.time.has_bounds",
	  VERB,
	  .rule = "A time to live is one microsecond to a hundred years; everything else is "
		  "refused.",
	  .covers = "entelix-39",
	  .run = how_long },
	{ .name = "memory.time.what_is_over_is_nowhere",
	  VERB,
	  .rule = "An item whose time is over is in no list, holds no namespace, is not there for "
		  "an expected revision, and does not stand in the way of a new one.",
	  .covers = "entelix-40",
	  .run = nowhere_when_over },
};
CT_GROUP(items, cases);
