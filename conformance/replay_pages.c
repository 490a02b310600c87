/* replay_pages.c - many steps: read by pages, asked for in batches; what calls cost; many runs side by side. */
#include "ct_replay.h"

#define MANY 1000

static void names_of(cairn_replay_call *calls, size_t n)
{
	for (size_t i = 0; i < n; i++)
		calls[i] = ct_call_named(ct_format("v%zu", i));
}

/* A run that remembers so many values, each its own number. */
static ct_play with_values(cairn_conn *conn, cairn_replay_call *calls, size_t n)
{
	ct_play play = ct_play_new(conn);
	cairn_str *values = ct_alloc(n * sizeof(*values));
	cairn_replay_step *each = ct_alloc(n * sizeof(*each));
	names_of(calls, n);
	for (size_t i = 0; i < n; i++)
		values[i] = cairn_str_of(ct_format("%zu", i));
	ct_ok(cairn_replay_value(play.replay, calls, values, n, each, ct_err()));
	return play;
}

static cairn_replay *begin_by(cairn_conn *conn, const ct_play *play, uint32_t page)
{
	cairn_replay_opts opts = { .size = sizeof(opts), .page = page };
	return ct_play_begin(conn, play->lease, &opts);
}

static cairn_replay_step value_of(cairn_replay *replay, const cairn_replay_call *call)
{
	cairn_str other = CAIRN_STR("\"other\"");
	cairn_replay_step step = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_replay_value(replay, call, &other, 1, &step, ct_err()));
	ct_each(step, CAIRN_OK, NULL);
	return step;
}

static void found_one_by_one(cairn_conn *conn, const ct_play *play, cairn_replay_call *calls,
			     uint32_t page, uint64_t trips)
{
	ct_budget(conn);
	cairn_replay *replay = begin_by(conn, play, page);
	for (size_t i = 0; i < MANY; i++) {
		ct_int(cairn_replay_replaying(replay), 1);
		cairn_replay_step step = value_of(replay, &calls[i]);
		ct_result(step, ct_format("%zu", i));
		ct_int(step.seq, i + 1);
		ct_int(step.replayed, 1);
	}
	ct_spent(conn, trips, "pages of steps", page);
	ct_int(cairn_replay_replaying(replay), 0);
}

static void by_pages(void)
{
	cairn_conn *conn = ct_open();
	cairn_replay_call calls[MANY];
	ct_play play = with_values(conn, calls, MANY);
	found_one_by_one(conn, &play, calls, 3, 334);
	found_one_by_one(conn, &play, calls, 256, 4);
	found_one_by_one(conn, &play, calls, 0, 4);
	found_one_by_one(conn, &play, calls, 1000, 1);
	ct_int(ct_played(conn, play.id)->steps, MANY);
}

static void in_one_batch(void)
{
	cairn_conn *conn = ct_open();
	cairn_replay_call calls[MANY];
	cairn_str values[MANY] = { { NULL, 0 } };
	cairn_replay_step each[MANY];
	ct_play play = with_values(conn, calls, MANY);
	cairn_replay *replay = begin_by(conn, &play, 256);
	ct_ok(cairn_replay_value(replay, calls, values, MANY, each, ct_err()));
	for (size_t i = 0; i < MANY; i++)
		ct_result(each[i], ct_format("%zu", i));
}

static void in_another_order(void)
{
	cairn_conn *conn = ct_open();
	cairn_replay_call calls[20];
	ct_play play = with_values(conn, calls, 20);
	cairn_replay *replay = begin_by(conn, &play, 3);
	for (size_t i = 20; i-- > 0;) {
		cairn_replay_step step = value_of(replay, &calls[i]);
		ct_result(step, ct_format("%zu", i));
	}
	/* What is new is new wherever the program comes to it. */
	replay = begin_by(conn, &play, 3);
	cairn_replay_step step = ct_ask_run(replay, "new");
	ct_int(step.seq, 21);
	step = value_of(replay, &calls[0]);
	ct_result(step, "0");
}

