/* ct_workflow.c - runs written in words, and carried on by hand. What is read is in ct_flow.c. */
#include "ct_workflow.h"

#include <stdlib.h>

/* ---- graphs -------------------------------------------------------------------- */

/* The next word of text up to one of stops: taken from it, and which one it was. */
static cairn_str word(const char **text, const char *stops, char *stop)
{
	size_t len = strcspn(*text, stops);
	cairn_str found = { *text, len };
	*stop = (*text)[len];
	*text += len;
	if (*stop != '\0')
		++*text;
	return found;
}

static void read_dependencies(cairn_str text, cairn_step_new *step)
{
	const char *rest = ct_format("%.*s", (int)text.len, text.ptr);
	cairn_dependency *edges = ct_alloc((text.len + 1) * sizeof *edges);
	char stop = ',';
	while (stop == ',') {
		cairn_str key = word(&rest, ",", &stop);
		cairn_dependency *edge = &edges[step->dependency_count++];
		*edge = (cairn_dependency){ .prerequisite = key };
		if (key.len > 0 && key.ptr[key.len - 1] == '!') {
			edge->mode = CAIRN_RELEASE_ON_SUCCESS;
			edge->prerequisite.len--;
		}
	}
	step->dependencies = edges;
}

static void read_step(cairn_str text, cairn_step_new *step)
{
	const char *colon = memchr(text.ptr, ':', text.len);
	cairn_str key = text;
	memset(step, 0, sizeof *step);
	if (colon != NULL) {
		key.len = (size_t)(colon - text.ptr);
		read_dependencies((cairn_str){ colon + 1, text.len - key.len - 1 }, step);
	}
	if (key.len > 0 && key.ptr[key.len - 1] == '*') {
		key.len--;
		step->kind = CAIRN_STEP_EXTERNAL;
	} else {
		step->type = CAIRN_STR("t");
		step->queue = key;
	}
	step->key = key;
}

ct_steps ct_graph(const char *words)
{
	const char *rest = words;
	ct_steps steps = { .at = ct_alloc((strlen(words) + 1) * sizeof(cairn_step_new)) };
	char stop = ' ';
	while (stop == ' ') {
		cairn_str text = word(&rest, " ", &stop);
		if (text.len > 0)
			read_step(text, &steps.at[steps.n++]);
	}
	return steps;
}

cairn_step_new *ct_graph_step(ct_steps steps, const char *key)
{
	for (size_t i = 0; i < steps.n; i++) {
		cairn_str one = steps.at[i].key;
		if (one.len == strlen(key) && memcmp(one.ptr, key, one.len) == 0)
			return &steps.at[i];
	}
	ct_fail("the request has no step %s", key);
}

cairn_run_new ct_dag(const char *words)
{
	ct_steps steps = ct_graph(words);
	return (cairn_run_new){ .type = CAIRN_STR("w"), .steps = steps.at, .step_count = steps.n };
}

cairn_step_new *ct_dag_step(const cairn_run_new *run, const char *key)
{
	ct_steps steps = { .n = run->step_count };
	/* made by ct_dag(): they are no constants */
	memcpy(&steps.at, &run->steps, sizeof steps.at);
	return ct_graph_step(steps, key);
}

cairn_run_new ct_dag_keyed(const char *words, const char *key)
{
	cairn_run_new run = ct_dag(words);
	run.key = cairn_str_of(key);
	return run;
}

cairn_run_new ct_dag_active(const char *words, const char *active_key)
{
	cairn_run_new run = ct_dag(words);
	run.active_key = cairn_str_of(active_key);
	return run;
}

/* ---- enqueue, append, recover ------------------------------------------------------ */

cairn_run_added ct_offer_run(cairn_conn *conn, const cairn_run_new *run)
{
	cairn_run_added added = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_run_enqueue(conn, run, 1, &added, ct_err()));
	return added;
}

cairn_id ct_add_run(cairn_conn *conn, const cairn_run_new *run)
{
	cairn_run_added added = ct_offer_run(conn, run);
	ct_each(added, CAIRN_OK, NULL);
	ct_int(added.disposition, CAIRN_RUN_INSERTED);
	return added.id;
}

void ct_run_refused(cairn_conn *conn, const cairn_run_new *run, const char *code)
{
	cairn_run_added added = { .status = CAIRN_INTERNAL };
	cairn_status want = strcmp(code, "limit.exceeded") == 0 ? CAIRN_TOO_LARGE : CAIRN_INVALID;
	ct_status(cairn_run_enqueue(conn, run, 1, &added, ct_err()), want, code);
}

cairn_id ct_flow(cairn_conn *conn, const char *words)
{
	cairn_run_new run = ct_dag(words);
	ct_define(conn, "t");
	return ct_add_run(conn, &run);
}

