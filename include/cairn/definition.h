/*
 * definition.h - job types: what enqueueing, claiming and retrying know of them, and
 * the catalog of an application, which is brought into the store as a whole.
 *
 * A definition is never deleted, only disabled.
 */
#ifndef CAIRN_DEFINITION_H
#define CAIRN_DEFINITION_H

#include <cairn/conn.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- types ------------------------------------------------------------- */

/*
 * How long a retryable failure waits: base * factor^(attempt-1), at most cap,
 * shifted by up to +-jitter (the same for the same job), at least one second
 * unless the delay itself is shorter. The defaults give 10, 20, 40 … 300 s.
 */
typedef struct cairn_retry {
	cairn_usec base;   /* 0: 10 s */
	cairn_usec cap;	   /* 0: 300 s */
	cairn_usec jitter; /* 0: 500 ms; -1: none */
	int32_t factor;	   /* thousandths; 0: 2000, which doubles */
	uint32_t reserved_;
} cairn_retry;

/* How long a job that succeeded is kept: a duration, or one of these. */
#define CAIRN_RETAIN_NONE    ((cairn_usec)-1) /* it is deleted as it succeeds; no keyed jobs then */
#define CAIRN_RETAIN_FOREVER ((cairn_usec)-2)

/*
 * A job type. Zero fields are the defaults in input; results are filled in, and may be
 * changed and defined again.
 */
typedef struct cairn_definition {
	cairn_str type;
	int32_t version;      /* 0: 1 */
	int32_t max_attempts; /* 0: 8 */
	cairn_usec timeout;   /* of one attempt; 0: 15 min */
	int32_t priority;     /* with CAIRN_DEFINITION_PRIORITY in set, else 100 */
	uint32_t set;
	uint32_t disabled; /* 1: nothing new is enqueued; what is there still runs */
	uint32_t reserved0_;
	cairn_retry retry;
	cairn_str retry_overrides; /* JSON, see below; absent: none */
	cairn_usec retention;	   /* of succeeded jobs; 0: 7 days */
	cairn_time created_at;	   /* results only */
	cairn_time updated_at;
	uint64_t reserved_[4];
} cairn_definition;

#define CAIRN_DEFINITION_PRIORITY 1u

typedef struct cairn_definitions {
	size_t count;
	const cairn_definition *at;
} cairn_definitions;

/*
 * Policies for single error codes: an object of objects, in which members that a policy lacks
 * are the definition's own.
 *
 *	{"upstream.busy": {"base_us": 1000000, "cap_us": 60000000, "jitter_us": 0, "factor": 1500}}
 *
 * A retryable failure with such a code waits as its policy says. Stored, and read back, in
 * canonical form; {} is stored as absent. job.invalid_retry_overrides, limit.exceeded (64 KiB).
 */

/*
 * Writes n definitions in their order, each new or replaced. A row that would not change is not
 * written (its updated_at stands still). INVALID arg.invalid_name, job.invalid_definition. Here and
 * below a type that an active schedule uses can't be disabled: INVALID
 * job_definition.active_schedule_exists, and nothing is written.
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_define(cairn_conn *conn,
							 const cairn_definition *definitions,
							 size_t n, cairn_error *err);

/* Writes those of the n that do not exist yet; never overwrites. */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_define_if_missing(
	cairn_conn *conn, const cairn_definition *definitions, size_t n, cairn_error *err);

/* Which fields of the patch to write; version never changes. */
#define CAIRN_PATCH_MAX_ATTEMPTS 1u
#define CAIRN_PATCH_TIMEOUT	 2u
#define CAIRN_PATCH_PRIORITY	 4u
#define CAIRN_PATCH_DISABLED	 8u
#define CAIRN_PATCH_RETRY	 16u
#define CAIRN_PATCH_OVERRIDES	 32u /* absent: none any more */
#define CAIRN_PATCH_RETENTION	 64u

typedef struct cairn_definition_patch {
	size_t size;
	cairn_str type;
	uint32_t set; /* CAIRN_PATCH_… */
	int32_t max_attempts;
	cairn_usec timeout;
	int32_t priority;
	uint32_t disabled;
	cairn_retry retry;
	cairn_str retry_overrides;
	cairn_usec retention;
} cairn_definition_patch;

/* Changes one definition. NOT_FOUND job.definition_not_found. */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_definition_update(
	cairn_conn *conn, const cairn_definition_patch *patch, cairn_error *err);

/* One definition as a result of one row; NOT_FOUND job.definition_not_found. */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_definition_get(cairn_conn *conn, cairn_str type,
								 cairn_definitions **definition,
								 cairn_error *err);

typedef struct cairn_definition_filter {
	size_t size;
	cairn_str contains; /* ASCII case is ignored; %, _ and \ are ordinary characters */
	cairn_str after;    /* continue behind this type */
	uint32_t limit;	    /* 1..1000; 0: 100 */
	uint32_t reserved_;
} cairn_definition_filter;

/* Ordered by type, by bytes. filter may be NULL. */
CAIRN_API CAIRN_MUST_CHECK cairn_status
cairn_job_definition_list(cairn_conn *conn, const cairn_definition_filter *filter,
			  cairn_definitions **definitions, cairn_error *err);

/* ---- the catalog ------------------------------------------------------- */

/*
 * How the definitions that a program brings along meet those that are stored. One that the
 * catalog disables is disabled in any mode.
 */
enum cairn_sync_mode {
	CAIRN_SYNC_PRESERVE = 1, /* a type that an operator disabled stays disabled */
	CAIRN_SYNC_RESTORE,	 /* types are enabled as the catalog says */
	CAIRN_SYNC_EXACT	 /* so, and what is in scope but not in the catalog is disabled */
};

typedef struct cairn_sync_opts {
	size_t size;
	enum cairn_sync_mode mode;
	uint32_t reserved_;
	const cairn_str *scope; /* EXACT only: the types that the catalog decides on */
	size_t scope_count;
} cairn_sync_opts;

/* A type that a sync disabled: it was enabled before, or unknown. */
typedef struct cairn_disabled {
	cairn_str type;
	uint32_t absent; /* 1: because the catalog lacks it; 0: because the catalog says so */
	uint32_t reserved0_;
	uint64_t reserved_[2];
} cairn_disabled;

typedef struct cairn_sync_report {
	size_t count;
	const cairn_disabled *at; /* by type */
} cairn_sync_report;

/*
 * Brings n definitions into the store, each new or replaced, and tells what was disabled by it:
 * all of it or nothing. EXACT of no definitions or of no scope would disable everything or
 * nothing by mistake: INVALID job_definition.empty_job_type_list. A type that stands twice in
 * the catalog is INVALID job.invalid_definition. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_definition_sync(
	cairn_conn *conn, const cairn_definition *definitions, size_t n,
	const cairn_sync_opts *opts, cairn_sync_report **report, cairn_error *err);

#ifdef __cplusplus
}
#endif

#endif
