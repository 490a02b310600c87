/*
 * sqlite.h - the SQLite driver, embedded default.
 *
 * URLs: "sqlite:path/to/file.db", "sqlite::memory:". Options:
 *
 *	synchronous=full|normal   full (default): a commit survives power loss;
 *	                          normal: it survives the process, the last
 *	                          commits may be lost with the machine
 *	create=yes|no             no: the file must exist
 *	cache_kib=N               page cache of the connection; default 8192
 *	max_pages=N               the file may not grow beyond; for tests
 *
 * Files run in WAL mode. Writers begin IMMEDIATE and wait at most lock_timeout.
 */
#ifndef CAIRN_SQLITE_H
#define CAIRN_SQLITE_H

#include <cairn/conn.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sqlite3;

CAIRN_API extern const cairn_driver cairn_sqlite;

/*
 * A connection over the application's own handle, which must outlive it and is
 * never closed by it. Between the application's BEGIN and COMMIT every call is part
 * of that transaction. The application keeps its busy handler and its pragmas.
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_sqlite_adopt(cairn_conn **conn, struct sqlite3 *db,
							   const cairn_conn_opts *opts,
							   cairn_error *err);

/* The handle behind a connection; NULL when it belongs to another driver. */
CAIRN_API struct sqlite3 *cairn_sqlite_handle(const cairn_conn *conn);

#ifdef __cplusplus
}
#endif

#endif
