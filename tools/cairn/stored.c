/* stored.c - what was stored, for people: a name and its text, line by line. */
#include <stdint.h>
#include <string.h>

#include "table.h"

#define SHOWN 4096u /* more of a text is for --field */

void stored_name(const struct cli *cli, const char *name)
{
	bool on = colored(cli, stdout);
	printf("%s%-11s%s  ", color_on(on, DIM), name, color_off(on));
}

/* Stored text may hold line ends and worse: one line, and harmless. */
static void put(const struct cli *cli, const char *name, cairn_str text, size_t most)
{
	cairn_str head = text;
	if (text.len == 0)
		return;
	if (head.len > most)
		head.len = most;
	while (head.len < text.len && (text.ptr[head.len] & 0xC0) == 0x80)
		head.len--; /* no half characters */
	stored_name(cli, name);
	put_harmless(stdout, head);
	puts(head.len < text.len ? "…" : "");
}

void stored_text(const struct cli *cli, const char *name, cairn_str text)
{
	put(cli, name, text, SHOWN);
}

void stored_whole(const struct cli *cli, const char *name, cairn_str text)
{
	put(cli, name, text, SIZE_MAX);
}

void stored_line(const struct cli *cli, const char *name, const char *text)
{
	if (strcmp(text, "-") != 0)
		stored_text(cli, name, cairn_str_of(text));
}
