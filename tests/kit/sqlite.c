/*
 * sqlite.c - the conformance kit on the SQLite driver: a file per case, in a
 * directory of its own below TMPDIR.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include <cairn/conformance.h>
#include <cairn/sqlite.h>

/* In the environment: another process writes to the files meanwhile (`make check-two-writers`). */
#define RIVAL "CAIRN_KIT_RIVAL"

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
	/* a deferred one that has read can't begin to write beside another writer: SQLite's rule */
	if (step == CAIRN_APP_BEGIN && getenv(RIVAL))
		return sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK ? 0 : -1;
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
	sqlite3_busy_timeout(db, 5000);
	if (answer == SQLITE_OK)
		answer = sqlite3_exec(db, sql, NULL, NULL, NULL);
	sqlite3_close(db);
	return answer == SQLITE_OK ? 0 : -1;
}

static int poison_key(const char *url, const char *key)
{
	char file[1024];
	char sql[768];
	sqlite3 *db = NULL;
	const char *path = url + strlen("sqlite:");
	snprintf(file, sizeof(file), "%.*s", (int)strcspn(path, "?"), path);
	snprintf(sql, sizeof(sql),
		 "CREATE TRIGGER poison_key BEFORE INSERT ON cairn_job WHEN"
		 " NEW.idempotency_key = '%s' BEGIN SELECT RAISE(ABORT, 'poisoned'); END;"
		 "CREATE TRIGGER poison_thread BEFORE INSERT ON cairn_checkpoint WHEN"
		 " NEW.thread = '%s' BEGIN SELECT RAISE(ABORT, 'poisoned'); END;"
		 "CREATE TRIGGER poison_step BEFORE INSERT ON cairn_step WHEN"
		 " NEW.step_key = '%s' BEGIN SELECT RAISE(ABORT, 'poisoned'); END",
		 key, key, key);
	int answer = sqlite3_open(file, &db);
	sqlite3_busy_timeout(db, 5000);
	if (answer == SQLITE_OK)
		answer = sqlite3_exec(db, sql, NULL, NULL, NULL);
	sqlite3_close(db);
	return answer == SQLITE_OK ? 0 : -1;
}

/* ---- another process that writes to the same files ------------------------- */

/* A commit that changes no row and no table: whoever writes or watches the file meets it. */
static void disturb(const char *path)
{
	sqlite3 *db = NULL;
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK) {
		sqlite3_busy_timeout(db, 20);
		for (int i = 0; i < 20; i++) {
			char sql[80];
			snprintf(sql, sizeof(sql),
				 "BEGIN IMMEDIATE; PRAGMA user_version = %d; COMMIT", i);
			if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
				sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
			nanosleep(&(struct timespec){ .tv_nsec = 500 * 1000 }, NULL);
		}
	}
	sqlite3_close(db);
}

/* A file that is just being made is left alone until cairn's tables may be there. */
static void rival(const char *directory, pid_t parent)
{
	while (getppid() == parent) {
		DIR *listing = opendir(directory);
		const struct dirent *entry;
		while (listing && (entry = readdir(listing))) {
			char path[1024];
			struct stat file;
			size_t length = strlen(entry->d_name);
			snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
			if (length > 3 && strcmp(entry->d_name + length - 3, ".db") == 0 &&
			    stat(path, &file) == 0 && file.st_size > 0)
				disturb(path);
		}
		if (listing)
			closedir(listing);
		nanosleep(&(struct timespec){ .tv_nsec = 1000 * 1000 }, NULL);
	}
	_exit(0);
}

static pid_t start_rival(const char *directory)
{
	pid_t parent = getpid();
	if (!getenv(RIVAL))
		return 0;
	pid_t child = fork();
	if (child == 0)
		rival(directory, parent);
	return child;
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
	pid_t beside = start_rival(directory);
	int answer = cairn_conformance_main(argc, argv, &sqlite);
	if (beside > 0) {
		kill(beside, SIGKILL);
		waitpid(beside, NULL, 0);
	}
	(void)rmdir(directory);
	return answer;
}
