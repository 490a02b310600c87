/*
 * conn.c - opening a file, adopting a handle, closing; the clock, waiting for
 * the file, interrupting.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lite.h"

/* ---- time --------------------------------------------------------------- */

static cairn_usec microseconds(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (cairn_usec)now.tv_sec * CAIRN_SECOND + now.tv_nsec / 1000;
}

cairn_usec cairn_lite__ticks(void)
{
	return microseconds(CLOCK_MONOTONIC);
}

cairn_time cairn_lite__time(struct lite *lite)
{
	cairn_time installed = cairn_host_now(lite->host);
	return installed != 0 ? installed : microseconds(CLOCK_REALTIME);
}

cairn_status cairn_lite__now(void *self, cairn_time *now, cairn_error *err)
{
	(void)err;
	*now = cairn_lite__time(self);
	return CAIRN_OK;
}

/* ---- waiting and being stopped ------------------------------------------ */

/* xorshift: the pauses of several processes must only not keep step. */
static uint32_t dice(struct lite *lite)
{
	uint32_t x = lite->dice;
	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	lite->dice = x;
	return x;
}

static void sleep_for(struct lite *lite, cairn_usec mean, cairn_usec most)
{
	cairn_usec pause = mean / 2 + (cairn_usec)(dice(lite) % (uint32_t)mean);
	if (pause > most)
		pause = most;
	nanosleep(&(struct timespec){ .tv_nsec = (long)pause * 1000 }, NULL);
}

/*
 * SQLite's lock has no queue: whoever looks at the right moment gets it. The first looks
 * are close together, because most transactions are short; then they get rarer, because
 * looking costs the processor that the writer needs; and who has waited very long looks more
 * often than the others, so that nobody is left behind for ever.
 */
static cairn_usec pause_after(cairn_usec waited)
{
	if (waited < CAIRN_MILLISECOND)
		return 100;
	if (waited < 10 * CAIRN_MILLISECOND)
		return 500;
	return waited < 500 * CAIRN_MILLISECOND ? 2000 : 1000;
}

bool cairn_lite__wait(struct lite *lite)
{
	cairn_usec now = cairn_lite__ticks();
	if (lite->waiting == 0)
		lite->waiting = now;
	cairn_usec waited = now - lite->waiting;
	cairn_usec left = cairn_host_settings(lite->host)->lock_timeout - waited;
	if (left <= 0 || atomic_load(&lite->interrupted))
		return false;
	sleep_for(lite, pause_after(waited), left);
	lite->waited = cairn_lite__ticks();
	return true;
}

/*
 * A writer that begins again at once would always win against those who sleep. So
 * whoever had to wait lately knows that there are others, and lets them go first.
 */
void cairn_lite__yield(struct lite *lite)
{
	if (lite->waited != 0 && cairn_lite__ticks() - lite->waited < 20 * CAIRN_MILLISECOND)
		sleep_for(lite, 100, 150);
}

static int when_busy(void *user, int count)
{
	(void)count;
	return cairn_lite__wait(user);
}

/* Asked every few thousand steps of a statement; an answer but 0 stops it. */
static int when_running(void *user)
{
	struct lite *lite = user;
	lite->timed_out = lite->deadline != 0 && cairn_lite__ticks() >= lite->deadline;
	return lite->timed_out;
}

/* From another thread. */
void cairn_lite__interrupt(void *self)
{
	struct lite *lite = self;
	atomic_store(&lite->interrupted, 1);
	sqlite3_interrupt(lite->db);
}

/* ---- the URL ------------------------------------------------------------ */

struct options {
	bool memory;
	bool normal;
	bool existing;
	int64_t cache_kib;
	int64_t max_pages; /* 0: no bound */
};

static cairn_status refuse(const cairn_url_param *param, cairn_error *err)
{
	cairn_fail(err, CAIRN_E_URL_OPTION);
	cairn_error_detail(err, "option %.*s", (int)param->name.len, param->name.ptr);
	return CAIRN_INVALID;
}

/* A whole positive number, or 0. */
static int64_t number(cairn_str text)
{
	int64_t value = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return 0;
		value = value * 10 + (text.ptr[i] - '0');
		if (value > INT_MAX)
			return 0;
	}
	return value;
}

