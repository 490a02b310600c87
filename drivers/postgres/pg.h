/*
 * pg.h - what the files of the Postgres driver share: a connection, parameters, the
 * pipeline engine, reading of results, and the slots that driver.c puts into its tables.
 *
 * A slot is: fill parameters, queue statements (sql.h), run, read. Everything that
 * talks to the server goes through exec.c.
 */
#ifndef CAIRN_PG_H
#define CAIRN_PG_H

#include <stdatomic.h>
#include <stdbool.h>

#include <libpq-fe.h>

#include <cairn/postgres.h>
#include <cairn/sys/budget.h>
#include <cairn/sys/catalog.h>
#include <cairn/sys/checkpoint.h>
#include <cairn/sys/intent.h>
#include <cairn/sys/job.h>
#include <cairn/sys/lock.h>
#include <cairn/sys/log.h>
#include <cairn/sys/memory.h>
#include <cairn/sys/migration.h>
#include <cairn/sys/owner.h>
#include <cairn/sys/queue.h>
#include <cairn/sys/replay.h>
#include <cairn/sys/schedule.h>
#include <cairn/sys/workflow.h>

#include "sql.h"

#ifndef LIBPQ_HAS_PIPELINING
#error "libpq 14 or newer is needed: it has pipeline mode"
#endif

/* The longest name that Postgres does not cut. */
#define PG_NAME_MAX 63

/* ---- parameters (params.c) ---------------------------------------------- */

#define PG_PARAMS_MAX 32

/*
 * The parameters of the next statement, all binary. Small ones and arrays are
 * built in a buffer that is kept between calls; texts are borrowed. A failure
 * (memory) sticks until the statement is queued and fails it there.
 */
struct pg_params {
	int count;
	bool failed;
	bool too_large; /* why it failed, if not for memory */
	char *buffer;
	size_t used;
	size_t size;
	const char *borrowed[PG_PARAMS_MAX]; /* NULL: it stands in the buffer, or is NULL */
	size_t offset[PG_PARAMS_MAX];
	int length[PG_PARAMS_MAX]; /* -1: NULL */
};

/* ---- the pipeline (exec.c) ---------------------------------------------- */

#define PG_STEPS_MAX 128

/* A statement of the pipeline that is being built, and its result. */
struct pg_step {
	enum pg_sql sql;  /* PG_SQL_COUNT: text */
	const char *text; /* what runs, for the trace */
	bool prepares;	  /* a Parse of its own goes before it */
	bool commits;
	PGresult *result;
};

/* What the session is like for a call, which decides what stands around its statements. */
enum pg_mode {
	PG_PLAIN, /* the session has cairn's settings, or cairn began this transaction */
	PG_WHOLE, /* settings live in a transaction of the call's own: BEGIN … COMMIT */
	PG_PART,  /* a transaction of the call's own goes on behind it */
	PG_GUEST  /* the application's transaction: settings are put back afterwards */
};

struct pg_pipe {
	struct pg_step steps[PG_STEPS_MAX];
	size_t count;
	size_t first; /* the caller's first statement */
	size_t read;  /* steps whose results were taken off the wire */
	size_t split; /* steps before the first of two Syncs, until that is read; else 0 */
	bool kept;    /* what stands before it is committed */
	enum pg_mode mode;
	bool in_tx;  /* a transaction was open when the call began */
	bool tenant; /* it has another tenant meanwhile */
	bool writes;
	bool commit_sent; /* what was sent may commit */
	bool failed;
	size_t failed_at;  /* the step of the failure; count: a commit behind steps */
	PGresult *failure; /* the first failing result; NULL with failed: the client's own */
	cairn_usec began;
};

/* Which time a statement writes ($2 in sql_change.h), where no clock is installed. */
enum pg_time {
	PG_TIME_STATEMENT = 0, /* the only statement of its call */
	PG_TIME_START = 1,     /* one of several in a transaction of the call's own */
	PG_TIME_LEFT = 2,      /* behind PG_SQL_LOCK_JOBS, which left it */
	PG_TIME_RUNS = 3       /* behind PG_SQL_RUNS_LOCK_OF alone: no job is locked */
};

/* ---- waking (wake.c, wait.c) -------------------------------------------- */

#define PG_WAKE_MAX 16
/* What somebody waits for: a queue, or a log by tenant and thread (thread_log.c). */
#define PG_TOPIC_MAX 512

