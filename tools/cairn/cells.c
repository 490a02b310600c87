/*
 * cells.c - the grid behind a full-screen view. Terminals disagree about the width of
 * characters, so the cursor is placed anew behind each one that is not ASCII: a wrong guess
 * spoils one cell, never a line.
 */
#include "cells.h"

#include <stdlib.h>
#include <string.h>

#include "table.h"

#define REPLACEMENT '?'
#define ELLIPSIS    0x2026u

/* ---- characters --------------------------------------------------------------------- */

struct range {
	uint32_t first;
	uint32_t last;
};

static const struct range wide[] = {
	{ 0x1100, 0x115F },   { 0x231A, 0x231B },   { 0x2329, 0x232A },	  { 0x23E9, 0x23EC },
	{ 0x23F0, 0x23F0 },   { 0x23F3, 0x23F3 },   { 0x25FD, 0x25FE },	  { 0x2614, 0x2615 },
	{ 0x2648, 0x2653 },   { 0x267F, 0x267F },   { 0x2693, 0x2693 },	  { 0x26A1, 0x26A1 },
	{ 0x26AA, 0x26AB },   { 0x26BD, 0x26BE },   { 0x26C4, 0x26C5 },	  { 0x26CE, 0x26CE },
	{ 0x26D4, 0x26D4 },   { 0x26EA, 0x26EA },   { 0x26F2, 0x26F3 },	  { 0x26F5, 0x26F5 },
	{ 0x26FA, 0x26FA },   { 0x26FD, 0x26FD },   { 0x2705, 0x2705 },	  { 0x270A, 0x270B },
	{ 0x2728, 0x2728 },   { 0x274C, 0x274C },   { 0x274E, 0x274E },	  { 0x2753, 0x2755 },
	{ 0x2757, 0x2757 },   { 0x2795, 0x2797 },   { 0x27B0, 0x27B0 },	  { 0x27BF, 0x27BF },
	{ 0x2B1B, 0x2B1C },   { 0x2B50, 0x2B50 },   { 0x2B55, 0x2B55 },	  { 0x2E80, 0x303E },
	{ 0x3041, 0xA4CF },   { 0xA960, 0xA97F },   { 0xAC00, 0xD7A3 },	  { 0xF900, 0xFAFF },
	{ 0xFE10, 0xFE19 },   { 0xFE30, 0xFE6F },   { 0xFF01, 0xFF60 },	  { 0xFFE0, 0xFFE6 },
	{ 0x16FE0, 0x18AFF }, { 0x1B000, 0x1B2FF }, { 0x1F004, 0x1F004 }, { 0x1F0CF, 0x1F0CF },
	{ 0x1F18E, 0x1F18E }, { 0x1F191, 0x1F19A }, { 0x1F200, 0x1F64F }, { 0x1F680, 0x1F6FF },
	{ 0x1F7E0, 0x1F7EB }, { 0x1F900, 0x1FAFF }, { 0x20000, 0x3FFFD },
};

/* Marks that join the character before, and what steers direction and joining: left out. */
static const struct range none[] = {
	{ 0x00AD, 0x00AD },   { 0x0300, 0x036F }, { 0x0483, 0x0489 }, { 0x0591, 0x05BD },
	{ 0x05BF, 0x05C7 },   { 0x0610, 0x061C }, { 0x064B, 0x065F }, { 0x0670, 0x0670 },
	{ 0x06D6, 0x06ED },   { 0x0E31, 0x0E31 }, { 0x0E34, 0x0E3A }, { 0x0E47, 0x0E4E },
	{ 0x1AB0, 0x1AFF },   { 0x1DC0, 0x1DFF }, { 0x200B, 0x200F }, { 0x2028, 0x202E },
	{ 0x2060, 0x206F },   { 0x20D0, 0x20FF }, { 0x302A, 0x302F }, { 0xFE00, 0xFE0F },
	{ 0xFE20, 0xFE2F },   { 0xFEFF, 0xFEFF }, { 0xFFF0, 0xFFFB }, { 0x1F3FB, 0x1F3FF },
	{ 0xE0000, 0xE0FFF },
};

