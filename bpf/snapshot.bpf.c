/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * The snapshot's iterators: one program run for each thread, one for each open file. They write what /proc would say of
 * them, in one read(2) for hundreds, as the records of bpf/snapshot-abi.h.
 *
 * An object of its own, so that a kernel that refuses it still records (with a snapshot from /proc), and so that its
 * buffer is nobody else's: iterators are not run at tracepoints, and can be interrupted by the programs that are.
 * Only one snapshot is taken at a time.
 *
 * Invariant: as everywhere here, whatever is not held by the iterator itself is read as memory that may be gone.
 */
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "bpf/snapshot-abi.h"
#include "bpf/scratch.bpf.h"
#include "bpf/flags.bpf.h"
#include "bpf/kernel.bpf.h"
#include "bpf/climb.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} snapshot_scratch SEC(".maps");

enum {
	K_AF_UNIX = 1, K_AF_INET = 2, K_AF_INET6 = 10, K_AF_NETLINK = 16,
	K_S_IFSOCK = 0140000,
	K_SOCK_RAW = 3, K_IPPROTO_TCP = 6, K_IPPROTO_UDP = 17,
	K_TCP_CLOSE = 7,
	K_O_CLOEXEC = 02000000,
	K_MNT_READONLY = 0x40,
	SUN_PATH_MAX = 109, /* the kernel adds a NUL where the caller had no room for one */
};

static __always_inline struct scratch *buffer(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&snapshot_scratch, &key);
}

static __always_inline struct task_struct *reader(void)
{
	return (struct task_struct *)bpf_get_current_task();
}

/* ---- threads ---- */

static __always_inline void ids(struct hc_snap_task *t, struct task_struct *task)
{
	__u32 level = pidns_level(reader());
	struct task_struct *parent = BPF_CORE_READ(task, real_parent);

	t->tid = pid_nr(pid_of(task, PID_TYPE_PID), level);
	t->pid = pid_nr(pid_of(task, PID_TYPE_TGID), level);
	t->ptid = pid_nr(pid_of(parent, PID_TYPE_TGID), level);
	t->pgid = pid_nr(pid_of(task, PID_TYPE_PGID), level);
	t->sid = pid_nr(pid_of(task, PID_TYPE_SID), level);
	t->vtid = pid_nr(pid_of(task, PID_TYPE_PID), level + 1);
	t->vpid = pid_nr(pid_of(task, PID_TYPE_TGID), level + 1);
	t->vpgid = pid_nr(pid_of(task, PID_TYPE_PGID), level + 1);
}

static __always_inline void numbers(struct hc_snap_task *t, struct task_struct *task)
{
	const struct cred *cred = BPF_CORE_READ(task, real_cred);
	struct memory m;

	t->uid = BPF_CORE_READ(cred, euid.val);
	t->gid = BPF_CORE_READ(cred, egid.val);
	t->cap_inheritable = caps_inheritable(task);
	t->cap_permitted = caps_permitted(task);
	t->cap_effective = caps_effective(task);
	t->loginuid = loginuid(task);
	t->tty = controlling_tty(task);
	read_memory(task, &m);
	t->vmsize_kb = m.size_kb;
	t->vmrss_kb = m.rss_kb;
	t->vmswap_kb = m.swap_kb;
	t->pfmajor = BPF_CORE_READ(task, maj_flt);
	t->pfminor = BPF_CORE_READ(task, min_flt);
	t->group_pfmajor = BPF_CORE_READ(task, signal, maj_flt);
	t->group_pfminor = BPF_CORE_READ(task, signal, min_flt);
	t->fdlimit = BPF_CORE_READ(task, signal, rlim[K_RLIMIT_NOFILE].rlim_cur);
	bpf_probe_read_kernel(t->comm, sizeof(t->comm), task->comm);
	t->css_set = (__u64)BPF_CORE_READ(task, cgroups);
	t->cgroup_id = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	t->pidns = (__u64)pidns_of(task);
	t->root_place = (__u64)BPF_CORE_READ(task, fs, root.dentry) ^ (__u64)BPF_CORE_READ(task, fs, root.mnt);
}

/* What d_path() marks with " (deleted)". */
static __always_inline bool is_unlinked(struct dentry *dentry)
{
	return dentry && BPF_CORE_READ(dentry, d_parent) != dentry && !BPF_CORE_READ(dentry, d_hash.pprev);
}

static __always_inline void executable(struct hc_snap_task *t, struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	enum layer layer = overlay_layer(inode);

	if (!inode)
		return;
	t->exe_ino = BPF_CORE_READ(inode, i_ino);
	t->exe_ctime_ns = inode_ctime_ns(inode);
	t->exe_mtime_ns = inode_mtime_ns(inode);
	t->exe_uid = BPF_CORE_READ(inode, i_uid.val);
	t->exe_gid = BPF_CORE_READ(inode, i_gid.val);
	t->exe_mode = BPF_CORE_READ(inode, i_mode);
	t->flags |= layer == LAYER_UPPER ? HC_SNAP_EXE_UPPER : layer == LAYER_LOWER ? HC_SNAP_EXE_LOWER : 0;
	if (is_unlinked(BPF_CORE_READ(file, f_path.dentry)))
		t->flags |= HC_SNAP_EXE_DELETED;
	if (is_memfd(file))
		t->flags |= HC_SNAP_EXE_MEMFD;
	if (BPF_CORE_READ(inode, i_sb, s_flags) & K_SB_RDONLY || BPF_CORE_READ(file, f_path.mnt, mnt_flags) & K_MNT_READONLY)
		t->flags |= HC_SNAP_EXE_READ_ONLY;
}