/*
 * Queues in which jobs became due, and how many, so that those who wait for them can be told
 * after the commit. More than a few queues are left to the polling that is behind all waits.
 */
struct pg_wake {
	size_t count;
	struct pg_woken {
		int64_t jobs;
		bool due; /* already: whoever is told need not look */
		size_t len;
		char queue[PG_TOPIC_MAX];
	} at[PG_WAKE_MAX];
};

/*
 * The queue that was enqueued to last, and whether somebody waited for it. Whoever begins to wait looks
 * often at first, so for a few milliseconds a no stands, and many single enqueues pay for one question.
 * A yes is a guess that there is somebody again.
 */
struct pg_heed {
	cairn_usec until;
	bool heeded;
	size_t len;
	char queue[PG_TOPIC_MAX];
};

enum pg_ear_state {
	PG_EAR_OFF = 0, /* no session; `at`: when to try for one */
	PG_EAR_OPENING, /* `at`: when to give up */
	PG_EAR_BUSY,	/* a statement is under way */
	PG_EAR_READY,	/* it listens, but nobody knows of it */
	PG_EAR_ARMED	/* its row stands in cairn_job_waiter; `at`: when to renew it */
};

/* The session that listens, of a connection that waits for work. */
struct pg_ear {
	PGconn *conn;
	enum pg_ear_state state;
	enum pg_ear_state then; /* BUSY: what comes next */
	bool renews;		/* BUSY: it was armed before */
	PostgresPollingStatusType wanted;
	cairn_usec at;
	cairn_usec backoff;
	int64_t turn; /* of its row; what is told under another one is old */
	char channel[32];
};

/*
 * How many claims in a row got jobs from a queue, by a hash of its name, and met none that needs a
 * permit. It may be wrong, which costs time and nothing else. (claim.c)
 */
struct pg_streaks {
	uint64_t queue[16]; /* 0: free */
	unsigned char length[16];
	unsigned next;
	bool plain; /* the claim that is being run */
	bool far;
};

/* ---- a connection ------------------------------------------------------- */

enum pg_lock { PG_UNLOCKED = 0, PG_LOCKED_SESSION, PG_LOCKED_TX };
enum pg_work { PG_NO_WORK = 0, PG_WORK_TX, PG_WORK_SAVEPOINT };

/* The `self` of every slot. The core has zeroed it. */
struct pg {
	cairn_host *host;
	PGconn *conn;
	PGcancel *cancel;
	char *sql_text; /* all statements, rendered for the schema */
	size_t sql_size;
	const char *sql[PG_SQL_COUNT];
	char *schema; /* as it is named, without quotes */
	size_t schema_size;
	char prefix[32]; /* of prepared statements' names */
	bool ready[PG_SQL_COUNT];
	bool adopted;
	/*
	 * Somebody, in any thread, asked for the handle, and may have changed the session. (An int: bytes side by side
	 * are read together.)
	 */
	atomic_int lent;
	bool pooled;	   /* a transaction-mode pooler may stand in between */
	bool prepare;	   /* use prepared statements */
	bool own_tx;	   /* cairn began the transaction that is open */
	bool parted;	   /* likewise, for a call of several round trips that is not over */
	cairn_usec used;   /* when a pipeline last ended */
	bool broken;	   /* not to be used any more, whatever libpq thinks */
	enum pg_lock lock; /* a migration's */
	enum pg_work work; /* likewise: what is undone when something fails now */
	char *url;	   /* to open another session by; NULL: there can't be one */
	size_t url_size;
	char *options; /* that go with it */
	size_t options_size;
	struct pg_heed heed;
	struct pg_wake owed; /* to be told when what is being done is committed */
	struct pg_ear ear;
	atomic_bool interrupted;
	struct pg_streaks streaks;
	struct pg_params params;
	struct pg_pipe pipe;
};

/* ---- params.c ----------------------------------------------------------- */

/* n structs of a batch: an array of them, or pointers in the order in which they are sent. */
struct pg_items {
	const void *const *at; /* NULL: base counts */
	const void *base;
	size_t size;
	size_t n;
};

#define PG_ITEMS(array, count) \
	((struct pg_items){ .base = (array), .size = sizeof *(array), .n = (count) })

/* Open ends of times: what no stored time is beyond. */
#define PG_TIME_FIRST ((cairn_time)-62135596800 * CAIRN_SECOND)
#define PG_TIME_LAST  ((cairn_time)253402300800 * CAIRN_SECOND)

