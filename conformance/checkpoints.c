/*
 * checkpoints.c - putting checkpoints and reading them: what comes back, what is the latest, what a
 * repeated call gives. (branches, pending writes: checkpoints_branch.c; lists: checkpoints_list.c;
 * whole threads: threads.c; many writers, transactions: checkpoints_race.c)
 */
#include "ct_threads.h"

static bool has_bytes(cairn_blob state, const char *want, size_t len)
{
	return state.ptr != NULL && state.len == len && memcmp(state.ptr, want, len) == 0;
}

static cairn_blob blob(const char *text)
{
	return (cairn_blob){ text, strlen(text) };
}

/* ---- round trips ---------------------------------------------------------------- */

static void is_same(const cairn_checkpoint *row, const cairn_checkpoint_new *item)
{
	ct_same(row->thread, item->thread);
	ct_same(row->ns, item->ns);
	ct_id(row->parent, item->parent);
	ct_int(row->step, item->step);
	ct_true(has_bytes(row->state, item->state.ptr, item->state.len));
	ct_int(row->state_size, item->state.len);
	ct_same(row->metadata, item->metadata);
	ct_same(row->next_node, item->next_node);
	ct_same(row->run, item->run);
	ct_int(row->format, item->format);
	ct_int(row->payload_version, item->payload_version);
}

static void comes_back(void)
{
	cairn_conn *conn = ct_open();
	cairn_checkpoint_new item = ct_checkpoint("t", 4);
	item.ns = CAIRN_STR("sub|1");
	item.id = cairn_id_new();
	item.parent = cairn_id_new();
	item.metadata = CAIRN_STR("{\"source\" : \"loop\"}");
	item.next_node = CAIRN_STR("tools");
	item.run = CAIRN_STR("run 1");
	item.payload_version = 7;
	cairn_checkpoint_added added = ct_save(conn, item);
	ct_id(added.id, item.id);
	ct_int(added.write_seq, 1);
	is_same(ct_latest(conn, "t", "sub|1"), &item);
	is_same(ct_saved(conn, "t", added.id), &item);
	cairn_checkpoint_filter history = ct_history("t");
	history.set = CAIRN_CHECKPOINT_STATES;
	const cairn_checkpoints *rows = ct_listed(conn, &history);
	ct_int(rows->count, 1);
	is_same(&rows->at[0], &item);
	ct_int(rows->at[0].write_seq, 1);
	ct_int(rows->at[0].created_at, ct_now());
}

static void defaults(void)
{
	cairn_conn *conn = ct_open();
	cairn_checkpoint_added added = ct_save(conn, ct_checkpoint("t", 0));
	ct_true(!cairn_id_is_none(added.id));
	const cairn_checkpoint *row = ct_latest(conn, "t", NULL);
	ct_id(row->id, added.id);
	ct_str(row->ns, NULL);
	ct_true(cairn_id_is_none(row->parent));
	ct_str(row->metadata, "{}");
	ct_str(row->next_node, NULL);
	ct_str(row->run, NULL);
	ct_int(row->payload_version, 1);
}

static void terminal(void)
{
	cairn_conn *conn = ct_open();
	cairn_checkpoint_new item = ct_checkpoint("t", 1);
	item.next_node = CAIRN_STR("answer");
	ct_save(conn, item);
	ct_str(ct_latest(conn, "t", NULL)->next_node, "answer");
	ct_save(conn, ct_checkpoint("t", 2));
	ct_str(ct_latest(conn, "t", NULL)->next_node, NULL);
}

static void state_is_passed_through(cairn_conn *conn, cairn_blob state, enum cairn_format format)
{
	cairn_checkpoint_new item = ct_checkpoint("t", 1);
	item.state = state;
	item.format = format;
	cairn_checkpoint_added added = ct_save(conn, item);
	const cairn_checkpoint *row = ct_saved(conn, "t", added.id);
	ct_true(has_bytes(row->state, state.ptr, state.len));
	ct_int(row->state_size, state.len);
	ct_int(row->format, format);
	ct_int(((const char *)row->state.ptr)[state.len], 0);
}

