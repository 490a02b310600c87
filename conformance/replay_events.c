/*
 * replay_events.c - the timeline of a run is its job's: steps and signals stand in it in their order, once, however
 * often the program comes by again.
 */
#include "ct_replay.h"

static void payload_is(cairn_conn *conn, cairn_id id, enum cairn_event_kind kind, size_t n,
		       const char *want)
{
	const cairn_event_rows *events = ct_events(conn, id);
	for (size_t i = 0; i < events->count; i++) {
		if (events->at[i].kind == kind && n-- == 0) {
			ct_str(events->at[i].payload, want);
			return;
		}
	}
	ct_fail("there is no such event %s", cairn_event_kind_text(kind));
}

static const char *time_text(cairn_time when)
{
	char *text = ct_alloc(CAIRN_TIME_TEXT);
	cairn_time_format(when, text);
	return text;
}

static void no_gaps(cairn_conn *conn, cairn_id id)
{
	const cairn_event_rows *events = ct_events(conn, id);
	for (size_t i = 0; i < events->count; i++)
		ct_int(events->at[i].seq, i + 1);
}

static void one_stream(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_do(play.replay, "a", "1");
	ct_await(play.replay, "go", -1);
	ct_play_suspend(&play);
	ct_signal(conn, play.id, "go", NULL);
	ct_play_on(conn, &play);
	ct_do(play.replay, "a", "1");
	ct_await(play.replay, "go", -1);
	cairn_replay_step step = ct_ask_run(play.replay, "b");
	ct_step_fail(play.replay, &step, "upstream.down");
	ct_play_fail(&play, "broken");
	ct_text(ct_timeline(conn, play.id),
		"ENQUEUED LEASED STEP_STARTED STEP_COMPLETED STEP_WAITING REQUEUED SIGNALED LEASED "
		"STEP_COMPLETED STEP_STARTED STEP_FAILED FAILED DEAD_LETTERED");
	no_gaps(conn, play.id);
	const cairn_event *event = ct_event(conn, play.id, 9);
	ct_int(event->kind, CAIRN_EVENT_STEP_STARTED);
	ct_int(event->run_number, 2);
	ct_int(event->attempt, 1);
	ct_int(event->at, ct_now());
}

static void of_steps(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_call call = { .kind = CAIRN_STR("http.get"),
				   .name = CAIRN_STR("fetch"),
				   .max_attempts = 2,
				   .retry = { .base = CAIRN_MINUTE, .jitter = -1 } };
	cairn_replay_step step = ct_ask(play.replay, &call);
	payload_is(conn, play.id, CAIRN_EVENT_STEP_STARTED, 0,
		   "{\"name\":\"fetch\",\"kind\":\"http.get\",\"step\":1,\"step_attempt\":1}");
	ct_step_fail(play.replay, &step, "upstream.down");
	payload_is(conn, play.id, CAIRN_EVENT_STEP_FAILED, 0,
		   ct_format("{\"name\":\"fetch\",\"kind\":\"http.get\",\"wake_at\":\"%s\","
			     "\"error_code\":\"upstream.down\",\"error_message\":\"it broke\","
			     "\"step\":1,\"step_attempt\":1}",
			     time_text(ct_now() + CAIRN_MINUTE)));
	ct_play_sleep(conn, &play);
	step = ct_ask(play.replay, &call);
	payload_is(conn, play.id, CAIRN_EVENT_STEP_STARTED, 1,
		   "{\"name\":\"fetch\",\"kind\":\"http.get\",\"step\":1,\"step_attempt\":2}");
	ct_step_complete(play.replay, &step, "\"not told\"");
	payload_is(conn, play.id, CAIRN_EVENT_STEP_COMPLETED, 0,
		   "{\"name\":\"fetch\",\"kind\":\"http.get\",\"step\":1,\"step_attempt\":2}");
	step = ct_ask_run(play.replay, "other");
	ct_step_fail(play.replay, &step, "no.use");
	payload_is(conn, play.id, CAIRN_EVENT_STEP_FAILED, 1,
		   "{\"name\":\"other\",\"kind\":\"k\",\"error_code\":\"no.use\","
		   "\"error_message\":\"it broke\",\"step\":2,\"step_attempt\":1}");
}