/* What "below this id" means where none is given: below the greatest. */
cairn_id cairn_pg__id_bound(cairn_id after);

void cairn_pg__add_null(struct pg *pg);
void cairn_pg__add_bool(struct pg *pg, bool value);
void cairn_pg__add_int4(struct pg *pg, int32_t value);
void cairn_pg__add_int8(struct pg *pg, int64_t value);
void cairn_pg__add_time(struct pg *pg, cairn_time value); /* 0: NULL */
void cairn_pg__add_id(struct pg *pg, cairn_id id);
void cairn_pg__add_text(struct pg *pg, cairn_str text);	    /* absent: NULL */
void cairn_pg__add_tenant(struct pg *pg, cairn_str tenant); /* absent: '' */
/* The tenant a scope asks for: '' is global, NULL is any. */
void cairn_pg__add_scope(struct pg *pg, const cairn_scope *scope);
/* The call's time: the installed clock's, or NULL. */
void cairn_pg__add_now(struct pg *pg);

/* Array elements: what stands for an absent text, and for the time 0. */
enum pg_absent { PG_ABSENT_NULL, PG_ABSENT_EMPTY };

/* Whether a column of that many bytes is zero in every item: then NULL can stand for it. */
bool cairn_pg__all_zero(struct pg_items items, size_t offset, size_t size);

void cairn_pg__add_ids(struct pg *pg, struct pg_items items, size_t offset);
void cairn_pg__add_int4s(struct pg *pg, struct pg_items items, size_t offset);
void cairn_pg__add_int8s(struct pg *pg, struct pg_items items, size_t offset);
/* 0 becomes NULL, or with PG_ABSENT_EMPTY the time before all times. */
void cairn_pg__add_times(struct pg *pg, struct pg_items items, size_t offset,
			 enum pg_absent absent);
/* The same, but NULL where all are zero. */
void cairn_pg__add_some_int4s(struct pg *pg, struct pg_items items, size_t offset);
void cairn_pg__add_some_int8s(struct pg *pg, struct pg_items items, size_t offset);
void cairn_pg__add_some_times(struct pg *pg, struct pg_items items, size_t offset);
/* An array without any text is a NULL by itself, where absent texts are NULL. */
void cairn_pg__add_texts(struct pg *pg, struct pg_items items, size_t offset,
			 enum pg_absent absent);
void cairn_pg__add_jsons(struct pg *pg, struct pg_items items, size_t offset);
/* The tenants of scopes: '' is global, NULL any. */
void cairn_pg__add_scopes(struct pg *pg, struct pg_items items, size_t offset);
/*
 * What the items keep, two parameters: documents and bytes, each NULL where it is the other. The offsets
 * are those of a cairn_blob and its enum cairn_format.
 */
void cairn_pg__add_contents(struct pg *pg, struct pg_items items, size_t content, size_t format);
/* The same of one, as single values. */
void cairn_pg__add_content(struct pg *pg, cairn_blob content, enum cairn_format format);
/* Blobs of 32 bytes. */
void cairn_pg__add_hashes(struct pg *pg, struct pg_items items, size_t offset);

/*
 * The names ('' where there is none) and the fences (0) of the items' locks, two parameters; offset is
 * that of a cairn_lock_guard. For LOCK_HELD of sql_lock.h.
 */
void cairn_pg__add_guards(struct pg *pg, struct pg_items items, size_t offset);

/* Starts the parameters of the next statement; gives the buffer back. */
void cairn_pg__params_reset(struct pg *pg);
void cairn_pg__params_free(struct pg *pg);
/* Where a parameter's bytes are; NULL for a NULL. */
const char *cairn_pg__param(const struct pg_params *params, int index);

/* ---- exec.c ------------------------------------------------------------- */

/*
 * A call: begin, queue, run. Outside of a transaction it is one transaction and
 * one commit, inside one it is a part of it. Parameters are those added since
 * the statement before. After a run that answered OK the results can be read until clear,
 * which every begin that answered OK needs.
 */
cairn_status cairn_pg__call_begin(struct pg *pg, bool writes, cairn_error *err);
/*
 * A call that sees one tenant's rows: row-level security is told it for the call's own transaction,
 * or for the call inside another one.
 */
cairn_status cairn_pg__tenant_begin(struct pg *pg, cairn_str tenant, bool writes, cairn_error *err);
void cairn_pg__queue(struct pg *pg, enum pg_sql sql);
/*
 * What was queued is committed here, where the call is a transaction by itself; what follows is
 * another one, whose failure is nobody's. False: the call can't be split.
 */
