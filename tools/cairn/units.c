/* units.c - durations, times and numbers as people write and read them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"

static const struct unit {
	const char *name;
	cairn_usec span;
} units[] = {
	{ "us", 1 },	       { "ms", CAIRN_MILLISECOND }, { "s", CAIRN_SECOND },
	{ "m", CAIRN_MINUTE }, { "h", CAIRN_HOUR },	    { "d", CAIRN_DAY },
};

#define UNITS (sizeof units / sizeof units[0])

static const struct unit *find_unit(const char *name, size_t len)
{
	for (size_t i = 0; i < UNITS; i++) {
		if (strlen(units[i].name) == len && memcmp(units[i].name, name, len) == 0)
			return &units[i];
	}
	return NULL;
}

/* Digits with a unit, once or more: "1h30m". A bare 0 needs no unit. */
int span_parse(const char *text, cairn_usec *span)
{
	static const char digits[] = "0123456789";
	*span = 0;
	if (strcmp(text, "0") == 0)
		return 0;
	if (*text == '\0')
		return -1;
	while (*text != '\0') {
		size_t len = strspn(text, digits);
		if (len == 0 || len > 15)
			return -1;
		cairn_usec n = strtoll(text, NULL, 10);
		text += len;
		size_t name = strcspn(text, digits);
		const struct unit *unit = find_unit(text, name);
		if (unit == NULL || n > INT64_MAX / 16 / unit->span)
			return -1;
		*span += n * unit->span;
		if (*span > INT64_MAX / 16)
			return -1;
		text += name;
	}
	return 0;
}

const char *span_text(cairn_usec span, char text[SPAN_TEXT])
{
	const char *sign = span < 0 ? "-" : "";
	long long n = span < 0 ? -span : span;
	if (n < 1000)
		snprintf(text, SPAN_TEXT, "%s%lldus", sign, n);
	else if (n < CAIRN_SECOND)
		snprintf(text, SPAN_TEXT, "%s%lldms", sign, n / 1000);
	else if (n < CAIRN_MINUTE && n % CAIRN_SECOND >= 100 * CAIRN_MILLISECOND)
		snprintf(text, SPAN_TEXT, "%s%lld.%llds", sign, n / CAIRN_SECOND,
			 n % CAIRN_SECOND / (100 * CAIRN_MILLISECOND));
	else if (n < CAIRN_MINUTE)
		snprintf(text, SPAN_TEXT, "%s%llds", sign, n / CAIRN_SECOND);
	else if (n < CAIRN_HOUR && n % CAIRN_MINUTE >= CAIRN_SECOND)
		snprintf(text, SPAN_TEXT, "%s%lldm%02llds", sign, n / CAIRN_MINUTE,
			 n % CAIRN_MINUTE / CAIRN_SECOND);
	else if (n < CAIRN_HOUR)
		snprintf(text, SPAN_TEXT, "%s%lldm", sign, n / CAIRN_MINUTE);
	else if (n < CAIRN_DAY)
		snprintf(text, SPAN_TEXT, "%s%lldh%02lldm", sign, n / CAIRN_HOUR,
			 n % CAIRN_HOUR / CAIRN_MINUTE);
	else
		snprintf(text, SPAN_TEXT, "%s%lldd%lldh", sign, n / CAIRN_DAY,
			 n % CAIRN_DAY / CAIRN_HOUR);
	return text;
}

int int_parse(const char *text, int64_t min, int64_t max, int64_t *value)
{
	char *end;
	errno = 0;
	long long n = strtoll(text, &end, 10);
	bool digits =
		*text == '-' ? text[1] >= '0' && text[1] <= '9' : *text >= '0' && *text <= '9';
	if (!digits || *end != '\0' || errno != 0 || n < min || n > max)
		return -1;
	*value = n;
	return 0;
}

/* RFC 3339, a date alone, or how long ago: "2h". */
int when_parse(const char *text, cairn_time *when)
{
	char whole[32];
	cairn_usec ago;
	if (cairn_time_parse(cairn_str_of(text), when) == 0)
		return 0;
	if (strlen(text) == 10) {
		snprintf(whole, sizeof whole, "%sT00:00:00Z", text);
		return cairn_time_parse(cairn_str_of(whole), when);
	}
	if (span_parse(text, &ago) != 0)
		return -1;
	*when = wall_clock() - ago;
	return 0;
}

const char *when_text(cairn_time when, char text[WHEN_TEXT])
{
	if (when == 0) {
		snprintf(text, WHEN_TEXT, "-");
		return text;
	}
	cairn_time_format(when, text);
	text[10] = ' ';
	text[19] = '\0'; /* fractions and zone: --json has them */
	return text;
}

cairn_time wall_clock(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (cairn_time)now.tv_sec * CAIRN_SECOND + now.tv_nsec / 1000;
}
