/* SPDX-License-Identifier: Apache-2.0
 *
 * See output.h.
 */
#include "formats/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "common/cleanup.h"

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

int hc_output_open(struct hc_output *ret, const char *path, const struct hc_writer_options *options,
		   struct hc_diag *reterr_diag)
{
	struct hc_output o = { 0 };
	int r, fd;

	catch_signals();
	r = hc_outfile_open(&o.file, path, 0600, reterr_diag);
	if (r)
		return r;
	/* The writer closes its descriptor; the file's is needed after that. */
	fd = fcntl(o.file.fd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		r = hc_diag_set_off(reterr_diag, -errno, o.file.name, -1, "cannot be written: %m");
	else
		r = hc_writer_open(&o.writer, fd, o.file.name, options, reterr_diag);
	if (r) {
		hc_outfile_close(&o.file, false, NULL);
		return r;
	}
	*ret = o;
	return 0;
}

int hc_output_close(struct hc_output *o, bool keep, struct hc_diag *reterr_diag)
{
	int r = hc_writer_close(TAKE(o->writer), reterr_diag);
	int closed = hc_outfile_close(&o->file, keep && !r, r ? NULL : reterr_diag);

	return r ? r : closed;
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
