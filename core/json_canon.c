/*
 * json_canon.c - the canonical form of a checked document (sys/json.h): equal documents have
 * equal canonical texts.
 *
 * Members are sorted by the bytes of their decoded names; no white space; strings
 * escape only the quote, the backslash and C0 controls, as \" \\ \b \f \n \r \t or \u00xx
 * with lower-case digits.
 *
 * A number is its significant digits D, an integer without leading or trailing zeros, times
 * 10^e. With e from 0 to 20 it is written as a plain integer, D and e zeros: 100, 1e2 and
 * 100.0 are 100, 1e20 is plain, as is an integer of any length. Otherwise it is d.ddde±x with
 * x the exponent of the first digit: 1e+21, 1e-1, 1.5e+0. Zero is 0, without sign.
 *
 * The text is walked once, token by token. An object's members are written as they come;
 * when it closes and they were not in order, its stretch of the output is rearranged.
 */
#include <string.h>

#include <cairn/sys/host.h>

#include "json_str.h"
#include "limits.h"
#include "text.h"

/* The largest e of a plain integer. */
#define MAX_ZEROS 20

/* A member of an object that is open: its stretch of the output, without commas. */
struct member {
	struct cairn__name name; /* must be first: the sort knows only names */
	size_t begin;
	size_t end;
};

struct level {
	size_t members; /* its first one on the pile */
	bool object;
	bool wants_name;
};

struct canon {
	const unsigned char *at;
	const unsigned char *end;
	cairn_text *out;
	cairn_text pile;  /* of struct member, those of inner objects last */
	cairn_text order; /* pointers to members, twice as many as an object has */
	cairn_text moved; /* an object's stretch, rearranged */
	unsigned depth;
	cairn_code code;
	struct level levels[CAIRN__MAX_JSON_DEPTH];
};

static bool stop(struct canon *canon, cairn_code code)
{
	canon->code = code;
	return false;
}

static size_t member_count(const struct canon *canon)
{
	return canon->pile.len / sizeof(struct member);
}

static struct member *member_at(const struct canon *canon, size_t index)
{
	return (struct member *)(void *)canon->pile.ptr + index;
}

static void add_byte(cairn_text *out, unsigned char byte)
{
	if (cairn__text_reserve(out, 1))
		out->ptr[out->len++] = (char)byte;
}

/* ---- leaves --------------------------------------------------------------- */

/* The digits of a number from index `from` up to `to`, over the decimal point. */
static void add_digits(cairn_text *out, const struct cairn__number *number, size_t from, size_t to)
{
	size_t whole = number->whole_len;
	if (from < whole) {
		size_t until = to < whole ? to : whole;
		cairn_text_add(out, (const char *)number->whole + from, until - from);
		from = until;
	}
	if (from < to)
		cairn_text_add(out, (const char *)number->fraction + (from - whole), to - from);
}

static void add_number(cairn_text *out, const struct cairn__number *number)
{
	struct cairn__decimal value = cairn__number_value(number);
	if (value.last == 0) {
		add_byte(out, '0');
		return;
	}
	if (number->negative)
		add_byte(out, '-');
	if (value.scale >= 0 && value.scale <= MAX_ZEROS) {
		static const char zeros[] = "00000000000000000000";
		add_digits(out, number, value.first, value.last);
		cairn_text_add(out, zeros, (size_t)value.scale);
		return;
	}
	add_digits(out, number, value.first, value.first + 1);
	if (value.last - value.first > 1) {
		add_byte(out, '.');
		add_digits(out, number, value.first + 1, value.last);
	}
	cairn_text_add(out, value.exponent < 0 ? "e" : "e+", value.exponent < 0 ? 1 : 2);
	cairn_text_add_int(out, value.exponent);
}

static bool take_number(struct canon *canon)
{
	struct cairn__number number;
	if (!cairn__number_read(canon->at, canon->end, &number))
		return stop(canon, CAIRN_E_JSON_INVALID);
	add_number(canon->out, &number);
	canon->at = number.end;
	return true;
}

