/*
 * replay_name.c - the names of steps: a signature in canonical form, its digest, and how often the name was used in
 * this attempt (contract 4.2; reference: signatures and names). The same program gives the same names.
 */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "limits.h"
#include "replay_state.h"

#define PREFIX "step:sig_"
#define DIGITS 24

/* ---- tables of names ------------------------------------------------------------ */

/* Eight bytes at a time. */
static uint64_t hash_of(cairn_str name)
{
	uint64_t hash = name.len;
	for (size_t i = 0; i < name.len; i += sizeof hash) {
		uint64_t word = 0;
		size_t len = name.len - i < sizeof word ? name.len - i : sizeof word;
		memcpy(&word, name.ptr + i, len);
		hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 32;
	}
	return hash;
}

static bool is_at(const struct cairn__used *slot, cairn_str name, uint64_t hash)
{
	return slot->name.len == 0 || (slot->hash == hash && cairn_str_equal(slot->name, name));
}

/* Its slot, or the free one that is to be its own; NULL: there are none. */
static struct cairn__used *find(const struct cairn__uses *names, cairn_str name)
{
	if (names->cap == 0)
		return NULL;
	uint64_t hash = hash_of(name);
	size_t at = (size_t)hash & (names->cap - 1);
	while (!is_at(&names->slots[at], name, hash))
		at = (at + 1) & (names->cap - 1);
	names->slots[at].hash = hash;
	return &names->slots[at];
}

static bool grow(cairn_conn *conn, struct cairn__uses *names, cairn_error *err)
{
	struct cairn__uses more = { .cap = names->cap > 0 ? 2 * names->cap : 64,
				    .count = names->count };
	more.slots = cairn__scratch(conn, more.cap, sizeof *more.slots, err);
	if (more.slots == NULL)
		return false;
	for (size_t i = 0; i < names->cap; i++) {
		size_t at = (size_t)names->slots[i].hash & (more.cap - 1);
		if (names->slots[i].name.len == 0)
			continue;
		while (more.slots[at].name.len > 0)
			at = (at + 1) & (more.cap - 1);
		more.slots[at] = names->slots[i];
	}
	cairn__uses_clear(conn, names);
	*names = more;
	return true;
}

void cairn__uses_clear(cairn_conn *conn, struct cairn__uses *names)
{
	cairn__scratch_free(conn, names->slots, names->cap, sizeof *names->slots);
	memset(names, 0, sizeof *names);
}

/* The same with room for one more; NULL after filling err with NOMEM. */
static struct cairn__used *slot_of(cairn_conn *conn, struct cairn__uses *names, cairn_str name,
				   cairn_error *err)
{
	if (2 * (names->count + 1) > names->cap && !grow(conn, names, err))
		return NULL;
	return find(names, name);
}

/* ---- signatures ------------------------------------------------------------------- */

cairn_status cairn__check_step_name(cairn_str name, cairn_error *err)
{
	if (name.len == 0)
		return CAIRN_OK;
	cairn_status st = cairn__check_name(name, "name", err);
	if (st != CAIRN_OK || memchr(name.ptr, '#', name.len) == NULL)
		return st;
	cairn_fail(err, CAIRN_E_ARG_NAME);
	cairn_error_message(err, "The name of a step must not have a #.");
	return CAIRN_INVALID;
}

cairn_status cairn__replay_sign(cairn_replay *replay, cairn_str kind, cairn_str scope,
				cairn_str input, struct cairn__asked *asked, cairn_error *err)
{
	cairn_text *text = &replay->text;
	asked->at = text->len;
	cairn_text_add_z(text, "{\"input\":");
	cairn_status st =
		cairn_json_canonical(input.len > 0 ? input : CAIRN_STR("null"), text, err);
	cairn_text_add_z(text, ",\"kind\":");
	cairn_text_add_json(text, kind);
	cairn_text_add_z(text, ",\"scope\":");
	cairn_text_add_json(text, scope.len > 0 ? scope : replay->run.scope);
	cairn_text_add_z(text, "}");
	asked->signature.len = text->len - asked->at;
	if (st == CAIRN_OK && text->failed)
		st = cairn_fail(err, CAIRN_E_NOMEM);
	return st;
}

static void digest(const cairn_replay *replay, struct cairn__asked *asked)
{
	asked->signature.ptr = replay->text.ptr + asked->at;
	cairn_sha256(asked->signature.ptr, asked->signature.len, asked->hash);
}

void cairn__replay_signed(cairn_replay *replay, struct cairn__asked *asked, cairn_str name)
{
	digest(replay, asked);
	asked->name = name;
}

/* ---- names -------------------------------------------------------------------------- */

static size_t write_base(const struct cairn__asked *asked, cairn_str given, char *base)
{
	if (given.len > 0) {
		memcpy(base, given.ptr, given.len);
		return given.len;
	}
	static const char hex[] = "0123456789abcdef";
	size_t len = sizeof PREFIX - 1;
	memcpy(base, PREFIX, len);
	for (size_t i = 0; i < DIGITS / 2; i++) {
		base[len++] = hex[asked->hash[i] >> 4];
		base[len++] = hex[asked->hash[i] & 15];
	}
	return len;
}

