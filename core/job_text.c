/* job_text.c - the words of the jobs store: the same in the API, SQL, JSON and the command. */
#include <string.h>

#include <cairn/history.h>
#include <cairn/sys/host.h>

static const char *const statuses[] = {
	[CAIRN_JOB_PENDING] = "PENDING",     [CAIRN_JOB_LEASED] = "LEASED",
	[CAIRN_JOB_SUCCEEDED] = "SUCCEEDED", [CAIRN_JOB_DEAD_LETTERED] = "DEAD_LETTERED",
	[CAIRN_JOB_CANCELED] = "CANCELED",
};

static const char *const endings[] = {
	[CAIRN_ENDING_NONE] = "RUNNING",
	[CAIRN_ENDING_SUCCEEDED] = "SUCCEEDED",
	[CAIRN_ENDING_RETRYABLE] = "RETRYABLE",
	[CAIRN_ENDING_TERMINAL] = "TERMINAL",
	[CAIRN_ENDING_TIMEOUT] = "TIMEOUT",
	[CAIRN_ENDING_PANICKED] = "PANICKED",
	[CAIRN_ENDING_LEASE_EXPIRED] = "LEASE_EXPIRED",
	[CAIRN_ENDING_CANCELED] = "CANCELED",
	[CAIRN_ENDING_CONTINUED] = "CONTINUED",
	[CAIRN_ENDING_SNOOZED] = "SNOOZED",
	[CAIRN_ENDING_RELEASED] = "RELEASED",
};

static const char *const events[] = {
	[CAIRN_EVENT_ENQUEUED] = "ENQUEUED",
	[CAIRN_EVENT_LEASED] = "LEASED",
	[CAIRN_EVENT_STAGE_CHANGED] = "STAGE_CHANGED",
	[CAIRN_EVENT_PROGRESS] = "PROGRESS",
	[CAIRN_EVENT_SUCCEEDED] = "SUCCEEDED",
	[CAIRN_EVENT_FAILED] = "FAILED",
	[CAIRN_EVENT_RETRY_SCHEDULED] = "RETRY_SCHEDULED",
	[CAIRN_EVENT_DEAD_LETTERED] = "DEAD_LETTERED",
	[CAIRN_EVENT_CANCELED] = "CANCELED",
	[CAIRN_EVENT_REQUEUED] = "REQUEUED",
};

static const char *const levels[] = {
	[CAIRN_LOG_DEBUG] = "DEBUG",
	[CAIRN_LOG_INFO] = "INFO",
	[CAIRN_LOG_WARNING] = "WARNING",
	[CAIRN_LOG_ERROR] = "ERROR",
};

#define WORD(words, value) \
	((size_t)(value) < sizeof(words) / sizeof((words)[0]) ? (words)[value] : NULL)

/* The number of a word, or 0. Words start at 1, except RUNNING. */
static int find(const char *const *words, size_t count, cairn_str word)
{
	for (size_t i = 0; i < count; i++) {
		if (words[i] != NULL && cairn_str_is(word, words[i]))
			return (int)i;
	}
	return 0;
}

#define FIND(words, word) find(words, sizeof(words) / sizeof((words)[0]), word)

const char *cairn_job_status_text(enum cairn_job_status status)
{
	return WORD(statuses, status);
}

enum cairn_job_status cairn_job_status_parse(cairn_str word)
{
	return (enum cairn_job_status)FIND(statuses, word);
}

const char *cairn_ending_text(enum cairn_ending ending)
{
	return WORD(endings, ending);
}

enum cairn_ending cairn_ending_parse(cairn_str word)
{
	return (enum cairn_ending)FIND(endings, word);
}

const char *cairn_event_kind_text(enum cairn_event_kind kind)
{
	return WORD(events, kind);
}

enum cairn_event_kind cairn_event_kind_parse(cairn_str word)
{
	return (enum cairn_event_kind)FIND(events, word);
}

const char *cairn_log_level_text(enum cairn_log_level level)
{
	return WORD(levels, level);
}

enum cairn_log_level cairn_log_level_parse(cairn_str word)
{
	return (enum cairn_log_level)FIND(levels, word);
}
