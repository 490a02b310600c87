/*
 * conn.c - opening and closing. The core allocates the connection and the
 * driver's state in one piece; the driver fills its part in and never frees it.
 */
#include <string.h>

#include "alloc.h"
#include "core.h"
#include "limits.h"
#include "url.h"

const char *cairn_version(void)
{
	return CAIRN_VERSION_STRING;
}

static void *plain_alloc(void *user, void *ptr, size_t old_size, size_t new_size)
{
	(void)user;
	return cairn__raw_alloc(ptr, old_size, new_size);
}

/* Takes over the options that the caller's struct is new enough to have. */
static cairn_status settle(cairn_host *host, const cairn_conn_opts *given, cairn_error *err)
{
	cairn_conn_opts opts = { .size = sizeof opts };
	if (given != NULL) {
		if (given->size < offsetof(cairn_conn_opts, clock)) {
			cairn_fail(err, CAIRN_E_ARG_INVALID);
			cairn_error_message(err, "cairn_conn_opts.size is not set.");
			return CAIRN_INVALID;
		}
		memcpy(&opts, given, given->size < sizeof opts ? given->size : sizeof opts);
	}
	if (opts.lock_timeout < 0 || opts.statement_timeout < 0 ||
	    (opts.flags & ~CAIRN_CONN_FLUSH_EACH) != 0 || opts.events < CAIRN_EVENTS_FULL ||
	    opts.events > CAIRN_EVENTS_NONE) {
		cairn_fail(err, CAIRN_E_ARG_INVALID);
		cairn_error_message(err, "A connection option is out of range.");
		return CAIRN_INVALID;
	}
	host->alloc = opts.alloc != NULL ? opts.alloc : plain_alloc;
	host->alloc_user = opts.alloc_user;
	host->clock = opts.clock;
	host->clock_user = opts.clock_user;
	host->trace = opts.trace;
	host->trace_user = opts.trace_user;
	host->classify = opts.classify;
	host->classify_user = opts.classify_user;
	host->events = opts.events;
	host->settings = (cairn_settings){
		.size = sizeof(cairn_settings),
		.lock_timeout = opts.lock_timeout > 0 ? opts.lock_timeout : CAIRN__LOCK_TIMEOUT,
		.statement_timeout = opts.statement_timeout,
		.max_json = opts.max_json > 0 ? opts.max_json : CAIRN__MAX_JSON,
		.flush_each = (opts.flags & CAIRN_CONN_FLUSH_EACH) != 0,
	};
	return CAIRN_OK;
}

/* Where the driver's state starts: behind the connection, aligned for anything. */
static size_t self_offset(void)
{
	return (sizeof(cairn_conn) + 15) & ~(size_t)15;
}

static size_t whole_size(const cairn_conn *conn)
{
	return self_offset() + conn->driver.self_size;
}

static void conn_free(cairn_conn *conn)
{
	conn->host.alloc(conn->host.alloc_user, conn, whole_size(conn), 0);
}

