/*
 * budgets_table.c - every state of an entry x every verb x amounts x budgets, against the kit's own table.
 * (budgets.c: one by one)
 */
#include "ct_ledger.h"

#define BASE 10 /* what another source has charged before */
#define HELD 5	/* what the entry in question had */

enum state { NONE, LIVE, OVER, RELEASED, CHARGED, STATES };

enum verb { CHARGE, RESERVE, RELEASE, VERBS };

enum answer { DONE, EXISTS, CONFLICT, EXCEEDED, UNKNOWN };

static const struct limit {
	enum cairn_budget_kind kind; /* 0: none */
	int64_t total;
} limits[] = {
	{ 0, 0 },
	{ CAIRN_BUDGET_SOFT, 12 },
	{ CAIRN_BUDGET_HARD, 9 },
	{ CAIRN_BUDGET_HARD, 12 },
	{ CAIRN_BUDGET_HARD, 13 },
	{ CAIRN_BUDGET_HARD, 15 },
	{ CAIRN_BUDGET_HARD, 16 },
};

static const int64_t amounts[] = { 0, 3, HELD, 6 };

#define LIMITS	(sizeof(limits) / sizeof(limits[0]))
#define AMOUNTS (sizeof(amounts) / sizeof(amounts[0]))

/* ---- what must come of it --------------------------------------------------------------------- */

static bool fits(const struct limit *limit, int64_t amount)
{
	return limit->kind != CAIRN_BUDGET_HARD || BASE + amount <= limit->total;
}

static enum answer of_charge(enum state state, int64_t amount, const struct limit *limit)
{
	if (state == CHARGED)
		return amount == HELD ? EXISTS : CONFLICT;
	if (amount == 0 || (state == LIVE && amount <= HELD))
		return DONE;
	return fits(limit, amount) ? DONE : EXCEEDED;
}

static enum answer of_reserve(enum state state, int64_t amount, const struct limit *limit)
{
	if (state == CHARGED)
		return CONFLICT;
	if (state == LIVE && amount == HELD)
		return EXISTS;
	return fits(limit, amount) ? DONE : EXCEEDED;
}

static enum answer of_release(enum state state)
{
	switch (state) {
	case LIVE:
		return DONE;
	case OVER:
	case RELEASED:
		return EXISTS;
	case CHARGED:
		return CONFLICT;
	case NONE:
	case STATES:
		break;
	}
	return UNKNOWN;
}

static enum answer answer_of(enum state state, enum verb verb, int64_t amount,
			     const struct limit *limit)
{
	if (verb == CHARGE)
		return of_charge(state, amount, limit);
	return verb == RESERVE ? of_reserve(state, amount, limit) : of_release(state);
}

/* ---- one field of the table --------------------------------------------------------------------- */

struct field {
	cairn_conn *conn;
	cairn_id run;
	char *axis;
	enum state state;
	enum verb verb;
	int64_t amount;
	const struct limit *limit;
	cairn_time made; /* when the entry was written */
	cairn_time over; /* until when it was reserved */
};

static cairn_entry_new entry_of(const struct field *field, const char *source, int64_t amount)
{
	cairn_entry_new entry = ct_entry(field->run, source, amount);
	entry.axis = cairn_str_of(field->axis);
	return entry;
}

static void prepare(struct field *field)
{
	cairn_entry_new mine = entry_of(field, "mine", HELD);
	ct_spends(ct_charge(field->conn, entry_of(field, "base", BASE)), CAIRN_OK, NULL);
	field->made = ct_now();
	field->over = ct_now() + CAIRN_SECOND;
	if (field->state == CHARGED)
		ct_spends(ct_charge(field->conn, mine), CAIRN_OK, NULL);
	else if (field->state != NONE)
		ct_spends(ct_reserve(field->conn, mine, CAIRN_SECOND), CAIRN_OK, NULL);
	if (field->state == RELEASED)
		ct_spends(ct_release(field->conn, mine), CAIRN_OK, NULL);
	ct_advance(field->state == OVER ? CAIRN_SECOND : CAIRN_SECOND - 1);
	if (field->limit->kind)
		ct_limit(field->conn, field->run, field->axis, field->limit->kind,
			 field->limit->total);
}

