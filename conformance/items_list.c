/*
 * items_list.c - lists of memory items and of their namespaces: prefixes, orders, cursors, filters.
 */
#include "ct.h"

#define PAGES 50

static cairn_memory_filter all_of(const char *path)
{
	return (cairn_memory_filter){ .size = sizeof(cairn_memory_filter),
				      .tenant = CAIRN_STR("t"),
				      .ns = ct_ns(path) };
}

static void add(cairn_conn *conn, const char *path, const char *key)
{
	ct_kept(conn, NULL, ct_item(ct_ns(path), key, "1"));
}

/* Keys of namespace "a" that begin so, with blanks between. */
static const char *beginning(cairn_conn *conn, const char *prefix)
{
	cairn_memory_filter filter = all_of("a");
	cairn_memory_items *items = NULL;
	const char *text = "";
	filter.prefix = cairn_str_of(prefix);
	ct_ok(cairn_memory_list(conn, &filter, &items, ct_err()));
	ct_later(items);
	for (size_t i = 0; i < items->count; i++)
		text = ct_format("%s%s%s", text, i > 0 ? " " : "", items->at[i].key.ptr);
	return text;
}

static void by_prefix(void)
{
	cairn_conn *conn = ct_open();
	add(conn, "a", "user.name");
	add(conn, "a", "other");
	add(conn, "a", "user.age");
	add(conn, "a/user.", "user.x");
	ct_text(beginning(conn, "user."), "user.age user.name");
	ct_text(beginning(conn, "user.name"), "user.name");
	ct_text(beginning(conn, "user.names"), "");
	ct_text(beginning(conn, ""), "other user.age user.name");
}

static void literally(void)
{
	cairn_conn *conn = ct_open();
	static const char *const keys[] = { "a%b",
					    "axb",
					    "a_b",
					    "A%b",
					    "a\\b",
					    "a:b",
					    "a\xc3\xa9",
					    "a\xc3\xaa",
					    "a\xf4\x8f\xbf\xbf",
					    "a\xf4\x8f\xbf\xbfz",
					    "a*b",
					    "a",
					    "b" };
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		add(conn, "a", keys[i]);
	ct_text(beginning(conn, "a%"), "a%b");
	ct_text(beginning(conn, "a_"), "a_b");
	ct_text(beginning(conn, "a\\"), "a\\b");
	ct_text(beginning(conn, "a:"), "a:b");
	ct_text(beginning(conn, "a*"), "a*b");
	ct_text(beginning(conn, "A"), "A%b");
	ct_text(beginning(conn, "a\xc3\xa9"), "a\xc3\xa9");
	ct_text(beginning(conn, "a\xf4\x8f\xbf\xbf"), "a\xf4\x8f\xbf\xbf a\xf4\x8f\xbf\xbfz");
	ct_text(beginning(conn, ""), "A%b a a%b a*b a:b a\\b a_b axb a\xc3\xa9 a\xc3\xaa "
				     "a\xf4\x8f\xbf\xbf a\xf4\x8f\xbf\xbfz b");
	char *long_key = ct_repeat('z', 512);
	add(conn, "a", long_key);
	ct_text(beginning(conn, "z"), long_key);
	ct_text(beginning(conn, long_key), long_key);
}

/* ---- below a namespace --------------------------------------------------------------------- */

static void fill(cairn_conn *conn)
{
	static const char *const paths[] = {
		"", "a", "a/b", "a/b/c", "a!", "a;", "ab", "b", "A/b"
	};
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		add(conn, paths[i], "2");
		add(conn, paths[i], "1");
	}
	ct_kept(conn, "other", ct_item(ct_ns("a/b"), "3", "1"));
}

