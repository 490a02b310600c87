/* top_rows.c - the four tables of `cairn top`: their columns, and what stands in each cell. */
#include <inttypes.h>
#include <stdarg.h>

#include "table.h"
#include "top.h"

const struct column top_columns[TOP_SECTIONS][TOP_COLUMNS + 1] = {
	[TOP_QUEUES] = { { "QUEUE", 8, 40, false, 0 },
			 { "DEPTH", 6, 16, true, 0 },
			 { "DUE", 5, 16, true, 2 },
			 { "OLDEST", 6, 16, true, 1 },
			 { "PARKED", 6, 16, true, 6 },
			 { "LEASED", 6, 16, true, 3 },
			 { "EXPIRED", 7, 16, true, 7 },
			 { "IN/S", 5, 16, true, 4 },
			 { "DONE/S", 6, 16, true, 5 },
			 { "DEAD", 5, 16, true, 8 },
			 { NULL, 0, 0, false, 0 } },
	[TOP_WORKERS] = { { "WORKER", 10, 40, false, 0 },
			  { "JOBS", 5, 16, true, 0 },
			  { "LONGEST", 7, 16, true, 1 },
			  { "HEARTBEAT", 9, 16, true, 2 },
			  { "EXPIRED", 7, 16, true, 3 },
			  { "TYPE", 8, 40, false, 4 },
			  { "HOST", 6, 30, false, 6 },
			  { "PID", 5, 16, true, 5 },
			  { NULL, 0, 0, false, 0 } },
	[TOP_FAILED] = { { "FAILED", 10, 40, false, 0 },
			 { "AGO", 6, 16, true, 1 },
			 { "CODE", 10, 40, false, 2 },
			 { "TRY", 3, 6, true, 4 },
			 { "THEN", 13, 20, false, 3 },
			 { "MESSAGE", 12, 200, false, 6 },
			 { "JOB", 36, 36, false, 7 },
			 { NULL, 0, 0, false, 0 } },
	[TOP_SCHEDULES] = { { "SCHEDULE", 10, 40, false, 0 },
			    { "DUE", 5, 20, true, 1 },
			    { "TYPE", 8, 40, false, 2 },
			    { "LAST", 13, 40, false, 3 },
			    { "CRON", 9, 40, false, 4 },
			    { NULL, 0, 0, false, 0 } },
};

size_t section_count(const struct frame *frame, enum section section)
{
	switch (section) {
	case TOP_QUEUES:
		return frame->queue_count;
	case TOP_WORKERS:
		return frame->worker_count;
	case TOP_FAILED:
		return frame->failure_count;
	case TOP_SCHEDULES:
		return frame->schedule_count;
	case TOP_SECTIONS:
		break;
	}
	return 0;
}

const char *rate_text(double rate, char text[RATE_TEXT])
{
	if (rate < 0)
		snprintf(text, RATE_TEXT, "-");
	else if (rate > 0 && rate < 0.05)
		snprintf(text, RATE_TEXT, "<0.1");
	else if (rate > 0 && rate < 99.95)
		snprintf(text, RATE_TEXT, "%.1f", rate);
	else
		number_text((int64_t)(rate + 0.5), text);
	return text;
}

/* Whole seconds: fractions that change with each frame are noise. */
const char *age_text(cairn_usec age, char text[SPAN_TEXT])
{
	if (age < 0)
		age = 0;
	return span_text(age > CAIRN_SECOND ? age - age % CAIRN_SECOND : age, text);
}

/* ---- cells --------------------------------------------------------------------------------- */

CAIRN_PRINTF(3, 4)
static uint32_t say(char text[CELL_TEXT], enum color color, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(text, CELL_TEXT, format, args);
	va_end(args);
	return color;
}

static uint32_t name(char text[CELL_TEXT], enum color color, cairn_str str)
{
	if (str.len == 0)
		return say(text, DIM, "-");
	return say(text, color, "%.*s", (int)str.len, str.ptr);
}

static uint32_t count(char text[CELL_TEXT], enum color color, int64_t n)
{
	char number[NUMBER_TEXT];
	return say(text, n == 0 ? DIM : color, "%s", number_text(n, number));
}

static uint32_t rate(char text[CELL_TEXT], double n)
{
	char number[RATE_TEXT];
	return say(text, n > 0 ? PLAIN : DIM, "%s", rate_text(n, number));
}

