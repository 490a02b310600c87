/* document.c - JSON as an option's value: in place, from a file, from the standard input. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static char *read_whole(FILE *from, size_t *len)
{
	size_t cap = 4096;
	char *text = malloc(cap);
	*len = 0;
	while (text != NULL) {
		*len += fread(text + *len, 1, cap - *len, from);
		if (*len < cap)
			break;
		char *more = realloc(text, cap *= 2);
		if (more == NULL)
			free(text);
		text = more;
	}
	if (text != NULL && ferror(from)) {
		free(text);
		return NULL;
	}
	return text;
}

int document_take(const struct cli *cli, const char *option, const char *given, cairn_str *document,
		  char **held)
{
	if (given == NULL || (*given != '@' && strcmp(given, "-") != 0)) {
		*document = cairn_str_of(given);
		if (given != NULL && *given == '\0')
			return usage_error(cli, "--%s: an empty text is not JSON", option);
		return -1;
	}
	FILE *from = *given == '@' ? fopen(given + 1, "rb") : stdin;
	if (from == NULL)
		return usage_error(cli, "%s: %s", given + 1, strerror(errno));
	*held = read_whole(from, &document->len);
	document->ptr = *held;
	if (from != stdin)
		fclose(from);
	if (*held == NULL)
		return usage_error(cli, "%s: can't be read", given);
	if (document->len == 0)
		return usage_error(cli, "%s: an empty text is not JSON", given);
	return -1;
}
