/*
 * replay_budget.c - what steps cost: charged with their end, whatever it is, once; reserved before; and what the
 * program sees of it, now and when it is replayed. (budgets.c: the ledger itself)
 */
#include "ct_ledger.h"

static const char *source_of(const ct_play *live, int64_t seq, int attempt)
{
	char id[CAIRN_ID_TEXT];
	cairn_id_format(live->id, id);
	return ct_format("%s/%lld/%d", id, (long long)seq, attempt);
}

static void entry_is(cairn_conn *conn, const ct_play *live, size_t at, const char *source,
		     int64_t amount)
{
	const cairn_entries *entries = ct_entries(conn, live->id);
	ct_true(entries->count > at);
	ct_str(entries->at[at].source_type, "step");
	ct_str(entries->at[at].source_id, source);
	ct_int(entries->at[at].amount, amount);
	ct_int(entries->at[at].state, CAIRN_ENTRY_CHARGED);
	ct_id(entries->at[at].run, live->id);
}

static cairn_status complete(ct_play *live, cairn_replay_step *step, const cairn_charge *usage,
			     size_t n)
{
	return cairn_replay_complete(live->replay, step, CAIRN_STR("1"), usage, n, ct_err());
}

static cairn_status fail(ct_play *live, cairn_replay_step *step, const cairn_charge *usage,
			 size_t n)
{
	cairn_replay_failure failure = { .size = sizeof(failure),
					 .usage = usage,
					 .usage_count = n };
	return cairn_replay_fail(live->replay, step, &failure, ct_err());
}

static cairn_status reserve(ct_play *live, const cairn_replay_step *step,
			    const cairn_charge *amounts, size_t n)
{
	return cairn_replay_reserve(live->replay, step, amounts, n, CAIRN_MINUTE, ct_err());
}

/* Without its worker: the lease runs out, is reaped, and somebody else begins. */
/* ---- ends ----------------------------------------------------------------------------------- */

static void charged_with_the_end(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_aside(conn);
	cairn_charge usage[] = { ct_usage("tokens", 7), ct_usage("cost", 0) };
	cairn_replay_step step = ct_ask_run(live.replay, "one");
	ct_booked(conn, live.id, "");
	ct_ok(complete(&live, &step, usage, 2));
	/* the same again writes nothing */
	const char *before = ct_play_snapshot(conn, live.id);
	ct_advance(1);
	ct_ok(complete(&live, &step, usage, 2));
	ct_play_unchanged(conn, live.id, before);
	ct_int(ct_entries(conn, live.id)->count, 2);
	ct_purse(conn, live.id, "tokens", "open spent 7 reserved 0");
	ct_purse(conn, live.id, "cost", "open spent 0 reserved 0");
	const cairn_entries *entries = ct_entries(conn, live.id);
	size_t first = strcmp(entries->at[0].axis.ptr, "tokens") == 0 ? 0 : 1;
	entry_is(conn, &live, first, source_of(&live, 1, 1), 7);
	entry_is(conn, &live, 1 - first, source_of(&live, 1, 1), 0);
	ct_ledger(conn, live.id);
}

static void failures_are_charged(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_aside(conn);
	cairn_replay_call call = { .kind = CAIRN_STR("k"),
				   .name = CAIRN_STR("one"),
				   .max_attempts = 2 };
	cairn_replay_step step = { .status = CAIRN_INTERNAL };
	cairn_charge usage = ct_usage("a", 3);
	ct_ok(cairn_replay_step_begin(live.replay, &call, 1, &step, ct_err()));
	ct_ok(fail(&live, &step, &usage, 1));
	ct_int(step.next, CAIRN_NEXT_SUSPEND);
	ct_play_suspend(&live);
	ct_set_now(step.until);
	ct_play again = ct_play_of(conn, live.id);
	ct_ok(cairn_replay_step_begin(again.replay, &call, 1, &step, ct_err()));
	ct_int(step.next, CAIRN_NEXT_RUN);
	usage.amount = 4;
	ct_ok(fail(&again, &step, &usage, 1));
	ct_int(step.next, CAIRN_NEXT_FAILED);
	entry_is(conn, &live, 0, source_of(&live, 1, 1), 3);
	entry_is(conn, &live, 1, source_of(&live, 1, 2), 4);
	ct_purse(conn, live.id, "a", "open spent 7 reserved 0");
	ct_ledger(conn, live.id);
}

