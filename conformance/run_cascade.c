/*
 * run_cascade.c - ends that go on: through one, two and five levels, a thousand at once, ladders and joins at
 * unequal distances. All of it happens in the call of the first end, and is bounded there.
 */
#include "ct_graph_model.h"

/* "s0 s1:s0! … sN:sN-1!" and one that begins when the last has ended. */
static const char *chain(unsigned depth)
{
	const char *words = "s0";
	for (unsigned i = 1; i <= depth; i++)
		words = ct_format("%s s%u:s%u!", words, i, i - 1);
	return ct_format("%s last:s%u", words, depth);
}

static void through(unsigned depth)
{
	ct_play play = ct_play_words(chain(depth));
	ct_advance(CAIRN_SECOND);
	ct_play_ends(&play, "s0-");
	const cairn_steps *steps = ct_run_steps(play.conn, play.run);
	ct_int(steps->count, depth + 2);
	for (unsigned i = 1; i <= depth; i++) {
		ct_int(steps->at[i].status, CAIRN_STEP_CANCELED);
		ct_int(steps->at[i].finished_at, ct_now());
	}
	ct_int(steps->at[depth + 1].status, CAIRN_STEP_ENQUEUED);
	ct_int(ct_run(play.conn, play.run)->status, CAIRN_RUN_RUNNING);
	ct_play_ends(&play, "last+");
	ct_int(ct_run(play.conn, play.run)->status, CAIRN_RUN_COMPLETED_WITH_ERRORS);
}

static void one_level(void)
{
	through(1);
}

static void two_levels(void)
{
	through(2);
}

static void five_levels(void)
{
	through(5);
}

static void sixty_levels(void)
{
	through(60);
}

/* Each level of two waits for both of the level before. */
static void a_ladder(void)
{
	const char *words = "a0 b0";
	for (unsigned i = 1; i <= 5; i++)
		words = ct_format("%s a%u:a%u!,b%u b%u:a%u!,b%u!", words, i, i - 1, i - 1, i, i - 1,
				  i - 1);
	ct_play play = ct_play_words(words);
	ct_play_ends(&play, "a0+ b0-");
	ct_play_ends(&play, "a1+");
	ct_play_ends(&play, "a2~");
	ct_int(ct_run(play.conn, play.run)->status, CAIRN_RUN_COMPLETED_WITH_ERRORS);
}

/* The join hears of one prerequisite early and of the other three levels later. */
static void unequal_ways(void)
{
	ct_play play = ct_play_words("a b:a! c:b! d:c! near:a join:d,near!,a far:join! x:join");
	ct_play_ends(&play, "a-");
	ct_int(ct_run_step(play.conn, play.run, "join")->pending, 1);
	ct_play_ends(&play, "near-");
	ct_play_ends(&play, "x+");
	play = ct_play_words("a b:a! c:b! d:c! e:a!,d far:e!,b! end:far,a,c");
	ct_play_ends(&play, "a-");
	ct_stands(play.conn, play.run,
		  "RUNNING a=FAILED b=CANCELED c=CANCELED d=CANCELED e=CANCELED far=CANCELED "
		  "end=ENQUEUED");
}

static void gates_on_the_way(void)
{
	ct_play play = ct_play_words("g* h*:g! a:h! i*:a j*:i b:j!");
	ct_play_ends(&play, "g-");
	ct_stands(play.conn, play.run,
		  "RUNNING g=FAILED h=CANCELED a=CANCELED i=WAITING_FOR_EXTERNAL j=BLOCKED "
		  "b=BLOCKED");
	ct_play_ends(&play, "i+ j~");
	ct_int(ct_run(play.conn, play.run)->status, CAIRN_RUN_COMPLETED_WITH_ERRORS);
}

/* ---- a thousand ------------------------------------------------------------------- */

#define WIDE 1000

static const char *fan(const char *first, const char *edge)
{
	const char *words = first;
	for (unsigned i = 0; i < WIDE; i++)
		words = ct_format("%s w%u:%s", words, i, edge);
	return words;
}

