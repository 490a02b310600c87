/*
 * exec.c - running statements: prepared once per connection, parameters and
 * columns in order, the trace hook told after each. Who counts round trips is tx.c.
 */
#include "lite.h"

/* The statement, prepared when it is first needed and kept until the connection closes. */
static cairn_status prepare(struct lite *lite, enum lite_sql which, sqlite3_stmt **stmt,
			    cairn_error *err)
{
	*stmt = lite->statements[which];
	if (*stmt != NULL)
		return CAIRN_OK;
	int rc = sqlite3_prepare_v3(lite->db, cairn_lite__sql[which], -1, SQLITE_PREPARE_PERSISTENT,
				    stmt, NULL);
	if (rc != SQLITE_OK)
		return cairn_lite__fail(lite, rc, err);
	lite->statements[which] = *stmt;
	return CAIRN_OK;
}

static cairn_status ready(struct lite_run *run, struct lite *lite, enum lite_sql which,
			  cairn_error *err)
{
	sqlite3_stmt *stmt;
	cairn_status status = prepare(lite, which, &stmt, err);
	if (status != CAIRN_OK)
		return status;
	*run = (struct lite_run){ .lite = lite, .stmt = stmt, .which = which };
	if (cairn_host_traced(lite->host))
		run->began = cairn_lite__ticks();
	if (lite->time_limit > 0)
		lite->deadline = cairn_lite__ticks() + lite->time_limit;
	return CAIRN_OK;
}

cairn_status cairn_lite__start(struct lite_run *run, struct lite *lite, enum lite_sql which,
			       cairn_error *err)
{
	/* between two statements nobody but us would notice an interrupt */
	if (atomic_load_explicit(&lite->interrupted, memory_order_relaxed))
		return cairn_lite__fail(lite, SQLITE_INTERRUPT, err);
	return ready(run, lite, which, err);
}

/* The first failure stays; the row is then never asked for. */
static void bound(struct lite_run *run, int rc)
{
	if (run->rc == SQLITE_OK)
		run->rc = rc;
}

void cairn_lite__bind_int(struct lite_run *run, int64_t value)
{
	bound(run, sqlite3_bind_int64(run->stmt, ++run->parameter, value));
}

static void bind_null(struct lite_run *run)
{
	bound(run, sqlite3_bind_null(run->stmt, ++run->parameter));
}

void cairn_lite__bind_time(struct lite_run *run, cairn_time when)
{
	if (when != 0)
		cairn_lite__bind_int(run, when);
	else
		bind_null(run);
}

void cairn_lite__bind_count(struct lite_run *run, int64_t value)
{
	if (value >= 0)
		cairn_lite__bind_int(run, value);
	else
		bind_null(run);
}

void cairn_lite__bind_text(struct lite_run *run, cairn_str text)
{
	if (text.len > 0)
		bound(run, sqlite3_bind_text64(run->stmt, ++run->parameter, text.ptr, text.len,
					       SQLITE_STATIC, SQLITE_UTF8));
	else
		bind_null(run);
}

void cairn_lite__bind_tenant(struct lite_run *run, cairn_str text)
{
	const char *ptr = text.len > 0 ? text.ptr : "";
	bound(run, sqlite3_bind_text64(run->stmt, ++run->parameter, ptr, text.len, SQLITE_STATIC,
				       SQLITE_UTF8));
}

void cairn_lite__bind_word(struct lite_run *run, const char *word)
{
	bound(run, sqlite3_bind_text(run->stmt, ++run->parameter, word, -1, SQLITE_STATIC));
}

void cairn_lite__bind_blob(struct lite_run *run, const uint8_t *bytes, size_t len)
{
	bound(run, sqlite3_bind_blob64(run->stmt, ++run->parameter, bytes, len, SQLITE_STATIC));
}

void cairn_lite__bind_id(struct lite_run *run, const cairn_id *id)
{
	cairn_lite__bind_blob(run, id->bytes, sizeof id->bytes);
}

void cairn_lite__bind_some_id(struct lite_run *run, const cairn_id *id)
{
	if (cairn_id_is_none(*id))
		bind_null(run);
	else
		cairn_lite__bind_id(run, id);
}

void cairn_lite__bind_scope(struct lite_run *run, const cairn_scope *scope)
{
	if (scope->kind == CAIRN_SCOPE_ANY)
		bind_null(run);
	else
		cairn_lite__bind_tenant(run, scope->kind == CAIRN_SCOPE_TENANT
						     ? scope->tenant
						     : (cairn_str){ NULL, 0 });
}

void cairn_lite__stop(struct lite_run *run)
{
	sqlite3_reset(run->stmt);
	if (run->began != 0)
		cairn_host_statement(run->lite->host, cairn_lite__sql[run->which],
				     cairn_lite__ticks() - run->began);
	run->began = 0;
}

cairn_status cairn_lite__row(struct lite_run *run, bool *more, cairn_error *err)
{
	int rc = run->rc;
	if (rc == SQLITE_OK)
		rc = sqlite3_step(run->stmt);
	run->column = 0;
	*more = rc == SQLITE_ROW;
	if (rc == SQLITE_ROW)
		return CAIRN_OK;
	cairn_status status = CAIRN_OK;
	if (rc != SQLITE_DONE)
		status = cairn_lite__fail(run->lite, rc, err);
	cairn_lite__stop(run);
	return status;
}

cairn_status cairn_lite__in_scope(struct lite_run *run, struct lite *lite, enum lite_sql which,
				  const cairn_id *id, const cairn_scope *scope, bool *found,
				  cairn_error *err)
{
	*found = false;
	cairn_status status = cairn_lite__start(run, lite, which, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(run, id);
	cairn_lite__bind_scope(run, scope);
	return cairn_lite__row(run, found, err);
}

cairn_status cairn_lite__is_in_scope(struct lite *lite, enum lite_sql which, const cairn_id *id,
				     const cairn_scope *scope, bool *found, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__in_scope(&run, lite, which, id, scope, found, err);
	if (*found)
		cairn_lite__stop(&run);
	return status;
}

cairn_status cairn_lite__finish(struct lite_run *run, cairn_error *err)
{
	bool more = true;
	cairn_status status = CAIRN_OK;
	/* an application may have asked its handle to answer how many rows changed */
	while (status == CAIRN_OK && more)
		status = cairn_lite__row(run, &more, err);
	return status;
}

/* Without a look at interrupts: a rollback must run, come what may. */
cairn_status cairn_lite__do(struct lite *lite, enum lite_sql which, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = ready(&run, lite, which, err);
	return status == CAIRN_OK ? cairn_lite__finish(&run, err) : status;
}

/* Some pragmas decide what to do when they are prepared. */
cairn_status cairn_lite__anew(struct lite *lite, enum lite_sql which, cairn_error *err)
{
	if (atomic_load_explicit(&lite->interrupted, memory_order_relaxed))
		return cairn_lite__fail(lite, SQLITE_INTERRUPT, err);
	cairn_usec began = cairn_host_traced(lite->host) ? cairn_lite__ticks() : 0;
	if (lite->time_limit > 0)
		lite->deadline = cairn_lite__ticks() + lite->time_limit;
	int rc = sqlite3_exec(lite->db, cairn_lite__sql[which], NULL, NULL, NULL);
	cairn_status status = rc == SQLITE_OK ? CAIRN_OK : cairn_lite__fail(lite, rc, err);
	if (began != 0)
		cairn_host_statement(lite->host, cairn_lite__sql[which],
				     cairn_lite__ticks() - began);
	return status;
}
