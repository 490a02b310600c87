/*
 * sql_checkpoint.h - the texts about checkpoints and threads, for sql.c.
 *
 * A put locks the threads' rows first, in byte order, and makes those that are missing with the number
 * 0; the statements behind it see whatever was waited for, number and insert, and in the end
 * those rows go again that still have 0. Whoever deletes locks the same rows FOR UPDATE, which
 * also keeps out the pending writes, who take them FOR KEY SHARE.
 *
 * Three indexes begin with (tenant, thread). Which one is meant is said by the order that is
 * asked for: only it gives rows in that order without sorting, whatever the planner believes
 * about sizes. Hence the ranges where an equation would do; but not where a thread's numbers are the
 * order: there a range lets the planner sort what another index gives in part. And rows that are
 * changed are found by ROWS_OF: with a plain = ANY, or a join, the planner might read all rows of the
 * tenant. A COALESCE that a range begins or ends with stands in a SELECT of its own: row-level
 * security takes it for one that might tell what a row holds, and would test it behind its policy,
 * without the index.
 */
#ifndef CAIRN_PG_SQL_CHECKPOINT_H
#define CAIRN_PG_SQL_CHECKPOINT_H

#include "sql_lock.h"

/* SQL is laid out by its clauses. */
/* clang-format off */

#define LAST_SEQ "9223372036854775807"

/* cairn_checkpoint_pkey: the one of (thread, id). */
#define BY_ID(columns, tenant_, thread_, id_) \
	"SELECT " columns " FROM (" \
		"SELECT c.* FROM @schema.cairn_checkpoint c WHERE c.tenant = " tenant_ " " \
		"AND (c.thread, c.id) >= (" thread_ ", " id_ ") ORDER BY c.thread, c.id LIMIT 1" \
	") c WHERE c.thread = " thread_ " AND c.id = " id_

/* cairn_checkpoint_ns: the id of the latest of (thread, ns). */
#define HEAD(thread_, ns_) \
	"SELECT c.id FROM (" \
		"SELECT c.id, c.ns FROM @schema.cairn_checkpoint c WHERE c.tenant = $2 " \
		"AND c.thread = " thread_ " AND (c.ns, c.write_seq) <= (" ns_ ", " LAST_SEQ ") " \
		"ORDER BY c.ns DESC, c.write_seq DESC LIMIT 1" \
	") c WHERE c.ns = " ns_

/* The places of rows of a table that fit, for each of `given`. They are locked by their threads. */
#define ROWS_OF(given, table, fit) \
	"ctid = ANY (ARRAY(" \
		"SELECT k.ctid FROM " given " CROSS JOIN LATERAL (" \
			"SELECT r.ctid FROM @schema." table " r WHERE " fit " OFFSET 0" \
		") k" \
	"))"

/* ---- put -------------------------------------------------------------------- */

/*
 * cairn_thread_pkey. $2 tenant, $3 threads in byte order. A conflict locks the row, and WHERE false
 * leaves it as it is. Leaves the time behind, which is after the wait. Answers whether this
 * transaction can see what it waits for.
 */
#define TEXT_THREAD_HOLD \
	"WITH held AS (" \
		"INSERT INTO @schema.cairn_thread AS t (tenant, thread, write_seq, created_at, updated_at) " \
		"SELECT $2::text, x.thread, 0, " T ", " T " FROM unnest($3::text[]) AS x(thread) " \
		"WHERE " READ_COMMITTED " ON CONFLICT (tenant, thread) " \
		"DO UPDATE SET write_seq = t.write_seq WHERE false RETURNING 1" \
	") SELECT " READ_COMMITTED ", set_config('cairn.now', " \
	"(COALESCE($1, clock_timestamp()) AT TIME ZONE 'UTC')::text, true) " \
	"FROM (SELECT count(*) AS n FROM held) h WHERE h.n >= 0"

/* cairn_thread_pkey. $1 tenant, $2 threads: those that got no checkpoint after all. */
#define TEXT_THREAD_LET_GO \
	"DELETE FROM @schema.cairn_thread WHERE " \
	ROWS_OF("unnest($2::text[]) AS x(thread)", "cairn_thread", \
		"r.tenant = $1::text AND r.thread = x.thread AND r.write_seq = 0")