static void of_waits(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_time due = ct_now() + CAIRN_HOUR;
	ct_sleep(play.replay, CAIRN_HOUR);
	ct_await(play.replay, "go", -1);
	ct_await(play.replay, "go", CAIRN_HOUR);
	ct_child(play.replay, "kid");
	payload_is(conn, play.id, CAIRN_EVENT_STEP_WAITING, 0,
		   ct_format("{\"name\":\"%.*s\",\"kind\":\"sleep\",\"wake_at\":\"%s\",\"step\":1,"
			     "\"step_attempt\":1}",
			     (int)ct_memos(conn, play.id)->at[0].name.len,
			     ct_memos(conn, play.id)->at[0].name.ptr, time_text(due)));
	payload_is(conn, play.id, CAIRN_EVENT_STEP_WAITING, 1,
		   ct_format("{\"name\":\"%.*s\",\"kind\":\"signal\",\"step\":2,"
			     "\"step_attempt\":1}",
			     (int)ct_memos(conn, play.id)->at[1].name.len,
			     ct_memos(conn, play.id)->at[1].name.ptr));
	payload_is(conn, play.id, CAIRN_EVENT_STEP_WAITING, 2,
		   ct_format("{\"name\":\"%.*s\",\"kind\":\"signal\",\"wake_at\":\"%s\",\"step\":3,"
			     "\"step_attempt\":1}",
			     (int)ct_memos(conn, play.id)->at[2].name.len,
			     ct_memos(conn, play.id)->at[2].name.ptr, time_text(due)));
	payload_is(conn, play.id, CAIRN_EVENT_STEP_WAITING, 3,
		   "{\"name\":\"kid\",\"kind\":\"child\",\"step\":4,\"step_attempt\":1}");
	ct_signal(conn, play.id, "go", "\"not told\"");
	payload_is(conn, play.id, CAIRN_EVENT_SIGNALED, 0, "{\"name\":\"go\",\"signal\":1}");
	cairn_replay *again = ct_play_begin(conn, play.lease, NULL);
	ct_await(again, "go", -1);
	payload_is(conn, play.id, CAIRN_EVENT_STEP_COMPLETED, 0,
		   ct_format("{\"name\":\"%.*s\",\"kind\":\"signal\",\"step\":2,"
			     "\"step_attempt\":1}",
			     (int)ct_memos(conn, play.id)->at[1].name.len,
			     ct_memos(conn, play.id)->at[1].name.ptr));
}

static void of_values(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_call call = ct_call_named("now");
	cairn_str value = CAIRN_STR("\"not told\"");
	cairn_replay_step step;
	ct_ok(cairn_replay_value(play.replay, &call, &value, 1, &step, ct_err()));
	ct_text(ct_steps_told(conn, play.id), "COMPLETED");
	payload_is(conn, play.id, CAIRN_EVENT_STEP_COMPLETED, 0,
		   "{\"name\":\"now\",\"kind\":\"k\",\"step\":1,\"step_attempt\":1}");
}

static void of_failed_children(void)
{
	cairn_conn *conn = ct_open();
	ct_play parent = ct_play_new(conn);
	cairn_replay_step step = ct_child(parent.replay, "kid");
	ct_play_suspend(&parent);
	ct_finish(conn, ct_failure(ct_play_claim(conn, step.child), CAIRN_FINISH_TERMINAL,
				   "child.broken"));
	ct_text(ct_steps_told(conn, parent.id), "WAITING");
	ct_play_on(conn, &parent);
	ct_child(parent.replay, "kid");
	payload_is(conn, parent.id, CAIRN_EVENT_STEP_FAILED, 0,
		   "{\"name\":\"kid\",\"kind\":\"child\",\"error_code\":\"child.broken\","
		   "\"error_message\":\"it broke\",\"step\":1,\"step_attempt\":1}");
	ct_text(ct_steps_told(conn, parent.id), "WAITING FAILED");
	ct_text(ct_timeline(conn, step.child), "ENQUEUED LEASED FAILED DEAD_LETTERED");
}

