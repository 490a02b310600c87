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
	bool nomem;
};

/* The first thing that stands in the way counts. */
void cairn_durable__trouble(struct cairn_durable *run, const cairn_error *err);
/* The same with the library's own words; NULL: those of the code. */
void cairn_durable__refuse(struct cairn_durable *run, cairn_code code, const char *message);
/* What a step that is not done makes of the run; true if it has a result. given_up: if it failed, for good. */
bool cairn_durable__settle(struct cairn_durable *run, const cairn_replay_step *step, bool given_up);
/* Whether the run still goes, and was not told to give up. */
bool cairn_durable__going(struct cairn_durable *run);

#endif
