/*
 * replay_names.c - how steps are named, so that a program finds them again. The names here were reckoned by another
 * implementation of SHA-256 over the canonical texts that stand beside them.
 */
#include "ct_replay.h"

static void named(const cairn_replay_step *step, const char *name)
{
	ct_each(*step, CAIRN_OK, NULL);
	ct_str(step->name, name);
}

/* The name of a call, by asking in an attempt of its own. */
static const char *name_of(cairn_conn *conn, const ct_play *play, const cairn_replay_call *call)
{
	cairn_replay *replay = ct_play_begin(conn, play->lease, NULL);
	cairn_replay_step step = ct_ask(replay, call);
	return ct_format("%.*s", (int)step.name.len, step.name.ptr);
}

static void of_calls(void)
{
	static const struct {
		const char *kind;
		const char *input;
		const char *scope;
		const char *canonical;
		const char *name;
	} vectors[] = {
		{ "http.get", NULL, NULL,
		  "{\"input\":null,\"kind\":\"http.get\",\"scope\":\"root\"}",
		  "step:sig_e0999805791158262e4981f0" },
		{ "http.get", "{\"a\":1,\"b\":[1,2,3]}", NULL,
		  "{\"input\":{\"a\":1,\"b\":[1,2,3]},\"kind\":\"http.get\",\"scope\":\"root\"}",
		  "step:sig_22a6649306145c5b9fdae962" },
		{ "say",
		  "\"gr\\u00fc\xc3\x9f"
		  "e \\/ \\\"x\\\"\\n\"",
		  "other",
		  "{\"input\":\"gr\xc3\xbc\xc3\x9f"
		  "e / \\\"x\\\"\\n\",\"kind\":\"say\",\"scope\":\"other\"}",
		  "step:sig_73cb449b769155f4cf0cb532" },
		{ "k", "9007199254740993", NULL,
		  "{\"input\":9007199254740993,\"kind\":\"k\",\"scope\":\"root\"}",
		  "step:sig_9da0c31d649396a5a6c7821b" },
		{ "k", "9.007199254740992e15", NULL,
		  "{\"input\":9007199254740992,\"kind\":\"k\",\"scope\":\"root\"}",
		  "step:sig_76cd308ba130eb70cc5a1214" },
	};
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		cairn_replay_call call = ct_call(vectors[i].kind, vectors[i].input);
		call.scope = cairn_str_of(vectors[i].scope);
		cairn_replay_step step = ct_ask(play.replay, &call);
		ct_str(step.name, vectors[i].name);
		const cairn_memo *memo = ct_memo(conn, play.id, vectors[i].name);
		ct_str(memo->signature, vectors[i].canonical);
		ct_str(memo->kind, vectors[i].kind);
		ct_int(memo->seq, i + 1);
	}
	static const uint8_t hash[] = { 0xe0, 0x99, 0x98, 0x05, 0x79, 0x11,
					0x58, 0x26, 0x2e, 0x49, 0x81, 0xf0 };
	ct_int(memcmp(ct_memo(conn, play.id, vectors[0].name)->hash, hash, sizeof(hash)), 0);
}

static void of_waits(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_child_new child = { .type = CAIRN_STR("c") };
	cairn_child_new other = { .type = CAIRN_STR("c"), .input = CAIRN_STR("{ \"n\": 1.0 }") };
	cairn_replay_step step;
	ct_define(conn, "c");
	step = ct_sleep(play.replay, 0);
	named(&step, "step:sig_61bf899c33c2fb3837edce00");
	step = ct_sleep(play.replay, CAIRN_MINUTE);
	named(&step, "step:sig_df987ded3dd44cf473171e0d");
	ct_str(ct_memo(conn, play.id, "step:sig_df987ded3dd44cf473171e0d")->signature,
	       "{\"input\":{\"duration_us\":60000000},\"kind\":\"sleep\",\"scope\":\"root\"}");
	step = ct_await(play.replay, "approved", -1);
	named(&step, "step:sig_1a2be09d65d7f533d2a4aee8");
	ct_ok(cairn_replay_child(play.replay, &child, 1, &step, ct_err()));
	named(&step, "step:sig_ef18359c3b0e81f9496598a3");
	ct_ok(cairn_replay_child(play.replay, &other, 1, &step, ct_err()));
	named(&step, "step:sig_3506ff17892b5da7ffbe1381");
	ct_int(ct_played(conn, play.id)->steps, 5);
}

static void the_timeout_is_no_part(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_step step = ct_await(play.replay, "approved", CAIRN_MINUTE);
	named(&step, "step:sig_1a2be09d65d7f533d2a4aee8");
}

