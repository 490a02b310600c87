/*
 * replay_history.h - replay runs (replay.h) from outside: what they are, what they remember, and cancel, resume, fork,
 * delete. Their events are their jobs' (cairn_job_events()), in which steps and signals have kinds of their own.
 */
#ifndef CAIRN_REPLAY_HISTORY_H
#define CAIRN_REPLAY_HISTORY_H

#include <cairn/replay.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Read from its job: SUSPENDED is PENDING, continued, and not put in line yet. That is done when it is woken, or, once it is
 * due, by the next claim of its queue or the upkeep: until then it stays SUSPENDED, and wake_at has passed.
 */
enum cairn_replay_status {
	CAIRN_REPLAY_ENQUEUED = 1,
	CAIRN_REPLAY_RUNNING,
	CAIRN_REPLAY_SUSPENDED,
	CAIRN_REPLAY_SUCCEEDED,
	CAIRN_REPLAY_FAILED,
	CAIRN_REPLAY_CANCELED
};

/* "ENQUEUED" …, "FAILED": the same words in the API, JSON and the CLI. NULL for none, 0 for no such word. */
CAIRN_API const char *cairn_replay_status_text(enum cairn_replay_status status);
CAIRN_API enum cairn_replay_status cairn_replay_status_parse(cairn_str word);

typedef struct cairn_replay_run {
	cairn_id id;	 /* its job's, too */
	cairn_id root;	 /* its own, or that of the run that began the tree */
	cairn_id parent; /* none: a root */
	cairn_id source; /* the run that it was forked from; none */
	int64_t shared;	 /* of a fork: the last seq that it took over */
	enum cairn_replay_status status;
	int32_t attempt;    /* how often it was begun, suspensions not counted; 0: never */
	int32_t run_number; /* its job's */
	uint32_t reserved0_;
	int64_t fence;	 /* under which it was begun last */
	cairn_str scope; /* "root", or the name of the parent's step */
	cairn_str code;
	cairn_str type; /* from here on its job's */
	cairn_str queue;
	cairn_str tenant;
	cairn_str owner;
	cairn_str worker;
	cairn_str payload;
	cairn_str output;
	cairn_str error_code;
	cairn_str error_message;
	cairn_time wake_at; /* SUSPENDED, ENQUEUED: when it is due */
	cairn_time lease_expires_at;
	cairn_time created_at;
	cairn_time started_at;
	cairn_time finished_at;
	cairn_time updated_at;
	int64_t steps; /* with counts: how many it remembers, and of these */
	int64_t completed;
	int64_t failed;
	int64_t waiting;
	int64_t children; /* with counts, too: the runs that have it as parent */
	uint64_t reserved_[4];
} cairn_replay_run;

typedef struct cairn_replay_runs {
	size_t count;
	const cairn_replay_run *at;
} cairn_replay_runs;

typedef struct cairn_replay_filter {
	size_t size;
	cairn_scope scope; /* required */
	cairn_id run;	   /* exactly this one */
	cairn_id root;	   /* those of this tree */
	cairn_id parent;   /* the children of this one */
	cairn_str type;
	uint32_t statuses;	 /* bits 1u << status; 0: all */
	uint32_t limit;		 /* 1..1000; 0: 100 */
	cairn_time created_from; /* inclusive; 0: open */
	cairn_time created_to;	 /* exclusive; 0: open */
	cairn_id after;		 /* continue behind this run: the last row's id */
	uint32_t compact;	 /* 1: payload and output stay absent */
	uint32_t counts;	 /* 1: count their steps, which reads them */
} cairn_replay_filter;

/* Newest first, by id; the cursor stays good when its run is gone. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_replay_list(cairn_conn *conn,
							  const cairn_replay_filter *filter,
							  cairn_replay_runs **runs,
							  cairn_error *err);

/* One run, with counts, as a result of one row; NOT_FOUND replay.run_not_found. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_replay_get(cairn_conn *conn, cairn_scope scope,
							 cairn_id run, cairn_replay_runs **row,
							 cairn_error *err);

/* ---- what a run remembers ---------------------------------------------------- */

