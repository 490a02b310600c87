/* run_follow.c - `cairn run follow`: the timeline of a run, DAG or replay, as it grows, until the run is over. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "replays.h"

#define SHORTEST (100 * CAIRN_MILLISECOND) /* between two looks; it doubles while nothing comes */
#define LONGEST	 CAIRN_SECOND

struct follow {
	const struct cli *cli;
	cairn_conn *conn;
	cairn_id id;
	bool replay;
	int64_t seq;
	size_t seen; /* events of the last look */
	bool over;
	bool fine; /* it succeeded */
};

/* ---- lines: there is no table of what is to come ------------------------------------------- */

static void put_line(const struct follow *follow, int64_t seq, cairn_time at, const char *kind,
		     cairn_str step, cairn_str details)
{
	char when[WHEN_TEXT];
	bool on = colored(follow->cli, stdout);
	printf("%s%6" PRId64 "  %s%s  %-16s", color_on(on, DIM), seq, when_text(at, when),
	       color_off(on), kind);
	if (step.len > 0) {
		fputs("  ", stdout);
		put_harmless(stdout, step);
	}
	if (details.len > 0) {
		fputs("  ", stdout);
		put_harmless(stdout, details);
	}
	puts("");
}

static void put_job_event(const struct follow *follow, const cairn_event *event)
{
	if (follow->cli->json) {
		struct json json = json_begin(stdout);
		json_event(&json, event);
		json_end(&json);
		return;
	}
	put_line(follow, event->seq, event->at, cairn_event_kind_text(event->kind),
		 (cairn_str){ NULL, 0 }, event->payload);
}

static void put_run_event(const struct follow *follow, const cairn_run_event *event)
{
	const char *word = "APPEND";
	if (follow->cli->json) {
		struct json json = json_begin(stdout);
		json_run_event(&json, event);
		json_end(&json);
		return;
	}
	if (event->kind == CAIRN_RUN_EVENT_RUN)
		word = cairn_run_status_text(event->run_status);
	else if (event->kind == CAIRN_RUN_EVENT_STEP)
		word = cairn_step_status_text(event->step_status);
	put_line(follow, event->seq, event->at, word, event->step_key,
		 event->error_code.len > 0 ? event->error_code : event->reason);
}

/* ---- looks ------------------------------------------------------------------------------- */

static cairn_status job_events(struct follow *follow, cairn_error *err)
{
	cairn_event_rows *rows = NULL;
	cairn_status st;
	do {
		st = cairn_job_events(follow->conn, cli_scope(follow->cli), follow->id, follow->seq,
				      RUNS_PAGE, &rows, err);
		for (size_t i = 0; st == CAIRN_OK && i < rows->count; i++) {
			put_job_event(follow, &rows->at[i]);
			follow->seq = rows->at[i].seq;
			follow->seen++;
		}
	} while (st == CAIRN_OK && rows->count == RUNS_PAGE);
	cairn_free(rows);
	return st;
}

static cairn_status run_events_of(struct follow *follow, cairn_error *err)
{
	cairn_run_event_filter filter = { .size = sizeof filter,
					  .scope = cli_scope(follow->cli),
					  .run = follow->id,
					  .limit = RUNS_PAGE };
	cairn_run_events_result *rows = NULL;
	cairn_status st;
	do {
		filter.after_seq = follow->seq;
		st = cairn_run_events(follow->conn, &filter, &rows, err);
		for (size_t i = 0; st == CAIRN_OK && i < rows->count; i++) {
			put_run_event(follow, &rows->at[i]);
			follow->seq = rows->at[i].seq;
			follow->seen++;
		}
	} while (st == CAIRN_OK && rows->count == RUNS_PAGE);
	cairn_free(rows);
	return st;
}

static cairn_status look_replay(struct follow *follow, cairn_error *err)
{
	cairn_replay_runs *run = NULL;
	cairn_replay_wait_opts opts = { .size = sizeof opts,
					.scope = cli_scope(follow->cli),
					.run = follow->id,
					.timeout = -1 };
	cairn_status st = cairn_replay_wait(follow->conn, &opts, &run, err);
	follow->over = st == CAIRN_OK;
	if (follow->over)
		follow->fine = run->at[0].status == CAIRN_REPLAY_SUCCEEDED;
	cairn_free(run);
	return st == CAIRN_TIMEOUT ? CAIRN_OK : st;
}

static cairn_status look_graph(struct follow *follow, cairn_error *err)
{
	cairn_runs *run = NULL;
	cairn_run_wait_opts opts = { .size = sizeof opts,
				     .scope = cli_scope(follow->cli),
				     .run = follow->id,
				     .timeout = -1 };
	cairn_status st = cairn_run_wait(follow->conn, &opts, &run, err);
	follow->over = st == CAIRN_OK;
	if (follow->over)
		follow->fine = run->at[0].status == CAIRN_RUN_SUCCEEDED;
	cairn_free(run);
	return st == CAIRN_TIMEOUT ? CAIRN_OK : st;
}

/* First whether it is over, then what happened: so the last event is told. */
static cairn_status look(struct follow *follow, cairn_error *err)
{
	follow->seen = 0;
	cairn_status st = follow->replay ? look_replay(follow, err) : look_graph(follow, err);
	if (st == CAIRN_OK)
		st = follow->replay ? job_events(follow, err) : run_events_of(follow, err);
	return st;
}

static void rest(cairn_usec span)
{
	struct timespec pause = { .tv_sec = (time_t)(span / CAIRN_SECOND),
				  .tv_nsec = (long)(span % CAIRN_SECOND) * 1000 };
	nanosleep(&pause, NULL);
}

static cairn_usec next_pause(const struct follow *follow, cairn_usec pause)
{
	if (follow->seen > 0)
		return SHORTEST;
	return pause < LONGEST / 2 ? 2 * pause : LONGEST;
}

static int follow_run(struct follow *follow, cairn_usec timeout)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_usec pause = SHORTEST;
	cairn_usec left = timeout;
	for (;;) {
		if (look(follow, &err) != CAIRN_OK)
			return failed(follow->cli, &err);
		fflush(stdout);
		/* a reader that has gone needs no more of it */
		if (ferror(stdout))
			return EXIT_OTHER;
		if (follow->over)
			return follow->fine ? EXIT_FINE : EXIT_SOME_FAILED;
		if (timeout > 0 && left == 0) {
			outcome_error(&err, CAIRN_TIMEOUT, CAIRN_E_REPLAY_TIMEOUT);
			return failed(follow->cli, &err);
		}
		pause = next_pause(follow, pause);
		if (timeout > 0 && pause > left)
			pause = left;
		left -= timeout > 0 ? pause : 0;
		rest(pause);
	}
}

int run_follow(struct cli *cli, int argc, char **argv)
{
	struct follow follow = { .cli = cli };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_usec timeout = 0;
	int64_t after = 0;
	const struct opt opts[] = {
		{ "after", 0, OPT_BIG, &after, "N", "only events behind this one", NULL },
		{ "timeout", 0, OPT_SPAN, &timeout, "DURATION", "at most; default 0, no end",
		  NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc != 1)
		code = usage_error(cli, "run follow takes one id");
	if (code < 0)
		code = run_id_parse(cli, argv[0], &follow.id);
	if (code < 0)
		code = db_ready(cli, &follow.conn);
	if (code >= 0)
		return code;
	follow.seq = after;
	if (run_may_be_replay(cli, follow.conn, follow.id, &follow.replay, &err) != CAIRN_OK)
		code = failed(cli, &err);
	else
		code = follow_run(&follow, timeout);
	cairn_close(follow.conn);
	return code;
}