static void equal_inputs(void)
{
	static const char *const same[] = { "{\"a\":1,\"b\":[1,2]}",
					    " { \"b\" : [1 , 2.0],\n\"a\":1e0 } ",
					    "{\"\\u0061\":1,\"b\":[10e-1,2]}" };
	static const char *const others[] = { "{\"a\":1,\"b\":[2,1]}", "{\"a\":1,\"b\":[1,2,null]}",
					      "{\"a\":\"1\",\"b\":[1,2]}", "{\"a\":1}",
					      "{\"a\":1,\"b\":[1,2],\"c\":null}" };
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_call call = ct_call("k", same[0]);
	const char *name = name_of(conn, &play, &call);
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		call = ct_call("k", same[i]);
		ct_text(name_of(conn, &play, &call), name);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		call = ct_call("k", others[i]);
		ct_true(strcmp(name_of(conn, &play, &call), name) != 0);
	}
	ct_int(ct_played(conn, play.id)->steps, 1 + sizeof(others) / sizeof(others[0]));
}

static void changed_calls(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_call calls[5] = { ct_call("k", "1"), ct_call("l", "1"), ct_call("k", "2"),
				       ct_call("k", "1"), ct_call("k", "1") };
	calls[3].scope = CAIRN_STR("s");
	calls[4].scope = CAIRN_STR("root");
	/* What is no part of the name: how often it is tried, and when. */
	calls[4].max_attempts = 7;
	calls[4].retry.base = CAIRN_MINUTE;
	const char *names[5];
	for (size_t i = 0; i < 5; i++)
		names[i] = name_of(conn, &play, &calls[i]);
	for (size_t i = 0; i < 4; i++) {
		for (size_t k = 0; k < i; k++)
			ct_true(strcmp(names[i], names[k]) != 0);
	}
	ct_text(names[4], names[0]);
	ct_int(ct_played(conn, play.id)->steps, 4);
}

/* ---- occurrences --------------------------------------------------------------------------------- */

static void repeated(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_call call = ct_call("http.get", NULL);
	static const char *const names[] = { "step:sig_e0999805791158262e4981f0",
					     "step:sig_e0999805791158262e4981f0#2",
					     "step:sig_e0999805791158262e4981f0#3" };
	static const char *const results[] = { "\"one\"", "\"two\"", "\"three\"" };
	for (int attempt = 1; attempt <= 3; attempt++) {
		for (size_t i = 0; i < 3; i++) {
			cairn_replay_step step = ct_ask(play.replay, &call);
			ct_str(step.name, names[i]);
			ct_int(step.seq, i + 1);
			ct_int(step.replayed, attempt > 1);
			if (attempt == 1) {
				ct_next(step, RUN);
				ct_step_complete(play.replay, &step, results[i]);
			}
			ct_result(step, results[i]);
		}
		ct_play_retry(conn, &play);
	}
	ct_int(ct_played(conn, play.id)->steps, 3);
}

static void in_a_batch(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_call calls[4] = { ct_call("a", "1"), ct_call("b", "1"), ct_call("a", "1"),
				       ct_call("a", "1") };
	cairn_replay_step each[4];
	calls[3].name = CAIRN_STR("own");
	ct_ok(cairn_replay_step_begin(play.replay, calls, 4, each, ct_err()));
	for (size_t i = 0; i < 4; i++) {
		ct_each(each[i], CAIRN_OK, NULL);
		ct_next(each[i], RUN);
		ct_int(each[i].seq, i + 1);
	}
	const char *first = ct_format("%.*s", (int)each[0].name.len, each[0].name.ptr);
	ct_str(each[2].name, ct_format("%s#2", first));
	ct_str(each[3].name, "own");
	cairn_replay_step step = ct_ask(play.replay, &calls[0]);
	ct_str(step.name, ct_format("%s#3", first));
	/* Side by side, they end in any order; each keeps what is its own. */
	ct_step_complete(play.replay, &each[2], "2");
	ct_step_complete(play.replay, &each[0], "0");
	ct_step_complete(play.replay, &each[1], "1");
	ct_play_retry(conn, &play);
	ct_ok(cairn_replay_step_begin(play.replay, calls, 4, each, ct_err()));
	for (size_t i = 0; i < 3; i++)
		ct_result(each[i], ct_format("%zu", i));
	ct_next(each[3], RUN);
}

static void of_values_too(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_call calls[2] = { ct_call("now", NULL), ct_call("now", NULL) };
	cairn_str values[2] = { CAIRN_STR("1"), CAIRN_STR("2") };
	cairn_replay_step each[2];
	for (int attempt = 1; attempt <= 2; attempt++) {
		ct_ok(cairn_replay_value(play.replay, calls, values, 2, each, ct_err()));
		ct_result(each[0], "1");
		ct_result(each[1], "2");
		ct_int(each[1].seq, 2);
		cairn_replay_step step = ct_sleep(play.replay, 0);
		ct_result(step, "null");
		step = ct_sleep(play.replay, 0);
		ct_str(step.name, "step:sig_61bf899c33c2fb3837edce00#2");
		ct_play_retry(conn, &play);
		values[0] = values[1] = CAIRN_STR("3");
	}
	ct_int(ct_played(conn, play.id)->steps, 4);
}

