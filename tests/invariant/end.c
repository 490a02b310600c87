/*
 * end.c - the end of an invariant run: what is left is taken back and finished, so that a job that
 * nobody can get any more shows, and then every row is written down for the checker.
 */
#include "invariant.h"

static int reap_some(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_reap_report *report = NULL;
	cairn_reap_opts opts = { .size = sizeof opts, .limit = 1000 };
	inv_must(cairn_job_reap(inv->conn, &opts, &report, &err), &err, "reap");
	int some = report->count > 0;
	for (size_t i = 0; i < report->count; i++)
		inv_say(inv,
			&(struct inv_line){ 'A', inv_call(inv), "reap", &report->at[i].id,
					    report->at[i].fence, CAIRN_OK, 0 },
			"until=%lld ending=%s", (long long)report->at[i].lease_expired_at,
			cairn_ending_text(report->at[i].ending));
	cairn_free(report);
	return some;
}

static void finish_one(struct inv *inv, const cairn_job *job)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_changed each;
	cairn_finish item = { .lease = cairn_job_lease(job), .how = CAIRN_FINISH_SUCCESS };
	uint64_t call = inv_call(inv);
	inv_say(inv, &(struct inv_line){ 'A', call, "claim", &job->id, job->fence, CAIRN_OK, 0 },
		"worker=%s at=%lld until=%lld run=%d attempt=%d prestart=0", inv->name,
		(long long)job->leased_at, (long long)job->lease_expires_at, job->run_number,
		job->attempt);
	inv_say(inv, &(struct inv_line){ 'B', call, "finish", &job->id, job->fence, 0, 0 },
		"ending=SUCCEEDED token= until=0");
	cairn_status status = cairn_job_finish(inv->conn, &item, 1, &each, &err);
	inv_say(inv,
		&(struct inv_line){ 'A', call, "finish", &job->id, job->fence,
				    status != CAIRN_OK ? status : each.status, each.code },
		"ending=SUCCEEDED token= until=0");
}

static int work_some(struct inv *inv, const char *queue)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_claim_opts opts = { .size = sizeof opts,
				  .worker = cairn_str_of(inv->name),
				  .queue = cairn_str_of(queue),
				  .owner = CAIRN_STR("o1"),
				  .lease = CAIRN_HOUR,
				  .limit = 500 };
	inv_must(cairn_job_claim(inv->conn, &opts, &inv->jobs, &err), &err, "claim");
	for (size_t i = 0; i < inv->jobs->count; i++)
		finish_one(inv, &inv->jobs->at[i]);
	return inv->jobs->count > 0;
}

void inv_drain(struct inv *inv)
{
	static const char *const queues[] = { "q0", "q1", "q2" };
	atomic_fetch_add(&inv->shared->offset, 2 * CAIRN_HOUR);
	while (reap_some(inv))
		;
	for (size_t i = 0; i < sizeof queues / sizeof queues[0]; i++) {
		while (work_some(inv, queues[i]))
			;
	}
}

/* ---- the rows ------------------------------------------------------------ */

/* What stands behind "name":" in a JSON text; "" for none. */
static void member(char *to, size_t size, cairn_str text, const char *name)
{
	const char *at = text.ptr != NULL ? strstr(text.ptr, name) : NULL;
	*to = '\0';
	if (at == NULL)
		return;
	at += strlen(name);
	snprintf(to, size, "%.*s", (int)strcspn(at, "\""), at);
}

static void dump_attempts(struct inv *inv, FILE *out, const cairn_job *job, const char *id)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_attempts *rows = NULL;
	int64_t after = 0;
	do {
		inv_must(cairn_job_attempts(inv->conn, cairn_any(), job->id, after, 1000, &rows,
					    &err),
			 &err, "attempts");
		for (size_t i = 0; i < rows->count; i++) {
			const cairn_attempt *row = &rows->at[i];
			fprintf(out,
				"attempt %s fence=%lld worker=%s at=%lld end=%lld ending=%s "
				"token=%s run=%d attempt=%d\n",
				id, (long long)row->fence, row->worker.ptr,
				(long long)row->leased_at, (long long)row->finished_at,
				cairn_ending_text(row->ending),
				row->error_code.ptr != NULL ? row->error_code.ptr : "",
				row->run_number, row->attempt);
			after = row->fence;
		}
	} while (rows->count == 1000);
	cairn_free(rows);
}

static void dump_events(struct inv *inv, FILE *out, const cairn_job *job, const char *id)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_event_rows *rows = NULL;
	char source[CAIRN_ID_TEXT];
	int64_t after = 0;
	do {
		inv_must(
			cairn_job_events(inv->conn, cairn_any(), job->id, after, 1000, &rows, &err),
			&err, "events");
		for (size_t i = 0; i < rows->count; i++) {
			const cairn_event *row = &rows->at[i];
			member(source, sizeof source, row->payload, "\"replayed_from_job_id\":\"");
			fprintf(out, "event %s seq=%lld kind=%s at=%lld run=%d source=%s\n", id,
				(long long)row->seq, cairn_event_kind_text(row->kind),
				(long long)row->at, row->run_number, source);
			after = row->seq;
		}
	} while (rows->count == 1000);
	cairn_free(rows);
}

static void dump_job(struct inv *inv, FILE *out, const cairn_job *job)
{
	char id[CAIRN_ID_TEXT];
	char token[96];
	char end[96];
	char name[32];
	char when[40];
	cairn_id_format(job->id, id);
	member(token, sizeof token, job->payload, "\"token\":\"");
	member(end, sizeof end, job->output, "\"end\":\"");
	member(name, sizeof name, job->payload, "\"schedule_name\":\"");
	member(when, sizeof when, job->payload, "\"scheduled_for\":\"");
	fprintf(out,
		"job %s type=%s tenant=%s key=%s token=%s status=%s fence=%lld run=%d attempt=%d "
		"end=%s schedule=%s for=%s\n",
		id, job->type.ptr, job->tenant.ptr != NULL ? job->tenant.ptr : "",
		job->key.ptr != NULL ? job->key.ptr : "", token, cairn_job_status_text(job->status),
		(long long)job->fence, job->run_number, job->attempt, end, name, when);
	dump_attempts(inv, out, job, id);
	dump_events(inv, out, job, id);
}

void inv_dump(struct inv *inv, const char *path)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_job_filter filter = { .size = sizeof filter, .scope = cairn_any(), .limit = 1000 };
	FILE *out = fopen(path, "w");
	if (out == NULL)
		_exit(3);
	do {
		inv_must(cairn_job_list(inv->conn, &filter, &inv->jobs, &err), &err, "list");
		for (size_t i = 0; i < inv->jobs->count; i++) {
			dump_job(inv, out, &inv->jobs->at[i]);
			filter.after = inv->jobs->at[i].id;
		}
	} while (inv->jobs->count == 1000);
	fclose(out);
}
