/*
 * crash.c - PROGRAM crash LIVES FIRST STEPS URL: a life on a database, and its twin in memory. Each step that may
 * be is made by a process of its own that is killed behind its first statement, another behind its second, and
 * so on, until one gets through: whenever one was killed the state is as before or as the twin's after the step. Then
 * it is lived to its end.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lives.h"

/* Of the child: how many statements it may still make. */
static uint32_t left;
static int spared;

void crash_spare(int spare)
{
	spared = spare;
}

static void count_down(void *user, const cairn_trace *event)
{
	(void)user;
	if (event->kind == CAIRN_TRACE_STATEMENT && !spared && --left == 0)
		raise(SIGKILL);
}

enum { TWIN, PATIENT, BOTH };

struct crash {
	struct side sides[BOTH];
	struct life life; /* of both */
	const char *url;
	char *before;
	size_t before_len;
	uint64_t kills;
	uint64_t halves; /* kills behind which the step was done all the same */
};

static void tell_state(struct crash *crash, size_t which)
{
	crash->sides[which].told_len = 0;
	crash->sides[which].told[0] = '\0';
	side_tell_state(&crash->sides[which], &crash->life);
}

static int is(const struct side *side, const char *text, size_t len)
{
	return side->told_len == len && memcmp(side->told, text, len) == 0;
}

/* The life as one side has it. */
static struct life life_of(struct crash *crash, size_t which)
{
	struct life one = crash->life;
	one.sides = &crash->sides[which];
	one.side_count = 1;
	return one;
}

/* Makes the step in a process of its own that may make so many statements; 1: it got through. */
static int dare(struct crash *crash, uint32_t n, uint32_t statements)
{
	fflush(stdout);
	pid_t child = fork();
	if (child < 0)
		side_die(&crash->sides[PATIENT], "fork", NULL);
	if (child == 0) {
		struct life life = life_of(crash, PATIENT);
		left = 0;
		side_connect(life.sides, crash->url, count_down);
		left = statements;
		life_step(&life, n);
		_exit(0);
	}
	int status = 0;
	if (waitpid(child, &status, 0) != child)
		side_die(&crash->sides[PATIENT], "wait", NULL);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 1;
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		side_die(&crash->sides[PATIENT], "a step failed", NULL);
	crash->kills++;
	return 0;
}

static void keep_before(struct crash *crash)
{
	tell_state(crash, PATIENT);
	crash->before_len = crash->sides[PATIENT].told_len;
	memcpy(crash->before, crash->sides[PATIENT].told, crash->before_len + 1);
}

/* The lines of one text that the other does not have. */
static void show(const char *what, const char *text, const char *other)
{
	printf("# ---- %s\n", what);
	for (const char *at = text; *at != '\0';) {
		size_t len = strcspn(at, "\n");
		char line[4096];
		snprintf(line, sizeof line, "\n%.*s\n", (int)len, at);
		if (strstr(other, line) == NULL && strncmp(other, line + 1, len + 1) != 0)
			printf("#   %.*s\n", (int)len, at);
		at += len + (at[len] == '\n');
	}
}

static _Noreturn void half(struct crash *crash, uint32_t n, uint32_t statements)
{
	printf("# seed %llu, step %u, killed behind statement %u: neither as before nor as after\n",
	       (unsigned long long)crash->life.seed, (unsigned)n, (unsigned)statements);
	show("before, not found", crash->before, crash->sides[PATIENT].told);
	show("after, not found", crash->sides[TWIN].told, crash->sides[PATIENT].told);
	show("found, not after", crash->sides[PATIENT].told, crash->sides[TWIN].told);
	exit(1);
}

/* Until a process gets through, or was killed behind its commit. */
static void step_killed(struct crash *crash, uint32_t n)
{
	struct side *patient = &crash->sides[PATIENT];
	struct side *twin = &crash->sides[TWIN];
	keep_before(crash);
	struct life life = life_of(crash, TWIN);
	life_step(&life, n);
	for (uint32_t statements = 1;; statements++) {
		int through = dare(crash, n, statements);
		int grown = game_grown(patient, &crash->life);
		tell_state(crash, PATIENT);
		if (!through && !grown && is(patient, crash->before, crash->before_len))
			continue;
		crash->life.runs = life.runs;
		crash->life.leases = life.leases;
		game_learn(patient, twin, &crash->life, through);
		tell_state(crash, TWIN);
		tell_state(crash, PATIENT);
		if (!is(patient, twin->told, twin->told_len))
			half(crash, n, statements);
		crash->halves += !through;
		return;
	}
}

static void step_whole(struct crash *crash, uint32_t n)
{
	keep_before(crash);
	life_step(&crash->life, n);
	tell_state(crash, TWIN);
	tell_state(crash, PATIENT);
	if (!is(&crash->sides[PATIENT], crash->sides[TWIN].told, crash->sides[TWIN].told_len))
		half(crash, n, 0);
}

static void live(struct crash *crash, uint64_t seed, uint32_t steps)
{
	life_begin(&crash->life, crash->sides, BOTH, seed);
	for (uint32_t n = 0; n < steps; n++) {
		if (game_mortal(&crash->life, n))
			step_killed(crash, n);
		else
			step_whole(crash, n);
		life_tick(&crash->life, CAIRN_SECOND);
	}
	if (!game_over(&crash->life)) {
		printf("# seed %llu: at its end\n", (unsigned long long)seed);
		exit(1);
	}
	life_end(&crash->life);
}

int crash(int argc, char **argv)
{
	static struct crash crash;
	if (argc != 5) {
		fprintf(stderr, "usage: %s crash LIVES FIRST STEPS URL\n", game_name);
		return 2;
	}
	uint64_t lives = strtoull(argv[1], NULL, 10);
	uint64_t first = strtoull(argv[2], NULL, 10);
	uint32_t steps = (uint32_t)strtoul(argv[3], NULL, 10);
	crash.url = argv[4];
	crash.before = malloc(TOLD_MAX);
	if (crash.before == NULL)
		return 2;
	side_open(&crash.sides[TWIN], "memory:twin");
	side_open(&crash.sides[PATIENT], crash.url);
	for (uint64_t i = 0; i < lives; i++)
		live(&crash, first + i, steps);
	printf("# %llu kills, %llu of them behind the commit\n", (unsigned long long)crash.kills,
	       (unsigned long long)crash.halves);
	for (size_t i = 0; i < BOTH; i++)
		cairn_close(crash.sides[i].conn);
	return 0;
}
