/*
 * top.c - `cairn top`: options, and the loop that waits for keys, signals, frames and time. It
 * never talks to the database itself while it has the terminal: the reader does.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "json.h"
#include "table.h"
#include "term.h"
#include "top.h"

#define SHORTEST (100 * CAIRN_MILLISECOND)
#define LONGEST	 CAIRN_HOUR
/* Without a terminal nothing says how wide a line may be. */
#define PLAIN_WIDTH 120

struct top {
	struct cli *cli;
	struct top_opts opts;
	struct view view;
	struct reader reader;
	struct frame *frame; /* the last one that went well */
	cairn_error trouble;
	bool reading;
	cairn_usec due;	  /* when the next frame is read */
	cairn_usec asked; /* when the last one was */
	struct cells now;
	struct cells drawn;
	bool stale; /* what is on the screen is not known */
	bool color;
	bool quit;
	int signal; /* to die of; 0: none */
};

/* ---- drawing ------------------------------------------------------------------------------ */

/* How long the database has been silent, once that is worth a word. */
static cairn_usec silence(const struct top *top)
{
	cairn_usec span = top->reading ? top_clock() - top->asked : 0;
	return span >= 2 * CAIRN_SECOND ? span : 0;
}

/* One write for all that changed, so that nobody sees half a frame. */
static void draw(struct top *top)
{
	char *bytes = NULL;
	size_t len = 0;
	top->view.waiting = silence(top);
	frame_draw(&top->now, top->frame, &top->view);
	FILE *to = open_memstream(&bytes, &len);
	if (to == NULL)
		return;
	cells_draw(to, &top->now, top->stale ? NULL : &top->drawn, top->color);
	if (fclose(to) == 0 && len > 0 && term_write(bytes, len) != 0)
		top->quit = true;
	free(bytes);
	struct cells swap = top->drawn;
	top->drawn = top->now;
	top->now = swap;
	top->stale = false;
}

static void resize(struct top *top)
{
	int rows;
	int cols;
	term_size(&rows, &cols);
	if (cells_size(&top->now, rows, cols) != 0 || cells_size(&top->drawn, rows, cols) != 0)
		top->quit = true;
	top->stale = true;
}

/* ---- frames ------------------------------------------------------------------------------- */

static void ask(struct top *top)
{
	if (top->reading)
		return;
	top->reading = true;
	top->asked = top_clock();
	reader_ask(&top->reader, top->frame);
}

/* A database that answers slowly is left alone for as long as it took. */
static void take(struct top *top)
{
	struct frame *frame = NULL;
	if (!top->reading || !reader_take(&top->reader, &frame))
		return;
	cairn_usec now = top_clock();
	top->reading = false;
	top->due = top->asked + top->view.interval;
	if (top->due < now + (now - top->asked))
		top->due = now + (now - top->asked);
	if (frame == NULL)
		return;
	if (frame->status == CAIRN_OK) {
		frame_free(top->frame);
		top->frame = frame;
		frame_sort(frame, top->view.sort);
		top->view.trouble = NULL;
		return;
	}
	top->trouble = frame->err;
	top->view.trouble = &top->trouble;
	top->view.lost = frame->lost;
	frame_free(frame);
}

/* ---- keys --------------------------------------------------------------------------------- */

static void set_interval(struct top *top, cairn_usec interval)
{
	if (interval < SHORTEST)
		interval = SHORTEST;
	top->view.interval = interval < LONGEST ? interval : LONGEST;
	top->due = top->asked + top->view.interval;
}

static void scroll(struct view *view, ptrdiff_t by)
{
	size_t *offset = &view->offset[view->focus];
	if (by < 0 && (size_t)-by > *offset)
		*offset = 0;
	else
		*offset += (size_t)by;
}

static void focus(struct view *view, int by)
{
	view->focus = (enum section)(((int)view->focus + by + TOP_SECTIONS) % TOP_SECTIONS);
}

