/*
 * race_verbs.c - threads that use the other verbs as they like, and what must hold whatever they
 * did. (race.c: claim, finish, cancel, reap)
 */
#include <stdatomic.h>

#include "ct.h"

static const cairn_str none = { NULL, 0 };

#define THREADS 4
#define JOBS	12

/* ---- one winner ------------------------------------------------------------------------------- */

struct contest {
	cairn_id ids[JOBS];
	cairn_lease leases[JOBS];
	cairn_id made[JOBS][THREADS];
	atomic_int wins[JOBS];
	atomic_int others[JOBS];
};

static struct contest *dead_jobs(cairn_conn *conn)
{
	struct contest *contest = ct_alloc(sizeof(*contest));
	memset(contest, 0, sizeof(*contest));
	for (int i = 0; i < JOBS; i++)
		contest->ids[i] = ct_make(conn, "t", CAIRN_JOB_DEAD_LETTERED).id;
	return contest;
}

static void requeue_all(cairn_conn *conn, unsigned number, void *arg)
{
	struct contest *contest = arg;
	for (unsigned n = 0; n < JOBS; n++) {
		/* half of them from the other end */
		unsigned i = number % 2 ? n : JOBS - 1 - n;
		cairn_requeue item = { .id = contest->ids[i],
				       .status = CAIRN_JOB_DEAD_LETTERED,
				       .run_number = 1 };
		cairn_changed changed = ct_requeue(conn, item);
		if (changed.status == CAIRN_OK)
			contest->wins[i]++;
		else
			ct_each(changed, CAIRN_STALE, "job.expectation_mismatch");
	}
}

static void one_of_many_requeuers(void)
{
	cairn_conn *conn = ct_open();
	struct contest *contest = dead_jobs(conn);
	ct_race(THREADS, requeue_all, contest);
	for (int i = 0; i < JOBS; i++) {
		ct_int(contest->wins[i], 1);
		ct_int(ct_job(conn, contest->ids[i])->run_number, 2);
		ct_int(ct_count_events(conn, contest->ids[i], CAIRN_EVENT_REQUEUED), 1);
	}
}

static void cancel_or_requeue(cairn_conn *conn, unsigned number, void *arg)
{
	struct contest *contest = arg;
	for (int i = 0; i < JOBS; i++) {
		cairn_requeue item = { .id = contest->ids[i],
				       .status = CAIRN_JOB_CANCELED,
				       .run_number = 1 };
		if (number == 0) {
			ct_cancel(conn, contest->ids[i]);
			continue;
		}
		for (int tries = 0; tries < 1000; tries++) {
			cairn_changed changed = ct_requeue(conn, item);
			if (changed.status == CAIRN_OK) {
				contest->wins[i]++;
				break;
			}
			ct_each(changed, CAIRN_STALE, "job.expectation_mismatch");
			ct_true(changed.job_status == CAIRN_JOB_PENDING || changed.run_number == 2);
			if (changed.run_number == 2)
				break;
		}
	}
}

static void no_mismatch_equals_its_expectation(void)
{
	cairn_conn *conn = ct_open();
	struct contest *contest = ct_alloc(sizeof(*contest));
	memset(contest, 0, sizeof(*contest));
	for (int i = 0; i < JOBS; i++)
		contest->ids[i] = ct_make(conn, "t", CAIRN_JOB_PENDING).id;
	ct_race(3, cancel_or_requeue, contest);
	for (int i = 0; i < JOBS; i++)
		ct_true(contest->wins[i] <= 1);
}

/* Whole batches at once, in two orders: row locks are taken by id. */
static void requeue_batch(cairn_conn *conn, unsigned number, void *arg)
{
	struct contest *contest = arg;
	cairn_requeue items[JOBS];
	cairn_changed each[JOBS];
	for (unsigned n = 0; n < JOBS; n++)
		items[n] = (cairn_requeue){
			.id = contest->ids[number % 2 ? n : JOBS - 1 - n],
			.status = CAIRN_JOB_DEAD_LETTERED,
			.run_number = 1,
		};
	ct_ok(cairn_job_requeue(conn, cairn_any(), items, JOBS, none, each, ct_err()));
	for (unsigned n = 0; n < JOBS; n++)
		contest->wins[number % 2 ? n : JOBS - 1 - n] += each[n].status == CAIRN_OK;
}

