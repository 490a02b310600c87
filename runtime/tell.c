/* tell.c - events for the application's observer; without one they cost nothing. */
#include "runtime.h"

void cairn_worker__tell(struct cairn_worker *worker, cairn_worker_event *event)
{
	event->size = sizeof *event;
	if (worker->opts.observe != NULL)
		worker->opts.observe(worker->opts.observe_user, event);
}

void cairn_worker__tell_job(struct cairn_context *slot, enum cairn_worker_event_kind kind)
{
	cairn_worker__tell(slot->worker, &(cairn_worker_event){
						 .kind = kind,
						 .job = &slot->job,
						 .cancel = cairn_context_canceled(slot),
						 .elapsed = cairn_worker__now() - slot->started,
					 });
}

void cairn_worker__tell_end(struct cairn_context *slot, enum cairn_worker_event_kind kind,
			    const cairn_finish *finish, const cairn_changed *changed)
{
	cairn_worker__tell(slot->worker, &(cairn_worker_event){
						 .kind = kind,
						 .how = finish->how,
						 .job = &slot->job,
						 .changed = changed,
						 .error_code = finish->error_code,
						 .error_message = finish->error_message,
						 .elapsed = cairn_worker__now() - slot->started,
						 .cancel = cairn_context_canceled(slot),
					 });
}
