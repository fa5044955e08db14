/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Who a process is and what it may: ids, sessions, namespaces, limits, capabilities, signals it sends.
 */
#pragma once

/* The result alone, which is an id. */
#define ID_EVENT(name, type) \
	FIXED(name, type) \
	{ \
		put_u32(e, U32(RET)); \
	}
ID_EVENT(getuid, PPME_SYSCALL_GETUID_X)
ID_EVENT(geteuid, PPME_SYSCALL_GETEUID_X)
ID_EVENT(getgid, PPME_SYSCALL_GETGID_X)
ID_EVENT(getegid, PPME_SYSCALL_GETEGID_X)

/* res, then as many ids as the call takes */
#define SET1_EVENT(name, type) \
	FIXED(name, type) \
	{ \
		put_s64(e, RET); \
		put_u32(e, U32(A(0))); \
	}
SET1_EVENT(setuid, PPME_SYSCALL_SETUID_X)
SET1_EVENT(setgid, PPME_SYSCALL_SETGID_X)

#define SET2_EVENT(name, type) \
	FIXED(name, type) \
	{ \
		put_s64(e, RET); \
		put_u32(e, U32(A(0))); \
		put_u32(e, U32(A(1))); \
	}
SET2_EVENT(setreuid, PPME_SYSCALL_SETREUID_X)
SET2_EVENT(setregid, PPME_SYSCALL_SETREGID_X)

#define SET3_EVENT(name, type) \
	FIXED(name, type) \
	{ \
		put_s64(e, RET); \
		put_u32(e, U32(A(0))); \
		put_u32(e, U32(A(1))); \
		put_u32(e, U32(A(2))); \
	}
SET3_EVENT(setresuid, PPME_SYSCALL_SETRESUID_X)
SET3_EVENT(setresgid, PPME_SYSCALL_SETRESGID_X)

enum { IA32_GETRESUID16 = 165, IA32_GETRESGID16 = 171 };

static __always_inline __u32 user_id(const struct hc_bpf_cpu *cpu, __u64 addr)
{
	bool is_16_bit = cpu->compat && (cpu->ia32_nr == IA32_GETRESUID16 || cpu->ia32_nr == IA32_GETRESGID16);
	__u32 v = 0;

	bpf_probe_read_user(&v, is_16_bit ? 2 : 4, (void *)addr);
	return v;
}

#define GET3_EVENT(name, type) \
	FIXED(name, type) \
	{ \
		put_s64(e, RET); \
		put_u32(e, user_id(e->cpu, A(0))); \
		put_u32(e, user_id(e->cpu, A(1))); \
		put_u32(e, user_id(e->cpu, A(2))); \
	}
GET3_EVENT(getresuid, PPME_SYSCALL_GETRESUID_X)
GET3_EVENT(getresgid, PPME_SYSCALL_GETRESGID_X)

FIXED(setsid, PPME_SYSCALL_SETSID_X)
{
	put_s64(e, RET);
}

FIXED(setpgid, PPME_SYSCALL_SETPGID_X)
{
	put_s64(e, RET);
	put_s64(e, I32(A(0)));
	put_s64(e, I32(A(1)));
}

FIXED(setns, PPME_SYSCALL_SETNS_X)
{
	put_s64(e, RET);
	put_s64(e, I32(A(0)));
	put_u32(e, map_clone_flags(A(1)));
}

FIXED(unshare, PPME_SYSCALL_UNSHARE_X)
{
	put_s64(e, RET);
	put_u32(e, map_clone_flags(A(0)));
}

FIXED(capset, PPME_SYSCALL_CAPSET_X)
{
	struct task_struct *task = bpf_get_current_task_btf();

	put_s64(e, RET);
	put_u64(e, caps_inheritable(task));
	put_u64(e, caps_permitted(task));
	put_u64(e, caps_effective(task));
}

FIXED(kill, PPME_SYSCALL_KILL_X)
{
	put_s64(e, RET);
	put_s64(e, I32(A(0)));
	put_u8(e, A(1));
}

FIXED(tkill, PPME_SYSCALL_TKILL_X)
{
	put_s64(e, RET);
	put_s64(e, I32(A(0)));
	put_u8(e, A(1));
}

FIXED(tgkill, PPME_SYSCALL_TGKILL_X)
{
	put_s64(e, RET);
	put_s64(e, I32(A(0)));
	put_s64(e, I32(A(1)));
	put_u8(e, A(2));
}

/* ---- limits ---- */

struct limits {
	__u64 cur, max;
};

