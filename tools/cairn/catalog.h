/* catalog.h - a file of definitions, for `cairn sync`; the words of retention. */
#ifndef CLI_CATALOG_H
#define CLI_CATALOG_H

#include "cli.h"

struct catalog {
	size_t count;
	size_t cap;
	cairn_definition *at;
	char *text; /* the file, decoded in place: types and overrides are views of it */
};

/*
 * Reads a file ("-": the standard input) of definitions, as `cairn --json define --list` prints
 * them, one behind the other or in an array. Answers -1 to go on, else the exit code.
 */
int catalog_read(const struct cli *cli, const char *path, struct catalog *catalog);
void catalog_free(struct catalog *catalog);

/* "none", "forever", or a duration; 0, or -1 for anything else. */
int retention_parse(const char *text, cairn_usec *retention);
const char *retention_text(cairn_usec retention, char text[SPAN_TEXT]);

#endif
