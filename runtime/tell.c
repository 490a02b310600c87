/* tell.c - events for the application's observer, one at a time; without one they cost nothing. */
#include "runtime.h"

void cairn_worker__tell(struct cairn_worker *worker, cairn_worker_event *event)
{
	if (worker->opts.observe == NULL)
		return;
	event->size = sizeof *event;
	pthread_mutex_lock(&worker->telling);
	worker->opts.observe(worker->opts.observe_user, event);
	pthread_mutex_unlock(&worker->telling);
}

void cairn_worker__tell_trouble(struct cairn_worker *worker, const cairn_error *err)
{
	atomic_fetch_add(&worker->troubles, 1);
	cairn_worker__tell(worker,
			   &(cairn_worker_event){ .kind = CAIRN_WORKER_TROUBLE, .error = err });
}

static cairn_usec elapsed(const struct cairn_context *job)
{
	return job->started > 0 ? cairn_worker__now() - job->started : 0;
}

void cairn_worker__tell_job(struct cairn_context *job, enum cairn_worker_event_kind kind)
{
	cairn_worker__tell(job->worker, &(cairn_worker_event){
						.kind = kind,
						.job = &job->job,
						.cancel = cairn_context_canceled(job),
						.elapsed = elapsed(job),
					});
}

void cairn_worker__tell_end(struct cairn_context *job, enum cairn_worker_event_kind kind,
			    const cairn_finish *finish, const cairn_changed *changed)
{
	cairn_worker__tell(job->worker, &(cairn_worker_event){
						.kind = kind,
						.how = finish->how,
						.job = &job->job,
						.changed = changed,
						.error_code = finish->error_code,
						.error_message = finish->error_message,
						.elapsed = elapsed(job),
						.cancel = cairn_context_canceled(job),
					});
}
