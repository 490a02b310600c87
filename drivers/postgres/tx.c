/*
 * tx.c - transactions that the core asks for, and the question whether the
 * application has one open. A call outside of them is a transaction of its own (exec.c).
 */
#include <stdio.h>

#include "pg.h"

static cairn_status savepoint(struct pg *pg, const char *verb, uint32_t depth, cairn_error *err)
{
	char text[64];
	snprintf(text, sizeof text, "%s cairn_%u", verb, (unsigned)depth);
	return cairn_pg__command(pg, text, err);
}

cairn_status cairn_pg__begin(void *self, uint32_t depth, cairn_error *err)
{
	struct pg *pg = self;
	cairn_status status = cairn_pg__usable(pg, err);
	if (status != CAIRN_OK)
		return status;
	return depth == 0 ? cairn_pg__begin_tx(pg, err) : savepoint(pg, "SAVEPOINT", depth, err);
}

/*
 * A transaction that has failed can't be committed: it is rolled back, and the
 * answer says so. (Postgres would answer its COMMIT with ROLLBACK and no error.)
 */
static cairn_status commit_whole(struct pg *pg, cairn_error *err)
{
	cairn_status status = cairn_pg__usable(pg, err);
	if (status == CAIRN_OK)
		status = cairn_pg__commit_tx(pg, err);
	else if (status == CAIRN_TX_ABORTED && cairn_pg__command(pg, "ROLLBACK", NULL) != CAIRN_OK)
		pg->broken = true;
	pg->own_tx = false;
	return status;
}

cairn_status cairn_pg__commit(void *self, uint32_t depth, cairn_error *err)
{
	struct pg *pg = self;
	if (depth == 0)
		return commit_whole(pg, err);
	cairn_status status = cairn_pg__usable(pg, err);
	return status == CAIRN_OK ? savepoint(pg, "RELEASE SAVEPOINT", depth, err) : status;
}

cairn_status cairn_pg__rollback(void *self, uint32_t depth, cairn_error *err)
{
	struct pg *pg = self;
	char back[64];
	char release[64];
	snprintf(back, sizeof back, "ROLLBACK TO SAVEPOINT cairn_%u", (unsigned)depth);
	snprintf(release, sizeof release, "RELEASE SAVEPOINT cairn_%u", (unsigned)depth);
	const char *const texts[] = { back, release };
	cairn_status status = depth == 0 ? cairn_pg__command(pg, "ROLLBACK", err)
					 : cairn_pg__commands(pg, texts, 2, err);
	if (depth == 0) {
		pg->own_tx = false;
		pg->owed.count = 0;
	}
	if (status != CAIRN_OK)
		pg->broken = true;
	return status;
}

/* cairn's own transactions are READ COMMITTED; the application is asked, which is a round trip. */
cairn_status cairn_pg__looks_again(struct pg *pg, cairn_error *err)
{
	if (!cairn_pg__foreign_tx(pg))
		return CAIRN_OK;
	cairn_status status = cairn_pg__call_begin(pg, false, err);
	if (status != CAIRN_OK)
		return status;
	cairn_pg__queue(pg, PG_SQL_ISOLATION);
	status = cairn_pg__call_run(pg, err);
	if (status != CAIRN_OK)
		return status;
	if (!cairn_pg__bool(cairn_pg__result(pg, 0), 0, 0))
		status = cairn_fail(err, CAIRN_E_TX_ISOLATION);
	cairn_pg__call_clear(pg);
	return status;
}

int cairn_pg__foreign_tx(void *self)
{
	struct pg *pg = self;
	return !pg->own_tx && pg->conn != NULL && cairn_pg__in_tx(pg);
}
