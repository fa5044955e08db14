/* SPDX-License-Identifier: Apache-2.0
 *
 * One process that does known things (tests/bpf/pushdown.py): deeds [OPTION]... KIND N. Prints its pid and waits for a line on
 * standard input before it begins. Only what it does with chdir, open, write, socket, signals and memory counts.
 *
 *   -u UID    as this effective user
 *   -c COMM   under this name
 *   -g FILE   after writing its pid to this cgroup.procs
 *
 * chdir: that; mixed: chdir, half of them in vain; family: chdir by it, by a child and by a thread of a grandchild; chdir32,
 * open32, socket32: by int $0x80; write: of 300 bytes; signal: SIGUSR1 to itself; touch: fresh pages; sleep: short ones.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { IA32_OPEN = 5, IA32_CLOSE = 6, IA32_CHDIR = 12, IA32_SOCKETCALL = 102, SOCKETCALL_SOCKET = 1, WRITE_LEN = 300 };

#if defined(__x86_64__)
static long ia32(long nr, long a, long b)
{
	long ret;

	__asm__ volatile("int $0x80" : "=a"(ret) : "a"(nr), "b"(a), "c"(b), "d"(0) : "memory", "r8", "r9", "r10", "r11");
	return (int)ret;
}
#else
static long ia32(long nr, long a, long b)
{
	exit(77);
}
#endif

static void handler(int sig)
{
}

static void *chdir_in_thread(void *arg)
{
	return (void *)(chdir("/") ? arg : NULL);
}

static int chdir_in_grandchild(void)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, chdir_in_thread, NULL) || pthread_join(thread, NULL);
}

/* This one, a child, and a thread of a grandchild. */
static int family(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		pid = chdir("/") ? -1 : fork();
		if (pid == 0)
			_exit(chdir_in_grandchild());
		_exit(pid < 0 || waitpid(pid, &status, 0) != pid || status);
	}
	return chdir("/") || pid < 0 || waitpid(pid, &status, 0) != pid || status;
}

static int one(const char *kind, long i, char *low)
{
	static char buf[WRITE_LEN];
	int fd;

	if (!strcmp(kind, "chdir"))
		return chdir("/");
	if (!strcmp(kind, "mixed"))
		return i % 2 ? chdir("/no/such/place") != -1 : chdir("/");
	if (!strcmp(kind, "family"))
		return family();
	if (!strcmp(kind, "chdir32"))
		return (int)ia32(IA32_CHDIR, (long)strcpy(low, "/"), 0);
	if (!strcmp(kind, "open32")) {
		fd = (int)ia32(IA32_OPEN, (long)strcpy(low, "/dev/null"), O_WRONLY);
		return fd < 0 || ia32(IA32_CLOSE, fd, 0);
	}
	if (!strcmp(kind, "socket32")) {
		memcpy(low, (int[]){ AF_UNIX, SOCK_DGRAM, 0 }, 3 * sizeof(int));
		return close((int)ia32(IA32_SOCKETCALL, SOCKETCALL_SOCKET, (long)low));
	}
	if (!strcmp(kind, "write")) {
		fd = open("/dev/null", O_WRONLY);
		memset(buf, 'x', sizeof buf);
		return write(fd, buf, sizeof buf) != sizeof buf || close(fd);
	}
	if (!strcmp(kind, "signal"))
		return raise(SIGUSR1);
	if (!strcmp(kind, "touch")) {
		char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		return p == MAP_FAILED || (*p = 1) != 1 || munmap(p, 4096);
	}
	if (!strcmp(kind, "sleep"))
		return nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	return 1;
}

static int join_group(const char *procs)
{
	FILE *f = fopen(procs, "w");

	return !f || fprintf(f, "%d\n", (int)getpid()) < 0 || fclose(f);
}

int main(int argc, char **argv)
{
	char *low = MAP_FAILED, line[8];
	int opt;

#if defined(__x86_64__)
	low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
#endif
	signal(SIGUSR1, handler);
	while ((opt = getopt(argc, argv, "u:c:g:")) != -1)
		if ((opt == 'u' && seteuid((uid_t)atol(optarg))) || (opt == 'c' && prctl(PR_SET_NAME, optarg)) ||
		    (opt == 'g' && join_group(optarg)) || opt == '?')
			return 2;
	if (argc - optind != 2)
		return 2;
	printf("%d\n", (int)getpid());
	fflush(stdout);
	if (!fgets(line, sizeof line, stdin))
		return 2;
	for (long i = 0; i < atol(argv[optind + 1]); i++)
		if (one(argv[optind], i, low))
			return 1;
	return 0;
}
