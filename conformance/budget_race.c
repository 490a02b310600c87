/*
 * budget_race.c - several at one HARD budget: all at once, and two in steps that are fixed. However they interleave it
 * is met exactly and never exceeded.
 */
#include <stdatomic.h>

#include "ct_ledger.h"

#define HOLDERS 16
#define TOTAL	90

/* ---- all at once ------------------------------------------------------------------------------- */

struct field {
	cairn_id run;
	atomic_int charged; /* the sum of what was told as done */
	atomic_int most;    /* the most that anybody was told to be spent and reserved */
};

static void saw(struct field *field, cairn_entry_done done)
{
	int now = (int)(done.spent + done.reserved);
	int most = atomic_load(&field->most);
	while (now > most && !atomic_compare_exchange_weak(&field->most, &most, now))
		;
	ct_true(now <= TOTAL);
}

/* Whether it fitted; it may do nothing but that. */
static bool fitted(struct field *field, cairn_entry_done done)
{
	if (done.status == CAIRN_OK) {
		saw(field, done);
		return true;
	}
	ct_each(done, CAIRN_CONFLICT, "budget.exceeded");
	return false;
}

static void charge_all(cairn_conn *conn, unsigned number, void *arg)
{
	struct field *field = arg;
	int64_t amount = 4;
	for (int i = 0; amount > 0; i++) {
		cairn_entry_new entry = ct_entry(field->run, ct_format("%u/%d", number, i), amount);
		if (fitted(field, ct_charge(conn, entry)))
			atomic_fetch_add(&field->charged, (int)amount);
		else
			amount--;
	}
}

static struct field hard_field(cairn_conn *conn)
{
	struct field field = { .run = ct_enqueue(conn, "t") };
	ct_limit(conn, field.run, "a", CAIRN_BUDGET_HARD, TOTAL);
	return field;
}

static void met_exactly(void)
{
	cairn_conn *conn = ct_open();
	struct field field = hard_field(conn);
	ct_race(HOLDERS, charge_all, &field);
	ct_int(atomic_load(&field.charged), TOTAL);
	ct_int(atomic_load(&field.most), TOTAL);
	ct_purse(conn, field.run, "a", "HARD 90 spent 90 reserved 0 left 0");
	ct_ledger(conn, field.run);
}

/* Reserves 5, spends 3 of it; every fourth dies with what it reserved. */
static void reserve_and_spend(cairn_conn *conn, unsigned number, void *arg)
{
	struct field *field = arg;
	for (int i = 0; i < 4; i++) {
		cairn_entry_new entry = ct_entry(field->run, ct_format("%u/%d", number, i), 5);
		if (!fitted(field, ct_reserve(conn, entry, CAIRN_MINUTE)))
			continue;
		if (number % 4 == 0)
			return;
		entry.amount = 3;
		cairn_entry_done done = ct_charge(conn, entry);
		/* what was reserved fits, whoever else comes */
		ct_each(done, CAIRN_OK, NULL);
		saw(field, done);
		atomic_fetch_add(&field->charged, 3);
	}
}

static void what_the_dead_held(void)
{
	cairn_conn *conn = ct_open();
	struct field field = hard_field(conn);
	/* one of the dead holds something for certain */
	ct_spends(ct_reserve(conn, ct_entry(field.run, "dead", 7), CAIRN_MINUTE), CAIRN_OK, NULL);
	ct_race(HOLDERS, reserve_and_spend, &field);
	cairn_budget now = ct_budget_of(conn, field.run, "a");
	ct_int(now.spent, atomic_load(&field.charged));
	ct_true(now.reserved >= 7);
	ct_true(now.spent + now.reserved <= TOTAL);
	ct_int(now.remaining, TOTAL - now.spent - now.reserved);
	ct_ledger(conn, field.run);
	cairn_entry_new rest = ct_entry(field.run, "rest", TOTAL - now.spent);
	ct_spends(ct_charge(conn, rest), CAIRN_CONFLICT, "budget.exceeded");
	ct_advance(CAIRN_MINUTE);
	ct_spends(ct_charge(conn, rest), CAIRN_OK, NULL);
	ct_purse(conn, field.run, "a", "HARD 90 spent 90 reserved 0 left 0");
	ct_spends(ct_charge(conn, ct_entry(field.run, "dead", 7)), CAIRN_CONFLICT,
		  "budget.exceeded");
	ct_ledger(conn, field.run);
}

static void charge_the_same(cairn_conn *conn, unsigned number, void *arg)
{
	struct field *field = arg;
	(void)number;
	for (int i = 0; i < 10; i++) {
		cairn_entry_done done =
			ct_charge(conn, ct_entry(field->run, ct_format("same%d", i), 7));
		ct_each(done, CAIRN_OK, NULL);
		if (done.disposition == CAIRN_INSERTED)
			atomic_fetch_add(&field->charged, 7);
	}
}

