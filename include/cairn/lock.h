/*
 * lock.h - named locks: leased, fenced, of one tenant.
 *
 * Who takes a lock holds it until it is released or its time is over, whichever comes first, by the
 * database's clock; nothing but a row stands behind it, so no connection is pinned, and a holder that
 * dies leaves it free after the ttl at the latest. Each acquisition has a fence, greater than every
 * fence that the name had before. A holder that was too slow finds out: its extend() is STALE, its
 * release() frees nobody else's lock, and writes that carry the lock as a precondition
 * (cairn_checkpoint_put(), cairn_memory_put(), cairn_log_append()) are STALE lock.lost.
 *
 * Locks are not re-entrant and not fair. Taken inside a transaction, a lock is there for others when
 * that commits, and not at all when it is rolled back.
 */
#ifndef CAIRN_LOCK_H
#define CAIRN_LOCK_H

#include <cairn/conn.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CAIRN_LOCK_TTL	    (30 * CAIRN_SECOND)
#define CAIRN_LOCK_DEADLINE (5 * CAIRN_SECOND)

/*
 * A lock that is held: plain data without anything behind it, filled in by the calls below. It may be
 * copied, kept, and sent to another process.
 */
typedef struct cairn_lock {
	int64_t fence;	       /* > 0 */
	cairn_time expires_at; /* unless it is extended */
	uint32_t tenant_len;
	uint32_t name_len;
	char tenant[256]; /* NUL-terminated */
	char name[256];
	uint64_t reserved_;
} cairn_lock;

typedef struct cairn_lock_opts {
	size_t size;
	cairn_str tenant; /* required */
	cairn_str name;	  /* required: a name */
	cairn_str holder; /* a name for people who look; absent: none */
	cairn_usec ttl;	  /* 0: CAIRN_LOCK_TTL; at least 100 ms, at most 24 h */
	cairn_usec
		deadline; /* acquire: how long to try; 0: CAIRN_LOCK_DEADLINE; -1: once; at most 1 h */
} cairn_lock_opts;

/*
 * Takes a lock that nobody holds, or whose holder's time is over. CONFLICT lock.held: somebody
 * holds it, perhaps the caller; *lock is untouched. Repeating it after UNCERTAIN may find the lock
 * held by the first try, until its ttl is over. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_lock_try(cairn_conn *conn,
						       const cairn_lock_opts *opts,
						       cairn_lock *lock, cairn_error *err);

/*
 * The same, again and again with jittered, growing pauses of 5 to 250 ms, until the lock is had or the
 * deadline has passed: TIMEOUT lock.acquire_timeout, whose detail names the attempts; at least one is
 * made. A BUSY database is tried again, too, and told if it is the last one. INVALID conn.misuse inside a transaction, where waiting could see nothing new, unless the
 * deadline is -1. INTERRUPTED. [1 round trip an attempt]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_lock_acquire(cairn_conn *conn,
							   const cairn_lock_opts *opts,
							   cairn_lock *lock, cairn_error *err);

/*
 * From now on the lock is held for ttl (0: CAIRN_LOCK_TTL). STALE lock.lost: its time was over, it
 * was released, or somebody else has it. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_lock_extend(cairn_conn *conn, cairn_lock *lock,
							  cairn_usec ttl, cairn_error *err);

/*
 * Gives the lock back. *held (may be NULL): 1 if it was still the caller's, its time over or not, 0
 * if it had been taken over or released, which is no error. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_lock_release(cairn_conn *conn, const cairn_lock *lock,
							   int *held, cairn_error *err);

/* What is done under a lock. A failure is the whole call's; it says why in err. */
typedef cairn_status cairn_lock_body_fn(void *user, cairn_lock *lock, cairn_error *err);

/*
 * Acquires, runs the body, releases, whether the body failed or not, and answers what the body did.
 * Nothing extends the lock meanwhile but the body itself. When it can't be had, the body does not run.
 * A release that fails is not told: the lock is free when its time is over.
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_with_lock(cairn_conn *conn,
							const cairn_lock_opts *opts,
							cairn_lock_body_fn *body, void *user,
							cairn_error *err);

/* ---- for people who look ------------------------------------------------ */

typedef struct cairn_lock_row {
	cairn_str tenant;
	cairn_str name;
	cairn_str holder; /* absent: not said */
	int64_t fence;
	cairn_time acquired_at;
	cairn_time expires_at;
	uint32_t expired; /* 1: the next one who tries gets it */
	uint32_t reserved0_;
	uint64_t reserved_[2];
} cairn_lock_row;

typedef struct cairn_lock_rows {
	size_t count;
	const cairn_lock_row *at;
	cairn_time now; /* the time it was looked at */
} cairn_lock_rows;

typedef struct cairn_lock_filter {
	size_t size;
	cairn_str tenant; /* required */
	cairn_str prefix; /* names that begin so, byte for byte; absent: all */
	cairn_str after;  /* continue behind this name */
	uint32_t limit;	  /* 1..1000; 0: 100 */
	uint32_t reserved_;
} cairn_lock_filter;

/* A tenant's locks that are held or ran out unreleased, by name. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_lock_list(cairn_conn *conn,
							const cairn_lock_filter *filter,
							cairn_lock_rows **locks, cairn_error *err);

/*
 * Repair: takes a lock away whoever holds it, so that its holder's writes become STALE. *held (may be
 * NULL): whether there was one. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_lock_break(cairn_conn *conn, cairn_str tenant,
							 cairn_str name, int *held,
							 cairn_error *err);

/*
 * Forgets locks of a scope, a tenant's or any, that have been free for age (at least a day), at most limit
 * (1..10000; 0: 1000): fewer, and there are no more. Fences go on growing unless the clock goes back by
 * more than that. DENIED tenant.row_security as in cairn_memory_evict(). [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_lock_prune(cairn_conn *conn, cairn_scope scope,
							 cairn_usec age, uint32_t limit,
							 size_t *pruned, cairn_error *err);

#ifdef __cplusplus
}
#endif

#endif
