/*
 * picture.c - a graph as it is drawn: nodes, edges by number, and where each node stands in a tree. A run is read
 * page by page; what is appended meanwhile may have edges to steps that were not seen, which are left out.
 */
#include <stdlib.h>
#include <string.h>

#include "runs.h"

static cairn_status no_memory(cairn_error *err)
{
	outcome_error(err, CAIRN_NOMEM, CAIRN_E_NOMEM);
	return CAIRN_NOMEM;
}

/* Room for `more` behind `count`; NULL: no memory, what is there stays. */
static void *room(void *at, size_t count, size_t more, size_t size)
{
	return realloc(at, (count + more) * size);
}

bool node_is_gate(const struct node *node)
{
	return node->kind == CAIRN_STEP_EXTERNAL;
}

void picture_free(struct picture *picture)
{
	for (size_t i = 0; i < picture->page_count; i++)
		cairn_free(picture->pages[i]);
	free(picture->pages);
	free(picture->nodes);
	free(picture->edges);
	*picture = (struct picture){ .count = 0 };
}

/* ---- where nodes stand ----------------------------------------------------------------- */

/* The numbers of the edges by where they come from: those of a node begin at first[node]. */
static void sort_edges(const struct picture *picture, size_t *first, size_t *list)
{
	memset(first, 0, (picture->count + 1) * sizeof *first);
	for (size_t i = 0; i < picture->edge_count; i++)
		first[picture->edges[i].from + 1]++;
	for (size_t i = 0; i < picture->count; i++)
		first[i + 1] += first[i];
	for (size_t i = 0; i < picture->edge_count; i++)
		list[first[picture->edges[i].from]++] = i;
	/* each beginning is now where its node's edges end */
	memmove(first + 1, first, picture->count * sizeof *first);
	*first = 0;
}

static void stand_under(struct picture *picture, size_t from, size_t to)
{
	struct node *node = &picture->nodes[to];
	const struct node *nodes = picture->nodes;
	if (node->under == NOWHERE || nodes[from].depth > nodes[node->under].depth ||
	    (nodes[from].depth == nodes[node->under].depth && from > node->under))
		node->under = from;
	if (nodes[from].depth + 1 > node->depth)
		node->depth = nodes[from].depth + 1;
}

/* Takes node after node whose prerequisites are all placed. work: room for count + 1, edges, 2 * count. */
static void place(struct picture *picture, size_t *work)
{
	size_t *first = work;
	size_t *list = first + picture->count + 1;
	size_t *waits = list + picture->edge_count;
	size_t *todo = waits + picture->count;
	size_t count = 0;
	sort_edges(picture, first, list);
	memset(waits, 0, picture->count * sizeof *waits);
	for (size_t i = 0; i < picture->edge_count; i++)
		waits[picture->edges[i].to]++;
	for (size_t i = 0; i < picture->count; i++) {
		picture->nodes[i].under = NOWHERE;
		picture->nodes[i].others = waits[i] > 0 ? waits[i] - 1 : 0;
		if (waits[i] == 0)
			todo[count++] = i;
	}
	for (size_t done = 0; done < count; done++) {
		for (size_t i = first[todo[done]]; i < first[todo[done] + 1]; i++) {
			size_t to = picture->edges[list[i]].to;
			stand_under(picture, todo[done], to);
			if (--waits[to] == 0)
				todo[count++] = to;
		}
	}
}

static cairn_status place_all(struct picture *picture, cairn_error *err)
{
	size_t *work = calloc(3 * picture->count + picture->edge_count + 1, sizeof *work);
	if (work == NULL)
		return no_memory(err);
	place(picture, work);
	free(work);
	return CAIRN_OK;
}

/* ---- a run -------------------------------------------------------------------------------- */

static cairn_status add_page(struct picture *picture, cairn_steps *page, cairn_error *err)
{
	cairn_steps **pages = room(picture->pages, picture->page_count, 1, sizeof(cairn_steps *));
	if (pages != NULL)
		picture->pages = pages;
	struct node *nodes = room(picture->nodes, picture->count, page->count, sizeof *nodes);
	if (nodes != NULL)
		picture->nodes = nodes;
	if (pages == NULL || nodes == NULL) {
		cairn_free(page);
		return no_memory(err);
	}
	pages[picture->page_count++] = page;
	for (size_t i = 0; i < page->count; i++) {
		const cairn_step *step = &page->at[i];
		nodes[picture->count++] = (struct node){
			.key = step->key,
			.type = step->type,
			.kind = step->kind,
			.status = step->status,
			.step = step,
		};
	}
	return CAIRN_OK;
}

static cairn_status load_steps(cairn_conn *conn, cairn_step_filter *filter, struct picture *picture,
			       cairn_error *err)
{
	cairn_status st;
	size_t got = 0;
	do {
		cairn_steps *page = NULL;
		st = cairn_run_steps(conn, filter, &page, err);
		if (st != CAIRN_OK || page->count == 0) {
			cairn_free(page);
			break;
		}
		got = page->count;
		filter->after = page->at[got - 1].id;
		st = add_page(picture, page, err);
	} while (st == CAIRN_OK && got == filter->limit);
	return st;
}

