DROP TABLE cairn_job_config;
