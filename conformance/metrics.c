/*
 * metrics.c - what goes on, in numbers: a row per type, the summary, and both as text for
 * scrapers.
 */
#include "ct.h"

#define MS CAIRN_MILLISECOND

static cairn_metrics_filter filter_of(cairn_scope scope)
{
	return (cairn_metrics_filter){ .size = sizeof(cairn_metrics_filter), .scope = scope };
}

static const cairn_metrics *read_with(cairn_conn *conn, const cairn_metrics_filter *filter)
{
	cairn_metrics *rows = NULL;
	ct_ok(cairn_job_metrics(conn, filter, &rows, ct_err()));
	ct_later(rows);
	ct_int(rows->now, ct_now());
	return rows;
}

static const cairn_type_metrics *of_type(cairn_conn *conn, cairn_scope scope, const char *type)
{
	cairn_metrics_filter filter = filter_of(scope);
	filter.type = cairn_str_of(type);
	const cairn_metrics *rows = read_with(conn, &filter);
	ct_int(rows->count, 1);
	ct_str(rows->at[0].type, type);
	return &rows->at[0];
}

static void all_zero(const cairn_type_metrics *row)
{
	ct_int(row->pending, 0);
	ct_int(row->ready, 0);
	ct_int(row->leased, 0);
	ct_int(row->expired, 0);
	ct_int(row->oldest_ready, 0);
	for (int i = 0; i <= CAIRN_ENDING_RELEASED; i++)
		ct_int(row->ended[i], 0);
	ct_int(row->dead_lettered, 0);
	ct_int(row->p50, -1);
	ct_int(row->p95, -1);
	ct_int(row->continued, 0);
	ct_int(row->max_run, 0);
}

static cairn_lease take(cairn_conn *conn, const char *type, const char *tenant)
{
	cairn_job_new job = ct_new(type);
	job.tenant = cairn_str_of(tenant);
	ct_add(conn, &job);
	return ct_claim(conn, "w");
}

/* An attempt that succeeds after so long. */
static void succeed_after(cairn_conn *conn, const char *type, const char *tenant, cairn_usec span)
{
	cairn_lease lease = take(conn, type, tenant);
	ct_advance(span);
	ct_finish(conn, ct_success(lease));
}

static void fail_with(cairn_conn *conn, const char *type, enum cairn_finish_how how)
{
	ct_finish(conn, ct_failure(take(conn, type, NULL), how, "x"));
}

static void continue_now(cairn_conn *conn, cairn_lease *lease)
{
	ct_finish(conn, ct_again(*lease, CAIRN_FINISH_CONTINUE, 0));
	*lease = ct_claim(conn, "w");
}

/* ---- per type --------------------------------------------------------------------- */

static const char *types_of(const cairn_metrics *rows)
{
	const char *line = "";
	for (size_t i = 0; i < rows->count; i++)
		line = ct_format("%s%s%s", line, i ? " " : "", rows->at[i].type.ptr);
	return line;
}

static void every_definition(void)
{
	cairn_conn *conn = ct_open();
	cairn_metrics_filter filter = filter_of(cairn_any());
	ct_int(read_with(conn, &filter)->count, 0);
	ct_define(conn, "b");
	ct_define(conn, "Z");
	ct_define(conn, "b.x");
	cairn_definition off = { .type = CAIRN_STR("a"), .disabled = 1 };
	ct_ok(cairn_job_define(conn, &off, 1, ct_err()));
	const cairn_metrics *rows = read_with(conn, &filter);
	ct_text(types_of(rows), "Z a b b.x");
	for (size_t i = 0; i < rows->count; i++) {
		all_zero(&rows->at[i]);
		ct_int(rows->at[i].disabled, i == 1);
	}
	filter.type = CAIRN_STR("b");
	ct_text(types_of(read_with(conn, &filter)), "b");
	filter.type = CAIRN_STR("B");
	ct_text(types_of(read_with(conn, &filter)), "");
	filter.type = (cairn_str){ NULL, 0 };
	filter.limit = 2;
	ct_text(types_of(read_with(conn, &filter)), "Z a");
	filter.after = CAIRN_STR("a");
	ct_text(types_of(read_with(conn, &filter)), "b b.x");
	filter.after = CAIRN_STR("b.x");
	ct_text(types_of(read_with(conn, &filter)), "");
}

