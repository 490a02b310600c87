/*
 * migration.c - the migrations store. What is run, in which order and what is
 * refused is the core's; here a script runs and its history row is written, or neither.
 * The description of schemas for drift is in schema.c.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pg.h"

/* ---- the line's lock ---------------------------------------------------- */

/* Between two tries for the lock, which is polled: a lock timeout would abort a transaction. */
#define LOCK_PAUSE (20 * CAIRN_MILLISECOND)

static cairn_usec ticks(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (cairn_usec)now.tv_sec * CAIRN_SECOND + now.tv_nsec / 1000;
}

/* Runs a statement about the lock that answers a truth. */
static cairn_status ask_lock(struct pg *pg, enum pg_sql sql, cairn_str line, cairn_usec pause,
			     bool *answer, cairn_error *err)
{
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_text(pg, cairn_str_of(pg->schema));
	cairn_pg__add_text(pg, line);
	if (sql != PG_SQL_UNLOCK)
		cairn_pg__add_int8(pg, pause);
	cairn_pg__queue(pg, sql);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	*answer = cairn_pg__bool(cairn_pg__result(pg, 0), 0, 0);
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}

cairn_status cairn_pg__migration_lock(void *self, cairn_str line, cairn_usec wait, cairn_error *err)
{
	struct pg *pg = self;
	if (pg->pooled)
		return cairn_fail(err, CAIRN_E_TX_DIRECT);
	cairn_status status = cairn_pg__usable(pg, err);
	if (status != CAIRN_OK)
		return status;
	bool in_tx = cairn_pg__in_tx(pg);
	cairn_usec deadline = ticks() + wait;
	bool got = false;
	while (status == CAIRN_OK && !got) {
		cairn_usec left = deadline - ticks();
		if (left < 0)
			return cairn_fail(err, CAIRN_E_MIGRATION_LOCKED);
		status = ask_lock(pg, in_tx ? PG_SQL_LOCK_TX : PG_SQL_LOCK_SESSION, line,
				  left < LOCK_PAUSE ? left : LOCK_PAUSE, &got, err);
	}
	if (got)
		pg->lock = in_tx ? PG_LOCKED_TX : PG_LOCKED_SESSION;
	return status;
}

/*
 * A transaction's lock ends with it. A session's that can't be given back would stay
 * as long as the session: then that is not used any more.
 */
cairn_status cairn_pg__migration_unlock(void *self, cairn_str line, cairn_error *err)
{
	struct pg *pg = self;
	enum pg_lock held = pg->lock;
	pg->lock = PG_UNLOCKED;
	if (held != PG_LOCKED_SESSION)
		return CAIRN_OK;
	bool given_back = false;
	cairn_error cause = CAIRN_ERROR_INIT;
	cairn_status status = ask_lock(pg, PG_SQL_UNLOCK, line, 0, &given_back, &cause);
	if (status == CAIRN_OK && given_back)
		return CAIRN_OK;
	pg->broken = true;
	cairn_fail(err, CAIRN_E_MIGRATION_UNLOCK);
	cairn_error_detail(err, "%s", status != CAIRN_OK ? cause.detail : "it was not held");
	return CAIRN_DRIVER;
}

/* ---- history ------------------------------------------------------------ */

/* Whether the history table is there, and the schema. */
static cairn_status look(struct pg *pg, bool *table, bool *schema, cairn_error *err)
{
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_text(pg, cairn_str_of(pg->schema));
	cairn_pg__queue(pg, PG_SQL_HISTORY_EXISTS);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	*table = cairn_pg__bool(cairn_pg__result(pg, 0), 0, 0);
	*schema = cairn_pg__bool(cairn_pg__result(pg, 0), 0, 1);
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}

static void read_history(const PGresult *result, int row, void *into)
{
	cairn_history *history = into;
	history->version = cairn_pg__int8(result, row, 0);
	history->name = cairn_pg__text(result, row, 1);
	history->checksum = cairn_pg__text(result, row, 2);
	history->introduced = cairn_pg__text(result, row, 3);
	history->applied_at = cairn_pg__time(result, row, 4);
	history->success = cairn_pg__bool(result, row, 5);
	history->additive = cairn_pg__bool(result, row, 6);
}

cairn_status cairn_pg__migration_history(void *self, cairn_str line, int *exists, cairn_rows *rows,
					 cairn_error *err)
{
	struct pg *pg = self;
	bool table = false;
	bool schema = false;
	cairn_status status = look(pg, &table, &schema, err);
	*exists = table;
	if (status != CAIRN_OK || !table)
		return status;
	status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_text(pg, line);
	return cairn_pg__query(pg, PG_SQL_HISTORY, rows, read_history, err);
}

