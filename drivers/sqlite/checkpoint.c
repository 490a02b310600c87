/*
 * checkpoint.c - checkpoints: written one by one, each numbered by its thread's row, and read. A
 * large state stands in a table of its own, so that lists need not read over it.
 */
#include <string.h>

#include "lite.h"

/* ---- contents: documents are text, bytes are blobs ------------------------------ */

static void bind_content(struct lite_run *run, cairn_blob content, enum cairn_format format)
{
	const char *at = content.len > 0 ? content.ptr : "";
	if (format == CAIRN_FORMAT_BYTES)
		cairn_lite__bind_blob(run, (const uint8_t *)at, content.len);
	else
		cairn_lite__bind_text(run, (cairn_str){ at, content.len });
}

static void bind_id_or_null(struct lite_run *run, const cairn_id *id)
{
	if (cairn_id_is_none(*id))
		cairn_lite__bind_text(run, (cairn_str){ NULL, 0 });
	else
		cairn_lite__bind_id(run, id);
}

/* A copy that lives with the result; NULL stays NULL, and an empty content is none. */
static cairn_blob read_content(struct lite_run *run, cairn_rows *rows)
{
	int column = run->column++;
	if (sqlite3_column_type(run->stmt, column) == SQLITE_NULL)
		return (cairn_blob){ NULL, 0 };
	const void *bytes = sqlite3_column_blob(run->stmt, column);
	int len = sqlite3_column_bytes(run->stmt, column);
	cairn_str copy = cairn_rows_str(rows, len > 0 ? bytes : "", (size_t)len);
	return (cairn_blob){ copy.ptr, copy.len };
}

/* ---- put ------------------------------------------------------------------------ */

/* What is known of a checkpoint that stands there. */
struct there {
	bool found;
	int64_t write_seq;
	cairn_time created_at;
	int64_t step;
	cairn_str ns;
	cairn_str next_node;
	char texts[LITE_KEY + LITE_NAME];
};

static cairn_status find(struct lite *lite, cairn_str tenant, cairn_str thread, const cairn_id *id,
			 struct there *there, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_CHECKPOINT_FIND, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, tenant);
	cairn_lite__bind_text(&run, thread);
	cairn_lite__bind_id(&run, id);
	status = cairn_lite__row(&run, &there->found, err);
	if (status != CAIRN_OK || !there->found)
		return status;
	there->write_seq = cairn_lite__int(&run);
	there->created_at = cairn_lite__int(&run);
	there->step = cairn_lite__int(&run);
	cairn_str ns = cairn_lite__view(&run);
	cairn_str next = cairn_lite__view(&run);
	if (ns.len > LITE_KEY || next.len > LITE_NAME) {
		cairn_lite__stop(&run);
		return cairn_fail(err, CAIRN_E_DB_CORRUPT);
	}
	there->ns = (cairn_str){ there->texts, ns.len };
	there->next_node = (cairn_str){ there->texts + ns.len, next.len };
	if (ns.len > 0)
		memcpy(there->texts, ns.ptr, ns.len);
	if (next.len > 0)
		memcpy(there->texts + ns.len, next.ptr, next.len);
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

/* The latest of a namespace: its id, or none. */
static cairn_status head(struct lite *lite, cairn_str tenant, cairn_str thread, cairn_str ns,
			 cairn_id *id, cairn_error *err)
{
	struct lite_run run;
	bool found = false;
	memset(id, 0, sizeof *id);
	cairn_status status = cairn_lite__start(&run, lite, LITE_CHECKPOINT_HEAD, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, tenant);
	cairn_lite__bind_text(&run, thread);
	cairn_lite__bind_tenant(&run, ns);
	status = cairn_lite__row(&run, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	*id = cairn_lite__id(&run);
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

static cairn_status number(struct lite_write *write, cairn_str tenant, cairn_str thread,
			   int64_t *write_seq, cairn_error *err)
{
	struct lite_run run;
	bool found = false;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_THREAD_NUMBER, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, tenant);
	cairn_lite__bind_text(&run, thread);
	cairn_lite__bind_int(&run, write->now);
	status = cairn_lite__row(&run, &found, err);
	if (status != CAIRN_OK)
		return status;
	*write_seq = cairn_lite__int(&run);
	return cairn_lite__finish(&run, err);
}

static cairn_status insert_state(struct lite *lite, const cairn_checkpoint_insert *item,
				 cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_STATE_INSERT, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, sqlite3_last_insert_rowid(lite->db));
	bind_content(&run, item->state, item->format);
	return cairn_lite__finish(&run, err);
}

