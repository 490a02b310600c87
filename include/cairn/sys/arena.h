/*
 * sys/arena.h - where results are built.
 *
 * A result is one block: a header, the rows, then text. A driver that knows the
 * totals reserves them and everything lands in one allocation; one that streams
 * just pushes, and the block is made large enough the next time it is reused.
 */
#ifndef CAIRN_SYS_ARENA_H
#define CAIRN_SYS_ARENA_H

#include <cairn/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cairn_rows cairn_rows;

/*
 * Room for count rows and text bytes. At most once, before the first push.
 * Answers 0, or -1 without memory.
 */
CAIRN_API int cairn_rows_reserve(cairn_rows *rows, size_t count, size_t text);

/*
 * A zeroed row at the end, or NULL without memory. Earlier rows may move: keep
 * indexes, not pointers.
 */
CAIRN_API void *cairn_rows_push(cairn_rows *rows);

/* The row of an index, and how many there are. */
CAIRN_API void *cairn_rows_at(cairn_rows *rows, size_t index);
CAIRN_API size_t cairn_rows_count(const cairn_rows *rows);
/* Drops rows from the end; their text stays until the result is reused. */
CAIRN_API void cairn_rows_truncate(cairn_rows *rows, size_t count);

/* Aligned memory that lives as long as the result; NULL without memory. */
CAIRN_API void *cairn_rows_alloc(cairn_rows *rows, size_t size);

/*
 * A NUL-terminated copy of text that lives as long as the result. An absent
 * text stays absent. Without memory it answers the absent text and the rows are
 * marked: cairn_rows_failed() tells, and the core turns the call into NOMEM, so
 * that a driver need not test each copy.
 */
CAIRN_API cairn_str cairn_rows_str(cairn_rows *rows, const void *ptr, size_t len);
CAIRN_API int cairn_rows_failed(const cairn_rows *rows);

/*
 * Parks something (a PGresult) that is released with the result, so that rows
 * may hold views into it. Answers 0, or -1 without memory: then fn was called already.
 */
CAIRN_API int cairn_rows_defer(cairn_rows *rows, void (*fn)(void *), void *ptr);

#ifdef __cplusplus
}
#endif

#endif
