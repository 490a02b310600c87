/*
 * metrics.h - what goes on, in numbers: per job type, for a dashboard, and as OpenMetrics text.
 *
 * All of it counts rows: for people and scrapers, not for hot paths. Attempts go with
 * their jobs, so what was deleted is not counted any more.
 */
#ifndef CAIRN_METRICS_H
#define CAIRN_METRICS_H

#include <cairn/job.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- per type ---------------------------------------------------------- */

#define CAIRN_METRICS_WINDOW (24 * CAIRN_HOUR)

typedef struct cairn_metrics_filter {
	size_t size;
	cairn_scope scope; /* required */
	cairn_str type;	   /* exactly this one */
	cairn_str after;   /* continue behind this type */
	cairn_usec window; /* how far back is looked; 0: 24 hours */
	uint32_t limit;	   /* 1..1000; 0: 100 */
	uint32_t reserved_;
} cairn_metrics_filter;

/* One type; numbers are of the scope, "ended" means in the window. */
typedef struct cairn_type_metrics {
	cairn_str type;
	uint32_t disabled;
	uint32_t reserved0_;
	int64_t pending;
	int64_t ready; /* of those, what is due */
	int64_t leased;
	int64_t expired;			  /* of those, leases whose time is over */
	cairn_time oldest_ready;		  /* the smallest run_at among the ready; 0: none */
	int64_t ended[CAIRN_ENDING_RELEASED + 1]; /* attempts, by enum cairn_ending; [0]: all */
	int64_t dead_lettered;			  /* dead letters written */
	/* Of the attempts that ended, claim to end: continuous percentiles; -1: none ended. */
	cairn_usec p50;
	cairn_usec p95;
	int64_t continued; /* PENDING or LEASED in a run that a continuation began */
	int32_t max_run;   /* the highest run among those; 0: none */
	uint32_t reserved1_;
	uint64_t reserved_[4];
} cairn_type_metrics;

typedef struct cairn_metrics {
	size_t count;
	const cairn_type_metrics *at;
	cairn_time now; /* the time it was counted */
} cairn_metrics;

/* A row for every definition, zeros included, by type. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_metrics(cairn_conn *conn,
							  const cairn_metrics_filter *filter,
							  cairn_metrics **metrics,
							  cairn_error *err);

/* ---- all at a glance --------------------------------------------------- */

typedef struct cairn_ended {
	int64_t all;	/* attempts that ended */
	int64_t failed; /* of those: RETRYABLE, TERMINAL, TIMEOUT, PANICKED, LEASE_EXPIRED */
} cairn_ended;

typedef struct cairn_summary {
	size_t size;			      /* set it before the call */
	cairn_time now;			      /* the time it was counted */
	int64_t jobs[CAIRN_JOB_CANCELED + 1]; /* by enum cairn_job_status; [0]: all */
	int64_t ready;			      /* PENDING and due */
	int64_t parked;			      /* PENDING, due later */
	int64_t expired;		      /* leases whose time is over */
	cairn_time oldest_ready;	      /* the smallest run_at among the ready; 0: none */
	cairn_ended minute;		      /* in the last minute */
	cairn_ended hour;
	cairn_ended day;
	int64_t queues;	     /* that have a job */
	int64_t definitions; /* of the whole store, whatever the scope */
	int64_t disabled;    /* of those */
} cairn_summary;

/* Fills in the whole summary. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_summary(cairn_conn *conn, cairn_scope scope,
							  cairn_summary *summary, cairn_error *err);

/* ---- for scrapers ------------------------------------------------------ */

typedef struct cairn_texts {
	size_t count;
	const cairn_str *at;
} cairn_texts;

/*
 * Both as one OpenMetrics text (application/openmetrics-text; version=1.0.0), a result of one
 * row. Of the filter scope, type and window count; every type is in it. A failed page of types
 * fails the call. [1 round trip for the summary and one for each 1000 types]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_metrics_text(cairn_conn *conn,
							   const cairn_metrics_filter *filter,
							   cairn_texts **text, cairn_error *err);

#ifdef __cplusplus
}
#endif

#endif