static void batches_in_any_order(void)
{
	cairn_conn *conn = ct_open();
	struct contest *contest = dead_jobs(conn);
	ct_race(THREADS, requeue_batch, contest);
	for (int i = 0; i < JOBS; i++)
		ct_int(contest->wins[i], 1);
}

static void enqueue_and_requeue(cairn_conn *conn, unsigned number, void *arg)
{
	struct contest *contest = arg;
	for (unsigned i = 0; i < JOBS; i++) {
		cairn_tx tx = CAIRN_TX_INIT;
		cairn_job_new job = ct_new("t");
		cairn_job_added added;
		job.key = cairn_str_of(ct_format("k-%u", i));
		job.tenant = i % 2 ? CAIRN_STR("acme") : none;
		ct_ok(cairn_begin(conn, &tx, ct_err()));
		ct_ok(cairn_job_enqueue(conn, &job, 1, &added, ct_err()));
		ct_int(added.disposition, CAIRN_EXISTING);
		cairn_requeue item = { .id = added.id,
				       .status = CAIRN_JOB_CANCELED,
				       .run_number = 1 };
		contest->wins[i] += ct_requeue(conn, item).status == CAIRN_OK;
		ct_ok(cairn_commit(&tx, ct_err()));
	}
	(void)number;
}

static void keyed_enqueue_then_requeue(void)
{
	cairn_conn *conn = ct_open();
	struct contest *contest = ct_alloc(sizeof(*contest));
	memset(contest, 0, sizeof(*contest));
	ct_define(conn, "t");
	for (unsigned i = 0; i < JOBS; i++) {
		cairn_job_new job = ct_new("t");
		job.key = cairn_str_of(ct_format("k-%u", i));
		job.tenant = i % 2 ? CAIRN_STR("acme") : none;
		contest->ids[i] = ct_add(conn, &job);
		ct_cancel(conn, contest->ids[i]);
	}
	ct_race(THREADS, enqueue_and_requeue, contest);
	for (int i = 0; i < JOBS; i++) {
		ct_int(contest->wins[i], 1);
		ct_int(ct_count_events(conn, contest->ids[i], CAIRN_EVENT_REQUEUED), 1);
	}
	ct_int(ct_count_jobs(conn, 0), JOBS);
}

static struct contest *done_jobs(cairn_conn *conn)
{
	struct contest *contest = ct_alloc(sizeof(*contest));
	memset(contest, 0, sizeof(*contest));
	for (int i = 0; i < JOBS; i++)
		contest->ids[i] = ct_make(conn, "t", CAIRN_JOB_SUCCEEDED).id;
	return contest;
}

static void replay_all(cairn_conn *conn, unsigned number, void *arg)
{
	struct contest *contest = arg;
	for (int i = 0; i < JOBS; i++) {
		cairn_rerun item = { .source = contest->ids[i],
				     .run_number = 1,
				     .key = CAIRN_STR("r"),
				     .reason = CAIRN_STR("why") };
		cairn_job_added added;
		ct_ok(cairn_job_replay(conn, cairn_any(), &item, 1, &added, ct_err()));
		ct_each(added, CAIRN_OK, NULL);
		contest->wins[i] += added.disposition == CAIRN_INSERTED;
		contest->made[i][number] = added.id;
	}
}

static void one_replay_for_each_request(void)
{
	cairn_conn *conn = ct_open();
	struct contest *contest = done_jobs(conn);
	ct_race(THREADS, replay_all, contest);
	for (int i = 0; i < JOBS; i++) {
		ct_int(contest->wins[i], 1);
		for (int n = 1; n < THREADS; n++)
			ct_id(contest->made[i][n], contest->made[i][0]);
	}
	ct_int(ct_count_jobs(conn, 0), (size_t)2 * JOBS);
}

static void replay_batch(cairn_conn *conn, unsigned number, void *arg)
{
	struct contest *contest = arg;
	cairn_rerun items[JOBS];
	cairn_job_added each[JOBS];
	for (unsigned n = 0; n < JOBS; n++)
		items[n] = (cairn_rerun){ .source = contest->ids[number % 2 ? n : JOBS - 1 - n],
					  .run_number = 1,
					  .key = CAIRN_STR("r"),
					  .reason = CAIRN_STR("why") };
	ct_ok(cairn_job_replay(conn, cairn_any(), items, JOBS, each, ct_err()));
	for (unsigned n = 0; n < JOBS; n++) {
		ct_each(each[n], CAIRN_OK, NULL);
		contest->wins[number % 2 ? n : JOBS - 1 - n] +=
			each[n].disposition == CAIRN_INSERTED;
	}
}

