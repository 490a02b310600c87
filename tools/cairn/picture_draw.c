/*
 * picture_draw.c - graphs for other programs to lay out: DOT and Mermaid. A status is a colour in the one and a
 * class in the other; gates are hexagons; an edge that only waits for an end is dashed.
 */
#include <string.h>

#include "cells.h"
#include "runs.h"

/* Fill and line of a status; of 0, what does not run. */
static const struct look {
	const char *fill;
	const char *line;
} looks[] = {
	[0] = { "#ffffff", "#555555" },
	[CAIRN_STEP_BLOCKED] = { "#eeeeee", "#888888" },
	[CAIRN_STEP_WAITING_FOR_EXTERNAL] = { "#fff2b3", "#b38600" },
	[CAIRN_STEP_ENQUEUED] = { "#dde8ff", "#4a6fc4" },
	[CAIRN_STEP_RUNNING] = { "#aee3f5", "#0b7a9b" },
	[CAIRN_STEP_SUCCEEDED] = { "#c8eac0", "#3a7d2c" },
	[CAIRN_STEP_FAILED] = { "#f6b8b3", "#b3261e" },
	[CAIRN_STEP_CANCELED] = { "#e3d5c3", "#8a6d3b" },
};

/* Puts text a character at a time; `escape` has what must not stand there as it is, or NULL. */
static void put_text(FILE *to, cairn_str text, const char *(*escape)(uint32_t point))
{
	for (size_t at = 0; at < text.len;) {
		uint32_t point = 0;
		size_t len = text_harmless(text.ptr + at, text.len - at, &point);
		const char *instead = escape(point);
		if (instead != NULL)
			fputs(instead, to);
		else if (point == ' ' || point == '?')
			fputc((int)point, to); /* it may stand for something else */
		else
			fwrite(text.ptr + at, 1, len, to);
		at += len;
	}
}

/* ---- DOT ----------------------------------------------------------------------------- */

static const char *dot_escape(uint32_t point)
{
	if (point == '"')
		return "\\\"";
	return point == '\\' ? "\\\\" : NULL;
}

static void dot_node(FILE *to, const struct node *node, size_t i)
{
	const struct look *look = &looks[node->status];
	fprintf(to, "\ts%zu [label=\"", i);
	put_text(to, node->key, dot_escape);
	if (node->type.len > 0) {
		fputs("\\n", to);
		put_text(to, node->type, dot_escape);
	}
	if (node->status != 0)
		fprintf(to, "\\n%s", cairn_step_status_text(node->status));
	fprintf(to, "\"%s, fillcolor=\"%s\", color=\"%s\"];\n",
		node_is_gate(node) ? ", shape=hexagon" : "", look->fill, look->line);
}

void picture_dot(FILE *to, const struct picture *picture, cairn_str name)
{
	fputs("digraph \"", to);
	put_text(to, name, dot_escape);
	fputs("\" {\n\trankdir=LR;\n\tnode [shape=box, style=\"rounded,filled\"];\n", to);
	for (size_t i = 0; i < picture->count; i++)
		dot_node(to, &picture->nodes[i], i);
	for (size_t i = 0; i < picture->edge_count; i++) {
		const struct edge *edge = &picture->edges[i];
		fprintf(to, "\ts%zu -> s%zu%s;\n", edge->from, edge->to,
			edge->mode == CAIRN_RELEASE_ON_SUCCESS ? "" : " [style=dashed]");
	}
	fputs("}\n", to);
}

/* ---- Mermaid ------------------------------------------------------------------------------ */

/* Labels are read as Markdown and HTML. */
static const char *mermaid_escape(uint32_t point)
{
	static const struct {
		char c;
		const char *instead;
	} escapes[] = {
		{ '"', "#quot;" }, { '#', "#35;" }, { '<', "#lt;" },  { '>', "#gt;" },
		{ '&', "#amp;" },  { '`', "#96;" }, { '*', "#42;" },  { '_', "#95;" },
		{ '[', "#91;" },   { ']', "#93;" }, { '{', "#123;" }, { '}', "#125;" },
		{ '\\', "#92;" },
	};
	for (size_t i = 0; i < sizeof escapes / sizeof escapes[0]; i++) {
		if (point == (unsigned char)escapes[i].c)
			return escapes[i].instead;
	}
	return NULL;
}

static void mermaid_node(FILE *to, const struct node *node, size_t i)
{
	fprintf(to, "\ts%zu%s\"", i, node_is_gate(node) ? "{{" : "(");
	put_text(to, node->key, mermaid_escape);
	if (node->type.len > 0) {
		fputs("<br/>", to);
		put_text(to, node->type, mermaid_escape);
	}
	fprintf(to, "\"%s", node_is_gate(node) ? "}}" : ")");
	if (node->status != 0)
		fprintf(to, ":::%s", cairn_step_status_text(node->status));
	fputs("\n", to);
}

static void mermaid_classes(FILE *to)
{
	for (int i = CAIRN_STEP_BLOCKED; i <= CAIRN_STEP_CANCELED; i++)
		fprintf(to, "\tclassDef %s fill:%s,stroke:%s,color:#000000\n",
			cairn_step_status_text((enum cairn_step_status)i), looks[i].fill,
			looks[i].line);
}

void picture_mermaid(FILE *to, const struct picture *picture)
{
	fputs("flowchart LR\n", to);
	for (size_t i = 0; i < picture->count; i++)
		mermaid_node(to, &picture->nodes[i], i);
	for (size_t i = 0; i < picture->edge_count; i++) {
		const struct edge *edge = &picture->edges[i];
		fprintf(to, "\ts%zu %s s%zu\n", edge->from,
			edge->mode == CAIRN_RELEASE_ON_SUCCESS ? "-->" : "-.->", edge->to);
	}
	if (picture->count > 0 && picture->nodes[0].status != 0)
		mermaid_classes(to);
}

/* ---- JSON --------------------------------------------------------------------------------- */

void picture_json(struct json *json, const struct picture *picture)
{
	json_array(json, "steps");
	for (size_t i = 0; i < picture->count; i++) {
		const struct node *node = &picture->nodes[i];
		json_open(json, NULL);
		json_text(json, "key", node->key);
		json_z(json, "kind",
		       cairn_step_kind_text(node->kind != 0 ? node->kind : CAIRN_STEP_JOB));
		json_text(json, "type", node->type);
		json_z(json, "status", cairn_step_status_text(node->status));
		json_close(json);
	}
	json_array_end(json);
	json_array(json, "edges");
	for (size_t i = 0; i < picture->edge_count; i++) {
		const struct edge *edge = &picture->edges[i];
		json_open(json, NULL);
		json_text(json, "prerequisite", picture->nodes[edge->from].key);
		json_text(json, "dependent", picture->nodes[edge->to].key);
		json_z(json, "mode", cairn_release_mode_text(edge->mode));
		json_close(json);
	}
	json_array_end(json);
}
