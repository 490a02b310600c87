/*
 * budgets.c - budgets and ledgers one call at a time: set and read, charge, reserve, release, the list, and whose they
 * are. (budgets_table.c: the whole table; budget_race.c: several at once)
 */
#include "ct_ledger.h"

/* ---- set and read ------------------------------------------------------------------------------- */

static void set_and_read(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_enqueue(conn, "t");
	cairn_budget_new axes[] = {
		{ .axis = CAIRN_STR("tokens"), .kind = CAIRN_BUDGET_SOFT, .total = 50 },
		{ .axis = CAIRN_STR("cost"), .total = INT64_MAX },
		{ .axis = CAIRN_STR("\xc3\xa9"), .total = 0 }
	};
	cairn_budgets *budgets = NULL;
	ct_ok(cairn_budget_read(conn, cairn_any(), run, &budgets, ct_err()));
	ct_int(budgets->count, 0);
	ct_ok(cairn_budget_set(conn, cairn_any(), run, axes, 3, ct_err()));
	cairn_time made = ct_now();
	ct_purse(conn, run, "tokens", "SOFT 50 spent 0 reserved 0 left 50");
	ct_purse(conn, run, "\xc3\xa9", "HARD 0 spent 0 reserved 0 left 0");
	ct_advance(CAIRN_SECOND);
	axes[1].kind = CAIRN_BUDGET_SOFT;
	axes[1].total = 7;
	ct_ok(cairn_budget_set(conn, cairn_any(), run, axes + 1, 1, ct_err()));
	ct_ok(cairn_budget_read(conn, cairn_any(), run, &budgets, ct_err()));
	ct_later(budgets);
	ct_int(budgets->count, 3);
	ct_str(budgets->at[0].axis, "cost");
	ct_str(budgets->at[1].axis, "tokens");
	ct_str(budgets->at[2].axis, "\xc3\xa9");
	ct_id(budgets->at[0].root, run);
	ct_int(budgets->at[0].total, 7);
	ct_int(budgets->at[0].kind, CAIRN_BUDGET_SOFT);
	ct_int(budgets->at[0].created_at, made);
	ct_int(budgets->at[0].updated_at, ct_now());
	ct_int(budgets->at[1].updated_at, made);
}

static void a_total_below_what_is_spent(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_enqueue(conn, "t");
	ct_limit(conn, run, "a", CAIRN_BUDGET_HARD, 20);
	ct_spends(ct_charge(conn, ct_entry(run, "x", 8)), CAIRN_OK, NULL);
	ct_spends(ct_reserve(conn, ct_entry(run, "y", 7), 0), CAIRN_OK, NULL);
	ct_purse(conn, run, "a", "HARD 20 spent 8 reserved 7 left 5");
	ct_limit(conn, run, "a", CAIRN_BUDGET_HARD, 10);
	ct_purse(conn, run, "a", "HARD 10 spent 8 reserved 7 left 0");
	ct_spends(ct_charge(conn, ct_entry(run, "z", 1)), CAIRN_CONFLICT, "budget.exceeded");
	/* what was promised stays so, not a bit more */
	ct_spends(ct_charge(conn, ct_entry(run, "y", 8)), CAIRN_CONFLICT, "budget.exceeded");
	ct_spends(ct_charge(conn, ct_entry(run, "y", 7)), CAIRN_OK, NULL);
	ct_spends(ct_charge(conn, ct_entry(run, "z", 0)), CAIRN_OK, NULL);
	ct_purse(conn, run, "a", "HARD 10 spent 15 reserved 0 left 0");
	ct_limit(conn, run, "a", CAIRN_BUDGET_SOFT, 10);
	ct_spends(ct_charge(conn, ct_entry(run, "w", 5)), CAIRN_OK, NULL);
	ct_purse(conn, run, "a", "SOFT 10 spent 20 reserved 0 left 0");
	ct_limit(conn, run, "a", CAIRN_BUDGET_HARD, 21);
	ct_spends(ct_reserve(conn, ct_entry(run, "v", 1), 0), CAIRN_OK, NULL);
	ct_booked(conn, run, "a:s/x=8 a:s/y=7 a:s/z=0 a:s/w=5 a:s/v~1");
}

