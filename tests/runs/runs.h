/*
 * runs.h - the same random life of graphs on several databases at once: after every step each must tell the
 * same. What is told has keys and ordinals instead of ids, which differ.
 */
#ifndef TESTS_RUNS_H
#define TESTS_RUNS_H

#include <stdint.h>
#include <stdio.h>

#include <cairn/cairn.h>

enum { SIDES_MAX = 3, RUNS_MAX = 24, STEPS_MAX = 64, LEASES_MAX = 64, TOLD_MAX = 1 << 20 };

/* A step as this side knows it. */
struct known {
	cairn_id id;
	char key[16];
	int gate;
};

struct known_run {
	cairn_id id;
	struct known steps[STEPS_MAX];
	size_t n;
};

struct held {
	cairn_lease lease;
	size_t run;
	char key[16];
};

/* One database, and what the life so far got from it. */
struct side {
	const char *name;
	cairn_conn *conn;
	struct known_run runs[RUNS_MAX];
	struct held leases[LEASES_MAX];
	char *told; /* of the last step: its outcome, then the state */
	size_t told_len;
};

/* A life: the dice of one seed, without the steps that are masked out. */
struct life {
	uint64_t seed;
	char tenant[32]; /* its own, and so is the queue: lives share databases */
	struct side *sides;
	size_t side_count;
	size_t runs;   /* how many there are */
	size_t leases; /* how many were handed out */
	cairn_time now;
};

/* Dice that can be thrown again: every step has its own. */
struct dice {
	uint64_t state;
};
uint64_t dice_throw(struct dice *dice);
uint32_t dice_below(struct dice *dice, uint32_t n);
int dice_percent(struct dice *dice, uint32_t chance);

void say(struct side *side, const char *format, ...) __attribute__((format(printf, 2, 3)));
void say_str(struct side *side, const char *name, cairn_str text);

/* side.c: what ids are on this side. */
size_t side_run(const struct side *side, const struct life *life, cairn_id id);
const char *side_step(const struct side *side, size_t run, cairn_id id);
/* Reads the steps of a run anew. */
void side_learn(struct side *side, const struct life *life, size_t run);
/* A failure that no step may have: ends the program. */
_Noreturn void side_die(const struct side *side, const char *what, const cairn_error *err);

/* main.c: a side with its tables and definitions; and another connection to one, all of whose statements are traced. */
void side_open(struct side *side, const char *url);
void side_connect(struct side *side, const char *url, cairn_trace_fn *trace);

/* main.c: a life from its first moment, and nothing of it left to be found by the next. */
void life_begin(struct life *life, struct side *sides, size_t n, uint64_t seed);
void life_end(struct life *life);
void life_tick(struct life *life, cairn_usec duration);

/* What a step of a life is. */
enum op {
	OP_ENQUEUE,
	OP_CLAIM,
	OP_FINISH_AND_CLAIM,
	OP_FINISH,
	OP_COMPLETE,
	OP_APPEND,
	OP_CANCEL,
	OP_DISTURB,
	OP_TIME,
	OP_RECOVER,
	OP_PRUNE
};
enum op life_op(const struct life *life, uint32_t n);

/* ops.c: step number n of a life, on all sides. Each side's `told` is its outcome. */
void life_step(struct life *life, uint32_t n);

/* differ.c, crash.c, load.c: the program's ways; what is left of its arguments. */
int differ(int argc, char **argv);
int crash(int argc, char **argv);
int load(int argc, char **argv);

/* state.c: appends everything that can be read of the life to `told`, or what costs little to read. */
void side_tell_state(struct side *side, const struct life *life);
void side_tell_summary(struct side *side, const struct life *life);

#endif
