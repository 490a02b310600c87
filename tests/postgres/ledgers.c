/*
 * ledgers.c - what writes of budgets meet on Postgres alone: what others commit while they wait, and jobs that end, or
 * are deleted, meanwhile.
 */
#include "meanwhile.h"

struct charges {
	cairn_entry_new items[2];
	cairn_entry_done each[2];
	size_t count;
	cairn_status status;
};

static void *charge(void *user)
{
	struct charges *charges = user;
	cairn_error err = CAIRN_ERROR_INIT;
	charges->status = cairn_budget_charge(other, cairn_any(), charges->items, charges->count,
					      charges->each, &err);
	return NULL;
}

static int64_t spent(cairn_id run)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_budgets *budgets = NULL;
	cairn_entries *entries = NULL;
	const cairn_entry_filter filter = { .size = sizeof filter,
					    .scope = cairn_any(),
					    .run = run };
	must(cairn_budget_read(conn, cairn_any(), run, &budgets, &err), &err);
	must(cairn_budget_entries(conn, &filter, &entries, &err), &err);
	int64_t sum = budgets->count > 0 ? budgets->at[0].spent : 0;
	for (size_t i = 0; i < entries->count; i++)
		sum -= entries->at[i].state == CAIRN_ENTRY_CHARGED ? entries->at[i].amount : 0;
	is_int(sum, 0, "what is spent is the sum of what is charged");
	sum = budgets->count > 0 ? budgets->at[0].spent : 0;
	cairn_free(budgets);
	cairn_free(entries);
	return sum;
}

#define ENTRY(whose, amount_) \
	{ \
		.run = (whose), .axis = CAIRN_STR("a"), .source_type = CAIRN_STR("s"), \
		.source_id = CAIRN_STR("1"), .amount = (amount_) \
	}

/* A job that is enqueued while its charge waits for another budget. */
static void comes_meanwhile(void)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_tx tx = CAIRN_TX_INIT;
	pthread_t thread;
	cairn_id there = enqueue(conn);
	cairn_entry_new first = ENTRY(there, 1);
	cairn_entry_done done;
	first.source_id = CAIRN_STR("0");
	must(cairn_begin(conn, &tx, &err), &err);
	must(cairn_budget_charge(conn, cairn_any(), &first, 1, &done, &err), &err);
	cairn_id new = enqueue(conn);
	struct charges charges = { .items = { ENTRY(there, 2), ENTRY(new, 4) }, .count = 2 };
	pthread_create(&thread, NULL, charge, &charges);
	until_somebody_waits("cairn_ledger");
	must(cairn_commit(&tx, &err), &err);
	pthread_join(thread, NULL);
	is_int(charges.status, CAIRN_OK, "charges are made");
	is_int(charges.each[0].status, CAIRN_OK, "that of the job that was there");
	is_int(spent(there), 3, "and counts");
	int64_t want = charges.each[1].status == CAIRN_OK ? 4 : 0;
	is_int(spent(new), want, "that of the other one is as it was told");
}

/* A charge of 6 that waits while somebody does this. */
static cairn_entry_done waits_while(cairn_id run, const char *source, int64_t total, int64_t amount)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_tx tx = CAIRN_TX_INIT;
	pthread_t thread;
	cairn_entry_new item = ENTRY(run, amount);
	cairn_entry_done done;
	const cairn_budget_new budget = { .axis = CAIRN_STR("a"),
					  .kind = CAIRN_BUDGET_HARD,
					  .total = total };
	struct charges charges = { .items = { ENTRY(run, 6) }, .count = 1 };
	charges.items[0].source_id = cairn_str_of(source);
	must(cairn_begin(conn, &tx, &err), &err);
	if (amount > 0)
		must(cairn_budget_charge(conn, cairn_any(), &item, 1, &done, &err), &err);
	else
		must(cairn_budget_set(conn, cairn_any(), run, &budget, 1, &err), &err);
	pthread_create(&thread, NULL, charge, &charges);
	until_somebody_waits("cairn_ledger");
	must(cairn_commit(&tx, &err), &err);
	pthread_join(thread, NULL);
	is_int(charges.status, CAIRN_OK, "the call was made");
	return charges.each[0];
}

