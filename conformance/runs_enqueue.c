/*
 * runs_enqueue.c - what a run is when it was enqueued: its steps, their jobs, its status. Keys are in
 * runs_keys.c.
 */
#include "ct_workflow.h"

/* ---- what begins at once --------------------------------------------------------- */

static void roots_begin(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_flow(conn, "a b:a c d*:c,a!");
	ct_stands(conn, id, "RUNNING a=ENQUEUED b=BLOCKED c=ENQUEUED d=BLOCKED");
	ct_int(ct_count_jobs(conn, 0), 2);
	const cairn_step *a = ct_run_step(conn, id, "a");
	const cairn_job *job = ct_job(conn, a->id);
	ct_id(job->run, id);
	ct_int(job->status, CAIRN_JOB_PENDING);
	ct_int(job->run_number, 1);
	ct_int(job->attempt, 0);
	ct_int(job->fence, 0);
	ct_int(job->run_at, ct_now());
	ct_int(job->created_at, ct_now());
	ct_str(job->queue, "a");
	ct_str(job->key, NULL);
	ct_str(job->request, NULL);
	ct_text(ct_timeline(conn, a->id), "ENQUEUED");
	ct_int(a->released_at, ct_now());
	ct_int(a->created_at, ct_now());
	ct_int(a->started_at, 0);
	ct_int(a->run_number, 1);
	const cairn_step *d = ct_run_step(conn, id, "d");
	ct_int(d->prerequisites, 2);
	ct_int(d->pending, 2);
	ct_int(d->unsatisfied, 0);
	ct_int(d->released_at, 0);
	ct_int(d->run_number, 0);
	ct_text(ct_run_timeline(conn, id), "RUNNING a=ENQUEUED c=ENQUEUED");
}

static void the_run_itself(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new run = ct_dag_keyed("a b:a", "k");
	ct_define(conn, "t");
	run.active_key = CAIRN_STR("active");
	run.tenant = CAIRN_STR("acme");
	run.metadata = CAIRN_STR(" { \"b\": 1.0 } ");
	run.result_step = CAIRN_STR("b");
	run.on_failure = CAIRN_ON_FAILURE_FAIL_FAST;
	const cairn_run *row = ct_run(conn, ct_add_run(conn, &run));
	ct_str(row->type, "w");
	ct_str(row->tenant, "acme");
	ct_same(row->metadata, run.metadata);
	ct_str(row->key, "k");
	ct_str(row->active_key, "active");
	ct_str(row->result_step, "b");
	ct_str(row->result, NULL);
	ct_int(row->on_failure, CAIRN_ON_FAILURE_FAIL_FAST);
	ct_int(row->created_at, ct_now());
	ct_int(row->updated_at, ct_now());
	ct_int(row->finished_at, 0);
	ct_str(row->status_reason, NULL);
	ct_str(row->error_code, NULL);
	ct_true(cairn_id_is_none(row->source) && cairn_id_is_none(row->recovery_step));
	ct_true(row->request.len > 0);
	run = ct_dag("a");
	row = ct_run(conn, ct_add_run(conn, &run));
	ct_str(row->tenant, NULL);
	ct_str(row->metadata, "{}");
	ct_str(row->key, NULL);
	ct_str(row->active_key, NULL);
	ct_str(row->result_step, NULL);
	ct_str(row->request, NULL);
	ct_int(row->on_failure, CAIRN_ON_FAILURE_CONTINUE);
}

