/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Processes: exec, clone, exit, and the calls that change or look at who a process is (scap-format.md 14.2).
 *
 * A successful exec of either kind is one event, from sched_process_exec; a failed one comes from sys_exit. Clones give
 * two events on x86_64, both from sys_exit: the caller's, and the child's with result 0; on aarch64 a child does not
 * pass sys_exit and its event comes from sched_process_fork.
 */
#pragma once

enum {
	EXE_WRITABLE = 1, EXE_UPPER_LAYER = 2, EXE_FROM_MEMFD = 4, EXE_LOWER_LAYER = 8,
	P_CLONE_FILES = 1, P_CLONE_SIGHAND = 2048, P_CLONE_THREAD = 8192, P_CLONE_VM = 32768, /* portable values */
	P_CLONE_CHILD_IN_PIDNS = 1 << 29,
	REAPER_UNKNOWN = -1,
	MAP_EXTENTS = 5, /* of ids, in struct uid_gid_map */
};

/* exe and args as the kernel keeps them in the process image. */
static __always_inline void put_image_args(struct out *e, struct task_struct *task)
{
	__u64 from = BPF_CORE_READ(task, mm, arg_start), to = BPF_CORE_READ(task, mm, arg_end), n = to - from;
	__u32 exe = put_user_str(e, from), start = e->off;

	if (n > STR_MAX)
		n = STR_MAX;
	n = n > exe ? n - exe : 0;
	if (var_user_bytes(e, from + exe, n)) {
		e->off--;
		*var_at(e) = 0;
		e->off++;
	}
	var_close(e, start);
}

static __always_inline void put_image_env(struct out *e, struct task_struct *task)
{
	__u64 from = BPF_CORE_READ(task, mm, env_start), n = BPF_CORE_READ(task, mm, env_end) - from;
	__u32 start = e->off;

	if (var_user_bytes(e, from, n > STR_MAX ? STR_MAX : n)) {
		e->off--;
		*var_at(e) = 0;
		e->off++;
	}
	var_close(e, start);
}

/* argv[0] and the rest, of a call that failed. */
static __always_inline void put_call_args(struct out *e, __u64 argv)
{
	__u64 first = argv ? user_pointer(argv, 0, e->cpu->compat) : 0;
	__u32 exe = 1;

	if (argv) {
		exe = put_user_str(e, first);
	} else {
		*var_at(e) = 0;
		out_advance(e, 1);
	}
	put_user_argv(e, first ? argv : 0, 1, exe < STR_MAX ? STR_MAX - exe : 0);
}

/* Parameters 3 to 14 of clone and exec events: who the task is. The faults are those of `faulted`. */
static __always_inline void put_process(struct out *e, struct task_struct *task, struct task_struct *faulted)
{
	struct memory m;
	long n;

	put_s64(e, BPF_CORE_READ(task, pid));
	put_s64(e, BPF_CORE_READ(task, tgid));
	put_s64(e, BPF_CORE_READ(task, real_parent, pid));
	put_empty(e); /* cwd: consumers inherit it */
	put_u64(e, BPF_CORE_READ(task, signal, rlim[K_RLIMIT_NOFILE].rlim_cur));
	put_u64(e, BPF_CORE_READ(faulted, maj_flt));
	put_u64(e, BPF_CORE_READ(faulted, min_flt));
	read_memory(task, &m);
	put_u32(e, m.size_kb);
	put_u32(e, m.rss_kb);
	put_u32(e, m.swap_kb);
	n = bpf_probe_read_kernel_str(var_at(e), HC_BPF_COMM_MAX, task->comm);
	out_advance(e, n > 0 ? n : 0);
	put_cgroups(e, task);
}

static __always_inline bool in_group(struct task_struct *task, __u32 gid)
{
	struct group_info *groups = BPF_CORE_READ(task, cred, group_info);
	__u32 n = BPF_CORE_READ(groups, ngroups), offset = bpf_core_field_offset(struct group_info, gid);

	if (BPF_CORE_READ(task, cred, fsgid.val) == gid)
		return true;
	for (__u32 i = 0; i < 64; i++) {
		__u32 g;

		if (i >= n)
			break;
		if (bpf_probe_read_kernel(&g, sizeof(g), (char *)groups + offset + 4 * i) == 0 && g == gid)
			return true;
	}
	return false;
}

