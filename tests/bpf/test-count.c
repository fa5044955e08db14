/* SPDX-License-Identifier: Apache-2.0
 *
 * Count reconciliation: with every CPU busy at once, what was recorded plus what was dropped is what was issued, to the
 * last call, whether the rings are large enough or not, and while the selection changes.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpf/abi.h"
#include "bpf/hindcast.skel.h"
#include "tests/bpf/harness.h"

static long ncpus;

struct workload {
	const char *name;
	void (*fn)(int n); /* issues n * events events */
	int n, events;
	uint32_t snaplen;
	const char *calls[6]; /* selected */
};

static void getppids(int n)
{
	while (n--)
		syscall(SYS_getppid);
}

static void opens(int n)
{
	while (n--)
		close(open("/dev/null", O_RDONLY));
}

#if !defined(__aarch64__) /* there the child's view comes with every clone, those of everywhere() too */
static void execs(int n)
{
	static char *const argv[] = { "true", NULL };

	while (n--) {
		pid_t pid = syscall(SYS_fork);

		if (pid == 0) {
			execv("/bin/true", argv);
			_exit(1);
		}
		waitpid(pid, NULL, 0);
	}
}
#endif

static void transfers(int n)
{
	static char buf[65536];
	int zero = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_WRONLY);

	while (n--)
		if (read(zero, buf, sizeof buf) != sizeof buf || write(null, buf, sizeof buf) != sizeof buf)
			abort();
}

static void connections(int n)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct linger abort_at_close = { .l_onoff = 1 }; /* no TIME_WAIT: ports are few */
	socklen_t len = sizeof addr;
	int server = syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);

	if (bind(server, (struct sockaddr *)&addr, sizeof addr) || listen(server, 5) ||
	    getsockname(server, (struct sockaddr *)&addr, &len))
		abort();
	while (n--) {
		int client = socket(AF_INET, SOCK_STREAM, 0), conn;

		if (connect(client, (struct sockaddr *)&addr, sizeof addr) || (conn = accept4(server, NULL, NULL, 0)) < 0)
			abort();
		setsockopt(client, SOL_SOCKET, SO_LINGER, &abort_at_close, sizeof abort_at_close);
		close(client);
		close(conn);
	}
}

/* One busy process per CPU. */
static void everywhere(void *arg)
{
	const struct workload *w = arg;

	for (long c = 0; c < ncpus; c++) {
		/* neither fork() nor vfork(): some workloads count those */
		if (syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) == 0) {
			cpu_set_t set;

			CPU_ZERO(&set);
			CPU_SET(c, &set);
			sched_setaffinity(0, sizeof set, &set);
			w->fn(w->n);
			syscall(SYS_exit_group, 0);
		}
	}
	while (wait(NULL) > 0)
		;
}

static const struct workload workloads[] = {
	{ "getppid", getppids, 200000, 1, 80, { "getppid" } },
	{ "open and close", opens, 100000, 2, 80, { "open", "openat", "close" } },
#if !defined(__aarch64__)
	/* per run: the parent's and the child's view of the fork, the exec */
	{ "fork and exec", execs, 200, 3, 80, { "fork", "execve" } },
#endif
	{ "64 KiB reads and writes", transfers, 500, 2, 16000, { "read", "write" } },
	{ "connections", connections, 2000, 2, 80, { "connect", "accept4" } },
};

/* One in 128 is timed on each CPU (execs are none of them), and says something that can be. */
static void check_timed(const struct trace *t)
{
	for (long c = 0; c < ncpus; c++) {
		const struct hc_bpf_cpu *cpu = &t->skel->bss->hc_cpus[c];

		CHECK(cpu->produced == 0 || cpu->timed > 0, "CPU %ld: %llu events, none timed", c, cpu->produced);
		CHECK(cpu->timed <= cpu->produced / 128 + 1, "CPU %ld: %llu of %llu timed", c, cpu->timed, cpu->produced);
		CHECK(!cpu->timed || (cpu->timed_ns / cpu->timed > 5 && cpu->timed_ns / cpu->timed < 10000000), "CPU %ld: %llu ns for %llu",
		      c, cpu->timed_ns, cpu->timed);
	}
}

