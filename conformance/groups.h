/*
 * groups.h - the groups of cases, in the order in which they run: one per file.
 * A new file adds its line here; nothing else has to know it.
 */
#ifndef CT_GROUPS_H
#define CT_GROUPS_H

#define CT_GROUPS(X) \
	X(conn) \
	X(conn_use) \
	X(caps) \
	X(bind) \
	X(migrations) \
	X(migration_reads) \
	X(migration_lock) \
	X(refusals) \
	X(gates) \
	X(tx) \
	X(tx_fault) \
	X(app) \
	X(definitions) \
	X(definition_list) \
	X(catalog_sync) \
	X(configs) \
	X(enqueue) \
	X(enqueue_batch) \
	X(enqueue_refused) \
	X(payload) \
	X(idempotency) \
	X(request) \
	X(idempotency_race) \
	X(claim) \
	X(claim_choice) \
	X(claim_order) \
	X(lease) \
	X(lease_lost) \
	X(lease_wait) \
	X(progress) \
	X(turn) \
	X(finish) \
	X(finish_batch) \
	X(retry) \
	X(continuation) \
	X(snooze) \
	X(release) \
	X(retry_overrides) \
	X(retention) \
	X(dead) \
	X(cancel) \
	X(reap) \
	X(reap_fault) \
	X(reap_ahead) \
	X(requeue) \
	X(replay) \
	X(adopt) \
	X(edit) \
	X(logs) \
	X(sweep) \
	X(prune) \
	X(wait) \
	X(wait_wake) \
	X(reads) \
	X(history) \
	X(scope) \
	X(metrics) \
	X(events_switch) \
	X(schedules) \
	X(schedule_sync) \
	X(schedule_fire) \
	X(schedule_policies) \
	X(schedule_rivals) \
	X(matrix) \
	X(columns) \
	X(columns_verbs) \
	X(budget) \
	X(budget_verbs) \
	X(queues) \
	X(resources) \
	X(resources_race) \
	X(resources_front) \
	X(owners) \
	X(intents) \
	X(intents_list) \
	X(intents_promote) \
	X(intents_race) \
	X(intents_fault) \
	X(interleave) \
	X(interleave_many) \
	X(interleave_verbs) \
	X(race) \
	X(race_verbs) \
	X(errors) \
	X(classify) \
	X(args) \
	X(names) \
	X(json)

#endif
