/* intent_plan.h - intents that were taken, on their way to jobs: what to enqueue, what to settle. */
#ifndef CAIRN_INTENT_PLAN_H
#define CAIRN_INTENT_PLAN_H

#include "core.h"

#include <cairn/sys/json.h>

/* A batch of one transaction. Everything in it lives as long as the taken rows. */
struct cairn__intents {
	cairn_conn *conn;
	cairn_rows taken; /* cairn_intent */
	cairn_time now;
	cairn_promoted *fates; /* one per taken intent; what is 0: not decided yet */
	cairn_job_insert *jobs;
	cairn_job_inserted *inserted;
	size_t *from; /* which intent a job is of */
	size_t job_count;
	cairn_settle *settles;
	size_t settle_count;
	cairn_text requests;
};

void cairn__intents_begin(struct cairn__intents *batch, cairn_conn *conn);
void cairn__intents_end(struct cairn__intents *batch);

/*
 * After the take: plans a job for each intent that still is the request it was recorded as; the
 * others are deferred.
 */
cairn_status cairn__intents_plan(struct cairn__intents *batch, cairn_error *err);
/* After the enqueue: decides what became of each, and plans the settles. */
cairn_status cairn__intents_judge(struct cairn__intents *batch, cairn_error *err);
/* The database refused intent i: it is deferred, and nothing else is settled. */
cairn_status cairn__intents_defer(struct cairn__intents *batch, size_t i, const cairn_error *cause,
				  cairn_error *err);

#endif
