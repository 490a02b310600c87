/*
 * replay_enter.c - answers to steps that a program asks for: what is remembered, from memory; the rest by one call
 * of the driver.
 */
#include <string.h>

#include "job_plan.h"
#include "replay_state.h"

#define STEP_EVENTS \
	(CAIRN__BIT(CAIRN_EVENT_ENQUEUED) | CAIRN__BIT(CAIRN_EVENT_STEP_STARTED) | \
	 CAIRN__BIT(CAIRN_EVENT_STEP_WAITING) | CAIRN__BIT(CAIRN_EVENT_STEP_COMPLETED) | \
	 CAIRN__BIT(CAIRN_EVENT_STEP_FAILED))

static void refuse(cairn_replay_step *step, cairn_code code)
{
	step->code = code;
	step->status = cairn_code_status(code);
}

static enum cairn_next next_of(const cairn_memo *memo, cairn_id id)
{
	switch (memo->status) {
	case CAIRN_MEMO_COMPLETED:
		return CAIRN_NEXT_RESULT;
	case CAIRN_MEMO_FAILED:
		return CAIRN_NEXT_FAILED;
	case CAIRN_MEMO_WAITING:
		return CAIRN_NEXT_SUSPEND;
	case CAIRN_MEMO_RUNNING:
		break;
	}
	return cairn_id_compare(memo->claim, id) == 0 ? CAIRN_NEXT_RUN : CAIRN_NEXT_WAIT;
}

/* From a memo, as it is stored. Its texts live as long as the replay. */
static void answer(cairn_replay *replay, const cairn_memo *memo, cairn_id id,
		   cairn_replay_step *step)
{
	step->next = next_of(memo, id);
	step->name = memo->name;
	step->seq = memo->seq;
	step->attempts = memo->attempts;
	step->failures = memo->failures;
	step->error_code = memo->error_code;
	step->error_message = memo->error_message;
	step->timed_out = memo->timed_out;
	step->claim = step->next == CAIRN_NEXT_RUN ? memo->claim : (cairn_id){ { 0 } };
	step->child = memo->child;
	if (step->next == CAIRN_NEXT_RESULT)
		step->result = memo->result.len > 0 ? memo->result : CAIRN_STR("null");
	if (step->next == CAIRN_NEXT_WAIT)
		step->until = replay->lease_until;
	if (step->next == CAIRN_NEXT_SUSPEND) {
		step->until = memo->wake_at;
		cairn__replay_suspends(replay, memo->wake_at);
	}
}

/* Whether memory alone can answer. */
static bool ended(const cairn_replay *replay, const cairn_memo *memo)
{
	return memo->status == CAIRN_MEMO_COMPLETED ||
	       (memo->status == CAIRN_MEMO_FAILED && memo->last_attempt == replay->run.attempt);
}

/* True if it is answered without the driver. */
static bool recall(cairn_replay *replay, enum cairn_memo_verb verb,
		   const struct cairn__asked *asked, cairn_replay_step *step)
{
	const cairn_memo *memo = asked->memo;
	step->name = asked->name;
	if (memo == NULL)
		return false;
	if (memo->verb != verb || memcmp(memo->hash, asked->hash, sizeof asked->hash) != 0) {
		refuse(step, CAIRN_E_REPLAY_MISMATCH);
		return true;
	}
	if (!ended(replay, memo))
		return false;
	answer(replay, memo, (cairn_id){ { 0 } }, step);
	step->replayed = 1;
	return true;
}

static void judge(cairn_replay *replay, const cairn_enter *item, const cairn_entered *entered,
		  const cairn_memos *memos, cairn_replay_step *step)
{
	switch (entered->how) {
	case CAIRN_ENTER_MISMATCH:
		refuse(step, CAIRN_E_REPLAY_MISMATCH);
		return;
	case CAIRN_ENTER_NO_DEFINITION:
		refuse(step, CAIRN_E_JOB_DEFINITION);
		return;
	case CAIRN_ENTER_FOUND:
	case CAIRN_ENTER_BEGUN:
	case CAIRN_ENTER_LOST:
		break;
	}
	answer(replay, &memos->at[entered->row - 1], item->id, step);
	step->replayed = entered->how == CAIRN_ENTER_FOUND;
}

/* What is asked for of the driver, in order, and which steps these are. */
struct questions {
	cairn_enter *items;
	cairn_entered *each;
	size_t *of;
	size_t n;
	bool fresh;
};

static cairn_status ask(cairn_replay *replay, enum cairn_memo_verb verb, struct questions *q,
			cairn_replay_step *steps, cairn_error *err)
{
	cairn_conn *conn = replay->conn;
	cairn_enter_plan plan = { .run = replay->run.id,
				  .fence = replay->lease.fence,
				  .verb = verb,
				  .record = cairn__events_kept(conn->host.events, STEP_EVENTS),
				  .items = q->items,
				  .n = q->n,
				  .fresh = q->fresh };
	cairn_rows rows;
	void *memory = NULL;
	cairn_status st = cairn__replay_room(replay, err);
	if (st != CAIRN_OK)
		return st;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_memo));
	st = conn->replays.enter(conn->self, &plan, q->each, &rows, err);
	st = cairn__rows_end(&rows, &memory, st, err);
	cairn__replay_keep(replay, memory);
	if (st == CAIRN_OK && q->each[0].how == CAIRN_ENTER_LOST)
		st = cairn__replay_lost(replay, err);
	for (size_t i = 0; i < q->n && st == CAIRN_OK; i++)
		judge(replay, &q->items[i], &q->each[i], memory, &steps[q->of[i]]);
	return st;
}

