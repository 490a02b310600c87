/*
 * clock.c - the runtime's own time: monotonic, for waiting only. What is due or expired is the
 * database's to say; the runtime merely guesses when to ask.
 */
#include <time.h>

#include "runtime.h"

/* A wait is never longer, whatever was asked for: far times overflow a timespec. */
#define LONGEST (60 * CAIRN_SECOND)

cairn_usec cairn_worker__now(void)
{
	struct timespec spec;
	clock_gettime(CLOCK_MONOTONIC, &spec);
	return (cairn_usec)spec.tv_sec * CAIRN_SECOND + spec.tv_nsec / 1000;
}

cairn_usec cairn_worker__after(cairn_usec span)
{
	cairn_usec now = cairn_worker__now();
	return span < INT64_MAX - now ? now + span : INT64_MAX;
}

/* xorshift64: spreading polls needs no better dice. */
cairn_usec cairn_worker__jitter(uint64_t *dice, cairn_usec span)
{
	*dice ^= *dice << 13;
	*dice ^= *dice >> 7;
	*dice ^= *dice << 17;
	if (span < 4)
		return span;
	return span - span / 4 + (cairn_usec)(*dice % (uint64_t)(span / 2));
}

void cairn_worker__cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

void cairn_worker__wait(struct cairn_worker *worker, pthread_cond_t *cond, cairn_usec until)
{
	cairn_usec latest = cairn_worker__now() + LONGEST;
	cairn_usec at = until < latest ? until : latest;
	struct timespec spec = { .tv_sec = (time_t)(at / CAIRN_SECOND),
				 .tv_nsec = (long)(at % CAIRN_SECOND) * 1000 };
	pthread_cond_timedwait(cond, &worker->lock, &spec);
}
