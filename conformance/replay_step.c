/*
 * replay_step.c - steps: asked for, done, ended, found again; each status of one against each call. (failures and
 * tries: replay_retry.c; who does them: replay_step_held.c; many of
 * them: replay_pages.c)
 */
#include "ct_replay.h"

/* ---- the table ----------------------------------------------------------------------------------- */

/* A run with step "a" in some status, and the step as it was when it was RUN. */
struct field {
	ct_play play;
	cairn_replay_step held;
};

static cairn_replay_call try_thrice(void)
{
	cairn_replay_call call = ct_call_named("a");
	call.max_attempts = 3;
	call.retry = (cairn_retry){ .base = CAIRN_MINUTE, .jitter = -1 };
	return call;
}

static void running(cairn_conn *conn, struct field *field)
{
	cairn_replay_call call = try_thrice();
	field->play = ct_play_new(conn);
	field->held = ct_ask(field->play.replay, &call);
}

/* Whoever ran it lost the lease, and the next one has begun it again. */
static void taken_over(cairn_conn *conn, struct field *field)
{
	running(conn, field);
	ct_play_takeover(conn, &field->play);
	cairn_replay_call call = try_thrice();
	cairn_replay_step again = ct_ask(field->play.replay, &call);
	ct_next(again, RUN);
}

static void abandoned(cairn_conn *conn, struct field *field)
{
	running(conn, field);
	cairn_replay_step held = field->held;
	ct_play_takeover(conn, &field->play);
	field->held = held;
}

static void failed_once(cairn_conn *conn, struct field *field)
{
	running(conn, field);
	cairn_replay_step copy = field->held;
	ct_step_fail(field->play.replay, &copy, "it.failed");
	ct_next(copy, SUSPEND);
}

static void failed_and_due(cairn_conn *conn, struct field *field)
{
	failed_once(conn, field);
	ct_play_sleep(conn, &field->play);
}

static void completed(cairn_conn *conn, struct field *field)
{
	running(conn, field);
	cairn_replay_step copy = field->held;
	ct_step_complete(field->play.replay, &copy, "\"first\"");
}

static void failed(cairn_conn *conn, struct field *field)
{
	cairn_replay_failure failure = { .size = sizeof(failure), .final = 1 };
	running(conn, field);
	cairn_replay_step copy = field->held;
	ct_ok(cairn_replay_fail(field->play.replay, &copy, &failure, ct_err()));
	ct_next(copy, FAILED);
}

static void failed_before(cairn_conn *conn, struct field *field)
{
	failed(conn, field);
	ct_play_retry(conn, &field->play);
}

#define HELD NULL
#define LOST "replay.step_not_held"

/* What each call makes of each status. NULL codes: it is OK. */
static const struct row {
	const char *name;
	void (*make)(cairn_conn *conn, struct field *field);
	const char *next; /* asked for */
	const char *status;
	int32_t attempts;
	bool begun; /* by the call: else nothing was written */
	const char *complete;
	const char *completed; /* its status afterwards */
	const char *fail;
	const char *failed;
} table[] = {
	{ "running here", running, "WAIT", "RUNNING", 1, false, HELD, "COMPLETED", HELD,
	  "WAITING" },
	{ "taken over", taken_over, "WAIT", "RUNNING", 2, false, LOST, "RUNNING", LOST, "RUNNING" },
	{ "abandoned", abandoned, "RUN", "RUNNING", 2, true, HELD, "COMPLETED", HELD, "WAITING" },
	{ "failed once", failed_once, "SUSPEND", "WAITING", 1, false, LOST, "WAITING", LOST,
	  "WAITING" },
	{ "due again", failed_and_due, "RUN", "RUNNING", 2, true, LOST, "WAITING", LOST,
	  "WAITING" },
	{ "completed", completed, "RESULT", "COMPLETED", 1, false, LOST, "COMPLETED", LOST,
	  "COMPLETED" },
	{ "failed", failed, "FAILED", "FAILED", 1, false, LOST, "FAILED", LOST, "FAILED" },
	{ "failed before", failed_before, "RUN", "RUNNING", 2, true, LOST, "FAILED", LOST,
	  "FAILED" },
};

#define ROWS (sizeof(table) / sizeof(table[0]))

/* The run is out of the way of the next one. */
static void put_away(cairn_conn *conn, const struct field *field)
{
	ct_cancel(conn, field->play.id);
}

