/*
 * ct_run.h - between the runner and the surroundings of a case; not for cases.
 */
#ifndef CT_RUN_H
#define CT_RUN_H

#include <setjmp.h>

#include "ct.h"

/* How a case ended; also the exit status of its process. */
enum ct_result { CT_PASSED = 0, CT_FAILED = 1, CT_DIED = 2, CT_TIMED_OUT = 3 };

/* What one case is run with. */
typedef struct ct_setup {
	const cairn_subject *subject;
	const ct_case *one;
	const char *url;
	const char *migrate_url;
	uint64_t seed;
	FILE *report; /* where a failure explains itself, as plain lines */
} ct_setup;

/* Runs one case in this process: migrates, runs, closes. */
enum ct_result ct_run_case(const ct_setup *setup);

/*
 * The place to which a failed expectation of this thread jumps. Threads set
 * their own around the function they run.
 */
void ct_set_escape(jmp_buf *escape);
/* Whether an expectation of any thread has failed. */
bool ct_has_failed(void);
/* Seeds the calling thread's random sequence. */
void ct_seed_thread(uint64_t number);
/* Leaves the case, after a failure that another thread has reported. */
_Noreturn void ct_escape(void);
/* Stops and joins the threads of sessions that are still there. */
void ct_sessions_end(void);

/* Shell-like: *, ?, [a-z], [!a-z]. */
bool ct_matches(const char *pattern, const char *name);

#endif
