/*
 * migration.c - the migrations store. What is run, in which order and what is
 * refused is the core's; here a script runs and its history row is written, or neither.
 * What the schema looks like is schema.c.
 */
#include <ctype.h>
#include <string.h>

#include "lite.h"

/* ---- the history -------------------------------------------------------- */

static cairn_status history_exists(struct lite *lite, int *exists, cairn_error *err)
{
	struct lite_run run;
	bool more;
	*exists = 0;
	cairn_status status = cairn_lite__start(&run, lite, LITE_HISTORY_EXISTS, err);
	if (status == CAIRN_OK)
		status = cairn_lite__row(&run, &more, err);
	if (status != CAIRN_OK)
		return status;
	*exists = more && cairn_lite__int(&run) > 0;
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

static void read_version(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_history *row = into;
	row->version = cairn_lite__int(run);
	row->name = cairn_lite__text(run, rows);
	row->checksum = cairn_lite__text(run, rows);
	row->introduced = cairn_lite__text(run, rows);
	row->applied_at = cairn_lite__int(run);
	row->success = cairn_lite__int32(run);
	row->additive = cairn_lite__int32(run);
}

static cairn_status read_history(struct lite *lite, cairn_str line, cairn_rows *rows,
				 cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_HISTORY_LIST, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, line);
	return cairn_lite__read_rows(&run, rows, read_version, err);
}

cairn_status cairn_lite__migration_history(void *self, cairn_str line, int *exists,
					   cairn_rows *rows, cairn_error *err)
{
	struct lite *lite = self;
	struct lite_read read;
	cairn_status status = cairn_lite__read_begin(lite, &read, err);
	if (status != CAIRN_OK)
		return status;
	status = history_exists(lite, exists, err);
	if (status == CAIRN_OK && *exists)
		status = read_history(lite, line, rows, err);
	return cairn_lite__read_end(&read, status, err);
}

static cairn_status record_up(struct lite_write *write, const cairn_migration_step *step,
			      cairn_error *err)
{
	struct lite_run run;
	const cairn_history *row = &step->row;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_HISTORY_INSERT, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, step->line);
	cairn_lite__bind_int(&run, row->version);
	cairn_lite__bind_tenant(&run, row->name);
	cairn_lite__bind_tenant(&run, row->checksum);
	cairn_lite__bind_tenant(&run, row->introduced);
	cairn_lite__bind_int(&run, write->now);
	cairn_lite__bind_int(&run, row->success != 0);
	cairn_lite__bind_int(&run, row->additive != 0);
	return cairn_lite__finish(&run, err);
}

static cairn_status record_down(struct lite_write *write, const cairn_migration_step *step,
				cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_HISTORY_DELETE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, step->line);
	cairn_lite__bind_int(&run, step->row.version);
	return cairn_lite__finish(&run, err);
}

/* ---- scripts ------------------------------------------------------------ */

/* A script's own fault is migration.failed; a busy or full database keeps its name. */
static cairn_status script_failed(struct lite *lite, sqlite3 *db, int rc, cairn_error *err)
{
	cairn_status status = cairn_lite__fail_on(lite, db, rc, err);
	bool own_fault = status == CAIRN_DRIVER || status == CAIRN_INVALID ||
			 status == CAIRN_CONFLICT || status == CAIRN_SCHEMA ||
			 status == CAIRN_TOO_LARGE || status == CAIRN_INTERNAL;
	if (!own_fault)
		return status;
	cairn_fail(err, CAIRN_E_MIGRATION_FAILED);
	cairn_error_detail(err, "%s", sqlite3_errmsg(db));
	if (err != NULL)
		err->native = sqlite3_extended_errcode(db);
	return CAIRN_DRIVER;
}

/* Behind white space and comments. */
static const char *first_word(const char *sql)
{
	for (;;) {
		while (isspace((unsigned char)*sql) || *sql == ';')
			sql++;
		if (sql[0] == '-' && sql[1] == '-') {
			while (*sql != '\0' && *sql != '\n')
				sql++;
		} else if (sql[0] == '/' && sql[1] == '*') {
			const char *end = strstr(sql + 2, "*/");
			sql = end != NULL ? end + 2 : sql + strlen(sql);
		} else {
			return sql;
		}
	}
}

