/* ct_replay.c - steps that cases about replay runs share: attempts, steps, signals. (reads: ct_replay_read.c) */
#include "ct_replay.h"

/* ---- attempts ------------------------------------------------------------------------- */

cairn_id ct_play_add(cairn_conn *conn)
{
	cairn_job_new job = ct_new("t");
	ct_define_retry(conn, "t", 8, CT_REPLAY_RETRY);
	return ct_add(conn, &job);
}

cairn_lease ct_play_claim(cairn_conn *conn, cairn_id id)
{
	const cairn_jobs *jobs = ct_claim_like(conn, "w", id);
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, id);
	return cairn_job_lease(&jobs->at[0]);
}

static void close_replay(void *replay)
{
	cairn_replay_close(replay);
}

cairn_replay *ct_play_begin(cairn_conn *conn, cairn_lease lease, const cairn_replay_opts *opts)
{
	cairn_replay *replay = NULL;
	ct_ok(cairn_replay_begin(conn, &lease, opts, &replay, ct_err()));
	ct_true(replay != NULL);
	ct_later_by(replay, close_replay);
	return replay;
}

ct_play ct_play_new(cairn_conn *conn)
{
	return ct_play_of(conn, ct_play_add(conn));
}

ct_play ct_play_aside(cairn_conn *conn)
{
	return ct_play_job(conn, ct_new("t"));
}

ct_play ct_play_job(cairn_conn *conn, cairn_job_new job)
{
	job.queue = cairn_str_of(ct_format("q%u", ct_number()));
	if (job.type.len == 1 && job.type.ptr[0] == 't')
		ct_define(conn, "t");
	return ct_play_of(conn, ct_add(conn, &job));
}

ct_play ct_play_under(cairn_conn *conn, cairn_lease lease)
{
	return (ct_play){ .id = lease.id,
			  .lease = lease,
			  .replay = ct_play_begin(conn, lease, NULL) };
}

ct_play ct_play_of(cairn_conn *conn, cairn_id id)
{
	return ct_play_under(conn, ct_play_claim(conn, id));
}

ct_play ct_play_held(cairn_conn *conn, cairn_replay_step *held)
{
	ct_play play = ct_play_new(conn);
	ct_sleep(play.replay, CAIRN_HOUR);
	*held = ct_ask_run(play.replay, "a");
	return play;
}

void ct_play_on(cairn_conn *conn, ct_play *play)
{
	*play = ct_play_of(conn, play->id);
}

void ct_play_suspend(const ct_play *play)
{
	ct_ok(cairn_replay_suspend(play->replay, ct_err()));
}

static void wait_until_due(cairn_conn *conn, cairn_id id)
{
	cairn_time due = ct_job(conn, id)->run_at;
	if (due > ct_now())
		ct_set_now(due);
}

void ct_play_sleep(cairn_conn *conn, ct_play *play)
{
	ct_play_suspend(play);
	wait_until_due(conn, play->id);
	ct_play_on(conn, play);
}

static void end(const ct_play *play, cairn_finish finish)
{
	finish.lease = (cairn_lease){ .fence = -1 };
	ct_ok(cairn_replay_finish(play->replay, &finish, ct_err()));
}

void ct_play_break(const ct_play *play)
{
	end(play, ct_failure(play->lease, CAIRN_FINISH_RETRYABLE, "attempt.failed"));
}

void ct_play_retry(cairn_conn *conn, ct_play *play)
{
	ct_play_break(play);
	wait_until_due(conn, play->id);
	ct_play_on(conn, play);
}

void ct_play_takeover(cairn_conn *conn, ct_play *play)
{
	ct_advance(CT_REPLAY_LEASE + 1);
	ct_reap(conn, 1);
	wait_until_due(conn, play->id);
	ct_play_on(conn, play);
}

void ct_play_succeed(const ct_play *play, const char *output)
{
	cairn_finish finish = ct_success(play->lease);
	finish.output = cairn_str_of(output);
	end(play, finish);
}

void ct_play_fail(const ct_play *play, const char *code)
{
	end(play, ct_failure(play->lease, CAIRN_FINISH_TERMINAL, code));
}

/* ---- steps ------------------------------------------------------------------------------ */

cairn_replay_call ct_call(const char *kind, const char *input)
{
	return (cairn_replay_call){ .kind = cairn_str_of(kind), .input = cairn_str_of(input) };
}

cairn_replay_call ct_call_named(const char *name)
{
	return (cairn_replay_call){ .kind = CAIRN_STR("k"), .name = cairn_str_of(name) };
}

cairn_replay_step ct_ask(cairn_replay *replay, const cairn_replay_call *call)
{
	cairn_replay_step step = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_replay_step_begin(replay, call, 1, &step, ct_err()));
	ct_each(step, CAIRN_OK, NULL);
	return step;
}

cairn_replay_step ct_ask_for(cairn_replay *replay, const char *name)
{
	cairn_replay_call call = ct_call_named(name);
	return ct_ask(replay, &call);
}

cairn_replay_step ct_ask_run(cairn_replay *replay, const char *name)
{
	cairn_replay_step step = ct_ask_for(replay, name);
	ct_next(step, RUN);
	return step;
}

cairn_replay_step ct_do(cairn_replay *replay, const char *name, const char *result)
{
	cairn_replay_step step = ct_ask_for(replay, name);
	if (step.next == CAIRN_NEXT_RUN)
		ct_step_complete(replay, &step, result);
	ct_result(step, result);
	return step;
}

