/* content.h - what applications keep in checkpoints and the like: documents or bytes. */
#ifndef CAIRN_CORE_CONTENT_H
#define CAIRN_CORE_CONTENT_H

#include <stdbool.h>

#include "core.h"

/*
 * A document, or bytes: json.*, TOO_LARGE, or arg.invalid where there is a length and nothing
 * at it.
 */
cairn_status cairn__check_content(const cairn_conn *conn, cairn_blob content,
				  enum cairn_format format, cairn_error *err);

/*
 * Whether two contents are equal: bytes byte for byte, documents in their canonical form. NOMEM.
 */
cairn_status cairn__content_equal(cairn_conn *conn, cairn_blob a, cairn_blob b,
				  enum cairn_format format, bool *equal, cairn_error *err);

#endif
