/* enqueue.h - what the two ways to enqueue share. */
#ifndef CLI_ENQUEUE_H
#define CLI_ENQUEUE_H

#include "cli.h"

/* One request as the options say it; `cairn intents record` takes the same. */
struct enqueue {
	cairn_job_new job;
	const char *queue;
	const char *payload;
	const char *key;
	const char *owner;
	const char *resource;
	const char *stage;
	cairn_usec delay;
	bool delayed;
	bool prioritised;
	bool ndjson;
};

/* The rows of an option table that fill a struct enqueue. */
#define ENQUEUE_OPTIONS(e) \
	{ "payload", 'p', OPT_TEXT, &(e)->payload, "JSON", "or @FILE, or - ; default {}", NULL }, \
		{ "queue", 'q', OPT_TEXT, &(e)->queue, "NAME", "default: default", NULL }, \
		{ "key",     'k',   OPT_TEXT, \
		  &(e)->key, "KEY", "the same key and request enqueue one job only", \
		  NULL }, \
		{ "priority",	    0, OPT_INT32, &(e)->job.priority, "N", "larger first", \
		  &(e)->prioritised }, \
		{ "max-attempts",	 0,   OPT_INT32, &(e)->job.max_attempts, "N", \
		  "default: the type's", NULL }, \
		{ "timeout", 0, OPT_SPAN, &(e)->job.timeout, "DURATION", "default: the type's", NULL }, \
		{ "run-at", 0, OPT_TIME, &(e)->job.run_at, "TIME", "not before", NULL }, \
		{ "in",		0, OPT_SPAN, &(e)->delay, "DURATION", "not before this has passed", \
		  &(e)->delayed }, \
		{ "owner", 0, OPT_TEXT, &(e)->owner, "NAME", "only for workers of this owner", NULL }, \
		{ "resource", 0, \
		  OPT_TEXT,   &(e)->resource, \
		  "KEY",      "it runs only with a permit of this resource", \
		  NULL }, \
	{ \
		"stage", 0, OPT_TEXT, &(e)->stage, "STAGE", "queued or scheduled", NULL \
	}

/* Texts of the options into the job. */
void enqueue_settle(const struct cli *cli, struct enqueue *args);
/* The time that --in says, by the database's clock. */
cairn_status enqueue_time(const struct enqueue *args, cairn_conn *conn, cairn_job_new *job,
			  cairn_error *err);

/*
 * Reads a line of NDJSON into *job, whose fields stay where the line says nothing. Texts are
 * decoded in place, the payload is a view of the line's own bytes. Answers NULL,
 * or what is wrong with it.
 */
const char *line_parse(char *text, size_t len, cairn_job_new *job);

/* Enqueues a job per line of `from`; template fills what lines lack. Answers the exit code. */
int enqueue_lines(const struct cli *cli, cairn_conn *conn, FILE *from,
		  const cairn_job_new *template);

#endif
