/* migration_read.c - plan, status and check: the line as it stands, changing nothing. */
#include "migration_plan.h"

const char *cairn_migration_state_text(enum cairn_migration_state state)
{
	switch (state) {
	case CAIRN_MIGRATION_PENDING:
		return "pending";
	case CAIRN_MIGRATION_APPLIED:
		return "applied";
	case CAIRN_MIGRATION_EDITED:
		return "edited";
	case CAIRN_MIGRATION_DIRTY:
		return "dirty";
	case CAIRN_MIGRATION_UNKNOWN:
		return "unknown";
	}
	return "unknown";
}

static cairn_status plan(struct cairn__line *line, enum cairn_migration_direction direction,
			 cairn_rows *rows, cairn_error *err)
{
	cairn_status st = cairn__line_read(line, err);
	if (st == CAIRN_OK)
		st = cairn__verify(line, err);
	if (st == CAIRN_OK)
		st = cairn__target_check(line, direction, err);
	for (size_t i = 0; i < line->count && st == CAIRN_OK; i++) {
		int down = direction == CAIRN_MIGRATE_DOWN;
		int64_t version = line->set[down ? line->count - 1 - i : i].version;
		if (!cairn__wanted(line, direction, version))
			continue;
		if (!down && line->opts.limit > 0 && rows->count == line->opts.limit)
			break;
		st = cairn__line_row(line, rows, version, direction, 1, err);
	}
	return st;
}

static cairn_status status(struct cairn__line *line, enum cairn_migration_direction direction,
			   cairn_rows *rows, cairn_error *err)
{
	(void)direction;
	cairn_status st = cairn__line_read(line, err);
	for (size_t i = 0; i < line->count && st == CAIRN_OK; i++)
		st = cairn__line_row(line, rows, line->set[i].version, 0, 0, err);
	/* recorded versions beyond the set are newer than every known one */
	for (size_t i = 0; i < line->history.count && st == CAIRN_OK; i++) {
		const cairn_history *row = cairn_rows_at(&line->history, i);
		if (cairn__script(line, row->version) == NULL)
			st = cairn__line_row(line, rows, row->version, 0, 0, err);
	}
	return st;
}

typedef cairn_status read_fn(struct cairn__line *line, enum cairn_migration_direction direction,
			     cairn_rows *rows, cairn_error *err);

static cairn_status read_call(cairn_conn *conn, read_fn *fn,
			      enum cairn_migration_direction direction,
			      const cairn_migrate_opts *opts, cairn_migration_rows **result,
			      cairn_error *err)
{
	struct cairn__line line;
	cairn_rows rows;
	void *memory = *result;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_migration_row));
	cairn_status st = cairn__line_begin(&line, conn, opts, err);
	if (st == CAIRN_OK)
		st = fn(&line, direction, &rows, err);
	cairn__line_end(&line);
	st = cairn__rows_end(&rows, &memory, st, err);
	*result = memory;
	return st;
}

cairn_status cairn_migrate_plan(cairn_conn *conn, enum cairn_migration_direction direction,
				const cairn_migrate_opts *opts, cairn_migration_rows **result,
				cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__MIGRATIONS, "migrate.plan", err);
	if (st == CAIRN_OK &&
	    (result == NULL || direction < CAIRN_MIGRATE_UP || direction > CAIRN_MIGRATE_DOWN))
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = read_call(conn, plan, direction, opts, result, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*result)->count : 0);
}

cairn_status cairn_migrate_status(cairn_conn *conn, const cairn_migrate_opts *opts,
				  cairn_migration_rows **rows, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__MIGRATIONS, "migrate.status", err);
	if (st == CAIRN_OK && rows == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = read_call(conn, status, CAIRN_MIGRATE_UP, opts, rows, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*rows)->count : 0);
}

static cairn_status check(struct cairn__line *line, cairn_error *err)
{
	cairn_status st = cairn__line_read(line, err);
	if (st != CAIRN_OK)
		return st;
	if (line->history.count == 0 && line->count > 0)
		return cairn__refuse(err, CAIRN_E_MIGRATION_HISTORY, line->set[0].version);
	st = cairn__verify(line, err);
	for (size_t i = 0; i < line->count && st == CAIRN_OK; i++) {
		if (cairn__recorded(line, line->set[i].version) != NULL)
			continue;
		st = cairn__refuse(err, CAIRN_E_MIGRATION_PENDING, line->set[i].version);
		cairn_error_detail(err, "newest applied version is %lld",
				   (long long)cairn__newest(line));
	}
	return st == CAIRN_OK ? cairn__gates(line, err) : st;
}

cairn_status cairn_migrate_check(cairn_conn *conn, const cairn_migrate_opts *opts, cairn_error *err)
{
	struct cairn__call call;
	struct cairn__line line;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__MIGRATIONS, "migrate.check", err);
	if (st != CAIRN_OK)
		return cairn__call_end(&call, st, 0);
	st = cairn__line_begin(&line, conn, opts, err);
	if (st == CAIRN_OK)
		st = check(&line, err);
	cairn__line_end(&line);
	return cairn__call_end(&call, st, 0);
}
