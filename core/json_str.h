/*
 * json_str.h - the strings and the numbers inside a JSON text, read where they stand.
 * Shared by the scanner and the canonical form; neither copies what it reads.
 */
#ifndef CAIRN_CORE_JSON_STR_H
#define CAIRN_CORE_JSON_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Decodes the escape that begins with the backslash at `at`, a pair of surrogates as one:
 * its UTF-8 goes to bytes, the answer is their number, *used the length of the escape. 0 for
 * what is no escape, for \u0000 and for a lone surrogate.
 */
size_t cairn__json_unescape(const unsigned char *at, const unsigned char *end,
			    unsigned char bytes[4], size_t *used);

/* A member's name as written: the bytes between its quotes. */
struct cairn__name {
	const unsigned char *at;
	size_t len;
	uint64_t key; /* same decoded names have the same key; the sort compares it first */
	bool escaped; /* it has backslashes */
};

/* Where the plain part of a string ends: at a quote, backslash, control or non-ASCII byte. */
const unsigned char *cairn__json_plain(const unsigned char *at, const unsigned char *end);
/* The same for a string that is known to be UTF-8: over non-ASCII bytes. */
const unsigned char *cairn__json_run(const unsigned char *at, const unsigned char *end);

/* A key by which different names are told apart quickly. */
uint64_t cairn__name_hash(const struct cairn__name *name);
/* A key that orders as names do: the first eight decoded bytes. */
uint64_t cairn__name_prefix(const struct cairn__name *name);

/* <0, 0, >0 by the bytes of the decoded names, the shorter first. Keys are not looked at. */
int cairn__name_compare(const struct cairn__name *a, const struct cairn__name *b);

/*
 * Sorts by key, then by decoded name. n log n comparisons whatever the names
 * are; each comparison reads no more than the shorter name. spare has room for n pointers.
 */
void cairn__names_sort(const struct cairn__name **names, const struct cairn__name **spare,
		       size_t n);

/* A number as written. */
struct cairn__number {
	const unsigned char *end; /* behind it, or where it went wrong */
	const unsigned char *whole;
	const unsigned char *fraction;
	size_t whole_len;
	size_t fraction_len;
	int64_t exponent; /* far beyond every limit it stops growing */
	bool negative;
};

/*
 * Its value: the significant digits, those from `first` up to `last` of whole and fraction
 * read as one, times 10^scale. Zero has none.
 */
struct cairn__decimal {
	size_t first;
	size_t last;
	int64_t scale;
	int64_t exponent; /* of the first digit: d.ddd times 10^exponent */
};

/* Reads the number at `at`; false when there is no RFC 8259 number. */
bool cairn__number_read(const unsigned char *at, const unsigned char *end,
			struct cairn__number *number);
struct cairn__decimal cairn__number_value(const struct cairn__number *number);
/* Whether the exponents, as written and of the value, are within the limit. */
bool cairn__number_fits(const struct cairn__number *number);

#endif
