/* SPDX-License-Identifier: Apache-2.0
 *
 * See record/target.h.
 */
#include "record/target.h"

#include <errno.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/buf.h"

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
	uint32_t level = 0;
	struct stat st;

	if (find_mount(&mount))
		return hc_diag_set(reterr_diag, -ENOENT,
				   "--cgroup needs control groups of version 2, and no cgroup2 file system is mounted");
	if (!strncmp(path, mount.p, mount.len) && (!path[mount.len] || path[mount.len] == '/'))
		path += mount.len;
	hc_buf_printf(&full, "%s/%s", mount.p, path);
	if (stat(full.p, &st) || !S_ISDIR(st.st_mode))
		return hc_diag_set(reterr_diag, -ENOENT, "there is no control group %s (%s)", *path ? path : "/", full.p);
	for (const char *p = path; *p; p += strcspn(p, "/")) {
		p += strspn(p, "/");
		level += *p != '\0';
	}
	*ret_id = st.st_ino;
	*ret_level = level;
	return 0;
}