static void try_ask(cairn_conn *conn, const struct row *row)
{
	struct field field;
	ct_note("asked for: %s", row->name);
	row->make(conn, &field);
	const char *before = ct_play_snapshot(conn, field.play.id);
	cairn_replay *replay = ct_play_begin(conn, field.play.lease, NULL);
	cairn_replay_call call = try_thrice();
	cairn_replay_step step = ct_ask(replay, &call);
	const cairn_memo *memo = ct_memo(conn, field.play.id, "a");
	ct_text(cairn_next_text(step.next), row->next);
	ct_text(cairn_memo_status_text(memo->status), row->status);
	ct_int(step.attempts, row->attempts);
	ct_int(memo->attempts, row->attempts);
	ct_int(step.replayed, !row->begun);
	ct_int(step.seq, 1);
	if (!row->begun)
		ct_play_unchanged(conn, field.play.id, before);
	else
		ct_id(memo->claim, step.claim);
	ct_int(ct_played(conn, field.play.id)->steps, 1);
	put_away(conn, &field);
}

static void try_complete(cairn_conn *conn, const struct row *row)
{
	struct field field;
	ct_note("completed: %s", row->name);
	row->make(conn, &field);
	const char *before = ct_play_snapshot(conn, field.play.id);
	cairn_status status = cairn_replay_complete(field.play.replay, &field.held,
						    CAIRN_STR("\"other\""), NULL, 0, ct_err());
	ct_status(status, row->complete ? CAIRN_STALE : CAIRN_OK, row->complete);
	const cairn_memo *memo = ct_memo(conn, field.play.id, "a");
	ct_text(cairn_memo_status_text(memo->status), row->completed);
	if (row->complete)
		ct_play_unchanged(conn, field.play.id, before);
	else
		ct_str(memo->result, "\"other\"");
	put_away(conn, &field);
}

static void try_fail(cairn_conn *conn, const struct row *row)
{
	cairn_replay_failure failure = { .size = sizeof(failure), .code = CAIRN_STR("it.failed") };
	struct field field;
	ct_note("failed: %s", row->name);
	row->make(conn, &field);
	const char *before = ct_play_snapshot(conn, field.play.id);
	cairn_status status = cairn_replay_fail(field.play.replay, &field.held, &failure, ct_err());
	ct_status(status, row->fail ? CAIRN_STALE : CAIRN_OK, row->fail);
	const cairn_memo *memo = ct_memo(conn, field.play.id, "a");
	ct_text(cairn_memo_status_text(memo->status), row->failed);
	if (row->fail)
		ct_play_unchanged(conn, field.play.id, before);
	else
		ct_int(memo->failures, 1);
	put_away(conn, &field);
}

static void asked_for(void)
{
	cairn_conn *conn = ct_open();
	for (size_t i = 0; i < ROWS; i++)
		try_ask(conn, &table[i]);
}

static void all_completed(void)
{
	cairn_conn *conn = ct_open();
	for (size_t i = 0; i < ROWS; i++)
		try_complete(conn, &table[i]);
}

static void all_failed(void)
{
	cairn_conn *conn = ct_open();
	for (size_t i = 0; i < ROWS; i++)
		try_fail(conn, &table[i]);
}

/* ---- what is remembered ---------------------------------------------------------------------------- */

static void a_new_step(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_step step = ct_ask_run(play.replay, "a");
	const cairn_memo *memo = ct_memo(conn, play.id, "a");
	ct_int(step.seq, 1);
	ct_int(step.replayed, 0);
	ct_int(step.attempts, 1);
	ct_int(step.failures, 0);
	ct_int(memo->verb, CAIRN_MEMO_STEP);
	ct_int(memo->last_attempt, 1);
	ct_int(memo->fence, play.lease.fence);
	ct_id(memo->claim, step.claim);
	ct_int(memo->created_at, ct_now());
	ct_int(memo->begun_at, ct_now());
	ct_int(memo->ended_at, 0);
	ct_str(memo->result, NULL);
	ct_advance(CAIRN_SECOND);
	ct_step_complete(play.replay, &step, "{\"usage\":{\"tokens\":7},\"session\":\"s\"}");
	memo = ct_memo(conn, play.id, "a");
	ct_int(memo->status, CAIRN_MEMO_COMPLETED);
	ct_str(memo->result, "{\"usage\":{\"tokens\":7},\"session\":\"s\"}");
	ct_int(memo->ended_at, ct_now());
	ct_int(memo->begun_at, ct_now() - CAIRN_SECOND);
}

