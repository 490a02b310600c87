/*
 * upkeep.c - putting jobs in line in all queues, and vacuuming the tables whose rows come and go.
 * VACUUM can't stand in a transaction nor in a pipeline with others: it goes out alone, by the
 * simple protocol, which any pooler passes on as it is. (sql_upkeep.h)
 */
#include "pg.h"

/* ---- jobs whose time has come ------------------------------------------------ */

/* Somebody who is told looks: the job may need a permit that nobody has left. */
static void read_unparked(struct pg *pg, const PGresult *result, cairn_upkeep_report *report)
{
	for (int i = 0; i < PQntuples(result); i++) {
		int64_t jobs = cairn_pg__int8(result, i, 0);
		report->unparked += (uint64_t)jobs;
		report->queues++;
		report->more = cairn_pg__bool(result, i, 1);
		if (!cairn_pg__null(result, i, 3))
			cairn_pg__owe(pg, cairn_pg__text(result, i, 3), jobs, false);
	}
}

cairn_status cairn_pg__job_unpark(void *self, uint32_t limit, cairn_upkeep_report *report,
				  cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__call_begin(pg, true, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_now(pg);
	cairn_pg__add_int8(pg, limit);
	cairn_pg__queue(pg, PG_SQL_UPKEEP_UNPARK);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	read_unparked(pg, cairn_pg__result(pg, 0), report);
	cairn_pg__call_clear(pg);
	return cairn_pg__wake(pg, status, err);
}

/* ---- vacuum ------------------------------------------------------------------- */

enum { TABLES = 2 };

/* What becomes of each table: TIDIED is yet to be done. */
static cairn_status look(struct pg *pg, enum cairn_tidy tidy, enum cairn_tidied tables[TABLES],
			 cairn_error *err)
{
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_text(pg, cairn_str_of(pg->schema));
	cairn_pg__add_bool(pg, tidy == CAIRN_TIDY_ALWAYS);
	cairn_pg__queue(pg, PG_SQL_UPKEEP_LOOK);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	const PGresult *result = cairn_pg__result(pg, 0);
	for (int i = 0; i < TABLES && i < PQntuples(result); i++) {
		if (!cairn_pg__bool(result, i, 0))
			tables[i] = CAIRN_TIDIED_NOTHING;
		else if (!cairn_pg__bool(result, i, 1))
			tables[i] = CAIRN_TIDIED_DENIED;
		else
			tables[i] = cairn_pg__bool(result, i, 2) ? CAIRN_TIDIED_BUSY : CAIRN_TIDIED;
	}
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}

/*
 * The report has the words in the order of their weight: what is left counts for more than what is
 * done. Somebody who takes the lock only now has the table left out without a word.
 */
cairn_status cairn_pg__job_tidy(void *self, enum cairn_tidy tidy, enum cairn_tidied *tidied,
				cairn_error *err)
{
	static const enum pg_sql texts[TABLES] = { PG_SQL_VACUUM_LIVE, PG_SQL_VACUUM_WAITER };
	enum cairn_tidied tables[TABLES] = { CAIRN_TIDIED_NOTHING };
	struct pg *pg = self;
	cairn_status status = look(pg, tidy, tables, err);
	for (int i = 0; i < TABLES && status == CAIRN_OK; i++) {
		if (tables[i] == CAIRN_TIDIED)
			status = cairn_pg__script(pg, pg->sql[texts[i]], NULL, err);
		if (status == CAIRN_OK && tables[i] > *tidied)
			*tidied = tables[i];
	}
	return status;
}
