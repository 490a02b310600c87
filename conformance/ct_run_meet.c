/* ct_run_meet.c - what may be wanted of a run, and playing two such wishes against each other. */
#include "ct_run_meet.h"

/* ---- ends of jobs ------------------------------------------------------------------ */

static void told(ct_party *me, cairn_status status, cairn_code code)
{
	me->done += status == CAIRN_OK;
	me->status = status;
	me->code = status != CAIRN_OK ? cairn_code_text(code) : NULL;
}

static void send(cairn_conn *conn, ct_party *me, cairn_finish end)
{
	cairn_changed changed = ct_send(conn, end);
	told(me, changed.status, changed.code);
}

static void finish_a(cairn_conn *conn, void *party)
{
	ct_party *me = party;
	send(conn, me, ct_success(me->a));
}

static void finish_b(cairn_conn *conn, void *party)
{
	ct_party *me = party;
	send(conn, me, ct_success(me->b));
}

static void fail_a(cairn_conn *conn, void *party)
{
	ct_party *me = party;
	send(conn, me, ct_failure(me->a, CAIRN_FINISH_TERMINAL, "broken"));
}

static void fail_b(cairn_conn *conn, void *party)
{
	ct_party *me = party;
	send(conn, me, ct_failure(me->b, CAIRN_FINISH_TERMINAL, "broken"));
}

static void cancel_a(cairn_conn *conn, void *party)
{
	ct_party *me = party;
	cairn_changed changed;
	cairn_str none = { NULL, 0 };
	ct_ok(cairn_job_cancel(conn, cairn_any(), &me->a.id, 1, none, &changed, ct_err()));
	told(me, changed.status, changed.code);
}

/* Whether it got one is up to the order; nothing of the graph changes. */
static void claim_c(cairn_conn *conn, void *party)
{
	cairn_claim_opts opts = ct_claim_opts("claimer", 1);
	cairn_jobs *jobs = NULL;
	opts.queue = CAIRN_STR("c");
	(void)party;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
}

/* ---- the run, its gates --------------------------------------------------------------- */

static void stop(cairn_conn *conn, void *party)
{
	ct_party *me = party;
	cairn_run_changed changed = ct_cancel_run(conn, me->run);
	me->done += changed.canceled > 0;
}

static void append(cairn_conn *conn, ct_party *me, const char *key, const char *words)
{
	cairn_append item = ct_append(me->run, key, "g", words);
	cairn_appended *appended = NULL;
	me->status = cairn_run_append(conn, &item, &appended, ct_err());
	me->code = ct_last()->code;
	if (me->status == CAIRN_OK)
		me->done += appended->disposition == CAIRN_INSERTED;
	cairn_free(appended);
}

static void add_m(cairn_conn *conn, void *party)
{
	append(conn, party, "k", "m:a n:m! o");
}

static void add_p(cairn_conn *conn, void *party)
{
	append(conn, party, "l", "p:a! q*:p,g r:q!");
}

static void complete(cairn_conn *conn, ct_party *me, cairn_completion item)
{
	cairn_completed completed = ct_complete(conn, item);
	told(me, completed.status, completed.code);
	me->done -= completed.repeated;
}

static void open_g(cairn_conn *conn, void *party)
{
	ct_party *me = party;
	complete(conn, me, ct_completion(me->run, "g", CAIRN_STEP_SUCCEEDED));
}

static void fail_g(cairn_conn *conn, void *party)
{
	ct_party *me = party;
	cairn_completion item = ct_completion(me->run, "g", CAIRN_STEP_FAILED);
	item.error_code = CAIRN_STR("their.code");
	complete(conn, me, item);
}

static void overdue(cairn_conn *conn, void *party)
{
	ct_party *me = party;
	size_t ended = 0;
	ct_ok(cairn_run_reap(conn, 0, &ended, ct_err()));
	me->done += ended;
}

/* ---- reckoning -------------------------------------------------------------------------- */