bool cairn_pg__split(struct pg *pg);
cairn_status cairn_pg__call_run(struct pg *pg, cairn_error *err);
void cairn_pg__call_clear(struct pg *pg);

/*
 * A call of several round trips, each begun, run and cleared by itself: one transaction, which the last
 * one commits. Who gives up in between drops it. Inside a transaction they are parts of that.
 */
cairn_status cairn_pg__parts_begin(struct pg *pg, cairn_error *err);
cairn_status cairn_pg__part_begin(struct pg *pg, bool last, cairn_error *err);
void cairn_pg__parts_drop(struct pg *pg);

/* The result of the caller's n-th statement: borrowed until clear, or taken. */
PGresult *cairn_pg__result(struct pg *pg, size_t n);
PGresult *cairn_pg__take(struct pg *pg, size_t n);

/* Utility statements as they are, without anything around them, results dropped. */
cairn_status cairn_pg__commands(struct pg *pg, const char *const *texts, size_t n,
				cairn_error *err);
cairn_status cairn_pg__command(struct pg *pg, const char *text, cairn_error *err);
/* BEGIN with cairn's settings; COMMIT, where losing the connection is UNCERTAIN. */
cairn_status cairn_pg__begin_tx(struct pg *pg, cairn_error *err);
cairn_status cairn_pg__commit_tx(struct pg *pg, cairn_error *err);
/*
 * A script of any number of statements, as they are; last (may be NULL) gets the
 * last statement's result, whose values are text.
 */
cairn_status cairn_pg__script(struct pg *pg, const char *sql, PGresult **last, cairn_error *err);

/* Whether the session can be used now; closed, failed transaction and misuse are refused. */
cairn_status cairn_pg__usable(struct pg *pg, cairn_error *err);
bool cairn_pg__in_tx(const struct pg *pg);

/* ---- error.c ------------------------------------------------------------ */

/*
 * Turns what the server said (result) or what became of the connection (NULL, or
 * a result without SQLSTATE) into the contract's status and code. Uses pg->pipe to
 * tell what was in flight.
 */
cairn_status cairn_pg__fail(struct pg *pg, const PGresult *result, cairn_error *err);
/* A connection that could not be made. */
cairn_status cairn_pg__fail_connect(PGconn *conn, cairn_error *err);

/* ---- rows.c ------------------------------------------------------------- */

bool cairn_pg__null(const PGresult *result, int row, int column);
bool cairn_pg__bool(const PGresult *result, int row, int column);
int32_t cairn_pg__int4(const PGresult *result, int row, int column);
int64_t cairn_pg__int8(const PGresult *result, int row, int column);
int64_t cairn_pg__int8_or(const PGresult *result, int row, int column, int64_t otherwise);
cairn_time cairn_pg__time(const PGresult *result, int row, int column); /* NULL: 0 */
cairn_id cairn_pg__id(const PGresult *result, int row, int column);
/* A view into the result, valid as long as it is; NULL is absent. */
cairn_str cairn_pg__text(const PGresult *result, int row, int column);
/* The same, with '' absent too: tenants. */
cairn_str cairn_pg__tenant(const PGresult *result, int row, int column);

/* The columns that a claim and a list have in common; answers the column behind them. */
enum { PG_JOB_ID = 0, PG_JOB_PRIORITY = 3, PG_JOB_RUN_AT = 8 };
int cairn_pg__job(const PGresult *result, int row, cairn_job *job);
/* A pg_read_fn for the columns of an intent (intent.c). */
enum { PG_INTENT_COLUMNS = 25 };
void cairn_pg__intent(const PGresult *result, int row, void *into);
/* Four columns; NULLs are zeroes. */
void cairn_pg__retry(const PGresult *result, int row, int column, cairn_retry *retry);
/* The same and the hints in one array, for claims. */
void cairn_pg__policy_array(const PGresult *result, int row, int column, cairn_job *job);

/* Reads one row of a result into a zeroed row of the answer. */
typedef void pg_read_fn(const PGresult *result, int row, void *into);

/*
 * Reads all rows of the caller's n-th result. The answer's texts are views; the
 * result is parked and lives as long as the answer.
 */
cairn_status cairn_pg__read(struct pg *pg, size_t n, cairn_rows *rows, pg_read_fn *read,
			    cairn_error *err);
