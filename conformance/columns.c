/*
 * columns.c - which columns each transition sets, clears or keeps, against the
 * kit's own table. What is not named in a row must be kept. (statuses: matrix.c)
 */
#include "ct.h"

/* How one column may come out of a transition. */
enum want { KEPT, CLEARED, NOW, GIVEN };

struct transition {
	const char *reason; /* status_reason afterwards; "": kept; NULL: absent */
	const char *code;   /* likewise error_code (and error_message with it) */
	enum want holder;   /* worker, heartbeat_at, leased_at; GIVEN: the claimer, now, now */
	enum want lease;    /* lease_expires_at; GIVEN: now + the default */
	enum want started;
	enum want finished;
	const char *stage;  /* "": kept */
	enum want output;   /* CLEARED: absent; GIVEN: as supplied */
	enum want progress; /* progress and checkpoint; GIVEN: as supplied */
	enum want run_at;   /* GIVEN: now + the retry delay */
	int attempts;	    /* added to attempt and to fence */
	enum cairn_job_status status;
};

#define KEEP  ""
#define DELAY CAIRN_MINUTE

/* What the compared job and its surroundings are. */
struct scene {
	cairn_conn *conn;
	cairn_id id;
	cairn_lease lease;
};

static const cairn_str none = { NULL, 0 };

static struct scene scene_new(void)
{
	struct scene scene = { .conn = ct_open() };
	cairn_job_new job = ct_new("t");
	ct_define_retry(scene.conn, "t", 3, DELAY);
	job.tenant = CAIRN_STR("acme");
	job.payload = CAIRN_STR("{ \"a\": 1 }");
	job.key = CAIRN_STR("k");
	job.owner = none;
	scene.id = ct_add(scene.conn, &job);
	ct_advance(CAIRN_SECOND);
	return scene;
}

/* Claimed, failed once with progress and checkpoint, claimed again. */
static struct scene scene_leased(void)
{
	struct scene scene = scene_new();
	cairn_finish first =
		ct_failure(ct_claim(scene.conn, "first"), CAIRN_FINISH_RETRYABLE, "first.code");
	first.set = CAIRN_FINISH_DONE | CAIRN_FINISH_TOTAL;
	first.progress_done = 3;
	first.progress_total = 9;
	first.checkpoint = CAIRN_STR("{\"at\":3}");
	ct_finish(scene.conn, first);
	ct_advance(DELAY);
	scene.lease = ct_claim(scene.conn, "second");
	ct_advance(CAIRN_SECOND);
	return scene;
}

/* ---- comparing -------------------------------------------------------------------------- */

static void same_or(cairn_str after, cairn_str before, const char *want)
{
	if (want && !*want)
		ct_same(after, before);
	else
		ct_str(after, want);
}

static void time_is(cairn_time after, cairn_time before, enum want want, cairn_time given)
{
	switch (want) {
	case KEPT:
		ct_int(after, before);
		break;
	case CLEARED:
		ct_int(after, 0);
		break;
	case NOW:
		ct_int(after, ct_now());
		break;
	case GIVEN:
		ct_int(after, given);
		break;
	}
}

static void what_never_changes(const cairn_job *after, const cairn_job *before)
{
	ct_id(after->id, before->id);
	ct_same(after->queue, before->queue);
	ct_same(after->type, before->type);
	ct_same(after->tenant, before->tenant);
	ct_same(after->owner, before->owner);
	ct_same(after->payload, before->payload);
	ct_same(after->key, before->key);
	ct_same(after->request, before->request);
	ct_int(after->priority, before->priority);
	ct_int(after->max_attempts, before->max_attempts);
	ct_int(after->timeout, before->timeout);
	ct_int(after->run_number, before->run_number);
	ct_int(after->created_at, before->created_at);
}

static void holder_is(const cairn_job *after, const cairn_job *before, enum want want)
{
	if (want == KEPT) {
		ct_same(after->worker, before->worker);
		ct_int(after->leased_at, before->leased_at);
	} else if (want == CLEARED) {
		ct_same(after->worker, none);
		ct_int(after->leased_at, 0);
		ct_int(after->heartbeat_at, 0);
	} else {
		ct_str(after->worker, "claimer");
		ct_int(after->leased_at, ct_now());
		ct_int(after->heartbeat_at, ct_now());
	}
}

