/*
 * runs_keys.c - idempotency keys of runs: the same request again finds its run, another one conflicts, and
 * nothing that happened in between makes a difference.
 */
#include "ct_workflow.h"

#define CONFLICT "workflow.enqueue_conflicting_retry"

static void finds(cairn_conn *conn, const cairn_run_new *run, cairn_id id)
{
	cairn_run_added added = ct_offer_run(conn, run);
	ct_each(added, CAIRN_OK, NULL);
	ct_int(added.disposition, CAIRN_RUN_EXISTING);
	ct_id(added.id, id);
	ct_int(added.run_status, ct_run(conn, id)->status);
}

static void conflicts(cairn_conn *conn, const cairn_run_new *run)
{
	cairn_run_added added = ct_offer_run(conn, run);
	ct_each(added, CAIRN_CONFLICT, CONFLICT);
	ct_true(cairn_id_is_none(added.id));
	ct_true(strstr(cairn_code_message(added.code), "secret") == NULL);
}

/* ---- equal ------------------------------------------------------------------------ */

static void an_equal_one(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new run = ct_dag_keyed("a b:a,g! g*", "k");
	cairn_run_new other = ct_dag_keyed("g* b:g!,a a", "k");
	ct_define(conn, "t");
	ct_dag_step(&run, "a")->queue = (cairn_str){ NULL, 0 };
	cairn_id id = ct_add_run(conn, &run);
	const char *before = ct_run_snapshot(conn, id);
	ct_advance(CAIRN_MINUTE);
	finds(conn, &run, id);
	cairn_step_new *a = ct_dag_step(&other, "a");
	cairn_step_new *b = ct_dag_step(&other, "b");
	cairn_dependency edges[] = { b->dependencies[0], b->dependencies[1] };
	a->queue = CAIRN_STR("default");
	a->stage = CAIRN_STR("queued");
	a->kind = CAIRN_STEP_JOB;
	a->payload = CAIRN_STR(" { } ");
	edges[1].mode = CAIRN_RELEASE_ON_TERMINAL;
	b->dependencies = edges;
	other.metadata = CAIRN_STR("{}");
	other.on_failure = CAIRN_ON_FAILURE_CONTINUE;
	finds(conn, &other, id);
	ct_run_unchanged(conn, id, before);
	ct_int(ct_count_runs(conn), 1);
	ct_int(ct_count_jobs(conn, 0), 1);
}

static void numbers_as_numbers(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new run = ct_dag_keyed("a", "k");
	ct_define(conn, "t");
	run.metadata = CAIRN_STR("{\"x\":1,\"y\":[9007199254740993]}");
	ct_dag_step(&run, "a")->payload = CAIRN_STR("{\"n\":100}");
	cairn_id id = ct_add_run(conn, &run);
	run.metadata = CAIRN_STR("{\"y\":[9007199254740993.0],\"x\":1e0}");
	ct_dag_step(&run, "a")->payload = CAIRN_STR("{ \"\\u006e\" : 1e2 }");
	finds(conn, &run, id);
	ct_str(ct_run(conn, id)->metadata, "{\"x\":1,\"y\":[9007199254740993]}");
	run.metadata = CAIRN_STR("{\"y\":[9007199254740992],\"x\":1}");
	conflicts(conn, &run);
}

static void the_golden_text(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new run = ct_dag_keyed("child:gate gate*", "k");
	cairn_step_new *child = ct_dag_step(&run, "child");
	ct_define(conn, "t");
	run.tenant = CAIRN_STR("acme");
	child->queue = CAIRN_STR("");
	child->payload = CAIRN_STR("{ \"kind\": \"golden\" }");
	child->set = CAIRN_STEP_PRIORITY;
	child->priority = 5;
	child->max_attempts = 2;
	child->timeout = CAIRN_MINUTE;
	ct_str(ct_run(conn, ct_add_run(conn, &run))->request,
	       "{\"metadata\":{},\"steps\":[{\"dependencies\":[{\"mode\":\"ON_TERMINAL\","
	       "\"prerequisite\":\"gate\"}],\"key\":\"child\",\"kind\":\"JOB\",\"max_attempts\":2,"
	       "\"payload\":{\"kind\":\"golden\"},\"priority\":5,\"queue\":\"default\",\"stage\":"
	       "\"queued\",\"tenant\":\"acme\",\"timeout_us\":60000000,\"type\":\"t\"},"
	       "{\"dependencies\":[],\"key\":\"gate\",\"kind\":\"EXTERNAL\",\"payload\":{},"
	       "\"tenant\":\"acme\"}]}");
}

