/*
 * layout.c - sizes and offsets of every public struct on x86-64; compiling it is the test.
 *
 * Made by `make abi-update`. A struct that starts with its size grows at its end and has
 * no padding there; any other keeps its size for ever.
 */
#include <stddef.h>

#include <cairn/budget.h>
#include <cairn/checkpoint.h>
#include <cairn/config.h>
#include <cairn/conformance.h>
#include <cairn/conn.h>
#include <cairn/definition.h>
#include <cairn/durable.h>
#include <cairn/error.h>
#include <cairn/graph.h>
#include <cairn/history.h>
#include <cairn/intent.h>
#include <cairn/job.h>
#include <cairn/lock.h>
#include <cairn/log.h>
#include <cairn/memory.h>
#include <cairn/metrics.h>
#include <cairn/migration.h>
#include <cairn/owner.h>
#include <cairn/queue.h>
#include <cairn/replay.h>
#include <cairn/replay_history.h>
#include <cairn/resource.h>
#include <cairn/schedule.h>
#include <cairn/signal.h>
#include <cairn/sys/budget.h>
#include <cairn/sys/catalog.h>
#include <cairn/sys/checkpoint.h>
#include <cairn/sys/driver.h>
#include <cairn/sys/host.h>
#include <cairn/sys/intent.h>
#include <cairn/sys/job.h>
#include <cairn/sys/json.h>
#include <cairn/sys/lock.h>
#include <cairn/sys/log.h>
#include <cairn/sys/memory.h>
#include <cairn/sys/migration.h>
#include <cairn/sys/owner.h>
#include <cairn/sys/queue.h>
#include <cairn/sys/replay.h>
#include <cairn/sys/schedule.h>
#include <cairn/sys/workflow.h>
#include <cairn/types.h>
#include <cairn/upkeep.h>
#include <cairn/worker.h>
#include <cairn/workflow.h>
#include <cairn/writer.h>

