/*
 * say.c - what handlers say while they run: kept here until a dispatcher's turn takes it along, and
 * again until that turn is known to have been written.
 */
#include <stdlib.h>
#include <string.h>

#include "fork.h"
#include "runtime.h"

/* How long it may wait for a turn that is taken anyway. */
#define SAY_WITHIN (250 * CAIRN_MILLISECOND)

/* ---- lines --------------------------------------------------------------------- */

static struct line *make_line(enum cairn_log_level level, cairn_str message, cairn_str data)
{
	struct line *line = malloc(sizeof *line + message.len + data.len + 1);
	if (line == NULL)
		return NULL;
	*line = (struct line){ .level = level, .message = message.len, .data = data.len };
	if (message.len > 0)
		memcpy(line->text, message.ptr, message.len);
	if (data.len > 0)
		memcpy(line->text + message.len, data.ptr, data.len);
	return line;
}

static void append_lines(struct lines *to, struct lines *from)
{
	if (from->first == NULL)
		return;
	if (to->last != NULL)
		to->last->next = from->first;
	else
		to->first = from->first;
	to->last = from->last;
	to->count += from->count;
	*from = (struct lines){ NULL, NULL, 0 };
}

static void drop_lines(struct lines *lines)
{
	while (lines->first != NULL) {
		struct line *next = lines->first->next;
		free(lines->first);
		lines->first = next;
	}
	*lines = (struct lines){ NULL, NULL, 0 };
}

/* ---- sayings -------------------------------------------------------------------- */

void cairn_worker__drop_saying(struct saying *saying)
{
	drop_lines(&saying->lines);
	saying->set = 0;
	saying->has_stage = saying->has_checkpoint = false;
}

void cairn_worker__free_saying(struct saying *saying)
{
	drop_lines(&saying->lines);
	free(saying->stage.ptr);
	free(saying->checkpoint.ptr);
}

static void swap(struct kept *a, struct kept *b)
{
	struct kept kept = *a;
	*a = *b;
	*b = kept;
}

/* What is newer wins; lines of both stay, older first. */
static void put_over(struct saying *older, struct saying *newer)
{
	if (newer->set & CAIRN_PROGRESS_DONE)
		older->done = newer->done;
	if (newer->set & CAIRN_PROGRESS_TOTAL)
		older->total = newer->total;
	older->set |= newer->set;
	if (newer->has_stage)
		swap(&older->stage, &newer->stage);
	if (newer->has_checkpoint)
		swap(&older->checkpoint, &newer->checkpoint);
	older->has_stage = older->has_stage || newer->has_stage;
	older->has_checkpoint = older->has_checkpoint || newer->has_checkpoint;
	append_lines(&older->lines, &newer->lines);
	cairn_worker__drop_saying(newer);
}

bool cairn_worker__says(const struct cairn_context *job)
{
	const struct saying *fresh = &job->fresh;
	return fresh->set != 0 || fresh->has_stage || fresh->has_checkpoint ||
	       fresh->lines.count > 0;
}

/* What came back from a call that failed stands there already. */
void cairn_worker__fly(struct cairn_context *job)
{
	put_over(&job->flying, &job->fresh);
	job->carried = job->said;
}

void cairn_worker__land(struct cairn_context *job, cairn_status hurt)
{
	cairn_worker__drop_saying(&job->flying);
	job->heard = job->carried;
	if (job->hurt == CAIRN_OK)
		job->hurt = hurt;
	pthread_cond_broadcast(&job->stir);
}

void cairn_worker__fly_back(struct cairn_context *job)
{
	put_over(&job->flying, &job->fresh);
	struct saying saying = job->fresh;
	job->fresh = job->flying;
	job->flying = saying;
}

/* ---- the handler's side ------------------------------------------------------------ */

