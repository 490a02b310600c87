/*
 * replay_json.c - documents and arguments: what is remembered comes back byte for byte, and what is malformed is
 * refused by every call before any I/O.
 */
#include "ct_ledger.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MIB	     (1024 * 1024)

static const cairn_str none = { NULL, 0 };

static const char *const good[] = {
	"null",
	"\"\"",
	"-0.0",
	"1E400",
	"9007199254740993",
	"\"\\u0001\\b\\\"\\\\\\/\\ud83d\\ude00 \xf0\x9f\x98\x80\"",
	"  [ 1 , 2 ]\r\n\t",
	"{ \"b\" : 1 , \"a\" : { \"\" : [ null , [ ] , { } ] } }",
	"[\"'; DROP TABLE cairn_memo; --\", \"$1\", \"?\", \"%s\"]",
};

/* ---- kept ---------------------------------------------------------------------------------------- */

static void remember(ct_play *live, const char *name, cairn_str document)
{
	cairn_replay_call call = { .kind = CAIRN_STR("k"), .input = document };
	cairn_replay_step step;
	call.name = cairn_str_of(ct_format("value %s", name));
	ct_ok(cairn_replay_value(live->replay, &call, &document, 1, &step, ct_err()));
	ct_same(step.result, document);
	step = ct_ask_for(live->replay, name);
	if (step.next == CAIRN_NEXT_RUN)
		ct_ok(cairn_replay_complete(live->replay, &step, document, NULL, 0, ct_err()));
	ct_int(step.next, CAIRN_NEXT_RESULT);
	ct_same(step.result, document);
}

static void results_are_kept(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_aside(conn);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < COUNT(good); i++)
			remember(&live, ct_format("step %zu", i), cairn_str_of(good[i]));
		ct_play_takeover(conn, &live);
	}
	for (size_t i = 0; i < COUNT(good); i++) {
		const cairn_memo *memo = ct_memo(conn, live.id, ct_format("step %zu", i));
		ct_str(memo->result, good[i]);
	}
}

/* A JSON text of so many bytes. */
static cairn_str document_of(size_t bytes)
{
	char *text = ct_repeat('x', bytes);
	text[0] = '"';
	text[bytes - 1] = '"';
	return (cairn_str){ text, bytes };
}

static void up_to_the_limit(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_aside(conn);
	cairn_str most = document_of(MIB);
	cairn_str more = document_of(MIB + 1);
	cairn_replay_call call = { .kind = CAIRN_STR("k") };
	cairn_signal_new item = { .run = live.id, .name = CAIRN_STR("go"), .payload = more };
	cairn_signal_sent sent;
	remember(&live, "most", most);
	cairn_replay_step step = ct_ask_run(live.replay, "more");
	ct_budget(conn);
	ct_status(cairn_replay_complete(live.replay, &step, more, NULL, 0, ct_err()),
		  CAIRN_TOO_LARGE, "json.too_large");
	ct_status(cairn_replay_value(live.replay, &call, &more, 1, &step, ct_err()),
		  CAIRN_TOO_LARGE, "json.too_large");
	call.input = more;
	ct_status(cairn_replay_step_begin(live.replay, &call, 1, &step, ct_err()), CAIRN_TOO_LARGE,
		  "json.too_large");
	ct_status(cairn_signal_send(conn, cairn_any(), &item, 1, &sent, ct_err()), CAIRN_TOO_LARGE,
		  "json.too_large");
	ct_spent(conn, 0, "documents that are too large", 4);
	item.payload = most;
	ct_ok(cairn_signal_send(conn, cairn_any(), &item, 1, &sent, ct_err()));
	ct_same(ct_await(live.replay, "go", -1).result, most);
	ct_play next = live;
	ct_play_takeover(conn, &next);
	remember(&next, "most", most);
	ct_same(ct_await(next.replay, "go", -1).result, most);
}

static void signals_and_children(void)
{
	cairn_conn *conn = ct_open();
	for (size_t i = 0; i < COUNT(good); i++) {
		ct_play live = ct_play_aside(conn);
		cairn_child_new child = { .type = CAIRN_STR("t"),
					  .name = CAIRN_STR("c"),
					  .queue = CAIRN_STR("below"),
					  .input = cairn_str_of(good[i]) };
		cairn_replay_step step;
		ct_signal(conn, live.id, "go", good[i]);
		ct_str(ct_await(live.replay, "go", -1).result, good[i]);
		ct_ok(cairn_replay_child(live.replay, &child, 1, &step, ct_err()));
		ct_play below = ct_play_of(conn, step.child);
		ct_str(ct_played(conn, below.id)->payload, good[i]);
		ct_play_succeed(&below, good[i]);
		ct_play_suspend(&live);
		live = ct_play_of(conn, live.id);
		ct_str(ct_await(live.replay, "go", -1).result, good[i]);
		ct_ok(cairn_replay_child(live.replay, &child, 1, &step, ct_err()));
		ct_result(step, good[i]);
		ct_play_succeed(&live, good[i]);
		ct_str(ct_played(conn, live.id)->output, good[i]);
	}
}

