/*
 * sql_replay_read.h - reading replay runs, memos and signals, and deleting trees of runs, as pieces for sql.c.
 */
#ifndef CAIRN_PG_SQL_REPLAY_READ_H
#define CAIRN_PG_SQL_REPLAY_READ_H

#include "sql_replay.h"

/* SQL is laid out by its clauses. */
/* clang-format off */

/* ---- runs ------------------------------------------------------------------------ */

/* cairn_replay_status_of(). */
#define REPLAY_STATUS(j) \
	"CASE " j ".status WHEN 'PENDING' THEN CASE WHEN " j ".parked " \
	"AND " j ".status_reason = 'HANDLER_CONTINUATION' THEN 'SUSPENDED' ELSE 'ENQUEUED' END " \
	"WHEN 'LEASED' THEN 'RUNNING' WHEN 'DEAD_LETTERED' THEN 'FAILED' ELSE " j ".status::text END"

#define RUN_JOB(table, parked, finished) \
	"SELECT t.status::text, t.type, t.queue, t.tenant, t.owner, t.worker, t.payload, t.output, " \
	"t.error_code, t.error_message, t.run_at, " parked " AS parked, t.status_reason, " \
	"t.lease_expires_at, t.created_at, t.started_at, " finished " AS finished_at, t.updated_at, " \
	"t.run_number FROM @schema." table " t WHERE t.id = r.run_id"

/*
 * $1 below, $2 and $3 from and to, $4 scope, $5 type, $6 statuses, $7 and $8 creation times, $9: documents too, $10:
 * counts too, $11 limit.
 */
#define REPLAY_RUNS(runs) \
	"SELECT n.run_id, n.root_id, n.parent_id, n.source_id, n.shared, n.state, n.attempt, n.run_number, " \
	"n.fence, n.scope, n.code, n.type, n.queue, n.tenant, n.owner, n.worker, " \
	"CASE WHEN $9::boolean THEN n.payload END, CASE WHEN $9 THEN n.output END, n.error_code, " \
	"n.error_message, CASE WHEN n.status = 'PENDING' THEN n.run_at END, n.lease_expires_at, " \
	"n.created_at, n.started_at, n.finished_at, n.updated_at, k.steps, k.completed, k.failed, k.waiting, " \
	"k.children FROM (" \
		"SELECT r.*, j.*, " REPLAY_STATUS("j") " AS state FROM (" runs " OFFSET 0) r " \
		"CROSS JOIN LATERAL (" \
			RUN_JOB("cairn_job_live", "t.parked", "NULL::timestamptz") " UNION ALL " \
			RUN_JOB("cairn_job_done", "false", "t.finished_at") " OFFSET 0" \
		") j WHERE r.run_id < $1::uuid AND r.run_id >= $2::uuid AND r.run_id <= $3::uuid " \
		"AND ($4::text IS NULL OR j.tenant = $4) AND ($5::text IS NULL OR j.type = $5) " \
		"AND " REPLAY_STATUS("j") " = ANY ($6::text[]) AND j.created_at >= $7::timestamptz " \
		"AND j.created_at < $8::timestamptz ORDER BY r.run_id DESC LIMIT $11::int8" \
	") n LEFT JOIN LATERAL (" \
		"SELECT count(*) AS steps, count(*) FILTER (WHERE m.status = 'COMPLETED') AS completed, " \
		"count(*) FILTER (WHERE m.status = 'FAILED') AS failed, " \
		"count(*) FILTER (WHERE m.status = 'WAITING') AS waiting, (" \
			"SELECT count(*) FROM @schema.cairn_replay c WHERE $10 AND c.parent_id = n.run_id" \
		") AS children FROM @schema.cairn_memo m WHERE $10::boolean AND m.run_id = n.run_id" \
	") k ON true ORDER BY n.run_id DESC"

/* cairn_replay_pkey, backwards; the jobs' primary keys; to count, cairn_memo_pkey and cairn_replay_parent. */
#define TEXT_REPLAY_RUNS \
	REPLAY_RUNS("SELECT r.* FROM @schema.cairn_replay r WHERE r.run_id < $1 AND r.run_id >= $2 " \
		    "AND r.run_id <= $3 ORDER BY r.run_id DESC")
/* cairn_replay_root, or cairn_replay_parent; the same. $12 root, or parents and $13 a root or NULL. */
#define TEXT_REPLAY_RUNS_ROOT \
	REPLAY_RUNS("SELECT r.* FROM @schema.cairn_replay r WHERE r.root_id = $12::uuid")
#define TEXT_REPLAY_RUNS_PARENT \
	REPLAY_RUNS("SELECT r.* FROM (" \
			"SELECT r.* FROM @schema.cairn_replay r WHERE r.parent_id = ANY ($12::uuid[]) OFFSET 0" \
		    ") r WHERE ($13::uuid IS NULL OR r.root_id = $13)")

