/*
 * job.h - the jobs store: enqueue, claim, heartbeat, finish, cancel, reap, read.
 * What a job's type says is in definition.h.
 *
 *	PENDING -> LEASED -> SUCCEEDED | DEAD_LETTERED | CANCELED
 *	   ^          |
 *	   +----------+  retry, reaping
 *
 * Every call is batch-first: n items are one commit and, on Postgres, one
 * round trip. An item that is malformed fails the whole call before any I/O
 * (err->index names it). Outcomes that depend on data are per item, in `each`,
 * and leave the other items alone; a database error writes nothing at all. With `each` NULL the
 * first failed item's outcome becomes the call's own; the others stay done.
 *
 * Every function works inside a transaction that the caller opened and then
 * commits nothing itself. Expected outcomes never abort that transaction.
 */
#ifndef CAIRN_JOB_H
#define CAIRN_JOB_H

#include <cairn/definition.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cairn_job_status {
	CAIRN_JOB_PENDING = 1,
	CAIRN_JOB_LEASED,
	CAIRN_JOB_SUCCEEDED,
	CAIRN_JOB_DEAD_LETTERED,
	CAIRN_JOB_CANCELED
};

/* "PENDING" …: the same word in the API, SQL, JSON and the CLI. NULL for no status. */
CAIRN_API const char *cairn_job_status_text(enum cairn_job_status status);
/* 0 for a word that is no status. */
CAIRN_API enum cairn_job_status cairn_job_status_parse(cairn_str word);

/* How an attempt ended; 0 while it runs. */
enum cairn_ending {
	CAIRN_ENDING_NONE = 0,
	CAIRN_ENDING_SUCCEEDED,
	CAIRN_ENDING_RETRYABLE,
	CAIRN_ENDING_TERMINAL,
	CAIRN_ENDING_TIMEOUT,
	CAIRN_ENDING_PANICKED,
	CAIRN_ENDING_LEASE_EXPIRED,
	CAIRN_ENDING_CANCELED,
	CAIRN_ENDING_CONTINUED,
	CAIRN_ENDING_SNOOZED,
	CAIRN_ENDING_RELEASED
};

/* "RETRYABLE" …; "RUNNING" for NONE. */
CAIRN_API const char *cairn_ending_text(enum cairn_ending ending);
CAIRN_API enum cairn_ending cairn_ending_parse(cairn_str word);

/* ---- producing --------------------------------------------------------- */

typedef struct cairn_job_new {
	cairn_str type;
	cairn_str queue;      /* absent: "default" */
	cairn_str tenant;     /* absent: a global job */
	cairn_str payload;    /* JSON, kept byte for byte; absent: {} */
	cairn_str key;	      /* idempotency key, unique per (type, tenant) */
	cairn_str owner;      /* only workers of this owner may claim it; absent: any */
	cairn_str stage;      /* queued (default), scheduled */
	cairn_time run_at;    /* not before; 0: now */
	cairn_usec timeout;   /* 0: the definition's */
	int32_t max_attempts; /* 0: the definition's */
	int32_t priority; /* larger first; with CAIRN_JOB_PRIORITY in set, else the definition's */
	uint32_t set;
	uint32_t reserved0_;
	uint64_t reserved_[4];
} cairn_job_new;

#define CAIRN_JOB_PRIORITY 1u

enum cairn_disposition {
	CAIRN_INSERTED = 1,
	CAIRN_EXISTING /* the key was there with an equal request */
};

/* How one enqueue item ended. */
typedef struct cairn_job_added {
	cairn_id id;	     /* the new job's, or the existing one's; none on failure */
	cairn_status status; /* OK; INVALID, CONFLICT per item */
	cairn_code code;
	enum cairn_disposition disposition;
	enum cairn_job_status job_status; /* as it is now: an existing job may have moved on */
	int32_t run_number;
	uint32_t reserved_;
} cairn_job_added;

/*
 * Enqueues n jobs. Each needs an enabled definition
 * (job.definition_not_found_or_disabled); a keyed job whose key exists answers
 * EXISTING when the request equals the stored one, even if the definition was
 * disabled since, and CONFLICT job.idempotency_conflict when it differs. A new key of a type
 * that keeps nothing is INVALID job.key_needs_retention. Requests
 * are compared in canonical form, as requested, defaults not resolved, so a retry sends the same
 * run_at again. A key used twice in one batch shares one job. Repeating a keyed
 * call after UNCERTAIN gives the first call's result. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_enqueue(cairn_conn *conn,
							  const cairn_job_new *jobs, size_t n,
							  cairn_job_added *each, cairn_error *err);

/* ---- jobs as they are read --------------------------------------------- */

/*
 * The right to work on a job, handed out by a claim: id and fence, and what
 * planning its end needs; only id and fence are guarded. Copy it freely; it outlives the claimed rows. The fence grows
 * with every claim of the job and may be passed to outside systems as a fencing token.
 */
