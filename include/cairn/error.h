/*
 * error.h - how a call fails.
 *
 * Every function that can fail returns a cairn_status and takes, last, a pointer
 * to an error object that the caller owns. Success leaves the object untouched.
 * There is no thread-local error and no allocation while reporting.
 */
#ifndef CAIRN_ERROR_H
#define CAIRN_ERROR_H

#include <cairn/codes.h>
#include <cairn/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum cairn_status {
#define CAIRN_X(name, value, text, what) CAIRN_##name = value,
	CAIRN_STATUSES(CAIRN_X)
#undef CAIRN_X
		CAIRN_STATUS_MIN = CAIRN_INTERNAL
} cairn_status;

/* The codes as numbers, for code; everything a person sees is the text. */
typedef enum cairn_code {
	CAIRN_E_NONE = 0,
#define CAIRN_X(name, text, status, message) CAIRN_E_##name,
	CAIRN_CODES(CAIRN_X)
#undef CAIRN_X
		CAIRN_E_COUNT
} cairn_code;

/*
 * About one KiB, lives on the caller's stack, needs no freeing; NULL is fine
 * everywhere. Initialise with CAIRN_ERROR_INIT.
 */
typedef struct cairn_error {
	size_t size;
	cairn_status status;
	int32_t native;	     /* SQLite extended code, or the driver's own number */
	char sqlstate[8];    /* Postgres SQLSTATE, else empty */
	char op[32];	     /* the call, for example "job.claim" */
	char code[64];	     /* stable, dotted: "job.lease_lost" */
	char constraint[64]; /* name of the violated constraint, if one was named */
	char message[256];   /* safe for an end user */
	char detail[512];    /* for operators: driver text; never shown by default */
	int64_t index;	     /* the offending item of a batch, -1 if none */
} cairn_error;

#ifdef __cplusplus
#define CAIRN_ERROR_INIT \
	{ \
		sizeof(cairn_error), CAIRN_OK, 0, "", "", "", "", "", "", -1 \
	}
#else
#define CAIRN_ERROR_INIT \
	{ \
		.size = sizeof(cairn_error), .index = -1 \
	}
#endif

/* "stale"; "unknown" for a number that is no status. Never freed. */
CAIRN_API const char *cairn_status_text(cairn_status status);

/* The dotted text, the usual status and the safe message of a code. Never freed. */
CAIRN_API const char *cairn_code_text(cairn_code code);
CAIRN_API cairn_status cairn_code_status(cairn_code code);
CAIRN_API const char *cairn_code_message(cairn_code code);

/*
 * Whether trying the same call again may help and can't do harm: BUSY, TIMEOUT,
 * UNAVAILABLE. The single definition of "retry".
 */
CAIRN_API int cairn_status_retryable(cairn_status status);

/* How one item of a batch ended. */
typedef struct cairn_outcome {
	cairn_status status;
	cairn_code code; /* CAIRN_E_NONE when status is OK */
} cairn_outcome;

#ifdef __cplusplus
}
#endif

#endif
