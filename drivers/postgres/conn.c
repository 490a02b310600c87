/*
 * conn.c - opening, adopting, closing, the clock, interrupting. What a connection
 * of cairn's own needs of its session goes along in the start-up packet, so that calls
 * need no statements for it; adopted and pooled sessions get it per call (exec.c).
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pg.h"

/* ---- the URL ------------------------------------------------------------ */

/* Connecting and noticing a dead peer are bounded, unless the URL says otherwise. */
#define CONNECT_SECONDS "10"

static bool is_own_option(cairn_str name)
{
	return cairn_str_is(name, "schema") || cairn_str_is(name, "prepared") ||
	       cairn_str_is(name, "pooler");
}

static cairn_status bad_option(cairn_error *err, cairn_str name)
{
	cairn_fail(err, CAIRN_E_URL_OPTION);
	cairn_error_detail(err, "option %.*s", (int)(name.len < 64 ? name.len : 64), name.ptr);
	return CAIRN_INVALID;
}

/* Postgres cuts longer names, and would then find another schema. */
static bool is_schema_name(cairn_str name)
{
	return name.len > 0 && name.len <= PG_NAME_MAX && memchr(name.ptr, '\0', name.len) == NULL;
}

static cairn_status read_options(struct pg *pg, const cairn_url *url, cairn_error *err)
{
	cairn_str prepared = cairn_url_get(url, "prepared");
	cairn_str pooler = cairn_url_get(url, "pooler");
	if (prepared.ptr != NULL && !cairn_str_is(prepared, "yes") && !cairn_str_is(prepared, "no"))
		return bad_option(err, CAIRN_STR("prepared"));
	if (pooler.ptr != NULL && !cairn_str_is(pooler, "none") &&
	    !cairn_str_is(pooler, "transaction"))
		return bad_option(err, CAIRN_STR("pooler"));
	cairn_str schema = cairn_url_get(url, "schema");
	if (schema.ptr != NULL && !is_schema_name(schema))
		return bad_option(err, CAIRN_STR("schema"));
	pg->pooled = cairn_str_is(pooler, "transaction");
	pg->prepare = !pg->pooled && !cairn_str_is(prepared, "no");
	return CAIRN_OK;
}

/* libpq's words; "ssl" is one it takes in URLs only. */
static bool is_libpq_option(const PQconninfoOption *options, cairn_str name)
{
	for (const PQconninfoOption *one = options; one->keyword != NULL; one++) {
		if (cairn_str_is(name, one->keyword))
			return true;
	}
	return cairn_str_is(name, "ssl");
}

