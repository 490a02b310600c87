/* runs.h - what the commands on runs share: on DAG runs, and (replays.h) on replay runs. */
#ifndef CLI_RUNS_H
#define CLI_RUNS_H

#include "cli.h"
#include "filter.h"
#include "graph_file.h"
#include "json.h"
#include "table.h"

#define RUNS_PAGE 1000u /* rows of one read */

/* ---- cmd_run.c: the verbs of `cairn run`; argv without the verb ---- */

int run_submit(struct cli *cli, int argc, char **argv);
int run_append(struct cli *cli, int argc, char **argv);
int run_complete_gate(struct cli *cli, int argc, char **argv);
int run_cancel(struct cli *cli, int argc, char **argv);
int run_recover(struct cli *cli, int argc, char **argv);
int run_wait(struct cli *cli, int argc, char **argv);
int run_prune(struct cli *cli, int argc, char **argv);
int run_show(struct cli *cli, int argc, char **argv);
int run_steps(struct cli *cli, int argc, char **argv);
int run_inputs(struct cli *cli, int argc, char **argv);
int run_events(struct cli *cli, int argc, char **argv);
int run_graph(struct cli *cli, int argc, char **argv);
int run_list(struct cli *cli, int argc, char **argv);
int run_follow(struct cli *cli, int argc, char **argv);
int run_resume(struct cli *cli, int argc, char **argv);
int run_fork(struct cli *cli, int argc, char **argv);
int run_delete(struct cli *cli, int argc, char **argv);

/* ---- run_words.c ---- */

/* Answers -1 to go on. */
int run_id_parse(const struct cli *cli, const char *word, cairn_id *id);
/*
 * Words such as SUCCEEDED,CANCELED as bits 1u << status: any case, and as much of a word as tells it from the others.
 * Answers -1 to go on.
 */
int run_statuses_parse(const struct cli *cli, const struct texts *words, uint32_t *bits);
int step_statuses_parse(const struct cli *cli, const struct texts *words, uint32_t *bits);
int replay_statuses_parse(const struct cli *cli, const struct texts *words, uint32_t *bits);
int memo_statuses_parse(const struct cli *cli, const struct texts *words, uint32_t *bits);
/* One word of a step's status, in any case; 0: no such word. */
enum cairn_step_status step_status_of(const char *word);
enum color run_status_color(enum cairn_run_status status);
enum color step_status_color(enum cairn_step_status status);
enum color replay_status_color(enum cairn_replay_status status);
enum color memo_status_color(enum cairn_memo_status status);
bool run_is_over(enum cairn_run_status status);
bool replay_is_over(enum cairn_replay_status status);
int32_t run_step_count(const cairn_run_counts *counts);
/* How many were done of all, and what went wrong: "3/7, 1 failed". */
#define COUNTS_TEXT 96
const char *counts_text(const cairn_run_counts *counts, char text[COUNTS_TEXT]);

/* ---- run_json.c: rows, with the names that SQL has for them ---- */

/* compact: read without its documents */
void json_run(struct json *json, const cairn_run *run, bool compact);
void json_step(struct json *json, const cairn_step *step, bool compact);
void json_run_edge(struct json *json, const cairn_run_edge *edge);
void json_run_event(struct json *json, const cairn_run_event *event);
/* An enqueued, existing or recovered run. */
void json_run_added(struct json *json, const cairn_run_added *added);

/* ---- run_canceled.c ---- */

struct run_canceled {
	cairn_status status;
	cairn_code code;
	bool canceled;
	const char *run_status; /* NULL: nobody knows */
	const char *others;	/* what else was canceled: "steps" */
	uint32_t n;
	const cairn_time *lease_expires_at; /* NULL: it is nobody's */
};

/* "ID  CANCELED, 3 steps canceled", or why not. */
void tell_canceled(const struct cli *cli, struct tally *tally, cairn_id id,
		   const struct run_canceled *what);

/* ---- picture.c: a graph as it is drawn, from a run or from a file ---- */

#define NOWHERE ((size_t)-1)

struct node {
	cairn_str key;
	cairn_str type;
	enum cairn_step_kind kind;
	enum cairn_step_status status; /* 0: it does not run */
	const cairn_step *step;	       /* NULL: it does not run */
	size_t under; /* the prerequisite that it stands under in a tree: the deepest, of these the last one; NOWHERE: none */
	size_t others; /* how many more it has */
	size_t depth;  /* the longest way to a step that waits for nothing */
};

struct edge {
	size_t from;
	size_t to;
	enum cairn_release_mode mode;
};

struct picture {
	struct node *nodes;
	size_t count;
	struct edge *edges;
	size_t edge_count;
	cairn_steps **pages; /* whose rows the nodes show */
	size_t page_count;
};

/* Every step and edge of a run; compact: without payloads and outputs. */
cairn_status picture_load(const struct cli *cli, cairn_conn *conn, cairn_id run, bool compact,
			  struct picture *picture, cairn_error *err);
/* Of a graph that the library has found to be good. */
cairn_status picture_of_file(const struct graph_file *file, struct picture *picture,
			     cairn_error *err);
void picture_free(struct picture *picture);

/* Whether this is a gate. */
bool node_is_gate(const struct node *node);

/* ---- picture_draw.c ---- */

void picture_dot(FILE *to, const struct picture *picture, cairn_str name);
void picture_mermaid(FILE *to, const struct picture *picture);
void picture_json(struct json *json, const struct picture *picture);

/* ---- run_tree.c ---- */

/* all: rows that are alike are not folded. */
void run_tree(const struct cli *cli, const struct picture *picture, cairn_time now, bool all);

#endif
