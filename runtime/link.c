/*
 * link.c - a connection of one of the worker's threads: opened when it is first needed, and again
 * with backoff when it is lost; and what each failure of a call means.
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

/* The watch interrupts calls: it must not see a connection that is about to go. */
cairn_conn *cairn_worker__relink(struct link *link, cairn_conn *conn)
{
	pthread_mutex_lock(&link->worker->lock);
	cairn_conn *former = link->conn;
	link->conn = conn;
	pthread_mutex_unlock(&link->worker->lock);
	return former;
}

cairn_status cairn_worker__connect(struct link *link, cairn_error *err)
{
	struct cairn_worker *worker = link->worker;
	const cairn_worker_opts *opts = &worker->opts;
	cairn_conn *conn = NULL;
	cairn_status st;
	if (opts->connect != NULL)
		st = opts->connect(opts->connect_user, &worker->conn_opts, &conn, err);
	else
		st = cairn_open(&conn, opts->driver, opts->url, &worker->conn_opts, err);
	if (st == CAIRN_OK)
		cairn_worker__relink(link, conn);
	return st;
}

void cairn_worker__unlink(struct link *link)
{
	cairn_close(cairn_worker__relink(link, NULL));
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

bool cairn_worker__linked(struct link *link, cairn_status *status, cairn_error *err)
{
	*status = CAIRN_OK;
	if (link->retry_at > cairn_worker__now())
		return false;
	if (link->conn != NULL)
		return true;
	cairn_error mine = CAIRN_ERROR_INIT;
	cairn_status st = cairn_worker__connect(link, &mine);
	if (st == CAIRN_OK)
		return true;
	mine.status = st;
	*err = mine;
	*status = cairn_worker__trouble(link, err);
	return false;
}

cairn_status cairn_worker__trouble(struct link *link, const cairn_error *err)
{
	if (!heals(err->status))
		return err->status;
	struct cairn_worker *worker = link->worker;
	cairn_worker__tell_trouble(worker, err);
	if (reopens(err->status))
		cairn_worker__unlink(link);
	if (link->retry_delay == 0)
		link->retry_delay = RETRY_MIN;
	link->retry_at = cairn_worker__now() + cairn_worker__jitter(&link->dice, link->retry_delay);
	link->retry_delay *= 2;
	if (link->retry_delay > longest_delay(worker))
		link->retry_delay = longest_delay(worker);
	return CAIRN_OK;
}

void cairn_worker__recovered(struct link *link)
{
	if (link->retry_delay == 0)
		return;
	link->retry_delay = 0;
	link->retry_at = 0;
	cairn_worker__tell(link->worker, &(cairn_worker_event){ .kind = CAIRN_WORKER_RECONNECTED });
}
