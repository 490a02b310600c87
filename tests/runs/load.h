/* load.h - eight processes on some hundred graphs at a time, and the judgement of every run that is over. */
#ifndef TESTS_RUNS_LOAD_H
#define TESTS_RUNS_LOAD_H

#include "runs.h"

_Noreturn void load_die(const char *what, const cairn_error *err);

/* load_work.c: works until that moment (CLOCK_MONOTONIC, microseconds), and ends the process if anything is wrong. */
void load_work(const char *url, uint64_t seed, int64_t until);
/* Until nothing is left to do. */
void load_drain(cairn_conn *conn);
int64_t load_now(void);
/* The definitions and the tables. */
cairn_conn *load_open(const char *url);

/* judge.c: how many faults a run that is over has; they are printed. */
uint32_t load_judge(cairn_conn *conn, const cairn_run *run);
/* All that are over; the oldest of them are deleted then. */
uint32_t load_judge_all(cairn_conn *conn, uint64_t *judged);

#endif