/* Has an id of the host a name in a user name space? Of maps with more parts than fit into the map itself it is taken to have. */
static __always_inline bool is_mapped(struct uid_gid_map *map, __u32 id)
{
	__u32 n = BPF_CORE_READ(map, nr_extents);

	if (n > MAP_EXTENTS)
		return true;
	for (__u32 i = 0; i < MAP_EXTENTS && i < n; i++)
		if (id - BPF_CORE_READ(map, extent[i].lower_first) < BPF_CORE_READ(map, extent[i].count))
			return true;
	return false;
}

/* Whether the current task may write its executable, or being its owner allow itself to; without access lists and security
 * modules. */
__noinline int hc_may_write(__u64 inode_addr)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct inode *inode = (struct inode *)inode_addr;
	__u32 uid = BPF_CORE_READ(inode, i_uid.val), gid = BPF_CORE_READ(inode, i_gid.val);
	__u32 mode = BPF_CORE_READ(inode, i_mode);
	struct user_namespace *ns = BPF_CORE_READ(task, cred, user_ns);
	__u64 caps = caps_effective(task);

	if (BPF_CORE_READ(inode, i_sb, s_flags) & K_SB_RDONLY || BPF_CORE_READ(inode, i_flags) & K_S_IMMUTABLE)
		return 0;
	if (uid == (__u32)-1 || gid == (__u32)-1)
		return 0;
	if (uid == BPF_CORE_READ(task, cred, fsuid.val))
		return 1;
	if (caps & (1ULL << K_CAP_DAC_OVERRIDE | 1ULL << K_CAP_FOWNER) && is_mapped(&ns->uid_map, uid) && is_mapped(&ns->gid_map, gid))
		return 1;
	return !!(mode & (in_group(task, gid) ? K_S_IWGRP : K_S_IWOTH));
}

/* Parameters 16 to 29 of exec events. */
static __always_inline void put_image(struct out *e, struct task_struct *task)
{
	struct file *file = BPF_CORE_READ(task, mm, exe_file);
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	__u32 flags = 0, level = pidns_level(task);
	enum layer layer = overlay_layer(inode);

	if (inode) {
		flags = hc_may_write((__u64)inode) ? EXE_WRITABLE : 0;
		flags |= is_memfd(file) ? EXE_FROM_MEMFD : 0;
		flags |= layer == LAYER_UPPER ? EXE_UPPER_LAYER : layer == LAYER_LOWER ? EXE_LOWER_LAYER : 0;
	}
	put_u32(e, controlling_tty(task));
	put_s64(e, pid_nr(pid_of(task, PID_TYPE_PGID), level));
	put_u32(e, loginuid(task));
	put_u32(e, flags);
	put_u64(e, caps_inheritable(task));
	put_u64(e, caps_permitted(task));
	put_u64(e, caps_effective(task));
	put_u64(e, inode ? BPF_CORE_READ(inode, i_ino) : 0);
	put_u64(e, inode ? inode_ctime_ns(inode) : 0);
	put_u64(e, inode ? inode_mtime_ns(inode) : 0);
	put_u32(e, BPF_CORE_READ(task, cred, euid.val));
	put_file_path(e, file);
	put_s64(e, pid_nr(pid_of(task, PID_TYPE_PGID), 0));
	put_u32(e, BPF_CORE_READ(task, cred, egid.val));
}

/* A failed execve; a successful one never gets here. */
VARIABLE(execve, PPME_SYSCALL_EXECVE_19_X)
{
	struct task_struct *task = bpf_get_current_task_btf();

	put_s64(e, RET);
	put_call_args(e, A(1));
	put_process(e, task, task);
	put_user_argv(e, A(2), 0, STR_MAX);
	put_image(e, task);
	put_user_str(e, A(0));
}

VARIABLE(execveat, PPME_SYSCALL_EXECVEAT_X)
{
	struct task_struct *task = bpf_get_current_task_btf();

	put_s64(e, RET);
	put_call_args(e, A(2));
	put_process(e, task, task);
	put_user_argv(e, A(3), 0, STR_MAX);
	put_image(e, task);
}

