/*
 * runs_active.c - active keys: at most one run that is not over has one, and whoever asks for it is told which.
 */
#include "ct_workflow.h"

/* The run that has the key is answered. */
static void held(cairn_conn *conn, const cairn_run_new *run, cairn_id by)
{
	cairn_run_added added = ct_offer_run(conn, run);
	ct_each(added, CAIRN_OK, NULL);
	ct_int(added.disposition, CAIRN_RUN_EXISTING_ACTIVE);
	ct_id(added.id, by);
	ct_int(added.run_status, ct_run(conn, by)->status);
}

static cairn_id take(cairn_conn *conn, const char *words)
{
	cairn_run_new run = ct_dag_active(words, "one");
	ct_define(conn, "t");
	return ct_add_run(conn, &run);
}

/* Whoever asks next gets the key; and it is given back. */
static void is_free(cairn_conn *conn)
{
	cairn_id id = take(conn, "free*");
	ct_end(conn, id, "free", CAIRN_STEP_SUCCEEDED);
}

static void is_held(cairn_conn *conn, cairn_id by)
{
	cairn_run_new run = ct_dag_active("a", "one");
	size_t runs = ct_count_runs(conn);
	held(conn, &run, by);
	ct_int(ct_count_runs(conn), runs);
}

/* ---- who has it ---------------------------------------------------------------------- */

static void the_first(cairn_conn *conn, const char *tenant)
{
	cairn_run_new run = ct_dag_active("a b:a", "one");
	run.tenant = cairn_str_of(tenant);
	cairn_id id = ct_add_run(conn, &run);
	const char *before = ct_run_snapshot(conn, id);
	held(conn, &run, id);
	run = ct_dag_active("g* x:g", "one");
	run.tenant = cairn_str_of(tenant);
	run.type = CAIRN_STR("another");
	held(conn, &run, id);
	ct_run_unchanged(conn, id, before);
	run.active_key = CAIRN_STR("two");
	ct_add_run(conn, &run);
}

static void the_first_has_it(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	the_first(conn, "");
	the_first(conn, "acme");
	the_first(conn, "other");
	ct_int(ct_count_runs(conn), 6);
	ct_int(ct_count_jobs(conn, 0), 3);
}

static void keys_come_first(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new run = ct_dag_active("a", "one");
	ct_define(conn, "t");
	run.key = CAIRN_STR("k");
	cairn_id id = ct_add_run(conn, &run);
	cairn_run_added added = ct_offer_run(conn, &run);
	ct_int(added.disposition, CAIRN_RUN_EXISTING);
	ct_id(added.id, id);
	run.metadata = CAIRN_STR("[1]");
	ct_each(ct_offer_run(conn, &run), CAIRN_CONFLICT, "workflow.enqueue_conflicting_retry");
	/* a key that was not used gets no run, and stays so */
	run.key = CAIRN_STR("l");
	held(conn, &run, id);
	run.active_key = (cairn_str){ NULL, 0 };
	ct_add_run(conn, &run);
	ct_end(conn, id, "a", CAIRN_STEP_SUCCEEDED);
	run.key = CAIRN_STR("m");
	run.active_key = CAIRN_STR("one");
	ct_add_run(conn, &run);
}

/* A definition that is not there is told last. */
static void before_definitions(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new run = ct_dag_active("a", "one");
	cairn_id id = take(conn, "g*");
	ct_dag_step(&run, "a")->type = CAIRN_STR("never");
	held(conn, &run, id);
	ct_end(conn, id, "g", CAIRN_STEP_SUCCEEDED);
	ct_each(ct_offer_run(conn, &run), CAIRN_INVALID,
		"workflow.definition_not_found_or_disabled");
	is_free(conn);
}

static void twice_in_a_call(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new runs[] = { ct_dag_active("a", "one"), ct_dag_active("b", "two"),
				 ct_dag_active("c", "one") };
	cairn_run_added each[3];
	ct_define(conn, "t");
	ct_ok(cairn_run_enqueue(conn, runs, 3, each, ct_err()));
	ct_int(each[0].disposition, CAIRN_RUN_INSERTED);
	ct_int(each[1].disposition, CAIRN_RUN_INSERTED);
	ct_int(each[2].disposition, CAIRN_RUN_EXISTING_ACTIVE);
	ct_id(each[2].id, each[0].id);
	ct_int(ct_count_runs(conn), 2);
}

