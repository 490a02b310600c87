/*
 * tenants.c - whoever has one tenant and knows, or guesses, everything else about another one's
 * threads, items, logs and locks reads nothing of them and changes nothing, whatever call it tries.
 */
#include "ct.h"

#define OWN   "acme"
#define MINE  CAIRN_STR(OWN)
#define SPACE 65536
/* Its first letter is a Cyrillic one. */
#define CYRILLIC "\xd0\xb0\x63me"

/* Names that mean more to LIKE, to a glob, to a path or to an eye than to us. */
static const char *const names[] = {
	"thread",    "%",
	"_",	     "thr%d",
	"th_ead",    "a:b",
	"a\\:b",     "\\",
	"*",	     "thre?d",
	"[a-z]",     "thread'; --",
	"\xc3\xa9",  /* e with acute */
	"e\xcc\x81", /* the same to an eye */
	CYRILLIC,    /* a Cyrillic a */
	"thread ",   "\xf0\x9f\x94\x92",
};

#define NAMES (sizeof(names) / sizeof(names[0]))

/* Whose rows the others want; and the others, who look almost like it. */
static const char *const others[] = { "acm",  "acme ",	"ACME",	 "acm%",   "%",
				      "_cme", CYRILLIC, "acme:", "default" };

#define OTHERS (sizeof(others) / sizeof(others[0]))

/* What one tenant has under one name. */
struct house {
	cairn_str name;
	cairn_id checkpoint;
	cairn_lock lock;
	int64_t revision;
};

/* ---- a tenant's rows -------------------------------------------------------------- */

static void settle(cairn_conn *conn, cairn_str tenant, const char *name, struct house *house)
{
	house->name = cairn_str_of(name);
	const cairn_checkpoint_new item = { .thread = house->name,
					    .state = { "{\"secret\":1}", 12 },
					    .metadata = CAIRN_STR("{\"source\":\"loop\"}"),
					    .run = house->name };
	cairn_checkpoint_added added;
	ct_ok(cairn_checkpoint_put(conn, tenant, &item, 1, &added, ct_err()));
	ct_each(added, CAIRN_OK, NULL);
	house->checkpoint = added.id;
	const cairn_checkpoint_write write = { .checkpoint = added.id,
					       .task = CAIRN_STR("task"),
					       .channel = CAIRN_STR("channel"),
					       .value = { "2", 1 } };
	ct_ok(cairn_checkpoint_write_put(conn, tenant, house->name, &write, 1, ct_err()));
	const cairn_log_event event = { .data = CAIRN_STR("{\"secret\":3}") };
	const cairn_log_batch batch = { .size = sizeof(batch),
					.tenant = tenant,
					.thread = house->name,
					.events = &event,
					.n = 1 };
	int64_t head;
	ct_ok(cairn_log_append(conn, &batch, &head, ct_err()));
	const cairn_memory_new memory = { .ns = { &house->name, 1 },
					  .key = house->name,
					  .value = { "4", 1 },
					  .metadata = CAIRN_STR("{\"source\":\"loop\"}"),
					  .ttl = CAIRN_DAY };
	cairn_memory_changed changed;
	ct_ok(cairn_memory_put(conn, tenant, &memory, 1, &changed, ct_err()));
	house->revision = changed.revision;
	const cairn_lock_opts opts = { .size = sizeof(opts),
				       .tenant = tenant,
				       .name = house->name };
	ct_ok(cairn_lock_try(conn, &opts, &house->lock, ct_err()));
}

/* ---- everything that can be read of a tenant, as text ------------------------------- */

struct text {
	char *at;
	size_t len;
};

static void add(struct text *text, const char *kind, cairn_str name, int64_t number,
		cairn_blob value)
{
	int len = snprintf(text->at + text->len, SPACE - text->len, "%s %.*s %lld %.*s\n", kind,
			   (int)name.len, name.ptr ? name.ptr : "", (long long)number,
			   (int)value.len, value.ptr ? (const char *)value.ptr : "");
	text->len += (size_t)len;
	ct_true(text->len < SPACE);
}

