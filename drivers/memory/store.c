/*
 * store.c - stores by name, the writer's lock, and the committed state. The one
 * place with a mutex and the one place that asks for memory; state.c does the rest.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store.h"

/* ---- memory -------------------------------------------------------------- */

/*
 * What a store keeps outlives the connection that wrote it, and the next
 * connection may have another allocator, or the first one's may be gone with it. So the
 * store can use neither and asks the C library. What belongs to one connection (levels,
 * lists of candidates, results) comes from that connection's allocator.
 */
void *cairn_mem__alloc(size_t size)
{
	return malloc(size); /* check-banned: allow */
}

void *cairn_mem__resize(void *ptr, size_t size)
{
	return realloc(ptr, size); /* check-banned: allow */
}

void cairn_mem__free(void *ptr)
{
	free(ptr); /* check-banned: allow */
}

/* ---- the registry: stores of this process by name -------------------------- */

static pthread_mutex_t registry_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct mem_store *registry;

static bool has_name(const struct mem_store *store, cairn_str name)
{
	return store->name_len == name.len && memcmp(store->name, name.ptr, name.len) == 0;
}

static void store_free(struct mem_store *store)
{
	cairn_mem__state_drop(store->committed);
	cairn_mem__free(store->name);
	cairn_mem__free(store);
}

/* Waits go by the monotonic clock: setting the time of day moves no deadline. */
static int sync_init(struct mem_store *store)
{
	pthread_condattr_t attr;
	if (pthread_condattr_init(&attr) != 0)
		return -1;
	int failed = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) != 0 ||
		     pthread_cond_init(&store->moved, &attr) != 0;
	pthread_condattr_destroy(&attr);
	if (failed)
		return -1;
	if (pthread_mutex_init(&store->mutex, NULL) == 0)
		return 0;
	pthread_cond_destroy(&store->moved);
	return -1;
}

static struct mem_store *store_new(cairn_str name)
{
	struct mem_store *store = cairn_mem__alloc(sizeof *store);
	if (store == NULL)
		return NULL;
	memset(store, 0, sizeof *store);
	store->committed = cairn_mem__state_new();
	store->name = cairn_mem__alloc(name.len);
	store->name_len = name.len;
	if (store->committed == NULL || store->name == NULL || sync_init(store) != 0) {
		store_free(store);
		return NULL;
	}
	memcpy(store->name, name.ptr, name.len);
	return store;
}

struct mem_store *cairn_mem__store_open(cairn_str name)
{
	pthread_mutex_lock(&registry_mutex);
	struct mem_store *store = registry;
	while (store != NULL && !has_name(store, name))
		store = store->next;
	if (store == NULL) {
		store = store_new(name);
		if (store != NULL) {
			store->next = registry;
			registry = store;
		}
	}
	if (store != NULL)
		store->connections++;
	pthread_mutex_unlock(&registry_mutex);
	return store;
}

void cairn_mem__store_close(struct mem_store *store)
{
	pthread_mutex_lock(&registry_mutex);
	bool last = --store->connections == 0;
	if (last) {
		struct mem_store **link = &registry;
		while (*link != store)
			link = &(*link)->next;
		*link = store->next;
	}
	pthread_mutex_unlock(&registry_mutex);
	if (!last)
		return;
	pthread_mutex_destroy(&store->mutex);
	pthread_cond_destroy(&store->moved);
	store_free(store);
}

/* ---- the writer's lock ----------------------------------------------------- */

static struct timespec deadline_after(cairn_usec timeout)
{
	struct timespec when;
	clock_gettime(CLOCK_MONOTONIC, &when);
	when.tv_sec += (time_t)(timeout / CAIRN_SECOND);
	when.tv_nsec += (long)(timeout % CAIRN_SECOND) * 1000;
	if (when.tv_nsec >= 1000000000) {
		when.tv_sec++;
		when.tv_nsec -= 1000000000;
	}
	return when;
}

static struct mem_turn **link_to(struct mem_store *store, const struct mem_turn *turn)
{
	struct mem_turn **link = &store->queue;
	while (*link != turn)
		link = &(*link)->next;
	return link;
}

/*
 * A queue and not a race: a connection that writes in a loop would otherwise keep
 * the others out until their time is over.
 */
cairn_status cairn_mem__store_lock(struct mem_store *store, struct mem_turn *turn,
				   cairn_usec timeout, cairn_error *err)
{
	struct timespec deadline = deadline_after(timeout);
	cairn_code refused = CAIRN_E_NONE;
	pthread_mutex_lock(&store->mutex);
	turn->next = NULL;
	turn->interrupted = false;
	*link_to(store, NULL) = turn;
	while (store->queue != turn && refused == CAIRN_E_NONE) {
		if (turn->interrupted)
			refused = CAIRN_E_DB_INTERRUPTED;
		else if (pthread_cond_timedwait(&store->moved, &store->mutex, &deadline) != 0)
			refused = CAIRN_E_DB_BUSY;
	}
	bool mine = store->queue == turn;
	if (!mine)
		*link_to(store, turn) = turn->next;
	pthread_mutex_unlock(&store->mutex);
	return mine ? CAIRN_OK : cairn_fail(err, refused);
}

void cairn_mem__store_unlock(struct mem_store *store, struct mem_turn *turn)
{
	pthread_mutex_lock(&store->mutex);
	store->queue = turn->next;
	pthread_cond_broadcast(&store->moved);
	pthread_mutex_unlock(&store->mutex);
}

/* Only a connection that waits is interrupted; nothing else here takes long. */
void cairn_mem__store_interrupt(struct mem_store *store, struct mem_turn *turn)
{
	pthread_mutex_lock(&store->mutex);
	turn->interrupted = true;
	pthread_cond_broadcast(&store->moved);
	pthread_mutex_unlock(&store->mutex);
}

/* ---- the committed state ----------------------------------------------------- */

struct mem_state *cairn_mem__store_state(struct mem_store *store)
{
	pthread_mutex_lock(&store->mutex);
	struct mem_state *state = cairn_mem__state_keep(store->committed);
	pthread_mutex_unlock(&store->mutex);
	return state;
}

void cairn_mem__store_commit(struct mem_store *store, struct mem_state *state)
{
	pthread_mutex_lock(&store->mutex);
	struct mem_state *before = store->committed;
	store->committed = state;
	store->commits++;
	pthread_cond_broadcast(&store->moved);
	pthread_mutex_unlock(&store->mutex);
	cairn_mem__state_drop(before); /* outside: it may be the last reference to many rows */
}

int cairn_mem__store_wait(struct mem_store *store, uint64_t *seen, cairn_usec timeout)
{
	struct timespec deadline = deadline_after(timeout);
	int late = 0;
	pthread_mutex_lock(&store->mutex);
	while (store->commits == *seen && !late)
		late = pthread_cond_timedwait(&store->moved, &store->mutex, &deadline);
	int told = store->commits != *seen;
	*seen = store->commits;
	pthread_mutex_unlock(&store->mutex);
	return told;
}
