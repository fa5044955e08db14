/* SPDX-License-Identifier: Apache-2.0
 *
 * The set of rules/strset.h: linear up to a handful of members, hashed beyond.
 */
#include "rules/strset.h"

#include "common/hash.h"

enum { FEW = 4 };

void hc_strset_init(struct hc_strset *set, struct hc_arena *arena, const struct hc_str *items, uint32_t n)
{
	uint32_t size = 8;

	*set = (struct hc_strset){ .n = n, .few = items };
	for (uint32_t i = 0; i < n; i++) {
		uint8_t first = items[i].len ? (uint8_t)items[i].p[0] : 0;

		set->lens |= 1ull << (items[i].len < 63 ? items[i].len : 63);
		set->firsts[first / 64] |= 1ull << (first % 64);
	}
	if (n <= FEW)
		return;
	while (size < 2 * n)
		size *= 2;
	set->mask = size - 1;
	set->slots = hc_arena_array(arena, const struct hc_str *, size);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = (uint32_t)hc_hash_bytes(items[i].p, items[i].len) & set->mask;

		while (set->slots[at] && !hc_str_eq(*set->slots[at], items[i]))
			at = (at + 1) & set->mask;
		set->slots[at] = &items[i];
	}
}

bool hc_strset_has_slow(const struct hc_strset *set, struct hc_str s)
{
	if (set->n <= FEW) {
		for (uint32_t i = 0; i < set->n; i++)
			if (hc_str_eq(set->few[i], s))
				return true;
		return false;
	}
	for (uint32_t at = (uint32_t)hc_hash_bytes(s.p, s.len) & set->mask; set->slots[at]; at = (at + 1) & set->mask)
		if (hc_str_eq(*set->slots[at], s))
			return true;
	return false;
}
