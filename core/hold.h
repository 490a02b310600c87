/*
 * hold.h - what the parts of one call stand in: a transaction of their own, a savepoint, or the caller's
 * transaction as it is.
 */
#ifndef CAIRN_CORE_HOLD_H
#define CAIRN_CORE_HOLD_H

#include <stdbool.h>

#include "core.h"

struct cairn__hold {
	cairn_tx tx;
	bool held;
	bool own; /* a whole transaction, not a savepoint */
};

/*
 * Inside the caller's transaction a savepoint is set where the driver undoes calls that fail; where
 * a failure ends the transaction, none is wanted and none would help.
 */
cairn_status cairn__hold(cairn_conn *conn, struct cairn__hold *hold, cairn_error *err);

/*
 * Keeps what was done or takes it back. What can't be taken back is the caller's to roll back
 * (TX_ABORTED), if something was written. err may be NULL only where nothing was held.
 */
cairn_status cairn__release(struct cairn__hold *hold, cairn_status st, bool wrote,
			    cairn_error *err);

#endif
