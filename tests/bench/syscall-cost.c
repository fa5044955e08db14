/* SPDX-License-Identifier: Apache-2.0
 *
 * What recording costs the recorded: ns added per system call (needs root, an idle machine). recording.py prints it with the
 * rest of what recording costs.
 *
 * Every case is measured in turn in every round and its best round counts, so that one table is one run. The floor of
 * this backend is an empty program at the same hook.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bpf/loader.h"
#include "bpf/hindcast.skel.h"
#include "common/schema.h"

enum { ROUNDS = 15, CALLS = 100000 };

static int zero_fd;

static void run_getppid(void)
{
	syscall(SYS_getppid);
}

static void run_read(void)
{
	char c;

	if (read(zero_fd, &c, 1) != 1)
		abort();
}

static void run_open_close(void)
{
	close(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

static const struct {
	const char *name;
	void (*fn)(void);
} workloads[] = { { "getppid", run_getppid }, { "read 1 byte", run_read }, { "open+close", run_open_close } };
enum { WORKLOADS = 3 };

static double ns_per_call(void (*fn)(void))
{
	struct timespec a, b;

	clock_gettime(CLOCK_MONOTONIC, &a);
	for (int i = 0; i < CALLS; i++)
		fn();
	clock_gettime(CLOCK_MONOTONIC, &b);
	return ((b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec)) / CALLS;
}

/* An empty program at sys_exit; its link's fd. */
static int attach_empty(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct btf *btf = btf__load_vmlinux_btf();
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_RAW_TP,
		    .attach_btf_id = btf__find_by_name_kind(btf, "btf_trace_sys_exit", BTF_KIND_TYPEDEF));
	int prog = bpf_prog_load(BPF_PROG_TYPE_TRACING, "empty", "GPL", insns, 2, &opts), link;

	btf__free(btf);
	link = prog < 0 ? prog : bpf_raw_tracepoint_open(NULL, prog);
	if (link < 0) {
		fprintf(stderr, "cannot attach an empty program: %s\n", strerror(-link));
		exit(1);
	}
	close(prog);
	return link;
}

static int drop_record(void *ctx, void *data, size_t len)
{
	return 0;
}

static void drain(const struct hc_bpf_rings *rings)
{
	struct ring_buffer *rb = NULL;

	for (size_t i = 0; i < rings->n; i++)
		if (!rb)
			rb = ring_buffer__new(rings->fds[i], drop_record, NULL, NULL);
		else
			ring_buffer__add(rb, rings->fds[i], drop_record, NULL);
	ring_buffer__consume(rb);
	ring_buffer__free(rb);
}

int main(void)
{
	/* the recorder attaches both hooks, because of the enter events of open and connect */
	enum { NONE, EMPTY, EXIT_UNSELECTED, EXIT_SELECTED, BOTH_UNSELECTED, BOTH_SELECTED, STATES };
	static const char *const selected[WORKLOADS][3] = { { "getppid" }, { "read" }, { "open", "openat", "close" } };
	double best[STATES][WORKLOADS];
	uint8_t sets[WORKLOADS + 1][HC_BPF_SC_MAX] = { { 0 } };
	struct hc_bpf_rings rings;
	const char *bad = "";
	struct hc_bpf *skel;
	cpu_set_t cpu;
	int r;

	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	sched_setaffinity(0, sizeof cpu, &cpu);
	zero_fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	skel = hc_bpf__open();
	if (!skel || (r = hc_bpf_load(skel, 64 << 20, &rings)) < 0) {
		fprintf(stderr, "cannot load the BPF programs: %s\n", strerror(errno));
		return 1;
	}
	for (int w = 0; w < WORKLOADS; w++)
		for (int i = 0; i < 3 && selected[w][i]; i++)
			sets[w][hc_sc_by_name(selected[w][i])] = 1;
	for (int s = 0; s < STATES; s++)
		for (int w = 0; w < WORKLOADS; w++)
			best[s][w] = 1e9;
	for (int round = 0; round < ROUNDS; round++) {
		for (int s = 0; s < STATES; s++) {
			int empty = s == EMPTY ? attach_empty() : -1;

			for (int w = 0; w < WORKLOADS; w++) {
				double ns;

				if (s >= EXIT_UNSELECTED) {
					bool chosen = s == EXIT_SELECTED || s == BOTH_SELECTED, both = s >= BOTH_UNSELECTED;

					hc_bpf_select(skel, sets[chosen ? w : WORKLOADS], both);
					r = hc_bpf_attach(skel, both, &bad);
					if (r < 0) {
						fprintf(stderr, "cannot attach %s: %s\n", bad, strerror(-r));
						return 1;
					}
				}
				ns = ns_per_call(workloads[w].fn);
				if (ns < best[s][w])
					best[s][w] = ns;
				if (s == EXIT_SELECTED || s == BOTH_SELECTED)
					drain(&rings);
			}
			if (empty >= 0)
				close(empty);
			if (s >= EXIT_UNSELECTED) {
				/* every hook off again, for the states that must not have it */
				bpf_link__destroy(skel->links.hc_sys_exit);
				bpf_link__destroy(skel->links.hc_sys_enter);
				skel->links.hc_sys_exit = skel->links.hc_sys_enter = NULL;
			}
		}
	}
	printf("%-12s %9s | %-20s | %-20s | %s\n", "ns per call", "no", "an empty", "exit hook: +ns", "both, as recorded: +ns");
	printf("%-12s %9s | %-20s | %10s %9s | %10s %9s\n", "", "tracer", "program at sys_exit", "unselected", "selected",
	       "unselected", "selected");
	for (int w = 0; w < WORKLOADS; w++) {
		const double none = best[NONE][w];

		printf("%-12s %9.0f | %+20.0f | %+10.0f %+9.0f | %+10.0f %+9.0f\n", workloads[w].name, none, best[EMPTY][w] - none,
		       best[EXIT_UNSELECTED][w] - none, best[EXIT_SELECTED][w] - none, best[BOTH_UNSELECTED][w] - none,
		       best[BOTH_SELECTED][w] - none);
	}
	hc_bpf_rings_close(&rings);
	hc_bpf__destroy(skel);
	return 0;
}
