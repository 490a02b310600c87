/*
 * run_tree.c - the steps of a run as a tree. A step with several prerequisites stands under the deepest of them, of
 * these the last one, with a mark; siblings that nothing stands under and that are alike are folded. Depth is
 * walked with a stack: a run may be a chain of ten thousand.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "runs.h"
#include "term.h"

#define INDENTS	  12 /* levels of indentation; what is deeper has its number */
#define FOLD_FROM 9  /* so many that are alike are folded */
#define FOLD_KEPT 3  /* to so many */

struct frame {
	size_t next; /* in the list */
	size_t end;
	size_t skip; /* from here … */
	size_t to;   /* … to here they are alike */
};

struct tree {
	const struct picture *picture;
	struct table table;
	cairn_time now;
	bool all;
	bool utf8;
	bool marked;
	size_t *first; /* where each node's children begin in the list; the last one: the roots */
	size_t *list;
	struct frame *frames;
	size_t depth;
};

/* ---- children --------------------------------------------------------------------- */

static size_t parent_of(const struct picture *picture, size_t i)
{
	return picture->nodes[i].under != NOWHERE ? picture->nodes[i].under : picture->count;
}

static void sort_children(const struct picture *picture, size_t *first, size_t *list)
{
	size_t n = picture->count;
	memset(first, 0, (n + 2) * sizeof *first);
	for (size_t i = 0; i < n; i++)
		first[parent_of(picture, i) + 1]++;
	for (size_t i = 0; i <= n; i++)
		first[i + 1] += first[i];
	for (size_t i = 0; i < n; i++)
		list[first[parent_of(picture, i)]++] = i;
	/* each beginning is now where its own end is */
	memmove(first + 1, first, (n + 1) * sizeof *first);
	*first = 0;
}

static bool is_leaf(const struct tree *tree, size_t i)
{
	return tree->first[i] == tree->first[i + 1];
}

static bool alike(const struct tree *tree, size_t a, size_t b)
{
	const struct node *x = &tree->picture->nodes[a];
	const struct node *y = &tree->picture->nodes[b];
	return is_leaf(tree, a) && is_leaf(tree, b) && x->status == y->status &&
	       x->kind == y->kind && x->type.len == y->type.len &&
	       (x->type.len == 0 || memcmp(x->type.ptr, y->type.ptr, x->type.len) == 0);
}

/* Of many siblings those that are alike stand together, in the order of their first. */
static void gather(struct tree *tree, size_t begin, size_t end)
{
	size_t *list = tree->list;
	if (end - begin < FOLD_FROM)
		return;
	size_t *others = calloc(end - begin, sizeof *others);
	while (others != NULL && begin < end) {
		size_t kept = begin;
		size_t left = 0;
		size_t one = list[begin];
		for (size_t i = begin; i < end; i++) {
			if (i == begin || alike(tree, one, list[i]))
				list[kept++] = list[i];
			else
				others[left++] = list[i];
		}
		memcpy(list + kept, others, left * sizeof *others);
		/* many of a kind make few rounds; many kinds are not worth it */
		if (kept == begin + 1 && left > 256)
			break;
		begin = kept;
	}
	free(others);
}

/* ---- rows --------------------------------------------------------------------------- */

static void put_prefix(const struct tree *tree, FILE *to)
{
	size_t from = 1;
	if (tree->depth > INDENTS) {
		from = tree->depth - INDENTS + 1;
		fprintf(to, "%zu ", tree->depth);
	}
	for (size_t i = from; i < tree->depth; i++) {
		bool more = tree->frames[i].next < tree->frames[i].end;
		fputs(more ? (tree->utf8 ? "│  " : "|  ") : "   ", to);
	}
	if (tree->depth == 0)
		return;
	bool more = tree->frames[tree->depth].next < tree->frames[tree->depth].end;
	if (tree->utf8)
		fputs(more ? "├─ " : "└─ ", to);
	else
		fputs(more ? "|- " : "`- ", to);
}

/* The first cell of a row; `text` behind the lines of the tree. */
static void name_cell(struct tree *tree, cairn_str text, const char *mark)
{
	char *prefix = NULL;
	size_t len;
	FILE *to = open_memstream(&prefix, &len);
	if (to != NULL) {
		put_prefix(tree, to);
		fclose(to);
	}
	table_cell(&tree->table, PLAIN, "%s%.*s%s", prefix != NULL ? prefix : "", (int)text.len,
		   text.ptr, mark);
	free(prefix);
}

static void note(struct tree *tree, const cairn_step *step)
{
	char span[SPAN_TEXT];
	if (step->error_code.len > 0)
		table_cell(&tree->table, PLAIN, "%.*s: %.*s", (int)step->error_code.len,
			   step->error_code.ptr, (int)step->error_message.len,
			   step->error_message.len > 0 ? step->error_message.ptr : "");
	else if (step->status == CAIRN_STEP_WAITING_FOR_EXTERNAL && step->deadline_at > tree->now)
		table_cell(&tree->table, PLAIN, "for %s more",
			   span_text(step->deadline_at - tree->now, span));
	else if (step->status == CAIRN_STEP_WAITING_FOR_EXTERNAL && step->deadline_at != 0)
		table_cell(&tree->table, PLAIN, "its time is over");
	else if (step->status == CAIRN_STEP_BLOCKED)
		table_cell(&tree->table, DIM, "waits for %" PRId32 " of %" PRId32, step->pending,
			   step->prerequisites);
	else
		table_text(&tree->table, PLAIN, step->status_reason);
}

