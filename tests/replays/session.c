/*
 * session.c - somebody at work on a run: begins it, asks for its program's lines one after the other, does what is to be
 * done, and ends the attempt. One call for each step of a life. Who has lost the lease goes on calling.
 *
 * A process that does not have the session's replay at hand makes it anew under the same lease, and asks again for all
 * that is behind it, which writes nothing.
 */
#include "replays.h"

#include <string.h>

/* The replays of this process. */
static struct mind {
	const struct known_side *of;
	cairn_replay *replays[SESSIONS_MAX];
} minds[SIDES_MAX];

static cairn_replay **mind_of(const struct side *side, size_t slot)
{
	size_t i = 0;
	while (minds[i].of != NULL && minds[i].of != side->has)
		i++;
	minds[i].of = side->has;
	return &minds[i].replays[slot];
}

static void forget(const struct side *side, size_t slot)
{
	cairn_replay **replay = mind_of(side, slot);
	cairn_replay_close(*replay);
	*replay = NULL;
}

void sessions_close(const struct side *side)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		forget(side, i);
}

void sessions_take(struct life *life, struct side *side, const cairn_jobs *jobs)
{
	for (size_t i = 0; i < jobs->count; i++) {
		const cairn_job *job = &jobs->at[i];
		size_t slot = (life->leases + i) % SESSIONS_MAX;
		forget(side, slot);
		side->has->sessions[slot] = (struct session){ .lease = cairn_job_lease(job),
							      .run = side_run(side, life, job->id),
							      .program = program_of(job->payload),
							      .phase = PHASE_CLAIMED };
		say(side, " %zu#%d.%d", side->has->sessions[slot].run, (int)job->run_number,
		    (int)job->attempt);
	}
}

/* ---- one line ------------------------------------------------------------------------- */

static cairn_str some_value(size_t n)
{
	static const char *const values[] = { "{\"v\": 1}", "[1.0,2]", "\"x\"" };
	return cairn_str_of(values[n % 3]);
}

/* Asks for a line; each and n as there are. value: what it would be now. */
static cairn_status ask(cairn_replay *replay, const struct line *line, uint32_t value,
			cairn_replay_step *each, size_t *n, cairn_error *err)
{
	cairn_budget budget;
	cairn_status st = CAIRN_OK;
	cairn_str values[CALLS_MAX];
	*n = 1;
	memset(each, 0, CALLS_MAX * sizeof *each);
	for (size_t i = 0; i < CALLS_MAX; i++)
		values[i] = some_value(value + i);
	switch (line->verb) {
	case LINE_STEP:
		*n = line->n;
		return cairn_replay_step_begin(replay, line->calls, line->n, each, err);
	case LINE_VALUE:
		*n = line->n;
		return cairn_replay_value(replay, line->calls, values, line->n, each, err);
	case LINE_SLEEP:
		return cairn_replay_sleep(replay, line->wait < 0 ? 0 : line->wait, each, err);
	case LINE_SIGNAL:
		return cairn_replay_signal(replay, line->name, line->wait, each, err);
	case LINE_CHILD:
		*n = line->n;
		return cairn_replay_child(replay, line->children, line->n, each, err);
	case LINE_BUDGET:
		*n = 0;
		st = cairn_replay_budget(replay, line->name, &budget, err);
		break;
	}
	return st;
}

static void roll(const struct life *life, const struct session *session, struct program *program)
{
	program_roll(program, life->seed, session->program, session->lease.fence,
		     cairn_str_of(life->tenant));
}

/* The session's replay; NULL if there can't be one any more. */
static cairn_replay *ready(struct life *life, struct side *side, size_t slot)
{
	struct session *session = &side->has->sessions[slot];
	cairn_replay **replay = mind_of(side, slot);
	struct program program;
	cairn_replay_step each[CALLS_MAX];
	cairn_error err = CAIRN_ERROR_INIT;
	size_t n;
	if (*replay != NULL)
		return *replay;
	crash_spare(1);
	roll(life, session, &program);
	cairn_status st = cairn_replay_begin(side->conn, &session->lease, NULL, replay, &err);
	for (uint32_t pc = 0; st == CAIRN_OK && pc < session->pc; pc++)
		st = ask(*replay, &program.lines[pc], 0, each, &n, &err);
	crash_spare(0);
	if (st != CAIRN_OK)
		forget(side, slot);
	return *replay;
}

/* ---- what is known after a call ---------------------------------------------------------- */

