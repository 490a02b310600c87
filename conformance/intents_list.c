/*
 * intents_list.c - reading intents, counting them, deleting promoted ones; and how often these
 * calls wait for their database.
 */
#include "ct.h"

static cairn_intent_filter filter_of(cairn_scope scope)
{
	return (cairn_intent_filter){ .size = sizeof(cairn_intent_filter), .scope = scope };
}

/* The keys of a page in its order. */
static const char *listed(cairn_conn *conn, const cairn_intent_filter *filter)
{
	cairn_intents *found = NULL;
	const char *line = "";
	ct_ok(cairn_intent_list(conn, filter, &found, ct_err()));
	ct_later(found);
	for (size_t i = 0; i < found->count; i++)
		line = ct_format("%s%s%s", line, i ? " " : "", found->at[i].key.ptr);
	return line;
}

static cairn_id record_for(cairn_conn *conn, const char *tenant, const char *type, const char *key)
{
	cairn_job_new request = ct_new(type);
	cairn_intent_recorded recorded = { .status = CAIRN_OK };
	request.tenant = cairn_str_of(tenant);
	request.key = cairn_str_of(key);
	ct_ok(cairn_intent_record(conn, &request, 1, &recorded, ct_err()));
	ct_each(recorded, CAIRN_OK, NULL);
	return recorded.id;
}

/* ---- list ------------------------------------------------------------------------- */

static void pages(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[5];
	for (size_t i = 0; i < 5; i++)
		ids[i] = ct_record(conn, i % 2 ? "u" : "t", ct_format("k%zu", i));
	cairn_intent_filter filter = filter_of(cairn_any());
	ct_text(listed(conn, &filter), "k4 k3 k2 k1 k0");
	filter.limit = 2;
	ct_text(listed(conn, &filter), "k4 k3");
	filter.after = ids[3];
	ct_text(listed(conn, &filter), "k2 k1");
	filter.after = ids[0];
	ct_text(listed(conn, &filter), "");
	filter = filter_of(cairn_any());
	filter.type = CAIRN_STR("u");
	ct_text(listed(conn, &filter), "k3 k1");
	filter.limit = 1;
	filter.after = ids[3];
	ct_text(listed(conn, &filter), "k1");
}

static void by_status(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new other = ct_new("t");
	ct_define(conn, "t");
	other.key = CAIRN_STR("taken");
	other.payload = CAIRN_STR("1");
	ct_add(conn, &other);
	ct_record(conn, "t", "fine");
	ct_record(conn, "t", "taken");
	ct_record(conn, "unknown", "waits");
	ct_promote(conn, 0);
	cairn_intent_filter filter = filter_of(cairn_any());
	filter.statuses = 1u << CAIRN_INTENT_PENDING;
	ct_text(listed(conn, &filter), "waits");
	filter.statuses = 1u << CAIRN_INTENT_PROMOTED;
	ct_text(listed(conn, &filter), "fine");
	filter.statuses = 1u << CAIRN_INTENT_CONFLICTED;
	ct_text(listed(conn, &filter), "taken");
	filter.statuses |= 1u << CAIRN_INTENT_PENDING;
	ct_text(listed(conn, &filter), "waits taken");
}

static void compact(void)
{
	cairn_conn *conn = ct_open();
	cairn_intents *found = NULL;
	cairn_intent_filter filter = filter_of(cairn_any());
	ct_record(conn, "t", "k");
	ct_ok(cairn_intent_list(conn, &filter, &found, ct_err()));
	ct_str(found->at[0].payload, "{}");
	ct_true(found->at[0].request.len > 0);
	filter.compact = 1;
	ct_ok(cairn_intent_list(conn, &filter, &found, ct_err()));
	ct_str(found->at[0].payload, NULL);
	ct_str(found->at[0].request, NULL);
	ct_str(found->at[0].key, "k");
	ct_later(found);
}

static void scopes(void)
{
	cairn_conn *conn = ct_open();
	cairn_intents *found = NULL;
	cairn_id global = record_for(conn, NULL, "t", "g");
	cairn_id a = record_for(conn, "a", "t", "a");
	record_for(conn, "b", "t", "b");
	cairn_intent_filter filter = filter_of(cairn_global());
	ct_text(listed(conn, &filter), "g");
	filter.scope = cairn_tenant(CAIRN_STR("a"));
	ct_text(listed(conn, &filter), "a");
	filter.scope = cairn_tenant(CAIRN_STR("nobody"));
	ct_text(listed(conn, &filter), "");
	ct_ok(cairn_intent_get(conn, cairn_tenant(CAIRN_STR("a")), a, &found, ct_err()));
	ct_status(cairn_intent_get(conn, cairn_global(), a, &found, ct_err()), CAIRN_NOT_FOUND,
		  "job.intent_not_found");
	ct_status(cairn_intent_get(conn, cairn_tenant(CAIRN_STR("b")), a, &found, ct_err()),
		  CAIRN_NOT_FOUND, "job.intent_not_found");
	ct_ok(cairn_intent_get(conn, cairn_global(), global, &found, ct_err()));
	ct_later(found);
}

