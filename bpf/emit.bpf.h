/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Filling an event. Two ways in, one set of put_* functions:
 *
 *   fixed     every parameter has its type's size: space of constant size is reserved in the ring and filled in place;
 *   variable  strings, buffers, tuples: filled in this CPU's scratch buffer, then copied into the ring once.
 *
 * Parameters are put in the order of the schema; number and sizes come from common/events.def, and a program that puts
 * too few or too many does not compile (fixed) or is told from the lengths table by the driver tests (variable).
 *
 * Programs at tracepoints run with preemption off (6.1 to 6.18 at least), so what a CPU has under way is its own; only the
 * fixed-size programs of trace.bpf.h can strike in between.
 *
 * Everything is inlined, so that offsets of fixed events fold into constants.
 */
#pragma once

enum {
	EVENT_HEADER = 26, /* scap-format.md 9.1 */
};

/* Native numbers the hooks themselves need to know. */
#if defined(__TARGET_ARCH_arm64)
enum { NR_EXECVE = 221, NR_EXECVEAT = 281 };
#else
enum { NR_EXECVE = 59, NR_EXECVEAT = 322 };
#endif

/* Number of parameters and bytes of the fixed-size ones, by event: HC_NPARAMS_<event>, HC_BYTES_<event>. */
enum {
	SIZE_PT_NONE = 0, SIZE_PT_INT8 = 1, SIZE_PT_INT16 = 2, SIZE_PT_INT32 = 4, SIZE_PT_INT64 = 8, SIZE_PT_UINT8 = 1,
	SIZE_PT_UINT16 = 2, SIZE_PT_UINT32 = 4, SIZE_PT_UINT64 = 8, SIZE_PT_CHARBUF = 0, SIZE_PT_BYTEBUF = 0,
	SIZE_PT_ERRNO = 8, SIZE_PT_SOCKADDR = 0, SIZE_PT_SOCKTUPLE = 0, SIZE_PT_FD = 8, SIZE_PT_PID = 8,
	SIZE_PT_FDLIST = 0, SIZE_PT_FSPATH = 0, SIZE_PT_SYSCALLID = 2, SIZE_PT_SIGTYPE = 1, SIZE_PT_RELTIME = 8,
	SIZE_PT_ABSTIME = 8, SIZE_PT_PORT = 2, SIZE_PT_L4PROTO = 1, SIZE_PT_SOCKFAMILY = 1, SIZE_PT_BOOL = 4,
	SIZE_PT_IPV4ADDR = 4, SIZE_PT_DYN = 0, SIZE_PT_FLAGS8 = 1, SIZE_PT_FLAGS16 = 2, SIZE_PT_FLAGS32 = 4,
	SIZE_PT_UID = 4, SIZE_PT_GID = 4, SIZE_PT_DOUBLE = 8, SIZE_PT_SIGSET = 4, SIZE_PT_CHARBUFARRAY = 0,
	SIZE_PT_CHARBUF_PAIR_ARRAY = 0, SIZE_PT_IPV4NET = 8, SIZE_PT_IPV6ADDR = 16, SIZE_PT_IPV6NET = 32,
	SIZE_PT_IPADDR = 0, SIZE_PT_IPNET = 0, SIZE_PT_MODE = 4, SIZE_PT_FSRELPATH = 0, SIZE_PT_ENUMFLAGS8 = 1,
	SIZE_PT_ENUMFLAGS16 = 2, SIZE_PT_ENUMFLAGS32 = 4, SIZE_PT_FD32 = 4, SIZE_PT_PID32 = 4,
};

#define SUM32(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, c0, c1, c2, c3, c4, c5, \
	      c6, c7, c8, c9, d0, d1, ...) \
	(a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7 + a8 + a9 + b0 + b1 + b2 + b3 + b4 + b5 + b6 + b7 + b8 + b9 + c0 + c1 + \
	 c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9 + d0 + d1)
