/*
 * schedule_rivals.c - several schedulers at once, and schedules against the disabling of their
 * definitions: one job per cursor, no active schedule without a definition, whoever comes first and
 * whether he commits, rolls back or dies.
 */
#include <stdatomic.h>

#include <cairn/sys/schedule.h>

#include "ct.h"

/* ---- a cursor that moved meanwhile ---------------------------------------------------- */

static const cairn_schedule_ops *real;
static cairn_conn *rival;
static size_t rival_fired;

/* Reads what is due; before anything comes of it, the rival has fired it. */
static cairn_status list_then_lose(void *self, const cairn_schedule_query *query, cairn_time *now,
				   cairn_rows *rows, cairn_error *err)
{
	cairn_status status = real->list(self, query, now, rows, err);
	if (status == CAIRN_OK && query->due && rival) {
		cairn_conn *once = rival;
		rival = NULL;
		rival_fired = ct_fire(once)->count;
	}
	return status;
}

static void read_too_early(void)
{
	static cairn_schedule_ops ops;
	static cairn_driver driver;
	cairn_conn_opts opts = ct_opts();
	driver = *ct_subject()->driver;
	real = driver.schedules;
	ops = *real;
	ops.list = list_then_lose;
	driver.schedules = &ops;
	cairn_conn *late = ct_open_driver(&driver, &opts);
	ct_define(late, "t");
	ct_put(late, ct_schedule("a", "t"));
	ct_put(late, ct_schedule("b", "t"));
	rival = ct_open();
	cairn_time next = ct_now() + CAIRN_MINUTE - ct_now() % CAIRN_MINUTE;
	ct_int(ct_fire(late)->count, 0);
	ct_int(rival_fired, 2);
	ct_int(ct_count_jobs(late, 0), 2);
	ct_int(ct_stored(late, "a")->next_fire_at, next);
}

/* ---- two schedulers, one cursor ----------------------------------------------------------- */

struct scheduler {
	cairn_tx tx;
	size_t fired;
};

static void fire(cairn_conn *conn, void *arg)
{
	struct scheduler *me = arg;
	me->fired += ct_fire(conn)->count;
}

static void begin_and_fire(cairn_conn *conn, void *arg)
{
	struct scheduler *me = arg;
	ct_ok(cairn_begin(conn, &me->tx, ct_err()));
	fire(conn, me);
}

static void two_schedulers(bool commits)
{
	cairn_conn *conn = ct_open();
	ct_session *a = ct_session_new("a");
	ct_session *b = ct_session_new("b");
	struct scheduler first = { .fired = 0 };
	struct scheduler second = { .fired = 0 };
	ct_define(conn, "t");
	ct_put(conn, ct_schedule("s", "t"));
	ct_step(a, begin_and_fire, &first);
	ct_int(first.fired, 1);
	bool ended = ct_pass(b, fire, &second);
	ct_step(a, commits ? ct_commit : ct_rollback, &first.tx);
	if (!ended)
		ct_join(b);
	ct_int(second.fired, commits || ended ? 0 : 1);
	if (!commits && ended)
		ct_step(b, fire, &second);
	ct_int(first.fired + second.fired, commits ? 1 : 2);
	ct_int(ct_count_jobs(conn, 0), 1);
	ct_int(ct_fire(conn)->count, 0);
}

static void first_commits(void)
{
	two_schedulers(true);
}

static void first_rolls_back(void)
{
	two_schedulers(false);
}

static void dies_before_its_commit(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *victim = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	ct_define(conn, "t");
	ct_put(conn, ct_schedule("s", "t"));
	cairn_time cursor = ct_stored(conn, "s")->next_fire_at;
	ct_ok(cairn_begin(victim, &tx, ct_err()));
	ct_int(ct_fire(victim)->count, 1);
	ct_int(ct_subject()->kill_session(victim), 0);
	ct_true(cairn_commit(&tx, ct_err()) != CAIRN_OK);
	cairn_rollback(&tx);
	ct_int(ct_count_jobs(conn, 0), 0);
	ct_int(ct_stored(conn, "s")->next_fire_at, cursor);
	ct_int(ct_fire_one(conn, CAIRN_FIRED)->scheduled_for, cursor);
}