/* The memo that comes next, if it has this name. */
static const cairn_memo *next_memo(const cairn_replay *replay, cairn_str name)
{
	if (replay->next >= replay->memo_count)
		return NULL;
	const cairn_memo *memo = replay->memos[replay->next];
	return cairn_str_equal(memo->name, name) ? memo : NULL;
}

/* The text lives as long as the replay. */
static cairn_status keep_text(cairn_replay *replay, cairn_str *text, cairn_error *err)
{
	const cairn_memo *memo = next_memo(replay, *text);
	*text = memo != NULL ? memo->name : cairn_rows_str(&replay->names, text->ptr, text->len);
	return text->ptr != NULL ? CAIRN_OK : cairn_fail(err, CAIRN_E_NOMEM);
}

/* Another use of its base: the first has no number. */
static cairn_status number(cairn_replay *replay, cairn_str base, struct cairn__asked *asked,
			   cairn_error *err)
{
	struct cairn__used *slot = slot_of(replay->conn, &replay->bases, base, err);
	if (slot == NULL)
		return CAIRN_NOMEM;
	cairn_status st = CAIRN_OK;
	if (slot->name.len == 0) {
		cairn_str kept = base;
		st = keep_text(replay, &kept, err);
		if (st != CAIRN_OK)
			return st;
		slot->name = kept;
		replay->bases.count++;
	}
	asked->name = slot->name;
	if (slot->count > 0) {
		char numbered[CAIRN__MAX_NAME + 24];
		memcpy(numbered, base.ptr, base.len);
		int len = snprintf(numbered + base.len, sizeof numbered - base.len, "#%lld",
				   (long long)slot->count + 1);
		asked->name = (cairn_str){ numbered, base.len + (size_t)len };
		st = keep_text(replay, &asked->name, err);
	}
	if (st != CAIRN_OK)
		return st;
	slot->count++;
	asked->base = slot->name;
	return CAIRN_OK;
}

/* The call failed: asking again is not another use. */
void cairn__replay_unsettle(cairn_replay *replay, const struct cairn__asking *asking)
{
	for (size_t i = 0; i < asking->n; i++) {
		const struct cairn__asked *asked = &asking->asked[i];
		if (asked->base.len > 0)
			find(&replay->bases, asked->base)->count--;
		if (asked->memo != NULL)
			replay->taken--;
	}
}

/* Who asks otherwise than before: all that was read, by name. */
static cairn_status index_memos(cairn_replay *replay, cairn_error *err)
{
	for (; replay->other_count < replay->memo_count; replay->other_count++) {
		cairn_str name = replay->memos[replay->other_count]->name;
		struct cairn__used *slot = slot_of(replay->conn, &replay->others, name, err);
		if (slot == NULL)
			return CAIRN_NOMEM;
		slot->name = name;
		slot->count = (int64_t)replay->other_count;
		replay->others.count++;
	}
	return CAIRN_OK;
}

static cairn_status find_memo(cairn_replay *replay, struct cairn__asked *asked, cairn_error *err)
{
	if (next_memo(replay, asked->name) == NULL) {
		cairn_status st = index_memos(replay, err);
		if (st != CAIRN_OK)
			return st;
		const struct cairn__used *slot = find(&replay->others, asked->name);
		if (slot == NULL || slot->name.len == 0)
			return CAIRN_OK;
		replay->next = (size_t)slot->count;
	}
	asked->memo = replay->memos[replay->next++];
	replay->taken++;
	return CAIRN_OK;
}

/* Programs ask in the order in which they did before: it comes next, on a further page, or never. */
static cairn_status look_up(cairn_replay *replay, struct cairn__asked *asked, cairn_error *err)
{
	cairn_status st = CAIRN_OK;
	if (replay->taken >= replay->steps)
		return CAIRN_OK;
	if (replay->next < replay->memo_count || replay->read >= replay->steps)
		st = find_memo(replay, asked, err);
	while (st == CAIRN_OK && asked->memo == NULL && replay->read < replay->steps) {
		st = cairn__replay_page(replay, err);
		if (st == CAIRN_OK)
			st = find_memo(replay, asked, err);
	}
	return st;
}

cairn_status cairn__replay_settle(cairn_replay *replay, struct cairn__asking *asking,
				  cairn_error *err)
{
	cairn_status st = CAIRN_OK;
	for (size_t i = 0; i < asking->n && st == CAIRN_OK; i++) {
		struct cairn__asked *asked = &asking->asked[i];
		char base[CAIRN__MAX_NAME];
		digest(replay, asked);
		size_t len = write_base(asked, asking->names[i], base);
		st = number(replay, (cairn_str){ base, len }, asked, err);
		if (st == CAIRN_OK)
			st = look_up(replay, asked, err);
	}
	asking->fresh = true;
	return st;
}
