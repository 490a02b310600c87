/* run_inputs.c - what a step's handler can read of the steps that it waited for. */
#include "ct_graph_model.h"

static const cairn_steps *inputs(cairn_conn *conn, cairn_scope scope, cairn_id step)
{
	cairn_steps *rows = NULL;
	ct_ok(cairn_step_inputs(conn, scope, step, &rows, ct_err()));
	ct_later(rows);
	return rows;
}

static void absent(cairn_conn *conn, cairn_scope scope, cairn_id step)
{
	cairn_steps *rows = NULL;
	ct_status(cairn_step_inputs(conn, scope, step, &rows, ct_err()), CAIRN_NOT_FOUND,
		  "workflow.step_not_found");
}

static void by_key(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_flow(conn, "zeta alpha* mid none join:zeta,mid,alpha after:join");
	cairn_id other = ct_flow(conn, "zeta2 join2:zeta2");
	ct_give(conn, run, "zeta", "{\"z\":1}");
	ct_give(conn, run, "alpha", "[2]");
	ct_give(conn, run, "none", "3");
	ct_end(conn, run, "mid", CAIRN_STEP_FAILED);
	cairn_lease lease = ct_claim_step(conn, run, "join");
	const cairn_steps *rows = inputs(conn, cairn_any(), lease.id);
	static const char *const keys[] = { "alpha", "mid", "zeta" };
	static const char *const outputs[] = { "[2]", NULL, "{\"z\":1}" };
	ct_int(rows->count, 3);
	for (size_t i = 0; i < 3; i++) {
		ct_str(rows->at[i].key, keys[i]);
		ct_str(rows->at[i].output, outputs[i]);
		ct_id(rows->at[i].run, run);
		ct_id(rows->at[i].id, ct_step_id(conn, run, keys[i]));
	}
	ct_int(rows->at[1].status, CAIRN_STEP_FAILED);
	ct_str(rows->at[1].error_code, "broken");
	ct_int(inputs(conn, cairn_any(), ct_step_id(conn, run, "zeta"))->count, 0);
	rows = inputs(conn, cairn_any(), ct_step_id(conn, other, "join2"));
	ct_int(rows->count, 1);
	ct_str(rows->at[0].key, "zeta2");
}

static void before_they_ended(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_flow(conn, "a b* c:a,b");
	cairn_id step = ct_step_id(conn, run, "c");
	ct_claim_step(conn, run, "a");
	const cairn_steps *rows = inputs(conn, cairn_any(), step);
	ct_int(rows->count, 2);
	ct_int(rows->at[0].status, CAIRN_STEP_RUNNING);
	ct_int(rows->at[1].status, CAIRN_STEP_WAITING_FOR_EXTERNAL);
	ct_str(rows->at[0].output, NULL);
}

static void scoped(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = ct_dag("a b:a c:a");
	dag.tenant = CAIRN_STR("mine");
	ct_dag_step(&dag, "b")->tenant = CAIRN_STR("theirs");
	ct_define(conn, "t");
	cairn_id run = ct_add_run(conn, &dag);
	cairn_id b = ct_step_id(conn, run, "b");
	cairn_id c = ct_step_id(conn, run, "c");
	/* its run's tenant, or its own, which is all that its handler knows */
	ct_int(inputs(conn, cairn_tenant(CAIRN_STR("mine")), b)->count, 1);
	ct_int(inputs(conn, cairn_tenant(CAIRN_STR("theirs")), b)->count, 1);
	ct_int(inputs(conn, cairn_tenant(CAIRN_STR("mine")), c)->count, 1);
	absent(conn, cairn_tenant(CAIRN_STR("theirs")), c);
	absent(conn, cairn_global(), b);
	absent(conn, cairn_any(), cairn_id_new());
	absent(conn, cairn_any(), (cairn_id){ { 0 } });
	ct_enqueue(conn, "t");
	absent(conn, cairn_any(), ct_claim(conn, "w").id);
}

static const char *text(cairn_str key)
{
	return ct_format("%.*s", (int)key.len, key.ptr);
}

static void of_many(void)
{
	enum { MANY = 150 };
	cairn_conn *conn = ct_open();
	const char *words = "s0";
	const char *join = "join:s0";
	for (unsigned i = 1; i < MANY; i++) {
		words = ct_format("%s s%u*", words, i);
		join = ct_format("%s,s%u", join, i);
	}
	cairn_id run = ct_flow(conn, ct_format("%s %s", words, join));
	const cairn_steps *rows = inputs(conn, cairn_any(), ct_step_id(conn, run, "join"));
	ct_int(rows->count, MANY);
	for (size_t i = 1; i < rows->count; i++)
		ct_true(strcmp(text(rows->at[i - 1].key), text(rows->at[i].key)) < 0);
}

#define INPUTS .kind = CT_VERB, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.inputs.what_the_prerequisites_came_to",
	  INPUTS,
	  .rule = "A step's inputs are the steps that it waited for, by key, with status, error "
		  "and "
		  "output; not those of others.",
	  .run = by_key },
	{ .name = "runs.inputs.before_they_have_ended",
	  INPUTS,
	  .rule = "Inputs can be read at any time, as they stand.",
	  .run = before_they_ended },
	{ .name = "runs.inputs.only_in_scope",
	  INPUTS,
	  .rule = "Inputs are read in the scope of the run or of the step itself; otherwise the "
		  "step is "
		  "NOT_FOUND, as is a job that is no step's.",
	  .run = scoped },
	{ .name = "runs.inputs.all_of_them",
	  INPUTS,
	  .rule = "Inputs are all there, however many.",
	  .run = of_many },
};

CT_GROUP(run_inputs, cases);
