/* Cron expressions and time zones: golden times, the grammar, files that are no zones. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cairn/schedule.h>

#include "../tap.h"
#include "cron_golden.h"

#define MANY 16

/* ---- golden times ------------------------------------------------------------ */

/* "2026-05-22T10:30:45Z": no fraction, which no expression has. */
static void add_time(char *text, size_t size, cairn_time when)
{
	char full[CAIRN_TIME_TEXT];
	size_t len = strlen(text);
	cairn_time_format(when, full);
	snprintf(text + len, size - len, "%s%.19sZ", len > 0 ? " " : "", full);
}

static void golden_times(void)
{
	for (size_t i = 0; i < sizeof golden / sizeof golden[0]; i++) {
		cairn_time times[MANY];
		cairn_time after = 0;
		size_t n = (strlen(golden[i].want) + 1) / 21;
		char got[MANY * 24] = "";
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_time_parse(cairn_str_of(golden[i].after), &after);
		cairn_status st =
			cairn_schedule_next(cairn_str_of(golden[i].cron),
					    cairn_str_of(golden[i].zone), after, times, n, &err);
		for (size_t k = 0; k < n && st == CAIRN_OK; k++)
			add_time(got, sizeof got, times[k]);
		if (!ok(strcmp(got, golden[i].want) == 0, "%s in %s after %s", golden[i].cron,
			golden[i].zone, golden[i].after))
			printf("# got  %s\n# want %s\n", got, golden[i].want);
	}
	ok(sizeof golden / sizeof golden[0] >= 60, "there are %zu of them",
	   sizeof golden / sizeof golden[0]);
}

/* ---- the grammar ----------------------------------------------------------------- */

static cairn_status next_one(const char *cron, const char *zone, cairn_time after, cairn_time *when,
			     cairn_error *err)
{
	*when = -1;
	return cairn_schedule_next(cairn_str_of(cron), cairn_str_of(zone), after, when, 1, err);
}

static void refused(const char *cron)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_time when;
	cairn_status st = next_one(cron, "UTC", 0, &when, &err);
	ok(st == CAIRN_INVALID && strcmp(err.code, "job_schedule.invalid_cron") == 0 &&
		   strcmp(err.op, "schedule.next") == 0,
	   "'%s' is refused: %s", cron, err.message);
}

