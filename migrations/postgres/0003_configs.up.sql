-- since: 0.1.0
--
-- Runtime configs: one JSON object per job type, kept byte for byte. No foreign key: a config is
-- written only where there is a definition, and definitions are never deleted.

CREATE TABLE cairn_job_config (
	type       text COLLATE "C" CHECK (octet_length(type) BETWEEN 1 AND 255),
	version    integer NOT NULL CHECK (version > 0),
	created_at timestamptz NOT NULL,
	updated_at timestamptz NOT NULL,
	config     json NOT NULL CHECK (json_typeof(config) = 'object'),
	updated_by text COLLATE "C",
	CONSTRAINT cairn_job_config_pkey PRIMARY KEY (type)
);
