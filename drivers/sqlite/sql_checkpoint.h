/*
 * sql_checkpoint.h - the texts about checkpoints and threads, for sql.c.
 */
#ifndef CAIRN_LITE_SQL_CHECKPOINT_H
#define CAIRN_LITE_SQL_CHECKPOINT_H

#include "sql_lock.h"

/* SQL is laid out by its clauses. */
/* clang-format off */

/* ---- put ----------------------------------------------------------------- */

/* cairn_thread's primary key. The next number. */
#define TEXT_THREAD_NUMBER \
	"INSERT INTO cairn_thread (tenant, thread, write_seq, created_at, updated_at) " \
	"VALUES (?1, ?2, 1, ?3, ?3) ON CONFLICT (tenant, thread) DO UPDATE SET " \
	"write_seq = write_seq + 1, updated_at = excluded.updated_at RETURNING write_seq"

/* cairn_checkpoint_id */
#define TEXT_CHECKPOINT_FIND \
	"SELECT write_seq, created_at, step, ns, next_node " \
	"FROM cairn_checkpoint INDEXED BY cairn_checkpoint_id " \
	"WHERE tenant = ? AND thread = ? AND id = ?"

/* cairn_checkpoint_ns from its end */
#define TEXT_CHECKPOINT_HEAD \
	"SELECT id FROM cairn_checkpoint INDEXED BY cairn_checkpoint_ns " \
	"WHERE tenant = ? AND thread = ? AND ns = ? ORDER BY write_seq DESC LIMIT 1"

/* none to find, four to fill */
#define TEXT_CHECKPOINT_INSERT \
	"INSERT INTO cairn_checkpoint (tenant, thread, write_seq, id, ns, parent, step, " \
	"payload_version, created_at, bytes, state_size, next_node, run, metadata, tags, state) " \
	"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

/* rowid */
#define TEXT_STATE_INSERT "INSERT INTO cairn_checkpoint_state (checkpoint, state) VALUES (?, ?)"

/* ---- pending writes -------------------------------------------------------- */

#define WRITE_INSERT \
	"INSERT INTO cairn_checkpoint_write (tenant, thread, checkpoint, task, idx, channel, " \
	"bytes, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?) " \
	"ON CONFLICT (tenant, thread, checkpoint, task, idx) DO "

/* cairn_checkpoint_write's primary key */
#define TEXT_WRITE_FIRST WRITE_INSERT "NOTHING"

/* the same */
#define TEXT_WRITE_LAST \
	WRITE_INSERT "UPDATE SET channel = excluded.channel, bytes = excluded.bytes, " \
	"value = excluded.value"

/* cairn_checkpoint_write's primary key, in its order */
#define TEXT_WRITES \
	"SELECT checkpoint, task, idx, channel, bytes, value FROM cairn_checkpoint_write " \
	"WHERE tenant = ? AND thread = ? AND checkpoint = ? ORDER BY task, idx"

/* ---- list ------------------------------------------------------------------ */

/*
 * What the reader wants, of c: ?1 has 1 with states, 2 with tags, which come first: a row that lacks some
 * is passed over. Its thread is known, and so may be its namespace. The large state is a column by itself,
 * since what an expression answers has been copied once more.
 */
#define CHECKPOINT_COLUMNS(ns) \
	"CASE WHEN ?1 & 2 THEN c.tags END, " ns ", c.id, c.parent, c.write_seq, c.step, " \
	"c.payload_version, c.created_at, c.bytes, c.state_size, c.next_node, c.run, c.metadata, " \
	"CASE WHEN ?1 & 1 THEN c.state END, s.state"

/* By an index, and the states' rowid, which is not looked for where it is NULL. */
#define FROM_CHECKPOINT(index) \
	" FROM cairn_checkpoint c INDEXED BY " index " " \
	"LEFT JOIN cairn_checkpoint_state s ON s.checkpoint = CASE WHEN ?1 & 1 THEN c.row END "

/* cairn_checkpoint_id. ?2 tenant, ?3 thread, ?4 id */
#define TEXT_CHECKPOINT_GET \
	"SELECT " CHECKPOINT_COLUMNS("c.ns") FROM_CHECKPOINT("cairn_checkpoint_id") \
	"WHERE c.tenant = ?2 AND c.thread = ?3 AND c.id = ?4"

/*
 * cairn_checkpoint_seq backwards, the reader stops when it has enough. ?2 tenant, ?3 thread,
 * ?4 below this number, ?5 run
 */
#define TEXT_CHECKPOINTS \
	"SELECT " CHECKPOINT_COLUMNS("c.ns") FROM_CHECKPOINT("cairn_checkpoint_seq") \
	"WHERE c.tenant = ?2 AND c.thread = ?3 AND c.write_seq < ?4 " \
	"AND (?5 IS NULL OR c.run = ?5) ORDER BY c.write_seq DESC"

