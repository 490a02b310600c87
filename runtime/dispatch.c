/*
 * dispatch.c - the loop of the dispatcher: look at the stop flag, the clocks and
 * the slots, make the calls that are due, sleep until the next of them or until a
 * handler is done.
 */
#include <poll.h>
#include <unistd.h>

#include "runtime.h"

/* ---- stopping --------------------------------------------------------------- */

static void stop_hard(struct cairn_worker *worker, cairn_usec now)
{
	worker->stop_phase = CAIRN_STOP_HARD;
	worker->hard_at = now;
	for (uint32_t i = 0; i < worker->threads; i++)
		cairn_worker__cancel(&worker->slots[i], CAIRN_CANCEL_STOP);
}

static void advance_stop(struct cairn_worker *worker, cairn_usec now)
{
	const cairn_worker_opts *opts = &worker->opts;
	bool used_up = opts->max_jobs > 0 && worker->taken >= opts->max_jobs;
	bool drained = (opts->flags & CAIRN_WORKER_IDLE_EXIT) != 0 && worker->drained;
	int asked = atomic_load(&worker->stop);
	if (asked == 0 && (used_up || drained))
		asked = CAIRN_STOP_SOFT;
	if (asked != 0 && worker->stop_phase == 0) {
		worker->stop_phase = CAIRN_STOP_SOFT;
		worker->stop_at = now;
		cairn_worker__tell(worker, &(cairn_worker_event){ .kind = CAIRN_WORKER_STOPPING });
	}
	bool late = opts->drain > 0 && now >= worker->stop_at + opts->drain;
	if (worker->stop_phase == CAIRN_STOP_SOFT && (asked == CAIRN_STOP_HARD || late))
		stop_hard(worker, now);
}

/* ---- looking at the slots ------------------------------------------------ */

/*
 * While the database is away and the lease is over, there is nothing to wait for: the job
 * is another worker's by now. An end of unknown outcome is worth asking about, but not
 * worth keeping a stopping worker alive.
 */
static bool hopeless(const struct cairn_context *slot, cairn_usec now)
{
	const struct cairn_worker *worker = slot->worker;
	return worker->retry_delay > 0 && now >= slot->lease_until &&
	       (!slot->unsure || worker->stop_phase != 0);
}

static void drop(struct cairn_context *slot)
{
	cairn_finish finish;
	cairn_worker__conclude(slot);
	slot->early = false;
	slot->settled = true;
	cairn_worker__plan_finish(slot, &finish);
	cairn_worker__tell_end(
		slot, CAIRN_WORKER_REFUSED, &finish,
		&(cairn_changed){ .status = slot->unsure ? CAIRN_UNCERTAIN : CAIRN_STALE,
				  .code = CAIRN_E_JOB_LEASE_EXPIRED });
}

static void watch_done(struct cairn_context *slot, cairn_usec now)
{
	cairn_worker__conclude(slot);
	if (!slot->settled && hopeless(slot, now))
		drop(slot);
	if (slot->settled)
		cairn_worker__vacate(slot);
}

static void watch_running(struct cairn_context *slot, cairn_usec now)
{
	if (now >= slot->lease_until && !slot->settled)
		cairn_worker__cancel(slot, CAIRN_CANCEL_LEASE);
	if (now < slot->deadline || slot->overrun_at != INT64_MAX)
		return;
	cairn_worker__cancel(slot, CAIRN_CANCEL_TIMEOUT);
	slot->overrun_at = now + slot->worker->opts.grace;
}

/* Answers how many slots are not idle; *running of them have a handler at work. */
static uint32_t watch(struct cairn_worker *worker, cairn_usec now, uint32_t *running)
{
	uint32_t busy = 0;
	*running = 0;
	for (uint32_t i = 0; i < worker->threads; i++) {
		struct cairn_context *slot = &worker->slots[i];
		enum slot_state state = cairn_worker__state(slot);
		if (state == SLOT_DONE)
			watch_done(slot, now);
		else if (state != SLOT_IDLE)
			watch_running(slot, now);
		if (cairn_worker__state(slot) == SLOT_IDLE)
			continue;
		busy++;
		*running += state != SLOT_DONE;
	}
	return busy;
}

/* ---- the calls that are due -------------------------------------------------- */

