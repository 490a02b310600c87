/* checkpoints_list.c - histories: pages, namespaces, runs, metadata, and many threads. */
#include "ct_threads.h"

static void history(void)
{
	cairn_conn *conn = ct_open();
	for (int64_t step = 1; step <= 5; step++)
		ct_save(conn, ct_checkpoint("t", step));
	ct_save(conn, ct_checkpoint("s", 9));
	ct_save(conn, ct_checkpoint("u", 9));
	cairn_checkpoint_filter filter = ct_history("t");
	ct_text(ct_steps(conn, &filter), "5 4 3 2 1");
	filter.limit = 2;
	ct_text(ct_steps(conn, &filter), "5 4");
	filter.before = 4;
	ct_text(ct_steps(conn, &filter), "3 2");
	filter.before = 1;
	ct_text(ct_steps(conn, &filter), "");
	filter = ct_history("none");
	ct_text(ct_steps(conn, &filter), "");
}

static void limits(void)
{
	cairn_conn *conn = ct_open();
	cairn_checkpoint_new items[101];
	cairn_checkpoint_added each[101];
	for (int i = 0; i < 101; i++)
		items[i] = ct_checkpoint("t", i);
	ct_ok(cairn_checkpoint_put(conn, CT_TENANT, items, 101, each, ct_err()));
	cairn_checkpoint_filter filter = ct_history("t");
	cairn_checkpoints *rows = NULL;
	ct_int(ct_listed(conn, &filter)->count, 100);
	filter.limit = 1000;
	ct_int(ct_listed(conn, &filter)->count, 101);
	filter.limit = 1001;
	ct_status(cairn_checkpoint_list(conn, &filter, &rows, ct_err()), CAIRN_INVALID, NULL);
	filter = ct_history("t");
	filter.before = -1;
	ct_status(cairn_checkpoint_list(conn, &filter, &rows, ct_err()), CAIRN_INVALID,
		  "arg.invalid");
	filter = ct_history("t");
	filter.after_thread = CAIRN_STR("s");
	ct_status(cairn_checkpoint_list(conn, &filter, &rows, ct_err()), CAIRN_INVALID,
		  "arg.invalid");
	ct_later(rows);
}

static void without_states(void)
{
	cairn_conn *conn = ct_open();
	cairn_checkpoint_new item = ct_checkpoint("t", 1);
	char *text = ct_repeat('7', 50000);
	item.state = (cairn_blob){ text, 50000 };
	ct_save(conn, item);
	item.format = CAIRN_FORMAT_BYTES;
	ct_save(conn, item);
	cairn_checkpoint_filter filter = ct_history("t");
	const cairn_checkpoints *rows = ct_listed(conn, &filter);
	for (size_t i = 0; i < 2; i++) {
		ct_true(rows->at[i].state.ptr == NULL && rows->at[i].state.len == 0);
		ct_int(rows->at[i].state_size, 50000);
		ct_int(rows->at[i].format, i == 0 ? CAIRN_FORMAT_BYTES : CAIRN_FORMAT_JSON);
	}
	filter.set = CAIRN_CHECKPOINT_STATES;
	rows = ct_listed(conn, &filter);
	for (size_t i = 0; i < 2; i++)
		ct_true(rows->at[i].state.len == 50000 &&
			memcmp(rows->at[i].state.ptr, text, 50000) == 0);
}

static void keep_in(cairn_conn *conn, const char *thread, int64_t step, const char *ns,
		    const char *run, const char *metadata)
{
	cairn_checkpoint_new item = ct_checkpoint(thread, step);
	item.ns = cairn_str_of(ns);
	item.run = cairn_str_of(run);
	item.metadata = cairn_str_of(metadata);
	ct_save(conn, item);
}

static void one_namespace(void)
{
	cairn_conn *conn = ct_open();
	keep_in(conn, "t", 1, NULL, NULL, NULL);
	keep_in(conn, "t", 2, "a", NULL, NULL);
	keep_in(conn, "t", 3, "ab", NULL, NULL);
	keep_in(conn, "t", 4, NULL, NULL, NULL);
	keep_in(conn, "t", 5, "a", NULL, NULL);
	cairn_checkpoint_filter filter = ct_history("t");
	ct_text(ct_steps(conn, &filter), "5 4 3 2 1");
	filter.set = CAIRN_CHECKPOINT_ONE_NS;
	ct_text(ct_steps(conn, &filter), "4 1");
	filter.ns = CAIRN_STR("a");
	ct_text(ct_steps(conn, &filter), "5 2");
	filter.before = 5;
	ct_text(ct_steps(conn, &filter), "2");
	filter.before = 0;
	filter.limit = 1;
	ct_text(ct_steps(conn, &filter), "5");
	filter.ns = CAIRN_STR("b");
	ct_text(ct_steps(conn, &filter), "");
}