static __always_inline __u32 place(struct scratch *s, __u32 off, struct path *path, __u32 *flags, __u32 deleted)
{
	struct dentry *dentry = BPF_CORE_READ(path, dentry);
	struct fs_struct *fs = BPF_CORE_READ(reader(), fs);

	if (is_unlinked(dentry))
		*flags |= deleted;
	return hc_path_at(s, off, (__u64)dentry, (__u64)BPF_CORE_READ(path, mnt),
			  (__u64)fs + bpf_core_field_offset(struct fs_struct, root));
}

/* Appends at off user memory of the task, at most a string's limit. Returns how much. */
static __always_inline __u32 task_memory(struct scratch *s, __u32 off, struct task_struct *task, __u64 from, __u64 to)
{
	__u64 n = to > from ? to - from : 0;

	if (n > STR_MAX)
		n = STR_MAX;
	n = MASKED(n, 2 * STR_MAX - 1);
	if (bpf_copy_from_user_task(s->bytes + MASKED(off, SCRATCH_MASK), n, (void *)from, task, 0))
		return 0;
	return n;
}

/* cmdline as fs/proc/base.c makes it: if the last byte of the arguments is no NUL, the process has written its title
 * over them and, maybe, on over the environment behind. */
static __always_inline __u32 arguments(struct scratch *s, __u32 off, struct task_struct *task, __u32 *flags)
{
	__u64 from = BPF_CORE_READ(task, mm, arg_start), to = BPF_CORE_READ(task, mm, arg_end);
	__u64 env = BPF_CORE_READ(task, mm, env_start), env_end = BPF_CORE_READ(task, mm, env_end);
	__u8 last = 0;

	if (to <= from)
		return 0;
	if (!bpf_copy_from_user_task(&last, 1, (void *)(to - 1), task, 0) && last) {
		*flags |= HC_SNAP_TITLE;
		if (env == to && env_end >= env)
			to = env_end;
	}
	return task_memory(s, off, task, from, to);
}

SEC("iter.s/task")
int hc_snap_tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task, *leader;
	struct seq_file *seq = ctx->meta->seq;
	struct scratch *s = buffer();
	struct hc_snap_task *t;
	struct file *exe;
	struct fs_struct *fs;
	__u32 off = sizeof(*t), flags;

	if (!task || !s)
		return 0;
	t = (struct hc_snap_task *)s->bytes;
	__builtin_memset(t, 0, sizeof(*t));
	ids(t, task);
	if (task->flags & K_PF_KTHREAD || !task->mm) {
		t->flags = HC_SNAP_NO_MEMORY;
		t->size = sizeof(*t);
		bpf_seq_write(seq, t, sizeof(*t));
		return 0;
	}
	numbers(t, task);
	exe = BPF_CORE_READ(task, mm, exe_file);
	executable(t, exe);
	flags = t->flags;
	leader = BPF_CORE_READ(task, group_leader);
	/* threads share the image of their main thread, if that has not ended */
	if (leader == task || !BPF_CORE_READ(leader, mm)) {
		if (exe)
			t->exe_len = place(s, off, (void *)exe + bpf_core_field_offset(struct file, f_path), &flags,
					   HC_SNAP_EXE_DELETED);
		off += t->exe_len;
		t->args_len = arguments(s, off, task, &flags);
		off += t->args_len;
		t->env_len = task_memory(s, off, task, BPF_CORE_READ(task, mm, env_start), BPF_CORE_READ(task, mm, env_end));
		off += t->env_len;
	}
	fs = BPF_CORE_READ(task, fs);
	if (fs) {
		t->cwd_len = place(s, off, (void *)fs + bpf_core_field_offset(struct fs_struct, pwd), &flags,
				   HC_SNAP_CWD_DELETED);
		off += t->cwd_len;
		t->root_len = place(s, off, (void *)fs + bpf_core_field_offset(struct fs_struct, root), &flags,
				    HC_SNAP_ROOT_DELETED);
		off += t->root_len;
	}
	t->flags = flags;
	off = (off + 7) & ~7;
	t->size = off;
	bpf_seq_write(seq, s->bytes, MASKED(off, SCRATCH_MASK));
	return 0;
}

/* ---- descriptors ---- */

/* Whether the kernel lists it in /proc/net/{tcp,udp,raw,netlink}; other families than those told below are in no table
 * that is asked (scap-format.md 16.4). */
