/* SPDX-License-Identifier: Apache-2.0
 *
 * Driver test: ids, limits, signals, tracing, modules, keys, semaphores and the rest; generic events of calls without a
 * type of their own; filters. Every parameter against emission.tsv.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/quota.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bpf/harness.h"

static struct hc_event *ev;

/* Each id another, set as root and then without its privileges. */
static void ids(void)
{
	uint32_t *id = shared(24);

	if ((ev = call(PPME_SYSCALL_GETUID_X, SYS_getuid)))
		U32(ev, 0, 0);
	if ((ev = call(PPME_SYSCALL_SETREGID_X, SYS_setregid, 14, 15))) {
		S64(ev, 0, 0);
		U32(ev, 1, 14);
		U32(ev, 2, 15);
	}
	if ((ev = call(PPME_SYSCALL_SETGID_X, SYS_setgid, 16))) {
		S64(ev, 0, 0);
		U32(ev, 1, 16);
	}
	if ((ev = call(PPME_SYSCALL_SETREGID_X, SYS_setregid, -1, -1))) {
		S64(ev, 0, 0);
		U32(ev, 1, -1);
		U32(ev, 2, -1);
	}
	if ((ev = call(PPME_SYSCALL_SETRESGID_X, SYS_setresgid, 11, 12, 13))) {
		S64(ev, 0, 0);
		U32(ev, 1, 11);
		U32(ev, 2, 12);
		U32(ev, 3, 13);
	}
	if ((ev = call(PPME_SYSCALL_GETRESGID_X, SYS_getresgid, id, id + 1, id + 2))) {
		S64(ev, 0, 0);
		U32(ev, 1, 11);
		U32(ev, 2, 12);
		U32(ev, 3, 13);
	}
	if ((ev = call(PPME_SYSCALL_GETGID_X, SYS_getgid)))
		U32(ev, 0, 11);
	if ((ev = call(PPME_SYSCALL_GETEGID_X, SYS_getegid)))
		U32(ev, 0, 12);
	if ((ev = call(PPME_SYSCALL_SETRESUID_X, SYS_setresuid, 21, 22, 23))) {
		S64(ev, 0, 0);
		U32(ev, 1, 21);
		U32(ev, 2, 22);
		U32(ev, 3, 23);
	}
	if ((ev = call(PPME_SYSCALL_GETRESUID_X, SYS_getresuid, id + 3, id + 4, id + 5))) {
		S64(ev, 0, 0);
		U32(ev, 1, 21);
		U32(ev, 2, 22);
		U32(ev, 3, 23);
	}
	if ((ev = call(PPME_SYSCALL_GETRESUID_X, SYS_getresuid, NULL, NULL, NULL))) {
		S64(ev, 0, -EFAULT);
		U32(ev, 1, 0);
		U32(ev, 2, 0);
		U32(ev, 3, 0);
	}
	if ((ev = call(PPME_SYSCALL_GETUID_X, SYS_getuid)))
		U32(ev, 0, 21);
	if ((ev = call(PPME_SYSCALL_GETEUID_X, SYS_geteuid)))
		U32(ev, 0, 22);
	if ((ev = call(PPME_SYSCALL_SETREUID_X, SYS_setreuid, 22, 23))) {
		S64(ev, 0, 0);
		U32(ev, 1, 22);
		U32(ev, 2, 23);
	}
	if ((ev = call(PPME_SYSCALL_SETRESUID_X, SYS_setresuid, -1, 0, 23))) {
		S64(ev, 0, -EPERM);
		U32(ev, 1, -1);
		U32(ev, 2, 0);
		U32(ev, 3, 23);
	}
	if ((ev = call(PPME_SYSCALL_SETUID_X, SYS_setuid, 22))) {
		S64(ev, 0, 0);
		U32(ev, 1, 22);
	}
	if ((ev = call(PPME_SYSCALL_SETGID_X, SYS_setgid, 70000))) {
		S64(ev, 0, -EPERM);
		U32(ev, 1, 70000);
	}
}

