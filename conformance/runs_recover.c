/*
 * runs_recover.c - runs that are over, done once more: what the new run takes over, who may ask, and how often.
 */
#include "ct_workflow.h"

static void refused(cairn_conn *conn, const cairn_recovery *recovery, cairn_status status,
		    const char *code)
{
	cairn_run_added added = { .disposition = 0 };
	ct_status(cairn_run_recover(conn, recovery, &added, ct_err()), status, code);
	ct_int(added.disposition, 0);
}

static void exists(cairn_conn *conn, const cairn_recovery *recovery, cairn_id id)
{
	cairn_run_added added = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_run_recover(conn, recovery, &added, ct_err()));
	ct_each(added, CAIRN_OK, NULL);
	ct_int(added.disposition, CAIRN_RUN_EXISTING);
	ct_id(added.id, id);
	ct_int(added.run_status, ct_run(conn, id)->status);
}

/* A run of these words that is over, because everything in it was canceled. */
static cairn_id over(cairn_conn *conn, const char *words)
{
	cairn_id id = ct_flow(conn, words);
	ct_cancel_run(conn, id);
	return id;
}

/* ---- what it takes over ----------------------------------------------------------------- */

static cairn_id source(cairn_conn *conn)
{
	cairn_run_new run = ct_dag_keyed("a b:a! g* c:g,b", "k");
	cairn_definition t = { .type = CAIRN_STR("t"), .max_attempts = 3, .timeout = CAIRN_MINUTE };
	ct_ok(cairn_job_define(conn, &t, 1, ct_err()));
	run.metadata = CAIRN_STR("{ \"m\": 1.0 }");
	run.active_key = CAIRN_STR("one");
	run.result_step = CAIRN_STR("b");
	run.on_failure = CAIRN_ON_FAILURE_FAIL_FAST;
	cairn_step_new *b = ct_dag_step(&run, "b");
	b->owner = CAIRN_STR("me");
	b->resource_key = CAIRN_STR("r");
	b->stage = CAIRN_STR("scheduled");
	b->set = CAIRN_STEP_CONTINUES | CAIRN_STEP_PRIORITY;
	b->priority = -3;
	b->tenant = CAIRN_STR("acme");
	ct_dag_step(&run, "g")->deadline = CAIRN_HOUR;
	ct_dag_step(&run, "g")->payload = CAIRN_STR("[\"gate\"]");
	return ct_add_run(conn, &run);
}

static void same_step(const cairn_step *was, const cairn_step *is)
{
	ct_true(cairn_id_compare(was->id, is->id) < 0);
	ct_same(is->key, was->key);
	ct_int(is->kind, was->kind);
	ct_same(is->type, was->type);
	ct_same(is->queue, was->queue);
	ct_same(is->tenant, was->tenant);
	ct_same(is->payload, was->payload);
	ct_same(is->owner, was->owner);
	ct_same(is->resource_key, was->resource_key);
	ct_int(is->priority, was->priority);
	ct_int(is->timeout, was->timeout);
	ct_int(is->deadline, was->deadline);
	ct_int(is->max_attempts, was->max_attempts);
	ct_int(is->set, was->set);
	ct_int(is->prerequisites, was->prerequisites);
	ct_int(is->pending, was->prerequisites);
	ct_int(is->unsatisfied, 0);
	ct_str(is->output, NULL);
	ct_str(is->error_code, NULL);
	ct_str(is->status_reason, NULL);
	ct_int(is->attempt, 0);
	ct_int(is->started_at, 0);
	ct_int(is->finished_at, 0);
	ct_int(is->created_at, ct_now());
}

static void same_run(const cairn_run *was, const cairn_run *is)
{
	ct_same(is->type, was->type);
	ct_same(is->tenant, was->tenant);
	ct_same(is->metadata, was->metadata);
	ct_same(is->active_key, was->active_key);
	ct_same(is->result_step, was->result_step);
	ct_int(is->on_failure, was->on_failure);
	ct_str(is->key, NULL);
	ct_str(is->request, NULL);
	ct_id(is->source, was->id);
	ct_int(is->created_at, ct_now());
	ct_int(is->finished_at, 0);
}

