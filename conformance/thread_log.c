/*
 * thread_log.c - session logs: numbers, contents, pages, lists. (thread_log_archive.c: what is taken out;
 * thread_log_use.c: with transactions and locks; thread_log_race.c, thread_log_wait.c)
 */
#include <cairn/sys/log.h>

#include "ct_log.h"

/* ---- append ------------------------------------------------------------------- */

static void numbers_from_one(void)
{
	cairn_conn *conn = ct_open();
	cairn_log_event seven[7] = { { .seq = 0 } };
	cairn_log_batch batch = ct_log_batch("b", seven, 7);
	int64_t head = -1;
	ct_log_fill(seven, 7, 1);
	batch.n = 1;
	batch.thread = CAIRN_STR("a");
	ct_ok(cairn_log_append(conn, &batch, &head, ct_err()));
	ct_int(head, 1);
	batch.n = 7;
	batch.thread = CAIRN_STR("b");
	ct_ok(cairn_log_append(conn, &batch, &head, ct_err()));
	ct_int(head, 7);
	ct_int(ct_log_append(conn, "b", 1), 8);
	ct_int(ct_log_append(conn, "b", 100), 108);
	batch.n = 1;
	batch.thread = CAIRN_STR("a");
	batch.events = &seven[1];
	ct_ok(cairn_log_append(conn, &batch, NULL, ct_err()));
	ct_log_is(conn, "a", 2, 0);
	ct_log_is(conn, "b", 108, 0);
}

static void what_was_said(void)
{
	cairn_conn *conn = ct_open();
	cairn_log_event said[3] = { { .kind = CAIRN_STR("tool call"),
				      .data = CAIRN_STR(" { \"b\": 1.0, \"a\": [ 1e2 ] }\n"),
				      .payload_version = 7 },
				    { .data = CAIRN_STR("null"), .payload_version = INT32_MAX },
				    { .kind = CAIRN_STR("z"), .data = CAIRN_STR("\"\\u00e9\"") } };
	cairn_log_batch batch = ct_log_batch("a", said, 3);
	ct_ok(cairn_log_append(conn, &batch, NULL, ct_err()));
	ct_advance(CAIRN_SECOND);
	ct_ok(cairn_log_append(conn,
			       &(cairn_log_batch){ .size = sizeof(batch),
						   .tenant = batch.tenant,
						   .thread = batch.thread,
						   .events = &said[0],
						   .n = 1 },
			       NULL, ct_err()));
	const cairn_log_events *events = ct_log_read(conn, "a", 0, 0);
	ct_int(events->count, 4);
	for (size_t i = 0; i < 4; i++) {
		ct_int(events->at[i].seq, i + 1);
		ct_same(events->at[i].kind, said[i % 3].kind);
		ct_same(events->at[i].data, said[i % 3].data);
		ct_int(events->at[i].payload_version, i == 2 ? 1 : said[i % 3].payload_version);
		ct_int(events->at[i].at, i < 3 ? ct_now() - CAIRN_SECOND : ct_now());
	}
	ct_str(events->at[1].kind, NULL);
}

static void eighteen_kinds(void)
{
	static const char *const kinds[] = {
		"user_message",
		"assistant_message",
		"context_compacted",
		"tool_call",
		"tool_result",
		"branch_created",
		"checkpoint_marker",
		"warning",
		"thinking_delta",
		"rate_limit",
		"interrupt",
		"cancelled",
		"sub_agent_invoked",
		"agent_handoff",
		"resumed",
		"memory_recall",
		"usage_limit_exceeded",
		"error",
	};
	enum { KINDS = sizeof kinds / sizeof kinds[0] };
	cairn_conn *conn = ct_open();
	cairn_log_event events[KINDS];
	for (size_t i = 0; i < KINDS; i++)
		events[i] = (cairn_log_event){
			.kind = cairn_str_of(kinds[i]),
			.data = cairn_str_of(
				ct_format("{\"kind\": "
					  "\"%s\",\t\"timestamp\":\"2031-05-22T10:30:45.%03zuZ\" , "
					  "\"id\": 9007199254740993, \"x\": [1.50, "
					  "\"\xc3\xa9\\u00e9\\/\", %zu]}",
					  kinds[i], i, i)),
		};
	cairn_log_batch batch = ct_log_batch("a", events, KINDS);
	ct_ok(cairn_log_append(conn, &batch, NULL, ct_err()));
	const cairn_log_events *read = ct_log_read(conn, "a", 0, 0);
	ct_int(read->count, KINDS);
	for (size_t i = 0; i < KINDS; i++) {
		ct_same(read->at[i].kind, events[i].kind);
		ct_same(read->at[i].data, events[i].data);
	}
}