static void set_repeats(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_enqueue(conn, "t");
	cairn_budget_new axes[3] = { { .axis = CAIRN_STR("a"), .total = 1 },
				     { .axis = CAIRN_STR("b"), .total = 1 },
				     { .axis = CAIRN_STR("a"), .total = 2 } };
	cairn_budgets *budgets = NULL;
	ct_status(cairn_budget_set(conn, cairn_any(), run, axes, 3, ct_err()), CAIRN_INVALID, NULL);
	ct_purse(conn, run, "a", "-");
	ct_status(cairn_budget_set(conn, cairn_any(), cairn_id_new(), axes, 1, ct_err()),
		  CAIRN_NOT_FOUND, "replay.run_not_found");
	ct_status(cairn_budget_read(conn, cairn_any(), cairn_id_new(), &budgets, ct_err()),
		  CAIRN_NOT_FOUND, "replay.run_not_found");
	cairn_free(budgets);
}

static void counted_without_a_total(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_enqueue(conn, "t");
	cairn_entry_done done = ct_charge(conn, ct_entry(run, "x", 7));
	ct_each(done, CAIRN_OK, NULL);
	ct_int(done.limited, 0);
	ct_int(done.total, 0);
	ct_int(done.spent, 7);
	ct_purse(conn, run, "a", "open spent 7 reserved 0");
	ct_spends(ct_reserve(conn, ct_entry(run, "y", 2), 0), CAIRN_OK, NULL);
	ct_purse(conn, run, "a", "open spent 7 reserved 2");
	/* one that was refused leaves no axis behind */
	cairn_entry_new other = ct_entry(run, "x", 1);
	other.axis = CAIRN_STR("b");
	ct_spends(ct_release(conn, other), CAIRN_NOT_FOUND, "budget.entry_not_found");
	ct_purse(conn, run, "b", "-");
	ct_limit(conn, run, "a", CAIRN_BUDGET_HARD, 10);
	ct_purse(conn, run, "a", "HARD 10 spent 7 reserved 2 left 1");
}

/* ---- entries --------------------------------------------------------------------------------------- */

static void in_their_order(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_enqueue(conn, "t");
	cairn_entry_new items[] = { ct_entry(run, "a", 4), ct_entry(run, "b", 7),
				    ct_entry(run, "a", 4), ct_entry(run, "c", 6),
				    ct_entry(run, "a", 5), ct_entry(cairn_id_new(), "d", 1),
				    ct_entry(run, "d", 1) };
	cairn_entry_done each[7];
	ct_limit(conn, run, "a", CAIRN_BUDGET_HARD, 10);
	ct_ok(cairn_budget_charge(conn, cairn_any(), items, 7, each, ct_err()));
	ct_each(each[0], CAIRN_OK, NULL);
	ct_int(each[0].disposition, CAIRN_INSERTED);
	ct_each(each[1], CAIRN_CONFLICT, "budget.exceeded");
	ct_each(each[2], CAIRN_OK, NULL);
	ct_int(each[2].disposition, CAIRN_EXISTING);
	ct_each(each[3], CAIRN_OK, NULL);
	ct_each(each[4], CAIRN_CONFLICT, "budget.entry_conflict");
	ct_each(each[5], CAIRN_NOT_FOUND, "replay.run_not_found");
	ct_int(each[5].total + each[5].spent + each[5].reserved, 0);
	ct_each(each[6], CAIRN_CONFLICT, "budget.exceeded");
	/* as they are when the call has ended */
	for (size_t i = 0; i < 7; i++) {
		if (i != 5)
			ct_int(each[i].spent, 10);
	}
	ct_booked(conn, run, "a:s/a=4 a:s/c=6");
	ct_status(cairn_budget_charge(conn, cairn_any(), items + 1, 1, NULL, ct_err()),
		  CAIRN_CONFLICT, "budget.exceeded");
}

static void sources(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_enqueue(conn, "t");
	cairn_id other = ct_enqueue(conn, "t");
	cairn_entry_new entry = ct_entry(run, "x", 3);
	ct_spends(ct_charge(conn, entry), CAIRN_OK, NULL);
	entry.source_type = CAIRN_STR("s2");
	ct_int(ct_charge(conn, entry).disposition, CAIRN_INSERTED);
	entry.axis = CAIRN_STR("b");
	ct_int(ct_charge(conn, entry).disposition, CAIRN_INSERTED);
	ct_int(ct_charge(conn, entry).disposition, CAIRN_EXISTING);
	ct_int(ct_charge(conn, ct_entry(other, "x", 3)).disposition, CAIRN_INSERTED);
	ct_booked(conn, run, "a:s/x=3 a:s2/x=3 b:s2/x=3");
	ct_booked(conn, other, "a:s/x=3");
	ct_purse(conn, run, "a", "open spent 6 reserved 0");
}

