/*
 * tx.c - transactions that nest. The outermost begin is a transaction unless the
 * application has one open already; everything else is a savepoint. A serial
 * number per level tells an object whose level was taken over by a later one.
 */
#include "core.h"

/* The driver's depth of a level: shifted by one inside the application's transaction. */
static uint32_t level(const cairn_conn *conn, uint32_t depth)
{
	return depth - 1 + conn->borrowed;
}

static int is_open(const cairn_tx *tx)
{
	const cairn_conn *conn = tx->conn;
	return conn != NULL && tx->depth > 0 && tx->depth <= conn->depth &&
	       conn->serials[tx->depth] == tx->serial;
}

static cairn_status misuse(cairn_error *err, const char *what)
{
	cairn_fail(err, CAIRN_E_CONN_MISUSE);
	cairn_error_message(err, "%s", what);
	return CAIRN_INVALID;
}

static cairn_status begin(cairn_conn *conn, cairn_tx *tx, cairn_error *err)
{
	if (tx == NULL)
		return misuse(err, "The transaction object is missing.");
	if (is_open(tx))
		return misuse(err, "The transaction object is already in use.");
	if (conn->depth == CAIRN__MAX_TX_DEPTH)
		return misuse(err, "Transactions are nested too deeply.");
	if (conn->depth == 0)
		conn->borrowed = conn->ops.in_tx(conn->self) ? 1 : 0;
	uint32_t at = level(conn, conn->depth + 1);
	if (at > 0 && !(conn->driver.caps & CAIRN_CAP_NESTED_TX)) {
		cairn_fail(err, CAIRN_E_DRIVER_FEATURE);
		cairn_error_message(err, "The driver %s has no nested transactions.",
				    conn->driver.name);
		return CAIRN_UNSUPPORTED;
	}
	cairn_status st = conn->ops.begin(conn->self, at, err);
	if (st != CAIRN_OK)
		return st;
	conn->depth++;
	conn->serials[conn->depth] = ++conn->serial;
	tx->conn = conn;
	tx->depth = conn->depth;
	tx->serial = conn->serial;
	return CAIRN_OK;
}

cairn_status cairn_begin(cairn_conn *conn, cairn_tx *tx, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__CONN, "tx.begin", err);
	if (st == CAIRN_OK)
		st = begin(conn, tx, err);
	return cairn__call_end(&call, st, 0);
}

static cairn_status commit(cairn_tx *tx, cairn_error *err)
{
	cairn_conn *conn = tx->conn;
	if (!is_open(tx))
		return misuse(err, "The transaction is not open.");
	if (tx->depth != conn->depth)
		return misuse(err, "An inner transaction is still open.");
	uint32_t at = level(conn, tx->depth);
	cairn_status st = conn->ops.commit(conn->self, at, err);
	/* a failed commit has rolled back; a savepoint that can't be released is still there */
	if (st == CAIRN_OK || at == 0) {
		conn->depth--;
		tx->conn = NULL;
	}
	return st;
}

cairn_status cairn_commit(cairn_tx *tx, cairn_error *err)
{
	struct cairn__call call;
	cairn_conn *conn = tx != NULL ? tx->conn : NULL;
	if (conn == NULL)
		return misuse(err, "The transaction is not open.");
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__CONN, "tx.commit", err);
	if (st == CAIRN_OK)
		st = commit(tx, err);
	return cairn__call_end(&call, st, 0);
}

void cairn_rollback(cairn_tx *tx)
{
	if (tx == NULL || tx->conn == NULL)
		return;
	cairn_conn *conn = tx->conn;
	if (is_open(tx)) {
		struct cairn__call call;
		cairn_status st = cairn__call_begin(&call, conn, CAIRN__CONN, "tx.rollback", NULL);
		if (st == CAIRN_OK)
			st = conn->ops.rollback(conn->self, level(conn, tx->depth), NULL);
		conn->depth = tx->depth - 1;
		cairn__call_end(&call, st, 0);
	}
	tx->conn = NULL;
}
