/*
 * exec.c - the only place that talks to the server about data. A call is a libpq
 * pipeline: its statements, and what its session needs around them, go out in one flush
 * and come back in one wait. Here are the count of round trips, the trace, and the cache
 * of prepared statements; what an error means is in error.c.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "pg.h"

#define BEGIN_TEXT "BEGIN ISOLATION LEVEL READ COMMITTED"

cairn_usec cairn_pg__ticks(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (cairn_usec)now.tv_sec * CAIRN_SECOND + now.tv_nsec / 1000;
}

/* ---- the session -------------------------------------------------------- */

bool cairn_pg__in_tx(const struct pg *pg)
{
	PGTransactionStatusType now = PQtransactionStatus(pg->conn);
	return now == PQTRANS_INTRANS || now == PQTRANS_INERROR;
}

static cairn_status closed(struct pg *pg, cairn_error *err)
{
	cairn_status status = cairn_fail(err, CAIRN_E_CONN_CLOSED);
	if (pg->conn != NULL)
		cairn_error_detail(err, "%s", PQerrorMessage(pg->conn));
	return status;
}

/* How long a connection must have been left alone to be worth a look. */
#define LEFT_ALONE (50 * CAIRN_MILLISECOND)

/*
 * A connection whose server went away while nobody looked says so before anything
 * is sent: then the call was certainly not written, and need not be called uncertain.
 */
static bool went_away(struct pg *pg)
{
	if (cairn_pg__ticks() - pg->used < LEFT_ALONE)
		return false;
	struct pollfd wire = { .fd = PQsocket(pg->conn), .events = POLLIN };
	if (poll(&wire, 1, 0) <= 0)
		return PQstatus(pg->conn) == CONNECTION_BAD;
	/* the first read may bring the server's last words, the second its end */
	for (int i = 0; i < 2; i++) {
		if (!PQconsumeInput(pg->conn))
			return true;
		(void)PQisBusy(pg->conn);
	}
	return PQstatus(pg->conn) == CONNECTION_BAD;
}

static cairn_status misuse(cairn_error *err, const char *what)
{
	cairn_fail(err, CAIRN_E_CONN_MISUSE);
	cairn_error_detail(err, "%s", what);
	return CAIRN_INVALID;
}

/* Whether anything can be said to the server, if only ROLLBACK. */
static cairn_status alive(struct pg *pg, cairn_error *err)
{
	if (pg->broken || pg->conn == NULL || PQstatus(pg->conn) == CONNECTION_BAD)
		return closed(pg, err);
	if (PQpipelineStatus(pg->conn) != PQ_PIPELINE_OFF || PQisnonblocking(pg->conn))
		return misuse(err, "the connection is in pipeline or non-blocking mode");
	PGTransactionStatusType now = PQtransactionStatus(pg->conn);
	if (now == PQTRANS_ACTIVE)
		return misuse(err, "a command of the application is in progress");
	if (now == PQTRANS_IDLE)
		pg->own_tx = false;
	return now == PQTRANS_UNKNOWN || went_away(pg) ? closed(pg, err) : CAIRN_OK;
}

cairn_status cairn_pg__usable(struct pg *pg, cairn_error *err)
{
	cairn_status status = alive(pg, err);
	if (status == CAIRN_OK && PQtransactionStatus(pg->conn) == PQTRANS_INERROR)
		return cairn_fail(err, CAIRN_E_TX_FAILED);
	return status;
}

/* ---- sending ------------------------------------------------------------ */

static void pipe_fail(struct pg *pg)
{
	pg->pipe.failed = true;
}

static struct pg_step *next_step(struct pg *pg, enum pg_sql sql, const char *text)
{
	struct pg_pipe *pipe = &pg->pipe;
	if (pipe->count == PG_STEPS_MAX) {
		pipe_fail(pg);
		return NULL;
	}
	struct pg_step *step = &pipe->steps[pipe->count++];
	memset(step, 0, sizeof *step);
	step->sql = sql;
	step->text = text;
	return step;
}