/* ---- many ------------------------------------------------------------------------------------ */

#define SCHEDULERS 8
#define CURSORS	   20

static atomic_size_t fired_by_all;

static void passes(cairn_conn *conn, unsigned number, void *arg)
{
	(void)number;
	(void)arg;
	for (int i = 0; i < 4; i++)
		atomic_fetch_add(&fired_by_all, ct_fire(conn)->count);
}

static void many_schedulers(void)
{
	cairn_conn *conn = ct_open();
	cairn_schedule list[CURSORS];
	ct_define(conn, "t");
	for (size_t i = 0; i < CURSORS; i++)
		list[i] = ct_schedule(ct_format("s%02u", (unsigned)i), "t");
	ct_ok(cairn_schedule_put(conn, list, CURSORS, NULL, ct_err()));
	for (int round = 0; round < 3; round++) {
		atomic_store(&fired_by_all, 0);
		ct_race(SCHEDULERS, passes, NULL);
		ct_int(atomic_load(&fired_by_all), CURSORS);
		ct_int(ct_fire(conn)->count, 0);
		ct_int(ct_count_jobs(conn, 0), (round + 1) * CURSORS);
		ct_advance(CAIRN_MINUTE);
	}
	for (size_t i = 0; i < CURSORS; i++) {
		const cairn_schedule *is = ct_stored(conn, list[i].name.ptr);
		char id[CAIRN_ID_TEXT];
		cairn_id_format(is->id, id);
		ct_true(strstr(ct_job(conn, is->last_job)->payload.ptr, id) != NULL);
	}
}

/* ---- a definition that is disabled meanwhile ---------------------------------------------------- */

struct actor {
	ct_step_fn *verb;
	cairn_tx tx;
	cairn_status status;
	char code[64];
};

static void note(struct actor *me, cairn_status status)
{
	me->status = status;
	snprintf(me->code, sizeof(me->code), "%s", status == CAIRN_OK ? "" : ct_last()->code);
}

static void put(cairn_conn *conn, void *arg)
{
	/* a new one: of one that is there the stored switch counts */
	cairn_schedule one = ct_schedule(ct_format("s%u", ct_number()), "t");
	note(arg, cairn_schedule_put(conn, &one, 1, NULL, ct_err()));
}

static void retype(cairn_conn *conn, void *arg)
{
	cairn_schedule one = ct_schedule("of u", "t");
	note(arg, cairn_schedule_put(conn, &one, 1, NULL, ct_err()));
}

static void activate(cairn_conn *conn, void *arg)
{
	cairn_str name = CAIRN_STR("idle");
	note(arg, cairn_schedule_activate(conn, cairn_any(), &name, 1, 1, NULL, ct_err()));
}

static void sync(cairn_conn *conn, void *arg)
{
	cairn_schedule one = ct_schedule("idle", "t");
	note(arg, cairn_schedule_sync(conn, &one, 1, NULL, 0, NULL, ct_err()));
}

static void define_off(cairn_conn *conn, void *arg)
{
	cairn_definition off = { .type = CAIRN_STR("t"), .disabled = 1 };
	note(arg, cairn_job_define(conn, &off, 1, ct_err()));
}

static void update_off(cairn_conn *conn, void *arg)
{
	cairn_definition_patch patch = { .size = sizeof(patch),
					 .type = CAIRN_STR("t"),
					 .set = CAIRN_PATCH_DISABLED,
					 .disabled = 1 };
	note(arg, cairn_job_definition_update(conn, &patch, ct_err()));
}

