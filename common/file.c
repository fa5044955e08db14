/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole files. See file.h.
 */
#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"

enum { CHUNK = 64 << 10 };

int hc_file_read_fd(struct hc_buf *buf, int fd, const char *path, size_t max, struct hc_diag *reterr_diag)
{
	size_t start = buf->len;

	hc_buf_put(buf, "", 0);
	for (;;) {
		ssize_t n = read(fd, hc_buf_room(buf, CHUNK), CHUNK);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return hc_diag_set_off(reterr_diag, -errno, path, -1, "cannot read: %m");
		buf->len += (size_t)n;
		buf->p[buf->len] = '\0';
		if (n == 0)
			return 0;
		if (buf->len - start > max)
			return hc_diag_set_off(reterr_diag, -EFBIG, path, -1, "is bigger than %zu bytes", max);
	}
}

int hc_file_read(struct hc_buf *buf, const char *path, size_t max, struct hc_diag *reterr_diag)
{
	HC_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return hc_diag_set_off(reterr_diag, -errno, path, -1, "cannot open: %m");
	return hc_file_read_fd(buf, fd, path, max, reterr_diag);
}

int hc_file_write_fd(int fd, const void *p, size_t len)
{
	const char *at = p;

	while (len) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int fill(int fd, const void *p, size_t len, mode_t mode)
{
	int r = hc_file_write_fd(fd, p, len);

	if (!r && (fchmod(fd, mode) < 0 || fsync(fd) < 0))
		r = -errno;
	return r;
}

int hc_file_write(const char *path, const void *p, size_t len, mode_t mode, struct hc_diag *reterr_diag)
{
	struct hc_buf temp HC_BUF_DONE = { 0 };
	const char *slash = strrchr(path, '/');
	int dir = slash ? (int)(slash - path) + 1 : 0, r;
	HC_CLOSE int fd = -1;

	if (!strcmp(path, "-")) {
		r = hc_file_write_fd(STDOUT_FILENO, p, len);
		return r ? hc_diag_set(reterr_diag, r, "cannot write to standard output: %s", strerror(-r)) : 0;
	}
	/* DIR/.NAME.XXXXXX: the same file system, out of the way of wildcards. */
	hc_buf_printf(&temp, "%.*s.%s.XXXXXX", dir, path, path + dir);
	fd = mkostemp(temp.p, O_CLOEXEC);
	if (fd < 0)
		return hc_diag_set_off(reterr_diag, -errno, path, -1, "cannot create a file beside it: %m");
	r = fill(fd, p, len, mode);
	if (r) {
		unlink(temp.p);
		return hc_diag_set_off(reterr_diag, r, path, -1, "cannot be written: %s", strerror(-r));
	}
	if (rename(temp.p, path) < 0) {
		r = hc_diag_set_off(reterr_diag, -errno, path, -1, "cannot be put in its place: %m");
		unlink(temp.p);
		return r;
	}
	return 0;
}
