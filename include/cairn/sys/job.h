/*
 * sys/job.h - the jobs store of a driver.
 *
 * The core plans, the driver executes one batch. A plan says for each row what
 * it must look like (guard), and what is then written; the driver tests the guard
 * while it holds the row and writes, or leaves the row alone. The only decisions
 * that are the driver's are the ones that must see rows nobody holds: which jobs
 * to claim, and which leases have expired.
 *
 * All rows written by one call carry the same time: cairn_host_now(), or the database's.
 */
#ifndef CAIRN_SYS_JOB_H
#define CAIRN_SYS_JOB_H

#include <cairn/history.h>
#include <cairn/sys/driver.h>
#include <cairn/upkeep.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- definitions ------------------------------------------------------- */

enum cairn_define_mode {
	CAIRN_DEFINE_UPSERT =
		1, /* write all fields but created_at; skip rows that would not change */
	CAIRN_DEFINE_IF_MISSING,
	CAIRN_DEFINE_PATCH,   /* write the fields in patch of rows that exist */
	CAIRN_DEFINE_PRESERVE /* as UPSERT, but a row that is disabled stays so */
};

typedef struct cairn_define_plan {
	enum cairn_define_mode mode;
	uint32_t patch;			     /* CAIRN_PATCH_… */
	const cairn_definition *definitions; /* settled: no zero means a default */
	size_t n;
	/*
	 * with UPSERT and PRESERVE: types that are disabled if they exist. Where there are some, or
	 * disabled is asked for, no type stands twice in both together.
	 */
	const cairn_str *absent;
	size_t absent_count;
	/*
	 * with UPSERT and PRESERVE, if not NULL: push a cairn_disabled row for each type that is
	 * disabled now and was not before (it was enabled, or unknown), in any order
	 */
	cairn_rows *disabled;
} cairn_define_plan;

/*
 * Writes definitions; *found (never NULL) counts those of a patch that exist. Everything that
 * disables a type comes through here.
 */
typedef cairn_status cairn_job_define_fn(void *self, const cairn_define_plan *plan, size_t *found,
					 cairn_error *err);

typedef struct cairn_definition_query {
	cairn_str type;	    /* exactly this one, if present */
	cairn_str contains; /* ASCII case ignored, no wildcards */
	cairn_str after;    /* types above it by bytes */
	uint32_t limit;
	uint32_t reserved_;
} cairn_definition_query;

/* Pushes cairn_definition rows by type. */
typedef cairn_status cairn_job_definitions_fn(void *self, const cairn_definition_query *query,
					      cairn_rows *rows, cairn_error *err);

/* ---- enqueue ----------------------------------------------------------- */

/* One job to insert. What is zero in `set` or below comes from the definition. */
typedef struct cairn_job_insert {
	cairn_id id;
	cairn_str queue;
	cairn_str type;
	cairn_str tenant; /* absent: global */
	cairn_str payload;
	cairn_str owner;	/* absent: anybody's */
	cairn_str resource_key; /* absent: needs none */
	cairn_str stage;
	cairn_str key;	   /* absent: unkeyed */
	cairn_str request; /* canonical, keyed jobs only */
	uint8_t request_hash[32];
	cairn_time run_at;    /* 0: now */
	cairn_usec timeout;   /* 0: the definition's */
	int32_t max_attempts; /* 0: the definition's */
	int32_t priority;     /* with CAIRN_JOB_PRIORITY in set, else the definition's */
	uint32_t set;
	uint32_t reserved_;
} cairn_job_insert;

enum cairn_insert_result {
	CAIRN_INSERT_NO_DEFINITION = 0, /* missing or disabled, and no such key */
	CAIRN_INSERT_DONE,
	CAIRN_INSERT_KEY_EXISTS, /* the fields of the result are the existing job's */
	CAIRN_INSERT_UNKEPT	 /* a new key, of a type that has CAIRN_RETAIN_NONE: not inserted */
};

