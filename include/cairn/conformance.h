/*
 * conformance.h - the kit that proves a driver.
 *
 * A driver author describes the driver in a cairn_subject, calls
 * cairn_conformance_main from main, links -lcairn_conformance before the driver,
 * and gets TAP, a table per store and capability, and an exit code. docs/DRIVERS.md
 * has a section per group of cases.
 */
#ifndef CAIRN_CONFORMANCE_H
#define CAIRN_CONFORMANCE_H

#include <cairn/conn.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What an application may do on its own session, behind cairn's back. */
enum cairn_app_step {
	CAIRN_APP_BEGIN = 1,	/* a transaction as applications begin it */
	CAIRN_APP_BEGIN_STRICT, /* one with stricter isolation than READ COMMITTED */
	CAIRN_APP_COMMIT,
	CAIRN_APP_ROLLBACK,
	CAIRN_APP_STRICT_SESSION,   /* makes such isolation the session's default */
	CAIRN_APP_IS_STRICT_SESSION /* answers 0 if that is still so, else -1 */
};

/*
 * What is tested, and the few things that only its author can do. Zero what does not apply.
 *
 * Every case needs an empty database of its own. If the URL holds "{case}", each
 * case gets another one, with a word of letters, digits and underscores put there that no
 * other case and no other run uses; cases may then run side by side (--jobs). Otherwise all
 * share the one URL, one after the other, and reset has to be there unless the
 * database vanishes with its last connection.
 */
typedef struct cairn_subject {
	size_t size;
	const cairn_driver *driver;
	/* NULL: there is none here. That is a skip, and a failure with CAIRN_REQUIRE=1 in the environment. */
	const char *url;
	/*
	 * By which to migrate, when url can't (a pooler); "{case}" as in url. The cases about
	 * migrations are then not applicable. Optional.
	 */
	const char *migrate_url;
	/*
	 * Leaves nothing at url, whether or not there was anything: called before
	 * and after each case. Answers 0, or -1 when it could not. Optional.
	 */
	int (*reset)(const char *url);
	/*
	 * Ends the database session behind conn from outside, as an operator or a
	 * crash would, and answers 0. Optional: without it the cases that need it are not applicable.
	 */
	int (*kill_session)(cairn_conn *conn);
	/*
	 * Does such a step on the session behind conn. Answers 0, -1 when it failed, 1 when the
	 * database knows no such thing; with conn NULL it only answers 0 or 1. Optional likewise.
	 */
	int (*app_step)(cairn_conn *conn, enum cairn_app_step step);
	/*
	 * Makes the database refuse, from now on, whatever changes the status of this job in
	 * the store at url; all else of the row can still be written. Answers 0. Optional likewise.
	 */
	int (*poison)(const char *url, cairn_id job);
	/* A well-formed URL of this driver behind which no database answers. Optional. */
	const char *unreachable_url;
	/* A well-formed URL that the driver must refuse as malformed or unknown, NULL-terminated. Optional. */
	const char *const *bad_urls;
	/*
	 * Names of cases (or patterns) that are known to fail, NULL-terminated. One
	 * that passes is an error, so that the list only shrinks. Optional.
	 */
	const char *const *known_failures;
	/*
	 * Makes the database refuse, from now on, to store any job under this idempotency key (which
	 * needs no quoting), any checkpoint of a thread of this name, and any step of this key, in the
	 * store at url. Answers 0. Optional.
	 */
	int (*poison_key)(const char *url, const char *key);
	/* CAIRN_CAP_… of the driver that connections by url do not have. */
	uint32_t lacks;
	/*
	 * Ends, from outside, the sessions by which connections to the store at url are told of work;
	 * their own stay. Answers 0. Optional.
	 */
	int (*deafen)(const char *url);
	/*
	 * Leaves at url what migrating leaves, an empty store, whatever a case did there. Answers 0, or
	 * -1 when it could not; reset follows then. With "{case}" in the URL a store goes from
	 * case to case that way, which is worth it where migrating takes longer than a case. Optional.
	 */
	int (*clear)(const char *url);
} cairn_subject;

/*
 * Runs the kit and answers main's exit code: 0 when nothing failed. Options:
 *
 *	--list           names the cases and their rules
 *	--only PATTERN   only cases whose name fits (*, ?, [..]); may be repeated
 *	--no-fork        all in this process, for debuggers
 *	--seed N         of the random choices; printed with every failure
 *	--jobs N         so many cases at once (4), if each has a URL of its own; many wait for locks
 *	--timeout S      for one case, in seconds (60, or what CAIRN_CASE_TIMEOUT says)
 *	--keep           leaves the databases of failed cases
 *	--summary        only the table, no line per case
 *	--coverage       case, kind, store and reference scenarios as tab-separated text
 *	--mutants        breaks the driver one rule at a time and demands that
 *	                 the kit notices each; prints by which case. --only then
 *	                 chooses mutants
 */
CAIRN_API int cairn_conformance_main(int argc, char **argv, const cairn_subject *subject);

#ifdef __cplusplus
}
#endif

#endif