static void below(void)
{
	cairn_conn *conn = ct_open();
	cairn_memory_filter filter = all_of("a");
	fill(conn);
	ct_text(ct_items(conn, &filter), "a|1 a|2");
	filter.set = CAIRN_MEMORY_BELOW;
	ct_text(ct_items(conn, &filter), "a|1 a|2 a:b|1 a:b|2 a:b:c|1 a:b:c|2");
	filter.prefix = CAIRN_STR("2");
	ct_text(ct_items(conn, &filter), "a|2 a:b|2 a:b:c|2");
	filter.ns = ct_ns("");
	ct_text(ct_items(conn, &filter), "|2 A:b|2 a|2 a!|2 a:b|2 a:b:c|2 a;|2 ab|2 b|2");
	filter.set = 0;
	ct_text(ct_items(conn, &filter), "|2");
}

/* Pages of a few rows, one behind the other. */
static const char *in_pages(cairn_conn *conn, cairn_memory_filter filter, uint32_t limit)
{
	const char *text = "";
	filter.limit = limit;
	for (int pages = 0;; pages++) {
		ct_true(pages < PAGES);
		cairn_memory_items *items = NULL;
		ct_ok(cairn_memory_list(conn, &filter, &items, ct_err()));
		ct_later(items);
		ct_true(items->count <= limit);
		for (size_t i = 0; i < items->count; i++) {
			filter.after_ns = items->at[i].ns;
			filter.after = items->at[i].key;
			text = ct_format("%s%s%s|%s", text, *text ? " " : "",
					 filter.after_ns.ptr ? filter.after_ns.ptr : "",
					 filter.after.ptr);
		}
		if (items->count < limit)
			return text;
	}
}

static void cursors(void)
{
	cairn_conn *conn = ct_open();
	static const char *const paths[] = { "", "a", "a/b" };
	fill(conn);
	for (size_t i = 0; i < 6; i++) {
		cairn_memory_filter filter = all_of(paths[i / 2]);
		filter.set = i % 2 ? CAIRN_MEMORY_BELOW : 0;
		const char *whole = ct_items(conn, &filter);
		for (uint32_t limit = 1; limit <= 4; limit++)
			ct_text(in_pages(conn, filter, limit), whole);
	}
}

static void by_metadata(void)
{
	cairn_conn *conn = ct_open();
	cairn_memory_filter filter = all_of("a");
	static const char *const metadata[] = {
		"{\"kind\":\"x\",\"n\":1.0}", "{ \"n\" : 10, \"kind\":\"x\" }", "{}",
		"{\"kind\":\"xy\",\"deep\":{\"kind\":\"x\",\"n\":1}}", "{\"%\":\"_\"}"
	};
	for (size_t i = 0; i < 5; i++) {
		cairn_memory_new item = ct_item(ct_ns("a"), ct_format("%zu", i), "1");
		item.metadata = cairn_str_of(metadata[i]);
		ct_kept(conn, NULL, item);
	}
	filter.metadata = CAIRN_STR("{\"kind\":\"x\"}");
	ct_text(ct_items(conn, &filter), "a|0 a|1");
	filter.metadata = CAIRN_STR("{\"n\":1e0}");
	ct_text(ct_items(conn, &filter), "a|0");
	filter.metadata = CAIRN_STR("{\"n\":1e1, \"kind\" : \"\\u0078\"}");
	ct_text(ct_items(conn, &filter), "a|1");
	filter.metadata = CAIRN_STR("{\"deep\":{\"n\":1,\"kind\":\"x\"}}");
	ct_text(ct_items(conn, &filter), "a|3");
	filter.metadata = CAIRN_STR("{\"%\":\"%\"}");
	ct_text(ct_items(conn, &filter), "");
	filter.metadata = CAIRN_STR("{\"%\":\"_\"}");
	ct_text(ct_items(conn, &filter), "a|4");
	filter.metadata = CAIRN_STR(" {} ");
	ct_text(ct_items(conn, &filter), "a|0 a|1 a|2 a|3 a|4");
	filter.metadata = CAIRN_STR("{\"kind\":\"x\"}");
	ct_text(in_pages(conn, filter, 1), "a|0 a|1");
}

