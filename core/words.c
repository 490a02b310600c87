/* words.c - looking up words of enumerations, both ways. Arrays may have gaps. */
#include "words.h"

#include <cairn/sys/host.h>

const char *cairn__word(const char *const *words, size_t n, int value)
{
	return value >= 0 && (size_t)value < n ? words[value] : NULL;
}

int cairn__word_parse(const char *const *words, size_t n, cairn_str word)
{
	for (size_t i = 0; i < n; i++) {
		if (words[i] != NULL && cairn_str_is(word, words[i]))
			return (int)i;
	}
	return 0;
}