typedef struct cairn_job_inserted {
	enum cairn_insert_result result;
	enum cairn_job_status status;
	cairn_id id;
	uint8_t request_hash[32];
	int32_t run_number;
	uint32_t reserved_;
} cairn_job_inserted;

typedef struct cairn_enqueue_plan {
	const cairn_job_insert *jobs;
	size_t n;
	uint32_t record; /* 1: write the ENQUEUED event: seq 1, stage, detail = type */
	uint32_t reserved_;
} cairn_enqueue_plan;

/*
 * Inserts PENDING jobs: run 1, attempt 0, fence 0, parked when run_at > now. The
 * definition is read in the inserting statement without locking it. Keys are
 * unique per (type, tenant-or-global) over live and finished jobs; the rows are
 * inserted in (type, tenant, key) byte order. A key that stands twice in the
 * batch makes one job; the later items report it as existing. The resource of a job with a
 * resource key (of its tenant) is made with capacity 1 if it is not there.
 */
typedef cairn_status cairn_job_enqueue_fn(void *self, const cairn_enqueue_plan *plan,
					  cairn_job_inserted *each, cairn_error *err);

/* ---- claim ------------------------------------------------------------- */

typedef struct cairn_claim_plan {
	cairn_str queue;
	cairn_str worker;
	cairn_str owner;	/* absent: only jobs without owner */
	const cairn_str *types; /* NULL: any */
	size_t type_count;
	cairn_usec lease;
	uint32_t limit;	   /* >= 1 */
	uint32_t record;   /* 1: write the LEASED event */
	uint32_t prestart; /* written as it is */
	uint32_t reserved_;
} cairn_claim_plan;

/*
 * First unparks what is due in that queue (parked and run_at <= now), then leases the best
 * `limit` jobs that are PENDING, not parked, run_at <= now, of that queue, type and owner, by
 * priority DESC, run_at, id, skipping rows that others have locked. A paused queue yields nothing.
 * A job with a resource key is taken only while fewer permits of its resource are in use than
 * its capacity, this call's own included; in use are jobs that are LEASED, however old the lease, and
 * those CANCELED with lease_expires_at > now. No interleaving may exceed the capacity; a resource that
 * others have locked is full. Many jobs of a full resource must not make a claim walk them. Written: LEASED, attempt +
 * 1, fence + 1, worker, leased_at = heartbeat_at = updated_at = now, lease_expires_at = now +
 * lease, started_at kept or now, prestart, execution_started_at NULL; nothing else is touched.
 * Event LEASED: worker, duration = lease, stage. Pushes cairn_job rows as they are now, in that
 * order, with the definition's retry policy and hints (zeroes if it is gone), of which STEP is there for the job of a
 * step, and ALONE for one that is neither that nor a replay run; only such a one is DELETE.
 */
typedef cairn_status cairn_job_claim_fn(void *self, const cairn_claim_plan *plan, cairn_rows *jobs,
					cairn_error *err);

/* ---- change: every transition of a job that somebody names --------------- */

