/*
 * workflow.h - DAG runs: graphs of steps that a database carries through. What a graph is made of is in
 * graph.h.
 *
 *	run	RUNNING <-> WAITING_FOR_EXTERNAL -> SUCCEEDED | COMPLETED_WITH_ERRORS | CANCELED
 *	step	BLOCKED -> ENQUEUED <-> RUNNING -----> SUCCEEDED | FAILED | CANCELED
 *		BLOCKED -> WAITING_FOR_EXTERNAL -----> SUCCEEDED | FAILED | CANCELED
 *		BLOCKED -> CANCELED
 *
 * A step begins when the last of its prerequisites has ended: its job, whose id is the step's own, is
 * inserted in the very commit that ended that one. Whoever works on jobs works on steps: everything in job.h
 * holds, and the end of a job (success, dead letter, cancel, a reaped last lease) is the end of its step,
 * with all that follows from it. Jobs of steps have no key, are neither requeued nor replayed by
 * themselves, are deleted only with their run, and may be edited while they are pending: the payload
 * of a step is then its job's.
 *
 * A run is RUNNING while a step is BLOCKED, ENQUEUED or RUNNING, else WAITING_FOR_EXTERNAL while a gate
 * stands open, else COMPLETED_WITH_ERRORS if a step FAILED or was CANCELED, else SUCCEEDED. A run that
 * is over stays as it is.
 *
 * Every function works inside a transaction that the caller opened and then commits nothing itself; there
 * calls that wait for a run's row need READ COMMITTED (INVALID tx.unsupported_isolation). Expected outcomes never
 * abort that transaction. Round trips are those on Postgres.
 */
#ifndef CAIRN_WORKFLOW_H
#define CAIRN_WORKFLOW_H

#include <cairn/graph.h>
#include <cairn/history.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cairn_run_status {
	CAIRN_RUN_RUNNING = 1,
	CAIRN_RUN_WAITING_FOR_EXTERNAL,
	CAIRN_RUN_SUCCEEDED,
	CAIRN_RUN_COMPLETED_WITH_ERRORS,
	CAIRN_RUN_CANCELED
};

/* ENQUEUED and RUNNING are what the step's job is: PENDING or LEASED. */
enum cairn_step_status {
	CAIRN_STEP_BLOCKED = 1,
	CAIRN_STEP_WAITING_FOR_EXTERNAL,
	CAIRN_STEP_ENQUEUED,
	CAIRN_STEP_RUNNING,
	CAIRN_STEP_SUCCEEDED,
	CAIRN_STEP_FAILED,
	CAIRN_STEP_CANCELED
};

/* "RUNNING" …: the same words in the API, SQL, JSON and the CLI. NULL for none, 0 for no such word. */
CAIRN_API const char *cairn_run_status_text(enum cairn_run_status status);
CAIRN_API enum cairn_run_status cairn_run_status_parse(cairn_str word);
CAIRN_API const char *cairn_step_status_text(enum cairn_step_status status);
CAIRN_API enum cairn_step_status cairn_step_status_parse(cairn_str word);

/* ---- enqueue --------------------------------------------------------------- */

enum cairn_run_disposition {
	CAIRN_RUN_INSERTED = 1,
	CAIRN_RUN_EXISTING,	  /* the idempotency key was there, with an equal request */
	CAIRN_RUN_EXISTING_ACTIVE /* another run has the active key: that one */
};

/* How one request ended. */
typedef struct cairn_run_added {
	cairn_id id;	     /* the new run's, or the existing one's; none on failure */
	cairn_status status; /* OK, INVALID, CONFLICT */
	cairn_code code;
	enum cairn_run_disposition disposition;
	enum cairn_run_status run_status; /* as it is now */
	uint32_t
		step; /* workflow.definition_not_found_or_disabled: the first step whose type it is */
	uint32_t reserved0_;
	uint64_t reserved_[2];
} cairn_run_added;