static void what_stands(void)
{
	cairn_conn *conn = ct_open();
	cairn_time start = ct_now();
	ct_define(conn, "t");
	ct_define(conn, "other");
	cairn_job_new later = ct_new("t");
	later.run_at = start + CAIRN_HOUR;
	ct_add(conn, &later);
	take(conn, "t", NULL);
	ct_advance(10 * CAIRN_SECOND);
	take(conn, "t", NULL);
	cairn_job_new now = ct_new("t");
	ct_add(conn, &now);
	ct_advance(CAIRN_SECOND);
	ct_add(conn, &now);
	const cairn_type_metrics *row = of_type(conn, cairn_any(), "t");
	ct_int(row->pending, 3);
	ct_int(row->ready, 2);
	ct_int(row->leased, 2);
	ct_int(row->expired, 0);
	ct_int(row->oldest_ready, start + 10 * CAIRN_SECOND);
	ct_set_now(start + CAIRN_LEASE_DEFAULT);
	ct_int(of_type(conn, cairn_any(), "t")->expired, 0); /* its last moment */
	ct_advance(1);
	ct_int(of_type(conn, cairn_any(), "t")->expired, 1);
	ct_set_now(start + CAIRN_HOUR);
	row = of_type(conn, cairn_any(), "t");
	ct_int(row->expired, 2);
	ct_int(row->ready, 3); /* due to the microsecond */
	all_zero(of_type(conn, cairn_any(), "other"));
}

static void endings_in_the_window(void)
{
	cairn_conn *conn = ct_open();
	cairn_definition once = { .type = CAIRN_STR("t"),
				  .max_attempts = 100,
				  .retry = { .base = CAIRN_DAY * 300, .cap = CAIRN_DAY * 300 } };
	ct_ok(cairn_job_define(conn, &once, 1, ct_err()));
	fail_with(conn, "t", CAIRN_FINISH_RETRYABLE);
	fail_with(conn, "t", CAIRN_FINISH_RETRYABLE);
	fail_with(conn, "t", CAIRN_FINISH_TIMEOUT);
	fail_with(conn, "t", CAIRN_FINISH_TERMINAL);
	fail_with(conn, "t", CAIRN_FINISH_PANICKED);
	fail_with(conn, "t", CAIRN_FINISH_PANICKED);
	ct_finish(conn, ct_success(take(conn, "t", NULL)));
	cairn_lease canceled = take(conn, "t", NULL);
	ct_ok(cairn_job_cancel(conn, cairn_any(), &canceled.id, 1, CAIRN_STR("x"), NULL, ct_err()));
	cairn_time then = ct_now();
	take(conn, "t", NULL);
	ct_advance(CAIRN_MINUTE);
	cairn_reap_report *report = NULL;
	ct_ok(cairn_job_reap(conn, NULL, &report, ct_err()));
	ct_later(report);
	ct_int(report->count, 1);
	const cairn_type_metrics *row = of_type(conn, cairn_any(), "t");
	ct_int(row->ended[0], 9);
	ct_int(row->ended[CAIRN_ENDING_SUCCEEDED], 1);
	ct_int(row->ended[CAIRN_ENDING_RETRYABLE], 2);
	ct_int(row->ended[CAIRN_ENDING_TERMINAL], 1);
	ct_int(row->ended[CAIRN_ENDING_TIMEOUT], 1);
	ct_int(row->ended[CAIRN_ENDING_PANICKED], 2);
	ct_int(row->ended[CAIRN_ENDING_LEASE_EXPIRED], 1);
	ct_int(row->ended[CAIRN_ENDING_CANCELED], 1);
	ct_int(row->ended[CAIRN_ENDING_CONTINUED], 0);
	ct_int(row->dead_lettered, 3);
	ct_set_now(then + CAIRN_DAY); /* 24 hours, the first moment included */
	ct_int(of_type(conn, cairn_any(), "t")->ended[0], 9);
	ct_int(of_type(conn, cairn_any(), "t")->dead_lettered, 3);
	ct_advance(1);
	row = of_type(conn, cairn_any(), "t");
	ct_int(row->ended[0], 1);
	ct_int(row->ended[CAIRN_ENDING_LEASE_EXPIRED], 1);
	ct_int(row->dead_lettered, 0);
	cairn_metrics_filter filter = filter_of(cairn_any());
	filter.window = CAIRN_HOUR;
	ct_int(read_with(conn, &filter)->at[0].ended[0], 0);
	filter.window = 2 * CAIRN_DAY;
	ct_int(read_with(conn, &filter)->at[0].ended[0], 9);
	ct_int(read_with(conn, &filter)->at[0].dead_lettered, 3);
}

