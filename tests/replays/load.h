/* load.h - agents and holders of budgets in many processes, and who judges them. */
#ifndef TESTS_REPLAYS_LOAD_H
#define TESTS_REPLAYS_LOAD_H

#include <stdatomic.h>

#include <cairn/durable.h>

#include "replays.h"

/* Roots with HARD budgets, for 16 holders. */
enum { LEDGERS = 12, HOLDERS = 2, AGENTS = 3, DONE_MAX = 1 << 20 };

/* What was done in the world, which no database undoes: shared by all processes. */
struct world {
	cairn_id ledgers[LEDGERS];
	int64_t totals[LEDGERS]; /* the judge's */
	atomic_uint faults;
	atomic_ulong executions;
	atomic_ulong reserved;
	atomic_ulong refused;
	atomic_ulong sent;
	atomic_ullong done[DONE_MAX]; /* attempts of steps that were executed: hashes */
};
extern struct world *world;
extern const char *load_url;

#define TOKENS CAIRN_STR("tokens")

/* An attempt of a step is executed; 0: it was before. */
int world_execute(const char *key, int64_t attempt);
int world_executed(const char *key, int64_t attempt);

/* agents.c: the durable functions. */
extern const cairn_handler agents_handlers[AGENTS];

/* holders.c: reserves, charges, releases, until that moment; a thread's function. */
struct holder {
	uint64_t seed;
	int64_t until;
	int number;
};
void *holder_work(void *holder);
/* All ledgers are filled up to their totals by many at once, and not beyond. */
uint32_t holders_end(cairn_conn *conn);
/* No ledger is beyond its total now; those that are nearly full get a greater one. */
uint32_t holders_judge(cairn_conn *conn);

#endif
