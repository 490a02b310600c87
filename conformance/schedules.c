/*
 * schedules.c - schedules as rows: what is refused, what a put keeps, the switch, the cursor,
 * reading, and the definitions that active ones hold on to.
 */
#include <cairn/sys/schedule.h>

#include "ct.h"

static const cairn_str none = { NULL, 0 };

/* ---- what is refused -------------------------------------------------------------- */

static void refused(cairn_conn *conn, cairn_schedule schedule, const char *code)
{
	cairn_schedule two[2] = { ct_schedule("fine", "t"), schedule };
	ct_status(cairn_schedule_put(conn, two, 2, NULL, ct_err()), CAIRN_INVALID, code);
	ct_int(ct_last()->index, 1);
	cairn_schedules *rows = NULL;
	cairn_schedule_filter all = { .size = sizeof(all), .scope = cairn_any() };
	ct_ok(cairn_schedule_list(conn, &all, &rows, ct_err()));
	ct_int(rows->count, 0);
	cairn_free(rows);
}

static void malformed(void)
{
	cairn_conn *conn = ct_open();
	static const char *const names[] = { "",       " ",	 " padded",    "padded ",
					     "\tname", "a\x01z", "\xc2\xa0nb", "nb\xe2\x80\x83" };
	static const char *const crons[] = { "",	   " ",		 "* * * *",
					     " * * * * *", "* * * * * ", "61 * * * *",
					     "x * * * *",  "0 0 30 2 *", "* * * * * * *" };
	static const char *const zones[] = { "Nowhere", "../UTC", "/etc/passwd", "Europe/" };
	ct_define(conn, "t");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		refused(conn, ct_schedule(names[i], "t"), "job_schedule.invalid_name");
	refused(conn, ct_schedule("fine", "t"), "job_schedule.invalid_name");
	for (size_t i = 0; i < sizeof(crons) / sizeof(*crons); i++) {
		cairn_schedule one = ct_schedule("s", "t");
		one.cron = cairn_str_of(crons[i]);
		refused(conn, one, "job_schedule.invalid_cron");
	}
	for (size_t i = 0; i < sizeof(zones) / sizeof(*zones); i++) {
		cairn_schedule one = ct_schedule("s", "t");
		one.zone = cairn_str_of(zones[i]);
		refused(conn, one, "job_schedule.invalid_zone");
	}
	cairn_schedule late = ct_schedule("s", "t");
	late.jitter = -1;
	refused(conn, late, "job_schedule.invalid_jitter");
	late.jitter = 24 * CAIRN_HOUR + 1;
	refused(conn, late, "job_schedule.invalid_jitter");
}

static void malformed_rest(void)
{
	cairn_conn *conn = ct_open();
	static const char *const payloads[] = { "{", "{\"a\":01}", "nul" };
	ct_define(conn, "t");
	cairn_schedule one = ct_schedule("s", "");
	refused(conn, one, "arg.invalid_name");
	one = ct_schedule("s", "t");
	for (size_t i = 0; i < sizeof(payloads) / sizeof(*payloads); i++) {
		one.payload = cairn_str_of(payloads[i]);
		refused(conn, one, "json.invalid");
	}
	one.payload = CAIRN_STR("{\"_schedule\":1}");
	refused(conn, one, "json.duplicate_member");
	one.payload = CAIRN_STR("{\"\\u005fschedule\":1}");
	refused(conn, one, "json.duplicate_member");
	/* a job wraps it once more */
	one.payload = cairn_str_of(ct_format("%s%s", ct_repeat('[', 64), ct_repeat(']', 64)));
	refused(conn, one, "json.too_deep");
	one = ct_schedule("s", "t");
	one.misfire = (enum cairn_misfire)4;
	refused(conn, one, "arg.invalid");
	one = ct_schedule("s", "t");
	one.overlap = (enum cairn_overlap)3;
	refused(conn, one, "arg.invalid");
	one = ct_schedule("s", "t");
	one.misfire = CAIRN_MISFIRE_CATCH_UP;
	one.catch_up = 1001;
	refused(conn, one, "arg.invalid");
	one = ct_schedule("s", "t");
	one.inactive = 2;
	refused(conn, one, "arg.reserved");
	one = ct_schedule("s", "t");
	one.reserved_[3] = 1;
	refused(conn, one, "arg.reserved");
	one = ct_schedule("s", "t");
	one.next_fire_at = INT64_MAX;
	refused(conn, one, "arg.invalid_time");
}