static void continuations(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_lease acme = take(conn, "t", "acme");
	for (int i = 0; i < 3; i++)
		continue_now(conn, &acme);
	cairn_lease other = take(conn, "t", "other");
	continue_now(conn, &other);
	const cairn_type_metrics *row = of_type(conn, cairn_any(), "t");
	ct_int(row->ended[CAIRN_ENDING_CONTINUED], 4);
	ct_int(row->continued, 2);
	ct_int(row->max_run, 4);
	row = of_type(conn, cairn_tenant(CAIRN_STR("acme")), "t");
	ct_int(row->ended[CAIRN_ENDING_CONTINUED], 3);
	ct_int(row->continued, 1);
	ct_int(row->max_run, 4);
	all_zero(of_type(conn, cairn_tenant(CAIRN_STR("stranger")), "t"));
	/* a run that an operator began is none, whatever the reason says */
	ct_finish(conn, ct_failure(other, CAIRN_FINISH_TERMINAL, "x"));
	cairn_requeue again = ct_seen(conn, other.id);
	ct_ok(cairn_job_requeue(conn, cairn_any(), &again, 1, CAIRN_STR("HANDLER_CONTINUATION"),
				NULL, ct_err()));
	ct_finish(conn, ct_success(acme));
	row = of_type(conn, cairn_any(), "t");
	ct_int(row->continued, 0);
	ct_int(row->max_run, 0);
	ct_int(row->ended[CAIRN_ENDING_CONTINUED], 4);
}

static void continuous_percentiles(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	ct_define(conn, "one");
	ct_define(conn, "odd");
	const cairn_usec spans[] = { 3000 * MS, 10 * MS, 2000 * MS, 1000 * MS };
	const char *const tenants[] = { "a", "b", NULL, "a" };
	for (size_t i = 0; i < 4; i++)
		succeed_after(conn, "t", tenants[i], spans[i]);
	const cairn_type_metrics *row = of_type(conn, cairn_any(), "t");
	ct_int(row->p50, 1500 * MS); /* pooled over the scopes, not their average */
	ct_int(row->p95, 2850 * MS);
	row = of_type(conn, cairn_tenant(CAIRN_STR("a")), "t");
	ct_int(row->p50, 2000 * MS);
	ct_int(row->p95, 2900 * MS);
	row = of_type(conn, cairn_global(), "t");
	ct_int(row->p50, 2000 * MS);
	ct_int(row->p95, 2000 * MS);
	succeed_after(conn, "one", NULL, 7);
	ct_int(of_type(conn, cairn_any(), "one")->p95, 7);
	/* 1 and 4 microseconds: 2.5 and 3.85, rounded */
	succeed_after(conn, "odd", NULL, 4);
	succeed_after(conn, "odd", NULL, 1);
	ct_int(of_type(conn, cairn_any(), "odd")->p50, 3);
	ct_int(of_type(conn, cairn_any(), "odd")->p95, 4);
	/* failures count as well */
	cairn_lease lease = take(conn, "one", NULL);
	ct_advance(9);
	ct_finish(conn, ct_failure(lease, CAIRN_FINISH_TERMINAL, "x"));
	ct_int(of_type(conn, cairn_any(), "one")->p50, 8);
}

static void scopes(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	succeed_after(conn, "t", "a", 1);
	succeed_after(conn, "t", "a", 1);
	succeed_after(conn, "t", NULL, 1);
	cairn_job_new job = ct_new("t");
	job.tenant = CAIRN_STR("a");
	ct_add(conn, &job);
	job.tenant = CAIRN_STR("b");
	ct_add(conn, &job);
	job.tenant = (cairn_str){ NULL, 0 };
	ct_add(conn, &job);
	ct_finish(conn, ct_failure(ct_claim(conn, "w"), CAIRN_FINISH_TERMINAL, "x"));
	const cairn_type_metrics *row = of_type(conn, cairn_tenant(CAIRN_STR("a")), "t");
	ct_int(row->ended[0], 3);
	ct_int(row->dead_lettered, 1);
	ct_int(row->pending, 0);
	row = of_type(conn, cairn_tenant(CAIRN_STR("b")), "t");
	ct_int(row->ended[0], 0);
	ct_int(row->pending, 1);
	row = of_type(conn, cairn_global(), "t");
	ct_int(row->ended[0], 1);
	ct_int(row->pending, 1);
	row = of_type(conn, cairn_any(), "t");
	ct_int(row->ended[0], 4);
	ct_int(row->pending, 2);
	ct_int(row->dead_lettered, 1);
	all_zero(of_type(conn, cairn_tenant(CAIRN_STR("c")), "t"));
}

