/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Kernel flag values -> portable ones, from common/flagmaps.def (scap-format.md 12.1).
 */
#pragma once

#include "common/flagmaps.def"

/* map_<name>(x): OR of the portable values of all rows that share a bit with x. */
#define BIT_ROW(constant, kernel, portable) \
	if (x & (__u32)(kernel)) \
		v |= (portable);
#define DEFINE_BITS(name) \
	static __always_inline __u32 map_##name(__u32 x) \
	{ \
		__u32 v = 0; \
		HC_MAP_##name(BIT_ROW) \
		return v; \
	}

/* map_<name>(x): portable value of the row that equals x, else the fallback. */
#define ONE_ROW(constant, kernel, portable) case kernel: return portable;
#define DEFINE_ONE(name, fallback) \
	static __always_inline __u32 map_##name(__u32 x) \
	{ \
		switch (x) { \
			HC_MAP_##name(ONE_ROW) \
		default: return fallback; \
		} \
	}

#undef BIT_ROW
#define BIT_ROW(constant, kernel, portable) v |= (x & (__u32)(kernel)) ? (portable) : 0;

DEFINE_BITS(chmod_mode)

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
