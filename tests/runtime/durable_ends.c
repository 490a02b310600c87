/*
 * durable_ends.c - how durable functions end: failures beside what is tried again, an overlooked 0, attempts that are
 * used up, another code, a budget held by the dead, a database that goes while work is done, a hard stop that work hears of.
 */
#include <cairn/sys/budget.h>

#include "durables.h"

#define QUICK .retry = { .base = CAIRN_MILLISECOND, .jitter = -1 }

static atomic_int starts;
static atomic_int calls;

/* Forgets the former one; answers a job of a type that is tried three times. */
static cairn_id fresh(store *one, const char *type)
{
	atomic_store(&starts, 0);
	atomic_store(&calls, 0);
	define_quick(one, type);
	return add(one, type, 1);
}

static bool message_is(const cairn_jobs *jobs, const char *text)
{
	bool same = is(jobs->at[0].error_message, text);
	if (!same)
		printf("# %.*s\n", (int)jobs->at[0].error_message.len,
		       jobs->at[0].error_message.ptr);
	return same;
}

static void set_budget(store *one, cairn_id id, int64_t total)
{
	cairn_error err = CAIRN_ERROR_INIT;
	const cairn_budget_new budget = { .axis = CAIRN_STR("tokens"), .total = total };
	must(cairn_budget_set(one->conn, cairn_any(), id, &budget, 1, &err), &err, "set");
}

static int64_t spent(store *one, cairn_id id)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_budgets *budgets = NULL;
	must(cairn_budget_read(one->conn, cairn_any(), id, &budgets, &err), &err, "read");
	int64_t amount = budgets->count > 0 ? budgets->at[0].spent : 0;
	cairn_free(budgets);
	return amount;
}

/* ---- some fail, and others are not over ------------------------------------------------ */

static cairn_str or_null(cairn_str text)
{
	return text.ptr != NULL ? text : CAIRN_STR("null");
}

static enum cairn_finish_how both(cairn_durable *run, const cairn_str *results)
{
	char text[128];
	cairn_str first = or_null(results[0]);
	cairn_str second = or_null(results[1]);
	int len = snprintf(text, sizeof text, "[%.*s,%.*s]", (int)first.len, first.ptr,
			   (int)second.len, second.ptr);
	return cairn_durable_return(run, (cairn_str){ text, (size_t)len });
}

/* "bad" gives up, "late" has a result when it is tried again. */
static int bad_or_late(void *user, cairn_work *work)
{
	(void)user;
	atomic_fetch_add(&calls, 1);
	if (is(cairn_work_input(work), "\"bad\""))
		return cairn_work_give_up(work, CAIRN_STR("wrong"), CAIRN_STR("Never."));
	if (cairn_work_attempt(work) == 1)
		return cairn_work_fail(work, CAIRN_STR("busy"), CAIRN_STR("Later."));
	cairn_work_result(work, CAIRN_STR("\"got\""));
	return 1;
}

static enum cairn_finish_how mixed(void *user, cairn_durable *run)
{
	const cairn_str *inputs = user;
	cairn_replay_call steps[2];
	cairn_str results[2] = { CAIRN_STR("0"), CAIRN_STR("0") };
	for (int i = 0; i < 2; i++)
		steps[i] = (cairn_replay_call){
			.kind = CAIRN_STR("x"), .input = inputs[i], .max_attempts = 3, QUICK
		};
	const cairn_durable_batch batch = {
		.size = sizeof batch, .calls = steps, .n = 2, .work = bad_or_late, .width = 1
	};
	atomic_fetch_add(&starts, 1);
	if (!cairn_durable_calls(run, &batch, results) && !cairn_durable_caught(run))
		return cairn_durable_end(run);
	if (!cairn_durable_sleep(run, CAIRN_MILLISECOND))
		return cairn_durable_end(run);
	return both(run, results);
}

/* What the first of two steps is, and the other one. */
static void waits_for_all(store *one, const char *first, const char *second, const char *output)
{
	cairn_str inputs[2] = { cairn_str_of(first), cairn_str_of(second) };
	cairn_durable_program program = program_of(mixed, inputs);
	cairn_jobs *jobs = live(one, &program, fresh(one, "mixed"));
	ok(output_is(jobs, output), "%s: %s and %s: a failure counts when all have ended",
	   one->name, first, second);
	is_int(atomic_load(&calls), 3, "of which one was tried again");
	is_int(atomic_load(&starts), 3, "after a suspension; and one was slept");
	cairn_free(jobs);
}

