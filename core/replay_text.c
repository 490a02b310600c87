/*
 * replay_text.c - the words of replay runs, signals and budgets: the same in the API, SQL, JSON and the command; and
 * what a run's job makes it.
 */
#include <cairn/sys/host.h>
#include <cairn/sys/replay.h>

#include "words.h"

static const char *const nexts[] = {
	[CAIRN_NEXT_RUN] = "RUN",	  [CAIRN_NEXT_RESULT] = "RESULT",
	[CAIRN_NEXT_FAILED] = "FAILED",	  [CAIRN_NEXT_WAIT] = "WAIT",
	[CAIRN_NEXT_SUSPEND] = "SUSPEND",
};

static const char *const statuses[] = {
	[CAIRN_REPLAY_ENQUEUED] = "ENQUEUED",	[CAIRN_REPLAY_RUNNING] = "RUNNING",
	[CAIRN_REPLAY_SUSPENDED] = "SUSPENDED", [CAIRN_REPLAY_SUCCEEDED] = "SUCCEEDED",
	[CAIRN_REPLAY_FAILED] = "FAILED",	[CAIRN_REPLAY_CANCELED] = "CANCELED",
};

static const char *const verbs[] = {
	[CAIRN_MEMO_STEP] = "STEP",	[CAIRN_MEMO_VALUE] = "VALUE", [CAIRN_MEMO_SLEEP] = "SLEEP",
	[CAIRN_MEMO_SIGNAL] = "SIGNAL", [CAIRN_MEMO_CHILD] = "CHILD",
};

static const char *const memos[] = {
	[CAIRN_MEMO_RUNNING] = "RUNNING",
	[CAIRN_MEMO_WAITING] = "WAITING",
	[CAIRN_MEMO_COMPLETED] = "COMPLETED",
	[CAIRN_MEMO_FAILED] = "FAILED",
};

static const char *const budgets[] = {
	[CAIRN_BUDGET_SOFT] = "SOFT",
	[CAIRN_BUDGET_HARD] = "HARD",
};

static const char *const entries[] = {
	[CAIRN_ENTRY_RESERVED] = "RESERVED",
	[CAIRN_ENTRY_CHARGED] = "CHARGED",
	[CAIRN_ENTRY_RELEASED] = "RELEASED",
};

const char *cairn_next_text(enum cairn_next next)
{
	return CAIRN__WORD(nexts, next);
}

const char *cairn_replay_status_text(enum cairn_replay_status status)
{
	return CAIRN__WORD(statuses, status);
}

enum cairn_replay_status cairn_replay_status_parse(cairn_str word)
{
	return (enum cairn_replay_status)CAIRN__WORD_PARSE(statuses, word);
}

const char *cairn_memo_verb_text(enum cairn_memo_verb verb)
{
	return CAIRN__WORD(verbs, verb);
}

enum cairn_memo_verb cairn_memo_verb_parse(cairn_str word)
{
	return (enum cairn_memo_verb)CAIRN__WORD_PARSE(verbs, word);
}

const char *cairn_memo_status_text(enum cairn_memo_status status)
{
	return CAIRN__WORD(memos, status);
}

enum cairn_memo_status cairn_memo_status_parse(cairn_str word)
{
	return (enum cairn_memo_status)CAIRN__WORD_PARSE(memos, word);
}

const char *cairn_budget_kind_text(enum cairn_budget_kind kind)
{
	return CAIRN__WORD(budgets, kind);
}

enum cairn_budget_kind cairn_budget_kind_parse(cairn_str word)
{
	return (enum cairn_budget_kind)CAIRN__WORD_PARSE(budgets, word);
}

const char *cairn_entry_state_text(enum cairn_entry_state state)
{
	return CAIRN__WORD(entries, state);
}

enum cairn_entry_state cairn_entry_state_parse(cairn_str word)
{
	return (enum cairn_entry_state)CAIRN__WORD_PARSE(entries, word);
}

enum cairn_replay_status cairn_replay_status_of(const cairn_job *job)
{
	switch (job->status) {
	case CAIRN_JOB_LEASED:
		return CAIRN_REPLAY_RUNNING;
	case CAIRN_JOB_SUCCEEDED:
		return CAIRN_REPLAY_SUCCEEDED;
	case CAIRN_JOB_DEAD_LETTERED:
		return CAIRN_REPLAY_FAILED;
	case CAIRN_JOB_CANCELED:
		return CAIRN_REPLAY_CANCELED;
	case CAIRN_JOB_PENDING:
		break;
	}
	int continued = cairn_str_equal(job->status_reason, CAIRN_STR(CAIRN_REASON_CONTINUED));
	return job->parked && continued ? CAIRN_REPLAY_SUSPENDED : CAIRN_REPLAY_ENQUEUED;
}
