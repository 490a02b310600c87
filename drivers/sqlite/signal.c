/*
 * signal.c - signals to replay runs, and waking: a run that is put by is due as soon as something came that it waits for
 * (sys/replay.h).
 */
#include <stdio.h>
#include <string.h>

#include "lite.h"

/* ---- waking ------------------------------------------------------------------------ */

static cairn_status wake(struct lite_write *write, const cairn_id *run_id, bool *woken,
			 cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_WAKE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, run_id);
	cairn_lite__bind_int(&run, write->now);
	status = cairn_lite__finish(&run, err);
	*woken = status == CAIRN_OK && sqlite3_changes(write->lite->db) == 1;
	return status;
}

static cairn_status note(struct lite *lite, const cairn_id *run_id, cairn_error *err)
{
	cairn_id *next = cairn_lite__list_add(lite, &lite->wakes, sizeof *next);
	if (next == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	*next = *run_id;
	return CAIRN_OK;
}

static cairn_status note_parent(struct lite *lite, const cairn_id *run_id, cairn_error *err)
{
	struct lite_run run;
	bool found;
	cairn_status status = cairn_lite__start(&run, lite, LITE_REPLAY_PARENT, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, run_id);
	status = cairn_lite__row(&run, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	cairn_id parent = cairn_lite__id(&run);
	cairn_lite__stop(&run);
	return note(lite, &parent, err);
}

static bool over(enum cairn_job_status status)
{
	return status != CAIRN_JOB_PENDING && status != CAIRN_JOB_LEASED;
}

/* Whether it was continued, the statement that wakes it knows. */
cairn_status cairn_lite__wake_note(struct lite_write *write, const cairn_job *was,
				   enum cairn_job_status is, cairn_error *err)
{
	if (was->status == CAIRN_JOB_LEASED && is == CAIRN_JOB_PENDING)
		return note(write->lite, &was->id, err);
	return !over(was->status) && over(is) ? note_parent(write->lite, &was->id, err) : CAIRN_OK;
}

cairn_status cairn_lite__wake_noted(struct lite_write *write, cairn_error *err)
{
	struct lite_list *list = &write->lite->wakes;
	cairn_status status = CAIRN_OK;
	bool woken;
	for (size_t i = 0; i < list->n && status == CAIRN_OK; i++)
		status = wake(write, (const cairn_id *)list->at + i, &woken, err);
	list->n = 0;
	return status;
}

/* ---- sending -------------------------------------------------------------------------- */

/* A job that a signal is for. row 0: there is none in scope. */
struct target {
	int64_t row;
	int64_t events;
	int64_t last; /* the seq of its last signal */
	cairn_job job;
	int32_t replay;
};

static cairn_status find_target(struct lite *lite, const cairn_scope *scope, const cairn_id *id,
				struct target *target, cairn_error *err)
{
	struct lite_run run;
	bool found;
	memset(target, 0, sizeof *target);
	cairn_status status =
		cairn_lite__in_scope(&run, lite, LITE_SIGNAL_JOB, id, scope, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	target->row = cairn_lite__int(&run);
	target->events = cairn_lite__int(&run);
	target->job.id = *id;
	target->job.run_number = cairn_lite__int32(&run);
	target->job.attempt = cairn_lite__int32(&run);
	target->job.status = cairn_lite__status(&run);
	target->replay = cairn_lite__int32(&run);
	target->last = cairn_lite__int(&run);
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

/* The signal that has the key; the result stays where there is none. */
static cairn_status find_key(struct lite *lite, const cairn_signal_insert *item,
			     cairn_signal_placed *each, cairn_error *err)
{
	struct lite_run run;
	bool found;
	cairn_status status = cairn_lite__start(&run, lite, LITE_SIGNAL_KEYED, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &item->run);
	cairn_lite__bind_text(&run, item->key);
	status = cairn_lite__row(&run, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	each->seq = cairn_lite__int(&run);
	bool same = cairn_str_equal(cairn_lite__view(&run), item->name);
	const void *hash = sqlite3_column_blob(run.stmt, run.column);
	bool alike = hash != NULL && sqlite3_column_bytes(run.stmt, run.column) == 32 &&
		     memcmp(hash, item->hash, 32) == 0;
	each->result = same && alike ? CAIRN_SIGNAL_EXISTS : CAIRN_SIGNAL_CONFLICT;
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

static cairn_status insert_signal(struct lite_write *write, const cairn_signal_insert *item,
				  const cairn_id *to, int64_t seq, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, write->lite, LITE_SIGNAL_INSERT, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, to);
	cairn_lite__bind_int(&run, seq);
	cairn_lite__bind_text(&run, item->name);
	cairn_lite__bind_text(&run, item->key);
	cairn_lite__bind_int(&run, write->now);
	cairn_lite__bind_blob(&run, item->hash, sizeof item->hash);
	cairn_lite__bind_text(&run, item->payload.len > 0 ? item->payload : CAIRN_STR("null"));
	return cairn_lite__finish(&run, err);
}

static cairn_status put_told(struct lite *lite, int64_t row, int64_t events, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_JOB_TOLD, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_int(&run, row);
	cairn_lite__bind_int(&run, events);
	return cairn_lite__finish(&run, err);
}

static cairn_status tell(struct lite_write *write, const cairn_signal_insert *item,
			 const struct target *target, int64_t seq, cairn_error *err)
{
	char data[48];
	cairn_event_record event = cairn_event_of(CAIRN_EVENT_SIGNALED, &target->job);
	int len = snprintf(data, sizeof data, "{\"signal\":%lld}", (long long)seq);
	event.seq = target->events + 1;
	event.detail = item->name;
	event.data = (cairn_str){ data, (size_t)len };
	cairn_status status = cairn_lite__event_add(write, &target->job.id, &event, err);
	/* the next item may be for the same job, and meet an event that is yet to be written */
	if (status == CAIRN_OK)
		status = put_told(write->lite, target->row, event.seq, err);
	return status;
}

static cairn_status place(struct lite_write *write, const cairn_signal_plan *plan,
			  const cairn_signal_insert *item, const struct target *target,
			  cairn_signal_placed *each, cairn_error *err)
{
	bool woken = false;
	each->result = CAIRN_SIGNAL_DONE;
	each->seq = target->last + 1;
	cairn_status status = insert_signal(write, item, &target->job.id, each->seq, err);
	if (status == CAIRN_OK && target->replay == 0)
		status = cairn_lite__job_mark(write->lite, target->row, LITE_IS_MARKED, err);
	if (status == CAIRN_OK && (plan->record & 1u << CAIRN_EVENT_SIGNALED))
		status = tell(write, item, target, each->seq, err);
	if (status == CAIRN_OK && target->replay == LITE_IS_REPLAY)
		status = wake(write, &target->job.id, &woken, err);
	each->woken = woken;
	return status;
}

static cairn_status send_one(struct lite_write *write, const cairn_signal_plan *plan,
			     const cairn_signal_insert *item, cairn_signal_placed *each,
			     cairn_error *err)
{
	struct target target;
	memset(each, 0, sizeof *each);
	cairn_status status = find_target(write->lite, &plan->scope, &item->run, &target, err);
	if (status != CAIRN_OK || target.row == 0)
		return status;
	if (item->key.len > 0)
		status = find_key(write->lite, item, each, err);
	if (status != CAIRN_OK || each->result != CAIRN_SIGNAL_MISS)
		return status;
	each->result = CAIRN_SIGNAL_OVER;
	return over(target.job.status) ? CAIRN_OK : place(write, plan, item, &target, each, err);
}

/* ---- to all that wait ----------------------------------------------------------------- */

/* The first limit + 1 of them, into the list of those that may be woken, which nobody else uses here. */
static cairn_status find_waiting(struct lite_write *write, const cairn_signal_plan *plan,
				 cairn_error *err)
{
	struct lite *lite = write->lite;
	const cairn_signal_insert *item = plan->items;
	struct lite_run run;
	bool more = false;
	cairn_status status = cairn_lite__start(&run, lite, LITE_SIGNAL_WAITING, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_text(&run, item->name);
	cairn_lite__bind_scope(&run, &plan->scope);
	cairn_lite__bind_text(&run, plan->type);
	cairn_lite__bind_text(&run, item->key);
	cairn_lite__bind_int(&run, (int64_t)plan->limit + 1);
	status = cairn_lite__row(&run, &more, err);
	while (status == CAIRN_OK && more) {
		cairn_id id = cairn_lite__id(&run);
		status = note(lite, &id, err);
		if (status != CAIRN_OK)
			cairn_lite__stop(&run);
		else
			status = cairn_lite__row(&run, &more, err);
	}
	return status;
}

static cairn_status spread(struct lite_write *write, const cairn_signal_plan *plan,
			   cairn_signal_spread *result, cairn_error *err)
{
	const struct lite_list *list = &write->lite->wakes;
	memset(result, 0, sizeof *result);
	cairn_status status = find_waiting(write, plan, err);
	for (size_t i = 0; i < list->n && i < plan->limit && status == CAIRN_OK; i++) {
		struct target target;
		cairn_signal_placed placed;
		status = find_target(write->lite, &plan->scope, (const cairn_id *)list->at + i,
				     &target, err);
		if (status == CAIRN_OK)
			status = place(write, plan, plan->items, &target, &placed, err);
		result->sent++;
	}
	result->more = list->n > plan->limit;
	write->lite->wakes.n = 0;
	return status;
}

cairn_status cairn_lite__signal_send(void *self, const cairn_signal_plan *plan,
				     cairn_signal_placed *each, cairn_signal_spread *result,
				     cairn_error *err)
{
	struct lite_write write;
	cairn_status status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	if (plan->limit > 0)
		status = spread(&write, plan, result, err);
	for (size_t i = 0; i < plan->n && plan->limit == 0 && status == CAIRN_OK; i++)
		status = send_one(&write, plan, &plan->items[i], &each[i], err);
	return cairn_lite__write_end(&write, status, err);
}

/* ---- taking, reading ------------------------------------------------------------------- */

static cairn_status take(struct lite *lite, const cairn_memo *memo, int64_t seq, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_SIGNAL_TAKE, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &memo->run);
	cairn_lite__bind_int(&run, seq);
	cairn_lite__bind_int(&run, memo->seq);
	return cairn_lite__finish(&run, err);
}

cairn_status cairn_lite__signal_take(struct lite *lite, const cairn_memo *memo, int64_t *seq,
				     cairn_str *payload, cairn_rows *rows, cairn_error *err)
{
	struct lite_run run;
	bool found;
	*seq = 0;
	cairn_status status = cairn_lite__start(&run, lite, LITE_SIGNAL_NEXT, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &memo->run);
	cairn_lite__bind_text(&run, memo->signal);
	status = cairn_lite__row(&run, &found, err);
	if (status != CAIRN_OK || !found)
		return status;
	*seq = cairn_lite__int(&run);
	*payload = cairn_lite__text(&run, rows);
	cairn_lite__stop(&run);
	return take(lite, memo, *seq, err);
}

static void read_signal(struct lite_run *run, cairn_rows *rows, void *into)
{
	cairn_signal *row = into;
	row->seq = cairn_lite__int(run);
	row->run = cairn_lite__id(run);
	row->name = cairn_lite__text(run, rows);
	row->key = cairn_lite__text(run, rows);
	row->sent_at = cairn_lite__int(run);
	row->taken_by = cairn_lite__int(run);
	row->payload = cairn_lite__text(run, rows);
}

static cairn_status push_signals(struct lite *lite, const cairn_signal_query *query,
				 cairn_rows *rows, cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_SIGNALS, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_id(&run, &query->run);
	cairn_lite__bind_int(&run, query->after);
	cairn_lite__bind_text(&run, query->name);
	cairn_lite__bind_int(&run, query->untaken);
	cairn_lite__bind_int(&run, query->limit);
	return cairn_lite__read_rows(&run, rows, read_signal, err);
}

cairn_status cairn_lite__signal_list(void *self, const cairn_signal_query *query, int *found,
				     cairn_rows *rows, cairn_error *err)
{
	struct lite *lite = self;
	struct lite_read snapshot;
	struct target target;
	*found = 0;
	cairn_status status = cairn_lite__read_begin(lite, &snapshot, err);
	if (status != CAIRN_OK)
		return status;
	status = find_target(lite, &query->scope, &query->run, &target, err);
	*found = status == CAIRN_OK && target.row != 0;
	if (*found)
		status = push_signals(lite, query, rows, err);
	return cairn_lite__read_end(&snapshot, status, err);
}