static void all_of_it(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = source(conn);
	cairn_append append = ct_append(id, "more", "g", "x:a,g! y:x");
	cairn_definition changed = { .type = CAIRN_STR("t"), .max_attempts = 9 };
	ct_send_append(conn, &append, CAIRN_INSERTED);
	cairn_job_patch patch = { .id = ct_step_id(conn, id, "a"),
				  .set = CAIRN_JOB_PAYLOAD,
				  .payload = CAIRN_STR("[ \"edited\" ]") };
	ct_ok(cairn_job_edit(conn, cairn_any(), &patch, 1, NULL, ct_err()));
	ct_give(conn, id, "a", "[1]");
	ct_give(conn, id, "g", "[2]");
	ct_end(conn, id, "b", CAIRN_STEP_FAILED);
	ct_stands(conn, id,
		  "COMPLETED_WITH_ERRORS a=SUCCEEDED b=FAILED g=SUCCEEDED c=CANCELED x=CANCELED "
		  "y=CANCELED");
	ct_ok(cairn_job_define(conn, &changed, 1, ct_err()));
	const char *before = ct_run_snapshot(conn, id);
	ct_advance(CAIRN_HOUR);
	cairn_recovery recovery = ct_recovery(id, "again");
	recovery.step = ct_step_id(conn, id, "b");
	cairn_id new_id = ct_recover(conn, &recovery);
	ct_run_unchanged(conn, id, before);
	ct_stands(conn, new_id,
		  "RUNNING a=ENQUEUED b=BLOCKED g=WAITING_FOR_EXTERNAL c=BLOCKED x=BLOCKED "
		  "y=BLOCKED");
	same_run(ct_run(conn, id), ct_run(conn, new_id));
	ct_id(ct_run(conn, new_id)->recovery_step, recovery.step);
	ct_str(ct_run(conn, new_id)->recovery_key, "again");
	ct_str(ct_run(conn, new_id)->recovery_reason, "again");
	ct_text(ct_edges(conn, new_id), ct_edges(conn, id));
	for (size_t i = 0; i < 6; i++)
		same_step(&ct_run_steps(conn, id)->at[i], &ct_run_steps(conn, new_id)->at[i]);
	ct_str(ct_run_step(conn, new_id, "a")->payload, "[ \"edited\" ]");
	ct_int(ct_run_step(conn, new_id, "a")->max_attempts, 3);
	ct_text(ct_run_timeline(conn, new_id), "RUNNING a=ENQUEUED g=WAITING_FOR_EXTERNAL");
	ct_end_all(conn, new_id);
	ct_int(ct_run(conn, new_id)->status, CAIRN_RUN_SUCCEEDED);
	ct_run_unchanged(conn, id, before);
}

/* Whatever became of a stage, a step begins anew as queued. */
static void stages_begin_anew(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new run = ct_dag("a b");
	ct_define(conn, "t");
	ct_dag_step(&run, "b")->stage = CAIRN_STR("scheduled");
	cairn_id id = ct_add_run(conn, &run);
	cairn_lease lease = ct_claim_step(conn, id, "a");
	ct_progress(conn, ct_stage(lease, "running"));
	ct_finish(conn, ct_success(lease));
	ct_end(conn, id, "b", CAIRN_STEP_SUCCEEDED);
	cairn_recovery recovery = ct_recovery(id, "k");
	cairn_id new_id = ct_recover(conn, &recovery);
	ct_str(ct_run_step(conn, new_id, "a")->stage, "queued");
	ct_str(ct_run_step(conn, new_id, "b")->stage, "queued");
	ct_int(ct_run_step(conn, new_id, "a")->attempt, 0);
	ct_end_all(conn, new_id);
}

/* ---- once more ----------------------------------------------------------------------------- */

static void the_same_again(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = over(conn, "a b:a");
	cairn_recovery recovery = ct_recovery(id, "k");
	cairn_id new_id = ct_recover(conn, &recovery);
	exists(conn, &recovery, new_id);
	ct_end_all(conn, new_id);
	exists(conn, &recovery, new_id);
	recovery.reason = CAIRN_STR("other");
	refused(conn, &recovery, CAIRN_CONFLICT, "workflow.recovery_request_conflict");
	recovery.reason = CAIRN_STR("again");
	recovery.step = ct_step_id(conn, id, "a");
	refused(conn, &recovery, CAIRN_CONFLICT, "workflow.recovery_request_conflict");
	recovery.key = CAIRN_STR("l");
	cairn_id third = ct_recover(conn, &recovery);
	exists(conn, &recovery, third);
	cairn_run_filter filter = { .size = sizeof(filter), .scope = cairn_global(), .source = id };
	cairn_runs *runs = NULL;
	ct_ok(cairn_run_list(conn, &filter, &runs, ct_err()));
	ct_later(runs);
	ct_int(runs->count, 2);
	ct_id(runs->at[0].id, third);
	ct_id(runs->at[1].id, new_id);
}

