/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * The path of a place in the file tree, by climbing from it to the root.
 *
 * The climb is a global function: the verifier checks it once by itself, and its callers go on with an unknown number
 * instead of one state per way through it. Pointers go in as numbers, except that of the scratch buffer. Everything is
 * read as memory that may have changed meanwhile: a path caught in a rename may be wrong, reading it is always safe.
 */
#pragma once

enum { PATH_COMPONENTS_MAX = 128 };

struct climb {
	struct scratch *s;
	struct dentry *dentry;
	struct mount___any *mount;
	struct dentry *root_dentry; /* where the climb ends at the latest */
	struct mount___any *root_mount;
};

static __always_inline struct mount___any *mount_of(struct vfsmount *mnt)
{
	return (void *)((char *)mnt - bpf_core_field_offset(struct mount___any, mnt));
}

/* One step: a component, or from a mounted root to its mount point. 1 ends the climb. */
static long climb_step(__u32 i, void *ctx)
{
	struct climb *c = ctx;
	struct dentry *dentry = c->dentry, *parent = BPF_CORE_READ(dentry, d_parent);
	struct mount___any *mount = c->mount;
	struct scratch *s = c->s;
	__u32 len, off = s->path_off;

	if (dentry == c->root_dentry && mount == c->root_mount)
		return 1;
	if (dentry == BPF_CORE_READ(mount, mnt.mnt_root)) {
		struct mount___any *up = BPF_CORE_READ(mount, mnt_parent);

		if (up == mount)
			return 1;
		c->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		c->mount = up;
		return 0;
	}
	if (parent == dentry)
		return 1; /* root of something that is not mounted */
	len = BPF_CORE_READ(dentry, d_name.len) & NAME_MASK;
	if (off < len + 1)
		return 1;
	off -= len;
	bpf_probe_read_kernel(s->path + MASKED(off, STR_MAX - 1), MASKED(len, NAME_MASK), BPF_CORE_READ(dentry, d_name.name));
	off--;
	s->path[MASKED(off, STR_MAX - 1)] = '/';
	s->path_off = off;
	c->dentry = parent;
	return 0;
}

/* Appends at off the path of a dentry in a mount (struct vfsmount), seen from root (struct path; 0: from the top of its
 * mount tree); of an anonymous file (memfd) just its name. Returns the length with the NUL, 0 if there is no such file. */
__noinline __u32 hc_path_at(struct scratch *s, __u32 off, __u64 dentry_addr, __u64 mnt_addr, __u64 root_addr)
{
	struct dentry *dentry = (struct dentry *)dentry_addr;
	struct vfsmount *mnt = (struct vfsmount *)mnt_addr;
	struct climb c = { .s = s, .dentry = dentry };
	__u32 at, n;

	if (!dentry || !mnt || !s)
		return 0;
	c.mount = mount_of(mnt);
	if (root_addr) {
		struct path *root = (struct path *)root_addr;

		c.root_dentry = BPF_CORE_READ(root, dentry);
		c.root_mount = mount_of(BPF_CORE_READ(root, mnt));
	}
	s->path[STR_MAX - 1] = 0;
	s->path_off = STR_MAX - 1;
	bpf_loop(PATH_COMPONENTS_MAX, climb_step, &c, 0);
	at = s->path_off;
	if (at == STR_MAX - 1) {
		if (dentry != BPF_CORE_READ(mnt, mnt_root) && dentry != c.root_dentry) {
			long len = bpf_probe_read_kernel_str(s->bytes + MASKED(off, SCRATCH_MASK), STR_MAX,
							     BPF_CORE_READ(dentry, d_name.name));
			return len > 0 ? len : 0;
		}
		at--;
		s->path[MASKED(at, STR_MAX - 1)] = '/';
	}
	n = MASKED(STR_MAX - at, 2 * STR_MAX - 1);
	if (n > STR_MAX || bpf_probe_read_kernel(s->bytes + MASKED(off, SCRATCH_MASK), n,
						 s->path + MASKED(at, STR_MAX - 1)) < 0)
		return 0;
	return n;
}
