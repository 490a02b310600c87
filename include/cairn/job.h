/*
 * job.h - the jobs store: produce, work, recover. What a job's type says is in definition.h,
 * what is kept of jobs in history.h.
 *
 *	PENDING -> LEASED -> SUCCEEDED | DEAD_LETTERED | CANCELED
 *	   ^          |                        |            |
 *	   +----------+------------------------+------------+
 *	    retry, continuation, snooze,          requeue
 *	    release, reaping
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
	cairn_str queue;	/* absent: "default" */
	cairn_str tenant;	/* absent: a global job */
	cairn_str payload;	/* JSON, kept byte for byte; absent: {} */
	cairn_str key;		/* idempotency key, unique per (type, tenant) */
	cairn_str owner;	/* only workers of this owner may claim it; absent: any */
	cairn_str resource_key; /* it runs only with a permit of this resource (resource.h) */
	cairn_str stage;	/* queued (default), scheduled */
	cairn_time run_at;	/* not before; 0: now */
	cairn_usec timeout;	/* 0: the definition's */
	int32_t max_attempts;	/* 0: the definition's */
	int32_t priority; /* larger first; with CAIRN_JOB_PRIORITY in set, else the definition's */
	uint32_t set;
	uint32_t reserved0_;
	uint64_t reserved_[2];
} cairn_job_new;

#define CAIRN_JOB_PRIORITY 1u

enum cairn_disposition {
	CAIRN_INSERTED = 1,
	CAIRN_EXISTING /* the key was there with an equal request */
};

/* How one enqueue item ended. */
typedef struct cairn_job_added {
	cairn_id id;	     /* the new job's, or the existing one's; none on failure */
	cairn_status status; /* OK, INVALID, CONFLICT; of a replay also NOT_FOUND, STALE, BUSY */
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
 * The right to work on a job, handed out by a claim: id and fence, and what planning its end
 * needs; only id and fence are guarded. Copy it freely; it outlives the claimed rows. The fence
 * grows with every claim of the job and may be passed to outside systems as a fencing token.
 * Made by hand it may be id and fence alone; a retry policy that no definition could have is
 * INVALID job.invalid_retry_timing.
 */
typedef struct cairn_lease {
	cairn_id id;
	int64_t fence;
	int32_t attempt;
	int32_t max_attempts;
	cairn_retry retry;
	uint32_t hints; /* CAIRN_HINT_…, from the claim; 0 in a lease made by hand */
	uint32_t reserved0_;
	uint64_t reserved_[2];
} cairn_lease;

/* The type has policies for single error codes: they are read when an attempt fails with one. */
#define CAIRN_HINT_OVERRIDES 1u
/* The job is deleted when it succeeds (its type has CAIRN_RETAIN_NONE, and it has no key). */
#define CAIRN_HINT_DELETE 2u
/* The job is the step of a run (workflow.h). */
#define CAIRN_HINT_STEP 4u
/* It is none, and no replay run. */
#define CAIRN_HINT_ALONE 8u

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
	uint32_t hints;	   /* likewise: CAIRN_HINT_… */
	uint32_t prestart; /* 1: claimed ahead; see cairn_claim_opts */
	cairn_time
		execution_started_at; /* the running attempt's stage became running; 0: not yet */
	cairn_str resource_key;
	cairn_id run;	    /* whose step it is (workflow.h), under the same id; none */
	uint32_t continues; /* 1: a step that may continue */
	uint32_t replay;    /* 1: a replay run (replay.h), under the same id */
	uint64_t reserved_[1];
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
	cairn_usec lease;  /* 0: 30 s; at least 100 ms */
	uint32_t limit;	   /* 0: 1; at most 1000 */
	uint32_t prestart; /* 1: claimed ahead of execution: may be released unstarted */
} cairn_claim_opts;