static void of_a_recovery(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = over(conn, "a b:a!");
	cairn_recovery recovery = ct_recovery(id, "k");
	cairn_id second = ct_recover(conn, &recovery);
	ct_end(conn, second, "a", CAIRN_STEP_FAILED);
	recovery = ct_recovery(second, "k");
	cairn_id third = ct_recover(conn, &recovery);
	ct_id(ct_run(conn, third)->source, second);
	ct_stands(conn, third, "RUNNING a=ENQUEUED b=BLOCKED");
	ct_end_all(conn, third);
	ct_stands(conn, third, "SUCCEEDED a=SUCCEEDED b=SUCCEEDED");
	ct_stands(conn, second, "COMPLETED_WITH_ERRORS a=FAILED b=CANCELED");
}

static void the_sources_key_is_its_own(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new run = ct_dag_keyed("a", "k");
	ct_define(conn, "t");
	cairn_id id = ct_add_run(conn, &run);
	ct_cancel_run(conn, id);
	cairn_recovery recovery = ct_recovery(id, "r");
	cairn_id new_id = ct_recover(conn, &recovery);
	cairn_run_added added = ct_offer_run(conn, &run);
	ct_int(added.disposition, CAIRN_RUN_EXISTING);
	ct_id(added.id, id);
	ct_int(added.run_status, CAIRN_RUN_CANCELED);
	ct_end_all(conn, new_id);
}

/* ---- what is refused ----------------------------------------------------------------------- */

static void requests(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = over(conn, "a");
	cairn_id running = ct_flow(conn, "b");
	cairn_recovery good = ct_recovery(id, "k");
	cairn_recovery bad = good;
	bad.key = CAIRN_STR(" ");
	bad.reason = CAIRN_STR("");
	refused(conn, &bad, CAIRN_INVALID, "workflow.invalid_recovery_request_key");
	bad.key = cairn_str_of(ct_repeat('k', 513));
	refused(conn, &bad, CAIRN_INVALID, "workflow.invalid_recovery_request_key");
	bad.key = CAIRN_STR("k");
	refused(conn, &bad, CAIRN_INVALID, "workflow.invalid_recovery_reason");
	bad.reason = CAIRN_STR("\t");
	refused(conn, &bad, CAIRN_INVALID, "workflow.invalid_recovery_reason");
	bad = ct_recovery(ct_step_id(conn, id, "a"), "k");
	refused(conn, &bad, CAIRN_NOT_FOUND, "workflow.recovery_source_not_found");
	bad = good;
	bad.scope = cairn_tenant(CAIRN_STR("acme"));
	refused(conn, &bad, CAIRN_NOT_FOUND, "workflow.recovery_source_not_found");
	bad.scope = cairn_any();
	refused(conn, &bad, CAIRN_INVALID, "arg.invalid_scope");
	bad = ct_recovery(running, "k");
	refused(conn, &bad, CAIRN_CONFLICT, "workflow.recovery_source_not_terminal");
	bad = good;
	bad.step = ct_step_id(conn, running, "b");
	refused(conn, &bad, CAIRN_NOT_FOUND, "workflow.recovery_source_step_not_found");
	ct_disable(conn, "t", 1);
	refused(conn, &good, CAIRN_INVALID, "workflow.definition_not_found_or_disabled");
	ct_int(ct_count_runs(conn), 2);
	ct_disable(conn, "t", 0);
	good.key = cairn_str_of(ct_repeat('k', 512));
	ct_recover(conn, &good);
}

static void of_a_tenant(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new run = ct_dag("a");
	ct_define(conn, "t");
	run.tenant = CAIRN_STR("acme");
	cairn_id id = ct_add_run(conn, &run);
	ct_cancel_run(conn, id);
	cairn_recovery recovery = ct_recovery(id, "k");
	refused(conn, &recovery, CAIRN_NOT_FOUND, "workflow.recovery_source_not_found");
	recovery.scope = cairn_tenant(CAIRN_STR("acme"));
	cairn_id new_id = ct_recover(conn, &recovery);
	ct_str(ct_run(conn, new_id)->tenant, "acme");
	ct_str(ct_job(conn, ct_step_id(conn, new_id, "a"))->tenant, "acme");
}

/* ---- active keys ----------------------------------------------------------------------------- */