static void limits(void)
{
	struct rlimit *lim = shared(2 * sizeof *lim), lims[2] = { { 5, 6 }, { 3, 4 } };
	struct __user_cap_header_struct *hdr = shared(sizeof *hdr);
	struct __user_cap_data_struct *caps = shared(2 * sizeof *caps);

	if ((ev = call(PPME_SYSCALL_SETSID_X, SYS_setsid)))
		S64(ev, 0, RET);
	if ((ev = call(PPME_SYSCALL_SETPGID_X, SYS_setpgid, 0, -2))) {
		S64(ev, 0, -EINVAL);
		S64(ev, 1, 0);
		S64(ev, 2, -2);
	}
	if ((ev = call(PPME_SYSCALL_SETNS_X, SYS_setns, -1, CLONE_NEWNET))) {
		S64(ev, 0, -EBADF);
		S64(ev, 1, -1);
		U32(ev, 2, 16);
	}
	if ((ev = call(PPME_SYSCALL_UNSHARE_X, SYS_unshare, CLONE_FS))) {
		S64(ev, 0, 0);
		U32(ev, 1, 2);
	}
	if ((ev = call(PPME_SYSCALL_GETRLIMIT_X, SYS_getrlimit, RLIMIT_NOFILE, lim))) {
		S64(ev, 0, 0);
		S64(ev, 1, lim->rlim_cur);
		S64(ev, 2, lim->rlim_max);
		CHECK(hc_event_u64(ev, 3, 0) == 7, "RLIMIT_NOFILE: %lu", hc_event_u64(ev, 3, 0));
	}
	if ((ev = call(PPME_SYSCALL_GETRLIMIT_X, SYS_getrlimit, 99, lim))) {
		S64(ev, 0, -EINVAL);
		S64(ev, 1, -1);
		S64(ev, 2, -1);
		U8(ev, 3, 255);
	}
	if ((ev = call(PPME_SYSCALL_SETRLIMIT_X, SYS_setrlimit, RLIMIT_CORE, lims))) {
		S64(ev, 0, RET);
		S64(ev, 1, 5);
		S64(ev, 2, 6);
		U8(ev, 3, 4);
	}
	if ((ev = call(PPME_SYSCALL_PRLIMIT_X, SYS_prlimit64, script_pid(), RLIMIT_CORE, lims + 1, lim + 1))) {
		S64(ev, 0, 0);
		S64(ev, 1, 3);
		S64(ev, 2, 4);
		S64(ev, 3, 5);
		S64(ev, 4, 6);
		S64(ev, 5, script_pid());
		U8(ev, 6, 4);
	}
	hdr->version = _LINUX_CAPABILITY_VERSION_3;
	if (!checking()) {
		caps[0].inheritable = 1 << CAP_CHOWN;
		caps[0].permitted = 1 << CAP_CHOWN | 1 << CAP_KILL;
		caps[0].effective = 1 << CAP_KILL;
	}
	if ((ev = call(PPME_SYSCALL_CAPSET_X, SYS_capset, hdr, caps))) {
		S64(ev, 0, 0);
		U64(ev, 1, 1 << CAP_CHOWN);
		U64(ev, 2, 1 << CAP_CHOWN | 1 << CAP_KILL);
		U64(ev, 3, 1 << CAP_KILL);
	}
}

