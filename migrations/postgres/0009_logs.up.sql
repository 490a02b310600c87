-- since: 0.1.0
--
-- Session logs: the events of a thread, numbered from 1 without a gap. No foreign keys. Every call
-- says whose rows it is about in cairn.tenant; without that no row can be seen.

-- One row per log, which says the last number that was given, so that none is given twice though
-- the events are archived. Events up to the watermark are gone. Every append locks the row and
-- writes it, which no index has to know of.
CREATE TABLE cairn_log (
	head       bigint NOT NULL CHECK (head > 0),
	watermark  bigint NOT NULL,
	created_at timestamptz NOT NULL,
	updated_at timestamptz NOT NULL,
	tenant     text COLLATE "C" NOT NULL CHECK (tenant <> ''),
	thread     text COLLATE "C" NOT NULL,
	CONSTRAINT cairn_log_pkey PRIMARY KEY (tenant, thread),
	CONSTRAINT cairn_log_watermark CHECK (watermark >= 0 AND watermark <= head)
) WITH (fillfactor = 50);

CREATE TABLE cairn_log_event (
	seq             bigint NOT NULL CHECK (seq > 0),
	at              timestamptz NOT NULL,
	payload_version integer NOT NULL CHECK (payload_version > 0),
	tenant          text COLLATE "C" NOT NULL CHECK (tenant <> ''),
	thread          text COLLATE "C" NOT NULL,
	kind            text,
	data            json NOT NULL,
	CONSTRAINT cairn_log_event_pkey PRIMARY KEY (tenant, thread, seq)
);

-- What may be large is compressed by lz4 where the server has it, which takes a fifth of the time.
DO $lz4$
BEGIN
	EXECUTE 'ALTER TABLE cairn_log_event ALTER data SET COMPRESSION lz4';
EXCEPTION WHEN feature_not_supported OR invalid_parameter_value OR syntax_error THEN
	NULL;
END
$lz4$;

-- IS TRUE keeps the policy out of the choice of an index, which the statements make.
ALTER TABLE cairn_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE cairn_log FORCE ROW LEVEL SECURITY;
CREATE POLICY cairn_tenant ON cairn_log
	USING ((tenant = NULLIF(current_setting('cairn.tenant', true), '')) IS TRUE);

ALTER TABLE cairn_log_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE cairn_log_event FORCE ROW LEVEL SECURITY;
CREATE POLICY cairn_tenant ON cairn_log_event
	USING ((tenant = NULLIF(current_setting('cairn.tenant', true), '')) IS TRUE);
