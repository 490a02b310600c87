/*
 * history.h - reading the jobs store, and deleting from it: jobs, attempts, events, logs, dead
 * letters; by filter: cancel, requeue, prune. Every read is [1 round trip].
 */
#ifndef CAIRN_HISTORY_H
#define CAIRN_HISTORY_H

#include <cairn/job.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- reading ----------------------------------------------------------- */

/* One job as a result of one row; NOT_FOUND job.not_found. */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_get(cairn_conn *conn, cairn_scope scope,
						      cairn_id id, cairn_jobs **job,
						      cairn_error *err);

typedef struct cairn_job_filter {
	size_t size;
	cairn_scope scope; /* required */
	cairn_str queue;
	cairn_str type;
	uint32_t statuses;	 /* bits 1u << status; 0: all */
	uint32_t limit;		 /* 1..1000; 0: 100 */
	cairn_time created_from; /* inclusive; 0: open */
	cairn_time created_to;	 /* exclusive; 0: open */
	cairn_id after;		 /* continue behind this job: the last row's id */
	uint32_t compact;	 /* 1: payload, checkpoint, output and request stay absent */
	uint32_t reserved_;
} cairn_job_filter;

/*
 * Newest first, by id (ids are ordered by time). The cursor is the last row's
 * id and stays good when that job is gone; newer jobs do not shift a page.
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_list(cairn_conn *conn,
						       const cairn_job_filter *filter,
						       cairn_jobs **jobs, cairn_error *err);

typedef struct cairn_attempt {
	int64_t fence;
	int32_t run_number;
	int32_t attempt;
	cairn_str worker;
	cairn_time leased_at;
	cairn_time finished_at; /* 0: it runs */
	enum cairn_ending ending;
	uint32_t reserved0_;
	cairn_str error_code;
	cairn_str error_message;
	cairn_usec retry_delay;		 /* the policy's or the caller's */
	cairn_time next_run_at;		 /* when it is due again */
	cairn_time not_before;		 /* the handler's wish, if it gave one */
	cairn_time execution_started_at; /* 0: stage running was never reported */
	uint32_t prestart;		 /* 1: claimed ahead of execution */
	uint32_t reserved1_;
	uint64_t reserved_[2];
} cairn_attempt;

typedef struct cairn_attempts {
	size_t count;
	const cairn_attempt *at;
} cairn_attempts;

/*
 * A job's attempts by fence, the running one included; after is exclusive,
 * limit 1..1000 (0: 100). NOT_FOUND for a job that is not in scope.
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_attempts(cairn_conn *conn, cairn_scope scope,
							   cairn_id job, int64_t after,
							   uint32_t limit,
							   cairn_attempts **attempts,
							   cairn_error *err);

enum cairn_event_kind {
	CAIRN_EVENT_ENQUEUED = 1,
	CAIRN_EVENT_LEASED,
	CAIRN_EVENT_STAGE_CHANGED,
	CAIRN_EVENT_PROGRESS,
	CAIRN_EVENT_SUCCEEDED,
	CAIRN_EVENT_FAILED,
	CAIRN_EVENT_RETRY_SCHEDULED,
	CAIRN_EVENT_DEAD_LETTERED,
	CAIRN_EVENT_CANCELED,
	CAIRN_EVENT_REQUEUED,
	CAIRN_EVENT_STEP_STARTED, /* of replay runs (replay.h) */
	CAIRN_EVENT_STEP_WAITING,
	CAIRN_EVENT_STEP_COMPLETED,
	CAIRN_EVENT_STEP_FAILED,
	CAIRN_EVENT_SIGNALED
};

/* "ENQUEUED" …; NULL for no kind, 0 for no such word. */
CAIRN_API const char *cairn_event_kind_text(enum cairn_event_kind kind);
CAIRN_API enum cairn_event_kind cairn_event_kind_parse(cairn_str word);

typedef struct cairn_event {
	int64_t seq; /* 1, 2, 3 … within the job */
	enum cairn_event_kind kind;
	int32_t run_number;
	int32_t attempt; /* 0: none */
	uint32_t reserved0_;
	cairn_str stage;	/* absent: none */
	int64_t progress_done;	/* -1: none */
	int64_t progress_total; /* -1: none */
	cairn_time at;
	cairn_str payload; /* JSON object; members as in docs/EVENTS.md */
	uint64_t reserved_[2];
} cairn_event;

typedef struct cairn_event_rows {
	size_t count;
	const cairn_event *at;
} cairn_event_rows;

/* A job's timeline by seq; after is exclusive, limit 1..1000 (0: 100). NOT_FOUND. */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_events(cairn_conn *conn, cairn_scope scope,
							 cairn_id job, int64_t after,
							 uint32_t limit, cairn_event_rows **events,
							 cairn_error *err);

typedef struct cairn_dead_letter {
	cairn_id id; /* the job's */
	cairn_str type;
	cairn_str queue;
	cairn_str tenant;
	int32_t run_number;
	int32_t attempt;
	cairn_str error_code;
	cairn_str error_message;
	cairn_str payload;    /* as it was then */
	cairn_str checkpoint; /* as it was then */
	cairn_time failed_at;
	cairn_time created_at; /* of the first dead letter of this job */
	uint64_t reserved_[4];
} cairn_dead_letter;

typedef struct cairn_dead_letters {
	size_t count;
	const cairn_dead_letter *at;
} cairn_dead_letters;