static void with_values(void)
{
	cairn_conn *conn = ct_open();
	cairn_memory_items *items = NULL;
	cairn_memory_filter filter = all_of("a");
	add(conn, "a", "k");
	cairn_memory_new item = ct_item(ct_ns("a"), "none", "");
	item.format = CAIRN_FORMAT_BYTES;
	ct_kept(conn, NULL, item);
	ct_ok(cairn_memory_list(conn, &filter, &items, ct_err()));
	ct_int(items->count, 2);
	ct_true(items->at[0].value.ptr == NULL);
	ct_int(items->at[0].value_size, 1);
	ct_str(items->at[0].metadata, "{}");
	ct_true(items->at[1].value.ptr == NULL);
	ct_int(items->at[1].format, CAIRN_FORMAT_BYTES);
	filter.set = CAIRN_MEMORY_VALUES;
	ct_ok(cairn_memory_list(conn, &filter, &items, ct_err()));
	ct_text(items->at[0].value.ptr, "1");
	ct_true(items->at[1].value.ptr != NULL);
	ct_int(items->at[1].value.len, 0);
	ct_later(items);
}

/* ---- namespaces --------------------------------------------------------------------------- */

static const char *namespaces(cairn_conn *conn, cairn_namespace ns, uint32_t limit)
{
	cairn_memory_namespace_filter filter = {
		.size = sizeof(filter), .tenant = CAIRN_STR("t"), .ns = ns, .limit = limit
	};
	const char *text = "";
	for (int pages = 0;; pages++) {
		ct_true(pages < PAGES);
		cairn_memory_namespaces *rows = NULL;
		ct_ok(cairn_memory_namespace_list(conn, &filter, &rows, ct_err()));
		ct_later(rows);
		for (size_t i = 0; i < rows->count; i++) {
			filter.after = rows->at[i].ns;
			filter.set = CAIRN_MEMORY_AFTER;
			text = ct_format("%s<%s>", text, filter.after.ptr ? filter.after.ptr : "");
		}
		if (rows->count < (limit > 0 ? limit : 100))
			return text;
	}
}

static void itself_and_below(void)
{
	cairn_conn *conn = ct_open();
	fill(conn);
	ct_text(namespaces(conn, ct_ns("a"), 0), "<a><a:b><a:b:c>");
	ct_text(namespaces(conn, ct_ns("a/b"), 0), "<a:b><a:b:c>");
	ct_text(namespaces(conn, ct_ns("x"), 0), "");
	ct_text(namespaces(conn, ct_ns("A"), 0), "<A:b>");
	const char *all = "<><A:b><a><a!><a:b><a:b:c><a;><ab><b>";
	ct_text(namespaces(conn, ct_ns(""), 0), all);
	for (uint32_t limit = 1; limit < 4; limit++) {
		ct_text(namespaces(conn, ct_ns(""), limit), all);
		ct_text(namespaces(conn, ct_ns("a"), limit), "<a><a:b><a:b:c>");
	}
	ct_unkeep(conn, NULL, ct_ns("a/b"), "1");
	ct_text(namespaces(conn, ct_ns("a"), 0), "<a><a:b><a:b:c>");
	ct_unkeep(conn, NULL, ct_ns("a/b"), "2");
	ct_text(namespaces(conn, ct_ns("a"), 0), "<a><a:b:c>");
}

