/*
 * replay_tx.c - runs, signals and budgets in the caller's transaction, in calls whose answer was lost, and beside what
 * is refused. The subject's own driver breaks, one slot at a time.
 */
#include <cairn/sys/replay.h>

#include "ct_ledger.h"

static const cairn_str none = { NULL, 0 };

/* ---- transactions ------------------------------------------------------------------------------ */

/* What a transaction meets. */
struct field {
	cairn_conn *conn;
	ct_play live; /* at work, with one step done and one under way */
	cairn_replay_step held;
	cairn_id failed;
	cairn_id stop;
	cairn_id old;
};

static struct field field_of(void)
{
	struct field field = { .conn = ct_open() };
	ct_play other = ct_play_aside(field.conn);
	ct_play_fail(&other, "it.broke");
	field.failed = other.id;
	other = ct_play_aside(field.conn);
	ct_child_of(&other, "c", "below");
	field.stop = other.id;
	other = ct_play_aside(field.conn);
	ct_play_did(&other, "x", "1");
	ct_play_succeed(&other, NULL);
	field.old = other.id;
	field.live = ct_play_aside(field.conn);
	ct_play_did(&field.live, "one", "1");
	field.held = ct_ask_run(field.live.replay, "two");
	ct_limit(field.conn, field.live.id, "a", CAIRN_BUDGET_HARD, 100);
	return field;
}

/* Each call once; what it makes. */
static void do_all(struct field *field, ct_play *live, cairn_id *forked)
{
	cairn_conn *conn = field->conn;
	cairn_charge usage = ct_usage("a", 7);
	cairn_replay_step step = field->held;
	cairn_resume resume = ct_resumption(field->failed);
	cairn_fork_new fork = ct_fork(live->id, "one");
	cairn_replay_delete_opts opts = { .size = sizeof(opts),
					  .scope = cairn_any(),
					  .run = field->old };
	cairn_replay_deleted gone;
	cairn_budget seen;
	fork.queue = CAIRN_STR("forked");
	ct_ok(cairn_replay_reserve(live->replay, &step, &usage, 1, 0, ct_err()));
	ct_ok(cairn_replay_complete(live->replay, &step, CAIRN_STR("2"), &usage, 1, ct_err()));
	ct_ok(cairn_replay_budget(live->replay, CAIRN_STR("a"), &seen, ct_err()));
	ct_int(seen.spent, 7);
	ct_spends(ct_charge(conn, ct_entry(live->id, "x", 3)), CAIRN_OK, NULL);
	ct_spends(ct_reserve(conn, ct_entry(live->id, "y", 5), 0), CAIRN_OK, NULL);
	ct_limit(conn, live->id, "a", CAIRN_BUDGET_HARD, 50);
	ct_next(ct_await(live->replay, "go", -1), SUSPEND);
	ct_child_of(live, "child", "below2");
	ct_play_suspend(live);
	ct_int(ct_signal(conn, live->id, "go", "1").woken, 1);
	ct_resume_replay(conn, &resume);
	ct_cancel_replay(conn, field->stop);
	ct_ok(cairn_replay_delete(conn, &opts, &gone, ct_err()));
	ct_int(gone.roots, 1);
	*forked = ct_fork_replay(conn, &fork);
}

static void stands(cairn_conn *conn, const struct field *field, cairn_id forked)
{
	ct_int(ct_memos(conn, field->live.id)->count, 5);
	ct_str(ct_memo(conn, field->live.id, "two")->result, "2");
	ct_purse(conn, field->live.id, "a", "HARD 50 spent 10 reserved 5 left 35");
	ct_ledger(conn, field->live.id);
	ct_int(ct_signals(conn, field->live.id)->count, 1);
	ct_int(ct_job(conn, field->live.id)->run_at, ct_now());
	ct_int(ct_job(conn, field->failed)->run_number, 2);
	ct_replay_stands(conn, field->stop, "CANCELED c=WAITING");
	ct_replay_stands(conn, forked, "ENQUEUED one=COMPLETED");
	ct_true(!ct_exists(conn, field->old));
}

static const char *everything(cairn_conn *conn, const struct field *field)
{
	return ct_format("%s%s%s%s", ct_play_snapshot(conn, field->live.id),
			 ct_play_snapshot(conn, field->failed), ct_play_snapshot(conn, field->stop),
			 ct_play_snapshot(conn, field->old));
}