/* A struct rlimit of the caller: two longs. false: unreadable, both 0. */
static __always_inline bool read_limits(struct limits *l, __u64 addr, bool compat)
{
	l->cur = l->max = 0;
	if (compat) {
		__u32 l32[2] = {};

		if (bpf_probe_read_user(l32, sizeof(l32), (void *)addr) < 0)
			return false;
		l->cur = l32[0];
		l->max = l32[1];
		return true;
	}
	return bpf_probe_read_user(l, sizeof(*l), (void *)addr) == 0;
}

FIXED(getrlimit, PPME_SYSCALL_GETRLIMIT_X)
{
	struct limits l = { -1, -1 };

	if (RET == 0)
		read_limits(&l, A(1), e->cpu->compat);
	put_s64(e, RET);
	put_s64(e, l.cur);
	put_s64(e, l.max);
	put_u8(e, map_rlimit_resource(A(0)));
}

FIXED(setrlimit, PPME_SYSCALL_SETRLIMIT_X)
{
	struct limits l;

	read_limits(&l, A(1), e->cpu->compat);
	put_s64(e, RET);
	put_s64(e, l.cur);
	put_s64(e, l.max);
	put_u8(e, map_rlimit_resource(A(0)));
}

FIXED(prlimit64, PPME_SYSCALL_PRLIMIT_X)
{
	struct limits new, old = { -1, -1 };

	read_limits(&new, A(2), false); /* 64 bits wide for everybody */
	if (RET == 0)
		read_limits(&old, A(3), false);
	put_s64(e, RET);
	put_s64(e, new.cur);
	put_s64(e, new.max);
	put_s64(e, old.cur);
	put_s64(e, old.max);
	put_s64(e, I32(A(0)));
	put_u8(e, map_rlimit_resource(A(1)));
}

/* ---- prctl, ptrace, seccomp ---- */

enum { PR_SET_NAME_ = 15, PR_GET_NAME_ = 16, PR_GET_CHILD_SUBREAPER_ = 37 };

VARIABLE(prctl, PPME_SYSCALL_PRCTL_X)
{
	__u32 option = A(0);

	put_s64(e, RET);
	put_u32(e, option);
	if (option == PR_SET_NAME_ || option == PR_GET_NAME_) {
		put_user_str(e, A(1));
		put_s64(e, 0);
	} else {
		put_empty(e);
		put_s64(e, option == PR_GET_CHILD_SUBREAPER_ ? (__u64)I32(user_u32(A(1))) : A(1));
	}
}

enum {
	PTRACE_PEEKTEXT_ = 1, PTRACE_PEEKDATA_ = 2, PTRACE_PEEKUSR_ = 3, PTRACE_CONT_ = 7, PTRACE_SINGLESTEP_ = 9,
	PTRACE_DETACH_ = 17, PTRACE_SYSCALL_ = 24, PTRACE_DYN_U64 = 0, PTRACE_DYN_SIGNAL = 1,
};

/* A PT_DYN of selector 0 and a u64. */
static __always_inline void put_dyn_u64(struct out *e, __u64 v)
{
	__u8 *p = var_at(e);

	*p = 0;
	*(__u64 *)(p + 1) = v;
	out_advance(e, 9);
}

/* Numbers from 12 to 33 but the three are requests on x86 only (12.2). */
static __always_inline bool request_exists(__u64 request)
{
#if defined(__TARGET_ARCH_arm64)
	return request < 12 || request > 33 || request == 16 || request == 17 || request == 24;
#else
	return true;
#endif
}

VARIABLE(ptrace, PPME_SYSCALL_PTRACE_X)
{
	__u32 request = A(0);

	put_s64(e, RET);
	put_dyn_u64(e, RET >= 0 ? A(2) : 0);
	if (RET < 0) {
		put_dyn_u64(e, 0);
	} else if (request == PTRACE_PEEKTEXT_ || request == PTRACE_PEEKDATA_ || request == PTRACE_PEEKUSR_) {
		put_dyn_u64(e, e->cpu->compat ? user_u32(A(3)) : user_u64(A(3)));
	} else if (request == PTRACE_CONT_ || request == PTRACE_SINGLESTEP_ || request == PTRACE_DETACH_ ||
		   request == PTRACE_SYSCALL_) {
		__u8 *p = var_at(e);

		p[0] = PTRACE_DYN_SIGNAL;
		p[1] = A(3);
		out_advance(e, 2);
	} else {
		put_dyn_u64(e, A(3));
	}
	put_u16(e, request_exists(request) ? map_ptrace_requests(request) : 0);
	put_s64(e, I32(A(1)));
}

FIXED(seccomp, PPME_SYSCALL_SECCOMP_X)
{
	put_s64(e, RET);
	put_u64(e, A(0));
	put_u64(e, U32(A(1)));
}
