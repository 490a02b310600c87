/*
 * ct.h - what the authors of cases use.
 *
 * A case is a function without parameters that runs in a process of its own
 * against a fresh, migrated store. Every expectation ends the case when it does not
 * hold. Whatever a helper here returns lives until the case ends; connections that
 * a case leaves open are closed then. Time is the kit's: it stands still until a case
 * moves it.
 */
#ifndef CT_H
#define CT_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <cairn/cairn.h>
#include <cairn/conformance.h>

/* ---- cases --------------------------------------------------------------- */

enum ct_kind {
	CT_VERB = 1,   /* one call, one property */
	CT_MATRIX,     /* every state x every verb against the kit's own table */
	CT_INTERLEAVE, /* named steps over 2-4 sessions in a fixed order */
	CT_RACE,       /* threads, invariants counted */
	CT_BUDGET,     /* round trips */
	CT_FAULT       /* something breaks on the way */
};

enum ct_store {
	CT_CONN = 1,
	CT_MIGRATIONS,
	CT_JOBS,
	CT_INTENTS,
	CT_CATALOG,
	CT_SCHEDULES,
	CT_QUEUES,
	CT_RESOURCES,
	CT_OWNERS,
	CT_CHECKPOINTS,
	CT_MEMORY,
	CT_LOG,
	CT_LOCKS,
	CT_WORKFLOWS,
	CT_REPLAYS,
	CT_BUDGETS
};

/* What a case needs besides the store and capabilities; without it it is not applicable. */
#define CT_NEED_KILL	    1u	 /* subject->kill_session */
#define CT_NEED_UNREACHABLE 2u	 /* subject->unreachable_url */
#define CT_NEED_DRIFT	    4u	 /* the optional slot `describe` */
#define CT_NEED_BAD_URLS    8u	 /* subject->bad_urls */
#define CT_NEED_APP	    16u	 /* subject->app_step with transactions */
#define CT_NEED_STRICT	    32u	 /* … and stricter isolation */
#define CT_NEED_MIGRATE_URL 64u	 /* subject->migrate_url: url itself can't migrate */
#define CT_NEED_POISON	    128u /* subject->poison */
#define CT_NEED_POISON_KEY  256u /* subject->poison_key */
#define CT_NEED_DEAFEN	    512u /* subject->deafen */

/* How the case starts. */
#define CT_BARE 1u /* the store is empty: nothing was migrated */

typedef struct ct_case {
	const char *name; /* a sentence: "jobs.claim.two_claimers_never_share_a_job" */
	enum ct_kind kind;
	enum ct_store store;
	uint32_t caps;	/* CAIRN_CAP_… that must be claimed */
	uint32_t lacks; /* CAIRN_CAP_… that must not be claimed */
	uint32_t needs; /* CT_NEED_… */
	uint32_t flags;
	const char *rule;   /* the invariant in words, printed with a failure */
	const char *covers; /* "runledger K07, K16"; NULL: none */
	void (*run)(void);
} ct_case;

/* One per file, listed in groups.h as X(claim): CT_GROUP(claim, cases); */
typedef struct ct_group {
	const char *name;
	const ct_case *cases;
	size_t count;
} ct_group;

#define CT_GROUP(word, array) \
	const ct_group ct_group_##word = { .name = #word, \
					   .cases = (array), \
					   .count = sizeof(array) / sizeof((array)[0]) }

/* ---- expectations ----------------------------------------------------------- */

/*
 * The calling thread's error object, emptied: the last argument of every call.
 * The expectation around the call looks into it.
 */
cairn_error *ct_err(void);
/* The same object as the last call left it. */
const cairn_error *ct_last(void);