/* What is written; everything else of the row stays. */
enum cairn_change_set {
	CAIRN_SET_RUN_AT =
		1 << 0, /* run_at = max(now + run_after, not_before), parked = run_at > now */
	CAIRN_SET_LEASE = 1 << 1,      /* lease_expires_at = now + lease, heartbeat_at = now */
	CAIRN_SET_REASON = 1 << 2,     /* status_reason = reason (absent: NULL) */
	CAIRN_SET_ERROR = 1 << 3,      /* error_code, error_message (absent: NULL) */
	CAIRN_SET_OUTPUT = 1 << 4,     /* output (absent: NULL) */
	CAIRN_SET_STAGE = 1 << 5,      /* stage */
	CAIRN_SET_DONE = 1 << 6,       /* progress_done */
	CAIRN_SET_TOTAL = 1 << 7,      /* progress_total */
	CAIRN_SET_CHECKPOINT = 1 << 8, /* checkpoint */
	CAIRN_SET_FINISHED = 1 << 9,   /* finished_at = now */
	CAIRN_SET_DEAD = 1 << 10, /* write or overwrite the dead letter from the row as changed */
	/* worker, heartbeat_at, leased_at, execution_started_at = NULL, prestart = 0 */
	CAIRN_CLEAR_HOLDER = 1 << 11,
	CAIRN_CLEAR_LEASE = 1 << 12, /* lease_expires_at = NULL */
	CAIRN_SET_MARK = 1 << 13,    /* execution_started_at = kept or now */
	CAIRN_SET_RUN = 1 << 14, /* run_number + 1, attempt = 0, started_at = finished_at = NULL */
	CAIRN_GIVE_BACK = 1 << 15,    /* attempt - 1; started_at = NULL if it becomes 0 */
	CAIRN_CLEAR_STATE = 1 << 16,  /* progress_done, progress_total, checkpoint = NULL */
	CAIRN_SET_OWNER = 1 << 17,    /* owner (absent: NULL) */
	CAIRN_SET_PAYLOAD = 1 << 18,  /* payload */
	CAIRN_SET_PRIORITY = 1 << 19, /* priority */
	/* the job goes with all that belongs to it; nothing else is written */
	CAIRN_DELETE = 1 << 20
};

/* What must hold, tested while the row is locked. */
enum cairn_change_guard {
	CAIRN_GUARD_FENCE = 1 << 0,	/* fence equals */
	CAIRN_GUARD_LIVE = 1 << 1,	/* lease_expires_at > now, read after the lock */
	CAIRN_GUARD_SCOPE = 1 << 2,	/* tenant fits scope */
	CAIRN_GUARD_RUN = 1 << 3,	/* run_number equals */
	CAIRN_GUARD_UNSTARTED = 1 << 4, /* prestart = 1 and execution_started_at IS NULL */
	CAIRN_GUARD_QUIET = 1 << 5,	/* no lease_expires_at > now, read after the lock */
	CAIRN_GUARD_UNKEYED = 1 << 6,	/* no idempotency key */
	CAIRN_GUARD_UNCHANGED = 1 << 7, /* updated_at equals */
	CAIRN_GUARD_ALONE = 1 << 8,	/* it is no step of a run */
	CAIRN_GUARD_CONTINUES = 1 << 9, /* no step of a run, or one that may continue */
	CAIRN_GUARD_PLAIN = 1 << 10	/* it is no replay run */
};

/* What is known of a job beforehand, from its lease. */
enum cairn_change_of {
	CAIRN_OF_ANY = 0, /* nothing: the driver finds out whether its end ends a step */
	CAIRN_OF_STEP,	  /* it is the job of a step */
	CAIRN_OF_NONE /* it is none, as far as can be told: found out all the same, and then dearly */
};

typedef struct cairn_change {
	cairn_id id; /* unique in the batch */
	int64_t fence;
	uint32_t guard;
	uint32_t from; /* bits 1u << status */
	cairn_scope scope;
	enum cairn_job_status to; /* 0: it stays what it is (adoption) */
	enum cairn_ending ending; /* not NONE: write the attempt (id, fence); see below */
	uint32_t set;
	uint32_t events; /* bits 1u << kind, written in order of kind, seq ascending */
	cairn_usec run_after;
	cairn_time not_before;
	cairn_usec lease;
	cairn_str reason;
	cairn_str error_code;
	cairn_str error_message;
	cairn_str output;
	cairn_str stage;
	cairn_str checkpoint;
	cairn_str owner;
	cairn_str payload;
	cairn_str data; /* of every event it leaves: a JSON object; absent: none */
	int64_t progress_done;
	int64_t progress_total;
	cairn_time updated_at; /* to compare with */
	int32_t run_number;    /* to compare with */
	int32_t priority;
	enum cairn_change_of of;
	uint32_t reserved0_;
	uint64_t reserved_[3];
} cairn_change;

enum cairn_hit {
	CAIRN_MISS = 0, /* no such row, or the guard failed: nothing written */
	CAIRN_HIT,
	CAIRN_MISS_PROGRESS /* the guard held, merged progress would be wrong: nothing written */
};

