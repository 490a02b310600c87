/*
 * cli.h - what the commands share: global options, the option parser, opening
 * the database, exit codes. Each command is one function in a cmd_*.c.
 */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stdio.h>

#include <cairn/cairn.h>

/* Documented in cairn(1) and in `cairn help`. */
enum {
	EXIT_FINE = 0,
	EXIT_SOME_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NOT_FOUND = 3,
	EXIT_CONFLICT = 4,
	EXIT_SCHEMA = 5,
	EXIT_UNAVAILABLE = 6,
	EXIT_UNCERTAIN = 7,
	EXIT_OTHER = 8
};

struct cli {
	const char *db; /* --db, else $CAIRN_DB, else the default file */
	const char *tenant;
	const char *command; /* "jobs", for messages */
	bool db_given;	     /* by --db */
	bool global;
	bool json;
	bool verbose;
	bool no_color;
};

/* ---- the commands ---- */

struct command {
	const char *name;
	int (*run)(struct cli *cli, int argc, char **argv); /* argv without the command's name */
	const char *usage;				    /* what stands behind the name */
	const char *summary;				    /* one line */
	const char *details;				    /* for `cairn help NAME`; may be NULL */
};

extern const struct command commands[];	 /* ends with a NULL name */
extern const struct command run_verbs[]; /* those of `cairn run`, named "run VERB" */

int cmd_migrate(struct cli *cli, int argc, char **argv);
int cmd_define(struct cli *cli, int argc, char **argv);
int cmd_enqueue(struct cli *cli, int argc, char **argv);
int cmd_work(struct cli *cli, int argc, char **argv);
int cmd_jobs(struct cli *cli, int argc, char **argv);
int cmd_show(struct cli *cli, int argc, char **argv);
int cmd_queues(struct cli *cli, int argc, char **argv);
int cmd_pause(struct cli *cli, int argc, char **argv);
int cmd_resume(struct cli *cli, int argc, char **argv);
int cmd_resources(struct cli *cli, int argc, char **argv);
int cmd_owners(struct cli *cli, int argc, char **argv);
int cmd_log(struct cli *cli, int argc, char **argv);
int cmd_checkpoints(struct cli *cli, int argc, char **argv);
int cmd_locks(struct cli *cli, int argc, char **argv);
int cmd_threads(struct cli *cli, int argc, char **argv);
int cmd_run(struct cli *cli, int argc, char **argv);
int cmd_runs(struct cli *cli, int argc, char **argv);
int cmd_signal(struct cli *cli, int argc, char **argv);
int cmd_budget(struct cli *cli, int argc, char **argv);
int cmd_memory(struct cli *cli, int argc, char **argv);
int cmd_logs(struct cli *cli, int argc, char **argv);
int cmd_note(struct cli *cli, int argc, char **argv);
int cmd_top(struct cli *cli, int argc, char **argv);
int cmd_metrics(struct cli *cli, int argc, char **argv);
int cmd_sync(struct cli *cli, int argc, char **argv);
int cmd_config(struct cli *cli, int argc, char **argv);
int cmd_cancel(struct cli *cli, int argc, char **argv);
int cmd_requeue(struct cli *cli, int argc, char **argv);
int cmd_retry(struct cli *cli, int argc, char **argv);
int cmd_replay(struct cli *cli, int argc, char **argv);
int cmd_adopt(struct cli *cli, int argc, char **argv);
int cmd_edit(struct cli *cli, int argc, char **argv);
int cmd_prune(struct cli *cli, int argc, char **argv);
int cmd_upkeep(struct cli *cli, int argc, char **argv);
int cmd_reap(struct cli *cli, int argc, char **argv);
int cmd_dead(struct cli *cli, int argc, char **argv);
int cmd_intents(struct cli *cli, int argc, char **argv);
int cmd_schedule(struct cli *cli, int argc, char **argv);
int cmd_version(struct cli *cli, int argc, char **argv);
int cmd_help(struct cli *cli, int argc, char **argv);

/* Says so, and which one may have been meant. */
int unknown_command(const struct cli *cli, const char *word);

/* ---- args.c ---- */