static const char *join(const char *words)
{
	words = ct_format("%s join:w0", words);
	for (unsigned i = 1; i < WIDE; i++)
		words = ct_format("%s,w%u%s", words, i, i % 2 ? "" : "!");
	return words;
}

static ct_play wide(const char *words)
{
	ct_play play = ct_play_words(words);
	ct_int(ct_run(play.conn, play.run)->counts.blocked, play.model->n - 1);
	return play;
}

/* Ends a; what it may cost: a release and one more look, however many there are. */
static void end_bounded(ct_play *play, enum cairn_step_status to, uint64_t most)
{
	cairn_lease lease = ct_claim_step(play->conn, play->run, "a");
	cairn_finish end = to == CAIRN_STEP_SUCCEEDED
				   ? ct_success(lease)
				   : ct_failure(lease, CAIRN_FINISH_TERMINAL, "broken");
	ct_budget(play->conn);
	ct_finish(play->conn, end);
	ct_spent(play->conn, most, "the end of a step before a thousand", 1);
	ct_model_end(play->model, "a", to);
	ct_model_agrees(play->conn, play->run, play->model);
}

static void a_thousand_begin(void)
{
	ct_play play = wide(fan("a", "a!"));
	end_bounded(&play, CAIRN_STEP_SUCCEEDED, 1);
	ct_int(ct_run(play.conn, play.run)->counts.enqueued, WIDE);
	ct_int(ct_count_jobs(play.conn, 1u << CAIRN_JOB_PENDING), 1000);
}

static void a_thousand_are_canceled(void)
{
	ct_play play = wide(fan("a", "a!"));
	end_bounded(&play, CAIRN_STEP_FAILED, ct_further(play.conn));
	ct_int(ct_run(play.conn, play.run)->counts.canceled, WIDE);
	ct_int(ct_run(play.conn, play.run)->status, CAIRN_RUN_COMPLETED_WITH_ERRORS);
}

static void a_thousand_and_on(void)
{
	ct_play play = wide(ct_format("%s end:join!", join(fan("a", "a!"))));
	end_bounded(&play, CAIRN_STEP_FAILED, ct_further(play.conn));
	ct_int(ct_run(play.conn, play.run)->counts.canceled, WIDE + 2);
}

static void a_thousand_are_swept(void)
{
	cairn_conn *conn = ct_open();
	cairn_run_new dag = ct_dag(fan("g* a", "g"));
	dag.on_failure = CAIRN_ON_FAILURE_FAIL_FAST;
	ct_play play = ct_play_run(conn, &dag);
	ct_play_ends(&play, "g+");
	ct_int(ct_run(conn, play.run)->counts.enqueued, WIDE + 1);
	ct_play_ends(&play, "a-");
	ct_int(ct_run(conn, play.run)->counts.canceled, WIDE);
	ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_CANCELED), WIDE);
}

/* Hundreds end in one call, and one waits for all of them. */
static void hundreds_end_at_once(void)
{
	enum { MANY = 300 };
	cairn_conn *conn = ct_open();
	cairn_finish *items = ct_alloc(MANY * sizeof(*items));
	const char *words = "w0";
	const char *last = "join:w0!";
	for (unsigned i = 1; i < MANY; i++) {
		words = ct_format("%s w%u", words, i);
		last = ct_format("%s,w%u!", last, i);
	}
	cairn_run_new dag = ct_dag(ct_format("%s %s", words, last));
	for (unsigned i = 0; i < MANY; i++)
		ct_dag_step(&dag, ct_format("w%u", i))->queue = CAIRN_STR("line");
	ct_play play = ct_play_run(conn, &dag);
	cairn_claim_opts opts = ct_claim_opts("w", MANY);
	cairn_jobs *jobs = NULL;
	opts.queue = CAIRN_STR("line");
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_int(jobs->count, MANY);
	for (unsigned i = 0; i < MANY; i++) {
		items[i] = ct_success(cairn_job_lease(&jobs->at[i]));
		ct_model_name(play.model, ct_format("w%u", i), CAIRN_STEP_SUCCEEDED);
	}
	ct_ok(cairn_job_finish(conn, items, MANY, NULL, ct_err()));
	ct_model_settle(play.model);
	ct_model_agrees(conn, play.run, play.model);
	ct_int(ct_run_step(conn, play.run, "join")->status, CAIRN_STEP_ENQUEUED);
}

