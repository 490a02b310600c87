/* version.h - the version of the headers, and of the library that is linked. */
#ifndef CAIRN_VERSION_H
#define CAIRN_VERSION_H

#define CAIRN_VERSION_MAJOR  0
#define CAIRN_VERSION_MINOR  1
#define CAIRN_VERSION_PATCH  0
#define CAIRN_VERSION_STRING "0.1.0"

#if defined(__GNUC__) || defined(__clang__)
#define CAIRN_API		__attribute__((visibility("default")))
#define CAIRN_MUST_CHECK	__attribute__((warn_unused_result))
#define CAIRN_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define CAIRN_API
#define CAIRN_MUST_CHECK
#define CAIRN_PRINTF(fmt, args)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the linked library, for example "0.1.0". Never freed. */
CAIRN_API const char *cairn_version(void);

#ifdef __cplusplus
}
#endif

#endif
