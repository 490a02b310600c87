/*
 * races.c - what one transaction does while another one has not come to its end: to runs and their children, to what is
 * pruned, and to leases. (Budgets: ledgers.c; steps: replays.c)
 */
#include <stdatomic.h>

#include "meanwhile.h"

static bool take(cairn_conn *on, const char *queue, cairn_lease *lease)
{
	cairn_error err = CAIRN_ERROR_INIT;
	const cairn_claim_opts opts = { .size = sizeof opts,
					.worker = CAIRN_STR("w"),
					.queue = cairn_str_of(queue) };
	cairn_jobs *jobs = NULL;
	must(cairn_job_claim(on, &opts, &jobs, &err), &err);
	bool taken = jobs->count == 1;
	if (taken)
		*lease = cairn_job_lease(jobs->at);
	cairn_free(jobs);
	return taken;
}

static cairn_lease must_take(cairn_conn *on, const char *queue)
{
	cairn_lease lease = { .fence = 0 };
	if (!take(on, queue, &lease)) {
		printf("Bail out! nothing to claim in %s\n", queue);
		exit(1);
	}
	return lease;
}

static void finish(cairn_conn *on, cairn_lease lease, enum cairn_finish_how how)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_changed changed;
	cairn_finish one = { .lease = lease, .how = how };
	if (how != CAIRN_FINISH_SUCCESS)
		one.error_code = CAIRN_STR("bad");
	must(cairn_job_finish(on, &one, 1, &changed, &err), &err);
}

static void resume(cairn_conn *on, cairn_id run)
{
	cairn_error err = CAIRN_ERROR_INIT;
	const cairn_resume one = { .size = sizeof one, .scope = cairn_any(), .run = run };
	cairn_replay_changed changed;
	must(cairn_replay_resume(on, &one, &changed, &err), &err);
}

static enum cairn_next ask_child(cairn_replay *replay)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_replay_step step;
	const cairn_child_new child = { .type = CAIRN_STR("t"),
					.name = CAIRN_STR("child"),
					.queue = CAIRN_STR("children"),
					.max_attempts = 1 };
	must(cairn_replay_child(replay, &child, 1, &step, &err), &err);
	return step.next;
}

static void sql(const char *text)
{
	PGresult *result = PQexec(pg, text);
	ExecStatusType status = PQresultStatus(result);
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
		printf("Bail out! %s", PQerrorMessage(pg));
		exit(1);
	}
	PQclear(result);
}

/* What is live, so that a queue is empty again. */
static void forget(void)
{
	sql("DELETE FROM cairn_job_live");
}

static int64_t number(const char *text)
{
	PGresult *result = PQexec(pg, text);
	int64_t n = PQntuples(result) == 1 ? strtoll(PQgetvalue(result, 0, 0), NULL, 10) : -1;
	PQclear(result);
	return n;
}

/* Of another time: its lease is over. */
static void expire(const char *queue)
{
	char text[300];
	snprintf(text, sizeof text,
		 "UPDATE cairn_job_live SET lease_expires_at = now() - interval '1 second', "
		 "reap_at = now() - interval '1 second' WHERE queue = '%s' AND status = 'LEASED'",
		 queue);
	sql(text);
}

/* ---- what is done beside the main thread ------------------------------------------------ */

struct scene {
	cairn_id parent;
	cairn_lease child;
	cairn_id runs[3];
	cairn_signal_sent sent[3];
	size_t pruned;
};

typedef void deed_fn(cairn_conn *on, struct scene *scene);

struct deed {
	deed_fn *fn;
	cairn_conn *on;
	struct scene *scene;
	atomic_bool done;
	pthread_t thread;
};

static void *run_deed(void *user)
{
	struct deed *deed = user;
	deed->fn(deed->on, deed->scene);
	atomic_store(&deed->done, true);
	return NULL;
}

static void start(struct deed *deed, deed_fn *fn, cairn_conn *on, struct scene *scene)
{
	deed->fn = fn;
	deed->on = on;
	deed->scene = scene;
	atomic_init(&deed->done, false);
	pthread_create(&deed->thread, NULL, run_deed, deed);
}

/* An advisory lock of this program's; a transaction stands before it that is about to commit. */
#define SHUT_GATE "SELECT pg_advisory_lock(hashtext(current_schema))"
#define OPEN_GATE "SELECT pg_advisory_unlock(hashtext(current_schema))"
#define AT_GATE \
	"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted " \
	"AND objid::int8 = hashtext(current_schema)::int8 & 4294967295"
