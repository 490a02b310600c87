/*
 * codes.h - every status and every stable error code, in two tables.
 *
 * docs/ERRORS.md is printed from these by `make docs`. A code never changes its
 * text or its meaning; new ones are appended to their section.
 */
#ifndef CAIRN_CODES_H
#define CAIRN_CODES_H

/*
 * Statuses, chosen by what the caller does next.
 * X(name, value, text, what the caller does)
 */
#define CAIRN_STATUSES(X) \
	X(OK, 0, "ok", "goes on; nothing to claim is ok with count 0") \
	X(INVALID, -1, "invalid", "mends the program; nothing was written") \
	X(TOO_LARGE, -2, "too_large", "sends less: a limit is named; nothing was written") \
	X(UNSUPPORTED, -3, "unsupported", "chooses another driver; nothing was written") \
	X(SCHEMA, -4, "schema", "runs the migrations; nothing was written") \
	X(DENIED, -5, "denied", "gets the rights; nothing was written") \
	X(NOT_FOUND, -6, "not_found", "expected outcome: no such row in this scope") \
	X(EXISTS, -7, "exists", "expected outcome: it is already there") \
	X(STALE, -8, "stale", "expected outcome: a guard failed, another holds it now") \
	X(CONFLICT, -9, "conflict", "expected outcome: the same key with different content") \
	X(BUSY, -10, "busy", "tries again; certainly not written") \
	X(TIMEOUT, -11, "timeout", "tries again; certainly not written") \
	X(UNAVAILABLE, -12, "unavailable", "tries again, connecting anew; certainly not written") \
	X(UNCERTAIN, -13, "uncertain", \
	  "repeats only what is idempotent, or asks; it may be written") \
	X(TX_ABORTED, -14, "tx_aborted", "rolls back the enclosing transaction") \
	X(INTERRUPTED, -15, "interrupted", "reports: somebody called cairn_interrupt") \
	X(NOMEM, -16, "nomem", "reports: no memory; nothing was written") \
	X(CORRUPT, -17, "corrupt", "reports: the database is damaged") \
	X(DRIVER, -18, "driver", "reports: the database failed in a way without a better name") \
	X(INTERNAL, -19, "internal", "reports: a defect in the library or a driver")

/*
 * Codes. X(name, text, status, message); the message is safe for an end user:
 * it never holds payloads, keys, SQL, connection strings or driver text.
 */
