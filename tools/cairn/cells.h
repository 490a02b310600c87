/*
 * cells.h - a screen as a grid of cells: a frame is laid out into one grid, and only the cells
 * that differ from the grid before are written to the terminal. Whatever text is put, it
 * stays in its place: nothing in it can steer the terminal.
 */
#ifndef CLI_CELLS_H
#define CLI_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cairn/types.h>

struct cell {
	uint32_t point; /* the character; 0: the right half of a wide one */
	uint32_t look;	/* enum color, LOOK_REVERSE */
};

#define LOOK_REVERSE 0x100u

struct cells {
	int rows;
	int cols;
	bool ascii; /* the terminal knows nothing else */
	struct cell *at;
};

/* Makes the grid so big and blank; -1: no memory, the grid is as it was. */
int cells_size(struct cells *cells, int rows, int cols);
void cells_blank(struct cells *cells);
void cells_free(struct cells *cells);

/*
 * Puts text at a place, cut to `room` columns (with an ellipsis) and at the grid's edge; answers
 * the columns that it took. Outside of the grid nothing happens.
 */
int cells_put(struct cells *cells, int row, int col, int room, uint32_t look, cairn_str text);
/* Gives the columns from col on in a row this look. */
void cells_look(struct cells *cells, int row, int col, int count, uint32_t look);

/* The character at the beginning of a text, and its bytes; 0 bytes: that is no UTF-8. */
size_t text_point(const char *text, size_t len, uint32_t *point);
/* The same for a terminal: a control character is a blank; what ends lines or turns directions, and no UTF-8, a question mark. */
size_t text_harmless(const char *text, size_t len, uint32_t *point);

/* How many columns a text takes. */
int text_columns(const char *text, size_t len);

/* Writes what makes a terminal that shows `before` show `now`; before NULL: it is blank. */
void cells_draw(FILE *to, const struct cells *now, const struct cells *before, bool color);
/* The grid as lines of plain text, without blanks at their ends. */
void cells_print(FILE *to, const struct cells *cells);

#endif
