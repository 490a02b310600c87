/* thread_log_race.c - session logs that several append to, read and archive at once. */
#include "ct_log.h"

#define APPENDERS 8
#define BATCHES	  50
#define MOST	  7

/* ---- many appenders -------------------------------------------------------------------- */

/* Event k of batch b of appender a says so, and how large the batch is. */
static void append_batch(cairn_conn *conn, unsigned a, unsigned b, const char *thread)
{
	cairn_log_event events[MOST] = { { .seq = 0 } };
	unsigned n = 1 + ct_random(MOST);
	cairn_log_batch batch = ct_log_batch(thread, events, n);
	int64_t head = 0;
	for (unsigned k = 0; k < n; k++)
		events[k] = (cairn_log_event){
			.data = cairn_str_of(ct_format("[%u,%u,%u,%u]", a, b, k, n)),
		};
	ct_ok(cairn_log_append(conn, &batch, &head, ct_err()));
	const cairn_log_events *mine = ct_log_read(conn, thread, head - n, n);
	ct_int(mine->count, n);
	for (unsigned k = 0; k < n; k++) {
		ct_int(mine->at[k].seq, head - n + 1 + k);
		ct_same(mine->at[k].data, events[k].data);
	}
}

static void append_all(cairn_conn *conn, unsigned number, void *arg)
{
	const char *thread = arg;
	for (unsigned b = 0; b < BATCHES; b++)
		append_batch(conn, number, b, thread);
}

struct said {
	unsigned a;
	unsigned b;
	unsigned k;
	unsigned n;
};

static struct said said_by(const cairn_log_event *event)
{
	struct said said = { 0 };
	ct_int(sscanf(event->data.ptr, "[%u,%u,%u,%u]", &said.a, &said.b, &said.k, &said.n), 4);
	ct_true(said.a < APPENDERS && said.b < BATCHES);
	return said;
}

/* Batches follow each other, each whole, and each appender's in its order. */
static void whole_and_in_order(cairn_conn *conn, const char *thread)
{
	unsigned next[APPENDERS] = { 0 };
	struct said last = { .k = 0, .n = 1 };
	int64_t seq = 0;
	const cairn_log_events *page;
	do {
		page = ct_log_read(conn, thread, seq, 1000);
		for (size_t i = 0; i < page->count; i++) {
			struct said said = said_by(&page->at[i]);
			ct_int(page->at[i].seq, ++seq);
			if (last.k + 1 == last.n) {
				ct_int(said.k, 0);
				ct_int(said.b, next[said.a]++);
			} else {
				ct_int(said.k, last.k + 1);
				ct_int(said.a, last.a);
				ct_int(said.b, last.b);
			}
			last = said;
		}
	} while (page->count > 0);
	ct_int(last.k + 1, last.n);
	ct_int(seq, page->head);
	for (unsigned a = 0; a < APPENDERS; a++)
		ct_int(next[a], BATCHES);
}

static void many_appenders(void)
{
	cairn_conn *conn = ct_open();
	char thread[] = "a";
	ct_race(APPENDERS, append_all, thread);
	whole_and_in_order(conn, "a");
}

/* ---- expected heads ----------------------------------------------------------------------- */

#define ROUNDS 25

static void win_rounds(cairn_conn *conn, unsigned number, void *arg)
{
	unsigned *wins = arg;
	int64_t head = 0;
	while (head < ROUNDS) {
		cairn_log_event event = { .seq = 0 };
		cairn_log_batch batch = ct_log_batch("a", &event, 1);
		int64_t expected = head;
		ct_log_fill(&event, 1, head + 1);
		batch.set = CAIRN_LOG_EXPECT;
		batch.expected = expected;
		cairn_status status = cairn_log_append(conn, &batch, &head, ct_err());
		if (status == CAIRN_OK) {
			ct_int(head, expected + 1);
			wins[number]++;
		} else {
			ct_status(status, CAIRN_STALE, "log.head_moved");
			ct_true(head > expected);
		}
	}
}

static void one_winner_each(void)
{
	cairn_conn *conn = ct_open();
	unsigned wins[APPENDERS] = { 0 };
	unsigned all = 0;
	ct_race(APPENDERS, win_rounds, wins);
	for (unsigned i = 0; i < APPENDERS; i++)
		all += wins[i];
	ct_int(all, ct_log_read(conn, "a", 0, 1)->head);
	ct_log_is(conn, "a", all, 0);
}

/* ---- archiving meanwhile --------------------------------------------------------------------- */

#define EVENTS	  300
#define ARCHIVERS 2

struct sums {
	size_t removed[ARCHIVERS + 1];
};

static void append_or_archive(cairn_conn *conn, unsigned number, void *arg)
{
	struct sums *sums = arg;
	if (number == 0) {
		for (int i = 0; i < EVENTS; i++)
			ct_log_append(conn, "a", 1);
		return;
	}
	for (int i = 0; i < EVENTS / 4; i++) {
		const cairn_log_events *page = ct_log_read(conn, "a", 0, 10);
		for (size_t k = 0; k < page->count; k++)
			ct_int(page->at[k].seq, page->watermark + 1 + (int64_t)k);
		sums->removed[number] += ct_log_archive(conn, "a", page->watermark + 3);
	}
}

