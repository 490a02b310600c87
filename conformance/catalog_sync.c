/*
 * catalog_sync.c - bringing a catalog of definitions into the store: which pauses survive, what
 * is disabled by it, and that it is told.
 */
#include "ct.h"

static bool is_disabled(cairn_conn *conn, const char *type)
{
	cairn_definitions *found = NULL;
	ct_ok(cairn_job_definition_get(conn, cairn_str_of(type), &found, ct_err()));
	ct_later(found);
	return found->at[0].disabled != 0;
}

static bool exists(cairn_conn *conn, const char *type)
{
	cairn_definitions *found = NULL;
	cairn_status status = cairn_job_definition_get(conn, cairn_str_of(type), &found, ct_err());
	cairn_free(found);
	return status == CAIRN_OK;
}

/* Syncs n definitions; the report as text: "a b(absent)". */
static const char *sync_all(cairn_conn *conn, enum cairn_sync_mode mode,
			    const cairn_definition *definitions, size_t n, const cairn_str *scope,
			    size_t scope_count)
{
	cairn_sync_opts opts = {
		.size = sizeof(opts), .mode = mode, .scope = scope, .scope_count = scope_count
	};
	cairn_sync_report *report = NULL;
	ct_ok(cairn_job_definition_sync(conn, definitions, n, &opts, &report, ct_err()));
	ct_later(report);
	const char *line = "";
	for (size_t i = 0; i < report->count; i++)
		line = ct_format("%s%s%s%s", line, i ? " " : "", report->at[i].type.ptr,
				 report->at[i].absent ? "(absent)" : "");
	return line;
}

/* ---- what is disabled ------------------------------------------------------------ */

static void exact_disables_absent(void)
{
	cairn_conn *conn = ct_open();
	const cairn_definition catalog[] = { { .type = CAIRN_STR("b") } };
	const cairn_str scope[] = { CAIRN_STR("z"), CAIRN_STR("b"),    CAIRN_STR("a"),
				    CAIRN_STR("p"), CAIRN_STR("none"), CAIRN_STR("a") };
	const char *const types[] = { "a", "b", "p", "z", "elsewhere" };
	for (size_t i = 0; i < 5; i++)
		ct_define(conn, types[i]);
	ct_disable(conn, "p", 1);
	cairn_time then = ct_now();
	ct_advance(CAIRN_MINUTE);
	ct_text(sync_all(conn, CAIRN_SYNC_EXACT, catalog, 1, scope, 6), "a(absent) z(absent)");
	ct_true(is_disabled(conn, "a"));
	ct_true(!is_disabled(conn, "b"));
	ct_true(is_disabled(conn, "z"));
	ct_true(!is_disabled(conn, "elsewhere"));
	ct_true(!exists(conn, "none"));
	cairn_definitions *rows = NULL;
	ct_ok(cairn_job_definition_list(conn, NULL, &rows, ct_err()));
	ct_later(rows);
	ct_int(rows->at[0].updated_at, ct_now());
	ct_int(rows->at[1].updated_at, then); /* b is as it was */
	/* the second time there is nothing left to disable */
	ct_text(sync_all(conn, CAIRN_SYNC_EXACT, catalog, 1, scope, 6), "");
}

static void exact_tells_both_kinds(void)
{
	cairn_conn *conn = ct_open();
	const cairn_definition catalog[] = { { .type = CAIRN_STR("m"), .disabled = 1 },
					     { .type = CAIRN_STR("c"), .disabled = 1 },
					     { .type = CAIRN_STR("k") } };
	const cairn_str scope[] = { CAIRN_STR("d"), CAIRN_STR("m"), CAIRN_STR("b") };
	ct_define(conn, "b");
	ct_define(conn, "d");
	ct_define(conn, "m");
	ct_text(sync_all(conn, CAIRN_SYNC_EXACT, catalog, 3, scope, 3), "b(absent) c d(absent) m");
	ct_true(is_disabled(conn, "c")); /* it was unknown */
	ct_true(is_disabled(conn, "m"));
	ct_true(!is_disabled(conn, "k"));
}

