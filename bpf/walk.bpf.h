/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Parameters that take a walk: the path of a file (path.bpf.h does it), the cgroups of a task, the strings of an argument
 * vector. Global functions for the reason given there.
 */
#pragma once

enum { CGROUP_COMPONENTS_MAX = 6 }; /* of each cgroup path the last that many (14.4) */

static __always_inline void put_file_path(struct out *e, struct file *file)
{
	out_advance(e, hc_path_at((struct scratch *)e->p, e->off, (__u64)BPF_CORE_READ(file, f_path.dentry),
				  (__u64)BPF_CORE_READ(file, f_path.mnt), 0));
}

static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *kn)
{
	struct kernfs_node___upto614 *old = (void *)kn;
	struct kernfs_node___since615 *new = (void *)kn;

	if (bpf_core_field_exists(new->__parent))
		return BPF_CORE_READ(new, __parent);
	return BPF_CORE_READ(old, parent);
}

/* Appends "/a/b" and its NUL for one node of the cgroup tree; "/" for the root. Returns the offset behind it. */
static __always_inline __u32 cgroup_path_at(struct scratch *s, __u32 off, struct kernfs_node *kn)
{
	struct kernfs_node *nodes[CGROUP_COMPONENTS_MAX], *parent;
	bool any = false;

#pragma unroll
	for (int i = 0; i < CGROUP_COMPONENTS_MAX; i++) {
		parent = kn ? kernfs_parent(kn) : NULL;
		nodes[i] = parent ? kn : NULL; /* the root has no name */
		kn = parent;
	}
#pragma unroll
	for (int i = CGROUP_COMPONENTS_MAX - 1; i >= 0; i--) {
		if (nodes[i]) {
			long n;

			s->bytes[MASKED(off, SCRATCH_MASK)] = '/';
			off++;
			n = bpf_probe_read_kernel_str(s->bytes + MASKED(off, SCRATCH_MASK), NAME_MASK + 1,
						      BPF_CORE_READ(nodes[i], name));
			off += n > 0 ? n - 1 : 0;
			any = true;
		}
	}
	if (!any) {
		s->bytes[MASKED(off, SCRATCH_MASK)] = '/';
		off++;
	}
	s->bytes[MASKED(off, SCRATCH_MASK)] = 0;
	return off + 1;
}

/* Length of what cgroup_path_at() appends at off. */
__noinline __u32 hc_cgroup_at(struct scratch *s, __u32 off, __u64 kn)
{
	return s ? cgroup_path_at(s, off, (struct kernfs_node *)kn) - off : 0;
}

/* Controllers usually share one cgroup: its path is then copied, not walked again. */
struct cgroup_memo {
	struct kernfs_node *kn;
	__u32 off, len;
};

#define VAR_CONTROLLER(controller, prefix) \
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, controller##_cgrp_id)) { \
		__u32 id = bpf_core_enum_value(enum cgroup_subsys_id, controller##_cgrp_id); \
		struct kernfs_node *kn = BPF_CORE_READ(task, cgroups, subsys[id], cgroup, kn); \
		__builtin_memcpy(var_at(e), prefix, sizeof(prefix) - 1); \
		e->off += sizeof(prefix) - 1; \
		if (kn == memo.kn) { \
			__u32 len = MASKED(memo.len, STR_MAX - 1); \
			bpf_probe_read_kernel(var_at(e), len, e->p + MASKED(memo.off, SCRATCH_MASK)); \
		} else { \
			memo.kn = kn; \
			memo.off = e->off; \
			memo.len = hc_cgroup_at((struct scratch *)e->p, e->off, (__u64)kn); \
		} \
		e->off += memo.len; \
	}

/* The cgroups string set (14.4). */
static __always_inline void put_cgroups(struct out *e, struct task_struct *task)
{
	struct cgroup_memo memo = {};
	__u32 start = e->off;

	VAR_CONTROLLER(cpuset, "cpuset=")
	VAR_CONTROLLER(cpu, "cpu=")
	VAR_CONTROLLER(cpuacct, "cpuacct=")
	VAR_CONTROLLER(io, "io=")
	VAR_CONTROLLER(memory, "memory=")
	var_close(e, start);
}

enum { ARGV_MAX = 16 }; /* strings of argv and envp of a failed exec */

/* Element i of a pointer array of the caller. */
static __always_inline __u64 user_pointer(__u64 array, __u32 i, bool compat)
{
	__u64 p = 0;

	if (compat)
		bpf_probe_read_user(&p, 4, (void *)(array + 4 * i));
	else
		bpf_probe_read_user(&p, 8, (void *)(array + 8 * i));
	return p;
}

struct strings {
	struct scratch *s;
	__u64 array;
	__u32 off, first;
	bool compat;
};

static long strings_step(__u32 i, void *ctx)
{
	struct strings *c = ctx;
	struct scratch *s = c->s;
	__u64 p = user_pointer(c->array, c->first + i, c->compat);
	__u32 n;

	if (!p || !s->gathered.room)
		return 1;
	n = read_user_str(s->bytes + MASKED(c->off + s->gathered.done, SCRATCH_MASK), MASKED(s->gathered.room, 2 * STR_MAX - 1), p);
	if (!n)
		return 1;
	s->gathered.done += n;
	s->gathered.room -= n;
	return 0;
}

/* Appends at off the strings of a caller's pointer array from element `first` on, at most `room` bytes, and returns how
 * many bytes that were. */
__noinline __u32 hc_argv_at(struct scratch *s, __u32 off, __u64 array, __u64 room, __u64 first_and_compat)
{
	struct strings c = { .s = s, .array = array, .off = off, .first = first_and_compat >> 1, .compat = first_and_compat & 1 };

	if (!s || !array || c.first >= ARGV_MAX)
		return 0;
	s->gathered.room = room;
	s->gathered.done = 0;
	bpf_loop(ARGV_MAX - c.first, strings_step, &c, 0);
	return s->gathered.done;
}

static __always_inline void put_user_argv(struct out *e, __u64 array, __u32 first, __u32 room)
{
	out_advance(e, hc_argv_at((struct scratch *)e->p, e->off, array, room, first << 1 | (e->cpu->compat & 1)));
}
