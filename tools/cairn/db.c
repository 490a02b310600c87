/*
 * db.c - the database that --db, $CAIRN_DB or the default names. The one place
 * that lists the linked drivers.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cairn/memory_driver.h>
#ifdef CAIRN_WITH_POSTGRES
#include <cairn/postgres.h>
#endif
#include <cairn/sqlite.h>

#include "cli.h"

#define SQLITE "sqlite:"

static const cairn_driver *const drivers[] = {
	&cairn_sqlite,
#ifdef CAIRN_WITH_POSTGRES
	&cairn_postgres,
#endif
	&cairn_memory,
};

const char *db_drivers(void)
{
#ifdef CAIRN_WITH_POSTGRES
	return "sqlite, postgres, memory";
#else
	return "sqlite, memory";
#endif
}

/* A command must not leave an empty database behind because of a mistyped name. */
static char *with_create_no(const char *url)
{
	static const char option[] = "create=no";
	size_t size = strlen(url) + sizeof option + 1;
	char *text = malloc(size);
	if (text != NULL)
		snprintf(text, size, "%s%c%s", url, strchr(url, '?') != NULL ? '&' : '?', option);
	return text;
}

static bool is_file(const char *url)
{
	return strncmp(url, SQLITE, strlen(SQLITE)) == 0 &&
	       strncmp(url + strlen(SQLITE), ":memory:", 8) != 0;
}

cairn_status db_connect(const struct cli *cli, bool create, const cairn_conn_opts *opts,
			cairn_conn **conn, cairn_error *err)
{
	size_t n = sizeof drivers / sizeof drivers[0];
	if (create || !is_file(cli->db) || strstr(cli->db, "create=") != NULL)
		return cairn_open_any(conn, drivers, n, cli->db, opts, err);
	char *url = with_create_no(cli->db);
	if (url == NULL) {
		outcome_error(err, CAIRN_NOMEM, CAIRN_E_NOMEM);
		return CAIRN_NOMEM;
	}
	cairn_status st = cairn_open_any(conn, drivers, n, url, opts, err);
	free(url);
	return st;
}

/* The file's name, as far as it can be told without decoding: "" when it is escaped. */
static bool file_missing(const char *url, char *path, size_t size)
{
	const char *name = url + strlen(SQLITE);
	size_t len = strcspn(name, "?");
	if (!is_file(url) || len >= size || memchr(name, '%', len) != NULL)
		return false;
	memcpy(path, name, len);
	path[len] = '\0';
	return access(path, F_OK) != 0 && errno == ENOENT;
}

int db_open(const struct cli *cli, bool create, cairn_conn **conn)
{
	cairn_error err = CAIRN_ERROR_INIT;
	char path[512];
	if (db_connect(cli, create, NULL, conn, &err) == CAIRN_OK)
		return -1;
	if (!create && file_missing(cli->db, path, sizeof path)) {
		outcome_error(&err, CAIRN_SCHEMA, CAIRN_E_MIGRATION_HISTORY);
		snprintf(err.message, sizeof err.message, "There is no database file %.200s.",
			 path);
	}
	return failed(cli, &err);
}

int db_ready(const struct cli *cli, cairn_conn **conn)
{
	cairn_error err = CAIRN_ERROR_INIT;
	int code = db_open(cli, false, conn);
	if (code >= 0)
		return code;
	cairn_migrate_opts line = { .size = sizeof line };
	if (cairn_migrate_check(*conn, &line, &err) == CAIRN_OK)
		return -1;
	cairn_close(*conn);
	*conn = NULL;
	return failed(cli, &err);
}

cairn_scope cli_scope(const struct cli *cli)
{
	if (cli->global)
		return cairn_global();
	if (cli->tenant != NULL)
		return cairn_tenant(cairn_str_of(cli->tenant));
	return cairn_any();
}

cairn_str cli_tenant(const struct cli *cli)
{
	return cli->tenant != NULL ? cairn_str_of(cli->tenant) : CAIRN_STR("default");
}
