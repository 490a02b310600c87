/*
 * limits.h - every limit of the library, named, with its reason.
 *
 * Sizes are bytes, durations microseconds. Names, keys and tenants beyond their
 * limit are malformed (INVALID); anything else beyond a limit is TOO_LARGE.
 */
#ifndef CAIRN_CORE_LIMITS_H
#define CAIRN_CORE_LIMITS_H

#include <cairn/types.h>

/*
 * Names and tenants: several of them stand in one index entry, which Postgres
 * bounds at about 2700 bytes. A key is the largest part of its entry: type, tenant and key
 * are 1022 bytes together.
 */
#define CAIRN__MAX_NAME	     255
#define CAIRN__MAX_STEP_NAME 288 /* with its use, "#2", behind it */
#define CAIRN__MAX_TENANT    255
#define CAIRN__MAX_KEY	     512

/*
 * A memory item's namespace: as text it stands in one index entry with a tenant and a key, of which
 * 1791 bytes altogether leave room for what Postgres adds.
 */
#define CAIRN__MAX_SEGMENTS  32
#define CAIRN__MAX_NAMESPACE 1024

/* Bytes that somebody keeps: both databases read and write a value as a whole, in memory. */
#define CAIRN__MAX_BYTES (64 << 20)

/* How long an item lives: longer than any program, and now plus it is still a time. */
#define CAIRN__MAX_TTL (36500 * CAIRN_DAY)

/* How long a run sleeps or waits: as long, for the same reason. */
#define CAIRN__MAX_SLEEP CAIRN__MAX_TTL

/* A reservation: long enough for the slowest call; one that is forgotten is over some day. */
#define CAIRN__MIN_RESERVE     CAIRN_SECOND
#define CAIRN__DEFAULT_RESERVE (5 * CAIRN_MINUTE)
#define CAIRN__MAX_RESERVE     (30 * CAIRN_DAY)

/* Items whose time is over, deleted in one call, the most and where none is said. */
#define CAIRN__MAX_EVICT     10000
#define CAIRN__DEFAULT_EVICT 1000

/* Deeper than any honest document; well below what readers that recurse can bear. */
#define CAIRN__MAX_JSON_DEPTH 64

/* The default of cairn_conn_opts.max_json: a row beyond it belongs into a file store. */
#define CAIRN__MAX_JSON (1 << 20)

/*
 * The decimal exponent of a JSON number, as written and as normalised: far outside of every
 * number type of the databases, and small enough that exponents add up without overflow.
 */
#define CAIRN__MAX_JSON_EXPONENT 1000000

/*
 * Rows of one page, the most and where none is said: a result is one block of memory and one
 * answer of the database.
 */
#define CAIRN__MAX_PAGE	    1000
#define CAIRN__DEFAULT_PAGE 100

/*
 * Items of one call. One call is one transaction: beyond this its locks, its WAL and its
 * arrays of parameters (each at most 1 GB in Postgres) hurt everybody else, and batches gain
 * nothing above a few hundred items.
 */
#define CAIRN__MAX_BATCH 100000

/*
 * Steps and edges of one run: a graph is inserted by one call, in one transaction, and a person has to
 * look at it.
 */
#define CAIRN__MAX_STEPS 10000
#define CAIRN__MAX_EDGES 50000

/*
 * Permits of one resource: each claim counts those in use, and a limit beyond this many jobs at once
 * limits nothing.
 */
#define CAIRN__MAX_CAPACITY 10000

/* Queues that one call waits for: a worker with more of them wants more workers. */
#define CAIRN__WAIT_QUEUES_MAX 64

/* An error's text in a job, attempt or dead letter: a stack trace fits, a core dump does not. */
#define CAIRN__MAX_ERROR_MESSAGE 8192

/*
 * Leases: a shorter one is lost to scheduling and network delays before the first heartbeat;
 * a longer one keeps a dead worker's jobs from everybody for more than a day.
 */
#define CAIRN__MIN_LEASE (100 * CAIRN_MILLISECOND)
#define CAIRN__MAX_LEASE (24 * CAIRN_HOUR)

/*
 * A retry delay and an attempt's timeout: beyond a year it is a mistake in units, and sums of
 * times and durations stay far from overflow.
 */
#define CAIRN__MAX_DELAY   (365 * CAIRN_DAY)
#define CAIRN__MAX_TIMEOUT (365 * CAIRN_DAY)

/* How long a job is kept: longer than any program, and now minus it is still a time. */
#define CAIRN__MAX_RETENTION (36500 * CAIRN_DAY)

/* How far back metrics look: whatever was kept may be counted. */
#define CAIRN__MAX_WINDOW (36500 * CAIRN_DAY)

/* A definition's retry overrides: hundreds of codes. They are parsed at each failure. */
#define CAIRN__MAX_OVERRIDES 65536

/* Thousandths: hundredfold per attempt; the third retry would then be beyond any cap. */
#define CAIRN__MAX_RETRY_FACTOR 100000

/* A log line's text: a stack trace fits; files of output belong elsewhere. */
#define CAIRN__MAX_LOG_MESSAGE 8192

/*
 * Jobs deleted in one call, the most and where none is said: each takes its whole history
 * along, and the call is one transaction.
 */
#define CAIRN__MAX_PRUNE     10000
#define CAIRN__DEFAULT_PRUNE 1000

/* Jobs put in line by one upkeep: a thousand take about a millisecond, in one transaction. */
#define CAIRN__MAX_UPKEEP     10000
#define CAIRN__DEFAULT_UPKEEP 1000

/* Events archived in one transaction: as many as an export gets at once, which is a page. */
#define CAIRN__LOG_BATCH CAIRN__MAX_PAGE

/* How long successes are kept where their definition doesn't say: a week's work can be looked up. */
#define CAIRN__RETENTION (7 * CAIRN_DAY)

/* The age of what is pruned: now less this is still a year that both databases can write. */
#define CAIRN__MAX_AGE (1000 * 365 * CAIRN_DAY)
/*
 * The longest an intent is deferred: what a repaired database is behind at most, and seldom enough
 * that intents which fail for days cost nothing.
 */
#define CAIRN__MAX_INTENT_DELAY (300 * CAIRN_SECOND)

/* Waiting for locks where the connection says nothing: every wait has a bound. */
#define CAIRN__LOCK_TIMEOUT (5 * CAIRN_SECOND)

/* Waiting for another process that migrates: long enough for a large table's index. */
#define CAIRN__MIGRATE_WAIT (60 * CAIRN_SECOND)

/* A compiled time zone: the largest is about 4 KB, with every transition to 2037 written out. */
#define CAIRN__MAX_ZONE_FILE 65536

/* A database URL: long enough for every option there is; bounds what is split and decoded. */
#define CAIRN__MAX_URL 8192

/* The years 1 to 9999, what RFC 3339 and both databases can write. */
#define CAIRN__MIN_TIME ((cairn_time)-62135596800 * CAIRN_SECOND)
#define CAIRN__MAX_TIME ((cairn_time)253402300800 * CAIRN_SECOND - 1)

#endif
