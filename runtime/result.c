/*
 * result.c - from a handler's answer to what is sent: defaults, what a reason to
 * give up does to it, and the failure that takes the place of a result which the
 * library refuses.
 */
#include "runtime.h"

static cairn_str kept_text(const struct kept *kept)
{
	return (cairn_str){ .ptr = kept->len > 0 ? kept->ptr : NULL, .len = kept->len };
}

static void fail_as(struct cairn_context *slot, enum cairn_finish_how how, const char *code,
		    const char *message)
{
	slot->how = how;
	if (!cairn_worker__keep(&slot->error_code, cairn_str_of(code)) ||
	    !cairn_worker__keep(&slot->error_message, cairn_str_of(message)))
		slot->error_code.len = slot->error_message.len = 0;
}

static bool known(enum cairn_finish_how how)
{
	return how >= CAIRN_FINISH_SUCCESS && how <= CAIRN_FINISH_PANICKED;
}

void cairn_worker__conclude(struct cairn_context *slot)
{
	if (slot->concluded)
		return;
	slot->concluded = true;
	enum cairn_cancel cause = cairn_context_canceled(slot);
	if (slot->nomem)
		fail_as(slot, CAIRN_FINISH_RETRYABLE, "handler.no_memory",
			"No memory for the handler's result.");
	else if (!known(slot->how))
		fail_as(slot, CAIRN_FINISH_PANICKED, "handler.invalid_result",
			"The handler's answer is no way to finish.");
	else if (cause == CAIRN_CANCEL_TIMEOUT && slot->error_code.len == 0)
		fail_as(slot, CAIRN_FINISH_TIMEOUT, "handler.timeout",
			"The handler ran longer than the job's timeout.");
	else if (cause == CAIRN_CANCEL_TIMEOUT)
		slot->how = CAIRN_FINISH_TIMEOUT;
	/* a lease that was lost takes no failure: whoever holds the job now will tell */
	if (cause == CAIRN_CANCEL_LEASE && slot->how != CAIRN_FINISH_SUCCESS)
		slot->settled = true;
}

void cairn_worker__plan_finish(struct cairn_context *slot, cairn_finish *finish)
{
	*finish = (cairn_finish){ .lease = slot->lease };
	if (slot->early) {
		finish->how = CAIRN_FINISH_TIMEOUT;
		finish->error_code = CAIRN_STR("handler.timeout");
		finish->error_message = CAIRN_STR("The handler overran the job's timeout.");
		return;
	}
	finish->how = slot->how;
	if (slot->how == CAIRN_FINISH_SUCCESS) {
		finish->output = kept_text(&slot->output);
		return;
	}
	finish->error_code = kept_text(&slot->error_code);
	if (finish->error_code.len == 0)
		finish->error_code = CAIRN_STR("handler.failed");
	finish->error_message = kept_text(&slot->error_message);
	finish->not_before = slot->not_before;
}

bool cairn_worker__rewrite(struct cairn_context *slot, const char *code, const char *message)
{
	if (slot->rewritten || slot->early)
		return false;
	slot->rewritten = true;
	slot->not_before = 0;
	if (slot->how == CAIRN_FINISH_SUCCESS)
		slot->how = CAIRN_FINISH_TERMINAL;
	fail_as(slot, slot->how, code, message);
	return true;
}