typedef struct cairn_change_result {
	enum cairn_hit hit;
	int32_t run_number; /* as written, on a hit; not looked at if set is SET_LEASE alone */
	cairn_time run_at;  /* as written, on a hit */
	cairn_time lease_expires_at; /* as written or kept, on a hit; 0: NULL */
} cairn_change_result;

typedef struct cairn_change_plan {
	const cairn_change *changes;
	size_t n;
	const cairn_claim_plan *claim; /* also claim, in the same commit and round trip; NULL: no */
	const struct cairn_log_item *lines; /* of workers, written before the changes; see log */
	size_t line_count;		    /* 0 for a driver without log */
	enum cairn_hit *line_hits;
} cairn_change_plan;

/*
 * Lines first, then changes, then the claim, which sees what the changes gave back; n may be 0.
 * Locks the rows in id order, tests each guard on the locked row, and applies the changes that
 * hold; updated_at = now; a job that is not PENDING any more is not parked. Merged progress
 * (new or stored done and total) must be >= 0 and done <= total when both are present.
 *
 * Attempts are append-only: the running one is the job row itself, and its row is written when
 * it ends: id, fence, run_number, attempt, worker and leased_at of the row as it was, prestart
 * and execution_started_at likewise, finished_at = now, ending, error_code, error_message, and
 * when the job is PENDING again retry_delay = run_after, next_run_at = run_at, not_before. A
 * change with an ending on a row that is not LEASED (cancel of a pending job) writes no
 * attempt.
 *
 * Events carry run_number and attempt of the row as it was (attempt 0 is none), data, and:
 *	STAGE_CHANGED    stage as changed
 *	PROGRESS         progress_done, progress_total as supplied, else NULL
 *	SUCCEEDED        stage, progress_done, progress_total as changed
 *	FAILED           detail = ending's text, error_code, error_message
 *	RETRY_SCHEDULED  duration = run_after, until = run_at, requested = not_before,
 *	                 detail = HANDLER_NOT_BEFORE if not_before > now + run_after, else POLICY
 *	DEAD_LETTERED    detail = ending's text, error_code
 *	CANCELED         reason, until = lease_expires_at if the row was LEASED
 *	REQUEUED         reason; if the row was LEASED also duration = run_after, until = run_at,
 *	                 and with SET_RUN stage, progress_done, progress_total as changed
 *
 * A change that gives the job of a step a terminal status ends the step (sys/workflow.h), in the same commit
 * and, unless that goes further than the next steps, round trip. Its run's row is locked before the jobs.
 *
 * Changes of replay runs wake those who wait for them (sys/replay.h).
 *
 * A requeue changes an ended row back (from SUCCEEDED to CANCELED bits, to PENDING): where
 * ended jobs stand in a table of their own they move. It writes no attempt.
 */
typedef cairn_status cairn_job_change_fn(void *self, const cairn_change_plan *plan,
					 cairn_change_result *each, cairn_rows *claimed,
					 cairn_error *err);

/* An event as it is stored; the core writes its payload from it. */
typedef struct cairn_event_record {
	int64_t seq;
	enum cairn_event_kind kind;
	int32_t run_number;
	int32_t attempt;
	uint32_t reserved_;
	cairn_time at;
	cairn_str stage;
	int64_t progress_done;	/* -1: none */
	int64_t progress_total; /* -1: none */
	cairn_str worker;
	cairn_str reason;
	cairn_str error_code;
	cairn_str error_message;
	cairn_str detail;
	cairn_str data;	      /* a JSON object whose members the payload gets as they are */
	int64_t duration;     /* -1: none */
	cairn_time until;     /* 0: none */
	cairn_time requested; /* 0: none */
} cairn_event_record;

/*
 * For drivers that read a row and write it back (not for SQL that does it in
 * place): the guard, and the row after the change, as above. cairn_change_test
 * answers CAIRN_HIT where the change may be applied.
 */
