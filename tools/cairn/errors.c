/*
 * errors.c - how a failure reaches the user: one line on the standard error, an
 * exit code, and with --verbose what only operators should see.
 */
#include <stdarg.h>
#include <string.h>

#include "cli.h"
#include "json.h"
#include "table.h"

int usage_error(const struct cli *cli, const char *format, ...)
{
	char text[512];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (cli->json) {
		struct json json = json_begin(stderr);
		json_open(&json, "error");
		json_z(&json, "status", "usage");
		json_z(&json, "message", text);
		json_close(&json);
		json_end(&json);
	} else {
		fputs("cairn: ", stderr);
		put_harmless(stderr, cairn_str_of(text));
		fputc('\n', stderr);
	}
	return EXIT_USAGE;
}

int exit_code(cairn_status status)
{
	switch (status) {
	case CAIRN_OK:
		return EXIT_FINE;
	case CAIRN_INVALID:
	case CAIRN_TOO_LARGE:
	case CAIRN_UNSUPPORTED:
		return EXIT_USAGE;
	case CAIRN_NOT_FOUND:
		return EXIT_NOT_FOUND;
	case CAIRN_EXISTS:
	case CAIRN_STALE:
	case CAIRN_CONFLICT:
		return EXIT_CONFLICT;
	case CAIRN_SCHEMA:
		return EXIT_SCHEMA;
	case CAIRN_BUSY:
	case CAIRN_TIMEOUT:
	case CAIRN_UNAVAILABLE:
		return EXIT_UNAVAILABLE;
	case CAIRN_UNCERTAIN:
		return EXIT_UNCERTAIN;
	case CAIRN_DENIED:
	case CAIRN_TX_ABORTED:
	case CAIRN_INTERRUPTED:
	case CAIRN_NOMEM:
	case CAIRN_CORRUPT:
	case CAIRN_DRIVER:
	case CAIRN_INTERNAL:
		break;
	}
	return EXIT_OTHER;
}

static void put_json(const struct cli *cli, const cairn_error *err)
{
	struct json json = json_begin(stderr);
	json_open(&json, "error");
	json_z(&json, "status", cairn_status_text(err->status));
	json_z(&json, "code", err->code);
	json_z(&json, "message", err->message);
	json_z(&json, "op", err->op);
	if (err->sqlstate[0] != '\0')
		json_z(&json, "sqlstate", err->sqlstate);
	if (cli->verbose)
		json_z(&json, "detail", err->detail);
	json_close(&json);
	json_end(&json);
}

/* What to do about it, where that is known. The URL may hold a password, a file's name does not. */
static void advise(const struct cli *cli, const cairn_error *err)
{
	bool migrate = strcmp(err->code, cairn_code_text(CAIRN_E_MIGRATION_HISTORY)) == 0 ||
		       strcmp(err->code, cairn_code_text(CAIRN_E_MIGRATION_PENDING)) == 0 ||
		       strcmp(err->code, cairn_code_text(CAIRN_E_DB_SCHEMA)) == 0;
	if (migrate && cli->db_given && strncmp(cli->db, "sqlite:", 7) == 0)
		fprintf(stderr, "cairn: run: cairn --db '%s' migrate up\n", cli->db);
	else if (migrate && cli->db_given)
		fprintf(stderr, "cairn: run: cairn --db URL migrate up\n");
	else if (migrate)
		fprintf(stderr, "cairn: run: cairn migrate up\n");
	else if (strcmp(err->code, cairn_code_text(CAIRN_E_JOB_DEFINITION)) == 0 ||
		 strcmp(err->code, cairn_code_text(CAIRN_E_RUN_DEFINITION)) == 0)
		fprintf(stderr, "cairn: define it with: cairn define TYPE\n");
	else if (err->status == CAIRN_UNAVAILABLE && !cli->verbose && err->detail[0] != '\0')
		fprintf(stderr, "cairn: why, is told with --verbose\n");
	else if (strcmp(err->code, cairn_code_text(CAIRN_E_URL_SCHEME)) == 0)
		fprintf(stderr, "cairn: a file is named sqlite:FILE\n");
}

int failed(const struct cli *cli, const cairn_error *err)
{
	if (cli->json) {
		put_json(cli, err);
		return exit_code(err->status);
	}
	fprintf(stderr, "cairn: %s (%s)\n", err->message, err->code);
	if (cli->verbose && err->detail[0] != '\0') {
		fprintf(stderr, "cairn: in %s: ", err->op);
		put_harmless(stderr, cairn_str_of(err->detail));
		fputc('\n', stderr);
	}
	advise(cli, err);
	return exit_code(err->status);
}

void outcome_error(cairn_error *err, cairn_status status, cairn_code code)
{
	*err = (cairn_error)CAIRN_ERROR_INIT;
	err->status = status;
	snprintf(err->code, sizeof err->code, "%s", cairn_code_text(code));
	snprintf(err->message, sizeof err->message, "%s", cairn_code_message(code));
}

/* All of them failed: the first one's reason speaks for itself. */
int batch_exit(size_t n, size_t bad, cairn_status first)
{
	if (bad == 0)
		return EXIT_FINE;
	return bad == n ? exit_code(first) : EXIT_SOME_FAILED;
}
