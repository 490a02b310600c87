DROP TABLE cairn_schedule;
