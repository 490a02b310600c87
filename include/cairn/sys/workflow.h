/*
 * sys/workflow.h - the workflows store of a driver: DAG runs.
 *
 * Tables: runs, with counters of their steps; steps, whose ids are their jobs' too; edges; events of
 * runs; appends; active keys. A job of a step carries run and continues (cairn_job), and nothing else tells the two
 * stores apart: the jobs store's change and reap end the steps of the jobs that they end.
 *
 * Lock order: run rows by id, job rows by id, step rows. Whoever changes a step or inserts one holds its run's
 * row, taken in a statement of its own before anything else is read; claims, heartbeats and whatever else leaves a
 * job PENDING or LEASED need no run. A step's ENQUEUED is stored; RUNNING is read from its job.
 *
 * What becomes of whom is said by the rules (cairn_host_run_rules()); a driver looks up, and counts.
 */
#ifndef CAIRN_SYS_WORKFLOW_H
#define CAIRN_SYS_WORKFLOW_H

#include <cairn/sys/job.h>
#include <cairn/workflow.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- rules ------------------------------------------------------------------ */

/* Which counters are not 0. */
enum cairn_run_has {
	CAIRN_RUN_HAS_ACTIVE = 1,  /* blocked or enqueued */
	CAIRN_RUN_HAS_WAITING = 2, /* waiting */
	CAIRN_RUN_HAS_ERRORS = 4   /* failed or canceled */
};

typedef struct cairn_run_rules {
	/* [job status]: what the end of its job makes of a step that is ENQUEUED; 0: it has not ended */
	enum cairn_step_status of_job[CAIRN_JOB_CANCELED + 1];
	/* [kind][unsatisfied > 0]: what becomes of a BLOCKED step when pending gets to 0 */
	enum cairn_step_status of_step[CAIRN_STEP_EXTERNAL + 1][2];
	/* [cairn_run_has]: the status of a run that is not over, from its counters */
	enum cairn_run_status of_run[8];
	/* whether an edge counts as unsatisfied: [mode][status of the ended prerequisite] */
	uint8_t unsatisfied[CAIRN_RELEASE_ON_SUCCESS + 1][CAIRN_STEP_CANCELED + 1];
	uint8_t reserved_[8];
	uint32_t told_steps; /* bits 1u << status: what is recorded as an event */
	uint32_t told_runs;
	/* reason and error code, and message, of a step that is CANCELED for its prerequisites */
	cairn_str unsatisfied_code;
	cairn_str unsatisfied_message;
	/* of what a failure cancels in a run that is FAIL_FAST */
	cairn_str fail_fast_code;
	cairn_str fail_fast_message;
} cairn_run_rules;

/* Those of a connection: its switch for events is in them. */
CAIRN_API const cairn_run_rules *cairn_host_run_rules(const cairn_host *host);

/* For drivers that look up one by one: the step's status from its counters, the run's from its own. */
CAIRN_API enum cairn_step_status cairn_step_resolved(const cairn_run_rules *rules,
						     enum cairn_step_kind kind, int32_t pending,
						     int32_t unsatisfied);
CAIRN_API enum cairn_run_status cairn_run_counted(const cairn_run_rules *rules,
						  const cairn_run_counts *counts);
/* The counter that a step of this status is counted in. */
CAIRN_API int32_t *cairn_run_counter(cairn_run_counts *counts, enum cairn_step_status status);

/*
 * THE END OF A STEP, whoever ends it (change, reap, end, cancel): status, finished_at = now, reason, error code and
 * message, and for SUCCEEDED the output (of a job: its row's, as changed); deadline_at NULL. A step that has ended is
 * left alone. Then, for each edge to a dependent that is BLOCKED: pending - 1, and unsatisfied + 1 by the rules; at
 * pending 0 it gets the status of of_step: ENQUEUED inserts its job (below); WAITING_FOR_EXTERNAL sets released_at =
 * now and deadline_at = now + deadline, if it has one; CANCELED is an end of it, with unsatisfied_code as reason and
 * error code, and goes on from there, as far as it goes, in the same commit. Last the run: counters, status from
 * of_run, updated_at = now.
 *
 * A run that is FAIL_FAST, not over, and has failed > 0 when all that is done: every step that has not ended is
 * swept: its job by cairn_run_sweep_job(), then CANCELED with the sweep's texts, without looking at edges; then the
 * run again.
 *
 * A run that gets a terminal status: finished_at = now; who waits for it is told after the commit; its active key goes,
 * or is kept until the last lease_expires_at > now of its CANCELED jobs: until then nobody else gets it.
 *
 * Its events, in this order and if they are told: the steps that ended, by id; those that follow, by how many edges
 * they are away and id; those that were swept, by id; the run's status, if it changed. seq goes on from the run's
 * events, without a gap.
 *
 * The job of a step: PENDING, id, run_id and numbers of the step, run 1, attempt 0, fence 0, run_at = created_at = now,
 * not keyed, ENQUEUED event and telling who waits as enqueue does (sys/job.h).
 */