/* The same for an answer whose room was made beforehand, or that has rows already. */
cairn_status cairn_pg__append(struct pg *pg, size_t n, cairn_rows *rows, pg_read_fn *read,
			      cairn_error *err);
/* Parks a result so that it lives as long as the answer. */
cairn_status cairn_pg__park(struct pg *pg, size_t n, cairn_rows *rows, cairn_error *err);
/* The end of a call of one statement: queue it, run, read its rows, clear. */
cairn_status cairn_pg__query(struct pg *pg, enum pg_sql sql, cairn_rows *rows, pg_read_fn *read,
			     cairn_error *err);
/*
 * The same where the first column is the statement's time. There is a row for it even when there
 * is nothing else: then the second is NULL.
 */
cairn_status cairn_pg__query_at(struct pg *pg, enum pg_sql sql, cairn_time *now, cairn_rows *rows,
				pg_read_fn *read, cairn_error *err);

/* Of something that has to be there: no row if it is not; a row in which this column is NULL if it has nothing. */
cairn_status cairn_pg__query_found(struct pg *pg, enum pg_sql sql, int column, int *found,
				   cairn_rows *rows, pg_read_fn *read, cairn_error *err);

/* ---- pieces that several slots need ------------------------------------- */

/*
 * A claim inside a call that has begun (claim.c): room for its rows first (-1: no memory), then
 * its statements, of which n is the first one's place among the call's. *again (where a claim that
 * hands out no permits took nothing) asks for cairn_pg__claim_again() when the call is over;
 * *strict: it can't hand out permits in this transaction.
 */
struct pg_claimed {
	bool again;
	bool strict;
};

int cairn_pg__claim_reserve(const cairn_claim_plan *plan, cairn_rows *rows);
void cairn_pg__claim_queue(struct pg *pg, const cairn_claim_plan *plan, enum pg_time time);
cairn_status cairn_pg__claim_read(struct pg *pg, size_t n, const cairn_claim_plan *plan,
				  struct pg_claimed *claimed, cairn_rows *rows, cairn_error *err);
cairn_status cairn_pg__claim_again(struct pg *pg, const cairn_claim_plan *plan, cairn_rows *rows,
				   cairn_error *err);

/* ---- checkpoint.c: what puts and copies have in common ---- */

/*
 * Threads' rows, in byte order, are locked or made; behind everything else those go again that
 * have no checkpoint yet.
 */
void cairn_pg__threads_hold(struct pg *pg, cairn_str tenant, const cairn_str *threads, size_t n);
void cairn_pg__threads_let_go(struct pg *pg, cairn_str tenant, const cairn_str *threads, size_t n);

/* ---- wake.c: telling those who wait ---- */

/* Jobs of a queue become due with the commit. */
void cairn_pg__owe(struct pg *pg, cairn_str queue, int64_t jobs, bool due);
/* The same for what a statement answered in a column: NULL or a queue. */
void cairn_pg__owe_rows(struct pg *pg, const PGresult *result, int column);
/*
 * The end of a call that made jobs due, with its status: outside of transactions it tells now, in
 * the application's with its commit. Only the latter can fail.
 */
cairn_status cairn_pg__wake(struct pg *pg, cairn_status status, cairn_error *err);
/* Whether somebody waits for a queue, as far as is known; and what the answer was. */
enum pg_guess { PG_NOBODY = 0, PG_UNKNOWN, PG_SOMEBODY };
enum pg_guess cairn_pg__heed(const struct pg *pg, cairn_str queue);
void cairn_pg__heeded(struct pg *pg, cairn_str queue, bool heeded);
/* Queues the statements that tell, for a pipeline in which COMMIT stands already. */
void cairn_pg__wake_queue(struct pg *pg);

/* Another session to the same server, connecting; NULL without memory. (conn.c) */
PGconn *cairn_pg__connect_again(struct pg *pg);
void cairn_pg__ear_close(struct pg *pg); /* (wait.c) */
cairn_usec cairn_pg__ticks(void);	 /* (exec.c) */

/*
 * Before a call one of whose statements must see what another waited for: OK, or INVALID in a
 * stricter transaction of the application (tx.c).
 */
cairn_status cairn_pg__looks_again(struct pg *pg, cairn_error *err);

/*
 * The locks that the items of a write have as their preconditions; offset is that of a
 * cairn_lock_guard. Call it behind cairn_pg__tenant_begin() and before the parameters of the next
 * statement are added: if any item has a lock, it queues a statement that locks their rows FOR SHARE
 * in the order of names, and answers true; results of what is queued behind it then stand one further.
 * A later statement tests LOCK_HELD (sql_lock.h). In the application's transaction it fails unless that is
 * READ COMMITTED: ask cairn_pg__looks_again() before the call. (params.c)
 */
