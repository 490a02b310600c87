/*
 * memory.h - memory items: what is known beyond one thread, by namespace and key, for a time or for
 * good.
 *
 * A namespace is a path of segments inside a tenant; it needs no making. Each write of an item gives it a
 * greater revision, by which the next write can be made to depend on it. An item whose time is over is
 * invisible at once, also when nobody has evicted it yet. Keys and namespaces are compared and ordered
 * byte for byte; a prefix is a range of bytes, in which no character means more than itself.
 */
#ifndef CAIRN_MEMORY_H
#define CAIRN_MEMORY_H

#include <cairn/checkpoint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- namespaces --------------------------------------------------------- */

/* {NULL, 0} is the tenant's own namespace, above all others. */
typedef struct cairn_namespace {
	const cairn_str
		*segments; /* names; at most 32, and 1024 bytes as text with a ':' before each */
	size_t count;
} cairn_namespace;

/*
 * As one text, and back: segments joined by ':', and a backslash before each ':' and backslash
 * within them, so that different namespaces have different texts. With a tenant it comes first, as
 * one more segment. Here segments may be empty and hold any character; without a tenant the first
 * one should not be empty. Answers the length without the terminator; if that is not below size,
 * what fits has been written.
 */
CAIRN_API size_t cairn_namespace_format(cairn_str tenant, cairn_namespace ns, char *text,
					size_t size);

typedef struct cairn_namespace_text {
	size_t count;
	const cairn_str *at; /* the segments; of a text with a tenant the first is the tenant */
} cairn_namespace_text;

/*
 * INVALID memory.invalid_namespace: a single backslash at the end, or one before anything else than ':'
 * or another; an empty first segment, so an empty text too.
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_namespace_parse(cairn_str text,
							      cairn_namespace_text **segments,
							      cairn_error *err);

/* Whether ns is prefix or lies below it, segment by segment. */
CAIRN_API int cairn_namespace_within(cairn_namespace ns, cairn_namespace prefix);

/* ---- writing ------------------------------------------------------------ */

enum {
	CAIRN_MEMORY_EXPECT = 1 /* revision counts */
};

typedef struct cairn_memory_new {
	cairn_namespace ns;
	cairn_str key;	    /* required: a key */
	cairn_blob value;   /* required; may be an empty text of bytes */
	cairn_str metadata; /* a JSON object; absent: {} */
	cairn_usec ttl;	    /* 0: for good, and an earlier time is forgotten; at most 100 years */
	int64_t revision;   /* with CAIRN_MEMORY_EXPECT: as it is now; 0: there is none */
	const cairn_lock *lock; /* not NULL: it must still be held */
	enum cairn_format format;
	uint32_t set;
	uint64_t reserved_[2];
} cairn_memory_new;

typedef struct cairn_memory_changed {
	int64_t revision; /* the new one; 0 on failure */
	cairn_time expires_at;
	cairn_status status; /* OK, STALE */
	cairn_code code;
	uint32_t existed; /* 1: it replaced, or deleted, an item that was visible */
	uint32_t reserved0_;
	uint64_t reserved_;
} cairn_memory_changed;

/*
 * Writes n items of a tenant, each for itself: value, metadata, format and time all replace what was
 * there. STALE memory.revision_moved, lock.lost. An item twice in one batch: INVALID. each may be NULL:
 * then the first failure of the batch is the call's, and the others are written. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_memory_put(cairn_conn *conn, cairn_str tenant,
							 const cairn_memory_new *items, size_t n,
							 cairn_memory_changed *each,
							 cairn_error *err);

typedef struct cairn_memory_ref {
	cairn_namespace ns;
	cairn_str key;
	int64_t revision; /* deleting, with CAIRN_MEMORY_EXPECT: as it is now */
	uint32_t set;
	uint32_t reserved_;
} cairn_memory_ref;

