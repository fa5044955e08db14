/* SPDX-License-Identifier: Apache-2.0
 *
 * Driver test: kernel tracepoints: context switches, page faults, signals; every parameter against emission.tsv, with what
 * the process itself saw as the witness.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bpf/harness.h"

static struct hc_event *ev;

/* What a process has of memory before it leaves the CPU. */
static struct {
	struct rusage faults;
	char *touched;
	unsigned long size, rss, swap; /* kB */
	pid_t pids[2];
} *seen;

enum { RESIDENT_KB = 8 << 10 };

/* A page of a file that is not in memory any more, where its file system can be without it. */
static void fault_for_a_file(void)
{
	FILE *f = tmpfile();
	volatile char *p;

	if (!f || ftruncate(fileno(f), 4096) < 0 || pwrite(fileno(f), "x", 1, 0) != 1)
		_exit(1);
	fsync(fileno(f));
	posix_fadvise(fileno(f), 0, 4096, POSIX_FADV_DONTNEED);
	p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fileno(f), 0);
	(void)p[0];
}

static void touch_memory(void *arg)
{
	char *p = mmap(NULL, 64 << 12, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), status[4096];
	int zero = open("/dev/zero", O_RDONLY), fd;
	ssize_t n;

	madvise(p, 64 << 12, MADV_NOHUGEPAGE);
	seen->touched = p;
	for (int i = 0; i < 63; i++)
		((volatile char *)p)[i << 12] = 1;
	if (read(zero, p + (63 << 12), 1) != 1) /* touched by the kernel */
		_exit(1);
	mmap(NULL, RESIDENT_KB << 10, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	fault_for_a_file();
	fd = open("/proc/self/status", O_RDONLY);
	n = read(fd, status, sizeof status - 1);
	status[n > 0 ? n : 0] = 0;
	if (sscanf(strstr(status, "VmSize:"), "VmSize: %lu", &seen->size) != 1 ||
	    sscanf(strstr(status, "VmRSS:"), "VmRSS: %lu", &seen->rss) != 1 ||
	    sscanf(strstr(status, "VmSwap:"), "VmSwap: %lu", &seen->swap) != 1)
		_exit(1);
	for (int i = 0; i < 2; i++) { /* the second time without a fault on the way */
		getrusage(RUSAGE_SELF, &seen->faults);
		usleep(1000); /* leaves the CPU */
	}
}

/* Two processes on one CPU that wait for each other. */
static void take_turns(void *arg)
{
	int there[2], back[2];
	cpu_set_t set;
	char c = 0;
	pid_t pid;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	if (sched_setaffinity(0, sizeof set, &set) < 0 || pipe(there) < 0 || pipe(back) < 0)
		_exit(1);
	pid = fork();
	if (pid == 0) {
		close(there[1]);
		while (read(there[0], &c, 1) == 1 && write(back[1], &c, 1) == 1)
			;
		_exit(0);
	}
	seen->pids[0] = getpid();
	seen->pids[1] = pid;
	for (int i = 0; i < 100; i++)
		if (write(there[1], &c, 1) != 1 || read(back[0], &c, 1) != 1)
			_exit(1);
	close(there[1]);
	wait(NULL);
}

static void check_switches(struct trace *t)
{
	/* each of three counters may lack, per CPU, a batch of pages not added up yet: 32, or twice the number of CPUs */
	uint64_t slack = 4ull * 3 * sysconf(_SC_NPROCESSORS_CONF) * (2 * sysconf(_SC_NPROCESSORS_CONF) + 32);
	static const char *const names[] = { "sched_switch", NULL };
	size_t found = 0, turns[2] = { 0 };
	uint64_t rss;
	int pid;

	what = "switch";
	trace_select(t, names);
	pid = trace_child(t, touch_memory, NULL);
	for (size_t i = 0, n = trace_count(t, PPME_SCHEDSWITCH_6_E, pid); i < n; i++) {
		ev = trace_find(t, PPME_SCHEDSWITCH_6_E, pid, i);
		if (hc_event_u64(ev, 2, 0) != (uint64_t)seen->faults.ru_minflt)
			continue;
		found++;
		CHECK(hc_event_i64(ev, 0, -1) >= 0 && hc_event_i64(ev, 0, -1) != pid, "next");
		U64(ev, 1, seen->faults.ru_majflt);
		U32(ev, 3, seen->size);
		rss = hc_event_u64(ev, 4, 0);
		CHECK(rss + slack >= seen->rss && rss <= seen->rss + slack, "%lu kB resident, not %lu", rss, seen->rss);
		CHECK(rss + slack >= RESIDENT_KB, "%lu kB resident", rss);
		U32(ev, 5, seen->swap);
		break; /* at its end it has other numbers again */
	}
	CHECK(found, "after %ld minor faults", seen->faults.ru_minflt);
	trace_clear(t);
	trace_child(t, take_turns, NULL);
	for (size_t i = 0, n = trace_count(t, PPME_SCHEDSWITCH_6_E, -1); i < n; i++) {
		ev = trace_find(t, PPME_SCHEDSWITCH_6_E, -1, i);
		for (int k = 0; k < 2; k++)
			turns[k] += (pid_t)ev->tid == seen->pids[k] && hc_event_i64(ev, 0, -1) == seen->pids[!k];
	}
	CHECK(turns[0] && turns[1], "%zu and %zu times the other one was next", turns[0], turns[1]);
	trace_clear(t);
}

#if defined(__x86_64__)
static void check_faults(struct trace *t)
{
	static const char *const names[] = { "page_fault_user", "page_fault_kernel", NULL };
	size_t page = 0, n;
	int pid;

	what = "page_fault";
	trace_select(t, names);
	pid = trace_child(t, touch_memory, NULL);
	n = trace_count(t, PPME_PAGE_FAULT_E, pid);
	for (size_t i = 0; i < n && page < 64; i++) {
		ev = trace_find(t, PPME_PAGE_FAULT_E, pid, i);
		CHECK(hc_event_u64(ev, 0, 0) != 0, "address");
		CHECK((hc_event_u64(ev, 2, 0) & (16 | 32)) != 0, "user or supervisor");
		if (hc_event_u64(ev, 0, 0) != (uintptr_t)seen->touched + (page << 12))
			continue;
		if (page < 63) {
			U64(ev, 1, 0); /* what stands at the instruction pointer: of a program nothing that can be read */
			U32(ev, 2, 2 | 4 | 16); /* not present, write, user */
		} else {
			CHECK(hc_event_u64(ev, 1, 0) != 0, "an instruction of the kernel");
			U32(ev, 2, 2 | 4 | 32); /* supervisor */
		}
		page++;
	}
	CHECK(page == 64, "page %zu of %zu faults", page, n);
	trace_clear(t);
}
#endif

/* ---- signals ---- */

enum { FORGED = 4242 };

/* Codes a process can give its own signals; the sender is told of those that have one. */
static const struct {
	const char *name;
	int code;
	bool sent;
} codes[] = {
	{ "SI_USER", SI_USER, true }, { "SI_QUEUE", SI_QUEUE, true }, { "SI_TIMER", SI_TIMER, false },
	{ "SI_MESGQ", SI_MESGQ, true }, { "SI_ASYNCIO", SI_ASYNCIO, false }, { "SI_SIGIO", SI_SIGIO, false },
	{ "SI_TKILL", SI_TKILL, true }, { "SI_ASYNCNL", SI_ASYNCNL, true }, { "SI_KERNEL", SI_KERNEL, false },
};
enum { CODES = sizeof codes / sizeof *codes };

static void handle(int sig)
{
}

/* One after the other: by kill, forged ones, a child's end, a POSIX timer, an interval timer. */
static void signals(void *arg)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2 };
	struct itimerspec soon = { .it_value.tv_nsec = 1000000 };
	struct itimerval too = { .it_value.tv_usec = 1000 };
	struct sigaction sa = { .sa_handler = handle };
	sigset_t mask, all;
	timer_t timer;
	pid_t pid;

	for (int sig = 1; sig < 32; sig++)
		sigaction(sig, &sa, NULL);
	kill(getpid(), SIGTERM);
	for (int i = 0; i < CODES; i++) {
		siginfo_t info = { .si_signo = SIGUSR1, .si_code = codes[i].code };

		info.si_pid = FORGED;
		if (syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &info) < 0)
			_exit(1);
	}
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &mask);
	pid = fork();
	if (pid == 0)
		_exit(0);
	seen->pids[0] = pid;
	sigsuspend(&mask);
	waitpid(pid, NULL, 0);
	for (int i = 0; i < 3; i++) /* timers count from 0 */
		if (timer_create(CLOCK_MONOTONIC, &event, &timer) < 0)
			_exit(1);
	timer_settime(timer, 0, &soon, NULL);
	sigsuspend(&mask);
	setitimer(ITIMER_REAL, &too, NULL);
	sigsuspend(&mask);
}