static void another_has_it(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new run = ct_dag_active("a", "one");
	ct_define(conn, "t");
	cairn_id id = ct_add_run(conn, &run);
	ct_end(conn, id, "a", CAIRN_STEP_SUCCEEDED);
	cairn_id other = ct_add_run(conn, &run);
	cairn_recovery recovery = ct_recovery(id, "k");
	refused(conn, &recovery, CAIRN_CONFLICT, "workflow.recovery_active_constraint");
	ct_int(ct_count_runs(conn), 2);
	ct_end(conn, other, "a", CAIRN_STEP_SUCCEEDED);
	cairn_id new_id = ct_recover(conn, &recovery);
	ct_int(ct_offer_run(conn, &run).disposition, CAIRN_RUN_EXISTING_ACTIVE);
	ct_id(ct_offer_run(conn, &run).id, new_id);
}

/* The source was canceled under a lease that lives, and still has its key: only its recovery gets it. */
static void goes_over(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new run = ct_dag_active("a", "one");
	ct_define(conn, "t");
	cairn_id id = ct_add_run(conn, &run);
	ct_claim_step(conn, id, "a");
	ct_cancel_run(conn, id);
	ct_id(ct_offer_run(conn, &run).id, id);
	cairn_recovery recovery = ct_recovery(id, "k");
	cairn_id new_id = ct_recover(conn, &recovery);
	cairn_run_added added = ct_offer_run(conn, &run);
	ct_int(added.disposition, CAIRN_RUN_EXISTING_ACTIVE);
	ct_id(added.id, new_id);
	ct_advance(CAIRN_MINUTE);
	ct_id(ct_offer_run(conn, &run).id, new_id);
	recovery = ct_recovery(id, "l");
	refused(conn, &recovery, CAIRN_CONFLICT, "workflow.recovery_active_constraint");
	ct_end_all(conn, new_id);
	ct_add_run(conn, &run);
}

/* ---- several at once ---------------------------------------------------------------------------- */

struct crowd {
	cairn_id source;
	cairn_run_added added[8];
};

static void recover_in_a_crowd(cairn_conn *conn, unsigned number, void *arg)
{
	struct crowd *crowd = arg;
	cairn_recovery recovery = ct_recovery(crowd->source, "k");
	for (int i = 0; i < 3; i++)
		ct_ok(cairn_run_recover(conn, &recovery, &crowd->added[number], ct_err()));
}

static void a_crowd(void)
{
	cairn_conn *conn = ct_open();
	struct crowd crowd = { .source = over(conn, "a b:a") };
	ct_race(8, recover_in_a_crowd, &crowd);
	for (size_t i = 0; i < 8; i++) {
		ct_int(crowd.added[i].disposition, CAIRN_RUN_EXISTING);
		ct_id(crowd.added[i].id, crowd.added[0].id);
	}
	ct_int(ct_count_runs(conn), 2);
	ct_stands(conn, crowd.added[0].id, "RUNNING a=ENQUEUED b=BLOCKED");
}

static void in_a_transaction(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_id id = over(conn, "a b:a");
	cairn_recovery recovery = ct_recovery(id, "k");
	cairn_recovery bad = ct_recovery(ct_flow(conn, "z"), "k");
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	refused(conn, &bad, CAIRN_CONFLICT, "workflow.recovery_source_not_terminal");
	ct_recover(conn, &recovery);
	cairn_rollback(&tx);
	ct_int(ct_count_runs(other), 2);
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cairn_id new_id = ct_recover(conn, &recovery);
	exists(conn, &recovery, new_id);
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_stands(other, new_id, "RUNNING a=ENQUEUED b=BLOCKED");
}

static void needs_read_committed(void)
{
	cairn_conn *conn = ct_open();
	cairn_recovery recovery = ct_recovery(over(conn, "a"), "k");
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_BEGIN_STRICT), 0);
	refused(conn, &recovery, CAIRN_INVALID, "tx.unsupported_isolation");
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_COMMIT), 0);
	ct_int(ct_count_runs(conn), 1);
	ct_recover(conn, &recovery);
}