static void grammar(void)
{
	static const char *const bad[] = {
		"",
		" ",
		"* * * *",
		"* * * * * * *",
		" * * * * *",
		"* * * * * ",
		"\t* * * * *",
		"60 * * * *",
		"* 24 * * *",
		"* * 0 * *",
		"* * 32 * *",
		"* * * 0 *",
		"* * * 13 *",
		"* * * * 8",
		"60 * * * * *",
		"-1 * * * *",
		"1- * * * *",
		"-5 * * * *",
		"5-1 * * * *",
		"*/0 * * * *",
		"*/61 * * * *",
		"*/ * * * *",
		"1,,2 * * * *",
		", * * * *",
		"1, * * * *",
		"a * * * *",
		"* * * JA *",
		"* * * JANUARY *",
		"* * * * MONDAY",
		"* * * MON *",
		"* * JAN * *",
		"L * * * *",
		"* * * * L",
		"* * L-3 * *",
		"* * 1L * *",
		"** * * * *",
		"*5 * * * *",
		"1-2-3 * * * *",
		"1/2/3 * * * *",
		"1.5 * * * *",
		"0001 * * * *",
		"99999999999999999999 * * * *",
		"@reboot",
		"@every 5m",
		"@DAILY",
		"@",
		"? * * * *",
		"0 0 30 2 *",
		"0 0 31 2,4,6,9,11 *",
		"0 0 30,31 FEB */2",
		"FRI-MON * * * *",
		"* * * * FRI-MON",
		"* * * *\n*",
		"* * * * *\n",
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		refused(bad[i]);
	char blanks[300];
	memset(blanks, ' ', sizeof blanks);
	memcpy(blanks, "* * * *", 7);
	memcpy(blanks + 290, "*", 2);
	refused(blanks);
}

static void same(const char *a, const char *b)
{
	cairn_time x;
	cairn_time y;
	cairn_time at = 1779445845123456;
	int equal = 1;
	for (int i = 0; i < 20 && equal; i++, at = x) {
		equal = next_one(a, "UTC", at, &x, NULL) == CAIRN_OK &&
			next_one(b, "UTC", at, &y, NULL) == CAIRN_OK && x == y && x > at;
	}
	ok(equal, "'%s' is '%s'", a, b);
}

static void meanings(void)
{
	same("* * * * *", "0 * * * * *");
	same("*\t*  * *\t\t*", "* * * * *");
	same("0 0 * jan,Feb mOn", "0 0 * 1,2 1");
	same("0 0 * * SUN", "0 0 * * 7");
	same("0 0 * * 0-7", "0 0 * * *");
	same("0 0 * * */2", "0 0 * * 0,2,4,6");
	same("0 0 * * SAT-SUN", "0 0 * * 0,6");
	same("0 0 * JUN-AUG *", "0 0 * 6-8 *");
	same("10/15 * * * *", "10,25,40,55 * * * *");
	same("10-40/15 * * * *", "10,25,40 * * * *");
	same("0 0 l * *", "0 0 L * *");
	same("007 * * * *", "7 * * * *");
	same("@weekly", "0 0 0 * * SUN");
}

/* ---- edges of time --------------------------------------------------------------- */

static void edges(void)
{
	cairn_time times[3] = { 1, 1, 1 };
	cairn_time at = 0;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_time_parse(CAIRN_STR("9999-12-30T12:00:00Z"), &at);
	is_int(cairn_schedule_next(CAIRN_STR("@daily"), CAIRN_STR("UTC"), at, times, 3, NULL),
	       CAIRN_OK, "the end of time is reached");
	ok(times[0] == at + 12 * CAIRN_HOUR && times[1] == 0 && times[2] == 0,
	   "and nothing lies behind it");
	is_int(next_one("@daily", "America/New_York", at + CAIRN_DAY, &at, NULL), CAIRN_OK,
	       "in a zone, too");
	is_int(next_one("0 0 29 2 */7", "UTC", 0, &at, NULL), CAIRN_OK,
	       "a leap day that must be a Sunday");
	is_int(at, INT64_C(194400000) * CAIRN_SECOND, "is found in 1976");
	is_int(next_one("* * * * *", "UTC", -1, &at, NULL), CAIRN_OK, "before 1970");
	is_int(at, 0, "there is time as well");
	is_int(next_one("* * * * *", "UTC", INT64_MIN, &at, &err), CAIRN_INVALID, "not before 1");
	is_text(err.code, "arg.invalid_time", "is said");
	is_int(next_one("0 12 1 1 *", "Europe/Paris", INT64_C(-2500000000) * CAIRN_SECOND, &at,
			NULL),
	       CAIRN_OK, "local mean time");
	is_int(at, INT64_C(-2492942961) * CAIRN_SECOND, "is what it was");
	is_int(cairn_schedule_next(CAIRN_STR("* * * * *"), (cairn_str){ NULL, 0 }, 0, NULL, 0,
				   NULL),
	       CAIRN_OK, "checking alone");
}

/* ---- zones -------------------------------------------------------------------------- */

static void no_zone(const char *name)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_time when;
	cairn_status st = next_one("* * * * *", name, 0, &when, &err);
	ok(st == CAIRN_INVALID && strcmp(err.code, "job_schedule.invalid_zone") == 0,
	   "'%s' is no zone: %s", name, err.detail);
}

