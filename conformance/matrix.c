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
	EXPIRED,
	EXPIRED_LAST,
	SUCCEEDED,
	DEAD_LETTERED,
	CANCELED_PENDING,
	CANCELED_LEASED,
	STATES
};

enum verb {
	HEARTBEAT,
	SUCCEED,
	FAIL_RETRYABLE,
	FAIL_TIMEOUT,
	FAIL_TERMINAL,
	FAIL_PANICKED,
	CANCEL,
	CLAIM,
	REAP,
	VERBS
};

static const char *const verb_names[VERBS] = { "heartbeat", "success",	"retryable",
					       "timeout",   "terminal", "panicked",
					       "cancel",    "claim",	"reap" };

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
#define WORKER(cell) cell, cell, cell, cell, cell, cell

#define LOST	STALE("job.lease_lost")
#define LATE	STALE("job.lease_expired")
#define OVER	STALE("job.finished")
#define STOPPED STALE("job.canceled")
#define NO_TURN STALE("job.invalid_state_transition")

static const struct cell table[STATES][VERBS] = {
	/*                      heartbeat … panicked   cancel       claim       reap */
	[MISSING] = { WORKER(GONE), GONE, NONE, NONE },
	[PENDING] = { WORKER(LOST), TO(CANCELED), TO(LEASED), NONE },
	[PENDING_AGAIN] = { WORKER(LOST), TO(CANCELED), TO(LEASED), NONE },
	[LEASED] = { TO(LEASED), TO(SUCCEEDED), TO(PENDING), TO(PENDING), TO(DEAD_LETTERED),
		     TO(DEAD_LETTERED), TO(CANCELED), NONE, NONE },
	[LEASED_LAST] = { TO(LEASED), TO(SUCCEEDED), TO(DEAD_LETTERED), TO(DEAD_LETTERED),
			  TO(DEAD_LETTERED), TO(DEAD_LETTERED), TO(CANCELED), NONE, NONE },
	[LEASED_BY_NEXT] = { WORKER(LOST), TO(CANCELED), NONE, NONE },
	[EXPIRED] = { WORKER(LATE), TO(CANCELED), NONE, TO(PENDING) },
	[EXPIRED_LAST] = { WORKER(LATE), TO(CANCELED), NONE, TO(DEAD_LETTERED) },
	[SUCCEEDED] = { WORKER(OVER), NO_TURN, NONE, NONE },
	[DEAD_LETTERED] = { WORKER(OVER), NO_TURN, NONE, NONE },
	[CANCELED_PENDING] = { WORKER(STOPPED), NO_TURN, NONE, NONE },
	[CANCELED_LEASED] = { WORKER(STOPPED), NO_TURN, NONE, NONE },
};

/* How the lease of the state has ended, told with a refusal. */
static const enum cairn_ending endings[STATES] = {
	[PENDING_AGAIN] = CAIRN_ENDING_RETRYABLE,  [LEASED_BY_NEXT] = CAIRN_ENDING_LEASE_EXPIRED,
	[SUCCEEDED] = CAIRN_ENDING_SUCCEEDED,	   [DEAD_LETTERED] = CAIRN_ENDING_TERMINAL,
	[CANCELED_LEASED] = CAIRN_ENDING_CANCELED,
};

static const cairn_str none = { NULL, 0 };

/* ---- bringing a job into a state ------------------------------------------------------ */

struct subject {
	cairn_id id;
	cairn_lease lease;
	cairn_str queue;
	bool there;
};

static void reap_all(cairn_conn *conn, size_t expected)
{
	cairn_reap_report *report = NULL;
	ct_ok(cairn_job_reap(conn, NULL, &report, ct_err()));
	ct_later(report);
	ct_int(report->count, expected);
}

static const cairn_jobs *claim_from(cairn_conn *conn, cairn_str queue)
{
	cairn_claim_opts opts = ct_claim_opts("worker", 10);
	cairn_jobs *jobs = NULL;
	opts.queue = queue;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	return jobs;
}

static cairn_lease claim_it(cairn_conn *conn, const struct subject *subject)
{
	const cairn_jobs *jobs = claim_from(conn, subject->queue);
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, subject->id);
	return cairn_job_lease(&jobs->at[0]);
}

/* A lease that nobody was given. */
static cairn_lease forged(cairn_id id)
{
	return (cairn_lease){ .id = id, .fence = 1, .attempt = 1, .max_attempts = 3 };
}

static void cancel_it(cairn_conn *conn, const struct subject *subject)
{
	ct_ok(cairn_job_cancel(conn, cairn_any(), &subject->id, 1, none, NULL, ct_err()));
}

