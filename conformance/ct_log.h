/* ct_log.h - steps that cases about session logs need. (ct_log.c) */
#ifndef CT_LOG_H
#define CT_LOG_H

#include "ct.h"

/* Events without a kind whose documents are {"n":first} and so on. */
void ct_log_fill(cairn_log_event *events, size_t n, int64_t first);
/* A batch that expects nothing. */
cairn_log_batch ct_log_batch(const char *thread, const cairn_log_event *events, size_t n);
/* Appends n (at most 100) events to a thread of tenant "t"; the log had none, or ct_log_fill()ed ones. */
int64_t ct_log_append(cairn_conn *conn, const char *thread, size_t n);
const cairn_log_events *ct_log_read(cairn_conn *conn, const char *thread, int64_t after,
				    uint32_t limit);
size_t ct_log_archive(cairn_conn *conn, const char *thread, int64_t upto);
/* The log of tenant "t" has this head and watermark, and the events between are those of ct_log_fill(). */
void ct_log_is(cairn_conn *conn, const char *thread, int64_t head, int64_t watermark);

#endif
