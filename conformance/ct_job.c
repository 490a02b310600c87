/*
 * ct_job.c - the steps most cases about jobs need: define, enqueue, claim,
 * finish, read back. They use the public API only and end the case when they fail.
 */
#include <string.h>

#include "ct_run.h"

void ct_define(cairn_conn *conn, const char *type)
{
	cairn_definition definition = { .type = cairn_str_of(type) };
	ct_ok(cairn_job_define(conn, &definition, 1, ct_err()));
}

void ct_define_retry(cairn_conn *conn, const char *type, int32_t attempts, cairn_usec delay)
{
	cairn_definition definition = {
		.type = cairn_str_of(type),
		.max_attempts = attempts,
		.retry = { .base = delay, .cap = delay, .jitter = -1, .factor = 1000 },
	};
	ct_ok(cairn_job_define(conn, &definition, 1, ct_err()));
}

void ct_disable(cairn_conn *conn, const char *type, uint32_t disabled)
{
	cairn_definition_patch patch = { .size = sizeof(patch),
					 .type = cairn_str_of(type),
					 .set = CAIRN_PATCH_DISABLED,
					 .disabled = disabled };
	ct_ok(cairn_job_definition_update(conn, &patch, ct_err()));
}

const char *ct_types(cairn_conn *conn, const char *contains, const char *after, uint32_t limit)
{
	cairn_definition_filter filter = { .size = sizeof(filter),
					   .contains = cairn_str_of(contains),
					   .after = cairn_str_of(after),
					   .limit = limit };
	cairn_definitions *found = NULL;
	ct_ok(cairn_job_definition_list(conn, &filter, &found, ct_err()));
	ct_later(found);
	const char *line = "";
	for (size_t i = 0; i < found->count; i++)
		line = ct_format("%s%s%s", line, i ? " " : "", found->at[i].type.ptr);
	return line;
}

cairn_job_new ct_new(const char *type)
{
	return (cairn_job_new){ .type = cairn_str_of(type) };
}

cairn_id ct_add(cairn_conn *conn, const cairn_job_new *job)
{
	cairn_job_added added = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_job_enqueue(conn, job, 1, &added, ct_err()));
	ct_each(added, CAIRN_OK, NULL);
	ct_int(added.disposition, CAIRN_INSERTED);
	return added.id;
}

cairn_job_added ct_offer(cairn_conn *conn, const cairn_job_new *job)
{
	cairn_job_added added = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_job_enqueue(conn, job, 1, &added, ct_err()));
	return added;
}

cairn_job_new ct_keyed(const char *type, const char *key)
{
	cairn_job_new job = ct_new(type);
	job.key = cairn_str_of(key);
	return job;
}

void ct_existing(cairn_conn *conn, const cairn_job_new *job, cairn_id id)
{
	cairn_job_added added = ct_offer(conn, job);
	ct_each(added, CAIRN_OK, NULL);
	ct_int(added.disposition, CAIRN_EXISTING);
	ct_id(added.id, id);
}

void ct_conflict(cairn_conn *conn, const cairn_job_new *job)
{
	cairn_job_added added = ct_offer(conn, job);
	ct_each(added, CAIRN_CONFLICT, "job.idempotency_conflict");
	ct_true(cairn_id_is_none(added.id));
}

cairn_id ct_enqueue(cairn_conn *conn, const char *type)
{
	cairn_job_new job = ct_new(type);
	ct_define(conn, type);
	return ct_add(conn, &job);
}

static uint64_t spent_before;

void ct_budget(cairn_conn *conn)
{
	spent_before = cairn_conn_round_trips(conn);
}

void ct_spent(cairn_conn *conn, uint64_t most, const char *what, size_t n)
{
	uint64_t trips = cairn_conn_round_trips(conn) - spent_before;
	if (trips > most)
		ct_fail("%s of %zu: %u round trips, not %u", what, n, (unsigned)trips,
			(unsigned)most);
	ct_budget(conn);
}

cairn_claim_opts ct_claim_opts(const char *worker, uint32_t limit)
{
	return (cairn_claim_opts){ .size = sizeof(cairn_claim_opts),
				   .worker = cairn_str_of(worker),
				   .limit = limit };
}

