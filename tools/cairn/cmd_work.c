/*
 * cmd_work.c - `cairn work`: a worker whose handler is a command. The loop is the
 * runtime's; here are the options, the signals and what is printed.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <cairn/worker.h>

#include "cli.h"
#include "work.h"

/* Both outputs go into one JSON document, whose limit is 1 MiB. */
#define MAX_OUTPUT 500000

struct work {
	struct cli *cli;
	struct texts types;
	const char *command;
	const char *queue;
	const char *owner;
	const char *name;
	uint32_t concurrency;
	uint32_t ahead;
	uint32_t dispatchers;
	int64_t max_jobs;
	int64_t max_output;
	cairn_usec lease;
	cairn_usec poll;
	cairn_usec reap;
	cairn_usec promote;
	cairn_usec fire;
	cairn_usec prune;
	cairn_usec upkeep;
	cairn_usec drain;
	cairn_usec kill_after;
	bool reap_given;
	bool no_reap;
	bool no_promote;
	bool no_fire;
	bool no_prune;
	bool no_upkeep;
	bool poll_only;
	bool unlisted;
	bool once;
	bool until_empty;
	bool quiet;
	cairn_exec exec;
	cairn_handler handlers[MAX_TEXTS];
};

/* ---- signals --------------------------------------------------------------------------- */

static cairn_worker *volatile running;
static volatile sig_atomic_t signals_seen;

/* Softly, then hard; the third is for a program that hangs. */
static void on_signal(int number)
{
	cairn_worker *worker = running;
	signals_seen++;
	if (worker != NULL && signals_seen <= 2)
		cairn_worker_stop(worker, signals_seen == 1 ? CAIRN_STOP_SOFT : CAIRN_STOP_HARD);
	else
		_exit(128 + number);
}

static void catch_signals(cairn_worker *worker)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigemptyset(&action.sa_mask);
	sigaddset(&action.sa_mask, SIGINT);
	sigaddset(&action.sa_mask, SIGTERM);
	running = worker;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	/* a reader of our lines that goes away must not take the jobs with it */
	sigaction(SIGPIPE, &ignore, NULL);
}

/* ---- options --------------------------------------------------------------------------- */

static cairn_status connect(void *user, const cairn_conn_opts *opts, cairn_conn **conn,
			    cairn_error *err)
{
	const struct work *work = user;
	return db_connect(work->cli, false, opts, conn, err);
}

static int check(const struct work *work, int argc)
{
	const struct cli *cli = work->cli;
	if (work->types.count == 0)
		return usage_error(cli, "work needs --type");
	if ((work->command != NULL) == (argc > 0))
		return usage_error(cli, "work needs --exec COMMAND, or a program behind --");
	if (work->once && work->until_empty)
		return usage_error(cli, "--once and --until-empty exclude each other");
	if (work->no_reap && work->reap_given)
		return usage_error(cli, "--no-reap and --reap-interval exclude each other");
	if (work->max_output > MAX_OUTPUT)
		return usage_error(cli, "--max-output: at most %d", MAX_OUTPUT);
	if (cli->tenant != NULL || cli->global)
		return usage_error(cli, "work takes the jobs of all tenants; queues separate them");
	return -1;
}

static cairn_worker_opts options(struct work *work, struct report *report)
{
	cairn_usec lease = work->lease > 0 ? work->lease : CAIRN_LEASE_DEFAULT;
	cairn_usec kill_after = work->kill_after > 0 ? work->kill_after : 5 * CAIRN_SECOND;
	for (size_t i = 0; i < work->types.count; i++)
		work->handlers[i] = (cairn_handler){ .type = cairn_str_of(work->types.at[i]),
						     .run = cairn_exec_handler,
						     .user = &work->exec };
	return (cairn_worker_opts){
		.size = sizeof(cairn_worker_opts),
		.connect = connect,
		.connect_user = work,
		.observe = report_event,
		.observe_user = report,
		.name = cairn_str_of(work->name),
		.queue = cairn_str_of(work->queue),
		.owner = cairn_str_of(work->owner),
		.handlers = work->handlers,
		.handler_count = work->types.count,
		.max_jobs = work->once ? 1 : (uint64_t)work->max_jobs,
		.lease = lease,
		.poll_max = work->poll,
		.reap_interval = work->no_reap ? -1 : work->reap,
		.promote_interval = work->no_promote ? -1 : work->promote,
		.schedule_interval = work->no_fire ? -1 : work->fire,
		.prune_interval = work->no_prune ? -1 : work->prune,
		.upkeep_interval = work->no_upkeep ? -1 : work->upkeep,
		.owner_interval = work->unlisted ? -1 : 0,
		.version = cairn_str_of(cairn_version()),
		.drain = work->drain,
		.grace = kill_after + 5 * CAIRN_SECOND,
		.concurrency = work->concurrency,
		.ahead = work->ahead,
		.dispatchers = work->dispatchers,
		.flags = (work->once || work->until_empty ? CAIRN_WORKER_IDLE_EXIT : 0) |
			 (work->poll_only ? CAIRN_WORKER_POLL_ONLY : 0),
	};
}

