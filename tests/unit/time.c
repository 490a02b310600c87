/* Times as text: golden ones, every day of ten thousand years, and what is no time. */
#include <stdbool.h>
#include <time.h>

#include <cairn/types.h>

#include "../../core/limits.h"
#include "../tap.h"

static void both_ways(cairn_time when, const char *text)
{
	char formatted[CAIRN_TIME_TEXT];
	cairn_time parsed = 1;
	cairn_time_format(when, formatted);
	is_text(formatted, text, text);
	is_int(cairn_time_parse(cairn_str_of(text), &parsed), 0, "is read");
	is_int(parsed, when, "as the same time");
}

static void golden(void)
{
	both_ways(0, "1970-01-01T00:00:00.000000Z");
	both_ways(1, "1970-01-01T00:00:00.000001Z");
	both_ways(-1, "1969-12-31T23:59:59.999999Z");
	both_ways(-CAIRN_SECOND, "1969-12-31T23:59:59.000000Z");
	both_ways(-CAIRN_DAY - 1, "1969-12-30T23:59:59.999999Z");
	both_ways(1779445845123456, "2026-05-22T10:30:45.123456Z");
	both_ways(951782400000000, "2000-02-29T00:00:00.000000Z");
	both_ways(4107542399999999, "2100-02-28T23:59:59.999999Z");
	both_ways(4107542400000000, "2100-03-01T00:00:00.000000Z");
	both_ways(2147483648000000, "2038-01-19T03:14:08.000000Z");
	both_ways(CAIRN__MIN_TIME, "0001-01-01T00:00:00.000000Z");
	both_ways(CAIRN__MAX_TIME, "9999-12-31T23:59:59.999999Z");
}

static void outside(void)
{
	static const cairn_time times[] = { CAIRN__MIN_TIME - 1, CAIRN__MAX_TIME + 1, INT64_MIN,
					    INT64_MAX };
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		char text[CAIRN_TIME_TEXT];
		cairn_time parsed;
		memset(text, 'x', sizeof text);
		cairn_time_format(times[i], text);
		ok(memchr(text, 0, sizeof text) != NULL &&
			   cairn_time_parse(cairn_str_of(text), &parsed) == -1,
		   "what is outside the years is no time: %s", text);
	}
}

/* Against the C library, at a different second of each day. */
static void every_day(void)
{
	int wrong = 0;
	int days = 0;
	int64_t first = CAIRN__MIN_TIME / CAIRN_SECOND;
	int64_t last = CAIRN__MAX_TIME / CAIRN_SECOND;
	for (int64_t second = first; second <= last; second += 86400 + 37, days++) {
		char want[64];
		char got[CAIRN_TIME_TEXT];
		struct tm tm;
		cairn_time parsed;
		time_t when = (time_t)second;
		gmtime_r(&when, &tm);
		snprintf(want, sizeof want, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ",
			 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
			 tm.tm_sec, days % 1000000);
		cairn_time exact = second * CAIRN_SECOND + days % 1000000;
		cairn_time_format(exact, got);
		wrong += strcmp(got, want) != 0;
		wrong += cairn_time_parse(cairn_str_of(want), &parsed) != 0 || parsed != exact;
	}
	is_int(wrong, 0, "the C library agrees");
	ok(days > 3600000, "on %d days of the years 1 to 9999", days);
}

static void reads(const char *text, const char *want)
{
	char got[CAIRN_TIME_TEXT] = "refused";
	cairn_time parsed;
	if (cairn_time_parse(cairn_str_of(text), &parsed) == 0)
		cairn_time_format(parsed, got);
	is_text(got, want, text);
}

