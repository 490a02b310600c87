/*
 * replay_scope.c - whose runs a call may see: global ones, one tenant's, or all; everything else is as if it were not
 * there.
 */
#include "ct_ledger.h"

/* A run that is global, or a tenant's; with a step, a child, a signal and a budget. */
struct owned {
	cairn_id run;
	cairn_id child;
};

static struct owned owned_by(cairn_conn *conn, const char *tenant)
{
	cairn_job_new job = ct_new("t");
	job.tenant = cairn_str_of(tenant);
	ct_play live = ct_play_job(conn, job);
	struct owned owned = { .run = live.id };
	ct_play_paid(&live, "one", "a", 7);
	owned.child = ct_child_of(&live, "c", "below");
	ct_signal(conn, live.id, "go", "1");
	ct_same(ct_job(conn, owned.child)->tenant, job.tenant);
	ct_play_fail(&live, "it.broke");
	return owned;
}

struct field {
	cairn_conn *conn;
	struct owned global;
	struct owned a;
	struct owned b;
};

static struct field field_of(void)
{
	struct field field = { .conn = ct_open() };
	field.global = owned_by(field.conn, NULL);
	field.a = owned_by(field.conn, "a");
	field.b = owned_by(field.conn, "b");
	return field;
}

#define SCOPES 4

/* Which of the three a scope sees. */
static const struct view {
	enum cairn_scope_kind kind;
	const char *tenant;
	bool sees[3]; /* global, a, b */
} views[SCOPES] = {
	{ CAIRN_SCOPE_GLOBAL, NULL, { true, false, false } },
	{ CAIRN_SCOPE_TENANT, "a", { false, true, false } },
	{ CAIRN_SCOPE_TENANT, "A", { false, false, false } },
	{ CAIRN_SCOPE_ANY, NULL, { true, true, true } },
};

static cairn_scope scope_of(const struct view *view)
{
	return (cairn_scope){ .kind = view->kind, .tenant = cairn_str_of(view->tenant) };
}

typedef void look_fn(cairn_conn *conn, cairn_scope scope, const struct owned *owned, bool sees);

static void each_view(look_fn *look)
{
	struct field field = field_of();
	const struct owned *all[] = { &field.global, &field.a, &field.b };
	for (size_t v = 0; v < SCOPES; v++) {
		for (size_t i = 0; i < 3; i++) {
			ct_note("view %zu of run %zu", v, i);
			look(field.conn, scope_of(&views[v]), all[i], views[v].sees[i]);
		}
	}
}

static void expect(cairn_status status, bool sees)
{
	if (sees)
		ct_ok(status);
	else
		ct_status(status, CAIRN_NOT_FOUND, "replay.run_not_found");
}

/* ---- reads ------------------------------------------------------------------------------------- */

static void look_at(cairn_conn *conn, cairn_scope scope, const struct owned *owned, bool sees)
{
	cairn_replay_runs *runs = NULL;
	cairn_memos *memos = NULL;
	cairn_signals *signals = NULL;
	cairn_budgets *budgets = NULL;
	cairn_entries *entries = NULL;
	cairn_memo_filter memo = { .size = sizeof(memo), .scope = scope, .run = owned->run };
	cairn_signal_filter post = { .size = sizeof(post), .scope = scope, .run = owned->run };
	cairn_entry_filter entry = { .size = sizeof(entry), .scope = scope, .run = owned->run };
	cairn_replay_wait_opts wait = {
		.size = sizeof(wait), .scope = scope, .run = owned->run, .timeout = -1
	};
	expect(cairn_replay_get(conn, scope, owned->run, &runs, ct_err()), sees);
	expect(cairn_replay_memos(conn, &memo, &memos, ct_err()), sees);
	expect(cairn_signal_list(conn, &post, &signals, ct_err()), sees);
	expect(cairn_budget_read(conn, scope, owned->run, &budgets, ct_err()), sees);
	expect(cairn_budget_read(conn, scope, owned->child, &budgets, ct_err()), sees);
	expect(cairn_budget_entries(conn, &entry, &entries, ct_err()), sees);
	expect(cairn_replay_wait(conn, &wait, &runs, ct_err()), sees);
	cairn_free(runs);
	cairn_free(memos);
	cairn_free(signals);
	cairn_free(budgets);
	cairn_free(entries);
}

