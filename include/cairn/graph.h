/*
 * graph.h - what a DAG run is asked to do: steps, what they wait for, and a builder that reads like the
 * graph it builds.
 *
 *	cairn_graph_job(g, CAIRN_STR("fetch"), CAIRN_STR("http.get"), payload);
 *	cairn_graph_job(g, CAIRN_STR("publish"), CAIRN_STR("site.publish"), payload);
 *	cairn_graph_gate(g, CAIRN_STR("approval"), 2 * CAIRN_DAY);
 *	cairn_graph_edge(g, CAIRN_STR("fetch"), CAIRN_STR("publish"), CAIRN_RELEASE_ON_SUCCESS);
 *	cairn_graph_edge(g, CAIRN_STR("approval"), CAIRN_STR("publish"), CAIRN_RELEASE_ON_SUCCESS);
 *
 * Nothing here touches a database: a graph that is malformed is found out before any I/O. How it runs is
 * in workflow.h.
 */
#ifndef CAIRN_GRAPH_H
#define CAIRN_GRAPH_H

#include <cairn/job.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cairn_step_kind {
	CAIRN_STEP_JOB = 1, /* a job does it */
	CAIRN_STEP_EXTERNAL /* a gate: somebody outside says how it ended */
};

/* When a step may begin, as far as one of its prerequisites is concerned. */
enum cairn_release_mode {
	CAIRN_RELEASE_ON_TERMINAL = 1, /* when it has ended, however; the default */
	CAIRN_RELEASE_ON_SUCCESS       /* when it succeeded; else the step is canceled */
};

/* What the failure of a step does to the others. */
enum cairn_on_failure {
	CAIRN_ON_FAILURE_CONTINUE = 1, /* only what its edges say; the default */
	CAIRN_ON_FAILURE_FAIL_FAST     /* the first one cancels every step that has not ended */
};

/* "JOB" …: the same words in the API, SQL, JSON and the CLI. NULL for none, 0 for no such word. */
CAIRN_API const char *cairn_step_kind_text(enum cairn_step_kind kind);
CAIRN_API enum cairn_step_kind cairn_step_kind_parse(cairn_str word);
CAIRN_API const char *cairn_release_mode_text(enum cairn_release_mode mode);
CAIRN_API enum cairn_release_mode cairn_release_mode_parse(cairn_str word);
CAIRN_API const char *cairn_on_failure_text(enum cairn_on_failure what);
CAIRN_API enum cairn_on_failure cairn_on_failure_parse(cairn_str word);

/* ---- requests ------------------------------------------------------------ */

typedef struct cairn_dependency {
	cairn_str prerequisite;	      /* a step's key */
	enum cairn_release_mode mode; /* 0: ON_TERMINAL */
	uint32_t reserved_;
} cairn_dependency;

/* One step. Of an EXTERNAL one only key, tenant, payload, deadline and dependencies may be given. */
typedef struct cairn_step_new {
	cairn_str key;		   /* a name, unique in the run */
	enum cairn_step_kind kind; /* 0: JOB */
	uint32_t set;		   /* CAIRN_STEP_… */
	cairn_str type;		   /* of its job: required */
	cairn_str queue;	   /* absent: "default" */
	cairn_str tenant;	   /* absent: the run's */
	cairn_str payload;	   /* JSON, kept byte for byte; absent: {} */
	cairn_str owner;	   /* only workers of this owner may claim it; absent: any */
	cairn_str resource_key;	   /* it runs only with a permit of this resource (resource.h) */
	cairn_str stage;	   /* queued (default), scheduled */
	cairn_usec timeout;	   /* of an attempt; 0: the definition's */
	cairn_usec
		deadline; /* EXTERNAL: how long it may stand open before it FAILED; 0: for ever */
	int32_t max_attempts; /* 0: the definition's */
	int32_t priority;     /* with CAIRN_STEP_PRIORITY, else the definition's */
	const cairn_dependency *dependencies;
	size_t dependency_count;
	uint64_t reserved_[4];
} cairn_step_new;

#define CAIRN_STEP_PRIORITY 1u
#define CAIRN_STEP_CONTINUES \
	2u /* its handler may go on as a new run of the job (CAIRN_FINISH_CONTINUE) */

typedef struct cairn_run_new {
	cairn_str type;	  /* of the workflow: a name; needs no definition */
	cairn_str tenant; /* absent: a global run */
	cairn_str key;	  /* idempotency key, unique per (type, tenant) */
	cairn_str
		active_key; /* at most one run that is not over may have it, per tenant, whatever its type */
	cairn_str metadata;    /* JSON, kept byte for byte; absent: {} */
	cairn_str result_step; /* whose output is the run's result; absent: it has none */
	enum cairn_on_failure on_failure; /* 0: CONTINUE */
	uint32_t reserved0_;
	const cairn_step_new *steps;
	size_t step_count;
	uint64_t reserved_[4];
} cairn_run_new;

/* ---- the builder ---------------------------------------------------------- */

typedef struct cairn_graph cairn_graph;

/*
 * A graph that begins with this request's fields, and its steps if it has some; everything is copied.
 * Memory is the C library's. NOMEM.
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_graph_new(cairn_graph **graph,
							const cairn_run_new *run, cairn_error *err);
/* NULL is fine. */
CAIRN_API void cairn_graph_free(cairn_graph *graph);

/*
 * These add, in this order, and copy what they are given. A call that is refused adds nothing, and the
 * first refusal is remembered: cairn_graph_run() tells it, so that none of them need be looked at. Refused
 * are a blank or second key and a blank type of a job; of an edge a blank end, and a dependent that was not
 * added before; the rest is found out by cairn_graph_run().
 */
CAIRN_API cairn_status cairn_graph_step(cairn_graph *graph, const cairn_step_new *step);
CAIRN_API cairn_status cairn_graph_job(cairn_graph *graph, cairn_str key, cairn_str type,
				       cairn_str payload);
CAIRN_API cairn_status cairn_graph_gate(cairn_graph *graph, cairn_str key, cairn_usec deadline);
/* dependent waits for prerequisite; mode 0: ON_TERMINAL. */
CAIRN_API cairn_status cairn_graph_edge(cairn_graph *graph, cairn_str prerequisite,
					cairn_str dependent, enum cairn_release_mode mode);

/*
 * The request as it stands, checked; it borrows from the graph until that is changed or freed. The first
 * refusal of the calls before, else that of cairn_run_check().
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_graph_run(const cairn_graph *graph,
							cairn_run_new *run, cairn_error *err);

/*
 * What enqueueing the request would say to it before any I/O, with the default limits. First wins: blank
 * idempotency, active and result keys, blank type, no steps; step by step a blank key, what does not fit its
 * kind, numbers, and other names; then a key that stands twice, and step by step dependencies that are
 * blank, the step itself, twice there, or unknown; a cycle; an unknown result step. The message names the
 * step by its number, from 0. INVALID workflow.invalid_dag_…, arg.…, json.…; TOO_LARGE limit.exceeded.
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_run_check(const cairn_run_new *run, cairn_error *err);

#ifdef __cplusplus
}
#endif

#endif