/* The string at `at`; *name is where it stands. */
static bool take_string(struct canon *canon, struct cairn__name *name)
{
	const unsigned char *at = canon->at + 1;
	name->at = at;
	name->escaped = false;
	add_byte(canon->out, '"');
	for (;;) {
		const unsigned char *plain = at;
		at = cairn__json_run(at, canon->end);
		cairn_text_add(canon->out, (const char *)plain, (size_t)(at - plain));
		if (at == canon->end || *at != '\\')
			break;
		unsigned char bytes[4];
		size_t used;
		size_t len = cairn__json_unescape(at, canon->end, bytes, &used);
		if (len == 0)
			return stop(canon, CAIRN_E_JSON_INVALID);
		cairn__text_escape(canon->out, bytes, len);
		name->escaped = true;
		at += used;
	}
	if (at == canon->end || *at != '"')
		return stop(canon, CAIRN_E_JSON_INVALID);
	add_byte(canon->out, '"');
	name->len = (size_t)(at - name->at);
	canon->at = at + 1;
	return true;
}

static bool take_word(struct canon *canon)
{
	const unsigned char *begin = canon->at;
	while (canon->at < canon->end && *canon->at >= 'a' && *canon->at <= 'z')
		canon->at++;
	if (canon->at == begin)
		return stop(canon, CAIRN_E_JSON_INVALID);
	cairn_text_add(canon->out, (const char *)begin, (size_t)(canon->at - begin));
	return true;
}

/* ---- objects -------------------------------------------------------------- */

static bool take_name(struct canon *canon, struct level *level)
{
	struct member member = { .begin = canon->out->len };
	if (!take_string(canon, &member.name))
		return false;
	member.name.key = cairn__name_prefix(&member.name);
	cairn_text_add(&canon->pile, (const char *)&member, sizeof member);
	level->wants_name = false;
	return !canon->pile.failed || stop(canon, CAIRN_E_NOMEM);
}

/* The innermost object's newest member ends here. */
static bool end_member(struct canon *canon, const struct level *level)
{
	if (level->wants_name || member_count(canon) <= level->members)
		return stop(canon, CAIRN_E_JSON_INVALID);
	member_at(canon, member_count(canon) - 1)->end = canon->out->len;
	return true;
}

static bool is_sorted(const struct canon *canon, size_t first, size_t n)
{
	for (size_t i = first + 1; i < first + n; i++) {
		const struct cairn__name *a = &member_at(canon, i - 1)->name;
		const struct cairn__name *b = &member_at(canon, i)->name;
		if (a->key > b->key || (a->key == b->key && cairn__name_compare(a, b) > 0))
			return false;
	}
	return true;
}

/* Rewrites the stretch of the n last members in the order of their names. */
static bool rearrange(struct canon *canon, size_t first, size_t n)
{
	canon->moved.len = 0;
	if (!cairn__text_reserve(&canon->order, 2 * n * sizeof(const struct cairn__name *)))
		return stop(canon, CAIRN_E_NOMEM);
	const struct cairn__name **order = (const struct cairn__name **)(void *)canon->order.ptr;
	for (size_t i = 0; i < n; i++)
		order[i] = &member_at(canon, first + i)->name;
	cairn__names_sort(order, order + n, n);
	for (size_t i = 0; i < n; i++) {
		const struct member *member = (const struct member *)(const void *)order[i];
		if (i > 0)
			add_byte(&canon->moved, ',');
		cairn_text_add(&canon->moved, canon->out->ptr + member->begin,
			       member->end - member->begin);
	}
	if (canon->moved.failed)
		return stop(canon, CAIRN_E_NOMEM);
	memcpy(canon->out->ptr + member_at(canon, first)->begin, canon->moved.ptr,
	       canon->moved.len);
	return true;
}

