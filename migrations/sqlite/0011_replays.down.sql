DROP VIEW cairn_replays;
DROP TABLE cairn_budget_entry;
DROP TABLE cairn_budget;
DROP TABLE cairn_signal;
DROP TABLE cairn_memo;
DROP TABLE cairn_replay;
DROP INDEX cairn_job_replayed;
DROP INDEX cairn_job_ended;
ALTER TABLE cairn_job DROP COLUMN replay;
CREATE INDEX cairn_job_ended ON cairn_job (status, type, finished_at)
	WHERE finished_at IS NOT NULL AND run_id IS NULL;
