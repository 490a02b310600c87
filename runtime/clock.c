/*
 * clock.c - the runtime's own time: monotonic, for waiting only. What is due or expired is the
 * database's to say; the runtime merely guesses when to ask.
 */
#include <time.h>

#include "runtime.h"

cairn_usec cairn_worker__now(void)
{
	struct timespec spec;
	clock_gettime(CLOCK_MONOTONIC, &spec);
	return (cairn_usec)spec.tv_sec * CAIRN_SECOND + spec.tv_nsec / 1000;
}

void cairn_worker__deadline(cairn_usec at, struct timespec *spec)
{
	spec->tv_sec = (time_t)(at / CAIRN_SECOND);
	spec->tv_nsec = (long)(at % CAIRN_SECOND) * 1000;
}

/* xorshift64: spreading polls needs no better dice. */
cairn_usec cairn_worker__jitter(struct cairn_worker *worker, cairn_usec span)
{
	worker->dice ^= worker->dice << 13;
	worker->dice ^= worker->dice >> 7;
	worker->dice ^= worker->dice << 17;
	if (span < 4)
		return span;
	return span - span / 4 + (cairn_usec)(worker->dice % (uint64_t)(span / 2));
}
