/*
 * table.c - aligned tables. Cells are collected, then printed with the widths
 * they need; the last column is cut at the terminal's edge. Text from the database may
 * not steer the terminal: control characters become blanks.
 */
#define _GNU_SOURCE /* ioctl's TIOCGWINSZ */
#include "table.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cells.h"

bool colored(const struct cli *cli, FILE *to)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");
	return !cli->no_color && (no == NULL || *no == '\0') && isatty(fileno(to)) &&
	       (term == NULL || strcmp(term, "dumb") != 0);
}

const char *color_on(bool on, enum color color)
{
	static const char *const codes[] = {
		[PLAIN] = "",	     [DIM] = "\033[2m",	   [BOLD] = "\033[1m",
		[RED] = "\033[31m",  [GREEN] = "\033[32m", [YELLOW] = "\033[33m",
		[BLUE] = "\033[34m", [CYAN] = "\033[36m",
	};
	return on ? codes[color] : "";
}

const char *color_off(bool on)
{
	return on ? "\033[0m" : "";
}

enum color status_color(enum cairn_job_status status)
{
	switch (status) {
	case CAIRN_JOB_PENDING:
		return PLAIN;
	case CAIRN_JOB_LEASED:
		return CYAN;
	case CAIRN_JOB_SUCCEEDED:
		return GREEN;
	case CAIRN_JOB_DEAD_LETTERED:
		return RED;
	case CAIRN_JOB_CANCELED:
		return YELLOW;
	}
	return PLAIN;
}

const char *number_text(int64_t n, char text[NUMBER_TEXT])
{
	char digits[NUMBER_TEXT];
	int len = snprintf(digits, sizeof digits, "%" PRId64, n);
	size_t to = 0;
	for (int i = 0; i < len && to < NUMBER_TEXT - 2; i++) {
		if (i > 0 && digits[i - 1] != '-' && (len - i) % 3 == 0)
			text[to++] = ',';
		text[to++] = digits[i];
	}
	text[to] = '\0';
	return text;
}