SEC("tp_btf/sched_process_exec")
int hc_exec(__u64 *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx[0];
	struct linux_binprm *bprm = (struct linux_binprm *)ctx[2];
	struct hc_bpf_cpu *cpu = this_cpu();
	struct out e;

	if (!((hc_interest[NR_EXECVE] | hc_interest[NR_EXECVEAT]) & HC_INTEREST_NATIVE))
		return 0;
	if (task->flags & K_PF_KTHREAD || hc_config.failed == HC_FAILED_ONLY || !wanted_task(task))
		return 0;
	if (!out_begin(&e, cpu, PPM_SC_EXECVE, PPME_SYSCALL_EXECVE_19_X, HC_NPARAMS_PPME_SYSCALL_EXECVE_19_X))
		return 0;
	put_s64(&e, 0);
	put_image_args(&e, task);
	put_process(&e, task, task);
	put_image_env(&e, task);
	put_image(&e, task);
	put_kernel_str(&e, bprm->filename);
	out_end(&e, PPM_SC_EXECVE);
	return 0;
}

static __always_inline void put_clone(struct out *e, struct task_struct *task, struct task_struct *faulted, __s64 res, __u32 flags)
{
	__u32 level = pidns_level(task);

	put_s64(e, res);
	if (res >= 0) {
		put_image_args(e, task);
	} else {
		put_empty(e);
		put_empty(e);
	}
	put_process(e, task, faulted);
	put_u32(e, flags);
	put_u32(e, BPF_CORE_READ(task, cred, euid.val));
	put_u32(e, BPF_CORE_READ(task, cred, egid.val));
	put_s64(e, pid_nr(pid_of(task, PID_TYPE_PID), level));
	put_s64(e, pid_nr(pid_of(task, PID_TYPE_TGID), level));
	put_u64(e, res == 0 ? pidns_init_start(task) : 0);
}

#define CLONE_EVENT(name, type, kernel_flags) \
	VARIABLE(name, type) \
	{ \
		struct task_struct *task = bpf_get_current_task_btf(); \
		__u32 flags = map_clone_flags(kernel_flags); \
		put_clone(e, task, task, RET, flags | (children_in_pidns(task) ? P_CLONE_CHILD_IN_PIDNS : 0)); \
	}
CLONE_EVENT(clone, PPME_SYSCALL_CLONE_20_X, A(0))
CLONE_EVENT(fork, PPME_SYSCALL_FORK_20_X, 0)
CLONE_EVENT(vfork, PPME_SYSCALL_VFORK_20_X, 0)
CLONE_EVENT(clone3, PPME_SYSCALL_CLONE3_X, user_u64(A(0)))

/* ---- the life of a followed process, and procexit ---- */

#if defined(__TARGET_ARCH_arm64)
static __always_inline void emit_child(struct task_struct *parent, struct task_struct *child)
{
	struct hc_bpf_cpu *cpu = this_cpu();
	__u32 flags = 0;
	struct out e;

	if (child->flags & K_PF_KTHREAD || !wanted_task(parent) ||
	    !((hc_interest[220] | hc_interest[435]) & HC_INTEREST_NATIVE) || hc_config.failed == HC_FAILED_ONLY)
		return;
	if (child->pid != child->tgid)
		flags |= P_CLONE_THREAD | P_CLONE_SIGHAND | P_CLONE_VM;
	if (BPF_CORE_READ(parent, files) == BPF_CORE_READ(child, files))
		flags |= P_CLONE_FILES;
	if (pidns_level(child))
		flags |= P_CLONE_CHILD_IN_PIDNS;
	if (!out_begin(&e, cpu, PPM_SC_CLONE, PPME_SYSCALL_CLONE_20_X, HC_NPARAMS_PPME_SYSCALL_CLONE_20_X))
		return;
	*(__u64 *)(e.p + 8) = child->pid;
	put_clone(&e, child, parent, 0, flags);
	out_end(&e, PPM_SC_CLONE);
}
#endif

SEC("tp_btf/sched_process_fork")
int hc_fork(__u64 *ctx)
{
	struct task_struct *parent = (struct task_struct *)ctx[0], *child = (struct task_struct *)ctx[1];

	if (hc_config.follow) {
		__u32 from = parent->tgid, to = child->tgid;
		__u8 one = 1;

		if (from != to && bpf_map_lookup_elem(&followed, &from) &&
		    bpf_map_update_elem(&followed, &to, &one, BPF_ANY))
			__sync_fetch_and_add(&hc_unfollowed, 1);
	}
#if defined(__TARGET_ARCH_arm64)
	emit_child(parent, child);
#endif
	return 0;
}

