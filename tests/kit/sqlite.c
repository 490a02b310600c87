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
				       .unreachable_url = "sqlite:/nonexistent/directory/file.db",
				       .bad_urls = bad_urls };
	int answer = cairn_conformance_main(argc, argv, &sqlite);
	(void)rmdir(directory);
	return answer;
}
