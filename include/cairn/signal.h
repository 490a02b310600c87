/*
 * signal.h - messages to replay runs (replay.h): an approval, an answer, "the payment is there".
 *
 * A signal has a name and a payload and belongs to one run. It is kept until the run asks for its name, however early
 * it was sent, also before the run has begun; those of one name are taken in the order in which they were sent, each
 * once. A run that waits for it is due at once.
 */
#ifndef CAIRN_SIGNAL_H
#define CAIRN_SIGNAL_H

#include <cairn/job.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cairn_signal_new {
	cairn_id run;
	cairn_str name;
	cairn_str key;	   /* idempotency key, unique per run; absent: unkeyed */
	cairn_str payload; /* JSON, kept byte for byte; absent: null */
	uint64_t reserved_[2];
} cairn_signal_new;

typedef struct cairn_signal_sent {
	cairn_status status; /* OK, NOT_FOUND, STALE, CONFLICT */
	cairn_code code;
	enum cairn_disposition
		disposition; /* EXISTING: the key was there with this name and payload */
	uint32_t woken;	     /* 1: the run waited for it, and is due now */
	int64_t seq;	     /* 1, 2, 3 … within the run; of EXISTING the one that is there */
	uint64_t reserved_[2];
} cairn_signal_sent;

/*
 * Sends n signals, in their order. NOT_FOUND replay.run_not_found: no such job in this scope; STALE replay.run_over: it
 * has ended; CONFLICT signal.key_conflict: the key was used with another name or payload, compared as JSON. In an
 * open transaction the runs' jobs stay locked until it ends. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_signal_send(cairn_conn *conn, cairn_scope scope,
							  const cairn_signal_new *items, size_t n,
							  cairn_signal_sent *each,
							  cairn_error *err);

typedef struct cairn_broadcast {
	size_t size;
	cairn_scope scope; /* required */
	cairn_str type;	   /* only runs of this type */
	cairn_str name;	   /* required */
	cairn_str key;	   /* absent: unkeyed; a run that has had it gets nothing */
	cairn_str payload; /* as above */
	uint32_t limit;	   /* runs in one call; 0: 100; at most 1000 */
	uint32_t reserved_;
} cairn_broadcast;

typedef struct cairn_broadcast_report {
	size_t sent;  /* runs that got it */
	int32_t more; /* 1: others wait for it, too: call again */
	uint32_t reserved_;
} cairn_broadcast_report;

/*
 * Sends to every run that is suspended and waits for this name, and has no signal of it yet; not to those that ask
 * later. Runs that others have locked are left out, and *more is 1. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_signal_broadcast(cairn_conn *conn,
							       const cairn_broadcast *broadcast,
							       cairn_broadcast_report *report,
							       cairn_error *err);

typedef struct cairn_signal {
	int64_t seq;
	cairn_id run;
	cairn_str name;
	cairn_str key;
	cairn_str payload;
	cairn_time sent_at;
	int64_t taken_by; /* seq of the step that took it; 0: nobody yet */
	uint64_t reserved_[2];
} cairn_signal;

typedef struct cairn_signals {
	size_t count;
	const cairn_signal *at;
} cairn_signals;

typedef struct cairn_signal_filter {
	size_t size;
	cairn_scope scope; /* required */
	cairn_id run;	   /* required */
	cairn_str name;	   /* only these */
	int64_t after;	   /* continue behind this seq */
	uint32_t untaken;  /* 1: only those that nobody took */
	uint32_t limit;	   /* 1..1000; 0: 100 */
} cairn_signal_filter;

/* By seq. NOT_FOUND replay.run_not_found. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_signal_list(cairn_conn *conn,
							  const cairn_signal_filter *filter,
							  cairn_signals **signals,
							  cairn_error *err);

#ifdef __cplusplus
}
#endif

#endif
