/*
 * main.c - the supervisor of an invariant run: makes the store, starts the processes, kills and
 * restarts them, moves their clock, and in the end writes the store down for check.pl.
 *
 *	invariant URL FOLDER SECONDS SEED [BROKEN]
 *
 * The seed determines what each life of each process does, and in which order; which life meets
 * which is the machine's to say. BROKEN is a wrong that the checker must find: lose, early, steal,
 * refire, overbook, wake.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "invariant.h"

#define SUPERVISOR INV_PROCESSES

struct run {
	struct inv base;
	const char *folder;
	pid_t pids[INV_PROCESSES];
	uint32_t lives[INV_PROCESSES];
	unsigned kills;
	unsigned jumps;
	unsigned exits;
};

static void become(struct run *run, struct inv *inv, uint32_t process, uint32_t life)
{
	char path[512];
	*inv = run->base;
	inv->process = process;
	inv->life = life;
	inv->dice = inv_mix(inv_mix(inv->seed, process), life);
	snprintf(inv->name, sizeof inv->name, "p%u.%u", process, life);
	snprintf(path, sizeof path, "%s/%s.history", run->folder, inv->name);
	inv->history = open(path, O_WRONLY | O_CREAT | O_APPEND | O_EXCL, 0644);
	if (inv->history < 0) {
		perror(path);
		_exit(3);
	}
}

static void live(struct inv *inv)
{
	inv->conn = inv_open(inv);
	while (!atomic_load(&inv->shared->stop)) {
		inv_operate(inv);
		inv_nap(2 * CAIRN_MILLISECOND + (cairn_usec)inv_below(inv, 16000));
	}
	cairn_free(inv->jobs);
	cairn_close(inv->conn);
	_exit(0);
}

static void start(struct run *run, uint32_t process)
{
	static struct inv inv;
	uint32_t life = run->lives[process]++;
	pid_t pid = fork();
	if (pid < 0) {
		perror("fork");
		_exit(3);
	}
	if (pid > 0) {
		run->pids[process] = pid;
		return;
	}
	become(run, &inv, process, life);
	if (process < INV_RUNTIMES)
		inv_runtime(&inv);
	live(&inv);
}

/* Processes that ended, or were killed, live again. */
static void restart(struct run *run, int again)
{
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (uint32_t i = 0; i < INV_PROCESSES; i++) {
			if (run->pids[i] != pid)
				continue;
			run->pids[i] = 0;
			int by_kill = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
			int by_itself = WIFEXITED(status) &&
					(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 70);
			if (!by_kill && !by_itself) {
				fprintf(stderr, "invariant: p%u.%u ended with status %#x\n", i,
					run->lives[i] - 1, (unsigned)status);
				run->exits++;
			}
			if (again)
				start(run, i);
		}
	}
}

static void disturb(struct run *run, struct inv *self)
{
	uint32_t dice = inv_below(self, 100);
	if (dice < 12) {
		uint32_t victim = inv_below(self, INV_PROCESSES);
		if (run->pids[victim] > 0) {
			inv_say(self,
				&(struct inv_line){ 'B', inv_call(self), "kill", NULL, 0, 0, 0 },
				"process=p%u.%u", victim, run->lives[victim] - 1);
			kill(run->pids[victim], SIGKILL);
			run->kills++;
		}
	} else if (dice < 20) {
		inv_jump(self, (cairn_usec)inv_below(self, 3000000));
		run->jumps++;
	} else if (dice < 21) {
		inv_jump(self, CAIRN_SECOND * (10 + (cairn_usec)inv_below(self, 60)));
		run->jumps++;
	} else if (dice < 24) {
		inv_jump(self, -(cairn_usec)inv_below(self, 200000));
		run->jumps++;
	}
}

static void stop_all(struct run *run)
{
	cairn_usec deadline = inv_ticks() + 20 * CAIRN_SECOND;
	int left = 1;
	atomic_store(&run->base.shared->stop, 1);
	while (left && inv_ticks() < deadline) {
		restart(run, 0);
		left = 0;
		for (size_t i = 0; i < INV_PROCESSES; i++)
			left |= run->pids[i] > 0;
		inv_nap(10 * CAIRN_MILLISECOND);
	}
	for (size_t i = 0; i < INV_PROCESSES; i++) {
		if (run->pids[i] <= 0)
			continue;
		fprintf(stderr, "invariant: p%zu did not heed the stop\n", i);
		run->exits++;
		kill(run->pids[i], SIGKILL);
		waitpid(run->pids[i], NULL, 0);
	}
}

