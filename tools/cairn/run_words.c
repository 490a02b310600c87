/* run_words.c - statuses of runs and steps, of both sorts, as people write and read them. */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "runs.h"

int run_id_parse(const struct cli *cli, const char *word, cairn_id *id)
{
	if (cairn_id_parse(cairn_str_of(word), id) == 0)
		return -1;
	return usage_error(cli, "'%s' is no id; cairn runs and cairn run list tell them", word);
}

/* Names of statuses by number, from 1 to where they end. */
typedef const char *name_fn(int status);

static const char *run_name(int status)
{
	return cairn_run_status_text((enum cairn_run_status)status);
}

static const char *step_name(int status)
{
	return cairn_step_status_text((enum cairn_step_status)status);
}

static const char *replay_name(int status)
{
	return cairn_replay_status_text((enum cairn_replay_status)status);
}

static const char *memo_name(int status)
{
	return cairn_memo_status_text((enum cairn_memo_status)status);
}

/* The word itself, else the only one that begins so; 0 is none. */
static int find(name_fn *name, const char *word, size_t len)
{
	int found = 0;
	for (int i = 1; len > 0 && name(i) != NULL; i++) {
		if (strncasecmp(name(i), word, len) != 0)
			continue;
		if (name(i)[len] == '\0')
			return i;
		found = found == 0 ? i : -1;
	}
	return found > 0 ? found : 0;
}

static int parse(const struct cli *cli, name_fn *name, const struct texts *words, uint32_t *bits)
{
	for (size_t i = 0; i < words->count; i++) {
		for (const char *at = words->at[i]; *at != '\0';) {
			size_t len = strcspn(at, ",");
			int status = find(name, at, len);
			if (status == 0)
				return usage_error(cli, "--status: '%.*s' is none", (int)len, at);
			*bits |= 1u << (unsigned)status;
			at += len + (at[len] == ',');
		}
	}
	return -1;
}

int run_statuses_parse(const struct cli *cli, const struct texts *words, uint32_t *bits)
{
	return parse(cli, run_name, words, bits);
}

int step_statuses_parse(const struct cli *cli, const struct texts *words, uint32_t *bits)
{
	return parse(cli, step_name, words, bits);
}

int replay_statuses_parse(const struct cli *cli, const struct texts *words, uint32_t *bits)
{
	return parse(cli, replay_name, words, bits);
}

int memo_statuses_parse(const struct cli *cli, const struct texts *words, uint32_t *bits)
{
	return parse(cli, memo_name, words, bits);
}

enum cairn_step_status step_status_of(const char *word)
{
	return (enum cairn_step_status)find(step_name, word, strlen(word));
}

enum color run_status_color(enum cairn_run_status status)
{
	switch (status) {
	case CAIRN_RUN_RUNNING:
		return CYAN;
	case CAIRN_RUN_WAITING_FOR_EXTERNAL:
		return BLUE;
	case CAIRN_RUN_SUCCEEDED:
		return GREEN;
	case CAIRN_RUN_COMPLETED_WITH_ERRORS:
		return RED;
	case CAIRN_RUN_CANCELED:
		return YELLOW;
	}
	return PLAIN;
}

enum color step_status_color(enum cairn_step_status status)
{
	switch (status) {
	case CAIRN_STEP_BLOCKED:
		return DIM;
	case CAIRN_STEP_WAITING_FOR_EXTERNAL:
		return BLUE;
	case CAIRN_STEP_ENQUEUED:
		return PLAIN;
	case CAIRN_STEP_RUNNING:
		return CYAN;
	case CAIRN_STEP_SUCCEEDED:
		return GREEN;
	case CAIRN_STEP_FAILED:
		return RED;
	case CAIRN_STEP_CANCELED:
		return YELLOW;
	}
	return PLAIN;
}

enum color replay_status_color(enum cairn_replay_status status)
{
	switch (status) {
	case CAIRN_REPLAY_ENQUEUED:
		return PLAIN;
	case CAIRN_REPLAY_RUNNING:
		return CYAN;
	case CAIRN_REPLAY_SUSPENDED:
		return BLUE;
	case CAIRN_REPLAY_SUCCEEDED:
		return GREEN;
	case CAIRN_REPLAY_FAILED:
		return RED;
	case CAIRN_REPLAY_CANCELED:
		return YELLOW;
	}
	return PLAIN;
}

enum color memo_status_color(enum cairn_memo_status status)
{
	switch (status) {
	case CAIRN_MEMO_RUNNING:
		return CYAN;
	case CAIRN_MEMO_WAITING:
		return BLUE;
	case CAIRN_MEMO_COMPLETED:
		return GREEN;
	case CAIRN_MEMO_FAILED:
		return RED;
	}
	return PLAIN;
}

bool replay_is_over(enum cairn_replay_status status)
{
	return status == CAIRN_REPLAY_SUCCEEDED || status == CAIRN_REPLAY_FAILED ||
	       status == CAIRN_REPLAY_CANCELED;
}

bool run_is_over(enum cairn_run_status status)
{
	return status == CAIRN_RUN_SUCCEEDED || status == CAIRN_RUN_COMPLETED_WITH_ERRORS ||
	       status == CAIRN_RUN_CANCELED;
}

int32_t run_step_count(const cairn_run_counts *counts)
{
	return counts->blocked + counts->waiting + counts->enqueued + counts->succeeded +
	       counts->failed + counts->canceled;
}

const char *counts_text(const cairn_run_counts *counts, char text[COUNTS_TEXT])
{
	int len = snprintf(text, COUNTS_TEXT, "%" PRId32 "/%" PRId32,
			   counts->succeeded + counts->failed + counts->canceled,
			   run_step_count(counts));
	if (counts->failed > 0)
		len += snprintf(text + len, COUNTS_TEXT - (size_t)len, ", %" PRId32 " failed",
				counts->failed);
	if (counts->canceled > 0)
		snprintf(text + len, COUNTS_TEXT - (size_t)len, ", %" PRId32 " canceled",
			 counts->canceled);
	return text;
}
