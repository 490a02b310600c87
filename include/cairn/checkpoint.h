/*
 * checkpoint.h - checkpoints: the states that a thread of work went through, so that it can go on
 * from the last one, or from any other.
 *
 * A thread is a name in a tenant. Inside it, a namespace tells checkpoints of parts from those of the
 * whole (a sub-graph, a sub-agent); absent is the root. Each checkpoint gets a number from its thread,
 * write_seq, which only grows: the latest of a namespace is the one with the highest, whatever
 * its step says, and history goes backwards by it. Written checkpoints never change; going back to an
 * earlier one and on from there is a branch. Their parents may be gone: pruning leaves the rest alone.
 *
 * State is JSON or bytes, and comes back as it was put, byte for byte.
 */
#ifndef CAIRN_CHECKPOINT_H
#define CAIRN_CHECKPOINT_H

#include <cairn/lock.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cairn_format {
	CAIRN_FORMAT_JSON = 0, /* checked, at most the connection's max_json */
	CAIRN_FORMAT_BYTES     /* anything, at most 64 MiB */
};

/* ---- putting ------------------------------------------------------------ */

enum {
	CAIRN_CHECKPOINT_EXPECT = 1 /* expected counts */
};

typedef struct cairn_checkpoint_new {
	cairn_str thread;    /* required: a name */
	cairn_str ns;	     /* a key; absent: the root */
	cairn_id id;	     /* the caller's own, for repeating the call; none: a new one */
	cairn_id parent;     /* none: it begins something; not looked up */
	int64_t step;	     /* the caller's count; >= 0 */
	cairn_blob state;    /* required; may be an empty text of bytes */
	cairn_str metadata;  /* a JSON object; absent: {} */
	cairn_str next_node; /* a name: what runs next; absent: nothing, it is finished */
	cairn_str run;	     /* a name: what wrote it, for cairn_checkpoint_delete_runs() */
	cairn_id
		expected; /* with CAIRN_CHECKPOINT_EXPECT: the latest of the namespace; none: nothing yet */
	const cairn_lock *lock; /* not NULL: it must still be held */
	enum cairn_format format;
	uint32_t payload_version; /* of the state; 0: 1 */
	uint32_t set;
	uint32_t reserved0_;
	uint64_t reserved_[2];
} cairn_checkpoint_new;

/* How one of them ended. */
typedef struct cairn_checkpoint_added {
	cairn_id id;
	int64_t write_seq; /* 0 on failure */
	cairn_time created_at;
	cairn_status status; /* OK, EXISTS, STALE, NOT_FOUND (branch) */
	cairn_code code;
	uint32_t existing; /* 1: an equal one was there already, and is what it answers */
	uint32_t reserved0_;
	uint64_t reserved_;
} cairn_checkpoint_added;

/*
 * Writes n checkpoints of a tenant, in their order, each for itself. An id that the thread has already
 * answers OK and existing when everything that was given is equal (documents in canonical form), and
 * EXISTS checkpoint.exists when not. STALE checkpoint.head_moved: another one is the latest;
 * STALE lock.lost. each may be NULL for n = 1, whose outcome is then the call's. INVALID
 * checkpoint.invalid_step, json.invalid; TOO_LARGE. Repeated after UNCERTAIN with the same ids it
 * gives the first call's result. [1 round trip; 2 when an id was there]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_checkpoint_put(cairn_conn *conn, cairn_str tenant,
							     const cairn_checkpoint_new *items,
							     size_t n, cairn_checkpoint_added *each,
							     cairn_error *err);

/*
 * Goes back: writes one checkpoint whose parent, which must be there, says the namespace, the step
 * (its own and one, or the greatest there is) and the next node; these of `item` are not looked at. Its
 * outcome is the call's; added (may be NULL) tells it, too. NOT_FOUND checkpoint.parent_not_found,
 * and as for put. [1 round trip; 2 when the id was there]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_checkpoint_branch(cairn_conn *conn, cairn_str tenant,
								const cairn_checkpoint_new *item,
								cairn_checkpoint_added *added,
								cairn_error *err);

/* ---- pending writes ----------------------------------------------------- */

/*
 * What a task has produced beyond a checkpoint, before the next one: when the others of its step fail,
 * it need not run again.
 */
typedef struct cairn_checkpoint_write {
	cairn_id checkpoint;
	cairn_str task;	   /* a name */
	cairn_str channel; /* a name */
	cairn_blob value;
	enum cairn_format format;
	int32_t index; /* of the task's writes. From 0 the first one stays; below 0 the last one counts */
	uint64_t reserved_[2];
} cairn_checkpoint_write;

/*
 * Writes n of them for checkpoints of a thread. NOT_FOUND checkpoint.not_found of the first that has
 * none: nothing is written. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status
cairn_checkpoint_write_put(cairn_conn *conn, cairn_str tenant, cairn_str thread,
			   const cairn_checkpoint_write *writes, size_t n, cairn_error *err);

typedef struct cairn_checkpoint_writes {
	size_t count;
	const cairn_checkpoint_write *at;
} cairn_checkpoint_writes;

/* Those of one checkpoint, by task and index; there may be none. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_checkpoint_write_list(
	cairn_conn *conn, cairn_str tenant, cairn_str thread, cairn_id checkpoint,
	cairn_checkpoint_writes **writes, cairn_error *err);

/* ---- reading ------------------------------------------------------------ */