static enum cairn_finish_how parent(void *user, cairn_durable *run)
{
	const cairn_job *job = cairn_context_job(cairn_durable_context(run));
	cairn_child_new children[2] = {
		{ .type = CAIRN_STR("bad"), .max_attempts = 1 },
		{ .type = CAIRN_STR("slow") },
	};
	cairn_str outputs[2] = { CAIRN_STR("0"), CAIRN_STR("0") };
	(void)user;
	if (is(job->type, "bad"))
		return CAIRN_FINISH_TERMINAL;
	if (is(job->type, "slow"))
		return cairn_durable_sleep(run, 300 * CAIRN_MILLISECOND)
			       ? cairn_durable_return(run, CAIRN_STR("\"done\""))
			       : cairn_durable_end(run);
	if (!cairn_durable_child(run, children, 2, outputs) && !cairn_durable_caught(run))
		return cairn_durable_end(run);
	return both(run, outputs);
}

static void waits_for_children(store *one)
{
	cairn_durable_program program = program_of(parent, NULL);
	define_quick(one, "bad");
	define_quick(one, "slow");
	cairn_jobs *jobs = live(one, &program, fresh(one, "parent"));
	ok(output_is(jobs, "[null,\"done\"]"), "%s: so with children", one->name);
	cairn_free(jobs);
}

/* ---- the program's own answers ------------------------------------------------------------ */

static int busy(void *user, cairn_work *work)
{
	(void)user;
	atomic_fetch_add(&calls, 1);
	return cairn_work_fail(work, CAIRN_STR("busy"), CAIRN_STR("No."));
}

/* Is suspended in each attempt, and says itself that it is to be tried again. */
static enum cairn_finish_how again_and_again(void *user, cairn_durable *run)
{
	cairn_replay_call call = { .kind = CAIRN_STR("x"), .max_attempts = 2, QUICK };
	(void)user;
	atomic_fetch_add(&starts, 1);
	cairn_durable_call(run, &call, busy, NULL, NULL);
	if (cairn_durable_state(run) == CAIRN_DURABLE_SUSPENDED)
		return cairn_durable_end(run);
	cairn_context_error(cairn_durable_context(run), CAIRN_STR("app.again"),
			    CAIRN_STR("Again."));
	return CAIRN_FINISH_RETRYABLE;
}

static void uses_its_attempts(store *one)
{
	cairn_durable_program program = program_of(again_and_again, NULL);
	cairn_jobs *jobs = live(one, &program, fresh(one, "again"));
	ok(jobs->at[0].status == CAIRN_JOB_DEAD_LETTERED && is(jobs->at[0].error_code, "app.again"),
	   "%s: a program that is to be tried again has its attempts", one->name);
	is_int(atomic_load(&starts), 6, "three, each with a suspension");
	cairn_free(jobs);
}

static int hopeless(void *user, cairn_work *work)
{
	(void)user;
	return cairn_work_give_up(work, CAIRN_STR("wrong"), CAIRN_STR("Never."));
}

static enum cairn_finish_how overlooks(void *user, cairn_durable *run)
{
	const bool *fails = user;
	cairn_replay_call call = { .kind = CAIRN_STR("x") };
	atomic_fetch_add(&starts, 1);
	cairn_durable_sleep(run, CAIRN_MILLISECOND);
	if (*fails)
		cairn_durable_call(run, &call, hopeless, NULL, NULL);
	return CAIRN_FINISH_SUCCESS;
}

static enum cairn_finish_how just_ends(void *user, cairn_durable *run)
{
	(void)user;
	return cairn_durable_end(run);
}

static void is_no_success(store *one)
{
	bool fails = false;
	cairn_durable_program program = program_of(overlooks, &fails);
	cairn_jobs *jobs = live(one, &program, fresh(one, "overlooks"));
	ok(jobs->at[0].status == CAIRN_JOB_SUCCEEDED, "%s: an overlooked sleep", one->name);
	is_int(atomic_load(&starts), 2, "is slept");
	cairn_free(jobs);

	fails = true;
	ends_with(one, &program, fresh(one, "overlooks"), "wrong");

	program = program_of(just_ends, NULL);
	jobs = live(one, &program, fresh(one, "ends"));
	ok(jobs->at[0].status == CAIRN_JOB_SUCCEEDED && jobs->at[0].output.len == 0,
	   "%s: an end where nothing failed is a success without an output", one->name);
	cairn_free(jobs);
}

