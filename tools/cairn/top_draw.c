/*
 * top_draw.c - a frame laid out into cells: sums above, the keys below, between them the four
 * tables, which share the rows fairly. Where it is narrow columns go, where it is low tables go,
 * the one with the focus last.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "top.h"

#define HEAD_ROWS 4
/* Below this the line for trouble is shared with the rates, and the keys are left out. */
#define SMALL 10
#define GAP   2 /* between columns */
/* Fewer rows than this show one table only. */
#define LOW 9

/* ---- order ----------------------------------------------------------------------------------- */

static int by_name(const void *left, const void *right)
{
	const struct top_queue *a = left;
	const struct top_queue *b = right;
	return strcmp(a->is.name.ptr, b->is.name.ptr);
}

static int by_depth(const void *left, const void *right)
{
	const struct top_queue *a = left;
	const struct top_queue *b = right;
	int64_t n = a->is.due + a->is.parked;
	int64_t m = b->is.due + b->is.parked;
	return n != m ? (n > m ? -1 : 1) : by_name(left, right);
}

/* None is the youngest. */
static int by_oldest(const void *left, const void *right)
{
	cairn_time a = ((const struct top_queue *)left)->is.oldest_due;
	cairn_time b = ((const struct top_queue *)right)->is.oldest_due;
	if (a == b)
		return by_name(left, right);
	if (a == 0 || b == 0)
		return a == 0 ? 1 : -1;
	return a < b ? -1 : 1;
}

static int by_rate(const void *left, const void *right)
{
	const struct top_queue *a = left;
	const struct top_queue *b = right;
	double n = a->entered + a->done;
	double m = b->entered + b->done;
	return n > m ? -1 : n < m ? 1 : by_name(left, right);
}

void frame_sort(struct frame *frame, enum top_sort sort)
{
	static int (*const orders[SORTS])(const void *, const void *) = {
		[SORT_NAME] = by_name,
		[SORT_DEPTH] = by_depth,
		[SORT_OLDEST] = by_oldest,
		[SORT_RATE] = by_rate,
	};
	qsort(frame->queues, frame->queue_count, sizeof *frame->queues, orders[sort]);
}

/* ---- lines ----------------------------------------------------------------------------------- */

CAIRN_PRINTF(5, 6)
static int put(struct cells *cells, int row, int col, uint32_t look, const char *format, ...)
{
	char text[512];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return col + cells_put(cells, row, col, cells->cols, look, cairn_str_of(text));
}

/* "name value   ", or nothing where there is no room for all of it. */
static int pair(struct cells *cells, int row, int col, const char *what, uint32_t look,
		const char *value)
{
	if (col + (int)(strlen(what) + 1 + strlen(value)) > cells->cols)
		return cells->cols;
	col = put(cells, row, col, PLAIN, "%s ", what);
	return put(cells, row, col, look, "%s", value) + 3;
}

static int number(struct cells *cells, int row, int col, const char *what, enum color color,
		  int64_t n)
{
	char text[NUMBER_TEXT];
	return pair(cells, row, col, what, n == 0 ? DIM : color, number_text(n, text));
}

static void put_sums(struct cells *cells, const struct frame *frame)
{
	const struct top_queue *all = &frame->all;
	char text[SPAN_TEXT];
	char rate[RATE_TEXT];
	int col = number(cells, 1, 0, "depth", BOLD, all->is.due + all->is.parked);
	col = number(cells, 1, col, "due", BOLD, all->is.due);
	col = number(cells, 1, col, "leased", CYAN, all->is.leased);
	col = pair(cells, 1, col, "oldest", all->is.oldest_due != 0 ? BOLD : DIM,
		   all->is.oldest_due != 0 ? age_text(frame->now - all->is.oldest_due, text) : "-");
	col = number(cells, 1, col, "parked", BOLD, all->is.parked);
	col = number(cells, 1, col, "expired", YELLOW, all->is.expired);
	number(cells, 1, col, "dead", RED, all->is.dead_lettered);
	col = put(cells, 2, 0, PLAIN, "per second: ");
	col = pair(cells, 2, col, "enqueued", BOLD, rate_text(all->entered, rate));
	col = pair(cells, 2, col, "finished", GREEN, rate_text(all->done, rate));
	col = pair(cells, 2, col, "failed", all->failed > 0 ? RED : DIM,
		   rate_text(all->failed, rate));
	if (frame->since == 0)
		put(cells, 2, col, DIM, "(of the last minute)");
}

