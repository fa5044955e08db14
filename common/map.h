/* SPDX-License-Identifier: Apache-2.0
 *
 * A map from 64-bit keys to 64-bit values: open addressing, linear probing, no removal. For indexes built once and
 * asked often (inode -> socket, tid -> entry). Zero-initialise; hc_map_done frees.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hc_map_slot {
	uint64_t key, value;
	bool used;
};

struct hc_map {
	struct hc_map_slot *slots;
	size_t n, cap; /* entries; slots, a power of two or 0 */
};

void hc_map_done(struct hc_map *map);
/* The value of key, or NULL; borrowed until the next put. */
uint64_t *hc_map_get(const struct hc_map *map, uint64_t key);
/* The value of key; a new key starts with 0 and sets *ret_new (may be NULL). Borrowed until the next put. */
uint64_t *hc_map_put(struct hc_map *map, uint64_t key, bool *ret_new);
