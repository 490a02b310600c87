/*
 * matrix.c - every state of a job against every verb, compared with a table that is
 * the kit's own, written from the contract: a core with wrong transitions can't prove
 * itself. What is refused must leave everything as it was. (columns: columns.c)
 */
#include "ct.h"

enum state {
	MISSING,
	PENDING,       /* never claimed */
	PENDING_AGAIN, /* after a retry; the lease is the old one */
	LEASED,
	LEASED_LAST,	/* no attempt left */
	LEASED_BY_NEXT, /* reaped and claimed again; the lease is the old one */
	AHEAD,		/* claimed with prestart, not started */
	AHEAD_STARTED,	/* likewise, and started */
	EXPIRED,
	EXPIRED_LAST,
	EXPIRED_AHEAD, /* never started */
	SUCCEEDED,
	DEAD_LETTERED,
	CANCELED_PENDING,
	CANCELED_LEASED, /* its lease still runs */
	CANCELED_QUIET,	 /* its lease is over */
	STATES
};

enum verb {
	/* of a worker, guarded by a live lease */
	HEARTBEAT,
	PROGRESS,
	LOG,
	SUCCEED,
	FAIL_RETRYABLE,
	FAIL_TIMEOUT,
	FAIL_TERMINAL,
	FAIL_PANICKED,
	CONTINUE,
	SNOOZE,
	/* of a worker, guarded by its fence */
	RELEASE,
	/* from outside */
	CANCEL,
	CLAIM,
	REAP,
	REQUEUE, /* as it is seen, where that can be expected */
	REPLAY,
	ADOPT,
	EDIT,
	VERBS
};

static const char *const verb_names[VERBS] = { "heartbeat", "progress", "log",	    "success",
					       "retryable", "timeout",	"terminal", "panicked",
					       "continue",  "snooze",	"release",  "cancel",
					       "claim",	    "reap",	"requeue",  "replay",
					       "adopt",	    "edit" };

/* What a verb answers: the status the job has afterwards, or a refusal. */
struct cell {
	enum cairn_job_status after; /* 0: refused, nothing changes */
	cairn_status status;
	const char *code;
};

#define TO(word) \
	{ \
		.after = CAIRN_JOB_##word \
	}
#define STALE(text) \
	{ \
		.status = CAIRN_STALE, .code = text \
	}
#define GONE \
	{ \
		.status = CAIRN_NOT_FOUND, .code = "job.not_found" \
	}
#define NONE \
	{ \
		.after = 0, .status = CAIRN_OK \
	}
#define WORKER(cell) cell, cell, cell, cell, cell, cell, cell, cell, cell, cell

#define LOST	 STALE("job.lease_lost")
#define LATE	 STALE("job.lease_expired")
#define OVER	 STALE("job.finished")
#define STOPPED	 STALE("job.canceled")
#define NO_TURN	 STALE("job.invalid_state_transition")
#define NOT_SEEN STALE("job.expectation_mismatch")
#define BUSY	 STALE("job.lease_live")
#define FIXED	 STALE("job.not_pending")
#define BEGUN	 STALE("job.unstarted_claim_release_not_applicable")
#define NOISY	 STALE("job.cancellation_not_quiesced")

/* What the holder of a live lease may do; last: on its last attempt. */
#define HOLDER \
	TO(LEASED), TO(LEASED), TO(LEASED), TO(SUCCEEDED), TO(PENDING), TO(PENDING), \
		TO(DEAD_LETTERED), TO(DEAD_LETTERED), TO(PENDING), TO(PENDING)
#define HOLDER_LAST \
	TO(LEASED), TO(LEASED), TO(LEASED), TO(SUCCEEDED), TO(DEAD_LETTERED), TO(DEAD_LETTERED), \
		TO(DEAD_LETTERED), TO(DEAD_LETTERED), TO(PENDING), TO(PENDING)

