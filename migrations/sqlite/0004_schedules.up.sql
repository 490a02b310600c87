-- since: 0.1.0
--
-- Schedules: what is made into jobs by the clock. next_fire_at is the cursor: whoever moves it
-- enqueues the job in the same transaction. tenant '' is a global schedule.

CREATE TABLE cairn_schedule (
	name         TEXT NOT NULL PRIMARY KEY,
	id           BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
	type         TEXT NOT NULL,
	tenant       TEXT NOT NULL,
	queue        TEXT NOT NULL,
	owner        TEXT,
	cron         TEXT NOT NULL,
	zone         TEXT NOT NULL,
	jitter_us    INTEGER NOT NULL CHECK (jitter_us >= 0 AND jitter_us <= 86400000000),
	misfire      TEXT NOT NULL CHECK (misfire = 'COALESCE' OR misfire = 'SKIP' OR
		misfire = 'CATCH_UP'),
	catch_up     INTEGER NOT NULL CHECK (catch_up >= 0),
	overlap      TEXT NOT NULL CHECK (overlap = 'ALLOW' OR overlap = 'SKIP'),
	active       INTEGER NOT NULL CHECK (active = 0 OR active = 1),
	next_fire_at INTEGER NOT NULL,
	last_fire_at INTEGER,
	last_job     BLOB CHECK (length(last_job) = 16),
	last_error   TEXT,
	created_at   INTEGER NOT NULL,
	updated_at   INTEGER NOT NULL,
	payload      TEXT NOT NULL
) STRICT;

-- What is due, oldest first.
CREATE INDEX cairn_schedule_due ON cairn_schedule (next_fire_at, name) WHERE active = 1;

-- Whether an active schedule needs a definition.
CREATE INDEX cairn_schedule_type ON cairn_schedule (type, name) WHERE active = 1;
