/*
 * state.c - tables of immutable rows, shared between states until one of them
 * changes a table of its own. What a row consists of is in rows.c.
 */
#include <stdalign.h>
#include <stdatomic.h>
#include <string.h>

#include "store.h"

struct row {
	atomic_size_t refs;
	alignas(max_align_t) unsigned char value[];
};

/* Sorted by the kind's order. A state without a table has no rows in it. */
struct table {
	atomic_size_t refs;
	size_t count;
	size_t room;
	struct row **rows;
};

struct mem_state {
	atomic_size_t refs;
	struct table *tables[MEM_TABLES];
};

/* ---- rows ---------------------------------------------------------------- */

static cairn_str *text_at(void *value, size_t offset)
{
	return (cairn_str *)(void *)((char *)value + offset);
}

/* Copies a value and, behind it, its text. Empty text is absent text, whatever it pointed at. */
static struct row *row_new(const struct mem_kind *kind, const void *value)
{
	size_t size = sizeof(struct row) + kind->size;
	for (size_t i = 0; i < kind->text_count; i++) {
		cairn_str text;
		memcpy(&text, (const char *)value + kind->texts[i], sizeof text);
		size += text.len + 1;
	}
	struct row *row = cairn_mem__alloc(size);
	if (row == NULL)
		return NULL;
	atomic_init(&row->refs, 1);
	memcpy(row->value, value, kind->size);
	char *free_space = (char *)row->value + kind->size;
	for (size_t i = 0; i < kind->text_count; i++) {
		cairn_str *text = text_at(row->value, kind->texts[i]);
		if (text->len == 0) {
			*text = (cairn_str){ NULL, 0 };
			continue;
		}
		memcpy(free_space, text->ptr, text->len);
		free_space[text->len] = '\0';
		text->ptr = free_space;
		free_space += text->len + 1;
	}
	return row;
}

static void row_drop(struct row *row)
{
	if (atomic_fetch_sub(&row->refs, 1) == 1)
		cairn_mem__free(row);
}

/* ---- tables -------------------------------------------------------------- */

static void table_drop(struct table *table)
{
	if (table == NULL || atomic_fetch_sub(&table->refs, 1) > 1)
		return;
	for (size_t i = 0; i < table->count; i++)
		row_drop(table->rows[i]);
	cairn_mem__free(table->rows);
	cairn_mem__free(table);
}

static struct table *table_new(size_t room)
{
	struct table *table = cairn_mem__alloc(sizeof *table);
	struct row **rows = cairn_mem__alloc(room * sizeof(struct row *));
	if (table == NULL || rows == NULL) {
		cairn_mem__free(table);
		cairn_mem__free(rows);
		return NULL;
	}
	atomic_init(&table->refs, 1);
	table->count = 0;
	table->room = room;
	table->rows = rows;
	return table;
}

/* The state's table, its own and with room for one more row: others' tables are copied first. */
static struct table *writable(struct mem_state *state, enum mem_table which)
{
	struct table *table = state->tables[which];
	size_t count = table != NULL ? table->count : 0;
	/* nobody can take a second reference to what only this state refers to */
	if (table != NULL && atomic_load(&table->refs) == 1) {
		if (count < table->room)
			return table;
		struct row **rows =
			cairn_mem__resize(table->rows, 2 * table->room * sizeof(struct row *));
		if (rows == NULL)
			return NULL;
		table->rows = rows;
		table->room *= 2;
		return table;
	}
	struct table *own = table_new(count + 8);
	if (own == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		own->rows[i] = table->rows[i];
		atomic_fetch_add(&own->rows[i]->refs, 1);
	}
	own->count = count;
	table_drop(table);
	state->tables[which] = own;
	return own;
}

/* ---- states -------------------------------------------------------------- */

struct mem_state *cairn_mem__state_new(void)
{
	struct mem_state *state = cairn_mem__alloc(sizeof *state);
	if (state == NULL)
		return NULL;
	atomic_init(&state->refs, 1);
	for (size_t i = 0; i < MEM_TABLES; i++)
		state->tables[i] = NULL;
	return state;
}