/* What was charged, and what total was set, while a charge waited: it is held against that. */
static void written_meanwhile(void)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_id run = enqueue(conn);
	cairn_entry_new first = ENTRY(run, 1);
	cairn_entry_done done;
	first.source_id = CAIRN_STR("0");
	must(cairn_budget_charge(conn, cairn_any(), &first, 1, &done, &err), &err);
	is_int(waits_while(run, "2", 0, 5).status, CAIRN_OK, "beside another charge");
	is_int(spent(run), 12, "both count");
	is_int(waits_while(run, "3", 15, 0).code, CAIRN_E_BUDGET_EXCEEDED,
	       "against a total that was set");
	is_int(spent(run), 12, "nothing counts");
	const cairn_budget_new more = { .axis = CAIRN_STR("a"),
					.kind = CAIRN_BUDGET_HARD,
					.total = 20 };
	must(cairn_budget_set(conn, cairn_any(), run, &more, 1, &err), &err);
	first = (cairn_entry_new)ENTRY(run, 2);
	first.source_id = CAIRN_STR("4");
	must(cairn_budget_reserve(conn, cairn_any(), &first, 1, CAIRN_HOUR, &done, &err), &err);
	is_int(waits_while(run, "5", 18, 0).code, CAIRN_E_BUDGET_EXCEEDED,
	       "what is reserved counts, too");
	is_int(waits_while(run, "5", 20, 0).status, CAIRN_OK, "and fits into a larger total");
	is_int(spent(run), 18, "which is full");
}

/* ---- jobs that end meanwhile --------------------------------------------------------------- */

struct scene {
	cairn_lease lease;
	cairn_id id;
	cairn_entry_done each[2];
	size_t deleted;
};

typedef void deed_fn(cairn_conn *on, struct scene *scene);

struct second {
	deed_fn *deed;
	struct scene *scene;
};

static void *run_second(void *user)
{
	struct second *second = user;
	second->deed(other, second->scene);
	return NULL;
}

/* The second one, on the other connection, waits for the first one's transaction. */
static void waits_for(struct scene *scene, deed_fn *first, deed_fn *deed)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_tx tx = CAIRN_TX_INIT;
	pthread_t thread;
	struct second second = { deed, scene };
	must(cairn_begin(conn, &tx, &err), &err);
	first(conn, scene);
	pthread_create(&thread, NULL, run_second, &second);
	until_somebody_waits("");
	must(cairn_commit(&tx, &err), &err);
	pthread_join(thread, NULL);
}

/* The second one does not. */
static void beside(struct scene *scene, deed_fn *first, deed_fn *deed)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_tx tx = CAIRN_TX_INIT;
	must(cairn_begin(conn, &tx, &err), &err);
	first(conn, scene);
	deed(other, scene);
	must(cairn_commit(&tx, &err), &err);
}

static void charge_once(cairn_conn *on, struct scene *scene)
{
	cairn_error err = CAIRN_ERROR_INIT;
	const cairn_entry_new item = ENTRY(scene->id, 1);
	must(cairn_budget_charge(on, cairn_any(), &item, 1, scene->each, &err), &err);
}

static void charge_twice(cairn_conn *on, struct scene *scene)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_entry_new items[2] = { ENTRY(scene->id, 1), ENTRY(scene->id, 1) };
	items[1].source_id = CAIRN_STR("2");
	must(cairn_budget_charge(on, cairn_any(), items, 2, scene->each, &err), &err);
}

static void end(cairn_conn *on, struct scene *scene)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_changed changed;
	const cairn_finish finish = { .lease = scene->lease, .how = CAIRN_FINISH_SUCCESS };
	must(cairn_job_finish(on, &finish, 1, &changed, &err), &err);
	is_int(changed.status, CAIRN_OK, "it ends");
}

static void prune(cairn_conn *on, struct scene *scene)
{
	cairn_error err = CAIRN_ERROR_INIT;
	const cairn_prune_opts opts = { .size = sizeof opts, .scope = cairn_any(), .age = 1 };
	must(cairn_job_prune(on, &opts, &scene->deleted, &err), &err);
}

static void delete_trees(cairn_conn *on, struct scene *scene)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_replay_deleted deleted;
	const cairn_replay_delete_opts opts = { .size = sizeof opts, .scope = cairn_any() };
	must(cairn_replay_delete(on, &opts, &deleted, &err), &err);
	scene->deleted = deleted.roots;
}

static struct scene running(const char *type)
{
	struct scene scene = { .lease = claim(conn, type) };
	scene.id = scene.lease.id;
	return scene;
}

static struct scene over(void)
{
	struct scene scene = running("t");
	end(conn, &scene);
	return scene;
}

static struct scene over_replay(void)
{
	struct scene scene = running("t");
	cairn_replay_close(begin(conn, &scene.lease));
	end(conn, &scene);
	return scene;
}