static void absent_is_null(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_aside(conn);
	ct_play_did(&live, "step", NULL);
	ct_signal(conn, live.id, "go", NULL);
	ct_str(ct_await(live.replay, "go", -1).result, "null");
	cairn_id child = ct_child_of(&live, "c", "below");
	ct_str(ct_played(conn, child)->payload, "{}");
	ct_play below = ct_play_of(conn, child);
	ct_play_succeed(&below, NULL);
	ct_str(ct_played(conn, child)->output, NULL);
	ct_play next = live;
	ct_play_takeover(conn, &next);
	ct_play_knows(&next, "step", "null");
	cairn_replay_step step = ct_child(next.replay, "c");
	ct_result(step, "null");
}

/* ---- refused ---------------------------------------------------------------------------------------- */

static void refuse_document(ct_play *live, cairn_replay_step held, cairn_str bad, const char *code)
{
	cairn_conn *conn = ct_open();
	cairn_replay_call call = { .kind = CAIRN_STR("k"), .input = bad };
	cairn_child_new child = { .type = CAIRN_STR("t"), .input = bad };
	cairn_signal_new item = { .run = live->id, .name = CAIRN_STR("go"), .payload = bad };
	cairn_broadcast broadcast = { .size = sizeof(broadcast),
				      .scope = cairn_any(),
				      .name = CAIRN_STR("go"),
				      .payload = bad };
	cairn_broadcast_report report;
	cairn_signal_sent sent;
	cairn_replay_step step;
	cairn_finish end = ct_success(live->lease);
	end.output = bad;
	ct_status(cairn_replay_step_begin(live->replay, &call, 1, &step, ct_err()), CAIRN_INVALID,
		  code);
	call.input = none;
	ct_status(cairn_replay_value(live->replay, &call, &bad, 1, &step, ct_err()), CAIRN_INVALID,
		  code);
	ct_status(cairn_replay_complete(live->replay, &held, bad, NULL, 0, ct_err()), CAIRN_INVALID,
		  code);
	ct_status(cairn_replay_child(live->replay, &child, 1, &step, ct_err()), CAIRN_INVALID,
		  code);
	ct_status(cairn_replay_finish(live->replay, &end, ct_err()), CAIRN_INVALID, code);
	ct_budget(conn);
	ct_status(cairn_signal_send(conn, cairn_any(), &item, 1, &sent, ct_err()), CAIRN_INVALID,
		  code);
	ct_status(cairn_signal_broadcast(conn, &broadcast, &report, ct_err()), CAIRN_INVALID, code);
	ct_spent(conn, 0, "bad documents", 2);
	ct_close(conn);
}

static void bad_documents(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_aside(conn);
	cairn_replay_step held = ct_ask_run(live.replay, "one");
	const char *before = ct_play_snapshot(conn, live.id);
	ct_budget(conn);
	refuse_document(&live, held, CAIRN_STR("{"), "json.invalid");
	refuse_document(&live, held, CAIRN_STR("\"\\u0000\""), "json.invalid");
	refuse_document(&live, held, CAIRN_STR("\xff"), NULL);
	refuse_document(&live, held, CAIRN_STR("{\"a\":1,\"a\":2}"), "json.duplicate_member");
	refuse_document(&live, held, CAIRN_STR("1 2"), "json.invalid");
	ct_play_unchanged(conn, live.id, before);
	/* the names of what was refused are not used up */
	cairn_replay_call call = { .kind = CAIRN_STR("k") };
	cairn_replay_step step;
	ct_ok(cairn_replay_step_begin(live.replay, &call, 1, &step, ct_err()));
	ct_true(memchr(step.name.ptr, '#', step.name.len) == NULL);
}

