/*
 * beat.c - the dispatcher's other calls: extending all leases at once, and taking
 * back the expired leases of others.
 */
#include "runtime.h"

#define REAP_BATCH 100

/* Leases whose jobs are at work or wait to be recorded; an unconfirmed end resolves itself. */
static size_t collect(struct cairn_worker *worker)
{
	size_t n = 0;
	for (uint32_t i = 0; i < worker->threads; i++) {
		struct cairn_context *slot = &worker->slots[i];
		if (cairn_worker__state(slot) == SLOT_IDLE || slot->settled || slot->unsure)
			continue;
		worker->leases[n] = slot->lease;
		worker->sent[n++] = slot;
	}
	return n;
}

static void refused(struct cairn_context *slot, const cairn_changed *changed)
{
	bool canceled = changed->code == CAIRN_E_JOB_CANCELED;
	slot->settled = true;
	if (cairn_worker__cancel(slot, canceled ? CAIRN_CANCEL_JOB : CAIRN_CANCEL_LEASE))
		return;
	cairn_worker__conclude(slot);
	cairn_finish finish;
	slot->early = false;
	cairn_worker__plan_finish(slot, &finish);
	cairn_worker__tell_end(slot, CAIRN_WORKER_REFUSED, &finish, changed);
}

cairn_status cairn_worker__beat(struct cairn_worker *worker, cairn_error *err)
{
	cairn_usec asked = cairn_worker__now();
	if (asked < worker->next_beat)
		return CAIRN_OK;
	size_t n = collect(worker);
	if (n > 0) {
		cairn_error mine = CAIRN_ERROR_INIT;
		cairn_status st = cairn_job_heartbeat(worker->conn, worker->leases, n,
						      worker->opts.lease, worker->each, &mine);
		if (st != CAIRN_OK) {
			*err = mine;
			return cairn_worker__trouble(worker, err);
		}
		cairn_worker__recovered(worker);
	}
	for (size_t i = 0; i < n; i++) {
		if (worker->each[i].status == CAIRN_OK)
			worker->sent[i]->lease_until = asked + worker->opts.lease;
		else
			refused(worker->sent[i], &worker->each[i]);
	}
	worker->next_beat = asked + worker->opts.lease / 3;
	return CAIRN_OK;
}

cairn_status cairn_worker__reap(struct cairn_worker *worker, cairn_error *err)
{
	if (worker->opts.reap_interval < 0 || worker->stop_phase != 0)
		return CAIRN_OK;
	if (cairn_worker__now() < worker->next_reap)
		return CAIRN_OK;
	/* planned before it may fail: trouble here must not keep the other calls waiting */
	worker->next_reap = cairn_worker__now();
	worker->next_reap += cairn_worker__jitter(worker, worker->opts.reap_interval);
	cairn_reap_opts opts = { .size = sizeof opts, .limit = REAP_BATCH };
	cairn_error mine = CAIRN_ERROR_INIT;
	cairn_status st = cairn_job_reap(worker->conn, &opts, &worker->reaped, &mine);
	if (st != CAIRN_OK) {
		*err = mine;
		return cairn_worker__trouble(worker, err);
	}
	cairn_worker__recovered(worker);
	size_t n = worker->reaped->count;
	for (size_t i = 0; i < n; i++)
		cairn_worker__tell(worker,
				   &(cairn_worker_event){ .kind = CAIRN_WORKER_REAPED,
							  .reaped = &worker->reaped->at[i] });
	if (n == REAP_BATCH)
		worker->next_reap = 0; /* there may be more */
	if (n > 0)
		worker->next_poll = 0; /* some of them may be due again at once */
	return CAIRN_OK;
}
