/*
 * main.c - load URL FOLDER SECONDS SEED: eight workers, one of which is killed now and then; then the
 * judgement.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef CAIRN_WITH_POSTGRES
#include <cairn/postgres.h>
#endif
#include <cairn/sqlite.h>

#include "load.h"

static const cairn_driver *const drivers[] = {
	&cairn_sqlite,
#ifdef CAIRN_WITH_POSTGRES
	&cairn_postgres,
#endif
};

_Noreturn void load_die(const char *what, const cairn_error *err)
{
	if (err != NULL)
		printf("# %s: %s %s (%s) %s\n", what, err->op, err->code, err->detail,
		       err->sqlstate);
	else
		printf("# %s\n", what);
	fflush(stdout);
	_exit(1);
}

cairn_conn *load_open(const char *url)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn = NULL;
	cairn_conn_opts opts = { .size = sizeof opts, .lock_timeout = CAIRN_MINUTE };
	if (cairn_open_any(&conn, drivers, sizeof drivers / sizeof drivers[0], url, &opts, &err) !=
	    CAIRN_OK)
		load_die("open", &err);
	return conn;
}

cairn_str load_thread(uint32_t thread, char text[16])
{
	snprintf(text, 16, "thread-%u", thread);
	return cairn_str_of(text);
}

static int64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

static pid_t start(const char *url, const char *folder, uint64_t name, uint64_t seed, int64_t until)
{
	fflush(stdout);
	pid_t child = fork();
	if (child != 0)
		return child;
	char path[600];
	snprintf(path, sizeof path, "%s/%llu.diary", folder, (unsigned long long)name);
	FILE *diary = fopen(path, "wb");
	if (diary == NULL)
		load_die(path, NULL);
	load_work(url, diary, name, seed * 7919 + name, until);
	_exit(0);
}

/* Whether it ended as it should: by itself, or killed by us. */
static int ended(pid_t pid, int killed)
{
	int status = 0;
	if (waitpid(pid, &status, 0) != pid)
		return 0;
	return (WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
	       (killed && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static int play(const char *url, const char *folder, int64_t until, uint64_t seed)
{
	pid_t pids[LOAD_WORKERS];
	uint64_t names = 0;
	int faults = 0;
	int kills = 0;
	for (size_t i = 0; i < LOAD_WORKERS; i++)
		pids[i] = start(url, folder, ++names, seed, until);
	while (now() < until - 500000) {
		nanosleep(&(struct timespec){ .tv_nsec = 150000000 }, NULL);
		size_t victim = (seed + names * 5) % LOAD_WORKERS;
		kill(pids[victim], SIGKILL);
		faults += !ended(pids[victim], 1);
		pids[victim] = start(url, folder, ++names, seed, until);
		kills++;
	}
	for (size_t i = 0; i < LOAD_WORKERS; i++)
		faults += !ended(pids[i], 0);
	printf("# seed %llu: %d kills\n", (unsigned long long)seed, kills);
	return faults;
}

int main(int argc, char **argv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	if (argc != 5)
		load_die("usage: load URL FOLDER SECONDS SEED", NULL);
	cairn_conn *conn = load_open(argv[1]);
	if (cairn_migrate_up(conn, NULL, NULL, &err) != CAIRN_OK)
		load_die("migrate", &err);
	cairn_close(conn);
	int64_t until = now() + strtoll(argv[3], NULL, 10) * 1000000;
	int faults = play(argv[1], argv[2], until, strtoull(argv[4], NULL, 10));
	faults += load_judge(argv[1], argv[2]);
	return faults != 0;
}