static void refused_as_a_whole(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_aside(conn);
	cairn_charge usage[] = { ct_usage("a", 5), ct_usage("b", 11), ct_usage("c", 1) };
	ct_limit(conn, live.id, "b", CAIRN_BUDGET_HARD, 10);
	cairn_replay_step step = ct_ask_run(live.replay, "one");
	const char *before = ct_play_snapshot(conn, live.id);
	ct_status(complete(&live, &step, usage, 3), CAIRN_CONFLICT, "budget.exceeded");
	ct_status(fail(&live, &step, usage, 3), CAIRN_CONFLICT, "budget.exceeded");
	ct_int(step.next, CAIRN_NEXT_RUN);
	ct_play_unchanged(conn, live.id, before);
	usage[1].amount = 10;
	ct_ok(complete(&live, &step, usage, 3));
	ct_purse(conn, live.id, "b", "HARD 10 spent 10 reserved 0 left 0");
	/* a SOFT one only tells, and nothing at all always fits */
	ct_limit(conn, live.id, "a", CAIRN_BUDGET_SOFT, 5);
	ct_play_paid(&live, "two", "a", 2);
	ct_play_paid(&live, "three", "b", 0);
	ct_purse(conn, live.id, "a", "SOFT 5 spent 7 reserved 0 left 0");
	ct_ledger(conn, live.id);
}

static void out_of_range(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_aside(conn);
	cairn_charge usage = ct_usage("a", -1);
	cairn_replay_step step = ct_ask_run(live.replay, "one");
	const char *before = ct_play_snapshot(conn, live.id);
	ct_budget(conn);
	ct_status(complete(&live, &step, &usage, 1), CAIRN_INVALID, NULL);
	ct_status(fail(&live, &step, &usage, 1), CAIRN_INVALID, NULL);
	ct_status(reserve(&live, &step, &usage, 1), CAIRN_INVALID, NULL);
	ct_spent(conn, 0, "negative amounts", 1);
	ct_play_unchanged(conn, live.id, before);
	usage.amount = INT64_MAX;
	ct_ok(complete(&live, &step, &usage, 1));
	step = ct_ask_run(live.replay, "two");
	before = ct_play_snapshot(conn, live.id);
	usage.amount = 1;
	ct_status(complete(&live, &step, &usage, 1), CAIRN_INVALID, "budget.overflow");
	ct_status(fail(&live, &step, &usage, 1), CAIRN_INVALID, "budget.overflow");
	ct_status(reserve(&live, &step, &usage, 1), CAIRN_INVALID, "budget.overflow");
	ct_play_unchanged(conn, live.id, before);
	ct_ok(complete(&live, &step, NULL, 0));
	ct_ledger(conn, live.id);
}

/* ---- reserved before --------------------------------------------------------------------------- */

static void reserved_then_charged(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_aside(conn);
	cairn_charge bound = ct_usage("a", 8);
	cairn_charge usage = ct_usage("a", 6);
	ct_limit(conn, live.id, "a", CAIRN_BUDGET_HARD, 10);
	cairn_replay_step step = ct_ask_run(live.replay, "one");
	ct_ok(reserve(&live, &step, &bound, 1));
	ct_ok(reserve(&live, &step, &bound, 1));
	ct_purse(conn, live.id, "a", "HARD 10 spent 0 reserved 8 left 2");
	ct_int(ct_entries(conn, live.id)->at[0].expires_at, ct_now() + CAIRN_MINUTE);
	ct_spends(ct_charge(conn, ct_entry(live.id, "x", 3)), CAIRN_CONFLICT, "budget.exceeded");
	ct_ok(complete(&live, &step, &usage, 1));
	ct_purse(conn, live.id, "a", "HARD 10 spent 6 reserved 0 left 4");
	entry_is(conn, &live, 0, source_of(&live, 1, 1), 6);
	ct_int(ct_entries(conn, live.id)->count, 1);
	/* a failure charges what was reserved, too */
	step = ct_ask_run(live.replay, "two");
	bound.amount = 4;
	usage.amount = 1;
	ct_ok(reserve(&live, &step, &bound, 1));
	ct_ok(fail(&live, &step, &usage, 1));
	ct_purse(conn, live.id, "a", "HARD 10 spent 7 reserved 0 left 3");
	ct_ledger(conn, live.id);
}

