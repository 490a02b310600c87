DROP TABLE cairn_owner;
DROP TABLE cairn_resource;
DROP TABLE cairn_queue_pause;
