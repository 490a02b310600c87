/*
 * sql.c - every statement of the driver as constant text, and their rendering for
 * a schema. The longest ones stand in sql_*.h.
 *
 * Statements must be right on plans that were made when the tables were empty: they
 * find rows by one index only, join by nested loops from what they were given, and use
 * neither values nor statistics to decide. Where another index could offer itself, the text
 * does not say what would let it. $1 is the installed clock's time, or NULL.
 */
#include <string.h>

#include "pg.h"
#include "sql_budget_one.h"
#include "sql_catalog.h"
#include "sql_change.h"
#include "sql_checkpoint.h"
#include "sql_definition.h"
#include "sql_enqueue.h"
#include "sql_intent.h"
#include "sql_items.h"
#include "sql_lock.h"
#include "sql_log.h"
#include "sql_queue.h"
#include "sql_reap.h"
#include "sql_replay.h"
#include "sql_replay_fresh.h"
#include "sql_replay_read.h"
#include "sql_run.h"
#include "sql_run_end.h"
#include "sql_run_new.h"
#include "sql_schedule.h"
#include "sql_schema.h"
#include "sql_thread_log.h"
#include "sql_upkeep.h"
#include "sql_wake.h"

/* SQL is laid out by its clauses. */
/* clang-format off */

/* The tenant of a scope: NULL is any. */
#define IN_SCOPE(tenant, param) "(" param "::text IS NULL OR " tenant " = " param "::text)"

/* What a claim and a list answer alike; rows.c reads them in this order. */
#define JOB_COLUMNS(j) \
	j ".id, " j ".type, " j ".tenant, " j ".priority, " j ".run_number, " j ".attempt, " \
	j ".max_attempts, " j ".timeout_us, " j ".run_at, " j ".owner, " j ".fence, " \
	j ".started_at, " j ".stage, " j ".progress_done, " j ".progress_total, " \
	j ".idempotency_key, " j ".status_reason, " j ".error_code, " j ".error_message, " \
	j ".created_at, " j ".updated_at, " j ".resource_key, " j ".run_id, " j ".may_continue, " \
	j ".replay::int4"

/* ---- settings: under these plans stay right; the application's own are put back  */

#define PLAN_PROOF \
	"set_config('enable_seqscan', 'off', true), " \
	"set_config('enable_bitmapscan', 'off', true), " \
	"set_config('enable_hashjoin', 'off', true), " \
	"set_config('enable_mergejoin', 'off', true), " \
	"set_config('jit', 'off', true), " \
	"set_config('plan_cache_mode', 'force_generic_plan', true)"

/* They as one text, and back. */
#define PLAN_SETTINGS \
	"concat_ws('|', current_setting('enable_seqscan'), current_setting('enable_bitmapscan'), " \
	"current_setting('enable_hashjoin'), current_setting('enable_mergejoin'), " \
	"current_setting('jit'), current_setting('plan_cache_mode'))"
#define PLAN_SETTINGS_BACK \
	"set_config('enable_seqscan', split_part(s, '|', 1), true), " \
	"set_config('enable_bitmapscan', split_part(s, '|', 2), true), " \
	"set_config('enable_hashjoin', split_part(s, '|', 3), true), " \
	"set_config('enable_mergejoin', split_part(s, '|', 4), true), " \
	"set_config('jit', split_part(s, '|', 5), true), " \
	"set_config('plan_cache_mode', split_part(s, '|', 6), true)"

/* ---- claim -------------------------------------------------------------- */

/*
 * $2 which time (PG_TIME_…), $3 queue, $4 worker, $5 lease, $6: 1 counts events, $7 owner,
 * $8 types (NULL: any), $9 prestart. The rows come back by id; claim.c puts them into queue order.
 */
#define DUE_PARKED \
	"EXISTS (SELECT FROM @schema.cairn_job_live u WHERE u.queue = $3 AND u.parked " \
	"AND u.run_at <= (SELECT c.now FROM clock c))"
#define CLAIM(limit) \
	"WITH " CALL_CLOCK "pick AS MATERIALIZED (" \
		"SELECT p.id, p.run_number, p.attempt, p.stage, p.events, p.fence " \
		"FROM @schema.cairn_job_live p " \
		"WHERE p.queue = $3::text AND p.status = 'PENDING' AND NOT p.parked " \
		"AND p.resource_key IS NULL AND " \
		WANTED_AT("p", "(SELECT c.now FROM clock c)", "$7", "$8") " " \
		"ORDER BY p.priority DESC, p.run_at, p.id LIMIT " \
		"CASE WHEN " PAUSED("$3") " OR " KEYED("$3") " OR " DUE_PARKED " THEN 0 " \
		"ELSE " limit " END " \
		"FOR UPDATE SKIP LOCKED" \
	"), " TAKE