static void add_threads(cairn_conn *conn, cairn_str tenant, struct text *text)
{
	const cairn_thread_filter all = { .size = sizeof(all), .tenant = tenant, .limit = 1000 };
	cairn_threads *threads = NULL;
	ct_ok(cairn_thread_list(conn, &all, &threads, ct_err()));
	ct_later(threads);
	for (size_t i = 0; i < threads->count; i++)
		add(text, "thread", threads->at[i].thread, threads->at[i].write_seq,
		    (cairn_blob){ NULL, 0 });
	const cairn_checkpoint_filter filter = { .size = sizeof(filter),
						 .tenant = tenant,
						 .limit = 1000,
						 .set = CAIRN_CHECKPOINT_STATES };
	cairn_checkpoints *checkpoints = NULL;
	ct_ok(cairn_checkpoint_list(conn, &filter, &checkpoints, ct_err()));
	ct_later(checkpoints);
	for (size_t i = 0; i < checkpoints->count; i++) {
		const cairn_checkpoint *one = &checkpoints->at[i];
		cairn_checkpoint_writes *writes = NULL;
		add(text, "checkpoint", one->thread, one->write_seq, one->state);
		ct_ok(cairn_checkpoint_write_list(conn, tenant, one->thread, one->id, &writes,
						  ct_err()));
		ct_later(writes);
		for (size_t k = 0; k < writes->count; k++)
			add(text, "write", writes->at[k].task, writes->at[k].index,
			    writes->at[k].value);
	}
}

static void add_logs(cairn_conn *conn, cairn_str tenant, struct text *text)
{
	const cairn_log_list_filter all = { .size = sizeof(all), .tenant = tenant, .limit = 1000 };
	cairn_log_heads *logs = NULL;
	ct_ok(cairn_log_list(conn, &all, &logs, ct_err()));
	ct_later(logs);
	for (size_t i = 0; i < logs->count; i++) {
		const cairn_log_filter filter = { .size = sizeof(filter),
						  .tenant = tenant,
						  .thread = logs->at[i].thread };
		cairn_log_events *events = NULL;
		ct_ok(cairn_log_read(conn, &filter, &events, ct_err()));
		ct_later(events);
		for (size_t k = 0; k < events->count; k++)
			add(text, "event", logs->at[i].thread, events->at[k].seq,
			    (cairn_blob){ events->at[k].data.ptr, events->at[k].data.len });
	}
}

static void add_items(cairn_conn *conn, cairn_str tenant, struct text *text)
{
	const cairn_memory_filter filter = { .size = sizeof(filter),
					     .tenant = tenant,
					     .limit = 1000,
					     .set = CAIRN_MEMORY_BELOW | CAIRN_MEMORY_VALUES };
	cairn_memory_items *items = NULL;
	ct_ok(cairn_memory_list(conn, &filter, &items, ct_err()));
	ct_later(items);
	for (size_t i = 0; i < items->count; i++)
		add(text, "item", items->at[i].key, items->at[i].revision, items->at[i].value);
}

static void add_locks(cairn_conn *conn, cairn_str tenant, struct text *text)
{
	const cairn_lock_filter filter = { .size = sizeof(filter),
					   .tenant = tenant,
					   .limit = 1000 };
	cairn_lock_rows *locks = NULL;
	ct_ok(cairn_lock_list(conn, &filter, &locks, ct_err()));
	ct_later(locks);
	for (size_t i = 0; i < locks->count; i++)
		add(text, "lock", locks->at[i].name, locks->at[i].fence, (cairn_blob){ NULL, 0 });
}

static const char *everything(cairn_conn *conn, cairn_str tenant)
{
	struct text text = { .at = ct_alloc(SPACE) };
	text.at[0] = '\0';
	add_threads(conn, tenant, &text);
	add_logs(conn, tenant, &text);
	add_items(conn, tenant, &text);
	add_locks(conn, tenant, &text);
	return text.at;
}

/* ---- the attacks ------------------------------------------------------------------- */