/* Below and above whatever a driver thinks of as large. */
static void any_state(void)
{
	static const char *const documents[] = { "null", " [ 9007199254740993 , 1.0e+2 ] ",
						 "{\"\\u00e9\":\"\\ud83d\\ude00\",\"e\\u0301\":0}",
						 "\"\"" };
	cairn_conn *conn = ct_open();
	for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++)
		state_is_passed_through(conn, blob(documents[i]), CAIRN_FORMAT_JSON);
	state_is_passed_through(conn, (cairn_blob){ "", 0 }, CAIRN_FORMAT_BYTES);
	state_is_passed_through(conn, (cairn_blob){ "\0\xff{\0", 4 }, CAIRN_FORMAT_BYTES);
	for (size_t size = 1000; size < 300000; size *= 4) {
		char *text = ct_repeat('x', size);
		state_is_passed_through(conn, (cairn_blob){ text, size }, CAIRN_FORMAT_BYTES);
		text[0] = text[size - 1] = '"';
		state_is_passed_through(conn, (cairn_blob){ text, size }, CAIRN_FORMAT_JSON);
	}
}

static void refused_state(cairn_conn *conn, cairn_blob state, cairn_status status, const char *code)
{
	cairn_checkpoint_new items[2] = { ct_checkpoint("t", 1), ct_checkpoint("t", 2) };
	cairn_checkpoint_added each[2];
	items[1].state = state;
	ct_status(cairn_checkpoint_put(conn, CT_TENANT, items, 2, each, ct_err()), status, code);
	ct_int(ct_last()->index, 1);
	ct_text(ct_threads(conn, NULL, NULL, 0), "");
}

static void bad_states(void)
{
	cairn_conn *conn = ct_open();
	refused_state(conn, blob("\"\\u0000\""), CAIRN_INVALID, "json.invalid");
	refused_state(conn, blob("\"\\ud800\""), CAIRN_INVALID, "json.invalid");
	refused_state(conn, blob("{"), CAIRN_INVALID, "json.invalid");
	refused_state(conn, (cairn_blob){ NULL, 0 }, CAIRN_INVALID, "json.invalid");
	refused_state(conn, blob("{\"a\":1,\"a\":2}"), CAIRN_INVALID, "json.duplicate_member");
	char *deep = ct_format("%s%s", ct_repeat('[', 65), ct_repeat(']', 65));
	refused_state(conn, blob(deep), CAIRN_INVALID, "json.too_deep");
	char *large = ct_repeat('1', (1 << 20) + 1);
	refused_state(conn, blob(large), CAIRN_TOO_LARGE, "json.too_large");
}

static void refused(cairn_conn *conn, cairn_checkpoint_new item, const char *code)
{
	ct_status(cairn_checkpoint_put(conn, CT_TENANT, &item, 1, NULL, ct_err()), CAIRN_INVALID,
		  code);
}

static void bad_arguments(void)
{
	cairn_conn *conn = ct_open();
	cairn_checkpoint_new item = ct_checkpoint("t", -1);
	refused(conn, item, "checkpoint.invalid_step");
	refused(conn, ct_checkpoint("", 1), "arg.invalid_name");
	refused(conn, ct_checkpoint("a\nb", 1), "arg.invalid_name");
	item = ct_checkpoint("t", 1);
	item.ns = CAIRN_STR(" ");
	refused(conn, item, "arg.invalid_key");
	item = ct_checkpoint("t", 1);
	item.metadata = CAIRN_STR("[]");
	refused(conn, item, "json.invalid");
	item = ct_checkpoint("t", 1);
	item.set = 2;
	refused(conn, item, "arg.reserved");
	item = ct_checkpoint("t", 1);
	item.reserved_[1] = 1;
	refused(conn, item, "arg.reserved");
	ct_status(cairn_checkpoint_put(conn, CAIRN_STR(""), &item, 1, NULL, ct_err()),
		  CAIRN_INVALID, "arg.invalid_tenant");
	ct_text(ct_threads(conn, NULL, NULL, 0), "");
}

/* ---- latest ------------------------------------------------------------------------ */

static void last_written(void)
{
	cairn_conn *conn = ct_open();
	static const int64_t steps[] = { 3, 1, 2, 2 };
	cairn_id last = { { 0 } };
	for (size_t i = 0; i < 4; i++) {
		cairn_checkpoint_added added = ct_save(conn, ct_checkpoint("t", steps[i]));
		ct_int(added.write_seq, i + 1);
		last = added.id;
	}
	ct_id(ct_latest(conn, "t", NULL)->id, last);
	cairn_checkpoint_filter history = ct_history("t");
	ct_text(ct_steps(conn, &history), "2 2 1 3");
}

