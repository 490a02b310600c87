DROP TABLE cairn_job_waiter;
