/*
 * replay_state.h - one attempt of a replay run: what it has read of its steps, which names it has used, and the
 * lease that guards what it writes. Shared by replay*.c.
 */
#ifndef CAIRN_CORE_REPLAY_STATE_H
#define CAIRN_CORE_REPLAY_STATE_H

#include <stdbool.h>

#include <cairn/sys/json.h>

#include "core.h"
#include "replay_read.h"

/* A name in this attempt: a base name and how often it was used, or a stored step and which one it is. */
struct cairn__used {
	cairn_str name; /* absent: an empty slot */
	uint64_t hash;	/* of the name */
	int64_t count;
};

/* Open addressing, at most half full. */
struct cairn__uses {
	struct cairn__used *slots;
	size_t cap; /* a power of 2, or 0 */
	size_t count;
};

/* A step that is asked for. */
struct cairn__asked {
	cairn_str name;
	cairn_str base; /* the name without its number; absent: not counted */
	cairn_str signature;
	uint8_t hash[32];
	size_t at;		/* where the signature begins, while the text still grows */
	const cairn_memo *memo; /* what is stored under the name; NULL: nothing */
};

/* Memory of a call for one step. */
struct cairn__single {
	struct cairn__asked asked;
	cairn_str name;
	cairn_str kind;
	cairn_enter item;
};

struct cairn_replay {
	cairn_conn *conn;
	cairn_lease lease;
	cairn_replay_run
		run; /* id, root, parent, scope, code, attempt, fence; its text is in the first page */
	cairn_time lease_until;
	cairn_id claim; /* of every step that is begun here: asked again, it is still ours */
	uint32_t page;
	bool over;     /* suspended or finished */
	bool suspends; /* some step was SUSPEND */
	cairn_time wake_at;
	int64_t steps;		  /* stored when it began */
	int64_t read;		  /* seq of the last one that was read */
	int64_t taken;		  /* how many of them this attempt has come to */
	const cairn_memo **memos; /* what was read, by seq */
	size_t memo_count;
	size_t memo_cap;
	size_t next;		   /* of memos: the one that programs ask for who ask as before */
	struct cairn__uses others; /* the names of memos, if they are asked for in another order */
	size_t other_count;	   /* so many of memos are in there */
	struct cairn__uses bases;
	void **pages; /* results that texts were given out of */
	size_t page_count;
	size_t page_cap;
	struct cairn__single single;
	cairn_rows names; /* nothing but texts */
	cairn_text text;  /* signatures of one call, and the like */
};

/* The connection of a call; NULL is refused there. */
static inline cairn_conn *cairn__replay_conn(const cairn_replay *replay)
{
	return replay != NULL ? replay->conn : NULL;
}

/* ---- replay.c ---- */

/* An argument of every call; replay.attempt_ended behind the end of the attempt. */
cairn_status cairn__replay_check(cairn_replay *replay, cairn_error *err);

/* Room for a result, before it is asked for: what is written must not get lost for want of memory. */
cairn_status cairn__replay_room(cairn_replay *replay, cairn_error *err);
/* Takes it over; it lives as long as the replay. */
void cairn__replay_keep(cairn_replay *replay, void *result);

/* Why the lease's guard failed: the call's failure; BUSY if by now it would hold. */
cairn_status cairn__replay_lost(cairn_replay *replay, cairn_error *err);

/* Reads the next page of what is stored. */
cairn_status cairn__replay_page(cairn_replay *replay, cairn_error *err);

/* A SUSPEND was told. */
void cairn__replay_suspends(cairn_replay *replay, cairn_time until);

/* ---- replay_name.c ---- */

/*
 * Appends the signature of kind, scope and input to replay->text, its place and length to asked; settle sets the
 * pointers and hashes when the text has stopped growing, then names them in their order and looks them up, reading
 * further pages as far as needed.
 */
cairn_status cairn__replay_sign(cairn_replay *replay, cairn_str kind, cairn_str scope,
				cairn_str input, struct cairn__asked *asked, cairn_error *err);
struct cairn__asking;
cairn_status cairn__replay_settle(cairn_replay *replay, struct cairn__asking *asking,
				  cairn_error *err);
/* The call failed: takes back what settle counted. */
void cairn__replay_unsettle(cairn_replay *replay, const struct cairn__asking *asking);
/* The same for a step that has its name already. */
void cairn__replay_signed(cairn_replay *replay, struct cairn__asked *asked, cairn_str name);

/* 1-255 bytes without #, as names are; absent is fine. */
cairn_status cairn__check_step_name(cairn_str name, cairn_error *err);

void cairn__uses_clear(cairn_conn *conn, struct cairn__uses *names);

/* ---- replay_enter.c ---- */

/* Steps of one call, in program order. */
struct cairn__asking {
	struct cairn__asked *asked;
	cairn_str *names;   /* as given; absent: made from the signature */
	cairn_enter *items; /* filled in but for name, kind, signature and hash */
	cairn_str *kinds;
	size_t n;
	bool fresh; /* looked up: those that are not remembered are new, as far as is known */
};

/* Memory for n; it needs an end either way. */
cairn_status cairn__asking_begin(struct cairn__asking *asking, cairn_replay *replay, size_t n,
				 cairn_error *err);
void cairn__asking_end(struct cairn__asking *asking, cairn_replay *replay);

/*
 * Names what was signed, looks it up, and answers: from memory what has ended, the rest by one call of the driver. A
 * failure takes the names back.
 */
cairn_status cairn__replay_ask(cairn_replay *replay, enum cairn_memo_verb verb,
			       struct cairn__asking *asking, cairn_replay_step *each,
			       cairn_error *err);
/* The second half, of what is named and looked up. */
cairn_status cairn__replay_enter(cairn_replay *replay, enum cairn_memo_verb verb,
				 struct cairn__asking *asking, cairn_replay_step *each,
				 cairn_error *err);

/* One step whose input the core writes. */
struct cairn__one {
	cairn_replay *replay;
	struct cairn__asking asking;
	cairn_text input;
};

/* Answers the input, to be written. */
cairn_text *cairn__one_begin(struct cairn__one *one, cairn_replay *replay);
/* Signs, names and looks it up. */
cairn_status cairn__one_ask(struct cairn__one *one, cairn_str kind, cairn_error *err);
/* Frees it; takes the name back if status is not OK, and answers it. */
cairn_status cairn__one_end(struct cairn__one *one, cairn_status status);

#endif