#define INTO_CHECKPOINT \
	"INSERT INTO @schema.cairn_checkpoint (write_seq, step, created_at, payload_version, id, " \
	"parent, state_size, tenant, thread, ns, next_node, run, metadata, tags, state, state_bytes) "

/* A thread's row is made by its first checkpoint. */
#define NUMBERED(by) \
	"write_seq = t.write_seq + " by ", updated_at = " LEFT_T ", " \
	"created_at = CASE WHEN t.write_seq = 0 THEN " LEFT_T " ELSE t.created_at END"

/*
 * One item, behind THREAD_HOLD and the guard. cairn_checkpoint_pkey, cairn_checkpoint_ns, cairn_thread_pkey,
 * cairn_lock_pkey. $2 tenant, $3 thread, $4 id, $5 ns, $6 parent, $7 step, $8 payload version, $9
 * next node, $10 run, $11 metadata, $12 tags, $13 state, $14 bytes, $15 size, $16 1: expects,
 * 2: branches; $17 the expected id or NULL, $18 lock, $19 fence. The results are those of enum
 * cairn_put_result.
 */
#define TEXT_CHECKPOINT_PUT \
	"WITH there AS MATERIALIZED (" \
		BY_ID("c.write_seq, c.created_at", "$2::text", "$3::text", "$4::uuid") \
	"), parent AS MATERIALIZED (" \
		BY_ID("c.ns, c.step, c.next_node", "$2", "$3", "$6::uuid") " AND $16::int4 & 2 <> 0" \
	"), verdict AS MATERIALIZED (" \
		"SELECT CASE WHEN NOT " READ_COMMITTED " THEN 0 " \
		"WHEN EXISTS (SELECT FROM there) THEN 2 " \
		"WHEN $16 & 2 <> 0 AND NOT EXISTS (SELECT FROM parent) THEN 3 " \
		"WHEN NOT " LOCK_HELD("$2::text", "$18::text", "$19::int8") " THEN 4 " \
		"WHEN $16 & 1 <> 0 AND (" \
			HEAD("$3", "(SELECT COALESCE((SELECT p.ns FROM parent p), $5::text))") \
		") IS DISTINCT FROM $17::uuid THEN 5 ELSE 1 END AS result" \
	"), numbered AS (" \
		"UPDATE @schema.cairn_thread t SET " NUMBERED("1") " FROM verdict v " \
		"WHERE v.result = 1 AND t.tenant = $2 AND t.thread = $3 " \
		"RETURNING t.write_seq, t.updated_at" \
	"), added AS (" \
		INTO_CHECKPOINT \
		"SELECT n.write_seq, CASE WHEN p.step IS NULL THEN $7::int8 " \
		"WHEN p.step = " LAST_SEQ " THEN p.step ELSE p.step + 1 END, n.updated_at, $8::int8, " \
		"$4, $6, $15::int4, $2, $3, COALESCE(p.ns, $5), " \
		"CASE WHEN p.ns IS NULL THEN $9::text ELSE p.next_node END, $10::text, $11::json, " \
		"$12::text, $13::json, $14::bytea FROM numbered n LEFT JOIN parent p ON true " \
		"RETURNING write_seq, created_at" \
	") SELECT v.result, COALESCE(a.write_seq, t.write_seq), COALESCE(a.created_at, t.created_at) " \
	"FROM verdict v LEFT JOIN added a ON true LEFT JOIN there t ON true"

/*
 * One item without conditions, alone. cairn_checkpoint_pkey, cairn_thread_pkey. $2 tenant, $3 thread, $4
 * id, $5 ns, $6 parent, $7 step, $8 payload version, $9 next node, $10 run, $11 metadata, $12 tags, $13
 * state, $14 bytes, $15 size. What stands there is seen as it was before the wait for the thread's row:
 * therefore that row must not have been written meanwhile. Answers nothing where it was, and
 * the item is put by the statements above; else enum cairn_put_result, or 0 where this
 * transaction can't see what it waits for.
 */