static void one_source(void)
{
	cairn_conn *conn = ct_open();
	struct field field = { .run = ct_enqueue(conn, "t") };
	ct_limit(conn, field.run, "a", CAIRN_BUDGET_HARD, 70);
	ct_race(8, charge_the_same, &field);
	ct_int(atomic_load(&field.charged), 70);
	ct_purse(conn, field.run, "a", "HARD 70 spent 70 reserved 0 left 0");
	ct_int(ct_entries(conn, field.run)->count, 10);
}

/* Several axes and runs, in orders that cross. */
struct crossing {
	cairn_id runs[2];
};

static void charge_crosswise(cairn_conn *conn, unsigned number, void *arg)
{
	const struct crossing *field = arg;
	static const char *const axes[] = { "a", "b", "c" };
	for (unsigned round = 0; round < 10; round++) {
		cairn_entry_new items[6];
		cairn_entry_done each[6];
		for (unsigned i = 0; i < 6; i++) {
			unsigned at = number % 2 ? i : 5 - i;
			items[i] =
				ct_entry(field->runs[at / 3], ct_format("%u/%u", number, round), 1);
			items[i].axis = cairn_str_of(axes[(at + round) % 3]);
		}
		ct_ok(cairn_budget_charge(conn, cairn_any(), items, 6, each, ct_err()));
		for (unsigned i = 0; i < 6; i++)
			ct_each(each[i], CAIRN_OK, NULL);
	}
}

static void crosswise(void)
{
	cairn_conn *conn = ct_open();
	struct crossing field = { .runs = { ct_enqueue(conn, "t"), ct_enqueue(conn, "t") } };
	ct_race(8, charge_crosswise, &field);
	for (unsigned i = 0; i < 2; i++) {
		ct_purse(conn, field.runs[i], "a", "open spent 80 reserved 0");
		ct_purse(conn, field.runs[i], "b", "open spent 80 reserved 0");
		ct_purse(conn, field.runs[i], "c", "open spent 80 reserved 0");
		ct_ledger(conn, field.runs[i]);
	}
}

/* ---- two, in fixed steps ------------------------------------------------------------------------ */

enum move { CHARGE, RESERVE, RELEASE, SET };

struct turn {
	cairn_tx tx;
	cairn_id run;
	enum move move;
	int64_t amount;
	const char *source;
	cairn_entry_done done;
};

static void move(cairn_conn *conn, void *arg)
{
	struct turn *turn = arg;
	cairn_entry_new entry = ct_entry(turn->run, turn->source, turn->amount);
	switch (turn->move) {
	case CHARGE:
		turn->done = ct_charge(conn, entry);
		return;
	case RESERVE:
		turn->done = ct_reserve(conn, entry, 0);
		return;
	case RELEASE:
		turn->done = ct_release(conn, entry);
		return;
	case SET:
		ct_limit(conn, turn->run, "a", CAIRN_BUDGET_HARD, turn->amount);
		return;
	}
}

static void begin_and_move(cairn_conn *conn, void *arg)
{
	struct turn *turn = arg;
	turn->tx = (cairn_tx)CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &turn->tx, ct_err()));
	move(conn, arg);
}

/* Of a budget of 10 with 2 reserved as "held": what the second is told if the first commits, and if not. */
static const struct meeting {
	enum move first;
	int64_t amount;
	const char *source;
	enum move second;
	int64_t other_amount;
	const char *other_source;
	bool fits_then;	     /* after the commit */
	bool fits_otherwise; /* after the rollback */
} meetings[] = {
	{ CHARGE, 5, "x", CHARGE, 4, "y", false, true },
	{ CHARGE, 4, "x", CHARGE, 4, "y", true, true },
	{ RESERVE, 5, "x", CHARGE, 4, "y", false, true },
	{ CHARGE, 5, "x", RESERVE, 4, "y", false, true },
	{ RESERVE, 5, "x", RESERVE, 4, "y", false, true },
	{ RELEASE, 0, "held", CHARGE, 9, "y", true, false },
	{ RELEASE, 0, "held", RESERVE, 10, "y", true, false },
	{ CHARGE, 1, "held", CHARGE, 9, "y", true, false },
	{ CHARGE, 2, "held", RESERVE, 9, "y", false, false },
	{ SET, 5, NULL, CHARGE, 4, "y", false, true },
	{ SET, 20, NULL, CHARGE, 18, "y", true, false },
	{ SET, 5, NULL, RESERVE, 4, "y", false, true },
};

struct scene {
	cairn_conn *conn;
	ct_session *a;
	ct_session *b;
};

static struct scene the_scene(void)
{
	return (struct scene){ .conn = ct_open(),
			       .a = ct_session_new("a"),
			       .b = ct_session_new("b") };
}

