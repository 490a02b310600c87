-- since: 0.1.0
--
-- Jobs: definitions, live and finished jobs apart, keys, lineage, attempts, events, logs, dead
-- letters.
--
-- A job stands in cairn_job_live while it is PENDING or LEASED and is moved to cairn_job_done by
-- the statement that finishes it, so that the table workers fight over stays small. The view
-- cairn_job is both. No foreign keys: a definition is never deleted, and what belongs to a job
-- goes with it. tenant '' is a global job. Everything is compared and ordered by bytes.
--
-- The words of statuses and kinds are checked by domains and not by constraints of the tables:
-- Postgres reads a table's CHECK anew in every statement that writes to it, a domain's once in a
-- session. Numbers are the library's to check.

CREATE DOMAIN cairn_job_status AS text COLLATE "C" CHECK (VALUE IN ('PENDING', 'LEASED',
	'SUCCEEDED', 'DEAD_LETTERED', 'CANCELED'));

CREATE DOMAIN cairn_job_ending AS text COLLATE "C" CHECK (VALUE IN ('SUCCEEDED', 'RETRYABLE',
	'TERMINAL', 'TIMEOUT', 'PANICKED', 'LEASE_EXPIRED', 'CANCELED', 'CONTINUED', 'SNOOZED',
	'RELEASED'));

CREATE DOMAIN cairn_event_kind AS text COLLATE "C" CHECK (VALUE IN ('ENQUEUED', 'LEASED',
	'STAGE_CHANGED', 'PROGRESS', 'SUCCEEDED', 'FAILED', 'RETRY_SCHEDULED', 'DEAD_LETTERED',
	'CANCELED', 'REQUEUED'));

CREATE DOMAIN cairn_log_level AS text COLLATE "C" CHECK (VALUE IN ('DEBUG', 'INFO', 'WARNING',
	'ERROR'));

CREATE TABLE cairn_job_definition (
	type            text COLLATE "C" PRIMARY KEY CHECK (octet_length(type) BETWEEN 1 AND 255),
	version         integer NOT NULL CHECK (version > 0),
	enabled         boolean NOT NULL,
	max_attempts    integer NOT NULL CHECK (max_attempts > 0),
	timeout_us      bigint NOT NULL CHECK (timeout_us > 0),
	priority        integer NOT NULL,
	retry_base_us   bigint NOT NULL,
	retry_cap_us    bigint NOT NULL,
	retry_jitter_us bigint NOT NULL,
	retry_factor    integer NOT NULL,
	retry_overrides json,            -- policies for single error codes
	retention_us    bigint NOT NULL, -- of succeeded jobs; -1: none are kept, -2: for ever
	created_at      timestamptz NOT NULL,
	updated_at      timestamptz NOT NULL
);

CREATE TABLE cairn_job_live (
	id               uuid NOT NULL,
	created_at       timestamptz NOT NULL,
	updated_at       timestamptz NOT NULL,
	run_at           timestamptz NOT NULL,
	fence            bigint NOT NULL,
	timeout_us       bigint NOT NULL,
	priority         integer NOT NULL,
	run_number       integer NOT NULL,
	attempt          integer NOT NULL,
	max_attempts     integer NOT NULL,
	events           integer NOT NULL,
	parked           boolean NOT NULL,
	prestart         boolean NOT NULL DEFAULT false, -- claimed ahead of execution
	status           cairn_job_status NOT NULL,
	queue            text COLLATE "C" NOT NULL,
	type             text COLLATE "C" NOT NULL,
	tenant           text COLLATE "C" NOT NULL,
	stage            text COLLATE "C" NOT NULL,
	payload          json NOT NULL,
	lease_expires_at timestamptz,
	heartbeat_at     timestamptz,
	leased_at        timestamptz,
	started_at       timestamptz,
	reap_at          timestamptz,
	lease_us         bigint, -- as long as the claim asked for
	execution_started_at timestamptz, -- when the running attempt's stage became running
	progress_done    bigint,
	progress_total   bigint,
	worker           text COLLATE "C",
	owner            text COLLATE "C",
	resource_key     text COLLATE "C",
	idempotency_key  text COLLATE "C",
	request          json, -- a copy from cairn_job_key, so that claims need not look there
	checkpoint       json,
	output           json,
	status_reason    text,
	error_code       text,
	error_message    text,
	CONSTRAINT cairn_job_live_pkey PRIMARY KEY (id)
) WITH (
	fillfactor = 70,
	autovacuum_vacuum_threshold = 1000,
	autovacuum_vacuum_scale_factor = 0,
	autovacuum_vacuum_cost_delay = 0,
	autovacuum_analyze_threshold = 1000
);