#define TEXT_CHECKPOINT_PUT_PLAIN \
	"WITH there AS MATERIALIZED (" \
		BY_ID("c.write_seq, c.created_at", "$2::text", "$3::text", "$4::uuid") \
	"), numbered AS (" \
		"INSERT INTO @schema.cairn_thread AS t (tenant, thread, write_seq, created_at, updated_at) " \
		"SELECT $2, $3, 1, c.now, c.now FROM (" \
			"SELECT COALESCE($1::timestamptz, clock_timestamp()) AS now OFFSET 0" \
		") c WHERE NOT EXISTS (SELECT FROM there) AND " READ_COMMITTED " " \
		"ON CONFLICT (tenant, thread) DO UPDATE SET write_seq = t.write_seq + 1, " \
		"updated_at = COALESCE($1, clock_timestamp()) WHERE (t.write_seq, t.updated_at) = (" \
			"SELECT s.write_seq, s.updated_at FROM @schema.cairn_thread s " \
			"WHERE s.tenant = $2 AND s.thread = $3" \
		") AND t.write_seq > 0 RETURNING t.write_seq, t.updated_at" \
	"), added AS (" \
		INTO_CHECKPOINT \
		"SELECT n.write_seq, $7::int8, n.updated_at, $8::int8, $4, $6::uuid, $15::int4, $2, $3, " \
		"$5::text, $9::text, $10::text, $11::json, $12::text, $13::json, $14::bytea " \
		"FROM numbered n RETURNING write_seq, created_at" \
	") SELECT 1, a.write_seq, a.created_at FROM added a " \
	"UNION ALL SELECT 2, t.write_seq, t.created_at FROM there t " \
	"UNION ALL SELECT 0, NULL, NULL WHERE NOT " READ_COMMITTED

/*
 * Several items without conditions, behind THREAD_HOLD. cairn_checkpoint_pkey, cairn_thread_pkey. $1
 * tenant, then arrays: $2 threads, $3 ids, $4 ns, $5 parents, $6 steps, $7 payload versions, $8 next
 * nodes, $9 runs, $10 metadata, $11 tags, $12 states, $13 bytes. Nobody else adds to these threads
 * meanwhile, so what is not there will not be, and their rows stand still. Answers place, result, number,
 * time.
 */
#define TEXT_CHECKPOINT_PUT_MANY \
	"WITH judged AS MATERIALIZED (" \
		"SELECT i.*, c.write_seq AS old_seq, c.created_at AS old_at, (" \
			"SELECT t.write_seq FROM @schema.cairn_thread t WHERE t.tenant = $1::text " \
			"AND " IS("t.thread", "i.thread") \
		") AS base, c.write_seq IS NULL AND " READ_COMMITTED " AND " \
		"row_number() OVER (PARTITION BY i.thread, i.id ORDER BY i.n) = 1 AS fresh " \
		"FROM unnest($2::text[], $3::uuid[], $4::text[], $5::uuid[], $6::int8[], " \
		"$7::int4[], $8::text[], $9::text[], $10::json[], $11::text[], $12::json[], " \
		"$13::bytea[]) WITH ORDINALITY AS i(thread, id, ns, parent, step, version, " \
		"next_node, run, metadata, tags, state, bytes, n) LEFT JOIN LATERAL (" \
			BY_ID("c.write_seq, c.created_at", "$1", "i.thread", "i.id") \
		") c ON true" \
	"), placed AS MATERIALIZED (" \
		"SELECT j.*, j.base + count(*) FILTER (WHERE j.fresh) " \
		"OVER (PARTITION BY j.thread ORDER BY j.n) AS seq FROM judged j" \
	"), counted AS MATERIALIZED (" \
		"SELECT p.thread, count(*) AS n FROM placed p WHERE p.fresh GROUP BY p.thread" \
	"), numbered AS (" \
		"UPDATE @schema.cairn_thread t SET " \
		NUMBERED("(SELECT c.n FROM counted c WHERE c.thread = t.thread)") " WHERE t." \
		ROWS_OF("counted c", "cairn_thread", "r.tenant = $1 AND r.thread = c.thread") \
	"), added AS (" \
		INTO_CHECKPOINT \
		"SELECT p.seq, p.step, " LEFT_T ", p.version::int8 & 4294967295, p.id, " \
		"NULLIF(p.parent, '00000000-0000-0000-0000-000000000000'), " \
		"COALESCE(octet_length(p.bytes), octet_length(p.state::text)), $1, p.thread, p.ns, " \
		"p.next_node, p.run, p.metadata, p.tags, p.state, p.bytes " \
		"FROM placed p WHERE p.fresh ORDER BY p.n" \
	") SELECT p.n, CASE WHEN p.fresh THEN 1 ELSE 2 END, COALESCE(p.old_seq, first_value(p.seq) " \
	"OVER (PARTITION BY p.thread, p.id ORDER BY p.n)), COALESCE(p.old_at, " LEFT_T ") FROM placed p"

