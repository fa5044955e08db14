/* SPDX-License-Identifier: Apache-2.0
 *
 * Starting the recorded command (record/command.h).
 */
#include "record/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/mem.h"

enum { EXIT_OWN_FAILURE = 125, EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127 };

/* The file a name without slash stands for, as execvp finds it; searched before the recording, or every directory of
 * PATH in vain would be a failed exec in it. NULL: there is none. To be freed. */
static char *find_program(const char *name)
{
	const char *path = getenv("PATH"), *end;

	if (strchr(name, '/'))
		return hc_strdup(name);
	for (path = path ? path : "/usr/local/bin:/usr/bin:/bin"; path; path = *end ? end + 1 : NULL) {
		char *file HC_FREE = NULL;
		struct stat st;

		end = strchrnul(path, ':');
		if (asprintf(&file, "%.*s%s%s", (int)(end - path), path, end > path ? "/" : "", name) < 0)
			file = NULL;
		else if (!access(file, X_OK) && !stat(file, &st) && S_ISREG(st.st_mode))
			return TAKE(file);
	}
	return NULL;
}

static void __attribute__((noreturn)) child_main(const char *program, char **argv, int go, int error)
{
	char byte;
	ssize_t n;
	int err;

	do
		n = read(go, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(EXIT_OWN_FAILURE); /* the recorder could not start, and has said why */
	if (program)
		execv(program, argv);
	err = program ? errno : ENOENT;
	n = write(error, &err, sizeof err);
	_exit(EXIT_OWN_FAILURE);
}

int hc_child_start(struct hc_child *child, char **argv, struct hc_diag *reterr_diag)
{
	char *program HC_FREE = find_program(argv[0]);
	int go[2], error[2];

	if (pipe2(go, O_CLOEXEC))
		return hc_diag_set(reterr_diag, -errno, "cannot start %s: %s", argv[0], strerror(errno));
	if (pipe2(error, O_CLOEXEC)) {
		close(go[0]);
		close(go[1]);
		return hc_diag_set(reterr_diag, -errno, "cannot start %s: %s", argv[0], strerror(errno));
	}
	child->pid = fork();
	if (child->pid == 0) {
		close(go[1]);
		close(error[0]);
		child_main(program, argv, go[0], error[1]);
	}
	close(go[0]);
	close(error[1]);
	child->go = go[1];
	child->error = error[0];
	if (child->pid < 0)
		return hc_diag_set(reterr_diag, -errno, "cannot start %s: %s", argv[0], strerror(errno));
	child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
	if (child->pidfd < 0)
		return hc_diag_set(reterr_diag, -errno, "cannot watch the process of %s: %s", argv[0], strerror(errno));
	return 0;
}

int hc_child_release(struct hc_child *child, const char *name, struct hc_diag *reterr_diag)
{
	int err = 0;
	ssize_t n = write(child->go, "", 1);

	close(TAKE_FD(child->go));
	/* exec closes the other end; until then this waits */
	do
		n = read(child->error, &err, sizeof err);
	while (n < 0 && errno == EINTR);
	close(TAKE_FD(child->error));
	if (n != sizeof err)
		return 0;
	hc_child_reap(child);
	hc_diag_set(reterr_diag, -err, "cannot run %s: %s", name, strerror(err));
	return err == ENOENT || err == ENOTDIR ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
}

int hc_child_reap(struct hc_child *child)
{
	int status;
	pid_t r;

	do
		r = waitpid(child->pid, &status, 0);
	while (r < 0 && errno == EINTR);
	child->pid = -1;
	if (r < 0)
		return EXIT_OWN_FAILURE;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void hc_child_done(struct hc_child *child)
{
	if (child->go >= 0)
		close(TAKE_FD(child->go));
	if (child->error >= 0)
		close(TAKE_FD(child->error));
	if (child->pidfd >= 0)
		close(TAKE_FD(child->pidfd));
}
