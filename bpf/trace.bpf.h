/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Kernel tracepoints that are selected like system calls: context switches, signals, page faults. All fixed in size,
 * because they can strike while another program of ours is using the scratch buffer.
 */
#pragma once

/* Is the tracepoint recorded now? One that was shed is counted instead. */
static __always_inline bool asked_tp(struct hc_bpf_cpu *cpu, __u32 tp, __u32 sc, struct task_struct *task)
{
	__u8 asked = hc_interest_tp[tp];

	if (!asked || !wanted_task(task))
		return false;
	if (asked == HC_INTEREST_TP_SHED) {
		count_drop(cpu, sc, HC_DROP_SHED);
		return false;
	}
	return true;
}

SEC("tp_btf/sched_switch")
int hc_sched_switch(__u64 *ctx)
{
	struct task_struct *prev = (struct task_struct *)ctx[1], *next = (struct task_struct *)ctx[2];
	struct hc_bpf_cpu *cpu = this_cpu();
	struct memory m;
	struct out e;

	if (!asked_tp(cpu, HC_TP_SCHED_SWITCH, PPM_SC_SCHED_SWITCH, prev))
		return 0;
	read_memory(prev, &m);
	if (!out_reserve(&e, cpu, PPM_SC_SCHED_SWITCH, PPME_SCHEDSWITCH_6_E, HC_NPARAMS_PPME_SCHEDSWITCH_6_E,
			 HC_BYTES_PPME_SCHEDSWITCH_6_E))
		return 0;
	put_s64(&e, next->pid);
	put_u64(&e, prev->maj_flt);
	put_u64(&e, prev->min_flt);
	put_u32(&e, m.size_kb);
	put_u32(&e, m.rss_kb);
	put_u32(&e, m.swap_kb);
	out_submit(&e);
	return 0;
}

enum {
	SIG_NO_INFO = 1, /* info pointers up to 1 are no pointers (SEND_SIG_NOINFO, SEND_SIG_PRIV) */
	K_SIGCHLD = 17,
	K_SI_TIMER = -2, K_SI_ASYNCIO = -4, K_SI_SIGIO = -5,
};

/* Who sent a signal, where the siginfo says so: sent by a process (code <= 0, but for three of the kernel's own, which have
 * something else in the pid's place), or the end of a child. */
static __always_inline __s64 sender(int sig, struct kernel_siginfo *info)
{
	__s32 code;

	if ((__u64)info <= SIG_NO_INFO)
		return 0;
	code = BPF_CORE_READ(info, si_code);
	if (sig == K_SIGCHLD && code > 0)
		return BPF_CORE_READ(info, _sifields._sigchld._pid);
	if (code > 0 || code == K_SI_TIMER || code == K_SI_ASYNCIO || code == K_SI_SIGIO)
		return 0;
	return BPF_CORE_READ(info, _sifields._kill._pid);
}

SEC("tp_btf/signal_deliver")
int hc_signal_deliver(__u64 *ctx)
{
	struct hc_bpf_cpu *cpu = this_cpu();
	struct out e;
	int sig = ctx[0];

	if (!asked_tp(cpu, HC_TP_SIGNAL_DELIVER, PPM_SC_SIGNAL_DELIVER, bpf_get_current_task_btf()))
		return 0;
	if (!out_reserve(&e, cpu, PPM_SC_SIGNAL_DELIVER, PPME_SIGNALDELIVER_E, HC_NPARAMS_PPME_SIGNALDELIVER_E,
			 HC_BYTES_PPME_SIGNALDELIVER_E))
		return 0;
	put_s64(&e, sender(sig, (struct kernel_siginfo *)ctx[1]));
	put_s64(&e, tid());
	put_u8(&e, sig);
	out_submit(&e);
	return 0;
}

#if defined(__TARGET_ARCH_x86)
static __always_inline int page_fault(__u64 *ctx, __u32 tp, __u32 sc)
{
	struct pt_regs *regs = (struct pt_regs *)ctx[1];
	struct hc_bpf_cpu *cpu = this_cpu();
	__u64 at_ip = 0;
	struct out e;

	if (!asked_tp(cpu, tp, sc, bpf_get_current_task_btf()))
		return 0;
	if (!out_reserve(&e, cpu, sc, PPME_PAGE_FAULT_E, HC_NPARAMS_PPME_PAGE_FAULT_E, HC_BYTES_PPME_PAGE_FAULT_E))
		return 0;
	/* what stands at the instruction pointer, as other recorders have it (emission.tsv), not the pointer */
	bpf_probe_read_kernel(&at_ip, sizeof(at_ip), (void *)regs->ip);
	put_u64(&e, ctx[0]);
	put_u64(&e, at_ip);
	put_u32(&e, map_pf_flags(ctx[2]));
	out_submit(&e);
	return 0;
}

SEC("tp_btf/page_fault_user")
int hc_page_fault_user(__u64 *ctx)
{
	return page_fault(ctx, HC_TP_PAGE_FAULT_USER, PPM_SC_PAGE_FAULT_USER);
}

SEC("tp_btf/page_fault_kernel")
int hc_page_fault_kernel(__u64 *ctx)
{
	return page_fault(ctx, HC_TP_PAGE_FAULT_KERNEL, PPM_SC_PAGE_FAULT_KERNEL);
}
#endif