static cairn_status conn_new(cairn_conn **conn, const cairn_driver *driver,
			     const cairn_conn_opts *opts, cairn_error *err)
{
	cairn_conn draft = { .depth = 0 };
	*conn = NULL;
	if (driver == NULL) {
		cairn_fail(err, CAIRN_E_ARG_INVALID);
		cairn_error_message(err, "The driver is missing.");
		return CAIRN_INVALID;
	}
	cairn_status st = settle(&draft.host, opts, err);
	if (st == CAIRN_OK)
		st = cairn__bind(&draft, driver, err);
	if (st != CAIRN_OK)
		return st;
	cairn_conn *fresh = draft.host.alloc(draft.host.alloc_user, NULL, 0, whole_size(&draft));
	if (fresh == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	*fresh = draft;
	fresh->self = memset((char *)fresh + self_offset(), 0, draft.driver.self_size);
	*conn = fresh;
	return CAIRN_OK;
}

/* The end of open and adopt: a connection whose driver failed is taken down again. */
static cairn_status finish(cairn_conn **conn, cairn_conn *fresh, cairn_status st)
{
	if (st != CAIRN_OK) {
		fresh->ops.close(fresh->self);
		conn_free(fresh);
		return st;
	}
	*conn = fresh;
	return CAIRN_OK;
}

static int knows(const cairn_driver *driver, cairn_str scheme)
{
	for (const char *const *one = driver->schemes; one != NULL && *one != NULL; one++) {
		if (cairn_str_is(scheme, *one))
			return 1;
	}
	return 0;
}

static cairn_status open_url(cairn_conn **conn, const cairn_driver *driver, const cairn_url *url,
			     const cairn_conn_opts *opts, cairn_error *err)
{
	cairn_conn *fresh;
	cairn_status st = conn_new(&fresh, driver, opts, err);
	if (st != CAIRN_OK)
		return st;
	struct cairn__call call;
	st = cairn__call_begin(&call, fresh, CAIRN__CONN, "conn.open", err);
	if (st == CAIRN_OK)
		st = fresh->ops.open(fresh->self, &fresh->host, url, err);
	st = cairn__call_end(&call, st, 0);
	return finish(conn, fresh, st);
}

static cairn_status unknown_scheme(const cairn_driver *const *drivers, size_t n, cairn_error *err)
{
	char names[128] = "";
	size_t used = 0;
	for (size_t i = 0; i < n && used < sizeof names; i++) {
		const char *name = drivers[i]->name;
		size_t len = strlen(name);
		if (used + len + 3 > sizeof names)
			break;
		if (used > 0) {
			memcpy(names + used, ", ", 2);
			used += 2;
		}
		memcpy(names + used, name, len + 1);
		used += len;
	}
	cairn_fail(err, CAIRN_E_URL_SCHEME);
	cairn_error_message(err, "No linked driver knows the URL's scheme (linked: %s).", names);
	return CAIRN_INVALID;
}

cairn_status cairn_open_any(cairn_conn **conn, const cairn_driver *const *drivers, size_t n,
			    const char *url, const cairn_conn_opts *opts, cairn_error *err)
{
	struct cairn__url parsed;
	if (conn == NULL || drivers == NULL || n == 0) {
		cairn_fail(err, CAIRN_E_ARG_INVALID);
		cairn_error_message(err,
				    "The drivers or the place for the connection are missing.");
		return CAIRN_INVALID;
	}
	*conn = NULL;
	for (size_t i = 0; i < n; i++) {
		if (drivers[i] == NULL || drivers[i]->name == NULL)
			return cairn_fail(err, CAIRN_E_ARG_INVALID);
	}
	cairn_status st = cairn__url_parse(url, &parsed, err);
	if (st != CAIRN_OK)
		return st;
	const cairn_driver *found = NULL;
	for (size_t i = 0; i < n && found == NULL; i++) {
		if (knows(drivers[i], parsed.url.scheme))
			found = drivers[i];
	}
	st = found != NULL ? open_url(conn, found, &parsed.url, opts, err)
			   : unknown_scheme(drivers, n, err);
	cairn__url_clear(&parsed);
	return st;
}

cairn_status cairn_open(cairn_conn **conn, const cairn_driver *driver, const char *url,
			const cairn_conn_opts *opts, cairn_error *err)
{
	return cairn_open_any(conn, &driver, 1, url, opts, err);
}

cairn_status cairn_adopt(cairn_conn **conn, const cairn_driver *driver, void *native,
			 const cairn_conn_opts *opts, cairn_error *err)
{
	cairn_conn *fresh;
	if (conn == NULL || native == NULL)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_status st = conn_new(&fresh, driver, opts, err);
	*conn = NULL;
	if (st != CAIRN_OK)
		return st;
	struct cairn__call call;
	st = cairn__call_begin(&call, fresh, CAIRN__CONN, "conn.adopt", err);
	if (st == CAIRN_OK && fresh->ops.adopt == NULL)
		st = cairn_fail(err, CAIRN_E_DRIVER_FEATURE);
	if (st == CAIRN_OK)
		st = fresh->ops.adopt(fresh->self, &fresh->host, native, err);
	st = cairn__call_end(&call, st, 0);
	return finish(conn, fresh, st);
}

void cairn_close(cairn_conn *conn)
{
	if (conn == NULL)
		return;
	if (conn->depth > 0)
		conn->ops.rollback(conn->self, conn->borrowed, NULL);
	conn->ops.close(conn->self);
	conn_free(conn);
}

void cairn_interrupt(cairn_conn *conn)
{
	if (conn == NULL)
		return;
	atomic_store(&conn->interrupted, 1);
	conn->ops.interrupt(conn->self);
}

cairn_status cairn_now(cairn_conn *conn, cairn_time *now, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__CONN, "conn.now", err);
	if (st == CAIRN_OK && now == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK) {
		*now = cairn_host_now(&conn->host);
		if (*now == 0)
			st = conn->ops.now(conn->self, now, err);
	}
	return cairn__call_end(&call, st, 0);
}

const char *cairn_conn_driver_name(const cairn_conn *conn)
{
	return conn->driver.name;
}

uint32_t cairn_conn_caps(const cairn_conn *conn)
{
	return conn->driver.caps & ~conn->host.lacks;
}

uint64_t cairn_conn_round_trips(const cairn_conn *conn)
{
	return conn->host.round_trips;
}

/*
 * A driver that wraps another shares its open function, so that the typed
 * accessors of the wrapped driver keep working.
 */
void *cairn_conn_self(const cairn_conn *conn, const cairn_driver *driver)
{
	if (conn == NULL || driver == NULL)
		return NULL;
	int same = conn->origin == driver || conn->ops.open == driver->conn->open;
	return same ? conn->self : NULL;
}
