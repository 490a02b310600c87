/*
 * cron.c - cron expressions. A field becomes a set of bits; the next time is found in
 * wall time, stretch by stretch between the changes of the clocks, by stepping over months and
 * days that don't fit.
 */
#include "cron.h"

#include <string.h>

#include <cairn/sys/host.h>

#include "civil.h"
#include "limits.h"

#define DAY 86400

/* ---- reading ------------------------------------------------------------ */

struct field {
	const char *name;
	int min;
	int max;
	const char *names; /* of three letters each, the first is min */
};

enum { SECOND, MINUTE, HOUR, MONTH_DAY, MONTH, WEEKDAY, FIELDS };

static const struct field fields[FIELDS] = {
	{ "second", 0, 59, "" },
	{ "minute", 0, 59, "" },
	{ "hour", 0, 23, "" },
	{ "day of the month", 1, 31, "" },
	{ "month", 1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC" },
	{ "day of the week", 0, 7, "SUNMONTUEWEDTHUFRISAT" },
};

/* What a field says besides its set. */
struct said {
	uint64_t set;
	bool star;   /* it begins with `*` */
	bool repeat; /* a wildcard or a step is in it */
	bool last;   /* L is in it */
};

struct reader {
	const char *at;
	const char *end;
};

static cairn_status refuse(cairn_error *err, const char *what)
{
	cairn_fail(err, CAIRN_E_SCHEDULE_CRON);
	cairn_error_message(err, "The cron expression is malformed: %s.", what);
	return CAIRN_INVALID;
}

static cairn_status refuse_field(cairn_error *err, const struct field *field)
{
	cairn_fail(err, CAIRN_E_SCHEDULE_CRON);
	cairn_error_message(err, "The cron expression is malformed: the %s.", field->name);
	return CAIRN_INVALID;
}

static bool take(struct reader *in, char c)
{
	if (in->at == in->end || *in->at != c)
		return false;
	in->at++;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* At most three digits: no field has more. */
static bool take_number(struct reader *in, int *number)
{
	const char *start = in->at;
	int value = 0;
	while (in->at < in->end && is_digit(*in->at) && in->at - start < 4)
		value = value * 10 + (*in->at++ - '0');
	*number = value;
	return in->at > start && in->at - start < 4;
}

static bool take_name(struct reader *in, const struct field *field, int *value)
{
	if (in->end - in->at < 3)
		return false;
	for (int i = 0; field->names[(size_t)i * 3] != '\0'; i++) {
		const char *name = field->names + (size_t)i * 3;
		if (upper(in->at[0]) != name[0] || upper(in->at[1]) != name[1] ||
		    upper(in->at[2]) != name[2])
			continue;
		in->at += 3;
		*value = field->min + i;
		return true;
	}
	return false;
}

static bool take_value(struct reader *in, const struct field *field, int *value)
{
	if (in->at < in->end && is_digit(*in->at))
		return take_number(in, value) && *value >= field->min && *value <= field->max;
	return take_name(in, field, value);
}

/* One element of a list; the star of the first one is the caller's business. */
static bool take_element(struct reader *in, const struct field *field, struct said *said)
{
	int low = field->min;
	/* 7 is Sunday again, and not a day of its own for a wildcard */
	int high = field->max - (field == &fields[WEEKDAY]);
	int step = 1;
	bool one = false;
	if (field == &fields[MONTH_DAY] && (take(in, 'L') || take(in, 'l'))) {
		said->last = true;
		return true;
	}
	if (take(in, '*')) {
		said->repeat = true;
	} else {
		if (!take_value(in, field, &low))
			return false;
		one = !take(in, '-');
		if (!one && !take_value(in, field, &high))
			return false;
		/* to Sunday, as the last day of a week */
		if (!one && field == &fields[WEEKDAY] && high == 0 && low > 0)
			high = 7;
	}
	if (take(in, '/')) {
		said->repeat = true;
		one = false;
		if (!take_number(in, &step) || step < 1 || step > field->max - field->min + 1)
			return false;
	}
	if (one)
		high = low;
	if (low > high)
		return false;
	for (int i = low; i <= high; i += step)
		said->set |= UINT64_C(1) << i;
	return true;
}

static bool read_field(struct reader in, const struct field *field, struct said *said)
{
	*said = (struct said){ .star = in.at < in.end && *in.at == '*' };
	do {
		if (!take_element(&in, field, said))
			return false;
	} while (take(&in, ','));
	return in.at == in.end;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Splits at blanks; answers how many there are, or more than FIELDS. */
static size_t split(cairn_str text, struct reader words[FIELDS])
{
	const char *at = text.ptr;
	const char *end = text.ptr + text.len;
	size_t n = 0;
	while (at < end) {
		const char *start = at;
		while (at < end && !is_blank(*at))
			at++;
		if (n < FIELDS)
			words[n] = (struct reader){ start, at };
		n++;
		while (at < end && is_blank(*at))
			at++;
	}
	return n;
}

static const struct {
	const char *name;
	const char *meaning;
} macros[] = {
	{ "@yearly", "0 0 1 1 *" }, { "@annually", "0 0 1 1 *" }, { "@monthly", "0 0 1 * *" },
	{ "@weekly", "0 0 * * 0" }, { "@daily", "0 0 * * *" },	  { "@midnight", "0 0 * * *" },
	{ "@hourly", "0 * * * *" },
};

static cairn_str expand(cairn_str text)
{
	for (size_t i = 0; i < sizeof macros / sizeof macros[0]; i++) {
		if (cairn_str_is(text, macros[i].name))
			return cairn_str_of(macros[i].meaning);
	}
	return text;
}

/* Whether some month has one of the days. */
static bool possible(const struct cairn__cron *cron)
{
	if (cron->either || cron->last_day)
		return true;
	for (int month = 1; month <= 12; month++) {
		/* of a leap year */
		int days = cairn__month_days(2000, month);
		uint32_t all = (uint32_t)((UINT64_C(2) << days) - 2);
		if ((cron->months >> month & 1) != 0 && (cron->days & all) != 0)
			return true;
	}
	return false;
}

static void assemble(const struct said *said, struct cairn__cron *cron)
{
	cron->seconds = said[SECOND].set;
	cron->minutes = said[MINUTE].set;
	cron->hours = (uint32_t)said[HOUR].set;
	cron->days = (uint32_t)said[MONTH_DAY].set;
	cron->months = (uint32_t)said[MONTH].set;
	cron->weekdays = (uint32_t)((said[WEEKDAY].set | said[WEEKDAY].set >> 7) & 0x7f);
	cron->last_day = said[MONTH_DAY].last;
	cron->either = !said[MONTH_DAY].star && !said[WEEKDAY].star;
	cron->fills = !said[HOUR].repeat;
	cron->flows = said[HOUR].repeat || said[MINUTE].repeat || said[SECOND].repeat;
}

cairn_status cairn__cron_parse(cairn_str text, struct cairn__cron *cron, cairn_error *err)
{
	struct reader words[FIELDS];
	struct said said[FIELDS] = { { .set = 1 } };
	if (text.len == 0 || text.len > CAIRN__MAX_NAME)
		return refuse(err, "1 to 255 characters are needed");
	if (is_blank(text.ptr[0]) || is_blank(text.ptr[text.len - 1]))
		return refuse(err, "white space around it");
	text = expand(text);
	size_t n = split(text, words);
	if (n != FIELDS && n != FIELDS - 1)
		return refuse(err, "it needs five or six fields, or a macro");
	for (size_t i = FIELDS - n; i < FIELDS; i++) {
		if (!read_field(words[i - (FIELDS - n)], &fields[i], &said[i]))
			return refuse_field(err, &fields[i]);
	}
	assemble(said, cron);
	if (possible(cron))
		return CAIRN_OK;
	cairn_fail(err, CAIRN_E_SCHEDULE_CRON);
	cairn_error_message(err, "The cron expression can never come true: no month has that day.");
	return CAIRN_INVALID;
}

/* ---- the next wall time ------------------------------------------------- */

/* The first bit that is set from `from` on, or -1. */
static int next_bit(uint64_t set, int from)
{
	if (from > 63)
		return -1;
	set &= UINT64_MAX << from;
	if (set == 0)
		return -1;
	int bit = 0;
	for (; (set & 1) == 0; set >>= 1)
		bit++;
	return bit;
}

static bool fits_day(const struct cairn__cron *cron, struct cairn__civil date, int64_t day)
{
	/* 1970-01-01 was a Thursday */
	int64_t weekday = day + 4 - 7 * cairn__floor_div(day + 4, 7);
	bool in_week = (cron->weekdays >> weekday & 1) != 0;
	bool in_month = (cron->days >> date.day & 1) != 0 ||
			(cron->last_day && date.day == cairn__month_days(date.year, date.month));
	return cron->either ? in_week || in_month : in_week && in_month;
}

/* The first second of the day from `from` on that fits, or -1. */
static int64_t within_day(const struct cairn__cron *cron, int64_t from)
{
	int hour = (int)(from / 3600);
	int minute = (int)(from / 60 % 60);
	int second = next_bit(cron->seconds, (int)(from % 60));
	if (second < 0)
		minute++;
	bool same_minute = second >= 0;
	int got = next_bit(cron->minutes, minute);
	if (got < 0)
		hour++;
	same_minute = same_minute && got == minute;
	bool same_hour = got >= 0;
	int got_hour = next_bit(cron->hours, hour);
	if (got_hour < 0)
		return -1;
	same_hour = same_hour && got_hour == hour;
	if (!same_hour)
		got = next_bit(cron->minutes, 0);
	if (!same_hour || !same_minute)
		second = next_bit(cron->seconds, 0);
	return (int64_t)got_hour * 3600 + (int64_t)got * 60 + second;
}

/* The first wall time from `from` on, before `end`; seconds since 1970 on the wall. */
static bool next_wall(const struct cairn__cron *cron, int64_t from, int64_t end, int64_t *wall)
{
	int64_t day = cairn__floor_div(from, DAY);
	int64_t rest = from - day * DAY;
	while (day * DAY < end) {
		struct cairn__civil date = cairn__date_of(day);
		if ((cron->months >> date.month & 1) == 0) {
			day += cairn__month_days(date.year, date.month) - date.day + 1;
			rest = 0;
			continue;
		}
		int64_t second = fits_day(cron, date, day) ? within_day(cron, rest) : -1;
		if (second >= 0) {
			*wall = day * DAY + second;
			return *wall < end;
		}
		day++;
		rest = 0;
	}
	return false;
}

/* ---- in a zone ---------------------------------------------------------- */

static int64_t max(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t min(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The first time from `from` on, which lies in the stretch. */
static bool next_in(const struct cairn__cron *cron, const struct cairn__stretch *in, int64_t from,
		    int64_t *next)
{
	int64_t wall;
	int64_t first = from + in->offset;
	/* behind the end of time, with the widest offset there is */
	int64_t limit = CAIRN__MAX_TIME / CAIRN_SECOND + 1;
	bool enters = from == in->begin;
	if (enters && cron->fills && in->offset > in->before &&
	    next_wall(cron, in->begin + in->before, in->begin + in->offset, &wall)) {
		*next = in->begin;
		return true;
	}
	/* the wall times until `begin + before` were there already */
	if (!cron->flows && in->begin != INT64_MIN && in->offset < in->before)
		first = max(first, in->begin + in->before);
	if (!next_wall(cron, first, min(in->end, limit) + in->offset, &wall))
		return false;
	*next = wall - in->offset;
	return true;
}

bool cairn__cron_next(const struct cairn__cron *cron, const struct cairn__zone *zone, int64_t after,
		      int64_t *next)
{
	int64_t from = after + 1;
	int64_t limit = CAIRN__MAX_TIME / CAIRN_SECOND;
	while (from <= limit) {
		struct cairn__stretch in = cairn__zone_stretch(zone, from);
		if (next_in(cron, &in, from, next))
			return true;
		from = in.end;
	}
	return false;
}
