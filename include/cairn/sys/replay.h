/*
 * sys/replay.h - the replay store of a driver: runs that remember their steps, and signals to them.
 *
 * Tables: replays, one row for each job that began one; memos, what they remember; signals. The job's row says the
 * rest, and is the lock: whoever writes a memo or a signal holds the row of the run's job, several by id, taken before
 * anything else is read. Where a statement sees what was there before it waited that is one of its own, or it writes
 * nothing if somebody has written meanwhile, and the call asks again. Then come rows of budgets (sys/budget.h).
 *
 * Jobs know one thing of it: cairn_job.replay. From it follows, wherever jobs are changed:
 *
 *	claim   its row has neither CAIRN_HINT_DELETE nor CAIRN_HINT_ALONE (nor STEP, unless it is one)
 *	change  CAIRN_GUARD_PLAIN; waking, below
 *	reap    waking, below; a job whose parent's job others have locked is skipped like one that is locked
 *	prune   leaves it alone; deleting a DAG run deletes the replays of its jobs, with all descendants
 *
 * WAKING. A run is woken if its job is PENDING, came by a continuation (attempt 0, status_reason HANDLER_CONTINUATION),
 * has run_at > now, and has a memo that is WAITING with the job's fence and is ready: a SIGNAL with a signal of its
 * name that nobody took, or a CHILD whose job has ended or is gone. Then run_at = now, it is not parked, and who waits
 * for jobs of its queue is told, as by enqueue. Nothing else is written. It is done behind a lock of the job's row, in a
 * later statement, in the commit of
 *
 *	- a continuation of a replay run (change with SET_RUN from LEASED): of that run,
 *	- whatever ends a replay run that has a parent (change, reap, a DAG run's sweep): of the parent,
 *	- a signal that is sent: of its run.
 */
#ifndef CAIRN_SYS_REPLAY_H
#define CAIRN_SYS_REPLAY_H

#include <cairn/replay_history.h>
#include <cairn/sys/budget.h>
#include <cairn/sys/job.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- begin ------------------------------------------------------------------ */

/* The status_reason of a job that was continued. */
#define CAIRN_REASON_CONTINUED "HANDLER_CONTINUATION"

typedef struct cairn_replay_begin_plan {
	cairn_id id; /* the job's */
	int64_t fence;
	cairn_str code; /* absent: whatever it is */
	uint32_t recode;
	uint32_t page;
} cairn_replay_begin_plan;

/* The lease's guard: LEASED, fence, lease_expires_at > now, read after the lock. */
typedef struct cairn_replay_begun {
	enum cairn_hit hit;
	/* 1, and then nothing was written: */
	uint32_t other_code; /* begun before with another code, and not recode */
	uint32_t unkept;     /* the job's type has CAIRN_RETAIN_NONE */
	uint32_t orphaned;   /* its parent was CANCELED */
	/* id, root, parent, scope, code, attempt, fence, lease_expires_at; text lives as long as the rows */
	cairn_replay_run run;
	int64_t steps; /* the last seq */
} cairn_replay_begun;

/*
 * Makes the job a replay run, if it is none: root = id, scope "root", code, attempt 1, fence; job.replay = 1. Else attempt
 * + 1, unless it was begun under this fence, or the job came by a continuation (its attempt is 1 and its status_reason
 * HANDLER_CONTINUATION), or attempt is 0 (a child or a fork: 1); fence; code if it is given. Pushes the
 * first `page` memos by seq, without signature.
 */
typedef cairn_status cairn_replay_begin_fn(void *self, const cairn_replay_begin_plan *plan,
					   cairn_replay_begun *begun, cairn_rows *memos,
					   cairn_error *err);

/* ---- enter: find steps or begin them -------------------------------------------- */

typedef struct cairn_enter {
	cairn_str name;
	cairn_str kind;
	cairn_str signature;
	uint8_t hash[32];
	cairn_str result;	/* VALUE */
	cairn_usec wait;	/* SLEEP: the duration; SIGNAL: the timeout, -1: none */
	cairn_str signal;	/* SIGNAL: its name */
	cairn_id id;		/* STEP: the claim, of whoever asks; CHILD: the child's */
	cairn_job_insert child; /* CHILD: as for enqueue, with this id, unkeyed */
} cairn_enter;