static bool close_object(struct canon *canon, const struct level *level)
{
	size_t n = member_count(canon) - level->members;
	if (n > 0 && !end_member(canon, level))
		return false;
	if (canon->out->failed || canon->pile.failed)
		return stop(canon, CAIRN_E_NOMEM);
	if (n > 1 && !is_sorted(canon, level->members, n) && !rearrange(canon, level->members, n))
		return false;
	canon->pile.len = level->members * sizeof(struct member);
	return true;
}

/* ---- the walk ------------------------------------------------------------- */

static bool open_level(struct canon *canon, bool object)
{
	if (canon->depth == CAIRN__MAX_JSON_DEPTH)
		return stop(canon, CAIRN_E_JSON_DEPTH);
	canon->levels[canon->depth++] = (struct level){
		.members = member_count(canon),
		.object = object,
		.wants_name = object,
	};
	return true;
}

static bool close_level(struct canon *canon, bool object)
{
	if (canon->depth == 0 || canon->levels[canon->depth - 1].object != object)
		return stop(canon, CAIRN_E_JSON_INVALID);
	canon->depth--;
	return !object || close_object(canon, &canon->levels[canon->depth]);
}

/* { } [ ] , and : are copied, after what they mean for the objects that are open. */
static bool take_mark(struct canon *canon, unsigned char mark)
{
	struct level *level = canon->depth > 0 ? &canon->levels[canon->depth - 1] : NULL;
	bool good = true;
	if (mark == '{' || mark == '[') {
		good = open_level(canon, mark == '{');
	} else if (mark == '}' || mark == ']') {
		good = close_level(canon, mark == '}');
	} else if (mark == ',' && level != NULL && level->object) {
		good = end_member(canon, level);
		level->wants_name = true;
	}
	if (!good)
		return false;
	add_byte(canon->out, mark);
	canon->at++;
	return true;
}

static bool take_text(struct canon *canon)
{
	struct level *level = canon->depth > 0 ? &canon->levels[canon->depth - 1] : NULL;
	if (level != NULL && level->wants_name)
		return take_name(canon, level);
	struct cairn__name unused;
	return take_string(canon, &unused);
}

static bool take_token(struct canon *canon)
{
	unsigned char first = *canon->at;
	switch (first) {
	case ' ':
	case '\n':
	case '\r':
	case '\t':
		canon->at++;
		return true;
	case '{':
	case '}':
	case '[':
	case ']':
	case ',':
	case ':':
		return take_mark(canon, first);
	case '"':
		return take_text(canon);
	default:
		if (first == '-' || (first >= '0' && first <= '9'))
			return take_number(canon);
		return take_word(canon);
	}
}

static bool take_document(struct canon *canon)
{
	while (canon->at < canon->end) {
		if (!take_token(canon))
			return false;
	}
	if (canon->out->failed || canon->pile.failed)
		return stop(canon, CAIRN_E_NOMEM);
	return canon->depth == 0 || stop(canon, CAIRN_E_JSON_INVALID);
}

cairn_status cairn_json_canonical(cairn_str document, cairn_text *out, cairn_error *err)
{
	const cairn_text fresh = { .alloc = out->alloc, .alloc_user = out->alloc_user };
	size_t before = out->len;
	struct canon canon;
	canon.at = (const unsigned char *)document.ptr;
	canon.end = canon.at + document.len;
	canon.out = out;
	canon.pile = fresh;
	canon.order = fresh;
	canon.moved = fresh;
	canon.depth = 0;
	bool good = cairn__text_reserve(out, document.len) ? take_document(&canon)
							   : stop(&canon, CAIRN_E_NOMEM);
	cairn_text_clear(&canon.pile);
	cairn_text_clear(&canon.order);
	cairn_text_clear(&canon.moved);
	if (!good)
		out->len = before;
	if (out->ptr != NULL)
		out->ptr[out->len] = 0;
	return good ? CAIRN_OK : cairn_fail(err, canon.code);
}