static void one_run(void)
{
	cairn_conn *conn = ct_open();
	keep_in(conn, "t", 1, NULL, "r", NULL);
	keep_in(conn, "t", 2, NULL, "rr", NULL);
	keep_in(conn, "t", 3, "n", "r", NULL);
	keep_in(conn, "t", 4, NULL, NULL, NULL);
	cairn_checkpoint_filter filter = ct_history("t");
	filter.run = CAIRN_STR("r");
	ct_text(ct_steps(conn, &filter), "3 1");
	filter.set = CAIRN_CHECKPOINT_ONE_NS;
	ct_text(ct_steps(conn, &filter), "1");
}

/* Steps of those that a filter of metadata leaves. */
static const char *having(cairn_conn *conn, const char *metadata)
{
	cairn_checkpoint_filter filter = ct_history("t");
	filter.metadata = cairn_str_of(metadata);
	return ct_steps(conn, &filter);
}

static void by_metadata(void)
{
	cairn_conn *conn = ct_open();
	keep_in(conn, "t", 1, NULL, NULL,
		"{\"source\":\"loop\",\"step\":1,\"user\":{\"a\":1,\"b\":[2]}}");
	keep_in(conn, "t", 2, NULL, NULL, "{\"source\":\"input\",\"step\":1.0}");
	keep_in(conn, "t", 3, NULL, NULL, "{\"step\":12,\"source\":\"loop\"}");
	keep_in(conn, "t", 4, NULL, NULL, NULL);
	keep_in(conn, "t", 5, NULL, NULL,
		"{\"inner\":{\"source\":\"loop\"},\"x\":\"\\\"step\\\":1\"}");
	ct_text(having(conn, NULL), "5 4 3 2 1");
	ct_text(having(conn, "{}"), "5 4 3 2 1");
	ct_text(having(conn, "{\"source\":\"loop\"}"), "3 1");
	ct_text(having(conn, "{\"step\":1}"), "2 1");
	ct_text(having(conn, "{\"step\":1e0,\"source\":\"loop\"}"), "1");
	ct_text(having(conn, "{\"step\":2}"), "");
	ct_text(having(conn, "{\"user\":{\"b\":[2],\"a\":1}}"), "1");
	ct_text(having(conn, "{\"user\":{\"a\":1}}"), "");
	ct_text(having(conn, "{\"tep\":1}"), "");
	ct_text(having(conn, "{\"source\":\"%\"}"), "");
	ct_text(having(conn, "{\"inner\":{\"source\":\"loop\"}}"), "5");
}

static void filtered_pages(void)
{
	cairn_conn *conn = ct_open();
	for (int64_t step = 1; step <= 9; step++)
		keep_in(conn, "t", step, NULL, NULL, step % 3 ? "{\"a\":0}" : "{\"a\":1}");
	cairn_checkpoint_filter filter = ct_history("t");
	filter.metadata = CAIRN_STR("{\"a\":1}");
	filter.limit = 2;
	ct_text(ct_steps(conn, &filter), "9 6");
	filter.before = 6;
	ct_text(ct_steps(conn, &filter), "3");
}

static void bad_filters(void)
{
	cairn_conn *conn = ct_open();
	cairn_checkpoint_filter filter = ct_history("t");
	cairn_checkpoints *rows = NULL;
	filter.metadata = CAIRN_STR("[1]");
	ct_status(cairn_checkpoint_list(conn, &filter, &rows, ct_err()), CAIRN_INVALID,
		  "json.invalid");
	filter.metadata =
		CAIRN_STR("{\"a\":0,\"b\":0,\"c\":0,\"d\":0,\"e\":0,\"f\":0,\"g\":0,\"h\":0,"
			  "\"i\":0,\"j\":0,\"k\":0,\"l\":0,\"m\":0,\"n\":0,\"o\":0,\"p\":0,"
			  "\"q\":0}");
	ct_status(cairn_checkpoint_list(conn, &filter, &rows, ct_err()), CAIRN_TOO_LARGE,
		  "limit.exceeded");
	filter = ct_history("t");
	filter.set = 4;
	ct_status(cairn_checkpoint_list(conn, &filter, &rows, ct_err()), CAIRN_INVALID,
		  "arg.reserved");
	ct_later(rows);
}

