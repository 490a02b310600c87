/*
 * exec_capture.c - a bounded part of what a command writes, and the JSON document
 * made of it. The bytes are of unknown origin, the document is valid all the same.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec.h"
#include "utf8.h"

/* The last bytes are kept in twice the room, so that moving them stays rare. */
bool cairn_worker__capture_init(struct cairn_worker__capture *capture, size_t max, bool last)
{
	*capture = (struct cairn_worker__capture){ .last = last, .cap = last ? 2 * max : max };
	capture->ptr = malloc(capture->cap);
	return capture->ptr != NULL;
}

static void keep_last(struct cairn_worker__capture *capture, size_t max)
{
	if (capture->len <= max)
		return;
	memmove(capture->ptr, capture->ptr + (capture->len - max), max);
	capture->len = max;
	capture->truncated = true;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

void cairn_worker__capture_add(struct cairn_worker__capture *capture, const char *bytes, size_t len)
{
	if (!capture->last) {
		size_t fits = least(len, capture->cap - capture->len);
		memcpy(capture->ptr + capture->len, bytes, fits);
		capture->len += fits;
		capture->truncated |= fits < len;
		return;
	}
	size_t max = capture->cap / 2;
	while (len > 0) {
		if (capture->len == capture->cap)
			keep_last(capture, max);
		size_t fits = least(len, capture->cap - capture->len);
		memcpy(capture->ptr + capture->len, bytes, fits);
		capture->len += fits;
		bytes += fits;
		len -= fits;
	}
}

void cairn_worker__capture_end(struct cairn_worker__capture *capture, size_t max)
{
	if (capture->last)
		keep_last(capture, max);
	if (!capture->truncated)
		return;
	if (!capture->last) {
		capture->len -= cairn_worker__utf8_torn_tail(capture->ptr, capture->len);
		return;
	}
	size_t torn = cairn_worker__utf8_torn_head(capture->ptr, capture->len);
	capture->len -= torn;
	memmove(capture->ptr, capture->ptr + torn, capture->len);
}

/* ---- the document ------------------------------------------------------------- */

static cairn_str kept(const struct cairn_worker__capture *capture)
{
	return (cairn_str){ .ptr = capture->ptr, .len = capture->len };
}

static const char *truth(bool value)
{
	return value ? "true" : "false";
}

char *cairn_worker__capture_json(int code, const struct cairn_worker__capture *out,
				 const struct cairn_worker__capture *err, size_t *len)
{
	char *text = NULL;
	FILE *to = open_memstream(&text, len);
	if (to == NULL)
		return NULL;
	fprintf(to, "{\"exit\":%d,\"stdout\":", code);
	cairn_worker__put_json(to, kept(out));
	fputs(",\"stderr\":", to);
	cairn_worker__put_json(to, kept(err));
	fprintf(to, ",\"stdout_truncated\":%s,\"stderr_truncated\":%s}", truth(out->truncated),
		truth(err->truncated));
	bool failed = ferror(to) != 0;
	if (fclose(to) != 0 || failed) {
		free(text);
		return NULL;
	}
	return text;
}