/* ---- pending writes ------------------------------------------------------------ */

/* cairn_thread_pkey. $1 tenant, $2 thread. Keeps out whoever deletes. */
#define TEXT_WRITE_HOLD \
	"SELECT FROM @schema.cairn_thread t WHERE t.tenant = $1::text AND t.thread = $2::text " \
	"FOR KEY SHARE"

/*
 * cairn_checkpoint_pkey, cairn_checkpoint_write_pkey, in its order. $1 tenant, $2 thread, then arrays: $3
 * checkpoints, $4 tasks, $5 indexes, $6 channels, $7 values, $8 bytes. Of a place that is named twice
 * the first one counts from 0, the last one below. Answers whether this transaction can see what it
 * waits for, and the place of the first that has no checkpoint, or NULL.
 */
#define TEXT_WRITE_PUT \
	"WITH w AS MATERIALIZED (" \
		"SELECT * FROM unnest($3::uuid[], $4::text[], $5::int4[], $6::text[], $7::json[], " \
		"$8::bytea[]) WITH ORDINALITY AS w(checkpoint, task, idx, channel, value, bytes, n)" \
	"), missing AS MATERIALIZED (" \
		"SELECT min(w.n) AS n FROM w WHERE NOT EXISTS (" \
			BY_ID("1", "$1::text", "$2::text", "w.checkpoint") \
		")" \
	"), put AS (" \
		"INSERT INTO @schema.cairn_checkpoint_write (tenant, thread, checkpoint, task, idx, " \
		"channel, value, value_bytes) " \
		"SELECT DISTINCT ON (w.checkpoint, w.task COLLATE \"C\", w.idx) $1, $2, w.checkpoint, " \
		"w.task, w.idx, w.channel, w.value, w.bytes FROM w " \
		"WHERE (SELECT m.n FROM missing m) IS NULL AND " READ_COMMITTED " " \
		"ORDER BY w.checkpoint, w.task COLLATE \"C\", w.idx, " \
		"CASE WHEN w.idx < 0 THEN -w.n ELSE w.n END " \
		"ON CONFLICT (tenant, thread, checkpoint, task, idx) DO UPDATE SET " \
		"channel = excluded.channel, value = excluded.value, " \
		"value_bytes = excluded.value_bytes WHERE excluded.idx < 0" \
	") SELECT " READ_COMMITTED ", m.n FROM missing m"

/* cairn_checkpoint_write_pkey, in its order. $1 tenant, $2 thread, $3 checkpoint. */
#define TEXT_WRITES \
	"SELECT w.checkpoint, w.task, w.idx, w.channel, w.value, w.value_bytes " \
	"FROM @schema.cairn_checkpoint_write w WHERE w.tenant = $1::text AND w.thread = $2::text " \
	"AND w.checkpoint = $3::uuid ORDER BY w.task, w.idx"

/* ---- list ---------------------------------------------------------------------- */

/* What thread.c reads, of x; behind it the state may stand. */
#define BARE_COLUMNS \
	"x.thread, x.ns, x.id, x.parent, x.write_seq, x.step, x.payload_version, x.created_at, " \
	"x.state_bytes IS NOT NULL, x.state_size, x.next_node, x.run, x.metadata"

/* $1: with states. */
#define CHECKPOINT_COLUMNS \
	BARE_COLUMNS ", " \
	"CASE WHEN $1::int4 <> 0 THEN x.state END, CASE WHEN $1 <> 0 THEN x.state_bytes END"

