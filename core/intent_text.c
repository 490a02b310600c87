/* intent_text.c - the words of the intents store: the same in the API, SQL, JSON and the command. */
#include <cairn/intent.h>
#include <cairn/sys/host.h>

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

#define COUNT(words) (sizeof(words) / sizeof((words)[0]))

const char *cairn_intent_status_text(enum cairn_intent_status status)
{
	return (size_t)status < COUNT(statuses) ? statuses[status] : NULL;
}

enum cairn_intent_status cairn_intent_status_parse(cairn_str word)
{
	size_t i = COUNT(statuses) - 1;
	while (i > 0 && !cairn_str_is(word, statuses[i]))
		i--;
	return (enum cairn_intent_status)i;
}

const char *cairn_promotion_text(enum cairn_promotion what)
{
	return (size_t)what < COUNT(promotions) ? promotions[what] : NULL;
}
