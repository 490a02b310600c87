/* owner.c - the registry of worker processes: a row for each name, fenced by its incarnation. */
#include <string.h>

#include "lite.h"

cairn_status cairn_lite__owner_register(void *self, const cairn_owner_new *owner,
					const cairn_id *incarnation, cairn_error *err)
{
	struct lite *lite = self;
	struct lite_write write;
	struct lite_run run;
	cairn_status status = cairn_lite__write_begin(lite, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = cairn_lite__start(&run, lite, LITE_OWNER_REGISTER, err);
	if (status == CAIRN_OK) {
		cairn_lite__bind_text(&run, owner->name);
		cairn_lite__bind_id(&run, incarnation);
		cairn_lite__bind_text(&run, owner->host);
		cairn_lite__bind_text(&run, owner->version);
		cairn_lite__bind_text(&run, owner->queues);
		cairn_lite__bind_text(&run, owner->labels);
		cairn_lite__bind_int(&run, owner->pid);
		cairn_lite__bind_int(&run, owner->started_at != 0 ? owner->started_at : write.now);
		cairn_lite__bind_int(&run, write.now);
		status = cairn_lite__finish(&run, err);
	}
	return cairn_lite__write_end(&write, status, err);
}

/* ---- heartbeat, close --------------------------------------------------------- */

static cairn_status find(struct lite *lite, const cairn_owner_ref *ref, int64_t *row,
			 cairn_owner_found *each, cairn_error *err)
{
	struct lite_run run;
	bool found = false;
	cairn_status status = cairn_lite__start(&run, lite, LITE_OWNER_FIND, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, ref->name);
	status = cairn_lite__row(&run, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	*row = cairn_lite__int(&run);
	each->incarnation = cairn_lite__id(&run);
	bool closed = sqlite3_column_type(run.stmt, run.column) != SQLITE_NULL;
	each->hit = closed ? CAIRN_OWNER_ENDED : CAIRN_OWNER_HIT;
	if (cairn_id_compare(each->incarnation, ref->incarnation) != 0)
		each->hit = CAIRN_OWNER_OTHER;
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

static cairn_status touch_one(struct lite_write *write, const cairn_owner_ref *ref, bool close,
			      cairn_owner_found *each, cairn_error *err)
{
	struct lite_run run;
	int64_t row = 0;
	memset(each, 0, sizeof *each);
	cairn_status status = find(write->lite, ref, &row, each, err);
	if (status != CAIRN_OK || each->hit != CAIRN_OWNER_HIT)
		return status;
	status = cairn_lite__start(&run, write->lite, close ? LITE_OWNER_CLOSE : LITE_OWNER_BEAT,
				   err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, write->now);
	cairn_lite__bind_int(&run, row);
	return cairn_lite__finish(&run, err);
}

cairn_status cairn_lite__owner_touch(void *self, const cairn_owner_plan *plan,
				     cairn_owner_found *each, cairn_error *err)
{
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++)
		status = touch_one(&write, &plan->owners[i], plan->close != 0, &each[i], err);
	return cairn_lite__write_end(&write, status, err);
}

/* ---- list, prune ----------------------------------------------------------------- */

static void read_owner(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_owner *owner = into;
	owner->name = cairn_lite__text(run, rows);
	owner->incarnation = cairn_lite__id(run);
	owner->host = cairn_lite__text(run, rows);
	owner->version = cairn_lite__text(run, rows);
	owner->queues = cairn_lite__text(run, rows);
	owner->labels = cairn_lite__text(run, rows);
	owner->pid = cairn_lite__int(run);
	owner->state = (enum cairn_owner_state)cairn_lite__int32(run);
	owner->started_at = cairn_lite__int(run);
	owner->registered_at = cairn_lite__int(run);
	owner->heartbeat_at = cairn_lite__int(run);
	owner->closed_at = cairn_lite__int(run);
}

cairn_status cairn_lite__owner_list(void *self, const cairn_owner_query *query, cairn_time *now,
				    cairn_rows *rows, cairn_error *err)
{
	struct lite *lite = self;
	struct lite_run run;
	*now = cairn_lite__time(lite);
	cairn_status status = cairn_lite__enter(lite, err);
	if (status == CAIRN_OK)
		status = cairn_lite__start(&run, lite, LITE_OWNERS, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, query->states);
	cairn_lite__bind_int(&run, *now - query->stale_after);
	cairn_lite__bind_tenant(&run, query->after);
	cairn_lite__bind_int(&run, query->limit);
	return cairn_lite__read_rows(&run, rows, read_owner, err);
}

cairn_status cairn_lite__owner_prune(void *self, cairn_usec age, uint32_t limit, size_t *pruned,
				     cairn_error *err)
{
	struct lite *lite = self;
	struct lite_write write;
	struct lite_run run;
	cairn_status status = cairn_lite__write_begin(lite, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = cairn_lite__start(&run, lite, LITE_OWNER_PRUNE, err);
	if (status == CAIRN_OK) {
		cairn_lite__bind_int(&run, write.now - age);
		cairn_lite__bind_int(&run, limit);
		status = cairn_lite__finish(&run, err);
	}
	if (status == CAIRN_OK)
		*pruned = (size_t)sqlite3_changes(lite->db);
	return cairn_lite__write_end(&write, status, err);
}