static void bad_filters(void)
{
	cairn_conn *conn = ct_open();
	cairn_metrics *rows = NULL;
	cairn_metrics_filter filter = filter_of((cairn_scope){ .kind = CAIRN_SCOPE_NONE });
	ct_status(cairn_job_metrics(conn, &filter, &rows, ct_err()), CAIRN_INVALID,
		  "arg.invalid_scope");
	filter.scope = cairn_any();
	filter.limit = 1001;
	ct_status(cairn_job_metrics(conn, &filter, &rows, ct_err()), CAIRN_INVALID,
		  "job.invalid_pagination");
	filter.limit = 0;
	filter.window = -1;
	ct_status(cairn_job_metrics(conn, &filter, &rows, ct_err()), CAIRN_INVALID, "arg.invalid");
	filter.window = INT64_MAX;
	ct_status(cairn_job_metrics(conn, &filter, &rows, ct_err()), CAIRN_INVALID, "arg.invalid");
	filter.window = 0;
	filter.type = CAIRN_STR(" ");
	ct_status(cairn_job_metrics(conn, &filter, &rows, ct_err()), CAIRN_INVALID,
		  "arg.invalid_name");
	filter.size = 0;
	ct_status(cairn_job_metrics(conn, &filter, &rows, ct_err()), CAIRN_INVALID, "arg.invalid");
	cairn_summary summary = { .size = 0 };
	ct_status(cairn_job_summary(conn, cairn_any(), &summary, ct_err()), CAIRN_INVALID,
		  "arg.invalid");
	summary.size = sizeof(summary);
	ct_status(cairn_job_summary(conn, (cairn_scope){ .kind = CAIRN_SCOPE_NONE }, &summary,
				    ct_err()),
		  CAIRN_INVALID, "arg.invalid_scope");
	cairn_free(rows);
}

/* ---- the summary ---------------------------------------------------------------------- */

static cairn_summary summary_of(cairn_conn *conn, cairn_scope scope)
{
	cairn_summary summary = { .size = sizeof(summary) };
	ct_ok(cairn_job_summary(conn, scope, &summary, ct_err()));
	ct_int(summary.size, sizeof(summary));
	ct_int(summary.now, ct_now());
	return summary;
}

static void empty_summary(void)
{
	cairn_conn *conn = ct_open();
	cairn_summary empty = { .size = sizeof(empty), .now = ct_now() };
	cairn_summary summary = summary_of(conn, cairn_any());
	ct_int(memcmp(&summary, &empty, sizeof(summary)), 0);
}

static void a_summary(void)
{
	cairn_conn *conn = ct_open();
	static const enum cairn_job_status statuses[] = { CAIRN_JOB_PENDING, CAIRN_JOB_LEASED,
							  CAIRN_JOB_SUCCEEDED,
							  CAIRN_JOB_DEAD_LETTERED,
							  CAIRN_JOB_CANCELED };
	for (size_t i = 0; i < 5; i++) {
		for (size_t k = 0; k <= i; k++)
			ct_make(conn, "t", statuses[i]);
	}
	cairn_definition off = { .type = CAIRN_STR("off"), .disabled = 1 };
	ct_ok(cairn_job_define(conn, &off, 1, ct_err()));
	cairn_job_new later = ct_new("t");
	later.run_at = ct_now() + CAIRN_DAY;
	later.tenant = CAIRN_STR("a");
	ct_add(conn, &later);
	cairn_summary summary = summary_of(conn, cairn_any());
	ct_int(summary.jobs[0], 16);
	ct_int(summary.jobs[CAIRN_JOB_PENDING], 2);
	ct_int(summary.jobs[CAIRN_JOB_LEASED], 2);
	ct_int(summary.jobs[CAIRN_JOB_SUCCEEDED], 3);
	ct_int(summary.jobs[CAIRN_JOB_DEAD_LETTERED], 4);
	ct_int(summary.jobs[CAIRN_JOB_CANCELED], 5);
	ct_int(summary.ready, 1);
	ct_int(summary.parked, 1);
	ct_int(summary.expired, 0);
	ct_true(summary.oldest_ready != 0);
	ct_int(summary.queues, 2);
	ct_int(summary.definitions, 2);
	ct_int(summary.disabled, 1);
	ct_int(summary.minute.failed, 4);
	ct_int(summary.minute.all, summary.day.all);
	summary = summary_of(conn, cairn_tenant(CAIRN_STR("a")));
	ct_int(summary.jobs[0], 1);
	ct_int(summary.parked, 1);
	ct_int(summary.oldest_ready, 0);
	ct_int(summary.day.all, 0);
	ct_int(summary.queues, 1);
	ct_int(summary.definitions, 2);
	ct_advance(CAIRN_HOUR);
	ct_int(summary_of(conn, cairn_any()).expired, 2);
}