static void archived_meanwhile(void)
{
	cairn_conn *conn = ct_open();
	struct sums sums = { { 0 } };
	size_t removed = 0;
	ct_race(ARCHIVERS + 1, append_or_archive, &sums);
	for (unsigned i = 1; i <= ARCHIVERS; i++)
		removed += sums.removed[i];
	ct_log_is(conn, "a", EVENTS, (int64_t)removed);
}

static void append_or_delete(cairn_conn *conn, unsigned number, void *arg)
{
	(void)arg;
	for (unsigned b = 0; b < BATCHES; b++) {
		cairn_log_event events[3] = { { .seq = 0 } };
		cairn_log_batch batch = ct_log_batch("a", events, 3);
		ct_log_fill(events, 3, 1);
		if (number == 0) {
			ct_ok(cairn_log_delete(conn, batch.tenant, batch.thread, NULL, ct_err()));
			continue;
		}
		ct_ok(cairn_log_append(conn, &batch, NULL, ct_err()));
	}
}

/* Whatever is left is a whole log: numbers from one, as many events as the head says. */
static void deleted_meanwhile(void)
{
	cairn_conn *conn = ct_open();
	ct_race(4, append_or_delete, NULL);
	const cairn_log_events *page = ct_log_read(conn, "a", 0, 1000);
	ct_int(page->count, page->head);
	ct_int(page->head % 3, 0);
	for (size_t i = 0; i < page->count; i++)
		ct_int(page->at[i].seq, i + 1);
}

/* ---- one after the other ------------------------------------------------------------------------ */

struct open_append {
	cairn_tx tx;
	int64_t head;
	int64_t expected;
	cairn_status status;
};

static void begin_and_append(cairn_conn *conn, void *arg)
{
	struct open_append *one = arg;
	ct_ok(cairn_begin(conn, &one->tx, ct_err()));
	one->head = ct_log_append(conn, "a", 2);
}

/* What it finds depends on how the other one ends. */
static void append_behind(cairn_conn *conn, void *arg)
{
	struct open_append *one = arg;
	cairn_log_event event = { .data = CAIRN_STR("\"behind\"") };
	cairn_log_batch batch = ct_log_batch("a", &event, 1);
	batch.expected = one->expected;
	batch.set = one->expected >= 0 ? CAIRN_LOG_EXPECT : 0;
	one->status = cairn_log_append(conn, &batch, &one->head, ct_err());
	ct_true(one->status == CAIRN_OK || one->status == CAIRN_STALE);
}

/* B appends while A's transaction stands open, and A ends it so. */
static struct open_append behind(const char *who, int64_t expected, ct_step_fn *end)
{
	ct_session *a = ct_session_new(ct_format("A %s", who));
	ct_session *b = ct_session_new(ct_format("B %s", who));
	struct open_append first = { .tx = CAIRN_TX_INIT };
	struct open_append second = { .expected = expected, .head = -1 };
	ct_step(a, begin_and_append, &first);
	bool over = ct_start(b, append_behind, &second);
	ct_step(a, end, &first.tx);
	if (!over)
		ct_join(b);
	return second;
}

static void no_log_yet(void)
{
	cairn_conn *conn = ct_open();
	struct open_append second = behind("keeps", -1, ct_commit);
	ct_int(second.status, CAIRN_OK);
	ct_int(second.head, 3);
	ct_str(ct_log_read(conn, "a", 2, 1)->at[0].data, "\"behind\"");
}

static void no_log_after_all(void)
{
	cairn_conn *conn = ct_open();
	struct open_append second = behind("gives up", -1, ct_rollback);
	ct_int(second.status, CAIRN_OK);
	ct_int(second.head, 1);
	ct_int(ct_log_read(conn, "a", 0, 0)->count, 1);
}

static void expected_while_open(void)
{
	cairn_conn *conn = ct_open();
	struct open_append second = behind("new, keeps", 0, ct_commit);
	ct_int(second.status, CAIRN_STALE);
	ct_int(second.head, 2);
	second = behind("keeps", 2, ct_commit);
	ct_int(second.status, CAIRN_STALE);
	ct_int(second.head, 4);
	second = behind("keeps too", 6, ct_commit);
	ct_int(second.status, CAIRN_OK);
	ct_int(second.head, 7);
	second = behind("gives up", 7, ct_rollback);
	ct_int(second.status, CAIRN_OK);
	ct_int(second.head, 8);
	ct_int(ct_log_read(conn, "a", 0, 0)->count, 8);
}

static void expected_new_given_up(void)
{
	cairn_conn *conn = ct_open();
	struct open_append second = behind("gives up", 0, ct_rollback);
	ct_int(second.status, CAIRN_OK);
	ct_int(second.head, 1);
	ct_int(ct_log_read(conn, "a", 0, 0)->count, 1);
}

/* ---- a log that is made anew --------------------------------------------------------------------- */

