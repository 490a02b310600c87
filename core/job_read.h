/* job_read.h - a job filter, checked and turned into a query; for lists and for calls by filter. */
#ifndef CAIRN_JOB_READ_H
#define CAIRN_JOB_READ_H

#include "core.h"

#define CAIRN__ALL_STATUSES 0x3eu

/* statuses: what a filter means that names none. */
cairn_status cairn__job_query(const cairn_job_filter *filter, uint32_t statuses,
			      cairn_job_query *query, cairn_error *err);

#endif