/*
 * Leases up to limit due jobs of one queue and answers them in queue order:
 * priority descending, run_at, id. Jobs locked by others are skipped, never
 * waited for, and so are jobs whose resource is full; a paused queue yields nothing. Nothing to
 * claim is OK with count 0. In an open transaction the resources of the jobs that were looked at
 * stay locked, and others pass them over, until it ends. INVALID tx.unsupported_isolation where
 * jobs with resources wait and the caller's transaction is stricter than READ COMMITTED.
 * [1 round trip; 2 where a queue that gave this connection jobs without resources, claim after
 * claim, gives it none or has its first job with a resource, or where of the first hundred jobs
 * with resources too few can run, as before they could]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_claim(cairn_conn *conn,
							const cairn_claim_opts *opts,
							cairn_jobs **jobs, cairn_error *err);

/* How one change of a job ended. */
typedef struct cairn_changed {
	cairn_status status; /* OK, STALE, NOT_FOUND, INVALID; BUSY: it moved all the time */
	cairn_code code;
	enum cairn_job_status job_status; /* after the change; as found when it failed; 0: no row */
	enum cairn_ending ending;    /* how this very fence ended: by this call, or before it */
	cairn_time run_at;	     /* of a job that is PENDING again */
	cairn_time lease_expires_at; /* of a job that is LEASED, or was canceled while leased */
	int32_t run_number; /* after the change, 0 after a heartbeat; as found when it failed */
	uint32_t reserved0_;
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

/* Report of a running attempt. What is not set keeps its value and can't be cleared. */
typedef struct cairn_progress {
	cairn_lease lease;
	uint32_t set; /* CAIRN_PROGRESS_… */
	uint32_t reserved0_;
	int64_t done;	      /* with CAIRN_PROGRESS_DONE */
	int64_t total;	      /* with CAIRN_PROGRESS_TOTAL */
	cairn_str stage;      /* queued, scheduled, running, completed; absent: stays */
	cairn_str checkpoint; /* JSON; absent: the stored one stays */
	cairn_usec extend;    /* the lease to now + this; 0: the lease stays */
	uint64_t reserved_[2];
} cairn_progress;

#define CAIRN_PROGRESS_DONE    1u
#define CAIRN_PROGRESS_TOTAL   2u
#define CAIRN_PROGRESS_STARTED 4u /* marks the attempt as started without a stage: no event */

/*
 * Writes n reports. Merged with the stored values, done and total must be >= 0 and done <=
 * total when both are there, tested on the locked row: INVALID job.invalid_progress per item.
 * Other refusals as in heartbeat. A stage writes STAGE_CHANGED, even if it is the stage
 * already; done or total write PROGRESS; a checkpoint or a longer lease alone writes no event.
 * The first stage `running` of an attempt marks it as started. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_progress(cairn_conn *conn,
							   const cairn_progress *items, size_t n,
							   cairn_changed *each, cairn_error *err);

enum cairn_finish_how {
	CAIRN_FINISH_SUCCESS = 1,
	CAIRN_FINISH_RETRYABLE, /* retried while attempts are left, else dead-lettered */
	CAIRN_FINISH_TIMEOUT,	/* likewise */
	CAIRN_FINISH_TERMINAL,	/* dead-lettered */
	CAIRN_FINISH_PANICKED,	/* dead-lettered */
	/*
	 * Goes on as run n + 1 with attempt 0 after delay: the failure budget is new. Stage queued;
	 * progress and checkpoint stay unless given.
	 */
	CAIRN_FINISH_CONTINUE,
	/* The same run after delay, the attempt given back; progress stays unless given. */
	CAIRN_FINISH_SNOOZE,
	/*
	 * Gives back a job claimed with prestart whose stage never became running, the attempt with
	 * it, even after the lease expired. Otherwise STALE
	 * job.unstarted_claim_release_not_applicable.
	 */
	CAIRN_FINISH_RELEASE
};

typedef struct cairn_finish {
	cairn_lease lease;
	enum cairn_finish_how how;
	uint32_t set;		 /* CAIRN_FINISH_… */
	cairn_str output;	 /* JSON; success only */
	cairn_str error_code;	 /* failures: required, a name */
	cairn_str error_message; /* failures: any text up to 8 KiB */
	cairn_str reason;	 /* snooze, release: why; absent: SNOOZED, RELEASED */
	cairn_usec delay;	 /* continue, snooze, release: before it is due again; 0: none */
	cairn_time not_before;	 /* due again: may be delayed to this time, never hastened */
	int64_t progress_done;	 /* with CAIRN_FINISH_DONE in set */
	int64_t progress_total;	 /* with CAIRN_FINISH_TOTAL in set */
	cairn_str checkpoint;	 /* JSON; absent: the stored one stays */
	uint64_t reserved_[4];
} cairn_finish;