/* ---- another code ------------------------------------------------------------------------------ */

static enum cairn_finish_how awaits(void *user, cairn_durable *run)
{
	(void)user;
	atomic_fetch_add(&starts, 1);
	if (!cairn_durable_signal(run, CAIRN_STR("go"), -1, NULL))
		return cairn_durable_end(run);
	return cairn_durable_return(run, CAIRN_STR("true"));
}

/* Works until the job is back in the queue for this reason. */
static cairn_jobs *live_until(store *one, cairn_durable_program *program, cairn_id id,
			      const char *reason)
{
	struct run run;
	cairn_jobs *jobs = NULL;
	prepare(&run, one, cairn_durable_handler, program);
	start(&run);
	for (int i = 0; i < 500; i++) {
		cairn_free(jobs);
		jobs = get(one, id);
		if (jobs->at[0].status != CAIRN_JOB_LEASED &&
		    (is(jobs->at[0].status_reason, reason) || jobs->at[0].finished_at != 0))
			break;
		nap(10);
	}
	end(&run, CAIRN_STOP_SOFT);
	return jobs;
}

static void is_left_to_its_code(store *one)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_time now = 0;
	cairn_durable_program old = program_of(awaits, NULL);
	cairn_durable_program new = program_of(awaits, NULL);
	cairn_id id = fresh(one, "coded");
	cairn_signal_new signal = { .run = id, .name = CAIRN_STR("go") };
	cairn_job_patch patch = { .id = id, .set = CAIRN_JOB_RUN_AT, .run_at = 1 };
	old.code = CAIRN_STR("v1");
	new.code = CAIRN_STR("v2");
	cairn_free(live_until(one, &old, id, "CONTINUED"));
	int begun = atomic_load(&starts);
	must(cairn_signal_send(one->conn, cairn_any(), &signal, 1, NULL, &err), &err, "send");
	cairn_jobs *jobs = live_until(one, &new, id, "replay.code_mismatch");
	must(cairn_now(one->conn, &now, &err), &err, "now");
	ok(jobs->at[0].status == CAIRN_JOB_PENDING && jobs->at[0].attempt == 0,
	   "%s: another code's worker gives it back, and says why", one->name);
	ok(jobs->at[0].run_at > now + 30 * CAIRN_SECOND, "for a while");
	is_int(atomic_load(&starts), begun, "its function is not called");
	cairn_free(jobs);
	must(cairn_job_edit(one->conn, cairn_any(), &patch, 1, NULL, &err), &err, "edit");
	jobs = live(one, &old, id);
	ok(output_is(jobs, "true"), "%s: and the old code's goes on", one->name);
	cairn_free(jobs);
}

/* ---- reserved -------------------------------------------------------------------------------------- */

/* Reserves 60, costs 50. */
static int dear(void *user, cairn_work *work)
{
	(void)user;
	atomic_fetch_add(&calls, 1);
	if (!cairn_work_reserve(work, CAIRN_STR("tokens"), 60))
		return 0;
	cairn_work_charge(work, CAIRN_STR("tokens"), 50);
	cairn_work_result(work, CAIRN_STR("true"));
	return 1;
}

static enum cairn_finish_how spends(void *user, cairn_durable *run)
{
	cairn_work_fn **work = user;
	cairn_replay_call call = { .kind = CAIRN_STR("x"), .name = CAIRN_STR("dear") };
	cairn_str result;
	if (!cairn_durable_call(run, &call, *work, NULL, &result))
		return cairn_durable_end(run);
	return cairn_durable_return(run, result);
}