/* A script stands in the run's transaction and must neither end nor undo it. */
static bool meddles(const char *sql)
{
	static const char *const words[] = { "BEGIN",	 "COMMIT",    "END",
					     "ROLLBACK", "SAVEPOINT", "RELEASE" };
	const char *word = first_word(sql);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		size_t len = strlen(words[i]);
		if (sqlite3_strnicmp(word, words[i], (int)len) == 0 &&
		    !isalnum((unsigned char)word[len]) && word[len] != '_')
			return true;
	}
	return false;
}

static cairn_status run_statement(struct lite *lite, sqlite3 *db, sqlite3_stmt *stmt,
				  cairn_error *err)
{
	if (meddles(sqlite3_sql(stmt))) {
		cairn_fail(err, CAIRN_E_MIGRATION_FAILED);
		cairn_error_detail(err, "a script must not contain transaction control");
		return CAIRN_DRIVER;
	}
	cairn_usec began = cairn_lite__ticks();
	lite->deadline = 0;
	int rc;
	do {
		rc = sqlite3_step(stmt);
	} while (rc == SQLITE_ROW);
	if (rc != SQLITE_DONE)
		return script_failed(lite, db, rc, err);
	if (cairn_host_traced(lite->host))
		cairn_host_statement(lite->host, sqlite3_sql(stmt), cairn_lite__ticks() - began);
	return CAIRN_OK;
}

cairn_status cairn_lite__script_run(struct lite *lite, sqlite3 *db, cairn_str script,
				    cairn_error *err)
{
	const char *at = script.ptr;
	const char *end = script.ptr + script.len;
	cairn_status status = CAIRN_OK;
	while (at < end && status == CAIRN_OK) {
		sqlite3_stmt *stmt = NULL;
		int rc = sqlite3_prepare_v2(db, at, (int)(end - at), &stmt, &at);
		if (rc != SQLITE_OK)
			return script_failed(lite, db, rc, err);
		if (stmt == NULL) /* only white space or a comment was left */
			continue;
		status = run_statement(lite, db, stmt, err);
		sqlite3_finalize(stmt);
	}
	return status;
}

cairn_status cairn_lite__migration_apply(void *self, const cairn_migration_step *step,
					 cairn_error *err)
{
	struct lite *lite = self;
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(lite, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = cairn_lite__do(lite, LITE_HISTORY_CREATE, err);
	if (status == CAIRN_OK)
		status = cairn_lite__script_run(lite, lite->db, step->sql, err);
	if (status == CAIRN_OK)
		status = step->direction == CAIRN_MIGRATE_DOWN ? record_down(&write, step, err)
							       : record_up(&write, step, err);
	return cairn_lite__write_end(&write, status, err);
}

cairn_status cairn_lite__migration_validate(void *self, cairn_str sql, cairn_error *err)
{
	struct lite *lite = self;
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(lite, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = cairn_lite__script_run(lite, lite->db, sql, err);
	return cairn_lite__write_end(&write, status, err);
}

/* ---- gates -------------------------------------------------------------- */

static cairn_status count_rows(struct lite *lite, sqlite3_stmt *stmt, int64_t *count,
			       cairn_error *err)
{
	if (stmt == NULL || !sqlite3_stmt_readonly(stmt) || sqlite3_column_count(stmt) != 1) {
		cairn_fail(err, CAIRN_E_MIGRATION_FAILED);
		cairn_error_detail(err, "a gate must be a query of one number");
		return CAIRN_DRIVER;
	}
	lite->deadline = 0;
	int rc = sqlite3_step(stmt);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return script_failed(lite, lite->db, rc, err);
	if (rc == SQLITE_ROW && sqlite3_column_type(stmt, 0) == SQLITE_INTEGER) {
		*count = sqlite3_column_int64(stmt, 0);
		return CAIRN_OK;
	}
	cairn_fail(err, CAIRN_E_MIGRATION_FAILED);
	cairn_error_detail(err, "a gate must answer one number");
	return CAIRN_DRIVER;
}

cairn_status cairn_lite__migration_gate(void *self, cairn_str sql, int64_t *count, cairn_error *err)
{
	struct lite *lite = self;
	sqlite3_stmt *stmt = NULL;
	cairn_status status = cairn_lite__enter(lite, err);
	if (status != CAIRN_OK)
		return status;
	int rc = sqlite3_prepare_v2(lite->db, sql.ptr, (int)sql.len, &stmt, NULL);
	if (rc != SQLITE_OK)
		return script_failed(lite, lite->db, rc, err);
	status = count_rows(lite, stmt, count, err);
	sqlite3_finalize(stmt);
	return status;
}
