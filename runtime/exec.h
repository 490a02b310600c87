/*
 * exec.h - what the files of the command handler share: a child process with its
 * pipes, what is kept of its output, and how it ended.
 */
#ifndef CAIRN_RUNTIME_EXEC_H
#define CAIRN_RUNTIME_EXEC_H

#include <stdbool.h>
#include <sys/types.h>

#include <cairn/worker.h>

/* The parent's ends; -1 when closed. */
struct cairn_worker__child {
	pid_t pid; /* also its process group */
	int out;
	int err;
};

/* Of stdout the first bytes are kept, of stderr (`last`) the last ones. */
struct cairn_worker__capture {
	char *ptr;
	size_t len;
	size_t cap;
	bool last;
	bool truncated;
};

struct cairn_worker__ended {
	bool lost; /* somebody else reaped it */
	bool signaled;
	int code;		 /* exit status, or the signal */
	enum cairn_cancel cause; /* why it was told to end; NONE: of itself */
};

/* ---- exec_spawn.c ---- */
/* 0, or an errno. */
int cairn_worker__spawn(const cairn_exec *exec, const cairn_context *context,
			struct cairn_worker__child *child);

/* ---- exec_watch.c ---- */
/* Keeps the outputs, ends what overruns; returns when the group is gone. */
void cairn_worker__watch(cairn_context *context, struct cairn_worker__child *child,
			 cairn_usec kill_after, struct cairn_worker__capture *out,
			 struct cairn_worker__capture *err, struct cairn_worker__ended *ended);

/* ---- exec_capture.c ---- */
bool cairn_worker__capture_init(struct cairn_worker__capture *capture, size_t max, bool last);
void cairn_worker__capture_add(struct cairn_worker__capture *capture, const char *bytes,
			       size_t len);
/* Cuts away the halves of characters that keeping only a part has left at its edge. */
void cairn_worker__capture_end(struct cairn_worker__capture *capture, size_t max);
/* The output document; NULL without memory, else to be freed. */
char *cairn_worker__capture_json(int code, const struct cairn_worker__capture *out,
				 const struct cairn_worker__capture *err, size_t *len);

#endif