/* ---- work: a transaction or savepoint ----------------------------------- */

static cairn_status work_path(struct pg *pg, const char *schema, const char *behind,
			      cairn_error *err)
{
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_text(pg, cairn_str_of(schema));
	cairn_pg__add_text(pg, cairn_str_of(behind));
	cairn_pg__queue(pg, PG_SQL_WORK_ENTER);
	status = cairn_pg__call_run(pg, err);
	if (status == CAIRN_OK)
		cairn_pg__call_clear(pg);
	return status;
}

cairn_status cairn_pg__work_begin(struct pg *pg, const char *schema, const char *behind,
				  cairn_error *err)
{
	cairn_status status = cairn_pg__usable(pg, err);
	if (status != CAIRN_OK)
		return status;
	bool in_tx = cairn_pg__in_tx(pg);
	status = in_tx ? cairn_pg__command(pg, "SAVEPOINT cairn_work", err)
		       : cairn_pg__begin_tx(pg, err);
	if (status != CAIRN_OK)
		return status;
	pg->work = in_tx ? PG_WORK_SAVEPOINT : PG_WORK_TX;
	status = work_path(pg, schema, behind, err);
	if (status != CAIRN_OK)
		cairn_pg__work_end(pg, status, false, NULL);
	return status;
}

static cairn_status take_back(struct pg *pg, enum pg_work work, cairn_error *err)
{
	static const char *const savepoint[] = { "ROLLBACK TO SAVEPOINT cairn_work",
						 "RELEASE SAVEPOINT cairn_work" };
	cairn_status status = work == PG_WORK_TX ? cairn_pg__command(pg, "ROLLBACK", err)
						 : cairn_pg__commands(pg, savepoint, 2, err);
	if (status != CAIRN_OK)
		pg->broken = true;
	return status;
}

/* The settings of the caller's transaction are put back before its savepoint is given up. */
static cairn_status keep_in_tx(struct pg *pg, cairn_error *err)
{
	cairn_status status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__queue(pg, PG_SQL_WORK_LEAVE);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__call_clear(pg);
	return cairn_pg__command(pg, "RELEASE SAVEPOINT cairn_work", err);
}

cairn_status cairn_pg__work_end(struct pg *pg, cairn_status status, bool keep, cairn_error *err)
{
	enum pg_work work = pg->work;
	pg->work = PG_NO_WORK;
	if (status == CAIRN_OK && keep)
		status = work == PG_WORK_TX ? cairn_pg__commit_tx(pg, err) : keep_in_tx(pg, err);
	else if (PQstatus(pg->conn) == CONNECTION_OK) {
		/* what happened before is worth more than a failure to undo it */
		cairn_status undone = take_back(pg, work, status == CAIRN_OK ? err : NULL);
		status = status == CAIRN_OK ? undone : status;
	}
	if (work == PG_WORK_TX)
		pg->own_tx = false;
	return status;
}

