/*
 * schedule_plan.c - cursors, policies and payloads of schedules, as pure functions of a row, an
 * expression, a zone and a time.
 */
#include "schedule_plan.h"

#include <string.h>

#include "check.h"
#include "civil.h"
#include "limits.h"

/* ---- clockworks ----------------------------------------------------------- */

cairn_status cairn__clockwork_set(struct cairn__clockwork *works, cairn_str cron, cairn_str zone,
				  cairn_error *err)
{
	cairn_status st = cairn__cron_parse(cron, &works->cron, err);
	if (st != CAIRN_OK)
		return st;
	if (works->open && cairn_str_is(zone, works->zone_name))
		return CAIRN_OK;
	cairn__clockwork_clear(works);
	st = cairn__zone_open(&works->zone, zone, err);
	works->open = st == CAIRN_OK;
	if (works->open) {
		memcpy(works->zone_name, zone.ptr, zone.len);
		works->zone_name[zone.len] = '\0';
	}
	return st;
}

void cairn__clockwork_clear(struct cairn__clockwork *works)
{
	if (works->open)
		cairn__zone_close(&works->zone);
	works->open = false;
}

static int64_t seconds_of(cairn_time when)
{
	return cairn__floor_div(when, CAIRN_SECOND);
}

cairn_time cairn__clockwork_next(const struct cairn__clockwork *works, cairn_time after)
{
	int64_t next;
	if (!cairn__cron_next(&works->cron, &works->zone, seconds_of(after), &next))
		return 0;
	return next * CAIRN_SECOND;
}

/* ---- cursors ---------------------------------------------------------------- */

/*
 * By how much a time is put off: 0 to jitter, whole seconds. The id is a number of 128 bits, the
 * highest first; the time is its lowest 64.
 */
static cairn_usec jitter_of(cairn_id id, cairn_time when, cairn_usec jitter)
{
	uint64_t range = (uint64_t)(jitter / CAIRN_SECOND) + 1;
	uint64_t ms = (uint64_t)(when / CAIRN_MILLISECOND);
	uint64_t rest = 0;
	if (jitter < CAIRN_SECOND)
		return 0;
	for (size_t i = 0; i < sizeof id.bytes; i++) {
		uint64_t byte = id.bytes[i];
		if (i >= 8)
			byte ^= ms >> (8 * (15 - i)) & 0xff;
		rest = (rest * 256 + byte) % range;
	}
	return (cairn_usec)rest * CAIRN_SECOND;
}

static cairn_time put_off(cairn_id id, cairn_usec jitter, cairn_time when)
{
	cairn_usec by = jitter_of(id, when, jitter);
	return when == 0 || when > CAIRN__MAX_TIME - by ? CAIRN__MAX_TIME : when + by;
}

cairn_time cairn__schedule_cursor(const struct cairn__clockwork *works, cairn_id id,
				  cairn_usec jitter, cairn_time after)
{
	return put_off(id, jitter, cairn__clockwork_next(works, after));
}

/* ---- names -------------------------------------------------------------------- */

/* Whether white space stands at one of its ends; the text is valid UTF-8. */
static bool padded(cairn_str text)
{
	const unsigned char *at = (const unsigned char *)text.ptr;
	const unsigned char *end = at + text.len;
	bool first = true;
	bool space = false;
	while (at < end) {
		uint32_t code;
		at += cairn__utf8_next(at, end, &code);
		space = cairn__is_space(code);
		if (first && space)
			return true;
		first = false;
	}
	return space;
}

cairn_status cairn__schedule_name(cairn_str name, cairn_error *err)
{
	if (cairn__check_name(name, NULL, NULL) == CAIRN_OK && !padded(name))
		return CAIRN_OK;
	return cairn_fail(err, CAIRN_E_SCHEDULE_NAME);
}

/* ---- policies ------------------------------------------------------------------ */

/*
 * How many times lie behind `from` up to `to`, as far as it matters: from `most` on it may be
 * too few. The latest of them are in the ring. Looks back further and further, so that a second's
 * schedule that slept for years is not counted through.
 */