static void tracing(void)
{
	pid_t *child = shared(sizeof *child);
	uint64_t *word = shared(2 * sizeof *word);

	if ((ev = call(PPME_SYSCALL_PTRACE_X, SYS_ptrace, PTRACE_PEEKDATA, -1, 0x1234, 0x5678))) {
		S64(ev, 0, -ESRCH);
		BYTES(ev, 1, "\0\0\0\0\0\0\0\0\0", 9);
		BYTES(ev, 2, "\0\0\0\0\0\0\0\0\0", 9);
		U16(ev, 3, 3); /* PPM_PTRACE_PEEKDATA */
		S64(ev, 4, -1);
	}
	if (!checking()) {
		*child = stopped_child();
		*word = 0x1122334455667788;
	}
	if ((ev = call(PPME_SYSCALL_PTRACE_X, SYS_ptrace, PTRACE_PEEKDATA, *child, word, word + 1))) {
		unsigned char addr[9] = { 0 };

		S64(ev, 0, 0);
		memcpy(addr + 1, &word, 8);
		BYTES(ev, 1, addr, 9);
		BYTES(ev, 2, "\0\x88\x77\x66\x55\x44\x33\x22\x11", 9); /* what was found there */
		U16(ev, 3, 3);
		S64(ev, 4, *child);
	}
	if ((ev = call(PPME_SYSCALL_PTRACE_X, SYS_ptrace, PTRACE_SETOPTIONS, *child, 0x1234, PTRACE_O_TRACEEXIT))) {
		S64(ev, 0, 0);
		BYTES(ev, 1, "\0\x34\x12\0\0\0\0\0\0", 9);
		BYTES(ev, 2, "\0\x40\0\0\0\0\0\0\0", 9);
		U16(ev, 3, 14); /* PPM_PTRACE_SETOPTIONS */
	}
	if ((ev = call(PPME_SYSCALL_PTRACE_X, SYS_ptrace, PTRACE_DETACH, *child, 0, SIGKILL))) {
		S64(ev, 0, 0);
		BYTES(ev, 1, "\0\0\0\0\0\0\0\0\0", 9);
		BYTES(ev, 2, "\1\x9", 2); /* a signal */
		U16(ev, 3, 12); /* PPM_PTRACE_DETACH */
		S64(ev, 4, *child);
	}
	if (!checking())
		waitpid(*child, NULL, 0);
	if ((ev = call(PPME_SYSCALL_PTRACE_X, SYS_ptrace, PTRACE_TRACEME, 0, 0x1234, 0x5678))) {
		S64(ev, 0, 0);
		BYTES(ev, 1, "\0\x34\x12\0\0\0\0\0\0", 9);
		BYTES(ev, 2, "\0\x78\x56\0\0\0\0\0\0", 9);
		U16(ev, 3, 1); /* PPM_PTRACE_TRACEME */
		S64(ev, 4, 0);
	}
}

