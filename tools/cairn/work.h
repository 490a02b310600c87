/* work.h - what `cairn work` prints, and counts for its exit code. */
#ifndef CLI_WORK_H
#define CLI_WORK_H

#include <cairn/worker.h>

#include "cli.h"

struct report {
	const struct cli *cli;
	bool quiet;
	bool bounded; /* it ends of itself: no word about that, and failures count */
	bool color;
	uint64_t started;
	uint64_t succeeded;
	uint64_t failures; /* attempts that failed */
	uint64_t lost;	   /* ends that could not be recorded, and handlers left running */
	uint64_t reaped;
};

void report_begin(struct report *report, const struct cli *cli, bool quiet, bool bounded);
void report_hello(const struct report *report, const char *name, const cairn_worker_opts *opts);
void report_goodbye(const struct report *report);
cairn_worker_observe_fn report_event;

#endif