/* More steps than a page: two pages of steps, and one of edges. */
static void few_round_trips(void)
{
	enum { STEPS = 1200 };
	cairn_conn *conn = ct_open();
	cairn_step_new *steps = ct_alloc(STEPS * sizeof *steps);
	cairn_run_new run = { .type = CAIRN_STR("w"), .steps = steps, .step_count = STEPS };
	cairn_dependency root = { .prerequisite = CAIRN_STR("s0") };
	cairn_recovery small = ct_recovery(over(conn, "a b:a c:b!"), "k");
	ct_budget(conn);
	ct_recover(conn, &small);
	ct_spent(conn, 8, "steps recovered", 3);
	for (size_t i = 0; i < STEPS; i++)
		steps[i] = (cairn_step_new){ .key = cairn_str_of(ct_format("s%zu", i)),
					     .type = CAIRN_STR("t"),
					     .dependencies = i > 0 && i < 900 ? &root : NULL,
					     .dependency_count = i > 0 && i < 900 };
	cairn_id id = ct_add_run(conn, &run);
	ct_cancel_run(conn, id);
	cairn_recovery recovery = ct_recovery(id, "k");
	ct_budget(conn);
	cairn_id new_id = ct_recover(conn, &recovery);
	ct_spent(conn, 8 + 2, "steps recovered", STEPS);
	ct_int(ct_run(conn, new_id)->counts.enqueued, 1 + STEPS - 900);
	ct_int(ct_run(conn, new_id)->counts.blocked, 899);
}

#define VERB .kind = CT_VERB, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.recover.takes_all_of_it",
	  VERB,
	  .rule = "A recovery has all steps of its source, appended ones too, with payloads as "
		  "they are and numbers as they were, no idempotency key, and no outputs; the "
		  "source stays as it is.",
	  .covers = "runledger RC01",
	  .run = all_of_it },
	{ .name = "runs.recover.stages_begin_anew",
	  VERB,
	  .rule = "What a job reported is not taken over.",
	  .covers = "runledger RC01",
	  .run = stages_begin_anew },
	{ .name = "runs.recover.the_same_again_exists",
	  VERB,
	  .rule = "The same request again finds its run, with another step or reason it is a "
		  "conflict, under another key another run.",
	  .covers = "runledger RC02",
	  .run = the_same_again },
	{ .name = "runs.recover.a_recovery_can_be_recovered",
	  VERB,
	  .rule = "A recovery is a run like others, and can be a source.",
	  .covers = "runledger RC10",
	  .run = of_a_recovery },
	{ .name = "runs.recover.the_sources_key_stays_with_it",
	  VERB,
	  .rule = "The request of the source again still finds the source.",
	  .covers = "runledger RC08",
	  .run = the_sources_key_is_its_own },
	{ .name = "runs.recover.refuses",
	  VERB,
	  .rule = "A recovery needs a key, a reason, a source in exactly this scope that is over, "
		  "a step of it if any, and its definitions.",
	  .covers = "runledger RC03",
	  .run = requests },
	{ .name = "runs.recover.in_the_tenants_scope",
	  VERB,
	  .rule = "A tenant's run is recovered under its tenant.",
	  .covers = "runledger RC03",
	  .run = of_a_tenant },
	{ .name = "runs.recover.another_run_has_the_active_key",
	  VERB,
	  .rule = "Where another run has the source's active key there is no recovery.",
	  .covers = "runledger RC05",
	  .run = another_has_it },
	{ .name = "runs.recover.the_active_key_goes_over",
	  VERB,
	  .rule = "A key that the source still keeps goes to its recovery, and stays there.",
	  .covers = "runledger RC06",
	  .run = goes_over },
	{ .name = "runs.recover.a_crowd_recovers_once",
	  .kind = CT_RACE,
	  .store = CT_WORKFLOWS,
	  .rule = "Of eight that send the same request one inserts, and all get its run.",
	  .covers = "runledger RC02",
	  .run = a_crowd },
	{ .name = "runs.recover.is_part_of_the_callers_transaction",
	  VERB,
	  .rule = "Refused or not, a recovery leaves the caller's transaction usable, and comes "
		  "and goes with it.",
	  .covers = "runledger RC03",
	  .run = in_a_transaction },
	{ .name = "runs.recover.needs_read_committed",
	  VERB,
	  .needs = CT_NEED_STRICT,
	  .rule = "In a stricter transaction a recovery is refused before anything is written.",
	  .covers = "runledger RC09",
	  .run = needs_read_committed },
	{ .name = "runs.recover.few_round_trips",
	  .kind = CT_BUDGET,
	  .store = CT_WORKFLOWS,
	  .rule = "A recovery takes eight round trips, and one more per 1000 steps and edges.",
	  .covers = "runledger RC01",
	  .run = few_round_trips },
};

CT_GROUP(runs_recover, cases);
