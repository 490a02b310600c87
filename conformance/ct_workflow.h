/*
 * ct_workflow.h - steps that cases about runs share. Graphs are written in words: "a b:a c:a,b! gate*:c" are
 * four steps; * is a gate, what stands behind : is waited for, and with ! it must succeed. Every job has type
 * "t" and a queue of its own, named like its step, so that a case ends the steps it wants to end.
 */
#ifndef CT_WORKFLOW_H
#define CT_WORKFLOW_H

#include "ct.h"

/* ---- requests ---- */

typedef struct ct_steps {
	cairn_step_new *at;
	size_t n;
} ct_steps;

/* Steps in words; and one of a request by its key, to be changed. */
ct_steps ct_graph(const char *words);
cairn_step_new *ct_graph_step(ct_steps steps, const char *key);
/* A run of type "w" with such steps, and one of its steps, to be changed. */
cairn_run_new ct_dag(const char *words);
cairn_step_new *ct_dag_step(const cairn_run_new *run, const char *key);
/* The same with an idempotency key; with an active key. */
cairn_run_new ct_dag_keyed(const char *words, const char *key);
cairn_run_new ct_dag_active(const char *words, const char *active_key);

/* Enqueues one, whatever comes of it; one that must be inserted; or that is refused, as a whole, with this code. */
cairn_run_added ct_offer_run(cairn_conn *conn, const cairn_run_new *run);
cairn_id ct_add_run(cairn_conn *conn, const cairn_run_new *run);
void ct_run_refused(cairn_conn *conn, const cairn_run_new *run, const char *code);
/* Defines "t" and enqueues a run of these words. */
cairn_id ct_flow(cairn_conn *conn, const char *words);

/* An append of such steps, key and window; sent, it is applied; or it finds itself applied before. */
cairn_append ct_append(cairn_id run, const char *key, const char *window, const char *words);
const cairn_appended *ct_send_append(cairn_conn *conn, const cairn_append *append,
				     enum cairn_disposition disposition);

/* A recovery under this key, scope GLOBAL, reason "again"; sent, it must be inserted. */
cairn_recovery ct_recovery(cairn_id source, const char *key);
cairn_id ct_recover(cairn_conn *conn, const cairn_recovery *recovery);

/* ---- what happens to runs; scope ANY ---- */

/* Ends a step: a job is claimed and finished, or canceled; a gate is completed. The step must be there for it. */
void ct_end(cairn_conn *conn, cairn_id run, const char *key, enum cairn_step_status how);
/* Ends a step as SUCCEEDED with this output. */
void ct_give(cairn_conn *conn, cairn_id run, const char *key, const char *output);
/* Ends as SUCCEEDED whatever is there for it, until nothing is. */
void ct_end_all(cairn_conn *conn, cairn_id run);
/* Claims the job of a step, which must be due, and nothing else. */
cairn_lease ct_claim_step(cairn_conn *conn, cairn_id run, const char *key);
/* A completion of a gate, to be changed; sent: what it was told. */
cairn_completion ct_completion(cairn_id run, const char *key, enum cairn_step_status to);
cairn_completed ct_complete(cairn_conn *conn, cairn_completion completion);
/* Cancels one, which must be there: what it was told. */
cairn_run_changed ct_cancel_run(cairn_conn *conn, cairn_id run);

/* ---- what there is to read; scope ANY, and it must be there ---- */

const cairn_run *ct_run(cairn_conn *conn, cairn_id id);
size_t ct_count_runs(cairn_conn *conn);
/* All of them, in order. */
const cairn_steps *ct_run_steps(cairn_conn *conn, cairn_id run);
const cairn_step *ct_run_step(cairn_conn *conn, cairn_id run, const char *key);
cairn_id ct_step_id(cairn_conn *conn, cairn_id run, const char *key);
/*
 * Run and steps in one line: "RUNNING a=SUCCEEDED b=ENQUEUED". Whether the run's counters, its end and its
 * result are what its steps say, is expected beside.
 */
const char *ct_state(cairn_conn *conn, cairn_id id);
#define ct_stands(conn, run, want) \
	ct_text_(ct_state((conn), (run)), (want), "the state of " #run, __FILE__, __LINE__)
/* Edges as words of a graph: "a>b a>c!", by what waits and what it waits for, both as they were given. */
const char *ct_edges(cairn_conn *conn, cairn_id run);
/* The run's own events: "RUNNING a=ENQUEUED b=SUCCEEDED +key"; that their seq has no gap, is expected. */
const char *ct_run_timeline(cairn_conn *conn, cairn_id run);
/*
 * The round trips of an end that goes further than the next steps: it is found out, and done again in three. A session
 * in a transaction pooler may have to be found out twice.
 */
uint64_t ct_further(const cairn_conn *conn);
/* Everything that can be read about a run, as text; "nothing was written". */
const char *ct_run_snapshot(cairn_conn *conn, cairn_id id);
#define ct_run_unchanged(conn, run, before) \
	ct_text_(ct_run_snapshot((conn), (run)), (before), "the run's snapshot", __FILE__, __LINE__)

#endif
