/*
 * conn.c - opening, closing, the clock, interrupting. A connection here is little
 * more than a reference to a store and a place in its queue.
 */
#include <time.h>

#include "mem.h"

/* "memory:name", and no options at all: one that is not understood is refused, never ignored. */
cairn_status cairn_mem__open(void *self, cairn_host *host, const cairn_url *url, cairn_error *err)
{
	struct mem *mem = self;
	mem->host = host;
	if (url->count > 0) {
		cairn_fail(err, CAIRN_E_URL_OPTION);
		cairn_error_detail(err, "the memory driver has no options");
		return CAIRN_INVALID;
	}
	if (url->path.len == 0) {
		cairn_fail(err, CAIRN_E_URL_INVALID);
		cairn_error_detail(err, "memory: needs a name");
		return CAIRN_INVALID;
	}
	mem->store = cairn_mem__store_open(url->path);
	return mem->store != NULL ? CAIRN_OK : cairn_fail(err, CAIRN_E_NOMEM);
}

/* Called after a failed open too: then there is no store. */
void cairn_mem__close(void *self)
{
	struct mem *mem = self;
	if (mem->store == NULL)
		return;
	cairn_mem__rollback(mem, 0, NULL);
	cairn_mem__lists_free(mem);
	cairn_mem__store_close(mem->store);
	mem->store = NULL;
}

cairn_status cairn_mem__own_now(void *self, cairn_time *now, cairn_error *err)
{
	(void)self;
	struct timespec clock;
	if (clock_gettime(CLOCK_REALTIME, &clock) != 0)
		return cairn_fail(err, CAIRN_E_DB_FAILED);
	*now = (cairn_time)clock.tv_sec * CAIRN_SECOND + clock.tv_nsec / 1000;
	return CAIRN_OK;
}

/* From another thread. */
void cairn_mem__interrupt(void *self)
{
	struct mem *mem = self;
	cairn_mem__store_interrupt(mem->store, &mem->turn);
}
