/*
 * run_events.c - a run's own timeline: every status that it and its steps were given, in order, without a gap;
 * and the connection's option `events`. (with its jobs' events: run_timeline.c)
 */
#include "ct_graph_model.h"

static cairn_conn *open_with(enum cairn_events events)
{
	cairn_conn_opts opts = ct_opts();
	opts.events = events;
	return ct_open_with(&opts);
}

static cairn_run_event_filter events_of(cairn_id run)
{
	return (cairn_run_event_filter){ .size = sizeof(cairn_run_event_filter),
					 .scope = cairn_any(),
					 .run = run };
}

static const cairn_run_events_result *events(cairn_conn *conn, const cairn_run_event_filter *filter)
{
	cairn_run_events_result *rows = NULL;
	ct_ok(cairn_run_events(conn, filter, &rows, ct_err()));
	ct_later(rows);
	return rows;
}

/* ---- order ---------------------------------------------------------------------- */

static void in_order(void)
{
	ct_play play = ct_play_words("b a c:a,b g*:a! d:c! e:g!");
	ct_text(ct_run_timeline(play.conn, play.run), "RUNNING b=ENQUEUED a=ENQUEUED");
	ct_play_ends(&play, "b+ a+");
	ct_play_ends(&play, "c-");
	ct_play_ends(&play, "g-");
	ct_text(ct_run_timeline(play.conn, play.run),
		"RUNNING b=ENQUEUED a=ENQUEUED b=SUCCEEDED a=SUCCEEDED c=ENQUEUED "
		"g=WAITING_FOR_EXTERNAL c=FAILED d=CANCELED g=FAILED e=CANCELED "
		"COMPLETED_WITH_ERRORS");
}

/* Those that end together by id; then what follows, by how many edges it is away. */
static void by_distance(void)
{
	ct_play play = ct_play_words("z y far:near! near:y! x:z! end:far!,x!");
	cairn_finish items[2];
	static const char *const keys[] = { "y", "z" };
	for (size_t i = 0; i < 2; i++)
		items[i] = ct_failure(ct_claim_step(play.conn, play.run, keys[i]),
				      CAIRN_FINISH_TERMINAL, "x");
	ct_ok(cairn_job_finish(play.conn, items, 2, NULL, ct_err()));
	ct_text(ct_run_timeline(play.conn, play.run),
		"RUNNING z=ENQUEUED y=ENQUEUED z=FAILED y=FAILED near=CANCELED x=CANCELED "
		"far=CANCELED end=CANCELED COMPLETED_WITH_ERRORS");
}

static void status_changes_only(void)
{
	ct_play play = ct_play_words("a g* b:g");
	ct_play_ends(&play, "a+ g+ b+");
	ct_text(ct_run_timeline(play.conn, play.run),
		"RUNNING a=ENQUEUED g=WAITING_FOR_EXTERNAL a=SUCCEEDED g=SUCCEEDED b=ENQUEUED "
		"b=SUCCEEDED SUCCEEDED");
	play = ct_play_words("g* h*:g");
	ct_play_append(&play, "more", "g", "c");
	ct_play_ends(&play, "c+ g+ h+");
	ct_text(ct_run_timeline(play.conn, play.run),
		"RUNNING g=WAITING_FOR_EXTERNAL +more c=ENQUEUED c=SUCCEEDED g=SUCCEEDED "
		"h=WAITING_FOR_EXTERNAL WAITING_FOR_EXTERNAL h=SUCCEEDED SUCCEEDED");
}

static void canceled_in_order(void)
{
	ct_play play = ct_play_words("d:a c b:c a");
	ct_play_ends(&play, "c+");
	ct_play_cancel(&play);
	ct_text(ct_run_timeline(play.conn, play.run),
		"RUNNING c=ENQUEUED a=ENQUEUED c=SUCCEEDED b=ENQUEUED d=CANCELED b=CANCELED "
		"a=CANCELED CANCELED");
}

/* ---- what an event tells ----------------------------------------------------------- */