static void other_arguments(void)
{
	cairn_conn *conn = ct_open();
	cairn_str twice[2] = { CAIRN_STR("a"), CAIRN_STR("a") };
	cairn_scope nobody = { .kind = CAIRN_SCOPE_NONE };
	cairn_schedules *rows = NULL;
	cairn_fire_report *report = NULL;
	cairn_fire_opts opts = { .size = sizeof(opts), .limit = 1001 };
	cairn_schedule_filter filter = { .size = sizeof(filter), .limit = 1001 };
	ct_status(cairn_schedule_activate(conn, cairn_any(), twice, 2, 1, NULL, ct_err()),
		  CAIRN_INVALID, "job_schedule.invalid_name");
	ct_status(cairn_schedule_retime(conn, cairn_any(), twice, 1, 0, NULL, ct_err()),
		  CAIRN_INVALID, "arg.invalid_time");
	ct_status(cairn_schedule_retime(conn, nobody, twice, 1, 1, NULL, ct_err()), CAIRN_INVALID,
		  "arg.invalid_scope");
	ct_status(cairn_schedule_get(conn, cairn_any(), none, &rows, ct_err()), CAIRN_INVALID,
		  "job_schedule.invalid_name");
	ct_status(cairn_schedule_get(conn, nobody, twice[0], &rows, ct_err()), CAIRN_INVALID,
		  "arg.invalid_scope");
	ct_status(cairn_schedule_list(conn, &filter, &rows, ct_err()), CAIRN_INVALID,
		  "arg.invalid_scope");
	filter.scope = cairn_any();
	ct_status(cairn_schedule_list(conn, &filter, &rows, ct_err()), CAIRN_INVALID,
		  "job.invalid_pagination");
	ct_status(cairn_schedule_fire(conn, &opts, &report, ct_err()), CAIRN_INVALID,
		  "job.invalid_pagination");
	opts.limit = 0;
	opts.grace = -1;
	ct_status(cairn_schedule_fire(conn, &opts, &report, ct_err()), CAIRN_INVALID,
		  "arg.invalid");
	cairn_free(rows);
	cairn_free(report);
	uint64_t before = cairn_conn_round_trips(conn);
	ct_ok(cairn_schedule_put(conn, NULL, 0, NULL, ct_err()));
	ct_ok(cairn_schedule_activate(conn, cairn_any(), NULL, 0, 1, NULL, ct_err()));
	ct_int(cairn_conn_round_trips(conn), before);
}

/* ---- put ------------------------------------------------------------------------------ */

static void defaults(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	ct_set_now(ct_at("2031-05-05T10:00:30.25Z"));
	cairn_schedule one = { .name = CAIRN_STR("n"),
			       .type = CAIRN_STR("t"),
			       .cron = CAIRN_STR("0 12 * * *") };
	ct_put(conn, one);
	const cairn_schedule *is = ct_stored(conn, "n");
	ct_true(!cairn_id_is_none(is->id));
	ct_str(is->tenant, NULL);
	ct_str(is->queue, "default");
	ct_str(is->owner, NULL);
	ct_str(is->payload, "{}");
	ct_str(is->cron, "0 12 * * *");
	ct_str(is->zone, "UTC");
	ct_int(is->jitter, 0);
	ct_int(is->misfire, CAIRN_MISFIRE_COALESCE);
	ct_int(is->catch_up, 0);
	ct_int(is->overlap, CAIRN_OVERLAP_ALLOW);
	ct_int(is->inactive, 0);
	ct_int(is->next_fire_at, ct_at("2031-05-05T12:00:00Z"));
	ct_int(is->last_fire_at, 0);
	ct_true(cairn_id_is_none(is->last_job));
	ct_int(is->last_job_status, 0);
	ct_str(is->last_error, NULL);
	ct_int(is->created_at, ct_now());
	ct_int(is->updated_at, ct_now());
}

/* Everything that can be said, said. */
static cairn_schedule complete(const char *name)
{
	cairn_schedule one = ct_schedule(name, "t");
	one.tenant = CAIRN_STR("acme");
	one.queue = CAIRN_STR("q");
	one.owner = CAIRN_STR("o");
	one.payload = CAIRN_STR(" [ 1.0 , \"\xc3\xa4\" ]\n");
	one.cron = CAIRN_STR("0 0 4 L jan-MAR\t*");
	one.zone = CAIRN_STR("America/New_York");
	one.jitter = 90 * CAIRN_MINUTE + 1;
	one.misfire = CAIRN_MISFIRE_CATCH_UP;
	one.overlap = CAIRN_OVERLAP_SKIP;
	one.next_fire_at = ct_at("2031-07-01T00:00:00.123456Z");
	return one;
}

