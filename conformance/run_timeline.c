/*
 * run_timeline.c - a run's timeline with the events of its jobs among its own: by time, at one time the run's own
 * first, then by step and seq; and pages of it that are continued behind any kind of row.
 */
#include <stdlib.h>

#include "ct_graph_model.h"

#define MOST 128

struct line {
	cairn_run_event rows[MOST];
	size_t count;
};

static cairn_run_event_filter merged(cairn_id run)
{
	return (cairn_run_event_filter){
		.size = sizeof(cairn_run_event_filter), .scope = cairn_any(), .run = run, .jobs = 1
	};
}

static const cairn_run_events_result *events(cairn_conn *conn, const cairn_run_event_filter *filter)
{
	cairn_run_events_result *rows = NULL;
	ct_ok(cairn_run_events(conn, filter, &rows, ct_err()));
	ct_later(rows);
	return rows;
}

/* ---- what it must be, from what else can be read ------------------------------------- */

static void add(struct line *line, const cairn_run_event *row)
{
	ct_true(line->count < MOST);
	line->rows[line->count++] = *row;
}

static int in_order(const void *a, const void *b)
{
	const cairn_run_event *x = a;
	const cairn_run_event *y = b;
	cairn_id none = { { 0 } };
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	int order = cairn_id_compare(x->kind == CAIRN_RUN_EVENT_JOB ? x->step : none,
				     y->kind == CAIRN_RUN_EVENT_JOB ? y->step : none);
	if (order != 0)
		return order;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static struct line *expected(cairn_conn *conn, cairn_id run)
{
	struct line *line = ct_alloc(sizeof(*line));
	cairn_run_event_filter own = merged(run);
	own.jobs = 0;
	own.limit = 1000;
	const cairn_run_events_result *rows = events(conn, &own);
	for (size_t i = 0; i < rows->count; i++)
		add(line, &rows->at[i]);
	const cairn_steps *steps = ct_run_steps(conn, run);
	for (size_t i = 0; i < steps->count; i++) {
		if (!ct_exists(conn, steps->at[i].id))
			continue;
		const cairn_event_rows *job = ct_events(conn, steps->at[i].id);
		for (size_t k = 0; k < job->count; k++) {
			const cairn_event *event = &job->at[k];
			cairn_run_event row = { .seq = event->seq,
						.at = event->at,
						.kind = CAIRN_RUN_EVENT_JOB,
						.job_kind = event->kind,
						.step = steps->at[i].id,
						.step_key = steps->at[i].key,
						.payload = event->payload,
						.run_number = event->run_number,
						.attempt = event->attempt };
			add(line, &row);
		}
	}
	qsort(line->rows, line->count, sizeof(line->rows[0]), in_order);
	return line;
}

static void same(const cairn_run_event *got, const cairn_run_event *want)
{
	ct_int(got->kind, want->kind);
	ct_int(got->seq, want->seq);
	ct_int(got->at, want->at);
	ct_id(got->step, want->step);
	ct_same(got->step_key, want->step_key);
	if (want->kind == CAIRN_RUN_EVENT_RUN)
		ct_int(got->run_status, want->run_status);
	if (want->kind == CAIRN_RUN_EVENT_STEP)
		ct_int(got->step_status, want->step_status);
	if (want->kind == CAIRN_RUN_EVENT_JOB) {
		ct_int(got->job_kind, want->job_kind);
		ct_int(got->run_number, want->run_number);
		ct_int(got->attempt, want->attempt);
	}
	ct_same(got->payload, want->payload);
}

/* ---- cases ----------------------------------------------------------------------------- */

/* With times that are shared and times that are not, retries, and steps that never had a job. */
static cairn_id lively(cairn_conn *conn)
{
	ct_define_retry(conn, "t", 3, CAIRN_SECOND);
	cairn_run_new dag = ct_dag("a b c:a! d:a,b g*:b e:g! f:d");
	cairn_id run = ct_add_run(conn, &dag);
	cairn_lease a = ct_claim_step(conn, run, "a");
	ct_advance(CAIRN_SECOND);
	ct_progress(conn, ct_report(a, 1, 2));
	ct_finish(conn, ct_failure(a, CAIRN_FINISH_RETRYABLE, "x"));
	cairn_lease b = ct_claim_step(conn, run, "b");
	ct_advance(CAIRN_SECOND);
	ct_finish(conn, ct_success(b));
	ct_end(conn, run, "a", CAIRN_STEP_FAILED);
	cairn_append append = ct_append(run, "more", "g", "m n:m");
	ct_send_append(conn, &append, CAIRN_INSERTED);
	ct_end(conn, run, "m", CAIRN_STEP_CANCELED);
	ct_advance(CAIRN_SECOND);
	ct_end(conn, run, "g", CAIRN_STEP_CANCELED);
	ct_end(conn, run, "d", CAIRN_STEP_SUCCEEDED);
	ct_cancel_run(conn, run);
	return run;
}

static void by_time(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = lively(conn);
	const struct line *want = expected(conn, run);
	cairn_run_event_filter filter = merged(run);
	const cairn_run_events_result *got = events(conn, &filter);
	ct_true(want->count > 30);
	ct_int(got->count, want->count);
	for (size_t i = 0; i < got->count; i++)
		same(&got->at[i], &want->rows[i]);
}

static void pages(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = lively(conn);
	const struct line *want = expected(conn, run);
	for (uint32_t limit = 1; limit <= 4; limit++) {
		cairn_run_event_filter filter = merged(run);
		size_t seen = 0;
		filter.limit = limit;
		for (;;) {
			const cairn_run_events_result *page = events(conn, &filter);
			if (page->count == 0)
				break;
			ct_true(page->count <= limit);
			for (size_t i = 0; i < page->count; i++) {
				ct_true(seen < want->count);
				same(&page->at[i], &want->rows[seen++]);
			}
			const cairn_run_event *last = &page->at[page->count - 1];
			filter.after_seq = last->seq;
			filter.after_at = last->at;
			filter.after_step = last->kind == CAIRN_RUN_EVENT_JOB ? last->step
									      : (cairn_id){ { 0 } };
		}
		ct_int(seen, want->count);
	}
}

static void a_jobs_events_are_its_own(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_flow(conn, "a b");
	ct_end(conn, run, "a", CAIRN_STEP_FAILED);
	cairn_id job = ct_step_id(conn, run, "a");
	cairn_run_event_filter filter = merged(run);
	const cairn_run_events_result *rows = events(conn, &filter);
	size_t seen = 0;
	for (size_t i = 0; i < rows->count; i++) {
		const cairn_run_event *row = &rows->at[i];
		if (row->kind != CAIRN_RUN_EVENT_JOB) {
			ct_str(row->payload, NULL);
			continue;
		}
		if (cairn_id_compare(row->step, job) != 0)
			continue;
		const cairn_event *own = ct_event(conn, job, seen++);
		ct_int(row->seq, own->seq);
		ct_int(row->job_kind, own->kind);
		ct_same(row->payload, own->payload);
		ct_str(row->step_key, "a");
	}
	ct_int(seen, ct_events(conn, job)->count);
}

static void switched_alike(void)
{
	cairn_conn_opts opts = ct_opts();
	opts.events = CAIRN_EVENTS_NONE;
	cairn_conn *none = ct_open_with(&opts);
	cairn_id run = lively(none);
	cairn_run_event_filter filter = merged(run);
	ct_int(events(none, &filter)->count, 0);
	opts.events = CAIRN_EVENTS_FAILURES;
	cairn_conn *failures = ct_open_with(&opts);
	run = lively(failures);
	filter = merged(run);
	const struct line *want = expected(failures, run);
	const cairn_run_events_result *got = events(failures, &filter);
	ct_int(got->count, want->count);
	for (size_t i = 0; i < got->count; i++)
		same(&got->at[i], &want->rows[i]);
}

/* Also of a run whose jobs are another tenant's than the run. */
static void scope_of_the_run(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = ct_dag("a");
	dag.tenant = CAIRN_STR("mine");
	ct_dag_step(&dag, "a")->tenant = CAIRN_STR("theirs");
	ct_define(conn, "t");
	cairn_run_event_filter filter = merged(ct_add_run(conn, &dag));
	filter.scope = cairn_tenant(CAIRN_STR("mine"));
	const cairn_run_events_result *rows = events(conn, &filter);
	ct_int(rows->count, 3);
	ct_int(rows->at[2].job_kind, CAIRN_EVENT_ENQUEUED);
	filter.scope = cairn_tenant(CAIRN_STR("theirs"));
	cairn_run_events_result *none = NULL;
	ct_status(cairn_run_events(conn, &filter, &none, ct_err()), CAIRN_NOT_FOUND,
		  "workflow.run_not_found");
}

#define TIMELINE .kind = CT_VERB, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.events.those_of_jobs_by_time",
	  TIMELINE,
	  .rule = "With its jobs' events a timeline goes by time; at one time first the run's own, "
		  "then "
		  "by step; and seq.",
	  .run = by_time },
	{ .name = "runs.events.pages_with_those_of_jobs",
	  TIMELINE,
	  .rule = "Pages of any size, continued behind an event of the run, of a step or of a job, "
		  "are "
		  "the whole timeline.",
	  .run = pages },
	{ .name = "runs.events.a_jobs_events_are_its_own",
	  TIMELINE,
	  .rule = "A job's event in the timeline is the one of the job's own history, payload "
		  "included.",
	  .run = a_jobs_events_are_its_own },
	{ .name = "runs.events.the_switch_holds_with_those_of_jobs",
	  TIMELINE,
	  .rule = "What was not recorded is not there, of jobs as of the run.",
	  .run = switched_alike },
	{ .name = "runs.events.the_scope_is_the_runs",
	  TIMELINE,
	  .rule = "Who may read a run's timeline reads the events of its jobs, whoever's they are.",
	  .run = scope_of_the_run },
};

CT_GROUP(run_timeline, cases);