static void all_or_none(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_aside(conn);
	cairn_charge amounts[] = { ct_usage("b", 2), ct_usage("a", 11), ct_usage("c", 1) };
	ct_limit(conn, live.id, "a", CAIRN_BUDGET_HARD, 10);
	cairn_replay_step step = ct_ask_run(live.replay, "one");
	const char *before = ct_play_snapshot(conn, live.id);
	ct_status(reserve(&live, &step, amounts, 3), CAIRN_CONFLICT, "budget.exceeded");
	ct_play_unchanged(conn, live.id, before);
	amounts[1].amount = 10;
	ct_ok(reserve(&live, &step, amounts, 3));
	ct_purse(conn, live.id, "a", "HARD 10 spent 0 reserved 10 left 0");
	ct_purse(conn, live.id, "b", "open spent 0 reserved 2");
	ct_ledger(conn, live.id);
}

static void of_a_worker_that_died(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_aside(conn);
	cairn_charge bound = ct_usage("a", 8);
	ct_limit(conn, live.id, "a", CAIRN_BUDGET_HARD, 10);
	cairn_replay_step step = ct_ask_run(live.replay, "one");
	ct_ok(cairn_replay_reserve(live.replay, &step, &bound, 1, CAIRN_HOUR, ct_err()));
	cairn_time over = ct_now() + CAIRN_HOUR;
	ct_play other = live;
	ct_play_takeover(conn, &other);
	step = ct_ask_run(other.replay, "one");
	ct_int(step.attempts, 2);
	/* it is given back by the next try alone that reserves (replay_reserve.c) */
	cairn_replay_step next = ct_ask_run(other.replay, "two");
	ct_status(reserve(&other, &next, &bound, 1), CAIRN_CONFLICT, "budget.exceeded");
	ct_purse(conn, live.id, "a", "HARD 10 spent 0 reserved 8 left 2");
	cairn_changed changed;
	ct_ok(cairn_job_heartbeat(conn, &other.lease, 1, 2 * CAIRN_HOUR, &changed, ct_err()));
	ct_set_now(over);
	ct_ok(reserve(&other, &step, &bound, 1));
	ct_ok(complete(&other, &step, &bound, 1));
	ct_purse(conn, live.id, "a", "HARD 10 spent 8 reserved 0 left 2");
	ct_ledger(conn, live.id);
}

/* ---- replayed ------------------------------------------------------------------------------------ */

/* What a program sees: a budget, a step of 7, a budget, another step, a budget. */
static const char *program(ct_play *live)
{
	const char *seen = "";
	for (int i = 0; i < 3; i++) {
		cairn_budget budget = { .spent = -1 };
		if (i > 0) {
			cairn_charge usage = ct_usage("a", 7);
			cairn_replay_step step = ct_ask_for(live->replay, ct_format("step%d", i));
			if (step.next == CAIRN_NEXT_RUN)
				ct_ok(complete(live, &step, &usage, 1));
		}
		ct_ok(cairn_replay_budget(live->replay, CAIRN_STR("a"), &budget, ct_err()));
		ct_str(budget.axis, "a");
		ct_id(budget.root, live->id);
		seen = ct_format("%s%lld/%lld ", seen, (long long)budget.spent,
				 (long long)budget.remaining);
	}
	return seen;
}

static void the_same_again(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_aside(conn);
	ct_limit(conn, live.id, "a", CAIRN_BUDGET_SOFT, 50);
	ct_text(program(&live), "0/50 7/43 14/36 ");
	ct_int(ct_memos(conn, live.id)->count, 5);
	ct_str(ct_memos(conn, live.id)->at[0].kind, "budget");
	const char *ledger = ct_ledger(conn, live.id);
	ct_spends(ct_charge(conn, ct_entry(live.id, "x", 30)), CAIRN_OK, NULL);
	ct_play other = live;
	ct_play_takeover(conn, &other);
	ct_budget(conn);
	ct_text(program(&other), "0/50 7/43 14/36 ");
	ct_spent(conn, 0, "what is remembered", 5);
	ct_int(ct_memos(conn, live.id)->count, 5);
	ct_booked(conn, live.id, ct_format("%s a:s/x=30", ledger));
	ct_play_fail(&other, "it.broke");
	cairn_resume resume = ct_resumption(live.id);
	ct_resume_replay(conn, &resume);
	ct_play resumed = ct_play_of(conn, live.id);
	ct_text(program(&resumed), "0/50 7/43 14/36 ");
	ct_purse(conn, live.id, "a", "SOFT 50 spent 44 reserved 0 left 6");
}

