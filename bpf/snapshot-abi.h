/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * What the snapshot's iterators write: a sequence of records, each `size` bytes long; a read(2) may end within one. Ids
 * are those of the pid namespace of whoever reads.
 */
#pragma once

#ifndef __VMLINUX_H__ /* kernel side: the types come from there */
#include <linux/types.h>
#endif

enum hc_snap_flag {
	HC_SNAP_EXE_DELETED = 1, HC_SNAP_CWD_DELETED = 2, HC_SNAP_ROOT_DELETED = 4, /* unlinked since */
	HC_SNAP_EXE_UPPER = 8, HC_SNAP_EXE_LOWER = 16, HC_SNAP_EXE_MEMFD = 32,
	HC_SNAP_EXE_READ_ONLY = 64, /* its mount or file system is */
	HC_SNAP_NO_MEMORY = 128,    /* a kernel thread or a zombie: of this record only the ids are valid */
	HC_SNAP_TITLE = 256,        /* args is a title as setproctitle(3) leaves it: one string */
};

/* One thread; behind it the bytes of exe, cwd, root (paths, each with its NUL), args and env (as the process has them). */
struct hc_snap_task {
	__u32 size; /* of all, strings included; a multiple of 8 */
	__u32 flags;
	__s32 tid, pid, ptid, pgid, sid;
	__s32 vtid, vpid, vpgid; /* one pid namespace further down; 0: the task is in no such */
	__u32 uid, gid, loginuid, tty;
	__u32 vmsize_kb, vmrss_kb, vmswap_kb;
	__u32 exe_uid, exe_gid, exe_mode;
	__u64 pfmajor, pfminor;             /* of this thread */
	__u64 group_pfmajor, group_pfminor; /* of the threads of its group that have ended */
	__u64 fdlimit;
	__u64 cap_inheritable, cap_permitted, cap_effective;
	__u64 exe_ino, exe_ctime_ns, exe_mtime_ns;
	__u64 css_set, cgroup_id; /* tasks with the same pair are in the same cgroups */
	__u64 pidns, root_place;  /* tasks with the same pair see the same /proc/1 */
	char comm[16];
	__u32 exe_len, cwd_len, root_len, args_len, env_len;
	__u32 padding;
};

/* One file descriptor of a thread group; behind it its name as its /proc link has it, with its NUL; of a unix socket the
 * bytes of the address it is bound to. */
struct hc_snap_file {
	__u32 size; /* name included; a multiple of 8 */
	__s32 pid;
	__u32 fd, mode;        /* mode of the inode */
	__u32 open_flags, dev; /* the kernel's flags, close-on-exec included; device of the mount, encoded */
	__u64 ino;
	__u32 overlay; /* FD_UPPER_LAYER or FD_LOWER_LAYER, portable */
	__u32 name_len;
	/* sockets */
	__u64 sock; /* kernel address */
	__u16 family, type, protocol;
	__u16 listed; /* in the kernel's table of its kind */
	__u16 sport, dport;
	__u32 padding;
	__u8 sip[16], dip[16]; /* network order, IPv4 in the first four */
};
