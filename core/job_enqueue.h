/* job_enqueue.h - what enqueueing a job and recording an intent share: checks and plans. */
#ifndef CAIRN_JOB_ENQUEUE_H
#define CAIRN_JOB_ENQUEUE_H

#include "core.h"

#include <cairn/sys/json.h>

/* A request that could be enqueued, as far as that can be told without I/O. */
cairn_status cairn__job_check(const cairn_conn *conn, const cairn_job_new *job, cairn_error *err);

/* The row of a request, under a new id; what stays open comes from the definition. */
void cairn__job_plan(const cairn_job_new *job, cairn_job_insert *row);

/* Checked requests as a driver gets them. */
struct cairn__requests {
	cairn_conn *conn;
	cairn_job_insert *rows;
	size_t n;
	cairn_text text; /* their canonical forms */
};

/* n > 0. It needs an end either way. */
cairn_status cairn__requests_begin(struct cairn__requests *requests, cairn_conn *conn,
				   const cairn_job_new *given, size_t n, cairn_error *err);
void cairn__requests_end(struct cairn__requests *requests);

/* Appends the canonical request of each keyed row to one text, and sets request and hash. */
cairn_status cairn__job_requests(cairn_job_insert *rows, size_t n, cairn_text *text,
				 cairn_error *err);

/* What the driver's answer means for the item. */
void cairn__job_judge(const cairn_job_insert *row, const cairn_job_inserted *result,
		      cairn_job_added *each);

#endif
