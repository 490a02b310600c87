-- since: 0.1.0
--
-- Who waits for work and wants to be told, as long as it sleeps. Whoever makes a job due looks
-- here, takes rows out and notifies their channels; almost always there are none. Unlogged: a
-- restart ends all sessions that listened, and telling needs no flush. No index: a handful of rows.

CREATE UNLOGGED TABLE cairn_job_waiter (
	until   timestamptz NOT NULL, -- by the server's clock; later it is as good as not there
	turn    bigint NOT NULL,      -- of the session that listens: what it is told under
	channel text COLLATE "C" NOT NULL,
	queues  text[] COLLATE "C" NOT NULL
) WITH (
	autovacuum_vacuum_threshold = 200,
	autovacuum_vacuum_scale_factor = 0,
	autovacuum_vacuum_cost_delay = 0
);
