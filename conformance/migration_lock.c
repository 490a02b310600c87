/*
 * migration_lock.c - several that migrate at once: one applies, the others wait for it,
 * with a bound, and a refused run leaves no lock behind.
 */
#include <stdatomic.h>

#include <cairn/sys/driver.h>

#include "ct_line.h"

static void race_up(cairn_conn *conn, unsigned number, void *arg)
{
	atomic_uint *applied = arg;
	cairn_migration_rows *done = NULL;
	(void)number;
	ct_ok(cairn_migrate_up(conn, NULL, &done, ct_err()));
	atomic_fetch_add(applied, (unsigned)done->count);
	ct_true(done->count == 0 || done->count == ct_own_count());
	cairn_free(done);
}

static void everybody_migrates(void)
{
	atomic_uint applied = 0;
	cairn_conn *conn = ct_open();
	ct_race(4, race_up, &applied);
	ct_int(atomic_load(&applied), ct_own_count());
	ct_ok(cairn_migrate_check(conn, NULL, ct_err()));
	ct_enqueue(conn, "t");
}

struct migrator {
	ct_line *line;
	cairn_usec wait;
	cairn_status status;
	size_t applied;
	char code[64];
};

static void migrate(cairn_conn *conn, void *arg)
{
	struct migrator *migrator = arg;
	cairn_migrate_opts opts = migrator->line->opts;
	cairn_migration_rows *done = NULL;
	opts.wait = migrator->wait;
	migrator->status = cairn_migrate_up(conn, &opts, &done, ct_err());
	migrator->applied = migrator->status == CAIRN_OK ? done->count : 0;
	snprintf(migrator->code, sizeof(migrator->code), "%s", ct_last()->code);
	cairn_free(done);
}

static void the_second_waits(void)
{
	cairn_conn *conn = ct_open();
	ct_gatekeeper *keeper = ct_gatekeeper_new();
	ct_session *a = ct_session_over("a", ct_gatekeeper_open(keeper));
	ct_session *b = ct_session_new("b");
	struct migrator first = { .line = ct_line_tables(2) };
	struct migrator second = { .line = first.line };
	ct_true(!ct_start(a, migrate, &first));
	ct_gatekeeper_await(keeper);
	ct_true(!ct_start(b, migrate, &second));
	ct_gatekeeper_let_go(keeper);
	ct_join(a);
	ct_join(b);
	ct_ok(first.status);
	ct_ok(second.status);
	ct_int(first.applied, 2);
	ct_int(second.applied, 0);
	ct_text(ct_line_states(conn, first.line), "applied applied");
}

static void the_second_gives_up(void)
{
	ct_gatekeeper *keeper = ct_gatekeeper_new();
	ct_session *a = ct_session_over("a", ct_gatekeeper_open(keeper));
	ct_session *b = ct_session_new("b");
	struct migrator first = { .line = ct_line_tables(2) };
	struct migrator second = { .line = first.line, .wait = 200 * CAIRN_MILLISECOND };
	ct_true(!ct_start(a, migrate, &first));
	ct_gatekeeper_await(keeper);
	ct_step(b, migrate, &second);
	ct_int(second.status, CAIRN_BUSY);
	ct_text(second.code, "migration.locked");
	ct_gatekeeper_let_go(keeper);
	ct_join(a);
	ct_ok(first.status);
	ct_int(first.applied, 2);
	ct_step(b, migrate, &second);
	ct_ok(second.status);
	ct_int(second.applied, 0);
}

/* A refused run, or a failed one, must not keep the lock. */
static void the_lock_is_given_back(void)
{
	cairn_conn *conn = ct_open();
	ct_session *other = ct_session_new("other");
	ct_line *line = ct_line_tables(2);
	ct_line first = ct_line_known(line, 1);
	ct_line edited = ct_line_edited(line, 1);
	ct_up(conn, &first, 1);
	ct_status(cairn_migrate_up(conn, &edited.opts, NULL, ct_err()), CAIRN_SCHEMA,
		  "migration.checksum_mismatch");
	struct migrator second = { .line = line, .wait = 500 * CAIRN_MILLISECOND };
	ct_step(other, migrate, &second);
	ct_ok(second.status);
	ct_int(second.applied, 1);
}

#define MIGRATIONS .store = CT_MIGRATIONS

static const ct_case cases[] = {
	{ .name = "migrations.race.everybody_migrates_and_one_applies",
	  .kind = CT_RACE,
	  MIGRATIONS,
	  .flags = CT_BARE,
	  .rule = "Of several that migrate an empty store at once one applies everything, the "
		  "others apply nothing, and none fails.",
	  .covers = "runledger M16, entelix-77, smol-12",
	  .run = everybody_migrates },
	{ .name = "migrations.lock.the_second_waits_for_the_first",
	  .kind = CT_INTERLEAVE,
	  MIGRATIONS,
	  .rule = "While one migrates a line another waits, and then finds nothing to do.",
	  .covers = "runledger M16",
	  .run = the_second_waits },
	{ .name = "migrations.lock.waiting_is_bounded",
	  .kind = CT_INTERLEAVE,
	  MIGRATIONS,
	  .rule = "When the wait is over the second is BUSY migration.locked and has changed "
		  "nothing.",
	  .run = the_second_gives_up },
	{ .name = "migrations.lock.is_given_back_after_a_refusal",
	  .kind = CT_INTERLEAVE,
	  MIGRATIONS,
	  .rule = "A run that was refused leaves no lock behind on its session.",
	  .covers = "runledger M15",
	  .run = the_lock_is_given_back },
};

CT_GROUP(migration_lock, cases);
