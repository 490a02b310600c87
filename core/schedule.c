/*
 * schedule.c - schedules written: put, sync, activate, retime. Every entry is checked, its
 * expression and its zone are read, and its first cursor is computed before anything is written.
 */
#include "check.h"
#include "core.h"
#include "limits.h"
#include "places.h"
#include "schedule_plan.h"

/* The most that a template grows by when a job is made of it: a name, escaped, and two texts. */
#define PAYLOAD_GROWTH 4096

/* ---- one entry -------------------------------------------------------------- */

static cairn_status check_names(const cairn_schedule *one, cairn_error *err)
{
	cairn_status st = cairn__schedule_name(one->name, err);
	if (st == CAIRN_OK)
		st = cairn__check_name(one->type, "type", err);
	if (st == CAIRN_OK && one->tenant.len > 0)
		st = cairn__check_tenant(one->tenant, err);
	if (st == CAIRN_OK && one->queue.len > 0)
		st = cairn__check_name(one->queue, "queue", err);
	if (st == CAIRN_OK && one->owner.len > 0)
		st = cairn__check_name(one->owner, "owner", err);
	return st;
}

static cairn_status check_policies(const cairn_schedule *one, cairn_error *err)
{
	if (one->inactive > 1 || one->reserved0_ != 0 ||
	    (one->reserved_[0] | one->reserved_[1] | one->reserved_[2] | one->reserved_[3]) != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	if (one->jitter < 0 || one->jitter > CAIRN_SCHEDULE_MAX_JITTER)
		return cairn_fail(err, CAIRN_E_SCHEDULE_JITTER);
	if ((one->misfire != 0 && cairn_misfire_text(one->misfire) == NULL) ||
	    (one->overlap != 0 && cairn_overlap_text(one->overlap) == NULL) || one->catch_up < 0 ||
	    one->catch_up > CAIRN_SCHEDULE_MAX_CATCH_UP) {
		cairn_fail(err, CAIRN_E_ARG_INVALID);
		cairn_error_message(err, "A schedule's policies are out of range.");
		return CAIRN_INVALID;
	}
	return cairn__check_time(one->next_fire_at, "next_fire_at", err);
}

/* The template as it is, and as part of a job. */
static cairn_status check_payload(const cairn_conn *conn, const cairn_schedule *one,
				  cairn_error *err)
{
	size_t most = conn->host.settings.max_json;
	cairn_status st = cairn_json_check(one->payload, most, err);
	if (st != CAIRN_OK)
		return st;
	cairn_text whole = { .alloc = conn->host.alloc, .alloc_user = conn->host.alloc_user };
	cairn__schedule_payload(one, &whole);
	if (whole.failed)
		st = cairn_fail(err, CAIRN_E_NOMEM);
	else
		st = cairn_json_check((cairn_str){ whole.ptr, whole.len }, most + PAYLOAD_GROWTH,
				      err);
	if (st == CAIRN_INVALID)
		cairn_error_message(
			err, "A job's payload can't be made of the template: it has a member "
			     "_schedule, or is nested too deeply.");
	cairn_text_clear(&whole);
	return st;
}

static cairn_str or_default(cairn_str text, cairn_str otherwise)
{
	return text.len > 0 ? text : otherwise;
}

static void settle(cairn_schedule *one)
{
	one->queue = or_default(one->queue, CAIRN_STR("default"));
	one->payload = or_default(one->payload, CAIRN_STR("{}"));
	one->zone = or_default(one->zone, CAIRN_STR("UTC"));
	if (one->misfire == 0)
		one->misfire = CAIRN_MISFIRE_COALESCE;
	if (one->overlap == 0)
		one->overlap = CAIRN_OVERLAP_ALLOW;
	if (one->misfire != CAIRN_MISFIRE_CATCH_UP)
		one->catch_up = 0;
	else if (one->catch_up == 0)
		one->catch_up = 10;
	one->id = (cairn_id){ { 0 } };
}

static cairn_status check(const cairn_conn *conn, struct cairn__clockwork *works,
			  cairn_schedule *one, cairn_error *err)
{
	cairn_status st = check_names(one, err);
	if (st == CAIRN_OK)
		st = check_policies(one, err);
	if (st != CAIRN_OK)
		return st;
	settle(one);
	st = cairn__clockwork_set(works, one->cron, one->zone, err);
	return st == CAIRN_OK ? check_payload(conn, one, err) : st;
}

/* ---- batches in the order of their names ------------------------------------------ */

/* Sorts; a name that stands there twice is refused. */
static cairn_status sort(struct cairn__place *places, size_t n, cairn_error *err)
{
	size_t twice = cairn__places_sort(places, n);
	if (twice == SIZE_MAX)
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_SCHEDULE_NAME);
	cairn_error_message(err, "The batch names one schedule twice.");
	cairn__error_index(err, twice);
	return CAIRN_INVALID;
}