static void put_title(struct cells *cells, const struct frame *frame, const struct view *view)
{
	char when[WHEN_TEXT];
	char span[SPAN_TEXT];
	int col = put(cells, 0, 0, BOLD, "cairn top") + 2;
	col = put(cells, 0, col, PLAIN, "%s", view->name) + 2;
	if (frame != NULL)
		col = put(cells, 0, col, PLAIN, "%sZ", when_text(frame->now, when)) + 2;
	if (!view->live)
		return;
	if (view->paused)
		put(cells, 0, col, YELLOW | LOOK_REVERSE, " paused ");
	else
		put(cells, 0, col, DIM, "every %s", span_text(view->interval, span));
}

static void put_trouble(struct cells *cells, const struct view *view)
{
	char span[SPAN_TEXT];
	int row = cells->rows < SMALL ? 2 : 3;
	if (view->trouble == NULL && view->waiting == 0)
		return;
	for (int i = 0; i < cells->cols; i++)
		cells_put(cells, row, i, 1, PLAIN, cairn_str_of(" "));
	if (view->waiting != 0)
		put(cells, row, 0, YELLOW | LOOK_REVERSE, " No answer for %s ",
		    age_text(view->waiting, span));
	else
		put(cells, row, 0, RED | LOOK_REVERSE, " %s, trying again: %s (%s) ",
		    view->lost ? "No connection" : "This could not be read", view->trouble->message,
		    view->trouble->code);
}

static void put_keys(struct cells *cells, const struct view *view)
{
	static const char *const sorts[SORTS] = { "name", "depth", "oldest", "rate" };
	put(cells, cells->rows - 1, 0, DIM,
	    "q quit  p %s  space now  1-9 + - seconds  o order: %s  tab table  arrows scroll",
	    view->paused ? "go on" : "pause", sorts[view->sort]);
}

/* ---- a table ----------------------------------------------------------------------------------- */

struct layout {
	const struct column *columns;
	int count;
	int widths[TOP_COLUMNS];
	bool out[TOP_COLUMNS];
};

static void measure(struct layout *layout, const struct frame *frame, enum section section,
		    size_t from, size_t to)
{
	char text[CELL_TEXT];
	layout->columns = top_columns[section];
	layout->count = 0;
	for (int i = 0; i < TOP_COLUMNS && layout->columns[i].head != NULL; i++) {
		const struct column *column = &layout->columns[i];
		int width = column->least;
		for (size_t row = from; row < to; row++) {
			section_cell(frame, section, row, i, text);
			int columns = text_columns(text, strlen(text));
			width = columns > width ? columns : width;
		}
		layout->widths[i] = width < column->most ? width : column->most;
		layout->out[i] = false;
		layout->count++;
	}
}

static int total(const struct layout *layout)
{
	int width = 0;
	for (int i = 0; i < layout->count; i++)
		width += layout->out[i] ? 0 : layout->widths[i] + GAP;
	return width - GAP;
}

/* Leaves out what has the greatest rank; a column that may be long is cut first. */
static void fit(struct layout *layout, int cols)
{
	int over;
	while ((over = total(layout) - cols) > 0) {
		int last = 0;
		for (int i = 1; i < layout->count; i++) {
			if (!layout->out[i] && layout->columns[i].rank > 0 &&
			    (layout->out[last] ||
			     layout->columns[i].rank > layout->columns[last].rank))
				last = i;
		}
		if (layout->columns[last].rank == 0)
			break;
		int spare = layout->widths[last] - layout->columns[last].least;
		if (spare >= over && !layout->columns[last].right)
			layout->widths[last] -= over;
		else
			layout->out[last] = true;
	}
	over = total(layout) - cols;
	if (over > 0)
		layout->widths[0] = layout->widths[0] > over + 4 ? layout->widths[0] - over : 4;
}

/* Where in the grid the next cell of a row goes. */
struct spot {
	struct cells *cells;
	int row;
	int col;
};

static void put_cell(struct spot *at, const struct layout *layout, int i, uint32_t look,
		     const char *text)
{
	int width = layout->widths[i];
	int columns = text_columns(text, strlen(text));
	int indent = layout->columns[i].right && columns < width ? width - columns : 0;
	if (layout->out[i])
		return;
	cells_put(at->cells, at->row, at->col + indent, width - indent, look, cairn_str_of(text));
	at->col += width + GAP;
}

static void put_heads(struct spot *at, const struct layout *layout, bool focus)
{
	for (int i = 0; i < layout->count; i++)
		put_cell(at, layout, i, PLAIN, layout->columns[i].head);
	cells_look(at->cells, at->row, 0, at->cells->cols, LOOK_REVERSE | (focus ? BOLD : DIM));
}

