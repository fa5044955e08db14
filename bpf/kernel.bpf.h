/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Reading the kernel: tasks, ids, memory counters, files and their times. Where structures differ between 6.1 and now,
 * each shape is declared here with a ___suffix, and CO-RE takes what the running kernel has.
 *
 * Invariant: nothing here fails; what cannot be read is 0.
 */
#pragma once

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* resident set counters: an array of longs in a struct until 6.1, per-CPU counters since 6.2 */
struct mm_rss_stat___upto61 {
	atomic_long_t count[4];
};
struct mm_struct___upto61 {
	struct mm_rss_stat___upto61 rss_stat;
};
struct mm_struct___since62 {
	struct percpu_counter rss_stat[4];
};

/* file times: timespec64 members (renamed in 6.6), separate numbers since 6.11 */
struct inode___upto65 {
	struct timespec64 i_ctime, i_mtime;
};
struct inode___upto610 {
	struct timespec64 __i_ctime, __i_mtime;
};
struct inode___since611 {
	time64_t i_ctime_sec, i_mtime_sec;
	__u32 i_ctime_nsec, i_mtime_nsec;
};

/* kernfs: parent became __parent in 6.15 */
struct kernfs_node___upto614 {
	struct kernfs_node *parent;
};
struct kernfs_node___since615 {
	struct kernfs_node *__parent;
};

