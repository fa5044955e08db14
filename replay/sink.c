/* SPDX-License-Identifier: Apache-2.0
 *
 * Alert outputs. A sink that fails keeps its error for the end; the others go on.
 */
#include "replay/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"

extern char **environ;

static void add(struct hc_sinks *sinks, FILE *f, const char *name, pid_t pid)
{
	sinks->items[sinks->n++] = (struct hc_sink){ .f = f, .name = name, .pid = pid };
}

void hc_sinks_stdout(struct hc_sinks *sinks)
{
	add(sinks, stdout, "standard output", 0);
}

int hc_sinks_file(struct hc_sinks *sinks, const char *path, struct hc_diag *reterr_diag)
{
	HC_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	FILE *f = fd >= 0 ? fdopen(fd, "a") : NULL;

	if (!f)
		return hc_diag_set(reterr_diag, -errno, "cannot write alerts to %s: %s", path, strerror(errno));
	TAKE_FD(fd);
	add(sinks, f, path, 0);
	return 0;
}

int hc_sinks_program(struct hc_sinks *sinks, const char *program, struct hc_diag *reterr_diag)
{
	char *argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, (char *)program, NULL };
	HC_CLOSE int in = -1;
	HC_CLOSE int out = -1;
	posix_spawn_file_actions_t actions;
	int fds[2], r;
	pid_t pid;
	FILE *f;

	if (pipe2(fds, O_CLOEXEC))
		return hc_diag_set(reterr_diag, -errno, "cannot make a pipe to %s: %s", program, strerror(errno));
	in = fds[0];
	out = fds[1];
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	r = posix_spawn(&pid, "/bin/sh", &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (r)
		return hc_diag_set(reterr_diag, -r, "cannot start %s: %s", program, strerror(r));
	f = fdopen(out, "w");
	if (!f)
		return hc_diag_set(reterr_diag, -errno, "cannot write to %s: %s", program, strerror(errno));
	TAKE_FD(out);
	add(sinks, f, program, pid);
	return 0;
}

void hc_sinks_put(struct hc_sinks *sinks, const struct hc_buf *line)
{
	for (unsigned i = 0; i < sinks->n; i++) {
		struct hc_sink *s = &sinks->items[i];

		if (s->error)
			continue;
		if (fwrite(line->p, 1, line->len, s->f) != line->len || (sinks->flush && fflush(s->f)))
			s->error = errno ? errno : EIO;
	}
}

int hc_sinks_close(struct hc_sinks *sinks, struct hc_diag *reterr_diag)
{
	int r = 0;

	for (unsigned i = 0; i < sinks->n; i++) {
		struct hc_sink *s = &sinks->items[i];
		bool bad = s->f == stdout ? fflush(s->f) : fclose(s->f);

		if (bad && !s->error)
			s->error = errno;
		if (s->error && !r && s->f != stdout) /* the front speaks for standard output */
			r = hc_diag_set(reterr_diag, -s->error, "cannot write alerts to %s: %s", s->name, strerror(s->error));
		if (s->pid)
			while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
				;
	}
	sinks->n = 0;
	return r;
}
