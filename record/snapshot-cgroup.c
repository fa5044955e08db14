/* SPDX-License-Identifier: Apache-2.0
 *
 * A task's cgroups as a string set "controller=path" (scap-format.md 16.3). Tasks of one service or container share
 * their cgroup file word for word, so each distinct file is worked out once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "record/snapshot-parts.h"

enum { CGROUP_CAP = 1 << 16, CONTROLLERS_CAP = 4096, MOUNTS_CAP = 16 << 20, MAX_CONTROLLERS = 64 };

static int read_controllers(struct hc_scan *scan, const char *dir, struct hc_buf *ret)
{
	struct hc_buf path HC_BUF_DONE = { 0 };
	int err;

	hc_buf_printf(&path, "%s%s/cgroup.controllers", scan->cgroups.mount.p, dir);
	err = hc_proc_read(scan->proc, path.p, ret, CONTROLLERS_CAP);
	ret->len -= !err && ret->len && ret->p[ret->len - 1] == '\n';
	if (ret->p)
		ret->p[ret->len] = '\0';
	return err;
}

/* Of the file systems init sees, the cgroup2 one; reached through init's root directory, or by the path itself where
 * that is closed to us (a sandbox). If not even its top can be read, version 2 stays out: an unreadable file means a
 * vanished task only where others can be read. */
void hc_scan_cgroup_init(struct hc_scan *scan)
{
	struct hc_cgroup_scan *c = &scan->cgroups;

	if (hc_proc_read(scan->proc, "1/mounts", &scan->b, MOUNTS_CAP))
		return;
	for (const char *line = scan->b.p; line && *line; line = strchr(line, '\n')) {
		const char *const roots[] = { "1/root", scan->root };
		char mount[4096], type[64];

		line += *line == '\n';
		if (sscanf(line, "%*s %4095s %63s", mount, type) != 2 || strcmp(type, "cgroup2"))
			continue;
		for (int i = 0; i < 2 && !c->has_v2; i++) {
			hc_buf_reset(&c->mount);
			hc_buf_printf(&c->mount, "%s%s", roots[i], mount);
			c->has_v2 = !read_controllers(scan, "/", &c->root_controllers);
		}
		return;
	}
}

void hc_scan_cgroup_done(struct hc_scan *scan)
{
	struct hc_cgroup_scan *c = &scan->cgroups;

	hc_buf_done(&c->mount);
	hc_buf_done(&c->root_controllers);
	hc_map_done(&c->known);
	free(c->texts.p);
	free(c->sets.p);
}

static unsigned count_words(const char *p)
{
	unsigned n = 0;

	for (p += strspn(p, " "); *p; p += strcspn(p, " "), p += strspn(p, " "))
		n++;
	return n;
}

/* Walks from the task's directory to the root: each controller belongs to the deepest directory that lists it. */
static int version2(struct hc_scan *scan, const char *path, struct hc_buf *out)
{
	struct hc_buf list HC_BUF_DONE = { 0 }, dir HC_BUF_DONE = { 0 };
	struct hc_str given[MAX_CONTROLLERS];
	unsigned ngiven = 0, nroot = count_words(scan->cgroups.root_controllers.p);

	hc_buf_puts(&dir, path);
	for (;;) {
		int err = read_controllers(scan, dir.p, &list);
		char *slash;

		if (err)
			return err;
		for (const char *p = list.p + strspn(list.p, " "); *p && ngiven < MAX_CONTROLLERS; p += strspn(p, " ")) {
			struct hc_str word = { p, (uint32_t)strcspn(p, " ") };
			bool seen = false;

			p += word.len;
			for (unsigned i = 0; i < ngiven; i++)
				seen |= hc_str_eq(given[i], word);
			if (seen)
				continue;
			hc_buf_put(out, word.p, word.len);
			hc_buf_printf(out, "=%s", dir.p);
			hc_buf_putc(out, '\0');
			/* list is read anew for the next directory; what was given is compared by a copy */
			given[ngiven++] = hc_proc_str(&scan->section->arena, word.p, word.len, word.len);
		}
		if (!strcmp(dir.p, "/") || ngiven >= nroot)
			return 0;
		slash = strrchr(dir.p, '/');
		if (!slash)
			return 0; /* not a path; nothing above it */
		slash[slash == dir.p] = '\0';
		dir.len = strlen(dir.p);
	}
}

static int parse(struct hc_scan *scan, char *text, struct hc_buf *out)
{
	char *line, *lines = text;

	while ((line = strsep(&lines, "\n"))) {
		char *controllers = strchr(line, ':'), *path = controllers ? strchr(controllers + 1, ':') : NULL, *name;

		if (!path)
			continue;
		*controllers++ = '\0';
		*path++ = '\0';
		if (!*controllers) {
			int err = !strcmp(line, "0") && scan->cgroups.has_v2 ? version2(scan, path, out) : 0;

			if (err)
				return err;
			continue;
		}
		while ((name = strsep(&controllers, ","))) {
			hc_buf_printf(out, "%s=%s", name, path);
			hc_buf_putc(out, '\0');
		}
	}
	return 0;
}

bool hc_scan_cgroup(struct hc_scan *scan, int dir, struct hc_str *ret)
{
	struct hc_cgroup_scan *c = &scan->cgroups;
	struct hc_buf out HC_BUF_DONE = { 0 };
	struct hc_str text;
	uint64_t hash, *slot;
	bool fresh;

	*ret = (struct hc_str){ 0 };
	if (hc_proc_read(dir, "cgroup", &scan->b, CGROUP_CAP) || !scan->b.len)
		return true;
	hash = hc_hash_bytes(scan->b.p, scan->b.len);
	slot = hc_map_put(&c->known, hash, &fresh);
	if (!fresh) {
		text = ((struct hc_str *)(void *)c->texts.p)[*slot];
		if (hc_str_eq(text, (struct hc_str){ scan->b.p, (uint32_t)scan->b.len })) {
			*ret = ((struct hc_str *)(void *)c->sets.p)[*slot];
			return ret->p != NULL;
		}
	}
	text = hc_proc_str(&scan->section->arena, scan->b.p, scan->b.len, scan->b.len);
	*slot = c->texts.n;
	*(struct hc_str *)hc_vec_push(&c->texts, sizeof text) = text;
	if (!parse(scan, scan->b.p, &out)) {
		*ret = hc_proc_str(&scan->section->arena, out.p ? out.p : "", out.len, HC_STRINGS_CAP);
		if (out.len > HC_STRINGS_CAP)
			((char *)ret->p)[HC_STRINGS_CAP - 1] = '\0'; /* a cut set ends with a NUL (scap-format.md 5) */
	}
	*(struct hc_str *)hc_vec_push(&c->sets, sizeof *ret) = *ret;
	return ret->p != NULL;
}