static void results_are(const cairn_job *after, const cairn_job *before,
			const struct transition *want)
{
	if (want->output == KEPT)
		ct_same(after->output, before->output);
	else
		ct_str(after->output, want->output == GIVEN ? "[ \"out\" ]" : NULL);
	if (want->progress == KEPT) {
		ct_int(after->progress_done, before->progress_done);
		ct_int(after->progress_total, before->progress_total);
		ct_same(after->checkpoint, before->checkpoint);
	} else {
		ct_int(after->progress_done, 7);
		ct_int(after->progress_total, before->progress_total);
		ct_str(after->checkpoint, "{\"at\":7}");
	}
}

static void compare(const struct scene *scene, const cairn_job *before,
		    const struct transition *want)
{
	const cairn_job *after = ct_job(scene->conn, scene->id);
	what_never_changes(after, before);
	ct_int(after->status, want->status);
	same_or(after->status_reason, before->status_reason, want->reason);
	same_or(after->error_code, before->error_code, want->code);
	if (!want->code)
		ct_same(after->error_message, none);
	else if (!*want->code)
		ct_same(after->error_message, before->error_message);
	else
		ct_true(after->error_message.len > 0);
	holder_is(after, before, want->holder);
	time_is(after->lease_expires_at, before->lease_expires_at, want->lease,
		ct_now() + CAIRN_LEASE_DEFAULT);
	time_is(after->started_at, before->started_at, want->started, 0);
	time_is(after->finished_at, before->finished_at, want->finished, 0);
	time_is(after->run_at, before->run_at, want->run_at, ct_now() + DELAY);
	ct_int(after->parked, want->status == CAIRN_JOB_PENDING && after->run_at > ct_now());
	ct_int(after->updated_at, ct_now());
	same_or(after->stage, before->stage, want->stage);
	results_are(after, before, want);
	ct_int(after->attempt, before->attempt + want->attempts);
	ct_int(after->fence, before->fence + want->attempts);
}

/* ---- transitions ------------------------------------------------------------------------- */

static void first_claim(void)
{
	struct scene scene = scene_new();
	const cairn_job *before = ct_job(scene.conn, scene.id);
	static const struct transition want = { .reason = KEEP,
						.code = KEEP,
						.holder = GIVEN,
						.lease = GIVEN,
						.started = NOW,
						.stage = KEEP,
						.attempts = 1,
						.status = CAIRN_JOB_LEASED };
	ct_claim(scene.conn, "claimer");
	compare(&scene, before, &want);
}

static void next_claim(void)
{
	struct scene scene = scene_leased();
	ct_finish(scene.conn, ct_failure(scene.lease, CAIRN_FINISH_RETRYABLE, "second.code"));
	ct_advance(DELAY);
	const cairn_job *before = ct_job(scene.conn, scene.id);
	static const struct transition want = { .reason = KEEP,
						.code = KEEP,
						.holder = GIVEN,
						.lease = GIVEN,
						.stage = KEEP,
						.attempts = 1,
						.status = CAIRN_JOB_LEASED };
	ct_int(before->parked, 1);
	ct_claim(scene.conn, "claimer");
	compare(&scene, before, &want);
}

static void heartbeat(void)
{
	struct scene scene = scene_leased();
	const cairn_job *before = ct_job(scene.conn, scene.id);
	cairn_changed changed;
	static const struct transition want = { .reason = KEEP,
						.code = KEEP,
						.lease = GIVEN,
						.stage = KEEP,
						.status = CAIRN_JOB_LEASED };
	ct_ok(cairn_job_heartbeat(scene.conn, &scene.lease, 1, 0, &changed, ct_err()));
	ct_each(changed, CAIRN_OK, NULL);
	compare(&scene, before, &want);
	ct_int(ct_job(scene.conn, scene.id)->heartbeat_at, ct_now());
}

static cairn_finish with_progress(cairn_finish finish)
{
	finish.set = CAIRN_FINISH_DONE;
	finish.progress_done = 7;
	finish.checkpoint = CAIRN_STR("{\"at\":7}");
	return finish;
}