cairn_append ct_append(cairn_id run, const char *key, const char *window, const char *words)
{
	ct_steps steps = ct_graph(words);
	return (cairn_append){ .size = sizeof(cairn_append),
			       .scope = cairn_any(),
			       .run = run,
			       .key = cairn_str_of(key),
			       .window = cairn_str_of(window),
			       .steps = steps.at,
			       .n = steps.n };
}

const cairn_appended *ct_send_append(cairn_conn *conn, const cairn_append *append,
				     enum cairn_disposition disposition)
{
	cairn_appended *appended = NULL;
	ct_ok(cairn_run_append(conn, append, &appended, ct_err()));
	ct_later(appended);
	ct_int(appended->disposition, disposition);
	ct_int(appended->count, append->n);
	return appended;
}

cairn_recovery ct_recovery(cairn_id source, const char *key)
{
	return (cairn_recovery){ .size = sizeof(cairn_recovery),
				 .scope = cairn_global(),
				 .source = source,
				 .key = cairn_str_of(key),
				 .reason = CAIRN_STR("again") };
}

cairn_id ct_recover(cairn_conn *conn, const cairn_recovery *recovery)
{
	cairn_run_added added = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_run_recover(conn, recovery, &added, ct_err()));
	ct_each(added, CAIRN_OK, NULL);
	ct_int(added.disposition, CAIRN_RUN_INSERTED);
	return added.id;
}

/* ---- steps end ----------------------------------------------------------------------- */

cairn_lease ct_claim_step(cairn_conn *conn, cairn_id run, const char *key)
{
	cairn_id job = ct_step_id(conn, run, key);
	const cairn_jobs *jobs = ct_claim_like(conn, "worker", job);
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, job);
	return cairn_job_lease(&jobs->at[0]);
}

cairn_completion ct_completion(cairn_id run, const char *key, enum cairn_step_status to)
{
	return (cairn_completion){
		.scope = cairn_any(), .run = run, .step = cairn_str_of(key), .to = to
	};
}

cairn_completed ct_complete(cairn_conn *conn, cairn_completion completion)
{
	cairn_completed completed = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_step_complete(conn, &completion, 1, &completed, ct_err()));
	return completed;
}

static void end_gate(cairn_conn *conn, cairn_completion completion)
{
	cairn_completed completed = ct_complete(conn, completion);
	ct_each(completed, CAIRN_OK, NULL);
	ct_int(completed.step_status, completion.to);
	ct_int(completed.repeated, 0);
}

void ct_end(cairn_conn *conn, cairn_id run, const char *key, enum cairn_step_status how)
{
	const cairn_step *step = ct_run_step(conn, run, key);
	if (step->kind == CAIRN_STEP_EXTERNAL)
		end_gate(conn, ct_completion(run, key, how));
	else if (how == CAIRN_STEP_CANCELED)
		ct_cancel(conn, step->id);
	else if (how == CAIRN_STEP_FAILED)
		ct_finish(conn, ct_failure(ct_claim_step(conn, run, key), CAIRN_FINISH_TERMINAL,
					   "broken"));
	else
		ct_finish(conn, ct_success(ct_claim_step(conn, run, key)));
}

void ct_give(cairn_conn *conn, cairn_id run, const char *key, const char *output)
{
	if (ct_run_step(conn, run, key)->kind == CAIRN_STEP_EXTERNAL) {
		cairn_completion completion = ct_completion(run, key, CAIRN_STEP_SUCCEEDED);
		completion.output = cairn_str_of(output);
		end_gate(conn, completion);
		return;
	}
	cairn_finish finish = ct_success(ct_claim_step(conn, run, key));
	finish.output = cairn_str_of(output);
	ct_finish(conn, finish);
}

void ct_end_all(cairn_conn *conn, cairn_id run)
{
	size_t ended = 1;
	while (ended > 0) {
		const cairn_steps *steps = ct_run_steps(conn, run);
		ended = 0;
		for (size_t i = 0; i < steps->count; i++) {
			const cairn_step *step = &steps->at[i];
			if (step->status != CAIRN_STEP_ENQUEUED &&
			    step->status != CAIRN_STEP_WAITING_FOR_EXTERNAL)
				continue;
			ct_end(conn, run, ct_format("%.*s", (int)step->key.len, step->key.ptr),
			       CAIRN_STEP_SUCCEEDED);
			ended++;
		}
	}
}

cairn_run_changed ct_cancel_run(cairn_conn *conn, cairn_id run)
{
	cairn_run_cancel_opts opts = {
		.size = sizeof(opts), .scope = cairn_any(), .runs = &run, .n = 1
	};
	cairn_run_changed changed = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_run_cancel(conn, &opts, &changed, ct_err()));
	ct_each(changed, CAIRN_OK, NULL);
	return changed;
}