/*
 * Enqueues n runs, each whole or not at all: steps, edges, and the jobs of those that wait for nothing.
 * Malformed ones fail the call (cairn_run_check()). Every type must have an enabled definition, whose
 * numbers are taken now: INVALID workflow.definition_not_found_or_disabled. A key that exists answers
 * EXISTING if the request is equal to the one it came with, in canonical form, whatever became of run and
 * definitions since, else CONFLICT workflow.enqueue_conflicting_retry; order of steps and of dependencies makes no
 * difference. Then an active key that another run holds answers EXISTING_ACTIVE with that run; it is free
 * again when that run is over and no canceled job of it still holds its lease. Two requests of one call may share
 * a key. Repeating a keyed call after UNCERTAIN gives the first call's result. At most 10,000 steps and 50,000
 * edges in a run, 100,000 of both together in a call: TOO_LARGE limit.exceeded. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_run_enqueue(cairn_conn *conn,
							  const cairn_run_new *runs, size_t n,
							  cairn_run_added *each, cairn_error *err);

/* ---- reading ----------------------------------------------------------------- */

/* How many steps are in which status: moved with each of them, so that nobody counts. */
typedef struct cairn_run_counts {
	int32_t blocked;
	int32_t waiting;  /* WAITING_FOR_EXTERNAL */
	int32_t enqueued; /* ENQUEUED or RUNNING */
	int32_t succeeded;
	int32_t failed;
	int32_t canceled;
} cairn_run_counts;

typedef struct cairn_run {
	cairn_id id;
	cairn_str type;
	cairn_str tenant; /* absent: global */
	enum cairn_run_status status;
	enum cairn_on_failure on_failure;
	cairn_str metadata;
	cairn_str key;
	cairn_str active_key;
	cairn_str result_step;
	cairn_str result;	 /* SUCCEEDED: what the result step's output is */
	cairn_run_counts counts; /* all steps together */
	cairn_str status_reason; /* of a cancel */
	cairn_str error_code;
	cairn_str error_message;
	cairn_id source; /* the run that this one recovers; none */
	cairn_str recovery_key;
	cairn_str recovery_reason;
	cairn_id recovery_step;
	int64_t events; /* the last one's seq; 0: none */
	cairn_time created_at;
	cairn_time updated_at;
	cairn_time finished_at; /* 0: it is not over */
	cairn_str request;	/* canonical text of a keyed request */
	uint64_t reserved_[4];
} cairn_run;

typedef struct cairn_runs {
	size_t count;
	const cairn_run *at;
} cairn_runs;

/* One run as a result of one row; NOT_FOUND workflow.run_not_found. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_run_get(cairn_conn *conn, cairn_scope scope,
						      cairn_id id, cairn_runs **run,
						      cairn_error *err);

typedef struct cairn_run_filter {
	size_t size;
	cairn_scope scope; /* required */
	cairn_str type;
	cairn_str key;	   /* with type: the run that has this idempotency key */
	cairn_id source;   /* the recoveries of this run */
	uint32_t statuses; /* bits 1u << status; 0: all */
	uint32_t limit;	   /* 1..1000; 0: 100 */
	cairn_id after;	   /* continue behind this run: the last row's id */
	uint32_t compact;  /* 1: metadata, result and request stay absent */
	uint32_t reserved_;
} cairn_run_filter;

/* Newest first, by id; the cursor stays good when its run is gone. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_run_list(cairn_conn *conn,
						       const cairn_run_filter *filter,
						       cairn_runs **runs, cairn_error *err);

typedef struct cairn_step {
	cairn_id id; /* its job's, too */
	cairn_id run;
	cairn_str key;
	enum cairn_step_kind kind;
	enum cairn_step_status status;
	uint32_t set;	  /* CAIRN_STEP_CONTINUES */
	int32_t priority; /* JOB: as resolved when it was enqueued, like the next ones */
	cairn_str type;
	cairn_str queue;
	cairn_str tenant;
	cairn_str payload; /* its job's, once it has one */
	cairn_str owner;
	cairn_str resource_key;
	cairn_str stage; /* its job's, once it has one */
	cairn_usec timeout;
	cairn_usec deadline; /* EXTERNAL: as given */
	int32_t max_attempts;
	int32_t prerequisites; /* how many it has */
	int32_t pending;       /* of those, not ended yet; a canceled step keeps what it had */
	int32_t unsatisfied;   /* of those, ended otherwise than its edge wants */
	int32_t run_number;    /* its job's; 0: none yet */
	int32_t attempt;
	cairn_time created_at;
	cairn_time released_at; /* when it became ENQUEUED or WAITING_FOR_EXTERNAL; 0: not yet */
	cairn_time started_at;	/* its job's first claim */
	cairn_time finished_at;
	cairn_time deadline_at;	 /* of an open gate */
	cairn_str status_reason; /* while it is open: its job's */
	cairn_str error_code;
	cairn_str error_message;
	cairn_str output; /* SUCCEEDED */
	uint64_t reserved_[4];
} cairn_step;