static void name_of(const struct pg *pg, enum pg_sql sql, char name[48])
{
	snprintf(name, 48, "%s%d", pg->prefix, (int)sql);
}

/* Sends a statement with the parameters that were added. */
static int send_step(struct pg *pg, struct pg_step *step)
{
	const struct pg_params *params = &pg->params;
	const char *values[PG_PARAMS_MAX];
	static const int binary[PG_PARAMS_MAX] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
						   1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
	for (int i = 0; i < params->count; i++)
		values[i] = cairn_pg__param(params, i);
	if (step->sql == PG_SQL_COUNT || !pg->prepare)
		return PQsendQueryParams(pg->conn, step->text, params->count, NULL, values,
					 params->length, binary, 1);
	char name[48];
	name_of(pg, step->sql, name);
	if (!pg->ready[step->sql]) {
		if (!PQsendPrepare(pg->conn, name, step->text, 0, NULL))
			return 0;
		step->prepares = true;
		/* a second use in the same pipeline finds it; a failure takes it back */
		pg->ready[step->sql] = true;
	}
	return PQsendQueryPrepared(pg->conn, name, params->count, values, params->length, binary,
				   1);
}

/*
 * What was queued must not be committed when the rest can't be: a text that is no
 * SQL makes the server give up the transaction.
 */
static void abandon(struct pg *pg)
{
	pipe_fail(pg);
	if (pg->pipe.count > 0 &&
	    !PQsendQueryParams(pg->conn, "cairn gave up", 0, NULL, NULL, NULL, NULL, 1))
		pg->broken = true;
}

static void collect_all(struct pg *pg);

static void queue_step(struct pg *pg, struct pg_step *step)
{
	if (step == NULL || pg->pipe.failed)
		return;
	if (pg->params.failed || !send_step(pg, step)) {
		if (step->prepares)
			pg->ready[step->sql] = false;
		pg->pipe.count--;
		abandon(pg);
		return;
	}
	pg->pipe.commit_sent = pg->pipe.commit_sent || step->commits;
	if (cairn_host_settings(pg->host)->flush_each && PQsendFlushRequest(pg->conn)) {
		PQflush(pg->conn);
		cairn_host_round_trip(pg->host);
		collect_all(pg);
	}
}

void cairn_pg__queue(struct pg *pg, enum pg_sql sql)
{
	if (!pg->pipe.failed)
		queue_step(pg, next_step(pg, sql, pg->sql[sql]));
	if (!pg->params.failed)
		cairn_pg__params_reset(pg);
}

bool cairn_pg__split(struct pg *pg)
{
	struct pg_pipe *pipe = &pg->pipe;
	if (pipe->failed || pipe->in_tx || pipe->mode != PG_PLAIN || !PQpipelineSync(pg->conn))
		return false;
	pipe->commit_sent = true;
	pipe->split = pipe->count;
	return true;
}

/* A utility statement that is not in sql.c because it names a savepoint or the like. */
static void queue_text(struct pg *pg, const char *text)
{
	if (!pg->pipe.failed)
		queue_step(pg, next_step(pg, PG_SQL_COUNT, text));
}

/* ---- receiving ---------------------------------------------------------- */

/* Keeps the first failure; later ones only say that the pipeline was given up. */
static void note_failure(struct pg *pg, PGresult *result)
{
	if (pg->pipe.failed || PQresultStatus(result) == PGRES_PIPELINE_ABORTED) {
		pg->pipe.failed = true;
		PQclear(result);
		return;
	}
	pg->pipe.failed = true;
	pg->pipe.failed_at = pg->pipe.read;
	pg->pipe.failure = result;
}

/* The one result of a Parse or Execute, up to the NULL behind it. NULL: there was none. */
static PGresult *one_result(struct pg *pg)
{
	PGresult *result = PQgetResult(pg->conn);
	if (result == NULL)
		return NULL;
	PGresult *more;
	while ((more = PQgetResult(pg->conn)) != NULL)
		PQclear(more);
	return result;
}

