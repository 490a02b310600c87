/*
 * runtime.h - what the files of the worker runtime share: the worker, the jobs it has in hand, its
 * threads, and who may touch what.
 *
 * A context is a job in hand. Its `state` says whose it is: the handler's while RUNNING, but for
 * the fields marked "worker"; the worker's otherwise. While `sent`, one dispatcher has it in a call,
 * and nobody else plans anything for it. All of this moves under the worker's lock, which is never
 * held during a call of the database or of the application.
 */
#ifndef CAIRN_RUNTIME_H
#define CAIRN_RUNTIME_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <cairn/worker.h>

enum job_state {
	JOB_NONE,    /* an unused context */
	JOB_AHEAD,   /* claimed ahead, not marked as started */
	JOB_READY,   /* to be started by the next free thread */
	JOB_RUNNING, /* a handler has it */
	JOB_DONE     /* the handler is back, its result waits to be recorded */
};

/* A text that is owned and reused. */
struct kept {
	char *ptr;
	size_t len;
	size_t cap;
};

struct line {
	struct line *next;
	enum cairn_log_level level;
	size_t message;
	size_t data;
	char text[]; /* message, then data */
};

struct lines {
	struct line *first;
	struct line *last;
	size_t count;
};

/* What a handler says: the latest of each, and all lines. */
struct saying {
	uint32_t set; /* CAIRN_PROGRESS_… */
	bool has_stage;
	bool has_checkpoint;
	int64_t done;
	int64_t total;
	struct kept stage;
	struct kept checkpoint;
	struct lines lines;
};

struct child; /* fork.h */

struct cairn_context {
	struct cairn_worker *worker;
	struct cairn_context *next; /* in the one list it stands in */
	pthread_cond_t stir;
	enum job_state state;
	atomic_int cancel; /* enum cairn_cancel */
	uint32_t pins;	   /* those who speak of it without holding the lock */
	bool sent;
	bool marking; /* with sent: what is sent is the mark of its start */

	/* the job, written before READY */
	cairn_job job; /* its texts point into `text` */
	cairn_lease lease;
	struct kept text;
	const cairn_handler *handler;
	struct hand *hand; /* while RUNNING */
	cairn_usec started;
	cairn_usec deadline;

	/* the result, written before DONE */
	enum cairn_finish_how how;
	struct kept output;
	struct kept error_code;
	struct kept error_message;
	cairn_time not_before;
	cairn_usec delay;
	const char *reason;  /* of a snooze: a literal; NULL: SNOOZED */
	bool nomem;	     /* a detail of the result could not be kept */
	struct child *child; /* in a forked child: what leads out of it */

	/* under the lock: said and not sent, and on its way */
	struct saying fresh;
	struct saying flying;
	uint64_t said;	   /* counts the sayings … */
	uint64_t heard;	   /* … and those that are durable or refused */
	uint64_t carried;  /* heard, when what is flying lands */
	cairn_status hurt; /* the first refusal since the last flush */
	bool flushing;	   /* the handler waits to be heard */
	char spoiled[64];  /* code of what it said that is malformed; "": nothing */
	char spoiled_why[256];

	/* worker */
	cairn_usec lease_until; /* by the local clock, never later than the database's */
	cairn_usec overrun_at;	/* when TIMEOUT is recorded without the handler */
	bool settled;		/* the end is recorded, or refused: nothing more to send */
	bool unsure; /* an end was sent, or the handler wrote it, and what came of it is unknown */
	bool superseded; /* the worker itself got the job again, under a later fence */
	bool marked;	 /* its start was marked, or may have been */
	bool early;	 /* what is being sent is a TIMEOUT that the handler overran */
	bool concluded;	 /* the handler's answer is made fit to be sent */
	bool rewritten;	 /* the library refused the result; a failure took its place */
};

struct list {
	struct cairn_context *first;
	struct cairn_context *last;
	uint32_t count;
};

/* A connection of one of the worker's threads; conn moves under the worker's lock. */
struct link {
	struct cairn_worker *worker;
	cairn_conn *conn;
	cairn_usec retry_at; /* the database is left alone until then */
	cairn_usec retry_delay;
	uint64_t dice;
};

/* A thread that serves. */
struct service {
	struct link link;
	pthread_t thread;
	pthread_cond_t stir;
	bool started;
	bool over; /* it will make no more calls */
};

