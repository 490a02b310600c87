/*
 * durable.c - durable functions on a worker: steps alone and side by side, failures, suspensions, signals, children,
 * budgets; a hard stop; a store without them.
 */
#include "durables.h"

/* ---- one after the other ---------------------------------------------------------- */

struct counted {
	store *one;
	atomic_int calls;
	atomic_int starts;
	atomic_int most; /* at once */
	atomic_int now;
	atomic_int fail_until; /* this many calls fail */
	const char *fail_code;
	cairn_id id;
};

/* Answers [input,index], and costs 7. */
static int count_work(void *user, cairn_work *work)
{
	struct counted *counted = user;
	char text[128];
	cairn_str input = cairn_work_input(work);
	int now = atomic_fetch_add(&counted->now, 1) + 1;
	int most = atomic_load(&counted->most);
	while (now > most && !atomic_compare_exchange_weak(&counted->most, &most, now))
		;
	int call = atomic_fetch_add(&counted->calls, 1) + 1;
	cairn_work_charge(work, CAIRN_STR("tokens"), 3);
	cairn_work_charge(work, CAIRN_STR("tokens"), 4);
	nap(20);
	atomic_fetch_sub(&counted->now, 1);
	if (call <= atomic_load(&counted->fail_until))
		return cairn_work_fail(work, cairn_str_of(counted->fail_code), CAIRN_STR("No."));
	int len = snprintf(text, sizeof text, "[%.*s,%zu]", (int)input.len, input.ptr,
			   cairn_work_index(work));
	cairn_work_result(work, (cairn_str){ text, (size_t)len });
	return 1;
}

static enum cairn_finish_how sequence(void *user, cairn_durable *run)
{
	struct counted *counted = user;
	cairn_replay_call call = { .kind = CAIRN_STR("count"),
				   .input = CAIRN_STR("1"),
				   .max_attempts = 3,
				   .retry = { .base = 20 * CAIRN_MILLISECOND, .jitter = -1 } };
	cairn_str first;
	cairn_str second;
	cairn_time before;
	cairn_budget budget;
	char text[256];
	atomic_fetch_add(&counted->starts, 1);
	if (!cairn_durable_now(run, &before) ||
	    !cairn_durable_call(run, &call, count_work, counted, &first) ||
	    !cairn_durable_sleep(run, 30 * CAIRN_MILLISECOND))
		return cairn_durable_end(run);
	call.input = first;
	if (!cairn_durable_call(run, &call, count_work, counted, &second) ||
	    !cairn_durable_budget(run, CAIRN_STR("tokens"), &budget))
		return cairn_durable_end(run);
	int len = snprintf(text, sizeof text, "[%.*s,%lld]", (int)second.len, second.ptr,
			   (long long)budget.spent);
	return cairn_durable_return(run, (cairn_str){ text, (size_t)len });
}

static void runs_in_sequence(store *one)
{
	struct counted counted = { .fail_until = 2, .fail_code = "busy" };
	cairn_durable_program program = program_of(sequence, &counted);
	define_quick(one, "sequence");
	cairn_jobs *jobs = live(one, &program, add(one, "sequence", 1));
	ok(jobs->at[0].status == CAIRN_JOB_SUCCEEDED, "%s: it came to its end", one->name);
	/* three tries of the first step, each at 7, and one of the second */
	ok(output_is(jobs, "[[[1,0],0],28]"), "%s: with what its steps said and cost", one->name);
	is_int(atomic_load(&counted.calls), 4, "two tries failed, two did not");
	is_int(atomic_load(&counted.starts), 4, "two retries and a sleep suspended it");
	cairn_free(jobs);
}

/* ---- side by side --------------------------------------------------------------------- */

static enum cairn_finish_how fan(void *user, cairn_durable *run)
{
	struct counted *counted = user;
	cairn_replay_call calls[6];
	cairn_str results[6];
	char text[256];
	int len = 0;
	for (int i = 0; i < 6; i++)
		calls[i] =
			(cairn_replay_call){ .kind = CAIRN_STR("count"), .input = CAIRN_STR("0") };
	const cairn_durable_batch batch = { .size = sizeof batch,
					    .calls = calls,
					    .n = 6,
					    .work = count_work,
					    .user = counted,
					    .width = 2 };
	if (!cairn_durable_calls(run, &batch, results))
		return cairn_durable_end(run);
	for (int i = 0; i < 6; i++)
		len += snprintf(text + len, sizeof text - (size_t)len, "%s%.*s", i > 0 ? "," : "[",
				(int)results[i].len, results[i].ptr);
	text[len] = ']';
	return cairn_durable_return(run, (cairn_str){ text, (size_t)len + 1 });
}

