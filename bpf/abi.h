/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * What the kernel side and the recorder share: the configuration, the interest table, the counters. All of it lives
 * in global variables of the BPF object, which user space reaches through the skeleton: `skel->rodata->hc_config` (set
 * between open and load, constant afterwards), `skel->bss->hc_interest`, `skel->bss->hc_cpus` ... (mapped memory: plain
 * loads and stores, at any time).
 *
 * Rings: one BPF_MAP_TYPE_RINGBUF per CPU, put by user space into the ARRAY_OF_MAPS `rings` at the CPU's number. A
 * record in a ring is exactly the wire event from `ts` to the end of the parameter data (scap-format.md 9.1: ts u64,
 * tid u64, len u32, type u16, nparams u32, lengths u16[], data); cpuid is the ring's index. Within one ring records
 * are in the order their space was reserved; timestamps can run back by the few hundred ns between the clock being
 * read and that. Nothing wakes the reader before hc_config.wake_bytes of records have come together: poll with a
 * time-out.
 *
 * Invariant: every selected occurrence that passes the filters adds one to exactly one of hc_bpf_cpu.produced and
 * hc_bpf_cpu.dropped[cause] (a sendmmsg or recvmmsg: one per message it gives an event for).
 */
#pragma once

#ifndef __VMLINUX_H__ /* kernel side: the types come from there */
#include <linux/types.h>
#endif

enum {
	HC_BPF_CPUS_MAX = 512,     /* CPUs with counters; an event on a CPU beyond is HC_DROP_NO_RING on the last one */
	HC_BPF_SYSCALLS_MAX = 512, /* native numbers are below this on all architectures */
	HC_BPF_SC_MAX = 512,       /* portable codes too (common/syscalls.def) */
	HC_BPF_EVENT_MAX = 65000,  /* largest event in bytes, as `len` counts (scap-format.md 17.1) */
	HC_BPF_SNAPLEN_MAX = 65000,
	HC_BPF_COMM_MAX = 16,
	HC_BPF_NR_SOCKETCALL = 102, /* ia32; stands for 20 socket calls */
};

/* Bits of hc_interest[native number]. One byte answers for both tables an x86 kernel has, so that an unselected
 * call costs one load whoever makes it. */
enum hc_bpf_interest {
	HC_INTEREST_NATIVE = 1,       /* exit event of the 64-bit call with this number */
	HC_INTEREST_COMPAT = 2,       /* exit event of the ia32 call with this number */
	HC_INTEREST_NATIVE_ENTER = 4, /* enter event too (scap-format.md 14.1); needs the enter program attached */
	HC_INTEREST_COMPAT_ENTER = 8,
	HC_INTEREST_NATIVE_SHED = 16, /* the exit event is counted as HC_DROP_SHED instead of being made */
	HC_INTEREST_COMPAT_SHED = 32,
};

enum { HC_INTEREST_TP_SHED = 2 }; /* value in hc_interest_tp: counted, not recorded; 1: recorded */

/* Index into hc_interest_tp: the tracepoints that are selected like system calls. */
enum hc_bpf_tracepoint {
	HC_TP_PROCEXIT,
	HC_TP_SCHED_SWITCH,
	HC_TP_PAGE_FAULT_USER,
	HC_TP_PAGE_FAULT_KERNEL,
	HC_TP_SIGNAL_DELIVER,
	HC_TP_COUNT,
};

/* Why an event was lost. */
enum hc_bpf_drop {
	HC_DROP_RING_FULL, /* this CPU's ring had no room: the recorder is behind */
	HC_DROP_NO_RING,   /* no ring for this CPU (brought online later) */
	HC_DROP_TOO_BIG,   /* the event would pass HC_BPF_EVENT_MAX */
	HC_DROP_BUSY,      /* the CPU's scratch buffer was in use */
	HC_DROP_NO_FILLER, /* no program wired for the call */
	HC_DROP_SHED,      /* the recorder gave the call up for a while, to keep the others */
	HC_DROP_COUNT,
};

enum hc_bpf_failed { HC_FAILED_KEEP, HC_FAILED_DROP, HC_FAILED_ONLY };

/* Constant from load on: what is off costs nothing, the verifier removes it. */
struct hc_bpf_config {
	__u64 boot_to_epoch_ns; /* wall clock minus boot clock, taken once at start (scap-format.md 14.3) */
	__u64 wake_bytes;       /* wake the reader whenever this many bytes were written to a CPU's ring; 0: never */
	__u64 cgroup_id;        /* with filter_cgroup: kernfs id (inode number) of the cgroup2 directory */
	__u32 self_tgid;        /* never recorded; 0: nobody excluded */
	__u32 helper_tgid;      /* likewise: a process that works for the recorder */
	__u32 snaplen;          /* most data bytes of an I/O event (15.1) */
	__u32 uid;              /* with filter_uid: effective uid, initial user namespace */
	__u32 cgroup_level;     /* depth of that cgroup, root = 0; its descendants pass too */
	__u16 fullcapture_port_min, fullcapture_port_max; /* dynamic snaplen rule 1; 0: off (15.2) */
	__u16 statsd_port;                                /* rule 2 */
	__u8 follow;            /* record only thread groups in the map `followed`; children are added by the kernel */
	__u8 failed;            /* enum hc_bpf_failed: calls with a negative result */
	__u8 filter_uid, filter_cgroup, filter_comm;
	__u8 dynamic_snaplen;   /* 15.2 */
	char comm[HC_BPF_COMM_MAX]; /* with filter_comm: NUL-terminated thread name, compared whole */
};

/* One CPU's counters and working memory. Written by that CPU only; user space reads without locks. */
struct hc_bpf_cpu {
	__u64 produced;               /* events put into the ring */
	__u64 produced_bytes;         /* their bytes, without the ring's 8-byte record headers */
	__u64 dropped[HC_DROP_COUNT]; /* events lost, by enum hc_bpf_drop */
	__u64 woken_at;               /* produced_bytes when the reader was last woken */
	__u64 timed, timed_ns;        /* system calls whose event was timed, one in TIMED_ONE_IN, and what making those took */
	/* the system call under way, for the program the dispatcher jumps to; private to the kernel side */
	__u64 args[6];
	__s64 ret;
	__u64 nr;      /* native 64-bit number */
	__u64 timed_from; /* clock at the start of a call that is being timed; 0: it is not */
	__u32 sc;      /* portable code */
	__u32 compat;  /* 1: 32-bit caller: pointers and structures in user memory are 32 bits wide */
	__u32 busy;    /* the scratch buffer is in use */
	__u32 ia32_nr; /* with compat: the number in the caller's own table (not of x32 callers) */
} __attribute__((aligned(128)));