static cairn_status check_options(const cairn_url *url, cairn_error *err)
{
	PQconninfoOption *options = PQconndefaults();
	if (options == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	cairn_status status = CAIRN_OK;
	for (size_t i = 0; i < url->count && status == CAIRN_OK; i++) {
		cairn_str name = url->params[i].name;
		if (!is_own_option(name) && !is_libpq_option(options, name))
			status = bad_option(err, name);
	}
	PQconninfoFree(options);
	return status;
}

/* The URL as libpq may see it: without cairn's options. Freed with its size. */
static char *libpq_url(struct pg *pg, const cairn_url *url, size_t *size)
{
	*size = url->text.len + 2;
	char *text = cairn_host_alloc(pg->host, NULL, 0, *size);
	if (text == NULL)
		return NULL;
	size_t len = (size_t)snprintf(text, *size, "%.*s:%.*s", (int)url->scheme.len,
				      url->scheme.ptr, (int)url->rest.len, url->rest.ptr);
	char separator = '?';
	for (size_t i = 0; i < url->count; i++) {
		if (is_own_option(url->params[i].name))
			continue;
		cairn_str raw = url->params[i].raw;
		len += (size_t)snprintf(text + len, *size - len, "%c%.*s", separator, (int)raw.len,
					raw.ptr);
		separator = '&';
	}
	return text;
}

static const char *option_value(const PQconninfoOption *options, const char *keyword)
{
	for (const PQconninfoOption *one = options; one != NULL && one->keyword != NULL; one++) {
		if (strcmp(one->keyword, keyword) == 0)
			return one->val;
	}
	return NULL;
}

/* ---- connecting --------------------------------------------------------- */

/*
 * The server's command-line options of a session of cairn's own. The isolation is
 * the contract's; the planner's switches keep statements right that were prepared on empty
 * tables, and generic plans keep them from being planned again.
 */
static void session_options(struct pg *pg, const char *given, char *into, size_t size)
{
	const cairn_settings *settings = cairn_host_settings(pg->host);
	const cairn_usec ms = CAIRN_MILLISECOND;
	snprintf(into, size,
		 "%s%s-c default_transaction_isolation=read\\ committed -c enable_seqscan=off "
		 "-c enable_bitmapscan=off -c enable_hashjoin=off -c enable_mergejoin=off "
		 "-c jit=off -c plan_cache_mode=force_generic_plan -c lock_timeout=%lld "
		 "-c statement_timeout=%lld",
		 given, given[0] != '\0' ? " " : "",
		 (long long)((settings->lock_timeout + ms - 1) / ms),
		 (long long)((settings->statement_timeout + ms - 1) / ms));
}

static void ignore_notice(void *user, const char *message)
{
	(void)user;
	(void)message;
}

/*
 * Connects by polling, because only so can libpq be told beforehand to write SQLSTATEs into
 * its messages. seconds bounds the whole of it; 0 or less does not.
 */
static void connect_within(PGconn *conn, int seconds)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	const int64_t deadline =
		(int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + (int64_t)seconds * 1000;
	PostgresPollingStatusType wanted = PGRES_POLLING_WRITING;
	while (wanted == PGRES_POLLING_READING || wanted == PGRES_POLLING_WRITING) {
		struct pollfd wire = { .fd = PQsocket(conn),
				       .events =
					       wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT };
		clock_gettime(CLOCK_MONOTONIC, &now);
		int64_t left = deadline - ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
		if (seconds > 0 && left <= 0)
			return;
		poll(&wire, 1, seconds > 0 ? (int)left : -1);
		wanted = PQconnectPoll(conn);
	}
}

/* A libpq that writes to nobody's standard error and tells SQLSTATEs. */
static PGconn *start(const char *url, const char *options, const PGconn *like)
{
	const char *keywords[] = { "fallback_application_name",
				   "keepalives_idle",
				   "tcp_user_timeout",
				   "dbname",
				   "client_encoding",
				   options != NULL ? "options" : NULL,
				   "host",
				   "hostaddr",
				   "port",
				   NULL };
	const char *values[] = { "cairn", "30", "30000", url,  "UTF8",
				 options, NULL, NULL,	 NULL, NULL };
	/* of several hosts the same one, without asking for its address again */
	if (like != NULL && options != NULL) {
		values[6] = PQhost(like);
		values[7] = PQhostaddr(like);
		values[8] = PQport(like);
	}
	PGconn *conn = PQconnectStartParams(keywords, values, 1);
	if (conn == NULL)
		return NULL;
	PQsetNoticeProcessor(conn, ignore_notice, NULL);
	PQsetErrorVerbosity(conn, PQERRORS_VERBOSE);
	return conn;
}

static cairn_status connect_to(struct pg *pg, const char *url, const PQconninfoOption *parsed,
			       cairn_error *err)
{
	const char *given = option_value(parsed, "options");
	const char *timeout = option_value(parsed, "connect_timeout");
	if (given == NULL)
		given = getenv("PGOPTIONS");
	if (given == NULL)
		given = "";
	if (timeout == NULL)
		timeout = getenv("PGCONNECT_TIMEOUT");
	size_t size = strlen(given) + 512;
	pg->options = cairn_host_alloc(pg->host, NULL, 0, size);
	if (pg->options == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	pg->options_size = size;
	session_options(pg, given, pg->options, size);
	pg->conn = start(url, pg->pooled ? NULL : pg->options, NULL);
	if (pg->conn == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	if (PQstatus(pg->conn) != CONNECTION_BAD)
		connect_within(pg->conn,
			       (int)strtol(timeout != NULL ? timeout : CONNECT_SECONDS, NULL, 10));
	cairn_host_round_trip(pg->host);
	if (PQstatus(pg->conn) != CONNECTION_OK)
		return cairn_pg__fail_connect(pg->conn, err);
	PQsetErrorVerbosity(pg->conn, PQERRORS_DEFAULT);
	return CAIRN_OK;
}

/*
 * libpq's complaints about a URL quote it, password and all: they are not passed on. An @
 * within the host is what remains of a password that was not encoded.
 */
static cairn_status connect_url(struct pg *pg, const char *url, cairn_error *err)
{
	PQconninfoOption *parsed = PQconninfoParse(url, NULL);
	if (parsed == NULL)
		return cairn_fail(err, CAIRN_E_URL_INVALID);
	const char *host = option_value(parsed, "host");
	cairn_status status;
	if (host != NULL && strchr(host, '@') != NULL)
		status = cairn_fail(err, CAIRN_E_URL_INVALID);
	else
		status = connect_to(pg, url, parsed, err);
	PQconninfoFree(parsed);
	return status;
}

/* ---- what open and adopt have in common --------------------------------- */

static cairn_status check_server(struct pg *pg, cairn_error *err)
{
	const char *encoding = PQparameterStatus(pg->conn, "server_encoding");
	if (PQserverVersion(pg->conn) < 120000) {
		cairn_fail(err, CAIRN_E_DRIVER_FEATURE);
		cairn_error_message(err, "Postgres 12 or newer is needed.");
		return CAIRN_UNSUPPORTED;
	}
	if (encoding == NULL || strcmp(encoding, "UTF8") != 0) {
		cairn_status status = cairn_fail(err, CAIRN_E_DB_ENCODING);
		cairn_error_detail(err, "server_encoding is %s", encoding ? encoding : "unknown");
		return status;
	}
	return CAIRN_OK;
}

static cairn_status name_schema(struct pg *pg, cairn_str name, cairn_error *err)
{
	if (!is_schema_name(name))
		return cairn_fail(err, CAIRN_E_ARG_NAME);
	pg->schema_size = name.len + 1;
	pg->schema = cairn_host_alloc(pg->host, NULL, 0, pg->schema_size);
	if (pg->schema == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	memcpy(pg->schema, name.ptr, name.len);
	pg->schema[name.len] = '\0';
	return cairn_pg__sql_render(pg, err);
}

/*
 * What only the session can tell, asked before there are texts, and so without settings
 * around it: the schema it would use. A session of cairn's own is told to compress well.
 */
static cairn_status ask_session(struct pg *pg, cairn_str schema, cairn_error *err)
{
	bool own = !pg->adopted && !pg->pooled;
	if (!own && schema.len > 0)
		return name_schema(pg, schema, err);
	enum pg_sql sql = own ? PG_SQL_SESSION : PG_SQL_CURRENT_SCHEMA;
	PGresult *result = NULL;
	cairn_status status = cairn_pg__script(pg, cairn_pg__sql[sql].part[0], &result, err);
	if (status == CAIRN_OK)
		status = name_schema(pg, schema.len > 0 ? schema : cairn_pg__text(result, 0, 0),
				     err);
	PQclear(result);
	return status;
}

static cairn_status settle(struct pg *pg, cairn_str schema, cairn_error *err)
{
	if (cairn_pg__migration_count != PG_SET_COUNT)
		return cairn_fail(err, CAIRN_E_INTERNAL);
	cairn_status status = check_server(pg, err);
	if (status != CAIRN_OK)
		return status;
	pg->cancel = PQgetCancel(pg->conn);
	if (pg->cancel == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	return ask_session(pg, schema, err);
}

/* ---- slots -------------------------------------------------------------- */

cairn_status cairn_pg__open(void *self, cairn_host *host, const cairn_url *url, cairn_error *err)
{
	struct pg *pg = self;
	size_t size = 0;
	pg->host = host;
	snprintf(pg->prefix, sizeof pg->prefix, "cairn_");
	cairn_status status = read_options(pg, url, err);
	if (status == CAIRN_OK)
		status = check_options(url, err);
	if (status != CAIRN_OK)
		return status;
	char *text = libpq_url(pg, url, &size);
	if (text == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	pg->url = text;
	pg->url_size = size;
	if (pg->pooled)
		cairn_host_lacks(host, CAIRN_CAP_WAKE);
	status = connect_url(pg, text, err);
	return status == CAIRN_OK ? settle(pg, cairn_url_get(url, "schema"), err) : status;
}

/* What cairn_postgres_adopt hands to the slot through the core. */
struct adopted {
	PGconn *conn;
	const char *schema;
};

cairn_status cairn_pg__adopt(void *self, cairn_host *host, void *native, cairn_error *err)
{
	struct pg *pg = self;
	const struct adopted *given = native;
	pg->host = host;
	pg->adopted = true;
	pg->prepare = true;
	pg->conn = given->conn;
	cairn_host_lacks(host, CAIRN_CAP_WAKE);
	/* the session may have been adopted before, and keeps the statements of that time */
	cairn_id mark = cairn_id_new();
	snprintf(pg->prefix, sizeof pg->prefix, "cairn_%02x%02x%02x%02x%02x%02x%02x%02x_",
		 mark.bytes[8], mark.bytes[9], mark.bytes[10], mark.bytes[11], mark.bytes[12],
		 mark.bytes[13], mark.bytes[14], mark.bytes[15]);
	cairn_status status = cairn_pg__usable(pg, err);
	if (status != CAIRN_OK)
		return status;
	const char *encoding = PQparameterStatus(pg->conn, "client_encoding");
	if (encoding == NULL || strcmp(encoding, "UTF8") != 0)
		return cairn_fail(err, CAIRN_E_CONN_ENCODING);
	return settle(pg, cairn_str_of(given->schema), err);
}

static void drop_text(struct pg *pg, char **text, size_t size)
{
	if (*text != NULL)
		cairn_host_alloc(pg->host, *text, size, 0);
	*text = NULL;
}

PGconn *cairn_pg__connect_again(struct pg *pg)
{
	return start(pg->url, pg->options, pg->conn);
}

void cairn_pg__close(void *self)
{
	struct pg *pg = self;
	if (pg->host == NULL)
		return;
	cairn_pg__ear_close(pg);
	PQfreeCancel(pg->cancel);
	if (!pg->adopted)
		PQfinish(pg->conn);
	cairn_pg__params_free(pg);
	cairn_pg__sql_free(pg);
	drop_text(pg, &pg->schema, pg->schema_size);
	drop_text(pg, &pg->url, pg->url_size);
	drop_text(pg, &pg->options, pg->options_size);
	pg->cancel = NULL;
	pg->conn = NULL;
}

cairn_status cairn_pg__now(void *self, cairn_time *now, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__queue(pg, PG_SQL_NOW);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	*now = cairn_pg__time(cairn_pg__result(pg, 0), 0, 0);
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}

/* From another thread: the cancel object was made at open and never changes. */
void cairn_pg__interrupt(void *self)
{
	struct pg *pg = self;
	char reason[256];
	if (pg->cancel == NULL)
		return;
	atomic_store(&pg->interrupted, true);
	(void)PQcancel(pg->cancel, reason, (int)sizeof reason);
}

/* ---- the public functions of postgres.h --------------------------------- */

cairn_status cairn_postgres_adopt(cairn_conn **conn, struct pg_conn *pg, const char *schema,
				  const cairn_conn_opts *opts, cairn_error *err)
{
	struct adopted adopted = { .conn = pg, .schema = schema };
	return cairn_adopt(conn, &cairn_postgres, pg != NULL ? &adopted : NULL, opts, err);
}

/* Whoever has the handle may change the session: from now on each call brings its settings. */
struct pg_conn *cairn_postgres_handle(const cairn_conn *conn)
{
	struct pg *pg = cairn_conn_self(conn, &cairn_postgres);
	if (pg == NULL)
		return NULL;
	atomic_store(&pg->lent, 1);
	return pg->conn;
}