/* Which of two words it is: 0, 1, or -1. */
static int choice(cairn_str value, const char *no, const char *yes)
{
	if (cairn_str_is(value, yes))
		return 1;
	return cairn_str_is(value, no) ? 0 : -1;
}

static cairn_status read_option(struct options *options, const cairn_url_param *param,
				cairn_error *err)
{
	int chosen = 1;
	if (cairn_str_is(param->name, "synchronous")) {
		chosen = choice(param->value, "full", "normal");
		options->normal = chosen == 1;
	} else if (cairn_str_is(param->name, "create")) {
		chosen = choice(param->value, "yes", "no");
		options->existing = chosen == 1;
	} else if (cairn_str_is(param->name, "cache_kib")) {
		options->cache_kib = number(param->value);
		chosen = options->cache_kib > 0 ? 1 : -1;
	} else if (cairn_str_is(param->name, "max_pages")) {
		options->max_pages = number(param->value);
		chosen = options->max_pages > 0 ? 1 : -1;
	} else {
		chosen = -1;
	}
	return chosen >= 0 ? CAIRN_OK : refuse(param, err);
}

static cairn_status read_url(const cairn_url *url, struct options *options, cairn_error *err)
{
	*options = (struct options){ .cache_kib = 8192 };
	options->memory = cairn_str_is(url->path, ":memory:");
	if (url->path.len == 0 || memchr(url->path.ptr, '\0', url->path.len) != NULL) {
		cairn_fail(err, CAIRN_E_URL_INVALID);
		cairn_error_detail(err, "sqlite: needs a path, or :memory:");
		return CAIRN_INVALID;
	}
	cairn_status status = CAIRN_OK;
	for (size_t i = 0; i < url->count && status == CAIRN_OK; i++)
		status = read_option(options, &url->params[i], err);
	return status;
}

/* ---- opening ------------------------------------------------------------ */

