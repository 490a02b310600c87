/* replay_read.h - reads of replay runs that the core itself asks for. */
#ifndef CAIRN_CORE_REPLAY_READ_H
#define CAIRN_CORE_REPLAY_READ_H

#include "core.h"

/* Bits of every status. */
#define CAIRN__ALL_REPLAYS (((1u << (CAIRN_REPLAY_CANCELED + 1)) - 1) & ~1u)
#define CAIRN__ALL_MEMOS   (((1u << (CAIRN_MEMO_FAILED + 1)) - 1) & ~1u)
/* Those of runs that are over. */
#define CAIRN__REPLAYS_OVER \
	(1u << CAIRN_REPLAY_SUCCEEDED | 1u << CAIRN_REPLAY_FAILED | 1u << CAIRN_REPLAY_CANCELED)

/* one: none is NOT_FOUND. */
cairn_status cairn__read_replays(cairn_conn *conn, const cairn_replay_query *query, int one,
				 cairn_replay_runs **runs, cairn_error *err);

#endif