/* ---- names of one's own ---------------------------------------------------------------------------- */

static void of_ones_own(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_step step = ct_ask_run(play.replay, "pay");
	ct_str(step.name, "pay");
	ct_step_complete(play.replay, &step, "1");
	step = ct_ask_run(play.replay, "pay");
	ct_str(step.name, "pay#2");
	ct_step_complete(play.replay, &step, "2");
	ct_play_retry(conn, &play);
	step = ct_ask_for(play.replay, "pay");
	ct_result(step, "1");
	step = ct_ask_for(play.replay, "pay");
	ct_result(step, "2");
	ct_text(ct_remembers(conn, play.id), "pay=COMPLETED pay#2=COMPLETED");
}

static void refused_names(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	const char *before = ct_play_snapshot(conn, play.id);
	cairn_replay_step step;
	const char *const names[] = { "a#2", "#", " ", ct_repeat('n', 256), "a\nb" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		cairn_replay_call call = ct_call_named(names[i]);
		ct_true(cairn_replay_step_begin(play.replay, &call, 1, &step, ct_err()) !=
			CAIRN_OK);
	}
	cairn_replay_call bad[] = { ct_call(NULL, "1"), ct_call("", "1"), ct_call("k", "{"),
				    ct_call("k", "{\"a\":1,\"a\":2}") };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ct_status(cairn_replay_step_begin(play.replay, &bad[i], 1, &step, ct_err()),
			  CAIRN_INVALID, NULL);
	ct_play_unchanged(conn, play.id, before);
	/* What was refused was not counted. */
	step = ct_ask_run(play.replay, "a");
	ct_str(step.name, "a");
}

static void mismatches_in(cairn_conn *conn, const ct_play *play, cairn_replay *replay,
			  const cairn_replay_call *call)
{
	const char *before = ct_play_snapshot(conn, play->id);
	cairn_replay_step step = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_replay_step_begin(replay, call, 1, &step, ct_err()));
	ct_each(step, CAIRN_CONFLICT, "replay.signature_mismatch");
	ct_true(step.next != CAIRN_NEXT_RUN && step.next != CAIRN_NEXT_RESULT);
	ct_str(step.result, NULL);
	ct_play_unchanged(conn, play->id, before);
}

static void mismatches(cairn_conn *conn, const ct_play *play, const cairn_replay_call *call)
{
	mismatches_in(conn, play, ct_play_begin(conn, play->lease, NULL), call);
}

/* Of this one only the database knows. */
static void unknown_when_it_began(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay *early[3];
	cairn_replay_call call = ct_call_named("a");
	cairn_str value = CAIRN_STR("1");
	cairn_replay_step step = { .status = CAIRN_INTERNAL };
	for (size_t i = 0; i < 3; i++)
		early[i] = ct_play_begin(conn, play.lease, NULL);
	ct_ok(cairn_replay_value(play.replay, &call, &value, 1, &step, ct_err()));
	mismatches_in(conn, &play, early[0], &call);
	call.input = CAIRN_STR("2");
	ct_ok(cairn_replay_value(early[1], &call, &value, 1, &step, ct_err()));
	ct_each(step, CAIRN_CONFLICT, "replay.signature_mismatch");
	call.input = CAIRN_STR("null");
	ct_ok(cairn_replay_value(early[2], &call, &value, 1, &step, ct_err()));
	ct_result(step, "1");
}

static void another_signature(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_call call = ct_call_named("a");
	call.input = CAIRN_STR("{\"x\":1,\"y\":2}");
	cairn_replay_step step = ct_ask(play.replay, &call);
	for (int done = 0; done < 2; done++) {
		cairn_replay_call other = call;
		other.input = CAIRN_STR("{\"x\":1}");
		mismatches(conn, &play, &other);
		other = call;
		other.kind = CAIRN_STR("l");
		mismatches(conn, &play, &other);
		other = call;
		other.scope = CAIRN_STR("elsewhere");
		mismatches(conn, &play, &other);
		if (!done)
			ct_step_complete(play.replay, &step, "1");
	}
	cairn_replay *again = ct_play_begin(conn, play.lease, NULL);
	call.input = CAIRN_STR("{ \"y\":2, \"x\":1.0 }");
	step = ct_ask(again, &call);
	ct_result(step, "1");
}

