-- since: 0.1.0
--
-- Queues that are paused, resources that jobs share, and the registry of worker processes.
--
-- tenant '' is that of global jobs. No foreign keys.

-- A row while the queue is paused: every claim looks here, so there must be few.
CREATE TABLE cairn_queue_pause (
	queue     text COLLATE "C" NOT NULL,
	paused_at timestamptz NOT NULL,
	CONSTRAINT cairn_queue_pause_pkey PRIMARY KEY (queue)
);

-- How many permits are in use is nowhere written down: a claim locks the row and counts, in a
-- statement that begins afterwards, the jobs that hold one (cairn_job_live_resource_use,
-- cairn_job_done_quiescing). So whatever ends a lease gives its permit back.
CREATE TABLE cairn_resource (
	tenant       text COLLATE "C" NOT NULL,
	resource_key text COLLATE "C" NOT NULL,
	capacity     integer NOT NULL CHECK (capacity >= 0),
	created_at   timestamptz NOT NULL,
	updated_at   timestamptz NOT NULL,
	CONSTRAINT cairn_resource_pkey PRIMARY KEY (tenant, resource_key)
);

-- Which processes run where, for people; leases do not depend on it. A registration replaces the
-- row of its name, and the incarnation fences the heartbeats of whoever had it before.
CREATE TABLE cairn_owner (
	incarnation   uuid NOT NULL,
	pid           bigint NOT NULL,
	started_at    timestamptz NOT NULL,
	registered_at timestamptz NOT NULL,
	heartbeat_at  timestamptz NOT NULL,
	closed_at     timestamptz,
	name          text COLLATE "C" NOT NULL,
	host          text,
	version       text,
	queues        json NOT NULL,
	labels        json NOT NULL,
	CONSTRAINT cairn_owner_pkey PRIMARY KEY (name)
);

-- What is pruned.
CREATE INDEX cairn_owner_silent ON cairn_owner (COALESCE(closed_at, heartbeat_at));