static const struct cell table[STATES][VERBS] = {
	/* worker, release, cancel, claim, reap, requeue, replay, adopt, edit */
	[MISSING] = { WORKER(GONE), GONE, GONE, NONE, NONE, GONE, GONE, GONE, GONE },
	[PENDING] = { WORKER(LOST), LOST, TO(CANCELED), TO(LEASED), NONE, NOT_SEEN, NOT_SEEN,
		      TO(PENDING), TO(PENDING) },
	[PENDING_AGAIN] = { WORKER(LOST), LOST, TO(CANCELED), TO(LEASED), NONE, NOT_SEEN, NOT_SEEN,
			    TO(PENDING), TO(PENDING) },
	[LEASED] = { HOLDER, BEGUN, TO(CANCELED), NONE, NONE, NOT_SEEN, NOT_SEEN, BUSY, FIXED },
	[LEASED_LAST] = { HOLDER_LAST, BEGUN, TO(CANCELED), NONE, NONE, NOT_SEEN, NOT_SEEN, BUSY,
			  FIXED },
	[LEASED_BY_NEXT] = { WORKER(LOST), LOST, TO(CANCELED), NONE, NONE, NOT_SEEN, NOT_SEEN, BUSY,
			     FIXED },
	[AHEAD] = { HOLDER, TO(PENDING), TO(CANCELED), NONE, NONE, NOT_SEEN, NOT_SEEN, BUSY,
		    FIXED },
	[AHEAD_STARTED] = { HOLDER, BEGUN, TO(CANCELED), NONE, NONE, NOT_SEEN, NOT_SEEN, BUSY,
			    FIXED },
	[EXPIRED] = { WORKER(LATE), BEGUN, TO(CANCELED), NONE, TO(PENDING), NOT_SEEN, NOT_SEEN,
		      TO(LEASED), FIXED },
	[EXPIRED_LAST] = { WORKER(LATE), BEGUN, TO(CANCELED), NONE, TO(DEAD_LETTERED), NOT_SEEN,
			   NOT_SEEN, TO(LEASED), FIXED },
	[EXPIRED_AHEAD] = { WORKER(LATE), TO(PENDING), TO(CANCELED), NONE, TO(PENDING), NOT_SEEN,
			    NOT_SEEN, TO(LEASED), FIXED },
	[SUCCEEDED] = { WORKER(OVER), OVER, NO_TURN, NONE, NONE, NOT_SEEN, TO(SUCCEEDED), NO_TURN,
			FIXED },
	[DEAD_LETTERED] = { WORKER(OVER), OVER, NO_TURN, NONE, NONE, TO(PENDING), NOT_SEEN, NO_TURN,
			    FIXED },
	[CANCELED_PENDING] = { WORKER(STOPPED), STOPPED, NO_TURN, NONE, NONE, TO(PENDING), NOT_SEEN,
			       NO_TURN, FIXED },
	[CANCELED_LEASED] = { WORKER(STOPPED), STOPPED, NO_TURN, NONE, NONE, NOISY, NOT_SEEN,
			      NO_TURN, FIXED },
	[CANCELED_QUIET] = { WORKER(STOPPED), STOPPED, NO_TURN, NONE, NONE, TO(PENDING), NOT_SEEN,
			     NO_TURN, FIXED },
};

/* How the lease of the state has ended, told with a refusal. */
static const enum cairn_ending endings[STATES] = {
	[PENDING_AGAIN] = CAIRN_ENDING_RETRYABLE,  [LEASED_BY_NEXT] = CAIRN_ENDING_LEASE_EXPIRED,
	[SUCCEEDED] = CAIRN_ENDING_SUCCEEDED,	   [DEAD_LETTERED] = CAIRN_ENDING_TERMINAL,
	[CANCELED_LEASED] = CAIRN_ENDING_CANCELED, [CANCELED_QUIET] = CAIRN_ENDING_CANCELED,
};

static const cairn_str none = { NULL, 0 };

/* ---- bringing a job into a state ------------------------------------------------------ */

struct subject {
	cairn_id id;
	cairn_lease lease;
	cairn_str queue;
	bool there;
};

static const cairn_jobs *claim_from(cairn_conn *conn, cairn_str queue, bool ahead)
{
	cairn_claim_opts opts = ct_claim_opts("worker", 10);
	cairn_jobs *jobs = NULL;
	opts.queue = queue;
	opts.prestart = ahead;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	return jobs;
}

static cairn_lease claim_it(cairn_conn *conn, const struct subject *subject, bool ahead)
{
	const cairn_jobs *jobs = claim_from(conn, subject->queue, ahead);
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, subject->id);
	return cairn_job_lease(&jobs->at[0]);
}

/* A lease that nobody was given. */
static cairn_lease forged(cairn_id id)
{
	return (cairn_lease){ .id = id, .fence = 1, .attempt = 1, .max_attempts = 3 };
}