static bool among(const struct range *ranges, size_t n, uint32_t point)
{
	size_t low = 0;
	while (low < n) {
		size_t mid = low + (n - low) / 2;
		if (point > ranges[mid].last)
			low = mid + 1;
		else
			n = mid;
	}
	return ranges[low].last >= point && ranges[low].first <= point;
}

static int columns_of(uint32_t point)
{
	if (point < 0x80)
		return 1;
	if (among(none, sizeof none / sizeof none[0] - 1, point))
		return 0;
	return among(wide, sizeof wide / sizeof wide[0] - 1, point) ? 2 : 1;
}

size_t text_point(const char *text, size_t len, uint32_t *point)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	const unsigned char *at = (const unsigned char *)text;
	uint32_t c = *point = at[0];
	if (c < 0x80)
		return 1;
	size_t more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
	if (c < 0xC2 || c > 0xF4 || len <= more)
		return 0;
	*point = c & (0x3Fu >> more);
	for (size_t i = 1; i <= more; i++) {
		if ((at[i] & 0xC0) != 0x80)
			return 0;
		*point = *point << 6 | (at[i] & 0x3Fu);
	}
	if (*point < least[more] || *point > 0x10FFFF || (*point >= 0xD800 && *point <= 0xDFFF))
		return 0;
	return more + 1;
}

