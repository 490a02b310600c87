/*
 * main.c - the command `cairn`: global options, then the table of commands.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define DEFAULT_DB "sqlite:cairn.db"

const struct command commands[] = {
	{ "migrate", cmd_migrate, "up|down|status|plan|check|drift [options]",
	  "Makes the schema, and tells about it",
	  "up      applies what is missing, or up to --target\n"
	  "down    takes versions above --target away; --target 0 takes all\n"
	  "status  every version with its state\n"
	  "plan    what up would run (with --down: what down would run), with --sql the scripts\n"
	  "check   whether this program may run on the database; changes nothing\n"
	  "drift   each difference between the live schema and a fresh one; exits 1 if any\n" },
	{ "define", cmd_define, "TYPE [options] | --list", "Defines a job type, or changes it",
	  "A new type gets the defaults; of an existing one only what is given changes.\n" },
	{ "enqueue", cmd_enqueue, "TYPE [options] | --ndjson [[TYPE] FILE]",
	  "Enqueues a job and prints its id",
	  "With --ndjson each line of FILE, or of the standard input, is an object with members "
	  "of\n"
	  "type, queue, tenant, payload, idempotency_key, owner, stage, run_at, timeout_us,\n"
	  "max_attempts and priority; what a line lacks is taken from TYPE and the options.\n" },
	{ "work", cmd_work, "--type TYPE (--exec COMMAND | -- PROGRAM [ARG ...])",
	  "Runs a command for each job of a type",
	  "The payload is on the command's standard input, CAIRN_JOB_ID, _TYPE, _FENCE, _ATTEMPT,\n"
	  "_QUEUE and _TENANT are in its environment. Exit 0 is success, 65 a terminal failure,\n"
	  "everything else is tried again. The first SIGINT or SIGTERM lets running commands\n"
	  "finish, the second ends them.\n" },
	{ "jobs", cmd_jobs, "[options]", "Lists jobs, newest first", NULL },
	{ "show", cmd_show, "ID [--field NAME]", "Shows a job, its attempts and its timeline",
	  "--field prints one of payload, checkpoint, output, request, byte for byte.\n" },
	{ "stats", cmd_stats, "", "Counts what stands in each queue", NULL },
	{ "cancel", cmd_cancel, "ID ... [--reason TEXT]", "Cancels jobs", NULL },
	{ "reap", cmd_reap, "[--limit N]", "Takes back expired leases", NULL },
	{ "dead", cmd_dead, "[options]", "Lists dead letters", NULL },
	{ "schedule", cmd_schedule, "put|list|show|activate|deactivate|retime|next|fire [options]",
	  "Makes jobs by the clock",
	  "put NAME       makes a schedule; of an existing one only what is given changes\n"
	  "list           every schedule, by name\n"
	  "show NAME      one of them\n"
	  "activate NAME … and deactivate NAME … switch them on and off\n"
	  "retime NAME …  sets when they are next due: --at, or the expression's next time\n"
	  "next EXPR      when an expression fires; needs no database\n"
	  "fire           makes the jobs that are due now, once; exits 1 if any failed\n" },
	{ "version", cmd_version, "", "Prints the version and the linked drivers", NULL },
	{ "help", cmd_help, "[COMMAND]", "Explains", NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static int run(struct cli *cli, int argc, char **argv)
{
	int used = 0;
	int code = args_globals(cli, argc, argv, &used);
	if (code >= 0)
		return code;
	if (used == argc) {
		cmd_help(cli, 0, NULL);
		return EXIT_USAGE;
	}
	for (const struct command *command = commands; command->name != NULL; command++) {
		if (strcmp(command->name, argv[used]) != 0)
			continue;
		cli->command = command->name;
		return command->run(cli, argc - used - 1, argv + used + 1);
	}
	return usage_error(cli, "unknown command %s; see cairn help", argv[used]);
}

int main(int argc, char **argv)
{
	const char *db = getenv("CAIRN_DB");
	struct cli cli = { .db = db != NULL && *db != '\0' ? db : DEFAULT_DB };
	int code = run(&cli, argc - 1, argv + 1);
	/* what could not be written was not said: a full disk must not look like success */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "cairn: the output could not be written\n");
		return code == EXIT_FINE ? EXIT_OTHER : code;
	}
	return code;
}
