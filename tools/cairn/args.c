/*
 * args.c - options from tables: each command describes its own, and both the
 * parser and `--help` read the description. Long names with "=value" or a word
 * behind, letters with the value attached or behind, "--" ends them.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

struct parse {
	struct cli *cli;
	const struct opt *own;
	struct opt global[8];
	bool help;
	int argc;
	char **argv;
	int at;
};

static void global_options(struct cli *cli, bool *help, struct opt global[8])
{
	const struct opt table[] = {
		{ "db", 0, OPT_TEXT, &cli->db, "URL", "database: sqlite:FILE or postgresql://…",
		  &cli->db_given },
		{ "tenant", 't', OPT_TEXT, &cli->tenant, "NAME", "only this tenant's jobs", NULL },
		{ "global", 0, OPT_FLAG, &cli->global, NULL, "only jobs without a tenant", NULL },
		{ "json", 0, OPT_FLAG, &cli->json, NULL, "JSON instead of tables", NULL },
		{ "no-color", 0, OPT_FLAG, &cli->no_color, NULL, "no colours", NULL },
		{ "verbose", 'v', OPT_FLAG, &cli->verbose, NULL,
		  "show the details of errors, meant for operators", NULL },
		{ "help", 'h', OPT_FLAG, help, NULL, "this text", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	memcpy(global, table, sizeof table);
}

/* ---- values --------------------------------------------------------------------- */

static int store_number(const struct cli *cli, const struct opt *opt, const char *text)
{
	int64_t n = 0;
	int64_t min = opt->kind == OPT_INT32 ? INT32_MIN : opt->kind == OPT_COUNT ? 1 : 0;
	int64_t max = opt->kind == OPT_INT32   ? INT32_MAX
		      : opt->kind == OPT_COUNT ? UINT32_MAX
					       : INT64_MAX;
	if (int_parse(text, min, max, &n) != 0)
		return usage_error(cli, "--%s: '%s' is not a number here", opt->name, text);
	if (opt->kind == OPT_INT32)
		*(int32_t *)opt->into = (int32_t)n;
	else if (opt->kind == OPT_COUNT)
		*(uint32_t *)opt->into = (uint32_t)n;
	else
		*(int64_t *)opt->into = n;
	return -1;
}

static int store_text(const struct cli *cli, const struct opt *opt, const char *text)
{
	struct texts *texts = opt->into;
	/* a shell's variable that is not set must not select everything */
	if (*text == '\0')
		return usage_error(cli, "--%s: the value is empty", opt->name);
	if (opt->kind == OPT_TEXT) {
		*(const char **)opt->into = text;
		return -1;
	}
	if (texts->count == MAX_TEXTS)
		return usage_error(cli, "--%s: at most %d of them", opt->name, MAX_TEXTS);
	texts->at[texts->count++] = text;
	return -1;
}

static int store(const struct cli *cli, const struct opt *opt, const char *text)
{
	switch (opt->kind) {
	case OPT_FLAG:
		*(bool *)opt->into = true;
		return -1;
	case OPT_TEXT:
	case OPT_TEXTS:
		return store_text(cli, opt, text);
	case OPT_SPAN:
		if (span_parse(text, opt->into) == 0)
			return -1;
		return usage_error(cli, "--%s: '%s' is no duration such as 10s, 5m, 250ms or 2h",
				   opt->name, text);
	case OPT_TIME:
		if (when_parse(text, opt->into) == 0)
			return -1;
		return usage_error(cli, "--%s: '%s' is no time such as 2030-01-31T12:00:00Z",
				   opt->name, text);
	case OPT_INT32:
	case OPT_COUNT:
	case OPT_BIG:
		break;
	}
	return store_number(cli, opt, text);
}

/* ---- words ------------------------------------------------------------------------ */

static const struct opt *find(const struct opt *table, const char *name, size_t len, char letter)
{
	for (; table != NULL && table->name != NULL; table++) {
		if (letter != 0 ? table->letter == letter
				: strlen(table->name) == len && memcmp(table->name, name, len) == 0)
			return table;
	}
	return NULL;
}

static int unknown(const struct parse *parse, const char *word)
{
	const char *command = parse->cli->command;
	return usage_error(parse->cli, "unknown option %s; see cairn help%s%s", word,
			   command != NULL ? " " : "", command != NULL ? command : "");
}

