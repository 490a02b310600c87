/* url.h - splitting a database URL, and showing one without its secrets. */
#ifndef CAIRN_CORE_URL_H
#define CAIRN_CORE_URL_H

#include <cairn/sys/host.h>

/* A split URL and the memory that its views point into. */
struct cairn__url {
	cairn_url url;
	void *block;
	size_t block_size;
};

/*
 * Splits "scheme:rest?name=value&…". Every view is NUL-terminated. INVALID url.invalid,
 * TOO_LARGE limit.exceeded, NOMEM. After a failure *parsed is all zero.
 */
cairn_status cairn__url_parse(const char *text, struct cairn__url *parsed, cairn_error *err);
void cairn__url_clear(struct cairn__url *parsed);

/*
 * A copy for people, cut to fit cap bytes with its terminator: passwords of "user:password@"
 * and of secret parameters become "***", control characters "?". Where a URL is
 * malformed it hides too much rather than too little.
 */
void cairn__url_redact(const char *text, char *shown, size_t cap);

#endif
