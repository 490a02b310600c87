/*
 * run_matrix.c - every status of a step in every status of its run against every verb, compared with tables that
 * are the kit's own. What is refused leaves everything as it was, and what is done is what was reckoned.
 */
#include "ct_graph_model.h"

/* What the step x is. */
enum state {
	BLOCKED_JOB,
	BLOCKED_GATE,
	OPEN_GATE,
	PENDING,
	LEASED,
	JOB_SUCCEEDED,
	JOB_FAILED,
	JOB_CANCELED,
	NEVER, /* canceled before it had a job */
	GATE_SUCCEEDED,
	GATE_FAILED,
	GATE_CANCELED,
	STATES
};

enum verb {
	/* about the step */
	FINISH,
	CANCEL_JOB,
	REQUEUE,
	COMPLETE,
	APPEND,
	STEP_VERBS,
	/* about the run */
	CANCEL = STEP_VERBS,
	RECOVER,
	PRUNE,
	VERBS
};

static const char *const verb_names[VERBS] = { "finish", "cancel job", "requeue", "complete",
					       "append", "cancel",     "recover", "prune" };

struct cell {
	cairn_status status;
	const char *code;
	enum cairn_step_status after; /* 0: nothing changes */
};

#define TO(word) \
	{ \
		.after = CAIRN_STEP_##word \
	}
#define SAME \
	{ \
		.after = 0 \
	}
#define NO_JOB \
	{ \
		.status = CAIRN_NOT_FOUND, .code = "job.not_found" \
	}
#define STALE(text) \
	{ \
		.status = CAIRN_STALE, .code = text \
	}
#define INVALID(text) \
	{ \
		.status = CAIRN_INVALID, .code = text \
	}
#define CONFLICT(text) \
	{ \
		.status = CAIRN_CONFLICT, .code = text \
	}
#define LOST	 STALE("job.lease_lost")
#define OVER	 STALE("job.finished")
#define STOPPED	 STALE("job.canceled")
#define NO_TURN	 STALE("job.invalid_state_transition")
#define NOT_SEEN STALE("job.expectation_mismatch")
#define ALONE	 INVALID("job.workflow_requeue_not_supported")
#define NO_GATE	 INVALID("workflow.external_step_not_external")
#define SHUT	 STALE("workflow.external_step_not_waiting")
#define ANOTHER	 CONFLICT("workflow.external_step_conflicting_completion_retry")
#define NO_WINDOW \
	{ \
		.status = CAIRN_INVALID, .code = "workflow.append_window_not_external" \
	}
#define CLOSED STALE("workflow.append_window_not_open")

static const struct cell table[STATES][STEP_VERBS] = {
	/* finish, cancel job, requeue, complete as SUCCEEDED, append with x as window */
	[BLOCKED_JOB] = { NO_JOB, NO_JOB, NO_JOB, NO_GATE, NO_WINDOW },
	[BLOCKED_GATE] = { NO_JOB, NO_JOB, NO_JOB, SHUT, CLOSED },
	[OPEN_GATE] = { NO_JOB, NO_JOB, NO_JOB, TO(SUCCEEDED), TO(WAITING_FOR_EXTERNAL) },
	[PENDING] = { LOST, TO(CANCELED), NOT_SEEN, NO_GATE, NO_WINDOW },
	[LEASED] = { TO(SUCCEEDED), TO(CANCELED), NOT_SEEN, NO_GATE, NO_WINDOW },
	[JOB_SUCCEEDED] = { OVER, NO_TURN, NOT_SEEN, NO_GATE, NO_WINDOW },
	[JOB_FAILED] = { OVER, NO_TURN, ALONE, NO_GATE, NO_WINDOW },
	[JOB_CANCELED] = { STOPPED, NO_TURN, ALONE, NO_GATE, NO_WINDOW },
	[NEVER] = { NO_JOB, NO_JOB, NO_JOB, NO_GATE, NO_WINDOW },
	[GATE_SUCCEEDED] = { NO_JOB, NO_JOB, NO_JOB, SAME, CLOSED },
	[GATE_FAILED] = { NO_JOB, NO_JOB, NO_JOB, ANOTHER, CLOSED },
	[GATE_CANCELED] = { NO_JOB, NO_JOB, NO_JOB, ANOTHER, CLOSED },
};

