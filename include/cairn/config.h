/*
 * config.h - runtime configs: one JSON object per job type, for handlers to read and
 * operators to change while programs run. The library never looks into it.
 */
#ifndef CAIRN_CONFIG_H
#define CAIRN_CONFIG_H

#include <cairn/job.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cairn_config {
	cairn_str type;
	cairn_str config;     /* a JSON object, kept byte for byte */
	cairn_str updated_by; /* who wrote it; absent: not said */
	int32_t version;      /* of the object's schema, above 0 */
	uint32_t reserved0_;
	cairn_time created_at; /* results only */
	cairn_time updated_at;
	uint64_t reserved_[4];
} cairn_config;

typedef struct cairn_configs {
	size_t count;
	const cairn_config *at;
} cairn_configs;

/* How one item of a put ended. */
typedef struct cairn_config_put {
	cairn_status status; /* OK; NOT_FOUND job.definition_not_found */
	cairn_code code;
	enum cairn_disposition disposition; /* EXISTING: the type had one before */
	uint32_t reserved_;
} cairn_config_put;

/*
 * Writes n configs in their order, each new or replaced. One that would not change is not written
 * (its updated_at stands still). INVALID job.invalid_runtime_config for what is no object or has
 * no version, arg.invalid_name. [1 round trip]
 */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_config_put(cairn_conn *conn,
							     const cairn_config *configs, size_t n,
							     cairn_config_put *each,
							     cairn_error *err);

/* Writes those of the n whose type has none yet; never overwrites. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_config_put_if_missing(cairn_conn *conn,
									const cairn_config *configs,
									size_t n,
									cairn_config_put *each,
									cairn_error *err);

/* A type's config as a result of one row; NOT_FOUND job.runtime_config_not_found. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_config_get(cairn_conn *conn, cairn_str type,
							     cairn_configs **config,
							     cairn_error *err);

typedef struct cairn_config_filter {
	size_t size;
	cairn_str type;	 /* exactly this one */
	cairn_str after; /* continue behind this type */
	uint32_t limit;	 /* 1..1000; 0: 100 */
	uint32_t reserved_;
} cairn_config_filter;

/* Ordered by type, by bytes. filter may be NULL. [1 round trip] */
CAIRN_API CAIRN_MUST_CHECK cairn_status cairn_job_config_list(cairn_conn *conn,
							      const cairn_config_filter *filter,
							      cairn_configs **configs,
							      cairn_error *err);

#ifdef __cplusplus
}
#endif

#endif