/* A handler thread. */
struct hand {
	struct cairn_worker *worker;
	pthread_t thread;
	struct cairn_context *job; /* NULL: none */
	struct link link;	   /* for handlers that ask for it (cairn_context_conn) */
};

/* A dispatcher, and the turn it is at. */
struct dispatcher {
	struct service service;
	cairn_finish *finishes;
	struct cairn_context **ending;
	size_t finish_count;
	cairn_progress *reports;
	struct cairn_context **reporting;
	size_t report_count;
	struct cairn_context **quiet; /* those who send lines alone */
	size_t quiet_count;
	cairn_log_line *lines;
	struct cairn_context **speaking;
	size_t line_count;
	cairn_changed *each;
	cairn_jobs *claimed;
	uint32_t want;
	bool prestart;
	bool swept; /* upkeep had had its first pass when the claim was planned */
	cairn_usec asked;
};

/* Log lines of one turn; what is more waits for the next. */
#define LINES_MAX 1000

struct cairn_worker {
	cairn_worker_opts opts; /* settled: no zero means a default, texts are copies */
	cairn_conn_opts conn_opts;
	cairn_handler *handlers;
	cairn_str *types;
	bool any_type; /* a handler without a type takes them all */
	char *name;
	char *texts;

	/* from other threads and signal handlers */
	int wake[2];
	atomic_int stop; /* enum cairn_stop, only ever raised */
	atomic_int awake;
	atomic_int refs; /* the owner, and one per handler thread */
	atomic_uint_least64_t claimed;
	atomic_uint_least64_t finished[9];
	atomic_uint_least64_t refused, returned, abandoned, reaped, fired, promoted, pruned;
	atomic_uint_least64_t unparked;
	atomic_uint_least64_t turns, beats, polls, wakes, troubles;
	atomic_uint_least64_t running, waiting, unsaid;

	pthread_mutex_t telling; /* one event at a time */
	pthread_mutex_t lock;	 /* all below */
	pthread_cond_t work;	 /* handler threads: something is READY */
	pthread_cond_t ended;	 /* a service is over */
	bool closing;		 /* threads end */

	struct cairn_context *jobs; /* all contexts */
	uint32_t job_count;
	struct list unused;
	struct list ahead;
	struct list ready;
	uint32_t in_hand[JOB_DONE + 1]; /* how many in each state */
	uint32_t reserved;		/* claims on their way */
	uint32_t marking;		/* marks on their way; those stand in no list */

	struct hand *hands;
	uint32_t hand_count; /* started */
	uint32_t resting;    /* hands that wait for work */

	struct dispatcher *dispatchers;
	uint32_t troubled;  /* dispatchers without a database */
	uint32_t gathering; /* dispatchers that wait for company, and not for long */
	struct service beater;
	struct service waker;
	struct service upkeep;

	uint64_t taken;	       /* jobs claimed */
	cairn_usec next_poll;  /* INT64_MAX while one is on its way */
	cairn_usec poll_delay; /* what it grows by */
	cairn_usec say_at;     /* when a turn is due for what handlers said */
	cairn_usec done_at;    /* when the first end came that waits now */
	uint64_t claims;       /* claims that came back */
	uint64_t finds;	       /* those that had something */
	bool scarce;	       /* the last one brought less than was asked for */
	bool swept;	       /* upkeep had its first pass */
	bool drained;	       /* a claim found nothing while nothing was in hand */
	cairn_usec length;     /* of handlers, smoothed */
	uint32_t pace;	       /* starts during the last turn: as many to mark ahead */
	uint64_t starts;
	uint64_t starts_seen;
	uint64_t wait_dice;

	struct {
		cairn_id incarnation; /* none: not registered */
		cairn_usec due;	      /* INT64_MAX: never */
	} row;			      /* among the owners; the beater's */

	/* the watch's */
	cairn_usec look_at; /* when it looks next by itself */
	int stop_phase;	    /* of enum cairn_stop, as acted upon */
	cairn_usec stop_at; /* when the soft stop began; 0: not */
	cairn_usec hard_at; /* when the hard stop began; 0: not */
	cairn_status status;
	cairn_error error; /* what ended it */
};

