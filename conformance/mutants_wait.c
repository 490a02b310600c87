/*
 * mutants_wait.c - mutants of waiting for work: who looks wrongly, and who is not told; and of
 * upkeep. (mutants.c: the others)
 */
#include "mutant.h"

static void first_queue_only(cairn_wait_plan *plan)
{
	plan->queue_count = 1;
}

static void default_queue_only(cairn_wait_plan *plan)
{
	static const cairn_str usual = { "default", sizeof("default") - 1 };
	plan->queues = &usual;
	plan->queue_count = 1;
}

static void always_work(cairn_due *work)
{
	work->due = 1;
}

static void never_work(cairn_due *work)
{
	work->due = 0;
}

static void later_is_now(cairn_due *work)
{
	if (work->next < CAIRN_DUE_MAX)
		work->due = 1;
}

static void no_next(cairn_due *work)
{
	work->next = CAIRN_DUE_MAX;
}

static cairn_status told_nothing(void *self, const cairn_wait_plan *plan, enum cairn_wake *wake,
				 cairn_error *err)
{
	(void)self;
	(void)err;
	ct_nap(plan->timeout);
	*wake = CAIRN_WAKE_NONE;
	return CAIRN_OK;
}

static cairn_status oversleep(void *self, const cairn_wait_plan *plan, enum cairn_wake *wake,
			      cairn_error *err)
{
	cairn_wait_plan mine = *plan;
	mine.timeout = 2 * CAIRN_SECOND;
	return ct_real_ops()->jobs.wait(self, &mine, wake, err);
}

/* ---- upkeep ---- */

static void all_of_them(uint32_t *limit)
{
	*limit = 1000000;
}

static void says_nothing_is_left(cairn_upkeep_report *report)
{
	report->more = 0;
}

static void more_when_full(cairn_upkeep_report *report)
{
	report->more = report->unparked > 0;
}

static void queues_are_jobs(cairn_upkeep_report *report)
{
	report->queues = (uint32_t)report->unparked;
}

/* It says so, and they stay where they are. */
static cairn_status unparks_nothing(void *self, uint32_t limit, cairn_upkeep_report *report,
				    cairn_error *err)
{
	(void)self;
	(void)err;
	report->unparked = limit < 3 ? limit : 3;
	report->queues = 2;
	return CAIRN_OK;
}

const ct_mutant ct_wait_mutants[] = {
	{ .name = "upkeep_without_bound",
	  .rule = "puts jobs in line without a bound",
	  .cases = "upkeep.*",
	  .unpark = all_of_them },
	{ .name = "upkeep_says_nothing_is_left",
	  .rule = "does not say that others are due",
	  .cases = "upkeep.*",
	  .unparked = says_nothing_is_left },
	{ .name = "upkeep_says_something_is_left",
	  .rule = "says that others are due whenever it did something",
	  .cases = "upkeep.*",
	  .unparked = more_when_full },
	{ .name = "upkeep_counts_jobs_as_queues",
	  .rule = "counts a queue for each job",
	  .cases = "upkeep.*",
	  .unparked = queues_are_jobs },
	{ .name = "upkeep_one_tick_early",
	  .rule = "puts jobs in line a microsecond too early",
	  .cases = "upkeep.*",
	  .unpark_clock = 1 },
	{ .name = "upkeep_leaves_them_parked",
	  .rule = "says that it put jobs in line, and did not",
	  .cases = "upkeep.*",
	  .unpark_slot = unparks_nothing },
	{ .name = "wait_looks_into_the_first_queue",
	  .rule = "finds work in the first of several queues only",
	  .cases = "wait.only_in_the_named_queues",
	  .waiting = first_queue_only },
	{ .name = "wait_looks_into_the_default_queue",
	  .rule = "finds work in the default queue, whatever was asked for",
	  .cases = "wait.only_in_the_named_queues",
	  .waiting = default_queue_only },
	{ .name = "wait_always_finds_work",
	  .rule = "says that there is work where there is none",
	  .cases = "wait.*",
	  .looked = always_work },
	{ .name = "wait_never_finds_work",
	  .rule = "does not see work that is there",
	  .cases = "wait.returns_at_once*",
	  .looked = never_work },
	{ .name = "wait_takes_later_for_now",
	  .rule = "says that there is work when it is for later",
	  .cases = "wait.*",
	  .looked = later_is_now },
	{ .name = "wait_forgets_when_the_next_is_due",
	  .rule = "sleeps on when a job becomes due",
	  .cases = "wait.*",
	  .looked = no_next },
	{ .name = "wait_is_told_nothing",
	  .rule = "promises to be told and is not",
	  .cases = "wait.*",
	  .wait_slot = told_nothing },
	{ .name = "wait_oversleeps",
	  .rule = "sleeps longer than it was asked to",
	  .cases = "wait.times_out*",
	  .wait_slot = oversleep },
};

const size_t ct_wait_mutant_count = sizeof(ct_wait_mutants) / sizeof(ct_wait_mutants[0]);
