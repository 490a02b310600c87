-- since: 0.1.0
--
-- Schedules: what is made into jobs by the clock. next_fire_at is the cursor: whoever moves it
-- enqueues the job in the same statement. tenant '' is a global schedule.

CREATE TABLE cairn_schedule (
	name         text COLLATE "C" NOT NULL CHECK (octet_length(name) BETWEEN 1 AND 255),
	id           uuid NOT NULL,
	created_at   timestamptz NOT NULL,
	updated_at   timestamptz NOT NULL,
	next_fire_at timestamptz NOT NULL,
	last_fire_at timestamptz,
	last_job     uuid,
	jitter_us    bigint NOT NULL CHECK (jitter_us BETWEEN 0 AND 86400000000),
	catch_up     integer NOT NULL CHECK (catch_up >= 0),
	active       boolean NOT NULL,
	misfire      text COLLATE "C" NOT NULL CHECK (misfire IN ('COALESCE', 'SKIP', 'CATCH_UP')),
	overlap      text COLLATE "C" NOT NULL CHECK (overlap IN ('ALLOW', 'SKIP')),
	type         text COLLATE "C" NOT NULL,
	tenant       text COLLATE "C" NOT NULL,
	queue        text COLLATE "C" NOT NULL,
	owner        text COLLATE "C",
	cron         text COLLATE "C" NOT NULL,
	zone         text COLLATE "C" NOT NULL,
	last_error   text,
	payload      json NOT NULL,
	CONSTRAINT cairn_schedule_pkey PRIMARY KEY (name),
	CONSTRAINT cairn_schedule_id UNIQUE (id)
);

-- What is due, oldest first.
CREATE INDEX cairn_schedule_due ON cairn_schedule (next_fire_at, name) WHERE active;

-- Whether an active schedule needs a definition.
CREATE INDEX cairn_schedule_type ON cairn_schedule (type, name) WHERE active;
