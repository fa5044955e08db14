/* SPDX-License-Identifier: Apache-2.0
 *
 * Sources of stored bytes. The window grows to HC_SOURCE_WANT_MAX at most; reads are as big as it allows. Files are
 * read, not mapped: a file cut short while it is read must give an end of file, not a SIGBUS.
 */
#include "formats/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/mem.h"

enum {
	CAP_FIRST = 256 << 10,
	FOLLOW_POLL_MS = 100, /* how often a followed file is looked at */
};

static ssize_t read_fd(struct hc_source *s, void *buf, size_t cap)
{
	for (;;) {
		ssize_t n = read(s->fd, buf, cap);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n > 0 || !s->follow || atomic_load(&s->stop))
			return n;
		nanosleep(&(struct timespec){ .tv_nsec = FOLLOW_POLL_MS * 1000000L }, NULL);
	}
}

static void done_fd(struct hc_source *s)
{
	if (s->fd > STDERR_FILENO)
		close(s->fd);
}

static ssize_t read_nothing(struct hc_source *s, void *buf, size_t cap)
{
	return 0;
}

struct hc_source *hc_source_new(ssize_t (*read)(struct hc_source *, void *, size_t), void (*done)(struct hc_source *),
				void *ctx)
{
	struct hc_source *s = hc_calloc(1, sizeof *s);

	s->read = read;
	s->done = done;
	s->ctx = ctx;
	s->fd = -1;
	return s;
}

/* ARCHIVE:MEMBER, split at the first colon that has a file before it, or - for standard input. */
static int open_member(const char *path, char **ret_member)
{
	int fd = -1;

	for (const char *colon = strchr(path, ':'); colon && fd < 0; colon = strchr(colon + 1, ':')) {
		HC_FREE char *archive = hc_strndup(path, (size_t)(colon - path));

		fd = strcmp(archive, "-") ? open(archive, O_RDONLY | O_CLOEXEC | O_NOCTTY) : STDIN_FILENO;
		if (fd >= 0)
			*ret_member = hc_strdup(colon + 1);
	}
	if (fd < 0)
		errno = ENOENT;
	return fd;
}

int hc_source_open(struct hc_source **ret, const char *path, bool follow, struct hc_diag *reterr_diag)
{
	HC_CLOSE int fd = -1;
	HC_FREE char *member = NULL;
	struct hc_source *s;
	struct stat st;

	if (!strcmp(path, "-"))
		fd = STDIN_FILENO;
	else
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		fd = open_member(path, &member);
	if (fd < 0)
		return hc_diag_set_off(reterr_diag, -errno, path, -1, "cannot open: %m");
	if (fstat(fd, &st) < 0)
		return hc_diag_set_off(reterr_diag, -errno, path, -1, "cannot stat: %m");
	if (S_ISDIR(st.st_mode))
		return hc_diag_set_off(reterr_diag, -EISDIR, path, -1, "is a directory; name a capture file in it");
	s = hc_source_new(read_fd, done_fd, NULL);
	s->fd = TAKE_FD(fd);
	s->member = TAKE(member);
	s->follow = follow;
	s->eager = follow || !S_ISREG(st.st_mode);
	if (S_ISREG(st.st_mode) && !follow)
		s->size = (uint64_t)st.st_size;
	*ret = s;
	return 0;
}

struct hc_source *hc_source_new_memory(const void *p, size_t len)
{
	struct hc_source *s = hc_source_new(read_nothing, NULL, NULL);

	s->p = p;
	s->len = len;
	s->size = len;
	return s;
}

struct hc_source *hc_source_close(struct hc_source *s)
{
	if (!s)
		return NULL;
	if (s->done)
		s->done(s);
	free(s->buf);
	free(s->member);
	free(s);
	return NULL;
}

/* Makes room behind the unread bytes: first by moving them to the front, then by growing. */
static void make_room(struct hc_source *s, size_t room)
{
	size_t need = s->len + room;

	if (s->buf && (size_t)(s->p - s->buf) + need <= s->cap)
		return;
	if (s->cap < need) {
		size_t cap = s->cap ? s->cap : CAP_FIRST;
		uint8_t *buf;

		while (cap < need)
			cap *= 2;
		buf = hc_malloc(cap);
		if (s->len)
			memcpy(buf, s->p, s->len);
		free(s->buf);
		s->buf = buf;
		s->cap = cap;
	} else if (s->len) {
		memmove(s->buf, s->p, s->len);
	}
	s->p = s->buf;
}

ssize_t hc_source_more(struct hc_source *s)
{
	size_t room;
	ssize_t n;

	if (s->read == read_nothing || s->err)
		return s->err;
	if (s->len == 0 && s->buf)
		s->p = s->buf;
	make_room(s, CAP_FIRST / 2);
	room = s->cap - (size_t)(s->p - s->buf) - s->len;
	n = s->read(s, s->buf + (s->p - s->buf) + s->len, room);
	if (n > 0)
		s->len += (size_t)n;
	else if (n < 0)
		s->err = (int)n;
	s->eof = n == 0;
	return n;
}

int hc_source_want(struct hc_source *s, size_t want)
{
	while (s->len < want) {
		ssize_t n;

		if (s->read == read_nothing)
			return 0;
		make_room(s, want - s->len);
		n = hc_source_more(s);
		if (n <= 0)
			return s->len ? 0 : (int)n;
	}
	return 0;
}

void hc_source_skip(struct hc_source *s, size_t n)
{
	s->p += n;
	s->len -= n;
	s->off += n;
}