static cairn_entry_done act(const struct field *field)
{
	cairn_entry_new mine = entry_of(field, "mine", field->amount);
	if (field->verb == CHARGE)
		return ct_charge(field->conn, mine);
	if (field->verb == RESERVE)
		return ct_reserve(field->conn, mine, 2 * CAIRN_SECOND);
	return ct_release(field->conn, mine);
}

static void told(const struct field *field, enum answer answer, cairn_entry_done done)
{
	switch (answer) {
	case DONE:
	case EXISTS:
		ct_each(done, CAIRN_OK, NULL);
		ct_int(done.disposition, answer == DONE ? CAIRN_INSERTED : CAIRN_EXISTING);
		break;
	case CONFLICT:
		ct_each(done, CAIRN_CONFLICT, "budget.entry_conflict");
		break;
	case EXCEEDED:
		ct_each(done, CAIRN_CONFLICT, "budget.exceeded");
		break;
	case UNKNOWN:
		ct_each(done, CAIRN_NOT_FOUND, "budget.entry_not_found");
		break;
	}
	cairn_budget now = ct_budget_of(field->conn, field->run, field->axis);
	ct_int(done.limited, field->limit->kind != 0);
	ct_int(now.limited, field->limit->kind != 0);
	ct_int(done.total, field->limit->total);
	ct_int(done.spent, now.spent);
	ct_int(done.reserved, now.reserved);
}

static const cairn_entry *stored(const struct field *field)
{
	cairn_entry_filter filter = { .size = sizeof(filter),
				      .scope = cairn_any(),
				      .run = field->run,
				      .axis = cairn_str_of(field->axis) };
	cairn_entries *entries = NULL;
	ct_ok(cairn_budget_entries(field->conn, &filter, &entries, ct_err()));
	ct_later(entries);
	for (size_t i = 0; i < entries->count; i++) {
		ct_str(entries->at[i].axis, field->axis);
		if (strcmp(entries->at[i].source_id.ptr, "mine") == 0)
			return &entries->at[i];
	}
	return NULL;
}

/* The state that the entry is in afterwards, and its amount. */
static enum state after(const struct field *field, enum answer answer, int64_t *amount)
{
	*amount = HELD;
	if (field->verb == RELEASE)
		return answer == DONE ? RELEASED : field->state;
	if (answer != DONE)
		return field->state;
	*amount = field->amount;
	return field->verb == CHARGE ? CHARGED : LIVE;
}

static void stands(const struct field *field, enum answer answer)
{
	static const enum cairn_entry_state states[] = { [LIVE] = CAIRN_ENTRY_RESERVED,
							 [OVER] = CAIRN_ENTRY_RESERVED,
							 [RELEASED] = CAIRN_ENTRY_RELEASED,
							 [CHARGED] = CAIRN_ENTRY_CHARGED };
	cairn_budget now = ct_budget_of(field->conn, field->run, field->axis);
	const cairn_entry *entry = stored(field);
	int64_t amount = 0;
	enum state state = after(field, answer, &amount);
	ct_int(entry != NULL, state != NONE);
	ct_int(now.spent, BASE + (state == CHARGED ? amount : 0));
	ct_int(now.reserved, state == LIVE ? amount : 0);
	if (!entry)
		return;
	ct_int(entry->state, states[state]);
	ct_int(entry->amount, amount);
	bool anew = field->verb == RESERVE && (answer == DONE || answer == EXISTS);
	if (states[state] == CAIRN_ENTRY_RESERVED)
		ct_int(entry->expires_at, anew ? ct_now() + 2 * CAIRN_SECOND : field->over);
	if (states[state] == CAIRN_ENTRY_CHARGED)
		ct_int(entry->expires_at, 0);
	ct_int(entry->created_at, field->state == NONE ? ct_now() : field->made);
	if (answer == DONE)
		ct_int(entry->updated_at, ct_now());
	else if (!anew)
		ct_int(entry->updated_at, field->made);
}

