/* SPDX-License-Identifier: Apache-2.0
 *
 * Directory trees.
 */
#include "samples/walk.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/buf.h"
#include "common/mem.h"

struct walk {
	hc_walk_fn fn;
	void *ctx;
	struct hc_diag *diag;
};

static int directory(const struct walk *w, const char *path, int depth);

static int entry(const struct walk *w, const char *dir, const char *name, int depth)
{
	struct hc_buf path HC_BUF_DONE = { 0 };
	struct stat st;

	if (strcmp(dir, "."))
		hc_buf_printf(&path, "%s%s", dir, dir[strlen(dir) - 1] == '/' ? "" : "/");
	hc_buf_puts(&path, name);
	if (lstat(path.p, &st))
		return 0;
	if (S_ISDIR(st.st_mode))
		return depth < HC_WALK_DEPTH_MAX ? directory(w, path.p, depth + 1) : 0;
	if (S_ISLNK(st.st_mode) && stat(path.p, &st))
		return 0;
	return S_ISREG(st.st_mode) ? w->fn(w->ctx, path.p, name, w->diag) : 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int directory(const struct walk *w, const char *path, int depth)
{
	DIR *dir = opendir(path);
	char **names = NULL;
	size_t n = 0, cap = 0;
	int r = 0;

	if (!dir)
		return hc_diag_set(w->diag, -errno, "cannot read the directory %s: %s", path, strerror(errno));
	for (struct dirent *e; (e = readdir(dir));) {
		if (e->d_name[0] == '.')
			continue;
		if (n == cap) {
			cap = cap ? 2 * cap : 32;
			names = hc_realloc(names, cap * sizeof *names);
		}
		names[n++] = hc_strdup(e->d_name);
	}
	closedir(dir);
	if (n)
		qsort(names, n, sizeof *names, by_name);
	for (size_t i = 0; i < n; i++) {
		if (!r)
			r = entry(w, path, names[i], depth);
		free(names[i]);
	}
	free(names);
	return r;
}

int hc_walk(const char *dir, hc_walk_fn fn, void *ctx, struct hc_diag *reterr_diag)
{
	struct walk w = { .fn = fn, .ctx = ctx, .diag = reterr_diag };

	return directory(&w, dir, 0);
}