struct mem_state *cairn_mem__state_copy(const struct mem_state *state)
{
	struct mem_state *copy = cairn_mem__state_new();
	if (copy == NULL)
		return NULL;
	for (size_t i = 0; i < MEM_TABLES; i++) {
		copy->tables[i] = state->tables[i];
		if (copy->tables[i] != NULL)
			atomic_fetch_add(&copy->tables[i]->refs, 1);
	}
	return copy;
}

struct mem_state *cairn_mem__state_keep(struct mem_state *state)
{
	atomic_fetch_add(&state->refs, 1);
	return state;
}

void cairn_mem__state_drop(struct mem_state *state)
{
	if (state == NULL || atomic_fetch_sub(&state->refs, 1) > 1)
		return;
	for (size_t i = 0; i < MEM_TABLES; i++)
		table_drop(state->tables[i]);
	cairn_mem__free(state);
}

/* ---- reading a state ------------------------------------------------------- */

size_t cairn_mem__count(const struct mem_state *state, enum mem_table table)
{
	return state->tables[table] != NULL ? state->tables[table]->count : 0;
}

const void *cairn_mem__at(const struct mem_state *state, enum mem_table table, size_t index)
{
	return state->tables[table]->rows[index]->value;
}

size_t cairn_mem__seek(const struct mem_state *state, enum mem_table table, const void *key)
{
	const struct mem_kind *kind = cairn_mem__kind(table);
	size_t low = 0;
	size_t high = cairn_mem__count(state, table);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (kind->order(cairn_mem__at(state, table, middle), key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const void *cairn_mem__find(const struct mem_state *state, enum mem_table table, const void *key)
{
	size_t at = cairn_mem__seek(state, table, key);
	if (at == cairn_mem__count(state, table))
		return NULL;
	const void *value = cairn_mem__at(state, table, at);
	return cairn_mem__kind(table)->order(value, key) == 0 ? value : NULL;
}

const cairn_job *cairn_mem__job(const struct mem_state *state, cairn_id id)
{
	return cairn_mem__find(state, MEM_JOBS, &(cairn_job){ .id = id });
}

const cairn_definition *cairn_mem__definition(const struct mem_state *state, cairn_str type)
{
	return cairn_mem__find(state, MEM_DEFINITIONS, &(cairn_definition){ .type = type });
}

bool cairn_mem__exists(const struct mem_state *state, enum mem_table table)
{
	struct mem_object key = { .object.name = cairn_str_of(cairn_mem__kind(table)->name) };
	return table == MEM_SCHEMA || cairn_mem__find(state, MEM_SCHEMA, &key) != NULL;
}

/* ---- changing a private copy ------------------------------------------------- */

int cairn_mem__put(struct mem_state *state, enum mem_table which, const void *value)
{
	struct table *table = writable(state, which);
	if (table == NULL)
		return -1;
	/* made before the old row goes: value's text may be the old row's */
	struct row *row = row_new(cairn_mem__kind(which), value);
	if (row == NULL)
		return -1;
	size_t at = cairn_mem__seek(state, which, value);
	if (cairn_mem__find(state, which, value) != NULL) {
		row_drop(table->rows[at]);
	} else {
		memmove(&table->rows[at + 1], &table->rows[at],
			(table->count - at) * sizeof(struct row *));
		table->count++;
	}
	table->rows[at] = row;
	return 0;
}

int cairn_mem__remove(struct mem_state *state, enum mem_table which, const void *key)
{
	struct table *table = writable(state, which);
	if (table == NULL)
		return -1;
	if (cairn_mem__find(state, which, key) == NULL)
		return 0;
	size_t at = cairn_mem__seek(state, which, key);
	struct row *row = table->rows[at];
	table->count--;
	memmove(&table->rows[at], &table->rows[at + 1], (table->count - at) * sizeof(struct row *));
	row_drop(row);
	return 0;
}

void cairn_mem__clear(struct mem_state *state, enum mem_table which)
{
	table_drop(state->tables[which]);
	state->tables[which] = NULL;
}