static void nothing_is_the_head(void)
{
	cairn_conn *conn = ct_open();
	cairn_log_batch batch = ct_log_batch("a", NULL, 0);
	cairn_log_list_filter all = { .size = sizeof(all), .tenant = CAIRN_STR("t") };
	cairn_log_heads *logs = NULL;
	int64_t head = -1;
	ct_ok(cairn_log_append(conn, &batch, &head, ct_err()));
	ct_int(head, 0);
	ct_ok(cairn_log_list(conn, &all, &logs, ct_err()));
	ct_int(logs->count, 0);
	ct_log_append(conn, "a", 3);
	ct_ok(cairn_log_append(conn, &batch, &head, ct_err()));
	ct_int(head, 3);
	batch.set = CAIRN_LOG_EXPECT;
	batch.expected = 3;
	ct_ok(cairn_log_append(conn, &batch, &head, ct_err()));
	batch.expected = 2;
	ct_status(cairn_log_append(conn, &batch, &head, ct_err()), CAIRN_STALE, "log.head_moved");
	ct_int(head, 3);
	ct_ok(cairn_log_list(conn, &all, &logs, ct_err()));
	ct_later(logs);
	ct_int(logs->count, 1);
	ct_int(logs->at[0].updated_at, ct_now());
	ct_log_is(conn, "a", 3, 0);
}

/* Tries to append n events to a log whose head is `is`. */
static void expecting(cairn_conn *conn, const char *thread, size_t n, int64_t expected, int64_t is)
{
	cairn_log_event events[2] = { { .seq = 0 } };
	cairn_log_batch batch = ct_log_batch(thread, events, n);
	int64_t head = -1;
	ct_log_fill(events, n, is + 1);
	batch.set = CAIRN_LOG_EXPECT;
	batch.expected = expected;
	cairn_status status = cairn_log_append(conn, &batch, &head, ct_err());
	ct_status(status, expected == is ? CAIRN_OK : CAIRN_STALE,
		  expected == is ? NULL : "log.head_moved");
	ct_int(head, expected == is ? is + (int64_t)n : is);
}

static void expected_head(void)
{
	cairn_conn *conn = ct_open();
	for (size_t n = 1; n <= 2; n++) {
		const char *thread = ct_format("thread %zu", n);
		int64_t step = (int64_t)n;
		expecting(conn, thread, n, 1, 0);
		expecting(conn, thread, n, 0, 0);
		expecting(conn, thread, n, 0, step);
		expecting(conn, thread, n, step + 1, step);
		expecting(conn, thread, n, step, step);
		expecting(conn, thread, n, step, 2 * step);
		expecting(conn, thread, n, 2 * step, 2 * step);
		ct_log_is(conn, thread, 3 * step, 0);
		ct_int(ct_log_archive(conn, thread, 3 * step), n * 3);
		expecting(conn, thread, n, 0, 3 * step);
		expecting(conn, thread, n, 3 * step, 3 * step);
	}
}

static void bad_event(void)
{
	cairn_conn *conn = ct_open();
	cairn_log_event events[3] = { { .seq = 0 } };
	cairn_log_batch batch = ct_log_batch("a", events, 3);
	int64_t head = 4711;
	ct_log_append(conn, "b", 2);
	for (int fault = 0; fault < 7; fault++) {
		const char *code = "arg.invalid";
		ct_log_fill(events, 3, 1);
		if (fault == 0)
			events[2].data = CAIRN_STR("{\"n\":}");
		else if (fault == 1)
			events[2].data = CAIRN_STR("");
		else if (fault == 2)
			events[2].kind = CAIRN_STR(" ");
		else if (fault == 3)
			events[2].seq = 3;
		else if (fault == 4)
			events[2].at = ct_now();
		else if (fault == 5)
			events[2].payload_version = (uint32_t)INT32_MAX + 1;
		else
			events[2].reserved_[1] = 1;
		if (fault < 2)
			code = "json.invalid";
		else if (fault == 2)
			code = "arg.invalid_name";
		else if (fault == 6)
			code = "arg.reserved";
		ct_status(cairn_log_append(conn, &batch, &head, ct_err()), CAIRN_INVALID, code);
		ct_int(ct_last()->index, 2);
	}
	ct_int(head, 4711);
	ct_log_is(conn, "a", 0, 0);
	ct_log_is(conn, "b", 2, 0);
}