static void in_the_middle_of_a_batch(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_do(play.replay, "b", "1");
	cairn_replay_call calls[3] = { ct_call_named("a"), ct_call_named("b"), ct_call_named("c") };
	cairn_replay_step each[3];
	calls[1].input = CAIRN_STR("2");
	ct_play_retry(conn, &play);
	ct_ok(cairn_replay_step_begin(play.replay, calls, 3, each, ct_err()));
	ct_each(each[1], CAIRN_CONFLICT, "replay.signature_mismatch");
	ct_next(each[0], RUN);
	ct_next(each[2], RUN);
	ct_text(ct_remembers(conn, play.id), "b=COMPLETED a=RUNNING c=RUNNING");
}

static void another_verb(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_call call = ct_call_named("a");
	cairn_str value = CAIRN_STR("1");
	cairn_child_new child = { .type = CAIRN_STR("t"), .name = CAIRN_STR("a") };
	cairn_replay_step step = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_replay_value(play.replay, &call, &value, 1, &step, ct_err()));
	ct_each(step, CAIRN_OK, NULL);
	mismatches(conn, &play, &call);
	cairn_replay *again = ct_play_begin(conn, play.lease, NULL);
	ct_ok(cairn_replay_child(again, &child, 1, &step, ct_err()));
	ct_each(step, CAIRN_CONFLICT, "replay.signature_mismatch");
	ct_int(ct_count_jobs(conn, 0), 1);
}

#define VERB .kind = CT_VERB, .store = CT_REPLAYS

static const ct_case cases[] = {
	{ .name = "replays.names.of_calls",
	  VERB,
	  .rule = "A step is named by 24 hex digits of the SHA-256 of the canonical text of input, "
		  "kind and scope, "
		  "and that text is remembered.",
	  .covers = "smol-43",
	  .run = of_calls },
	{ .name = "replays.names.of_waits",
	  VERB,
	  .rule = "Sleeps, signals and children are steps with a kind and an input of their own.",
	  .covers = "smol-43",
	  .run = of_waits },
	{ .name = "replays.names.a_timeout_is_no_part_of_them",
	  VERB,
	  .rule = "The name of a signal's step is made from the signal's name alone.",
	  .run = the_timeout_is_no_part },
	{ .name = "replays.names.equal_inputs_have_one_name",
	  VERB,
	  .rule = "The order of members, white space and how a number is written do not change the "
		  "name; the order of "
		  "an array does.",
	  .covers = "smol-44",
	  .run = equal_inputs },
	{ .name = "replays.names.what_is_asked_changes_them",
	  VERB,
	  .rule = "Another kind, input or scope is another step; another retry is not.",
	  .covers = "smol-47",
	  .run = changed_calls },
	{ .name = "replays.names.repeated_calls_are_counted",
	  VERB,
	  .rule = "Equal calls are #2, #3 in program order, each run once and found again with its "
		  "own result; each "
		  "attempt counts anew.",
	  .covers = "smol-45, smol-46",
	  .run = repeated },
	{ .name = "replays.names.a_batch_counts_in_its_order",
	  VERB,
	  .rule = "Equal calls of one batch are numbered in its order, whatever order they end in.",
	  .covers = "smol-45",
	  .run = in_a_batch },
	{ .name = "replays.names.values_and_sleeps_are_counted",
	  VERB,
	  .rule = "Equal values and sleeps are numbered as steps are.",
	  .covers = "smol-52",
	  .run = of_values_too },
	{ .name = "replays.names.of_ones_own",
	  VERB,
	  .rule = "A name of one's own is taken as it is, and counted like others.",
	  .run = of_ones_own },
	{ .name = "replays.names.what_is_none_is_refused",
	  VERB,
	  .rule = "A name with #, a call without a kind and an input that is no JSON fail the "
		  "call; nothing is "
		  "written or counted.",
	  .run = refused_names },
	{ .name = "replays.names.another_signature_is_a_mismatch",
	  VERB,
	  .rule = "Under a name that another input, kind or scope has, nothing is run or replayed, "
		  "and nothing "
		  "written.",
	  .covers = "smol-36",
	  .run = another_signature },
	{ .name = "replays.names.a_mismatch_with_what_came_meanwhile",
	  VERB,
	  .rule = "A name that another one has used since this one began is compared all the same.",
	  .covers = "smol-36",
	  .run = unknown_when_it_began },
	{ .name = "replays.names.a_mismatch_leaves_the_others_alone",
	  VERB,
	  .rule = "One call of a batch that does not match is told so; the others are begun.",
	  .covers = "smol-36",
	  .run = in_the_middle_of_a_batch },
	{ .name = "replays.names.another_verb_is_a_mismatch",
	  VERB,
	  .rule = "What is remembered as a value is no step and no child.",
	  .run = another_verb },
};

CT_GROUP(replay_names, cases);