/* What can be done to a run of this status; canceled steps it has lost, recovery, prune. */
static const struct {
	bool cancels;
	bool recovers;
	bool prunes;
} runs[CAIRN_RUN_CANCELED + 1] = {
	[CAIRN_RUN_RUNNING] = { .cancels = true },
	[CAIRN_RUN_WAITING_FOR_EXTERNAL] = { .cancels = true },
	[CAIRN_RUN_SUCCEEDED] = { .recovers = true, .prunes = true },
	[CAIRN_RUN_COMPLETED_WITH_ERRORS] = { .recovers = true, .prunes = true },
	[CAIRN_RUN_CANCELED] = { .recovers = true, .prunes = true },
};

/* ---- scenes --------------------------------------------------------------------------- */

#define CLAIMED 1u /* x, in the end */
#define STOP	2u /* the run, at last */

static const struct scene {
	enum state x;
	enum cairn_run_status run;
	const char *words;
	const char *ends;
	uint32_t then;
} scenes[] = {
	{ BLOCKED_JOB, CAIRN_RUN_RUNNING, "a x:a y:x", "", 0 },
	{ BLOCKED_JOB, CAIRN_RUN_RUNNING, "g* x:g y:x!", "", 0 },
	{ BLOCKED_GATE, CAIRN_RUN_RUNNING, "a x*:a y:x", "", 0 },
	{ BLOCKED_GATE, CAIRN_RUN_RUNNING, "g* x*:g", "", 0 },
	{ OPEN_GATE, CAIRN_RUN_RUNNING, "a x* y:x!", "", 0 },
	{ OPEN_GATE, CAIRN_RUN_WAITING_FOR_EXTERNAL, "a g* x*", "a-", 0 },
	{ PENDING, CAIRN_RUN_RUNNING, "a x y:x! z:x", "", 0 },
	{ PENDING, CAIRN_RUN_RUNNING, "g* x", "", 0 },
	{ LEASED, CAIRN_RUN_RUNNING, "a x y:x! z:x", "", CLAIMED },
	{ LEASED, CAIRN_RUN_RUNNING, "g* x", "", CLAIMED },
	{ LEASED, CAIRN_RUN_RUNNING, "x", "", CLAIMED },
	{ JOB_SUCCEEDED, CAIRN_RUN_RUNNING, "a x y:x", "x+", 0 },
	{ JOB_SUCCEEDED, CAIRN_RUN_WAITING_FOR_EXTERNAL, "g* x", "x+", 0 },
	{ JOB_SUCCEEDED, CAIRN_RUN_SUCCEEDED, "x", "x+", 0 },
	{ JOB_SUCCEEDED, CAIRN_RUN_COMPLETED_WITH_ERRORS, "a x", "x+ a-", 0 },
	{ JOB_SUCCEEDED, CAIRN_RUN_CANCELED, "a x", "x+", STOP },
	{ JOB_FAILED, CAIRN_RUN_RUNNING, "a x", "x-", 0 },
	{ JOB_FAILED, CAIRN_RUN_WAITING_FOR_EXTERNAL, "g* x", "x-", 0 },
	{ JOB_FAILED, CAIRN_RUN_COMPLETED_WITH_ERRORS, "x y:x!", "x-", 0 },
	{ JOB_FAILED, CAIRN_RUN_CANCELED, "a x", "x-", STOP },
	{ JOB_CANCELED, CAIRN_RUN_RUNNING, "a x", "x~", 0 },
	{ JOB_CANCELED, CAIRN_RUN_WAITING_FOR_EXTERNAL, "g* x", "x~", 0 },
	{ JOB_CANCELED, CAIRN_RUN_COMPLETED_WITH_ERRORS, "x", "x~", 0 },
	{ JOB_CANCELED, CAIRN_RUN_CANCELED, "a x", "", STOP },
	{ NEVER, CAIRN_RUN_RUNNING, "a b x:a!", "a-", 0 },
	{ NEVER, CAIRN_RUN_WAITING_FOR_EXTERNAL, "a g* x:a!", "a-", 0 },
	{ NEVER, CAIRN_RUN_COMPLETED_WITH_ERRORS, "a x:a!", "a-", 0 },
	{ NEVER, CAIRN_RUN_CANCELED, "a x:a", "", STOP },
	{ GATE_SUCCEEDED, CAIRN_RUN_RUNNING, "a x*", "x+", 0 },
	{ GATE_SUCCEEDED, CAIRN_RUN_WAITING_FOR_EXTERNAL, "g* x*", "x+", 0 },
	{ GATE_SUCCEEDED, CAIRN_RUN_SUCCEEDED, "x*", "x+", 0 },
	{ GATE_SUCCEEDED, CAIRN_RUN_COMPLETED_WITH_ERRORS, "a x*", "x+ a-", 0 },
	{ GATE_SUCCEEDED, CAIRN_RUN_CANCELED, "a x*", "x+", STOP },
	{ GATE_FAILED, CAIRN_RUN_RUNNING, "a x*", "x-", 0 },
	{ GATE_FAILED, CAIRN_RUN_WAITING_FOR_EXTERNAL, "g* x*", "x-", 0 },
	{ GATE_FAILED, CAIRN_RUN_COMPLETED_WITH_ERRORS, "x*", "x-", 0 },
	{ GATE_FAILED, CAIRN_RUN_CANCELED, "a x*", "x-", STOP },
	{ GATE_CANCELED, CAIRN_RUN_RUNNING, "a x*", "x~", 0 },
	{ GATE_CANCELED, CAIRN_RUN_WAITING_FOR_EXTERNAL, "g* x*", "x~", 0 },
	{ GATE_CANCELED, CAIRN_RUN_COMPLETED_WITH_ERRORS, "x* y:x!", "x~", 0 },
	{ GATE_CANCELED, CAIRN_RUN_CANCELED, "a x*", "", STOP },
	{ GATE_CANCELED, CAIRN_RUN_CANCELED, "a x*:a", "", STOP },
};