static void refuse_call(ct_play *live, cairn_replay_call call, const char *code)
{
	cairn_replay_call calls[2] = { { .kind = CAIRN_STR("k") }, call };
	cairn_replay_step each[2];
	cairn_str values[2] = { none, none };
	ct_status(cairn_replay_step_begin(live->replay, calls, 2, each, ct_err()), CAIRN_INVALID,
		  code);
	ct_int(ct_last()->index, 1);
	ct_status(cairn_replay_value(live->replay, calls, values, 2, each, ct_err()), CAIRN_INVALID,
		  code);
	ct_int(ct_last()->index, 1);
	each[0].name = CAIRN_STR("a");
	ct_status(cairn_replay_step_again(live->replay, &call, &each[0], ct_err()), CAIRN_INVALID,
		  code);
}

static void bad_calls(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_aside(conn);
	cairn_replay_step step;
	cairn_replay_call call = { .kind = CAIRN_STR("k") };
	ct_budget(conn);
	call.kind = none;
	refuse_call(&live, call, "arg.invalid_name");
	call.kind = CAIRN_STR("a\nb");
	refuse_call(&live, call, "arg.invalid_name");
	call.kind = CAIRN_STR("k");
	call.name = CAIRN_STR("a#2");
	refuse_call(&live, call, NULL);
	call.name = CAIRN_STR(" ");
	refuse_call(&live, call, "arg.invalid_name");
	call.name = none;
	call.scope = CAIRN_STR("\x01");
	refuse_call(&live, call, "arg.invalid_name");
	call.scope = none;
	call.max_attempts = -1;
	refuse_call(&live, call, NULL);
	call.max_attempts = 0;
	call.retry.factor = -1;
	refuse_call(&live, call, NULL);
	call.retry.factor = 0;
	call.reserved_[1] = 1;
	refuse_call(&live, call, "arg.reserved");
	ct_status(cairn_replay_sleep(live.replay, -1, &step, ct_err()), CAIRN_INVALID, NULL);
	ct_status(cairn_replay_sleep(live.replay, 101 * 366 * CAIRN_DAY, &step, ct_err()),
		  CAIRN_INVALID, NULL);
	ct_status(cairn_replay_signal(live.replay, none, -1, &step, ct_err()), CAIRN_INVALID,
		  "arg.invalid_name");
	ct_status(cairn_replay_signal(live.replay, CAIRN_STR("go"), -2, &step, ct_err()),
		  CAIRN_INVALID, NULL);
	ct_spent(conn, 0, "bad calls", 1);
	ct_int(ct_memos(conn, live.id)->count, 0);
}

static void refuse_entry(cairn_conn *conn, cairn_entry_new entry, const char *code)
{
	cairn_entry_new items[2] = { ct_entry(entry.run, "good", 1), entry };
	cairn_entry_done each[2];
	ct_status(cairn_budget_charge(conn, cairn_any(), items, 2, each, ct_err()), CAIRN_INVALID,
		  code);
	ct_int(ct_last()->index, 1);
	ct_status(cairn_budget_reserve(conn, cairn_any(), items, 2, 0, each, ct_err()),
		  CAIRN_INVALID, code);
	ct_status(cairn_budget_release(conn, cairn_any(), items, 2, each, ct_err()), CAIRN_INVALID,
		  code);
}

static void bad_entries(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_enqueue(conn, "t");
	cairn_entry_new entry = ct_entry(run, "x", -1);
	cairn_budget_new axis = { .axis = CAIRN_STR("a"), .total = -1 };
	cairn_entry_done done;
	ct_budget(conn);
	refuse_entry(conn, entry, NULL);
	entry = ct_entry(run, "x", 1);
	entry.axis = none;
	refuse_entry(conn, entry, "arg.invalid_name");
	entry = ct_entry(run, "x", 1);
	entry.source_type = CAIRN_STR("\t");
	refuse_entry(conn, entry, "arg.invalid_name");
	entry = ct_entry(run, NULL, 1);
	refuse_entry(conn, entry, "arg.invalid_key");
	entry = ct_entry(run, ct_repeat('x', 513), 1);
	refuse_entry(conn, entry, "arg.invalid_key");
	entry = ct_entry(run, "x", 1);
	entry.reserved_[0] = 1;
	refuse_entry(conn, entry, "arg.reserved");
	ct_status(cairn_budget_set(conn, cairn_any(), run, &axis, 1, ct_err()), CAIRN_INVALID,
		  NULL);
	axis.total = 1;
	axis.kind = (enum cairn_budget_kind)3;
	ct_status(cairn_budget_set(conn, cairn_any(), run, &axis, 1, ct_err()), CAIRN_INVALID,
		  "arg.invalid");
	axis.kind = 0;
	axis.axis = cairn_str_of(ct_repeat('x', 256));
	ct_status(cairn_budget_set(conn, cairn_any(), run, &axis, 1, ct_err()), CAIRN_INVALID,
		  "arg.invalid_name");
	ct_spent(conn, 0, "bad entries", 1);
	ct_booked(conn, run, "");
	/* names and keys at their limits are good */
	entry = ct_entry(run, ct_repeat('x', 512), 1);
	entry.axis = cairn_str_of(ct_repeat('y', 255));
	ct_spends(ct_charge(conn, entry), CAIRN_OK, NULL);
	/* and so are 30 days */
	entry = ct_entry(run, "held", 1);
	ct_spends(ct_reserve(conn, entry, 30 * CAIRN_DAY), CAIRN_OK, NULL);
	ct_status(cairn_budget_reserve(conn, cairn_any(), &entry, 1, 30 * CAIRN_DAY + 1, &done,
				       ct_err()),
		  CAIRN_INVALID, NULL);
	ct_status(cairn_budget_reserve(conn, cairn_any(), &entry, 1, CAIRN_SECOND - 1, &done,
				       ct_err()),
		  CAIRN_INVALID, NULL);
}

