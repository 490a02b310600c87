/*
 * migration_plan.c - the refusals in their order, and which versions a call runs.
 * No I/O: everything is decided from the set and the recorded history.
 */
#include "migration_plan.h"

#include <string.h>

cairn_status cairn__refuse(cairn_error *err, cairn_code code, int64_t version)
{
	cairn_status st = cairn_fail(err, code);
	const char *text = cairn_code_message(code);
	size_t len = strlen(text);
	cairn_error_message(err, "%.*s (version %lld)", (int)(len > 0 ? len - 1 : 0), text,
			    (long long)version);
	return st;
}

/* Every directive of this name has a value, a gate a query behind its name. */
static int directives_whole(cairn_str script, const char *name, int two_parts)
{
	size_t at = 0;
	for (;;) {
		cairn_str rest;
		cairn_str value = cairn__directive_next(script, name, &at);
		if (value.ptr == NULL)
			return 1;
		if (value.len == 0)
			return 0;
		cairn__first_word(value, &rest);
		if (two_parts && rest.len == 0)
			return 0;
	}
}

static int script_whole(cairn_str script)
{
	return script.len > 0 && directives_whole(script, "since", 0) &&
	       directives_whole(script, "gate", 1) && directives_whole(script, "validate", 0);
}

cairn_status cairn__set_check(const cairn_migration *set, size_t count, cairn_error *err)
{
	for (size_t i = 0; i < count; i++) {
		int whole = set[i].version == (int64_t)i + 1 && set[i].name != NULL &&
			    set[i].name[0] != '\0' && script_whole(set[i].up) &&
			    (set[i].reserved_[0] | set[i].reserved_[1]) == 0;
		if (!whole)
			return cairn__refuse(err, CAIRN_E_MIGRATION_SET, (int64_t)i + 1);
	}
	return CAIRN_OK;
}

const cairn_history *cairn__recorded(struct cairn__line *line, int64_t version)
{
	for (size_t i = 0; i < line->history.count; i++) {
		const cairn_history *row = cairn_rows_at(&line->history, i);
		if (row->version == version)
			return row;
	}
	return NULL;
}

const cairn_migration *cairn__script(const struct cairn__line *line, int64_t version)
{
	int known = version >= 1 && (uint64_t)version <= line->count;
	return known ? &line->set[version - 1] : NULL;
}

int64_t cairn__newest(struct cairn__line *line)
{
	int64_t newest = 0;
	for (size_t i = 0; i < line->history.count; i++) {
		const cairn_history *row = cairn_rows_at(&line->history, i);
		if (row->version > newest)
			newest = row->version;
	}
	return newest;
}

enum cairn_migration_state cairn__state(struct cairn__line *line, int64_t version)
{
	const cairn_history *row = cairn__recorded(line, version);
	const cairn_migration *script = cairn__script(line, version);
	if (row == NULL)
		return CAIRN_MIGRATION_PENDING;
	if (script != NULL) {
		char hex[65];
		cairn__migration_hex(script, hex);
		if (!cairn_str_is(row->checksum, hex))
			return CAIRN_MIGRATION_EDITED;
	}
	if (!row->success)
		return CAIRN_MIGRATION_DIRTY;
	return script != NULL ? CAIRN_MIGRATION_APPLIED : CAIRN_MIGRATION_UNKNOWN;
}

/* The lowest recorded version in a state. */
static const cairn_history *lowest_in(struct cairn__line *line, enum cairn_migration_state state)
{
	for (size_t i = 0; i < line->history.count; i++) {
		const cairn_history *row = cairn_rows_at(&line->history, i);
		if (cairn__state(line, row->version) != state)
			continue;
		/* what a newer library added without breaking older ones is no obstacle */
		if (state == CAIRN_MIGRATION_UNKNOWN && row->additive)
			continue;
		return row;
	}
	return NULL;
}

cairn_status cairn__verify(struct cairn__line *line, cairn_error *err)
{
	static const struct {
		enum cairn_migration_state state;
		cairn_code code;
	} refusals[] = {
		{ CAIRN_MIGRATION_EDITED, CAIRN_E_MIGRATION_CHECKSUM },
		{ CAIRN_MIGRATION_DIRTY, CAIRN_E_MIGRATION_DIRTY },
		{ CAIRN_MIGRATION_UNKNOWN, CAIRN_E_MIGRATION_UNKNOWN },
	};
	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
		const cairn_history *row = lowest_in(line, refusals[i].state);
		if (row != NULL)
			return cairn__refuse(err, refusals[i].code, row->version);
	}
	return CAIRN_OK;
}

static cairn_status check_down(struct cairn__line *line, cairn_error *err)
{
	int64_t target = line->opts.target;
	if (target == 0 || target < -1) {
		cairn_fail(err, CAIRN_E_MIGRATION_TARGET);
		cairn_error_message(err, "Migrating down needs a target version.");
		return CAIRN_INVALID;
	}
	if (target > 0 && cairn__script(line, target) == NULL)
		return cairn__refuse(err, CAIRN_E_MIGRATION_TARGET, target);
	for (int64_t version = cairn__newest(line); version > target && version > 0; version--) {
		if (cairn__recorded(line, version) == NULL)
			continue;
		const cairn_migration *script = cairn__script(line, version);
		if (script == NULL)
			return cairn__refuse(err, CAIRN_E_MIGRATION_UNKNOWN, version);
		if (script->down.len == 0)
			return cairn__refuse(err, CAIRN_E_MIGRATION_IRREVERSIBLE, version);
	}
	return CAIRN_OK;
}

cairn_status cairn__target_check(struct cairn__line *line, enum cairn_migration_direction direction,
				 cairn_error *err)
{
	if (direction == CAIRN_MIGRATE_DOWN)
		return check_down(line, err);
	int64_t target = line->opts.target;
	if (target == 0)
		return CAIRN_OK;
	if (target < 0)
		return cairn__refuse(err, CAIRN_E_MIGRATION_TARGET, target);
	if (target < cairn__newest(line))
		return cairn__refuse(err, CAIRN_E_MIGRATION_OLDER, cairn__newest(line));
	if (cairn__script(line, target) == NULL)
		return cairn__refuse(err, CAIRN_E_MIGRATION_TARGET, target);
	return CAIRN_OK;
}

int cairn__wanted(struct cairn__line *line, enum cairn_migration_direction direction,
		  int64_t version)
{
	int there = cairn__recorded(line, version) != NULL;
	if (direction == CAIRN_MIGRATE_DOWN)
		return there && version > line->opts.target;
	return !there && (line->opts.target == 0 || version <= line->opts.target);
}