enum cairn_memo_verb {
	CAIRN_MEMO_STEP = 1,
	CAIRN_MEMO_VALUE,
	CAIRN_MEMO_SLEEP,
	CAIRN_MEMO_SIGNAL,
	CAIRN_MEMO_CHILD
};

enum cairn_memo_status {
	CAIRN_MEMO_RUNNING =
		1,	    /* STEP: begun and not ended, whether somebody is still at it or not */
	CAIRN_MEMO_WAITING, /* for its time, a signal, a child, or its next attempt */
	CAIRN_MEMO_COMPLETED,
	CAIRN_MEMO_FAILED
};

/* "STEP" …, "RUNNING" …: the same words in the API, SQL, JSON and the CLI. */
CAIRN_API const char *cairn_memo_verb_text(enum cairn_memo_verb verb);
CAIRN_API enum cairn_memo_verb cairn_memo_verb_parse(cairn_str word);
CAIRN_API const char *cairn_memo_status_text(enum cairn_memo_status status);
CAIRN_API enum cairn_memo_status cairn_memo_status_parse(cairn_str word);

/* A step as it is remembered. */
typedef struct cairn_memo {
	int64_t seq; /* 1, 2, 3 … within the run */
	cairn_id run;
	cairn_str name;
	cairn_str kind;
	enum cairn_memo_verb verb;
	enum cairn_memo_status status;
	int32_t attempts;
	int32_t failures;     /* in the run's attempt of last_attempt */
	int32_t last_attempt; /* the run's, in which it was last begun */
	uint32_t timed_out;
	int64_t fence; /* under which it was last begun or asked for */
	cairn_id claim;
	cairn_id child;
	cairn_str signal;    /* SIGNAL: the name that it waits for */
	cairn_str signature; /* the canonical text of input, kind and scope */
	uint8_t hash[32];    /* its SHA-256 */
	cairn_str result;
	cairn_str error_code;
	cairn_str error_message;
	cairn_time wake_at; /* as stored once; 0: none */
	cairn_time created_at;
	cairn_time begun_at; /* last */
	cairn_time ended_at; /* COMPLETED, FAILED */
	uint64_t reserved_[4];
} cairn_memo;

typedef struct cairn_memos {
	size_t count;
	const cairn_memo *at;
} cairn_memos;

typedef struct cairn_memo_filter {
	size_t size;
	cairn_scope scope; /* required: the run's */
	cairn_id run;	   /* required */
	cairn_str name;	   /* only this one */
	uint32_t statuses; /* bits 1u << status; 0: all */
	uint32_t limit;	   /* 1..1000; 0: 100 */
	int64_t after;	   /* continue behind this seq */
	uint32_t compact;  /* 1: signature and result stay absent */
	uint32_t reserved_;
} cairn_memo_filter;

/* By seq. NOT_FOUND replay.run_not_found. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_replay_memos(cairn_conn *conn,
							   const cairn_memo_filter *filter,
							   cairn_memos **memos, cairn_error *err);

/* ---- cancel, resume, fork ------------------------------------------------------- */

/* How one item ended. */
typedef struct cairn_replay_changed {
	cairn_status status; /* OK, NOT_FOUND, STALE */
	cairn_code code;
	enum cairn_job_status job_status; /* as it is now; 0: no such run */
	uint32_t descendants;		  /* cancel: that were canceled with it */
	cairn_time lease_expires_at;	  /* of one that is, or was canceled while it was, leased */
	uint64_t reserved_[2];
} cairn_replay_changed;

/*
 * Cancels n runs, begun or not, and all their descendants, as cairn_job_cancel() does; the program learns of it at its next call: STALE
 * run.canceled. One that is over stays as it is, and is OK; so do its descendants. NOT_FOUND replay.run_not_found.
 * (cairn_job_cancel() takes no children along; they find out when they begin again.) [4 round trips, and 2 for each
 * further level of children; one commit]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_replay_cancel(cairn_conn *conn, cairn_scope scope,
							    const cairn_id *runs, size_t n,
							    cairn_str reason,
							    cairn_replay_changed *each,
							    cairn_error *err);

typedef struct cairn_resume {
	size_t size;
	cairn_scope scope; /* required */
	cairn_id run;
	cairn_str
		owner;	/* with CAIRN_RESUME_OWNER: who may claim it from now on; absent: anybody */
	uint32_t flags; /* CAIRN_RESUME_… */
	int32_t run_number; /* as it was seen; 0: whatever it is */
	cairn_str reason;   /* absent: "RESUMED" */
} cairn_resume;

