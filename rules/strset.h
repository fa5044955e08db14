/* SPDX-License-Identifier: Apache-2.0
 *
 * A fixed set of byte strings for `in`: most values are refused by their length and first byte alone, the rest costs one
 * hash and one comparison.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/str.h"

struct hc_strset {
	uint64_t lens;       /* bit min(len, 63): some member has that length */
	uint64_t firsts[4];  /* bit b: some member starts with byte b */
	uint32_t n, mask;    /* members; slots - 1 */
	const struct hc_str **slots; /* open addressing */
	const struct hc_str *few;    /* members in order */
};

/* items and their bytes are borrowed, the rest lives in arena. */
void hc_strset_init(struct hc_strset *set, struct hc_arena *arena, const struct hc_str *items, uint32_t n);
bool hc_strset_has_slow(const struct hc_strset *set, struct hc_str s);

static inline bool hc_strset_has(const struct hc_strset *set, struct hc_str s)
{
	uint8_t first = s.len ? (uint8_t)s.p[0] : 0;

	if (!(set->lens >> (s.len < 63 ? s.len : 63) & 1) || !(set->firsts[first / 64] >> (first % 64) & 1))
		return false;
	return hc_strset_has_slow(set, s);
}