/* ---- enqueue ------------------------------------------------------------------ */

/* One step to insert, ready but for its definition's numbers. */
typedef struct cairn_step_insert {
	cairn_id id;
	cairn_str key;
	enum cairn_step_kind kind;
	enum cairn_step_status status; /* ENQUEUED: its job is inserted, too */
	cairn_str type;		       /* JOB */
	cairn_str queue;	       /* JOB */
	cairn_str tenant;	       /* absent: global */
	cairn_str payload;
	cairn_str owner;
	cairn_str
		resource_key; /* made with capacity 1 if it is not there, as by the jobs store's enqueue */
	cairn_str stage;      /* JOB */
	cairn_usec timeout;   /* 0: the definition's */
	cairn_usec deadline;  /* 0: none */
	int32_t max_attempts; /* 0: the definition's */
	int32_t priority;     /* with CAIRN_STEP_PRIORITY in set, else the definition's */
	uint32_t set;
	int32_t prerequisites;
	int32_t pending;
	int32_t unsatisfied;
	int64_t released_seq; /* of the event of its release; 0: none */
	int64_t ended_seq; /* likewise; appended steps may be CANCELED at once, as for unsatisfied edges */
} cairn_step_insert;

typedef struct cairn_edge_insert {
	cairn_id prerequisite;
	cairn_id dependent;
	enum cairn_release_mode mode;
	uint32_t reserved_;
} cairn_edge_insert;

typedef struct cairn_run_insert {
	cairn_id id;
	cairn_str type;
	cairn_str tenant; /* absent: global */
	cairn_str metadata;
	cairn_str key;	   /* absent: unkeyed */
	cairn_str request; /* canonical, keyed runs only */
	uint8_t request_hash[32];
	cairn_str active_key;  /* absent: none */
	cairn_str result_step; /* absent: none */
	enum cairn_on_failure on_failure;
	enum cairn_run_status status;
	cairn_run_counts counts;
	int64_t events;	 /* the last seq of this insert */
	int64_t seq;	 /* of the event of its status; 0: none */
	cairn_id source; /* none: not a recovery */
	cairn_id recovery_step;
	cairn_str recovery_key;
	cairn_str recovery_reason;
	size_t first_step; /* its steps and edges stand together in the plan */
	size_t step_count;
	size_t first_edge;
	size_t edge_count;
} cairn_run_insert;

enum cairn_run_insert_result {
	CAIRN_RUN_INSERT_NO_DEFINITION =
		0, /* step: the first one of its run whose type has none enabled */
	CAIRN_RUN_INSERT_DONE,
	CAIRN_RUN_INSERT_KEY_EXISTS,	 /* id, status, hash: of the run that has it */
	CAIRN_RUN_INSERT_ACTIVE_EXISTS,	 /* id, status: of the run that has it */
	CAIRN_RUN_INSERT_RECOVERY_EXISTS /* id, status: the recovery of source under this key */
};

typedef struct cairn_run_inserted {
	enum cairn_run_insert_result result;
	enum cairn_run_status status;
	cairn_id id;
	uint8_t request_hash[32];
	size_t step; /* counted from the run's first */
} cairn_run_inserted;

typedef struct cairn_run_plan {
	const cairn_run_insert *runs;
	size_t n;
	const cairn_step_insert *steps;
	size_t step_count;
	const cairn_edge_insert *edges;
	size_t edge_count;
	uint32_t record; /* 1: jobs get their ENQUEUED event */
	uint32_t reserved_;
} cairn_run_plan;

/*
 * Inserts runs with everything, each whole or not at all; created_at = updated_at = now, and released_at or
 * finished_at by the steps' status. First wins: the key, the recovery, the active key, a definition. Keys are unique per
 * (type, tenant-or-global), recoveries per (source, key), active keys per tenant-or-global among runs that are not over
 * or whose key is kept; one that is kept, and not yet free, is taken over by a recovery of its run. Rows with such keys
 * are inserted by bytes, keys first. Of requests in the plan that share a key the first is inserted and is what the
 * others find.
 */
typedef cairn_status cairn_run_enqueue_fn(void *self, const cairn_run_plan *plan,
					  cairn_run_inserted *each, cairn_error *err);

/* ---- append, recover: under the run's lock -------------------------------------- */

