/*
 * tx.c - transactions: the core's, and the one around every writing call. A
 * writer begins IMMEDIATE, so that it waits before it has read anything and never has to
 * be turned away afterwards. A commit that wrote something is the one round trip of a call.
 */
#include "lite.h"

cairn_status cairn_lite__enter(struct lite *lite, cairn_error *err)
{
	atomic_store(&lite->interrupted, 0);
	lite->timed_out = false;
	lite->waiting = 0;
	lite->nested = !sqlite3_get_autocommit(lite->db);
	if (!lite->nested && (lite->begun || lite->savepoints > 0))
		return cairn_fail(err, CAIRN_E_TX_FAILED);
	return CAIRN_OK;
}

/* A query that the application left open on its handle may see a past that no wait brings back. */
static bool may_pass(const struct lite *lite)
{
	return sqlite3_extended_errcode(lite->db) != SQLITE_BUSY_SNAPSHOT;
}

/*
 * An adopted handle keeps its own busy handler, which may not exist: so the wait
 * is here as well. On a handle of ours its handler has used the time up already.
 */
static cairn_status begin_immediate(struct lite *lite, cairn_error *err)
{
	cairn_status status;
	cairn_lite__yield(lite);
	do {
		status = cairn_lite__do(lite, LITE_BEGIN, err);
	} while (status == CAIRN_BUSY && may_pass(lite) && cairn_lite__wait(lite));
	if (status == CAIRN_BUSY && atomic_load(&lite->interrupted))
		return cairn_fail(err, CAIRN_E_DB_INTERRUPTED);
	lite->changes = sqlite3_total_changes64(lite->db);
	return status;
}

/* A failed commit has rolled back, as far as anybody can tell. */
static cairn_status commit(struct lite *lite, cairn_error *err)
{
	bool wrote = sqlite3_total_changes64(lite->db) != lite->changes;
	lite->nested = false; /* it ends here: a failure is its own, not some outer transaction's */
	cairn_status status = cairn_lite__do(lite, LITE_COMMIT, err);
	if (wrote)
		cairn_host_round_trip(lite->host);
	if (status == CAIRN_OK)
		return CAIRN_OK;
	if (wrote)
		status = cairn_lite__uncertain(lite, status, err);
	if (!sqlite3_get_autocommit(lite->db))
		cairn_lite__do(lite, LITE_ROLLBACK, NULL);
	return status;
}

/* ---- writing and reading calls ------------------------------------------ */

cairn_status cairn_lite__write_begin(struct lite *lite, struct lite_write *write, cairn_error *err)
{
	cairn_status status = cairn_lite__enter(lite, err);
	if (status != CAIRN_OK)
		return status;
	write->lite = lite;
	write->own = !lite->nested;
	lite->pending.events = 0;
	lite->pending.attempts = 0;
	lite->endings.n = 0;
	lite->wakes.n = 0;
	lite->due.n = 0;
	if (write->own)
		status = begin_immediate(lite, err);
	else
		status = cairn_lite__do(lite, LITE_CALL_SAVE, err);
	write->now = cairn_lite__time(lite);
	return status;
}

/* Inside somebody's transaction: undo this call alone. If even that fails, all must go. */
static cairn_status undo(struct lite *lite, cairn_status status, cairn_error *err)
{
	if (sqlite3_get_autocommit(lite->db))
		return status;
	if (cairn_lite__do(lite, LITE_CALL_UNDO, NULL) != CAIRN_OK ||
	    cairn_lite__do(lite, LITE_CALL_RELEASE, NULL) != CAIRN_OK)
		return cairn_fail(err, CAIRN_E_TX_FAILED);
	return status;
}

