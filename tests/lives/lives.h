/*
 * lives.h - the same random life on several databases at once: after every step each must tell the same. What is told
 * has keys and ordinals instead of ids, which differ. What lives and what it does is said by tests/runs (graphs) and
 * tests/replays (replay runs); here is what both programs have in common.
 */
#ifndef TESTS_LIVES_H
#define TESTS_LIVES_H

#include <stdint.h>
#include <stdio.h>

#include <cairn/cairn.h>

enum { SIDES_MAX = 3, TOLD_MAX = 1 << 20 };

/* One database, and what the life so far got from it. */
struct side {
	const char *name;
	cairn_conn *conn;
	struct known_side *has; /* shared with processes that do steps; zero when a life begins */
	char *told;		/* of the last step: its outcome, then the state */
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
struct dice dice_of(const struct life *life, uint32_t n);

/* ---- side.c: what a side tells --------------------------------------------------- */

void say(struct side *side, const char *format, ...) __attribute__((format(printf, 2, 3)));
void say_str(struct side *side, const char *name, cairn_str text);
void say_time(struct side *side, const char *name, cairn_time when);
void say_outcome(struct side *side, cairn_status status, cairn_code code);
/* A call that failed as a whole: expected outcomes are told, anything else ends the program. */
int side_failed(struct side *side, cairn_status status, const cairn_error *err);
/* A failure that no step may have: ends the program. */
_Noreturn void side_die(const struct side *side, const char *what, const cairn_error *err);
cairn_scope scope_of(const struct life *life);

/* ---- main.c ---------------------------------------------------------------------- */

/* A side with its tables and definitions; and another connection to one, all of whose statements are traced. */
void side_open(struct side *side, const char *url);
void side_connect(struct side *side, const char *url, cairn_trace_fn *trace);
/* A connection with the real clock, and one as it is asked for. */
cairn_status side_driver_open(const char *url, const cairn_conn_opts *opts, cairn_conn **conn,
			      cairn_error *err);
cairn_conn *real_open(const char *url);

/* A life from its first moment, and nothing of it left to be found by the next. */
void life_begin(struct life *life, struct side *sides, size_t n, uint64_t seed);
void life_end(struct life *life);
void life_tick(struct life *life, cairn_usec duration);

/* differ.c, crash.c: ways of both programs; what is left of their arguments. */
int differ(int argc, char **argv);
int crash(int argc, char **argv);
/* The statements of what is done meanwhile kill nobody. */
void crash_spare(int spare);

/* ---- load.c: processes that work at once, of which one is killed now and then ------ */

_Noreturn void load_die(const char *what, const cairn_error *err);
int64_t load_now(void); /* CLOCK_MONOTONIC, microseconds */
int load(int argc, char **argv);

/* ---- what each program says --------------------------------------------------------- */

extern const char game_name[];
extern const size_t game_known; /* bytes of struct known_side */
void game_define(struct side *side);
/* What a life leaves behind that another one might meet. */
void game_clean(struct life *life, struct side *side);

/* Step number n of a life, on all sides. Each side's `told` is its outcome. */
void life_step(struct life *life, uint32_t n);
/* Appends everything that can be read of the life to `told`, or what costs little to read. */
void side_tell_state(struct side *side, const struct life *life);
void side_tell_summary(struct side *side, const struct life *life);

/* Whether nothing is lost that the life needs if a process that does step n is killed. */
int game_mortal(const struct life *life, uint32_t n);
/* Whether there is something of which this side, which life knows, has not heard. */
int game_grown(struct side *side, const struct life *life);
/* What the step brought: the process that did it was killed behind it, unless it got through. life: after it. */
void game_learn(struct side *side, const struct side *twin, const struct life *life, int through);
/* Whether that is how a life may end; its lines tell what is wrong. Steps until nothing is left to do. */
int game_over(struct life *life);

/* Of a load: a process works until that moment, and ends itself if anything is wrong. */
void game_work(const char *url, uint64_t seed, int64_t until);
/* Looks for what may not be: how many faults, which are printed. */
uint32_t game_judge(cairn_conn *conn, uint64_t *judged);
/* What there is to begin with; until nothing is left to do. */
void game_found(cairn_conn *conn, const char *url, uint64_t seed);
void game_drain(cairn_conn *conn);

#endif
