/*
 * budget_test.c - an item of the ledger against its budget and its entry in hand: what is to become of it. Drivers that
 * read rows and write them back use this; drivers that do it in SQL say the same in SQL, and the conformance kit holds
 * them together.
 */
#include <cairn/sys/budget.h>

/* A reservation that is not over. */
static int is_held(const cairn_entry *entry, cairn_time now)
{
	return entry != NULL && entry->state == CAIRN_ENTRY_RESERVED && entry->expires_at > now;
}

/* None of them is below 0, but their sum may be beyond 64 bits: a clock that goes back revives reservations. */
static int fits(int64_t total, int64_t spent, int64_t reserved, int64_t amount)
{
	return spent <= total && reserved <= total - spent && amount <= total - spent - reserved;
}

static enum cairn_budget_how test_release(const cairn_entry *entry, cairn_time now)
{
	if (entry == NULL)
		return CAIRN_BUDGET_UNKNOWN;
	if (entry->state == CAIRN_ENTRY_CHARGED)
		return CAIRN_BUDGET_CONFLICT;
	return is_held(entry, now) ? CAIRN_BUDGET_DONE : CAIRN_BUDGET_EXISTS;
}

/* Whether what is written fits. */
static enum cairn_budget_how test_amount(enum cairn_budget_verb verb, int64_t amount,
					 const cairn_budget *budget, int64_t own)
{
	int64_t others = budget->reserved - own;
	if (verb == CAIRN_BUDGET_CHARGE && amount <= own && amount <= INT64_MAX - budget->spent)
		return CAIRN_BUDGET_DONE;
	if (budget->limited && budget->kind == CAIRN_BUDGET_HARD &&
	    !fits(budget->total, budget->spent, others, amount))
		return CAIRN_BUDGET_EXCEEDED;
	return fits(INT64_MAX, budget->spent, others, amount) ? CAIRN_BUDGET_DONE
							      : CAIRN_BUDGET_OVERFLOW;
}

enum cairn_budget_how cairn_budget_test(enum cairn_budget_verb verb, int64_t amount,
					const cairn_budget *budget, const cairn_entry *entry,
					cairn_time now)
{
	int charge = verb == CAIRN_BUDGET_CHARGE;
	int alike = entry != NULL && entry->amount == amount;
	int held = is_held(entry, now);
	if (verb == CAIRN_BUDGET_RELEASE)
		return test_release(entry, now);
	if (entry != NULL && entry->state == CAIRN_ENTRY_CHARGED)
		return charge && alike ? CAIRN_BUDGET_EXISTS : CAIRN_BUDGET_CONFLICT;
	if (!charge && alike && held)
		return CAIRN_BUDGET_EXISTS;
	return test_amount(verb, amount, budget, held ? entry->amount : 0);
}