/* How much of it is seen, at the end of its head. */
static void put_part(struct spot *at, const struct frame *frame, enum section section, size_t from,
		     size_t to)
{
	char text[64];
	size_t n = section_count(frame, section);
	bool cut = section == TOP_WORKERS && frame->workers_cut;
	if (to - from == n && !cut)
		return;
	int len = snprintf(text, sizeof text, "%zu-%zu of %zu%s", from + (n > 0), to, n,
			   cut ? "+" : "");
	int col = at->cells->cols - len - 1;
	if (col >= at->col)
		cells_put(at->cells, at->row, col, len, LOOK_REVERSE, cairn_str_of(text));
}

static void put_rows(struct spot *at, const struct frame *frame, enum section section,
		     const struct layout *layout, size_t from, size_t to)
{
	char text[CELL_TEXT];
	for (size_t row = from; row < to; row++) {
		at->row++;
		at->col = 0;
		for (int i = 0; i < layout->count; i++) {
			uint32_t look = section_cell(frame, section, row, i, text);
			put_cell(at, layout, i, look, text);
		}
	}
}

static void put_table(struct spot *at, const struct frame *frame, struct view *view,
		      enum section section, int rows)
{
	static const char *const nothing[TOP_SECTIONS] = { "no jobs", "no workers", "no failures",
							   "no active schedules" };
	struct layout layout;
	size_t n = section_count(frame, section);
	size_t seen = (size_t)(rows > 1 ? rows - 1 : 0);
	size_t *offset = &view->offset[section];
	bool focus = view->live && section == view->focus;
	if (*offset + seen > n)
		*offset = n > seen ? n - seen : 0;
	size_t to = *offset + seen < n ? *offset + seen : n;
	if (focus)
		view->page = seen;
	measure(&layout, frame, section, *offset, to);
	fit(&layout, at->cells->cols);
	put_heads(at, &layout, focus);
	put_part(at, frame, section, *offset, to);
	if (n == 0 && rows > 1)
		put(at->cells, at->row + 1, 0, DIM, "%s", nothing[section]);
	put_rows(at, frame, section, &layout, *offset, to);
}

/* ---- all of it ----------------------------------------------------------------------------------- */

/* A head, and a row at least for "no …". */
static int wants(const struct frame *frame, enum section section)
{
	size_t n = section_count(frame, section);
	return n == 0 ? 2 : n < 10000 ? (int)n + 1 : 10001;
}

int frame_rows(const struct frame *frame)
{
	int rows = HEAD_ROWS;
	for (int i = 0; i < TOP_SECTIONS; i++)
		rows += wants(frame, (enum section)i) + 1;
	return rows - 1;
}

/* A row at a time to everybody who wants one, first to the one with the focus. */
static void share(const struct frame *frame, const struct view *view, int rows,
		  int given[TOP_SECTIONS])
{
	bool gave = true;
	memset(given, 0, TOP_SECTIONS * sizeof *given);
	if (view->live && rows < LOW) {
		given[view->focus] = rows;
		return;
	}
	while (rows > 0 && gave) {
		gave = false;
		for (int i = 0; i < TOP_SECTIONS && rows > 0; i++) {
			int at = (i + (int)view->focus) % TOP_SECTIONS;
			if (given[at] >= wants(frame, (enum section)at))
				continue;
			given[at]++;
			rows--;
			gave = true;
		}
	}
}

void frame_draw(struct cells *cells, const struct frame *frame, struct view *view)
{
	int given[TOP_SECTIONS];
	bool small = view->live && cells->rows < SMALL;
	cells_blank(cells);
	put_title(cells, frame, view);
	if (frame != NULL)
		put_sums(cells, frame);
	put_trouble(cells, view);
	if (view->live && !small)
		put_keys(cells, view);
	int row = small ? HEAD_ROWS - 1 : HEAD_ROWS;
	int rows = cells->rows - row - (view->live && !small);
	int gap = rows >= 20 || !view->live ? 1 : 0;
	if (rows < 1 || frame == NULL)
		return;
	share(frame, view, rows - gap * (TOP_SECTIONS - 1), given);
	for (int i = 0; i < TOP_SECTIONS; i++) {
		if (given[i] == 0)
			continue;
		struct spot at = { cells, row, 0 };
		put_table(&at, frame, view, (enum section)i, given[i]);
		row += given[i] + gap;
	}
}