static void refuse_scope(cairn_conn *conn, cairn_scope scope, const char *code)
{
	cairn_id run = cairn_id_new();
	cairn_replay_filter list = { .size = sizeof(list), .scope = scope };
	cairn_memo_filter memo = { .size = sizeof(memo), .scope = scope, .run = run };
	cairn_signal_filter post = { .size = sizeof(post), .scope = scope, .run = run };
	cairn_entry_filter entry = { .size = sizeof(entry), .scope = scope, .run = run };
	cairn_replay_delete_opts opts = { .size = sizeof(opts), .scope = scope };
	cairn_resume resume = ct_resumption(run);
	cairn_fork_new fork = ct_fork(run, NULL);
	cairn_entry_new charge = ct_entry(run, "x", 1);
	cairn_entry_done done;
	cairn_budget_new axis = { .axis = CAIRN_STR("a"), .total = 1 };
	cairn_signal_new item = { .run = run, .name = CAIRN_STR("go") };
	cairn_signal_sent sent;
	cairn_broadcast all = { .size = sizeof(all), .scope = scope, .name = CAIRN_STR("go") };
	cairn_broadcast_report report;
	cairn_replay_runs *runs = NULL;
	cairn_memos *memos = NULL;
	cairn_signals *signals = NULL;
	cairn_budgets *budgets = NULL;
	cairn_entries *entries = NULL;
	cairn_replay_deleted gone;
	cairn_replay_changed changed;
	cairn_job_added added;
	resume.scope = scope;
	fork.scope = scope;
	ct_status(cairn_replay_list(conn, &list, &runs, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_replay_get(conn, scope, run, &runs, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_replay_memos(conn, &memo, &memos, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_signal_list(conn, &post, &signals, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_budget_read(conn, scope, run, &budgets, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_budget_entries(conn, &entry, &entries, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_budget_charge(conn, scope, &charge, 1, &done, ct_err()), CAIRN_INVALID,
		  code);
	ct_status(cairn_budget_set(conn, scope, run, &axis, 1, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_signal_send(conn, scope, &item, 1, &sent, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_signal_broadcast(conn, &all, &report, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_replay_delete(conn, &opts, &gone, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_replay_resume(conn, &resume, &changed, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_replay_fork(conn, &fork, &added, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_replay_cancel(conn, scope, &run, 1, none, &changed, ct_err()),
		  CAIRN_INVALID, code);
}

static void refuse_pages(cairn_conn *conn)
{
	cairn_id run = cairn_id_new();
	cairn_scope any = cairn_any();
	cairn_replay_filter list = { .size = sizeof(list), .scope = any, .limit = 1001 };
	cairn_memo_filter memo = { .size = sizeof(memo), .scope = any, .run = run, .limit = 1001 };
	cairn_signal_filter post = {
		.size = sizeof(post), .scope = any, .run = run, .limit = 1001
	};
	cairn_entry_filter entry = {
		.size = sizeof(entry), .scope = any, .run = run, .limit = 1001
	};
	cairn_replay_delete_opts opts = { .size = sizeof(opts), .scope = any, .limit = 1001 };
	cairn_replay_runs *runs = NULL;
	cairn_memos *memos = NULL;
	cairn_signals *signals = NULL;
	cairn_entries *entries = NULL;
	cairn_replay_deleted gone;
	const char *code = "job.invalid_pagination";
	ct_status(cairn_replay_list(conn, &list, &runs, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_replay_memos(conn, &memo, &memos, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_signal_list(conn, &post, &signals, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_budget_entries(conn, &entry, &entries, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_replay_delete(conn, &opts, &gone, ct_err()), CAIRN_INVALID, code);
	list.limit = 0;
	list.size = 0;
	ct_status(cairn_replay_list(conn, &list, &runs, ct_err()), CAIRN_INVALID, "arg.invalid");
	list.size = sizeof(list);
	list.statuses = 1u << 9;
	ct_status(cairn_replay_list(conn, &list, &runs, ct_err()), CAIRN_INVALID, NULL);
	list.statuses = 0;
	list.type = CAIRN_STR("\t");
	ct_status(cairn_replay_list(conn, &list, &runs, ct_err()), CAIRN_INVALID,
		  "arg.invalid_name");
	entry.limit = 0;
	entry.reserved_ = 1;
	ct_status(cairn_budget_entries(conn, &entry, &entries, ct_err()), CAIRN_INVALID,
		  "arg.reserved");
	opts.limit = 0;
	opts.reserved_ = 1;
	ct_status(cairn_replay_delete(conn, &opts, &gone, ct_err()), CAIRN_INVALID, "arg.reserved");
}

static void bad_filters(void)
{
	cairn_conn *conn = ct_open();
	cairn_scope scope = { .kind = CAIRN_SCOPE_NONE };
	cairn_fork_new fork = ct_fork(cairn_id_new(), "both");
	cairn_job_added added;
	ct_budget(conn);
	refuse_scope(conn, scope, "arg.invalid_scope");
	refuse_scope(conn, cairn_tenant(none), "arg.invalid_tenant");
	refuse_pages(conn);
	fork.seq = 1;
	ct_status(cairn_replay_fork(conn, &fork, &added, ct_err()), CAIRN_INVALID, "arg.invalid");
	fork.name = none;
	fork.seq = -1;
	ct_status(cairn_replay_fork(conn, &fork, &added, ct_err()), CAIRN_INVALID, "arg.invalid");
	fork.seq = 0;
	fork.code = CAIRN_STR("\t");
	ct_status(cairn_replay_fork(conn, &fork, &added, ct_err()), CAIRN_INVALID,
		  "arg.invalid_name");
	ct_spent(conn, 0, "bad filters", 1);
}

#define JSON .kind = CT_VERB, .store = CT_REPLAYS

static const ct_case cases[] = {
	{ .name = "replays.json.results_are_kept_byte_for_byte",
	  JSON,
	  .rule = "Results and values are replayed byte for byte, whatever they are.",
	  .covers = "smol-40",
	  .run = results_are_kept },
	{ .name = "replays.json.up_to_the_limit",
	  JSON,
	  .rule = "Documents of 1 MiB are kept and replayed, larger ones refused before any I/O.",
	  .covers = "smol-40",
	  .run = up_to_the_limit },
	{ .name = "replays.json.signals_and_children_are_kept_byte_for_byte",
	  JSON,
	  .rule = "Payloads of signals, and inputs and outputs of children, are what they were.",
	  .run = signals_and_children },
	{ .name = "replays.json.what_is_absent_is_null",
	  JSON,
	  .rule = "A result, payload or output that is absent is replayed as null; an absent input "
		  "of a child is {}.",
	  .covers = "smol-40",
	  .run = absent_is_null },
	{ .name = "replays.json.bad_documents_are_refused",
	  JSON,
	  .rule = "No call takes a document that is not JSON; nothing is written, and no name is "
		  "used up.",
	  .run = bad_documents },
	{ .name = "replays.json.bad_calls_are_refused",
	  JSON,
	  .rule = "Calls with bad names, attempts, durations or reserved fields are refused before "
		  "any I/O, with their index.",
	  .run = bad_calls },
	{ .name = "replays.json.bad_entries_are_refused",
	  JSON,
	  .rule = "Entries and totals with bad names, keys, kinds or amounts are refused before "
		  "any I/O.",
	  .covers = "smol-70",
	  .run = bad_entries },
	{ .name = "replays.json.bad_filters_are_refused",
	  JSON,
	  .rule = "Scopes, pages and choices that can't be are refused by every call before any "
		  "I/O.",
	  .covers = "smol-79",
	  .run = bad_filters },
};

CT_GROUP(replay_json, cases);