/* ---- worker.c ---- */
cairn_status cairn_worker__fail_code(cairn_error *err, cairn_code code);
void cairn_worker__release(struct cairn_worker *worker);

/* ---- options.c: checked, settled, copied ---- */
cairn_status cairn_worker__check(const cairn_worker_opts *opts, cairn_error *err);
/* False without memory. What it made is freed by options_free. */
bool cairn_worker__options(struct cairn_worker *worker, const cairn_worker_opts *given);
void cairn_worker__options_free(struct cairn_worker *worker);
cairn_status cairn_worker__refuse(cairn_error *err, cairn_code code, const char *message);

/* ---- clock.c ---- */
cairn_usec cairn_worker__now(void);
/* When a span from now is over; spans of others may be as long as they like. */
cairn_usec cairn_worker__after(cairn_usec span);
/* span, shifted by up to a quarter either way. */
cairn_usec cairn_worker__jitter(uint64_t *dice, cairn_usec span);
void cairn_worker__cond_init(pthread_cond_t *cond);
/* Waits for cond under the worker's lock, at most until then. */
void cairn_worker__wait(struct cairn_worker *worker, pthread_cond_t *cond, cairn_usec until);

/* ---- hand.c: jobs in hand; all under the lock ---- */
bool cairn_worker__jobs_init(struct cairn_worker *worker);
void cairn_worker__jobs_free(struct cairn_worker *worker);
void cairn_worker__move(struct cairn_context *job, enum job_state state);
void cairn_worker__append(struct list *list, struct cairn_context *job);
struct cairn_context *cairn_worker__pop(struct list *list);
/* Takes it out of AHEAD or READY. */
void cairn_worker__remove(struct list *list, struct cairn_context *job);
/* Copies a claimed row into an unused context; NULL without memory or handler. */
struct cairn_context *cairn_worker__take(struct cairn_worker *worker, const cairn_job *row,
					 cairn_usec lease_until);
/* It is over: unused again, once nobody speaks of it. */
void cairn_worker__vacate(struct cairn_context *job);
void cairn_worker__unpin(struct cairn_context *job);

/* ---- pool.c: the handler threads ---- */
cairn_status cairn_worker__pool_start(struct cairn_worker *worker, cairn_error *err);
/* Ends the resting threads and joins them; answers how many handlers still run. */
uint32_t cairn_worker__pool_end(struct cairn_worker *worker);
/* How long an end waits for company, where handlers are so short that there will be some. */
#define CAIRN_WORKER__COMPANY 200
/* Under the lock: is the usual handler shorter than that? */
bool cairn_worker__brief(const struct cairn_worker *worker);
/* Under the lock: wakes threads for what became READY; all that rest, if it is urgent. */
void cairn_worker__set_to_work(struct cairn_worker *worker, bool urgent);
/* Under the lock; tells the handler to give up. False: it was told before, or none is at work. */
bool cairn_worker__cancel(struct cairn_context *job, enum cairn_cancel cause);
void cairn_worker__nudge(struct cairn_worker *worker);

/* ---- context.c, say.c ---- */
bool cairn_worker__keep(struct kept *kept, cairn_str text);
/* A failure's message: cut where the store takes no more, and what is not UTF-8 replaced. */
bool cairn_worker__keep_message(struct kept *kept, cairn_str text);
cairn_str cairn_worker__kept(const struct kept *kept);
/* Under the lock: has it said anything that was not sent? */
bool cairn_worker__says(const struct cairn_context *job);
/* What was said goes on its way … */
void cairn_worker__fly(struct cairn_context *job);
/* … and is written or refused for good, or has to be sent again. */
void cairn_worker__land(struct cairn_context *job, cairn_status hurt);
void cairn_worker__fly_back(struct cairn_context *job);
void cairn_worker__drop_saying(struct saying *saying);
void cairn_worker__free_saying(struct saying *saying);

/* ---- link.c, service.c ---- */
cairn_status cairn_worker__connect(struct link *link, cairn_error *err);
/* Puts conn in its place, and answers the one that was there, not closed. */
cairn_conn *cairn_worker__relink(struct link *link, cairn_conn *conn);
/* Connects if it is time to; false: not now, and why (OK: later; else for ever). */
bool cairn_worker__linked(struct link *link, cairn_status *status, cairn_error *err);
/*
 * What a failed call means: OK to go on later (the connection may be gone and
 * retry_at is set), or the status again when time does not heal it.
 */
