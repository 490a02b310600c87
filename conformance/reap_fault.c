/*
 * reap_fault.c - a row that the database refuses to change does not stop a reaper: the
 * others are taken back, and it is put off so that it is not in the way again. (reap.c)
 */
#include "ct.h"

static const cairn_reap_report *reap(cairn_conn *conn, uint32_t limit)
{
	cairn_reap_opts opts = { .size = sizeof(opts), .limit = limit };
	cairn_reap_report *report = NULL;
	ct_ok(cairn_job_reap(conn, &opts, &report, ct_err()));
	ct_later(report);
	return report;
}

/* Three leases that expired one after the other. */
static void make_expired(cairn_conn *conn, cairn_id ids[3])
{
	for (int i = 0; i < 3; i++) {
		ids[i] = ct_make(conn, "t", CAIRN_JOB_LEASED).id;
		ct_advance(CAIRN_SECOND);
	}
	ct_advance(CAIRN_MINUTE);
}

static void others_are_reaped(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[3];
	make_expired(conn, ids);
	ct_int(ct_subject()->poison(ct_url(), ids[1]), 0);
	const cairn_reap_report *report = reap(conn, 0);
	ct_int(report->count, 2);
	ct_id(report->at[0].id, ids[0]);
	ct_id(report->at[1].id, ids[2]);
	ct_int(ct_job(conn, ids[0])->status, CAIRN_JOB_PENDING);
	ct_int(ct_job(conn, ids[2])->status, CAIRN_JOB_PENDING);
	const cairn_job *poisoned = ct_job(conn, ids[1]);
	ct_int(poisoned->status, CAIRN_JOB_LEASED);
	ct_str(poisoned->worker, "maker");
	ct_text(ct_timeline(conn, ids[1]), "ENQUEUED LEASED");
	ct_int(ct_attempts(conn, ids[1])->at[0].ending, CAIRN_ENDING_NONE);
}

static void it_is_put_off(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[3];
	make_expired(conn, ids);
	ct_int(ct_subject()->poison(ct_url(), ids[0]), 0);
	size_t reaped = 0;
	for (int pass = 0; pass < 4; pass++)
		reaped += reap(conn, 1)->count;
	ct_int(reaped, 2);
	ct_int(ct_job(conn, ids[0])->status, CAIRN_JOB_LEASED);
	ct_int(ct_job(conn, ids[1])->status, CAIRN_JOB_PENDING);
	ct_int(ct_job(conn, ids[2])->status, CAIRN_JOB_PENDING);
}

#define REAP .kind = CT_FAULT, .store = CT_JOBS, .needs = CT_NEED_POISON

static const ct_case cases[] = {
	{ .name = "jobs.reap.a_poisoned_row_does_not_stop_the_pass",
	  REAP,
	  .rule = "When the database refuses one row, the pass takes back the others, and that row "
		  "keeps its holder without new attempts or events.",
	  .covers = "runledger R08",
	  .run = others_are_reaped },
	{ .name = "jobs.reap.a_poisoned_row_is_put_off",
	  REAP,
	  .rule = "A row that can't be taken back does not fill the next passes: the others get "
		  "their turn.",
	  .covers = "runledger R08",
	  .run = it_is_put_off },
};

CT_GROUP(reap_fault, cases);