static void namespaces(void)
{
	cairn_conn *conn = ct_open();
	cairn_checkpoint_new inner = ct_checkpoint("t", 10);
	inner.ns = CAIRN_STR("child");
	cairn_id root = ct_save(conn, ct_checkpoint("t", 1)).id;
	cairn_id child = ct_save(conn, inner).id;
	ct_id(ct_latest(conn, "t", NULL)->id, root);
	ct_id(ct_latest(conn, "t", "child")->id, child);
	/* an id is enough, whatever its namespace */
	ct_str(ct_saved(conn, "t", child)->ns, "child");
	cairn_checkpoint_ref ref = ct_ref("t");
	cairn_checkpoints *rows = NULL;
	ref.ns = CAIRN_STR("chil");
	ct_status(cairn_checkpoint_get(conn, &ref, &rows, ct_err()), CAIRN_NOT_FOUND,
		  "checkpoint.not_found");
	ct_later(rows);
}

static void absent(void)
{
	cairn_conn *conn = ct_open();
	cairn_checkpoint_ref ref = ct_ref("t");
	cairn_checkpoints *rows = NULL;
	ct_status(cairn_checkpoint_get(conn, &ref, &rows, ct_err()), CAIRN_NOT_FOUND,
		  "checkpoint.not_found");
	cairn_id id = ct_save(conn, ct_checkpoint("t", 1)).id;
	ct_true(!ct_is_saved(conn, "t", cairn_id_new()));
	ct_true(!ct_is_saved(conn, "u", id));
	ct_true(ct_is_saved(conn, "t", id));
	ct_later(rows);
}

static void tenants(void)
{
	cairn_conn *conn = ct_open();
	cairn_checkpoint_new item = ct_checkpoint("t", 1);
	cairn_checkpoint_added ours = ct_save(conn, item);
	cairn_checkpoint_added theirs;
	item.step = 2;
	item.id = ours.id;
	ct_ok(cairn_checkpoint_put(conn, CAIRN_STR("other"), &item, 1, &theirs, ct_err()));
	ct_each(theirs, CAIRN_OK, NULL);
	ct_int(theirs.write_seq, 1);
	ct_int(ct_latest(conn, "t", NULL)->step, 1);
	cairn_checkpoint_ref ref = ct_ref("t");
	cairn_checkpoints *rows = NULL;
	ref.tenant = CAIRN_STR("other");
	ct_ok(cairn_checkpoint_get(conn, &ref, &rows, ct_err()));
	ct_int(rows->at[0].step, 2);
	ref.tenant = CAIRN_STR("third");
	ref.id = ours.id;
	ct_status(cairn_checkpoint_get(conn, &ref, &rows, ct_err()), CAIRN_NOT_FOUND,
		  "checkpoint.not_found");
	ref.tenant = CAIRN_STR("");
	ct_status(cairn_checkpoint_get(conn, &ref, &rows, ct_err()), CAIRN_INVALID,
		  "arg.invalid_tenant");
	ct_later(rows);
}

static void version_is(cairn_conn *conn, uint32_t oldest, uint32_t newest, cairn_status want)
{
	cairn_checkpoint_ref ref = ct_ref("t");
	cairn_checkpoints *rows = NULL;
	ref.oldest_version = oldest;
	ref.newest_version = newest;
	ct_status(cairn_checkpoint_get(conn, &ref, &rows, ct_err()), want,
		  want == CAIRN_OK ? NULL : "checkpoint.version_unsupported");
	ct_int(rows->count, 1);
	ct_int(rows->at[0].payload_version, 3);
	ct_int(rows->at[0].state_size, 8);
	ct_int(rows->at[0].state.ptr != NULL, want == CAIRN_OK);
	if (want != CAIRN_OK)
		ct_true(strstr(ct_last()->detail, "version 3") != NULL);
	ct_later(rows);
}

static void versions(void)
{
	cairn_conn *conn = ct_open();
	cairn_checkpoint_new item = ct_checkpoint("t", 1);
	item.payload_version = 3;
	ct_save(conn, item);
	version_is(conn, 0, 0, CAIRN_OK);
	version_is(conn, 3, 3, CAIRN_OK);
	version_is(conn, 1, 0, CAIRN_OK);
	version_is(conn, 0, 2, CAIRN_SCHEMA);
	version_is(conn, 4, 0, CAIRN_SCHEMA);
}

/* ---- again, and conditions ------------------------------------------------------------ */