static cairn_status insert(struct lite_write *write, cairn_str tenant,
			   const cairn_checkpoint_insert *item,
			   const cairn_checkpoint_put_found *each, cairn_error *err)
{
	struct lite_run run;
	bool large = item->state.len > LITE_STATE_INLINE;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_CHECKPOINT_INSERT, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, tenant);
	cairn_lite__bind_text(&run, item->thread);
	cairn_lite__bind_int(&run, each->write_seq);
	cairn_lite__bind_id(&run, &item->id);
	cairn_lite__bind_tenant(&run, item->ns);
	bind_id_or_null(&run, &item->parent);
	cairn_lite__bind_int(&run, item->step);
	cairn_lite__bind_int(&run, item->payload_version);
	cairn_lite__bind_int(&run, write->now);
	cairn_lite__bind_int(&run, item->format == CAIRN_FORMAT_BYTES);
	cairn_lite__bind_int(&run, (int64_t)item->state.len);
	cairn_lite__bind_text(&run, item->next_node);
	cairn_lite__bind_text(&run, item->run);
	cairn_lite__bind_text(&run, item->metadata);
	cairn_lite__bind_tenant(&run, item->tags);
	if (large)
		cairn_lite__bind_text(&run, (cairn_str){ NULL, 0 });
	else
		bind_content(&run, item->state, item->format);
	status = cairn_lite__finish(&run, err);
	return status == CAIRN_OK && large ? insert_state(write->lite, item, err) : status;
}

/* Numbers and inserts an item, which no condition forbids any more. */
static cairn_status add(struct lite_write *write, cairn_str tenant,
			const cairn_checkpoint_insert *item, cairn_checkpoint_put_found *each,
			cairn_error *err)
{
	each->result = CAIRN_PUT_DONE;
	each->created_at = write->now;
	cairn_status status = number(write, tenant, item->thread, &each->write_seq, err);
	return status == CAIRN_OK ? insert(write, tenant, item, each, err) : status;
}

/* Tells by *result which condition fails, if one does; a branch inherits from its parent. */
static cairn_status judge(struct lite_write *write, cairn_str tenant, cairn_checkpoint_insert *item,
			  struct there *there, enum cairn_put_result *result, cairn_error *err)
{
	struct lite *lite = write->lite;
	cairn_status status = CAIRN_OK;
	bool held = true;
	if (item->branches) {
		status = find(lite, tenant, item->thread, &item->parent, there, err);
		if (status != CAIRN_OK || !there->found) {
			*result = CAIRN_PUT_NO_PARENT;
			return status;
		}
		item->ns = there->ns;
		item->next_node = there->next_node;
		item->step = there->step < INT64_MAX ? there->step + 1 : INT64_MAX;
	}
	status = cairn_lite__guard(write, item->lock, &held, err);
	if (status != CAIRN_OK || !held) {
		*result = CAIRN_PUT_LOST;
		return status;
	}
	*result = CAIRN_PUT_DONE;
	if (!item->expects)
		return CAIRN_OK;
	cairn_id latest;
	status = head(lite, tenant, item->thread, item->ns, &latest, err);
	if (status == CAIRN_OK && cairn_id_compare(latest, item->expected) != 0)
		*result = CAIRN_PUT_MOVED;
	return status;
}

