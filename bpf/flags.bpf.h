/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Kernel flag values -> portable ones, from common/flagmaps.def (scap-format.md 12.1).
 */
#pragma once

#include "common/flagmaps.def"

/* map_<name>(x): OR of the portable values of all rows that share a bit with x. */
#define BIT_ROW(constant, kernel, portable) v |= (x & (__u32)(kernel)) ? (portable) : 0;
#define DEFINE_BITS(name) \
	static __always_inline __u32 map_##name(__u32 x) \
	{ \
		__u32 v = 0; \
		HC_MAP_##name(BIT_ROW) \
		return v; \
	}

/* map_<name>(x): portable value of the first row that equals x, else the fallback. */
#define ONE_ROW(constant, kernel, portable) \
	if (x == (__u32)(kernel)) \
		return portable;
#define DEFINE_ONE(name, fallback) \
	static __always_inline __u32 map_##name(__u32 x) \
	{ \
		HC_MAP_##name(ONE_ROW) \
		return fallback; \
	}

DEFINE_BITS(access_flags)
DEFINE_BITS(chmod_mode)
DEFINE_BITS(clone_flags)
DEFINE_BITS(close_range_flags)
DEFINE_BITS(delete_module_flags)
DEFINE_BITS(dup3_flags)
DEFINE_BITS(epoll_create1_flags)
DEFINE_BITS(fchownat_flags)
DEFINE_BITS(finit_module_flags)
DEFINE_BITS(flock_flags)
DEFINE_BITS(io_uring_enter_flags)
DEFINE_BITS(io_uring_setup_feats)
DEFINE_BITS(io_uring_setup_flags)
DEFINE_BITS(linkat_flags)
DEFINE_BITS(memfd_create_flags)
DEFINE_BITS(mlock2_flags)
DEFINE_BITS(mlockall_flags)
DEFINE_BITS(mmap_flags)
DEFINE_BITS(newfstatat_flags)
DEFINE_BITS(openat2_resolve)
DEFINE_BITS(pidfd_open_flags)
DEFINE_BITS(poll_events)
DEFINE_BITS(prot_flags)
DEFINE_BITS(semget_flags)
DEFINE_BITS(semop_flags)
DEFINE_BITS(socket_flags)
DEFINE_BITS(splice_flags)
DEFINE_BITS(umount2_flags)
DEFINE_BITS(unlinkat_flags)

/* Creation flags: nothing if the argument is negative. */
#define DEFINE_CREATION_BITS(name) \
	static __always_inline __u32 map_##name(__s32 x) \
	{ \
		__u32 v = 0; \
		HC_MAP_##name(BIT_ROW) \
		return x < 0 ? 0 : v; \
	}
DEFINE_CREATION_BITS(eventfd2_flags)
DEFINE_CREATION_BITS(inotify_init1_flags)
DEFINE_CREATION_BITS(pipe2_flags)
DEFINE_CREATION_BITS(signalfd4_flags)
DEFINE_CREATION_BITS(timerfd_create_flags)

DEFINE_ONE(fcntl_cmd, 0)
DEFINE_ONE(lseek_whence, 0)
DEFINE_ONE(ptrace_requests, 0)
DEFINE_ONE(quotactl_fmt, 1)
DEFINE_ONE(rlimit_resource, 255)
DEFINE_ONE(semctl_cmd, 0)
DEFINE_ONE(shutdown_how, 65535)
DEFINE_ONE(sockopt_level, 0)

static __always_inline __u32 map_socket_family(__u8 x)
{
	HC_MAP_socket_family(ONE_ROW)
	return 0;
}

enum { K_SOL_SOCKET = 1 };

static __always_inline __u32 map_sockopt_optname(__s32 level, __s32 opt)
{
	__u32 x = opt;

	if (level != K_SOL_SOCKET)
		return 0;
	HC_MAP_sockopt_optname(ONE_ROW)
	return 0;
}

static __always_inline __u32 map_quotactl_cmd(__u32 cmd)
{
	__u32 x = cmd >> 8;

	HC_MAP_quotactl_cmd(ONE_ROW)
	return 0;
}

static __always_inline __u32 map_quotactl_type(__u32 cmd)
{
	__u32 x = cmd & 0xff;

	HC_MAP_quotactl_type(ONE_ROW)
	return 0;
}

enum { K_FUTEX_PRIVATE_FLAG = 128, K_FUTEX_CLOCK_REALTIME = 256, FUTEX_OP_LAST = 12 };

/* The operation is a number below 128, and portable numbers are the kernel's. */
static __always_inline __u32 map_futex_op(__u32 op)
{
	__u32 v = (op & 127) <= FUTEX_OP_LAST ? op & 127 : 0;

	return v | (op & (K_FUTEX_PRIVATE_FLAG | K_FUTEX_CLOCK_REALTIME));
}

static __always_inline __u32 map_mknod_mode(__u32 mode)
{
	__u32 type = mode & 0170000, v = 0;
#define TYPE_ROW(constant, kernel, portable) v = type == (kernel) ? (portable) : v;
	HC_MAP_mknod_mode(TYPE_ROW)
#undef TYPE_ROW
	return v | map_chmod_mode(mode);
}

enum { CAPABILITIES_MASK_BITS = 41 };

static __always_inline __u64 map_capabilities(__u64 x)
{
	return x & ((1ULL << CAPABILITIES_MASK_BITS) - 1);
}

/* Bits of the x86 page fault error code; bits 0 to 2 are told when clear, too. */
static __always_inline __u32 map_pf_flags(__u64 code)
{
	return (code & 1 ? 1 : 2) | (code & 2 ? 4 : 8) | (code & 4 ? 16 : 32) | (code & 8 ? 64 : 0) | (code & 16 ? 128 : 0);
}

enum {
	K_O_CREAT = 0100,
	PORTABLE_O_RDONLY = 1,
	PORTABLE_O_WRONLY = 2,
	PORTABLE_O_RDWR = 3,
	O_F_CREATED = 1 << 14,
	FD_UPPER_LAYER = 1 << 15,
	FD_LOWER_LAYER = 1 << 16,
};

/* The access mode is a number in two bits; every other flag is "any bit", quirks included: O_DIRECTORY alone gives
 * O_TMPFILE too. */
static __always_inline __u32 map_open_flags(__u32 x)
{
	__u32 v = (x & 3) == 1 ? PORTABLE_O_WRONLY : (x & 3) == 2 ? PORTABLE_O_RDWR : PORTABLE_O_RDONLY;
#define OPEN_ROW(constant, kernel, portable) v |= ((kernel) > 3 && (x & (kernel))) ? (portable) : 0;
	HC_MAP_open_flags(OPEN_ROW)
#undef OPEN_ROW
	return v;
}

static __always_inline __u32 map_open_modes(__u32 flags, __u32 mode)
{
	return flags & (K_O_CREAT | HC_KERNEL_O_TMPFILE) ? map_chmod_mode(mode) : 0;
}

/* Directory descriptors: AT_FDCWD is the same number in captures and kernels; kept as a function to say so. */
static __always_inline __s64 map_dirfd(__u64 x)
{
	return (__s32)x;
}