static void runs_side_by_side(store *one)
{
	struct counted counted = { .fail_until = 0 };
	cairn_durable_program program = program_of(fan, &counted);
	define_quick(one, "fan");
	cairn_jobs *jobs = live(one, &program, add(one, "fan", 1));
	ok(output_is(jobs, "[[0,0],[0,1],[0,2],[0,3],[0,4],[0,5]]"), "%s: results in order",
	   one->name);
	is_int(atomic_load(&counted.calls), 6, "each was done once");
	is_int(atomic_load(&counted.most), 2, "two at a time");
	cairn_free(jobs);
}

/* ---- failures ---------------------------------------------------------------------------- */

static enum cairn_finish_how once_only(void *user, cairn_durable *run)
{
	struct counted *counted = user;
	cairn_replay_call call = { .kind = CAIRN_STR("count"), .input = CAIRN_STR("1") };
	cairn_str result;
	atomic_fetch_add(&counted->starts, 1);
	if (!cairn_durable_call(run, &call, count_work, counted, &result))
		return cairn_durable_end(run);
	return cairn_durable_return(run, result);
}

static enum cairn_finish_how catching(void *user, cairn_durable *run)
{
	struct counted *counted = user;
	cairn_replay_call call = { .kind = CAIRN_STR("count"), .input = CAIRN_STR("1") };
	atomic_fetch_add(&counted->starts, 1);
	if (!cairn_durable_call(run, &call, count_work, counted, NULL) &&
	    !cairn_durable_caught(run))
		return cairn_durable_end(run);
	/* the failure is remembered, too: behind the sleep it is still the same */
	if (!cairn_durable_sleep(run, 20 * CAIRN_MILLISECOND))
		return cairn_durable_end(run);
	return cairn_durable_return(run, CAIRN_STR("\"caught\""));
}

/* Sleeps, and then fails: each time anew. */
static enum cairn_finish_how never(void *user, cairn_durable *run)
{
	cairn_replay_call call = { .kind = CAIRN_STR("x"), .name = CAIRN_STR("x") };
	if (!cairn_durable_sleep(run, CAIRN_MILLISECOND))
		return cairn_durable_end(run);
	cairn_durable_call(run, &call, count_work, user, NULL);
	if (!cairn_durable_caught(run) || !cairn_durable_sleep(run, CAIRN_MILLISECOND))
		return cairn_durable_end(run);
	call.name = CAIRN_STR("y");
	cairn_durable_call(run, &call, count_work, user, NULL);
	return cairn_durable_end(run);
}

static int hopeless(void *user, cairn_work *work)
{
	atomic_fetch_add((atomic_int *)user, 1);
	return cairn_work_give_up(work, CAIRN_STR("wrong"), CAIRN_STR("Never."));
}

static enum cairn_finish_how giving_up(void *user, cairn_durable *run)
{
	cairn_replay_call call = { .kind = CAIRN_STR("x") };
	cairn_durable_call(run, &call, hopeless, user, NULL);
	return cairn_durable_end(run);
}

/* Is suspended once, so that the failure is one that is remembered. */
static enum cairn_finish_how giving_up_late(void *user, cairn_durable *run)
{
	struct counted *counted = user;
	cairn_replay_call call = { .kind = CAIRN_STR("x"), .max_attempts = 2 };
	cairn_durable_call(run, &call, hopeless, &counted->calls, NULL);
	if (atomic_fetch_add(&counted->starts, 1) == 0 && cairn_durable_caught(run))
		cairn_durable_sleep(run, CAIRN_MILLISECOND);
	return cairn_durable_end(run);
}

