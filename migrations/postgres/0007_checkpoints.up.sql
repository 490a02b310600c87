-- since: 0.1.0
--
-- Checkpoints of threads, and what their tasks have written beyond them.
--
-- ns '' is the root. No foreign keys: a parent may be gone.

-- The last number that a thread gave away, kept when its checkpoints are gone. Each put locks the row
-- and rewrites it, within its page: hence the room. 0 stands between the two statements of a put only.
CREATE TABLE cairn_thread (
	write_seq  bigint NOT NULL CHECK (write_seq >= 0),
	created_at timestamptz NOT NULL,
	updated_at timestamptz NOT NULL,
	tenant     text COLLATE "C" NOT NULL CHECK (tenant <> ''),
	thread     text COLLATE "C" NOT NULL,
	CONSTRAINT cairn_thread_pkey PRIMARY KEY (tenant, thread)
) WITH (fillfactor = 70);

-- One of state and state_bytes is set. tags: the members of metadata, each between two U+001F, for
-- filters.
--
-- Three indexes, since none of them can stand for another one: an id is looked up before each put; a
-- thread is gone back through by its numbers, whatever the namespaces; and the latest of a namespace
-- must be found at once though a hundred thousand of other namespaces came after it.
CREATE TABLE cairn_checkpoint (
	write_seq       bigint NOT NULL CHECK (write_seq > 0),
	step            bigint NOT NULL CHECK (step >= 0),
	created_at      timestamptz NOT NULL,
	payload_version bigint NOT NULL CHECK (payload_version > 0),
	id              uuid NOT NULL,
	parent          uuid,
	state_size      integer NOT NULL,
	tenant          text COLLATE "C" NOT NULL CHECK (tenant <> ''),
	thread          text COLLATE "C" NOT NULL,
	ns              text COLLATE "C" NOT NULL,
	next_node       text COLLATE "C",
	run             text COLLATE "C",
	metadata        json NOT NULL,
	tags            text COLLATE "C" NOT NULL,
	state           json,
	state_bytes     bytea,
	CONSTRAINT cairn_checkpoint_pkey PRIMARY KEY (tenant, thread, id),
	CONSTRAINT cairn_checkpoint_state CHECK ((state IS NULL) <> (state_bytes IS NULL))
);
CREATE UNIQUE INDEX cairn_checkpoint_seq ON cairn_checkpoint (tenant, thread, write_seq);
CREATE INDEX cairn_checkpoint_ns ON cairn_checkpoint (tenant, thread, ns, write_seq);

-- What a run wrote, in all threads. Who names no runs has nothing in it.
CREATE INDEX cairn_checkpoint_run ON cairn_checkpoint (tenant, run) WHERE run IS NOT NULL;

CREATE TABLE cairn_checkpoint_write (
	checkpoint  uuid NOT NULL,
	idx         integer NOT NULL,
	tenant      text COLLATE "C" NOT NULL CHECK (tenant <> ''),
	thread      text COLLATE "C" NOT NULL,
	task        text COLLATE "C" NOT NULL,
	channel     text COLLATE "C" NOT NULL,
	value       json,
	value_bytes bytea,
	CONSTRAINT cairn_checkpoint_write_pkey PRIMARY KEY (tenant, thread, checkpoint, task, idx),
	CONSTRAINT cairn_checkpoint_write_value CHECK ((value IS NULL) <> (value_bytes IS NULL))
);

-- What may be large is compressed by lz4 where the server has it, which takes a fifth of the time.
DO $lz4$
BEGIN
	EXECUTE 'ALTER TABLE cairn_checkpoint ALTER state SET COMPRESSION lz4';
	EXECUTE 'ALTER TABLE cairn_checkpoint ALTER state_bytes SET COMPRESSION lz4';
	EXECUTE 'ALTER TABLE cairn_checkpoint_write ALTER value SET COMPRESSION lz4';
	EXECUTE 'ALTER TABLE cairn_checkpoint_write ALTER value_bytes SET COMPRESSION lz4';
EXCEPTION WHEN feature_not_supported OR invalid_parameter_value OR syntax_error THEN
	NULL;
END
$lz4$;

-- IS TRUE keeps the policy out of the choice of an index, which the statements make.
ALTER TABLE cairn_thread ENABLE ROW LEVEL SECURITY;
ALTER TABLE cairn_thread FORCE ROW LEVEL SECURITY;
CREATE POLICY cairn_tenant ON cairn_thread
	USING ((tenant = NULLIF(current_setting('cairn.tenant', true), '')) IS TRUE);
ALTER TABLE cairn_checkpoint ENABLE ROW LEVEL SECURITY;
ALTER TABLE cairn_checkpoint FORCE ROW LEVEL SECURITY;
CREATE POLICY cairn_tenant ON cairn_checkpoint
	USING ((tenant = NULLIF(current_setting('cairn.tenant', true), '')) IS TRUE);
ALTER TABLE cairn_checkpoint_write ENABLE ROW LEVEL SECURITY;
ALTER TABLE cairn_checkpoint_write FORCE ROW LEVEL SECURITY;
CREATE POLICY cairn_tenant ON cairn_checkpoint_write
	USING ((tenant = NULLIF(current_setting('cairn.tenant', true), '')) IS TRUE);
