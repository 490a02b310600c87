/*
 * durable.h - durable functions (libcairn_worker): a handler that reads almost like the plain function, and goes on where
 * it stopped when its process crashes, is killed or loses its machine.
 *
 *	static enum cairn_finish_how order(void *user, cairn_durable *run)
 *	{
 *		cairn_replay_call charge = { .kind = CAIRN_STR("card.charge"), .max_attempts = 3 };
 *		cairn_str receipt;
 *		cairn_str approval;
 *		if (!cairn_durable_call(run, &charge, charge_card, user, &receipt) ||
 *		    !cairn_durable_sleep(run, CAIRN_DAY) ||
 *		    !cairn_durable_signal(run, CAIRN_STR("approved"), -1, &approval))
 *			return cairn_durable_end(run);
 *		return cairn_durable_return(run, receipt);
 *	}
 *
 * Each function here answers 1 and what was asked for, or 0: then the program returns cairn_durable_end(), and is
 * called again, from the top, when there is something to go on with. After a 0 all others answer 0, too, so that not
 * every one need be looked at; results that did not come are absent ({ NULL, 0 }). What it does, and what the program must do alike each time, is in replay.h.
 *
 * What is malformed is refused as in replay.h, before anything is done: it is CAIRN_DURABLE_TROUBLE, and the attempt
 * ends TERMINAL with the code. arg.invalid: a NULL where none may be, a size that is too small, a number out of its
 * range; arg.reserved: a reserved field that is not 0. Where a NULL may be is said; run, context and work are never NULL.
 */
#ifndef CAIRN_DURABLE_H
#define CAIRN_DURABLE_H

#include <cairn/replay.h>
#include <cairn/worker.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One attempt of a run; valid until its function returns, and so is every text that it gave out. */
typedef struct cairn_durable cairn_durable;

typedef enum cairn_finish_how cairn_durable_fn(void *user, cairn_durable *run);

/* The user pointer of cairn_durable_handler. */
typedef struct cairn_durable_program {
	size_t size;
	cairn_durable_fn *run; /* required */
	void *user;	       /* borrowed, as a handler's */
	cairn_str code;	       /* which program this is (cairn_replay_opts); absent: not compared */
	uint32_t recode;       /* 1: also of runs that another code began; else 0 */
	uint32_t page;	       /* steps that are read at once; 0: 256; at most 1000 */
} cairn_durable_program;

/*
 * Opens the run of the context's job on the thread's own connection (cairn_context_conn()), calls the function, and
 * answers what it answers; but SUCCESS while the run is not GOING is taken for a 0 that was overlooked: then the answer
 * is that of cairn_durable_end(). RETRYABLE is TERMINAL in the last of the job's max_attempts, suspensions not counted.
 *
 * What begins no run ends as that failure says: RETRYABLE if trying again may help, else TERMINAL. A run that another
 * code began is snoozed for a minute, with replay.code_mismatch for its status_reason, so that a worker of the old code
 * may take it; it costs no attempt.
 */
CAIRN_API enum cairn_finish_how cairn_durable_handler(void *user, cairn_context *context);

CAIRN_API cairn_context *cairn_durable_context(const cairn_durable *run);
/* For what is not here: not while cairn_durable_calls() runs. */
CAIRN_API cairn_replay *cairn_durable_replay(const cairn_durable *run);
/* As cairn_replay_replaying(): 1 while what the program says was said before. */
CAIRN_API int cairn_durable_replaying(const cairn_durable *run);

/* ---- work ------------------------------------------------------------------- */

/* A step that is being done; valid until its function returns. */
typedef struct cairn_work cairn_work;

/*
 * Does what a step asks for, once, unless it is killed before its result is durable: then again. 1: it is done; 0: it
 * failed. No other function of durable.h may be called in it but cairn_work_….
 */
typedef int cairn_work_fn(void *user, cairn_work *work);

CAIRN_API cairn_str cairn_work_input(const cairn_work *work); /* as in the call */
CAIRN_API size_t cairn_work_index(const cairn_work *work);    /* of cairn_durable_calls(), else 0 */
CAIRN_API int32_t cairn_work_attempt(const cairn_work *work); /* 1 at first */
/* "<run>/<seq>": the same whenever this step is tried; an idempotency key for outside systems. */
CAIRN_API const char *cairn_work_key(const cairn_work *work);

/*
 * The context of the run's job. In work these may be called, side by side, too: cairn_context_job, _lease, _canceled,
 * _time_left, _wait, _progress, _stage, _checkpoint and _log; the others are the program's. Work that answers 0, and did
 * not give up, after a hard stop of the worker has not failed: what it cost is charged, and it is done again.
 */
CAIRN_API cairn_context *cairn_work_context(const cairn_work *work);

/* JSON, copied; none: null. */
CAIRN_API void cairn_work_result(cairn_work *work, cairn_str json);
/*
 * What it cost, whether it fails or not; the same axis again adds up. What a HARD budget does not bear is not charged: then
 * the step has failed for good, with budget.exceeded.
 */
