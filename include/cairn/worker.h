/*
 * worker.h - the worker runtime (libcairn_worker): claims jobs and runs
 * handlers for them.
 *
 * A worker is a pool of handler threads and a few threads that serve them, each with a connection
 * of its own, which it opens when it first needs one:
 *
 *	dispatcher  in one call (cairn_job_turn) records what is done, sends what handlers
 *	            report, and claims for all idle threads; more of them by option
 *	beater      extends all leases that are a third over in one call, and tells the registry
 *	            of owners that the worker lives
 *	waker       sits in cairn_job_wait, so that an enqueued job starts at once; behind it the
 *	            dispatcher polls, with jitter
 *	upkeep      takes back expired leases, ends overdue gates, fires schedules, promotes intents,
 *	            prunes: each by its interval
 *
 * The thread that calls cairn_worker_run() watches the clocks and the stop. The runtime uses nothing
 * but the public interface. It installs no signal handlers, and its threads block all signals.
 */
#ifndef CAIRN_WORKER_H
#define CAIRN_WORKER_H

#include <cairn/history.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cairn_worker cairn_worker;

/* ---- what a handler sees ------------------------------------------------- */

/* One attempt at one job; valid until its handler returns. */
typedef struct cairn_context cairn_context;

/* Why a handler should give up. */
enum cairn_cancel {
	CAIRN_CANCEL_NONE = 0,
	CAIRN_CANCEL_JOB,     /* the job was canceled; nothing it does will be recorded */
	CAIRN_CANCEL_LEASE,   /* the lease was lost: another worker may have the job by now */
	CAIRN_CANCEL_TIMEOUT, /* the attempt's timeout is over */
	CAIRN_CANCEL_STOP     /* the worker is told to stop hard */
};

/*
 * Runs one attempt and answers how it ended. It is called on a thread of the
 * pool, for several jobs at once. SUCCESS may carry an output, the failures a code and a
 * message. Whatever it answers after its timeout is recorded as TIMEOUT, or, when it
 * overran by the worker's grace, was recorded already.
 */
typedef enum cairn_finish_how cairn_handler_fn(void *user, cairn_context *context);

/* The job as it was claimed, and the lease with the fence to pass to outside systems. */
CAIRN_API const cairn_job *cairn_context_job(const cairn_context *context);
CAIRN_API cairn_lease cairn_context_lease(const cairn_context *context);

/* Why to give up, if at all. Cheap: ask often. */
CAIRN_API enum cairn_cancel cairn_context_canceled(const cairn_context *context);

/* What is left of the attempt's timeout; never below 0. */
CAIRN_API cairn_usec cairn_context_time_left(const cairn_context *context);

/* Sleeps, but at most until there is a reason to give up, which it answers. */
CAIRN_API enum cairn_cancel cairn_context_wait(cairn_context *context, cairn_usec duration);

/*
 * The result's details; the texts are copied, the last call counts. An output that is
 * not JSON, or too large, makes the attempt TERMINAL with the code json.*.
 * A failure without a code has "handler.failed"; a message is cut at 8 KiB and what
 * is not UTF-8 in it is replaced.
 */
CAIRN_API void cairn_context_output(cairn_context *context, cairn_str json);
CAIRN_API void cairn_context_error(cairn_context *context, cairn_str code, cairn_str message);
/* A retry may be delayed to this time, never hastened. */
CAIRN_API void cairn_context_not_before(cairn_context *context, cairn_time when);

/*
 * Ends the attempt without a failure: `return cairn_context_snooze(context, CAIRN_MINUTE);`. Both
 * remember the delay and answer how; the last call counts.
 */
CAIRN_API enum cairn_finish_how cairn_context_continue(cairn_context *context, cairn_usec delay);
CAIRN_API enum cairn_finish_how cairn_context_snooze(cairn_context *context, cairn_usec delay);

/*
 * The handler will record the end itself: on a connection of its own, in one transaction with what it enqueues,
 * appends or completes there, by cairn_job_finish() with the context's lease. Called before that; then it
 * commits, within what is left of a third of the worker's lease, and answers what it recorded. The worker
 * looks under the lease's fence, and records that answer only if nothing is there: who could not commit, or
 * can't tell, answers RETRYABLE. Not in a forked child.
 */
CAIRN_API void cairn_context_finishing(cairn_context *context);