static void say_asked(struct side *side, const struct life *life, const cairn_replay_step *step)
{
	say(side, " [%s", cairn_status_text(step->status));
	if (step->status != CAIRN_OK) {
		say(side, " %s]", cairn_code_text(step->code));
		return;
	}
	say(side, " %s %lld attempts=%d failures=%d replayed=%u timed_out=%u",
	    cairn_next_text(step->next), (long long)step->seq, (int)step->attempts,
	    (int)step->failures, (unsigned)step->replayed, (unsigned)step->timed_out);
	say_str(side, "name", step->name);
	say_text(side, life, "result", step->result);
	say_str(side, "code", step->error_code);
	say_str(side, "message", step->error_message);
	say_time(side, "until", step->until);
	if (!cairn_id_is_none(step->child))
		say(side, " child=%zu", side_run(side, life, step->child));
	say(side, "]");
}

/* Texts go with the replay. */
static void keep(struct asked *asked, const cairn_replay_step *step)
{
	asked->step = *step;
	snprintf(asked->name, sizeof asked->name, "%.*s", (int)step->name.len,
		 step->name.ptr != NULL ? step->name.ptr : "");
	asked->step.name = asked->step.result = (cairn_str){ NULL, 0 };
	asked->step.error_code = asked->step.error_message = (cairn_str){ NULL, 0 };
}

static int any(const struct session *session, enum cairn_next next)
{
	for (size_t i = 0; i < session->n; i++) {
		if (session->at[i].step.status == CAIRN_OK && session->at[i].step.next == next)
			return 1;
	}
	return 0;
}

/* What is to be done next. */
static void decide(struct life *life, struct session *session, const cairn_replay *replay)
{
	struct program program;
	int refused = 0;
	cairn_error err = CAIRN_ERROR_INIT;
	roll(life, session, &program);
	for (size_t i = 0; i < session->n; i++)
		refused |= session->at[i].step.status != CAIRN_OK;
	if (any(session, CAIRN_NEXT_RUN))
		session->phase = PHASE_DOING;
	else if (any(session, CAIRN_NEXT_WAIT))
		session->phase = PHASE_AGAIN;
	else if (any(session, CAIRN_NEXT_SUSPEND))
		session->phase = PHASE_PAUSING;
	else if ((refused || any(session, CAIRN_NEXT_FAILED)) && !program.lines[session->pc].caught)
		session->phase = PHASE_FAILING;
	else
		session->phase = PHASE_ASKING;
	session->pc += session->phase == PHASE_ASKING;
	/* who ends the attempt in another process has this only */
	if (session->phase == PHASE_PAUSING &&
	    cairn_replay_suspension(replay, &session->pause, &err) != CAIRN_OK)
		session->phase = PHASE_FAILING;
}

/* A refusal: 1. Who is stale goes on calling for a while, or is over. */
static int refused(struct side *side, struct session *session, cairn_status st, cairn_error *err,
		   int gives_up)
{
	if (!side_failed(side, st, err))
		return 0;
	if (gives_up && (st == CAIRN_STALE || session->phase == PHASE_CLAIMED))
		session->phase = PHASE_OVER;
	return 1;
}

/* ---- calls ------------------------------------------------------------------------------------ */

/* One throw for all sides. */
struct turn {
	size_t slot;
	uint32_t rolls[8];
	int gives_up;
};

static void begin(struct side *side, const struct turn *turn)
{
	struct session *session = &side->has->sessions[turn->slot];
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_replay_opts opts = { .size = sizeof opts };
	if (turn->rolls[0] < 80)
		opts.code = turn->rolls[0] < 76 ? CAIRN_STR("v1") : CAIRN_STR("v2");
	opts.recode = turn->rolls[1] < 30;
	opts.page = turn->rolls[2] < 50 ? 2 : 0;
	forget(side, turn->slot);
	say(side, " begin");
	if (refused(side, session,
		    cairn_replay_begin(side->conn, &session->lease, &opts,
				       mind_of(side, turn->slot), &err),
		    &err, turn->gives_up))
		return;
	say(side, " replaying=%d", cairn_replay_replaying(*mind_of(side, turn->slot)));
	session->pc = 0;
	session->phase = PHASE_ASKING;
}

static void finish(struct side *side, struct session *session, cairn_replay *replay,
		   const struct turn *turn)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_finish end = { .how = CAIRN_FINISH_SUCCESS };
	if (session->phase == PHASE_FAILING)
		end.how = turn->rolls[0] < 60 ? CAIRN_FINISH_RETRYABLE : CAIRN_FINISH_TERMINAL;
	else if (turn->rolls[1] < 70)
		end.output = CAIRN_STR("{\"done\": 1.0}");
	if (session->phase == PHASE_FAILING) {
		end.error_code = CAIRN_STR("work.failed");
		if (turn->rolls[1] < 50)
			end.error_message = CAIRN_STR("It did not work.");
	}
	say(side, " finish");
	if (!refused(side, session, cairn_replay_finish(replay, &end, &err), &err, turn->gives_up))
		session->phase = PHASE_OVER;
}