static size_t count_back(const struct cairn__clockwork *works, int64_t from, int64_t to,
			 size_t most, int64_t *ring)
{
	int64_t span = (int64_t)most;
	for (;;) {
		int64_t begin = to - from > span ? to - span : from;
		size_t count = 0;
		int64_t at = begin;
		while (cairn__cron_next(&works->cron, &works->zone, at, &at) && at <= to)
			ring[count++ % most] = at;
		if (count >= most || begin == from)
			return count;
		span *= 4;
	}
}

static struct cairn__fire_choice catch_up(const cairn_schedule *row,
					  const struct cairn__clockwork *works, cairn_time now)
{
	int64_t ring[CAIRN_SCHEDULE_MAX_CATCH_UP];
	size_t most = (size_t)row->catch_up;
	size_t behind =
		count_back(works, seconds_of(row->next_fire_at), seconds_of(now), most, ring);
	struct cairn__fire_choice choice = { .what = CAIRN_FIRED };
	if (behind == 0) {
		choice.next = cairn__schedule_cursor(works, row->id, row->jitter, now);
		return choice;
	}
	/* with the cursor they are too many: it gives way, and the latest remain */
	if (behind >= most)
		choice.what = CAIRN_FIRE_MISSED;
	int64_t oldest = ring[behind >= most ? behind % most : 0];
	choice.next = put_off(row->id, row->jitter, oldest * CAIRN_SECOND);
	return choice;
}

static bool is_running(const cairn_schedule *row)
{
	return row->last_job_status == CAIRN_JOB_PENDING ||
	       row->last_job_status == CAIRN_JOB_LEASED;
}

struct cairn__fire_choice cairn__schedule_choose(const cairn_schedule *row,
						 const struct cairn__clockwork *works,
						 cairn_time now, cairn_usec grace)
{
	struct cairn__fire_choice choice = { .what = CAIRN_FIRED };
	if (row->misfire == CAIRN_MISFIRE_CATCH_UP)
		choice = catch_up(row, works, now);
	else
		choice.next = cairn__schedule_cursor(works, row->id, row->jitter, now);
	if (row->misfire == CAIRN_MISFIRE_SKIP && now - row->next_fire_at > grace)
		choice.what = CAIRN_FIRE_MISSED;
	if (choice.what == CAIRN_FIRED && row->overlap == CAIRN_OVERLAP_SKIP && is_running(row))
		choice.what = CAIRN_FIRE_OVERLAPS;
	return choice;
}

/* ---- payloads --------------------------------------------------------------------- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static cairn_str trim(cairn_str text)
{
	while (text.len > 0 && is_blank(text.ptr[0])) {
		text.ptr++;
		text.len--;
	}
	while (text.len > 0 && is_blank(text.ptr[text.len - 1]))
		text.len--;
	return text;
}

static void add_member(const cairn_schedule *row, cairn_text *text)
{
	char id[CAIRN_ID_TEXT];
	char when[CAIRN_TIME_TEXT];
	cairn_id_format(row->id, id);
	cairn_time_format(row->next_fire_at, when);
	cairn_text_add_z(text, "\"_schedule\":{\"schedule_id\":\"");
	cairn_text_add_z(text, id);
	cairn_text_add_z(text, "\",\"schedule_name\":");
	cairn_text_add_json(text, row->name);
	cairn_text_add_z(text, ",\"scheduled_for\":\"");
	cairn_text_add_z(text, when);
	cairn_text_add_z(text, "\"}}");
}

/* An object's own bytes stay; the member goes before its closing brace. */
void cairn__schedule_payload(const cairn_schedule *row, cairn_text *text)
{
	cairn_str given = trim(row->payload);
	if (given.len > 0 && given.ptr[0] == '{') {
		cairn_str inside = { given.ptr, given.len - 1 };
		bool empty = trim((cairn_str){ given.ptr + 1, given.len - 2 }).len == 0;
		cairn_text_add(text, inside.ptr, inside.len);
		if (!empty)
			cairn_text_add_z(text, ",");
	} else {
		cairn_text_add_z(text, "{\"payload\":");
		cairn_text_add(text, given.ptr, given.len);
		cairn_text_add_z(text, ",");
	}
	add_member(row, text);
}
