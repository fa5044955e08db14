/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * The sys_exit hook: interest, filters, arguments, jump. Nothing is read from the task before the
 * interest byte of the call's number is found set; then the cheapest tests come first.
 */
#pragma once

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, HC_BPF_SYSCALLS_MAX);
	__type(key, __u32);
	__type(value, __u32);
} exits SEC(".maps");

enum {
	SC_DEDICATED = 0x8000, /* the call has an event type of its own, so it needs a program */
	X32_BIT = 0x40000000,
	X32_EXECVE = 520,
	X32_EXECVEAT = 545,
};

#if defined(__TARGET_ARCH_arm64)
#define NATIVE_NR(x86_64, aarch64) aarch64
#else
#define NATIVE_NR(x86_64, aarch64) x86_64
#endif

#pragma clang diagnostic push
/* calls an architecture lacks all land in the last slot, which no call has */
#pragma clang diagnostic ignored "-Winitializer-overrides"
#define SLOT(nr) ((nr) < 0 ? HC_BPF_SYSCALLS_MAX - 1 : (nr))

/* Portable code (plus SC_DEDICATED) by native number; 0: unknown call. */
static const __u16 sc_by_nr[HC_BPF_SYSCALLS_MAX] = {
#define HC_SC(code, id, name, x86_64, aarch64, ia32, ia32b, enter, exit, kind, ...) \
	[SLOT(NATIVE_NR(x86_64, aarch64))] = (kind) == HC_SC_DEDICATED ? (code) | SC_DEDICATED : (code),
#include "common/syscalls.def"
#undef HC_SC
};

#if defined(__TARGET_ARCH_x86)
/* x86_64 number + 1 by ia32 number; 0: there is none. */
static const __u16 native_by_ia32[HC_BPF_SYSCALLS_MAX] = {
#define HC_SC(code, id, name, x86_64, aarch64, ia32, ia32b, ...) \
	[SLOT((x86_64) < 0 ? -1 : (ia32))] = (x86_64) + 1, [SLOT((x86_64) < 0 ? -1 : (ia32b))] = (x86_64) + 1,
#include "common/syscalls.def"
#undef HC_SC
};

/* x86_64 number by socketcall(2) operation, and how many arguments it takes. */
static const struct {
	__u16 nr;
	__u8 nargs;
} socketcalls[32] = {
	[1] = { 41, 3 },  [2] = { 49, 3 },  [3] = { 42, 3 },  [4] = { 50, 2 },   [5] = { 43, 3 },
	[6] = { 51, 3 },  [7] = { 52, 3 },  [8] = { 53, 4 },  [9] = { 44, 4 },   [10] = { 45, 4 },
	[11] = { 44, 6 }, [12] = { 45, 6 }, [13] = { 48, 2 }, [14] = { 54, 5 },  [15] = { 55, 5 },
	[16] = { 46, 3 }, [17] = { 47, 3 }, [18] = { 288, 4 }, [19] = { 299, 5 }, [20] = { 307, 4 },
};
#endif
#pragma clang diagnostic pop

#if defined(__TARGET_ARCH_arm64)
/* by name, so that this also compiles against another architecture's types */
struct pt_regs___aarch64 {
	__u64 regs[31];
	__u64 orig_x0;
	__s32 syscallno;
} __attribute__((preserve_access_index));
#endif

/* The filters that need no event. */
static __always_inline bool wanted(struct task_struct *task, __s64 ret)
{
	if (hc_config.failed == HC_FAILED_DROP && ret < 0)
		return false;
	if (hc_config.failed == HC_FAILED_ONLY && ret >= 0)
		return false;
	return wanted_task(task);
}

#if defined(__TARGET_ARCH_x86)
enum {
	IA32_LSEEK = 19, IA32_UMOUNT = 22, IA32_MMAP = 90, IA32_LLSEEK = 140, IA32_PREAD64 = 180, IA32_PWRITE64 = 181, IA32_MMAP2 = 192,
	IA32_PREADV = 333, IA32_PWRITEV = 334,
	MMAP2_SHIFT = 12,
};

/* Calls of the 32-bit table whose arguments are others than those of the 64-bit call, not just narrower. */
static __always_inline void reshape(__u64 args[6], __u32 ia32_nr)
{
	__u32 words[6] = {};

	switch (ia32_nr) {
	case IA32_LSEEK:
		args[1] = (__s64)(__s32)args[1]; /* back from where one is, too */
		break;
	case IA32_UMOUNT:
		args[1] = 0; /* it has no flags */
		break;
	case IA32_MMAP:
		bpf_probe_read_user(words, sizeof(words), (void *)args[0]);
		for (int i = 0; i < 6; i++)
			args[i] = words[i];
		break;
	case IA32_MMAP2:
		args[5] <<= MMAP2_SHIFT;
		break;
	case IA32_LLSEEK:
		args[1] = args[1] << 32 | args[2];
		args[2] = args[4];
		break;
	case IA32_PREAD64:
	case IA32_PWRITE64:
	case IA32_PREADV:
	case IA32_PWRITEV:
		args[3] |= args[4] << 32;
		break;
	}
}