static void calls(void)
{
	struct io_uring_params *params = shared(sizeof *params);
	int *subreaper = shared(sizeof *subreaper);
	char *name = shared(16);
	struct sembuf sops[2] = { { 0, 5, IPC_NOWAIT }, { 1, 6, SEM_UNDO } };
	struct timespec ts = { .tv_sec = 0, .tv_nsec = 7 };
	long fd, sem;

	if ((ev = call(PPME_SYSCALL_KILL_X, SYS_kill, -1234567, SIGUSR2))) {
		S64(ev, 0, -ESRCH);
		S64(ev, 1, -1234567);
		U8(ev, 2, SIGUSR2);
	}
	if ((ev = call(PPME_SYSCALL_TKILL_X, SYS_tkill, 1 << 30, SIGTERM))) {
		S64(ev, 0, -ESRCH);
		S64(ev, 1, 1 << 30);
		U8(ev, 2, SIGTERM);
	}
	if ((ev = call(PPME_SYSCALL_TGKILL_X, SYS_tgkill, 1 << 30, 1 << 29, SIGUSR1))) {
		S64(ev, 0, -ESRCH);
		S64(ev, 1, 1 << 30);
		S64(ev, 2, 1 << 29);
		U8(ev, 3, SIGUSR1);
	}
	if ((ev = call(PPME_SYSCALL_PRCTL_X, SYS_prctl, PR_SET_NAME, "renamed"))) {
		S64(ev, 0, 0);
		U32(ev, 1, PR_SET_NAME);
		STR(ev, 2, "renamed");
		S64(ev, 3, 0);
	}
	if ((ev = call(PPME_SYSCALL_PRCTL_X, SYS_prctl, PR_GET_NAME, name)))
		STR(ev, 2, "renamed");
	if ((ev = call(PPME_SYSCALL_PRCTL_X, SYS_prctl, PR_SET_PDEATHSIG, 9))) {
		EMPTY(ev, 2);
		S64(ev, 3, 9);
	}
	if ((ev = call(PPME_SYSCALL_PRCTL_X, SYS_prctl, PR_SET_CHILD_SUBREAPER, 1)))
		S64(ev, 3, 1);
	if ((ev = call(PPME_SYSCALL_PRCTL_X, SYS_prctl, PR_GET_CHILD_SUBREAPER, subreaper))) {
		S64(ev, 0, 0);
		U32(ev, 1, PR_GET_CHILD_SUBREAPER);
		EMPTY(ev, 2);
		S64(ev, 3, 1);
	}
	if ((ev = call(PPME_SYSCALL_SECCOMP_X, SYS_seccomp, 77, 0xfffffffff, NULL))) {
		S64(ev, 0, -EINVAL);
		U64(ev, 1, 77);
		U64(ev, 2, 0xffffffff);
	}
	if ((ev = call(PPME_SYSCALL_INIT_MODULE_X, SYS_init_module, "not a module", 12, "params"))) {
		CHECK(RET < 0, "%ld", RET);
		S64(ev, 0, RET);
		BYTES(ev, 1, "not a module", 12);
		U64(ev, 2, 12);
		STR(ev, 3, "params");
	}
	if ((ev = call(PPME_SYSCALL_FINIT_MODULE_X, SYS_finit_module, -1, "params", 1))) {
		CHECK(RET < 0, "%ld", RET);
		S64(ev, 0, RET);
		S64(ev, 1, -1);
		STR(ev, 2, "params");
		U32(ev, 3, 1);
	}
	if ((ev = call(PPME_SYSCALL_DELETE_MODULE_X, SYS_delete_module, "no_such_module", O_NONBLOCK))) {
		CHECK(RET < 0, "%ld", RET);
		S64(ev, 0, RET);
		STR(ev, 1, "no_such_module");
		U32(ev, 2, 2); /* O_NONBLOCK */
	}
	if ((ev = call(PPME_SYSCALL_BPF_2_X, SYS_bpf, 5, NULL, 0))) {
		S64(ev, 0, RET);
		U32(ev, 1, 5);
	}
	if (!checking())
		*params = (struct io_uring_params){ .flags = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP, .cq_entries = 16 };
	if ((ev = call(PPME_SYSCALL_IO_URING_SETUP_X, SYS_io_uring_setup, 4, params))) {
		S64(ev, 0, RET);
		U32(ev, 1, 4);
		U32(ev, 2, params->sq_entries);
		U32(ev, 3, params->cq_entries);
		U32(ev, 4, 16 | 32);
		U32(ev, 5, params->sq_thread_cpu);
		U32(ev, 6, params->sq_thread_idle);
		U32(ev, 7, params->features & 0x6ff); /* those that have a portable value, and it is the kernel's */
	}
	fd = RET;
	if ((ev = call(PPME_SYSCALL_IO_URING_ENTER_X, SYS_io_uring_enter, -1, 2, 3, IORING_ENTER_GETEVENTS, 0x12345678, 0))) {
		S64(ev, 0, RET);
		S64(ev, 1, -1);
		U32(ev, 2, 2);
		U32(ev, 3, 3);
		U32(ev, 4, 1);
		U32(ev, 5, 0x12345678);
	}
	if ((ev = call(PPME_SYSCALL_IO_URING_REGISTER_X, SYS_io_uring_register, fd, IORING_REGISTER_FILES_UPDATE, 0x1000, 7))) {
		S64(ev, 0, RET);
		S64(ev, 1, fd);
		U16(ev, 2, 6);
		U64(ev, 3, 0x1000);
		U32(ev, 4, 7);
	}
	if ((ev = call(PPME_SYSCALL_FUTEX_X, SYS_futex, 0x1000, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 3, NULL, NULL, 0))) {
		S64(ev, 0, RET);
		U64(ev, 1, 0x1000);
		U16(ev, 2, 1 | 128);
		U64(ev, 3, 3);
	}
	if ((ev = call(PPME_SYSCALL_NANOSLEEP_X, SYS_nanosleep, &ts, NULL))) {
		S64(ev, 0, 0);
		U64(ev, 1, 7);
	}
	if ((ev = call(PPME_SYSCALL_SEMGET_X, SYS_semget, 0x9abcdef0, 3, IPC_EXCL))) {
		S64(ev, 0, RET);
		U32(ev, 1, 0x9abcdef0);
		U32(ev, 2, 3);
		U32(ev, 3, 16384);
	}
	if ((ev = call(PPME_SYSCALL_SEMGET_X, SYS_semget, IPC_PRIVATE, 2, IPC_CREAT | 0600))) {
		S64(ev, 0, RET);
		U32(ev, 1, 0);
		U32(ev, 2, 2);
		U32(ev, 3, 8192);
	}
	sem = RET;
	if ((ev = call(PPME_SYSCALL_SEMOP_X, SYS_semop, sem, sops, 2))) {
		S64(ev, 0, 0);
		U32(ev, 1, 2);
		U16(ev, 2, 0);
		U16(ev, 3, 5);
		U16(ev, 4, 1);
		U16(ev, 5, 1);
		U16(ev, 6, 6);
		U16(ev, 7, 2);
		U32(ev, 8, sem);
	}
	if ((ev = call(PPME_SYSCALL_SEMCTL_X, SYS_semctl, sem, 1, SETVAL, 9))) {
		S64(ev, 0, 0);
		U32(ev, 1, sem);
		U32(ev, 2, 1);
		U16(ev, 3, 4096);
		U32(ev, 4, 9);
	}
	if ((ev = call(PPME_SYSCALL_SEMCTL_X, SYS_semctl, sem, 0, IPC_RMID, 9))) {
		U16(ev, 3, 4);
		U32(ev, 4, 0);
	}
}

