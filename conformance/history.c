/*
 * history.c - attempts and events page by page, and what stands in the queues. What each
 * transition writes is in the groups of the verbs, scopes in scope.c.
 */
#include "ct.h"

static const cairn_attempts *attempts(cairn_conn *conn, cairn_id id, int64_t after, uint32_t limit)
{
	cairn_attempts *rows = NULL;
	ct_ok(cairn_job_attempts(conn, cairn_any(), id, after, limit, &rows, ct_err()));
	ct_later(rows);
	return rows;
}

static const cairn_event_rows *events(cairn_conn *conn, cairn_id id, int64_t after, uint32_t limit)
{
	cairn_event_rows *rows = NULL;
	ct_ok(cairn_job_events(conn, cairn_any(), id, after, limit, &rows, ct_err()));
	ct_later(rows);
	return rows;
}

/* A job that has failed n times and runs again: n + 1 attempts, 3 * n + 2 events. */
static cairn_id tried(cairn_conn *conn, int64_t n)
{
	ct_define_retry(conn, "t", 1000, 1);
	cairn_job_new job = ct_new("t");
	cairn_id id = ct_add(conn, &job);
	for (int64_t i = 0; i < n; i++) {
		cairn_lease lease = ct_claim(conn, "w");
		ct_finish(conn, ct_failure(lease, CAIRN_FINISH_RETRYABLE,
					   ct_format("code.%lld", (long long)i + 1)));
		ct_advance(1);
	}
	ct_claim(conn, "last");
	return id;
}

/* ---- attempts ------------------------------------------------------------------ */

static void attempts_by_fence(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = tried(conn, 4);
	for (int64_t after = 0; after <= 6; after++) {
		const cairn_attempts *rows = attempts(conn, id, after, 1000);
		ct_int(rows->count, after < 5 ? 5 - after : 0);
		for (size_t i = 0; i < rows->count; i++) {
			int64_t fence = after + (int64_t)i + 1;
			ct_int(rows->at[i].fence, fence);
			ct_int(rows->at[i].attempt, fence);
			ct_int(rows->at[i].ending,
			       fence < 5 ? CAIRN_ENDING_RETRYABLE : CAIRN_ENDING_NONE);
		}
	}
	ct_int(attempts(conn, id, INT64_MAX, 1000)->count, 0);
	ct_int(attempts(conn, id, -1, 1000)->count, 5);
}

static void pages_of_attempts(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = tried(conn, 6);
	for (uint32_t limit = 1; limit <= 8; limit++) {
		int64_t last = 0;
		for (;;) {
			const cairn_attempts *page = attempts(conn, id, last, limit);
			ct_true(page->count <= limit);
			for (size_t i = 0; i < page->count; i++)
				ct_int(page->at[i].fence, ++last);
			if (page->count < limit)
				break;
		}
		ct_int(last, 7);
	}
}

static void the_running_one_is_the_last(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = tried(conn, 2);
	const cairn_attempts *page = attempts(conn, id, 2, 1);
	ct_int(page->count, 1);
	ct_int(page->at[0].fence, 3);
	ct_int(page->at[0].finished_at, 0);
	ct_str(page->at[0].worker, "last");
	ct_ok(cairn_job_cancel(conn, cairn_any(), &id, 1, CAIRN_STR("r"), NULL, ct_err()));
	page = attempts(conn, id, 2, 1);
	ct_int(page->count, 1);
	ct_int(page->at[0].ending, CAIRN_ENDING_CANCELED);
	ct_str(page->at[0].worker, "last");
	ct_int(attempts(conn, id, 0, 0)->count, 3);
}

/* ---- events -------------------------------------------------------------------- */

static void events_by_number(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = tried(conn, 2);
	const cairn_event_rows *every = ct_events(conn, id);
	ct_int(every->count, 8);
	for (int64_t after = 0; after <= 9; after++) {
		const cairn_event_rows *rows = events(conn, id, after, 1000);
		ct_int(rows->count, after < 8 ? 8 - after : 0);
		for (size_t i = 0; i < rows->count; i++) {
			const cairn_event *same = &every->at[(size_t)after + i];
			ct_int(rows->at[i].seq, after + (int64_t)i + 1);
			ct_int(rows->at[i].kind, same->kind);
			ct_same(rows->at[i].payload, same->payload);
		}
	}
	ct_int(events(conn, id, INT64_MAX, 1000)->count, 0);
}

static void pages_of_events(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = tried(conn, 3);
	for (uint32_t limit = 1; limit <= 12; limit++) {
		int64_t last = 0;
		for (;;) {
			const cairn_event_rows *page = events(conn, id, last, limit);
			ct_true(page->count <= limit);
			for (size_t i = 0; i < page->count; i++)
				ct_int(page->at[i].seq, ++last);
			if (page->count < limit)
				break;
		}
		ct_int(last, 11);
	}
}

static void a_follower_sees_each_once(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *follower = ct_open();
	ct_define_retry(conn, "t", 3, CAIRN_SECOND);
	cairn_job_new job = ct_new("t");
	cairn_id id = ct_add(conn, &job);
	ct_int(events(follower, id, 0, 0)->count, 1);
	ct_int(events(follower, id, 1, 0)->count, 0);
	cairn_lease lease = ct_claim(conn, "w");
	ct_int(events(follower, id, 1, 0)->at[0].kind, CAIRN_EVENT_LEASED);
	ct_finish(conn, ct_failure(lease, CAIRN_FINISH_RETRYABLE, "x"));
	const cairn_event_rows *rows = events(follower, id, 2, 0);
	ct_int(rows->count, 2);
	ct_int(rows->at[0].kind, CAIRN_EVENT_FAILED);
	ct_int(rows->at[1].kind, CAIRN_EVENT_RETRY_SCHEDULED);
	ct_int(events(follower, id, 4, 0)->count, 0);
}