static __always_inline void inet_ends(struct hc_snap_file *f, struct sock *sk)
{
	struct inet_sock *inet = (struct inet_sock *)sk;
	bool hashed = BPF_CORE_READ(sk, __sk_common.skc_node.pprev) != NULL;

	f->sport = __builtin_bswap16(BPF_CORE_READ(inet, inet_sport));
	f->dport = __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (f->type == K_SOCK_RAW) {
		f->listed = hashed;
		f->sport = BPF_CORE_READ(inet, sk.__sk_common.skc_num);
		f->dport = 0;
	} else if (f->protocol == K_IPPROTO_TCP) {
		f->listed = BPF_CORE_READ(sk, __sk_common.skc_state) != K_TCP_CLOSE;
	} else if (f->protocol == K_IPPROTO_UDP) {
		f->listed = hashed;
	}
	if (f->family == K_AF_INET) {
		*(__u32 *)f->sip = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
		*(__u32 *)f->dip = BPF_CORE_READ(sk, __sk_common.skc_daddr);
	} else if (bpf_core_field_exists(sk->__sk_common.skc_v6_daddr)) {
		BPF_CORE_READ_INTO(&f->sip, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&f->dip, sk, __sk_common.skc_v6_daddr);
	}
}

/* Appends at off the address a unix socket is bound to, as bytes. */
static __always_inline __u32 unix_name(struct scratch *s, __u32 off, struct sock *sk)
{
	struct unix_address *ua = BPF_CORE_READ((struct unix_sock *)sk, addr);
	__s32 len = ua ? BPF_CORE_READ(ua, len) - 2 /* the family */ : 0;

	if (len <= 0)
		return 0;
	if (len > SUN_PATH_MAX)
		len = SUN_PATH_MAX;
	bpf_probe_read_kernel(s->bytes + MASKED(off, SCRATCH_MASK), MASKED(len, 127),
			      (char *)ua + bpf_core_field_offset(struct unix_address, name) + 2);
	return len;
}

static __always_inline __u32 socket(struct scratch *s, struct hc_snap_file *f, __u32 off, struct file *file)
{
	struct socket *socket = BPF_CORE_READ(file, private_data);
	struct sock *sk = BPF_CORE_READ(socket, sk);

	if (!sk)
		return 0;
	f->sock = (__u64)sk;
	f->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	f->type = BPF_CORE_READ(sk, sk_type);
	f->protocol = BPF_CORE_READ(sk, sk_protocol);
	switch (f->family) {
	case K_AF_INET:
	case K_AF_INET6: inet_ends(f, sk); return 0;
	case K_AF_NETLINK:
		f->listed = BPF_CORE_READ((struct netlink_sock *)sk, portid) != 0;
		return 0;
	case K_AF_UNIX:
		f->listed = 1;
		return unix_name(s, off, sk);
	default: return 0;
	}
}

static __always_inline bool closes_on_exec(struct task_struct *task, __u32 fd)
{
	unsigned long *bits = BPF_CORE_READ(task, files, fdt, close_on_exec), word = 0;

	bpf_probe_read_kernel(&word, sizeof(word), bits + fd / 64);
	return word >> (fd & 63) & 1;
}

SEC("iter/task_file")
int hc_snap_files(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct seq_file *seq = ctx->meta->seq;
	struct file *file = ctx->file;
	struct scratch *s = buffer();
	struct hc_snap_file *f;
	struct inode *inode;
	__u32 off = sizeof(*f);
	enum layer layer;
	long n;

	if (!task || !file || !s || task->pid != task->tgid || task->flags & K_PF_KTHREAD)
		return 0;
	f = (struct hc_snap_file *)s->bytes;
	__builtin_memset(f, 0, sizeof(*f));
	inode = BPF_CORE_READ(file, f_inode);
	layer = overlay_layer(inode);
	f->pid = pid_nr(pid_of(task, PID_TYPE_TGID), pidns_level(reader()));
	f->fd = ctx->fd;
	f->mode = BPF_CORE_READ(inode, i_mode);
	f->ino = BPF_CORE_READ(inode, i_ino);
	f->open_flags = BPF_CORE_READ(file, f_flags) & ~K_O_CLOEXEC;
	if (closes_on_exec(task, ctx->fd))
		f->open_flags |= K_O_CLOEXEC;
	f->dev = encode_dev(BPF_CORE_READ(file, f_path.mnt, mnt_sb, s_dev));
	f->overlay = layer == LAYER_UPPER ? FD_UPPER_LAYER : layer == LAYER_LOWER ? FD_LOWER_LAYER : 0;
	if ((f->mode & K_S_IFMT) == K_S_IFSOCK) {
		f->name_len = socket(s, f, off, file);
	} else {
		/* the iterator holds the file, so here the kernel's own function is safe, and knows all names */
		n = bpf_d_path((struct path *)&file->f_path, (char *)s->bytes + sizeof(*f), STR_MAX);
		f->name_len = n > 0 ? n : 0;
	}
	off += f->name_len;
	off = (off + 7) & ~7;
	f->size = off;
	bpf_seq_write(seq, s->bytes, MASKED(off, SCRATCH_MASK));
	return 0;
}
