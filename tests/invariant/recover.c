/* recover.c - the invariant run's operations on jobs from outside, and its schedulers. */
#include "invariant.h"

/* each: NULL before the call. */
static void say_job(struct inv *inv, uint64_t call, const char *op, const cairn_id *id,
		    const cairn_changed *each)
{
	struct inv_line line = { each != NULL ? 'A' : 'B', call, op, id, 0, 0, CAIRN_E_NONE };
	if (each != NULL) {
		line.status = each->status;
		line.code = each->code;
	}
	inv_say(inv, &line, "until=%lld", each != NULL ? (long long)each->lease_expires_at : 0LL);
}

void inv_reap(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_reap_report *report = NULL;
	cairn_reap_opts opts = { .size = sizeof opts, .limit = 1 + inv_below(inv, 40) };
	uint64_t call = inv_call(inv);
	if (inv_chance(inv, 30))
		opts.retry_delay = inv_below(inv, 500000);
	if (inv_wrong(inv, "early"))
		inv->skew = CAIRN_HOUR;
	inv_say(inv, &(struct inv_line){ 'B', call, "reap", NULL, 0, 0, 0 }, "-");
	cairn_status status = cairn_job_reap(inv->conn, &opts, &report, &err);
	inv->skew = 0;
	for (size_t i = 0; status == CAIRN_OK && i < report->count; i++) {
		const cairn_reaped *row = &report->at[i];
		inv_say(inv,
			&(struct inv_line){ 'A', call, "reap", &row->id, row->fence, CAIRN_OK, 0 },
			"until=%lld ending=%s", (long long)row->lease_expired_at,
			cairn_ending_text(row->ending));
	}
	inv_say(inv, &(struct inv_line){ 'A', call, "reap", NULL, 0, status, 0 }, "-");
	cairn_free(report);
}

static void say_swept(struct inv *inv, uint64_t call, const char *op, const cairn_swept *swept)
{
	for (size_t i = 0; i < swept->count; i++)
		inv_say(inv,
			&(struct inv_line){ 'A', call, op, &swept->at[i].id, 0, swept->at[i].status,
					    swept->at[i].code },
			"until=0");
}

static void filter_of(struct inv *inv, cairn_job_filter *filter)
{
	*filter = (cairn_job_filter){ .size = sizeof *filter,
				      .scope = inv_chance(inv, 50) ? cairn_any() : cairn_global(),
				      .queue = cairn_str_of(inv_queue(inv)),
				      .limit = 1 + inv_below(inv, 3) };
	if (inv_chance(inv, 50))
		filter->type = CAIRN_STR("work");
}

static void cancel_where(struct inv *inv, uint64_t call)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_swept *swept = NULL;
	cairn_job_filter filter;
	filter_of(inv, &filter);
	inv_say(inv, &(struct inv_line){ 'B', call, "cancel", NULL, 0, 0, 0 }, "-");
	cairn_status status =
		cairn_job_cancel_where(inv->conn, &filter, CAIRN_STR("swept"), &swept, &err);
	if (status == CAIRN_OK)
		say_swept(inv, call, "cancel", swept);
	inv_say(inv, &(struct inv_line){ 'A', call, "cancel", NULL, 0, status, 0 }, "-");
	cairn_free(swept);
}

void inv_cancel(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_id ids[2] = { inv_any_job(inv), inv_any_job(inv) };
	if (inv->held_count > 0 && inv_chance(inv, 30))
		ids[0] = inv->held[inv_below(inv, (uint32_t)inv->held_count)].id;
	size_t n = cairn_id_compare(ids[0], ids[1]) == 0 ? 1 : 2;
	cairn_changed each[2];
	uint64_t call = inv_call(inv);
	if (inv_chance(inv, 15)) {
		cancel_where(inv, call);
		return;
	}
	for (size_t i = 0; i < n; i++)
		say_job(inv, call, "cancel", &ids[i], NULL);
	cairn_status status =
		cairn_job_cancel(inv->conn, cairn_any(), ids, n, CAIRN_STR("random"), each, &err);
	inv_spread(each, n, status);
	for (size_t i = 0; i < n; i++)
		say_job(inv, call, "cancel", &ids[i], &each[i]);
}

