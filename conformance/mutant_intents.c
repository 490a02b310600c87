/*
 * mutant_intents.c - the slots of intents as a mutant has them: the driver's own, with a plan
 * changed on the way in or an answer on the way out. (mutant.c)
 */
#include <stdlib.h>

#include "mutant.h"

static const ct_mutant *active;

static cairn_status on_record(void *self, const cairn_intent_plan *plan, cairn_intent_found *each,
			      cairn_error *err)
{
	cairn_intent_plan mine = *plan;
	cairn_job_insert *requests = ct_copy_of(plan->requests, plan->n, sizeof(*requests));
	for (size_t i = 0; i < plan->n && active->record; i++)
		active->record(&requests[i]);
	mine.requests = requests;
	cairn_status status = ct_real_ops()->intents.record(self, &mine, each, err);
	for (size_t i = 0; i < plan->n && active->recorded && status == CAIRN_OK; i++)
		active->recorded(&plan->requests[i], &each[i]);
	free(requests);
	return status;
}

static cairn_status on_take(void *self, const cairn_take_plan *plan, cairn_time *now,
			    cairn_rows *intents, cairn_error *err)
{
	cairn_take_plan mine = *plan;
	if (active->take)
		active->take(&mine);
	if (active->take_clock)
		ct_advance(active->take_clock);
	cairn_status status = ct_real_ops()->intents.take(self, &mine, now, intents, err);
	if (active->take_clock)
		ct_advance(-active->take_clock);
	if (status == CAIRN_OK && active->taken)
		active->taken(intents);
	return status;
}

static cairn_status on_settle(void *self, const cairn_settle_plan *plan, size_t *settled,
			      cairn_error *err)
{
	cairn_settle_plan mine = *plan;
	cairn_settle *intents = ct_copy_of(plan->intents, plan->n, sizeof(*intents));
	for (size_t i = 0; i < plan->n && active->settle; i++)
		active->settle(&intents[i]);
	mine.intents = intents;
	cairn_status status = ct_real_ops()->intents.settle(self, &mine, settled, err);
	free(intents);
	return status;
}

static cairn_status on_list(void *self, const cairn_intent_query *query, cairn_rows *rows,
			    cairn_error *err)
{
	cairn_intent_query mine = *query;
	if (active->intent_list)
		active->intent_list(&mine);
	return ct_real_ops()->intents.list(self, &mine, rows, err);
}

static cairn_status on_metrics(void *self, const cairn_intent_stats_query *query, cairn_time *now,
			       cairn_rows *rows, cairn_error *err)
{
	cairn_intent_stats_query mine = *query;
	if (active->intent_stats)
		active->intent_stats(&mine);
	return ct_real_ops()->intents.metrics(self, &mine, now, rows, err);
}

static cairn_status on_prune(void *self, const cairn_intent_prune_plan *plan, size_t *deleted,
			     cairn_error *err)
{
	cairn_intent_prune_plan mine = *plan;
	if (active->intent_prune)
		active->intent_prune(&mine);
	return ct_real_ops()->intents.prune(self, &mine, deleted, err);
}

void ct_wrap_intents(cairn_intent_ops *intents, const ct_mutant *mutant)
{
	active = mutant;
	*intents = ct_real_ops()->intents;
	intents->record = on_record;
	intents->take = on_take;
	intents->settle = on_settle;
	intents->list = on_list;
	intents->metrics = on_metrics;
	intents->prune = on_prune;
}