size_t terminal_width(FILE *to)
{
	struct winsize size;
	if (!isatty(fileno(to)))
		return 0;
	if (ioctl(fileno(to), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return 80;
}

/* ---- cells --------------------------------------------------------------------- */

static bool continues(char byte)
{
	return ((unsigned char)byte & 0xC0) == 0x80;
}

static size_t width_of(const char *text)
{
	return (size_t)text_columns(text, strlen(text));
}

/* What stands for a character takes one byte, and so never more than that. */
static size_t next_harmless(const char *text, size_t len, char *instead)
{
	uint32_t point;
	size_t taken = text_harmless(text, len, &point);
	bool same = taken > 1 ? point >= 0x80 : point == (unsigned char)*text;
	*instead = same ? '\0' : (char)point;
	return taken;
}

static void make_harmless(char *text)
{
	size_t len = strlen(text);
	char *to = text;
	char instead;
	for (size_t at = 0, taken; at < len; at += taken) {
		taken = next_harmless(text + at, len - at, &instead);
		if (instead == '\0')
			memmove(to, text + at, taken);
		else
			*to = instead;
		to += instead == '\0' ? taken : 1;
	}
	*to = '\0';
}

void put_harmless(FILE *to, cairn_str text)
{
	char instead;
	for (size_t at = 0, taken; at < text.len; at += taken) {
		taken = next_harmless(text.ptr + at, text.len - at, &instead);
		if (instead == '\0')
			fwrite(text.ptr + at, 1, taken, to);
		else
			fputc(instead, to);
	}
}

void table_begin(struct table *table, const struct cli *cli, const char *const *heads)
{
	*table = (struct table){ .to = stdout };
	table->color = colored(cli, stdout);
	table->json = cli->json;
	table->width = terminal_width(stdout);
	for (; heads[table->columns] != NULL; table->columns++) {
		const char *head = heads[table->columns];
		table->heads[table->columns] = head;
		table->widths[table->columns] = width_of(*head == '>' ? head + 1 : head);
	}
}

static void add(struct table *table, enum color color, char *text)
{
	if (text == NULL)
		return;
	if (table->count == table->cap) {
		size_t cap = table->cap > 0 ? 2 * table->cap : 64;
		char **cells = realloc(table->cells, cap * sizeof *cells);
		if (cells != NULL)
			table->cells = cells;
		enum color *colors = realloc(table->colors, cap * sizeof *colors);
		if (colors != NULL)
			table->colors = colors;
		if (cells == NULL || colors == NULL) {
			fprintf(stderr, "cairn: out of memory\n");
			exit(EXIT_OTHER);
		}
		table->cap = cap;
	}
	make_harmless(text);
	size_t width = width_of(text);
	size_t column = table->count % table->columns;
	if (width > table->widths[column])
		table->widths[column] = width;
	table->cells[table->count] = text;
	table->colors[table->count++] = color;
}

void table_cell(struct table *table, enum color color, const char *format, ...)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	if (to == NULL)
		return;
	va_list args;
	va_start(args, format);
	vfprintf(to, format, args);
	va_end(args);
	fclose(to);
	add(table, color, text);
}

void table_text(struct table *table, enum color color, cairn_str text)
{
	if (text.len == 0)
		table_cell(table, DIM, "-");
	else
		table_cell(table, color, "%.*s", (int)text.len, text.ptr);
}

void table_count(struct table *table, enum color color, int64_t n)
{
	char text[NUMBER_TEXT];
	table_cell(table, n == 0 ? DIM : color, "%s", number_text(n, text));
}

/* ---- printing ----------------------------------------------------------------------- */

static void pad(FILE *to, size_t n)
{
	fprintf(to, "%*s", (int)n, "");
}

/* What fits into `room` columns; with an ellipsis when that is not all. */
static void put_cut(FILE *to, const char *text, size_t room)
{
	if (room == 0 || width_of(text) <= room) {
		fputs(text, to);
		return;
	}
	size_t len = 0;
	for (size_t next = 0; text[next] != '\0'; len = next) {
		next++;
		while (continues(text[next]))
			next++;
		if (text_columns(text, next) > (int)room - 1)
			break;
	}
	fwrite(text, 1, len, to);
	fputs("…", to);
}

static size_t room_for_last(const struct table *table)
{
	size_t before = 0;
	for (size_t i = 0; i + 1 < table->columns; i++)
		before += table->widths[i] + 2;
	return table->width > before + 8 ? table->width - before : table->width > 0 ? 8 : 0;
}

static void print_cell(const struct table *table, size_t column, const char *text, enum color color)
{
	bool last = column + 1 == table->columns;
	bool right = *table->heads[column] == '>';
	size_t fill = table->widths[column] - width_of(text);
	if (right)
		pad(table->to, fill);
	fputs(color_on(table->color, color), table->to);
	put_cut(table->to, text, last ? room_for_last(table) : 0);
	if (color != PLAIN)
		fputs(color_off(table->color), table->to);
	if (!right && !last)
		pad(table->to, fill);
	fputs(last ? "\n" : "  ", table->to);
}

void table_end(struct table *table)
{
	for (size_t i = 0; table->count > 0 && i < table->columns; i++) {
		const char *head = table->heads[i];
		print_cell(table, i, *head == '>' ? head + 1 : head, BOLD);
	}
	for (size_t i = 0, column = 0; i < table->count; i++) {
		print_cell(table, column, table->cells[i], table->colors[i]);
		column = column + 1 < table->columns ? column + 1 : 0;
		free(table->cells[i]);
	}
	free(table->cells);
	free(table->colors);
}

void table_end_or(struct table *table, const char *nothing)
{
	if (nothing != NULL && table->count == 0 && table->width > 0 && !table->json)
		puts(nothing);
	table_end(table);
}
