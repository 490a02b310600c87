-- since: 0.1.0
--
-- Intents: enqueue requests that are written down before their type is defined.
--
-- What a request leaves open is NULL and comes from the definition at promotion. No foreign keys,
-- neither to definitions nor to jobs. Whoever deletes a job deletes the intents that were promoted
-- to it in the same transaction and before the job: intents are locked first everywhere.
-- cairn_intent_job is there for that.

CREATE DOMAIN cairn_intent_status AS text COLLATE "C" CHECK (VALUE IN ('PENDING', 'PROMOTED',
	'CONFLICTED'));

CREATE TABLE cairn_intent (
	id                 uuid NOT NULL,
	created_at         timestamptz NOT NULL,
	updated_at         timestamptz NOT NULL,
	next_promotion_at  timestamptz NOT NULL,
	last_attempted_at  timestamptz,
	promoted_at        timestamptz,
	conflicted_at      timestamptz,
	run_at             timestamptz,
	timeout_us         bigint CHECK (timeout_us > 0),
	priority           integer,
	max_attempts       integer CHECK (max_attempts > 0),
	promotion_attempts integer NOT NULL CHECK (promotion_attempts >= 0),
	status             cairn_intent_status NOT NULL,
	queue              text COLLATE "C" NOT NULL,
	type               text COLLATE "C" NOT NULL,
	tenant             text COLLATE "C" NOT NULL,
	stage              text COLLATE "C" NOT NULL,
	owner              text COLLATE "C",
	resource_key       text COLLATE "C",
	idempotency_key    text COLLATE "C" NOT NULL,
	request_hash       bytea NOT NULL CHECK (octet_length(request_hash) = 32),
	request            json NOT NULL,
	payload            json NOT NULL,
	promoted_job_id    uuid,
	last_error_code    text,
	last_error_message text,
	CONSTRAINT cairn_intent_pkey PRIMARY KEY (id),
	CONSTRAINT cairn_intent_key UNIQUE (type, tenant, idempotency_key),
	CONSTRAINT cairn_intent_state CHECK (CASE status
		WHEN 'PENDING' THEN promoted_job_id IS NULL AND promoted_at IS NULL
			AND conflicted_at IS NULL
			AND (promotion_attempts > 0) = (last_attempted_at IS NOT NULL)
			AND CASE promotion_attempts
				WHEN 0 THEN last_error_code IS NULL AND last_error_message IS NULL
				ELSE COALESCE(btrim(last_error_code), '') <> ''
					AND COALESCE(btrim(last_error_message), '') <> ''
			END
		WHEN 'PROMOTED' THEN promoted_job_id IS NOT NULL AND promoted_at IS NOT NULL
			AND conflicted_at IS NULL AND promotion_attempts > 0
			AND last_attempted_at IS NOT NULL AND last_error_code IS NULL
			AND last_error_message IS NULL
		ELSE conflicted_at IS NOT NULL AND promoted_job_id IS NULL AND promoted_at IS NULL
			AND promotion_attempts > 0 AND last_attempted_at IS NOT NULL
			AND COALESCE(btrim(last_error_code), '') <> ''
			AND COALESCE(btrim(last_error_message), '') <> ''
		END)
);

-- Promoting walks this from its beginning, metrics all of it.
CREATE INDEX cairn_intent_due ON cairn_intent (next_promotion_at, id) WHERE status = 'PENDING';

-- What is pruned, and what was promoted in the last day.
CREATE INDEX cairn_intent_promoted ON cairn_intent (promoted_at, id) WHERE status = 'PROMOTED';

-- What conflicted in the last day.
CREATE INDEX cairn_intent_conflicted ON cairn_intent (conflicted_at) WHERE status = 'CONFLICTED';

-- For whoever deletes jobs.
CREATE INDEX cairn_intent_job ON cairn_intent (promoted_job_id) WHERE promoted_job_id IS NOT NULL;
