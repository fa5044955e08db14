/* SPDX-License-Identifier: Apache-2.0
 *
 * A known number of system calls, half of them on each of two CPUs at once (one after the other where there is only
 * one): storm KIND N [RATE], RATE on each CPU in a second. Prints nothing; any call that does not do what it should is an exit code of 1.
 *
 * chdir, getppid, openclose, write: that call, or both. slow: chdir with pauses. fork, exec, thread: processes, programs,
 * threads that are gone at once.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void *gone(void *arg)
{
	return arg;
}

/* A child that ends at once, as itself or as another program. */
static int child(char *program)
{
#if defined(SYS_fork)
	pid_t pid = (pid_t)syscall(SYS_fork);
#else
	pid_t pid = fork();
#endif

	if (pid == 0) {
		if (program)
			execv(program, (char *[]){ program, NULL });
		_exit(0);
	}
	return pid < 0 || waitpid(pid, NULL, 0) != pid;
}

static int one(const char *kind, int fd)
{
	static char buf[65536];

	if (!strcmp(kind, "chdir"))
		return (int)syscall(SYS_chdir, "/");
	if (!strcmp(kind, "getppid"))
		return syscall(SYS_getppid) < 0;
	if (!strcmp(kind, "openclose"))
		return close(open("/dev/null", O_RDONLY | O_CLOEXEC));
	if (!strcmp(kind, "write"))
		return write(fd, buf, sizeof buf) != sizeof buf;
	if (!strcmp(kind, "slow")) {
		static unsigned n;

		if (++n % 16 == 0)
			nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
		return (int)syscall(SYS_chdir, "/");
	}
	if (!strcmp(kind, "fork"))
		return child(NULL);
	if (!strcmp(kind, "exec"))
		return child("/proc/self/exe");
	if (!strcmp(kind, "thread")) {
		pthread_t thread;

		return pthread_create(&thread, NULL, gone, NULL) || pthread_join(thread, NULL);
	}
	return 1;
}

/* Waits until it is time for the call with that number. */
static void keep_pace(const struct timespec *begun, long done, long rate)
{
	struct timespec when = *begun;

	when.tv_nsec += (long)(done % rate * 1e9 / rate);
	when.tv_sec += done / rate + when.tv_nsec / 1000000000;
	when.tv_nsec %= 1000000000;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
}

static int worker(const char *kind, long n, int cpu, long rate)
{
	struct timespec begun;
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof set, &set);
	clock_gettime(CLOCK_MONOTONIC, &begun);
	for (long i = 0; i < n; i++) {
		if (rate && i % (rate / 1000 + 1) == 0)
			keep_pace(&begun, i, rate);
		if (one(kind, fd))
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	long n = argc > 2 ? atol(argv[2]) : 0, rate = argc > 3 ? atol(argv[3]) : 0;
	int failed = 0, status;

	if (n <= 0)
		return 2;
	for (int cpu = 0; cpu < 2; cpu++)
		if (fork() == 0)
			_exit(worker(argv[1], n / 2, cpu, rate));
	for (int cpu = 0; cpu < 2; cpu++)
		failed |= wait(&status) < 0 || status;
	return failed;
}
