/*
 * ct_line.h - a migration line of the kit's own, built statement by statement from
 * what every driver understands:
 *
 *	CREATE TABLE name (a integer)   DROP TABLE name
 *	INSERT INTO name VALUES (1)     SELECT count(*) FROM name
 */
#ifndef CT_LINE_H
#define CT_LINE_H

#include <cairn/sys/migration.h>

#include "ct.h"

#define CT_LINE_MAX 8

typedef struct ct_line {
	const char *name;
	cairn_migration set[CT_LINE_MAX];
	size_t count;
	cairn_migrate_opts opts; /* of the whole set, target and limit 0 */
} ct_line;

/* How many versions the driver's own line has. */
size_t ct_own_count(void);

/* Lives until the case ends. */
ct_line *ct_line_new(const char *name);
/* Appends a version; down NULL: irreversible. */
void ct_line_add(ct_line *line, const char *up, const char *down);
/* A line "app" of n versions that each create and drop a table: app_1, app_2 … */
ct_line *ct_line_tables(size_t n);
/* The same with its newest versions unknown to the program. */
ct_line ct_line_known(const ct_line *line, size_t count);
/* The same with another text of one version's up script. */
ct_line ct_line_edited(const ct_line *line, int64_t version);

cairn_migrate_opts ct_target(const ct_line *line, int64_t target);

/* Migrates up; so many versions must be applied. */
void ct_up(cairn_conn *conn, const ct_line *line, size_t applied);
/* Migrates down to a version; so many must be taken away. */
void ct_down(cairn_conn *conn, const ct_line *line, int64_t target, size_t removed);
/* Both up and check refuse with this code; what was applied stays as it was. */
void ct_line_refused(cairn_conn *conn, const ct_line *line, cairn_status status, const char *code);
/* The states of all versions: "applied applied pending". */
const char *ct_line_states(cairn_conn *conn, const ct_line *line);
/* How many rows a table has; the case fails when there is no such table. */
int64_t ct_table_rows(cairn_conn *conn, const char *table);
/* Whether there is such a table. */
bool ct_table_there(cairn_conn *conn, const char *table);

/* A connection whose scripts are recorded as not successful. */
cairn_conn *ct_open_dirty(void);

/*
 * A connection on which a script waits in the middle of a migration run until it is let
 * go, to hold the line's lock that long.
 */
typedef struct ct_gatekeeper ct_gatekeeper;
ct_gatekeeper *ct_gatekeeper_new(void);
cairn_conn *ct_gatekeeper_open(ct_gatekeeper *keeper);
/* Waits until a script has arrived; the case fails when none comes. */
void ct_gatekeeper_await(ct_gatekeeper *keeper);
void ct_gatekeeper_let_go(ct_gatekeeper *keeper);

#endif