typedef struct cairn_dead_filter {
	size_t size;
	cairn_scope scope; /* required */
	cairn_id job;	   /* only this one; none: all */
	cairn_str type;
	cairn_id after; /* continue behind this job */
	uint32_t limit; /* 1..1000; 0: 100 */
	uint32_t reserved_;
} cairn_dead_filter;

/* The latest dead letter of each job, newest job first. */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_dead_letters(cairn_conn *conn,
							       const cairn_dead_filter *filter,
							       cairn_dead_letters **letters,
							       cairn_error *err);

/* ---- logs ----------------------------------------------------------------- */

enum cairn_log_level { CAIRN_LOG_DEBUG = 1, CAIRN_LOG_INFO, CAIRN_LOG_WARNING, CAIRN_LOG_ERROR };

/* "DEBUG" …; NULL for no level, 0 for no such word. */
CAIRN_API const char *cairn_log_level_text(enum cairn_log_level level);
CAIRN_API enum cairn_log_level cairn_log_level_parse(cairn_str word);

typedef struct cairn_log_line {
	cairn_lease lease; /* of the running attempt; several lines may have the same */
	enum cairn_log_level level;
	uint32_t reserved0_;
	cairn_str message; /* 1 byte to 8 KiB of UTF-8, not blank */
	cairn_str data;	   /* JSON; absent: none */
	uint64_t reserved_[2];
} cairn_log_line;

/*
 * Appends n lines to their jobs' logs, in their order; guarded by each lease as a heartbeat is. Of a
 * line that was written only its status is told. INVALID tx.unsupported_isolation in a
 * transaction of the caller's own that is stricter than READ COMMITTED. [1 round trip; 2 in a
 * transaction of the application's]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_log(cairn_conn *conn, const cairn_log_line *lines,
						      size_t n, cairn_changed *each,
						      cairn_error *err);

/*
 * One line from outside: no lease, any status, attempt 0. NOT_FOUND job.not_found; isolation as in
 * cairn_job_log. [1 round trip; 2 in a transaction of the application's]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_note(cairn_conn *conn, cairn_scope scope,
						       cairn_id job, enum cairn_log_level level,
						       cairn_str message, cairn_str data,
						       cairn_error *err);

typedef struct cairn_log_row {
	int64_t seq; /* 1, 2, 3 … within the job */
	enum cairn_log_level level;
	int32_t run_number;
	int32_t attempt; /* 0: from outside */
	uint32_t reserved0_;
	cairn_time at;
	cairn_str message;
	cairn_str data; /* absent: none */
	uint64_t reserved_[2];
} cairn_log_row;

typedef struct cairn_log_rows {
	size_t count;
	const cairn_log_row *at;
} cairn_log_rows;

/* A job's log by seq; after is exclusive, limit 1..1000 (0: 100). NOT_FOUND. */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_logs(cairn_conn *conn, cairn_scope scope,
						       cairn_id job, int64_t after, uint32_t limit,
						       cairn_log_rows **lines, cairn_error *err);

/* ---- by filter -------------------------------------------------------------- */

/* What one call by filter did to a job. */
typedef struct cairn_swept_job {
	cairn_id id;
	cairn_str type;
	cairn_str tenant;
	enum cairn_job_status was;
	cairn_status status; /* OK; STALE, NOT_FOUND, BUSY: it moved meanwhile */
	cairn_code code;
	int32_t run_number;
	uint64_t reserved_[2];
} cairn_swept_job;

typedef struct cairn_swept {
	size_t count;
	const cairn_swept_job *at;
	uint64_t more; /* 1: the limit was reached, there may be others */
} cairn_swept;

/*
 * Cancels up to limit jobs that fit the filter, newest first (statuses 0: PENDING and LEASED).
 * Jobs that are beyond canceling are no failure but reported. [2 round trips]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_cancel_where(cairn_conn *conn,
							       const cairn_job_filter *filter,
							       cairn_str reason,
							       cairn_swept **swept,
							       cairn_error *err);

/* Likewise requeue (statuses 0: DEAD_LETTERED and CANCELED); reset as in cairn_requeue. */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_requeue_where(cairn_conn *conn,
								const cairn_job_filter *filter,
								uint32_t reset, cairn_str reason,
								cairn_swept **swept,
								cairn_error *err);

typedef struct cairn_prune_opts {
	size_t size;
	cairn_scope scope; /* required */
	cairn_str queue;
	cairn_str type;
	uint32_t statuses; /* bits 1u << status of ended ones; 0: SUCCEEDED */
	uint32_t limit;	   /* 1..10000; 0: 1000 */
	cairn_usec age;	   /* since the end; 0: each type's retention, of SUCCEEDED only */
} cairn_prune_opts;

/*
 * Deletes up to limit ended jobs, oldest end first, with attempts, events, logs, dead letter
 * and key; those of steps go with their run (workflow.h). *pruned says how many: call again until it is
 * less than limit. A type's retention is what its definition says now. What is kept costs nothing, a
 * type with successes one look. Jobs canceled while leased stay until that lease is over. Rows that others have locked are skipped.
 * INVALID tx.unsupported_isolation where the caller's transaction is stricter than READ COMMITTED.
 * [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_prune(cairn_conn *conn,
							const cairn_prune_opts *opts,
							size_t *pruned, cairn_error *err);

#ifdef __cplusplus
}
#endif

#endif
