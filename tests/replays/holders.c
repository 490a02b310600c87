/*
 * holders.c - HARD budgets: many reserve, charge, release, or forget what they reserved. Their sums are looked at all the
 * time; at the end they are met exactly.
 */
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

enum { FILLERS = 16 };

/* What the limit brings about is the item's outcome, not the call's; and nothing else refuses an item. */
static void must(const char *what, cairn_status st, const cairn_entry_done *done,
		 const cairn_error *err)
{
	if (st != CAIRN_OK)
		load_die(what, err);
	if (done->status == CAIRN_OK || done->code == CAIRN_E_BUDGET_EXCEEDED)
		return;
	printf("# refused: %s\n", cairn_code_text(done->code));
	load_die(what, NULL);
}

static void hold(cairn_conn *conn, struct dice *dice, const char *source)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_entry_done done;
	cairn_entry_new item = { .run = world->ledgers[dice_below(dice, LEDGERS)],
				 .axis = TOKENS,
				 .source_type = CAIRN_STR("hold"),
				 .source_id = cairn_str_of(source),
				 .amount = 1 + dice_below(dice, 30) };
	cairn_usec duration = CAIRN_SECOND + dice_below(dice, 1000) * CAIRN_MILLISECOND;
	must("reserve", cairn_budget_reserve(conn, cairn_any(), &item, 1, duration, &done, &err),
	     &done, &err);
	atomic_fetch_add(done.status == CAIRN_OK ? &world->reserved : &world->refused, 1);
	uint32_t roll = dice_below(dice, 100);
	if (done.status != CAIRN_OK || roll < 10)
		return;
	if (roll < 25) {
		must("release", cairn_budget_release(conn, cairn_any(), &item, 1, &done, &err),
		     &done, &err);
		return;
	}
	/* more than was reserved, too, and after it is over */
	item.amount += dice_below(dice, 10) - 7;
	if (item.amount < 0)
		item.amount = 0;
	if (dice_percent(dice, 2)) {
		struct timespec nap = { .tv_sec = 2 };
		nanosleep(&nap, NULL);
	}
	must("charge", cairn_budget_charge(conn, cairn_any(), &item, 1, &done, &err), &done, &err);
}

void *holder_work(void *user)
{
	struct holder *holder = user;
	struct dice dice = { .state = holder->seed };
	cairn_conn *conn = real_open(load_url);
	for (uint64_t n = 0; load_now() < holder->until; n++) {
		char source[64];
		struct timespec nap = { .tv_nsec = 1000 * 1000 };
		snprintf(source, sizeof source, "%d-%d-%llu", (int)getpid(), holder->number,
			 (unsigned long long)n);
		hold(conn, &dice, source);
		nanosleep(&nap, NULL);
	}
	cairn_close(conn);
	return NULL;
}

/* ---- looking ----------------------------------------------------------------------------- */

static cairn_budget look(cairn_conn *conn, cairn_id run)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_budgets *budgets = NULL;
	if (cairn_budget_read(conn, cairn_any(), run, &budgets, &err) != CAIRN_OK ||
	    budgets->count != 1)
		load_die("budget", &err);
	cairn_budget budget = budgets->at[0];
	cairn_free(budgets);
	return budget;
}

static void set(cairn_conn *conn, size_t which, int64_t total)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_budget_new axis = { .axis = TOKENS, .total = total };
	if (cairn_budget_set(conn, cairn_any(), world->ledgers[which], &axis, 1, &err) != CAIRN_OK)
		load_die("budget set", &err);
	world->totals[which] = total;
}

static uint32_t beyond(size_t which, const cairn_budget *budget)
{
	if (budget->total == world->totals[which] && budget->spent >= 0 && budget->reserved >= 0 &&
	    budget->spent + budget->reserved <= budget->total)
		return 0;
	printf("# ledger %zu: spent %lld, reserved %lld of %lld\n", which, (long long)budget->spent,
	       (long long)budget->reserved, (long long)budget->total);
	return 1;
}

uint32_t holders_judge(cairn_conn *conn)
{
	uint32_t faults = 0;
	for (size_t i = 0; i < LEDGERS; i++) {
		cairn_budget budget = look(conn, world->ledgers[i]);
		faults += beyond(i, &budget);
		if (budget.spent > budget.total * 9 / 10)
			set(conn, i, budget.total + 100);
	}
	return faults;
}

/* ---- the end -------------------------------------------------------------------------------- */

static atomic_uint fillers;

/* Until nothing fits any more. */
static void *fill(void *user)
{
	const cairn_id *run = user;
	cairn_conn *conn = real_open(load_url);
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_entry_done done = { .status = CAIRN_OK };
	unsigned number = atomic_fetch_add(&fillers, 1);
	for (unsigned n = 0; done.status == CAIRN_OK; n++) {
		char source[64];
		snprintf(source, sizeof source, "fill-%u-%u", number, n);
		cairn_entry_new item = { .run = *run,
					 .axis = TOKENS,
					 .source_type = CAIRN_STR("fill"),
					 .source_id = cairn_str_of(source),
					 .amount = 1 };
		must("fill", cairn_budget_charge(conn, cairn_any(), &item, 1, &done, &err), &done,
		     &err);
	}
	cairn_close(conn);
	return NULL;
}

static int64_t sum(cairn_conn *conn, cairn_id run)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_entries *entries = NULL;
	int64_t sum = 0;
	cairn_entry_filter filter = {
		.size = sizeof filter, .scope = cairn_any(), .run = run, .limit = 1000
	};
	do {
		if (cairn_budget_entries(conn, &filter, &entries, &err) != CAIRN_OK)
			load_die("entries", &err);
		for (size_t i = 0; i < entries->count; i++) {
			if (entries->at[i].state == CAIRN_ENTRY_CHARGED)
				sum += entries->at[i].amount;
			filter.after = entries->at[i].seq;
		}
	} while (entries->count == 1000);
	cairn_free(entries);
	return sum;
}

/* What is reserved by those that are gone comes back by itself. */
static cairn_budget come_back(cairn_conn *conn, size_t which)
{
	cairn_budget budget = look(conn, world->ledgers[which]);
	for (int64_t until = load_now() + 10 * CAIRN_SECOND;
	     budget.reserved > 0 && load_now() < until;) {
		struct timespec nap = { .tv_nsec = 100 * 1000 * 1000 };
		nanosleep(&nap, NULL);
		budget = look(conn, world->ledgers[which]);
	}
	return budget;
}

uint32_t holders_end(cairn_conn *conn)
{
	uint32_t faults = 0;
	for (size_t i = 0; i < LEDGERS; i++) {
		pthread_t threads[FILLERS];
		size_t n = i < 2 ? FILLERS : 1;
		cairn_budget budget = come_back(conn, i);
		if (budget.total - budget.spent > 200)
			set(conn, i, budget.spent + 200);
		for (size_t k = 0; k < n; k++)
			pthread_create(&threads[k], NULL, fill, &world->ledgers[i]);
		for (size_t k = 0; k < n; k++)
			pthread_join(threads[k], NULL);
		budget = look(conn, world->ledgers[i]);
		int64_t charged = sum(conn, world->ledgers[i]);
		faults += beyond(i, &budget);
		if (budget.reserved == 0 && budget.spent == budget.total && charged == budget.spent)
			continue;
		printf("# ledger %zu: at its end %lld of %lld, its entries %lld, reserved %lld\n",
		       i, (long long)budget.spent, (long long)budget.total, (long long)charged,
		       (long long)budget.reserved);
		faults++;
	}
	return faults;
}