static void batches_of_replays(void)
{
	cairn_conn *conn = ct_open();
	struct contest *contest = done_jobs(conn);
	ct_race(THREADS, replay_batch, contest);
	for (int i = 0; i < JOBS; i++)
		ct_int(contest->wins[i], 1);
	ct_int(ct_count_jobs(conn, 0), (size_t)2 * JOBS);
}

/* ---- one or the other --------------------------------------------------------------------------- */

static void partial_reports(cairn_conn *conn, unsigned number, void *arg)
{
	struct contest *contest = arg;
	for (int i = 0; i < JOBS; i++) {
		cairn_lease lease = contest->leases[i];
		cairn_progress report =
			number % 2 ? ct_report(lease, 3, -1) : ct_report(lease, -1, 2);
		cairn_changed changed = ct_send_progress(conn, report);
		if (changed.status == CAIRN_OK)
			contest->wins[i]++;
		else
			ct_each(changed, CAIRN_INVALID, "job.invalid_progress");
	}
}

static void reports_that_exclude_each_other(void)
{
	cairn_conn *conn = ct_open();
	struct contest *contest = ct_alloc(sizeof(*contest));
	memset(contest, 0, sizeof(*contest));
	for (int i = 0; i < JOBS; i++) {
		contest->leases[i] = ct_make(conn, "t", CAIRN_JOB_LEASED).lease;
		ct_progress(conn, ct_report(contest->leases[i], 1, 3));
	}
	ct_race(2, partial_reports, contest);
	for (int i = 0; i < JOBS; i++) {
		const cairn_job *job = ct_job(conn, contest->leases[i].id);
		ct_int(contest->wins[i], 1);
		ct_true((job->progress_done == 3 && job->progress_total == 3) ||
			(job->progress_done == 1 && job->progress_total == 2));
		ct_int(ct_count_events(conn, job->id, CAIRN_EVENT_PROGRESS), 2);
	}
}

static void start_or_release(cairn_conn *conn, unsigned number, void *arg)
{
	struct contest *contest = arg;
	for (int i = 0; i < JOBS; i++) {
		cairn_lease lease = contest->leases[i];
		cairn_changed changed =
			number ? ct_send_progress(conn, ct_stage(lease, "running"))
			       : ct_send(conn, ct_again(lease, CAIRN_FINISH_RELEASE, 0));
		if (changed.status == CAIRN_OK && number)
			contest->wins[i]++;
		else if (changed.status == CAIRN_OK)
			contest->others[i]++;
		else
			ct_int(changed.status, CAIRN_STALE);
	}
}

static void started_or_released(void)
{
	cairn_conn *conn = ct_open();
	struct contest *contest = ct_alloc(sizeof(*contest));
	memset(contest, 0, sizeof(*contest));
	ct_define(conn, "t");
	for (int i = 0; i < JOBS; i++) {
		cairn_job_new job = ct_new("t");
		ct_add(conn, &job);
		contest->leases[i] = ct_claim_ahead(conn, "w");
	}
	ct_race(2, start_or_release, contest);
	for (int i = 0; i < JOBS; i++) {
		const cairn_job *job = ct_job(conn, contest->leases[i].id);
		ct_int(contest->wins[i] + contest->others[i], 1);
		ct_int(job->attempt, contest->wins[i]);
		ct_int(job->execution_started_at != 0, contest->wins[i]);
	}
}

