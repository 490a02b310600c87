/*
 * metrics_text.c - the summary and all types' metrics as OpenMetrics 1.0 text.
 *
 * A family's samples stand together, so the types are read first, all pages of them, and
 * each family walks over them. Everything is a gauge: what is counted over a window falls again.
 */
#include <string.h>

#include <cairn/sys/json.h>

#include "limits.h"
#include "metrics.h"

/* What is written from: the text, and what was counted. */
struct page {
	cairn_text text;
	const cairn_summary *summary;
	cairn_rows *types;
	cairn_time now;
};

/* ---- pieces -------------------------------------------------------------------- */

static void add(struct page *page, const char *z)
{
	cairn_text_add_z(&page->text, z);
}

/* A family's name, unit ("" for none) and meaning. */
static void family(struct page *page, const char *name, const char *unit, const char *help)
{
	add(page, "# TYPE cairn_");
	add(page, name);
	add(page, " gauge\n");
	if (*unit != '\0') {
		add(page, "# UNIT cairn_");
		add(page, name);
		add(page, " ");
		add(page, unit);
		add(page, "\n");
	}
	add(page, "# HELP cairn_");
	add(page, name);
	add(page, " ");
	add(page, help);
	add(page, "\n");
}

/* Backslashes, quotes and line feeds are escaped, everything else stands for itself. */
static void add_value(struct page *page, cairn_str value)
{
	for (size_t i = 0; i < value.len; i++) {
		char c = value.ptr[i];
		if (c == '\\' || c == '"')
			add(page, "\\");
		if (c == '\n')
			add(page, "\\n");
		else
			cairn_text_add(&page->text, &c, 1);
	}
}

/* A label; first opens the braces, the next ones go on. */
static void label(struct page *page, const char *name, cairn_str value, int first)
{
	add(page, first ? "{" : ",");
	add(page, name);
	add(page, "=\"");
	add_value(page, value);
	add(page, "\"");
}

static void begin(struct page *page, const char *name)
{
	add(page, "cairn_");
	add(page, name);
}

static void end_count(struct page *page, int64_t value)
{
	add(page, " ");
	cairn_text_add_int(&page->text, value);
	add(page, "\n");
}

/* Microseconds as seconds with six digits behind the point. */
static void end_seconds(struct page *page, cairn_usec value)
{
	char digits[8] = ".000000";
	int64_t rest = value % CAIRN_SECOND;
	for (int i = 6; i > 0; i--, rest /= 10)
		digits[i] = (char)('0' + rest % 10);
	add(page, " ");
	cairn_text_add_int(&page->text, value / CAIRN_SECOND);
	add(page, digits);
	add(page, "\n");
}

/* A sample without labels. */
static void plain(struct page *page, const char *name, int64_t value)
{
	begin(page, name);
	end_count(page, value);
}

static void labelled(struct page *page, const char *name, const char *by, const char *word,
		     int64_t value)
{
	begin(page, name);
	label(page, by, cairn_str_of(word), 1);
	add(page, "}");
	end_count(page, value);
}

/* How long the oldest has been ready: 0 where nothing waits. */
static cairn_usec age(const struct page *page, cairn_time oldest)
{
	return oldest != 0 && oldest < page->now ? page->now - oldest : 0;
}

/* ---- the summary ----------------------------------------------------------------- */

static void add_jobs(struct page *page)
{
	const cairn_summary *summary = page->summary;
	family(page, "jobs", "", "Jobs by status.");
	for (int i = CAIRN_JOB_PENDING; i <= CAIRN_JOB_CANCELED; i++)
		labelled(page, "jobs", "status", cairn_job_status_text((enum cairn_job_status)i),
			 summary->jobs[i]);
	family(page, "jobs_ready", "", "Pending jobs that are due.");
	plain(page, "jobs_ready", summary->ready);
	family(page, "jobs_parked", "", "Pending jobs that are due later.");
	plain(page, "jobs_parked", summary->parked);
	family(page, "leases_expired", "", "Leased jobs whose lease is over.");
	plain(page, "leases_expired", summary->expired);
	family(page, "oldest_ready_age_seconds", "seconds",
	       "How long the oldest job that is due has been waiting.");
	begin(page, "oldest_ready_age_seconds");
	end_seconds(page, age(page, summary->oldest_ready));
}