#define CAIRN_RESUME_OWNER    1u /* give it to another owner */
#define CAIRN_RESUME_CANCELED 2u /* also if it was canceled */

/*
 * Runs a run that FAILED once more, with what it remembers: due now, as run n + 1 of its job; steps that failed are tried
 * again. STALE replay.run_live: it is not over (with CAIRN_RESUME_OWNER one whose lease is not running is given over
 * and is OK); STALE replay.run_over: it succeeded, or was canceled; STALE job.cancellation_not_quiesced;
 * STALE job.expectation_mismatch: another one has resumed it. [2 round trips]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_replay_resume(cairn_conn *conn,
							    const cairn_resume *resume,
							    cairn_replay_changed *changed,
							    cairn_error *err);

typedef struct cairn_fork_new {
	size_t size;
	cairn_scope scope; /* required: the source's */
	cairn_id source;
	cairn_str name;	   /* up to this step, included; or */
	int64_t seq;	   /* up to this one; 0: none, it begins from the top */
	cairn_str code;	   /* absent: the source's */
	cairn_str queue;   /* absent: the source's */
	cairn_str owner;   /* absent: the source's */
	cairn_time run_at; /* 0: now */
} cairn_fork_new;

/*
 * A new run of the source's type, tenant, payload and scope, unkeyed, a root of its own, which remembers the source's
 * first steps as far as they are COMPLETED; signals, budgets and what was charged stay the source's. The source is not
 * touched. NOT_FOUND replay.run_not_found, replay.step_not_found; INVALID job.definition_not_found_or_disabled.
 * [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_replay_fork(cairn_conn *conn,
							  const cairn_fork_new *fork,
							  cairn_job_added *added, cairn_error *err);

/* ---- waiting, deleting ------------------------------------------------------------ */

typedef struct cairn_replay_wait_opts {
	size_t size;
	cairn_scope scope; /* required */
	cairn_id run;
	cairn_usec timeout; /* 0: 300 s; -1: one look; at most 1 h */
} cairn_replay_wait_opts;

/*
 * Waits until the run, begun or not, is over and answers it. TIMEOUT replay.wait_timeout; *run is then what was seen last,
 * which is no row before it has begun. NOT_FOUND replay.run_not_found: no such job, or one that ended without having begun. INVALID
 * conn.misuse inside a transaction, but for one look; INTERRUPTED. It polls, with jitter, every 50 ms to 1 s.
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_replay_wait(cairn_conn *conn,
							  const cairn_replay_wait_opts *opts,
							  cairn_replay_runs **run,
							  cairn_error *err);

typedef struct cairn_replay_delete_opts {
	size_t size;
	cairn_scope scope; /* required */
	cairn_id run;	   /* exactly this tree; its root */
	cairn_str type;
	uint32_t statuses; /* of roots: bits 1u << status, of runs that are over; 0: all three */
	uint32_t limit;	   /* roots in one call; 0: 100; at most 1000 */
	cairn_usec age;	   /* since the root was over; at least 0 */
	uint32_t dry;	   /* 1: only count */
	uint32_t reserved_;
} cairn_replay_delete_opts;

typedef struct cairn_replay_deleted {
	size_t roots;
	size_t descendants;
	size_t steps;
	size_t signals;
	size_t entries;
	size_t live; /* trees that fit, and were kept because something of them is not over, or is leased still */
	uint64_t reserved_[2];
} cairn_replay_deleted;

/*
 * Deletes trees of runs with everything: steps, signals, budgets, entries, and their jobs with all that belongs to those;
 * those that were over first come first. Trees that others have locked are skipped; jobs of DAG runs go with their runs.
 * [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_replay_delete(cairn_conn *conn,
							    const cairn_replay_delete_opts *opts,
							    cairn_replay_deleted *deleted,
							    cairn_error *err);

#ifdef __cplusplus
}
#endif

#endif