#define SIZE(type, bytes) \
	_Static_assert(sizeof(type) == (bytes), "the size of " #type " has changed")
#define AT(type, field, at) \
	_Static_assert(offsetof(type, field) == (at), #type "." #field " has moved")
#define FULL(type, last) \
	_Static_assert(sizeof(type) == offsetof(type, last) + sizeof(((type *)0)->last), \
		       #type " has padding at its end")

#if defined(__x86_64__) && defined(__LP64__)

SIZE(cairn_budget, 104);
AT(cairn_budget, root, 0);
AT(cairn_budget, axis, 16);
AT(cairn_budget, kind, 32);
AT(cairn_budget, limited, 36);
AT(cairn_budget, total, 40);
AT(cairn_budget, spent, 48);
AT(cairn_budget, reserved, 56);
AT(cairn_budget, remaining, 64);
AT(cairn_budget, created_at, 72);
AT(cairn_budget, updated_at, 80);
AT(cairn_budget, reserved_, 88);

SIZE(cairn_budgets, 16);
AT(cairn_budgets, count, 0);
AT(cairn_budgets, at, 8);

SIZE(cairn_budget_new, 48);
AT(cairn_budget_new, axis, 0);
AT(cairn_budget_new, kind, 16);
AT(cairn_budget_new, reserved0_, 20);
AT(cairn_budget_new, total, 24);
AT(cairn_budget_new, reserved_, 32);

SIZE(cairn_charge, 32);
AT(cairn_charge, axis, 0);
AT(cairn_charge, amount, 16);
AT(cairn_charge, reserved_, 24);

SIZE(cairn_entry_new, 88);
AT(cairn_entry_new, run, 0);
AT(cairn_entry_new, axis, 16);
AT(cairn_entry_new, source_type, 32);
AT(cairn_entry_new, source_id, 48);
AT(cairn_entry_new, amount, 64);
AT(cairn_entry_new, reserved_, 72);

SIZE(cairn_entry_done, 56);
AT(cairn_entry_done, status, 0);
AT(cairn_entry_done, code, 4);
AT(cairn_entry_done, disposition, 8);
AT(cairn_entry_done, limited, 12);
AT(cairn_entry_done, total, 16);
AT(cairn_entry_done, spent, 24);
AT(cairn_entry_done, reserved, 32);
AT(cairn_entry_done, reserved_, 40);

SIZE(cairn_entry, 144);
AT(cairn_entry, seq, 0);
AT(cairn_entry, root, 8);
AT(cairn_entry, run, 24);
AT(cairn_entry, axis, 40);
AT(cairn_entry, source_type, 56);
AT(cairn_entry, source_id, 72);
AT(cairn_entry, amount, 88);
AT(cairn_entry, state, 96);
AT(cairn_entry, reserved0_, 100);
AT(cairn_entry, expires_at, 104);
AT(cairn_entry, created_at, 112);
AT(cairn_entry, updated_at, 120);
AT(cairn_entry, reserved_, 128);

SIZE(cairn_entries, 16);
AT(cairn_entries, count, 0);
AT(cairn_entries, at, 8);

SIZE(cairn_entry_filter, 80);
AT(cairn_entry_filter, size, 0);
AT(cairn_entry_filter, scope, 8);
AT(cairn_entry_filter, run, 32);
AT(cairn_entry_filter, axis, 48);
AT(cairn_entry_filter, after, 64);
AT(cairn_entry_filter, limit, 72);
AT(cairn_entry_filter, reserved_, 76);
FULL(cairn_entry_filter, reserved_);

SIZE(cairn_checkpoint_new, 192);
AT(cairn_checkpoint_new, thread, 0);
AT(cairn_checkpoint_new, ns, 16);
AT(cairn_checkpoint_new, id, 32);
AT(cairn_checkpoint_new, parent, 48);
AT(cairn_checkpoint_new, step, 64);
AT(cairn_checkpoint_new, state, 72);
AT(cairn_checkpoint_new, metadata, 88);
AT(cairn_checkpoint_new, next_node, 104);
AT(cairn_checkpoint_new, run, 120);
AT(cairn_checkpoint_new, expected, 136);
AT(cairn_checkpoint_new, lock, 152);
AT(cairn_checkpoint_new, format, 160);
AT(cairn_checkpoint_new, payload_version, 164);
AT(cairn_checkpoint_new, set, 168);
AT(cairn_checkpoint_new, reserved0_, 172);
AT(cairn_checkpoint_new, reserved_, 176);

SIZE(cairn_checkpoint_added, 56);
AT(cairn_checkpoint_added, id, 0);
AT(cairn_checkpoint_added, write_seq, 16);
AT(cairn_checkpoint_added, created_at, 24);
AT(cairn_checkpoint_added, status, 32);
AT(cairn_checkpoint_added, code, 36);
AT(cairn_checkpoint_added, existing, 40);
AT(cairn_checkpoint_added, reserved0_, 44);
AT(cairn_checkpoint_added, reserved_, 48);

SIZE(cairn_checkpoint_write, 88);
AT(cairn_checkpoint_write, checkpoint, 0);
AT(cairn_checkpoint_write, task, 16);
AT(cairn_checkpoint_write, channel, 32);
AT(cairn_checkpoint_write, value, 48);
AT(cairn_checkpoint_write, format, 64);
AT(cairn_checkpoint_write, index, 68);
AT(cairn_checkpoint_write, reserved_, 72);

SIZE(cairn_checkpoint_writes, 16);
AT(cairn_checkpoint_writes, count, 0);
AT(cairn_checkpoint_writes, at, 8);

SIZE(cairn_checkpoint, 184);
AT(cairn_checkpoint, thread, 0);
AT(cairn_checkpoint, ns, 16);
AT(cairn_checkpoint, id, 32);
AT(cairn_checkpoint, parent, 48);
AT(cairn_checkpoint, write_seq, 64);
AT(cairn_checkpoint, step, 72);
AT(cairn_checkpoint, state, 80);
AT(cairn_checkpoint, state_size, 96);
AT(cairn_checkpoint, metadata, 104);
AT(cairn_checkpoint, next_node, 120);
AT(cairn_checkpoint, run, 136);
AT(cairn_checkpoint, created_at, 152);
AT(cairn_checkpoint, format, 160);
AT(cairn_checkpoint, payload_version, 164);
AT(cairn_checkpoint, reserved_, 168);

SIZE(cairn_checkpoints, 16);
AT(cairn_checkpoints, count, 0);
AT(cairn_checkpoints, at, 8);

SIZE(cairn_checkpoint_ref, 80);
AT(cairn_checkpoint_ref, size, 0);
AT(cairn_checkpoint_ref, tenant, 8);
AT(cairn_checkpoint_ref, thread, 24);
AT(cairn_checkpoint_ref, ns, 40);
AT(cairn_checkpoint_ref, id, 56);
AT(cairn_checkpoint_ref, oldest_version, 72);
AT(cairn_checkpoint_ref, newest_version, 76);
FULL(cairn_checkpoint_ref, newest_version);

SIZE(cairn_checkpoint_filter, 120);
AT(cairn_checkpoint_filter, size, 0);
AT(cairn_checkpoint_filter, tenant, 8);
AT(cairn_checkpoint_filter, thread, 24);
AT(cairn_checkpoint_filter, ns, 40);
AT(cairn_checkpoint_filter, run, 56);
AT(cairn_checkpoint_filter, metadata, 72);
AT(cairn_checkpoint_filter, after_thread, 88);
AT(cairn_checkpoint_filter, before, 104);
AT(cairn_checkpoint_filter, limit, 112);
AT(cairn_checkpoint_filter, set, 116);
FULL(cairn_checkpoint_filter, set);

SIZE(cairn_thread, 56);
AT(cairn_thread, thread, 0);
AT(cairn_thread, write_seq, 16);
AT(cairn_thread, created_at, 24);
AT(cairn_thread, updated_at, 32);
AT(cairn_thread, reserved_, 40);

SIZE(cairn_threads, 16);
AT(cairn_threads, count, 0);
AT(cairn_threads, at, 8);

SIZE(cairn_thread_filter, 64);
AT(cairn_thread_filter, size, 0);
AT(cairn_thread_filter, tenant, 8);
AT(cairn_thread_filter, prefix, 24);
AT(cairn_thread_filter, after, 40);
AT(cairn_thread_filter, limit, 56);
AT(cairn_thread_filter, reserved_, 60);
FULL(cairn_thread_filter, reserved_);

SIZE(cairn_checkpoint_prune_opts, 56);
AT(cairn_checkpoint_prune_opts, size, 0);
AT(cairn_checkpoint_prune_opts, tenant, 8);
AT(cairn_checkpoint_prune_opts, thread, 24);
AT(cairn_checkpoint_prune_opts, keep, 40);
AT(cairn_checkpoint_prune_opts, limit, 44);
AT(cairn_checkpoint_prune_opts, older_than, 48);
FULL(cairn_checkpoint_prune_opts, older_than);

SIZE(cairn_config, 104);
AT(cairn_config, type, 0);
AT(cairn_config, config, 16);
AT(cairn_config, updated_by, 32);
AT(cairn_config, version, 48);
AT(cairn_config, reserved0_, 52);
AT(cairn_config, created_at, 56);
AT(cairn_config, updated_at, 64);
AT(cairn_config, reserved_, 72);

SIZE(cairn_configs, 16);
AT(cairn_configs, count, 0);
AT(cairn_configs, at, 8);

SIZE(cairn_config_put, 16);
AT(cairn_config_put, status, 0);
AT(cairn_config_put, code, 4);
AT(cairn_config_put, disposition, 8);
AT(cairn_config_put, reserved_, 12);

SIZE(cairn_config_filter, 48);
AT(cairn_config_filter, size, 0);
AT(cairn_config_filter, type, 8);
AT(cairn_config_filter, after, 24);
AT(cairn_config_filter, limit, 40);
AT(cairn_config_filter, reserved_, 44);
FULL(cairn_config_filter, reserved_);

SIZE(cairn_subject, 120);
AT(cairn_subject, size, 0);
AT(cairn_subject, driver, 8);
AT(cairn_subject, url, 16);
AT(cairn_subject, migrate_url, 24);
AT(cairn_subject, reset, 32);
AT(cairn_subject, kill_session, 40);
AT(cairn_subject, app_step, 48);
AT(cairn_subject, poison, 56);
AT(cairn_subject, unreachable_url, 64);
AT(cairn_subject, bad_urls, 72);
AT(cairn_subject, known_failures, 80);
AT(cairn_subject, poison_key, 88);
AT(cairn_subject, lacks, 96);
AT(cairn_subject, deafen, 104);
AT(cairn_subject, clear, 112);
FULL(cairn_subject, clear);

SIZE(cairn_trace, 48);
AT(cairn_trace, size, 0);
AT(cairn_trace, kind, 8);
AT(cairn_trace, status, 12);
AT(cairn_trace, op, 16);
AT(cairn_trace, sql, 24);
AT(cairn_trace, rows, 32);
AT(cairn_trace, elapsed, 40);
FULL(cairn_trace, elapsed);

SIZE(cairn_conn_opts, 104);
AT(cairn_conn_opts, size, 0);
AT(cairn_conn_opts, alloc, 8);
AT(cairn_conn_opts, alloc_user, 16);
AT(cairn_conn_opts, clock, 24);
AT(cairn_conn_opts, clock_user, 32);
AT(cairn_conn_opts, trace, 40);
AT(cairn_conn_opts, trace_user, 48);
AT(cairn_conn_opts, classify, 56);
AT(cairn_conn_opts, classify_user, 64);
AT(cairn_conn_opts, lock_timeout, 72);
AT(cairn_conn_opts, statement_timeout, 80);
AT(cairn_conn_opts, max_json, 88);
AT(cairn_conn_opts, events, 96);
AT(cairn_conn_opts, flags, 100);
FULL(cairn_conn_opts, flags);

SIZE(cairn_tx, 16);
AT(cairn_tx, conn, 0);
AT(cairn_tx, depth, 8);
AT(cairn_tx, serial, 12);

SIZE(cairn_retry, 32);
AT(cairn_retry, base, 0);
AT(cairn_retry, cap, 8);
AT(cairn_retry, jitter, 16);
AT(cairn_retry, factor, 24);
AT(cairn_retry, reserved_, 28);

SIZE(cairn_definition, 152);
AT(cairn_definition, type, 0);
AT(cairn_definition, version, 16);
AT(cairn_definition, max_attempts, 20);
AT(cairn_definition, timeout, 24);
AT(cairn_definition, priority, 32);
AT(cairn_definition, set, 36);
AT(cairn_definition, disabled, 40);
AT(cairn_definition, reserved0_, 44);
AT(cairn_definition, retry, 48);
AT(cairn_definition, retry_overrides, 80);
AT(cairn_definition, retention, 96);
AT(cairn_definition, created_at, 104);
AT(cairn_definition, updated_at, 112);
AT(cairn_definition, reserved_, 120);

SIZE(cairn_definitions, 16);
AT(cairn_definitions, count, 0);
AT(cairn_definitions, at, 8);

SIZE(cairn_definition_patch, 104);
AT(cairn_definition_patch, size, 0);
AT(cairn_definition_patch, type, 8);
AT(cairn_definition_patch, set, 24);
AT(cairn_definition_patch, max_attempts, 28);
AT(cairn_definition_patch, timeout, 32);
AT(cairn_definition_patch, priority, 40);
AT(cairn_definition_patch, disabled, 44);
AT(cairn_definition_patch, retry, 48);
AT(cairn_definition_patch, retry_overrides, 80);
AT(cairn_definition_patch, retention, 96);
FULL(cairn_definition_patch, retention);

SIZE(cairn_definition_filter, 48);
AT(cairn_definition_filter, size, 0);
AT(cairn_definition_filter, contains, 8);
AT(cairn_definition_filter, after, 24);
AT(cairn_definition_filter, limit, 40);
AT(cairn_definition_filter, reserved_, 44);
FULL(cairn_definition_filter, reserved_);

SIZE(cairn_sync_opts, 32);
AT(cairn_sync_opts, size, 0);
AT(cairn_sync_opts, mode, 8);
AT(cairn_sync_opts, reserved_, 12);
AT(cairn_sync_opts, scope, 16);
AT(cairn_sync_opts, scope_count, 24);
FULL(cairn_sync_opts, scope_count);

SIZE(cairn_disabled, 40);
AT(cairn_disabled, type, 0);
AT(cairn_disabled, absent, 16);
AT(cairn_disabled, reserved0_, 20);
AT(cairn_disabled, reserved_, 24);

SIZE(cairn_sync_report, 16);
AT(cairn_sync_report, count, 0);
AT(cairn_sync_report, at, 8);

SIZE(cairn_durable_program, 48);
AT(cairn_durable_program, size, 0);
AT(cairn_durable_program, run, 8);
AT(cairn_durable_program, user, 16);
AT(cairn_durable_program, code, 24);
AT(cairn_durable_program, recode, 40);
AT(cairn_durable_program, page, 44);
FULL(cairn_durable_program, page);

SIZE(cairn_durable_batch, 48);
AT(cairn_durable_batch, size, 0);
AT(cairn_durable_batch, calls, 8);
AT(cairn_durable_batch, n, 16);
AT(cairn_durable_batch, work, 24);
AT(cairn_durable_batch, user, 32);
AT(cairn_durable_batch, width, 40);
AT(cairn_durable_batch, reserved_, 44);
FULL(cairn_durable_batch, reserved_);

SIZE(cairn_error, 960);
AT(cairn_error, size, 0);
AT(cairn_error, status, 8);
AT(cairn_error, native, 12);
AT(cairn_error, sqlstate, 16);
AT(cairn_error, op, 24);
AT(cairn_error, code, 56);
AT(cairn_error, constraint, 120);
AT(cairn_error, message, 184);
AT(cairn_error, detail, 440);
AT(cairn_error, index, 952);
FULL(cairn_error, index);

SIZE(cairn_outcome, 8);
AT(cairn_outcome, status, 0);
AT(cairn_outcome, code, 4);

SIZE(cairn_dependency, 24);
AT(cairn_dependency, prerequisite, 0);
AT(cairn_dependency, mode, 16);
AT(cairn_dependency, reserved_, 20);

SIZE(cairn_step_new, 208);
AT(cairn_step_new, key, 0);
AT(cairn_step_new, kind, 16);
AT(cairn_step_new, set, 20);
AT(cairn_step_new, type, 24);
AT(cairn_step_new, queue, 40);
AT(cairn_step_new, tenant, 56);
AT(cairn_step_new, payload, 72);
AT(cairn_step_new, owner, 88);
AT(cairn_step_new, resource_key, 104);
AT(cairn_step_new, stage, 120);
AT(cairn_step_new, timeout, 136);
AT(cairn_step_new, deadline, 144);
AT(cairn_step_new, max_attempts, 152);
AT(cairn_step_new, priority, 156);
AT(cairn_step_new, dependencies, 160);
AT(cairn_step_new, dependency_count, 168);
AT(cairn_step_new, reserved_, 176);

SIZE(cairn_run_new, 152);
AT(cairn_run_new, type, 0);
AT(cairn_run_new, tenant, 16);
AT(cairn_run_new, key, 32);
AT(cairn_run_new, active_key, 48);
AT(cairn_run_new, metadata, 64);
AT(cairn_run_new, result_step, 80);
AT(cairn_run_new, on_failure, 96);
AT(cairn_run_new, reserved0_, 100);
AT(cairn_run_new, steps, 104);
AT(cairn_run_new, step_count, 112);
AT(cairn_run_new, reserved_, 120);

SIZE(cairn_job_filter, 112);
AT(cairn_job_filter, size, 0);
AT(cairn_job_filter, scope, 8);
AT(cairn_job_filter, queue, 32);
AT(cairn_job_filter, type, 48);
AT(cairn_job_filter, statuses, 64);
AT(cairn_job_filter, limit, 68);
AT(cairn_job_filter, created_from, 72);
AT(cairn_job_filter, created_to, 80);
AT(cairn_job_filter, after, 88);
AT(cairn_job_filter, compact, 104);
AT(cairn_job_filter, reserved_, 108);
FULL(cairn_job_filter, reserved_);

SIZE(cairn_attempt, 144);
AT(cairn_attempt, fence, 0);
AT(cairn_attempt, run_number, 8);
AT(cairn_attempt, attempt, 12);
AT(cairn_attempt, worker, 16);
AT(cairn_attempt, leased_at, 32);
AT(cairn_attempt, finished_at, 40);
AT(cairn_attempt, ending, 48);
AT(cairn_attempt, reserved0_, 52);
AT(cairn_attempt, error_code, 56);
AT(cairn_attempt, error_message, 72);
AT(cairn_attempt, retry_delay, 88);
AT(cairn_attempt, next_run_at, 96);
AT(cairn_attempt, not_before, 104);
AT(cairn_attempt, execution_started_at, 112);
AT(cairn_attempt, prestart, 120);
AT(cairn_attempt, reserved1_, 124);
AT(cairn_attempt, reserved_, 128);

SIZE(cairn_attempts, 16);
AT(cairn_attempts, count, 0);
AT(cairn_attempts, at, 8);

SIZE(cairn_event, 96);
AT(cairn_event, seq, 0);
AT(cairn_event, kind, 8);
AT(cairn_event, run_number, 12);
AT(cairn_event, attempt, 16);
AT(cairn_event, reserved0_, 20);
AT(cairn_event, stage, 24);
AT(cairn_event, progress_done, 40);
AT(cairn_event, progress_total, 48);
AT(cairn_event, at, 56);
AT(cairn_event, payload, 64);
AT(cairn_event, reserved_, 80);

SIZE(cairn_event_rows, 16);
AT(cairn_event_rows, count, 0);
AT(cairn_event_rows, at, 8);

SIZE(cairn_dead_letter, 184);
AT(cairn_dead_letter, id, 0);
AT(cairn_dead_letter, type, 16);
AT(cairn_dead_letter, queue, 32);
AT(cairn_dead_letter, tenant, 48);
AT(cairn_dead_letter, run_number, 64);
AT(cairn_dead_letter, attempt, 68);
AT(cairn_dead_letter, error_code, 72);
AT(cairn_dead_letter, error_message, 88);
AT(cairn_dead_letter, payload, 104);
AT(cairn_dead_letter, checkpoint, 120);
AT(cairn_dead_letter, failed_at, 136);
AT(cairn_dead_letter, created_at, 144);
AT(cairn_dead_letter, reserved_, 152);

SIZE(cairn_dead_letters, 16);
AT(cairn_dead_letters, count, 0);
AT(cairn_dead_letters, at, 8);

SIZE(cairn_dead_filter, 88);
AT(cairn_dead_filter, size, 0);
AT(cairn_dead_filter, scope, 8);
AT(cairn_dead_filter, job, 32);
AT(cairn_dead_filter, type, 48);
AT(cairn_dead_filter, after, 64);
AT(cairn_dead_filter, limit, 80);
AT(cairn_dead_filter, reserved_, 84);
FULL(cairn_dead_filter, reserved_);

SIZE(cairn_log_line, 144);
AT(cairn_log_line, lease, 0);
AT(cairn_log_line, level, 88);
AT(cairn_log_line, reserved0_, 92);
AT(cairn_log_line, message, 96);
AT(cairn_log_line, data, 112);
AT(cairn_log_line, reserved_, 128);

SIZE(cairn_log_row, 80);
AT(cairn_log_row, seq, 0);
AT(cairn_log_row, level, 8);
AT(cairn_log_row, run_number, 12);
AT(cairn_log_row, attempt, 16);
AT(cairn_log_row, reserved0_, 20);
AT(cairn_log_row, at, 24);
AT(cairn_log_row, message, 32);
AT(cairn_log_row, data, 48);
AT(cairn_log_row, reserved_, 64);

SIZE(cairn_log_rows, 16);
AT(cairn_log_rows, count, 0);
AT(cairn_log_rows, at, 8);

SIZE(cairn_swept_job, 80);
AT(cairn_swept_job, id, 0);
AT(cairn_swept_job, type, 16);
AT(cairn_swept_job, tenant, 32);
AT(cairn_swept_job, was, 48);
AT(cairn_swept_job, status, 52);
AT(cairn_swept_job, code, 56);
AT(cairn_swept_job, run_number, 60);
AT(cairn_swept_job, reserved_, 64);

SIZE(cairn_swept, 24);
AT(cairn_swept, count, 0);
AT(cairn_swept, at, 8);
AT(cairn_swept, more, 16);

SIZE(cairn_prune_opts, 80);
AT(cairn_prune_opts, size, 0);
AT(cairn_prune_opts, scope, 8);
AT(cairn_prune_opts, queue, 32);
AT(cairn_prune_opts, type, 48);
AT(cairn_prune_opts, statuses, 64);
AT(cairn_prune_opts, limit, 68);
AT(cairn_prune_opts, age, 72);
FULL(cairn_prune_opts, age);

SIZE(cairn_intent_recorded, 56);
AT(cairn_intent_recorded, id, 0);
AT(cairn_intent_recorded, status, 16);
AT(cairn_intent_recorded, code, 20);
AT(cairn_intent_recorded, disposition, 24);
AT(cairn_intent_recorded, intent_status, 28);
AT(cairn_intent_recorded, job, 32);
AT(cairn_intent_recorded, reserved_, 48);

SIZE(cairn_intent, 312);
AT(cairn_intent, id, 0);
AT(cairn_intent, type, 16);
AT(cairn_intent, queue, 32);
AT(cairn_intent, tenant, 48);
AT(cairn_intent, payload, 64);
AT(cairn_intent, key, 80);
AT(cairn_intent, owner, 96);
AT(cairn_intent, resource_key, 112);
AT(cairn_intent, stage, 128);
AT(cairn_intent, run_at, 144);
AT(cairn_intent, timeout, 152);
AT(cairn_intent, max_attempts, 160);
AT(cairn_intent, priority, 164);
AT(cairn_intent, set, 168);
AT(cairn_intent, status, 172);
AT(cairn_intent, attempts, 176);
AT(cairn_intent, reserved0_, 180);
AT(cairn_intent, next_promotion_at, 184);
AT(cairn_intent, last_attempted_at, 192);
AT(cairn_intent, job, 200);
AT(cairn_intent, promoted_at, 216);
AT(cairn_intent, conflicted_at, 224);
AT(cairn_intent, error_code, 232);
AT(cairn_intent, error_message, 248);
AT(cairn_intent, request, 264);
AT(cairn_intent, created_at, 280);
AT(cairn_intent, updated_at, 288);
AT(cairn_intent, reserved_, 296);

SIZE(cairn_intents, 16);
AT(cairn_intents, count, 0);
AT(cairn_intents, at, 8);

SIZE(cairn_intent_filter, 80);
AT(cairn_intent_filter, size, 0);
AT(cairn_intent_filter, scope, 8);
AT(cairn_intent_filter, type, 32);
AT(cairn_intent_filter, statuses, 48);
AT(cairn_intent_filter, limit, 52);
AT(cairn_intent_filter, after, 56);
AT(cairn_intent_filter, compact, 72);
AT(cairn_intent_filter, reserved_, 76);
FULL(cairn_intent_filter, reserved_);

SIZE(cairn_intent_stats, 80);
AT(cairn_intent_stats, type, 0);
AT(cairn_intent_stats, pending, 16);
AT(cairn_intent_stats, retrying, 24);
AT(cairn_intent_stats, promoted_24h, 32);
AT(cairn_intent_stats, conflicted_24h, 40);
AT(cairn_intent_stats, oldest_pending, 48);
AT(cairn_intent_stats, max_attempts, 56);
AT(cairn_intent_stats, reserved0_, 60);
AT(cairn_intent_stats, reserved_, 64);

SIZE(cairn_intent_types, 24);
AT(cairn_intent_types, count, 0);
AT(cairn_intent_types, at, 8);
AT(cairn_intent_types, now, 16);

SIZE(cairn_intent_stats_filter, 72);
AT(cairn_intent_stats_filter, size, 0);
AT(cairn_intent_stats_filter, scope, 8);
AT(cairn_intent_stats_filter, type, 32);
AT(cairn_intent_stats_filter, after, 48);
AT(cairn_intent_stats_filter, limit, 64);
AT(cairn_intent_stats_filter, reserved_, 68);
FULL(cairn_intent_stats_filter, reserved_);

SIZE(cairn_promote_opts, 32);
AT(cairn_promote_opts, size, 0);
AT(cairn_promote_opts, types, 8);
AT(cairn_promote_opts, type_count, 16);
AT(cairn_promote_opts, limit, 24);
AT(cairn_promote_opts, reserved_, 28);
FULL(cairn_promote_opts, reserved_);

SIZE(cairn_promoted, 128);
AT(cairn_promoted, id, 0);
AT(cairn_promoted, job, 16);
AT(cairn_promoted, type, 32);
AT(cairn_promoted, tenant, 48);
AT(cairn_promoted, what, 64);
AT(cairn_promoted, attempts, 68);
AT(cairn_promoted, error_code, 72);
AT(cairn_promoted, error_message, 88);
AT(cairn_promoted, next_promotion_at, 104);
AT(cairn_promoted, reserved_, 112);

SIZE(cairn_promote_report, 40);
AT(cairn_promote_report, count, 0);
AT(cairn_promote_report, at, 8);
AT(cairn_promote_report, inserted, 16);
AT(cairn_promote_report, existing, 20);
AT(cairn_promote_report, conflicted, 24);
AT(cairn_promote_report, unavailable, 28);
AT(cairn_promote_report, deferred, 32);
AT(cairn_promote_report, batch_full, 36);

SIZE(cairn_job_new, 176);
AT(cairn_job_new, type, 0);
AT(cairn_job_new, queue, 16);
AT(cairn_job_new, tenant, 32);
AT(cairn_job_new, payload, 48);
AT(cairn_job_new, key, 64);
AT(cairn_job_new, owner, 80);
AT(cairn_job_new, resource_key, 96);
AT(cairn_job_new, stage, 112);
AT(cairn_job_new, run_at, 128);
AT(cairn_job_new, timeout, 136);
AT(cairn_job_new, max_attempts, 144);
AT(cairn_job_new, priority, 148);
AT(cairn_job_new, set, 152);
AT(cairn_job_new, reserved0_, 156);
AT(cairn_job_new, reserved_, 160);

SIZE(cairn_job_added, 40);
AT(cairn_job_added, id, 0);
AT(cairn_job_added, status, 16);
AT(cairn_job_added, code, 20);
AT(cairn_job_added, disposition, 24);
AT(cairn_job_added, job_status, 28);
AT(cairn_job_added, run_number, 32);
AT(cairn_job_added, reserved_, 36);

SIZE(cairn_lease, 88);
AT(cairn_lease, id, 0);
AT(cairn_lease, fence, 16);
AT(cairn_lease, attempt, 24);
AT(cairn_lease, max_attempts, 28);
AT(cairn_lease, retry, 32);
AT(cairn_lease, hints, 64);
AT(cairn_lease, reserved0_, 68);
AT(cairn_lease, reserved_, 72);

SIZE(cairn_job, 456);
AT(cairn_job, id, 0);
AT(cairn_job, queue, 16);
AT(cairn_job, type, 32);
AT(cairn_job, tenant, 48);
AT(cairn_job, payload, 64);
AT(cairn_job, status, 80);
AT(cairn_job, priority, 84);
AT(cairn_job, run_number, 88);
AT(cairn_job, attempt, 92);
AT(cairn_job, max_attempts, 96);
AT(cairn_job, parked, 100);
AT(cairn_job, timeout, 104);
AT(cairn_job, run_at, 112);
AT(cairn_job, lease_expires_at, 120);
AT(cairn_job, heartbeat_at, 128);
AT(cairn_job, leased_at, 136);
AT(cairn_job, worker, 144);
AT(cairn_job, owner, 160);
AT(cairn_job, fence, 176);
AT(cairn_job, started_at, 184);
AT(cairn_job, finished_at, 192);
AT(cairn_job, stage, 200);
AT(cairn_job, progress_done, 216);
AT(cairn_job, progress_total, 224);
AT(cairn_job, checkpoint, 232);
AT(cairn_job, output, 248);
AT(cairn_job, key, 264);
AT(cairn_job, request, 280);
AT(cairn_job, status_reason, 296);
AT(cairn_job, error_code, 312);
AT(cairn_job, error_message, 328);
AT(cairn_job, created_at, 344);
AT(cairn_job, updated_at, 352);
AT(cairn_job, retry, 360);
AT(cairn_job, hints, 392);
AT(cairn_job, prestart, 396);
AT(cairn_job, execution_started_at, 400);
AT(cairn_job, resource_key, 408);
AT(cairn_job, run, 424);
AT(cairn_job, continues, 440);
AT(cairn_job, replay, 444);
AT(cairn_job, reserved_, 448);

SIZE(cairn_jobs, 16);
AT(cairn_jobs, count, 0);
AT(cairn_jobs, at, 8);

SIZE(cairn_claim_opts, 88);
AT(cairn_claim_opts, size, 0);
AT(cairn_claim_opts, worker, 8);
AT(cairn_claim_opts, queue, 24);
AT(cairn_claim_opts, owner, 40);
AT(cairn_claim_opts, types, 56);
AT(cairn_claim_opts, type_count, 64);
AT(cairn_claim_opts, lease, 72);
AT(cairn_claim_opts, limit, 80);
AT(cairn_claim_opts, prestart, 84);
FULL(cairn_claim_opts, prestart);

SIZE(cairn_changed, 56);
AT(cairn_changed, status, 0);
AT(cairn_changed, code, 4);
AT(cairn_changed, job_status, 8);
AT(cairn_changed, ending, 12);
AT(cairn_changed, run_at, 16);
AT(cairn_changed, lease_expires_at, 24);
AT(cairn_changed, run_number, 32);
AT(cairn_changed, reserved0_, 36);
AT(cairn_changed, reserved_, 40);

SIZE(cairn_progress, 168);
AT(cairn_progress, lease, 0);
AT(cairn_progress, set, 88);
AT(cairn_progress, reserved0_, 92);
AT(cairn_progress, done, 96);
AT(cairn_progress, total, 104);
AT(cairn_progress, stage, 112);
AT(cairn_progress, checkpoint, 128);
AT(cairn_progress, extend, 144);
AT(cairn_progress, reserved_, 152);

SIZE(cairn_finish, 240);
AT(cairn_finish, lease, 0);
AT(cairn_finish, how, 88);
AT(cairn_finish, set, 92);
AT(cairn_finish, output, 96);
AT(cairn_finish, error_code, 112);
AT(cairn_finish, error_message, 128);
AT(cairn_finish, reason, 144);
AT(cairn_finish, delay, 160);
AT(cairn_finish, not_before, 168);
AT(cairn_finish, progress_done, 176);
AT(cairn_finish, progress_total, 184);
AT(cairn_finish, checkpoint, 192);
AT(cairn_finish, reserved_, 208);

SIZE(cairn_turn, 88);
AT(cairn_turn, size, 0);
AT(cairn_turn, finishes, 8);
AT(cairn_turn, finish_count, 16);
AT(cairn_turn, reports, 24);
AT(cairn_turn, report_count, 32);
AT(cairn_turn, beats, 40);
AT(cairn_turn, beat_count, 48);
AT(cairn_turn, lease, 56);
AT(cairn_turn, lines, 64);
AT(cairn_turn, line_count, 72);
AT(cairn_turn, claim, 80);
FULL(cairn_turn, claim);

SIZE(cairn_requeue, 48);
AT(cairn_requeue, id, 0);
AT(cairn_requeue, status, 16);
AT(cairn_requeue, run_number, 20);
AT(cairn_requeue, reset, 24);
AT(cairn_requeue, reserved0_, 28);
AT(cairn_requeue, reserved_, 32);

SIZE(cairn_rerun, 72);
AT(cairn_rerun, source, 0);
AT(cairn_rerun, run_number, 16);
AT(cairn_rerun, reserved0_, 20);
AT(cairn_rerun, key, 24);
AT(cairn_rerun, reason, 40);
AT(cairn_rerun, reserved_, 56);

SIZE(cairn_job_patch, 72);
AT(cairn_job_patch, id, 0);
AT(cairn_job_patch, set, 16);
AT(cairn_job_patch, priority, 20);
AT(cairn_job_patch, payload, 24);
AT(cairn_job_patch, run_at, 40);
AT(cairn_job_patch, updated_at, 48);
AT(cairn_job_patch, reserved_, 56);

SIZE(cairn_reap_opts, 24);
AT(cairn_reap_opts, size, 0);
AT(cairn_reap_opts, limit, 8);
AT(cairn_reap_opts, reserved_, 12);
AT(cairn_reap_opts, retry_delay, 16);
FULL(cairn_reap_opts, retry_delay);

SIZE(cairn_reaped, 136);
AT(cairn_reaped, id, 0);
AT(cairn_reaped, type, 16);
AT(cairn_reaped, tenant, 32);
AT(cairn_reaped, worker, 48);
AT(cairn_reaped, fence, 64);
AT(cairn_reaped, run_number, 72);
AT(cairn_reaped, attempt, 76);
AT(cairn_reaped, max_attempts, 80);
AT(cairn_reaped, status, 84);
AT(cairn_reaped, run_at, 88);
AT(cairn_reaped, lease_expired_at, 96);
AT(cairn_reaped, ending, 104);
AT(cairn_reaped, unrenewed, 108);
AT(cairn_reaped, reserved_, 112);

SIZE(cairn_reap_report, 16);
AT(cairn_reap_report, count, 0);
AT(cairn_reap_report, at, 8);

SIZE(cairn_wait_opts, 32);
AT(cairn_wait_opts, size, 0);
AT(cairn_wait_opts, queues, 8);
AT(cairn_wait_opts, queue_count, 16);
AT(cairn_wait_opts, timeout, 24);
FULL(cairn_wait_opts, timeout);

SIZE(cairn_lock, 544);
AT(cairn_lock, fence, 0);
AT(cairn_lock, expires_at, 8);
AT(cairn_lock, tenant_len, 16);
AT(cairn_lock, name_len, 20);
AT(cairn_lock, tenant, 24);
AT(cairn_lock, name, 280);
AT(cairn_lock, reserved_, 536);

SIZE(cairn_lock_opts, 72);
AT(cairn_lock_opts, size, 0);
AT(cairn_lock_opts, tenant, 8);
AT(cairn_lock_opts, name, 24);
AT(cairn_lock_opts, holder, 40);
AT(cairn_lock_opts, ttl, 56);
AT(cairn_lock_opts, deadline, 64);
FULL(cairn_lock_opts, deadline);

SIZE(cairn_lock_row, 96);
AT(cairn_lock_row, tenant, 0);
AT(cairn_lock_row, name, 16);
AT(cairn_lock_row, holder, 32);
AT(cairn_lock_row, fence, 48);
AT(cairn_lock_row, acquired_at, 56);
AT(cairn_lock_row, expires_at, 64);
AT(cairn_lock_row, expired, 72);
AT(cairn_lock_row, reserved0_, 76);
AT(cairn_lock_row, reserved_, 80);

SIZE(cairn_lock_rows, 24);
AT(cairn_lock_rows, count, 0);
AT(cairn_lock_rows, at, 8);
AT(cairn_lock_rows, now, 16);

SIZE(cairn_lock_filter, 64);
AT(cairn_lock_filter, size, 0);
AT(cairn_lock_filter, tenant, 8);
AT(cairn_lock_filter, prefix, 24);
AT(cairn_lock_filter, after, 40);
AT(cairn_lock_filter, limit, 56);
AT(cairn_lock_filter, reserved_, 60);
FULL(cairn_lock_filter, reserved_);

SIZE(cairn_log_event, 72);
AT(cairn_log_event, seq, 0);
AT(cairn_log_event, kind, 8);
AT(cairn_log_event, data, 24);
AT(cairn_log_event, at, 40);
AT(cairn_log_event, payload_version, 48);
AT(cairn_log_event, reserved0_, 52);
AT(cairn_log_event, reserved_, 56);

SIZE(cairn_log_batch, 80);
AT(cairn_log_batch, size, 0);
AT(cairn_log_batch, tenant, 8);
AT(cairn_log_batch, thread, 24);
AT(cairn_log_batch, events, 40);
AT(cairn_log_batch, n, 48);
AT(cairn_log_batch, expected, 56);
AT(cairn_log_batch, lock, 64);
AT(cairn_log_batch, set, 72);
AT(cairn_log_batch, reserved_, 76);
FULL(cairn_log_batch, reserved_);

SIZE(cairn_log_events, 32);
AT(cairn_log_events, count, 0);
AT(cairn_log_events, at, 8);
AT(cairn_log_events, head, 16);
AT(cairn_log_events, watermark, 24);

SIZE(cairn_log_filter, 56);
AT(cairn_log_filter, size, 0);
AT(cairn_log_filter, tenant, 8);
AT(cairn_log_filter, thread, 24);
AT(cairn_log_filter, after, 40);
AT(cairn_log_filter, limit, 48);
AT(cairn_log_filter, reserved_, 52);
FULL(cairn_log_filter, reserved_);

SIZE(cairn_log_archive_opts, 64);
AT(cairn_log_archive_opts, size, 0);
AT(cairn_log_archive_opts, tenant, 8);
AT(cairn_log_archive_opts, thread, 24);
AT(cairn_log_archive_opts, upto, 40);
AT(cairn_log_archive_opts, export_to, 48);
AT(cairn_log_archive_opts, user, 56);
FULL(cairn_log_archive_opts, user);

SIZE(cairn_log_head, 64);
AT(cairn_log_head, thread, 0);
AT(cairn_log_head, head, 16);
AT(cairn_log_head, watermark, 24);
AT(cairn_log_head, created_at, 32);
AT(cairn_log_head, updated_at, 40);
AT(cairn_log_head, reserved_, 48);

SIZE(cairn_log_heads, 16);
AT(cairn_log_heads, count, 0);
AT(cairn_log_heads, at, 8);

SIZE(cairn_log_list_filter, 64);
AT(cairn_log_list_filter, size, 0);
AT(cairn_log_list_filter, tenant, 8);
AT(cairn_log_list_filter, prefix, 24);
AT(cairn_log_list_filter, after, 40);
AT(cairn_log_list_filter, limit, 56);
AT(cairn_log_list_filter, reserved_, 60);
FULL(cairn_log_list_filter, reserved_);

SIZE(cairn_namespace, 16);
AT(cairn_namespace, segments, 0);
AT(cairn_namespace, count, 8);

SIZE(cairn_namespace_text, 16);
AT(cairn_namespace_text, count, 0);
AT(cairn_namespace_text, at, 8);

SIZE(cairn_memory_new, 112);
AT(cairn_memory_new, ns, 0);
AT(cairn_memory_new, key, 16);
AT(cairn_memory_new, value, 32);
AT(cairn_memory_new, metadata, 48);
AT(cairn_memory_new, ttl, 64);
AT(cairn_memory_new, revision, 72);
AT(cairn_memory_new, lock, 80);
AT(cairn_memory_new, format, 88);
AT(cairn_memory_new, set, 92);
AT(cairn_memory_new, reserved_, 96);

SIZE(cairn_memory_changed, 40);
AT(cairn_memory_changed, revision, 0);
AT(cairn_memory_changed, expires_at, 8);
AT(cairn_memory_changed, status, 16);
AT(cairn_memory_changed, code, 20);
AT(cairn_memory_changed, existed, 24);
AT(cairn_memory_changed, reserved0_, 28);
AT(cairn_memory_changed, reserved_, 32);

SIZE(cairn_memory_ref, 48);
AT(cairn_memory_ref, ns, 0);
AT(cairn_memory_ref, key, 16);
AT(cairn_memory_ref, revision, 32);
AT(cairn_memory_ref, set, 40);
AT(cairn_memory_ref, reserved_, 44);

SIZE(cairn_memory_item, 128);
AT(cairn_memory_item, ns, 0);
AT(cairn_memory_item, key, 16);
AT(cairn_memory_item, value, 32);
AT(cairn_memory_item, value_size, 48);
AT(cairn_memory_item, metadata, 56);
AT(cairn_memory_item, revision, 72);
AT(cairn_memory_item, created_at, 80);
AT(cairn_memory_item, updated_at, 88);
AT(cairn_memory_item, expires_at, 96);
AT(cairn_memory_item, format, 104);
AT(cairn_memory_item, index, 108);
AT(cairn_memory_item, reserved_, 112);

SIZE(cairn_memory_items, 16);
AT(cairn_memory_items, count, 0);
AT(cairn_memory_items, at, 8);

SIZE(cairn_memory_filter, 112);
AT(cairn_memory_filter, size, 0);
AT(cairn_memory_filter, tenant, 8);
AT(cairn_memory_filter, ns, 24);
AT(cairn_memory_filter, prefix, 40);
AT(cairn_memory_filter, metadata, 56);
AT(cairn_memory_filter, after_ns, 72);
AT(cairn_memory_filter, after, 88);
AT(cairn_memory_filter, limit, 104);
AT(cairn_memory_filter, set, 108);
FULL(cairn_memory_filter, set);

SIZE(cairn_memory_namespace, 32);
AT(cairn_memory_namespace, ns, 0);
AT(cairn_memory_namespace, reserved_, 16);

SIZE(cairn_memory_namespaces, 16);
AT(cairn_memory_namespaces, count, 0);
AT(cairn_memory_namespaces, at, 8);

SIZE(cairn_memory_namespace_filter, 64);
AT(cairn_memory_namespace_filter, size, 0);
AT(cairn_memory_namespace_filter, tenant, 8);
AT(cairn_memory_namespace_filter, ns, 24);
AT(cairn_memory_namespace_filter, after, 40);
AT(cairn_memory_namespace_filter, limit, 56);
AT(cairn_memory_namespace_filter, set, 60);
FULL(cairn_memory_namespace_filter, set);

SIZE(cairn_metrics_filter, 80);
AT(cairn_metrics_filter, size, 0);
AT(cairn_metrics_filter, scope, 8);
AT(cairn_metrics_filter, type, 32);
AT(cairn_metrics_filter, after, 48);
AT(cairn_metrics_filter, window, 64);
AT(cairn_metrics_filter, limit, 72);
AT(cairn_metrics_filter, reserved_, 76);
FULL(cairn_metrics_filter, reserved_);

SIZE(cairn_type_metrics, 224);
AT(cairn_type_metrics, type, 0);
AT(cairn_type_metrics, disabled, 16);
AT(cairn_type_metrics, reserved0_, 20);
AT(cairn_type_metrics, pending, 24);
AT(cairn_type_metrics, ready, 32);
AT(cairn_type_metrics, leased, 40);
AT(cairn_type_metrics, expired, 48);
AT(cairn_type_metrics, oldest_ready, 56);
AT(cairn_type_metrics, ended, 64);
AT(cairn_type_metrics, dead_lettered, 152);
AT(cairn_type_metrics, p50, 160);
AT(cairn_type_metrics, p95, 168);
AT(cairn_type_metrics, continued, 176);
AT(cairn_type_metrics, max_run, 184);
AT(cairn_type_metrics, reserved1_, 188);
AT(cairn_type_metrics, reserved_, 192);

SIZE(cairn_metrics, 24);
AT(cairn_metrics, count, 0);
AT(cairn_metrics, at, 8);
AT(cairn_metrics, now, 16);

SIZE(cairn_ended, 16);
AT(cairn_ended, all, 0);
AT(cairn_ended, failed, 8);

SIZE(cairn_summary, 168);
AT(cairn_summary, size, 0);
AT(cairn_summary, now, 8);
AT(cairn_summary, jobs, 16);
AT(cairn_summary, ready, 64);
AT(cairn_summary, parked, 72);
AT(cairn_summary, expired, 80);
AT(cairn_summary, oldest_ready, 88);
AT(cairn_summary, minute, 96);
AT(cairn_summary, hour, 112);
AT(cairn_summary, day, 128);
AT(cairn_summary, queues, 144);
AT(cairn_summary, definitions, 152);
AT(cairn_summary, disabled, 160);
FULL(cairn_summary, disabled);

SIZE(cairn_texts, 16);
AT(cairn_texts, count, 0);
AT(cairn_texts, at, 8);

SIZE(cairn_migration, 96);
AT(cairn_migration, version, 0);
AT(cairn_migration, name, 8);
AT(cairn_migration, up, 16);
AT(cairn_migration, down, 32);
AT(cairn_migration, sha256, 48);
AT(cairn_migration, reserved_, 80);

SIZE(cairn_migrate_opts, 64);
AT(cairn_migrate_opts, size, 0);
AT(cairn_migrate_opts, line, 8);
AT(cairn_migrate_opts, set, 24);
AT(cairn_migrate_opts, count, 32);
AT(cairn_migrate_opts, target, 40);
AT(cairn_migrate_opts, limit, 48);
AT(cairn_migrate_opts, reserved_, 52);
AT(cairn_migrate_opts, wait, 56);
FULL(cairn_migrate_opts, wait);

SIZE(cairn_migration_row, 104);
AT(cairn_migration_row, version, 0);
AT(cairn_migration_row, name, 8);
AT(cairn_migration_row, state, 24);
AT(cairn_migration_row, direction, 28);
AT(cairn_migration_row, applied_at, 32);
AT(cairn_migration_row, introduced, 40);
AT(cairn_migration_row, checksum, 56);
AT(cairn_migration_row, sql, 72);
AT(cairn_migration_row, additive, 88);
AT(cairn_migration_row, reserved_, 92);

SIZE(cairn_migration_rows, 16);
AT(cairn_migration_rows, count, 0);
AT(cairn_migration_rows, at, 8);

SIZE(cairn_drift_row, 72);
AT(cairn_drift_row, kind, 0);
AT(cairn_drift_row, reserved_, 4);
AT(cairn_drift_row, object, 8);
AT(cairn_drift_row, name, 24);
AT(cairn_drift_row, expected, 40);
AT(cairn_drift_row, actual, 56);

SIZE(cairn_drift, 16);
AT(cairn_drift, count, 0);
AT(cairn_drift, at, 8);

SIZE(cairn_owner_new, 104);
AT(cairn_owner_new, size, 0);
AT(cairn_owner_new, name, 8);
AT(cairn_owner_new, host, 24);
AT(cairn_owner_new, version, 40);
AT(cairn_owner_new, queues, 56);
AT(cairn_owner_new, labels, 72);
AT(cairn_owner_new, pid, 88);
AT(cairn_owner_new, started_at, 96);
FULL(cairn_owner_new, started_at);

SIZE(cairn_owner_ref, 40);
AT(cairn_owner_ref, name, 0);
AT(cairn_owner_ref, incarnation, 16);
AT(cairn_owner_ref, reserved_, 32);

SIZE(cairn_owner_changed, 32);
AT(cairn_owner_changed, status, 0);
AT(cairn_owner_changed, code, 4);
AT(cairn_owner_changed, incarnation, 8);
AT(cairn_owner_changed, reserved_, 24);

SIZE(cairn_owner, 176);
AT(cairn_owner, name, 0);
AT(cairn_owner, incarnation, 16);
AT(cairn_owner, host, 32);
AT(cairn_owner, version, 48);
AT(cairn_owner, queues, 64);
AT(cairn_owner, labels, 80);
AT(cairn_owner, pid, 96);
AT(cairn_owner, state, 104);
AT(cairn_owner, reserved0_, 108);
AT(cairn_owner, started_at, 112);
AT(cairn_owner, registered_at, 120);
AT(cairn_owner, heartbeat_at, 128);
AT(cairn_owner, closed_at, 136);
AT(cairn_owner, reserved_, 144);

SIZE(cairn_owners, 24);
AT(cairn_owners, count, 0);
AT(cairn_owners, at, 8);
AT(cairn_owners, now, 16);

SIZE(cairn_owner_filter, 40);
AT(cairn_owner_filter, size, 0);
AT(cairn_owner_filter, states, 8);
AT(cairn_owner_filter, limit, 12);
AT(cairn_owner_filter, stale_after, 16);
AT(cairn_owner_filter, after, 24);
FULL(cairn_owner_filter, after);

SIZE(cairn_queue, 128);
AT(cairn_queue, name, 0);
AT(cairn_queue, pending, 16);
AT(cairn_queue, due, 24);
AT(cairn_queue, parked, 32);
AT(cairn_queue, leased, 40);
AT(cairn_queue, expired, 48);
AT(cairn_queue, oldest_due, 56);
AT(cairn_queue, paused_at, 64);
AT(cairn_queue, succeeded, 72);
AT(cairn_queue, dead_lettered, 80);
AT(cairn_queue, canceled, 88);
AT(cairn_queue, paused, 96);
AT(cairn_queue, reserved0_, 100);
AT(cairn_queue, reserved_, 104);

SIZE(cairn_queues, 24);
AT(cairn_queues, count, 0);
AT(cairn_queues, at, 8);
AT(cairn_queues, now, 16);

SIZE(cairn_queue_filter, 56);
AT(cairn_queue_filter, size, 0);
AT(cairn_queue_filter, scope, 8);
AT(cairn_queue_filter, after, 32);
AT(cairn_queue_filter, limit, 48);
AT(cairn_queue_filter, finished, 52);
FULL(cairn_queue_filter, finished);

SIZE(cairn_queue_changed, 16);
AT(cairn_queue_changed, changed, 0);
AT(cairn_queue_changed, reserved0_, 4);
AT(cairn_queue_changed, reserved_, 8);

SIZE(cairn_replay_opts, 32);
AT(cairn_replay_opts, size, 0);
AT(cairn_replay_opts, code, 8);
AT(cairn_replay_opts, recode, 24);
AT(cairn_replay_opts, page, 28);
FULL(cairn_replay_opts, page);

SIZE(cairn_replay_call, 120);
AT(cairn_replay_call, kind, 0);
AT(cairn_replay_call, input, 16);
AT(cairn_replay_call, scope, 32);
AT(cairn_replay_call, name, 48);
AT(cairn_replay_call, max_attempts, 64);
AT(cairn_replay_call, reserved0_, 68);
AT(cairn_replay_call, retry, 72);
AT(cairn_replay_call, reserved_, 104);

SIZE(cairn_replay_step, 208);
AT(cairn_replay_step, status, 0);
AT(cairn_replay_step, code, 4);
AT(cairn_replay_step, next, 8);
AT(cairn_replay_step, replayed, 12);
AT(cairn_replay_step, name, 16);
AT(cairn_replay_step, seq, 32);
AT(cairn_replay_step, attempts, 40);
AT(cairn_replay_step, failures, 44);
AT(cairn_replay_step, result, 48);
AT(cairn_replay_step, error_code, 64);
AT(cairn_replay_step, error_message, 80);
AT(cairn_replay_step, until, 96);
AT(cairn_replay_step, timed_out, 104);
AT(cairn_replay_step, max_attempts, 108);
AT(cairn_replay_step, retry, 112);
AT(cairn_replay_step, claim, 144);
AT(cairn_replay_step, child, 160);
AT(cairn_replay_step, reserved_, 176);

SIZE(cairn_replay_failure, 72);
AT(cairn_replay_failure, size, 0);
AT(cairn_replay_failure, code, 8);
AT(cairn_replay_failure, message, 24);
AT(cairn_replay_failure, not_before, 40);
AT(cairn_replay_failure, final, 48);
AT(cairn_replay_failure, reserved_, 52);
AT(cairn_replay_failure, usage, 56);
AT(cairn_replay_failure, usage_count, 64);
FULL(cairn_replay_failure, usage_count);

SIZE(cairn_child_new, 120);
AT(cairn_child_new, type, 0);
AT(cairn_child_new, input, 16);
AT(cairn_child_new, name, 32);
AT(cairn_child_new, queue, 48);
AT(cairn_child_new, owner, 64);
AT(cairn_child_new, timeout, 80);
AT(cairn_child_new, max_attempts, 88);
AT(cairn_child_new, priority, 92);
AT(cairn_child_new, set, 96);
AT(cairn_child_new, reserved0_, 100);
AT(cairn_child_new, reserved_, 104);

SIZE(cairn_replay_run, 392);
AT(cairn_replay_run, id, 0);
AT(cairn_replay_run, root, 16);
AT(cairn_replay_run, parent, 32);
AT(cairn_replay_run, source, 48);
AT(cairn_replay_run, shared, 64);
AT(cairn_replay_run, status, 72);
AT(cairn_replay_run, attempt, 76);
AT(cairn_replay_run, run_number, 80);
AT(cairn_replay_run, reserved0_, 84);
AT(cairn_replay_run, fence, 88);
AT(cairn_replay_run, scope, 96);
AT(cairn_replay_run, code, 112);
AT(cairn_replay_run, type, 128);
AT(cairn_replay_run, queue, 144);
AT(cairn_replay_run, tenant, 160);
AT(cairn_replay_run, owner, 176);
AT(cairn_replay_run, worker, 192);
AT(cairn_replay_run, payload, 208);
AT(cairn_replay_run, output, 224);
AT(cairn_replay_run, error_code, 240);
AT(cairn_replay_run, error_message, 256);
AT(cairn_replay_run, wake_at, 272);
AT(cairn_replay_run, lease_expires_at, 280);
AT(cairn_replay_run, created_at, 288);
AT(cairn_replay_run, started_at, 296);
AT(cairn_replay_run, finished_at, 304);
AT(cairn_replay_run, updated_at, 312);
AT(cairn_replay_run, steps, 320);
AT(cairn_replay_run, completed, 328);
AT(cairn_replay_run, failed, 336);
AT(cairn_replay_run, waiting, 344);
AT(cairn_replay_run, children, 352);
AT(cairn_replay_run, reserved_, 360);

SIZE(cairn_replay_runs, 16);
AT(cairn_replay_runs, count, 0);
AT(cairn_replay_runs, at, 8);

SIZE(cairn_replay_filter, 144);
AT(cairn_replay_filter, size, 0);
AT(cairn_replay_filter, scope, 8);
AT(cairn_replay_filter, run, 32);
AT(cairn_replay_filter, root, 48);
AT(cairn_replay_filter, parent, 64);
AT(cairn_replay_filter, type, 80);
AT(cairn_replay_filter, statuses, 96);
AT(cairn_replay_filter, limit, 100);
AT(cairn_replay_filter, created_from, 104);
AT(cairn_replay_filter, created_to, 112);
AT(cairn_replay_filter, after, 120);
AT(cairn_replay_filter, compact, 136);
AT(cairn_replay_filter, counts, 140);
FULL(cairn_replay_filter, counts);

SIZE(cairn_memo, 296);
AT(cairn_memo, seq, 0);
AT(cairn_memo, run, 8);
AT(cairn_memo, name, 24);
AT(cairn_memo, kind, 40);
AT(cairn_memo, verb, 56);
AT(cairn_memo, status, 60);
AT(cairn_memo, attempts, 64);
AT(cairn_memo, failures, 68);
AT(cairn_memo, last_attempt, 72);
AT(cairn_memo, timed_out, 76);
AT(cairn_memo, fence, 80);
AT(cairn_memo, claim, 88);
AT(cairn_memo, child, 104);
AT(cairn_memo, signal, 120);
AT(cairn_memo, signature, 136);
AT(cairn_memo, hash, 152);
AT(cairn_memo, result, 184);
AT(cairn_memo, error_code, 200);
AT(cairn_memo, error_message, 216);
AT(cairn_memo, wake_at, 232);
AT(cairn_memo, created_at, 240);
AT(cairn_memo, begun_at, 248);
AT(cairn_memo, ended_at, 256);
AT(cairn_memo, reserved_, 264);

SIZE(cairn_memos, 16);
AT(cairn_memos, count, 0);
AT(cairn_memos, at, 8);

SIZE(cairn_memo_filter, 88);
AT(cairn_memo_filter, size, 0);
AT(cairn_memo_filter, scope, 8);
AT(cairn_memo_filter, run, 32);
AT(cairn_memo_filter, name, 48);
AT(cairn_memo_filter, statuses, 64);
AT(cairn_memo_filter, limit, 68);
AT(cairn_memo_filter, after, 72);
AT(cairn_memo_filter, compact, 80);
AT(cairn_memo_filter, reserved_, 84);
FULL(cairn_memo_filter, reserved_);

SIZE(cairn_replay_changed, 40);
AT(cairn_replay_changed, status, 0);
AT(cairn_replay_changed, code, 4);
AT(cairn_replay_changed, job_status, 8);
AT(cairn_replay_changed, descendants, 12);
AT(cairn_replay_changed, lease_expires_at, 16);
AT(cairn_replay_changed, reserved_, 24);

SIZE(cairn_resume, 88);
AT(cairn_resume, size, 0);
AT(cairn_resume, scope, 8);
AT(cairn_resume, run, 32);
AT(cairn_resume, owner, 48);
AT(cairn_resume, flags, 64);
AT(cairn_resume, run_number, 68);
AT(cairn_resume, reason, 72);
FULL(cairn_resume, reason);

SIZE(cairn_fork_new, 128);
AT(cairn_fork_new, size, 0);
AT(cairn_fork_new, scope, 8);
AT(cairn_fork_new, source, 32);
AT(cairn_fork_new, name, 48);
AT(cairn_fork_new, seq, 64);
AT(cairn_fork_new, code, 72);
AT(cairn_fork_new, queue, 88);
AT(cairn_fork_new, owner, 104);
AT(cairn_fork_new, run_at, 120);
FULL(cairn_fork_new, run_at);

SIZE(cairn_replay_wait_opts, 56);
AT(cairn_replay_wait_opts, size, 0);
AT(cairn_replay_wait_opts, scope, 8);
AT(cairn_replay_wait_opts, run, 32);
AT(cairn_replay_wait_opts, timeout, 48);
FULL(cairn_replay_wait_opts, timeout);

SIZE(cairn_replay_delete_opts, 88);
AT(cairn_replay_delete_opts, size, 0);
AT(cairn_replay_delete_opts, scope, 8);
AT(cairn_replay_delete_opts, run, 32);
AT(cairn_replay_delete_opts, type, 48);
AT(cairn_replay_delete_opts, statuses, 64);
AT(cairn_replay_delete_opts, limit, 68);
AT(cairn_replay_delete_opts, age, 72);
AT(cairn_replay_delete_opts, dry, 80);
AT(cairn_replay_delete_opts, reserved_, 84);
FULL(cairn_replay_delete_opts, reserved_);

SIZE(cairn_replay_deleted, 64);
AT(cairn_replay_deleted, roots, 0);
AT(cairn_replay_deleted, descendants, 8);
AT(cairn_replay_deleted, steps, 16);
AT(cairn_replay_deleted, signals, 24);
AT(cairn_replay_deleted, entries, 32);
AT(cairn_replay_deleted, live, 40);
AT(cairn_replay_deleted, reserved_, 48);

SIZE(cairn_resource, 88);
AT(cairn_resource, tenant, 0);
AT(cairn_resource, key, 16);
AT(cairn_resource, capacity, 32);
AT(cairn_resource, reserved0_, 36);
AT(cairn_resource, in_use, 40);
AT(cairn_resource, waiting, 48);
AT(cairn_resource, created_at, 56);
AT(cairn_resource, updated_at, 64);
AT(cairn_resource, reserved_, 72);

SIZE(cairn_resources, 16);
AT(cairn_resources, count, 0);
AT(cairn_resources, at, 8);

SIZE(cairn_capacity, 56);
AT(cairn_capacity, tenant, 0);
AT(cairn_capacity, key, 16);
AT(cairn_capacity, capacity, 32);
AT(cairn_capacity, reserved0_, 36);
AT(cairn_capacity, reserved_, 40);

SIZE(cairn_resource_filter, 72);
AT(cairn_resource_filter, size, 0);
AT(cairn_resource_filter, scope, 8);
AT(cairn_resource_filter, after_tenant, 32);
AT(cairn_resource_filter, after_key, 48);
AT(cairn_resource_filter, limit, 64);
AT(cairn_resource_filter, reserved_, 68);
FULL(cairn_resource_filter, reserved_);

SIZE(cairn_schedule, 272);
AT(cairn_schedule, name, 0);
AT(cairn_schedule, type, 16);
AT(cairn_schedule, tenant, 32);
AT(cairn_schedule, queue, 48);
AT(cairn_schedule, owner, 64);
AT(cairn_schedule, payload, 80);
AT(cairn_schedule, cron, 96);
AT(cairn_schedule, zone, 112);
AT(cairn_schedule, jitter, 128);
AT(cairn_schedule, misfire, 136);
AT(cairn_schedule, catch_up, 140);
AT(cairn_schedule, overlap, 144);
AT(cairn_schedule, inactive, 148);
AT(cairn_schedule, next_fire_at, 152);
AT(cairn_schedule, id, 160);
AT(cairn_schedule, last_fire_at, 176);
AT(cairn_schedule, last_job, 184);
AT(cairn_schedule, last_job_status, 200);
AT(cairn_schedule, reserved0_, 204);
AT(cairn_schedule, last_error, 208);
AT(cairn_schedule, created_at, 224);
AT(cairn_schedule, updated_at, 232);
AT(cairn_schedule, reserved_, 240);

SIZE(cairn_schedules, 16);
AT(cairn_schedules, count, 0);
AT(cairn_schedules, at, 8);

SIZE(cairn_names, 16);
AT(cairn_names, count, 0);
AT(cairn_names, at, 8);

SIZE(cairn_schedule_filter, 96);
AT(cairn_schedule_filter, size, 0);
AT(cairn_schedule_filter, scope, 8);
AT(cairn_schedule_filter, contains, 32);
AT(cairn_schedule_filter, type, 48);
AT(cairn_schedule_filter, due_before, 64);
AT(cairn_schedule_filter, after, 72);
AT(cairn_schedule_filter, active, 88);
AT(cairn_schedule_filter, limit, 92);
FULL(cairn_schedule_filter, limit);

SIZE(cairn_fire_opts, 24);
AT(cairn_fire_opts, size, 0);
AT(cairn_fire_opts, limit, 8);
AT(cairn_fire_opts, reserved_, 12);
AT(cairn_fire_opts, grace, 16);
FULL(cairn_fire_opts, grace);

SIZE(cairn_fired, 120);
AT(cairn_fired, name, 0);
AT(cairn_fired, type, 16);
AT(cairn_fired, tenant, 32);
AT(cairn_fired, scheduled_for, 48);
AT(cairn_fired, next_fire_at, 56);
AT(cairn_fired, job, 64);
AT(cairn_fired, what, 80);
AT(cairn_fired, code, 84);
AT(cairn_fired, reserved_, 88);

SIZE(cairn_fire_report, 16);
AT(cairn_fire_report, count, 0);
AT(cairn_fire_report, at, 8);

SIZE(cairn_signal_new, 80);
AT(cairn_signal_new, run, 0);
AT(cairn_signal_new, name, 16);
AT(cairn_signal_new, key, 32);
AT(cairn_signal_new, payload, 48);
AT(cairn_signal_new, reserved_, 64);

SIZE(cairn_signal_sent, 40);
AT(cairn_signal_sent, status, 0);
AT(cairn_signal_sent, code, 4);
AT(cairn_signal_sent, disposition, 8);
AT(cairn_signal_sent, woken, 12);
AT(cairn_signal_sent, seq, 16);
AT(cairn_signal_sent, reserved_, 24);

SIZE(cairn_broadcast, 104);
AT(cairn_broadcast, size, 0);
AT(cairn_broadcast, scope, 8);
AT(cairn_broadcast, type, 32);
AT(cairn_broadcast, name, 48);
AT(cairn_broadcast, key, 64);
AT(cairn_broadcast, payload, 80);
AT(cairn_broadcast, limit, 96);
AT(cairn_broadcast, reserved_, 100);
FULL(cairn_broadcast, reserved_);

SIZE(cairn_broadcast_report, 16);
AT(cairn_broadcast_report, sent, 0);
AT(cairn_broadcast_report, more, 8);
AT(cairn_broadcast_report, reserved_, 12);

SIZE(cairn_signal, 104);
AT(cairn_signal, seq, 0);
AT(cairn_signal, run, 8);
AT(cairn_signal, name, 24);
AT(cairn_signal, key, 40);
AT(cairn_signal, payload, 56);
AT(cairn_signal, sent_at, 72);
AT(cairn_signal, taken_by, 80);
AT(cairn_signal, reserved_, 88);

SIZE(cairn_signals, 16);
AT(cairn_signals, count, 0);
AT(cairn_signals, at, 8);

SIZE(cairn_signal_filter, 80);
AT(cairn_signal_filter, size, 0);
AT(cairn_signal_filter, scope, 8);
AT(cairn_signal_filter, run, 32);
AT(cairn_signal_filter, name, 48);
AT(cairn_signal_filter, after, 64);
AT(cairn_signal_filter, untaken, 72);
AT(cairn_signal_filter, limit, 76);
FULL(cairn_signal_filter, limit);

SIZE(cairn_str, 16);
AT(cairn_str, ptr, 0);
AT(cairn_str, len, 8);

SIZE(cairn_blob, 16);
AT(cairn_blob, ptr, 0);
AT(cairn_blob, len, 8);

SIZE(cairn_id, 16);
AT(cairn_id, bytes, 0);

SIZE(cairn_scope, 24);
AT(cairn_scope, kind, 0);
AT(cairn_scope, reserved_, 4);
AT(cairn_scope, tenant, 8);

SIZE(cairn_upkeep_opts, 16);
AT(cairn_upkeep_opts, size, 0);
AT(cairn_upkeep_opts, limit, 8);
AT(cairn_upkeep_opts, tidy, 12);
FULL(cairn_upkeep_opts, tidy);

SIZE(cairn_upkeep_report, 32);
AT(cairn_upkeep_report, size, 0);
AT(cairn_upkeep_report, unparked, 8);
AT(cairn_upkeep_report, queues, 16);
AT(cairn_upkeep_report, more, 20);
AT(cairn_upkeep_report, tidied, 24);
AT(cairn_upkeep_report, reserved_, 28);
FULL(cairn_upkeep_report, reserved_);

SIZE(cairn_handler, 64);
AT(cairn_handler, type, 0);
AT(cairn_handler, run, 16);
AT(cairn_handler, user, 24);
AT(cairn_handler, reserved_, 32);

SIZE(cairn_worker_event, 128);
AT(cairn_worker_event, size, 0);
AT(cairn_worker_event, kind, 8);
AT(cairn_worker_event, how, 12);
AT(cairn_worker_event, job, 16);
AT(cairn_worker_event, changed, 24);
AT(cairn_worker_event, reaped, 32);
AT(cairn_worker_event, error, 40);
AT(cairn_worker_event, error_code, 48);
AT(cairn_worker_event, error_message, 64);
AT(cairn_worker_event, elapsed, 80);
AT(cairn_worker_event, cancel, 88);
AT(cairn_worker_event, ended, 92);
AT(cairn_worker_event, reported, 96);
AT(cairn_worker_event, lines, 100);
AT(cairn_worker_event, claimed, 104);
AT(cairn_worker_event, reserved_, 108);
AT(cairn_worker_event, loop, 112);
AT(cairn_worker_event, items, 120);
FULL(cairn_worker_event, items);

SIZE(cairn_worker_opts, 256);
AT(cairn_worker_opts, size, 0);
AT(cairn_worker_opts, driver, 8);
AT(cairn_worker_opts, url, 16);
AT(cairn_worker_opts, conn, 24);
AT(cairn_worker_opts, connect, 32);
AT(cairn_worker_opts, connect_user, 40);
AT(cairn_worker_opts, observe, 48);
AT(cairn_worker_opts, observe_user, 56);
AT(cairn_worker_opts, name, 64);
AT(cairn_worker_opts, queue, 80);
AT(cairn_worker_opts, owner, 96);
AT(cairn_worker_opts, handlers, 112);
AT(cairn_worker_opts, handler_count, 120);
AT(cairn_worker_opts, max_jobs, 128);
AT(cairn_worker_opts, lease, 136);
AT(cairn_worker_opts, poll_min, 144);
AT(cairn_worker_opts, poll_max, 152);
AT(cairn_worker_opts, reap_interval, 160);
AT(cairn_worker_opts, drain, 168);
AT(cairn_worker_opts, grace, 176);
AT(cairn_worker_opts, concurrency, 184);
AT(cairn_worker_opts, flags, 188);
AT(cairn_worker_opts, ahead, 192);
AT(cairn_worker_opts, dispatchers, 196);
AT(cairn_worker_opts, promote_interval, 200);
AT(cairn_worker_opts, prune_interval, 208);
AT(cairn_worker_opts, schedule_interval, 216);
AT(cairn_worker_opts, owner_interval, 224);
AT(cairn_worker_opts, version, 232);
AT(cairn_worker_opts, upkeep_interval, 248);
FULL(cairn_worker_opts, upkeep_interval);

SIZE(cairn_worker_counts, 216);
AT(cairn_worker_counts, size, 0);
AT(cairn_worker_counts, claimed, 8);
AT(cairn_worker_counts, finished, 16);
AT(cairn_worker_counts, refused, 88);
AT(cairn_worker_counts, returned, 96);
AT(cairn_worker_counts, abandoned, 104);
AT(cairn_worker_counts, reaped, 112);
AT(cairn_worker_counts, fired, 120);
AT(cairn_worker_counts, promoted, 128);
AT(cairn_worker_counts, pruned, 136);
AT(cairn_worker_counts, turns, 144);
AT(cairn_worker_counts, beats, 152);
AT(cairn_worker_counts, polls, 160);
AT(cairn_worker_counts, wakes, 168);
AT(cairn_worker_counts, troubles, 176);
AT(cairn_worker_counts, running, 184);
AT(cairn_worker_counts, waiting, 192);
AT(cairn_worker_counts, unsaid, 200);
AT(cairn_worker_counts, unparked, 208);
FULL(cairn_worker_counts, unparked);

SIZE(cairn_exec, 40);
AT(cairn_exec, size, 0);
AT(cairn_exec, command, 8);
AT(cairn_exec, argv, 16);
AT(cairn_exec, max_output, 24);
AT(cairn_exec, kill_after, 32);
FULL(cairn_exec, kill_after);

SIZE(cairn_fork, 32);
AT(cairn_fork, size, 0);
AT(cairn_fork, run, 8);
AT(cairn_fork, user, 16);
AT(cairn_fork, kill_after, 24);
FULL(cairn_fork, kill_after);

SIZE(cairn_run_added, 56);
AT(cairn_run_added, id, 0);
AT(cairn_run_added, status, 16);
AT(cairn_run_added, code, 20);
AT(cairn_run_added, disposition, 24);
AT(cairn_run_added, run_status, 28);
AT(cairn_run_added, step, 32);
AT(cairn_run_added, reserved0_, 36);
AT(cairn_run_added, reserved_, 40);

SIZE(cairn_run_counts, 24);
AT(cairn_run_counts, blocked, 0);
AT(cairn_run_counts, waiting, 4);
AT(cairn_run_counts, enqueued, 8);
AT(cairn_run_counts, succeeded, 12);
AT(cairn_run_counts, failed, 16);
AT(cairn_run_counts, canceled, 20);

SIZE(cairn_run, 352);
AT(cairn_run, id, 0);
AT(cairn_run, type, 16);
AT(cairn_run, tenant, 32);
AT(cairn_run, status, 48);
AT(cairn_run, on_failure, 52);
AT(cairn_run, metadata, 56);
AT(cairn_run, key, 72);
AT(cairn_run, active_key, 88);
AT(cairn_run, result_step, 104);
AT(cairn_run, result, 120);
AT(cairn_run, counts, 136);
AT(cairn_run, status_reason, 160);
AT(cairn_run, error_code, 176);
AT(cairn_run, error_message, 192);
AT(cairn_run, source, 208);
AT(cairn_run, recovery_key, 224);
AT(cairn_run, recovery_reason, 240);
AT(cairn_run, recovery_step, 256);
AT(cairn_run, events, 272);
AT(cairn_run, created_at, 280);
AT(cairn_run, updated_at, 288);
AT(cairn_run, finished_at, 296);
AT(cairn_run, request, 304);
AT(cairn_run, reserved_, 320);

SIZE(cairn_runs, 16);
AT(cairn_runs, count, 0);
AT(cairn_runs, at, 8);

SIZE(cairn_run_filter, 112);
AT(cairn_run_filter, size, 0);
AT(cairn_run_filter, scope, 8);
AT(cairn_run_filter, type, 32);
AT(cairn_run_filter, key, 48);
AT(cairn_run_filter, source, 64);
AT(cairn_run_filter, statuses, 80);
AT(cairn_run_filter, limit, 84);
AT(cairn_run_filter, after, 88);
AT(cairn_run_filter, compact, 104);
AT(cairn_run_filter, reserved_, 108);
FULL(cairn_run_filter, reserved_);

SIZE(cairn_step, 352);
AT(cairn_step, id, 0);
AT(cairn_step, run, 16);
AT(cairn_step, key, 32);
AT(cairn_step, kind, 48);
AT(cairn_step, status, 52);
AT(cairn_step, set, 56);
AT(cairn_step, priority, 60);
AT(cairn_step, type, 64);
AT(cairn_step, queue, 80);
AT(cairn_step, tenant, 96);
AT(cairn_step, payload, 112);
AT(cairn_step, owner, 128);
AT(cairn_step, resource_key, 144);
AT(cairn_step, stage, 160);
AT(cairn_step, timeout, 176);
AT(cairn_step, deadline, 184);
AT(cairn_step, max_attempts, 192);
AT(cairn_step, prerequisites, 196);
AT(cairn_step, pending, 200);
AT(cairn_step, unsatisfied, 204);
AT(cairn_step, run_number, 208);
AT(cairn_step, attempt, 212);
AT(cairn_step, created_at, 216);
AT(cairn_step, released_at, 224);
AT(cairn_step, started_at, 232);
AT(cairn_step, finished_at, 240);
AT(cairn_step, deadline_at, 248);
AT(cairn_step, status_reason, 256);
AT(cairn_step, error_code, 272);
AT(cairn_step, error_message, 288);
AT(cairn_step, output, 304);
AT(cairn_step, reserved_, 320);

SIZE(cairn_steps, 16);
AT(cairn_steps, count, 0);
AT(cairn_steps, at, 8);

SIZE(cairn_step_filter, 96);
AT(cairn_step_filter, size, 0);
AT(cairn_step_filter, scope, 8);
AT(cairn_step_filter, run, 32);
AT(cairn_step_filter, key, 48);
AT(cairn_step_filter, statuses, 64);
AT(cairn_step_filter, limit, 68);
AT(cairn_step_filter, after, 72);
AT(cairn_step_filter, compact, 88);
AT(cairn_step_filter, reserved_, 92);
FULL(cairn_step_filter, reserved_);

SIZE(cairn_run_edge, 88);
AT(cairn_run_edge, prerequisite, 0);
AT(cairn_run_edge, dependent, 16);
AT(cairn_run_edge, mode, 32);
AT(cairn_run_edge, reserved0_, 36);
AT(cairn_run_edge, prerequisite_key, 40);
AT(cairn_run_edge, dependent_key, 56);
AT(cairn_run_edge, reserved_, 72);

SIZE(cairn_run_edges_result, 16);
AT(cairn_run_edges_result, count, 0);
AT(cairn_run_edges_result, at, 8);

SIZE(cairn_edge_filter, 88);
AT(cairn_edge_filter, size, 0);
AT(cairn_edge_filter, scope, 8);
AT(cairn_edge_filter, run, 32);
AT(cairn_edge_filter, after_dependent, 48);
AT(cairn_edge_filter, after_prerequisite, 64);
AT(cairn_edge_filter, limit, 80);
AT(cairn_edge_filter, reserved_, 84);
FULL(cairn_edge_filter, reserved_);

SIZE(cairn_run_event, 152);
AT(cairn_run_event, seq, 0);
AT(cairn_run_event, at, 8);
AT(cairn_run_event, kind, 16);
AT(cairn_run_event, run_status, 20);
AT(cairn_run_event, step_status, 24);
AT(cairn_run_event, job_kind, 28);
AT(cairn_run_event, step, 32);
AT(cairn_run_event, step_key, 48);
AT(cairn_run_event, reason, 64);
AT(cairn_run_event, error_code, 80);
AT(cairn_run_event, error_message, 96);
AT(cairn_run_event, payload, 112);
AT(cairn_run_event, run_number, 128);
AT(cairn_run_event, attempt, 132);
AT(cairn_run_event, reserved_, 136);

SIZE(cairn_run_events_result, 16);
AT(cairn_run_events_result, count, 0);
AT(cairn_run_events_result, at, 8);

SIZE(cairn_run_event_filter, 88);
AT(cairn_run_event_filter, size, 0);
AT(cairn_run_event_filter, scope, 8);
AT(cairn_run_event_filter, run, 32);
AT(cairn_run_event_filter, jobs, 48);
AT(cairn_run_event_filter, limit, 52);
AT(cairn_run_event_filter, after_seq, 56);
AT(cairn_run_event_filter, after_at, 64);
AT(cairn_run_event_filter, after_step, 72);
FULL(cairn_run_event_filter, after_step);

SIZE(cairn_completion, 144);
AT(cairn_completion, scope, 0);
AT(cairn_completion, run, 24);
AT(cairn_completion, step, 40);
AT(cairn_completion, to, 56);
AT(cairn_completion, reserved0_, 60);
AT(cairn_completion, output, 64);
AT(cairn_completion, reason, 80);
AT(cairn_completion, error_code, 96);
AT(cairn_completion, error_message, 112);
AT(cairn_completion, reserved_, 128);

SIZE(cairn_completed, 48);
AT(cairn_completed, status, 0);
AT(cairn_completed, code, 4);
AT(cairn_completed, step_status, 8);
AT(cairn_completed, run_status, 12);
AT(cairn_completed, step, 16);
AT(cairn_completed, repeated, 32);
AT(cairn_completed, reserved0_, 36);
AT(cairn_completed, reserved_, 40);

SIZE(cairn_append, 112);
AT(cairn_append, size, 0);
AT(cairn_append, scope, 8);
AT(cairn_append, run, 32);
AT(cairn_append, key, 48);
AT(cairn_append, window, 64);
AT(cairn_append, metadata, 80);
AT(cairn_append, steps, 96);
AT(cairn_append, n, 104);
FULL(cairn_append, n);

SIZE(cairn_appended, 24);
AT(cairn_appended, count, 0);
AT(cairn_appended, at, 8);
AT(cairn_appended, disposition, 16);
AT(cairn_appended, run_status, 20);

SIZE(cairn_run_cancel_opts, 96);
AT(cairn_run_cancel_opts, size, 0);
AT(cairn_run_cancel_opts, scope, 8);
AT(cairn_run_cancel_opts, runs, 32);
AT(cairn_run_cancel_opts, n, 40);
AT(cairn_run_cancel_opts, reason, 48);
AT(cairn_run_cancel_opts, error_code, 64);
AT(cairn_run_cancel_opts, error_message, 80);
FULL(cairn_run_cancel_opts, error_message);

SIZE(cairn_run_changed, 24);
AT(cairn_run_changed, status, 0);
AT(cairn_run_changed, code, 4);
AT(cairn_run_changed, run_status, 8);
AT(cairn_run_changed, canceled, 12);
AT(cairn_run_changed, reserved_, 16);

SIZE(cairn_recovery, 96);
AT(cairn_recovery, size, 0);
AT(cairn_recovery, scope, 8);
AT(cairn_recovery, source, 32);
AT(cairn_recovery, step, 48);
AT(cairn_recovery, key, 64);
AT(cairn_recovery, reason, 80);
FULL(cairn_recovery, reason);

SIZE(cairn_run_wait_opts, 64);
AT(cairn_run_wait_opts, size, 0);
AT(cairn_run_wait_opts, scope, 8);
AT(cairn_run_wait_opts, run, 32);
AT(cairn_run_wait_opts, timeout, 48);
AT(cairn_run_wait_opts, result, 56);
AT(cairn_run_wait_opts, reserved_, 60);
FULL(cairn_run_wait_opts, reserved_);

SIZE(cairn_run_prune_filter, 64);
AT(cairn_run_prune_filter, size, 0);
AT(cairn_run_prune_filter, scope, 8);
AT(cairn_run_prune_filter, type, 32);
AT(cairn_run_prune_filter, statuses, 48);
AT(cairn_run_prune_filter, limit, 52);
AT(cairn_run_prune_filter, age, 56);
FULL(cairn_run_prune_filter, age);

SIZE(cairn_writer_opts, 56);
AT(cairn_writer_opts, size, 0);
AT(cairn_writer_opts, driver, 8);
AT(cairn_writer_opts, url, 16);
AT(cairn_writer_opts, conn, 24);
AT(cairn_writer_opts, connect, 32);
AT(cairn_writer_opts, connect_user, 40);
AT(cairn_writer_opts, max_batch, 48);
AT(cairn_writer_opts, reserved_, 52);
FULL(cairn_writer_opts, reserved_);

SIZE(cairn_budget_set_plan, 56);
AT(cairn_budget_set_plan, scope, 0);
AT(cairn_budget_set_plan, run, 24);
AT(cairn_budget_set_plan, axes, 40);
AT(cairn_budget_set_plan, n, 48);

SIZE(cairn_budget_item, 72);
AT(cairn_budget_item, run, 0);
AT(cairn_budget_item, axis, 16);
AT(cairn_budget_item, source_type, 32);
AT(cairn_budget_item, source_id, 48);
AT(cairn_budget_item, amount, 64);

SIZE(cairn_budget_plan, 80);
AT(cairn_budget_plan, scope, 0);
AT(cairn_budget_plan, verb, 24);
AT(cairn_budget_plan, all, 28);
AT(cairn_budget_plan, items, 32);
AT(cairn_budget_plan, n, 40);
AT(cairn_budget_plan, duration, 48);
AT(cairn_budget_plan, lease, 56);
AT(cairn_budget_plan, fence, 72);

SIZE(cairn_budget_result, 32);
AT(cairn_budget_result, how, 0);
AT(cairn_budget_result, limited, 4);
AT(cairn_budget_result, total, 8);
AT(cairn_budget_result, spent, 16);
AT(cairn_budget_result, reserved, 24);

SIZE(cairn_entry_query, 72);
AT(cairn_entry_query, scope, 0);
AT(cairn_entry_query, run, 24);
AT(cairn_entry_query, axis, 40);
AT(cairn_entry_query, after, 56);
AT(cairn_entry_query, limit, 64);
AT(cairn_entry_query, reserved_, 68);

SIZE(cairn_budget_ops, 40);
AT(cairn_budget_ops, size, 0);
AT(cairn_budget_ops, set, 8);
AT(cairn_budget_ops, write, 16);
AT(cairn_budget_ops, read, 24);
AT(cairn_budget_ops, entries, 32);
FULL(cairn_budget_ops, entries);

SIZE(cairn_config_plan, 24);
AT(cairn_config_plan, configs, 0);
AT(cairn_config_plan, n, 8);
AT(cairn_config_plan, keep, 16);
AT(cairn_config_plan, reserved_, 20);

SIZE(cairn_config_query, 40);
AT(cairn_config_query, type, 0);
AT(cairn_config_query, after, 16);
AT(cairn_config_query, limit, 32);
AT(cairn_config_query, reserved_, 36);

SIZE(cairn_metrics_query, 72);
AT(cairn_metrics_query, scope, 0);
AT(cairn_metrics_query, type, 24);
AT(cairn_metrics_query, after, 40);
AT(cairn_metrics_query, window, 56);
AT(cairn_metrics_query, limit, 64);
AT(cairn_metrics_query, reserved_, 68);

SIZE(cairn_catalog_ops, 40);
AT(cairn_catalog_ops, size, 0);
AT(cairn_catalog_ops, config_put, 8);
AT(cairn_catalog_ops, configs, 16);
AT(cairn_catalog_ops, metrics, 24);
AT(cairn_catalog_ops, summary, 32);
FULL(cairn_catalog_ops, summary);

SIZE(cairn_checkpoint_insert, 192);
AT(cairn_checkpoint_insert, thread, 0);
AT(cairn_checkpoint_insert, ns, 16);
AT(cairn_checkpoint_insert, id, 32);
AT(cairn_checkpoint_insert, parent, 48);
AT(cairn_checkpoint_insert, step, 64);
AT(cairn_checkpoint_insert, state, 72);
AT(cairn_checkpoint_insert, metadata, 88);
AT(cairn_checkpoint_insert, tags, 104);
AT(cairn_checkpoint_insert, next_node, 120);
AT(cairn_checkpoint_insert, run, 136);
AT(cairn_checkpoint_insert, expected, 152);
AT(cairn_checkpoint_insert, lock, 168);
AT(cairn_checkpoint_insert, format, 176);
AT(cairn_checkpoint_insert, payload_version, 180);
AT(cairn_checkpoint_insert, expects, 184);
AT(cairn_checkpoint_insert, branches, 188);

SIZE(cairn_checkpoint_plan, 32);
AT(cairn_checkpoint_plan, tenant, 0);
AT(cairn_checkpoint_plan, items, 16);
AT(cairn_checkpoint_plan, n, 24);

SIZE(cairn_checkpoint_put_found, 24);
AT(cairn_checkpoint_put_found, result, 0);
AT(cairn_checkpoint_put_found, reserved_, 4);
AT(cairn_checkpoint_put_found, write_seq, 8);
AT(cairn_checkpoint_put_found, created_at, 16);

SIZE(cairn_checkpoint_write_plan, 48);
AT(cairn_checkpoint_write_plan, tenant, 0);
AT(cairn_checkpoint_write_plan, thread, 16);
AT(cairn_checkpoint_write_plan, writes, 32);
AT(cairn_checkpoint_write_plan, n, 40);

SIZE(cairn_checkpoint_key, 32);
AT(cairn_checkpoint_key, thread, 0);
AT(cairn_checkpoint_key, id, 16);

SIZE(cairn_checkpoint_query, 136);
AT(cairn_checkpoint_query, tenant, 0);
AT(cairn_checkpoint_query, keys, 16);
AT(cairn_checkpoint_query, key_count, 24);
AT(cairn_checkpoint_query, thread, 32);
AT(cairn_checkpoint_query, ns, 48);
AT(cairn_checkpoint_query, run, 64);
AT(cairn_checkpoint_query, tags, 80);
AT(cairn_checkpoint_query, tag_count, 88);
AT(cairn_checkpoint_query, after_thread, 96);
AT(cairn_checkpoint_query, before, 112);
AT(cairn_checkpoint_query, limit, 120);
AT(cairn_checkpoint_query, one_ns, 124);
AT(cairn_checkpoint_query, states, 128);
AT(cairn_checkpoint_query, reserved_, 132);

SIZE(cairn_thread_query, 56);
AT(cairn_thread_query, tenant, 0);
AT(cairn_thread_query, prefix, 16);
AT(cairn_thread_query, after, 32);
AT(cairn_thread_query, limit, 48);
AT(cairn_thread_query, reserved_, 52);

SIZE(cairn_checkpoint_delete_plan, 80);
AT(cairn_checkpoint_delete_plan, tenant, 0);
AT(cairn_checkpoint_delete_plan, threads, 16);
AT(cairn_checkpoint_delete_plan, thread_count, 24);
AT(cairn_checkpoint_delete_plan, runs, 32);
AT(cairn_checkpoint_delete_plan, run_count, 40);
AT(cairn_checkpoint_delete_plan, thread, 48);
AT(cairn_checkpoint_delete_plan, keep, 64);
AT(cairn_checkpoint_delete_plan, limit, 68);
AT(cairn_checkpoint_delete_plan, older_than, 72);

SIZE(cairn_checkpoint_ops, 64);
AT(cairn_checkpoint_ops, size, 0);
AT(cairn_checkpoint_ops, put, 8);
AT(cairn_checkpoint_ops, list, 16);
AT(cairn_checkpoint_ops, write, 24);
AT(cairn_checkpoint_ops, writes, 32);
AT(cairn_checkpoint_ops, threads, 40);
AT(cairn_checkpoint_ops, remove, 48);
AT(cairn_checkpoint_ops, copy, 56);
FULL(cairn_checkpoint_ops, copy);

SIZE(cairn_conn_ops, 80);
AT(cairn_conn_ops, size, 0);
AT(cairn_conn_ops, open, 8);
AT(cairn_conn_ops, close, 16);
AT(cairn_conn_ops, begin, 24);
AT(cairn_conn_ops, commit, 32);
AT(cairn_conn_ops, rollback, 40);
AT(cairn_conn_ops, now, 48);
AT(cairn_conn_ops, adopt, 56);
AT(cairn_conn_ops, in_tx, 64);
AT(cairn_conn_ops, interrupt, 72);
FULL(cairn_conn_ops, interrupt);

SIZE(cairn_driver, 184);
AT(cairn_driver, size, 0);
AT(cairn_driver, api, 8);
AT(cairn_driver, caps, 12);
AT(cairn_driver, name, 16);
AT(cairn_driver, schemes, 24);
AT(cairn_driver, self_size, 32);
AT(cairn_driver, conn, 40);
AT(cairn_driver, migrations, 48);
AT(cairn_driver, jobs, 56);
AT(cairn_driver, set, 64);
AT(cairn_driver, set_count, 72);
AT(cairn_driver, intents, 80);
AT(cairn_driver, catalog, 88);
AT(cairn_driver, schedules, 96);
AT(cairn_driver, queues, 104);
AT(cairn_driver, resources, 112);
AT(cairn_driver, owners, 120);
AT(cairn_driver, checkpoints, 128);
AT(cairn_driver, memory, 136);
AT(cairn_driver, log, 144);
AT(cairn_driver, locks, 152);
AT(cairn_driver, workflows, 160);
AT(cairn_driver, replays, 168);
AT(cairn_driver, budgets, 176);
FULL(cairn_driver, budgets);

SIZE(cairn_settings, 40);
AT(cairn_settings, size, 0);
AT(cairn_settings, lock_timeout, 8);
AT(cairn_settings, statement_timeout, 16);
AT(cairn_settings, max_json, 24);
AT(cairn_settings, flush_each, 32);
AT(cairn_settings, reserved_, 36);
FULL(cairn_settings, reserved_);

SIZE(cairn_url_param, 48);
AT(cairn_url_param, name, 0);
AT(cairn_url_param, value, 16);
AT(cairn_url_param, raw, 32);

SIZE(cairn_url, 80);
AT(cairn_url, text, 0);
AT(cairn_url, scheme, 16);
AT(cairn_url, rest, 32);
AT(cairn_url, path, 48);
AT(cairn_url, params, 64);
AT(cairn_url, count, 72);

SIZE(cairn_intent_plan, 16);
AT(cairn_intent_plan, requests, 0);
AT(cairn_intent_plan, n, 8);

SIZE(cairn_intent_found, 72);
AT(cairn_intent_found, result, 0);
AT(cairn_intent_found, status, 4);
AT(cairn_intent_found, id, 8);
AT(cairn_intent_found, job, 24);
AT(cairn_intent_found, request_hash, 40);

SIZE(cairn_take_plan, 32);
AT(cairn_take_plan, types, 0);
AT(cairn_take_plan, type_count, 8);
AT(cairn_take_plan, id, 16);
AT(cairn_take_plan, limit, 24);
AT(cairn_take_plan, peek, 28);

SIZE(cairn_settle, 80);
AT(cairn_settle, id, 0);
AT(cairn_settle, attempts, 16);
AT(cairn_settle, to, 20);
AT(cairn_settle, job, 24);
AT(cairn_settle, retry_after, 40);
AT(cairn_settle, error_code, 48);
AT(cairn_settle, error_message, 64);

SIZE(cairn_settle_plan, 16);
AT(cairn_settle_plan, intents, 0);
AT(cairn_settle_plan, n, 8);

SIZE(cairn_intent_query, 80);
AT(cairn_intent_query, scope, 0);
AT(cairn_intent_query, id, 24);
AT(cairn_intent_query, type, 32);
AT(cairn_intent_query, statuses, 48);
AT(cairn_intent_query, limit, 52);
AT(cairn_intent_query, after, 56);
AT(cairn_intent_query, compact, 72);
AT(cairn_intent_query, reserved_, 76);

SIZE(cairn_intent_stats_query, 72);
AT(cairn_intent_stats_query, scope, 0);
AT(cairn_intent_stats_query, type, 24);
AT(cairn_intent_stats_query, after, 40);
AT(cairn_intent_stats_query, window, 56);
AT(cairn_intent_stats_query, limit, 64);
AT(cairn_intent_stats_query, reserved_, 68);

SIZE(cairn_intent_prune_plan, 40);
AT(cairn_intent_prune_plan, scope, 0);
AT(cairn_intent_prune_plan, before, 24);
AT(cairn_intent_prune_plan, limit, 32);
AT(cairn_intent_prune_plan, reserved_, 36);

SIZE(cairn_intent_ops, 56);
AT(cairn_intent_ops, size, 0);
AT(cairn_intent_ops, record, 8);
AT(cairn_intent_ops, take, 16);
AT(cairn_intent_ops, settle, 24);
AT(cairn_intent_ops, list, 32);
AT(cairn_intent_ops, metrics, 40);
AT(cairn_intent_ops, prune, 48);
FULL(cairn_intent_ops, prune);

SIZE(cairn_define_plan, 48);
AT(cairn_define_plan, mode, 0);
AT(cairn_define_plan, patch, 4);
AT(cairn_define_plan, definitions, 8);
AT(cairn_define_plan, n, 16);
AT(cairn_define_plan, absent, 24);
AT(cairn_define_plan, absent_count, 32);
AT(cairn_define_plan, disabled, 40);

SIZE(cairn_definition_query, 56);
AT(cairn_definition_query, type, 0);
AT(cairn_definition_query, contains, 16);
AT(cairn_definition_query, after, 32);
AT(cairn_definition_query, limit, 48);
AT(cairn_definition_query, reserved_, 52);

SIZE(cairn_job_insert, 224);
AT(cairn_job_insert, id, 0);
AT(cairn_job_insert, queue, 16);
AT(cairn_job_insert, type, 32);
AT(cairn_job_insert, tenant, 48);
AT(cairn_job_insert, payload, 64);
AT(cairn_job_insert, owner, 80);
AT(cairn_job_insert, resource_key, 96);
AT(cairn_job_insert, stage, 112);
AT(cairn_job_insert, key, 128);
AT(cairn_job_insert, request, 144);
AT(cairn_job_insert, request_hash, 160);
AT(cairn_job_insert, run_at, 192);
AT(cairn_job_insert, timeout, 200);
AT(cairn_job_insert, max_attempts, 208);
AT(cairn_job_insert, priority, 212);
AT(cairn_job_insert, set, 216);
AT(cairn_job_insert, reserved_, 220);

SIZE(cairn_job_inserted, 64);
AT(cairn_job_inserted, result, 0);
AT(cairn_job_inserted, status, 4);
AT(cairn_job_inserted, id, 8);
AT(cairn_job_inserted, request_hash, 24);
AT(cairn_job_inserted, run_number, 56);
AT(cairn_job_inserted, reserved_, 60);

SIZE(cairn_enqueue_plan, 24);
AT(cairn_enqueue_plan, jobs, 0);
AT(cairn_enqueue_plan, n, 8);
AT(cairn_enqueue_plan, record, 16);
AT(cairn_enqueue_plan, reserved_, 20);

SIZE(cairn_claim_plan, 88);
AT(cairn_claim_plan, queue, 0);
AT(cairn_claim_plan, worker, 16);
AT(cairn_claim_plan, owner, 32);
AT(cairn_claim_plan, types, 48);
AT(cairn_claim_plan, type_count, 56);
AT(cairn_claim_plan, lease, 64);
AT(cairn_claim_plan, limit, 72);
AT(cairn_claim_plan, record, 76);
AT(cairn_claim_plan, prestart, 80);
AT(cairn_claim_plan, reserved_, 84);

SIZE(cairn_change, 304);
AT(cairn_change, id, 0);
AT(cairn_change, fence, 16);
AT(cairn_change, guard, 24);
AT(cairn_change, from, 28);
AT(cairn_change, scope, 32);
AT(cairn_change, to, 56);
AT(cairn_change, ending, 60);
AT(cairn_change, set, 64);
AT(cairn_change, events, 68);
AT(cairn_change, run_after, 72);
AT(cairn_change, not_before, 80);
AT(cairn_change, lease, 88);
AT(cairn_change, reason, 96);
AT(cairn_change, error_code, 112);
AT(cairn_change, error_message, 128);
AT(cairn_change, output, 144);
AT(cairn_change, stage, 160);
AT(cairn_change, checkpoint, 176);
AT(cairn_change, owner, 192);
AT(cairn_change, payload, 208);
AT(cairn_change, data, 224);
AT(cairn_change, progress_done, 240);
AT(cairn_change, progress_total, 248);
AT(cairn_change, updated_at, 256);
AT(cairn_change, run_number, 264);
AT(cairn_change, priority, 268);
AT(cairn_change, of, 272);
AT(cairn_change, reserved0_, 276);
AT(cairn_change, reserved_, 280);

SIZE(cairn_change_result, 24);
AT(cairn_change_result, hit, 0);
AT(cairn_change_result, run_number, 4);
AT(cairn_change_result, run_at, 8);
AT(cairn_change_result, lease_expires_at, 16);

SIZE(cairn_change_plan, 48);
AT(cairn_change_plan, changes, 0);
AT(cairn_change_plan, n, 8);
AT(cairn_change_plan, claim, 16);
AT(cairn_change_plan, lines, 24);
AT(cairn_change_plan, line_count, 32);
AT(cairn_change_plan, line_hits, 40);

SIZE(cairn_event_record, 184);
AT(cairn_event_record, seq, 0);
AT(cairn_event_record, kind, 8);
AT(cairn_event_record, run_number, 12);
AT(cairn_event_record, attempt, 16);
AT(cairn_event_record, reserved_, 20);
AT(cairn_event_record, at, 24);
AT(cairn_event_record, stage, 32);
AT(cairn_event_record, progress_done, 48);
AT(cairn_event_record, progress_total, 56);
AT(cairn_event_record, worker, 64);
AT(cairn_event_record, reason, 80);
AT(cairn_event_record, error_code, 96);
AT(cairn_event_record, error_message, 112);
AT(cairn_event_record, detail, 128);
AT(cairn_event_record, data, 144);
AT(cairn_event_record, duration, 160);
AT(cairn_event_record, until, 168);
AT(cairn_event_record, requested, 176);

SIZE(cairn_reap_plan, 80);
AT(cairn_reap_plan, limit, 0);
AT(cairn_reap_plan, events, 4);
AT(cairn_reap_plan, retry_delay, 8);
AT(cairn_reap_plan, error_code, 16);
AT(cairn_reap_plan, error_message, 32);
AT(cairn_reap_plan, release_reason, 48);
AT(cairn_reap_plan, release_data, 64);

SIZE(cairn_job_query, 120);
AT(cairn_job_query, scope, 0);
AT(cairn_job_query, ids, 24);
AT(cairn_job_query, id_count, 32);
AT(cairn_job_query, queue, 40);
AT(cairn_job_query, type, 56);
AT(cairn_job_query, statuses, 72);
AT(cairn_job_query, limit, 76);
AT(cairn_job_query, created_from, 80);
AT(cairn_job_query, created_to, 88);
AT(cairn_job_query, after, 96);
AT(cairn_job_query, compact, 112);
AT(cairn_job_query, reserved_, 116);

SIZE(cairn_history_query, 56);
AT(cairn_history_query, scope, 0);
AT(cairn_history_query, job, 24);
AT(cairn_history_query, after, 40);
AT(cairn_history_query, limit, 48);
AT(cairn_history_query, reserved_, 52);

SIZE(cairn_dead_query, 80);
AT(cairn_dead_query, scope, 0);
AT(cairn_dead_query, job, 24);
AT(cairn_dead_query, type, 40);
AT(cairn_dead_query, after, 56);
AT(cairn_dead_query, limit, 72);
AT(cairn_dead_query, reserved_, 76);

SIZE(cairn_rerun_item, 88);
AT(cairn_rerun_item, id, 0);
AT(cairn_rerun_item, source, 16);
AT(cairn_rerun_item, run_number, 32);
AT(cairn_rerun_item, reserved_, 36);
AT(cairn_rerun_item, key, 40);
AT(cairn_rerun_item, reason, 56);
AT(cairn_rerun_item, data, 72);

SIZE(cairn_rerun_done, 32);
AT(cairn_rerun_done, result, 0);
AT(cairn_rerun_done, status, 4);
AT(cairn_rerun_done, id, 8);
AT(cairn_rerun_done, run_number, 24);
AT(cairn_rerun_done, reserved_, 28);

SIZE(cairn_rerun_plan, 48);
AT(cairn_rerun_plan, items, 0);
AT(cairn_rerun_plan, n, 8);
AT(cairn_rerun_plan, scope, 16);
AT(cairn_rerun_plan, record, 40);
AT(cairn_rerun_plan, reserved_, 44);

SIZE(cairn_log_item, 88);
AT(cairn_log_item, id, 0);
AT(cairn_log_item, fence, 16);
AT(cairn_log_item, guard, 24);
AT(cairn_log_item, level, 28);
AT(cairn_log_item, scope, 32);
AT(cairn_log_item, message, 56);
AT(cairn_log_item, data, 72);

SIZE(cairn_prune_plan, 72);
AT(cairn_prune_plan, scope, 0);
AT(cairn_prune_plan, queue, 24);
AT(cairn_prune_plan, type, 40);
AT(cairn_prune_plan, statuses, 56);
AT(cairn_prune_plan, limit, 60);
AT(cairn_prune_plan, age, 64);

SIZE(cairn_wait_plan, 24);
AT(cairn_wait_plan, queues, 0);
AT(cairn_wait_plan, queue_count, 8);
AT(cairn_wait_plan, timeout, 16);

SIZE(cairn_due, 16);
AT(cairn_due, due, 0);
AT(cairn_due, reserved_, 4);
AT(cairn_due, next, 8);

SIZE(cairn_job_ops, 160);
AT(cairn_job_ops, size, 0);
AT(cairn_job_ops, define, 8);
AT(cairn_job_ops, definitions, 16);
AT(cairn_job_ops, enqueue, 24);
AT(cairn_job_ops, claim, 32);
AT(cairn_job_ops, change, 40);
AT(cairn_job_ops, reap, 48);
AT(cairn_job_ops, list, 56);
AT(cairn_job_ops, attempts, 64);
AT(cairn_job_ops, events, 72);
AT(cairn_job_ops, dead, 80);
AT(cairn_job_ops, replay, 88);
AT(cairn_job_ops, log, 96);
AT(cairn_job_ops, logs, 104);
AT(cairn_job_ops, prune, 112);
AT(cairn_job_ops, waiting, 120);
AT(cairn_job_ops, wait, 128);
AT(cairn_job_ops, unwait, 136);
AT(cairn_job_ops, unpark, 144);
AT(cairn_job_ops, tidy, 152);
FULL(cairn_job_ops, tidy);

SIZE(cairn_text, 48);
AT(cairn_text, ptr, 0);
AT(cairn_text, len, 8);
AT(cairn_text, cap, 16);
AT(cairn_text, alloc, 24);
AT(cairn_text, alloc_user, 32);
AT(cairn_text, failed, 40);
AT(cairn_text, reserved_, 44);

SIZE(cairn_lock_plan, 56);
AT(cairn_lock_plan, tenant, 0);
AT(cairn_lock_plan, name, 16);
AT(cairn_lock_plan, holder, 32);
AT(cairn_lock_plan, ttl, 48);

SIZE(cairn_lock_change, 56);
AT(cairn_lock_change, tenant, 0);
AT(cairn_lock_change, name, 16);
AT(cairn_lock_change, fence, 32);
AT(cairn_lock_change, ttl, 40);
AT(cairn_lock_change, act, 48);
AT(cairn_lock_change, reserved_, 52);

SIZE(cairn_lock_query, 56);
AT(cairn_lock_query, tenant, 0);
AT(cairn_lock_query, prefix, 16);
AT(cairn_lock_query, after, 32);
AT(cairn_lock_query, limit, 48);
AT(cairn_lock_query, reserved_, 52);

SIZE(cairn_lock_ops, 40);
AT(cairn_lock_ops, size, 0);
AT(cairn_lock_ops, take, 8);
AT(cairn_lock_ops, change, 16);
AT(cairn_lock_ops, list, 24);
AT(cairn_lock_ops, prune, 32);
FULL(cairn_lock_ops, prune);

SIZE(cairn_log_plan, 64);
AT(cairn_log_plan, tenant, 0);
AT(cairn_log_plan, thread, 16);
AT(cairn_log_plan, events, 32);
AT(cairn_log_plan, n, 40);
AT(cairn_log_plan, expected, 48);
AT(cairn_log_plan, lock, 56);

SIZE(cairn_log_query, 48);
AT(cairn_log_query, tenant, 0);
AT(cairn_log_query, thread, 16);
AT(cairn_log_query, after, 32);
AT(cairn_log_query, limit, 40);
AT(cairn_log_query, reserved_, 44);

SIZE(cairn_log_place, 16);
AT(cairn_log_place, head, 0);
AT(cairn_log_place, watermark, 8);

SIZE(cairn_log_cut, 48);
AT(cairn_log_cut, tenant, 0);
AT(cairn_log_cut, thread, 16);
AT(cairn_log_cut, upto, 32);
AT(cairn_log_cut, limit, 40);
AT(cairn_log_cut, deletes, 44);

SIZE(cairn_log_list_query, 56);
AT(cairn_log_list_query, tenant, 0);
AT(cairn_log_list_query, prefix, 16);
AT(cairn_log_list_query, after, 32);
AT(cairn_log_list_query, limit, 48);
AT(cairn_log_list_query, reserved_, 52);

SIZE(cairn_log_ops, 56);
AT(cairn_log_ops, size, 0);
AT(cairn_log_ops, append, 8);
AT(cairn_log_ops, read, 16);
AT(cairn_log_ops, archive, 24);
AT(cairn_log_ops, list, 32);
AT(cairn_log_ops, wait, 40);
AT(cairn_log_ops, unwait, 48);
FULL(cairn_log_ops, unwait);

SIZE(cairn_memory_write, 120);
AT(cairn_memory_write, ns, 0);
AT(cairn_memory_write, key, 16);
AT(cairn_memory_write, value, 32);
AT(cairn_memory_write, metadata, 48);
AT(cairn_memory_write, tags, 64);
AT(cairn_memory_write, ttl, 80);
AT(cairn_memory_write, revision, 88);
AT(cairn_memory_write, lock, 96);
AT(cairn_memory_write, format, 104);
AT(cairn_memory_write, expects, 108);
AT(cairn_memory_write, deletes, 112);
AT(cairn_memory_write, index, 116);

SIZE(cairn_memory_plan, 32);
AT(cairn_memory_plan, tenant, 0);
AT(cairn_memory_plan, items, 16);
AT(cairn_memory_plan, n, 24);

SIZE(cairn_memory_found, 24);
AT(cairn_memory_found, result, 0);
AT(cairn_memory_found, existed, 4);
AT(cairn_memory_found, revision, 8);
AT(cairn_memory_found, expires_at, 16);

SIZE(cairn_memory_key, 32);
AT(cairn_memory_key, ns, 0);
AT(cairn_memory_key, key, 16);

SIZE(cairn_memory_query, 112);
AT(cairn_memory_query, tenant, 0);
AT(cairn_memory_query, ns, 16);
AT(cairn_memory_query, prefix, 32);
AT(cairn_memory_query, tags, 48);
AT(cairn_memory_query, tag_count, 56);
AT(cairn_memory_query, after_ns, 64);
AT(cairn_memory_query, after, 80);
AT(cairn_memory_query, limit, 96);
AT(cairn_memory_query, below, 100);
AT(cairn_memory_query, values, 104);
AT(cairn_memory_query, reserved_, 108);

SIZE(cairn_memory_namespace_query, 56);
AT(cairn_memory_namespace_query, tenant, 0);
AT(cairn_memory_namespace_query, ns, 16);
AT(cairn_memory_namespace_query, after, 32);
AT(cairn_memory_namespace_query, limit, 48);
AT(cairn_memory_namespace_query, behind, 52);

SIZE(cairn_memory_ops, 48);
AT(cairn_memory_ops, size, 0);
AT(cairn_memory_ops, put, 8);
AT(cairn_memory_ops, get, 16);
AT(cairn_memory_ops, list, 24);
AT(cairn_memory_ops, namespaces, 32);
AT(cairn_memory_ops, evict, 40);
FULL(cairn_memory_ops, evict);

SIZE(cairn_history, 72);
AT(cairn_history, version, 0);
AT(cairn_history, name, 8);
AT(cairn_history, checksum, 24);
AT(cairn_history, introduced, 40);
AT(cairn_history, applied_at, 56);
AT(cairn_history, success, 64);
AT(cairn_history, additive, 68);

SIZE(cairn_migration_step, 112);
AT(cairn_migration_step, line, 0);
AT(cairn_migration_step, direction, 16);
AT(cairn_migration_step, reserved_, 20);
AT(cairn_migration_step, sql, 24);
AT(cairn_migration_step, row, 40);

SIZE(cairn_object, 48);
AT(cairn_object, object, 0);
AT(cairn_object, name, 16);
AT(cairn_object, definition, 32);

SIZE(cairn_migration_ops, 64);
AT(cairn_migration_ops, size, 0);
AT(cairn_migration_ops, history, 8);
AT(cairn_migration_ops, apply, 16);
AT(cairn_migration_ops, gate, 24);
AT(cairn_migration_ops, validate, 32);
AT(cairn_migration_ops, lock, 40);
AT(cairn_migration_ops, unlock, 48);
AT(cairn_migration_ops, describe, 56);
FULL(cairn_migration_ops, describe);

SIZE(cairn_owner_found, 24);
AT(cairn_owner_found, hit, 0);
AT(cairn_owner_found, reserved_, 4);
AT(cairn_owner_found, incarnation, 8);

SIZE(cairn_owner_plan, 24);
AT(cairn_owner_plan, owners, 0);
AT(cairn_owner_plan, n, 8);
AT(cairn_owner_plan, close, 16);
AT(cairn_owner_plan, reserved_, 20);

SIZE(cairn_owner_query, 32);
AT(cairn_owner_query, states, 0);
AT(cairn_owner_query, limit, 4);
AT(cairn_owner_query, stale_after, 8);
AT(cairn_owner_query, after, 16);

SIZE(cairn_owner_ops, 40);
AT(cairn_owner_ops, size, 0);
AT(cairn_owner_ops, enroll, 8);
AT(cairn_owner_ops, touch, 16);
AT(cairn_owner_ops, list, 24);
AT(cairn_owner_ops, prune, 32);
FULL(cairn_owner_ops, prune);

SIZE(cairn_queue_query, 48);
AT(cairn_queue_query, scope, 0);
AT(cairn_queue_query, after, 24);
AT(cairn_queue_query, limit, 40);
AT(cairn_queue_query, finished, 44);

SIZE(cairn_queue_plan, 24);
AT(cairn_queue_plan, queues, 0);
AT(cairn_queue_plan, n, 8);
AT(cairn_queue_plan, paused, 16);
AT(cairn_queue_plan, reserved_, 20);

SIZE(cairn_queue_ops, 24);
AT(cairn_queue_ops, size, 0);
AT(cairn_queue_ops, list, 8);
AT(cairn_queue_ops, pause, 16);
FULL(cairn_queue_ops, pause);

SIZE(cairn_resource_query, 80);
AT(cairn_resource_query, scope, 0);
AT(cairn_resource_query, key, 24);
AT(cairn_resource_query, after_tenant, 40);
AT(cairn_resource_query, after_key, 56);
AT(cairn_resource_query, limit, 72);
AT(cairn_resource_query, reserved_, 76);

SIZE(cairn_resource_ops, 24);
AT(cairn_resource_ops, size, 0);
AT(cairn_resource_ops, set, 8);
AT(cairn_resource_ops, list, 16);
FULL(cairn_resource_ops, list);

SIZE(cairn_replay_begin_plan, 48);
AT(cairn_replay_begin_plan, id, 0);
AT(cairn_replay_begin_plan, fence, 16);
AT(cairn_replay_begin_plan, code, 24);
AT(cairn_replay_begin_plan, recode, 40);
AT(cairn_replay_begin_plan, page, 44);

SIZE(cairn_replay_begun, 416);
AT(cairn_replay_begun, hit, 0);
AT(cairn_replay_begun, other_code, 4);
AT(cairn_replay_begun, unkept, 8);
AT(cairn_replay_begun, orphaned, 12);
AT(cairn_replay_begun, run, 16);
AT(cairn_replay_begun, steps, 408);

SIZE(cairn_enter, 360);
AT(cairn_enter, name, 0);
AT(cairn_enter, kind, 16);
AT(cairn_enter, signature, 32);
AT(cairn_enter, hash, 48);
AT(cairn_enter, result, 80);
AT(cairn_enter, wait, 96);
AT(cairn_enter, signal, 104);
AT(cairn_enter, id, 120);
AT(cairn_enter, child, 136);

SIZE(cairn_enter_plan, 56);
AT(cairn_enter_plan, run, 0);
AT(cairn_enter_plan, fence, 16);
AT(cairn_enter_plan, verb, 24);
AT(cairn_enter_plan, record, 28);
AT(cairn_enter_plan, items, 32);
AT(cairn_enter_plan, n, 40);
AT(cairn_enter_plan, fresh, 48);
AT(cairn_enter_plan, reserved_, 52);

SIZE(cairn_entered, 8);
AT(cairn_entered, how, 0);
AT(cairn_entered, row, 4);

SIZE(cairn_leave_plan, 136);
AT(cairn_leave_plan, run, 0);
AT(cairn_leave_plan, fence, 16);
AT(cairn_leave_plan, seq, 24);
AT(cairn_leave_plan, claim, 32);
AT(cairn_leave_plan, to, 48);
AT(cairn_leave_plan, record, 52);
AT(cairn_leave_plan, result, 56);
AT(cairn_leave_plan, error_code, 72);
AT(cairn_leave_plan, error_message, 88);
AT(cairn_leave_plan, wait, 104);
AT(cairn_leave_plan, not_before, 112);
AT(cairn_leave_plan, charges, 120);
AT(cairn_leave_plan, charge_count, 128);

SIZE(cairn_left, 24);
AT(cairn_left, how, 0);
AT(cairn_left, reserved_, 4);
AT(cairn_left, wake_at, 8);
AT(cairn_left, charged, 16);

SIZE(cairn_signal_insert, 96);
AT(cairn_signal_insert, run, 0);
AT(cairn_signal_insert, name, 16);
AT(cairn_signal_insert, key, 32);
AT(cairn_signal_insert, payload, 48);
AT(cairn_signal_insert, hash, 64);

SIZE(cairn_signal_placed, 16);
AT(cairn_signal_placed, result, 0);
AT(cairn_signal_placed, woken, 4);
AT(cairn_signal_placed, seq, 8);

SIZE(cairn_signal_plan, 64);
AT(cairn_signal_plan, scope, 0);
AT(cairn_signal_plan, items, 24);
AT(cairn_signal_plan, n, 32);
AT(cairn_signal_plan, record, 40);
AT(cairn_signal_plan, limit, 44);
AT(cairn_signal_plan, type, 48);

SIZE(cairn_signal_spread, 16);
AT(cairn_signal_spread, sent, 0);
AT(cairn_signal_spread, more, 8);
AT(cairn_signal_spread, reserved_, 12);

SIZE(cairn_signal_query, 72);
AT(cairn_signal_query, scope, 0);
AT(cairn_signal_query, run, 24);
AT(cairn_signal_query, name, 40);
AT(cairn_signal_query, after, 56);
AT(cairn_signal_query, untaken, 64);
AT(cairn_signal_query, limit, 68);

SIZE(cairn_replay_query, 136);
AT(cairn_replay_query, scope, 0);
AT(cairn_replay_query, parents, 24);
AT(cairn_replay_query, parent_count, 32);
AT(cairn_replay_query, run, 40);
AT(cairn_replay_query, root, 56);
AT(cairn_replay_query, type, 72);
AT(cairn_replay_query, statuses, 88);
AT(cairn_replay_query, limit, 92);
AT(cairn_replay_query, created_from, 96);
AT(cairn_replay_query, created_to, 104);
AT(cairn_replay_query, after, 112);
AT(cairn_replay_query, compact, 128);
AT(cairn_replay_query, counts, 132);

SIZE(cairn_memo_query, 80);
AT(cairn_memo_query, scope, 0);
AT(cairn_memo_query, run, 24);
AT(cairn_memo_query, name, 40);
AT(cairn_memo_query, after, 56);
AT(cairn_memo_query, statuses, 64);
AT(cairn_memo_query, limit, 68);
AT(cairn_memo_query, compact, 72);
AT(cairn_memo_query, reserved_, 76);

SIZE(cairn_fork_plan, 144);
AT(cairn_fork_plan, scope, 0);
AT(cairn_fork_plan, id, 24);
AT(cairn_fork_plan, source, 40);
AT(cairn_fork_plan, name, 56);
AT(cairn_fork_plan, seq, 72);
AT(cairn_fork_plan, code, 80);
AT(cairn_fork_plan, queue, 96);
AT(cairn_fork_plan, owner, 112);
AT(cairn_fork_plan, run_at, 128);
AT(cairn_fork_plan, record, 136);
AT(cairn_fork_plan, reserved_, 140);

SIZE(cairn_replay_remove_plan, 80);
AT(cairn_replay_remove_plan, scope, 0);
AT(cairn_replay_remove_plan, run, 24);
AT(cairn_replay_remove_plan, type, 40);
AT(cairn_replay_remove_plan, statuses, 56);
AT(cairn_replay_remove_plan, limit, 60);
AT(cairn_replay_remove_plan, age, 64);
AT(cairn_replay_remove_plan, dry, 72);
AT(cairn_replay_remove_plan, reserved_, 76);

SIZE(cairn_replay_ops, 80);
AT(cairn_replay_ops, size, 0);
AT(cairn_replay_ops, begin, 8);
AT(cairn_replay_ops, enter, 16);
AT(cairn_replay_ops, leave, 24);
AT(cairn_replay_ops, runs, 32);
AT(cairn_replay_ops, memos, 40);
AT(cairn_replay_ops, fork, 48);
AT(cairn_replay_ops, remove, 56);
AT(cairn_replay_ops, send, 64);
AT(cairn_replay_ops, signals, 72);
FULL(cairn_replay_ops, signals);

SIZE(cairn_schedule_put_plan, 40);
AT(cairn_schedule_put_plan, schedules, 0);
AT(cairn_schedule_put_plan, n, 8);
AT(cairn_schedule_put_plan, off, 16);
AT(cairn_schedule_put_plan, off_count, 24);
AT(cairn_schedule_put_plan, exact, 32);
AT(cairn_schedule_put_plan, reserved_, 36);

SIZE(cairn_schedule_query, 112);
AT(cairn_schedule_query, scope, 0);
AT(cairn_schedule_query, names, 24);
AT(cairn_schedule_query, name_count, 32);
AT(cairn_schedule_query, contains, 40);
AT(cairn_schedule_query, type, 56);
AT(cairn_schedule_query, after, 72);
AT(cairn_schedule_query, due_before, 88);
AT(cairn_schedule_query, active, 96);
AT(cairn_schedule_query, due, 100);
AT(cairn_schedule_query, limit, 104);
AT(cairn_schedule_query, reserved_, 108);

SIZE(cairn_schedule_change_plan, 56);
AT(cairn_schedule_change_plan, scope, 0);
AT(cairn_schedule_change_plan, names, 24);
AT(cairn_schedule_change_plan, n, 32);
AT(cairn_schedule_change_plan, set, 40);
AT(cairn_schedule_change_plan, reserved_, 44);
AT(cairn_schedule_change_plan, next_fire_at, 48);

SIZE(cairn_schedule_step, 56);
AT(cairn_schedule_step, id, 0);
AT(cairn_schedule_step, cursor, 16);
AT(cairn_schedule_step, next, 24);
AT(cairn_schedule_step, error, 32);
AT(cairn_schedule_step, job, 48);

SIZE(cairn_schedule_fire_plan, 48);
AT(cairn_schedule_fire_plan, steps, 0);
AT(cairn_schedule_fire_plan, n, 8);
AT(cairn_schedule_fire_plan, record, 16);
AT(cairn_schedule_fire_plan, reserved_, 20);
AT(cairn_schedule_fire_plan, retry_at, 24);
AT(cairn_schedule_fire_plan, retry_error, 32);

SIZE(cairn_schedule_ops, 40);
AT(cairn_schedule_ops, size, 0);
AT(cairn_schedule_ops, put, 8);
AT(cairn_schedule_ops, list, 16);
AT(cairn_schedule_ops, change, 24);
AT(cairn_schedule_ops, fire, 32);
FULL(cairn_schedule_ops, fire);

SIZE(cairn_run_rules, 184);
AT(cairn_run_rules, of_job, 0);
AT(cairn_run_rules, of_run, 48);
AT(cairn_run_rules, reserved_, 104);
AT(cairn_run_rules, told_steps, 112);
AT(cairn_run_rules, told_runs, 116);
AT(cairn_run_rules, unsatisfied_code, 120);
AT(cairn_run_rules, unsatisfied_message, 136);
AT(cairn_run_rules, fail_fast_code, 152);
AT(cairn_run_rules, fail_fast_message, 168);

SIZE(cairn_step_insert, 208);
AT(cairn_step_insert, id, 0);
AT(cairn_step_insert, key, 16);
AT(cairn_step_insert, kind, 32);
AT(cairn_step_insert, status, 36);
AT(cairn_step_insert, type, 40);
AT(cairn_step_insert, queue, 56);
AT(cairn_step_insert, tenant, 72);
AT(cairn_step_insert, payload, 88);
AT(cairn_step_insert, owner, 104);
AT(cairn_step_insert, resource_key, 120);
AT(cairn_step_insert, stage, 136);
AT(cairn_step_insert, timeout, 152);
AT(cairn_step_insert, deadline, 160);
AT(cairn_step_insert, max_attempts, 168);
AT(cairn_step_insert, priority, 172);
AT(cairn_step_insert, set, 176);
AT(cairn_step_insert, prerequisites, 180);
AT(cairn_step_insert, pending, 184);
AT(cairn_step_insert, unsatisfied, 188);
AT(cairn_step_insert, released_seq, 192);
AT(cairn_step_insert, ended_seq, 200);

SIZE(cairn_edge_insert, 40);
AT(cairn_edge_insert, prerequisite, 0);
AT(cairn_edge_insert, dependent, 16);
AT(cairn_edge_insert, mode, 32);
AT(cairn_edge_insert, reserved_, 36);

SIZE(cairn_run_insert, 304);
AT(cairn_run_insert, id, 0);
AT(cairn_run_insert, type, 16);
AT(cairn_run_insert, tenant, 32);
AT(cairn_run_insert, metadata, 48);
AT(cairn_run_insert, key, 64);
AT(cairn_run_insert, request, 80);
AT(cairn_run_insert, request_hash, 96);
AT(cairn_run_insert, active_key, 128);
AT(cairn_run_insert, result_step, 144);
AT(cairn_run_insert, on_failure, 160);
AT(cairn_run_insert, status, 164);
AT(cairn_run_insert, counts, 168);
AT(cairn_run_insert, events, 192);
AT(cairn_run_insert, seq, 200);
AT(cairn_run_insert, source, 208);
AT(cairn_run_insert, recovery_step, 224);
AT(cairn_run_insert, recovery_key, 240);
AT(cairn_run_insert, recovery_reason, 256);
AT(cairn_run_insert, first_step, 272);
AT(cairn_run_insert, step_count, 280);
AT(cairn_run_insert, first_edge, 288);
AT(cairn_run_insert, edge_count, 296);

SIZE(cairn_run_inserted, 64);
AT(cairn_run_inserted, result, 0);
AT(cairn_run_inserted, status, 4);
AT(cairn_run_inserted, id, 8);
AT(cairn_run_inserted, request_hash, 24);
AT(cairn_run_inserted, step, 56);

SIZE(cairn_run_plan, 56);
AT(cairn_run_plan, runs, 0);
AT(cairn_run_plan, n, 8);
AT(cairn_run_plan, steps, 16);
AT(cairn_run_plan, step_count, 24);
AT(cairn_run_plan, edges, 32);
AT(cairn_run_plan, edge_count, 40);
AT(cairn_run_plan, record, 48);
AT(cairn_run_plan, reserved_, 52);

SIZE(cairn_run_look, 80);
AT(cairn_run_look, scope, 0);
AT(cairn_run_look, run, 24);
AT(cairn_run_look, keys, 40);
AT(cairn_run_look, key_count, 48);
AT(cairn_run_look, append_key, 56);
AT(cairn_run_look, reserved0_, 72);
AT(cairn_run_look, reserved_, 76);

SIZE(cairn_run_looked, 96);
AT(cairn_run_looked, counts, 0);
AT(cairn_run_looked, status, 24);
AT(cairn_run_looked, appended, 28);
AT(cairn_run_looked, append_hash, 32);
AT(cairn_run_looked, events, 64);
AT(cairn_run_looked, edges, 72);
AT(cairn_run_looked, tenant, 80);

SIZE(cairn_append_plan, 184);
AT(cairn_append_plan, run, 0);
AT(cairn_append_plan, key, 16);
AT(cairn_append_plan, metadata, 32);
AT(cairn_append_plan, request, 48);
AT(cairn_append_plan, request_hash, 64);
AT(cairn_append_plan, steps, 96);
AT(cairn_append_plan, n, 104);
AT(cairn_append_plan, edges, 112);
AT(cairn_append_plan, edge_count, 120);
AT(cairn_append_plan, counts, 128);
AT(cairn_append_plan, status, 152);
AT(cairn_append_plan, record, 156);
AT(cairn_append_plan, seq, 160);
AT(cairn_append_plan, status_seq, 168);
AT(cairn_append_plan, events, 176);

SIZE(cairn_step_end, 128);
AT(cairn_step_end, scope, 0);
AT(cairn_step_end, run, 24);
AT(cairn_step_end, key, 40);
AT(cairn_step_end, to, 56);
AT(cairn_step_end, overdue, 60);
AT(cairn_step_end, output, 64);
AT(cairn_step_end, reason, 80);
AT(cairn_step_end, error_code, 96);
AT(cairn_step_end, error_message, 112);

SIZE(cairn_step_ended, 32);
AT(cairn_step_ended, hit, 0);
AT(cairn_step_ended, run_status, 4);
AT(cairn_step_ended, step, 8);
AT(cairn_step_ended, step_status, 24);
AT(cairn_step_ended, found, 28);

SIZE(cairn_step_end_plan, 24);
AT(cairn_step_end_plan, items, 0);
AT(cairn_step_end_plan, n, 8);
AT(cairn_step_end_plan, skip_locked, 16);
AT(cairn_step_end_plan, reserved_, 20);

SIZE(cairn_run_sweep, 56);
AT(cairn_run_sweep, reason, 0);
AT(cairn_run_sweep, error_code, 16);
AT(cairn_run_sweep, error_message, 32);
AT(cairn_run_sweep, events, 48);
AT(cairn_run_sweep, reserved_, 52);

SIZE(cairn_run_cancel_plan, 96);
AT(cairn_run_cancel_plan, runs, 0);
AT(cairn_run_cancel_plan, n, 8);
AT(cairn_run_cancel_plan, scope, 16);
AT(cairn_run_cancel_plan, sweep, 40);

SIZE(cairn_run_canceled, 8);
AT(cairn_run_canceled, status, 0);
AT(cairn_run_canceled, steps, 4);

SIZE(cairn_run_query, 120);
AT(cairn_run_query, scope, 0);
AT(cairn_run_query, run, 24);
AT(cairn_run_query, type, 40);
AT(cairn_run_query, key, 56);
AT(cairn_run_query, source, 72);
AT(cairn_run_query, statuses, 88);
AT(cairn_run_query, limit, 92);
AT(cairn_run_query, after, 96);
AT(cairn_run_query, compact, 112);
AT(cairn_run_query, reserved_, 116);

SIZE(cairn_step_query, 104);
AT(cairn_step_query, scope, 0);
AT(cairn_step_query, run, 24);
AT(cairn_step_query, dependent, 40);
AT(cairn_step_query, keys, 56);
AT(cairn_step_query, key_count, 64);
AT(cairn_step_query, statuses, 72);
AT(cairn_step_query, limit, 76);
AT(cairn_step_query, after, 80);
AT(cairn_step_query, compact, 96);
AT(cairn_step_query, reserved_, 100);

SIZE(cairn_edge_query, 80);
AT(cairn_edge_query, scope, 0);
AT(cairn_edge_query, run, 24);
AT(cairn_edge_query, after_dependent, 40);
AT(cairn_edge_query, after_prerequisite, 56);
AT(cairn_edge_query, limit, 72);
AT(cairn_edge_query, reserved_, 76);

SIZE(cairn_run_event_query, 80);
AT(cairn_run_event_query, scope, 0);
AT(cairn_run_event_query, run, 24);
AT(cairn_run_event_query, jobs, 40);
AT(cairn_run_event_query, limit, 44);
AT(cairn_run_event_query, after_seq, 48);
AT(cairn_run_event_query, after_at, 56);
AT(cairn_run_event_query, after_step, 64);

SIZE(cairn_run_event_record, 336);
AT(cairn_run_event_record, event, 0);
AT(cairn_run_event_record, job, 152);

SIZE(cairn_run_prune_plan, 56);
AT(cairn_run_prune_plan, scope, 0);
AT(cairn_run_prune_plan, type, 24);
AT(cairn_run_prune_plan, statuses, 40);
AT(cairn_run_prune_plan, limit, 44);
AT(cairn_run_prune_plan, age, 48);

SIZE(cairn_workflow_ops, 112);
AT(cairn_workflow_ops, size, 0);
AT(cairn_workflow_ops, enqueue, 8);
AT(cairn_workflow_ops, end, 16);
AT(cairn_workflow_ops, cancel, 24);
AT(cairn_workflow_ops, runs, 32);
AT(cairn_workflow_ops, steps, 40);
AT(cairn_workflow_ops, edges, 48);
AT(cairn_workflow_ops, events, 56);
AT(cairn_workflow_ops, overdue, 64);
AT(cairn_workflow_ops, prune, 72);
AT(cairn_workflow_ops, look, 80);
AT(cairn_workflow_ops, append, 88);
AT(cairn_workflow_ops, wait, 96);
AT(cairn_workflow_ops, unwait, 104);
FULL(cairn_workflow_ops, unwait);

#endif