/* Tells each item's outcome, or makes the first failure the call's. */
static cairn_status deliver(const struct cairn__place *places, const cairn_code *codes, size_t n,
			    cairn_outcome *each, cairn_error *err)
{
	size_t first = SIZE_MAX;
	cairn_code code = CAIRN_E_NONE;
	for (size_t i = 0; i < n; i++) {
		size_t index = places[i].index;
		if (each != NULL) {
			each[index].code = codes[i];
			each[index].status =
				codes[i] == CAIRN_E_NONE ? CAIRN_OK : cairn_code_status(codes[i]);
		} else if (codes[i] != CAIRN_E_NONE && index < first) {
			first = index;
			code = codes[i];
		}
	}
	return first == SIZE_MAX ? CAIRN_OK : cairn__fail_item(err, code, first);
}

/* ---- put and sync ------------------------------------------------------------------ */

/* A call on its way; all arrays are in the order of the names. */
struct put {
	cairn_conn *conn;
	const cairn_schedule *given;
	size_t n;
	struct cairn__place *places;
	cairn_schedule *rows;
	int *refused;
	cairn_code *codes;
	cairn_str *off; /* sync */
	size_t off_given;
	size_t off_count;
	struct cairn__clockwork works;
};

static cairn_status put_begin(struct put *put, cairn_error *err)
{
	cairn_conn *conn = put->conn;
	size_t n = put->n + 1;
	size_t off = put->off_given + 1;
	put->works.zone.file.alloc = conn->host.alloc;
	put->works.zone.file.alloc_user = conn->host.alloc_user;
	put->places = cairn__scratch(conn, n, sizeof *put->places, err);
	if (put->places != NULL)
		put->rows = cairn__scratch(conn, n, sizeof *put->rows, err);
	if (put->rows != NULL)
		put->refused = cairn__scratch(conn, n, sizeof *put->refused, err);
	if (put->refused != NULL)
		put->codes = cairn__scratch(conn, n, sizeof *put->codes, err);
	if (put->codes != NULL)
		put->off = cairn__scratch(conn, off, sizeof *put->off, err);
	return put->off != NULL ? CAIRN_OK : CAIRN_NOMEM;
}

static void put_end(struct put *put)
{
	cairn_conn *conn = put->conn;
	size_t n = put->n + 1;
	size_t off = put->off_given + 1;
	cairn__clockwork_clear(&put->works);
	cairn__scratch_free(conn, put->off, off, sizeof *put->off);
	cairn__scratch_free(conn, put->codes, n, sizeof *put->codes);
	cairn__scratch_free(conn, put->refused, n, sizeof *put->refused);
	cairn__scratch_free(conn, put->rows, n, sizeof *put->rows);
	cairn__scratch_free(conn, put->places, n, sizeof *put->places);
}

static cairn_status put_check(struct put *put, cairn_error *err)
{
	for (size_t i = 0; i < put->n; i++) {
		cairn_schedule one = put->given[i];
		cairn_status st = check(put->conn, &put->works, &one, err);
		if (st != CAIRN_OK) {
			cairn__error_index(err, i);
			return st;
		}
		put->places[i] = (struct cairn__place){ one.name, i };
	}
	cairn_status st = sort(put->places, put->n, err);
	for (size_t i = 0; i < put->n && st == CAIRN_OK; i++) {
		put->rows[i] = put->given[put->places[i].index];
		settle(&put->rows[i]);
	}
	return st;
}

/* Ids and first cursors; stored is what is there under some of the names, in their order. */
static cairn_status complete(struct put *put, cairn_rows *stored, cairn_time now, cairn_error *err)
{
	size_t at = 0;
	cairn_status st = CAIRN_OK;
	for (size_t i = 0; i < put->n && st == CAIRN_OK; i++) {
		cairn_schedule *row = &put->rows[i];
		const cairn_schedule *is = at < stored->count ? cairn_rows_at(stored, at) : NULL;
		row->id = cairn_id_new();
		if (is != NULL && cairn_str_equal(is->name, row->name)) {
			row->id = is->id;
			at++;
		}
		if (row->next_fire_at != 0)
			continue;
		st = cairn__clockwork_set(&put->works, row->cron, row->zone, err);
		if (st == CAIRN_OK)
			row->next_fire_at =
				cairn__schedule_cursor(&put->works, row->id, row->jitter, now);
	}
	return st;
}