static void round_trip(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	ct_put(conn, complete("n"));
	cairn_schedule is = *ct_stored(conn, "n");
	ct_str(is.tenant, "acme");
	ct_str(is.queue, "q");
	ct_str(is.owner, "o");
	ct_str(is.payload, " [ 1.0 , \"\xc3\xa4\" ]\n");
	ct_str(is.cron, "0 0 4 L jan-MAR\t*");
	ct_str(is.zone, "America/New_York");
	ct_int(is.jitter, 90 * CAIRN_MINUTE + 1);
	ct_int(is.misfire, CAIRN_MISFIRE_CATCH_UP);
	ct_int(is.catch_up, 10);
	ct_int(is.overlap, CAIRN_OVERLAP_SKIP);
	ct_int(is.next_fire_at, ct_at("2031-07-01T00:00:00.123456Z"));
	/* a result may be changed and put again */
	ct_advance(CAIRN_SECOND);
	is.jitter = CAIRN_HOUR;
	ct_put(conn, is);
	const cairn_schedule *again = ct_stored(conn, "n");
	ct_int(again->jitter, CAIRN_HOUR);
	ct_id(again->id, is.id);
	ct_same(again->payload, is.payload);
	ct_int(again->updated_at, ct_now());
	ct_int(again->created_at, is.created_at);
}

static void put_keeps(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	ct_define(conn, "u");
	ct_put(conn, complete("n"));
	cairn_schedule was = *ct_stored(conn, "n");
	cairn_str name = CAIRN_STR("n");
	ct_ok(cairn_schedule_activate(conn, cairn_any(), &name, 1, 0, NULL, ct_err()));
	ct_advance(CAIRN_SECOND);
	cairn_schedule next = complete("n");
	next.type = CAIRN_STR("u");
	next.tenant = CAIRN_STR("other");
	next.queue = CAIRN_STR("r");
	next.owner = none;
	next.payload = CAIRN_STR("{\"a\":1}");
	next.jitter = 0;
	next.misfire = CAIRN_MISFIRE_SKIP;
	next.overlap = CAIRN_OVERLAP_ALLOW;
	next.next_fire_at = ct_now();
	ct_put(conn, next);
	const cairn_schedule *is = ct_stored(conn, "n");
	ct_id(is->id, was.id);
	ct_str(is->tenant, "acme");
	ct_int(is->inactive, 1);
	ct_int(is->next_fire_at, was.next_fire_at);
	ct_int(is->created_at, was.created_at);
	ct_str(is->type, "u");
	ct_str(is->queue, "r");
	ct_str(is->owner, NULL);
	ct_str(is->payload, "{\"a\":1}");
	ct_int(is->jitter, 0);
	ct_int(is->misfire, CAIRN_MISFIRE_SKIP);
	ct_int(is->catch_up, 0);
	ct_int(is->overlap, CAIRN_OVERLAP_ALLOW);
	ct_int(is->updated_at, ct_now());
}

static void put_moves_the_cursor(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	ct_set_now(ct_at("2031-05-05T10:00:30Z"));
	cairn_schedule one = ct_schedule("n", "t");
	one.next_fire_at = ct_at("2031-05-06T00:00:00Z");
	ct_put(conn, one);
	one.cron = CAIRN_STR("0 12 * * *");
	one.next_fire_at = ct_at("2031-05-07T00:00:00Z");
	ct_put(conn, one);
	ct_int(ct_stored(conn, "n")->next_fire_at, ct_at("2031-05-07T00:00:00Z"));
	one.zone = CAIRN_STR("America/New_York");
	one.next_fire_at = 0;
	ct_put(conn, one);
	ct_int(ct_stored(conn, "n")->next_fire_at, ct_at("2031-05-05T16:00:00Z"));
	one.next_fire_at = ct_at("2031-05-08T00:00:00Z");
	ct_put(conn, one);
	ct_int(ct_stored(conn, "n")->next_fire_at, ct_at("2031-05-05T16:00:00Z"));
}

static void equal_puts(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	ct_put(conn, complete("n"));
	cairn_time then = ct_now();
	ct_advance(CAIRN_SECOND);
	ct_put(conn, complete("n"));
	ct_int(ct_stored(conn, "n")->updated_at, then);
	cairn_schedule other = complete("n");
	other.payload = CAIRN_STR("[1.0,\"\xc3\xa4\"]");
	ct_put(conn, other);
	ct_int(ct_stored(conn, "n")->updated_at, ct_now());
}

/* ---- definitions ------------------------------------------------------------------------ */

static void disable(cairn_conn *conn, const char *type)
{
	cairn_definition off = { .type = cairn_str_of(type), .disabled = 1 };
	ct_ok(cairn_job_define(conn, &off, 1, ct_err()));
}