/* ---- different ---------------------------------------------------------------------- */

/* A request of which everything is said, with its n-th part changed; false: there is no such part. */
static bool changed(unsigned n, cairn_run_new *run)
{
	*run = ct_dag_keyed("a b:a!,g c g*", "secret");
	cairn_step_new *b = ct_dag_step(run, "b");
	cairn_step_new *g = ct_dag_step(run, "g");
	cairn_dependency *edges = ct_alloc(2 * sizeof *edges);
	edges[0] = b->dependencies[0];
	edges[1] = b->dependencies[1];
	b->dependencies = edges;
	run->metadata = cairn_str_of(n == 1 ? "{\"m\":2}" : "{\"m\":1}");
	run->result_step = cairn_str_of(n == 2 ? "a" : "b");
	run->active_key = cairn_str_of(n == 3 ? "" : "active");
	run->on_failure = n == 4 ? CAIRN_ON_FAILURE_CONTINUE : CAIRN_ON_FAILURE_FAIL_FAST;
	b->type = cairn_str_of(n == 5 ? "u" : "t");
	b->queue = cairn_str_of(n == 6 ? "" : "q");
	b->tenant = cairn_str_of(n == 7 ? "acme" : "");
	b->payload = cairn_str_of(n == 8 ? "null" : "{}");
	b->owner = cairn_str_of(n == 9 ? "" : "me");
	b->resource_key = cairn_str_of(n == 10 ? "s" : "r");
	b->stage = cairn_str_of(n == 11 ? "queued" : "scheduled");
	b->timeout = n == 12 ? 0 : CAIRN_MINUTE;
	b->max_attempts = n == 13 ? 0 : 8;
	b->priority = n == 14 ? 99 : 100;
	b->set = n == 15 ? CAIRN_STEP_PRIORITY : CAIRN_STEP_PRIORITY | CAIRN_STEP_CONTINUES;
	b->set = n == 16 ? CAIRN_STEP_CONTINUES : b->set;
	edges[0].mode = n == 17 ? CAIRN_RELEASE_ON_TERMINAL : CAIRN_RELEASE_ON_SUCCESS;
	edges[1].prerequisite = cairn_str_of(n == 18 ? "c" : "g");
	b->dependency_count = n == 19 ? 1 : 2;
	g->deadline = n == 20 ? CAIRN_HOUR : CAIRN_DAY;
	g->payload = cairn_str_of(n == 21 ? "[]" : "{}");
	run->step_count = n == 22 ? 3 : 4;
	ct_dag_step(run, "c")->key = cairn_str_of(n == 23 ? "d" : "c");
	if (n == 22) {
		cairn_step_new *c = ct_dag_step(run, "c");
		*c = *g;
	}
	return n <= 23;
}

static void a_different_one(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new run;
	ct_define(conn, "t");
	ct_define(conn, "u");
	changed(0, &run);
	cairn_id id = ct_add_run(conn, &run);
	const char *before = ct_run_snapshot(conn, id);
	for (unsigned n = 1; changed(n, &run); n++) {
		ct_note("part %u", n);
		conflicts(conn, &run);
	}
	changed(0, &run);
	finds(conn, &run, id);
	ct_run_unchanged(conn, id, before);
	ct_int(ct_count_runs(conn), 1);
}

