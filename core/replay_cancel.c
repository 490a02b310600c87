/* replay_cancel.c - runs canceled with all their descendants, level by level: a canceled parent starts no more children. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "hold.h"
#include "job_change.h"
#include "limits.h"
#include "replay_read.h"

/* A run of a level, and the item of the call that it is canceled for. */
struct target {
	cairn_id id;
	size_t item;
};

struct level {
	struct target *at;
	size_t n;
	size_t cap; /* 0: at is somebody else's */
};

struct canceling {
	cairn_conn *conn;
	cairn_scope scope;
	cairn_str reason;
	cairn_replay_changed *each;
	struct level now;
	struct level next;
};

static cairn_status push(struct canceling *c, cairn_id id, size_t item, cairn_error *err)
{
	struct level *level = &c->next;
	if (level->n == level->cap) {
		size_t cap = level->cap > 0 ? 2 * level->cap : 64;
		struct target *more = cairn_host_alloc(
			&c->conn->host, level->at, level->cap * sizeof *more, cap * sizeof *more);
		if (more == NULL)
			return cairn_fail(err, CAIRN_E_NOMEM);
		level->at = more;
		level->cap = cap;
	}
	level->at[level->n++] = (struct target){ id, item };
	return CAIRN_OK;
}

static void drop(cairn_conn *conn, struct level *level)
{
	if (level->cap > 0)
		cairn__scratch_free(conn, level->at, level->cap, sizeof *level->at);
}

static int by_id(const void *a, const void *b)
{
	return cairn_id_compare(((const struct target *)a)->id, ((const struct target *)b)->id);
}

/* ---- one level ------------------------------------------------------------------- */

/* A level may have more runs than a call takes. */
static cairn_status cancel_jobs(struct canceling *c, const cairn_id *ids, size_t n,
				cairn_changed *changed, cairn_error *err)
{
	cairn_status st = CAIRN_OK;
	for (size_t at = 0, some; at < n && st == CAIRN_OK; at += some) {
		some = n - at < CAIRN__MAX_BATCH ? n - at : CAIRN__MAX_BATCH;
		st = cairn_job_cancel(c->conn, c->scope, ids + at, some, c->reason, changed + at,
				      err);
	}
	return st;
}

/* The children of this level, which is sorted by id, are the next one. */
static cairn_status gather(struct canceling *c, const cairn_id *parents, size_t n, cairn_error *err)
{
	cairn_replay_runs *page = NULL;
	cairn_replay_query query = { .scope = c->scope,
				     .parents = parents,
				     .parent_count = n,
				     .statuses = CAIRN__ALL_REPLAYS & ~CAIRN__REPLAYS_OVER,
				     .limit = CAIRN__MAX_PAGE,
				     .compact = 1 };
	cairn_status st;
	do {
		st = cairn__read_replays(c->conn, &query, 0, &page, err);
		for (size_t i = 0; st == CAIRN_OK && i < page->count; i++) {
			struct target key = { .id = page->at[i].parent };
			const struct target *parent =
				bsearch(&key, c->now.at, c->now.n, sizeof key, by_id);
			st = push(c, page->at[i].id, parent->item, err);
			query.after = page->at[i].id;
		}
	} while (st == CAIRN_OK && page->count == CAIRN__MAX_PAGE);
	cairn_free(page);
	return st;
}

static cairn_status descend(struct canceling *c, const cairn_id *ids, cairn_changed *changed,
			    cairn_error *err)
{
	cairn_status st = cancel_jobs(c, ids, c->now.n, changed, err);
	for (size_t i = 0; st == CAIRN_OK && i < c->now.n; i++) {
		if (changed[i].status == CAIRN_OK)
			c->each[c->now.at[i].item].descendants++;
	}
	return st == CAIRN_OK ? gather(c, ids, c->now.n, err) : st;
}

/* Cancels what was gathered, and gathers its children. */
static cairn_status next_level(struct canceling *c, cairn_error *err)
{
	cairn_conn *conn = c->conn;
	struct level done = c->now;
	c->now = c->next;
	c->next = (struct level){ done.cap > 0 ? done.at : NULL, 0, done.cap };
	qsort(c->now.at, c->now.n, sizeof *c->now.at, by_id);
	cairn_id *ids = cairn__scratch(conn, c->now.n, sizeof *ids, err);
	cairn_changed *changed = NULL;
	if (ids != NULL)
		changed = cairn__scratch(conn, c->now.n, sizeof *changed, err);
	cairn_status st = CAIRN_NOMEM;
	if (changed != NULL) {
		for (size_t i = 0; i < c->now.n; i++)
			ids[i] = c->now.at[i].id;
		st = descend(c, ids, changed, err);
	}
	cairn__scratch_free(conn, changed, c->now.n, sizeof *changed);
	cairn__scratch_free(conn, ids, c->now.n, sizeof *ids);
	return st;
}

/* ---- the runs that were named ------------------------------------------------------ */

static void judge(const cairn_changed *changed, cairn_replay_changed *each)
{
	*each = (cairn_replay_changed){ .job_status = changed->job_status,
					.lease_expires_at = changed->lease_expires_at };
	if (changed->code == CAIRN_E_JOB_NOT_FOUND) {
		each->code = CAIRN_E_REPLAY_NOT_FOUND;
		each->status = CAIRN_NOT_FOUND;
	} else if (changed->status != CAIRN_OK && changed->code != CAIRN_E_JOB_STATE) {
		each->code = changed->code; /* BUSY: it moved all the time */
		each->status = changed->status;
	}
}