enum opt_kind {
	OPT_FLAG,  /* bool */
	OPT_TEXT,  /* const char * */
	OPT_TEXTS, /* struct texts: may be repeated */
	OPT_INT32, /* int32_t */
	OPT_COUNT, /* uint32_t, at least 1 */
	OPT_BIG,   /* int64_t, at least 0 */
	OPT_SPAN,  /* cairn_usec: 10s, 5m, 250ms, 2h */
	OPT_TIME   /* cairn_time: RFC 3339, or a span ago */
};

#define MAX_TEXTS 64

struct texts {
	size_t count;
	const char *at[MAX_TEXTS];
};

struct opt {
	const char *name;
	char letter; /* 0: none */
	enum opt_kind kind;
	void *into;
	const char *arg; /* "NAME"; NULL for flags */
	const char *help;
	bool *seen; /* set when given; may be NULL */
};

/*
 * Parses a command's options and the global ones wherever they stand; argv is
 * left with the operands and *argc with their number. Answers -1 to go on, else
 * the exit code: usage was wrong, or --help was answered.
 */
int args_parse(struct cli *cli, const struct opt *opts, int *argc, char **argv);
/* Global options in front of the command; answers as above, *used is how many words they took. */
int args_globals(struct cli *cli, int argc, char **argv, int *used);
/* Whether the words of a command ask for help; prints it. */
void args_help(const struct command *command, const struct opt *opts);
void args_help_globals(void);

/* ---- units.c ---- */

int span_parse(const char *text, cairn_usec *span);
/* "340us", "12ms", "3.4s", "5m12s", "2h05m", "3d4h". */
#define SPAN_TEXT 32
const char *span_text(cairn_usec span, char text[SPAN_TEXT]);
int int_parse(const char *text, int64_t min, int64_t max, int64_t *value);
int when_parse(const char *text, cairn_time *when);
/* "2026-05-22 10:30:45", UTC; "-" for 0. */
#define WHEN_TEXT CAIRN_TIME_TEXT
const char *when_text(cairn_time when, char text[WHEN_TEXT]);
cairn_time wall_clock(void);

/* ---- document.c ---- */

/* A whole file, or the standard input for "-"; it is kept in *held. Answers -1 to go on. */
int file_take(const struct cli *cli, const char *path, cairn_str *text, char **held);
/* Text, @file or -; what: its name in messages; what is read is kept in *held. Answers -1 to go on. */
int document_take(const struct cli *cli, const char *what, const char *given, cairn_str *document,
		  char **held);

/* ---- errors.c ---- */

/* "cairn: …" on the standard error (JSON with --json); answers EXIT_USAGE. */
int usage_error(const struct cli *cli, const char *format, ...) CAIRN_PRINTF(2, 3);
/* Reports a failed call and answers its exit code. */
int failed(const struct cli *cli, const cairn_error *err);
int exit_code(cairn_status status);
/* An error object for an outcome of one item. */
void outcome_error(cairn_error *err, cairn_status status, cairn_code code);
/* The exit code of n items of which `bad` failed, the first with `first`. */
int batch_exit(size_t n, size_t bad, cairn_status first);

/* ---- total.c ---- */

/* "pruned 17"; the word is the member's name in JSON. Answers EXIT_FINE. */
int tell_total(const struct cli *cli, const char *done, uint64_t n);

/* ---- db.c ---- */

/* Opens the database; only migrations may create it. Answers -1 to go on, else the exit code. */
int db_open(const struct cli *cli, bool create, cairn_conn **conn);
/* The same, and makes sure that the schema is what this program needs. */
int db_ready(const struct cli *cli, cairn_conn **conn);
/* For the worker's connections, which are opened without a word. */
cairn_status db_connect(const struct cli *cli, bool create, const cairn_conn_opts *opts,
			cairn_conn **conn, cairn_error *err);
/* "sqlite, postgres, memory" */
const char *db_drivers(void);
/* The scope that --tenant and --global say; default any. */
cairn_scope cli_scope(const struct cli *cli);
/* Of stores whose rows all have one: --tenant, or "default". */
cairn_str cli_tenant(const struct cli *cli);

#endif
