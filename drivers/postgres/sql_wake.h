/*
 * sql_wake.h - the statements of waiting for work and of telling those who wait. Pieces for
 * sql.c and for the statements that make jobs due.
 */
#ifndef CAIRN_PG_SQL_WAKE_H
#define CAIRN_PG_SQL_WAKE_H

/* SQL is laid out by its clauses. */
/* clang-format off */

/* Whether a statement that begins after a wait sees what it waited for. */
#define READ_COMMITTED \
	"(current_setting('transaction_isolation') IN ('read committed', 'read uncommitted'))"

/* The time of a call of one statement: the installed clock's, or the server's. */
#define T "COALESCE($1::timestamptz, statement_timestamp())"

/* What is due within this time is told at once; what is due later is found by looking. */
#define WAKE_SOON "interval '1 second'"

#define WAITS_FOR(w, queue) \
	queue " = ANY (" w ".queues) AND " w ".until > statement_timestamp()"

/*
 * The queue, where a condition holds and somebody waits for that queue; else NULL. The first
 * question is asked once for the whole statement, and its answer is no.
 */
#define WAKES(condition, queue) \
	"CASE WHEN " condition " AND (SELECT EXISTS (SELECT FROM @schema.cairn_job_waiter)) " \
	"AND EXISTS (SELECT FROM @schema.cairn_job_waiter w WHERE " WAITS_FOR("w", queue) ") " \
	"THEN " queue " END"

/* $3 is the queue and $5 the due time of the one job that is enqueued. */
#define WAKES_ONE \
	" RETURNING COALESCE($5 <= " T " + " WAKE_SOON ", true) " \
	"AND EXISTS (SELECT FROM @schema.cairn_job_waiter w WHERE " WAITS_FOR("w", "$3::text") ")"

/* $1 queues: those that somebody waits for. */
#define WAITED \
	"SELECT q.queue FROM unnest($1::text[]) AS q(queue) WHERE " \
	"EXISTS (SELECT FROM @schema.cairn_job_waiter w WHERE " WAITS_FOR("w", "q.queue") ")"

/*
 * $1 queue, $2 how many, $3 whether they are due already. Whoever tells takes the row, so that
 * nobody is told twice, and waits for nobody. Inside a transaction once for each queue; not under
 * stricter isolation, where a row that is gone would be an error.
 */
#define WOKEN "COALESCE(current_setting('cairn.woken', true), '')"
#define WAKE \
	"WITH pick AS MATERIALIZED (" \
		"SELECT w.ctid FROM @schema.cairn_job_waiter w " \
		"WHERE " WAITS_FOR("w", "$1::text") " " \
		"AND (SELECT NOT EXISTS (SELECT FROM @schema.cairn_queue_pause z WHERE z.queue = $1) " \
		"AND strpos(" WOKEN ", E'\\n' || $1 || E'\\n') = 0 " \
		"AND " READ_COMMITTED ") " \
		"LIMIT $2::int8 FOR UPDATE SKIP LOCKED" \
	"), gone AS (" \
		"DELETE FROM @schema.cairn_job_waiter " \
		"WHERE ctid = ANY (ARRAY(SELECT p.ctid FROM pick p)) RETURNING channel, turn" \
	"), told AS MATERIALIZED (" \
		"SELECT pg_notify(g.channel, CASE WHEN $3::boolean THEN g.turn::text ELSE '' END) " \
		"FROM gone g" \
	") SELECT set_config('cairn.woken', " WOKEN " || E'\\n' || $1 || E'\\n', true) " \
	"FROM (SELECT count(*) AS n FROM told) t WHERE t.n > 0"

/* $1 channel. Rows of this channel, and those of sessions that are gone. */
#define WAITER_STALE(more) \
	"DELETE FROM @schema.cairn_job_waiter WHERE ctid = ANY (ARRAY(" \
		"SELECT w.ctid FROM @schema.cairn_job_waiter w " \
		"WHERE w.channel = $1::text " more "FOR UPDATE SKIP LOCKED" \
	"))"

/* $2 queues, $3 how long, $4 turn. */
#define WAITER_ADD \
	"WITH gone AS (" WAITER_STALE("OR w.until <= statement_timestamp() ") ") " \
	"INSERT INTO @schema.cairn_job_waiter (until, turn, channel, queues) VALUES (" \
	"statement_timestamp() + $3::int8 * interval '1 microsecond', $4::int8, $1, $2::text[])"

#define WAITER_DROP WAITER_STALE("")

/* clang-format on */

#endif
