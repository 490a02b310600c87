/*
 * upkeep.c - putting jobs in line whose time has come, in all queues. There is nothing to tidy:
 * what is deleted is gone.
 */
#include <stdlib.h>

#include "mem.h"

/* Queue by queue, what is due for longest first. */
static int by_queue(const void *a, const void *b)
{
	const cairn_job *x = *(const cairn_job *const *)a;
	const cairn_job *y = *(const cairn_job *const *)b;
	int order = cairn_str_compare(x->queue, y->queue);
	if (order != 0)
		return order;
	if (x->run_at != y->run_at)
		return x->run_at < y->run_at ? -1 : 1;
	return cairn_id_compare(x->id, y->id);
}

static size_t queues_of(const cairn_job *const *jobs, size_t n)
{
	size_t queues = n > 0 ? 1 : 0;
	for (size_t i = 1; i < n; i++)
		queues += !cairn_str_equal(jobs[i - 1]->queue, jobs[i]->queue);
	return queues;
}

struct call {
	uint32_t limit;
	cairn_upkeep_report *report;
};

static int unpark(struct mem_write *write, const cairn_job **due, void *arg)
{
	const struct call *call = arg;
	cairn_upkeep_report *report = call->report;
	size_t found = 0;
	for (size_t i = 0; i < cairn_mem__count(write->state, MEM_JOBS); i++) {
		const cairn_job *job = cairn_mem__at(write->state, MEM_JOBS, i);
		if (job->status == CAIRN_JOB_PENDING && job->parked && job->run_at <= write->now)
			due[found++] = job;
	}
	if (found > 0)
		qsort(due, found, sizeof *due, by_queue);
	size_t n = found < call->limit ? found : call->limit;
	report->unparked = n;
	report->queues = (uint32_t)queues_of(due, n);
	report->more = found > n;
	for (size_t i = 0; i < n; i++) {
		cairn_job ready = *due[i];
		ready.parked = 0;
		if (cairn_mem__put(write->state, MEM_JOBS, &ready) != 0)
			return -1;
	}
	return 0;
}

cairn_status cairn_mem__job_unpark(void *self, uint32_t limit, cairn_upkeep_report *report,
				   cairn_error *err)
{
	struct call call = { .limit = limit, .report = report };
	return cairn_mem__pick(self, unpark, &call, err);
}
