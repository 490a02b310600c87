/*
 * exec_spawn.c - starting a command: its input, pipes for its outputs, an
 * environment that tells the job, a process group of its own and signals as they were at birth.
 * posix_spawn, because the process has threads. Every descriptor is born close-on-exec: a child
 * started by another thread at the same moment must not hold our pipes open.
 */
#define _GNU_SOURCE /* pipe2, memfd_create, environ */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "exec.h"

#define OUR_PREFIX "CAIRN_JOB_"

/* ---- environment ------------------------------------------------------------- */

struct env {
	char **at;
	size_t count;
	char *texts;
};

static void put_job(FILE *to, const cairn_context *context)
{
	const cairn_job *job = cairn_context_job(context);
	char id[CAIRN_ID_TEXT];
	cairn_id_format(job->id, id);
	fprintf(to, OUR_PREFIX "ID=%s%c", id, 0);
	fprintf(to, OUR_PREFIX "TYPE=%.*s%c", (int)job->type.len, job->type.ptr, 0);
	fprintf(to, OUR_PREFIX "FENCE=%" PRId64 "%c", job->fence, 0);
	fprintf(to, OUR_PREFIX "ATTEMPT=%" PRId32 "%c", job->attempt, 0);
	fprintf(to, OUR_PREFIX "QUEUE=%.*s%c", (int)job->queue.len, job->queue.ptr, 0);
	if (job->tenant.len > 0)
		fprintf(to, OUR_PREFIX "TENANT=%.*s%c", (int)job->tenant.len, job->tenant.ptr, 0);
}

/* Ours, and of the process's own everything that does not look like ours. */
static bool make_env(const cairn_context *context, struct env *env)
{
	size_t len = 0;
	size_t ours = 0;
	size_t inherited = 0;
	FILE *to = open_memstream(&env->texts, &len);
	if (to == NULL)
		return false;
	put_job(to, context);
	if (fclose(to) != 0)
		return false;
	for (size_t i = 0; i < len; i++)
		ours += env->texts[i] == '\0';
	while (environ != NULL && environ[inherited] != NULL)
		inherited++;
	env->at = calloc(ours + inherited + 1, sizeof *env->at);
	if (env->at == NULL)
		return false;
	for (char *text = env->texts; text < env->texts + len; text += strlen(text) + 1)
		env->at[env->count++] = text;
	for (size_t i = 0; i < inherited; i++) {
		if (strncmp(environ[i], OUR_PREFIX, sizeof OUR_PREFIX - 1) != 0)
			env->at[env->count++] = environ[i];
	}
	return true;
}

/* ---- descriptors --------------------------------------------------------------- */

struct files {
	int in;
	int out[2];
	int err[2];
};

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_files(struct files *files)
{
	close_end(&files->in);
	close_end(&files->out[0]);
	close_end(&files->out[1]);
	close_end(&files->err[0]);
	close_end(&files->err[1]);
}

static int unnamed_file(void)
{
#ifdef __linux__
	return memfd_create("cairn-payload", MFD_CLOEXEC);
#else
	char path[] = "/tmp/cairn-payload-XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
#endif
}

/*
 * A file rather than a pipe: whatever becomes of the worker, a command that has been started
 * reads the whole payload, never a part of it that looks whole.
 */
static int make_input(cairn_str payload, int *fd)
{
	*fd = unnamed_file();
	if (*fd < 0)
		return errno;
	while (payload.len > 0) {
		ssize_t n = write(*fd, payload.ptr, payload.len);
		if (n < 0 && errno != EINTR)
			return errno;
		if (n > 0) {
			payload.ptr += n;
			payload.len -= (size_t)n;
		}
	}
	return lseek(*fd, 0, SEEK_SET) < 0 ? errno : 0;
}

static int unblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? errno : 0;
}

/*
 * dup2 onto itself would leave close-on-exec set (a parent without standard descriptors
 * gets 0, 1, 2 from pipe2): move our ends out of the way first.
 */
static int lift(int *fd)
{
	if (*fd > STDERR_FILENO)
		return 0;
	int high = fcntl(*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (high < 0)
		return errno;
	close(*fd);
	*fd = high;
	return 0;
}

static int make_files(cairn_str payload, struct files *files)
{
	*files = (struct files){ -1, { -1, -1 }, { -1, -1 } };
	if (pipe2(files->out, O_CLOEXEC) != 0 || pipe2(files->err, O_CLOEXEC) != 0)
		return errno;
	int e = make_input(payload, &files->in);
	if (e == 0)
		e = unblock(files->out[0]);
	if (e == 0)
		e = unblock(files->err[0]);
	if (e == 0)
		e = lift(&files->in);
	if (e == 0)
		e = lift(&files->out[1]);
	return e != 0 ? e : lift(&files->err[1]);
}

/* ---- start --------------------------------------------------------------------- */

static int set_attributes(posix_spawnattr_t *attr)
{
	sigset_t none;
	sigset_t all;
	sigemptyset(&none);
	sigfillset(&all);
	sigdelset(&all, SIGKILL);
	sigdelset(&all, SIGSTOP);
	int e = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
						       POSIX_SPAWN_SETSIGDEF);
	if (e == 0)
		e = posix_spawnattr_setpgroup(attr, 0);
	if (e == 0)
		e = posix_spawnattr_setsigmask(attr, &none);
	return e != 0 ? e : posix_spawnattr_setsigdefault(attr, &all);
}

static int start(const cairn_exec *exec, const struct files *files, char *const *env, pid_t *pid)
{
	char shell[] = "/bin/sh";
	char flag[] = "-c";
	char *command = exec->argv == NULL ? strdup(exec->command) : NULL;
	char *const by_shell[] = { shell, flag, command, NULL };
	/* posix_spawn promises not to write through it */
	char *const *argv = exec->argv == NULL ? by_shell : (char *const *)(uintptr_t)exec->argv;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	if (exec->argv == NULL && command == NULL)
		return ENOMEM;
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	int e = set_attributes(&attr);
	if (e == 0)
		e = posix_spawn_file_actions_adddup2(&actions, files->in, STDIN_FILENO);
	if (e == 0)
		e = posix_spawn_file_actions_adddup2(&actions, files->out[1], STDOUT_FILENO);
	if (e == 0)
		e = posix_spawn_file_actions_adddup2(&actions, files->err[1], STDERR_FILENO);
	if (e == 0)
		e = posix_spawnp(pid, argv[0], &actions, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	free(command);
	return e;
}

int cairn_worker__spawn(const cairn_exec *exec, const cairn_context *context,
			struct cairn_worker__child *child)
{
	struct env env = { 0 };
	struct files files;
	*child = (struct cairn_worker__child){ .out = -1, .err = -1 };
	int e = make_files(cairn_context_job(context)->payload, &files);
	if (e == 0 && !make_env(context, &env))
		e = ENOMEM;
	if (e == 0)
		e = start(exec, &files, env.at, &child->pid);
	if (e == 0) {
		child->out = files.out[0];
		child->err = files.err[0];
		files.out[0] = files.err[0] = -1;
	}
	close_files(&files);
	free(env.at);
	free(env.texts);
	return e;
}
