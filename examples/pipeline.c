/*
 * pipeline.c - a graph of steps: one prepares, some work side by side on what it prepared, somebody approves, one
 * joins. The program enqueues it under a key, works on it, and ends when there is nothing to do: when the run is over,
 * or waits for the approval. Started again, it goes on; killed wherever it may be, it goes on, too.
 *
 *	pipeline URL NAME PARTS
 *	cairn --db URL run complete-gate ID approval SUCCEEDED
 */
#include <cairn/cairn.h>
#ifdef CAIRN_WITH_POSTGRES
#include <cairn/postgres.h>
#endif
#include <cairn/sqlite.h>
#include <cairn/worker.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PREPARE	 CAIRN_STR("prepare")
#define APPROVAL CAIRN_STR("approval")
#define JOIN	 CAIRN_STR("join")

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

/* For the test of this example: dies where it is told to, as if by kill -9. */
static void perhaps_die(long long part)
{
	const char *wanted = getenv("DIE");
	if (wanted != NULL && strtoll(wanted, NULL, 10) == part)
		raise(SIGKILL);
}

/* ---- handlers --------------------------------------------------------------------- */

static enum cairn_finish_how answer(cairn_context *context, long long number)
{
	char text[24];
	int len = snprintf(text, sizeof text, "%lld", number);
	cairn_context_output(context, (cairn_str){ text, (size_t)len });
	return CAIRN_FINISH_SUCCESS;
}

/* What the prerequisites came to, added up; those that are gates have no number. */
static enum cairn_finish_how add_inputs(cairn_context *context, char *url, long long *sum)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn = NULL;
	cairn_steps *inputs = NULL;
	cairn_status st = connect_to(url, NULL, &conn, &err);
	if (st == CAIRN_OK)
		st = cairn_step_inputs(conn, cairn_any(), cairn_context_job(context)->id, &inputs,
				       &err);
	*sum = 0;
	for (size_t i = 0; st == CAIRN_OK && i < inputs->count; i++) {
		if (inputs->at[i].kind == CAIRN_STEP_JOB)
			*sum += strtoll(inputs->at[i].output.ptr, NULL, 10);
	}
	cairn_free(inputs);
	cairn_close(conn);
	if (st != CAIRN_OK)
		cairn_context_error(context, cairn_str_of(err.code), cairn_str_of(err.message));
	return st == CAIRN_OK ? CAIRN_FINISH_SUCCESS : CAIRN_FINISH_RETRYABLE;
}

/* By what the parts multiply. */
static enum cairn_finish_how prepare(void *url, cairn_context *context)
{
	(void)url;
	return answer(context, 2);
}

static enum cairn_finish_how part(void *url, cairn_context *context)
{
	long long number = strtoll(cairn_context_job(context)->payload.ptr, NULL, 10);
	long long factor;
	enum cairn_finish_how how = add_inputs(context, url, &factor);
	perhaps_die(number);
	return how == CAIRN_FINISH_SUCCESS ? answer(context, factor * number * number) : how;
}

static enum cairn_finish_how join(void *url, cairn_context *context)
{
	long long total;
	enum cairn_finish_how how = add_inputs(context, url, &total);
	return how == CAIRN_FINISH_SUCCESS ? answer(context, total) : how;
}

/* ---- the graph -------------------------------------------------------------------------- */

/* What is refused is told by cairn_graph_run(). */
static void add_part(cairn_graph *graph, long number)
{
	char key[32];
	char payload[24];
	snprintf(key, sizeof key, "part-%ld", number);
	snprintf(payload, sizeof payload, "%ld", number);
	cairn_graph_job(graph, cairn_str_of(key), CAIRN_STR("pipeline.part"),
			cairn_str_of(payload));
	cairn_graph_edge(graph, PREPARE, cairn_str_of(key), CAIRN_RELEASE_ON_SUCCESS);
	cairn_graph_edge(graph, cairn_str_of(key), JOIN, CAIRN_RELEASE_ON_SUCCESS);
}

