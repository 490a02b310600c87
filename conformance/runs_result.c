/*
 * runs_result.c - what a run comes to, and waiting for it. Waiting takes real time; steps end by the kit's clock.
 */
#include "ct_workflow.h"

#define SHORT (150 * CAIRN_MILLISECOND)
#define LONG  (20 * CAIRN_SECOND)
/* Told, or looked for soon. */
#define SOON (5 * CAIRN_SECOND)

static cairn_run_wait_opts wait_opts(cairn_id run, cairn_usec timeout)
{
	return (cairn_run_wait_opts){ .size = sizeof(cairn_run_wait_opts),
				      .scope = cairn_any(),
				      .run = run,
				      .timeout = timeout,
				      .result = 1 };
}

/* What a wait that must work answers. */
static const cairn_run *wait_for(cairn_conn *conn, const cairn_run_wait_opts *opts)
{
	cairn_runs *runs = NULL;
	ct_ok(cairn_run_wait(conn, opts, &runs, ct_err()));
	ct_later(runs);
	ct_int(runs->count, 1);
	ct_id(runs->at[0].id, opts->run);
	return &runs->at[0];
}

static void wait_fails(cairn_conn *conn, const cairn_run_wait_opts *opts, cairn_status status,
		       const char *code)
{
	cairn_runs *runs = NULL;
	ct_status(cairn_run_wait(conn, opts, &runs, ct_err()), status, code);
	cairn_free(runs);
}

static cairn_id flow(cairn_conn *conn, const char *words, const char *result_step)
{
	cairn_run_new run = ct_dag(words);
	ct_define(conn, "t");
	run.result_step = cairn_str_of(result_step);
	return ct_add_run(conn, &run);
}

/* ---- what it is ---------------------------------------------------------------------- */

static void of_the_declared_step(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = flow(conn, "a b:a c:b", "b");
	cairn_run_wait_opts look = wait_opts(id, -1);
	ct_give(conn, id, "a", "[\"a\"]");
	ct_give(conn, id, "b", "{ \"b\" : 1.50 }");
	ct_str(ct_run_step(conn, id, "b")->output, "{ \"b\" : 1.50 }");
	ct_str(ct_run(conn, id)->result, NULL);
	wait_fails(conn, &look, CAIRN_TIMEOUT, "workflow.result_wait_timeout");
	ct_give(conn, id, "c", "[\"c\"]");
	const cairn_run *run = wait_for(conn, &look);
	ct_str(run->result, "{ \"b\" : 1.50 }");
	ct_int(run->status, CAIRN_RUN_SUCCEEDED);
	ct_int(run->finished_at, ct_now());
	ct_str(run->type, "w");
	ct_str(run->result_step, "b");
	ct_str(ct_run(conn, id)->result, "{ \"b\" : 1.50 }");
	cairn_run_filter filter = { .size = sizeof(filter), .scope = cairn_global(), .compact = 1 };
	cairn_runs *runs = NULL;
	ct_ok(cairn_run_list(conn, &filter, &runs, ct_err()));
	ct_int(runs->count, 1);
	ct_str(runs->at[0].result, NULL);
	filter.compact = 0;
	ct_ok(cairn_run_list(conn, &filter, &runs, ct_err()));
	ct_later(runs);
	ct_str(runs->at[0].result, "{ \"b\" : 1.50 }");
}

static void of_a_gate(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = flow(conn, "a g*:a", "g");
	ct_end(conn, id, "a", CAIRN_STEP_SUCCEEDED);
	ct_give(conn, id, "g", "null");
	cairn_run_wait_opts look = wait_opts(id, -1);
	ct_str(wait_for(conn, &look)->result, "null");
}