static void additive_leaves_the_rest(void)
{
	cairn_conn *conn = ct_open();
	const cairn_definition catalog[] = { { .type = CAIRN_STR("new"), .max_attempts = 3 } };
	ct_define(conn, "other");
	ct_text(sync_all(conn, CAIRN_SYNC_PRESERVE, catalog, 1, NULL, 0), "");
	ct_text(sync_all(conn, CAIRN_SYNC_RESTORE, catalog, 1, NULL, 0), "");
	ct_true(!is_disabled(conn, "other"));
	cairn_definitions *found = NULL;
	ct_ok(cairn_job_definition_get(conn, CAIRN_STR("new"), &found, ct_err()));
	ct_later(found);
	ct_int(found->at[0].max_attempts, 3);
	ct_text(sync_all(conn, CAIRN_SYNC_PRESERVE, NULL, 0, NULL, 0), "");
}

static void sync_writes_every_field(void)
{
	cairn_conn *conn = ct_open();
	cairn_time then = ct_now();
	const enum cairn_sync_mode modes[] = { CAIRN_SYNC_PRESERVE, CAIRN_SYNC_RESTORE };
	for (size_t i = 0; i < 2; i++) {
		const char *type = i ? "r" : "p";
		cairn_definition wanted = { .type = cairn_str_of(type),
					    .version = 3,
					    .max_attempts = 2,
					    .timeout = CAIRN_MINUTE,
					    .priority = 7,
					    .set = CAIRN_DEFINITION_PRIORITY,
					    .retention = CAIRN_DAY,
					    .retry_overrides =
						    CAIRN_STR("{\"x\":{\"base_us\":5}}") };
		ct_define(conn, type);
		ct_set_now(then + CAIRN_HOUR);
		sync_all(conn, modes[i], &wanted, 1, NULL, 0);
		ct_advance(CAIRN_HOUR);
		/* what would not change is not written */
		sync_all(conn, modes[i], &wanted, 1, NULL, 0);
		cairn_definitions *found = NULL;
		ct_ok(cairn_job_definition_get(conn, wanted.type, &found, ct_err()));
		ct_later(found);
		ct_int(found->at[0].version, 3);
		ct_int(found->at[0].max_attempts, 2);
		ct_int(found->at[0].timeout, CAIRN_MINUTE);
		ct_int(found->at[0].priority, 7);
		ct_int(found->at[0].retention, CAIRN_DAY);
		ct_str(found->at[0].retry_overrides, "{\"x\":{\"base_us\":5}}");
		ct_int(found->at[0].updated_at, then + CAIRN_HOUR);
	}
}

static void a_preserved_pause_is_not_rewritten(void)
{
	cairn_conn *conn = ct_open();
	const cairn_definition catalog[] = { { .type = CAIRN_STR("t") } };
	ct_define(conn, "t");
	ct_disable(conn, "t", 1);
	cairn_time then = ct_now();
	ct_advance(CAIRN_HOUR);
	ct_text(sync_all(conn, CAIRN_SYNC_PRESERVE, catalog, 1, NULL, 0), "");
	cairn_definitions *found = NULL;
	ct_ok(cairn_job_definition_get(conn, CAIRN_STR("t"), &found, ct_err()));
	ct_later(found);
	ct_int(found->at[0].disabled, 1);
	ct_int(found->at[0].updated_at, then);
}

/* ---- the matrix -------------------------------------------------------------------- */

enum stored { MISSING, ENABLED, DISABLED };

/* Whether a type is disabled in the end, and whether that is reported. */
static void one_state(cairn_conn *conn, enum stored stored, bool asked_off,
		      enum cairn_sync_mode mode)
{
	const char *type = ct_format("t%u", ct_number());
	cairn_definition wanted = { .type = cairn_str_of(type), .disabled = asked_off };
	cairn_str scope = cairn_str_of(type);
	if (stored != MISSING)
		ct_define(conn, type);
	if (stored == DISABLED)
		ct_disable(conn, type, 1);
	size_t scope_count = mode == CAIRN_SYNC_EXACT ? 1 : 0;
	const char *report = sync_all(conn, mode, &wanted, 1, &scope, scope_count);
	bool off = asked_off || (stored == DISABLED && mode == CAIRN_SYNC_PRESERVE);
	ct_note("stored %d, asked off %d, mode %d", (int)stored, (int)asked_off, (int)mode);
	ct_int(is_disabled(conn, type), off);
	ct_text(report, off && stored != DISABLED ? type : "");
}

static void state_matrix(void)
{
	cairn_conn *conn = ct_open();
	for (int stored = MISSING; stored <= DISABLED; stored++) {
		for (int mode = CAIRN_SYNC_PRESERVE; mode <= CAIRN_SYNC_EXACT; mode++) {
			one_state(conn, (enum stored)stored, false, (enum cairn_sync_mode)mode);
			one_state(conn, (enum stored)stored, true, (enum cairn_sync_mode)mode);
		}
	}
}