static void again(void)
{
	cairn_conn *conn = ct_open();
	cairn_checkpoint_new item = ct_checkpoint("t", 1);
	item.id = cairn_id_new();
	item.state = blob("{\"a\":1,\"b\":[2]}");
	item.metadata = CAIRN_STR("{\"x\":1,\"y\":2}");
	cairn_checkpoint_added first = ct_save(conn, item);
	ct_save(conn, ct_checkpoint("t", 2));
	ct_advance(CAIRN_SECOND);
	item.state = blob(" { \"b\" : [ 2.0 ] , \"a\" : 1e0 }");
	item.metadata = CAIRN_STR("{\"y\":2,\"x\":1}");
	cairn_checkpoint_added second = ct_offer_checkpoint(conn, item);
	ct_each(second, CAIRN_OK, NULL);
	ct_int(second.existing, 1);
	ct_id(second.id, first.id);
	ct_int(second.write_seq, 1);
	ct_int(second.created_at, first.created_at);
	ct_true(has_bytes(ct_saved(conn, "t", first.id)->state, "{\"a\":1,\"b\":[2]}", 15));
	ct_int(ct_save(conn, ct_checkpoint("t", 3)).write_seq, 3);
}

static void differs(cairn_conn *conn, cairn_checkpoint_new item)
{
	ct_each(ct_offer_checkpoint(conn, item), CAIRN_EXISTS, "checkpoint.exists");
	ct_status(cairn_checkpoint_put(conn, CT_TENANT, &item, 1, NULL, ct_err()), CAIRN_EXISTS,
		  "checkpoint.exists");
}

static void other_content(void)
{
	cairn_conn *conn = ct_open();
	cairn_checkpoint_new item = ct_checkpoint("t", 1);
	item.id = cairn_id_new();
	ct_save(conn, item);
	cairn_checkpoint_new other = item;
	other.state = blob("{\"at\":2}");
	differs(conn, other);
	other = item;
	other.format = CAIRN_FORMAT_BYTES;
	differs(conn, other);
	other = item;
	other.step = 2;
	differs(conn, other);
	other = item;
	other.ns = CAIRN_STR("n");
	differs(conn, other);
	other = item;
	other.parent = cairn_id_new();
	differs(conn, other);
	other = item;
	other.metadata = CAIRN_STR("{\"a\":1}");
	differs(conn, other);
	other = item;
	other.next_node = CAIRN_STR("n");
	differs(conn, other);
	other = item;
	other.run = CAIRN_STR("r");
	differs(conn, other);
	other = item;
	other.payload_version = 2;
	differs(conn, other);
	const cairn_checkpoint *row = ct_latest(conn, "t", NULL);
	ct_int(row->write_seq, 1);
	ct_true(has_bytes(row->state, "{\"at\":1}", 8));
}

static cairn_checkpoint_new expecting(const char *ns, int64_t step, cairn_id head)
{
	cairn_checkpoint_new item = ct_checkpoint("t", step);
	item.ns = cairn_str_of(ns);
	item.expected = head;
	item.set = CAIRN_CHECKPOINT_EXPECT;
	return item;
}

static void expected_head(void)
{
	cairn_conn *conn = ct_open();
	const cairn_id none = { { 0 } };
	ct_each(ct_offer_checkpoint(conn, expecting(NULL, 1, cairn_id_new())), CAIRN_STALE,
		"checkpoint.head_moved");
	ct_text(ct_threads(conn, NULL, NULL, 0), "");
	cairn_id first = ct_save(conn, expecting(NULL, 1, none)).id;
	ct_each(ct_offer_checkpoint(conn, expecting(NULL, 2, none)), CAIRN_STALE,
		"checkpoint.head_moved");
	/* each namespace has its own */
	cairn_id inner = ct_save(conn, expecting("n", 1, none)).id;
	cairn_id second = ct_save(conn, expecting(NULL, 2, first)).id;
	ct_each(ct_offer_checkpoint(conn, expecting(NULL, 3, first)), CAIRN_STALE,
		"checkpoint.head_moved");
	ct_each(ct_offer_checkpoint(conn, expecting("n", 2, second)), CAIRN_STALE,
		"checkpoint.head_moved");
	cairn_checkpoint_added last = ct_save(conn, expecting("n", 2, inner));
	/* who failed took no number */
	ct_int(last.write_seq, 4);
}

/* The first call's result, though its own head has moved by it. */
static void again_after_the_head(void)
{
	cairn_conn *conn = ct_open();
	cairn_checkpoint_new item = expecting(NULL, 1, (cairn_id){ { 0 } });
	item.id = cairn_id_new();
	ct_save(conn, item);
	cairn_checkpoint_added second = ct_offer_checkpoint(conn, item);
	ct_each(second, CAIRN_OK, NULL);
	ct_int(second.existing, 1);
}

