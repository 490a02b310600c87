/*
 * loops.c - upkeep: what any number of workers does beside the jobs, each from time to time, on one
 * thread with a connection of its own. A new loop is a row of the table.
 */
#include <stdio.h>

#include <cairn/intent.h>
#include <cairn/owner.h>
#include <cairn/schedule.h>
#include <cairn/upkeep.h>
#include <cairn/workflow.h>

#include "runtime.h"

#define REAP_BATCH    100
#define FIRE_BATCH    100
#define PROMOTE_BATCH 100
#define PRUNE_BATCH   1000
#define UNPARK_BATCH  1000
#define OWNERS_KEPT   (7 * CAIRN_DAY)

struct upkeep {
	struct service *service;
	cairn_reap_report *reaped;
	cairn_fire_report *fired;
	cairn_promote_report *promoted;
	bool untidy; /* the rights to tidy are missing */
	bool full;   /* the last upkeep left due jobs for the next one */
};

/* One pass: how many things it did, and whether there may be more of them. */
typedef cairn_status step_fn(struct upkeep *upkeep, uint64_t *items, bool *more, cairn_error *err);

/* ---- steps ------------------------------------------------------------------------ */

static void look_for_work(struct cairn_worker *worker)
{
	pthread_mutex_lock(&worker->lock);
	if (worker->next_poll != INT64_MAX)
		worker->next_poll = 0;
	worker->drained = false;
	cairn_worker__call_dispatchers(worker);
	pthread_mutex_unlock(&worker->lock);
}

static cairn_status reap(struct upkeep *upkeep, uint64_t *items, bool *more, cairn_error *err)
{
	struct cairn_worker *worker = upkeep->service->link.worker;
	cairn_reap_opts opts = { .size = sizeof opts, .limit = REAP_BATCH };
	cairn_status st = cairn_job_reap(upkeep->service->link.conn, &opts, &upkeep->reaped, err);
	if (st != CAIRN_OK)
		return st;
	size_t n = upkeep->reaped->count;
	atomic_fetch_add(&worker->reaped, n);
	for (size_t i = 0; i < n; i++)
		cairn_worker__tell(worker,
				   &(cairn_worker_event){ .kind = CAIRN_WORKER_REAPED,
							  .reaped = &upkeep->reaped->at[i] });
	*items = n;
	*more = n == REAP_BATCH;
	return CAIRN_OK;
}

/* What is missed is met by the next pass. */
static cairn_status end_gates(struct upkeep *upkeep, uint64_t *items, bool *more, cairn_error *err)
{
	size_t ended = 0;
	cairn_status st = cairn_run_reap(upkeep->service->link.conn, REAP_BATCH, &ended, err);
	*items = ended;
	*more = ended == REAP_BATCH;
	return st;
}

/* A schedule that is overdue by two intervals was missed. */
static cairn_status fire(struct upkeep *upkeep, uint64_t *items, bool *more, cairn_error *err)
{
	struct cairn_worker *worker = upkeep->service->link.worker;
	cairn_usec grace = 2 * worker->opts.schedule_interval;
	cairn_fire_opts opts = { .size = sizeof opts,
				 .limit = FIRE_BATCH,
				 .grace = grace > CAIRN_MINUTE ? grace : CAIRN_MINUTE };
	cairn_status st =
		cairn_schedule_fire(upkeep->service->link.conn, &opts, &upkeep->fired, err);
	if (st != CAIRN_OK)
		return st;
	for (size_t i = 0; i < upkeep->fired->count; i++)
		*items += upkeep->fired->at[i].what == CAIRN_FIRED;
	*more = upkeep->fired->count == FIRE_BATCH;
	atomic_fetch_add(&worker->fired, *items);
	return CAIRN_OK;
}

static cairn_status promote(struct upkeep *upkeep, uint64_t *items, bool *more, cairn_error *err)
{
	struct cairn_worker *worker = upkeep->service->link.worker;
	cairn_promote_opts opts = { .size = sizeof opts, .limit = PROMOTE_BATCH };
	cairn_status st =
		cairn_intent_promote(upkeep->service->link.conn, &opts, &upkeep->promoted, err);
	if (st != CAIRN_OK)
		return st;
	*items = upkeep->promoted->inserted;
	*more = upkeep->promoted->batch_full != 0;
	atomic_fetch_add(&worker->promoted, *items);
	return CAIRN_OK;
}