typedef struct cairn_steps {
	size_t count;
	const cairn_step *at;
} cairn_steps;

typedef struct cairn_step_filter {
	size_t size;
	cairn_scope scope; /* required: the run's */
	cairn_id run;	   /* required */
	cairn_str key;	   /* only this one */
	uint32_t statuses; /* bits 1u << status; 0: all */
	uint32_t limit;	   /* 1..1000; 0: 100 */
	cairn_id after;	   /* continue behind this step: the last row's id */
	uint32_t compact;  /* 1: payload and output stay absent */
	uint32_t reserved_;
} cairn_step_filter;

/* Steps in the order in which they were given, by id. NOT_FOUND workflow.run_not_found. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_run_steps(cairn_conn *conn,
							const cairn_step_filter *filter,
							cairn_steps **steps, cairn_error *err);

/*
 * What the steps that this one waited for came to, by key: for its handler, who has its id in the job.
 * NOT_FOUND workflow.step_not_found: no such step in this scope (its run's, or its own). [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_step_inputs(cairn_conn *conn, cairn_scope scope,
							  cairn_id step, cairn_steps **inputs,
							  cairn_error *err);

typedef struct cairn_run_edge {
	cairn_id prerequisite;
	cairn_id dependent;
	enum cairn_release_mode mode;
	uint32_t reserved0_;
	cairn_str prerequisite_key;
	cairn_str dependent_key;
	uint64_t reserved_[2];
} cairn_run_edge;

typedef struct cairn_run_edges_result {
	size_t count;
	const cairn_run_edge *at;
} cairn_run_edges_result;

typedef struct cairn_edge_filter {
	size_t size;
	cairn_scope scope;	  /* required: the run's */
	cairn_id run;		  /* required */
	cairn_id after_dependent; /* continue behind this edge: the last row's two ids */
	cairn_id after_prerequisite;
	uint32_t limit; /* 1..1000; 0: 100 */
	uint32_t reserved_;
} cairn_edge_filter;

/* Edges by dependent, prerequisite. NOT_FOUND workflow.run_not_found. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_run_edges(cairn_conn *conn,
							const cairn_edge_filter *filter,
							cairn_run_edges_result **edges,
							cairn_error *err);

enum cairn_run_event_kind {
	CAIRN_RUN_EVENT_RUN = 1,  /* the run got this status */
	CAIRN_RUN_EVENT_STEP,	  /* a step got this status */
	CAIRN_RUN_EVENT_APPENDED, /* steps were appended, under the key in reason */
	CAIRN_RUN_EVENT_JOB	  /* an event of a step's job (history.h) */
};

CAIRN_API const char *cairn_run_event_kind_text(enum cairn_run_event_kind kind);
CAIRN_API enum cairn_run_event_kind cairn_run_event_kind_parse(cairn_str word);

typedef struct cairn_run_event {
	int64_t seq; /* 1, 2, 3 … within the run; of JOB: within the job */
	cairn_time at;
	enum cairn_run_event_kind kind;
	enum cairn_run_status run_status;   /* RUN */
	enum cairn_step_status step_status; /* STEP */
	enum cairn_event_kind job_kind;	    /* JOB */
	cairn_id step;			    /* STEP, JOB; else none */
	cairn_str step_key;
	cairn_str reason;
	cairn_str error_code;
	cairn_str error_message;
	cairn_str payload; /* JOB: the event's, a JSON object */
	int32_t run_number;
	int32_t attempt;
	uint64_t reserved_[2];
} cairn_run_event;

typedef struct cairn_run_events_result {
	size_t count;
	const cairn_run_event *at;
} cairn_run_events_result;

typedef struct cairn_run_event_filter {
	size_t size;
	cairn_scope scope; /* required: the run's */
	cairn_id run;	   /* required */
	/*
	 * 0: the run's own events, by seq. 1: those of its jobs among them, by time; at one time
	 * first the run's own, then by step; and seq.
	 */
	uint32_t jobs;
	uint32_t limit;	     /* 1..1000; 0: 100 */
	int64_t after_seq;   /* continue behind this event: the last row's seq, */
	cairn_time after_at; /* with jobs also its time, */
	cairn_id after_step; /* and its step if it is JOB, else none */
} cairn_run_event_filter;

