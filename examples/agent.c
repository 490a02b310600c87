/*
 * agent.c - a durable function: a loop of expensive calls with retries and a budget, a sleep, a child run, and somebody's
 * approval. The program submits it under a name, works on it, and ends when it is over, or waits for the approval.
 * Started again, it goes on where it stopped; killed wherever it may be, it goes on, too, and no call that was made is
 * made again.
 *
 *	agent URL NAME LEDGER
 *	cairn --db URL signal send ID approved '"fine"'
 *
 * LEDGER is a file in which the expensive service writes what it was asked to do.
 */
#include <cairn/cairn.h>
#ifdef CAIRN_WITH_POSTGRES
#include <cairn/postgres.h>
#endif
#include <cairn/durable.h>
#include <cairn/sqlite.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TURNS 3

static const cairn_driver *const drivers[] = {
	&cairn_sqlite,
#ifdef CAIRN_WITH_POSTGRES
	&cairn_postgres,
#endif
};

static cairn_status connect_to(void *url, const cairn_conn_opts *opts, cairn_conn **conn,
			       cairn_error *err)
{
	return cairn_open_any(conn, drivers, sizeof drivers / sizeof drivers[0], url, opts, err);
}

/* For the test of this example: dies at the place whose number it is told, as if by kill -9. */
static void perhaps_die(void)
{
	static atomic_int places;
	const char *wanted = getenv("DIE");
	if (wanted != NULL && atomic_fetch_add(&places, 1) + 1 == atoi(wanted))
		raise(SIGKILL);
}

/* ---- the service: expensive, slow, and now and then busy ------------------------------ */

/* It knows by the key what it has done already, as such services do, and then only says so. */
static bool done_before(const char *ledger, const char *key)
{
	char line[128];
	bool found = false;
	FILE *file = fopen(ledger, "r");
	while (file != NULL && !found && fgets(line, sizeof line, file) != NULL)
		found = strncmp(line, key, strlen(key)) == 0 && line[strlen(key)] == '\n';
	if (file != NULL)
		fclose(file);
	return found;
}

static void ask_service(const char *ledger, const char *key)
{
	FILE *file = done_before(ledger, key) ? NULL : fopen(ledger, "a");
	if (file == NULL)
		return;
	fprintf(file, "%s\n", key);
	fclose(file);
}

/* ---- the durable functions ----------------------------------------------------------------- */

/* One expensive call. The first try of each is told that the service is busy. */
static int think(void *ledger, cairn_work *work)
{
	cairn_str question = cairn_work_input(work);
	char thought[512];
	if (!cairn_work_reserve(work, CAIRN_STR("output_tokens"), 100))
		return 0;
	if (cairn_work_attempt(work) == 1)
		return cairn_work_fail(work, CAIRN_STR("service.busy"), CAIRN_STR("Busy."));
	perhaps_die();
	ask_service(ledger, cairn_work_key(work));
	perhaps_die();
	int len = snprintf(thought, sizeof thought, "[%.*s]", (int)question.len, question.ptr);
	cairn_work_charge(work, CAIRN_STR("output_tokens"), len);
	cairn_work_result(work, (cairn_str){ thought, (size_t)len });
	return 1;
}

/* To think about what the run was given. */
static cairn_replay_call thinking(const cairn_durable *run)
{
	return (cairn_replay_call){ .kind = CAIRN_STR("think"),
				    .input = cairn_context_job(cairn_durable_context(run))->payload,
				    .max_attempts = 3,
				    .retry = { .base = 50 * CAIRN_MILLISECOND, .jitter = -1 } };
}

