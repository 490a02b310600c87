/* ct_threads.c - steps that the cases about checkpoints share. */
#include "ct_threads.h"

cairn_checkpoint_new ct_checkpoint(const char *thread, int64_t step)
{
	const char *state = ct_format("{\"at\":%lld}", (long long)step);
	return (cairn_checkpoint_new){ .thread = cairn_str_of(thread),
				       .step = step,
				       .state = { state, strlen(state) } };
}

cairn_checkpoint_added ct_offer_checkpoint(cairn_conn *conn, cairn_checkpoint_new item)
{
	cairn_checkpoint_added added;
	ct_ok(cairn_checkpoint_put(conn, CT_TENANT, &item, 1, &added, ct_err()));
	return added;
}

cairn_checkpoint_added ct_save(cairn_conn *conn, cairn_checkpoint_new item)
{
	cairn_checkpoint_added added = ct_offer_checkpoint(conn, item);
	ct_each(added, CAIRN_OK, NULL);
	ct_int(added.existing, 0);
	ct_true(added.write_seq > 0);
	ct_int(added.created_at, ct_now());
	return added;
}

cairn_checkpoint_ref ct_ref(const char *thread)
{
	return (cairn_checkpoint_ref){ .size = sizeof(cairn_checkpoint_ref),
				       .tenant = CT_TENANT,
				       .thread = cairn_str_of(thread) };
}

static const cairn_checkpoint *get(cairn_conn *conn, const cairn_checkpoint_ref *ref)
{
	cairn_checkpoints *rows = NULL;
	ct_ok(cairn_checkpoint_get(conn, ref, &rows, ct_err()));
	ct_int(rows->count, 1);
	ct_later(rows);
	return &rows->at[0];
}

const cairn_checkpoint *ct_latest(cairn_conn *conn, const char *thread, const char *ns)
{
	cairn_checkpoint_ref ref = ct_ref(thread);
	ref.ns = cairn_str_of(ns);
	return get(conn, &ref);
}

const cairn_checkpoint *ct_saved(cairn_conn *conn, const char *thread, cairn_id id)
{
	cairn_checkpoint_ref ref = ct_ref(thread);
	ref.id = id;
	return get(conn, &ref);
}

bool ct_is_saved(cairn_conn *conn, const char *thread, cairn_id id)
{
	cairn_checkpoint_ref ref = ct_ref(thread);
	cairn_checkpoints *rows = NULL;
	ref.id = id;
	cairn_status status = cairn_checkpoint_get(conn, &ref, &rows, ct_err());
	cairn_free(rows);
	if (status != CAIRN_OK)
		ct_status(status, CAIRN_NOT_FOUND, "checkpoint.not_found");
	return status == CAIRN_OK;
}

cairn_checkpoint_filter ct_history(const char *thread)
{
	return (cairn_checkpoint_filter){ .size = sizeof(cairn_checkpoint_filter),
					  .tenant = CT_TENANT,
					  .thread = cairn_str_of(thread) };
}

const cairn_checkpoints *ct_listed(cairn_conn *conn, const cairn_checkpoint_filter *filter)
{
	cairn_checkpoints *rows = NULL;
	ct_ok(cairn_checkpoint_list(conn, filter, &rows, ct_err()));
	ct_later(rows);
	return rows;
}

const char *ct_steps(cairn_conn *conn, const cairn_checkpoint_filter *filter)
{
	const cairn_checkpoints *rows = ct_listed(conn, filter);
	const char *text = "";
	for (size_t i = 0; i < rows->count; i++)
		text = ct_format("%s%s%lld", text, i > 0 ? " " : "", (long long)rows->at[i].step);
	return text;
}

cairn_checkpoint_write ct_write(cairn_id checkpoint, const char *task, int32_t index,
				const char *value)
{
	return (cairn_checkpoint_write){ .checkpoint = checkpoint,
					 .task = cairn_str_of(task),
					 .channel = CAIRN_STR("messages"),
					 .value = { value, strlen(value) },
					 .index = index };
}

void ct_pend(cairn_conn *conn, const char *thread, cairn_checkpoint_write write)
{
	ct_ok(cairn_checkpoint_write_put(conn, CT_TENANT, cairn_str_of(thread), &write, 1,
					 ct_err()));
}

const char *ct_pending(cairn_conn *conn, const char *thread, cairn_id checkpoint)
{
	cairn_checkpoint_writes *rows = NULL;
	const char *text = "";
	ct_ok(cairn_checkpoint_write_list(conn, CT_TENANT, cairn_str_of(thread), checkpoint, &rows,
					  ct_err()));
	ct_later(rows);
	for (size_t i = 0; i < rows->count; i++) {
		const cairn_checkpoint_write *row = &rows->at[i];
		ct_id(row->checkpoint, checkpoint);
		text = ct_format("%s%s%s:%d=%.*s", text, i > 0 ? " " : "", row->task.ptr,
				 (int)row->index, (int)row->value.len,
				 (const char *)row->value.ptr);
	}
	return text;
}

const char *ct_threads(cairn_conn *conn, const char *prefix, const char *after, uint32_t limit)
{
	cairn_thread_filter filter = { .size = sizeof filter,
				       .tenant = CT_TENANT,
				       .prefix = cairn_str_of(prefix),
				       .after = cairn_str_of(after),
				       .limit = limit };
	cairn_threads *rows = NULL;
	const char *text = "";
	ct_ok(cairn_thread_list(conn, &filter, &rows, ct_err()));
	ct_later(rows);
	for (size_t i = 0; i < rows->count; i++)
		text = ct_format("%s%s%s", text, i > 0 ? " " : "", rows->at[i].thread.ptr);
	return text;
}