static void many_runs_are_canceled(void)
{
	enum { MANY = 50 };
	cairn_conn *conn = ct_open();
	cairn_id runs[MANY];
	cairn_run_changed each[MANY];
	cairn_run_cancel_opts opts = {
		.size = sizeof(opts), .scope = cairn_any(), .runs = runs, .n = MANY
	};
	for (size_t i = 0; i < MANY; i++)
		runs[i] = ct_flow(conn, "a b c:a,b d:c! g*:a");
	ct_ok(cairn_run_cancel(conn, &opts, each, ct_err()));
	for (size_t i = 0; i < MANY; i++) {
		ct_each(each[i], CAIRN_OK, NULL);
		ct_int(each[i].canceled, 5);
		ct_counts_agree(conn, runs[i]);
	}
	ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_CANCELED), 2 * MANY);
}

#define CASCADE .kind = CT_VERB, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.cascade.one_level",
	  CASCADE,
	  .rule = "A failure cancels the next step and releases the one behind it, in one call.",
	  .covers = "runledger Z02",
	  .run = one_level },
	{ .name = "runs.cascade.two_levels",
	  CASCADE,
	  .rule = "A failure goes on through two levels in one call.",
	  .covers = "runledger Z02",
	  .run = two_levels },
	{ .name = "runs.cascade.five_levels",
	  CASCADE,
	  .rule = "A failure goes on through five levels in one call.",
	  .covers = "runledger Z02",
	  .run = five_levels },
	{ .name = "runs.cascade.sixty_levels",
	  CASCADE,
	  .rule = "A failure goes on as far as it goes.",
	  .covers = "runledger Z02",
	  .run = sixty_levels },
	{ .name = "runs.cascade.a_ladder",
	  CASCADE,
	  .rule = "Steps that are reached over several edges at once are ended or released once.",
	  .run = a_ladder },
	{ .name = "runs.cascade.unequal_ways",
	  CASCADE,
	  .rule = "A step that is reached over ways of unequal length waits for the longest.",
	  .covers = "runledger Z03",
	  .run = unequal_ways },
	{ .name = "runs.cascade.gates_on_the_way",
	  CASCADE,
	  .rule = "What follows from a gate goes on through jobs and gates alike, and stops where "
		  "a gate "
		  "opens.",
	  .run = gates_on_the_way },
	{ .name = "runs.cascade.a_thousand_begin_at_once",
	  CASCADE,
	  .rule = "A success releases a thousand dependents in its own round trip.",
	  .covers = "runledger Z14",
	  .run = a_thousand_begin },
	{ .name = "runs.cascade.a_thousand_are_canceled_at_once",
	  CASCADE,
	  .rule = "A failure cancels a thousand dependents, whatever their number in at most four "
		  "round "
		  "trips.",
	  .covers = "runledger Z14",
	  .run = a_thousand_are_canceled },
	{ .name = "runs.cascade.a_thousand_and_on",
	  CASCADE,
	  .rule = "A failure goes on through a thousand steps to the one that waited for them all.",
	  .covers = "runledger Z14",
	  .run = a_thousand_and_on },
	{ .name = "runs.cascade.a_thousand_are_swept",
	  CASCADE,
	  .rule = "A first failure sweeps a thousand steps and their jobs.",
	  .run = a_thousand_are_swept },
	{ .name = "runs.cascade.hundreds_end_in_one_call",
	  CASCADE,
	  .rule = "A call that ends hundreds of steps releases the one that waited for them all.",
	  .run = hundreds_end_at_once },
	{ .name = "runs.cascade.many_runs_are_canceled_in_one_call",
	  CASCADE,
	  .rule = "A call cancels many runs with all that they have.",
	  .covers = "runledger T01",
	  .run = many_runs_are_canceled },
};

CT_GROUP(run_cascade, cases);
