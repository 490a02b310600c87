/*
 * metrics.c - counting: a row per definition, and all at a glance. Plainly, row by row, since
 * it is what the other drivers are held against.
 */
#include <stdlib.h>

#include "mem.h"

/* ---- what both count ------------------------------------------------------- */

static bool is_live(const cairn_job *job)
{
	return job->status == CAIRN_JOB_PENDING || job->status == CAIRN_JOB_LEASED;
}

static void older(cairn_time *oldest, cairn_time run_at)
{
	if (*oldest == 0 || run_at < *oldest)
		*oldest = run_at;
}

/* The job of an attempt, if it is in scope. */
static const cairn_job *owner(const struct mem_state *state, const cairn_scope *scope,
			      const struct mem_attempt *attempt)
{
	const cairn_job *job = cairn_mem__job(state, attempt->job);
	return job != NULL && cairn_mem__in_scope(scope, job->tenant) ? job : NULL;
}

/* ---- per type --------------------------------------------------------------- */

/* A count of one type on its way; durations has room for every attempt of the state. */
struct counting {
	const struct mem_state *state;
	const cairn_metrics_query *query;
	cairn_time now;
	cairn_usec *durations;
	size_t n;
};

/* Whether an attempt of the run before the job's own ended CONTINUED. */
static bool was_continued(const struct mem_state *state, const cairn_job *job)
{
	struct mem_attempt first = { .job = job->id };
	size_t i = cairn_mem__seek(state, MEM_ATTEMPTS, &first);
	for (; i < cairn_mem__count(state, MEM_ATTEMPTS); i++) {
		const struct mem_attempt *row = cairn_mem__at(state, MEM_ATTEMPTS, i);
		if (cairn_id_compare(row->job, job->id) != 0)
			return false;
		if (row->attempt.run_number == job->run_number - 1 &&
		    row->attempt.ending == CAIRN_ENDING_CONTINUED)
			return true;
	}
	return false;
}

static void count_job(const struct counting *counting, const cairn_job *job,
		      cairn_type_metrics *row)
{
	if (job->status == CAIRN_JOB_PENDING) {
		row->pending++;
		if (job->run_at <= counting->now) {
			row->ready++;
			older(&row->oldest_ready, job->run_at);
		}
	} else if (job->status == CAIRN_JOB_LEASED) {
		row->leased++;
		row->expired += job->lease_expires_at < counting->now;
	}
	if (!is_live(job) || !was_continued(counting->state, job))
		return;
	row->continued++;
	if (job->run_number > row->max_run)
		row->max_run = job->run_number;
}

static void count_jobs(const struct counting *counting, cairn_type_metrics *row)
{
	for (size_t i = 0; i < cairn_mem__count(counting->state, MEM_JOBS); i++) {
		const cairn_job *job = cairn_mem__at(counting->state, MEM_JOBS, i);
		if (cairn_str_equal(job->type, row->type) &&
		    cairn_mem__in_scope(&counting->query->scope, job->tenant))
			count_job(counting, job, row);
	}
}

static void count_attempts(struct counting *counting, cairn_type_metrics *row)
{
	const struct mem_state *state = counting->state;
	cairn_time since = counting->now - counting->query->window;
	counting->n = 0;
	for (size_t i = 0; i < cairn_mem__count(state, MEM_ATTEMPTS); i++) {
		const struct mem_attempt *one = cairn_mem__at(state, MEM_ATTEMPTS, i);
		if (one->attempt.finished_at < since)
			continue;
		const cairn_job *job = owner(state, &counting->query->scope, one);
		if (job == NULL || !cairn_str_equal(job->type, row->type))
			continue;
		row->ended[0]++;
		row->ended[one->attempt.ending]++;
		counting->durations[counting->n++] =
			one->attempt.finished_at - one->attempt.leased_at;
	}
}

static void count_dead_letters(const struct counting *counting, cairn_type_metrics *row)
{
	const struct mem_state *state = counting->state;
	cairn_time since = counting->now - counting->query->window;
	for (size_t i = 0; i < cairn_mem__count(state, MEM_DEAD_LETTERS); i++) {
		const cairn_dead_letter *letter = cairn_mem__at(state, MEM_DEAD_LETTERS, i);
		if (letter->failed_at >= since && cairn_str_equal(letter->type, row->type) &&
		    cairn_mem__in_scope(&counting->query->scope, letter->tenant))
			row->dead_lettered++;
	}
}

static int ascending(const void *a, const void *b)
{
	const cairn_usec *x = a;
	const cairn_usec *y = b;
	return (*x > *y) - (*x < *y);
}

static cairn_usec percentile(const struct counting *counting, int64_t hundredths)
{
	if (counting->n == 0)
		return -1;
	int64_t position = hundredths * (int64_t)(counting->n - 1);
	const cairn_usec *at = &counting->durations[position / 100];
	int64_t rest = position % 100;
	if (rest == 0)
		return *at;
	return at[0] + ((at[1] - at[0]) * rest + 50) / 100;
}

static int push_type(struct counting *counting, const cairn_definition *definition,
		     cairn_rows *rows)
{
	cairn_type_metrics *row = cairn_rows_push(rows);
	if (row == NULL)
		return -1;
	row->type = cairn_rows_str(rows, definition->type.ptr, definition->type.len);
	if (cairn_rows_failed(rows))
		return -1;
	row->disabled = definition->disabled;
	count_jobs(counting, row);
	count_attempts(counting, row);
	count_dead_letters(counting, row);
	if (counting->n > 1)
		qsort(counting->durations, counting->n, sizeof *counting->durations, ascending);
	row->p50 = percentile(counting, 50);
	row->p95 = percentile(counting, 95);
	return 0;
}