static void put_needs_a_definition(void)
{
	cairn_conn *conn = ct_open();
	const char *code = "job_schedule.definition_not_found_or_disabled";
	ct_define(conn, "t");
	ct_define(conn, "off");
	disable(conn, "off");
	cairn_schedule list[4] = { ct_schedule("d", "off"), ct_schedule("a", "missing"),
				   ct_schedule("b", "t"), ct_schedule("c", "off") };
	cairn_outcome each[4];
	list[3].inactive = 1;
	ct_ok(cairn_schedule_put(conn, list, 4, each, ct_err()));
	ct_each(each[0], CAIRN_INVALID, code);
	ct_each(each[1], CAIRN_INVALID, code);
	ct_each(each[2], CAIRN_OK, NULL);
	ct_each(each[3], CAIRN_OK, NULL);
	cairn_schedules *rows = NULL;
	ct_status(cairn_schedule_get(conn, cairn_any(), CAIRN_STR("a"), &rows, ct_err()),
		  CAIRN_NOT_FOUND, "job_schedule.not_found");
	cairn_free(rows);
	ct_int(ct_stored(conn, "c")->inactive, 1);
	ct_status(cairn_schedule_put(conn, list, 4, NULL, ct_err()), CAIRN_INVALID, code);
	ct_int(ct_last()->index, 0);
	/* the stored switch counts, not the given one */
	list[2].type = CAIRN_STR("off");
	list[2].inactive = 1;
	list[3].inactive = 0;
	ct_ok(cairn_schedule_put(conn, &list[2], 2, each, ct_err()));
	ct_each(each[0], CAIRN_INVALID, code);
	ct_each(each[1], CAIRN_OK, NULL);
	ct_str(ct_stored(conn, "b")->type, "t");
	ct_int(ct_stored(conn, "c")->inactive, 1);
}

static void activation_needs_a_definition(void)
{
	cairn_conn *conn = ct_open();
	cairn_str names[3] = { CAIRN_STR("z"), CAIRN_STR("gone"), CAIRN_STR("a") };
	cairn_outcome each[3];
	ct_define(conn, "t");
	ct_define(conn, "off");
	disable(conn, "off");
	cairn_schedule list[2] = { ct_schedule("a", "off"), ct_schedule("z", "t") };
	list[0].inactive = 1;
	list[1].inactive = 1;
	ct_ok(cairn_schedule_put(conn, list, 2, NULL, ct_err()));
	ct_ok(cairn_schedule_activate(conn, cairn_any(), names, 3, 1, each, ct_err()));
	ct_each(each[0], CAIRN_OK, NULL);
	ct_each(each[1], CAIRN_NOT_FOUND, "job_schedule.not_found");
	ct_each(each[2], CAIRN_INVALID, "job_schedule.definition_not_found_or_disabled");
	ct_int(ct_stored(conn, "z")->inactive, 0);
	ct_int(ct_stored(conn, "a")->inactive, 1);
	ct_define(conn, "off");
	ct_ok(cairn_schedule_activate(conn, cairn_any(), &names[2], 1, 1, NULL, ct_err()));
	ct_int(ct_stored(conn, "a")->inactive, 0);
}

static void in_use(cairn_conn *conn, cairn_status status, const char *name)
{
	ct_status(status, CAIRN_INVALID, "job_definition.active_schedule_exists");
	ct_text(ct_last()->detail, name);
	cairn_definitions *rows = NULL;
	ct_ok(cairn_job_definition_get(conn, CAIRN_STR("t"), &rows, ct_err()));
	ct_int(rows->at[0].disabled, 0);
	ct_int(rows->at[0].max_attempts, 8);
	cairn_free(rows);
}

