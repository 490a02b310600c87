/*
 * time.c - times as text: RFC 3339, in the proleptic Gregorian calendar, without the C
 * library's time zones and locales.
 */
#include <stdbool.h>
#include <string.h>

#include <cairn/types.h>

#include "civil.h"
#include "limits.h"

#define SECONDS_PER_DAY	  86400
#define MICROS_PER_SECOND CAIRN_SECOND

/* ---- writing -------------------------------------------------------------- */

/* The number with leading zeros and the character behind it; answers where the next begins. */
static char *put(char *at, int64_t value, int width, char behind)
{
	for (int i = width - 1; i >= 0; i--) {
		at[i] = (char)('0' + value % 10);
		value /= 10;
	}
	at[width] = behind;
	return at + width + 1;
}

void cairn_time_format(cairn_time when, char text[CAIRN_TIME_TEXT])
{
	/* Nothing that could be read back as a time. */
	static const char outside[] = "(outside years 1 to 9999)";
	if (when < CAIRN__MIN_TIME || when > CAIRN__MAX_TIME) {
		memcpy(text, outside, sizeof outside);
		return;
	}
	int64_t seconds = cairn__floor_div(when, MICROS_PER_SECOND);
	int64_t days = cairn__floor_div(seconds, SECONDS_PER_DAY);
	int64_t second = seconds - days * SECONDS_PER_DAY;
	struct cairn__civil date = cairn__date_of(days);
	char *at = put(text, date.year, 4, '-');
	at = put(at, date.month, 2, '-');
	at = put(at, date.day, 2, 'T');
	at = put(at, second / 3600, 2, ':');
	at = put(at, second / 60 % 60, 2, ':');
	at = put(at, second % 60, 2, '.');
	at = put(at, when - seconds * MICROS_PER_SECOND, 6, 'Z');
	*at = 0;
}

/* ---- reading -------------------------------------------------------------- */

struct reader {
	const char *at;
	const char *end;
};

static bool is_digit(const struct reader *in)
{
	return in->at < in->end && *in->at >= '0' && *in->at <= '9';
}

/* Exactly width digits. */
static bool take_number(struct reader *in, int width, int64_t *value)
{
	*value = 0;
	for (int i = 0; i < width; i++) {
		if (!is_digit(in))
			return false;
		*value = *value * 10 + (*in->at++ - '0');
	}
	return true;
}

/* One of the characters. */
static bool take(struct reader *in, const char *characters)
{
	if (in->at == in->end || *in->at == 0 || strchr(characters, *in->at) == NULL)
		return false;
	in->at++;
	return true;
}

/* Nothing, or a point and digits; from the seventh on they are cut off. */
static bool take_fraction(struct reader *in, int64_t *micros)
{
	*micros = 0;
	if (!take(in, "."))
		return true;
	if (!is_digit(in))
		return false;
	for (int64_t unit = 100000; is_digit(in); unit /= 10)
		*micros += unit * (*in->at++ - '0');
	return true;
}

/* Z, or hours and minutes east of UTC. */
static bool take_offset(struct reader *in, int64_t *seconds)
{
	*seconds = 0;
	if (take(in, "Zz"))
		return true;
	bool west = in->at < in->end && *in->at == '-';
	int64_t hour;
	int64_t minute;
	if (!take(in, "+-") || !take_number(in, 2, &hour) || !take(in, ":") ||
	    !take_number(in, 2, &minute) || hour > 23 || minute > 59)
		return false;
	*seconds = (hour * 60 + minute) * (west ? -60 : 60);
	return true;
}

int cairn_time_parse(cairn_str text, cairn_time *when)
{
	if (text.ptr == NULL)
		return -1;
	struct reader in = { text.ptr, text.ptr + text.len };
	struct cairn__civil date;
	int64_t hour;
	int64_t minute;
	int64_t second;
	int64_t micros;
	int64_t offset;
	if (!take_number(&in, 4, &date.year) || !take(&in, "-") ||
	    !take_number(&in, 2, &date.month) || !take(&in, "-") ||
	    !take_number(&in, 2, &date.day) || !take(&in, "Tt ") || !cairn__is_date(date))
		return -1;
	if (!take_number(&in, 2, &hour) || !take(&in, ":") || !take_number(&in, 2, &minute) ||
	    !take(&in, ":") || !take_number(&in, 2, &second) || hour > 23 || minute > 59)
		return -1;
	if (!take_fraction(&in, &micros) || !take_offset(&in, &offset) || in.at != in.end)
		return -1;
	int64_t seconds =
		cairn__days_of(date) * SECONDS_PER_DAY + hour * 3600 + minute * 60 - offset;
	/* A leap second stands at the end of a UTC day and is the next day's first moment. */
	if (second > 60 || (second == 60 && (seconds + 60) % SECONDS_PER_DAY != 0))
		return -1;
	cairn_time value = (seconds + second) * MICROS_PER_SECOND + micros;
	if (value < CAIRN__MIN_TIME || value > CAIRN__MAX_TIME)
		return -1;
	*when = value;
	return 0;
}
