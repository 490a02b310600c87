/*
 * enqueue_lines.c - `cairn enqueue --ndjson`: lines in, thousands of jobs a
 * transaction. A bad line is reported with its number and leaves the others alone.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "enqueue.h"
#include "json.h"
#include "table.h"

/* Batches gain little beyond some hundred; a commit should not take long, nor much memory. */
#define BATCH_LINES 2000
#define BATCH_BYTES ((size_t)16 * 1024 * 1024)
#define TRIES	    8

struct entry {
	char *text;
	uint64_t line;
	cairn_job_new job;
	cairn_job_added added;
	cairn_status status; /* not OK: refused before or by the library */
	char code[64];
	char reason[256];
};

struct load {
	const struct cli *cli;
	cairn_conn *conn;
	const cairn_job_new *template;
	struct entry *entries;
	size_t count;
	size_t bytes;
	cairn_job_new *jobs;
	cairn_job_added *each;
	size_t *places;
	uint64_t line;
	uint64_t inserted;
	uint64_t existing;
	uint64_t refused;
	cairn_status first_bad;
	cairn_time began;
	cairn_time shown;
};

/* ---- telling ----------------------------------------------------------------------- */

static void progress(struct load *load, bool last)
{
	char done[NUMBER_TEXT];
	char bad[NUMBER_TEXT];
	char rate[NUMBER_TEXT];
	cairn_time now = wall_clock();
	if (load->cli->json || !isatty(STDERR_FILENO))
		return;
	if (!last && now - load->shown < 100 * CAIRN_MILLISECOND)
		return;
	load->shown = now;
	if (last) {
		fputs("\r\033[K", stderr);
		return;
	}
	cairn_usec spent = now - load->began > 0 ? now - load->began : 1;
	uint64_t total = load->inserted + load->existing;
	fprintf(stderr, "\r\033[K%s enqueued, %s refused, %s/s", number_text((int64_t)total, done),
		number_text((int64_t)load->refused, bad),
		number_text((int64_t)((double)total * CAIRN_SECOND / (double)spent), rate));
}

static void tell_json(const struct entry *entry)
{
	struct json json = json_begin(stdout);
	json_int(&json, "line", (int64_t)entry->line);
	json_id(&json, "id", entry->added.id);
	if (entry->status == CAIRN_OK) {
		json_z(&json, "disposition",
		       entry->added.disposition == CAIRN_EXISTING ? "EXISTING" : "INSERTED");
		json_z(&json, "status", cairn_job_status_text(entry->added.job_status));
		json_int(&json, "run_number", entry->added.run_number);
	} else {
		json_open(&json, "error");
		json_z(&json, "status", cairn_status_text(entry->status));
		json_z(&json, "code", entry->code);
		json_z(&json, "message", entry->reason);
		json_close(&json);
	}
	json_end(&json);
}

static void tell(struct load *load, const struct entry *entry)
{
	if (entry->status != CAIRN_OK) {
		load->refused++;
		if (load->first_bad == CAIRN_OK)
			load->first_bad = entry->status;
	} else if (entry->added.disposition == CAIRN_EXISTING) {
		load->existing++;
	} else {
		load->inserted++;
	}
	if (load->cli->json)
		tell_json(entry);
	else if (entry->status != CAIRN_OK)
		fprintf(stderr, "%sline %" PRIu64 ": %s (%s)\n",
			isatty(STDERR_FILENO) ? "\r\033[K" : "", entry->line, entry->reason,
			entry->code);
}

static void refuse(struct entry *entry, cairn_status status, const char *code, const char *reason)
{
	entry->status = status;
	snprintf(entry->code, sizeof entry->code, "%s", code);
	snprintf(entry->reason, sizeof entry->reason, "%s", reason);
}

/* ---- sending --------------------------------------------------------------------------- */

static size_t good_ones(struct load *load)
{
	size_t n = 0;
	for (size_t i = 0; i < load->count; i++) {
		if (load->entries[i].status != CAIRN_OK)
			continue;
		load->jobs[n] = load->entries[i].job;
		load->places[n++] = i;
	}
	return n;
}

static void nap(int try)
{
	cairn_usec span = (cairn_usec)(20 << try) * CAIRN_MILLISECOND;
	struct timespec spec = { .tv_sec = (time_t)(span / CAIRN_SECOND),
				 .tv_nsec = (long)(span % CAIRN_SECOND) * 1000 };
	nanosleep(&spec, NULL);
}

static void take_outcomes(struct load *load, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct entry *entry = &load->entries[load->places[i]];
		entry->added = load->each[i];
		if (entry->added.status != CAIRN_OK)
			refuse(entry, entry->added.status, cairn_code_text(entry->added.code),
			       cairn_code_message(entry->added.code));
	}
}

