/* job_text.c - the words of the jobs store: the same in the API, SQL, JSON and the command. */
#include <cairn/history.h>

#include "words.h"

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
	[CAIRN_EVENT_STEP_STARTED] = "STEP_STARTED",
	[CAIRN_EVENT_STEP_WAITING] = "STEP_WAITING",
	[CAIRN_EVENT_STEP_COMPLETED] = "STEP_COMPLETED",
	[CAIRN_EVENT_STEP_FAILED] = "STEP_FAILED",
	[CAIRN_EVENT_SIGNALED] = "SIGNALED",
};

static const char *const levels[] = {
	[CAIRN_LOG_DEBUG] = "DEBUG",
	[CAIRN_LOG_INFO] = "INFO",
	[CAIRN_LOG_WARNING] = "WARNING",
	[CAIRN_LOG_ERROR] = "ERROR",
};

const char *cairn_job_status_text(enum cairn_job_status status)
{
	return CAIRN__WORD(statuses, status);
}

enum cairn_job_status cairn_job_status_parse(cairn_str word)
{
	return (enum cairn_job_status)CAIRN__WORD_PARSE(statuses, word);
}

const char *cairn_ending_text(enum cairn_ending ending)
{
	return CAIRN__WORD(endings, ending);
}

enum cairn_ending cairn_ending_parse(cairn_str word)
{
	return (enum cairn_ending)CAIRN__WORD_PARSE(endings, word);
}

const char *cairn_event_kind_text(enum cairn_event_kind kind)
{
	return CAIRN__WORD(events, kind);
}

enum cairn_event_kind cairn_event_kind_parse(cairn_str word)
{
	return (enum cairn_event_kind)CAIRN__WORD_PARSE(events, word);
}

const char *cairn_log_level_text(enum cairn_log_level level)
{
	return CAIRN__WORD(levels, level);
}

enum cairn_log_level cairn_log_level_parse(cairn_str word)
{
	return (enum cairn_log_level)CAIRN__WORD_PARSE(levels, word);
}
