DROP TABLE cairn_log_event;
DROP TABLE cairn_log;
