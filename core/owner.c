/*
 * owner.c - the registry of worker processes. A row is fenced by its incarnation's id, which is
 * made here; why a heartbeat was refused is told from what the driver found.
 */
#include <cairn/sys/json.h>

#include "check.h"
#include "core.h"
#include "limits.h"
#include "words.h"

#define ALL_STATES 0xeu

static const char *const states[] = {
	[CAIRN_OWNER_LIVE] = "LIVE",
	[CAIRN_OWNER_STALE] = "STALE",
	[CAIRN_OWNER_CLOSED] = "CLOSED",
};

const char *cairn_owner_state_text(enum cairn_owner_state state)
{
	return CAIRN__WORD(states, state);
}

enum cairn_owner_state cairn_owner_state_parse(cairn_str word)
{
	return (enum cairn_owner_state)CAIRN__WORD_PARSE(states, word);
}

/* ---- register ---------------------------------------------------------------- */

/* A document that opens so. */
static cairn_status check_json(const cairn_conn *conn, cairn_str json, char opens, const char *what,
			       cairn_error *err)
{
	cairn_status st = cairn_json_check(json, conn->host.settings.max_json, err);
	if (st != CAIRN_OK || cairn__json_opens(json) == opens)
		return st;
	cairn_fail(err, CAIRN_E_JSON_INVALID);
	cairn_error_message(err, "%s", what);
	return CAIRN_INVALID;
}

static cairn_status enroll(cairn_conn *conn, const cairn_owner_new *given, cairn_id *incarnation,
			   cairn_error *err)
{
	if (given == NULL || given->size < sizeof *given)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	cairn_owner_new owner = *given;
	if (owner.queues.len == 0)
		owner.queues = CAIRN_STR("[]");
	if (owner.labels.len == 0)
		owner.labels = CAIRN_STR("{}");
	cairn_status st = cairn__check_name(owner.name, "name", err);
	if (st == CAIRN_OK && owner.host.len > 0)
		st = cairn__check_name(owner.host, "host", err);
	if (st == CAIRN_OK && owner.version.len > 0)
		st = cairn__check_name(owner.version, "version", err);
	if (st == CAIRN_OK && owner.pid < 0)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = cairn__check_time(owner.started_at, "started_at", err);
	if (st == CAIRN_OK)
		st = check_json(conn, owner.queues, '[', "An owner's queues must be an array.",
				err);
	if (st == CAIRN_OK)
		st = check_json(conn, owner.labels, '{', "An owner's labels must be an object.",
				err);
	if (st != CAIRN_OK)
		return st;
	*incarnation = cairn_id_new();
	return conn->owners.enroll(conn->self, &owner, incarnation, err);
}

cairn_status cairn_owner_register(cairn_conn *conn, const cairn_owner_new *owner,
				  cairn_id *incarnation, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__OWNERS, "owner.register", err);
	if (st == CAIRN_OK && incarnation == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = enroll(conn, owner, incarnation, err);
	return cairn__call_end(&call, st, 1);
}

/* ---- heartbeat, close ---------------------------------------------------------- */

static cairn_status check_refs(const cairn_owner_ref *owners, size_t n, cairn_error *err)
{
	cairn_status st = cairn__check_batch(owners, n, err);
	for (size_t i = 0; i < n && st == CAIRN_OK; i++) {
		st = cairn__check_name(owners[i].name, "name", err);
		if (st == CAIRN_OK && cairn_id_is_none(owners[i].incarnation))
			st = cairn_fail(err, CAIRN_E_ARG_INVALID);
		if (st == CAIRN_OK && owners[i].reserved_ != 0)
			st = cairn_fail(err, CAIRN_E_ARG_RESERVED);
		if (st != CAIRN_OK)
			cairn__error_index(err, i);
	}
	return st;
}

static void judge(const cairn_owner_found *found, int close, cairn_owner_changed *each)
{
	*each = (cairn_owner_changed){ .incarnation = found->incarnation };
	if (found->hit == CAIRN_OWNER_HIT || (close && found->hit == CAIRN_OWNER_ENDED))
		return;
	each->code = CAIRN_E_OWNER_NOT_FOUND;
	if (found->hit == CAIRN_OWNER_OTHER)
		each->code = CAIRN_E_OWNER_SUPERSEDED;
	else if (found->hit == CAIRN_OWNER_ENDED)
		each->code = CAIRN_E_OWNER_CLOSED;
	each->status = cairn_code_status(each->code);
}

/* With nobody to tell each outcome, the first failure is the call's. */
static cairn_status deliver(const cairn_owner_found *found, const cairn_owner_plan *plan,
			    cairn_owner_changed *each, cairn_error *err)
{
	for (size_t i = 0; i < plan->n; i++) {
		cairn_owner_changed one;
		judge(&found[i], plan->close != 0, &one);
		if (each != NULL)
			each[i] = one;
		else if (one.status != CAIRN_OK)
			return cairn__fail_item(err, one.code, i);
	}
	return CAIRN_OK;
}

