/*
 * json_num.c - JSON numbers as exact decimals: read in place, never a double.
 */
#include "json_str.h"
#include "limits.h"

/* Sums of an exponent and a document's length can't overflow below this. */
#define FAR_BEYOND INT64_C(1000000000000)

static const unsigned char *digits(const unsigned char *at, const unsigned char *end)
{
	while (at < end && *at >= '0' && *at <= '9')
		at++;
	return at;
}

/* "e±digits" at number->end. */
static bool read_exponent(struct cairn__number *number, const unsigned char *end)
{
	const unsigned char *at = number->end + 1;
	bool negative = at < end && *at == '-';
	if (at < end && (*at == '-' || *at == '+'))
		at++;
	number->end = digits(at, end);
	if (number->end == at)
		return false;
	for (; at < number->end && number->exponent < FAR_BEYOND; at++)
		number->exponent = number->exponent * 10 + (*at - '0');
	if (negative)
		number->exponent = -number->exponent;
	return true;
}

bool cairn__number_read(const unsigned char *at, const unsigned char *end,
			struct cairn__number *number)
{
	*number = (struct cairn__number){ .negative = at < end && *at == '-' };
	number->whole = at + number->negative;
	number->end = digits(number->whole, end);
	number->whole_len = (size_t)(number->end - number->whole);
	if (number->whole_len == 0)
		return false;
	if (number->whole[0] == '0' && number->whole_len > 1) {
		number->end = number->whole + 1;
		return false;
	}
	if (number->end < end && *number->end == '.') {
		number->fraction = number->end + 1;
		number->end = digits(number->fraction, end);
		number->fraction_len = (size_t)(number->end - number->fraction);
		if (number->fraction_len == 0)
			return false;
	}
	if (number->end < end && (*number->end | 0x20) == 'e')
		return read_exponent(number, end);
	return true;
}

static unsigned char digit_at(const struct cairn__number *number, size_t index)
{
	return index < number->whole_len ? number->whole[index]
					 : number->fraction[index - number->whole_len];
}

struct cairn__decimal cairn__number_value(const struct cairn__number *number)
{
	struct cairn__decimal value = { .last = number->whole_len + number->fraction_len };
	size_t all = value.last;
	while (value.last > 0 && digit_at(number, value.last - 1) == '0')
		value.last--;
	if (value.last == 0)
		return value;
	while (digit_at(number, value.first) == '0')
		value.first++;
	value.scale =
		number->exponent - (int64_t)number->fraction_len + (int64_t)(all - value.last);
	value.exponent = value.scale + (int64_t)(value.last - value.first) - 1;
	return value;
}

static bool within_limit(int64_t exponent)
{
	return exponent <= CAIRN__MAX_JSON_EXPONENT && exponent >= -CAIRN__MAX_JSON_EXPONENT;
}

bool cairn__number_fits(const struct cairn__number *number)
{
	return within_limit(number->exponent) && within_limit(cairn__number_value(number).exponent);
}
