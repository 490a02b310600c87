/*
 * sys/queue.h - the queues and resources stores of a driver: two slots each.
 *
 * What pausing and permits mean for claims is said at cairn_job_claim_fn. A driver without the
 * resources table gets no job with a resource key.
 */
#ifndef CAIRN_SYS_QUEUE_H
#define CAIRN_SYS_QUEUE_H

#include <cairn/queue.h>
#include <cairn/resource.h>
#include <cairn/sys/job.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- queues ------------------------------------------------------------- */

typedef struct cairn_queue_query {
	cairn_scope scope;
	cairn_str after; /* queues above it by bytes */
	uint32_t limit;
	uint32_t finished; /* 1: count ended jobs, too */
} cairn_queue_query;

/*
 * Pushes cairn_queue rows by name and tells the time it used. A queue has a row when a job in scope
 * is counted in it, or when the scope is ANY and it is paused.
 */
typedef cairn_status cairn_queue_list_fn(void *self, const cairn_queue_query *query,
					 cairn_time *now, cairn_rows *rows, cairn_error *err);

typedef struct cairn_queue_plan {
	const cairn_str *queues; /* a name may stand there twice */
	size_t n;
	uint32_t paused; /* what they shall be */
	uint32_t reserved_;
} cairn_queue_plan;

/*
 * Pauses (paused_at = now, of those that are not paused) or resumes. each (zeroed, never NULL): what
 * was changed; of a name that stands there twice, the first one.
 */
typedef cairn_status cairn_queue_pause_fn(void *self, const cairn_queue_plan *plan,
					  cairn_queue_changed *each, cairn_error *err);

typedef struct cairn_queue_ops {
	size_t size;
	cairn_queue_list_fn *list;
	cairn_queue_pause_fn *pause;
} cairn_queue_ops;

/* ---- resources ---------------------------------------------------------- */

/* Makes or changes resources; a name may stand there twice, the last one counts. */
typedef cairn_status cairn_resource_set_fn(void *self, const cairn_capacity *resources, size_t n,
					   cairn_error *err);

typedef struct cairn_resource_query {
	cairn_scope scope;
	cairn_str key;		/* exactly this one, if present */
	cairn_str after_tenant; /* (tenant, key) above these, by bytes; absent is '' */
	cairn_str after_key;
	uint32_t limit;
	uint32_t reserved_;
} cairn_resource_query;

/*
 * Pushes cairn_resource rows by tenant and key. in_use counts jobs that are LEASED, and those
 * CANCELED with lease_expires_at > now; waiting those that are PENDING with run_at <= now.
 */
typedef cairn_status cairn_resource_list_fn(void *self, const cairn_resource_query *query,
					    cairn_rows *rows, cairn_error *err);

typedef struct cairn_resource_ops {
	size_t size;
	cairn_resource_set_fn *set;
	cairn_resource_list_fn *list;
} cairn_resource_ops;

#ifdef __cplusplus
}
#endif

#endif
