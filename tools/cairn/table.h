/* table.h - aligned tables for people, in colour where that makes sense. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdio.h>

#include "cli.h"

enum color { PLAIN = 0, DIM, BOLD, RED, GREEN, YELLOW, BLUE, CYAN };

#define TABLE_COLUMNS 12

struct table {
	FILE *to;
	bool color;
	bool json;    /* it will have no rows */
	size_t width; /* of the terminal; 0: no limit, the output is no terminal */
	size_t columns;
	const char *heads[TABLE_COLUMNS]; /* ">NAME" aligns to the right */
	size_t widths[TABLE_COLUMNS];
	char **cells;
	enum color *colors;
	size_t count;
	size_t cap;
};

/* heads ends with NULL. */
void table_begin(struct table *table, const struct cli *cli, const char *const *heads);
/* The next cell, row by row. Control characters are made harmless. */
void table_cell(struct table *table, enum color color, const char *format, ...) CAIRN_PRINTF(3, 4);
/* An absent text is "-". */
void table_text(struct table *table, enum color color, cairn_str text);
/* A number, 0 without its colour. */
void table_count(struct table *table, enum color color, int64_t n);
/* Prints and frees. Without rows it prints nothing. */
void table_end(struct table *table);
/* The same; people who look at an empty table are told so, scripts are not. NULL: nobody is. */
void table_end_or(struct table *table, const char *nothing);

/* Text that was stored by others, for people: control characters become blanks. */
void put_harmless(FILE *to, cairn_str text);

/* Whether to colour what goes to a stream. */
bool colored(const struct cli *cli, FILE *to);
/* The escape sequence of a colour, and back to normal; "" when on is false. */
const char *color_on(bool on, enum color color);
const char *color_off(bool on);
enum color status_color(enum cairn_job_status status);
/* 12345678 as "12,345,678". */
#define NUMBER_TEXT 32
const char *number_text(int64_t n, char text[NUMBER_TEXT]);
/* Columns of the terminal behind a stream, 0 if there is none. */
size_t terminal_width(FILE *to);

/* ---- stored.c: "name  text", a line each ---- */

/* What goes before a text. */
void stored_name(const struct cli *cli, const char *name);
/* Harmless and, if it is long, cut; an absent text has no line. */
void stored_text(const struct cli *cli, const char *name, cairn_str text);
/* The same, never cut. */
void stored_whole(const struct cli *cli, const char *name, cairn_str text);
/* The same of what the program says; "-" has no line. */
void stored_line(const struct cli *cli, const char *name, const char *text);

#endif