static ct_play enact(cairn_conn *conn, const struct scene *scene)
{
	cairn_run_new dag = ct_dag(scene->words);
	dag.type = cairn_str_of(ct_format("w%u", ct_number()));
	ct_play play = ct_play_run(conn, &dag);
	ct_play_ends(&play, scene->ends);
	if (scene->then & CLAIMED)
		ct_claim_step(conn, play.run, "x");
	if (scene->then & STOP)
		ct_play_cancel(&play);
	ct_int(play.model->status, scene->run);
	ct_advance(CAIRN_SECOND);
	return play;
}

/* ---- verbs ------------------------------------------------------------------------------ */

static cairn_lease lease_of(cairn_conn *conn, cairn_id id)
{
	cairn_lease lease = { .id = id, .fence = 1 };
	if (ct_exists(conn, id) && ct_job(conn, id)->fence > 0)
		lease.fence = ct_job(conn, id)->fence;
	return lease;
}

static void requeue(cairn_conn *conn, cairn_id id, const struct cell *want)
{
	cairn_requeue item = { .id = id, .status = CAIRN_JOB_DEAD_LETTERED, .run_number = 1 };
	if (ct_exists(conn, id) && ct_job(conn, id)->status == CAIRN_JOB_CANCELED)
		item.status = CAIRN_JOB_CANCELED;
	ct_each(ct_requeue(conn, item), want->status, want->code);
}

static void append(const ct_play *play, const struct cell *want)
{
	cairn_append item = ct_append(play->run, "k", "x", "m:x! n");
	cairn_appended *appended = NULL;
	if (want->after == 0) {
		ct_status(cairn_run_append(play->conn, &item, &appended, ct_err()), want->status,
			  want->code);
		return;
	}
	ct_ok(cairn_run_append(play->conn, &item, &appended, ct_err()));
	ct_later(appended);
	ct_int(appended->disposition, CAIRN_INSERTED);
	ct_model_append(play->model, item.steps, item.n);
}

static void try_step(ct_play *play, enum verb verb, const struct cell *want)
{
	cairn_conn *conn = play->conn;
	cairn_id id = ct_step_id(conn, play->run, "x");
	const char *before = ct_run_snapshot(conn, play->run);
	cairn_changed changed;
	cairn_str none = { NULL, 0 };
	if (verb == FINISH) {
		changed = ct_send(conn, ct_success(lease_of(conn, id)));
		ct_each(changed, want->status, want->code);
	} else if (verb == CANCEL_JOB) {
		ct_ok(cairn_job_cancel(conn, cairn_any(), &id, 1, none, &changed, ct_err()));
		ct_each(changed, want->status, want->code);
	} else if (verb == REQUEUE) {
		requeue(conn, id, want);
	} else if (verb == COMPLETE) {
		cairn_completed told =
			ct_complete(conn, ct_completion(play->run, "x", CAIRN_STEP_SUCCEEDED));
		ct_each(told, want->status, want->code);
		ct_int(told.repeated, want->status == CAIRN_OK && want->after == 0);
	} else {
		append(play, want);
	}
	if (want->after == 0)
		ct_run_unchanged(conn, play->run, before);
	else if (verb != APPEND)
		ct_model_end(play->model, "x", want->after);
	ct_model_agrees(conn, play->run, play->model);
}