static cairn_status touch(cairn_conn *conn, const cairn_owner_plan *plan, cairn_owner_changed *each,
			  cairn_error *err)
{
	cairn_status st = check_refs(plan->owners, plan->n, err);
	if (st != CAIRN_OK || plan->n == 0)
		return st;
	cairn_owner_found *found = cairn__scratch(conn, plan->n, sizeof *found, err);
	if (found == NULL)
		return CAIRN_NOMEM;
	st = conn->owners.touch(conn->self, plan, found, err);
	if (st == CAIRN_OK)
		st = deliver(found, plan, each, err);
	cairn__scratch_free(conn, found, plan->n, sizeof *found);
	return st;
}

cairn_status cairn_owner_heartbeat(cairn_conn *conn, const cairn_owner_ref *owners, size_t n,
				   cairn_owner_changed *each, cairn_error *err)
{
	struct cairn__call call;
	cairn_owner_plan plan = { .owners = owners, .n = n };
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__OWNERS, "owner.heartbeat", err);
	if (st == CAIRN_OK)
		st = touch(conn, &plan, each, err);
	return cairn__call_end(&call, st, n);
}

cairn_status cairn_owner_close(cairn_conn *conn, const cairn_owner_ref *owners, size_t n,
			       cairn_owner_changed *each, cairn_error *err)
{
	struct cairn__call call;
	cairn_owner_plan plan = { .owners = owners, .n = n, .close = 1 };
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__OWNERS, "owner.close", err);
	if (st == CAIRN_OK)
		st = touch(conn, &plan, each, err);
	return cairn__call_end(&call, st, n);
}

/* ---- list, prune ---------------------------------------------------------------- */

static cairn_status list(cairn_conn *conn, const cairn_owner_filter *filter, cairn_owners **owners,
			 cairn_error *err)
{
	static const cairn_owner_filter all = { .size = sizeof all };
	if (filter == NULL)
		filter = &all;
	if (filter->size < sizeof *filter || filter->stale_after < 0 ||
	    filter->stale_after > CAIRN__MAX_AGE)
		return cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (filter->states & ~ALL_STATES)
		return cairn_fail(err, CAIRN_E_ARG_RESERVED);
	cairn_owner_query query = {
		.states = filter->states != 0 ? filter->states : ALL_STATES,
		.stale_after =
			filter->stale_after != 0 ? filter->stale_after : CAIRN_OWNER_STALE_AFTER,
		.after = filter->after,
	};
	cairn_status st = cairn__check_page(filter->limit, &query.limit, err);
	if (st == CAIRN_OK && filter->after.len > 0)
		st = cairn__check_name(filter->after, "after", err);
	if (st != CAIRN_OK)
		return st;
	cairn_rows rows;
	void *memory = *owners;
	cairn_time now = 0;
	cairn__rows_begin(&rows, conn, &memory, sizeof(cairn_owner));
	st = conn->owners.list(conn->self, &query, &now, &rows, err);
	st = cairn__rows_end(&rows, &memory, st, err);
	*owners = memory;
	if (st == CAIRN_OK)
		(*owners)->now = now;
	return st;
}

cairn_status cairn_owner_list(cairn_conn *conn, const cairn_owner_filter *filter,
			      cairn_owners **owners, cairn_error *err)
{
	struct cairn__call call;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__OWNERS, "owner.list", err);
	if (st == CAIRN_OK && owners == NULL)
		st = cairn_fail(err, CAIRN_E_ARG_INVALID);
	if (st == CAIRN_OK)
		st = list(conn, filter, owners, err);
	return cairn__call_end(&call, st, st == CAIRN_OK ? (*owners)->count : 0);
}

cairn_status cairn_owner_prune(cairn_conn *conn, cairn_usec age, uint32_t limit, size_t *pruned,
			       cairn_error *err)
{
	struct cairn__call call;
	size_t gone = 0;
	uint32_t page = 0;
	cairn_status st = cairn__call_begin(&call, conn, CAIRN__OWNERS, "owner.prune", err);
	if (st == CAIRN_OK && (age < CAIRN_MINUTE || age > CAIRN__MAX_AGE))
		st = cairn_fail(err, CAIRN_E_OWNER_AGE);
	if (st == CAIRN_OK)
		st = cairn__check_page(limit != 0 ? limit : CAIRN__MAX_PAGE, &page, err);
	if (st == CAIRN_OK)
		st = conn->owners.prune(conn->self, age, page, &gone, err);
	if (st == CAIRN_OK && pruned != NULL)
		*pruned = gone;
	return cairn__call_end(&call, st, gone);
}
