/* sys/owner.h - the registry of owners of a driver: four slots. */
#ifndef CAIRN_SYS_OWNER_H
#define CAIRN_SYS_OWNER_H

#include <cairn/owner.h>
#include <cairn/sys/driver.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Inserts or replaces the row of this name: incarnation, registered_at = heartbeat_at = now,
 * started_at as given or now, closed_at NULL, and the rest as given.
 */
typedef cairn_status cairn_owner_register_fn(void *self, const cairn_owner_new *owner,
					     const cairn_id *incarnation, cairn_error *err);

enum cairn_owner_hit {
	CAIRN_OWNER_MISS = 0, /* no such name */
	CAIRN_OWNER_HIT,
	CAIRN_OWNER_OTHER, /* the name has another incarnation */
	CAIRN_OWNER_ENDED  /* closed */
};

typedef struct cairn_owner_found {
	enum cairn_owner_hit hit;
	uint32_t reserved_;
	cairn_id incarnation; /* that stands there */
} cairn_owner_found;

typedef struct cairn_owner_plan {
	const cairn_owner_ref *owners; /* a name may stand there twice */
	size_t n;
	uint32_t close; /* 1: closed_at = now */
	uint32_t reserved_;
} cairn_owner_plan;

/*
 * For those whose incarnation is the stored one and that are not closed: heartbeat_at = now, or
 * closed_at = now. Nothing is written for the others.
 */
typedef cairn_status cairn_owner_touch_fn(void *self, const cairn_owner_plan *plan,
					  cairn_owner_found *each, cairn_error *err);

typedef struct cairn_owner_query {
	uint32_t states; /* never 0 */
	uint32_t limit;
	cairn_usec stale_after;
	cairn_str after; /* names above it by bytes */
} cairn_owner_query;

/*
 * Pushes cairn_owner rows by name: CLOSED with a closed_at, else STALE with heartbeat_at < now -
 * stale_after, else LIVE. Tells the time it used, if there are any.
 */
typedef cairn_status cairn_owner_list_fn(void *self, const cairn_owner_query *query,
					 cairn_time *now, cairn_rows *rows, cairn_error *err);

/*
 * Deletes up to limit rows whose last sign of life (closed_at, else heartbeat_at) is <= now - age,
 * oldest first, skipping locked ones.
 */
typedef cairn_status cairn_owner_prune_fn(void *self, cairn_usec age, uint32_t limit,
					  size_t *pruned, cairn_error *err);

typedef struct cairn_owner_ops {
	size_t size;
	cairn_owner_register_fn *enroll;
	cairn_owner_touch_fn *touch;
	cairn_owner_list_fn *list;
	cairn_owner_prune_fn *prune;
} cairn_owner_ops;

#ifdef __cplusplus
}
#endif

#endif
