-- since: 0.1.0
--
-- DAG runs: runs with counters of their steps, steps, edges, events of runs, appends, active keys.
--
-- A step's id is its job's, too, once there is one; the job has its run's id. Times are microseconds
-- since 1970 UTC, NULL where there is none. tenant '' is a global run. No foreign keys: what belongs
-- to a run goes with it.

-- Whose step a job is, and whether it may go on as a new run. NULL and 0 take no room in a row.
ALTER TABLE cairn_job ADD COLUMN run_id BLOB CHECK (length(run_id) = 16);
ALTER TABLE cairn_job ADD COLUMN may_continue INTEGER NOT NULL DEFAULT 0
	CHECK (may_continue = 0 OR may_continue = 1);

-- Jobs of steps go with their run, and pruning jobs never meets them.
DROP INDEX cairn_job_ended;
CREATE INDEX cairn_job_ended ON cairn_job (status, type, finished_at)
	WHERE finished_at IS NOT NULL AND run_id IS NULL;

-- Small columns first, as in cairn_job. events is the seq of the run's newest event.
CREATE TABLE cairn_run (
	id               BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
	status           TEXT NOT NULL CHECK (status = 'RUNNING' OR status = 'WAITING_FOR_EXTERNAL' OR
		status = 'SUCCEEDED' OR status = 'COMPLETED_WITH_ERRORS' OR status = 'CANCELED'),
	type             TEXT NOT NULL,
	tenant           TEXT NOT NULL DEFAULT '',
	on_failure       TEXT NOT NULL CHECK (on_failure = 'CONTINUE' OR on_failure = 'FAIL_FAST'),
	blocked          INTEGER NOT NULL CHECK (blocked >= 0),
	waiting          INTEGER NOT NULL CHECK (waiting >= 0),
	enqueued         INTEGER NOT NULL CHECK (enqueued >= 0),
	succeeded        INTEGER NOT NULL CHECK (succeeded >= 0),
	failed           INTEGER NOT NULL CHECK (failed >= 0),
	canceled         INTEGER NOT NULL CHECK (canceled >= 0),
	edges            INTEGER NOT NULL,
	events           INTEGER NOT NULL,
	created_at       INTEGER NOT NULL,
	updated_at       INTEGER NOT NULL,
	finished_at      INTEGER,
	active_key       TEXT,
	result_step      TEXT,
	status_reason    TEXT,
	error_code       TEXT,
	error_message    TEXT,
	source_id        BLOB CHECK (length(source_id) = 16),
	recovery_step_id BLOB CHECK (length(recovery_step_id) = 16),
	recovery_key     TEXT,
	recovery_reason  TEXT,
	idempotency_key  TEXT,
	request_hash     BLOB,
	request          TEXT,
	metadata         TEXT NOT NULL,
	CONSTRAINT cairn_run_over CHECK ((finished_at IS NULL) =
		(status = 'RUNNING' OR status = 'WAITING_FOR_EXTERNAL')),
	CONSTRAINT cairn_run_recovery CHECK ((source_id IS NULL) = (recovery_key IS NULL)),
	CONSTRAINT cairn_run_request CHECK (idempotency_key IS NULL OR
		(request IS NOT NULL AND request_hash IS NOT NULL AND length(request_hash) = 32))
) STRICT;

-- One key makes one run, per type and tenant.
CREATE UNIQUE INDEX cairn_run_key ON cairn_run (type, tenant, idempotency_key)
	WHERE idempotency_key IS NOT NULL;

-- One request makes one recovery, per source.
CREATE UNIQUE INDEX cairn_run_recovery ON cairn_run (source_id, recovery_key)
	WHERE source_id IS NOT NULL;

-- What is pruned.
CREATE INDEX cairn_run_ended ON cairn_run (finished_at, id) WHERE finished_at IS NOT NULL;

