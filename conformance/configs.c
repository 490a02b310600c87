/* configs.c - runtime configs: one object per type, kept byte for byte. */
#include "ct.h"

static cairn_config of(const char *type, int32_t version, const char *config, const char *by)
{
	return (cairn_config){ .type = cairn_str_of(type),
			       .version = version,
			       .config = cairn_str_of(config),
			       .updated_by = cairn_str_of(by) };
}

static void put(cairn_conn *conn, cairn_config config)
{
	ct_ok(cairn_job_config_put(conn, &config, 1, NULL, ct_err()));
}

static const cairn_config *get(cairn_conn *conn, const char *type)
{
	cairn_configs *found = NULL;
	ct_ok(cairn_job_config_get(conn, cairn_str_of(type), &found, ct_err()));
	ct_later(found);
	ct_int(found->count, 1);
	return &found->at[0];
}

static void missing(cairn_conn *conn, const char *type)
{
	cairn_configs *found = NULL;
	ct_status(cairn_job_config_get(conn, cairn_str_of(type), &found, ct_err()), CAIRN_NOT_FOUND,
		  "job.runtime_config_not_found");
	cairn_free(found);
}

static void upsert_replaces(void)
{
	cairn_conn *conn = ct_open();
	cairn_time then = ct_now();
	cairn_config_put each[1];
	cairn_config first = of("t", 1, "{\"a\":1}", "ann");
	cairn_config second = of("t", 2, "{}", NULL);
	ct_define(conn, "t");
	ct_ok(cairn_job_config_put(conn, &first, 1, each, ct_err()));
	ct_each(each[0], CAIRN_OK, NULL);
	ct_int(each[0].disposition, CAIRN_INSERTED);
	const cairn_config *got = get(conn, "t");
	ct_str(got->type, "t");
	ct_int(got->version, 1);
	ct_str(got->config, "{\"a\":1}");
	ct_str(got->updated_by, "ann");
	ct_int(got->created_at, then);
	ct_int(got->updated_at, then);
	ct_advance(CAIRN_HOUR);
	ct_ok(cairn_job_config_put(conn, &second, 1, each, ct_err()));
	ct_int(each[0].disposition, CAIRN_EXISTING);
	got = get(conn, "t");
	ct_int(got->version, 2);
	ct_str(got->config, "{}");
	ct_str(got->updated_by, NULL);
	ct_int(got->created_at, then);
	ct_int(got->updated_at, then + CAIRN_HOUR);
}

static void equal_is_not_rewritten(void)
{
	cairn_conn *conn = ct_open();
	cairn_time then = ct_now();
	ct_define(conn, "t");
	put(conn, of("t", 1, "{\"a\":1}", "ann"));
	ct_advance(CAIRN_HOUR);
	put(conn, of("t", 1, "{\"a\":1}", "ann"));
	ct_int(get(conn, "t")->updated_at, then);
	/* other bytes are another config, even if they mean the same */
	put(conn, of("t", 1, "{\"a\": 1}", "ann"));
	ct_int(get(conn, "t")->updated_at, ct_now());
}

static void if_missing_keeps_the_first(void)
{
	cairn_conn *conn = ct_open();
	cairn_time then = ct_now();
	ct_define(conn, "t");
	ct_define(conn, "u");
	cairn_config first = of("t", 1, "{\"a\":1}", "ann");
	ct_ok(cairn_job_config_put_if_missing(conn, &first, 1, NULL, ct_err()));
	ct_advance(CAIRN_HOUR);
	cairn_config_put each[3];
	cairn_config more[] = { of("t", 9, "{}", "bob"), of("u", 3, "{\"u\":1}", NULL),
				of("u", 4, "{\"u\":2}", NULL) };
	ct_ok(cairn_job_config_put_if_missing(conn, more, 3, each, ct_err()));
	ct_int(each[0].disposition, CAIRN_EXISTING);
	ct_int(each[1].disposition, CAIRN_INSERTED);
	ct_int(each[2].disposition, CAIRN_INSERTED); /* as its type was before the call */
	ct_int(get(conn, "t")->version, 1);
	ct_str(get(conn, "t")->updated_by, "ann");
	ct_int(get(conn, "t")->updated_at, then);
	ct_str(get(conn, "u")->config, "{\"u\":1}");
}