static void over_in_time(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_enqueue(conn, "t");
	ct_limit(conn, run, "a", CAIRN_BUDGET_HARD, 10);
	ct_spends(ct_reserve(conn, ct_entry(run, "x", 10), 0), CAIRN_OK, NULL);
	ct_int(ct_entries(conn, run)->at[0].expires_at, ct_now() + 5 * CAIRN_MINUTE);
	ct_advance(5 * CAIRN_MINUTE - 1);
	ct_spends(ct_charge(conn, ct_entry(run, "y", 1)), CAIRN_CONFLICT, "budget.exceeded");
	ct_purse(conn, run, "a", "HARD 10 spent 0 reserved 10 left 0");
	ct_advance(1);
	ct_purse(conn, run, "a", "HARD 10 spent 0 reserved 0 left 10");
	ct_spends(ct_charge(conn, ct_entry(run, "y", 1)), CAIRN_OK, NULL);
	/* what is over has no claim to what others took meanwhile */
	ct_spends(ct_charge(conn, ct_entry(run, "x", 10)), CAIRN_CONFLICT, "budget.exceeded");
	ct_spends(ct_charge(conn, ct_entry(run, "x", 9)), CAIRN_OK, NULL);
	ct_booked(conn, run, "a:s/x=9 a:s/y=1");
}

static void held_anew(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_enqueue(conn, "t");
	cairn_entry_done done = { .status = CAIRN_INTERNAL };
	cairn_entry_new entry = ct_entry(run, "x", 3);
	ct_spends(ct_reserve(conn, entry, CAIRN_SECOND), CAIRN_OK, NULL);
	ct_advance(CAIRN_SECOND / 2);
	done = ct_reserve(conn, entry, CAIRN_SECOND);
	ct_each(done, CAIRN_OK, NULL);
	ct_int(done.disposition, CAIRN_EXISTING);
	ct_advance(CAIRN_SECOND - 1);
	ct_purse(conn, run, "a", "open spent 0 reserved 3");
	ct_advance(1);
	ct_purse(conn, run, "a", "open spent 0 reserved 0");
	ct_status(cairn_budget_reserve(conn, cairn_any(), &entry, 1, CAIRN_SECOND - 1, &done,
				       ct_err()),
		  CAIRN_INVALID, NULL);
	ct_purse(conn, run, "a", "open spent 0 reserved 0");
	ct_spends(ct_release(conn, entry), CAIRN_OK, NULL);
	ct_booked(conn, run, "a:s/x~3");
}

/* Which of the times of a budget and of its entry an act sets. */
static void of_its_time(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_enqueue(conn, "t");
	cairn_entry_new entry = ct_entry(run, "x", 3);
	cairn_time made = ct_now();
	ct_spends(ct_reserve(conn, entry, CAIRN_MINUTE), CAIRN_OK, NULL);
	ct_int(ct_budget_of(conn, run, "a").created_at, made);
	ct_advance(CAIRN_SECOND);
	ct_int(ct_reserve(conn, entry, CAIRN_MINUTE).disposition, CAIRN_EXISTING);
	ct_int(ct_entries(conn, run)->at[0].updated_at, made + CAIRN_SECOND);
	ct_spends(ct_reserve(conn, ct_entry(run, "y", 3), 0), CAIRN_OK, NULL);
	ct_spends(ct_release(conn, entry), CAIRN_OK, NULL);
	ct_int(ct_entries(conn, run)->at[0].expires_at, 0);
	ct_int(ct_entries(conn, run)->at[0].updated_at, made + CAIRN_SECOND);
	ct_int(ct_budget_of(conn, run, "a").updated_at, made);
	ct_spends(ct_charge(conn, entry), CAIRN_OK, NULL);
	ct_int(ct_budget_of(conn, run, "a").updated_at, made + CAIRN_SECOND);
	ct_advance(CAIRN_SECOND);
	ct_int(ct_charge(conn, entry).disposition, CAIRN_EXISTING);
	ct_int(ct_entries(conn, run)->at[0].updated_at, made + CAIRN_SECOND);
	ct_int(ct_budget_of(conn, run, "a").updated_at, made + CAIRN_SECOND);
	ct_int(ct_budget_of(conn, run, "a").created_at, made);
}

