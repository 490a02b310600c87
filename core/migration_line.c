/* migration_line.c - a line as one call sees it: options, history, gates, result rows. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "limits.h"
#include "migration_plan.h"

cairn_status cairn__line_begin(struct cairn__line *line, cairn_conn *conn,
			       const cairn_migrate_opts *opts, cairn_error *err)
{
	memset(line, 0, sizeof *line);
	line->conn = conn;
	line->opts.size = sizeof line->opts;
	void *none = NULL;
	cairn__rows_begin(&line->history, conn, &none, sizeof(cairn_history));
	if (opts != NULL) {
		if (opts->size < sizeof *opts || opts->wait < 0 || opts->reserved_ != 0)
			return cairn_fail(err, CAIRN_E_ARG_INVALID);
		line->opts = *opts;
	}
	if (line->opts.wait == 0)
		line->opts.wait = CAIRN__MIGRATE_WAIT;
	line->name = line->opts.line.len > 0 ? line->opts.line : CAIRN_STR("cairn");
	int own = cairn_str_is(line->name, "cairn");
	line->set = own ? conn->driver.set : line->opts.set;
	line->count = own ? conn->driver.set_count : line->opts.count;
	if (own && line->opts.set != NULL) {
		cairn_fail(err, CAIRN_E_ARG_INVALID);
		cairn_error_message(err, "The line cairn has its own scripts.");
		return CAIRN_INVALID;
	}
	if (line->set == NULL && line->count > 0)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_status st = cairn__check_name(line->name, "line", err);
	return st == CAIRN_OK ? cairn__set_check(line->set, line->count, err) : st;
}

cairn_status cairn__line_read(struct cairn__line *line, cairn_error *err)
{
	cairn_conn *conn = line->conn;
	void *none = NULL;
	cairn__rows_drop(&line->history);
	cairn__rows_begin(&line->history, conn, &none, sizeof(cairn_history));
	cairn_status st = conn->migrations.history(conn->self, line->name, &line->exists,
						   &line->history, err);
	return st == CAIRN_OK && line->history.failed ? cairn_fail(err, CAIRN_E_NOMEM) : st;
}

void cairn__line_end(struct cairn__line *line)
{
	cairn__rows_drop(&line->history);
}

/* Adds "name=count" to the list of violated gates. */
static void note(char *list, size_t size, cairn_str name, int64_t count)
{
	size_t used = strlen(list);
	if (used + 2 < size)
		snprintf(list + used, size - used, "%s%.*s=%lld", used > 0 ? ", " : "",
			 (int)(name.len < 64 ? name.len : 64), name.ptr, (long long)count);
}

cairn_status cairn__gates(struct cairn__line *line, cairn_error *err)
{
	cairn_conn *conn = line->conn;
	char violated[200] = "";
	for (size_t i = 0; i < line->count; i++) {
		if (cairn__recorded(line, line->set[i].version) == NULL)
			continue;
		size_t at = 0;
		for (;;) {
			cairn_str gate = cairn__directive_next(line->set[i].up, "gate", &at);
			if (gate.ptr == NULL)
				break;
			cairn_str sql;
			int64_t count = 0;
			cairn_str name = cairn__first_word(gate, &sql);
			cairn_status st = conn->migrations.gate(conn->self, sql, &count, err);
			if (st != CAIRN_OK)
				return st;
			if (count != 0)
				note(violated, sizeof violated, name, count);
		}
	}
	if (violated[0] == '\0')
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_MIGRATION_GATE);
	cairn_error_message(err, "Gates of the migrations are violated: %s", violated);
	return CAIRN_SCHEMA;
}

cairn_status cairn__line_row(struct cairn__line *line, cairn_rows *rows, int64_t version,
			     enum cairn_migration_direction direction, int with_sql,
			     cairn_error *err)
{
	const cairn_history *recorded = cairn__recorded(line, version);
	const cairn_migration *script = cairn__script(line, version);
	cairn_migration_row *row = cairn_rows_push(rows);
	if (row == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	row->version = version;
	row->direction = direction;
	row->state = cairn__state(line, version);
	if (recorded != NULL) {
		row->applied_at = recorded->applied_at;
		row->additive = recorded->additive;
		row->name = cairn_rows_str(rows, recorded->name.ptr, recorded->name.len);
		row->introduced =
			cairn_rows_str(rows, recorded->introduced.ptr, recorded->introduced.len);
		row->checksum =
			cairn_rows_str(rows, recorded->checksum.ptr, recorded->checksum.len);
	} else if (script != NULL) {
		char hex[65];
		size_t at = 0;
		cairn_str since = cairn__directive_next(script->up, "since", &at);
		cairn__migration_hex(script, hex);
		at = 0;
		row->additive = cairn__directive_next(script->up, "additive", &at).ptr != NULL;
		row->name = cairn_rows_str(rows, script->name, strlen(script->name));
		row->introduced = cairn_rows_str(rows, since.ptr, since.len);
		row->checksum = cairn_rows_str(rows, hex, 64);
	}
	if (with_sql && script != NULL) {
		cairn_str sql = direction == CAIRN_MIGRATE_DOWN ? script->down : script->up;
		row->sql = cairn_rows_str(rows, sql.ptr, sql.len);
	}
	return rows->failed ? cairn_fail(err, CAIRN_E_NOMEM) : CAIRN_OK;
}