static void on_a_later_page(void)
{
	cairn_conn *conn = ct_open();
	cairn_replay_call calls[7];
	ct_play play = with_values(conn, calls, 7);
	cairn_replay_step held = ct_ask_run(play.replay, "held");
	cairn_replay_step failed = ct_ask_run(play.replay, "failed");
	ct_step_fail(play.replay, &failed, "upstream.down");
	ct_sleep(play.replay, CAIRN_HOUR);
	/* Each page is read as it stands then. */
	cairn_replay *replay = begin_by(conn, &play, 2);
	ct_step_complete(play.replay, &held, "\"meanwhile\"");
	for (size_t i = 0; i < 7; i++)
		value_of(replay, &calls[i]);
	cairn_replay_step step = ct_ask_for(replay, "held");
	ct_result(step, "\"meanwhile\"");
	step = ct_ask_for(replay, "failed");
	ct_next(step, FAILED);
	ct_str(step.error_code, "upstream.down");
	step = ct_sleep(replay, CAIRN_HOUR);
	ct_next(step, SUSPEND);
	ct_int(step.seq, 10);
}

static void pages_out_of_range(void)
{
	cairn_conn *conn = ct_open();
	ct_play play = ct_play_new(conn);
	cairn_replay_opts opts = { .size = sizeof(opts), .page = 1001 };
	cairn_replay *replay = NULL;
	ct_true(cairn_replay_begin(conn, &play.lease, &opts, &replay, ct_err()) != CAIRN_OK);
	ct_true(replay == NULL);
}

/* ---- what calls cost ------------------------------------------------------------------------------------ */

static void a_program_costs(cairn_conn *conn)
{
	ct_play play = { .id = ct_play_add(conn) };
	cairn_replay_call calls[10];
	cairn_replay_step each[10];
	cairn_charge usage = { .axis = CAIRN_STR("tokens"), .amount = 7 };
	names_of(calls, 10);
	play.lease = ct_play_claim(conn, play.id);
	ct_budget(conn);
	play.replay = ct_play_begin(conn, play.lease, NULL);
	ct_spent(conn, 1, "begin", 1);
	ct_ok(cairn_replay_step_begin(play.replay, calls, 10, each, ct_err()));
	ct_spent(conn, 1, "new steps", 10);
	ct_step_complete(play.replay, &each[0], "1");
	ct_spent(conn, 1, "complete", 1);
	ct_ok(cairn_replay_reserve(play.replay, &each[1], &usage, 1, 0, ct_err()));
	ct_spent(conn, 1, "reserve", 1);
	ct_ok(cairn_replay_complete(play.replay, &each[1], CAIRN_STR("1"), &usage, 1, ct_err()));
	ct_spent(conn, 1, "complete with a charge", 1);
	ct_step_fail(play.replay, &each[2], "upstream.down");
	ct_spent(conn, 1, "fail", 1);
	ct_sleep(play.replay, CAIRN_HOUR);
	ct_spent(conn, 1, "sleep", 1);
	ct_await(play.replay, "go", -1);
	ct_spent(conn, 1, "signal", 1);
	cairn_id kid = ct_child(play.replay, "kid").child;
	ct_spent(conn, 1, "child", 1);
	ct_play_suspend(&play);
	ct_spent(conn, 1, "suspend", 1);
	ct_signal(conn, play.id, "go", NULL);
	ct_spent(conn, 1, "send", 1);
	ct_cancel(conn, kid);
	play.lease = ct_play_claim(conn, play.id);
	ct_budget(conn);
	play.replay = ct_play_begin(conn, play.lease, NULL);
	ct_spent(conn, 1, "begin again", 1);
	ct_ok(cairn_replay_step_begin(play.replay, calls, 3, each, ct_err()));
	ct_spent(conn, 0, "known steps", 3);
	ct_play_succeed(&play, NULL);
	ct_spent(conn, 1, "finish", 1);
}

static void costs(void)
{
	cairn_conn *conn = ct_open();
	/* Several times: the first may meet a session that knows no statement yet. */
	for (int i = 0; i < 3; i++)
		a_program_costs(conn);
}

/* ---- side by side -------------------------------------------------------------------------------------------- */

