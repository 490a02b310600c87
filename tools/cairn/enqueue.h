/* enqueue.h - what the two ways to enqueue share. */
#ifndef CLI_ENQUEUE_H
#define CLI_ENQUEUE_H

#include "cli.h"

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