static void only_of_success(void)
{
	cairn_conn *conn = ct_open();
	const char *code = "workflow.result_unsuccessful_terminal";
	cairn_id id = flow(conn, "a b", "a");
	cairn_run_wait_opts look = wait_opts(id, LONG);
	ct_give(conn, id, "a", "[1]");
	ct_end(conn, id, "b", CAIRN_STEP_FAILED);
	ct_stands(conn, id, "COMPLETED_WITH_ERRORS a=SUCCEEDED b=FAILED");
	wait_fails(conn, &look, CAIRN_STALE, code);
	ct_str(ct_run(conn, id)->result, NULL);
	ct_str(ct_run_step(conn, id, "a")->output, "[1]");
	look.result = 0;
	ct_int(wait_for(conn, &look)->status, CAIRN_RUN_COMPLETED_WITH_ERRORS);
	id = flow(conn, "a b", "a");
	look = wait_opts(id, LONG);
	ct_give(conn, id, "a", "[1]");
	ct_cancel_run(conn, id);
	wait_fails(conn, &look, CAIRN_STALE, code);
	id = flow(conn, "a", "a");
	look = wait_opts(id, LONG);
	ct_end(conn, id, "a", CAIRN_STEP_SUCCEEDED);
	wait_fails(conn, &look, CAIRN_NOT_FOUND, "workflow.result_missing");
	look.result = 0;
	ct_int(wait_for(conn, &look)->status, CAIRN_RUN_SUCCEEDED);
}

static void must_be_declared(void)
{
	cairn_conn *conn = ct_open();
	const char *code = "workflow.result_not_declared";
	cairn_id id = ct_flow(conn, "a");
	cairn_run_wait_opts look = wait_opts(id, LONG);
	cairn_usec since = ct_ticks();
	wait_fails(conn, &look, CAIRN_INVALID, code);
	ct_true(ct_ticks() - since < SOON);
	ct_give(conn, id, "a", "[1]");
	wait_fails(conn, &look, CAIRN_INVALID, code);
	ct_str(ct_run(conn, id)->result, NULL);
	look.result = 0;
	ct_int(wait_for(conn, &look)->status, CAIRN_RUN_SUCCEEDED);
}

static void stays(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = flow(conn, "a g*", "a");
	ct_give(conn, id, "a", "[1]");
	ct_give(conn, id, "g", "[2]");
	const char *before = ct_run_snapshot(conn, id);
	ct_advance(CAIRN_MINUTE);
	ct_int(ct_cancel_run(conn, id).run_status, CAIRN_RUN_SUCCEEDED);
	ct_run_unchanged(conn, id, before);
	cairn_completion again = ct_completion(id, "g", CAIRN_STEP_SUCCEEDED);
	again.output = CAIRN_STR("[3]");
	ct_each(ct_complete(conn, again), CAIRN_CONFLICT,
		"workflow.external_step_conflicting_output_retry");
	cairn_recovery recovery = ct_recovery(id, "k");
	cairn_id new_id = ct_recover(conn, &recovery);
	ct_str(ct_run(conn, new_id)->result, NULL);
	ct_run_unchanged(conn, id, before);
	cairn_run_wait_opts look = wait_opts(id, -1);
	ct_str(wait_for(conn, &look)->result, "[1]");
}

/* ---- waiting -------------------------------------------------------------------------- */

struct waiter {
	cairn_run_wait_opts opts;
	cairn_usec ended;
	cairn_status status;
	bool any; /* result */
};

static void wait_now(cairn_conn *conn, void *arg)
{
	struct waiter *waiter = arg;
	cairn_runs *runs = NULL;
	waiter->status = cairn_run_wait(conn, &waiter->opts, &runs, ct_err());
	waiter->ended = ct_ticks();
	if (waiter->status == CAIRN_OK && !waiter->any)
		ct_str(runs->at[0].result, "[1]");
	cairn_free(runs);
}

/* Who waits with this timeout is told soon after the end of the run, not when it has waited for long enough. */
static void told(cairn_usec timeout)
{
	cairn_conn *conn = ct_open();
	cairn_id id = flow(conn, "a b:a", "b");
	struct waiter waiter = { .opts = wait_opts(id, timeout) };
	ct_session *session = ct_session_new("waiter");
	ct_true(!ct_start(session, wait_now, &waiter));
	ct_end(conn, id, "a", CAIRN_STEP_SUCCEEDED);
	ct_nap(SHORT);
	ct_give(conn, id, "b", "[1]");
	cairn_usec since = ct_ticks();
	ct_join(session);
	ct_int(waiter.status, CAIRN_OK);
	ct_true(waiter.ended - since < SOON);
}