static void add_recent(struct page *page)
{
	const cairn_summary *summary = page->summary;
	family(page, "attempts_recent", "", "Attempts that ended in the last minute, hour, day.");
	labelled(page, "attempts_recent", "window", "1m", summary->minute.all);
	labelled(page, "attempts_recent", "window", "1h", summary->hour.all);
	labelled(page, "attempts_recent", "window", "24h", summary->day.all);
	family(page, "attempts_failed_recent", "", "Of those, attempts that failed.");
	labelled(page, "attempts_failed_recent", "window", "1m", summary->minute.failed);
	labelled(page, "attempts_failed_recent", "window", "1h", summary->hour.failed);
	labelled(page, "attempts_failed_recent", "window", "24h", summary->day.failed);
	family(page, "queues", "", "Queues that have a job.");
	plain(page, "queues", summary->queues);
	family(page, "job_types", "", "Job types by whether new jobs are accepted.");
	labelled(page, "job_types", "state", "enabled", summary->definitions - summary->disabled);
	labelled(page, "job_types", "state", "disabled", summary->disabled);
}

/* ---- per type ---------------------------------------------------------------------- */

/* A count that is one member of a type's row. */
struct member {
	const char *name;
	const char *help;
	size_t offset;
};

static const struct member members[] = {
	{ "type_pending", "Pending jobs of a type.", offsetof(cairn_type_metrics, pending) },
	{ "type_ready", "Of those, jobs that are due.", offsetof(cairn_type_metrics, ready) },
	{ "type_leased", "Leased jobs of a type.", offsetof(cairn_type_metrics, leased) },
	{ "type_leases_expired", "Of those, jobs whose lease is over.",
	  offsetof(cairn_type_metrics, expired) },
	{ "type_dead_letters", "Dead letters of a type written in the window.",
	  offsetof(cairn_type_metrics, dead_lettered) },
	{ "type_continued", "Live jobs in a run that a continuation began.",
	  offsetof(cairn_type_metrics, continued) },
};

static const cairn_type_metrics *type_at(const struct page *page, size_t i)
{
	return cairn_rows_at(page->types, i);
}

static void of_type(struct page *page, const char *name, const cairn_type_metrics *row)
{
	begin(page, name);
	label(page, "type", row->type, 1);
}

static void add_member(struct page *page, const struct member *member)
{
	family(page, member->name, "", member->help);
	for (size_t i = 0; i < page->types->count; i++) {
		int64_t value;
		memcpy(&value, (const char *)type_at(page, i) + member->offset, sizeof value);
		of_type(page, member->name, type_at(page, i));
		add(page, "}");
		end_count(page, value);
	}
}

static void add_ages(struct page *page)
{
	static const char name[] = "type_oldest_ready_age_seconds";
	family(page, name, "seconds", "How long the oldest job of a type that is due waits.");
	for (size_t i = 0; i < page->types->count; i++) {
		of_type(page, name, type_at(page, i));
		add(page, "}");
		end_seconds(page, age(page, type_at(page, i)->oldest_ready));
	}
}

static void add_endings(struct page *page)
{
	static const char name[] = "type_attempts";
	family(page, name, "", "Attempts of a type that ended in the window, by ending.");
	for (size_t i = 0; i < page->types->count; i++) {
		for (int k = CAIRN_ENDING_SUCCEEDED; k <= CAIRN_ENDING_RELEASED; k++) {
			const char *word = cairn_ending_text((enum cairn_ending)k);
			of_type(page, name, type_at(page, i));
			label(page, "ending", cairn_str_of(word), 0);
			add(page, "}");
			end_count(page, type_at(page, i)->ended[k]);
		}
	}
}

static void add_quantile(struct page *page, const char *name, size_t i, const char *quantile,
			 cairn_usec value)
{
	if (value < 0)
		return;
	of_type(page, name, type_at(page, i));
	label(page, "quantile", cairn_str_of(quantile), 0);
	add(page, "}");
	end_seconds(page, value);
}