#define SUM(...) \
	SUM32(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
#define P(name, type, format) SIZE_##type
#define PS(name, type, format, set) SIZE_##type
#define PD(name, type, format, dirfd) SIZE_##type
#define P_NONE 0
enum {
#define HC_EVENT(code, id, name, category, flags, nparams, ...) \
	HC_NPARAMS_##id = nparams, HC_BYTES_##id = SUM(__VA_ARGS__),
#include "common/events.def"
#undef HC_EVENT
};
#undef P
#undef PS
#undef PD
#undef P_NONE

const volatile struct hc_bpf_config hc_config = { .snaplen = 80 };
__u8 hc_interest[HC_BPF_SYSCALLS_MAX]; /* by native number, bits of enum hc_bpf_interest */
__u8 hc_interest_tp[HC_TP_COUNT];
struct hc_bpf_cpu hc_cpus[HC_BPF_CPUS_MAX];
__u64 hc_dropped_by_sc[HC_BPF_SC_MAX]; /* events lost, any cause, by portable code */
__u64 hc_unfollowed; /* processes that should have been followed, but the map of the followed was full */

/* By CPU number. User space creates the rings and sets max_entries of both to the number of possible CPUs. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
	__array(values, struct {
		__uint(type, BPF_MAP_TYPE_RINGBUF);
		__uint(max_entries, 4096);
	});
} rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

/* An event being filled. */
struct out {
	__u8 *p;      /* reserved record, or scratch buffer */
	void *ring;
	struct hc_bpf_cpu *cpu;
	__u32 off;    /* where the next parameter's bytes go */
	__u32 n;      /* parameters put so far; always a compile-time constant */
	bool fixed;   /* compile-time constant */
};

static __always_inline struct hc_bpf_cpu *this_cpu(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return &hc_cpus[MASKED(cpu < HC_BPF_CPUS_MAX ? cpu : HC_BPF_CPUS_MAX - 1, HC_BPF_CPUS_MAX - 1)];
}

static __always_inline void count_drop(struct hc_bpf_cpu *cpu, __u32 sc, enum hc_bpf_drop why)
{
	cpu->dropped[why]++;
	cpu->timed_from = 0;
	__sync_fetch_and_add(&hc_dropped_by_sc[MASKED(sc, HC_BPF_SC_MAX - 1)], 1);
}

static __always_inline void put_header(__u8 *p, __u64 tid, __u32 len, __u16 type, __u32 nparams)
{
	*(__u64 *)p = bpf_ktime_get_boot_ns() + hc_config.boot_to_epoch_ns;
	*(__u64 *)(p + 8) = tid;
	*(__u32 *)(p + 16) = len;
	*(__u16 *)(p + 20) = type;
	*(__u32 *)(p + 22) = nparams;
}

/* Flags for handing a record of len bytes to the ring: wake the reader, or leave it asleep. */
static __always_inline __u64 wake_flags(struct hc_bpf_cpu *cpu, __u32 len)
{
	__u64 bytes = cpu->produced_bytes + len;

	if (!hc_config.wake_bytes || bytes - cpu->woken_at < hc_config.wake_bytes)
		return BPF_RB_NO_WAKEUP;
	cpu->woken_at = bytes;
	return BPF_RB_FORCE_WAKEUP;
}

/* What making events costs is measured on a few: two looks at the clock are a third of the price of a small one. */
enum { TIMED_ONE_IN = 128 };

static __always_inline void time_begin(struct hc_bpf_cpu *cpu)
{
	cpu->timed_from = cpu->produced % TIMED_ONE_IN ? 0 : bpf_ktime_get_ns();
}

static __always_inline void time_end(struct hc_bpf_cpu *cpu)
{
	if (cpu->timed_from) {
		cpu->timed_ns += bpf_ktime_get_ns() - cpu->timed_from;
		cpu->timed++;
		cpu->timed_from = 0;
	}
}

static __always_inline void count_produced(struct hc_bpf_cpu *cpu, __u32 len)
{
	cpu->produced++;
	cpu->produced_bytes += len;
}

static __always_inline __u32 tid(void)
{
	return (__u32)bpf_get_current_pid_tgid();
}

/* Starts an event of constant size. false: lost, and counted. */
static __always_inline bool out_reserve(struct out *e, struct hc_bpf_cpu *cpu, __u32 sc, __u16 type, __u32 nparams,
					__u32 bytes)
{
	__u32 key = bpf_get_smp_processor_id(), len = EVENT_HEADER + 2 * nparams + bytes;

	e->ring = bpf_map_lookup_elem(&rings, &key);
	if (!e->ring) {
		count_drop(cpu, sc, HC_DROP_NO_RING);
		return false;
	}
	e->p = bpf_ringbuf_reserve(e->ring, len, 0);
	if (!e->p) {
		count_drop(cpu, sc, HC_DROP_RING_FULL);
		return false;
	}
	e->cpu = cpu;
	e->off = EVENT_HEADER + 2 * nparams;
	e->n = 0;
	e->fixed = true;
	put_header(e->p, tid(), len, type, nparams);
	return true;
}

/* Starts an event of variable size. false: lost, and counted. */
static __always_inline bool out_begin(struct out *e, struct hc_bpf_cpu *cpu, __u32 sc, __u16 type, __u32 nparams)
{
	__u32 key = bpf_get_smp_processor_id();

	e->ring = bpf_map_lookup_elem(&rings, &key);
	e->p = bpf_map_lookup_elem(&scratches, &key);
	if (!e->ring || !e->p) {
		count_drop(cpu, sc, HC_DROP_NO_RING);
		return false;
	}
	if (cpu->busy) {
		count_drop(cpu, sc, HC_DROP_BUSY);
		return false;
	}
	cpu->busy = 1;
	e->cpu = cpu;
	e->off = EVENT_HEADER + 2 * nparams;
	e->n = 0;
	e->fixed = false;
	put_header(e->p, tid(), 0, type, nparams);
	return true;
}

static __always_inline void out_submit(struct out *e)
{
	__u64 flags = wake_flags(e->cpu, e->off);

	count_produced(e->cpu, e->off);
	bpf_ringbuf_submit(e->p, flags);
	time_end(e->cpu);
}

/* Hands over a variable event. */
static __always_inline void out_end(struct out *e, __u32 sc)
{
	__u64 len = e->off;

	e->cpu->busy = 0;
	if (len > HC_BPF_EVENT_MAX) {
		count_drop(e->cpu, sc, HC_DROP_TOO_BIG);
		return;
	}
	*(__u32 *)(e->p + 16) = len;
	if (bpf_ringbuf_output(e->ring, e->p, len, wake_flags(e->cpu, len)) < 0)
		count_drop(e->cpu, sc, HC_DROP_RING_FULL);
	else
		count_produced(e->cpu, len);
	time_end(e->cpu);
}

/* Where the next bytes go, in a form the verifier can bound. */
static __always_inline __u8 *out_at(struct out *e)
{
	return e->p + (e->fixed ? e->off : MASKED(e->off, SCRATCH_MASK));
}

/* Records that the next parameter took len bytes. */
static __always_inline void out_advance(struct out *e, __u32 len)
{
	*(__u16 *)(e->p + EVENT_HEADER + 2 * e->n) = len;
	e->n++;
	e->off += len;
}

#define DEFINE_PUT(name, ctype) \
	static __always_inline void name(struct out *e, ctype v) \
	{ \
		*(ctype *)out_at(e) = v; \
		out_advance(e, sizeof(ctype)); \
	}
DEFINE_PUT(put_u8, __u8)
DEFINE_PUT(put_u16, __u16)
DEFINE_PUT(put_u32, __u32)
DEFINE_PUT(put_u64, __u64)
#define put_s64(e, v) put_u64(e, (__u64)(__s64)(v))

/* A parameter that is not available (scap-format.md 10.2). */
static __always_inline void put_empty(struct out *e)
{
	out_advance(e, 0);
}

/* Bytes appended outside of put_* (variable events only): write at var_at(), then e->off += n; var_close() makes what
 * was appended since start one parameter. */
static __always_inline __u8 *var_at(struct out *e)
{
	return e->p + MASKED(e->off, SCRATCH_MASK);
}

static __always_inline void var_close(struct out *e, __u32 start)
{
	*(__u16 *)(e->p + EVENT_HEADER + 2 * e->n) = e->off - start;
	e->n++;
}

/* Reads a string of the caller; returns its length with the NUL, 0 if it is unreadable. Kernels before 6.13 return 0 for
 * an empty string, which is no failure. */
static __always_inline __u32 read_user_str(__u8 *to, __u32 max, __u64 addr)
{
	long n = bpf_probe_read_user_str(to, max, (void *)addr);

	if (n == 0) {
		*to = 0;
		return 1;
	}
	return n > 0 ? n : 0;
}

/* Numbers of the caller; 0 if unreadable. To look at NULL would cost a page fault. */
static __always_inline __u32 user_u32(__u64 addr)
{
	__u32 v = 0;

	if (addr)
		bpf_probe_read_user(&v, sizeof(v), (void *)addr);
	return v;
}

static __always_inline __u64 user_u64(__u64 addr)
{
	__u64 v = 0;

	if (addr)
		bpf_probe_read_user(&v, sizeof(v), (void *)addr);
	return v;
}

/* str(p, max) from user memory: NULL or unreadable gives an empty parameter. Returns the length with the NUL. */
static __always_inline __u32 put_user_str_max(struct out *e, __u64 addr, __u32 max)
{
	__u32 n = addr ? read_user_str(var_at(e), max, addr) : 0;

	out_advance(e, n);
	return n;
}

static __always_inline __u32 put_user_str(struct out *e, __u64 addr)
{
	return put_user_str_max(e, addr, STR_MAX);
}

static __always_inline void put_kernel_str(struct out *e, const void *addr)
{
	long n = addr ? bpf_probe_read_kernel_str(var_at(e), STR_MAX, addr) : 0;

	out_advance(e, n > 0 ? n : 0);
}

/* Appends n bytes of user memory, cut so that the event stays within its limit. Returns how many. */
static __always_inline __u32 var_user_bytes(struct out *e, __u64 addr, __u64 n)
{
	__u32 room = e->off < HC_BPF_EVENT_MAX - 1024 ? HC_BPF_EVENT_MAX - 1024 - e->off : 0;

	if (n > room)
		n = room;
	n = MASKED(n, SCRATCH_MASK);
	if (!addr || !n || bpf_probe_read_user(var_at(e), n, (void *)addr) < 0)
		return 0;
	e->off += n;
	return n;
}

/* bytes(p, n) from user memory: unreadable or none gives an empty parameter. */
static __always_inline void put_user_bytes(struct out *e, __u64 addr, __u64 n)
{
	__u32 start = e->off;

	var_user_bytes(e, addr, n);
	var_close(e, start);
}

/* Argument i of the system call under way, its result, and low bits as another type (14.4). */
#define A(i) (e->cpu->args[i])
#define RET (e->cpu->ret)
#define I32(v) ((__s32)(v))
#define U32(v) ((__u32)(v))
#define U16(v) ((__u16)(v))
#define U8(v) ((__u8)(v))

void wrong_parameters(void) __attribute__((error("parameters do not fill the event's schema")));

/* The exit program of one system call: FIXED(close, PPME_SYSCALL_CLOSE_X) { put_s64(e, RET); ... }. The body sees `e` and
 * puts every parameter. User space finds the program by its name, x_<syscall>, and puts it into `exits` at the call's
 * native number; calls without one are generic events. */
#define FIXED(name, type) \
	static __always_inline void fill_##name(struct out *e); \
	SEC("tp_btf/sys_exit") \
	int x_##name(void *ctx) \
	{ \
		struct hc_bpf_cpu *cpu = this_cpu(); \
		struct out e; \
		if (!out_reserve(&e, cpu, cpu->sc, type, HC_NPARAMS_##type, HC_BYTES_##type)) \
			return 0; \
		fill_##name(&e); \
		if (e.n != HC_NPARAMS_##type || e.off != EVENT_HEADER + 2 * HC_NPARAMS_##type + HC_BYTES_##type) \
			wrong_parameters(); \
		out_submit(&e); \
		return 0; \
	} \
	static __always_inline void fill_##name(struct out *e)

#define VARIABLE(name, type) \
	static __always_inline void fill_##name(struct out *e); \
	SEC("tp_btf/sys_exit") \
	int x_##name(void *ctx) \
	{ \
		struct hc_bpf_cpu *cpu = this_cpu(); \
		struct out e; \
		if (!out_begin(&e, cpu, cpu->sc, type, HC_NPARAMS_##type)) \
			return 0; \
		fill_##name(&e); \
		if (e.n != HC_NPARAMS_##type) \
			wrong_parameters(); \
		out_end(&e, cpu->sc); \
		return 0; \
	} \
	static __always_inline void fill_##name(struct out *e)

/* The enter event of a call, enter_<syscall>(cpu): not a program, but a part of those in bpf/enter.bpf.h. */
#define ENTER(name, type) \
	static __always_inline void fill_enter_##name(struct out *e); \
	static __always_inline void enter_##name(struct hc_bpf_cpu *cpu) \
	{ \
		struct out e; \
		if (!out_begin(&e, cpu, cpu->sc, type, HC_NPARAMS_##type)) \
			return; \
		fill_enter_##name(&e); \
		if (e.n != HC_NPARAMS_##type) \
			wrong_parameters(); \
		out_end(&e, cpu->sc); \
	} \
	static __always_inline void fill_enter_##name(struct out *e)
