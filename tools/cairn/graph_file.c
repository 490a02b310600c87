/*
 * graph_file.c - reads a graph. Nothing is guessed: a member that is unknown or stands twice, and a value of another
 * type, is refused by name. Documents are handed on as views of their bytes; what a graph must be beyond its
 * form is the library's to judge.
 */
#include "graph_file.h"

#include <stdlib.h>
#include <string.h>

#include "graph_member.h"
#include "scan.h"

struct reader {
	struct scan scan;
	const char *begin;
	struct graph_file *file;
	size_t step_cap;
	size_t edge_count;
	size_t edge_cap;
	size_t after; /* number in the list that is read */
	bool in_step;
	bool in_after;
	char wrong[256];
};

/* ---- refusals ----------------------------------------------------------------------- */

/* "step 3: after 1: what", in front of which stands the file's name. */
static bool refuse(struct reader *reader, const char *name, const char *what)
{
	char step[32] = "";
	char after[32] = "";
	if (reader->in_step)
		snprintf(step, sizeof step, "step %zu: ", reader->file->run.step_count - 1);
	if (reader->in_after)
		snprintf(after, sizeof after, "after %zu: ", reader->after);
	snprintf(reader->wrong, sizeof reader->wrong, "%s%s%s%s%s", step, after, name,
		 *name != '\0' ? " " : "", what);
	return false;
}

static bool malformed(struct reader *reader)
{
	size_t line = 1;
	for (const char *at = reader->begin; at < reader->scan.at; at++)
		line += *at == '\n';
	snprintf(reader->wrong, sizeof reader->wrong, "line %zu: this is not JSON", line);
	return false;
}

static bool unknown(struct reader *reader, cairn_str name)
{
	char shown[48];
	size_t len = 0;
	for (; len < name.len && len < sizeof shown - 1; len++)
		shown[len] = name.ptr[len] >= ' ' && name.ptr[len] <= '~' ? name.ptr[len] : '?';
	shown[len] = '\0';
	return refuse(reader, shown, "is no member that is known here");
}

static bool no_memory(struct reader *reader)
{
	snprintf(reader->wrong, sizeof reader->wrong, "out of memory");
	return false;
}

/* A document is judged as the library does it, while it is known whose it is. */
static bool check_document(struct reader *reader, const char *name, cairn_str document)
{
	static const cairn_step_new gate = { .key = { "gate", 4 }, .kind = CAIRN_STEP_EXTERNAL };
	const cairn_run_new run = {
		.type = { "run", 3 }, .metadata = document, .steps = &gate, .step_count = 1
	};
	cairn_error err = CAIRN_ERROR_INIT;
	if (cairn_run_check(&run, &err) == CAIRN_OK)
		return true;
	char what[192];
	snprintf(what, sizeof what, "is refused: %.100s (%.60s)", err.message, err.code);
	return refuse(reader, name, what);
}

/* ---- objects and arrays ----------------------------------------------------------------- */

static bool read_steps(struct reader *reader, const char *name);
static bool read_after(struct reader *reader, const char *name);

static bool read_value(struct reader *reader, const struct member *member, void *object)
{
	cairn_str value;
	scan_blanks(&reader->scan);
	if (member->shape == STEPS)
		return read_steps(reader, member->name);
	if (member->shape == AFTER)
		return read_after(reader, member->name);
	char *place = reader->scan.at;
	if (!scan_value(&reader->scan, &value))
		return malformed(reader);
	if (!graph_set(member, value, place, object))
		return refuse(reader, member->name, graph_wanted(member->shape));
	return member->shape != DOCUMENT || check_document(reader, member->name, value);
}

static bool read_member(struct reader *reader, const struct member *members, uint32_t *seen,
			void *object)
{
	cairn_str name;
	scan_blanks(&reader->scan);
	char *place = reader->scan.at;
	size_t i = 0;
	if (!scan_value(&reader->scan, &name) || !scan_text(name, place, &name) ||
	    !scan_eat(&reader->scan, ':'))
		return malformed(reader);
	while (members[i].name != NULL && !graph_is(name, members[i].name))
		i++;
	if (members[i].name == NULL)
		return unknown(reader, name);
	if ((*seen & 1u << i) != 0)
		return refuse(reader, members[i].name, "stands twice");
	*seen |= 1u << i;
	return read_value(reader, &members[i], object);
}

/* An object behind its brace. */
static bool read_object(struct reader *reader, const struct member *members, void *object)
{
	uint32_t seen = 0;
	if (scan_eat(&reader->scan, '}'))
		return true;
	do {
		if (!read_member(reader, members, &seen, object))
			return false;
	} while (scan_eat(&reader->scan, ','));
	return scan_eat(&reader->scan, '}') || malformed(reader);
}

/* Whether a list ended behind one of its elements. */
static bool list_ends(struct reader *reader, bool *good)
{
	if (scan_eat(&reader->scan, ','))
		return false;
	*good = scan_eat(&reader->scan, ']') || malformed(reader);
	return true;
}

