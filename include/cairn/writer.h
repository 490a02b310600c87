/*
 * writer.h - a shared writer (libcairn_worker): many threads, one connection, few commits.
 *
 * Threads hand in calls; whoever finds the connection free sends for all who wait, as one batch in
 * one commit, while the next ones gather. A lone thread pays nothing for it; sixty-four of them
 * share one fsync. Every caller gets its own outcome: a call that is refused, or whose data breaks a
 * constraint, is sent again alone and harms nobody. The writer has no thread of its own.
 */
#ifndef CAIRN_WRITER_H
#define CAIRN_WRITER_H

#include <cairn/worker.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cairn_writer cairn_writer;

typedef struct cairn_writer_opts {
	size_t size;
	const cairn_driver *driver; /* with url; or leave both and give connect */
	const char *url;
	const cairn_conn_opts *conn; /* may be NULL; its user pointers must outlive the writer */
	cairn_worker_open_fn *connect;
	void *connect_user;
	uint32_t max_batch; /* items of one kind in one commit; 0: 1000; at most 10000 */
	uint32_t reserved_;
} cairn_writer_opts;

/* Checks the options and connects; err as cairn_open fills it. */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_writer_open(cairn_writer **writer,
							  const cairn_writer_opts *opts,
							  cairn_error *err);

/*
 * As cairn_job_enqueue, cairn_job_finish and cairn_job_heartbeat: the same results, statuses and
 * codes, durable when they return. Callable from any thread at any time, outside of
 * transactions. A connection that is lost is opened again by a later call; what was under way answers UNCERTAIN
 * or UNAVAILABLE. A call of more than max_batch items is sent as it is.
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_writer_enqueue(cairn_writer *writer,
							     const cairn_job_new *jobs, size_t n,
							     cairn_job_added *each,
							     cairn_error *err);
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_writer_finish(cairn_writer *writer,
							    const cairn_finish *items, size_t n,
							    cairn_changed *each, cairn_error *err);
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_writer_heartbeat(cairn_writer *writer,
							       const cairn_lease *leases, size_t n,
							       cairn_usec lease,
							       cairn_changed *each,
							       cairn_error *err);

/* How many calls were answered and how many commits they took, since the start. */
CAIRN_API void cairn_writer_counts(cairn_writer *writer, uint64_t *calls, uint64_t *commits);

/* No call may be under way. NULL is fine. */
CAIRN_API void cairn_writer_close(cairn_writer *writer);

#ifdef __cplusplus
}
#endif

#endif
