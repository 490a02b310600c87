/*
 * pause.h - sleeping inside the core, between looks at the database.
 */
#ifndef CAIRN_CORE_PAUSE_H
#define CAIRN_CORE_PAUSE_H

#include "core.h"

/* Sleeping goes in slices, so that an interrupt is noticed without a signal. */
#define CAIRN__SLICE (20 * CAIRN_MILLISECOND)

cairn_usec cairn__smaller(cairn_usec a, cairn_usec b);

/* Shifted by up to a quarter either way, so that many who wait do not look in step. */
cairn_usec cairn__jitter(cairn_usec pause);

/* Sleeps, whatever happens meanwhile: at most a slice. */
void cairn__sleep(cairn_usec duration);

/*
 * Sleeps as long as that, or answers INTERRUPTED. Who calls it has set conn->interrupted to 0 when
 * its call began.
 */
cairn_status cairn__pause(cairn_conn *conn, cairn_usec duration, cairn_error *err);

#endif