static void delete_it(cairn_conn *conn, void *arg)
{
	(void)arg;
	ct_ok(cairn_log_delete(conn, CAIRN_STR("t"), CAIRN_STR("a"), NULL, ct_err()));
}

static void begin_and_replace(cairn_conn *conn, void *arg)
{
	struct open_append *one = arg;
	ct_ok(cairn_begin(conn, &one->tx, ct_err()));
	delete_it(conn, NULL);
	one->head = ct_log_append(conn, "a", 1);
}

static void archive_it(cairn_conn *conn, void *arg)
{
	size_t *removed = arg;
	*removed = ct_log_archive(conn, "a", INT64_MAX);
}

/*
 * B cuts a log that A has replaced, and to which C appends before B is done: B waits for the old log's
 * row, and then for the new one's. The append at the end meets whatever was left behind.
 */
static void cut_anew(ct_step_fn *cut)
{
	cairn_conn *conn = ct_open();
	cairn_conn_opts opts = ct_opts();
	opts.flags |= CAIRN_CONN_FLUSH_EACH; /* which leaves C the time */
	ct_session *a = ct_session_new("A");
	ct_session *b = ct_session_with("B", &opts);
	ct_session *c = ct_session_new("C");
	for (int round = 0; round < 10; round++) {
		size_t removed = 0;
		struct open_append first = { .tx = CAIRN_TX_INIT };
		struct open_append second = { .tx = CAIRN_TX_INIT };
		ct_log_append(conn, "a", 2);
		ct_step(a, begin_and_replace, &first);
		bool c_over = ct_start(c, begin_and_append, &second);
		bool b_over = ct_start(b, cut, &removed);
		ct_step(a, ct_commit, &first.tx);
		if (!c_over)
			ct_join(c);
		ct_step(c, ct_commit, &second.tx);
		if (!b_over)
			ct_join(b);
		ct_log_append(conn, "a", 3);
		const cairn_log_events *left = ct_log_read(conn, "a", 0, 0);
		ct_int(left->watermark, removed);
		ct_int(left->count, left->head - left->watermark);
		delete_it(conn, NULL);
	}
}

static void deleted_anew(void)
{
	cut_anew(delete_it);
}

static void archived_anew(void)
{
	cut_anew(archive_it);
}

static const ct_case cases[] = {
	{ .name = "log.race.numbers_without_a_gap",
	  .kind = CT_RACE,
	  .store = CT_LOG,
	  .rule = "Eight appenders of fifty batches give exactly 1 to N; each batch stands "
		  "together "
		  "and can be read as soon as its append is over.",
	  .covers = "entelix-55",
	  .run = many_appenders },
	{ .name = "log.race.one_winner_for_each_head",
	  .kind = CT_RACE,
	  .store = CT_LOG,
	  .rule = "Of those who expect the same head one wins; the others are told the head, and "
		  "write nothing.",
	  .run = one_winner_each },
	{ .name = "log.race.archived_once",
	  .kind = CT_RACE,
	  .store = CT_LOG,
	  .rule = "While events are appended and archived by several, each is removed once, and a "
		  "reader sees no hole behind the watermark.",
	  .run = archived_meanwhile },
	{ .name = "log.race.deleted_whole",
	  .kind = CT_RACE,
	  .store = CT_LOG,
	  .rule = "A log that is deleted while others append to it leaves nothing of itself.",
	  .run = deleted_meanwhile },
	{ .name = "log.order.the_second_of_a_new_log",
	  .kind = CT_INTERLEAVE,
	  .store = CT_LOG,
	  .rule = "An append to a log that an open transaction begins goes behind what that "
		  "commits.",
	  .run = no_log_yet },
	{ .name = "log.order.the_first_is_given_up",
	  .kind = CT_INTERLEAVE,
	  .store = CT_LOG,
	  .rule = "… or begins the log, if that is rolled back.",
	  .run = no_log_after_all },
	{ .name = "log.order.an_expected_head_while_it_moves",
	  .kind = CT_INTERLEAVE,
	  .store = CT_LOG,
	  .rule = "Whether a head is the expected one is decided by what an open transaction that "
		  "moves it ends with.",
	  .run = expected_while_open },
	{ .name = "log.order.an_expected_beginning",
	  .kind = CT_INTERLEAVE,
	  .store = CT_LOG,
	  .rule = "Whoever expects no log has it so, if the open transaction that makes one is "
		  "rolled back.",
	  .run = expected_new_given_up },
	{ .name = "log.order.deleted_while_it_is_made_anew",
	  .kind = CT_INTERLEAVE,
	  .store = CT_LOG,
	  .rule = "A delete that meets a log made anew, and an append to it that is still open, "
		  "removes all of it or nothing.",
	  .run = deleted_anew },
	{ .name = "log.order.archived_while_it_is_made_anew",
	  .kind = CT_INTERLEAVE,
	  .store = CT_LOG,
	  .rule = "… and an archive removes each event up to its watermark.",
	  .run = archived_anew },
};

CT_GROUP(thread_log_race, cases);