cairn_status cairn_worker__trouble(struct link *link, const cairn_error *err);
void cairn_worker__recovered(struct link *link);
void cairn_worker__unlink(struct link *link);

bool cairn_worker__service_start(struct service *service, void *(*run)(void *), void *arg);
/* The thread's last word. */
void cairn_worker__service_over(struct service *service);
/* Waits for it, at most until then; later, and meanwhile where `rouse`, its call is interrupted. */
void cairn_worker__service_end(struct cairn_worker *worker, struct service *service,
			       cairn_usec until, bool rouse);
/* The worker can't go on: the first reason counts. */
void cairn_worker__give_up(struct cairn_worker *worker, cairn_status status,
			   const cairn_error *err);

/* ---- result.c: what is sent for a handler's answer ---- */
/* Makes the answer of a DONE job fit to be sent, once. */
void cairn_worker__conclude(struct cairn_context *job);
void cairn_worker__plan_finish(struct cairn_context *job, cairn_finish *finish);
/* The library refused the result as malformed: fail instead, or give up. False: give up. */
bool cairn_worker__fails(enum cairn_finish_how how);
bool cairn_worker__rewrite(struct cairn_context *job, const char *code, const char *message);
/* Under the lock: the handler said something malformed; the attempt will be TERMINAL for it. */
void cairn_worker__spoil(struct cairn_context *job, const char *code, const char *message);

/* ---- ahead.c: how much to claim, to mark, to give back; under the lock ---- */
void cairn_worker__plan_claim(struct dispatcher *dispatcher, bool talking);
/* How many it would claim, were it time to. */
uint32_t cairn_worker__claimable(const struct cairn_worker *worker);
uint32_t cairn_worker__marks_due(const struct cairn_worker *worker);
bool cairn_worker__gives_back(const struct cairn_context *job);
void cairn_worker__plan_return(struct cairn_context *job, cairn_finish *finish);
void cairn_worker__plan_poll(struct dispatcher *dispatcher, size_t got);

/* ---- turn.c, settle.c ---- */
/* Under the lock: fills the dispatcher's turn; false: there is nothing to do now. */
bool cairn_worker__collect(struct dispatcher *dispatcher, cairn_usec now);
/* Sends it; OK, or an error that ends the worker. */
cairn_status cairn_worker__turn(struct dispatcher *dispatcher, cairn_error *err);
void cairn_worker__settle(struct dispatcher *dispatcher);
void cairn_worker__unsent(struct dispatcher *dispatcher, cairn_status status);
bool cairn_worker__blame(struct dispatcher *dispatcher, const cairn_error *err);

/* ---- threads ---- */
void *cairn_worker__dispatch(void *arg); /* dispatch.c */
/* Under the lock: there is something to do, or another time to do it. */
void cairn_worker__call_dispatchers(struct cairn_worker *worker);
void *cairn_worker__beat(void *arg);	/* beat.c */
void *cairn_worker__wake(void *arg);	/* wake.c */
void *cairn_worker__keep_up(void *arg); /* loops.c */
/* loops.c: whether any loop is on */
bool cairn_worker__has_loops(const struct cairn_worker *worker);

/* ---- owner.c: the worker's row among the owners; the beater's, not under the lock ---- */
void cairn_worker__row_begin(struct cairn_worker *worker);
/* Registers it, or tells that it lives. Needs a connection, and may lose it. */
void cairn_worker__row_beat(struct link *link);
void cairn_worker__row_end(struct link *link);

/* ---- watch.c: the clocks and the stop, on the thread of cairn_worker_run ---- */
void cairn_worker__keep_watch(struct cairn_worker *worker);

/* ---- tell.c: events; not under the lock ---- */
void cairn_worker__tell(struct cairn_worker *worker, cairn_worker_event *event);
/* A call failed; it is counted, too. */
void cairn_worker__tell_trouble(struct cairn_worker *worker, const cairn_error *err);
void cairn_worker__tell_job(struct cairn_context *job, enum cairn_worker_event_kind kind);
void cairn_worker__tell_end(struct cairn_context *job, enum cairn_worker_event_kind kind,
			    const cairn_finish *finish, const cairn_changed *changed);

#endif
