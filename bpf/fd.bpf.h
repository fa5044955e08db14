/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * File descriptors: making, copying and closing them, and calls that work on one without moving data.
 */
#pragma once

FIXED(close, PPME_SYSCALL_CLOSE_X)
{
	put_s64(e, RET);
	put_s64(e, I32(A(0)));
}

FIXED(close_range, PPME_SYSCALL_CLOSE_RANGE_X)
{
	put_s64(e, RET);
	put_u32(e, U32(A(0)));
	put_u32(e, U32(A(1)));
	put_u32(e, map_close_range_flags(A(2)));
}

FIXED(dup, PPME_SYSCALL_DUP_1_X)
{
	put_s64(e, I32(RET));
	put_s64(e, I32(A(0)));
}

FIXED(dup2, PPME_SYSCALL_DUP2_X)
{
	put_s64(e, I32(RET));
	put_s64(e, I32(A(0)));
	put_s64(e, I32(A(1)));
}

FIXED(dup3, PPME_SYSCALL_DUP3_X)
{
	put_s64(e, I32(RET));
	put_s64(e, I32(A(0)));
	put_s64(e, I32(A(1)));
	put_u32(e, map_dup3_flags(A(2)));
}

FIXED(fcntl, PPME_SYSCALL_FCNTL_X)
{
	put_s64(e, RET);
	put_s64(e, I32(A(0)));
	put_u8(e, map_fcntl_cmd(A(1)));
	put_u64(e, A(2));
}

/* res, both ends, inode number */
static __always_inline void put_pipe(struct out *e)
{
	__s32 ends[2] = { -1, -1 };
	__u64 ino = 0;

	if (bpf_probe_read_user(ends, sizeof(ends), (void *)A(0)) < 0)
		ends[0] = ends[1] = -1;
	if (RET == 0) {
		struct file *file = file_of_fd(ends[0]);

		ino = file ? BPF_CORE_READ(file, f_inode, i_ino) : 0;
	}
	put_s64(e, RET);
	put_s64(e, ends[0]);
	put_s64(e, ends[1]);
	put_u64(e, ino);
}

FIXED(pipe, PPME_SYSCALL_PIPE_X)
{
	put_pipe(e);
}

FIXED(pipe2, PPME_SYSCALL_PIPE2_X)
{
	put_pipe(e);
	put_u32(e, map_pipe2_flags(A(1)));
}

FIXED(epoll_create, PPME_SYSCALL_EPOLL_CREATE_X)
{
	put_s64(e, RET);
	put_u32(e, A(0));
}

FIXED(epoll_create1, PPME_SYSCALL_EPOLL_CREATE1_X)
{
	put_s64(e, RET);
	put_u32(e, map_epoll_create1_flags(A(0)));
}

FIXED(epoll_wait, PPME_SYSCALL_EPOLLWAIT_X)
{
	put_s64(e, RET);
	put_s64(e, I32(A(2)));
}

FIXED(eventfd, PPME_SYSCALL_EVENTFD_X)
{
	put_s64(e, RET);
	put_u64(e, A(0));
	put_u32(e, 0);
}

FIXED(eventfd2, PPME_SYSCALL_EVENTFD2_X)
{
	put_s64(e, RET);
	put_u16(e, map_eventfd2_flags(A(1)));
	put_u64(e, U32(A(0)));
}

FIXED(inotify_init, PPME_SYSCALL_INOTIFY_INIT_X)
{
	put_s64(e, RET);
	put_u8(e, 0);
}

FIXED(inotify_init1, PPME_SYSCALL_INOTIFY_INIT1_X)
{
	put_s64(e, RET);
	put_u16(e, map_inotify_init1_flags(A(0)));
}

FIXED(signalfd, PPME_SYSCALL_SIGNALFD_X)
{
	put_s64(e, RET);
	put_s64(e, I32(A(0)));
	put_u32(e, 0);
	put_u8(e, 0);
}

FIXED(signalfd4, PPME_SYSCALL_SIGNALFD4_X)
{
	put_s64(e, I32(RET));
	put_u16(e, map_signalfd4_flags(A(3)));
	put_s64(e, I32(A(0)));
	put_u32(e, 0);
}

FIXED(timerfd_create, PPME_SYSCALL_TIMERFD_CREATE_X)
{
	put_s64(e, RET);
	put_u8(e, A(0));
	put_u8(e, map_timerfd_create_flags(A(1)));
}

VARIABLE(memfd_create, PPME_SYSCALL_MEMFD_CREATE_X)
{
	put_s64(e, RET);
	put_user_str(e, A(0));
	put_u32(e, map_memfd_create_flags(A(1)));
}

FIXED(pidfd_open, PPME_SYSCALL_PIDFD_OPEN_X)
{
	put_s64(e, RET);
	put_s64(e, I32(A(0)));
	put_u32(e, map_pidfd_open_flags(A(1)));
}

