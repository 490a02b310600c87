-- since: 0.1.0
--
-- Replay runs: what their jobs do not say of them, the steps that they remember, signals, and budgets with their ledger.
--
-- A replay run is a job that has begun one, under the same id. Times are microseconds since 1970 UTC, NULL where there is
-- none. No foreign keys: what belongs to a run goes with its job.
--
-- The row of a job that is a replay run is not written by its steps: their events are told by rows alone, and
-- cairn_job.events may be less than the seq of the newest one.

-- 1: it is a replay run; 2: it is none, but has signals or budgets, which go with it. 0 takes no room in a row.
ALTER TABLE cairn_job ADD COLUMN replay INTEGER NOT NULL DEFAULT 0
	CHECK (replay = 0 OR replay = 1 OR replay = 2);

-- Replay runs are deleted in trees, and pruning jobs never meets them.
DROP INDEX cairn_job_ended;
CREATE INDEX cairn_job_ended ON cairn_job (status, type, finished_at)
	WHERE finished_at IS NOT NULL AND run_id IS NULL AND replay <> 1;

-- What is deleted. Other jobs pay for it with a look at one column.
CREATE INDEX cairn_job_replayed ON cairn_job (finished_at, id)
	WHERE replay = 1 AND finished_at IS NOT NULL;

-- One row for each run, small, written when an attempt begins: without rowids.
CREATE TABLE cairn_replay (
	run_id    BLOB NOT NULL PRIMARY KEY CHECK (length(run_id) = 16),
	root_id   BLOB NOT NULL CHECK (length(root_id) = 16),
	parent_id BLOB CHECK (length(parent_id) = 16),
	source_id BLOB CHECK (length(source_id) = 16), -- a fork's
	shared    INTEGER NOT NULL,
	attempt   INTEGER NOT NULL,
	fence     INTEGER NOT NULL,
	begun_at  INTEGER,
	scope     TEXT NOT NULL,
	code      TEXT,
	CONSTRAINT cairn_replay_root CHECK ((parent_id IS NULL) = (root_id = run_id))
) STRICT, WITHOUT ROWID;

-- The children of a run, and the tree below a root.
CREATE INDEX cairn_replay_child ON cairn_replay (parent_id, run_id) WHERE parent_id IS NOT NULL;
CREATE INDEX cairn_replay_tree ON cairn_replay (root_id, run_id) WHERE parent_id IS NOT NULL;

-- The steps of a run. What may be long stands at the end of the row: the signature is only read by people.
CREATE TABLE cairn_memo (
	run_id        BLOB NOT NULL CHECK (length(run_id) = 16),
	seq           INTEGER NOT NULL CHECK (seq > 0),
	name          TEXT NOT NULL,
	kind          TEXT NOT NULL,
	verb          TEXT NOT NULL CHECK (verb = 'STEP' OR verb = 'VALUE' OR verb = 'SLEEP' OR
		verb = 'SIGNAL' OR verb = 'CHILD'),
	status        TEXT NOT NULL CHECK (status = 'RUNNING' OR status = 'COMPLETED' OR
		status = 'WAITING' OR status = 'FAILED'),
	attempts      INTEGER NOT NULL,
	failures      INTEGER NOT NULL,
	last_attempt  INTEGER NOT NULL,
	timed_out     INTEGER NOT NULL CHECK (timed_out = 0 OR timed_out = 1),
	fence         INTEGER NOT NULL,
	claim         BLOB CHECK (length(claim) = 16),
	child_id      BLOB CHECK (length(child_id) = 16),
	signal        TEXT,
	wake_at       INTEGER,
	created_at    INTEGER NOT NULL,
	begun_at      INTEGER NOT NULL,
	ended_at      INTEGER,
	hash          BLOB NOT NULL CHECK (length(hash) = 32),
	error_code    TEXT,
	error_message TEXT,
	result        TEXT,
	signature     TEXT NOT NULL,
	UNIQUE (run_id, seq),
	UNIQUE (run_id, name),
	CONSTRAINT cairn_memo_signal CHECK ((signal IS NOT NULL) = (verb = 'SIGNAL')),
	CONSTRAINT cairn_memo_ended CHECK ((ended_at IS NOT NULL) =
		(status = 'COMPLETED' OR status = 'FAILED'))
) STRICT;

