/* job_turn.h - the parts of a turn: what the single verbs check and plan, each in its own file. */
#ifndef CAIRN_JOB_TURN_H
#define CAIRN_JOB_TURN_H

#include "core.h"

/* job_finish.c; planning reads what a lease made by hand lacks */
cairn_status cairn__check_finishes(cairn_conn *conn, const cairn_finish *items, size_t n,
				   cairn_error *err);
cairn_status cairn__plan_finishes(cairn_conn *conn, const cairn_finish *items, size_t n,
				  cairn_change *changes, cairn_error *err);

/* job_work.c */
cairn_status cairn__check_reports(cairn_conn *conn, const cairn_progress *items, size_t n,
				  cairn_error *err);
/* *lease is what was given, or the default. */
cairn_status cairn__check_beats(const cairn_lease *leases, size_t n, cairn_usec given,
				cairn_usec *lease, cairn_error *err);

/* job_log.c */
cairn_status cairn__check_lines(cairn_conn *conn, const cairn_log_line *lines, size_t n,
				cairn_error *err);
void cairn__plan_line(const cairn_log_line *line, cairn_log_item *item);
/* Answers from what the driver hit, explained where it did not. */
cairn_status cairn__judge_lines(cairn_conn *conn, const cairn_log_line *lines, size_t n,
				const enum cairn_hit *hits, cairn_changed *each, cairn_error *err);

#endif