static cairn_status put_one(struct lite_write *write, cairn_str tenant,
			    const cairn_checkpoint_insert *given, cairn_checkpoint_put_found *each,
			    cairn_error *err)
{
	struct there there;
	cairn_checkpoint_insert item = *given;
	memset(each, 0, sizeof *each);
	cairn_status status = find(write->lite, tenant, item.thread, &item.id, &there, err);
	if (status != CAIRN_OK)
		return status;
	if (there.found) {
		each->result = CAIRN_PUT_EXISTS;
		each->write_seq = there.write_seq;
		each->created_at = there.created_at;
		return CAIRN_OK;
	}
	status = judge(write, tenant, &item, &there, &each->result, err);
	if (status != CAIRN_OK || each->result != CAIRN_PUT_DONE)
		return status;
	return add(write, tenant, &item, each, err);
}

cairn_status cairn_lite__checkpoint_put(void *self, const cairn_checkpoint_plan *plan,
					cairn_checkpoint_put_found *each, cairn_error *err)
{
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++)
		status = put_one(&write, plan->tenant, &plan->items[i], &each[i], err);
	return cairn_lite__write_end(&write, status, err);
}

/* ---- pending writes -------------------------------------------------------------- */

static cairn_status write_one(struct lite *lite, const cairn_checkpoint_write_plan *plan,
			      const cairn_checkpoint_write *one, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(
		&run, lite, one->index < 0 ? LITE_WRITE_LAST : LITE_WRITE_FIRST, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, plan->tenant);
	cairn_lite__bind_text(&run, plan->thread);
	cairn_lite__bind_id(&run, &one->checkpoint);
	cairn_lite__bind_text(&run, one->task);
	cairn_lite__bind_int(&run, one->index);
	cairn_lite__bind_text(&run, one->channel);
	cairn_lite__bind_int(&run, one->format == CAIRN_FORMAT_BYTES);
	bind_content(&run, one->value, one->format);
	return cairn_lite__finish(&run, err);
}

static cairn_status find_missing(struct lite *lite, const cairn_checkpoint_write_plan *plan,
				 size_t *missing, cairn_error *err)
{
	struct there there;
	cairn_status status = CAIRN_OK;
	for (*missing = 0; *missing < plan->n; ++*missing) {
		const cairn_id *id = &plan->writes[*missing].checkpoint;
		if (*missing > 0 &&
		    cairn_id_compare(*id, plan->writes[*missing - 1].checkpoint) == 0)
			continue;
		status = find(lite, plan->tenant, plan->thread, id, &there, err);
		if (status != CAIRN_OK || !there.found)
			break;
	}
	return status;
}