static void times(struct tree *tree, const cairn_step *step)
{
	char when[WHEN_TEXT];
	char span[SPAN_TEXT];
	cairn_time began = step->started_at != 0 ? step->started_at : step->released_at;
	cairn_time ended = step->finished_at != 0 ? step->finished_at : tree->now;
	table_cell(&tree->table, PLAIN, "%s", when_text(began, when));
	if (began != 0 && (step->started_at != 0 || step->kind == CAIRN_STEP_EXTERNAL))
		table_cell(&tree->table, PLAIN, "%s", span_text(ended - began, span));
	else
		table_cell(&tree->table, DIM, "-");
}

static void tries(struct tree *tree, const cairn_step *step)
{
	if (step->run_number > 1)
		table_cell(&tree->table, PLAIN, "%" PRId32 ".%" PRId32 "/%" PRId32,
			   step->run_number, step->attempt, step->max_attempts);
	else if (step->run_number == 1)
		table_cell(&tree->table, PLAIN, "%" PRId32 "/%" PRId32, step->attempt,
			   step->max_attempts);
	else
		table_cell(&tree->table, DIM, "-");
}

static void node_row(struct tree *tree, size_t i)
{
	const struct node *node = &tree->picture->nodes[i];
	char mark[48] = "";
	if (node->others > 0)
		snprintf(mark, sizeof mark, " +%zu", node->others);
	tree->marked = tree->marked || node->others > 0;
	name_cell(tree, node->key, mark);
	if (node_is_gate(node))
		table_cell(&tree->table, DIM, "(gate)");
	else
		table_text(&tree->table, PLAIN, node->type);
	table_cell(&tree->table, step_status_color(node->status), "%s",
		   cairn_step_status_text(node->status));
	tries(tree, node->step);
	times(tree, node->step);
	note(tree, node->step);
}

static void folded_row(struct tree *tree, size_t i, size_t count)
{
	const struct node *node = &tree->picture->nodes[i];
	char more[48];
	snprintf(more, sizeof more, "… %zu more", count);
	name_cell(tree, cairn_str_of(more), "");
	table_text(&tree->table, DIM, node->type);
	table_cell(&tree->table, step_status_color(node->status), "%s",
		   cairn_step_status_text(node->status));
	for (int column = 3; column < 7; column++)
		table_cell(&tree->table, DIM, "-");
}

/* ---- the walk -------------------------------------------------------------------------- */

static void enter(struct tree *tree, size_t depth, size_t node)
{
	struct frame *frame = &tree->frames[depth];
	*frame = (struct frame){ .next = tree->first[node], .end = tree->first[node + 1] };
	if (!tree->all)
		gather(tree, frame->next, frame->end);
	tree->depth = depth;
}

/* Where a row of those that are alike begins: whether it is to be folded. */
static void look_ahead(const struct tree *tree, struct frame *frame)
{
	size_t end = frame->next + 1;
	if (tree->all || frame->next < frame->to)
		return;
	while (end < frame->end && alike(tree, tree->list[frame->next], tree->list[end]))
		end++;
	frame->to = end;
	frame->skip = end - frame->next >= FOLD_FROM ? frame->next + FOLD_KEPT : end;
}

static void walk(struct tree *tree)
{
	enter(tree, 0, tree->picture->count);
	for (;;) {
		struct frame *frame = &tree->frames[tree->depth];
		if (frame->next == frame->end) {
			if (tree->depth == 0)
				return;
			tree->depth--;
			continue;
		}
		look_ahead(tree, frame);
		size_t i = tree->list[frame->next];
		if (!tree->all && frame->next == frame->skip && frame->skip < frame->to) {
			size_t count = frame->to - frame->skip;
			frame->next = frame->to;
			folded_row(tree, i, count);
			continue;
		}
		frame->next++;
		node_row(tree, i);
		if (!is_leaf(tree, i))
			enter(tree, tree->depth + 1, i);
	}
}

void run_tree(const struct cli *cli, const struct picture *picture, cairn_time now, bool all)
{
	static const char *const heads[] = { "STEP",  "TYPE",  "STATUS", ">TRIES",
					     "BEGAN", ">TOOK", "NOTE",	 NULL };
	struct tree tree = { .picture = picture, .now = now, .all = all, .utf8 = term_utf8() };
	tree.first = calloc(picture->count + 2, sizeof *tree.first);
	tree.list = calloc(picture->count + 1, sizeof *tree.list);
	tree.frames = calloc(picture->count + 1, sizeof *tree.frames);
	table_begin(&tree.table, cli, heads);
	if (tree.first != NULL && tree.list != NULL && tree.frames != NULL) {
		sort_children(picture, tree.first, tree.list);
		walk(&tree);
	} else {
		fprintf(stderr, "cairn: out of memory\n");
	}
	table_end(&tree.table);
	if (tree.marked)
		printf("\n+N: it waits for N more, which stand elsewhere\n");
	free(tree.first);
	free(tree.list);
	free(tree.frames);
}