static bool wanted(const cairn_metrics_query *query, const cairn_definition *definition)
{
	if (query->type.len > 0 && !cairn_str_equal(definition->type, query->type))
		return false;
	return query->after.len == 0 || cairn_str_compare(definition->type, query->after) > 0;
}

static int push_types(struct counting *counting, cairn_rows *rows)
{
	size_t count = cairn_mem__count(counting->state, MEM_DEFINITIONS);
	for (size_t i = 0; i < count && cairn_rows_count(rows) < counting->query->limit; i++) {
		const cairn_definition *one = cairn_mem__at(counting->state, MEM_DEFINITIONS, i);
		if (wanted(counting->query, one) && push_type(counting, one, rows) != 0)
			return -1;
	}
	return 0;
}

cairn_status cairn_mem__metrics(void *self, const cairn_metrics_query *query, cairn_time *now,
				cairn_rows *rows, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(mem, MEM_JOBS, &state, err);
	if (status != CAIRN_OK)
		return status;
	*now = cairn_mem__now(mem);
	struct counting counting = { .state = state, .query = query, .now = *now };
	size_t size = (cairn_mem__count(state, MEM_ATTEMPTS) + 1) * sizeof *counting.durations;
	counting.durations = cairn_host_alloc(mem->host, NULL, 0, size);
	if (counting.durations == NULL || push_types(&counting, rows) != 0)
		status = cairn_fail(err, CAIRN_E_NOMEM);
	if (counting.durations != NULL)
		cairn_host_alloc(mem->host, counting.durations, size, 0);
	cairn_mem__state_drop(state);
	return status;
}

/* ---- all at a glance --------------------------------------------------------- */

/* Whether no job in scope that stands before this one has the same queue. */
static bool first_of_queue(const struct mem_state *state, const cairn_scope *scope, size_t index)
{
	const cairn_job *job = cairn_mem__at(state, MEM_JOBS, index);
	for (size_t i = 0; i < index; i++) {
		const cairn_job *other = cairn_mem__at(state, MEM_JOBS, i);
		if (cairn_str_equal(other->queue, job->queue) &&
		    cairn_mem__in_scope(scope, other->tenant))
			return false;
	}
	return true;
}

static void sum_job(const cairn_job *job, cairn_summary *summary)
{
	summary->jobs[0]++;
	summary->jobs[job->status]++;
	if (job->status == CAIRN_JOB_LEASED)
		summary->expired += job->lease_expires_at < summary->now;
	if (job->status != CAIRN_JOB_PENDING)
		return;
	if (job->run_at > summary->now) {
		summary->parked++;
		return;
	}
	summary->ready++;
	older(&summary->oldest_ready, job->run_at);
}

static bool is_failure(enum cairn_ending ending)
{
	return ending == CAIRN_ENDING_RETRYABLE || ending == CAIRN_ENDING_TERMINAL ||
	       ending == CAIRN_ENDING_TIMEOUT || ending == CAIRN_ENDING_PANICKED ||
	       ending == CAIRN_ENDING_LEASE_EXPIRED;
}

static void sum_attempt(const cairn_attempt *attempt, cairn_summary *summary)
{
	cairn_ended *const ended[] = { &summary->day, &summary->hour, &summary->minute };
	const cairn_usec spans[] = { CAIRN_DAY, CAIRN_HOUR, CAIRN_MINUTE };
	for (size_t i = 0; i < 3; i++) {
		if (attempt->finished_at < summary->now - spans[i])
			return;
		ended[i]->all++;
		ended[i]->failed += is_failure(attempt->ending);
	}
}

static void sum_up(const struct mem_state *state, const cairn_scope *scope, cairn_summary *summary)
{
	for (size_t i = 0; i < cairn_mem__count(state, MEM_JOBS); i++) {
		const cairn_job *job = cairn_mem__at(state, MEM_JOBS, i);
		if (!cairn_mem__in_scope(scope, job->tenant))
			continue;
		sum_job(job, summary);
		summary->queues += first_of_queue(state, scope, i);
	}
	for (size_t i = 0; i < cairn_mem__count(state, MEM_ATTEMPTS); i++) {
		const struct mem_attempt *one = cairn_mem__at(state, MEM_ATTEMPTS, i);
		if (owner(state, scope, one) != NULL)
			sum_attempt(&one->attempt, summary);
	}
	for (size_t i = 0; i < cairn_mem__count(state, MEM_DEFINITIONS); i++) {
		const cairn_definition *one = cairn_mem__at(state, MEM_DEFINITIONS, i);
		summary->definitions++;
		summary->disabled += one->disabled;
	}
}

cairn_status cairn_mem__summary(void *self, const cairn_scope *scope, cairn_summary *summary,
				cairn_error *err)
{
	struct mem *mem = self;
	struct mem_state *state;
	cairn_status status = cairn_mem__read_begin(mem, MEM_JOBS, &state, err);
	if (status != CAIRN_OK)
		return status;
	summary->now = cairn_mem__now(mem);
	sum_up(state, scope, summary);
	cairn_mem__state_drop(state);
	return status;
}
