/*
 * flush.c - the dispatcher's main call: it records the ends of all done slots and
 * claims for all idle ones, in one round trip and one commit.
 */
#include "runtime.h"

/* ---- recording -------------------------------------------------------------- */

/* Slots whose end is to be recorded: the done ones, and those that overran their grace. */
static size_t collect(struct cairn_worker *worker)
{
	cairn_usec now = cairn_worker__now();
	size_t n = 0;
	worker->idle_count = 0;
	for (uint32_t i = 0; i < worker->threads; i++) {
		struct cairn_context *slot = &worker->slots[i];
		enum slot_state state = cairn_worker__state(slot);
		if (state == SLOT_IDLE)
			worker->idle[worker->idle_count++] = slot;
		if (slot->settled || state == SLOT_IDLE)
			continue;
		if (state == SLOT_DONE)
			cairn_worker__conclude(slot);
		slot->early = state != SLOT_DONE;
		if (slot->settled || (slot->early && now < slot->overrun_at))
			continue;
		cairn_worker__plan_finish(slot, &worker->finishes[n]);
		worker->sent[n++] = slot;
	}
	return n;
}

static enum cairn_ending ending_of(enum cairn_finish_how how)
{
	switch (how) {
	case CAIRN_FINISH_SUCCESS:
		return CAIRN_ENDING_SUCCEEDED;
	case CAIRN_FINISH_RETRYABLE:
		return CAIRN_ENDING_RETRYABLE;
	case CAIRN_FINISH_TIMEOUT:
		return CAIRN_ENDING_TIMEOUT;
	case CAIRN_FINISH_TERMINAL:
		return CAIRN_ENDING_TERMINAL;
	case CAIRN_FINISH_PANICKED:
		return CAIRN_ENDING_PANICKED;
	case CAIRN_FINISH_CONTINUE:
		return CAIRN_ENDING_CONTINUED;
	case CAIRN_FINISH_SNOOZE:
		return CAIRN_ENDING_SNOOZED;
	case CAIRN_FINISH_RELEASE:
		return CAIRN_ENDING_RELEASED;
	}
	return CAIRN_ENDING_NONE;
}

/* A single item that data made malformed: its replacement is sent by itself. */
static void mend(struct cairn_worker *worker, size_t i)
{
	struct cairn_context *slot = worker->sent[i];
	cairn_changed *changed = &worker->each[i];
	if (!cairn_worker__rewrite(slot, cairn_code_text(changed->code),
				   cairn_code_message(changed->code)))
		return;
	cairn_worker__plan_finish(slot, &worker->finishes[i]);
	cairn_status st = cairn_job_finish(worker->conn, &worker->finishes[i], 1, changed, NULL);
	if (st != CAIRN_OK)
		changed->status = st;
}

/* An end that was sent before, unconfirmed, and is found under this very fence, counts. */
static void settle(struct cairn_worker *worker, size_t i)
{
	struct cairn_context *slot = worker->sent[i];
	if (worker->each[i].status == CAIRN_INVALID)
		mend(worker, i);
	const cairn_finish *finish = &worker->finishes[i];
	const cairn_changed *changed = &worker->each[i];
	bool recorded = changed->status == CAIRN_OK ||
			(slot->unsure && changed->ending == ending_of(finish->how));
	slot->settled = true;
	if (slot->early && recorded)
		cairn_worker__tell_job(slot, CAIRN_WORKER_OVERRUN);
	cairn_worker__tell_end(slot, recorded ? CAIRN_WORKER_FINISHED : CAIRN_WORKER_REFUSED,
			       finish, changed);
	if (slot->early)
		return; /* the handler still has the slot */
	cairn_worker__vacate(slot);
	worker->idle[worker->idle_count++] = slot;
}

/* ---- claiming -------------------------------------------------------------- */

/* done slots will be free by the time the claimed jobs arrive. */
static uint32_t wanted(const struct cairn_worker *worker, size_t done)
{
	if (worker->stop_phase != 0 || atomic_load(&worker->stop) != 0)
		return 0;
	if (done == 0 && cairn_worker__now() < worker->next_poll)
		return 0;
	uint64_t want = worker->idle_count;
	for (size_t i = 0; i < done; i++)
		want += worker->sent[i]->early ? 0 : 1;
	if (worker->opts.max_jobs > 0 && want > worker->opts.max_jobs - worker->taken)
		want = worker->opts.max_jobs - worker->taken;
	return (uint32_t)want;
}