static void is_told(void)
{
	told(LONG);
}

static void by_default_for_long(void)
{
	told(0);
}

static void before_the_time_is_up(void)
{
	told(CAIRN_SECOND);
}

/*
 * Looks for oneself are far apart after this long (wait_wake.c): who returns sooner was told. A busy machine gets
 * several tries.
 */
#define SETTLED (680 * CAIRN_MILLISECOND)
#define TOLD	(50 * CAIRN_MILLISECOND)
#define TRIES	4

typedef void end_fn(cairn_conn *conn, cairn_id run);

static void by_finish(cairn_conn *conn, cairn_id run)
{
	ct_end(conn, run, "a", CAIRN_STEP_SUCCEEDED);
	ct_end(conn, run, "g", CAIRN_STEP_CANCELED);
}

static void by_completion(cairn_conn *conn, cairn_id run)
{
	ct_end(conn, run, "g", CAIRN_STEP_SUCCEEDED);
	ct_end(conn, run, "a", CAIRN_STEP_SUCCEEDED);
}

static void by_cancel(cairn_conn *conn, cairn_id run)
{
	ct_cancel_run(conn, run);
}

static void by_cancel_of_a_job(cairn_conn *conn, cairn_id run)
{
	ct_end(conn, run, "g", CAIRN_STEP_SUCCEEDED);
	ct_cancel(conn, ct_step_id(conn, run, "a"));
}

static void by_reaping(cairn_conn *conn, cairn_id run)
{
	ct_end(conn, run, "g", CAIRN_STEP_FAILED);
	ct_claim_step(conn, run, "a");
	ct_advance(CAIRN_MINUTE);
	ct_reap(conn, 1);
}

static void by_a_deadline(cairn_conn *conn, cairn_id run)
{
	size_t ended = 0;
	ct_end(conn, run, "a", CAIRN_STEP_FAILED);
	ct_advance(CAIRN_DAY);
	ct_ok(cairn_run_reap(conn, 0, &ended, ct_err()));
	ct_int(ended, 1);
}

/* How long after the run was over its waiter knew. */
static cairn_usec told_after(cairn_conn *conn, ct_session *session, end_fn *end)
{
	cairn_run_new run = ct_dag("a g*");
	ct_dag_step(&run, "a")->max_attempts = 1;
	ct_dag_step(&run, "g")->deadline = CAIRN_DAY;
	cairn_id id = ct_add_run(conn, &run);
	struct waiter waiter = { .opts = wait_opts(id, LONG), .any = true };
	waiter.opts.result = 0;
	ct_true(!ct_start(session, wait_now, &waiter));
	ct_nap(SETTLED);
	end(conn, id);
	cairn_usec since = ct_ticks();
	ct_join(session);
	ct_int(waiter.status, CAIRN_OK);
	return waiter.ended - since;
}

static void of_every_end(void)
{
	end_fn *const ends[] = { by_finish,	     by_completion, by_cancel,
				 by_cancel_of_a_job, by_reaping,    by_a_deadline };
	cairn_conn *conn = ct_open();
	ct_session *session = ct_session_new("waiter");
	ct_define(conn, "t");
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		int tries = 1;
		while (told_after(conn, session, ends[i]) > TOLD) {
			if (tries++ == TRIES)
				ct_fail("nobody was told of end %zu", i);
		}
	}
}

static void not_before_the_commit(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = flow(conn, "g*", "g");
	struct waiter waiter = { .opts = wait_opts(id, LONG) };
	cairn_completion completion = ct_completion(id, "g", CAIRN_STEP_SUCCEEDED);
	cairn_tx tx = CAIRN_TX_INIT;
	ct_session *session = ct_session_new("waiter");
	completion.output = CAIRN_STR("[1]");
	ct_true(!ct_start(session, wait_now, &waiter));
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_each(ct_complete(conn, completion), CAIRN_OK, NULL);
	ct_nap(2 * SHORT);
	cairn_usec since = ct_ticks();
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_join(session);
	ct_int(waiter.status, CAIRN_OK);
	ct_true(waiter.ended >= since && waiter.ended - since < SOON);
}