static void recent_attempts(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	succeed_after(conn, "t", "a", 1);
	fail_with(conn, "t", CAIRN_FINISH_PANICKED);
	ct_set_now(ct_now() + CAIRN_MINUTE); /* the first moment is in */
	cairn_summary summary = summary_of(conn, cairn_any());
	ct_int(summary.minute.all, 2);
	ct_int(summary.minute.failed, 1);
	ct_advance(1);
	summary = summary_of(conn, cairn_any());
	ct_int(summary.minute.all, 0);
	ct_int(summary.hour.all, 2);
	ct_int(summary.hour.failed, 1);
	ct_advance(CAIRN_HOUR);
	fail_with(conn, "t", CAIRN_FINISH_TERMINAL);
	summary = summary_of(conn, cairn_any());
	ct_int(summary.minute.all, 1);
	ct_int(summary.minute.failed, 1);
	ct_int(summary.hour.all, 1);
	ct_int(summary.day.all, 3);
	ct_int(summary.day.failed, 2);
	summary = summary_of(conn, cairn_tenant(CAIRN_STR("a")));
	ct_int(summary.day.all, 1);
	ct_int(summary.day.failed, 0);
	ct_advance(2 * CAIRN_DAY);
	ct_int(summary_of(conn, cairn_any()).day.all, 0);
}

static void one_round_trip(void)
{
	cairn_conn *conn = ct_open();
	cairn_metrics_filter filter = filter_of(cairn_any());
	ct_make(conn, "t", CAIRN_JOB_SUCCEEDED);
	for (int round = 0; round < 3; round++) {
		ct_budget(conn);
		summary_of(conn, cairn_any());
		ct_spent(conn, 1, "summary", 1);
		ct_budget(conn);
		read_with(conn, &filter);
		ct_spent(conn, 1, "types", 1);
	}
}

/* ---- for scrapers ------------------------------------------------------------------------ */

static const char *text_of(cairn_conn *conn, const cairn_metrics_filter *filter)
{
	cairn_texts *text = NULL;
	ct_ok(cairn_metrics_text(conn, filter, &text, ct_err()));
	ct_later(text);
	ct_int(text->count, 1);
	ct_int(strlen(text->at[0].ptr), text->at[0].len);
	return text->at[0].ptr;
}

static void has_line(const char *text, const char *line)
{
	const char *at = strstr(text, ct_format("\n%s\n", line));
	if (!at)
		ct_fail("no line %s in\n%s", line, text);
}

static void openmetrics(void)
{
	cairn_conn *conn = ct_open();
	cairn_metrics_filter filter = filter_of(cairn_any());
	ct_define(conn, "a \"b\\");
	ct_define(conn, "t");
	succeed_after(conn, "t", NULL, 1500 * MS);
	succeed_after(conn, "t", NULL, 2);
	ct_enqueue(conn, "t");
	ct_advance(2 * CAIRN_SECOND + 5);
	const char *text = text_of(conn, &filter);
	ct_int(strncmp(text, "# TYPE cairn_jobs gauge\n# HELP cairn_jobs ", 42), 0);
	ct_text(text + strlen(text) - 6, "# EOF\n");
	ct_true(strstr(text, "\n\n") == NULL);
	has_line(text, "cairn_jobs{status=\"PENDING\"} 1");
	has_line(text, "cairn_jobs{status=\"SUCCEEDED\"} 2");
	has_line(text, "cairn_jobs{status=\"CANCELED\"} 0");
	has_line(text, "cairn_jobs_ready 1");
	has_line(text, "# UNIT cairn_oldest_ready_age_seconds seconds");
	has_line(text, "cairn_oldest_ready_age_seconds 2.000005");
	has_line(text, "cairn_attempts_recent{window=\"1m\"} 2");
	has_line(text, "cairn_job_types{state=\"enabled\"} 2");
	has_line(text, "cairn_type_pending{type=\"t\"} 1");
	has_line(text, "cairn_type_pending{type=\"a \\\"b\\\\\"} 0");
	has_line(text, "cairn_type_attempts{type=\"t\",ending=\"SUCCEEDED\"} 2");
	has_line(text, "cairn_type_attempts{type=\"t\",ending=\"RELEASED\"} 0");
	has_line(text, "cairn_type_attempt_duration_seconds{type=\"t\",quantile=\"0.5\"} 0.750001");
	filter.type = CAIRN_STR("t");
	filter.scope = cairn_tenant(CAIRN_STR("nobody"));
	text = text_of(conn, &filter);
	has_line(text, "cairn_jobs{status=\"PENDING\"} 0");
	has_line(text, "cairn_oldest_ready_age_seconds 0.000000");
	ct_true(strstr(text, "quantile") == NULL);
	ct_true(strstr(text, "a \\\"b") == NULL);
}