static void in_a_batch(void)
{
	cairn_conn *conn = ct_open();
	cairn_checkpoint_new items[7] = { ct_checkpoint("b", 1), ct_checkpoint("a", 1),
					  ct_checkpoint("b", 2), ct_checkpoint("b", 3),
					  ct_checkpoint("b", 3), ct_checkpoint("b", 4),
					  ct_checkpoint("c", 1) };
	cairn_checkpoint_added each[7];
	items[0].id = cairn_id_new();
	items[2].expected = items[0].id;
	items[2].set = CAIRN_CHECKPOINT_EXPECT;
	items[3].expected = items[0].id; /* moved on in this batch */
	items[3].set = CAIRN_CHECKPOINT_EXPECT;
	items[4].id = items[0].id;	 /* another content */
	items[6].expected = items[0].id; /* of another thread */
	items[6].set = CAIRN_CHECKPOINT_EXPECT;
	ct_ok(cairn_checkpoint_put(conn, CT_TENANT, items, 7, each, ct_err()));
	ct_each(each[0], CAIRN_OK, NULL);
	ct_each(each[1], CAIRN_OK, NULL);
	ct_each(each[2], CAIRN_OK, NULL);
	ct_each(each[3], CAIRN_STALE, "checkpoint.head_moved");
	ct_each(each[4], CAIRN_EXISTS, "checkpoint.exists");
	ct_each(each[5], CAIRN_OK, NULL);
	ct_each(each[6], CAIRN_STALE, "checkpoint.head_moved");
	ct_int(each[0].write_seq, 1);
	ct_int(each[1].write_seq, 1);
	ct_int(each[2].write_seq, 2);
	ct_int(each[5].write_seq, 3);
	ct_int(each[5].created_at, ct_now());
	ct_text(ct_threads(conn, NULL, NULL, 0), "a b");
}

static void large_batch(void)
{
	cairn_conn *conn = ct_open();
	const size_t n = 2500;
	cairn_checkpoint_new *items = ct_alloc(n * sizeof *items);
	cairn_checkpoint_added *each = ct_alloc(n * sizeof *each);
	for (size_t i = 0; i < n; i++) {
		items[i] = ct_checkpoint(i % 2 ? "odd" : "even", (int64_t)i);
		items[i].id = cairn_id_new();
		/* conditions here and there, and in a row */
		if (i == 7 || i > n - 250) {
			items[i].expected = items[i - 2].id;
			items[i].set = CAIRN_CHECKPOINT_EXPECT;
		}
	}
	items[1200].id = items[0].id; /* twice, unequal; then once more, equal */
	items[1300] = items[20];
	for (int round = 0; round < 2; round++) {
		ct_ok(cairn_checkpoint_put(conn, CT_TENANT, items, n, each, ct_err()));
		for (size_t i = 0; i < n; i++) {
			if (i == 1200)
				ct_each(each[i], CAIRN_EXISTS, "checkpoint.exists");
			else
				ct_each(each[i], CAIRN_OK, NULL);
			ct_int(each[i].existing, i != 1200 && (i == 1300 || round > 0));
		}
		ct_int(each[1300].write_seq, each[20].write_seq);
		ct_int(each[n - 1].write_seq, n / 2);
		ct_int(each[n - 2].write_seq, n / 2 - 2);
	}
}

/* ---- locks ------------------------------------------------------------------------------ */

static void under_a_lock(void)
{
	cairn_conn *conn = ct_open();
	cairn_lock_opts opts = { .size = sizeof opts,
				 .tenant = CT_TENANT,
				 .name = CAIRN_STR("t"),
				 .ttl = CAIRN_MINUTE };
	cairn_lock lock;
	cairn_checkpoint_new items[2] = { ct_checkpoint("t", 1), ct_checkpoint("u", 1) };
	cairn_checkpoint_added each[2];
	ct_ok(cairn_lock_try(conn, &opts, &lock, ct_err()));
	items[0].lock = &lock;
	ct_ok(cairn_checkpoint_put(conn, CT_TENANT, items, 2, each, ct_err()));
	ct_each(each[0], CAIRN_OK, NULL);
	ct_advance(CAIRN_MINUTE);
	items[0].set = CAIRN_CHECKPOINT_EXPECT; /* is lost, too, but told behind the lock */
	ct_ok(cairn_checkpoint_put(conn, CT_TENANT, items, 2, each, ct_err()));
	ct_each(each[0], CAIRN_STALE, "lock.lost");
	ct_each(each[1], CAIRN_OK, NULL);
	ct_int(each[1].write_seq, 2);
	ct_int(ct_latest(conn, "t", NULL)->write_seq, 1);
	ct_status(cairn_checkpoint_put(conn, CAIRN_STR("other"), items, 1, NULL, ct_err()),
		  CAIRN_INVALID, "arg.invalid");
}