/* ---- until when ----------------------------------------------------------------------- */

static void until_it_is_over(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = take(conn, "a g*:a");
	is_held(conn, id);
	ct_end(conn, id, "a", CAIRN_STEP_SUCCEEDED);
	is_held(conn, id);
	ct_end(conn, id, "g", CAIRN_STEP_SUCCEEDED);
	is_free(conn);
	id = take(conn, "a b:a!");
	ct_end(conn, id, "a", CAIRN_STEP_FAILED);
	ct_stands(conn, id, "COMPLETED_WITH_ERRORS a=FAILED b=CANCELED");
	is_free(conn);
	id = take(conn, "a b:a");
	ct_cancel_run(conn, id);
	is_free(conn);
	id = take(conn, "a");
	ct_cancel(conn, ct_step_id(conn, id, "a"));
	is_free(conn);
	ct_str(ct_run(conn, id)->active_key, "one");
}

/* The last attempt of the last step is taken back. */
static void until_it_is_reaped(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new run = ct_dag_active("a", "one");
	ct_define(conn, "t");
	ct_dag_step(&run, "a")->max_attempts = 1;
	cairn_id id = ct_add_run(conn, &run);
	ct_claim_step(conn, id, "a");
	ct_advance(CAIRN_MINUTE);
	is_held(conn, id);
	ct_reap(conn, 1);
	ct_stands(conn, id, "COMPLETED_WITH_ERRORS a=FAILED");
	is_free(conn);
}

static void while_a_canceled_lease_lives(cairn_conn *conn, bool whole_run)
{
	cairn_id id = take(conn, "a b c");
	cairn_claim_opts opts = ct_claim_opts("worker", 1);
	cairn_jobs *jobs = NULL;
	opts.queue = CAIRN_STR("b");
	opts.lease = 50 * CAIRN_SECOND;
	ct_end(conn, id, "c", CAIRN_STEP_SUCCEEDED);
	ct_claim_step(conn, id, "a");
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	if (whole_run) {
		ct_cancel_run(conn, id);
	} else {
		ct_cancel(conn, ct_step_id(conn, id, "a"));
		ct_cancel(conn, ct_step_id(conn, id, "b"));
	}
	ct_stands(conn, id,
		  whole_run ? "CANCELED a=CANCELED b=CANCELED c=SUCCEEDED"
			    : "COMPLETED_WITH_ERRORS a=CANCELED b=CANCELED c=SUCCEEDED");
	is_held(conn, id);
	ct_advance(40 * CAIRN_SECOND); /* a's lease was one of 30 seconds */
	is_held(conn, id);
	ct_advance(10 * CAIRN_SECOND - 1);
	is_held(conn, id);
	ct_advance(1);
	is_free(conn);
}

static void while_it_lives(void)
{
	cairn_conn *conn = ct_open();
	while_a_canceled_lease_lives(conn, true);
	while_a_canceled_lease_lives(conn, false);
}

/* A lease that was canceled long before the run's end holds nothing then. */
static void only_what_lives(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = take(conn, "a b");
	ct_claim_step(conn, id, "a");
	ct_cancel(conn, ct_step_id(conn, id, "a"));
	ct_advance(CAIRN_MINUTE);
	is_held(conn, id);
	ct_end(conn, id, "b", CAIRN_STEP_SUCCEEDED);
	is_free(conn);
	id = take(conn, "a b");
	ct_claim_step(conn, id, "a");
	ct_cancel(conn, ct_step_id(conn, id, "a"));
	ct_end(conn, id, "b", CAIRN_STEP_SUCCEEDED);
	is_held(conn, id);
	ct_advance(CAIRN_MINUTE);
	is_free(conn);
}

static void independent_of_keys(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new run = ct_dag_active("a", "one");
	ct_define(conn, "t");
	run.key = CAIRN_STR("k");
	ct_add_run(conn, &run);
	run.active_key = (cairn_str){ NULL, 0 };
	ct_each(ct_offer_run(conn, &run), CAIRN_CONFLICT, "workflow.enqueue_conflicting_retry");
	run.key = (cairn_str){ NULL, 0 };
	cairn_id plain = ct_add_run(conn, &run);
	ct_str(ct_run(conn, plain)->active_key, NULL);
	ct_str(ct_run(conn, plain)->key, NULL);
	run.key = CAIRN_STR("one"); /* of another kind */
	ct_add_run(conn, &run);
}

