/*
 * torture.h - every allocation of a step fails once. The call says NOMEM, nothing leaks, nothing is
 * half-written, and the same connection goes on afterwards.
 */
#ifndef TESTS_OOM_TORTURE_H
#define TESTS_OOM_TORTURE_H

#include <stdlib.h>

#include <cairn/cairn.h>
#include <cairn/memory_driver.h>
#include <cairn/sqlite.h>

#include "../tap.h"

static const cairn_driver *const linked[] = { &cairn_memory, &cairn_sqlite };

static size_t countdown; /* the allocation that fails; 0: none */
static int failed;	 /* it did */
static int64_t held;	 /* bytes */

static cairn_conn *conn;
static cairn_error err = CAIRN_ERROR_INIT;

struct step {
	const char *name;
	cairn_status (*run)(void);
};

static void *failing(void *user, void *ptr, size_t old_size, size_t new_size)
{
	(void)user;
	if (new_size > old_size && countdown > 0 && --countdown == 0) {
		failed = 1;
		return NULL;
	}
	held += (int64_t)new_size - (int64_t)old_size;
	if (new_size == 0) {
		free(ptr);
		return NULL;
	}
	return realloc(ptr, new_size);
}

static void open_it(const char *url)
{
	cairn_conn_opts opts = { .size = sizeof opts, .alloc = failing };
	int good = 1;
	int refused = 0;
	for (size_t n = 1;; n++) {
		int64_t before = held;
		countdown = n;
		failed = 0;
		cairn_status st = cairn_open_any(&conn, linked, 2, url, &opts, &err);
		countdown = 0;
		if (!failed) {
			good &= st == CAIRN_OK;
			break;
		}
		refused++;
		good &= st == CAIRN_NOMEM && conn == NULL && held == before;
	}
	ok(good && refused > 0, "open: %d allocations failed, each NOMEM without a leak", refused);
}

/*
 * Fails the first, second, third … allocation of a step until it passes. Each
 * failure is NOMEM and gives everything back that the step took. Each number has two
 * turns: what a connection keeps from the first is not asked for in the second.
 */
static void torture(const char *name, cairn_status (*run)(void))
{
	int good = 1;
	int refused = 0;
	for (size_t n = 2; n < 20000; n++) {
		countdown = n / 2;
		failed = 0;
		cairn_status st = run();
		countdown = 0;
		if (!failed) {
			if (st != CAIRN_OK)
				printf("# %s: %s %s (%s)\n", name, err.code, err.message,
				       err.detail);
			good &= st == CAIRN_OK;
			break;
		}
		refused++;
		if (st != CAIRN_NOMEM) {
			printf("# %s, allocation %zu: %s\n", name, n / 2, cairn_status_text(st));
			good = 0;
			break;
		}
	}
	ok(good, "%s: %d times no memory, each NOMEM; then it works", name, refused);
}

static void torture_all(const struct step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++)
		torture(steps[i].name, steps[i].run);
}

static int close_it(void)
{
	cairn_close(conn);
	is_int(held, 0, "all memory is back");
	return tap_done();
}

#endif
