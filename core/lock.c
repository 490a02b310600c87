/*
 * lock.c - named locks. What is checked before any I/O, waiting for a lock, and what a driver's answer
 * means; taking it is one guarded write of the driver (sys/lock.h).
 */
#include <stdatomic.h>
#include <string.h>

#include "check.h"
#include "core.h"
#include "limits.h"
#include "pause.h"

#define FIRST_PAUSE   (5 * CAIRN_MILLISECOND)
#define LONGEST_PAUSE (250 * CAIRN_MILLISECOND)

/* ---- checks -------------------------------------------------------------------- */

static cairn_status check_ttl(cairn_usec given, cairn_usec *ttl, cairn_error *err)
{
	*ttl = given != 0 ? given : CAIRN_LOCK_TTL;
	if (*ttl < CAIRN__MIN_LEASE || *ttl > CAIRN__MAX_LEASE)
		return cairn_fail(err, CAIRN_E_LOCK_TTL);
	return CAIRN_OK;
}

static cairn_status check_opts(const cairn_lock_opts *opts, cairn_lock_plan *plan, cairn_error *err)
{
	if (opts == NULL || opts->size < sizeof *opts)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	*plan = (cairn_lock_plan){ .tenant = opts->tenant,
				   .name = opts->name,
				   .holder = opts->holder };
	cairn_status st = cairn__check_tenant(opts->tenant, err);
	if (st == CAIRN_OK)
		st = cairn__check_name(opts->name, "name", err);
	if (st == CAIRN_OK && opts->holder.len > 0)
		st = cairn__check_name(opts->holder, "holder", err);
	if (st == CAIRN_OK)
		st = check_ttl(opts->ttl, &plan->ttl, err);
	if (st == CAIRN_OK && (opts->deadline < -1 || opts->deadline > CAIRN_HOUR))
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	return st;
}

/* What an application may have kept in a file, or have made up. */
static cairn_status check_held(const cairn_lock *lock, cairn_error *err)
{
	if (lock == NULL || lock->fence <= 0 || lock->tenant_len >= sizeof lock->tenant ||
	    lock->name_len >= sizeof lock->name)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (lock->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	cairn_status st = cairn__check_tenant((cairn_str){ lock->tenant, lock->tenant_len }, err);
	if (st == CAIRN_OK)
		st = cairn__check_name((cairn_str){ lock->name, lock->name_len }, "name", err);
	return st;
}

cairn_status cairn__check_guard(cairn_lock_guard lock, cairn_str tenant, cairn_error *err)
{
	if (lock == NULL)
		return CAIRN_OK;
	cairn_status st = check_held(lock, err);
	if (st != CAIRN_OK ||
	    cairn_str_equal((cairn_str){ lock->tenant, lock->tenant_len }, tenant))
		return st;
	cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_error_message(err, "The lock is another tenant's.");
	return CAIRN_INVALID;
}

/* ---- try, acquire ---------------------------------------------------------------- */

static void hand_out(const cairn_lock_plan *plan, int64_t fence, cairn_time expires_at,
		     cairn_lock *lock)
{
	*lock = (cairn_lock){ .fence = fence,
			      .expires_at = expires_at,
			      .tenant_len = (uint32_t)plan->tenant.len,
			      .name_len = (uint32_t)plan->name.len };
	memcpy(lock->tenant, plan->tenant.ptr, plan->tenant.len);
	memcpy(lock->name, plan->name.ptr, plan->name.len);
}

static cairn_status take(cairn_conn *conn, const cairn_lock_plan *plan, cairn_lock *lock,
			 cairn_error *err)
{
	int64_t fence = 0;
	cairn_time expires_at = 0;
	cairn_status st = conn->locks.take(conn->self, plan, &fence, &expires_at, err);
	if (st == CAIRN_OK && fence == 0)
		return cairn_fail(err, CAIRN_E_LOCK_HELD);
	if (st == CAIRN_OK)
		hand_out(plan, fence, expires_at, lock);
	return st;
}

cairn_status cairn_lock_try(cairn_conn *conn, const cairn_lock_opts *opts, cairn_lock *lock,
			    cairn_error *err)
{
	struct cairn__call call;
	cairn_lock_plan plan;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__LOCKS, "lock.try", err);
	if (st == CAIRN_OK && lock == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = check_opts(opts, &plan, err);
	if (st == CAIRN_OK)
		st = take(conn, &plan, lock, err);
	return cairn__call_end(&call, st, st == CAIRN_OK);
}

static cairn_status out_of_time(unsigned attempts, cairn_error *err)
{
	cairn_status st = cairn_fail(err, CAIRN_E_LOCK_TIMEOUT);
	cairn_error_detail(err, "%u %s", attempts, attempts == 1 ? "attempt" : "attempts");
	return st;
}

/* A database that is busy is one more reason to try again. */
static cairn_status try_until(cairn_conn *conn, const cairn_lock_plan *plan, cairn_usec deadline,
			      cairn_lock *lock, cairn_error *err)
{
	cairn_usec end = cairn__ticks() + deadline;
	cairn_usec pause = FIRST_PAUSE;
	for (unsigned attempts = 1;; attempts++) {
		cairn_error failure = CAIRN_ERROR_INIT;
		cairn_status st = take(conn, plan, lock, &failure);
		cairn_usec now = cairn__ticks();
		if (st == CAIRN_CONFLICT && (deadline < 0 || now >= end))
			return out_of_time(attempts, err);
		if (st != CAIRN_CONFLICT && (st != CAIRN_BUSY || deadline < 0 || now >= end)) {
			if (st != CAIRN_OK && err != NULL)
				*err = failure;
			return st;
		}
		cairn_usec next = cairn__jitter(pause);
		if (next < FIRST_PAUSE)
			next = FIRST_PAUSE;
		next = cairn__smaller(next, LONGEST_PAUSE);
		st = cairn__pause(conn, cairn__smaller(next, end - now), err);
		if (st != CAIRN_OK)
			return st;
		pause = cairn__smaller(pause * 2, LONGEST_PAUSE);
	}
}

static cairn_status check_waiting(cairn_conn *conn, const cairn_lock_opts *opts, cairn_error *err)
{
	if (opts->deadline < 0 || (conn->depth == 0 && !conn->ops.in_tx(conn->self)))
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_CONN_MISUSE);
	cairn_error_message(err, "Waiting inside a transaction would see nothing new.");
	return CAIRN_INVALID;
}