static void found_again(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_do(play.replay, "a", "\"done\"");
	ct_play_fail(&play, "broken.program");
	cairn_resume resume = { .size = sizeof(resume), .scope = cairn_any(), .run = play.id };
	cairn_replay_changed changed = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_replay_resume(conn, &resume, &changed, ct_err()));
	ct_play_on(conn, &play);
	ct_int(ct_played(conn, play.id)->attempt, 2);
	cairn_replay_step step = ct_ask_for(play.replay, "a");
	ct_result(step, "\"done\"");
	ct_int(step.replayed, 1);
	ct_int(step.attempts, 1);
	ct_play_succeed(&play, "1");
	ct_str(ct_played(conn, play.id)->error_code, NULL);
	ct_text(ct_steps_told(conn, play.id), "STARTED COMPLETED");
}

static void results(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	const char *const texts[] = { "null",
				      "\"\"",
				      "{}",
				      " [ 1 , 1.0 , 1e0 ,\t-0 ] ",
				      "{\"b\":{\"z\":[[[{}]]],\"a\":null},\"a\":\"\\u00fc/\\/\"}",
				      "\"gr\xc3\xbcn\"",
				      "123456789012345678901234567890.00001" };
	for (int attempt = 1; attempt <= 2; attempt++) {
		for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
			ct_do(play.replay, "a", texts[i]);
		ct_play_retry(conn, &play);
	}
}

static void an_absent_result(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_step step = ct_ask_run(play.replay, "a");
	ct_step_complete(play.replay, &step, NULL);
	ct_play_retry(conn, &play);
	step = ct_ask_for(play.replay, "a");
	ct_result(step, "null");
}

static void a_large_result(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	char *text = ct_repeat('x', 1024 * 1024);
	text[0] = '"';
	text[1024 * 1024 - 1] = '"';
	ct_do(play.replay, "a", text);
	ct_play_retry(conn, &play);
	ct_do(play.replay, "a", text);
	cairn_replay_step step = ct_ask_run(play.replay, "b");
	cairn_str more = cairn_str_of(ct_format("[%s]", text));
	ct_status(cairn_replay_complete(play.replay, &step, more, NULL, 0, ct_err()),
		  CAIRN_TOO_LARGE, NULL);
	ct_status(cairn_replay_complete(play.replay, &step, CAIRN_STR("{"), NULL, 0, ct_err()),
		  CAIRN_INVALID, NULL);
	ct_step_complete(play.replay, &step, "1");
}

static void said_again(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_charge usage = { .axis = CAIRN_STR("tokens"), .amount = 7 };
	cairn_replay_step step = ct_ask_run(play.replay, "a");
	cairn_replay_step same = step;
	ct_ok(cairn_replay_complete(play.replay, &step, CAIRN_STR("1"), &usage, 1, ct_err()));
	const char *before = ct_play_snapshot(conn, play.id);
	ct_ok(cairn_replay_complete(play.replay, &same, CAIRN_STR("1"), &usage, 1, ct_err()));
	ct_result(same, "1");
	ct_play_unchanged(conn, play.id, before);
	ct_play other = ct_play_new(conn);
	step = ct_ask_run(other.replay, "a");
	same = step;
	ct_step_fail(other.replay, &step, "it.failed");
	ct_next(step, FAILED);
	before = ct_play_snapshot(conn, other.id);
	ct_step_fail(other.replay, &same, "it.failed");
	ct_next(same, FAILED);
	ct_play_unchanged(conn, other.id, before);
}

/* An end that is not the one that was written is refused, and leaves the step as it is. */
static void said_otherwise(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_step step = ct_ask_run(play.replay, "a");
	cairn_replay_failure failure = { .size = sizeof(failure), .code = CAIRN_STR("it.failed") };
	ct_step_complete(play.replay, &step, NULL);
	ct_step_complete(play.replay, &step, "null");
	const char *before = ct_play_snapshot(conn, play.id);
	ct_status(cairn_replay_complete(play.replay, &step, CAIRN_STR("2"), NULL, 0, ct_err()),
		  CAIRN_STALE, "replay.step_not_held");
	ct_result(step, "null");
	ct_status(cairn_replay_fail(play.replay, &step, &failure, ct_err()), CAIRN_STALE,
		  "replay.step_not_held");
	ct_play_unchanged(conn, play.id, before);
	cairn_replay_call call = ct_call_named("b");
	call.max_attempts = 9;
	step = ct_ask(play.replay, &call);
	ct_ok(cairn_replay_fail(play.replay, &step, &failure, ct_err()));
	before = ct_play_snapshot(conn, play.id);
	ct_ok(cairn_replay_fail(play.replay, &step, &failure, ct_err()));
	ct_next(step, SUSPEND);
	ct_int(step.failures, 1);
	failure.message = CAIRN_STR("otherwise");
	ct_status(cairn_replay_fail(play.replay, &step, &failure, ct_err()), CAIRN_STALE,
		  "replay.step_not_held");
	failure.code = CAIRN_STR("it.failed_otherwise");
	failure.message = (cairn_str){ NULL, 0 };
	ct_status(cairn_replay_fail(play.replay, &step, &failure, ct_err()), CAIRN_STALE,
		  "replay.step_not_held");
	ct_play_unchanged(conn, play.id, before);
}

