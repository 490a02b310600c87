/*
 * tz.c - reads the IANA database's files: a header, transition times with the kind of time
 * each begins, and a footer in the manner of POSIX's TZ that says how it goes on behind the last
 * one. Everything stays as it was read; a question is a binary search, or some arithmetic
 * with the footer's two dates a year.
 */
#include "tz.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cairn/sys/host.h>

#include "civil.h"
#include "limits.h"
#include "text.h"

#define FOLDER	    "/usr/share/zoneinfo"
#define HEADER_SIZE 44
#define DAY	    86400

static cairn_status refuse(cairn_error *err, const char *what)
{
	cairn_fail(err, CAIRN_E_SCHEDULE_ZONE);
	cairn_error_detail(err, "%s", what);
	return CAIRN_INVALID;
}

/* ---- the file ------------------------------------------------------------- */

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || c == '+';
}

/* Components of letters, digits and -_+ with single slashes between: no dots, so no way out. */
static bool is_name(cairn_str name)
{
	if (name.len == 0 || name.len > CAIRN__MAX_NAME)
		return false;
	bool inside = false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		if (c == '/' ? !inside : !is_name_char(c))
			return false;
		inside = c != '/';
	}
	return inside;
}

static void path_of(cairn_text *path, cairn_str name)
{
	const char *folder = getenv("TZDIR");
	cairn_text_add_z(path, folder != NULL && *folder != '\0' ? folder : FOLDER);
	cairn_text_add(path, "/", 1);
	cairn_text_add(path, name.ptr, name.len);
}