static void zone_names(void)
{
	static const char *const bad[] = {
		"Europe",
		"Europe/",
		"/etc/passwd",
		"../../../etc/passwd",
		"Europe/../Europe/Berlin",
		"Europe//Berlin",
		"/usr/share/zoneinfo/UTC",
		"zone.tab",
		"Europe/Nowhere",
		"europe/berlin",
		"tzdata.zi",
		"CET-1",
		".",
		"leapseconds",
		"Europe/Ber lin",
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		no_zone(bad[i]);
	char name[300];
	memset(name, 'a', sizeof name);
	name[299] = '\0';
	no_zone(name);
}

/* ---- files ----------------------------------------------------------------------------- */

static unsigned char file[65536];
static size_t file_size;
static char folder[] = "/tmp/cairn-tz.XXXXXX";

static void save(const char *name, const unsigned char *bytes, size_t size)
{
	char path[64];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *to = fopen(path, "wb");
	if (to == NULL || fwrite(bytes, 1, size, to) != size || fclose(to) != 0)
		ok(0, "writing %s", path);
}

static void drop(const char *name)
{
	char path[64];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	unlink(path);
}

/* A file of version 2 without transitions and with a footer. */
static void save_footer(const char *name, const char *footer)
{
	unsigned char bytes[256] = "TZif2";
	bytes[39] = 1; /* one kind of time, and a name of one byte */
	bytes[43] = 1;
	memcpy(bytes + 51, bytes, 44);
	size_t len = strlen(footer);
	bytes[102] = '\n';
	memcpy(bytes + 103, footer, len);
	bytes[103 + len] = '\n';
	save(name, bytes, 104 + len);
}

static void footer_is(const char *footer, const char *cron, const char *after, const char *want)
{
	char got[32] = "refused";
	cairn_time at = 0;
	cairn_time when;
	save_footer("made", footer);
	cairn_time_parse(cairn_str_of(after), &at);
	if (next_one(cron, "made", at, &when, NULL) == CAIRN_OK) {
		got[0] = '\0';
		add_time(got, sizeof got, when);
	}
	drop("made");
	ok(strcmp(got, want) == 0, "%s: %s after %s is %s", footer, cron, after, got);
}

static void footers(void)
{
	footer_is("CET-1CEST,M3.5.0,M10.5.0/3", "30 2 * 3 *", "2026-03-28T02:00:00Z",
		  "2026-03-29T01:00:00Z");
	footer_is("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "0 0 1 7 *", "2026-01-01T00:00:00Z",
		  "2026-06-30T13:30:00Z");
	footer_is("<-03>3", "0 0 * * *", "2026-01-01T00:00:00Z", "2026-01-01T03:00:00Z");
	/* daylight saving time the whole year */
	footer_is("EST5EDT,0/0,J365/25", "0 0 1 1 *", "2026-06-01T00:00:00Z",
		  "2027-01-01T04:00:00Z");
	footer_is("EST5EDT,0/0,J365/25", "0 0 1 7 *", "2026-06-01T00:00:00Z",
		  "2026-07-01T04:00:00Z");
	/* days without leap days, and with them */
	footer_is("X0Y,J60/0,J300/0", "0 12 * * *", "2028-03-01T00:00:00Z", "2028-03-01T11:00:00Z");
	footer_is("X0Y,60/0,300/0", "0 12 * * *", "2028-02-29T00:00:00Z", "2028-02-29T12:00:00Z");
	footer_is("X0Y,60/0,300/0", "0 12 * * *", "2028-03-01T00:00:00Z", "2028-03-01T11:00:00Z");
	/* times before the day and behind it */
	footer_is("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "30 23 * * *", "2026-03-28T00:30:00Z",
		  "2026-03-28T01:30:00Z");
	footer_is("IST-2IDT,M3.4.4/26,M10.5.0", "30 2 * 3 *", "2026-03-26T12:00:00Z",
		  "2026-03-27T00:00:00Z");
	footer_is("X", "* * * * *", "2026-01-01T00:00:00Z", "refused");
	footer_is("X0Y", "* * * * *", "2026-01-01T00:00:00Z", "refused");
	footer_is("X0Y,M13.1.0,M4.1.0", "* * * * *", "2026-01-01T00:00:00Z", "refused");
	footer_is("X0Y,M3.1.0,M4.1.0junk", "* * * * *", "2026-01-01T00:00:00Z", "refused");
	footer_is("X999", "* * * * *", "2026-01-01T00:00:00Z", "refused");
}

static void load(const char *path)
{
	FILE *from = fopen(path, "rb");
	file_size = from != NULL ? fread(file, 1, sizeof file, from) : 0;
	if (from != NULL)
		fclose(from);
}

/* Cut anywhere and with any byte changed it is refused or answers something: never more. */
static void broken_files(void)
{
	size_t answered = 0;
	cairn_time when;
	for (size_t size = 0; size < file_size; size += size < 64 ? 1 : 7) {
		save("broken", file, size);
		answered += next_one("30 2 * * *", "broken", 0, &when, NULL) == CAIRN_OK;
	}
	is_int(answered, 0, "a file that was cut is none");
	for (size_t i = 0; i < file_size; i += i < 120 ? 1 : 11) {
		unsigned char was = file[i];
		file[i] ^= (unsigned char)(1 + i % 255);
		save("broken", file, file_size);
		file[i] = was;
		for (int64_t year = 1900; year < 2100; year += 33)
			answered +=
				next_one("30 2 * * *", "broken", (year - 1970) * 365 * CAIRN_DAY,
					 &when, NULL) == CAIRN_OK;
	}
	drop("broken");
	ok(answered > 0, "a file with a wrong byte may do");
}

static void other_folder(void)
{
	load("/usr/share/zoneinfo/Europe/Berlin");
	ok(file_size > 0, "the database is there");
	if (mkdtemp(folder) == NULL || setenv("TZDIR", folder, 1) != 0)
		ok(0, "a folder of its own");
	no_zone("Europe/Berlin");
	save("Mine", file, file_size);
	cairn_time when;
	is_int(next_one("0 0 1 7 *", "Mine", 1779445845123456, &when, NULL), CAIRN_OK,
	       "$TZDIR is looked into");
	is_int(when, INT64_C(1782856800) * CAIRN_SECOND, "and used");
	is_int(next_one("* * * * *", "UTC", 0, &when, NULL), CAIRN_OK, "UTC needs no file");
	drop("Mine");
	footers();
	broken_files();
	rmdir(folder);
	unsetenv("TZDIR");
}

int main(void)
{
	golden_times();
	grammar();
	meanings();
	edges();
	zone_names();
	other_folder();
	return tap_done();
}
