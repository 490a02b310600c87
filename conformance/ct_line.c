/*
 * ct_line.c - migration lines of the kit's own, and drivers wrapped to stop in the
 * middle of one or to record it as failed. (ct_line.h)
 */
#include "ct_line.h"

#include <pthread.h>
#include <time.h>

size_t ct_own_count(void)
{
	return ct_subject()->driver->set_count;
}

ct_line *ct_line_new(const char *name)
{
	ct_line *line = ct_alloc(sizeof(*line));
	line->name = name;
	line->opts.size = sizeof(line->opts);
	line->opts.line = cairn_str_of(name);
	line->opts.set = line->set;
	return line;
}

void ct_line_add(ct_line *line, const char *up, const char *down)
{
	if (line->count == CT_LINE_MAX)
		ct_fail("a line has at most %d versions", CT_LINE_MAX);
	cairn_migration *one = &line->set[line->count++];
	one->version = (int64_t)line->count;
	one->name = ct_format("step_%zu", line->count);
	one->up = cairn_str_of(up);
	one->down = cairn_str_of(down);
	line->opts.count = line->count;
}

ct_line *ct_line_tables(size_t n)
{
	ct_line *line = ct_line_new("app");
	for (size_t i = 1; i <= n; i++)
		ct_line_add(line, ct_format("CREATE TABLE app_%zu (a integer);\n", i),
			    ct_format("DROP TABLE app_%zu;\n", i));
	return line;
}

/* A copy of which opts.set points to another array, which must live as long. */
static ct_line with_set(const ct_line *line, const cairn_migration *set, size_t count)
{
	ct_line copy = *line;
	copy.count = count;
	copy.opts.set = set;
	copy.opts.count = count;
	return copy;
}

ct_line ct_line_known(const ct_line *line, size_t count)
{
	return with_set(line, line->set, count);
}

ct_line ct_line_edited(const ct_line *line, int64_t version)
{
	cairn_migration *set = ct_alloc(sizeof(line->set));
	memcpy(set, line->opts.set, line->count * sizeof(*set));
	cairn_migration *one = &set[version - 1];
	one->up = cairn_str_of(ct_format("%.*s-- edited\n", (int)one->up.len, one->up.ptr));
	memset(one->sha256, 0, sizeof(one->sha256));
	return with_set(line, set, line->count);
}

cairn_migrate_opts ct_target(const ct_line *line, int64_t target)
{
	cairn_migrate_opts opts = line->opts;
	opts.target = target;
	return opts;
}

void ct_up(cairn_conn *conn, const ct_line *line, size_t applied)
{
	cairn_migration_rows *done = NULL;
	ct_ok(cairn_migrate_up(conn, &line->opts, &done, ct_err()));
	ct_later(done);
	ct_int(done->count, applied);
}

void ct_down(cairn_conn *conn, const ct_line *line, int64_t target, size_t removed)
{
	cairn_migrate_opts opts = ct_target(line, target);
	cairn_migration_rows *done = NULL;
	ct_ok(cairn_migrate_down(conn, &opts, &done, ct_err()));
	ct_later(done);
	ct_int(done->count, removed);
}

const char *ct_line_states(cairn_conn *conn, const ct_line *line)
{
	cairn_migration_rows *rows = NULL;
	const char *text = "";
	ct_ok(cairn_migrate_status(conn, line ? &line->opts : NULL, &rows, ct_err()));
	ct_later(rows);
	for (size_t i = 0; i < rows->count; i++)
		text = ct_format("%s%s%s", text, i ? " " : "",
				 cairn_migration_state_text(rows->at[i].state));
	return text;
}

void ct_line_refused(cairn_conn *conn, const ct_line *line, cairn_status status, const char *code)
{
	const char *before = ct_line_states(conn, line);
	ct_status(cairn_migrate_check(conn, &line->opts, ct_err()), status, code);
	ct_status(cairn_migrate_up(conn, &line->opts, NULL, ct_err()), status, code);
	cairn_error kept = *ct_last();
	ct_text(ct_line_states(conn, line), before);
	*ct_err() = kept;
}

/* ---- looking into tables --------------------------------------------------------------- */

/*
 * A count comes out through a gate: a line whose only version has the gate reports
 * the number of rows when it is not zero. The line is taken away again.
 */