/*
 * A connection for the handler: its thread's own, opened as the worker's are when it is first asked for, and kept for the
 * thread's next jobs as long as attempts end without a failure. Leave no transaction open in it. The failures of opening;
 * UNSUPPORTED in a forked child.
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_context_conn(cairn_context *context,
							   cairn_conn **conn, cairn_error *err);

/*
 * What the handler has to say while it runs. It goes out with the worker's next call, a quarter of a
 * second later at most: of progress, stage and checkpoint the latest only, of lines all. With
 * the attempt's end go what is left of them, but for the stage. done, total: -1 leaves the stored one.
 * A checkpoint is JSON; the next attempt finds it in its job. What the store refuses as
 * malformed makes the attempt TERMINAL with the store's code, as an output does.
 */
CAIRN_API void cairn_context_progress(cairn_context *context, int64_t done, int64_t total);
CAIRN_API void cairn_context_stage(cairn_context *context, cairn_str stage);
CAIRN_API void cairn_context_checkpoint(cairn_context *context, cairn_str json);
CAIRN_API void cairn_context_log(cairn_context *context, enum cairn_log_level level,
				 cairn_str message, cairn_str data);

/*
 * Waits until all that was said so far is durable. Not OK: it was refused (INVALID, STALE …), there
 * was no memory for it (NOMEM), or there is a reason to give up (INTERRUPTED). After a call of unknown
 * outcome it was said again: then a line may stand there twice.
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_context_flush(cairn_context *context);

/* Who runs the jobs of a type. An array element: its size is frozen. */
typedef struct cairn_handler {
	cairn_str type; /* absent: every type that no other handler names */
	cairn_handler_fn *run;
	void *user; /* borrowed; must outlive the worker and its threads */
	uint64_t reserved_[4];
} cairn_handler;

/* ---- what the application is told --------------------------------------- */

enum cairn_worker_event_kind {
	CAIRN_WORKER_STARTED = 1, /* job */
	CAIRN_WORKER_FINISHED,	  /* job, how, changed, error_*, elapsed: it is recorded */
	CAIRN_WORKER_REFUSED,	  /* job, changed: the end was not recorded, the lease was gone */
	CAIRN_WORKER_CANCELED,	  /* job, cancel: the handler was told to give up */
	CAIRN_WORKER_OVERRUN,	  /* job: recorded as TIMEOUT while the handler still runs */
	CAIRN_WORKER_ABANDONED,	  /* job: its handler outlived a hard stop and still runs */
	CAIRN_WORKER_REAPED,	  /* reaped: one expired lease was taken back */
	CAIRN_WORKER_TROUBLE,	  /* error: a database call failed and will be tried again */
	CAIRN_WORKER_RECONNECTED, /* the database answers again */
	CAIRN_WORKER_STOPPING,	  /* no further claims */
	CAIRN_WORKER_RETURNED,	  /* job, changed: claimed ahead, and given back unstarted */
	CAIRN_WORKER_TURN, /* ended, reported, lines, claimed, elapsed: a dispatcher's call */
	/*
	 * loop, items, elapsed: a pass that found something to do. With error: what this loop can't do
	 * here for want of rights or of a driver that can; told once, and the rest goes on
	 */
	CAIRN_WORKER_UPKEEP
};

/* Grows by appending; look at size. Everything in it is valid during the callback. */
typedef struct cairn_worker_event {
	size_t size;
	enum cairn_worker_event_kind kind;
	enum cairn_finish_how how;
	const cairn_job *job;
	const cairn_changed *changed;
	const cairn_reaped *reaped;
	const cairn_error *error;
	cairn_str error_code;
	cairn_str error_message;
	cairn_usec elapsed; /* from start to now */
	enum cairn_cancel cancel;
	uint32_t ended; /* items of a turn, the ends of attempts first */
	uint32_t reported;
	uint32_t lines;
	uint32_t claimed;
	uint32_t reserved_;
	const char *loop; /* "reap", "gates", "schedules", "intents", "prune", "owners", "upkeep" */
	uint64_t items;
} cairn_worker_event;

/* Called on any of the worker's threads, one at a time: be quick, they wait for each other. */
typedef void cairn_worker_observe_fn(void *user, const cairn_worker_event *event);

/* ---- the worker ---------------------------------------------------------- */

/*
 * Opens one of the worker's connections, at the start and after each loss; called on the thread that
 * will use it, several at a time. opts are those of the worker, with a lock_timeout that its leases
 * can bear.
 */
typedef cairn_status cairn_worker_open_fn(void *user, const cairn_conn_opts *opts,
					  cairn_conn **conn, cairn_error *err);