/* An axis that nobody has spent on, and on which too much is asked for. */
static void refused_at_first(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_enqueue(conn, "t");
	cairn_entry_new items[2] = { ct_entry(run, "x", INT64_MAX), ct_entry(run, "x", 1) };
	cairn_entry_done each[2];
	items[1].axis = CAIRN_STR("b");
	ct_limit(conn, run, "a", CAIRN_BUDGET_HARD, 10);
	ct_ok(cairn_budget_release(conn, cairn_any(), items, 2, each, ct_err()));
	ct_each(each[1], CAIRN_NOT_FOUND, "budget.entry_not_found");
	ct_purse(conn, run, "b", "-");
	ct_ok(cairn_budget_reserve(conn, cairn_any(), items, 2, 0, each, ct_err()));
	ct_each(each[0], CAIRN_CONFLICT, "budget.exceeded");
	ct_each(each[1], CAIRN_OK, NULL);
	ct_purse(conn, run, "b", "open spent 0 reserved 1");
	ct_booked(conn, run, "b:s/x~1");
}

/* What was over counts again: each of both is all that fits into 64 bits. */
static void the_clock_goes_back(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_enqueue(conn, "t");
	cairn_entry_new entry = ct_entry(run, "x", INT64_MAX);
	ct_spends(ct_reserve(conn, entry, CAIRN_SECOND), CAIRN_OK, NULL);
	ct_advance(CAIRN_SECOND);
	ct_spends(ct_charge(conn, ct_entry(run, "y", INT64_MAX)), CAIRN_OK, NULL);
	ct_advance(-CAIRN_SECOND);
	const char *both = ct_format("open spent %lld reserved %lld", (long long)INT64_MAX,
				     (long long)INT64_MAX);
	ct_purse(conn, run, "a", both);
	ct_spends(ct_charge(conn, ct_entry(run, "z", 1)), CAIRN_INVALID, "budget.overflow");
	ct_spends(ct_reserve(conn, ct_entry(run, "z", 0), 0), CAIRN_INVALID, "budget.overflow");
	ct_spends(ct_charge(conn, ct_entry(run, "z", 0)), CAIRN_OK, NULL);
	/* its own reservation, too, may be charged only if what is spent can be told */
	ct_spends(ct_charge(conn, entry), CAIRN_INVALID, "budget.overflow");
	cairn_entry_new items[2] = { entry, ct_entry(run, "w", 1) };
	cairn_entry_done each[2];
	ct_ok(cairn_budget_charge(conn, cairn_any(), items, 2, each, ct_err()));
	ct_each(each[0], CAIRN_INVALID, "budget.overflow");
	ct_each(each[1], CAIRN_INVALID, "budget.overflow");
	ct_limit(conn, run, "a", CAIRN_BUDGET_HARD, INT64_MAX);
	ct_spends(ct_charge(conn, entry), CAIRN_CONFLICT, "budget.exceeded");
	ct_spends(ct_reserve(conn, ct_entry(run, "w", 1), 0), CAIRN_CONFLICT, "budget.exceeded");
	ct_int(ct_budget_of(conn, run, "a").remaining, 0);
	ct_spends(ct_release(conn, entry), CAIRN_OK, NULL);
	ct_int(ct_budget_of(conn, run, "a").spent, INT64_MAX);
	ct_int(ct_budget_of(conn, run, "a").reserved, 0);
}

