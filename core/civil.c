/*
 * civil.c - the proleptic Gregorian calendar. Days are counted in years that begin on the 1st
 * of March, so that the leap day is a year's last; 400 years are one era of 146097 days.
 */
#include "civil.h"

#define DAYS_PER_ERA	 146097
#define DAYS_BEFORE_1970 719468 /* since 0000-03-01 */

int64_t cairn__floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

int64_t cairn__days_of(struct cairn__civil date)
{
	int64_t year = date.month > 2 ? date.year : date.year - 1;
	int64_t era = cairn__floor_div(year, 400);
	int64_t year_of_era = year - era * 400;
	int64_t month = date.month > 2 ? date.month - 3 : date.month + 9;
	int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * DAYS_PER_ERA + day_of_era - DAYS_BEFORE_1970;
}

struct cairn__civil cairn__date_of(int64_t days)
{
	days += DAYS_BEFORE_1970;
	int64_t era = cairn__floor_div(days, DAYS_PER_ERA);
	int64_t day = days - era * DAYS_PER_ERA;
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t day_of_year = day - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * day_of_year + 2) / 153;
	return (struct cairn__civil){
		.year = year + era * 400 + (month >= 10),
		.month = month < 10 ? month + 3 : month - 9,
		.day = day_of_year - (153 * month + 2) / 5 + 1,
	};
}

bool cairn__is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int cairn__month_days(int64_t year, int64_t month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	return days[month - 1] + (month == 2 && cairn__is_leap(year));
}

bool cairn__is_date(struct cairn__civil date)
{
	return date.month >= 1 && date.month <= 12 && date.day >= 1 &&
	       date.day <= cairn__month_days(date.year, date.month);
}
