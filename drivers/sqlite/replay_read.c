/*
 * replay_read.c - replay runs from outside: what they are and what they remember; forks; and deleting them in trees, with
 * their jobs.
 */
#include <stdlib.h>
#include <string.h>

#include "lite.h"

/* ---- runs ------------------------------------------------------------------------ */

static void read_run(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_replay_run *row = into;
	cairn_job job = { .attempt = 0 };
	row->id = cairn_lite__id(run);
	row->root = cairn_lite__id(run);
	row->parent = cairn_lite__id(run);
	row->source = cairn_lite__id(run);
	row->shared = cairn_lite__int(run);
	row->attempt = cairn_lite__int32(run);
	row->fence = cairn_lite__int(run);
	row->scope = cairn_lite__text(run, rows);
	row->code = cairn_lite__text(run, rows);
	job.status = cairn_lite__status(run);
	job.parked = (uint32_t)cairn_lite__int(run);
	job.status_reason = cairn_lite__view(run);
	row->status = cairn_replay_status_of(&job);
	row->run_number = cairn_lite__int32(run);
	row->type = cairn_lite__text(run, rows);
	row->queue = cairn_lite__text(run, rows);
	row->tenant = cairn_lite__text(run, rows);
	row->owner = cairn_lite__text(run, rows);
	row->worker = cairn_lite__text(run, rows);
	row->error_code = cairn_lite__text(run, rows);
	row->error_message = cairn_lite__text(run, rows);
	row->wake_at = cairn_lite__int(run);
	if (job.status != CAIRN_JOB_PENDING)
		row->wake_at = 0;
	row->lease_expires_at = cairn_lite__int(run);
	row->created_at = cairn_lite__int(run);
	row->started_at = cairn_lite__int(run);
	row->finished_at = cairn_lite__int(run);
	row->updated_at = cairn_lite__int(run);
	row->payload = cairn_lite__text(run, rows);
	row->output = cairn_lite__text(run, rows);
}

/* Ids below this one; of all there are it stands one byte behind. */
static void bind_after(struct lite_run *run, const cairn_id *after)
{
	static const uint8_t beyond[17] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	if (cairn_id_is_none(*after))
		cairn_lite__bind_blob(run, beyond, sizeof beyond);
	else
		cairn_lite__bind_id(run, after);
}

/* one: the run that is asked for, or that is next. */
static cairn_status push_runs(struct lite *lite, enum lite_sql which,
			      const cairn_replay_query *query, const cairn_id *one,
			      cairn_rows *rows, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, which, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_scope(&run, &query->scope);
	cairn_lite__bind_text(&run, query->type);
	cairn_lite__bind_int(&run, query->statuses);
	cairn_lite__bind_time(&run, query->created_from);
	cairn_lite__bind_time(&run, query->created_to);
	cairn_lite__bind_int(&run, query->compact != 0);
	bind_after(&run, &query->after);
	cairn_lite__bind_int(&run, query->limit);
	cairn_lite__bind_some_id(&run, &query->root);
	if (which == LITE_REPLAY_GET)
		cairn_lite__bind_id(&run, one);
	return cairn_lite__read_rows(&run, rows, read_run, err);
}

static cairn_status find_children(struct lite *lite, const cairn_id *parent, const cairn_id *after,
				  cairn_error *err)
{
	struct lite_run run;
	bool more = false;
	cairn_status status = cairn_lite__start(&run, lite, LITE_REPLAY_CHILDREN, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, parent);
	bind_after(&run, after);
	status = cairn_lite__row(&run, &more, err);
	while (status == CAIRN_OK && more) {
		cairn_id *next = cairn_lite__list_add(lite, &lite->wakes, sizeof *next);
		if (next == NULL) {
			cairn_lite__stop(&run);
			return cairn_fail(err, CAIRN_E_NOMEM);
		}
		*next = cairn_lite__id(&run);
		status = cairn_lite__row(&run, &more, err);
	}
	return status;
}

static int newest_first(const void *a, const void *b)
{
	return cairn_id_compare(*(const cairn_id *)b, *(const cairn_id *)a);
}

