/*
 * mutant_log.c - the slots of session logs as a mutant has them. (mutant.c)
 */
#include <stdlib.h>

#include "mutant.h"

static const ct_mutant *active;

static cairn_status on_append(void *self, const cairn_log_plan *plan, enum cairn_log_result *result,
			      int64_t *head, cairn_error *err)
{
	cairn_log_plan mine = *plan;
	cairn_log_event *events = ct_copy_of(plan->events, plan->n, sizeof(*events));
	for (size_t i = 0; i < plan->n && active->log_event; i++)
		active->log_event(&events[i]);
	mine.events = events;
	if (active->log_append)
		active->log_append(&mine);
	cairn_log_append_fn *slot =
		active->log_append_slot ? active->log_append_slot : ct_real_ops()->log.append;
	cairn_status status = slot(self, &mine, result, head, err);
	if (status == CAIRN_OK && active->log_appended)
		active->log_appended(*result, head);
	free(events);
	return status;
}

static cairn_status on_read(void *self, const cairn_log_query *query, cairn_log_place *place,
			    cairn_rows *rows, cairn_error *err)
{
	cairn_log_query mine = *query;
	if (active->log_read && query->limit > 0)
		active->log_read(&mine);
	cairn_status status = ct_real_ops()->log.read(self, &mine, place, rows, err);
	if (status == CAIRN_OK && active->log_place)
		active->log_place(place);
	return status;
}

static cairn_status on_archive(void *self, const cairn_log_cut *cut, size_t *removed, int *existed,
			       cairn_error *err)
{
	cairn_log_cut mine = *cut;
	if (active->log_cut)
		active->log_cut(&mine);
	return ct_real_ops()->log.archive(self, &mine, removed, existed, err);
}

static cairn_status on_list(void *self, const cairn_log_list_query *query, cairn_rows *rows,
			    cairn_error *err)
{
	cairn_log_list_query mine = *query;
	if (active->log_list)
		active->log_list(&mine);
	return ct_real_ops()->log.list(self, &mine, rows, err);
}

bool ct_mutates_log(const ct_mutant *mutant)
{
	return mutant->log_append || mutant->log_event || mutant->log_appended ||
	       mutant->log_read || mutant->log_place || mutant->log_cut || mutant->log_list ||
	       mutant->log_append_slot || mutant->log_wait_slot;
}

void ct_wrap_log(cairn_log_ops *log, const ct_mutant *mutant)
{
	active = mutant;
	*log = ct_real_ops()->log;
	log->append = on_append;
	log->read = on_read;
	log->archive = on_archive;
	log->list = on_list;
	if (mutant->log_wait_slot && log->wait)
		log->wait = mutant->log_wait_slot;
}