/* ---- refusals ------------------------------------------------------------------------ */

static void refuse(cairn_conn *conn, const cairn_definition *definitions, size_t n,
		   const cairn_sync_opts *opts, const char *code, int64_t index)
{
	cairn_sync_report *report = NULL;
	ct_status(cairn_job_definition_sync(conn, definitions, n, opts, &report, ct_err()),
		  CAIRN_INVALID, code);
	ct_int(ct_last()->index, index);
	cairn_free(report);
	ct_true(!is_disabled(conn, "a"));
	ct_true(!exists(conn, "b"));
}

static void empty_exact_is_refused(void)
{
	cairn_conn *conn = ct_open();
	const cairn_definition catalog[] = { { .type = CAIRN_STR("b") } };
	const cairn_str scope[] = { CAIRN_STR("a") };
	cairn_sync_opts opts = { .size = sizeof(opts), .mode = CAIRN_SYNC_EXACT };
	ct_define(conn, "a");
	refuse(conn, catalog, 1, &opts, "job_definition.empty_job_type_list", -1);
	opts.scope = scope;
	opts.scope_count = 1;
	refuse(conn, NULL, 0, &opts, "job_definition.empty_job_type_list", -1);
}

static void malformed_is_refused(void)
{
	cairn_conn *conn = ct_open();
	const cairn_definition twice[] = { { .type = CAIRN_STR("b") },
					   { .type = CAIRN_STR("c") },
					   { .type = CAIRN_STR("b"), .max_attempts = 2 } };
	const cairn_str scope[] = { CAIRN_STR("a"), CAIRN_STR(" ") };
	cairn_sync_opts opts = { .size = sizeof(opts), .mode = CAIRN_SYNC_RESTORE };
	ct_define(conn, "a");
	refuse(conn, twice, 3, &opts, "job.invalid_definition", 2);
	opts.scope = scope;
	opts.scope_count = 1;
	refuse(conn, twice, 1, &opts, "arg.invalid", -1); /* only EXACT has a scope */
	opts.mode = CAIRN_SYNC_EXACT;
	opts.scope_count = 2;
	refuse(conn, twice, 1, &opts, "arg.invalid_name", 1);
	opts.mode = (enum cairn_sync_mode)9;
	refuse(conn, twice, 1, &opts, "arg.invalid", -1);
	opts.mode = CAIRN_SYNC_EXACT;
	opts.size = 0;
	refuse(conn, twice, 1, &opts, "arg.invalid", -1);
	refuse(conn, twice, 1, NULL, "arg.invalid", -1);
	const cairn_definition bad[] = { { .type = CAIRN_STR("b") },
					 { .type = CAIRN_STR("c"), .timeout = -1 } };
	cairn_sync_opts good = { .size = sizeof(good), .mode = CAIRN_SYNC_PRESERVE };
	refuse(conn, bad, 2, &good, "job.invalid_definition", 1);
}

/* ---- transactions, round trips ----------------------------------------------------- */

static void rolls_back_with_the_caller(void)
{
	cairn_conn *conn = ct_open();
	const cairn_definition catalog[] = { { .type = CAIRN_STR("b") },
					     { .type = CAIRN_STR("c"), .disabled = 1 } };
	const cairn_str scope[] = { CAIRN_STR("a") };
	cairn_tx tx = CAIRN_TX_INIT;
	ct_define(conn, "a");
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_text(sync_all(conn, CAIRN_SYNC_EXACT, catalog, 2, scope, 1), "a(absent) c");
	ct_true(is_disabled(conn, "a"));
	cairn_rollback(&tx);
	ct_true(!is_disabled(conn, "a"));
	ct_true(!exists(conn, "b"));
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	sync_all(conn, CAIRN_SYNC_EXACT, catalog, 2, scope, 1);
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_true(is_disabled(conn, "a"));
	ct_true(exists(conn, "b"));
}

static void one_round_trip(void)
{
	cairn_conn *conn = ct_open();
	cairn_definition catalog[20];
	cairn_str scope[10];
	for (size_t i = 0; i < 20; i++)
		catalog[i] = (cairn_definition){ .type = cairn_str_of(ct_format("c%zu", i)) };
	for (size_t i = 0; i < 10; i++) {
		scope[i] = cairn_str_of(ct_format("s%zu", i));
		ct_define(conn, scope[i].ptr);
	}
	for (int round = 0; round < 3; round++) {
		ct_budget(conn);
		sync_all(conn, CAIRN_SYNC_EXACT, catalog, 20, scope, 10);
		ct_spent(conn, 1, "sync", 1);
	}
}

