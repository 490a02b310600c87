/*
 * resource.h - resources: how many jobs may run at once that need the same thing.
 *
 * A job may name a resource by its key; it runs only while it holds one of that resource's permits.
 * A resource belongs to the tenant of its jobs (global jobs have their own) and is there from the
 * first job that names it, with capacity 1: such jobs run one after the other. A permit is held until the
 * lease ends: a lease that expired is held until it is reaped, and one whose job was canceled until
 * its time is over. Jobs whose resource is full are passed over; they keep nobody else waiting.
 *
 * What a claim costs does not depend on how many resources there are, as long as enough of the first
 * jobs in line (a hundred, and two for each that it wants) can run. Where they can't, it looks at
 * each resource that jobs of the queue wait for: a thousand of them are some 3 ms on SQLite and
 * 6 to 12 ms on Postgres. So does a look for work where everything is full.
 */
#ifndef CAIRN_RESOURCE_H
#define CAIRN_RESOURCE_H

#include <cairn/conn.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cairn_resource {
	cairn_str tenant; /* absent: of global jobs */
	cairn_str key;
	int32_t capacity;
	uint32_t reserved0_;
	int64_t in_use;	 /* permits held; more than capacity when that was lowered meanwhile */
	int64_t waiting; /* jobs that are PENDING and due */
	cairn_time created_at;
	cairn_time updated_at;
	uint64_t reserved_[2];
} cairn_resource;

typedef struct cairn_resources {
	size_t count;
	const cairn_resource *at;
} cairn_resources;

typedef struct cairn_capacity {
	cairn_str tenant; /* absent: of global jobs */
	cairn_str key;	  /* required */
	int32_t capacity; /* 0: nothing starts; at most 10000 */
	uint32_t reserved0_;
	uint64_t reserved_[2];
} cairn_capacity;

/*
 * Sets the capacity of n resources, making those that are not there. A capacity below what is in use
 * ends nothing; it lets nothing new start. Of a resource that is named twice the last one counts.
 * INVALID resource.invalid_capacity. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_resource_set(cairn_conn *conn,
							   const cairn_capacity *resources,
							   size_t n, cairn_error *err);

/*
 * One resource of a tenant (absent: of global jobs) as a result of one row; NOT_FOUND
 * resource.not_found. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_resource_get(cairn_conn *conn, cairn_str tenant,
							   cairn_str key,
							   cairn_resources **resource,
							   cairn_error *err);

typedef struct cairn_resource_filter {
	size_t size;
	cairn_scope scope;	/* required */
	cairn_str after_tenant; /* continue behind this resource; the first of all is absent, "" */
	cairn_str after_key;
	uint32_t limit; /* 1..1000; 0: 100 */
	uint32_t reserved_;
} cairn_resource_filter;

/* By tenant and key, those of global jobs first. It counts rows, for people. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_resource_list(cairn_conn *conn,
							    const cairn_resource_filter *filter,
							    cairn_resources **resources,
							    cairn_error *err);

#ifdef __cplusplus
}
#endif

#endif
