/*
 * owners.c - the registry of worker processes: names, incarnations, heartbeats; and that it decides
 * nothing.
 */
#include <string.h>

#include "ct.h"

static cairn_owner_ref enroll(cairn_conn *conn, const char *name)
{
	cairn_owner_new owner = { .size = sizeof(owner), .name = cairn_str_of(name) };
	cairn_owner_ref ref = { .name = owner.name };
	ct_ok(cairn_owner_register(conn, &owner, &ref.incarnation, ct_err()));
	return ref;
}

static cairn_owner_changed beat(cairn_conn *conn, cairn_owner_ref ref)
{
	cairn_owner_changed each;
	ct_ok(cairn_owner_heartbeat(conn, &ref, 1, &each, ct_err()));
	return each;
}

static cairn_owner_changed shut(cairn_conn *conn, cairn_owner_ref ref)
{
	cairn_owner_changed each;
	ct_ok(cairn_owner_close(conn, &ref, 1, &each, ct_err()));
	return each;
}

static void told(cairn_owner_changed each, cairn_status want, const char *code)
{
	ct_each(each, want, code);
}

static const cairn_owners *listed(cairn_conn *conn, uint32_t states)
{
	cairn_owner_filter filter = { .size = sizeof(filter), .states = states };
	cairn_owners *owners = NULL;
	ct_ok(cairn_owner_list(conn, &filter, &owners, ct_err()));
	ct_later(owners);
	return owners;
}

static const cairn_owner *owner(cairn_conn *conn, const char *name)
{
	const cairn_owners *owners = listed(conn, 0);
	for (size_t i = 0; i < owners->count; i++) {
		if (owners->at[i].name.len == strlen(name) &&
		    memcmp(owners->at[i].name.ptr, name, strlen(name)) == 0)
			return &owners->at[i];
	}
	ct_fail("there is no owner %s", name);
}

/* ---- register ------------------------------------------------------------------- */

static void what_was_said(void)
{
	cairn_conn *conn = ct_open();
	cairn_owner_new said = { .size = sizeof(said),
				 .name = CAIRN_STR("host-1 7"),
				 .host = CAIRN_STR("host-1"),
				 .version = CAIRN_STR("3.1"),
				 .queues = CAIRN_STR(" [ \"a\", \"b\" ]"),
				 .labels = CAIRN_STR("{\"zone\": 1.0}"),
				 .pid = 4711,
				 .started_at = ct_now() - CAIRN_HOUR };
	cairn_id incarnation = { { 0 } };
	ct_ok(cairn_owner_register(conn, &said, &incarnation, ct_err()));
	const cairn_owner *row = owner(conn, "host-1 7");
	ct_id(row->incarnation, incarnation);
	ct_str(row->host, "host-1");
	ct_str(row->version, "3.1");
	ct_str(row->queues, " [ \"a\", \"b\" ]");
	ct_str(row->labels, "{\"zone\": 1.0}");
	ct_int(row->pid, 4711);
	ct_int(row->started_at, said.started_at);
	ct_int(row->registered_at, ct_now());
	ct_int(row->heartbeat_at, ct_now());
	ct_int(row->closed_at, 0);
	ct_int(row->state, CAIRN_OWNER_LIVE);
	enroll(conn, "bare");
	row = owner(conn, "bare");
	ct_str(row->host, NULL);
	ct_str(row->version, NULL);
	ct_str(row->queues, "[]");
	ct_str(row->labels, "{}");
	ct_int(row->pid, 0);
	ct_int(row->started_at, ct_now());
}

