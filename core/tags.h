/*
 * tags.h - metadata: the members of a document as texts that a database can look for
 * without reading JSON.
 *
 * Its canonical form with U+001F in the place of the outer braces and commas: {"b":2.0,"a":"x"}
 * becomes U+001F "a":"x" U+001F "b":2 U+001F, and {} the empty text. No canonical form has that
 * character, so a member is there exactly when U+001F member U+001F stands in it.
 */
#ifndef CAIRN_CORE_TAGS_H
#define CAIRN_CORE_TAGS_H

#include <cairn/sys/json.h>

#include "core.h"

/*
 * Metadata as it is given: absent becomes {}; a checked object, else json.*. `what` is the
 * message where it is no object.
 */
cairn_status cairn__check_metadata(const cairn_conn *conn, cairn_str *metadata, const char *what,
				   cairn_error *err);

/*
 * Appends the tags of a checked object. The text may move: what stands in it is told by its
 * offset. NOMEM only.
 */
cairn_status cairn__tags_of(cairn_str metadata, cairn_text *out, cairn_error *err);

/* A filter's members, each a view into the text. */
struct cairn__tags {
	cairn_text text;
	cairn_str at[CAIRN_TAGS_MAX];
	size_t count;
};

/*
 * The tags to look for; absent: none. INVALID json.*; TOO_LARGE limit.exceeded beyond
 * CAIRN_TAGS_MAX. Clear them whatever it answers.
 */
cairn_status cairn__tags_filter(cairn_conn *conn, cairn_str filter, struct cairn__tags *tags,
				cairn_error *err);
void cairn__tags_clear(struct cairn__tags *tags);

#endif
