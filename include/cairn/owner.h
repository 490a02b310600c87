/*
 * owner.h - the registry of owners: which worker processes run where, since when.
 *
 * It is for people and tools. Leases decide what may be claimed and written, never a row of this
 * registry: a process that is missing here works, and one that stands here may be dead.
 *
 * A row belongs to a name; each registration is a new incarnation of it, with an id of its own. A process
 * that is started again under its former name takes the name over, and whatever the former one
 * still sends is STALE.
 */
#ifndef CAIRN_OWNER_H
#define CAIRN_OWNER_H

#include <cairn/conn.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cairn_owner_state {
	CAIRN_OWNER_LIVE = 1,
	CAIRN_OWNER_STALE, /* not closed, and no heartbeat for some time */
	CAIRN_OWNER_CLOSED
};

/* "LIVE", "STALE", "CLOSED"; NULL for no state. */
CAIRN_API const char *cairn_owner_state_text(enum cairn_owner_state state);
/* 0 for a word that is no state. */
CAIRN_API enum cairn_owner_state cairn_owner_state_parse(cairn_str word);

typedef struct cairn_owner_new {
	size_t size;
	cairn_str name;	       /* required: the worker's name, or what its leases begin with */
	cairn_str host;	       /* a name; absent: unknown */
	cairn_str version;     /* of the program, a name; absent: unknown */
	cairn_str queues;      /* what it works on, a JSON array; absent: [] */
	cairn_str labels;      /* whatever else, a JSON object; absent: {} */
	int64_t pid;	       /* 0: unknown */
	cairn_time started_at; /* of the process; 0: now */
} cairn_owner_new;

/*
 * Registers a process under its name, now and alive, in place of whatever stood there. *incarnation
 * is what its heartbeats show. Repeating it after UNCERTAIN makes another incarnation, which does no
 * harm. INVALID arg.invalid_name, json.invalid. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_owner_register(cairn_conn *conn,
							     const cairn_owner_new *owner,
							     cairn_id *incarnation,
							     cairn_error *err);

typedef struct cairn_owner_ref {
	cairn_str name;
	cairn_id incarnation;
	uint64_t reserved_;
} cairn_owner_ref;

typedef struct cairn_owner_changed {
	cairn_status status; /* OK, STALE, NOT_FOUND */
	cairn_code code;
	cairn_id incarnation; /* that has the name now; none: no row */
	uint64_t reserved_;
} cairn_owner_changed;

/*
 * Tells that n owners are alive. STALE owner.superseded: another process has the name now;
 * owner.closed; NOT_FOUND owner.not_found: never registered, or pruned: register again. A name twice in
 * one batch is fine. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_owner_heartbeat(cairn_conn *conn,
							      const cairn_owner_ref *owners,
							      size_t n, cairn_owner_changed *each,
							      cairn_error *err);

/*
 * Tells that n owners end. Closing again is fine; otherwise refused as heartbeats are. Their leases are
 * not touched. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_owner_close(cairn_conn *conn,
							  const cairn_owner_ref *owners, size_t n,
							  cairn_owner_changed *each,
							  cairn_error *err);

typedef struct cairn_owner {
	cairn_str name;
	cairn_id incarnation;
	cairn_str host;
	cairn_str version;
	cairn_str queues; /* JSON */
	cairn_str labels; /* JSON */
	int64_t pid;
	enum cairn_owner_state state;
	uint32_t reserved0_;
	cairn_time started_at;	  /* of the process */
	cairn_time registered_at; /* this incarnation */
	cairn_time heartbeat_at;
	cairn_time closed_at; /* 0: not closed */
	uint64_t reserved_[4];
} cairn_owner;

typedef struct cairn_owners {
	size_t count;
	const cairn_owner *at;
	cairn_time now; /* the time it was looked at */
} cairn_owners;

#define CAIRN_OWNER_STALE_AFTER CAIRN_MINUTE

typedef struct cairn_owner_filter {
	size_t size;
	uint32_t states;	/* bits 1u << state; 0: all */
	uint32_t limit;		/* 1..1000; 0: 100 */
	cairn_usec stale_after; /* without a heartbeat for longer: STALE; 0: 60 s */
	cairn_str after;	/* continue behind this name */
} cairn_owner_filter;

/* By name. filter may be NULL. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_owner_list(cairn_conn *conn,
							 const cairn_owner_filter *filter,
							 cairn_owners **owners, cairn_error *err);

/*
 * Deletes up to limit (1..1000; 0: 1000) owners that were closed at least age ago, or of which
 * nothing was heard for that long, the ones longest silent first, and tells how many (pruned may be
 * NULL). age is one minute to 1000 years: INVALID owner.invalid_age. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_owner_prune(cairn_conn *conn, cairn_usec age,
							  uint32_t limit, size_t *pruned,
							  cairn_error *err);

#ifdef __cplusplus
}
#endif

#endif
