/*
 * fork.h - between a worker and a handler in a forked child: frames over a socket, and a page that
 * both see.
 */
#ifndef CAIRN_RUNTIME_FORK_H
#define CAIRN_RUNTIME_FORK_H

#include <stdatomic.h>
#include <stdint.h>

#include <cairn/worker.h>

enum frame {
	FRAME_STAGE = 1, /* text */
	FRAME_CHECKPOINT,
	FRAME_PROGRESS, /* struct progress_frame */
	FRAME_LOG,	/* struct log_frame, message, data */
	FRAME_FLUSH,	/* nothing; answered with a cairn_status */
	FRAME_OUTPUT,
	FRAME_CODE,
	FRAME_MESSAGE,
	FRAME_RESULT /* struct result_frame: the last one */
};

/* Every frame starts so; size bytes follow. */
struct frame_head {
	uint32_t kind;
	uint32_t size;
};

struct progress_frame {
	int64_t done;
	int64_t total;
};

struct log_frame {
	uint32_t level;
	uint32_t message; /* bytes of the message; the rest is data */
};

struct result_frame {
	int32_t how;
	int32_t reserved_;
	cairn_time not_before;
	cairn_usec delay;
};

struct child {
	int fd;
	atomic_int *cancel; /* in shared memory: why to give up */
};

/* ---- fork_child.c: the child's side ---- */
enum cairn_cancel cairn_worker__child_canceled(const struct child *child);
enum cairn_cancel cairn_worker__child_wait(const cairn_context *context, cairn_usec duration);
void cairn_worker__child_text(const struct child *child, enum frame kind, cairn_str text);
void cairn_worker__child_progress(const struct child *child, int64_t done, int64_t total);
void cairn_worker__child_log(const struct child *child, enum cairn_log_level level,
			     cairn_str message, cairn_str data);
cairn_status cairn_worker__child_flush(const struct child *child);
/* Runs the function and ends the process. */
_Noreturn void cairn_worker__child_run(const cairn_fork *given, cairn_context *context,
				       struct child *child);

#endif