static void prune_or_requeue(cairn_conn *conn, unsigned number, void *arg)
{
	struct contest *contest = arg;
	cairn_prune_opts opts = { .size = sizeof(opts),
				  .scope = cairn_any(),
				  .statuses = 1u << CAIRN_JOB_DEAD_LETTERED,
				  .limit = 3,
				  .age = 1 };
	for (int i = 0; i < JOBS; i++) {
		size_t pruned = 0;
		if (number == 0) {
			ct_ok(cairn_job_prune(conn, &opts, &pruned, ct_err()));
			contest->others[0] += (int)pruned;
			continue;
		}
		cairn_requeue item = { .id = contest->ids[JOBS - 1 - i],
				       .status = CAIRN_JOB_DEAD_LETTERED,
				       .run_number = 1 };
		cairn_changed changed = ct_requeue(conn, item);
		if (changed.status == CAIRN_OK)
			contest->wins[JOBS - 1 - i]++;
		else
			ct_each(changed, CAIRN_NOT_FOUND, "job.not_found");
	}
}

static void pruned_or_requeued(void)
{
	cairn_conn *conn = ct_open();
	struct contest *contest = dead_jobs(conn);
	int requeued = 0;
	ct_advance(CAIRN_SECOND);
	ct_race(2, prune_or_requeue, contest);
	for (int i = 0; i < JOBS; i++) {
		requeued += contest->wins[i];
		if (contest->wins[i])
			ct_text(ct_timeline(conn, contest->ids[i]),
				"ENQUEUED LEASED FAILED DEAD_LETTERED REQUEUED");
		else
			ct_gone(conn, contest->ids[i]);
	}
	ct_int(requeued + contest->others[0], JOBS);
	ct_int(ct_count_jobs(conn, 0), requeued);
}

static void edit_or_claim(cairn_conn *conn, unsigned number, void *arg)
{
	struct contest *contest = arg;
	for (int i = 0; i < JOBS; i++) {
		cairn_job_patch patch = { .id = contest->ids[i],
					  .set = CAIRN_JOB_PAYLOAD,
					  .payload = CAIRN_STR("[1]") };
		cairn_changed changed;
		if (number == 0) {
			const cairn_jobs *jobs = ct_claim_n(conn, "w", 1);
			for (int n = 0; jobs->count && n < JOBS; n++) {
				if (cairn_id_compare(jobs->at[0].id, contest->ids[n]) == 0)
					contest->others[n] =
						1 + (jobs->at[0].payload.ptr[0] == '[');
			}
			continue;
		}
		ct_ok(cairn_job_edit(conn, cairn_any(), &patch, 1, &changed, ct_err()));
		if (changed.status == CAIRN_OK)
			contest->wins[i]++;
		else
			ct_each(changed, CAIRN_STALE, "job.not_pending");
	}
}

static void claims_see_edits(void)
{
	cairn_conn *conn = ct_open();
	struct contest *contest = ct_alloc(sizeof(*contest));
	memset(contest, 0, sizeof(*contest));
	ct_define(conn, "t");
	for (int i = 0; i < JOBS; i++) {
		cairn_job_new job = ct_new("t");
		contest->ids[i] = ct_add(conn, &job);
	}
	ct_race(2, edit_or_claim, contest);
	for (int i = 0; i < JOBS; i++) {
		/* who claimed it saw the edit exactly if it was made */
		if (contest->others[i])
			ct_int(contest->others[i] - 1, contest->wins[i]);
		ct_int(ct_job(conn, contest->ids[i])->payload.ptr[0] == '[', contest->wins[i]);
	}
}

/* ---- logs ------------------------------------------------------------------------------------------ */

#define LINES 15

static void talk(cairn_conn *conn, unsigned number, void *arg)
{
	struct contest *contest = arg;
	for (int i = 0; i < LINES; i++) {
		if (number % 2)
			ct_told(ct_say(conn, contest->leases[0], "said"), CAIRN_OK, NULL);
		else
			ct_ok(cairn_job_note(conn, cairn_any(), contest->ids[0], CAIRN_LOG_INFO,
					     CAIRN_STR("noted"), none, ct_err()));
	}
}

static void no_line_is_lost(void)
{
	cairn_conn *conn = ct_open();
	struct contest *contest = ct_alloc(sizeof(*contest));
	memset(contest, 0, sizeof(*contest));
	ct_made made = ct_make(conn, "t", CAIRN_JOB_LEASED);
	contest->leases[0] = made.lease;
	contest->ids[0] = made.id;
	ct_race(THREADS, talk, contest);
	const cairn_log_rows *rows = ct_logs(conn, made.id);
	ct_int(rows->count, (size_t)THREADS * LINES);
	for (size_t i = 0; i < rows->count; i++)
		ct_int(rows->at[i].seq, i + 1);
}