FIXED(pidfd_getfd, PPME_SYSCALL_PIDFD_GETFD_X)
{
	put_s64(e, RET);
	put_s64(e, I32(A(0)));
	put_s64(e, I32(A(1)));
	put_u32(e, U32(A(2)));
}

FIXED(userfaultfd, PPME_SYSCALL_USERFAULTFD_X)
{
	put_s64(e, RET);
	put_u32(e, U32(A(0)));
}

FIXED(flock, PPME_SYSCALL_FLOCK_X)
{
	put_s64(e, RET);
	put_s64(e, I32(A(0)));
	put_u32(e, map_flock_flags(A(1)));
}

/* res, fd */
#define FD_EVENT(name, type) \
	FIXED(name, type) \
	{ \
		put_s64(e, RET); \
		put_s64(e, I32(A(0))); \
	}
FD_EVENT(fstat, PPME_SYSCALL_FSTAT_X)
FD_EVENT(getdents, PPME_SYSCALL_GETDENTS_X)
FD_EVENT(getdents64, PPME_SYSCALL_GETDENTS64_X)

FIXED(ioctl, PPME_SYSCALL_IOCTL_3_X)
{
	put_s64(e, RET);
	put_s64(e, I32(A(0)));
	put_u64(e, A(1));
	put_u64(e, A(2));
}

FIXED(lseek, PPME_SYSCALL_LSEEK_X)
{
	put_s64(e, RET);
	put_s64(e, I32(A(0)));
	put_u64(e, A(1));
	put_u8(e, map_lseek_whence(A(2)));
}

FIXED(copy_file_range, PPME_SYSCALL_COPY_FILE_RANGE_X)
{
	put_s64(e, RET);
	put_s64(e, I32(A(2)));
	put_u64(e, A(3));
	put_s64(e, I32(A(0)));
	put_u64(e, A(1));
	put_u64(e, A(4));
}

FIXED(splice, PPME_SYSCALL_SPLICE_X)
{
	put_s64(e, RET);
	put_s64(e, I32(A(0)));
	put_s64(e, I32(A(2)));
	put_u64(e, A(4));
	put_u32(e, map_splice_flags(A(5)));
}

enum { IA32_SENDFILE = 187 }; /* the other, sendfile64, has 64 bits of offset */

FIXED(sendfile, PPME_SYSCALL_SENDFILE_X)
{
	__u64 offset = 0;

	if (A(2))
		bpf_probe_read_user(&offset, e->cpu->compat && e->cpu->ia32_nr == IA32_SENDFILE ? 4 : 8, (void *)A(2));
	put_s64(e, RET);
	put_u64(e, offset);
	put_s64(e, I32(A(0)));
	put_s64(e, I32(A(1)));
	put_u64(e, A(3));
}

FIXED(select, PPME_SYSCALL_SELECT_X)
{
	put_s64(e, RET);
}

enum { FDLIST_MAX = 16 };

/* fdlist(p, count, revents) (scap-format.md 10.6) */
static __always_inline void put_fdlist(struct out *e, __u64 addr, __u32 count)
{
	struct pollfd fds[2 * FDLIST_MAX]; /* the second half is room for the verifier */
	__u32 start = e->off, n = count < FDLIST_MAX ? count : FDLIST_MAX;
	__u8 *counter = var_at(e);

	if (bpf_probe_read_user(fds, MASKED(n * sizeof(*fds), 255), (void *)addr) < 0)
		n = 0;
	*(__u16 *)counter = n;
	e->off += 2;
#pragma unroll
	for (__u32 i = 0; i < FDLIST_MAX; i++) {
		if (i < n) {
			*(__s64 *)var_at(e) = fds[i].fd;
			e->off += 8;
			*(__u16 *)var_at(e) = map_poll_events(fds[i].revents);
			e->off += 2;
		}
	}
	var_close(e, start);
}

/* A timespec of the caller in ns; 0 if unreadable. */
static __always_inline __u64 user_timespec(__u64 addr, bool compat)
{
	__s64 ts[2] = {};

	if (!addr)
		return 0;
	if (compat) {
		__s32 ts32[2] = {};

		bpf_probe_read_user(ts32, sizeof(ts32), (void *)addr);
		return ts32[0] * 1000000000ULL + ts32[1];
	}
	bpf_probe_read_user(ts, sizeof(ts), (void *)addr);
	return ts[0] * 1000000000ULL + ts[1];
}

VARIABLE(poll, PPME_SYSCALL_POLL_X)
{
	put_s64(e, RET);
	put_fdlist(e, A(0), A(1));
	put_u64(e, U32(A(2)));
}

VARIABLE(ppoll, PPME_SYSCALL_PPOLL_X)
{
	put_s64(e, RET);
	put_fdlist(e, A(0), A(1));
	put_u64(e, user_timespec(A(2), e->cpu->compat));
	put_u32(e, user_u32(A(3)));
}