#define TAKE \
	"event AS (" \
		"INSERT INTO @schema.cairn_job_event (job_id, seq, at, run_number, attempt, " \
		"kind, stage, worker, duration_us) " \
		"SELECT p.id, p.events + 1, c.now, p.run_number, p.attempt + 1, 'LEASED', " \
		"p.stage, $4::text, $5::int8 FROM pick p CROSS JOIN clock c WHERE $6::int4 = 1 " \
		"AND (p.events <> 1 OR p.fence > 0 OR p.stage <> 'queued')" \
	") UPDATE @schema.cairn_job_live l SET " \
	"status = 'LEASED', attempt = l.attempt + 1, fence = l.fence + 1, worker = $4, " \
	"leased_at = c.now, heartbeat_at = c.now, updated_at = c.now, " \
	"lease_us = $5, lease_expires_at = c.now + $5 * interval '1 microsecond', " \
	"reap_at = c.now + $5 * interval '1 microsecond', " \
	"started_at = COALESCE(l.started_at, c.now), events = l.events + $6, " \
	"prestart = $9::boolean, execution_started_at = NULL " \
	"FROM clock c WHERE l.id = ANY (ARRAY(SELECT p.id FROM pick p)) " \
	"RETURNING " JOB_COLUMNS("l") ", l.payload, l.checkpoint, l.output, l.request, " \
	"(SELECT ARRAY[d.retry_base_us, d.retry_cap_us, d.retry_jitter_us, d.retry_factor, " \
	"CASE WHEN d.retry_overrides IS NOT NULL THEN 1 ELSE 0 END + " \
	"CASE WHEN d.retention_us = -1 AND l.idempotency_key IS NULL THEN 2 ELSE 0 END] " \
	"FROM @schema.cairn_job_definition d WHERE d.type = l.type)"

/* ---- reads -------------------------------------------------------------- */

/*
 * One table's part of a list, with the filters that both have: $1 below this id, $2 scope,
 * $3 statuses, $4 queue, $5 type, $6 and $7 creation times, $9 limit. Each is a page by
 * itself, since the planner merges two ordered indexes only if it thinks that much is in them.
 */
#define LIST_FROM(table, extra, more) \
	"(SELECT " JOB_COLUMNS("t") ", " extra ", t.queue, t.status, t.lease_expires_at, " \
	"t.heartbeat_at, t.leased_at, t.worker, t.payload, t.checkpoint, t.output " \
	"FROM @schema." table " t " \
	"WHERE t.id < $1::uuid AND " IN_SCOPE("t.tenant", "$2") " " \
	"AND t.status = ANY ($3::text[]) AND ($4::text IS NULL OR t.queue = $4) " \
	"AND ($5::text IS NULL OR t.type = $5) AND t.created_at >= $6::timestamptz " \
	"AND t.created_at < $7::timestamptz " more " ORDER BY t.id DESC LIMIT $9::int8)"

/* $8: documents too, $10 live jobs too, $11 finished ones too. */
#define LIST(more) \
	"SELECT " JOB_COLUMNS("j") ", CASE WHEN $8::boolean THEN j.payload END, " \
	"CASE WHEN $8 THEN j.checkpoint END, CASE WHEN $8 THEN j.output END, k.request, j.queue, " \
	"j.status, j.parked, j.finished_at, j.lease_expires_at, j.heartbeat_at, j.leased_at, " \
	"j.worker, j.prestart, j.execution_started_at FROM (" \
		LIST_FROM("cairn_job_live", "t.parked, NULL::timestamptz AS finished_at, " \
			  "t.prestart, t.execution_started_at", more "AND $10::boolean") \
		" UNION ALL " \
		LIST_FROM("cairn_job_done", "false, t.finished_at, false, NULL", \
			  more "AND $11::boolean") \
		" ORDER BY id DESC LIMIT $9" \
	") j LEFT JOIN LATERAL (" \
		"SELECT k.request FROM @schema.cairn_job_key k WHERE $8 AND k.type = j.type " \
		"AND k.tenant = j.tenant AND k.idempotency_key = j.idempotency_key OFFSET 0" \
	") k ON true ORDER BY j.id DESC"

/* $1 the job a history belongs to, $2 its scope; its own row while it is being worked on. */
#define HISTORY_JOB \
	"WITH job AS MATERIALIZED (" \
		"SELECT l.id, l.status, l.fence, l.run_number, l.attempt, l.worker, " \
		"l.leased_at, l.prestart, l.execution_started_at " \
		"FROM @schema.cairn_job_live l " \
		"WHERE l.id = $1::uuid AND " IN_SCOPE("l.tenant", "$2") " " \
		"UNION ALL " \
		"SELECT d.id, d.status, d.fence, d.run_number, d.attempt, NULL, NULL, false, NULL " \
		"FROM @schema.cairn_job_done d " \
		"WHERE d.id = $1 AND " IN_SCOPE("d.tenant", "$2") \
	") "

/* What history.c reads of an event. */
#define EVENT_COLUMNS \
	"v.seq, v.kind, v.run_number, v.attempt, v.at, v.stage, v.progress_done, " \
	"v.progress_total, v.worker, v.reason, v.error_code, v.error_message, v.detail, " \
	"v.duration_us, v.until, v.requested, v.data"

