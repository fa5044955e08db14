/* SPDX-License-Identifier: Apache-2.0
 *
 * What recording costs the recorded: ns added per system call (needs root, an idle machine). recording.py prints it with the
 * rest of what recording costs.
 *
 * Every case is measured in turn in every round and its best batch of calls counts, so that one table is one run; batches are
 * short, so that there are some nobody disturbs. The floor of this backend is an empty program at the same hook.
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

enum { ROUNDS = 15, BATCHES = 10, CALLS = 10000 };

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

/* The best of some batches, each of which finds the rings empty (NULL: there are none). */
static double ns_per_call(void (*fn)(void), const struct hc_bpf_rings *rings)
{
	double best = 1e9;

	for (int batch = 0; batch < BATCHES; batch++) {
		struct timespec a, b;
		double ns;

		clock_gettime(CLOCK_MONOTONIC, &a);
		for (int i = 0; i < CALLS; i++)
			fn();
		clock_gettime(CLOCK_MONOTONIC, &b);
		ns = ((b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec)) / CALLS;
		if (ns < best)
			best = ns;
		if (rings)
			drain(rings);
	}
	return best;
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

struct recorder {
	enum hc_bpf_enter_way way; /* how it would tell of entries */
	struct hc_bpf *skel;
	struct hc_bpf_rings rings;
};

static void load(struct recorder *rec)
{
	struct hc_bpf_enter enter;
	int r = -errno;

	rec->skel = hc_bpf__open();
	if (rec->skel) {
		hc_bpf_enter_open(rec->skel, rec->way, &enter);
		rec->way = enter.way;
		r = hc_bpf_load(rec->skel, 32 << 20, &rec->rings);
		hc_bpf_enter_close(&enter);
	}
	if (r < 0) {
		fprintf(stderr, "cannot load the BPF programs: %s\n", strerror(-r));
		exit(1);
	}
}

/* One call of a workload under a recorder that hooks in, records set, and leaves. */
static double recorded(struct recorder *rec, bool with_enter, const uint8_t *set, void (*fn)(void))
{
	struct hc_bpf_enter enter = { .way = HC_BPF_ENTER_NONE };
	const char *bad = "";
	double ns;
	int r;

	if (with_enter)
		hc_bpf_enter_open(rec->skel, rec->way, &enter);
	hc_bpf_select(rec->skel, set, with_enter ? &enter : NULL);
	r = hc_bpf_attach(rec->skel, &enter, &bad);
	if (r < 0) {
		fprintf(stderr, "cannot attach %s: %s\n", bad, strerror(-r));
		exit(1);
	}
	ns = ns_per_call(fn, &rec->rings);
	bpf_link__destroy(rec->skel->links.hc_sys_exit);
	bpf_link__destroy(rec->skel->links.hc_sys_enter);
	rec->skel->links.hc_sys_exit = rec->skel->links.hc_sys_enter = NULL;
	hc_bpf_enter_close(&enter);
	return ns;
}

int main(void)
{
	struct recorder recs[] = { { HC_BPF_ENTER_AT_FUNCTIONS }, { HC_BPF_ENTER_AT_ALL } };
	const struct {
		const char *name;
		struct recorder *rec; /* NULL: none, or the empty program */
		bool empty, enter, chosen;
	} states[] = {
		{ .name = "no tracer" },
		{ .name = "an empty program at sys_exit", .empty = true },
		{ .name = "exit hook, not selected", .rec = &recs[0] },
		{ .name = "exit hook, selected", .rec = &recs[0], .chosen = true },
		{ .name = "as recorded, not selected", .rec = &recs[0], .enter = true },
		{ .name = "as recorded, selected", .rec = &recs[0], .enter = true, .chosen = true },
		{ .name = "with sys_enter, not selected", .rec = &recs[1], .enter = true },
		{ .name = "with sys_enter, selected", .rec = &recs[1], .enter = true, .chosen = true },
	};
	enum { STATES = sizeof states / sizeof *states };
	static const char *const selected[WORKLOADS][3] = { { "getppid" }, { "read" }, { "open", "openat", "close" } };
	uint8_t sets[WORKLOADS + 1][HC_BPF_SC_MAX] = { { 0 } };
	double best[STATES][WORKLOADS];
	cpu_set_t cpu;

	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	sched_setaffinity(0, sizeof cpu, &cpu);
	zero_fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	for (int i = 0; i < 2; i++)
		load(&recs[i]);
	for (int w = 0; w < WORKLOADS; w++)
		for (int i = 0; i < 3 && selected[w][i]; i++)
			sets[w][hc_sc_by_name(selected[w][i])] = 1;
	for (int s = 0; s < STATES; s++)
		for (int w = 0; w < WORKLOADS; w++)
			best[s][w] = 1e9;
	for (int round = 0; round < ROUNDS; round++) {
		for (int s = 0; s < STATES; s++) {
			int empty = states[s].empty ? attach_empty() : -1;

			for (int w = 0; w < WORKLOADS; w++) {
				const uint8_t *set = sets[states[s].chosen ? w : WORKLOADS];
				double ns = states[s].rec ? recorded(states[s].rec, states[s].enter, set, workloads[w].fn)
							  : ns_per_call(workloads[w].fn, NULL);

				if (ns < best[s][w])
					best[s][w] = ns;
			}
			if (empty >= 0)
				close(empty);
		}
	}
	printf("%-30s", "ns added to a call by");
	for (int w = 0; w < WORKLOADS; w++)
		printf(" %14s", workloads[w].name);
	for (int s = 0; s < STATES; s++) {
		printf("\n%-30s", states[s].name);
		for (int w = 0; w < WORKLOADS; w++)
			if (s == 0)
				printf(" %7.0f alone ", best[0][w]);
			else
				printf(" %+6.0f (%4.2f)", best[s][w] - best[0][w],
				       (best[s][w] - best[0][w]) / (best[1][w] - best[0][w]));
	}
	printf("\n(in brackets: as a multiple of the empty program's. Entries are told of by %s)\n",
	       hc_bpf_enter_text(&(struct hc_bpf_enter){ .way = recs[0].way }));
	for (int i = 0; i < 2; i++) {
		hc_bpf_rings_close(&recs[i].rings);
		hc_bpf__destroy(recs[i].skel);
	}
	return 0;
}