typedef struct cairn_enter_plan {
	cairn_id run;
	int64_t fence;
	enum cairn_memo_verb verb; /* of all items */
	uint32_t record;	   /* bits 1u << kind: the events that are recorded */
	const cairn_enter *items;  /* names unique in the plan */
	size_t n;
	uint32_t fresh; /* a hint. 1: nobody is known to have asked for one of these names before */
	uint32_t reserved_;
} cairn_enter_plan;

enum cairn_entered_how {
	CAIRN_ENTER_LOST = 0,	  /* the lease's guard failed: of all items; nothing written */
	CAIRN_ENTER_FOUND,	  /* it stands as it did */
	CAIRN_ENTER_BEGUN,	  /* this call changed it */
	CAIRN_ENTER_MISMATCH,	  /* another hash or verb is stored; nothing written */
	CAIRN_ENTER_NO_DEFINITION /* CHILD: its type is missing or disabled; nothing written for it */
};

typedef struct cairn_entered {
	enum cairn_entered_how how;
	uint32_t row; /* 1 + the index of its memo, as it is now, in rows; 0: none */
} cairn_entered;

/*
 * For each item, in their order, under the lock of the run's job and the lease's guard:
 *
 *	no such name   a new memo: seq = the run's last + 1, attempts 1, failures 0, last_attempt and fence of the
 *	               run, created_at = begun_at = now, and by verb
 *	               STEP    RUNNING, claim = id                                  event STEP_STARTED
 *	               VALUE   COMPLETED, result, ended_at = now                    STEP_COMPLETED
 *	               SLEEP   WAITING, wake_at = now + wait                        STEP_WAITING
 *	               SIGNAL  WAITING, wake_at = now + wait (-1: NULL), then as below   STEP_WAITING
 *	               CHILD   WAITING, child = id; its job as by enqueue, with replay = 1 and the run's tenant, and its
 *	                       replay: parent, root of the run, scope = name, attempt 0, fence 0   STEP_WAITING
 *	another hash or verb   MISMATCH
 *	COMPLETED      FOUND
 *	FAILED         of this last_attempt FOUND; of a former one begun again: attempts + 1, failures = 0, last_attempt,
 *	               fence, begun_at = now, ended_at, error NULL, and as a new one by verb, with a new child
 *	RUNNING        claim = id: BEGUN without a change; of this fence FOUND; else begun again: attempts + 1,
 *	               claim = id, fence, last_attempt (failures = 0 if that changes), begun_at  STEP_STARTED
 *	WAITING        fence = the run's, and
 *	               STEP    wake_at > now FOUND; else begun again: RUNNING, attempts + 1, wake_at NULL …  STEP_STARTED
 *	               SLEEP   wake_at <= now: COMPLETED, result null                STEP_COMPLETED
 *	               SIGNAL  the first signal of this name that nobody took: COMPLETED with its payload, taken_by = seq;
 *	                       else wake_at <= now: COMPLETED, timed_out = 1         STEP_COMPLETED
 *	               CHILD   its job SUCCEEDED: COMPLETED with its output (NULL: null)   STEP_COMPLETED
 *	                       CANCELED, DEAD_LETTERED or gone: FAILED with its error code and message (NULL:
 *	                       replay.child_lost's), and last_attempt of the run     STEP_FAILED
 *	               COMPLETED and FAILED set ended_at = now.
 *
 * A SLEEP of 0 is COMPLETED at once. Events are the job's (sys/job.h): run_number and attempt of its row, detail = name,
 * reason = kind, data {"step":seq,"step_attempt":attempts}; of STEP_WAITING until = wake_at, of STEP_FAILED error_code and
 * error_message. Pushes each item's memo but for MISMATCH … without signature.
 */
typedef cairn_status cairn_replay_enter_fn(void *self, const cairn_enter_plan *plan,
					   cairn_entered *each, cairn_rows *memos,
					   cairn_error *err);

/* ---- leave: how a step ended ------------------------------------------------------ */