/* From LEASED on. */
static void bring_further(cairn_conn *conn, struct subject *subject, enum state state)
{
	if (state == AHEAD_STARTED)
		ct_progress(conn, ct_stage(subject->lease, "running"));
	if (state == CANCELED_LEASED || state == CANCELED_QUIET)
		ct_cancel(conn, subject->id);
	if (state == EXPIRED || state == EXPIRED_LAST || state == EXPIRED_AHEAD ||
	    state == LEASED_BY_NEXT || state == CANCELED_QUIET)
		ct_advance(CAIRN_LEASE_DEFAULT + 1);
	if (state == LEASED_BY_NEXT) {
		ct_reap(conn, 1);
		claim_it(conn, subject, false);
	} else if (state == PENDING_AGAIN) {
		ct_finish(conn, ct_failure(subject->lease, CAIRN_FINISH_RETRYABLE, "once.more"));
		ct_advance(CAIRN_MINUTE);
	} else if (state == SUCCEEDED) {
		ct_finish(conn, ct_success(subject->lease));
	} else if (state == DEAD_LETTERED) {
		ct_finish(conn, ct_failure(subject->lease, CAIRN_FINISH_TERMINAL, "no.more"));
	}
}

static struct subject bring(cairn_conn *conn, enum state state)
{
	struct subject subject = { .id = cairn_id_new(), .queue = CAIRN_STR("nowhere") };
	subject.lease = forged(subject.id);
	if (state == MISSING)
		return subject;
	cairn_job_new job = ct_new("t");
	bool last = state == LEASED_LAST || state == EXPIRED_LAST;
	subject.queue = cairn_str_of(ct_format("q-%u", ct_number()));
	job.queue = subject.queue;
	job.max_attempts = last ? 1 : 3;
	subject.id = ct_add(conn, &job);
	subject.lease = forged(subject.id);
	subject.there = true;
	if (state == CANCELED_PENDING)
		ct_cancel(conn, subject.id);
	if (state == PENDING || state == CANCELED_PENDING)
		return subject;
	bool ahead = state == AHEAD || state == AHEAD_STARTED || state == EXPIRED_AHEAD;
	subject.lease = claim_it(conn, &subject, ahead);
	bring_further(conn, &subject, state);
	return subject;
}

/* ---- the verbs -------------------------------------------------------------------------- */

static cairn_changed finish(cairn_conn *conn, const struct subject *subject, enum verb verb)
{
	static const enum cairn_finish_how hows[VERBS] = {
		[FAIL_RETRYABLE] = CAIRN_FINISH_RETRYABLE, [FAIL_TIMEOUT] = CAIRN_FINISH_TIMEOUT,
		[FAIL_TERMINAL] = CAIRN_FINISH_TERMINAL,   [FAIL_PANICKED] = CAIRN_FINISH_PANICKED,
		[CONTINUE] = CAIRN_FINISH_CONTINUE,	   [SNOOZE] = CAIRN_FINISH_SNOOZE,
		[RELEASE] = CAIRN_FINISH_RELEASE,
	};
	if (verb == SUCCEED)
		return ct_send(conn, ct_success(subject->lease));
	if (verb >= CONTINUE)
		return ct_send(conn, ct_again(subject->lease, hows[verb], 0));
	return ct_send(conn, ct_failure(subject->lease, hows[verb], "a.code"));
}

static cairn_changed of_worker(cairn_conn *conn, const struct subject *subject, enum verb verb)
{
	cairn_changed changed = { .status = CAIRN_INTERNAL };
	if (verb == HEARTBEAT)
		ct_ok(cairn_job_heartbeat(conn, &subject->lease, 1, 0, &changed, ct_err()));
	else if (verb == PROGRESS)
		return ct_send_progress(conn, ct_report(subject->lease, 1, 2));
	else if (verb == LOG)
		return ct_say(conn, subject->lease, "here");
	else
		return finish(conn, subject, verb);
	return changed;
}

/* Claim and reap name no job: they took it, or they did not. */
static cairn_changed taken(size_t count, enum cairn_job_status after)
{
	ct_true(count <= 1);
	return (cairn_changed){ .status = CAIRN_OK, .job_status = count ? after : 0 };
}

static cairn_changed take(cairn_conn *conn, const struct subject *subject, enum verb verb)
{
	cairn_reap_report *report = NULL;
	if (verb == CLAIM)
		return taken(claim_from(conn, subject->queue, false)->count, CAIRN_JOB_LEASED);
	ct_ok(cairn_job_reap(conn, NULL, &report, ct_err()));
	ct_later(report);
	return taken(report->count, report->count ? report->at[0].status : 0);
}