/* $2 tenant, $3 threads, $4 ids: rows in this order. */
#define TEXT_CHECKPOINT_GET \
	"SELECT " CHECKPOINT_COLUMNS " FROM unnest($3::text[], $4::uuid[]) WITH ORDINALITY " \
	"AS k(thread, id, n) CROSS JOIN LATERAL (" BY_ID("c.*", "$2::text", "k.thread", "k.id") ") x ORDER BY k.n"

/* $5 limit, $6 run, $7 tags that must be there, each as it stands among them. */
#define WANTED_CHECKPOINT \
	"AND ($6::text IS NULL OR c.run = $6) AND ($7::text[] IS NULL OR NOT EXISTS (" \
		"SELECT FROM unnest($7) AS g(tag) " \
		"WHERE strpos(c.tags, E'\\x1f' || g.tag || E'\\x1f') = 0" \
	"))"
#define PAGE(thread_, before_) \
	"SELECT c.* FROM @schema.cairn_checkpoint c WHERE c.tenant = $2::text " \
	"AND c.thread = " thread_ " AND c.write_seq < " before_ " " \
	WANTED_CHECKPOINT " ORDER BY c.write_seq DESC LIMIT $5::int8"
#define PAGE_NS(thread_, before_) \
	"SELECT c.* FROM @schema.cairn_checkpoint c WHERE c.tenant = $2::text " \
	"AND c.thread = " thread_ " AND (c.ns, c.write_seq) < ($8::text, " before_ ") " \
	"AND c.ns >= $8 " WANTED_CHECKPOINT " ORDER BY c.ns DESC, c.write_seq DESC LIMIT $5::int8"

/* cairn_checkpoint_seq backwards. $3 thread, $4 below this number. */
#define TEXT_CHECKPOINTS \
	"SELECT " CHECKPOINT_COLUMNS " FROM (" PAGE("$3::text", "$4::int8") ") x"

/* cairn_checkpoint_ns backwards. The same, $8 namespace. */
#define TEXT_CHECKPOINTS_NS \
	"SELECT " CHECKPOINT_COLUMNS " FROM (" PAGE_NS("$3::text", "$4::int8") ") x"

/*
 * The same for whoever has no wishes, which is nearly everybody: each filter costs, even one that is not
 * used. $1 tenant, $2 thread, $3 below this number, $4 limit, $5 namespace.
 */
#define PLAIN_PAGE(columns) \
	"SELECT " columns " FROM @schema.cairn_checkpoint x WHERE x.tenant = $1::text " \
	"AND x.thread = $2::text AND x.write_seq < $3::int8 ORDER BY x.write_seq DESC LIMIT $4::int8"
#define PLAIN_PAGE_NS(columns) \
	"SELECT " columns " FROM @schema.cairn_checkpoint x WHERE x.tenant = $1::text " \
	"AND x.thread = $2::text AND (x.ns, x.write_seq) < ($5::text, $3::int8) AND x.ns >= $5 " \
	"ORDER BY x.ns DESC, x.write_seq DESC LIMIT $4::int8"
#define STATE_COLUMNS BARE_COLUMNS ", x.state, x.state_bytes"
#define TEXT_CHECKPOINTS_PLAIN	  PLAIN_PAGE(STATE_COLUMNS)
#define TEXT_CHECKPOINTS_PLAIN_NS PLAIN_PAGE_NS(STATE_COLUMNS)
#define TEXT_CHECKPOINTS_BARE	  PLAIN_PAGE(BARE_COLUMNS)
#define TEXT_CHECKPOINTS_BARE_NS  PLAIN_PAGE_NS(BARE_COLUMNS)

/*
 * cairn_thread_pkey, and for each thread the same, until there are enough: the limit stands within the
 * order, which the rows have before it. $3 the thread to continue with, '': all.
 */