/*
 * The run's timeline: every status that it and its steps were given (ENQUEUED for RUNNING, too: that is
 * the job's to tell). NOT_FOUND workflow.run_not_found. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_run_events(cairn_conn *conn,
							 const cairn_run_event_filter *filter,
							 cairn_run_events_result **events,
							 cairn_error *err);

/* ---- gates -------------------------------------------------------------------- */

typedef struct cairn_completion {
	cairn_scope scope; /* the run's */
	cairn_id run;
	cairn_str step;		   /* the key of an EXTERNAL one */
	enum cairn_step_status to; /* SUCCEEDED, FAILED, CANCELED */
	uint32_t reserved0_;
	cairn_str output; /* JSON; SUCCEEDED only */
	cairn_str reason; /* the others may be given with any */
	cairn_str error_code;
	cairn_str error_message;
	uint64_t reserved_[2];
} cairn_completion;

typedef struct cairn_completed {
	cairn_status status; /* OK, NOT_FOUND, INVALID, STALE, CONFLICT */
	cairn_code code;
	enum cairn_step_status step_status; /* as it is now; 0: no such step */
	enum cairn_run_status run_status;   /* likewise */
	cairn_id step;
	uint32_t repeated; /* 1: it was completed so before, and nothing was written */
	uint32_t reserved0_;
	uint64_t reserved_;
} cairn_completed;

/*
 * Ends n gates that stand open, with all that follows. The same again is OK, outputs compared as JSON. First
 * wins: INVALID workflow.external_step_invalid_terminal_status, workflow.external_step_output_invalid_status and a gate
 * named twice (arg.invalid) fail the call; NOT_FOUND workflow.external_step_not_found; INVALID
 * workflow.external_step_not_external; CONFLICT workflow.external_step_conflicting_completion_retry (another status,
 * reason, code or message), workflow.external_step_conflicting_output_retry; STALE
 * workflow.external_step_not_waiting: it is BLOCKED. [1 round trip; 3 more, through a pooler 6, where what follows goes
 * further than the next steps]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_step_complete(cairn_conn *conn,
							    const cairn_completion *items, size_t n,
							    cairn_completed *each,
							    cairn_error *err);

/*
 * Ends up to limit (1..1000; 0: 100) gates whose deadline is over as FAILED workflow.gate_deadline, the longest
 * overdue first; those whose run others have locked are left for the next pass. *ended (may be NULL) counts them. A
 * worker does this beside its reaping. [1 round trip where none is overdue, else 2]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_run_reap(cairn_conn *conn, uint32_t limit,
						       size_t *ended, cairn_error *err);

/* ---- append ---------------------------------------------------------------------- */

typedef struct cairn_append {
	size_t size;
	cairn_scope scope; /* the run's */
	cairn_id run;
	cairn_str key;	    /* required: makes the request repeatable; per run */
	cairn_str window;   /* required: the key of a gate that stands open */
	cairn_str metadata; /* JSON, kept with it; not compared; absent: {} */
	const cairn_step_new *steps;
	size_t n; /* >= 1 */
} cairn_append;

typedef struct cairn_appended {
	size_t count;
	const cairn_step *at; /* in the order in which they were given */
	enum cairn_disposition
		disposition; /* EXISTING: applied before, the same steps as they are now */
	enum cairn_run_status run_status;
} cairn_appended;

/*
 * Adds steps to a run while a gate of it is open. They may wait for steps of the run and for each other; what waits
 * for nothing that is still to come begins at once, or is canceled if a step it wanted to succeed did not.
 * Existing steps stay as they are. The same key again answers EXISTING if the request is equal in canonical
 * form (whatever happened since), else CONFLICT workflow.append_conflicting_retry. First wins: INVALID
 * workflow.append_mutation_key_blank, arg.…, and what is wrong with the steps by themselves (cairn_run_check());
 * NOT_FOUND workflow.run_not_found; the key; INVALID workflow.append_window_missing,
 * workflow.append_window_not_external; STALE workflow.append_window_not_open, workflow.append_terminal_run; then
 * keys that the run has and prerequisites that it has not, and a missing definition as in cairn_run_enqueue(). A
 * run never has more than 10,000 steps and 50,000 edges: TOO_LARGE. [5 round trips]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_run_append(cairn_conn *conn,
							 const cairn_append *append,
							 cairn_appended **appended,
							 cairn_error *err);

/* ---- cancel ------------------------------------------------------------------------ */

