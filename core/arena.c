/*
 * arena.c - results: a header, the public struct, rows growing up from the start
 * and text growing down from the end of one block. What does not fit goes into
 * overflow chunks, and the next use of the same result starts with a block that is large enough.
 */
#include <string.h>

#include "core.h"

#include <cairn/sys/arena.h>

#define ALIGN	    16u
#define FIRST_BLOCK 2048u
#define CHUNK	    4096u

struct chunk {
	struct chunk *next;
	size_t size;
};

struct deferred {
	struct deferred *next;
	void (*fn)(void *);
	void *ptr;
};

/* What every result looks like to its owner, with room for what some append. */
struct published {
	size_t count;
	const void *at;
	uint64_t more[6];
};

struct cairn__block {
	cairn_alloc_fn *alloc;
	void *alloc_user;
	struct chunk *chunks;
	struct deferred *deferred;
	size_t size;	 /* of this allocation */
	size_t low;	 /* offset of the first free byte behind the rows */
	size_t high;	 /* offset of the last used byte of text */
	size_t overflow; /* bytes that went into chunks */
	char *fill;	 /* unused end of the newest chunk */
	size_t left;
	struct published result;
};

static size_t round_up(size_t size)
{
	return (size + (ALIGN - 1)) & ~(size_t)(ALIGN - 1);
}

static size_t first_row(void)
{
	return round_up(sizeof(struct cairn__block));
}

static struct cairn__block *block_of(void *result)
{
	return (struct cairn__block *)(void *)((char *)result -
					       offsetof(struct cairn__block, result));
}

/* Gives back everything but the block itself. */
static void empty(struct cairn__block *block)
{
	while (block->deferred != NULL) {
		struct deferred *one = block->deferred;
		block->deferred = one->next;
		one->fn(one->ptr);
	}
	while (block->chunks != NULL) {
		struct chunk *one = block->chunks;
		block->chunks = one->next;
		block->alloc(block->alloc_user, one, one->size, 0);
	}
	block->low = first_row();
	block->high = block->size;
	block->overflow = 0;
	block->fill = NULL;
	block->left = 0;
	memset(&block->result, 0, sizeof block->result);
}

static void block_free(struct cairn__block *block)
{
	if (block == NULL)
		return;
	empty(block);
	block->alloc(block->alloc_user, block, block->size, 0);
}

void cairn_free(void *result)
{
	if (result != NULL)
		block_free(block_of(result));
}

static struct cairn__block *block_new(cairn_host *host, size_t size)
{
	struct cairn__block *block = host->alloc(host->alloc_user, NULL, 0, size);
	if (block == NULL)
		return NULL;
	memset(block, 0, sizeof *block);
	block->alloc = host->alloc;
	block->alloc_user = host->alloc_user;
	block->size = size;
	empty(block);
	return block;
}

void cairn__rows_begin(cairn_rows *rows, cairn_conn *conn, void **result, size_t row_size)
{
	memset(rows, 0, sizeof *rows);
	rows->host = &conn->host;
	rows->row_size = row_size;
	if (*result == NULL)
		return;
	struct cairn__block *block = block_of(*result);
	*result = NULL;
	size_t wanted = block->overflow > 0 ? block->size + block->overflow : 0;
	empty(block);
	if (wanted > 0) {
		struct cairn__block *larger = block_new(rows->host, round_up(wanted));
		if (larger != NULL) {
			block_free(block);
			block = larger;
		}
	}
	rows->block = block;
}

static int ready(cairn_rows *rows)
{
	if (rows->block == NULL)
		rows->block = block_new(rows->host, FIRST_BLOCK);
	if (rows->block == NULL)
		rows->failed = 1;
	return rows->block != NULL;
}

int cairn_rows_reserve(cairn_rows *rows, size_t count, size_t text)
{
	size_t room = rows->row_size * count + text;
	if (count > 0 && (room - text) / count != rows->row_size)
		return -1;
	size_t need = first_row() + room + ALIGN;
	if (rows->count > 0 || (rows->block != NULL && rows->block->size >= need))
		return 0;
	struct cairn__block *block = block_new(rows->host, round_up(need));
	if (block == NULL) {
		rows->failed = 1;
		return -1;
	}
	block_free(rows->block);
	rows->block = block;
	rows->rows = NULL; /* of those that were truncated */
	rows->cap = 0;
	return 0;
}

static char *chunk_new(cairn_rows *rows, size_t size)
{
	struct cairn__block *block = rows->block;
	size_t head = round_up(sizeof(struct chunk));
	struct chunk *chunk = block->alloc(block->alloc_user, NULL, 0, head + size);
	if (chunk == NULL) {
		rows->failed = 1;
		return NULL;
	}
	chunk->next = block->chunks;
	chunk->size = head + size;
	block->chunks = chunk;
	block->overflow += chunk->size;
	return (char *)chunk + head;
}

