/*
 * durable.c - a program of replay runs, for replay.t, signal.t and budget.t: it claims one job of a type and plays
 * the words behind as a durable function, one step for each.
 *
 *	durable URL TYPE WORD ...
 *
 *	step:KIND:JSON		a step that completes with this result
 *	fail:KIND:CODE		a step that fails; with fail2: that has two attempts
 *	value:KIND:JSON
 *	sleep:MS
 *	signal:NAME[:MS]	with a timeout
 *	child:TYPE[:N]		N of them, side by side
 *	cost:AXIS:AMOUNT	a step of this kind, whose usage this is
 *	hold:AXIS:AMOUNT	a step of this kind, which reserves so much and dies at it
 *	die			ends the process
 *
 * It prints a line for each, and how the attempt ended: succeeded, failed, suspended, or what a call was refused for.
 * CODE in the environment is the run's.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cairn/cairn.h>
#ifdef CAIRN_WITH_POSTGRES
#include <cairn/postgres.h>
#endif
#include <cairn/sqlite.h>

#define MOST 32 /* children at once */

static const cairn_driver *const drivers[] = {
	&cairn_sqlite,
#ifdef CAIRN_WITH_POSTGRES
	&cairn_postgres,
#endif
};

struct word {
	char verb[16];
	cairn_str kind;
	cairn_str rest;
};

struct play {
	cairn_replay *replay;
	cairn_replay_step step;
	cairn_error err;
};

static void must(cairn_status status, const cairn_error *err)
{
	if (status == CAIRN_OK)
		return;
	printf("%s\n", err->code);
	exit(1);
}

static struct word word_of(const char *text)
{
	struct word word = { .verb = "" };
	size_t len = strcspn(text, ":");
	snprintf(word.verb, sizeof word.verb, "%.*s", (int)len, text);
	if (text[len] == '\0')
		return word;
	text += len + 1;
	len = strcspn(text, ":");
	word.kind = (cairn_str){ text, len };
	if (text[len] == ':')
		word.rest = cairn_str_of(text + len + 1);
	return word;
}

static int64_t number(cairn_str text)
{
	return text.len > 0 ? strtoll(text.ptr, NULL, 10) : 0;
}

/* ---- steps that this program does itself ------------------------------------------- */

static void fail_step(struct play *play, const struct word *word)
{
	const cairn_replay_failure failure = { .size = sizeof failure,
					       .code = word->rest,
					       .message = CAIRN_STR("no\tluck\x1b[31m") };
	must(cairn_replay_fail(play->replay, &play->step, &failure, &play->err), &play->err);
}

static void spend(struct play *play, const struct word *word)
{
	const cairn_charge usage = { .axis = word->kind, .amount = number(word->rest) };
	cairn_str result = { NULL, 0 };
	if (strcmp(word->verb, "hold") == 0) {
		must(cairn_replay_reserve(play->replay, &play->step, &usage, 1, CAIRN_HOUR,
					  &play->err),
		     &play->err);
		exit(3);
	}
	must(cairn_replay_complete(play->replay, &play->step, result, &usage, 1, &play->err),
	     &play->err);
}

static void do_step(struct play *play, const struct word *word)
{
	bool twice = strcmp(word->verb, "fail2") == 0;
	const cairn_replay_call call = { .kind = word->kind,
					 .max_attempts = twice ? 2 : 1,
					 .retry = { .base = CAIRN_HOUR, .cap = CAIRN_HOUR } };
	must(cairn_replay_step_begin(play->replay, &call, 1, &play->step, &play->err), &play->err);
	if (play->step.next != CAIRN_NEXT_RUN)
		return;
	if (strncmp(word->verb, "fail", 4) == 0)
		fail_step(play, word);
	else if (strcmp(word->verb, "step") == 0)
		must(cairn_replay_complete(play->replay, &play->step, word->rest, NULL, 0,
					   &play->err),
		     &play->err);
	else
		spend(play, word);
}

/* The first that is not over is what the program waits for. */
static void start(struct play *play, const struct word *word)
{
	cairn_child_new children[MOST] = { { .type = word->kind } };
	cairn_replay_step each[MOST];
	size_t n = word->rest.len > 0 ? (size_t)number(word->rest) : 1;
	if (n == 0 || n > MOST)
		exit(2);
	for (size_t i = 1; i < n; i++)
		children[i] = children[0];
	must(cairn_replay_child(play->replay, children, n, each, &play->err), &play->err);
	play->step = each[n - 1];
	for (size_t i = n; i-- > 0;) {
		if (each[i].next != CAIRN_NEXT_RESULT)
			play->step = each[i];
	}
}

