-- since: 0.1.0
--
-- Jobs: definitions, jobs (live and finished in one table), attempts, events, dead letters,
-- logs, and which job replays which.
--
-- Times are microseconds since 1970 UTC, NULL where there is none. tenant '' is a global job.
-- Everything is compared and ordered by bytes. No foreign keys: a definition is never deleted,
-- and what belongs to a job goes with it.
--
-- Words are checked by a chain of ORs and not by IN: SQLite fills a temporary table for a list
-- of more than two each time a row is written, which costs a whole life of a job 50 % (measured).

CREATE TABLE cairn_job_definition (
	type            TEXT NOT NULL PRIMARY KEY,
	version         INTEGER NOT NULL CHECK (version > 0),
	enabled         INTEGER NOT NULL CHECK (enabled = 0 OR enabled = 1),
	max_attempts    INTEGER NOT NULL CHECK (max_attempts > 0),
	timeout_us      INTEGER NOT NULL CHECK (timeout_us > 0),
	priority        INTEGER NOT NULL,
	retry_base_us   INTEGER NOT NULL,
	retry_cap_us    INTEGER NOT NULL,
	retry_jitter_us INTEGER NOT NULL,
	retry_factor    INTEGER NOT NULL,
	retry_overrides TEXT,             -- policies for single error codes, as a JSON object
	retention_us    INTEGER NOT NULL, -- of succeeded jobs; -1: none are kept, -2: for ever
	created_at      INTEGER NOT NULL,
	updated_at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Small columns first: what stands behind a long payload is read through its overflow pages.
-- events is the seq of the job's newest event. reap_at: see cairn_job_reap.
CREATE TABLE cairn_job (
	id               BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
	status           TEXT NOT NULL CHECK (status = 'PENDING' OR status = 'LEASED' OR
		status = 'SUCCEEDED' OR status = 'DEAD_LETTERED' OR status = 'CANCELED'),
	queue            TEXT NOT NULL,
	type             TEXT NOT NULL,
	tenant           TEXT NOT NULL DEFAULT '',
	priority         INTEGER NOT NULL,
	run_number       INTEGER NOT NULL,
	attempt          INTEGER NOT NULL,
	max_attempts     INTEGER NOT NULL CHECK (max_attempts > 0),
	timeout_us       INTEGER NOT NULL CHECK (timeout_us > 0),
	run_at           INTEGER NOT NULL,
	parked           INTEGER NOT NULL CHECK (parked = 0 OR parked = 1),
	lease_expires_at INTEGER,
	reap_at          INTEGER,
	heartbeat_at     INTEGER,
	leased_at        INTEGER,
	prestart         INTEGER NOT NULL DEFAULT 0 CHECK (prestart = 0 OR prestart = 1),
	execution_started_at INTEGER,
	lease_us         INTEGER, -- as long as the claim asked for
	worker           TEXT,
	owner            TEXT,
	fence            INTEGER NOT NULL,
	started_at       INTEGER,
	finished_at      INTEGER,
	stage            TEXT NOT NULL,
	progress_done    INTEGER CHECK (progress_done >= 0),
	progress_total   INTEGER CHECK (progress_total >= 0),
	resource_key     TEXT,
	status_reason    TEXT,
	error_code       TEXT,
	error_message    TEXT,
	events           INTEGER NOT NULL,
	created_at       INTEGER NOT NULL,
	updated_at       INTEGER NOT NULL,
	idempotency_key  TEXT,
	request_hash     BLOB,
	request          TEXT,
	payload          TEXT NOT NULL,
	checkpoint       TEXT,
	output           TEXT,
	CONSTRAINT cairn_job_progress CHECK (progress_done <= progress_total),
	CONSTRAINT cairn_job_lease CHECK (status <> 'LEASED' OR (worker IS NOT NULL AND
		lease_expires_at IS NOT NULL AND leased_at IS NOT NULL AND reap_at IS NOT NULL)),
	CONSTRAINT cairn_job_request CHECK (idempotency_key IS NULL OR
		(request IS NOT NULL AND request_hash IS NOT NULL AND length(request_hash) = 32))
) STRICT;

-- One key makes one job, per type and tenant, live or finished.
CREATE UNIQUE INDEX cairn_job_key ON cairn_job (type, tenant, idempotency_key)
	WHERE idempotency_key IS NOT NULL;

-- Claiming walks this from its beginning; what is not due is parked and stands outside, and so does
-- what needs a permit.
CREATE INDEX cairn_job_claim ON cairn_job (queue, priority DESC, run_at, id)
	WHERE status = 'PENDING' AND parked = 0 AND resource_key IS NULL;

-- The same for jobs that need a permit: a claim looks at the best ones of each resource that has
-- one free, and walks over those of no other.
CREATE INDEX cairn_job_resource ON cairn_job (queue, tenant, resource_key, priority DESC, run_at, id)
	WHERE resource_key IS NOT NULL AND status = 'PENDING' AND parked = 0;

-- And in queue order: most often one of the first has a permit free, however many resources are
-- waited for.
CREATE INDEX cairn_job_keyed ON cairn_job (queue, priority DESC, run_at, id)
	WHERE resource_key IS NOT NULL AND status = 'PENDING' AND parked = 0;

-- Who holds permits: leases, and canceled jobs whose lease is not over; and, for people, who waits.
-- Indexes about resources ask for the key first: that is all that other jobs pay for them.
CREATE INDEX cairn_job_resource_use ON cairn_job (tenant, resource_key, status, lease_expires_at)
	WHERE resource_key IS NOT NULL
	AND (status = 'LEASED' OR status = 'PENDING' OR status = 'CANCELED');

-- What a claim unparks.
CREATE INDEX cairn_job_parked ON cairn_job (queue, run_at)
	WHERE status = 'PENDING' AND parked = 1;

-- reap_at is never later than lease_expires_at. A claim sets it, a heartbeat that extends the
-- lease leaves it alone and so writes one page less, the reaper pushes it forward. Against an
-- index on lease_expires_at a single heartbeat is 13 % (synchronous full) to 25 % (normal)
-- faster, one of a hundred 8 % (measured).
CREATE INDEX cairn_job_reap ON cairn_job (reap_at) WHERE status = 'LEASED';

-- What is pruned: the oldest of each status and type, so that nobody walks again and again over
-- what another type keeps for longer. It costs a life of a job 3 to 6 % of its instructions and one
-- page more of fourteen; an index on finished_at alone costs the page as well, and 2 to 4 %.
CREATE INDEX cairn_job_ended ON cairn_job (status, type, finished_at)
	WHERE finished_at IS NOT NULL;

-- Append-only: the row is written when the attempt ends; the running one is the job's own row.
-- Without rowids, here and for events: per life of a job, one at a time, 14.3 pages are written
-- against 17.7 with a rowid table and its index, and the file is a sixth smaller (measured).
CREATE TABLE cairn_job_attempt (
	job_id         BLOB NOT NULL,
	fence          INTEGER NOT NULL,
	run_number     INTEGER NOT NULL,
	attempt        INTEGER NOT NULL,
	worker         TEXT NOT NULL,
	leased_at      INTEGER NOT NULL,
	finished_at    INTEGER NOT NULL,
	ending         TEXT NOT NULL CHECK (ending = 'SUCCEEDED' OR ending = 'RETRYABLE' OR
		ending = 'TERMINAL' OR ending = 'TIMEOUT' OR ending = 'PANICKED' OR
		ending = 'LEASE_EXPIRED' OR ending = 'CANCELED' OR ending = 'CONTINUED' OR
		ending = 'SNOOZED' OR ending = 'RELEASED'),
	error_code     TEXT,
	error_message  TEXT,
	retry_delay_us INTEGER,
	next_run_at    INTEGER,
	not_before     INTEGER,
	prestart       INTEGER NOT NULL CHECK (prestart = 0 OR prestart = 1),
	execution_started_at INTEGER,
	lease_us       INTEGER NOT NULL,
	PRIMARY KEY (job_id, fence)
) STRICT, WITHOUT ROWID;

-- What the job's row or an attempt's says as well has no row here: the enqueueing in stage queued (seq
-- 1), then the first lease (seq 2), and a plain success (the last one, from 3 on). A seq without
-- a row is one of these; cairn_job_events is the whole timeline. (With rows for all of them a batch of
-- 100 costs a third more to claim and finish, and one of 1000 half as much again to enqueue:
-- measured.)
CREATE TABLE cairn_job_event (
	job_id         BLOB NOT NULL,
	seq            INTEGER NOT NULL,
	kind           TEXT NOT NULL CHECK (kind = 'ENQUEUED' OR kind = 'LEASED' OR
		kind = 'SUCCEEDED' OR kind = 'PROGRESS' OR kind = 'STAGE_CHANGED' OR
		kind = 'FAILED' OR kind = 'RETRY_SCHEDULED' OR kind = 'DEAD_LETTERED' OR
		kind = 'CANCELED' OR kind = 'REQUEUED' OR kind = 'STEP_STARTED' OR
		kind = 'STEP_WAITING' OR kind = 'STEP_COMPLETED' OR kind = 'STEP_FAILED' OR
		kind = 'SIGNALED'),
	run_number     INTEGER NOT NULL,
	attempt        INTEGER NOT NULL,
	at             INTEGER NOT NULL,
	stage          TEXT,
	progress_done  INTEGER,
	progress_total INTEGER,
	worker         TEXT,
	reason         TEXT,
	error_code     TEXT,
	error_message  TEXT,
	detail         TEXT,
	duration_us    INTEGER,
	until          INTEGER,
	requested      INTEGER,
	data           TEXT,
	PRIMARY KEY (job_id, seq)
) STRICT, WITHOUT ROWID;

-- The latest dead letter of a job, with what it worked on as it was then. Payloads are large and
-- dead letters rare: an ordinary table.
CREATE TABLE cairn_job_dead_letter (
	job_id        BLOB NOT NULL PRIMARY KEY,
	created_at    INTEGER NOT NULL,
	failed_at     INTEGER NOT NULL,
	run_number    INTEGER NOT NULL,
	attempt       INTEGER NOT NULL,
	type          TEXT NOT NULL,
	queue         TEXT NOT NULL,
	tenant        TEXT NOT NULL,
	error_code    TEXT,
	error_message TEXT,
	payload       TEXT NOT NULL,
	checkpoint    TEXT
) STRICT;

-- Lines that a job's workers and others have written; attempt 0 is from outside.
CREATE TABLE cairn_job_log (
	job_id     BLOB NOT NULL,
	seq        INTEGER NOT NULL,
	run_number INTEGER NOT NULL,
	attempt    INTEGER NOT NULL,
	at         INTEGER NOT NULL,
	level      TEXT NOT NULL CHECK (level = 'DEBUG' OR level = 'INFO' OR level = 'WARNING' OR
		level = 'ERROR'),
	message    TEXT NOT NULL,
	data       TEXT,
	PRIMARY KEY (job_id, seq)
) STRICT, WITHOUT ROWID;

-- A replay and what it replays; the row goes with the first of the two that is deleted.
CREATE TABLE cairn_job_replay (
	source_id  BLOB NOT NULL,
	run_number INTEGER NOT NULL,
	key        TEXT NOT NULL,
	reason     TEXT NOT NULL,
	replay_id  BLOB NOT NULL UNIQUE,
	created_at INTEGER NOT NULL,
	PRIMARY KEY (source_id, run_number, key)
) STRICT, WITHOUT ROWID;

-- For people: ended attempts and the running one.
CREATE VIEW cairn_job_attempts AS
SELECT job_id, fence, run_number, attempt, worker, leased_at, finished_at, ending, error_code,
	error_message, retry_delay_us, next_run_at, not_before, prestart, execution_started_at,
	lease_us
FROM cairn_job_attempt
UNION ALL
SELECT id, fence, run_number, attempt, worker, leased_at, NULL, 'RUNNING', NULL, NULL, NULL, NULL,
	NULL, prestart, execution_started_at, lease_us
FROM cairn_job
WHERE status = 'LEASED';

-- The events that have no row.
CREATE VIEW cairn_job_event_plain AS
SELECT id AS job_id, 1 AS seq, 'ENQUEUED' AS kind, 1 AS run_number, 0 AS attempt, created_at AS at,
	'queued' AS stage, NULL AS progress_done, NULL AS progress_total, NULL AS worker,
	NULL AS reason, NULL AS error_code, NULL AS error_message, type AS detail,
	NULL AS duration_us, NULL AS until, NULL AS requested, NULL AS data
FROM cairn_job j
WHERE events >= 1
	AND NOT EXISTS (SELECT 1 FROM cairn_job_event e WHERE e.job_id = j.id AND e.seq = 1)
UNION ALL
SELECT job_id, 2, 'LEASED', run_number, attempt, leased_at, 'queued', NULL, NULL, worker, NULL,
	NULL, NULL, NULL, lease_us, NULL, NULL, NULL
FROM cairn_job_attempt a
WHERE fence = 1 AND (SELECT j.events FROM cairn_job j WHERE j.id = a.job_id) >= 2
	AND NOT EXISTS (SELECT 1 FROM cairn_job_event e WHERE e.job_id = a.job_id AND e.seq = 2)
UNION ALL
SELECT id, 2, 'LEASED', run_number, attempt, leased_at, 'queued', NULL, NULL, worker, NULL, NULL,
	NULL, NULL, lease_us, NULL, NULL, NULL
FROM cairn_job j
WHERE fence = 1 AND status = 'LEASED' AND events >= 2
	AND NOT EXISTS (SELECT 1 FROM cairn_job_event e WHERE e.job_id = j.id AND e.seq = 2)
UNION ALL
SELECT id, events, 'SUCCEEDED', run_number, attempt, finished_at, stage, progress_done,
	progress_total, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM cairn_job j
WHERE status = 'SUCCEEDED' AND events >= 3
	AND NOT EXISTS (SELECT 1 FROM cairn_job_event e WHERE e.job_id = j.id AND e.seq = j.events);

-- For people: timelines.
CREATE VIEW cairn_job_events AS
SELECT job_id, seq, kind, run_number, attempt, at, stage, progress_done, progress_total, worker,
	reason, error_code, error_message, detail, duration_us, until, requested, data
FROM cairn_job_event
UNION ALL
SELECT job_id, seq, kind, run_number, attempt, at, stage, progress_done, progress_total, worker,
	reason, error_code, error_message, detail, duration_us, until, requested, data
FROM cairn_job_event_plain;