bool cairn_pg__guard_queue(struct pg *pg, cairn_str tenant, struct pg_items items, size_t offset);

/* Begins a maintaining write: of one tenant's rows, or with an absent one of everybody's (lock.c). */
cairn_status cairn_pg__scope_begin(struct pg *pg, cairn_str tenant, cairn_error *err);

/* Lines behind PG_SQL_LOCK_JOBS, likewise (log.c). */
void cairn_pg__log_queue(struct pg *pg, const cairn_log_item *lines, size_t n);
void cairn_pg__log_read(struct pg *pg, size_t statement, size_t n, enum cairn_hit *each);

/* ---- replay.c: replay runs that others wake ---- */

/*
 * A statement behind locks: replay runs that are suspended and need not be any more, of these (their ids
 * first in the items), and their parents; NULL: the parents of those that were reaped.
 */
void cairn_pg__woken_queue(struct pg *pg, const struct pg_items *runs);
/* Owes them to their queues. */
void cairn_pg__woken_read(struct pg *pg, size_t n);

/* A job that is locked by itself: the run's, for its calls. */
void cairn_pg__run_lock(struct pg *pg, cairn_id run);
/* The steps that an attempt reads; by memo() from column 0. */
void cairn_pg__page_queue(struct pg *pg, cairn_id run, int64_t after, uint32_t limit);
/* MEMO_COLUMNS of sql_replay.h, from one on; the run is the caller's. */
void cairn_pg__memo(const PGresult *result, int row, int column, cairn_memo *memo);

/* ---- budget.c: charges of a step (replay.c) ---- */

/* PG_LEDGER statements: the ledgers of these items, made and locked; they leave the time. One: the entries. */
enum { PG_LEDGER = 3 };
void cairn_pg__ledger_queue(struct pg *pg, const cairn_budget_item *charges, size_t n);
void cairn_pg__charge_queue(struct pg *pg, const cairn_budget_plan *plan, int64_t seq,
			    cairn_id claim);
void cairn_pg__charge_read(struct pg *pg, size_t n, cairn_budget_result *each);

/* ---- run.c, run_end.c: what the end of jobs has to do with runs ---- */

/* Whether this change ends a job so that it ends its step, if it is one. */
bool cairn_pg__ends_step(struct pg *pg, const cairn_change *change);
/*
 * Locks, in a call that ends jobs or gates: the runs (or NULL: those of the jobs), then the jobs, and of runs
 * in which a step fails those that go with it. Two statements, with parents three; the time is left behind.
 */
enum pg_also { PG_ALSO_NONE = 0, PG_ALSO_FAIL_FAST, PG_ALSO_ALL };
struct pg_hold {
	struct pg_items jobs; /* their ids, first in the items */
	const cairn_id *runs;
	size_t run_count;
	enum pg_also also;
	bool skip_locked; /* only runs that nobody else holds */
	bool parents;	  /* of replay runs among the jobs, too */
	bool runs_only;	  /* the jobs are left to who changes them */
};
void cairn_pg__hold_queue(struct pg *pg, const struct pg_hold *hold);

/* What follows from the end of steps, as far as it has been told. */
struct pg_after {
	bool next;	/* it goes on */
	bool sweep;	/* a run that is FAIL_FAST failed */
	PGresult *jobs; /* what a sweep cancels, if that was asked for already */
};
/* A statement: the steps of these jobs have ended (NULL: of those that were reaped). */
void cairn_pg__resolve_queue(struct pg *pg, const struct pg_items *jobs, bool alone);
void cairn_pg__resolve_read(struct pg *pg, size_t n, struct pg_after *after);
/* Some statements behind it, where it is known that more follows. */
void cairn_pg__rest_queue(struct pg *pg);
void cairn_pg__rest_read(struct pg *pg, size_t n, struct pg_after *after);
/* Goes on as far as it goes, in parts. Behind it nothing is left in after, whatever the outcome. */
cairn_status cairn_pg__rest(struct pg *pg, struct pg_after *after, cairn_error *err);
/* Those whose transaction ends when one statement has failed on purpose can do it again in more. */
bool cairn_pg__gave_up(const cairn_error *err);