#define WAITING \
	"SELECT count(*) + (" AT_GATE ") FROM pg_stat_activity WHERE wait_event_type = 'Lock' " \
	"AND wait_event <> 'advisory' AND query LIKE '%' || current_schema || '%'"

/* It is done, or so many statements of this program wait. */
static void until_done_or(struct deed *deed, const char *waiting, int64_t n)
{
	for (int i = 0; i < 2000; i++) {
		if (atomic_load(&deed->done) || number(waiting) >= n)
			return;
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	}
	printf("Bail out! neither done nor waiting\n");
	exit(1);
}

/* ---- a child ends while its failed parent is resumed --------------------------------------- */

/* While it is shut, ends of children are all but committed. */
static void make_gate(void)
{
	sql("CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT "
	    "AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(hashtext(current_schema)); "
	    "RETURN NULL; END'");
	sql("CREATE CONSTRAINT TRIGGER gate AFTER INSERT ON cairn_job_done "
	    "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.replay = 2) "
	    "EXECUTE FUNCTION gate()");
}

/* A parent that failed, and whose child goes on. */
static struct scene orphan(void)
{
	cairn_lease lease = claim(conn, "t");
	struct scene scene = { .parent = lease.id };
	cairn_replay *replay = begin(conn, &lease);
	ask_child(replay);
	cairn_replay_close(replay);
	finish(conn, lease, CAIRN_FINISH_TERMINAL);
	scene.child = must_take(conn, "children");
	return scene;
}

static void end_child(cairn_conn *on, struct scene *scene)
{
	finish(on, scene->child, CAIRN_FINISH_SUCCESS);
}

static void end_child_in_tx(cairn_conn *on, struct scene *scene)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_tx tx = CAIRN_TX_INIT;
	must(cairn_begin(on, &tx, &err), &err);
	finish(on, scene->child, CAIRN_FINISH_SUCCESS);
	must(cairn_commit(&tx, &err), &err);
}

static void reap(cairn_conn *on, struct scene *scene)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_reap_report *jobs = NULL;
	(void)scene;
	must(cairn_job_reap(on, NULL, &jobs, &err), &err);
	cairn_free(jobs);
}

static void resume_parent(cairn_conn *on, struct scene *scene)
{
	resume(on, scene->parent);
}

/* If the parent is to be had, it asks for its child, and waits if that is not over. */
static bool goes_on(struct scene *scene, bool *over)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_lease lease;
	if (!take(conn, "meanwhile", &lease))
		return false;
	is_int(cairn_id_compare(lease.id, scene->parent), 0, "the parent goes on");
	cairn_replay *replay = begin(conn, &lease);
	*over = ask_child(replay) != CAIRN_NEXT_SUSPEND;
	if (*over)
		cairn_replay_close(replay);
	else
		must(cairn_replay_suspend(replay, &err), &err);
	if (*over)
		finish(conn, lease, CAIRN_FINISH_SUCCESS);
	return true;
}

/* Whatever came first, the parent hears of the end. */
static void hears(struct scene *scene, bool over, const char *what)
{
	if (!over) {
		expire("children");
		reap(conn, scene);
		ok(goes_on(scene, &over) && over, "%s: the parent is woken", what);
	} else {
		ok(over, "%s: the parent has heard", what);
	}
	forget();
}

/* The resume comes while the child ends, and the parent goes on at once. */
static void resumed_behind(deed_fn *end, const char *what)
{
	struct scene scene = orphan();
	struct deed ending;
	struct deed resuming;
	bool over = false;
	if (end == reap)
		expire("children");
	sql(SHUT_GATE);
	start(&ending, end, other, &scene);
	until_done_or(&ending, AT_GATE, 1);
	start(&resuming, resume_parent, conn, &scene);
	until_done_or(&resuming, WAITING, 2);
	if (atomic_load(&resuming.done))
		goes_on(&scene, &over);
	sql(OPEN_GATE);
	pthread_join(ending.thread, NULL);
	pthread_join(resuming.thread, NULL);
	hears(&scene, over, what);
}

/* The child ends while the resume is on its way; the parent goes on before that has come to its end, if it can. */
static void resumed_before(deed_fn *end, const char *what)
{
	struct scene scene = orphan();
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_tx tx = CAIRN_TX_INIT;
	struct deed ending;
	bool over = false;
	if (end == reap)
		expire("children");
	sql(SHUT_GATE);
	must(cairn_begin(conn, &tx, &err), &err);
	resume(conn, scene.parent);
	start(&ending, end, other, &scene);
	until_done_or(&ending, WAITING, 1);
	must(cairn_commit(&tx, &err), &err);
	until_done_or(&ending, AT_GATE, 1);
	goes_on(&scene, &over);
	sql(OPEN_GATE);
	pthread_join(ending.thread, NULL);
	hears(&scene, over, what);
}