/* ---- memos ------------------------------------------------------------------------- */

#define JOB_IN_SCOPE(run, scope) \
	"(SELECT count(*) > 0 FROM (" \
		"SELECT lx.tenant FROM @schema.cairn_job_live lx WHERE lx.id = " run " UNION ALL " \
		"SELECT dx.tenant FROM @schema.cairn_job_done dx WHERE dx.id = " run \
	") jx WHERE " scope "::text IS NULL OR jx.tenant = " scope ")"

/* cairn_replay_pkey, the jobs' primary keys. $1 run, $2 scope, $3: whether it has to be a replay run. */
#define TEXT_REPLAY_FOUND \
	"SELECT " JOB_IN_SCOPE("$1::uuid", "$2") " AND (NOT $3::boolean OR EXISTS (" \
		"SELECT FROM @schema.cairn_replay r WHERE r.run_id = $1))"

/* cairn_memo_pkey, in its order; or cairn_memo_name. $2 after, $3 statuses, $4 limit, $5, $6: signature, result too. */
#define MEMOS(where) \
	"SELECT " MEMO_COLUMNS("m", "CASE WHEN $5::boolean THEN m.signature END", \
			       "CASE WHEN $6::boolean THEN m.result END") " " \
	"FROM @schema.cairn_memo m WHERE " where " AND m.seq > $2::int8 AND m.status = ANY ($3::text[]) " \
	"ORDER BY m.seq LIMIT $4::int8"
#define TEXT_MEMOS	MEMOS("m.run_id = $1::uuid")
#define TEXT_MEMOS_NAME MEMOS("m.find_id = $1::uuid AND m.name = $7::text")

/* cairn_signal_pkey, in its order; or cairn_signal_untaken. $2 name, $3 after, $4 limit, $5: untaken. */
#define SIGNAL_COLUMNS(s) \
	s ".seq, " s ".name, " s ".signal_key, " s ".payload, " s ".sent_at, " s ".taken_by"
#define TEXT_SIGNALS \
	"SELECT " SIGNAL_COLUMNS("s") " FROM @schema.cairn_signal s WHERE s.run_id = $1::uuid " \
	"AND s.seq > $3::int8 AND ($2::text IS NULL OR s.name = $2) " \
	"AND (NOT $5::boolean OR s.taken_by IS NULL) ORDER BY s.seq LIMIT $4::int8"

/* ---- deleting trees ------------------------------------------------------------------ */

#define TREE_LIVE(root, now) \
	"COALESCE((" \
		"SELECT true FROM (" \
			"SELECT c.run_id FROM @schema.cairn_replay c WHERE c.root_id = " root " OFFSET 0" \
		") c LEFT JOIN @schema.cairn_job_live lv ON " IS("lv.id", "c.run_id") " " \
		"LEFT JOIN @schema.cairn_job_done dn ON " IS("dn.id", "c.run_id") " " \
		"WHERE lv.id IS NOT NULL OR dn.lease_expires_at > " now " LIMIT 1" \
	"), false)"
#define TREE_FITS \
	"($2::text IS NULL OR d.tenant = $2) AND ($4::text IS NULL OR d.type = $4) " \
	"AND d.status = ANY ($5::text[]) AND d.finished_at <= " T " - $7::int8 * interval '1 microsecond'"
/* One root by its id; replay + 0, so that the index of roots does not offer itself. */
#define TREE_ONE "d.id = $3::uuid AND d.replay + 0 = 1 AND d.run_id IS NULL AND " TREE_FITS
#define TREE_ANY "$3::uuid IS NULL AND d.replay = 1 AND d.run_id IS NULL AND " TREE_FITS

/*
 * cairn_job_done_replay from its beginning, or cairn_job_done_pkey; cairn_replay_root, the jobs' primary keys. $2 scope, $3
 * run, $4 type, $5 statuses, $6 limit, $7 age. Leaves roots behind; answers how many trees were met that are live.
 */
#define TEXT_TREES_PICK \
	"WITH pick AS MATERIALIZED (" \
		"SELECT d.id, d.finished_at FROM @schema.cairn_job_done d WHERE " TREE_ANY " " \
		"AND NOT " TREE_LIVE("d.id", T) " ORDER BY d.finished_at, d.id LIMIT $6::int8 " \
		"FOR UPDATE SKIP LOCKED" \
	"), one AS MATERIALIZED (" \
		"SELECT d.id FROM @schema.cairn_job_done d WHERE " TREE_ONE " " \
		"AND NOT " TREE_LIVE("d.id", T) " FOR UPDATE SKIP LOCKED" \
	"), last AS MATERIALIZED (" \
		"SELECT CASE WHEN count(*) < $6 THEN 'infinity' ELSE max(p.finished_at) END AS at FROM pick p" \
	") SELECT " LEAVE_UUIDS("cairn.trees", "SELECT p.id FROM pick p UNION ALL SELECT o.id FROM one o") ", (" \
		"SELECT count(*) FROM @schema.cairn_job_done d WHERE " TREE_ANY " " \
		"AND d.finished_at <= (SELECT l.at FROM last l) AND " TREE_LIVE("d.id", T) \
	") + (" \
		"SELECT count(*) FROM @schema.cairn_job_done d WHERE " TREE_ONE " AND " TREE_LIVE("d.id", T) \
	")"