static void only_gates(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new run = ct_dag("g* h*");
	ct_dag_step(&run, "g")->deadline = CAIRN_HOUR;
	cairn_id id = ct_add_run(conn, &run);
	ct_stands(conn, id, "WAITING_FOR_EXTERNAL g=WAITING_FOR_EXTERNAL h=WAITING_FOR_EXTERNAL");
	ct_text(ct_run_timeline(conn, id),
		"WAITING_FOR_EXTERNAL g=WAITING_FOR_EXTERNAL h=WAITING_FOR_EXTERNAL");
	const cairn_step *gate = ct_run_step(conn, id, "g");
	ct_int(gate->released_at, ct_now());
	ct_int(gate->deadline, CAIRN_HOUR);
	ct_int(gate->deadline_at, ct_now() + CAIRN_HOUR);
	ct_int(ct_run_step(conn, id, "h")->deadline_at, 0);
	ct_str(gate->type, NULL);
	ct_str(gate->queue, NULL);
	ct_str(gate->stage, NULL);
	ct_str(gate->owner, NULL);
	ct_str(gate->resource_key, NULL);
	ct_int(gate->priority, 0);
	ct_int(gate->max_attempts, 0);
	ct_int(gate->timeout, 0);
	ct_int(gate->run_number, 0);
	ct_int(ct_count_jobs(conn, 0), 0);
	run = ct_dag("g* a:g");
	ct_define(conn, "t");
	ct_stands(conn, ct_add_run(conn, &run), "RUNNING g=WAITING_FOR_EXTERNAL a=BLOCKED");
}

/* ---- definitions -------------------------------------------------------------------- */

static void define_odd(cairn_conn *conn, int32_t priority, int32_t attempts, cairn_usec timeout)
{
	cairn_definition odd = { .type = CAIRN_STR("odd"),
				 .set = CAIRN_DEFINITION_PRIORITY,
				 .priority = priority,
				 .max_attempts = attempts,
				 .timeout = timeout };
	ct_ok(cairn_job_define(conn, &odd, 1, ct_err()));
}

static void has_numbers(cairn_conn *conn, const cairn_step *step, int32_t priority,
			int32_t attempts, cairn_usec timeout)
{
	ct_int(step->priority, priority);
	ct_int(step->max_attempts, attempts);
	ct_int(step->timeout, timeout);
	if (step->run_number == 0)
		return;
	const cairn_job *job = ct_job(conn, step->id);
	ct_int(job->priority, priority);
	ct_int(job->max_attempts, attempts);
	ct_int(job->timeout, timeout);
}

static cairn_id odd_run(cairn_conn *conn)
{
	cairn_run_new run = ct_dag("a b c:a d:b");
	cairn_step_new *steps = ct_dag_step(&run, "a");
	for (size_t i = 0; i < run.step_count; i++)
		steps[i].type = CAIRN_STR("odd");
	for (size_t i = 1; i < run.step_count; i += 2) {
		steps[i].set = CAIRN_STEP_PRIORITY;
		steps[i].priority = -41;
		steps[i].max_attempts = 2;
		steps[i].timeout = 19 * CAIRN_SECOND;
	}
	return ct_add_run(conn, &run);
}

static void numbers_are_taken_at_once(void)
{
	cairn_conn *conn = ct_open();
	define_odd(conn, 101, 7, 63 * CAIRN_SECOND);
	cairn_id id = odd_run(conn);
	has_numbers(conn, ct_run_step(conn, id, "a"), 101, 7, 63 * CAIRN_SECOND);
	has_numbers(conn, ct_run_step(conn, id, "b"), -41, 2, 19 * CAIRN_SECOND);
	has_numbers(conn, ct_run_step(conn, id, "c"), 101, 7, 63 * CAIRN_SECOND);
	has_numbers(conn, ct_run_step(conn, id, "d"), -41, 2, 19 * CAIRN_SECOND);
}

static void later_definitions_change_nothing(void)
{
	cairn_conn *conn = ct_open();
	define_odd(conn, 101, 7, 63 * CAIRN_SECOND);
	cairn_id id = odd_run(conn);
	define_odd(conn, 5, 1, CAIRN_SECOND);
	ct_disable(conn, "odd", 1);
	has_numbers(conn, ct_run_step(conn, id, "a"), 101, 7, 63 * CAIRN_SECOND);
	ct_end(conn, id, "a", CAIRN_STEP_SUCCEEDED);
	ct_stands(conn, id, "RUNNING a=SUCCEEDED b=ENQUEUED c=ENQUEUED d=BLOCKED");
	has_numbers(conn, ct_run_step(conn, id, "c"), 101, 7, 63 * CAIRN_SECOND);
	ct_end_all(conn, id);
	ct_stands(conn, id, "SUCCEEDED a=SUCCEEDED b=SUCCEEDED c=SUCCEEDED d=SUCCEEDED");
	has_numbers(conn, ct_run_step(conn, id, "d"), -41, 2, 19 * CAIRN_SECOND);
}

