/*
 * mutants_log.c - the mutants of session logs. (mutants.c: the others)
 */
#include "mutant.h"

/* ---- append ------------------------------------------------------------------- */

/* The next number is the greatest that is there and one. */
static cairn_status number_by_events(void *self, const cairn_log_plan *plan,
				     enum cairn_log_result *result, int64_t *head, cairn_error *err)
{
	const cairn_log_ops *real = &ct_real_ops()->log;
	cairn_log_query query = { .tenant = plan->tenant, .thread = plan->thread };
	cairn_log_cut all = { .tenant = plan->tenant, .thread = plan->thread, .deletes = 1 };
	cairn_log_place place = { .head = 0 };
	size_t removed;
	int existed;
	cairn_status status = real->read(self, &query, &place, NULL, err);
	if (status == CAIRN_OK && place.head == place.watermark)
		status = real->archive(self, &all, &removed, &existed, err);
	return status == CAIRN_OK ? real->append(self, plan, result, head, err) : status;
}

/* A batch is so many appends, and there is time for others between them. */
static cairn_status one_by_one(void *self, const cairn_log_plan *plan,
			       enum cairn_log_result *result, int64_t *head, cairn_error *err)
{
	cairn_log_plan one = *plan;
	cairn_status status = CAIRN_OK;
	one.n = 1;
	for (size_t i = 0; i < plan->n && status == CAIRN_OK; i++) {
		one.events = &plan->events[i];
		one.expected = i == 0 ? plan->expected : -1;
		status = ct_real_ops()->log.append(self, &one, result, head, err);
		if (*result != CAIRN_LOG_DONE)
			break;
		ct_nap(CAIRN_MILLISECOND);
	}
	return status;
}

/* The head is looked at, and then the events are appended. */
static cairn_status look_first(void *self, const cairn_log_plan *plan,
			       enum cairn_log_result *result, int64_t *head, cairn_error *err)
{
	const cairn_log_ops *real = &ct_real_ops()->log;
	cairn_log_query query = { .tenant = plan->tenant, .thread = plan->thread };
	cairn_log_place place = { .head = 0 };
	cairn_log_plan mine = *plan;
	mine.expected = -1;
	cairn_status status = real->read(self, &query, &place, NULL, err);
	if (status != CAIRN_OK || plan->expected < 0 || place.head == plan->expected)
		return status == CAIRN_OK ? real->append(self, &mine, result, head, err) : status;
	*result = CAIRN_LOG_MOVED;
	*head = place.head;
	return CAIRN_OK;
}

static void expect_any(cairn_log_plan *plan)
{
	plan->expected = -1;
}

static void no_lock(cairn_log_plan *plan)
{
	plan->lock = NULL;
}

static void first_only(cairn_log_plan *plan)
{
	plan->n = 1;
}

static void no_kind(cairn_log_event *event)
{
	event->kind = (cairn_str){ NULL, 0 };
}

static void first_version(cairn_log_event *event)
{
	event->payload_version = 1;
}

static void no_head(enum cairn_log_result result, int64_t *head)
{
	if (result == CAIRN_LOG_MOVED)
		*head = 0;
}

/* ---- read ----------------------------------------------------------------------- */

static void from_the_beginning(cairn_log_query *query)
{
	query->after = 0;
}

static void no_page(cairn_log_query *query)
{
	query->limit = 1000;
}

static void everybodys(cairn_log_query *query)
{
	query->thread.len = 1;
}

static void no_watermark(cairn_log_place *place)
{
	place->watermark = 0;
}

/* ---- archive ---------------------------------------------------------------------- */

static int64_t hidden;

static void hide_ahead(cairn_log_cut *cut)
{
	if (cut->upto > hidden)
		hidden = cut->upto;
}

static void behind_what_is_hidden(cairn_log_query *query)
{
	if (query->after < hidden)
		query->after = hidden;
}

static void one_less(cairn_log_cut *cut)
{
	cut->upto--;
}