/* A worker that reserves, and is not heard of again. */
static void dies(store *one)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_claim_opts opts = { .size = sizeof opts,
				  .worker = CAIRN_STR("by hand"),
				  .lease = CAIRN_SECOND };
	cairn_replay_call call = { .kind = CAIRN_STR("x"), .name = CAIRN_STR("dear") };
	cairn_charge charge = { .axis = CAIRN_STR("tokens"), .amount = 60 };
	cairn_replay_step step;
	cairn_replay *replay = NULL;
	cairn_jobs *jobs = NULL;
	must(cairn_job_claim(one->conn, &opts, &jobs, &err), &err, "claim");
	cairn_lease lease = cairn_job_lease(&jobs->at[0]);
	must(cairn_replay_begin(one->conn, &lease, NULL, &replay, &err), &err, "begin");
	must(cairn_replay_step_begin(replay, &call, 1, &step, &err), &err, "step");
	must(cairn_replay_reserve(replay, &step, &charge, 1, 0, &err), &err, "reserve");
	cairn_replay_close(replay);
	cairn_free(jobs);
}

static void inherits(store *one)
{
	cairn_work_fn *work = dear;
	cairn_durable_program program = program_of(spends, &work);
	cairn_id id = fresh(one, "spends");
	set_budget(one, id, 100);
	dies(one);
	cairn_jobs *jobs = live(one, &program, id);
	ok(output_is(jobs, "true"), "%s: what a dead worker reserved does not stop the next",
	   one->name);
	is_int(jobs->at[0].attempt, 2, "which is the second");
	cairn_free(jobs);
}

/* ---- the database goes while work is done --------------------------------------------------------- */

static struct {
	cairn_driver driver;
	cairn_budget_ops budgets;
	const cairn_driver *real;
	atomic_int fails; /* this many calls, with this code */
	cairn_code code;
} faulty;

static cairn_status faulty_write(void *self, const cairn_budget_plan *plan,
				 cairn_budget_result *each, cairn_error *err)
{
	if (atomic_fetch_sub(&faulty.fails, 1) > 0)
		return cairn_fail(err, faulty.code);
	return faulty.real->budgets->write(self, plan, each, err);
}

/* The run that reserves while this many calls fail so. */
static void survives(store *one, int fails, cairn_code code, int attempts)
{
	cairn_work_fn *work = dear;
	cairn_durable_program program = program_of(spends, &work);
	cairn_id id = fresh(one, "spends");
	store shaky = *one;
	faulty.real = one->driver;
	faulty.driver = *one->driver;
	faulty.budgets = *one->driver->budgets;
	faulty.budgets.write = faulty_write;
	faulty.driver.budgets = &faulty.budgets;
	faulty.code = code;
	set_budget(one, id, 100);
	atomic_store(&faulty.fails, fails);
	shaky.driver = &faulty.driver;
	cairn_jobs *jobs = live(&shaky, &program, id);
	ok(output_is(jobs, "true"), "%s: %s is not the end", one->name, cairn_code_text(code));
	is_int(jobs->at[0].attempt, attempts, "of a run that had so many attempts");
	is_int(atomic_load(&calls), attempts, "in each it was done once");
	cairn_free(jobs);
}

static void survives_all(store *one)
{
	survives(one, 2, CAIRN_E_DB_BUSY, 1);
	survives(one, 1, CAIRN_E_CONN_CLOSED, 1);
	survives(one, 1, CAIRN_E_DB_UNCERTAIN, 1);
	survives(one, 1, CAIRN_E_DB_SCHEMA, 2);
}

/* ---- what was wrong -------------------------------------------------------------------------------- */

static int wasteful(void *user, cairn_work *work)
{
	(void)user;
	cairn_work_charge(work, CAIRN_STR("others"), 1);
	cairn_work_charge(work, CAIRN_STR("tokens"), 11);
	return 1;
}

static int malformed(void *user, cairn_work *work)
{
	(void)user;
	cairn_work_result(work, CAIRN_STR("{"));
	return 1;
}

static enum cairn_finish_how changes(void *user, cairn_durable *run)
{
	cairn_work_fn **work = user;
	bool first = atomic_fetch_add(&starts, 1) == 0;
	cairn_replay_call call = { .kind = CAIRN_STR("x"),
				   .name = CAIRN_STR("mine"),
				   .input = first ? CAIRN_STR("1") : CAIRN_STR("2") };
	if (cairn_durable_call(run, &call, *work, NULL, NULL))
		cairn_durable_sleep(run, CAIRN_MILLISECOND);
	return cairn_durable_end(run);
}

static int fine(void *user, cairn_work *work)
{
	(void)user;
	(void)work;
	return 1;
}