static void malformed(void)
{
	cairn_conn *conn = ct_open();
	cairn_intents *found = NULL;
	cairn_intent_types *types = NULL;
	cairn_intent_filter filter = filter_of(cairn_any());
	cairn_intent_stats_filter stats = { .size = sizeof(stats) };
	cairn_promote_opts opts = { .size = sizeof(opts), .limit = 1001 };
	cairn_promote_report *report = NULL;
	uint64_t before = cairn_conn_round_trips(conn);
	filter.limit = 1001;
	ct_status(cairn_intent_list(conn, &filter, &found, ct_err()), CAIRN_INVALID,
		  "job.invalid_pagination");
	filter = filter_of((cairn_scope){ .kind = CAIRN_SCOPE_NONE });
	ct_status(cairn_intent_list(conn, &filter, &found, ct_err()), CAIRN_INVALID,
		  "arg.invalid_scope");
	ct_status(cairn_intent_metrics(conn, &stats, &types, ct_err()), CAIRN_INVALID,
		  "arg.invalid_scope");
	ct_status(cairn_intent_promote(conn, &opts, &report, ct_err()), CAIRN_INVALID,
		  "job.invalid_pagination");
	ct_status(cairn_intent_prune(conn, cairn_any(), 0, 1, NULL, ct_err()), CAIRN_INVALID,
		  "arg.invalid_time");
	ct_status(cairn_intent_prune(conn, cairn_any(), ct_now(), 1001, NULL, ct_err()),
		  CAIRN_INVALID, "job.invalid_pagination");
	ct_int(cairn_conn_round_trips(conn), before);
	cairn_free(found);
	cairn_free(types);
	cairn_free(report);
}

/* ---- metrics ----------------------------------------------------------------------- */

static const cairn_intent_types *metrics(cairn_conn *conn, cairn_scope scope)
{
	cairn_intent_stats_filter filter = { .size = sizeof(filter), .scope = scope };
	cairn_intent_types *types = NULL;
	ct_ok(cairn_intent_metrics(conn, &filter, &types, ct_err()));
	ct_later(types);
	return types;
}

static void counts(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new other = ct_new("t");
	cairn_time first = ct_now();
	ct_define(conn, "t");
	other.key = CAIRN_STR("taken");
	other.payload = CAIRN_STR("1");
	ct_add(conn, &other);
	ct_int(metrics(conn, cairn_any())->now, ct_now()); /* of nothing, too */
	ct_record(conn, "unknown", "a");
	ct_advance(CAIRN_MINUTE);
	ct_record(conn, "unknown", "b");
	ct_record(conn, "t", "fine");
	ct_record(conn, "t", "taken");
	ct_promote(conn, 0);
	const cairn_intent_types *types = metrics(conn, cairn_any());
	ct_int(types->count, 2);
	ct_int(types->now, ct_now());
	ct_str(types->at[0].type, "t");
	ct_int(types->at[0].pending, 0);
	ct_int(types->at[0].promoted_24h, 1);
	ct_int(types->at[0].conflicted_24h, 1);
	ct_int(types->at[0].oldest_pending, 0);
	ct_int(types->at[0].max_attempts, 0);
	ct_str(types->at[1].type, "unknown");
	ct_int(types->at[1].pending, 2);
	ct_int(types->at[1].retrying, 0);
	ct_int(types->at[1].promoted_24h, 0);
	ct_int(types->at[1].oldest_pending, first);
	ct_advance(CAIRN_DAY);
	ct_int(metrics(conn, cairn_any())->count, 2);
	ct_advance(1);
	types = metrics(conn, cairn_any());
	ct_int(types->count, 1);
	ct_str(types->at[0].type, "unknown");
}

static void counts_in_scope(void)
{
	cairn_conn *conn = ct_open();
	cairn_intent_stats_filter filter = { .size = sizeof(filter), .scope = cairn_any() };
	cairn_intent_types *types = NULL;
	record_for(conn, NULL, "a", "k");
	record_for(conn, "x", "b", "k");
	record_for(conn, "x", "c", "k");
	record_for(conn, "y", "c", "k");
	ct_int(metrics(conn, cairn_global())->count, 1);
	ct_int(metrics(conn, cairn_tenant(CAIRN_STR("x")))->count, 2);
	ct_int(metrics(conn, cairn_tenant(CAIRN_STR("nobody")))->count, 0);
	filter.limit = 2;
	ct_ok(cairn_intent_metrics(conn, &filter, &types, ct_err()));
	ct_int(types->count, 2);
	ct_str(types->at[1].type, "b");
	filter.after = CAIRN_STR("b");
	ct_ok(cairn_intent_metrics(conn, &filter, &types, ct_err()));
	ct_int(types->count, 1);
	ct_str(types->at[0].type, "c");
	ct_int(types->at[0].pending, 2);
	filter.after = (cairn_str){ NULL, 0 };
	filter.type = CAIRN_STR("a");
	ct_ok(cairn_intent_metrics(conn, &filter, &types, ct_err()));
	ct_int(types->count, 1);
	ct_str(types->at[0].type, "a");
	ct_later(types);
}