static void requeue_where(struct inv *inv, uint64_t call)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_swept *swept = NULL;
	cairn_job_filter filter;
	filter_of(inv, &filter);
	uint32_t reset = (uint32_t)inv_chance(inv, 50);
	const char *op = reset ? "reset" : "requeue";
	inv_say(inv, &(struct inv_line){ 'B', call, op, NULL, 0, 0, 0 }, "-");
	cairn_status status = cairn_job_requeue_where(inv->conn, &filter, reset, CAIRN_STR("swept"),
						      &swept, &err);
	if (status == CAIRN_OK)
		say_swept(inv, call, op, swept);
	inv_say(inv, &(struct inv_line){ 'A', call, op, NULL, 0, status, 0 }, "-");
	cairn_free(swept);
}

/* A job as it is now: 1, or 0 when there is none to be had. */
static int look(struct inv *inv, cairn_id id)
{
	cairn_error err = CAIRN_ERROR_INIT;
	return cairn_job_get(inv->conn, cairn_any(), id, &inv->jobs, &err) == CAIRN_OK;
}

void inv_requeue(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_changed each;
	cairn_id id = inv_any_job(inv);
	uint64_t call = inv_call(inv);
	if (inv_chance(inv, 15)) {
		requeue_where(inv, call);
		return;
	}
	if (!look(inv, id))
		return;
	cairn_requeue item = { .id = id,
			       .status = inv->jobs->at[0].status,
			       .run_number = inv->jobs->at[0].run_number,
			       .reset = (uint32_t)inv_chance(inv, 30) };
	if (item.status != CAIRN_JOB_DEAD_LETTERED && item.status != CAIRN_JOB_CANCELED)
		return;
	say_job(inv, call, item.reset ? "reset" : "requeue", &id, NULL);
	cairn_status status = cairn_job_requeue(inv->conn, cairn_any(), &item, 1,
						CAIRN_STR("random"), &each, &err);
	inv_spread(&each, 1, status);
	say_job(inv, call, item.reset ? "reset" : "requeue", &id, &each);
}

void inv_replay(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_job_added each;
	cairn_id id = inv_any_job(inv);
	char key[16];
	if (!look(inv, id) || inv->jobs->at[0].status != CAIRN_JOB_SUCCEEDED)
		return;
	snprintf(key, sizeof key, "r%u", inv_below(inv, 2));
	cairn_rerun item = { .source = id,
			     .run_number = inv->jobs->at[0].run_number,
			     .key = cairn_str_of(key),
			     .reason = CAIRN_STR("random") };
	uint64_t call = inv_call(inv);
	inv_say(inv, &(struct inv_line){ 'B', call, "replay", &id, 0, 0, 0 }, "-");
	cairn_status status = cairn_job_replay(inv->conn, cairn_any(), &item, 1, &each, &err);
	char made[CAIRN_ID_TEXT] = "-";
	if (status == CAIRN_OK && each.status == CAIRN_OK) {
		cairn_id_format(each.id, made);
		inv_seen(inv, each.id);
	}
	struct inv_line line = { 'A', call, "replay", &id, 0, status, CAIRN_E_NONE };
	if (status == CAIRN_OK) {
		line.status = each.status;
		line.code = each.code;
	}
	inv_say(inv, &line, "made=%s run=%d key=%s", made, item.run_number, key);
}

/* Only of one type: the others' jobs must all be there in the end. */
void inv_prune(struct inv *inv)
{
	static const enum cairn_job_status ends[] = { CAIRN_JOB_SUCCEEDED, CAIRN_JOB_DEAD_LETTERED,
						      CAIRN_JOB_CANCELED };
	cairn_error err = CAIRN_ERROR_INIT;
	size_t pruned = 0;
	uint64_t call = inv_call(inv);
	cairn_prune_opts opts = { .size = sizeof opts,
				  .scope = cairn_any(),
				  .type = CAIRN_STR("brief"),
				  .statuses = 1u << ends[inv_below(inv, 3)],
				  .limit = 1 + inv_below(inv, 20),
				  .age = 1 + (cairn_usec)inv_below(inv, 2000000) };
	inv_say(inv, &(struct inv_line){ 'B', call, "prune", NULL, 0, 0, 0 }, "-");
	cairn_status status = cairn_job_prune(inv->conn, &opts, &pruned, &err);
	inv_say(inv, &(struct inv_line){ 'A', call, "prune", NULL, 0, status, 0 }, "count=%zu",
		pruned);
}

