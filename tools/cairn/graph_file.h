/* graph_file.h - graphs as people write them: JSON, as docs/GRAPHS.md says. */
#ifndef CLI_GRAPH_FILE_H
#define CLI_GRAPH_FILE_H

#include "cli.h"

enum graph_form {
	GRAPH_RUN,   /* a whole run */
	GRAPH_APPEND /* steps for one, and metadata */
};

struct graph_file {
	cairn_run_new run; /* views into the text */
	cairn_step_new *steps;
	cairn_dependency *edges;
	char *text;
};

/*
 * Reads a graph, "-" from the standard input. What does not fit the format is told with the number of the step, from
 * 0, and the member's name. Answers -1 to go on; to be freed in either case.
 */
int graph_file_take(const struct cli *cli, const char *path, enum graph_form form,
		    struct graph_file *file);
void graph_file_free(struct graph_file *file);

#endif
