/* SPDX-License-Identifier: Apache-2.0
 *
 * Count reconciliation: with every CPU busy at once, what was recorded plus what was dropped is what was issued, to the
 * last call, whether the ring is large enough or not.
 */
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bpf/harness.h"

enum { CALLS = 100000 };

static void storm(void *arg)
{
	long ncpus = *(long *)arg;

	for (long c = 0; c < ncpus; c++) {
		if (fork() == 0) {
			cpu_set_t set;

			CPU_ZERO(&set);
			CPU_SET(c, &set);
			sched_setaffinity(0, sizeof set, &set);
			for (int i = 0; i < CALLS; i++) {
				syscall(SYS_getppid);
				close(open("/dev/null", O_RDONLY));
			}
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
}

static void reconcile(const char *name, size_t ring_nbytes)
{
	const char *calls[] = { "getppid", "open", "openat", "close", NULL };
	long ncpus = sysconf(_SC_NPROCESSORS_ONLN); /* reads a file: not in the child, where it would be counted */
	uint64_t issued = ncpus * CALLS * 3ull, read_back;
	struct trace t;

	what = name;
	trace_open(&t, NULL, ring_nbytes, false);
	trace_select(&t, calls);
	trace_child(&t, storm, &ncpus);
	read_back = t.n;
	CHECK(t.produced == read_back, "%lu produced, %lu read back", t.produced, read_back);
	CHECK(read_back + t.dropped_total == issued, "%lu recorded + %lu dropped, %lu issued", read_back, t.dropped_total,
	      issued);
	printf("%s: issued %lu, recorded %lu, dropped %lu (ring full %lu)\n", name, issued, read_back, t.dropped_total,
	       t.dropped[HC_DROP_RING_FULL]);
	trace_close(&t);
}

int main(void)
{
	reconcile("large rings", 128 << 20);
	reconcile("rings that overflow", 64 << 10);
	return failures != 0;
}