-- What a run waits for, and which runs wait for a signal.
CREATE INDEX cairn_memo_waiting ON cairn_memo (run_id, fence) WHERE status = 'WAITING';
CREATE INDEX cairn_memo_awaited ON cairn_memo (signal, run_id)
	WHERE signal IS NOT NULL AND status = 'WAITING';

CREATE TABLE cairn_signal (
	run_id   BLOB NOT NULL CHECK (length(run_id) = 16),
	seq      INTEGER NOT NULL CHECK (seq > 0),
	name     TEXT NOT NULL,
	key      TEXT,
	sent_at  INTEGER NOT NULL,
	taken_by INTEGER, -- the seq of a step
	hash     BLOB NOT NULL CHECK (length(hash) = 32),
	payload  TEXT NOT NULL,
	PRIMARY KEY (run_id, seq)
) STRICT, WITHOUT ROWID;

-- One key makes one signal, per run; and what is still to be taken.
CREATE UNIQUE INDEX cairn_signal_key ON cairn_signal (run_id, key) WHERE key IS NOT NULL;
CREATE INDEX cairn_signal_untaken ON cairn_signal (run_id, name, seq) WHERE taken_by IS NULL;

-- A row for each axis that has a total or entries. spent is the sum of what is charged.
CREATE TABLE cairn_budget (
	root_id    BLOB NOT NULL CHECK (length(root_id) = 16),
	axis       TEXT NOT NULL,
	kind       TEXT NOT NULL CHECK (kind = 'SOFT' OR kind = 'HARD'),
	limited    INTEGER NOT NULL CHECK (limited = 0 OR limited = 1),
	total      INTEGER NOT NULL CHECK (total >= 0),
	spent      INTEGER NOT NULL CHECK (spent >= 0),
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	PRIMARY KEY (root_id, axis)
) STRICT, WITHOUT ROWID;

CREATE TABLE cairn_budget_entry (
	root_id     BLOB NOT NULL CHECK (length(root_id) = 16),
	seq         INTEGER NOT NULL CHECK (seq > 0),
	run_id      BLOB NOT NULL CHECK (length(run_id) = 16),
	axis        TEXT NOT NULL,
	source_type TEXT NOT NULL,
	source_id   TEXT NOT NULL,
	amount      INTEGER NOT NULL CHECK (amount >= 0),
	state       TEXT NOT NULL CHECK (state = 'RESERVED' OR state = 'CHARGED' OR
		state = 'RELEASED'),
	expires_at  INTEGER,
	created_at  INTEGER NOT NULL,
	updated_at  INTEGER NOT NULL,
	PRIMARY KEY (root_id, seq),
	UNIQUE (root_id, axis, source_type, source_id),
	CONSTRAINT cairn_budget_entry_expires CHECK ((expires_at IS NOT NULL) = (state = 'RESERVED'))
) STRICT, WITHOUT ROWID;

-- What counts as spent as long as it is not over.
CREATE INDEX cairn_budget_reserved ON cairn_budget_entry (root_id, axis, expires_at, amount)
	WHERE state = 'RESERVED';

-- For people: runs with the status that their jobs make of them.
CREATE VIEW cairn_replays AS
SELECT r.run_id, CASE j.status WHEN 'PENDING' THEN iif(j.parked = 1 AND
	j.status_reason = 'HANDLER_CONTINUATION', 'SUSPENDED', 'ENQUEUED') WHEN 'LEASED' THEN 'RUNNING'
	WHEN 'DEAD_LETTERED' THEN 'FAILED' ELSE j.status END AS status, r.root_id, r.parent_id,
	r.source_id, r.shared, r.scope, r.code, r.attempt, r.fence, r.begun_at, j.type, j.queue,
	j.tenant, j.owner, j.worker, j.run_number, j.run_at, j.lease_expires_at, j.created_at,
	j.started_at, j.finished_at, j.error_code, j.error_message
FROM cairn_replay r JOIN cairn_job j ON j.id = r.run_id;