static void listed(void)
{
	cairn_conn *conn = ct_open();
	cairn_id run = ct_enqueue(conn, "t");
	cairn_entry_filter filter = { .size = sizeof(filter), .scope = cairn_any(), .run = run };
	cairn_entries *entries = NULL;
	for (int i = 0; i < 7; i++) {
		cairn_entry_new entry = ct_entry(run, ct_format("x%d", i), i);
		entry.axis = i % 3 == 0 ? CAIRN_STR("b") : CAIRN_STR("a");
		ct_spends(ct_charge(conn, entry), CAIRN_OK, NULL);
	}
	filter.limit = 3;
	filter.after = 2;
	ct_ok(cairn_budget_entries(conn, &filter, &entries, ct_err()));
	ct_int(entries->count, 3);
	for (size_t i = 0; i < 3; i++) {
		ct_int(entries->at[i].seq, i + 3);
		ct_id(entries->at[i].root, run);
		ct_id(entries->at[i].run, run);
		ct_int(entries->at[i].amount, i + 2);
	}
	filter.axis = CAIRN_STR("b");
	ct_ok(cairn_budget_entries(conn, &filter, &entries, ct_err()));
	ct_int(entries->count, 2);
	ct_int(entries->at[0].seq, 4);
	ct_int(entries->at[1].seq, 7);
	filter.after = 7;
	ct_ok(cairn_budget_entries(conn, &filter, &entries, ct_err()));
	ct_int(entries->count, 0);
	filter.run = cairn_id_new();
	ct_status(cairn_budget_entries(conn, &filter, &entries, ct_err()), CAIRN_NOT_FOUND,
		  "replay.run_not_found");
	cairn_free(entries);
}

/* ---- whose ------------------------------------------------------------------------------------------- */

static void the_roots(void)
{
	cairn_conn *conn = ct_open();
	ct_play root = ct_play_aside(conn);
	cairn_id child = ct_child_of(&root, "c", "below");
	ct_limit(conn, root.id, "a", CAIRN_BUDGET_HARD, 10);
	/* before it has begun */
	ct_spends(ct_charge(conn, ct_entry(child, "x", 3)), CAIRN_OK, NULL);
	ct_play below = ct_play_of(conn, child);
	cairn_id grandchild = ct_child_of(&below, "d", "deep");
	ct_spends(ct_reserve(conn, ct_entry(grandchild, "y", 4), 0), CAIRN_OK, NULL);
	ct_int(ct_charge(conn, ct_entry(root.id, "x", 3)).disposition, CAIRN_EXISTING);
	ct_spends(ct_charge(conn, ct_entry(root.id, "z", 4)), CAIRN_CONFLICT, "budget.exceeded");
	ct_spends(ct_charge(conn, ct_entry(root.id, "z", 2)), CAIRN_OK, NULL);
	ct_booked(conn, root.id, "a:s/x=3 a:s/y~4 a:s/z=2");
	ct_booked(conn, grandchild, "a:s/x=3 a:s/y~4 a:s/z=2");
	ct_id(ct_entries(conn, child)->at[0].run, child);
	ct_id(ct_entries(conn, child)->at[1].run, grandchild);
	ct_id(ct_entries(conn, child)->at[1].root, root.id);
	ct_id(ct_budget_of(conn, grandchild, "a").root, root.id);
	/* who writes an entry anew owns it; who gives it back does not */
	ct_int(ct_reserve(conn, ct_entry(child, "y", 4), 0).disposition, CAIRN_EXISTING);
	ct_id(ct_entries(conn, child)->at[1].run, child);
	ct_spends(ct_release(conn, ct_entry(root.id, "y", 4)), CAIRN_OK, NULL);
	ct_id(ct_entries(conn, child)->at[1].run, child);
	ct_spends(ct_reserve(conn, ct_entry(root.id, "y", 4), 0), CAIRN_OK, NULL);
	ct_id(ct_entries(conn, child)->at[1].run, root.id);
	ct_limit(conn, grandchild, "a", CAIRN_BUDGET_HARD, 13);
	ct_spends(ct_charge(conn, ct_entry(child, "w", 4)), CAIRN_OK, NULL);
	ct_purse(conn, root.id, "a", "HARD 13 spent 9 reserved 4 left 0");
}