/* Of all parents together, newest first; a parent that is named twice has them once. */
static cairn_status push_children(struct lite *lite, const cairn_replay_query *query,
				  cairn_rows *rows, cairn_error *err)
{
	struct lite_list *list = &lite->wakes;
	cairn_status status = CAIRN_OK;
	list->n = 0;
	for (size_t i = 0; i < query->parent_count && status == CAIRN_OK; i++)
		status = find_children(lite, &query->parents[i], &query->after, err);
	if (list->n > 1)
		qsort(list->at, list->n, sizeof(cairn_id), newest_first);
	for (size_t i = 0; i < list->n && status == CAIRN_OK; i++) {
		const cairn_id *id = (const cairn_id *)list->at + i;
		if (cairn_rows_count(rows) >= query->limit)
			break;
		if (i > 0 && cairn_id_compare(id[0], id[-1]) == 0)
			continue;
		if (cairn_id_is_none(query->run) || cairn_id_compare(query->run, *id) == 0)
			status = push_runs(lite, LITE_REPLAY_GET, query, id, rows, err);
	}
	list->n = 0;
	return status;
}

static cairn_status count_steps(struct lite *lite, cairn_replay_run *row, cairn_error *err)
{
	struct lite_run run;
	bool more;
	cairn_status status = cairn_lite__start(&run, lite, LITE_REPLAY_COUNTS, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &row->id);
	status = cairn_lite__row(&run, &more, err);
	if (status != CAIRN_OK || !more)
		return status;
	row->steps = cairn_lite__int(&run);
	row->completed = cairn_lite__int(&run);
	row->failed = cairn_lite__int(&run);
	row->waiting = cairn_lite__int(&run);
	row->children = cairn_lite__int(&run);
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

static cairn_status list_runs(struct lite *lite, const cairn_replay_query *query, cairn_rows *rows,
			      cairn_error *err)
{
	cairn_status status;
	if (query->parents != NULL)
		status = push_children(lite, query, rows, err);
	else if (!cairn_id_is_none(query->run))
		status = push_runs(lite, LITE_REPLAY_GET, query, &query->run, rows, err);
	else if (!cairn_id_is_none(query->root))
		status = push_runs(lite, LITE_REPLAY_TREE, query, NULL, rows, err);
	else
		status = push_runs(lite, LITE_REPLAYS, query, NULL, rows, err);
	for (size_t i = 0; query->counts && i < cairn_rows_count(rows) && status == CAIRN_OK; i++)
		status = count_steps(lite, cairn_rows_at(rows, i), err);
	return status;
}

cairn_status cairn_lite__replay_runs(void *self, const cairn_replay_query *query, cairn_rows *rows,
				     cairn_error *err)
{
	struct lite_read snapshot;
	cairn_status status = cairn_lite__read_begin(self, &snapshot, err);
	if (status != CAIRN_OK)
		return status;
	status = list_runs(self, query, rows, err);
	return cairn_lite__read_end(&snapshot, status, err);
}

/* ---- memos ------------------------------------------------------------------------- */

static cairn_status push_memos(struct lite *lite, const cairn_memo_query *query, cairn_rows *rows,
			       cairn_error *err)
{
	struct lite_run run;
	bool named = query->name.len > 0;
	cairn_status status = cairn_lite__start(&run, lite, named ? LITE_MEMO_OF : LITE_MEMOS, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &query->run);
	cairn_lite__bind_int(&run, query->after);
	cairn_lite__bind_int(&run, query->limit);
	cairn_lite__bind_int(&run, query->compact);
	cairn_lite__bind_int(&run, query->statuses);
	if (named)
		cairn_lite__bind_text(&run, query->name);
	return cairn_lite__read_rows(&run, rows, cairn_lite__memo, err);
}

cairn_status cairn_lite__replay_memos(void *self, const cairn_memo_query *query, int *found,
				      cairn_rows *rows, cairn_error *err)
{
	struct lite_read snapshot;
	bool there;
	*found = 0;
	cairn_status status = cairn_lite__read_begin(self, &snapshot, err);
	if (status != CAIRN_OK)
		return status;
	status = cairn_lite__is_in_scope(self, LITE_REPLAY_FOUND, &query->run, &query->scope,
					 &there, err);
	*found = there;
	if (there)
		status = push_memos(self, query, rows, err);
	return cairn_lite__read_end(&snapshot, status, err);
}

/* ---- fork ---------------------------------------------------------------------------- */

/* A source; row 0: there is none. */
struct source {
	int64_t row;
	cairn_str type;
	cairn_str tenant;
	cairn_str resource_key;
	char types[LITE_NAME];
	char tenants[LITE_NAME];
	char keys[LITE_KEY];
};

static cairn_str keep(char *place, size_t room, cairn_str text)
{
	size_t len = text.len < room ? text.len : room;
	if (len > 0)
		memcpy(place, text.ptr, len);
	return (cairn_str){ place, len };
}

static cairn_status find_source(struct lite *lite, const cairn_fork_plan *plan,
				struct source *source, cairn_error *err)
{
	struct lite_run run;
	bool found;
	source->row = 0;
	cairn_status status = cairn_lite__in_scope(&run, lite, LITE_FORK_SOURCE, &plan->source,
						   &plan->scope, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	source->row = cairn_lite__int(&run);
	source->type = keep(source->types, LITE_NAME, cairn_lite__view(&run));
	source->tenant = keep(source->tenants, LITE_NAME, cairn_lite__view(&run));
	source->resource_key = keep(source->keys, LITE_KEY, cairn_lite__view(&run));
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

/* The last step that is shared; -1: there is no such step. */
static cairn_status find_shared(struct lite *lite, const cairn_fork_plan *plan, int64_t *shared,
				cairn_error *err)
{
	struct lite_run run;
	bool found;
	bool named = plan->name.len > 0;
	*shared = 0;
	if (!named && plan->seq == 0)
		return CAIRN_OK;
	cairn_status status =
		cairn_lite__start(&run, lite, named ? LITE_FORK_NAME : LITE_FORK_SEQ, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &plan->source);
	if (named)
		cairn_lite__bind_text(&run, plan->name);
	else
		cairn_lite__bind_int(&run, plan->seq);
	*shared = -1;
	status = cairn_lite__row(&run, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	*shared = cairn_lite__int(&run);
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

/* In the first stage the event needs no row: the job's says it all. */
static cairn_status insert_job(struct lite_write *write, const cairn_fork_plan *plan,
			       const struct source *source, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_FORK_JOB, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, source->row);
	cairn_lite__bind_id(&run, &plan->id);
	cairn_lite__bind_int(&run, write->now);
	cairn_lite__bind_int(&run, plan->run_at != 0 ? plan->run_at : write->now);
	cairn_lite__bind_text(&run, plan->queue);
	cairn_lite__bind_text(&run, plan->owner);
	cairn_lite__bind_int(&run, plan->record != 0);
	status = cairn_lite__finish(&run, err);
	if (status == CAIRN_OK && source->resource_key.len > 0)
		status =
			cairn_lite__resource_need(write, source->tenant, source->resource_key, err);
	return status;
}

static cairn_status insert_run(struct lite *lite, const cairn_fork_plan *plan, int64_t shared,
			       cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_FORK_REPLAY, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &plan->source);
	cairn_lite__bind_id(&run, &plan->id);
	cairn_lite__bind_int(&run, shared);
	cairn_lite__bind_text(&run, plan->code);
	return cairn_lite__finish(&run, err);
}

static cairn_status share_memos(struct lite *lite, const cairn_fork_plan *plan, int64_t shared,
				cairn_error *err)
{
	struct lite_run run;
	if (shared == 0)
		return CAIRN_OK;
	cairn_status status = cairn_lite__start(&run, lite, LITE_FORK_MEMOS, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &plan->source);
	cairn_lite__bind_id(&run, &plan->id);
	cairn_lite__bind_int(&run, shared);
	return cairn_lite__finish(&run, err);
}

static cairn_status fork_run(struct lite_write *write, const cairn_fork_plan *plan,
			     enum cairn_fork_result *result, int64_t *shared, cairn_error *err)
{
	struct lite *lite = write->lite;
	struct lite_memo memo = { .used = 0 };
	const struct lite_definition *definition;
	struct source source;
	*result = CAIRN_FORK_MISS;
	cairn_status status = find_source(lite, plan, &source, err);
	if (status != CAIRN_OK || source.row == 0)
		return status;
	*result = CAIRN_FORK_NO_STEP;
	status = find_shared(lite, plan, shared, err);
	if (status != CAIRN_OK || *shared < 0)
		return status;
	*result = CAIRN_FORK_NO_DEFINITION;
	status = cairn_lite__definition(lite, &memo, source.type, &definition, err);
	if (status != CAIRN_OK || !definition->found || !definition->enabled)
		return status;
	*result = CAIRN_FORK_DONE;
	status = insert_job(write, plan, &source, err);
	if (status == CAIRN_OK)
		status = insert_run(lite, plan, *shared, err);
	return status == CAIRN_OK ? share_memos(lite, plan, *shared, err) : status;
}

cairn_status cairn_lite__replay_fork(void *self, const cairn_fork_plan *plan,
				     enum cairn_fork_result *result, int64_t *shared,
				     cairn_error *err)
{
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = fork_run(&write, plan, result, shared, err);
	return cairn_lite__write_end(&write, status, err);
}

/* ---- deleting one, or a tree --------------------------------------------------------------- */

/* *n grows by what was deleted. */
static cairn_status delete_of(struct lite *lite, enum lite_sql which, const cairn_id *id, size_t *n,
			      cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, which, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, id);
	status = cairn_lite__finish(&run, err);
	if (status == CAIRN_OK)
		*n += (size_t)sqlite3_changes64(lite->db);
	return status;
}

cairn_status cairn_lite__replay_forget(struct lite_write *write, const cairn_id *run_id,
				       cairn_replay_deleted *deleted, cairn_error *err)
{
	struct lite *lite = write->lite;
	cairn_replay_deleted own = { .roots = 0 };
	size_t others = 0;
	if (deleted == NULL)
		deleted = &own;
	cairn_status status =
		delete_of(lite, LITE_REPLAY_DELETE_MEMOS, run_id, &deleted->steps, err);
	if (status == CAIRN_OK)
		status =
			delete_of(lite, LITE_REPLAY_DELETE_SIGNALS, run_id, &deleted->signals, err);
	if (status == CAIRN_OK)
		status =
			delete_of(lite, LITE_REPLAY_DELETE_ENTRIES, run_id, &deleted->entries, err);
	if (status == CAIRN_OK)
		status = delete_of(lite, LITE_REPLAY_DELETE_BUDGETS, run_id, &others, err);
	return status == CAIRN_OK ? delete_of(lite, LITE_REPLAY_DELETE_RUN, run_id, &others, err)
				  : status;
}

/* Those below: their jobs first, which are found by their runs. */
static cairn_status delete_below(struct lite *lite, const cairn_id *root,
				 cairn_replay_deleted *deleted, cairn_error *err)
{
	static const enum lite_sql belongings[] = {
		LITE_TREE_DELETE_ATTEMPTS, LITE_TREE_DELETE_EVENTS, LITE_TREE_DELETE_LOGS,
		LITE_TREE_DELETE_DEAD,	   LITE_TREE_DELETE_RERUNS, LITE_TREE_DELETE_JOBS,
	};
	size_t others = 0;
	cairn_status status = CAIRN_OK;
	for (size_t i = 0; i < sizeof belongings / sizeof belongings[0] && status == CAIRN_OK; i++)
		status = delete_of(lite, belongings[i], root, &others, err);
	if (status == CAIRN_OK)
		status = delete_of(lite, LITE_TREE_DELETE_MEMOS, root, &deleted->steps, err);
	if (status == CAIRN_OK)
		status = delete_of(lite, LITE_TREE_DELETE_SIGNALS, root, &deleted->signals, err);
	return status == CAIRN_OK
		       ? delete_of(lite, LITE_TREE_DELETE, root, &deleted->descendants, err)
		       : status;
}

cairn_status cairn_lite__replay_delete(struct lite_write *write, const cairn_id *run_id,
				       cairn_replay_deleted *deleted, cairn_error *err)
{
	cairn_replay_deleted own = { .roots = 0 };
	if (deleted == NULL)
		deleted = &own;
	cairn_status status = delete_below(write->lite, run_id, deleted, err);
	return status == CAIRN_OK ? cairn_lite__replay_forget(write, run_id, deleted, err) : status;
}

static cairn_status delete_job(struct lite_write *write, const cairn_id *id, cairn_error *err)
{
	struct lite_run run;
	bool found;
	size_t intents = 0;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_JOB_ROWID, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, id);
	status = cairn_lite__row(&run, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	int64_t row = cairn_lite__int(&run);
	cairn_lite__stop(&run);
	status = delete_of(write->lite, LITE_INTENT_DELETE, id, &intents, err);
	return status == CAIRN_OK ? cairn_lite__delete(write, row, id, false, err) : status;
}

/* ---- the oldest ------------------------------------------------------------------------- */

static cairn_status start_old(struct lite_run *run, const struct lite_write *write,
			      const cairn_replay_remove_plan *plan, cairn_error *err)
{
	bool one = !cairn_id_is_none(plan->run);
	cairn_status status =
		cairn_lite__start(run, write->lite, one ? LITE_REPLAY_OLD : LITE_REPLAYS_OLD, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_scope(run, &plan->scope);
	cairn_lite__bind_int(run, write->now);
	cairn_lite__bind_text(run, plan->type);
	cairn_lite__bind_int(run, plan->statuses);
	cairn_lite__bind_int(run, write->now - plan->age);
	if (one)
		cairn_lite__bind_id(run, &plan->run);
	return CAIRN_OK;
}

/* Roots into slots; those whose trees live are only counted. */
static cairn_status find_old(struct lite_write *write, const cairn_replay_remove_plan *plan,
			     size_t *n, cairn_replay_deleted *deleted, cairn_error *err)
{
	struct lite *lite = write->lite;
	struct lite_run run;
	bool more = false;
	*n = 0;
	cairn_status status = cairn_lite__slots(lite, plan->limit, err);
	if (status == CAIRN_OK)
		status = start_old(&run, write, plan, err);
	if (status == CAIRN_OK)
		status = cairn_lite__row(&run, &more, err);
	while (status == CAIRN_OK && more) {
		cairn_id id = cairn_lite__id(&run);
		if (cairn_lite__int(&run) != 0)
			deleted->live++;
		else
			lite->slots[(*n)++].id = id;
		if (*n == plan->limit) {
			cairn_lite__stop(&run);
			break;
		}
		status = cairn_lite__row(&run, &more, err);
	}
	return status;
}

static cairn_status remove_old(struct lite_write *write, const cairn_replay_remove_plan *plan,
			       cairn_replay_deleted *deleted, cairn_error *err)
{
	struct lite *lite = write->lite;
	size_t n;
	memset(deleted, 0, sizeof *deleted);
	cairn_status status = find_old(write, plan, &n, deleted, err);
	for (size_t i = 0; i < n && status == CAIRN_OK; i++) {
		status = cairn_lite__replay_delete(write, &lite->slots[i].id, deleted, err);
		if (status == CAIRN_OK)
			status = delete_job(write, &lite->slots[i].id, err);
		deleted->roots++;
	}
	return status;
}

/* What would be deleted is deleted, and then not kept. */
cairn_status cairn_lite__replay_remove(void *self, const cairn_replay_remove_plan *plan,
				       cairn_replay_deleted *deleted, cairn_error *err)
{
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = remove_old(&write, plan, deleted, err);
	if (status == CAIRN_OK && plan->dry)
		return cairn_lite__write_undo(&write, err);
	return cairn_lite__write_end(&write, status, err);
}