static void fails(store *one)
{
	struct counted counted = { .fail_until = 1, .fail_code = "busy" };
	cairn_durable_program program = program_of(once_only, &counted);
	define_quick(one, "fails");
	cairn_jobs *jobs = live(one, &program, add(one, "fails", 1));
	ok(jobs->at[0].status == CAIRN_JOB_SUCCEEDED, "%s: a later attempt tries again", one->name);
	is_int(atomic_load(&counted.starts), 2, "which is the second");
	cairn_free(jobs);

	atomic_store(&counted.calls, 0);
	atomic_store(&counted.starts, 0);
	program = program_of(catching, &counted);
	jobs = live(one, &program, add(one, "fails", 1));
	ok(output_is(jobs, "\"caught\""), "%s: a program may go on without", one->name);
	is_int(atomic_load(&counted.calls), 1, "and is told the same behind its sleep");
	cairn_free(jobs);

	struct counted endless = { .fail_until = 1000, .fail_code = "busy" };
	program = program_of(never, &endless);
	jobs = live(one, &program, add(one, "fails", 1));
	ok(jobs->at[0].status == CAIRN_JOB_DEAD_LETTERED, "%s: suspensions give no attempts anew",
	   one->name);
	is_int(atomic_load(&endless.calls), 6, "three attempts of two steps");
	cairn_free(jobs);

	atomic_int calls = 0;
	program = program_of(giving_up, &calls);
	jobs = live(one, &program, add(one, "fails", 1));
	ok(jobs->at[0].status == CAIRN_JOB_DEAD_LETTERED && is(jobs->at[0].error_code, "wrong"),
	   "%s: what is given up ends the run", one->name);
	is_int(atomic_load(&calls), 1, "at once");
	cairn_free(jobs);

	struct counted late = { .fail_until = 0 };
	program = program_of(giving_up_late, &late);
	jobs = live(one, &program, add(one, "fails", 1));
	ok(jobs->at[0].status == CAIRN_JOB_DEAD_LETTERED && jobs->at[0].attempt == 1,
	   "%s: so does what is remembered as given up", one->name);
	is_int(atomic_load(&late.calls), 1, "and is not done again");
	cairn_free(jobs);
}

/* ---- what is refused, and what is long -------------------------------------------------- */

#define LONG_CODE \
	"an.error.code.that.is.longer.than.what.an.error.object.has.room.for.since.names.may.be"

/* A message that no store takes as it is: cut in the middle of a letter, and with a byte that is none. */
static int rambling(void *user, cairn_work *work)
{
	static char message[9000];
	(void)user;
	memset(message, 'x', sizeof message);
	message[10] = '\xff';
	for (size_t i = 20; i + 1 < sizeof message; i += 2)
		memcpy(message + i, "\xc3\xa9", 2);
	return cairn_work_give_up(work, CAIRN_STR(LONG_CODE),
				  (cairn_str){ message, sizeof message });
}

static int wasteful(void *user, cairn_work *work)
{
	atomic_fetch_add((atomic_int *)user, 1);
	cairn_work_charge(work, CAIRN_STR("tokens"), 11);
	cairn_work_result(work, CAIRN_STR("1"));
	return 1;
}

static int malformed(void *user, cairn_work *work)
{
	atomic_fetch_add((atomic_int *)user, 1);
	cairn_work_charge(work, CAIRN_STR("tokens"), 4);
	cairn_work_result(work, CAIRN_STR("{"));
	return 1;
}

struct only {
	cairn_work_fn *work;
	atomic_int calls;
};

static enum cairn_finish_how only_call(void *user, cairn_durable *run)
{
	struct only *only = user;
	cairn_replay_call call = { .kind = CAIRN_STR("x"), .max_attempts = 3 };
	cairn_durable_call(run, &call, only->work, &only->calls, NULL);
	return cairn_durable_end(run);
}

/* What the run of this step ends with; it is done once. Its budget has 10 tokens, of which this many are spent. */
static void refused(store *one, cairn_work_fn *work, const char *code, int64_t spent)
{
	struct only only = { .work = work };
	cairn_durable_program program = program_of(only_call, &only);
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_budgets *budgets = NULL;
	const cairn_budget_new budget = { .axis = CAIRN_STR("tokens"), .total = 10 };
	cairn_id id = add(one, "fails", 1);
	must(cairn_budget_set(one->conn, cairn_any(), id, &budget, 1, &err), &err, "set");
	ends_with(one, &program, id, code);
	must(cairn_budget_read(one->conn, cairn_any(), id, &budgets, &err), &err, "read");
	is_int(budgets->at[0].spent, spent, "and cost what its budget bears");
	cairn_free(budgets);
}

static void refuses(store *one)
{
	refused(one, rambling, LONG_CODE, 0);
	refused(one, wasteful, "budget.exceeded", 0);
	refused(one, malformed, "json.invalid", 4);
}

/* ---- malformed calls ---------------------------------------------------------------------- */