static void not_begun_and_over(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new job = ct_new("t");
	job.queue = CAIRN_STR("q");
	ct_define(conn, "t");
	cairn_id run = ct_add(conn, &job);
	ct_limit(conn, run, "a", CAIRN_BUDGET_HARD, 10);
	ct_spends(ct_charge(conn, ct_entry(run, "x", 3)), CAIRN_OK, NULL);
	ct_play live = ct_play_of(conn, run);
	ct_play_paid(&live, "one", "a", 5);
	ct_purse(conn, run, "a", "HARD 10 spent 8 reserved 0 left 2");
	ct_play_succeed(&live, NULL);
	ct_spends(ct_charge(conn, ct_entry(run, "late", 2)), CAIRN_OK, NULL);
	ct_spends(ct_charge(conn, ct_entry(run, "later", 1)), CAIRN_CONFLICT, "budget.exceeded");
	ct_purse(conn, run, "a", "HARD 10 spent 10 reserved 0 left 0");
	ct_int(ct_played(conn, run)->status, CAIRN_REPLAY_SUCCEEDED);
}

#define ONE .kind = CT_VERB, .store = CT_BUDGETS
#define RUN .kind = CT_VERB, .store = CT_REPLAYS

static const ct_case cases[] = {
	{ .name = "budgets.set.what_is_set_is_read",
	  ONE,
	  .rule = "A budget has the total and kind it was given last, HARD if not said; they are "
		  "read by axis in the order of bytes.",
	  .run = set_and_read },
	{ .name = "budgets.set.a_total_below_what_is_spent_lets_nothing_through",
	  ONE,
	  .rule = "A total below what is spent or reserved stands; nothing more fits but what was "
		  "reserved, and nothing is left, never less than that. A SOFT one only tells.",
	  .run = a_total_below_what_is_spent },
	{ .name = "budgets.set.each_axis_once_and_of_a_run_that_is_there",
	  ONE,
	  .rule = "An axis that is named twice is refused before anything is written; so is a run "
		  "that does not exist.",
	  .run = set_repeats },
	{ .name = "budgets.set.an_axis_without_a_total_is_counted",
	  ONE,
	  .rule = "What is charged and reserved counts without a total, and goes on counting when "
		  "there is one.",
	  .run = counted_without_a_total },
	{ .name = "budgets.entries.each_item_sees_what_came_before",
	  ONE,
	  .rule = "Items are done in their order, each seeing those before; what is refused leaves "
		  "the others alone.",
	  .run = in_their_order },
	{ .name = "budgets.entries.a_source_charges_once",
	  ONE,
	  .rule = "An entry is one per root, axis, source type and id: the same again changes "
		  "nothing.",
	  .run = sources },
	{ .name = "budgets.entries.a_reservation_is_over_at_its_time",
	  ONE,
	  .rule = "A reservation counts until expires_at, 5 minutes if not said, and not at that "
		  "time.",
	  .run = over_in_time },
	{ .name = "budgets.entries.the_same_reservation_again_holds_from_now",
	  ONE,
	  .rule = "Reserving the same again answers EXISTING and holds from now; less than a "
		  "second is refused.",
	  .run = held_anew },
	{ .name = "budgets.entries.each_act_sets_its_times",
	  ONE,
	  .rule = "What is reserved or released sets the entry's times and leaves its budget's; a "
		  "charge sets both; what was released has no expires_at.",
	  .run = of_its_time },
	{ .name = "budgets.entries.what_is_refused_makes_no_budget",
	  ONE,
	  .rule = "The first reservation on an axis makes its budget, as a charge does; what is "
		  "refused makes none.",
	  .run = refused_at_first },
	{ .name = "budgets.entries.a_clock_that_goes_back_overflows_nothing",
	  ONE,
	  .rule = "A reservation that was over counts again when the clock goes back; spent and "
		  "reserved may then be beyond 2^63 - 1 together, and nothing more fits, not even "
		  "what was reserved.",
	  .run = the_clock_goes_back },
	{ .name = "budgets.entries.the_ledger_is_listed_by_seq",
	  ONE,
	  .rule = "The ledger is listed by seq, of one axis or all, in pages.",
	  .run = listed },
	{ .name = "budgets.tree.any_run_names_the_roots_budget",
	  RUN,
	  .rule = "Budgets and entries are the root's, whichever run of the tree is named, one "
		  "that has not begun too; the entry remembers who spent, or reserved last.",
	  .covers = "smol-70",
	  .run = the_roots },
	{ .name = "budgets.tree.of_runs_not_begun_and_over",
	  RUN,
	  .rule = "A job has budgets before it begins a run, which go on with it, and may be "
		  "charged when it is over.",
	  .run = not_begun_and_over },
};

CT_GROUP(budgets, cases);