static void share(struct run *run)
{
	char path[512];
	struct timespec now;
	snprintf(path, sizeof path, "%s/shared", run->folder);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (fd < 0 || ftruncate(fd, sizeof *run->base.shared) != 0) {
		perror(path);
		_exit(3);
	}
	run->base.shared =
		mmap(NULL, sizeof *run->base.shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (run->base.shared == MAP_FAILED)
		_exit(3);
	clock_gettime(CLOCK_REALTIME, &now);
	atomic_store(&run->base.shared->offset, (int64_t)now.tv_sec * CAIRN_SECOND - inv_ticks());
}

static void prepare(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	const cairn_retry soon = { .base = 200 * CAIRN_MILLISECOND, .cap = CAIRN_SECOND };
	const cairn_definition types[] = {
		{ .type = CAIRN_STR("work"), .retention = CAIRN_RETAIN_FOREVER },
		{ .type = CAIRN_STR("fragile"),
		  .max_attempts = 2,
		  .retention = CAIRN_RETAIN_FOREVER },
		{ .type = CAIRN_STR("brief"), .retention = 20 * CAIRN_SECOND },
		{ .type = CAIRN_STR("gone"), .retention = CAIRN_RETAIN_NONE },
		{ .type = CAIRN_STR("tick"), .retention = CAIRN_RETAIN_FOREVER },
	};
	const cairn_schedule schedules[] = {
		{ .name = CAIRN_STR("each"), .cron = CAIRN_STR("* * * * * *") },
		{ .name = CAIRN_STR("all"),
		  .cron = CAIRN_STR("*/2 * * * * *"),
		  .misfire = CAIRN_MISFIRE_CATCH_UP,
		  .catch_up = 5 },
		{ .name = CAIRN_STR("some"),
		  .cron = CAIRN_STR("*/3 * * * * *"),
		  .jitter = CAIRN_SECOND,
		  .misfire = CAIRN_MISFIRE_SKIP,
		  .overlap = CAIRN_OVERLAP_SKIP },
	};
	cairn_definition mine[5];
	cairn_schedule plan[3];
	cairn_outcome each[3];
	inv->conn = inv_open(inv);
	inv_must(cairn_migrate_up(inv->conn, NULL, NULL, &err), &err, "migrate");
	memcpy(mine, types, sizeof types);
	for (size_t i = 0; i < 5; i++) {
		mine[i].retry = soon;
		mine[i].timeout = CAIRN_SECOND;
		if (mine[i].max_attempts == 0)
			mine[i].max_attempts = 6;
	}
	inv_must(cairn_job_define(inv->conn, mine, 5, &err), &err, "define");
	memcpy(plan, schedules, sizeof schedules);
	for (size_t i = 0; i < 3; i++) {
		plan[i].type = CAIRN_STR("tick");
		plan[i].queue = CAIRN_STR("q1");
	}
	inv_must(cairn_schedule_put(inv->conn, plan, 3, each, &err), &err, "schedules");
	cairn_close(inv->conn);
	inv->conn = NULL;
}

int main(int argc, char **argv)
{
	static struct run run;
	static struct inv self;
	char rows[512];
	if (argc < 5) {
		fprintf(stderr, "usage: invariant URL FOLDER SECONDS SEED [BROKEN]\n");
		return 2;
	}
	run.base.url = argv[1];
	run.folder = argv[2];
	run.base.seed = strtoull(argv[4], NULL, 10);
	run.base.broken = argc > 5 ? argv[5] : NULL;
	share(&run);
	become(&run, &self, SUPERVISOR, 0);
	prepare(&self);
	cairn_usec until = inv_ticks() + CAIRN_SECOND * strtoll(argv[3], NULL, 10);
	for (uint32_t i = 0; i < INV_PROCESSES; i++)
		start(&run, i);
	while (inv_ticks() < until) {
		inv_nap(10 * CAIRN_MILLISECOND + (cairn_usec)inv_below(&self, 40000));
		disturb(&run, &self);
		restart(&run, 1);
	}
	stop_all(&run);
	self.conn = inv_open(&self);
	inv_drain(&self);
	snprintf(rows, sizeof rows, "%s/rows", run.folder);
	inv_dump(&self, rows);
	cairn_free(self.jobs);
	cairn_close(self.conn);
	printf("# seed %llu: %u kills, %u clock jumps\n", (unsigned long long)run.base.seed,
	       run.kills, run.jumps);
	return run.exits > 0 ? 4 : 0;
}
