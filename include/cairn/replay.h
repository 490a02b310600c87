/*
 * replay.h - replay runs: durable functions, step by step. (durable.h has the same with less to write)
 *
 * A replay run is a job whose handler remembers what it did. Each attempt runs the program again from the top;
 * what must not be done twice is a step, remembered under a name that is made from what it is asked to do, so that the
 * program finds it again. No state of the program is stored but the results of its steps.
 *
 *	cairn_replay_begin(conn, &lease, NULL, &replay, err);
 *	cairn_replay_step(replay, &call, 1, &step, err);
 *	if (step.next == CAIRN_NEXT_RUN) {
 *		... the expensive call ...
 *		cairn_replay_complete(replay, &step, result, usage, 1, err);
 *	}
 *
 * A run is any job that began one: its id is the job's; its arguments are the payload; it is submitted, keyed, pinned
 * to an owner, retried and prioritised as a job (job.h). The program must ask for the same steps in the same
 * order as long as their results are the same: no clock, no chance, nothing from outside but by a step.
 *
 * Sleeping, waiting for a signal, for a child run or for a step's next attempt suspends: the attempt ends, the job is
 * continued when it is time, and meanwhile no worker and no connection is held. The job of a step of a DAG run may be
 * one, too, if it may continue (CAIRN_STEP_CONTINUES).
 *
 * Every write is guarded by the job's lease. Who lost it is told STALE, as in cairn_job_heartbeat(), of a canceled run
 * with the code run.canceled; nothing is written. Round trips are those of what is not known yet: steps that were
 * remembered cost none but one for each page of them. Where another one writes to the run at that moment it may be one
 * more.
 */
#ifndef CAIRN_REPLAY_H
#define CAIRN_REPLAY_H

#include <cairn/budget.h>
#include <cairn/signal.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cairn_replay cairn_replay;

/* ---- beginning ------------------------------------------------------------ */

typedef struct cairn_replay_opts {
	size_t size;
	cairn_str
		code; /* which program this is: a name of its version or digest; absent: not compared */
	uint32_t recode; /* 1: it goes on, though the run began with another code */
	uint32_t page;	 /* steps that are read at once; 0: 256; at most 1000 */
} cairn_replay_opts;

/*
 * Opens the run of the job that is leased, making it one if it is none yet, and reads its first page of steps. The
 * connection is borrowed until the close, and may be used for other things between the calls. opts may be NULL. Beginning
 * again under the same lease is the same attempt. STALE as above; STALE run.canceled also where the run is a
 * child of one that was canceled; CONFLICT replay.code_mismatch; INVALID replay.needs_retention: the job's type keeps
 * nothing (CAIRN_RETAIN_NONE). [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_replay_begin(cairn_conn *conn,
							   const cairn_lease *lease,
							   const cairn_replay_opts *opts,
							   cairn_replay **replay, cairn_error *err);

/* Frees the object and every text it gave out; writes nothing. NULL is fine. */
CAIRN_API void cairn_replay_close(cairn_replay *replay);

/*
 * Goes on on another connection, of the same database and with the same options, when the one it had is lost: what was being
 * done can still be recorded. Nothing is read or written. INVALID where the connections have other allocators.
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_replay_move(cairn_replay *replay, cairn_conn *conn,
							  cairn_error *err);

/* Which attempt of the run this is, from 1: suspensions are none, failures and lost leases are. */
CAIRN_API int32_t cairn_replay_attempt(const cairn_replay *replay);

/* 1 while remembered steps are left that this attempt has not come to: what it says now it has said before. */
CAIRN_API int cairn_replay_replaying(const cairn_replay *replay);

/* ---- steps ---------------------------------------------------------------- */

typedef struct cairn_replay_call {
	cairn_str kind;	 /* required: a name, "http.get" */
	cairn_str input; /* JSON; absent: null */
	cairn_str scope; /* tells equal calls apart: a name; absent: the run's own */
	/*
	 * A name without #; absent: step:sig_ and the first 24 hex digits of the SHA-256 of the canonical
	 * text {"input":…,"kind":…,"scope":…}. A name that was used in this attempt gets #2, #3 …
	 */
	cairn_str name;
	int32_t max_attempts; /* of the step, in one attempt of the run; 0: 1 */
	uint32_t reserved0_;
	cairn_retry retry; /* how long it waits between them */
	uint64_t reserved_[2];
} cairn_replay_call;

