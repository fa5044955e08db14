/* SPDX-License-Identifier: Apache-2.0
 *
 * See outfile.h.
 */
#include "common/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/cleanup.h"

/* Is the path to be opened as it is? 1, 0 if a file is to be made, or the error. */
static int look(const char *path, struct hc_diag *reterr_diag)
{
	struct stat st;

	if (!stat(path, &st) && !S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? hc_diag_set_off(reterr_diag, -EISDIR, path, -1, "cannot be written: it is a directory") : 1;
	if (!lstat(path, &st) && S_ISLNK(st.st_mode))
		return hc_diag_set_off(reterr_diag, -ELOOP, path, -1,
				       "will not write through a symbolic link; name its target ('-' is standard output)");
	return 0;
}

/* DIR/.NAME.XXXXXX for DIR/NAME: the same file system, out of the way of wildcards. */
static char *hidden_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	int dir = slash ? (int)(slash - path) + 1 : 0;
	struct hc_buf b = { 0 };

	hc_buf_printf(&b, "%.*s.%s.XXXXXX", dir, path, path + dir);
	return b.p;
}

int hc_outfile_open(struct hc_outfile *ret, const char *path, mode_t mode, struct hc_diag *reterr_diag)
{
	struct hc_outfile file = { .name = path, .fd = -1 };
	int there;

	if (!strcmp(path, "-")) {
		file.name = "standard output";
		file.fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		if (file.fd < 0)
			return hc_diag_set(reterr_diag, -errno, "cannot use standard output: %m");
		*ret = file;
		return 0;
	}
	there = look(path, reterr_diag);
	if (there < 0)
		return there;
	if (there) {
		file.fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
		if (file.fd < 0)
			return hc_diag_set_off(reterr_diag, -errno, path, -1, "cannot be written: %m");
		*ret = file;
		return 0;
	}
	file.temp = hidden_name(path);
	file.fd = mkostemp(file.temp, O_CLOEXEC);
	if (file.fd < 0) {
		free(file.temp);
		return hc_diag_set_off(reterr_diag, -errno, path, -1, "cannot create a file beside it: %m");
	}
	if (fchmod(file.fd, mode) < 0) {
		int err = hc_diag_set_off(reterr_diag, -errno, path, -1, "cannot be written: %m");

		hc_outfile_close(&file, false, NULL);
		return err;
	}
	*ret = file;
	return 0;
}

int hc_outfile_close(struct hc_outfile *file, bool keep, struct hc_diag *reterr_diag)
{
	HC_FREE char *temp = TAKE(file->temp);
	HC_CLOSE int fd = TAKE_FD(file->fd);
	int r = 0;

	if (!temp)
		return 0;
	if (keep && fsync(fd) < 0)
		r = hc_diag_set_off(reterr_diag, -errno, file->name, -1, "cannot be written to disk: %m");
	if (keep && !r && rename(temp, file->name) < 0)
		r = hc_diag_set_off(reterr_diag, -errno, file->name, -1, "cannot be put in its place: %m");
	if (!keep || r)
		unlink(temp);
	return r;
}
