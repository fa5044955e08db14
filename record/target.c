/* SPDX-License-Identifier: Apache-2.0
 *
 * See record/target.h.
 */
#include "record/target.h"

#include <dirent.h>
#include <errno.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/cleanup.h"
#include "common/map.h"

/* Looks at /proc. Each finds a generation at least; children born after it has found the parent need none, as they begin followed. */
enum { LOOKS_MAX = 64 };

#define PID_NS_OF_INIT 0xEFFFFFFCu    /* PROC_PID_INIT_INO, fixed */
#define CGROUP_NS_OF_INIT 0xEFFFFFFBu /* PROC_CGROUP_INIT_INO, fixed */

/* Where the cgroup2 file system is mounted. */
static int find_mount(struct hc_buf *ret)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *m;

	while (mounts && !ret->len && (m = getmntent(mounts)))
		if (!strcmp(m->mnt_type, "cgroup2"))
			hc_buf_puts(ret, m->mnt_dir);
	if (mounts)
		endmntent(mounts);
	return ret->len ? 0 : -ENOENT;
}

int hc_target_cgroup(const char *path, uint64_t *ret_id, uint32_t *ret_level, struct hc_diag *reterr_diag)
{
	struct hc_buf mount HC_BUF_DONE = { 0 }, full HC_BUF_DONE = { 0 };
	char *real HC_FREE = NULL;
	uint32_t level = 0;
	struct stat st, ns;

	if (find_mount(&mount))
		return hc_diag_set(reterr_diag, -ENOENT,
				   "--cgroup needs control groups of version 2, and no cgroup2 file system is mounted");
	if (!strncmp(path, mount.p, mount.len) && (!path[mount.len] || path[mount.len] == '/'))
		path += mount.len;
	hc_buf_printf(&full, "%s/%s", mount.p, path + strspn(path, "/"));
	real = realpath(full.p, NULL); /* without "." and "..", or the depth would be wrong */
	if (!real || stat(real, &st) || !S_ISDIR(st.st_mode) || strncmp(real, mount.p, mount.len))
		return hc_diag_set(reterr_diag, -ENOENT, "there is no control group %s (%s)", *path ? path : "/", full.p);
	/* the kernel counts from the real root, which is not to be seen from within a name space */
	if (!stat("/proc/self/ns/cgroup", &ns) && ns.st_ino != CGROUP_NS_OF_INIT)
		return hc_diag_set(reterr_diag, -ENOTSUP,
				   "--cgroup cannot be told from within a control group name space: record on the host, or begin the "
				   "container with --cgroupns=host");
	for (const char *p = real + mount.len; *p; p += strcspn(p, "/")) {
		p += strspn(p, "/");
		level += *p != '\0';
	}
	*ret_id = st.st_ino;
	*ret_level = level;
	return 0;
}

bool hc_target_is_contained(void)
{
	struct stat ns;

	return !stat("/proc/self/ns/pid", &ns) && ns.st_ino != PID_NS_OF_INIT;
}

pid_t hc_target_self(const char *host_root)
{
	struct hc_buf path HC_BUF_DONE = { 0 };
	char text[32];
	ssize_t n;

	if (!hc_target_is_contained())
		return getpid();
	hc_buf_printf(&path, "%s/proc/self", host_root);
	n = readlink(path.p, text, sizeof text - 1);
	text[n > 0 ? n : 0] = '\0';
	return (pid_t)atoi(text) == getpid() ? 0 : (pid_t)atoi(text);
}

pid_t hc_target_process_of(pid_t tid)
{
	char path[64], line[128];
	FILE *f HC_FCLOSE = NULL;
	int tgid = 0;

	snprintf(path, sizeof path, "/proc/%d/status", (int)tid);
	f = fopen(path, "re");
	while (f && !tgid && fgets(line, sizeof line, f))
		sscanf(line, "Tgid: %d", &tgid);
	return tgid;
}

static pid_t parent_of(const char *pid)
{
	char path[64], text[512], *end;
	FILE *f HC_FCLOSE = NULL;
	int parent = 0;
	size_t n;

	snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
	f = fopen(path, "re");
	n = f ? fread(text, 1, sizeof text - 1, f) : 0;
	text[n] = '\0';
	end = strrchr(text, ')'); /* the name before it can hold anything */
	return end && sscanf(end + 1, " %*c %d", &parent) == 1 ? parent : 0;
}

int hc_target_descendants(pid_t of, int (*fn)(void *ctx, pid_t pid), void *ctx)
{
	struct hc_map known = { 0 };
	bool more = true;
	int err = 0;

	hc_map_put(&known, (uint64_t)of, NULL);
	/* until a look finds none that it did not know: whose parent is followed begins followed */
	for (int looks = 0; more && !err && looks < LOOKS_MAX; looks++) {
		DIR *proc = opendir("/proc");
		const struct dirent *entry;

		more = false;
		while (proc && !err && (entry = readdir(proc))) {
			pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

			if (pid <= 0 || hc_map_get(&known, (uint64_t)pid) || !hc_map_get(&known, (uint64_t)parent_of(entry->d_name)))
				continue;
			err = fn(ctx, pid);
			hc_map_put(&known, (uint64_t)pid, NULL);
			more = true;
		}
		if (proc)
			closedir(proc);
	}
	hc_map_done(&known);
	return err;
}
