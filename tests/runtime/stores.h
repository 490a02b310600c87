/*
 * stores.h - the tests of the runtime run on every store there is: memory, a SQLite file, and
 * Postgres where CAIRN_PG_URL says one is, each empty and migrated.
 */
#ifndef TESTS_RUNTIME_STORES_H
#define TESTS_RUNTIME_STORES_H

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include <cairn/cairn.h>
#include <cairn/memory_driver.h>
#include <cairn/sqlite.h>
#include <cairn/worker.h>
#include <cairn/writer.h>
#ifdef CAIRN_WITH_POSTGRES
#include <cairn/postgres.h>
#endif

#include "../tap.h"

typedef struct store {
	const cairn_driver *driver;
	const char *name;
	char url[512];
	cairn_conn *conn; /* keeps a store in memory alive */
} store;

static inline void must(cairn_status status, const cairn_error *err, const char *what)
{
	if (status == CAIRN_OK)
		return;
	printf("Bail out! %s: %s %s (%s)\n", what, err->code, err->message, err->detail);
	exit(1);
}

static inline void store_prepare(store *one, const char *type)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_definition definition = { .type = cairn_str_of(type) };
	must(cairn_open(&one->conn, one->driver, one->url, NULL, &err), &err, one->url);
	must(cairn_migrate_up(one->conn, NULL, NULL, &err), &err, "migrate");
	must(cairn_job_define(one->conn, &definition, 1, &err), &err, "define");
}

/* Calls test with each store in turn, a type defined in it. */
static inline void each_store(const char *type, void (*test)(store *one))
{
	char folder[] = "/tmp/cairn-runtime.XXXXXX";
	char file[64];
	store one = { .driver = &cairn_memory, .name = "memory" };
	snprintf(one.url, sizeof one.url, "memory:runtime-%ld", (long)getpid());
	store_prepare(&one, type);
	test(&one);
	cairn_close(one.conn);

	if (mkdtemp(folder) == NULL)
		exit(1);
	snprintf(file, sizeof file, "%s/runtime.db", folder);
	one = (store){ .driver = &cairn_sqlite, .name = "sqlite" };
	snprintf(one.url, sizeof one.url, "sqlite:%s", file);
	store_prepare(&one, type);
	test(&one);
	cairn_close(one.conn);
	unlink(file);
	rmdir(folder);

#ifdef CAIRN_WITH_POSTGRES
	const char *url = getenv("CAIRN_PG_URL");
	if (url == NULL)
		return;
	one = (store){ .driver = &cairn_postgres, .name = "postgres" };
	snprintf(one.url, sizeof one.url, "%s%sschema=runtime_%ld", url,
		 strchr(url, '?') == NULL ? "?" : "&", (long)getpid());
	store_prepare(&one, type);
	test(&one);
	cairn_close(one.conn);
#endif
}

#endif
