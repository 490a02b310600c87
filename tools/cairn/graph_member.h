/* graph_member.h - the members of a graph's objects, and their single values. */
#ifndef CLI_GRAPH_MEMBER_H
#define CLI_GRAPH_MEMBER_H

#include <stddef.h>

#include "cli.h"

enum shape { TEXT, DOCUMENT, SPAN, COUNT, PRIORITY, CONTINUES, KIND, FAILURE, MODE, STEPS, AFTER };

struct member {
	const char *name; /* NULL ends a list */
	enum shape shape;
	size_t at; /* where it goes in its struct */
};

extern const struct member graph_run_members[];
extern const struct member graph_append_members[];
extern const struct member graph_step_members[];
extern const struct member graph_edge_members[];

/* What a value of this shape must be: "must be true or false". */
const char *graph_wanted(enum shape shape);
/* Into the struct it belongs to; `place` is where the value stands: texts are decoded there. */
bool graph_set(const struct member *member, cairn_str value, char *place, void *object);
/* Whether these are the bytes of a word. */
bool graph_is(cairn_str value, const char *word);

#endif
