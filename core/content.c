/* content.c - what applications keep, documents or bytes: checked, and compared. */
#include <string.h>

#include <cairn/sys/json.h>

#include "content.h"
#include "limits.h"

static cairn_str text_of(cairn_blob content)
{
	return (cairn_str){ content.ptr, content.len };
}

cairn_status cairn__check_content(const cairn_conn *conn, cairn_blob content,
				  enum cairn_format format, cairn_error *err)
{
	if (content.ptr == NULL && content.len > 0)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (format == CAIRN_FORMAT_JSON)
		return cairn_json_check(text_of(content), conn->host.settings.max_json, err);
	if (format != CAIRN_FORMAT_BYTES)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (content.len <= CAIRN__MAX_BYTES)
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_LIMIT_EXCEEDED);
	cairn_error_message(err, "Bytes may be at most %d.", CAIRN__MAX_BYTES);
	return CAIRN_TOO_LARGE;
}

cairn_status cairn__content_equal(cairn_conn *conn, cairn_blob a, cairn_blob b,
				  enum cairn_format format, bool *equal, cairn_error *err)
{
	*equal = a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
	if (*equal || format != CAIRN_FORMAT_JSON)
		return CAIRN_OK;
	cairn_text first = { .alloc = conn->host.alloc, .alloc_user = conn->host.alloc_user };
	cairn_text second = first;
	cairn_status st = cairn_json_canonical(text_of(a), &first, err);
	if (st == CAIRN_OK)
		st = cairn_json_canonical(text_of(b), &second, err);
	*equal = st == CAIRN_OK && first.len == second.len &&
		 memcmp(first.ptr, second.ptr, first.len) == 0;
	cairn_text_clear(&first);
	cairn_text_clear(&second);
	return st;
}