typedef struct cairn_leave_plan {
	cairn_id run;
	int64_t fence;
	int64_t seq;
	cairn_id claim;
	enum cairn_memo_status to; /* COMPLETED; FAILED; WAITING: failed, to be tried again */
	uint32_t record;
	cairn_str result;
	cairn_str error_code;
	cairn_str error_message;
	cairn_usec wait; /* WAITING: wake_at = max(now + wait, not_before) */
	cairn_time not_before;
	const cairn_budget_item *charges; /* CHARGE; axes unique, by bytes */
	size_t charge_count;
} cairn_leave_plan;

enum cairn_left_how {
	CAIRN_LEAVE_LOST = 0, /* the lease's guard failed */
	CAIRN_LEAVE_DONE,
	CAIRN_LEAVE_NOT_HELD, /* not RUNNING with this claim: the memo is pushed as it is */
	CAIRN_LEAVE_CHARGE    /* a charge was refused: see charged */
};

typedef struct cairn_left {
	enum cairn_left_how how;
	uint32_t reserved_;
	cairn_time wake_at;	      /* of WAITING, as written */
	cairn_budget_result *charged; /* the caller's, one for each charge */
} cairn_left;

/*
 * Writes a memo that is RUNNING with this claim: status, result, error, wake_at, ended_at = now (COMPLETED, FAILED),
 * failures + 1 (FAILED, WAITING); its charges as cairn_budget_write_fn does, and its event: STEP_COMPLETED; STEP_FAILED
 * with until = wake_at. All of it, or nothing.
 */
typedef cairn_status cairn_replay_leave_fn(void *self, const cairn_leave_plan *plan,
					   cairn_left *left, cairn_rows *memos, cairn_error *err);

/* ---- signals --------------------------------------------------------------------------- */

typedef struct cairn_signal_insert {
	cairn_id run;
	cairn_str name;
	cairn_str key;
	cairn_str payload;
	uint8_t hash[32]; /* of the canonical payload */
} cairn_signal_insert;

enum cairn_signal_result {
	CAIRN_SIGNAL_MISS = 0, /* no such job in scope */
	CAIRN_SIGNAL_DONE,
	CAIRN_SIGNAL_EXISTS,   /* the key, with this name and hash */
	CAIRN_SIGNAL_CONFLICT, /* the key, with others */
	CAIRN_SIGNAL_OVER      /* the job has ended, and there is no such key */
};

typedef struct cairn_signal_placed {
	enum cairn_signal_result result;
	uint32_t woken;
	int64_t seq;
} cairn_signal_placed;

typedef struct cairn_signal_plan {
	cairn_scope scope;
	const cairn_signal_insert *items;
	size_t n;
	uint32_t record; /* bits 1u << kind */
	/* broadcast: n is 1, its run none; up to limit runs of this type (absent: any), by id, skipping locked ones */
	uint32_t limit; /* 0: no broadcast */
	cairn_str type;
} cairn_signal_plan;

typedef struct cairn_signal_spread {
	size_t sent;
	uint32_t more; /* 1: more than limit wait for it, or some were locked */
	uint32_t reserved_;
} cairn_signal_spread;

/*
 * Inserts signals, seq = the run's last + 1, sent_at = now, event SIGNALED (detail = name, data {"signal":seq}), and wakes
 * their runs. each has n rooms, and is not looked at by a broadcast, which says what it did in *spread.
 */
typedef cairn_status cairn_signal_send_fn(void *self, const cairn_signal_plan *plan,
					  cairn_signal_placed *each, cairn_signal_spread *spread,
					  cairn_error *err);

typedef struct cairn_signal_query {
	cairn_scope scope;
	cairn_id run;
	cairn_str name;
	int64_t after;
	uint32_t untaken;
	uint32_t limit;
} cairn_signal_query;

/* Pushes cairn_signal rows by seq. *found: the job is in scope. */
typedef cairn_status cairn_signal_list_fn(void *self, const cairn_signal_query *query, int *found,
					  cairn_rows *rows, cairn_error *err);

/* ---- reads ------------------------------------------------------------------------------- */