static const ct_case cases[] = {
	{ .name = "metrics.types.every_definition_has_a_row",
	  .kind = CT_VERB,
	  .store = CT_CATALOG,
	  .rule = "Every definition, disabled ones too, has a row, zeros included, by type; the "
		  "filter is exact.",
	  .covers = "runledger A09",
	  .run = every_definition },
	{ .name = "metrics.types.count_what_stands",
	  .kind = CT_VERB,
	  .store = CT_CATALOG,
	  .rule = "Pending, due, leased, and leases that ended strictly before now.",
	  .covers = "runledger A11",
	  .run = what_stands },
	{ .name = "metrics.types.count_endings_in_the_window",
	  .kind = CT_VERB,
	  .store = CT_CATALOG,
	  .rule = "Attempts by ending and dead letters, 24 hours back or as far as is said, the "
		  "window's first moment included.",
	  .covers = "runledger A11",
	  .run = endings_in_the_window },
	{ .name = "metrics.types.percentiles_are_continuous_and_pooled",
	  .kind = CT_VERB,
	  .store = CT_CATALOG,
	  .rule = "A percentile lies between its neighbours in proportion, over all scopes "
		  "together.",
	  .covers = "runledger A10",
	  .run = continuous_percentiles },
	{ .name = "metrics.types.continuations",
	  .kind = CT_VERB,
	  .store = CT_CATALOG,
	  .rule = "Counted in the window and per scope; active ones are those whose present run a "
		  "continuation began, which no operator's reason imitates.",
	  .covers = "runledger N12, N13",
	  .run = continuations },
	{ .name = "metrics.types.counts_are_of_the_scope",
	  .kind = CT_VERB,
	  .store = CT_CATALOG,
	  .rule = "A tenant's rows, the global ones, or all; of a stranger everything is zero.",
	  .covers = "runledger A09",
	  .run = scopes },
	{ .name = "metrics.filters_are_checked",
	  .kind = CT_VERB,
	  .store = CT_CATALOG,
	  .rule = "Scope, type, window, page and size are tested before any I/O.",
	  .run = bad_filters },
	{ .name = "metrics.summary.of_an_empty_store",
	  .kind = CT_VERB,
	  .store = CT_CATALOG,
	  .rule = "Everything is zero but the time.",
	  .run = empty_summary },
	{ .name = "metrics.summary.counts_everything_in_scope",
	  .kind = CT_VERB,
	  .store = CT_CATALOG,
	  .rule = "Jobs by status, ready, parked, expired, queues; definitions have no scope.",
	  .run = a_summary },
	{ .name = "metrics.summary.counts_the_last_minute_hour_and_day",
	  .kind = CT_VERB,
	  .store = CT_CATALOG,
	  .rule = "Attempts that ended, and those of them that failed, the first moment included.",
	  .run = recent_attempts },
	{ .name = "metrics.are_one_round_trip",
	  .kind = CT_BUDGET,
	  .store = CT_CATALOG,
	  .rule = "A page of types is one round trip, and so is the summary.",
	  .run = one_round_trip },
	{ .name = "metrics.text.is_openmetrics",
	  .kind = CT_VERB,
	  .store = CT_CATALOG,
	  .rule = "Families with TYPE and HELP, escaped labels, seconds as decimals, # EOF.",
	  .run = openmetrics },
};

CT_GROUP(metrics, cases);