static void committed(void)
{
	struct field field = field_of();
	cairn_conn *other = ct_open();
	const char *before = everything(other, &field);
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_id forked;
	ct_ok(cairn_begin(field.conn, &tx, ct_err()));
	do_all(&field, &field.live, &forked);
	stands(field.conn, &field, forked);
	ct_text(everything(other, &field), before);
	ct_ok(cairn_commit(&tx, ct_err()));
	stands(other, &field, forked);
	ct_play again = ct_play_of(field.conn, field.live.id);
	ct_play_knows(&again, "two", "2");
}

static void rolled_back(void)
{
	struct field field = field_of();
	const char *before = everything(field.conn, &field);
	size_t jobs = ct_count_jobs(field.conn, 0);
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_id forked;
	ct_ok(cairn_begin(field.conn, &tx, ct_err()));
	ct_play inside = ct_play_under(field.conn, field.live.lease);
	do_all(&field, &inside, &forked);
	cairn_rollback(&tx);
	ct_text(everything(field.conn, &field), before);
	ct_int(ct_count_jobs(field.conn, 0), jobs);
	/* and all of it can be done */
	do_all(&field, &field.live, &forked);
	stands(field.conn, &field, forked);
}

static void begun_inside(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_id id = ct_enqueue(conn, "t");
	cairn_lease lease = ct_claim(conn, "w");
	cairn_replay_runs *runs = NULL;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_play live = ct_play_under(conn, lease);
	ct_play_did(&live, "one", "1");
	ct_replay_stands(conn, id, "RUNNING one=COMPLETED");
	cairn_rollback(&tx);
	ct_status(cairn_replay_get(conn, cairn_any(), id, &runs, ct_err()), CAIRN_NOT_FOUND,
		  "replay.run_not_found");
	cairn_free(runs);
	live = ct_play_under(conn, lease);
	ct_int(ct_played(conn, id)->attempt, 1);
	ct_play_did(&live, "one", "2");
	ct_play_succeed(&live, NULL);
	ct_replay_stands(conn, id, "SUCCEEDED one=COMPLETED");
}

/* The outbox: an application's row and the signal that tells of it. */
static void a_business_row(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	ct_play live = ct_play_aside(conn);
	ct_next(ct_await(live.replay, "paid", -1), SUSPEND);
	ct_play_suspend(&live);
	const char *before = ct_play_snapshot(other, live.id);
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_BEGIN), 0);
	ct_signal(conn, live.id, "paid", "1");
	ct_text(ct_play_snapshot(other, live.id), before);
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_ROLLBACK), 0);
	ct_play_unchanged(conn, live.id, before);
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_BEGIN), 0);
	cairn_id job = ct_enqueue(conn, "t");
	ct_int(ct_signal(conn, live.id, "paid", "2").woken, 1);
	ct_spends(ct_charge(conn, ct_entry(live.id, "x", 3)), CAIRN_OK, NULL);
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_COMMIT), 0);
	ct_true(ct_exists(other, job));
	ct_purse(other, live.id, "a", "open spent 3 reserved 0");
	live = ct_play_of(other, live.id);
	cairn_replay_step step = ct_await(live.replay, "paid", -1);
	ct_result(step, "2");
}

/* ---- outcomes ----------------------------------------------------------------------------------- */

static void refuse_from_outside(struct field *field)
{
	cairn_conn *conn = field->conn;
	cairn_id nobody = cairn_id_new();
	cairn_signal_new item = { .run = field->old, .name = CAIRN_STR("go") };
	cairn_signal_sent sent;
	cairn_replay_changed changed;
	cairn_resume resume = ct_resumption(field->live.id);
	cairn_fork_new fork = ct_fork(field->live.id, "nothing");
	cairn_job_added added;
	cairn_budgets *budgets = NULL;
	ct_ok(cairn_signal_send(conn, cairn_any(), &item, 1, &sent, ct_err()));
	ct_each(sent, CAIRN_STALE, "replay.run_over");
	ct_status(cairn_replay_resume(conn, &resume, &changed, ct_err()), CAIRN_STALE,
		  "replay.run_live");
	ct_status(cairn_replay_fork(conn, &fork, &added, ct_err()), CAIRN_NOT_FOUND,
		  "replay.step_not_found");
	ct_ok(cairn_replay_cancel(conn, cairn_any(), &nobody, 1, none, &changed, ct_err()));
	ct_each(changed, CAIRN_NOT_FOUND, "replay.run_not_found");
	ct_status(cairn_budget_read(conn, cairn_any(), nobody, &budgets, ct_err()), CAIRN_NOT_FOUND,
		  "replay.run_not_found");
	cairn_free(budgets);
}