static void on_motion(struct view *view, int key)
{
	ptrdiff_t page = view->page > 1 ? (ptrdiff_t)view->page : 1;
	if (key == KEY_UP || key == 'k')
		scroll(view, -1);
	else if (key == KEY_DOWN || key == 'j')
		scroll(view, 1);
	else if (key == KEY_PAGE_UP)
		scroll(view, -page);
	else if (key == KEY_PAGE_DOWN)
		scroll(view, page);
	else if (key == KEY_HOME)
		view->offset[view->focus] = 0;
	else if (key == KEY_END)
		scroll(view, 100000);
	else if (key == '\t' || key == KEY_RIGHT)
		focus(view, 1);
	else if (key == KEY_BACKTAB || key == KEY_LEFT)
		focus(view, -1);
}

static void on_key(struct top *top, int key)
{
	if (key == 'q' || key == 'Q') {
		top->quit = true;
	} else if (key == 'p' || key == 'P') {
		top->view.paused = !top->view.paused;
	} else if (key == ' ') {
		ask(top);
	} else if (key >= '1' && key <= '9') {
		set_interval(top, (key - '0') * CAIRN_SECOND);
	} else if (key == '+' || key == '=') {
		set_interval(top, top->view.interval * 2);
	} else if (key == '-') {
		set_interval(top, top->view.interval / 2);
	} else if (key == 'o' || key == 'O') {
		top->view.sort = (enum top_sort)((top->view.sort + 1) % SORTS);
		if (top->frame != NULL)
			frame_sort(top->frame, top->view.sort);
	} else if (key == 12) { /* ^L */
		top->stale = true;
	} else {
		on_motion(&top->view, key);
	}
}

/* ---- the loop ------------------------------------------------------------------------------- */

static void on_event(struct top *top, int event)
{
	switch (event) {
	case 0:
		take(top);
		break;
	case SIGWINCH:
		resize(top);
		break;
	case SIGTSTP:
		term_suspend();
		resize(top);
		break;
	default:
		top->signal = event;
		top->quit = true;
	}
}

static int wait_ms(const struct top *top)
{
	if (top->reading)
		return 1000; /* to say how long that takes */
	if (top->view.paused)
		return -1;
	cairn_usec left = top->due - top_clock();
	return left > 0 ? (int)((left + 999) / 1000) : 0;
}

static void step(struct top *top)
{
	int keys[32];
	struct pollfd fds[] = { { .fd = term_key_fd(), .events = POLLIN },
				{ .fd = term_event_fd(), .events = POLLIN } };
	if (poll(fds, 2, wait_ms(top)) < 0 && errno != EINTR)
		top->quit = true;
	for (int event = term_event(); event >= 0; event = term_event())
		on_event(top, event);
	int n = term_keys(keys, sizeof keys / sizeof keys[0]);
	if (n < 0)
		top->quit = true;
	for (int i = 0; i < n; i++)
		on_key(top, keys[i]);
	if (!top->view.paused && top_clock() >= top->due)
		ask(top);
}

static int live(struct top *top, cairn_conn *conn)
{
	if (term_open() != 0) {
		cairn_close(conn);
		fprintf(stderr, "cairn: the terminal can't be used: %s\n", strerror(errno));
		return EXIT_OTHER;
	}
	if (reader_start(&top->reader, top->cli, &top->opts, conn) != 0) {
		term_close();
		cairn_close(conn);
		fprintf(stderr, "cairn: no thread could be started\n");
		return EXIT_OTHER;
	}
	resize(top);
	while (!top->quit) {
		draw(top);
		step(top);
	}
	term_close();
	bool joined = reader_stop(&top->reader);
	if (top->signal != 0)
		term_die(top->signal);
	if (!joined)
		_exit(EXIT_FINE); /* the thread is inside the database's library */
	return EXIT_FINE;
}

/* ---- without a terminal ---------------------------------------------------------------------- */

static int put_plain(struct top *top)
{
	size_t width = terminal_width(stdout);
	frame_sort(top->frame, top->view.sort);
	if (cells_size(&top->now, frame_rows(top->frame),
		       width > 0 && width < 1000 ? (int)width : PLAIN_WIDTH) != 0)
		return EXIT_OTHER;
	frame_draw(&top->now, top->frame, &top->view);
	cells_print(stdout, &top->now);
	return EXIT_FINE;
}

static void rest(cairn_usec span)
{
	struct timespec left = { (time_t)(span / CAIRN_SECOND),
				 (long)(span % CAIRN_SECOND) * 1000 };
	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		;
}