static void definitions_in_use(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	ct_define(conn, "u");
	cairn_definition list[3] = { { .type = CAIRN_STR("u"), .disabled = 1 },
				     { .type = CAIRN_STR("t"), .disabled = 1, .max_attempts = 3 },
				     { .type = CAIRN_STR("new"), .disabled = 1 } };
	cairn_definition_patch patch = { .size = sizeof(patch),
					 .type = CAIRN_STR("t"),
					 .set = CAIRN_PATCH_DISABLED | CAIRN_PATCH_MAX_ATTEMPTS,
					 .disabled = 1,
					 .max_attempts = 3 };
	cairn_str names[3] = { CAIRN_STR("c"), CAIRN_STR("b"), CAIRN_STR("z") };
	ct_put(conn, ct_schedule("z", "u"));
	ct_put(conn, ct_schedule("c", "t"));
	ct_put(conn, ct_schedule("b", "t"));
	cairn_schedule idle = ct_schedule("a", "t");
	idle.inactive = 1;
	ct_put(conn, idle);
	in_use(conn, cairn_job_define(conn, list, 3, ct_err()), "b");
	in_use(conn, cairn_job_definition_update(conn, &patch, ct_err()), "b");
	ct_ok(cairn_schedule_activate(conn, cairn_any(), &names[1], 1, 0, NULL, ct_err()));
	in_use(conn, cairn_job_define(conn, list, 3, ct_err()), "c");
	cairn_definitions *rows = NULL;
	ct_status(cairn_job_definition_get(conn, CAIRN_STR("new"), &rows, ct_err()),
		  CAIRN_NOT_FOUND, NULL);
	cairn_free(rows);
	/* what does not disable is nobody's business */
	ct_define(conn, "t");
	ct_ok(cairn_schedule_activate(conn, cairn_any(), names, 3, 0, NULL, ct_err()));
	ct_ok(cairn_job_define(conn, list, 3, ct_err()));
}

/* An exact sync over "t" and "u" that is refused leaves nothing behind. */
static void sync_refused(cairn_conn *conn, const cairn_definition *list, size_t n, const char *name)
{
	const cairn_str scope[] = { CAIRN_STR("t"), CAIRN_STR("u") };
	cairn_sync_opts opts = {
		.size = sizeof(opts), .mode = CAIRN_SYNC_EXACT, .scope = scope, .scope_count = 2
	};
	cairn_sync_report *report = NULL;
	cairn_definitions *rows = NULL;
	in_use(conn, cairn_job_definition_sync(conn, list, n, &opts, &report, ct_err()), name);
	cairn_free(report);
	ct_status(cairn_job_definition_get(conn, CAIRN_STR("new"), &rows, ct_err()),
		  CAIRN_NOT_FOUND, NULL);
	cairn_free(rows);
}

static void catalogs_in_use(void)
{
	cairn_conn *conn = ct_open();
	const cairn_definition off[] = { { .type = CAIRN_STR("new") },
					 { .type = CAIRN_STR("t"), .disabled = 1 },
					 { .type = CAIRN_STR("u") } };
	const cairn_definition without[] = { { .type = CAIRN_STR("new") },
					     { .type = CAIRN_STR("t") } };
	const cairn_str names[] = { CAIRN_STR("b"), CAIRN_STR("z") };
	cairn_sync_opts opts = { .size = sizeof(opts), .mode = CAIRN_SYNC_PRESERVE };
	cairn_sync_report *report = NULL;
	ct_define(conn, "t");
	ct_define(conn, "u");
	ct_put(conn, ct_schedule("z", "u"));
	ct_put(conn, ct_schedule("b", "t"));
	sync_refused(conn, off, 3, "b");
	sync_refused(conn, without, 2, "z");
	in_use(conn, cairn_job_definition_sync(conn, off, 3, &opts, &report, ct_err()), "b");
	cairn_free(report);
	report = NULL;
	/* a type that is disabled anyway, and schedules that are off, hinder nobody */
	ct_ok(cairn_schedule_activate(conn, cairn_any(), names, 2, 0, NULL, ct_err()));
	ct_ok(cairn_job_definition_sync(conn, off, 3, &opts, &report, ct_err()));
	ct_int(report->count, 1);
	cairn_free(report);
}

static void refusals_leave_the_transaction(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_str gone = CAIRN_STR("gone");
	cairn_definition off = { .type = CAIRN_STR("t"), .disabled = 1 };
	cairn_schedule bad = ct_schedule("bad", "missing");
	ct_define(conn, "t");
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_put(conn, ct_schedule("s", "t"));
	in_use(conn, cairn_job_define(conn, &off, 1, ct_err()), "s");
	ct_status(cairn_schedule_put(conn, &bad, 1, NULL, ct_err()), CAIRN_INVALID,
		  "job_schedule.definition_not_found_or_disabled");
	ct_status(cairn_schedule_sync(conn, &bad, 1, NULL, 0, NULL, ct_err()), CAIRN_INVALID,
		  "job_schedule.definition_not_found_or_disabled");
	ct_status(cairn_schedule_retime(conn, cairn_any(), &gone, 1, 1, NULL, ct_err()),
		  CAIRN_NOT_FOUND, "job_schedule.not_found");
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_str(ct_stored(conn, "s")->type, "t");
}

/* ---- the switch and the cursor ----------------------------------------------------------- */

