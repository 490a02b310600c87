/*
 * turn.c - the dispatchers' call: what a turn takes along, and sending it. What becomes of it is
 * settle.c's.
 */
#include "runtime.h"

/* ---- collecting; under the lock -------------------------------------------------- */

static void add_lines(struct dispatcher *dispatcher, struct cairn_context *job)
{
	const struct line *line = job->flying.lines.first;
	for (; line != NULL && dispatcher->line_count < LINES_MAX; line = line->next) {
		size_t n = dispatcher->line_count++;
		dispatcher->lines[n] = (cairn_log_line){
			.lease = job->lease,
			.level = line->level,
			.message = { line->text, line->message },
			.data = { line->data > 0 ? line->text + line->message : NULL, line->data },
		};
		dispatcher->speaking[n] = job;
	}
}

/* All lines of a job go in one turn, or none: then the next one is due at once. */
static bool fits(const struct dispatcher *dispatcher, const struct cairn_context *job)
{
	size_t n = job->fresh.lines.count + job->flying.lines.count;
	if (n == 0 || dispatcher->line_count + n <= LINES_MAX)
		return true;
	job->worker->say_at = 0;
	return false;
}

static void add_end(struct dispatcher *dispatcher, struct cairn_context *job)
{
	size_t n = dispatcher->finish_count++;
	job->sent = true;
	dispatcher->ending[n] = job;
	if (job->state == JOB_DONE || job->early) {
		cairn_worker__plan_finish(job, &dispatcher->finishes[n]);
		if (!job->early)
			add_lines(dispatcher, job);
		return;
	}
	cairn_worker__plan_return(job, &dispatcher->finishes[n]);
}

static void add_report(struct dispatcher *dispatcher, struct cairn_context *job)
{
	const struct saying *said = &job->flying;
	job->sent = true;
	add_lines(dispatcher, job);
	if (said->set == 0 && !said->has_stage && !said->has_checkpoint) {
		dispatcher->quiet[dispatcher->quiet_count++] = job;
		return;
	}
	size_t n = dispatcher->report_count++;
	dispatcher->reporting[n] = job;
	dispatcher->reports[n] = (cairn_progress){
		.lease = job->lease,
		.set = said->set,
		.done = said->done,
		.total = said->total,
		.stage =
			said->has_stage ? cairn_worker__kept(&said->stage) : (cairn_str){ NULL, 0 },
		.checkpoint = said->has_checkpoint ? cairn_worker__kept(&said->checkpoint)
						   : (cairn_str){ NULL, 0 },
	};
}

static void add_mark(struct dispatcher *dispatcher, struct cairn_context *job)
{
	size_t n = dispatcher->report_count++;
	job->sent = job->marking = true;
	job->worker->marking++;
	dispatcher->reporting[n] = job;
	dispatcher->reports[n] =
		(cairn_progress){ .lease = job->lease, .set = CAIRN_PROGRESS_STARTED };
}

static void collect_done(struct dispatcher *dispatcher, struct cairn_context *job)
{
	if (job->settled) {
		cairn_worker__vacate(job);
		return;
	}
	if (!fits(dispatcher, job)) {
		job->worker->done_at = 0;
		return;
	}
	job->early = false;
	cairn_worker__fly(job);
	cairn_worker__conclude(job);
	if (job->settled)
		cairn_worker__vacate(job);
	else
		add_end(dispatcher, job);
}

static void collect_running(struct dispatcher *dispatcher, struct cairn_context *job,
			    cairn_usec now)
{
	if (job->settled)
		return;
	job->early = now >= job->overrun_at;
	if (job->early) {
		add_end(dispatcher, job);
	} else if (cairn_worker__says(job) && fits(dispatcher, job)) {
		cairn_worker__fly(job);
		add_report(dispatcher, job);
	}
}

static void collect_job(struct dispatcher *dispatcher, struct cairn_context *job, cairn_usec now)
{
	if (job->sent || job->state == JOB_NONE)
		return;
	if (job->state == JOB_DONE)
		collect_done(dispatcher, job);
	else if (job->state == JOB_RUNNING)
		collect_running(dispatcher, job, now);
	else if (!job->settled && cairn_worker__gives_back(job))
		add_end(dispatcher, job);
}

/* A turn has an end or a report of each job once. */
static bool named(const struct dispatcher *dispatcher, cairn_id id)
{
	for (size_t i = 0; i < dispatcher->finish_count; i++) {
		if (cairn_id_compare(dispatcher->ending[i]->lease.id, id) == 0)
			return true;
	}
	for (size_t i = 0; i < dispatcher->report_count; i++) {
		if (cairn_id_compare(dispatcher->reporting[i]->lease.id, id) == 0)
			return true;
	}
	return false;
}

/* Leases that the worker lost to itself, when all else is collected; rarely are there any. */
static void collect_superseded(struct dispatcher *dispatcher, cairn_usec now)
{
	struct cairn_worker *worker = dispatcher->service.link.worker;
	for (uint32_t i = 0; i < worker->job_count; i++) {
		struct cairn_context *job = &worker->jobs[i];
		if (job->state == JOB_NONE || !job->superseded)
			continue;
		if (!named(dispatcher, job->lease.id))
			collect_job(dispatcher, job, now);
		else if (job->state == JOB_DONE)
			worker->done_at = 0;
		else if (cairn_worker__says(job))
			worker->say_at = 0;
	}
}

