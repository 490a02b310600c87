/*
 * replay_name.c - the names of steps: a signature in canonical form, its digest, and how often the name was used in
 * this attempt (contract 4.2; reference: signatures and names). The same program gives the same names.
 */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "replay_state.h"

#define PREFIX "step:sig_"
#define DIGITS 24

/* ---- tables of names ------------------------------------------------------------ */

static size_t place(cairn_str name, size_t cap)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */
	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ (unsigned char)name.ptr[i]) * 1099511628211u;
	return (size_t)hash & (cap - 1);
}

static struct cairn__used *find(const struct cairn__uses *names, cairn_str name)
{
	if (names->cap == 0)
		return NULL;
	size_t at = place(name, names->cap);
	while (names->slots[at].name.len > 0 && !cairn_str_equal(names->slots[at].name, name))
		at = (at + 1) & (names->cap - 1);
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
		if (names->slots[i].name.len > 0)
			*find(&more, names->slots[i].name) = names->slots[i];
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

struct cairn__used *cairn__uses_get(cairn_conn *conn, struct cairn__uses *names, cairn_str name,
				    cairn_error *err)
{
	if (2 * (names->count + 1) > names->cap && !grow(conn, names, err))
		return NULL;
	struct cairn__used *slot = find(names, name);
	if (slot->name.len == 0) {
		slot->name = name;
		names->count++;
	}
	return slot;
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

/* The text lives as long as the replay. */
static cairn_status keep_text(cairn_replay *replay, cairn_str *text, cairn_error *err)
{
	*text = cairn_rows_str(&replay->names, text->ptr, text->len);
	return text->ptr != NULL ? CAIRN_OK : cairn_fail(err, CAIRN_E_NOMEM);
}

/* Another use of its base: the first has no number. */
static cairn_status number(cairn_replay *replay, cairn_str base, struct cairn__asked *asked,
			   cairn_error *err)
{
	struct cairn__used *slot = find(&replay->bases, base);
	cairn_status st = CAIRN_OK;
	if (slot == NULL || slot->name.len == 0) {
		cairn_str kept = base;
		st = keep_text(replay, &kept, err);
		if (st != CAIRN_OK)
			return st;
		slot = cairn__uses_get(replay->conn, &replay->bases, kept, err);
		if (slot == NULL)
			return CAIRN_NOMEM;
	}
	asked->name = slot->name;
	if (slot->count > 0) {
		char numbered[300];
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
void cairn__replay_unsettle(cairn_replay *replay, const struct cairn__asked *asked, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (asked[i].base.len > 0)
			find(&replay->bases, asked[i].base)->count--;
		if (asked[i].memo != NULL)
			replay->taken--;
	}
}

/* Programs ask in the order in which they did before, so it is on the next page, or nowhere. */
static cairn_status look_up(cairn_replay *replay, struct cairn__asked *asked, cairn_error *err)
{
	cairn_status st = CAIRN_OK;
	for (;;) {
		struct cairn__used *slot = find(&replay->stored, asked->name);
		if (slot != NULL && slot->name.len > 0) {
			asked->memo = slot->memo;
			replay->taken++;
			return CAIRN_OK;
		}
		if (replay->read >= replay->steps)
			return CAIRN_OK;
		st = cairn__replay_page(replay, err);
		if (st != CAIRN_OK)
			return st;
	}
}

cairn_status cairn__replay_settle(cairn_replay *replay, struct cairn__asked *asked,
				  const cairn_str *names, size_t n, cairn_error *err)
{
	cairn_status st = CAIRN_OK;
	for (size_t i = 0; i < n && st == CAIRN_OK; i++) {
		char base[256];
		digest(replay, &asked[i]);
		size_t len = write_base(&asked[i], names[i], base);
		st = number(replay, (cairn_str){ base, len }, &asked[i], err);
		if (st == CAIRN_OK)
			st = look_up(replay, &asked[i], err);
	}
	return st;
}
