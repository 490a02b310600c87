/*
 * error.c - SQLite's result codes into statuses and codes. The message is the
 * core's and safe to show; what SQLite said goes into the detail, for operators.
 */
#include <string.h>

#include "lite.h"

static bool starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* SQLITE_ERROR says in words only that the schema is not what a statement needs. */
static cairn_code generic(const char *said)
{
	if (starts(said, "no such table") || starts(said, "no such column") ||
	    starts(said, "no such index") || strstr(said, "has no column named") != NULL)
		return CAIRN_E_DB_SCHEMA;
	return CAIRN_E_DB_FAILED;
}

static cairn_code constraint(int rc)
{
	switch (rc) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return CAIRN_E_DB_UNIQUE;
	case SQLITE_CONSTRAINT_NOTNULL:
		return CAIRN_E_DB_REQUIRED;
	case SQLITE_CONSTRAINT_FOREIGNKEY:
		return CAIRN_E_DB_MISSING;
	default:
		return CAIRN_E_DB_RULE;
	}
}

static cairn_code input_output(int rc)
{
	if (rc == SQLITE_IOERR_NOMEM)
		return CAIRN_E_NOMEM;
	return rc == SQLITE_IOERR_CORRUPTFS ? CAIRN_E_DB_CORRUPT : CAIRN_E_DB_UNAVAILABLE;
}

static cairn_code code_of(struct lite *lite, int rc, const char *said)
{
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		/* the wait was cut short, not used up */
		return atomic_load(&lite->interrupted) ? CAIRN_E_DB_INTERRUPTED : CAIRN_E_DB_BUSY;
	case SQLITE_INTERRUPT:
		return lite->timed_out ? CAIRN_E_DB_TIMEOUT : CAIRN_E_DB_INTERRUPTED;
	case SQLITE_NOMEM:
		return CAIRN_E_NOMEM;
	case SQLITE_READONLY:
		return CAIRN_E_DB_READ_ONLY;
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return CAIRN_E_DB_DENIED;
	case SQLITE_IOERR:
		return input_output(rc);
	case SQLITE_CANTOPEN:
		return CAIRN_E_DB_UNAVAILABLE;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return CAIRN_E_DB_CORRUPT;
	case SQLITE_FULL:
		return CAIRN_E_DB_FULL;
	case SQLITE_CONSTRAINT:
		return constraint(rc);
	case SQLITE_TOOBIG:
		return CAIRN_E_LIMIT_EXCEEDED;
	case SQLITE_SCHEMA:
		return CAIRN_E_DB_SCHEMA;
	case SQLITE_MISUSE:
	case SQLITE_RANGE:
		return CAIRN_E_INTERNAL;
	default:
		return generic(said);
	}
}

/* "CHECK constraint failed: NAME", "UNIQUE constraint failed: TABLE.COLUMN, …". */
static cairn_status classify(struct lite *lite, const char *said, cairn_error *err)
{
	static const char prefix[] = "constraint failed: ";
	const char *name = strstr(said, prefix);
	if (name == NULL) /* a trigger's RAISE names none */
		return err->status;
	return cairn_host_classify(lite->host, name + sizeof prefix - 1, err);
}

/*
 * After running out of room or memory, an I/O error or an interrupt, SQLite may have
 * rolled back everything, and then the transaction that the call stood in is gone. And one
 * that has read before somebody else wrote can't write any more, however long it waits.
 */
static bool lost(const struct lite *lite, int rc)
{
	if (!lite->nested)
		return false;
	return sqlite3_get_autocommit(lite->db) || rc == SQLITE_BUSY_SNAPSHOT;
}

cairn_status cairn_lite__fail_on(struct lite *lite, sqlite3 *db, int rc, cairn_error *err)
{
	int extended = sqlite3_extended_errcode(db);
	if ((extended & 0xff) == (rc & 0xff))
		rc = extended;
	const char *said =
		(extended & 0xff) == (rc & 0xff) ? sqlite3_errmsg(db) : sqlite3_errstr(rc);
	cairn_code code = code_of(lite, rc, said);
	cairn_status status = lost(lite, rc) ? CAIRN_TX_ABORTED : cairn_code_status(code);
	cairn_fail_as(err, status, code);
	if (err == NULL)
		return status;
	err->native = rc;
	cairn_error_detail(err, "%s", said);
	if ((rc & 0xff) == SQLITE_CONSTRAINT && status != CAIRN_TX_ABORTED)
		return classify(lite, said, err);
	return status;
}

cairn_status cairn_lite__fail(struct lite *lite, int rc, cairn_error *err)
{
	return cairn_lite__fail_on(lite, lite->db, rc, err);
}

/*
 * The frame that makes a commit stand in the log may be there, whole, although writing it or
 * what comes after it (the sync, the index) failed. Whoever recovers the log then finds the
 * commit, though this session was told otherwise. A full disk cuts the log off before that.
 */
cairn_status cairn_lite__uncertain(struct lite *lite, cairn_status status, cairn_error *err)
{
	int rc = sqlite3_extended_errcode(lite->db);
	if ((rc & 0xff) != SQLITE_IOERR && (rc & 0xff) != SQLITE_NOMEM)
		return status;
	status = cairn_fail(err, CAIRN_E_DB_UNCERTAIN);
	cairn_error_detail(err, "%s", sqlite3_errmsg(lite->db));
	if (err != NULL)
		err->native = rc;
	return status;
}
