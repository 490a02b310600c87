/*
 * ct_replay.h - steps that cases about replay runs share. A play is a run of type "t" in the hands of a case: its
 * id, the lease that it has now, and the run as it was begun under that.
 */
#ifndef CT_REPLAY_H
#define CT_REPLAY_H

#include "ct.h"

/* How long a failed attempt of the run waits, and how long an attempt that is not looked after lasts. */
#define CT_REPLAY_RETRY (10 * CAIRN_SECOND)
#define CT_REPLAY_LEASE CAIRN_LEASE_DEFAULT

typedef struct ct_play {
	cairn_id id;
	cairn_lease lease;
	cairn_replay *replay;
} ct_play;

/* ---- attempts ---- */

/* Defines "t", with 8 attempts and CT_REPLAY_RETRY between them, and enqueues one. */
cairn_id ct_play_add(cairn_conn *conn);
/* Claims it from its queue as its owner, and nothing else: it must be due. */
cairn_lease ct_play_claim(cairn_conn *conn, cairn_id id);
/* Begins under a lease, which must work; opts may be NULL. Closed when the case ends. */
cairn_replay *ct_play_begin(cairn_conn *conn, cairn_lease lease, const cairn_replay_opts *opts);
/* Enqueues one, claims it and begins. */
ct_play ct_play_new(cairn_conn *conn);
/*
 * The same in a queue of its own, so that a case claims the run that it means; and with a request, whose queue is given
 * here. "t" is defined with the attempts of any type.
 */
ct_play ct_play_aside(cairn_conn *conn);
ct_play ct_play_job(cairn_conn *conn, cairn_job_new job);
/* Begins under this lease; claims this run, which must be due, and begins. */
ct_play ct_play_under(cairn_conn *conn, cairn_lease lease);
ct_play ct_play_of(cairn_conn *conn, cairn_id id);
/* The same; then it asks for a sleep, and for step "a", which is RUN. */
ct_play ct_play_held(cairn_conn *conn, cairn_replay_step *held);
/* The run's next attempt, or its continuation: it must be due. */
void ct_play_on(cairn_conn *conn, ct_play *play);
/* Suspends. */
void ct_play_suspend(const ct_play *play);
/* Suspends, lets the time pass until it is due, and goes on. */
void ct_play_sleep(cairn_conn *conn, ct_play *play);
/* The attempt fails, and another one may follow; and it begins when it is time. */
void ct_play_break(const ct_play *play);
void ct_play_retry(cairn_conn *conn, ct_play *play);
/* The lease runs out, somebody takes the job back, and another worker begins it. */
void ct_play_takeover(cairn_conn *conn, ct_play *play);
/* Ends the run: output NULL: without one; and with a failure for good. */
void ct_play_succeed(const ct_play *play, const char *output);
void ct_play_fail(const ct_play *play, const char *code);

/* ---- steps ---- */

/* A call of this kind and input (NULL: absent), to be changed; one with a name of its own. */
cairn_replay_call ct_call(const char *kind, const char *input);
cairn_replay_call ct_call_named(const char *name);
/* Asks for one step: the call must work, and so must the step. */
cairn_replay_step ct_ask(cairn_replay *replay, const cairn_replay_call *call);
/* The same by name; and it must be RUN. */
cairn_replay_step ct_ask_for(cairn_replay *replay, const char *name);
cairn_replay_step ct_ask_run(cairn_replay *replay, const char *name);
/* Asks, and does it with this result if it is RUN; it must be RESULT then. */
cairn_replay_step ct_do(cairn_replay *replay, const char *name, const char *result);
void ct_step_complete(cairn_replay *replay, cairn_replay_step *step, const char *result);
/* Fails it with this code and the message "it broke". */
void ct_step_fail(cairn_replay *replay, cairn_replay_step *step, const char *code);
cairn_replay_step ct_sleep(cairn_replay *replay, cairn_usec duration);
/* Waits for a signal; timeout -1: none. */
cairn_replay_step ct_await(cairn_replay *replay, const char *name, cairn_usec timeout);
/* Starts a child of type "t" under a name of its step, or finds it. */
cairn_replay_step ct_child(cairn_replay *replay, const char *name);
/* What is to be done next: RUN, RESULT … */
#define ct_next(step, want) \
	ct_text_(cairn_next_text((step).next), #want, "next of " #step, __FILE__, __LINE__)
/* A step that is RESULT, with this one, whether it was remembered from before or not. */
#define ct_result(step, want) \
	do { \
		ct_next(step, RESULT); \
		ct_str((step).result, (want)); \
	} while (0)

/* ---- signals ---- */

/* Sends one with scope ANY, whatever comes of it; payload NULL: absent; key NULL: none. */
cairn_signal_sent ct_signal_offer(cairn_conn *conn, cairn_id run, const char *name, const char *key,
				  const char *payload);
/* Sends one, which must be new: what it was told. */
cairn_signal_sent ct_signal(cairn_conn *conn, cairn_id run, const char *name, const char *payload);
/* All of a run. */
const cairn_signals *ct_signals(cairn_conn *conn, cairn_id run);

/* ---- what there is to read; scope ANY, and it must be there ---- */

const cairn_replay_run *ct_played(cairn_conn *conn, cairn_id run);
/* "SUSPENDED" … */
#define ct_stage_is(conn, run, want) \
	ct_text_(cairn_replay_status_text(ct_played((conn), (run))->status), (want), \
		 "the status of " #run, __FILE__, __LINE__)
/* Up to 1000 of them. */
const cairn_memos *ct_memos(cairn_conn *conn, cairn_id run);
const cairn_memo *ct_memo(cairn_conn *conn, cairn_id run, const char *name);
/* Names and statuses by seq: "a=COMPLETED b=RUNNING"; that seq has no gap, is expected. */
const char *ct_remembers(cairn_conn *conn, cairn_id run);
/* The kinds of the events that are about steps and signals, in order: "STARTED COMPLETED". */
const char *ct_steps_told(cairn_conn *conn, cairn_id run);

/* Everything that can be read about a run, its job, signals and ledger: "nothing was written". */
const char *ct_play_snapshot(cairn_conn *conn, cairn_id run);
#define ct_play_unchanged(conn, id, before) \
	ct_text_(ct_play_snapshot((conn), (id)), (before), "the run's snapshot", __FILE__, __LINE__)

/* Each write of this attempt is refused so, and changes nothing. play and held are of ct_play_held(). */
void ct_play_refused(cairn_conn *conn, const ct_play *play, const cairn_replay_step *held,
		     cairn_status status, const char *code);
/* No lease begins the run: it is refused so, and nothing changes. */
void ct_begin_refused(cairn_conn *conn, cairn_lease lease, const cairn_replay_opts *opts,
		      cairn_status status, const char *code);

#endif