#define RUNS  6
#define STEPS 3

static void one_of_six(cairn_conn *conn, unsigned number, void *arg)
{
	const cairn_id *ids = arg;
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	cairn_charge usage = { .axis = CAIRN_STR("tokens"), .amount = 1 };
	cairn_jobs *jobs = NULL;
	cairn_replay *replay = NULL;
	opts.queue = cairn_str_of(ct_format("q%u", number));
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, ids[number]);
	cairn_lease lease = cairn_job_lease(&jobs->at[0]);
	cairn_free(jobs);
	ct_ok(cairn_replay_begin(conn, &lease, NULL, &replay, ct_err()));
	for (int i = 0; i < STEPS; i++) {
		cairn_replay_step step = ct_ask_run(replay, "a");
		ct_ok(cairn_replay_complete(replay, &step, CAIRN_STR("1"), &usage, 1, ct_err()));
	}
	cairn_finish finish = { .how = CAIRN_FINISH_SUCCESS };
	ct_ok(cairn_replay_finish(replay, &finish, ct_err()));
	cairn_replay_close(replay);
}

static void six_side_by_side(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[RUNS];
	int64_t steps = 0;
	int64_t tokens = 0;
	ct_define(conn, "t");
	for (unsigned i = 0; i < RUNS; i++) {
		cairn_job_new job = ct_new("t");
		job.queue = cairn_str_of(ct_format("q%u", i));
		ids[i] = ct_add(conn, &job);
	}
	ct_race(RUNS, one_of_six, ids);
	for (size_t i = 0; i < RUNS; i++) {
		const cairn_replay_run *run = ct_played(conn, ids[i]);
		cairn_budgets *budgets = NULL;
		cairn_entries *entries = NULL;
		cairn_entry_filter filter = { .size = sizeof(filter),
					      .scope = cairn_any(),
					      .run = ids[i] };
		ct_ok(cairn_budget_read(conn, cairn_any(), ids[i], &budgets, ct_err()));
		ct_later(budgets);
		ct_ok(cairn_budget_entries(conn, &filter, &entries, ct_err()));
		ct_later(entries);
		ct_int(run->status, CAIRN_REPLAY_SUCCEEDED);
		ct_int(entries->count, STEPS);
		ct_text(ct_remembers(conn, ids[i]), "a=COMPLETED a#2=COMPLETED a#3=COMPLETED");
		steps += run->completed;
		tokens += budgets->at[0].spent;
	}
	ct_int(steps, 18);
	ct_int(tokens, 18);
}

#define VERB   .kind = CT_VERB, .store = CT_REPLAYS
#define BUDGET .kind = CT_BUDGET, .store = CT_REPLAYS

static const ct_case cases[] = {
	{ .name = "replays.pages.a_thousand_steps",
	  BUDGET,
	  .rule = "Remembered steps cost one round trip for each page of them, whatever its size, "
		  "and each is found.",
	  .run = by_pages },
	{ .name = "replays.pages.a_thousand_in_one_batch",
	  VERB,
	  .rule = "A batch finds its steps on all pages.",
	  .run = in_one_batch },
	{ .name = "replays.pages.in_another_order",
	  VERB,
	  .rule = "A program that asks in another order finds what is remembered, too.",
	  .run = in_another_order },
	{ .name = "replays.pages.on_a_later_page",
	  VERB,
	  .rule = "Steps of later pages are answered as those of the first.",
	  .run = on_a_later_page },
	{ .name = "replays.pages.of_no_size",
	  VERB,
	  .rule = "A page has at most 1000 steps.",
	  .run = pages_out_of_range },
	{ .name = "replays.pages.what_calls_cost",
	  BUDGET,
	  .rule = "Each call of a program is one round trip, and none where all is known.",
	  .run = costs },
	{ .name = "replays.pages.six_runs_side_by_side",
	  .kind = CT_RACE,
	  .store = CT_REPLAYS,
	  .rule = "Six runs of three steps at once are 18 steps and 18 entries, each run's own.",
	  .covers = "smol-59",
	  .run = six_side_by_side },
};

CT_GROUP(replay_pages, cases);