typedef struct cairn_lease {
	cairn_id id;
	int64_t fence;
	int32_t attempt;
	int32_t max_attempts;
	cairn_retry retry;
	uint32_t hints; /* CAIRN_HINT_… */
	uint32_t reserved0_;
	uint64_t reserved_[2];
} cairn_lease;

/* The type has policies for single error codes: they are read when an attempt fails with one. */
#define CAIRN_HINT_OVERRIDES 1u
/* The job is deleted when it succeeds (its type has CAIRN_RETAIN_NONE, and it has no key). */
#define CAIRN_HINT_UNKEPT 2u

typedef struct cairn_job {
	cairn_id id;
	cairn_str queue;
	cairn_str type;
	cairn_str tenant; /* absent: global */
	cairn_str payload;
	enum cairn_job_status status;
	int32_t priority;
	int32_t run_number;
	int32_t attempt;
	int32_t max_attempts;
	uint32_t parked; /* 1: due later, outside the claim index */
	cairn_usec timeout;
	cairn_time run_at;
	cairn_time lease_expires_at;
	cairn_time heartbeat_at;
	cairn_time leased_at; /* when the running attempt was claimed */
	cairn_str worker;
	cairn_str owner;
	int64_t fence;
	cairn_time started_at; /* first claim of this run */
	cairn_time finished_at;
	cairn_str stage;
	int64_t progress_done;	/* -1: none */
	int64_t progress_total; /* -1: none */
	cairn_str checkpoint;
	cairn_str output;
	cairn_str key;
	cairn_str request; /* canonical text of the keyed request */
	cairn_str status_reason;
	cairn_str error_code;
	cairn_str error_message;
	cairn_time created_at;
	cairn_time updated_at;
	cairn_retry retry; /* the definition's, in claimed rows only */
	uint32_t hints;	   /* CAIRN_HINT_…, in claimed rows only */
	uint32_t reserved0_;
	uint64_t reserved_[8];
} cairn_job;

typedef struct cairn_jobs {
	size_t count;
	const cairn_job *at;
} cairn_jobs;

/* The lease of a claimed row. */
CAIRN_API cairn_lease cairn_job_lease(const cairn_job *job);

/* ---- working ----------------------------------------------------------- */

#define CAIRN_LEASE_DEFAULT (30 * CAIRN_SECOND)

typedef struct cairn_claim_opts {
	size_t size;
	cairn_str worker;	/* required: who holds the lease */
	cairn_str queue;	/* absent: "default" */
	cairn_str owner;	/* also claim jobs pinned to this owner */
	const cairn_str *types; /* NULL: any type; non-NULL with type_count 0: nothing */
	size_t type_count;
	cairn_usec lease; /* 0: 30 s; at least 100 ms */
	uint32_t limit;	  /* 0: 1; at most 1000 */
	uint32_t reserved_;
} cairn_claim_opts;

/*
 * Leases up to limit due jobs of one queue and answers them in queue order:
 * priority descending, run_at, id. Jobs locked by others are skipped, never
 * waited for. Nothing to claim is OK with count 0. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_claim(cairn_conn *conn,
							const cairn_claim_opts *opts,
							cairn_jobs **jobs, cairn_error *err);

/* How one change of a job ended. */
typedef struct cairn_changed {
	cairn_status status; /* OK, STALE, NOT_FOUND, INVALID */
	cairn_code code;
	enum cairn_job_status job_status; /* after the change; as found when it failed; 0: no row */
	enum cairn_ending ending;    /* how this very fence ended: by this call, or before it */
	cairn_time run_at;	     /* of a job that is PENDING again */
	cairn_time lease_expires_at; /* of a job that is LEASED, or was canceled while leased */
	uint64_t reserved_[2];
} cairn_changed;

/*
 * Extends n leases to now + lease (0: 30 s; it may shorten). Refused ones are STALE with the
 * first of job.canceled, job.finished, job.lease_lost, job.lease_expired that
 * holds, or NOT_FOUND job.not_found; nothing is written for them. No event row. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_heartbeat(cairn_conn *conn,
							    const cairn_lease *leases, size_t n,
							    cairn_usec lease, cairn_changed *each,
							    cairn_error *err);

enum cairn_finish_how {
	CAIRN_FINISH_SUCCESS = 1,
	CAIRN_FINISH_RETRYABLE, /* retried while attempts are left, else dead-lettered */
	CAIRN_FINISH_TIMEOUT,	/* likewise */
	CAIRN_FINISH_TERMINAL,	/* dead-lettered */
	CAIRN_FINISH_PANICKED	/* dead-lettered */
};

typedef struct cairn_finish {
	cairn_lease lease;
	enum cairn_finish_how how;
	uint32_t set;		 /* CAIRN_FINISH_… */
	cairn_str output;	 /* JSON; success only */
	cairn_str error_code;	 /* failures: required, a name */
	cairn_str error_message; /* failures: any text up to 8 KiB */
	cairn_time not_before;	 /* a retry may be delayed to this time, never hastened */
	int64_t progress_done;	 /* with CAIRN_FINISH_DONE in set */
	int64_t progress_total;	 /* with CAIRN_FINISH_TOTAL in set */
	cairn_str checkpoint;	 /* JSON; absent: the stored one stays */
	uint64_t reserved_[4];
} cairn_finish;

