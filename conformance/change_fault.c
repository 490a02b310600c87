/*
 * change_fault.c - one row that the database refuses to write, in a call on several: nothing of the call
 * is written, and the others can be written without it. (a reaper goes on: reap_fault.c; a worker's
 * turn: turn.c; an intent is deferred: intents_fault.c)
 */
#include "ct.h"

static const cairn_str none = { NULL, 0 };

#define ROWS 3
#define BAD  1 /* the one in the middle */

struct rows {
	cairn_id ids[ROWS];
	cairn_lease leases[ROWS];
	const char *before[ROWS];
};

/* Three jobs in this status, one of which can't leave it from now on. */
static struct rows poisoned(cairn_conn *conn, enum cairn_job_status status)
{
	struct rows rows;
	for (size_t i = 0; i < ROWS; i++) {
		ct_made made = ct_make(conn, "t", status);
		rows.ids[i] = made.id;
		rows.leases[i] = made.lease;
		rows.before[i] = ct_snapshot(conn, made.id);
	}
	ct_advance(CAIRN_SECOND);
	ct_int(ct_subject()->poison(ct_url(), rows.ids[BAD]), 0);
	return rows;
}

static void refused(cairn_status status)
{
	ct_true(status != CAIRN_OK && status != CAIRN_TX_ABORTED);
	ct_true(!strstr(ct_last()->message, "poison"));
}

static void all_unchanged(cairn_conn *conn, const struct rows *rows)
{
	for (size_t i = 0; i < ROWS; i++)
		ct_unchanged(conn, rows->ids[i], rows->before[i]);
}

/* ---- ends ------------------------------------------------------------------------- */

static cairn_finish end_of(cairn_lease lease, enum cairn_finish_how how)
{
	cairn_finish end = ct_again(lease, how, 0);
	if (how == CAIRN_FINISH_SUCCESS)
		end.output = CAIRN_STR("[1]");
	else if (how != CAIRN_FINISH_CONTINUE && how != CAIRN_FINISH_SNOOZE)
		end = ct_failure(lease, how, "a.code");
	end.checkpoint = CAIRN_STR("{\"at\":1}");
	return end;
}

/* Together with the bad one none ends; without it the others do. */
static void ends(enum cairn_finish_how how)
{
	cairn_conn *conn = ct_open();
	struct rows rows = poisoned(conn, CAIRN_JOB_LEASED);
	cairn_finish items[ROWS];
	cairn_changed each[ROWS];
	for (size_t i = 0; i < ROWS; i++)
		items[i] = end_of(rows.leases[i], how);
	refused(cairn_job_finish(conn, items, ROWS, each, ct_err()));
	all_unchanged(conn, &rows);
	refused(cairn_job_finish(conn, &items[BAD], 1, each, ct_err()));
	all_unchanged(conn, &rows);
	items[BAD] = items[ROWS - 1];
	ct_ok(cairn_job_finish(conn, items, ROWS - 1, each, ct_err()));
	ct_each(each[0], CAIRN_OK, NULL);
	ct_each(each[1], CAIRN_OK, NULL);
	ct_unchanged(conn, rows.ids[BAD], rows.before[BAD]);
	/* the lease of the bad one is as good as before */
	cairn_changed beaten;
	ct_ok(cairn_job_heartbeat(conn, &rows.leases[BAD], 1, 0, &beaten, ct_err()));
	ct_each(beaten, CAIRN_OK, NULL);
}

static void a_success(void)
{
	ends(CAIRN_FINISH_SUCCESS);
}

static void a_retry(void)
{
	ends(CAIRN_FINISH_RETRYABLE);
}

static void a_dead_letter(void)
{
	ends(CAIRN_FINISH_TERMINAL);
}

static void a_continuation(void)
{
	ends(CAIRN_FINISH_CONTINUE);
}

static void a_snooze(void)
{
	ends(CAIRN_FINISH_SNOOZE);
}

/* ---- from outside ------------------------------------------------------------------ */

static void a_cancel(void)
{
	cairn_conn *conn = ct_open();
	struct rows rows = poisoned(conn, CAIRN_JOB_PENDING);
	refused(cairn_job_cancel(conn, cairn_any(), rows.ids, ROWS, none, NULL, ct_err()));
	all_unchanged(conn, &rows);
	ct_cancel(conn, rows.ids[0]);
	ct_int(ct_job(conn, rows.ids[0])->status, CAIRN_JOB_CANCELED);
}

