/* replay_table.c - rows of the replay and budget stores in tables for people. */
#include <inttypes.h>
#include <string.h>

#include "cells.h"
#include "replays.h"

#define RESULT_COLUMNS 80 /* of a result, where there is no terminal to say how many fit */
#define RESULT_SCANNED 4096u

/* ---- steps ------------------------------------------------------------------------- */

void memo_table_begin(struct table *table, const struct cli *cli, bool full)
{
	static const char *const heads[] = { ">SEQ",   "NAME",	"KIND",	 "VERB",   "STATUS",
					     ">TRIES", "BEGUN", ">TOOK", "RESULT", NULL };
	table_begin(table, cli, heads);
	if (full)
		table->width = 0;
}

const char *awaited_text(const cairn_memo *memo, char text[AWAITED_TEXT])
{
	char when[WHEN_TEXT];
	char id[CAIRN_ID_TEXT];
	bool timed = memo->wake_at != 0 && memo->wake_at < NEVER;
	when_text(memo->wake_at, when);
	switch (memo->verb) {
	case CAIRN_MEMO_SLEEP:
		snprintf(text, AWAITED_TEXT, "sleeping until %s", when);
		return text;
	case CAIRN_MEMO_SIGNAL:
		snprintf(text, AWAITED_TEXT, "waiting for signal %.*s%s%s", (int)memo->signal.len,
			 memo->signal.ptr, timed ? " until " : "", timed ? when : "");
		return text;
	case CAIRN_MEMO_CHILD:
		cairn_id_format(memo->child, id);
		snprintf(text, AWAITED_TEXT, "waiting for child %s", id);
		return text;
	case CAIRN_MEMO_STEP:
	case CAIRN_MEMO_VALUE:
		break;
	}
	snprintf(text, AWAITED_TEXT, "waiting for the next attempt of step %.*s at %s",
		 (int)memo->name.len, memo->name.ptr, when);
	return text;
}

/* As much as fits into the columns; the rest is told by an ellipsis. */
static void cut_cell(struct table *table, cairn_str text, bool full)
{
	size_t scanned = text.len < RESULT_SCANNED ? text.len : RESULT_SCANNED;
	size_t len = 0;
	uint32_t point;
	if (full || (text.len == scanned && text_columns(text.ptr, scanned) <= RESULT_COLUMNS)) {
		table_text(table, PLAIN, text);
		return;
	}
	/* a terminal's width is the table's own business */
	int room = table->width > 0 ? (int)table->width : RESULT_COLUMNS;
	while (len < scanned) {
		size_t taken = text_harmless(text.ptr + len, text.len - len, &point);
		if (text_columns(text.ptr, len + taken) > room - 1)
			break;
		len += taken;
	}
	table_cell(table, PLAIN, "%.*s%s", (int)len, text.ptr, len < text.len ? "…" : "");
}

static void outcome(struct table *table, const cairn_memo *memo, bool full)
{
	char text[AWAITED_TEXT];
	if (memo->status == CAIRN_MEMO_WAITING)
		table_cell(table, DIM, "%s", awaited_text(memo, text));
	else if (memo->timed_out)
		table_cell(table, DIM, "timed out");
	else if (memo->error_code.len > 0)
		table_cell(table, PLAIN, "%.*s: %.*s", (int)memo->error_code.len,
			   memo->error_code.ptr, (int)memo->error_message.len,
			   memo->error_message.len > 0 ? memo->error_message.ptr : "");
	else if (memo->verb == CAIRN_MEMO_SLEEP)
		table_cell(table, DIM, "-");
	else
		cut_cell(table, memo->result, full);
}

void memo_row(struct table *table, const cairn_memo *memo, bool full)
{
	char when[WHEN_TEXT];
	char span[SPAN_TEXT];
	table_cell(table, PLAIN, "%" PRId64, memo->seq);
	table_text(table, PLAIN, memo->name);
	table_text(table, PLAIN, memo->kind);
	table_cell(table, PLAIN, "%s", cairn_memo_verb_text(memo->verb));
	table_cell(table, memo_status_color(memo->status), "%s",
		   cairn_memo_status_text(memo->status));
	table_cell(table, PLAIN, "%" PRId32, memo->attempts);
	table_cell(table, PLAIN, "%s", when_text(memo->begun_at, when));
	table_cell(table, PLAIN, "%s",
		   memo->ended_at != 0 ? span_text(memo->ended_at - memo->begun_at, span) : "-");
	outcome(table, memo, full);
}

/* ---- budgets ------------------------------------------------------------------------ */

void budget_table_begin(struct table *table, const struct cli *cli)
{
	static const char *const heads[] = { "AXIS",	  "KIND",  ">TOTAL", ">SPENT",
					     ">RESERVED", ">LEFT", NULL };
	table_begin(table, cli, heads);
}

void budget_row(struct table *table, const cairn_budget *budget)
{
	bool spent = budget->limited && budget->remaining == 0;
	table_text(table, PLAIN, budget->axis);
	if (!budget->limited) {
		table_cell(table, DIM, "counted");
		table_cell(table, DIM, "-");
	} else {
		table_cell(table, PLAIN, "%s", cairn_budget_kind_text(budget->kind));
		table_count(table, PLAIN, budget->total);
	}
	table_count(table, PLAIN, budget->spent);
	table_count(table, PLAIN, budget->reserved);
	if (budget->limited)
		table_cell(table, spent ? YELLOW : PLAIN, "%" PRId64, budget->remaining);
	else
		table_cell(table, DIM, "-");
}

/* ---- runs ----------------------------------------------------------------------------- */

void replay_table_begin(struct table *table, const struct cli *cli)
{
	static const char *const heads[] = { "ID",     "TYPE", "TENANT", "STATUS",
					     ">TRIES", ">AGE", "NOTE",	 NULL };
	table_begin(table, cli, heads);
}

/* What is worth a look: why it failed, how long it took, until when it sleeps. */
static void note(struct table *table, const cairn_replay_run *run)
{
	char span[SPAN_TEXT];
	char when[WHEN_TEXT];
	if (run->status == CAIRN_REPLAY_SUSPENDED && run->wake_at < NEVER)
		table_cell(table, DIM, "until %s", when_text(run->wake_at, when));
	else if (run->status == CAIRN_REPLAY_SUSPENDED)
		table_cell(table, DIM, "until it is woken");
	else if (run->error_code.len > 0)
		table_cell(table, PLAIN, "%.*s: %.*s", (int)run->error_code.len,
			   run->error_code.ptr, (int)run->error_message.len,
			   run->error_message.len > 0 ? run->error_message.ptr : "");
	else if (run->finished_at != 0)
		table_cell(table, DIM, "took %s",
			   span_text(run->finished_at - run->created_at, span));
	else
		table_text(table, DIM, run->worker);
}

void replay_row(struct table *table, const cairn_replay_run *run, cairn_time now)
{
	char id[CAIRN_ID_TEXT];
	char age[SPAN_TEXT];
	cairn_id_format(run->id, id);
	table_cell(table, PLAIN, "%s", id);
	table_text(table, PLAIN, run->type);
	table_text(table, PLAIN, run->tenant);
	table_cell(table, replay_status_color(run->status), "%s",
		   cairn_replay_status_text(run->status));
	table_cell(table, PLAIN, "%" PRId32, run->attempt);
	table_cell(table, PLAIN, "%s", span_text(now - run->created_at, age));
	note(table, run);
}
