/*
 * upkeep.c - putting jobs in line in all queues, from queue to queue by the first entry of each
 * in the index of those that are parked; and what keeps the file quick. Where nothing is due the
 * writer's lock is not taken.
 */
#include <string.h>

#include "lite.h"

/* ---- jobs whose time has come ------------------------------------------------ */

/* Where a walk over the queues stands. */
struct walk {
	char name[LITE_NAME];
	size_t len;
	bool found; /* there is one more queue … */
	bool due;   /* … and it has jobs whose time has come */
};

/* The next queue that has parked jobs. */
static cairn_status next_queue(struct lite *lite, struct walk *walk, cairn_time now,
			       cairn_error *err)
{
	struct lite_run run;
	cairn_status status = cairn_lite__start(&run, lite, LITE_JOB_PARKED_NEXT, err);
	if (status != CAIRN_OK)
		return status;
	cairn_lite__bind_tenant(&run, (cairn_str){ walk->name, walk->len });
	status = cairn_lite__row(&run, &walk->found, err);
	if (status != CAIRN_OK || !walk->found)
		return status;
	cairn_str queue = cairn_lite__view(&run);
	walk->due = cairn_lite__int(&run) <= now;
	walk->found = queue.len > 0 && queue.len <= LITE_NAME;
	walk->len = walk->found ? queue.len : 0;
	if (walk->found)
		memcpy(walk->name, queue.ptr, queue.len);
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

/* The next one that has jobs whose time has come. */
static cairn_status next_due(struct lite *lite, struct walk *walk, cairn_time now, cairn_error *err)
{
	cairn_status status;
	do {
		status = next_queue(lite, walk, now, err);
	} while (status == CAIRN_OK && walk->found && !walk->due);
	return status;
}

static cairn_status unpark_all(struct lite_write *write, uint32_t limit,
			       cairn_upkeep_report *report, cairn_error *err)
{
	struct walk walk = { .len = 0 };
	cairn_status status = next_due(write->lite, &walk, write->now, err);
	while (status == CAIRN_OK && walk.found && report->unparked < limit) {
		cairn_str queue = { walk.name, walk.len };
		bool more = false;
		size_t n = 0;
		status = cairn_lite__unpark(write, queue, (size_t)(limit - report->unparked), &n,
					    &more, err);
		report->unparked += n;
		report->queues += n > 0;
		report->more = more;
		if (status == CAIRN_OK && !more)
			status = next_due(write->lite, &walk, write->now, err);
	}
	if (walk.found)
		report->more = 1;
	return status;
}

static cairn_status anything_due(struct lite *lite, bool *due, cairn_error *err)
{
	struct walk walk = { .len = 0 };
	cairn_status status = cairn_lite__enter(lite, err);
	if (status == CAIRN_OK)
		status = next_due(lite, &walk, cairn_lite__time(lite), err);
	*due = walk.found;
	return status;
}

cairn_status cairn_lite__job_unpark(void *self, uint32_t limit, cairn_upkeep_report *report,
				    cairn_error *err)
{
	struct lite_write write;
	bool due;
	cairn_status status = anything_due(self, &due, err);
	if (status != CAIRN_OK || !due)
		return status;
	status = cairn_lite__write_begin(self, &write, err);
	if (status != CAIRN_OK)
		return status;
	status = unpark_all(&write, limit, report, err);
	return cairn_lite__write_end(&write, status, err);
}

/* ---- the file ------------------------------------------------------------------ */

/* What is left for the next time is no failure. */
static cairn_status forgive(cairn_status status, enum cairn_tidied *tidied)
{
	enum cairn_tidied one = CAIRN_TIDIED_NOTHING;
	if (status == CAIRN_BUSY)
		one = CAIRN_TIDIED_BUSY;
	else if (status == CAIRN_DENIED)
		one = CAIRN_TIDIED_DENIED;
	if (one > *tidied)
		*tidied = one;
	return one != CAIRN_TIDIED_NOTHING ? CAIRN_OK : status;
}

/*
 * Refreshes what the planner knows where that would help. An application's handle keeps its
 * settings, and its tables are its own.
 */
static cairn_status optimize(struct lite *lite, enum cairn_tidied *tidied, cairn_error *err)
{
	cairn_error cause = CAIRN_ERROR_INIT;
	if (!lite->owned)
		return CAIRN_OK;
	cairn_status status = cairn_lite__anew(lite, LITE_ANALYSIS_LIMIT, &cause);
	if (status == CAIRN_OK)
		status = cairn_lite__anew(lite, LITE_OPTIMIZE, &cause);
	status = forgive(status, tidied);
	if (status != CAIRN_OK && err != NULL)
		*err = cause;
	return status;
}

/* Of pages in the log some may still be read: those are left. Without a log there are -1. */
static cairn_status checkpoint(struct lite *lite, enum cairn_tidied *tidied, cairn_error *err)
{
	struct lite_run run;
	cairn_error cause = CAIRN_ERROR_INIT;
	bool more = false;
	enum cairn_tidied one = CAIRN_TIDIED_NOTHING;
	cairn_status status = cairn_lite__start(&run, lite, LITE_CHECKPOINT_NOW, &cause);
	if (status == CAIRN_OK)
		status = cairn_lite__row(&run, &more, &cause);
	if (status == CAIRN_OK && more) {
		int64_t busy = cairn_lite__int(&run);
		int64_t pages = cairn_lite__int(&run);
		int64_t moved = cairn_lite__int(&run);
		if (pages > 0)
			one = busy != 0 || moved < pages ? CAIRN_TIDIED_BUSY : CAIRN_TIDIED;
		cairn_lite__stop(&run);
	}
	if (one > *tidied)
		*tidied = one;
	status = forgive(status, tidied);
	if (status != CAIRN_OK && err != NULL)
		*err = cause;
	return status;
}

cairn_status cairn_lite__job_tidy(void *self, enum cairn_tidy tidy, enum cairn_tidied *tidied,
				  cairn_error *err)
{
	(void)tidy; /* both are cheap where there is little to do */
	cairn_status status = cairn_lite__enter(self, err);
	if (status == CAIRN_OK)
		status = optimize(self, tidied, err);
	if (status == CAIRN_OK)
		status = checkpoint(self, tidied, err);
	return status;
}
