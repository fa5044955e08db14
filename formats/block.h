/* SPDX-License-Identifier: Apache-2.0
 *
 * The blocks of a capture file (scap-format.md 2.1, 3): their type numbers, limits and outer form. Reading them is in
 * reader.c, event-block.h and lists.c, writing in writer.c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HC_BLOCK_SHB = 0x0a0d0d0a,
	HC_BLOCK_MI = 0x201,
	HC_BLOCK_PL_V1 = 0x202,
	HC_BLOCK_FDL_V1 = 0x203,
	HC_BLOCK_EV_V1 = 0x204,
	HC_BLOCK_IL_V1 = 0x205,
	HC_BLOCK_UL_V1 = 0x206,
	HC_BLOCK_PL_V2 = 0x207,
	HC_BLOCK_EVF_V1 = 0x208,
	HC_BLOCK_PL_V3 = 0x209,
	HC_BLOCK_PL_V4 = 0x210,
	HC_BLOCK_PL_V5 = 0x211,
	HC_BLOCK_PL_V6 = 0x212,
	HC_BLOCK_PL_V7 = 0x213,
	HC_BLOCK_PL_V8 = 0x214,
	HC_BLOCK_PL_V9 = 0x215,
	HC_BLOCK_EV_V2 = 0x216,
	HC_BLOCK_EVF_V2 = 0x217,
	HC_BLOCK_FDL_V2 = 0x218,
	HC_BLOCK_IL_V2 = 0x219,
	HC_BLOCK_UL_V2 = 0x220,
	HC_BLOCK_EV_V2_LARGE = 0x221,
	HC_BLOCK_EVF_V2_LARGE = 0x222,
};

enum {
	HC_SHB_MAGIC = 0x1a2b3c4d,
	HC_SHB_LEN = 28,
	HC_MI_BODY_LEN = 180,
	HC_BLOCK_OVERHEAD = 12,           /* type, total length, trailer */
	HC_EVENT_HEADER_V1 = 22,          /* ts, tid, len, type */
	HC_EVENT_HEADER = 26,             /* ... and nparams */
	HC_EVENT_BLOCK_MAX = 65536 + 8,   /* total length of an event block that is not LARGE (scap-format.md 2.7) */
	/* Longest block that is taken into memory: a process list of 10,000 threads with full args, env and cgroups. */
	HC_BLOCK_MAX = 256 << 20,
	/* Longest block that is believed in after damage, when only its form speaks for it. */
	HC_BLOCK_PLAUSIBLE_MAX = 16 << 20,
};

/* The official number of a block type: captures from before 2014-02 use aliases of the same layout. */
static inline uint32_t hc_block_canonical(uint32_t type)
{
	if ((type & 0xffff) != 0xabcd)
		return type;
	switch (type) {
	case 0x8000abcd: return HC_BLOCK_PL_V1;
	case 0x8001abcd: return HC_BLOCK_FDL_V1;
	case 0x8002abcd: return HC_BLOCK_MI;
	case 0x8010abcd: return HC_BLOCK_EV_V1;
	case 0x8011abcd: return HC_BLOCK_IL_V1;
	case 0x8012abcd: return HC_BLOCK_UL_V1;
	case 0x8013abcd: return HC_BLOCK_PL_V2;
	case 0x8014abcd: return HC_BLOCK_PL_V3;
	default: return type;
	}
}

static inline bool hc_block_is_event(uint32_t type)
{
	return type == HC_BLOCK_EV_V2 || type == HC_BLOCK_EVF_V2 || type == HC_BLOCK_EV_V1 || type == HC_BLOCK_EVF_V1 ||
	       type == HC_BLOCK_EV_V2_LARGE || type == HC_BLOCK_EVF_V2_LARGE;
}

/* Is this one of the types of scap-format.md 3 (canonical numbers)? */
static inline bool hc_block_is_known(uint32_t type)
{
	return type == HC_BLOCK_SHB || (type >= HC_BLOCK_MI && type <= HC_BLOCK_PL_V3) ||
	       (type >= HC_BLOCK_PL_V4 && type <= HC_BLOCK_IL_V2) ||
	       (type >= HC_BLOCK_UL_V2 && type <= HC_BLOCK_EVF_V2_LARGE);
}

/* What is wrong with a block's header (type canonical), or NULL. */
const char *hc_block_check(uint32_t type, uint32_t total);

/* Do the bytes at p look like a whole block of a capture by themselves? For YES and UNKNOWN *ret_want is how many bytes it
 * has or are needed to tell. */
enum hc_plausible { HC_PLAUSIBLE_NO, HC_PLAUSIBLE_YES, HC_PLAUSIBLE_UNKNOWN };
enum hc_plausible hc_block_plausible(const uint8_t *p, size_t len, size_t *ret_want);

/* Could what lies behind a block be another one? True if less than a header is left. */
bool hc_block_header_follows(const uint8_t *p, size_t len);