static void check_signal(struct hc_event *e, int from, int to, int sig)
{
	S64(e, 0, from);
	S64(e, 1, to);
	U8(e, 2, sig);
}

static void check_signals(struct trace *t)
{
	static const char *const names[] = { "signal_deliver", NULL };
	int pid;

	trace_select(t, names);
	pid = trace_child(t, signals, NULL);
	what = "signal by kill";
	check_signal(trace_find(t, PPME_SIGNALDELIVER_E, pid, 0), pid, pid, SIGTERM);
	for (int i = 0; i < CODES; i++) {
		what = codes[i].name;
		check_signal(trace_find(t, PPME_SIGNALDELIVER_E, pid, 1 + i), codes[i].sent ? FORGED : 0, pid, SIGUSR1);
	}
	what = "a child's end";
	check_signal(trace_find(t, PPME_SIGNALDELIVER_E, pid, 1 + CODES), seen->pids[0], pid, SIGCHLD);
	what = "POSIX timer";
	check_signal(trace_find(t, PPME_SIGNALDELIVER_E, pid, 2 + CODES), 0, pid, SIGUSR2);
	what = "interval timer";
	check_signal(trace_find(t, PPME_SIGNALDELIVER_E, pid, 3 + CODES), 0, pid, SIGALRM);
	trace_clear(t);
}

int main(void)
{
	struct trace t;

	seen = mmap_shared(sizeof *seen);
	trace_open(&t, NULL, 1 << 20, HC_BPF_ENTER_NONE);
	check_switches(&t);
#if defined(__x86_64__)
	check_faults(&t);
#endif
	check_signals(&t);
	trace_close(&t);
	return failures != 0;
}
