/*
 * reap.c - taking back leases whose time is over. One statement finds them, decides
 * between another attempt and the dead letter, and writes all that cairn_reap_change()
 * describes.
 */
#include "pg.h"

static void read_reaped(const PGresult *result, int row, void *into)
{
	cairn_reaped *reaped = into;
	reaped->id = cairn_pg__id(result, row, 0);
	reaped->type = cairn_pg__text(result, row, 1);
	reaped->tenant = cairn_pg__tenant(result, row, 2);
	reaped->worker = cairn_pg__text(result, row, 3);
	reaped->fence = cairn_pg__int8(result, row, 4);
	reaped->run_number = cairn_pg__int4(result, row, 5);
	reaped->attempt = cairn_pg__int4(result, row, 6);
	reaped->max_attempts = cairn_pg__int4(result, row, 7);
	reaped->status = cairn_pg__bool(result, row, 8) ? CAIRN_JOB_PENDING
							 : CAIRN_JOB_DEAD_LETTERED;
	reaped->run_at = cairn_pg__time(result, row, 9);
	reaped->lease_expired_at = cairn_pg__time(result, row, 10);
}

cairn_status cairn_pg__job_reap(void *self, const cairn_reap_plan *plan, cairn_rows *rows,
				cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_int8(pg, plan->limit);
	cairn_pg__add_int8(pg, plan->retry_delay);
	cairn_pg__add_text(pg, plan->error_code);
	cairn_pg__add_text(pg, plan->error_message);
	cairn_pg__add_int4(pg, (int32_t)plan->record);
	return cairn_pg__query(pg, PG_SQL_REAP, rows, read_reaped, err);
}
