/* replay_wait.c - steps that somebody else ends: time, a signal, a child run. Until then the program is suspended. */
#include "check.h"
#include "job_enqueue.h"
#include "limits.h"
#include "replay_state.h"

static cairn_status ask_one(cairn_replay *replay, enum cairn_memo_verb verb, struct cairn__one *one,
			    cairn_replay_step *step, cairn_error *err)
{
	cairn_str kind = verb == CAIRN_MEMO_SLEEP ? CAIRN_STR("sleep") : CAIRN_STR("signal");
	*step = (cairn_replay_step){ .status = CAIRN_OK };
	cairn_status st = cairn__one_ask(one, kind, err);
	if (st == CAIRN_OK)
		st = cairn__replay_enter(replay, verb, &one->asking, step, err);
	return cairn__one_end(one, st);
}

/* ---- sleep ------------------------------------------------------------------------ */

static cairn_status check_wait(cairn_usec wait, cairn_usec least, cairn_error *err)
{
	if (wait >= least && wait <= CAIRN__MAX_SLEEP)
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_error_message(err, "A run may wait for 0 to 100 years.");
	return CAIRN_INVALID;
}

static cairn_status sleep_for(cairn_replay *replay, cairn_usec duration, cairn_replay_step *step,
			      cairn_error *err)
{
	cairn_status st = cairn__replay_check(replay, err);
	if (st == CAIRN_OK && step == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = check_wait(duration, 0, err);
	if (st != CAIRN_OK)
		return st;
	struct cairn__one one;
	cairn_text *input = cairn__one_begin(&one, replay);
	cairn_text_add_z(input, "{\"duration_us\":");
	cairn_text_add_int(input, duration);
	cairn_text_add_z(input, "}");
	one.asking.items->wait = duration;
	return ask_one(replay, CAIRN_MEMO_SLEEP, &one, step, err);
}

cairn_status cairn_replay_sleep(cairn_replay *replay, cairn_usec duration, cairn_replay_step *step,
				cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, cairn__replay_conn(replay), CAIRN__REPLAYS,
					    "replay.sleep", err);
	if (st == CAIRN_OK)
		st = sleep_for(replay, duration, step, err);
	return cairn__call_end(&call, st, 1);
}

/* ---- signals ------------------------------------------------------------------------ */

static cairn_status take_signal(cairn_replay *replay, cairn_str name, cairn_usec timeout,
				cairn_replay_step *step, cairn_error *err)
{
	cairn_status st = cairn__replay_check(replay, err);
	if (st == CAIRN_OK && step == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = cairn__check_name(name, "name", err);
	if (st == CAIRN_OK)
		st = check_wait(timeout, -1, err);
	if (st != CAIRN_OK)
		return st;
	struct cairn__one one;
	cairn_text *input = cairn__one_begin(&one, replay);
	cairn_text_add_z(input, "{\"name\":");
	cairn_text_add_json(input, name);
	cairn_text_add_z(input, "}");
	one.asking.items->wait = timeout;
	one.asking.items->signal = name;
	return ask_one(replay, CAIRN_MEMO_SIGNAL, &one, step, err);
}

cairn_status cairn_replay_signal(cairn_replay *replay, cairn_str name, cairn_usec timeout,
				 cairn_replay_step *step, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, cairn__replay_conn(replay), CAIRN__REPLAYS,
					    "replay.signal", err);
	if (st == CAIRN_OK)
		st = take_signal(replay, name, timeout, step, err);
	return cairn__call_end(&call, st, 1);
}

/* ---- children ------------------------------------------------------------------------ */

static cairn_job_new job_of(const cairn_child_new *child)
{
	return (cairn_job_new){ .type = child->type,
				.queue = child->queue,
				.payload = child->input,
				.owner = child->owner,
				.timeout = child->timeout,
				.max_attempts = child->max_attempts,
				.priority = child->priority,
				.set = child->set,
				.reserved0_ = child->reserved0_,
				.reserved_ = { child->reserved_[0], child->reserved_[1] } };
}

static cairn_status check_children(cairn_replay *replay, const cairn_child_new *children, size_t n,
				   cairn_error *err)
{
	cairn_status st = cairn__check_batch(children, n, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++) {
		cairn_job_new job = job_of(&children[i]);
		st = cairn__job_check(replay->conn, &job, err);
		if (st == CAIRN_OK)
			st = cairn__check_step_name(children[i].name, err);
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
	return st;
}

static cairn_status sign_child(cairn_replay *replay, const cairn_child_new *child,
			       struct cairn__asked *asked, cairn_error *err)
{
	cairn_text input = { .alloc = replay->conn->host.alloc,
			     .alloc_user = replay->conn->host.alloc_user };
	cairn_text_add_z(&input, "{\"input\":");
	cairn_text_add(&input, child->input.len > 0 ? child->input.ptr : "{}",
		       child->input.len > 0 ? child->input.len : 2);
	cairn_text_add_z(&input, ",\"type\":");
	cairn_text_add_json(&input, child->type);
	cairn_text_add_z(&input, "}");
	cairn_status st = input.failed ? cairn_fail(err, CAIRN_E_NOMEM) : CAIRN_OK;
	if (st == CAIRN_OK)
		st = cairn__replay_sign(replay, CAIRN_STR("child"), (cairn_str){ NULL, 0 },
					(cairn_str){ input.ptr, input.len }, asked, err);
	cairn_text_clear(&input);
	return st;
}

static cairn_status start(cairn_replay *replay, const cairn_child_new *children, size_t n,
			  cairn_replay_step *each, cairn_error *err)
{
	struct cairn__asking asking;
	cairn_status st = cairn__asking_begin(&asking, replay, n, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++) {
		cairn_job_new job = job_of(&children[i]);
		cairn__job_plan(&job, &asking.items[i].child);
		asking.items[i].id = asking.items[i].child.id;
		asking.names[i] = children[i].name;
		asking.kinds[i] = CAIRN_STR("child");
		each[i] = (cairn_replay_step){ .status = CAIRN_OK };
		st = sign_child(replay, &children[i], &asking.asked[i], err);
	}
	if (st == CAIRN_OK)
		st = cairn__replay_ask(replay, CAIRN_MEMO_CHILD, &asking, each, err);
	cairn__asking_end(&asking, replay);
	return st;
}

cairn_status cairn_replay_child(cairn_replay *replay, const cairn_child_new *children, size_t n,
				cairn_replay_step *each, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, cairn__replay_conn(replay), CAIRN__REPLAYS,
					    "replay.child", err);
	if (st == CAIRN_OK)
		st = cairn__replay_check(replay, err);
	if (st == CAIRN_OK && each == NULL && n > 0)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = check_children(replay, children, n, err);
	if (st == CAIRN_OK && n > 0)
		st = start(replay, children, n, each, err);
	return cairn__call_end(&call, st, n);
}