#define THREADS_PAGES(page) \
	"SELECT " CHECKPOINT_COLUMNS " FROM (SELECT x.* FROM (" \
		"SELECT t.thread, CASE WHEN t.thread = $3 THEN $4::int8 ELSE " LAST_SEQ " END AS before " \
		"FROM @schema.cairn_thread t WHERE t.tenant = $2::text AND t.thread >= $3::text " \
		"ORDER BY t.thread" \
	") t CROSS JOIN LATERAL (" page("t.thread", "t.before") ") x LIMIT $5::int8) x " \
	"ORDER BY x.thread, x.write_seq DESC"
#define TEXT_CHECKPOINTS_ALL THREADS_PAGES(PAGE)
#define TEXT_CHECKPOINTS_ALL_NS THREADS_PAGES(PAGE_NS)

/* ---- threads --------------------------------------------------------------------- */

/* cairn_thread_pkey, from the prefix or behind a thread. $1 tenant, $2 prefix, $3 after, $4 limit. */
#define TEXT_THREADS \
	"SELECT t.thread, t.write_seq, t.created_at, t.updated_at FROM @schema.cairn_thread t " \
	"WHERE t.tenant = $1::text AND t.thread >= GREATEST($2::text COLLATE \"C\", $3::text) " \
	"AND t.thread > $3 AND t.thread < " PREFIX_END("$2") " COLLATE \"C\" AND t.write_seq > 0 " \
	"ORDER BY t.thread LIMIT $4::int8"

/*
 * Behind THREAD_HOLD for both. cairn_thread_pkey, cairn_checkpoint_seq, cairn_checkpoint_write_pkey.
 * $1 tenant, $2 from, $3 to. Answers enum cairn_copy_result, and how many.
 */
#define TEXT_THREAD_COPY \
	"WITH source AS MATERIALIZED (" \
		"SELECT t.* FROM @schema.cairn_thread t WHERE t.tenant = $1::text " \
		"AND t.thread = $2::text AND t.write_seq > 0" \
	"), taken AS MATERIALIZED (" \
		"SELECT FROM @schema.cairn_thread t WHERE t.tenant = $1 AND t.thread = $3::text " \
		"AND t.write_seq > 0" \
	"), ready AS MATERIALIZED (" \
		"SELECT s.* FROM source s WHERE NOT EXISTS (SELECT FROM taken) AND " READ_COMMITTED \
	"), named AS (" \
		"UPDATE @schema.cairn_thread t SET write_seq = r.write_seq, " \
		"created_at = r.created_at, updated_at = r.updated_at FROM ready r " \
		"WHERE t.tenant = $1 AND t.thread = $3" \
	"), copied AS (" \
		INTO_CHECKPOINT \
		"SELECT c.write_seq, c.step, c.created_at, c.payload_version, c.id, c.parent, " \
		"c.state_size, $1, $3, c.ns, c.next_node, c.run, c.metadata, c.tags, c.state, " \
		"c.state_bytes FROM ready r CROSS JOIN @schema.cairn_checkpoint c " \
		"WHERE c.tenant = $1 AND c.thread = $2 ORDER BY c.thread, c.write_seq RETURNING 1" \
	"), written AS (" \
		"INSERT INTO @schema.cairn_checkpoint_write (tenant, thread, checkpoint, task, idx, " \
		"channel, value, value_bytes) " \
		"SELECT $1, $3, w.checkpoint, w.task, w.idx, w.channel, w.value, w.value_bytes " \
		"FROM ready r CROSS JOIN @schema.cairn_checkpoint_write w " \
		"WHERE w.tenant = $1 AND w.thread = $2" \
	") SELECT CASE WHEN NOT EXISTS (SELECT FROM source) THEN 2 " \
	"WHEN EXISTS (SELECT FROM taken) THEN 3 ELSE 1 END, (SELECT count(*) FROM copied)"

/* ---- delete ------------------------------------------------------------------------ */

