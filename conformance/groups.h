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
	X(finish) \
	X(finish_batch) \
	X(retry) \
	X(dead) \
	X(cancel) \
	X(reap) \
	X(reap_fault) \
	X(reads) \
	X(history) \
	X(scope) \
	X(events_switch) \
	X(schedules) \
	X(schedule_sync) \
	X(schedule_fire) \
	X(schedule_policies) \
	X(schedule_rivals) \
	X(matrix) \
	X(columns) \
	X(budget) \
	X(interleave) \
	X(interleave_many) \
	X(race) \
	X(errors) \
	X(classify) \
	X(args) \
	X(names) \
	X(json)

#endif