static void tells_what_happened(void)
{
	ct_play play = ct_play_words("a b:a! g* h");
	cairn_time begin = ct_now();
	ct_advance(CAIRN_SECOND);
	ct_play_ends(&play, "a-");
	ct_advance(CAIRN_SECOND);
	ct_play_append(&play, "more", "g", "c:g!");
	cairn_run_event_filter filter = events_of(play.run);
	const cairn_run_events_result *rows = events(play.conn, &filter);
	static const char *const words[] = { "RUNNING", "a", "g", "h", "a", "b", "more" };
	static const int seconds[] = { 0, 0, 0, 0, 1, 1, 2 };
	static const enum cairn_run_event_kind kinds[] = {
		CAIRN_RUN_EVENT_RUN,	 CAIRN_RUN_EVENT_STEP, CAIRN_RUN_EVENT_STEP,
		CAIRN_RUN_EVENT_STEP,	 CAIRN_RUN_EVENT_STEP, CAIRN_RUN_EVENT_STEP,
		CAIRN_RUN_EVENT_APPENDED
	};
	ct_int(rows->count, 7);
	for (size_t i = 0; i < rows->count; i++) {
		const cairn_run_event *row = &rows->at[i];
		bool step = i > 0 && i < 6;
		ct_int(row->at, begin + seconds[i] * CAIRN_SECOND);
		ct_int(row->kind, kinds[i]);
		ct_str(row->step_key, step ? words[i] : NULL);
		if (step)
			ct_id(row->step, ct_step_id(play.conn, play.run, words[i]));
		else
			ct_true(cairn_id_is_none(row->step));
		ct_str(row->payload, NULL);
	}
	ct_str(rows->at[6].reason, "more");
	ct_str(rows->at[4].error_code, "broken");
	ct_str(rows->at[4].error_message, "it broke");
	ct_str(rows->at[5].reason, "workflow.dependency_unsatisfied");
	ct_str(rows->at[5].error_code, "workflow.dependency_unsatisfied");
	ct_str(rows->at[1].reason, NULL);
	ct_str(rows->at[1].error_code, NULL);
}

/* ---- the switch --------------------------------------------------------------------- */

static cairn_id everything(cairn_conn *conn)
{
	cairn_id run = ct_flow(conn, "a b:a! c:a g*");
	cairn_append append = ct_append(run, "more", "g", "d e:d");
	ct_end(conn, run, "a", CAIRN_STEP_FAILED);
	ct_send_append(conn, &append, CAIRN_INSERTED);
	ct_end(conn, run, "c", CAIRN_STEP_SUCCEEDED);
	ct_end(conn, run, "d", CAIRN_STEP_CANCELED);
	ct_end(conn, run, "e", CAIRN_STEP_SUCCEEDED);
	ct_end(conn, run, "g", CAIRN_STEP_SUCCEEDED);
	ct_stands(conn, run,
		  "COMPLETED_WITH_ERRORS a=FAILED b=CANCELED c=SUCCEEDED g=SUCCEEDED d=CANCELED "
		  "e=SUCCEEDED");
	return run;
}

static void switched(void)
{
	cairn_conn *conn = open_with(CAIRN_EVENTS_FULL);
	ct_text(ct_run_timeline(conn, everything(conn)),
		"RUNNING a=ENQUEUED g=WAITING_FOR_EXTERNAL a=FAILED b=CANCELED c=ENQUEUED +more "
		"d=ENQUEUED c=SUCCEEDED d=CANCELED e=ENQUEUED e=SUCCEEDED "
		"WAITING_FOR_EXTERNAL g=SUCCEEDED COMPLETED_WITH_ERRORS");
	conn = open_with(CAIRN_EVENTS_FAILURES);
	ct_text(ct_run_timeline(conn, everything(conn)),
		"a=FAILED b=CANCELED d=CANCELED COMPLETED_WITH_ERRORS");
	conn = open_with(CAIRN_EVENTS_NONE);
	ct_text(ct_run_timeline(conn, everything(conn)), "");
}

static void switched_for_cancels(void)
{
	static const char all[] = "RUNNING a=ENQUEUED g=WAITING_FOR_EXTERNAL a=CANCELED b=CANCELED "
				  "g=CANCELED CANCELED";
	static const char *const want[] = { all, "a=CANCELED b=CANCELED g=CANCELED CANCELED", "" };
	static const char *const jobs[] = { "ENQUEUED CANCELED", "CANCELED", "" };
	for (int events = CAIRN_EVENTS_FULL; events <= CAIRN_EVENTS_NONE; events++) {
		cairn_conn *conn = open_with((enum cairn_events)events);
		cairn_id run = ct_flow(conn, "a b:a g*");
		cairn_id job = ct_step_id(conn, run, "a");
		ct_cancel_run(conn, run);
		ct_text(ct_run_timeline(conn, run), want[events]);
		ct_text(ct_timeline(conn, job), jobs[events]);
	}
}

static void over_connections(void)
{
	cairn_conn *full = ct_open();
	cairn_conn *failures = open_with(CAIRN_EVENTS_FAILURES);
	cairn_conn *none = open_with(CAIRN_EVENTS_NONE);
	cairn_id run = ct_flow(full, "a b:a c:b d:c! e:d!");
	ct_end(none, run, "a", CAIRN_STEP_SUCCEEDED);
	ct_end(full, run, "b", CAIRN_STEP_SUCCEEDED);
	ct_end(failures, run, "c", CAIRN_STEP_FAILED);
	ct_text(ct_run_timeline(full, run),
		"RUNNING a=ENQUEUED b=SUCCEEDED c=ENQUEUED c=FAILED d=CANCELED e=CANCELED "
		"COMPLETED_WITH_ERRORS");
}

/* ---- pages --------------------------------------------------------------------------- */

