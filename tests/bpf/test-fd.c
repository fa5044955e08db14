/* SPDX-License-Identifier: Apache-2.0
 *
 * Driver test: descriptors, data by descriptor, memory; every parameter against emission.tsv.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/bpf/harness.h"

static struct hc_event *ev;

static void descriptors(void)
{
	int *ends = shared(8), *ends2 = shared(8);
	struct stat *st = shared(sizeof *st), *st2 = shared(sizeof *st2);
	sigset_t mask = { 0 };
	long fd;

	if ((ev = call(PPME_SYSCALL_CLOSE_X, SYS_close, -3))) {
		S64(ev, 0, -EBADF);
		S64(ev, 1, -3);
	}
	if ((ev = call(PPME_SYSCALL_CLOSE_RANGE_X, SYS_close_range, 70000, 80000, CLOSE_RANGE_CLOEXEC))) {
		S64(ev, 0, 0);
		U32(ev, 1, 70000);
		U32(ev, 2, 80000);
		U32(ev, 3, 4);
	}
	if ((ev = call(PPME_SYSCALL_DUP_1_X, SYS_dup, 1))) {
		S64(ev, 0, RET);
		S64(ev, 1, 1);
	}
	fd = RET;
	if ((ev = call(PPME_SYSCALL_DUP2_X, SYS_dup2, fd, 300))) {
		S64(ev, 0, 300);
		S64(ev, 1, fd);
		S64(ev, 2, 300);
	}
	if ((ev = call(PPME_SYSCALL_DUP3_X, SYS_dup3, fd, -1, O_CLOEXEC))) {
		S64(ev, 0, -EBADF);
		S64(ev, 1, fd);
		S64(ev, 2, -1);
		U32(ev, 3, 4096);
	}
	if ((ev = call(PPME_SYSCALL_FCNTL_X, SYS_fcntl, 1, F_DUPFD_CLOEXEC, 400))) {
		S64(ev, 0, 400);
		S64(ev, 1, 1);
		U8(ev, 2, 26);
		U64(ev, 3, 400);
	}
	if ((ev = call(PPME_SYSCALL_PIPE_X, SYS_pipe, ends))) {
		S64(ev, 0, 0);
		S64(ev, 1, ends[0]);
		S64(ev, 2, ends[1]);
		CHECK(hc_event_u64(ev, 3, 0) != 0, "pipe inode");
	}
	if ((ev = call(PPME_SYSCALL_FSTAT_X, SYS_fstat, ends[0], st))) {
		S64(ev, 0, 0);
		S64(ev, 1, ends[0]);
		if (SYS_pipe >= 0) {
			ev = trace_find(checking_trace(), PPME_SYSCALL_PIPE_X, script_pid(), 0);
			U64(ev, 3, st->st_ino);
		}
	}
	if ((ev = call(PPME_SYSCALL_PIPE2_X, SYS_pipe2, ends2, O_CLOEXEC))) {
		S64(ev, 0, 0);
		S64(ev, 1, ends2[0]);
		S64(ev, 2, ends2[1]);
		U64(ev, 3, st2->st_ino);
		U32(ev, 4, 4096);
	}
	if (call(PPME_SYSCALL_FSTAT_X, SYS_fstat, ends2[1], st2))
		CHECK(st2->st_ino != st->st_ino, "inode number of a pipe");
	if ((ev = call(PPME_SYSCALL_PIPE2_X, SYS_pipe2, NULL, O_NONBLOCK | O_CLOEXEC))) {
		S64(ev, 0, -EFAULT);
		S64(ev, 1, -1);
		S64(ev, 2, -1);
		U64(ev, 3, 0);
		U32(ev, 4, 64 | 4096);
	}
	if ((ev = call(PPME_SYSCALL_EPOLL_CREATE_X, SYS_epoll_create, 12))) {
		S64(ev, 0, RET);
		U32(ev, 1, 12);
	}
	if ((ev = call(PPME_SYSCALL_EPOLLWAIT_X, SYS_epoll_wait, -1, NULL, -5, 0))) {
		S64(ev, 0, RET);
		S64(ev, 1, -5);
	}
	if ((ev = call(PPME_SYSCALL_EPOLL_CREATE1_X, SYS_epoll_create1, EPOLL_CLOEXEC))) {
		S64(ev, 0, RET);
		U32(ev, 1, 1);
	}
	if ((ev = call(PPME_SYSCALL_EVENTFD_X, SYS_eventfd, 7))) {
		S64(ev, 0, RET);
		U64(ev, 1, 7);
		U32(ev, 2, 0);
	}
	if ((ev = call(PPME_SYSCALL_EVENTFD2_X, SYS_eventfd2, 8, EFD_NONBLOCK))) {
		S64(ev, 0, RET);
		U16(ev, 1, 64);
		U64(ev, 2, 8);
	}
	if ((ev = call(PPME_SYSCALL_INOTIFY_INIT_X, SYS_inotify_init))) {
		S64(ev, 0, RET);
		U8(ev, 1, 0);
	}
	if ((ev = call(PPME_SYSCALL_INOTIFY_INIT1_X, SYS_inotify_init1, IN_CLOEXEC))) {
		S64(ev, 0, RET);
		U16(ev, 1, 4096);
	}
	if ((ev = call(PPME_SYSCALL_SIGNALFD_X, SYS_signalfd, -1, &mask, 8))) {
		S64(ev, 0, RET);
		S64(ev, 1, -1);
		U32(ev, 2, 0);
		U8(ev, 3, 0);
	}
	if ((ev = call(PPME_SYSCALL_SIGNALFD4_X, SYS_signalfd4, -1, &mask, 8, SFD_NONBLOCK | SFD_CLOEXEC))) {
		S64(ev, 0, RET);
		U16(ev, 1, 64 | 4096);
		S64(ev, 2, -1);
		U32(ev, 3, 0);
	}
	if ((ev = call(PPME_SYSCALL_TIMERFD_CREATE_X, SYS_timerfd_create, CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC))) {
		S64(ev, 0, RET);
		U8(ev, 1, CLOCK_MONOTONIC);
		U8(ev, 2, 64); /* O_CLOEXEC does not fit */
	}
	if ((ev = call(PPME_SYSCALL_MEMFD_CREATE_X, SYS_memfd_create, "name", MFD_CLOEXEC | MFD_ALLOW_SEALING))) {
		S64(ev, 0, RET);
		STR(ev, 1, "name");
		U32(ev, 2, 3);
	}
	if ((ev = call(PPME_SYSCALL_PIDFD_OPEN_X, SYS_pidfd_open, -1, O_NONBLOCK))) {
		S64(ev, 0, RET);
		S64(ev, 1, -1);
		U32(ev, 2, 1);
	}
	if ((ev = call(PPME_SYSCALL_PIDFD_GETFD_X, SYS_pidfd_getfd, -9, 4, 5))) {
		S64(ev, 0, RET);
		S64(ev, 1, -9);
		S64(ev, 2, 4);
		U32(ev, 3, 5);
	}
	if ((ev = call(PPME_SYSCALL_USERFAULTFD_X, SYS_userfaultfd, 0x10000))) {
		S64(ev, 0, RET);
		U32(ev, 1, 0x10000);
	}
	if ((ev = call(PPME_SYSCALL_FLOCK_X, SYS_flock, -4, LOCK_EX | LOCK_NB))) {
		S64(ev, 0, -EBADF);
		S64(ev, 1, -4);
		U32(ev, 2, 6);
	}
	if ((ev = call(PPME_SYSCALL_GETDENTS_X, SYS_getdents, -5, NULL, 0))) {
		S64(ev, 0, -EBADF);
		S64(ev, 1, -5);
	}
	if ((ev = call(PPME_SYSCALL_GETDENTS64_X, SYS_getdents64, -6, NULL, 0))) {
		S64(ev, 0, -EBADF);
		S64(ev, 1, -6);
	}
	if ((ev = call(PPME_SYSCALL_IOCTL_3_X, SYS_ioctl, -1, 0x5401, 0x123456789a))) {
		S64(ev, 0, -EBADF);
		S64(ev, 1, -1);
		U64(ev, 2, 0x5401);
		U64(ev, 3, 0x123456789a);
	}
	if ((ev = call(PPME_SYSCALL_LSEEK_X, SYS_lseek, -8, 0x1122334455667788, SEEK_END))) {
		S64(ev, 0, -EBADF);
		S64(ev, 1, -8);
		U64(ev, 2, 0x1122334455667788);
		U8(ev, 3, 2);
	}
	if ((ev = call(PPME_SYSCALL_COPY_FILE_RANGE_X, SYS_copy_file_range, -1, 0x1000, -2, 0x2000, 3, 0))) {
		S64(ev, 0, -EBADF);
		S64(ev, 1, -2);
		U64(ev, 2, 0x2000);
		S64(ev, 3, -1);
		U64(ev, 4, 0x1000);
		U64(ev, 5, 3);
	}
	if ((ev = call(PPME_SYSCALL_SPLICE_X, SYS_splice, -1, NULL, -2, NULL, 4, 1 | 2))) {
		S64(ev, 0, -EBADF);
		S64(ev, 1, -1);
		S64(ev, 2, -2);
		U64(ev, 3, 4);
		U32(ev, 4, 3);
	}
	if ((ev = call(PPME_SYSCALL_SENDFILE_X, SYS_sendfile, -1, -2, &(long){ 99 }, 5))) {
		S64(ev, 0, -EBADF);
		U64(ev, 1, 99);
		S64(ev, 2, -1);
		S64(ev, 3, -2);
		U64(ev, 4, 5);
	}
	if ((ev = call(PPME_SYSCALL_SELECT_X, SYS_select, -1, NULL, NULL, NULL, NULL)))
		S64(ev, 0, -EINVAL);
}

