/*
 * error.c - what the server says, or what becomes of the connection, as statuses
 * and codes of the contract. Expected outcomes never come here: statements answer them.
 */
#include <stdio.h>
#include <string.h>

#include "pg.h"

/* By SQLSTATE, or by its class where only two characters are given; the first that fits. */
static const struct {
	const char *sqlstate;
	cairn_code code;
} known[] = {
	{ "23505", CAIRN_E_DB_UNIQUE },	     { "23503", CAIRN_E_DB_MISSING },
	{ "23001", CAIRN_E_DB_REFERENCED },  { "23514", CAIRN_E_DB_RULE },
	{ "23502", CAIRN_E_DB_REQUIRED },    { "42501", CAIRN_E_DB_DENIED },
	{ "42P01", CAIRN_E_DB_SCHEMA },	     { "42703", CAIRN_E_DB_SCHEMA },
	{ "3F000", CAIRN_E_DB_SCHEMA },	     { "40001", CAIRN_E_DB_BUSY },
	{ "40P01", CAIRN_E_DB_BUSY },	     { "55P03", CAIRN_E_DB_BUSY },
	{ "57014", CAIRN_E_DB_TIMEOUT },     { "25P02", CAIRN_E_TX_FAILED },
	{ "25006", CAIRN_E_DB_READ_ONLY },   { "53100", CAIRN_E_DB_FULL },
	{ "53", CAIRN_E_DB_UNAVAILABLE },    { "57P", CAIRN_E_DB_UNAVAILABLE },
	{ "08", CAIRN_E_DB_UNAVAILABLE },    { "28", CAIRN_E_DB_DENIED },
	{ "3D000", CAIRN_E_DB_UNAVAILABLE }, { "XX001", CAIRN_E_DB_CORRUPT },
	{ "XX002", CAIRN_E_DB_CORRUPT },
};

static cairn_code code_of(const char *sqlstate)
{
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (strncmp(sqlstate, known[i].sqlstate, strlen(known[i].sqlstate)) == 0)
			return known[i].code;
	}
	return CAIRN_E_DB_FAILED;
}

static const char *part(const PGresult *result, int which)
{
	const char *text = result != NULL ? PQresultErrorField(result, which) : NULL;
	return text != NULL ? text : "";
}

static bool sqlstate_is(const PGresult *result, const char *sqlstate)
{
	return strcmp(part(result, PG_DIAG_SQLSTATE), sqlstate) == 0;
}

/* Cancelled by cairn_interrupt or another user's request, rather than by a timeout. */
static bool interrupted(struct pg *pg, const PGresult *result)
{
	return atomic_load(&pg->interrupted) ||
	       strstr(part(result, PG_DIAG_MESSAGE_PRIMARY), "user request") != NULL;
}

/* A prepared statement that the session forgot, or whose tables were made anew, is no defect. */
static bool stale_statement(const PGresult *result)
{
	return sqlstate_is(result, "26000") ||
	       (sqlstate_is(result, "0A000") &&
		strcmp(part(result, PG_DIAG_SOURCE_FUNCTION), "RevalidateCachedQuery") == 0);
}

/* Row security that is off, and would have hidden rows from the query. */
static bool hidden_rows(const PGresult *result)
{
	return sqlstate_is(result, "42501") &&
	       strcmp(part(result, PG_DIAG_SOURCE_FUNCTION), "check_enable_rls") == 0;
}

/* The step that is COMMIT; without one the commit stands behind them all. */
static size_t commit_at(const struct pg_pipe *pipe)
{
	size_t at = 0;
	while (at < pipe->count && !pipe->steps[at].commits)
		at++;
	return at;
}

/*
 * The connection is gone. What was sent may have been committed only if a commit was
 * in flight and the server did not say before it that it gives up.
 */
static cairn_status fail_lost(struct pg *pg, const PGresult *result, cairn_error *err)
{
	const struct pg_pipe *pipe = &pg->pipe;
	bool answered = part(result, PG_DIAG_SQLSTATE)[0] != '\0';
	bool before_commit = answered && pipe->failed_at < commit_at(pipe);
	if (pipe->in_tx && pg->work != PG_WORK_TX)
		return cairn_fail_as(err, CAIRN_TX_ABORTED, CAIRN_E_DB_UNAVAILABLE);
	if (!pipe->writes || !pipe->commit_sent || before_commit)
		return cairn_fail(err, CAIRN_E_DB_UNAVAILABLE);
	return cairn_fail(err, CAIRN_E_DB_UNCERTAIN);
}

