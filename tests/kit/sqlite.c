/*
 * sqlite.c - the conformance kit on the SQLite driver: a file per case, in a
 * directory of its own below TMPDIR.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include <cairn/conformance.h>
#include <cairn/sqlite.h>

static int remove_file(const char *url)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };
	const char *path = url + strlen("sqlite:");
	int length = (int)strcspn(path, "?");
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		char file[1024];
		snprintf(file, sizeof(file), "%.*s%s", length, path, suffixes[i]);
		(void)unlink(file);
	}
	return 0;
}

/* SQLite has one isolation level: serializable. */
static int app_step(cairn_conn *conn, enum cairn_app_step step)
{
	static const char *const commands[] = {
		[CAIRN_APP_BEGIN] = "BEGIN",
		[CAIRN_APP_COMMIT] = "COMMIT",
		[CAIRN_APP_ROLLBACK] = "ROLLBACK",
		[CAIRN_APP_IS_STRICT_SESSION] = NULL,
	};
	if (!commands[step])
		return 1;
	if (!conn)
		return 0;
	sqlite3 *db = cairn_sqlite_handle(conn);
	return sqlite3_exec(db, commands[step], NULL, NULL, NULL) == SQLITE_OK ? 0 : -1;
}

static int poison(const char *url, cairn_id job)
{
	char hex[sizeof(job.bytes) * 2 + 1];
	char file[1024];
	char sql[256];
	sqlite3 *db = NULL;
	const char *path = url + strlen("sqlite:");
	for (size_t i = 0; i < sizeof(job.bytes); i++)
		snprintf(hex + 2 * i, 3, "%02x", job.bytes[i]);
	snprintf(file, sizeof(file), "%.*s", (int)strcspn(path, "?"), path);
	snprintf(sql, sizeof(sql),
		 "CREATE TRIGGER poison BEFORE UPDATE ON cairn_job WHEN OLD.id = x'%s'"
		 " AND OLD.status <> NEW.status BEGIN SELECT RAISE(ABORT, 'poisoned'); END",
		 hex);
	int answer = sqlite3_open(file, &db);
	if (answer == SQLITE_OK)
		answer = sqlite3_exec(db, sql, NULL, NULL, NULL);
	sqlite3_close(db);
	return answer == SQLITE_OK ? 0 : -1;
}

static int poison_key(const char *url, const char *key)
{
	char file[1024];
	char sql[256];
	sqlite3 *db = NULL;
	const char *path = url + strlen("sqlite:");
	snprintf(file, sizeof(file), "%.*s", (int)strcspn(path, "?"), path);
	snprintf(sql, sizeof(sql),
		 "CREATE TRIGGER poison_key BEFORE INSERT ON cairn_job WHEN"
		 " NEW.idempotency_key = '%s' BEGIN SELECT RAISE(ABORT, 'poisoned'); END",
		 key);
	int answer = sqlite3_open(file, &db);
	if (answer == SQLITE_OK)
		answer = sqlite3_exec(db, sql, NULL, NULL, NULL);
	sqlite3_close(db);
	return answer == SQLITE_OK ? 0 : -1;
}

int main(int argc, char **argv)
{
	static const char *const bad_urls[] = { "sqlite:", "sqlite:file.db?nonsense=1",
						"sqlite:file.db?synchronous=sometimes", NULL };
	const char *base = getenv("TMPDIR");
	char directory[512];
	char url[600];
	snprintf(directory, sizeof(directory), "%s/cairn-kit-XXXXXX", base ? base : "/tmp");
	if (!mkdtemp(directory)) {
		perror(directory);
		return 2;
	}
	snprintf(url, sizeof(url), "sqlite:%s/{case}.db", directory);
	const cairn_subject sqlite = { .size = sizeof(sqlite),
				       .driver = &cairn_sqlite,
				       .url = url,
				       .reset = remove_file,
				       .app_step = app_step,
				       .poison = poison,
				       .unreachable_url = "sqlite:/nonexistent/directory/file.db",
				       .bad_urls = bad_urls,
				       .poison_key = poison_key };
	int answer = cairn_conformance_main(argc, argv, &sqlite);
	(void)rmdir(directory);
	return answer;
}