static void polls(void)
{
	struct pollfd *fds = shared(20 * sizeof *fds);
	struct timespec *ts = shared(sizeof *ts);
	uint64_t *mask = shared(8);
	int *ends = shared(8);
	unsigned char want[2 + 16 * 10] = { 1, 0 };

	if (!checking() && pipe(ends) < 0)
		_exit(1);
	fds[0] = (struct pollfd){ .fd = ends[1], .events = POLLOUT };
	if ((ev = call(PPME_SYSCALL_POLL_X, SYS_poll, fds, 1, -1))) {
		memcpy(want + 2, &(int64_t){ ends[1] }, 8);
		want[10] = 4; /* POLLOUT */
		S64(ev, 0, 1);
		BYTES(ev, 1, want, 2 + 10);
		U64(ev, 2, 4294967295);
	}
	if ((ev = call(PPME_SYSCALL_POLL_X, SYS_poll, 0x10, 3, 0))) {
		S64(ev, 0, -EFAULT);
		BYTES(ev, 1, "\0", 2);
		U64(ev, 2, 0);
	}
	/* twenty, of which some are ready: nothing to read, room to write, no such file */
	for (int i = 0; i < 20; i++)
		fds[i] = (struct pollfd){ .fd = i % 3 ? ends[i % 2] : 7777, .events = POLLIN | POLLOUT };
	for (int i = 0; i < 16; i++) {
		memcpy(want + 2 + 10 * i, &(int64_t){ fds[i].fd }, 8);
		want[2 + 10 * i + 8] = fds[i].fd == 7777 ? 64 /* POLLNVAL */ : fds[i].fd == ends[1] ? 4 : 0;
	}
	want[0] = 16;
	if (!checking())
		*ts = (struct timespec){ .tv_sec = 86400, .tv_nsec = 5 };
	*mask = 0x1100000022;
	if ((ev = call(PPME_SYSCALL_PPOLL_X, SYS_ppoll, fds, 20, ts, mask, 8))) {
		S64(ev, 0, 7 + 7);
		BYTES(ev, 1, want, sizeof want); /* at most 16 pairs */
		U64(ev, 2, ts->tv_sec * 1000000000ull + ts->tv_nsec); /* the kernel writes back what is left */
		CHECK(ts->tv_sec >= 80000, "%ld s left", (long)ts->tv_sec);
		U32(ev, 3, 0x22);
	}
}

