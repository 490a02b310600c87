/*
 * migration_drift.c - the live schema against one made fresh from the applied
 * scripts. What belongs to tables that the scripts do not make is the
 * application's own business, unless it carries cairn's prefix.
 */
#include <stdlib.h>
#include <string.h>

#include "migration_plan.h"

static int by_object(const void *a, const void *b)
{
	const cairn_object *x = a;
	const cairn_object *y = b;
	int order = cairn_str_compare(x->name, y->name);
	return order != 0 ? order : cairn_str_compare(x->object, y->object);
}

static void sort(cairn_rows *rows)
{
	if (rows->count > 1)
		qsort(cairn_rows_at(rows, 0), rows->count, sizeof(cairn_object), by_object);
}

static int starts(cairn_str text, const char *prefix)
{
	size_t len = strlen(prefix);
	return text.len >= len && memcmp(text.ptr, prefix, len) == 0;
}

/* The table an object hangs on: its name up to the first dot. */
static cairn_str table_of(cairn_str name)
{
	const char *dot = memchr(name.ptr, '.', name.len);
	return dot == NULL ? name : (cairn_str){ name.ptr, (size_t)(dot - name.ptr) };
}

static int has_table(cairn_rows *rows, cairn_str table)
{
	for (size_t i = 0; i < rows->count; i++) {
		const cairn_object *one = cairn_rows_at(rows, i);
		if (cairn_str_equal(table_of(one->name), table))
			return 1;
	}
	return 0;
}

static int ours(const struct cairn__line *line, cairn_rows *fresh, const cairn_object *one)
{
	cairn_str table = table_of(one->name);
	if (cairn_str_is(table, "cairn_migrations"))
		return 0;
	if (cairn_str_is(line->name, "cairn") && starts(table, "cairn_"))
		return 1;
	return has_table(fresh, table);
}

static void report(cairn_rows *drift, enum cairn_drift_kind kind, const cairn_object *expected,
		   const cairn_object *actual)
{
	const cairn_object *any = expected != NULL ? expected : actual;
	cairn_drift_row *row = cairn_rows_push(drift);
	if (row == NULL) {
		drift->failed = 1;
		return;
	}
	row->kind = kind;
	row->object = cairn_rows_str(drift, any->object.ptr, any->object.len);
	row->name = cairn_rows_str(drift, any->name.ptr, any->name.len);
	if (expected != NULL)
		row->expected =
			cairn_rows_str(drift, expected->definition.ptr, expected->definition.len);
	if (actual != NULL)
		row->actual = cairn_rows_str(drift, actual->definition.ptr, actual->definition.len);
}

/* Walks both sorted lists side by side. */
static void compare(const struct cairn__line *line, cairn_rows *fresh, cairn_rows *live,
		    cairn_rows *drift)
{
	size_t i = 0;
	size_t j = 0;
	while (i < fresh->count || j < live->count) {
		const cairn_object *want = i < fresh->count ? cairn_rows_at(fresh, i) : NULL;
		const cairn_object *have = j < live->count ? cairn_rows_at(live, j) : NULL;
		int order = want == NULL ? 1 : have == NULL ? -1 : by_object(want, have);
		if (order < 0) {
			if (ours(line, fresh, want))
				report(drift, CAIRN_DRIFT_MISSING, want, NULL);
			i++;
		} else if (order > 0) {
			if (ours(line, fresh, have))
				report(drift, CAIRN_DRIFT_EXTRA, NULL, have);
			j++;
		} else {
			if (!cairn_str_equal(want->definition, have->definition) &&
			    ours(line, fresh, want))
				report(drift, CAIRN_DRIFT_CHANGED, want, have);
			i++;
			j++;
		}
	}
}

/* Both descriptions; the scripts are those of the versions that are applied. */
static cairn_status describe(struct cairn__line *line, cairn_rows *fresh, cairn_rows *live,
			     cairn_error *err)
{
	cairn_conn *conn = line->conn;
	cairn_str *scripts = cairn__scratch(conn, line->count + 1, sizeof *scripts, err);
	if (scripts == NULL)
		return CAIRN_NOMEM;
	size_t n = 0;
	for (size_t i = 0; i < line->count; i++) {
		if (cairn__recorded(line, line->set[i].version) != NULL)
			scripts[n++] = line->set[i].up;
	}
	cairn_status st = conn->migrations.describe(conn->self, scripts, n, fresh, err);
	if (st == CAIRN_OK)
		st = conn->migrations.describe(conn->self, NULL, 0, live, err);
	if (st == CAIRN_OK && (fresh->failed || live->failed))
		st = cairn_fail(err, CAIRN_E_NOMEM);
	cairn__scratch_free(conn, scripts, line->count + 1, sizeof *scripts);
	return st;
}

static cairn_status drift(struct cairn__line *line, cairn_rows *rows, cairn_error *err)
{
	cairn_conn *conn = line->conn;
	cairn_rows fresh;
	cairn_rows live;
	void *none = NULL;
	cairn_status st = cairn__line_read(line, err);
	if (st != CAIRN_OK)
		return st;
	if (conn->migrations.describe == NULL)
		return cairn_fail(err, CAIRN_E_DRIVER_FEATURE);
	cairn__rows_begin(&fresh, conn, &none, sizeof(cairn_object));
	cairn__rows_begin(&live, conn, &none, sizeof(cairn_object));
	st = describe(line, &fresh, &live, err);
	if (st == CAIRN_OK) {
		sort(&fresh);
		sort(&live);
		compare(line, &fresh, &live, rows);
	}
	cairn__rows_drop(&fresh);
	cairn__rows_drop(&live);
	return st;
}

cairn_status cairn_migrate_drift(cairn_conn *conn, const cairn_migrate_opts *opts,
				 cairn_drift **result, cairn_error *err)
{
	struct cairn__call call;
	struct cairn__line line;
	cairn_rows rows;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__MIGRATIONS, "migrate.drift", err);
	if (st == CAIRN_OK && result == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st != CAIRN_OK)
		return cairn__call_end(&call, st, 0);
	void *memory = *result;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_drift_row));
	st = cairn__line_begin(&line, conn, opts, err);
	if (st == CAIRN_OK)
		st = drift(&line, &rows, err);
	cairn__line_end(&line);
	st = cairn__rows_end(&rows, &memory, st, err);
	*result = memory;
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*result)->count : 0);
}