CAIRN_API enum cairn_hit cairn_change_test(const cairn_change *change, const cairn_job *row,
					   cairn_time now);
CAIRN_API void cairn_change_apply(const cairn_change *change, cairn_job *row, cairn_time now);

/* An event of a job in which nothing is set but its kind, run and attempt. */
CAIRN_API cairn_event_record cairn_event_of(enum cairn_event_kind kind, const cairn_job *job);
/* The event of this kind that a change leaves: the row `was`, and `is` now; seq is the driver's. */
CAIRN_API cairn_event_record cairn_change_event(enum cairn_event_kind kind,
						const cairn_change *change, const cairn_job *was,
						const cairn_job *is, cairn_time now);

/* ---- reap -------------------------------------------------------------- */

typedef struct cairn_reap_plan {
	uint32_t limit;
	uint32_t events; /* bits 1u << kind: those that are recorded, as in a change */
	cairn_usec retry_delay;
	cairn_str error_code; /* job.lease_expired */
	cairn_str error_message;
	cairn_str release_reason; /* of an attempt that never started */
	cairn_str release_data;	  /* of its REQUEUED event */
} cairn_reap_plan;

/*
 * Takes back up to limit leases with lease_expires_at < now, oldest first,
 * skipping rows that others have locked, and jobs of steps that would end whose runs others have locked:
 * the change that cairn_reap_change() describes, for each. Pushes cairn_reaped rows.
 */
typedef cairn_status cairn_job_reap_fn(void *self, const cairn_reap_plan *plan, cairn_rows *rows,
				       cairn_error *err);

/*
 * The change for one expired row: attempts left: PENDING, run_at = now + retry_delay, reason
 * LEASE_EXPIRED, FAILED and RETRY_SCHEDULED; else DEAD_LETTERED, FAILED and DEAD_LETTERED.
 * Ending LEASE_EXPIRED either way. A row with prestart and without execution_started_at is
 * released: PENDING, run_at = now, GIVE_BACK, ending RELEASED, REQUEUED with the plan's release
 * texts as reason and data. The other events' data is
 * {"started_without_renewal_heartbeat":true} for a row that was started and whose heartbeat_at
 * is not later (unrenewed), and false for any other.
 */
CAIRN_API void cairn_reap_change(const cairn_reap_plan *plan, const cairn_job *row,
				 cairn_change *change);

/* ---- reads ------------------------------------------------------------- */

typedef struct cairn_job_query {
	cairn_scope scope;
	const cairn_id *ids; /* exactly these, if not NULL */
	size_t id_count;
	cairn_str queue;
	cairn_str type;
	uint32_t statuses; /* never 0 */
	uint32_t limit;
	cairn_time created_from; /* 0: open */
	cairn_time created_to;	 /* 0: open */
	cairn_id after;		 /* none: from the newest */
	uint32_t compact;
	uint32_t reserved_;
} cairn_job_query;

/* Pushes cairn_job rows, live and finished alike, by id descending. */
typedef cairn_status cairn_job_list_fn(void *self, const cairn_job_query *query, cairn_rows *rows,
				       cairn_error *err);

/* The history of one job in scope. */
typedef struct cairn_history_query {
	cairn_scope scope;
	cairn_id job;
	int64_t after; /* exclusive */
	uint32_t limit;
	uint32_t reserved_;
} cairn_history_query;

/*
 * Pushes cairn_attempt rows by fence, the running one projected from the job row. *found: the job
 * is in scope.
 */
typedef cairn_status cairn_job_attempts_fn(void *self, const cairn_history_query *query, int *found,
					   cairn_rows *rows, cairn_error *err);

/* Pushes cairn_event_record rows by seq. *found: the job is in scope. */
typedef cairn_status cairn_job_events_fn(void *self, const cairn_history_query *query, int *found,
					 cairn_rows *rows, cairn_error *err);

typedef struct cairn_dead_query {
	cairn_scope scope;
	cairn_id job;
	cairn_str type;
	cairn_id after;
	uint32_t limit;
	uint32_t reserved_;
} cairn_dead_query;