static bool succeeded(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);
	return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
}

static void collect_step(struct pg *pg, struct pg_step *step)
{
	bool ok = true;
	for (int i = step->prepares ? 0 : 1; i < 2; i++) {
		PGresult *result = one_result(pg);
		ok = result != NULL && succeeded(result);
		if (i == 0 && !ok)
			pg->ready[step->sql] = false;
		if (result == NULL) {
			pipe_fail(pg);
		} else if (!ok) {
			note_failure(pg, result);
		} else if (i == 1) {
			step->result = result;
		} else {
			PQclear(result);
		}
	}
	/* whatever the trace shows of a pipeline is the time since the result before */
	if (cairn_host_traced(pg->host)) {
		cairn_usec now = cairn_pg__ticks();
		cairn_host_statement(pg->host, step->text, now - pg->pipe.began);
		pg->pipe.began = now;
	}
}

/* Reads up to the Sync; answers whether it came. */
static bool collect_sync(struct pg *pg)
{
	for (;;) {
		PGresult *result = PQgetResult(pg->conn);
		if (result == NULL) {
			if (PQstatus(pg->conn) == CONNECTION_BAD)
				return false;
			/* between two results */
			result = PQgetResult(pg->conn);
			if (result == NULL)
				return false;
		}
		bool synced = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
		if (!synced && !succeeded(result))
			note_failure(pg, result);
		else
			PQclear(result);
		if (synced)
			return true;
	}
}

/* What stands behind a split can't take back what stands before it. */
static void collect_split(struct pg *pg)
{
	struct pg_pipe *pipe = &pg->pipe;
	bool ran = pipe->failure == NULL;
	pipe->kept = collect_sync(pg) && pipe->failure == NULL;
	if (ran)
		pipe->failed_at = pipe->count; /* if at all, then by the commit itself */
	pipe->split = 0;
}

/* The steps that were sent. */
static void collect_all(struct pg *pg)
{
	struct pg_pipe *pipe = &pg->pipe;
	for (; pipe->read < pipe->count; pipe->read++) {
		if (pipe->split > 0 && pipe->read == pipe->split)
			collect_split(pg);
		collect_step(pg, &pipe->steps[pipe->read]);
	}
}

/* Sends the Sync, waits, and leaves pipeline mode. OK, or what error.c makes of it. */
static cairn_status finish(struct pg *pg, cairn_error *err)
{
	struct pg_pipe *pipe = &pg->pipe;
	bool given_up = pipe->failed && pipe->failure == NULL;
	bool local = given_up && PQstatus(pg->conn) != CONNECTION_BAD;
	bool synced = false;
	if (!pg->broken && PQpipelineSync(pg->conn)) {
		/* without a BEGIN of its own the Sync is what commits */
		if (!pipe->failed && !pipe->in_tx && pipe->mode == PG_PLAIN)
			pipe->commit_sent = true;
		cairn_host_round_trip(pg->host);
		collect_all(pg);
		if (pipe->split > 0)
			collect_split(pg);
		synced = collect_sync(pg);
	}
	pg->used = cairn_pg__ticks();
	if (!synced || !PQexitPipelineMode(pg->conn)) {
		pg->broken = pg->broken || PQstatus(pg->conn) != CONNECTION_BAD;
		pipe->failed = true;
	}
	if (!pipe->failed || pipe->kept)
		return CAIRN_OK;
	if (!local || !synced)
		return cairn_pg__fail(pg, pipe->failure, err);
	cairn_code code = pg->params.too_large ? CAIRN_E_LIMIT_EXCEEDED : CAIRN_E_NOMEM;
	bool aborted = pipe->in_tx && PQtransactionStatus(pg->conn) == PQTRANS_INERROR;
	return cairn_fail_as(err, aborted ? CAIRN_TX_ABORTED : cairn_code_status(code), code);
}

