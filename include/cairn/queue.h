/*
 * queue.h - queues: what stands in them, and stopping them.
 *
 * A queue is a name that jobs are enqueued under; it needs no making. Pausing one stops its claims
 * and nothing else: jobs go on to be enqueued, and what is leased runs on and may finish. A queue may
 * be paused before it has any job, and stays paused until it is resumed, whoever restarts.
 */
#ifndef CAIRN_QUEUE_H
#define CAIRN_QUEUE_H

#include <cairn/conn.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cairn_queue {
	cairn_str name;
	int64_t pending;       /* due + parked */
	int64_t due;	       /* PENDING, and its time has come */
	int64_t parked;	       /* PENDING, due later */
	int64_t leased;	       /* LEASED, expired ones included */
	int64_t expired;       /* of those, leases whose time is over */
	cairn_time oldest_due; /* the smallest run_at among the due; 0: none */
	cairn_time paused_at;  /* 0: not paused */
	int64_t succeeded;     /* ended and still kept; 0 unless they were asked for */
	int64_t dead_lettered;
	int64_t canceled;
	uint32_t paused; /* 1: claims get nothing */
	uint32_t reserved0_;
	uint64_t reserved_[3];
} cairn_queue;

typedef struct cairn_queues {
	size_t count;
	const cairn_queue *at;
	cairn_time now; /* the time it was counted */
} cairn_queues;

typedef struct cairn_queue_filter {
	size_t size;
	cairn_scope scope; /* required: whose jobs are counted */
	cairn_str after;   /* continue behind this queue */
	uint32_t limit;	   /* 1..1000; 0: 100 */
	uint32_t
		finished; /* 1: ended jobs are counted as well, which reads every one that is kept */
} cairn_queue_filter;

/*
 * The queues that have jobs in scope, by name; with scope ANY also those that are paused without
 * having any. It counts rows: for people and alarms, not for hot paths. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_queue_list(cairn_conn *conn,
							 const cairn_queue_filter *filter,
							 cairn_queues **queues, cairn_error *err);

/* What became of one queue of a call. */
typedef struct cairn_queue_changed {
	uint32_t changed; /* 0: it was like this already */
	uint32_t reserved0_;
	uint64_t reserved_;
} cairn_queue_changed;

/*
 * Pauses n queues: claims that begin after this, of whatever kind, get nothing from them, and
 * cairn_job_wait() does not count them as work. Pausing again changes nothing. each may be NULL.
 * [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_queue_pause(cairn_conn *conn, const cairn_str *queues,
							  size_t n, cairn_queue_changed *each,
							  cairn_error *err);

/*
 * Lets n queues go on, in the order in which they stand. Whoever waits for them is told.
 * [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_queue_resume(cairn_conn *conn,
							   const cairn_str *queues, size_t n,
							   cairn_queue_changed *each,
							   cairn_error *err);

#ifdef __cplusplus
}
#endif

#endif