typedef struct cairn_worker_opts {
	size_t size;
	const cairn_driver *driver; /* with url; or leave both and give connect */
	const char *url;
	const cairn_conn_opts *conn; /* may be NULL; its user pointers must outlive the worker */
	cairn_worker_open_fn *connect;
	void *connect_user;
	cairn_worker_observe_fn *observe;
	void *observe_user;
	cairn_str name;	 /* who holds the leases; absent: host-pid-random */
	cairn_str queue; /* absent: "default" */
	cairn_str owner; /* also jobs pinned to this owner */
	const cairn_handler *handlers;
	size_t handler_count;
	uint64_t max_jobs;   /* stop softly after so many; 0: no bound */
	cairn_usec lease;    /* 0: 30 s; at least 100 ms */
	cairn_usec poll_min; /* the first wait of an idle worker; 0: 50 ms */
	cairn_usec poll_max; /* the longest, reached by doubling; 0: 1 s */
	/* between looks for expired leases, and for gates (workflow.h); 0: half a lease, -1: never */
	cairn_usec reap_interval;
	cairn_usec drain;     /* a soft stop turns hard after this; 0: never */
	cairn_usec grace;     /* for handlers told to give up; 0: 10 s */
	uint32_t concurrency; /* handler threads; 0: 1; at most 1000 */
	uint32_t flags;	      /* CAIRN_WORKER_… */
	/*
	 * Jobs that wait in the worker beyond those that run; at most 1000. They are claimed ahead
	 * (prestart), marked as started before their handler runs, and given back by a soft stop; when
	 * the worker dies, those that were not marked yet lose no attempt. As many as will have a
	 * thread within some 10 ms, going by how long handlers took so far, are claimed as started at
	 * once. 0: none.
	 */
	uint32_t ahead;
	uint32_t dispatchers;	      /* 0: 1; at most 16 */
	cairn_usec promote_interval;  /* between passes over the intents; 0: 1 s, -1: never */
	cairn_usec prune_interval;    /* of what is older than its type's retention; 0: 1 min, -1 */
	cairn_usec schedule_interval; /* between looks for schedules that are due; 0: 1 s, -1 */
	/*
	 * Between heartbeats of its row in the registry of owners (owner.h), which a worker that has
	 * run for a second gets, and closes when it ends; 0: 20 s, -1: it has none.
	 */
	cairn_usec owner_interval;
	cairn_str version; /* of the program, for that row; absent: unknown */
	/* Between the store's upkeep (upkeep.h): all queues, and the database; 0: 30 s, -1: never. */
	cairn_usec upkeep_interval;
} cairn_worker_opts;

/* Stop softly once nothing is due and no handler runs. Jobs due later are not waited for. */
#define CAIRN_WORKER_IDLE_EXIT 1u
/* No waker: an idle worker only polls. */
#define CAIRN_WORKER_POLL_ONLY 2u

/*
 * Checks and copies the options; touches no database and starts no thread.
 * INVALID with the codes arg.* and job.invalid_lease_duration; UNAVAILABLE
 * without file descriptors, NOMEM.
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_worker_open(cairn_worker **worker,
							  const cairn_worker_opts *opts,
							  cairn_error *err);

/*
 * Connects, works until it is stopped, and ends its threads. Once per worker.
 *
 * Failing to connect at the start, and errors that time does not heal (SCHEMA,
 * DENIED …) end it with that error, after a hard stop. Later losses of the connection are mended
 * with jittered backoff, each thread's own; handlers whose lease is over by then are told so. An end
 * whose recording was UNCERTAIN is sent again. TIMEOUT worker.handlers_abandoned when handlers outlived
 * a hard stop by the grace: their threads still run and the process should exit.
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_worker_run(cairn_worker *worker, cairn_error *err);

enum cairn_stop {
	CAIRN_STOP_SOFT = 1, /* claim nothing more, let the running handlers finish */
	CAIRN_STOP_HARD	     /* tell the running handlers to give up, too */
};

/* Callable from any thread and from signal handlers, before, during and after the run. */
CAIRN_API void cairn_worker_stop(cairn_worker *worker, enum cairn_stop how);

/* The name under which the worker leases. Lives as long as the worker. */
CAIRN_API const char *cairn_worker_name(const cairn_worker *worker);