/* Pushes cairn_dead_letter rows by id descending. */
typedef cairn_status cairn_job_dead_fn(void *self, const cairn_dead_query *query, cairn_rows *rows,
				       cairn_error *err);

/* Pushes cairn_log_row rows by seq. *found: the job is in scope. */
typedef cairn_status cairn_job_logs_fn(void *self, const cairn_history_query *query, int *found,
				       cairn_rows *rows, cairn_error *err);

/* ---- replay ------------------------------------------------------------- */

typedef struct cairn_rerun_item {
	cairn_id id; /* of the new job */
	cairn_id source;
	int32_t run_number;
	uint32_t reserved_;
	cairn_str key;
	cairn_str reason;
	cairn_str data; /* of its ENQUEUED event */
} cairn_rerun_item;

enum cairn_rerun_result {
	CAIRN_RERUN_MISS = 0, /* no such success of that run in scope: the core looks why */
	CAIRN_RERUN_DONE,
	CAIRN_RERUN_EXISTS,    /* the same source, run, key and reason */
	CAIRN_RERUN_CONFLICT,  /* the same source, run and key, another reason */
	CAIRN_RERUN_DEFINITION /* its type is missing or disabled */
};

typedef struct cairn_rerun_done {
	enum cairn_rerun_result result;
	enum cairn_job_status status;
	cairn_id id;
	int32_t run_number;
	uint32_t reserved_;
} cairn_rerun_done;

typedef struct cairn_rerun_plan {
	const cairn_rerun_item *items;
	size_t n;
	cairn_scope scope;
	uint32_t record; /* 1: write the ENQUEUED event: detail = type, stage queued, data */
	uint32_t reserved_;
} cairn_rerun_plan;

/*
 * For each item whose source is in scope: what stands under (source, run, key) first, whatever
 * became of source and type since; else a new PENDING job from the source's row, run 1, attempt
 * 0, fence 0, stage queued, unkeyed, due now, and its lineage. An item that repeats source, run
 * and key of an earlier one finds that one's job. The lineage goes when source or replay are
 * deleted.
 */
typedef cairn_status cairn_job_replay_fn(void *self, const cairn_rerun_plan *plan,
					 cairn_rerun_done *each, cairn_error *err);

/* ---- log ---------------------------------------------------------------- */

typedef struct cairn_log_item {
	cairn_id id;
	int64_t fence;
	uint32_t guard; /* FENCE and LIVE with status LEASED, or SCOPE with any status */
	enum cairn_log_level level;
	cairn_scope scope;
	cairn_str message;
	cairn_str data;
} cairn_log_item;

/*
 * Appends lines: seq counts up within the job, run_number and attempt of the row (attempt 0
 * without GUARD_FENCE). Guards as in change; *each says what was hit. Items of one job may
 * repeat and are written in order. The job's row is locked but not written.
 */
typedef cairn_status cairn_job_log_fn(void *self, const cairn_log_item *items, size_t n,
				      enum cairn_hit *each, cairn_error *err);

/* ---- prune -------------------------------------------------------------- */

typedef struct cairn_prune_plan {
	cairn_scope scope;
	cairn_str queue;
	cairn_str type;
	uint32_t statuses; /* ended ones, never 0 */
	uint32_t limit;
	cairn_usec age; /* finished_at <= now - age; -1: as the definition says, kept without one */
} cairn_prune_plan;

/*
 * Deletes jobs that are no steps' and no replay runs, and have no live lease, oldest finished_at first, and all that belongs to them; skips
 * locked rows.
 */
typedef cairn_status cairn_job_prune_fn(void *self, const cairn_prune_plan *plan, size_t *pruned,
					cairn_error *err);

/* ---- wait --------------------------------------------------------------- */

typedef struct cairn_wait_plan {
	const cairn_str *queues;
	size_t queue_count;
	cairn_usec timeout;
} cairn_wait_plan;