static void reads(void)
{
	each_view(look_at);
}

static size_t listed(cairn_conn *conn, cairn_replay_filter filter)
{
	cairn_replay_runs *runs = NULL;
	filter.size = sizeof(filter);
	ct_ok(cairn_replay_list(conn, &filter, &runs, ct_err()));
	size_t count = runs->count;
	cairn_free(runs);
	return count;
}

static void list_some(cairn_conn *conn, cairn_scope scope, const struct owned *owned, bool sees)
{
	size_t count = sees ? 1 : 0;
	ct_int(listed(conn, (cairn_replay_filter){ .scope = scope, .run = owned->run }), count);
	ct_int(listed(conn, (cairn_replay_filter){ .scope = scope, .parent = owned->run }), count);
	ct_int(listed(conn, (cairn_replay_filter){ .scope = scope, .root = owned->run }),
	       2 * count);
}

static void lists(void)
{
	each_view(list_some);
	struct field field = field_of();
	/* the field of each_view() stands there, too */
	ct_int(listed(field.conn, (cairn_replay_filter){ .scope = cairn_global() }), 4);
	ct_int(listed(field.conn, (cairn_replay_filter){ .scope = cairn_any() }), 12);
	ct_int(listed(field.conn, (cairn_replay_filter){ .scope = cairn_tenant(CAIRN_STR("b")) }),
	       4);
}

/* ---- writes -------------------------------------------------------------------------------------- */

static void told(cairn_status status, cairn_code code, bool sees)
{
	if (sees)
		ct_int(status, CAIRN_OK);
	else
		ct_each_(status, code, CAIRN_NOT_FOUND, "replay.run_not_found", "item", __FILE__,
			 __LINE__);
}

static void spend(cairn_conn *conn, cairn_scope scope, const struct owned *owned, bool sees)
{
	cairn_entry_new entry = ct_entry(owned->run, ct_format("%u", ct_number()), 1);
	cairn_entry_done done = { .status = CAIRN_INTERNAL };
	cairn_budget_new budget = { .axis = CAIRN_STR("a"), .total = 1000 };
	const char *before = ct_play_snapshot(conn, owned->run);
	ct_ok(cairn_budget_reserve(conn, scope, &entry, 1, 0, &done, ct_err()));
	told(done.status, done.code, sees);
	ct_int(done.spent + done.reserved > 0, sees);
	ct_ok(cairn_budget_release(conn, scope, &entry, 1, &done, ct_err()));
	told(done.status, done.code, sees);
	ct_ok(cairn_budget_charge(conn, scope, &entry, 1, &done, ct_err()));
	told(done.status, done.code, sees);
	expect(cairn_budget_set(conn, scope, owned->run, &budget, 1, ct_err()), sees);
	if (!sees)
		ct_play_unchanged(conn, owned->run, before);
}

static void spends(void)
{
	each_view(spend);
}

static void change(cairn_conn *conn, cairn_scope scope, const struct owned *owned, bool sees)
{
	cairn_signal_new item = { .run = owned->child, .name = CAIRN_STR("go") };
	cairn_signal_sent sent = { .status = CAIRN_INTERNAL };
	cairn_fork_new fork = ct_fork(owned->run, "one");
	cairn_job_added added;
	cairn_resume resume = ct_resumption(owned->run);
	cairn_replay_changed changed = { .status = CAIRN_INTERNAL };
	cairn_replay_delete_opts opts = {
		.size = sizeof(opts), .scope = scope, .run = owned->run, .dry = 1
	};
	cairn_replay_deleted gone;
	cairn_str none = { NULL, 0 };
	const char *before = ct_play_snapshot(conn, owned->run);
	ct_ok(cairn_signal_send(conn, scope, &item, 1, &sent, ct_err()));
	told(sent.status, sent.code, sees);
	fork.scope = scope;
	resume.scope = scope;
	expect(cairn_replay_fork(conn, &fork, &added, ct_err()), sees);
	ct_ok(cairn_replay_delete(conn, &opts, &gone, ct_err()));
	ct_int(gone.live, sees);
	ct_play_unchanged(conn, owned->run, before);
	if (sees)
		return;
	expect(cairn_replay_resume(conn, &resume, &changed, ct_err()), sees);
	ct_ok(cairn_replay_cancel(conn, scope, &owned->child, 1, none, &changed, ct_err()));
	told(changed.status, changed.code, sees);
	ct_play_unchanged(conn, owned->run, before);
}

