/* civil.h - days since 1970 and dates of the proleptic Gregorian calendar. */
#ifndef CAIRN_CORE_CIVIL_H
#define CAIRN_CORE_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

struct cairn__civil {
	int64_t year;
	int64_t month;
	int64_t day;
};

int64_t cairn__floor_div(int64_t a, int64_t b);
int64_t cairn__days_of(struct cairn__civil date);
struct cairn__civil cairn__date_of(int64_t days);
bool cairn__is_leap(int64_t year);
/* How many days the month 1 to 12 has. */
int cairn__month_days(int64_t year, int64_t month);
bool cairn__is_date(struct cairn__civil date);

#endif
