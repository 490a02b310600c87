-- since: 0.1.0
--
-- Replay runs: what they remember, signals, budgets.
--
-- A replay run is a job that began one, under the same id; the job's row says the rest, and is the lock. No
-- foreign keys. Where a row is found by its run and something else, the run stands in it once more, in a
-- column that only the index for that knows (find_id, awaiting, untaken, reserving): no statement can take
-- another index for it, whatever the planner believes of the tables.

CREATE DOMAIN cairn_memo_verb AS text COLLATE "C" CHECK (VALUE IN ('STEP', 'VALUE', 'SLEEP', 'SIGNAL',
	'CHILD'));

CREATE DOMAIN cairn_memo_status AS text COLLATE "C" CHECK (VALUE IN ('RUNNING', 'WAITING', 'COMPLETED',
	'FAILED'));

CREATE DOMAIN cairn_budget_kind AS text COLLATE "C" CHECK (VALUE IN ('SOFT', 'HARD'));

CREATE DOMAIN cairn_entry_state AS text COLLATE "C" CHECK (VALUE IN ('RESERVED', 'CHARGED', 'RELEASED'));

ALTER DOMAIN cairn_event_kind DROP CONSTRAINT cairn_event_kind_check;
ALTER DOMAIN cairn_event_kind ADD CONSTRAINT cairn_event_kind_check CHECK (VALUE IN ('ENQUEUED',
	'LEASED', 'STAGE_CHANGED', 'PROGRESS', 'SUCCEEDED', 'FAILED', 'RETRY_SCHEDULED',
	'DEAD_LETTERED', 'CANCELED', 'REQUEUED', 'STEP_STARTED', 'STEP_WAITING', 'STEP_COMPLETED',
	'STEP_FAILED', 'SIGNALED'));

CREATE TABLE cairn_replay (
	run_id    uuid NOT NULL,
	root_id   uuid NOT NULL, -- its own, or of the run that began the tree
	parent_id uuid,
	source_id uuid,          -- what it was forked from
	begun_at  timestamptz,   -- last
	fence     bigint NOT NULL,
	shared    bigint NOT NULL, -- of a fork: the last seq that it took over
	attempt   integer NOT NULL,
	scope     text COLLATE "C" NOT NULL,
	code      text COLLATE "C",
	CONSTRAINT cairn_replay_pkey PRIMARY KEY (run_id)
) WITH (fillfactor = 70);

CREATE INDEX cairn_replay_root ON cairn_replay (root_id, run_id);
CREATE INDEX cairn_replay_parent ON cairn_replay (parent_id, run_id) WHERE parent_id IS NOT NULL;

-- No index knows of what the end of a step changes: its row is replaced in its page.
CREATE TABLE cairn_memo (
	run_id        uuid NOT NULL,
	find_id       uuid NOT NULL, -- the run: where it is found by name
	seq           bigint NOT NULL,
	created_at    timestamptz NOT NULL,
	begun_at      timestamptz NOT NULL,
	ended_at      timestamptz,
	wake_at       timestamptz,
	fence         bigint NOT NULL,
	attempts      integer NOT NULL,
	failures      integer NOT NULL,
	last_attempt  integer NOT NULL,
	timed_out     boolean NOT NULL,
	verb          cairn_memo_verb NOT NULL,
	status        cairn_memo_status NOT NULL,
	claim         uuid,
	child_id      uuid,
	awaiting      uuid, -- the run, as long as it waits for a signal or a child
	name          text COLLATE "C" NOT NULL,
	kind          text COLLATE "C" NOT NULL,
	signal        text COLLATE "C",
	awaits        text COLLATE "C", -- the signal, as long as it waits for it
	hash          bytea NOT NULL CHECK (octet_length(hash) = 32),
	error_code    text,
	error_message text,
	signature     text NOT NULL,
	result        json,
	CONSTRAINT cairn_memo_pkey PRIMARY KEY (run_id, seq),
	CONSTRAINT cairn_memo_name UNIQUE (find_id, name)
) WITH (fillfactor = 80);

CREATE INDEX cairn_memo_awaiting ON cairn_memo (awaiting) WHERE awaiting IS NOT NULL;
CREATE INDEX cairn_memo_awaits ON cairn_memo (awaits, run_id) WHERE awaits IS NOT NULL;

CREATE TABLE cairn_signal (
	run_id     uuid NOT NULL,
	find_id    uuid, -- the run, if there is a key
	untaken    uuid, -- the run, as long as nobody took it
	seq        bigint NOT NULL,
	sent_at    timestamptz NOT NULL,
	taken_by   bigint, -- the memo's seq
	name       text COLLATE "C" NOT NULL,
	signal_key text COLLATE "C",
	hash       bytea NOT NULL CHECK (octet_length(hash) = 32),
	payload    json NOT NULL,
	CONSTRAINT cairn_signal_pkey PRIMARY KEY (run_id, seq)
);

CREATE UNIQUE INDEX cairn_signal_key ON cairn_signal (find_id, signal_key) WHERE find_id IS NOT NULL;
CREATE INDEX cairn_signal_untaken ON cairn_signal (untaken, name, seq) WHERE untaken IS NOT NULL;

-- Who writes totals or entries of a root run holds its row here.
CREATE TABLE cairn_ledger (
	root_id uuid NOT NULL,
	entries bigint NOT NULL, -- the last one's seq
	CONSTRAINT cairn_ledger_pkey PRIMARY KEY (root_id)
) WITH (fillfactor = 50);

