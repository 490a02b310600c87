/*
 * list.c - reading jobs: newest first by id.
 */
#include <stddef.h>
#include <string.h>

#include "pg.h"

/* ---- jobs --------------------------------------------------------------- */

static void read_job(const PGresult *result, int row, void *into)
{
	cairn_job *job = into;
	int column = cairn_pg__job(result, row, job);
	job->payload = cairn_pg__text(result, row, column++);
	job->checkpoint = cairn_pg__text(result, row, column++);
	job->output = cairn_pg__text(result, row, column++);
	job->request = cairn_pg__text(result, row, column++);
	job->queue = cairn_pg__text(result, row, column++);
	job->status = cairn_job_status_parse(cairn_pg__text(result, row, column++));
	job->parked = cairn_pg__bool(result, row, column++);
	job->finished_at = cairn_pg__time(result, row, column++);
	job->lease_expires_at = cairn_pg__time(result, row, column++);
	job->heartbeat_at = cairn_pg__time(result, row, column++);
	job->leased_at = cairn_pg__time(result, row, column++);
	job->worker = cairn_pg__text(result, row, column++);
	job->prestart = cairn_pg__bool(result, row, column++);
	job->execution_started_at = cairn_pg__time(result, row, column);
}

static void add_statuses(struct pg *pg, uint32_t statuses)
{
	cairn_str texts[CAIRN_JOB_CANCELED];
	size_t n = 0;
	for (int i = CAIRN_JOB_PENDING; i <= CAIRN_JOB_CANCELED; i++) {
		if (statuses & 1u << i)
			texts[n++] = cairn_str_of(cairn_job_status_text((enum cairn_job_status)i));
	}
	cairn_pg__add_texts(pg, PG_ITEMS(texts, n), 0, PG_ABSENT_EMPTY);
}

/* Open ends of time are the ends of what the database knows. */
static void add_bound(struct pg *pg, cairn_time bound, cairn_time open)
{
	cairn_pg__add_time(pg, bound != 0 ? bound : open);
}

cairn_status cairn_pg__job_list(void *self, const cairn_job_query *query, cairn_rows *rows,
				cairn_error *err)
{
	struct pg *pg = self;
	const uint32_t live = 1u << CAIRN_JOB_PENDING | 1u << CAIRN_JOB_LEASED;
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_id(pg, cairn_pg__id_bound(query->after));
	cairn_pg__add_scope(pg, &query->scope);
	add_statuses(pg, query->statuses);
	cairn_pg__add_text(pg, query->queue);
	cairn_pg__add_text(pg, query->type);
	add_bound(pg, query->created_from, PG_TIME_FIRST);
	add_bound(pg, query->created_to, PG_TIME_LAST);
	cairn_pg__add_bool(pg, !query->compact);
	cairn_pg__add_int8(pg, query->limit);
	cairn_pg__add_bool(pg, (query->statuses & live) != 0);
	cairn_pg__add_bool(pg, (query->statuses & ~live) != 0);
	if (query->ids == NULL)
		return cairn_pg__query(pg, PG_SQL_LIST, rows, read_job, err);
	cairn_pg__add_ids(pg, PG_ITEMS(query->ids, query->id_count), 0);
	return cairn_pg__query(pg, PG_SQL_LIST_IDS, rows, read_job, err);
}