static cairn_status make_calls(struct cairn_worker *worker, cairn_error *err)
{
	if (worker->conn == NULL && worker->retry_at <= cairn_worker__now()) {
		cairn_error mine = CAIRN_ERROR_INIT;
		if (cairn_worker__connect(worker, &mine) != CAIRN_OK) {
			*err = mine;
			return cairn_worker__trouble(worker, err);
		}
	}
	/* what was taken back may be claimed at once: a worker that ends when idle sees it */
	cairn_status (*const calls[])(struct cairn_worker *, cairn_error *) = {
		cairn_worker__reap,
		cairn_worker__flush,
		cairn_worker__beat,
	};
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		if (worker->conn == NULL || worker->retry_at > cairn_worker__now())
			return CAIRN_OK;
		cairn_status st = calls[i](worker, err);
		if (st != CAIRN_OK)
			return st;
	}
	return CAIRN_OK;
}

/* ---- sleeping ----------------------------------------------------------------- */

static void sooner(cairn_usec *at, cairn_usec candidate)
{
	if (candidate < *at)
		*at = candidate;
}

/* When the next call to the database is due, if nothing happens before. */
static cairn_usec next_call(const struct cairn_worker *worker, uint32_t busy)
{
	if (worker->retry_at > cairn_worker__now())
		return worker->retry_at;
	cairn_usec at = INT64_MAX;
	if (busy > 0)
		sooner(&at, worker->next_beat);
	if (worker->stop_phase != 0)
		return at;
	if (busy < worker->threads)
		sooner(&at, worker->next_poll);
	if (worker->opts.reap_interval > 0)
		sooner(&at, worker->next_reap);
	return at;
}

static cairn_usec next_look(const struct cairn_worker *worker, uint32_t busy, bool calling)
{
	cairn_usec now = cairn_worker__now();
	cairn_usec at = calling ? next_call(worker, busy) : INT64_MAX;
	if (worker->stop_phase == CAIRN_STOP_HARD)
		sooner(&at, worker->hard_at + worker->opts.grace);
	else if (worker->stop_phase != 0 && worker->opts.drain > 0)
		sooner(&at, worker->stop_at + worker->opts.drain);
	for (uint32_t i = 0; i < worker->threads; i++) {
		const struct cairn_context *slot = &worker->slots[i];
		if (cairn_worker__state(slot) == SLOT_IDLE || slot->settled)
			continue;
		if (atomic_load(&slot->cancel) == CAIRN_CANCEL_NONE)
			sooner(&at, slot->lease_until);
		if (slot->overrun_at == INT64_MAX)
			sooner(&at, slot->deadline);
		else if (slot->overrun_at > now) /* else the next call records it */
			sooner(&at, slot->overrun_at);
	}
	return at;
}

static void sleep_until(struct cairn_worker *worker, cairn_usec at)
{
	cairn_usec left = at - cairn_worker__now();
	int timeout = 60 * 1000;
	if (left <= 0)
		timeout = 0;
	else if (left < 60 * CAIRN_SECOND)
		timeout = (int)((left + CAIRN_MILLISECOND - 1) / CAIRN_MILLISECOND);
	struct pollfd ready = { .fd = worker->wake[0], .events = POLLIN };
	poll(&ready, 1, timeout);
	char bytes[16];
	while (read(worker->wake[0], bytes, sizeof bytes) > 0)
		continue;
	/* from here on a nudge writes again; whatever came before is seen by the next look */
	atomic_store(&worker->awake, 0);
}

/* ---- the loop ------------------------------------------------------------------ */

/* A hard stop waits no longer: what could not be recorded by now is told to be lost. */
static void drop_unsent(struct cairn_worker *worker)
{
	for (uint32_t i = 0; i < worker->threads; i++) {
		struct cairn_context *slot = &worker->slots[i];
		if (cairn_worker__state(slot) == SLOT_DONE && !slot->settled)
			drop(slot);
	}
}

static bool over(const struct cairn_worker *worker, uint32_t waited_for, cairn_usec now)
{
	if (worker->stop_phase == 0)
		return false;
	return waited_for == 0 || (worker->stop_phase == CAIRN_STOP_HARD &&
				   now >= worker->hard_at + worker->opts.grace);
}

cairn_status cairn_worker__dispatch(struct cairn_worker *worker, cairn_error *err)
{
	cairn_status st = CAIRN_OK;
	for (;;) {
		uint32_t running;
		if (st == CAIRN_OK)
			st = make_calls(worker, err);
		cairn_usec now = cairn_worker__now();
		if (st != CAIRN_OK && worker->stop_phase != CAIRN_STOP_HARD)
			stop_hard(worker, now);
		uint32_t busy = watch(worker, now, &running);
		advance_stop(worker, now);
		/* without a database only handlers at work are waited for */
		if (over(worker, st == CAIRN_OK ? busy : running, now)) {
			drop_unsent(worker);
			return st;
		}
		sleep_until(worker, next_look(worker, busy, st == CAIRN_OK));
	}
}