#define RACERS 4

/* Each has its own order and half of the types in its catalog; the others are in its scope. */
static void sync_crosswise(cairn_conn *conn, unsigned number, void *arg)
{
	static const char *const types[] = { "a", "b", "c", "d", "e", "f" };
	cairn_definition catalog[3];
	cairn_str scope[3];
	cairn_sync_report *report = NULL;
	cairn_sync_opts opts = {
		.size = sizeof(opts), .mode = CAIRN_SYNC_EXACT, .scope = scope, .scope_count = 3
	};
	(void)arg;
	for (unsigned round = 0; round < 15; round++) {
		for (unsigned i = 0; i < 3; i++) {
			unsigned at = (2 * i + number + round) % 6;
			catalog[2 - i] = (cairn_definition){ .type = cairn_str_of(types[at]) };
			scope[i] = cairn_str_of(types[(at + 1) % 6]);
		}
		ct_ok(cairn_job_definition_sync(conn, catalog, 3, &opts, &report, ct_err()));
	}
	cairn_free(report);
}

static void nobody_deadlocks(void)
{
	cairn_conn *conn = ct_open();
	ct_race(RACERS, sync_crosswise, NULL);
	size_t enabled = 0;
	static const char *const types[] = { "a", "b", "c", "d", "e", "f" };
	for (size_t i = 0; i < 6; i++)
		enabled += !is_disabled(conn, types[i]);
	ct_int(enabled, 3); /* as the last one left them, whole */
}

static const ct_case cases[] = {
	{ .name = "jobs.sync.exact_disables_what_is_absent_and_says_so",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "EXACT disables enabled types that are in scope and not in the catalog, reports "
		  "them by type, and leaves everything else alone.",
	  .covers = "runledger D07",
	  .run = exact_disables_absent },
	{ .name = "jobs.sync.the_report_tells_absent_types_from_disabled_ones",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A type that the catalog disables is reported if it was enabled or unknown, "
		  "apart "
		  "from those that the catalog lacks.",
	  .covers = "runledger D07",
	  .run = exact_tells_both_kinds },
	{ .name = "jobs.sync.additive_leaves_absent_types_alone",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "PRESERVE and RESTORE disable nothing that the catalog lacks.",
	  .covers = "runledger D08",
	  .run = additive_leaves_the_rest },
	{ .name = "jobs.sync.writes_every_field_that_differs",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A sync replaces a definition as define does, and does not write an equal one.",
	  .run = sync_writes_every_field },
	{ .name = "jobs.sync.a_pause_that_survives_is_not_rewritten",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "PRESERVE of a paused type that is otherwise equal leaves updated_at alone.",
	  .covers = "runledger D09",
	  .run = a_preserved_pause_is_not_rewritten },
	{ .name = "jobs.sync.pauses_survive_or_are_lifted_as_the_mode_says",
	  .kind = CT_MATRIX,
	  .store = CT_JOBS,
	  .rule = "For each state stored, state asked for and mode: a pause survives PRESERVE, is "
		  "lifted by RESTORE and EXACT, and a catalog that disables always does.",
	  .covers = "runledger D09",
	  .run = state_matrix },
	{ .name = "jobs.sync.an_empty_exact_sync_is_refused",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "EXACT without definitions or without scope is INVALID and writes nothing.",
	  .covers = "runledger D06",
	  .run = empty_exact_is_refused },
	{ .name = "jobs.sync.a_malformed_catalog_changes_nothing",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A type that stands twice, a bad name, number, scope or mode fails the call "
		  "before "
		  "anything is written.",
	  .run = malformed_is_refused },
	{ .name = "jobs.sync.rolls_back_with_the_caller",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Inside a transaction a sync is part of it.",
	  .run = rolls_back_with_the_caller },
	{ .name = "jobs.sync.is_one_round_trip",
	  .kind = CT_BUDGET,
	  .store = CT_JOBS,
	  .rule = "A catalog of any size is one round trip.",
	  .run = one_round_trip },
	{ .name = "jobs.sync.catalogs_that_cross_do_not_deadlock",
	  .kind = CT_RACE,
	  .store = CT_JOBS,
	  .rule = "Exact syncs of overlapping catalogs wait for each other, never crosswise, and "
		  "each is seen whole.",
	  .run = nobody_deadlocks },
};

CT_GROUP(catalog_sync, cases);
