/* cmd_help.c - `cairn help` and `cairn version`. */
#include <string.h>

#include "cli.h"
#include "json.h"

static const char exit_codes[] =
	"Exit codes:\n"
	"  0  all went well\n"
	"  1  some items failed; drift was found\n"
	"  2  wrong usage, or the library refused the request as malformed\n"
	"  3  no such job or definition\n"
	"  4  conflict: a key with another request, a job not in the right status\n"
	"  5  the schema is missing or not the one this program needs: cairn migrate up\n"
	"  6  the database is unavailable, busy or too slow: try again\n"
	"  7  uncertain: the connection was lost while committing\n"
	"  8  anything else\n";

static int overview(void)
{
	puts("usage: cairn [--db URL] [--json] COMMAND [options]\n"
	     "\n"
	     "Durable jobs in SQLite or Postgres.\n"
	     "\n"
	     "Commands:");
	for (const struct command *command = commands; command->name != NULL; command++)
		printf("  %-8s  %s\n", command->name, command->summary);
	puts("");
	args_help_globals();
	printf("\nThe database is --db, else $CAIRN_DB, else sqlite:cairn.db in the working\n"
	       "directory. Durations are written 250ms, 10s, 5m, 2h, 1d.\n\n%s",
	       exit_codes);
	return EXIT_FINE;
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
		return command->run(cli, 1, words);
	}
	return usage_error(cli, "unknown command %s; see cairn help", argv[0]);
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