void ct_step_complete(cairn_replay *replay, cairn_replay_step *step, const char *result)
{
	ct_ok(cairn_replay_complete(replay, step, cairn_str_of(result), NULL, 0, ct_err()));
	ct_next(*step, RESULT);
}

void ct_step_fail(cairn_replay *replay, cairn_replay_step *step, const char *code)
{
	cairn_replay_failure failure = { .size = sizeof(failure),
					 .code = cairn_str_of(code),
					 .message = CAIRN_STR("it broke") };
	ct_ok(cairn_replay_fail(replay, step, &failure, ct_err()));
}

cairn_replay_step ct_sleep(cairn_replay *replay, cairn_usec duration)
{
	cairn_replay_step step = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_replay_sleep(replay, duration, &step, ct_err()));
	ct_each(step, CAIRN_OK, NULL);
	return step;
}

cairn_replay_step ct_await(cairn_replay *replay, const char *name, cairn_usec timeout)
{
	cairn_replay_step step = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_replay_signal(replay, cairn_str_of(name), timeout, &step, ct_err()));
	ct_each(step, CAIRN_OK, NULL);
	return step;
}

cairn_replay_step ct_child(cairn_replay *replay, const char *name)
{
	cairn_child_new child = { .type = CAIRN_STR("t"), .name = cairn_str_of(name) };
	cairn_replay_step step = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_replay_child(replay, &child, 1, &step, ct_err()));
	ct_each(step, CAIRN_OK, NULL);
	return step;
}

/* ---- signals ------------------------------------------------------------------------------- */

cairn_signal_sent ct_signal_offer(cairn_conn *conn, cairn_id run, const char *name, const char *key,
				  const char *payload)
{
	cairn_signal_new item = { .run = run,
				  .name = cairn_str_of(name),
				  .key = cairn_str_of(key),
				  .payload = cairn_str_of(payload) };
	cairn_signal_sent sent = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_signal_send(conn, cairn_any(), &item, 1, &sent, ct_err()));
	return sent;
}

cairn_signal_sent ct_signal(cairn_conn *conn, cairn_id run, const char *name, const char *payload)
{
	cairn_signal_sent sent = ct_signal_offer(conn, run, name, NULL, payload);
	ct_each(sent, CAIRN_OK, NULL);
	ct_int(sent.disposition, CAIRN_INSERTED);
	return sent;
}

/* ---- refusals ------------------------------------------------------------------------------- */

static void steps_refused(cairn_replay *replay, cairn_status status, const char *code)
{
	cairn_replay_call call = ct_call("k", "\"refused\"");
	cairn_str value = CAIRN_STR("1");
	cairn_child_new child = { .type = CAIRN_STR("t") };
	cairn_replay_step step;
	cairn_budget budget;
	ct_status(cairn_replay_step_begin(replay, &call, 1, &step, ct_err()), status, code);
	ct_status(cairn_replay_value(replay, &call, &value, 1, &step, ct_err()), status, code);
	ct_status(cairn_replay_sleep(replay, CAIRN_SECOND, &step, ct_err()), status, code);
	ct_status(cairn_replay_signal(replay, CAIRN_STR("refused"), -1, &step, ct_err()), status,
		  code);
	ct_status(cairn_replay_child(replay, &child, 1, &step, ct_err()), status, code);
	ct_status(cairn_replay_budget(replay, CAIRN_STR("refused"), &budget, ct_err()), status,
		  code);
}

static void ends_refused(cairn_replay *replay, const cairn_replay_step *held, cairn_status status,
			 const char *code)
{
	cairn_replay_failure failure = { .size = sizeof(failure) };
	cairn_charge amount = { .axis = CAIRN_STR("x"), .amount = 1 };
	cairn_finish finish = { .how = CAIRN_FINISH_SUCCESS };
	cairn_finish broken = { .how = CAIRN_FINISH_RETRYABLE, .error_code = CAIRN_STR("late") };
	cairn_replay_step mine = *held;
	ct_status(cairn_replay_reserve(replay, &mine, &amount, 1, 0, ct_err()), status, code);
	ct_status(cairn_replay_complete(replay, &mine, CAIRN_STR("1"), &amount, 1, ct_err()),
		  status, code);
	mine = *held;
	ct_status(cairn_replay_fail(replay, &mine, &failure, ct_err()), status, code);
	ct_status(cairn_replay_suspend(replay, ct_err()), status, code);
	ct_status(cairn_replay_finish(replay, &finish, ct_err()), status, code);
	ct_status(cairn_replay_finish(replay, &broken, ct_err()), status, code);
}

void ct_play_refused(cairn_conn *conn, const ct_play *play, const cairn_replay_step *held,
		     cairn_status status, const char *code)
{
	const char *before = ct_play_snapshot(conn, play->id);
	steps_refused(play->replay, status, code);
	ends_refused(play->replay, held, status, code);
	ct_play_unchanged(conn, play->id, before);
}

void ct_begin_refused(cairn_conn *conn, cairn_lease lease, const cairn_replay_opts *opts,
		      cairn_status status, const char *code)
{
	bool there = ct_exists(conn, lease.id);
	const char *before = there ? ct_play_snapshot(conn, lease.id) : "";
	cairn_replay *replay = NULL;
	ct_status(cairn_replay_begin(conn, &lease, opts, &replay, ct_err()), status, code);
	ct_true(replay == NULL);
	if (there)
		ct_play_unchanged(conn, lease.id, before);
}