static void do_word(struct play *play, const struct word *word)
{
	cairn_replay *replay = play->replay;
	cairn_error *err = &play->err;
	if (strcmp(word->verb, "die") == 0)
		exit(3);
	if (strcmp(word->verb, "value") == 0) {
		const cairn_replay_call call = { .kind = word->kind };
		must(cairn_replay_value(replay, &call, &word->rest, 1, &play->step, err), err);
	} else if (strcmp(word->verb, "sleep") == 0) {
		cairn_usec span = number(word->kind) * CAIRN_MILLISECOND;
		must(cairn_replay_sleep(replay, span, &play->step, err), err);
	} else if (strcmp(word->verb, "signal") == 0) {
		cairn_usec span = word->rest.len > 0 ? number(word->rest) * CAIRN_MILLISECOND : -1;
		must(cairn_replay_signal(replay, word->kind, span, &play->step, err), err);
	} else if (strcmp(word->verb, "child") == 0) {
		start(play, word);
	} else {
		do_step(play, word);
	}
}

/* ---- the attempt ---------------------------------------------------------------------- */

static void end(struct play *play, cairn_finish finish, const char *how)
{
	must(cairn_replay_finish(play->replay, &finish, &play->err), &play->err);
	printf("%s\n", how);
}

static void tell(const cairn_replay_step *step)
{
	cairn_str more = step->next == CAIRN_NEXT_RESULT ? step->result : step->error_code;
	printf("%" PRId64 " %s%s%.*s%s\n", step->seq, cairn_next_text(step->next),
	       more.len > 0 ? " " : "", (int)more.len, more.ptr, step->replayed ? " again" : "");
}

static void run(struct play *play, int n, char **words)
{
	for (int i = 0; i < n; i++) {
		struct word word = word_of(words[i]);
		do_word(play, &word);
		must(play->step.status, &(cairn_error){ .code = "step.refused" });
		tell(&play->step);
		if (play->step.next == CAIRN_NEXT_SUSPEND) {
			must(cairn_replay_suspend(play->replay, &play->err), &play->err);
			printf("suspended\n");
			return;
		}
		if (play->step.next == CAIRN_NEXT_FAILED) {
			end(play,
			    (cairn_finish){ .how = CAIRN_FINISH_TERMINAL,
					    .error_code = play->step.error_code,
					    .error_message = play->step.error_message },
			    "failed");
			return;
		}
	}
	end(play,
	    (cairn_finish){ .how = CAIRN_FINISH_SUCCESS, .output = CAIRN_STR("{\"n\": 1.0}") },
	    "succeeded");
}

int main(int argc, char **argv)
{
	struct play play = { .replay = NULL, .err = CAIRN_ERROR_INIT };
	cairn_conn *conn = NULL;
	cairn_jobs *jobs = NULL;
	if (argc < 3)
		return 2;
	must(cairn_open_any(&conn, drivers, sizeof drivers / sizeof drivers[0], argv[1], NULL,
			    &play.err),
	     &play.err);
	cairn_str type = cairn_str_of(argv[2]);
	const cairn_claim_opts claim = { .size = sizeof claim,
					 .types = &type,
					 .type_count = 1,
					 .worker = CAIRN_STR("durable"),
					 .lease = CAIRN_MINUTE,
					 .limit = 1 };
	must(cairn_job_claim(conn, &claim, &jobs, &play.err), &play.err);
	if (jobs->count == 0) {
		printf("nothing\n");
		return 0;
	}
	cairn_lease lease = cairn_job_lease(&jobs->at[0]);
	const cairn_replay_opts opts = { .size = sizeof opts,
					 .code = cairn_str_of(getenv("CODE")) };
	must(cairn_replay_begin(conn, &lease, &opts, &play.replay, &play.err), &play.err);
	run(&play, argc - 3, argv + 3);
	cairn_replay_close(play.replay);
	cairn_free(jobs);
	cairn_close(conn);
	return 0;
}