enum cairn_next {
	CAIRN_NEXT_RUN = 1, /* do it, then complete or fail it */
	CAIRN_NEXT_RESULT,  /* it is done: result */
	CAIRN_NEXT_FAILED, /* it has failed and will not be tried again in this attempt of the run */
	CAIRN_NEXT_WAIT, /* somebody does it under this very lease: ask again, at the latest at until */
	CAIRN_NEXT_SUSPEND /* it is not time yet: end the attempt with cairn_replay_suspend() */
};

/* "RUN" … */
CAIRN_API const char *cairn_next_text(enum cairn_next next);

/* What became of a step. Texts live as long as the replay. */
typedef struct cairn_replay_step {
	cairn_status
		status; /* OK, CONFLICT replay.signature_mismatch, INVALID for a child without definition */
	cairn_code code;
	enum cairn_next next;
	uint32_t replayed; /* 1: it is remembered from before this call */
	cairn_str name;
	int64_t seq; /* 1, 2, 3 … within the run, in the order in which they were first asked for */
	int32_t attempts;     /* how often it was begun, this time included */
	int32_t failures;     /* how often it failed in this attempt of the run */
	cairn_str result;     /* JSON; RESULT only */
	cairn_str error_code; /* FAILED; of SUSPEND that of the last failure */
	cairn_str error_message;
	cairn_time until;     /* WAIT, SUSPEND: a time, or 0: nobody knows */
	uint32_t timed_out;   /* 1: a signal that did not come in time; result is null */
	int32_t max_attempts; /* as asked for: cairn_replay_fail() goes by them */
	cairn_retry retry;
	cairn_id claim; /* of RUN: who does it */
	cairn_id child; /* the child's run */
	uint64_t reserved_[4];
} cairn_replay_step;

/*
 * Asks for n steps, in program order, also where they are then done side by side. Of each: what is remembered; or RUN,
 * and from then on nobody else does it as long as the lease holds. A step that was begun under a former lease is
 * begun again; one that failed is tried again in a later attempt of the run, and in this one as long as max_attempts
 * allows. After a suspension it is still the same attempt of the run. CONFLICT replay.signature_mismatch in its status: under
 * this name another input is remembered; it is neither run nor replayed. [0; 1 round trip for all that are new]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_replay_step_begin(cairn_replay *replay,
								const cairn_replay_call *calls,
								size_t n, cairn_replay_step *each,
								cairn_error *err);

/*
 * Asks again for a step that was WAIT, by the name in *step and the call that it was asked for with. Asking with
 * cairn_replay_step_begin() would be another use of the name. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_replay_step_again(cairn_replay *replay,
								const cairn_replay_call *call,
								cairn_replay_step *step,
								cairn_error *err);

/*
 * Ends a step that is RUN: result, charges and event in one commit; afterwards step is RESULT. The same again is OK and
 * writes nothing. result is JSON, absent: null. usage is charged under the source "step" and "<run>/<seq>/<attempt>";
 * what is reserved under that is charged by it. CONFLICT budget.exceeded: it would exceed a HARD total, and nothing is
 * written; STALE replay.step_not_held: another one does it, or it is ended otherwise. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_replay_complete(cairn_replay *replay,
							      cairn_replay_step *step,
							      cairn_str result,
							      const cairn_charge *usage, size_t n,
							      cairn_error *err);

typedef struct cairn_replay_failure {
	size_t size;
	cairn_str code;	       /* a name; absent: "step.failed" */
	cairn_str message;     /* any text up to 8 KiB */
	cairn_time not_before; /* the next attempt may be delayed to this time, never hastened */
	uint32_t final;	       /* 1: no further attempt */
	uint32_t reserved_;
	const cairn_charge *usage; /* what it cost all the same */
	size_t usage_count;
} cairn_replay_failure;

/*
 * The step failed: afterwards it is SUSPEND until its next attempt, or FAILED. As cairn_replay_complete()
 * otherwise. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_replay_fail(cairn_replay *replay,
							  cairn_replay_step *step,
							  const cairn_replay_failure *failure,
							  cairn_error *err);

/*
 * Remembers n values that were had for nothing: a time, a random number, what was read. Each is RESULT: the value that
 * was remembered first. [0; 1 round trip for all that are new]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_replay_value(cairn_replay *replay,
							   const cairn_replay_call *calls,
							   const cairn_str *values, size_t n,
							   cairn_replay_step *each,
							   cairn_error *err);

/* ---- waiting ---------------------------------------------------------------- */