static void without_a_definition(void)
{
	cairn_conn *conn = ct_open();
	const char *code = "workflow.definition_not_found_or_disabled";
	cairn_run_new runs[] = { ct_dag("a"), ct_dag_active("g* a b:a c:a", "one"), ct_dag("b") };
	cairn_run_added each[3];
	ct_define(conn, "t");
	ct_define(conn, "off");
	ct_disable(conn, "off", 1);
	ct_dag_step(&runs[1], "b")->type = CAIRN_STR("off");
	ct_dag_step(&runs[1], "c")->type = CAIRN_STR("never");
	runs[1].key = CAIRN_STR("k");
	ct_ok(cairn_run_enqueue(conn, runs, 3, each, ct_err()));
	ct_each(each[0], CAIRN_OK, NULL);
	ct_each(each[1], CAIRN_INVALID, code);
	ct_int(each[1].step, 2);
	ct_true(cairn_id_is_none(each[1].id));
	ct_each(each[2], CAIRN_OK, NULL);
	ct_int(ct_count_runs(conn), 2);
	ct_int(ct_count_jobs(conn, 0), 2);
	/* neither of its keys was taken */
	cairn_run_new other = ct_dag_active("a", "one");
	other.key = CAIRN_STR("k");
	ct_add_run(conn, &other);
}

/* As before, inside a transaction that goes on. */
static void in_a_transaction(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_runs *runs = NULL;
	cairn_run_new bad = ct_dag("a b:a");
	cairn_run_new good = ct_dag("a b:a");
	ct_define(conn, "t");
	ct_dag_step(&bad, "b")->type = CAIRN_STR("never");
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_each(ct_offer_run(conn, &bad), CAIRN_INVALID,
		"workflow.definition_not_found_or_disabled");
	cairn_id id = ct_add_run(conn, &good);
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_stands(other, id, "RUNNING a=ENQUEUED b=BLOCKED");
	ct_int(ct_count_runs(other), 1);
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	id = ct_add_run(conn, &good);
	cairn_rollback(&tx);
	ct_status(cairn_run_get(other, cairn_any(), id, &runs, ct_err()), CAIRN_NOT_FOUND,
		  "workflow.run_not_found");
	cairn_free(runs);
	ct_int(ct_count_jobs(other, 0), 1);
}

/* ---- what steps carry ------------------------------------------------------------------ */

static void nulls_are_documents(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new run = ct_dag("a g* b:a");
	ct_define(conn, "t");
	ct_dag_step(&run, "a")->payload = CAIRN_STR("null");
	ct_dag_step(&run, "g")->payload = CAIRN_STR("null");
	ct_dag_step(&run, "b")->payload = CAIRN_STR("{\"b\" : [ 1, 2.50 ]}");
	run.metadata = CAIRN_STR("null");
	cairn_id id = ct_add_run(conn, &run);
	ct_str(ct_run(conn, id)->metadata, "null");
	ct_str(ct_run_step(conn, id, "a")->payload, "null");
	ct_str(ct_job(conn, ct_step_id(conn, id, "a"))->payload, "null");
	ct_str(ct_run_step(conn, id, "g")->payload, "null");
	ct_end(conn, id, "a", CAIRN_STEP_SUCCEEDED);
	ct_str(ct_job(conn, ct_step_id(conn, id, "b"))->payload, "{\"b\" : [ 1, 2.50 ]}");
}