/* The structures are the caller's, whatever the kernel makes of them. */
static void quotas(void)
{
	struct if_dqblk limits = { .dqb_bhardlimit = 1ull << 32 | 1, .dqb_bsoftlimit = 2, .dqb_curspace = 3, .dqb_ihardlimit = 4,
				   .dqb_isoftlimit = 5, .dqb_curinodes = 99, .dqb_btime = 6, .dqb_itime = 7,
				   .dqb_valid = QIF_LIMITS | QIF_SPACE | QIF_BTIME | QIF_ITIME };
	struct if_dqinfo info = { .dqi_bgrace = 8, .dqi_igrace = 1ull << 33 | 9, .dqi_flags = 1,
				  .dqi_valid = IIF_BGRACE | IIF_IGRACE | IIF_FLAGS };
	uint32_t format = QFMT_VFS_V1;

	if ((ev = call(PPME_SYSCALL_QUOTACTL_X, SYS_quotactl, (unsigned)Q_QUOTAON << 8 | GRPQUOTA, "/dev/nope", QFMT_VFS_V0,
		       "/path"))) {
		S64(ev, 0, RET);
		STR(ev, 1, "/dev/nope");
		STR(ev, 2, "/path");
		for (int k = 3; k < 12; k++)
			U64(ev, k, 0);
		U8(ev, 12, 0);
		U8(ev, 13, 1);
		U16(ev, 14, 1);
		U8(ev, 15, 2);
		U32(ev, 16, 0);
		U8(ev, 17, 4);
	}
	if ((ev = call(PPME_SYSCALL_QUOTACTL_X, SYS_quotactl, (unsigned)Q_SETQUOTA << 8 | USRQUOTA, "/dev/nope", 70001, &limits))) {
		S64(ev, 0, RET);
		EMPTY(ev, 2);
		U64(ev, 3, 1ull << 32 | 1);
		for (int k = 4; k < 10; k++)
			U64(ev, k, k - 2);
		U64(ev, 10, 0);
		U64(ev, 11, 0);
		U8(ev, 12, 0);
		U8(ev, 13, 1);
		U16(ev, 14, 64);
		U8(ev, 15, 1);
		U32(ev, 16, 70001);
		U8(ev, 17, 1);
	}
	limits.dqb_valid = QIF_ILIMITS | QIF_ITIME;
	if ((ev = call(PPME_SYSCALL_QUOTACTL_X, SYS_quotactl, (unsigned)Q_SETQUOTA << 8 | USRQUOTA, "/dev/nope", 0, &limits))) {
		static const uint64_t some[] = { 0, 0, 0, 4, 5, 0, 7 };

		for (int k = 3; k < 10; k++)
			U64(ev, k, some[k - 3]);
	}
	if ((ev = call(PPME_SYSCALL_QUOTACTL_X, SYS_quotactl, (unsigned)Q_SETINFO << 8 | USRQUOTA, "/dev/nope", 70001, &info))) {
		for (int k = 3; k < 10; k++)
			U64(ev, k, 0);
		U64(ev, 10, 8);
		U64(ev, 11, 1ull << 33 | 9);
		U8(ev, 12, 1);
		U16(ev, 14, 16);
		U32(ev, 16, 0);
	}
	if ((ev = call(PPME_SYSCALL_QUOTACTL_X, SYS_quotactl, (unsigned)Q_GETFMT << 8 | USRQUOTA, "/dev/nope", 0, &format))) {
		U8(ev, 13, 8); /* QFMT_VFS_V1 */
		U16(ev, 14, 4);
		U8(ev, 17, 1);
	}
}

