/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * The enter events of five calls (scap-format.md 14.1), which keep what was asked for apart from what another thread makes
 * of it while the call runs. Three programs, of which user space loads one (bpf/enter.h): at the calls' entry functions, at
 * their tracepoints, or at sys_enter. The result is not known here, so config.failed does not apply.
 */
#pragma once

static __always_inline void tell_entry(struct hc_bpf_cpu *cpu)
{
	switch (cpu->sc) {
	case PPM_SC_OPENAT:
		return enter_openat(cpu);
	case PPM_SC_OPEN:
		return enter_open(cpu);
	case PPM_SC_CONNECT:
		return enter_connect(cpu);
	case PPM_SC_OPENAT2:
		return enter_openat2(cpu);
	case PPM_SC_CREAT:
		return enter_creat(cpu);
	}
}

/* This CPU's description of a call that is asked for; NULL: it is not. */
static __always_inline struct hc_bpf_cpu *entered(__u32 nr, __u8 bits, __u8 *ret_asked)
{
	struct hc_bpf_cpu *cpu;

	*ret_asked = hc_interest[MASKED(nr, HC_BPF_SYSCALLS_MAX - 1)];
	if (nr >= HC_BPF_SYSCALLS_MAX || !(*ret_asked & bits) || !wanted_task(bpf_get_current_task_btf()))
		return NULL;
	cpu = this_cpu();
	cpu->ret = 0;
	return cpu;
}

/* At a call's entry function, of either table; its one argument is the address of the caller's registers. */
SEC("?kprobe")
int hc_enter_function(struct pt_regs *ctx)
{
	struct pt_regs *regs = (struct pt_regs *)PT_REGS_PARM1(ctx);
	struct hc_bpf_cpu *cpu;
	__u8 asked;
	__u32 nr;
#if defined(__TARGET_ARCH_arm64)
	nr = BPF_CORE_READ((struct pt_regs___aarch64 *)regs, syscallno); /* a copy of all of them has no room on the stack */
#else
	struct pt_regs copy = {};

	if (bpf_probe_read_kernel(&copy, sizeof(copy), regs) < 0)
		return 0;
	regs = &copy;
	nr = syscall_nr(regs);
#endif
	cpu = entered(nr, HC_INTEREST_NATIVE_ENTER | HC_INTEREST_COMPAT_ENTER, &asked);
	if (cpu && describe(cpu, bpf_get_current_task_btf(), regs, &nr, asked, HC_INTEREST_NATIVE_ENTER, HC_INTEREST_COMPAT_ENTER))
		tell_entry(cpu);
	return 0;
}

/* Native callers only: the kernel does not run these tracepoints for others. */
SEC("?tracepoint")
int hc_enter_tracepoint(struct trace_event_raw_sys_enter *ctx)
{
	__u32 nr = ctx->id;
	__u8 asked;
	struct hc_bpf_cpu *cpu = entered(nr, HC_INTEREST_NATIVE_ENTER, &asked);

	if (!cpu)
		return 0;
	cpu->compat = 0;
	/* relocated addresses inside ctx may not be dereferenced, only copied from */
	bpf_probe_read_kernel(cpu->args, sizeof(cpu->args), ctx->args);
	cpu->nr = nr;
	cpu->sc = sc_by_nr[MASKED(nr, HC_BPF_SYSCALLS_MAX - 1)] & ~SC_DEDICATED;
	tell_entry(cpu);
	return 0;
}

/* Where there is nothing better, since it taxes every system call once more. */
SEC("?tp_btf/sys_enter")
int hc_sys_enter(__u64 *ctx)
{
	struct pt_regs *regs = (struct pt_regs *)ctx[0];
	__u8 asked;
	__u32 nr = ctx[1];
	struct hc_bpf_cpu *cpu = entered(nr, HC_INTEREST_NATIVE_ENTER | HC_INTEREST_COMPAT_ENTER, &asked);

	if (cpu && describe(cpu, bpf_get_current_task_btf(), regs, &nr, asked, HC_INTEREST_NATIVE_ENTER, HC_INTEREST_COMPAT_ENTER))
		tell_entry(cpu);
	return 0;
}