static void steps_may_be_of_others(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new run = ct_dag("a b c:b g*");
	ct_define(conn, "t");
	run.tenant = CAIRN_STR("acme");
	ct_dag_step(&run, "b")->tenant = CAIRN_STR("other");
	ct_dag_step(&run, "c")->tenant = CAIRN_STR("other");
	cairn_id id = ct_add_run(conn, &run);
	ct_str(ct_run_step(conn, id, "a")->tenant, "acme");
	ct_str(ct_job(conn, ct_step_id(conn, id, "a"))->tenant, "acme");
	ct_str(ct_run_step(conn, id, "b")->tenant, "other");
	ct_str(ct_job(conn, ct_step_id(conn, id, "b"))->tenant, "other");
	ct_str(ct_run_step(conn, id, "g")->tenant, "acme");
	ct_end(conn, id, "b", CAIRN_STEP_SUCCEEDED);
	ct_str(ct_job(conn, ct_step_id(conn, id, "c"))->tenant, "other");
}

static void settings_go_to_the_job(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new run = ct_dag("a b:a");
	ct_define(conn, "t");
	for (size_t i = 0; i < 2; i++) {
		cairn_step_new *step = ct_dag_step(&run, i > 0 ? "b" : "a");
		step->owner = CAIRN_STR("me");
		step->resource_key = CAIRN_STR("r");
		step->stage = CAIRN_STR("scheduled");
		step->set = CAIRN_STEP_CONTINUES;
	}
	cairn_id id = ct_add_run(conn, &run);
	for (size_t i = 0; i < 2; i++) {
		const cairn_step *step = ct_run_step(conn, id, i > 0 ? "b" : "a");
		const cairn_job *job = ct_job(conn, step->id);
		ct_str(job->owner, "me");
		ct_str(job->resource_key, "r");
		ct_str(job->stage, "scheduled");
		ct_int(job->continues, 1);
		ct_str(step->owner, "me");
		ct_str(step->resource_key, "r");
		ct_str(step->stage, "scheduled");
		ct_int(step->set, CAIRN_STEP_CONTINUES);
		ct_end(conn, id, i > 0 ? "b" : "a", CAIRN_STEP_SUCCEEDED);
	}
}

/* ---- many at once ------------------------------------------------------------------------ */

static void a_batch(void)
{
	enum { RUNS = 40 };
	cairn_conn *conn = ct_open();
	cairn_run_new runs[RUNS];
	cairn_run_added each[RUNS];
	ct_define(conn, "t");
	for (size_t i = 0; i < RUNS; i++) {
		runs[i] = ct_dag(i % 2 > 0 ? "a b:a" : "g* a:g b:a!");
		runs[i].metadata = cairn_str_of(ct_format("%zu", i));
	}
	ct_ok(cairn_run_enqueue(conn, runs, RUNS, each, ct_err()));
	for (size_t i = 0; i < RUNS; i++) {
		ct_each(each[i], CAIRN_OK, NULL);
		ct_true(i == 0 || cairn_id_compare(each[i - 1].id, each[i].id) < 0);
		ct_same(ct_run(conn, each[i].id)->metadata, runs[i].metadata);
		ct_stands(conn, each[i].id,
			  i % 2 > 0 ? "RUNNING a=ENQUEUED b=BLOCKED"
				    : "RUNNING g=WAITING_FOR_EXTERNAL a=BLOCKED b=BLOCKED");
	}
	ct_int(ct_count_jobs(conn, 0), RUNS / 2);
}