/* Takes the option of the word at parse->at, and its value; leaves `at` behind them. */
static int take(struct parse *parse)
{
	char *word = parse->argv[parse->at++];
	bool is_long = word[1] == '-';
	const char *name = is_long ? word + 2 : word + 1;
	size_t len = is_long ? strcspn(name, "=") : 1;
	char letter = is_long ? '\0' : *name;
	const struct opt *opt = find(parse->own, name, len, letter);
	if (opt == NULL)
		opt = find(parse->global, name, len, letter);
	if (opt == NULL)
		return unknown(parse, word);
	const char *value = name[len] == '\0' ? NULL : name + len + (is_long ? 1 : 0);
	if (opt->kind == OPT_FLAG && value != NULL)
		return usage_error(parse->cli, "%s takes no value", word);
	if (opt->kind != OPT_FLAG && value == NULL) {
		if (parse->at >= parse->argc)
			return usage_error(parse->cli, "--%s needs a value", opt->name);
		value = parse->argv[parse->at++];
	}
	if (opt->seen != NULL)
		*opt->seen = true;
	return store(parse->cli, opt, value);
}

/* No option is a digit: -1 is an operand, and whoever takes it says what is wrong with it. */
static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] != '\0' && !(word[1] >= '0' && word[1] <= '9');
}

static int check_globals(const struct cli *cli)
{
	if (cli->tenant != NULL && cli->global)
		return usage_error(cli, "--tenant and --global exclude each other");
	return -1;
}

int args_globals(struct cli *cli, int argc, char **argv, int *used)
{
	struct parse parse = { .cli = cli, .argc = argc, .argv = argv };
	global_options(cli, &parse.help, parse.global);
	while (parse.at < argc && is_option(argv[parse.at])) {
		int code = take(&parse);
		if (code >= 0)
			return code;
	}
	*used = parse.at;
	if (parse.help)
		return cmd_help(cli, 0, NULL);
	return check_globals(cli);
}

static const struct command *this_command(const struct cli *cli)
{
	const struct command *command = commands;
	while (command->name != NULL && strcmp(command->name, cli->command) != 0)
		command++;
	if (command->name != NULL)
		return command;
	for (command = run_verbs; strcmp(command->name, cli->command) != 0;)
		command++;
	return command;
}

int args_parse(struct cli *cli, const struct opt *opts, int *argc, char **argv)
{
	struct parse parse = { .cli = cli, .own = opts, .argc = *argc, .argv = argv };
	int operands = 0;
	global_options(cli, &parse.help, parse.global);
	while (parse.at < *argc) {
		char *word = argv[parse.at];
		if (strcmp(word, "--") == 0) {
			for (parse.at++; parse.at < *argc; parse.at++)
				argv[operands++] = argv[parse.at];
		} else if (is_option(word)) {
			int code = take(&parse);
			if (code >= 0)
				return code;
		} else {
			argv[operands++] = word;
			parse.at++;
		}
	}
	*argc = operands;
	if (parse.help) {
		args_help(this_command(cli), opts);
		return EXIT_FINE;
	}
	return check_globals(cli);
}

/* ---- help ------------------------------------------------------------------------ */

static void print_options(const struct opt *opt)
{
	for (; opt != NULL && opt->name != NULL; opt++) {
		char left[64];
		char letter[8] = "    ";
		if (opt->letter != 0)
			snprintf(letter, sizeof letter, "-%c, ", opt->letter);
		snprintf(left, sizeof left, "%s--%s%s%s", letter, opt->name,
			 opt->arg != NULL ? " " : "", opt->arg != NULL ? opt->arg : "");
		printf("  %-32s %s\n", left, opt->help);
	}
}

void args_help_globals(void)
{
	struct cli none;
	struct opt global[8];
	bool help;
	global_options(&none, &help, global);
	puts("Global options, in front of the command or behind it:");
	print_options(global);
}

void args_help(const struct command *command, const struct opt *opts)
{
	printf("usage: cairn %s%s%s\n\n%s.\n", command->name, *command->usage != '\0' ? " " : "",
	       command->usage, command->summary);
	if (command->details != NULL)
		printf("\n%s", command->details);
	if (opts != NULL && opts->name != NULL) {
		puts("\nOptions:");
		print_options(opts);
	}
	puts("");
	args_help_globals();
}
