/*
 * link.c - the worker's connection: opened at the start, and again with backoff when
 * it is lost; and what each failure of a call means for the worker.
 */
#include "runtime.h"

#define RETRY_MIN (20 * CAIRN_MILLISECOND)
#define RETRY_MAX (5 * CAIRN_SECOND)

/* Several tries must fit into a lease, or a short trouble costs all of them. */
static cairn_usec longest_delay(const struct cairn_worker *worker)
{
	cairn_usec part = worker->opts.lease / 5;
	return part < RETRY_MAX ? part : RETRY_MAX;
}

cairn_status cairn_worker__connect(struct cairn_worker *worker, cairn_error *err)
{
	const cairn_worker_opts *opts = &worker->opts;
	if (opts->connect != NULL)
		return opts->connect(opts->connect_user, &worker->conn_opts, &worker->conn, err);
	return cairn_open(&worker->conn, opts->driver, opts->url, &worker->conn_opts, err);
}

/* Whether the session may be broken, so that a new one is worth the price. */
static bool reopens(cairn_status status)
{
	return status == CAIRN_UNAVAILABLE || status == CAIRN_UNCERTAIN || status == CAIRN_DRIVER;
}

static bool heals(cairn_status status)
{
	return cairn_status_retryable(status) != 0 || reopens(status) || status == CAIRN_NOMEM ||
	       status == CAIRN_INTERRUPTED;
}

cairn_status cairn_worker__trouble(struct cairn_worker *worker, const cairn_error *err)
{
	if (!heals(err->status))
		return err->status;
	cairn_worker__tell(worker,
			   &(cairn_worker_event){ .kind = CAIRN_WORKER_TROUBLE, .error = err });
	if (reopens(err->status)) {
		cairn_close(worker->conn);
		worker->conn = NULL;
	}
	if (worker->retry_delay == 0)
		worker->retry_delay = RETRY_MIN;
	worker->retry_at = cairn_worker__now() + cairn_worker__jitter(worker, worker->retry_delay);
	worker->retry_delay *= 2;
	if (worker->retry_delay > longest_delay(worker))
		worker->retry_delay = longest_delay(worker);
	return CAIRN_OK;
}

void cairn_worker__recovered(struct cairn_worker *worker)
{
	if (worker->retry_delay == 0)
		return;
	worker->retry_delay = 0;
	worker->retry_at = 0;
	cairn_worker__tell(worker, &(cairn_worker_event){ .kind = CAIRN_WORKER_RECONNECTED });
}
