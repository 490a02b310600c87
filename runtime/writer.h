/* writer.h - what the files of the shared writer share: a call that waits, and the batch it joins. */
#ifndef CAIRN_RUNTIME_WRITER_H
#define CAIRN_RUNTIME_WRITER_H

#include <pthread.h>
#include <stdbool.h>

#include <cairn/writer.h>

enum call_kind { CALL_ENQUEUE, CALL_FINISH, CALL_HEARTBEAT };

/* A call under way, on its caller's stack. */
struct call {
	enum call_kind kind;
	const void *items;
	size_t n;
	cairn_usec lease; /* of a heartbeat */
	void *each;	  /* may be NULL */
	cairn_error error;
	cairn_status status;
	bool sent;
	bool done;
	bool leads; /* it has the connection, and sends for all who wait */
	pthread_cond_t stir;
	struct call *next;
};

struct cairn_writer {
	cairn_writer_opts opts; /* settled; url is a copy */
	cairn_conn_opts conn_opts;
	char *url;

	pthread_mutex_t lock;
	struct call *first; /* guarded by lock: who waits, in order of arrival */
	struct call **last;
	bool busy; /* somebody leads */
	uint64_t calls;
	uint64_t commits;

	/* the leader's */
	cairn_conn *conn;
	void *items; /* room for a batch of any kind */
	size_t items_size;
	void *each;
	size_t each_size;
};

/* ---- writer_batch.c ---- */
/* Sends the calls of the list, answers each, and says how many commits it took. */
uint64_t cairn_writer__send(struct cairn_writer *writer, struct call *list);
/* Opens the connection if there is none. */
cairn_status cairn_writer__connect(struct cairn_writer *writer, cairn_error *err);

#endif