/* Which arguments an operation of keyctl(2) uses: a string, a number, none. */
static void keys(void)
{
	static const struct {
		long operation;
		const char *how;
	} rows[] = {
		{ KEYCTL_REVOKE, "n---" }, { KEYCTL_LINK, "nn--" }, { KEYCTL_READ, "nnn-" }, { KEYCTL_MOVE, "nnnn" },
		{ KEYCTL_SESSION_TO_PARENT, "----" }, { 63, "----" }, { 77, "----" },
		{ KEYCTL_RESTRICT_KEYRING, "nss-" }, { KEYCTL_PKEY_QUERY, "nns-" }, { KEYCTL_PKEY_SIGN, "nsnn" },
	};
	static const char text[] = "\1a string";

	if ((ev = call(PPME_SYSCALL_KEYCTL_X, SYS_keyctl, KEYCTL_SEARCH, -3, "user", "description", 0))) {
		S64(ev, 0, RET);
		U32(ev, 1, KEYCTL_SEARCH);
		BYTES(ev, 2, "\0\xfd\xff\xff\xff\xff\xff\xff\xff", 9);
		BYTES(ev, 3, "\1user", 6);
		BYTES(ev, 4, "\1description", 13);
		BYTES(ev, 5, "\0\0\0\0\0\0\0\0\0", 9);
	}
	if ((ev = call(PPME_SYSCALL_KEYCTL_X, SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL, 5, 6, 7))) {
		BYTES(ev, 2, "\1", 1);
		BYTES(ev, 3, "\0\0\0\0\0\0\0\0\0", 9);
	}
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		long a[4];

		for (int k = 0; k < 4; k++)
			a[k] = rows[i].how[k] == 's' ? (long)(text + 1) : 0x700000000 - k;
		if ((ev = call(PPME_SYSCALL_KEYCTL_X, SYS_keyctl, rows[i].operation, a[0], a[1], a[2], a[3]))) {
			S64(ev, 0, RET);
			U32(ev, 1, rows[i].operation);
			for (int k = 0; k < 4; k++) {
				unsigned char number[9] = { 0 };

				if (rows[i].how[k] == 'n')
					memcpy(number + 1, &a[k], 8);
				if (rows[i].how[k] == 's')
					BYTES(ev, 2 + k, text, sizeof text);
				else
					BYTES(ev, 2 + k, number, 9);
			}
		}
	}
}