static void refuses_bad_arguments(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id;
	cairn_owner_new said = { .size = sizeof(said), .name = CAIRN_STR(" ") };
	ct_status(cairn_owner_register(conn, &said, &id, ct_err()), CAIRN_INVALID,
		  "arg.invalid_name");
	said.name = CAIRN_STR("w");
	said.queues = CAIRN_STR("{}");
	ct_status(cairn_owner_register(conn, &said, &id, ct_err()), CAIRN_INVALID, "json.invalid");
	said.queues = CAIRN_STR("[");
	ct_status(cairn_owner_register(conn, &said, &id, ct_err()), CAIRN_INVALID, "json.invalid");
	said.queues = CAIRN_STR("[]");
	said.labels = CAIRN_STR("[]");
	ct_status(cairn_owner_register(conn, &said, &id, ct_err()), CAIRN_INVALID, "json.invalid");
	said.labels = CAIRN_STR("{}");
	said.pid = -1;
	ct_status(cairn_owner_register(conn, &said, &id, ct_err()), CAIRN_INVALID, "arg.invalid");
	cairn_owner_ref refs[2] = { enroll(conn, "w"), { .name = CAIRN_STR("w") } };
	ct_status(cairn_owner_heartbeat(conn, refs, 2, NULL, ct_err()), CAIRN_INVALID,
		  "arg.invalid");
	ct_int(ct_last()->index, 1);
	ct_status(cairn_owner_prune(conn, CAIRN_SECOND, 0, NULL, ct_err()), CAIRN_INVALID,
		  "owner.invalid_age");
	cairn_owner_filter filter = { .size = sizeof(filter), .states = 1 };
	cairn_owners *owners = NULL;
	ct_status(cairn_owner_list(conn, &filter, &owners, ct_err()), CAIRN_INVALID,
		  "arg.reserved");
	cairn_free(owners);
}

/* ---- incarnations ------------------------------------------------------------------ */

static void the_next_one_takes_over(void)
{
	cairn_conn *conn = ct_open();
	cairn_owner_ref before = enroll(conn, "w");
	told(beat(conn, before), CAIRN_OK, NULL);
	ct_advance(CAIRN_SECOND);
	cairn_owner_ref after = enroll(conn, "w");
	ct_true(cairn_id_compare(before.incarnation, after.incarnation) != 0);
	ct_advance(CAIRN_SECOND);
	cairn_owner_changed answer = beat(conn, before);
	ct_each(answer, CAIRN_STALE, "owner.superseded");
	ct_id(answer.incarnation, after.incarnation);
	told(shut(conn, before), CAIRN_STALE, "owner.superseded");
	const cairn_owner *row = owner(conn, "w");
	ct_int(row->heartbeat_at, ct_now() - CAIRN_SECOND);
	ct_int(row->state, CAIRN_OWNER_LIVE);
	told(beat(conn, after), CAIRN_OK, NULL);
	ct_int(listed(conn, 0)->count, 1);
}

static void closed_is_closed(void)
{
	cairn_conn *conn = ct_open();
	cairn_owner_ref ref = enroll(conn, "w");
	told(shut(conn, ref), CAIRN_OK, NULL);
	cairn_time when = ct_now();
	ct_advance(CAIRN_SECOND);
	told(shut(conn, ref), CAIRN_OK, NULL);
	ct_int(owner(conn, "w")->closed_at, when);
	told(beat(conn, ref), CAIRN_STALE, "owner.closed");
	ct_int(owner(conn, "w")->state, CAIRN_OWNER_CLOSED);
	cairn_owner_ref again = enroll(conn, "w");
	ct_int(owner(conn, "w")->closed_at, 0);
	told(beat(conn, again), CAIRN_OK, NULL);
}

static void each_for_itself(void)
{
	cairn_conn *conn = ct_open();
	cairn_owner_ref old = enroll(conn, "old");
	cairn_owner_ref refs[5] = { enroll(conn, "good"),
				    old,
				    enroll(conn, "closed"),
				    { .name = CAIRN_STR("none"), .incarnation = cairn_id_new() } };
	refs[4] = refs[0];
	enroll(conn, "old");
	shut(conn, refs[2]);
	ct_advance(CAIRN_SECOND);
	cairn_owner_changed each[5];
	ct_ok(cairn_owner_heartbeat(conn, refs, 5, each, ct_err()));
	ct_each(each[0], CAIRN_OK, NULL);
	ct_each(each[1], CAIRN_STALE, "owner.superseded");
	ct_each(each[2], CAIRN_STALE, "owner.closed");
	ct_each(each[3], CAIRN_NOT_FOUND, "owner.not_found");
	ct_each(each[4], CAIRN_OK, NULL);
	ct_int(owner(conn, "good")->heartbeat_at, ct_now());
	ct_int(owner(conn, "old")->heartbeat_at, ct_now() - CAIRN_SECOND);
	ct_status(cairn_owner_heartbeat(conn, refs, 5, NULL, ct_err()), CAIRN_STALE,
		  "owner.superseded");
	ct_int(ct_last()->index, 1);
}

/* ---- reading and pruning -------------------------------------------------------------- */