/* ---- both ---------------------------------------------------------------------- */

static void a_hundred_by_default(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = tried(conn, 101);
	const cairn_attempts *rows = attempts(conn, id, 0, 0);
	ct_int(rows->count, 100);
	ct_int(rows->at[99].fence, 100);
	ct_int(attempts(conn, id, 100, 0)->count, 2);
	ct_int(attempts(conn, id, 0, 1000)->count, 102);
	ct_int(events(conn, id, 0, 0)->count, 100);
	ct_int(events(conn, id, 0, 0)->at[99].seq, 100);
	ct_int(events(conn, id, 300, 0)->count, 5);
	ct_int(events(conn, id, 0, 1000)->count, 305);
}

static void of_no_job(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_enqueue(conn, "t");
	cairn_attempts *rows = NULL;
	cairn_event_rows *timeline = NULL;
	cairn_id nobody = cairn_id_new();
	ct_status(cairn_job_attempts(conn, cairn_any(), nobody, 0, 0, &rows, ct_err()),
		  CAIRN_NOT_FOUND, "job.not_found");
	ct_status(cairn_job_events(conn, cairn_any(), nobody, 0, 0, &timeline, ct_err()),
		  CAIRN_NOT_FOUND, "job.not_found");
	ct_later(rows);
	ct_later(timeline);
	/* a job without history is no missing job */
	ct_int(attempts(conn, id, 0, 0)->count, 0);
	ct_int(events(conn, id, 1, 0)->count, 0);
}

static void histories_stay_apart(void)
{
	cairn_conn *conn = ct_open();
	ct_define_retry(conn, "t", 3, CAIRN_SECOND);
	cairn_id ids[3];
	for (size_t i = 0; i < 3; i++) {
		cairn_job_new job = ct_new("t");
		ids[i] = ct_add(conn, &job);
	}
	const cairn_jobs *jobs = ct_claim_n(conn, "w", 3);
	cairn_finish ends[] = {
		ct_success(cairn_job_lease(&jobs->at[0])),
		ct_failure(cairn_job_lease(&jobs->at[1]), CAIRN_FINISH_RETRYABLE, "one"),
		ct_failure(cairn_job_lease(&jobs->at[2]), CAIRN_FINISH_TERMINAL, "two"),
	};
	ct_ok(cairn_job_finish(conn, ends, 3, NULL, ct_err()));
	ct_text(ct_timeline(conn, ids[0]), "ENQUEUED LEASED SUCCEEDED");
	ct_text(ct_timeline(conn, ids[1]), "ENQUEUED LEASED FAILED RETRY_SCHEDULED");
	ct_text(ct_timeline(conn, ids[2]), "ENQUEUED LEASED FAILED DEAD_LETTERED");
	for (size_t i = 0; i < 3; i++) {
		const cairn_event_rows *rows = ct_events(conn, ids[i]);
		for (size_t k = 0; k < rows->count; k++)
			ct_int(rows->at[k].seq, k + 1);
		ct_int(ct_attempts(conn, ids[i])->count, 1);
	}
	ct_str(ct_attempts(conn, ids[1])->at[0].error_code, "one");
	ct_str(ct_attempts(conn, ids[2])->at[0].error_code, "two");
}

#define VERB .kind = CT_VERB, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.attempts.by_fence_behind_a_cursor",
	  VERB,
	  .rule = "Attempts are listed by fence, the running one last, behind an exclusive "
		  "cursor.",
	  .covers = "runledger A03",
	  .run = attempts_by_fence },
	{ .name = "jobs.attempts.pages_hold_each_once",
	  VERB,
	  .rule = "Pages of any size together are all attempts, the running one included.",
	  .run = pages_of_attempts },
	{ .name = "jobs.attempts.the_running_one_is_listed_once",
	  VERB,
	  .rule = "An attempt is one row before and after its end.",
	  .run = the_running_one_is_the_last },
	{ .name = "jobs.events.by_number_behind_a_cursor",
	  VERB,
	  .rule = "Events are listed by their number behind an exclusive cursor.",
	  .covers = "runledger A03",
	  .run = events_by_number },
	{ .name = "jobs.events.pages_hold_each_once",
	  VERB,
	  .rule = "Pages of any size together are the whole timeline.",
	  .covers = "runledger A03",
	  .run = pages_of_events },
	{ .name = "jobs.events.a_follower_sees_each_once",
	  VERB,
	  .rule = "Who asks for what came after the last number it saw misses nothing.",
	  .covers = "runledger A03",
	  .run = a_follower_sees_each_once },
	{ .name = "jobs.history.a_hundred_unless_said",
	  VERB,
	  .rule = "Limit 0 is 100; up to 1000 come in one page.",
	  .covers = "runledger A01",
	  .run = a_hundred_by_default },
	{ .name = "jobs.history.of_no_job_is_not_found",
	  VERB,
	  .rule = "The history of an unknown job is NOT_FOUND, an empty one is not.",
	  .run = of_no_job },
	{ .name = "jobs.history.jobs_do_not_mix",
	  VERB,
	  .rule = "Each job has its own numbers, attempts and events, also when one call ends "
		  "several.",
	  .run = histories_stay_apart },
};

CT_GROUP(history, cases);
