/*
 * migration.c - up and down: lock, verify, apply in order, unlock; then, on the
 * way up, gates and validations. A driver without a lock of its own gets one transaction over the run.
 */
#include <string.h>
#include <time.h>

#include "limits.h"
#include "migration_plan.h"

static cairn_usec ticks(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (cairn_usec)now.tv_sec * CAIRN_SECOND + now.tv_nsec / 1000;
}

/* The lock of a run: the driver's, or the transaction that stands in for it. */
struct lock {
	int held;
	cairn_tx tx;
};

/* Begins the transaction that stands in for a lock; a busy database is waited for. */
static cairn_status lock_by_tx(struct cairn__line *line, struct lock *lock, cairn_error *err)
{
	cairn_usec deadline = ticks() + line->opts.wait;
	cairn_status st;
	do {
		st = cairn_begin(line->conn, &lock->tx, err);
	} while (st == CAIRN_BUSY && ticks() < deadline);
	return st == CAIRN_BUSY ? cairn_fail(err, CAIRN_E_MIGRATION_LOCKED) : st;
}

static cairn_status lock_take(struct cairn__line *line, struct lock *lock, cairn_error *err)
{
	cairn_conn *conn = line->conn;
	memset(lock, 0, sizeof *lock);
	cairn_status st;
	if (conn->migrations.lock == NULL)
		st = lock_by_tx(line, lock, err);
	else
		st = conn->migrations.lock(conn->self, line->name, line->opts.wait, err);
	lock->held = st == CAIRN_OK;
	return st;
}

/* The migration's own failure wins over a failure to unlock; the detail tells both. */
static cairn_status lock_release(struct cairn__line *line, struct lock *lock, cairn_status run,
				 cairn_error *err)
{
	cairn_conn *conn = line->conn;
	if (!lock->held)
		return run;
	if (conn->migrations.lock == NULL) {
		cairn_status st = run == CAIRN_OK ? cairn_commit(&lock->tx, err) : run;
		cairn_rollback(&lock->tx);
		return st;
	}
	if (run == CAIRN_OK)
		return conn->migrations.unlock(conn->self, line->name, err);
	cairn_error second = CAIRN_ERROR_INIT;
	if (conn->migrations.unlock(conn->self, line->name, &second) != CAIRN_OK && err != NULL) {
		cairn_error both = *err;
		cairn_error_detail(err, "%.300s; unlock: %.150s", both.detail, second.detail);
	}
	return run;
}

static cairn_status apply(struct cairn__line *line, enum cairn_migration_direction direction,
			  const cairn_migration *script, cairn_error *err)
{
	char hex[65];
	size_t at = 0;
	size_t from = 0;
	cairn__migration_hex(script, hex);
	cairn_str since = cairn__directive_next(script->up, "since", &at);
	cairn_migration_step step = {
		.line = line->name,
		.direction = direction,
		.sql = direction == CAIRN_MIGRATE_DOWN ? script->down : script->up,
		.row = {
			.version = script->version,
			.name = cairn_str_of(script->name),
			.checksum = { hex, 64 },
			.introduced = since.ptr != NULL ? since : cairn_str_of(cairn_version()),
			.success = 1,
			.additive = cairn__directive_next(script->up, "additive", &from).ptr != NULL,
		},
	};
	cairn_status st = line->conn->migrations.apply(line->conn->self, &step, err);
	if (st != CAIRN_OK && err != NULL && strcmp(err->code, "migration.failed") == 0) {
		cairn_error cause = *err;
		cairn__refuse(err, CAIRN_E_MIGRATION_FAILED, script->version);
		cairn_error_detail(err, "%s", cause.detail);
		memcpy(err->sqlstate, cause.sqlstate, sizeof err->sqlstate);
		err->native = cause.native;
		err->status = st;
	}
	return st;
}

/* What was run, as rows: made before the lock goes, so that missing memory can still undo it. */
static cairn_status report(struct cairn__line *line, enum cairn_migration_direction direction,
			   const int64_t *ran, size_t count, cairn_rows *rows, cairn_error *err)
{
	cairn_status st = cairn__line_read(line, err);
	for (size_t i = 0; i < count && st == CAIRN_OK; i++)
		st = cairn__line_row(line, rows, ran[i], direction, 0, err);
	return st;
}