static void woken_meanwhile(void)
{
	make_gate();
	resumed_behind(end_child, "resumed behind an end");
	resumed_behind(end_child_in_tx, "resumed behind an end in a transaction");
	resumed_behind(reap, "resumed behind a reaper");
	resumed_before(end_child, "resumed before an end");
	resumed_before(end_child_in_tx, "resumed before an end in a transaction");
	resumed_before(reap, "resumed before a reaper");
}

/* ---- a descendant is resumed while its run is pruned ---------------------------------------- */

static cairn_lease enqueue_run(void)
{
	cairn_error err = CAIRN_ERROR_INIT;
	const cairn_step_new step = { .key = CAIRN_STR("step"),
				      .type = CAIRN_STR("t"),
				      .queue = CAIRN_STR("steps"),
				      .kind = CAIRN_STEP_JOB };
	const cairn_run_new run = { .type = CAIRN_STR("run"), .steps = &step, .step_count = 1 };
	cairn_run_added added;
	must(cairn_run_enqueue(conn, &run, 1, &added, &err), &err);
	return must_take(conn, "steps");
}

static void prune_runs(cairn_conn *on, struct scene *scene)
{
	cairn_error err = CAIRN_ERROR_INIT;
	const cairn_run_prune_filter filter = { .size = sizeof filter, .scope = cairn_any() };
	must(cairn_run_prune(on, &filter, &scene->pruned, &err), &err);
}

/* A run that is over, whose step has a child that failed. */
static struct scene over_run(void)
{
	cairn_lease step = enqueue_run();
	cairn_replay *replay = begin(conn, &step);
	ask_child(replay);
	cairn_replay_close(replay);
	struct scene scene = { .child = must_take(conn, "children") };
	cairn_replay_close(begin(conn, &scene.child));
	finish(conn, scene.child, CAIRN_FINISH_TERMINAL);
	finish(conn, step, CAIRN_FINISH_SUCCESS);
	return scene;
}

static void pruned_meanwhile(void)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_tx tx = CAIRN_TX_INIT;
	struct deed pruning;
	struct scene scene = over_run();
	finish(conn, enqueue_run(), CAIRN_FINISH_SUCCESS);
	must(cairn_begin(conn, &tx, &err), &err);
	resume(conn, scene.child.id);
	start(&pruning, prune_runs, other, &scene);
	until_somebody_waits("cairn_job_done");
	must(cairn_commit(&tx, &err), &err);
	pthread_join(pruning.thread, NULL);
	is_int(scene.pruned, 1, "what nobody resumed is pruned");
	is_int(number("SELECT count(*) FROM cairn_run"), 1, "the other run stays");
	is_int(number("SELECT count(*) FROM cairn_replay r JOIN cairn_job j ON j.id = r.run_id "
		      "WHERE r.root_id IN (SELECT id FROM cairn_step)"),
	       2, "with its step and the child of that");
	finish(conn, must_take(conn, "children"), CAIRN_FINISH_SUCCESS);
	prune_runs(conn, &scene);
	is_int(scene.pruned, 1, "it goes when that is over");
	is_int(number("SELECT count(*) FROM cairn_replay r WHERE NOT EXISTS ("
		      "SELECT FROM cairn_job j WHERE j.id = r.run_id)"),
	       0, "and nothing is left of it");
}

/* ---- signals to what comes while they wait ----------------------------------------------- */

static void send_signals(cairn_conn *on, struct scene *scene)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_signal_new items[3];
	for (int i = 0; i < 3; i++)
		items[i] = (cairn_signal_new){ .run = scene->runs[i], .name = CAIRN_STR("go") };
	must(cairn_signal_send(on, cairn_any(), items, 3, scene->sent, &err), &err);
}

