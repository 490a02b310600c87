/*
 * sys/host.h - what the core offers to a driver.
 *
 * For driver authors; a weaker promise than the headers outside sys/: it may grow
 * with a minor version, but a driver built against an older one keeps working.
 */
#ifndef CAIRN_SYS_HOST_H
#define CAIRN_SYS_HOST_H

#include <cairn/conn.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Whether the struct behind s is new enough to have a field. */
#define CAIRN_HAS(s, type, field) ((s)->size >= offsetof(type, field) + sizeof((s)->field))

/* ---- failing ----------------------------------------------------------- */

/*
 * Fills err (which may be NULL) with a code, its usual status and its safe
 * message, and returns the status, so that a failure is one line. The lowest
 * layer that knows calls it; upper layers pass the status up.
 */
CAIRN_API cairn_status cairn_fail(cairn_error *err, cairn_code code);
/* The same with another status: a lock timeout inside a caller's transaction is TX_ABORTED. */
CAIRN_API cairn_status cairn_fail_as(cairn_error *err, cairn_status status, cairn_code code);
/* Replaces the safe message: no payload, key, SQL, URL or driver text may go in. */
CAIRN_API void cairn_error_message(cairn_error *err, const char *format, ...) CAIRN_PRINTF(2, 3);
/* What operators see: driver text and numbers, cut to fit, white space at the end dropped. */
CAIRN_API void cairn_error_detail(cairn_error *err, const char *format, ...) CAIRN_PRINTF(2, 3);

/* ---- the connection's settings ----------------------------------------- */

/* The core's side of a connection, handed to the driver at open; valid until close. */
typedef struct cairn_host cairn_host;

/* Settled values: defaults are filled in. Lives as long as the host. */
typedef struct cairn_settings {
	size_t size;
	cairn_usec lock_timeout;      /* > 0 */
	cairn_usec statement_timeout; /* 0: no bound */
	size_t max_json;
	uint32_t flush_each; /* 1: flush after every statement (crash tests) */
	uint32_t reserved_;
} cairn_settings;

CAIRN_API const cairn_settings *cairn_host_settings(const cairn_host *host);

/*
 * The installed clock's time, or 0: use your own. One call of the driver asks
 * once and uses the answer for every comparison and every stored time.
 */
CAIRN_API cairn_time cairn_host_now(cairn_host *host);

/* realloc in Lua's shape through the connection's allocator; new_size 0 frees. */
CAIRN_API void *cairn_host_alloc(cairn_host *host, void *ptr, size_t old_size, size_t new_size);

/* Call it each time the driver waits for its database. */
CAIRN_API void cairn_host_round_trip(cairn_host *host);

/* At open or adopt: capabilities of the driver that this connection does not have. */
CAIRN_API void cairn_host_lacks(cairn_host *host, uint32_t caps);

/* Tells the trace hook, if there is one, that a statement ran. sql without parameters. */
CAIRN_API void cairn_host_statement(cairn_host *host, const char *sql, cairn_usec elapsed);
/* Whether anybody listens; a driver need not measure otherwise. */
CAIRN_API int cairn_host_traced(const cairn_host *host);

/*
 * A violated constraint: asks the application's classifier, then the built-in
 * table, and fills err, which the driver has filled by SQLSTATE before. Answers err's status.
 */
CAIRN_API cairn_status cairn_host_classify(cairn_host *host, const char *constraint,
					   cairn_error *err);

/* ---- the URL ----------------------------------------------------------- */

/*
 * "scheme:rest?name=value&…". Values are percent-decoded; rest and raw are as
 * written. Everything is valid during open only.
 */
typedef struct cairn_url_param {
	cairn_str name;
	cairn_str value;
	cairn_str raw; /* "name=value", undecoded */
} cairn_url_param;

typedef struct cairn_url {
	cairn_str text;	  /* whole */
	cairn_str scheme; /* "postgresql" */
	cairn_str rest;	  /* behind the colon, up to the question mark */
	cairn_str path;	  /* rest, percent-decoded */
	const cairn_url_param *params;
	size_t count;
} cairn_url;

/* The value of a parameter, or the absent text; the last one wins. */
CAIRN_API cairn_str cairn_url_get(const cairn_url *url, const char *name);

/* ---- small helpers every driver needs ----------------------------------- */

CAIRN_API int cairn_str_equal(cairn_str a, cairn_str b);
CAIRN_API int cairn_str_is(cairn_str a, const char *literal);
/* memcmp order, the shorter first; SQL's COLLATE "C". */
CAIRN_API int cairn_str_compare(cairn_str a, cairn_str b);

#ifdef __cplusplus
}
#endif

#endif
