/* schedule_sync.c - exact sync: the catalog's switch counts, what is absent is switched off. */
#include "ct.h"

/* ---- the switch ---------------------------------------------------------------------- */

static void switch_matrix(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	ct_define(conn, "u");
	for (unsigned stored = 0; stored < 3; stored++) {
		for (unsigned wanted = 0; wanted < 2; wanted++) {
			const char *name = ct_format("s%u%u", stored, wanted);
			cairn_schedule one = ct_schedule(name, "t");
			one.tenant = CAIRN_STR("acme");
			one.next_fire_at += CAIRN_HOUR;
			one.inactive = stored;
			if (stored < 2)
				ct_put(conn, one);
			ct_advance(CAIRN_SECOND);
			one.inactive = wanted;
			one.type = CAIRN_STR("u");
			one.next_fire_at += CAIRN_HOUR;
			ct_ok(cairn_schedule_sync(conn, &one, 1, NULL, 0, NULL, ct_err()));
			const cairn_schedule *is = ct_stored(conn, name);
			ct_int(is->inactive, wanted);
			ct_str(is->type, "u");
			ct_str(is->tenant, "acme");
			ct_int(is->updated_at, ct_now());
			ct_int(is->next_fire_at, one.next_fire_at - (stored < 2 ? CAIRN_HOUR : 0));
		}
	}
}

/* ---- what is absent -------------------------------------------------------------------- */

static void syncs(cairn_conn *conn, const cairn_schedule *entries, size_t n, const char *among,
		  const char *want)
{
	cairn_str names[8];
	size_t count = 0;
	cairn_names *off = NULL;
	const char *got = "";
	for (const char *at = among; *at != '\0'; at++)
		names[count++] = (cairn_str){ at, 1 };
	ct_ok(cairn_schedule_sync(conn, entries, n, names, count, &off, ct_err()));
	for (size_t i = 0; i < off->count; i++)
		got = ct_format("%s%s", got, off->at[i].ptr);
	ct_text(got, want);
	cairn_free(off);
}

static void absent_ones(void)
{
	cairn_conn *conn = ct_open();
	cairn_schedule list[5];
	static const char *const names[] = { "e", "b", "d", "a", "c" };
	ct_define(conn, "t");
	for (size_t i = 0; i < 5; i++)
		list[i] = ct_schedule(names[i], "t");
	list[4].inactive = 1;
	ct_ok(cairn_schedule_put(conn, list, 5, NULL, ct_err()));
	ct_advance(CAIRN_SECOND);
	syncs(conn, list, 1, "", "");
	syncs(conn, NULL, 0, "", "");
	ct_int(ct_stored(conn, "a")->inactive, 0);
	/* c is off already, x is not there, b and e are entries, d stands there twice */
	syncs(conn, list, 2, "dxbedc", "d");
	ct_int(ct_stored(conn, "d")->inactive, 1);
	ct_int(ct_stored(conn, "d")->updated_at, ct_now());
	ct_int(ct_stored(conn, "a")->inactive, 0);
	ct_int(ct_stored(conn, "b")->inactive, 0);
	syncs(conn, NULL, 0, "edcba", "abe");
	syncs(conn, NULL, 0, "edcba", "");
	syncs(conn, list, 2, "edcba", "");
	ct_int(ct_stored(conn, "b")->inactive, 0);
	ct_int(ct_stored(conn, "a")->inactive, 1);
}

static void all_or_nothing(void)
{
	cairn_conn *conn = ct_open();
	cairn_str among = CAIRN_STR("old");
	cairn_names *off = NULL;
	ct_define(conn, "t");
	ct_put(conn, ct_schedule("old", "t"));
	cairn_schedule list[3] = { ct_schedule("b", "t"), ct_schedule("c", "missing"),
				   ct_schedule("a", "missing") };
	list[2].inactive = 1;
	ct_status(cairn_schedule_sync(conn, list, 3, &among, 1, &off, ct_err()), CAIRN_INVALID,
		  "job_schedule.definition_not_found_or_disabled");
	ct_int(ct_last()->index, 1);
	cairn_free(off);
	ct_int(ct_stored(conn, "old")->inactive, 0);
	cairn_schedules *rows = NULL;
	cairn_schedule_filter all = { .size = sizeof(all), .scope = cairn_any() };
	ct_ok(cairn_schedule_list(conn, &all, &rows, ct_err()));
	ct_int(rows->count, 1);
	cairn_free(rows);
	ct_define(conn, "missing");
	ct_ok(cairn_schedule_sync(conn, list, 3, &among, 1, NULL, ct_err()));
	ct_int(ct_stored(conn, "old")->inactive, 1);
	ct_int(ct_stored(conn, "a")->inactive, 1);
}

static void rolls_back(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_str among[2] = { CAIRN_STR("old"), CAIRN_STR("new") };
	ct_define(conn, "t");
	ct_put(conn, ct_schedule("old", "t"));
	cairn_schedule fresh = ct_schedule("new", "t");
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_ok(cairn_schedule_sync(conn, &fresh, 1, among, 2, NULL, ct_err()));
	ct_int(ct_stored(conn, "old")->inactive, 1);
	cairn_rollback(&tx);
	ct_int(ct_stored(conn, "old")->inactive, 0);
	cairn_schedules *rows = NULL;
	ct_status(cairn_schedule_get(conn, cairn_any(), CAIRN_STR("new"), &rows, ct_err()),
		  CAIRN_NOT_FOUND, NULL);
	cairn_free(rows);
}

#define VERB .kind = CT_VERB, .store = CT_SCHEDULES

static const ct_case cases[] = {
	{ .name = "schedules.sync.the_catalogs_switch_counts",
	  VERB,
	  .rule = "For every stored and wanted switch the wanted one holds; all else is as in put.",
	  .covers = "runledger H03",
	  .run = switch_matrix },
	{ .name = "schedules.sync.absent_ones_are_switched_off",
	  VERB,
	  .rule = "Of the names in question those without entry are switched off and told, sorted; "
		  "who was off already is not; no names, nothing happens.",
	  .covers = "runledger H05",
	  .run = absent_ones },
	{ .name = "schedules.sync.all_or_nothing",
	  VERB,
	  .rule = "One active entry without enabled definition, and nothing at all is written.",
	  .run = all_or_nothing },
	{ .name = "schedules.sync.rolls_back_with_the_caller",
	  VERB,
	  .rule = "Inside a transaction a sync is undone with it.",
	  .run = rolls_back },
};

CT_GROUP(schedule_sync, cases);