static cairn_status fail_server(struct pg *pg, const PGresult *result, cairn_error *err)
{
	const char *sqlstate = part(result, PG_DIAG_SQLSTATE);
	cairn_code code = code_of(sqlstate);
	if (code == CAIRN_E_DB_TIMEOUT && interrupted(pg, result))
		code = CAIRN_E_DB_INTERRUPTED;
	if (hidden_rows(result))
		code = pg->work == PG_NO_WORK ? CAIRN_E_TENANT_ROW_SECURITY
					      : CAIRN_E_MIGRATION_GATE_HIDDEN;
	if (stale_statement(result)) {
		memset(pg->ready, 0, sizeof pg->ready);
		code = CAIRN_E_DB_BUSY;
	}
	cairn_status status = cairn_fail(err, code);
	const char *constraint = part(result, PG_DIAG_CONSTRAINT_NAME);
	if (constraint[0] != '\0')
		status = cairn_host_classify(pg->host, constraint, err);
	return status;
}

/* Numbers and texts for operators; they replace nothing that a person is shown. */
static void describe(const PGresult *result, cairn_error *err)
{
	const char *more = part(result, PG_DIAG_MESSAGE_DETAIL);
	snprintf(err->sqlstate, sizeof err->sqlstate, "%s", part(result, PG_DIAG_SQLSTATE));
	cairn_error_detail(err, "%s%s%s", part(result, PG_DIAG_MESSAGE_PRIMARY),
			   more[0] != '\0' ? "; " : "", more);
}

cairn_status cairn_pg__fail(struct pg *pg, const PGresult *result, cairn_error *err)
{
	bool answered = part(result, PG_DIAG_SQLSTATE)[0] != '\0';
	const char *severity = part(result, PG_DIAG_SEVERITY_NONLOCALIZED);
	bool fatal = strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0;
	cairn_error own = CAIRN_ERROR_INIT;
	if (err == NULL)
		err = &own;
	cairn_status status;
	if (fatal || PQstatus(pg->conn) == CONNECTION_BAD)
		status = fail_lost(pg, result, err);
	else if (answered)
		status = fail_server(pg, result, err);
	else if (pg->pipe.writes && pg->pipe.commit_sent)
		/* the client could not take the answer in: it may be written all the same */
		status = cairn_fail(err, CAIRN_E_DB_UNCERTAIN);
	else
		status = cairn_fail(err, CAIRN_E_DB_FAILED);
	if (answered)
		describe(result, err);
	else
		cairn_error_detail(err, "%s", PQerrorMessage(pg->conn));
	if (pg->pipe.in_tx && pg->work == PG_NO_WORK && status != CAIRN_TX_ABORTED) {
		status = CAIRN_TX_ABORTED;
		err->status = status;
	}
	return status;
}

/*
 * libpq does not keep the SQLSTATE of a refused connection, but writes it into the
 * message when that is verbose: "FATAL:  28P01: password …".
 */
cairn_status cairn_pg__fail_connect(PGconn *conn, cairn_error *err)
{
	const char *text = PQerrorMessage(conn);
	const char *state = strstr(text, "FATAL:  ");
	cairn_code code = CAIRN_E_DB_UNAVAILABLE;
	char sqlstate[6] = "";
	if (state != NULL && strlen(state) > 13 && state[13] == ':') {
		memcpy(sqlstate, state + 8, 5);
		code = code_of(sqlstate);
	}
	if (PQconnectionNeedsPassword(conn))
		code = CAIRN_E_DB_DENIED;
	if (code == CAIRN_E_DB_FAILED)
		code = CAIRN_E_DB_UNAVAILABLE;
	cairn_status status = cairn_fail(err, code);
	if (err != NULL)
		snprintf(err->sqlstate, sizeof err->sqlstate, "%s", sqlstate);
	/* the verbose message goes on with places in the server's source */
	const char *end = strstr(text, "\nLOCATION:");
	cairn_error_detail(err, "%.*s", (int)(end != NULL ? (size_t)(end - text) : strlen(text)),
			   text);
	return status;
}
