-- since: 0.1.0
--
-- Checkpoints of threads, and what their tasks have written beyond them.
--
-- Times are microseconds since 1970 UTC. ns '' is the root. No foreign keys: a parent may be gone.

-- The last number that a thread gave away, kept when its checkpoints are gone.
CREATE TABLE cairn_thread (
	tenant     TEXT NOT NULL CHECK (tenant <> ''),
	thread     TEXT NOT NULL,
	write_seq  INTEGER NOT NULL CHECK (write_seq > 0),
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	PRIMARY KEY (tenant, thread)
) STRICT, WITHOUT ROWID;

-- A state is text where it is a document, else bytes. tags: the members of metadata, each between
-- two U+001F, for filters.
CREATE TABLE cairn_checkpoint (
	row             INTEGER PRIMARY KEY,
	tenant          TEXT NOT NULL CHECK (tenant <> ''),
	thread          TEXT NOT NULL,
	write_seq       INTEGER NOT NULL CHECK (write_seq > 0),
	id              BLOB NOT NULL CHECK (length(id) = 16),
	ns              TEXT NOT NULL,
	parent          BLOB CHECK (length(parent) = 16),
	step            INTEGER NOT NULL CHECK (step >= 0),
	payload_version INTEGER NOT NULL CHECK (payload_version > 0),
	created_at      INTEGER NOT NULL,
	bytes           INTEGER NOT NULL CHECK (bytes IN (0, 1)),
	state_size      INTEGER NOT NULL,
	next_node       TEXT,
	run             TEXT,
	metadata        TEXT NOT NULL,
	tags            TEXT NOT NULL,
	state           ANY
) STRICT;

-- States that are too large to stand among what a list reads (LITE_STATE_INLINE).
CREATE TABLE cairn_checkpoint_state (
	checkpoint INTEGER PRIMARY KEY,
	state      ANY NOT NULL
) STRICT;

-- Three, since none of them can stand for another one: an id is looked up before each put; a thread
-- is gone back through by its numbers, whatever the namespaces; and the latest of a namespace must be
-- found at once though a hundred thousand of other namespaces came after it.
CREATE UNIQUE INDEX cairn_checkpoint_id ON cairn_checkpoint (tenant, thread, id);
CREATE UNIQUE INDEX cairn_checkpoint_seq ON cairn_checkpoint (tenant, thread, write_seq);
CREATE INDEX cairn_checkpoint_ns ON cairn_checkpoint (tenant, thread, ns, write_seq);

-- What a run wrote, in all threads. Who names no runs has nothing in it.
CREATE INDEX cairn_checkpoint_run ON cairn_checkpoint (tenant, run) WHERE run IS NOT NULL;

CREATE TABLE cairn_checkpoint_write (
	tenant     TEXT NOT NULL CHECK (tenant <> ''),
	thread     TEXT NOT NULL,
	checkpoint BLOB NOT NULL CHECK (length(checkpoint) = 16),
	task       TEXT NOT NULL,
	idx        INTEGER NOT NULL,
	channel    TEXT NOT NULL,
	bytes      INTEGER NOT NULL CHECK (bytes IN (0, 1)),
	value      ANY NOT NULL,
	PRIMARY KEY (tenant, thread, checkpoint, task, idx)
) STRICT, WITHOUT ROWID;