#define CAIRN_CODES(X) \
	/* arguments and limits */ \
	X(ARG_INVALID, "arg.invalid", INVALID, "An argument is missing or malformed.") \
	X(ARG_NAME, "arg.invalid_name", INVALID, \
	  "A name must be 1 to 255 bytes of UTF-8, not blank, without control characters.") \
	X(ARG_KEY, "arg.invalid_key", INVALID, \
	  "A key must be 1 to 512 bytes of UTF-8, not blank, without control characters.") \
	X(ARG_TEXT, "arg.invalid_text", INVALID, "A text must be UTF-8 without NUL.") \
	X(ARG_TENANT, "arg.invalid_tenant", INVALID, \
	  "A tenant must be 1 to 255 bytes of UTF-8 without control characters.") \
	X(ARG_SCOPE, "arg.invalid_scope", INVALID, "A scope must be global, one tenant, or any.") \
	X(ARG_TIME, "arg.invalid_time", INVALID, "A time must lie in the years 1 to 9999.") \
	X(ARG_RESERVED, "arg.reserved", INVALID, "A reserved field must be zero.") \
	X(ARG_PAGE, "job.invalid_pagination", INVALID, "A page limit must be 1 to 1000.") \
	X(LIMIT_EXCEEDED, "limit.exceeded", TOO_LARGE, "A limit was exceeded.") \
	/* JSON */ \
	X(JSON_INVALID, "json.invalid", INVALID, "A document is not valid JSON.") \
	X(JSON_DEPTH, "json.too_deep", INVALID, "A JSON document is nested too deeply.") \
	X(JSON_DUPLICATE, "json.duplicate_member", INVALID, "A JSON object names a member twice.") \
	X(JSON_NUMBER, "json.number_range", INVALID, \
	  "A JSON number's exponent is beyond the supported range.") \
	X(JSON_TOO_LARGE, "json.too_large", TOO_LARGE, \
	  "A JSON document is larger than the connection allows.") \
	/* connections, drivers, transactions */ \
	X(URL_INVALID, "url.invalid", INVALID, "The database URL is malformed.") \
	X(URL_SCHEME, "url.unknown_scheme", INVALID, "No linked driver knows the URL's scheme.") \
	X(URL_OPTION, "url.unknown_option", INVALID, \
	  "The database URL has an unknown option or option value.") \
	X(DRIVER_API, "driver.unsupported_api", UNSUPPORTED, \
	  "The driver was built for another interface of the library.") \
	X(DRIVER_SLOT, "driver.missing_slot", UNSUPPORTED, \
	  "The driver lacks a required operation.") \
	X(DRIVER_STORE, "driver.no_such_store", UNSUPPORTED, \
	  "The driver does not have this store.") \
	X(DRIVER_FEATURE, "driver.unsupported", UNSUPPORTED, "The driver does not support this.") \
	X(CONN_CLOSED, "conn.closed", UNAVAILABLE, "The database connection is closed.") \
	X(CONN_MISUSE, "conn.misuse", INVALID, \
	  "The connection or transaction was used in a way that it does not allow.") \
	X(CONN_ENCODING, "conn.encoding", INVALID, \
	  "The connection's client encoding must be UTF-8.") \
	X(DB_ENCODING, "db.encoding", SCHEMA, "The database's encoding must be UTF-8.") \
	X(TX_ISOLATION, "tx.unsupported_isolation", INVALID, \
	  "This call needs READ COMMITTED isolation.") \
	X(TX_FAILED, "tx.aborted", TX_ABORTED, \
	  "The enclosing transaction has failed and must be rolled back.") \
	X(TX_DIRECT, "tx.direct_connection_required", INVALID, \
	  "This call needs a direct connection, not a transaction pooler.") \
	/* the database's own answers */ \
	X(DB_UNIQUE, "db.unique_violation", CONFLICT, "The resource already exists.") \
	X(DB_MISSING, "db.related_resource_missing", INVALID, \
	  "A related resource does not exist.") \
	X(DB_REFERENCED, "db.related_resource_still_referenced", INVALID, \
	  "The resource is still referenced.") \
	X(DB_RULE, "db.business_rule_violation", INVALID, \
	  "The change violates a rule of the database.") \
	X(DB_REQUIRED, "db.required_field_missing", INVALID, "Required data is missing.") \
	X(DB_DENIED, "db.permission_denied", DENIED, \
	  "The database does not allow this operation.") \
	X(DB_SCHEMA, "db.schema_missing", SCHEMA, \
	  "The database's schema lacks something this call needs.") \
	X(DB_BUSY, "db.busy", BUSY, "The database is busy.") \
	X(DB_TIMEOUT, "db.timeout", TIMEOUT, "The database took too long.") \
	X(DB_INTERRUPTED, "db.interrupted", INTERRUPTED, "The operation was interrupted.") \
	X(DB_UNAVAILABLE, "db.unavailable", UNAVAILABLE, "The database is not available.") \
	X(DB_FULL, "db.full", UNAVAILABLE, "The database has no room left.") \
	X(DB_READ_ONLY, "db.read_only", DENIED, "The database is read-only.") \
	X(DB_UNCERTAIN, "db.commit_unconfirmed", UNCERTAIN, \
	  "The connection was lost while committing; the outcome is unknown.") \
	X(DB_CORRUPT, "db.corrupt", CORRUPT, "The database is damaged.") \
	X(DB_FAILED, "db.query_failed", DRIVER, "The database operation failed.") \
	X(NOMEM, "nomem", NOMEM, "Out of memory.") \
	X(INTERNAL, "internal", INTERNAL, "The library or its driver has a defect.") \
	/* migrations, in the order in which they are tested */ \
	X(MIGRATION_HISTORY, "migration.history_missing", SCHEMA, \
	  "The database has no migration history.") \
	X(MIGRATION_CHECKSUM, "migration.checksum_mismatch", SCHEMA, \
	  "An applied migration differs from the library's.") \
	X(MIGRATION_DIRTY, "migration.dirty", SCHEMA, \
	  "A migration is recorded as not successful.") \
	X(MIGRATION_UNKNOWN, "migration.unknown_version", SCHEMA, \
	  "The database is newer than the library.") \
	X(MIGRATION_OLDER, "migration.target_older_than_applied", INVALID, \
	  "The target is older than what is applied.") \
	X(MIGRATION_TARGET, "migration.target_unknown", INVALID, \
	  "There is no such target version.") \
	X(MIGRATION_PENDING, "migration.pending", SCHEMA, "Migrations have yet to be applied.") \
	X(MIGRATION_GATE, "migration.gate_failed", SCHEMA, \
	  "A gate of the migrations is violated.") \
	X(MIGRATION_GATE_HIDDEN, "migration.gate_hidden_rows", DENIED, \
	  "A gate can't count rows that row-level security hides.") \
	X(MIGRATION_IRREVERSIBLE, "migration.irreversible", INVALID, \
	  "A migration on the way down can't be reverted.") \
	X(MIGRATION_SET, "migration.invalid_set", INVALID, \
	  "The migration set has gaps, duplicates or malformed directives.") \
	X(MIGRATION_FAILED, "migration.failed", DRIVER, \
	  "A migration script failed; nothing of it was applied.") \
	X(MIGRATION_LOCKED, "migration.locked", BUSY, "Another process is migrating.") \
	X(MIGRATION_UNLOCK, "migration.unlock_failed", DRIVER, \
	  "The migration lock could not be released.") \
	/* jobs */ \
	X(JOB_DEFINITION, "job.definition_not_found_or_disabled", INVALID, \
	  "The job type is not defined or is disabled.") \
	X(JOB_DEFINITION_MISSING, "job.definition_not_found", NOT_FOUND, \
	  "The job type is not defined.") \
	X(JOB_DEFINITION_INVALID, "job.invalid_definition", INVALID, \
	  "A job definition's numbers are out of range.") \
	X(JOB_CONFLICT, "job.idempotency_conflict", CONFLICT, \
	  "The key was used for a different request.") \
	X(JOB_NOT_FOUND, "job.not_found", NOT_FOUND, "The job was not found.") \
	X(JOB_STATE, "job.invalid_state_transition", STALE, \
	  "The job's status does not allow this.") \
	X(JOB_CANCELED, "job.canceled", STALE, "The job was canceled.") \
	X(JOB_FINISHED, "job.finished", STALE, "The job is already finished.") \
	X(JOB_LEASE_LOST, "job.lease_lost", STALE, "The lease on the job was lost.") \
	X(JOB_LEASE_EXPIRED, "job.lease_expired", STALE, "The lease on the job expired.") \
	X(JOB_LEASE_DURATION, "job.invalid_lease_duration", INVALID, \
	  "A lease must last at least 100 milliseconds and at most 24 hours.") \
	X(JOB_ATTEMPTS, "job.invalid_max_attempts", INVALID, \
	  "The number of attempts must be positive.") \
	X(JOB_TIMEOUT, "job.invalid_timeout", INVALID, "A timeout must be positive.") \
	X(JOB_STAGE, "job.invalid_stage", INVALID, \
	  "The stage is not one of queued, scheduled, running, completed.") \
	X(JOB_RETRY_TIMING, "job.invalid_retry_timing", INVALID, \
	  "The retry time can't be represented.") \
	X(JOB_RETRY_DELAY, "job.invalid_retry_delay", INVALID, \
	  "A retry delay must not be negative.") \
	X(JOB_PROGRESS, "job.invalid_completion_progress", INVALID, \
	  "Progress must not be negative, nor exceed its total.") \
	X(JOB_DUPLICATE, "job.duplicate_in_batch", INVALID, "The batch names one job twice.") \
	X(JOB_REPORT, "job.invalid_progress", INVALID, \
	  "Progress must not be negative, nor exceed its total.") \
	X(JOB_DELAY, "job.invalid_continuation_delay", INVALID, \
	  "The delay before a job is due again must be 0 to 365 days.") \
	X(JOB_UNSTARTED, "job.unstarted_claim_release_not_applicable", STALE, \
	  "Only a job that was claimed ahead and never started can be released.") \
	X(JOB_EXPECTATION, "job.expectation_mismatch", STALE, \
	  "The job is no longer as it was seen.") \
	X(JOB_QUIESCE, "job.cancellation_not_quiesced", STALE, \
	  "The job was canceled while leased, and that lease is not over.") \
	X(JOB_REPLAY, "job.replay_idempotency_conflict", CONFLICT, \
	  "The key was used for a replay with another reason.") \
	X(JOB_LEASE_LIVE, "job.lease_live", STALE, "The job is leased.") \
	X(JOB_NOT_PENDING, "job.not_pending", STALE, "Only a pending job can be edited.") \
	X(JOB_CHANGED, "job.changed", STALE, "The job was changed since it was read.") \
	X(JOB_PAYLOAD_KEYED, "job.payload_of_keyed_job", INVALID, \
	  "The payload of a job with a key can't be edited.") \
	/* intents */ \
	X(INTENT_NOT_FOUND, "job.intent_not_found", NOT_FOUND, "The intent was not found.") \
	X(INTENT_CONFLICT, "job.intent_idempotency_conflict", CONFLICT, \
	  "The key was used for a different intent.") \
	X(INTENT_VANISHED, "job.intent_idempotency_conflict_missing_existing", BUSY, \
	  "The intent with this key was deleted while it was looked for.") \
	X(INTENT_ATTEMPTS, "job.intent_invalid_max_attempts", INVALID, \
	  "An intent's number of attempts must be positive.") \
	X(INTENT_TIMEOUT, "job.intent_invalid_timeout", INVALID, \
	  "An intent's timeout must be positive.") \
	X(INTENT_MISMATCH, "job.intent_snapshot_mismatch", INTERNAL, \
	  "The intent's columns differ from the request that was recorded.") \
	X(INTENT_TRANSITION, "job.intent_transition_failed", INTERNAL, \
	  "An intent changed although it was locked.") \
	X(JOB_OVERRIDES, "job.invalid_retry_overrides", INVALID, \
	  "Retry overrides must be an object of error codes, each with an object of base_us, " \
	  "cap_us, jitter_us and factor.") \
	X(JOB_KEY_RETENTION, "job.key_needs_retention", INVALID, \
	  "A job type that keeps nothing can't have keyed jobs.") \
	X(JOB_CATALOG_EMPTY, "job_definition.empty_job_type_list", INVALID, \
	  "An exact sync needs definitions and a scope of types.") \
	X(JOB_CONFIG_MISSING, "job.runtime_config_not_found", NOT_FOUND, \
	  "The job type has no runtime config.") \
	X(JOB_CONFIG_INVALID, "job.invalid_runtime_config", INVALID, \
	  "A runtime config must be a JSON object with a version above zero.") \
	/* schedules */ \
	X(DEFINITION_SCHEDULED, "job_definition.active_schedule_exists", INVALID, \
	  "An active schedule uses the job type.") \
	X(SCHEDULE_NAME, "job_schedule.invalid_name", INVALID, \
	  "A schedule's name must be a name, without white space around it, and stand once in a " \
	  "batch.") \
	X(SCHEDULE_CRON, "job_schedule.invalid_cron", INVALID, \
	  "The cron expression is malformed or can never come true.") \
	X(SCHEDULE_ZONE, "job_schedule.invalid_zone", INVALID, "The time zone is not known here.") \
	X(SCHEDULE_JITTER, "job_schedule.invalid_jitter", INVALID, \
	  "A schedule's jitter must be 0 to 24 hours.") \
	X(SCHEDULE_MISSING, "job_schedule.not_found", NOT_FOUND, "The schedule was not found.") \
	X(SCHEDULE_DEFINITION, "job_schedule.definition_not_found_or_disabled", INVALID, \
	  "The job type of an active schedule must be defined and enabled.") \
	/* resources, owners */ \
	X(RESOURCE_NOT_FOUND, "resource.not_found", NOT_FOUND, "The resource was not found.") \
	X(RESOURCE_CAPACITY, "resource.invalid_capacity", INVALID, \
	  "A resource's capacity must be 0 to 10000.") \
	X(OWNER_NOT_FOUND, "owner.not_found", NOT_FOUND, \
	  "No owner is registered under this name.") \
	X(OWNER_SUPERSEDED, "owner.superseded", STALE, \
	  "Another process has registered under this name since.") \
	X(OWNER_CLOSED, "owner.closed", STALE, "The owner was closed.") \
	X(OWNER_AGE, "owner.invalid_age", INVALID, \
	  "Owners are pruned at an age of one minute to 1000 years.") \
	/* checkpoints, memory, logs, locks */ \
	X(CHECKPOINT_NOT_FOUND, "checkpoint.not_found", NOT_FOUND, \
	  "The checkpoint was not found.") \
	X(CHECKPOINT_PARENT, "checkpoint.parent_not_found", NOT_FOUND, \
	  "The checkpoint to go on from was not found.") \
	X(CHECKPOINT_EXISTS, "checkpoint.exists", EXISTS, \
	  "The thread has another checkpoint of this id.") \
	X(CHECKPOINT_MOVED, "checkpoint.head_moved", STALE, "Another checkpoint is the latest.") \
	X(CHECKPOINT_STEP, "checkpoint.invalid_step", INVALID, \
	  "A checkpoint's step must not be negative.") \
	X(CHECKPOINT_VERSION, "checkpoint.version_unsupported", SCHEMA, \
	  "The checkpoint's payload version is not supported.") \
	X(THREAD_NOT_FOUND, "checkpoint.thread_not_found", NOT_FOUND, \
	  "The thread has no checkpoints.") \
	X(THREAD_EXISTS, "checkpoint.thread_exists", EXISTS, \
	  "The thread to copy to has checkpoints, or had some.") \
	X(MEMORY_MOVED, "memory.revision_moved", STALE, "The item is not what it was.") \
	X(MEMORY_NAMESPACE, "memory.invalid_namespace", INVALID, "The namespace is malformed.") \
	X(MEMORY_TTL, "memory.invalid_ttl", INVALID, \
	  "An item's time to live must be 1 microsecond to 100 years.") \
	X(MEMORY_TWICE, "memory.item_twice", INVALID, "An item must stand once in a batch.") \
	X(LOG_MOVED, "log.head_moved", STALE, "Others have appended to the log.") \
	X(LOCK_HELD, "lock.held", CONFLICT, "Somebody holds the lock.") \
	X(LOCK_LOST, "lock.lost", STALE, "The lock is not held any more.") \
	X(LOCK_TIMEOUT, "lock.acquire_timeout", TIMEOUT, "The lock was held all the time.") \
	X(LOCK_TTL, "lock.invalid_ttl", INVALID, \
	  "A lock's time must be 100 milliseconds to 24 hours.") \
	X(TENANT_ROW_SECURITY, "tenant.row_security", DENIED, \
	  "The role may not see all tenants' rows.") \
	X(LOG_EXPORT, "log.export_failed", DRIVER, \
	  "What was to be archived could not be exported.") \
	/* workflows: graphs, in the order in which they are tested */ \
	X(DAG_KEY_BLANK, "workflow.invalid_dag_idempotency_key_blank", INVALID, \
	  "An idempotency key must not be blank.") \
	X(DAG_ACTIVE_KEY, "workflow.invalid_dag_active_key", INVALID, \
	  "An active key must be 1 to 512 bytes and not blank.") \
	X(DAG_RESULT_BLANK, "workflow.invalid_dag_result_step_key_blank", INVALID, \
	  "The key of the result step must not be blank.") \
	X(DAG_TYPE_BLANK, "workflow.invalid_dag_workflow_type_blank", INVALID, \
	  "The type of a workflow must not be blank.") \
	X(DAG_EMPTY, "workflow.invalid_dag_empty", INVALID, "A run must have at least one step.") \
	X(DAG_STEP_KEY_BLANK, "workflow.invalid_dag_step_key_blank", INVALID, \
	  "A step's key must not be blank.") \
	X(DAG_JOB_TYPE_BLANK, "workflow.invalid_dag_job_type_blank", INVALID, \
	  "The job type of a step must not be blank.") \
	X(DAG_ATTEMPTS, "workflow.invalid_dag_step_max_attempts_non_positive", INVALID, \
	  "A step's number of attempts must be positive.") \
	X(DAG_TIMEOUT, "workflow.invalid_dag_step_timeout_seconds_non_positive", INVALID, \
	  "A step's timeout must be positive, and at most a year.") \
	X(DAG_RESOURCE_KEY, "workflow.invalid_dag_step_resource_key", INVALID, \
	  "A step's resource key must be 1 to 512 bytes and not blank.") \
	X(DAG_DEADLINE, "workflow.invalid_dag_step_deadline", INVALID, \
	  "Only a gate has a deadline, which must be positive and at most a year.") \
	X(DAG_GATE_TYPE, "workflow.invalid_dag_external_step_job_type_not_allowed", INVALID, \
	  "A gate has no job type.") \
	X(DAG_GATE_SETTINGS, "workflow.invalid_dag_external_step_queue_settings_not_allowed", \
	  INVALID, \
	  "A gate has no queue, owner, resource, stage, priority, attempts, timeout or " \
	  "continuation.") \
	X(DAG_STEP_TWICE, "workflow.invalid_dag_duplicate_step_key", INVALID, \
	  "Two steps have the same key.") \
	X(DAG_DEPENDENCY_BLANK, "workflow.invalid_dag_dependency_step_key_blank", INVALID, \
	  "The key of a prerequisite must not be blank.") \
	X(DAG_SELF, "workflow.invalid_dag_self_dependency", INVALID, \
	  "A step must not wait for itself.") \
	X(DAG_DEPENDENCY_TWICE, "workflow.invalid_dag_duplicate_dependency", INVALID, \
	  "A step must wait for another one only once.") \
	X(DAG_MISSING, "workflow.invalid_dag_missing_dependency", INVALID, \
	  "A prerequisite is not among the steps.") \
	X(DAG_CYCLE, "workflow.invalid_dag_cycle", INVALID, \
	  "The steps wait for each other in a circle.") \
	X(DAG_RESULT_UNKNOWN, "workflow.invalid_dag_unknown_result_step", INVALID, \
	  "The result step is not among the steps.") \
	X(DAG_STEP_UNKNOWN, "workflow.invalid_dag_unknown_step_key", INVALID, \
	  "The dependent of an edge was not added before.") \
	/* workflows: runs */ \
	X(RUN_DEFINITION, "workflow.definition_not_found_or_disabled", INVALID, \
	  "The job type of a step is not defined or is disabled.") \
	X(RUN_CONFLICT, "workflow.enqueue_conflicting_retry", CONFLICT, \
	  "The key was used for a different run.") \
	X(RUN_NOT_FOUND, "workflow.run_not_found", NOT_FOUND, "The run was not found.") \
	X(STEP_NOT_FOUND, "workflow.step_not_found", NOT_FOUND, "The step was not found.") \
	X(RUN_UNSATISFIED, "workflow.dependency_unsatisfied", STALE, \
	  "A prerequisite did not succeed.") \
	X(RUN_FAIL_FAST, "workflow.fail_fast", STALE, "Another step of the run failed.") \
	X(GATE_DEADLINE, "workflow.gate_deadline", TIMEOUT, "Nobody completed the gate in time.") \
	X(GATE_STATUS, "workflow.external_step_invalid_terminal_status", INVALID, \
	  "A gate ends as SUCCEEDED, FAILED or CANCELED.") \
	X(GATE_OUTPUT, "workflow.external_step_output_invalid_status", INVALID, \
	  "Only a gate that succeeded has an output.") \
	X(GATE_NOT_FOUND, "workflow.external_step_not_found", NOT_FOUND, \
	  "The gate was not found.") \
	X(GATE_NOT_EXTERNAL, "workflow.external_step_not_external", INVALID, \
	  "The step is no gate: its job ends it.") \
	X(GATE_CONFLICT, "workflow.external_step_conflicting_completion_retry", CONFLICT, \
	  "The gate was completed otherwise.") \
	X(GATE_OUTPUT_CONFLICT, "workflow.external_step_conflicting_output_retry", CONFLICT, \
	  "The gate was completed with another output.") \
	X(GATE_NOT_WAITING, "workflow.external_step_not_waiting", STALE, \
	  "The gate is not open yet.") \
	X(APPEND_KEY_BLANK, "workflow.append_mutation_key_blank", INVALID, \
	  "The key of an append must not be blank.") \
	X(APPEND_CONFLICT, "workflow.append_conflicting_retry", CONFLICT, \
	  "The key was used for a different append.") \
	X(APPEND_WINDOW_MISSING, "workflow.append_window_missing", INVALID, \
	  "The run has no step of the window's key.") \
	X(APPEND_WINDOW_JOB, "workflow.append_window_not_external", INVALID, \
	  "The window of an append must be a gate.") \
	X(APPEND_WINDOW_SHUT, "workflow.append_window_not_open", STALE, \
	  "The window of the append is not open.") \
	X(APPEND_TERMINAL, "workflow.append_terminal_run", STALE, "The run is over.") \
	X(RECOVERY_KEY, "workflow.invalid_recovery_request_key", INVALID, \
	  "The key of a recovery must be 1 to 512 bytes and not blank.") \
	X(RECOVERY_REASON, "workflow.invalid_recovery_reason", INVALID, \
	  "A recovery must have a reason.") \
	X(RECOVERY_SOURCE, "workflow.recovery_source_not_found", NOT_FOUND, \
	  "The run to recover was not found.") \
	X(RECOVERY_STEP, "workflow.recovery_source_step_not_found", NOT_FOUND, \
	  "The run to recover has no such step.") \
	X(RECOVERY_CONFLICT, "workflow.recovery_request_conflict", CONFLICT, \
	  "The key was used for a different recovery.") \
	X(RECOVERY_RUNNING, "workflow.recovery_source_not_terminal", CONFLICT, \
	  "Only a run that is over can be recovered.") \
	X(RECOVERY_ACTIVE, "workflow.recovery_active_constraint", CONFLICT, \
	  "Another run has the active key.") \
	X(RESULT_NOT_DECLARED, "workflow.result_not_declared", INVALID, \
	  "The run has no result step.") \
	X(RESULT_MISSING, "workflow.result_missing", NOT_FOUND, \
	  "The run succeeded, but its result step has no output.") \
	X(RESULT_UNSUCCESSFUL, "workflow.result_unsuccessful_terminal", STALE, \
	  "The run did not succeed.") \
	X(RESULT_TIMEOUT, "workflow.result_wait_timeout", TIMEOUT, "The run is not over yet.") \
	X(STEP_NO_CONTINUE, "job.workflow_handler_continuation_not_enabled", INVALID, \
	  "The step may not continue as a new run of its job.") \
	X(STEP_NO_REQUEUE, "job.workflow_requeue_not_supported", INVALID, \
	  "The job of a step can't be requeued by itself.") \
	X(STEP_NO_REPLAY, "job.workflow_replay_not_supported", INVALID, \
	  "The job of a step can't be replayed by itself.") \
	/* replay runs, signals, budgets */ \
	X(REPLAY_NOT_FOUND, "replay.run_not_found", NOT_FOUND, "The run was not found.") \
	X(REPLAY_CANCELED, "run.canceled", STALE, "The run was canceled.") \
	X(REPLAY_OVER, "replay.run_over", STALE, "The run is over.") \
	X(REPLAY_LIVE, "replay.run_live", STALE, "The run is not over.") \
	X(REPLAY_CODE, "replay.code_mismatch", CONFLICT, \
	  "The run was begun by another version of its program.") \
	X(REPLAY_UNKEPT, "replay.needs_retention", INVALID, \
	  "A type whose jobs are not kept can't be a replay run.") \
	X(REPLAY_MISMATCH, "replay.signature_mismatch", CONFLICT, \
	  "Another step is remembered under this name.") \
	X(REPLAY_NOT_HELD, "replay.step_not_held", STALE, \
	  "The step is done by somebody else, or has ended otherwise.") \
	X(REPLAY_STEP_NOT_FOUND, "replay.step_not_found", NOT_FOUND, \
	  "The run remembers no such step.") \
	X(REPLAY_CHILD_LOST, "replay.child_lost", STALE, "The child run is gone.") \
	X(REPLAY_TIMEOUT, "replay.wait_timeout", TIMEOUT, "The run is not over yet.") \
	X(REPLAY_ENDED, "replay.attempt_ended", INVALID, "The attempt has ended.") \
	X(JOB_PAYLOAD_REPLAY, "job.payload_of_replay_run", INVALID, \
	  "The arguments of a replay run can't be edited.") \
	X(SIGNAL_CONFLICT, "signal.key_conflict", CONFLICT, \
	  "The key was used for a different signal.") \
	X(BUDGET_EXCEEDED, "budget.exceeded", CONFLICT, "The budget does not suffice.") \
	X(BUDGET_ENTRY_CONFLICT, "budget.entry_conflict", CONFLICT, \
	  "The source was used for a different entry.") \
	X(BUDGET_ENTRY_NOT_FOUND, "budget.entry_not_found", NOT_FOUND, "The entry was not found.") \
	X(BUDGET_OVERFLOW, "budget.overflow", INVALID, "An amount is out of range.") \
	/* workers */ \
	X(WORKER_DESCRIPTORS, "worker.no_descriptors", UNAVAILABLE, \
	  "No file descriptors are left.") \
	X(WORKER_ABANDONED, "worker.handlers_abandoned", TIMEOUT, \
	  "Handlers did not heed the stop and were left running.")

#endif
