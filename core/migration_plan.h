/*
 * migration_plan.h - what to run and what to refuse, decided from the scripts and
 * the recorded history alone; and the parts that the public functions share.
 */
#ifndef CAIRN_MIGRATION_PLAN_H
#define CAIRN_MIGRATION_PLAN_H

#include "core.h"

/* A line as one call sees it: its scripts, and what its history says. */
struct cairn__line {
	cairn_conn *conn;
	cairn_migrate_opts opts;
	cairn_str name;
	const cairn_migration *set;
	size_t count;
	cairn_rows history; /* of cairn_history, by version */
	int exists;	    /* the history table is there */
};

/* ---- migration_script.c: directives in comment lines ---- */

/* The text behind "-- name:" at `*at`; moves *at on. Absent when there is no more. */
cairn_str cairn__directive_next(cairn_str script, const char *name, size_t *at);
/* The first word of a directive and the rest. */
cairn_str cairn__first_word(cairn_str text, cairn_str *rest);
/* SHA-256 of the up script as lower-case hex. */
void cairn__migration_hex(const cairn_migration *one, char hex[65]);

/* ---- migration_plan.c ---- */

/* Versions 1, 2, 3 … each with a name and a script: migration.invalid_set otherwise. */
cairn_status cairn__set_check(const cairn_migration *set, size_t count, cairn_error *err);

/* The recorded row of a version, or NULL. */
const cairn_history *cairn__recorded(struct cairn__line *line, int64_t version);
/* The script of a version, or NULL. */
const cairn_migration *cairn__script(const struct cairn__line *line, int64_t version);
/* The newest recorded version, 0 if none. */
int64_t cairn__newest(struct cairn__line *line);

enum cairn_migration_state cairn__state(struct cairn__line *line, int64_t version);

/* checksum, dirty, unknown: the first that holds, naming the version. */
cairn_status cairn__verify(struct cairn__line *line, cairn_error *err);

/* Whether version is to be run, in a walk over the set (down: from its end). */
cairn_status cairn__target_check(struct cairn__line *line, enum cairn_migration_direction direction,
				 cairn_error *err);
int cairn__wanted(struct cairn__line *line, enum cairn_migration_direction direction,
		  int64_t version);

/* A refusal that names its version. */
cairn_status cairn__refuse(cairn_error *err, cairn_code code, int64_t version);

/* ---- migration_line.c ---- */

/* Checks the options and finds the set. Then reads the history with line_read; drop frees it. */
cairn_status cairn__line_begin(struct cairn__line *line, cairn_conn *conn,
			       const cairn_migrate_opts *opts, cairn_error *err);
cairn_status cairn__line_read(struct cairn__line *line, cairn_error *err);
void cairn__line_end(struct cairn__line *line);

/* Tests every gate of the applied versions; names the violated ones with their counts. */
cairn_status cairn__gates(struct cairn__line *line, cairn_error *err);

/* Adds a result row for a version: what is known from the script and from the history. */
cairn_status cairn__line_row(struct cairn__line *line, cairn_rows *rows, int64_t version,
			     enum cairn_migration_direction direction, int with_sql,
			     cairn_error *err);

#endif