/* From LEASED on. */
static void bring_further(cairn_conn *conn, struct subject *subject, enum state state)
{
	if (state == EXPIRED || state == EXPIRED_LAST || state == LEASED_BY_NEXT)
		ct_advance(CAIRN_LEASE_DEFAULT + 1);
	if (state == LEASED_BY_NEXT) {
		reap_all(conn, 1);
		claim_it(conn, subject);
	} else if (state == PENDING_AGAIN) {
		ct_finish(conn, ct_failure(subject->lease, CAIRN_FINISH_RETRYABLE, "once.more"));
		ct_advance(CAIRN_MINUTE);
	} else if (state == SUCCEEDED) {
		ct_finish(conn, ct_success(subject->lease));
	} else if (state == DEAD_LETTERED) {
		ct_finish(conn, ct_failure(subject->lease, CAIRN_FINISH_TERMINAL, "no.more"));
	} else if (state == CANCELED_LEASED) {
		cancel_it(conn, subject);
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
		cancel_it(conn, &subject);
	if (state == PENDING || state == CANCELED_PENDING)
		return subject;
	subject.lease = claim_it(conn, &subject);
	bring_further(conn, &subject, state);
	return subject;
}

/* ---- the verbs -------------------------------------------------------------------------- */

static cairn_changed finish(cairn_conn *conn, const struct subject *subject, enum verb verb)
{
	static const enum cairn_finish_how hows[VERBS] = {
		[SUCCEED] = CAIRN_FINISH_SUCCESS,	 [FAIL_RETRYABLE] = CAIRN_FINISH_RETRYABLE,
		[FAIL_TIMEOUT] = CAIRN_FINISH_TIMEOUT,	 [FAIL_TERMINAL] = CAIRN_FINISH_TERMINAL,
		[FAIL_PANICKED] = CAIRN_FINISH_PANICKED,
	};
	cairn_finish item = verb == SUCCEED ? ct_success(subject->lease)
					    : ct_failure(subject->lease, hows[verb], "a.code");
	cairn_changed changed = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_job_finish(conn, &item, 1, &changed, ct_err()));
	return changed;
}

/* Claim and reap name no job: they took it, or they did not. */
static cairn_changed taken(size_t count, enum cairn_job_status after)
{
	ct_true(count <= 1);
	return (cairn_changed){ .status = CAIRN_OK, .job_status = count ? after : 0 };
}

static cairn_changed apply(cairn_conn *conn, const struct subject *subject, enum verb verb)
{
	cairn_changed changed = { .status = CAIRN_INTERNAL };
	cairn_reap_report *report = NULL;
	const cairn_jobs *jobs;
	switch (verb) {
	case HEARTBEAT:
		ct_ok(cairn_job_heartbeat(conn, &subject->lease, 1, 0, &changed, ct_err()));
		return changed;
	case CANCEL:
		ct_ok(cairn_job_cancel(conn, cairn_any(), &subject->id, 1, none, &changed,
				       ct_err()));
		return changed;
	case CLAIM:
		jobs = claim_from(conn, subject->queue);
		return taken(jobs->count, CAIRN_JOB_LEASED);
	case REAP:
		ct_ok(cairn_job_reap(conn, NULL, &report, ct_err()));
		ct_later(report);
		return taken(report->count, report->count ? report->at[0].status : 0);
	case SUCCEED:
	case FAIL_RETRYABLE:
	case FAIL_TIMEOUT:
	case FAIL_TERMINAL:
	case FAIL_PANICKED:
	case VERBS:
		break;
	}
	return finish(conn, subject, verb);
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
		if (verb < CANCEL)
			ct_int(changed.ending, endings[state]);
		if (cell->status != CAIRN_OK)
			ct_int(changed.job_status, ct_job(conn, subject.id)->status);
	} else if (cell->status != CAIRN_OK) {
		ct_int(changed.job_status, 0);
	}
	/* What is left must not be reaped by the next verb's turn. */
	if (subject.there && ct_job(conn, subject.id)->status == CAIRN_JOB_LEASED)
		cancel_it(conn, &subject);
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
ON(on_expired, EXPIRED)
ON(on_expired_last, EXPIRED_LAST)
ON(on_succeeded, SUCCEEDED)
ON(on_dead_lettered, DEAD_LETTERED)
ON(on_canceled_pending, CANCELED_PENDING)
ON(on_canceled_leased, CANCELED_LEASED)

#define MATRIX .kind = CT_MATRIX, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.matrix.every_verb_on_a_missing_job",
	  MATRIX,
	  .rule = "Whatever names a job that does not exist is NOT_FOUND job.not_found.",
	  .covers = "runledger L02, X02",
	  .run = on_missing },
	{ .name = "jobs.matrix.every_verb_on_a_pending_job",
	  MATRIX,
	  .rule = "A pending job can be claimed and canceled; nobody holds a lease on it.",
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
	{ .name = "jobs.matrix.every_verb_on_a_succeeded_job",
	  MATRIX,
	  .rule = "A succeeded job changes no more; its old lease is told job.finished.",
	  .covers = "runledger L02, U07, X02",
	  .run = on_succeeded },
	{ .name = "jobs.matrix.every_verb_on_a_dead_lettered_job",
	  MATRIX,
	  .rule = "A dead-lettered job changes no more; its old lease is told job.finished.",
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
	  .covers = "runledger L09, X01, X02",
	  .run = on_canceled_leased },
};

CT_GROUP(matrix, cases);
