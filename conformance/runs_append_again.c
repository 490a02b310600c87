/*
 * runs_append_again.c - the same append again, one that is not quite the same, and several at once.
 */
#include "ct_workflow.h"

static void conflicts(cairn_conn *conn, const cairn_append *append)
{
	cairn_appended *appended = NULL;
	ct_status(cairn_run_append(conn, append, &appended, ct_err()), CAIRN_CONFLICT,
		  "workflow.append_conflicting_retry");
	cairn_free(appended);
}

static void again(cairn_conn *conn, const cairn_append *append, const char *state)
{
	const char *before = ct_run_snapshot(conn, append->run);
	ct_advance(CAIRN_MINUTE);
	const cairn_appended *appended = ct_send_append(conn, append, CAIRN_EXISTING);
	ct_int(appended->run_status, ct_run(conn, append->run)->status);
	ct_run_unchanged(conn, append->run, before);
	ct_stands(conn, append->run, state);
	for (size_t i = 0; i < appended->count; i++) {
		cairn_str key = appended->at[i].key;
		const cairn_step *now =
			ct_run_step(conn, append->run, ct_format("%.*s", (int)key.len, key.ptr));
		ct_id(appended->at[i].id, now->id);
		ct_int(appended->at[i].status, now->status);
	}
}

static void whatever_happened(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_flow(conn, "g*");
	cairn_append append = ct_append(id, "more", "g", "b a:b!");
	ct_send_append(conn, &append, CAIRN_INSERTED);
	again(conn, &append, "RUNNING g=WAITING_FOR_EXTERNAL b=ENQUEUED a=BLOCKED");
	ct_disable(conn, "t", 1);
	ct_end(conn, id, "g", CAIRN_STEP_SUCCEEDED);
	again(conn, &append, "RUNNING g=SUCCEEDED b=ENQUEUED a=BLOCKED");
	ct_end(conn, id, "b", CAIRN_STEP_FAILED);
	again(conn, &append, "COMPLETED_WITH_ERRORS g=SUCCEEDED b=FAILED a=CANCELED");
	append = ct_append(id, "more", "g", "b a:b");
	conflicts(conn, &append);
	append = ct_append(id, "other", "g", "b a:b!");
	cairn_appended *appended = NULL;
	ct_status(cairn_run_append(conn, &append, &appended, ct_err()), CAIRN_STALE,
		  "workflow.append_window_not_open");
}

/* ---- what is the same -------------------------------------------------------------------- */

static cairn_id open_run(cairn_conn *conn, const char *tenant)
{
	cairn_run_new run = ct_dag("g* h*");
	ct_define(conn, "t");
	run.tenant = cairn_str_of(tenant);
	return ct_add_run(conn, &run);
}

static void in_any_order(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = open_run(conn, "");
	cairn_append append = ct_append(id, "k", "g", "alpha:g beta:alpha,g");
	ct_send_append(conn, &append, CAIRN_INSERTED);
	append = ct_append(id, "k", "g", "beta:g,alpha alpha:g");
	const cairn_appended *appended = ct_send_append(conn, &append, CAIRN_EXISTING);
	ct_str(appended->at[0].key, "alpha");
	ct_str(appended->at[1].key, "beta");
	append = ct_append(id, "k", "g", "beta:g,alpha! alpha:g");
	conflicts(conn, &append);
}

/* One step, to be changed, appended under key and window. */
static cairn_append one(cairn_id run, cairn_step_new *step)
{
	cairn_append append = ct_append(run, "k", "g", "child");
	*step = (cairn_step_new){ .key = CAIRN_STR("child"),
				  .type = CAIRN_STR("t"),
				  .payload = CAIRN_STR("{\"n\":[1,2]}") };
	append.steps = step;
	return append;
}

static void tenants_said_or_not(void)
{
	cairn_conn *conn = ct_open();
	cairn_step_new step;
	cairn_append append = one(open_run(conn, "acme"), &step);
	ct_send_append(conn, &append, CAIRN_INSERTED);
	step.tenant = CAIRN_STR("acme");
	const cairn_appended *appended = ct_send_append(conn, &append, CAIRN_EXISTING);
	ct_str(appended->at[0].tenant, "acme");
	step.tenant = CAIRN_STR("other");
	conflicts(conn, &append);
}

static void stages_said_or_not(void)
{
	cairn_conn *conn = ct_open();
	cairn_step_new step;
	cairn_append append = one(open_run(conn, ""), &step);
	ct_send_append(conn, &append, CAIRN_INSERTED);
	step.stage = CAIRN_STR("queued");
	step.queue = CAIRN_STR("default");
	step.kind = CAIRN_STEP_JOB;
	const cairn_appended *appended = ct_send_append(conn, &append, CAIRN_EXISTING);
	ct_str(appended->at[0].stage, "queued");
	step.stage = CAIRN_STR("scheduled");
	conflicts(conn, &append);
}