static void begin_and_act(cairn_conn *conn, void *arg)
{
	struct actor *me = arg;
	ct_ok(cairn_begin(conn, &me->tx, ct_err()));
	me->verb(conn, me);
}

static bool disables(const struct actor *me)
{
	return me->verb == define_off || me->verb == update_off;
}

static void fresh_start(cairn_conn *conn)
{
	cairn_schedule_filter active = { .size = sizeof(active),
					 .scope = cairn_any(),
					 .active = CAIRN_SCHEDULE_ACTIVE };
	cairn_schedules *rows = NULL;
	ct_ok(cairn_schedule_list(conn, &active, &rows, ct_err()));
	for (size_t i = 0; i < rows->count; i++)
		ct_ok(cairn_schedule_activate(conn, cairn_any(), &rows->at[i].name, 1, 0, NULL,
					      ct_err()));
	cairn_free(rows);
	ct_define(conn, "t");
	ct_define(conn, "u");
	cairn_schedule list[2] = { ct_schedule("idle", "t"), ct_schedule("of u", "u") };
	list[0].inactive = 1;
	ct_ok(cairn_schedule_sync(conn, list, 2, NULL, 0, NULL, ct_err()));
}

/* Never is there an active schedule without an enabled definition. */
static void guard_holds(cairn_conn *conn)
{
	cairn_schedule_filter filter = { .size = sizeof(filter),
					 .scope = cairn_any(),
					 .type = CAIRN_STR("t"),
					 .active = CAIRN_SCHEDULE_ACTIVE };
	cairn_schedules *rows = NULL;
	cairn_definitions *definitions = NULL;
	ct_ok(cairn_schedule_list(conn, &filter, &rows, ct_err()));
	ct_ok(cairn_job_definition_get(conn, CAIRN_STR("t"), &definitions, ct_err()));
	if (rows->count > 0)
		ct_int(definitions->at[0].disabled, 0);
	cairn_free(rows);
	cairn_free(definitions);
}

static void play(cairn_conn *conn, ct_session *const sessions[2], ct_step_fn *one,
		 ct_step_fn *other, bool commits)
{
	struct actor first = { .verb = one };
	struct actor second = { .verb = other };
	ct_note("%s first, which %s", one == define_off || one == update_off ? "off" : "on",
		commits ? "commits" : "rolls back");
	fresh_start(conn);
	ct_step(sessions[0], begin_and_act, &first);
	ct_int(first.status, CAIRN_OK);
	ct_start(sessions[1], other, &second);
	ct_step(sessions[0], commits ? ct_commit : ct_rollback, &first.tx);
	ct_join(sessions[1]);
	if (commits) {
		ct_int(second.status, CAIRN_INVALID);
		ct_text(second.code, disables(&second)
					     ? "job_definition.active_schedule_exists"
					     : "job_schedule.definition_not_found_or_disabled");
	} else {
		ct_int(second.status, CAIRN_OK);
	}
	guard_holds(conn);
}

static void on_against_off(void)
{
	static ct_step_fn *const on[] = { put, retype, activate, sync };
	static ct_step_fn *const off[] = { define_off, update_off };
	cairn_conn *conn = ct_open();
	ct_session *const sessions[2] = { ct_session_new("a"), ct_session_new("b") };
	for (size_t i = 0; i < 4; i++) {
		for (size_t k = 0; k < 2; k++) {
			for (int commits = 0; commits < 2; commits++) {
				play(conn, sessions, on[i], off[k], commits);
				play(conn, sessions, off[k], on[i], commits);
			}
		}
	}
}

/* Two who only need the definition to be there don't wait for each other. */
static void users_share(void)
{
	cairn_conn *conn = ct_open();
	ct_session *a = ct_session_new("a");
	ct_session *b = ct_session_new("b");
	struct actor first = { .verb = put };
	struct actor second = { .verb = activate };
	fresh_start(conn);
	ct_step(a, begin_and_act, &first);
	ct_step(b, activate, &second);
	ct_int(second.status, CAIRN_OK);
	ct_step(a, ct_commit, &first.tx);
}

