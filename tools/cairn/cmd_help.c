/* cmd_help.c - `cairn help` and `cairn version`. */
#include <string.h>

#include "cli.h"
#include "json.h"

static const char exit_codes[] =
	"Exit codes:\n"
	"  0  all went well\n"
	"  1  some items failed; drift was found; a run that was waited for did not succeed\n"
	"  2  wrong usage, or the library refused the request as malformed\n"
	"  3  no such job, run or definition\n"
	"  4  conflict: a key with another request, a job not in the right status\n"
	"  5  the schema is missing or not the one this program needs: cairn migrate up\n"
	"  6  the database is unavailable, busy or too slow: try again\n"
	"  7  uncertain: the connection was lost while committing\n"
	"  8  anything else\n";

static int overview(void)
{
	puts("usage: cairn [--db URL] [--json] COMMAND [options]\n"
	     "\n"
	     "Durable execution in SQLite or Postgres: jobs, graphs of jobs (DAG runs), durable\n"
	     "functions (replay runs), checkpoints, memory, logs and locks.\n"
	     "\n"
	     "Commands:");
	for (const struct command *command = commands; command->name != NULL; command++)
		printf("  %-9s  %s\n", command->name, command->summary);
	puts("");
	args_help_globals();
	printf("\nThe database is --db, else $CAIRN_DB, else sqlite:cairn.db in the working\n"
	       "directory. Durations are written 250ms, 10s, 5m, 2h, 1d.\n\n%s",
	       exit_codes);
	return EXIT_FINE;
}

/* How many letters have to be put in, left out or changed. */
static size_t distance(const char *from, const char *to)
{
	size_t row[32];
	size_t n = strlen(to);
	if (n >= sizeof row / sizeof row[0])
		return n;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; from[i - 1] != '\0'; i++) {
		size_t corner = row[0];
		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t least = corner + (from[i - 1] != to[j - 1]);
			corner = row[j];
			if (row[j] + 1 < least)
				least = row[j] + 1;
			if (row[j - 1] + 1 < least)
				least = row[j - 1] + 1;
			row[j] = least;
		}
	}
	return row[n];
}

int unknown_command(const struct cli *cli, const char *word)
{
	const char *near = NULL;
	size_t len = strlen(word);
	size_t best = len / 3 + 1;
	for (const struct command *command = commands; command->name != NULL; command++) {
		size_t far = distance(word, command->name);
		if (len >= 3 && strncmp(word, command->name, len) == 0)
			far = 0;
		if (far < best) {
			best = far;
			near = command->name;
		}
	}
	if (near == NULL)
		return usage_error(cli, "unknown command %s; see cairn help", word);
	return usage_error(cli, "unknown command %s; is it cairn %s?", word, near);
}

int cmd_help(struct cli *cli, int argc, char **argv)
{
	if (argc == 0)
		return overview();
	for (const struct command *command = commands; command->name != NULL; command++) {
		if (strcmp(command->name, argv[0]) != 0)
			continue;
		char help[] = "--help";
		char *words[] = { help, NULL };
		cli->command = command->name;
		if (command->run == cmd_help)
			return overview();
		if (command->run == cmd_run && argc > 1) {
			char *verb[] = { argv[1], help, NULL };
			return command->run(cli, 2, verb);
		}
		return command->run(cli, 1, words);
	}
	return unknown_command(cli, argv[0]);
}

int cmd_version(struct cli *cli, int argc, char **argv)
{
	int code = args_parse(cli, NULL, &argc, argv);
	if (code >= 0)
		return code;
	if (argc > 0)
		return usage_error(cli, "version takes no operands");
	if (!cli->json) {
		printf("cairn %s (%s)\n", cairn_version(), db_drivers());
		return EXIT_FINE;
	}
	struct json json = json_begin(stdout);
	json_z(&json, "version", cairn_version());
	json_z(&json, "drivers", db_drivers());
	json_end(&json);
	return EXIT_FINE;
}
