/* SPDX-License-Identifier: Apache-2.0
 *
 * Linear probing at a load of at most one half. See strmap.h.
 */
#include "common/strmap.h"

#include <stdlib.h>

#include "common/hash.h"
#include "common/mem.h"

void hc_strmap_done(struct hc_strmap *map)
{
	free(map->slots);
	*map = (struct hc_strmap){ 0 };
}

/* The slot that holds key, or the free one where it belongs. */
static struct hc_strmap_slot *slot(const struct hc_strmap *map, struct hc_str key)
{
	uint32_t mask = map->cap - 1, i = (uint32_t)hc_hash_bytes(key.p, key.len) & mask;

	while (map->slots[i].key.p && !hc_str_eq(map->slots[i].key, key))
		i = (i + 1) & mask;
	return &map->slots[i];
}

void *hc_strmap_get(const struct hc_strmap *map, struct hc_str key)
{
	return map->cap ? slot(map, key)->value : NULL;
}

static void grow(struct hc_strmap *map)
{
	struct hc_strmap bigger = { NULL, map->n, map->cap ? 2 * map->cap : 16 };

	bigger.slots = hc_calloc(bigger.cap, sizeof *bigger.slots);
	for (uint32_t i = 0; i < map->cap; i++)
		if (map->slots[i].key.p)
			*slot(&bigger, map->slots[i].key) = map->slots[i];
	free(map->slots);
	*map = bigger;
}

void *hc_strmap_put(struct hc_strmap *map, struct hc_str key, void *value)
{
	struct hc_strmap_slot *s;
	void *old;

	if (2 * (map->n + 1) > map->cap)
		grow(map);
	if (!key.p)
		key.p = "";
	s = slot(map, key);
	old = s->value;
	if (!s->key.p) {
		s->key = key;
		map->n++;
	}
	s->value = value;
	return old;
}