static void try_field(struct field field)
{
	field.axis = ct_format("axis%u", ct_number());
	ct_note("state %d verb %d amount %lld kind %d total %lld", (int)field.state,
		(int)field.verb, (long long)field.amount, (int)field.limit->kind,
		(long long)field.limit->total);
	prepare(&field);
	enum answer answer = answer_of(field.state, field.verb, field.amount, field.limit);
	cairn_entry_done done = act(&field);
	told(&field, answer, done);
	stands(&field, answer);
	/* the same again: a charge and a release stand */
	if (answer != DONE || field.verb == RESERVE)
		return;
	done = act(&field);
	told(&field, EXISTS, done);
}

static void try_verb(enum verb verb)
{
	cairn_conn *conn = ct_open();
	for (int state = NONE; state < STATES; state++) {
		struct field field = { .conn = conn, .state = (enum state)state, .verb = verb };
		for (size_t i = 0; i < LIMITS * AMOUNTS; i++) {
			if (i % AMOUNTS == 0)
				field.run = ct_enqueue(conn, "t");
			field.limit = &limits[i / AMOUNTS];
			field.amount = amounts[i % AMOUNTS];
			try_field(field);
		}
	}
}

static void charges(void)
{
	try_verb(CHARGE);
}

static void reserves(void)
{
	try_verb(RESERVE);
}

static void releases(void)
{
	try_verb(RELEASE);
}

/* ---- overflow, in each state -------------------------------------------------------------------- */

static void overflows(void)
{
	cairn_conn *conn = ct_open();
	for (int state = NONE; state <= RELEASED; state++) {
		for (int verb = CHARGE; verb <= RESERVE; verb++) {
			struct field field = { .conn = conn,
					       .run = ct_enqueue(conn, "t"),
					       .axis = ct_format("axis"),
					       .state = (enum state)state,
					       .verb = (enum verb)verb,
					       .limit = &limits[0] };
			ct_note("state %d verb %d", state, verb);
			prepare(&field);
			const char *before = ct_ledger(conn, field.run);
			field.amount = INT64_MAX - BASE + 1;
			ct_spends(act(&field), CAIRN_INVALID, "budget.overflow");
			ct_booked(conn, field.run, before);
			field.amount--;
			ct_spends(act(&field), CAIRN_OK, NULL);
			cairn_budget now = ct_budget_of(conn, field.run, "axis");
			ct_true(now.spent + now.reserved == INT64_MAX);
			cairn_entry_new more = entry_of(&field, "more", 1);
			ct_spends(ct_charge(conn, more), CAIRN_INVALID, "budget.overflow");
			ct_spends(ct_reserve(conn, more, 0), CAIRN_INVALID, "budget.overflow");
		}
	}
}

#define TABLE .kind = CT_MATRIX, .store = CT_BUDGETS

static const ct_case cases[] = {
	{ .name = "budgets.table.charges_end_as_the_table_says",
	  TABLE,
	  .rule = "A charge of every amount in every state of its entry under every budget ends "
		  "as the table says, and changes nothing when it is refused.",
	  .run = charges },
	{ .name = "budgets.table.reservations_end_as_the_table_says",
	  TABLE,
	  .rule = "A reservation of every amount in every state of its entry under every budget "
		  "ends as the table says, and changes nothing when it is refused.",
	  .run = reserves },
	{ .name = "budgets.table.releases_end_as_the_table_says",
	  TABLE,
	  .rule = "A release in every state of its entry ends as the table says, whatever the "
		  "amount and the budget.",
	  .run = releases },
	{ .name = "budgets.table.beyond_64_bits_is_refused_in_every_state",
	  TABLE,
	  .rule = "What would go beyond 2^63 - 1, spent and reserved together, is refused as "
		  "budget.overflow and writes nothing; up to that it counts.",
	  .covers = "smol-70",
	  .run = overflows },
};

CT_GROUP(budgets_table, cases);
