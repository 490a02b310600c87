/*
 * types.h - the values every other header speaks in: text and bytes by pointer
 * and length, ids, times, scopes, and results.
 */
#ifndef CAIRN_TYPES_H
#define CAIRN_TYPES_H

#include <stddef.h>
#include <stdint.h>

#include <cairn/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Borrowed UTF-8 text. It needs no terminator on the way in; on the way out
 * (inside results) it always has one, so that `%s` works. {NULL, 0} is "absent";
 * for inputs an empty text means the same.
 */
typedef struct cairn_str {
	const char *ptr;
	size_t len;
} cairn_str;

/* Borrowed bytes. */
typedef struct cairn_blob {
	const void *ptr;
	size_t len;
} cairn_blob;

/* A cairn_str of a string literal, usable in initialisers: CAIRN_STR("default"). */
#ifdef __cplusplus
#define CAIRN_STR(literal) (cairn_str{ "" literal, sizeof(literal) - 1 })
#else
#define CAIRN_STR(literal) ((cairn_str){ "" literal, sizeof(literal) - 1 })
#endif

/* A cairn_str of a NUL-terminated string; NULL gives the absent text. */
CAIRN_API cairn_str cairn_str_of(const char *text);

/*
 * A point in time: microseconds since 1970-01-01T00:00:00 UTC, years 1 to 9999.
 * 0 means "no time given" in inputs and "never" in results.
 */
typedef int64_t cairn_time;

/* A duration in microseconds. */
typedef int64_t cairn_usec;

#define CAIRN_MILLISECOND ((cairn_usec)1000)
#define CAIRN_SECOND	  (1000 * CAIRN_MILLISECOND)
#define CAIRN_MINUTE	  (60 * CAIRN_SECOND)
#define CAIRN_HOUR	  (60 * CAIRN_MINUTE)
#define CAIRN_DAY	  (24 * CAIRN_HOUR)

/* "2026-05-22T10:30:45.000000Z" and its terminator. */
#define CAIRN_TIME_TEXT 28

/*
 * RFC 3339 in UTC with six fractional digits, both ways. Parsing takes any
 * offset and up to six fractional digits, further digits are cut off; it answers 0, or -1 for
 * text that is no time or lies outside the years 1 to 9999; formatting such a time gives a text
 * that says so and does not parse.
 */
CAIRN_API void cairn_time_format(cairn_time when, char text[CAIRN_TIME_TEXT]);
CAIRN_API int cairn_time_parse(cairn_str text, cairn_time *when);

/* A UUIDv7, made by the library (contract: ids). All zero means "none". */
typedef struct cairn_id {
	uint8_t bytes[16];
} cairn_id;

/* "01890a5d-ac96-774b-bcce-b302099a8057" and its terminator. */
#define CAIRN_ID_TEXT 37

/* A new id, strictly greater than every id this process made before. */
CAIRN_API cairn_id cairn_id_new(void);
/* Lower-case hyphenated text, both ways. Parsing also takes upper case; -1 for anything else. */
CAIRN_API void cairn_id_format(cairn_id id, char text[CAIRN_ID_TEXT]);
CAIRN_API int cairn_id_parse(cairn_str text, cairn_id *id);
/* <0, 0, >0 as memcmp. */
CAIRN_API int cairn_id_compare(cairn_id a, cairn_id b);
CAIRN_API int cairn_id_is_none(cairn_id id);

/*
 * Whose rows a call may see. There is no nullable tenant that sometimes means
 * "all": a scope says which of the three it is. A row outside the scope is
 * indistinguishable from a missing one.
 */
enum cairn_scope_kind {
	CAIRN_SCOPE_NONE = 0, /* not said: refused as INVALID */
	CAIRN_SCOPE_GLOBAL,   /* exactly the rows without a tenant */
	CAIRN_SCOPE_TENANT,   /* exactly this tenant's rows */
	CAIRN_SCOPE_ANY	      /* every row: administration */
};

typedef struct cairn_scope {
	enum cairn_scope_kind kind;
	uint32_t reserved_;
	cairn_str tenant; /* only with CAIRN_SCOPE_TENANT */
} cairn_scope;

CAIRN_API cairn_scope cairn_global(void);
CAIRN_API cairn_scope cairn_tenant(cairn_str tenant);
CAIRN_API cairn_scope cairn_any(void);

/*
 * Results. Every function that answers with rows takes the address of a result
 * pointer which is NULL at first or a former result of the same kind, whose
 * memory is then reused, as getline(3) does. One allocation holds rows and text;
 * everything in it stays valid until it is reused or freed. When the call fails the
 * result is empty, still NULL, or, where arguments were refused, what it was before; free it
 * either way.
 */
CAIRN_API void cairn_free(void *result);

#ifdef __cplusplus
}
#endif

#endif
