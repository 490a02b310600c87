/* intent_text.c - the words of the intents store: the same in the API, SQL, JSON and the command. */
#include <cairn/intent.h>

#include "words.h"

static const char *const statuses[] = {
	[CAIRN_INTENT_PENDING] = "PENDING",
	[CAIRN_INTENT_PROMOTED] = "PROMOTED",
	[CAIRN_INTENT_CONFLICTED] = "CONFLICTED",
};

static const char *const promotions[] = {
	[CAIRN_PROMOTION_INSERTED] = "INSERTED",     [CAIRN_PROMOTION_EXISTING] = "EXISTING",
	[CAIRN_PROMOTION_CONFLICTED] = "CONFLICTED", [CAIRN_PROMOTION_UNAVAILABLE] = "UNAVAILABLE",
	[CAIRN_PROMOTION_DEFERRED] = "DEFERRED",
};

const char *cairn_intent_status_text(enum cairn_intent_status status)
{
	return CAIRN__WORD(statuses, status);
}

enum cairn_intent_status cairn_intent_status_parse(cairn_str word)
{
	return (enum cairn_intent_status)CAIRN__WORD_PARSE(statuses, word);
}

const char *cairn_promotion_text(enum cairn_promotion what)
{
	return CAIRN__WORD(promotions, what);
}