static cairn_status put_plan(struct put *put, cairn_error *err)
{
	cairn_conn *conn = put->conn;
	cairn_rows stored;
	void *none = NULL;
	cairn_time now = 0;
	cairn_str *names = cairn__scratch(conn, put->n + 1, sizeof *names, err);
	if (names == NULL)
		return CAIRN_NOMEM;
	for (size_t i = 0; i < put->n; i++)
		names[i] = put->places[i].name;
	cairn_schedule_query query = { .scope = cairn_any(),
				       .names = names,
				       .name_count = put->n,
				       .active = CAIRN_SCHEDULE_ACTIVE | CAIRN_SCHEDULE_INACTIVE,
				       .limit = (uint32_t)put->n };
	cairn__rows_begin(&stored, conn, &none, sizeof(cairn_schedule));
	cairn_status st = conn->schedules.list(conn->self, &query, &now, &stored, err);
	st = cairn__rows_whole(&stored, st, err);
	if (st == CAIRN_OK)
		st = complete(put, &stored, now, err);
	cairn__rows_drop(&stored);
	cairn__scratch_free(conn, names, put->n + 1, sizeof *names);
	return st;
}

static cairn_status put_write(struct put *put, int exact, cairn_names **off, cairn_error *err)
{
	cairn_conn *conn = put->conn;
	cairn_schedule_put_plan plan = { .schedules = put->rows,
					 .n = put->n,
					 .off = put->off,
					 .off_count = put->off_count,
					 .exact = exact ? 1 : 0 };
	cairn_rows rows;
	void *memory = off != NULL ? *off : NULL;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_str));
	cairn_status st = conn->schedules.put(conn->self, &plan, put->refused, &rows, err);
	if (off != NULL) {
		st = cairn__rows_end(&rows, &memory, st, err);
		*off = memory;
	} else {
		cairn__rows_drop(&rows);
	}
	for (size_t i = 0; i < put->n; i++)
		put->codes[i] = put->refused[i] ? CAIRN_E_SCHEDULE_DEFINITION : CAIRN_E_NONE;
	return st;
}

static cairn_status put(cairn_conn *conn, const cairn_schedule *schedules, size_t n,
			cairn_outcome *each, cairn_error *err)
{
	cairn_status st = cairn__check_batch(schedules, n, err);
	if (st != CAIRN_OK || n == 0)
		return st;
	struct put put = { .conn = conn, .given = schedules, .n = n };
	st = put_begin(&put, err);
	if (st == CAIRN_OK)
		st = put_check(&put, err);
	if (st == CAIRN_OK)
		st = put_plan(&put, err);
	if (st == CAIRN_OK)
		st = put_write(&put, 0, NULL, err);
	if (st == CAIRN_OK)
		st = deliver(put.places, put.codes, n, each, err);
	put_end(&put);
	return st;
}

cairn_status cairn_schedule_put(cairn_conn *conn, const cairn_schedule *schedules, size_t n,
				cairn_outcome *each, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__SCHEDULES, "schedule.put", err);
	if (st == CAIRN_OK)
		st = put(conn, schedules, n, each, err);
	return cairn__call_end(&call, st, n);
}

/* The names of `among` that no entry has, sorted, each once. */
static cairn_status absent(struct put *put, const cairn_str *among, cairn_error *err)
{
	for (size_t i = 0; i < put->off_given; i++) {
		cairn_status st = cairn__schedule_name(among[i], err);
		if (st != CAIRN_OK)
			return st;
		put->off[i] = among[i];
	}
	put->off_count = cairn__places_absent(put->places, put->n, put->off, put->off_given);
	return CAIRN_OK;
}

static cairn_status sync(struct put *put, const cairn_str *among, cairn_names **off,
			 cairn_error *err)
{
	cairn_status st = put_begin(put, err);
	if (st == CAIRN_OK)
		st = put_check(put, err);
	if (st == CAIRN_OK)
		st = absent(put, among, err);
	if (st == CAIRN_OK)
		st = put_plan(put, err);
	if (st == CAIRN_OK)
		st = put_write(put, 1, off, err);
	if (st == CAIRN_OK)
		st = deliver(put->places, put->codes, put->n, NULL, err);
	put_end(put);
	return st;
}

cairn_status cairn_schedule_sync(cairn_conn *conn, const cairn_schedule *entries, size_t n,
				 const cairn_str *among, size_t among_count, cairn_names **off,
				 cairn_error *err)
{
	struct cairn__call call;
	struct put put = { .conn = conn, .given = entries, .n = n, .off_given = among_count };
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__SCHEDULES, "schedule.sync", err);
	if (st == CAIRN_OK)
		st = cairn__check_batch(entries, n, err);
	if (st == CAIRN_OK)
		st = cairn__check_batch(among, among_count, err);
	if (st == CAIRN_OK)
		st = sync(&put, among, off, err);
	return cairn__call_end(&call, st, n);
}