/* Whatever its size, a graph is one round trip. */
static void one_round_trip(void)
{
	enum { STEPS = 1000 };
	cairn_conn *conn = ct_open();
	cairn_step_new *steps = ct_alloc(STEPS * sizeof *steps);
	cairn_dependency root = { .prerequisite = CAIRN_STR("s0") };
	cairn_run_new runs[] = { ct_dag_keyed("a b:a", "k"),
				 ct_dag_active("a", "one"),
				 { .type = CAIRN_STR("w"), .steps = steps, .step_count = STEPS } };
	cairn_run_added each[3];
	ct_define(conn, "t");
	for (size_t i = 0; i < STEPS; i++)
		steps[i] = (cairn_step_new){ .key = cairn_str_of(ct_format("s%zu", i)),
					     .type = CAIRN_STR("t"),
					     .dependencies = i > 0 ? &root : NULL,
					     .dependency_count = i > 0 };
	ct_budget(conn);
	ct_ok(cairn_run_enqueue(conn, &runs[2], 1, each, ct_err()));
	ct_spent(conn, 1, "steps", STEPS);
	ct_ok(cairn_run_enqueue(conn, runs, 2, each, ct_err()));
	ct_spent(conn, 1, "keyed runs", 2);
	ct_ok(cairn_run_enqueue(conn, runs, 3, each, ct_err()));
	ct_spent(conn, 1, "runs, two of them there", 3);
	ct_int(each[0].disposition, CAIRN_RUN_EXISTING);
	ct_int(each[1].disposition, CAIRN_RUN_EXISTING_ACTIVE);
}

#define VERB .kind = CT_VERB, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.enqueue.what_waits_for_nothing_begins",
	  VERB,
	  .rule = "Steps without prerequisites have their job at once, under their own id and "
		  "without a key; the others are BLOCKED with what they wait for.",
	  .covers = "runledger W01, W15",
	  .run = roots_begin },
	{ .name = "runs.enqueue.a_run_has_what_was_asked",
	  VERB,
	  .rule = "Everything of a request can be read again; what was absent has its default.",
	  .covers = "runledger W01",
	  .run = the_run_itself },
	{ .name = "runs.enqueue.only_gates_wait",
	  VERB,
	  .rule = "A run in which only gates stand open waits; a gate has nothing of a job.",
	  .covers = "runledger W02, W03",
	  .run = only_gates },
	{ .name = "runs.enqueue.numbers_are_resolved_at_once",
	  VERB,
	  .rule = "Every step has the numbers given, else those of its definition, from the start.",
	  .covers = "runledger W03",
	  .run = numbers_are_taken_at_once },
	{ .name = "runs.enqueue.later_definitions_change_nothing",
	  VERB,
	  .rule = "What becomes of a definition later makes no difference to steps.",
	  .covers = "runledger W04",
	  .run = later_definitions_change_nothing },
	{ .name = "runs.enqueue.needs_every_definition",
	  VERB,
	  .rule = "A run with a step whose type is not defined or is disabled is refused, with "
		  "that step, and leaves nothing; the others of its batch are inserted.",
	  .covers = "runledger W05, W11",
	  .run = without_a_definition },
	{ .name = "runs.enqueue.is_part_of_the_callers_transaction",
	  VERB,
	  .rule = "A refused run leaves the caller's transaction usable, and an inserted one "
		  "comes and goes with it.",
	  .covers = "runledger W05",
	  .run = in_a_transaction },
	{ .name = "runs.enqueue.null_is_a_document",
	  VERB,
	  .rule = "Payloads are kept byte for byte, null among them.",
	  .covers = "runledger W12",
	  .run = nulls_are_documents },
	{ .name = "runs.enqueue.a_step_may_be_of_another_tenant",
	  VERB,
	  .rule = "A step's tenant goes to its job; where it has none it is the run's.",
	  .covers = "runledger W13",
	  .run = steps_may_be_of_others },
	{ .name = "runs.enqueue.settings_go_to_the_job",
	  VERB,
	  .rule = "Owner, resource, stage and continuation of a step are its job's, whenever that "
		  "begins.",
	  .covers = "runledger W01",
	  .run = settings_go_to_the_job },
	{ .name = "runs.enqueue.a_batch_answers_in_its_order",
	  VERB,
	  .rule = "Many runs go in at once, each with its own steps.",
	  .covers = "runledger W01",
	  .run = a_batch },
	{ .name = "runs.enqueue.one_round_trip",
	  .kind = CT_BUDGET,
	  .store = CT_WORKFLOWS,
	  .rule = "Any number of runs, whatever their size and keys, is one round trip.",
	  .covers = "runledger W11",
	  .run = one_round_trip },
};

CT_GROUP(runs_enqueue, cases);