/*
 * Small things come from the end of the block; where that is full, from the end
 * of the newest chunk. Chunks double, so a long stream costs few of them.
 */
static void *take(cairn_rows *rows, size_t size, size_t align)
{
	if (!ready(rows))
		return NULL;
	struct cairn__block *block = rows->block;
	if (size <= block->high - block->low) {
		size_t at = (block->high - size) & ~(align - 1);
		if (at >= block->low) {
			block->high = at;
			return (char *)block + at;
		}
	}
	size_t need = round_up(size);
	if (need > block->left) {
		size_t room = block->overflow > CHUNK ? block->overflow : CHUNK;
		char *chunk = chunk_new(rows, need > room ? need : room);
		if (chunk == NULL)
			return NULL;
		block->fill = chunk;
		block->left = need > room ? need : room;
	}
	/* text packs tightly, everything else is aligned: both from the end of what is left */
	size_t at = (block->left - size) & ~(align - 1);
	block->left = at;
	return block->fill + at;
}

static int grow(cairn_rows *rows)
{
	if (!ready(rows))
		return 0;
	struct cairn__block *block = rows->block;
	size_t row = rows->row_size;
	if (rows->cap == 0)
		rows->rows = (char *)block + first_row();
	int inside = rows->rows == (char *)block + first_row();
	if (inside && block->high - block->low >= row) {
		rows->cap++;
		block->low += row;
		return 1;
	}
	size_t cap = rows->cap < 8 ? 16 : rows->cap * 2;
	char *larger = chunk_new(rows, cap * row);
	if (larger == NULL)
		return 0;
	if (rows->count > 0)
		memcpy(larger, rows->rows, rows->count * row);
	rows->rows = larger;
	rows->cap = cap;
	return 1;
}

void *cairn_rows_push(cairn_rows *rows)
{
	if (rows->count == rows->cap && !grow(rows))
		return NULL;
	void *row = rows->rows + rows->count++ * rows->row_size;
	memset(row, 0, rows->row_size);
	return row;
}

void *cairn_rows_at(cairn_rows *rows, size_t index)
{
	return rows->rows + index * rows->row_size;
}

size_t cairn_rows_count(const cairn_rows *rows)
{
	return rows->count;
}

void cairn_rows_truncate(cairn_rows *rows, size_t count)
{
	if (count < rows->count)
		rows->count = count;
}

void *cairn_rows_alloc(cairn_rows *rows, size_t size)
{
	return take(rows, size > 0 ? size : 1, ALIGN);
}

cairn_str cairn_rows_str(cairn_rows *rows, const void *ptr, size_t len)
{
	cairn_str copy = { NULL, 0 };
	if (ptr == NULL)
		return copy;
	char *text = take(rows, len + 1, 1);
	if (text == NULL)
		return copy;
	if (len > 0)
		memcpy(text, ptr, len);
	text[len] = '\0';
	copy.ptr = text;
	copy.len = len;
	return copy;
}

int cairn_rows_failed(const cairn_rows *rows)
{
	return rows->failed;
}

int cairn_rows_defer(cairn_rows *rows, void (*fn)(void *), void *ptr)
{
	struct deferred *one = cairn_rows_alloc(rows, sizeof *one);
	if (one == NULL) {
		fn(ptr);
		return -1;
	}
	one->fn = fn;
	one->ptr = ptr;
	one->next = rows->block->deferred;
	rows->block->deferred = one;
	return 0;
}

cairn_status cairn__rows_end(cairn_rows *rows, void **result, cairn_status status, cairn_error *err)
{
	if (status == CAIRN_OK && (rows->failed || !ready(rows)))
		status = cairn_fail(err, CAIRN_E_NOMEM);
	if (rows->block == NULL) {
		*result = NULL;
		return status;
	}
	if (status != CAIRN_OK) {
		empty(rows->block);
	} else {
		rows->block->result.count = rows->count;
		rows->block->result.at = rows->count > 0 ? rows->rows : NULL;
	}
	*result = &rows->block->result;
	rows->block = NULL;
	return status;
}

cairn_status cairn__rows_whole(const cairn_rows *rows, cairn_status status, cairn_error *err)
{
	return status == CAIRN_OK && rows->failed ? cairn_fail(err, CAIRN_E_NOMEM) : status;
}

void cairn__rows_drop(cairn_rows *rows)
{
	block_free(rows->block);
	rows->block = NULL;
}
