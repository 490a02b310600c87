-- since: 0.1.0
--
-- Named locks: a row for each name, which stays when the lock is free, so that its next fence is greater.
-- No foreign keys.

-- No index but the key's: taking and releasing then rewrite a row in its page and nothing else. What
-- is pruned is found by walking the key.
CREATE TABLE cairn_lock (
	fence       bigint NOT NULL CHECK (fence > 0),
	acquired_at timestamptz NOT NULL,
	expires_at  timestamptz,
	released_at timestamptz,
	tenant      text COLLATE "C" NOT NULL CHECK (tenant <> ''),
	name        text COLLATE "C" NOT NULL,
	holder      text,
	CONSTRAINT cairn_lock_pkey PRIMARY KEY (tenant, name),
	CONSTRAINT cairn_lock_free CHECK ((expires_at IS NULL) <> (released_at IS NULL))
) WITH (fillfactor = 70);

-- IS TRUE keeps the policy out of the choice of an index, which the statements make.
ALTER TABLE cairn_lock ENABLE ROW LEVEL SECURITY;
ALTER TABLE cairn_lock FORCE ROW LEVEL SECURITY;
CREATE POLICY cairn_tenant ON cairn_lock
	USING ((tenant = NULLIF(current_setting('cairn.tenant', true), '')) IS TRUE);