static void changes(void)
{
	each_view(change);
}

static void what_it_sees_it_changes(void)
{
	struct field field = field_of();
	cairn_resume resume = ct_resumption(field.a.run);
	cairn_replay_changed changed = { .status = CAIRN_INTERNAL };
	cairn_scope a = cairn_tenant(CAIRN_STR("a"));
	cairn_str none = { NULL, 0 };
	resume.scope = a;
	ct_ok(cairn_replay_resume(field.conn, &resume, &changed, ct_err()));
	ct_ok(cairn_replay_cancel(field.conn, a, &field.a.run, 1, none, &changed, ct_err()));
	ct_each(changed, CAIRN_OK, NULL);
	ct_int(changed.descendants, 1);
	cairn_replay_delete_opts opts = { .size = sizeof(opts), .scope = a };
	cairn_replay_deleted gone;
	ct_ok(cairn_replay_delete(field.conn, &opts, &gone, ct_err()));
	ct_int(gone.roots, 1);
	ct_replay_gone(field.conn, field.a.run);
	ct_stage_is(field.conn, field.b.run, "FAILED");
	ct_stage_is(field.conn, field.global.run, "FAILED");
}

static void broadcasts(void)
{
	cairn_conn *conn = ct_open();
	static const char *const tenants[] = { NULL, "a", "b" };
	cairn_id runs[3];
	for (size_t i = 0; i < 3; i++) {
		cairn_job_new job = ct_new("t");
		job.tenant = cairn_str_of(tenants[i]);
		ct_play live = ct_play_job(conn, job);
		ct_next(ct_await(live.replay, "go", -1), SUSPEND);
		ct_play_suspend(&live);
		runs[i] = live.id;
	}
	cairn_broadcast broadcast = { .size = sizeof(broadcast),
				      .scope = cairn_tenant(CAIRN_STR("a")),
				      .name = CAIRN_STR("go") };
	cairn_broadcast_report report;
	ct_ok(cairn_signal_broadcast(conn, &broadcast, &report, ct_err()));
	ct_int(report.sent, 1);
	ct_int(ct_signals(conn, runs[0])->count, 0);
	ct_int(ct_signals(conn, runs[1])->count, 1);
	ct_int(ct_signals(conn, runs[2])->count, 0);
	broadcast.scope = cairn_global();
	ct_ok(cairn_signal_broadcast(conn, &broadcast, &report, ct_err()));
	ct_int(report.sent, 1);
	ct_int(ct_signals(conn, runs[0])->count, 1);
	broadcast.scope = cairn_any();
	ct_ok(cairn_signal_broadcast(conn, &broadcast, &report, ct_err()));
	ct_int(report.sent, 1);
	ct_int(ct_signals(conn, runs[2])->count, 1);
}

#define SCOPE .kind = CT_VERB, .store = CT_REPLAYS

static const ct_case cases[] = {
	{ .name = "replays.scope.reads_see_what_is_theirs",
	  SCOPE,
	  .rule = "A run outside the scope is not found, nor are its steps, signals, budgets and "
		  "entries.",
	  .covers = "smol-77",
	  .run = reads },
	{ .name = "replays.scope.lists_see_what_is_theirs",
	  SCOPE,
	  .rule = "A list holds the scope's runs only, whatever else is asked for.",
	  .run = lists },
	{ .name = "replays.scope.nobody_spends_anothers_budget",
	  SCOPE,
	  .rule = "Budgets outside the scope are neither set nor charged, reserved or released, "
		  "and nothing is told of them.",
	  .run = spends },
	{ .name = "replays.scope.nobody_changes_anothers_runs",
	  SCOPE,
	  .rule = "Outside the scope no run is signaled, forked, resumed, canceled or deleted.",
	  .run = changes },
	{ .name = "replays.scope.what_it_sees_it_changes",
	  SCOPE,
	  .rule = "A tenant's scope resumes, cancels and deletes this tenant's runs, with their "
		  "children, which have its tenant.",
	  .run = what_it_sees_it_changes },
	{ .name = "replays.scope.broadcasts_reach_what_is_theirs",
	  SCOPE,
	  .rule = "A broadcast is sent to the scope's runs only.",
	  .run = broadcasts },
};

CT_GROUP(replay_scope, cases);