static cairn_status open_file(struct lite *lite, cairn_str path, const struct options *options,
			      cairn_error *err)
{
	/* one thread at a time uses a connection, so SQLite needs no locks around it */
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	if (!options->existing)
		flags |= SQLITE_OPEN_CREATE;
	char *name = cairn_host_alloc(lite->host, NULL, 0, path.len + 1);
	if (name == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	memcpy(name, path.ptr, path.len);
	name[path.len] = '\0';
	lite->owned = true;
	int rc = sqlite3_open_v2(name, &lite->db, flags, NULL);
	cairn_host_alloc(lite->host, name, path.len + 1, 0);
	if (lite->db == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	return rc == SQLITE_OK ? CAIRN_OK : cairn_lite__fail(lite, rc, err);
}

static cairn_status set(struct lite *lite, const char *sql, cairn_error *err)
{
	int rc = sqlite3_exec(lite->db, sql, NULL, NULL, NULL);
	return rc == SQLITE_OK ? CAIRN_OK : cairn_lite__fail(lite, rc, err);
}

static cairn_status set_sizes(struct lite *lite, const struct options *options, cairn_error *err)
{
	char sql[64];
	snprintf(sql, sizeof sql, LITE_CACHE_FORMAT, (long long)options->cache_kib);
	cairn_status status = set(lite, sql, err);
	if (status != CAIRN_OK || options->max_pages == 0)
		return status;
	snprintf(sql, sizeof sql, LITE_MAX_PAGES_FORMAT, (long long)options->max_pages);
	return set(lite, sql, err);
}

/* A statement that answers one word; it is held against the one wanted. */
static cairn_status ask(struct lite *lite, enum lite_sql which, const char *wanted, bool *same,
			cairn_error *err)
{
	struct lite_run run;
	bool more;
	cairn_status status = cairn_lite__start(&run, lite, which, err);
	if (status == CAIRN_OK)
		status = cairn_lite__row(&run, &more, err);
	if (status != CAIRN_OK)
		return status;
	*same = more && cairn_str_is(cairn_lite__view(&run), wanted);
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

static cairn_status check_encoding(struct lite *lite, cairn_error *err)
{
	bool same;
	cairn_status status = ask(lite, LITE_ENCODING, "UTF-8", &same, err);
	if (status != CAIRN_OK)
		return status;
	return same ? CAIRN_OK : cairn_fail(err, CAIRN_E_DB_ENCODING);
}

/* The change of mode needs the file for itself, and SQLite does not always wait for that. */
static cairn_status write_ahead(struct lite *lite, cairn_error *err)
{
	bool same = true;
	if (sqlite3_db_readonly(lite->db, "main") == 1)
		return CAIRN_OK;
	cairn_status status;
	do {
		status = ask(lite, LITE_WAL, "wal", &same, err);
	} while (status == CAIRN_BUSY && cairn_lite__wait(lite));
	if (status == CAIRN_OK && !same) {
		status = cairn_fail(err, CAIRN_E_DB_UNAVAILABLE);
		cairn_error_detail(err, "the file system does not allow write-ahead logging");
	}
	return status;
}

static cairn_status configure(struct lite *lite, const struct options *options, cairn_error *err)
{
	sqlite3_busy_handler(lite->db, when_busy, lite);
	lite->time_limit = cairn_host_settings(lite->host)->statement_timeout;
	if (lite->time_limit > 0)
		sqlite3_progress_handler(lite->db, 2000, when_running, lite);
	cairn_status status = check_encoding(lite, err);
	if (status == CAIRN_OK)
		status = set_sizes(lite, options, err);
	if (status == CAIRN_OK && !options->memory)
		status = write_ahead(lite, err);
	if (status == CAIRN_OK)
		status = cairn_lite__do(lite, options->normal ? LITE_NORMAL : LITE_FULL, err);
	if (status == CAIRN_OK)
		status = cairn_lite__do(lite, LITE_CHECKPOINT, err);
	if (status == CAIRN_OK)
		status = cairn_lite__do(lite, LITE_TEMPORARY, err);
	return status;
}

static cairn_status prepare(struct lite *lite, cairn_host *host, cairn_error *err)
{
	lite->host = host;
	lite->dice = (uint32_t)cairn_lite__ticks() ^ (uint32_t)(uintptr_t)lite ^ 0x9e3779b9u;
	if (lite->dice == 0)
		lite->dice = 1;
	if (cairn_lite__migration_count == LITE_MIGRATIONS)
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_INTERNAL);
	cairn_error_detail(err, "LITE_MIGRATIONS is not the number of the scripts");
	return CAIRN_INTERNAL;
}

cairn_status cairn_lite__open(void *self, cairn_host *host, const cairn_url *url, cairn_error *err)
{
	struct lite *lite = self;
	struct options options;
	cairn_status status = prepare(lite, host, err);
	if (status == CAIRN_OK)
		status = read_url(url, &options, err);
	if (status == CAIRN_OK)
		status = open_file(lite, url->path, &options, err);
	if (status == CAIRN_OK)
		status = configure(lite, &options, err);
	return status;
}

/* Nothing of the application's handle is changed: neither pragmas nor handlers. */
cairn_status cairn_lite__adopt(void *self, cairn_host *host, void *native, cairn_error *err)
{
	struct lite *lite = self;
	cairn_status status = prepare(lite, host, err);
	lite->db = native;
	return status == CAIRN_OK ? check_encoding(lite, err) : status;
}

/* Also after an open that failed half-way: then some of it is not there. */
void cairn_lite__close(void *self)
{
	struct lite *lite = self;
	for (size_t i = 0; i < LITE_SQL_COUNT; i++) {
		sqlite3_finalize(lite->statements[i]);
		lite->statements[i] = NULL;
	}
	if (lite->slots != NULL)
		cairn_host_alloc(lite->host, lite->slots, lite->slot_count * sizeof *lite->slots,
				 0);
	lite->slots = NULL;
	cairn_lite__lists_free(lite);
	cairn_lite__unwatch(lite);
	/* an application may hold statements of its own: the handle goes with the last of them */
	if (lite->owned && lite->db != NULL)
		sqlite3_close_v2(lite->db);
	lite->db = NULL;
}

/* ---- the public face ---------------------------------------------------- */

cairn_status cairn_sqlite_adopt(cairn_conn **conn, struct sqlite3 *db, const cairn_conn_opts *opts,
				cairn_error *err)
{
	return cairn_adopt(conn, &cairn_sqlite, db, opts, err);
}

struct sqlite3 *cairn_sqlite_handle(const cairn_conn *conn)
{
	struct lite *lite = cairn_conn_self(conn, &cairn_sqlite);
	return lite != NULL ? lite->db : NULL;
}