static bool gave_up(const struct actor *me)
{
	return me->status == CAIRN_BUSY || me->status == CAIRN_TIMEOUT;
}

static void waits_are_bounded(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn_opts opts = ct_opts();
	opts.lock_timeout = 200 * CAIRN_MILLISECOND;
	ct_session *a = ct_session_new("a");
	ct_session *b = ct_session_with("b", &opts);
	static ct_step_fn *const on[] = { put, activate, sync };
	for (size_t i = 0; i < 3; i++) {
		struct actor first = { .verb = on[i] };
		struct actor second = { .verb = define_off };
		fresh_start(conn);
		ct_step(a, begin_and_act, &first);
		ct_step(b, define_off, &second);
		ct_true(gave_up(&second));
		ct_step(a, ct_rollback, &first.tx);
		first.verb = define_off;
		ct_step(a, begin_and_act, &first);
		ct_step(b, on[i], &second);
		ct_true(gave_up(&second));
		ct_step(a, ct_rollback, &first.tx);
		guard_holds(conn);
	}
}

/* ---- two catalogs at once ---------------------------------------------------------------------- */

/* A catalog: what it has, what nobody has yet, and what it lacks. */
struct catalog {
	cairn_status status;
	const char *has;
	const char *adds;
	cairn_str lacks;
};

static void sync_catalog(cairn_conn *conn, void *arg)
{
	struct catalog *catalog = arg;
	cairn_schedule list[2] = { ct_schedule(catalog->has, "t"),
				   ct_schedule(catalog->adds, "t") };
	catalog->status = cairn_schedule_sync(conn, list, 2, &catalog->lacks, 1, NULL, ct_err());
}

/* Both are held up in the midst of writing, by somebody who makes the new ones and gives up. */
static void crosswise(void)
{
	cairn_conn *conn = ct_open();
	ct_session *a = ct_session_new("a");
	ct_session *b = ct_session_new("b");
	struct catalog old = { .has = "b", .adds = "x", .lacks = CAIRN_STR("c") };
	struct catalog fresh = { .has = "c", .adds = "y", .lacks = CAIRN_STR("b") };
	cairn_schedule list[4] = { ct_schedule("b", "t"), ct_schedule("c", "t"),
				   ct_schedule("x", "t"), ct_schedule("y", "t") };
	cairn_tx tx = CAIRN_TX_INIT;
	ct_define(conn, "t");
	ct_ok(cairn_schedule_put(conn, list, 2, NULL, ct_err()));
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_ok(cairn_schedule_put(conn, list + 2, 2, NULL, ct_err()));
	ct_start(a, sync_catalog, &old);
	ct_start(b, sync_catalog, &fresh);
	cairn_rollback(&tx);
	ct_join(a);
	ct_join(b);
	ct_int(old.status, CAIRN_OK);
	ct_int(fresh.status, CAIRN_OK);
	/* whoever came second */
	ct_int(ct_stored(conn, "b")->inactive + ct_stored(conn, "c")->inactive, 1);
}

/* ---- stricter transactions ------------------------------------------------------------------- */

static void strict(void)
{
	cairn_conn *conn = ct_open();
	cairn_str name = CAIRN_STR("idle");
	cairn_schedule one = ct_schedule("new", "t");
	cairn_definition off = { .type = CAIRN_STR("u"), .disabled = 1 };
	const char *code = "tx.unsupported_isolation";
	fresh_start(conn);
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_BEGIN_STRICT), 0);
	ct_status(cairn_schedule_put(conn, &one, 1, NULL, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_schedule_sync(conn, &one, 1, &name, 1, NULL, ct_err()), CAIRN_INVALID,
		  code);
	ct_status(cairn_schedule_activate(conn, cairn_any(), &name, 1, 1, NULL, ct_err()),
		  CAIRN_INVALID, code);
	ct_status(cairn_schedule_retime(conn, cairn_any(), &name, 1, 1, NULL, ct_err()),
		  CAIRN_INVALID, code);
	ct_status(cairn_job_define(conn, &off, 1, ct_err()), CAIRN_INVALID, code);
	ct_int(ct_fire(conn)->count, 1);
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_COMMIT), 0);
	ct_int(ct_stored(conn, "idle")->inactive, 1);
	ct_int(ct_count_jobs(conn, 0), 1);
}

