-- since: 0.1.0
--
-- Intents: enqueue requests that are written down before their type is defined.
--
-- What a request leaves open is NULL and comes from the definition at promotion. No foreign keys,
-- neither to definitions nor to jobs. Whoever deletes a job deletes the intents that were promoted
-- to it in the same transaction and before the job: intents are locked first everywhere.
-- cairn_intent_job is there for that.

CREATE TABLE cairn_intent (
	id                 BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
	status             TEXT NOT NULL,
	queue              TEXT NOT NULL,
	type               TEXT NOT NULL,
	tenant             TEXT NOT NULL DEFAULT '',
	stage              TEXT NOT NULL,
	owner              TEXT,
	resource_key       TEXT,
	run_at             INTEGER,
	timeout_us         INTEGER CHECK (timeout_us > 0),
	priority           INTEGER,
	max_attempts       INTEGER CHECK (max_attempts > 0),
	promotion_attempts INTEGER NOT NULL CHECK (promotion_attempts >= 0),
	next_promotion_at  INTEGER NOT NULL,
	last_attempted_at  INTEGER,
	promoted_job_id    BLOB CHECK (length(promoted_job_id) = 16),
	promoted_at        INTEGER,
	conflicted_at      INTEGER,
	last_error_code    TEXT,
	last_error_message TEXT,
	created_at         INTEGER NOT NULL,
	updated_at         INTEGER NOT NULL,
	idempotency_key    TEXT NOT NULL,
	request_hash       BLOB NOT NULL CHECK (length(request_hash) = 32),
	request            TEXT NOT NULL,
	payload            TEXT NOT NULL,
	CONSTRAINT cairn_intent_state CHECK (CASE status
		WHEN 'PENDING' THEN promoted_job_id IS NULL AND promoted_at IS NULL
			AND conflicted_at IS NULL
			AND (promotion_attempts > 0) = (last_attempted_at IS NOT NULL)
			AND CASE promotion_attempts
				WHEN 0 THEN last_error_code IS NULL AND last_error_message IS NULL
				ELSE ifnull(trim(last_error_code), '') <> ''
					AND ifnull(trim(last_error_message), '') <> ''
			END
		WHEN 'PROMOTED' THEN promoted_job_id IS NOT NULL AND promoted_at IS NOT NULL
			AND conflicted_at IS NULL AND promotion_attempts > 0
			AND last_attempted_at IS NOT NULL AND last_error_code IS NULL
			AND last_error_message IS NULL
		WHEN 'CONFLICTED' THEN conflicted_at IS NOT NULL AND promoted_job_id IS NULL
			AND promoted_at IS NULL AND promotion_attempts > 0
			AND last_attempted_at IS NOT NULL
			AND ifnull(trim(last_error_code), '') <> ''
			AND ifnull(trim(last_error_message), '') <> ''
		ELSE 0
		END)
) STRICT;

-- One key makes one intent, per type and tenant.
CREATE UNIQUE INDEX cairn_intent_key ON cairn_intent (type, tenant, idempotency_key);

-- Promoting walks this from its beginning, metrics all of it.
CREATE INDEX cairn_intent_due ON cairn_intent (next_promotion_at, id) WHERE status = 'PENDING';

-- What is pruned, and what was promoted in the last day.
CREATE INDEX cairn_intent_promoted ON cairn_intent (promoted_at, id) WHERE status = 'PROMOTED';

-- What conflicted in the last day.
CREATE INDEX cairn_intent_conflicted ON cairn_intent (conflicted_at) WHERE status = 'CONFLICTED';

-- For whoever deletes jobs.
CREATE INDEX cairn_intent_job ON cairn_intent (promoted_job_id) WHERE promoted_job_id IS NOT NULL;
