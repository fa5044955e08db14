/* SPDX-License-Identifier: Apache-2.0
 *
 * See loader.h. Which program fills which system call follows from its name: x_<syscall>.
 */
#include "bpf/loader.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bpf/hindcast.skel.h"
#include "common/schema.h"

uint64_t hc_bpf_boot_to_epoch_ns(void)
{
	struct timespec wall, boot;

	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	return (uint64_t)(wall.tv_sec - boot.tv_sec) * 1000000000 + wall.tv_nsec - boot.tv_nsec;
}

static int native_nr(const struct hc_sc_info *sc)
{
#if defined(__aarch64__)
	return sc->nr_aarch64;
#else
	return sc->nr_x86_64;
#endif
}

/* Puts the filling programs into `exits` at their calls' numbers. */
static int wire(struct hc_bpf *skel)
{
	for (int sc = 0; sc < HC_SC_COUNT; sc++) {
		const struct hc_sc_info *info = &hc_sc_table[sc];
		uint32_t nr = native_nr(info);
		struct bpf_program *prog;
		char name[64];
		int fd, r;

		if (info->kind != HC_SC_DEDICATED || native_nr(info) < 0)
			continue;
		snprintf(name, sizeof name, "x_%s", info->name);
		prog = bpf_object__find_program_by_name(skel->obj, name);
		if (!prog)
			continue;
		fd = bpf_program__fd(prog);
		r = bpf_map_update_elem(bpf_map__fd(skel->maps.exits), &nr, &fd, BPF_ANY);
		if (r < 0)
			return r;
	}
	return 0;
}

static int create_rings(struct hc_bpf *skel, struct hc_bpf_rings *rings)
{
	for (size_t i = 0; i < rings->n; i++) {
		uint32_t key = i;
		int r;

		rings->fds[i] = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "hc_ring", 0, 0, rings->nbytes, NULL);
		if (rings->fds[i] < 0)
			return rings->fds[i];
		r = bpf_map_update_elem(bpf_map__fd(skel->maps.rings), &key, &rings->fds[i], BPF_ANY);
		if (r < 0)
			return r;
	}
	return 0;
}

int hc_bpf_load(struct hc_bpf *skel, size_t ring_nbytes, struct hc_bpf_rings *ret_rings)
{
	size_t page = sysconf(_SC_PAGESIZE);
	struct hc_bpf_rings rings = { .nbytes = page };
	int r = libbpf_num_possible_cpus();

	if (r < 0)
		return r;
	rings.n = r < HC_BPF_CPUS_MAX ? r : HC_BPF_CPUS_MAX;
	while (rings.nbytes < ring_nbytes)
		rings.nbytes *= 2;
	if ((r = bpf_map__set_max_entries(skel->maps.rings, rings.n)) < 0 ||
	    (r = bpf_map__set_max_entries(skel->maps.scratches, rings.n)) < 0)
		return r;
	/* preallocated: not for nothing */
	if (!skel->rodata->hc_config.follow && (r = bpf_map__set_max_entries(skel->maps.followed, 1)) < 0)
		return r;
	r = hc_bpf__load(skel);
	if (r < 0)
		return r;
	rings.fds = malloc(rings.n * sizeof *rings.fds);
	if (!rings.fds)
		return -ENOMEM;
	memset(rings.fds, -1, rings.n * sizeof *rings.fds);
	if ((r = wire(skel)) < 0 || (r = create_rings(skel, &rings)) < 0) {
		hc_bpf_rings_close(&rings);
		return r;
	}
	*ret_rings = rings;
	return 0;
}

#if defined(__aarch64__)
enum { FORKS_TOLD_AT_FORK = true }; /* a new child does not pass sys_exit there (scap-format.md 14.2) */
#else
enum { FORKS_TOLD_AT_FORK = false };
#endif

struct hook {
	struct bpf_program *prog;
	struct bpf_link **link;
	bool wanted;
};

/* Attaches what is wanted and is not, detaches what is and is not wanted. */
static int adjust(const struct hook *hooks, size_t n, const char **reterr_program)
{
	for (size_t i = 0; i < n; i++) {
		if (hooks[i].wanted && !*hooks[i].link) {
			*hooks[i].link = bpf_program__attach(hooks[i].prog);
			if (!*hooks[i].link) {
				*reterr_program = bpf_program__name(hooks[i].prog);
				return -errno;
			}
		} else if (!hooks[i].wanted && *hooks[i].link) {
			bpf_link__destroy(*hooks[i].link);
			*hooks[i].link = NULL;
		}
	}
	return 0;
}