/* Statements: these changes, by id, as they are, in a call that holds all of it (change.c). */
void cairn_pg__sweep_queue(struct pg *pg, const cairn_change *changes, size_t n);
/* What a sweep makes of the jobs in the first column, by id: n + 1 or more changes, to be freed; NULL: no memory. */
cairn_change *cairn_pg__sweep_jobs(struct pg *pg, const PGresult *jobs,
				   const cairn_run_sweep *sweep, size_t *n);
/* A statement: the steps of the runs that were left behind; absent: their status is by the rules. */
void cairn_pg__sweep_steps(struct pg *pg, const cairn_run_sweep *sweep, cairn_str run_status);
/* The rules that every statement about the end of steps has, and those about edges (run.c). */
void cairn_pg__add_run_rules(struct pg *pg, bool alone);
void cairn_pg__add_edge_rules(struct pg *pg);

/* Columns of a step, from one on (run_read.c). */
void cairn_pg__step(const PGresult *result, int row, int column, cairn_step *step);

/* A name as SQL wants it, in double quotes; answers the length without terminator. (sql.c) */
size_t cairn_pg__quote(char *into, cairn_str name);
cairn_status cairn_pg__sql_render(struct pg *pg, cairn_error *err);
void cairn_pg__sql_free(struct pg *pg);

/* ---- migrations --------------------------------------------------------- */

/* The number of scripts of the driver's own line; conn.c holds it against the generated set. */
enum { PG_SET_COUNT = 11 };
extern const cairn_migration cairn_pg__migrations[];
extern const size_t cairn_pg__migration_count;

/*
 * The work of a migration stands in a transaction of its own, or in a savepoint of the
 * caller's: what fails in it is taken back and aborts nothing else. The search path is the
 * schema, then what is behind it (NULL: nothing). (migration.c)
 */
cairn_status cairn_pg__work_begin(struct pg *pg, const char *schema, const char *behind,
				  cairn_error *err);
/* Ends it: keeps what was done if status is OK and keep is said, else takes it back. */
cairn_status cairn_pg__work_end(struct pg *pg, cairn_status status, bool keep, cairn_error *err);
/* Runs a script that is no C string. */
cairn_status cairn_pg__work_run(struct pg *pg, cairn_str sql, PGresult **last, cairn_error *err);

/* ---- slots -------------------------------------------------------------- */

cairn_conn_open_fn cairn_pg__open;
cairn_conn_adopt_fn cairn_pg__adopt;
cairn_conn_close_fn cairn_pg__close;
cairn_conn_now_fn cairn_pg__now;
cairn_conn_interrupt_fn cairn_pg__interrupt;

cairn_conn_begin_fn cairn_pg__begin;
cairn_conn_commit_fn cairn_pg__commit;
cairn_conn_rollback_fn cairn_pg__rollback;
cairn_conn_in_tx_fn cairn_pg__foreign_tx;

cairn_migration_history_fn cairn_pg__migration_history;
cairn_migration_apply_fn cairn_pg__migration_apply;
cairn_migration_gate_fn cairn_pg__migration_gate;
cairn_migration_validate_fn cairn_pg__migration_validate;
cairn_migration_lock_fn cairn_pg__migration_lock;
cairn_migration_unlock_fn cairn_pg__migration_unlock;
cairn_migration_describe_fn cairn_pg__migration_describe;

cairn_job_define_fn cairn_pg__job_define;
cairn_job_definitions_fn cairn_pg__job_definitions;
cairn_job_enqueue_fn cairn_pg__job_enqueue;
cairn_job_claim_fn cairn_pg__job_claim;
cairn_job_change_fn cairn_pg__job_change;
cairn_job_reap_fn cairn_pg__job_reap;
cairn_job_list_fn cairn_pg__job_list;
cairn_job_attempts_fn cairn_pg__job_attempts;
cairn_job_events_fn cairn_pg__job_events;
cairn_job_dead_fn cairn_pg__job_dead;
cairn_job_replay_fn cairn_pg__job_replay;
cairn_job_log_fn cairn_pg__job_log;
cairn_job_logs_fn cairn_pg__job_logs;
cairn_job_prune_fn cairn_pg__job_prune;
cairn_job_waiting_fn cairn_pg__job_waiting;
cairn_job_wait_fn cairn_pg__job_wait;
cairn_job_unwait_fn cairn_pg__job_unwait;
cairn_job_unpark_fn cairn_pg__job_unpark;
cairn_job_tidy_fn cairn_pg__job_tidy;

