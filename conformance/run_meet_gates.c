/* run_meet_gates.c - gates, deadlines and appends that meet: in every order, as if one had been after the other. */
#include "ct_run_meet.h"

#define CONTINUE CAIRN_ON_FAILURE_CONTINUE
#define FAST	 CAIRN_ON_FAILURE_FAIL_FAST

static void completion_and_cancel(void)
{
	ct_run_meet("g* c:g! d:c h*:g", CONTINUE, &ct_open_g, &ct_stop);
	ct_run_meet("g* c:g! d:c", CONTINUE, &ct_fail_g, &ct_stop);
	ct_run_meet("g*", CONTINUE, &ct_open_g, &ct_stop);
}

static void completion_and_completion(void)
{
	ct_run_meet("g* c:g! d:c! e:g", CONTINUE, &ct_open_g, &ct_fail_g);
	ct_run_meet("g* c:g! d:c! e:g", CONTINUE, &ct_open_g, &ct_open_g);
	ct_run_meet("g* c d", FAST, &ct_open_g, &ct_fail_g);
}

static void completion_and_finish(void)
{
	ct_run_meet("a g* c:a,g! d:a!,g", CONTINUE, &ct_open_g, &ct_finish_a);
	ct_run_meet("a g* c:a,g! d:a!,g", CONTINUE, &ct_fail_g, &ct_fail_a);
	ct_run_meet("a g* c", FAST, &ct_open_g, &ct_fail_a);
}

static void completion_and_append(void)
{
	ct_run_meet("a g* c:g", CONTINUE, &ct_open_g, &ct_add_m);
	ct_run_meet("a g* c:g!", CONTINUE, &ct_fail_g, &ct_add_p);
}

static void append_and_append(void)
{
	ct_run_meet("a g*", CONTINUE, &ct_add_m, &ct_add_p);
	ct_run_meet("a g*", CONTINUE, &ct_add_m, &ct_add_m);
}

static void append_and_cancel(void)
{
	ct_run_meet("a g* c:g", CONTINUE, &ct_add_m, &ct_stop);
}

static void deadline_and_completion(void)
{
	ct_run_meet("g* c:g! d:g", CONTINUE, &ct_overdue, &ct_open_g);
	ct_run_meet("g* c:g! d:g", FAST, &ct_overdue, &ct_open_g);
}

static void deadline_and_others(void)
{
	ct_run_meet("a g* c:a,g! d:g", CONTINUE, &ct_overdue, &ct_finish_a);
	ct_run_meet("a g* c:a,g! d:g", CONTINUE, &ct_overdue, &ct_stop);
	ct_run_meet("a g* c:a,g! d:g", CONTINUE, &ct_overdue, &ct_add_p);
	ct_run_meet("a g* c:a,g! d:g", FAST, &ct_overdue, &ct_fail_a);
}

static void two_reapers(void)
{
	ct_run_meet("a g* c:g! d:g", CONTINUE, &ct_overdue, &ct_overdue);
}

#define MEET .kind = CT_INTERLEAVE, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.meet.completion_and_cancel",
	  MEET,
	  .rule = "A gate that was completed before the run's cancel stays so; afterwards the "
		  "completion "
		  "conflicts.",
	  .covers = "runledger O08, T09",
	  .run = completion_and_cancel },
	{ .name = "runs.meet.completion_and_completion",
	  MEET,
	  .rule = "Of two completions the first counts; the same again is OK, another one "
		  "conflicts.",
	  .covers = "runledger O02, O03",
	  .run = completion_and_completion },
	{ .name = "runs.meet.completion_and_finish",
	  MEET,
	  .rule = "A gate and a job that end at once release or cancel the join once.",
	  .covers = "runledger Z05",
	  .run = completion_and_finish },
	{ .name = "runs.meet.completion_and_append",
	  MEET,
	  .rule = "An append that comes behind the end of its window is refused; one that was "
		  "first "
		  "gets what follows.",
	  .run = completion_and_append },
	{ .name = "runs.meet.append_and_append",
	  MEET,
	  .rule = "Two appends to one run both count; the same one twice counts once.",
	  .covers = "runledger B03, B10",
	  .run = append_and_append },
	{ .name = "runs.meet.append_and_cancel",
	  MEET,
	  .rule = "What was appended before the run's cancel is canceled with it; afterwards the "
		  "window "
		  "is shut.",
	  .run = append_and_cancel },
	{ .name = "runs.meet.deadline_and_completion",
	  MEET,
	  .rule = "A gate ends by its deadline or by its completion, whichever was first, and "
		  "once.",
	  .run = deadline_and_completion },
	{ .name = "runs.meet.deadline_and_others",
	  MEET,
	  .rule = "A deadline and an end, a cancel or an append in its run go in either order; the "
		  "reaper waits for nobody.",
	  .run = deadline_and_others },
	{ .name = "runs.meet.two_reapers_of_gates",
	  MEET,
	  .rule = "Two reapers end a gate once.",
	  .run = two_reapers },
};

CT_GROUP(run_meet_gates, cases);
