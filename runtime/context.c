/*
 * context.c - the handler's view of its attempt (worker.h), and the texts that
 * a slot keeps for it.
 */
#include <stdlib.h>
#include <string.h>

#include "fork.h"
#include "runtime.h"
#include "utf8.h"

/* A failure's message; the store takes no more. */
#define MAX_MESSAGE ((size_t)8 * 1024)

static bool room(struct kept *kept, size_t len)
{
	if (len < kept->cap)
		return true;
	size_t cap = len + len / 2 + 64;
	char *ptr = realloc(kept->ptr, cap);
	if (ptr == NULL)
		return false;
	kept->ptr = ptr;
	kept->cap = cap;
	return true;
}

bool cairn_worker__keep(struct kept *kept, cairn_str text)
{
	kept->len = 0;
	if (!room(kept, text.len))
		return false;
	if (text.len > 0)
		memcpy(kept->ptr, text.ptr, text.len);
	kept->ptr[text.len] = '\0';
	kept->len = text.len;
	return true;
}

bool cairn_worker__keep_message(struct kept *kept, cairn_str text)
{
	const size_t max = MAX_MESSAGE;
	kept->len = 0;
	if (!room(kept, max))
		return false;
	size_t at = 0;
	while (at < text.len) {
		struct cairn_worker__rune rune =
			cairn_worker__utf8_next(text.ptr + at, text.len - at);
		if (kept->len + rune.out_len > max)
			break;
		memcpy(kept->ptr + kept->len, rune.out, rune.out_len);
		kept->len += rune.out_len;
		at += rune.taken;
	}
	kept->ptr[kept->len] = '\0';
	return true;
}

cairn_str cairn_worker__kept(const struct kept *kept)
{
	return (cairn_str){ .ptr = kept->len > 0 ? kept->ptr : NULL, .len = kept->len };
}

const cairn_job *cairn_context_job(const cairn_context *context)
{
	return &context->job;
}

cairn_lease cairn_context_lease(const cairn_context *context)
{
	return context->lease;
}

enum cairn_cancel cairn_context_canceled(const cairn_context *context)
{
	if (context->child != NULL)
		return cairn_worker__child_canceled(context->child);
	return (enum cairn_cancel)atomic_load(&context->cancel);
}

cairn_usec cairn_context_time_left(const cairn_context *context)
{
	cairn_usec left = context->deadline - cairn_worker__now();
	return left > 0 ? left : 0;
}

enum cairn_cancel cairn_context_wait(cairn_context *context, cairn_usec duration)
{
	if (context->child != NULL)
		return cairn_worker__child_wait(context, duration);
	struct cairn_worker *worker = context->worker;
	cairn_usec until = cairn_worker__after(duration > 0 ? duration : 0);
	pthread_mutex_lock(&worker->lock);
	while (cairn_context_canceled(context) == CAIRN_CANCEL_NONE && cairn_worker__now() < until)
		cairn_worker__wait(worker, &context->stir, until);
	pthread_mutex_unlock(&worker->lock);
	return cairn_context_canceled(context);
}

void cairn_context_output(cairn_context *context, cairn_str json)
{
	if (!cairn_worker__keep(&context->output, json))
		context->nomem = true;
}

void cairn_context_error(cairn_context *context, cairn_str code, cairn_str message)
{
	if (!cairn_worker__keep(&context->error_code, code) ||
	    !cairn_worker__keep_message(&context->error_message, message))
		context->nomem = true;
}

void cairn_context_not_before(cairn_context *context, cairn_time when)
{
	context->not_before = when;
}

enum cairn_finish_how cairn_context_continue(cairn_context *context, cairn_usec delay)
{
	context->delay = delay;
	return CAIRN_FINISH_CONTINUE;
}

enum cairn_finish_how cairn_context_snooze(cairn_context *context, cairn_usec delay)
{
	context->delay = delay;
	return CAIRN_FINISH_SNOOZE;
}

cairn_status cairn_context_conn(cairn_context *context, cairn_conn **conn, cairn_error *err)
{
	if (context->child != NULL)
		return cairn_worker__fail_code(err, CAIRN_E_DRIVER_FEATURE);
	struct link *link = &context->hand->link;
	cairn_status st = link->conn == NULL ? cairn_worker__connect(link, err) : CAIRN_OK;
	if (st == CAIRN_OK)
		*conn = link->conn;
	return st;
}

/* As if it had been sent, and not been answered: no beat may find it gone, and its turn will look. */
void cairn_context_finishing(cairn_context *context)
{
	if (context->child != NULL)
		return;
	pthread_mutex_lock(&context->worker->lock);
	context->unsure = true;
	pthread_mutex_unlock(&context->worker->lock);
}
