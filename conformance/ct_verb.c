/*
 * ct_verb.c - steps with the other verbs: claiming ahead, reporting, ending so that the job
 * goes on, requeuing, logging, reaping. Like ct_job.c they use the public API only.
 */
#include "ct_run.h"

cairn_lease ct_claim_ahead(cairn_conn *conn, const char *worker)
{
	cairn_claim_opts opts = ct_claim_opts(worker, 1);
	cairn_jobs *jobs = NULL;
	opts.prestart = 1;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_int(jobs->count, 1);
	return cairn_job_lease(&jobs->at[0]);
}

cairn_progress ct_report(cairn_lease lease, int64_t done, int64_t total)
{
	cairn_progress report = { .lease = lease };
	if (done != -1) {
		report.set |= CAIRN_PROGRESS_DONE;
		report.done = done;
	}
	if (total != -1) {
		report.set |= CAIRN_PROGRESS_TOTAL;
		report.total = total;
	}
	return report;
}

cairn_progress ct_stage(cairn_lease lease, const char *stage)
{
	return (cairn_progress){ .lease = lease, .stage = cairn_str_of(stage) };
}

cairn_changed ct_send_progress(cairn_conn *conn, cairn_progress report)
{
	cairn_changed changed = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_job_progress(conn, &report, 1, &changed, ct_err()));
	return changed;
}

cairn_changed ct_progress(cairn_conn *conn, cairn_progress report)
{
	cairn_changed changed = ct_send_progress(conn, report);
	ct_each(changed, CAIRN_OK, NULL);
	return changed;
}

cairn_finish ct_again(cairn_lease lease, enum cairn_finish_how how, cairn_usec delay)
{
	return (cairn_finish){ .lease = lease, .how = how, .delay = delay };
}

cairn_changed ct_send(cairn_conn *conn, cairn_finish finish)
{
	cairn_changed changed = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_job_finish(conn, &finish, 1, &changed, ct_err()));
	return changed;
}

cairn_requeue ct_seen(cairn_conn *conn, cairn_id id)
{
	const cairn_job *job = ct_job(conn, id);
	return (cairn_requeue){ .id = id, .status = job->status, .run_number = job->run_number };
}

cairn_changed ct_requeue(cairn_conn *conn, cairn_requeue item)
{
	cairn_changed changed = { .status = CAIRN_INTERNAL };
	cairn_str reason = { NULL, 0 };
	ct_ok(cairn_job_requeue(conn, cairn_any(), &item, 1, reason, &changed, ct_err()));
	return changed;
}

void ct_cancel(cairn_conn *conn, cairn_id id)
{
	cairn_str reason = { NULL, 0 };
	ct_ok(cairn_job_cancel(conn, cairn_any(), &id, 1, reason, NULL, ct_err()));
}

cairn_changed ct_say(cairn_conn *conn, cairn_lease lease, const char *said)
{
	cairn_log_line line = { .lease = lease,
				.level = CAIRN_LOG_INFO,
				.message = cairn_str_of(said) };
	cairn_changed changed = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_job_log(conn, &line, 1, &changed, ct_err()));
	return changed;
}

const cairn_log_rows *ct_logs(cairn_conn *conn, cairn_id id)
{
	cairn_log_rows *lines = NULL;
	ct_ok(cairn_job_logs(conn, cairn_any(), id, 0, 1000, &lines, ct_err()));
	ct_later(lines);
	return lines;
}

const cairn_reap_report *ct_reap(cairn_conn *conn, size_t expected)
{
	cairn_reap_report *report = NULL;
	ct_ok(cairn_job_reap(conn, NULL, &report, ct_err()));
	ct_later(report);
	ct_int(report->count, expected);
	return report;
}

void ct_gone(cairn_conn *conn, cairn_id id)
{
	cairn_scope any = cairn_any();
	cairn_jobs *jobs = NULL;
	cairn_attempts *attempts = NULL;
	cairn_event_rows *events = NULL;
	cairn_log_rows *lines = NULL;
	ct_status(cairn_job_get(conn, any, id, &jobs, ct_err()), CAIRN_NOT_FOUND, "job.not_found");
	ct_status(cairn_job_attempts(conn, any, id, 0, 0, &attempts, ct_err()), CAIRN_NOT_FOUND,
		  "job.not_found");
	ct_status(cairn_job_events(conn, any, id, 0, 0, &events, ct_err()), CAIRN_NOT_FOUND,
		  "job.not_found");
	ct_status(cairn_job_logs(conn, any, id, 0, 0, &lines, ct_err()), CAIRN_NOT_FOUND,
		  "job.not_found");
	ct_true(ct_dead(conn, id) == NULL);
	cairn_free(jobs);
	cairn_free(attempts);
	cairn_free(events);
	cairn_free(lines);
}

const cairn_event *ct_last_event(cairn_conn *conn, cairn_id id, enum cairn_event_kind kind)
{
	const cairn_event_rows *events = ct_events(conn, id);
	ct_true(events->count > 0);
	const cairn_event *event = &events->at[events->count - 1];
	ct_int(event->kind, kind);
	return event;
}