static void meet(struct scene *scene, const struct meeting *meeting, bool commits)
{
	cairn_conn *conn = scene->conn;
	struct turn one = { .run = ct_enqueue(conn, "t"),
			    .move = meeting->first,
			    .amount = meeting->amount,
			    .source = meeting->source };
	struct turn other = { .run = one.run,
			      .move = meeting->second,
			      .amount = meeting->other_amount,
			      .source = meeting->other_source };
	ct_limit(conn, one.run, "a", CAIRN_BUDGET_HARD, 10);
	ct_spends(ct_reserve(conn, ct_entry(one.run, "held", 2), 0), CAIRN_OK, NULL);
	ct_step(scene->a, begin_and_move, &one);
	ct_start(scene->b, move, &other);
	ct_step(scene->a, commits ? ct_commit : ct_rollback, &one.tx);
	ct_join(scene->b);
	if (commits ? meeting->fits_then : meeting->fits_otherwise)
		ct_each(other.done, CAIRN_OK, NULL);
	else
		ct_each(other.done, CAIRN_CONFLICT, "budget.exceeded");
	ct_ledger(conn, one.run);
	cairn_budget now = ct_budget_of(conn, one.run, "a");
	if (meeting->first != SET || !commits)
		ct_true(now.spent + now.reserved <= 10);
}

static void meet_all(size_t from, size_t to, bool commits, bool rolls_back)
{
	struct scene scene = the_scene();
	for (size_t i = from; i < to; i++) {
		ct_note("meeting %zu", i);
		if (commits)
			meet(&scene, &meetings[i], true);
		if (rolls_back)
			meet(&scene, &meetings[i], false);
	}
}

static void first_commits(void)
{
	meet_all(0, 5, true, false);
}

static void first_rolls_back(void)
{
	meet_all(0, 5, false, true);
}

static void releases_and_charges(void)
{
	meet_all(5, 9, true, true);
}

static void totals(void)
{
	meet_all(9, 12, true, true);
}

/* The total is changed while somebody's charge is open: it waits, and both stand. */
static void set_behind_a_charge(void)
{
	struct scene scene = the_scene();
	cairn_conn *conn = scene.conn;
	struct turn one = {
		.run = ct_enqueue(conn, "t"), .move = CHARGE, .amount = 8, .source = "x"
	};
	struct turn other = { .run = one.run, .move = SET, .amount = 5 };
	ct_limit(conn, one.run, "a", CAIRN_BUDGET_HARD, 10);
	ct_step(scene.a, begin_and_move, &one);
	ct_start(scene.b, move, &other);
	ct_step(scene.a, ct_commit, &one.tx);
	ct_join(scene.b);
	ct_purse(conn, one.run, "a", "HARD 5 spent 8 reserved 0 left 0");
	ct_booked(conn, one.run, "a:s/x=8");
}

#define MANY .kind = CT_RACE, .store = CT_BUDGETS
#define TWO  .kind = CT_INTERLEAVE, .store = CT_BUDGETS

static const ct_case cases[] = {
	{ .name = "budgets.race.sixteen_holders_meet_a_hard_budget_exactly",
	  MANY,
	  .rule = "Whoever charges a HARD budget at once, it is never exceeded, and what is left "
		  "is given out to the last unit.",
	  .covers = "smol-68",
	  .run = met_exactly },
	{ .name = "budgets.race.what_the_dead_held_comes_back",
	  MANY,
	  .rule = "What was reserved fits when it is charged, whoever else comes; reservations of "
		  "holders that died count until they are over, and then no more.",
	  .run = what_the_dead_held },
	{ .name = "budgets.race.one_source_charges_once",
	  MANY,
	  .rule = "One source that is charged by several at once is charged once.",
	  .run = one_source },
	{ .name = "budgets.race.orders_that_cross_do_not_block",
	  MANY,
	  .rule = "Batches over several axes and runs, in orders that cross, wait for each other "
		  "and all end well.",
	  .run = crosswise },
	{ .name = "budgets.race.the_second_sees_what_the_first_committed",
	  TWO,
	  .rule = "Of two charges or reservations the second one counts what the first has "
		  "committed, whichever comes first.",
	  .run = first_commits },
	{ .name = "budgets.race.the_second_does_not_see_what_was_rolled_back",
	  TWO,
	  .rule = "What was rolled back does not count.",
	  .run = first_rolls_back },
	{ .name = "budgets.race.what_is_given_back_is_seen_when_it_is_committed",
	  TWO,
	  .rule = "A release, or a charge of less than was reserved, makes room when it commits.",
	  .run = releases_and_charges },
	{ .name = "budgets.race.a_total_counts_when_it_is_committed",
	  TWO,
	  .rule = "A charge that meets another total that is being set goes by the one that was "
		  "committed.",
	  .run = totals },
	{ .name = "budgets.race.a_total_waits_for_a_charge",
	  TWO,
	  .rule = "A total that is set while a charge is open changes the total alone.",
	  .run = set_behind_a_charge },
};

CT_GROUP(budget_race, cases);