/* ---- everything at once ------------------------------------------------------------------------------ */

#define ROUNDS 25

static void work(cairn_conn *conn, uint32_t ahead)
{
	static const enum cairn_finish_how hows[] = { CAIRN_FINISH_CONTINUE, CAIRN_FINISH_SNOOZE,
						      CAIRN_FINISH_RELEASE, CAIRN_FINISH_RELEASE };
	cairn_claim_opts opts = ct_claim_opts("w", 1 + ct_random(3));
	cairn_jobs *jobs = NULL;
	cairn_finish items[3];
	cairn_changed each[3];
	opts.prestart = ahead;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	for (size_t i = 0; i < jobs->count; i++) {
		cairn_lease lease = cairn_job_lease(&jobs->at[i]);
		ct_send_progress(conn, ct_report(lease, ct_random(5), 5));
		if (ct_random(2))
			ct_send_progress(conn, ct_stage(lease, "running"));
		if (ct_random(2))
			ct_say(conn, lease, "working");
		uint32_t way = ct_random(8);
		if (way < 4)
			items[i] = ct_again(lease, hows[way], 0);
		else if (way < 7)
			items[i] = ct_failure(
				lease, way == 4 ? CAIRN_FINISH_RETRYABLE : CAIRN_FINISH_TERMINAL,
				"x");
		else
			items[i] = ct_success(lease);
		if (way == 7 && ct_random(2))
			items[i].lease.hints |= CAIRN_HINT_DELETE;
	}
	if (jobs->count)
		ct_ok(cairn_job_finish(conn, items, jobs->count, each, ct_err()));
	cairn_free(jobs);
}

static void operate(cairn_conn *conn)
{
	cairn_job_filter filter = { .size = sizeof(filter), .scope = cairn_any(), .limit = 5 };
	cairn_prune_opts opts = { .size = sizeof(opts),
				  .scope = cairn_any(),
				  .statuses =
					  1u << CAIRN_JOB_SUCCEEDED | 1u << CAIRN_JOB_DEAD_LETTERED,
				  .limit = 1,
				  .age = CAIRN_SECOND };
	cairn_swept *swept = NULL;
	cairn_reap_report *report = NULL;
	size_t pruned = 0;
	switch (ct_random(5)) {
	case 0:
		ct_ok(cairn_job_requeue_where(conn, &filter, ct_random(2), none, &swept, ct_err()));
		break;
	case 1:
		filter.limit = 1;
		ct_ok(cairn_job_cancel_where(conn, &filter, none, &swept, ct_err()));
		break;
	case 2:
		ct_ok(cairn_job_prune(conn, &opts, &pruned, ct_err()));
		break;
	case 3:
		ct_advance(CAIRN_SECOND);
		break;
	default:
		ct_ok(cairn_job_reap(conn, NULL, &report, ct_err()));
		break;
	}
	cairn_free(swept);
	cairn_free(report);
}

static void do_anything(cairn_conn *conn, unsigned number, void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		if (number == 0)
			operate(conn);
		else
			work(conn, number % 2);
	}
}

static bool says(const cairn_event *event, const char *kind)
{
	return strstr(event->payload.ptr, kind) != NULL;
}

/* One LEASED for each fence, one attempt row for each, numbers without gaps, runs that add up. */
static void holds(cairn_conn *conn, const cairn_job *job)
{
	const cairn_event_rows *events = ct_events(conn, job->id);
	const cairn_attempts *attempts = ct_attempts(conn, job->id);
	const cairn_log_rows *lines = ct_logs(conn, job->id);
	int64_t leased = 0;
	int32_t run = 1;
	for (size_t i = 0; i < events->count; i++) {
		const cairn_event *event = &events->at[i];
		ct_int(event->seq, i + 1);
		ct_int(event->run_number, run);
		leased += event->kind == CAIRN_EVENT_LEASED;
		if (event->kind == CAIRN_EVENT_REQUEUED &&
		    (says(event, "COMPARE_AND_REQUEUE") || says(event, "HANDLER_CONTINUATION")))
			run++;
	}
	ct_int(job->run_number, run);
	ct_int(job->fence, leased);
	ct_int(attempts->count, leased);
	for (size_t i = 0; i < attempts->count; i++)
		ct_int(attempts->at[i].fence, i + 1);
	for (size_t i = 0; i < lines->count; i++)
		ct_int(lines->at[i].seq, i + 1);
	ct_int(job->worker.len > 0, job->status == CAIRN_JOB_LEASED);
	ct_int(job->finished_at != 0, job->status > CAIRN_JOB_LEASED);
	ct_true(job->prestart == 0 || job->status == CAIRN_JOB_LEASED);
	ct_true(job->attempt >= (job->status == CAIRN_JOB_LEASED));
}

