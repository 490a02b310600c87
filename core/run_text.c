/* run_text.c - the words of the workflows store: the same in the API, SQL, JSON and the command. */
#include <cairn/workflow.h>

#include "words.h"

static const char *const kinds[] = {
	[CAIRN_STEP_JOB] = "JOB",
	[CAIRN_STEP_EXTERNAL] = "EXTERNAL",
};

static const char *const modes[] = {
	[CAIRN_RELEASE_ON_TERMINAL] = "ON_TERMINAL",
	[CAIRN_RELEASE_ON_SUCCESS] = "ON_SUCCESS",
};

static const char *const failures[] = {
	[CAIRN_ON_FAILURE_CONTINUE] = "CONTINUE",
	[CAIRN_ON_FAILURE_FAIL_FAST] = "FAIL_FAST",
};

static const char *const runs[] = {
	[CAIRN_RUN_RUNNING] = "RUNNING",
	[CAIRN_RUN_WAITING_FOR_EXTERNAL] = "WAITING_FOR_EXTERNAL",
	[CAIRN_RUN_SUCCEEDED] = "SUCCEEDED",
	[CAIRN_RUN_COMPLETED_WITH_ERRORS] = "COMPLETED_WITH_ERRORS",
	[CAIRN_RUN_CANCELED] = "CANCELED",
};

static const char *const steps[] = {
	[CAIRN_STEP_BLOCKED] = "BLOCKED",
	[CAIRN_STEP_WAITING_FOR_EXTERNAL] = "WAITING_FOR_EXTERNAL",
	[CAIRN_STEP_ENQUEUED] = "ENQUEUED",
	[CAIRN_STEP_RUNNING] = "RUNNING",
	[CAIRN_STEP_SUCCEEDED] = "SUCCEEDED",
	[CAIRN_STEP_FAILED] = "FAILED",
	[CAIRN_STEP_CANCELED] = "CANCELED",
};

static const char *const events[] = {
	[CAIRN_RUN_EVENT_RUN] = "RUN",
	[CAIRN_RUN_EVENT_STEP] = "STEP",
	[CAIRN_RUN_EVENT_APPENDED] = "APPENDED",
	[CAIRN_RUN_EVENT_JOB] = "JOB",
};

const char *cairn_step_kind_text(enum cairn_step_kind kind)
{
	return CAIRN__WORD(kinds, kind);
}

enum cairn_step_kind cairn_step_kind_parse(cairn_str word)
{
	return (enum cairn_step_kind)CAIRN__WORD_PARSE(kinds, word);
}

const char *cairn_release_mode_text(enum cairn_release_mode mode)
{
	return CAIRN__WORD(modes, mode);
}

enum cairn_release_mode cairn_release_mode_parse(cairn_str word)
{
	return (enum cairn_release_mode)CAIRN__WORD_PARSE(modes, word);
}

const char *cairn_on_failure_text(enum cairn_on_failure what)
{
	return CAIRN__WORD(failures, what);
}

enum cairn_on_failure cairn_on_failure_parse(cairn_str word)
{
	return (enum cairn_on_failure)CAIRN__WORD_PARSE(failures, word);
}

const char *cairn_run_status_text(enum cairn_run_status status)
{
	return CAIRN__WORD(runs, status);
}

enum cairn_run_status cairn_run_status_parse(cairn_str word)
{
	return (enum cairn_run_status)CAIRN__WORD_PARSE(runs, word);
}

const char *cairn_step_status_text(enum cairn_step_status status)
{
	return CAIRN__WORD(steps, status);
}

enum cairn_step_status cairn_step_status_parse(cairn_str word)
{
	return (enum cairn_step_status)CAIRN__WORD_PARSE(steps, word);
}

const char *cairn_run_event_kind_text(enum cairn_run_event_kind kind)
{
	return CAIRN__WORD(events, kind);
}

enum cairn_run_event_kind cairn_run_event_kind_parse(cairn_str word)
{
	return (enum cairn_run_event_kind)CAIRN__WORD_PARSE(events, word);
}
