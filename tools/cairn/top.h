/*
 * top.h - what the parts of `cairn top` share: a frame is everything that one reading found;
 * the reader makes frames on a thread of its own, so that keys and signals never wait for
 * the database; drawing lays a frame out into cells.
 */
#ifndef CLI_TOP_H
#define CLI_TOP_H

#include <pthread.h>

#include "cells.h"
#include "cli.h"

#define TOP_PAGE       1000u
#define TOP_PAGES      4	    /* of leases: more are not read, and it is said */
#define TOP_FIRST_LOOK CAIRN_MINUTE /* the first frame has no other to compare with */

/* A queue, or all of them. Rates are per second; negative: not known. */
struct top_queue {
	cairn_queue is;
	double entered; /* jobs that are new */
	double done;	/* jobs that succeeded */
	double failed;	/* attempts; of all queues only */
};

struct top_worker {
	cairn_str name;
	size_t jobs;
	size_t expired;
	cairn_time leased_at;	 /* of its oldest lease */
	cairn_time heartbeat_at; /* the oldest */
	cairn_str type;		 /* of the job it holds longest */
	cairn_str host;		 /* of the registry of owners, as the next */
	int64_t pid;		 /* 0: unknown */
};

struct top_failure {
	cairn_id job;
	cairn_str type;
	cairn_str code;
	cairn_str message;
	cairn_time at;
	cairn_time retry_at; /* 0: it is dead */
	int32_t attempt;
};

struct frame {
	cairn_status status; /* not OK: there is err and nothing else */
	cairn_error err;
	bool lost; /* there is no connection any more */
	cairn_time now;
	cairn_usec took;
	cairn_usec since; /* the frame before; 0: none */

	struct top_queue all;
	struct top_queue *queues;
	size_t queue_count;
	struct top_worker *workers;
	size_t worker_count;
	bool workers_cut;	      /* there are more leases than were read */
	struct top_failure *failures; /* the latest first */
	size_t failure_count;
	const cairn_schedule **schedules; /* the next first */
	size_t schedule_count;

	/* what the views above point into */
	cairn_queues *stats;
	cairn_metrics *types;
	cairn_jobs *leased[TOP_PAGES];
	cairn_jobs *waiting;
	cairn_jobs *dead;
	cairn_schedules *due;
	cairn_owners *owners; /* that live; NULL: there is no registry */
};

struct top_opts {
	const char *queue;
	cairn_scope scope;
	cairn_usec interval;
};

/* ---- top_data.c: one reading ---- */

struct top_source {
	cairn_conn *conn;
	const struct top_opts *opts;
	const struct frame *before; /* the last one that went well; may be NULL */
	cairn_usec horizon;	    /* schedules due later are left out; 0: none are */
};

/* Never NULL but without memory; a failure is in the frame. */
struct frame *frame_read(struct top_source *source);
void frame_free(struct frame *frame);
cairn_usec top_clock(void); /* monotonic */

/* ---- top_sums.c: what is made of the rows ---- */

cairn_status frame_queues(struct frame *frame, const struct top_source *source);
cairn_status frame_workers(struct frame *frame, const struct top_source *source);
cairn_status frame_failures(struct frame *frame);
cairn_status frame_schedules(struct frame *frame, const struct top_source *source);

/* ---- top_reader.c: the thread ---- */

struct reader {
	const struct cli *cli;
	struct top_source source;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool asked;
	bool quit;
	bool gone; /* the thread has ended */
	struct frame *result;
};

int reader_start(struct reader *reader, const struct cli *cli, const struct top_opts *opts,
		 cairn_conn *conn);
/* One frame, compared with `before`, which has to stay until it is there: then term_wake. */
void reader_ask(struct reader *reader, const struct frame *before);
/* Whether it is done; then *frame is the one that was asked for, NULL without memory. */
bool reader_take(struct reader *reader, struct frame **frame);
/* Ends it and closes the connection; false: it hangs in the database and has to be left behind. */
bool reader_stop(struct reader *reader);

/* ---- top_draw.c ---- */

enum section { TOP_QUEUES, TOP_WORKERS, TOP_FAILED, TOP_SCHEDULES, TOP_SECTIONS };
enum top_sort { SORT_NAME, SORT_DEPTH, SORT_OLDEST, SORT_RATE, SORTS };

struct view {
	const char *name; /* of the database */
	cairn_usec interval;
	bool live; /* with keys; else everything is shown, once */
	bool paused;
	enum top_sort sort;
	enum section focus;
	size_t offset[TOP_SECTIONS];
	size_t page;		    /* rows of the focused section, as drawn last */
	const cairn_error *trouble; /* NULL: all is well */
	bool lost;
	cairn_usec waiting; /* for an answer that should be there; 0: no */
};

/* Orders the queues as the view says. */
void frame_sort(struct frame *frame, enum top_sort sort);
/* How many rows everything takes. */
int frame_rows(const struct frame *frame);
/* frame NULL: nothing was read yet. Offsets that lead past the end are corrected. */
void frame_draw(struct cells *cells, const struct frame *frame, struct view *view);

/* ---- top_rows.c: the tables ---- */

#define CELL_TEXT 160
#define RATE_TEXT 32

struct column {
	const char *head;
	int least; /* columns, so that a width does not change all the time */
	int most;
	bool right;
	int rank; /* the greatest is left out first; 0: never */
};

#define TOP_COLUMNS 10

/* Ends with a NULL head. */
extern const struct column top_columns[TOP_SECTIONS][TOP_COLUMNS + 1];
size_t section_count(const struct frame *frame, enum section section);
/* The text of a cell, and its look. */
uint32_t section_cell(const struct frame *frame, enum section section, size_t row, int column,
		      char text[CELL_TEXT]);
const char *age_text(cairn_usec age, char text[SPAN_TEXT]);
const char *rate_text(double rate, char text[RATE_TEXT]);

/* ---- top_json.c ---- */

void frame_json(const struct frame *frame, FILE *to);

#endif
