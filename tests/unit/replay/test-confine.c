/* SPDX-License-Identifier: Apache-2.0
 *
 * What a confined process can and cannot do. Each case forks, confines the child and lets the child report through its
 * exit code: the test runner itself must stay free.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "replay/confine.h"

enum { CHILD_FINE = 0, CHILD_SKIP = 77, CHILD_TIMEOUT = 20 };

/* Runs body in a confined child; the case is skipped where the confinement it is about does not exist. */
static void confined(int (*body)(void), bool needs_seccomp)
{
	int status;
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (!pid) {
		struct hc_confinement c;

		alarm(CHILD_TIMEOUT);
		hc_confine(&c);
		if (!c.no_new_privs)
			_exit(99);
		if (needs_seccomp ? !c.seccomp : !c.seccomp && !c.landlock)
			_exit(CHILD_SKIP);
		_exit(body());
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status), "child died of signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status) == CHILD_SKIP)
		cr_skip_test("no %s in this build or kernel", needs_seccomp ? "seccomp list" : "seccomp list or Landlock");
	cr_assert_eq(WEXITSTATUS(status), CHILD_FINE, "step %d went the wrong way", WEXITSTATUS(status));
}

static int open_fds[2];

static bool denied(long result)
{
	return result < 0 && (errno == EPERM || errno == EACCES);
}

static int open_files(void)
{
	if (!denied(open("/etc/passwd", O_RDONLY)))
		return 1;
	if (!denied(openat(AT_FDCWD, "/dev/null", O_RDWR)))
		return 2;
	if (!denied(open("/tmp/hindcast-confine-test", O_WRONLY | O_CREAT, 0600)))
		return 3;
	if (fopen("/proc/self/status", "r"))
		return 4;
	if (!denied(mkdir("/tmp/hindcast-confine-test", 0700)))
		return 5;
	return CHILD_FINE;
}

Test(confine, opening_any_file_fails)
{
	confined(open_files, false);
}

static int use_sockets(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(1), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int pair[2];

	if (!denied(socket(AF_INET, SOCK_STREAM, 0)))
		return 1;
	if (!denied(socket(AF_UNIX, SOCK_DGRAM, 0)))
		return 2;
	if (!denied(socketpair(AF_UNIX, SOCK_STREAM, 0, pair)))
		return 3;
	if (!denied(connect(1, (struct sockaddr *)&to, sizeof to)))
		return 4;
	return CHILD_FINE;
}

Test(confine, sockets_fail)
{
	confined(use_sockets, true);
}

static int run_programs(void)
{
	char *argv[] = { (char[]){ "true" }, NULL };

	if (!denied(fork()))
		return 1;
	execv("/bin/true", argv);
	if (errno != EPERM)
		return 2;
	if (!denied(kill(getppid(), 0)))
		return 3;
	if (!denied(ptrace(PTRACE_TRACEME, 0, NULL, NULL)))
		return 4;
	if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
		return 5;
	if (!denied(unlink("/tmp/hindcast-no-such-file")))
		return 6;
	if (!denied(syscall(SYS_io_uring_setup, 1, NULL)))
		return 7;
	return CHILD_FINE;
}

Test(confine, programs_processes_and_executable_memory_fail)
{
	confined(run_programs, true);
}

static void *thread_body(void *arg)
{
	void *big = malloc(3u << 20);

	memset(big, 1, 3u << 20);
	free(big);
	return arg;
}

static int do_ordinary_work(void)
{
	pthread_t t;
	void *got = NULL;
	struct timespec brief = { .tv_nsec = 1000 };
	struct stat st;
	FILE *f;

	if (pthread_create(&t, NULL, thread_body, open_fds) || pthread_join(t, &got) || got != open_fds)
		return 1;
	if (nanosleep(&brief, NULL))
		return 2;
	if (fstat(1, &st))
		return 3;
	/* stdio on a descriptor that is open: what the alert output does. */
	f = fdopen(dup(1), "w");
	if (!f || fprintf(f, "%s", "") < 0 || fflush(f))
		return 4;
	if (time(NULL) <= 0)
		return 5;
	return CHILD_FINE;
}

Test(confine, memory_threads_clocks_and_open_descriptors_still_work)
{
	confined(do_ordinary_work, false);
}

static int read_and_write_open(void)
{
	char buf[4];

	if (write(open_fds[1], "word", 4) != 4 || read(open_fds[0], buf, 4) != 4 || memcmp(buf, "word", 4))
		return 1;
	return lseek(open_fds[0], 0, SEEK_SET) == -1 && errno == ESPIPE ? CHILD_FINE : 2;
}

Test(confine, descriptors_opened_before_are_readable_and_writable)
{
	cr_assert_eq(pipe(open_fds), 0);
	confined(read_and_write_open, false);
}

/* In a sanitized build root stays root, for the sanitizer's reports. */
static int be_somebody(void)
{
	uid_t real, effective, saved;
	gid_t group;

	if (geteuid() == 0)
		return CHILD_SKIP;
	if (getresuid(&real, &effective, &saved) == 0)
		return 1; /* not on the list */
	group = getegid();
	return geteuid() != getuid() || group == 0 ? 2 : CHILD_FINE;
}

Test(confine, root_becomes_nobody)
{
	if (geteuid())
		cr_skip_test("only root can lose being root");
	confined(be_somebody, true);
}
