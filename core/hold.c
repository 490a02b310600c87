/* hold.c - calls that consist of several: all or nothing, wherever they stand. */
#include "hold.h"

#include <string.h>

cairn_status cairn__hold(cairn_conn *conn, struct cairn__hold *hold, cairn_error *err)
{
	const uint32_t undo = CAIRN_CAP_TX_UNDO | CAIRN_CAP_NESTED_TX;
	bool inside = conn->depth > 0 || conn->ops.in_tx(conn->self);
	memset(hold, 0, sizeof *hold);
	hold->own = !inside;
	hold->held = !inside || (conn->driver.caps & undo) == undo;
	return hold->held ? cairn_begin(conn, &hold->tx, err) : CAIRN_OK;
}

/*
 * A driver that knows the transaction open calls a failure in it TX_ABORTED. This one is rolled
 * back here, so what counts is the cause; a code that is the application's own is a constraint's.
 */
static cairn_status cause_of(cairn_status st, cairn_error *err)
{
	if (st != CAIRN_TX_ABORTED)
		return st;
	err->status = CAIRN_INVALID;
	for (int code = CAIRN_E_NONE + 1; code < CAIRN_E_COUNT; code++) {
		if (strcmp(err->code, cairn_code_text((cairn_code)code)) == 0)
			err->status = cairn_code_status((cairn_code)code);
	}
	return err->status;
}

cairn_status cairn__release(struct cairn__hold *hold, cairn_status st, bool wrote, cairn_error *err)
{
	if (!hold->held && st != CAIRN_OK)
		return wrote ? err->status = CAIRN_TX_ABORTED : st;
	if (!hold->held)
		return CAIRN_OK;
	if (st == CAIRN_OK)
		st = cairn_commit(&hold->tx, err);
	cairn_rollback(&hold->tx);
	return hold->own ? cause_of(st, err) : st;
}