-- Claiming walks this from its beginning; what is not due is parked and stands outside, and so does
-- what needs a permit.
CREATE INDEX cairn_job_live_claim ON cairn_job_live (queue, priority DESC, run_at, id)
	WHERE status = 'PENDING' AND NOT parked AND resource_key IS NULL;

-- The same for jobs that need a permit: a claim looks at the best ones of each resource that has
-- one free, and walks over those of no other. Every statement that writes jobs prepares the
-- conditions of indexes anew: that of the status is a column here.
CREATE INDEX cairn_job_live_resource ON cairn_job_live (queue, status, tenant, resource_key,
	priority DESC, run_at, id) WHERE NOT parked AND resource_key IS NOT NULL;

-- And in queue order: most often one of the first has a permit free, however many resources are
-- waited for. Its condition, too, is one that only those say who look for that.
CREATE INDEX cairn_job_live_keyed ON cairn_job_live (queue, status, priority DESC, run_at, id)
	WHERE NOT parked AND resource_key >= '';

-- Leases that hold permits; and who waits for one, for people. The condition is one that only they
-- say, so that this index never offers itself to those who look for jobs of a queue.
CREATE INDEX cairn_job_live_resource_use ON cairn_job_live (tenant, resource_key, status)
	WHERE resource_key > '';

-- What a claim unparks.
CREATE INDEX cairn_job_live_parked ON cairn_job_live (queue, run_at) WHERE parked;

-- A lower bound of lease_expires_at: a heartbeat leaves it alone and stays out of all indexes,
-- the reaper pushes it forward.
CREATE INDEX cairn_job_live_reap ON cairn_job_live (reap_at) WHERE status = 'LEASED';

CREATE TABLE cairn_job_done (
	id               uuid NOT NULL,
	created_at       timestamptz NOT NULL,
	updated_at       timestamptz NOT NULL,
	run_at           timestamptz NOT NULL,
	finished_at      timestamptz NOT NULL,
	fence            bigint NOT NULL,
	timeout_us       bigint NOT NULL,
	priority         integer NOT NULL,
	run_number       integer NOT NULL,
	attempt          integer NOT NULL,
	max_attempts     integer NOT NULL,
	events           integer NOT NULL,
	status           cairn_job_status NOT NULL,
	queue            text COLLATE "C" NOT NULL,
	type             text COLLATE "C" NOT NULL,
	tenant           text COLLATE "C" NOT NULL,
	stage            text COLLATE "C" NOT NULL,
	payload          json NOT NULL,
	lease_expires_at timestamptz,
	heartbeat_at     timestamptz,
	leased_at        timestamptz,
	started_at       timestamptz,
	progress_done    bigint,
	progress_total   bigint,
	worker           text COLLATE "C",
	owner            text COLLATE "C",
	resource_key     text COLLATE "C",
	idempotency_key  text COLLATE "C",
	checkpoint       json,
	output           json,
	status_reason    text,
	error_code       text,
	error_message    text,
	CONSTRAINT cairn_job_done_pkey PRIMARY KEY (id)
);

-- What is pruned: the oldest successes of each type, so that nobody walks again and again over what
-- another type keeps for longer; and the oldest of the others, apart, so that what is kept because
-- somebody has yet to look at it does not stand in front of the successes. (The type in front makes
-- a life of a job some 2 % dearer for the server, which nobody sees in jobs per second: measured.)
CREATE INDEX cairn_job_done_succeeded ON cairn_job_done (type, finished_at)
	WHERE status = 'SUCCEEDED';
CREATE INDEX cairn_job_done_failed ON cairn_job_done (finished_at) WHERE status <> 'SUCCEEDED';

-- Canceled jobs that hold a permit until their lease is over.
CREATE INDEX cairn_job_done_quiescing ON cairn_job_done (tenant, resource_key, lease_expires_at)
	WHERE resource_key IS NOT NULL AND lease_expires_at IS NOT NULL;

-- Keyed jobs: the promise that one key makes one job, and the request it was made with.
CREATE TABLE cairn_job_key (
	job_id          uuid NOT NULL,
	type            text COLLATE "C" NOT NULL,
	tenant          text COLLATE "C" NOT NULL,
	idempotency_key text COLLATE "C" NOT NULL,
	request_hash    bytea NOT NULL CHECK (octet_length(request_hash) = 32),
	request         json NOT NULL,
	CONSTRAINT cairn_job_key_pkey PRIMARY KEY (type, tenant, idempotency_key)
);