/* A malformed line fails the call before any I/O: it is taken out and the rest sent again. */
static cairn_status send(struct load *load, cairn_error *err)
{
	for (int try = 0;;) {
		size_t n = good_ones(load);
		*err = (cairn_error)CAIRN_ERROR_INIT;
		if (n == 0)
			return CAIRN_OK;
		cairn_status st = cairn_job_enqueue(load->conn, load->jobs, n, load->each, err);
		bool malformed = st == CAIRN_INVALID || st == CAIRN_TOO_LARGE;
		if (st == CAIRN_OK) {
			take_outcomes(load, n);
			return CAIRN_OK;
		}
		if (malformed && err->index >= 0 && (size_t)err->index < n)
			refuse(&load->entries[load->places[err->index]], st, err->code,
			       err->message);
		else if (cairn_status_retryable(st) && try < TRIES)
			nap(try++);
		else
			return st;
	}
}

static int give_up(struct load *load, const cairn_error *err)
{
	progress(load, true);
	if (!load->cli->json)
		fprintf(stderr, "cairn: lines %" PRIu64 " to %" PRIu64 " %s enqueued\n",
			load->entries[0].line, load->entries[load->count - 1].line,
			err->status == CAIRN_UNCERTAIN ? "may or may not have been" : "were not");
	return failed(load->cli, err);
}

static int flush(struct load *load)
{
	cairn_error err;
	int code = -1;
	if (load->count == 0)
		return code;
	if (send(load, &err) != CAIRN_OK)
		code = give_up(load, &err);
	for (size_t i = 0; i < load->count; i++) {
		if (code < 0)
			tell(load, &load->entries[i]);
		free(load->entries[i].text);
	}
	load->count = load->bytes = 0;
	if (code < 0)
		progress(load, false);
	return code;
}

/* ---- reading ---------------------------------------------------------------------------- */

static bool blank(const char *text, size_t len)
{
	return strspn(text, " \t\r\n") >= len;
}

static void add(struct load *load, char *text, size_t len)
{
	struct entry *entry = &load->entries[load->count++];
	*entry = (struct entry){ .text = text, .line = load->line, .job = *load->template };
	load->bytes += len;
	const char *wrong =
		memchr(text, '\0', len) != NULL ? "a NUL byte" : line_parse(text, len, &entry->job);
	if (wrong == NULL && entry->job.type.len == 0)
		wrong = "no type";
	if (wrong != NULL)
		refuse(entry, CAIRN_INVALID, "line.invalid", wrong);
}

static int read_all(struct load *load, FILE *from)
{
	for (;;) {
		char *text = NULL;
		size_t cap = 0;
		ssize_t len = getline(&text, &cap, from);
		load->line++;
		if (len < 0) {
			free(text);
			break;
		}
		if (blank(text, (size_t)len)) {
			free(text);
			continue;
		}
		add(load, text, (size_t)len);
		if (load->count < BATCH_LINES && load->bytes < BATCH_BYTES)
			continue;
		int code = flush(load);
		if (code >= 0)
			return code;
	}
	if (ferror(from)) {
		fprintf(stderr, "cairn: the input could not be read to its end\n");
		flush(load);
		return EXIT_OTHER;
	}
	return flush(load);
}

static void summary(const struct load *load)
{
	char n[3][NUMBER_TEXT];
	char spent[SPAN_TEXT];
	if (load->cli->json)
		return;
	printf("enqueued %s, already there %s, refused %s, in %s\n",
	       number_text((int64_t)load->inserted, n[0]),
	       number_text((int64_t)load->existing, n[1]),
	       number_text((int64_t)load->refused, n[2]),
	       span_text(wall_clock() - load->began, spent));
}

int enqueue_lines(const struct cli *cli, cairn_conn *conn, FILE *from,
		  const cairn_job_new *template)
{
	struct load load = { .cli = cli, .conn = conn, .template = template };
	int code = EXIT_OTHER;
	load.began = load.shown = wall_clock();
	load.entries = calloc(BATCH_LINES, sizeof *load.entries);
	load.jobs = calloc(BATCH_LINES, sizeof *load.jobs);
	load.each = calloc(BATCH_LINES, sizeof *load.each);
	load.places = calloc(BATCH_LINES, sizeof *load.places);
	if (load.entries != NULL && load.jobs != NULL && load.each != NULL && load.places != NULL)
		code = read_all(&load, from);
	else
		fprintf(stderr, "cairn: out of memory\n");
	progress(&load, true);
	summary(&load);
	free(load.entries);
	free(load.jobs);
	free(load.each);
	free(load.places);
	if (code >= 0)
		return code;
	uint64_t good = load.inserted + load.existing;
	return batch_exit((size_t)(good + load.refused), (size_t)load.refused, load.first_bad);
}