/* The threads that a delete is about are locked, and left behind by name. */
#define HOLD_THREADS(tenant_, threads) \
	"WITH held AS MATERIALIZED (" \
		"SELECT k.thread FROM (" \
			"SELECT DISTINCT x.thread FROM unnest(" threads ") AS y(name), " \
			"LATERAL (SELECT y.name COLLATE \"C\" AS thread) x ORDER BY x.thread" \
		") x CROSS JOIN LATERAL (" \
			"SELECT t.thread FROM @schema.cairn_thread t WHERE t.tenant = " tenant_ " " \
			"AND t.thread = x.thread AND " READ_COMMITTED " FOR UPDATE" \
		") k" \
	") SELECT " READ_COMMITTED ", set_config('cairn.threads', " \
	"COALESCE(array_agg(h.thread ORDER BY h.thread)::text, '{}'), true) FROM held h"
#define HELD_THREADS "((SELECT current_setting('cairn.threads')::text[])::text[])"

/* cairn_checkpoint_run: what these runs wrote. */
#define OF_RUNS(columns, tenant_, runs) \
	"SELECT " columns " FROM unnest(" runs "::text[]) AS r(run) CROSS JOIN LATERAL (" \
		"SELECT c.ctid, c.thread, c.id FROM @schema.cairn_checkpoint c " \
		"WHERE c.tenant = " tenant_ " AND c.run IS NOT NULL AND c.run >= r.run " \
		"AND c.run <= r.run ORDER BY c.run" \
	") c"

/* What is superfluous, by cairn_checkpoint_seq, and for each row cairn_checkpoint_ns. */
#define SUPERFLUOUS(columns, more) \
	"SELECT " columns " FROM @schema.cairn_checkpoint c WHERE c.tenant = $2::text " \
	"AND c.thread >= (SELECT COALESCE($3::text, '')) " \
	"AND c.thread <= (SELECT COALESCE($3, " PREFIX_END("''") ")) " more \
	"AND ($5::int8 = 0 OR c.created_at <= " T " - $5 * interval '1 microsecond') " \
	"AND EXISTS (" \
		"SELECT FROM @schema.cairn_checkpoint n WHERE n.tenant = c.tenant " \
		"AND n.thread = c.thread AND (n.ns, n.write_seq) > (c.ns, c.write_seq) AND n.ns <= c.ns " \
		"ORDER BY n.ns, n.write_seq OFFSET $4::int8 - 1 LIMIT 1" \
	") ORDER BY c.thread, c.write_seq LIMIT $6::int8"

/* Their writes and themselves, who can't move meanwhile. Answers how many. */
#define DELETE_DOOMED(tenant_) \
	", written AS (" \
		"DELETE FROM @schema.cairn_checkpoint_write WHERE " \
		ROWS_OF("doomed d", "cairn_checkpoint_write", "r.tenant = " tenant_ " " \
			"AND r.thread = d.thread AND r.checkpoint = d.id") \
	"), gone AS (" \
		"DELETE FROM @schema.cairn_checkpoint c " \
		"WHERE c.ctid = ANY (ARRAY(SELECT d.ctid FROM doomed d)) RETURNING 1" \
	") SELECT count(*) FROM gone"

/* cairn_thread_pkey. $1 tenant, $2 threads. */
#define TEXT_DELETE_HOLD HOLD_THREADS("$1::text", "$2::text[]")

/* Behind DELETE_HOLD. The three tables' primary keys. $1 tenant, $2 threads. */
#define OF_THREADS(table) \
	ROWS_OF("unnest($2::text[]) AS x(thread)", table, \
		"r.tenant = $1::text AND r.thread = x.thread AND " READ_COMMITTED)
#define TEXT_THREADS_DELETE \
	"WITH written AS (" \
		"DELETE FROM @schema.cairn_checkpoint_write WHERE " OF_THREADS("cairn_checkpoint_write") \
	"), gone AS (" \
		"DELETE FROM @schema.cairn_checkpoint WHERE " OF_THREADS("cairn_checkpoint") \
		" RETURNING 1" \
	"), named AS (" \
		"DELETE FROM @schema.cairn_thread WHERE " OF_THREADS("cairn_thread") \
	") SELECT count(*) FROM gone"

/* cairn_checkpoint_run, cairn_thread_pkey. $1 tenant, $2 runs. */
#define TEXT_RUNS_HOLD HOLD_THREADS("$1::text", "ARRAY(" OF_RUNS("c.thread", "$1", "$2") ")")

