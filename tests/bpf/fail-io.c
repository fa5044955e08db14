/* SPDX-License-Identifier: Apache-2.0
 *
 * Preloaded into the recorder (tests/bpf/faults.py): a disk that fails and a wall clock that is set, on demand. HINDCAST_FAULT
 * is one of
 *
 *   short=N    a write, or a sendfile, to a file takes at most N bytes
 *   eio=N      after N bytes in all it takes half, and then nothing: EIO
 *   stuck=N    the same, and the file cannot be truncated either
 *   clock=S    the wall clock is S seconds on (or back) from a second and a half after the start
 *
 * Files in memory and everything that is no regular file are left alone.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

enum { STEP_AFTER_MS = 1500 };

static _Atomic long written;

/* The number of the fault `name`, if it is the one asked for. */
static bool fault(const char *name, long *ret)
{
	const char *s = getenv("HINDCAST_FAULT");
	size_t len = strlen(name);

	if (!s || strncmp(s, name, len) || s[len] != '=')
		return false;
	*ret = atol(s + len + 1);
	return true;
}

static bool on_disk(int fd)
{
	char link[64], target[16] = "";
	struct stat st;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	return !fstat(fd, &st) && S_ISREG(st.st_mode) && readlink(link, target, sizeof target - 1) > 0 &&
	       strncmp(target, "/memfd:", 7);
}

/* How much of n bytes the disk takes now; -1: none, errno is set. */
static ssize_t take(int fd, size_t n)
{
	long limit;

	if (!on_disk(fd))
		return (ssize_t)n;
	if (fault("short", &limit))
		return n < (size_t)limit ? (ssize_t)n : limit;
	if (!fault("eio", &limit) && !fault("stuck", &limit))
		return (ssize_t)n;
	if (written > limit) {
		errno = EIO;
		return -1;
	}
	if (written + (long)n > limit) {
		written = limit + 1;
		return (ssize_t)(n / 2 ? n / 2 : 1);
	}
	written += (long)n;
	return (ssize_t)n;
}

ssize_t write(int fd, const void *p, size_t n)
{
	ssize_t some = n ? take(fd, n) : 0;

	return some < 0 ? -1 : REAL(write)(fd, p, (size_t)some);
}

ssize_t sendfile(int out, int in, off_t *off, size_t n)
{
	ssize_t some = n ? take(out, n) : 0;

	return some < 0 ? -1 : REAL(sendfile)(out, in, off, (size_t)some);
}

int ftruncate(int fd, off_t len)
{
	long limit;

	if (fault("stuck", &limit) && on_disk(fd)) {
		errno = EIO;
		return -1;
	}
	return REAL(ftruncate)(fd, len);
}

int clock_gettime(clockid_t clock, struct timespec *ts)
{
	static _Atomic long begun_ms;
	struct timespec now;
	long step, ms;

	if (clock != CLOCK_REALTIME || !fault("clock", &step))
		return REAL(clock_gettime)(clock, ts);
	REAL(clock_gettime)(CLOCK_MONOTONIC, &now);
	ms = now.tv_sec * 1000 + now.tv_nsec / 1000000;
	if (!begun_ms)
		begun_ms = ms;
	if (REAL(clock_gettime)(clock, ts))
		return -1;
	if (ms - begun_ms > STEP_AFTER_MS)
		ts->tv_sec += step;
	return 0;
}

time_t time(time_t *ret)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (ret)
		*ret = ts.tv_sec;
	return ts.tv_sec;
}
