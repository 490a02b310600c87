/* replays.h - what the commands on replay runs share, with signals and budgets. */
#ifndef CLI_REPLAYS_H
#define CLI_REPLAYS_H

#include "runs.h"

/*
 * Whether an id is that of a replay run; NOT_FOUND, with what it is, of a job that has not begun one. What is no job is left
 * to those who work on DAG runs, who say that there is no such run. The one place where verbs that both have are told apart.
 */
cairn_status run_is_replay(const struct cli *cli, cairn_conn *conn, cairn_id id, bool *replay,
			   cairn_error *err);
/* The same for who waits or cancels: also of a job that has not begun yet, since it may become one. */
cairn_status run_may_be_replay(const struct cli *cli, cairn_conn *conn, cairn_id id, bool *replay,
			       cairn_error *err);

/* ---- the verbs of `cairn run` on a replay run; each answers the exit code ---- */

#define MEMOS_PAGE 100u /* steps of one read: each may be large */

struct replay_show {
	const char *field;
	bool full;
	bool documents;
};

int replay_show(const struct cli *cli, cairn_conn *conn, cairn_id id,
		const struct replay_show *args);

struct replay_steps {
	struct texts statuses;
	const char *name;
	const char *field;
	const char *after;
	uint32_t limit; /* 0: all */
	bool documents;
	bool full;
};

int replay_steps(const struct cli *cli, cairn_conn *conn, cairn_id id,
		 const struct replay_steps *args);
int replay_events(const struct cli *cli, cairn_conn *conn, cairn_id id);
int replay_wait(const struct cli *cli, cairn_conn *conn, cairn_id id, cairn_usec timeout,
		bool output);

cairn_status replay_cancel(const struct cli *cli, cairn_conn *conn, const cairn_id *runs, size_t n,
			   cairn_str reason, struct tally *tally, cairn_error *err);

struct replay_list {
	struct texts statuses;
	const char *type;
	const char *root;
	const char *parent;
	const char *after;
	cairn_time since;
	cairn_time until;
	uint32_t limit;
	bool documents;
};

int replay_list(const struct cli *cli, const struct replay_list *args);

/* ---- replay_table.c: rows for people ---- */

/* Nobody knows when. */
#define NEVER ((cairn_time)253402300800 * CAIRN_SECOND - 1)

/* Steps; full: results are not cut. */
void memo_table_begin(struct table *table, const struct cli *cli, bool full);
void memo_row(struct table *table, const cairn_memo *memo, bool full);
/* What a step that is WAITING waits for: "a signal approve until …". */
#define AWAITED_TEXT 512
const char *awaited_text(const cairn_memo *memo, char text[AWAITED_TEXT]);
void budget_table_begin(struct table *table, const struct cli *cli);
void budget_row(struct table *table, const cairn_budget *budget);
void replay_table_begin(struct table *table, const struct cli *cli);
void replay_row(struct table *table, const cairn_replay_run *run, cairn_time now);

/* ---- replay_json.c: rows, with the names that SQL has for them ---- */

/* compact: read without its documents */
void json_replay(struct json *json, const cairn_replay_run *run, bool compact);
void json_replay_counts(struct json *json, const cairn_replay_run *run);
/* whole: with its signature */
void json_memo(struct json *json, const cairn_memo *memo, bool whole);
void json_signal(struct json *json, const cairn_signal *signal);
void json_budget(struct json *json, const cairn_budget *budget);
void json_entry(struct json *json, const cairn_entry *entry);

#endif