static void retry(void)
{
	struct scene scene = scene_leased();
	const cairn_job *before = ct_job(scene.conn, scene.id);
	static const struct transition want = { .reason = "TIMEOUT",
						.code = "second.code",
						.holder = CLEARED,
						.lease = CLEARED,
						.stage = KEEP,
						.output = CLEARED,
						.run_at = GIVEN,
						.status = CAIRN_JOB_PENDING };
	ct_finish(scene.conn, ct_failure(scene.lease, CAIRN_FINISH_TIMEOUT, "second.code"));
	compare(&scene, before, &want);
}

static void retry_with_progress(void)
{
	struct scene scene = scene_leased();
	const cairn_job *before = ct_job(scene.conn, scene.id);
	static const struct transition want = { .reason = "RETRYABLE",
						.code = "second.code",
						.holder = CLEARED,
						.lease = CLEARED,
						.stage = KEEP,
						.output = CLEARED,
						.progress = GIVEN,
						.run_at = GIVEN,
						.status = CAIRN_JOB_PENDING };
	cairn_finish failure = ct_failure(scene.lease, CAIRN_FINISH_RETRYABLE, "second.code");
	ct_finish(scene.conn, with_progress(failure));
	compare(&scene, before, &want);
}

static void dead_letter(void)
{
	struct scene scene = scene_leased();
	const cairn_job *before = ct_job(scene.conn, scene.id);
	static const struct transition want = { .reason = "PANICKED",
						.code = "second.code",
						.holder = CLEARED,
						.lease = CLEARED,
						.finished = NOW,
						.stage = KEEP,
						.output = CLEARED,
						.status = CAIRN_JOB_DEAD_LETTERED };
	ct_finish(scene.conn, ct_failure(scene.lease, CAIRN_FINISH_PANICKED, "second.code"));
	compare(&scene, before, &want);
}

static void success(void)
{
	struct scene scene = scene_leased();
	const cairn_job *before = ct_job(scene.conn, scene.id);
	static const struct transition want = { .reason = NULL,
						.code = NULL,
						.holder = CLEARED,
						.lease = CLEARED,
						.finished = NOW,
						.stage = "completed",
						.output = GIVEN,
						.progress = GIVEN,
						.status = CAIRN_JOB_SUCCEEDED };
	cairn_finish finish = with_progress(ct_success(scene.lease));
	finish.output = CAIRN_STR("[ \"out\" ]");
	ct_finish(scene.conn, finish);
	compare(&scene, before, &want);
}

static void cancel(const struct scene *scene, cairn_str reason)
{
	ct_ok(cairn_job_cancel(scene->conn, cairn_any(), &scene->id, 1, reason, NULL, ct_err()));
}

static void cancel_pending(void)
{
	struct scene scene = scene_new();
	const cairn_job *before = ct_job(scene.conn, scene.id);
	static const struct transition want = { .reason = "CANCELED",
						.code = KEEP,
						.holder = CLEARED,
						.finished = NOW,
						.stage = KEEP,
						.output = CLEARED,
						.status = CAIRN_JOB_CANCELED };
	cancel(&scene, none);
	compare(&scene, before, &want);
}

static void cancel_leased(void)
{
	struct scene scene = scene_leased();
	const cairn_job *before = ct_job(scene.conn, scene.id);
	static const struct transition want = { .reason = "not needed",
						.code = KEEP,
						.holder = CLEARED,
						.finished = NOW,
						.stage = KEEP,
						.output = CLEARED,
						.status = CAIRN_JOB_CANCELED };
	cancel(&scene, CAIRN_STR("not needed"));
	compare(&scene, before, &want);
}

static void reap(struct scene *scene, cairn_usec delay)
{
	cairn_reap_opts opts = { .size = sizeof(opts), .retry_delay = delay };
	cairn_reap_report *report = NULL;
	ct_ok(cairn_job_reap(scene->conn, &opts, &report, ct_err()));
	ct_later(report);
	ct_int(report->count, 1);
}