typedef struct cairn_run_look {
	cairn_scope scope;
	cairn_id run;
	const cairn_str *keys; /* the steps that are asked for */
	size_t key_count;
	cairn_str append_key; /* absent: none */
	uint32_t reserved0_;
	uint32_t reserved_;
} cairn_run_look;

typedef struct cairn_run_looked {
	cairn_run_counts counts;
	enum cairn_run_status status; /* 0: no such run in scope */
	uint32_t appended;	      /* 1: there was an append under this key, of this request: */
	uint8_t append_hash[32];
	int64_t events;
	int64_t edges;
	cairn_str tenant; /* valid as long as the rows */
} cairn_run_looked;

/*
 * Locks the run's row, waiting for it, and then looks: pushes cairn_step rows of those keys that there are, in any
 * order, without payload and output. Only ever called inside a transaction. tx.unsupported_isolation where a statement
 * behind the lock would not see what it waited for.
 */
typedef cairn_status cairn_run_look_fn(void *self, const cairn_run_look *look,
				       cairn_run_looked *looked, cairn_rows *steps,
				       cairn_error *err);

typedef struct cairn_append_plan {
	cairn_id run;
	cairn_str key;
	cairn_str metadata;
	cairn_str request;
	uint8_t request_hash[32];
	const cairn_step_insert *steps;
	size_t n;
	const cairn_edge_insert *edges;
	size_t edge_count;
	cairn_run_counts counts;      /* the run's, afterwards */
	enum cairn_run_status status; /* likewise: never terminal */
	uint32_t record;	      /* 1: jobs get their ENQUEUED event */
	int64_t seq;		      /* of the APPENDED event; 0: none */
	int64_t status_seq;	      /* of the event of a status that changed; 0: none */
	int64_t events;		      /* the run's last seq, afterwards */
} cairn_append_plan;

/* Writes all that, behind a look; or nothing, where a definition is missing: *missing is then the first such step, else n. */
typedef cairn_status cairn_run_append_fn(void *self, const cairn_append_plan *plan, size_t *missing,
					 cairn_error *err);

/* ---- end, cancel ------------------------------------------------------------------ */

typedef struct cairn_step_end {
	cairn_scope scope; /* the run's */
	cairn_id run;
	cairn_str key;
	enum cairn_step_status to;
	uint32_t overdue; /* 1: only if deadline_at <= now */
	cairn_str output;
	cairn_str reason;
	cairn_str error_code;
	cairn_str error_message;
} cairn_step_end;

typedef struct cairn_step_ended {
	enum cairn_hit hit;
	enum cairn_run_status run_status; /* as it is now; 0: no such run in scope */
	cairn_id step;			  /* none: no such step */
	enum cairn_step_status step_status;
	uint32_t found; /* a miss: 1 + the index of its row in rows; 0: none */
} cairn_step_ended;

typedef struct cairn_step_end_plan {
	const cairn_step_end *items; /* each gate once */
	size_t n;
	uint32_t skip_locked; /* 1: runs that others have locked are misses without a row */
	uint32_t reserved_;
} cairn_step_end_plan;

/* Ends steps that are WAITING_FOR_EXTERNAL, as above. Of misses whose step is there pushes its cairn_step row. */
typedef cairn_status cairn_run_end_fn(void *self, const cairn_step_end_plan *plan,
				      cairn_step_ended *each, cairn_rows *rows, cairn_error *err);

typedef struct cairn_run_sweep {
	cairn_str reason;
	cairn_str error_code;
	cairn_str error_message;
	uint32_t events; /* bits 1u << kind: those of jobs that are recorded */
	uint32_t reserved_;
} cairn_run_sweep;

/* What a sweep makes of a job: CANCELED, from PENDING or LEASED, as cairn_job_cancel() does. */
CAIRN_API void cairn_run_sweep_job(const cairn_run_sweep *sweep, cairn_id job,
				   cairn_change *change);

/* The sweep that follows a failure in a run that is FAIL_FAST. */
CAIRN_API cairn_run_sweep cairn_run_fail_fast(const cairn_host *host);

typedef struct cairn_run_cancel_plan {
	const cairn_id *runs; /* each once */
	size_t n;
	cairn_scope scope;
	cairn_run_sweep sweep;
} cairn_run_cancel_plan;

typedef struct cairn_run_canceled {
	enum cairn_run_status status; /* as it is now; 0: no such run in scope */
	uint32_t steps;		      /* that were swept */
} cairn_run_canceled;

/*
 * Sweeps runs that are not over, sets their status CANCELED, and the sweep's texts: status_reason, error code and
 * message of the run.
 */
typedef cairn_status cairn_run_cancel_fn(void *self, const cairn_run_cancel_plan *plan,
					 cairn_run_canceled *each, cairn_error *err);