static void states(void)
{
	cairn_conn *conn = ct_open();
	ct_int(listed(conn, 0)->now, ct_now()); /* of nobody, too */
	cairn_owner_ref quiet = enroll(conn, "quiet");
	cairn_owner_ref live = enroll(conn, "live");
	shut(conn, enroll(conn, "gone"));
	ct_advance(CAIRN_OWNER_STALE_AFTER);
	ct_int(owner(conn, "quiet")->state, CAIRN_OWNER_LIVE);
	told(beat(conn, live), CAIRN_OK, NULL);
	ct_advance(1);
	const cairn_owners *all = listed(conn, 0);
	ct_int(all->count, 3);
	ct_int(all->now, ct_now());
	ct_str(all->at[0].name, "gone");
	ct_int(all->at[0].state, CAIRN_OWNER_CLOSED);
	ct_int(all->at[1].state, CAIRN_OWNER_LIVE);
	ct_int(all->at[2].state, CAIRN_OWNER_STALE);
	ct_int(listed(conn, 1u << CAIRN_OWNER_STALE)->count, 1);
	ct_int(listed(conn, 1u << CAIRN_OWNER_LIVE | 1u << CAIRN_OWNER_CLOSED)->count, 2);
	cairn_owner_filter filter = { .size = sizeof(filter),
				      .states = 1u << CAIRN_OWNER_STALE,
				      .stale_after = CAIRN_HOUR };
	cairn_owners *owners = NULL;
	ct_ok(cairn_owner_list(conn, &filter, &owners, ct_err()));
	ct_int(owners->count, 0);
	ct_later(owners);
	/* a stale one may come back */
	told(beat(conn, quiet), CAIRN_OK, NULL);
	ct_int(owner(conn, "quiet")->state, CAIRN_OWNER_LIVE);
}

static void in_pages(void)
{
	cairn_conn *conn = ct_open();
	static const char *const names[] = { "b", "a", "\xc3\xa9", "B", "a b" };
	static const char *const sorted[] = { "B", "a", "a b", "b", "\xc3\xa9" };
	for (size_t i = 0; i < 5; i++)
		enroll(conn, names[i]);
	cairn_owner_filter filter = { .size = sizeof(filter), .limit = 2 };
	size_t seen = 0;
	for (size_t pages = 0; pages < 3; pages++) {
		cairn_owners *owners = NULL;
		ct_ok(cairn_owner_list(conn, &filter, &owners, ct_err()));
		ct_later(owners);
		for (size_t i = 0; i < owners->count; i++) {
			ct_str(owners->at[i].name, sorted[seen++]);
			filter.after = owners->at[i].name;
		}
	}
	ct_int(seen, 5);
}

static void pruning(void)
{
	cairn_conn *conn = ct_open();
	size_t pruned = 9;
	shut(conn, enroll(conn, "closed first"));
	enroll(conn, "dead");
	ct_advance(CAIRN_MINUTE);
	shut(conn, enroll(conn, "closed later"));
	cairn_owner_ref live = enroll(conn, "live");
	ct_advance(CAIRN_HOUR - CAIRN_MINUTE - 1);
	ct_ok(cairn_owner_prune(conn, CAIRN_HOUR, 0, &pruned, ct_err()));
	ct_int(pruned, 0);
	ct_advance(1);
	told(beat(conn, live), CAIRN_OK, NULL);
	ct_ok(cairn_owner_prune(conn, CAIRN_HOUR, 1, &pruned, ct_err()));
	ct_int(pruned, 1);
	ct_ok(cairn_owner_prune(conn, CAIRN_HOUR, 0, &pruned, ct_err()));
	ct_int(pruned, 1);
	ct_int(listed(conn, 0)->count, 2);
	ct_advance(CAIRN_MINUTE);
	ct_ok(cairn_owner_prune(conn, CAIRN_HOUR, 0, &pruned, ct_err()));
	ct_int(pruned, 1);
	ct_str(listed(conn, 0)->at[0].name, "live");
	ct_int(listed(conn, 0)->count, 1);
}