static void try_checkpoints(cairn_conn *conn, cairn_str as, const struct house *house)
{
	cairn_checkpoint_ref ref = { .size = sizeof(ref), .tenant = as, .thread = house->name };
	cairn_checkpoints *found = NULL;
	ct_status(cairn_checkpoint_get(conn, &ref, &found, ct_err()), CAIRN_NOT_FOUND,
		  "checkpoint.not_found");
	ref.id = house->checkpoint;
	ct_status(cairn_checkpoint_get(conn, &ref, &found, ct_err()), CAIRN_NOT_FOUND,
		  "checkpoint.not_found");
	cairn_checkpoint_filter filter = { .size = sizeof(filter),
					   .tenant = as,
					   .metadata = CAIRN_STR("{\"source\":\"loop\"}") };
	ct_ok(cairn_checkpoint_list(conn, &filter, &found, ct_err()));
	ct_int(found->count, 0);
	filter.thread = house->name;
	ct_ok(cairn_checkpoint_list(conn, &filter, &found, ct_err()));
	ct_int(found->count, 0);
	ct_later(found);
	cairn_checkpoint_writes *writes = NULL;
	ct_ok(cairn_checkpoint_write_list(conn, as, house->name, house->checkpoint, &writes,
					  ct_err()));
	ct_int(writes->count, 0);
	ct_later(writes);
}

static void change_checkpoints(cairn_conn *conn, cairn_str as, const struct house *house)
{
	const cairn_checkpoint_new item = { .thread = house->name,
					    .parent = house->checkpoint,
					    .state = { "1", 1 },
					    .expected = house->checkpoint,
					    .set = CAIRN_CHECKPOINT_EXPECT };
	cairn_checkpoint_added added;
	size_t count = 9;
	ct_status(cairn_checkpoint_branch(conn, as, &item, NULL, ct_err()), CAIRN_NOT_FOUND,
		  "checkpoint.parent_not_found");
	ct_ok(cairn_checkpoint_put(conn, as, &item, 1, &added, ct_err()));
	ct_each(added, CAIRN_STALE, "checkpoint.head_moved");
	const cairn_checkpoint_write write = { .checkpoint = house->checkpoint,
					       .task = CAIRN_STR("task"),
					       .channel = CAIRN_STR("channel"),
					       .value = { "5", 1 },
					       .index = -1 };
	ct_status(cairn_checkpoint_write_put(conn, as, house->name, &write, 1, ct_err()),
		  CAIRN_NOT_FOUND, "checkpoint.not_found");
	ct_status(cairn_thread_copy(conn, as, house->name, CAIRN_STR("copy"), &count, ct_err()),
		  CAIRN_NOT_FOUND, "checkpoint.thread_not_found");
	ct_ok(cairn_thread_delete(conn, as, &house->name, 1, &count, ct_err()));
	ct_int(count, 0);
	ct_ok(cairn_checkpoint_delete_runs(conn, as, &house->name, 1, &count, ct_err()));
	ct_int(count, 0);
	const cairn_checkpoint_prune_opts prune = { .size = sizeof(prune), .tenant = as };
	ct_ok(cairn_checkpoint_prune(conn, &prune, &count, ct_err()));
	ct_int(count, 0);
}

static void try_log(cairn_conn *conn, cairn_str as, const struct house *house)
{
	const cairn_log_filter filter = { .size = sizeof(filter),
					  .tenant = as,
					  .thread = house->name };
	const cairn_log_event event = { .data = CAIRN_STR("6") };
	const cairn_log_batch batch = { .size = sizeof(batch),
					.tenant = as,
					.thread = house->name,
					.events = &event,
					.n = 1,
					.expected = 1,
					.set = CAIRN_LOG_EXPECT };
	const cairn_log_archive_opts archive = {
		.size = sizeof(archive), .tenant = as, .thread = house->name, .upto = 1
	};
	cairn_log_events *events = NULL;
	int64_t head = 9;
	size_t removed = 9;
	int existed = 9;
	ct_ok(cairn_log_read(conn, &filter, &events, ct_err()));
	ct_int(events->count, 0);
	ct_int(events->head, 0);
	ct_later(events);
	ct_status(cairn_log_append(conn, &batch, &head, ct_err()), CAIRN_STALE, "log.head_moved");
	ct_int(head, 0);
	ct_ok(cairn_log_wait(conn, as, house->name, 0, CAIRN_MILLISECOND, &head, ct_err()));
	ct_int(head, 0);
	ct_ok(cairn_log_archive(conn, &archive, &removed, ct_err()));
	ct_int(removed, 0);
	ct_ok(cairn_log_delete(conn, as, house->name, &existed, ct_err()));
	ct_int(existed, 0);
}

