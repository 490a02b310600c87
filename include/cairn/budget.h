/*
 * budget.h - what a tree of replay runs (replay.h) may spend, and what it has spent: a ledger.
 *
 * A budget belongs to a root run and an axis: "output_tokens", "cost_micros", "requests": any name. Amounts are whole
 * numbers from 0 on. What is charged is the truth; a budget that is SOFT only tells, one that is HARD is never exceeded,
 * by nobody, in no order: what would not fit is refused and nothing is written. Who can't know beforehand what
 * something will cost reserves its bound first, does it, and charges what it was: a reservation counts as spent until
 * it is charged, released, or over in time, as when its holder has died.
 *
 * Every entry has a source, a type and an id of the caller's own making, per root run and axis: saying the same
 * again changes nothing, so that a repeated call charges nothing twice. Any run of the tree may be named: the budgets
 * are its root's.
 */
#ifndef CAIRN_BUDGET_H
#define CAIRN_BUDGET_H

#include <cairn/job.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cairn_budget_kind { CAIRN_BUDGET_SOFT = 1, CAIRN_BUDGET_HARD };

/* "SOFT" …: the same words in the API, SQL, JSON and the CLI. NULL for none, 0 for no such word. */
CAIRN_API const char *cairn_budget_kind_text(enum cairn_budget_kind kind);
CAIRN_API enum cairn_budget_kind cairn_budget_kind_parse(cairn_str word);

typedef struct cairn_budget {
	cairn_id root;
	cairn_str axis;
	enum cairn_budget_kind kind;
	uint32_t limited; /* 0: only counted; kind is SOFT and total 0 */
	int64_t total;
	int64_t spent;	  /* the sum of what is charged */
	int64_t reserved; /* the sum of what is reserved and not over */
	int64_t remaining; /* total - spent - reserved, but not below 0; INT64_MAX if it is not limited */
	cairn_time created_at;
	cairn_time updated_at;
	uint64_t reserved_[2];
} cairn_budget;

typedef struct cairn_budgets {
	size_t count;
	const cairn_budget *at;
} cairn_budgets;

typedef struct cairn_budget_new {
	cairn_str axis;
	enum cairn_budget_kind kind; /* 0: HARD */
	uint32_t reserved0_;
	int64_t total;
	uint64_t reserved_[2];
} cairn_budget_new;

/*
 * Gives n axes of a run's tree a total, or another one: each axis once. A total below what is spent or reserved stands
 * and lets nothing more through. NOT_FOUND replay.run_not_found: no such job in this scope; it need not have begun.
 * [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_budget_set(cairn_conn *conn, cairn_scope scope,
							 cairn_id run, const cairn_budget_new *axes,
							 size_t n, cairn_error *err);

/*
 * All axes of a run's tree, by name: those with a total, and those on which something was charged or reserved. NOT_FOUND as
 * above. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_budget_read(cairn_conn *conn, cairn_scope scope,
							  cairn_id run, cairn_budgets **budgets,
							  cairn_error *err);

/* ---- entries --------------------------------------------------------------- */

/* An amount on an axis, as a step's usage is told (replay.h). */
typedef struct cairn_charge {
	cairn_str axis;
	int64_t amount;
	uint64_t reserved_;
} cairn_charge;

typedef struct cairn_entry_new {
	cairn_id run; /* who spends: any run of the tree */
	cairn_str axis;
	cairn_str source_type; /* a name; "step" is that of steps' usage */
	cairn_str source_id;   /* a key */
	int64_t amount;
	uint64_t reserved_[2];
} cairn_entry_new;

typedef struct cairn_entry_done {
	cairn_status status; /* OK, NOT_FOUND, CONFLICT, INVALID */
	cairn_code code;
	enum cairn_disposition disposition; /* EXISTING: it was so before, and nothing was added */
	uint32_t limited;
	int64_t total; /* as they are now; 0 where the run was not found */
	int64_t spent;
	int64_t reserved;
	uint64_t reserved_[2];
} cairn_entry_done;

/*
 * Charges n amounts, in their order. What is reserved under the same source becomes a charge of this amount, which may
 * be another one than was reserved, if it fits. NOT_FOUND replay.run_not_found; CONFLICT budget.entry_conflict: the
 * source has charged another amount; CONFLICT budget.exceeded: it does not fit a HARD total; INVALID
 * budget.overflow: beyond 2^63 - 1. A run that is over may still be charged. [1 round trip; at most 1 more where others
 * write to the same budget meanwhile, or the run is not found]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_budget_charge(cairn_conn *conn, cairn_scope scope,
							    const cairn_entry_new *items, size_t n,
							    cairn_entry_done *each,
							    cairn_error *err);

/*
 * Reserves n amounts for so long (0: 5 min; 1 s to 30 days). The same amount again under a source whose reservation is
 * not over answers EXISTING and holds from now; one that is over, or was released, is reserved anew. Other
 * refusals and round trips as above; a source that has charged is CONFLICT budget.entry_conflict.
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_budget_reserve(cairn_conn *conn, cairn_scope scope,
							     const cairn_entry_new *items, size_t n,
							     cairn_usec duration,
							     cairn_entry_done *each,
							     cairn_error *err);

/*
 * Gives n reservations back; amount is not looked at. One that is over or was released is EXISTING; one that was
 * charged is CONFLICT budget.entry_conflict, an unknown one NOT_FOUND budget.entry_not_found. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_budget_release(cairn_conn *conn, cairn_scope scope,
							     const cairn_entry_new *items, size_t n,
							     cairn_entry_done *each,
							     cairn_error *err);

enum cairn_entry_state { CAIRN_ENTRY_RESERVED = 1, CAIRN_ENTRY_CHARGED, CAIRN_ENTRY_RELEASED };

/* "RESERVED" … */
CAIRN_API const char *cairn_entry_state_text(enum cairn_entry_state state);
CAIRN_API enum cairn_entry_state cairn_entry_state_parse(cairn_str word);

typedef struct cairn_entry {
	int64_t seq; /* 1, 2, 3 … within the root run */
	cairn_id root;
	cairn_id run;
	cairn_str axis;
	cairn_str source_type;
	cairn_str source_id;
	int64_t amount; /* RELEASED: what it was */
	enum cairn_entry_state state;
	uint32_t reserved0_;
	cairn_time expires_at; /* of a reservation, past or not; else 0 */
	cairn_time created_at;
	cairn_time updated_at;
	uint64_t reserved_[2];
} cairn_entry;

typedef struct cairn_entries {
	size_t count;
	const cairn_entry *at;
} cairn_entries;

typedef struct cairn_entry_filter {
	size_t size;
	cairn_scope scope; /* required */
	cairn_id run;	   /* required: any run of the tree; entries are all of the tree's */
	cairn_str axis;	   /* only these */
	int64_t after;	   /* continue behind this seq */
	uint32_t limit;	   /* 1..1000; 0: 100 */
	uint32_t reserved_;
} cairn_entry_filter;

/* The ledger by seq. NOT_FOUND replay.run_not_found. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_budget_entries(cairn_conn *conn,
							     const cairn_entry_filter *filter,
							     cairn_entries **entries,
							     cairn_error *err);

#ifdef __cplusplus
}
#endif

#endif