static enum cairn_finish_how agent(void *ledger, cairn_durable *run)
{
	cairn_replay_call call = thinking(run);
	cairn_str thought = call.input;
	cairn_str verdict;
	cairn_str approval;
	for (int turn = 0; turn < TURNS; turn++) {
		if (!cairn_durable_call(run, &call, think, ledger, &thought))
			return cairn_durable_end(run);
		call.input = thought;
	}
	cairn_child_new review = { .type = CAIRN_STR("agent.review"), .input = thought };
	if (!cairn_durable_sleep(run, 200 * CAIRN_MILLISECOND) ||
	    !cairn_durable_child(run, &review, 1, &verdict) ||
	    !cairn_durable_signal(run, CAIRN_STR("approved"), CAIRN_DAY, &approval))
		return cairn_durable_end(run);
	if (approval.len == 0)
		return cairn_durable_return(run, CAIRN_STR("\"nobody approved\""));
	return cairn_durable_return(run, verdict);
}

/* The child: one call of its own, on the same budget. */
static enum cairn_finish_how review(void *ledger, cairn_durable *run)
{
	cairn_replay_call call = thinking(run);
	cairn_str verdict;
	if (!cairn_durable_call(run, &call, think, ledger, &verdict))
		return cairn_durable_end(run);
	return cairn_durable_return(run, verdict);
}

/* ---- submitting ------------------------------------------------------------------------------ */

/* The run and its budget, or neither; the same name again is the same run. */
static cairn_status submit(cairn_conn *conn, const char *name, cairn_id *id, cairn_error *err)
{
	const cairn_job_new job = { .type = CAIRN_STR("agent"),
				    .payload = CAIRN_STR("\"what to do?\""),
				    .key = cairn_str_of(name) };
	const cairn_budget_new budget = { .axis = CAIRN_STR("output_tokens"), .total = 500 };
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_job_added added;
	cairn_status st = cairn_begin(conn, &tx, err);
	if (st == CAIRN_OK)
		st = cairn_job_enqueue(conn, &job, 1, &added, err);
	if (st == CAIRN_OK && added.status != CAIRN_OK) {
		fprintf(stderr, "%s\n", cairn_code_message(added.code));
		st = added.status;
	}
	if (st == CAIRN_OK && added.disposition == CAIRN_INSERTED)
		st = cairn_budget_set(conn, cairn_any(), added.id, &budget, 1, err);
	if (st == CAIRN_OK)
		st = cairn_commit(&tx, err);
	cairn_rollback(&tx);
	if (st == CAIRN_OK)
		*id = added.id;
	return st;
}

/* ---- working on it ------------------------------------------------------------------------ */

struct work {
	cairn_worker *worker;
	pthread_t thread;
};

static void *work(void *user)
{
	struct work *here = user;
	cairn_error err = CAIRN_ERROR_INIT;
	if (cairn_worker_run(here->worker, &err) != CAIRN_OK)
		fprintf(stderr, "%s: %s\n", err.code, err.message);
	return NULL;
}

static cairn_status begin_work(struct work *here, char *url, cairn_durable_program *programs,
			       cairn_error *err)
{
	const cairn_handler handlers[] = {
		{ .type = CAIRN_STR("agent"), .run = cairn_durable_handler, .user = &programs[0] },
		{ .type = CAIRN_STR("agent.review"),
		  .run = cairn_durable_handler,
		  .user = &programs[1] },
	};
	const cairn_worker_opts opts = { .size = sizeof opts,
					 .connect = connect_to,
					 .connect_user = url,
					 .handlers = handlers,
					 .handler_count = 2,
					 /* short, since one who died keeps its jobs so long */
					 .lease = 500 * CAIRN_MILLISECOND,
					 .reap_interval = 100 * CAIRN_MILLISECOND };
	cairn_status st = cairn_worker_open(&here->worker, &opts, err);
	if (st == CAIRN_OK && pthread_create(&here->thread, NULL, work, here) != 0) {
		cairn_worker_close(here->worker);
		fprintf(stderr, "no thread to work on\n");
		st = CAIRN_UNAVAILABLE;
	}
	return st;
}

static void end_work(struct work *here)
{
	cairn_worker_stop(here->worker, CAIRN_STOP_SOFT);
	pthread_join(here->thread, NULL);
	cairn_worker_close(here->worker);
}

