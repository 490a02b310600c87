DROP TABLE cairn_lock;
