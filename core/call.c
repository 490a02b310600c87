/*
 * call.c - the two ends of every public function on a connection. Between them
 * host.op names the call; at the end the error is stamped with it and the trace
 * hook hears of it, so that neither the stores nor the drivers contain any logging.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core.h"

cairn_usec cairn__ticks(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (cairn_usec)now.tv_sec * CAIRN_SECOND + now.tv_nsec / 1000;
}

static void trace(cairn_host *host, const cairn_trace *event)
{
	if (host->trace != NULL)
		host->trace(host->trace_user, event);
}

static const char *const names[] = { [CAIRN__MIGRATIONS] = "migrations",
				     [CAIRN__JOBS] = "jobs",
				     [CAIRN__INTENTS] = "intents",
				     [CAIRN__CATALOG] = "catalog",
				     [CAIRN__SCHEDULES] = "schedules",
				     [CAIRN__QUEUES] = "queues",
				     [CAIRN__RESOURCES] = "resources",
				     [CAIRN__OWNERS] = "owners",
				     [CAIRN__CHECKPOINTS] = "checkpoints",
				     [CAIRN__MEMORY] = "memory",
				     [CAIRN__LOG] = "log",
				     [CAIRN__LOCKS] = "locks",
				     [CAIRN__WORKFLOWS] = "workflows",
				     [CAIRN__REPLAYS] = "replays",
				     [CAIRN__BUDGETS] = "budgets" };

cairn_status cairn__call_begin(struct cairn__call *call, cairn_conn *conn, enum cairn__store store,
			       const char *op, cairn_error *err)
{
	memset(call, 0, sizeof *call);
	call->conn = conn;
	call->err = err;
	call->op = op;
	if (conn == NULL) {
		cairn_fail(err, CAIRN_E_ARG_INVALID);
		cairn_error_message(err, "The connection is missing.");
		return CAIRN_INVALID;
	}
	call->outer = conn->host.op;
	conn->host.op = op;
	if (conn->host.trace != NULL) {
		call->began = cairn__ticks();
		trace(&conn->host, &(cairn_trace){ .size = sizeof(cairn_trace),
						   .kind = CAIRN_TRACE_BEGIN,
						   .op = op });
	}
	return cairn__need_store(conn, store, err);
}

cairn_status cairn__need_store(const cairn_conn *conn, enum cairn__store store, cairn_error *err)
{
	if (cairn__has_store(conn, store))
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_DRIVER_STORE);
	cairn_error_message(err, "The driver %s has no %s store.", conn->driver.name, names[store]);
	return CAIRN_UNSUPPORTED;
}

cairn_status cairn__need(const cairn_conn *conn, int present, const char *slot, cairn_error *err)
{
	if (present)
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_DRIVER_FEATURE);
	cairn_error_message(err, "The driver %s lacks the operation %s.", conn->driver.name, slot);
	return CAIRN_UNSUPPORTED;
}

cairn_status cairn__call_end(struct cairn__call *call, cairn_status status, size_t rows)
{
	if (status != CAIRN_OK && call->err != NULL)
		snprintf(call->err->op, sizeof call->err->op, "%s", call->op);
	if (call->conn == NULL)
		return status;
	cairn_host *host = &call->conn->host;
	if (host->trace != NULL)
		trace(host, &(cairn_trace){ .size = sizeof(cairn_trace),
					    .kind = CAIRN_TRACE_END,
					    .status = status,
					    .op = call->op,
					    .rows = rows,
					    .elapsed = cairn__ticks() - call->began });
	host->op = call->outer;
	return status;
}

void cairn_host_statement(cairn_host *host, const char *sql, cairn_usec elapsed)
{
	trace(host, &(cairn_trace){ .size = sizeof(cairn_trace),
				    .kind = CAIRN_TRACE_STATEMENT,
				    .op = host->op,
				    .sql = sql,
				    .elapsed = elapsed });
}

int cairn_host_traced(const cairn_host *host)
{
	return host->trace != NULL;
}