/* A 32-bit caller: its number and arguments become those of the 64-bit call. false: nobody asked for that one. */
static __always_inline bool widen(struct hc_bpf_cpu *cpu, struct pt_regs *regs, __u32 *nr, __u8 native_bit)
{
	__u32 native, op, n;

	cpu->compat = 1;
	cpu->args[0] = (__u32)regs->bx;
	cpu->args[1] = (__u32)regs->cx;
	cpu->args[2] = (__u32)regs->dx;
	cpu->args[3] = (__u32)regs->si;
	cpu->args[4] = (__u32)regs->di;
	cpu->args[5] = (__u32)regs->bp;
	cpu->ia32_nr = *nr;
	if (*nr == HC_BPF_NR_SOCKETCALL) {
		__u32 unpacked[6] = {};

		op = cpu->args[0] & 31;
		n = socketcalls[op].nargs;
		if (!n || cpu->args[0] > 31)
			return false;
		if (n > 6)
			n = 6;
		bpf_probe_read_user(unpacked, 4 * n, (void *)cpu->args[1]);
		for (int i = 0; i < 6; i++)
			cpu->args[i] = unpacked[i];
		*nr = socketcalls[op].nr;
		return hc_interest[MASKED(*nr, HC_BPF_SYSCALLS_MAX - 1)] & native_bit;
	}
	native = native_by_ia32[MASKED(*nr, HC_BPF_SYSCALLS_MAX - 1)];
	if (!native)
		return false;
	*nr = native - 1;
	reshape(cpu->args, cpu->ia32_nr);
	return true;
}
#endif

/* Fills cpu's description of the call under way. false: not selected after all. */
static __always_inline bool describe(struct hc_bpf_cpu *cpu, struct task_struct *task, struct pt_regs *regs, __u32 *nr,
				     __u8 asked, __u8 native_bit, __u8 compat_bit)
{
#if defined(__TARGET_ARCH_x86)
	if (task->thread_info.status & 2 /* TS_COMPAT */) {
		if (!(asked & compat_bit) || !widen(cpu, regs, nr, native_bit))
			return false;
	} else {
		if (!(asked & native_bit))
			return false;
		cpu->compat = 0;
		cpu->args[0] = regs->di;
		cpu->args[1] = regs->si;
		cpu->args[2] = regs->dx;
		cpu->args[3] = regs->r10;
		cpu->args[4] = regs->r8;
		cpu->args[5] = regs->r9;
	}
#elif defined(__TARGET_ARCH_arm64)
	/* 32-bit arm callers use a third table, which captures have no codes for */
	if (task->thread_info.flags & (1UL << 22) /* TIF_32BIT */ || !(asked & native_bit))
		return false;
	cpu->compat = 0;
	BPF_CORE_READ_INTO(&cpu->args, (struct pt_regs___aarch64 *)regs, regs);
	cpu->args[0] = BPF_CORE_READ((struct pt_regs___aarch64 *)regs, orig_x0); /* the result is in its place */
#else
#error "arguments of system calls are known for x86_64 and aarch64 only"
#endif
	cpu->nr = *nr;
	cpu->sc = sc_by_nr[MASKED(*nr, HC_BPF_SYSCALLS_MAX - 1)] & ~SC_DEDICATED;
	return true;
}

static __always_inline __u32 syscall_nr(struct pt_regs *regs)
{
#if defined(__TARGET_ARCH_x86)
	return regs->orig_ax;
#else
	return ((struct pt_regs___aarch64 *)regs)->syscallno;
#endif
}

SEC("tp_btf/sys_exit")
int hc_sys_exit(__u64 *ctx)
{
	struct pt_regs *regs = (struct pt_regs *)ctx[0];
	__u32 nr = syscall_nr(regs);
	struct task_struct *task;
	struct hc_bpf_cpu *cpu;
	bool x32 = false;
	struct out e;
	__u8 asked;

	if (nr >= HC_BPF_SYSCALLS_MAX) {
		/* of the x32 calls only the two execs are recorded (14.4) */
		if (nr != (X32_BIT | X32_EXECVE) && nr != (X32_BIT | X32_EXECVEAT))
			return 0;
		nr = nr == (X32_BIT | X32_EXECVE) ? NR_EXECVE : NR_EXECVEAT;
		x32 = true;
	}
	asked = hc_interest[MASKED(nr, HC_BPF_SYSCALLS_MAX - 1)];
	if (!(asked & (HC_INTEREST_NATIVE | HC_INTEREST_COMPAT)))
		return 0;
	task = bpf_get_current_task_btf();
	if (!wanted(task, ctx[1]))
		return 0;
	cpu = this_cpu();
	cpu->ret = ctx[1];
	if (!describe(cpu, task, regs, &nr, asked, HC_INTEREST_NATIVE, HC_INTEREST_COMPAT))
		return 0;
	if (x32)
		cpu->compat = 1; /* pointers are 32 bits wide */
	/* a successful exec is told by sched_process_exec (14.2) */
	if ((nr == NR_EXECVE || nr == NR_EXECVEAT) && cpu->ret == 0)
		return 0;
	if (asked & (cpu->compat ? HC_INTEREST_COMPAT_SHED : HC_INTEREST_NATIVE_SHED)) {
		count_drop(cpu, cpu->sc, HC_DROP_SHED);
		return 0;
	}
	time_begin(cpu);
	bpf_tail_call(ctx, &exits, nr);

	if (sc_by_nr[MASKED(nr, HC_BPF_SYSCALLS_MAX - 1)] & SC_DEDICATED) {
		count_drop(cpu, cpu->sc, HC_DROP_NO_FILLER);
		return 0;
	}
	if (!out_reserve(&e, cpu, cpu->sc, PPME_GENERIC_X, HC_NPARAMS_PPME_GENERIC_X, HC_BYTES_PPME_GENERIC_X))
		return 0;
	put_u16(&e, cpu->sc);
	put_u16(&e, cpu->nr);
	out_submit(&e);
	return 0;
}
