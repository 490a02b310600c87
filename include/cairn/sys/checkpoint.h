/*
 * sys/checkpoint.h - the checkpoints store of a driver: seven slots.
 *
 * Tables: a row for each thread that has or had checkpoints, whose number write_seq is given by the
 * put that locks it; checkpoints by (tenant, thread, id), unique by (tenant, thread, write_seq); pending writes by
 * (tenant, thread, checkpoint, task, index). Large states are kept so that a list which does not want
 * them need not read them. (sys/lock.h: tenants, guards.)
 */
#ifndef CAIRN_SYS_CHECKPOINT_H
#define CAIRN_SYS_CHECKPOINT_H

#include <cairn/checkpoint.h>
#include <cairn/sys/lock.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- put ---------------------------------------------------------------- */

typedef struct cairn_checkpoint_insert {
	cairn_str thread;
	cairn_str ns; /* absent: the root */
	cairn_id id;  /* never none */
	cairn_id parent;
	int64_t step;
	cairn_blob state;
	cairn_str metadata; /* never absent */
	/*
	 * For filters: of each member of metadata U+001F, its name and value in canonical form, U+001F;
	 * one behind the other without repeating the U+001F between. Kept as it is.
	 */
	cairn_str tags;
	cairn_str next_node;
	cairn_str run;
	cairn_id expected;
	cairn_lock_guard lock;
	enum cairn_format format;
	uint32_t payload_version;
	uint32_t expects; /* 1: expected is the latest of (thread, ns); none: there is none */
	uint32_t
		branches; /* 1: parent must be there, and gives ns, step + 1 (at most INT64_MAX), next_node */
} cairn_checkpoint_insert;

typedef struct cairn_checkpoint_plan {
	cairn_str tenant;
	const cairn_checkpoint_insert *items;
	size_t n;
} cairn_checkpoint_plan;

enum cairn_put_result {
	CAIRN_PUT_DONE = 1,
	CAIRN_PUT_EXISTS, /* the thread has this id; tested before everything else */
	CAIRN_PUT_NO_PARENT,
	CAIRN_PUT_LOST, /* the lock */
	CAIRN_PUT_MOVED /* the head */
};

typedef struct cairn_checkpoint_put_found {
	enum cairn_put_result result;
	uint32_t reserved_;
	int64_t write_seq; /* of DONE, and EXISTS */
	cairn_time created_at;
} cairn_checkpoint_put_found;

/*
 * Inserts the items in their order, each unless its conditions fail, which is told in the order of
 * the enum; an item sees those before it. write_seq = the thread's + 1, and its row is made or
 * updated (updated_at = now); an item that is not inserted takes no number. Threads are locked in
 * byte order. An id twice in a batch: the second EXISTS.
 */
typedef cairn_status cairn_checkpoint_put_fn(void *self, const cairn_checkpoint_plan *plan,
					     cairn_checkpoint_put_found *each, cairn_error *err);

/* ---- pending writes ----------------------------------------------------- */

typedef struct cairn_checkpoint_write_plan {
	cairn_str tenant;
	cairn_str thread;
	const cairn_checkpoint_write *writes;
	size_t n;
} cairn_checkpoint_write_plan;

/*
 * Inserts them; where (checkpoint, task, index) is there already, it is left alone when index >= 0 and
 * replaced when not. All or nothing: *missing is the place of the first whose checkpoint the thread has not,
 * n: none is missing. Checkpoints stay locked against deletion until the commit.
 */
typedef cairn_status cairn_checkpoint_write_fn(void *self, const cairn_checkpoint_write_plan *plan,
					       size_t *missing, cairn_error *err);

/* Pushes cairn_checkpoint_write rows by task (bytes), index. */
typedef cairn_status cairn_checkpoint_writes_fn(void *self, cairn_str tenant, cairn_str thread,
						const cairn_id *checkpoint, cairn_rows *rows,
						cairn_error *err);

/* ---- reading ------------------------------------------------------------ */

typedef struct cairn_checkpoint_key {
	cairn_str thread;
	cairn_id id;
} cairn_checkpoint_key;

typedef struct cairn_checkpoint_query {
	cairn_str tenant;
	const cairn_checkpoint_key
		*keys;	  /* exactly these, in their order, if there are any: then */
	size_t key_count; /* nothing else counts but states */
	cairn_str thread; /* absent: all threads */
	cairn_str ns;
	cairn_str run;		/* absent: any */
	const cairn_str *tags;	/* each must stand in the tags of a row, as U+001F text U+001F */
	size_t tag_count;	/* at most CAIRN_TAGS_MAX */
	cairn_str after_thread; /* all threads: (thread, write_seq) behind (after_thread, before) */
	int64_t before;		/* write_seq below it; INT64_MAX: from the newest */
	uint32_t limit;
	uint32_t one_ns; /* 1: ns counts */
	uint32_t states; /* 1: with them */
	uint32_t reserved_;
} cairn_checkpoint_query;

#define CAIRN_TAGS_MAX 16

/* Pushes cairn_checkpoint rows by thread, write_seq descending. A state that is asked for and empty is no NULL. */
typedef cairn_status cairn_checkpoint_list_fn(void *self, const cairn_checkpoint_query *query,
					      cairn_rows *rows, cairn_error *err);

typedef struct cairn_thread_query {
	cairn_str tenant;
	cairn_str prefix; /* may be absent */
	cairn_str after;  /* threads above it by bytes */
	uint32_t limit;
	uint32_t reserved_;
} cairn_thread_query;

/* Pushes cairn_thread rows by thread. */
typedef cairn_status cairn_thread_list_fn(void *self, const cairn_thread_query *query,
					  cairn_rows *rows, cairn_error *err);

/* ---- copying, deleting -------------------------------------------------- */

enum cairn_copy_result { CAIRN_COPY_DONE = 1, CAIRN_COPY_NO_SOURCE, CAIRN_COPY_EXISTS };

/* Rows, writes and the thread's row, under the other name, with all their fields. */
typedef cairn_status cairn_thread_copy_fn(void *self, cairn_str tenant, cairn_str from,
					  cairn_str to, enum cairn_copy_result *result,
					  size_t *copied, cairn_error *err);

typedef struct cairn_checkpoint_delete_plan {
	cairn_str tenant;
	const cairn_str *threads; /* either these, with their rows, */
	size_t thread_count;
	const cairn_str *runs; /* or what these wrote, */
	size_t run_count;
	cairn_str thread;      /* or what is superfluous: of one thread, or, absent, of all; */
	uint32_t keep;	       /* not among the newest so many of (thread, ns), */
	uint32_t limit;	       /* so many, by thread and write_seq, */
	cairn_usec older_than; /* created_at <= now - this; 0: any */
} cairn_checkpoint_delete_plan;

/* Deletes checkpoints with their pending writes, and counts checkpoints. */
typedef cairn_status cairn_checkpoint_delete_fn(void *self,
						const cairn_checkpoint_delete_plan *plan,
						size_t *deleted, cairn_error *err);

typedef struct cairn_checkpoint_ops {
	size_t size;
	cairn_checkpoint_put_fn *put;
	cairn_checkpoint_list_fn *list;
	cairn_checkpoint_write_fn *write;
	cairn_checkpoint_writes_fn *writes;
	cairn_thread_list_fn *threads;
	cairn_checkpoint_delete_fn *remove;
	cairn_thread_copy_fn *copy; /* a driver that lacks it answers UNSUPPORTED */
} cairn_checkpoint_ops;

#ifdef __cplusplus
}
#endif

#endif