static void decides_nothing(void)
{
	cairn_conn *conn = ct_open();
	cairn_owner_ref ref = enroll(conn, "w");
	ct_enqueue(conn, "t");
	ct_enqueue(conn, "t");
	cairn_lease lease = ct_claim(conn, "w");
	const char *before = ct_snapshot(conn, lease.id);
	enroll(conn, "w");
	told(beat(conn, ref), CAIRN_STALE, "owner.superseded");
	ct_unchanged(conn, lease.id, before);
	ct_finish(conn, ct_success(lease));
	lease = ct_claim(conn, "w");
	shut(conn, enroll(conn, "w"));
	ct_finish(conn, ct_success(lease));
	ct_int(listed(conn, 0)->count, 1);
}

static void one_round_trip(void)
{
	cairn_conn *conn = ct_open();
	for (int i = 0; i < 2; i++) {
		uint64_t before = cairn_conn_round_trips(conn);
		cairn_owner_ref refs[3] = { enroll(conn, "a"), enroll(conn, "b"),
					    enroll(conn, "c") };
		ct_int(cairn_conn_round_trips(conn) - before, 3);
		before = cairn_conn_round_trips(conn);
		ct_ok(cairn_owner_heartbeat(conn, refs, 3, NULL, ct_err()));
		ct_int(cairn_conn_round_trips(conn) - before, 1);
		ct_ok(cairn_owner_close(conn, refs, 3, NULL, ct_err()));
		ct_int(cairn_conn_round_trips(conn) - before, 2);
	}
}

static void take_the_name(cairn_conn *conn, unsigned number, void *arg)
{
	(void)number;
	(void)arg;
	for (int i = 0; i < 10; i++) {
		cairn_owner_changed answer = beat(conn, enroll(conn, "w"));
		ct_true(answer.status == CAIRN_OK || answer.code == CAIRN_E_OWNER_SUPERSEDED);
	}
}

static void one_has_the_name(void)
{
	cairn_conn *conn = ct_open();
	ct_race(4, take_the_name, NULL);
	ct_int(listed(conn, 0)->count, 1);
}

#define VERB .kind = CT_VERB, .store = CT_OWNERS

static const ct_case cases[] = {
	{ .name = "owners.register.keeps_what_was_said",
	  VERB,
	  .rule = "A registration is read back as it was given, documents byte for byte, and lives "
		  "from now.",
	  .run = what_was_said },
	{ .name = "owners.refuse_bad_arguments",
	  VERB,
	  .rule = "Malformed names, documents, references and ages are refused before any I/O.",
	  .run = refuses_bad_arguments },
	{ .name = "owners.incarnations.the_next_one_takes_the_name",
	  VERB,
	  .rule = "Registering a name again supersedes who had it: that one's heartbeats are STALE "
		  "and change nothing.",
	  .run = the_next_one_takes_over },
	{ .name = "owners.incarnations.closed_is_closed",
	  VERB,
	  .rule = "A closed owner stays closed, closing again is fine, and its name can be taken.",
	  .run = closed_is_closed },
	{ .name = "owners.heartbeat.each_for_itself",
	  VERB,
	  .rule = "Of a batch each owner has its own outcome, in the order of the batch.",
	  .run = each_for_itself },
	{ .name = "owners.list.states_by_the_last_heartbeat",
	  VERB,
	  .rule = "An owner is STALE when its last heartbeat is older than asked for, CLOSED once "
		  "it "
		  "was closed, else LIVE.",
	  .run = states },
	{ .name = "owners.list.pages_by_name",
	  VERB,
	  .rule = "Owners are listed by the bytes of their names behind a cursor.",
	  .run = in_pages },
	{ .name = "owners.prune.the_closed_and_the_silent",
	  VERB,
	  .rule = "Pruning deletes those closed or silent for at least the age, the oldest first, "
		  "and "
		  "nobody else.",
	  .run = pruning },
	{ .name = "owners.decide_nothing",
	  VERB,
	  .rule = "Leases decide who may work, no row of the registry: neither a superseded nor a "
		  "closed nor a missing owner loses anything.",
	  .run = decides_nothing },
	{ .name = "owners.calls_are_one_round_trip",
	  .kind = CT_BUDGET,
	  .store = CT_OWNERS,
	  .rule = "Registering, n heartbeats and n closings are one round trip each.",
	  .run = one_round_trip },
	{ .name = "owners.race.one_has_the_name",
	  .kind = CT_RACE,
	  .store = CT_OWNERS,
	  .rule = "Processes that take one name at once end with one row and no failure.",
	  .run = one_has_the_name },
};
CT_GROUP(owners, cases);