static void refused(void)
{
	cairn_conn *conn = ct_open();
	cairn_log_event event = { .seq = 0 };
	cairn_log_batch good = ct_log_batch("a", &event, 1);
	ct_log_fill(&event, 1, 1);
	ct_status(cairn_log_append(conn, NULL, NULL, ct_err()), CAIRN_INVALID, "arg.invalid");
	cairn_log_batch batch = good;
	batch.size = 8;
	ct_status(cairn_log_append(conn, &batch, NULL, ct_err()), CAIRN_INVALID, "arg.invalid");
	batch = good;
	batch.tenant = (cairn_str){ NULL, 0 };
	ct_status(cairn_log_append(conn, &batch, NULL, ct_err()), CAIRN_INVALID,
		  "arg.invalid_tenant");
	batch = good;
	batch.thread = (cairn_str){ NULL, 0 };
	ct_status(cairn_log_append(conn, &batch, NULL, ct_err()), CAIRN_INVALID,
		  "arg.invalid_name");
	batch = good;
	batch.set = 2;
	ct_status(cairn_log_append(conn, &batch, NULL, ct_err()), CAIRN_INVALID, "arg.reserved");
	batch = good;
	batch.set = CAIRN_LOG_EXPECT;
	batch.expected = -1;
	ct_status(cairn_log_append(conn, &batch, NULL, ct_err()), CAIRN_INVALID, "arg.invalid");
	batch = good;
	batch.events = NULL;
	ct_status(cairn_log_append(conn, &batch, NULL, ct_err()), CAIRN_INVALID, "arg.invalid");
	cairn_log_filter filter = { .size = sizeof(filter),
				    .tenant = CAIRN_STR("t"),
				    .thread = CAIRN_STR("a"),
				    .limit = 1001 };
	cairn_log_events *events = NULL;
	ct_status(cairn_log_read(conn, &filter, &events, ct_err()), CAIRN_INVALID,
		  "job.invalid_pagination");
	filter.limit = 1;
	filter.after = -1;
	ct_status(cairn_log_read(conn, &filter, &events, ct_err()), CAIRN_INVALID, "arg.invalid");
	filter.after = 0;
	filter.tenant = CAIRN_STR("");
	ct_status(cairn_log_read(conn, &filter, &events, ct_err()), CAIRN_INVALID,
		  "arg.invalid_tenant");
	ct_status(cairn_log_delete(conn, CAIRN_STR("t"), CAIRN_STR("a\n"), NULL, ct_err()),
		  CAIRN_INVALID, "arg.invalid_name");
	ct_log_is(conn, "a", 0, 0);
}

static cairn_status fail_late(void *self, const cairn_log_plan *plan, enum cairn_log_result *result,
			      int64_t *head, cairn_error *err)
{
	(void)self;
	*result = CAIRN_LOG_DONE;
	*head = (int64_t)plan->n;
	return cairn_fail(err, CAIRN_E_DB_FULL);
}

static void failed(void)
{
	static cairn_log_ops ops;
	static cairn_driver driver;
	cairn_conn_opts opts = ct_opts();
	driver = *ct_subject()->driver;
	ops = *driver.log;
	ops.append = fail_late;
	driver.log = &ops;
	cairn_conn *conn = ct_open_driver(&driver, &opts);
	cairn_log_event event = { .data = CAIRN_STR("1") };
	cairn_log_batch batch = ct_log_batch("a", &event, 1);
	int64_t head = 4711;
	ct_status(cairn_log_append(conn, &batch, &head, ct_err()), CAIRN_UNAVAILABLE, "db.full");
	ct_int(head, 4711);
}

/* ---- read ----------------------------------------------------------------------- */

static void pages(void)
{
	cairn_conn *conn = ct_open();
	int64_t seq = 0;
	const cairn_log_events *page;
	ct_log_append(conn, "a", 93);
	ct_log_append(conn, "a", 57);
	ct_int(ct_log_read(conn, "a", 0, 0)->count, 100);
	ct_int(ct_log_read(conn, "a", 0, 1000)->count, 150);
	do {
		page = ct_log_read(conn, "a", seq, 1 + ct_random(40));
		ct_int(page->head, 150);
		for (size_t i = 0; i < page->count; i++) {
			ct_int(page->at[i].seq, ++seq);
			ct_str(page->at[i].data, ct_format("{\"n\":%d}", (int)seq));
		}
	} while (page->count > 0);
	ct_int(seq, 150);
	ct_int(ct_log_read(conn, "a", 150, 1)->count, 0);
	ct_int(ct_log_read(conn, "a", INT64_MAX, 1)->count, 0);
	ct_int(ct_log_read(conn, "a", 149, 10)->at[0].seq, 150);
}

