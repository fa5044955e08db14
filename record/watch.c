/* SPDX-License-Identifier: Apache-2.0
 *
 * See record/watch.h. A file is watched through its directory, because editors replace files rather than write them.
 */
#include "record/watch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/mem.h"

enum { MASK = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE };

struct entry {
	int wd;
	char *name; /* the file of interest in that directory; NULL: every YAML file */
};

struct hc_watch {
	int fd;
	struct entry *entries;
	size_t n;
};

static void add(struct hc_watch *watch, const char *dir, const char *name)
{
	int wd = inotify_add_watch(watch->fd, dir, MASK | IN_MASK_ADD);

	if (wd < 0)
		return;
	watch->entries = hc_realloc(watch->entries, (watch->n + 1) * sizeof *watch->entries);
	watch->entries[watch->n++] = (struct entry){ wd, name ? hc_strdup(name) : NULL };
}

struct hc_watch *hc_watch_new(char *const *paths, size_t n)
{
	struct hc_watch *watch = hc_calloc(1, sizeof *watch);

	watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	for (size_t i = 0; watch->fd >= 0 && i < n; i++) {
		const char *slash = strrchr(paths[i], '/');
		char *dir HC_FREE = slash ? hc_strndup(paths[i], slash == paths[i] ? 1 : (size_t)(slash - paths[i])) : hc_strdup(".");
		struct stat st;

		if (!stat(paths[i], &st) && S_ISDIR(st.st_mode))
			add(watch, paths[i], NULL);
		else
			add(watch, dir, slash ? slash + 1 : paths[i]);
	}
	return watch;
}

struct hc_watch *hc_watch_free(struct hc_watch *watch)
{
	if (!watch)
		return NULL;
	for (size_t i = 0; i < watch->n; i++)
		free(watch->entries[i].name);
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

static bool concerns(const struct hc_watch *watch, const struct inotify_event *event)
{
	const char *dot = event->len ? strrchr(event->name, '.') : NULL;

	for (size_t i = 0; event->len && i < watch->n; i++) {
		const struct entry *e = &watch->entries[i];

		if (e->wd != event->wd)
			continue;
		if (e->name ? !strcmp(e->name, event->name) : dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml")))
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
	return changed;
}