static bool answered(const cairn_replay_step *step)
{
	return step->next != 0 || step->status != CAIRN_OK;
}

static cairn_status ask_rest(cairn_replay *replay, enum cairn_memo_verb verb,
			     const struct cairn__asking *asking, struct questions *q,
			     cairn_replay_step *each, cairn_error *err)
{
	for (size_t i = 0; i < asking->n; i++) {
		const struct cairn__asked *asked = &asking->asked[i];
		if (answered(&each[i]))
			continue;
		cairn_enter *item = &q->items[q->n];
		*item = asking->items[i];
		item->name = asked->name;
		item->kind = asking->kinds[i];
		item->signature = asked->signature;
		memcpy(item->hash, asked->hash, sizeof item->hash);
		q->fresh = q->fresh && asked->memo == NULL;
		q->of[q->n++] = i;
	}
	return ask(replay, verb, q, each, err);
}

cairn_status cairn__replay_enter(cairn_replay *replay, enum cairn_memo_verb verb,
				 struct cairn__asking *asking, cairn_replay_step *each,
				 cairn_error *err)
{
	cairn_conn *conn = replay->conn;
	size_t rest = 0;
	for (size_t i = 0; i < asking->n; i++)
		rest += !recall(replay, verb, &asking->asked[i], &each[i]);
	if (rest == 0)
		return CAIRN_OK;
	struct questions q = { .fresh = asking->fresh };
	q.items = cairn__scratch(conn, rest, sizeof *q.items, err);
	if (q.items != NULL)
		q.each = cairn__scratch(conn, rest, sizeof *q.each, err);
	if (q.each != NULL)
		q.of = cairn__scratch(conn, rest, sizeof *q.of, err);
	cairn_status st = CAIRN_NOMEM;
	if (q.of != NULL)
		st = ask_rest(replay, verb, asking, &q, each, err);
	cairn__scratch_free(conn, q.of, rest, sizeof *q.of);
	cairn__scratch_free(conn, q.each, rest, sizeof *q.each);
	cairn__scratch_free(conn, q.items, rest, sizeof *q.items);
	return st;
}

cairn_status cairn__replay_ask(cairn_replay *replay, enum cairn_memo_verb verb,
			       struct cairn__asking *asking, cairn_replay_step *each,
			       cairn_error *err)
{
	cairn_status st = cairn__replay_settle(replay, asking, err);
	if (st == CAIRN_OK)
		st = cairn__replay_enter(replay, verb, asking, each, err);
	if (st != CAIRN_OK)
		cairn__replay_unsettle(replay, asking);
	return st;
}

/* ---- many, and one ---------------------------------------------------------------- */

/* One step is the usual case, and has its memory. */
static void single(cairn_replay *replay, struct cairn__asking *asking)
{
	struct cairn__single *one = &replay->single;
	memset(one, 0, sizeof *one);
	*asking = (struct cairn__asking){ .asked = &one->asked,
					  .names = &one->name,
					  .items = &one->item,
					  .kinds = &one->kind,
					  .n = 1 };
}

cairn_status cairn__asking_begin(struct cairn__asking *asking, cairn_replay *replay, size_t n,
				 cairn_error *err)
{
	cairn_conn *conn = replay->conn;
	if (n == 1) {
		single(replay, asking);
		return CAIRN_OK;
	}
	*asking = (struct cairn__asking){ .n = n };
	asking->asked = cairn__scratch(conn, n, sizeof *asking->asked, err);
	if (asking->asked != NULL)
		asking->names = cairn__scratch(conn, n, sizeof *asking->names, err);
	if (asking->names != NULL)
		asking->kinds = cairn__scratch(conn, n, sizeof *asking->kinds, err);
	if (asking->kinds != NULL)
		asking->items = cairn__scratch(conn, n, sizeof *asking->items, err);
	return asking->items != NULL ? CAIRN_OK : CAIRN_NOMEM;
}

void cairn__asking_end(struct cairn__asking *asking, cairn_replay *replay)
{
	cairn_conn *conn = replay->conn;
	if (asking->asked == &replay->single.asked)
		return;
	cairn__scratch_free(conn, asking->asked, asking->n, sizeof *asking->asked);
	cairn__scratch_free(conn, asking->names, asking->n, sizeof *asking->names);
	cairn__scratch_free(conn, asking->kinds, asking->n, sizeof *asking->kinds);
	cairn__scratch_free(conn, asking->items, asking->n, sizeof *asking->items);
}

/* Asking for one takes no memory, and so can't fail. */
cairn_text *cairn__one_begin(struct cairn__one *one, cairn_replay *replay)
{
	memset(one, 0, sizeof *one);
	one->replay = replay;
	one->input.alloc = replay->conn->host.alloc;
	one->input.alloc_user = replay->conn->host.alloc_user;
	single(replay, &one->asking);
	return &one->input;
}

cairn_status cairn__one_ask(struct cairn__one *one, cairn_str kind, cairn_error *err)
{
	cairn_str input = { one->input.ptr, one->input.len };
	if (one->input.failed)
		return cairn_fail(err, CAIRN_E_NOMEM);
	*one->asking.kinds = kind;
	cairn_status st = cairn__replay_sign(one->replay, kind, (cairn_str){ NULL, 0 }, input,
					     one->asking.asked, err);
	return st == CAIRN_OK ? cairn__replay_settle(one->replay, &one->asking, err) : st;
}

cairn_status cairn__one_end(struct cairn__one *one, cairn_status status)
{
	if (status != CAIRN_OK)
		cairn__replay_unsettle(one->replay, &one->asking);
	cairn_text_clear(&one->input);
	return status;
}