cairn_status cairn_lock_acquire(cairn_conn *conn, const cairn_lock_opts *opts, cairn_lock *lock,
				cairn_error *err)
{
	struct cairn__call call;
	cairn_lock_plan plan;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__LOCKS, "lock.acquire", err);
	if (st == CAIRN_OK && lock == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = check_opts(opts, &plan, err);
	if (st == CAIRN_OK)
		st = check_waiting(conn, opts, err);
	if (st == CAIRN_OK) {
		cairn_usec deadline = opts->deadline != 0 ? opts->deadline : CAIRN_LOCK_DEADLINE;
		atomic_store(&conn->interrupted, 0);
		st = try_until(conn, &plan, deadline, lock, err);
	}
	return cairn__call_end(&call, st, st == CAIRN_OK);
}

/* ---- extend, release, with_lock ----------------------------------------------------- */

static cairn_lock_change change_of(const cairn_lock *lock, enum cairn_lock_act act)
{
	return (cairn_lock_change){ .tenant = { lock->tenant, lock->tenant_len },
				    .name = { lock->name, lock->name_len },
				    .fence = lock->fence,
				    .act = act };
}

static cairn_status extend(cairn_conn *conn, cairn_lock *lock, cairn_usec ttl, cairn_error *err)
{
	cairn_status st = check_held(lock, err);
	if (st != CAIRN_OK)
		return st;
	cairn_lock_change change = change_of(lock, CAIRN_LOCK_EXTEND);
	cairn_time expires_at = 0;
	int hit = 0;
	st = check_ttl(ttl, &change.ttl, err);
	if (st == CAIRN_OK)
		st = conn->locks.change(conn->self, &change, &hit, &expires_at, err);
	if (st == CAIRN_OK && !hit)
		st = cairn_fail(err, CAIRN_E_LOCK_LOST);
	if (st == CAIRN_OK)
		lock->expires_at = expires_at;
	return st;
}

cairn_status cairn_lock_extend(cairn_conn *conn, cairn_lock *lock, cairn_usec ttl, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__LOCKS, "lock.extend", err);
	if (st == CAIRN_OK)
		st = extend(conn, lock, ttl, err);
	return cairn__call_end(&call, st, st == CAIRN_OK);
}

/* Gives back or takes away. */
static cairn_status end(cairn_conn *conn, const cairn_lock_change *change, int *held,
			cairn_error *err)
{
	cairn_time unused = 0;
	int hit = 0;
	cairn_status st = conn->locks.change(conn->self, change, &hit, &unused, err);
	if (st == CAIRN_OK && held != NULL)
		*held = hit;
	return st;
}