struct mount___any {
	struct mount___any *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

#pragma clang attribute pop

enum {
	K_AT_FDCWD = -100,
	K_RLIMIT_NOFILE = 7,
	K_PF_KTHREAD = 0x00200000,
	K_PF_EXITING = 0x4,
	K_S_IFMT = 0170000,
	K_S_IWUSR = 0200,
	K_S_IWGRP = 0020,
	K_S_IWOTH = 0002,
	K_SB_RDONLY = 1,
	K_S_IMMUTABLE = 8,
	K_CAP_DAC_OVERRIDE = 1,
	K_CAP_FOWNER = 3,
	OVERLAYFS_MAGIC = 0x794c7630,
	RSS_FILE = 0, RSS_ANON = 1, RSS_SWAP = 2, RSS_SHMEM = 3,
	PID_TYPE_PID = 0, PID_TYPE_TGID = 1, PID_TYPE_PGID = 2, PID_TYPE_SID = 3,
	PAGE_KB_SHIFT = 2, /* 4 KiB pages, on Debian's arm64 too */
};

/* ---- ids ---- */

static __always_inline struct pid *pid_of(struct task_struct *task, int type)
{
	return type == PID_TYPE_PID ? BPF_CORE_READ(task, thread_pid) : BPF_CORE_READ(task, signal, pids[type]);
}

/* The number a pid has at a nesting level of pid namespaces. */
static __always_inline __s32 pid_nr(struct pid *pid, __u32 level)
{
	struct upid up = {};

	if (!pid || BPF_CORE_READ(pid, level) < level)
		return 0;
	bpf_probe_read_kernel(&up, sizeof(up),
			      (char *)pid + bpf_core_field_offset(struct pid, numbers) + level * sizeof(up));
	return up.nr;
}

static __always_inline __u32 pidns_level(struct task_struct *task)
{
	return BPF_CORE_READ(task, thread_pid, level);
}

static __always_inline struct pid_namespace *pidns_of(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	struct upid up = {};

	bpf_probe_read_kernel(&up, sizeof(up), (char *)pid + bpf_core_field_offset(struct pid, numbers) +
						       BPF_CORE_READ(pid, level) * sizeof(struct upid));
	return up.ns;
}

/* Whether children of the task are in another pid namespace than the initial one or its own (CHILD_IN_PIDNS). */
static __always_inline bool children_in_pidns(struct task_struct *task)
{
	return pidns_level(task) != 0 || BPF_CORE_READ(task, nsproxy, pid_ns_for_children) != pidns_of(task);
}

/* ns since boot (14.4) */
static __always_inline __u64 pidns_init_start(struct task_struct *task)
{
	struct pid_namespace *ns = pidns_of(task);

	return BPF_CORE_READ(ns, child_reaper, start_time);
}

static __always_inline __u32 loginuid(struct task_struct *task)
{
	return bpf_core_field_exists(task->loginuid) ? BPF_CORE_READ(task, loginuid.val) : 0xffffffff;
}

/* scap-format.md 10.9; a kernel dev_t has 20 bits of minor. */
static __always_inline __u32 encode_dev(__u32 dev)
{
	__u32 major = dev >> 20, minor = dev & 0xfffff;

	return (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12);
}

static __always_inline __u32 controlling_tty(struct task_struct *task)
{
	struct tty_struct *tty = BPF_CORE_READ(task, signal, tty);

	if (!tty)
		return 0;
	return encode_dev((BPF_CORE_READ(tty, driver, major) << 20) |
			  (BPF_CORE_READ(tty, driver, minor_start) + BPF_CORE_READ(tty, index)));
}

/* ---- capabilities ---- */

#define DEFINE_CAPS(which) \
	static __always_inline __u64 caps_##which(struct task_struct *task) \
	{ \
		const struct cred *cred = BPF_CORE_READ(task, cred); \
		__u64 caps = 0; \
		/* two 32-bit halves (to 6.2) and one 64-bit number are the same eight bytes */ \
		bpf_probe_read_kernel(&caps, sizeof(caps), \
				      (char *)cred + bpf_core_field_offset(struct cred, cap_##which)); \
		return map_capabilities(caps); \
	}
DEFINE_CAPS(inheritable)
DEFINE_CAPS(permitted)
DEFINE_CAPS(effective)

/* ---- memory ---- */

struct memory {
	__u32 size_kb, rss_kb, swap_kb;
};

static __always_inline __s64 rss_counter(struct mm_struct *mm, int which)
{
	struct mm_struct___upto61 *old = (void *)mm;
	struct mm_struct___since62 *new = (void *)mm;
	__s64 n;

	if (bpf_core_field_exists(old->rss_stat.count))
		n = BPF_CORE_READ(old, rss_stat.count[which].counter);
	else
		n = BPF_CORE_READ(new, rss_stat[which].count);
	return n < 0 ? 0 : n;
}

static __always_inline void read_memory(struct task_struct *task, struct memory *m)
{
	struct mm_struct *mm = BPF_CORE_READ(task, mm);

	m->size_kb = m->rss_kb = m->swap_kb = 0;
	if (!mm)
		return;
	m->size_kb = BPF_CORE_READ(mm, total_vm) << PAGE_KB_SHIFT;
	m->rss_kb = (rss_counter(mm, RSS_FILE) + rss_counter(mm, RSS_ANON) + rss_counter(mm, RSS_SHMEM)) << PAGE_KB_SHIFT;
	m->swap_kb = rss_counter(mm, RSS_SWAP) << PAGE_KB_SHIFT;
}

/* ---- files ---- */

/* The file an fd of the current task refers to; NULL if none. */
static __always_inline struct file *file_of_fd(__s32 fd)
{
	/* typed pointers are followed without a helper; where one leads nowhere it reads 0 */
	struct fdtable *fdt = bpf_get_current_task_btf()->files->fdt;
	struct file *file = NULL;

	if (fd < 0 || (__u32)fd >= fdt->max_fds)
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), fdt->fd + fd);
	return file;
}

static __always_inline __u64 epoch_ns(__s64 sec, __s64 nsec)
{
	return sec < 0 ? 0 : sec * 1000000000ULL + (nsec & 0x7fffffff); /* bit 31: a flag of multigrain times (6.13) */
}

static __always_inline __u64 inode_ctime_ns(struct inode *inode)
{
	struct inode___upto65 *a = (void *)inode;
	struct inode___upto610 *b = (void *)inode;
	struct inode___since611 *c = (void *)inode;

	if (bpf_core_field_exists(c->i_ctime_sec))
		return epoch_ns(BPF_CORE_READ(c, i_ctime_sec), BPF_CORE_READ(c, i_ctime_nsec));
	if (bpf_core_field_exists(b->__i_ctime))
		return epoch_ns(BPF_CORE_READ(b, __i_ctime.tv_sec), BPF_CORE_READ(b, __i_ctime.tv_nsec));
	return epoch_ns(BPF_CORE_READ(a, i_ctime.tv_sec), BPF_CORE_READ(a, i_ctime.tv_nsec));
}

static __always_inline __u64 inode_mtime_ns(struct inode *inode)
{
	struct inode___upto65 *a = (void *)inode;
	struct inode___upto610 *b = (void *)inode;
	struct inode___since611 *c = (void *)inode;

	if (bpf_core_field_exists(c->i_mtime_sec))
		return epoch_ns(BPF_CORE_READ(c, i_mtime_sec), BPF_CORE_READ(c, i_mtime_nsec));
	if (bpf_core_field_exists(b->__i_mtime))
		return epoch_ns(BPF_CORE_READ(b, __i_mtime.tv_sec), BPF_CORE_READ(b, __i_mtime.tv_nsec));
	return epoch_ns(BPF_CORE_READ(a, i_mtime.tv_sec), BPF_CORE_READ(a, i_mtime.tv_nsec));
}

enum layer { LAYER_NONE, LAYER_UPPER, LAYER_LOWER };

/* Which layer of an overlay file system a file is in. struct ovl_inode belongs to a module whose types vmlinux does not
 * know; in every version the upper dentry follows the embedded inode. */
static __always_inline enum layer layer_within(struct super_block *sb, struct inode *inode)
{
	struct dentry *upper = NULL;

	if (BPF_CORE_READ(sb, s_magic) != OVERLAYFS_MAGIC)
		return LAYER_NONE;
	bpf_probe_read_kernel(&upper, sizeof(upper), (char *)inode + bpf_core_type_size(struct inode));
	if (!upper || !BPF_CORE_READ(upper, d_inode))
		return LAYER_LOWER;
	return LAYER_UPPER;
}

static __always_inline enum layer overlay_layer(struct inode *inode)
{
	return inode ? layer_within(BPF_CORE_READ(inode, i_sb), inode) : LAYER_NONE;
}

static __always_inline bool is_memfd(struct file *file)
{
	char name[8] = {}; /* memory files have a dentry without parent, called memfd:NAME */
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);

	if (BPF_CORE_READ(dentry, d_parent) != dentry)
		return false;
	bpf_probe_read_kernel(name, 6, BPF_CORE_READ(dentry, d_name.name));
	return name[0] == 'm' && name[1] == 'e' && name[2] == 'm' && name[3] == 'f' && name[4] == 'd' && name[5] == ':';
}
