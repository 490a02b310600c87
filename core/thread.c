/* thread.c - whole threads: listed, copied, deleted; and checkpoints that are deleted in numbers. */
#include "check.h"
#include "core.h"
#include "limits.h"

/* ---- list -------------------------------------------------------------------- */

static cairn_status check_filter(const cairn_thread_filter *filter, cairn_thread_query *query,
				 cairn_error *err)
{
	if (filter == NULL || filter->size < sizeof *filter)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (filter->reserved_ != 0)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	*query = (cairn_thread_query){ .tenant = filter->tenant,
				       .prefix = filter->prefix,
				       .after = filter->after };
	cairn_status st = cairn__check_tenant(filter->tenant, err);
	if (st == CAIRN_OK)
		st = cairn__check_text(filter->prefix, CAIRN__MAX_NAME, "prefix", err);
	if (st == CAIRN_OK && filter->after.len > 0)
		st = cairn__check_name(filter->after, "after", err);
	return st == CAIRN_OK ? cairn__check_page(filter->limit, &query->limit, err) : st;
}

cairn_status cairn_thread_list(cairn_conn *conn, const cairn_thread_filter *filter,
			       cairn_threads **threads, cairn_error *err)
{
	struct cairn__call call;
	cairn_thread_query query;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__CHECKPOINTS, "thread.list", err);
	if (st == CAIRN_OK && threads == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = check_filter(filter, &query, err);
	if (st != CAIRN_OK)
		return cairn__call_end(&call, st, 0);
	cairn_rows rows;
	void *memory = *threads;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_thread));
	st = conn->checkpoints.threads(conn->self, &query, &rows, err);
	st = cairn__rows_end(&rows, &memory, st, err);
	*threads = memory;
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*threads)->count : 0);
}

/* ---- copy -------------------------------------------------------------------- */

static cairn_status copy(cairn_conn *conn, cairn_str tenant, cairn_str from, cairn_str to,
			 size_t *copied, cairn_error *err)
{
	enum cairn_copy_result result = CAIRN_COPY_DONE;
	cairn_status st = cairn__need(conn, conn->checkpoints.copy != NULL, "thread.copy", err);
	if (st == CAIRN_OK)
		st = cairn__check_tenant(tenant, err);
	if (st == CAIRN_OK)
		st = cairn__check_name(from, "from", err);
	if (st == CAIRN_OK)
		st = cairn__check_name(to, "to", err);
	if (st == CAIRN_OK)
		st = conn->checkpoints.copy(conn->self, tenant, from, to, &result, copied, err);
	if (st == CAIRN_OK && result == CAIRN_COPY_NO_SOURCE)
		return cairn_fail(err, CAIRN_E_THREAD_NOT_FOUND);
	if (st == CAIRN_OK && result == CAIRN_COPY_EXISTS)
		return cairn_fail(err, CAIRN_E_THREAD_EXISTS);
	return st;
}

cairn_status cairn_thread_copy(cairn_conn *conn, cairn_str tenant, cairn_str from, cairn_str to,
			       size_t *copied, cairn_error *err)
{
	struct cairn__call call;
	size_t n = 0;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__CHECKPOINTS, "thread.copy", err);
	if (st == CAIRN_OK)
		st = copy(conn, tenant, from, to, &n, err);
	if (st == CAIRN_OK && copied != NULL)
		*copied = n;
	return cairn__call_end(&call, st, n);
}

/* ---- delete ------------------------------------------------------------------ */

static cairn_status check_names(const cairn_str *names, size_t n, const char *field,
				cairn_error *err)
{
	cairn_status st = cairn__check_batch(names, n, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++) {
		st = cairn__check_name(names[i], field, err);
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
	return st;
}

static cairn_status run(cairn_conn *conn, const cairn_checkpoint_delete_plan *plan, size_t *deleted,
			cairn_error *err)
{
	size_t gone = 0;
	cairn_status st = conn->checkpoints.remove(conn->self, plan, &gone, err);
	if (st == CAIRN_OK && deleted != NULL)
		*deleted = gone;
	return st;
}

cairn_status cairn_thread_delete(cairn_conn *conn, cairn_str tenant, const cairn_str *threads,
				 size_t n, size_t *deleted, cairn_error *err)
{
	struct cairn__call call;
	cairn_checkpoint_delete_plan plan = { .tenant = tenant,
					      .threads = threads,
					      .thread_count = n };
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__CHECKPOINTS, "thread.delete", err);
	if (st == CAIRN_OK)
		st = cairn__check_tenant(tenant, err);
	if (st == CAIRN_OK)
		st = check_names(threads, n, "thread", err);
	if (st == CAIRN_OK && n > 0)
		st = run(conn, &plan, deleted, err);
	else if (st == CAIRN_OK && deleted != NULL)
		*deleted = 0;
	return cairn__call_end(&call, st, n);
}

cairn_status cairn_checkpoint_delete_runs(cairn_conn *conn, cairn_str tenant, const cairn_str *runs,
					  size_t n, size_t *deleted, cairn_error *err)
{
	struct cairn__call call;
	cairn_checkpoint_delete_plan plan = { .tenant = tenant, .runs = runs, .run_count = n };
	cairn_status st =
		cairn__call_begin(&call, conn, CAIRN__CHECKPOINTS, "checkpoint.delete_runs", err);
	if (st == CAIRN_OK)
		st = cairn__check_tenant(tenant, err);
	if (st == CAIRN_OK)
		st = check_names(runs, n, "run", err);
	if (st == CAIRN_OK && n > 0)
		st = run(conn, &plan, deleted, err);
	else if (st == CAIRN_OK && deleted != NULL)
		*deleted = 0;
	return cairn__call_end(&call, st, n);
}

/* ---- prune -------------------------------------------------------------------- */

static cairn_status check_prune(const cairn_checkpoint_prune_opts *opts,
				cairn_checkpoint_delete_plan *plan, cairn_error *err)
{
	if (opts == NULL || opts->size < sizeof *opts || opts->older_than < 0 ||
	    opts->older_than > CAIRN__MAX_AGE)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	*plan = (cairn_checkpoint_delete_plan){
		.tenant = opts->tenant,
		.thread = opts->thread,
		.keep = opts->keep != 0 ? opts->keep : 1,
		.limit = opts->limit != 0 ? opts->limit : CAIRN__DEFAULT_PRUNE,
		.older_than = opts->older_than,
	};
	if (plan->limit > CAIRN__MAX_PRUNE) {
		cairn_fail(err, CAIRN_E_LIMIT_EXCEEDED);
		cairn_error_message(err, "One call prunes at most %d checkpoints.",
				    CAIRN__MAX_PRUNE);
		return CAIRN_TOO_LARGE;
	}
	cairn_status st = cairn__check_tenant(opts->tenant, err);
	if (st == CAIRN_OK && opts->thread.len > 0)
		st = cairn__check_name(opts->thread, "thread", err);
	return st;
}

cairn_status cairn_checkpoint_prune(cairn_conn *conn, const cairn_checkpoint_prune_opts *opts,
				    size_t *deleted, cairn_error *err)
{
	struct cairn__call call;
	cairn_checkpoint_delete_plan plan;
	cairn_status st =
		cairn__call_begin(&call, conn, CAIRN__CHECKPOINTS, "checkpoint.prune", err);
	if (st == CAIRN_OK)
		st = check_prune(opts, &plan, err);
	if (st == CAIRN_OK)
		st = run(conn, &plan, deleted, err);
	return cairn__call_end(&call, st, 0);
}