static const cairn_jobs *claim_by(cairn_conn *conn, const cairn_claim_opts *opts)
{
	cairn_jobs *jobs = NULL;
	ct_ok(cairn_job_claim(conn, opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_true(jobs != NULL);
	return jobs;
}

const cairn_jobs *ct_claim_n(cairn_conn *conn, const char *worker, uint32_t limit)
{
	cairn_claim_opts opts = ct_claim_opts(worker, limit);
	return claim_by(conn, &opts);
}

const cairn_jobs *ct_claim_like(cairn_conn *conn, const char *worker, cairn_id job)
{
	const cairn_job *row = ct_job(conn, job);
	cairn_claim_opts opts = ct_claim_opts(worker, 1);
	opts.queue = row->queue;
	opts.owner = row->owner;
	return claim_by(conn, &opts);
}

cairn_lease ct_claim(cairn_conn *conn, const char *worker)
{
	const cairn_jobs *jobs = ct_claim_n(conn, worker, 1);
	ct_int(jobs->count, 1);
	return cairn_job_lease(&jobs->at[0]);
}

void ct_claim_none(cairn_conn *conn)
{
	ct_int(ct_claim_n(conn, "nobody", 1)->count, 0);
}

cairn_finish ct_success(cairn_lease lease)
{
	return (cairn_finish){ .lease = lease, .how = CAIRN_FINISH_SUCCESS };
}

cairn_finish ct_failure(cairn_lease lease, enum cairn_finish_how how, const char *code)
{
	return (cairn_finish){ .lease = lease,
			       .how = how,
			       .error_code = cairn_str_of(code),
			       .error_message = CAIRN_STR("it broke") };
}

cairn_changed ct_finish(cairn_conn *conn, cairn_finish finish)
{
	cairn_changed changed = ct_send(conn, finish);
	ct_each(changed, CAIRN_OK, NULL);
	return changed;
}

void ct_refused(cairn_conn *conn, cairn_lease lease, cairn_status status, const char *code)
{
	bool there = ct_exists(conn, lease.id);
	const char *before = there ? ct_snapshot(conn, lease.id) : "";
	cairn_changed changed = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_job_heartbeat(conn, &lease, 1, 0, &changed, ct_err()));
	ct_each(changed, status, code);
	static const enum cairn_finish_how failures[] = { CAIRN_FINISH_RETRYABLE,
							  CAIRN_FINISH_TIMEOUT,
							  CAIRN_FINISH_TERMINAL,
							  CAIRN_FINISH_PANICKED };
	ct_told(ct_send(conn, ct_success(lease)), status, code);
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
		ct_told(ct_send(conn, ct_failure(lease, failures[i], "too.late")), status, code);
	ct_told(ct_send(conn, ct_again(lease, CAIRN_FINISH_CONTINUE, 0)), status, code);
	ct_told(ct_send(conn, ct_again(lease, CAIRN_FINISH_SNOOZE, 0)), status, code);
	ct_told(ct_send_progress(conn, ct_stage(lease, "running")), status, code);
	ct_told(ct_say(conn, lease, "too late"), status, code);
	if (there)
		ct_unchanged(conn, lease.id, before);
}

ct_made ct_make(cairn_conn *conn, const char *type, enum cairn_job_status status)
{
	cairn_job_new job = ct_new(type);
	job.queue = CAIRN_STR("ct-make");
	/* Before those that were made earlier, so that the claim takes this one. */
	job.set = CAIRN_JOB_PRIORITY;
	job.priority = 1000 + (int32_t)ct_number();
	ct_define(conn, type);
	ct_made made = { .id = ct_add(conn, &job) };
	made.lease.id = made.id;
	if (status == CAIRN_JOB_PENDING)
		return made;
	cairn_claim_opts opts = ct_claim_opts("maker", 1);
	opts.queue = job.queue;
	cairn_jobs *jobs = NULL;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, made.id);
	made.lease = cairn_job_lease(&jobs->at[0]);
	if (status == CAIRN_JOB_SUCCEEDED)
		ct_finish(conn, ct_success(made.lease));
	else if (status == CAIRN_JOB_DEAD_LETTERED)
		ct_finish(conn, ct_failure(made.lease, CAIRN_FINISH_TERMINAL, "made.dead"));
	else if (status == CAIRN_JOB_CANCELED)
		ct_cancel(conn, made.id);
	return made;
}

/* ---- reading back --------------------------------------------------------------- */

const cairn_job *ct_job(cairn_conn *conn, cairn_id id)
{
	cairn_jobs *jobs = NULL;
	ct_ok(cairn_job_get(conn, cairn_any(), id, &jobs, ct_err()));
	ct_later(jobs);
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, id);
	return &jobs->at[0];
}

bool ct_exists(cairn_conn *conn, cairn_id id)
{
	cairn_jobs *found = NULL;
	cairn_status status = cairn_job_get(conn, cairn_any(), id, &found, ct_err());
	cairn_free(found);
	if (status != CAIRN_NOT_FOUND)
		ct_ok(status);
	return status == CAIRN_OK;
}

