DROP TABLE cairn_checkpoint_write;
DROP TABLE cairn_checkpoint;
DROP TABLE cairn_thread;
