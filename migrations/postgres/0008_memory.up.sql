-- since: 0.1.0
--
-- Memory items: what is known by tenant, namespace and key, for a time or for good.
--
-- A namespace is its segments, each behind a ':', with a backslash before each ':' and backslash within
-- it; a tenant's own is empty. No foreign keys.

-- The value is a document or bytes, and its size stands beside it, so that a list which does not want
-- it need not read it. tags: of each member of metadata U+001F, its canonical form, U+001F. An item
-- whose time is over stays until it is evicted or written again, and is not seen.
--
-- found is what the last write met: 0 nothing, 1 an item that was visible, 2 nothing, as it expected. A
-- revision below 0 is that of no item: it stands there inside a transaction that waits for its place
-- and finds nothing there, and is gone before the commit.
CREATE TABLE cairn_memory_item (
	revision    bigint NOT NULL CHECK (revision <> 0),
	created_at  timestamptz NOT NULL,
	updated_at  timestamptz NOT NULL,
	expires_at  timestamptz,
	value_size  integer NOT NULL CHECK (value_size >= 0),
	found       smallint NOT NULL CHECK (found BETWEEN 0 AND 2),
	tenant      text COLLATE "C" NOT NULL CHECK (tenant <> ''),
	ns          text COLLATE "C" NOT NULL,
	item_key    text COLLATE "C" NOT NULL CHECK (item_key <> ''),
	tags        text COLLATE "C" NOT NULL,
	metadata    json NOT NULL,
	value_json  json,
	value_bytes bytea,
	CONSTRAINT cairn_memory_item_pkey PRIMARY KEY (tenant, ns, item_key),
	CONSTRAINT cairn_memory_item_value CHECK ((value_json IS NULL) <> (value_bytes IS NULL))
);

-- What is evicted.
CREATE INDEX cairn_memory_item_over ON cairn_memory_item (expires_at, tenant)
	WHERE expires_at IS NOT NULL;

-- What may be large is compressed by lz4 where the server has it, which takes a fifth of the time.
DO $lz4$
BEGIN
	EXECUTE 'ALTER TABLE cairn_memory_item ALTER value_json SET COMPRESSION lz4';
	EXECUTE 'ALTER TABLE cairn_memory_item ALTER value_bytes SET COMPRESSION lz4';
EXCEPTION WHEN feature_not_supported OR invalid_parameter_value OR syntax_error THEN
	NULL;
END
$lz4$;

-- IS TRUE keeps the policy out of the choice of an index, which the statements make.
ALTER TABLE cairn_memory_item ENABLE ROW LEVEL SECURITY;
ALTER TABLE cairn_memory_item FORCE ROW LEVEL SECURITY;
CREATE POLICY cairn_tenant ON cairn_memory_item
	USING ((tenant = NULLIF(current_setting('cairn.tenant', true), '')) IS TRUE);