static void generic(void)
{
	static const struct {
		long nr;
		const char *name;
	} some[] = {
		{ SYS_getppid, "getppid" }, { SYS_gettid, "gettid" }, { SYS_sysinfo, "sysinfo" }, { SYS_getpgrp, "getpgrp" },
	};

	for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
		if ((ev = call(PPME_GENERIC_X, some[i].nr))) {
			U16(ev, 0, hc_sc_by_name(some[i].name));
			U16(ev, 1, some[i].nr);
		}
	}
}

/* Refuses chdir(2) before it begins. */
static void be_refused(void *arg)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_chdir, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof code / sizeof *code, code };
	char path[] = "/"; /* in memory that is there: nobody else is going to look at it */

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		_exit(1);
	syscall(SYS_chdir, path);
}

/* What a seccomp filter does not let through has been tried. */
static void check_refused(struct trace *t)
{
	static const char *const names[] = { "chdir", NULL };
	int pid;

	what = "refused by seccomp";
	trace_select(t, names);
	pid = trace_child(t, be_refused, NULL);
	ev = trace_find(t, PPME_SYSCALL_CHDIR_X, pid, 0);
	S64(ev, 0, -EACCES);
	STR(ev, 1, "/");
	trace_clear(t);
}

static void some_fail(void *arg)
{
	close(-1);
	close(dup(1));
	syscall(SYS_getppid);
}

static void check_filters(void)
{
	static const char *const names[] = { "close", "dup", "getppid", NULL };
	struct hc_bpf_config config = { .follow = 1, .snaplen = 80, .failed = HC_FAILED_DROP };
	struct trace t;
	int pid;

	what = "without failed calls";
	trace_open(&t, &config, 1 << 20, HC_BPF_ENTER_NONE);
	trace_select(&t, names);
	pid = trace_child(&t, some_fail, NULL);
	CHECK(trace_count(&t, PPME_SYSCALL_CLOSE_X, pid) == 1 && t.n == 3, "%zu events", t.n);
	trace_close(&t);
	what = "only failed calls";
	config.failed = HC_FAILED_ONLY;
	trace_open(&t, &config, 1 << 20, HC_BPF_ENTER_NONE);
	trace_select(&t, names);
	pid = trace_child(&t, some_fail, NULL);
	CHECK(trace_count(&t, PPME_SYSCALL_CLOSE_X, pid) == 1 && t.n == 1, "%zu events", t.n);
	trace_close(&t);
	what = "another user";
	config.failed = HC_FAILED_KEEP;
	config.filter_uid = 1;
	config.uid = 12345;
	trace_open(&t, &config, 1 << 20, HC_BPF_ENTER_NONE);
	trace_select(&t, names);
	trace_child(&t, some_fail, NULL);
	CHECK(t.n == 0, "%zu events", t.n);
	trace_close(&t);
	what = "by name";
	config.filter_uid = 0;
	config.filter_comm = 1;
	strcpy(config.comm, "test-bpf-misc");
	trace_open(&t, &config, 1 << 20, HC_BPF_ENTER_NONE);
	trace_select(&t, names);
	trace_child(&t, some_fail, NULL);
	CHECK(t.n == 4, "%zu events", t.n);
	trace_close(&t);
	what = "self";
	config.filter_comm = 0;
	config.self_tgid = getpid();
	config.follow = 0;
	trace_open(&t, &config, 1 << 20, HC_BPF_ENTER_NONE);
	trace_select(&t, names);
	some_fail(NULL);
	trace_drain(&t, true);
	CHECK(trace_count(&t, PPME_SYSCALL_CLOSE_X, getpid()) == 0, "own events");
	trace_close(&t);
}