typedef struct cairn_replay_query {
	cairn_scope scope;
	const cairn_id *parents; /* the children of these, if not NULL */
	size_t parent_count;
	cairn_id run;
	cairn_id root;
	cairn_str type;
	uint32_t statuses; /* never 0 */
	uint32_t limit;
	cairn_time created_from;
	cairn_time created_to;
	cairn_id after;
	uint32_t compact;
	uint32_t counts;
} cairn_replay_query;

/* Pushes cairn_replay_run rows by id descending, status by cairn_replay_status_of(). */
typedef cairn_status cairn_replay_runs_fn(void *self, const cairn_replay_query *query,
					  cairn_rows *rows, cairn_error *err);

/* What a run's job makes it: its status, parked, and whether it came by a continuation. */
CAIRN_API enum cairn_replay_status cairn_replay_status_of(const cairn_job *job);

typedef struct cairn_memo_query {
	cairn_scope scope;
	cairn_id run;
	cairn_str name;
	int64_t after;
	uint32_t statuses; /* never 0 */
	uint32_t limit;
	uint32_t compact; /* 1: signature and result stay absent; 2: signature */
	uint32_t reserved_;
} cairn_memo_query;

/* Pushes cairn_memo rows by seq. *found: it is a replay run in scope. */
typedef cairn_status cairn_replay_memos_fn(void *self, const cairn_memo_query *query, int *found,
					   cairn_rows *rows, cairn_error *err);

/* ---- fork, delete ---------------------------------------------------------------------------- */

typedef struct cairn_fork_plan {
	cairn_scope scope;
	cairn_id id; /* of the new run */
	cairn_id source;
	cairn_str name; /* or seq, if absent */
	int64_t seq;
	cairn_str code;
	cairn_str queue;
	cairn_str owner;
	cairn_time run_at; /* 0: now */
	uint32_t record;   /* 1: the job's ENQUEUED event, as by enqueue */
	uint32_t reserved_;
} cairn_fork_plan;

enum cairn_fork_result {
	CAIRN_FORK_MISS = 0, /* no such replay run in scope */
	CAIRN_FORK_DONE,
	CAIRN_FORK_NO_STEP,	 /* no memo of this name or seq */
	CAIRN_FORK_NO_DEFINITION /* its type is missing or disabled */
};

/*
 * A new job from the source's: type, tenant, payload, priority, max_attempts, timeout, resource, queue, owner; PENDING, run 1,
 * attempt 0, fence 0, stage queued, unkeyed, replay = 1. Its replay: root = id, source, shared = the seq, the source's
 * scope, code, attempt 0, fence 0; and copies of the memos up to that seq that are COMPLETED, with their seqs and times;
 * claims and children as they were. *shared: that seq.
 */
typedef cairn_status cairn_replay_fork_fn(void *self, const cairn_fork_plan *plan,
					  enum cairn_fork_result *result, int64_t *shared,
					  cairn_error *err);

typedef struct cairn_replay_remove_plan {
	cairn_scope scope;
	cairn_id run;
	cairn_str type;
	uint32_t
		statuses; /* of the roots' jobs: bits 1u << SUCCEEDED, DEAD_LETTERED, CANCELED; never 0 */
	uint32_t limit;
	cairn_usec age; /* finished_at <= now - age */
	uint32_t dry;
	uint32_t reserved_;
} cairn_replay_remove_plan;

/* As replay_history.h says; a tree is live if one of its jobs is PENDING or LEASED, or has lease_expires_at > now. */
typedef cairn_status cairn_replay_remove_fn(void *self, const cairn_replay_remove_plan *plan,
					    cairn_replay_deleted *deleted, cairn_error *err);

typedef struct cairn_replay_ops {
	size_t size;
	cairn_replay_begin_fn *begin;
	cairn_replay_enter_fn *enter;
	cairn_replay_leave_fn *leave;
	cairn_replay_runs_fn *runs;
	cairn_replay_memos_fn *memos;
	cairn_replay_fork_fn *fork;
	cairn_replay_remove_fn *remove;
	cairn_signal_send_fn *send;
	cairn_signal_list_fn *signals;
} cairn_replay_ops;

#ifdef __cplusplus
}
#endif

#endif