#define VERB .kind = CT_VERB, .store = CT_CHECKPOINTS

static const ct_case cases[] = {
	{ .name = "checkpoints.put.comes_back",
	  VERB,
	  .rule = "What was put comes back from the latest, by its id and in the history, with "
		  "every field.",
	  .covers = "entelix-11",
	  .run = comes_back },
	{ .name = "checkpoints.put.defaults",
	  VERB,
	  .rule = "What is not given is absent, metadata is {}, the payload version 1.",
	  .covers = "entelix-26",
	  .run = defaults },
	{ .name = "checkpoints.put.finished_has_no_next_node",
	  VERB,
	  .rule = "A checkpoint names what runs next, and nothing when it is finished.",
	  .covers = "entelix-13",
	  .run = terminal },
	{ .name = "checkpoints.put.any_state_byte_for_byte",
	  VERB,
	  .rule = "Documents and bytes of any size come back as they were put.",
	  .covers = "entelix-23",
	  .run = any_state },
	{ .name = "checkpoints.put.bad_states_are_refused",
	  VERB,
	  .rule = "What one driver could not give back is refused on all of them, before "
		  "anything is written.",
	  .covers = "entelix-23",
	  .run = bad_states },
	{ .name = "checkpoints.put.bad_arguments_are_refused",
	  VERB,
	  .rule = "Malformed threads, namespaces, steps, metadata and tenants are refused.",
	  .covers = "entelix-24",
	  .run = bad_arguments },
	{ .name = "checkpoints.get.the_latest_was_written_last",
	  VERB,
	  .rule = "The latest is the last one written, whatever its step, its id or the time; "
		  "history goes backwards by write_seq.",
	  .run = last_written },
	{ .name = "checkpoints.get.each_namespace_has_a_latest",
	  VERB,
	  .rule = "The latest of a namespace is not that of another one; an id is enough.",
	  .run = namespaces },
	{ .name = "checkpoints.get.absent_is_not_found",
	  VERB,
	  .rule = "An unknown id, another thread's, and an empty thread are NOT_FOUND.",
	  .covers = "entelix-14",
	  .run = absent },
	{ .name = "checkpoints.get.tenants_are_apart",
	  VERB,
	  .rule = "A thread of the same name, and even an id, of another tenant is another one.",
	  .covers = "entelix-15, entelix-24",
	  .run = tenants },
	{ .name = "checkpoints.get.payload_versions_outside_are_refused",
	  VERB,
	  .rule = "A payload version outside of what the caller reads is SCHEMA, and the row is "
		  "answered without its state.",
	  .covers = "entelix-25",
	  .run = versions },
	{ .name = "checkpoints.put.again_is_the_first_one",
	  VERB,
	  .rule = "The same id with equal content answers what the first call did, and takes no "
		  "number.",
	  .run = again },
	{ .name = "checkpoints.put.another_content_exists",
	  VERB,
	  .rule = "The same id with anything different is EXISTS and leaves the first one.",
	  .covers = "entelix-21",
	  .run = other_content },
	{ .name = "checkpoints.put.expected_head",
	  VERB,
	  .rule = "A put that expects a head is written only if that is the latest of its "
		  "namespace, and takes no number otherwise.",
	  .run = expected_head },
	{ .name = "checkpoints.put.again_with_its_head_moved_by_itself",
	  VERB,
	  .rule = "A repeated put that expected a head gives the first call's result.",
	  .run = again_after_the_head },
	{ .name = "checkpoints.put.each_sees_those_before",
	  VERB,
	  .rule = "Items of a batch are written in order, each for itself, and see those before.",
	  .run = in_a_batch },
	{ .name = "checkpoints.put.thousands_at_once",
	  VERB,
	  .rule = "A large batch is numbered without a gap, ids that come twice are found, and "
		  "it can be repeated.",
	  .run = large_batch },
	{ .name = "checkpoints.put.under_a_lock",
	  VERB,
	  .rule = "A put whose lock is lost is STALE; other items are written; another tenant's "
		  "lock is refused.",
	  .run = under_a_lock },
};
CT_GROUP(checkpoints, cases);
