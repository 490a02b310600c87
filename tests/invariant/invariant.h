/*
 * invariant.h - the invariant run: processes that use one store at random, are killed and see
 * their clock jump, while each writes down what it asked and what it was told. check.pl holds the
 * histories against the store as it is in the end.
 *
 * A history is a file per process life, a line before each call and one after it, for each item:
 *
 *	MONOTONIC_US B|A CALL OP JOB FENCE STATUS CODE [NAME=VALUE …]
 *
 * A line with B and none with A is a call whose end nobody knows.
 */
#ifndef INVARIANT_H
#define INVARIANT_H

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cairn/cairn.h>
#include <cairn/sqlite.h>
#include <cairn/worker.h>
#ifdef CAIRN_WITH_POSTGRES
#include <cairn/postgres.h>
#endif

#define INV_PROCESSES 8
#define INV_RUNTIMES  3 /* of these, processes with the worker runtime */
#define INV_POOL      512
#define INV_HELD      48
#define INV_QUEUES    3
#define INV_RESOURCES 3 /* of each tenant */
#define INV_MOST      4 /* items of a kind in one call */
#define INV_LEASE     (600 * CAIRN_MILLISECOND)

/* In a file that all processes map. */
struct inv_shared {
	_Atomic int64_t offset; /* of the installed clock from the monotonic one */
	_Atomic int stop;
	_Atomic uint32_t next;
	cairn_id pool[INV_POOL]; /* jobs that somebody has seen; torn ones are not found */
};

struct inv {
	struct inv_shared *shared;
	const char *url;
	const char *broken; /* what this run gets wrong on purpose; NULL: nothing */
	char name[32];
	cairn_id incarnations[2]; /* of the owners that this process registered */
	uint64_t seed;
	uint64_t dice;
	uint32_t process;
	uint32_t life;
	int history;
	_Atomic uint64_t calls;
	cairn_conn *conn;
	cairn_usec skew; /* of this process's clock; only when broken */
	cairn_lease held[INV_HELD];
	size_t held_count;
	cairn_jobs *jobs;
};

/* The next operation of an ordinary process. (ops.c) */
void inv_operate(struct inv *inv);

/* What ops.c has in its table. (produce.c, work.c, recover.c, around.c) */
void inv_enqueue(struct inv *inv);
void inv_outbox(struct inv *inv);
void inv_record(struct inv *inv);
void inv_promote(struct inv *inv);
void inv_forget_intents(struct inv *inv);
void inv_claim(struct inv *inv);
void inv_heartbeat(struct inv *inv);
void inv_progress(struct inv *inv);
void inv_finish(struct inv *inv);
void inv_turn(struct inv *inv);
void inv_log(struct inv *inv);
void inv_forget(struct inv *inv);
void inv_hang(struct inv *inv);
void inv_panic(struct inv *inv);
void inv_reap(struct inv *inv);
void inv_cancel(struct inv *inv);
void inv_requeue(struct inv *inv);
void inv_replay(struct inv *inv);
void inv_prune(struct inv *inv);
void inv_edit(struct inv *inv);
void inv_adopt(struct inv *inv);
void inv_fire(struct inv *inv);
void inv_toggle(struct inv *inv);
void inv_read(struct inv *inv);
void inv_pause(struct inv *inv);
void inv_resume(struct inv *inv);
void inv_capacity(struct inv *inv);
void inv_define(struct inv *inv);
void inv_register(struct inv *inv);
void inv_alive(struct inv *inv);

/* A process with the worker runtime, from its start to its end. (runtime.c) */
void inv_runtime(struct inv *inv);

/* What the histories tell of a claimed job and of promoted intents. (work.c, produce.c) */
void inv_say_claim(struct inv *inv, uint64_t call, const cairn_job *job, const char *owner,
		   const char *more);
size_t inv_promote_some(struct inv *inv);

/* Ends all that is left and writes the store's rows to a file. (end.c) */
void inv_drain(struct inv *inv);
void inv_dump(struct inv *inv, const char *path);

/* Tools. (tools.c) */
cairn_conn *inv_open(struct inv *inv);
void inv_conn_opts(struct inv *inv, cairn_conn_opts *opts);
cairn_time inv_clock(void *user);
cairn_usec inv_ticks(void);
uint32_t inv_below(struct inv *inv, uint32_t below);
int inv_chance(struct inv *inv, uint32_t percent);
void inv_nap(cairn_usec duration);
/* Moves the clock of all processes. */
void inv_jump(struct inv *inv, cairn_usec by);
/* Is this run to get that wrong? */
int inv_wrong(const struct inv *inv, const char *what);
/* What stands behind "name":" in a JSON text; "" for none. */
void inv_member(char *to, size_t size, cairn_str text, const char *name);
uint64_t inv_mix(uint64_t a, uint64_t b);
const char *inv_queue(struct inv *inv);
cairn_id inv_any_job(struct inv *inv);
void inv_seen(struct inv *inv, cairn_id id);
uint64_t inv_call(struct inv *inv);
/* A call that failed as a whole told nothing of its items: each failed as it did. */
void inv_spread(cairn_changed *each, size_t n, cairn_status status);
struct inv_line {
	char phase;
	uint64_t call;
	const char *op;
	const cairn_id *job;
	int64_t fence;
	cairn_status status;
	cairn_code code;
};
__attribute__((format(printf, 3, 4))) void inv_say(struct inv *inv, const struct inv_line *line,
						   const char *format, ...);
void inv_must(cairn_status status, const cairn_error *err, const char *what);

#endif