static const char *cgroup_dir;

static void join_cgroup(void *arg)
{
	char path[256];
	int fd;

	snprintf(path, sizeof path, "%s/cgroup.procs", cgroup_dir);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, "0", 1) != 1)
		_exit(1);
	some_fail(NULL);
}

/* Only what happens in a cgroup (or below it, hence the second level). */
static void check_cgroup_filter(void)
{
	static const char *const names[] = { "close", "dup", "getppid", NULL };
	static const char *const mounts[] = { "/sys/fs/cgroup/unified", "/sys/fs/cgroup" };
	struct hc_bpf_config config = { .follow = 1, .snaplen = 80, .filter_cgroup = 1, .cgroup_level = 1 };
	char outer[128], inner[160];
	struct stat st;
	struct trace t;

	what = "by cgroup";
	for (int i = 0; i < 2; i++) {
		snprintf(outer, sizeof outer, "%s/cgroup.procs", mounts[i]);
		if (access(outer, W_OK) < 0)
			continue;
		snprintf(outer, sizeof outer, "%s/hc-test-%d", mounts[i], getpid());
		snprintf(inner, sizeof inner, "%s/inner", outer);
		mkdir(outer, 0755);
		mkdir(inner, 0755);
		if (stat(outer, &st) < 0)
			break;
		config.cgroup_id = st.st_ino;
		cgroup_dir = inner;
		trace_open(&t, &config, 1 << 20, HC_BPF_ENTER_NONE);
		trace_select(&t, names);
		trace_child(&t, join_cgroup, NULL);
		CHECK(t.n == 4, "%zu events inside", t.n);
		trace_clear(&t);
		trace_child(&t, some_fail, NULL);
		CHECK(t.n == 0, "%zu events outside", t.n);
		trace_close(&t);
		rmdir(inner);
		rmdir(outer);
		return;
	}
	printf("no cgroup2 file system: the filter by cgroup not checked\n");
}

/* Everything selected, a busy child: every event well-formed (the harness checks), none lost, none unaccounted for. */
static void busy(void *arg)
{
	if (system("ls -l /proc/self/fd /tmp >/dev/null; cat /etc/passwd | sort >/dev/null; true") != 0)
		_exit(1);
}

static void check_everything(void)
{
	struct trace t;

	what = "everything";
	trace_open(&t, NULL, 8 << 20, HC_BPF_ENTER_AT_FUNCTIONS);
	trace_select(&t, NULL);
	trace_child(&t, busy, NULL);
	CHECK(t.n > 200 && t.produced == t.n && t.dropped_total == 0, "%zu events, %lu produced, %lu lost", t.n, t.produced,
	      t.dropped_total);
	printf("everything: %zu events\n", t.n);
	trace_close(&t);
}

int main(void)
{
	static void (*const scripts[])(void) = { ids, limits, tracing, calls, quotas, keys, generic };
	struct trace t;

	trace_open(&t, NULL, 1 << 20, HC_BPF_ENTER_NONE);
	trace_select(&t, NULL);
	memset(t.set + PPM_SC_SCHED_PROCESS_EXIT, 0, 5); /* no tracepoints yet */
	t.set[PPM_SC_SCHED_YIELD] = t.set[PPM_SC_GETPID] = 0; /* made by the harness itself */
	hc_bpf_select(t.skel, t.set, NULL);
	for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
		trace_script(&t, scripts[i]);
		trace_clear(&t);
	}
	check_refused(&t);
	trace_close(&t);
	check_filters();
	check_cgroup_filter();
	check_everything();
	return failures != 0;
}