#define INTERLEAVE .kind = CT_INTERLEAVE, .store = CT_SCHEDULES

static const ct_case cases[] = {
	{ .name = "schedules.fire.a_cursor_that_moved_is_left_alone",
	  INTERLEAVE,
	  .rule = "Who read a cursor that another one has moved since makes no job and moves "
		  "nothing.",
	  .covers = "runledger H07",
	  .run = read_too_early },
	{ .name = "schedules.fire.two_schedulers_make_one_job",
	  INTERLEAVE,
	  .rule = "While one scheduler's pass is not committed another leaves its cursors alone; "
		  "then "
		  "there is nothing left to fire.",
	  .covers = "runledger H06, H07",
	  .run = first_commits },
	{ .name = "schedules.fire.what_is_rolled_back_is_fired_by_the_next",
	  INTERLEAVE,
	  .rule = "A pass that is rolled back leaves neither job nor cursor; the next one fires "
		  "it.",
	  .covers = "runledger H15",
	  .run = first_rolls_back },
	{ .name = "schedules.fire.a_scheduler_that_dies_leaves_nothing",
	  .kind = CT_FAULT,
	  .store = CT_SCHEDULES,
	  .needs = CT_NEED_KILL,
	  .rule = "Killed between enqueue and commit it leaves neither job nor cursor.",
	  .covers = "runledger H15",
	  .run = dies_before_its_commit },
	{ .name = "schedules.race.each_cursor_makes_one_job",
	  .kind = CT_RACE,
	  .store = CT_SCHEDULES,
	  .rule = "Eight schedulers over twenty cursors make twenty jobs, round after round.",
	  .covers = "runledger H07",
	  .run = many_schedulers },
	{ .name = "schedules.guard.active_or_disabled_never_both",
	  INTERLEAVE,
	  .rule = "Making a schedule active and disabling its definition exclude each other: who "
		  "comes second is refused if the first commits, and goes on if he rolls back.",
	  .covers = "runledger D10",
	  .run = on_against_off },
	{ .name = "schedules.guard.users_of_a_definition_do_not_wait",
	  INTERLEAVE,
	  .caps = CAIRN_CAP_PARALLEL_CLAIM,
	  .rule = "Two who need the same definition to be enabled don't wait for each other.",
	  .run = users_share },
	{ .name = "schedules.guard.waits_are_bounded",
	  INTERLEAVE,
	  .rule = "Waiting for a definition or a schedule that another one holds ends with "
		  "lock_timeout, as BUSY or TIMEOUT, and nothing is written.",
	  .covers = "runledger D11, H12",
	  .run = waits_are_bounded },
	{ .name = "schedules.sync.two_catalogs_take_turns",
	  INTERLEAVE,
	  .rule = "Two catalogs that each lack what the other has, synced at once, both succeed: "
		  "neither waits for the other crosswise.",
	  .run = crosswise },
	{ .name = "schedules.isolation.guards_need_read_committed",
	  .kind = CT_VERB,
	  .store = CT_SCHEDULES,
	  .needs = CT_NEED_APP | CT_NEED_STRICT,
	  .rule = "Inside a stricter transaction whatever waits and then looks is "
		  "tx.unsupported_isolation before anything is written; firing works.",
	  .run = strict },
};

CT_GROUP(schedule_rivals, cases);