static cairn_budget seen_by(ct_play *live)
{
	cairn_budget budget = { .spent = -1 };
	ct_ok(cairn_replay_budget(live->replay, CAIRN_STR("a"), &budget, ct_err()));
	return budget;
}

static void parent_and_child(void)
{
	cairn_conn *conn = ct_open();
	ct_play parent = ct_play_aside(conn);
	ct_limit(conn, parent.id, "a", CAIRN_BUDGET_HARD, 50);
	ct_play_paid(&parent, "mine", "a", 7);
	cairn_id id = ct_child_of(&parent, "c", "below");
	ct_play_suspend(&parent);
	ct_play child = ct_play_of(conn, id);
	ct_int(seen_by(&child).spent, 7);
	ct_play_paid(&child, "its", "a", 7);
	ct_spends(ct_reserve(conn, ct_entry(id, "held", 5), CAIRN_HOUR), CAIRN_OK, NULL);
	cairn_budget budget = seen_by(&child);
	ct_spends(ct_release(conn, ct_entry(id, "held", 5)), CAIRN_OK, NULL);
	ct_int(budget.spent, 14);
	ct_int(budget.reserved, 5);
	ct_int(budget.remaining, 31);
	ct_id(budget.root, parent.id);
	ct_play_succeed(&child, "1");
	ct_play again = ct_play_of(conn, parent.id);
	ct_play_knows(&again, "mine", "1");
	ct_next(ct_child(again.replay, "c"), RESULT);
	budget = seen_by(&again);
	ct_int(budget.spent, 14);
	ct_int(budget.total, 50);
	ct_int(budget.remaining, 36);
	entry_is(conn, &child, 1, source_of(&child, 2, 1), 7);
	ct_play_succeed(&again, NULL);
	ct_purse(conn, parent.id, "a", "HARD 50 spent 14 reserved 0 left 36");
	ct_ledger(conn, parent.id);
}

#define COST .kind = CT_VERB, .store = CT_REPLAYS

static const ct_case cases[] = {
	{ .name = "replays.budget.usage_is_charged_with_the_end",
	  COST,
	  .rule = "A step that completes charges its usage in the same commit, under the source "
		  "step and <run>/<seq>/<attempt>, once.",
	  .covers = "smol-68",
	  .run = charged_with_the_end },
	{ .name = "replays.budget.failed_attempts_are_charged",
	  COST,
	  .rule = "What a failed attempt of a step cost is charged, each under a source of its "
		  "own.",
	  .covers = "smol-69",
	  .run = failures_are_charged },
	{ .name = "replays.budget.an_end_that_exceeds_is_refused_as_a_whole",
	  COST,
	  .rule = "An end whose usage would exceed one HARD total writes nothing, of the other "
		  "axes neither, and the step can still be ended.",
	  .run = refused_as_a_whole },
	{ .name = "replays.budget.amounts_out_of_range_are_refused",
	  COST,
	  .rule = "Negative amounts are refused before any I/O, and what goes beyond 2^63 - 1 "
		  "by the ledger; nothing is dropped.",
	  .covers = "smol-70",
	  .run = out_of_range },
	{ .name = "replays.budget.what_was_reserved_is_charged_by_the_end",
	  COST,
	  .rule = "The end of a step charges what was reserved for it, as one entry, whatever the "
		  "amount was.",
	  .run = reserved_then_charged },
	{ .name = "replays.budget.a_step_reserves_all_or_none",
	  COST,
	  .rule = "Of several axes one that does not fit refuses all of them.",
	  .run = all_or_none },
	{ .name = "replays.budget.what_a_dead_worker_reserved_comes_back",
	  COST,
	  .rule = "What a worker reserved that died counts until it is over, and then no more; "
		  "the next attempt reserves anew.",
	  .run = of_a_worker_that_died },
	{ .name = "replays.budget.a_replay_sees_what_was_seen",
	  COST,
	  .rule = "A program that is replayed sees the same values at the same points, whatever "
		  "was charged meanwhile, and charges nothing again.",
	  .covers = "smol-67",
	  .run = the_same_again },
	{ .name = "replays.budget.parent_and_child_share_it",
	  COST,
	  .rule = "A child spends from its root's budget: it sees 7 before and 14 after, and so "
		  "does its parent.",
	  .covers = "smol-66, smol-70",
	  .run = parent_and_child },
};

CT_GROUP(replay_budget, cases);