static void data(void)
{
	char *buf = shared(256);
	int *ends = shared(8), *file = shared(sizeof *file);
	struct iovec *iov = shared(40 * sizeof *iov);
	char text[200];

	memset(text, 'x', sizeof text);
	memcpy(text, "beginning", 9);
	if (!checking()) {
		*file = syscall(SYS_memfd_create, "file", 0);
		if (pipe(ends) < 0 || *file < 0)
			_exit(1);
	}
	if ((ev = call(PPME_SYSCALL_WRITE_X, SYS_write, ends[1], text, 200))) {
		S64(ev, 0, 200);
		BYTES(ev, 1, text, 80);
		S64(ev, 2, ends[1]);
		U32(ev, 3, 200);
	}
	if ((ev = call(PPME_SYSCALL_READ_X, SYS_read, ends[0], buf, 9))) {
		S64(ev, 0, 9);
		BYTES(ev, 1, "beginning", 9);
		S64(ev, 2, ends[0]);
		U32(ev, 3, 9);
	}
	if ((ev = call(PPME_SYSCALL_WRITE_X, SYS_write, -1, "failed", 6))) {
		S64(ev, 0, -EBADF);
		BYTES(ev, 1, "failed", 6);
		S64(ev, 2, -1);
		U32(ev, 3, 6);
	}
	if ((ev = call(PPME_SYSCALL_READ_X, SYS_read, -1, buf, 6))) {
		S64(ev, 0, -EBADF);
		EMPTY(ev, 1);
		S64(ev, 2, -1);
		U32(ev, 3, 6);
	}
	if ((ev = call(PPME_SYSCALL_PREAD_X, SYS_pread64, -1, buf, 7, 0x700000008))) {
		S64(ev, 0, -EBADF);
		EMPTY(ev, 1);
		S64(ev, 2, -1);
		U32(ev, 3, 7);
		U64(ev, 4, 0x700000008);
	}
	if ((ev = call(PPME_SYSCALL_PWRITE_X, SYS_pwrite64, *file, text, 150, 0x300000004))) {
		S64(ev, 0, 150);
		BYTES(ev, 1, text, 80);
		S64(ev, 2, *file);
		U32(ev, 3, 150);
		U64(ev, 4, 0x300000004);
	}
	if ((ev = call(PPME_SYSCALL_PREAD_X, SYS_pread64, *file, buf, 12, 0x300000006))) {
		S64(ev, 0, 12);
		BYTES(ev, 1, "ginningxxxxx", 12);
		S64(ev, 2, *file);
		U32(ev, 3, 12);
		U64(ev, 4, 0x300000006);
	}
	if ((ev = call(PPME_SYSCALL_PWRITE_X, SYS_pwrite64, -1, "pw", 2, 9))) {
		S64(ev, 0, -EBADF);
		BYTES(ev, 1, "pw", 2);
		S64(ev, 2, -1);
		U32(ev, 3, 2);
		U64(ev, 4, 9);
	}
	iov[0] = (struct iovec){ "one-", 4 };
	iov[1] = (struct iovec){ "two-", 4 };
	iov[2] = (struct iovec){ text, 150 };
	if ((ev = call(PPME_SYSCALL_WRITEV_X, SYS_writev, ends[1], iov, 3))) {
		char want[80];

		memcpy(want, "one-two-", 8);
		memcpy(want + 8, text, 72);
		S64(ev, 0, 158);
		BYTES(ev, 1, want, 80);
		S64(ev, 2, ends[1]);
		U32(ev, 3, 158);
	}
	if ((ev = call(PPME_SYSCALL_PWRITEV_X, SYS_pwritev, -1, iov, 2, 77, 0))) {
		S64(ev, 0, -EBADF);
		BYTES(ev, 1, "one-two-", 8);
		S64(ev, 2, -1);
		U32(ev, 3, 8);
		U64(ev, 4, 77);
	}
	for (int i = 0; i < 40; i++)
		iov[i] = (struct iovec){ text + i, 2 };
	if ((ev = call(PPME_SYSCALL_PWRITEV_X, SYS_pwritev, -1, iov, 40, 0, 0))) {
		char want[64];

		for (int i = 0; i < 32; i++)
			memcpy(want + 2 * i, text + i, 2);
		BYTES(ev, 1, want, 64);
		U32(ev, 3, 64);
	}
	iov[1].iov_len = 0;
	if ((ev = call(PPME_SYSCALL_PWRITEV_X, SYS_pwritev, -1, iov, 4, 0, 0))) {
		BYTES(ev, 1, text, 2);
		U32(ev, 3, 6);
	}
	iov[1] = (struct iovec){ NULL, 2 };
	if ((ev = call(PPME_SYSCALL_PWRITEV_X, SYS_pwritev, -1, iov, 4, 0, 0))) {
		BYTES(ev, 1, text, 2);
		U32(ev, 3, 8);
	}
	if ((ev = call(PPME_SYSCALL_PWRITEV_X, SYS_pwritev, -1, NULL, 4, 0, 0))) {
		EMPTY(ev, 1);
		U32(ev, 3, 0);
	}
	if ((ev = call(PPME_SYSCALL_READ_X, SYS_read, ends[0], buf, 191))) /* what the first write left */
		S64(ev, 0, 191);
	iov[0] = (struct iovec){ buf, 3 };
	iov[1] = (struct iovec){ buf + 64, 5 };
	if ((ev = call(PPME_SYSCALL_READV_X, SYS_readv, ends[0], iov, 2))) {
		S64(ev, 0, 8);
		U32(ev, 1, 8);
		BYTES(ev, 2, "one-two-", 8);
		S64(ev, 3, ends[0]);
	}
	if ((ev = call(PPME_SYSCALL_PREADV_X, SYS_preadv, *file, iov, 2, 0x300000008, 0))) {
		S64(ev, 0, 8);
		U32(ev, 1, 8);
		BYTES(ev, 2, "nningxxx", 8);
		S64(ev, 3, *file);
		U64(ev, 4, 0x300000008);
	}
	if ((ev = call(PPME_SYSCALL_PREADV_X, SYS_preadv, -1, iov, 2, 55, 0))) {
		S64(ev, 0, -EBADF);
		U32(ev, 1, 0);
		EMPTY(ev, 2);
		S64(ev, 3, -1);
		U64(ev, 4, 55);
	}
	iov[0] = (struct iovec){ buf, 4 };
	iov[1] = (struct iovec){ "datadata", 4 };
	if ((ev = call(PPME_SYSCALL_PROCESS_VM_READV_X, SYS_process_vm_readv, script_pid(), iov, 1, iov + 1, 1, 0))) {
		S64(ev, 0, 4);
		S64(ev, 1, script_pid());
		BYTES(ev, 2, "data", 4);
	}
	iov[1].iov_base = buf + 64;
	if ((ev = call(PPME_SYSCALL_PROCESS_VM_WRITEV_X, SYS_process_vm_writev, script_pid(), iov, 1, iov + 1, 1, 0))) {
		S64(ev, 0, 4);
		S64(ev, 1, script_pid());
		BYTES(ev, 2, "data", 4);
	}
	if ((ev = call(PPME_SYSCALL_PROCESS_VM_WRITEV_X, SYS_process_vm_writev, -1, iov, 1, iov + 1, 1, 0))) {
		CHECK(RET < 0, "%ld", RET);
		S64(ev, 0, RET);
		S64(ev, 1, -1);
		EMPTY(ev, 2);
	}
}

