/*
 * mutants_intents.c - the mutants of the intents store. (mutants.c: the others)
 */
#include "mutant.h"

static void any_request(const cairn_job_insert *request, cairn_intent_found *found)
{
	memcpy(found->request_hash, request->request_hash, sizeof(found->request_hash));
}

static void always_pending(const cairn_job_insert *request, cairn_intent_found *found)
{
	(void)request;
	found->status = CAIRN_INTENT_PENDING;
}

static void no_tenant(cairn_job_insert *request)
{
	request->tenant = (cairn_str){ NULL, 0 };
}

static void no_priority(cairn_job_insert *request)
{
	request->set = 0;
	request->priority = 0;
}

static void no_resource(cairn_job_insert *request)
{
	request->resource_key = (cairn_str){ NULL, 0 };
}

static void no_limit(cairn_take_plan *plan)
{
	plan->limit = 1000;
}

static void any_type(cairn_take_plan *plan)
{
	plan->types = NULL;
	plan->type_count = 0;
}

static void reverse(cairn_rows *intents)
{
	size_t n = cairn_rows_count(intents);
	for (size_t i = 0; i < n / 2; i++) {
		cairn_intent *a = cairn_rows_at(intents, i);
		cairn_intent *b = cairn_rows_at(intents, n - 1 - i);
		cairn_intent kept = *a;
		*a = *b;
		*b = kept;
	}
}

static void forget_run_at(cairn_rows *intents)
{
	for (size_t i = 0; i < cairn_rows_count(intents); i++) {
		cairn_intent *intent = cairn_rows_at(intents, i);
		intent->run_at = 0;
	}
}

static void at_once(cairn_settle *settle)
{
	settle->retry_after = 0;
}

static void same_delay(cairn_settle *settle)
{
	if (settle->retry_after > 0)
		settle->retry_after = 2 * CAIRN_SECOND;
}

static void no_link(cairn_settle *settle)
{
	if (settle->to == CAIRN_INTENT_PROMOTED)
		settle->job = settle->id;
}

static void conflicts_wait(cairn_settle *settle)
{
	if (settle->to == CAIRN_INTENT_CONFLICTED)
		settle->to = CAIRN_INTENT_PENDING;
}

static void no_reason(cairn_settle *settle)
{
	settle->error_code = (cairn_str){ NULL, 0 };
}

static void list_any(cairn_intent_query *query)
{
	query->scope = cairn_any();
}

static void every_status(cairn_intent_query *query)
{
	query->statuses = ~0u;
}

static void stats_any(cairn_intent_stats_query *query)
{
	query->scope = cairn_any();
}

static void whole_history(cairn_intent_stats_query *query)
{
	query->window = 365 * CAIRN_DAY;
}

static void prune_any(cairn_intent_prune_plan *plan)
{
	plan->scope = cairn_any();
}

static void prune_later_ones(cairn_intent_prune_plan *plan)
{
	plan->before += CAIRN_MINUTE;
}

static void prune_all(cairn_intent_prune_plan *plan)
{
	plan->limit = 1000;
}

#define CASES .cases = "intents.*"

const ct_mutant ct_intent_mutants[] = {
	{ .name = "intent_any_request",
	  .rule = "takes every request under a key for the same",
	  CASES,
	  .recorded = any_request },
	{ .name = "intent_always_pending",
	  .rule = "tells who records again that the intent is pending",
	  CASES,
	  .recorded = always_pending },
	{ .name = "intent_tenants_share_keys",
	  .rule = "records every intent as a global one",
	  CASES,
	  .record = no_tenant },
	{ .name = "intent_priority_lost",
	  .rule = "forgets the priority that was asked for",
	  CASES,
	  .record = no_priority },
	{ .name = "intent_limit_ignored",
	  .rule = "takes whatever is due",
	  CASES,
	  .take = no_limit },
	{ .name = "intent_types_ignored",
	  .rule = "promotes types that nobody asked for",
	  CASES,
	  .take = any_type },
	{ .name = "intent_order_reversed",
	  .rule = "takes what is due the other way round",
	  CASES,
	  .taken = reverse },
	{ .name = "intent_resource_lost",
	  .rule = "records a request without the resource that it needs",
	  CASES,
	  .record = no_resource },
	{ .name = "intent_run_at_lost",
	  .rule = "reads an intent without the time it asked for",
	  CASES,
	  .taken = forget_run_at },
	{ .name = "intent_promoted_early",
	  .rule = "takes deferred intents an hour before they are due",
	  CASES,
	  .take_clock = CAIRN_HOUR },
	{ .name = "intent_deferral_at_once",
	  .rule = "defers an intent to this very moment",
	  CASES,
	  .settle = at_once },
	{ .name = "intent_deferral_constant",
	  .rule = "defers for two seconds each time",
	  CASES,
	  .settle = same_delay },
	{ .name = "intent_link_wrong",
	  .rule = "links a promoted intent to something else than its job",
	  CASES,
	  .settle = no_link },
	{ .name = "intent_conflict_tried_again",
	  .rule = "leaves a conflicted intent pending",
	  CASES,
	  .settle = conflicts_wait },
	{ .name = "intent_reason_lost",
	  .rule = "defers and ends intents without a code",
	  CASES,
	  .settle = no_reason },
	{ .name = "intent_scope_ignored",
	  .rule = "shows every tenant's intents",
	  CASES,
	  .intent_list = list_any },
	{ .name = "intent_status_filter_ignored",
	  .rule = "lists intents of every status",
	  CASES,
	  .intent_list = every_status },
	{ .name = "intent_metrics_scope_ignored",
	  .rule = "counts every tenant's intents",
	  CASES,
	  .intent_stats = stats_any },
	{ .name = "intent_metrics_window_ignored",
	  .rule = "counts what was promoted a year ago",
	  CASES,
	  .intent_stats = whole_history },
	{ .name = "intent_prune_scope_ignored",
	  .rule = "deletes other tenants' intents",
	  CASES,
	  .intent_prune = prune_any },
	{ .name = "intent_prune_too_much",
	  .rule = "deletes intents that were promoted later",
	  CASES,
	  .intent_prune = prune_later_ones },
	{ .name = "intent_prune_unbounded",
	  .rule = "deletes more than it may",
	  CASES,
	  .intent_prune = prune_all },
};

const size_t ct_intent_mutant_count = sizeof(ct_intent_mutants) / sizeof(ct_intent_mutants[0]);