static void time_is_up(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = flow(conn, "a", "a");
	cairn_run_wait_opts opts = wait_opts(id, SHORT);
	cairn_usec since = ct_ticks();
	wait_fails(conn, &opts, CAIRN_TIMEOUT, "workflow.result_wait_timeout");
	ct_true(ct_ticks() - since >= SHORT);
	ct_true(ct_ticks() - since < SOON);
	opts.result = 0;
	wait_fails(conn, &opts, CAIRN_TIMEOUT, "workflow.result_wait_timeout");
	opts.timeout = -1;
	since = ct_ticks();
	wait_fails(conn, &opts, CAIRN_TIMEOUT, "workflow.result_wait_timeout");
	ct_true(ct_ticks() - since < SOON);
}

static void times_have_limits(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = flow(conn, "a", "a");
	cairn_run_wait_opts opts = wait_opts(id, CAIRN_HOUR + 1);
	ct_give(conn, id, "a", "[1]");
	wait_fails(conn, &opts, CAIRN_INVALID, "arg.invalid");
	opts.timeout = INT64_MAX;
	wait_fails(conn, &opts, CAIRN_INVALID, "arg.invalid");
	opts.timeout = -2;
	wait_fails(conn, &opts, CAIRN_INVALID, "arg.invalid");
	opts.timeout = CAIRN_HOUR;
	ct_str(wait_for(conn, &opts)->result, "[1]");
	opts.timeout = 1;
	ct_str(wait_for(conn, &opts)->result, "[1]");
}

static void inside_a_transaction(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_id id = flow(conn, "g*", "g");
	cairn_run_wait_opts opts = wait_opts(id, SHORT);
	cairn_completion completion = ct_completion(id, "g", CAIRN_STEP_SUCCEEDED);
	completion.output = CAIRN_STR("[1]");
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	wait_fails(conn, &opts, CAIRN_INVALID, "conn.misuse");
	opts.timeout = -1;
	wait_fails(conn, &opts, CAIRN_TIMEOUT, "workflow.result_wait_timeout");
	ct_each(ct_complete(conn, completion), CAIRN_OK, NULL);
	ct_str(wait_for(conn, &opts)->result, "[1]");
	cairn_rollback(&tx);
	wait_fails(conn, &opts, CAIRN_TIMEOUT, "workflow.result_wait_timeout");
}

static void in_its_scope(void)
{
	cairn_conn *conn = ct_open();
	const char *code = "workflow.run_not_found";
	cairn_id id = flow(conn, "a", "a");
	cairn_run_wait_opts opts = wait_opts(id, LONG);
	ct_give(conn, id, "a", "[1]");
	opts.scope = cairn_global();
	ct_str(wait_for(conn, &opts)->result, "[1]");
	opts.scope = cairn_any();
	ct_str(wait_for(conn, &opts)->result, "[1]");
	opts.scope = cairn_tenant(CAIRN_STR("acme"));
	wait_fails(conn, &opts, CAIRN_NOT_FOUND, code);
	opts.scope = cairn_any();
	opts.run = ct_step_id(conn, id, "a");
	wait_fails(conn, &opts, CAIRN_NOT_FOUND, code);
	memset(&opts.run, 0, sizeof opts.run);
	wait_fails(conn, &opts, CAIRN_NOT_FOUND, code);
}

/* As many who wait as threads: each is told. */
struct crowd {
	cairn_id id;
};

static void wait_in_a_crowd(cairn_conn *conn, unsigned number, void *arg)
{
	struct crowd *crowd = arg;
	if (number == 0) {
		ct_nap(SHORT);
		ct_give(conn, crowd->id, "a", "[1]");
		return;
	}
	struct waiter waiter = { .opts = wait_opts(crowd->id, LONG) };
	cairn_usec since = ct_ticks();
	wait_now(conn, &waiter);
	ct_int(waiter.status, CAIRN_OK);
	ct_true(waiter.ended - since < SOON);
}