cairn_status cairn_lite__checkpoint_write(void *self, const cairn_checkpoint_write_plan *plan,
					  size_t *missing, cairn_error *err)
{
	struct lite *lite = self;
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(lite, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = find_missing(lite, plan, missing, err);
	for (size_t i = 0; *missing == plan->n && i < plan->n && status == CAIRN_OK; i++)
		status = write_one(lite, plan, &plan->writes[i], err);
	return cairn_lite__write_end(&write, status, err);
}

static void read_write(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_checkpoint_write *write = into;
	write->checkpoint = cairn_lite__id(run);
	write->task = cairn_lite__text(run, rows);
	write->index = cairn_lite__int32(run);
	write->channel = cairn_lite__text(run, rows);
	write->format = cairn_lite__int(run) ? CAIRN_FORMAT_BYTES : CAIRN_FORMAT_JSON;
	write->value = read_content(run, rows);
}

cairn_status cairn_lite__checkpoint_writes(void *self, cairn_str tenant, cairn_str thread,
					   const cairn_id *checkpoint, cairn_rows *rows,
					   cairn_error *err)
{
	struct lite *lite = self;
	struct lite_run run;
	cairn_status status = cairn_lite__enter(lite, err);
	if (status == CAIRN_OK)
		status = cairn_lite__start(&run, lite, LITE_WRITES, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, tenant);
	cairn_lite__bind_text(&run, thread);
	cairn_lite__bind_id(&run, checkpoint);
	return cairn_lite__read_rows(&run, rows, read_write, err);
}

/* ---- list ------------------------------------------------------------------------ */

/* Whether U+001F tag U+001F stands in the tags. */
static bool tagged(cairn_str tags, cairn_str tag)
{
	for (size_t at = 0; at + tag.len + 2 <= tags.len; at++) {
		const char *mark = memchr(tags.ptr + at, '\x1f', tags.len - at);
		if (mark == NULL)
			return false;
		at = (size_t)(mark - tags.ptr);
		if (at + tag.len + 2 <= tags.len && tags.ptr[at + tag.len + 1] == '\x1f' &&
		    memcmp(mark + 1, tag.ptr, tag.len) == 0)
			return true;
	}
	return false;
}

/* What TEXT_CHECKPOINTS and the like have in ?1. */
#define WITH_STATES 1
#define WITH_TAGS   2

static void bind_columns(struct lite_run *run, const cairn_checkpoint_query *query)
{
	cairn_lite__bind_int(run, (query->states ? WITH_STATES : 0) |
					  (query->tag_count > 0 ? WITH_TAGS : 0));
}

/* Looks at the first column. */
static bool wanted(struct lite_run *run, const cairn_checkpoint_query *query)
{
	if (query->tag_count == 0) {
		run->column++;
		return true;
	}
	cairn_str tags = cairn_lite__view(run);
	size_t i = 0;
	while (i < query->tag_count && tagged(tags, query->tags[i]))
		i++;
	return i == query->tag_count;
}

/* What all rows of a statement have in common; the first of them makes its copies for all. */
struct common {
	cairn_str thread;
	cairn_str ns;
	bool one_ns;
	bool copied;
};

static void read_common(struct lite_run *run, struct common *common, cairn_rows *rows,
			cairn_checkpoint *row)
{
	if (!common->copied) {
		common->thread = cairn_rows_str(rows, common->thread.ptr, common->thread.len);
		if (common->ns.len > 0)
			common->ns = cairn_rows_str(rows, common->ns.ptr, common->ns.len);
		common->copied = true;
	}
	row->thread = common->thread;
	row->ns = cairn_lite__text(run, rows);
	if (common->one_ns && common->ns.len > 0)
		row->ns = common->ns;
}

static void read_checkpoint(struct lite_run *run, struct common *common, cairn_rows *rows,
			    cairn_checkpoint *row)
{
	read_common(run, common, rows, row);
	row->id = cairn_lite__id(run);
	row->parent = cairn_lite__id(run);
	row->write_seq = cairn_lite__int(run);
	row->step = cairn_lite__int(run);
	row->payload_version = (uint32_t)cairn_lite__int(run);
	row->created_at = cairn_lite__int(run);
	row->format = cairn_lite__int(run) ? CAIRN_FORMAT_BYTES : CAIRN_FORMAT_JSON;
	row->state_size = cairn_lite__int(run);
	row->next_node = cairn_lite__text(run, rows);
	row->run = cairn_lite__text(run, rows);
	row->metadata = cairn_lite__text(run, rows);
	row->state = read_content(run, rows);
	if (row->state.ptr == NULL)
		row->state = read_content(run, rows);
}

/* Reads rows that are wanted, as many as are missing. */
static cairn_status read_some(struct lite_run *run, const cairn_checkpoint_query *query,
			      struct common common, size_t limit, cairn_rows *rows,
			      cairn_error *err)
{
	bool more = false;
	cairn_status status = cairn_lite__row(run, &more, err);
	while (status == CAIRN_OK && more) {
		if (wanted(run, query)) {
			cairn_checkpoint *row = cairn_rows_push(rows);
			if (row == NULL)
				status = cairn_fail(err, CAIRN_E_NOMEM);
			else
				read_checkpoint(run, &common, rows, row);
		}
		if (status != CAIRN_OK || cairn_rows_count(rows) == limit) {
			cairn_lite__stop(run);
			return status;
		}
		status = cairn_lite__row(run, &more, err);
	}
	return status;
}

static cairn_status list_thread(struct lite *lite, const cairn_checkpoint_query *query,
				cairn_str thread, int64_t before, cairn_rows *rows,
				cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(
		&run, lite, query->one_ns ? LITE_CHECKPOINTS_NS : LITE_CHECKPOINTS, err);
	if (status != CAIRN_OK)
		return status;
	bind_columns(&run, query);
	cairn_lite__bind_text(&run, query->tenant);
	cairn_lite__bind_text(&run, thread);
	cairn_lite__bind_int(&run, before);
	cairn_lite__bind_text(&run, query->run);
	if (query->one_ns)
		cairn_lite__bind_tenant(&run, query->ns);
	const struct common common = { .thread = thread, .ns = query->ns, .one_ns = query->one_ns };
	return read_some(&run, query, common, query->limit, rows, err);
}

/* The thread behind *name, or that one itself; its name takes the place of the other. */
static cairn_status next_thread(struct lite *lite, cairn_str tenant, bool itself,
				char text[LITE_NAME], cairn_str *name, bool *found,
				cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_THREAD_NEXT, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, tenant);
	cairn_lite__bind_tenant(&run, *name);
	cairn_lite__bind_int(&run, itself);
	status = cairn_lite__row(&run, found, err);
	if (status != CAIRN_OK || !*found)
		return status;
	cairn_str next = cairn_lite__view(&run);
	if (next.len <= LITE_NAME && next.len > 0)
		memcpy(text, next.ptr, next.len);
	*name = (cairn_str){ text, next.len };
	cairn_lite__stop(&run);
	return next.len <= LITE_NAME ? CAIRN_OK : cairn_fail(err, CAIRN_E_DB_CORRUPT);
}