/* ---- several at once -------------------------------------------------------------------- */

struct crowd {
	cairn_run_added added[8];
};

static void ask_in_a_crowd(cairn_conn *conn, unsigned number, void *arg)
{
	struct crowd *crowd = arg;
	cairn_run_new run = ct_dag_active("a b:a", "one");
	run.metadata = cairn_str_of(ct_format("%u", number));
	for (int i = 0; i < 5; i++)
		crowd->added[number] = ct_offer_run(conn, &run);
}

static void a_crowd(void)
{
	cairn_conn *conn = ct_open();
	struct crowd crowd;
	ct_define(conn, "t");
	ct_race(8, ask_in_a_crowd, &crowd);
	for (size_t i = 0; i < 8; i++) {
		ct_int(crowd.added[i].disposition, CAIRN_RUN_EXISTING_ACTIVE);
		ct_id(crowd.added[i].id, crowd.added[0].id);
	}
	ct_int(ct_count_runs(conn), 1);
	ct_int(ct_count_jobs(conn, 0), 1);
}

/* One is done while others ask for its key: never are there two. */
static void ask_or_end(cairn_conn *conn, unsigned number, void *arg)
{
	cairn_run_new run = ct_dag_active("g*", "one");
	(void)arg;
	(void)number;
	for (int i = 0; i < 30; i++) {
		cairn_run_added added = ct_offer_run(conn, &run);
		ct_each(added, CAIRN_OK, NULL);
		if (added.disposition == CAIRN_RUN_INSERTED)
			ct_end(conn, added.id, "g", CAIRN_STEP_SUCCEEDED);
	}
}

static void ends_and_beginnings(void)
{
	enum { OVER = 1u << CAIRN_RUN_SUCCEEDED };
	cairn_conn *conn = ct_open();
	cairn_id last = take(conn, "g*");
	ct_end(conn, last, "g", CAIRN_STEP_SUCCEEDED);
	ct_race(4, ask_or_end, NULL);
	cairn_run_filter filter = { .size = sizeof(filter),
				    .scope = cairn_any(),
				    .statuses = ~(uint32_t)OVER & 0x3e };
	cairn_runs *runs = NULL;
	ct_ok(cairn_run_list(conn, &filter, &runs, ct_err()));
	ct_later(runs);
	ct_int(runs->count, 0);
	ct_true(ct_count_runs(conn) > 1);
	is_free(conn);
}

struct asker {
	cairn_tx tx;
	cairn_run_new run;
	cairn_run_added added;
	cairn_id ends;
};

static void ask(cairn_conn *conn, void *arg)
{
	struct asker *mine = arg;
	mine->added = ct_offer_run(conn, &mine->run);
}

static void begin_and_ask(cairn_conn *conn, void *arg)
{
	struct asker *mine = arg;
	ct_ok(cairn_begin(conn, &mine->tx, ct_err()));
	ask(conn, arg);
}

static void begin_and_end(cairn_conn *conn, void *arg)
{
	struct asker *mine = arg;
	ct_ok(cairn_begin(conn, &mine->tx, ct_err()));
	ct_end(conn, mine->ends, "g", CAIRN_STEP_SUCCEEDED);
}

static struct asker asker_of(const char *words)
{
	return (struct asker){ .tx = CAIRN_TX_INIT, .run = ct_dag_active(words, "one") };
}

static void rivals(cairn_conn *conn, struct asker *a, ct_step_fn *begin, struct asker *b,
		   ct_step_fn *end)
{
	ct_session *first = ct_session_new("first");
	ct_session *second = ct_session_new("second");
	ct_step(first, begin, a);
	ct_start(second, ask, b);
	ct_step(first, end, &a->tx);
	ct_join(second);
	ct_each(b->added, CAIRN_OK, NULL);
	ct_state(conn, b->added.id);
}

static void a_rival(void)
{
	cairn_conn *conn = ct_open();
	struct asker a = asker_of("a");
	struct asker b = asker_of("b");
	ct_define(conn, "t");
	rivals(conn, &a, begin_and_ask, &b, ct_rollback);
	ct_int(b.added.disposition, CAIRN_RUN_INSERTED);
	cairn_id id = b.added.id;
	struct asker c = asker_of("c");
	struct asker d = asker_of("d");
	c.run.active_key = d.run.active_key = CAIRN_STR("two");
	rivals(conn, &c, begin_and_ask, &d, ct_commit);
	ct_int(d.added.disposition, CAIRN_RUN_EXISTING_ACTIVE);
	ct_id(d.added.id, c.added.id);
	is_held(conn, id);
	ct_int(ct_count_runs(conn), 2);
}