/* Steps are ordered by id. */
static size_t find(const struct picture *picture, cairn_id id)
{
	size_t low = 0;
	size_t high = picture->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (cairn_id_compare(picture->nodes[middle].step->id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < picture->count && cairn_id_compare(picture->nodes[low].step->id, id) == 0
		       ? low
		       : NOWHERE;
}

static cairn_status add_edges(struct picture *picture, const cairn_run_edges_result *page,
			      cairn_error *err)
{
	struct edge *edges = room(picture->edges, picture->edge_count, page->count, sizeof *edges);
	if (edges == NULL)
		return no_memory(err);
	picture->edges = edges;
	for (size_t i = 0; i < page->count; i++) {
		struct edge edge = { .from = find(picture, page->at[i].prerequisite),
				     .to = find(picture, page->at[i].dependent),
				     .mode = page->at[i].mode };
		if (edge.from != NOWHERE && edge.to != NOWHERE)
			edges[picture->edge_count++] = edge;
	}
	return CAIRN_OK;
}

static cairn_status load_edges(cairn_conn *conn, cairn_edge_filter *filter, struct picture *picture,
			       cairn_error *err)
{
	cairn_run_edges_result *page = NULL;
	cairn_status st;
	size_t got = 0;
	do {
		st = cairn_run_edges(conn, filter, &page, err);
		got = st == CAIRN_OK ? page->count : 0;
		if (got == 0)
			break;
		filter->after_dependent = page->at[got - 1].dependent;
		filter->after_prerequisite = page->at[got - 1].prerequisite;
		st = add_edges(picture, page, err);
	} while (st == CAIRN_OK && got == filter->limit);
	cairn_free(page);
	return st;
}

cairn_status picture_load(const struct cli *cli, cairn_conn *conn, cairn_id run, bool compact,
			  struct picture *picture, cairn_error *err)
{
	cairn_step_filter steps = { .size = sizeof steps,
				    .scope = cli_scope(cli),
				    .run = run,
				    .limit = RUNS_PAGE,
				    .compact = compact ? 1 : 0 };
	cairn_edge_filter edges = {
		.size = sizeof edges, .scope = cli_scope(cli), .run = run, .limit = RUNS_PAGE
	};
	*picture = (struct picture){ .count = 0 };
	cairn_status st = load_steps(conn, &steps, picture, err);
	if (st == CAIRN_OK)
		st = load_edges(conn, &edges, picture, err);
	return st == CAIRN_OK ? place_all(picture, err) : st;
}

/* ---- a file --------------------------------------------------------------------------------- */

struct named {
	cairn_str key;
	size_t number;
};

static int compare(cairn_str a, cairn_str b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len > 0 ? memcmp(a.ptr, b.ptr, len) : 0;
	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int by_key(const void *a, const void *b)
{
	return compare(((const struct named *)a)->key, ((const struct named *)b)->key);
}

static void draw_file(const cairn_run_new *run, struct picture *picture, struct named *names)
{
	for (size_t i = 0; i < run->step_count; i++) {
		const cairn_step_new *step = &run->steps[i];
		picture->nodes[i] =
			(struct node){ .key = step->key, .type = step->type, .kind = step->kind };
		names[i] = (struct named){ step->key, i };
	}
	picture->count = run->step_count;
	qsort(names, picture->count, sizeof *names, by_key);
	for (size_t i = 0; i < run->step_count; i++) {
		for (size_t k = 0; k < run->steps[i].dependency_count; k++) {
			const cairn_dependency *edge = &run->steps[i].dependencies[k];
			const struct named wanted = { .key = edge->prerequisite };
			const struct named *found =
				bsearch(&wanted, names, picture->count, sizeof *names, by_key);
			picture->edges[picture->edge_count++] = (struct edge){
				.from = found->number,
				.to = i,
				.mode = edge->mode != 0 ? edge->mode : CAIRN_RELEASE_ON_TERMINAL,
			};
		}
	}
}

cairn_status picture_of_file(const struct graph_file *file, struct picture *picture,
			     cairn_error *err)
{
	size_t edges = 0;
	for (size_t i = 0; i < file->run.step_count; i++)
		edges += file->steps[i].dependency_count;
	*picture = (struct picture){ .count = 0 };
	picture->nodes = calloc(file->run.step_count, sizeof *picture->nodes);
	picture->edges = calloc(edges + 1, sizeof *picture->edges);
	struct named *names = calloc(file->run.step_count, sizeof *names);
	cairn_status st = CAIRN_OK;
	if (picture->nodes == NULL || picture->edges == NULL || names == NULL)
		st = no_memory(err);
	else
		draw_file(&file->run, picture, names);
	free(names);
	return st == CAIRN_OK ? place_all(picture, err) : st;
}