enum { THREADS_LOOKED_AT = 32, ANCESTORS_LOOKED_AT = 32 };

/* A thread of the group of `of` (struct task_struct) that is not exiting and not `except`; 0: none; REAPER_UNKNOWN: too
 * many looked at. */
__noinline __s64 hc_alive_thread(__u64 of, __u64 except)
{
	struct signal_struct *signal = BPF_CORE_READ((struct task_struct *)of, signal);
	struct list_head *head = (void *)((char *)signal + bpf_core_field_offset(struct signal_struct, thread_head));
	struct list_head *node = BPF_CORE_READ(head, next);

	for (int i = 0; i < THREADS_LOOKED_AT; i++) {
		struct task_struct *t = (void *)((char *)node - bpf_core_field_offset(struct task_struct, thread_node));

		if (!node || node == head)
			return 0;
		if ((__u64)t != except && !(BPF_CORE_READ(t, flags) & K_PF_EXITING))
			return BPF_CORE_READ(t, pid);
		node = BPF_CORE_READ(node, next);
	}
	return REAPER_UNKNOWN;
}

/* Who adopts the children of the current task, which is exiting: another thread of it, the nearest living subreaper, the
 * namespace's init (kernel/exit.c find_new_reaper). 0: it has none, or the whole namespace dies. */
__noinline __s64 hc_reaper(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct list_head *children = (void *)((char *)task + bpf_core_field_offset(struct task_struct, children));
	struct signal_struct *signal = BPF_CORE_READ(task, signal);
	struct task_struct *init, *up;
	__s64 t;

	if (BPF_CORE_READ(children, next) == children)
		return 0;
	t = hc_alive_thread((__u64)task, (__u64)task);
	if (t)
		return t;
	init = BPF_CORE_READ(pidns_of(task), child_reaper);
	if (BPF_CORE_READ(init, tgid) == BPF_CORE_READ(task, tgid))
		return 0;
	if (!BPF_CORE_READ_BITFIELD_PROBED(signal, has_child_subreaper))
		return BPF_CORE_READ(init, pid);
	up = BPF_CORE_READ(task, real_parent);
	for (int i = 0; i < ANCESTORS_LOOKED_AT; i++) {
		if (!up || up == init || BPF_CORE_READ(up, pid) == 0 || pidns_level(up) != pidns_level(task))
			return BPF_CORE_READ(init, pid);
		signal = BPF_CORE_READ(up, signal);
		if (BPF_CORE_READ_BITFIELD_PROBED(signal, is_child_subreaper)) {
			t = hc_alive_thread((__u64)up, 0);
			if (t)
				return t;
		}
		up = BPF_CORE_READ(up, real_parent);
	}
	return REAPER_UNKNOWN;
}

static __always_inline void emit_procexit(struct task_struct *task)
{
	struct hc_bpf_cpu *cpu = this_cpu();
	__s32 code = task->exit_code;
	__u32 sig = code & 0x7f;
	__s64 adopter;
	struct out e;

	if (!hc_interest_tp[HC_TP_PROCEXIT] || !wanted_task(task))
		return;
	adopter = hc_reaper();
	if (!out_reserve(&e, cpu, PPM_SC_SCHED_PROCESS_EXIT, PPME_PROCEXIT_1_E, HC_NPARAMS_PPME_PROCEXIT_1_E,
			 HC_BYTES_PPME_PROCEXIT_1_E))
		return;
	put_s64(&e, code);
	put_s64(&e, (code >> 8) & 0xff);
	put_u8(&e, sig == 0x7f ? 0 : sig); /* 0x7f: stopped, not killed */
	put_u8(&e, code & 0x80 ? 1 : 0);
	put_s64(&e, adopter);
	out_submit(&e);
}

SEC("tp_btf/sched_process_exit")
int hc_exit(__u64 *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx[0];

	emit_procexit(task);
	/* the last thread of its group; the leader may have gone long before */
	if (hc_config.follow && !task->signal->live.counter) {
		__u32 tgid = task->tgid;

		bpf_map_delete_elem(&followed, &tgid);
	}
	return 0;
}
