/* SPDX-License-Identifier: Apache-2.0
 *
 * See record/watch.h. A path is watched through the directory it is in, because what is there is replaced rather than
 * written: files by editors, directories by whoever deploys. A directory is watched itself as well.
 */
#include "record/watch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/mem.h"

enum {
	INSIDE = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE,
	BESIDE = INSIDE | IN_CREATE, /* directories only: a file counts once it is written */
};

struct entry {
	char *path;
	const char *name; /* its last part */
	int beside; /* watch of the directory it is in; negative: none */
	int inside; /* watch of the directory it is; negative: none, or it is none */
};

struct hc_watch {
	int fd;
	struct entry *entries;
	size_t n;
};

/* What is at the path now: after a change it may be another directory. */
static void look_inside(struct hc_watch *watch, struct entry *e)
{
	struct stat st;

	e->inside = !stat(e->path, &st) && S_ISDIR(st.st_mode) ? inotify_add_watch(watch->fd, e->path, INSIDE | IN_MASK_ADD) : -1;
}

struct hc_watch *hc_watch_new(char *const *paths, size_t n)
{
	struct hc_watch *watch = hc_calloc(1, sizeof *watch);

	watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	watch->entries = hc_calloc(n, sizeof *watch->entries);
	for (watch->n = 0; watch->fd >= 0 && watch->n < n; watch->n++) {
		const char *path = paths[watch->n], *slash = strrchr(path, '/');
		char *dir HC_FREE = slash ? hc_strndup(path, slash == path ? 1 : (size_t)(slash - path)) : hc_strdup(".");
		struct entry *e = &watch->entries[watch->n];

		e->path = hc_strdup(path);
		e->name = e->path + (slash ? slash + 1 - path : 0);
		e->beside = inotify_add_watch(watch->fd, dir, BESIDE | IN_MASK_ADD);
		look_inside(watch, e);
	}
	return watch;
}

struct hc_watch *hc_watch_free(struct hc_watch *watch)
{
	if (!watch)
		return NULL;
	for (size_t i = 0; i < watch->n; i++)
		free(watch->entries[i].path);
	free(watch->entries);
	if (watch->fd >= 0)
		close(watch->fd);
	free(watch);
	return NULL;
}

bool hc_watch_is_newer(char *const *paths, size_t n, struct timespec than)
{
	struct stat st;

	for (size_t i = 0; i < n; i++)
		if (!stat(paths[i], &st) && (st.st_ctim.tv_sec > than.tv_sec ||
					     (st.st_ctim.tv_sec == than.tv_sec && st.st_ctim.tv_nsec > than.tv_nsec)))
			return true;
	return false;
}

int hc_watch_fd(const struct hc_watch *watch)
{
	return watch->fd;
}

static bool is_yaml(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml"));
}

/* A mounted volume of Kubernetes changes by this link: the files are links through it, and stay. */
static bool is_volume_link(const char *name)
{
	return !strcmp(name, "..data");
}

static bool concerns(const struct hc_watch *watch, const struct inotify_event *event)
{
	bool written = !(event->mask & IN_CREATE) || event->mask & IN_ISDIR;

	for (size_t i = 0; event->len && written && i < watch->n; i++) {
		const struct entry *e = &watch->entries[i];

		if (event->wd == e->beside && (!strcmp(event->name, e->name) || is_volume_link(event->name)))
			return true;
		if (event->wd == e->inside && (is_yaml(event->name) || is_volume_link(event->name)))
			return true;
	}
	return false;
}

bool hc_watch_changed(struct hc_watch *watch)
{
	_Alignas(struct inotify_event) char buf[4096];
	bool changed = false;
	ssize_t n;

	while ((n = read(watch->fd, buf, sizeof buf)) > 0)
		for (char *p = buf; p < buf + n;) {
			const struct inotify_event *event = (const void *)p;

			changed |= concerns(watch, event);
			p += sizeof *event + event->len;
		}
	for (size_t i = 0; changed && i < watch->n; i++)
		look_inside(watch, &watch->entries[i]);
	return changed;
}
