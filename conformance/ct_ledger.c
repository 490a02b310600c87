/*
 * ct_ledger.c - steps that cases about replay runs from outside and about budgets share. (ct_ledger.h; what is
 * read back: ct_ledger_read.c)
 */
#include "ct_ledger.h"

/* ---- a worker and its run ------------------------------------------------------------------ */

ct_live ct_live_new(cairn_conn *conn)
{
	return ct_live_job(conn, ct_new("t"));
}

ct_live ct_live_job(cairn_conn *conn, cairn_job_new job)
{
	job.queue = cairn_str_of(ct_format("q%u", ct_number()));
	if (job.type.len == 1 && job.type.ptr[0] == 't')
		ct_define(conn, "t");
	return ct_live_again(conn, ct_add(conn, &job));
}

cairn_lease ct_live_claim(cairn_conn *conn, cairn_id run)
{
	const cairn_job *job = ct_job(conn, run);
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	cairn_jobs *jobs = NULL;
	opts.queue = job->queue;
	opts.owner = job->owner;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, run);
	return cairn_job_lease(&jobs->at[0]);
}

ct_live ct_live_begin(cairn_conn *conn, cairn_lease lease)
{
	return (ct_live){ .id = lease.id,
			  .lease = lease,
			  .replay = ct_play_begin(conn, lease, NULL) };
}

ct_live ct_live_again(cairn_conn *conn, cairn_id run)
{
	return ct_live_begin(conn, ct_live_claim(conn, run));
}

cairn_replay_step ct_live_ask(ct_live *live, const char *name)
{
	cairn_replay_call call = { .kind = CAIRN_STR("k"), .name = cairn_str_of(name) };
	cairn_replay_step step = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_replay_step_begin(live->replay, &call, 1, &step, ct_err()));
	ct_each(step, CAIRN_OK, NULL);
	return step;
}

cairn_replay_step ct_live_do(ct_live *live, const char *name)
{
	cairn_replay_step step = ct_live_ask(live, name);
	ct_int(step.next, CAIRN_NEXT_RUN);
	ct_str(step.name, name);
	return step;
}

void ct_live_did(ct_live *live, const char *name, const char *result)
{
	cairn_replay_step step = ct_live_do(live, name);
	ct_ok(cairn_replay_complete(live->replay, &step, cairn_str_of(result), NULL, 0, ct_err()));
	ct_int(step.next, CAIRN_NEXT_RESULT);
}

cairn_charge ct_usage(const char *axis, int64_t amount)
{
	return (cairn_charge){ .axis = cairn_str_of(axis), .amount = amount };
}

void ct_live_paid(ct_live *live, const char *name, const char *axis, int64_t amount)
{
	cairn_replay_step step = ct_live_do(live, name);
	cairn_charge usage = ct_usage(axis, amount);
	ct_ok(cairn_replay_complete(live->replay, &step, CAIRN_STR("1"), &usage, 1, ct_err()));
	ct_int(step.next, CAIRN_NEXT_RESULT);
}

void ct_live_failed(ct_live *live, const char *name, const char *code)
{
	cairn_replay_step step = ct_live_do(live, name);
	cairn_replay_failure failure = { .size = sizeof(failure),
					 .code = cairn_str_of(code),
					 .final = 1 };
	ct_ok(cairn_replay_fail(live->replay, &step, &failure, ct_err()));
	ct_int(step.next, CAIRN_NEXT_FAILED);
}

void ct_live_knows(ct_live *live, const char *name, const char *result)
{
	cairn_replay_step step = ct_live_ask(live, name);
	ct_int(step.next, CAIRN_NEXT_RESULT);
	ct_int(step.replayed, 1);
	ct_str(step.result, result);
}

void ct_live_succeed(ct_live *live, const char *output)
{
	cairn_finish end = ct_success(live->lease);
	end.output = cairn_str_of(output);
	ct_ok(cairn_replay_finish(live->replay, &end, ct_err()));
}

void ct_live_fail(ct_live *live, enum cairn_finish_how how)
{
	cairn_finish end = ct_failure(live->lease, how, "it.broke");
	ct_ok(cairn_replay_finish(live->replay, &end, ct_err()));
}

void ct_live_suspend(ct_live *live)
{
	ct_ok(cairn_replay_suspend(live->replay, ct_err()));
}

cairn_id ct_child_of(ct_live *live, const char *name, const char *queue)
{
	cairn_child_new child = { .type = CAIRN_STR("t"),
				  .name = cairn_str_of(name),
				  .queue = cairn_str_of(queue) };
	cairn_replay_step step = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_replay_child(live->replay, &child, 1, &step, ct_err()));
	ct_each(step, CAIRN_OK, NULL);
	ct_int(step.next, CAIRN_NEXT_SUSPEND);
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
