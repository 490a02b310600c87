/* load.h - eight processes on some hundred graphs at a time, and the judgement of every run that is over. */
#ifndef TESTS_RUNS_LOAD_H
#define TESTS_RUNS_LOAD_H

#include "runs.h"

/* judge.c: how many faults a run that is over has; they are printed. */
uint32_t load_judge(cairn_conn *conn, const cairn_run *run);

#endif