static void drop_results(struct pg *pg)
{
	struct pg_pipe *pipe = &pg->pipe;
	for (size_t i = 0; i < pipe->count; i++) {
		PQclear(pipe->steps[i].result);
		pipe->steps[i].result = NULL;
	}
	PQclear(pipe->failure);
	pipe->failure = NULL;
	pipe->count = 0;
	cairn_pg__params_reset(pg);
}

/* An empty pipeline, of a session that was looked at. */
static cairn_status start(struct pg *pg, bool writes, cairn_error *err)
{
	struct pg_pipe *pipe = &pg->pipe;
	pipe->count = 0;
	pipe->first = 0;
	pipe->read = 0;
	pipe->split = 0;
	pipe->kept = false;
	pipe->mode = PG_PLAIN;
	pipe->in_tx = cairn_pg__in_tx(pg);
	pipe->tenant = false;
	pipe->writes = writes;
	pipe->commit_sent = false;
	pipe->failed = false;
	pipe->failure = NULL;
	pipe->began = cairn_host_traced(pg->host) ? cairn_pg__ticks() : 0;
	cairn_pg__params_reset(pg);
	atomic_store(&pg->interrupted, false);
	return PQenterPipelineMode(pg->conn) ? CAIRN_OK : closed(pg, err);
}

/* ---- calls -------------------------------------------------------------- */

/* Milliseconds, rounded up so that a bound never becomes "none". */
static void milliseconds(cairn_usec usec, char text[32])
{
	long long ms = (long long)((usec + CAIRN_MILLISECOND - 1) / CAIRN_MILLISECOND);
	if (ms > INT32_MAX)
		ms = INT32_MAX;
	snprintf(text, 32, "%lldms", ms);
}

static void queue_settings(struct pg *pg)
{
	char lock[32];
	char statement[32];
	milliseconds(cairn_host_settings(pg->host)->lock_timeout, lock);
	milliseconds(cairn_host_settings(pg->host)->statement_timeout, statement);
	cairn_pg__add_text(pg, cairn_str_of(lock));
	if (pg->pipe.mode == PG_GUEST) {
		cairn_pg__queue(pg, PG_SQL_GUEST_ENTER);
		return;
	}
	cairn_pg__add_text(pg, cairn_str_of(statement));
	cairn_pg__queue(pg, PG_SQL_SETTINGS);
}

/* Whether the session is cairn's alone and carries its settings since it was opened. */
static bool is_own(const struct pg *pg)
{
	return !pg->adopted && !atomic_load(&pg->lent) && !pg->pooled;
}

/* Other sessions have to be given the settings for the call. */
static enum pg_mode mode_of(const struct pg *pg)
{
	if (is_own(pg))
		return PG_PLAIN;
	if (!pg->pipe.in_tx)
		return PG_WHOLE;
	return pg->own_tx ? PG_PLAIN : PG_GUEST;
}

cairn_status cairn_pg__call_begin(struct pg *pg, bool writes, cairn_error *err)
{
	cairn_status status = cairn_pg__usable(pg, err);
	if (status == CAIRN_OK)
		status = start(pg, writes, err);
	if (status != CAIRN_OK)
		return status;
	pg->pipe.mode = mode_of(pg);
	if (pg->pipe.mode == PG_WHOLE)
		queue_text(pg, BEGIN_TEXT);
	if (pg->pipe.mode != PG_PLAIN)
		queue_settings(pg);
	pg->pipe.first = pg->pipe.count;
	return CAIRN_OK;
}