/* Applies what is wanted in order; notes each version that was run. */
static cairn_status run(struct cairn__line *line, enum cairn_migration_direction direction,
			int64_t *ran, cairn_rows *rows, cairn_error *err)
{
	size_t count = 0;
	cairn_status st = cairn__line_read(line, err);
	if (st == CAIRN_OK)
		st = cairn__verify(line, err);
	if (st == CAIRN_OK)
		st = cairn__target_check(line, direction, err);
	for (size_t i = 0; i < line->count && st == CAIRN_OK; i++) {
		int down = direction == CAIRN_MIGRATE_DOWN;
		const cairn_migration *script = &line->set[down ? line->count - 1 - i : i];
		if (!cairn__wanted(line, direction, script->version))
			continue;
		if (!down && line->opts.limit > 0 && count == line->opts.limit)
			break;
		st = apply(line, direction, script, err);
		if (st == CAIRN_OK)
			ran[count++] = script->version;
	}
	return st == CAIRN_OK ? report(line, direction, ran, count, rows, err) : st;
}

/* Runs the validations of every applied version; each is repeatable and stands alone. */
static cairn_status validate(struct cairn__line *line, cairn_error *err)
{
	cairn_conn *conn = line->conn;
	for (size_t i = 0; i < line->count; i++) {
		size_t at = 0;
		if (cairn__recorded(line, line->set[i].version) == NULL)
			continue;
		for (;;) {
			cairn_str sql = cairn__directive_next(line->set[i].up, "validate", &at);
			if (sql.ptr == NULL)
				break;
			cairn_status st = conn->migrations.validate(conn->self, sql, err);
			if (st != CAIRN_OK)
				return st;
		}
	}
	return CAIRN_OK;
}

static cairn_status migrate(struct cairn__line *line, enum cairn_migration_direction direction,
			    int64_t *ran, cairn_rows *rows, cairn_error *err)
{
	struct lock lock;
	cairn_status st = lock_take(line, &lock, err);
	if (st == CAIRN_OK)
		st = run(line, direction, ran, rows, err);
	st = lock_release(line, &lock, st, err);
	if (st == CAIRN_OK && direction == CAIRN_MIGRATE_UP)
		st = cairn__gates(line, err);
	if (st == CAIRN_OK && direction == CAIRN_MIGRATE_UP)
		st = validate(line, err);
	return st;
}

static cairn_status migrate_call(cairn_conn *conn, enum cairn_migration_direction direction,
				 const cairn_migrate_opts *opts, cairn_migration_rows **done,
				 const char *op, cairn_error *err)
{
	struct cairn__call call;
	struct cairn__line line;
	cairn_rows rows;
	void *memory = done != NULL ? *done : NULL;
	size_t count = 0;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__MIGRATIONS, op, err);
	if (st != CAIRN_OK)
		return cairn__call_end(&call, st, 0);
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_migration_row));
	st = cairn__line_begin(&line, conn, opts, err);
	if (st == CAIRN_OK) {
		int64_t *ran = cairn__scratch(conn, line.count + 1, sizeof *ran, err);
		st = ran != NULL ? migrate(&line, direction, ran, &rows, err) : CAIRN_NOMEM;
		cairn__scratch_free(conn, ran, line.count + 1, sizeof *ran);
	}
	cairn__line_end(&line);
	count = rows.count;
	st = cairn__rows_end(&rows, &memory, st, err);
	if (done != NULL)
		*done = memory;
	else
		cairn_free(memory);
	return cairn__call_end(&call, st, count);
}

cairn_status cairn_migrate_up(cairn_conn *conn, const cairn_migrate_opts *opts,
			      cairn_migration_rows **done, cairn_error *err)
{
	return migrate_call(conn, CAIRN_MIGRATE_UP, opts, done, "migrate.up", err);
}

cairn_status cairn_migrate_down(cairn_conn *conn, const cairn_migrate_opts *opts,
				cairn_migration_rows **done, cairn_error *err)
{
	return migrate_call(conn, CAIRN_MIGRATE_DOWN, opts, done, "migrate.down", err);
}