static void start(struct cairn_worker *worker, const cairn_job *row, cairn_usec lease_until)
{
	struct cairn_context *slot = worker->idle[worker->idle_count - 1];
	worker->taken++;
	if (cairn_worker__assign(slot, row, lease_until)) {
		worker->idle_count--;
		return;
	}
	/* no memory for it: the lease runs out and the job comes back */
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_worker__fail_code(&err, CAIRN_E_NOMEM);
	cairn_worker__tell(worker,
			   &(cairn_worker_event){ .kind = CAIRN_WORKER_TROUBLE, .error = &err });
}

static void plan_poll(struct cairn_worker *worker, size_t want, size_t got)
{
	cairn_usec now = cairn_worker__now();
	worker->drained = got == 0 && worker->idle_count == worker->threads;
	if (got > 0)
		worker->poll_delay = worker->opts.poll_min;
	worker->next_poll = now;
	if (got == want)
		return;
	worker->next_poll += cairn_worker__jitter(worker, worker->poll_delay);
	worker->poll_delay *= 2;
	if (worker->poll_delay > worker->opts.poll_max)
		worker->poll_delay = worker->opts.poll_max;
}

/* ---- both ------------------------------------------------------------------- */

static cairn_status call(struct cairn_worker *worker, size_t n, uint32_t want, cairn_error *err)
{
	cairn_claim_opts claim = {
		.size = sizeof claim,
		.worker = worker->opts.name,
		.queue = worker->opts.queue,
		.owner = worker->opts.owner,
		.types = worker->any_type ? NULL : worker->types,
		.type_count = worker->any_type ? 0 : worker->opts.handler_count,
		.lease = worker->opts.lease,
		.limit = want,
	};
	if (want == 0)
		return cairn_job_finish(worker->conn, worker->finishes, n, worker->each, err);
	if (n == 0)
		return cairn_job_claim(worker->conn, &claim, &worker->claimed, err);
	return cairn_job_finish_and_claim(worker->conn, worker->finishes, n, worker->each, &claim,
					  &worker->claimed, err);
}

/*
 * A malformed result fails the whole batch before any I/O and is named: it is replaced,
 * or dropped when its replacement is refused too, and the others are sent again.
 */
static bool blame(struct cairn_worker *worker, size_t n, const cairn_error *err)
{
	bool malformed = err->status == CAIRN_INVALID || err->status == CAIRN_TOO_LARGE;
	if (!malformed || err->index < 0 || (size_t)err->index >= n)
		return false;
	struct cairn_context *slot = worker->sent[err->index];
	if (cairn_worker__rewrite(slot, err->code, err->message))
		return true;
	slot->settled = true;
	cairn_worker__tell_end(slot, CAIRN_WORKER_REFUSED, &worker->finishes[err->index],
			       &(cairn_changed){ .status = err->status });
	return true;
}

static cairn_status failed(struct cairn_worker *worker, size_t n, cairn_error *err)
{
	for (size_t i = 0; i < n && err->status == CAIRN_UNCERTAIN; i++)
		worker->sent[i]->unsure = true;
	return cairn_worker__trouble(worker, err);
}

cairn_status cairn_worker__flush(struct cairn_worker *worker, cairn_error *err)
{
	for (;;) {
		size_t n = collect(worker);
		uint32_t want = wanted(worker, n);
		if (n == 0 && want == 0)
			return CAIRN_OK;
		cairn_usec asked = cairn_worker__now();
		cairn_error mine = CAIRN_ERROR_INIT;
		cairn_status st = call(worker, n, want, &mine);
		if (st != CAIRN_OK && blame(worker, n, &mine))
			continue;
		if (st != CAIRN_OK) {
			*err = mine;
			return failed(worker, n, err);
		}
		cairn_worker__recovered(worker);
		for (size_t i = 0; i < n; i++)
			settle(worker, i);
		if (want == 0)
			return CAIRN_OK;
		size_t got = worker->claimed->count;
		for (size_t i = 0; i < got; i++)
			start(worker, &worker->claimed->at[i], asked + worker->opts.lease);
		plan_poll(worker, want, got);
		return CAIRN_OK;
	}
}
