/* arena.c - results: one allocation, reuse, growth, missing memory. */
#include <stdint.h>
#include <stdlib.h>

#include "../../core/core.h"
#include "../tap.h"

struct row {
	int64_t number;
	cairn_str text;
};

struct result {
	size_t count;
	const struct row *at;
};

static size_t calls; /* allocations made */
static size_t live;  /* bytes held */
static size_t fail_at;
static uintptr_t gone; /* where the last one was that was freed */
static size_t gone_size;

static void *counting(void *user, void *ptr, size_t old_size, size_t new_size)
{
	(void)user;
	live -= old_size;
	if (new_size == 0) {
		gone = (uintptr_t)ptr;
		gone_size = old_size;
		free(ptr);
		return NULL;
	}
	if (++calls == fail_at) {
		live += old_size;
		return NULL;
	}
	live += new_size;
	return realloc(ptr, new_size);
}

static cairn_conn fake(void)
{
	cairn_conn conn = { .host = { .alloc = counting } };
	calls = 0;
	fail_at = 0;
	return conn;
}

static cairn_status fill(cairn_conn *conn, struct result **result, size_t n, size_t reserve)
{
	cairn_rows rows;
	void *memory = *result;
	cairn__rows_begin(&rows, conn, &memory, sizeof(struct row));
	if (reserve > 0)
		cairn_rows_reserve(&rows, reserve, reserve * 32);
	for (size_t i = 0; i < n; i++) {
		char text[32];
		int len = snprintf(text, sizeof text, "row number %zu", i);
		cairn_str copy = cairn_rows_str(&rows, text, (size_t)len);
		struct row *row = cairn_rows_push(&rows);
		if (row == NULL)
			break;
		row->number = (int64_t)i;
		row->text = copy;
	}
	cairn_status st = cairn__rows_end(&rows, &memory, CAIRN_OK, NULL);
	*result = memory;
	return st;
}

static int intact(const struct result *result, size_t n)
{
	if (result->count != n)
		return 0;
	for (size_t i = 0; i < n; i++) {
		char text[32];
		snprintf(text, sizeof text, "row number %zu", i);
		const struct row *row = &result->at[i];
		if (row->number != (int64_t)i || strcmp(row->text.ptr, text) != 0 ||
		    row->text.len != strlen(text))
			return 0;
	}
	return 1;
}

static void reserved_rows_take_one_allocation(void)
{
	cairn_conn conn = fake();
	struct result *result = NULL;
	fill(&conn, &result, 500, 500);
	ok(intact(result, 500), "500 rows are there");
	is_int(calls, 1, "in one allocation");
	cairn_free(result);
	is_int(live, 0, "all memory is back");
}

static void streamed_rows_grow_and_are_reused(void)
{
	cairn_conn conn = fake();
	struct result *result = NULL;
	fill(&conn, &result, 5000, 0);
	ok(intact(result, 5000), "5000 streamed rows are there");
	ok(calls < 40, "in few allocations");
	fill(&conn, &result, 5000, 0);
	ok(intact(result, 5000), "and again");
	size_t before = calls;
	fill(&conn, &result, 5000, 0);
	ok(intact(result, 5000), "and a third time");
	is_int(calls - before, 0, "without any allocation");
	cairn_free(result);
	is_int(live, 0, "all memory is back");
}

static void every_missing_allocation_is_survived(void)
{
	int clean = 1;
	for (size_t n = 1; n < 12; n++) {
		cairn_conn conn = fake();
		struct result *result = NULL;
		fail_at = n;
		cairn_status st = fill(&conn, &result, 2000, 0);
		clean &= st == CAIRN_OK ? intact(result, 2000) : st == CAIRN_NOMEM;
		clean &= st == CAIRN_OK || result == NULL || result->count == 0;
		cairn_free(result);
		clean &= live == 0;
	}
	ok(clean, "NOMEM, an empty result and no leak, whichever allocation fails");
}

static int released;

static void release(void *ptr)
{
	released += *(int *)ptr;
}

static void deferred_things_go_with_the_result(void)
{
	cairn_conn conn = fake();
	cairn_rows rows;
	void *memory = NULL;
	int one = 1;
	cairn__rows_begin(&rows, &conn, &memory, sizeof(struct row));
	cairn_rows_defer(&rows, release, &one);
	cairn__rows_end(&rows, &memory, CAIRN_OK, NULL);
	is_int(released, 0, "kept while the result lives");
	cairn_free(memory);
	is_int(released, 1, "released with it");
	cairn_free(NULL);
	is_int(live, 0, "all memory is back");
}

/* As a call does that finds out that it has to ask in another way. */
static void room_for_more_after_a_first_try(void)
{
	cairn_conn conn = fake();
	cairn_rows rows;
	void *memory = NULL;
	cairn__rows_begin(&rows, &conn, &memory, sizeof(struct row));
	cairn_rows_reserve(&rows, 2, 0);
	cairn_rows_push(&rows);
	cairn_rows_truncate(&rows, 0);
	gone = 0;
	cairn_rows_reserve(&rows, 500, 0);
	ok(gone != 0, "more room is other room");
	uintptr_t row = (uintptr_t)cairn_rows_push(&rows);
	ok(row < gone || row >= gone + gone_size, "in which rows are from now on");
	cairn__rows_drop(&rows);
	is_int(live, 0, "all memory is back");
}

int main(void)
{
	reserved_rows_take_one_allocation();
	streamed_rows_grow_and_are_reused();
	every_missing_allocation_is_survived();
	deferred_things_go_with_the_result();
	room_for_more_after_a_first_try();
	return tap_done();
}