static cairn_status prune(struct upkeep *upkeep, uint64_t *items, bool *more, cairn_error *err)
{
	struct cairn_worker *worker = upkeep->service->link.worker;
	cairn_prune_opts opts = { .size = sizeof opts, .scope = cairn_any(), .limit = PRUNE_BATCH };
	size_t pruned = 0;
	cairn_status st = cairn_job_prune(upkeep->service->link.conn, &opts, &pruned, err);
	if (st != CAIRN_OK)
		return st;
	*items = pruned;
	*more = pruned == PRUNE_BATCH;
	atomic_fetch_add(&worker->pruned, pruned);
	return CAIRN_OK;
}

/* Closed or silent for so long: of no interest any more. Nor is a registry that is not ours. */
static cairn_status prune_owners(struct upkeep *upkeep, uint64_t *items, bool *more,
				 cairn_error *err)
{
	size_t pruned = 0;
	cairn_status st = cairn_owner_prune(upkeep->service->link.conn, OWNERS_KEPT, PRUNE_BATCH,
					    &pruned, err);
	*items = pruned;
	*more = pruned == PRUNE_BATCH;
	return st == CAIRN_DENIED || st == CAIRN_SCHEMA ? CAIRN_UNSUPPORTED : st;
}

/* Said once: whoever watches the worker may want to grant it. */
static void tell_denied(struct upkeep *upkeep, const cairn_error *err)
{
	cairn_worker__tell(upkeep->service->link.worker,
			   &(cairn_worker_event){
				   .kind = CAIRN_WORKER_UPKEEP, .loop = "upkeep", .error = err });
}

static void note_untidy(struct upkeep *upkeep)
{
	cairn_error err = { .size = sizeof err, .status = CAIRN_DENIED };
	snprintf(err.op, sizeof err.op, "job.upkeep");
	snprintf(err.code, sizeof err.code, "%s", cairn_code_text(CAIRN_E_DB_DENIED));
	snprintf(err.message, sizeof err.message,
		 "The database does not allow to tidy its tables.");
	upkeep->untidy = true;
	tell_denied(upkeep, &err);
}

/* Of many batches in a row only the first one tidies. Without its rights this loop alone ends. */
static cairn_status keep_store(struct upkeep *upkeep, uint64_t *items, bool *more, cairn_error *err)
{
	struct cairn_worker *worker = upkeep->service->link.worker;
	cairn_upkeep_opts opts = { .size = sizeof opts,
				   .limit = UNPARK_BATCH,
				   .tidy = upkeep->untidy || upkeep->full
						   ? CAIRN_TIDY_NEVER
						   : CAIRN_TIDY_IF_WORTH_IT };
	cairn_upkeep_report report = { .size = sizeof report };
	cairn_error mine = CAIRN_ERROR_INIT;
	cairn_status st = cairn_job_upkeep(upkeep->service->link.conn, &opts, &report, &mine);
	*items = report.unparked;
	*more = st == CAIRN_OK && report.more != 0;
	upkeep->full = *more;
	atomic_fetch_add(&worker->unparked, report.unparked);
	if (report.tidied == CAIRN_TIDIED_DENIED && !upkeep->untidy)
		note_untidy(upkeep);
	if (st == CAIRN_DENIED || st == CAIRN_UNSUPPORTED) {
		tell_denied(upkeep, &mine);
		return CAIRN_UNSUPPORTED;
	}
	*err = mine;
	return st;
}

/* ---- the table --------------------------------------------------------------------- */

static const struct loop {
	const char *name;
	size_t interval; /* of cairn_worker_opts; there -1: never */
	step_fn *step;
	bool makes_work; /* what it did may be claimed at once */
} loops[] = {
	{ "reap", offsetof(cairn_worker_opts, reap_interval), reap, true },
	{ "gates", offsetof(cairn_worker_opts, reap_interval), end_gates, true },
	{ "schedules", offsetof(cairn_worker_opts, schedule_interval), fire, true },
	{ "intents", offsetof(cairn_worker_opts, promote_interval), promote, true },
	{ "prune", offsetof(cairn_worker_opts, prune_interval), prune, false },
	{ "owners", offsetof(cairn_worker_opts, prune_interval), prune_owners, false },
	{ "upkeep", offsetof(cairn_worker_opts, upkeep_interval), keep_store, false },
};

enum { LOOPS = sizeof loops / sizeof loops[0] };

static cairn_usec interval_of(const struct cairn_worker *worker, const struct loop *loop)
{
	return *(const cairn_usec *)(const void *)((const char *)&worker->opts + loop->interval);
}

bool cairn_worker__has_loops(const struct cairn_worker *worker)
{
	for (size_t i = 0; i < LOOPS; i++) {
		if (interval_of(worker, &loops[i]) > 0)
			return true;
	}
	return false;
}

