/*
 * postgres.h - the Postgres driver, over libpq.
 *
 * URLs: "postgresql://…" and "postgres://…" as libpq takes them, with options of
 * cairn's own among the parameters:
 *
 *	schema=NAME          where the tables are; default "public" or the first
 *	                     of search_path. Any name, blanks and quotes too
 *	prepared=yes|no      server-side prepared statements; default yes
 *	pooler=none|transaction
 *	                     transaction: nothing is kept in the session between
 *	                     calls, so that a transaction-mode pooler may stand in
 *	                     between; implies prepared=no
 *
 * The first cairn_job_wait of a connection opens a second session to the same server, in which it
 * listens for notifications; it stays until the connection is closed. Adopted handles and
 * poolers have none and poll.
 *
 * Needs server 12 or newer with encoding UTF8.
 */
#ifndef CAIRN_POSTGRES_H
#define CAIRN_POSTGRES_H

#include <cairn/conn.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pg_conn;

CAIRN_API extern const cairn_driver cairn_postgres;

/*
 * A connection over the application's own PGconn, which must outlive it, be idle or in
 * a transaction, not in pipeline or non-blocking mode, and is never closed by it. Between the
 * application's BEGIN and COMMIT every call is part of that transaction. schema may be NULL.
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_postgres_adopt(cairn_conn **conn, struct pg_conn *pg,
							     const char *schema,
							     const cairn_conn_opts *opts,
							     cairn_error *err);

/*
 * The handle behind a connection; NULL when it belongs to another driver. Any thread may ask for it as long as the
 * connection is open, and what libpq allows beside a call (PQbackendPID, PQgetCancel) may be done then.
 */
CAIRN_API struct pg_conn *cairn_postgres_handle(const cairn_conn *conn);

#ifdef __cplusplus
}
#endif

#endif
