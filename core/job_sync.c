/*
 * job_sync.c - bringing a catalog of definitions into the store. The driver writes and tells what
 * was disabled in one call; what is absent is found here, because it is known beforehand.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "job_definition.h"
#include "places.h"

static int disabled_by_type(const void *a, const void *b)
{
	const cairn_disabled *x = a;
	const cairn_disabled *y = b;
	return cairn_str_compare(x->type, y->type);
}

/* Sorts; a type that stands there twice is refused. */
static cairn_status sort(struct cairn__place *names, size_t n, cairn_error *err)
{
	size_t twice = cairn__places_sort(names, n);
	if (twice == SIZE_MAX)
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_JOB_DEFINITION_INVALID);
	cairn_error_message(err, "The catalog names a job type twice.");
	cairn__error_index(err, twice);
	return CAIRN_INVALID;
}

static cairn_status check_opts(const cairn_sync_opts *opts, size_t n, cairn_error *err)
{
	if (opts == NULL || opts->size < sizeof *opts || opts->mode < CAIRN_SYNC_PRESERVE ||
	    opts->mode > CAIRN_SYNC_EXACT)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (opts->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	cairn_status st = cairn__check_batch(opts->scope, opts->scope_count, err);
	if (st != CAIRN_OK)
		return st;
	if (opts->mode == CAIRN_SYNC_EXACT && (n == 0 || opts->scope_count == 0))
		return cairn_fail(err, CAIRN_E_JOB_CATALOG_EMPTY);
	if (opts->mode != CAIRN_SYNC_EXACT && opts->scope_count > 0) {
		cairn_fail(err, CAIRN_E_ARG_INVALID);
		cairn_error_message(err, "Only an exact sync has a scope.");
		return CAIRN_INVALID;
	}
	for (size_t i = 0; i < opts->scope_count && st == CAIRN_OK; i++) {
		st = cairn__check_name(opts->scope[i], "scope", err);
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
	return st;
}

/* The plan's part that the catalog decides, with memory for names and absent types. */
static cairn_status complete(const struct cairn__settled *settled, const cairn_sync_opts *opts,
			     struct cairn__place *names, cairn_str *absent, cairn_define_plan *plan,
			     cairn_error *err)
{
	for (size_t i = 0; i < settled->n; i++)
		names[i] = (struct cairn__place){ settled->at[i].type, i };
	cairn_status st = sort(names, settled->n, err);
	if (st != CAIRN_OK)
		return st;
	plan->mode =
		opts->mode == CAIRN_SYNC_PRESERVE ? CAIRN_DEFINE_PRESERVE : CAIRN_DEFINE_UPSERT;
	plan->definitions = settled->at;
	plan->n = settled->n;
	plan->absent = absent;
	if (opts->scope_count > 0)
		memcpy(absent, opts->scope, opts->scope_count * sizeof *absent);
	plan->absent_count = cairn__places_absent(names, settled->n, absent, opts->scope_count);
	return CAIRN_OK;
}

static cairn_status write(cairn_conn *conn, const struct cairn__settled *settled,
			  const cairn_sync_opts *opts, cairn_rows *disabled, cairn_error *err)
{
	size_t found = 0;
	cairn_define_plan plan = { .disabled = disabled };
	struct cairn__place *names = cairn__scratch(conn, settled->n, sizeof *names, err);
	cairn_str *absent = NULL;
	if (names != NULL)
		absent = cairn__scratch(conn, opts->scope_count + 1, sizeof *absent, err);
	cairn_status st = absent != NULL ? CAIRN_OK : CAIRN_NOMEM;
	if (st == CAIRN_OK)
		st = complete(settled, opts, names, absent, &plan, err);
	if (st == CAIRN_OK)
		st = conn->jobs.define(conn->self, &plan, &found, err);
	cairn__scratch_free(conn, absent, opts->scope_count + 1, sizeof *absent);
	cairn__scratch_free(conn, names, settled->n, sizeof *names);
	return st;
}

static cairn_status sync(cairn_conn *conn, const cairn_definition *given, size_t n,
			 const cairn_sync_opts *opts, cairn_sync_report **report, cairn_error *err)
{
	struct cairn__settled settled;
	cairn_rows rows;
	void *memory = *report;
	cairn_status st = cairn__check_batch(given, n, err);
	if (st == CAIRN_OK)
		st = check_opts(opts, n, err);
	if (st != CAIRN_OK)
		return st;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_disabled));
	if (n > 0) {
		st = cairn__settle_begin(&settled, conn, given, n, err);
		if (st == CAIRN_OK)
			st = write(conn, &settled, opts, &rows, err);
		cairn__settle_end(&settled);
	}
	if (rows.count > 1)
		qsort(cairn_rows_at(&rows, 0), rows.count, sizeof(cairn_disabled),
		      disabled_by_type);
	st = cairn__rows_end(&rows, &memory, st, err);
	*report = memory;
	return st;
}

cairn_status cairn_job_definition_sync(cairn_conn *conn, const cairn_definition *definitions,
				       size_t n, const cairn_sync_opts *opts,
				       cairn_sync_report **report, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__JOBS, "definition.sync", err);
	if (st == CAIRN_OK && report == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = sync(conn, definitions, n, opts, report, err);
	return cairn__call_end(&call, st, n);
}
