/*
 * load.h - many processes on a few threads' checkpoints, logs, memory items and locks, killed at
 * random; and what must be true of what they left behind.
 */
#ifndef TESTS_THREADS_LOAD_H
#define TESTS_THREADS_LOAD_H

#include <stdint.h>
#include <stdio.h>

#include <cairn/cairn.h>

#define LOAD_TENANT  CAIRN_STR("load")
#define LOAD_THREADS 4
#define LOAD_WORKERS 8

enum load_op { LOAD_APPEND = 1, LOAD_PUT, LOAD_COUNT, LOAD_ALL };
/* What a worker says of a call: before it, and after it. */
enum load_end { LOAD_BEGUN, LOAD_DONE, LOAD_REFUSED };

struct load_line {
	uint64_t token; /* of the call; never used again */
	uint32_t op;
	uint32_t thread;
	uint32_t end;
	uint32_t n;    /* events of an append */
	int64_t place; /* of its last event; the number of its checkpoint */
};

_Noreturn void load_die(const char *what, const cairn_error *err);
cairn_conn *load_open(const char *url);
cairn_str load_thread(uint32_t thread, char text[16]);

/* A worker, until it is killed or the time (microseconds of CLOCK_MONOTONIC) is over. (work.c) */
void load_work(const char *url, FILE *diary, uint64_t name, uint64_t seed, int64_t until);

/* Reads the diaries of a folder and holds them against the store; the number of faults. (judge.c) */
int load_judge(const char *url, const char *folder);

#endif