static void of_two_the_last_counts(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_config both[] = { of("t", 1, "{\"n\":1}", NULL), of("t", 2, "{\"n\":2}", NULL) };
	ct_ok(cairn_job_config_put(conn, both, 2, NULL, ct_err()));
	ct_str(get(conn, "t")->config, "{\"n\":2}");
	ct_int(get(conn, "t")->version, 2);
}

static void bytes_are_kept(void)
{
	cairn_conn *conn = ct_open();
	static const char text[] =
		" { \"b\" : 1e2 ,\n\t\"a\":[1.0, 9007199254740993, \"\\u0041\xc3\xa9\"] }\n";
	ct_define(conn, "t");
	put(conn, of("t", INT32_MAX, text, NULL));
	ct_str(get(conn, "t")->config, text);
	ct_int(get(conn, "t")->version, INT32_MAX);
}

static void malformed_is_refused(void)
{
	cairn_conn *conn = ct_open();
	static const struct {
		const char *config;
		int32_t version;
		const char *code;
	} bad[] = { { "[]", 1, "job.invalid_runtime_config" },
		    { "1", 1, "job.invalid_runtime_config" },
		    { "null", 1, "job.invalid_runtime_config" },
		    { " \"{}\"", 1, "job.invalid_runtime_config" },
		    { NULL, 1, "job.invalid_runtime_config" },
		    { "{}", 0, "job.invalid_runtime_config" },
		    { "{}", -1, "job.invalid_runtime_config" },
		    { "{", 1, "json.invalid" },
		    { "{\"a\":1,\"a\":2}", 1, "json.duplicate_member" } };
	ct_define(conn, "t");
	ct_define(conn, "u");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cairn_config both[] = { of("u", 1, "{}", NULL),
					of("t", bad[i].version, bad[i].config, NULL) };
		ct_status(cairn_job_config_put(conn, both, 2, NULL, ct_err()), CAIRN_INVALID,
			  bad[i].code);
		ct_int(ct_last()->index, 1);
		ct_status(cairn_job_config_put_if_missing(conn, both, 2, NULL, ct_err()),
			  CAIRN_INVALID, bad[i].code);
	}
	cairn_config nameless = of(" ", 1, "{}", NULL);
	ct_status(cairn_job_config_put(conn, &nameless, 1, NULL, ct_err()), CAIRN_INVALID,
		  "arg.invalid_name");
	cairn_config reserved = of("t", 1, "{}", NULL);
	reserved.reserved_[3] = 1;
	ct_status(cairn_job_config_put(conn, &reserved, 1, NULL, ct_err()), CAIRN_INVALID,
		  "arg.reserved");
	missing(conn, "t");
	missing(conn, "u");
}

static void unknown_types_are_told_per_item(void)
{
	cairn_conn *conn = ct_open();
	cairn_config_put each[3];
	cairn_config configs[] = { of("t", 1, "{}", NULL), of("nobody", 1, "{}", NULL),
				   of("off", 1, "{}", NULL) };
	cairn_definition off = { .type = CAIRN_STR("off"), .disabled = 1 };
	ct_define(conn, "t");
	ct_ok(cairn_job_define(conn, &off, 1, ct_err()));
	ct_ok(cairn_job_config_put(conn, configs, 3, each, ct_err()));
	ct_each(each[0], CAIRN_OK, NULL);
	ct_each(each[1], CAIRN_NOT_FOUND, "job.definition_not_found");
	ct_each(each[2], CAIRN_OK, NULL); /* a disabled type has one, too */
	ct_str(get(conn, "t")->config, "{}");
	ct_str(get(conn, "off")->config, "{}");
	missing(conn, "nobody");
	ct_status(cairn_job_config_put_if_missing(conn, configs, 2, NULL, ct_err()),
		  CAIRN_NOT_FOUND, "job.definition_not_found");
	ct_int(ct_last()->index, 1);
}

