/*
 * ct_meet.c - playing two sessions against each other in every order. Waiting itself is not
 * asserted: some drivers wait where others do not. What comes out must be what came out had
 * they never met.
 */
#include "ct_meet.h"

/* ---- verbs ---------------------------------------------------------------------- */

void ct_act_success(cairn_conn *conn, void *actor)
{
	ct_actor *me = actor;
	me->changed = ct_send(conn, ct_success(me->lease));
}

void ct_act_cancel(cairn_conn *conn, void *actor)
{
	ct_actor *me = actor;
	cairn_str reason = { NULL, 0 };
	ct_ok(cairn_job_cancel(conn, cairn_any(), &me->lease.id, 1, reason, &me->changed,
			       ct_err()));
}

void ct_act_claim(cairn_conn *conn, void *actor)
{
	ct_actor *me = actor;
	cairn_claim_opts opts = ct_claim_opts("claimer", 10);
	cairn_jobs *jobs = NULL;
	opts.queue = me->queue;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	me->taken += jobs->count;
	ct_later(jobs);
}

void ct_act_reap(cairn_conn *conn, void *actor)
{
	ct_actor *me = actor;
	cairn_reap_report *report = NULL;
	ct_ok(cairn_job_reap(conn, NULL, &report, ct_err()));
	me->taken += report->count;
	ct_later(report);
}

void ct_act_prune(cairn_conn *conn, void *actor)
{
	ct_actor *me = actor;
	size_t pruned = 0;
	cairn_prune_opts opts = { .size = sizeof(opts),
				  .scope = cairn_any(),
				  .statuses =
					  1u << CAIRN_JOB_DEAD_LETTERED | 1u << CAIRN_JOB_SUCCEEDED,
				  .age = 1 };
	ct_ok(cairn_job_prune(conn, &opts, &pruned, ct_err()));
	me->taken += pruned;
}

static bool comes_again(const ct_actor *me)
{
	return me->verb == ct_act_claim || me->verb == ct_act_reap || me->verb == ct_act_prune;
}

/* ---- orders --------------------------------------------------------------------- */

enum order { ALONE, COMMITTED, ROLLED_BACK, ORDERS };

void ct_begin_and_act(cairn_conn *conn, void *actor)
{
	ct_actor *me = actor;
	ct_ok(cairn_begin(conn, &me->tx, ct_err()));
	me->verb(conn, me);
}

static void play(cairn_conn *conn, ct_session *const sessions[2], ct_actor actors[2],
		 enum order order)
{
	if (order == ALONE) {
		ct_step(sessions[0], actors[0].verb, &actors[0]);
		ct_step(sessions[1], actors[1].verb, &actors[1]);
		return;
	}
	ct_step(sessions[0], ct_begin_and_act, &actors[0]);
	ct_start(sessions[1], actors[1].verb, &actors[1]);
	ct_step(sessions[0], order == COMMITTED ? ct_commit : ct_rollback, &actors[0].tx);
	ct_join(sessions[1]);
	if (comes_again(&actors[1]))
		actors[1].verb(conn, &actors[1]);
}

/* What is left must not be in the next order's way. */
static void clear(cairn_conn *conn)
{
	cairn_job_filter filter = { .size = sizeof(filter), .scope = cairn_any() };
	cairn_swept *swept = NULL;
	cairn_str reason = { NULL, 0 };
	ct_ok(cairn_job_cancel_where(conn, &filter, reason, &swept, ct_err()));
	ct_later(swept);
}

void ct_meet(ct_meet_setup *setup, ct_step_fn *first, ct_step_fn *second, ct_meet_outcome *outcome)
{
	cairn_conn *conn = ct_open();
	ct_session *sessions[] = { ct_session_new("first"), ct_session_new("second") };
	ct_define_retry(conn, "t", 3, CAIRN_MINUTE);
	for (int order = ALONE; order < ORDERS; order++) {
		ct_actor actors[2] = { { .verb = first, .tx = CAIRN_TX_INIT } };
		setup(conn, &actors[0]);
		actors[1] = actors[0];
		actors[1].verb = second;
		ct_note("--- order %d", order);
		play(conn, sessions, actors, (enum order)order);
		if (order == ROLLED_BACK)
			outcome(conn, &actors[1], NULL);
		else
			outcome(conn, &actors[0], &actors[1]);
		clear(conn);
	}
}