/*
 * SUSPEND until duration (0 to 100 years) after it was first asked for; then RESULT. The wake time is stored once. It is a
 * step of kind "sleep" with the input {"duration_us":N}. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_replay_sleep(cairn_replay *replay,
							   cairn_usec duration,
							   cairn_replay_step *step,
							   cairn_error *err);

/*
 * Takes the next signal of this name: RESULT with its payload; or SUSPEND until there is one, or timeout (-1: none) is
 * over since it was first asked for: RESULT with timed_out. A step of kind "signal" with the input {"name":…}.
 * [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_replay_signal(cairn_replay *replay, cairn_str name,
							    cairn_usec timeout,
							    cairn_replay_step *step,
							    cairn_error *err);

typedef struct cairn_child_new {
	cairn_str type;	      /* of its job: required, with an enabled definition */
	cairn_str input;      /* JSON, its payload; absent: {} */
	cairn_str name;	      /* of the step, as in a call */
	cairn_str queue;      /* absent: "default" */
	cairn_str owner;      /* only workers of this owner may claim it; absent: any */
	cairn_usec timeout;   /* 0: the definition's */
	int32_t max_attempts; /* 0: the definition's */
	int32_t priority;     /* with CAIRN_JOB_PRIORITY in set, else the definition's */
	uint32_t set;
	uint32_t reserved0_;
	uint64_t reserved_[2];
} cairn_child_new;

/*
 * Starts n child runs, of the run's tenant and budgets, and is SUSPEND until each has ended: then RESULT with its
 * output (absent: null), or FAILED with its error. A child that failed is started anew in a later attempt of the run. A
 * child's scope is the name of this step, so that its steps are never taken for the parent's. Steps of kind "child" with
 * the input {"input":…,"type":…}. INVALID job.definition_not_found_or_disabled in its status. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_replay_child(cairn_replay *replay,
							   const cairn_child_new *children,
							   size_t n, cairn_replay_step *each,
							   cairn_error *err);

/* ---- budgets ----------------------------------------------------------------- */

/*
 * The budget as it was when the program first came here: read and remembered, so that a replay sees what was seen. A
 * step of kind "budget" with the input {"axis":…}. [0; 2 round trips the first time]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_replay_budget(cairn_replay *replay, cairn_str axis,
							    cairn_budget *budget, cairn_error *err);

/*
 * Reserves what a step that is RUN may cost at most, for so long (0: 5 min; 1 s to 30 days), under the source that its
 * end will charge; all or none. What former tries of the step, the last 16, still hold reserved on these axes is
 * released first: they have ended, or died. CONFLICT budget.exceeded, with the axis in the message; STALE as above.
 * [1 round trip; 2 where the step was tried before]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_replay_reserve(cairn_replay *replay,
							     const cairn_replay_step *step,
							     const cairn_charge *amounts, size_t n,
							     cairn_usec duration, cairn_error *err);

/* ---- the end of the attempt ---------------------------------------------------- */

/* The earliest time that a SUSPEND of this attempt named; 0: none did. */
CAIRN_API cairn_time cairn_replay_wake_at(const cairn_replay *replay);

/*
 * Ends the attempt: the job is continued at that time, or when a signal or the end of a child comes that a
 * step waits for; at once if it came meanwhile. Without a time that is when it comes. Workers do the same by the end of a
 * durable function (durable.h). [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_replay_suspend(cairn_replay *replay,
							     cairn_error *err);

/* What cairn_replay_suspend() sends, for who sends it by himself: how and not_before. INVALID: nothing to wait for. */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_replay_suspension(const cairn_replay *replay,
								cairn_finish *finish,
								cairn_error *err);

/*
 * Ends the attempt as cairn_job_finish() does, with this finish's fields; its lease is not looked at. SUCCESS and
 * failures without attempts left end the run for good. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_replay_finish(cairn_replay *replay,
							    const cairn_finish *finish,
							    cairn_error *err);

#ifdef __cplusplus
}
#endif

#endif