#define CAIRN_FINISH_DONE  1u
#define CAIRN_FINISH_TOTAL 2u

/*
 * Ends n attempts, successes and failures mixed. Refusals as in heartbeat; a
 * finish that was UNCERTAIN is resolved by sending it again: the refusal's
 * `ending` tells how this fence ended. Progress is merged with the stored values
 * and tested there (job.invalid_completion_progress). Retryable failures cost a read of
 * their jobs and one of each of their types more if a lease was made by hand, from id and fence
 * alone, or if a type has policies for single error codes. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_finish(cairn_conn *conn,
							 const cairn_finish *items, size_t n,
							 cairn_changed *each, cairn_error *err);

/* Finishes n and claims the next m in the same round trip and commit. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_finish_and_claim(
	cairn_conn *conn, const cairn_finish *items, size_t n, cairn_changed *each,
	const cairn_claim_opts *opts, cairn_jobs **jobs, cairn_error *err);

/* ---- recovering -------------------------------------------------------- */

/*
 * Cancels n jobs that are PENDING or LEASED. A leased one keeps its lease time,
 * so that its worker's end can be awaited; the worker's next write is STALE
 * job.canceled. Otherwise STALE job.invalid_state_transition or NOT_FOUND
 * job.not_found. reason may be absent ("CANCELED"). [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_cancel(cairn_conn *conn, cairn_scope scope,
							 const cairn_id *ids, size_t n,
							 cairn_str reason, cairn_changed *each,
							 cairn_error *err);

typedef struct cairn_reap_opts {
	size_t size;
	uint32_t limit; /* leases in one pass; 0: 100; at most 1000 */
	uint32_t reserved_;
	cairn_usec retry_delay; /* before a reaped job is due again; 0: at once */
} cairn_reap_opts;

typedef struct cairn_reaped {
	cairn_id id;
	cairn_str type;
	cairn_str tenant;
	cairn_str worker; /* who lost it */
	int64_t fence;
	int32_t run_number;
	int32_t attempt;
	int32_t max_attempts;
	enum cairn_job_status status; /* PENDING again, or DEAD_LETTERED */
	cairn_time run_at;
	cairn_time lease_expired_at;
	uint64_t reserved_[4];
} cairn_reaped;

typedef struct cairn_reap_report {
	size_t count;
	const cairn_reaped *at;
} cairn_reap_report;

/*
 * Takes back leases that expired strictly before now, oldest first: PENDING again while
 * attempts are left, else DEAD_LETTERED with code job.lease_expired. Any
 * number of reapers may run; none waits for another. opts may be NULL. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_reap(cairn_conn *conn,
						       const cairn_reap_opts *opts,
						       cairn_reap_report **report,
						       cairn_error *err);

/* ---- reading ----------------------------------------------------------- */

/* One job as a result of one row; NOT_FOUND job.not_found. [1 round trip] */
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
 * id and stays good when that job is gone; newer jobs do not shift a page. [1 round trip]
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
	cairn_usec retry_delay; /* the policy's, when it was retried */
	cairn_time next_run_at; /* when it was retried */
	cairn_time not_before;	/* the handler's wish, if it gave one */
	uint64_t reserved_[4];
} cairn_attempt;

typedef struct cairn_attempts {
	size_t count;
	const cairn_attempt *at;
} cairn_attempts;

/*
 * A job's attempts by fence, the running one included; after is exclusive,
 * limit 1..1000 (0: 100). NOT_FOUND for a job that is not in scope. [1 round trip]
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
	CAIRN_EVENT_REQUEUED
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

/* A job's timeline by seq; after is exclusive, limit 1..1000 (0: 100). NOT_FOUND. [1 round trip] */
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

/* The latest dead letter of each job, newest job first. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_dead_letters(cairn_conn *conn,
							       const cairn_dead_filter *filter,
							       cairn_dead_letters **letters,
							       cairn_error *err);

typedef struct cairn_queue_stats {
	cairn_str queue;
	int64_t ready;		 /* PENDING and due */
	int64_t parked;		 /* PENDING, due later */
	int64_t leased;		 /* LEASED, expired ones included */
	int64_t expired;	 /* of those, leases whose time is over */
	cairn_time oldest_ready; /* the smallest run_at among the ready; 0: none */
	int64_t succeeded;	 /* finished and still kept */
	int64_t dead_lettered;
	int64_t canceled;
	uint64_t reserved_[4];
} cairn_queue_stats;

typedef struct cairn_queues {
	size_t count;
	const cairn_queue_stats *at;
	cairn_time now; /* the time it was counted */
} cairn_queues;

/* What stands in each queue, by name. It counts rows: for people, not for hot paths. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_stats(cairn_conn *conn, cairn_scope scope,
							cairn_queues **queues, cairn_error *err);

#ifdef __cplusplus
}
#endif

#endif
