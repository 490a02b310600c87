/* document.c - files as a whole, and JSON as an option's value: in place or in a file. */
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

int file_take(const struct cli *cli, const char *path, cairn_str *text, char **held)
{
	FILE *from = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	if (from == NULL)
		return usage_error(cli, "%s: %s", path, strerror(errno));
	*held = read_whole(from, &text->len);
	text->ptr = *held;
	if (from != stdin)
		fclose(from);
	if (*held == NULL)
		return usage_error(cli, "%s: can't be read", path);
	return -1;
}

int document_take(const struct cli *cli, const char *what, const char *given, cairn_str *document,
		  char **held)
{
	if (given == NULL || (*given != '@' && strcmp(given, "-") != 0)) {
		*document = cairn_str_of(given);
		if (given != NULL && *given == '\0')
			return usage_error(cli, "%s: an empty text is not JSON", what);
		return -1;
	}
	int code = file_take(cli, *given == '@' ? given + 1 : given, document, held);
	if (code < 0 && document->len == 0)
		code = usage_error(cli, "%s: an empty text is not JSON", given);
	return code;
}