/* Neither the job, nor anything in a ledger of which there is no job. */
static void nothing_left(const struct scene *scene, const char *what)
{
	PGresult *result = PQexec(
		pg,
		"SELECT count(*) FROM (SELECT root_id FROM cairn_ledger UNION ALL "
		"SELECT root_id FROM cairn_budget UNION ALL SELECT root_id FROM cairn_budget_entry"
		") r WHERE NOT EXISTS (SELECT FROM cairn_job j WHERE j.id = r.root_id)");
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_budgets *budgets = NULL;
	is_text(PQgetvalue(result, 0, 0), "0", what);
	is_int(cairn_budget_read(conn, cairn_any(), scene->id, &budgets, &err), CAIRN_NOT_FOUND,
	       "and no job");
	PQclear(result);
}

static void not_found(const struct scene *scene)
{
	is_int(scene->each[0].status, CAIRN_NOT_FOUND, "the charge finds no job");
}

/* A ledger is made while somebody else would delete its job, and the other way round. */
static void made_meanwhile(void)
{
	struct scene scene = over();
	beside(&scene, charge_once, prune);
	is_int(scene.deleted, 0, "a job to which a ledger is made is not pruned");
	prune(conn, &scene);
	is_int(scene.deleted, 1, "but later");
	nothing_left(&scene, "with its ledger");
	scene = over();
	waits_for(&scene, prune, charge_once);
	not_found(&scene);
	nothing_left(&scene, "no ledger of a job that was pruned");
	scene = over_replay();
	beside(&scene, charge_once, delete_trees);
	is_int(scene.deleted, 0, "a tree to which a ledger is made is not deleted");
	delete_trees(conn, &scene);
	is_int(scene.deleted, 1, "but later");
	nothing_left(&scene, "with its ledger");
	scene = over_replay();
	waits_for(&scene, delete_trees, charge_twice);
	not_found(&scene);
	nothing_left(&scene, "no ledger of a tree that was deleted");
	scene = running("unkept");
	waits_for(&scene, charge_once, end);
	nothing_left(&scene, "a job that is not kept goes with the ledger that was made to it");
	scene = running("unkept");
	waits_for(&scene, end, charge_once);
	not_found(&scene);
	nothing_left(&scene, "no ledger of a job that is not kept");
}

/* The same where there is a ledger. */
static void charged_meanwhile(void)
{
	struct scene scene = over();
	charge_once(conn, &scene);
	waits_for(&scene, charge_twice, prune);
	is_int(scene.deleted, 1, "a job is pruned behind its charge");
	nothing_left(&scene, "with what was charged");
	scene = over();
	charge_once(conn, &scene);
	waits_for(&scene, prune, charge_once);
	not_found(&scene);
	nothing_left(&scene, "nothing is charged to a job that was pruned");
	scene = over_replay();
	charge_once(conn, &scene);
	waits_for(&scene, charge_twice, delete_trees);
	is_int(scene.deleted, 1, "a tree is deleted behind its charge");
	nothing_left(&scene, "with what was charged");
	scene = running("unkept");
	charge_once(conn, &scene);
	waits_for(&scene, charge_twice, end);
	nothing_left(&scene, "a job that is not kept goes with what was charged to it");
	scene = running("unkept");
	charge_once(conn, &scene);
	waits_for(&scene, end, charge_twice);
	not_found(&scene);
	nothing_left(&scene, "nothing is charged to a job that is not kept");
}

/* Its row goes elsewhere while its ledger is made. */
static void moved_meanwhile(void)
{
	struct scene scene = running("t");
	waits_for(&scene, charge_once, end);
	is_int(spent(scene.id), 1, "it ends behind its first charge");
	scene = running("t");
	waits_for(&scene, end, charge_once);
	is_int(scene.each[0].status, CAIRN_OK, "charged as it ended");
	is_int(spent(scene.id), 1, "one counts");
	scene = running("t");
	waits_for(&scene, end, charge_twice);
	is_int(scene.each[1].status, CAIRN_OK, "charged twice as it ended");
	is_int(spent(scene.id), 2, "both count");
}

int main(void)
{
	cairn_error err = CAIRN_ERROR_INIT;
	const cairn_definition unkept = { .type = CAIRN_STR("unkept"),
					  .retention = CAIRN_RETAIN_NONE };
	open_store();
	must(cairn_job_define(conn, &unkept, 1, &err), &err);
	comes_meanwhile();
	written_meanwhile();
	made_meanwhile();
	charged_meanwhile();
	moved_meanwhile();
	close_store();
	return tap_done();
}
