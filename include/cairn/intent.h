/*
 * intent.h - durable enqueue intents: jobs that are asked for before their type is
 * defined.
 *
 *	PENDING -> PROMOTED | CONFLICTED
 *
 * An intent is a keyed enqueue request that was written down and nothing more: recording one
 * needs no definition and makes no job, so an application can ask for work in the transaction of
 * its own business row, whatever is deployed by then. Whoever runs the jobs promotes the intents
 * whose types are defined: the job is then exactly what cairn_job_enqueue() with the same request
 * would have made at that time.
 *
 * Every function works inside a transaction that the caller opened and then commits nothing
 * itself. In one transaction record intents before touching jobs: that is the order in which
 * promotion and retention lock them.
 */
#ifndef CAIRN_INTENT_H
#define CAIRN_INTENT_H

#include <cairn/job.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cairn_intent_status {
	CAIRN_INTENT_PENDING = 1,
	CAIRN_INTENT_PROMOTED,	/* its job is there; for good */
	CAIRN_INTENT_CONFLICTED /* its key belongs to another request; for good */
};

/* "PENDING" …: the same word in the API, SQL, JSON and the CLI. NULL for no status. */
CAIRN_API const char *cairn_intent_status_text(enum cairn_intent_status status);
/* 0 for a word that is no status. */
CAIRN_API enum cairn_intent_status cairn_intent_status_parse(cairn_str word);

/* ---- recording ---------------------------------------------------------- */

/* How one request ended. */
typedef struct cairn_intent_recorded {
	cairn_id id;	     /* the intent's: a new one, or the existing one's; none on failure */
	cairn_status status; /* OK, CONFLICT; BUSY: see below */
	cairn_code code;
	enum cairn_disposition disposition;	/* INSERTED: recorded by this call; EXISTING */
	enum cairn_intent_status intent_status; /* as it is now: it may have moved on */
	cairn_id job;				/* of a PROMOTED one */
	uint64_t reserved_;
} cairn_intent_recorded;

/*
 * Records n requests, each checked as cairn_job_enqueue() checks it, with a key. A key that is
 * known in its (type, tenant) answers EXISTING when the requests are equal in canonical form, and
 * CONFLICT job.intent_idempotency_conflict when they differ; keys of jobs are not looked at before
 * promotion. A request twice in one batch shares one intent. Definitions are neither read nor
 * locked, and nobody who promotes is waited for. Repeating the call after UNCERTAIN gives the
 * first call's result. BUSY job.intent_idempotency_conflict_missing_existing: the intent in the way
 * was deleted each time it was looked for. INVALID job.intent_invalid_max_attempts,
 * job.intent_invalid_timeout, tx.unsupported_isolation. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_intent_record(cairn_conn *conn,
							    const cairn_job_new *requests, size_t n,
							    cairn_intent_recorded *each,
							    cairn_error *err);

/* ---- reading ------------------------------------------------------------ */

/* The request as it was made: what it leaves open comes from the definition at promotion. */
typedef struct cairn_intent {
	cairn_id id;
	cairn_str type;
	cairn_str queue;
	cairn_str tenant; /* absent: global */
	cairn_str payload;
	cairn_str key;
	cairn_str owner;
	cairn_str resource_key;
	cairn_str stage;
	cairn_time run_at;    /* 0: at promotion */
	cairn_usec timeout;   /* 0: the definition's */
	int32_t max_attempts; /* 0: the definition's */
	int32_t priority;     /* with CAIRN_JOB_PRIORITY in set, else the definition's */
	uint32_t set;
	enum cairn_intent_status status;
	int32_t attempts; /* of promoting it */
	uint32_t reserved0_;
	cairn_time next_promotion_at; /* not before this */
	cairn_time last_attempted_at;
	cairn_id job; /* PROMOTED: made, or found under the key */
	cairn_time promoted_at;
	cairn_time conflicted_at;
	cairn_str error_code; /* why it is CONFLICTED, or was deferred last */
	cairn_str error_message;
	cairn_str request; /* canonical text */
	cairn_time created_at;
	cairn_time updated_at;
	uint64_t reserved_[2];
} cairn_intent;

typedef struct cairn_intents {
	size_t count;
	const cairn_intent *at;
} cairn_intents;

/* One intent as a result of one row; NOT_FOUND job.intent_not_found. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_intent_get(cairn_conn *conn, cairn_scope scope,
							 cairn_id id, cairn_intents **intent,
							 cairn_error *err);

typedef struct cairn_intent_filter {
	size_t size;
	cairn_scope scope; /* required */
	cairn_str type;
	uint32_t statuses; /* bits 1u << status; 0: all */
	uint32_t limit;	   /* 1..1000; 0: 100 */
	cairn_id after;	   /* continue behind this intent: the last row's id */
	uint32_t compact;  /* 1: payload and request stay absent */
	uint32_t reserved_;
} cairn_intent_filter;

