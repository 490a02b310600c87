/*
 * sys/intent.h - the intents store of a driver: six slots.
 *
 * The core plans, the driver executes one batch. To promote, the core calls take, then the jobs
 * store's enqueue, then settle, inside one transaction, and during that call
 * cairn_host_now() answers the time that take told, so that all of it carries one time.
 */
#ifndef CAIRN_SYS_INTENT_H
#define CAIRN_SYS_INTENT_H

#include <cairn/intent.h>
#include <cairn/sys/job.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- record ------------------------------------------------------------- */

/* Requests as they are given to enqueue; id is the intent's, and key, request and hash are there. */
typedef struct cairn_intent_plan {
	const cairn_job_insert *requests;
	size_t n;
} cairn_intent_plan;

enum cairn_record_result {
	CAIRN_RECORD_VANISHED = 0, /* the key was taken, and nobody has it, time and again */
	CAIRN_RECORD_DONE,
	CAIRN_RECORD_KEY_EXISTS /* the fields of the result are the existing intent's */
};

typedef struct cairn_intent_found {
	enum cairn_record_result result;
	enum cairn_intent_status status;
	cairn_id id;
	cairn_id job;
	uint8_t request_hash[32];
} cairn_intent_found;

/*
 * Inserts PENDING intents: attempts 0, next_promotion_at = now; what is zero in a request stays
 * open (NULL). Keys are unique per (type, tenant-or-global); rows are inserted in (type,
 * tenant, key) byte order. An intent that is there is not waited for, even while somebody promotes
 * it. A key that stands twice in the batch makes one intent. No definition is read.
 */
typedef cairn_status cairn_intent_record_fn(void *self, const cairn_intent_plan *plan,
					    cairn_intent_found *each, cairn_error *err);

/* ---- promote ------------------------------------------------------------ */

typedef struct cairn_take_plan {
	const cairn_str *types; /* NULL: any */
	size_t type_count;
	const cairn_id *id; /* only this one; NULL: any */
	uint32_t limit;	    /* >= 1 */
	uint32_t peek;	    /* 1: only to see whether there is any: lock nothing */
} cairn_take_plan;

/*
 * Locks up to limit intents that are PENDING, with next_promotion_at <= now, of these types and of a
 * type with an enabled definition, by next_promotion_at, id, skipping what others have locked.
 * Pushes cairn_intent rows in that order, and tells the time it used if there are any.
 * Where settling must re-read after a wait, stricter isolation is INVALID tx.unsupported_isolation.
 */
typedef cairn_status cairn_intent_take_fn(void *self, const cairn_take_plan *plan, cairn_time *now,
					  cairn_rows *intents, cairn_error *err);

typedef struct cairn_settle {
	cairn_id id;
	int32_t attempts; /* guard: as they are now */
	enum cairn_intent_status to;
	cairn_id job;		/* PROMOTED */
	cairn_usec retry_after; /* PENDING: deferred */
	cairn_str error_code;	/* CONFLICTED, and PENDING */
	cairn_str error_message;
} cairn_settle;

typedef struct cairn_settle_plan {
	const cairn_settle *intents; /* each once */
	size_t n;
} cairn_settle_plan;

/*
 * Writes what became of intents that are PENDING and were tried so often (else a miss):
 * status; attempts + 1; last_attempted_at = updated_at = now; error code and message (absent:
 * NULL); PROMOTED: job and promoted_at = now; CONFLICTED: conflicted_at = now; PENDING:
 * next_promotion_at = now + retry_after. *settled (never NULL) counts the rows written.
 */
typedef cairn_status cairn_intent_settle_fn(void *self, const cairn_settle_plan *plan,
					    size_t *settled, cairn_error *err);

/* ---- reads and retention ------------------------------------------------ */

typedef struct cairn_intent_query {
	cairn_scope scope;
	const cairn_id *id; /* exactly this one, if not NULL */
	cairn_str type;
	uint32_t statuses; /* never 0 */
	uint32_t limit;
	cairn_id after; /* none: from the newest */
	uint32_t compact;
	uint32_t reserved_;
} cairn_intent_query;

/* Pushes cairn_intent rows by id descending. */
typedef cairn_status cairn_intent_list_fn(void *self, const cairn_intent_query *query,
					  cairn_rows *rows, cairn_error *err);

typedef struct cairn_intent_stats_query {
	cairn_scope scope;
	cairn_str type;	   /* exactly this one, if present */
	cairn_str after;   /* types above it by bytes */
	cairn_usec window; /* promoted and conflicted at now - window or later are counted */
	uint32_t limit;
	uint32_t reserved_;
} cairn_intent_stats_query;

/* Pushes cairn_intent_stats rows by type and tells the time it used. */
typedef cairn_status cairn_intent_metrics_fn(void *self, const cairn_intent_stats_query *query,
					     cairn_time *now, cairn_rows *rows, cairn_error *err);

typedef struct cairn_intent_prune_plan {
	cairn_scope scope;
	cairn_time before;
	uint32_t limit;
	uint32_t reserved_;
} cairn_intent_prune_plan;

/* Deletes PROMOTED intents with promoted_at < before, by promoted_at, id, skipping locked ones. */
typedef cairn_status cairn_intent_prune_fn(void *self, const cairn_intent_prune_plan *plan,
					   size_t *deleted, cairn_error *err);

typedef struct cairn_intent_ops {
	size_t size;
	cairn_intent_record_fn *record;
	cairn_intent_take_fn *take;
	cairn_intent_settle_fn *settle;
	cairn_intent_list_fn *list;
	cairn_intent_metrics_fn *metrics;
	cairn_intent_prune_fn *prune;
} cairn_intent_ops;

#ifdef __cplusplus
}
#endif

#endif