/* A call succeeds. */
#define ct_ok(...) ct_ok_((__VA_ARGS__), #__VA_ARGS__, __FILE__, __LINE__)
/* A call answers a status and, unless code is NULL, the error carries this code. */
#define ct_status(call, want, code) ct_status_((call), (want), (code), #call, __FILE__, __LINE__)
/* An item of a batch ended so: anything with .status and .code; code NULL with CAIRN_OK. */
#define ct_each(item, want, code_text) \
	ct_each_((item).status, (item).code, (want), (code_text), #item, __FILE__, __LINE__)
/* A call that answers how one change ended: it ended so. */
#define ct_told(call, want, code_text) \
	ct_told_((call), (want), (code_text), #call, __FILE__, __LINE__)
#define ct_int(got, want) ct_int_((int64_t)(got), (int64_t)(want), #got, #want, __FILE__, __LINE__)
/* Texts: a cairn_str against a C string; want NULL is "absent". */
#define ct_str(got, want)  ct_str_((got), (want), #got, __FILE__, __LINE__)
#define ct_same(got, want) ct_same_((got), (want), #got, __FILE__, __LINE__)
#define ct_text(got, want) ct_text_((got), (want), #got, __FILE__, __LINE__)
#define ct_id(got, want)   ct_id_((got), (want), #got, __FILE__, __LINE__)
#define ct_true(...)	   ct_true_((__VA_ARGS__) ? 1 : 0, #__VA_ARGS__, __FILE__, __LINE__)
/* A case that knows better why it fails. */
#define ct_fail(...) ct_fail_(__FILE__, __LINE__, __VA_ARGS__)
/* A line in the history that a failure prints. */
void ct_note(const char *format, ...) CAIRN_PRINTF(1, 2);

void ct_ok_(cairn_status got, const char *what, const char *file, int line);
void ct_status_(cairn_status got, cairn_status want, const char *code, const char *what,
		const char *file, int line);
void ct_each_(cairn_status got, cairn_code code, cairn_status want, const char *want_code,
	      const char *what, const char *file, int line);
cairn_changed ct_told_(cairn_changed got, cairn_status want, const char *want_code,
		       const char *what, const char *file, int line);
void ct_int_(int64_t got, int64_t want, const char *what, const char *wanted, const char *file,
	     int line);
void ct_str_(cairn_str got, const char *want, const char *what, const char *file, int line);
void ct_same_(cairn_str got, cairn_str want, const char *what, const char *file, int line);
void ct_text_(const char *got, const char *want, const char *what, const char *file, int line);
void ct_id_(cairn_id got, cairn_id want, const char *what, const char *file, int line);
void ct_true_(int good, const char *what, const char *file, int line);
_Noreturn void ct_fail_(const char *file, int line, const char *format, ...) CAIRN_PRINTF(3, 4);

/* ---- surroundings ----------------------------------------------------------- */

/* The kit's clock, shared by all connections of the case. */
cairn_time ct_now(void);
void ct_advance(cairn_usec by);
void ct_set_now(cairn_time when);

/* Options with the kit's clock and trace, to be changed and passed to ct_open_with. */
cairn_conn_opts ct_opts(void);
/* A connection to the case's store. From threads too. */
cairn_conn *ct_open(void);
cairn_conn *ct_open_with(const cairn_conn_opts *opts);
/* The same store through another descriptor, made from the subject's. */
cairn_conn *ct_open_driver(const cairn_driver *driver, const cairn_conn_opts *opts);
void ct_close(cairn_conn *conn);

const cairn_subject *ct_subject(void);
/* The URL of the case's store. */
const char *ct_url(void);
/* Whether the driver claims all of these capabilities. */
bool ct_has(uint32_t caps);

/* Seeded; each thread has its own sequence. below > 0. */
uint32_t ct_random(uint32_t below);

/* 1, 2, 3 …: for names that must differ within the case. */
unsigned ct_number(void);

/*
 * How often the connection waits for its database: since ct_budget(), and then since the last
 * ct_spent(), at most so many times. n items of what, for the message.
 */
void ct_budget(cairn_conn *conn);
void ct_spent(cairn_conn *conn, uint64_t most, const char *what, size_t n);

/* Memory and results that live until the case ends. */
void *ct_alloc(size_t size);
char *ct_format(const char *format, ...) CAIRN_PRINTF(1, 2);
/* n times the byte c, NUL-terminated. */
char *ct_repeat(char c, size_t n);
/* Frees a result when the case ends. Once per result pointer, after its last use in a call. */
void ct_later(void *result);
/* The same with what must be released otherwise, while connections are still open. */
void ct_later_by(void *object, void (*release)(void *));

/* ---- steps most cases need ------------------------------------------------------ */

/* Defines a type with every default. */
void ct_define(cairn_conn *conn, const char *type);
/* Defines a type with so many attempts and a fixed retry delay without jitter. */
void ct_define_retry(cairn_conn *conn, const char *type, int32_t attempts, cairn_usec delay);

/* Disables a type, or enables it again (0). */
void ct_disable(cairn_conn *conn, const char *type, uint32_t disabled);
/* The defined types that fit, in the order of the answer, with blanks between. */
const char *ct_types(cairn_conn *conn, const char *contains, const char *after, uint32_t limit);

/* A request with nothing but its type: change what matters, pass it to ct_add. */
cairn_job_new ct_new(const char *type);
/* Enqueues one, which must be inserted. */
cairn_id ct_add(cairn_conn *conn, const cairn_job_new *job);
/* Enqueues one, whatever comes of it. */
cairn_job_added ct_offer(cairn_conn *conn, const cairn_job_new *job);
/* A request with a type and a key; offered, it finds that job; or it conflicts. */
cairn_job_new ct_keyed(const char *type, const char *key);
void ct_existing(cairn_conn *conn, const cairn_job_new *job, cairn_id id);
void ct_conflict(cairn_conn *conn, const cairn_job_new *job);
/* Defines the type and enqueues one. */
cairn_id ct_enqueue(cairn_conn *conn, const char *type);

cairn_claim_opts ct_claim_opts(const char *worker, uint32_t limit);
/* Claims exactly one job of the default queue. */
cairn_lease ct_claim(cairn_conn *conn, const char *worker);
/* Claims up to limit; the rows live until the case ends. */
const cairn_jobs *ct_claim_n(cairn_conn *conn, const char *worker, uint32_t limit);
/* Claims up to one as this job may be: of its queue, by its owner. */
const cairn_jobs *ct_claim_like(cairn_conn *conn, const char *worker, cairn_id job);
/* Nothing of the default queue can be claimed. */
void ct_claim_none(cairn_conn *conn);

cairn_finish ct_success(cairn_lease lease);
/* A failure with a code and message "it broke". */
cairn_finish ct_failure(cairn_lease lease, enum cairn_finish_how how, const char *code);
/* Finishes one, which must work. */
cairn_changed ct_finish(cairn_conn *conn, cairn_finish finish);
/* Each of the worker's writes with this lease is refused with this status and code, and changes nothing. */
void ct_refused(cairn_conn *conn, cairn_lease lease, cairn_status status, const char *code);

/* A job in queue "ct-make", brought into a status; the lease is the last one it had (fence 0: never claimed). */
typedef struct ct_made {
	cairn_id id;
	cairn_lease lease;
} ct_made;
ct_made ct_make(cairn_conn *conn, const char *type, enum cairn_job_status status);

/* Whether the job is there. */
bool ct_exists(cairn_conn *conn, cairn_id id);
/* Reads with scope ANY; the row must be there. */
const cairn_job *ct_job(cairn_conn *conn, cairn_id id);
const cairn_attempts *ct_attempts(cairn_conn *conn, cairn_id id);
const cairn_event_rows *ct_events(cairn_conn *conn, cairn_id id);
/* The n-th from 0, which must be there. */
const cairn_event *ct_event(cairn_conn *conn, cairn_id id, size_t n);
/* kind 0: all. */
size_t ct_count_events(cairn_conn *conn, cairn_id id, enum cairn_event_kind kind);
/* The kinds of a job's events in order: "ENQUEUED LEASED SUCCEEDED". */
const char *ct_timeline(cairn_conn *conn, cairn_id id);
/* NULL: it has none. */
const cairn_dead_letter *ct_dead(cairn_conn *conn, cairn_id id);
/* It must have one. */
const cairn_dead_letter *ct_dead_letter(cairn_conn *conn, cairn_id id);
/* Records one request under a key, which must be new. */
cairn_id ct_record(cairn_conn *conn, const char *type, const char *key);
/* Promotes up to limit intents; 0: the default. */
const cairn_promote_report *ct_promote(cairn_conn *conn, uint32_t limit);
/* Reads an intent with scope ANY; it must be there. */
const cairn_intent *ct_intent(cairn_conn *conn, cairn_id id);
/* Everything that can be read about an intent, as text. */
const char *ct_intent_snapshot(cairn_conn *conn, cairn_id id);
/* All queues that scope ANY sees, ended jobs counted; and one by name, which must be there. */
const cairn_queues *ct_queues(cairn_conn *conn);
const cairn_queue *ct_queue(cairn_conn *conn, const char *name);
/* Pauses or resumes one queue: whether that changed anything. */
bool ct_pause(cairn_conn *conn, const char *queue);
bool ct_resume(cairn_conn *conn, const char *queue);
/* Enqueues a job of type "t" that needs a permit; key NULL: none. */
cairn_id ct_add_needing(cairn_conn *conn, const char *key, int32_t priority);
/* Sets the capacity of a global resource. */
void ct_capacity(cairn_conn *conn, const char *key, int32_t capacity);
/* How many jobs there are in the whole store, up to 1000; statuses 0: all, else bits 1u << status. */
size_t ct_count_jobs(cairn_conn *conn, uint32_t statuses);

/* ---- steps of the other verbs (ct_verb.c) ---- */

/* Claims exactly one job of the default queue ahead of its execution. */
cairn_lease ct_claim_ahead(cairn_conn *conn, const char *worker);
/* A report of done and total (-1: not reported), and one of nothing but a stage. */
cairn_progress ct_report(cairn_lease lease, int64_t done, int64_t total);
cairn_progress ct_stage(cairn_lease lease, const char *stage);
/* Sends one report: what it was told; ct_progress: it must work. */
cairn_changed ct_send_progress(cairn_conn *conn, cairn_progress report);
cairn_changed ct_progress(cairn_conn *conn, cairn_progress report);
/* An end after which the job goes on: CONTINUE, SNOOZE, RELEASE. */
cairn_finish ct_again(cairn_lease lease, enum cairn_finish_how how, cairn_usec delay);
/* Sends one finish: what it was told. */
cairn_changed ct_send(cairn_conn *conn, cairn_finish finish);
/* The job as it is now, to be requeued; sends one with scope ANY: what it was told. */
cairn_requeue ct_seen(cairn_conn *conn, cairn_id id);
cairn_changed ct_requeue(cairn_conn *conn, cairn_requeue item);
/* Cancels one with scope ANY, which must work. */
void ct_cancel(cairn_conn *conn, cairn_id id);
/* Appends one line "said", level INFO: what it was told. */
cairn_changed ct_say(cairn_conn *conn, cairn_lease lease, const char *said);
/* Reads with scope ANY; the job must be there. */
const cairn_log_rows *ct_logs(cairn_conn *conn, cairn_id id);
/* One reaper's pass, which must take so many. */
const cairn_reap_report *ct_reap(cairn_conn *conn, size_t expected);
/* The job and all that belongs to it cannot be read any more. */
void ct_gone(cairn_conn *conn, cairn_id id);
/* The last event, which must be of that kind. */
const cairn_event *ct_last_event(cairn_conn *conn, cairn_id id, enum cairn_event_kind kind);

/*
 * Everything that can be read about a job, as text: row, attempts, events, logs, dead
 * letter. "Nothing was written" is ct_unchanged(conn, id, before).
 */
const char *ct_snapshot(cairn_conn *conn, cairn_id id);
#define ct_unchanged(conn, id, before) \
	ct_text_(ct_snapshot((conn), (id)), (before), "the job's snapshot", __FILE__, __LINE__)

/* An active schedule every minute, due at ct_now(): change what matters, pass it to ct_put. */
cairn_schedule ct_schedule(const char *name, const char *type);
/* Puts one, which must work. */
void ct_put(cairn_conn *conn, cairn_schedule schedule);
/* Reads with scope ANY; the row must be there. */
const cairn_schedule *ct_stored(cairn_conn *conn, const char *name);
/* One pass of a scheduler; the report lives until the case ends. */
const cairn_fire_report *ct_fire(cairn_conn *conn);
/* The same, which must report exactly one row, of this kind. */
const cairn_fired *ct_fire_one(cairn_conn *conn, enum cairn_fired_what what);
/* "2031-05-22T10:30:45Z" as a time. */
cairn_time ct_at(const char *text);

/* ---- memory items (ct_item.c); tenant NULL: "t" ---- */

/* "a/b" as segments; "" is the tenant's own. */
cairn_namespace ct_ns(const char *path);
/* A JSON item without anything else: change what matters, pass it to ct_keep. */
cairn_memory_new ct_item(cairn_namespace ns, const char *key, const char *json);
/* Puts one: what it was told; and one that must work. */
cairn_memory_changed ct_keep(cairn_conn *conn, const char *tenant, cairn_memory_new item);
int64_t ct_kept(cairn_conn *conn, const char *tenant, cairn_memory_new item);
/* The same with an expected revision: what it was told. */
cairn_memory_changed ct_swap(cairn_conn *conn, cairn_memory_new item, int64_t revision);
/* Deletes one, which must work: whether it was there. */
bool ct_unkeep(cairn_conn *conn, const char *tenant, cairn_namespace ns, const char *key);
/* Gets one; NULL: it is not there. */
const cairn_memory_item *ct_recall(cairn_conn *conn, const char *tenant, cairn_namespace ns,
				   const char *key);
/* Its value as a C string, "-" where there is none. */
const char *ct_value(cairn_conn *conn, const char *tenant, cairn_namespace ns, const char *key);
/* Lists: "ns|key" of each item and blanks between. */
const char *ct_items(cairn_conn *conn, const cairn_memory_filter *filter);

/* ---- sessions and threads --------------------------------------------------------- */

/*
 * A session is a thread with a connection of its own that runs one step at a
 * time, so that a step that waits for another session's lock does not stop the case.
 */
typedef struct ct_session ct_session;
typedef void ct_step_fn(cairn_conn *conn, void *arg);

ct_session *ct_session_new(const char *name);
ct_session *ct_session_with(const char *name, const cairn_conn_opts *opts);
/* Runs a step to its end; one that takes longer than 20 s fails the case. */
void ct_step(ct_session *session, ct_step_fn *fn, void *arg);
/*
 * Starts a step and waits a moment: true if it has ended, false if it is still
 * waiting for something. Never wait for a lock by any other means.
 */
bool ct_start(ct_session *session, ct_step_fn *fn, void *arg);
/*
 * Runs a step that passes what others hold, where claims can be open side by side, to its end: true. Elsewhere it may
 * wait: false; join it.
 */
bool ct_pass(ct_session *session, ct_step_fn *fn, void *arg);
/* Waits for the end of a started step; at most 20 s. */
void ct_join(ct_session *session);
/* A session over a connection that was opened by other means. */
ct_session *ct_session_over(const char *name, cairn_conn *conn);
/* Steps that end a transaction which stays open over several; arg is its cairn_tx. */
void ct_commit(cairn_conn *conn, void *tx);
void ct_rollback(cairn_conn *conn, void *tx);
/* Its connection, between steps only. */
cairn_conn *ct_session_conn(ct_session *session);

/* Real time, for what does not go by the store's clock: it only grows; and letting it pass. */
cairn_usec ct_ticks(void);
void ct_nap(cairn_usec duration);

/* Runs fn in n threads (at most 32) that start together, each with its number; all must end well. */
typedef void ct_race_fn(cairn_conn *conn, unsigned number, void *arg);
void ct_race(unsigned n, ct_race_fn *fn, void *arg);

#endif
