/*
 * ct_ledger.c - steps that cases about replay runs from outside and about budgets share. (ct_ledger.h; what is
 * read back: ct_ledger_read.c)
 */
#include "ct_ledger.h"

/* ---- a worker and its run ------------------------------------------------------------------ */

void ct_play_did(const ct_play *play, const char *name, const char *result)
{
	cairn_replay_step step = ct_ask_run(play->replay, name);
	ct_step_complete(play->replay, &step, result);
}

cairn_charge ct_usage(const char *axis, int64_t amount)
{
	return (cairn_charge){ .axis = cairn_str_of(axis), .amount = amount };
}

void ct_play_paid(const ct_play *play, const char *name, const char *axis, int64_t amount)
{
	cairn_replay_step step = ct_ask_run(play->replay, name);
	cairn_charge usage = ct_usage(axis, amount);
	ct_ok(cairn_replay_complete(play->replay, &step, CAIRN_STR("1"), &usage, 1, ct_err()));
	ct_next(step, RESULT);
}

void ct_play_failed(const ct_play *play, const char *name, const char *code)
{
	cairn_replay_step step = ct_ask_run(play->replay, name);
	cairn_replay_failure failure = { .size = sizeof(failure),
					 .code = cairn_str_of(code),
					 .final = 1 };
	ct_ok(cairn_replay_fail(play->replay, &step, &failure, ct_err()));
	ct_next(step, FAILED);
}

void ct_play_knows(const ct_play *play, const char *name, const char *result)
{
	cairn_replay_step step = ct_ask_for(play->replay, name);
	ct_result(step, result);
	ct_int(step.replayed, 1);
}

cairn_id ct_child_of(const ct_play *play, const char *name, const char *queue)
{
	cairn_child_new child = { .type = CAIRN_STR("t"),
				  .name = cairn_str_of(name),
				  .queue = cairn_str_of(queue) };
	cairn_replay_step step = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_replay_child(play->replay, &child, 1, &step, ct_err()));
	ct_each(step, CAIRN_OK, NULL);
	ct_next(step, SUSPEND);
	ct_true(!cairn_id_is_none(step.child));
	return step.child;
}

/* ---- from outside ------------------------------------------------------------------------------ */

cairn_replay_changed ct_cancel_replay(cairn_conn *conn, cairn_id run)
{
	cairn_replay_changed changed = { .status = CAIRN_INTERNAL };
	cairn_str none = { NULL, 0 };
	ct_ok(cairn_replay_cancel(conn, cairn_any(), &run, 1, none, &changed, ct_err()));
	ct_each(changed, CAIRN_OK, NULL);
	return changed;
}

cairn_resume ct_resumption(cairn_id run)
{
	return (cairn_resume){ .size = sizeof(cairn_resume), .scope = cairn_any(), .run = run };
}

cairn_replay_changed ct_resume_replay(cairn_conn *conn, const cairn_resume *resume)
{
	cairn_replay_changed changed = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_replay_resume(conn, resume, &changed, ct_err()));
	ct_each(changed, CAIRN_OK, NULL);
	return changed;
}

cairn_fork_new ct_fork(cairn_id source, const char *name)
{
	return (cairn_fork_new){ .size = sizeof(cairn_fork_new),
				 .scope = cairn_any(),
				 .source = source,
				 .name = cairn_str_of(name) };
}

cairn_id ct_fork_replay(cairn_conn *conn, const cairn_fork_new *fork)
{
	cairn_job_added added = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_replay_fork(conn, fork, &added, ct_err()));
	ct_each(added, CAIRN_OK, NULL);
	ct_int(added.disposition, CAIRN_INSERTED);
	return added.id;
}

/* ---- budgets --------------------------------------------------------------------------------------- */

void ct_limit(cairn_conn *conn, cairn_id run, const char *axis, enum cairn_budget_kind kind,
	      int64_t total)
{
	cairn_budget_new budget = { .axis = cairn_str_of(axis), .kind = kind, .total = total };
	ct_ok(cairn_budget_set(conn, cairn_any(), run, &budget, 1, ct_err()));
}

cairn_entry_new ct_entry(cairn_id run, const char *source, int64_t amount)
{
	return (cairn_entry_new){ .run = run,
				  .axis = CAIRN_STR("a"),
				  .source_type = CAIRN_STR("s"),
				  .source_id = cairn_str_of(source),
				  .amount = amount };
}

cairn_entry_done ct_charge(cairn_conn *conn, cairn_entry_new entry)
{
	cairn_entry_done done = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_budget_charge(conn, cairn_any(), &entry, 1, &done, ct_err()));
	return done;
}

cairn_entry_done ct_reserve(cairn_conn *conn, cairn_entry_new entry, cairn_usec duration)
{
	cairn_entry_done done = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_budget_reserve(conn, cairn_any(), &entry, 1, duration, &done, ct_err()));
	return done;
}

cairn_entry_done ct_release(cairn_conn *conn, cairn_entry_new entry)
{
	cairn_entry_done done = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_budget_release(conn, cairn_any(), &entry, 1, &done, ct_err()));
	return done;
}

void ct_spends_(cairn_entry_done done, cairn_status want, const char *code, const char *what,
		const char *file, int line)
{
	ct_each_(done.status, done.code, want, code, what, file, line);
}
