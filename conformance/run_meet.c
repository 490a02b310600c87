/*
 * run_meet.c - jobs of steps that end while something else happens to their run: in every order, as if one had
 * happened after the other. (gates and appends: run_meet_gates.c; more than two: run_meet_many.c)
 */
#include "ct_run_meet.h"

#define CONTINUE CAIRN_ON_FAILURE_CONTINUE
#define FAST	 CAIRN_ON_FAILURE_FAIL_FAST

static void two_prerequisites(void)
{
	ct_run_meet("a b c:a,b! d:c", CONTINUE, &ct_finish_a, &ct_finish_b);
	ct_run_meet("a b c:a!,b! d:c! e:c", CONTINUE, &ct_finish_a, &ct_fail_b);
}

static void two_failures(void)
{
	ct_run_meet("a b c:a!,b! d:c! e:c,b x", CONTINUE, &ct_fail_a, &ct_fail_b);
	ct_run_meet("a b", CONTINUE, &ct_fail_a, &ct_finish_b);
}

static void two_failures_fast(void)
{
	ct_run_meet("a b c:a d", FAST, &ct_fail_a, &ct_fail_b);
	ct_run_meet("a b c:b d", FAST, &ct_fail_a, &ct_finish_b);
}

static void finish_and_cancel(void)
{
	ct_run_meet("a c:a! d:c g*:a", CONTINUE, &ct_finish_a, &ct_stop);
	ct_run_meet("a", CONTINUE, &ct_finish_a, &ct_stop);
}

static void failure_and_cancel(void)
{
	ct_run_meet("a b c:a! d:c,b e:a", CONTINUE, &ct_fail_a, &ct_stop);
	ct_run_meet("a b c:a! d:c,b e:a", FAST, &ct_fail_a, &ct_stop);
}

static void finish_and_job_cancel(void)
{
	ct_run_meet("a b c:a!,b d:a,b!", CONTINUE, &ct_cancel_a, &ct_finish_b);
	ct_run_meet("a c:a! d:a", CONTINUE, &ct_cancel_a, &ct_finish_a);
}

static void job_cancel_and_cancel(void)
{
	ct_run_meet("a b c:a! d:a", CONTINUE, &ct_cancel_a, &ct_stop);
	ct_run_meet("a b", CONTINUE, &ct_stop, &ct_stop);
}

static void finish_and_append(void)
{
	ct_run_meet("a g* c:a", CONTINUE, &ct_finish_a, &ct_add_m);
	ct_run_meet("a g* c:g", CONTINUE, &ct_finish_a, &ct_add_p);
}

static void failure_and_append(void)
{
	ct_run_meet("a g* c:a", CONTINUE, &ct_fail_a, &ct_add_p);
	ct_run_meet("a g* c:a", FAST, &ct_fail_a, &ct_add_m);
}

static void job_cancel_and_append(void)
{
	ct_run_meet("a g* c:a", CONTINUE, &ct_cancel_a, &ct_add_p);
}

static void claim_and_ends(void)
{
	ct_run_meet("a c d:c", CONTINUE, &ct_claim_c, &ct_stop);
	ct_run_meet("a c d:c", CONTINUE, &ct_claim_c, &ct_finish_a);
	ct_run_meet("a b c:a", CONTINUE, &ct_claim_c, &ct_finish_a);
	ct_run_meet("a c d:c", FAST, &ct_claim_c, &ct_fail_a);
}

#define MEET .kind = CT_INTERLEAVE, .store = CT_WORKFLOWS

static const ct_case cases[] = {
	{ .name = "runs.meet.two_prerequisites_end_at_once",
	  MEET,
	  .rule = "Prerequisites that end in two sessions at once release or cancel the join once.",
	  .covers = "runledger Z05",
	  .run = two_prerequisites },
	{ .name = "runs.meet.two_failures_at_once",
	  MEET,
	  .rule = "Failures in two sessions at once go on as if one had been after the other.",
	  .covers = "runledger Z05",
	  .run = two_failures },
	{ .name = "runs.meet.two_failures_of_a_fast_run",
	  MEET,
	  .rule = "In a run that is FAIL_FAST the other session's end is refused if the failure "
		  "was "
		  "first, and done if it was first itself.",
	  .run = two_failures_fast },
	{ .name = "runs.meet.finish_and_cancel",
	  MEET,
	  .rule = "A success that was first stays, and what it released is canceled; one that "
		  "comes "
		  "behind the run's cancel is refused.",
	  .covers = "runledger T04",
	  .run = finish_and_cancel },
	{ .name = "runs.meet.failure_and_cancel",
	  MEET,
	  .rule = "A failure and a cancel of the run end each step once, in either order.",
	  .covers = "runledger T04",
	  .run = failure_and_cancel },
	{ .name = "runs.meet.finish_and_cancel_of_a_job",
	  MEET,
	  .rule = "A cancel of one prerequisite and the success of another one both count; of one "
		  "and "
		  "the same job the first.",
	  .covers = "runledger X06",
	  .run = finish_and_job_cancel },
	{ .name = "runs.meet.cancel_of_a_job_and_of_the_run",
	  MEET,
	  .rule = "Cancels of a job and of its run, or of the run twice, end each step once.",
	  .run = job_cancel_and_cancel },
	{ .name = "runs.meet.finish_and_append",
	  MEET,
	  .rule = "A step that is appended behind one that ends meanwhile is released by the end "
		  "or by "
		  "the append, and once.",
	  .run = finish_and_append },
	{ .name = "runs.meet.failure_and_append",
	  MEET,
	  .rule = "Behind a failure an append cancels what wanted success; a run that is over "
		  "takes "
		  "none.",
	  .run = failure_and_append },
	{ .name = "runs.meet.cancel_of_a_job_and_append",
	  MEET,
	  .rule = "A cancel of a prerequisite and an append behind it go in either order.",
	  .run = job_cancel_and_append },
	{ .name = "runs.meet.claims_and_ends",
	  MEET,
	  .rule = "A claim of a step's job and an end in its run do not keep each other from what "
		  "they "
		  "do.",
	  .run = claim_and_ends },
};

CT_GROUP(run_meet, cases);