/* ---- retention ----------------------------------------------------------------------- */

static size_t prune(cairn_conn *conn, cairn_scope scope, cairn_time before, uint32_t limit)
{
	size_t deleted = 99;
	ct_ok(cairn_intent_prune(conn, scope, before, limit, &deleted, ct_err()));
	return deleted;
}

static void prunes_promoted(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new other = ct_new("t");
	cairn_intent_filter filter = filter_of(cairn_any());
	ct_define(conn, "t");
	other.key = CAIRN_STR("taken");
	other.payload = CAIRN_STR("1");
	ct_add(conn, &other);
	for (int i = 0; i < 3; i++) {
		ct_record(conn, "t", ct_format("k%d", i));
		ct_promote(conn, 0);
		ct_advance(CAIRN_MINUTE);
	}
	ct_record(conn, "t", "taken");
	ct_record(conn, "unknown", "waits");
	ct_promote(conn, 0);
	cairn_time now = ct_now();
	ct_advance(CAIRN_DAY);
	ct_int(prune(conn, cairn_any(), now - 3 * CAIRN_MINUTE, 0), 0);
	ct_int(prune(conn, cairn_tenant(CAIRN_STR("a")), ct_now(), 0), 0);
	ct_int(prune(conn, cairn_global(), ct_now(), 1), 1);
	ct_text(listed(conn, &filter), "waits taken k2 k1");
	ct_int(prune(conn, cairn_any(), now - CAIRN_MINUTE, 0), 1);
	ct_text(listed(conn, &filter), "waits taken k2");
	ct_int(prune(conn, cairn_any(), ct_now(), 0), 1);
	ct_int(prune(conn, cairn_any(), ct_now(), 0), 0);
	ct_text(listed(conn, &filter), "waits taken");
	ct_int(ct_count_jobs(conn, 0), 4);
	/* the key is free again, among intents */
	ct_record(conn, "t", "k0");
	ct_int(ct_promote(conn, 0)->existing, 1);
}

static void goes_with_its_job(void)
{
	cairn_conn *conn = ct_open();
	cairn_intent_filter filter = filter_of(cairn_any());
	cairn_prune_opts opts = { .size = sizeof(opts), .scope = cairn_any(), .limit = 1 };
	ct_define(conn, "t");
	for (int i = 0; i < 2; i++) {
		ct_record(conn, "t", ct_format("k%d", i));
		ct_promote(conn, 0);
		ct_finish(conn, ct_success(ct_claim(conn, "w")));
		ct_advance(CAIRN_MINUTE);
	}
	ct_record(conn, "unknown", "waits");
	ct_advance(30 * CAIRN_DAY);
	size_t pruned = 0;
	ct_ok(cairn_job_prune(conn, &opts, &pruned, ct_err()));
	ct_int(pruned, 1);
	ct_text(listed(conn, &filter), "waits k1");
	/* the key is free again, among intents and among jobs */
	ct_record(conn, "t", "k0");
	ct_int(ct_promote(conn, 0)->inserted, 1);
	ct_text(listed(conn, &filter), "k0 waits k1");
}

/* ---- budgets -------------------------------------------------------------------------- */

static void recording_is_one(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new requests[100];
	for (int round = 0; round < 4; round++) {
		size_t n = round % 2 ? 100 : 1;
		for (size_t i = 0; i < n; i++) {
			requests[i] = ct_new("t");
			requests[i].key = cairn_str_of(ct_format("k-%d-%zu", round / 2, i));
		}
		for (int again = 0; again < 2; again++) {
			ct_budget(conn);
			ct_ok(cairn_intent_record(conn, requests, n, NULL, ct_err()));
			ct_spent(conn, 1, "record", n);
		}
	}
}

