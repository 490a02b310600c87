/* durable.h - what durable functions and the steps that they do share: one run at a time, several of its steps. */
#ifndef CAIRN_RUNTIME_DURABLE_H
#define CAIRN_RUNTIME_DURABLE_H

#include <cairn/durable.h>

#include "runtime.h"

struct cairn_durable {
	cairn_context *context;
	cairn_conn *conn;
	cairn_replay *replay;
	pthread_mutex_t lock; /* replay and conn, while steps are done side by side */
	enum cairn_durable_state state;
	bool given_up;	/* FAILED: for good */
	cairn_str code; /* FAILED: the step's, as long as they are */
	cairn_str message;
	cairn_error error;
};

/* What a step says of itself. */
struct cairn_work {
	struct cairn_durable *run;
	const cairn_replay_call *call;
	cairn_replay_step *step;
	size_t index;
	char key[64];
	struct kept result;
	struct kept code;
	struct kept message;
	cairn_charge *charges;
	char **axes; /* their names, copied */
	size_t charge_count;
	cairn_time not_before;
	bool final;    /* it is not to be tried again */
	bool given_up; /* and so it was recorded */
	bool cut_off;  /* the database went while it was done: how it ended is not recorded */
	bool nomem;
};

/* The first thing that stands in the way counts. */
void cairn_durable__trouble(struct cairn_durable *run, const cairn_error *err);
/* The same with the library's own words; NULL: those of the code. */
void cairn_durable__refuse(struct cairn_durable *run, cairn_code code, const char *message);
/*
 * What n steps of one call make of the run; true if each has a result. A failure counts when all have ended: else the
 * next replay would not see the same. given_up, NULL: none: which of them, if it failed, did so for good.
 */
bool cairn_durable__settle(struct cairn_durable *run, const cairn_replay_step *steps,
			   const bool *given_up, size_t n, cairn_str *results);
/* Results that may not come are absent. */
void cairn_durable__clear(cairn_str *results, size_t n);
/* Whether the run still goes, and was not told to give up. */
bool cairn_durable__going(struct cairn_durable *run);

/* ---- durable_record.c: under the run's lock ---- */

typedef cairn_status cairn_durable_say_fn(struct cairn_work *work, const void *what,
					  cairn_error *err);

cairn_status cairn_durable__patiently(struct cairn_work *work, cairn_durable_say_fn *say,
				      const void *what, cairn_error *err);
cairn_status cairn_durable__record(struct cairn_work *work, bool done, cairn_error *err);
/* What it cost so far, as far as it fits, under the source that its end would charge. */
cairn_status cairn_durable__book(struct cairn_work *work, cairn_error *err);
/* Saying it again is of no use. */
bool cairn_durable__refused(cairn_status st);

#endif
