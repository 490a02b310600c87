/* The grid behind `cairn top`: widths, cutting, what is harmless, and what a difference writes. */
#include <stdlib.h>

#include "../../tools/cairn/cells.h"
#include "../../tools/cairn/table.h"
#include "../tap.h"

/* The grid as text, or what is written from one grid to another. */
static const char *text_of(const struct cells *cells, const struct cells *before, int plain)
{
	static char text[2048];
	memset(text, 0, sizeof text);
	FILE *to = fmemopen(text, sizeof text, "w");
	if (plain)
		cells_print(to, cells);
	else
		cells_draw(to, cells, before, true);
	fclose(to);
	return text;
}

static int put(struct cells *cells, int row, int col, int room, const char *text)
{
	return cells_put(cells, row, col, room, PLAIN, cairn_str_of(text));
}

static void widths(void)
{
	static const struct {
		const char *text;
		int columns;
	} cases[] = {
		{ "", 0 },
		{ "abc", 3 },
		{ "é", 1 },
		{ "e\xCC\x81", 1 },
		/* an accent on its own */ { "広い", 4 },
		{ "😀", 2 },
		{ "a\tb", 3 },
		{ "\xE2\x80\xAEx\xE2\x81\xA9\xE2\x80\xA8", 4 },
		{ "\xFF\xFE", 2 },
		{ "\xE2\x80", 2 },
		{ "\xC0\x80", 2 },
		{ "\xED\xA0\x80", 3 },
		/* a surrogate */ { "\xF4\x90\x80\x80", 4 },
		{ "ｗ", 2 },
		{ "한", 2 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		is_int(text_columns(cases[i].text, strlen(cases[i].text)), cases[i].columns,
		       cases[i].text);
}

static void placing(void)
{
	struct cells cells = { .ascii = false };
	cells_size(&cells, 2, 8);
	is_int(put(&cells, 0, 0, 8, "abcdefgh"), 8, "what fits is whole");
	is_int(put(&cells, 1, 0, 8, "abcdefghi"), 8, "what does not is cut");
	is_text(text_of(&cells, NULL, 1), "abcdefgh\nabcdefg…\n", "with an ellipsis");
	cells_blank(&cells);
	is_int(put(&cells, 0, 0, 4, "広い字"), 3, "a wide one is not halved");
	put(&cells, 1, 6, 8, "xyz");
	is_text(text_of(&cells, NULL, 1), "広…\n      x…\n", "nor does the edge move");
	put(&cells, 0, 1, 1, "|");
	is_text(text_of(&cells, NULL, 1), " |…\n      x…\n", "half of it is none");
	cells_blank(&cells);
	put(&cells, 0, 0, 8, "a\033[2J\r\n\x7F");
	is_text(text_of(&cells, NULL, 1), "a [2J\n\n", "controls are blanks");
	put(&cells, 0, 0, 8,
	    "\xC2\x9B"
	    "31m");
	is_text(text_of(&cells, NULL, 1), " 31mJ\n\n", "the long ones, too");
	is_int(put(&cells, -1, 0, 8, "x") + put(&cells, 2, 0, 8, "x") + put(&cells, 0, 8, 8, "x") +
		       put(&cells, 0, -1, 8, "x") + put(&cells, 0, 0, 0, "x"),
	       0, "outside is nowhere");
	cells.ascii = true;
	cells_blank(&cells);
	put(&cells, 0, 0, 8, "é広x");
	put(&cells, 1, 0, 3, "abcd");
	is_text(text_of(&cells, NULL, 1), "???x\nab~\n", "a plain terminal gets ASCII");
	cells_free(&cells);
}

static void drawing(void)
{
	struct cells was = { .ascii = false };
	struct cells now = { .ascii = false };
	cells_size(&was, 2, 10);
	cells_size(&now, 2, 10);
	put(&was, 0, 0, 10, "depth 10");
	put(&now, 0, 0, 10, "depth 12");
	is_text(text_of(&now, &now, 0), "", "what is the same is not written");
	is_text(text_of(&now, &was, 0), "\033[1;8H2", "what differs is");
	is_text(text_of(&now, NULL, 0), "\033[0m\033[2J\033[1;1Hdepth\033[1;7H12",
		"a screen that is not known is cleared");
	put(&now, 1, 0, 10, "広x");
	is_text(text_of(&now, &was, 0), "\033[1;8H2\033[2;1H広\033[2;3Hx",
		"behind what may be wide the cursor is placed");
	cells_look(&now, 0, 7, 1, RED | LOOK_REVERSE);
	cells_blank(&was);
	put(&was, 0, 0, 10, "depth 12");
	put(&was, 1, 0, 10, "広x");
	is_text(text_of(&now, &was, 0), "\033[1;8H\033[0m\033[31m\033[7m2\033[0m",
		"a look is a difference, and ends");
	cells_size(&was, 1, 10);
	ok(strstr(text_of(&now, &was, 0), "\033[2J") != NULL, "another size is another screen");
	cells_free(&was);
	cells_free(&now);
}

int main(void)
{
	widths();
	placing();
	drawing();
	return tap_done();
}
