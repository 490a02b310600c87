/*
 * end.c - the end of an invariant run: what is left is taken back and finished, so that a job that
 * nobody can get any more shows, and then every row is written down for the checker.
 */
#include "invariant.h"

#define INV_ROOM 1000

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

static void finish_one(struct inv *inv, const cairn_job *job, const char *owner)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_changed each;
	cairn_finish item = { .lease = cairn_job_lease(job), .how = CAIRN_FINISH_SUCCESS };
	uint64_t call = inv_call(inv);
	inv_say_claim(inv, call, job, owner, "drained=1");
	inv_say(inv, &(struct inv_line){ 'B', call, "finish", &job->id, job->fence, 0, 0 },
		"ending=SUCCEEDED token= until=0");
	cairn_status status = cairn_job_finish(inv->conn, &item, 1, &each, &err);
	inv_say(inv,
		&(struct inv_line){ 'A', call, "finish", &job->id, job->fence,
				    status != CAIRN_OK ? status : each.status, each.code },
		"ending=SUCCEEDED token= until=0");
}

static int work_some(struct inv *inv, const char *queue, const char *owner)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_claim_opts opts = { .size = sizeof opts,
				  .worker = cairn_str_of(inv->name),
				  .queue = cairn_str_of(queue),
				  .owner = cairn_str_of(owner),
				  .lease = CAIRN_HOUR,
				  .limit = 500 };
	inv_must(cairn_job_claim(inv->conn, &opts, &inv->jobs, &err), &err, "claim");
	for (size_t i = 0; i < inv->jobs->count; i++)
		finish_one(inv, &inv->jobs->at[i], owner);
	return inv->jobs->count > 0;
}

/* Nothing stands in anybody's way any more. */
static void open_all(struct inv *inv, const cairn_str *queues, size_t n)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_capacity resources[2 * INV_RESOURCES] = { 0 };
	char keys[2 * INV_RESOURCES][8];
	cairn_definition late = { .type = CAIRN_STR("late"), .retention = CAIRN_RETAIN_FOREVER };
	inv_must(cairn_queue_resume(inv->conn, queues, n, NULL, &err), &err, "resume");
	inv_must(cairn_job_define(inv->conn, &late, 1, &err), &err, "define");
	for (size_t i = 0; i < 2 * (size_t)INV_RESOURCES; i++) {
		struct inv_line line = { 'B', inv_call(inv), "capacity", NULL, 0, CAIRN_OK, 0 };
		const char *tenant = i % 2 ? "t1" : "";
		snprintf(keys[i], sizeof keys[i], "r%zu", i / 2);
		resources[i] = (cairn_capacity){ .tenant = cairn_str_of(tenant),
						 .key = cairn_str_of(keys[i]),
						 .capacity = INV_ROOM };
		inv_say(inv, &line, "resource=%s/%s to=%d", tenant, keys[i], INV_ROOM);
		inv_must(cairn_resource_set(inv->conn, &resources[i], 1, &err), &err, "capacity");
		line.phase = 'A';
		inv_say(inv, &line, "resource=%s/%s to=%d", tenant, keys[i], INV_ROOM);
	}
}

void inv_drain(struct inv *inv)
{
	static const cairn_str queues[] = { { "q0", 2 }, { "q1", 2 }, { "q2", 2 } };
	static const char *const owners[] = { "o1", "o2" };
	inv_jump(inv, 2 * CAIRN_HOUR);
	open_all(inv, queues, INV_QUEUES);
	while (reap_some(inv))
		;
	while (inv_promote_some(inv) > 0)
		;
	for (size_t i = 0; i < 2 * (size_t)INV_QUEUES; i++) {
		while (work_some(inv, queues[i / 2].ptr, owners[i % 2]))
			;
	}
}

/* ---- the rows ------------------------------------------------------------ */

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
			inv_member(source, sizeof source, row->payload,
				   "\"replayed_from_job_id\":\"");
			fprintf(out, "event %s seq=%lld kind=%s at=%lld run=%d source=%s\n", id,
				(long long)row->seq, cairn_event_kind_text(row->kind),
				(long long)row->at, row->run_number, source);
			after = row->seq;
		}
	} while (rows->count == 1000);
	cairn_free(rows);
}

static void dump_logs(struct inv *inv, FILE *out, const cairn_job *job, const char *id)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_log_rows *rows = NULL;
	int64_t after = 0;
	do {
		inv_must(cairn_job_logs(inv->conn, cairn_any(), job->id, after, 1000, &rows, &err),
			 &err, "logs");
		for (size_t i = 0; i < rows->count; i++) {
			after = rows->at[i].seq;
			fprintf(out, "log %s seq=%lld token=%s\n", id, (long long)after,
				rows->at[i].message.ptr);
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
	inv_member(token, sizeof token, job->payload, "\"token\":\"");
	inv_member(end, sizeof end, job->output, "\"end\":\"");
	inv_member(name, sizeof name, job->payload, "\"schedule_name\":\"");
	inv_member(when, sizeof when, job->payload, "\"scheduled_for\":\"");
	fprintf(out,
		"job %s type=%s tenant=%s key=%s token=%s status=%s fence=%lld run=%d attempt=%d "
		"end=%s schedule=%s for=%s resource=%s/%s\n",
		id, job->type.ptr, job->tenant.ptr != NULL ? job->tenant.ptr : "",
		job->key.ptr != NULL ? job->key.ptr : "", token, cairn_job_status_text(job->status),
		(long long)job->fence, job->run_number, job->attempt, end, name, when,
		job->tenant.ptr != NULL ? job->tenant.ptr : "",
		job->resource_key.ptr != NULL ? job->resource_key.ptr : "");
	dump_attempts(inv, out, job, id);
	dump_events(inv, out, job, id);
	dump_logs(inv, out, job, id);
}

static void dump_intents(struct inv *inv, FILE *out)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_intents *rows = NULL;
	cairn_intent_filter filter = { .size = sizeof filter, .scope = cairn_any(), .limit = 1000 };
	char id[CAIRN_ID_TEXT];
	char job[CAIRN_ID_TEXT];
	char token[96];
	do {
		inv_must(cairn_intent_list(inv->conn, &filter, &rows, &err), &err, "intents");
		for (size_t i = 0; i < rows->count; i++) {
			const cairn_intent *row = &rows->at[i];
			cairn_id_format(row->id, id);
			cairn_id_format(row->job, job);
			inv_member(token, sizeof token, row->payload, "\"token\":\"");
			fprintf(out,
				"intent %s type=%s tenant=%s key=%s token=%s status=%s made=%s\n",
				id, row->type.ptr, row->tenant.ptr != NULL ? row->tenant.ptr : "",
				row->key.ptr, token, cairn_intent_status_text(row->status), job);
			filter.after = row->id;
		}
	} while (rows->count == 1000);
	cairn_free(rows);
}

static void dump_resources(struct inv *inv, FILE *out)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_resources *rows = NULL;
	cairn_resource_filter filter = { .size = sizeof filter, .scope = cairn_any() };
	inv_must(cairn_resource_list(inv->conn, &filter, &rows, &err), &err, "resources");
	for (size_t i = 0; i < rows->count; i++)
		fprintf(out, "resource %s/%s capacity=%d used=%lld waiting=%lld\n",
			rows->at[i].tenant.ptr != NULL ? rows->at[i].tenant.ptr : "",
			rows->at[i].key.ptr, rows->at[i].capacity, (long long)rows->at[i].in_use,
			(long long)rows->at[i].waiting);
	cairn_free(rows);
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
	dump_intents(inv, out);
	dump_resources(inv, out);
	fclose(out);
}