/* What was counted since open, and what is in hand now. Grows by appending. */
typedef struct cairn_worker_counts {
	size_t size;
	uint64_t claimed;
	uint64_t finished[9]; /* recorded ends, by enum cairn_finish_how */
	uint64_t refused;     /* ends that were not recorded */
	uint64_t returned;    /* claimed ahead and given back */
	uint64_t abandoned;   /* handlers that outlived a hard stop */
	uint64_t reaped;
	uint64_t fired;	   /* jobs made by schedules */
	uint64_t promoted; /* intents that became jobs */
	uint64_t pruned;
	uint64_t turns; /* the dispatchers' calls that went well: one round trip each */
	uint64_t beats; /* the beater's */
	uint64_t polls; /* turns that only claimed, and got nothing */
	uint64_t wakes; /* the waker said that there is work */
	uint64_t troubles;
	uint64_t running;  /* handlers at work */
	uint64_t waiting;  /* claimed and not started */
	uint64_t unsaid;   /* ends that wait to be recorded */
	uint64_t unparked; /* jobs put in line by the upkeep, of all queues */
} cairn_worker_counts;

/* From any thread, as long as the worker lives. counts->size must be set. */
CAIRN_API void cairn_worker_count(const cairn_worker *worker, cairn_worker_counts *counts);

/* Not while it runs. NULL is fine. */
CAIRN_API void cairn_worker_close(cairn_worker *worker);

/* ---- commands as handlers ------------------------------------------------ */

/*
 * The user pointer of cairn_exec_handler: runs a command for each job, in a process
 * group of its own, with the payload's bytes on its standard input (a file, so they are there
 * whole whatever becomes of the worker) and CAIRN_JOB_ID, _TYPE, _FENCE, _ATTEMPT, _QUEUE and,
 * unless the job is global, _TENANT in its environment.
 */
typedef struct cairn_exec {
	size_t size;
	const char *command;	 /* for /bin/sh -c; or */
	const char *const *argv; /* program and arguments, NULL at the end; found by PATH */
	size_t max_output;	 /* bytes kept of each output; 0: 64 KiB */
	cairn_usec kill_after;	 /* from SIGTERM to SIGKILL; 0: 5 s */
} cairn_exec;

/*
 * How the command's end becomes the attempt's:
 *
 *	exit 0             SUCCESS, output {"exit":0,"stdout":"…","stderr":"…",
 *	                   "stdout_truncated":false,"stderr_truncated":false}
 *	exit 65            TERMINAL exec.exit_65: the data are wrong (EX_DATAERR)
 *	exit N             RETRYABLE exec.exit_N; 75 (EX_TEMPFAIL) says so on purpose
 *	killed by a signal RETRYABLE exec.signaled
 *	timeout            TIMEOUT exec.timeout, after SIGTERM and then SIGKILL
 *	not started        RETRYABLE exec.not_started
 *	reaped by others   RETRYABLE exec.lost
 *	worker stops hard  RETRYABLE worker.stopped
 *
 * Kept are the first bytes of stdout and the last of stderr; NUL and what is not UTF-8 become
 * U+FFFD. A failure's message ends with the end of stderr. What the command leaves running
 * in its process group is killed when it exits. The application must not reap foreign
 * children (SIGCHLD ignored, wait for any).
 */
CAIRN_API enum cairn_finish_how cairn_exec_handler(void *user, cairn_context *context);

/* ---- functions in processes of their own --------------------------------------- */

/*
 * The user pointer of cairn_fork_handler: runs a function in a forked child for each job. A crash
 * costs the attempt and not the worker; a function that hangs can be killed. The child has a copy of
 * the process, but none of its threads and no descriptor above 2, and so no connection; the
 * context works there as ever. Between fork and its own code only what is safe in the child of a
 * process with threads may be used: memory from malloc is, with glibc.
 */
typedef struct cairn_fork {
	size_t size;
	cairn_handler_fn *run;
	void *user;
	cairn_usec kill_after; /* from the reason to give up to SIGKILL; 0: 5 s */
} cairn_fork;

/*
 *	returned              as the function answered
 *	killed by a signal    PANICKED fork.signaled; RETRYABLE for SIGKILL and SIGTERM
 *	exited by itself      PANICKED fork.exited
 *	reaped by others      RETRYABLE fork.lost
 *	overran its timeout   TIMEOUT fork.timeout
 *	not started           RETRYABLE fork.not_started
 *	worker stops hard     RETRYABLE worker.stopped, if it was killed for it
 */
CAIRN_API enum cairn_finish_how cairn_fork_handler(void *user, cairn_context *context);

#ifdef __cplusplus
}
#endif

#endif
