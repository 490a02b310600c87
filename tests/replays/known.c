/* known.c - which of a side's ids is what; and what else lives of replay runs say of themselves (lives.h). */
#include "replays.h"

#include <string.h>

const char game_name[] = "replays";
const size_t game_known = sizeof(struct known_side);

size_t side_run(const struct side *side, const struct life *life, cairn_id id)
{
	for (size_t i = 0; i < life->runs + side->has->grown && i < RUNS_MAX; i++) {
		if (cairn_id_compare(side->has->runs[i].id, id) == 0)
			return i;
	}
	return RUNS_MAX;
}

size_t side_grow(struct side *side, const struct life *life, struct known_run run)
{
	size_t known = side_run(side, life, run.id);
	size_t at = life->runs + side->has->grown;
	if (known != RUNS_MAX)
		return known;
	if (at >= RUNS_MAX)
		side_die(side, "a life of too many runs", NULL);
	side->has->runs[at] = run;
	side->has->grown++;
	return at;
}

void life_grow(struct life *life)
{
	life->runs += life->sides[0].has->grown;
	for (size_t i = 0; i < life->side_count; i++)
		life->sides[i].has->grown = 0;
}

size_t some_run(const struct life *life, struct dice *dice)
{
	uint32_t late = life->runs < 6 || dice_percent(dice, 30) ? (uint32_t)life->runs : 6;
	return life->runs - 1 - dice_below(dice, late);
}

void say_text(struct side *side, const struct life *life, const char *name, cairn_str text)
{
	if (text.ptr == NULL)
		return;
	say(side, " %s=", name);
	for (size_t i = 0; i < text.len;) {
		cairn_id id;
		cairn_str part = { text.ptr + i, 36 };
		size_t run = RUNS_MAX;
		if (i + 36 <= text.len && cairn_id_parse(part, &id) == 0)
			run = side_run(side, life, id);
		if (run != RUNS_MAX)
			say(side, "<%zu>", run);
		else
			say(side, "%c", text.ptr[i]);
		i += run != RUNS_MAX ? 36 : 1;
	}
}

/* ---- what lives.h asks for --------------------------------------------------------- */

void game_define(struct side *side)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_retry retry = { .base = CAIRN_SECOND, .cap = CAIRN_SECOND, .jitter = -1 };
	cairn_retry soon = { .base = 20 * CAIRN_MILLISECOND,
			     .cap = 100 * CAIRN_MILLISECOND,
			     .jitter = -1 };
	cairn_definition definitions[] = {
		{ .type = CAIRN_STR("agent"), .max_attempts = 50, .retry = soon },
		{ .type = CAIRN_STR("sub"), .max_attempts = 50, .retry = soon },
		{ .type = CAIRN_STR("lone"), .max_attempts = 50, .retry = soon },
		{ .type = CAIRN_STR("work"), .max_attempts = 3, .retry = retry },
		{ .type = CAIRN_STR("once"), .max_attempts = 1, .priority = 2, .retry = retry },
		{ .type = CAIRN_STR("fleeting"),
		  .max_attempts = 2,
		  .retention = CAIRN_RETAIN_NONE,
		  .retry = retry },
	};
	if (cairn_job_define(side->conn, definitions, 6, &err) != CAIRN_OK)
		side_die(side, "definitions", &err);
}

void game_clean(struct life *life, struct side *side)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_changed each[RUNS_MAX];
	cairn_id ids[RUNS_MAX];
	sessions_close(side);
	for (size_t i = 0; i < life->runs; i++)
		ids[i] = side->has->runs[i].id;
	if (life->runs > 0 && cairn_job_cancel(side->conn, cairn_any(), ids, life->runs,
					       (cairn_str){ NULL, 0 }, each, &err) != CAIRN_OK)
		side_die(side, "the end of a life", &err);
}

/* Steps of one call that hand out no leases. */
int game_mortal(const struct life *life, uint32_t n)
{
	enum op op = life_op(life, n);
	return op != OP_CLAIM && op != OP_DROP && op != OP_TIME;
}

/* A run that a process made which is gone is known to nobody. */
int game_grown(struct side *side, const struct life *life)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_jobs *newest = NULL;
	cairn_job_filter filter = {
		.size = sizeof filter, .scope = scope_of(life), .limit = 1, .compact = 1
	};
	if (cairn_job_list(side->conn, &filter, &newest, &err) != CAIRN_OK)
		side_die(side, "the newest job", &err);
	side->has->grown = 0;
	int grown = newest->count > 0 && side_run(side, life, newest->at[0].id) == RUNS_MAX;
	/* where it got through it has said so */
	if (grown && life->runs < RUNS_MAX && cairn_id_is_none(side->has->runs[life->runs].id))
		side->has->runs[life->runs].id = newest->at[0].id;
	cairn_free(newest);
	return grown;
}

static cairn_memos *memo_of(struct side *side, size_t run, int64_t seq)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_memos *memos = NULL;
	cairn_memo_filter filter = { .size = sizeof filter,
				     .scope = cairn_any(),
				     .run = side->has->runs[run].id,
				     .after = seq - 1,
				     .limit = 1 };
	cairn_status st = cairn_replay_memos(side->conn, &filter, &memos, &err);
	if (st != CAIRN_OK && st != CAIRN_NOT_FOUND)
		side_die(side, "a step of a run", &err);
	if (st == CAIRN_OK && memos->count > 0 && memos->at[0].seq == seq)
		return memos;
	cairn_free(memos);
	return NULL;
}

/* What the process knew that was killed behind its commit stands in the tables, and in the twin. */
static void learn_session(struct side *side, struct session *mine, const struct session *twin,
			  int through)
{
	cairn_lease lease = mine->lease;
	struct asked was[CALLS_MAX];
	memcpy(was, mine->at, sizeof was);
	*mine = *twin;
	mine->lease = lease;
	for (size_t i = 0; i < mine->n; i++) {
		struct asked *asked = &mine->at[i];
		asked->step.claim = was[i].step.claim;
		if (through || mine->run >= RUNS_MAX)
			continue;
		cairn_memos *memos = memo_of(side, mine->run, asked->step.seq);
		if (memos != NULL && memos->at[0].status == CAIRN_MEMO_RUNNING &&
		    asked->step.next == CAIRN_NEXT_RUN)
			asked->step.claim = memos->at[0].claim;
		cairn_free(memos);
	}
}

static void learn_children(struct side *side, const struct side *twin, const struct life *life)
{
	for (size_t i = 0; i < life->runs; i++) {
		const struct known_run *known = &twin->has->runs[i];
		if (known->parent == 0)
			continue;
		cairn_memos *memos = memo_of(side, known->parent - 1, known->seq);
		if (memos != NULL && cairn_id_is_none(side->has->runs[i].id))
			side->has->runs[i].id = memos->at[0].child;
		cairn_free(memos);
		side->has->runs[i].parent = known->parent;
		side->has->runs[i].seq = known->seq;
	}
}

/* Children that a process made which was killed may stand where another one has been guessed. */
void game_learn(struct side *side, const struct side *twin, const struct life *life, int through)
{
	side->has->grown = 0;
	for (size_t i = 0; i < life->runs && !through; i++) {
		if (twin->has->runs[i].parent != 0 && side->has->runs[i].parent == 0)
			side->has->runs[i].id = (cairn_id){ { 0 } };
	}
	if (!through)
		learn_children(side, twin, life);
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		if (twin->has->sessions[i].phase != PHASE_NONE)
			learn_session(side, &side->has->sessions[i], &twin->has->sessions[i],
				      through);
	}
}
