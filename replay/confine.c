/* SPDX-License-Identifier: Apache-2.0
 *
 * Confinement with libseccomp: an allow-list; everything else fails with EPERM. It errs on the side of the list being
 * short: a libc that asks for something new is told "no" and falls back or fails, it is not killed.
 *
 * The list serves the whole of replay: decompression on a second thread, waiting for a file that grows, the allocator,
 * stdio, qsort, abort. What no call of it can do: obtain a new descriptor other than a copy of one it has.
 */
#include "replay/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "replay/landlock.h"
#include "replay/nobody.h"

/* Allowed whatever their arguments: none of these names an object outside the process. */
static const int plain[] = {
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(preadv), SCMP_SYS(write), SCMP_SYS(writev),
	SCMP_SYS(pwrite64), SCMP_SYS(lseek), SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(dup), SCMP_SYS(fsync),
	SCMP_SYS(fdatasync), SCMP_SYS(fadvise64), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(pselect6),
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk),
	SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
	SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(setitimer), SCMP_SYS(alarm),
	SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
	SCMP_SYS(getrandom), SCMP_SYS(getrusage), SCMP_SYS(sysinfo), SCMP_SYS(getcpu), SCMP_SYS(membarrier),
};

static int allow(scmp_filter_ctx ctx, int call)
{
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, call, 0);
}

static int allow_if(scmp_filter_ctx ctx, int call, struct scmp_arg_cmp condition)
{
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, call, 1, condition);
}

/* Calls that are harmless only with certain arguments. */
static int allow_narrowly(scmp_filter_ctx ctx)
{
	static const int fcntl_commands[] = { F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC, F_GETPIPE_SZ };
	/* glibc names anonymous memory and threads; neither is seen outside. PR_SET_VMA is younger than the headers. */
	static const int prctl_options[] = { PR_SET_NAME, PR_GET_NAME, 0x53564d41 };
	static const int memory[] = { SCMP_SYS(mmap), SCMP_SYS(mprotect) };
	static const unsigned long ioctls[] = { TCGETS, TIOCGWINSZ, FIONREAD };
	const scmp_datum_t thread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD;
	int err = 0;

	/* No memory that can be executed, ever again. */
	for (size_t i = 0; !err && i < sizeof memory / sizeof *memory; i++)
		err = allow_if(ctx, memory[i], SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	/* Threads, not processes. clone3 hides its flags from the filter: glibc takes ENOSYS for "use clone". */
	if (!err)
		err = allow_if(ctx, SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, thread, thread));
	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	/* glibc's fstat() */
	if (!err)
		err = allow_if(ctx, SCMP_SYS(newfstatat), SCMP_A3(SCMP_CMP_EQ, AT_EMPTY_PATH));
	/* raise() and abort() */
	if (!err)
		err = allow_if(ctx, SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
	for (size_t i = 0; !err && i < sizeof fcntl_commands / sizeof *fcntl_commands; i++)
		err = allow_if(ctx, SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)fcntl_commands[i]));
	for (size_t i = 0; !err && i < sizeof prctl_options / sizeof *prctl_options; i++)
		err = allow_if(ctx, SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)prctl_options[i]));
	for (size_t i = 0; !err && i < sizeof ioctls / sizeof *ioctls; i++)
		err = allow_if(ctx, SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, ioctls[i]));
	return err;
}

static bool load_seccomp(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int err;

	if (!ctx)
		return false;
	/* Calls of another architecture's ABI (int 0x80, x32) would be numbered differently: the default is to kill. */
	err = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	for (size_t i = 0; !err && i < sizeof plain / sizeof *plain; i++) {
		/* A call this architecture does not have cannot be asked for either. */
		if (plain[i] >= 0)
			err = allow(ctx, plain[i]);
	}
	if (!err)
		err = allow_narrowly(ctx);
	if (!err)
		err = seccomp_load(ctx);
	seccomp_release(ctx);
	return !err;
}

bool hc_confine_has_seccomp(void)
{
	return true;
}

void hc_confine(struct hc_confinement *ret)
{
	ret->not_root = hc_nobody_become();
	ret->no_new_privs = !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	/* Landlock first: its own calls are not on the list. */
	ret->landlock = hc_landlock_deny_all();
	ret->seccomp = load_seccomp();
}
