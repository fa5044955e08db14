/* SPDX-License-Identifier: Apache-2.0
 *
 * Path arithmetic (state-engine.md 10), quirks included: the base is copied as it is, only what is appended is normalised.
 */
#include "replay/paths.h"

#include "replay/state.h"

#define TOO_LONG "/DIR_TOO_LONG/FILENAME_TOO_LONG"

typedef unsigned char vec __attribute__((vector_size(16)));

/* True if "//" or "/." stands somewhere in path, i.e. if there may be something to normalise: sixteen bytes at a time,
 * because nearly every path an open brings goes through here and nearly none needs more. */
static bool needs_work(const char *p, uint32_t len)
{
	uint32_t i = 0;

	for (; i + 17 <= len; i += 16) {
		vec a, b, hit;
		uint64_t w[2];

		memcpy(&a, p + i, 16);
		memcpy(&b, p + i + 1, 16);
		hit = (vec)(a == '/') & ((vec)(b == '/') | (vec)(b == '.'));
		memcpy(w, &hit, 16);
		if (w[0] | w[1])
			return true;
	}
	for (; i + 1 < len; i++)
		if (p[i] == '/' && (p[i + 1] == '/' || p[i + 1] == '.'))
			return true;
	return false;
}

/* ".." in the output: back to and excluding the text after the previous '/'. */
static uint32_t rewind_component(const char *buf, uint32_t n)
{
	if (n <= 1)
		return n;
	/* The output ends with the '/' before the dots; step over it. */
	n--;
	while (n && buf[n - 1] != '/')
		n--;
	return n;
}

static uint32_t append_normalised(char *buf, uint32_t n, const char *p, uint32_t len)
{
	const bool had_base = n > 0;
	uint32_t i = 0;

	while (i < len) {
		const uint32_t left = len - i;
		const char *c = p + i;

		if (*c == '.' && (n == 0 || buf[n - 1] == '/')) {
			if (left >= 2 && c[1] == '.' && (left == 2 || c[2] == '/')) {
				n = rewind_component(buf, n);
				i += left == 2 ? 2 : 3;
				continue;
			}
			if (left == 1 || c[1] == '/') {
				i += left == 1 ? 1 : 2;
				continue;
			}
		} else if (*c == '/' && (n ? buf[n - 1] == '/' : had_base)) {
			i++;
			continue;
		}
		buf[n++] = *c;
		i++;
	}
	return n;
}

uint32_t hc_path_concat(char *buf, struct hc_str base, struct hc_str path)
{
	uint32_t n = 0;

	/* The limit of the reference counts the base also where it is dropped. */
	if ((uint64_t)base.len + path.len + 1 > HC_PATH_SIZE) {
		memcpy(buf, TOO_LONG, sizeof TOO_LONG);
		return sizeof TOO_LONG - 1;
	}
	if (!path.len) {
		buf[0] = '\0';
		return 0;
	}
	if (path.p[0] != '/' && base.len) {
		memcpy(buf, base.p, base.len);
		n = base.len;
	}
	if (path.p[0] != '.' && !needs_work(path.p, path.len)) {
		memcpy(buf + n, path.p, path.len);
		n += path.len;
	} else {
		n = append_normalised(buf, n, path.p, path.len);
	}
	if (n > 1 && buf[n - 1] == '/')
		n--;
	buf[n] = '\0';
	return n;
}

struct hc_str hc_path_dirfd(const struct hc_thread *thread, int64_t dirfd, struct hc_str name, char *buf)
{
	const struct hc_fd *fd;
	struct hc_str s;

	if (name.len && name.p[0] == '/')
		return HC_STR(".");
	if (!thread)
		return HC_STR("<UNKNOWN>");
	if (dirfd == HC_AT_FDCWD)
		return hc_thread_cwd(thread);
	fd = hc_fdtable_get(hc_thread_fds(thread), dirfd);
	if (!fd)
		return HC_STR("<UNKNOWN>");
	s = hc_text_str(fd->name);
	/* A name that does not fit makes concat overflow whatever is appended, so it can be handed on as it is. */
	if (!s.len || s.p[s.len - 1] == '/' || s.len >= HC_PATH_SIZE)
		return s;
	memcpy(buf, s.p, s.len);
	buf[s.len] = '/';
	return (struct hc_str){ buf, s.len + 1 };
}

struct hc_str hc_event_str(struct hc_event *ev, uint32_t k)
{
	uint32_t len;
	const uint8_t *p = hc_event_param(ev, k, &len);
	const uint8_t *nul;

	if (!len)
		return HC_STR("<NA>");
	nul = memchr(p, 0, len);
	if (nul)
		len = (uint32_t)(nul - p);
	if (len == 6 && !memcmp(p, "(NULL)", 6))
		return HC_STR("<NA>");
	return (struct hc_str){ (const char *)p, len };
}