static void has_said(struct cairn_context *context, bool kept)
{
	struct cairn_worker *worker = context->worker;
	cairn_usec due = cairn_worker__now() + SAY_WITHIN;
	context->said++;
	if (!kept && context->hurt == CAIRN_OK)
		context->hurt = CAIRN_NOMEM;
	if (due >= worker->say_at)
		return;
	worker->say_at = due;
	cairn_worker__call_dispatchers(worker);
}

void cairn_context_progress(cairn_context *context, int64_t done, int64_t total)
{
	if (context->child != NULL) {
		cairn_worker__child_progress(context->child, done, total);
		return;
	}
	struct saying *fresh = &context->fresh;
	pthread_mutex_lock(&context->worker->lock);
	if (done != -1) {
		fresh->set |= CAIRN_PROGRESS_DONE;
		fresh->done = done;
	}
	if (total != -1) {
		fresh->set |= CAIRN_PROGRESS_TOTAL;
		fresh->total = total;
	}
	has_said(context, true);
	pthread_mutex_unlock(&context->worker->lock);
}

void cairn_context_stage(cairn_context *context, cairn_str stage)
{
	if (context->child != NULL) {
		cairn_worker__child_text(context->child, FRAME_STAGE, stage);
		return;
	}
	pthread_mutex_lock(&context->worker->lock);
	bool kept = cairn_worker__keep(&context->fresh.stage, stage);
	context->fresh.has_stage = kept;
	has_said(context, kept);
	pthread_mutex_unlock(&context->worker->lock);
}

void cairn_context_checkpoint(cairn_context *context, cairn_str json)
{
	if (context->child != NULL) {
		cairn_worker__child_text(context->child, FRAME_CHECKPOINT, json);
		return;
	}
	pthread_mutex_lock(&context->worker->lock);
	bool kept = cairn_worker__keep(&context->fresh.checkpoint, json);
	context->fresh.has_checkpoint = kept;
	has_said(context, kept);
	pthread_mutex_unlock(&context->worker->lock);
}

static void wait_until_heard(cairn_context *context)
{
	struct cairn_worker *worker = context->worker;
	uint64_t mine = context->said;
	context->flushing = true;
	worker->say_at = 0;
	cairn_worker__call_dispatchers(worker);
	while (context->heard < mine && atomic_load(&context->cancel) == CAIRN_CANCEL_NONE &&
	       !worker->closing)
		pthread_cond_wait(&context->stir, &worker->lock);
	context->flushing = false;
}

/* What has to be sent again goes with what was said since, so both count. */
static bool has_room(const cairn_context *context)
{
	return context->fresh.lines.count + context->flying.lines.count < LINES_MAX;
}

/* Who says more than one turn can take is held up. */
static bool make_room(cairn_context *context)
{
	if (!has_room(context))
		wait_until_heard(context);
	return has_room(context);
}

void cairn_context_log(cairn_context *context, enum cairn_log_level level, cairn_str message,
		       cairn_str data)
{
	if (context->child != NULL) {
		cairn_worker__child_log(context->child, level, message, data);
		return;
	}
	struct line *line = make_line(level, message, data);
	pthread_mutex_lock(&context->worker->lock);
	if (line != NULL && !make_room(context)) {
		free(line);
		line = NULL;
	}
	if (line != NULL)
		append_lines(&context->fresh.lines,
			     &(struct lines){ .first = line, .last = line, .count = 1 });
	has_said(context, line != NULL);
	pthread_mutex_unlock(&context->worker->lock);
}

cairn_status cairn_context_flush(cairn_context *context)
{
	if (context->child != NULL)
		return cairn_worker__child_flush(context->child);
	pthread_mutex_lock(&context->worker->lock);
	if (context->heard < context->said)
		wait_until_heard(context);
	cairn_status st = context->hurt;
	if (st == CAIRN_OK && context->heard < context->said)
		st = CAIRN_INTERRUPTED;
	context->hurt = CAIRN_OK;
	pthread_mutex_unlock(&context->worker->lock);
	return st;
}