/*
 * Deletes n items; one that is not there is no failure, unless a revision was expected, which can't be 0
 * here. STALE memory.revision_moved. An item twice in one batch: INVALID. each may be NULL, as for put.
 * [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_memory_delete(cairn_conn *conn, cairn_str tenant,
							    const cairn_memory_ref *items, size_t n,
							    cairn_memory_changed *each,
							    cairn_error *err);

/* ---- reading ------------------------------------------------------------ */

typedef struct cairn_memory_item {
	cairn_str ns; /* as cairn_namespace_format() without a tenant; absent: the tenant's own */
	cairn_str key;
	cairn_blob value; /* NUL-terminated; absent where it was not asked for */
	int64_t value_size;
	cairn_str metadata;
	int64_t revision;
	cairn_time created_at;
	cairn_time updated_at;
	cairn_time expires_at; /* 0: never */
	enum cairn_format format;
	uint32_t index; /* get: of the ref that it answers */
	uint64_t reserved_[2];
} cairn_memory_item;

typedef struct cairn_memory_items {
	size_t count;
	const cairn_memory_item *at;
} cairn_memory_items;

/* The items that are there, in the order of refs; for one ref count is 0 or 1. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_memory_get(cairn_conn *conn, cairn_str tenant,
							 const cairn_memory_ref *items, size_t n,
							 cairn_memory_items **found,
							 cairn_error *err);

enum {
	CAIRN_MEMORY_BELOW = 1,	 /* in all namespaces within ns, not only in ns */
	CAIRN_MEMORY_VALUES = 2, /* with their values, else only their sizes */
	CAIRN_MEMORY_AFTER = 4	 /* of namespaces: after counts where it is absent, too */
};

typedef struct cairn_memory_filter {
	size_t size;
	cairn_str tenant; /* required */
	cairn_namespace ns;
	cairn_str prefix; /* of keys, a UTF-8 text; absent: all */
	/* A JSON object of at most 16 members: items whose metadata has them, equal in canonical form. */
	cairn_str metadata;
	cairn_str after_ns; /* continue behind the last row: its namespace, with BELOW, … */
	cairn_str after;    /* … and its key */
	uint32_t limit;	    /* 1..1000; 0: 100 */
	uint32_t set;
} cairn_memory_filter;

/* Visible items, by namespace and key. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_memory_list(cairn_conn *conn,
							  const cairn_memory_filter *filter,
							  cairn_memory_items **items,
							  cairn_error *err);

typedef struct cairn_memory_namespace {
	cairn_str ns; /* as in cairn_memory_item */
	uint64_t reserved_[2];
} cairn_memory_namespace;

typedef struct cairn_memory_namespaces {
	size_t count;
	const cairn_memory_namespace *at;
} cairn_memory_namespaces;

typedef struct cairn_memory_namespace_filter {
	size_t size;
	cairn_str tenant;   /* required */
	cairn_namespace ns; /* it and those below it */
	cairn_str after;    /* continue behind this one, as the last row has it … */
	uint32_t limit;	    /* 1..1000; 0: 100 */
	uint32_t set; /* … and with CAIRN_MEMORY_AFTER behind the tenant's own, which has no text */
} cairn_memory_namespace_filter;

/*
 * Namespaces with visible items, by the bytes of their texts with a ':' before them. It costs as
 * much as there are namespaces, not items. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status
cairn_memory_namespace_list(cairn_conn *conn, const cairn_memory_namespace_filter *filter,
			    cairn_memory_namespaces **namespaces, cairn_error *err);

/* ---- retention ---------------------------------------------------------- */

/*
 * Removes items whose time is over, the oldest first, at most limit (1..10000; 0: 1000): fewer, and
 * there are no more, but for those that others are writing. The scope is a tenant's, or any; GLOBAL
 * is INVALID. On Postgres any tenant's needs a role that row-level security does not bind: else
 * DENIED tenant.row_security, and nothing is removed. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_memory_evict(cairn_conn *conn, cairn_scope scope,
							   uint32_t limit, size_t *evicted,
							   cairn_error *err);

#ifdef __cplusplus
}
#endif

#endif