/* A program with something of everything; it ends at its first suspension. */
static bool program(const ct_play *play)
{
	cairn_replay_call call = ct_call_named("value");
	cairn_str value = CAIRN_STR("1");
	cairn_replay_step step;
	ct_do(play->replay, "first", "1");
	ct_ok(cairn_replay_value(play->replay, &call, &value, 1, &step, ct_err()));
	if (ct_sleep(play->replay, CAIRN_MINUTE).next == CAIRN_NEXT_SUSPEND)
		return false;
	step = ct_ask_for(play->replay, "failing");
	if (step.next == CAIRN_NEXT_RUN && step.attempts == 1)
		ct_step_fail(play->replay, &step, "upstream.down");
	else if (step.next == CAIRN_NEXT_RUN)
		ct_step_complete(play->replay, &step, "2");
	if (ct_await(play->replay, "go", CAIRN_HOUR).next == CAIRN_NEXT_SUSPEND)
		return false;
	return ct_child(play->replay, "kid").next != CAIRN_NEXT_SUSPEND;
}

static void told_once(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_true(!program(&play));
	ct_play_sleep(conn, &play);
	ct_true(!program(&play));
	ct_play_suspend(&play);
	ct_signal(conn, play.id, "go", NULL);
	ct_play_on(conn, &play);
	ct_true(!program(&play));
	ct_play_suspend(&play);
	ct_finish(conn, ct_success(ct_claim(conn, "w")));
	ct_play_on(conn, &play);
	ct_true(program(&play));
	const char *told = ct_steps_told(conn, play.id);
	ct_text(told, "STARTED COMPLETED COMPLETED WAITING COMPLETED STARTED FAILED WAITING "
		      "SIGNALED COMPLETED WAITING COMPLETED");
	/* Again, and again under the next lease: nothing is told but what is done anew. */
	ct_play again = play;
	again.replay = ct_play_begin(conn, play.lease, NULL);
	ct_true(program(&again));
	ct_text(ct_steps_told(conn, play.id), told);
	ct_play_retry(conn, &play);
	ct_true(program(&play));
	told = ct_format("%s STARTED COMPLETED", told);
	ct_text(ct_steps_told(conn, play.id), told);
	ct_play_takeover(conn, &play);
	ct_true(program(&play));
	ct_text(ct_steps_told(conn, play.id), told);
	no_gaps(conn, play.id);
}

static void refusals_are_not_told(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	ct_do(play.replay, "a", "1");
	ct_play_retry(conn, &play);
	cairn_replay_call other = ct_call_named("a");
	cairn_replay_step step;
	const char *before = ct_timeline(conn, play.id);
	other.input = CAIRN_STR("1");
	ct_ok(cairn_replay_step_begin(play.replay, &other, 1, &step, ct_err()));
	ct_each(step, CAIRN_CONFLICT, "replay.signature_mismatch");
	ct_each(ct_signal_offer(conn, cairn_id_new(), "a", NULL, NULL), CAIRN_NOT_FOUND,
		"replay.run_not_found");
	ct_text(ct_timeline(conn, play.id), before);
}