/* "thread:step" of each row. */
static const char *places(cairn_conn *conn, const cairn_checkpoint_filter *filter)
{
	const cairn_checkpoints *rows = ct_listed(conn, filter);
	const char *text = "";
	for (size_t i = 0; i < rows->count; i++)
		text = ct_format("%s%s%s:%d", text, i > 0 ? " " : "", rows->at[i].thread.ptr,
				 (int)rows->at[i].step);
	return text;
}

static void many_threads(void)
{
	cairn_conn *conn = ct_open();
	keep_in(conn, "b", 1, NULL, NULL, NULL);
	keep_in(conn, "a", 2, NULL, NULL, "{\"x\":1}");
	keep_in(conn, "B", 3, "n", NULL, "{\"x\":1}");
	keep_in(conn, "b", 4, "n", NULL, "{\"x\":1}");
	keep_in(conn, "\xc3\xa9", 5, NULL, NULL, NULL);
	cairn_checkpoint_filter filter = ct_history(NULL);
	ct_text(places(conn, &filter), "B:3 a:2 b:4 b:1 \xc3\xa9:5");
	filter.limit = 3;
	ct_text(places(conn, &filter), "B:3 a:2 b:4");
	filter.after_thread = CAIRN_STR("b");
	filter.before = 2; /* the write_seq of b:4 */
	ct_text(places(conn, &filter), "b:1 \xc3\xa9:5");
	filter.before = 0;
	ct_text(places(conn, &filter), "b:4 b:1 \xc3\xa9:5");
	filter = ct_history(NULL);
	filter.set = CAIRN_CHECKPOINT_ONE_NS;
	ct_text(places(conn, &filter), "a:2 b:1 \xc3\xa9:5");
	filter.ns = CAIRN_STR("n");
	ct_text(places(conn, &filter), "B:3 b:4");
	filter = ct_history(NULL);
	filter.metadata = CAIRN_STR("{\"x\":1}");
	ct_text(places(conn, &filter), "B:3 a:2 b:4");
	filter = ct_history(NULL);
	filter.tenant = CAIRN_STR("other");
	ct_text(places(conn, &filter), "");
}

#define VERB .kind = CT_VERB, .store = CT_CHECKPOINTS

static const ct_case cases[] = {
	{ .name = "checkpoints.list.newest_first_in_pages",
	  VERB,
	  .rule = "A history goes backwards by write_seq, below a cursor, no longer than asked "
		  "for.",
	  .covers = "entelix-12",
	  .run = history },
	{ .name = "checkpoints.list.limits",
	  VERB,
	  .rule = "Without a limit a page has 100 rows, with the greatest 1000; a cursor that "
		  "makes "
		  "no sense is refused.",
	  .run = limits },
	{ .name = "checkpoints.list.states_only_where_asked_for",
	  VERB,
	  .rule = "A list has the sizes of states, and the states only where they are asked for.",
	  .run = without_states },
	{ .name = "checkpoints.list.one_namespace",
	  VERB,
	  .rule = "A list can be that of one namespace, the root too, and no other's.",
	  .run = one_namespace },
	{ .name = "checkpoints.list.one_run",
	  VERB,
	  .rule = "A list can be that of what one run wrote.",
	  .run = one_run },
	{ .name = "checkpoints.list.by_metadata",
	  VERB,
	  .rule = "A filter leaves those whose metadata has all its members, equal as documents, "
		  "at the top only.",
	  .run = by_metadata },
	{ .name = "checkpoints.list.filtered_pages",
	  VERB,
	  .rule = "A page has as many rows as asked for of those that a filter leaves.",
	  .run = filtered_pages },
	{ .name = "checkpoints.list.bad_filters_are_refused",
	  VERB,
	  .rule = "A filter that is no object, too large or unknown is refused.",
	  .run = bad_filters },
	{ .name = "checkpoints.list.many_threads",
	  VERB,
	  .rule = "All threads' checkpoints are listed thread by thread in byte order, each newest "
		  "first, behind a cursor of both.",
	  .run = many_threads },
};
CT_GROUP(checkpoints_list, cases);
