/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading small files and links of /proc, whole and bounded. Nothing here is an event of its own: a failed read means a
 * task that vanished, and the caller leaves it out.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/mem.h"
#include "record/snapshot-parts.h"

void *hc_vec_push(struct hc_vec *vec, size_t size)
{
	if (vec->n == vec->cap) {
		vec->cap = vec->cap ? vec->cap * 2 : 64;
		vec->p = hc_realloc(vec->p, vec->cap * size);
	}
	return memset(vec->p + size * vec->n++, 0, size);
}

int hc_proc_read(int dir, const char *name, struct hc_buf *buf, size_t max)
{
	int fd HC_CLOSE = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	hc_buf_reset(buf);
	if (fd < 0)
		return -errno;
	while (buf->len < max) {
		size_t want = max - buf->len < 65536 ? max - buf->len : 65536;
		ssize_t n = read(fd, hc_buf_room(buf, want), want);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		buf->len += (size_t)n;
	}
	hc_buf_room(buf, 0)[0] = '\0';
	return 0;
}

struct hc_str hc_proc_str(struct hc_arena *arena, const char *p, size_t len, size_t max)
{
	if (len > max)
		len = max;
	return (struct hc_str){ hc_arena_dupn(arena, p, len), (uint32_t)len };
}

int hc_proc_link(struct hc_arena *arena, int dir, const char *name, size_t max, struct hc_str *ret)
{
	char target[4096];
	ssize_t n = readlinkat(dir, name, target, sizeof target);

	if (n < 0)
		return -errno;
	*ret = hc_proc_str(arena, target, (size_t)n, max);
	return 0;
}

const char *hc_proc_value(const struct hc_buf *buf, const char *key)
{
	size_t len = strlen(key);

	for (const char *line = buf->p; line && *line; line = strchr(line, '\n')) {
		if (*line == '\n')
			line++;
		if (!strncmp(line, key, len)) {
			line += len;
			return line + strspn(line, " \t");
		}
	}
	return NULL;
}

uint32_t hc_proc_dev(uint32_t major, uint32_t minor)
{
	return (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
}
