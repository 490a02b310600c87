/*
 * runtime.c - a process of the invariant run that works with the worker runtime. Its handlers end
 * by the dice of seed, job and fence, so that the same attempt ends the same way again.
 */
#include <pthread.h>

#include "invariant.h"

static const char *const endings[] = { "",	   "SUCCEEDED", "RETRYABLE", "TIMEOUT", "TERMINAL",
				       "PANICKED", "CONTINUED", "SNOOZED",   "RELEASED" };

static enum cairn_finish_how fail_as(cairn_context *context, enum cairn_finish_how how,
				     const char *token)
{
	cairn_context_error(context, cairn_str_of(token), CAIRN_STR("random"));
	return how;
}

static enum cairn_finish_how choose(struct inv *mine, cairn_context *context, const char *token)
{
	char output[128];
	uint32_t dice = inv_below(mine, 100);
	if (dice < 50) {
		snprintf(output, sizeof output, "{\"end\":\"%s\"}", token);
		cairn_context_output(context, cairn_str_of(output));
		return CAIRN_FINISH_SUCCESS;
	}
	if (dice < 68)
		return fail_as(context, CAIRN_FINISH_RETRYABLE, token);
	if (dice < 72)
		return fail_as(context, CAIRN_FINISH_TERMINAL, token);
	if (dice < 75)
		return fail_as(context, CAIRN_FINISH_PANICKED, token);
	if (dice < 78)
		return fail_as(context, CAIRN_FINISH_TIMEOUT, token);
	if (dice < 89)
		return cairn_context_continue(context, inv_below(mine, 300000));
	return cairn_context_snooze(context, inv_below(mine, 300000));
}

/* What was said is durable when a flush says so, and else may be. */
static void talk(struct inv *inv, struct inv *mine, cairn_context *context, uint64_t call)
{
	char token[64];
	char checkpoint[80];
	cairn_lease lease = cairn_context_lease(context);
	struct inv_line log = { 'B', call, "log", &lease.id, lease.fence, CAIRN_OK, 0 };
	int logs = inv_chance(mine, 30);
	if (inv_chance(mine, 30))
		cairn_context_progress(context, 1, 2);
	if (inv_chance(mine, 30))
		cairn_context_stage(context, CAIRN_STR("running"));
	snprintf(token, sizeof token, "log.%s.%llu", inv->name, (unsigned long long)call);
	if (logs) {
		inv_say(inv, &log, "token=%s runtime=1", token);
		cairn_context_log(context, CAIRN_LOG_INFO, cairn_str_of(token),
				  (cairn_str){ NULL, 0 });
	}
	if (inv_chance(mine, 15)) {
		if (cairn_context_flush(context) != CAIRN_OK)
			return;
		log.phase = 'A';
		if (logs)
			inv_say(inv, &log, "token=%s runtime=1", token);
	}
	if (!inv_chance(mine, 30))
		return;
	snprintf(token, sizeof token, "cp.%s.%llu", inv->name, (unsigned long long)call);
	snprintf(checkpoint, sizeof checkpoint, "{\"at\":\"%s\"}", token);
	inv_say(inv, &(struct inv_line){ 'B', call, "progress", &lease.id, lease.fence, 0, 0 },
		"cp=%s", token);
	cairn_context_checkpoint(context, cairn_str_of(checkpoint));
}

static enum cairn_finish_how handle(void *user, cairn_context *context)
{
	struct inv *inv = user;
	struct inv mine = { .name = "" };
	cairn_lease lease = cairn_context_lease(context);
	uint64_t job = 0;
	char token[80];
	memcpy(&job, lease.id.bytes + 8, sizeof job);
	mine.dice = inv_mix(inv_mix(inv->seed, job), (uint64_t)lease.fence);
	uint64_t call = inv_call(inv);
	snprintf(token, sizeof token, "end.%s.%llu", inv->name, (unsigned long long)call);
	talk(inv, &mine, context, call);
	uint32_t dice = inv_below(&mine, 100);
	if (dice < 1)
		_exit(70);
	if (dice < 4) /* hangs, deaf to all */
		inv_nap(1500 * CAIRN_MILLISECOND);
	else if (dice < 30)
		cairn_context_wait(context, (cairn_usec)inv_below(&mine, 400000));
	enum cairn_finish_how how = choose(&mine, context, token);
	inv_say(inv, &(struct inv_line){ 'B', call, "finish", &lease.id, lease.fence, 0, 0 },
		"ending=%s token=%s until=0", endings[how], token);
	return how;
}