typedef struct cairn_checkpoint {
	cairn_str thread;
	cairn_str ns; /* absent: the root */
	cairn_id id;
	cairn_id parent;
	int64_t write_seq;
	int64_t step;
	cairn_blob state; /* NUL-terminated; absent where it was not asked for */
	int64_t state_size;
	cairn_str metadata;
	cairn_str next_node; /* absent: finished */
	cairn_str run;
	cairn_time created_at;
	enum cairn_format format;
	uint32_t payload_version;
	uint64_t reserved_[2];
} cairn_checkpoint;

typedef struct cairn_checkpoints {
	size_t count;
	const cairn_checkpoint *at;
} cairn_checkpoints;

typedef struct cairn_checkpoint_ref {
	size_t size;
	cairn_str tenant;	 /* required */
	cairn_str thread;	 /* required */
	cairn_str ns;		 /* of the latest; absent: the root */
	cairn_id id;		 /* exactly this one, whatever its namespace; none: the latest */
	uint32_t oldest_version; /* of payloads that the caller can read; 0: any */
	uint32_t newest_version; /* 0: any */
} cairn_checkpoint_ref;

/*
 * The latest, or one by its id, with its state, as a result of one row. NOT_FOUND
 * checkpoint.not_found. SCHEMA checkpoint.version_unsupported: its payload version lies outside of
 * what the caller can read; the row is answered, without its state. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_checkpoint_get(cairn_conn *conn,
							     const cairn_checkpoint_ref *ref,
							     cairn_checkpoints **checkpoint,
							     cairn_error *err);

typedef struct cairn_checkpoint_filter {
	size_t size;
	cairn_str tenant; /* required */
	cairn_str thread; /* absent: of all threads, thread by thread in byte order */
	cairn_str ns;	  /* with CAIRN_CHECKPOINT_ONE_NS */
	cairn_str run;	  /* absent: any */
	cairn_str
		metadata; /* a JSON object of at most 16 members: those whose metadata has them, equal in canonical form */
	cairn_str
		after_thread; /* continue behind the last row: its thread where there are many, … */
	int64_t before;	      /* … and its write_seq; 0: from the newest */
	uint32_t limit;	      /* 1..1000; 0: 100 */
	uint32_t set;	      /* CAIRN_CHECKPOINT_ONE_NS, CAIRN_CHECKPOINT_STATES */
} cairn_checkpoint_filter;

enum {
	CAIRN_CHECKPOINT_ONE_NS = 1, /* ns counts, if only as the root */
	CAIRN_CHECKPOINT_STATES = 2  /* with their states, else only their sizes */
};

/* History: of each thread the newest first, by write_seq. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_checkpoint_list(cairn_conn *conn,
							      const cairn_checkpoint_filter *filter,
							      cairn_checkpoints **checkpoints,
							      cairn_error *err);

/* ---- threads ------------------------------------------------------------ */

typedef struct cairn_thread {
	cairn_str thread;
	int64_t write_seq; /* of its last checkpoint, also if that is gone */
	cairn_time created_at;
	cairn_time updated_at;
	uint64_t reserved_[2];
} cairn_thread;

typedef struct cairn_threads {
	size_t count;
	const cairn_thread *at;
} cairn_threads;

typedef struct cairn_thread_filter {
	size_t size;
	cairn_str tenant; /* required */
	cairn_str prefix; /* that begin so, byte for byte; absent: all */
	cairn_str after;  /* continue behind this thread */
	uint32_t limit;	  /* 1..1000; 0: 100 */
	uint32_t reserved_;
} cairn_thread_filter;

/* Threads that ever had a checkpoint and were not deleted, by name. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_thread_list(cairn_conn *conn,
							  const cairn_thread_filter *filter,
							  cairn_threads **threads,
							  cairn_error *err);

/*
 * All checkpoints and pending writes of a thread, with their ids, numbers and times, once more under
 * another name. NOT_FOUND checkpoint.thread_not_found; EXISTS checkpoint.thread_exists: the other one
 * has some, or had. *copied (may be NULL) counts checkpoints. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_thread_copy(cairn_conn *conn, cairn_str tenant,
							  cairn_str from, cairn_str to,
							  size_t *copied, cairn_error *err);

/*
 * Deletes threads with all their checkpoints and pending writes; their logs and locks are others'. A
 * thread of that name begins anew. *deleted (may be NULL) counts checkpoints. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_thread_delete(cairn_conn *conn, cairn_str tenant,
							    const cairn_str *threads, size_t n,
							    size_t *deleted, cairn_error *err);

/* Deletes what was written by these runs, in all threads. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_checkpoint_delete_runs(cairn_conn *conn,
								     cairn_str tenant,
								     const cairn_str *runs,
								     size_t n, size_t *deleted,
								     cairn_error *err);

typedef struct cairn_checkpoint_prune_opts {
	size_t size;
	cairn_str tenant;      /* required */
	cairn_str thread;      /* absent: of all threads */
	uint32_t keep;	       /* the newest of each thread and namespace stay; 0: 1 */
	uint32_t limit;	       /* of one call; 1..10000, 0: 1000 */
	cairn_usec older_than; /* only those; 0: whatever their age */
} cairn_checkpoint_prune_opts;

/*
 * Deletes checkpoints that newer ones have made superfluous, with their pending writes, a bounded
 * batch at a time: fewer than limit, and there are no more, unless somebody else was deleting, too.
 * [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status
cairn_checkpoint_prune(cairn_conn *conn, const cairn_checkpoint_prune_opts *opts, size_t *deleted,
		       cairn_error *err);

#ifdef __cplusplus
}
#endif

#endif