/* Behind RUNS_HOLD. cairn_checkpoint_run, cairn_checkpoint_write_pkey. $1 tenant, $2 runs. */
#define TEXT_RUNS_DELETE \
	"WITH doomed AS MATERIALIZED (" \
		OF_RUNS("c.ctid, c.thread, c.id", "$1::text", "$2") \
		" WHERE c.thread = ANY (" HELD_THREADS ")" \
	")" DELETE_DOOMED("$1")

/* $2 tenant, $3 thread or NULL, $4 keep, $5 age, $6 limit. */
#define TEXT_CHECKPOINT_PRUNE_HOLD \
	HOLD_THREADS("$2::text", "ARRAY(SELECT x.thread FROM (" SUPERFLUOUS("c.thread", "") ") x)")

/* behind CHECKPOINT_PRUNE_HOLD, the same parameters; cairn_checkpoint_write_pkey. */
#define TEXT_CHECKPOINT_PRUNE \
	"WITH doomed AS MATERIALIZED (" \
		SUPERFLUOUS("c.ctid, c.thread, c.id", "AND c.thread = ANY (" HELD_THREADS ") ") \
	")" DELETE_DOOMED("$2")

/* Their places in the list of all texts. */
#define CHECKPOINT_TEXTS \
	[PG_SQL_THREAD_HOLD] = { { TEXT_THREAD_HOLD } }, \
	[PG_SQL_THREAD_LET_GO] = { { TEXT_THREAD_LET_GO } }, \
	[PG_SQL_CHECKPOINT_PUT] = { { TEXT_CHECKPOINT_PUT } }, \
	[PG_SQL_CHECKPOINT_PUT_PLAIN] = { { TEXT_CHECKPOINT_PUT_PLAIN } }, \
	[PG_SQL_CHECKPOINT_PUT_MANY] = { { TEXT_CHECKPOINT_PUT_MANY } }, \
	[PG_SQL_WRITE_HOLD] = { { TEXT_WRITE_HOLD } }, \
	[PG_SQL_WRITE_PUT] = { { TEXT_WRITE_PUT } }, \
	[PG_SQL_WRITES] = { { TEXT_WRITES } }, \
	[PG_SQL_CHECKPOINT_GET] = { { TEXT_CHECKPOINT_GET } }, \
	[PG_SQL_CHECKPOINTS] = { { TEXT_CHECKPOINTS } }, \
	[PG_SQL_CHECKPOINTS_NS] = { { TEXT_CHECKPOINTS_NS } }, \
	[PG_SQL_CHECKPOINTS_PLAIN] = { { TEXT_CHECKPOINTS_PLAIN } }, \
	[PG_SQL_CHECKPOINTS_PLAIN_NS] = { { TEXT_CHECKPOINTS_PLAIN_NS } }, \
	[PG_SQL_CHECKPOINTS_BARE] = { { TEXT_CHECKPOINTS_BARE } }, \
	[PG_SQL_CHECKPOINTS_BARE_NS] = { { TEXT_CHECKPOINTS_BARE_NS } }, \
	[PG_SQL_CHECKPOINTS_ALL] = { { TEXT_CHECKPOINTS_ALL } }, \
	[PG_SQL_CHECKPOINTS_ALL_NS] = { { TEXT_CHECKPOINTS_ALL_NS } }, \
	[PG_SQL_THREADS] = { { TEXT_THREADS } }, \
	[PG_SQL_THREAD_COPY] = { { TEXT_THREAD_COPY } }, \
	[PG_SQL_DELETE_HOLD] = { { TEXT_DELETE_HOLD } }, \
	[PG_SQL_THREADS_DELETE] = { { TEXT_THREADS_DELETE } }, \
	[PG_SQL_RUNS_HOLD] = { { TEXT_RUNS_HOLD } }, \
	[PG_SQL_RUNS_DELETE] = { { TEXT_RUNS_DELETE } }, \
	[PG_SQL_CHECKPOINT_PRUNE_HOLD] = { { TEXT_CHECKPOINT_PRUNE_HOLD } }, \
	[PG_SQL_CHECKPOINT_PRUNE] = { { TEXT_CHECKPOINT_PRUNE } }
/* clang-format on */

#endif