static void per_type_and_tenant(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new global = ct_dag_keyed("a", "k");
	cairn_run_new acme = global;
	cairn_run_new other = global;
	cairn_run_new type = global;
	ct_define(conn, "t");
	acme.tenant = CAIRN_STR("acme");
	other.tenant = CAIRN_STR("other");
	type.type = CAIRN_STR("v");
	cairn_id ids[] = { ct_add_run(conn, &global), ct_add_run(conn, &acme),
			   ct_add_run(conn, &other), ct_add_run(conn, &type) };
	finds(conn, &global, ids[0]);
	finds(conn, &acme, ids[1]);
	finds(conn, &other, ids[2]);
	finds(conn, &type, ids[3]);
	ct_int(ct_count_runs(conn), 4);
}

/* ---- whatever happened ---------------------------------------------------------------- */

static void still_matches(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new run = ct_dag_keyed("a g* b:g", "k");
	ct_define(conn, "t");
	cairn_id id = ct_add_run(conn, &run);
	cairn_append append = ct_append(id, "more", "g", "x y:x");
	ct_send_append(conn, &append, CAIRN_INSERTED);
	finds(conn, &run, id);
	cairn_job_patch patch = { .id = ct_step_id(conn, id, "a"),
				  .set = CAIRN_JOB_PAYLOAD,
				  .payload = CAIRN_STR("[\"edited\"]") };
	cairn_changed edited = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_job_edit(conn, cairn_any(), &patch, 1, &edited, ct_err()));
	ct_each(edited, CAIRN_OK, NULL);
	ct_str(ct_run_step(conn, id, "a")->payload, "[\"edited\"]");
	finds(conn, &run, id);
	ct_disable(conn, "t", 1);
	finds(conn, &run, id);
	ct_end_all(conn, id);
	ct_int(ct_run(conn, id)->status, CAIRN_RUN_SUCCEEDED);
	finds(conn, &run, id);
	/* what it has become is not what was asked for */
	cairn_run_new grown = ct_dag_keyed("a g* b:g x y:x", "k");
	conflicts(conn, &grown);
	grown = ct_dag_keyed("a g* b:g", "k");
	ct_dag_step(&grown, "a")->payload = CAIRN_STR("[\"edited\"]");
	conflicts(conn, &grown);
}

static void is_found_by_its_key(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new run = ct_dag_keyed("a", "k");
	cairn_runs *runs = NULL;
	ct_define(conn, "t");
	cairn_id id = ct_add_run(conn, &run);
	run.tenant = CAIRN_STR("acme");
	ct_add_run(conn, &run);
	cairn_run_filter filter = { .size = sizeof(filter),
				    .scope = cairn_global(),
				    .type = CAIRN_STR("w"),
				    .key = CAIRN_STR("k") };
	ct_ok(cairn_run_list(conn, &filter, &runs, ct_err()));
	ct_int(runs->count, 1);
	ct_id(runs->at[0].id, id);
	filter.key = CAIRN_STR("l");
	ct_ok(cairn_run_list(conn, &filter, &runs, ct_err()));
	ct_int(runs->count, 0);
	ct_later(runs);
}

/* ---- several at once -------------------------------------------------------------------- */

static void twice_in_a_call(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new runs[] = { ct_dag_keyed("a", "k"), ct_dag("a"), ct_dag_keyed("a", "k"),
				 ct_dag_keyed("a b", "k"), ct_dag_keyed("a", "j") };
	cairn_run_added each[5];
	ct_define(conn, "t");
	ct_ok(cairn_run_enqueue(conn, runs, 5, each, ct_err()));
	ct_int(each[0].disposition, CAIRN_RUN_INSERTED);
	ct_int(each[1].disposition, CAIRN_RUN_INSERTED);
	ct_each(each[2], CAIRN_OK, NULL);
	ct_int(each[2].disposition, CAIRN_RUN_EXISTING);
	ct_id(each[2].id, each[0].id);
	ct_each(each[3], CAIRN_CONFLICT, CONFLICT);
	ct_int(each[4].disposition, CAIRN_RUN_INSERTED);
	ct_int(ct_count_runs(conn), 3);
	ct_int(ct_count_jobs(conn, 0), 3);
}