/* What is seen where it can be requeued; else what can't be there. */
static cairn_changed requeue(cairn_conn *conn, const struct subject *subject)
{
	cairn_requeue item = { .id = subject->id, .status = CAIRN_JOB_CANCELED, .run_number = 1 };
	if (subject->there && ct_job(conn, subject->id)->status == CAIRN_JOB_DEAD_LETTERED)
		item.status = CAIRN_JOB_DEAD_LETTERED;
	return ct_requeue(conn, item);
}

/* The source stays what it is: the replay is another job, and not compared here. */
static cairn_changed replay(cairn_conn *conn, const struct subject *subject)
{
	cairn_rerun item = { .source = subject->id,
			     .run_number = 1,
			     .key = CAIRN_STR("again"),
			     .reason = CAIRN_STR("why not") };
	cairn_job_added added = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_job_replay(conn, cairn_any(), &item, 1, &added, ct_err()));
	if (added.status != CAIRN_OK)
		return (cairn_changed){ .status = added.status,
					.code = added.code,
					.job_status = added.job_status };
	ct_cancel(conn, added.id);
	return (cairn_changed){ .status = CAIRN_OK, .job_status = CAIRN_JOB_SUCCEEDED };
}

static cairn_changed apply(cairn_conn *conn, const struct subject *subject, enum verb verb)
{
	cairn_changed changed = { .status = CAIRN_INTERNAL };
	cairn_scope any = cairn_any();
	cairn_job_patch patch = { .id = subject->id, .set = CAIRN_JOB_PAYLOAD };
	if (verb < CANCEL)
		return of_worker(conn, subject, verb);
	if (verb == CLAIM || verb == REAP)
		return take(conn, subject, verb);
	if (verb == REQUEUE)
		return requeue(conn, subject);
	if (verb == REPLAY)
		return replay(conn, subject);
	patch.payload = CAIRN_STR("[\"edited\"]");
	if (verb == CANCEL)
		ct_ok(cairn_job_cancel(conn, any, &subject->id, 1, none, &changed, ct_err()));
	else if (verb == ADOPT)
		ct_ok(cairn_job_adopt(conn, any, &subject->id, 1, none, &changed, ct_err()));
	else
		ct_ok(cairn_job_edit(conn, any, &patch, 1, &changed, ct_err()));
	return changed;
}

static void compare(cairn_conn *conn, enum state state, enum verb verb)
{
	const struct cell *cell = &table[state][verb];
	struct subject subject = bring(conn, state);
	const char *before = subject.there ? ct_snapshot(conn, subject.id) : "";
	ct_note("--- %s", verb_names[verb]);
	cairn_changed changed = apply(conn, &subject, verb);
	ct_each(changed, cell->status, cell->code);
	if (cell->after) {
		ct_int(changed.job_status, cell->after);
		ct_int(ct_job(conn, subject.id)->status, cell->after);
	} else if (subject.there) {
		ct_unchanged(conn, subject.id, before);
		if (verb < RELEASE)
			ct_int(changed.ending, endings[state]);
		if (cell->status != CAIRN_OK)
			ct_int(changed.job_status, ct_job(conn, subject.id)->status);
	} else if (cell->status != CAIRN_OK) {
		ct_int(changed.job_status, 0);
	}
	/* What is left must not be reaped by the next verb's turn. */
	if (subject.there && ct_job(conn, subject.id)->status == CAIRN_JOB_LEASED)
		ct_cancel(conn, subject.id);
}

static void every_verb_on(enum state state)
{
	cairn_conn *conn = ct_open();
	ct_define_retry(conn, "t", 3, CAIRN_SECOND);
	for (int verb = 0; verb < VERBS; verb++)
		compare(conn, state, (enum verb)verb);
}

#define ON(function, state) \
	static void function(void) \
	{ \
		every_verb_on(state); \
	}

ON(on_missing, MISSING)
ON(on_pending, PENDING)
ON(on_pending_again, PENDING_AGAIN)
ON(on_leased, LEASED)
ON(on_leased_last, LEASED_LAST)
ON(on_leased_by_next, LEASED_BY_NEXT)
ON(on_ahead, AHEAD)
ON(on_ahead_started, AHEAD_STARTED)
ON(on_expired, EXPIRED)
ON(on_expired_last, EXPIRED_LAST)
ON(on_expired_ahead, EXPIRED_AHEAD)
ON(on_succeeded, SUCCEEDED)
ON(on_dead_lettered, DEAD_LETTERED)
ON(on_canceled_pending, CANCELED_PENDING)
ON(on_canceled_leased, CANCELED_LEASED)
ON(on_canceled_quiet, CANCELED_QUIET)

