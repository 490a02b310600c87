/*
 * sys/catalog.h - what a driver knows besides jobs and their definitions: runtime
 * configs, and the counting of what goes on. Four slots.
 */
#ifndef CAIRN_SYS_CATALOG_H
#define CAIRN_SYS_CATALOG_H

#include <cairn/config.h>
#include <cairn/metrics.h>
#include <cairn/sys/driver.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- runtime configs --------------------------------------------------- */

typedef struct cairn_config_plan {
	const cairn_config *configs;
	size_t n;
	uint32_t keep; /* 1: what is there stays; 0: it is replaced where it differs */
	uint32_t reserved_;
} cairn_config_plan;

enum cairn_config_result {
	CAIRN_CONFIG_NO_DEFINITION = 0,
	CAIRN_CONFIG_NEW,
	CAIRN_CONFIG_FOUND /* there was one; it was replaced or kept as the plan says */
};

/*
 * Writes configs of types that have a definition, disabled or not: created_at of a new row and
 * updated_at of a written one are now. Of a type that stands twice in the plan the last one
 * counts, with keep the first; both are answered alike.
 */
typedef cairn_status cairn_config_put_fn(void *self, const cairn_config_plan *plan,
					 enum cairn_config_result *each, cairn_error *err);

typedef struct cairn_config_query {
	cairn_str type;	 /* exactly this one, if present */
	cairn_str after; /* types above it by bytes */
	uint32_t limit;
	uint32_t reserved_;
} cairn_config_query;

/* Pushes cairn_config rows by type. */
typedef cairn_status cairn_configs_fn(void *self, const cairn_config_query *query, cairn_rows *rows,
				      cairn_error *err);

/* ---- numbers ------------------------------------------------------------ */

typedef struct cairn_metrics_query {
	cairn_scope scope;
	cairn_str type;	 /* exactly this one, if present */
	cairn_str after; /* types above it by bytes */
	cairn_usec window;
	uint32_t limit;
	uint32_t reserved_;
} cairn_metrics_query;

/*
 * Pushes a cairn_type_metrics row for each definition by type, and tells the time it used.
 * In the window is what lies at or after now - window: attempts by finished_at, dead letters
 * by failed_at. A percentile p of n sorted durations is the one at position p * (n - 1), taken
 * between its neighbours in proportion and rounded to the next microsecond. A job's run was begun by
 * a continuation if an attempt of the run before it ended CONTINUED.
 */
typedef cairn_status cairn_metrics_fn(void *self, const cairn_metrics_query *query, cairn_time *now,
				      cairn_rows *rows, cairn_error *err);

/* Fills in everything but size, from zeroes; ended windows as above. */
typedef cairn_status cairn_summary_fn(void *self, const cairn_scope *scope, cairn_summary *summary,
				      cairn_error *err);

typedef struct cairn_catalog_ops {
	size_t size;
	cairn_config_put_fn *config_put;
	cairn_configs_fn *configs;
	cairn_metrics_fn *metrics;
	cairn_summary_fn *summary;
} cairn_catalog_ops;

#ifdef __cplusplus
}
#endif

#endif
