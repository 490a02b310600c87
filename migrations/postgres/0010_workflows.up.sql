-- since: 0.1.0
--
-- Workflows: runs, their steps and edges, events, appends, active keys.
--
-- A step's id is its job's, too; the job carries run_id and nothing else. tenant '' is a global run.
-- No foreign keys. Whoever changes a step holds its run's row. No index knows of what the end of a
-- step changes: rows of runs and steps are replaced in their pages.

CREATE DOMAIN cairn_run_status AS text COLLATE "C" CHECK (VALUE IN ('RUNNING',
	'WAITING_FOR_EXTERNAL', 'SUCCEEDED', 'COMPLETED_WITH_ERRORS', 'CANCELED'));

CREATE DOMAIN cairn_run_failure AS text COLLATE "C" CHECK (VALUE IN ('CONTINUE', 'FAIL_FAST'));

CREATE DOMAIN cairn_step_status AS text COLLATE "C" CHECK (VALUE IN ('BLOCKED',
	'WAITING_FOR_EXTERNAL', 'ENQUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELED'));

CREATE DOMAIN cairn_step_kind AS text COLLATE "C" CHECK (VALUE IN ('JOB', 'EXTERNAL'));

CREATE DOMAIN cairn_step_release AS text COLLATE "C" CHECK (VALUE IN ('ON_TERMINAL', 'ON_SUCCESS'));

CREATE TABLE cairn_run (
	id              uuid NOT NULL,
	created_at      timestamptz NOT NULL,
	updated_at      timestamptz NOT NULL,
	finished_at     timestamptz,
	events          bigint NOT NULL,  -- the last one's seq
	blocked         integer NOT NULL, -- how many steps are in which status
	waiting         integer NOT NULL,
	enqueued        integer NOT NULL,
	succeeded       integer NOT NULL,
	failed          integer NOT NULL,
	canceled        integer NOT NULL,
	status          cairn_run_status NOT NULL,
	on_failure      cairn_run_failure NOT NULL,
	type            text COLLATE "C" NOT NULL,
	tenant          text COLLATE "C" NOT NULL,
	source_id       uuid, -- the run that this one recovers
	recovery_step   uuid,
	recovery_key    text COLLATE "C",
	recovery_reason text,
	idempotency_key text COLLATE "C",
	active_key      text COLLATE "C",
	result_step     text COLLATE "C",
	metadata        json NOT NULL,
	request_hash    bytea CHECK (octet_length(request_hash) = 32),
	request         json,
	status_reason   text,
	error_code      text,
	error_message   text,
	CONSTRAINT cairn_run_pkey PRIMARY KEY (id)
) WITH (fillfactor = 70);

CREATE UNIQUE INDEX cairn_run_key ON cairn_run (type, tenant, idempotency_key)
	WHERE idempotency_key IS NOT NULL;
CREATE UNIQUE INDEX cairn_run_recovery ON cairn_run (source_id, recovery_key)
	WHERE source_id IS NOT NULL;

-- What is pruned.
CREATE INDEX cairn_run_finished ON cairn_run (finished_at, id) WHERE finished_at IS NOT NULL;

-- What its job says as well (RUNNING, attempts, errors of those that failed) has no column here, until
-- the step has ended.
CREATE TABLE cairn_step (
	id            uuid NOT NULL,
	run_id        uuid NOT NULL,
	created_at    timestamptz NOT NULL,
	released_at   timestamptz,
	finished_at   timestamptz,
	deadline_at   timestamptz, -- of an open gate
	released_seq  bigint,      -- of the run's event of its release
	ended_seq     bigint,      -- and of its end
	timeout_us    bigint,
	deadline_us   bigint,
	priority      integer,
	max_attempts  integer,
	prerequisites integer NOT NULL,
	pending       integer NOT NULL,
	unsatisfied   integer NOT NULL,
	may_continue  boolean NOT NULL,
	kind          cairn_step_kind NOT NULL,
	status        cairn_step_status NOT NULL,
	step_key      text COLLATE "C" NOT NULL,
	tenant        text COLLATE "C" NOT NULL,
	type          text COLLATE "C",
	queue         text COLLATE "C",
	stage         text COLLATE "C",
	owner         text COLLATE "C",
	resource_key  text COLLATE "C",
	payload       json NOT NULL,
	output        json,
	status_reason text,
	error_code    text,
	error_message text,
	CONSTRAINT cairn_step_pkey PRIMARY KEY (id),
	CONSTRAINT cairn_step_key UNIQUE (run_id, step_key)
) WITH (fillfactor = 40);

CREATE INDEX cairn_step_deadline ON cairn_step (deadline_at) WHERE deadline_at IS NOT NULL;

CREATE TABLE cairn_step_edge (
	prerequisite_id uuid NOT NULL,
	dependent_id    uuid NOT NULL,
	release         cairn_step_release NOT NULL,
	CONSTRAINT cairn_step_edge_pkey PRIMARY KEY (prerequisite_id, dependent_id)
);

CREATE INDEX cairn_step_edge_dependent ON cairn_step_edge (dependent_id, prerequisite_id);

-- The run's status (reason, code and message are those of a cancel), or without one an append, whose
-- key is the reason. Events of steps stand in their rows; cairn_run_events is the whole timeline.
CREATE TABLE cairn_run_event (
	run_id        uuid NOT NULL,
	seq           bigint NOT NULL,
	at            timestamptz NOT NULL,
	status        cairn_run_status,
	reason        text,
	error_code    text,
	error_message text,
	CONSTRAINT cairn_run_event_pkey PRIMARY KEY (run_id, seq)
);