static void sent_meanwhile(void)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_tx tx = CAIRN_TX_INIT;
	struct deed sending;
	cairn_lease lease = claim(conn, "t");
	struct scene scene = { .runs = { enqueue(conn), lease.id } };
	const cairn_signal_new first = { .run = scene.runs[0], .name = CAIRN_STR("first") };
	cairn_replay_close(begin(conn, &lease));
	finish(conn, lease, CAIRN_FINISH_TERMINAL);
	must(cairn_begin(conn, &tx, &err), &err);
	must(cairn_signal_send(conn, cairn_any(), &first, 1, scene.sent, &err), &err);
	resume(conn, scene.runs[1]);
	scene.runs[2] = enqueue(conn);
	start(&sending, send_signals, other, &scene);
	until_somebody_waits("cairn_job_live");
	must(cairn_commit(&tx, &err), &err);
	pthread_join(sending.thread, NULL);
	is_int(scene.sent[0].status, CAIRN_OK, "a signal that waited is sent");
	is_int(scene.sent[1].code, CAIRN_E_REPLAY_OVER,
	       "a run that was resumed meanwhile was over");
	is_int(scene.sent[2].code, CAIRN_E_REPLAY_NOT_FOUND, "a new job was not there");
	send_signals(conn, &scene);
	ok(scene.sent[1].status == CAIRN_OK && scene.sent[2].status == CAIRN_OK, "both are now");
	forget();
}

/* ---- leases that run out meanwhile ------------------------------------------------------------ */

static int64_t spent(cairn_id run)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_budgets *budgets = NULL;
	must(cairn_budget_read(conn, cairn_any(), run, &budgets, &err), &err);
	int64_t sum = budgets->count > 0 ? budgets->at[0].spent : 0;
	cairn_free(budgets);
	return sum;
}

/* Between the charges of a step and its end: both are written, or none is. */
static void over_between(void)
{
	cairn_error err = CAIRN_ERROR_INIT;
	const cairn_replay_call call = { .kind = CAIRN_STR("s"), .name = CAIRN_STR("e") };
	const cairn_charge usage = { .axis = CAIRN_STR("a"), .amount = 7 };
	cairn_lease lease = claim(conn, "t");
	cairn_replay *replay = begin(conn, &lease);
	cairn_replay_step step;
	sql("CREATE FUNCTION run_out() RETURNS trigger LANGUAGE plpgsql SET search_path FROM "
	    "CURRENT "
	    "AS 'BEGIN UPDATE cairn_job_live SET lease_expires_at = now() - interval ''1 second'' "
	    "WHERE status = ''LEASED''; RETURN NULL; END'");
	sql("CREATE TRIGGER run_out AFTER INSERT ON cairn_budget_entry FOR EACH STATEMENT "
	    "EXECUTE FUNCTION run_out()");
	must(cairn_replay_step_begin(replay, &call, 1, &step, &err), &err);
	is_int(cairn_replay_complete(replay, &step, CAIRN_STR("1"), &usage, 1, &err), CAIRN_OK,
	       "a lease that ran out behind the charges");
	is_int(spent(lease.id), 7, "they count");
	sql("DROP TRIGGER run_out ON cairn_budget_entry");
	is_int(cairn_replay_step_begin(replay, &call, 1, &step, &err), CAIRN_STALE, "it ran out");
	cairn_replay_close(replay);
	forget();
}

/* A reaper does not wait for who makes a ledger to a job that dies. */
static void reaped_beside(void)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_tx tx = CAIRN_TX_INIT;
	const cairn_definition once = { .type = CAIRN_STR("once"), .max_attempts = 1 };
	cairn_conn *hasty = open_conn("&options=-clock_timeout%3D2000", NULL);
	must(cairn_job_define(conn, &once, 1, &err), &err);
	cairn_id run = claim(conn, "once").id;
	const cairn_entry_new item = { .run = run,
				       .axis = CAIRN_STR("a"),
				       .source_type = CAIRN_STR("s"),
				       .source_id = CAIRN_STR("1"),
				       .amount = 1 };
	cairn_entry_done done;
	expire("meanwhile");
	must(cairn_begin(conn, &tx, &err), &err);
	must(cairn_budget_charge(conn, cairn_any(), &item, 1, &done, &err), &err);
	reap(hasty, NULL);
	must(cairn_commit(&tx, &err), &err);
	is_int(number("SELECT count(*) FROM cairn_job_live WHERE type = 'once'"), 1,
	       "a job whose ledger is made is left to the next pass");
	reap(hasty, NULL);
	is_int(number("SELECT count(*) FROM cairn_job_live WHERE type = 'once'"), 0,
	       "which takes it");
	cairn_close(hasty);
}

int main(void)
{
	open_store();
	woken_meanwhile();
	pruned_meanwhile();
	sent_meanwhile();
	over_between();
	reaped_beside();
	close_store();
	return tap_done();
}