static void reap_retry(void)
{
	struct scene scene = scene_leased();
	ct_advance(CAIRN_HOUR);
	const cairn_job *before = ct_job(scene.conn, scene.id);
	static const struct transition want = { .reason = "LEASE_EXPIRED",
						.code = "job.lease_expired",
						.holder = CLEARED,
						.lease = CLEARED,
						.stage = KEEP,
						.output = CLEARED,
						.run_at = GIVEN,
						.status = CAIRN_JOB_PENDING };
	reap(&scene, DELAY);
	compare(&scene, before, &want);
}

static void reap_dead(void)
{
	struct scene scene = scene_leased();
	ct_finish(scene.conn, ct_failure(scene.lease, CAIRN_FINISH_RETRYABLE, "second.code"));
	ct_advance(DELAY);
	scene.lease = ct_claim(scene.conn, "third");
	ct_advance(CAIRN_HOUR);
	const cairn_job *before = ct_job(scene.conn, scene.id);
	static const struct transition want = { .reason = "LEASE_EXPIRED",
						.code = "job.lease_expired",
						.holder = CLEARED,
						.lease = CLEARED,
						.finished = NOW,
						.stage = KEEP,
						.output = CLEARED,
						.status = CAIRN_JOB_DEAD_LETTERED };
	reap(&scene, DELAY);
	compare(&scene, before, &want);
}

#define MATRIX .kind = CT_MATRIX, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.columns.of_the_first_claim",
	  MATRIX,
	  .rule = "A claim sets holder, lease, attempt, fence and the start of the run, and "
		  "touches nothing else.",
	  .covers = "runledger K03, K13",
	  .run = first_claim },
	{ .name = "jobs.columns.of_a_later_claim",
	  MATRIX,
	  .rule = "A later claim keeps the start of the run, the last error and reason, progress "
		  "and checkpoint.",
	  .covers = "runledger K12, K13",
	  .run = next_claim },
	{ .name = "jobs.columns.of_a_heartbeat",
	  MATRIX,
	  .rule = "A heartbeat moves the lease and the heartbeat time and nothing else.",
	  .covers = "runledger L01",
	  .run = heartbeat },
	{ .name = "jobs.columns.of_a_retry",
	  MATRIX,
	  .rule = "A retry clears holder and lease, sets reason, error and run_at, and keeps "
		  "attempt, run, progress and checkpoint.",
	  .covers = "runledger F03",
	  .run = retry },
	{ .name = "jobs.columns.of_a_retry_with_progress",
	  MATRIX,
	  .rule = "Progress and checkpoint that come with a failure are merged with the stored "
		  "ones.",
	  .covers = "runledger F03, P08",
	  .run = retry_with_progress },
	{ .name = "jobs.columns.of_a_dead_letter",
	  MATRIX,
	  .rule = "A dead-lettered job keeps what it had, loses holder and lease, and is "
		  "finished now with kind and error.",
	  .covers = "runledger F02, U09",
	  .run = dead_letter },
	{ .name = "jobs.columns.of_a_success",
	  MATRIX,
	  .rule = "A success clears holder, lease, reason and errors, completes the stage, "
		  "stores the output and merges progress.",
	  .covers = "runledger U01, U03",
	  .run = success },
	{ .name = "jobs.columns.of_canceling_a_pending_job",
	  MATRIX,
	  .rule = "A pending job is canceled with the default reason and finished now.",
	  .covers = "runledger X01, X05",
	  .run = cancel_pending },
	{ .name = "jobs.columns.of_canceling_a_leased_job",
	  MATRIX,
	  .rule = "A leased job that is canceled loses its holder and keeps its lease time.",
	  .covers = "runledger X01",
	  .run = cancel_leased },
	{ .name = "jobs.columns.of_a_reaping_that_retries",
	  MATRIX,
	  .rule = "Reaping looks like a retry with LEASE_EXPIRED after the reaper's delay.",
	  .covers = "runledger R04",
	  .run = reap_retry },
	{ .name = "jobs.columns.of_a_reaping_that_gives_up",
	  MATRIX,
	  .rule = "Reaping the last attempt dead-letters the job with LEASE_EXPIRED.",
	  .covers = "runledger R05",
	  .run = reap_dead },
};

CT_GROUP(columns, cases);
