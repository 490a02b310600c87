/*
 * runtime.h - what the files of the worker runtime share: the worker, its slots,
 * and who may touch what.
 *
 * A slot is a handler thread and the job it has. `state` says whose it is: the
 * dispatcher's while IDLE or DONE, the handler's while RUNNING, but for the fields marked
 * "dispatcher". It moves under the worker's lock, which is what `stir` goes with.
 */
#ifndef CAIRN_RUNTIME_H
#define CAIRN_RUNTIME_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <cairn/worker.h>

enum slot_state {
	SLOT_IDLE,
	SLOT_READY,   /* the dispatcher put a job in */
	SLOT_RUNNING, /* the handler has it */
	SLOT_DONE     /* the handler is back, its result waits to be recorded */
};

/* A text that the slot owns and reuses. */
struct kept {
	char *ptr;
	size_t len;
	size_t cap;
};

struct cairn_context {
	struct cairn_worker *worker;
	pthread_t thread;
	pthread_cond_t stir;
	atomic_int state;  /* enum slot_state */
	atomic_int cancel; /* enum cairn_cancel */

	/* the job, written before READY */
	cairn_job job; /* its texts point into `text` */
	cairn_lease lease;
	struct kept text;
	const cairn_handler *handler;
	cairn_usec started;
	cairn_usec deadline;

	/* the result, written before DONE */
	enum cairn_finish_how how;
	struct kept output;
	struct kept error_code;
	struct kept error_message;
	cairn_time not_before;
	bool nomem; /* a detail of the result could not be kept */

	/* dispatcher */
	cairn_usec lease_until; /* by the local clock, never later than the database's */
	cairn_usec overrun_at;	/* when TIMEOUT is recorded without the handler */
	bool settled;		/* the end is recorded, or refused: nothing more to send */
	bool unsure;		/* an end was sent and its outcome is unknown */
	bool early;		/* what is being sent is a TIMEOUT that the handler overran */
	bool concluded;		/* the handler's answer is made fit to be sent */
	bool rewritten;		/* the library refused the result; a failure took its place */
};

struct cairn_worker {
	cairn_worker_opts opts; /* settled: no zero means a default, texts are copies */
	cairn_conn_opts conn_opts;
	cairn_handler *handlers;
	cairn_str *types;
	bool any_type; /* a handler without a type takes them all */
	char *name;
	char *texts;
	uint64_t dice;

	/* from other threads and signal handlers */
	int wake[2];
	atomic_int stop; /* enum cairn_stop, only ever raised */
	atomic_int awake;
	atomic_int refs; /* the owner, and one per thread */

	pthread_mutex_t lock;
	bool closing; /* guarded by lock: idle threads end */

	/* dispatcher */
	struct cairn_context *slots;
	uint32_t threads; /* started */
	cairn_conn *conn;
	cairn_jobs *claimed;
	cairn_reap_report *reaped;
	cairn_finish *finishes;
	cairn_changed *each;
	cairn_lease *leases;
	struct cairn_context **sent;
	struct cairn_context **idle;
	size_t idle_count;
	uint64_t taken; /* jobs claimed */
	cairn_usec next_poll;
	cairn_usec next_beat;
	cairn_usec next_reap;
	cairn_usec poll_delay;
	cairn_usec retry_at; /* the database is left alone until then */
	cairn_usec retry_delay;
	cairn_usec stop_at; /* when the soft stop began; 0: not */
	cairn_usec hard_at; /* when the hard stop began; 0: not */
	int stop_phase;	    /* of enum cairn_stop, as acted upon */
	bool drained;	    /* the last claim found nothing while nothing ran */
};

/* ---- worker.c ---- */
cairn_status cairn_worker__fail_code(cairn_error *err, cairn_code code);
void cairn_worker__release(struct cairn_worker *worker);

/* ---- clock.c ---- */
cairn_usec cairn_worker__now(void);
void cairn_worker__deadline(cairn_usec at, struct timespec *spec);
/* span, shifted by up to a quarter either way. */
cairn_usec cairn_worker__jitter(struct cairn_worker *worker, cairn_usec span);

/* ---- pool.c: the threads ---- */
cairn_status cairn_worker__pool_start(struct cairn_worker *worker, cairn_error *err);
/* Ends the idle threads and joins them; answers how many handlers still run. */
uint32_t cairn_worker__pool_end(struct cairn_worker *worker);
/* Copies the claimed row into an idle slot and starts its thread on it. */
bool cairn_worker__assign(struct cairn_context *slot, const cairn_job *row, cairn_usec lease_until);
/* Tells the slot's handler to give up; answers false when there is none at work. */
bool cairn_worker__cancel(struct cairn_context *slot, enum cairn_cancel cause);
enum slot_state cairn_worker__state(const struct cairn_context *slot);
/* Back to IDLE, from DONE. */
void cairn_worker__vacate(struct cairn_context *slot);
void cairn_worker__nudge(struct cairn_worker *worker);

/* ---- context.c ---- */
bool cairn_worker__keep(struct kept *kept, cairn_str text);

/* ---- link.c: the connection ---- */
cairn_status cairn_worker__connect(struct cairn_worker *worker, cairn_error *err);
/*
 * What a failed call means: OK to go on later (the connection may be gone and
 * retry_at is set), or the status again when time does not heal it.
 */
cairn_status cairn_worker__trouble(struct cairn_worker *worker, const cairn_error *err);
void cairn_worker__recovered(struct cairn_worker *worker);

/* ---- result.c: what is sent for a handler's answer ---- */
/* Makes the answer of a DONE slot fit to be sent, once. */
void cairn_worker__conclude(struct cairn_context *slot);
void cairn_worker__plan_finish(struct cairn_context *slot, cairn_finish *finish);
/* The library refused the result as malformed: fail instead, or give up. False: give up. */
bool cairn_worker__rewrite(struct cairn_context *slot, const char *code, const char *message);

/* ---- flush.c, beat.c: the dispatcher's calls; OK, or an error that ends the worker ---- */
/* Records what is done and claims for what is idle. */
cairn_status cairn_worker__flush(struct cairn_worker *worker, cairn_error *err);
cairn_status cairn_worker__beat(struct cairn_worker *worker, cairn_error *err);
cairn_status cairn_worker__reap(struct cairn_worker *worker, cairn_error *err);

/* ---- tell.c: events ---- */
void cairn_worker__tell(struct cairn_worker *worker, cairn_worker_event *event);
void cairn_worker__tell_job(struct cairn_context *slot, enum cairn_worker_event_kind kind);
void cairn_worker__tell_end(struct cairn_context *slot, enum cairn_worker_event_kind kind,
			    const cairn_finish *finish, const cairn_changed *changed);

/* ---- dispatch.c ---- */
cairn_status cairn_worker__dispatch(struct cairn_worker *worker, cairn_error *err);

#endif