static void everything_at_once(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_filter filter = { .size = sizeof(filter), .scope = cairn_any(), .limit = 1000 };
	cairn_job_new jobs[30];
	cairn_jobs *left = NULL;
	ct_define_retry(conn, "t", 3, CAIRN_SECOND);
	for (size_t i = 0; i < 30; i++)
		jobs[i] = ct_new("t");
	ct_ok(cairn_job_enqueue(conn, jobs, 30, NULL, ct_err()));
	ct_race(THREADS, do_anything, NULL);
	ct_ok(cairn_job_list(conn, &filter, &left, ct_err()));
	ct_later(left);
	ct_true(left->count <= 30);
	for (size_t i = 0; i < left->count; i++)
		holds(conn, &left->at[i]);
}

#define RACE .kind = CT_RACE, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.race.one_of_many_requeuers_wins",
	  RACE,
	  .rule = "However many requeue a job as they saw it, one does.",
	  .covers = "runledger Q10",
	  .run = one_of_many_requeuers },
	{ .name = "jobs.race.no_mismatch_equals_its_expectation",
	  RACE,
	  .rule = "A requeue that meets the cancel it expects is never refused with just what it "
		  "expected.",
	  .covers = "runledger Q09",
	  .run = no_mismatch_equals_its_expectation },
	{ .name = "jobs.race.batches_of_requeues_in_any_order",
	  RACE,
	  .rule = "Batches that name the same jobs in different orders do not lock each other "
		  "out, and each job is requeued once.",
	  .covers = "runledger Q10",
	  .run = batches_in_any_order },
	{ .name = "jobs.race.keyed_enqueue_then_requeue",
	  RACE,
	  .rule = "Transactions that find a keyed job and requeue it do not deadlock, globally and "
		  "per tenant; each job gets exactly one REQUEUED.",
	  .covers = "runledger I14, I15",
	  .run = keyed_enqueue_then_requeue },
	{ .name = "jobs.race.one_replay_for_each_request",
	  RACE,
	  .rule = "Equal replays at once make one job, and all are told its id.",
	  .covers = "runledger Y08",
	  .run = one_replay_for_each_request },
	{ .name = "jobs.race.batches_of_replays_in_any_order",
	  RACE,
	  .rule = "Batches of the same replays in different orders do not deadlock and make one "
		  "job each.",
	  .covers = "runledger Y08",
	  .run = batches_of_replays },
	{ .name = "jobs.race.reports_that_exclude_each_other",
	  RACE,
	  .rule = "Of two partial reports that do not fit together exactly one is written.",
	  .covers = "runledger P06",
	  .run = reports_that_exclude_each_other },
	{ .name = "jobs.race.started_or_released",
	  RACE,
	  .rule = "A job claimed ahead is started or released, never both.",
	  .covers = "runledger R02",
	  .run = started_or_released },
	{ .name = "jobs.race.pruned_or_requeued",
	  RACE,
	  .rule = "A job is deleted whole or requeued whole.",
	  .run = pruned_or_requeued },
	{ .name = "jobs.race.claims_see_edits",
	  RACE,
	  .rule = "Whoever claims a job sees an edit exactly if it was acknowledged.",
	  .run = claims_see_edits },
	{ .name = "jobs.race.no_line_is_lost",
	  RACE,
	  .rule = "Lines and notes written at once are all there, numbered without a gap.",
	  .covers = "runledger A17",
	  .run = no_line_is_lost },
	{ .name = "jobs.race.all_verbs_at_once",
	  RACE,
	  .rule = "Whatever workers and operators do, what is left has a history without gaps "
		  "whose runs, fences and attempts add up.",
	  .run = everything_at_once },
};

CT_GROUP(race_verbs, cases);