/* All of an open file, which must be an ordinary one of a likely size. */
static cairn_status read_all(int fd, cairn_text *into, cairn_error *err)
{
	struct stat is;
	if (fstat(fd, &is) != 0 || !S_ISREG(is.st_mode) || is.st_size > CAIRN__MAX_ZONE_FILE)
		return refuse(err, "it is no file of a time zone");
	size_t size = (size_t)is.st_size;
	if (!cairn__text_reserve(into, size))
		return cairn_fail(err, CAIRN_E_NOMEM);
	while (into->len < size) {
		ssize_t got = read(fd, into->ptr + into->len, size - into->len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return refuse(err, "the file can't be read");
		into->len += (size_t)got;
	}
	return CAIRN_OK;
}

static cairn_status read_file(cairn_str name, cairn_text *into, cairn_error *err)
{
	if (!is_name(name))
		return refuse(err, "it is no name of a time zone");
	cairn_text path = { .alloc = into->alloc, .alloc_user = into->alloc_user };
	path_of(&path, name);
	if (path.failed) {
		cairn_text_clear(&path);
		return cairn_fail(err, CAIRN_E_NOMEM);
	}
	int fd = open(path.ptr, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	cairn_text_clear(&path);
	if (fd < 0)
		return refuse(err, "there is no such file in $TZDIR or " FOLDER);
	cairn_status st = read_all(fd, into, err);
	close(fd);
	return st;
}

/* ---- numbers ---------------------------------------------------------------- */

static uint32_t word(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int32_t signed_word(const unsigned char *at)
{
	uint32_t value = word(at);
	return value <= INT32_MAX ? (int32_t)value : -1 - (int32_t)(UINT32_MAX - value);
}

static int64_t time_at(const struct cairn__zone *zone, size_t i)
{
	const unsigned char *at = zone->times + 8 * i;
	uint64_t value = (uint64_t)word(at) << 32 | word(at + 4);
	return value <= INT64_MAX ? (int64_t)value : -1 - (int64_t)(UINT64_MAX - value);
}

static int32_t info_offset(const struct cairn__zone *zone, size_t info)
{
	return signed_word(zone->infos + 6 * info);
}

/* The offset behind transition i; -1: before all of them. */
static int32_t offset_behind(const struct cairn__zone *zone, int64_t i)
{
	if (zone->info_count == 0)
		return zone->standard;
	return info_offset(zone, i < 0 ? 0 : zone->kinds[i]);
}

/* ---- the footer --------------------------------------------------------------- */

struct reader {
	const char *at;
	const char *end;
};

static bool take(struct reader *in, char c)
{
	if (in->at == in->end || *in->at != c)
		return false;
	in->at++;
	return true;
}

static bool take_number(struct reader *in, int32_t most, int32_t *number)
{
	const char *start = in->at;
	int32_t value = 0;
	for (; in->at < in->end && *in->at >= '0' && *in->at <= '9'; in->at++) {
		value = value * 10 + (*in->at - '0');
		if (value > most)
			return false;
	}
	*number = value;
	return in->at > start;
}

/* [+-]hh[:mm[:ss]] */
static bool take_clock(struct reader *in, int32_t *seconds)
{
	int32_t hours = 0;
	int32_t minutes = 0;
	int32_t rest = 0;
	bool minus = take(in, '-');
	if (!minus)
		take(in, '+');
	if (!take_number(in, 167, &hours))
		return false;
	if (take(in, ':') && !take_number(in, 59, &minutes))
		return false;
	if (take(in, ':') && !take_number(in, 59, &rest))
		return false;
	*seconds = (hours * 60 + minutes) * 60 + rest;
	if (minus)
		*seconds = -*seconds;
	return true;
}

static bool take_abbreviation(struct reader *in)
{
	const char *start = in->at;
	bool quoted = take(in, '<');
	while (in->at < in->end &&
	       (quoted ? *in->at != '>'
		       : is_name_char(*in->at) && (*in->at < '0' || *in->at > '9') &&
				 *in->at != '-' && *in->at != '+'))
		in->at++;
	return in->at > start && (!quoted || take(in, '>'));
}

static bool take_change(struct reader *in, struct cairn__tz_change *change)
{
	change->time = 2 * 3600;
	change->form = 'N';
	if (take(in, 'M')) {
		change->form = 'M';
		if (!take_number(in, 12, &change->month) || change->month == 0 || !take(in, '.') ||
		    !take_number(in, 5, &change->week) || change->week == 0 || !take(in, '.') ||
		    !take_number(in, 6, &change->day))
			return false;
	} else {
		if (take(in, 'J'))
			change->form = 'J';
		if (!take_number(in, 365, &change->day))
			return false;
	}
	return !take(in, '/') || take_clock(in, &change->time);
}

/* std offset [dst [offset] , start , end]; offsets count westward. */
static bool read_rule(struct cairn__zone *zone, struct reader in)
{
	if (!take_abbreviation(&in) || !take_clock(&in, &zone->standard))
		return false;
	zone->standard = -zone->standard;
	zone->has_rule = true;
	if (in.at == in.end)
		return true;
	zone->has_dst = true;
	if (!take_abbreviation(&in))
		return false;
	zone->summer = zone->standard + 3600;
	if (in.at < in.end && *in.at != ',') {
		if (!take_clock(&in, &zone->summer))
			return false;
		zone->summer = -zone->summer;
	}
	return take(&in, ',') && take_change(&in, &zone->to_summer) && take(&in, ',') &&
	       take_change(&in, &zone->to_standard) && in.at == in.end;
}

/* ---- the parts of a file ------------------------------------------------------- */

/* The six counts of a header, in the file's order. */
enum { UT_COUNT, STD_COUNT, LEAP_COUNT, TIME_COUNT, TYPE_COUNT, CHAR_COUNT, COUNTS };

static bool read_header(const unsigned char *at, size_t size, size_t counts[COUNTS])
{
	if (size < HEADER_SIZE || memcmp(at, "TZif", 4) != 0 || at[4] < '2')
		return false;
	for (size_t i = 0; i < COUNTS; i++) {
		counts[i] = word(at + 20 + 4 * i);
		if (counts[i] > CAIRN__MAX_ZONE_FILE)
			return false;
	}
	return true;
}

static size_t body_size(const size_t counts[COUNTS], size_t time_size)
{
	return counts[TIME_COUNT] * (time_size + 1) + counts[TYPE_COUNT] * 6 + counts[CHAR_COUNT] +
	       counts[LEAP_COUNT] * (time_size + 4) + counts[STD_COUNT] + counts[UT_COUNT];
}

static bool is_sound(const struct cairn__zone *zone)
{
	for (size_t i = 0; i < zone->count; i++) {
		if (zone->kinds[i] >= zone->info_count ||
		    (i > 0 && time_at(zone, i) <= time_at(zone, i - 1)))
			return false;
	}
	for (size_t i = 0; i < zone->info_count; i++) {
		int32_t offset = info_offset(zone, i);
		if (offset <= -2 * DAY || offset >= 2 * DAY)
			return false;
	}
	return zone->info_count > 0;
}

static bool read_footer(struct cairn__zone *zone, const unsigned char *at, size_t size)
{
	if (size < 2 || at[0] != '\n')
		return false;
	const unsigned char *end = memchr(at + 1, '\n', size - 1);
	if (end == NULL)
		return false;
	struct reader in = { (const char *)at + 1, (const char *)end };
	/* without a rule the last kind of time stays for ever */
	return in.at == in.end || read_rule(zone, in);
}

/* The first body has 32-bit times, for readers of old; the second one counts. */
static bool read_parts(struct cairn__zone *zone)
{
	const unsigned char *at = (const unsigned char *)zone->file.ptr;
	size_t size = zone->file.len;
	size_t counts[COUNTS];
	if (!read_header(at, size, counts) || body_size(counts, 4) > size - HEADER_SIZE)
		return false;
	size_t skip = HEADER_SIZE + body_size(counts, 4);
	at += skip;
	size -= skip;
	if (!read_header(at, size, counts) || body_size(counts, 8) > size - HEADER_SIZE)
		return false;
	/* times that count leap seconds are not those of this library */
	if (counts[LEAP_COUNT] > 0)
		return false;
	zone->count = counts[TIME_COUNT];
	zone->info_count = counts[TYPE_COUNT];
	zone->times = at + HEADER_SIZE;
	zone->kinds = zone->times + 8 * zone->count;
	zone->infos = zone->kinds + zone->count;
	skip = HEADER_SIZE + body_size(counts, 8);
	return is_sound(zone) && read_footer(zone, at + skip, size - skip);
}

cairn_status cairn__zone_open(struct cairn__zone *zone, cairn_str name, cairn_error *err)
{
	cairn_text file = { .alloc = zone->file.alloc, .alloc_user = zone->file.alloc_user };
	memset(zone, 0, sizeof *zone);
	zone->file = file;
	if (cairn_str_is(name, "UTC")) {
		zone->has_rule = true;
		return CAIRN_OK;
	}
	cairn_status st = read_file(name, &zone->file, err);
	if (st == CAIRN_OK && !read_parts(zone))
		st = refuse(err, "it is no file of a time zone");
	if (st != CAIRN_OK)
		cairn__zone_close(zone);
	return st;
}

void cairn__zone_close(struct cairn__zone *zone)
{
	cairn_text_clear(&zone->file);
}

/* ---- questions ----------------------------------------------------------------- */

/* The day since 1970 of a rule's date. */
static int64_t day_of(const struct cairn__tz_change *change, int64_t year)
{
	int64_t first = cairn__days_of((struct cairn__civil){ year, 1, 1 });
	if (change->form == 'N')
		return first + change->day;
	if (change->form == 'J')
		return first + change->day - 1 + (cairn__is_leap(year) && change->day > 59);
	first = cairn__days_of((struct cairn__civil){ year, change->month, 1 });
	int64_t weekday = first + 4 - 7 * cairn__floor_div(first + 4, 7);
	int64_t day = (change->day - weekday + 7) % 7 + 7 * (int64_t)(change->week - 1);
	if (day >= cairn__month_days(year, change->month))
		day -= 7;
	return first + day;
}

struct rule_change {
	int64_t at;
	int32_t offset; /* from there on */
};

/* The changes of the years around, in order; those at one instant are one. */
#define AROUND 6
static size_t changes_around(const struct cairn__zone *zone, int64_t when,
			     struct rule_change list[AROUND])
{
	int64_t year = cairn__date_of(cairn__floor_div(when, DAY)).year;
	size_t n = 0;
	for (int64_t y = year - 1; y <= year + 1; y++) {
		struct rule_change both[2] = {
			{ day_of(&zone->to_summer, y) * DAY + zone->to_summer.time - zone->standard,
			  zone->summer },
			{ day_of(&zone->to_standard, y) * DAY + zone->to_standard.time -
				  zone->summer,
			  zone->standard },
		};
		size_t first = both[0].at <= both[1].at ? 0 : 1;
		for (size_t k = 0; k < 2; k++) {
			struct rule_change next = both[k == 0 ? first : 1 - first];
			/* summer for ever ends where it begins again */
			if (n > 0 && list[n - 1].at >= next.at)
				list[n - 1].offset = next.offset;
			else
				list[n++] = next;
		}
	}
	return n;
}

/* By the footer; `from` is where its time begins. */
static struct cairn__stretch by_rule(const struct cairn__zone *zone, int64_t when, int64_t from,
				     int32_t before)
{
	struct cairn__stretch in = { from, INT64_MAX, zone->standard, before };
	if (!zone->has_dst)
		return in;
	struct rule_change list[AROUND];
	size_t n = changes_around(zone, when, list);
	for (size_t i = 0; i < n; i++) {
		if (list[i].at > when) {
			in.end = list[i].at;
			return in;
		}
		if (list[i].at > from) {
			in.begin = list[i].at;
			in.before = i > 0 ? list[i - 1].offset : list[i].offset;
		}
		in.offset = list[i].offset;
	}
	return in;
}

struct cairn__stretch cairn__zone_stretch(const struct cairn__zone *zone, int64_t when)
{
	/* the number of transitions that are not behind `when` */
	size_t low = 0;
	size_t high = zone->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (time_at(zone, middle) <= when)
			low = middle + 1;
		else
			high = middle;
	}
	int64_t last = (int64_t)low - 1;
	int64_t begin = low > 0 ? time_at(zone, low - 1) : INT64_MIN;
	int32_t before = offset_behind(zone, last > 0 ? last - 1 : -1);
	if (low == zone->count && zone->has_rule)
		return by_rule(zone, when, begin, before);
	return (struct cairn__stretch){ begin, low < zone->count ? time_at(zone, low) : INT64_MAX,
					offset_behind(zone, last), before };
}