static void refuse_inside(struct field *field)
{
	cairn_conn *conn = field->conn;
	cairn_id run = field->live.id;
	cairn_charge usage = ct_usage("a", 101);
	cairn_replay_step step = field->held;
	cairn_child_new child = { .type = CAIRN_STR("undefined"), .name = CAIRN_STR("no") };
	cairn_lease lost = field->live.lease;
	cairn_replay *replay = NULL;
	ct_status(cairn_replay_complete(field->live.replay, &step, none, &usage, 1, ct_err()),
		  CAIRN_CONFLICT, "budget.exceeded");
	ct_status(cairn_replay_reserve(field->live.replay, &step, &usage, 1, 0, ct_err()),
		  CAIRN_CONFLICT, "budget.exceeded");
	ct_spends(ct_charge(conn, ct_entry(run, "x", 101)), CAIRN_CONFLICT, "budget.exceeded");
	ct_spends(ct_release(conn, ct_entry(run, "no", 1)), CAIRN_NOT_FOUND,
		  "budget.entry_not_found");
	step.claim = cairn_id_new();
	ct_status(cairn_replay_complete(field->live.replay, &step, none, NULL, 0, ct_err()),
		  CAIRN_STALE, "replay.step_not_held");
	ct_ok(cairn_replay_child(field->live.replay, &child, 1, &step, ct_err()));
	ct_each(step, CAIRN_INVALID, "job.definition_not_found_or_disabled");
	lost.fence++;
	ct_status(cairn_replay_begin(conn, &lost, NULL, &replay, ct_err()), CAIRN_STALE,
		  "job.lease_lost");
}

static void outcomes_leave_it_usable(void)
{
	struct field field = field_of();
	const char *before = everything(field.conn, &field);
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_id forked;
	ct_ok(cairn_begin(field.conn, &tx, ct_err()));
	refuse_from_outside(&field);
	refuse_inside(&field);
	ct_text(everything(field.conn, &field), before);
	do_all(&field, &field.live, &forked);
	ct_ok(cairn_commit(&tx, ct_err()));
	stands(field.conn, &field, forked);
}

static void no_waiting_inside(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_aside(conn);
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_replay_wait_opts opts = { .size = sizeof(opts),
					.scope = cairn_any(),
					.run = live.id };
	cairn_replay_runs *run = NULL;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_status(cairn_replay_wait(conn, &opts, &run, ct_err()), CAIRN_INVALID, "conn.misuse");
	opts.timeout = -1;
	ct_status(cairn_replay_wait(conn, &opts, &run, ct_err()), CAIRN_TIMEOUT,
		  "replay.wait_timeout");
	ct_int(run->at[0].status, CAIRN_REPLAY_RUNNING);
	ct_play_succeed(&live, "1");
	ct_ok(cairn_replay_wait(conn, &opts, &run, ct_err()));
	ct_later(run);
	ct_str(run->at[0].output, "1");
	ct_ok(cairn_commit(&tx, ct_err()));
}

/* ---- answers that got lost ------------------------------------------------------------------------ */

static struct {
	cairn_driver driver;
	cairn_replay_ops replays;
	cairn_budget_ops budgets;
} broken;

static struct {
	cairn_replay_ops replays;
	cairn_budget_ops budgets;
} real;

/* How many answers get lost from now on; and whether what they answer was done. */
static unsigned lost;
static bool done;

static void copy_table(void *to, size_t room, const void *from)
{
	size_t size;
	memcpy(&size, from, sizeof(size));
	memset(to, 0, room);
	memcpy(to, from, size < room ? size : room);
	memcpy(to, &room, sizeof(room));
}

/* Whether this call is not made at all; and what it answers, if it was. */
static bool skipped(cairn_status *status, cairn_error *err)
{
	if (lost == 0 || done)
		return false;
	lost--;
	*status = cairn_fail(err, CAIRN_E_DB_UNCERTAIN);
	return true;
}

