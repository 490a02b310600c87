/*
 * script.c - the language of migrations here: just enough of SQL for scripts that
 * are meant to run on every driver.
 *
 *	CREATE TABLE name ( … );          a table, empty
 *	DROP TABLE name;                  and all rows of it
 *	INSERT INTO name VALUES ( … );    one row, which is only counted
 *	DELETE FROM name;                 all rows
 *	SELECT count(*) FROM name         in gates
 *
 * Key words in any case, `--` comments, '…' texts. Everything else is an error.
 */
#include <string.h>

#include "mem.h"

struct scanner {
	const char *at;
	const char *end;
};

/* ---- words ------------------------------------------------------------------ */

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static void skip_blank(struct scanner *scan)
{
	while (scan->at < scan->end) {
		bool comment = scan->end - scan->at > 1 && scan->at[0] == '-' && scan->at[1] == '-';
		if (comment) {
			while (scan->at < scan->end && *scan->at != '\n')
				scan->at++;
		} else if (is_space(*scan->at)) {
			scan->at++;
		} else {
			return;
		}
	}
}

/* The next word, or the absent text. */
static cairn_str take_word(struct scanner *scan)
{
	skip_blank(scan);
	const char *start = scan->at;
	while (scan->at < scan->end && is_word(*scan->at))
		scan->at++;
	return (cairn_str){ start, (size_t)(scan->at - start) };
}