/* Room for one more; what is there may move. */
static void *grow(void *at, size_t count, size_t *cap, size_t size)
{
	if (count < *cap)
		return at;
	*cap = *cap > 0 ? 2 * *cap : 32;
	return realloc(at, *cap * size);
}

static bool read_edge(struct reader *reader, cairn_dependency *edge)
{
	cairn_str value;
	*edge = (cairn_dependency){ .mode = 0 };
	if (scan_eat(&reader->scan, '{')) {
		if (!read_object(reader, graph_edge_members, edge))
			return false;
		return edge->prerequisite.len > 0 || refuse(reader, "step", "is missing");
	}
	char *place = reader->scan.at;
	if (!scan_value(&reader->scan, &value))
		return malformed(reader);
	if (*value.ptr != '"' || !scan_text(value, place, &edge->prerequisite) ||
	    edge->prerequisite.len == 0)
		return refuse(reader, "", "must be a step's key, or an object");
	return true;
}

static bool read_after(struct reader *reader, const char *name)
{
	struct graph_file *file = reader->file;
	bool good = true;
	if (!scan_eat(&reader->scan, '['))
		return refuse(reader, name, graph_wanted(AFTER));
	if (scan_eat(&reader->scan, ']'))
		return true;
	reader->in_after = true;
	for (reader->after = 0;; reader->after++) {
		cairn_dependency *edges =
			grow(file->edges, reader->edge_count, &reader->edge_cap, sizeof *edges);
		if (edges == NULL)
			return no_memory(reader);
		file->edges = edges;
		scan_blanks(&reader->scan);
		if (!read_edge(reader, &edges[reader->edge_count++]))
			return false;
		file->steps[file->run.step_count - 1].dependency_count++;
		if (list_ends(reader, &good))
			break;
	}
	reader->in_after = false;
	return good;
}

static bool read_step(struct reader *reader, cairn_step_new *step)
{
	*step = (cairn_step_new){ .kind = 0 };
	if (!scan_eat(&reader->scan, '{'))
		return refuse(reader, "", "must be an object");
	if (!read_object(reader, graph_step_members, step))
		return false;
	if (step->key.len == 0)
		return refuse(reader, "key", "is missing");
	if (step->kind != CAIRN_STEP_EXTERNAL && step->type.len == 0)
		return refuse(reader, "type", "is missing");
	return true;
}

static bool read_steps(struct reader *reader, const char *name)
{
	struct graph_file *file = reader->file;
	bool good = true;
	if (!scan_eat(&reader->scan, '['))
		return refuse(reader, name, graph_wanted(STEPS));
	if (scan_eat(&reader->scan, ']'))
		return true;
	do {
		cairn_step_new *steps =
			grow(file->steps, file->run.step_count, &reader->step_cap, sizeof *steps);
		if (steps == NULL)
			return no_memory(reader);
		file->steps = steps;
		reader->in_step = true;
		if (!read_step(reader, &steps[file->run.step_count++]))
			return false;
		reader->in_step = false;
	} while (!list_ends(reader, &good));
	return good;
}

static bool read_graph(struct reader *reader, enum graph_form form)
{
	struct graph_file *file = reader->file;
	if (!scan_eat(&reader->scan, '{'))
		return refuse(reader, "", "this is no JSON object");
	if (!read_object(reader, form == GRAPH_RUN ? graph_run_members : graph_append_members,
			 &file->run))
		return false;
	scan_blanks(&reader->scan);
	if (reader->scan.at != reader->scan.end)
		return malformed(reader);
	if (form == GRAPH_RUN && file->run.type.len == 0)
		return refuse(reader, "type", "is missing");
	return file->run.step_count > 0 || refuse(reader, "steps", "is missing, or empty");
}

int graph_file_take(const struct cli *cli, const char *path, enum graph_form form,
		    struct graph_file *file)
{
	cairn_str text;
	*file = (struct graph_file){ .steps = NULL };
	int code = file_take(cli, path, &text, &file->text);
	if (code >= 0)
		return code;
	struct reader reader = { .begin = file->text, .file = file };
	reader.scan = (struct scan){ .at = file->text, .end = file->text + text.len };
	if (!read_graph(&reader, form))
		return usage_error(cli, "%s: %s", path, reader.wrong);
	/* only now nothing moves any more */
	size_t edge = 0;
	for (size_t i = 0; i < file->run.step_count; i++) {
		if (file->steps[i].dependency_count > 0)
			file->steps[i].dependencies = &file->edges[edge];
		edge += file->steps[i].dependency_count;
	}
	file->run.steps = file->steps;
	return -1;
}

void graph_file_free(struct graph_file *file)
{
	free(file->steps);
	free(file->edges);
	free(file->text);
	*file = (struct graph_file){ .steps = NULL };
}