static enum cairn_finish_how batching(void *user, cairn_durable *run)
{
	const cairn_durable_batch *batch = user;
	if (!cairn_durable_calls(run, batch, NULL))
		return cairn_durable_end(run);
	return cairn_durable_return(run, CAIRN_STR("true"));
}

static enum cairn_finish_how timeless(void *user, cairn_durable *run)
{
	(void)user;
	cairn_durable_now(run, NULL);
	return cairn_durable_end(run);
}

static enum cairn_finish_how forgetful(void *user, cairn_durable *run)
{
	cairn_str *nowhere = user;
	if (!cairn_durable_value(run, CAIRN_STR("v"), CAIRN_STR("1"), nowhere) ||
	    !cairn_durable_signal(run, CAIRN_STR("never"), 0, nowhere) ||
	    !cairn_durable_child(run, NULL, 0, nowhere))
		return cairn_durable_end(run);
	cairn_durable_budget(run, CAIRN_STR("tokens"), NULL);
	return cairn_durable_end(run);
}

static void batch_refused(store *one, cairn_durable_batch *batch, const char *code)
{
	cairn_durable_program program = program_of(batching, batch);
	ends_with(one, &program, add(one, "fails", 1), code);
}

static void refuses_batches(store *one)
{
	struct counted counted = { .fail_until = 0 };
	cairn_replay_call call = { .kind = CAIRN_STR("count"), .input = CAIRN_STR("0") };
	cairn_durable_program program;
	const cairn_durable_batch fine = { .size = sizeof fine,
					   .calls = &call,
					   .n = 1,
					   .work = count_work,
					   .user = &counted,
					   .width = 64 };
	cairn_durable_batch batch = fine;
	batch.reserved_ = 7;
	batch_refused(one, &batch, "arg.reserved");
	batch = fine;
	batch.width = 65;
	batch_refused(one, &batch, "arg.invalid");
	batch = fine;
	batch.size--;
	batch_refused(one, &batch, "arg.invalid");
	batch = fine;
	batch.work = NULL;
	batch_refused(one, &batch, "arg.invalid");
	batch.n = 0;
	batch_refused(one, &batch, "arg.invalid");
	batch = fine;
	batch.calls = NULL;
	batch_refused(one, &batch, "arg.invalid");
	batch_refused(one, NULL, "arg.invalid");
	is_int(atomic_load(&counted.calls), 0, "nothing of them is done");
	batch = fine;
	program = program_of(batching, &batch);
	cairn_jobs *jobs = live(one, &program, add(one, "fails", 1));
	ok(output_is(jobs, "true"), "%s: 64 is a width", one->name);
	cairn_free(jobs);
}

static void refuses_nowhere(store *one)
{
	cairn_durable_program program = program_of(timeless, NULL);
	ends_with(one, &program, add(one, "fails", 1), "arg.invalid");
	program = program_of(forgetful, NULL);
	ends_with(one, &program, add(one, "fails", 1), "arg.invalid");
	program = program_of(NULL, NULL);
	ends_with(one, &program, add(one, "fails", 1), "arg.invalid");
}

/* ---- signals and children --------------------------------------------------------------------- */

static enum cairn_finish_how family(void *user, cairn_durable *run)
{
	struct counted *counted = user;
	cairn_child_new children[2] = {
		{ .type = CAIRN_STR("child"), .input = CAIRN_STR("1") },
		{ .type = CAIRN_STR("child"), .input = CAIRN_STR("2") },
	};
	cairn_str outputs[2];
	cairn_str word;
	cairn_str late;
	char text[128];
	atomic_fetch_add(&counted->starts, 1);
	if (is(cairn_context_job(cairn_durable_context(run))->type, "child"))
		return cairn_durable_return(run,
					    cairn_context_job(cairn_durable_context(run))->payload);
	if (!cairn_durable_child(run, children, 2, outputs) ||
	    !cairn_durable_signal(run, CAIRN_STR("go"), -1, &word) ||
	    !cairn_durable_signal(run, CAIRN_STR("never"), 20 * CAIRN_MILLISECOND, &late))
		return cairn_durable_end(run);
	int len = snprintf(text, sizeof text, "[%.*s,%.*s,%.*s,%d]", (int)outputs[0].len,
			   outputs[0].ptr, (int)outputs[1].len, outputs[1].ptr, (int)word.len,
			   word.ptr, late.ptr != NULL);
	return cairn_durable_return(run, (cairn_str){ text, (size_t)len });
}