cairn_status cairn_lock_release(cairn_conn *conn, const cairn_lock *lock, int *held,
				cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__LOCKS, "lock.release", err);
	if (st == CAIRN_OK)
		st = check_held(lock, err);
	if (st == CAIRN_OK) {
		cairn_lock_change change = change_of(lock, CAIRN_LOCK_RELEASE);
		st = end(conn, &change, held, err);
	}
	return cairn__call_end(&call, st, st == CAIRN_OK);
}

cairn_status cairn_with_lock(cairn_conn *conn, const cairn_lock_opts *opts,
			     cairn_lock_body_fn *body, void *user, cairn_error *err)
{
	cairn_lock lock;
	if (body == NULL)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_status st = cairn_lock_acquire(conn, opts, &lock, err);
	if (st != CAIRN_OK)
		return st;
	st = body(user, &lock, err);
	/* who can't give it back loses it when its time is over */
	cairn_status released = cairn_lock_release(conn, &lock, NULL, NULL);
	(void)released;
	return st;
}

/* ---- for people who look ------------------------------------------------------------- */

static cairn_status list(cairn_conn *conn, const cairn_lock_filter *filter, cairn_lock_rows **locks,
			 cairn_error *err)
{
	if (filter == NULL || filter->size < sizeof *filter)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (filter->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	cairn_lock_query query = { .tenant = filter->tenant,
				   .prefix = filter->prefix,
				   .after = filter->after };
	cairn_status st = cairn__check_names(filter->tenant, filter->prefix, filter->after, err);
	if (st == CAIRN_OK)
		st = cairn__check_page(filter->limit, &query.limit, err);
	if (st != CAIRN_OK)
		return st;
	cairn_rows rows;
	void *memory = *locks;
	cairn_time now = 0;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_lock_row));
	st = conn->locks.list(conn->self, &query, &now, &rows, err);
	st = cairn__rows_end(&rows, &memory, st, err);
	*locks = memory;
	if (st == CAIRN_OK)
		(*locks)->now = now;
	return st;
}

cairn_status cairn_lock_list(cairn_conn *conn, const cairn_lock_filter *filter,
			     cairn_lock_rows **locks, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__LOCKS, "lock.list", err);
	if (st == CAIRN_OK && locks == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = list(conn, filter, locks, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*locks)->count : 0);
}

cairn_status cairn_lock_break(cairn_conn *conn, cairn_str tenant, cairn_str name, int *held,
			      cairn_error *err)
{
	struct cairn__call call;
	cairn_lock_change change = { .tenant = tenant, .name = name, .act = CAIRN_LOCK_BREAK };
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__LOCKS, "lock.break", err);
	if (st == CAIRN_OK)
		st = cairn__check_tenant(tenant, err);
	if (st == CAIRN_OK)
		st = cairn__check_name(name, "name", err);
	if (st == CAIRN_OK)
		st = end(conn, &change, held, err);
	return cairn__call_end(&call, st, st == CAIRN_OK);
}

static cairn_status check_prune(const cairn_scope *scope, cairn_usec age, uint32_t limit,
				cairn_error *err)
{
	cairn_status st = cairn__check_scope(scope, err);
	if (st != CAIRN_OK)
		return st;
	if (scope->kind == CAIRN_SCOPE_GLOBAL) {
		cairn_fail(err, CAIRN_E_ARG_SCOPE);
		cairn_error_message(err, "Every lock has a tenant.");
		return CAIRN_INVALID;
	}
	if (limit > CAIRN__MAX_PRUNE) {
		cairn_fail(err, CAIRN_E_LIMIT_EXCEEDED);
		cairn_error_message(err, "One call prunes at most %d locks.", CAIRN__MAX_PRUNE);
		return CAIRN_TOO_LARGE;
	}
	if (age >= CAIRN_DAY && age <= CAIRN__MAX_AGE)
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_error_message(err, "Locks are pruned at an age of one day to 1000 years.");
	return CAIRN_INVALID;
}

cairn_status cairn_lock_prune(cairn_conn *conn, cairn_scope scope, cairn_usec age, uint32_t limit,
			      size_t *pruned, cairn_error *err)
{
	struct cairn__call call;
	size_t gone = 0;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__LOCKS, "lock.prune", err);
	if (st == CAIRN_OK)
		st = check_prune(&scope, age, limit, err);
	if (st == CAIRN_OK)
		st = conn->locks.prune(conn->self, scope.tenant, age,
				       limit != 0 ? limit : CAIRN__DEFAULT_PRUNE, &gone, err);
	if (st == CAIRN_OK && pruned != NULL)
		*pruned = gone;
	return cairn__call_end(&call, st, gone);
}
