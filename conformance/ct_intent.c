/*
 * ct_intent.c - steps of cases about intents.
 */
#include "ct.h"

cairn_id ct_record(cairn_conn *conn, const char *type, const char *key)
{
	cairn_job_new request = ct_new(type);
	cairn_intent_recorded recorded = { .status = CAIRN_OK };
	request.key = cairn_str_of(key);
	ct_ok(cairn_intent_record(conn, &request, 1, &recorded, ct_err()));
	ct_each(recorded, CAIRN_OK, NULL);
	ct_int(recorded.disposition, CAIRN_INSERTED);
	ct_int(recorded.intent_status, CAIRN_INTENT_PENDING);
	return recorded.id;
}

const cairn_promote_report *ct_promote(cairn_conn *conn, uint32_t limit)
{
	cairn_promote_opts opts = { .size = sizeof(opts), .limit = limit };
	cairn_promote_report *report = NULL;
	ct_ok(cairn_intent_promote(conn, &opts, &report, ct_err()));
	ct_later(report);
	return report;
}

const cairn_intent *ct_intent(cairn_conn *conn, cairn_id id)
{
	cairn_intents *found = NULL;
	ct_ok(cairn_intent_get(conn, cairn_any(), id, &found, ct_err()));
	ct_later(found);
	ct_int(found->count, 1);
	ct_id(found->at[0].id, id);
	return &found->at[0];
}

static const char *shown(cairn_str text)
{
	return text.ptr ? text.ptr : "-";
}

const char *ct_intent_snapshot(cairn_conn *conn, cairn_id id)
{
	const cairn_intent *i = ct_intent(conn, id);
	char job[CAIRN_ID_TEXT];
	cairn_id_format(i->job, job);
	const char *request = ct_format(
		"type %s queue %s tenant %s payload %s key %s owner %s resource %s stage %s "
		"request %s run_at %lld timeout %lld attempts %d priority %d %u",
		shown(i->type), shown(i->queue), shown(i->tenant), shown(i->payload), shown(i->key),
		shown(i->owner), shown(i->resource_key), shown(i->stage), shown(i->request),
		(long long)i->run_at, (long long)i->timeout, (int)i->max_attempts, (int)i->priority,
		(unsigned)i->set);
	return ct_format("%s\n%s tried %d next %lld last %lld job %s promoted %lld conflicted %lld "
			 "error %s %s created %lld updated %lld\n",
			 request, cairn_intent_status_text(i->status), (int)i->attempts,
			 (long long)i->next_promotion_at, (long long)i->last_attempted_at, job,
			 (long long)i->promoted_at, (long long)i->conflicted_at,
			 shown(i->error_code), shown(i->error_message), (long long)i->created_at,
			 (long long)i->updated_at);
}
