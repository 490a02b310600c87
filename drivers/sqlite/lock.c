/* lock.c - named locks: a row for each name, kept for its fence when the lock is free. */
#include "lite.h"

cairn_status cairn_lite__guard(struct lite_write *write, cairn_lock_guard lock, bool *held,
			       cairn_error *err)
{
	struct lite_run run;
	*held = true;
	if (lock == NULL)
		return CAIRN_OK;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_LOCK_GUARD, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, (cairn_str){ lock->tenant, lock->tenant_len });
	cairn_lite__bind_text(&run, (cairn_str){ lock->name, lock->name_len });
	cairn_lite__bind_int(&run, lock->fence);
	cairn_lite__bind_int(&run, write->now);
	status = cairn_lite__row(&run, held, err);
	if (status == CAIRN_OK && *held)
		cairn_lite__stop(&run);
	return status;
}

/* ---- take, change ------------------------------------------------------------ */

static cairn_status take(struct lite_write *write, const cairn_lock_plan *plan, int64_t *fence,
			 cairn_time *expires_at, cairn_error *err)
{
	struct lite_run run;
	bool had = false;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_LOCK_TAKE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, plan->tenant);
	cairn_lite__bind_text(&run, plan->name);
	cairn_lite__bind_text(&run, plan->holder);
	cairn_lite__bind_int(&run, write->now);
	cairn_lite__bind_int(&run, write->now + plan->ttl);
	status = cairn_lite__row(&run, &had, err);
	if (status != CAIRN_OK || !had)
		return status;
	*fence = cairn_lite__int(&run);
	*expires_at = write->now + plan->ttl;
	return cairn_lite__finish(&run, err);
}

cairn_status cairn_lite__lock_take(void *self, const cairn_lock_plan *plan, int64_t *fence,
				   cairn_time *expires_at, cairn_error *err)
{
	struct lite_write write;
	*fence = 0;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = take(&write, plan, fence, expires_at, err);
	return cairn_lite__write_end(&write, status, err);
}

static cairn_status change_row(struct lite_write *write, const cairn_lock_change *change,
			       cairn_error *err)
{
	struct lite_run run;
	bool extends = change->act == CAIRN_LOCK_EXTEND;
	cairn_status status = cairn_lite__start(
		&run, write->lite, extends ? LITE_LOCK_EXTEND : LITE_LOCK_RELEASE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, change->tenant);
	cairn_lite__bind_text(&run, change->name);
	cairn_lite__bind_count(&run, change->act == CAIRN_LOCK_BREAK ? -1 : change->fence);
	cairn_lite__bind_int(&run, write->now);
	if (extends)
		cairn_lite__bind_int(&run, write->now + change->ttl);
	return cairn_lite__finish(&run, err);
}

cairn_status cairn_lite__lock_change(void *self, const cairn_lock_change *change, int *hit,
				     cairn_time *expires_at, cairn_error *err)
{
	struct lite *lite = self;
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(lite, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = change_row(&write, change, err);
	*hit = status == CAIRN_OK && sqlite3_changes(lite->db) > 0;
	*expires_at = write.now + change->ttl;
	return cairn_lite__write_end(&write, status, err);
}

/* ---- list, prune -------------------------------------------------------------- */

static void read_lock(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_lock_row *lock = into;
	lock->tenant = cairn_lite__text(run, rows);
	lock->name = cairn_lite__text(run, rows);
	lock->holder = cairn_lite__text(run, rows);
	lock->fence = cairn_lite__int(run);
	lock->acquired_at = cairn_lite__int(run);
	lock->expires_at = cairn_lite__int(run);
	lock->expired = (uint32_t)cairn_lite__int(run);
}

cairn_status cairn_lite__lock_list(void *self, const cairn_lock_query *query, cairn_time *now,
				   cairn_rows *rows, cairn_error *err)
{
	struct lite *lite = self;
	struct lite_run run;
	*now = cairn_lite__time(lite);
	cairn_status status = cairn_lite__enter(lite, err);
	if (status == CAIRN_OK)
		status = cairn_lite__start(&run, lite, LITE_LOCKS, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, query->tenant);
	cairn_lite__bind_tenant(&run, query->prefix);
	cairn_lite__bind_tenant(&run, query->after);
	cairn_lite__bind_int(&run, *now);
	cairn_lite__bind_int(&run, query->limit);
	return cairn_lite__read_rows(&run, rows, read_lock, err);
}

cairn_status cairn_lite__lock_prune(void *self, cairn_str tenant, cairn_usec age, uint32_t limit,
				    size_t *pruned, cairn_error *err)
{
	struct lite *lite = self;
	struct lite_write write;
	struct lite_run run;
	cairn_status status = cairn_lite__write_begin(lite, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = cairn_lite__start(&run, lite, LITE_LOCK_PRUNE, err);
	if (status == CAIRN_OK) {
		cairn_lite__bind_text(&run, tenant);
		cairn_lite__bind_int(&run, write.now - age);
		cairn_lite__bind_int(&run, limit);
		status = cairn_lite__finish(&run, err);
	}
	if (status == CAIRN_OK)
		*pruned = (size_t)sqlite3_changes(lite->db);
	return cairn_lite__write_end(&write, status, err);
}
