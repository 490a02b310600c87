/*
 * ct_meet.h - two sessions that want the same job, in every order: one after the other, one behind the
 * other's open transaction that commits, or that rolls back. (interleave.c, interleave_verbs.c)
 */
#ifndef CT_MEET_H
#define CT_MEET_H

#include "ct.h"

/* What one session wants of the job, and what it was told. */
typedef struct ct_actor {
	ct_step_fn *verb;
	cairn_lease lease;  /* its id is the job */
	cairn_str queue;    /* to claim from; absent: "default" */
	cairn_requeue seen; /* to requeue */
	cairn_tx tx;
	cairn_changed changed;
	cairn_job_added added;
	size_t taken; /* by a claim, a reaper, a prune */
} ct_actor;

/* Verbs: steps whose arg is the actor. */
void ct_act_success(cairn_conn *conn, void *actor);
void ct_act_cancel(cairn_conn *conn, void *actor);
/* These skip rows that somebody holds; when that one is done they come again. */
void ct_act_claim(cairn_conn *conn, void *actor);
void ct_act_reap(cairn_conn *conn, void *actor);
void ct_act_prune(cairn_conn *conn, void *actor);

/* A step: opens the actor's transaction and does its verb in it. */
void ct_begin_and_act(cairn_conn *conn, void *actor);

/* How an order prepares its job, of type "t": fills in what both actors know. */
typedef void ct_meet_setup(cairn_conn *conn, ct_actor *actor);
/* What must have come out; loser is NULL when the first one's work was rolled back. */
typedef void ct_meet_outcome(cairn_conn *conn, const ct_actor *winner, const ct_actor *loser);

/* first meets second in each order; a rolled back first leaves the second alone. */
void ct_meet(ct_meet_setup *setup, ct_step_fn *first, ct_step_fn *second, ct_meet_outcome *outcome);

#endif