static void says(store *one, cairn_durable_fn *fn, cairn_work_fn *work, const char *code,
		 const char *message)
{
	cairn_durable_program program = program_of(fn, &work);
	cairn_id id = fresh(one, "says");
	set_budget(one, id, 10);
	cairn_jobs *jobs = live(one, &program, id);
	ok(is(jobs->at[0].error_code, code) && message_is(jobs, message), "%s: %s says of what",
	   one->name, code);
	cairn_free(jobs);
}

static void says_what(store *one)
{
	says(one, changes, fine, "replay.signature_mismatch",
	     "step mine: Another step is remembered under this name.");
	says(one, spends, wasteful, "budget.exceeded",
	     "result of dear: axis tokens: The budget does not suffice.");
	says(one, spends, dear, "budget.exceeded", "axis tokens: The budget does not suffice.");
	cairn_durable_program program;
	cairn_work_fn *work = malformed;
	program = program_of(spends, &work);
	cairn_jobs *jobs = live(one, &program, fresh(one, "says"));
	ok(is(jobs->at[0].error_code, "json.invalid") && jobs->at[0].error_message.len > 16 &&
		   memcmp(jobs->at[0].error_message.ptr, "result of dear: ", 16) == 0,
	   "%s: so does a result that is none", one->name);
	cairn_free(jobs);
}

/* ---- work that hears of a stop ------------------------------------------------------------------- */

/* Until it is told to stop; or, when that has been, not at all. */
static int patient(void *user, cairn_work *work)
{
	atomic_int *stopped = user;
	cairn_context *context = cairn_work_context(work);
	atomic_fetch_add(&calls, 1);
	cairn_context_progress(context, atomic_load(&calls), -1);
	if (atomic_load(stopped) > 0) {
		cairn_work_charge(work, CAIRN_STR("tokens"), 2);
		return 1;
	}
	while (cairn_context_wait(context, CAIRN_HOUR) == CAIRN_CANCEL_NONE)
		;
	cairn_work_charge(work, CAIRN_STR("tokens"), 5);
	return cairn_work_fail(work, CAIRN_STR("stopped"), CAIRN_STR("Not done."));
}

static enum cairn_finish_how patiently(void *user, cairn_durable *run)
{
	cairn_replay_call steps[3];
	for (int i = 0; i < 3; i++)
		steps[i] = (cairn_replay_call){ .kind = CAIRN_STR("long") };
	const cairn_durable_batch batch = { .size = sizeof batch,
					    .calls = steps,
					    .n = 3,
					    .work = patient,
					    .user = user,
					    .width = 3 };
	if (!cairn_durable_calls(run, &batch, NULL))
		return cairn_durable_end(run);
	return cairn_durable_return(run, CAIRN_STR("true"));
}

static void hears(store *one)
{
	atomic_int stopped = 0;
	cairn_durable_program program = program_of(patiently, &stopped);
	struct run run;
	cairn_id id = fresh(one, "patient");
	prepare(&run, one, cairn_durable_handler, &program);
	run.opts.grace = 5 * CAIRN_SECOND;
	start(&run);
	ok(soon(&calls, 3), "%s: three at work", one->name);
	end(&run, CAIRN_STOP_HARD);
	is_int(run.status, CAIRN_OK, "all heard of the stop");
	cairn_jobs *jobs = get(one, id);
	ok(jobs->at[0].status == CAIRN_JOB_PENDING && jobs->at[0].attempt == 0,
	   "%s: work that was stopped has not failed", one->name);
	cairn_free(jobs);
	atomic_store(&stopped, 1);
	jobs = live(one, &program, id);
	ok(output_is(jobs, "true"), "%s: it is done again", one->name);
	is_int(atomic_load(&calls), 6, "each of them");
	is_int(spent(one, id), 3 * (5 + 2), "and both times cost something");
	cairn_free(jobs);
}

static void tour(store *one)
{
	waits_for_all(one, "\"bad\"", "\"late\"", "[null,\"got\"]");
	waits_for_all(one, "\"late\"", "\"bad\"", "[\"got\",null]");
	waits_for_children(one);
	uses_its_attempts(one);
	is_no_success(one);
	is_left_to_its_code(one);
	inherits(one);
	survives_all(one);
	says_what(one);
	hears(one);
}

int main(void)
{
	alarm(240); /* a worker that goes wrong may never stop */
	each_store("t", tour);
	return tap_done();
}