static void ended(struct inv *inv, const cairn_worker_event *event)
{
	const cairn_job *job = event->job;
	const cairn_changed *changed = event->changed;
	const char *code = event->error_code.ptr != NULL ? event->error_code.ptr : "";
	inv_say(inv,
		&(struct inv_line){ 'A', inv_call(inv), "finish", &job->id, job->fence,
				    changed != NULL ? changed->status : CAIRN_OK,
				    changed != NULL ? changed->code : CAIRN_E_NONE },
		"ending=%s token=%s until=0",
		event->kind == CAIRN_WORKER_RETURNED  ? cairn_ending_text(changed->ending)
		: event->kind == CAIRN_WORKER_REFUSED ? "?"
						      : endings[event->how],
		strncmp(code, "end.", 4) == 0 ? code : "");
}

static void observe(void *user, const cairn_worker_event *event)
{
	struct inv *inv = user;
	if (event->kind == CAIRN_WORKER_STARTED) {
		inv_say_claim(inv, inv_call(inv), event->job, "o1", "runtime=1");
		inv_seen(inv, event->job->id);
	} else if (event->kind == CAIRN_WORKER_FINISHED || event->kind == CAIRN_WORKER_REFUSED ||
		   event->kind == CAIRN_WORKER_RETURNED) {
		ended(inv, event);
	} else if (event->kind == CAIRN_WORKER_REAPED) {
		inv_say(inv,
			&(struct inv_line){ 'A', inv_call(inv), "reap", &event->reaped->id,
					    event->reaped->fence, CAIRN_OK, 0 },
			"until=%lld ending=%s", (long long)event->reaped->lease_expired_at,
			cairn_ending_text(event->reaped->ending));
	} else if (event->kind == CAIRN_WORKER_TROUBLE) {
		inv_say(inv,
			&(struct inv_line){ 'A', inv_call(inv), "trouble", NULL, 0,
					    event->error->status, 0 },
			"code=%s detail=%s", event->error->code, event->error->detail);
	}
}

struct ticker {
	struct inv *inv;
	cairn_worker *worker;
	cairn_usec until;
	_Atomic int over;
};

static void *tick(void *arg)
{
	struct ticker *ticker = arg;
	enum cairn_stop how = inv_chance(ticker->inv, 30) ? CAIRN_STOP_HARD : CAIRN_STOP_SOFT;
	while (!atomic_load(&ticker->over) && !atomic_load(&ticker->inv->shared->stop) &&
	       inv_ticks() < ticker->until)
		inv_nap(20 * CAIRN_MILLISECOND);
	cairn_worker_stop(ticker->worker, how);
	return NULL;
}

void inv_runtime(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn_opts conn;
	cairn_worker *worker = NULL;
	pthread_t thread;
	cairn_handler handler = { .run = handle, .user = inv };
	char queue[8];
	snprintf(queue, sizeof queue, "q%u", inv->process % INV_QUEUES);
	inv_conn_opts(inv, &conn);
	cairn_worker_opts opts = { .size = sizeof opts,
				   .driver = strncmp(inv->url, "sqlite:", 7) == 0 ? &cairn_sqlite
										  : NULL,
				   .url = inv->url,
				   .conn = &conn,
				   .observe = observe,
				   .observe_user = inv,
				   .name = cairn_str_of(inv->name),
				   .queue = cairn_str_of(queue),
				   .owner = CAIRN_STR("o1"),
				   .handlers = &handler,
				   .handler_count = 1,
				   .lease = INV_LEASE,
				   .poll_max = 100 * CAIRN_MILLISECOND,
				   .grace = CAIRN_SECOND,
				   .concurrency = 1 + inv_below(inv, 4),
				   .ahead = inv_below(inv, 5),
				   .dispatchers = 1 + inv_below(inv, 2),
				   .promote_interval = 100 * CAIRN_MILLISECOND,
				   .prune_interval = CAIRN_SECOND,
				   .upkeep_interval = CAIRN_SECOND };
#ifdef CAIRN_WITH_POSTGRES
	if (opts.driver == NULL)
		opts.driver = &cairn_postgres;
#endif
	inv_must(cairn_worker_open(&worker, &opts, &err), &err, "worker");
	struct ticker ticker = { .inv = inv,
				 .worker = worker,
				 .until = inv_ticks() + CAIRN_SECOND +
					  (cairn_usec)inv_below(inv, 4000000) };
	if (pthread_create(&thread, NULL, tick, &ticker) != 0)
		_exit(3);
	cairn_status status = cairn_worker_run(worker, &err);
	atomic_store(&ticker.over, 1);
	pthread_join(thread, NULL);
	if (status != CAIRN_OK && status != CAIRN_TIMEOUT)
		inv_say(inv, &(struct inv_line){ 'A', inv_call(inv), "run", NULL, 0, status, 0 },
			"code=%s detail=%s", err.code, err.detail);
	_exit(0); /* handlers that were abandoned may still run */
}