static void apart(void)
{
	static const char *const logs[][2] = { { "t", "a" },   { "t", "b" },   { "u", "a" },
					       { "t", "A" },   { "t:a", "b" }, { "t", "a:b" },
					       { "ta", "bc" }, { "tab", "c" }, { "t", "%" } };
	enum { LOGS = sizeof logs / sizeof logs[0] };
	cairn_conn *conn = ct_open();
	cairn_log_event events[LOGS] = { { .seq = 0 } };
	ct_log_fill(events, LOGS, 1);
	for (size_t i = 0; i < LOGS; i++) {
		cairn_log_batch batch = ct_log_batch(logs[i][1], events, i + 1);
		batch.tenant = cairn_str_of(logs[i][0]);
		ct_ok(cairn_log_append(conn, &batch, NULL, ct_err()));
	}
	for (size_t i = 0; i < LOGS; i++) {
		cairn_log_archive_opts cut = { .size = sizeof(cut),
					       .tenant = cairn_str_of(logs[i][0]),
					       .thread = cairn_str_of(logs[i][1]),
					       .upto = (int64_t)i };
		size_t removed = 0;
		ct_ok(cairn_log_archive(conn, &cut, &removed, ct_err()));
		ct_int(removed, i);
	}
	for (size_t i = 0; i < LOGS; i++) {
		cairn_log_filter filter = { .size = sizeof(filter),
					    .tenant = cairn_str_of(logs[i][0]),
					    .thread = cairn_str_of(logs[i][1]) };
		cairn_log_events *page = NULL;
		ct_ok(cairn_log_read(conn, &filter, &page, ct_err()));
		ct_later(page);
		ct_int(page->count, 1);
		ct_int(page->head, i + 1);
		ct_int(page->watermark, i);
	}
	ct_log_is(conn, "unknown", 0, 0);
}

/* ---- list, delete -------------------------------------------------------------------- */

static const char *listed(cairn_conn *conn, const char *prefix, const char *after, uint32_t limit)
{
	cairn_log_list_filter filter = { .size = sizeof(filter),
					 .tenant = CAIRN_STR("t"),
					 .prefix = cairn_str_of(prefix),
					 .after = cairn_str_of(after),
					 .limit = limit };
	cairn_log_heads *logs = NULL;
	const char *text = "";
	ct_ok(cairn_log_list(conn, &filter, &logs, ct_err()));
	ct_later(logs);
	for (size_t i = 0; i < logs->count; i++)
		text = ct_format("%s%.*s,", text, (int)logs->at[i].thread.len,
				 logs->at[i].thread.ptr);
	return text;
}

static void lists(void)
{
	static const char *const threads[] = { "b",
					       "ab",
					       "a",
					       "a%b",
					       "a_b",
					       "aa",
					       "a\xc3\xa9",
					       "A",
					       "aB",
					       "\xf4\x8f\xbf\xbf",
					       "a\xf4\x8f\xbf\xbf" };
	cairn_conn *conn = ct_open();
	for (size_t i = 0; i < sizeof threads / sizeof threads[0]; i++)
		ct_log_append(conn, threads[i], 1);
	cairn_log_event event = { .seq = 0 };
	cairn_log_batch other = ct_log_batch("ab", &event, 1);
	ct_log_fill(&event, 1, 1);
	other.tenant = CAIRN_STR("u");
	ct_ok(cairn_log_append(conn, &other, NULL, ct_err()));
	ct_text(listed(conn, "", "", 0), "A,a,a%b,aB,a_b,aa,ab,a\xc3\xa9,a\xf4\x8f\xbf\xbf,b,"
					 "\xf4\x8f\xbf\xbf,");
	ct_text(listed(conn, "a", "", 3), "a,a%b,aB,");
	ct_text(listed(conn, "a", "aB", 0), "a_b,aa,ab,a\xc3\xa9,a\xf4\x8f\xbf\xbf,");
	ct_text(listed(conn, "a%", "", 0), "a%b,");
	ct_text(listed(conn, "a_", "", 0), "a_b,");
	ct_text(listed(conn, "b", "a", 0), "b,");
	ct_text(listed(conn, "a", "b", 0), "");
	ct_text(listed(conn, "c", "", 0), "");
	ct_text(listed(conn, ct_repeat('a', 255), "", 0), "");
}