static void a_crowd(void)
{
	cairn_conn *conn = ct_open();
	struct crowd crowd = { .id = flow(conn, "a", "a") };
	ct_race(5, wait_in_a_crowd, &crowd);
	ct_stands(conn, crowd.id, "SUCCEEDED a=SUCCEEDED");
}

#define VERB .kind = CT_VERB, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.result.is_the_declared_steps_output",
	  VERB,
	  .rule = "The result of a run is the output of its result step, byte for byte, once the "
		  "run has succeeded.",
	  .covers = "runledger HD10",
	  .run = of_the_declared_step },
	{ .name = "runs.result.may_be_a_gates",
	  VERB,
	  .rule = "A gate's output is a result like others; null is one.",
	  .covers = "runledger HD10",
	  .run = of_a_gate },
	{ .name = "runs.result.only_of_success",
	  VERB,
	  .rule = "A run that did not succeed has no result, whatever its result step has; one "
		  "that succeeded without an output lacks it.",
	  .covers = "runledger HD05, HD10",
	  .run = only_of_success },
	{ .name = "runs.result.must_be_declared",
	  VERB,
	  .rule = "Where no result step was declared waiting for a result is refused at once.",
	  .covers = "runledger HD04",
	  .run = must_be_declared },
	{ .name = "runs.result.stays",
	  VERB,
	  .rule = "Neither a cancel nor another completion nor a recovery changes a result.",
	  .covers = "runledger HD08, HD10",
	  .run = stays },
	{ .name = "runs.wait.is_told_of_the_end",
	  VERB,
	  .rule = "Who waits learns of the result soon after the commit that made it.",
	  .covers = "runledger HD02",
	  .run = is_told },
	{ .name = "runs.wait.is_told_of_every_end",
	  VERB,
	  .caps = CAIRN_CAP_WAKE,
	  .rule = "However a run comes to its end, who waits is told at once.",
	  .covers = "runledger HD02",
	  .run = of_every_end },
	{ .name = "runs.wait.goes_on_by_default",
	  VERB,
	  .rule = "A wait without a timeout waits.",
	  .covers = "runledger HD01",
	  .run = by_default_for_long },
	{ .name = "runs.wait.ends_before_the_time_is_up",
	  VERB,
	  .rule = "A result that comes before the time is up is answered, not a timeout.",
	  .covers = "runledger HD07",
	  .run = before_the_time_is_up },
	{ .name = "runs.wait.not_before_the_commit",
	  VERB,
	  .caps = CAIRN_CAP_PARALLEL_CLAIM,
	  .rule = "An end that is not committed is no end to others.",
	  .covers = "runledger HD02",
	  .run = not_before_the_commit },
	{ .name = "runs.wait.until_the_time_is_up",
	  VERB,
	  .rule = "A wait ends with TIMEOUT when its time is up, one look at once.",
	  .covers = "runledger HD03, HD06",
	  .run = time_is_up },
	{ .name = "runs.wait.times_have_limits",
	  VERB,
	  .rule = "Timeouts that make no sense are refused, the longest is fine.",
	  .covers = "runledger HD03",
	  .run = times_have_limits },
	{ .name = "runs.wait.one_look_inside_a_transaction",
	  VERB,
	  .rule = "Inside a transaction there is no waiting, but looking.",
	  .covers = "runledger HD03",
	  .run = inside_a_transaction },
	{ .name = "runs.wait.sees_its_scope_only",
	  VERB,
	  .rule = "A run of another scope, and one that is none, is not found.",
	  .covers = "runledger HD09",
	  .run = in_its_scope },
	{ .name = "runs.wait.a_crowd_is_told",
	  .kind = CT_RACE,
	  .store = CT_WORKFLOWS,
	  .rule = "Everybody who waits for a run learns of its end.",
	  .covers = "runledger HD02",
	  .run = a_crowd },
};

CT_GROUP(runs_result, cases);