#define MATRIX .kind = CT_MATRIX, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.matrix.every_verb_on_a_missing_job",
	  MATRIX,
	  .rule = "Whatever names a job that does not exist is NOT_FOUND job.not_found.",
	  .covers = "runledger L02, X02",
	  .run = on_missing },
	{ .name = "jobs.matrix.every_verb_on_a_pending_job",
	  MATRIX,
	  .rule = "A pending job can be claimed, canceled, edited and adopted; nobody holds a "
		  "lease on it.",
	  .covers = "runledger K02, L02, X01, R12",
	  .run = on_pending },
	{ .name = "jobs.matrix.every_verb_on_a_job_pending_again",
	  MATRIX,
	  .rule = "After a retry the lease of the attempt before is lost, and a refusal tells how "
		  "it ended.",
	  .covers = "runledger L02, F03",
	  .run = on_pending_again },
	{ .name = "jobs.matrix.every_verb_on_a_leased_job",
	  MATRIX,
	  .rule = "The holder may do everything; a retryable end goes back to the queue, a "
		  "terminal one is dead-lettered; claims and reapers leave it alone.",
	  .covers = "runledger F01, F02, K02, R12, X01",
	  .run = on_leased },
	{ .name = "jobs.matrix.every_verb_on_the_last_attempt",
	  MATRIX,
	  .rule = "On the last attempt every failure is dead-lettered.",
	  .covers = "runledger F01, F02",
	  .run = on_leased_last },
	{ .name = "jobs.matrix.every_verb_with_the_lease_before",
	  MATRIX,
	  .rule = "After reaping and a new claim under the same worker name the old lease is "
		  "lost, whatever it tries.",
	  .covers = "runledger L04",
	  .run = on_leased_by_next },
	{ .name = "jobs.matrix.every_verb_on_a_job_claimed_ahead",
	  MATRIX,
	  .rule = "A job claimed ahead is a leased one that may be released.",
	  .covers = "runledger R01",
	  .run = on_ahead },
	{ .name = "jobs.matrix.every_verb_on_a_job_claimed_ahead_and_started",
	  MATRIX,
	  .rule = "Once started, a job claimed ahead is leased like any other.",
	  .covers = "runledger R02",
	  .run = on_ahead_started },
	{ .name = "jobs.matrix.every_verb_on_an_expired_lease",
	  MATRIX,
	  .rule = "An expired lease writes nothing more; the reaper takes it back, a cancel "
		  "still works.",
	  .covers = "runledger L02, R04",
	  .run = on_expired },
	{ .name = "jobs.matrix.every_verb_on_an_expired_last_attempt",
	  MATRIX,
	  .rule = "The reaper dead-letters an expired lease when no attempt is left.",
	  .covers = "runledger R05",
	  .run = on_expired_last },
	{ .name = "jobs.matrix.every_verb_on_an_expired_claim_ahead",
	  MATRIX,
	  .rule = "An expired claim ahead may still be released, and is released by the reaper.",
	  .covers = "runledger R03, R06",
	  .run = on_expired_ahead },
	{ .name = "jobs.matrix.every_verb_on_a_succeeded_job",
	  MATRIX,
	  .rule = "A succeeded job changes no more, it can only be replayed; its old lease is told "
		  "job.finished.",
	  .covers = "runledger L02, U07, X02",
	  .run = on_succeeded },
	{ .name = "jobs.matrix.every_verb_on_a_dead_lettered_job",
	  MATRIX,
	  .rule = "A dead-lettered job can be requeued and nothing else; its old lease is told "
		  "job.finished.",
	  .covers = "runledger L02, X02",
	  .run = on_dead_lettered },
	{ .name = "jobs.matrix.every_verb_on_a_job_canceled_before_its_claim",
	  MATRIX,
	  .rule = "A job canceled before it was claimed is never claimed and changes no more.",
	  .covers = "runledger X01, X02, X04",
	  .run = on_canceled_pending },
	{ .name = "jobs.matrix.every_verb_on_a_job_canceled_while_leased",
	  MATRIX,
	  .rule = "Each write of the worker of a canceled job is told job.canceled; reapers and "
		  "claims leave it alone.",
	  .covers = "runledger L09, X01, X02, Q05",
	  .run = on_canceled_leased },
	{ .name = "jobs.matrix.every_verb_on_a_canceled_job_whose_lease_is_over",
	  MATRIX,
	  .rule = "Once the lease of a canceled job is over it may be requeued, and nothing else.",
	  .covers = "runledger Q05",
	  .run = on_canceled_quiet },
};

CT_GROUP(matrix, cases);