CAIRN_API void cairn_work_charge(cairn_work *work, cairn_str axis, int64_t amount);
/*
 * Reserves what it may cost, for 5 minutes; what a former try of the step that died had reserved is given back first. 0:
 * the budget does not suffice, or the call is malformed, and it has failed for good; or, as long as that was tried, the
 * database could not be reached: then the run is TROUBLE, and unless work answers 1 the step is begun again in its next
 * attempt.
 */
CAIRN_API int cairn_work_reserve(cairn_work *work, cairn_str axis, int64_t amount);
/* Why it failed, and answers 0: `return cairn_work_fail(work, code, message);`. Copied. */
CAIRN_API int cairn_work_fail(cairn_work *work, cairn_str code, cairn_str message);
/* Likewise, and it is not tried again in this attempt of the run. */
CAIRN_API int cairn_work_give_up(cairn_work *work, cairn_str code, cairn_str message);
/* Its next attempt may be delayed to this time, never hastened. */
CAIRN_API void cairn_work_not_before(cairn_work *work, cairn_time when);

/* ---- steps ------------------------------------------------------------------ */

/*
 * Its result, remembered or had from work now. 0: it failed and is not tried again (CAIRN_DURABLE_FAILED), or is tried
 * again later (SUSPENDED). result may be NULL.
 */
CAIRN_API int cairn_durable_call(cairn_durable *run, const cairn_replay_call *call,
				 cairn_work_fn *work, void *user, cairn_str *result);

typedef struct cairn_durable_batch {
	size_t size;
	const cairn_replay_call *calls;
	size_t n;
	cairn_work_fn *work; /* required, whatever is remembered */
	void *user;
	uint32_t width; /* 1 to 64; 0: 16; more is refused */
	uint32_t reserved_;
} cairn_durable_batch;

/*
 * Many of them, up to width side by side, on threads of their own: work is called on several at once. 1 if all have a
 * result; each that has one is in results, which may be NULL, whatever became of the others. As long as one of them is to
 * be tried again the run is SUSPENDED: it has FAILED, with the first failure, when all have ended.
 */
CAIRN_API int cairn_durable_calls(cairn_durable *run, const cairn_durable_batch *batch,
				  cairn_str *results);

/*
 * A value that was had for nothing, remembered: the one that was said first under this kind, use by use. value may be
 * NULL.
 */
CAIRN_API int cairn_durable_value(cairn_durable *run, cairn_str kind, cairn_str json,
				  cairn_str *value);
/* The database's time when the program first came here. */
CAIRN_API int cairn_durable_now(cairn_durable *run, cairn_time *now);

CAIRN_API int cairn_durable_sleep(cairn_durable *run, cairn_usec duration);
/* payload, which may be NULL, is absent where the time (-1: none) was over first. */
CAIRN_API int cairn_durable_signal(cairn_durable *run, cairn_str name, cairn_usec timeout,
				   cairn_str *payload);
/*
 * n child runs, side by side: 1 when all have succeeded. outputs may be NULL. FAILED, as with many steps, when all have
 * ended.
 */
CAIRN_API int cairn_durable_child(cairn_durable *run, const cairn_child_new *children, size_t n,
				  cairn_str *outputs);
/* A budget as it was when the program first came here. */
CAIRN_API int cairn_durable_budget(cairn_durable *run, cairn_str axis, cairn_budget *budget);

/* ---- how it stands, and the end ------------------------------------------------ */

enum cairn_durable_state {
	CAIRN_DURABLE_GOING = 1, /* nothing answered 0 */
	CAIRN_DURABLE_SUSPENDED, /* waits for a time, a signal, a child, the next attempt of a step */
	CAIRN_DURABLE_FAILED,	 /* a step or a child failed */
	CAIRN_DURABLE_TROUBLE /* the lease is lost, the database is away, a call was malformed … */
};

CAIRN_API enum cairn_durable_state cairn_durable_state(const cairn_durable *run);
/*
 * Of FAILED and TROUBLE: code and message. "step NAME: …" where a step is refused, and "result of NAME: …" where what it
 * said is.
 */
CAIRN_API const cairn_error *cairn_durable_error(const cairn_durable *run);
/* 1: it was FAILED, and the program goes on without that result; so it does in each replay. */
CAIRN_API int cairn_durable_caught(cairn_durable *run);

/*
 * The answer of a function that can't go on: SUSPENDED continues the job when it is time; FAILED is RETRYABLE, or
 * TERMINAL where the step was given up, with its code and message; TROUBLE is RETRYABLE if trying again may help, else
 * TERMINAL. The last of the job's max_attempts is TERMINAL, suspensions not counted. A worker that stops hard gives the
 * job back. While the run is GOING it is SUCCESS without an output.
 */
CAIRN_API enum cairn_finish_how cairn_durable_end(cairn_durable *run);
/* SUCCESS with this output, absent: none; or cairn_durable_end() if something had answered 0. */
CAIRN_API enum cairn_finish_how cairn_durable_return(cairn_durable *run, cairn_str output);

#ifdef __cplusplus
}
#endif

#endif