static void a_missing_one_is_not_found(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	missing(conn, "t");
	missing(conn, "nobody");
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	missing(conn, "t");
	cairn_config unknown = of("nobody", 1, "{}", NULL);
	ct_status(cairn_job_config_put(conn, &unknown, 1, NULL, ct_err()), CAIRN_NOT_FOUND,
		  "job.definition_not_found");
	put(conn, of("t", 1, "{}", NULL)); /* nothing of that aborts a transaction */
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_int(get(conn, "t")->version, 1);
}

static const char *listed(cairn_conn *conn, const char *type, const char *after, uint32_t limit)
{
	cairn_config_filter filter = { .size = sizeof(filter),
				       .type = cairn_str_of(type),
				       .after = cairn_str_of(after),
				       .limit = limit };
	cairn_configs *found = NULL;
	ct_ok(cairn_job_config_list(conn, &filter, &found, ct_err()));
	ct_later(found);
	const char *line = "";
	for (size_t i = 0; i < found->count; i++)
		line = ct_format("%s%s%s", line, i ? " " : "", found->at[i].type.ptr);
	return line;
}

static void listed_by_type(void)
{
	cairn_conn *conn = ct_open();
	static const char *const types[] = { "b", "Z", "a.b", "a", "\xc3\xa9" };
	for (size_t i = 0; i < 5; i++) {
		ct_define(conn, types[i]);
		put(conn, of(types[i], 1, "{}", NULL));
	}
	ct_define(conn, "without");
	ct_text(listed(conn, NULL, NULL, 0), "Z a a.b b \xc3\xa9");
	ct_text(listed(conn, "a", NULL, 0), "a");
	ct_text(listed(conn, "A", NULL, 0), "");
	ct_text(listed(conn, NULL, NULL, 2), "Z a");
	ct_text(listed(conn, NULL, "a", 2), "a.b b");
	ct_text(listed(conn, NULL, "\xc3\xa9", 2), "");
	ct_text(listed(conn, "a", "a", 2), "");
	cairn_configs *found = NULL;
	cairn_config_filter filter = { .size = sizeof(filter), .limit = 1001 };
	ct_status(cairn_job_config_list(conn, &filter, &found, ct_err()), CAIRN_INVALID,
		  "job.invalid_pagination");
	ct_ok(cairn_job_config_list(conn, NULL, &found, ct_err()));
	ct_later(found);
	ct_int(found->count, 5);
}

static void rolls_back_with_the_caller(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_config fresh = of("u", 1, "{}", NULL);
	ct_define(conn, "t");
	ct_define(conn, "u");
	put(conn, of("t", 1, "{}", "ann"));
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	put(conn, of("t", 2, "{\"x\":1}", "bob"));
	ct_ok(cairn_job_config_put_if_missing(conn, &fresh, 1, NULL, ct_err()));
	ct_int(get(conn, "t")->version, 2);
	ct_int(get(conn, "u")->version, 1);
	cairn_rollback(&tx);
	ct_int(get(conn, "t")->version, 1);
	ct_str(get(conn, "t")->updated_by, "ann");
	missing(conn, "u");
}

static void one_round_trip(void)
{
	cairn_conn *conn = ct_open();
	cairn_config configs[30];
	for (size_t i = 0; i < 30; i++) {
		configs[i] = of(ct_format("t%zu", i), 1, "{}", NULL);
		ct_define(conn, configs[i].type.ptr);
	}
	for (int round = 0; round < 3; round++) {
		ct_budget(conn);
		ct_ok(cairn_job_config_put(conn, configs, 30, NULL, ct_err()));
		ct_spent(conn, 1, "put", 1);
		ct_budget(conn);
		get(conn, "t7");
		ct_spent(conn, 1, "get", 1);
	}
}

#define RACERS 4

static void claim_it(cairn_conn *conn, unsigned number, void *arg)
{
	cairn_config_put *each = arg;
	cairn_config mine = of("t", (int32_t)number + 1, "{}", NULL);
	ct_ok(cairn_job_config_put_if_missing(conn, &mine, 1, &each[number], ct_err()));
}