static void ask_line(struct life *life, struct side *side, cairn_replay *replay,
		     const struct turn *turn)
{
	struct session *session = &side->has->sessions[turn->slot];
	struct program program;
	cairn_replay_step each[CALLS_MAX];
	cairn_error err = CAIRN_ERROR_INIT;
	size_t n;
	roll(life, session, &program);
	if (session->pc == program.n) {
		finish(side, session, replay, turn);
		return;
	}
	say(side, " line %u", (unsigned)session->pc);
	cairn_status st = ask(replay, &program.lines[session->pc], turn->rolls[0], each, &n, &err);
	if (refused(side, session, st, &err, turn->gives_up)) {
		/* it has used its names: from the top */
		forget(side, turn->slot);
		if (session->phase != PHASE_OVER)
			session->phase = PHASE_CLAIMED;
		return;
	}
	session->n = n;
	for (size_t i = 0; i < n; i++) {
		keep(&session->at[i], &each[i]);
		if (program.lines[session->pc].verb == LINE_CHILD &&
		    !cairn_id_is_none(each[i].child))
			(void)side_grow(side, life,
					(struct known_run){ .id = each[i].child,
							    .parent = session->run + 1,
							    .seq = each[i].seq });
		say_asked(side, life, &each[i]);
	}
	decide(life, session, replay);
}

static size_t usage(const struct turn *turn, cairn_charge *charges)
{
	charges[0] = (cairn_charge){ .axis = CAIRN_STR("axis-0"),
				     .amount = (int64_t)turn->rolls[3] / 4 };
	charges[1] = (cairn_charge){ .axis = CAIRN_STR("axis-1"),
				     .amount = (int64_t)turn->rolls[4] / 2 };
	return turn->rolls[5] < 30 ? 0 : 1 + (turn->rolls[5] < 60);
}

static void reserve(struct life *life, struct side *side, cairn_replay *replay,
		    const cairn_replay_step *step, const struct turn *turn)
{
	cairn_charge charges[2];
	cairn_error err = CAIRN_ERROR_INIT;
	size_t n = usage(turn, charges);
	(void)life;
	say(side, " reserve");
	if (n > 0)
		(void)side_failed(side,
				  cairn_replay_reserve(replay, step, charges, n,
						       (5 + turn->rolls[6]) * CAIRN_SECOND, &err),
				  &err);
}

/* Ends a step that is RUN, or reserves for it. */
static void do_step(struct life *life, struct side *side, cairn_replay *replay,
		    const struct turn *turn)
{
	struct session *session = &side->has->sessions[turn->slot];
	cairn_charge charges[2];
	cairn_error err = CAIRN_ERROR_INIT;
	size_t which = turn->rolls[0] % session->n;
	while (session->at[which].step.status != CAIRN_OK ||
	       session->at[which].step.next != CAIRN_NEXT_RUN)
		which = (which + 1) % session->n;
	cairn_replay_step step = session->at[which].step;
	cairn_replay_failure failure = { .size = sizeof failure, .usage = charges };
	size_t n = usage(turn, charges);
	cairn_status st;
	step.name = cairn_str_of(session->at[which].name);
	if (turn->rolls[1] < 20) {
		reserve(life, side, replay, &step, turn);
		return;
	}
	failure.usage_count = n;
	failure.final = turn->rolls[2] < 20;
	if (turn->rolls[2] > 60)
		failure.code = CAIRN_STR("service.busy");
	if (turn->rolls[6] < 25)
		failure.not_before = life->now + turn->rolls[7] * CAIRN_SECOND;
	say(side, " end of %lld", (long long)step.seq);
	if (turn->rolls[1] < 65)
		st = cairn_replay_complete(replay, &step, some_value(turn->rolls[2]), charges, n,
					   &err);
	else
		st = cairn_replay_fail(replay, &step, &failure, &err);
	if (refused(side, session, st, &err, turn->gives_up))
		return;
	say_asked(side, life, &step);
	keep(&session->at[which], &step);
	snprintf(session->at[which].name, sizeof session->at[which].name, "%.*s",
		 (int)step.name.len, step.name.ptr);
	decide(life, session, replay);
}

static void ask_again(struct life *life, struct side *side, cairn_replay *replay,
		      const struct turn *turn)
{
	struct session *session = &side->has->sessions[turn->slot];
	struct program program;
	cairn_error err = CAIRN_ERROR_INIT;
	char name[96];
	size_t which = 0;
	while (session->at[which].step.status != CAIRN_OK ||
	       session->at[which].step.next != CAIRN_NEXT_WAIT)
		which = (which + 1) % session->n;
	cairn_replay_step step = session->at[which].step;
	memcpy(name, session->at[which].name, sizeof name);
	step.name = cairn_str_of(name);
	roll(life, session, &program);
	say(side, " again");
	if (refused(side, session,
		    cairn_replay_step_again(replay, &program.lines[session->pc].calls[which], &step,
					    &err),
		    &err, turn->gives_up))
		return;
	say_asked(side, life, &step);
	keep(&session->at[which], &step);
	/* it would ask for ever */
	if (any(session, CAIRN_NEXT_WAIT) && turn->rolls[0] < 50)
		session->phase = PHASE_FAILING;
	else
		decide(life, session, replay);
}

