/*
 * schema.c - what a schema looks like, as text to be compared: tables, columns,
 * constraints, indexes, views, triggers. SQLite keeps the statement that made each object
 * (and keeps it up to date when a table is altered), and some constraints stand nowhere
 * else. So the statements are read: white space and comments go, a table is taken apart.
 */
#include <ctype.h>
#include <string.h>

#include "lite.h"

/* ---- a statement without white space and comments ----------------------- */

static bool wordlike(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80 ||
	       c == '"' || c == '\'' || c == '`' || c == '[' || c == ']';
}

/* The length of a quoted piece, of white space, or of a comment at text; 0: none of them. */
static size_t quoted(const char *text, size_t len)
{
	char close = *text == '[' ? ']' : *text;
	if (strchr("\"'`[", *text) == NULL || *text == '\0')
		return 0;
	size_t i = 1;
	while (i < len && text[i] != close)
		i++;
	return i < len ? i + 1 : len;
}

static size_t blank(const char *text, size_t len)
{
	size_t i = 0;
	if (len > 1 && text[0] == '-' && text[1] == '-') {
		while (i < len && text[i] != '\n')
			i++;
		return i;
	}
	if (len > 1 && text[0] == '/' && text[1] == '*') {
		for (i = 2; i + 1 < len && (text[i] != '*' || text[i + 1] != '/'); i++)
			continue;
		return i + 1 < len ? i + 2 : len;
	}
	while (i < len && isspace((unsigned char)text[i]))
		i++;
	return i;
}

/* A blank stays, as one space, only where it parts two words. out has room for len bytes. */
static size_t squeeze(const char *text, size_t len, char *out)
{
	size_t n = 0;
	bool gap = false;
	for (size_t i = 0; i < len;) {
		size_t skip = blank(text + i, len - i);
		if (skip > 0) {
			gap = true;
			i += skip;
			continue;
		}
		size_t piece = quoted(text + i, len - i);
		if (piece == 0)
			piece = 1;
		if (gap && n > 0 && wordlike(out[n - 1]) && wordlike(text[i]))
			out[n++] = ' ';
		gap = false;
		memcpy(out + n, text + i, piece);
		n += piece;
		i += piece;
	}
	return n;
}

/* ---- pieces ------------------------------------------------------------- */

static bool push(cairn_rows *rows, const char *object, cairn_str name, cairn_str definition)
{
	cairn_object *row = cairn_rows_push(rows);
	if (row == NULL)
		return false;
	row->object = cairn_str_of(object);
	row->name = cairn_rows_str(rows, name.ptr, name.len);
	row->definition = cairn_rows_str(rows, definition.ptr, definition.len);
	return true;
}

/* "table.piece" */
static bool push_part(cairn_rows *rows, const char *object, cairn_str table, cairn_str part,
		      cairn_str definition)
{
	char *name = cairn_rows_alloc(rows, table.len + part.len + 2);
	if (name == NULL)
		return false;
	memcpy(name, table.ptr, table.len);
	name[table.len] = '.';
	memcpy(name + table.len + 1, part.ptr, part.len);
	return push(rows, object, (cairn_str){ name, table.len + 1 + part.len }, definition);
}

/* The first word of a text, without its quotes. */
static cairn_str word(cairn_str text)
{
	size_t len = quoted(text.ptr, text.len);
	if (len >= 2)
		return (cairn_str){ text.ptr + 1, len - 2 };
	while (len < text.len && wordlike(text.ptr[len]))
		len++;
	return (cairn_str){ text.ptr, len };
}

static bool is_word(cairn_str text, const char *keyword)
{
	size_t len = strlen(keyword);
	return word(text).ptr == text.ptr && word(text).len == len &&
	       sqlite3_strnicmp(text.ptr, keyword, (int)len) == 0;
}

/* A column or a constraint of a table. An unnamed constraint is known by what it says. */
static bool push_item(cairn_rows *rows, cairn_str table, cairn_str item)
{
	static const char *const keywords[] = { "PRIMARY", "UNIQUE", "CHECK", "FOREIGN" };
	if (is_word(item, "CONSTRAINT")) {
		size_t skip = strlen("CONSTRAINT ");
		cairn_str rest = { item.ptr + skip, item.len - skip };
		return push_part(rows, "constraint", table, word(rest), item);
	}
	for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
		if (is_word(item, keywords[i]))
			return push_part(rows, "constraint", table, item, item);
	}
	return push_part(rows, "column", table, word(item), item);
}