-- A step that is RUNNING is ENQUEUED here: that its job is LEASED is told by the job. A seq is that of the
-- event of its release or its end; NULL: it is not told.
CREATE TABLE cairn_step (
	id            BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
	run_id        BLOB NOT NULL CHECK (length(run_id) = 16),
	step_key      TEXT NOT NULL,
	kind          TEXT NOT NULL CHECK (kind = 'JOB' OR kind = 'EXTERNAL'),
	status        TEXT NOT NULL CHECK (status = 'BLOCKED' OR status = 'WAITING_FOR_EXTERNAL' OR
		status = 'ENQUEUED' OR status = 'SUCCEEDED' OR status = 'FAILED' OR status = 'CANCELED'),
	pending       INTEGER NOT NULL CHECK (pending >= 0),
	unsatisfied   INTEGER NOT NULL CHECK (unsatisfied >= 0),
	prerequisites INTEGER NOT NULL,
	tenant        TEXT NOT NULL DEFAULT '',
	type          TEXT,
	queue         TEXT,
	owner         TEXT,
	resource_key  TEXT,
	stage         TEXT,
	priority      INTEGER,
	max_attempts  INTEGER,
	timeout_us    INTEGER,
	deadline_us   INTEGER,
	may_continue  INTEGER NOT NULL CHECK (may_continue = 0 OR may_continue = 1),
	created_at    INTEGER NOT NULL,
	released_seq  INTEGER,
	released_at   INTEGER,
	ended_seq     INTEGER,
	finished_at   INTEGER,
	deadline_at   INTEGER,
	status_reason TEXT,
	error_code    TEXT,
	error_message TEXT,
	payload       TEXT NOT NULL,
	output        TEXT,
	UNIQUE (run_id, step_key),
	CONSTRAINT cairn_step_job CHECK (kind <> 'JOB' OR (type IS NOT NULL AND queue IS NOT NULL AND
		stage IS NOT NULL AND priority IS NOT NULL AND max_attempts > 0 AND timeout_us > 0))
) STRICT;

-- The steps of a run in the order in which they were given.
CREATE INDEX cairn_step_run ON cairn_step (run_id, id);

-- Gates that stand open, for a time.
CREATE INDEX cairn_step_deadline ON cairn_step (deadline_at) WHERE deadline_at IS NOT NULL;

CREATE TABLE cairn_step_edge (
	prerequisite_id BLOB NOT NULL CHECK (length(prerequisite_id) = 16),
	dependent_id    BLOB NOT NULL CHECK (length(dependent_id) = 16),
	mode            TEXT NOT NULL CHECK (mode = 'ON_TERMINAL' OR mode = 'ON_SUCCESS'),
	PRIMARY KEY (prerequisite_id, dependent_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX cairn_step_edge_dependent ON cairn_step_edge (dependent_id, prerequisite_id);

-- What the run's own row tells no more; the events of steps are their rows. cairn_run_events is the
-- whole timeline.
CREATE TABLE cairn_run_event (
	run_id        BLOB NOT NULL,
	seq           INTEGER NOT NULL CHECK (seq > 0),
	kind          TEXT NOT NULL CHECK (kind = 'RUN' OR kind = 'APPENDED'),
	status        TEXT,
	at            INTEGER NOT NULL,
	reason        TEXT,
	error_code    TEXT,
	error_message TEXT,
	PRIMARY KEY (run_id, seq)
) STRICT, WITHOUT ROWID;

-- Requests that added steps to a run, each once.
CREATE TABLE cairn_run_append (
	run_id       BLOB NOT NULL,
	append_key   TEXT NOT NULL,
	at           INTEGER NOT NULL,
	request_hash BLOB NOT NULL CHECK (length(request_hash) = 32),
	request      TEXT NOT NULL,
	metadata     TEXT NOT NULL,
	PRIMARY KEY (run_id, append_key)
) STRICT;

-- Who has an active key. free_at: NULL while that run is not over, else until when it keeps the key.
CREATE TABLE cairn_run_active (
	tenant     TEXT NOT NULL,
	active_key TEXT NOT NULL,
	run_id     BLOB NOT NULL,
	free_at    INTEGER,
	PRIMARY KEY (tenant, active_key)
) STRICT, WITHOUT ROWID;

-- For people: timelines of runs, without those of their jobs.
CREATE VIEW cairn_run_events AS
SELECT run_id, seq, kind, status, NULL AS step_id, NULL AS step_key, at, reason, error_code,
	error_message
FROM cairn_run_event
UNION ALL
SELECT run_id, released_seq, 'STEP', CASE kind WHEN 'JOB' THEN 'ENQUEUED' ELSE
	'WAITING_FOR_EXTERNAL' END, id, step_key, released_at, NULL, NULL, NULL
FROM cairn_step
WHERE released_seq IS NOT NULL
UNION ALL
SELECT run_id, ended_seq, 'STEP', status, id, step_key, finished_at, status_reason, error_code,
	error_message
FROM cairn_step
WHERE ended_seq IS NOT NULL;