static bool take_char(struct scanner *scan, char c)
{
	skip_blank(scan);
	if (scan->at == scan->end || *scan->at != c)
		return false;
	scan->at++;
	return true;
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool word_is(cairn_str word, const char *keyword)
{
	size_t i = 0;
	while (i < word.len && keyword[i] == upper(word.ptr[i]))
		i++;
	return i == word.len && keyword[i] == '\0';
}

static bool take_keyword(struct scanner *scan, const char *keyword)
{
	return word_is(take_word(scan), keyword);
}

static bool take_name(struct scanner *scan, cairn_str *name)
{
	*name = take_word(scan);
	return name->len > 0;
}

/* From an opening parenthesis to the one that closes it, both included. */
static bool take_group(struct scanner *scan, cairn_str *group)
{
	skip_blank(scan);
	const char *start = scan->at;
	int depth = 0;
	bool quoted = false;
	while (scan->at < scan->end) {
		if (!quoted)
			skip_blank(scan); /* a comment may hold any character */
		if (scan->at == scan->end)
			return false;
		char c = *scan->at;
		if (depth == 0 && c != '(')
			return false;
		if (c == '\'')
			quoted = !quoted;
		else if (c == '(' && !quoted)
			depth++;
		else if (c == ')' && !quoted)
			depth--;
		scan->at++;
		if (depth == 0) {
			*group = (cairn_str){ start, (size_t)(scan->at - start) };
			return true;
		}
	}
	return false;
}

/* A statement ends with a semicolon, the last one also with the script. */
static bool take_end(struct scanner *scan)
{
	return take_char(scan, ';') || scan->at == scan->end;
}

/* ---- tables ------------------------------------------------------------------ */

static const struct mem_object *find_object(const struct mem_state *state, cairn_str name)
{
	struct mem_object key = { .object.name = name };
	return cairn_mem__find(state, MEM_SCHEMA, &key);
}

/* The table in which the driver keeps rows under this name; MEM_TABLES: there is none. */
static enum mem_table own_table(cairn_str name)
{
	enum mem_table table = MEM_DEFINITIONS;
	while (table < MEM_TABLES && !cairn_str_is(name, cairn_mem__kind(table)->name))
		table++;
	return table;
}

/* ---- statements: CAIRN_E_NONE, or why not --------------------------------------- */

static cairn_code create_table(struct mem_state *state, struct scanner *scan)
{
	struct mem_object table = { .object.object = CAIRN_STR("table") };
	if (!take_keyword(scan, "TABLE") || !take_name(scan, &table.object.name) ||
	    !take_group(scan, &table.object.definition) || !take_end(scan))
		return CAIRN_E_MIGRATION_FAILED;
	if (find_object(state, table.object.name) != NULL)
		return CAIRN_E_MIGRATION_FAILED;
	return cairn_mem__put(state, MEM_SCHEMA, &table) == 0 ? CAIRN_E_NONE : CAIRN_E_NOMEM;
}

static cairn_code drop_table(struct mem_state *state, struct scanner *scan)
{
	struct mem_object table = { .rows = 0 };
	if (!take_keyword(scan, "TABLE") || !take_name(scan, &table.object.name) ||
	    !take_end(scan) || find_object(state, table.object.name) == NULL)
		return CAIRN_E_MIGRATION_FAILED;
	enum mem_table own = own_table(table.object.name);
	if (own != MEM_TABLES)
		cairn_mem__clear(state, own);
	return cairn_mem__remove(state, MEM_SCHEMA, &table) == 0 ? CAIRN_E_NONE : CAIRN_E_NOMEM;
}

/* Rows of the driver's own tables are not made by scripts: what would be in them? */
static cairn_code insert_row(struct mem_state *state, struct scanner *scan)
{
	cairn_str name;
	cairn_str values;
	if (!take_keyword(scan, "INTO") || !take_name(scan, &name) ||
	    !take_keyword(scan, "VALUES") || !take_group(scan, &values) || !take_end(scan))
		return CAIRN_E_MIGRATION_FAILED;
	const struct mem_object *table = find_object(state, name);
	if (table == NULL || own_table(name) != MEM_TABLES)
		return CAIRN_E_MIGRATION_FAILED;
	struct mem_object next = *table;
	next.rows++;
	return cairn_mem__put(state, MEM_SCHEMA, &next) == 0 ? CAIRN_E_NONE : CAIRN_E_NOMEM;
}

static cairn_code delete_rows(struct mem_state *state, struct scanner *scan)
{
	cairn_str name;
	if (!take_keyword(scan, "FROM") || !take_name(scan, &name) || !take_end(scan))
		return CAIRN_E_MIGRATION_FAILED;
	const struct mem_object *table = find_object(state, name);
	if (table == NULL)
		return CAIRN_E_MIGRATION_FAILED;
	enum mem_table own = own_table(name);
	if (own != MEM_TABLES)
		cairn_mem__clear(state, own);
	struct mem_object next = *table;
	next.rows = 0;
	return cairn_mem__put(state, MEM_SCHEMA, &next) == 0 ? CAIRN_E_NONE : CAIRN_E_NOMEM;
}

static cairn_code statement(struct mem_state *state, struct scanner *scan)
{
	cairn_str verb = take_word(scan);
	if (word_is(verb, "CREATE"))
		return create_table(state, scan);
	if (word_is(verb, "DROP"))
		return drop_table(state, scan);
	if (word_is(verb, "INSERT"))
		return insert_row(state, scan);
	if (word_is(verb, "DELETE"))
		return delete_rows(state, scan);
	return CAIRN_E_MIGRATION_FAILED;
}

cairn_status cairn_mem__script_run(struct mem_state *state, cairn_str script, cairn_error *err)
{
	struct scanner scan = { script.ptr, script.ptr + script.len };
	cairn_code failure = CAIRN_E_NONE;
	int number = 0;
	skip_blank(&scan);
	while (scan.at < scan.end && failure == CAIRN_E_NONE) {
		number++;
		failure = statement(state, &scan);
		skip_blank(&scan);
	}
	if (failure == CAIRN_E_NONE)
		return CAIRN_OK;
	cairn_status status = cairn_fail(err, failure);
	cairn_error_detail(err, "statement %d of the script could not be run", number);
	return status;
}

cairn_status cairn_mem__script_count(const struct mem_state *state, cairn_str query, int64_t *count,
				     cairn_error *err)
{
	struct scanner scan = { query.ptr, query.ptr + query.len };
	cairn_str name;
	bool good = take_keyword(&scan, "SELECT") && take_keyword(&scan, "COUNT") &&
		    take_char(&scan, '(') && take_char(&scan, '*') && take_char(&scan, ')') &&
		    take_keyword(&scan, "FROM") && take_name(&scan, &name) && take_end(&scan);
	if (!good) {
		cairn_fail(err, CAIRN_E_DB_FAILED);
		cairn_error_detail(err, "a gate must read: SELECT count(*) FROM name");
		return CAIRN_DRIVER;
	}
	const struct mem_object *table = find_object(state, name);
	if (table == NULL)
		return cairn_fail(err, CAIRN_E_DB_SCHEMA);
	enum mem_table own = own_table(name);
	*count = own != MEM_TABLES ? (int64_t)cairn_mem__count(state, own) : table->rows;
	return CAIRN_OK;
}