/* Found, different, active elsewhere: the caller's transaction goes on after each, and decides of what was inserted. */
static void in_a_transaction(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_run_new run = ct_dag_keyed("a", "k");
	cairn_run_new different = ct_dag_keyed("a b", "k");
	cairn_run_new active = ct_dag_active("a", "one");
	cairn_run_new later = ct_dag_keyed("a b:a", "later");
	ct_define(conn, "t");
	cairn_id id = ct_add_run(conn, &run);
	cairn_id holder = ct_add_run(conn, &active);
	for (int i = 0; i < 2; i++) {
		ct_ok(cairn_begin(conn, &tx, ct_err()));
		finds(conn, &run, id);
		conflicts(conn, &different);
		ct_id(ct_offer_run(conn, &active).id, holder);
		cairn_id added = ct_add_run(conn, &later);
		finds(conn, &later, added);
		if (i == 0)
			cairn_rollback(&tx);
		else
			ct_ok(cairn_commit(&tx, ct_err()));
		ct_int(ct_count_runs(other), 2 + (size_t)i);
	}
	ct_int(ct_count_jobs(other, 0), 3);
}

struct asker {
	cairn_tx tx;
	cairn_run_new run;
	cairn_run_added added;
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

/* One inserts and stays open; another asks for the same key; the first ends so. */
static void behind_an_open_rival(struct asker *a, struct asker *b, ct_step_fn *end)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	ct_session *first = ct_session_new("first");
	ct_session *second = ct_session_new("second");
	ct_step(first, begin_and_ask, a);
	ct_each(a->added, CAIRN_OK, NULL);
	ct_start(second, ask, b);
	ct_step(first, end, &a->tx);
	ct_join(second);
	ct_int(ct_count_runs(conn), 1);
	ct_each(b->added, CAIRN_OK, NULL);
	ct_stands(conn, b->added.id, "RUNNING a=ENQUEUED b=BLOCKED");
}

static void rivals(void)
{
	struct asker a = { .tx = CAIRN_TX_INIT, .run = ct_dag_keyed("a b:a", "k") };
	struct asker b = { .tx = CAIRN_TX_INIT, .run = ct_dag_keyed("b:a a", "k") };
	behind_an_open_rival(&a, &b, ct_commit);
	ct_int(b.added.disposition, CAIRN_RUN_EXISTING);
	ct_id(b.added.id, a.added.id);
}

static void rival_rolls_back(void)
{
	struct asker a = { .tx = CAIRN_TX_INIT, .run = ct_dag_keyed("a", "k") };
	struct asker b = { .tx = CAIRN_TX_INIT, .run = ct_dag_keyed("a b:a", "k") };
	behind_an_open_rival(&a, &b, ct_rollback);
	ct_int(b.added.disposition, CAIRN_RUN_INSERTED);
}

struct crowd {
	cairn_run_new run;
	cairn_run_added added[8];
};

static void ask_in_a_crowd(cairn_conn *conn, unsigned number, void *arg)
{
	struct crowd *crowd = arg;
	crowd->added[number] = ct_offer_run(conn, &crowd->run);
}

static void a_crowd(void)
{
	cairn_conn *conn = ct_open();
	struct crowd crowd = { .run = ct_dag_keyed("a b:a c:a", "k") };
	unsigned inserted = 0;
	ct_define(conn, "t");
	ct_race(8, ask_in_a_crowd, &crowd);
	for (size_t i = 0; i < 8; i++) {
		ct_each(crowd.added[i], CAIRN_OK, NULL);
		ct_id(crowd.added[i].id, crowd.added[0].id);
		inserted += crowd.added[i].disposition == CAIRN_RUN_INSERTED;
	}
	ct_int(inserted, 1);
	ct_int(ct_count_runs(conn), 1);
	ct_stands(conn, crowd.added[0].id, "RUNNING a=ENQUEUED b=BLOCKED c=BLOCKED");
}