const cairn_attempts *ct_attempts(cairn_conn *conn, cairn_id id)
{
	cairn_attempts *attempts = NULL;
	ct_ok(cairn_job_attempts(conn, cairn_any(), id, 0, 1000, &attempts, ct_err()));
	ct_later(attempts);
	return attempts;
}

const cairn_event_rows *ct_events(cairn_conn *conn, cairn_id id)
{
	cairn_event_rows *events = NULL;
	ct_ok(cairn_job_events(conn, cairn_any(), id, 0, 1000, &events, ct_err()));
	ct_later(events);
	return events;
}

const cairn_event *ct_event(cairn_conn *conn, cairn_id id, size_t n)
{
	const cairn_event_rows *events = ct_events(conn, id);
	ct_true(events->count > n);
	return &events->at[n];
}

size_t ct_count_events(cairn_conn *conn, cairn_id id, enum cairn_event_kind kind)
{
	const cairn_event_rows *events = ct_events(conn, id);
	size_t count = 0;
	for (size_t i = 0; i < events->count; i++)
		count += (size_t)kind == 0 || events->at[i].kind == kind;
	return count;
}

const char *ct_timeline(cairn_conn *conn, cairn_id id)
{
	const cairn_event_rows *events = ct_events(conn, id);
	const char *line = "";
	for (size_t i = 0; i < events->count; i++)
		line = ct_format("%s%s%s", line, i ? " " : "",
				 cairn_event_kind_text(events->at[i].kind));
	return line;
}

const cairn_dead_letter *ct_dead(cairn_conn *conn, cairn_id id)
{
	cairn_dead_filter filter = { .size = sizeof(filter), .scope = cairn_any(), .job = id };
	cairn_dead_letters *letters = NULL;
	ct_ok(cairn_job_dead_letters(conn, &filter, &letters, ct_err()));
	ct_later(letters);
	ct_true(letters->count <= 1);
	return letters->count ? &letters->at[0] : NULL;
}

const cairn_dead_letter *ct_dead_letter(cairn_conn *conn, cairn_id id)
{
	const cairn_dead_letter *dead = ct_dead(conn, id);
	ct_true(dead != NULL);
	return dead;
}

size_t ct_count_jobs(cairn_conn *conn, uint32_t statuses)
{
	cairn_job_filter filter = { .size = sizeof(filter),
				    .scope = cairn_any(),
				    .statuses = statuses,
				    .limit = 1000,
				    .compact = 1 };
	cairn_jobs *jobs = NULL;
	ct_ok(cairn_job_list(conn, &filter, &jobs, ct_err()));
	ct_later(jobs);
	return jobs->count;
}

/* ---- the snapshot ----------------------------------------------------------------- */

/* A text in a snapshot: quoted, or - when it is absent. */
static const char *shown(cairn_str text)
{
	return text.ptr ? ct_format("'%.*s'", (int)text.len, text.ptr) : "-";
}

static const char *job_text(const cairn_job *j)
{
	const char *who = ct_format(
		"queue %s type %s tenant %s owner %s worker %s key %s request %s resource %s",
		shown(j->queue), shown(j->type), shown(j->tenant), shown(j->owner),
		shown(j->worker), shown(j->key), shown(j->request), shown(j->resource_key));
	const char *numbers = ct_format(
		"%s priority %d run %d attempt %d/%d parked %u ahead %u timeout %lld fence %lld "
		"progress %lld/%lld",
		cairn_job_status_text(j->status), (int)j->priority, (int)j->run_number,
		(int)j->attempt, (int)j->max_attempts, (unsigned)j->parked, (unsigned)j->prestart,
		(long long)j->timeout, (long long)j->fence, (long long)j->progress_done,
		(long long)j->progress_total);
	const char *times = ct_format(
		"run_at %lld expires %lld heartbeat %lld leased %lld started %lld finished %lld "
		"created %lld updated %lld marked %lld",
		(long long)j->run_at, (long long)j->lease_expires_at, (long long)j->heartbeat_at,
		(long long)j->leased_at, (long long)j->started_at, (long long)j->finished_at,
		(long long)j->created_at, (long long)j->updated_at,
		(long long)j->execution_started_at);
	const char *texts = ct_format(
		"payload %s stage %s checkpoint %s output %s reason %s error %s %s",
		shown(j->payload), shown(j->stage), shown(j->checkpoint), shown(j->output),
		shown(j->status_reason), shown(j->error_code), shown(j->error_message));
	return ct_format("job %s\n%s\n%s\n%s\n", who, numbers, times, texts);
}