static void one_inserts(void)
{
	cairn_conn *conn = ct_open();
	cairn_config_put each[RACERS];
	ct_define(conn, "t");
	ct_race(RACERS, claim_it, each);
	size_t inserted = 0;
	for (size_t i = 0; i < RACERS; i++) {
		ct_each(each[i], CAIRN_OK, NULL);
		if (each[i].disposition == CAIRN_INSERTED) {
			inserted++;
			ct_int(get(conn, "t")->version, i + 1);
		}
	}
	ct_int(inserted, 1);
}

static const ct_case cases[] = {
	{ .name = "configs.put.replaces_version_object_and_author",
	  .kind = CT_VERB,
	  .store = CT_CATALOG,
	  .rule = "A put inserts or replaces; created_at stays.",
	  .covers = "runledger C02",
	  .run = upsert_replaces },
	{ .name = "configs.put.an_equal_config_is_not_rewritten",
	  .kind = CT_VERB,
	  .store = CT_CATALOG,
	  .rule = "The same bytes, version and author leave updated_at alone.",
	  .run = equal_is_not_rewritten },
	{ .name = "configs.put_if_missing.keeps_the_first_value",
	  .kind = CT_VERB,
	  .store = CT_CATALOG,
	  .rule = "What is there stays; of two of one type in a batch the first is inserted.",
	  .covers = "runledger C01",
	  .run = if_missing_keeps_the_first },
	{ .name = "configs.put.of_two_for_one_type_the_last_counts",
	  .kind = CT_VERB,
	  .store = CT_CATALOG,
	  .rule = "A batch is written as if in its order.",
	  .run = of_two_the_last_counts },
	{ .name = "configs.put.what_is_put_is_what_is_got",
	  .kind = CT_VERB,
	  .store = CT_CATALOG,
	  .rule = "The object's bytes are kept.",
	  .run = bytes_are_kept },
	{ .name = "configs.put.only_objects_with_a_version",
	  .kind = CT_VERB,
	  .store = CT_CATALOG,
	  .rule = "What is no JSON object, or has a version below 1, fails the call before "
		  "anything "
		  "is written.",
	  .covers = "runledger C03, C04",
	  .run = malformed_is_refused },
	{ .name = "configs.put.an_unknown_type_is_told_and_leaves_the_others_alone",
	  .kind = CT_VERB,
	  .store = CT_CATALOG,
	  .rule = "A type without definition is NOT_FOUND per item; a disabled one is known.",
	  .covers = "runledger C05",
	  .run = unknown_types_are_told_per_item },
	{ .name = "configs.get.a_missing_config_is_not_found",
	  .kind = CT_VERB,
	  .store = CT_CATALOG,
	  .rule = "NOT_FOUND job.runtime_config_not_found, and no transaction is aborted by it.",
	  .covers = "runledger C06",
	  .run = a_missing_one_is_not_found },
	{ .name = "configs.list.by_type_and_exactly",
	  .kind = CT_VERB,
	  .store = CT_CATALOG,
	  .rule = "Ordered by the type's bytes, with a cursor; the type filter is exact.",
	  .covers = "runledger C07",
	  .run = listed_by_type },
	{ .name = "configs.put.rolls_back_with_the_caller",
	  .kind = CT_VERB,
	  .store = CT_CATALOG,
	  .rule = "Inside a transaction both puts are part of it.",
	  .covers = "runledger C08",
	  .run = rolls_back_with_the_caller },
	{ .name = "configs.put.is_one_round_trip",
	  .kind = CT_BUDGET,
	  .store = CT_CATALOG,
	  .rule = "A batch is one round trip, and so is a read.",
	  .run = one_round_trip },
	{ .name = "configs.put_if_missing.of_rivals_one_inserts",
	  .kind = CT_RACE,
	  .store = CT_CATALOG,
	  .rule = "However many try at once, one is told INSERTED, and its value stands.",
	  .covers = "runledger C01",
	  .run = one_inserts },
};

CT_GROUP(configs, cases);