/*
 * cairn_replay_root, cairn_job_done_pkey in its order; cairn_job_live_pkey. Leaves those trees behind all of which is
 * held now, and their runs.
 */
#define TEXT_TREES_LOCK \
	"WITH member AS MATERIALIZED (" \
		"SELECT u.id AS root, c.run_id FROM unnest(" LEFT_UUIDS("cairn.trees") ") u(id) " \
		"CROSS JOIN LATERAL (" \
			"SELECT c.run_id FROM @schema.cairn_replay c WHERE c.root_id = u.id OFFSET 0" \
		") c" \
	"), held AS MATERIALIZED (" \
		"SELECT d.id FROM @schema.cairn_job_done d WHERE d.id = ANY (ARRAY(" \
			"SELECT m.run_id FROM member m" \
		")) ORDER BY d.id FOR UPDATE SKIP LOCKED" \
	"), whole AS MATERIALIZED (" \
		"SELECT m.root FROM member m GROUP BY m.root HAVING bool_and(" \
			"m.run_id IN (SELECT h.id FROM held h) OR (" \
				"NOT EXISTS (SELECT FROM @schema.cairn_job_done d WHERE d.id = m.run_id) " \
				"AND NOT EXISTS (SELECT FROM @schema.cairn_job_live l WHERE l.id = m.run_id)" \
			"))" \
	") SELECT " LEAVE_UUIDS("cairn.trees", "SELECT w.root AS id FROM whole w") ", " \
	LEAVE_UUIDS("cairn.gone", "SELECT m.run_id AS id FROM member m WHERE m.root IN (" \
		"SELECT w.root FROM whole w)")

/* The primary keys of all that jobs and runs have. $1: only count. */
#define TEXT_TREES_REMOVE \
	"WITH gone AS (" \
		"DELETE FROM @schema.cairn_job_done d WHERE d.id = ANY (" LEFT_IDS ") AND NOT $1::boolean " \
		"RETURNING d.id, d.type, d.tenant, d.idempotency_key, d.fence > 0 AS ended, " \
		"d.events > 0 AS told" \
	"), intent AS (" \
		"DELETE FROM @schema.cairn_intent WHERE " OF_GONE("promoted_job_id", "") \
	"), replays AS (" \
		"DELETE FROM @schema.cairn_replay WHERE run_id = ANY (" LEFT_IDS ") AND NOT $1" \
	"), memo AS (" \
		"DELETE FROM @schema.cairn_memo WHERE run_id = ANY (" LEFT_IDS ") AND NOT $1" \
	"), " FORGET_KEYS ", " FORGET_REPLAYS FORGET_THE_REST \
	"SELECT cardinality(" LEFT_UUIDS("cairn.trees") ")::int8, cardinality(" LEFT_IDS ")::int8, (" \
		"SELECT count(*) FROM @schema.cairn_memo m WHERE m.run_id = ANY (" LEFT_IDS ")" \
	"), (" \
		"SELECT count(*) FROM @schema.cairn_signal s WHERE s.run_id = ANY (" LEFT_IDS ")" \
	"), (" \
		"SELECT count(*) FROM @schema.cairn_budget_entry e " \
		"WHERE e.root_id = ANY (" LEFT_UUIDS("cairn.trees") ")" \
	")"

/* clang-format on */

#define REPLAY_READ_TEXTS \
	[PG_SQL_REPLAY_FOUND] = { { TEXT_REPLAY_FOUND } }, \
	[PG_SQL_REPLAY_RUNS] = { { TEXT_REPLAY_RUNS } }, \
	[PG_SQL_REPLAY_RUNS_ROOT] = { { TEXT_REPLAY_RUNS_ROOT } }, \
	[PG_SQL_REPLAY_RUNS_PARENT] = { { TEXT_REPLAY_RUNS_PARENT } }, \
	[PG_SQL_MEMOS] = { { TEXT_MEMOS } }, [PG_SQL_MEMOS_NAME] = { { TEXT_MEMOS_NAME } }, \
	[PG_SQL_SIGNALS] = { { TEXT_SIGNALS } }, [PG_SQL_TREES_PICK] = { { TEXT_TREES_PICK } }, \
	[PG_SQL_TREES_LOCK] = { { TEXT_TREES_LOCK } }, \
	[PG_SQL_TREES_REMOVE] = { { TEXT_TREES_REMOVE } }

#endif