static void switching(void)
{
	cairn_conn *conn = ct_open();
	cairn_str name = CAIRN_STR("n");
	ct_define(conn, "t");
	ct_put(conn, complete("n"));
	cairn_schedule was = *ct_stored(conn, "n");
	cairn_time then = ct_now();
	ct_advance(CAIRN_SECOND);
	ct_ok(cairn_schedule_activate(conn, cairn_any(), &name, 1, 1, NULL, ct_err()));
	ct_int(ct_stored(conn, "n")->updated_at, then);
	ct_ok(cairn_schedule_activate(conn, cairn_any(), &name, 1, 0, NULL, ct_err()));
	ct_int(ct_stored(conn, "n")->updated_at, ct_now());
	ct_int(ct_stored(conn, "n")->inactive, 1);
	ct_advance(400 * CAIRN_DAY);
	ct_int(ct_fire(conn)->count, 0);
	ct_ok(cairn_schedule_activate(conn, cairn_any(), &name, 1, 1, NULL, ct_err()));
	const cairn_schedule *is = ct_stored(conn, "n");
	ct_int(is->inactive, 0);
	ct_int(is->next_fire_at, was.next_fire_at);
	ct_int(is->jitter, was.jitter);
}

static void retiming(void)
{
	cairn_conn *conn = ct_open();
	cairn_str name = CAIRN_STR("n");
	ct_define(conn, "t");
	ct_put(conn, complete("n"));
	cairn_schedule was = *ct_stored(conn, "n");
	cairn_time past = ct_at("1999-01-01T00:00:00Z");
	ct_advance(CAIRN_SECOND);
	ct_ok(cairn_schedule_retime(conn, cairn_any(), &name, 1, past, NULL, ct_err()));
	const cairn_schedule *is = ct_stored(conn, "n");
	ct_int(is->next_fire_at, past);
	ct_int(is->updated_at, ct_now());
	ct_int(is->inactive, was.inactive);
	ct_same(is->cron, was.cron);
	ct_same(is->payload, was.payload);
	ct_int(is->last_fire_at, 0);
}

/* ---- reading ------------------------------------------------------------------------------- */

static void five(cairn_conn *conn)
{
	static const char *const names[] = { "nightly", "Monthly", "100%_sure", "a\\b", "z" };
	static const char *const tenants[] = { NULL, "acme", "acme", NULL, "other" };
	cairn_schedule list[5];
	ct_define(conn, "t");
	ct_define(conn, "u");
	for (size_t i = 0; i < 5; i++) {
		list[i] = ct_schedule(names[i], i == 4 ? "u" : "t");
		list[i].tenant = cairn_str_of(tenants[i]);
		list[i].inactive = i == 1;
		list[i].next_fire_at += (cairn_time)i * CAIRN_HOUR;
	}
	ct_ok(cairn_schedule_put(conn, list, 5, NULL, ct_err()));
}

/* The names that a filter lets through, with blanks between. */
static void lists(cairn_conn *conn, const cairn_schedule_filter *filter, const char *want)
{
	cairn_schedules *rows = NULL;
	const char *got = "";
	ct_ok(cairn_schedule_list(conn, filter, &rows, ct_err()));
	for (size_t i = 0; i < rows->count; i++)
		got = ct_format("%s%s%s", got, i > 0 ? " " : "", rows->at[i].name.ptr);
	ct_text(got, want);
	cairn_free(rows);
}

static void listing(void)
{
	cairn_conn *conn = ct_open();
	five(conn);
	cairn_schedule_filter all = { .size = sizeof(all), .scope = cairn_any() };
	lists(conn, &all, "100%_sure Monthly a\\b nightly z");
	cairn_schedule_filter filter = all;
	filter.contains = CAIRN_STR("LY");
	lists(conn, &filter, "Monthly nightly");
	filter.contains = CAIRN_STR("%");
	lists(conn, &filter, "100%_sure");
	filter.contains = CAIRN_STR("\\");
	lists(conn, &filter, "a\\b");
	filter = all;
	filter.type = CAIRN_STR("u");
	lists(conn, &filter, "z");
	filter = all;
	filter.active = CAIRN_SCHEDULE_INACTIVE;
	lists(conn, &filter, "Monthly");
	filter.active = CAIRN_SCHEDULE_ACTIVE;
	lists(conn, &filter, "100%_sure a\\b nightly z");
	filter = all;
	filter.due_before = ct_now() + 2 * CAIRN_HOUR;
	lists(conn, &filter, "Monthly nightly");
	filter = all;
	filter.limit = 2;
	lists(conn, &filter, "100%_sure Monthly");
	filter.after = CAIRN_STR("Monthly");
	lists(conn, &filter, "a\\b nightly");
	filter.after = CAIRN_STR("nightly");
	lists(conn, &filter, "z");
	filter.after = CAIRN_STR("z");
	lists(conn, &filter, "");
}