/* The same by cairn_checkpoint_ns. ?6 namespace */
#define TEXT_CHECKPOINTS_NS \
	"SELECT " CHECKPOINT_COLUMNS("NULL") FROM_CHECKPOINT("cairn_checkpoint_ns") \
	"WHERE c.tenant = ?2 AND c.thread = ?3 AND c.ns = ?6 AND c.write_seq < ?4 " \
	"AND (?5 IS NULL OR c.run = ?5) ORDER BY c.write_seq DESC"

/* ---- threads ----------------------------------------------------------------- */

/* cairn_thread's primary key. The next one, ?3: that one itself, too */
#define TEXT_THREAD_NEXT \
	"SELECT thread FROM cairn_thread WHERE tenant = ?1 AND thread >= ?2 " \
	"AND (?3 OR thread > ?2) ORDER BY thread LIMIT 1"

/* cairn_thread's primary key, from the prefix ?2 or behind ?3. ?4 limit */
#define TEXT_THREADS \
	"SELECT thread, write_seq, created_at, updated_at FROM cairn_thread " \
	"WHERE tenant = ?1 AND thread >= max(?2, ?3) AND thread > ?3 " \
	"AND thread < " PREFIX_END("?2") " ORDER BY thread LIMIT ?4"

/* cairn_thread's primary key */
#define TEXT_THREAD_FIND "SELECT write_seq FROM cairn_thread WHERE tenant = ? AND thread = ?"

/* ---- copy: ?1 tenant, ?2 from, ?3 to ------------------------------------------- */

/* cairn_thread's primary key */
#define TEXT_THREAD_COPY \
	"INSERT INTO cairn_thread (tenant, thread, write_seq, created_at, updated_at) " \
	"SELECT tenant, ?3, write_seq, created_at, updated_at FROM cairn_thread " \
	"WHERE tenant = ?1 AND thread = ?2"

/* cairn_checkpoint_seq, in its order */
#define TEXT_CHECKPOINT_COPY \
	"INSERT INTO cairn_checkpoint (tenant, thread, write_seq, id, ns, parent, step, " \
	"payload_version, created_at, bytes, state_size, next_node, run, metadata, tags, state) " \
	"SELECT tenant, ?3, write_seq, id, ns, parent, step, payload_version, created_at, bytes, " \
	"state_size, next_node, run, metadata, tags, state " \
	"FROM cairn_checkpoint INDEXED BY cairn_checkpoint_seq " \
	"WHERE tenant = ?1 AND thread = ?2 ORDER BY write_seq"

/* cairn_checkpoint_seq, the states' rowid, cairn_checkpoint_seq */
#define TEXT_STATE_COPY \
	"INSERT INTO cairn_checkpoint_state (checkpoint, state) SELECT n.row, s.state " \
	"FROM cairn_checkpoint o INDEXED BY cairn_checkpoint_seq " \
	"CROSS JOIN cairn_checkpoint_state s CROSS JOIN cairn_checkpoint n " \
	"INDEXED BY cairn_checkpoint_seq WHERE o.tenant = ?1 AND o.thread = ?2 " \
	"AND s.checkpoint = o.row AND n.tenant = ?1 AND n.thread = ?3 " \
	"AND n.write_seq = o.write_seq ORDER BY o.write_seq"

/* cairn_checkpoint_write's primary key */
#define TEXT_WRITE_COPY \
	"INSERT INTO cairn_checkpoint_write (tenant, thread, checkpoint, task, idx, channel, " \
	"bytes, value) SELECT tenant, ?3, checkpoint, task, idx, channel, bytes, value " \
	"FROM cairn_checkpoint_write WHERE tenant = ?1 AND thread = ?2"

/* ---- delete -------------------------------------------------------------------- */

/* cairn_checkpoint_seq, the states' rowid */
#define TEXT_THREAD_DELETE_STATES \
	"DELETE FROM cairn_checkpoint_state WHERE checkpoint IN (" \
	"SELECT row FROM cairn_checkpoint INDEXED BY cairn_checkpoint_seq " \
	"WHERE tenant = ? AND thread = ?)"

/* cairn_checkpoint_write's primary key */
#define TEXT_THREAD_DELETE_WRITES \
	"DELETE FROM cairn_checkpoint_write WHERE tenant = ? AND thread = ?"

/* cairn_checkpoint_seq */
#define TEXT_THREAD_DELETE_CHECKPOINTS \
	"DELETE FROM cairn_checkpoint INDEXED BY cairn_checkpoint_seq " \
	"WHERE tenant = ? AND thread = ?"