static uint32_t age(char text[CELL_TEXT], const struct frame *frame, cairn_time at)
{
	char span[SPAN_TEXT];
	if (at == 0)
		return say(text, DIM, "-");
	return say(text, PLAIN, "%s", age_text(frame->now - at, span));
}

static uint32_t queue_cell(const struct frame *frame, size_t row, int column, char *text)
{
	const struct top_queue *queue = &frame->queues[row];
	switch (column) {
	case 0:
		return name(text, queue->is.paused ? YELLOW : PLAIN, queue->is.name);
	case 1:
		return count(text, BOLD, queue->is.due + queue->is.parked);
	case 2:
		return count(text, queue->is.paused ? YELLOW : PLAIN, queue->is.due);
	case 3:
		return age(text, frame, queue->is.oldest_due);
	case 4:
		return count(text, PLAIN, queue->is.parked);
	case 5:
		return count(text, CYAN, queue->is.leased);
	case 6:
		return count(text, YELLOW, queue->is.expired);
	case 7:
		return rate(text, queue->entered);
	case 8:
		return rate(text, queue->done);
	default:
		return count(text, RED, queue->is.dead_lettered);
	}
}

static uint32_t worker_cell(const struct frame *frame, size_t row, int column, char *text)
{
	const struct top_worker *worker = &frame->workers[row];
	switch (column) {
	case 0:
		return name(text, PLAIN, worker->name);
	case 1:
		return count(text, CYAN, (int64_t)worker->jobs);
	case 2:
		return age(text, frame, worker->leased_at);
	case 3:
		return age(text, frame, worker->heartbeat_at);
	case 4:
		return count(text, YELLOW, (int64_t)worker->expired);
	case 5:
		return name(text, PLAIN, worker->type);
	case 6:
		return name(text, PLAIN, worker->host);
	default:
		if (worker->pid == 0)
			return say(text, DIM, "-");
		return say(text, PLAIN, "%" PRId64, worker->pid);
	}
}

static uint32_t failure_cell(const struct frame *frame, size_t row, int column, char *text)
{
	const struct top_failure *failure = &frame->failures[row];
	char id[CAIRN_ID_TEXT];
	char span[SPAN_TEXT];
	switch (column) {
	case 0:
		return name(text, PLAIN, failure->type);
	case 1:
		return age(text, frame, failure->at);
	case 2:
		return name(text, failure->retry_at == 0 ? RED : YELLOW, failure->code);
	case 3:
		return say(text, PLAIN, "%" PRId32, failure->attempt);
	case 4:
		if (failure->retry_at == 0)
			return say(text, RED, "dead");
		if (failure->retry_at <= frame->now)
			return say(text, PLAIN, "retry is due");
		return say(text, PLAIN, "retry in %s",
			   age_text(failure->retry_at - frame->now, span));
	case 5:
		return name(text, PLAIN, failure->message);
	default:
		cairn_id_format(failure->job, id);
		return say(text, DIM, "%s", id);
	}
}

static uint32_t schedule_cell(const struct frame *frame, size_t row, int column, char *text)
{
	const cairn_schedule *schedule = frame->schedules[row];
	char span[SPAN_TEXT];
	switch (column) {
	case 0:
		return name(text, PLAIN, schedule->name);
	case 1:
		if (schedule->next_fire_at > frame->now)
			return say(text, PLAIN, "in %s",
				   age_text(schedule->next_fire_at - frame->now, span));
		return say(text, YELLOW, "late %s",
			   age_text(frame->now - schedule->next_fire_at, span));
	case 2:
		return name(text, PLAIN, schedule->type);
	case 3:
		if (schedule->last_error.len > 0)
			return name(text, RED, schedule->last_error);
		if (schedule->last_job_status == 0)
			return say(text, DIM, "-");
		return say(text, status_color(schedule->last_job_status), "%s",
			   cairn_job_status_text(schedule->last_job_status));
	default:
		return name(text, DIM, schedule->cron);
	}
}

uint32_t section_cell(const struct frame *frame, enum section section, size_t row, int column,
		      char text[CELL_TEXT])
{
	switch (section) {
	case TOP_QUEUES:
		return queue_cell(frame, row, column, text);
	case TOP_WORKERS:
		return worker_cell(frame, row, column, text);
	case TOP_FAILED:
		return failure_cell(frame, row, column, text);
	case TOP_SCHEDULES:
		return schedule_cell(frame, row, column, text);
	case TOP_SECTIONS:
		break;
	}
	text[0] = '\0';
	return PLAIN;
}
