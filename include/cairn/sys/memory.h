/*
 * sys/memory.h - the memory store of a driver: five slots.
 *
 * One table by (tenant, ns, key). A namespace is one text: each segment behind a ':', with a backslash
 * before each ':' and backslash within it; the tenant's own is empty. So what lies within a namespace p is p
 * itself and the range from p ':' to p ';', exclusive. Texts are compared by bytes. What is over
 * (expires_at <= now) is not there for any slot but evict. (sys/lock.h: tenants, guards.)
 */
#ifndef CAIRN_SYS_MEMORY_H
#define CAIRN_SYS_MEMORY_H

#include <cairn/memory.h>
#include <cairn/sys/checkpoint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cairn_memory_write {
	cairn_str ns; /* may be empty */
	cairn_str key;
	cairn_blob value;
	cairn_str metadata; /* never absent */
	cairn_str tags;	    /* as in sys/checkpoint.h */
	cairn_usec ttl;	    /* 0: expires_at NULL */
	int64_t revision;
	cairn_lock_guard lock;
	enum cairn_format format;
	uint32_t expects; /* 1: revision is the visible item's; 0: there is none */
	uint32_t deletes; /* 1: the item goes; its value and what belongs to it do not count */
	uint32_t index;	  /* its place in the caller's batch */
} cairn_memory_write;

typedef struct cairn_memory_plan {
	cairn_str tenant;
	const cairn_memory_write *items; /* by (ns, key), each once; all put, or all delete */
	size_t n;
} cairn_memory_plan;

enum cairn_memory_result {
	CAIRN_MEMORY_DONE = 1,
	CAIRN_MEMORY_LOST, /* the lock */
	CAIRN_MEMORY_MOVED /* the revision */
};

typedef struct cairn_memory_found {
	enum cairn_memory_result result;
	uint32_t existed; /* DONE: 1: a visible item was there */
	int64_t revision; /* DONE: the new one */
	cairn_time expires_at;
} cairn_memory_found;

/*
 * Writes each item unless a condition fails. Its revision becomes the greater of its former row's
 * + 1, visible or not, and now in microseconds (1 at least), so that an item that is deleted and made
 * again has none that it had before. created_at is kept where it replaces a visible item. Rows are locked in
 * (ns, key) byte order. A delete that expects nothing and finds nothing is DONE with existed 0; one
 * that expects something expects a revision > 0. each is zeroed.
 */
typedef cairn_status cairn_memory_put_fn(void *self, const cairn_memory_plan *plan,
					 cairn_memory_found *each, cairn_error *err);

typedef struct cairn_memory_key {
	cairn_str ns;
	cairn_str key;
} cairn_memory_key;

/* Pushes cairn_memory_item rows with their values and ns as it is stored, index = the key's place, by index. */
typedef cairn_status cairn_memory_get_fn(void *self, cairn_str tenant, const cairn_memory_key *keys,
					 size_t n, cairn_rows *rows, cairn_error *err);

typedef struct cairn_memory_query {
	cairn_str tenant;
	cairn_str ns;
	cairn_str prefix;      /* of keys */
	const cairn_str *tags; /* as in sys/checkpoint.h */
	size_t tag_count;
	cairn_str after_ns; /* behind (after_ns, after), if after is not empty; >= ns */
	cairn_str after;
	uint32_t limit;
	uint32_t below;	 /* 1: everything within ns; 0: ns alone */
	uint32_t values; /* 1: with them */
	uint32_t reserved_;
} cairn_memory_query;

/* Pushes cairn_memory_item rows by ns, key. */
typedef cairn_status cairn_memory_list_fn(void *self, const cairn_memory_query *query,
					  cairn_rows *rows, cairn_error *err);

typedef struct cairn_memory_namespace_query {
	cairn_str tenant;
	cairn_str ns;
	cairn_str after; /* namespaces above it, if behind is 1; >= ns */
	uint32_t limit;
	uint32_t behind;
} cairn_memory_namespace_query;

/*
 * Pushes cairn_memory_namespace rows within ns, by ns, as it is stored: those with visible items. It
 * steps from one namespace to the next and does not walk through the items.
 */
typedef cairn_status cairn_memory_namespaces_fn(void *self,
						const cairn_memory_namespace_query *query,
						cairn_rows *rows, cairn_error *err);

/*
 * Deletes what is over, by expires_at, skipping locked rows. The tenant is absent for all tenants': then
 * a session that row-level security binds is DENIED tenant.row_security.
 */
typedef cairn_status cairn_memory_evict_fn(void *self, cairn_str tenant, uint32_t limit,
					   size_t *evicted, cairn_error *err);

typedef struct cairn_memory_ops {
	size_t size;
	cairn_memory_put_fn *put;
	cairn_memory_get_fn *get;
	cairn_memory_list_fn *list;
	cairn_memory_namespaces_fn *namespaces;
	cairn_memory_evict_fn *evict;
} cairn_memory_ops;

#ifdef __cplusplus
}
#endif

#endif