/* cairn_thread's primary key */
#define TEXT_THREAD_DELETE "DELETE FROM cairn_thread WHERE tenant = ? AND thread = ?"

/* cairn_checkpoint_run. ?1 tenant, ?2 run, ?3 limit */
#define TEXT_RUN_PICK \
	"SELECT row FROM cairn_checkpoint INDEXED BY cairn_checkpoint_run " \
	"WHERE tenant = ?1 AND run = ?2 LIMIT ?3"

/*
 * cairn_checkpoint_seq from its beginning, for each row cairn_checkpoint_ns. ?1 tenant, ?2 to ?3 threads,
 * ?4 keep - 1, ?5 written until, ?6 limit
 */
#define TEXT_PRUNE_PICK \
	"SELECT c.row FROM cairn_checkpoint c INDEXED BY cairn_checkpoint_seq " \
	"WHERE c.tenant = ?1 AND c.thread >= ?2 AND c.thread <= ?3 AND c.created_at <= ?5 AND (" \
	"SELECT 1 FROM cairn_checkpoint n INDEXED BY cairn_checkpoint_ns " \
	"WHERE n.tenant = c.tenant AND n.thread = c.thread AND n.ns = c.ns " \
	"AND n.write_seq > c.write_seq ORDER BY n.write_seq LIMIT 1 OFFSET ?4) IS NOT NULL " \
	"ORDER BY c.thread, c.write_seq LIMIT ?6"

/* rowid, then cairn_checkpoint_write's primary key */
#define TEXT_CHECKPOINT_DELETE_WRITES \
	"DELETE FROM cairn_checkpoint_write WHERE (tenant, thread, checkpoint) = (" \
	"SELECT tenant, thread, id FROM cairn_checkpoint WHERE row = ?)"

/* rowid */
#define TEXT_CHECKPOINT_DELETE_STATE "DELETE FROM cairn_checkpoint_state WHERE checkpoint = ?"

/* rowid */
#define TEXT_CHECKPOINT_DELETE "DELETE FROM cairn_checkpoint WHERE row = ?"

/* Their places in the list of all texts. */
#define CHECKPOINT_TEXTS \
	[LITE_THREAD_NUMBER] = TEXT_THREAD_NUMBER, \
	[LITE_CHECKPOINT_FIND] = TEXT_CHECKPOINT_FIND, \
	[LITE_CHECKPOINT_HEAD] = TEXT_CHECKPOINT_HEAD, \
	[LITE_CHECKPOINT_INSERT] = TEXT_CHECKPOINT_INSERT, \
	[LITE_STATE_INSERT] = TEXT_STATE_INSERT, \
	[LITE_WRITE_FIRST] = TEXT_WRITE_FIRST, \
	[LITE_WRITE_LAST] = TEXT_WRITE_LAST, \
	[LITE_WRITES] = TEXT_WRITES, \
	[LITE_CHECKPOINT_GET] = TEXT_CHECKPOINT_GET, \
	[LITE_CHECKPOINTS] = TEXT_CHECKPOINTS, \
	[LITE_CHECKPOINTS_NS] = TEXT_CHECKPOINTS_NS, \
	[LITE_THREAD_NEXT] = TEXT_THREAD_NEXT, \
	[LITE_THREADS] = TEXT_THREADS, \
	[LITE_THREAD_FIND] = TEXT_THREAD_FIND, \
	[LITE_THREAD_COPY] = TEXT_THREAD_COPY, \
	[LITE_CHECKPOINT_COPY] = TEXT_CHECKPOINT_COPY, \
	[LITE_STATE_COPY] = TEXT_STATE_COPY, \
	[LITE_WRITE_COPY] = TEXT_WRITE_COPY, \
	[LITE_THREAD_DELETE_STATES] = TEXT_THREAD_DELETE_STATES, \
	[LITE_THREAD_DELETE_WRITES] = TEXT_THREAD_DELETE_WRITES, \
	[LITE_THREAD_DELETE_CHECKPOINTS] = TEXT_THREAD_DELETE_CHECKPOINTS, \
	[LITE_THREAD_DELETE] = TEXT_THREAD_DELETE, \
	[LITE_RUN_PICK] = TEXT_RUN_PICK, \
	[LITE_PRUNE_PICK] = TEXT_PRUNE_PICK, \
	[LITE_CHECKPOINT_DELETE_WRITES] = TEXT_CHECKPOINT_DELETE_WRITES, \
	[LITE_CHECKPOINT_DELETE_STATE] = TEXT_CHECKPOINT_DELETE_STATE, \
	[LITE_CHECKPOINT_DELETE] = TEXT_CHECKPOINT_DELETE
/* clang-format on */

#endif