/* What a sleep ended with. */
enum cairn_wake {
	CAIRN_WAKE_NONE = 0, /* the time is over, and it would have been told */
	CAIRN_WAKE_TOLD,     /* there may be work */
	CAIRN_WAKE_WORK,     /* a job became due since the last look: no need to look */
	CAIRN_WAKE_ANEW,     /* it listens from now on: what was under way may go untold, so look */
	CAIRN_WAKE_DEAF	     /* the time is over, and nothing would have been told: poll */
};

/*
 * Optional: sleeps until it is told that one of the queues may have work, or until the time, a few
 * milliseconds, is over. It fails only for what fails the connection; not being able to listen is
 * DEAF. The core calls it again and again; it looks with `waiting` whenever it was woken, and
 * from time to time without: being told too often or not at all changes when, never what.
 * CAIRN_CAP_WAKE promises that somebody who sleeps here is told of every commit that makes a job
 * due. Without the slot the core sleeps itself.
 */
typedef cairn_status cairn_job_wait_fn(void *self, const cairn_wait_plan *plan,
				       enum cairn_wake *wake, cairn_error *err);

/*
 * Optional: the waiting is over, whoever tells may forget it. *told 1: it was told of something
 * meanwhile.
 */
typedef void cairn_job_unwait_fn(void *self, int *told);

/* Never further ahead than this is a next due time told. */
#define CAIRN_DUE_MAX CAIRN_HOUR

typedef struct cairn_due {
	uint32_t
		due; /* 1: there is a job that is PENDING and due now, and its resource is not full */
	uint32_t reserved_;
	cairn_usec next; /* else: how long until the next one is due; at most CAIRN_DUE_MAX */
} cairn_due;

/* What the queues have, unless they are paused: a look that locks nothing. The core sets due 0 and next to the longest. */
typedef cairn_status cairn_job_waiting_fn(void *self, const cairn_wait_plan *plan, cairn_due *work,
					  cairn_error *err);

/* ---- upkeep ------------------------------------------------------------- */

/*
 * Optional: unparks what is due in all queues, up to limit jobs, whether a queue is paused or not;
 * skips locked rows, and tells those who wait for these queues. Nothing else of a row changes.
 * Fills in unparked, queues and more (1: there are others that are due) of a zeroed report. Never
 * called inside a transaction.
 */
typedef cairn_status cairn_job_unpark_fn(void *self, uint32_t limit, cairn_upkeep_report *report,
					 cairn_error *err);

/*
 * Optional: gives back the room that jobs leave behind, and whatever else keeps the database
 * quick, without standing in anybody's way for long. *tidied is NOTHING. What it lacks the rights
 * for is DENIED, what others are busy with BUSY, and neither a failure. Never called inside a
 * transaction.
 */
typedef cairn_status cairn_job_tidy_fn(void *self, enum cairn_tidy tidy, enum cairn_tidied *tidied,
				       cairn_error *err);

typedef struct cairn_job_ops {
	size_t size;
	cairn_job_define_fn *define;
	cairn_job_definitions_fn *definitions;
	cairn_job_enqueue_fn *enqueue;
	cairn_job_claim_fn *claim;
	cairn_job_change_fn *change;
	cairn_job_reap_fn *reap;
	cairn_job_list_fn *list;
	cairn_job_attempts_fn *attempts;
	cairn_job_events_fn *events;
	cairn_job_dead_fn *dead;
	/* a driver that lacks one of these answers its calls with UNSUPPORTED */
	cairn_job_replay_fn *replay;
	cairn_job_log_fn *log;
	cairn_job_logs_fn *logs;
	cairn_job_prune_fn *prune;
	cairn_job_waiting_fn *waiting;
	cairn_job_wait_fn *wait;     /* optional: the core polls with waiting */
	cairn_job_unwait_fn *unwait; /* optional */
	cairn_job_unpark_fn *unpark; /* a driver that lacks it answers upkeep with UNSUPPORTED */
	cairn_job_tidy_fn *tidy;     /* optional: there is nothing to tidy */
} cairn_job_ops;

#ifdef __cplusplus
}
#endif

#endif