static const char *attempt_text(const cairn_attempt *a)
{
	return ct_format("attempt %lld run %d attempt %d worker %s from %lld to %lld %s error %s "
			 "%s delay %lld next %lld wish %lld ahead %u marked %lld\n",
			 (long long)a->fence, (int)a->run_number, (int)a->attempt, shown(a->worker),
			 (long long)a->leased_at, (long long)a->finished_at,
			 cairn_ending_text(a->ending), shown(a->error_code),
			 shown(a->error_message), (long long)a->retry_delay,
			 (long long)a->next_run_at, (long long)a->not_before, (unsigned)a->prestart,
			 (long long)a->execution_started_at);
}

static const char *event_text(const cairn_event *e)
{
	return ct_format("event %lld %s run %d attempt %d stage %s progress %lld/%lld at %lld %s\n",
			 (long long)e->seq, cairn_event_kind_text(e->kind), (int)e->run_number,
			 (int)e->attempt, shown(e->stage), (long long)e->progress_done,
			 (long long)e->progress_total, (long long)e->at, shown(e->payload));
}

static const char *log_text(const cairn_log_row *l)
{
	return ct_format("log %lld %s run %d attempt %d at %lld %s %s\n", (long long)l->seq,
			 cairn_log_level_text(l->level), (int)l->run_number, (int)l->attempt,
			 (long long)l->at, shown(l->message), shown(l->data));
}

static const char *dead_text(const cairn_dead_letter *d)
{
	return ct_format("dead type %s queue %s tenant %s run %d attempt %d error %s %s payload %s "
			 "checkpoint %s failed %lld created %lld\n",
			 shown(d->type), shown(d->queue), shown(d->tenant), (int)d->run_number,
			 (int)d->attempt, shown(d->error_code), shown(d->error_message),
			 shown(d->payload), shown(d->checkpoint), (long long)d->failed_at,
			 (long long)d->created_at);
}

const char *ct_snapshot(cairn_conn *conn, cairn_id id)
{
	const char *text = job_text(ct_job(conn, id));
	const cairn_attempts *attempts = ct_attempts(conn, id);
	for (size_t i = 0; i < attempts->count; i++)
		text = ct_format("%s%s", text, attempt_text(&attempts->at[i]));
	const cairn_event_rows *events = ct_events(conn, id);
	for (size_t i = 0; i < events->count; i++)
		text = ct_format("%s%s", text, event_text(&events->at[i]));
	const cairn_log_rows *lines = ct_logs(conn, id);
	for (size_t i = 0; i < lines->count; i++)
		text = ct_format("%s%s", text, log_text(&lines->at[i]));
	const cairn_dead_letter *dead = ct_dead(conn, id);
	return dead ? ct_format("%s%s", text, dead_text(dead)) : text;
}

/* ---- queues ------------------------------------------------------------------ */

const cairn_queues *ct_queues(cairn_conn *conn)
{
	cairn_queue_filter all = { .size = sizeof(all), .scope = cairn_any(), .finished = 1 };
	cairn_queues *queues = NULL;
	ct_ok(cairn_queue_list(conn, &all, &queues, ct_err()));
	ct_later(queues);
	return queues;
}

const cairn_queue *ct_queue(cairn_conn *conn, const char *name)
{
	const cairn_queues *queues = ct_queues(conn);
	for (size_t i = 0; i < queues->count; i++) {
		if (queues->at[i].name.len == strlen(name) &&
		    memcmp(queues->at[i].name.ptr, name, strlen(name)) == 0)
			return &queues->at[i];
	}
	ct_fail("there is no queue %s", name);
}

bool ct_pause(cairn_conn *conn, const char *queue)
{
	cairn_str name = cairn_str_of(queue);
	cairn_queue_changed each;
	ct_ok(cairn_queue_pause(conn, &name, 1, &each, ct_err()));
	return each.changed != 0;
}

bool ct_resume(cairn_conn *conn, const char *queue)
{
	cairn_str name = cairn_str_of(queue);
	cairn_queue_changed each;
	ct_ok(cairn_queue_resume(conn, &name, 1, &each, ct_err()));
	return each.changed != 0;
}

/* ---- resources --------------------------------------------------------------- */

cairn_id ct_add_needing(cairn_conn *conn, const char *key, int32_t priority)
{
	cairn_job_new job = ct_new("t");
	job.resource_key = cairn_str_of(key);
	job.priority = priority;
	job.set = CAIRN_JOB_PRIORITY;
	return ct_add(conn, &job);
}

void ct_capacity(cairn_conn *conn, const char *key, int32_t capacity)
{
	cairn_capacity item = { .key = cairn_str_of(key), .capacity = capacity };
	ct_ok(cairn_resource_set(conn, &item, 1, ct_err()));
}