static void strict(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new keyed = ct_dag_keyed("a", "k");
	cairn_run_new active = ct_dag_active("a", "one");
	ct_define(conn, "t");
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_BEGIN_STRICT), 0);
	ct_run_refused(conn, &keyed, "tx.unsupported_isolation");
	ct_run_refused(conn, &active, "tx.unsupported_isolation");
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_COMMIT), 0);
	ct_int(ct_count_runs(conn), 0);
	ct_add_run(conn, &keyed);
	ct_add_run(conn, &active);
}

#define VERB .kind = CT_VERB, .store = CT_WORKFLOWS
#define MOVE .kind = CT_INTERLEAVE, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.keys.an_equal_request_finds_its_run",
	  VERB,
	  .rule = "The same request again is answered with its run and writes nothing; order of "
		  "steps and dependencies, and defaults said or not, make no difference.",
	  .covers = "runledger W06",
	  .run = an_equal_one },
	{ .name = "runs.keys.numbers_are_compared_as_numbers",
	  VERB,
	  .rule = "Payloads and metadata are compared in canonical form, exactly.",
	  .covers = "runledger W07",
	  .run = numbers_as_numbers },
	{ .name = "runs.keys.the_canonical_request_is_kept",
	  VERB,
	  .rule = "What is compared can be read: the canonical text of the request.",
	  .covers = "seed1-1",
	  .run = the_golden_text },
	{ .name = "runs.keys.anything_else_conflicts",
	  VERB,
	  .rule = "A request that differs in any part is a conflict, which does not show the key.",
	  .covers = "runledger W07",
	  .run = a_different_one },
	{ .name = "runs.keys.are_per_type_and_tenant",
	  VERB,
	  .rule = "The same key under another type, tenant or none is another run's.",
	  .covers = "runledger W08",
	  .run = per_type_and_tenant },
	{ .name = "runs.keys.match_whatever_happened",
	  VERB,
	  .rule = "Appends, edited payloads, disabled definitions and ends change nothing about "
		  "what was asked.",
	  .covers = "runledger W10, B11",
	  .run = still_matches },
	{ .name = "runs.keys.lead_to_their_run",
	  VERB,
	  .rule = "A run is found by type, key and scope.",
	  .covers = "runledger W08",
	  .run = is_found_by_its_key },
	{ .name = "runs.keys.twice_in_a_call",
	  VERB,
	  .rule = "Of requests of one call that share a key the first is inserted and found by "
		  "the others.",
	  .covers = "runledger W06",
	  .run = twice_in_a_call },
	{ .name = "runs.keys.answers_leave_the_transaction_usable",
	  VERB,
	  .rule = "Inside the caller's transaction every answer leaves it usable, and what was "
		  "inserted comes and goes with it, keys too.",
	  .covers = "runledger W06, W07",
	  .run = in_a_transaction },
	{ .name = "runs.keys.a_rival_that_commits_is_found",
	  MOVE,
	  .rule = "Who asks for a key that an open transaction inserted waits and finds it.",
	  .covers = "runledger W06",
	  .run = rivals },
	{ .name = "runs.keys.a_rival_that_rolls_back_is_none",
	  MOVE,
	  .rule = "If that transaction is rolled back the other one inserts.",
	  .covers = "runledger W06",
	  .run = rival_rolls_back },
	{ .name = "runs.keys.a_crowd_inserts_once",
	  .kind = CT_RACE,
	  .store = CT_WORKFLOWS,
	  .rule = "Of eight that enqueue the same request one inserts, and all get its run.",
	  .covers = "runledger W06",
	  .run = a_crowd },
	{ .name = "runs.keys.need_read_committed",
	  VERB,
	  .needs = CT_NEED_STRICT,
	  .rule = "In a stricter transaction requests with keys are refused before anything is "
		  "written.",
	  .covers = "runledger W14",
	  .run = strict },
};

CT_GROUP(runs_keys, cases);