static cairn_status enqueue(cairn_conn *conn, const char *name, long parts, cairn_id *id,
			    cairn_error *err)
{
	cairn_run_new run = { .type = CAIRN_STR("pipeline"),
			      .key = cairn_str_of(name),
			      .result_step = JOIN };
	cairn_run_added added;
	cairn_graph *graph = NULL;
	cairn_status st = cairn_graph_new(&graph, &run, err);
	if (st != CAIRN_OK)
		return st;
	cairn_graph_job(graph, PREPARE, CAIRN_STR("pipeline.prepare"), CAIRN_STR("{}"));
	cairn_graph_gate(graph, APPROVAL, CAIRN_DAY);
	cairn_graph_job(graph, JOIN, CAIRN_STR("pipeline.join"), CAIRN_STR("{}"));
	cairn_graph_edge(graph, APPROVAL, JOIN, CAIRN_RELEASE_ON_SUCCESS);
	for (long i = 1; i <= parts; i++)
		add_part(graph, i);
	st = cairn_graph_run(graph, &run, err);
	if (st == CAIRN_OK)
		st = cairn_run_enqueue(conn, &run, 1, &added, err);
	if (st == CAIRN_OK && added.status != CAIRN_OK) {
		fprintf(stderr, "%s\n", cairn_code_message(added.code));
		st = added.status;
	}
	*id = st == CAIRN_OK ? added.id : *id;
	cairn_graph_free(graph);
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

static cairn_status begin_work(struct work *here, char *url, cairn_error *err)
{
	const cairn_handler handlers[] = {
		{ .type = CAIRN_STR("pipeline.prepare"), .run = prepare, .user = url },
		{ .type = CAIRN_STR("pipeline.part"), .run = part, .user = url },
		{ .type = CAIRN_STR("pipeline.join"), .run = join, .user = url },
	};
	const cairn_worker_opts opts = { .size = sizeof opts,
					 .connect = connect_to,
					 .connect_user = url,
					 .handlers = handlers,
					 .handler_count = 3,
					 /* short, since one who died keeps its jobs so long */
					 .lease = CAIRN_SECOND,
					 .concurrency = 4 };
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

/* Until nothing in the run goes on without somebody outside. */
static cairn_status watch(cairn_conn *conn, cairn_id id, cairn_runs **run, cairn_error *err)
{
	const struct timespec moment = { .tv_nsec = 20000000 };
	cairn_status st;
	while ((st = cairn_run_get(conn, cairn_any(), id, run, err)) == CAIRN_OK) {
		const cairn_run *now = &(*run)->at[0];
		int done = now->counts.succeeded + now->counts.failed + now->counts.canceled;
		int all = done + now->counts.waiting + now->counts.enqueued + now->counts.blocked;
		/* the join is blocked as long as the gate is open */
		if (now->finished_at != 0 || (now->counts.waiting == 1 && done == all - 2))
			break;
		nanosleep(&moment, NULL);
	}
	return st;
}

static int tell(const cairn_run *run)
{
	char id[CAIRN_ID_TEXT];
	cairn_id_format(run->id, id);
	if (run->status == CAIRN_RUN_SUCCEEDED)
		printf("total %s\n", run->result.ptr);
	else if (run->finished_at == 0)
		printf("waiting for the approval of %s\n", id);
	else
		printf("%s is %s\n", id, cairn_run_status_text(run->status));
	return run->finished_at != 0 && run->status != CAIRN_RUN_SUCCEEDED;
}

int main(int argc, char **argv)
{
	const cairn_definition types[] = {
		{ .type = CAIRN_STR("pipeline.prepare") },
		{ .type = CAIRN_STR("pipeline.part") },
		{ .type = CAIRN_STR("pipeline.join") },
	};
	struct work here;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn = NULL;
	cairn_runs *run = NULL;
	cairn_id id;
	int code = 1;
	if (argc != 4)
		return 2;
	if (connect_to(argv[1], NULL, &conn, &err) == CAIRN_OK &&
	    cairn_migrate_up(conn, NULL, NULL, &err) == CAIRN_OK &&
	    cairn_job_define(conn, types, 3, &err) == CAIRN_OK &&
	    enqueue(conn, argv[2], strtol(argv[3], NULL, 10), &id, &err) == CAIRN_OK &&
	    begin_work(&here, argv[1], &err) == CAIRN_OK) {
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
