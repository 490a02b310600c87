/* thread_log_archive.c - what is taken out of session logs: watermarks, batches, exports. */
#include "ct_log.h"

/* ---- watermarks --------------------------------------------------------------------- */

static void oldest_go(void)
{
	cairn_conn *conn = ct_open();
	ct_log_append(conn, "a", 7);
	ct_log_append(conn, "b", 7);
	ct_int(ct_log_archive(conn, "a", 3), 3);
	ct_int(ct_log_read(conn, "a", 0, 0)->count, 4);
	ct_int(ct_log_read(conn, "a", 2, 0)->count, 4);
	ct_int(ct_log_read(conn, "a", 5, 0)->count, 2);
	ct_int(ct_log_read(conn, "a", 7, 0)->count, 0);
	ct_log_is(conn, "a", 7, 3);
	ct_log_is(conn, "b", 7, 0);
	ct_int(ct_log_archive(conn, "a", 4), 1);
	ct_log_is(conn, "a", 7, 4);
}

static void never_back(void)
{
	cairn_conn *conn = ct_open();
	ct_log_append(conn, "a", 7);
	ct_int(ct_log_archive(conn, "a", 5), 5);
	cairn_log_list_filter all = { .size = sizeof(all), .tenant = CAIRN_STR("t") };
	cairn_log_heads *logs = NULL;
	cairn_time then = ct_now();
	ct_advance(CAIRN_SECOND);
	for (int64_t upto = 0; upto <= 5; upto++)
		ct_int(ct_log_archive(conn, "a", upto), 0);
	ct_log_is(conn, "a", 7, 5);
	ct_ok(cairn_log_list(conn, &all, &logs, ct_err()));
	ct_later(logs);
	ct_int(logs->at[0].updated_at, then);
	ct_int(ct_log_archive(conn, "nothing", 5), 0);
	ct_log_is(conn, "nothing", 0, 0);
}

static void numbers_stay_used(void)
{
	cairn_conn *conn = ct_open();
	ct_log_append(conn, "a", 7);
	ct_int(ct_log_archive(conn, "a", 7), 7);
	ct_log_is(conn, "a", 7, 7);
	ct_int(ct_log_read(conn, "a", 0, 0)->count, 0);
	ct_int(ct_log_append(conn, "a", 2), 9);
	ct_log_is(conn, "a", 9, 7);
	ct_int(ct_log_archive(conn, "a", 9), 2);
	ct_int(ct_log_append(conn, "a", 1), 10);
	ct_log_is(conn, "a", 10, 9);
}

static void not_beyond_the_head(void)
{
	cairn_conn *conn = ct_open();
	ct_log_append(conn, "a", 4);
	ct_int(ct_log_archive(conn, "a", 1000), 4);
	ct_log_is(conn, "a", 4, 4);
	ct_log_append(conn, "a", 3);
	ct_log_is(conn, "a", 7, 4);
	ct_int(ct_log_archive(conn, "a", INT64_MAX), 3);
	ct_log_append(conn, "a", 1);
	ct_log_is(conn, "a", 8, 7);
	cairn_log_archive_opts opts = {
		.size = sizeof(opts), .tenant = CAIRN_STR("t"), .thread = CAIRN_STR("a"), .upto = -1
	};
	ct_status(cairn_log_archive(conn, &opts, NULL, ct_err()), CAIRN_INVALID, "arg.invalid");
	ct_log_is(conn, "a", 8, 7);
}

#define MANY 2345

static void append_many(cairn_conn *conn, const char *thread)
{
	cairn_log_event *events = ct_alloc(MANY * sizeof *events);
	cairn_log_batch batch = ct_log_batch(thread, events, MANY);
	ct_log_fill(events, MANY, 1);
	ct_ok(cairn_log_append(conn, &batch, NULL, ct_err()));
}

static void in_batches(void)
{
	cairn_conn *conn = ct_open();
	append_many(conn, "a");
	ct_log_is(conn, "a", MANY, 0);
	ct_int(ct_log_archive(conn, "a", 2222), 2222);
	ct_log_is(conn, "a", MANY, 2222);
	ct_int(ct_log_archive(conn, "a", MANY + 1), MANY - 2222);
	append_many(conn, "b");
	ct_int(ct_log_archive(conn, "b", MANY + 1), MANY);
}

/* ---- exports ------------------------------------------------------------------------- */

struct out {
	cairn_conn *other;
	int64_t seq;	  /* of the last event that came out */
	int64_t head;	  /* what a page must say */
	int64_t fails_at; /* the page that has this event fails; 0: none */
	cairn_status status;
	bool says_why;
	int pages;
};

static cairn_status take_out(void *user, const cairn_log_events *events, cairn_error *err)
{
	struct out *out = user;
	ct_true(events->count > 0 && events->count <= 1000);
	ct_int(events->head, out->head);
	/* what comes out is still there */
	ct_int(ct_log_read(out->other, "a", out->seq, 1)->at[0].seq, out->seq + 1);
	for (size_t i = 0; i < events->count; i++) {
		ct_int(events->at[i].seq, out->seq + 1);
		ct_str(events->at[i].data, ct_format("{\"n\":%d}", (int)++out->seq));
		if (out->seq != out->fails_at)
			continue;
		if (out->says_why) {
			err->status = out->status;
			snprintf(err->code, sizeof err->code, "the.export");
			snprintf(err->message, sizeof err->message, "The disk is full.");
		}
		return out->status;
	}
	out->pages++;
	return CAIRN_OK;
}