typedef struct cairn_run_cancel_opts {
	size_t size;
	cairn_scope scope; /* required */
	const cairn_id *runs;
	size_t n;
	cairn_str reason; /* absent: "CANCELED" */
	cairn_str error_code;
	cairn_str error_message;
} cairn_run_cancel_opts;

typedef struct cairn_run_changed {
	cairn_status status; /* OK, NOT_FOUND workflow.run_not_found */
	cairn_code code;
	enum cairn_run_status run_status; /* as it is now; 0: no such run */
	uint32_t canceled;		  /* steps that this call canceled */
	uint64_t reserved_;
} cairn_run_changed;

/*
 * Cancels n runs: every step that has not ended, and its job as cairn_job_cancel() does; handlers learn of it at their
 * next call. A run that is over stays as it is, and is OK. [2 round trips]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_run_cancel(cairn_conn *conn,
							 const cairn_run_cancel_opts *opts,
							 cairn_run_changed *each, cairn_error *err);

/* ---- recover ------------------------------------------------------------------------- */

typedef struct cairn_recovery {
	size_t size;
	cairn_scope scope; /* exactly the source's: GLOBAL or TENANT */
	cairn_id source;
	cairn_id step;	  /* the step that is to blame, for the record; none */
	cairn_str key;	  /* required: makes the request repeatable; per source */
	cairn_str reason; /* required */
} cairn_recovery;

/*
 * Does a run that is over once more: a new run with the same type, tenant, metadata, active key, result step, and all
 * steps, appended ones included, with their payloads as they are now and the numbers they had; without
 * idempotency key. Outputs are not copied: everything is done again. The source stays as it is; an active key that it
 * still holds goes over. The same request again answers EXISTING. INVALID workflow.invalid_recovery_request_key,
 * workflow.invalid_recovery_reason; NOT_FOUND workflow.recovery_source_not_found,
 * workflow.recovery_source_step_not_found; CONFLICT workflow.recovery_request_conflict (same key, another step or
 * reason), workflow.recovery_source_not_terminal, workflow.recovery_active_constraint: another run has the active key;
 * INVALID workflow.definition_not_found_or_disabled. [8 round trips, and one more per 1000 steps and edges]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_run_recover(cairn_conn *conn,
							  const cairn_recovery *recovery,
							  cairn_run_added *added, cairn_error *err);

/* ---- wait ------------------------------------------------------------------------------ */

typedef struct cairn_run_wait_opts {
	size_t size;
	cairn_scope scope; /* required */
	cairn_id run;
	cairn_usec timeout; /* 0: 300 s; -1: one look; at most 1 h */
	uint32_t result;    /* 1: for its result */
	uint32_t reserved_;
} cairn_run_wait_opts;

/*
 * Waits until the run is over and answers it. TIMEOUT workflow.result_wait_timeout; *run is then, as where a
 * result can't come any more, what was seen last. NOT_FOUND workflow.run_not_found. For a result also INVALID workflow.result_not_declared, at once; STALE
 * workflow.result_unsuccessful_terminal; NOT_FOUND workflow.result_missing: it succeeded without an output. Where the
 * database can tell (CAIRN_CAP_WAKE) nothing is polled but a safety net. INVALID conn.misuse inside a transaction, but
 * for one look; INTERRUPTED.
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_run_wait(cairn_conn *conn,
						       const cairn_run_wait_opts *opts,
						       cairn_runs **run, cairn_error *err);

/* ---- retention --------------------------------------------------------------------------- */

typedef struct cairn_run_prune_filter {
	size_t size;
	cairn_scope scope; /* required */
	cairn_str type;
	uint32_t statuses; /* bits 1u << status, of runs that are over; 0: all three */
	uint32_t limit;	   /* 1..1000; 0: 100 */
	cairn_usec age;	   /* since they were over; at least 0 */
} cairn_run_prune_filter;

/*
 * Deletes runs with everything: steps, edges, events, and their jobs with all that belongs to those; oldest first.
 * Skipped are runs that others have locked, and those with a canceled job whose lease is not over. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_run_prune(cairn_conn *conn,
							const cairn_run_prune_filter *filter,
							size_t *pruned, cairn_error *err);

#ifdef __cplusplus
}
#endif

#endif