static void reckon_finish_a(ct_model *model, const ct_party *me)
{
	(void)me;
	ct_model_end(model, "a", CAIRN_STEP_SUCCEEDED);
}

static void reckon_finish_b(ct_model *model, const ct_party *me)
{
	(void)me;
	ct_model_end(model, "b", CAIRN_STEP_SUCCEEDED);
}

static void reckon_fail_a(ct_model *model, const ct_party *me)
{
	(void)me;
	ct_model_end(model, "a", CAIRN_STEP_FAILED);
}

static void reckon_fail_b(ct_model *model, const ct_party *me)
{
	(void)me;
	ct_model_end(model, "b", CAIRN_STEP_FAILED);
}

static void reckon_cancel_a(ct_model *model, const ct_party *me)
{
	(void)me;
	ct_model_end(model, "a", CAIRN_STEP_CANCELED);
}

static void reckon_nothing(ct_model *model, const ct_party *me)
{
	(void)model;
	(void)me;
}

static void reckon_stop(ct_model *model, const ct_party *me)
{
	(void)me;
	ct_model_cancel(model);
}

static bool is_open(const ct_model *model, const char *key)
{
	return model->steps[ct_model_at(model, key)].status == CAIRN_STEP_WAITING_FOR_EXTERNAL;
}

static bool is(cairn_str key, const char *text)
{
	return key.len == strlen(text) && memcmp(key.ptr, text, key.len) == 0;
}

static bool has(const ct_model *model, const char *key)
{
	for (size_t i = 0; i < model->n; i++) {
		if (is(model->steps[i].key, key))
			return true;
	}
	return false;
}

static void reckon_add_m(ct_model *model, const ct_party *me)
{
	cairn_append item = ct_append(me->run, "k", "g", "m:a n:m! o");
	if (is_open(model, "g") && !has(model, "m"))
		ct_model_append(model, item.steps, item.n);
}

static void reckon_add_p(ct_model *model, const ct_party *me)
{
	cairn_append item = ct_append(me->run, "l", "g", "p:a! q*:p,g r:q!");
	if (is_open(model, "g"))
		ct_model_append(model, item.steps, item.n);
}

static void reckon_open_g(ct_model *model, const ct_party *me)
{
	(void)me;
	if (is_open(model, "g"))
		ct_model_end(model, "g", CAIRN_STEP_SUCCEEDED);
}

static void reckon_fail_g(ct_model *model, const ct_party *me)
{
	(void)me;
	if (is_open(model, "g"))
		ct_model_end(model, "g", CAIRN_STEP_FAILED);
}

#define JOB_OVER .code = "job.canceled", .or_code = "job.finished"
#define GATE_OVER \
	.code = "workflow.external_step_conflicting_completion_retry", \
	.or_code = "workflow.external_step_not_waiting"
#define WINDOW_OVER .code = "workflow.append_window_not_open"

#define WISH(word, does, says) .name = (word), .act = (does), .reckon = (says)

const ct_wish ct_finish_a = { WISH("finish a", finish_a, reckon_finish_a), JOB_OVER };
const ct_wish ct_finish_b = { WISH("finish b", finish_b, reckon_finish_b), JOB_OVER };
const ct_wish ct_fail_a = { WISH("fail a", fail_a, reckon_fail_a), JOB_OVER };
const ct_wish ct_fail_b = { WISH("fail b", fail_b, reckon_fail_b), JOB_OVER };
const ct_wish ct_cancel_a = { WISH("cancel a", cancel_a, reckon_cancel_a),
			      .code = "job.invalid_state_transition" };
const ct_wish ct_claim_c = { WISH("claim c", claim_c, reckon_nothing) };
const ct_wish ct_stop = { WISH("cancel the run", stop, reckon_stop) };
const ct_wish ct_add_m = { WISH("append m", add_m, reckon_add_m), WINDOW_OVER };
const ct_wish ct_add_p = { WISH("append p", add_p, reckon_add_p), WINDOW_OVER };
const ct_wish ct_open_g = { WISH("complete g", open_g, reckon_open_g), GATE_OVER };
const ct_wish ct_fail_g = { WISH("fail g", fail_g, reckon_fail_g), GATE_OVER };
const ct_wish ct_overdue = { WISH("reap gates", overdue, reckon_fail_g), .skips = true };

