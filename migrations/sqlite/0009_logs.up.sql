-- since: 0.1.0
--
-- Session logs: the events of a thread, numbered from 1 without a gap.
--
-- Times are microseconds since 1970 UTC. No foreign keys.

-- One row per log, which says the last number that was given, so that none is given twice though
-- the events are archived. Events up to the watermark are gone.
CREATE TABLE cairn_log (
	tenant     TEXT NOT NULL CHECK (tenant <> ''),
	thread     TEXT NOT NULL,
	head       INTEGER NOT NULL CHECK (head > 0),
	watermark  INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	PRIMARY KEY (tenant, thread),
	CHECK (watermark >= 0 AND watermark <= head)
) STRICT, WITHOUT ROWID;

-- data may be large and comes last.
CREATE TABLE cairn_log_event (
	tenant          TEXT NOT NULL CHECK (tenant <> ''),
	thread          TEXT NOT NULL,
	seq             INTEGER NOT NULL CHECK (seq > 0),
	at              INTEGER NOT NULL,
	kind            TEXT,
	payload_version INTEGER NOT NULL CHECK (payload_version > 0),
	data            TEXT NOT NULL,
	PRIMARY KEY (tenant, thread, seq)
) STRICT, WITHOUT ROWID;