static void numbers_and_metadata(void)
{
	cairn_conn *conn = ct_open();
	cairn_step_new step;
	cairn_append append = one(open_run(conn, ""), &step);
	append.metadata = CAIRN_STR("{\"by\":\"me\"}");
	ct_send_append(conn, &append, CAIRN_INSERTED);
	append.metadata = CAIRN_STR("null");
	step.payload = CAIRN_STR("{\"n\" : [1.0, 20e-1]}");
	ct_send_append(conn, &append, CAIRN_EXISTING);
	append.metadata = (cairn_str){ NULL, 0 };
	ct_send_append(conn, &append, CAIRN_EXISTING);
	append.window = CAIRN_STR("h");
	conflicts(conn, &append);
	append.window = CAIRN_STR("g");
	step.payload = CAIRN_STR("{\"n\":[2,1]}");
	conflicts(conn, &append);
	step.payload = CAIRN_STR("{\"n\":[1,2]}");
	step.set = CAIRN_STEP_PRIORITY;
	step.priority = 100;
	conflicts(conn, &append);
}

static void keys_are_per_run(void)
{
	cairn_conn *conn = ct_open();
	cairn_id first = open_run(conn, "");
	cairn_id second = open_run(conn, "");
	cairn_append append = ct_append(first, "k", "g", "x");
	cairn_append other = ct_append(second, "k", "h", "y x:y");
	ct_send_append(conn, &append, CAIRN_INSERTED);
	ct_send_append(conn, &other, CAIRN_INSERTED);
	ct_send_append(conn, &append, CAIRN_EXISTING);
	append = ct_append(first, "l", "g", "z");
	ct_send_append(conn, &append, CAIRN_INSERTED);
	ct_stands(conn, first,
		  "RUNNING g=WAITING_FOR_EXTERNAL h=WAITING_FOR_EXTERNAL x=ENQUEUED z=ENQUEUED");
	ct_stands(conn, second,
		  "RUNNING g=WAITING_FOR_EXTERNAL h=WAITING_FOR_EXTERNAL y=ENQUEUED x=BLOCKED");
}

/* ---- several at once ------------------------------------------------------------------------ */

struct crowd {
	cairn_id run;
	cairn_append append;
	enum cairn_disposition each[6];
};

static void append_in_a_crowd(cairn_conn *conn, unsigned number, void *arg)
{
	struct crowd *crowd = arg;
	cairn_appended *appended = NULL;
	ct_ok(cairn_run_append(conn, &crowd->append, &appended, ct_err()));
	crowd->each[number] = appended->disposition;
	cairn_free(appended);
	cairn_append own = ct_append(crowd->run, ct_format("own%u", number), "g",
				     ct_format("n%u m%u:n%u,x", number, number, number));
	appended = NULL;
	ct_ok(cairn_run_append(conn, &own, &appended, ct_err()));
	ct_int(appended->disposition, CAIRN_INSERTED);
	cairn_free(appended);
}

static void a_crowd(void)
{
	enum { CROWD = 6 };
	cairn_conn *conn = ct_open();
	struct crowd crowd = { .run = ct_flow(conn, "g*") };
	int inserted = 0;
	crowd.append = ct_append(crowd.run, "same", "g", "x y:x");
	ct_race(CROWD, append_in_a_crowd, &crowd);
	for (size_t i = 0; i < CROWD; i++)
		inserted += crowd.each[i] == CAIRN_INSERTED;
	ct_int(inserted, 1);
	ct_state(conn, crowd.run);
	ct_run_timeline(conn, crowd.run);
	ct_int(ct_run_steps(conn, crowd.run)->count, 1 + 2 + 2 * CROWD);
	ct_int(ct_run(conn, crowd.run)->counts.enqueued, 1 + CROWD);
	ct_end_all(conn, crowd.run);
	ct_int(ct_run(conn, crowd.run)->status, CAIRN_RUN_SUCCEEDED);
}

struct actor {
	cairn_tx tx;
	cairn_lease lease;
	cairn_id run;
	const char *words;
};

static void fail_in_a_transaction(cairn_conn *conn, void *arg)
{
	struct actor *mine = arg;
	ct_ok(cairn_begin(conn, &mine->tx, ct_err()));
	ct_finish(conn, ct_failure(mine->lease, CAIRN_FINISH_TERMINAL, "broken"));
}

