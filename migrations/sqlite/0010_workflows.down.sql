DROP VIEW cairn_run_events;
DROP TABLE cairn_run_active;
DROP TABLE cairn_run_append;
DROP TABLE cairn_run_event;
DROP TABLE cairn_step_edge;
DROP TABLE cairn_step;
DROP TABLE cairn_run;
DROP INDEX cairn_job_ended;
ALTER TABLE cairn_job DROP COLUMN may_continue;
ALTER TABLE cairn_job DROP COLUMN run_id;
CREATE INDEX cairn_job_ended ON cairn_job (status, type, finished_at)
	WHERE finished_at IS NOT NULL;
