/*
 * run.c - runs in. Every graph is checked and planned before any I/O; the driver inserts, or tells what stands
 * under the keys; equal or different is decided here, by the hash of the canonical request.
 */
#include <string.h>

#include "run_plan.h"

static void refuse(cairn_run_added *each, cairn_code code)
{
	each->code = code;
	each->status = cairn_code_status(code);
}

static void found(const cairn_run_inserted *result, enum cairn_run_disposition disposition,
		  cairn_run_added *each)
{
	each->id = result->id;
	each->disposition = disposition;
	each->run_status = result->status;
}

static void judge(const cairn_run_insert *run, const cairn_run_inserted *result,
		  cairn_run_added *each)
{
	memset(each, 0, sizeof *each);
	switch (result->result) {
	case CAIRN_RUN_INSERT_NO_DEFINITION:
		refuse(each, CAIRN_E_RUN_DEFINITION);
		each->step = (uint32_t)result->step;
		break;
	case CAIRN_RUN_INSERT_DONE:
		each->id = run->id;
		each->disposition = CAIRN_RUN_INSERTED;
		each->run_status = run->status;
		break;
	case CAIRN_RUN_INSERT_KEY_EXISTS:
		if (memcmp(result->request_hash, run->request_hash, sizeof run->request_hash) != 0)
			refuse(each, CAIRN_E_RUN_CONFLICT);
		else
			found(result, CAIRN_RUN_EXISTING, each);
		break;
	case CAIRN_RUN_INSERT_RECOVERY_EXISTS: /* only of a recovery; and there it was looked for */
		found(result, CAIRN_RUN_EXISTING, each);
		break;
	case CAIRN_RUN_INSERT_ACTIVE_EXISTS:
		found(result, CAIRN_RUN_EXISTING_ACTIVE, each);
		break;
	}
}

/* With nobody to tell each outcome, the first failure is the call's. */
static cairn_status deliver(const struct cairn__runs *runs, const cairn_run_inserted *results,
			    cairn_run_added *each, cairn_error *err)
{
	for (size_t i = 0; i < runs->n; i++) {
		cairn_run_added one;
		judge(&runs->runs[i], &results[i], &one);
		if (each != NULL)
			each[i] = one;
		else if (one.status != CAIRN_OK)
			return cairn__fail_item(err, one.code, i);
	}
	return CAIRN_OK;
}

static cairn_status insert(struct cairn__runs *runs, cairn_run_added *each, cairn_error *err)
{
	cairn_conn *conn = runs->conn;
	cairn_run_plan plan = cairn__runs_plan(runs);
	cairn_run_inserted *results = cairn__scratch(conn, runs->n, sizeof *results, err);
	if (results == NULL)
		return CAIRN_NOMEM;
	cairn_status st = conn->workflows.enqueue(conn->self, &plan, results, err);
	if (st == CAIRN_OK)
		st = deliver(runs, results, each, err);
	cairn__scratch_free(conn, results, runs->n, sizeof *results);
	return st;
}

static cairn_status enqueue(cairn_conn *conn, const cairn_run_new *given, size_t n,
			    cairn_run_added *each, cairn_error *err)
{
	struct cairn__runs runs;
	cairn_status st = cairn__check_batch(given, n, err);
	if (st != CAIRN_OK || n == 0)
		return st;
	st = cairn__runs_begin(&runs, conn, given, n, err);
	if (st == CAIRN_OK)
		st = insert(&runs, each, err);
	cairn__runs_end(&runs);
	return st;
}

cairn_status cairn_run_enqueue(cairn_conn *conn, const cairn_run_new *runs, size_t n,
			       cairn_run_added *each, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__WORKFLOWS, "run.enqueue", err);
	if (st == CAIRN_OK)
		st = enqueue(conn, runs, n, each, err);
	return cairn__call_end(&call, st, n);
}