static void never_begun(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_step done = ct_do(play.replay, "a", "1");
	cairn_replay_step slept = ct_sleep(play.replay, 0);
	cairn_replay_step none = { .status = CAIRN_OK };
	const char *before = ct_play_snapshot(conn, play.id);
	ct_true(cairn_replay_complete(play.replay, &none, CAIRN_STR("2"), NULL, 0, ct_err()) !=
		CAIRN_OK);
	ct_true(cairn_replay_complete(play.replay, &slept, CAIRN_STR("2"), NULL, 0, ct_err()) !=
		CAIRN_OK);
	done.claim = cairn_id_new();
	ct_status(cairn_replay_complete(play.replay, &done, CAIRN_STR("2"), NULL, 0, ct_err()),
		  CAIRN_STALE, "replay.step_not_held");
	ct_play_unchanged(conn, play.id, before);
}

#define VERB   .kind = CT_VERB, .store = CT_REPLAYS
#define MATRIX .kind = CT_MATRIX, .store = CT_REPLAYS

static const ct_case cases[] = {
	{ .name = "replays.step.asked_for_in_every_status",
	  MATRIX,
	  .rule = "What is remembered is answered; what was begun under a former lease, failed in "
		  "a former attempt or "
		  "is due again is begun again.",
	  .covers = "smol-33, smol-35",
	  .run = asked_for },
	{ .name = "replays.step.completed_in_every_status",
	  MATRIX,
	  .rule = "A step is completed by who does it, once; a completed step never changes.",
	  .covers = "smol-38",
	  .run = all_completed },
	{ .name = "replays.step.failed_in_every_status",
	  MATRIX,
	  .rule = "A step fails by who does it; one that is completed stays so.",
	  .covers = "smol-39",
	  .run = all_failed },
	{ .name = "replays.step.what_is_remembered",
	  VERB,
	  .rule = "A step is remembered with who does it and when, and with its result as it was "
		  "given.",
	  .covers = "smol-34",
	  .run = a_new_step },
	{ .name = "replays.step.a_later_attempt_finds_it",
	  VERB,
	  .rule = "A run that failed and is resumed has its results, and does nothing twice; a "
		  "success clears its "
		  "error.",
	  .covers = "smol-18",
	  .run = found_again },
	{ .name = "replays.step.results_come_back_byte_for_byte",
	  VERB,
	  .rule = "null, the empty string, numbers and what is nested come back as they were "
		  "given.",
	  .covers = "smol-40",
	  .run = results },
	{ .name = "replays.step.an_absent_result_is_null",
	  VERB,
	  .rule = "A step that is completed without a result has null.",
	  .covers = "smol-37",
	  .run = an_absent_result },
	{ .name = "replays.step.a_result_of_a_megabyte",
	  VERB,
	  .rule = "A result of the greatest size comes back; a greater one, or no JSON, is "
		  "refused, and the step is "
		  "still held.",
	  .covers = "smol-40",
	  .run = a_large_result },
	{ .name = "replays.step.the_same_end_again_writes_nothing",
	  VERB,
	  .rule = "Completing or failing a step again in the same way is OK and charges nothing "
		  "twice.",
	  .covers = "smol-32",
	  .run = said_again },
	{ .name = "replays.step.another_end_is_refused",
	  VERB,
	  .rule = "Once a step has ended, another result or failure of the same claim is refused, "
		  "and "
		  "what stands there is told.",
	  .run = said_otherwise },
	{ .name = "replays.step.only_what_is_held_is_ended",
	  VERB,
	  .rule = "A step that was never begun, is no step to be done, or belongs to another claim "
		  "is not ended.",
	  .run = never_begun },
};

CT_GROUP(replay_step, cases);