const struct pg_sql_text cairn_pg__sql[PG_SQL_COUNT] = {
	/* ---- session ---- */

	/* No table. What cairn sets inside the application's transaction, and remembers. */
	[PG_SQL_GUEST_ENTER] = { {
		"SELECT set_config('cairn.guest_lock', current_setting('lock_timeout'), true), "
		"set_config('cairn.guest', " PLAN_SETTINGS ", true), "
		"set_config('lock_timeout', CASE "
		"WHEN current_setting('lock_timeout')::interval BETWEEN interval '1 microsecond' "
		"AND $1::text::interval THEN current_setting('lock_timeout') ELSE $1 END, true), "
		PLAN_PROOF,
	} },

	/* No table. Puts back what GUEST_ENTER found. */
	[PG_SQL_GUEST_LEAVE] = { {
		"SELECT set_config('lock_timeout', current_setting('cairn.guest_lock'), true), "
		PLAN_SETTINGS_BACK " FROM current_setting('cairn.guest') s",
	} },

	/* No table. For one transaction; a session that had it once reads '' afterwards, not NULL. */
	[PG_SQL_TENANT] = { { "SELECT set_config('cairn.tenant', $1::text, true)" } },

	/* No table. For one call inside a transaction. */
	[PG_SQL_TENANT_ENTER] = { {
		"SELECT set_config('cairn.tenant_before', "
		"COALESCE(current_setting('cairn.tenant', true), ''), true), "
		"set_config('cairn.tenant', $1::text, true)",
	} },
	[PG_SQL_TENANT_LEAVE] = { {
		"SELECT set_config('cairn.tenant', current_setting('cairn.tenant_before'), true)",
	} },

	/* No table. The settings of a transaction of cairn's own, where the session has none. */
	[PG_SQL_SETTINGS] = { {
		"SELECT set_config('lock_timeout', $1::text, true), "
		"set_config('statement_timeout', $2::text, true), " PLAN_PROOF,
	} },

	/* No table. */
	[PG_SQL_NOW] = { { "SELECT clock_timestamp()" } },

	/* No table. */
	[PG_SQL_CURRENT_SCHEMA] = { { "SELECT COALESCE(current_schema()::text, 'public')" } },

	/* No table. The same; large documents cost half with lz4, which not every server has. */
	[PG_SQL_SESSION] = { {
		"SELECT COALESCE(current_schema()::text, 'public'), ("
		"SELECT set_config(name, 'lz4', false) FROM pg_catalog.pg_settings "
		"WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals))",
	} },

	/* ---- definitions (sql_definition.h) ---- */

	/* cairn_job_definition_pkey. */
	[PG_SQL_DEFINE] = { { DEFINE(T, "", "i.n DESC"), REPLACE("excluded.enabled")} },

	/* cairn_job_definition_pkey. */
	[PG_SQL_DEFINE_MISSING] = { { DEFINE(T, "", "i.n") " ON CONFLICT (type) DO NOTHING"} },

	/* cairn_job_definition_pkey. Answers how many exist. */
	[PG_SQL_DEFINE_PATCH] = { { TEXT_DEFINE_PATCH } },

	/* cairn_job_definition_pkey, in its order. */
	[PG_SQL_DEFINITIONS_LOCK] = { { TEXT_DEFINITIONS_LOCK } },

	/*
	 * cairn_schedule_type, cairn_job_definition_pkey. DEFINE where something is disabled, behind
	 * DEFINITIONS_LOCK. Answers the schedule that forbids it, and whether it may wait at all.
	 */
	[PG_SQL_DEFINE_OFF] = { { TEXT_DEFINE_OFF } },

	/* The same for DEFINE_PATCH. */
	[PG_SQL_DEFINE_PATCH_OFF] = { { TEXT_DEFINE_PATCH_OFF } },

	/* No table. */
	[PG_SQL_SYNC_BEGIN] = { { TEXT_SYNC_BEGIN } },

	/*
	 * cairn_job_definition_pkey. Inserts what is new and locks what is there, the absent types
	 * ($14) too, in the order of the index, so that catalogs never wait for each other
	 * crosswise.
	 */
	[PG_SQL_SYNC_NEW] = { { TEXT_SYNC_NEW } },

	/*
	 * cairn_schedule_type, cairn_job_definition_pkey. Answers the schedule that forbids it, and
	 * whether it may wait at all.
	 */
	[PG_SQL_SYNC_GUARD] = { { TEXT_SYNC_GUARD } },

	/*
	 * cairn_job_definition_pkey. What was disabled before is certain behind SYNC_NEW. $14: a
	 * type that is disabled stays so. Answers what was disabled, and what is new and disabled.
	 */
	[PG_SQL_SYNC] = { { TEXT_SYNC } },

	/*
	 * cairn_job_definition_pkey. The same for the types in $2, which the catalog lacks. One that
	 * was made since SYNC_NEW and that somebody holds is not waited for: it came later.
	 */
	[PG_SQL_SYNC_ABSENT] = { { TEXT_SYNC_ABSENT } },

	/* cairn_job_definition_pkey, in its order. */
	[PG_SQL_DEFINITIONS] = { { TEXT_DEFINITIONS } },

	/* ---- enqueue ---- */

	/*
	 * cairn_job_definition_pkey. Unkeyed jobs that differ in id and payload only; the number of
	 * rows that it inserts tells whether there is a definition.
	 */
	[PG_SQL_ENQUEUE_ALIKE] = { { ENQUEUE_ALIKE } },

	/* The same for one job; and one that answers whether somebody waits for it. */
	[PG_SQL_ENQUEUE_ONE] = { { ENQUEUE_ONE } },
	[PG_SQL_ENQUEUE_ASKING] = { { ENQUEUE_ONE WAKES_ONE } },

	/* cairn_job_definition_pkey. Unkeyed jobs; answers the items without a definition. */
	[PG_SQL_ENQUEUE] = { {
		"WITH item AS MATERIALIZED (" ENQUEUE_ITEMS "), ",
		ENQUEUE_JOBS("item i WHERE i.known")
		"SELECT i.n FROM item i WHERE NOT i.known",
	} },

	/*
	 * cairn_job_definition_pkey, cairn_job_key_pkey. Keys go in first, in their order. Answers
	 * the items that were inserted, and those whose key was there, or may not be (not kept);
	 * -1: wrong isolation.
	 */
	[PG_SQL_ENQUEUE_KEYED] = { {
		"WITH safe AS MATERIALIZED (SELECT " READ_COMMITTED " AS yes"
		"), item AS MATERIALIZED ("
			"SELECT i.* FROM (" ENQUEUE_ITEMS " OFFSET 0) i "
			"WHERE i.known AND (SELECT yes FROM safe)"
		"), key AS ("
			"INSERT INTO @schema.cairn_job_key (job_id, type, tenant, idempotency_key, "
			"request_hash, request) "
			"SELECT i.id, i.type, i.tenant, i.key, i.hash, i.request "
			"FROM item i WHERE i.key IS NOT NULL AND i.kept ORDER BY i.type COLLATE \"C\", "
			"i.tenant COLLATE \"C\", i.key COLLATE \"C\", i.n "
			"ON CONFLICT DO NOTHING RETURNING job_id"
		"), fresh AS MATERIALIZED ("
			"SELECT i.*, i.key IS NULL OR i.id IN (SELECT job_id FROM key) AS inserted "
			"FROM item i"
		"), ",
		ENQUEUE_JOBS("fresh i WHERE i.inserted")
		"SELECT i.n, i.inserted, i.kept, "
		WAKES("i.inserted AND i.run_at <= " T " + " WAKE_SOON, "i.queue") " FROM fresh i "
		"UNION ALL SELECT -1, false, false, NULL FROM safe WHERE NOT yes",
	} },

	/* cairn_job_key_pkey, then both tables' primary keys: keys that another job has. */
	[PG_SQL_KEYS] = { {
		"SELECT i.n, k.job_id, k.request_hash, COALESCE(l.status, d.status), "
		"COALESCE(l.run_number, d.run_number) "
		"FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY "
		"AS i(id, type, tenant, key, n) CROSS JOIN LATERAL ("
			"SELECT k.job_id, k.request_hash FROM @schema.cairn_job_key k "
			"WHERE k.type = i.type AND k.tenant = i.tenant "
			"AND k.idempotency_key = i.key AND k.job_id <> i.id OFFSET 0"
		") k LEFT JOIN @schema.cairn_job_live l ON " IS("l.id", "k.job_id") " "
		"LEFT JOIN @schema.cairn_job_done d ON " IS("d.id", "k.job_id"),
	} },

	/* ---- claim ---- */

	/* cairn_job_live_parked. */
	[PG_SQL_UNPARK] = { {
		"UPDATE @schema.cairn_job_live SET parked = false WHERE ctid = ANY (ARRAY("
			"SELECT p.ctid FROM @schema.cairn_job_live p WHERE p.queue = $3::text "
			"AND p.parked AND p.run_at <= " CALL_T " FOR UPDATE SKIP LOCKED"
		"))",
	} },

	/*
	 * cairn_job_live_claim from its beginning; cairn_job_live_pkey; the definitions';
	 * cairn_queue_pause_pkey and cairn_job_live_resource, once.
	 */
	[PG_SQL_CLAIM_ONE] = { { CLAIM("1") } },

	/* The same for any number. */
	[PG_SQL_CLAIM] = { { CLAIM("$10::int8") } },

	/* No index in these four: cairn_job_waiter is empty, or a handful of rows. */
	[PG_SQL_WAITED] = { { WAITED } },
	[PG_SQL_WAKE] = { { WAKE } },
	[PG_SQL_WAITER_ADD] = { { WAITER_ADD } },
	[PG_SQL_WAITER_DROP] = { { WAITER_DROP } },

	/* The same for any queue (sql_queue.h), behind RESOURCE_LOCK. */
	[PG_SQL_CLAIM_KEYED] = { { PERMITTED, PICK_BOTH, TAKE } },
	[PG_SQL_RESOURCE_LOCK] = { { RESOURCE_LOCK_NEAR } },
	[PG_SQL_RESOURCE_LOCK_FAR] = { { RESOURCE_LOCK_STATE, RESOURCE_LOCK_FAR } },
	[PG_SQL_WAITING] = { { TEXT_WAITING } },
	[PG_SQL_RESOURCE_NEED] = { { TEXT_RESOURCE_NEED } },

	/* ---- change and reap ---- */

	/* cairn_job_live_pkey, in its order. Leaves the time behind for what follows. */
	[PG_SQL_LOCK_JOBS] = { {
		"SELECT set_config('cairn.now', to_char(clock_timestamp() AT TIME ZONE 'UTC', "
		"'YYYY-MM-DD HH24:MI:SS.US'), true) FROM ("
			"SELECT count(*) AS n FROM ("
				"SELECT FROM @schema.cairn_job_live l "
				"WHERE l.id = ANY ($1::uuid[]) ORDER BY l.id FOR NO KEY UPDATE"
			") held"
		") held WHERE n >= 0",
	} },

	/* cairn_job_live_pkey, in its order. */
	[PG_SQL_HEARTBEAT] = { { HEARTBEAT } },

	/* cairn_job_live_pkey, in its order. Plain successes. */
	[PG_SQL_SUCCEED] = { { SUCCEED } },

	/* cairn_job_live_pkey, in its order; its key's. Plain successes that delete the job. */
	[PG_SQL_FORGET] = { { FORGET } },

	/* The primary keys of all that a job has; the lineage's two. */
	[PG_SQL_GONE_LEDGERS] = { { GONE_LEDGERS } },
	[PG_SQL_FORGET_REST] = { { FORGET_REST } },

	/* cairn_job_live_pkey, in its order. */
	[PG_SQL_REPORT] = { { LOCKED, REPORT_HIT, REPORT_WRITE } },

	/* cairn_job_live_pkey, in its order; cairn_job_dead_letter_pkey. Any change of a live job. */
	[PG_SQL_CHANGE] = { { LOCKED, CHANGE_HIT, CHANGE_KEPT, CHANGE_GONE, CHANGE_HISTORY } },

	/* cairn_job_live_pkey, in its order. */
	[PG_SQL_EDIT] = { { LOCKED, EDIT } },

	/* cairn_job_done_pkey, in its order; cairn_job_key_pkey. */
	[PG_SQL_REQUEUE] = { { REQUEUE_HIT, REQUEUE_WRITE } },

	/* cairn_job_live_reap, then cairn_job_live_pkey. */
	[PG_SQL_REAP] = { { REAP_HIT, REAP_WRITE, REAP_HISTORY } },

	/* cairn_job_live_reap. */
	[PG_SQL_EXPIRED] = { { TEXT_EXPIRED } },

	/* cairn_job_live_pkey. A row that can't be reaped keeps its holder and waits. */
	[PG_SQL_PUT_OFF] = { { TEXT_PUT_OFF } },

	/*
	 * cairn_job_done_succeeded, two probes for each type, cairn_job_done_pkey; cairn_job_done_failed
	 * from its beginning.
	 */
	[PG_SQL_PRUNE_PICK] = { { PRUNE_PICK } },

	/* cairn_job_done_pkey; the primary keys of all that a job has, its key's; the lineage's two. */
	[PG_SQL_PRUNE] = { { PRUNE } },

	/* ---- replay and log ---- */

	/*
	 * cairn_job_done_pkey, in its order; cairn_job_definition_pkey; cairn_job_replay_pkey. Answers
	 * the items whose source may be replayed: whether the type is enabled, whether it was done;
	 * -1: wrong isolation.
	 */
	[PG_SQL_REPLAY] = { { REPLAY_ITEMS, REPLAY_JOBS } },

	/* cairn_job_replay_pkey, then both tables' primary keys: what stands under each item. */
	[PG_SQL_REPLAYS] = { {
		"SELECT i.n, r.replay_id, r.reason, COALESCE(l.status, d.status), "
		"COALESCE(l.run_number, d.run_number) "
		"FROM unnest($1::uuid[], $2::uuid[], $3::int4[], $4::text[]) WITH ORDINALITY "
		"AS i(id, source, run, key, n) CROSS JOIN LATERAL ("
			"SELECT r.replay_id, r.reason FROM @schema.cairn_job_replay r "
			"WHERE r.source_id = i.source AND r.run_number = i.run "
			"AND r.replay_key = i.key AND r.replay_id <> i.id OFFSET 0"
		") r LEFT JOIN @schema.cairn_job_live l ON " IS("l.id", "r.replay_id") " "
		"LEFT JOIN @schema.cairn_job_done d ON " IS("d.id", "r.replay_id") " "
		"WHERE " IN_SCOPE("COALESCE(l.tenant, d.tenant)", "$5"),
	} },

	/* cairn_job_done_pkey, in its order. */
	[PG_SQL_LOCK_DONE] = { {
		"SELECT count(*) FROM ("
			"SELECT FROM @schema.cairn_job_done d "
			"WHERE d.id = ANY ($1::uuid[]) ORDER BY d.id FOR NO KEY UPDATE"
		") held",
	} },

	/*
	 * Both tables' primary keys, cairn_job_log_pkey from its end. Behind the locks: the number of
	 * a line is one more than the greatest. Answers the items that were written.
	 */
	[PG_SQL_LOG] = { { LOG_LINES } },

	/* ---- reads ---- */

	/* Both tables' primary keys, backwards. */
	[PG_SQL_LIST] = { { LIST("") } },

	/* Both tables' primary keys, by id. */
	[PG_SQL_LIST_IDS] = { { LIST("AND t.id = ANY ($12::uuid[]) ") } },

	/* cairn_job_attempt_pkey; the running attempt is the job's own row. */
	[PG_SQL_ATTEMPTS] = { {
		HISTORY_JOB
		"SELECT a.fence, a.run_number, a.attempt, a.worker, a.leased_at, a.finished_at, "
		"a.ending, a.error_code, a.error_message, a.retry_delay_us, a.next_run_at, "
		"a.not_before, a.prestart, a.execution_started_at FROM job LEFT JOIN LATERAL ("
			"SELECT e.fence, e.run_number, e.attempt, e.worker, e.leased_at, "
			"e.finished_at, e.ending, e.error_code, e.error_message, e.retry_delay_us, "
			"e.next_run_at, e.not_before, e.prestart, e.execution_started_at "
			"FROM @schema.cairn_job_attempt e "
			"WHERE e.job_id = job.id AND e.fence > $3::int8 "
			"UNION ALL "
			"SELECT job.fence, job.run_number, job.attempt, job.worker, job.leased_at, "
			"NULL, NULL, NULL, NULL, NULL, NULL, NULL, job.prestart, "
			"job.execution_started_at "
			"WHERE job.status = 'LEASED' AND job.fence > $3 "
			"ORDER BY fence LIMIT $4::int8"
		") a ON true ORDER BY a.fence",
	} },

	/* cairn_job_event_pkey, the jobs' and the attempts' primary keys. */
	[PG_SQL_EVENTS] = { {
		HISTORY_JOB
		"SELECT e.* FROM job LEFT JOIN LATERAL ("
			"(SELECT " EVENT_COLUMNS " FROM @schema.cairn_job_event v "
			"WHERE v.job_id = job.id AND v.seq > $3::int8 ORDER BY v.seq LIMIT $4::int8) "
			"UNION ALL SELECT " EVENT_COLUMNS " FROM @schema.cairn_job_event_plain v "
			"WHERE v.job_id = job.id AND v.seq > $3 ORDER BY seq LIMIT $4"
		") e ON true ORDER BY e.seq",
	} },

	/* cairn_job_log_pkey. */
	[PG_SQL_LOGS] = { {
		HISTORY_JOB
		"SELECT o.seq, o.level, o.run_number, o.attempt, o.at, o.message, o.data "
		"FROM job LEFT JOIN LATERAL ("
			"SELECT v.* FROM @schema.cairn_job_log v "
			"WHERE v.job_id = job.id AND v.seq > $3::int8 ORDER BY v.seq LIMIT $4::int8"
		") o ON true ORDER BY o.seq",
	} },

	/* cairn_job_dead_letter_pkey, backwards. */
	[PG_SQL_DEAD] = { {
		"SELECT d.job_id, d.type, d.queue, d.tenant, d.run_number, d.attempt, "
		"d.error_code, d.error_message, d.payload, d.checkpoint, d.failed_at, d.created_at "
		"FROM @schema.cairn_job_dead_letter d WHERE d.job_id < $1::uuid "
		"AND d.job_id >= $2::uuid AND d.job_id <= $3::uuid "
		"AND " IN_SCOPE("d.tenant", "$4") " AND ($5::text IS NULL OR d.type = $5) "
		"ORDER BY d.job_id DESC LIMIT $6::int8",
	} },

	/* ---- queues, resources, owners (sql_queue.h) ---- */
	[PG_SQL_QUEUES] = { { TEXT_QUEUES } },
	[PG_SQL_QUEUE_PAUSE] = { { TEXT_QUEUE_PAUSE } },
	[PG_SQL_QUEUE_RESUME] = { { TEXT_QUEUE_RESUME } },
	[PG_SQL_RESOURCE_SET] = { { TEXT_RESOURCE_SET } },
	[PG_SQL_RESOURCES] = { { TEXT_RESOURCES } },
	[PG_SQL_OWNER_REGISTER] = { { TEXT_OWNER_REGISTER } },
	[PG_SQL_OWNER_TOUCH] = { { TEXT_OWNER_TOUCH } },
	[PG_SQL_OWNERS] = { { TEXT_OWNERS } },
	[PG_SQL_OWNER_PRUNE] = { { TEXT_OWNER_PRUNE } },

	/* ---- checkpoints, threads (sql_checkpoint.h) ---- */
	CHECKPOINT_TEXTS,

	/* ---- locks (sql_lock.h) ---- */
	[PG_SQL_LOCK_GUARD] = { { TEXT_LOCK_GUARD } },
	[PG_SQL_LOCK_TAKE] = { { TEXT_LOCK_TAKE } },
	[PG_SQL_LOCK_CHANGE] = { { TEXT_LOCK_CHANGE } },
	[PG_SQL_LOCKS] = { { TEXT_LOCKS } },
	[PG_SQL_LOCK_PRUNE] = { { TEXT_LOCK_PRUNE } },

	/* ---- session logs (sql_thread_log.h) ---- */

	/* cairn_log_pkey; cairn_log_event_pkey from a number on, and with a row in between. */
	[PG_SQL_LOG_APPEND] = { { TEXT_LOG_APPEND } },
	[PG_SQL_LOG_APPEND_ONE] = { { TEXT_LOG_APPEND_ONE } },
	[PG_SQL_LOG_APPEND_AT] = { { TEXT_LOG_APPEND_AT } },
	[PG_SQL_LOG_APPEND_AT_ONE] = { { TEXT_LOG_APPEND_AT_ONE } },
	[PG_SQL_LOG_LOCK] = { { TEXT_LOG_LOCK } },
	[PG_SQL_LOG_PLACE] = { { TEXT_LOG_PLACE } },
	[PG_SQL_LOG_READ] = { { TEXT_LOG_READ } },
	[PG_SQL_LOG_ARCHIVE] = { { TEXT_LOG_ARCHIVE } },
	[PG_SQL_LOG_DELETE] = { { TEXT_LOG_DELETE } },
	[PG_SQL_LOG_HEADS] = { { TEXT_LOG_HEADS } },

	/* ---- memory items (sql_items.h) ---- */
	ITEM_TEXTS,

	/* ---- runs (sql_run.h, sql_run_end.h, sql_run_new.h) ---- */
	RUN_TEXTS,

	/* ---- replay runs, signals, budgets (sql_replay.h, sql_replay_read.h, sql_budget.h) ---- */
	REPLAY_TEXTS,
	REPLAY_FRESH_TEXTS,
	REPLAY_READ_TEXTS,
	BUDGET_TEXTS,
	BUDGET_ONE_TEXTS,

	/* ---- intents (sql_intent.h) ---- */
	[PG_SQL_ISOLATION] = { { TEXT_INTENT_ISOLATION } },
	[PG_SQL_INTENT_RECORD] = { { TEXT_INTENT_RECORD } },
	[PG_SQL_INTENT_KEYS] = { { TEXT_INTENT_KEYS } },
	[PG_SQL_INTENT_PEEK] = { { TEXT_INTENT_PEEK } },
	[PG_SQL_INTENT_TAKE] = { { TEXT_INTENT_TAKE } },
	[PG_SQL_INTENT_TAKE_ONE] = { { TEXT_INTENT_TAKE_ONE } },
	[PG_SQL_INTENT_SETTLE] = { { TEXT_INTENT_SETTLE } },
	[PG_SQL_INTENT_GET] = { { TEXT_INTENT_GET } },
	[PG_SQL_INTENT_LIST] = { { TEXT_INTENT_LIST } },
	[PG_SQL_INTENT_STATS] = { { TEXT_INTENT_STATS } },
	[PG_SQL_INTENT_PRUNE] = { { TEXT_INTENT_PRUNE } },
	/* ---- runtime configs ---- */

	/* cairn_job_config_pkey, cairn_job_definition_pkey. */
	[PG_SQL_CONFIG_PUT] = { { TEXT_CONFIG_PUT } },

	/* The same. */
	[PG_SQL_CONFIG_ADD] = { { CONFIG_PUT("i.n", "DO NOTHING") } },

	/* cairn_job_config_pkey, in its order. */
	[PG_SQL_CONFIGS] = { { TEXT_CONFIGS } },

	/* ---- numbers ---- */

	/* cairn_job_definition_pkey; counts the tables, both tables' primary keys for attempts. */
	[PG_SQL_METRICS] = { { METRICS_JOBS, METRICS_ATTEMPTS, METRICS_ROWS } },

	/* Counts the tables, both tables' primary keys for attempts. */
	[PG_SQL_SUMMARY] = { { SUMMARY_JOBS, SUMMARY_ATTEMPTS } },
	/* ---- schedules ---- */

	/* cairn_schedule_pkey, then cairn_job_definition_pkey in its order. $2: of these schedules. */
	[PG_SQL_SCHEDULE_DEFINITIONS] = { { TEXT_SCHEDULE_DEFINITIONS } },

	/* cairn_schedule_pkey, in its order. $1 and $2: names. */
	[PG_SQL_SCHEDULE_HOLD] = { { TEXT_SCHEDULE_HOLD } },

	/* cairn_schedule_pkey, cairn_job_definition_pkey. */
	[PG_SQL_SCHEDULE_PUT] = { { SCHEDULE_ITEMS, SCHEDULE_WRITE, SCHEDULE_WRITTEN } },

	/* cairn_schedule_pkey, in its order; the jobs' primary keys. */
	[PG_SQL_SCHEDULE_LIST] = { { SCHEDULES(SCHEDULE_FILTER, "s.name") } },

	/* cairn_schedule_pkey; the jobs' primary keys. */
	[PG_SQL_SCHEDULE_NAMES] = { { TEXT_SCHEDULE_NAMES } },

	/* cairn_schedule_due from its beginning; the jobs' primary keys. */
	[PG_SQL_SCHEDULE_DUE] = { { TEXT_SCHEDULE_DUE } },

	/* cairn_schedule_pkey, cairn_job_definition_pkey. */
	[PG_SQL_SCHEDULE_CHANGE] = { { SCHEDULE_CHANGE } },

	/* cairn_schedule_id, cairn_job_definition_pkey. */
	[PG_SQL_SCHEDULE_FIRE] = { { SCHEDULE_HELD, SCHEDULE_JOBS, SCHEDULE_MOVE } },

	/* ---- migrations ---- */

	/* The catalogue. */
	[PG_SQL_HISTORY_EXISTS] = { {
		"SELECT to_regclass(quote_ident($1::text) || '.cairn_migrations') IS NOT NULL, "
		"to_regnamespace(quote_ident($1)) IS NOT NULL",
	} },

	/* cairn_migrations_pkey. */
	[PG_SQL_HISTORY] = { {
		"SELECT version, name, checksum, introduced_version, applied_at, success, additive "
		"FROM @schema.cairn_migrations WHERE line = $1::text ORDER BY version",
	} },

	/* No index is asked. */
	[PG_SQL_HISTORY_INSERT] = { {
		"INSERT INTO @schema.cairn_migrations (line, version, name, checksum, "
		"introduced_version, applied_at, success, additive) VALUES ($2::text, $3::int8, "
		"$4::text, $5::text, $6::text, " T ", $7::int4 <> 0, $8::int4 <> 0)",
	} },

	/* cairn_migrations_pkey. */
	[PG_SQL_HISTORY_DELETE] = { {
		"DELETE FROM @schema.cairn_migrations WHERE line = $1::text AND version = $2::int8",
	} },

	/* No table. Tries, or sleeps until the next try is due: false, false … true. */
	[PG_SQL_LOCK_SESSION] = { {
		"SELECT CASE WHEN pg_try_advisory_lock(" LOCK_KEY ") THEN true "
		"ELSE pg_sleep($3::int8 / 1000000.0) IS NULL END",
	} },

	/* The same for the transaction. */
	[PG_SQL_LOCK_TX] = { {
		"SELECT CASE WHEN pg_try_advisory_xact_lock(" LOCK_KEY ") THEN true "
		"ELSE pg_sleep($3::int8 / 1000000.0) IS NULL END",
	} },

	/* No table. */
	[PG_SQL_UNLOCK] = { { "SELECT pg_advisory_unlock(" LOCK_KEY ")" } },

	/* No table. Scripts see their schema and nothing else, and are planned as usual. */
	[PG_SQL_WORK_ENTER] = { {
		"SELECT set_config('cairn.work_path', current_setting('search_path'), true), "
		"set_config('cairn.work', " PLAN_SETTINGS ", true), "
		"set_config('search_path', concat_ws(', ', quote_ident($1::text), "
		"quote_ident($2::text)), true), "
		"set_config('enable_seqscan', 'on', true), "
		"set_config('enable_bitmapscan', 'on', true), "
		"set_config('enable_hashjoin', 'on', true), "
		"set_config('enable_mergejoin', 'on', true), "
		"set_config('plan_cache_mode', 'auto', true)",
	} },

	/* No table. Puts back what WORK_ENTER found. */
	[PG_SQL_WORK_LEAVE] = { {
		"SELECT set_config('search_path', current_setting('cairn.work_path'), true), "
		PLAN_SETTINGS_BACK " FROM current_setting('cairn.work') s",
	} },

	/* The catalogue. */
	[PG_SQL_DESCRIBE] = { { DESCRIBE_RELATIONS, DESCRIBE_PARTS, DESCRIBE_REST } },

	/* ---- upkeep ---- */

	/* cairn_job_live_parked, queue by queue. */
	[PG_SQL_UPKEEP_UNPARK] = { { TEXT_UPKEEP_UNPARK } },

	/* The catalogue. */
	[PG_SQL_UPKEEP_LOOK] = { { TEXT_UPKEEP_LOOK } },

	/* Never prepared: alone, in the simple protocol. */
	[PG_SQL_VACUUM_LIVE] = { { VACUUM_TABLE("cairn_job_live") } },
	[PG_SQL_VACUUM_WAITER] = { { VACUUM_TABLE("cairn_job_waiter") } },
};
/* clang-format on */