static cairn_status probe(cairn_conn *conn, const char *table)
{
	ct_line *line = ct_line_new("kit-probe");
	const char *count = ct_format("SELECT count(*) FROM %s", table);
	ct_line_add(line,
		    ct_format("-- gate: rows %s\nCREATE TABLE kit_probe (a integer);\n", count),
		    "DROP TABLE kit_probe;\n");
	cairn_status status = cairn_migrate_up(conn, &line->opts, NULL, ct_err());
	cairn_error kept = *ct_last();
	cairn_migrate_opts down = ct_target(line, -1);
	ct_ok(cairn_migrate_down(conn, &down, NULL, ct_err()));
	*ct_err() = kept;
	return status;
}

/* The number behind the gate's name in a refusal. */
static int64_t told_count(const char *text)
{
	const char *at = strstr(text, "rows");
	int64_t number = 0;
	if (!at)
		return -1;
	at += strcspn(at, "0123456789");
	if (!*at)
		return -1;
	for (; *at >= '0' && *at <= '9'; at++)
		number = number * 10 + (*at - '0');
	return number;
}

int64_t ct_table_rows(cairn_conn *conn, const char *table)
{
	cairn_status status = probe(conn, table);
	if (status == CAIRN_OK)
		return 0;
	if (strcmp(ct_last()->code, "migration.gate_failed") != 0)
		ct_fail("table %s can't be counted: %s %s", table, ct_last()->code,
			ct_last()->detail);
	int64_t rows = told_count(ct_last()->message);
	return rows >= 0 ? rows : told_count(ct_last()->detail);
}

bool ct_table_there(cairn_conn *conn, const char *table)
{
	cairn_status status = probe(conn, table);
	return status == CAIRN_OK || strcmp(ct_last()->code, "migration.gate_failed") == 0;
}

/* ---- wrapped drivers ---------------------------------------------------------------------- */

static cairn_migration_ops real;

static cairn_status apply_dirty(void *self, const cairn_migration_step *step, cairn_error *err)
{
	cairn_migration_step mine = *step;
	mine.row.success = 0;
	return real.apply(self, &mine, err);
}

static cairn_conn *open_with_apply(cairn_migration_apply_fn *apply)
{
	cairn_driver *driver = ct_alloc(sizeof(*driver));
	cairn_migration_ops *ops = ct_alloc(sizeof(*ops));
	cairn_conn_opts opts = ct_opts();
	size_t size = ct_subject()->driver->migrations->size;
	memcpy(&real, ct_subject()->driver->migrations, size < sizeof(real) ? size : sizeof(real));
	*driver = *ct_subject()->driver;
	*ops = real;
	ops->apply = apply;
	driver->migrations = ops;
	return ct_open_driver(driver, &opts);
}

cairn_conn *ct_open_dirty(void)
{
	return open_with_apply(apply_dirty);
}

struct ct_gatekeeper {
	pthread_mutex_t lock;
	pthread_cond_t turn;
	bool arrived;
	bool open;
};

static ct_gatekeeper the_keeper = { .lock = PTHREAD_MUTEX_INITIALIZER,
				    .turn = PTHREAD_COND_INITIALIZER };

static bool wait_until(const bool *flag)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 15;
	int late = 0;
	while (!*flag && !late)
		late = pthread_cond_timedwait(&the_keeper.turn, &the_keeper.lock, &until);
	return *flag;
}

static cairn_status apply_when_open(void *self, const cairn_migration_step *step, cairn_error *err)
{
	pthread_mutex_lock(&the_keeper.lock);
	the_keeper.arrived = true;
	pthread_cond_broadcast(&the_keeper.turn);
	(void)wait_until(&the_keeper.open);
	pthread_mutex_unlock(&the_keeper.lock);
	return real.apply(self, step, err);
}

ct_gatekeeper *ct_gatekeeper_new(void)
{
	the_keeper.arrived = false;
	the_keeper.open = false;
	return &the_keeper;
}

cairn_conn *ct_gatekeeper_open(ct_gatekeeper *keeper)
{
	(void)keeper;
	return open_with_apply(apply_when_open);
}

void ct_gatekeeper_await(ct_gatekeeper *keeper)
{
	pthread_mutex_lock(&keeper->lock);
	bool arrived = wait_until(&keeper->arrived);
	pthread_mutex_unlock(&keeper->lock);
	if (!arrived)
		ct_fail("no script arrived");
}

void ct_gatekeeper_let_go(ct_gatekeeper *keeper)
{
	pthread_mutex_lock(&keeper->lock);
	keeper->open = true;
	pthread_cond_broadcast(&keeper->turn);
	pthread_mutex_unlock(&keeper->lock);
}