static cairn_status answered(cairn_status status, cairn_error *err)
{
	if (status != CAIRN_OK || lost == 0)
		return status;
	lost--;
	return cairn_fail(err, CAIRN_E_DB_UNCERTAIN);
}

static cairn_status on_enter(void *self, const cairn_enter_plan *plan, cairn_entered *each,
			     cairn_rows *memos, cairn_error *err)
{
	cairn_status status;
	if (skipped(&status, err))
		return status;
	return answered(real.replays.enter(self, plan, each, memos, err), err);
}

static cairn_status on_leave(void *self, const cairn_leave_plan *plan, cairn_left *left,
			     cairn_rows *memos, cairn_error *err)
{
	cairn_status status;
	if (skipped(&status, err))
		return status;
	return answered(real.replays.leave(self, plan, left, memos, err), err);
}

static cairn_status on_write(void *self, const cairn_budget_plan *plan, cairn_budget_result *each,
			     cairn_error *err)
{
	cairn_status status;
	if (skipped(&status, err))
		return status;
	return answered(real.budgets.write(self, plan, each, err), err);
}

static cairn_status on_send(void *self, const cairn_signal_plan *plan, cairn_signal_placed *each,
			    cairn_signal_spread *spread, cairn_error *err)
{
	cairn_status status;
	if (skipped(&status, err))
		return status;
	return answered(real.replays.send(self, plan, each, spread, err), err);
}

static cairn_conn *open_broken(bool was_done)
{
	cairn_conn_opts opts = ct_opts();
	copy_table(&broken.driver, sizeof(broken.driver), ct_subject()->driver);
	copy_table(&real.replays, sizeof(real.replays), broken.driver.replays);
	copy_table(&real.budgets, sizeof(real.budgets), broken.driver.budgets);
	broken.replays = real.replays;
	broken.budgets = real.budgets;
	broken.replays.enter = on_enter;
	broken.replays.leave = on_leave;
	broken.replays.send = on_send;
	broken.budgets.write = on_write;
	broken.driver.replays = &broken.replays;
	broken.driver.budgets = &broken.budgets;
	lost = 0;
	done = was_done;
	return ct_open_driver(&broken.driver, &opts);
}

static void uncertain(cairn_status status)
{
	ct_status(status, CAIRN_UNCERTAIN, "db.commit_unconfirmed");
}

static void steps_again(bool was_done)
{
	ct_play live = ct_play_aside(open_broken(was_done));
	cairn_conn *conn = ct_open();
	cairn_replay_call call = { .kind = CAIRN_STR("k"), .name = CAIRN_STR("one") };
	cairn_charge usage = ct_usage("a", 7);
	cairn_replay_failure failure = { .size = sizeof(failure), .usage = &usage };
	cairn_replay_step step;
	cairn_str result = CAIRN_STR("1");
	failure.usage_count = 1;
	lost = 1;
	uncertain(cairn_replay_step_begin(live.replay, &call, 1, &step, ct_err()));
	ct_ok(cairn_replay_step_begin(live.replay, &call, 1, &step, ct_err()));
	ct_str(step.name, "one");
	ct_int(step.next, CAIRN_NEXT_RUN);
	ct_int(step.attempts, 1);
	lost = 1;
	uncertain(cairn_replay_complete(live.replay, &step, result, &usage, 1, ct_err()));
	ct_int(step.next, CAIRN_NEXT_RUN);
	ct_ok(cairn_replay_complete(live.replay, &step, result, &usage, 1, ct_err()));
	ct_int(step.next, CAIRN_NEXT_RESULT);
	ct_purse(conn, live.id, "a", "open spent 7 reserved 0");
	step = ct_ask_run(live.replay, "two");
	lost = 1;
	uncertain(cairn_replay_reserve(live.replay, &step, &usage, 1, 0, ct_err()));
	ct_ok(cairn_replay_reserve(live.replay, &step, &usage, 1, 0, ct_err()));
	ct_purse(conn, live.id, "a", "open spent 7 reserved 7");
	lost = 1;
	uncertain(cairn_replay_fail(live.replay, &step, &failure, ct_err()));
	ct_ok(cairn_replay_fail(live.replay, &step, &failure, ct_err()));
	ct_int(step.next, CAIRN_NEXT_FAILED);
	ct_purse(conn, live.id, "a", "open spent 14 reserved 0");
	ct_int(ct_memo(conn, live.id, "two")->failures, 1);
	ct_replay_stands(conn, live.id, "RUNNING one=COMPLETED two=FAILED");
	ct_int(ct_count_events(conn, live.id, CAIRN_EVENT_STEP_COMPLETED), 1);
	ct_int(ct_count_events(conn, live.id, CAIRN_EVENT_STEP_FAILED), 1);
	ct_ledger(conn, live.id);
}

