/*
 * runs.h - random lives of graphs (lives.h): what is known of their ids, and what a step is.
 */
#ifndef TESTS_RUNS_H
#define TESTS_RUNS_H

#include "../lives/lives.h"

enum { RUNS_MAX = 24, STEPS_MAX = 64, LEASES_MAX = 64 };

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

struct known_side {
	struct known_run runs[RUNS_MAX];
	struct held leases[LEASES_MAX];
};

/* known.c: what ids are on this side. */
size_t side_run(const struct side *side, const struct life *life, cairn_id id);
const char *side_step(const struct side *side, size_t run, cairn_id id);
/* Reads the steps of a run anew. */
void side_learn(struct side *side, const struct life *life, size_t run);

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

#endif