static void odd_segments(void)
{
	cairn_conn *conn = ct_open();
	static const char *const paths[] = {
		"k8s:pod:foo/x", "k8s:pod:foo", "k8s/pod/foo", "%", "_", "*/y", "[a]", "\\"
	};
	for (size_t i = 0; i < 8; i++)
		add(conn, paths[i], "k");
	ct_text(namespaces(conn, ct_ns("k8s:pod:foo"), 0), "<k8s\\:pod\\:foo><k8s\\:pod\\:foo:x>");
	ct_text(namespaces(conn, ct_ns("k8s"), 0), "<k8s:pod:foo>");
	ct_text(namespaces(conn, ct_ns("%"), 0), "<%>");
	ct_text(namespaces(conn, ct_ns("_"), 0), "<_>");
	ct_text(namespaces(conn, ct_ns("*"), 0), "<*:y>");
	ct_text(namespaces(conn, ct_ns("[a]"), 0), "<[a]>");
	ct_text(namespaces(conn, ct_ns("\\"), 0), "<\\\\>");
	cairn_namespace_text *segments = NULL;
	ct_ok(cairn_namespace_parse(CAIRN_STR("k8s\\:pod\\:foo:x"), &segments, ct_err()));
	ct_later(segments);
	ct_int(segments->count, 2);
	ct_str(segments->at[0], "k8s:pod:foo");
}

static void some_are_over(void)
{
	cairn_conn *conn = ct_open();
	cairn_memory_new item = ct_item(ct_ns("b"), "1", "1");
	item.ttl = CAIRN_MINUTE;
	ct_kept(conn, NULL, item);
	add(conn, "b", "2");
	item.ns = ct_ns("a");
	ct_kept(conn, NULL, item);
	add(conn, "c", "1");
	ct_advance(CAIRN_MINUTE);
	ct_text(namespaces(conn, ct_ns(""), 0), "<b><c>");
	ct_text(namespaces(conn, ct_ns(""), 1), "<b><c>");
	cairn_memory_filter filter = all_of("");
	filter.set = CAIRN_MEMORY_BELOW;
	filter.limit = 1;
	ct_text(ct_items(conn, &filter), "b|2");
}

#define VERB .kind = CT_VERB, .store = CT_MEMORY

static const ct_case cases[] = {
	{ .name = "memory.list.by_prefix",
	  VERB,
	  .rule = "A list has the keys of exactly its namespace that begin so, all without a "
		  "prefix.",
	  .covers = "entelix-34",
	  .run = by_prefix },
	{ .name = "memory.list.a_prefix_is_literal",
	  VERB,
	  .rule = "In a prefix no character means more than itself, upper case is not lower case, "
		  "and keys are ordered by their bytes.",
	  .covers = "entelix-43",
	  .run = literally },
	{ .name = "memory.list.below_a_namespace",
	  VERB,
	  .rule = "A list of everything within a namespace has it and those below, by whole "
		  "segments, ordered by namespace and key.",
	  .run = below },
	{ .name = "memory.list.pages_are_the_whole",
	  VERB,
	  .rule = "Pages of any size, one behind the other, are the list.",
	  .run = cursors },
	{ .name = "memory.list.by_metadata",
	  VERB,
	  .rule = "A filter finds the items whose metadata has its members, equal in canonical "
		  "form.",
	  .run = by_metadata },
	{ .name = "memory.list.values_or_their_sizes",
	  VERB,
	  .rule = "A list has values when it is asked for them, and their sizes always.",
	  .run = with_values },
	{ .name = "memory.namespaces.itself_and_below",
	  VERB,
	  .rule = "Namespaces with items are listed from one on downwards, no siblings, in pages "
		  "of any size, as long as an item is there.",
	  .covers = "entelix-41",
	  .run = itself_and_below },
	{ .name = "memory.namespaces.odd_segments",
	  VERB,
	  .rule = "Segments with colons, wildcards and backslashes come back as they are, also "
		  "in the namespace that is asked for.",
	  .covers = "entelix-42",
	  .run = odd_segments },
	{ .name = "memory.namespaces.only_with_visible_items",
	  VERB,
	  .rule = "A namespace in which everything is over is in no list.",
	  .covers = "entelix-40",
	  .run = some_are_over },
};
CT_GROUP(items_list, cases);
