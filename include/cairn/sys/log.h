/*
 * sys/log.h - the log store of a driver: six slots, two of them optional.
 *
 * Tables: a row for each log with head and watermark, which an append locks and moves; events by
 * (tenant, thread, seq). (sys/lock.h: tenants, guards.)
 */
#ifndef CAIRN_SYS_LOG_H
#define CAIRN_SYS_LOG_H

#include <cairn/log.h>
#include <cairn/sys/job.h>
#include <cairn/sys/lock.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cairn_log_plan {
	cairn_str tenant;
	cairn_str thread;
	const cairn_log_event *events; /* payload_version is set */
	size_t n;		       /* >= 1 */
	int64_t expected;	       /* < 0: any */
	cairn_lock_guard lock;
} cairn_log_plan;

enum cairn_log_result {
	CAIRN_LOG_DONE = 1,
	CAIRN_LOG_LOST,	 /* the lock */
	CAIRN_LOG_MOVED, /* the head */
	CAIRN_LOG_FULL	 /* head + n would be above CAIRN_LOG_MAX */
};

#define CAIRN_LOG_MAX ((int64_t)1 << 53)

/*
 * Numbers the events head + 1 … head + n, all with at = now, and moves the head; tells all who wait for
 * the log, when it is committed. *head: as it is afterwards; may be left alone with LOST.
 */
typedef cairn_status cairn_log_append_fn(void *self, const cairn_log_plan *plan,
					 enum cairn_log_result *result, int64_t *head,
					 cairn_error *err);

typedef struct cairn_log_query {
	cairn_str tenant;
	cairn_str thread;
	int64_t after;	/* events above it, and above the watermark */
	uint32_t limit; /* 0: only head and watermark */
	uint32_t reserved_;
} cairn_log_query;

typedef struct cairn_log_place {
	int64_t head; /* 0 for a thread without a log */
	int64_t watermark;
} cairn_log_place;

/*
 * Pushes cairn_log_event rows by seq. Events, head and watermark are those of one moment. Without a limit
 * rows is NULL.
 */
typedef cairn_status cairn_log_read_fn(void *self, const cairn_log_query *query,
				       cairn_log_place *place, cairn_rows *rows, cairn_error *err);

typedef struct cairn_log_cut {
	cairn_str tenant;
	cairn_str thread;
	int64_t upto;
	uint32_t limit;	  /* of events */
	uint32_t deletes; /* 1: the whole log goes instead, its row too; limit does not count */
} cairn_log_cut;

/*
 * Moves the watermark to upto, the head, or where limit events are removed, whichever is least, never
 * back, and removes the events up to it. *removed counts them; deletes: *existed tells if there was a log.
 */
typedef cairn_status cairn_log_archive_fn(void *self, const cairn_log_cut *cut, size_t *removed,
					  int *existed, cairn_error *err);

typedef struct cairn_log_list_query {
	cairn_str tenant;
	cairn_str prefix; /* may be absent */
	cairn_str after;  /* threads above it by bytes */
	uint32_t limit;
	uint32_t reserved_;
} cairn_log_list_query;

/* Pushes cairn_log_head rows by thread. */
typedef cairn_status cairn_log_list_fn(void *self, const cairn_log_list_query *query,
				       cairn_rows *rows, cairn_error *err);

/*
 * Optional: sleeps as cairn_job_wait_fn does (sys/job.h), for an append to this log. Without the slot the core
 * sleeps itself.
 */
typedef cairn_status cairn_log_wait_fn(void *self, cairn_str tenant, cairn_str thread,
				       cairn_usec timeout, enum cairn_wake *wake, cairn_error *err);

/* Optional: the waiting is over. */
typedef void cairn_log_unwait_fn(void *self);

typedef struct cairn_log_ops {
	size_t size;
	cairn_log_append_fn *append;
	cairn_log_read_fn *read;
	cairn_log_archive_fn *archive;
	cairn_log_list_fn *list;
	cairn_log_wait_fn *wait;
	cairn_log_unwait_fn *unwait;
} cairn_log_ops;

#ifdef __cplusplus
}
#endif

#endif