static void has_family(store *one)
{
	struct counted counted = { .fail_until = 0 };
	cairn_durable_program program = program_of(family, &counted);
	cairn_error err = CAIRN_ERROR_INIT;
	define_quick(one, "family");
	define_quick(one, "child");
	cairn_id id = add(one, "family", 1);
	cairn_signal_new signal = { .run = id,
				    .name = CAIRN_STR("go"),
				    .payload = CAIRN_STR("\"on\"") };
	must(cairn_signal_send(one->conn, cairn_any(), &signal, 1, NULL, &err), &err, "send");
	cairn_jobs *jobs = live(one, &program, id);
	ok(output_is(jobs, "[1,2,\"on\",0]"), "%s: children, a signal, and one that did not come",
	   one->name);
	cairn_free(jobs);
}

/* A child finds out when it begins that its parent was canceled, and is not tried again. */
static void is_orphaned(store *one)
{
	struct counted counted = { .fail_until = 0 };
	cairn_durable_program program = program_of(family, &counted);
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_claim_opts opts = { .size = sizeof opts, .worker = CAIRN_STR("by hand") };
	cairn_child_new child = { .type = CAIRN_STR("child"), .input = CAIRN_STR("1") };
	cairn_replay_step step;
	cairn_replay *replay = NULL;
	cairn_jobs *jobs = NULL;
	cairn_id id = add(one, "family", 1);
	must(cairn_job_claim(one->conn, &opts, &jobs, &err), &err, "claim");
	cairn_lease lease = cairn_job_lease(&jobs->at[0]);
	must(cairn_replay_begin(one->conn, &lease, NULL, &replay, &err), &err, "begin");
	must(cairn_replay_child(replay, &child, 1, &step, &err), &err, "child");
	cairn_replay_close(replay);
	must(cairn_job_cancel(one->conn, cairn_any(), &id, 1, CAIRN_STR("no"), NULL, &err), &err,
	     "cancel");
	cairn_free(jobs);
	jobs = live(one, &program, step.child);
	ok(jobs->at[0].status == CAIRN_JOB_DEAD_LETTERED &&
		   is(jobs->at[0].error_code, "run.canceled"),
	   "%s: a child of a canceled run ends", one->name);
	is_int(jobs->at[0].attempt, 1, "and is not tried again");
	cairn_free(jobs);
}

/* ---- a hard stop ---------------------------------------------------------------------------- */

static int long_work(void *user, cairn_work *work)
{
	struct counted *counted = user;
	atomic_fetch_add(&counted->calls, 1);
	(void)work;
	nap(300);
	return 1;
}

static enum cairn_finish_how long_run(void *user, cairn_durable *run)
{
	cairn_replay_call call = { .kind = CAIRN_STR("long") };
	if (!cairn_durable_call(run, &call, long_work, user, NULL) ||
	    !cairn_durable_call(run, &call, long_work, user, NULL))
		return cairn_durable_end(run);
	return cairn_durable_return(run, CAIRN_STR("true"));
}

static void is_stopped(store *one)
{
	struct counted counted = { .fail_until = 0 };
	cairn_durable_program program = program_of(long_run, &counted);
	struct run run;
	define_quick(one, "long");
	cairn_id id = add(one, "long", 1);
	prepare(&run, one, cairn_durable_handler, &program);
	run.opts.grace = 5 * CAIRN_SECOND;
	start(&run);
	ok(soon(&counted.calls, 1), "%s: at work", one->name);
	end(&run, CAIRN_STOP_HARD);
	cairn_jobs *jobs = get(one, id);
	ok(jobs->at[0].status == CAIRN_JOB_PENDING && jobs->at[0].attempt == 0,
	   "%s: a hard stop gives it back, and costs no attempt", one->name);
	cairn_free(jobs);
	jobs = live(one, &program, id);
	is_int(atomic_load(&counted.calls), 2, "what was done is not done again");
	ok(output_is(jobs, "true"), "%s: and it comes to its end", one->name);
	cairn_free(jobs);
}

static void tour(store *one)
{
	runs_in_sequence(one);
	runs_side_by_side(one);
	fails(one);
	refuses(one);
	refuses_batches(one);
	refuses_nowhere(one);
	has_family(one);
	is_orphaned(one);
	is_stopped(one);
}

int main(void)
{
	alarm(120); /* a worker that goes wrong may never stop */
	each_store("t", tour);
	return tap_done();
}