/* ---- the thread ---------------------------------------------------------------------- */

static cairn_status call(struct upkeep *upkeep, const struct loop *loop, bool *more,
			 cairn_error *err)
{
	struct cairn_worker *worker = upkeep->service->link.worker;
	cairn_usec began = cairn_worker__now();
	uint64_t items = 0;
	cairn_status st = loop->step(upkeep, &items, more, err);
	if (st != CAIRN_OK)
		return st;
	cairn_worker__recovered(&upkeep->service->link);
	if (items == 0)
		return CAIRN_OK;
	cairn_worker__tell(worker, &(cairn_worker_event){ .kind = CAIRN_WORKER_UPKEEP,
							  .loop = loop->name,
							  .items = items,
							  .elapsed = cairn_worker__now() - began });
	if (loop->makes_work)
		look_for_work(worker);
	return CAIRN_OK;
}

/*
 * Planned before it may fail: trouble in one loop must not keep the others waiting. What the
 * driver does not have is not asked for again.
 */
static bool pass(struct upkeep *upkeep, const struct loop *loop, cairn_usec *next)
{
	struct link *link = &upkeep->service->link;
	struct cairn_worker *worker = link->worker;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_status st;
	bool more = false;
	if (!cairn_worker__linked(link, &st, &err)) {
		if (st != CAIRN_OK)
			cairn_worker__give_up(worker, st, &err);
		*next = st != CAIRN_OK ? INT64_MAX : link->retry_at;
		return false;
	}
	*next = cairn_worker__now() + cairn_worker__jitter(&link->dice, interval_of(worker, loop));
	cairn_error mine = CAIRN_ERROR_INIT;
	st = call(upkeep, loop, &more, &mine);
	if (more)
		*next = 0;
	if (st == CAIRN_OK)
		return true;
	if (st == CAIRN_UNSUPPORTED) {
		*next = INT64_MAX;
		return true;
	}
	st = cairn_worker__trouble(link, &mine);
	if (st != CAIRN_OK)
		cairn_worker__give_up(worker, st, &mine);
	return false;
}

/* Not under the lock; answers when the next pass is due. */
static cairn_usec keep_up(struct upkeep *upkeep, cairn_usec next[LOOPS], bool done[LOOPS])
{
	cairn_usec at = INT64_MAX;
	bool closing = false;
	for (size_t i = 0; i < LOOPS && !closing; i++) {
		if (next[i] <= cairn_worker__now())
			done[i] = pass(upkeep, &loops[i], &next[i]) || done[i];
		at = next[i] < at ? next[i] : at;
		pthread_mutex_lock(&upkeep->service->link.worker->lock);
		closing = upkeep->service->link.worker->closing;
		pthread_mutex_unlock(&upkeep->service->link.worker->lock);
	}
	return at;
}

/* A worker that ends when nothing is due has to know what the first pass brings. */
static void note_first_pass(struct cairn_worker *worker, const bool done[LOOPS])
{
	bool all = true;
	for (size_t i = 0; i < LOOPS; i++)
		all = all && (done[i] || !loops[i].makes_work);
	if (!all || worker->swept)
		return;
	worker->swept = true;
	if (worker->next_poll != INT64_MAX)
		worker->next_poll = 0;
	cairn_worker__call_dispatchers(worker);
}

void *cairn_worker__keep_up(void *arg)
{
	struct upkeep upkeep = { .service = arg };
	struct cairn_worker *worker = upkeep.service->link.worker;
	cairn_usec next[LOOPS];
	bool done[LOOPS];
	for (size_t i = 0; i < LOOPS; i++) {
		bool on = interval_of(worker, &loops[i]) > 0;
		next[i] = on ? 0 : INT64_MAX;
		done[i] = !on;
	}
	pthread_mutex_lock(&worker->lock);
	while (!worker->closing && worker->stop_phase == 0) {
		pthread_mutex_unlock(&worker->lock);
		cairn_usec at = keep_up(&upkeep, next, done);
		pthread_mutex_lock(&worker->lock);
		note_first_pass(worker, done);
		if (at > cairn_worker__now() && !worker->closing && worker->stop_phase == 0)
			cairn_worker__wait(worker, &upkeep.service->stir, at);
	}
	pthread_mutex_unlock(&worker->lock);
	cairn_free(upkeep.reaped);
	cairn_free(upkeep.fired);
	cairn_free(upkeep.promoted);
	cairn_worker__service_over(upkeep.service);
	return NULL;
}