static void add_durations(struct page *page)
{
	static const char name[] = "type_attempt_duration_seconds";
	family(page, name, "seconds", "How long attempts that ended in the window took.");
	for (size_t i = 0; i < page->types->count; i++) {
		add_quantile(page, name, i, "0.5", type_at(page, i)->p50);
		add_quantile(page, name, i, "0.95", type_at(page, i)->p95);
	}
}

static void add_all(struct page *page)
{
	add_jobs(page);
	add_recent(page);
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
		add_member(page, &members[i]);
	add_ages(page);
	add_endings(page);
	add_durations(page);
	add(page, "# EOF\n");
}

/* ---- the call ------------------------------------------------------------------------ */

/* Pages until one is not full; a row's text lives as long as the rows. */
static cairn_status read_types(cairn_conn *conn, cairn_metrics_query *query, cairn_rows *types,
			       cairn_error *err)
{
	cairn_status st;
	size_t before;
	do {
		cairn_time now;
		cairn_rows page;
		void *memory = NULL;
		before = types->count;
		cairn__rows_begin(&page, conn, &memory, sizeof(cairn_type_metrics));
		st = conn->catalog.metrics(conn->self, query, &now, &page, err);
		st = cairn__rows_whole(&page, st, err);
		for (size_t i = 0; i < page.count && st == CAIRN_OK; i++) {
			const cairn_type_metrics *row = cairn_rows_at(&page, i);
			cairn_type_metrics *mine = cairn_rows_push(types);
			if (mine == NULL)
				break;
			*mine = *row;
			mine->type = cairn_rows_str(types, row->type.ptr, row->type.len);
			query->after = mine->type;
		}
		cairn__rows_drop(&page);
		st = cairn__rows_whole(types, st, err);
	} while (st == CAIRN_OK && types->count == before + query->limit);
	return st;
}

/* The text as a result of one row. */
static cairn_status publish(cairn_conn *conn, const cairn_text *text, cairn_texts **result,
			    cairn_error *err)
{
	cairn_rows rows;
	void *memory = *result;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_str));
	cairn_status st = CAIRN_OK;
	if (!text->failed && cairn_rows_reserve(&rows, 1, text->len + 1) == 0) {
		cairn_str *row = cairn_rows_push(&rows);
		if (row != NULL)
			*row = cairn_rows_str(&rows, text->ptr, text->len);
	} else {
		st = cairn_fail(err, CAIRN_E_NOMEM);
	}
	st = cairn__rows_end(&rows, &memory, st, err);
	*result = memory;
	return st;
}

static cairn_status metrics_text(cairn_conn *conn, const cairn_metrics_filter *filter,
				 cairn_texts **result, cairn_error *err)
{
	cairn_metrics_query query;
	cairn_summary summary = { .size = sizeof summary };
	cairn_rows types;
	void *memory = NULL;
	cairn_status st = cairn__metrics_query(filter, &query, err);
	if (st != CAIRN_OK)
		return st;
	query.after = (cairn_str){ NULL, 0 };
	query.limit = CAIRN__MAX_PAGE;
	cairn__rows_begin(&types, conn, &memory, sizeof(cairn_type_metrics));
	st = conn->catalog.summary(conn->self, &query.scope, &summary, err);
	if (st == CAIRN_OK)
		st = read_types(conn, &query, &types, err);
	if (st == CAIRN_OK) {
		struct page page = { .text = { .alloc = conn->host.alloc,
					       .alloc_user = conn->host.alloc_user },
				     .summary = &summary,
				     .types = &types,
				     .now = summary.now };
		add_all(&page);
		st = publish(conn, &page.text, result, err);
		cairn_text_clear(&page.text);
	}
	cairn__rows_drop(&types);
	return st;
}

cairn_status cairn_metrics_text(cairn_conn *conn, const cairn_metrics_filter *filter,
				cairn_texts **text, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__CATALOG, "metrics.text", err);
	if (st == CAIRN_OK && text == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = metrics_text(conn, filter, text, err);
	return cairn__call_end(&call, st, 1);
}
