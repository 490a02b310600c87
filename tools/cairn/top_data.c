/*
 * top_data.c - reading a frame: seven calls, a round trip each, whatever there is. Ended attempts
 * are counted by the database since the frame before; what entered is the difference of
 * two counts.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "top.h"

cairn_usec top_clock(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (cairn_usec)now.tv_sec * CAIRN_SECOND + now.tv_nsec / 1000;
}

/* More than anybody looks at; the list answers no more at once. */
#define MOST_QUEUES 1000

/* ---- rows ------------------------------------------------------------------------------ */

static cairn_status read_stats(struct frame *frame, struct top_source *source)
{
	cairn_queue_filter filter = { .size = sizeof filter,
				      .scope = source->opts->scope,
				      .limit = MOST_QUEUES,
				      .finished = 1 };
	cairn_status st = cairn_queue_list(source->conn, &filter, &frame->stats, &frame->err);
	if (st != CAIRN_OK)
		return st;
	frame->now = frame->stats->now;
	if (source->before != NULL && frame->now > source->before->now)
		frame->since = frame->now - source->before->now;
	return CAIRN_OK;
}

/* At least a second, else a frame in a hurry would jump; only sums are needed. */
static cairn_status read_types(struct frame *frame, struct top_source *source)
{
	cairn_usec window = frame->since > 0 ? frame->since : TOP_FIRST_LOOK;
	cairn_metrics_filter filter = { .size = sizeof filter,
					.scope = source->opts->scope,
					.window = window > CAIRN_SECOND ? window : CAIRN_SECOND,
					.limit = TOP_PAGE };
	return cairn_job_metrics(source->conn, &filter, &frame->types, &frame->err);
}

static cairn_status read_leases(struct frame *frame, struct top_source *source)
{
	cairn_job_filter filter = { .size = sizeof filter,
				    .scope = source->opts->scope,
				    .queue = cairn_str_of(source->opts->queue),
				    .statuses = 1u << CAIRN_JOB_LEASED,
				    .limit = TOP_PAGE,
				    .compact = 1 };
	for (size_t i = 0; i < TOP_PAGES; i++) {
		cairn_status st =
			cairn_job_list(source->conn, &filter, &frame->leased[i], &frame->err);
		if (st != CAIRN_OK)
			return st;
		const cairn_jobs *page = frame->leased[i];
		if (page->count < TOP_PAGE)
			return CAIRN_OK;
		filter.after = page->at[page->count - 1].id;
	}
	frame->workers_cut = true;
	return CAIRN_OK;
}

/* Those that hold no lease are known by their rows alone. */
static cairn_status read_owners(struct frame *frame, struct top_source *source)
{
	cairn_owner_filter filter = { .size = sizeof filter,
				      .states = 1u << CAIRN_OWNER_LIVE,
				      .limit = TOP_PAGE };
	cairn_status st = cairn_owner_list(source->conn, &filter, &frame->owners, &frame->err);
	return st == CAIRN_UNSUPPORTED || st == CAIRN_DENIED ? CAIRN_OK : st;
}

/*
 * What is dead, and what failed and waits for its next attempt. Jobs come by their own time, not
 * by that of the failure: of more than a page only the newest jobs are looked at.
 */
static cairn_status read_failures(struct frame *frame, struct top_source *source)
{
	cairn_job_filter filter = { .size = sizeof filter,
				    .scope = source->opts->scope,
				    .queue = cairn_str_of(source->opts->queue),
				    .statuses = 1u << CAIRN_JOB_DEAD_LETTERED,
				    .limit = TOP_PAGE,
				    .compact = 1 };
	cairn_status st = cairn_job_list(source->conn, &filter, &frame->dead, &frame->err);
	if (st != CAIRN_OK)
		return st;
	filter.statuses = 1u << CAIRN_JOB_PENDING;
	return cairn_job_list(source->conn, &filter, &frame->waiting, &frame->err);
}

/*
 * Schedules come by name, not by time: with more of them than one call answers only those that
 * are due soon are asked for, as soon as it takes.
 */
static cairn_status read_schedules(struct frame *frame, struct top_source *source)
{
	cairn_schedule_filter filter = { .size = sizeof filter,
					 .scope = source->opts->scope,
					 .active = CAIRN_SCHEDULE_ACTIVE,
					 .limit = TOP_PAGE };
	if (source->horizon > 0)
		filter.due_before = frame->now + source->horizon;
	cairn_status st = cairn_schedule_list(source->conn, &filter, &frame->due, &frame->err);
	if (st == CAIRN_UNSUPPORTED)
		return CAIRN_OK;
	if (st != CAIRN_OK)
		return st;
	if (frame->due->count == TOP_PAGE)
		source->horizon = source->horizon > 0 ? source->horizon / 4 : CAIRN_DAY;
	else if (source->horizon > 0 && frame->due->count < TOP_PAGE / 8)
		source->horizon = source->horizon < CAIRN_DAY * 365 ? source->horizon * 2 : 0;
	return CAIRN_OK;
}

/* ---- the frame --------------------------------------------------------------------------- */

static cairn_status read_all(struct frame *frame, struct top_source *source)
{
	cairn_status st = read_stats(frame, source);
	if (st == CAIRN_OK)
		st = read_types(frame, source);
	if (st == CAIRN_OK)
		st = read_leases(frame, source);
	if (st == CAIRN_OK)
		st = read_owners(frame, source);
	if (st == CAIRN_OK)
		st = read_failures(frame, source);
	if (st == CAIRN_OK)
		st = read_schedules(frame, source);
	return st;
}

static cairn_status sum_up(struct frame *frame, const struct top_source *source)
{
	cairn_status st = frame_queues(frame, source);
	if (st == CAIRN_OK)
		st = frame_workers(frame, source);
	if (st == CAIRN_OK)
		st = frame_failures(frame);
	if (st == CAIRN_OK)
		st = frame_schedules(frame, source);
	if (st != CAIRN_OK)
		outcome_error(&frame->err, CAIRN_NOMEM, CAIRN_E_NOMEM);
	return st;
}

struct frame *frame_read(struct top_source *source)
{
	struct frame *frame = calloc(1, sizeof *frame);
	if (frame == NULL)
		return NULL;
	cairn_usec begin = top_clock();
	frame->err = (cairn_error)CAIRN_ERROR_INIT;
	frame->status = read_all(frame, source);
	if (frame->status == CAIRN_OK)
		frame->status = sum_up(frame, source);
	frame->took = top_clock() - begin;
	return frame;
}

void frame_free(struct frame *frame)
{
	if (frame == NULL)
		return;
	cairn_free(frame->stats);
	cairn_free(frame->types);
	for (size_t i = 0; i < TOP_PAGES; i++)
		cairn_free(frame->leased[i]);
	cairn_free(frame->waiting);
	cairn_free(frame->dead);
	cairn_free(frame->due);
	cairn_free(frame->owners);
	free(frame->queues);
	free(frame->workers);
	free(frame->failures);
	free(frame->schedules);
	free(frame);
}
