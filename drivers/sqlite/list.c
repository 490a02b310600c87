/*
 * list.c - reading jobs: newest first by id.
 */
#include <stdlib.h>
#include <string.h>

#include "lite.h"

/* ---- jobs --------------------------------------------------------------- */

/* What every reading statement of jobs starts with. */
static void bind_filter(struct lite_run *run, const cairn_job_query *query)
{
	cairn_lite__bind_scope(run, &query->scope);
	cairn_lite__bind_text(run, query->queue);
	cairn_lite__bind_text(run, query->type);
	cairn_lite__bind_int(run, query->statuses);
	cairn_lite__bind_time(run, query->created_from);
	cairn_lite__bind_time(run, query->created_to);
}

static cairn_status push_page(struct lite *lite, const cairn_job_query *query, cairn_rows *rows,
			      cairn_error *err)
{
	struct lite_run run;
	uint8_t beyond[17];
	memset(beyond, 0xff, sizeof beyond);
	cairn_status status = cairn_lite__start(
		&run, lite, query->compact ? LITE_JOB_LIST_COMPACT : LITE_JOB_LIST, err);
	if (status != CAIRN_OK)
		return status;
	bind_filter(&run, query);
	if (cairn_id_is_none(query->after))
		cairn_lite__bind_blob(&run, beyond, sizeof beyond);
	else
		cairn_lite__bind_id(&run, &query->after);
	cairn_lite__bind_int(&run, query->limit);
	return cairn_lite__read_rows(&run, rows, cairn_lite__job, err);
}

static cairn_status push_named(struct lite *lite, const cairn_job_query *query, const cairn_id *id,
			       cairn_rows *rows, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(
		&run, lite, query->compact ? LITE_JOB_GET_COMPACT : LITE_JOB_GET, err);
	if (status != CAIRN_OK)
		return status;
	bind_filter(&run, query);
	cairn_lite__bind_id(&run, id);
	return cairn_lite__read_rows(&run, rows, cairn_lite__job, err);
}

static int newest_first(const void *a, const void *b)
{
	const cairn_id *x = a;
	const cairn_id *y = b;
	return cairn_id_compare(*y, *x);
}

/* ids is the query's own, sorted; what stands twice in it comes out once. */
static cairn_status push_sorted(struct lite *lite, const cairn_job_query *query,
				const cairn_id *ids, cairn_rows *rows, cairn_error *err)
{
	cairn_status status = CAIRN_OK;
	bool all = cairn_id_is_none(query->after);
	for (size_t i = 0; i < query->id_count && status == CAIRN_OK; i++) {
		if (cairn_rows_count(rows) >= query->limit)
			break;
		if (i > 0 && cairn_id_compare(ids[i], ids[i - 1]) == 0)
			continue;
		if (all || cairn_id_compare(ids[i], query->after) < 0)
			status = push_named(lite, query, &ids[i], rows, err);
	}
	return status;
}

static cairn_status push_ids(struct lite *lite, const cairn_job_query *query, cairn_rows *rows,
			     cairn_error *err)
{
	struct lite_read read;
	size_t size = query->id_count * sizeof(cairn_id);
	cairn_id *ids = cairn_host_alloc(lite->host, NULL, 0, size);
	if (ids == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	memcpy(ids, query->ids, size);
	qsort(ids, query->id_count, sizeof *ids, newest_first);
	cairn_status status = cairn_lite__read_begin(lite, &read, err);
	if (status == CAIRN_OK) {
		status = push_sorted(lite, query, ids, rows, err);
		status = cairn_lite__read_end(&read, status, err);
	}
	cairn_host_alloc(lite->host, ids, size, 0);
	return status;
}

cairn_status cairn_lite__job_list(void *self, const cairn_job_query *query, cairn_rows *rows,
				  cairn_error *err)
{
	struct lite *lite = self;
	if (query->ids != NULL && query->id_count > 1)
		return push_ids(lite, query, rows, err);
	cairn_status status = cairn_lite__enter(lite, err);
	if (status != CAIRN_OK)
		return status;
	if (query->ids == NULL)
		return push_page(lite, query, rows, err);
	return push_sorted(lite, query, query->ids, rows, err);
}
