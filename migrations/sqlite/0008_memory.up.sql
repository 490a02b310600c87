-- since: 0.1.0
--
-- Memory items: what is known by tenant, namespace and key, for a time or for good.
--
-- Times are microseconds since 1970 UTC. A namespace is its segments, each behind a ':', with a
-- backslash before each ':' and backslash within it; a tenant's own is empty. No foreign keys.

-- The value stands last: a list that does not want it need not read it. It is a text where it is JSON,
-- else a blob. tags: of each member of metadata U+001F, its canonical form, U+001F. An item whose time
-- is over stays until it is evicted or written again, and is not seen.
CREATE TABLE cairn_memory_item (
	tenant     TEXT NOT NULL CHECK (tenant <> ''),
	ns         TEXT NOT NULL,
	item_key   TEXT NOT NULL CHECK (item_key <> ''),
	revision   INTEGER NOT NULL CHECK (revision > 0),
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	expires_at INTEGER,
	value_size INTEGER NOT NULL CHECK (value_size >= 0),
	metadata   TEXT NOT NULL,
	tags       TEXT NOT NULL,
	value      ANY NOT NULL CHECK (typeof(value) IN ('text', 'blob')),
	PRIMARY KEY (tenant, ns, item_key)
) STRICT;

-- What is evicted.
CREATE INDEX cairn_memory_item_over ON cairn_memory_item (expires_at, tenant)
	WHERE expires_at IS NOT NULL;