/* Newest first, by id; the cursor stays good when its intent is gone. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_intent_list(cairn_conn *conn,
							  const cairn_intent_filter *filter,
							  cairn_intents **intents,
							  cairn_error *err);

typedef struct cairn_intent_stats {
	cairn_str type;
	int64_t pending;
	int64_t retrying;     /* of those, deferred at least once */
	int64_t promoted_24h; /* in the last 24 hours */
	int64_t conflicted_24h;
	cairn_time oldest_pending; /* when it was recorded; 0: none */
	int32_t max_attempts;	   /* the most among the pending */
	uint32_t reserved0_;
	uint64_t reserved_[2];
} cairn_intent_stats;

typedef struct cairn_intent_types {
	size_t count;
	const cairn_intent_stats *at;
	cairn_time now; /* the time it was counted */
} cairn_intent_types;

typedef struct cairn_intent_stats_filter {
	size_t size;
	cairn_scope scope; /* required */
	cairn_str type;	   /* only this one */
	cairn_str after;   /* continue behind this type */
	uint32_t limit;	   /* 1..1000; 0: 100 */
	uint32_t reserved_;
} cairn_intent_stats_filter;

/*
 * What stands in each type, by type; a type without any of these has no row. It counts the pending
 * and the last day's: for people and alarms, not for hot paths. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status
cairn_intent_metrics(cairn_conn *conn, const cairn_intent_stats_filter *filter,
		     cairn_intent_types **types, cairn_error *err);

/* ---- promoting ---------------------------------------------------------- */

typedef struct cairn_promote_opts {
	size_t size;
	const cairn_str *types; /* NULL: any type; non-NULL with type_count 0: nothing */
	size_t type_count;
	uint32_t limit; /* intents in one pass; 1..1000; 0: 100 */
	uint32_t reserved_;
} cairn_promote_opts;

enum cairn_promotion {
	CAIRN_PROMOTION_INSERTED = 1, /* PROMOTED: the job was made */
	CAIRN_PROMOTION_EXISTING,     /* PROMOTED: an equal job was there already */
	CAIRN_PROMOTION_CONFLICTED,   /* CONFLICTED job.idempotency_conflict */
	CAIRN_PROMOTION_UNAVAILABLE,  /* the definition went away meanwhile: untouched */
	CAIRN_PROMOTION_DEFERRED      /* refused for now, see error_code: tried again later */
};

/* "INSERTED" …; NULL for none of them. */
CAIRN_API const char *cairn_promotion_text(enum cairn_promotion what);

typedef struct cairn_promoted {
	cairn_id id; /* the intent's */
	cairn_id job;
	cairn_str type;
	cairn_str tenant;
	enum cairn_promotion what;
	int32_t attempts;     /* of promoting it, this one included */
	cairn_str error_code; /* CONFLICTED, DEFERRED */
	cairn_str error_message;
	cairn_time next_promotion_at; /* DEFERRED */
	uint64_t reserved_[2];
} cairn_promoted;

typedef struct cairn_promote_report {
	size_t count;
	const cairn_promoted *at; /* in the order of their being due */
	uint32_t inserted;
	uint32_t existing;
	uint32_t conflicted;
	uint32_t unavailable;
	uint32_t deferred;
	uint32_t batch_full; /* 1: as many as limit were due; there may be more */
} cairn_promote_report;

/*
 * Promotes up to limit intents that are PENDING, due, and of a type with an enabled definition,
 * the longest due first; those that others have locked are skipped. Intents and jobs are written in
 * one transaction. When the database refuses it, the intents are promoted one by one, and the one to
 * blame is deferred: next_promotion_at = now + 2, 4, 8 … 300 s (less at most an eighth, by its id),
 * with code and message. So is one whose type keeps nothing now (job.key_needs_retention), or whose
 * row was changed since (job.intent_snapshot_mismatch). Inside the caller's transaction the
 * database's refusal is TX_ABORTED where it then gives the transaction up. Any number of promoters
 * may run. After UNCERTAIN just promote again. opts may be NULL. A pass without anything due is one
 * round trip.
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_intent_promote(cairn_conn *conn,
							     const cairn_promote_opts *opts,
							     cairn_promote_report **report,
							     cairn_error *err);

/* ---- retention ---------------------------------------------------------- */

/*
 * Deletes up to limit (1..1000; 0: 1000) intents in scope that were promoted before a time, oldest
 * first, skipping locked ones, and tells how many; their jobs stay. Repeat it until less than limit
 * were deleted. A deleted intent's key is free again among intents, not among jobs. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_intent_prune(cairn_conn *conn, cairn_scope scope,
							   cairn_time before, uint32_t limit,
							   size_t *deleted, cairn_error *err);

#ifdef __cplusplus
}
#endif

#endif