static void heads(void)
{
	cairn_conn *conn = ct_open();
	cairn_log_list_filter all = { .size = sizeof(all), .tenant = CAIRN_STR("t") };
	cairn_log_heads *logs = NULL;
	cairn_time first = ct_now();
	ct_log_append(conn, "a", 5);
	ct_advance(CAIRN_SECOND);
	ct_log_append(conn, "a", 2);
	ct_int(ct_log_archive(conn, "a", 3), 3);
	ct_ok(cairn_log_list(conn, &all, &logs, ct_err()));
	ct_later(logs);
	ct_int(logs->count, 1);
	ct_str(logs->at[0].thread, "a");
	ct_int(logs->at[0].head, 7);
	ct_int(logs->at[0].watermark, 3);
	ct_int(logs->at[0].created_at, first);
	ct_int(logs->at[0].updated_at, ct_now());
}

static void deleted(void)
{
	cairn_conn *conn = ct_open();
	int existed = -1;
	ct_log_append(conn, "a", 5);
	ct_log_append(conn, "ab", 2);
	ct_int(ct_log_archive(conn, "a", 3), 3);
	ct_ok(cairn_log_delete(conn, CAIRN_STR("u"), CAIRN_STR("a"), &existed, ct_err()));
	ct_int(existed, 0);
	ct_log_is(conn, "a", 5, 3);
	ct_ok(cairn_log_delete(conn, CAIRN_STR("t"), CAIRN_STR("a"), &existed, ct_err()));
	ct_int(existed, 1);
	ct_log_is(conn, "a", 0, 0);
	ct_text(listed(conn, "", "", 0), "ab,");
	ct_ok(cairn_log_delete(conn, CAIRN_STR("t"), CAIRN_STR("a"), &existed, ct_err()));
	ct_int(existed, 0);
	ct_ok(cairn_log_delete(conn, CAIRN_STR("t"), CAIRN_STR("a"), NULL, ct_err()));
	ct_int(ct_log_append(conn, "a", 2), 2);
	ct_log_is(conn, "a", 2, 0);
	ct_log_is(conn, "ab", 2, 0);
}

static const ct_case cases[] = {
	{ .name = "log.append.numbers_from_one",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "A log begins with its first event, which is number 1, and goes on without a "
		  "gap.",
	  .covers = "entelix-47, entelix-49",
	  .run = numbers_from_one },
	{ .name = "log.append.what_was_put_comes_back",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "Documents come back byte for byte, with kind and version; the time is the "
		  "append's, the same for all of its events.",
	  .covers = "entelix-57",
	  .run = what_was_said },
	{ .name = "log.append.all_kinds_of_events_survive",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "An event is an opaque document: whatever its kind, it survives unchanged.",
	  .covers = "entelix-57",
	  .run = eighteen_kinds },
	{ .name = "log.append.nothing_answers_the_head",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "An empty batch answers the head, 0 where there is no log, and writes nothing.",
	  .covers = "entelix-48",
	  .run = nothing_is_the_head },
	{ .name = "log.append.only_behind_the_expected_head",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "Who expects another head is told the one there is, and nothing is written.",
	  .run = expected_head },
	{ .name = "log.append.one_bad_event_spoils_the_batch",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "A malformed event is named by its index, and nothing of its batch is written.",
	  .covers = "entelix-56",
	  .run = bad_event },
	{ .name = "log.append.a_failure_tells_no_head",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "When the driver fails after it has numbered the events, no head is told.",
	  .run = failed },
	{ .name = "log.refuses_what_is_malformed",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "Tenants, threads, numbers, limits and reserved fields are checked before any "
		  "I/O.",
	  .covers = "entelix-4",
	  .run = refused },
	{ .name = "log.read.pages_are_the_whole_log",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "Pages of any size, each behind the last event of the one before, are the log.",
	  .covers = "entelix-49, entelix-58",
	  .run = pages },
	{ .name = "log.read.tenants_and_threads_are_apart",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "Logs of different tenants or threads have nothing to do with each other, and "
		  "one that is not there is empty.",
	  .covers = "entelix-49, entelix-52",
	  .run = apart },
	{ .name = "log.list.by_the_bytes_of_names",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "A tenant's threads in byte order, behind a cursor; a prefix is bytes, no "
		  "pattern.",
	  .run = lists },
	{ .name = "log.list.tells_heads_and_times",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "A list tells head, watermark, and when the log began and last changed.",
	  .run = heads },
	{ .name = "log.delete.begins_anew",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "A log is deleted with its numbers; others stay as they are.",
	  .run = deleted },
};

CT_GROUP(thread_log, cases);