/* The hooks that would tax everybody are there only while they are selected. */
static int adjust_tracepoints(struct hc_bpf *skel, const char **reterr_program)
{
	const uint8_t *on = skel->bss->hc_interest_tp;
	const struct hook hooks[] = {
		{ skel->progs.hc_sched_switch, &skel->links.hc_sched_switch, on[HC_TP_SCHED_SWITCH] },
		{ skel->progs.hc_signal_deliver, &skel->links.hc_signal_deliver, on[HC_TP_SIGNAL_DELIVER] },
#if defined(__x86_64__)
		{ skel->progs.hc_page_fault_user, &skel->links.hc_page_fault_user, on[HC_TP_PAGE_FAULT_USER] },
		{ skel->progs.hc_page_fault_kernel, &skel->links.hc_page_fault_kernel, on[HC_TP_PAGE_FAULT_KERNEL] },
#endif
	};

	return adjust(hooks, sizeof hooks / sizeof *hooks, reterr_program);
}

int hc_bpf_attach(struct hc_bpf *skel, struct hc_bpf_enter *enter, const char **reterr_program)
{
	const struct hook hooks[] = {
		{ skel->progs.hc_exec, &skel->links.hc_exec, true },
		{ skel->progs.hc_fork, &skel->links.hc_fork, FORKS_TOLD_AT_FORK || skel->rodata->hc_config.follow },
		{ skel->progs.hc_exit, &skel->links.hc_exit, true },
		{ skel->progs.hc_sys_enter, &skel->links.hc_sys_enter, enter && enter->way == HC_BPF_ENTER_AT_ALL },
		/* last: by then a child of anything it reports is followed */
		{ skel->progs.hc_sys_exit, &skel->links.hc_sys_exit, true },
	};
	int r = adjust_tracepoints(skel, reterr_program);

	if (r < 0)
		return r;
	*reterr_program = "hc_enter";
	if (enter && (r = hc_bpf_enter_adjust(skel, enter)) < 0)
		return r;
	return adjust(hooks, sizeof hooks / sizeof *hooks, reterr_program);
}

static void ask(uint8_t *table, int nr, uint8_t bits)
{
	if (nr >= 0 && nr < HC_BPF_SYSCALLS_MAX)
		table[nr] |= bits;
}

int hc_bpf_select(struct hc_bpf *skel, const uint8_t sc_set[HC_BPF_SC_MAX], struct hc_bpf_enter *enter)
{
	uint8_t table[HC_BPF_SYSCALLS_MAX] = { 0 };
	const char *failed;
	int r;
	static const uint16_t tracepoints[HC_TP_COUNT] = {
		[HC_TP_PROCEXIT] = PPM_SC_SCHED_PROCESS_EXIT,
		[HC_TP_SCHED_SWITCH] = PPM_SC_SCHED_SWITCH,
		[HC_TP_PAGE_FAULT_USER] = PPM_SC_PAGE_FAULT_USER,
		[HC_TP_PAGE_FAULT_KERNEL] = PPM_SC_PAGE_FAULT_KERNEL,
		[HC_TP_SIGNAL_DELIVER] = PPM_SC_SIGNAL_DELIVER,
	};

	for (int sc = 0; sc < HC_SC_COUNT; sc++) {
		const struct hc_sc_info *info = &hc_sc_table[sc];
		bool entry = enter && hc_bpf_enter_tells(sc);
		uint8_t native = HC_INTEREST_NATIVE | (entry ? HC_INTEREST_NATIVE_ENTER : 0);

		if (!sc_set[sc] || native_nr(info) < 0)
			continue;
		if (sc_set[sc] == HC_BPF_SHED)
			native |= HC_INTEREST_NATIVE_SHED;
		ask(table, native_nr(info), native);
#if defined(__x86_64__)
		/* each compat bit is the one above its native fellow */
		ask(table, info->nr_ia32, native << 1);
		ask(table, info->nr_ia32b, native << 1);
		/* the call socketcall(2) stands for is known only once its arguments are read */
		if ((info->category & HC_EC_LOW_MASK) == EC_NET)
			ask(table, HC_BPF_NR_SOCKETCALL,
			    HC_INTEREST_COMPAT | (entry ? HC_INTEREST_COMPAT_ENTER : 0));
#endif
	}
	/* byte by byte, so that no call is ever seen as neither the old nor the new */
	for (int nr = 0; nr < HC_BPF_SYSCALLS_MAX; nr++)
		__atomic_store_n(&skel->bss->hc_interest[nr], table[nr], __ATOMIC_RELAXED);
	for (int tp = 0; tp < HC_TP_COUNT; tp++)
		__atomic_store_n(&skel->bss->hc_interest_tp[tp], sc_set[tracepoints[tp]], __ATOMIC_RELAXED);
	if (!skel->links.hc_sys_exit)
		return 0;
	r = adjust_tracepoints(skel, &failed);
	return r < 0 || !enter ? r : hc_bpf_enter_adjust(skel, enter);
}

int hc_bpf_follow(struct hc_bpf *skel, uint32_t tgid)
{
	uint8_t one = 1;

	return bpf_map_update_elem(bpf_map__fd(skel->maps.followed), &tgid, &one, BPF_ANY);
}

void hc_bpf_rings_close(struct hc_bpf_rings *rings)
{
	for (size_t i = 0; rings->fds && i < rings->n; i++)
		if (rings->fds[i] >= 0)
			close(rings->fds[i]);
	free(rings->fds);
	rings->fds = NULL;
	rings->n = 0;
}
