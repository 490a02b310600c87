/* replays.h - random lives of replay runs (lives.h): their programs, who is at work on them, and what a step is. */
#ifndef TESTS_REPLAYS_H
#define TESTS_REPLAYS_H

#include "../lives/lives.h"

enum { RUNS_MAX = 128, SESSIONS_MAX = 24, CALLS_MAX = 3, LINES_MAX = 7 };

/* ---- program.c ------------------------------------------------------------------ */

enum line_verb { LINE_STEP, LINE_VALUE, LINE_SLEEP, LINE_SIGNAL, LINE_CHILD, LINE_BUDGET };

/* One line of a program: what it asks for. */
struct line {
	enum line_verb verb;
	size_t n; /* STEP, VALUE, CHILD: side by side */
	cairn_replay_call calls[CALLS_MAX];
	cairn_child_new children[CALLS_MAX];
	cairn_usec wait;
	cairn_str name; /* of a signal, an axis */
	int caught;	/* goes on if it fails */
};

struct program {
	struct line lines[LINES_MAX];
	size_t n;
	char text[2048];
	size_t used;
};

/* Programs 0 to 5 are submitted and have children, 6 and 7 are children that have some, 8 and 9 have none. */
enum { PROGRAMS = 10, SUBMITTED = 6, PARENTS = 8 };

/*
 * Program number n of a life, as an attempt under this fence sees it: most see the same. Its children go to this queue.
 */
void program_roll(struct program *program, uint64_t seed, uint32_t n, int64_t fence,
		  cairn_str queue);
/* What is in a payload: {"p":n}. */
uint32_t program_of(cairn_str payload);

/* ---- known ids -------------------------------------------------------------------- */

struct known_run {
	cairn_id id;
	size_t parent; /* of a child: 1 + its number, and the step's seq; else 0 */
	int64_t seq;
};

/* A step that the program has come to. */
struct asked {
	cairn_replay_step step; /* its texts are gone but for the name */
	char name[96];
};

enum phase {
	PHASE_NONE,
	PHASE_CLAIMED, /* to begin */
	PHASE_ASKING,  /* for its next line */
	PHASE_DOING,   /* a step is RUN */
	PHASE_AGAIN,   /* a step is WAIT */
	PHASE_PAUSING,
	PHASE_FAILING,
	PHASE_OVER
};

/* Somebody at work on a run; the replay itself is this process's and in session.c. */
struct session {
	cairn_lease lease;
	size_t run;
	uint32_t program;
	uint32_t pc;
	enum phase phase;
	size_t n;
	struct asked at[CALLS_MAX];
	cairn_finish pause;
};

struct known_side {
	struct known_run runs[RUNS_MAX];
	size_t grown; /* runs that this step made */
	struct session sessions[SESSIONS_MAX];
	size_t touched; /* 1 + the run of this step */
};

/* known.c */
size_t side_run(const struct side *side, const struct life *life, cairn_id id);
/* A run that the step made: its number. */
size_t side_grow(struct side *side, const struct life *life, struct known_run run);
/* After all sides have done a step that may make runs. */
void life_grow(struct life *life);
/* Every id in a text is told as the run's number. */
void say_text(struct side *side, const struct life *life, const char *name, cairn_str text);
/* A run, most often a late one. */
size_t some_run(const struct life *life, struct dice *dice);

/* ---- steps ------------------------------------------------------------------------ */

enum op {
	OP_ENQUEUE,
	OP_CLAIM,
	OP_ADVANCE, /* a session's next call */
	OP_DROP,    /* a process is gone; another one goes on under its lease, from the top */
	OP_SEND,
	OP_BROADCAST,
	OP_BUDGET,
	OP_ENTRY, /* charge, reserve, release from outside */
	OP_CANCEL,
	OP_CANCEL_JOB,
	OP_RESUME,
	OP_FORK,
	OP_DELETE,
	OP_REQUEUE,
	OP_BEAT,
	OP_TIME
};
enum op life_op(const struct life *life, uint32_t n);

/* session.c */
void sessions_take(struct life *life, struct side *side, const cairn_jobs *jobs);
void session_advance(struct life *life, struct dice *dice);
void session_drop(struct life *life, struct dice *dice);
void session_beat(struct life *life, struct dice *dice);
/* None of this side is open in this process. */
void sessions_close(const struct side *side);

/* outside.c has the others. */

/* ---- judge.c: what holds of every run at any time: how many faults, which are printed --- */

uint32_t judge_run(cairn_conn *conn, cairn_scope scope, cairn_id run);

#endif
