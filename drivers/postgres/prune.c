/*
 * prune.c - deleting finished jobs with all that belongs to them, in one round trip: the first
 * statement picks rows and locks them, the second locks their ledgers, and the third, which sees whatever was written
 * to them before, deletes. (sql_reap.h)
 */
#include "pg.h"

/* Of the statuses that are asked for, those whose jobs stand in the index of failures; none: NULL. */
static void add_failures(struct pg *pg, uint32_t statuses)
{
	cairn_str texts[CAIRN_JOB_CANCELED];
	size_t n = 0;
	for (int i = CAIRN_JOB_DEAD_LETTERED; i <= CAIRN_JOB_CANCELED; i++) {
		if (statuses & 1u << i)
			texts[n++] = cairn_str_of(cairn_job_status_text((enum cairn_job_status)i));
	}
	if (n > 0)
		cairn_pg__add_texts(pg, PG_ITEMS(texts, n), 0, PG_ABSENT_EMPTY);
	else
		cairn_pg__add_null(pg);
}

cairn_status cairn_pg__job_prune(void *self, const cairn_prune_plan *plan, size_t *pruned,
				 cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__looks_again(pg, err);
	if (status == CAIRN_OK)
		status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_scope(pg, &plan->scope);
	cairn_pg__add_text(pg, plan->queue);
	cairn_pg__add_text(pg, plan->type);
	add_failures(pg, plan->statuses);
	cairn_pg__add_bool(pg, (plan->statuses & 1u << CAIRN_JOB_SUCCEEDED) != 0);
	cairn_pg__add_int8(pg, plan->limit);
	if (plan->age >= 0)
		cairn_pg__add_int8(pg, plan->age);
	else
		cairn_pg__add_null(pg);
	cairn_pg__queue(pg, PG_SQL_PRUNE_PICK);
	cairn_pg__queue(pg, PG_SQL_GONE_LEDGERS);
	cairn_pg__queue(pg, PG_SQL_PRUNE);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	*pruned = (size_t)cairn_pg__int8(cairn_pg__result(pg, 2), 0, 0);
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}