static void pages(void)
{
	ct_play play = ct_play_words("a b:a! c:b g*:a h*:g,b");
	ct_play_ends(&play, "a- c+ g+ h~");
	cairn_run_event_filter filter = events_of(play.run);
	const cairn_run_events_result *all = events(play.conn, &filter);
	for (uint32_t limit = 1; limit <= 3; limit++) {
		size_t seen = 0;
		filter.limit = limit;
		filter.after_seq = 0;
		for (;;) {
			const cairn_run_events_result *page = events(play.conn, &filter);
			ct_true(page->count <= limit);
			for (size_t i = 0; i < page->count; i++) {
				const cairn_run_event *want = &all->at[seen++];
				ct_int(page->at[i].seq, want->seq);
				ct_int(page->at[i].kind, want->kind);
				ct_int(page->at[i].step_status, want->step_status);
			}
			if (page->count == 0)
				break;
			filter.after_seq = page->at[page->count - 1].seq;
		}
		ct_int(seen, all->count);
	}
}

static void asked_wrongly(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = ct_dag("a");
	dag.tenant = CAIRN_STR("mine");
	ct_define(conn, "t");
	cairn_run_event_filter good = events_of(ct_add_run(conn, &dag));
	cairn_run_event_filter filter = good;
	cairn_run_events_result *rows = NULL;
	filter.run = cairn_id_new();
	ct_status(cairn_run_events(conn, &filter, &rows, ct_err()), CAIRN_NOT_FOUND,
		  "workflow.run_not_found");
	filter = good;
	filter.run = (cairn_id){ { 0 } };
	ct_status(cairn_run_events(conn, &filter, &rows, ct_err()), CAIRN_NOT_FOUND,
		  "workflow.run_not_found");
	filter = good;
	filter.scope = cairn_tenant(CAIRN_STR("theirs"));
	ct_status(cairn_run_events(conn, &filter, &rows, ct_err()), CAIRN_NOT_FOUND,
		  "workflow.run_not_found");
	filter = good;
	filter.limit = 1001;
	ct_status(cairn_run_events(conn, &filter, &rows, ct_err()), CAIRN_INVALID, NULL);
	filter = good;
	filter.after_seq = -1;
	ct_status(cairn_run_events(conn, &filter, &rows, ct_err()), CAIRN_INVALID, NULL);
	filter = good;
	filter.jobs = 2;
	ct_status(cairn_run_events(conn, &filter, &rows, ct_err()), CAIRN_INVALID, NULL);
	filter = good;
	filter.scope = cairn_tenant(CAIRN_STR("mine"));
	ct_ok(cairn_run_events(conn, &filter, &rows, ct_err()));
	ct_int(rows->count, 2);
	cairn_free(rows);
}

#define EVENTS .kind = CT_VERB, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.events.ends_then_what_follows_then_the_run",
	  EVENTS,
	  .rule = "An end is told first, then what follows from it, last the run's status; seq has "
		  "no "
		  "gap.",
	  .run = in_order },
	{ .name = "runs.events.what_follows_is_told_by_distance",
	  EVENTS,
	  .rule = "Steps that end together are told by id, and what follows by how many edges it "
		  "is "
		  "away, then by id.",
	  .run = by_distance },
	{ .name = "runs.events.a_run_is_told_when_its_status_changes",
	  EVENTS,
	  .rule = "A status of the run is told when it is another one than before, and then only.",
	  .run = status_changes_only },
	{ .name = "runs.events.a_cancel_is_told_by_id",
	  EVENTS,
	  .rule = "A cancel tells the steps that it ended by id, and then the run.",
	  .covers = "runledger T01",
	  .run = canceled_in_order },
	{ .name = "runs.events.they_tell_what_happened",
	  EVENTS,
	  .rule = "An event has its time and step; that of an end the step's reason, code and "
		  "message; "
		  "that of an append its key.",
	  .run = tells_what_happened },
	{ .name = "runs.events.the_switch_says_what_is_recorded",
	  EVENTS,
	  .rule = "FULL records all, FAILURES failed and canceled steps and runs that are not "
		  "good, NONE "
		  "nothing; what becomes of the run is the same.",
	  .run = switched },
	{ .name = "runs.events.the_switch_holds_for_cancels",
	  EVENTS,
	  .rule = "The switch holds for a cancel's events of run, steps and jobs.",
	  .run = switched_for_cancels },
	{ .name = "runs.events.no_gap_over_connections",
	  EVENTS,
	  .rule = "Connections that record differently number the same timeline on, without a gap.",
	  .run = over_connections },
	{ .name = "runs.events.pages_are_the_whole_timeline",
	  EVENTS,
	  .rule = "Pages of any size, each continued behind the last row's seq, are the whole "
		  "timeline.",
	  .run = pages },
	{ .name = "runs.events.only_of_a_run_in_scope",
	  EVENTS,
	  .rule = "The timeline of a run that is not there or another tenant's is NOT_FOUND; "
		  "malformed "
		  "questions are refused.",
	  .run = asked_wrongly },
};

CT_GROUP(run_events, cases);