static int parse(struct work *work, int *argc, char **argv)
{
	const struct opt opts[] = {
		{ "type", 0, OPT_TEXTS, &work->types, "TYPE", "may be repeated", NULL },
		{ "exec", 'e', OPT_TEXT, &work->command, "COMMAND", "run by /bin/sh -c", NULL },
		{ "concurrency", 'n', OPT_COUNT, &work->concurrency, "N",
		  "so many at a time; default 1", NULL },
		{ "ahead", 0, OPT_COUNT, &work->ahead, "N",
		  "jobs that wait in the worker beyond those that run; default 0", NULL },
		{ "dispatchers", 0, OPT_COUNT, &work->dispatchers, "N",
		  "connections that claim and record; default 1", NULL },
		{ "queue", 'q', OPT_TEXT, &work->queue, "NAME", "default: default", NULL },
		{ "owner", 0, OPT_TEXT, &work->owner, "NAME", "also jobs pinned to it", NULL },
		{ "name", 0, OPT_TEXT, &work->name, "NAME", "of the worker; default HOST-PID-…",
		  NULL },
		{ "lease", 0, OPT_SPAN, &work->lease, "DURATION", "default 30s", NULL },
		{ "poll", 0, OPT_SPAN, &work->poll, "DURATION",
		  "longest wait between looks at an empty queue; default 1s", NULL },
		{ "reap-interval", 0, OPT_SPAN, &work->reap, "DURATION",
		  "between looks for expired leases; default half a lease", &work->reap_given },
		{ "no-reap", 0, OPT_FLAG, &work->no_reap, NULL, "leave that to others", NULL },
		{ "schedule-interval", 0, OPT_SPAN, &work->fire, "DURATION",
		  "between looks for schedules that are due; default 1s", NULL },
		{ "no-schedules", 0, OPT_FLAG, &work->no_fire, NULL, "leave that to others", NULL },
		{ "promote-interval", 0, OPT_SPAN, &work->promote, "DURATION",
		  "between passes over the intents; default 1s", NULL },
		{ "no-promote", 0, OPT_FLAG, &work->no_promote, NULL, "leave that to others",
		  NULL },
		{ "prune-interval", 0, OPT_SPAN, &work->prune, "DURATION",
		  "between prunings by retention; default 1m", NULL },
		{ "no-prune", 0, OPT_FLAG, &work->no_prune, NULL, "leave that to others", NULL },
		{ "upkeep-interval", 0, OPT_SPAN, &work->upkeep, "DURATION",
		  "between looks after the store; default 30s", NULL },
		{ "no-upkeep", 0, OPT_FLAG, &work->no_upkeep, NULL, "leave that to others", NULL },
		{ "poll-only", 0, OPT_FLAG, &work->poll_only, NULL,
		  "no connection that waits to be woken", NULL },
		{ "unlisted", 0, OPT_FLAG, &work->unlisted, NULL, "cairn owners does not list it",
		  NULL },
		{ "once", 0, OPT_FLAG, &work->once, NULL, "one job at most, then stop", NULL },
		{ "until-empty", 0, OPT_FLAG, &work->until_empty, NULL, "stop when nothing is due",
		  NULL },
		{ "max-jobs", 0, OPT_BIG, &work->max_jobs, "N", "stop after so many", NULL },
		{ "drain", 0, OPT_SPAN, &work->drain, "DURATION",
		  "a graceful stop turns hard after this; default never", NULL },
		{ "kill-after", 0, OPT_SPAN, &work->kill_after, "DURATION",
		  "from SIGTERM to SIGKILL for a command; default 5s", NULL },
		{ "max-output", 0, OPT_BIG, &work->max_output, "BYTES",
		  "kept of each output; default 65536", NULL },
		{ "quiet", 0, OPT_FLAG, &work->quiet, NULL, "print failures only", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(work->cli, opts, argc, argv);
	return code < 0 ? check(work, *argc) : code;
}

/* ---- the command ------------------------------------------------------------------------ */

static int run(struct work *work)
{
	cairn_error err = CAIRN_ERROR_INIT;
	struct report report;
	cairn_worker *worker = NULL;
	report_begin(&report, work->cli, work->quiet,
		     work->once || work->until_empty || work->max_jobs > 0);
	cairn_worker_opts opts = options(work, &report);
	if (cairn_worker_open(&worker, &opts, &err) != CAIRN_OK)
		return failed(work->cli, &err);
	report_hello(&report, cairn_worker_name(worker), &opts);
	catch_signals(worker);
	cairn_status st = cairn_worker_run(worker, &err);
	running = NULL;
	report_goodbye(&report);
	cairn_worker_close(worker);
	if (st != CAIRN_OK) {
		int code = failed(work->cli, &err);
		return strcmp(err.code, "worker.handlers_abandoned") == 0 ? EXIT_SOME_FAILED : code;
	}
	bool bad = report.lost > 0 || (report.bounded && report.failures > 0);
	return bad ? EXIT_SOME_FAILED : EXIT_FINE;
}

int cmd_work(struct cli *cli, int argc, char **argv)
{
	struct work work = { .cli = cli };
	cairn_conn *conn = NULL;
	int code = parse(&work, &argc, argv);
	if (code < 0)
		code = db_ready(cli, &conn); /* says what is missing before anything runs */
	if (code >= 0)
		return code;
	cairn_close(conn);
	work.exec = (cairn_exec){ .size = sizeof work.exec,
				  .command = work.command,
				  .argv = argc > 0 ? (const char *const *)argv : NULL,
				  .max_output = (size_t)work.max_output,
				  .kill_after = work.kill_after };
	if (argc > 0)
		argv[argc] = NULL;
	return run(&work);
}