CREATE TABLE cairn_budget (
	root_id    uuid NOT NULL,
	created_at timestamptz NOT NULL,
	updated_at timestamptz NOT NULL,
	total      bigint, -- NULL: only counted
	spent      bigint NOT NULL,
	kind       cairn_budget_kind NOT NULL,
	axis       text COLLATE "C" NOT NULL,
	CONSTRAINT cairn_budget_pkey PRIMARY KEY (root_id, axis)
) WITH (fillfactor = 50);

CREATE TABLE cairn_budget_entry (
	root_id     uuid NOT NULL,
	find_id     uuid NOT NULL, -- the root, where it is found by its source
	reserving   uuid,          -- the root, as long as it is a reservation
	run_id      uuid NOT NULL,
	seq         bigint NOT NULL,
	created_at  timestamptz NOT NULL,
	updated_at  timestamptz NOT NULL,
	expires_at  timestamptz,
	amount      bigint NOT NULL,
	state       cairn_entry_state NOT NULL,
	axis        text COLLATE "C" NOT NULL,
	source_type text COLLATE "C" NOT NULL,
	source_id   text COLLATE "C" NOT NULL,
	CONSTRAINT cairn_budget_entry_pkey PRIMARY KEY (root_id, seq),
	CONSTRAINT cairn_budget_entry_source UNIQUE (find_id, axis, source_type, source_id)
) WITH (fillfactor = 80);

CREATE INDEX cairn_budget_entry_reserving ON cairn_budget_entry (reserving, axis, expires_at)
	WHERE reserving IS NOT NULL;

-- Jobs of replay runs: 1; 2: one that has a parent, who is told when it ends.
ALTER TABLE cairn_job_live ADD COLUMN replay smallint NOT NULL DEFAULT 0;
ALTER TABLE cairn_job_done ADD COLUMN replay smallint NOT NULL DEFAULT 0;

-- They are deleted by trees: those who prune jobs do not walk over them.
DROP INDEX cairn_job_done_succeeded;
DROP INDEX cairn_job_done_failed;
CREATE INDEX cairn_job_done_succeeded ON cairn_job_done (type, finished_at)
	WHERE status = 'SUCCEEDED' AND run_id IS NULL AND replay = 0;
CREATE INDEX cairn_job_done_failed ON cairn_job_done (finished_at)
	WHERE status <> 'SUCCEEDED' AND run_id IS NULL AND replay = 0;
CREATE INDEX cairn_job_done_replay ON cairn_job_done (finished_at, id)
	WHERE replay = 1 AND run_id IS NULL;

CREATE OR REPLACE VIEW cairn_job AS
SELECT j.id, j.queue, j.type, j.tenant, j.payload, j.status, j.priority, j.run_number, j.attempt,
	j.max_attempts, j.timeout_us, j.run_at, j.parked, j.lease_expires_at, j.heartbeat_at,
	j.leased_at, j.worker, j.owner, j.fence, j.started_at, j.finished_at, j.stage,
	j.progress_done, j.progress_total, j.checkpoint, j.output, j.idempotency_key, k.request,
	k.request_hash, j.status_reason, j.error_code, j.error_message, j.created_at, j.updated_at,
	j.prestart, j.execution_started_at, j.resource_key, j.run_id, j.may_continue, j.replay
FROM (
	SELECT id, queue, type, tenant, payload, status, priority, run_number, attempt,
		max_attempts, timeout_us, run_at, parked, lease_expires_at, heartbeat_at,
		leased_at, worker, owner, fence, started_at, NULL::timestamptz AS finished_at,
		stage, progress_done, progress_total, checkpoint, output, idempotency_key,
		status_reason, error_code, error_message, created_at, updated_at, prestart,
		execution_started_at, resource_key, run_id, may_continue, replay > 0 AS replay
	FROM cairn_job_live
	UNION ALL
	SELECT id, queue, type, tenant, payload, status, priority, run_number, attempt,
		max_attempts, timeout_us, run_at, false, lease_expires_at, heartbeat_at,
		leased_at, worker, owner, fence, started_at, finished_at,
		stage, progress_done, progress_total, checkpoint, output, idempotency_key,
		status_reason, error_code, error_message, created_at, updated_at, false,
		NULL::timestamptz, resource_key, run_id, may_continue, replay > 0
	FROM cairn_job_done
) j
LEFT JOIN cairn_job_key k ON k.type = j.type AND k.tenant = j.tenant
	AND k.idempotency_key = j.idempotency_key;

-- For people: replay runs with what their jobs say, under the names that the library shows.
CREATE VIEW cairn_replays AS
SELECT r.run_id, r.root_id, r.parent_id, r.source_id, r.shared,
	CASE j.status WHEN 'PENDING' THEN CASE WHEN j.parked
		AND j.status_reason = 'HANDLER_CONTINUATION' THEN 'SUSPENDED' ELSE 'ENQUEUED' END
	WHEN 'LEASED' THEN 'RUNNING' WHEN 'DEAD_LETTERED' THEN 'FAILED' ELSE j.status END AS status,
	r.attempt, j.run_number, r.fence, r.scope, r.code, j.type, j.queue, j.tenant, j.owner,
	j.worker, j.payload, j.output, j.error_code, j.error_message,
	CASE j.status WHEN 'PENDING' THEN j.run_at END AS wake_at, j.lease_expires_at, j.created_at,
	j.started_at, j.finished_at, j.updated_at
FROM cairn_replay r
JOIN cairn_job j ON j.id = r.run_id;
