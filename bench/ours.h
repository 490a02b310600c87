/* ours.h - what cairn's own sides share. (cairn.c) */
#ifndef BENCH_OURS_H
#define BENCH_OURS_H

#include <cairn/cairn.h>

/* Ends the program with what went wrong. */
void bench_must(cairn_status status, const cairn_error *err);
/* audit: jobs with their events. */
cairn_conn *bench_connect(const char *url, int audit);

#endif