/* ---- activate and retime -------------------------------------------------------------- */

static cairn_code code_of(enum cairn_schedule_hit hit)
{
	switch (hit) {
	case CAIRN_SCHEDULE_DONE:
		return CAIRN_E_NONE;
	case CAIRN_SCHEDULE_REFUSED:
		return CAIRN_E_SCHEDULE_DEFINITION;
	case CAIRN_SCHEDULE_MISSING:
	default:
		return CAIRN_E_SCHEDULE_MISSING;
	}
}

/* A change of n schedules by name; the arrays are in the order of the names. */
struct change {
	struct cairn__place *places;
	cairn_str *names;
	enum cairn_schedule_hit *hits;
	cairn_code *codes;
};

static cairn_status run(cairn_conn *conn, cairn_schedule_change_plan *plan, struct change *change,
			cairn_outcome *each, cairn_error *err)
{
	size_t n = plan->n;
	for (size_t i = 0; i < n; i++) {
		cairn_status st = cairn__schedule_name(plan->names[i], err);
		if (st != CAIRN_OK) {
			cairn__error_index(err, i);
			return st;
		}
		change->places[i] = (struct cairn__place){ plan->names[i], i };
	}
	cairn_status st = sort(change->places, n, err);
	if (st != CAIRN_OK)
		return st;
	for (size_t i = 0; i < n; i++)
		change->names[i] = change->places[i].name;
	plan->names = change->names;
	st = conn->schedules.change(conn->self, plan, change->hits, err);
	for (size_t i = 0; i < n; i++)
		change->codes[i] = code_of(change->hits[i]);
	return st == CAIRN_OK ? deliver(change->places, change->codes, n, each, err) : st;
}

static cairn_status change(cairn_conn *conn, cairn_schedule_change_plan *plan, cairn_outcome *each,
			   cairn_error *err)
{
	struct change memory = { .places = NULL };
	size_t n = plan->n;
	cairn_status st = cairn__check_scope(&plan->scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_batch(plan->names, n, err);
	if (st != CAIRN_OK || n == 0)
		return st;
	memory.places = cairn__scratch(conn, n, sizeof *memory.places, err);
	if (memory.places != NULL)
		memory.names = cairn__scratch(conn, n, sizeof *memory.names, err);
	if (memory.names != NULL)
		memory.hits = cairn__scratch(conn, n, sizeof *memory.hits, err);
	if (memory.hits != NULL)
		memory.codes = cairn__scratch(conn, n, sizeof *memory.codes, err);
	st = memory.codes != NULL ? run(conn, plan, &memory, each, err) : CAIRN_NOMEM;
	cairn__scratch_free(conn, memory.codes, n, sizeof *memory.codes);
	cairn__scratch_free(conn, memory.hits, n, sizeof *memory.hits);
	cairn__scratch_free(conn, memory.names, n, sizeof *memory.names);
	cairn__scratch_free(conn, memory.places, n, sizeof *memory.places);
	return st;
}

cairn_status cairn_schedule_activate(cairn_conn *conn, cairn_scope scope, const cairn_str *names,
				     size_t n, int active, cairn_outcome *each, cairn_error *err)
{
	struct cairn__call call;
	cairn_schedule_change_plan plan = {
		.scope = scope,
		.names = names,
		.n = n,
		.set = active ? CAIRN_SCHEDULE_SET_ON : CAIRN_SCHEDULE_SET_OFF,
	};
	cairn_status st =
		cairn__call_begin(&call, conn, CAIRN__SCHEDULES, "schedule.activate", err);
	if (st == CAIRN_OK)
		st = change(conn, &plan, each, err);
	return cairn__call_end(&call, st, n);
}

cairn_status cairn_schedule_retime(cairn_conn *conn, cairn_scope scope, const cairn_str *names,
				   size_t n, cairn_time next_fire_at, cairn_outcome *each,
				   cairn_error *err)
{
	struct cairn__call call;
	cairn_schedule_change_plan plan = { .scope = scope,
					    .names = names,
					    .n = n,
					    .set = CAIRN_SCHEDULE_SET_CURSOR,
					    .next_fire_at = next_fire_at };
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__SCHEDULES, "schedule.retime", err);
	if (st == CAIRN_OK)
		st = cairn__check_time(next_fire_at, "next_fire_at", err);
	if (st == CAIRN_OK && next_fire_at == 0)
		st = cairn_fail(err, CAIRN_E_ARG_TIME);
	if (st == CAIRN_OK)
		st = change(conn, &plan, each, err);
	return cairn__call_end(&call, st, n);
}