/* Who asks while the holder's end is not committed may get either answer, never both. */
static void an_open_end(void)
{
	cairn_conn *conn = ct_open();
	struct asker a = asker_of("g*");
	struct asker b = asker_of("g*");
	a.ends = take(conn, "g*");
	rivals(conn, &a, begin_and_end, &b, ct_rollback);
	ct_int(b.added.disposition, CAIRN_RUN_EXISTING_ACTIVE);
	ct_id(b.added.id, a.ends);
	rivals(conn, &a, begin_and_end, &b, ct_commit);
	if (b.added.disposition == CAIRN_RUN_EXISTING_ACTIVE)
		b.added = ct_offer_run(conn, &b.run);
	ct_int(b.added.disposition, CAIRN_RUN_INSERTED);
	is_held(conn, b.added.id);
}

#define VERB .kind = CT_VERB, .store = CT_WORKFLOWS
#define MOVE .kind = CT_INTERLEAVE, .store = CT_WORKFLOWS
#define RACE .kind = CT_RACE, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.active.the_first_has_it",
	  VERB,
	  .rule = "Whoever asks for an active key that a run has is answered with that run, "
		  "whatever its type; tenants have keys of their own.",
	  .covers = "runledger AK02, AK03",
	  .run = the_first_has_it },
	{ .name = "runs.active.idempotency_keys_come_first",
	  VERB,
	  .rule = "The same keyed request again is EXISTING, a different one a conflict, and only "
		  "then does the active key count.",
	  .covers = "runledger AK04",
	  .run = keys_come_first },
	{ .name = "runs.active.definitions_come_last",
	  VERB,
	  .rule = "A missing definition is told only to who would get the key, and leaves it free.",
	  .covers = "runledger AK02",
	  .run = before_definitions },
	{ .name = "runs.active.twice_in_a_call",
	  VERB,
	  .rule = "Of two requests of one call that share it the first one gets it.",
	  .covers = "runledger AK02",
	  .run = twice_in_a_call },
	{ .name = "runs.active.until_the_run_is_over",
	  VERB,
	  .rule = "The key is free in the very commit in which its run is over, however it ends.",
	  .covers = "runledger AK05",
	  .run = until_it_is_over },
	{ .name = "runs.active.until_the_last_lease_is_reaped",
	  VERB,
	  .rule = "A reaper that ends a run frees its key.",
	  .covers = "runledger AK05",
	  .run = until_it_is_reaped },
	{ .name = "runs.active.while_a_canceled_lease_lives",
	  VERB,
	  .rule = "A run that is over keeps its key until the last lease of its canceled jobs is.",
	  .covers = "runledger AK06",
	  .run = while_it_lives },
	{ .name = "runs.active.only_leases_that_live",
	  VERB,
	  .rule = "A canceled lease keeps the key for as long as it lives, not longer, and not "
		  "at all if it had ended before.",
	  .covers = "runledger AK06",
	  .run = only_what_lives },
	{ .name = "runs.active.has_nothing_to_do_with_other_keys",
	  VERB,
	  .rule = "A run may have either key or both, and they never meet.",
	  .covers = "runledger V08",
	  .run = independent_of_keys },
	{ .name = "runs.active.a_crowd_gets_one_run",
	  RACE,
	  .rule = "Of eight that ask for one key one inserts its run, and all are told it.",
	  .covers = "runledger AK02",
	  .run = a_crowd },
	{ .name = "runs.active.ends_and_beginnings",
	  RACE,
	  .rule = "While runs end and others ask for their key nobody is refused, and it is never "
		  "lost.",
	  .covers = "runledger AK05",
	  .run = ends_and_beginnings },
	{ .name = "runs.active.a_rival_that_is_open",
	  MOVE,
	  .rule = "Who asks for a key that an open transaction took waits, and gets it or is told "
		  "who has it.",
	  .covers = "runledger AK02",
	  .run = a_rival },
	{ .name = "runs.active.an_end_that_is_open",
	  MOVE,
	  .rule = "An end that is rolled back frees no key, and one that commits does.",
	  .covers = "runledger AK05",
	  .run = an_open_end },
};

CT_GROUP(runs_active, cases);