cairn_status cairn_pg__tenant_begin(struct pg *pg, cairn_str tenant, bool writes, cairn_error *err)
{
	cairn_status status = cairn_pg__call_begin(pg, writes, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_text(pg, tenant);
	cairn_pg__queue(pg, pg->pipe.in_tx ? PG_SQL_TENANT_ENTER : PG_SQL_TENANT);
	pg->pipe.tenant = pg->pipe.in_tx;
	pg->pipe.first = pg->pipe.count;
	return CAIRN_OK;
}

/*
 * Calls of several round trips. Outside of a transaction the first one begins with BEGIN and the last one
 * ends with COMMIT; whatever fails in between ends in ROLLBACK. Inside one they are calls like others.
 */
cairn_status cairn_pg__parts_begin(struct pg *pg, cairn_error *err)
{
	cairn_status status = cairn_pg__usable(pg, err);
	if (status == CAIRN_OK && cairn_pg__in_tx(pg))
		return cairn_pg__call_begin(pg, true, err);
	if (status == CAIRN_OK)
		status = start(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	pg->parted = true;
	pg->pipe.mode = PG_PART;
	queue_text(pg, BEGIN_TEXT);
	if (!is_own(pg))
		queue_settings(pg);
	pg->pipe.first = pg->pipe.count;
	return CAIRN_OK;
}

cairn_status cairn_pg__part_begin(struct pg *pg, bool last, cairn_error *err)
{
	if (!pg->parted)
		return cairn_pg__call_begin(pg, true, err);
	cairn_status status = cairn_pg__usable(pg, err);
	if (status == CAIRN_OK)
		status = start(pg, true, err);
	if (status != CAIRN_OK) {
		pg->parted = false;
		return status;
	}
	/* a failure is the call's own, not one inside somebody's transaction */
	pg->pipe.in_tx = false;
	pg->pipe.mode = last ? PG_WHOLE : PG_PART;
	return CAIRN_OK;
}

void cairn_pg__parts_drop(struct pg *pg)
{
	if (pg->parted && PQstatus(pg->conn) == CONNECTION_OK && cairn_pg__in_tx(pg) &&
	    cairn_pg__command(pg, "ROLLBACK", NULL) != CAIRN_OK)
		pg->broken = true;
	pg->parted = false;
}

/* COMMIT can't stand behind a failure: the server skips it and leaves the transaction open. */
static void queue_end(struct pg *pg)
{
	if (pg->pipe.tenant)
		cairn_pg__queue(pg, PG_SQL_TENANT_LEAVE);
	if (pg->pipe.mode == PG_GUEST)
		cairn_pg__queue(pg, PG_SQL_GUEST_LEAVE);
	if (pg->pipe.mode != PG_WHOLE || pg->pipe.failed)
		return;
	struct pg_step *step = next_step(pg, PG_SQL_COUNT, "COMMIT");
	if (step != NULL)
		step->commits = true;
	queue_step(pg, step);
}

cairn_status cairn_pg__call_run(struct pg *pg, cairn_error *err)
{
	queue_end(pg);
	cairn_status status = finish(pg, err);
	if (status == CAIRN_OK) {
		pg->parted = pg->parted && pg->pipe.mode == PG_PART;
		return status;
	}
	bool open = pg->pipe.mode == PG_WHOLE && PQstatus(pg->conn) == CONNECTION_OK &&
		    PQtransactionStatus(pg->conn) == PQTRANS_INERROR;
	drop_results(pg);
	if (pg->parted)
		cairn_pg__parts_drop(pg);
	else if (open && cairn_pg__command(pg, "ROLLBACK", NULL) != CAIRN_OK)
		pg->broken = true;
	return status;
}

void cairn_pg__call_clear(struct pg *pg)
{
	drop_results(pg);
}

PGresult *cairn_pg__result(struct pg *pg, size_t n)
{
	return pg->pipe.steps[pg->pipe.first + n].result;
}

PGresult *cairn_pg__take(struct pg *pg, size_t n)
{
	struct pg_step *step = &pg->pipe.steps[pg->pipe.first + n];
	PGresult *result = step->result;
	step->result = NULL;
	return result;
}

/* ---- utility statements ------------------------------------------------- */

/* The end of a pipeline whose results nobody wants. */
static cairn_status run_and_drop(struct pg *pg, cairn_error *err)
{
	cairn_status status = finish(pg, err);
	drop_results(pg);
	return status;
}

cairn_status cairn_pg__commands(struct pg *pg, const char *const *texts, size_t n, cairn_error *err)
{
	cairn_status status = alive(pg, err);
	if (status == CAIRN_OK)
		status = start(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < n; i++)
		queue_text(pg, texts[i]);
	return run_and_drop(pg, err);
}

cairn_status cairn_pg__command(struct pg *pg, const char *text, cairn_error *err)
{
	return cairn_pg__commands(pg, &text, 1, err);
}

cairn_status cairn_pg__begin_tx(struct pg *pg, cairn_error *err)
{
	cairn_status status = alive(pg, err);
	if (status == CAIRN_OK)
		status = start(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	pg->owed.count = 0;
	queue_text(pg, BEGIN_TEXT);
	if (!is_own(pg))
		queue_settings(pg);
	status = run_and_drop(pg, err);
	pg->own_tx = status == CAIRN_OK;
	if (status != CAIRN_OK && PQtransactionStatus(pg->conn) == PQTRANS_INERROR &&
	    cairn_pg__command(pg, "ROLLBACK", NULL) != CAIRN_OK)
		pg->broken = true;
	return status;
}

cairn_status cairn_pg__commit_tx(struct pg *pg, cairn_error *err)
{
	cairn_error failure = CAIRN_ERROR_INIT;
	cairn_status status = cairn_pg__usable(pg, err);
	if (status == CAIRN_OK)
		status = start(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	/* from here on a failure is the commit's own, not one inside a transaction */
	pg->pipe.in_tx = false;
	struct pg_step *step = next_step(pg, PG_SQL_COUNT, "COMMIT");
	step->commits = true;
	queue_step(pg, step);
	cairn_pg__wake_queue(pg);
	status = finish(pg, &failure);
	/* what came behind the commit may fail */
	const PGresult *result = cairn_pg__result(pg, 0);
	if (result != NULL && strcmp(PQcmdStatus(pg->pipe.steps[0].result), "COMMIT") == 0)
		status = CAIRN_OK;
	else if (status == CAIRN_OK)
		status = cairn_fail(&failure, CAIRN_E_TX_FAILED);
	if (status != CAIRN_OK && err != NULL)
		*err = failure;
	drop_results(pg);
	return status;
}

/* A script may say COPY, for which there is nobody to talk to. */
static void end_copy(struct pg *pg, ExecStatusType status)
{
	char *row = NULL;
	if (status == PGRES_COPY_IN)
		PQputCopyEnd(pg->conn, "a migration can't copy from the client");
	while (status == PGRES_COPY_OUT && PQgetCopyData(pg->conn, &row, 0) > 0)
		PQfreemem(row);
}

/* Several statements in one text are possible in the simple protocol only, outside of pipelines. */
cairn_status cairn_pg__script(struct pg *pg, const char *sql, PGresult **last, cairn_error *err)
{
	struct pg_pipe *pipe = &pg->pipe;
	cairn_status status = alive(pg, err);
	if (status != CAIRN_OK)
		return status;
	cairn_usec began = cairn_host_traced(pg->host) ? cairn_pg__ticks() : 0;
	pipe->count = 0;
	pipe->in_tx = cairn_pg__in_tx(pg);
	pipe->writes = true;
	pipe->commit_sent = false;
	pipe->failed = false;
	atomic_store(&pg->interrupted, false);
	if (!PQsendQuery(pg->conn, sql))
		return cairn_pg__fail(pg, NULL, err);
	cairn_host_round_trip(pg->host);
	PGresult *kept = NULL;
	PGresult *result;
	while ((result = PQgetResult(pg->conn)) != NULL) {
		end_copy(pg, PQresultStatus(result));
		if (PQresultStatus(result) == PGRES_FATAL_ERROR && status == CAIRN_OK)
			status = cairn_pg__fail(pg, result, err);
		PQclear(kept);
		kept = result;
	}
	if (cairn_host_traced(pg->host))
		cairn_host_statement(pg->host, sql, cairn_pg__ticks() - began);
	if (last != NULL && status == CAIRN_OK)
		*last = kept;
	else
		PQclear(kept);
	return status;
}