-- Replays: the promise that one key makes one replay of a run, and which job that is.
CREATE TABLE cairn_job_replay (
	source_id  uuid NOT NULL,
	replay_id  uuid NOT NULL,
	created_at timestamptz NOT NULL,
	run_number integer NOT NULL, -- of the source
	replay_key text COLLATE "C" NOT NULL,
	reason     text NOT NULL,
	CONSTRAINT cairn_job_replay_pkey PRIMARY KEY (source_id, run_number, replay_key)
);

-- The lineage of a replay that is deleted.
CREATE INDEX cairn_job_replay_replay ON cairn_job_replay (replay_id);

-- Append-only: the row is written when the attempt ends; the running one is the job's own row.
CREATE TABLE cairn_job_attempt (
	job_id         uuid NOT NULL,
	fence          bigint NOT NULL,
	leased_at      timestamptz NOT NULL,
	finished_at    timestamptz NOT NULL,
	lease_us       bigint NOT NULL,
	run_number     integer NOT NULL,
	attempt        integer NOT NULL,
	ending         cairn_job_ending NOT NULL,
	worker         text COLLATE "C" NOT NULL,
	error_code     text,
	error_message  text,
	retry_delay_us bigint,
	next_run_at    timestamptz,
	not_before     timestamptz,
	prestart       boolean NOT NULL DEFAULT false,
	execution_started_at timestamptz,
	CONSTRAINT cairn_job_attempt_pkey PRIMARY KEY (job_id, fence)
);

-- What the job's row or an attempt's says as well has no row here: the enqueueing in stage queued (seq
-- 1), then the first lease (seq 2), and a plain success (the last one, from 3 on). A seq without
-- a row is one of these; cairn_job_events is the whole timeline. (With rows for all of them a batch of
-- 100 costs a third more to claim and finish, and one of 1000 half as much again to enqueue:
-- measured.)
CREATE TABLE cairn_job_event (
	job_id         uuid NOT NULL,
	seq            bigint NOT NULL,
	at             timestamptz NOT NULL,
	run_number     integer NOT NULL,
	attempt        integer NOT NULL,
	kind           cairn_event_kind NOT NULL,
	stage          text COLLATE "C",
	progress_done  bigint,
	progress_total bigint,
	worker         text COLLATE "C",
	reason         text,
	error_code     text,
	error_message  text,
	detail         text,
	duration_us    bigint,
	until          timestamptz,
	requested      timestamptz,
	data           json, -- members that a reader gets as they are
	CONSTRAINT cairn_job_event_pkey PRIMARY KEY (job_id, seq)
);

-- What handlers and people say; attempt 0 is from outside.
CREATE TABLE cairn_job_log (
	job_id     uuid NOT NULL,
	seq        bigint NOT NULL,
	at         timestamptz NOT NULL,
	run_number integer NOT NULL,
	attempt    integer NOT NULL,
	level      cairn_log_level NOT NULL,
	message    text NOT NULL,
	data       json,
	CONSTRAINT cairn_job_log_pkey PRIMARY KEY (job_id, seq)
);

-- The latest dead letter of a job, with what it worked on as it was then.
CREATE TABLE cairn_job_dead_letter (
	job_id        uuid NOT NULL,
	created_at    timestamptz NOT NULL,
	failed_at     timestamptz NOT NULL,
	run_number    integer NOT NULL,
	attempt       integer NOT NULL,
	type          text COLLATE "C" NOT NULL,
	queue         text COLLATE "C" NOT NULL,
	tenant        text COLLATE "C" NOT NULL,
	payload       json NOT NULL,
	checkpoint    json,
	error_code    text,
	error_message text,
	CONSTRAINT cairn_job_dead_letter_pkey PRIMARY KEY (job_id)
);

-- For people: live and finished jobs as one table.
CREATE VIEW cairn_job AS
SELECT j.id, j.queue, j.type, j.tenant, j.payload, j.status, j.priority, j.run_number, j.attempt,
	j.max_attempts, j.timeout_us, j.run_at, j.parked, j.lease_expires_at, j.heartbeat_at,
	j.leased_at, j.worker, j.owner, j.fence, j.started_at, j.finished_at, j.stage,
	j.progress_done, j.progress_total, j.checkpoint, j.output, j.idempotency_key, k.request,
	k.request_hash, j.status_reason, j.error_code, j.error_message, j.created_at, j.updated_at,
	j.prestart, j.execution_started_at, j.resource_key