/* Steps of every outcome over a connection with this switch. */
static const char *told_by(enum cairn_events switched)
{
	cairn_conn_opts opts = ct_opts();
	opts.events = switched;
	cairn_conn *conn = ct_open_with(&opts);
	ct_play play = ct_play_new(conn);
	ct_do(play.replay, "a", "1");
	cairn_replay_step step = ct_ask_run(play.replay, "b");
	ct_step_fail(play.replay, &step, "upstream.down");
	ct_signal(conn, play.id, "go", NULL);
	ct_sleep(play.replay, CAIRN_MINUTE);
	ct_await(play.replay, "go", -1);
	step = ct_child(play.replay, "kid");
	ct_cancel(conn, step.child);
	cairn_replay *again = ct_play_begin(conn, play.lease, NULL);
	ct_child(again, "kid");
	no_gaps(conn, play.id);
	ct_int(ct_played(conn, play.id)->steps, 5);
	ct_play_fail(&play, "broken");
	return ct_timeline(conn, play.id);
}

static void switched(void)
{
	ct_text(told_by(CAIRN_EVENTS_NONE), "");
	ct_text(told_by(CAIRN_EVENTS_FAILURES), "STEP_FAILED STEP_FAILED FAILED DEAD_LETTERED");
	const char *all = told_by(CAIRN_EVENTS_FULL);
	ct_true(strstr(all, "SIGNALED") && strstr(all, "STEP_WAITING") &&
		strstr(all, "STEP_COMPLETED"));
}

static void by_switches_that_differ(void)
{
	cairn_conn_opts opts = ct_opts();
	opts.events = CAIRN_EVENTS_NONE;
	cairn_conn *conn = ct_open();
	cairn_conn *silent = ct_open_with(&opts);
	ct_play play = ct_play_new(conn);
	ct_signal(silent, play.id, "a", NULL);
	ct_do(play.replay, "a", "1");
	ct_play mute = play;
	mute.replay = ct_play_begin(silent, play.lease, NULL);
	ct_do(mute.replay, "b", "1");
	ct_do(play.replay, "c", "1");
	ct_text(ct_steps_told(conn, play.id), "STARTED COMPLETED STARTED COMPLETED");
	no_gaps(conn, play.id);
}

#define VERB .kind = CT_VERB, .store = CT_REPLAYS

static const ct_case cases[] = {
	{ .name = "replays.events.are_one_stream",
	  VERB,
	  .rule = "Job, steps and signals tell in one stream, numbered without gaps, in the order "
		  "in which they happened.",
	  .covers = "smol-72, smol-73, smol-74",
	  .run = one_stream },
	{ .name = "replays.events.of_steps",
	  VERB,
	  .rule = "A step's events name it, its kind, number and attempt; a failure its error and "
		  "when it goes on.",
	  .run = of_steps },
	{ .name = "replays.events.of_waits",
	  VERB,
	  .rule = "A wait tells when it ends, if that is known; neither it nor a signal tells a "
		  "payload.",
	  .run = of_waits },
	{ .name = "replays.events.of_values",
	  VERB,
	  .rule = "A value that is remembered is a completed step.",
	  .run = of_values },
	{ .name = "replays.events.of_failed_children",
	  VERB,
	  .rule = "A child that failed is told where its parent asks for it; its own events are "
		  "its own.",
	  .covers = "smol-73",
	  .run = of_failed_children },
	{ .name = "replays.events.replays_tell_nothing",
	  VERB,
	  .rule = "What is only found again writes no event, under whatever lease.",
	  .covers = "smol-74",
	  .run = told_once },
	{ .name = "replays.events.nor_do_refusals",
	  VERB,
	  .rule = "What was refused is not told.",
	  .run = refusals_are_not_told },
	{ .name = "replays.events.follow_the_switch",
	  VERB,
	  .rule = "With `failures` only failed steps are told, with `none` nothing; the run is the "
		  "same.",
	  .run = switched },
	{ .name = "replays.events.each_connection_has_its_switch",
	  VERB,
	  .caps = CAIRN_CAP_SHARED,
	  .rule = "What a silent connection does leaves no gap in what another one tells.",
	  .run = by_switches_that_differ },
};

CT_GROUP(replay_events, cases);