static void scopes(void)
{
	cairn_conn *conn = ct_open();
	cairn_scope acme = cairn_tenant(CAIRN_STR("acme"));
	cairn_str names[2] = { CAIRN_STR("z"), CAIRN_STR("Monthly") };
	cairn_outcome each[2];
	cairn_schedules *rows = NULL;
	five(conn);
	cairn_schedule_filter filter = { .size = sizeof(filter), .scope = cairn_global() };
	lists(conn, &filter, "a\\b nightly");
	filter.scope = acme;
	lists(conn, &filter, "100%_sure Monthly");
	ct_status(cairn_schedule_get(conn, acme, names[0], &rows, ct_err()), CAIRN_NOT_FOUND,
		  "job_schedule.not_found");
	ct_ok(cairn_schedule_get(conn, acme, names[1], &rows, ct_err()));
	cairn_free(rows);
	cairn_time before = ct_stored(conn, "z")->next_fire_at;
	ct_ok(cairn_schedule_retime(conn, acme, names, 2, 77, each, ct_err()));
	ct_each(each[0], CAIRN_NOT_FOUND, "job_schedule.not_found");
	ct_each(each[1], CAIRN_OK, NULL);
	ct_int(ct_stored(conn, "z")->next_fire_at, before);
	ct_int(ct_stored(conn, "Monthly")->next_fire_at, 77);
	ct_ok(cairn_schedule_activate(conn, cairn_global(), names, 2, 0, each, ct_err()));
	ct_each(each[0], CAIRN_NOT_FOUND, "job_schedule.not_found");
	ct_each(each[1], CAIRN_NOT_FOUND, "job_schedule.not_found");
	ct_int(ct_stored(conn, "z")->inactive, 0);
}

/* ---- a driver without them ------------------------------------------------------------------- */

static void no_such_store(void)
{
	cairn_driver driver = *ct_subject()->driver;
	cairn_conn_opts opts = ct_opts();
	cairn_schedule one = ct_schedule("s", "t");
	cairn_schedules *rows = NULL;
	cairn_fire_report *report = NULL;
	cairn_schedule_filter filter = { .size = sizeof(filter), .scope = cairn_any() };
	const char *code = "driver.no_such_store";
	driver.schedules = NULL;
	cairn_conn *conn = ct_open_driver(&driver, &opts);
	ct_status(cairn_schedule_put(conn, &one, 1, NULL, ct_err()), CAIRN_UNSUPPORTED, code);
	ct_status(cairn_schedule_sync(conn, &one, 1, NULL, 0, NULL, ct_err()), CAIRN_UNSUPPORTED,
		  code);
	ct_status(cairn_schedule_activate(conn, cairn_any(), &one.name, 1, 1, NULL, ct_err()),
		  CAIRN_UNSUPPORTED, code);
	ct_status(cairn_schedule_retime(conn, cairn_any(), &one.name, 1, 1, NULL, ct_err()),
		  CAIRN_UNSUPPORTED, code);
	ct_status(cairn_schedule_get(conn, cairn_any(), one.name, &rows, ct_err()),
		  CAIRN_UNSUPPORTED, code);
	ct_status(cairn_schedule_list(conn, &filter, &rows, ct_err()), CAIRN_UNSUPPORTED, code);
	ct_status(cairn_schedule_fire(conn, NULL, &report, ct_err()), CAIRN_UNSUPPORTED, code);
	ct_enqueue(conn, "t");
	cairn_free(rows);
	cairn_free(report);
	ct_close(conn);
}

static void a_missing_slot(void)
{
	cairn_driver driver = *ct_subject()->driver;
	cairn_schedule_ops ops = *driver.schedules;
	cairn_conn *conn = NULL;
	cairn_conn_opts opts = ct_opts();
	ops.fire = NULL;
	driver.schedules = &ops;
	ct_status(cairn_open(&conn, &driver, ct_url(), &opts, ct_err()), CAIRN_UNSUPPORTED,
		  "driver.missing_slot");
	ct_true(strstr(ct_last()->message, "cairn_schedule_ops.fire") != NULL);
}

#define VERB .kind = CT_VERB, .store = CT_SCHEDULES

