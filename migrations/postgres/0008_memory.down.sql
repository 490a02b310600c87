DROP TABLE cairn_memory_item;
