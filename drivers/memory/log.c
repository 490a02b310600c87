/* log.c - lines about a job: appended under its lease or from outside, read by seq. */
#include "mem.h"

/* The seq of a job's newest line; 0: it has none. */
static int64_t last_seq(const struct mem_state *state, cairn_id job)
{
	struct mem_log beyond = { .job = job, .line.seq = INT64_MAX };
	size_t at = cairn_mem__seek(state, MEM_LOGS, &beyond);
	if (at == 0)
		return 0;
	const struct mem_log *last = cairn_mem__at(state, MEM_LOGS, at - 1);
	return cairn_id_compare(last->job, job) == 0 ? last->line.seq : 0;
}

/* A line is guarded as a change is: by the lease, or by the scope in any status. */
static enum cairn_hit test(const cairn_log_item *item, const cairn_job *job, cairn_time now)
{
	cairn_change guard = {
		.id = item->id,
		.fence = item->fence,
		.guard = item->guard,
		.scope = item->scope,
		.from = item->guard & CAIRN_GUARD_FENCE ? 1u << CAIRN_JOB_LEASED : UINT32_MAX,
	};
	return cairn_change_test(&guard, job, now);
}

static int append(struct mem_write *write, const cairn_log_item *item, enum cairn_hit *hit)
{
	*hit = CAIRN_MISS;
	const cairn_job *job = cairn_mem__job(write->state, item->id);
	if (job != NULL)
		*hit = test(item, job, write->now);
	if (*hit != CAIRN_HIT)
		return 0;
	struct mem_log row = {
		.line = { .seq = last_seq(write->state, item->id) + 1,
			  .level = item->level,
			  .run_number = job->run_number,
			  .attempt = item->guard & CAIRN_GUARD_FENCE ? job->attempt : 0,
			  .at = write->now,
			  .message = item->message,
			  .data = item->data },
		.job = item->id,
	};
	return cairn_mem__put(write->state, MEM_LOGS, &row);
}

cairn_status cairn_mem__log(struct mem_write *write, const cairn_log_item *items, size_t n,
			    enum cairn_hit *each, cairn_error *err)
{
	for (size_t i = 0; i < n; i++) {
		if (append(write, &items[i], &each[i]) != 0)
			return cairn_fail(err, CAIRN_E_NOMEM);
	}
	return CAIRN_OK;
}

cairn_status cairn_mem__job_log(void *self, const cairn_log_item *items, size_t n,
				enum cairn_hit *each, cairn_error *err)
{
	struct mem *mem = self;
	struct mem_write write;
	cairn_status status = cairn_mem__write_begin(mem, MEM_LOGS, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = cairn_mem__log(&write, items, n, each, err);
	return cairn_mem__write_end(mem, &write, status);
}

static int push_lines(const struct mem_state *state, const cairn_history_query *query,
		      const cairn_job *job, cairn_rows *rows)
{
	struct mem_log from = { .job = job->id, .line.seq = query->after };
	size_t count = cairn_mem__count(state, MEM_LOGS);
	for (size_t i = cairn_mem__seek(state, MEM_LOGS, &from);
	     i < count && cairn_rows_count(rows) < query->limit; i++) {
		const struct mem_log *row = cairn_mem__at(state, MEM_LOGS, i);
		if (cairn_id_compare(row->job, job->id) != 0)
			break;
		if (row->line.seq > query->after && cairn_mem__push(rows, MEM_LOGS, row) != 0)
			return -1;
	}
	return 0;
}

cairn_status cairn_mem__job_logs(void *self, const cairn_history_query *query, int *found,
				 cairn_rows *rows, cairn_error *err)
{
	return cairn_mem__read_history(self, query, found, push_lines, rows, err);
}
