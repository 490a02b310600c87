/*
 * conn.h - connections and transactions.
 *
 * A cairn_conn is one database session. One thread at a time may use it;
 * different connections are independent; only cairn_interrupt may be called from
 * another thread. A connection does not survive a fork: the child opens its own.
 */
#ifndef CAIRN_CONN_H
#define CAIRN_CONN_H

#include <cairn/error.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cairn_conn cairn_conn;
typedef struct cairn_driver cairn_driver;

/* What is recorded on the event timeline. Attempts and dead letters always are. */
enum cairn_events {
	CAIRN_EVENTS_FULL = 0,
	CAIRN_EVENTS_FAILURES, /* FAILED, RETRY_SCHEDULED, DEAD_LETTERED, CANCELED, STEP_FAILED */
	CAIRN_EVENTS_NONE
};

/*
 * Memory: allocate (ptr NULL), resize, free (new_size 0, answers NULL). It may
 * answer NULL for lack of memory, which becomes NOMEM. libpq, SQLite and cJSON
 * keep their own.
 */
typedef void *cairn_alloc_fn(void *user, void *ptr, size_t old_size, size_t new_size);

/* The time now; 0 means "ask the database". */
typedef cairn_time cairn_clock_fn(void *user);

enum cairn_trace_kind {
	CAIRN_TRACE_BEGIN = 1, /* a call begins: op */
	CAIRN_TRACE_END,       /* it ended: op, status, rows, elapsed */
	CAIRN_TRACE_STATEMENT  /* a statement ran: sql (never its parameters), elapsed */
};

/* What a trace callback is told. Grows by appending; look at size. */
typedef struct cairn_trace {
	size_t size;
	enum cairn_trace_kind kind;
	cairn_status status;
	const char *op;	 /* "job.claim" */
	const char *sql; /* NULL but for statements */
	size_t rows;
	cairn_usec elapsed;
} cairn_trace;

typedef void cairn_trace_fn(void *user, const cairn_trace *event);

/*
 * Asked about a violated constraint before the built-in table. It answers 1
 * and fills status, code and message, or 0 to leave the error alone.
 */
typedef int cairn_classify_fn(void *user, const char *constraint, cairn_error *err);

typedef struct cairn_conn_opts {
	size_t size;
	cairn_alloc_fn *alloc; /* NULL: the C library's */
	void *alloc_user;
	cairn_clock_fn *clock; /* NULL: the database's clock */
	void *clock_user;
	cairn_trace_fn *trace;
	void *trace_user;
	cairn_classify_fn *classify;
	void *classify_user;
	cairn_usec lock_timeout;      /* waiting for locks or a busy file; 0: 5 s */
	cairn_usec statement_timeout; /* one statement; 0: no bound */
	size_t max_json;	      /* bytes of one document; 0: 1 MiB */
	enum cairn_events events;
	uint32_t flags; /* CAIRN_CONN_… */
} cairn_conn_opts;

/* Flush after every statement instead of once per call: only for crash tests. */
#define CAIRN_CONN_FLUSH_EACH 1u

/*
 * Opens a connection. The driver is named (&cairn_sqlite), or left to the
 * linker (cairn_driver_default()), or found by the URL's scheme (cairn_open_any).
 * URLs: "sqlite:jobs.db", "sqlite::memory:", "postgresql://…", "memory:name"; each driver's
 * header lists its options. opts may be NULL. UNAVAILABLE, DENIED, INVALID with
 * codes url.* and driver.*. Nothing in an error ever shows a password.
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_open(cairn_conn **conn, const cairn_driver *driver,
						   const char *url, const cairn_conn_opts *opts,
						   cairn_error *err);

/* The same with the first of the n linked drivers that knows the URL's scheme. */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_open_any(cairn_conn **conn,
						       const cairn_driver *const *drivers, size_t n,
						       const char *url, const cairn_conn_opts *opts,
						       cairn_error *err);

/*
 * Declared here, defined by each driver library: the first on the link line
 * wins, a program may define its own. Forgetting a driver is a link error.
 */
CAIRN_API const cairn_driver *cairn_driver_default(void);

/* Rolls back what is open and closes; an adopted handle stays open. NULL is fine. */
CAIRN_API void cairn_close(cairn_conn *conn);

/* Makes the call that another thread runs on conn end with INTERRUPTED, if it can. */
CAIRN_API void cairn_interrupt(cairn_conn *conn);

/* The time that the connection's comparisons use now. One round trip, or none. */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_now(cairn_conn *conn, cairn_time *now,
						  cairn_error *err);

/* "sqlite", "postgres", "memory". */
CAIRN_API const char *cairn_conn_driver_name(const cairn_conn *conn);

/*
 * Facts about the driver that may change latency or concurrency, never an answer. A Postgres session
 * that is pooled or adopted is not told, but polls.
 */
#define CAIRN_CAP_DURABLE	 1u  /* what is committed survives the process */
#define CAIRN_CAP_SHARED	 2u  /* other processes see it */
#define CAIRN_CAP_WAKE		 4u  /* waiting is told, not polled */
#define CAIRN_CAP_PARALLEL_CLAIM 8u  /* claimers do not wait for each other */
#define CAIRN_CAP_NESTED_TX	 16u /* savepoints */
#define CAIRN_CAP_TX_DDL	 32u /* a migration that fails leaves nothing */
#define CAIRN_CAP_TX_UNDO	 64u /* a call that fails leaves the transaction around it usable */
CAIRN_API uint32_t cairn_conn_caps(const cairn_conn *conn);

/* How often the connection has waited for its database since it was opened. */
CAIRN_API uint64_t cairn_conn_round_trips(const cairn_conn *conn);

/*
 * A transaction. Begin inside one (cairn's or the application's own) is a
 * savepoint. Rolling back after the commit, or before the begin, does nothing, so
 * cairn_rollback is the clean-up line of every function:
 *
 *	cairn_tx tx = CAIRN_TX_INIT;
 *	…
 *	out:
 *		cairn_rollback(&tx);
 *
 * The object must not move between begin and its end; inner ones end first
 * (INVALID conn.misuse otherwise).
 */
typedef struct cairn_tx {
	cairn_conn *conn;
	uint32_t depth;
	uint32_t serial;
} cairn_tx;

#ifdef __cplusplus
#define CAIRN_TX_INIT \
	{ \
		nullptr, 0, 0 \
	}
#else
#define CAIRN_TX_INIT \
	{ \
		.conn = NULL \
	}
#endif

CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_begin(cairn_conn *conn, cairn_tx *tx,
						    cairn_error *err);
/* UNCERTAIN when the connection was lost while the commit was in flight. */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_commit(cairn_tx *tx, cairn_error *err);
CAIRN_API void cairn_rollback(cairn_tx *tx);

#ifdef __cplusplus
}
#endif

#endif