CREATE TABLE cairn_run_append (
	run_id       uuid NOT NULL,
	at           timestamptz NOT NULL,
	append_key   text COLLATE "C" NOT NULL,
	request_hash bytea NOT NULL CHECK (octet_length(request_hash) = 32),
	request      json NOT NULL,
	metadata     json NOT NULL,
	CONSTRAINT cairn_run_append_pkey PRIMARY KEY (run_id, append_key)
);

-- Who has an active key: a run that is not over, or one that is, as long as a canceled job of it may
-- still be worked on.
CREATE TABLE cairn_run_active (
	run_id     uuid NOT NULL,
	free_at    timestamptz, -- NULL: the run is not over
	tenant     text COLLATE "C" NOT NULL,
	active_key text COLLATE "C" NOT NULL,
	CONSTRAINT cairn_run_active_pkey PRIMARY KEY (tenant, active_key)
) WITH (fillfactor = 70);

-- Jobs of steps.
ALTER TABLE cairn_job_live
	ADD COLUMN run_id uuid,
	ADD COLUMN may_continue boolean NOT NULL DEFAULT false;
ALTER TABLE cairn_job_done
	ADD COLUMN run_id uuid,
	ADD COLUMN may_continue boolean NOT NULL DEFAULT false;

-- They go with their runs: those who prune jobs do not walk over them.
DROP INDEX cairn_job_done_succeeded;
DROP INDEX cairn_job_done_failed;
CREATE INDEX cairn_job_done_succeeded ON cairn_job_done (type, finished_at)
	WHERE status = 'SUCCEEDED' AND run_id IS NULL;
CREATE INDEX cairn_job_done_failed ON cairn_job_done (finished_at)
	WHERE status <> 'SUCCEEDED' AND run_id IS NULL;

CREATE OR REPLACE VIEW cairn_job AS
SELECT j.id, j.queue, j.type, j.tenant, j.payload, j.status, j.priority, j.run_number, j.attempt,
	j.max_attempts, j.timeout_us, j.run_at, j.parked, j.lease_expires_at, j.heartbeat_at,
	j.leased_at, j.worker, j.owner, j.fence, j.started_at, j.finished_at, j.stage,
	j.progress_done, j.progress_total, j.checkpoint, j.output, j.idempotency_key, k.request,
	k.request_hash, j.status_reason, j.error_code, j.error_message, j.created_at, j.updated_at,
	j.prestart, j.execution_started_at, j.resource_key, j.run_id, j.may_continue
FROM (
	SELECT id, queue, type, tenant, payload, status, priority, run_number, attempt,
		max_attempts, timeout_us, run_at, parked, lease_expires_at, heartbeat_at,
		leased_at, worker, owner, fence, started_at, NULL::timestamptz AS finished_at,
		stage, progress_done, progress_total, checkpoint, output, idempotency_key,
		status_reason, error_code, error_message, created_at, updated_at, prestart,
		execution_started_at, resource_key, run_id, may_continue
	FROM cairn_job_live
	UNION ALL
	SELECT id, queue, type, tenant, payload, status, priority, run_number, attempt,
		max_attempts, timeout_us, run_at, false, lease_expires_at, heartbeat_at,
		leased_at, worker, owner, fence, started_at, finished_at,
		stage, progress_done, progress_total, checkpoint, output, idempotency_key,
		status_reason, error_code, error_message, created_at, updated_at, false,
		NULL::timestamptz, resource_key, run_id, may_continue
	FROM cairn_job_done
) j
LEFT JOIN cairn_job_key k ON k.type = j.type AND k.tenant = j.tenant
	AND k.idempotency_key = j.idempotency_key;

-- For people: steps with what their jobs say, under the names that the library shows.
CREATE VIEW cairn_steps AS
SELECT s.id, s.run_id, s.step_key, s.kind,
	CASE WHEN l.status = 'LEASED' THEN 'RUNNING' ELSE s.status END AS status,
	s.type, s.queue, s.tenant, COALESCE(l.payload, d.payload, s.payload) AS payload,
	COALESCE(l.stage, d.stage, s.stage) AS stage, s.owner, s.resource_key, s.priority,
	s.max_attempts, s.timeout_us, s.deadline_us, s.may_continue, s.prerequisites, s.pending,
	s.unsatisfied, COALESCE(l.run_number, d.run_number) AS run_number,
	COALESCE(l.attempt, d.attempt) AS attempt, s.created_at, s.released_at,
	COALESCE(l.started_at, d.started_at) AS started_at, s.finished_at, s.deadline_at,
	COALESCE(l.status_reason, s.status_reason) AS status_reason,
	COALESCE(l.error_code, s.error_code) AS error_code,
	COALESCE(l.error_message, s.error_message) AS error_message, s.output
FROM cairn_step s
LEFT JOIN cairn_job_live l ON l.id = s.id
LEFT JOIN cairn_job_done d ON d.id = s.id;

-- For people: timelines of runs.
CREATE VIEW cairn_run_events AS
SELECT v.run_id, v.seq, v.at, CASE WHEN v.status IS NULL THEN 'APPENDED' ELSE 'RUN' END AS kind,
	v.status::text AS status, NULL::uuid AS step_id, NULL COLLATE "C" AS step_key, v.reason,
	v.error_code, v.error_message
FROM cairn_run_event v
UNION ALL
SELECT s.run_id, s.released_seq, s.released_at, 'STEP',
	CASE s.kind WHEN 'JOB' THEN 'ENQUEUED' ELSE 'WAITING_FOR_EXTERNAL' END, s.id, s.step_key,
	NULL, NULL, NULL
FROM cairn_step s
WHERE s.released_seq IS NOT NULL
UNION ALL
SELECT s.run_id, s.ended_seq, s.finished_at, 'STEP', s.status, s.id, s.step_key, s.status_reason,
	s.error_code, s.error_message
FROM cairn_step s
WHERE s.ended_seq IS NOT NULL;
