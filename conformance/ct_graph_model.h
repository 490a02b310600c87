/*
 * ct_graph_model.h - what becomes of a graph, by the words of workflow.h and nothing else: the kit's own
 * reckoning, slow and plain. It has no counters that move: after every end it looks at every step anew.
 */
#ifndef CT_GRAPH_MODEL_H
#define CT_GRAPH_MODEL_H

#include "ct_workflow.h"

typedef struct ct_model_step {
	cairn_str key;
	enum cairn_step_kind kind;
	enum cairn_step_status status; /* ENQUEUED for RUNNING, too */
	size_t prerequisites;
	size_t *waits_for;
	enum cairn_release_mode *mode;
	int32_t pending; /* as it was when the step began or ended */
	int32_t unsatisfied;
	bool released;
	const char *canceled_for; /* the code that it was canceled with by what others did; NULL */
} ct_model_step;

/* An event of the timeline: of a step, or of the run; append: neither. */
typedef struct ct_model_event {
	enum cairn_run_event_kind kind;
	size_t step;
	enum cairn_step_status step_status;
	enum cairn_run_status run_status;
} ct_model_event;

typedef struct ct_model {
	ct_model_step *steps;
	size_t n;
	bool fail_fast;
	enum cairn_run_status status;
	ct_model_event *events;
	size_t event_count;
	size_t event_room;
	size_t *ending; /* named since the last settling */
	size_t ending_count;
} ct_model;

/* The graph of a request, just enqueued; lives until the case ends. */
ct_model *ct_model_of(const cairn_run_new *run);
/* The number of a step, which must be there. */
size_t ct_model_at(const ct_model *graph, const char *key);

/* Names a step that ends so; and all that follows from those that were named. */
void ct_model_name(ct_model *graph, const char *key, enum cairn_step_status to);
void ct_model_settle(ct_model *graph);
/* One step ends, with all that follows. */
void ct_model_end(ct_model *graph, const char *key, enum cairn_step_status to);
/* The run is canceled. */
void ct_model_cancel(ct_model *graph);
/* Steps are added. */
void ct_model_append(ct_model *graph, const cairn_step_new *steps, size_t n);

cairn_run_counts ct_model_counts(const ct_model *graph);

/* Run, steps, jobs and timeline are what the graph says, everything recorded. */
void ct_model_agrees(cairn_conn *conn, cairn_id run, const ct_model *graph);
/* The same without a look at the timeline. */
void ct_model_steps_agree(cairn_conn *conn, cairn_id run, const ct_model *graph);
/* The counters of a run are what a count of its steps gives. */
void ct_counts_agree(cairn_conn *conn, cairn_id run);

/* A run and what is reckoned of it, side by side. */
typedef struct ct_play {
	cairn_conn *conn;
	cairn_id run;
	ct_model *model;
} ct_play;

/* Enqueues a run of type "t" jobs (ct_workflow.h), and compares; the same from words, on a new connection. */
ct_play ct_play_run(cairn_conn *conn, const cairn_run_new *run);
ct_play ct_play_words(const char *words);
/* Ends steps one after the other, and compares after each: "a+ b- c~": succeeded, failed, canceled. */
void ct_play_ends(ct_play *play, const char *ends);
void ct_play_cancel(ct_play *play);
void ct_play_append(ct_play *play, const char *key, const char *window, const char *words);

#endif
