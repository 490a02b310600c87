/* words.h - enumerations as words, the same in the API, SQL, JSON and the command. */
#ifndef CAIRN_CORE_WORDS_H
#define CAIRN_CORE_WORDS_H

#include <cairn/types.h>

/* The word at value; NULL where there is none. */
const char *cairn__word(const char *const *words, size_t n, int value);
/* Where the word stands; 0 where it does not. */
int cairn__word_parse(const char *const *words, size_t n, cairn_str word);

/* The same for an array. */
#define CAIRN__WORD(words, value) \
	cairn__word(words, sizeof(words) / sizeof((words)[0]), (int)(value))
#define CAIRN__WORD_PARSE(words, word) \
	cairn__word_parse(words, sizeof(words) / sizeof((words)[0]), word)

#endif
