/* SPDX-License-Identifier: Apache-2.0
 *
 * A map from byte strings to pointers: open addressing, grows, no removal. Keys and values are borrowed: they must
 * outlive the map. Zero-initialise; hc_strmap_done frees the table.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/str.h"

struct hc_strmap_slot {
	struct hc_str key; /* p NULL: free */
	void *value;
};

struct hc_strmap {
	struct hc_strmap_slot *slots;
	uint32_t n, cap; /* cap is 0 or a power of two */
};

void hc_strmap_done(struct hc_strmap *map);
/* The value of key, or NULL. */
void *hc_strmap_get(const struct hc_strmap *map, struct hc_str key);
/* Sets key to value (not NULL); returns the value it had, or NULL. */
void *hc_strmap_put(struct hc_strmap *map, struct hc_str key, void *value);