static void keep_the_numbers(cairn_log_cut *cut)
{
	if (!cut->deletes)
		return;
	cut->deletes = 0;
	cut->upto = INT64_MAX;
	cut->limit = UINT32_MAX;
}

static void one_batch(cairn_log_cut *cut)
{
	cut->limit = 999;
}

/* ---- list, wait --------------------------------------------------------------------- */

static void any_prefix(cairn_log_list_query *query)
{
	query->prefix = (cairn_str){ NULL, 0 };
}

static void no_cursor(cairn_log_list_query *query)
{
	query->after = (cairn_str){ NULL, 0 };
}

static cairn_status told_nothing(void *self, cairn_str tenant, cairn_str thread, cairn_usec timeout,
				 enum cairn_wake *wake, cairn_error *err)
{
	(void)self;
	(void)tenant;
	(void)thread;
	(void)err;
	ct_nap(timeout);
	*wake = CAIRN_WAKE_NONE;
	return CAIRN_OK;
}

#define LOG .cases = "log.*"

const ct_mutant ct_log_mutants[] = {
	{ .name = "log_numbers_reused",
	  .rule = "numbers by the greatest event that is there",
	  LOG,
	  .log_append_slot = number_by_events },
	{ .name = "log_batch_in_pieces",
	  .rule = "lets others in between the events of a batch",
	  .cases = "log.race.*",
	  .log_append_slot = one_by_one },
	{ .name = "log_head_looked_at_before",
	  .rule = "looks at the head in a transaction before the append's",
	  .cases = "log.order.*",
	  .log_append_slot = look_first },
	{ .name = "log_head_not_expected",
	  .rule = "appends behind any head",
	  LOG,
	  .log_append = expect_any },
	{ .name = "log_lock_ignored",
	  .rule = "appends without the lock",
	  LOG,
	  .log_append = no_lock },
	{ .name = "log_first_event_only",
	  .rule = "appends the first event of a batch",
	  LOG,
	  .log_append = first_only },
	{ .name = "log_kind_lost", .rule = "forgets the kind", LOG, .log_event = no_kind },
	{ .name = "log_version_lost",
	  .rule = "forgets the payload's version",
	  LOG,
	  .log_event = first_version },
	{ .name = "log_moved_head_not_told",
	  .rule = "does not say which head there is instead",
	  LOG,
	  .log_appended = no_head },
	{ .name = "log_cursor_ignored",
	  .rule = "reads from the oldest event",
	  LOG,
	  .log_read = from_the_beginning },
	{ .name = "log_limit_ignored", .rule = "reads a thousand", LOG, .log_read = no_page },
	{ .name = "log_thread_by_its_first_letter",
	  .rule = "reads the log of another thread",
	  LOG,
	  .log_read = everybodys },
	{ .name = "log_watermark_forgotten",
	  .rule = "says that nothing was archived",
	  LOG,
	  .log_place = no_watermark },
	{ .name = "log_archived_ahead",
	  .rule = "hides what comes up to a watermark beyond the head",
	  LOG,
	  .log_cut = hide_ahead,
	  .log_read = behind_what_is_hidden },
	{ .name = "log_archives_one_less", .rule = "keeps the last one", LOG, .log_cut = one_less },
	{ .name = "log_archives_one_batch",
	  .rule = "removes less than a batch at once",
	  LOG,
	  .log_cut = one_batch },
	{ .name = "log_deleted_but_for_its_numbers",
	  .rule = "archives what is to be deleted",
	  LOG,
	  .log_cut = keep_the_numbers },
	{ .name = "log_list_prefix_ignored",
	  .rule = "lists whatever the prefix",
	  LOG,
	  .log_list = any_prefix },
	{ .name = "log_list_cursor_ignored",
	  .rule = "lists from the first thread",
	  LOG,
	  .log_list = no_cursor },
	{ .name = "log_wait_told_nothing",
	  .rule = "sleeps through appends",
	  .cases = "log.wait.*",
	  .log_wait_slot = told_nothing },
};

const size_t ct_log_mutant_count = sizeof(ct_log_mutants) / sizeof(ct_log_mutants[0]);