static cairn_status list_threads(struct lite *lite, const cairn_checkpoint_query *query,
				 cairn_rows *rows, cairn_error *err)
{
	char text[LITE_NAME];
	cairn_str name = query->after_thread;
	bool itself = true;
	bool found = true;
	cairn_status status = CAIRN_OK;
	while (status == CAIRN_OK && cairn_rows_count(rows) < query->limit) {
		status = next_thread(lite, query->tenant, itself, text, &name, &found, err);
		if (status != CAIRN_OK || !found)
			break;
		itself = itself && cairn_str_equal(name, query->after_thread);
		status = list_thread(lite, query, name, itself ? query->before : INT64_MAX, rows,
				     err);
		itself = false;
	}
	return status;
}

static cairn_status list_keys(struct lite *lite, const cairn_checkpoint_query *query,
			      cairn_rows *rows, cairn_error *err)
{
	cairn_status status = CAIRN_OK;
	for (size_t i = 0; i < query->key_count && status == CAIRN_OK; i++) {
		struct lite_run run;
		status = cairn_lite__start(&run, lite, LITE_CHECKPOINT_GET, err);
		if (status != CAIRN_OK)
			break;
		bind_columns(&run, query);
		cairn_lite__bind_text(&run, query->tenant);
		cairn_lite__bind_text(&run, query->keys[i].thread);
		cairn_lite__bind_id(&run, &query->keys[i].id);
		const struct common common = { .thread = query->keys[i].thread };
		status = read_some(&run, query, common, SIZE_MAX, rows, err);
	}
	return status;
}

cairn_status cairn_lite__checkpoint_list(void *self, const cairn_checkpoint_query *query,
					 cairn_rows *rows, cairn_error *err)
{
	struct lite *lite = self;
	struct lite_read read;
	/* one statement sees one state by itself */
	bool single = query->key_count == 1 || (query->key_count == 0 && query->thread.len > 0);
	cairn_status status =
		single ? cairn_lite__enter(lite, err) : cairn_lite__read_begin(lite, &read, err);
	if (status != CAIRN_OK)
		return status;
	if (query->key_count > 0)
		status = list_keys(lite, query, rows, err);
	else if (query->thread.len > 0)
		status = list_thread(lite, query, query->thread, query->before, rows, err);
	else
		status = list_threads(lite, query, rows, err);
	return single ? status : cairn_lite__read_end(&read, status, err);
}