/* Each once, by id, with the first item that names it. */
static size_t distinct(const cairn_id *runs, size_t n, struct target *targets)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++)
		targets[i] = (struct target){ runs[i], i };
	qsort(targets, n, sizeof *targets, by_id);
	for (size_t i = 0; i < n; i++) {
		if (kept == 0 || by_id(&targets[kept - 1], &targets[i]) != 0)
			targets[kept++] = targets[i];
		else if (targets[i].item < targets[kept - 1].item)
			targets[kept - 1].item = targets[i].item;
	}
	return kept;
}

static cairn_status cancel_named(struct canceling *c, cairn_id *ids, cairn_changed *changed,
				 cairn_error *err)
{
	size_t parents = 0;
	for (size_t i = 0; i < c->now.n; i++)
		ids[i] = c->now.at[i].id;
	cairn_status st = cancel_jobs(c, ids, c->now.n, changed, err);
	for (size_t i = 0; st == CAIRN_OK && i < c->now.n; i++) {
		judge(&changed[i], &c->each[c->now.at[i].item]);
		/* also those that were canceled before, perhaps without their children */
		if (changed[i].job_status == CAIRN_JOB_CANCELED)
			ids[parents++] = c->now.at[i].id;
	}
	if (st == CAIRN_OK && parents > 0)
		st = gather(c, ids, parents, err);
	while (st == CAIRN_OK && c->next.n > 0)
		st = next_level(c, err);
	return st;
}

/* An item that repeats another is told what that was told. */
static void repeat(const cairn_id *runs, size_t n, const struct target *targets, size_t kept,
		   cairn_replay_changed *each)
{
	for (size_t i = 0; i < n; i++) {
		struct target key = { .id = runs[i] };
		const struct target *first = bsearch(&key, targets, kept, sizeof key, by_id);
		if (first->item == i)
			continue;
		each[i] = each[first->item];
		each[i].descendants = 0;
	}
}

static cairn_status cancel_whole(struct canceling *c, const cairn_id *runs, size_t n,
				 cairn_error *err)
{
	cairn_conn *conn = c->conn;
	struct cairn__hold hold;
	struct target *targets = cairn__scratch(conn, n, sizeof *targets, err);
	cairn_id *ids = NULL;
	cairn_changed *changed = NULL;
	cairn_status st = CAIRN_NOMEM;
	if (targets != NULL)
		ids = cairn__scratch(conn, n, sizeof *ids, err);
	if (ids != NULL)
		changed = cairn__scratch(conn, n, sizeof *changed, err);
	if (changed != NULL)
		st = cairn__hold(conn, &hold, err);
	if (st == CAIRN_OK) {
		size_t kept = distinct(runs, n, targets);
		c->now = (struct level){ targets, kept, 0 };
		st = cancel_named(c, ids, changed, err);
		st = cairn__release(&hold, st, true, err);
		repeat(runs, n, targets, kept, c->each);
	}
	cairn__scratch_free(conn, changed, n, sizeof *changed);
	cairn__scratch_free(conn, ids, n, sizeof *ids);
	cairn__scratch_free(conn, targets, n, sizeof *targets);
	return st;
}

static cairn_status first_failure(const cairn_replay_changed *each, size_t n, cairn_error *err)
{
	for (size_t i = 0; i < n; i++) {
		if (each[i].status != CAIRN_OK)
			return cairn__fail_item(err, each[i].code, i);
	}
	return CAIRN_OK;
}

static cairn_status cancel(cairn_conn *conn, struct canceling *c, const cairn_id *runs, size_t n,
			   cairn_error *err)
{
	cairn_replay_changed *own = NULL;
	cairn_error unasked = CAIRN_ERROR_INIT;
	err = err != NULL ? err : &unasked;
	cairn_status st = cairn__check_batch(runs, n, err);
	if (st == CAIRN_OK)
		st = cairn__check_scope(&c->scope, err);
	if (st == CAIRN_OK)
		st = cairn__check_reason(c->reason, err);
	if (st != CAIRN_OK || n == 0)
		return st;
	if (c->each == NULL)
		c->each = own = cairn__scratch(conn, n, sizeof *own, err);
	if (c->each == NULL)
		return CAIRN_NOMEM;
	st = cancel_whole(c, runs, n, err);
	if (st == CAIRN_OK && own != NULL)
		st = first_failure(own, n, err);
	drop(conn, &c->now);
	drop(conn, &c->next);
	cairn__scratch_free(conn, own, n, sizeof *own);
	return st;
}

cairn_status cairn_replay_cancel(cairn_conn *conn, cairn_scope scope, const cairn_id *runs,
				 size_t n, cairn_str reason, cairn_replay_changed *each,
				 cairn_error *err)
{
	struct cairn__call call;
	struct canceling c = { .conn = conn, .scope = scope, .reason = reason, .each = each };
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__REPLAYS, "replay.cancel", err);
	if (st == CAIRN_OK)
		st = cancel(conn, &c, runs, n, err);
	return cairn__call_end(&call, st, n);
}
