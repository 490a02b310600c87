/* pause.c - sleeping inside the core, between looks at the database. */
#include <stdatomic.h>
#include <time.h>

#include "pause.h"

cairn_usec cairn__smaller(cairn_usec a, cairn_usec b)
{
	return a < b ? a : b;
}

cairn_usec cairn__jitter(cairn_usec pause)
{
	cairn_id dice = cairn_id_new();
	cairn_usec span = pause / 2 + 1;
	return pause - pause / 4 +
	       (dice.bytes[15] | dice.bytes[14] << 8 | dice.bytes[13] << 16) % span;
}

void cairn__sleep(cairn_usec duration)
{
	nanosleep(&(struct timespec){ .tv_sec = duration / CAIRN_SECOND,
				      .tv_nsec = (long)(duration % CAIRN_SECOND) * 1000 },
		  NULL);
}

cairn_status cairn__pause(cairn_conn *conn, cairn_usec duration, cairn_error *err)
{
	cairn_usec until = cairn__ticks() + duration;
	for (cairn_usec now = cairn__ticks(); now < until; now = cairn__ticks()) {
		if (atomic_load(&conn->interrupted))
			return cairn_fail(err, CAIRN_E_DB_INTERRUPTED);
		cairn__sleep(cairn__smaller(until - now, CAIRN__SLICE));
	}
	return atomic_load(&conn->interrupted) ? cairn_fail(err, CAIRN_E_DB_INTERRUPTED) : CAIRN_OK;
}
