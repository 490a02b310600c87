/*
 * sys/lock.h - the locks store of a driver: four slots.
 *
 * A lock is a row of (tenant, name), which stays when it is released (expires_at NULL, released_at = now),
 * so that its next fence is greater: the former one + 1, or now in microseconds, whichever is greater. A
 * row that is made anew, because there was none or it was pruned, begins with now in microseconds (1 at
 * least).
 *
 * In the stores with tenants, each slot is told the tenant; on Postgres row-level security lets the
 * call see nothing else, which the driver arranges for each call, and undoes inside a transaction
 * that goes on.
 */
#ifndef CAIRN_SYS_LOCK_H
#define CAIRN_SYS_LOCK_H

#include <cairn/lock.h>
#include <cairn/sys/driver.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cairn_lock_plan {
	cairn_str tenant;
	cairn_str name;
	cairn_str holder;
	cairn_usec ttl;
} cairn_lock_plan;

/*
 * Inserts the row, or takes over one that is released or has expires_at <= now, tested after it is
 * locked: a new fence, holder, acquired_at = now, expires_at = now + ttl. *fence 0: somebody holds it.
 */
typedef cairn_status cairn_lock_take_fn(void *self, const cairn_lock_plan *plan, int64_t *fence,
					cairn_time *expires_at, cairn_error *err);

enum cairn_lock_act {
	CAIRN_LOCK_EXTEND = 1, /* expires_at = now + ttl, if it has this fence and is not over */
	CAIRN_LOCK_RELEASE,    /* expires_at NULL, if it has this fence, over or not */
	CAIRN_LOCK_BREAK       /* expires_at NULL, whatever its fence */
};

typedef struct cairn_lock_change {
	cairn_str tenant;
	cairn_str name;
	int64_t fence;
	cairn_usec ttl; /* EXTEND */
	enum cairn_lock_act act;
	uint32_t reserved_;
} cairn_lock_change;

/* *hit: whether the row was there so, not released. EXTEND tells the new time. */
typedef cairn_status cairn_lock_change_fn(void *self, const cairn_lock_change *change, int *hit,
					  cairn_time *expires_at, cairn_error *err);

typedef struct cairn_lock_query {
	cairn_str tenant;
	cairn_str prefix; /* may be absent */
	cairn_str after;  /* names above it by bytes */
	uint32_t limit;
	uint32_t reserved_;
} cairn_lock_query;

/* Pushes cairn_lock_row rows of those that are not released, by name, and tells the time it used, rows or none. */
typedef cairn_status cairn_lock_list_fn(void *self, const cairn_lock_query *query, cairn_time *now,
					cairn_rows *rows, cairn_error *err);

/*
 * Deletes rows that were released, or over, at now - age or before, by name, skipping locked ones. The
 * tenant is absent for all tenants': then a session that row-level security binds is DENIED
 * tenant.row_security.
 */
typedef cairn_status cairn_lock_prune_fn(void *self, cairn_str tenant, cairn_usec age,
					 uint32_t limit, size_t *pruned, cairn_error *err);

typedef struct cairn_lock_ops {
	size_t size;
	cairn_lock_take_fn *take;
	cairn_lock_change_fn *change;
	cairn_lock_list_fn *list;
	cairn_lock_prune_fn *prune;
} cairn_lock_ops;

/*
 * A lock as a precondition of another store's write: NULL, or a lock of the same tenant that must have
 * this fence and expires_at > now, tested on the locked row, which stays locked until the write is
 * committed. A driver without locks answers UNSUPPORTED.
 */
typedef const cairn_lock *cairn_lock_guard;

#ifdef __cplusplus
}
#endif

#endif
