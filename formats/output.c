/* SPDX-License-Identifier: Apache-2.0
 *
 * Atomically written output files.
 */
#include "formats/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/mem.h"

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
	interrupted = sig;
}

bool hc_output_interrupted(void)
{
	return interrupted != 0;
}

static void catch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = on_signal };

	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		struct sigaction old;

		/* Not where the caller has them ignored (nohup). */
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
}

/* DIR/.NAME.XXXXXX for DIR/NAME: the same file system, out of the way of wildcards. */
static char *temp_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	int dir = slash ? (int)(slash - path) + 1 : 0;
	struct hc_buf b = { 0 };

	hc_buf_printf(&b, "%.*s.%s.XXXXXX", dir, path, path + dir);
	return b.p;
}

int hc_output_open(struct hc_output *ret, const char *path, const struct hc_writer_options *options,
		   struct hc_diag *reterr_diag)
{
	struct hc_output o = { .fd = -1 };
	int fd, r;

	if (!strcmp(path, "-")) {
		fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
		if (fd < 0)
			return hc_diag_set(reterr_diag, -errno, "cannot use standard output: %m");
	} else {
		o.path = hc_strdup(path);
		o.temp = temp_name(path);
		fd = mkostemp(o.temp, O_CLOEXEC);
		if (fd < 0) {
			r = hc_diag_set_off(reterr_diag, -errno, path, -1, "cannot create a file beside it: %m");
			free(o.path);
			free(o.temp);
			return r;
		}
		o.fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	}
	catch_signals();
	r = hc_writer_open(&o.writer, fd, o.path ? o.path : "standard output", options, reterr_diag);
	if (r < 0) {
		hc_output_close(&o, false, NULL);
		return r;
	}
	*ret = o;
	return 0;
}

int hc_output_close(struct hc_output *o, bool keep, struct hc_diag *reterr_diag)
{
	int r = hc_writer_close(o->writer, reterr_diag);

	if (o->temp) {
		keep = keep && !r;
		if (keep && fsync(o->fd) < 0)
			r = hc_diag_set_off(reterr_diag, -errno, o->path, -1, "cannot be written to disk: %m");
		if (keep && !r && rename(o->temp, o->path) < 0)
			r = hc_diag_set_off(reterr_diag, -errno, o->path, -1, "cannot be put in its place: %m");
		if (!keep || r)
			unlink(o->temp);
	}
	if (o->fd >= 0)
		close(o->fd);
	free(o->path);
	free(o->temp);
	*o = (struct hc_output){ .fd = -1 };
	return r;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

int hc_output_compression(const char *option, const char *path, enum hc_compress *ret)
{
	if (!option) {
		*ret = ends_with(path, ".zst") ? HC_COMPRESS_ZSTD : ends_with(path, ".gz") ? HC_COMPRESS_GZIP : HC_COMPRESS_NONE;
		return 0;
	}
	if (!strcmp(option, "zstd"))
		*ret = HC_COMPRESS_ZSTD;
	else if (!strcmp(option, "gzip"))
		*ret = HC_COMPRESS_GZIP;
	else if (!strcmp(option, "none"))
		*ret = HC_COMPRESS_NONE;
	else
		return -EINVAL;
	return 0;
}