static void try_items(cairn_conn *conn, cairn_str as, const struct house *house)
{
	const cairn_memory_ref ref = { .ns = { &house->name, 1 },
				       .key = house->name,
				       .revision = house->revision,
				       .set = CAIRN_MEMORY_EXPECT };
	const cairn_memory_ref plain = { .ns = { &house->name, 1 }, .key = house->name };
	const cairn_memory_new item = { .ns = { &house->name, 1 },
					.key = house->name,
					.value = { "7", 1 },
					.revision = house->revision,
					.set = CAIRN_MEMORY_EXPECT };
	const cairn_memory_namespace_filter spaces = { .size = sizeof(spaces), .tenant = as };
	cairn_memory_namespaces *namespaces = NULL;
	cairn_memory_items *items = NULL;
	cairn_memory_changed changed;
	size_t evicted = 9;
	ct_ok(cairn_memory_get(conn, as, &plain, 1, &items, ct_err()));
	ct_int(items->count, 0);
	ct_later(items);
	ct_ok(cairn_memory_namespace_list(conn, &spaces, &namespaces, ct_err()));
	ct_int(namespaces->count, 0);
	ct_later(namespaces);
	ct_ok(cairn_memory_put(conn, as, &item, 1, &changed, ct_err()));
	ct_each(changed, CAIRN_STALE, "memory.revision_moved");
	ct_ok(cairn_memory_delete(conn, as, &ref, 1, &changed, ct_err()));
	ct_each(changed, CAIRN_STALE, "memory.revision_moved");
	ct_ok(cairn_memory_delete(conn, as, &plain, 1, &changed, ct_err()));
	ct_int(changed.existed, 0);
	ct_advance(2 * CAIRN_DAY);
	ct_ok(cairn_memory_evict(conn, cairn_tenant(as), 0, &evicted, ct_err()));
	ct_int(evicted, 0);
	ct_advance(-2 * CAIRN_DAY);
}

/* With the other's lock under one's own tenant, which none is, and as it is, which no call takes. */
static void try_lock(cairn_conn *conn, cairn_str as, const struct house *house)
{
	cairn_lock lock = house->lock;
	int held = 9;
	lock.tenant_len = (uint32_t)as.len;
	snprintf(lock.tenant, sizeof(lock.tenant), "%.*s", (int)as.len, as.ptr);
	ct_status(cairn_lock_extend(conn, &lock, CAIRN_HOUR, ct_err()), CAIRN_STALE, "lock.lost");
	ct_ok(cairn_lock_release(conn, &lock, &held, ct_err()));
	ct_int(held, 0);
	ct_ok(cairn_lock_break(conn, as, house->name, &held, ct_err()));
	ct_int(held, 0);
	const cairn_lock *const both[] = { &lock, &house->lock };
	static const struct {
		cairn_status status;
		const char *code;
	} ends[] = { { CAIRN_STALE, "lock.lost" }, { CAIRN_INVALID, "arg.invalid" } };
	for (size_t i = 0; i < 2; i++) {
		const cairn_checkpoint_new item = { .thread = house->name,
						    .state = { "1", 1 },
						    .lock = both[i] };
		const cairn_memory_new memory = { .key = house->name,
						  .value = { "1", 1 },
						  .lock = both[i] };
		const cairn_log_event event = { .data = CAIRN_STR("8") };
		const cairn_log_batch batch = { .size = sizeof(batch),
						.tenant = as,
						.thread = house->name,
						.events = &event,
						.n = 1,
						.lock = both[i] };
		int64_t head;
		ct_status(cairn_checkpoint_put(conn, as, &item, 1, NULL, ct_err()), ends[i].status,
			  ends[i].code);
		ct_status(cairn_memory_put(conn, as, &memory, 1, NULL, ct_err()), ends[i].status,
			  ends[i].code);
		ct_status(cairn_log_append(conn, &batch, &head, ct_err()), ends[i].status,
			  ends[i].code);
	}
}

static void attack(cairn_conn *conn, cairn_str as, const struct house *house)
{
	try_checkpoints(conn, as, house);
	change_checkpoints(conn, as, house);
	try_log(conn, as, house);
	try_items(conn, as, house);
	try_lock(conn, as, house);
}

/* ---- the cases ----------------------------------------------------------------------- */

static void by_every_name(void)
{
	cairn_conn *conn = ct_open();
	struct house houses[NAMES];
	for (size_t i = 0; i < NAMES; i++)
		settle(conn, MINE, names[i], &houses[i]);
	const char *before = everything(conn, MINE);
	for (size_t i = 0; i < NAMES; i++) {
		ct_note("%s", names[i]);
		attack(conn, CAIRN_STR("mallory"), &houses[i]);
	}
	ct_text(everything(conn, MINE), before);
	ct_text(everything(conn, CAIRN_STR("mallory")), "");
}

