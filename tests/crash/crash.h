/*
 * crash.h - what the crash tests share: every linked driver, a clock that all
 * processes of a test read, and children that are killed.
 */
#ifndef CRASH_H
#define CRASH_H

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cairn/cairn.h>
#ifdef CAIRN_WITH_POSTGRES
#include <cairn/postgres.h>
#endif
#include <cairn/sqlite.h>

#include "../tap.h"

static const cairn_driver *const linked[] = {
	&cairn_sqlite,
#ifdef CAIRN_WITH_POSTGRES
	&cairn_postgres,
#endif
};

/* In memory that a fork shares. */
static _Atomic cairn_time *shared_clock;

static inline void clock_start(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	shared_clock = mmap(NULL, sizeof *shared_clock, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	atomic_store(shared_clock, (cairn_time)now.tv_sec * CAIRN_SECOND);
}

static inline void clock_advance(cairn_usec by)
{
	atomic_fetch_add(shared_clock, by);
}

static inline cairn_time clock_read(void *user)
{
	(void)user;
	return shared_clock != NULL ? atomic_load(shared_clock) : 0;
}

static inline void die(const cairn_error *err, const char *what)
{
	printf("Bail out! %s: %s %s (%s)\n", what, err->code, err->message, err->detail);
	fflush(stdout);
	_exit(3);
}

static inline cairn_conn *open_with(const char *url, const cairn_conn_opts *given)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn;
	cairn_conn_opts opts = { .size = sizeof opts };
	if (given != NULL)
		opts = *given;
	opts.clock = clock_read;
	if (opts.lock_timeout == 0)
		opts.lock_timeout = 60 * CAIRN_SECOND;
	if (cairn_open_any(&conn, linked, sizeof linked / sizeof linked[0], url, &opts, &err) !=
	    CAIRN_OK)
		die(&err, "open");
	return conn;
}

static inline void must(cairn_status status, const cairn_error *err, const char *what)
{
	if (status != CAIRN_OK)
		die(err, what);
}

/* Waits for one child; 1 if it ended by itself with 0, 0 if it was killed. */
static inline int reap_child(pid_t child)
{
	int status = 0;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 1;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return 0;
	printf("Bail out! a child ended with status %#x\n", (unsigned)status);
	fflush(stdout);
	_exit(3);
}

/* A small seeded generator, the same on every machine. */
static uint64_t seed = 1;

static inline uint32_t random_below(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 16) % below);
}

#endif