cairn_intent_record_fn cairn_pg__intent_record;
cairn_intent_take_fn cairn_pg__intent_take;
cairn_intent_settle_fn cairn_pg__intent_settle;
cairn_intent_list_fn cairn_pg__intent_list;
cairn_intent_metrics_fn cairn_pg__intent_metrics;
cairn_intent_prune_fn cairn_pg__intent_prune;

cairn_config_put_fn cairn_pg__config_put;
cairn_configs_fn cairn_pg__configs;
cairn_metrics_fn cairn_pg__metrics;
cairn_summary_fn cairn_pg__summary;

cairn_schedule_put_fn cairn_pg__schedule_put;
cairn_schedule_list_fn cairn_pg__schedule_list;
cairn_schedule_change_fn cairn_pg__schedule_change;
cairn_schedule_fire_fn cairn_pg__schedule_fire;

cairn_queue_list_fn cairn_pg__queue_list;
cairn_queue_pause_fn cairn_pg__queue_pause;

cairn_resource_set_fn cairn_pg__resource_set;
cairn_resource_list_fn cairn_pg__resource_list;

cairn_owner_register_fn cairn_pg__owner_register;
cairn_owner_touch_fn cairn_pg__owner_touch;
cairn_owner_list_fn cairn_pg__owner_list;
cairn_owner_prune_fn cairn_pg__owner_prune;

cairn_checkpoint_put_fn cairn_pg__checkpoint_put;
cairn_checkpoint_list_fn cairn_pg__checkpoint_list;
cairn_checkpoint_write_fn cairn_pg__checkpoint_write;
cairn_checkpoint_writes_fn cairn_pg__checkpoint_writes;
cairn_checkpoint_delete_fn cairn_pg__checkpoint_delete;
cairn_thread_list_fn cairn_pg__thread_list;
cairn_thread_copy_fn cairn_pg__thread_copy;

cairn_lock_take_fn cairn_pg__lock_take;
cairn_lock_change_fn cairn_pg__lock_change;
cairn_lock_list_fn cairn_pg__lock_list;
cairn_lock_prune_fn cairn_pg__lock_prune;

cairn_log_append_fn cairn_pg__thread_log_append;
cairn_log_read_fn cairn_pg__thread_log_read;
cairn_log_archive_fn cairn_pg__thread_log_archive;
cairn_log_list_fn cairn_pg__thread_log_list;
cairn_log_wait_fn cairn_pg__thread_log_wait;
cairn_log_unwait_fn cairn_pg__thread_log_unwait;

cairn_memory_put_fn cairn_pg__memory_put;
cairn_memory_get_fn cairn_pg__memory_get;
cairn_memory_list_fn cairn_pg__memory_list;
cairn_memory_namespaces_fn cairn_pg__memory_namespaces;
cairn_memory_evict_fn cairn_pg__memory_evict;

cairn_replay_begin_fn cairn_pg__replay_begin;
cairn_replay_enter_fn cairn_pg__replay_enter;
cairn_replay_leave_fn cairn_pg__replay_leave;
cairn_replay_runs_fn cairn_pg__replay_runs;
cairn_replay_memos_fn cairn_pg__replay_memos;
cairn_replay_fork_fn cairn_pg__replay_fork;
cairn_replay_remove_fn cairn_pg__replay_remove;
cairn_signal_send_fn cairn_pg__signal_send;
cairn_signal_list_fn cairn_pg__signal_list;

cairn_budget_set_fn cairn_pg__budget_set;
cairn_budget_write_fn cairn_pg__budget_write;
cairn_budget_read_fn cairn_pg__budget_read;
cairn_budget_entries_fn cairn_pg__budget_entries;

cairn_run_enqueue_fn cairn_pg__run_enqueue;
cairn_run_end_fn cairn_pg__run_end;
cairn_run_cancel_fn cairn_pg__run_cancel;
cairn_run_runs_fn cairn_pg__run_runs;
cairn_run_steps_fn cairn_pg__run_steps;
cairn_run_edges_fn cairn_pg__run_edges;
cairn_run_events_fn cairn_pg__run_events;
cairn_run_overdue_fn cairn_pg__run_overdue;
cairn_run_prune_fn cairn_pg__run_prune;
cairn_run_look_fn cairn_pg__run_look;
cairn_run_append_fn cairn_pg__run_append;
cairn_run_wait_fn cairn_pg__run_wait;
cairn_run_unwait_fn cairn_pg__run_unwait;

#endif