static void suspend(struct side *side, cairn_replay *replay, const struct turn *turn)
{
	struct session *session = &side->has->sessions[turn->slot];
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_finish end = session->pause;
	if (turn->rolls[0] < 10)
		end = (cairn_finish){ .how = CAIRN_FINISH_SNOOZE,
				      .delay = turn->rolls[1] * CAIRN_SECOND };
	else if (turn->rolls[0] < 15)
		end = (cairn_finish){ .how = CAIRN_FINISH_CONTINUE,
				      .delay = turn->rolls[1] * CAIRN_SECOND };
	say(side, " suspend");
	if (!refused(side, session, cairn_replay_finish(replay, &end, &err), &err, turn->gives_up))
		session->phase = PHASE_OVER;
}

/* ---- steps of a life --------------------------------------------------------------------------- */

/* One that is not over, most often a late one; SESSIONS_MAX: there is none. */
static size_t some_session(const struct life *life, struct dice *dice)
{
	const struct session *sessions = life->sides[0].has->sessions;
	size_t slots[SESSIONS_MAX];
	size_t n = 0;
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		size_t slot = (life->leases + SESSIONS_MAX - 1 - i) % SESSIONS_MAX;
		if (sessions[slot].phase != PHASE_NONE && sessions[slot].phase != PHASE_OVER)
			slots[n++] = slot;
	}
	if (n > 4 && dice_percent(dice, 80))
		n = 4;
	return n > 0 ? slots[dice_below(dice, (uint32_t)n)] : SESSIONS_MAX;
}

static void advance(struct life *life, struct side *side, const struct turn *turn)
{
	struct session *session = &side->has->sessions[turn->slot];
	cairn_replay *replay = NULL;
	side->has->touched = 1 + session->run;
	say(side, " session %zu run %zu", turn->slot, session->run);
	if (session->phase != PHASE_CLAIMED) {
		replay = ready(life, side, turn->slot);
		if (replay == NULL) {
			session->phase = PHASE_OVER;
			return;
		}
	}
	switch (session->phase) {
	case PHASE_CLAIMED:
		begin(side, turn);
		break;
	case PHASE_ASKING:
		ask_line(life, side, replay, turn);
		break;
	case PHASE_DOING:
		do_step(life, side, replay, turn);
		break;
	case PHASE_AGAIN:
		ask_again(life, side, replay, turn);
		break;
	case PHASE_PAUSING:
		suspend(side, replay, turn);
		break;
	case PHASE_FAILING:
		finish(side, session, replay, turn);
		break;
	case PHASE_NONE:
	case PHASE_OVER:
		break;
	}
	/* where processes are killed none has a replay longer than for a call, nor has the twin */
	if (session->phase == PHASE_OVER || life->side_count == 1)
		forget(side, turn->slot);
}

void session_advance(struct life *life, struct dice *dice)
{
	struct turn turn = { .slot = some_session(life, dice), .gives_up = dice_percent(dice, 60) };
	if (turn.slot == SESSIONS_MAX)
		return;
	for (size_t i = 0; i < 8; i++)
		turn.rolls[i] = dice_below(dice, 100);
	for (size_t i = 0; i < life->side_count; i++)
		advance(life, &life->sides[i], &turn);
	life_grow(life);
}

void session_drop(struct life *life, struct dice *dice)
{
	size_t slot = some_session(life, dice);
	for (size_t i = 0; i < life->side_count && slot < SESSIONS_MAX; i++) {
		struct side *side = &life->sides[i];
		forget(side, slot);
		side->has->sessions[slot].phase = PHASE_CLAIMED;
		side->has->sessions[slot].pc = 0;
		say(side, " session %zu from the top", slot);
	}
}

void session_beat(struct life *life, struct dice *dice)
{
	size_t slot = some_session(life, dice);
	cairn_usec lease = (1 + dice_below(dice, 60)) * CAIRN_SECOND;
	for (size_t i = 0; i < life->side_count && slot < SESSIONS_MAX; i++) {
		struct side *side = &life->sides[i];
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_changed each;
		if (side_failed(side,
				cairn_job_heartbeat(side->conn, &side->has->sessions[slot].lease, 1,
						    lease, &each, &err),
				&err))
			continue;
		say_outcome(side, each.status, each.code);
	}
}
