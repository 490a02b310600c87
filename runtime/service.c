/* service.c - the worker's own threads: started with all signals blocked, and ended within a time. */
#include <signal.h>

#include "runtime.h"

/* Between interrupts: one may come a moment before the call that it is meant for. */
#define AGAIN (20 * CAIRN_MILLISECOND)

bool cairn_worker__service_start(struct service *service, void *(*run)(void *), void *arg)
{
	sigset_t all;
	sigset_t former;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &former);
	service->started = pthread_create(&service->thread, NULL, run, arg) == 0;
	pthread_sigmask(SIG_SETMASK, &former, NULL);
	return service->started;
}

void cairn_worker__service_over(struct service *service)
{
	struct cairn_worker *worker = service->link.worker;
	cairn_worker__unlink(&service->link);
	pthread_mutex_lock(&worker->lock);
	service->over = true;
	pthread_cond_broadcast(&worker->ended);
	pthread_mutex_unlock(&worker->lock);
}

void cairn_worker__service_end(struct cairn_worker *worker, struct service *service,
			       cairn_usec until, bool rouse)
{
	if (!service->started)
		return;
	pthread_mutex_lock(&worker->lock);
	pthread_cond_broadcast(&service->stir);
	while (!service->over) {
		cairn_usec now = cairn_worker__now();
		bool interrupt = rouse || now >= until;
		if (interrupt && service->link.conn != NULL)
			cairn_interrupt(service->link.conn);
		cairn_worker__wait(worker, &worker->ended, interrupt ? now + AGAIN : until);
	}
	pthread_mutex_unlock(&worker->lock);
	pthread_join(service->thread, NULL);
	service->started = false;
}

void cairn_worker__give_up(struct cairn_worker *worker, cairn_status status, const cairn_error *err)
{
	pthread_mutex_lock(&worker->lock);
	if (worker->status == CAIRN_OK) {
		worker->status = status;
		worker->error = *err;
	}
	pthread_mutex_unlock(&worker->lock);
	cairn_worker__nudge(worker);
}