static void reading_is_one(void)
{
	cairn_conn *conn = ct_open();
	cairn_intents *found = NULL;
	cairn_intent_types *types = NULL;
	cairn_promote_report *report = NULL;
	cairn_intent_filter filter = filter_of(cairn_any());
	cairn_intent_stats_filter stats = { .size = sizeof(stats), .scope = cairn_any() };
	cairn_id id = ct_record(conn, "t", "k");
	for (int round = 0; round < 3; round++) {
		ct_budget(conn);
		ct_ok(cairn_intent_get(conn, cairn_any(), id, &found, ct_err()));
		ct_spent(conn, 1, "get", 1);
		ct_ok(cairn_intent_list(conn, &filter, &found, ct_err()));
		ct_spent(conn, 1, "list", 1);
		ct_ok(cairn_intent_metrics(conn, &stats, &types, ct_err()));
		ct_spent(conn, 1, "metrics", 1);
		ct_ok(cairn_intent_promote(conn, NULL, &report, ct_err()));
		ct_spent(conn, 1, "promotion", 1);
		prune(conn, cairn_any(), ct_now(), 0);
		ct_spent(conn, 1, "prune", 1);
	}
	ct_later(found);
	ct_later(types);
	ct_later(report);
}

static uint64_t trips_of_promoting(cairn_conn *conn, size_t n)
{
	cairn_job_new requests[100];
	cairn_promote_opts opts = { .size = sizeof(opts), .limit = 100 };
	cairn_promote_report *report = NULL;
	for (size_t i = 0; i < n; i++) {
		requests[i] = ct_new("t");
		requests[i].key = cairn_str_of(ct_format("k-%u", ct_number()));
	}
	ct_ok(cairn_intent_record(conn, requests, n, NULL, ct_err()));
	uint64_t before = cairn_conn_round_trips(conn);
	ct_ok(cairn_intent_promote(conn, &opts, &report, ct_err()));
	uint64_t trips = cairn_conn_round_trips(conn) - before;
	ct_int(report->inserted, n);
	cairn_free(report);
	return trips;
}

static void promoting_many_is_as_one(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	trips_of_promoting(conn, 1);
	uint64_t of_one = trips_of_promoting(conn, 1);
	ct_note("%u round trips", (unsigned)of_one);
	ct_int(trips_of_promoting(conn, 7), of_one);
	ct_int(trips_of_promoting(conn, 100), of_one);
}

#define READ .kind = CT_VERB, .store = CT_INTENTS

static const ct_case cases[] = {
	{ .name = "intents.list.newest_first_page_by_page",
	  READ,
	  .rule = "Intents come by id descending, behind a cursor, of one type if asked.",
	  .run = pages },
	{ .name = "intents.list.filters_by_status",
	  READ,
	  .rule = "Only intents of the statuses asked for are listed.",
	  .run = by_status },
	{ .name = "intents.list.compact_rows_have_no_documents",
	  READ,
	  .rule = "With compact, payload and request stay absent and nothing else.",
	  .run = compact },
	{ .name = "intents.scope.shows_no_other_tenants_intents",
	  READ,
	  .rule = "An intent out of scope is indistinguishable from one that does not exist.",
	  .run = scopes },
	{ .name = "intents.args.malformed_calls_cost_nothing",
	  READ,
	  .rule = "Limits, scopes and times are checked before any I/O.",
	  .run = malformed },
	{ .name = "intents.metrics.count_by_type",
	  READ,
	  .rule = "Pending ones, those of the last 24 hours and the oldest; a type without any "
		  "vanishes.",
	  .covers = "runledger J16",
	  .run = counts },
	{ .name = "intents.metrics.are_scoped_and_paged",
	  READ,
	  .rule = "Metrics count what is in scope, by type, behind a cursor.",
	  .covers = "runledger J16",
	  .run = counts_in_scope },
	{ .name = "intents.prune.deletes_promoted_ones_only",
	  READ,
	  .rule = "Intents promoted strictly before a time go, oldest first and bounded; jobs, "
		  "pending and conflicted ones stay.",
	  .covers = "runledger J17",
	  .run = prunes_promoted },
	{ .name = "intents.prune.an_intent_goes_with_its_job",
	  READ,
	  .rule = "What was promoted is deleted with the job that it became, in one commit.",
	  .covers = "runledger J17",
	  .run = goes_with_its_job },
	{ .name = "intents.budget.recording_is_one_round_trip",
	  .kind = CT_BUDGET,
	  .store = CT_INTENTS,
	  .rule = "Recording n requests, new or known, is one round trip.",
	  .run = recording_is_one },
	{ .name = "intents.budget.a_promotion_of_many_is_as_many_as_of_one",
	  .kind = CT_BUDGET,
	  .store = CT_INTENTS,
	  .rule = "Whatever the number of intents that are promoted, the round trips are as many.",
	  .run = promoting_many_is_as_one },
	{ .name = "intents.budget.reads_and_idle_passes_are_one_round_trip",
	  .kind = CT_BUDGET,
	  .store = CT_INTENTS,
	  .rule = "Get, list, metrics, prune, and a promotion without anything due, are one each.",
	  .run = reading_is_one },
};

CT_GROUP(intents_list, cases);