static void reconcile(const struct workload *w, size_t ring_nbytes, bool must_fit)
{
	struct hc_bpf_config config = { .follow = 1, .snaplen = w->snaplen };
	uint64_t issued = (uint64_t)ncpus * w->n * w->events;
	struct trace t;

	what = w->name;
	trace_open(&t, &config, ring_nbytes, HC_BPF_ENTER_NONE);
	trace_select(&t, w->calls);
	trace_child(&t, everywhere, (void *)w);
	CHECK(t.produced == t.n, "%lu produced, %zu read back", t.produced, t.n);
	CHECK(t.n + t.dropped_total == issued, "%zu recorded + %lu dropped, %lu issued", t.n, t.dropped_total, issued);
	CHECK(t.dropped[HC_DROP_RING_FULL] == t.dropped_total, "only full rings lose events");
	CHECK(!must_fit || t.dropped_total == 0, "%lu dropped", t.dropped_total);
	if (must_fit)
		check_timed(&t);
	printf("%-24s rings of %6zu KiB: issued %7lu, recorded %7zu, dropped %7lu\n", w->name, t.rings.nbytes >> 10, issued,
	       t.n, t.dropped_total);
	trace_close(&t);
}

/* A call that stays selected is not missed while everything around it comes and goes. */
static void reselect(void)
{
	enum { CALLS = 300000 };
	static const char *const both[] = { "getppid", "openat", "clone", "read", "write", NULL };
	static const char *const one[] = { "getppid", NULL };
	struct trace t;
	int status, changes = 0;
	pid_t pid;

	what = "changing the selection";
	trace_open(&t, NULL, 32 << 20, HC_BPF_ENTER_NONE);
	trace_select(&t, one);
	pid = fork();
	if (pid == 0) {
		raise(SIGSTOP);
		getppids(CALLS);
		_exit(0);
	}
	waitpid(pid, &status, WUNTRACED);
	hc_bpf_follow(t.skel, pid);
	kill(pid, SIGCONT);
	while (waitpid(pid, &status, WNOHANG) == 0)
		trace_select(&t, ++changes % 2 ? both : one);
	trace_drain(&t, true);
	CHECK(trace_count(&t, PPME_GENERIC_X, pid) == CALLS && t.dropped_total == 0, "%zu of %d after %d changes",
	      trace_count(&t, PPME_GENERIC_X, pid), CALLS, changes);
	printf("selection changed %d times while %d calls were made\n", changes, CALLS);
	trace_close(&t);
}

static void forks(void *n)
{
	static char *const argv[] = { "true", NULL };

	for (int i = *(int *)n; i > 0; i--) {
		pid_t pid = fork();

		if (pid == 0) {
			execv("/bin/true", argv);
			_exit(1);
		}
		waitpid(pid, NULL, 0);
	}
}

/* Processes that cannot be followed are counted, and nothing of them is recorded. */
static void too_many_to_follow(void)
{
	static const char *const calls[] = { "execve", NULL };
	struct trace t;
	uint32_t key = 1 << 24; /* no process has that id */
	uint8_t one = 1;
	int n = 5, map;

	what = "too many to follow";
	trace_open(&t, NULL, 1 << 20, HC_BPF_ENTER_NONE);
	trace_select(&t, calls);
	map = bpf_map__fd(t.skel->maps.followed);
	while (!bpf_map_update_elem(map, &key, &one, BPF_ANY))
		key++;
	key--;
	bpf_map_delete_elem(map, &key); /* room for the first one alone */
	trace_child(&t, forks, &n);
	CHECK(t.skel->bss->hc_unfollowed == 5, "%lu counted", (unsigned long)t.skel->bss->hc_unfollowed);
	CHECK(t.n == 0, "%zu events of processes that are not followed", t.n);
	trace_close(&t);
}

/* Rings that hold everything without being drained, if the machine's memory allows that for all of its CPUs. */
enum { LARGE = 64 << 20, ALL_RINGS = 512 << 20 };

int main(void)
{
	size_t large = ALL_RINGS / sysconf(_SC_NPROCESSORS_CONF);

	if (large > LARGE)
		large = LARGE;
	ncpus = sysconf(_SC_NPROCESSORS_ONLN); /* reads a file: not in the child, where it would be counted */
	for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++) {
		reconcile(&workloads[i], large, large == LARGE);
		reconcile(&workloads[i], 64 << 10, false);
	}
	reselect();
	too_many_to_follow();
	return failures != 0;
}
