DROP TABLE cairn_job_replay;
DROP TABLE cairn_job_log;
DROP TABLE cairn_job_dead_letter;
DROP TABLE cairn_job_event;
DROP TABLE cairn_job_attempt;
DROP TABLE cairn_job;
DROP TABLE cairn_job_definition;