static void a_requeue(void)
{
	cairn_conn *conn = ct_open();
	struct rows rows = poisoned(conn, CAIRN_JOB_DEAD_LETTERED);
	cairn_requeue items[ROWS];
	for (size_t i = 0; i < ROWS; i++)
		items[i] = ct_seen(conn, rows.ids[i]);
	refused(cairn_job_requeue(conn, cairn_any(), items, ROWS, none, NULL, ct_err()));
	all_unchanged(conn, &rows);
	ct_told(ct_requeue(conn, items[0]), CAIRN_OK, NULL);
}

/* ---- claims and new jobs ------------------------------------------------------------- */

static void a_claim(void)
{
	cairn_conn *conn = ct_open();
	struct rows rows = poisoned(conn, CAIRN_JOB_PENDING);
	cairn_claim_opts opts = ct_claim_opts("w", ROWS);
	cairn_jobs *jobs = NULL;
	opts.queue = CAIRN_STR("ct-make");
	refused(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_true(jobs == NULL || jobs->count == 0);
	all_unchanged(conn, &rows);
	/* the last one made is the best */
	opts.limit = 1;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, rows.ids[ROWS - 1]);
	ct_int(jobs->at[0].fence, 1);
	ct_later(jobs);
}

static void an_enqueue(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new jobs[ROWS] = { ct_new("t"), ct_new("t"), ct_new("t") };
	ct_define(conn, "t");
	jobs[0].key = CAIRN_STR("good");
	jobs[BAD].key = CAIRN_STR("poisoned");
	ct_int(ct_subject()->poison_key(ct_url(), "poisoned"), 0);
	refused(cairn_job_enqueue(conn, jobs, ROWS, NULL, ct_err()));
	ct_int(ct_count_jobs(conn, 0), 0);
	jobs[BAD] = ct_new("t");
	ct_ok(cairn_job_enqueue(conn, jobs, ROWS, NULL, ct_err()));
	ct_int(ct_count_jobs(conn, 0), ROWS);
	/* the key of the batch that failed had been kept by nobody */
	ct_text(ct_timeline(conn, ct_claim(conn, "w").id), "ENQUEUED LEASED");
}

#define REFUSED .kind = CT_FAULT, .store = CT_JOBS, .needs = CT_NEED_POISON

static const ct_case cases[] = {
	{ .name = "jobs.fault.a_refused_success_writes_nothing",
	  REFUSED,
	  .rule = "A batch of ends of which the database refuses one writes nothing at all: rows, "
		  "attempts, events and leases are as before.",
	  .covers = "runledger CR01",
	  .run = a_success },
	{ .name = "jobs.fault.a_refused_retry_writes_nothing",
	  REFUSED,
	  .rule = "… of retries, too.",
	  .covers = "runledger CR01",
	  .run = a_retry },
	{ .name = "jobs.fault.a_refused_dead_letter_is_none",
	  REFUSED,
	  .rule = "… of terminal failures: there is no dead letter either.",
	  .covers = "runledger CR01",
	  .run = a_dead_letter },
	{ .name = "jobs.fault.a_refused_continuation_writes_nothing",
	  REFUSED,
	  .rule = "… of continuations: run, attempt and checkpoint stay.",
	  .covers = "runledger CR01, N10",
	  .run = a_continuation },
	{ .name = "jobs.fault.a_refused_snooze_writes_nothing",
	  REFUSED,
	  .rule = "… of snoozes.",
	  .covers = "runledger CR01",
	  .run = a_snooze },
	{ .name = "jobs.fault.a_refused_cancel_writes_nothing",
	  REFUSED,
	  .rule = "Of several cancels of which the database refuses one none is done.",
	  .covers = "runledger CR01",
	  .run = a_cancel },
	{ .name = "jobs.fault.a_refused_requeue_writes_nothing",
	  REFUSED,
	  .rule = "Of several requeues of which the database refuses one none is done.",
	  .covers = "runledger CR01",
	  .run = a_requeue },
	{ .name = "jobs.fault.a_refused_claim_takes_nothing",
	  REFUSED,
	  .rule = "A claim of several of which the database refuses one takes none, and none of "
		  "them lost an attempt.",
	  .covers = "runledger CR01, K08",
	  .run = a_claim },
	{ .name = "jobs.fault.a_refused_enqueue_stores_nothing",
	  .kind = CT_FAULT,
	  .store = CT_JOBS,
	  .needs = CT_NEED_POISON_KEY,
	  .rule = "A batch of new jobs of which the database refuses one stores none, no key and "
		  "no "
		  "event.",
	  .covers = "runledger CR01",
	  .run = an_enqueue },
};

CT_GROUP(change_fault, cases);
