/* scratch.c - short-lived memory of one call, and the checks that every batch shares. */
#include <string.h>

#include "core.h"
#include "limits.h"

void *cairn__scratch(cairn_conn *conn, size_t n, size_t size, cairn_error *err)
{
	void *memory = NULL;
	if (n <= SIZE_MAX / size)
		memory = cairn_host_alloc(&conn->host, NULL, 0, n * size);
	if (memory == NULL) {
		cairn_fail(err, CAIRN_E_NOMEM);
		return NULL;
	}
	return memset(memory, 0, n * size);
}

void cairn__scratch_free(cairn_conn *conn, void *ptr, size_t n, size_t size)
{
	if (ptr != NULL)
		cairn_host_alloc(&conn->host, ptr, n * size, 0);
}

cairn_status cairn__check_batch(const void *items, size_t n, cairn_error *err)
{
	if (items == NULL && n > 0)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (n <= CAIRN__MAX_BATCH)
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_LIMIT_EXCEEDED);
	cairn_error_message(err, "A batch may have at most %d items.", CAIRN__MAX_BATCH);
	return CAIRN_TOO_LARGE;
}

cairn_status cairn__check_page(uint32_t given, uint32_t *limit, cairn_error *err)
{
	if (given > CAIRN__MAX_PAGE)
		return cairn_fail(err, CAIRN_E_ARG_PAGE);
	*limit = given > 0 ? given : CAIRN__DEFAULT_PAGE;
	return CAIRN_OK;
}

void cairn__error_index(cairn_error *err, size_t index)
{
	if (err != NULL)
		err->index = (int64_t)index;
}

cairn_status cairn__fail_item(cairn_error *err, cairn_code code, size_t index)
{
	cairn_status status = cairn_fail(err, code);
	cairn__error_index(err, index);
	return status;
}