cairn_status cairn_lite__write_end(struct lite_write *write, cairn_status status, cairn_error *err)
{
	struct lite *lite = write->lite;
	if (status == CAIRN_OK)
		status = cairn_lite__flush(write, err);
	if (status == CAIRN_OK && write->own)
		return commit(lite, err);
	if (status == CAIRN_OK)
		return cairn_lite__do(lite, LITE_CALL_RELEASE, err);
	if (!write->own)
		return undo(lite, status, err);
	if (!sqlite3_get_autocommit(lite->db))
		cairn_lite__do(lite, LITE_ROLLBACK, NULL);
	return status;
}

cairn_status cairn_lite__write_undo(struct lite_write *write, cairn_error *err)
{
	cairn_status status = cairn_lite__write_end(write, CAIRN_CONFLICT, err);
	return status == CAIRN_CONFLICT ? CAIRN_OK : status;
}

cairn_status cairn_lite__read_begin(struct lite *lite, struct lite_read *read, cairn_error *err)
{
	cairn_status status = cairn_lite__enter(lite, err);
	if (status != CAIRN_OK)
		return status;
	read->lite = lite;
	read->own = !lite->nested;
	return read->own ? cairn_lite__do(lite, LITE_BEGIN_READ, err) : CAIRN_OK;
}

cairn_status cairn_lite__read_end(struct lite_read *read, cairn_status status, cairn_error *err)
{
	struct lite *lite = read->lite;
	if (!read->own || sqlite3_get_autocommit(lite->db))
		return status;
	cairn_status ended = cairn_lite__do(lite, LITE_COMMIT, status == CAIRN_OK ? err : NULL);
	if (ended != CAIRN_OK)
		cairn_lite__do(lite, LITE_ROLLBACK, NULL);
	return status == CAIRN_OK ? ended : status;
}

/* ---- slots: the core's transactions ------------------------------------- */

cairn_status cairn_lite__begin(void *self, uint32_t depth, cairn_error *err)
{
	struct lite *lite = self;
	cairn_status status = cairn_lite__enter(lite, err);
	if (status != CAIRN_OK)
		return status;
	if (depth == 0) {
		status = begin_immediate(lite, err);
		lite->begun = status == CAIRN_OK;
		return status;
	}
	status = cairn_lite__do(lite, LITE_TX_SAVE, err);
	if (status == CAIRN_OK)
		lite->savepoints = depth;
	return status;
}

cairn_status cairn_lite__commit(void *self, uint32_t depth, cairn_error *err)
{
	struct lite *lite = self;
	cairn_status status = cairn_lite__enter(lite, err);
	if (depth == 0) {
		if (status == CAIRN_OK)
			status = commit(lite, err);
		lite->begun = false;
		lite->savepoints = 0;
		return status;
	}
	if (status == CAIRN_OK)
		status = cairn_lite__do(lite, LITE_TX_RELEASE, err);
	if (status == CAIRN_OK)
		lite->savepoints = depth - 1;
	return status;
}

/* Savepoints have one name, so those inside of this one go one by one. */
static cairn_status undo_to(struct lite *lite, uint32_t depth, cairn_error *err)
{
	cairn_status status = CAIRN_OK;
	while (status == CAIRN_OK && lite->savepoints >= depth) {
		status = cairn_lite__do(lite, LITE_TX_UNDO, err);
		if (status == CAIRN_OK)
			status = cairn_lite__do(lite, LITE_TX_RELEASE, err);
		lite->savepoints--;
	}
	return status;
}

cairn_status cairn_lite__rollback(void *self, uint32_t depth, cairn_error *err)
{
	struct lite *lite = self;
	bool gone = sqlite3_get_autocommit(lite->db);
	if (depth == 0) {
		lite->begun = false;
		lite->savepoints = 0;
		return gone ? CAIRN_OK : cairn_lite__do(lite, LITE_ROLLBACK, err);
	}
	if (!gone)
		return undo_to(lite, depth, err);
	lite->savepoints = depth - 1;
	return CAIRN_OK;
}

int cairn_lite__in_tx(void *self)
{
	struct lite *lite = self;
	return !lite->begun && !sqlite3_get_autocommit(lite->db);
}