#define CAIRN_FINISH_DONE  1u
#define CAIRN_FINISH_TOTAL 2u

/*
 * Ends n attempts, of all kinds mixed. A success of a type that retains nothing deletes
 * the job and all that belongs to it; in a transaction of the caller's own that is stricter than READ
 * COMMITTED a batch with such a one is INVALID tx.unsupported_isolation. Refusals as in heartbeat; a
 * finish that was UNCERTAIN is resolved by sending it again: the refusal's
 * `ending` tells how this fence ended. Progress is merged with the stored values
 * and tested there (job.invalid_completion_progress). The end of a step's job ends the step, with all that follows
 * (workflow.h): where that goes further than the next steps it is 3 round trips more. A step continues only if
 * it may: INVALID job.workflow_handler_continuation_not_enabled. Retryable failures cost a read of
 * their jobs and one of each of their types more if a lease was made by hand, from id and fence
 * alone, or if a type has policies for single error codes. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_finish(cairn_conn *conn,
							 const cairn_finish *items, size_t n,
							 cairn_changed *each, cairn_error *err);

/*
 * Finishes n and claims the next m in the same round trip and commit. [1 round trip; 2 where a
 * claim needs 2: the second one is a claim alone, and if it fails the call has claimed nothing]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_finish_and_claim(
	cairn_conn *conn, const cairn_finish *items, size_t n, cairn_changed *each,
	const cairn_claim_opts *opts, cairn_jobs **jobs, cairn_error *err);

/*
 * All that a worker has to say at once. The answers, and err->index, count through the items in
 * this order: finishes, reports, beats, lines.
 */
typedef struct cairn_turn {
	size_t size;
	const cairn_finish *finishes;
	size_t finish_count;
	const cairn_progress *reports;
	size_t report_count;
	const cairn_lease *beats; /* leases that are extended */
	size_t beat_count;
	cairn_usec lease;		    /* of the beats: to now + this; 0: 30 s */
	const struct cairn_log_line *lines; /* history.h */
	size_t line_count;
	const cairn_claim_opts *claim; /* NULL: none */
} cairn_turn;

/*
 * Writes the lines, then reports, beats and finishes, and then claims, in one commit: the claim
 * sees what the finishes gave back. Each item ends as it would in a call of its own, with
 * the same codes and events, whatever becomes of the others. A job may have several lines, but
 * stands in one of finishes, reports and beats only (job.duplicate_in_batch): a finish and a report
 * carry progress and checkpoint, a report extends the lease. each has room for all items; jobs may be
 * NULL without a claim. After UNCERTAIN say it again: finishes are found out as such, lines may
 * stand there twice, and what was claimed comes back when its lease is over. INVALID
 * tx.unsupported_isolation as in cairn_job_finish, and with lines. Round trips as in
 * cairn_job_finish_and_claim.
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_turn(cairn_conn *conn, const cairn_turn *turn,
						       cairn_changed *each, cairn_jobs **jobs,
						       cairn_error *err);

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

typedef struct cairn_requeue {
	cairn_id id;
	enum cairn_job_status status; /* as it was seen: DEAD_LETTERED or CANCELED */
	int32_t run_number;	      /* as it was seen */
	uint32_t reset;		      /* 1: progress and checkpoint start anew */
	uint32_t reserved0_;
	uint64_t reserved_[2];
} cairn_requeue;

/*
 * Puts n ended jobs back: PENDING, due now, run n + 1, attempt 0, stage queued. Only what is
 * still as it was seen: otherwise STALE job.expectation_mismatch, with the status and run that
 * were found. A job that was canceled while leased waits until that lease is over: STALE
 * job.cancellation_not_quiesced with its lease_expires_at. The dead letter stays. Of a step INVALID
 * job.workflow_requeue_not_supported: its run is recovered. reason may be
 * absent ("REQUEUED"). [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_requeue(cairn_conn *conn, cairn_scope scope,
							  const cairn_requeue *items, size_t n,
							  cairn_str reason, cairn_changed *each,
							  cairn_error *err);

typedef struct cairn_rerun {
	cairn_id source;
	int32_t run_number; /* as it was seen */
	uint32_t reserved0_;
	cairn_str key;	  /* required: makes the request repeatable; per source and run */
	cairn_str reason; /* required */
	uint64_t reserved_[2];
} cairn_rerun;