void inv_edit(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_changed each;
	cairn_id id = inv_any_job(inv);
	char payload[256];
	if (!look(inv, id) || inv->jobs->at[0].status != CAIRN_JOB_PENDING)
		return;
	const cairn_job *job = &inv->jobs->at[0];
	cairn_job_patch item = { .id = id, .set = CAIRN_JOB_PRIORITY };
	item.priority = (int32_t)inv_below(inv, 10);
	if (inv_chance(inv, 50)) {
		item.set |= CAIRN_JOB_RUN_AT;
		item.run_at = inv_clock(inv) + inv_below(inv, 1000000);
	}
	if (job->key.ptr == NULL && job->payload.len < 200 && job->payload.ptr[0] == '{' &&
	    inv_chance(inv, 50)) {
		/* blanks before the end: the token stays where it was */
		snprintf(payload, sizeof payload, "%.*s }", (int)job->payload.len - 1,
			 job->payload.ptr);
		item.set |= CAIRN_JOB_PAYLOAD;
		item.payload = cairn_str_of(payload);
	}
	if (inv_chance(inv, 50))
		item.updated_at = job->updated_at;
	uint64_t call = inv_call(inv);
	say_job(inv, call, "edit", &id, NULL);
	cairn_status status = cairn_job_edit(inv->conn, cairn_any(), &item, 1, &each, &err);
	inv_spread(&each, 1, status);
	say_job(inv, call, "edit", &id, &each);
}

void inv_adopt(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_changed each;
	static const char *const owners[] = { "o1", "o2", NULL };
	cairn_id id = inv_any_job(inv);
	uint64_t call = inv_call(inv);
	say_job(inv, call, "adopt", &id, NULL);
	cairn_status status = cairn_job_adopt(inv->conn, cairn_any(), &id, 1,
					      cairn_str_of(owners[inv_below(inv, 3)]), &each, &err);
	inv_spread(&each, 1, status);
	say_job(inv, call, "adopt", &id, &each);
}

/* ---- schedules ----------------------------------------------------------- */

static void refire(struct inv *inv, const cairn_fired *row)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_outcome each;
	if (!inv_wrong(inv, "refire"))
		return;
	inv_must(cairn_schedule_retime(inv->conn, cairn_any(), &row->name, 1, row->scheduled_for,
				       &each, &err),
		 &err, "retime");
}

void inv_fire(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_fire_report *report = NULL;
	uint64_t call = inv_call(inv);
	inv_say(inv, &(struct inv_line){ 'B', call, "fire", NULL, 0, 0, 0 }, "-");
	cairn_status status = cairn_schedule_fire(inv->conn, NULL, &report, &err);
	for (size_t i = 0; status == CAIRN_OK && i < report->count; i++) {
		const cairn_fired *row = &report->at[i];
		inv_say(inv,
			&(struct inv_line){ 'A', call, "fire",
					    row->what == CAIRN_FIRED ? &row->job : NULL, 0,
					    CAIRN_OK, row->code },
			"name=%s for=%lld what=%s", row->name.ptr, (long long)row->scheduled_for,
			cairn_fired_text(row->what));
		if (row->what == CAIRN_FIRED)
			inv_seen(inv, row->job);
	}
	inv_say(inv, &(struct inv_line){ 'A', call, "fire", NULL, 0, status, 0 }, "-");
	for (size_t i = 0; status == CAIRN_OK && i < report->count; i++) {
		if (report->at[i].what == CAIRN_FIRED)
			refire(inv, &report->at[i]);
	}
	cairn_free(report);
}

void inv_toggle(struct inv *inv)
{
	static const cairn_str names[] = { { "each", 4 }, { "all", 3 }, { "some", 4 } };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_outcome each;
	uint64_t call = inv_call(inv);
	const cairn_str *name = &names[inv_below(inv, 3)];
	inv_say(inv, &(struct inv_line){ 'B', call, "toggle", NULL, 0, 0, 0 }, "-");
	cairn_status status = cairn_schedule_activate(inv->conn, cairn_any(), name, 1,
						      inv_chance(inv, 70), &each, &err);
	inv_say(inv, &(struct inv_line){ 'A', call, "toggle", NULL, 0, status, 0 }, "name=%s",
		name->ptr);
}

/* ---- reading ------------------------------------------------------------- */

void inv_read(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_job_filter filter;
	uint64_t call = inv_call(inv);
	filter_of(inv, &filter);
	filter.limit = 20;
	inv_say(inv, &(struct inv_line){ 'B', call, "read", NULL, 0, 0, 0 }, "-");
	cairn_status status = cairn_job_list(inv->conn, &filter, &inv->jobs, &err);
	inv_say(inv, &(struct inv_line){ 'A', call, "read", NULL, 0, status, 0 }, "-");
}
