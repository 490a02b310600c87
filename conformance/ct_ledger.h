/*
 * ct_ledger.h - steps that cases about replay runs from outside and about budgets share, beside those of ct_replay.h.
 */
#ifndef CT_LEDGER_H
#define CT_LEDGER_H

#include "ct_replay.h"

/* ---- steps, by name; they must be RUN ---- */

/* Done with this result; done with "1" and usage of one axis; failed for good. */
void ct_play_did(const ct_play *play, const char *name, const char *result);
void ct_play_paid(const ct_play *play, const char *name, const char *axis, int64_t amount);
void ct_play_failed(const ct_play *play, const char *name, const char *code);
/* It must be remembered, with this result. */
void ct_play_knows(const ct_play *play, const char *name, const char *result);
cairn_charge ct_usage(const char *axis, int64_t amount);
/* Starts a child of type "t" in the given queue; it must be SUSPEND. */
cairn_id ct_child_of(const ct_play *play, const char *name, const char *queue);

/* ---- from outside; scope ANY ---- */

/* The run and its steps in one line: "RUNNING a=COMPLETED b=RUNNING". */
const char *ct_replay_state(cairn_conn *conn, cairn_id run);
#define ct_replay_stands(conn, run, want) \
	ct_text_(ct_replay_state((conn), (run)), (want), "the state of " #run, __FILE__, __LINE__)
/* It is no replay run any more, nor a job. */
void ct_replay_gone(cairn_conn *conn, cairn_id run);
/* Cancels one, which must be there: what it was told. */
cairn_replay_changed ct_cancel_replay(cairn_conn *conn, cairn_id run);
/* A resumption to be changed; sent, it must work. */
cairn_resume ct_resumption(cairn_id run);
cairn_replay_changed ct_resume_replay(cairn_conn *conn, const cairn_resume *resume);
/* A fork up to a step by name, NULL: from the top; sent, it must be inserted. */
cairn_fork_new ct_fork(cairn_id source, const char *name);
cairn_id ct_fork_replay(cairn_conn *conn, const cairn_fork_new *fork);

/* ---- budgets; scope ANY ---- */

/* Gives a run's tree a budget. */
void ct_limit(cairn_conn *conn, cairn_id run, const char *axis, enum cairn_budget_kind kind,
	      int64_t total);
/* The budget of an axis; one that is not there has no axis. */
cairn_budget ct_budget_of(cairn_conn *conn, cairn_id run, const char *axis);
/* "HARD 10 spent 3 reserved 2 left 5"; "-": there is none. */
const char *ct_budget_text(cairn_conn *conn, cairn_id run, const char *axis);
#define ct_purse(conn, run, axis, want) \
	ct_text_(ct_budget_text((conn), (run), (axis)), (want), "the budget", __FILE__, __LINE__)
/* An entry of axis "a" and source type "s". */
cairn_entry_new ct_entry(cairn_id run, const char *source, int64_t amount);
/* One at a time: what it was told; and that it was told so, the call made once. */
#define ct_spends(call, want, code) ct_spends_((call), (want), (code), #call, __FILE__, __LINE__)
void ct_spends_(cairn_entry_done done, cairn_status want, const char *code, const char *what,
		const char *file, int line);
cairn_entry_done ct_charge(cairn_conn *conn, cairn_entry_new entry);
cairn_entry_done ct_reserve(cairn_conn *conn, cairn_entry_new entry, cairn_usec duration);
cairn_entry_done ct_release(cairn_conn *conn, cairn_entry_new entry);
const cairn_entries *ct_entries(cairn_conn *conn, cairn_id run);
/*
 * The ledger as "a:s/x=3 a:s/y~5 b:step/…-7": charged, reserved, released. That seq has no gap, and that each axis'
 * spent and reserved are the sums of its entries, is expected beside.
 */
const char *ct_ledger(cairn_conn *conn, cairn_id run);
#define ct_booked(conn, run, want) \
	ct_text_(ct_ledger((conn), (run)), (want), "the ledger", __FILE__, __LINE__)

#endif
