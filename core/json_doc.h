/*
 * json_doc.h - looking into a JSON document: a tree of values, made for one call and freed.
 *
 * Only for what the core must understand; documents that are merely kept are never parsed.
 * Integers are exact at any size that fits: a double is never made of them.
 */
#ifndef CAIRN_JSON_DOC_H
#define CAIRN_JSON_DOC_H

#include <stdbool.h>

#include <cairn/error.h>

/* A value in a tree. */
typedef struct cairn__node cairn__node;

/* Parses what cairn_json_check accepted; NOMEM is the only failure then. */
cairn_status cairn__doc_parse(cairn_str text, cairn__node **root, cairn_error *err);
void cairn__doc_free(cairn__node *root); /* NULL is fine */

bool cairn__node_is_object(const cairn__node *node);
/* The first value in an object or array, the next one beside it; NULL behind the last. */
const cairn__node *cairn__node_first(const cairn__node *parent);
const cairn__node *cairn__node_next(const cairn__node *node);
/* The name of an object's member, as long as the tree lives. */
cairn_str cairn__node_name(const cairn__node *node);
/* The member with exactly this name, or NULL. */
const cairn__node *cairn__node_member(const cairn__node *object, const char *name);
/* Whether it is a whole number, written without fraction or exponent, of at most 18 digits. */
bool cairn__node_int(const cairn__node *node, int64_t *value);

#endif
