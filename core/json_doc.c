/*
 * json_doc.c - documents as trees; the only file that knows cJSON.
 *
 * cJSON turns numbers into doubles, so it never sees one: each is handed over as a text
 * that starts with a byte no valid UTF-8 has. Its parser writes a variable of the whole process,
 * hence the mutex; nothing else here needs it.
 */
#include "json_doc.h"

#include <pthread.h>
#include <string.h>

#include <cJSON.h>

#include <cairn/sys/host.h>
#include <cairn/sys/json.h>

#define NUMBER '\xff'

static pthread_mutex_t parsing = PTHREAD_MUTEX_INITIALIZER;

static bool in_number(char c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static size_t string_length(const char *at, const char *end)
{
	const char *start = at++;
	while (at < end && *at != '"')
		at += *at == '\\' ? 2 : 1;
	return (size_t)(at - start) + 1;
}

static size_t number_length(const char *at, const char *end)
{
	const char *start = at;
	while (at < end && in_number(*at))
		at++;
	return (size_t)(at - start);
}

/* The document with its numbers as marked texts. */
static void mark_numbers(cairn_str text, cairn_text *marked)
{
	static const char open[] = { '"', NUMBER };
	const char *at = text.ptr;
	const char *end = text.ptr + text.len;
	while (at < end) {
		size_t len = 1;
		bool number = *at == '-' || (*at >= '0' && *at <= '9');
		if (*at == '"')
			len = string_length(at, end);
		else if (number)
			len = number_length(at, end);
		if (number)
			cairn_text_add(marked, open, sizeof open);
		cairn_text_add(marked, at, len);
		if (number)
			cairn_text_add(marked, "\"", 1);
		at += len;
	}
}

cairn_status cairn__doc_parse(cairn_str text, cairn__node **root, cairn_error *err)
{
	cairn_text marked = { .ptr = NULL };
	cJSON *tree = NULL;
	const char *parsed_to;
	mark_numbers(text, &marked);
	if (!marked.failed) {
		pthread_mutex_lock(&parsing);
		tree = cJSON_ParseWithLengthOpts(marked.ptr, marked.len, &parsed_to, 0);
		pthread_mutex_unlock(&parsing);
	}
	cairn_text_clear(&marked);
	*root = (cairn__node *)(void *)tree;
	return tree != NULL ? CAIRN_OK : cairn_fail(err, CAIRN_E_NOMEM);
}

static cJSON *open_node(cairn__node *node)
{
	return (cJSON *)(void *)node;
}

static const cJSON *look(const cairn__node *node)
{
	return (const cJSON *)(const void *)node;
}

static const cairn__node *show(const cJSON *item)
{
	return (const cairn__node *)(const void *)item;
}

void cairn__doc_free(cairn__node *root)
{
	cJSON_Delete(open_node(root));
}

bool cairn__node_is_object(const cairn__node *node)
{
	return cJSON_IsObject(look(node));
}

const cairn__node *cairn__node_first(const cairn__node *parent)
{
	return show(look(parent)->child);
}

const cairn__node *cairn__node_next(const cairn__node *node)
{
	return show(look(node)->next);
}

cairn_str cairn__node_name(const cairn__node *node)
{
	return cairn_str_of(look(node)->string);
}

const cairn__node *cairn__node_member(const cairn__node *object, const char *name)
{
	return show(cJSON_GetObjectItemCaseSensitive(look(object), name));
}

bool cairn__node_int(const cairn__node *node, int64_t *value)
{
	const cJSON *item = look(node);
	if (!cJSON_IsString(item) || item->valuestring[0] != NUMBER)
		return false;
	const char *digit = item->valuestring + 1;
	bool negative = *digit == '-';
	digit += negative;
	int64_t sum = 0;
	if (strlen(digit) > 18) /* nineteen digits may not fit */
		return false;
	for (; *digit >= '0' && *digit <= '9'; digit++)
		sum = sum * 10 + (*digit - '0');
	*value = negative ? -sum : sum;
	return *digit == '\0';
}