/* What ends lines or turns the direction of what comes behind it, the next columns included. */
static bool steers(uint32_t point)
{
	return (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

size_t text_harmless(const char *text, size_t len, uint32_t *point)
{
	size_t taken = text_point(text, len, point);
	if (taken == 0 || steers(*point))
		*point = REPLACEMENT;
	else if (*point < 0x20 || (*point >= 0x7F && *point < 0xA0))
		*point = ' ';
	return taken > 0 ? taken : 1;
}

static uint32_t next_point(const unsigned char **at, const unsigned char *end)
{
	uint32_t point;
	*at += text_harmless((const char *)*at, (size_t)(end - *at), &point);
	return point;
}

int text_columns(const char *text, size_t len)
{
	const unsigned char *at = (const unsigned char *)text;
	const unsigned char *end = at + len;
	int n = 0;
	while (at < end)
		n += columns_of(next_point(&at, end));
	return n;
}

/* ---- the grid ----------------------------------------------------------------------- */

int cells_size(struct cells *cells, int rows, int cols)
{
	struct cell *at = calloc((size_t)rows * (size_t)cols + 1, sizeof *at);
	if (at == NULL)
		return -1;
	free(cells->at);
	cells->at = at;
	cells->rows = rows;
	cells->cols = cols;
	cells_blank(cells);
	return 0;
}

void cells_blank(struct cells *cells)
{
	for (int i = 0; i < cells->rows * cells->cols; i++)
		cells->at[i] = (struct cell){ ' ', PLAIN };
}

void cells_free(struct cells *cells)
{
	free(cells->at);
	cells->at = NULL;
	cells->rows = cells->cols = 0;
}

/* Half a wide character is none: what is left of one that is written over becomes a blank. */
static void set(struct cells *cells, int row, int col, uint32_t point, uint32_t look)
{
	struct cell *cell = &cells->at[row * cells->cols + col];
	if (cell->point == 0 && col > 0 && point != 0)
		cell[-1].point = ' ';
	if (col + 1 < cells->cols && cell[1].point == 0)
		cell[1].point = ' ';
	*cell = (struct cell){ point, look };
}

int cells_put(struct cells *cells, int row, int col, int room, uint32_t look, cairn_str text)
{
	if (row < 0 || row >= cells->rows || col < 0 || col >= cells->cols)
		return 0;
	if (room > cells->cols - col)
		room = cells->cols - col;
	if (room <= 0)
		return 0;
	bool cut = text_columns(text.ptr, text.len) > room;
	int keep = cut ? room - 1 : room;
	const unsigned char *at = (const unsigned char *)text.ptr;
	const unsigned char *end = at + text.len;
	int n = 0;
	while (at < end) {
		uint32_t point = next_point(&at, end);
		int columns = columns_of(point);
		if (columns == 0)
			continue;
		if (n + columns > keep)
			break;
		bool strange = cells->ascii && point >= 0x80;
		set(cells, row, col + n, strange ? REPLACEMENT : point, look);
		if (columns == 2)
			set(cells, row, col + n + 1, strange ? REPLACEMENT : 0, look);
		n += columns;
	}
	if (cut)
		set(cells, row, col + n++, cells->ascii ? '~' : ELLIPSIS, look);
	return n;
}

void cells_look(struct cells *cells, int row, int col, int count, uint32_t look)
{
	if (row < 0 || row >= cells->rows)
		return;
	for (int i = col; i < col + count && i < cells->cols; i++)
		cells->at[row * cells->cols + i].look = look;
}

/* ---- writing ------------------------------------------------------------------------ */

static void put_point(FILE *to, uint32_t c)
{
	if (c < 0x80) {
		fputc((int)c, to);
	} else if (c < 0x800) {
		fputc((int)(0xC0 | c >> 6), to);
		fputc((int)(0x80 | (c & 0x3F)), to);
	} else if (c < 0x10000) {
		fputc((int)(0xE0 | c >> 12), to);
		fputc((int)(0x80 | (c >> 6 & 0x3F)), to);
		fputc((int)(0x80 | (c & 0x3F)), to);
	} else {
		fputc((int)(0xF0 | c >> 18), to);
		fputc((int)(0x80 | (c >> 12 & 0x3F)), to);
		fputc((int)(0x80 | (c >> 6 & 0x3F)), to);
		fputc((int)(0x80 | (c & 0x3F)), to);
	}
}

/* Weight and reversal are no colours: they stay where colours are unwanted. */
static void put_look(FILE *to, uint32_t look, bool color)
{
	enum color hue = (enum color)(look & 0xFF);
	fputs("\033[0m", to);
	fputs(color_on(color || hue == BOLD || hue == DIM, hue), to);
	if ((look & LOOK_REVERSE) != 0)
		fputs("\033[7m", to);
}

static bool same(const struct cell *a, const struct cell *b)
{
	return a->point == b->point && a->look == b->look;
}

void cells_draw(FILE *to, const struct cells *now, const struct cells *before, bool color)
{
	static const struct cell blank = { ' ', PLAIN };
	uint32_t look = PLAIN;
	int at_row = -1;
	int at_col = -1;
	if (before != NULL && (before->rows != now->rows || before->cols != now->cols))
		before = NULL;
	if (before == NULL)
		fputs("\033[0m\033[2J", to);
	for (int row = 0; row < now->rows; row++) {
		for (int col = 0; col < now->cols; col++) {
			int i = row * now->cols + col;
			const struct cell *cell = &now->at[i];
			if (cell->point == 0 || same(cell, before ? &before->at[i] : &blank))
				continue;
			if (row != at_row || col != at_col)
				fprintf(to, "\033[%d;%dH", row + 1, col + 1);
			if (cell->look != look)
				put_look(to, cell->look, color);
			look = cell->look;
			put_point(to, cell->point);
			at_row = row;
			at_col = cell->point < 0x80 ? col + 1 : -1;
		}
	}
	if (look != PLAIN)
		fputs("\033[0m", to);
}

void cells_print(FILE *to, const struct cells *cells)
{
	for (int row = 0; row < cells->rows; row++) {
		const struct cell *line = &cells->at[row * cells->cols];
		int end = cells->cols;
		while (end > 0 && line[end - 1].point == ' ')
			end--;
		for (int col = 0; col < end; col++) {
			if (line[col].point != 0)
				put_point(to, line[col].point);
		}
		fputc('\n', to);
	}
}
