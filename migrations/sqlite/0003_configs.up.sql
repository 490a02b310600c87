-- since: 0.1.0
--
-- Runtime configs: one JSON object per job type, kept byte for byte. No foreign key: a config is
-- written only where there is a definition, and definitions are never deleted.

CREATE TABLE cairn_job_config (
	type       TEXT NOT NULL PRIMARY KEY,
	version    INTEGER NOT NULL CHECK (version > 0),
	updated_by TEXT,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	config     TEXT NOT NULL
) STRICT;