/* ---- playing -------------------------------------------------------------------------------- */

enum order { ALONE, COMMITTED, ROLLED_BACK, ORDERS };

static void begin_and_act(cairn_conn *conn, void *party)
{
	ct_party *me = party;
	ct_ok(cairn_begin(conn, &me->tx, ct_err()));
	me->wish->act(conn, me);
}

static void play(cairn_conn *conn, ct_session *const sessions[2], ct_party parties[2],
		 enum order order)
{
	if (order == ALONE) {
		ct_step(sessions[0], parties[0].wish->act, &parties[0]);
		ct_step(sessions[1], parties[1].wish->act, &parties[1]);
		return;
	}
	ct_step(sessions[0], begin_and_act, &parties[0]);
	ct_start(sessions[1], parties[1].wish->act, &parties[1]);
	ct_step(sessions[0], order == COMMITTED ? ct_commit : ct_rollback, &parties[0].tx);
	ct_join(sessions[1]);
	if (parties[1].wish->skips)
		parties[1].wish->act(conn, &parties[1]);
}

static void judge(ct_model *model, const ct_party *party)
{
	size_t before = model->event_count;
	party->wish->reckon(model, party);
	ct_int(party->done, model->event_count > before);
	if (party->done || party->status == CAIRN_OK)
		return;
	const char *code = party->code;
	const ct_wish *wish = party->wish;
	if (!(wish->code && strcmp(code, wish->code) == 0) &&
	    !(wish->or_code && strcmp(code, wish->or_code) == 0))
		ct_fail("%s was told %s", wish->name, code);
}

static cairn_lease lease_of(cairn_conn *conn, cairn_id run, const ct_model *model, const char *key)
{
	if (!has(model, key))
		return (cairn_lease){ .fence = 0 };
	return ct_claim_step(conn, run, key);
}

static void one_order(cairn_conn *conn, ct_session *const sessions[2], const cairn_run_new *dag,
		      const ct_wish *const wishes[2], enum order order)
{
	ct_party parties[2] = { { .wish = wishes[0], .tx = CAIRN_TX_INIT } };
	ct_model *model = ct_model_of(dag);
	parties[0].run = ct_add_run(conn, dag);
	parties[0].a = lease_of(conn, parties[0].run, model, "a");
	parties[0].b = lease_of(conn, parties[0].run, model, "b");
	parties[1] = parties[0];
	parties[1].wish = wishes[1];
	ct_advance(CAIRN_SECOND);
	ct_note("--- %s, then %s, order %d", wishes[0]->name, wishes[1]->name, (int)order);
	play(conn, sessions, parties, order);
	if (order != ROLLED_BACK)
		judge(model, &parties[0]);
	judge(model, &parties[1]);
	ct_model_agrees(conn, parties[0].run, model);
	ct_cancel_run(conn, parties[0].run);
}

void ct_run_meet(const char *words, enum cairn_on_failure on_failure, const ct_wish *one,
		 const ct_wish *other)
{
	cairn_conn *conn = ct_open();
	ct_session *sessions[] = { ct_session_new("first"), ct_session_new("second") };
	cairn_run_new dag = ct_dag(words);
	dag.on_failure = on_failure;
	for (size_t i = 0; i < dag.step_count; i++) {
		/* at the time of the meeting it is over */
		if (is(dag.steps[i].key, "g"))
			ct_dag_step(&dag, "g")->deadline = CAIRN_SECOND;
	}
	ct_define(conn, "t");
	for (int order = ALONE; order < ORDERS; order++) {
		const ct_wish *const there[] = { one, other };
		const ct_wish *const back[] = { other, one };
		one_order(conn, sessions, &dag, there, (enum order)order);
		one_order(conn, sessions, &dag, back, (enum order)order);
	}
}