static void append_words(cairn_conn *conn, void *arg)
{
	struct actor *mine = arg;
	cairn_append append = ct_append(mine->run, "k", "g", mine->words);
	ct_send_append(conn, &append, CAIRN_INSERTED);
}

static void begin_and_append(cairn_conn *conn, void *arg)
{
	struct actor *mine = arg;
	ct_ok(cairn_begin(conn, &mine->tx, ct_err()));
	append_words(conn, arg);
}

static void finish(cairn_conn *conn, void *arg)
{
	struct actor *mine = arg;
	ct_finish(conn, ct_success(mine->lease));
}

/* The step that is waited for ends in a transaction that is open when the append begins. */
static void behind_an_end(void)
{
	cairn_conn *conn = ct_open();
	struct actor actor = { .tx = CAIRN_TX_INIT,
			       .run = ct_flow(conn, "g* a"),
			       .words = "x:a y:a!" };
	ct_session *worker = ct_session_new("worker");
	ct_session *appender = ct_session_new("appender");
	actor.lease = ct_claim_step(conn, actor.run, "a");
	ct_step(worker, fail_in_a_transaction, &actor);
	ct_start(appender, append_words, &actor);
	ct_step(worker, ct_commit, &actor.tx);
	ct_join(appender);
	ct_stands(conn, actor.run, "RUNNING g=WAITING_FOR_EXTERNAL a=FAILED x=ENQUEUED y=CANCELED");
}

/* The other way round: the end must see the steps that came in between. */
static void an_end_behind(void)
{
	cairn_conn *conn = ct_open();
	struct actor actor = { .tx = CAIRN_TX_INIT,
			       .run = ct_flow(conn, "g* a"),
			       .words = "x:a y:a! z:x" };
	ct_session *worker = ct_session_new("worker");
	ct_session *appender = ct_session_new("appender");
	actor.lease = ct_claim_step(conn, actor.run, "a");
	ct_step(appender, begin_and_append, &actor);
	ct_start(worker, finish, &actor);
	ct_step(appender, ct_commit, &actor.tx);
	ct_join(worker);
	ct_stands(conn, actor.run,
		  "RUNNING g=WAITING_FOR_EXTERNAL a=SUCCEEDED x=ENQUEUED y=ENQUEUED z=BLOCKED");
}

#define VERB .kind = CT_VERB, .store = CT_WORKFLOWS
#define MOVE .kind = CT_INTERLEAVE, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.append.again_whatever_happened",
	  VERB,
	  .rule = "The same append again answers its steps as they are now and writes nothing, "
		  "also when window, run or definition are no more what they were.",
	  .covers = "runledger B03",
	  .run = whatever_happened },
	{ .name = "runs.append.order_makes_no_difference",
	  VERB,
	  .rule = "Steps and dependencies in another order are the same append.",
	  .covers = "runledger B04, seed1-2",
	  .run = in_any_order },
	{ .name = "runs.append.the_runs_tenant_said_or_not",
	  VERB,
	  .rule = "A step of the run's tenant is the same whether or not it says so; one of "
		  "another tenant is not.",
	  .covers = "runledger B04, seed1-4, seed1-6",
	  .run = tenants_said_or_not },
	{ .name = "runs.append.defaults_said_or_not",
	  VERB,
	  .rule = "A stage, queue or kind that is the default is the same said or not.",
	  .covers = "runledger B04, seed1-5",
	  .run = stages_said_or_not },
	{ .name = "runs.append.metadata_is_not_compared",
	  VERB,
	  .rule = "Payloads are compared in canonical form, the window too, metadata not at all.",
	  .covers = "runledger B04",
	  .run = numbers_and_metadata },
	{ .name = "runs.append.keys_are_per_run",
	  VERB,
	  .rule = "The same key on another run is another append.",
	  .covers = "runledger B08",
	  .run = keys_are_per_run },
	{ .name = "runs.append.a_crowd_appends_once",
	  .kind = CT_RACE,
	  .store = CT_WORKFLOWS,
	  .rule = "Of several that send the same append one applies it, and appends of others "
		  "lose nothing.",
	  .covers = "runledger B03",
	  .run = a_crowd },
	{ .name = "runs.append.sees_what_ended_before_it",
	  MOVE,
	  .rule = "An append that waited for the end of a step counts that step as ended.",
	  .covers = "runledger B02",
	  .run = behind_an_end },
	{ .name = "runs.append.is_seen_by_what_ends_after_it",
	  MOVE,
	  .rule = "The end of a step that waited for an append releases what was appended.",
	  .covers = "runledger B02",
	  .run = an_end_behind },
};

CT_GROUP(runs_append_again, cases);
