/*
 * log.h - session logs: what happened in a thread, event by event, for good.
 *
 * Events of a thread are numbered from 1 without a gap, in the order in which they were appended,
 * however many append at once; a batch stands together. Nothing is changed or taken out again, except
 * that the oldest can be archived, up to the watermark, which only moves forward. Numbers are never given
 * twice, not even when everything is archived.
 */
#ifndef CAIRN_LOG_H
#define CAIRN_LOG_H

#include <cairn/lock.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cairn_log_event {
	int64_t seq;		  /* 0 when it is appended */
	cairn_str kind;		  /* a name; absent: none */
	cairn_str data;		  /* required: a JSON document */
	cairn_time at;		  /* when it was appended; 0 then */
	uint32_t payload_version; /* of data, below 2^31; 0 when it is appended: 1 */
	uint32_t reserved0_;
	uint64_t reserved_[2];
} cairn_log_event;

enum {
	CAIRN_LOG_EXPECT = 1 /* expected counts */
};

typedef struct cairn_log_batch {
	size_t size;
	cairn_str tenant; /* required */
	cairn_str thread; /* required: a name */
	const cairn_log_event *events;
	size_t n;	  /* may be 0 */
	int64_t expected; /* with CAIRN_LOG_EXPECT: the head as it is now; 0: nothing was ever appended */
	const cairn_lock *lock; /* not NULL: it must still be held */
	uint32_t set;
	uint32_t reserved_;
} cairn_log_batch;

/*
 * Appends them all or none. *head (may be NULL): the number of the last event; the first of n has
 * *head - n + 1. No events: the head as it is, and nothing is written. STALE log.head_moved (*head: as it
 * is), lock.lost. TOO_LARGE limit.exceeded: numbers end at 2^53. Repeated after UNCERTAIN it appends
 * again, unless it says what head it expects. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_log_append(cairn_conn *conn,
							 const cairn_log_batch *batch,
							 int64_t *head, cairn_error *err);

typedef struct cairn_log_events {
	size_t count;
	const cairn_log_event *at;
	int64_t head;	   /* the last number given; 0: none */
	int64_t watermark; /* numbers up to it are archived */
} cairn_log_events;

typedef struct cairn_log_filter {
	size_t size;
	cairn_str tenant; /* required */
	cairn_str thread; /* required */
	int64_t after;	  /* events with a greater number; 0: from the oldest that is left */
	uint32_t limit;	  /* 1..1000; 0: 100 */
	uint32_t reserved_;
} cairn_log_filter;

/* Events by number; of a thread that has none, none. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_log_read(cairn_conn *conn,
						       const cairn_log_filter *filter,
						       cairn_log_events **events, cairn_error *err);

/*
 * Waits until the thread has an event behind `after`, or for timeout (0: 1 s; at most 1 h). *head: as
 * it is then: not above after, the time was over. Where the database can tell (CAIRN_CAP_WAKE) nothing is polled but a
 * safety net. INVALID conn.misuse inside a transaction; INTERRUPTED.
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_log_wait(cairn_conn *conn, cairn_str tenant,
						       cairn_str thread, int64_t after,
						       cairn_usec timeout, int64_t *head,
						       cairn_error *err);

/*
 * Takes events that are about to be removed, in order, once or more often: whoever fails, or dies before
 * they are gone, gets them again.
 */
typedef cairn_status cairn_log_export_fn(void *user, const cairn_log_events *events,
					 cairn_error *err);

typedef struct cairn_log_archive_opts {
	size_t size;
	cairn_str tenant;		/* required */
	cairn_str thread;		/* required */
	int64_t upto;			/* the new watermark; beyond the head: the head */
	cairn_log_export_fn *export_to; /* NULL: they are just removed */
	void *user;
} cairn_log_archive_opts;

/*
 * Removes events up to a number, in batches of 1000, each in a transaction and a round trip, two with an
 * export. *removed (may be NULL) counts them, even where the call fails. A watermark that is not above the
 * present one removes nothing. A failure of the export ends it and is the call's (log.export_failed where
 * it says no more than a status); what was exported before stays removed. With an export INVALID
 * conn.misuse inside a transaction.
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_log_archive(cairn_conn *conn,
							  const cairn_log_archive_opts *opts,
							  size_t *removed, cairn_error *err);

typedef struct cairn_log_head {
	cairn_str thread;
	int64_t head;
	int64_t watermark;
	cairn_time created_at;
	cairn_time updated_at;
	uint64_t reserved_[2];
} cairn_log_head;

typedef struct cairn_log_heads {
	size_t count;
	const cairn_log_head *at;
} cairn_log_heads;

typedef struct cairn_log_list_filter {
	size_t size;
	cairn_str tenant; /* required */
	cairn_str prefix; /* of threads, byte for byte; absent: all */
	cairn_str after;  /* continue behind this thread */
	uint32_t limit;	  /* 1..1000; 0: 100 */
	uint32_t reserved_;
} cairn_log_list_filter;

/* The threads that have a log, by name. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_log_list(cairn_conn *conn,
						       const cairn_log_list_filter *filter,
						       cairn_log_heads **logs, cairn_error *err);

/*
 * Deletes a log with everything in it, its numbers included: a thread of that name begins at 1 again.
 * *existed may be NULL. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_log_delete(cairn_conn *conn, cairn_str tenant,
							 cairn_str thread, int *existed,
							 cairn_error *err);

#ifdef __cplusplus
}
#endif

#endif
