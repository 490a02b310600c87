DROP VIEW cairn_replays;
DROP VIEW cairn_job;
DROP INDEX cairn_job_done_replay;
DROP INDEX cairn_job_done_succeeded;
DROP INDEX cairn_job_done_failed;
ALTER TABLE cairn_job_live DROP COLUMN replay;
ALTER TABLE cairn_job_done DROP COLUMN replay;
CREATE INDEX cairn_job_done_succeeded ON cairn_job_done (type, finished_at)
	WHERE status = 'SUCCEEDED' AND run_id IS NULL;
CREATE INDEX cairn_job_done_failed ON cairn_job_done (finished_at)
	WHERE status <> 'SUCCEEDED' AND run_id IS NULL;

-- For people: live and finished jobs as one table.
CREATE VIEW cairn_job AS
SELECT j.id, j.queue, j.type, j.tenant, j.payload, j.status, j.priority, j.run_number, j.attempt,
	j.max_attempts, j.timeout_us, j.run_at, j.parked, j.lease_expires_at, j.heartbeat_at,
	j.leased_at, j.worker, j.owner, j.fence, j.started_at, j.finished_at, j.stage,
	j.progress_done, j.progress_total, j.checkpoint, j.output, j.idempotency_key, k.request,
	k.request_hash, j.status_reason, j.error_code, j.error_message, j.created_at, j.updated_at,
	j.prestart, j.execution_started_at, j.resource_key, j.run_id, j.may_continue
FROM (
	SELECT id, queue, type, tenant, payload, status, priority, run_number, attempt,
		max_attempts, timeout_us, run_at, parked, lease_expires_at, heartbeat_at,
		leased_at, worker, owner, fence, started_at, NULL::timestamptz AS finished_at,
		stage, progress_done, progress_total, checkpoint, output, idempotency_key,
		status_reason, error_code, error_message, created_at, updated_at, prestart,
		execution_started_at, resource_key, run_id, may_continue
	FROM cairn_job_live
	UNION ALL
	SELECT id, queue, type, tenant, payload, status, priority, run_number, attempt,
		max_attempts, timeout_us, run_at, false, lease_expires_at, heartbeat_at,
		leased_at, worker, owner, fence, started_at, finished_at,
		stage, progress_done, progress_total, checkpoint, output, idempotency_key,
		status_reason, error_code, error_message, created_at, updated_at, false,
		NULL::timestamptz, resource_key, run_id, may_continue
	FROM cairn_job_done
) j
LEFT JOIN cairn_job_key k ON k.type = j.type AND k.tenant = j.tenant
	AND k.idempotency_key = j.idempotency_key;

DROP TABLE cairn_budget_entry;
DROP TABLE cairn_budget;
DROP TABLE cairn_ledger;
DROP TABLE cairn_signal;
DROP TABLE cairn_memo;
DROP TABLE cairn_replay;
DROP DOMAIN cairn_entry_state;
DROP DOMAIN cairn_budget_kind;
DROP DOMAIN cairn_memo_status;
DROP DOMAIN cairn_memo_verb;

DELETE FROM cairn_job_event WHERE kind IN ('STEP_STARTED', 'STEP_WAITING', 'STEP_COMPLETED',
	'STEP_FAILED', 'SIGNALED');
ALTER DOMAIN cairn_event_kind DROP CONSTRAINT cairn_event_kind_check;
ALTER DOMAIN cairn_event_kind ADD CONSTRAINT cairn_event_kind_check CHECK (VALUE IN ('ENQUEUED',
	'LEASED', 'STAGE_CHANGED', 'PROGRESS', 'SUCCEEDED', 'FAILED', 'RETRY_SCHEDULED',
	'DEAD_LETTERED', 'CANCELED', 'REQUEUED'));