/*
 * Whether nothing goes on by itself: the run is over, or of its tree it alone is not, and waits for longer than anybody
 * would watch. It becomes a replay run when a worker begins it: *run has no row before that.
 */
static cairn_status rests(cairn_conn *conn, cairn_id id, cairn_replay_runs **run, int *rest,
			  cairn_error *err)
{
	const cairn_replay_filter tree = { .size = sizeof tree,
					   .scope = cairn_any(),
					   .root = id,
					   .statuses = 1u << CAIRN_REPLAY_ENQUEUED |
						       1u << CAIRN_REPLAY_RUNNING |
						       1u << CAIRN_REPLAY_SUSPENDED };
	const cairn_replay_filter one = { .size = sizeof one, .scope = cairn_any(), .run = id };
	cairn_time now = 0;
	cairn_status st = cairn_now(conn, &now, err);
	*rest = 0;
	if (st == CAIRN_OK)
		st = cairn_replay_list(conn, &tree, run, err);
	if (st == CAIRN_OK && (*run)->count == 1) {
		const cairn_replay_run *alone = &(*run)->at[0];
		*rest = alone->status == CAIRN_REPLAY_SUSPENDED &&
			alone->wake_at > now + CAIRN_HOUR;
	} else if (st == CAIRN_OK && (*run)->count == 0) {
		st = cairn_replay_list(conn, &one, run, err);
		*rest = st == CAIRN_OK && (*run)->count == 1 && (*run)->at[0].finished_at != 0;
	}
	return st;
}

static cairn_status watch(cairn_conn *conn, cairn_id id, cairn_replay_runs **run, cairn_error *err)
{
	const struct timespec moment = { .tv_nsec = 20000000 };
	int rest;
	cairn_status st;
	while ((st = rests(conn, id, run, &rest, err)) == CAIRN_OK && !rest)
		nanosleep(&moment, NULL);
	return st;
}

static int tell(const cairn_replay_run *run)
{
	char id[CAIRN_ID_TEXT];
	cairn_id_format(run->id, id);
	if (run->status == CAIRN_REPLAY_SUCCEEDED)
		printf("%.*s\n", (int)run->output.len, run->output.ptr);
	else if (run->finished_at == 0)
		printf("waiting for the approval of %s\n", id);
	else
		printf("%s is %s: %.*s\n", id, cairn_replay_status_text(run->status),
		       (int)run->error_code.len, run->error_code.ptr);
	return run->finished_at != 0 && run->status != CAIRN_REPLAY_SUCCEEDED;
}

int main(int argc, char **argv)
{
	const cairn_definition types[] = { { .type = CAIRN_STR("agent") },
					   { .type = CAIRN_STR("agent.review") } };
	struct work here;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn = NULL;
	cairn_replay_runs *run = NULL;
	cairn_id id;
	int code = 1;
	if (argc != 4)
		return 2;
	cairn_durable_program programs[] = {
		{ .size = sizeof programs[0], .run = agent, .user = argv[3] },
		{ .size = sizeof programs[0], .run = review, .user = argv[3] },
	};
	cairn_status st = connect_to(argv[1], NULL, &conn, &err);
	if (st == CAIRN_OK)
		st = cairn_migrate_up(conn, NULL, NULL, &err);
	if (st == CAIRN_OK)
		st = cairn_job_define(conn, types, 2, &err);
	if (st == CAIRN_OK)
		st = submit(conn, argv[2], &id, &err);
	if (st == CAIRN_OK && begin_work(&here, argv[1], programs, &err) == CAIRN_OK) {
		if (watch(conn, id, &run, &err) == CAIRN_OK)
			code = tell(&run->at[0]);
		end_work(&here);
	}
	if (err.status != CAIRN_OK)
		fprintf(stderr, "%s: %s\n", err.code, err.message);
	cairn_free(run);
	cairn_close(conn);
	return code;
}