/* total, resident, swapped memory: plausible, and total is what the test itself sees */
static void check_memory(struct hc_event *e, unsigned k)
{
	uint64_t size = hc_event_u64(e, k, 0), rss = hc_event_u64(e, k + 1, 0);

	CHECK(size > 50 && size < 50u << 20 && rss < size, "%lu kB, %lu resident", size, rss);
	U32(e, k + 2, 0);
}

static void memory(void)
{
	int *file = shared(sizeof *file);
	long at;

	if ((ev = call(PPME_SYSCALL_BRK_4_X, SYS_brk, 0))) {
		U64(ev, 0, RET);
		check_memory(ev, 1);
		U64(ev, 4, 0);
	}
	at = RET;
	if ((ev = call(PPME_SYSCALL_BRK_4_X, SYS_brk, at))) {
		U64(ev, 0, at);
		U64(ev, 4, at);
	}
	if ((ev = call(PPME_SYSCALL_MMAP_X, SYS_mmap, 0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
		S64(ev, 0, RET);
		check_memory(ev, 1);
		U64(ev, 4, 0);
		U64(ev, 5, 8192);
		U32(ev, 6, 3);
		CHECK(hc_event_u64(ev, 7, 0) == (2 | 8), "MAP_PRIVATE MAP_ANONYMOUS: %#lx", hc_event_u64(ev, 7, 0));
		S64(ev, 8, -1);
		U64(ev, 9, 0);
	}
	at = RET;
	if ((ev = call(PPME_SYSCALL_MPROTECT_X, SYS_mprotect, at, 4096, PROT_READ | PROT_EXEC))) {
		S64(ev, 0, 0);
		U64(ev, 1, at);
		U64(ev, 2, 4096);
		U32(ev, 3, 5);
	}
	if ((ev = call(PPME_SYSCALL_MLOCK_X, SYS_mlock, at, 4096))) {
		S64(ev, 0, RET);
		U64(ev, 1, at);
		U64(ev, 2, 4096);
	}
	if ((ev = call(PPME_SYSCALL_MLOCK2_X, SYS_mlock2, at, 4097, MLOCK_ONFAULT))) {
		S64(ev, 0, RET);
		U64(ev, 1, at);
		U64(ev, 2, 4097);
		U32(ev, 3, 1);
	}
	if ((ev = call(PPME_SYSCALL_MUNLOCK_X, SYS_munlock, at, 4096))) {
		S64(ev, 0, RET);
		U64(ev, 1, at);
		U64(ev, 2, 4096);
	}
	if ((ev = call(PPME_SYSCALL_MLOCKALL_X, SYS_mlockall, MCL_ONFAULT))) {
		S64(ev, 0, -EINVAL);
		U32(ev, 1, 4);
	}
	if ((ev = call(PPME_SYSCALL_MUNLOCKALL_X, SYS_munlockall)))
		S64(ev, 0, 0);
	if ((ev = call(PPME_SYSCALL_MUNMAP_X, SYS_munmap, at, 8192))) {
		S64(ev, 0, 0);
		check_memory(ev, 1);
		U64(ev, 4, at);
		U64(ev, 5, 8192);
	}
	if (!checking()) {
		*file = syscall(SYS_memfd_create, "file", 0);
		if (ftruncate(*file, 0x300003000) < 0)
			_exit(1);
	}
	if ((ev = call(PPME_SYSCALL_MMAP_X, SYS_mmap, at, 4096, PROT_READ, MAP_SHARED | MAP_FIXED, *file, 0x300002000))) {
		S64(ev, 0, at);
		U64(ev, 4, at);
		U64(ev, 5, 4096);
		U32(ev, 6, 1);
		U32(ev, 7, 1 | 4);
		S64(ev, 8, *file);
		U64(ev, 9, 0x300002000);
	}
}

int main(void)
{
	static const char *const names[] = {
		"close", "close_range", "dup", "dup2", "dup3", "fcntl", "pipe", "pipe2", "fstat", "epoll_create",
		"epoll_create1", "epoll_wait", "eventfd", "eventfd2", "inotify_init", "inotify_init1", "signalfd",
		"signalfd4", "timerfd_create", "memfd_create", "pidfd_open", "pidfd_getfd", "userfaultfd", "flock",
		"getdents", "getdents64", "ioctl", "lseek", "copy_file_range", "splice", "sendfile", "select", "poll",
		"ppoll", "read", "write", "pread64", "pwrite64", "readv", "writev", "preadv", "pwritev",
		"process_vm_readv", "process_vm_writev", "brk", "mmap", "mprotect", "mlock", "mlock2", "munlock",
		"mlockall", "munlockall", "munmap", NULL,
	};
	struct trace t;

	trace_open(&t, NULL, 1 << 20, HC_BPF_ENTER_NONE);
	trace_select(&t, names);
	trace_script(&t, descriptors);
	trace_clear(&t);
	trace_script(&t, polls);
	trace_clear(&t);
	trace_script(&t, data);
	trace_clear(&t);
	trace_script(&t, memory);
	trace_close(&t);
	return failures != 0;
}