static const ct_case cases[] = {
	{ .name = "schedules.put.malformed_entries_are_refused",
	  VERB,
	  .rule = "A blank or padded name, one that stands twice, a bad expression, zone or jitter "
		  "fails the whole call with its own code, and nothing is written.",
	  .covers = "runledger H01",
	  .run = malformed },
	{ .name = "schedules.put.other_malformed_fields_are_refused",
	  VERB,
	  .rule = "Types, templates, policies and reserved fields are checked before any I/O; a "
		  "template must not have the member _schedule.",
	  .run = malformed_rest },
	{ .name = "schedules.args.are_checked",
	  VERB,
	  .rule = "Names that stand twice, missing scopes and wild limits are refused; nothing to "
		  "do "
		  "costs nothing.",
	  .run = other_arguments },
	{ .name = "schedules.put.what_is_not_said_is_default",
	  VERB,
	  .rule = "Queue default, UTC, COALESCE, ALLOW, active, {}; the first cursor is the first "
		  "time after now.",
	  .run = defaults },
	{ .name = "schedules.put.what_is_put_is_what_is_read",
	  VERB,
	  .rule = "Every field comes back, texts byte for byte, and a result may be put again.",
	  .run = round_trip },
	{ .name = "schedules.put.tenant_switch_and_cursor_are_kept",
	  VERB,
	  .rule = "Putting an existing name replaces what the schedule is, but not whose it is, "
		  "whether it is on and when it is next due.",
	  .covers = "runledger H02",
	  .run = put_keeps },
	{ .name = "schedules.put.another_expression_or_zone_moves_the_cursor",
	  VERB,
	  .rule = "A changed expression or zone takes the given cursor, or computes it.",
	  .covers = "runledger H02",
	  .run = put_moves_the_cursor },
	{ .name = "schedules.put.equal_puts_change_nothing",
	  VERB,
	  .rule = "A put that changes nothing leaves updated_at alone; templates are compared by "
		  "bytes.",
	  .run = equal_puts },
	{ .name = "schedules.put.active_ones_need_an_enabled_definition",
	  VERB,
	  .rule = "What would be active without an enabled definition is refused, item by item; "
		  "inactive ones may wait for theirs.",
	  .covers = "runledger H04",
	  .run = put_needs_a_definition },
	{ .name = "schedules.activate.needs_an_enabled_definition",
	  VERB,
	  .rule = "Switching on is refused while the definition is missing or disabled.",
	  .covers = "runledger H04",
	  .run = activation_needs_a_definition },
	{ .name = "schedules.guard.a_definition_in_use_is_not_disabled",
	  VERB,
	  .rule = "Define and update refuse to disable a type that an active schedule uses, naming "
		  "the first by name, and write nothing.",
	  .covers = "runledger D10",
	  .run = definitions_in_use },
	{ .name = "schedules.guard.a_catalog_does_not_disable_it_either",
	  VERB,
	  .rule = "A sync that would disable such a type, by saying so or by its absence, is "
		  "refused and leaves nothing behind, new types neither.",
	  .covers = "runledger D10, H04",
	  .run = catalogs_in_use },
	{ .name = "schedules.tx.refusals_leave_it_usable",
	  VERB,
	  .caps = CAIRN_CAP_NESTED_TX,
	  .rule = "Refused schedules and definitions do not abort the caller's transaction.",
	  .run = refusals_leave_the_transaction },
	{ .name = "schedules.activate.keeps_the_cursor",
	  VERB,
	  .rule = "Off and on again changes the switch alone; switching to where it is writes "
		  "nothing; what is off does not fire.",
	  .covers = "runledger H13",
	  .run = switching },
	{ .name = "schedules.retime.changes_the_cursor_alone",
	  VERB,
	  .rule = "Retiming sets next_fire_at, which may lie in the past, and nothing else.",
	  .covers = "runledger H13",
	  .run = retiming },
	{ .name = "schedules.list.filters_and_pages_by_name",
	  VERB,
	  .rule = "By name in byte order; contains ignores ASCII case and knows no wildcards; "
		  "type, "
		  "switch and due time filter; pages continue behind a name.",
	  .run = listing },
	{ .name = "schedules.scope.other_tenants_are_not_there",
	  VERB,
	  .rule = "Get, list, activate and retime see only the schedules in scope.",
	  .covers = "runledger SC01, SC02",
	  .run = scopes },
	{ .name = "schedules.bind.a_driver_without_them_says_so",
	  VERB,
	  .rule = "Without the table each call is UNSUPPORTED driver.no_such_store, and the jobs "
		  "store works as ever.",
	  .run = no_such_store },
	{ .name = "schedules.bind.a_missing_slot_is_refused_by_name",
	  VERB,
	  .rule = "A driver whose table lacks a slot is refused, naming it.",
	  .run = a_missing_slot },
};

CT_GROUP(schedules, cases);