static void spellings(void)
{
	reads("2026-05-22T10:30:45Z", "2026-05-22T10:30:45.000000Z");
	reads("2026-05-22t10:30:45z", "2026-05-22T10:30:45.000000Z");
	reads("2026-05-22 10:30:45Z", "2026-05-22T10:30:45.000000Z");
	reads("2026-05-22T10:30:45.5Z", "2026-05-22T10:30:45.500000Z");
	reads("2026-05-22T10:30:45.123456789Z", "2026-05-22T10:30:45.123456Z");
	reads("2026-05-22T10:30:45.9999999999999999999999Z", "2026-05-22T10:30:45.999999Z");
	reads("1969-12-31T23:59:59.9999999Z", "1969-12-31T23:59:59.999999Z");
	reads("2026-05-22T10:30:45+00:00", "2026-05-22T10:30:45.000000Z");
	reads("2026-05-22T10:30:45-00:00", "2026-05-22T10:30:45.000000Z");
	reads("2026-05-22T10:30:45+02:00", "2026-05-22T08:30:45.000000Z");
	reads("2026-05-22T10:30:45.25-03:30", "2026-05-22T14:00:45.250000Z");
	reads("2026-01-01T00:00:00+00:01", "2025-12-31T23:59:00.000000Z");
	reads("2026-12-31T23:59:59-23:59", "2027-01-01T23:58:59.000000Z");
	reads("0000-12-31T23:00:00-01:00", "0001-01-01T00:00:00.000000Z");
	reads("0000-02-29T00:00:00Z", "refused");
	reads("0001-01-01T00:00:00+00:01", "refused");
	reads("9999-12-31T23:59:59.999999+00:00", "9999-12-31T23:59:59.999999Z");
	reads("9999-12-31T23:59:59-00:01", "refused");
	reads("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z");
	reads("1990-12-31T15:59:60.5-08:00", "1991-01-01T00:00:00.500000Z");
	reads("1968-12-31T23:59:60Z", "1969-01-01T00:00:00.000000Z");
	reads("9999-12-31T23:59:60Z", "refused");
}

static void no_times(void)
{
	static const char *const texts[] = {
		"",
		"2026",
		"2026-05-22",
		"2026-05-22T10:30Z",
		"2026-05-22T10:30:45",
		"2026-05-22T10:30:45.Z",
		"2026-05-22T10:30:45,5Z",
		"2026-05-22T10:30:45.5",
		"2026-05-22T10:30:45ZZ",
		"2026-05-22T10:30:45Z ",
		" 2026-05-22T10:30:45Z",
		"2026-5-22T10:30:45Z",
		"26-05-22T10:30:45Z",
		"12026-05-22T10:30:45Z",
		"-026-05-22T10:30:45Z",
		"2026/05/22T10:30:45Z",
		"2026-05-22X10:30:45Z",
		"2026-00-22T10:30:45Z",
		"2026-13-22T10:30:45Z",
		"2026-05-00T10:30:45Z",
		"2026-05-32T10:30:45Z",
		"2026-04-31T10:30:45Z",
		"2026-02-29T10:30:45Z",
		"2100-02-29T10:30:45Z",
		"2026-05-22T24:00:00Z",
		"2026-05-22T10:60:45Z",
		"2026-05-22T10:30:60Z",
		"2026-05-22T23:59:61Z",
		"2026-05-22T23:59:60+01:00",
		"2026-05-22T10:30:45+2:00",
		"2026-05-22T10:30:45+0200",
		"2026-05-22T10:30:45+02",
		"2026-05-22T10:30:45+24:00",
		"2026-05-22T10:30:45+02:60",
		"2026-05-22T10:30:45 02:00",
		"0000-01-01T00:00:00Z",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		reads(texts[i], "refused");
	cairn_time parsed = 42;
	ok(cairn_time_parse((cairn_str){ NULL, 0 }, &parsed) == -1 && parsed == 42,
	   "a refusal leaves the time alone");
	ok(cairn_time_parse((cairn_str){ "2026-05-22\0"
					 "10:30:45Z",
					 20 },
			    &parsed) == -1,
	   "NUL");
	ok(cairn_time_parse((cairn_str){ "2026-05-22T10:30:45Z5", 20 }, &parsed) == 0,
	   "the length counts, not a terminator");
}

int main(void)
{
	golden();
	outside();
	every_day();
	spellings();
	no_times();
	return tap_done();
}
