/*
 * checkpoint.c - writing checkpoints: the threads' rows are locked, and then each item is a statement
 * of the same pipeline, or many without conditions are one. Pending writes.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "pg.h"

/* What TEXT_CHECKPOINT_PUT and TEXT_CHECKPOINT_PUT_MANY answer. */
_Static_assert(CAIRN_PUT_DONE == 1 && CAIRN_PUT_EXISTS == 2 && CAIRN_PUT_NO_PARENT == 3 &&
		       CAIRN_PUT_LOST == 4 && CAIRN_PUT_MOVED == 5,
	       "results");

/* Items of one statement: its sorts stay small. */
#define MANY_MAX 1000
/* Statements with items of one pipeline. */
#define PARTS_MAX 100

#define EXPECTS	 1
#define BRANCHES 2

/* ---- the threads of a plan ------------------------------------------------------- */

struct names {
	cairn_str *at;
	size_t n;
	size_t size;
};

static int by_bytes(const void *a, const void *b)
{
	const cairn_str *x = a;
	const cairn_str *y = b;
	return cairn_str_compare(*x, *y);
}

/* Each once, in byte order. */
static cairn_status names_of(struct pg *pg, const cairn_checkpoint_plan *plan, struct names *names,
			     cairn_error *err)
{
	names->size = plan->n * sizeof(cairn_str);
	names->at = cairn_host_alloc(pg->host, NULL, 0, names->size);
	if (names->at == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	for (size_t i = 0; i < plan->n; i++)
		names->at[i] = plan->items[i].thread;
	qsort(names->at, plan->n, sizeof(cairn_str), by_bytes);
	names->n = 1;
	for (size_t i = 1; i < plan->n; i++) {
		if (!cairn_str_equal(names->at[i], names->at[names->n - 1]))
			names->at[names->n++] = names->at[i];
	}
	return CAIRN_OK;
}

static void add_names(struct pg *pg, const cairn_str *names, size_t n)
{
	struct pg_items items = PG_ITEMS(names, n);
	cairn_pg__add_texts(pg, items, 0, PG_ABSENT_NULL);
}

void cairn_pg__threads_hold(struct pg *pg, cairn_str tenant, const cairn_str *threads, size_t n)
{
	cairn_pg__add_now(pg);
	cairn_pg__add_text(pg, tenant);
	add_names(pg, threads, n);
	cairn_pg__queue(pg, PG_SQL_THREAD_HOLD);
}

void cairn_pg__threads_let_go(struct pg *pg, cairn_str tenant, const cairn_str *threads, size_t n)
{
	cairn_pg__add_text(pg, tenant);
	add_names(pg, threads, n);
	cairn_pg__queue(pg, PG_SQL_THREAD_LET_GO);
}

/* ---- put: the statements ------------------------------------------------------------ */

static bool has_conditions(const cairn_checkpoint_insert *item)
{
	return item->expects || item->branches || item->lock != NULL;
}

static void add_id(struct pg *pg, cairn_id id)
{
	if (cairn_id_is_none(id))
		cairn_pg__add_null(pg);
	else
		cairn_pg__add_id(pg, id);
}

static void add_item(struct pg *pg, cairn_str tenant, const cairn_checkpoint_insert *item)
{
	cairn_pg__add_now(pg);
	cairn_pg__add_text(pg, tenant);
	cairn_pg__add_text(pg, item->thread);
	cairn_pg__add_id(pg, item->id);
	cairn_pg__add_tenant(pg, item->ns);
	add_id(pg, item->parent);
	cairn_pg__add_int8(pg, item->step);
	cairn_pg__add_int8(pg, item->payload_version);
	cairn_pg__add_text(pg, item->next_node);
	cairn_pg__add_text(pg, item->run);
	cairn_pg__add_text(pg, item->metadata);
	cairn_pg__add_tenant(pg, item->tags);
	cairn_pg__add_content(pg, item->state, item->format);
	cairn_pg__add_int4(pg, (int32_t)item->state.len);
}

static void queue_one(struct pg *pg, cairn_str tenant, const cairn_checkpoint_insert *item)
{
	cairn_lock_guard lock = item->lock;
	add_item(pg, tenant, item);
	cairn_pg__add_int4(pg, (item->expects ? EXPECTS : 0) | (item->branches ? BRANCHES : 0));
	add_id(pg, item->expected);
	if (lock != NULL)
		cairn_pg__add_text(pg, (cairn_str){ lock->name, lock->name_len });
	else
		cairn_pg__add_null(pg);
	cairn_pg__add_int8(pg, lock != NULL ? lock->fence : 0);
	cairn_pg__queue(pg, PG_SQL_CHECKPOINT_PUT);
}

#define COLUMN(field) items, offsetof(cairn_checkpoint_insert, field)

static void queue_many(struct pg *pg, cairn_str tenant, const cairn_checkpoint_insert *first,
		       size_t n)
{
	struct pg_items items = PG_ITEMS(first, n);
	cairn_pg__add_text(pg, tenant);
	cairn_pg__add_texts(pg, COLUMN(thread), PG_ABSENT_NULL);
	cairn_pg__add_ids(pg, COLUMN(id));
	cairn_pg__add_texts(pg, COLUMN(ns), PG_ABSENT_EMPTY);
	cairn_pg__add_ids(pg, COLUMN(parent));
	cairn_pg__add_int8s(pg, COLUMN(step));
	cairn_pg__add_int4s(pg, COLUMN(payload_version));
	cairn_pg__add_texts(pg, COLUMN(next_node), PG_ABSENT_NULL);
	cairn_pg__add_texts(pg, COLUMN(run), PG_ABSENT_NULL);
	cairn_pg__add_jsons(pg, COLUMN(metadata));
	cairn_pg__add_texts(pg, COLUMN(tags), PG_ABSENT_EMPTY);
	cairn_pg__add_contents(pg, COLUMN(state), offsetof(cairn_checkpoint_insert, format));
	cairn_pg__queue(pg, PG_SQL_CHECKPOINT_PUT_MANY);
}

/* How many items the statement takes that begins with this one. */
static size_t part_of(const cairn_checkpoint_plan *plan, size_t from)
{
	size_t n = 0;
	while (from + n < plan->n && n < MANY_MAX && !has_conditions(&plan->items[from + n]))
		n++;
	return n > 0 ? n : 1;
}

static void queue_part(struct pg *pg, const cairn_checkpoint_plan *plan, size_t from, size_t n)
{
	if (n == 1)
		queue_one(pg, plan->tenant, &plan->items[from]);
	else
		queue_many(pg, plan->tenant, &plan->items[from], n);
}

/* ---- put: the call ---------------------------------------------------------------------- */

static void read_one(const PGresult *result, int row, int column, cairn_checkpoint_put_found *each)
{
	memset(each, 0, sizeof *each);
	each->result = (enum cairn_put_result)cairn_pg__int4(result, row, column);
	each->write_seq = cairn_pg__int8(result, row, column + 1);
	each->created_at = cairn_pg__time(result, row, column + 2);
}

static void read_part(const PGresult *result, size_t n, cairn_checkpoint_put_found *each)
{
	if (n == 1) {
		read_one(result, 0, 0, each);
		return;
	}
	for (int i = 0; i < PQntuples(result); i++)
		read_one(result, i, 1, &each[cairn_pg__int8(result, i, 0) - 1]);
}

/* A pipeline of statements with items, and what the first and the last one have around them. */
struct stretch {
	const cairn_checkpoint_plan *plan;
	const struct names *names;
	cairn_checkpoint_put_found *each;
	size_t from; /* moves on */
};

/* Some item may have failed to begin a thread. */
static bool lets_go(const cairn_checkpoint_plan *plan)
{
	size_t i = 0;
	while (i < plan->n && !has_conditions(&plan->items[i]))
		i++;
	return i < plan->n;
}

static size_t queue_stretch(struct pg *pg, const struct stretch *at, size_t *held)
{
	const cairn_checkpoint_plan *plan = at->plan;
	struct pg_items items = PG_ITEMS(plan->items, plan->n);
	size_t from = at->from;
	*held = 0;
	if (from == 0) {
		if (cairn_pg__guard_queue(pg, plan->tenant, COLUMN(lock)))
			++*held;
		cairn_pg__threads_hold(pg, plan->tenant, at->names->at, at->names->n);
		++*held;
	}
	for (size_t part = 0; part < PARTS_MAX && from < plan->n; part++) {
		size_t n = part_of(plan, from);
		queue_part(pg, plan, from, n);
		from += n;
	}
	if (from == plan->n && lets_go(plan))
		cairn_pg__threads_let_go(pg, plan->tenant, at->names->at, at->names->n);
	return from;
}

static cairn_status run_stretch(struct pg *pg, struct stretch *at, cairn_error *err)
{
	size_t place;
	cairn_status status = cairn_pg__tenant_begin(pg, at->plan->tenant, true, err);
	if (status != CAIRN_OK)
		return status;
	size_t to = queue_stretch(pg, at, &place);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	if (place > 0 && !cairn_pg__bool(cairn_pg__result(pg, place - 1), 0, 0)) {
		cairn_pg__call_clear(pg);
		return cairn_fail(err, CAIRN_E_TX_ISOLATION);
	}
	while (at->from < to) {
		size_t n = part_of(at->plan, at->from);
		read_part(cairn_pg__result(pg, place++), n, &at->each[at->from]);
		at->from += n;
	}
	cairn_pg__call_clear(pg);
	return CAIRN_OK;
}

/* More than one pipeline takes: then they need a transaction around them. */
static cairn_status run_all(struct pg *pg, struct stretch *at, cairn_error *err)
{
	size_t parts = 0;
	for (size_t i = 0; i < at->plan->n; parts++)
		i += part_of(at->plan, i);
	if (parts <= PARTS_MAX)
		return run_stretch(pg, at, err);
	bool own = !cairn_pg__in_tx(pg);
	cairn_status status = own ? cairn_pg__begin(pg, 0, err) : CAIRN_OK;
	if (status != CAIRN_OK)
		return status;
	while (at->from < at->plan->n && status == CAIRN_OK)
		status = run_stretch(pg, at, err);
	if (!own)
		return status;
	if (status == CAIRN_OK)
		return cairn_pg__commit(pg, 0, err);
	(void)cairn_pg__rollback(pg, 0, NULL);
	return status;
}

/* One item without conditions. *done: nobody wrote to its thread meanwhile. */
static cairn_status put_plain(struct pg *pg, const cairn_checkpoint_plan *plan,
			      cairn_checkpoint_put_found *found, bool *done, cairn_error *err)
{
	cairn_status status = cairn_pg__tenant_begin(pg, plan->tenant, true, err);
	if (status != CAIRN_OK)
		return status;
	add_item(pg, plan->tenant, plan->items);
	cairn_pg__queue(pg, PG_SQL_CHECKPOINT_PUT_PLAIN);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	const PGresult *result = cairn_pg__result(pg, 0);
	*done = PQntuples(result) > 0;
	if (*done && cairn_pg__int4(result, 0, 0) == 0)
		status = cairn_fail(err, CAIRN_E_TX_ISOLATION);
	else if (*done)
		read_one(result, 0, 0, found);
	cairn_pg__call_clear(pg);
	return status;
}

cairn_status cairn_pg__checkpoint_put(void *self, const cairn_checkpoint_plan *plan,
				      cairn_checkpoint_put_found *each, cairn_error *err)
{
	struct pg *pg = self;
	struct names names = { .n = 0 };
	struct stretch at = { .plan = plan, .names = &names, .each = each };
	if (plan->n == 1 && !has_conditions(plan->items)) {
		bool done = false;
		cairn_status ended = put_plain(pg, plan, each, &done, err);
		if (ended != CAIRN_OK || done)
			return ended;
	}
	cairn_status status = names_of(pg, plan, &names, err);
	if (status == CAIRN_OK)
		status = run_all(pg, &at, err);
	if (names.at != NULL)
		cairn_host_alloc(pg->host, names.at, names.size, 0);
	return status;
}

/* ---- pending writes ------------------------------------------------------------------------ */

#define WRITE(field) items, offsetof(cairn_checkpoint_write, field)

cairn_status cairn_pg__checkpoint_write(void *self, const cairn_checkpoint_write_plan *plan,
					size_t *missing, cairn_error *err)
{
	struct pg *pg = self;
	struct pg_items items = PG_ITEMS(plan->writes, plan->n);
	cairn_status status = cairn_pg__tenant_begin(pg, plan->tenant, true, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_text(pg, plan->tenant);
	cairn_pg__add_text(pg, plan->thread);
	cairn_pg__queue(pg, PG_SQL_WRITE_HOLD);
	cairn_pg__add_text(pg, plan->tenant);
	cairn_pg__add_text(pg, plan->thread);
	cairn_pg__add_ids(pg, WRITE(checkpoint));
	cairn_pg__add_texts(pg, WRITE(task), PG_ABSENT_NULL);
	cairn_pg__add_int4s(pg, WRITE(index));
	cairn_pg__add_texts(pg, WRITE(channel), PG_ABSENT_NULL);
	cairn_pg__add_contents(pg, WRITE(value), offsetof(cairn_checkpoint_write, format));
	cairn_pg__queue(pg, PG_SQL_WRITE_PUT);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	const PGresult *result = cairn_pg__result(pg, 1);
	if (!cairn_pg__bool(result, 0, 0))
		status = cairn_fail(err, CAIRN_E_TX_ISOLATION);
	*missing = (size_t)cairn_pg__int8_or(result, 0, 1, (int64_t)plan->n + 1) - 1;
	cairn_pg__call_clear(pg);
	return status;
}

static void read_write(const PGresult *result, int row, void *into)
{
	cairn_checkpoint_write *write = into;
	bool bytes = !cairn_pg__null(result, row, 5);
	cairn_str value = cairn_pg__text(result, row, bytes ? 5 : 4);
	write->checkpoint = cairn_pg__id(result, row, 0);
	write->task = cairn_pg__text(result, row, 1);
	write->index = cairn_pg__int4(result, row, 2);
	write->channel = cairn_pg__text(result, row, 3);
	write->value = (cairn_blob){ value.ptr, value.len };
	write->format = bytes ? CAIRN_FORMAT_BYTES : CAIRN_FORMAT_JSON;
}

cairn_status cairn_pg__checkpoint_writes(void *self, cairn_str tenant, cairn_str thread,
					 const cairn_id *checkpoint, cairn_rows *rows,
					 cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__tenant_begin(pg, tenant, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__add_text(pg, tenant);
	cairn_pg__add_text(pg, thread);
	cairn_pg__add_id(pg, *checkpoint);
	return cairn_pg__query(pg, PG_SQL_WRITES, rows, read_write, err);
}