static void by_every_tenant(void)
{
	cairn_conn *conn = ct_open();
	struct house house;
	settle(conn, MINE, "thread", &house);
	const char *before = everything(conn, MINE);
	for (size_t i = 0; i < OTHERS; i++) {
		ct_note("%s", others[i]);
		attack(conn, cairn_str_of(others[i]), &house);
		ct_text(everything(conn, cairn_str_of(others[i])), "");
	}
	ct_text(everything(conn, MINE), before);
}

/* A connection that has served the other one, inside a transaction and outside. */
static void on_a_used_connection(void)
{
	cairn_conn *conn = ct_open();
	struct house house;
	settle(conn, MINE, "thread", &house);
	const char *before = everything(conn, MINE);
	const cairn_checkpoint_ref ref = { .size = sizeof(ref),
					   .tenant = MINE,
					   .thread = house.name };
	cairn_checkpoints *found = NULL;
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_ok(cairn_checkpoint_get(conn, &ref, &found, ct_err()));
	try_checkpoints(conn, CAIRN_STR("mallory"), &house);
	change_checkpoints(conn, CAIRN_STR("mallory"), &house);
	try_items(conn, CAIRN_STR("mallory"), &house);
	try_lock(conn, CAIRN_STR("mallory"), &house);
	ct_ok(cairn_checkpoint_get(conn, &ref, &found, ct_err()));
	ct_int(found->count, 1);
	ct_later(found);
	ct_ok(cairn_commit(&tx, ct_err()));
	attack(conn, CAIRN_STR("mallory"), &house);
	ct_text(everything(conn, MINE), before);
	ct_text(everything(conn, CAIRN_STR("mallory")), "");
}

/* Cursors come from outside: those of another one's pages lead nowhere. */
static void by_cursors(void)
{
	cairn_conn *conn = ct_open();
	struct house house;
	settle(conn, MINE, "b", &house);
	settle(conn, CAIRN_STR("mallory"), "a", &house);
	const cairn_checkpoint_filter filter = { .size = sizeof(filter),
						 .tenant = CAIRN_STR("mallory"),
						 .after_thread = CAIRN_STR("a"),
						 .before = 1 };
	const cairn_memory_filter items = { .size = sizeof(items),
					    .tenant = CAIRN_STR("mallory"),
					    .after_ns = CAIRN_STR("a"),
					    .after = CAIRN_STR("a"),
					    .set = CAIRN_MEMORY_BELOW };
	cairn_checkpoints *found = NULL;
	cairn_memory_items *rest = NULL;
	ct_ok(cairn_checkpoint_list(conn, &filter, &found, ct_err()));
	ct_int(found->count, 0);
	ct_later(found);
	ct_ok(cairn_memory_list(conn, &items, &rest, ct_err()));
	ct_int(rest->count, 0);
	ct_later(rest);
}

static const ct_case cases[] = {
	{ .name = "tenants.every_name_is_only_ones_own",
	  .kind = CT_VERB,
	  .store = CT_CHECKPOINTS,
	  .rule = "Whoever tries every call with another tenant's names, ids, revisions and fences "
		  "reads "
		  "and changes nothing of it.",
	  .covers = "entelix-15, entelix-32, entelix-52, entelix-64",
	  .run = by_every_name },
	{ .name = "tenants.a_name_that_looks_like_another_is_another",
	  .kind = CT_VERB,
	  .store = CT_CHECKPOINTS,
	  .rule = "Tenants are compared byte for byte, and no character means more than itself.",
	  .run = by_every_tenant },
	{ .name = "tenants.a_used_connection_shows_nothing_of_who_used_it",
	  .kind = CT_VERB,
	  .store = CT_CHECKPOINTS,
	  .rule = "What a connection has read for one tenant, also in the same transaction, is not "
		  "seen for "
		  "another.",
	  .run = on_a_used_connection },
	{ .name = "tenants.cursors_lead_to_ones_own_rows_only",
	  .kind = CT_VERB,
	  .store = CT_CHECKPOINTS,
	  .rule = "A cursor that points to another tenant's rows shows none of them.",
	  .run = by_cursors },
};
CT_GROUP(tenants, cases);
