/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole files. See file.h.
 */
#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/outfile.h"

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

void hc_file_hold_standard(void)
{
	int fd;

	do /* no device is needed for O_PATH, as /dev can be missing; a COMMAND run later finds the stream closed, as it was */
		fd = open("/", O_PATH | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
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

int hc_file_write(const char *path, const void *p, size_t len, mode_t mode, struct hc_diag *reterr_diag)
{
	struct hc_outfile file;
	int r = hc_outfile_open(&file, path, mode, reterr_diag), closed;

	if (r)
		return r;
	r = hc_file_write_fd(file.fd, p, len);
	if (r)
		hc_diag_set_off(reterr_diag, r, file.name, -1, "cannot be written: %s", strerror(-r));
	closed = hc_outfile_close(&file, !r, r ? NULL : reterr_diag);
	return r ? r : closed;
}