static void collect_marks(struct dispatcher *dispatcher)
{
	struct cairn_worker *worker = dispatcher->service.link.worker;
	uint32_t due = cairn_worker__marks_due(worker);
	worker->pace = (uint32_t)(worker->starts - worker->starts_seen);
	if (worker->pace > worker->opts.ahead)
		worker->pace = worker->opts.ahead;
	worker->starts_seen = worker->starts;
	for (uint32_t i = 0; i < due && worker->ahead.count > 0; i++) {
		if (worker->ahead.first->superseded)
			cairn_worker__vacate(worker->ahead.first);
		else
			add_mark(dispatcher, cairn_worker__pop(&worker->ahead));
	}
}

/* Anything that is worth a call now? What else there is goes along. */
static bool due(const struct cairn_worker *worker, cairn_usec now)
{
	if (worker->done_at != INT64_MAX || now >= worker->say_at || worker->stop_phase != 0)
		return true;
	if (now >= worker->next_poll && cairn_worker__claimable(worker) > 0)
		return true;
	uint32_t idle = worker->in_hand[JOB_READY] + worker->in_hand[JOB_RUNNING] + worker->marking;
	return worker->ahead.count > 0 && idle < worker->opts.concurrency;
}

static bool overrun(const struct cairn_worker *worker, cairn_usec now)
{
	for (uint32_t i = 0; i < worker->job_count; i++) {
		const struct cairn_context *job = &worker->jobs[i];
		if (job->state == JOB_RUNNING && !job->sent && !job->settled &&
		    now >= job->overrun_at)
			return true;
	}
	return false;
}

bool cairn_worker__collect(struct dispatcher *dispatcher, cairn_usec now)
{
	struct cairn_worker *worker = dispatcher->service.link.worker;
	dispatcher->finish_count = dispatcher->report_count = dispatcher->line_count = 0;
	dispatcher->quiet_count = 0;
	dispatcher->want = 0;
	bool superseded = false;
	if (!due(worker, now) && !overrun(worker, now))
		return false;
	worker->done_at = worker->say_at = INT64_MAX;
	for (uint32_t i = 0; i < worker->job_count; i++) {
		superseded = superseded || worker->jobs[i].superseded;
		if (!worker->jobs[i].superseded)
			collect_job(dispatcher, &worker->jobs[i], now);
	}
	if (worker->opts.ahead > 0)
		collect_marks(dispatcher);
	if (superseded)
		collect_superseded(dispatcher, now);
	bool talking =
		dispatcher->finish_count + dispatcher->report_count + dispatcher->quiet_count > 0;
	cairn_worker__plan_claim(dispatcher, talking);
	return talking || dispatcher->want > 0;
}

/* ---- sending; not under the lock ----------------------------------------------------- */

static cairn_status send(struct dispatcher *dispatcher, cairn_error *err)
{
	struct cairn_worker *worker = dispatcher->service.link.worker;
	const cairn_worker_opts *opts = &worker->opts;
	cairn_claim_opts claim = {
		.size = sizeof claim,
		.worker = opts->name,
		.queue = opts->queue,
		.owner = opts->owner,
		.types = worker->any_type ? NULL : worker->types,
		.type_count = worker->any_type ? 0 : opts->handler_count,
		.lease = opts->lease,
		.limit = dispatcher->want,
		.prestart = dispatcher->prestart,
	};
	cairn_turn turn = {
		.size = sizeof turn,
		.finishes = dispatcher->finishes,
		.finish_count = dispatcher->finish_count,
		.reports = dispatcher->reports,
		.report_count = dispatcher->report_count,
		.lines = dispatcher->lines,
		.line_count = dispatcher->line_count,
		.claim = dispatcher->want > 0 ? &claim : NULL,
	};
	return cairn_job_turn(dispatcher->service.link.conn, &turn, dispatcher->each,
			      &dispatcher->claimed, err);
}

static void tell_turn(struct dispatcher *dispatcher)
{
	struct cairn_worker *worker = dispatcher->service.link.worker;
	atomic_fetch_add(&worker->turns, 1);
	if (dispatcher->finish_count + dispatcher->report_count + dispatcher->quiet_count +
		    dispatcher->claimed->count ==
	    0)
		atomic_fetch_add(&worker->polls, 1);
	cairn_worker__tell(worker, &(cairn_worker_event){
					   .kind = CAIRN_WORKER_TURN,
					   .ended = (uint32_t)dispatcher->finish_count,
					   .reported = (uint32_t)dispatcher->report_count,
					   .lines = (uint32_t)dispatcher->line_count,
					   .claimed = (uint32_t)dispatcher->claimed->count,
					   .elapsed = cairn_worker__now() - dispatcher->asked,
				   });
}

/*
 * A malformed item fails the whole call before any I/O and is named: what stands for it is
 * replaced, or dropped when that is refused, too, and the others are sent again.
 */
cairn_status cairn_worker__turn(struct dispatcher *dispatcher, cairn_error *err)
{
	struct link *link = &dispatcher->service.link;
	for (;;) {
		cairn_error mine = CAIRN_ERROR_INIT;
		dispatcher->asked = cairn_worker__now();
		cairn_status st = send(dispatcher, &mine);
		if (st == CAIRN_OK) {
			cairn_worker__recovered(link);
			tell_turn(dispatcher);
			cairn_worker__settle(dispatcher);
			return CAIRN_OK;
		}
		if (cairn_worker__blame(dispatcher, &mine))
			continue;
		*err = mine;
		cairn_worker__unsent(dispatcher, st);
		return cairn_worker__trouble(link, err);
	}
}