static void steps_after_all(void)
{
	steps_again(true);
}

static void steps_not_at_all(void)
{
	steps_again(false);
}

static void from_outside_again(void)
{
	cairn_conn *conn = open_broken(true);
	ct_play live = ct_play_aside(conn);
	cairn_entry_new entry = ct_entry(live.id, "x", 7);
	cairn_entry_done told;
	cairn_signal_new item = { .run = live.id,
				  .name = CAIRN_STR("go"),
				  .key = CAIRN_STR("k"),
				  .payload = CAIRN_STR("1") };
	cairn_signal_sent sent;
	lost = 1;
	uncertain(cairn_budget_charge(conn, cairn_any(), &entry, 1, &told, ct_err()));
	ct_ok(cairn_budget_charge(conn, cairn_any(), &entry, 1, &told, ct_err()));
	ct_each(told, CAIRN_OK, NULL);
	ct_int(told.disposition, CAIRN_EXISTING);
	ct_booked(conn, live.id, "a:s/x=7");
	lost = 1;
	uncertain(cairn_signal_send(conn, cairn_any(), &item, 1, &sent, ct_err()));
	ct_ok(cairn_signal_send(conn, cairn_any(), &item, 1, &sent, ct_err()));
	ct_int(sent.disposition, CAIRN_EXISTING);
	ct_int(sent.seq, 1);
	ct_int(ct_signals(conn, live.id)->count, 1);
}

#define TX    .kind = CT_VERB, .store = CT_REPLAYS
#define FAULT .kind = CT_FAULT, .store = CT_REPLAYS

static const ct_case cases[] = {
	{ .name = "replays.tx.done_with_the_commit",
	  TX,
	  .rule = "Steps, waits, signals, charges, ends, resumptions, forks, cancels and deletions "
		  "inside a transaction are seen in it at once, and by others when it commits.",
	  .run = committed },
	{ .name = "replays.tx.gone_with_the_rollback",
	  TX,
	  .rule = "After a rollback everything is as it was, and can be done.",
	  .run = rolled_back },
	{ .name = "replays.tx.a_begin_is_rolled_back",
	  TX,
	  .rule = "A run that was begun in a transaction that is rolled back is none; begun again "
		  "it is the first attempt.",
	  .run = begun_inside },
	{ .name = "replays.tx.a_row_of_the_application_and_a_signal",
	  TX,
	  .needs = CT_NEED_APP,
	  .rule = "A signal goes and comes with the transaction that the application opened.",
	  .run = a_business_row },
	{ .name = "replays.tx.outcomes_leave_it_usable",
	  TX,
	  .rule = "What is refused is only an outcome: the transaction goes on and commits.",
	  .run = outcomes_leave_it_usable },
	{ .name = "replays.tx.nobody_waits_inside",
	  TX,
	  .rule = "Waiting inside a transaction is refused, but for one look.",
	  .run = no_waiting_inside },
	{ .name = "replays.tx.steps_whose_answer_was_lost",
	  FAULT,
	  .rule = "A step that was begun, ended or reserved for, with the answer lost, is told the "
		  "same when it is said again: it is nobody else's, done once and charged once.",
	  .run = steps_after_all },
	{ .name = "replays.tx.steps_that_never_arrived",
	  FAULT,
	  .rule = "What was UNCERTAIN and not done is done when it is said again.",
	  .run = steps_not_at_all },
	{ .name = "replays.tx.charges_and_signals_whose_answer_was_lost",
	  FAULT,
	  .rule = "A charge or a keyed signal that is sent again after UNCERTAIN is there once.",
	  .run = from_outside_again },
};

CT_GROUP(replay_tx, cases);