FROM (
	SELECT id, queue, type, tenant, payload, status, priority, run_number, attempt,
		max_attempts, timeout_us, run_at, parked, lease_expires_at, heartbeat_at,
		leased_at, worker, owner, fence, started_at, NULL::timestamptz AS finished_at,
		stage, progress_done, progress_total, checkpoint, output, idempotency_key,
		status_reason, error_code, error_message, created_at, updated_at, prestart,
		execution_started_at, resource_key
	FROM cairn_job_live
	UNION ALL
	SELECT id, queue, type, tenant, payload, status, priority, run_number, attempt,
		max_attempts, timeout_us, run_at, false, lease_expires_at, heartbeat_at,
		leased_at, worker, owner, fence, started_at, finished_at,
		stage, progress_done, progress_total, checkpoint, output, idempotency_key,
		status_reason, error_code, error_message, created_at, updated_at, false,
		NULL::timestamptz, resource_key
	FROM cairn_job_done
) j
LEFT JOIN cairn_job_key k ON k.type = j.type AND k.tenant = j.tenant
	AND k.idempotency_key = j.idempotency_key;

-- For people: ended attempts and the running one.
CREATE VIEW cairn_job_attempts AS
SELECT job_id, fence, run_number, attempt, worker, leased_at, finished_at, ending, error_code,
	error_message, retry_delay_us, next_run_at, not_before, prestart, execution_started_at,
	lease_us
FROM cairn_job_attempt
UNION ALL
SELECT id, fence, run_number, attempt, worker, leased_at, NULL, 'RUNNING', NULL, NULL, NULL, NULL,
	NULL, prestart, execution_started_at, lease_us
FROM cairn_job_live
WHERE status = 'LEASED';

-- The events that have no row. (Statuses are asked for in a way that lets no partial index offer
-- itself: a plan made while the tables were empty might walk it for all jobs.)
CREATE VIEW cairn_job_event_plain AS
SELECT j.id AS job_id, 1::bigint AS seq, 'ENQUEUED'::cairn_event_kind AS kind, 1 AS run_number,
	0 AS attempt, j.created_at AS at, 'queued' COLLATE "C" AS stage,
	NULL::bigint AS progress_done, NULL::bigint AS progress_total,
	NULL COLLATE "C" AS worker, NULL AS reason, NULL AS error_code, NULL AS error_message,
	j.type AS detail, NULL::bigint AS duration_us, NULL::timestamptz AS until,
	NULL::timestamptz AS requested, NULL::json AS data
FROM (
	SELECT id, created_at, type, events FROM cairn_job_live
	UNION ALL
	SELECT id, created_at, type, events FROM cairn_job_done
) j
WHERE j.events >= 1
	AND (SELECT count(*) FROM cairn_job_event e WHERE e.job_id = j.id AND e.seq = 1) = 0
UNION ALL
SELECT a.job_id, 2, 'LEASED', a.run_number, a.attempt, a.leased_at, 'queued', NULL, NULL, a.worker,
	NULL, NULL, NULL, NULL, a.lease_us, NULL, NULL, NULL
FROM (
	SELECT job_id, fence, run_number, attempt, leased_at, worker, lease_us
	FROM cairn_job_attempt
	UNION ALL
	SELECT id, fence, run_number, attempt, leased_at, worker, lease_us
	FROM cairn_job_live
	WHERE status <> 'PENDING'
) a
WHERE a.fence = 1
	AND COALESCE((SELECT l.events FROM cairn_job_live l WHERE l.id = a.job_id),
		(SELECT d.events FROM cairn_job_done d WHERE d.id = a.job_id)) >= 2
	AND (SELECT count(*) FROM cairn_job_event e WHERE e.job_id = a.job_id AND e.seq = 2) = 0
UNION ALL
SELECT d.id, d.events, 'SUCCEEDED', d.run_number, d.attempt, d.finished_at, d.stage,
	d.progress_done, d.progress_total, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM cairn_job_done d
WHERE CASE d.status WHEN 'SUCCEEDED' THEN d.events >= 3 END
	AND (SELECT count(*) FROM cairn_job_event e WHERE e.job_id = d.id AND e.seq = d.events) = 0;

-- For people: timelines.
CREATE VIEW cairn_job_events AS
SELECT job_id, seq, kind, run_number, attempt, at, stage, progress_done, progress_total, worker,
	reason, error_code, error_message, detail, duration_us, until, requested, data
FROM cairn_job_event
UNION ALL
SELECT job_id, seq, kind, run_number, attempt, at, stage, progress_done, progress_total, worker,
	reason, error_code, error_message, detail, duration_us, until, requested, data
FROM cairn_job_event_plain;

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
