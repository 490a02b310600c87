/*
 * upkeep.h - looking after the store itself. A worker does it by itself (worker.h); without
 * workers, and where none may, somebody else calls it from time to time.
 */
#ifndef CAIRN_UPKEEP_H
#define CAIRN_UPKEEP_H

#include <cairn/conn.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Whether the database's own house is put in order as well. */
enum cairn_tidy { CAIRN_TIDY_IF_WORTH_IT = 0, CAIRN_TIDY_ALWAYS, CAIRN_TIDY_NEVER };

typedef struct cairn_upkeep_opts {
	size_t size;
	uint32_t limit; /* jobs put in line; 1..10000; 0: 1000 */
	enum cairn_tidy tidy;
} cairn_upkeep_opts;

enum cairn_tidied {
	CAIRN_TIDIED_NOTHING = 0, /* not worth it, not asked for, or there is nothing to tidy */
	CAIRN_TIDIED,
	CAIRN_TIDIED_BUSY,  /* some of it is left: somebody else is at it, or stands in the way */
	CAIRN_TIDIED_DENIED /* some of it is left: the database does not allow it */
};

/* "nothing", "tidied", "busy", "denied"; NULL for no such thing. */
CAIRN_API const char *cairn_tidied_text(enum cairn_tidied tidied);

typedef struct cairn_upkeep_report {
	size_t size;	   /* set it before the call */
	uint64_t unparked; /* jobs put in line */
	uint32_t queues;   /* so many queues have jobs among them */
	uint32_t more;	   /* 1: others are due, too: call again */
	enum cairn_tidied tidied;
	uint32_t reserved_;
} cairn_upkeep_report;

/*
 * First puts jobs in line whose time has come: what is due later is parked outside of what
 * claims walk over, and claims put it in line in their own queue only. This does it in all
 * queues, paused ones as well, at most limit jobs, those that others have locked left out, and
 * wakes those who wait for these queues. Nothing else of a job changes, and what may be claimed
 * does not either.
 *
 * Then it tidies what finished jobs leave behind. Postgres: VACUUM of the live jobs' table and
 * of the one of those who wait, if at least 1000 and 200 dead rows are known of and the last one
 * ended 20 s ago or longer; a table that somebody else is busy with is left out. That needs
 * ownership of the tables, of the database, or the privilege MAINTAIN, from Postgres 17 on; it is
 * asked for, not tried. Behind a transaction-mode pooler it works as well. SQLite: PRAGMA
 * optimize, bounded, on connections that cairn opened, and a passive checkpoint of the log, which
 * blocks nobody.
 *
 * A failure of the second part, TIMEOUT say, leaves the first one done, and the report says so.
 * INVALID conn.misuse inside a transaction, with nothing done. opts may be NULL. [1 round trip,
 * 1 if somebody is told, 1 to see what is worth tidying, and 1 for each table]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_upkeep(cairn_conn *conn,
							 const cairn_upkeep_opts *opts,
							 cairn_upkeep_report *report,
							 cairn_error *err);

#ifdef __cplusplus
}
#endif

#endif