/* The length of an item: up to a comma or the closing parenthesis at its own level. */
static size_t item_length(const char *text, size_t len)
{
	int depth = 0;
	for (size_t i = 0; i < len;) {
		size_t piece = quoted(text + i, len - i);
		if (piece > 0) {
			i += piece;
			continue;
		}
		if (depth == 0 && (text[i] == ',' || text[i] == ')'))
			return i;
		depth += (text[i] == '(') - (text[i] == ')');
		i++;
	}
	return len;
}

/* "CREATE TABLE name(item,item,…)options": the items, and the options as the table itself. */
static bool push_table(cairn_rows *rows, cairn_str name, cairn_str sql)
{
	size_t at = 0;
	while (at < sql.len && sql.ptr[at] != '(') {
		size_t piece = quoted(sql.ptr + at, sql.len - at);
		at += piece > 0 ? piece : 1;
	}
	if (at == sql.len || is_word((cairn_str){ sql.ptr + 7, sql.len - 7 }, "VIRTUAL"))
		return push(rows, "table", name, sql);
	do {
		at++;
		size_t len = item_length(sql.ptr + at, sql.len - at);
		if (!push_item(rows, name, (cairn_str){ sql.ptr + at, len }))
			return false;
		at += len;
	} while (at < sql.len && sql.ptr[at] == ',');
	if (at < sql.len)
		at++;
	return push(rows, "table", name, (cairn_str){ sql.ptr + at, sql.len - at });
}

/* ---- slots -------------------------------------------------------------- */

static cairn_str column(sqlite3_stmt *stmt, int at)
{
	const void *bytes = sqlite3_column_text(stmt, at);
	return (cairn_str){ bytes, (size_t)sqlite3_column_bytes(stmt, at) };
}

static bool push_object(sqlite3_stmt *stmt, cairn_rows *rows)
{
	cairn_str type = column(stmt, 0);
	cairn_str name = column(stmt, 1);
	cairn_str table = column(stmt, 2);
	cairn_str sql = column(stmt, 3);
	if (type.ptr == NULL || name.ptr == NULL || table.ptr == NULL || sql.ptr == NULL)
		return false;
	char *text = cairn_rows_alloc(rows, sql.len + 1);
	if (text == NULL)
		return false;
	cairn_str squeezed = { text, squeeze(sql.ptr, sql.len, text) };
	if (cairn_str_is(type, "table"))
		return push_table(rows, name, squeezed);
	if (cairn_str_is(type, "view"))
		return push(rows, "view", name, squeezed);
	return push_part(rows, cairn_str_is(type, "index") ? "index" : "trigger", table, name,
			 squeezed);
}

static cairn_status describe(struct lite *lite, sqlite3 *db, cairn_rows *rows, cairn_error *err)
{
	sqlite3_stmt *stmt = NULL;
	cairn_status status = CAIRN_OK;
	int rc = sqlite3_prepare_v2(db, cairn_lite__sql[LITE_OBJECTS], -1, &stmt, NULL);
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(stmt);
		if (rc == SQLITE_ROW && !push_object(stmt, rows)) {
			status = cairn_fail(err, CAIRN_E_NOMEM);
			break;
		}
	}
	if (status == CAIRN_OK && rc != SQLITE_DONE)
		status = cairn_lite__fail_on(lite, db, rc, err);
	sqlite3_finalize(stmt);
	return status;
}

/* A database of its own in memory, gone with its handle. */
static cairn_status describe_scratch(struct lite *lite, const cairn_str *scripts, size_t n,
				     cairn_rows *rows, cairn_error *err)
{
	sqlite3 *db = NULL;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	int rc = sqlite3_open_v2(":memory:", &db, flags, NULL);
	cairn_status status = CAIRN_OK;
	if (db == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	if (rc != SQLITE_OK)
		status = cairn_lite__fail_on(lite, db, rc, err);
	for (size_t i = 0; i < n && status == CAIRN_OK; i++)
		status = cairn_lite__script_run(lite, db, scripts[i], err);
	if (status == CAIRN_OK)
		status = describe(lite, db, rows, err);
	sqlite3_close(db);
	return status;
}

cairn_status cairn_lite__migration_describe(void *self, const cairn_str *scripts, size_t n,
					    cairn_rows *rows, cairn_error *err)
{
	struct lite *lite = self;
	cairn_status status = cairn_lite__enter(lite, err);
	if (status != CAIRN_OK)
		return status;
	if (scripts != NULL)
		return describe_scratch(lite, scripts, n, rows, err);
	return describe(lite, lite->db, rows, err);
}