cairn_status cairn_pg__work_run(struct pg *pg, cairn_str sql, PGresult **last, cairn_error *err)
{
	char *text = cairn_host_alloc(pg->host, NULL, 0, sql.len + 1);
	if (text == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	if (sql.len > 0)
		memcpy(text, sql.ptr, sql.len);
	text[sql.len] = '\0';
	cairn_status status = cairn_pg__script(pg, text, last, err);
	cairn_host_alloc(pg->host, text, sql.len + 1, 0);
	return status;
}

/* ---- apply -------------------------------------------------------------- */

/* Whoever needs the history first makes it, and the schema it stands in. */
static cairn_status ensure_history(struct pg *pg, cairn_error *err)
{
	static const char prefix[] = "CREATE SCHEMA ";
	static const char create[] =
		"CREATE TABLE cairn_migrations (line text COLLATE \"C\" NOT NULL, "
		"version bigint NOT NULL, name text NOT NULL, checksum text NOT NULL, "
		"introduced_version text NOT NULL, applied_at timestamptz NOT NULL, "
		"success boolean NOT NULL, additive boolean NOT NULL, PRIMARY KEY (line, version))";
	bool table = false;
	bool schema = false;
	cairn_status status = look(pg, &table, &schema, err);
	if (status == CAIRN_OK && !schema) {
		char text[sizeof prefix + 2 * PG_NAME_MAX + 3];
		memcpy(text, prefix, sizeof prefix - 1);
		size_t len = cairn_pg__quote(text + sizeof prefix - 1, cairn_str_of(pg->schema));
		text[sizeof prefix - 1 + len] = '\0';
		status = cairn_pg__command(pg, text, err);
	}
	return status == CAIRN_OK && !table ? cairn_pg__command(pg, create, err) : status;
}

static cairn_status record(struct pg *pg, const cairn_migration_step *step, cairn_error *err)
{
	bool up = step->direction == CAIRN_MIGRATE_UP;
	cairn_status status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	if (up)
		cairn_pg__add_now(pg);
	cairn_pg__add_text(pg, step->line);
	cairn_pg__add_int8(pg, step->row.version);
	if (up) {
		cairn_pg__add_text(pg, step->row.name);
		cairn_pg__add_text(pg, step->row.checksum);
		cairn_pg__add_text(pg, step->row.introduced);
		cairn_pg__add_int4(pg, step->row.success);
		cairn_pg__add_int4(pg, step->row.additive);
	}
	cairn_pg__queue(pg, up ? PG_SQL_HISTORY_INSERT : PG_SQL_HISTORY_DELETE);
	status = cairn_pg__call_run(pg, err);
	if (status == CAIRN_OK)
		cairn_pg__call_clear(pg);
	return status;
}

/* The script's own fault; busy, interrupted or disconnected is nobody's. */
static cairn_status run_script(struct pg *pg, cairn_str sql, cairn_error *err)
{
	cairn_error cause = CAIRN_ERROR_INIT;
	cairn_status status = cairn_pg__work_run(pg, sql, NULL, &cause);
	if (status == CAIRN_OK && PQtransactionStatus(pg->conn) == PQTRANS_INTRANS)
		return CAIRN_OK;
	bool own_fault = status == CAIRN_OK || status == CAIRN_DRIVER || status == CAIRN_INVALID ||
			 status == CAIRN_CONFLICT || status == CAIRN_SCHEMA;
	if (!own_fault) {
		if (err != NULL)
			*err = cause;
		return status;
	}
	cairn_fail(err, CAIRN_E_MIGRATION_FAILED);
	cairn_error_detail(err, "%s",
			   status != CAIRN_OK ? cause.detail : "the script ended its transaction");
	if (err != NULL)
		memcpy(err->sqlstate, cause.sqlstate, sizeof err->sqlstate);
	return CAIRN_DRIVER;
}

cairn_status cairn_pg__migration_apply(void *self, const cairn_migration_step *step,
				       cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__work_begin(pg, pg->schema, NULL, err);
	if (status != CAIRN_OK)
		return status;
	status = ensure_history(pg, err);
	if (status == CAIRN_OK)
		status = run_script(pg, step->sql, err);
	if (status == CAIRN_OK)
		status = record(pg, step, err);
	return cairn_pg__work_end(pg, status, true, err);
}

/* ---- gates and validations ---------------------------------------------- */

static cairn_status one_number(const PGresult *result, int64_t *count, cairn_error *err)
{
	bool shaped = result != NULL && PQntuples(result) == 1 && PQnfields(result) >= 1 &&
		      !PQgetisnull(result, 0, 0);
	char *end = NULL;
	if (shaped)
		*count = strtoll(PQgetvalue(result, 0, 0), &end, 10);
	if (shaped && end != PQgetvalue(result, 0, 0) && *end == '\0')
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_MIGRATION_FAILED);
	cairn_error_detail(err, "a gate must answer one whole number");
	return CAIRN_DRIVER;
}

/* With row security off, Postgres refuses to count what it would hide (error.c). */
cairn_status cairn_pg__migration_gate(void *self, cairn_str sql, int64_t *count, cairn_error *err)
{
	struct pg *pg = self;
	static const char *const guarded[] = { "SET LOCAL transaction_read_only = on",
					       "SET LOCAL row_security = off" };
	cairn_status status = cairn_pg__work_begin(pg, pg->schema, NULL, err);
	if (status != CAIRN_OK)
		return status;
	PGresult *result = NULL;
	status = cairn_pg__commands(pg, guarded, 2, err);
	if (status == CAIRN_OK)
		status = cairn_pg__work_run(pg, sql, &result, err);
	if (status == CAIRN_OK)
		status = one_number(result, count, err);
	PQclear(result);
	return cairn_pg__work_end(pg, status, false, err);
}

cairn_status cairn_pg__migration_validate(void *self, cairn_str sql, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__work_begin(pg, pg->schema, NULL, err);
	if (status != CAIRN_OK)
		return status;
	status = run_script(pg, sql, err);
	return cairn_pg__work_end(pg, status, true, err);
}