/* ---- rendering ---------------------------------------------------------- */

#define PLACEHOLDER "@schema."

size_t cairn_pg__quote(char *into, cairn_str name)
{
	size_t len = 0;
	into[len++] = '"';
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '"')
			into[len++] = '"';
		into[len++] = name.ptr[i];
	}
	into[len++] = '"';
	return len;
}

/* Copies a piece with its placeholders replaced; with into NULL it only measures. */
static size_t render(char *into, const char *piece, const char *schema, size_t schema_len)
{
	size_t len = 0;
	for (;;) {
		const char *mark = strstr(piece, PLACEHOLDER);
		size_t plain = mark != NULL ? (size_t)(mark - piece) : strlen(piece);
		if (into != NULL)
			memcpy(into + len, piece, plain);
		len += plain;
		if (mark == NULL)
			return len;
		if (into != NULL)
			memcpy(into + len, schema, schema_len);
		len += schema_len;
		piece = mark + sizeof PLACEHOLDER - 1;
	}
}

static size_t render_all(struct pg *pg, char *into, const char *schema, size_t schema_len)
{
	size_t len = 0;
	for (int i = 0; i < PG_SQL_COUNT; i++) {
		if (into != NULL)
			pg->sql[i] = into + len;
		for (int k = 0; k < PG_SQL_PARTS && cairn_pg__sql[i].part[k] != NULL; k++)
			len += render(into != NULL ? into + len : NULL, cairn_pg__sql[i].part[k],
				      schema, schema_len);
		if (into != NULL)
			into[len] = '\0';
		len++;
	}
	return len;
}

/* Both texts in one allocation each: the quoted schema is needed only while rendering. */
cairn_status cairn_pg__sql_render(struct pg *pg, cairn_error *err)
{
	cairn_str name = cairn_str_of(pg->schema);
	size_t quoted_size = 2 * name.len + 3;
	char *quoted = cairn_host_alloc(pg->host, NULL, 0, quoted_size);
	if (quoted == NULL)
		return cairn_fail(err, CAIRN_E_NOMEM);
	size_t len = cairn_pg__quote(quoted, name);
	quoted[len++] = '.';
	pg->sql_size = render_all(pg, NULL, quoted, len);
	pg->sql_text = cairn_host_alloc(pg->host, NULL, 0, pg->sql_size);
	if (pg->sql_text != NULL)
		render_all(pg, pg->sql_text, quoted, len);
	cairn_host_alloc(pg->host, quoted, quoted_size, 0);
	return pg->sql_text != NULL ? CAIRN_OK : cairn_fail(err, CAIRN_E_NOMEM);
}

void cairn_pg__sql_free(struct pg *pg)
{
	if (pg->sql_text != NULL)
		cairn_host_alloc(pg->host, pg->sql_text, pg->sql_size, 0);
	pg->sql_text = NULL;
}