/*
 * Replays n succeeded jobs: for each a new unkeyed job with the source's type, queue, tenant,
 * owner, payload, priority, attempts and timeout, due now. The source is not touched. The same
 * key again answers EXISTING, with another reason CONFLICT job.replay_idempotency_conflict. A
 * source that is not a success of that run is STALE job.expectation_mismatch, one that is not
 * in scope NOT_FOUND job.not_found, a step's INVALID job.workflow_replay_not_supported; its type must be enabled. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_replay(cairn_conn *conn, cairn_scope scope,
							 const cairn_rerun *items, size_t n,
							 cairn_job_added *each, cairn_error *err);

/*
 * Gives n jobs that are PENDING or LEASED to another owner, or to anybody (owner absent). Refused
 * while the lease runs: STALE job.lease_live. No event row. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_adopt(cairn_conn *conn, cairn_scope scope,
							const cairn_id *ids, size_t n,
							cairn_str owner, cairn_changed *each,
							cairn_error *err);

typedef struct cairn_job_patch {
	cairn_id id;
	uint32_t set; /* CAIRN_JOB_… */
	int32_t priority;
	cairn_str payload;
	cairn_time run_at;
	cairn_time updated_at; /* as it was read; 0: whatever it is */
	uint64_t reserved_[2];
} cairn_job_patch;

/* CAIRN_JOB_PRIORITY is 1u */
#define CAIRN_JOB_PAYLOAD 2u
#define CAIRN_JOB_RUN_AT  4u

/*
 * Edits n pending jobs; a run_at that is past is now. INVALID job.payload_of_keyed_job: what a key
 * promised can't be edited; INVALID job.payload_of_replay_run; STALE job.not_pending, job.changed (updated_at differs).
 * No event row. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_edit(cairn_conn *conn, cairn_scope scope,
						       const cairn_job_patch *items, size_t n,
						       cairn_changed *each, cairn_error *err);

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
	enum cairn_ending ending; /* LEASE_EXPIRED, or RELEASED when it was never started */
	uint32_t unrenewed;	  /* 1: it started, and no heartbeat came after */
	uint64_t reserved_[3];
} cairn_reaped;

typedef struct cairn_reap_report {
	size_t count;
	const cairn_reaped *at;
} cairn_reap_report;

/*
 * Takes back leases that expired strictly before now, oldest first: PENDING again while
 * attempts are left, else DEAD_LETTERED with code job.lease_expired. One that was claimed
 * with prestart and never started is released instead, its attempt given back. Any
 * number of reapers may run; none waits for another. opts may be NULL. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_reap(cairn_conn *conn,
						       const cairn_reap_opts *opts,
						       cairn_reap_report **report,
						       cairn_error *err);

/* ---- waiting ------------------------------------------------------------ */

typedef struct cairn_wait_opts {
	size_t size;
	const cairn_str *queues; /* NULL: "default" */
	size_t queue_count;	 /* at most 64 */
	cairn_usec timeout;	 /* 0: 1 s; at most 1 h */
} cairn_wait_opts;

/*
 * Returns when one of the queues has work, *ready 1, or when the time is over, *ready 0. Work is a
 * job that is due, whoever may claim it; one that somebody else claims meanwhile is gone all the
 * same. A job for later makes it return when that is due. A permit that is given back makes no job
 * due: who waits for one finds it by looking, within about a second.
 *
 * Whoever makes jobs due wakes as many of those who wait as there are jobs, and a notification
 * that gets lost delays by 1.25 s at most: polling with jitter runs behind. Postgres is told
 * through a second connection, opened by the first wait; where there can't be one (adopted
 * handles, a transaction-mode pooler, a refusal) it polls. SQLite watches the file. The timeout is
 * real time, whatever clock is installed. UNAVAILABLE when the connection is lost; INTERRUPTED by
 * cairn_interrupt; INVALID conn.misuse inside a transaction, which would see nothing new. opts
 * may be NULL.
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_wait(cairn_conn *conn,
						       const cairn_wait_opts *opts, int *ready,
						       cairn_error *err);

#ifdef __cplusplus
}
#endif

#endif