static cairn_log_archive_opts exporting(struct out *out, int64_t upto)
{
	return (cairn_log_archive_opts){ .size = sizeof(cairn_log_archive_opts),
					 .tenant = CAIRN_STR("t"),
					 .thread = CAIRN_STR("a"),
					 .upto = upto,
					 .export_to = take_out,
					 .user = out };
}

static void exported(void)
{
	cairn_conn *conn = ct_open();
	struct out out = { .other = ct_open(), .head = MANY };
	append_many(conn, "a");
	cairn_log_archive_opts opts = exporting(&out, 1234);
	size_t removed = 0;
	ct_ok(cairn_log_archive(conn, &opts, &removed, ct_err()));
	ct_int(removed, 1234);
	ct_int(out.seq, 1234);
	ct_int(out.pages, 2);
	ct_log_is(conn, "a", MANY, 1234);
	ct_ok(cairn_log_archive(conn, &opts, &removed, ct_err()));
	ct_int(removed, 0);
	ct_int(out.pages, 2);
	opts.upto = INT64_MAX;
	ct_ok(cairn_log_archive(conn, &opts, &removed, ct_err()));
	ct_int(removed, MANY - 1234);
	ct_int(out.seq, MANY);
	ct_log_is(conn, "a", MANY, MANY);
	ct_ok(cairn_log_archive(conn, &opts, NULL, ct_err()));
	ct_int(out.pages, 4);
}

static void export_fails(void)
{
	cairn_conn *conn = ct_open();
	struct out out = {
		.other = ct_open(), .head = MANY, .fails_at = 1500, .status = CAIRN_UNAVAILABLE
	};
	append_many(conn, "a");
	cairn_log_archive_opts opts = exporting(&out, MANY);
	size_t removed = 0;
	ct_status(cairn_log_archive(conn, &opts, &removed, ct_err()), CAIRN_UNAVAILABLE,
		  "log.export_failed");
	ct_int(removed, 1000);
	ct_int(out.pages, 1);
	ct_log_is(conn, "a", MANY, 1000);
	out.seq = 1000;
	out.says_why = true;
	out.status = CAIRN_DENIED;
	ct_status(cairn_log_archive(conn, &opts, &removed, ct_err()), CAIRN_DENIED, "the.export");
	ct_int(removed, 0);
	ct_log_is(conn, "a", MANY, 1000);
	out.seq = 1000;
	out.fails_at = 0;
	ct_ok(cairn_log_archive(conn, &opts, &removed, ct_err()));
	ct_int(removed, MANY - 1000);
	ct_log_is(conn, "a", MANY, MANY);
}

static void not_in_a_transaction(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	struct out out = { .other = conn, .head = 5 };
	cairn_log_archive_opts opts = exporting(&out, 3);
	ct_log_append(conn, "a", 5);
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_status(cairn_log_archive(conn, &opts, NULL, ct_err()), CAIRN_INVALID, "conn.misuse");
	ct_int(out.pages, 0);
	opts.export_to = NULL;
	size_t removed = 0;
	ct_ok(cairn_log_archive(conn, &opts, &removed, ct_err()));
	ct_int(removed, 3);
	ct_log_is(conn, "a", 5, 3);
	cairn_rollback(&tx);
	ct_log_is(conn, "a", 5, 0);
}

static const ct_case cases[] = {
	{ .name = "log.archive.the_oldest_go",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "Events up to the watermark are removed and hidden whatever the cursor; others, "
		  "and other logs, stay.",
	  .covers = "entelix-50, entelix-52",
	  .run = oldest_go },
	{ .name = "log.archive.watermarks_never_go_back",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "A watermark that is not above the present one removes nothing, reveals nothing "
		  "and writes nothing.",
	  .covers = "entelix-51",
	  .run = never_back },
	{ .name = "log.archive.numbers_are_never_reused",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "After everything was archived, numbering goes on behind the old head.",
	  .covers = "entelix-53",
	  .run = numbers_stay_used },
	{ .name = "log.archive.stops_at_the_head",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "A watermark beyond the head archives what is there, says how much that was, and "
		  "hides nothing that comes later.",
	  .covers = "entelix-54",
	  .run = not_beyond_the_head },
	{ .name = "log.archive.as_many_batches_as_it_takes",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "Thousands of events go in one call, which tells how many they were.",
	  .run = in_batches },
	{ .name = "log.archive.exports_before_it_removes",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "What is removed is handed out before, in order, page by page, and no more than "
		  "was asked for.",
	  .run = exported },
	{ .name = "log.archive.a_failed_export_keeps_its_page",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "The page whose export fails stays, what was exported before is gone, and the "
		  "failure is the call's; next time the page comes again.",
	  .run = export_fails },
	{ .name = "log.archive.exports_nothing_that_may_come_back",
	  .kind = CT_VERB,
	  .store = CT_LOG,
	  .rule = "With an export it is refused inside a transaction; without it is a part of it.",
	  .run = not_in_a_transaction },
};

CT_GROUP(thread_log_archive, cases);
