/*
 * sys/budget.h - the budget store of a driver.
 *
 * Tables: budgets, one row for each root run and axis that has a total, or on which something was charged or reserved,
 * with the sum of its charges; entries. Whoever writes entries holds the rows of their budgets, made if they are missing,
 * locked by (root, axis) before anything is read, as sys/replay.h says of jobs: no interleaving may exceed a HARD total. A run of which
 * there is no replay row yet is its own root. All of it goes with the root's job: what is written while that is deleted finds
 * no job, or is deleted with it. Reservations are summed up when they are looked at: one is over when expires_at <= now.
 */
#ifndef CAIRN_SYS_BUDGET_H
#define CAIRN_SYS_BUDGET_H

#include <cairn/budget.h>
#include <cairn/sys/driver.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cairn_budget_set_plan {
	cairn_scope scope;
	cairn_id run;
	const cairn_budget_new *axes;
	size_t n;
} cairn_budget_set_plan;

/* Writes totals and kinds, updated_at = now; *found: the job is in scope. */
typedef cairn_status cairn_budget_set_fn(void *self, const cairn_budget_set_plan *plan, int *found,
					 cairn_error *err);

enum cairn_budget_verb { CAIRN_BUDGET_CHARGE = 1, CAIRN_BUDGET_RESERVE, CAIRN_BUDGET_RELEASE };

typedef struct cairn_budget_item {
	cairn_id run;
	cairn_str axis;
	cairn_str source_type;
	cairn_str source_id;
	int64_t amount;
} cairn_budget_item;

typedef struct cairn_budget_plan {
	cairn_scope scope;
	enum cairn_budget_verb verb; /* of all items */
	uint32_t all;		     /* 1: all items or none */
	const cairn_budget_item *items;
	size_t n;
	cairn_usec duration; /* RESERVE */
	cairn_id lease;	     /* with fence: only under this lease, locked first; none: no matter */
	int64_t fence;
} cairn_budget_plan;

enum cairn_budget_how {
	CAIRN_BUDGET_MISS = 0, /* no such job in scope */
	CAIRN_BUDGET_LOST,     /* the lease's guard failed: of all items */
	CAIRN_BUDGET_DONE,
	CAIRN_BUDGET_EXISTS,   /* it was so before */
	CAIRN_BUDGET_CONFLICT, /* the source has charged, or charged another amount */
	CAIRN_BUDGET_EXCEEDED,
	CAIRN_BUDGET_OVERFLOW,
	CAIRN_BUDGET_UNKNOWN /* RELEASE: no such entry */
};

typedef struct cairn_budget_result {
	enum cairn_budget_how how;
	uint32_t limited;
	int64_t total; /* of its budget, when the call has ended */
	int64_t spent;
	int64_t reserved;
} cairn_budget_result;

/*
 * Item by item, in their order, each seeing what the ones before it wrote:
 *
 *	entry found    CHARGE              RESERVE                       RELEASE
 *	none           CHARGED             RESERVED                      UNKNOWN
 *	RESERVED       CHARGED             amount equal and not over:    RELEASED; over: EXISTS
 *	                                   EXISTS, expires_at anew;
 *	                                   else RESERVED anew
 *	RELEASED       CHARGED             RESERVED                      EXISTS
 *	CHARGED        amount equal:       CONFLICT                      CONFLICT
 *	               EXISTS, else CONFLICT
 *
 * What is written counts: with a HARD total spent + reserved (this entry not counted with what it had) + amount <= total, or
 * EXCEEDED; spent + reserved + amount within 64 bits, or OVERFLOW. (A clock that goes back revives reservations: the sum of
 * what there is may be beyond that, too.) A CHARGE of 0, or one of not more than its own reservation that is not over, always
 * fits, if only spent stays within 64 bits.
 *
 * An entry that is new has seq = the root's last + 1. One that is written by CHARGE or RESERVE gets the item's run and
 * amount, also as EXISTS of RESERVE; RELEASE leaves both. expires_at = now + duration if it is RESERVED then, else 0;
 * updated_at = now. A budget that is missing is made by the first CHARGE or RESERVE that is DONE, SOFT and not limited;
 * CHARGED adds to its spent and sets its updated_at, RESERVE and RELEASE leave the row as it is. Nothing else writes
 * anything: what is refused makes no budget.
 *
 * With all, the first item that is neither DONE nor EXISTS undoes the others, which are told as they would have been.
 */
typedef cairn_status cairn_budget_write_fn(void *self, const cairn_budget_plan *plan,
					   cairn_budget_result *each, cairn_error *err);

/*
 * For drivers that read rows and write them back (not for SQL that does it in place): what becomes of an item, by the table
 * above. budget: limited, kind, total, spent and reserved are looked at, this entry's own included; entry: state, amount
 * and expires_at; NULL: there is none. Nothing but DONE, and EXISTS of RESERVE, is to be written.
 */
CAIRN_API enum cairn_budget_how cairn_budget_test(enum cairn_budget_verb verb, int64_t amount,
						  const cairn_budget *budget,
						  const cairn_entry *entry, cairn_time now);

/* Pushes cairn_budget rows by axis, without remaining, which the core fills in. *found: the job is in scope. */
typedef cairn_status cairn_budget_read_fn(void *self, cairn_scope scope, cairn_id run, int *found,
					  cairn_rows *rows, cairn_error *err);

typedef struct cairn_entry_query {
	cairn_scope scope;
	cairn_id run;
	cairn_str axis;
	int64_t after;
	uint32_t limit;
	uint32_t reserved_;
} cairn_entry_query;

/* Pushes cairn_entry rows by seq. *found: the job is in scope. */
typedef cairn_status cairn_budget_entries_fn(void *self, const cairn_entry_query *query, int *found,
					     cairn_rows *rows, cairn_error *err);

typedef struct cairn_budget_ops {
	size_t size;
	cairn_budget_set_fn *set;
	cairn_budget_write_fn *write;
	cairn_budget_read_fn *read;
	cairn_budget_entries_fn *entries;
} cairn_budget_ops;

#ifdef __cplusplus
}
#endif

#endif
