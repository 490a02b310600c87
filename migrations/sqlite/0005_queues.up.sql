-- since: 0.1.0
--
-- Queues that are paused, resources that jobs share, and the registry of worker processes.
--
-- Times are microseconds since 1970 UTC. tenant '' is that of global jobs. No foreign keys.

-- A row while the queue is paused: every claim looks here, so there must be few.
CREATE TABLE cairn_queue_pause (
	queue     TEXT NOT NULL PRIMARY KEY,
	paused_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How many permits are in use is nowhere written down: claims count the jobs that hold one
-- (cairn_job_resource_use), so whatever ends a lease gives its permit back.
CREATE TABLE cairn_resource (
	tenant       TEXT NOT NULL,
	resource_key TEXT NOT NULL,
	capacity     INTEGER NOT NULL CHECK (capacity >= 0),
	created_at   INTEGER NOT NULL,
	updated_at   INTEGER NOT NULL,
	PRIMARY KEY (tenant, resource_key)
) STRICT, WITHOUT ROWID;

-- Which processes run where, for people; leases do not depend on it. A registration replaces the
-- row of its name, and the incarnation fences the heartbeats of whoever had it before.
CREATE TABLE cairn_owner (
	name          TEXT NOT NULL PRIMARY KEY,
	incarnation   BLOB NOT NULL CHECK (length(incarnation) = 16),
	host          TEXT,
	version       TEXT,
	queues        TEXT NOT NULL,
	labels        TEXT NOT NULL,
	pid           INTEGER NOT NULL,
	started_at    INTEGER NOT NULL,
	registered_at INTEGER NOT NULL,
	heartbeat_at  INTEGER NOT NULL,
	closed_at     INTEGER
) STRICT;

-- What is pruned.
CREATE INDEX cairn_owner_silent ON cairn_owner (ifnull(closed_at, heartbeat_at));
