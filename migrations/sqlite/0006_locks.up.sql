-- since: 0.1.0
--
-- Named locks: a row for each name, which stays when the lock is free, so that its next fence is greater.
--
-- Times are microseconds since 1970 UTC. No foreign keys.

CREATE TABLE cairn_lock (
	tenant      TEXT NOT NULL CHECK (tenant <> ''),
	name        TEXT NOT NULL,
	fence       INTEGER NOT NULL CHECK (fence > 0),
	holder      TEXT,
	acquired_at INTEGER NOT NULL,
	expires_at  INTEGER,
	released_at INTEGER,
	PRIMARY KEY (tenant, name),
	CHECK ((expires_at IS NULL) <> (released_at IS NULL))
) STRICT, WITHOUT ROWID;