/* What failed is said on the standard error, and tried again unless it was to be one frame. */
static int put_frame(struct top *top, struct top_source *source, bool last)
{
	cairn_error err = CAIRN_ERROR_INIT;
	if (source->conn == NULL) {
		cairn_conn *conn = NULL;
		if (db_connect(top->cli, false, NULL, &conn, &err) != CAIRN_OK) {
			cairn_close(conn);
			return failed(top->cli, &err);
		}
		source->conn = conn;
	}
	struct frame *frame = frame_read(source);
	if (frame == NULL)
		outcome_error(&err, CAIRN_NOMEM, CAIRN_E_NOMEM);
	if (frame == NULL)
		return failed(top->cli, &err);
	if (frame->status != CAIRN_OK) {
		int code = failed(top->cli, &frame->err);
		frame_free(frame);
		cairn_close(source->conn);
		source->conn = NULL;
		return code;
	}
	frame_free(top->frame);
	top->frame = frame;
	source->before = frame;
	if (!top->cli->json)
		return put_plain(top);
	frame_json(frame, stdout);
	return fflush(stdout) != 0 && !last ? EXIT_OTHER : EXIT_FINE;
}

static int lines(struct top *top, cairn_conn *conn, uint32_t frames)
{
	struct top_source source = { .conn = conn, .opts = &top->opts };
	int code = EXIT_FINE;
	for (uint32_t n = 1; frames == 0 || n <= frames; n++) {
		code = put_frame(top, &source, n == frames);
		if (ferror(stdout) || n == frames)
			break;
		if (!top->cli->json)
			putchar('\n');
		rest(top->view.interval);
	}
	cairn_close(source.conn);
	return code;
}

/* ---- the command ------------------------------------------------------------------------------ */

/* An URL may hold a password: of those with a host only the scheme is shown. */
static void name_of(const char *url, char name[128])
{
	const char *end = strstr(url, "://");
	size_t len = end != NULL ? (size_t)(end - url) : strcspn(url, "?");
	snprintf(name, 128, "%.*s", (int)(len < 127 ? len : 127), url);
}

static bool can_be_live(const struct cli *cli, bool once)
{
	const char *term = getenv("TERM");
	return !once && !cli->json && isatty(STDOUT_FILENO) && term != NULL && *term != '\0' &&
	       strcmp(term, "dumb") != 0;
}

static int show(struct top *top, cairn_conn *conn, bool once, uint32_t frames)
{
	char name[128];
	name_of(top->cli->db, name);
	top->view.name = name;
	top->view.sort = SORT_DEPTH;
	top->view.interval = top->opts.interval;
	top->view.live = frames == 0 && can_be_live(top->cli, once);
	int code;
	if (top->view.live) {
		top->color = colored(top->cli, stdout);
		top->now.ascii = top->drawn.ascii = !term_utf8();
		code = live(top, conn);
	} else {
		code = lines(top, conn, frames == 0 && (once || !top->cli->json) ? 1 : frames);
	}
	frame_free(top->frame);
	cells_free(&top->now);
	cells_free(&top->drawn);
	return code;
}

int cmd_top(struct cli *cli, int argc, char **argv)
{
	struct top top = { .cli = cli, .opts = { .interval = 2 * CAIRN_SECOND } };
	bool once = false;
	uint32_t frames = 0;
	const struct opt opts[] = {
		{ "queue", 'q', OPT_TEXT, &top.opts.queue, "NAME", "only this queue", NULL },
		{ "interval", 'i', OPT_SPAN, &top.opts.interval, "DURATION",
		  "between two frames; default 2s", NULL },
		{ "once", '1', OPT_FLAG, &once, NULL, "one frame as plain text, or with --json",
		  NULL },
		{ "frames", 'n', OPT_COUNT, &frames, "N", "so many, one below the other", NULL },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	int code = args_parse(cli, opts, &argc, argv);
	if (code < 0 && argc > 0)
		code = usage_error(cli, "top takes no operands");
	if (code < 0 && (top.opts.interval < SHORTEST || top.opts.interval > LONGEST))
		code = usage_error(cli, "--interval: from 100ms to 1h");
	if (code < 0 && once && frames > 0)
		code = usage_error(cli, "--once and --frames exclude each other");
	cairn_conn *conn = NULL;
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code >= 0)
		return code;
	top.opts.scope = cli_scope(cli);
	return show(&top, conn, once, frames);
}