/* ---- reads --------------------------------------------------------------------------- */

typedef struct cairn_run_query {
	cairn_scope scope;
	cairn_id run; /* exactly this one; none: any */
	cairn_str type;
	cairn_str key; /* with type */
	cairn_id source;
	uint32_t statuses; /* never 0 */
	uint32_t limit;
	cairn_id after; /* none: from the newest */
	uint32_t compact;
	uint32_t reserved_;
} cairn_run_query;

/* Pushes cairn_run rows by id descending. */
typedef cairn_status cairn_run_runs_fn(void *self, const cairn_run_query *query, cairn_rows *rows,
				       cairn_error *err);

typedef struct cairn_step_query {
	cairn_scope scope; /* the run's; with dependent the run's or the step's */
	cairn_id run;	   /* its steps; or none, and */
	cairn_id
		dependent; /* the prerequisites of this one, by key, whatever limit and after are */
	const cairn_str *keys; /* only these, each once; NULL: any */
	size_t key_count;
	uint32_t statuses; /* as projected, never 0 */
	uint32_t limit;
	cairn_id after;
	uint32_t compact;
	uint32_t reserved_;
} cairn_step_query;

/* Pushes cairn_step rows by id, with what their jobs say. *found: run, or dependent, is in scope. */
typedef cairn_status cairn_run_steps_fn(void *self, const cairn_step_query *query, int *found,
					cairn_rows *rows, cairn_error *err);

typedef struct cairn_edge_query {
	cairn_scope scope;
	cairn_id run;
	cairn_id after_dependent;
	cairn_id after_prerequisite;
	uint32_t limit;
	uint32_t reserved_;
} cairn_edge_query;

/* Pushes cairn_run_edge rows by dependent, prerequisite. */
typedef cairn_status cairn_run_edges_fn(void *self, const cairn_edge_query *query, int *found,
					cairn_rows *rows, cairn_error *err);

typedef struct cairn_run_event_query {
	cairn_scope scope;
	cairn_id run;
	uint32_t jobs;
	uint32_t limit;
	int64_t after_seq;
	cairn_time after_at;
	cairn_id after_step;
} cairn_run_event_query;

/* As cairn_run_event without payload; of JOB, job is the event as it is stored. */
typedef struct cairn_run_event_record {
	cairn_run_event event;
	cairn_event_record job;
} cairn_run_event_record;

/* Pushes cairn_run_event_record rows, in the order that workflow.h says. */
typedef cairn_status cairn_run_events_fn(void *self, const cairn_run_event_query *query, int *found,
					 cairn_rows *rows, cairn_error *err);

/* Pushes cairn_step rows, of which only run, id and key are looked at, of open gates with deadline_at <= now, by it. */
typedef cairn_status cairn_run_overdue_fn(void *self, uint32_t limit, cairn_rows *rows,
					  cairn_error *err);

/* ---- retention, waiting ------------------------------------------------------------------ */

typedef struct cairn_run_prune_plan {
	cairn_scope scope;
	cairn_str type;
	uint32_t statuses; /* terminal ones, never 0 */
	uint32_t limit;
	cairn_usec age; /* finished_at <= now - age */
} cairn_run_prune_plan;

/* Deletes by finished_at, id, as workflow.h says. */
typedef cairn_status cairn_run_prune_fn(void *self, const cairn_run_prune_plan *plan,
					size_t *pruned, cairn_error *err);

/* Optional: sleeps as cairn_job_wait_fn does (sys/job.h), for this run's end. */
typedef cairn_status cairn_run_wait_fn(void *self, cairn_id run, cairn_usec timeout,
				       enum cairn_wake *wake, cairn_error *err);
/* Optional: the waiting is over. */
typedef void cairn_run_unwait_fn(void *self);

typedef struct cairn_workflow_ops {
	size_t size;
	cairn_run_enqueue_fn *enqueue;
	cairn_run_end_fn *end;
	cairn_run_cancel_fn *cancel;
	cairn_run_runs_fn *runs;
	cairn_run_steps_fn *steps;
	cairn_run_edges_fn *edges;
	cairn_run_events_fn *events;
	cairn_run_overdue_fn *overdue;
	cairn_run_prune_fn *prune;
	/* a driver that lacks one of these answers append and recover with UNSUPPORTED */
	cairn_run_look_fn *look;
	cairn_run_append_fn *append;
	cairn_run_wait_fn *wait;     /* optional: the core polls with runs */
	cairn_run_unwait_fn *unwait; /* optional */
} cairn_workflow_ops;

#ifdef __cplusplus
}
#endif

#endif