static void try_cancel(ct_play *play)
{
	cairn_run_counts counts = ct_model_counts(play->model);
	cairn_run_changed told = ct_cancel_run(play->conn, play->run);
	int32_t open = counts.blocked + counts.waiting + counts.enqueued;
	bool cancels = runs[play->model->status].cancels;
	ct_int(told.run_status, cancels ? CAIRN_RUN_CANCELED : play->model->status);
	ct_int(told.canceled, cancels ? open : 0);
	ct_model_cancel(play->model);
}

static void try_recover(ct_play *play)
{
	cairn_recovery recovery = ct_recovery(play->run, "r");
	cairn_run_added added;
	if (!runs[play->model->status].recovers) {
		ct_status(cairn_run_recover(play->conn, &recovery, &added, ct_err()),
			  CAIRN_CONFLICT, "workflow.recovery_source_not_terminal");
		return;
	}
	cairn_id again = ct_recover(play->conn, &recovery);
	ct_id(ct_run(play->conn, again)->source, play->run);
	ct_int(ct_run(play->conn, again)->counts.blocked +
		       ct_run(play->conn, again)->counts.waiting +
		       ct_run(play->conn, again)->counts.enqueued,
	       play->model->n);
	ct_cancel_run(play->conn, again);
}

static void try_prune(ct_play *play)
{
	cairn_run_prune_filter filter = { .size = sizeof(filter),
					  .scope = cairn_any(),
					  .type = ct_run(play->conn, play->run)->type };
	size_t pruned = 99;
	ct_ok(cairn_run_prune(play->conn, &filter, &pruned, ct_err()));
	ct_int(pruned, runs[play->model->status].prunes);
}

static void try_run(ct_play *play, enum verb verb)
{
	const char *before = ct_run_snapshot(play->conn, play->run);
	bool over = !runs[play->model->status].cancels;
	if (verb == CANCEL)
		try_cancel(play);
	else if (verb == RECOVER)
		try_recover(play);
	else
		try_prune(play);
	if (verb == PRUNE && over)
		return;
	if (verb != CANCEL || over)
		ct_run_unchanged(play->conn, play->run, before);
	ct_model_agrees(play->conn, play->run, play->model);
}

static void every_scene(enum verb first, enum verb last)
{
	cairn_conn *conn = ct_open();
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		for (int verb = (int)first; verb < (int)last; verb++) {
			ct_note("--- %s, %s%s: %s", scenes[i].words, scenes[i].ends,
				scenes[i].then & STOP ? ", canceled" : "", verb_names[verb]);
			ct_play play = enact(conn, &scenes[i]);
			if (verb < STEP_VERBS)
				try_step(&play, (enum verb)verb, &table[scenes[i].x][verb]);
			else
				try_run(&play, (enum verb)verb);
			/* its jobs are not in the next one's way */
			if (verb != PRUNE || runs[scenes[i].run].cancels)
				ct_cancel_run(conn, play.run);
		}
	}
}

static void verbs_about_steps(void)
{
	every_scene(FINISH, STEP_VERBS);
}

static void verbs_about_runs(void)
{
	every_scene(CANCEL, VERBS);
}

#define MATRIX .kind = CT_MATRIX, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.matrix.each_step_against_each_verb",
	  MATRIX,
	  .rule = "Each status of a step in each status of a run answers finish, cancel, requeue, "
		  "completion and append as the table says; what is refused changes nothing.",
	  .covers = "runledger Z11, O05, O08, B05, Q06, T02",
	  .run = verbs_about_steps },
	{ .name = "runs.matrix.each_run_against_each_verb",
	  MATRIX,
	  .rule = "Each status of a run, whatever its steps are, answers cancel, recovery and "
		  "prune as "
		  "the table says; what is refused changes nothing.",
	  .covers = "runledger T01, T02, RC03",
	  .run = verbs_about_runs },
};

CT_GROUP(run_matrix, cases);
