/*
 * load.c - PROGRAM load URL SECONDS SEED: eight workers, of which one is killed now and then, and a judge; then what is
 * left is worked off and judged.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lives.h"

enum { WORKERS = 8 };

void load_die(const char *what, const cairn_error *err)
{
	if (err != NULL)
		printf("# %s: %s %s (%s) %s\n", what, err->op, err->code, err->detail,
		       err->sqlstate);
	else
		printf("# %s\n", what);
	fflush(stdout);
	_exit(1);
}

int64_t load_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

static pid_t start(const char *url, uint64_t seed, int64_t until)
{
	fflush(stdout);
	pid_t child = fork();
	if (child != 0)
		return child;
	game_work(url, seed, until);
	fflush(stdout);
	_exit(0);
}

/* Whether it ended as it should: by itself, or killed by us. */
static int ended_well(pid_t pid, int killed)
{
	int status = 0;
	if (waitpid(pid, &status, 0) != pid)
		return 0;
	return (killed && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) ||
	       (WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static int any_failed(pid_t *workers)
{
	for (size_t i = 0; i < WORKERS; i++) {
		int status = 0;
		if (waitpid(workers[i], &status, WNOHANG) != workers[i])
			continue;
		workers[i] = -1;
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			return 1;
	}
	return 0;
}

int load(int argc, char **argv)
{
	pid_t workers[WORKERS];
	uint64_t judged = 0;
	uint64_t kills = 0;
	uint32_t faults = 0;
	if (argc != 4) {
		fprintf(stderr, "usage: %s load URL SECONDS SEED\n", game_name);
		return 2;
	}
	const char *url = argv[1];
	struct dice dice = { .state = strtoull(argv[3], NULL, 10) };
	int64_t until = load_now() + strtoll(argv[2], NULL, 10) * 1000000;
	cairn_conn *conn = real_open(url);
	game_found(conn, url, dice.state);
	for (size_t i = 0; i < WORKERS; i++)
		workers[i] = start(url, dice_throw(&dice), until);
	while (load_now() < until && faults == 0) {
		struct timespec nap = { .tv_nsec = 250 * 1000 * 1000 };
		nanosleep(&nap, NULL);
		faults += game_judge(conn, &judged);
		faults += (uint32_t)any_failed(workers);
		size_t victim = dice_below(&dice, WORKERS);
		if (load_now() + CAIRN_SECOND > until || workers[victim] < 0)
			continue;
		kill(workers[victim], SIGKILL);
		faults += !ended_well(workers[victim], 1);
		kills++;
		workers[victim] = start(url, dice_throw(&dice), until);
	}
	for (size_t i = 0; i < WORKERS; i++) {
		if (workers[i] > 0)
			faults += !ended_well(workers[i], 0);
	}
	if (faults == 0)
		game_drain(conn);
	faults += game_judge(conn, &judged);
	cairn_close(conn);
	printf("# %llu kills, %llu judgements, %u faults\n", (unsigned long long)kills,
	       (unsigned long long)judged, (unsigned)faults);
	return faults > 0;
}
