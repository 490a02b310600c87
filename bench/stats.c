/* stats.c - time, medians, and the row that a comparison prints. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench.h"

_Noreturn void bench_die(const char *what, const char *why)
{
	fprintf(stderr, "bench: %s: %s\n", what, why);
	exit(1);
}

double bench_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;
	return x < y ? -1 : x > y;
}

double bench_median(double *values, size_t n)
{
	qsort(values, n, sizeof *values, by_value);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

void bench_title(const char *title, const char *ours, const char *theirs)
{
	printf("%-36s %10s %10s    %s\n", title, ours, theirs, "ratio (min - max)");
	fflush(stdout);
}

void bench_print(const char *row, int digits, const struct bench_pair *pairs, size_t n)
{
	double ours[BENCH_REPEAT];
	double theirs[BENCH_REPEAT];
	double ratios[BENCH_REPEAT];
	for (size_t i = 0; i < n; i++) {
		ours[i] = pairs[i].ours;
		theirs[i] = pairs[i].theirs;
		ratios[i] = pairs[i].ours / pairs[i].theirs;
	}
	double mid = bench_median(ratios, n);
	printf("%-36s %10.*f %10.*f    %.2f  (%.2f - %.2f)\n", row, digits, bench_median(ours, n),
	       digits, bench_median(theirs, n), mid, ratios[0], ratios[n - 1]);
	fflush(stdout);
}
