/* SPDX-License-Identifier: Apache-2.0
 *
 * The integer map of common/map.h. At most three quarters of the slots are taken, so a probe always ends.
 */
#include "common/map.h"

#include <stdlib.h>

#include "common/hash.h"
#include "common/mem.h"

void hc_map_done(struct hc_map *map)
{
	free(map->slots);
	*map = (struct hc_map){ 0 };
}

static struct hc_map_slot *find(struct hc_map_slot *slots, size_t cap, uint64_t key)
{
	size_t i = hc_hash_u64(key) & (cap - 1);

	while (slots[i].used && slots[i].key != key)
		i = (i + 1) & (cap - 1);
	return &slots[i];
}

uint64_t *hc_map_get(const struct hc_map *map, uint64_t key)
{
	struct hc_map_slot *slot;

	if (!map->cap)
		return NULL;
	slot = find(map->slots, map->cap, key);
	return slot->used ? &slot->value : NULL;
}

static void grow(struct hc_map *map)
{
	size_t cap = map->cap ? map->cap * 2 : 64;
	struct hc_map_slot *slots = hc_calloc(cap, sizeof *slots);

	for (size_t i = 0; i < map->cap; i++)
		if (map->slots[i].used)
			*find(slots, cap, map->slots[i].key) = map->slots[i];
	free(map->slots);
	map->slots = slots;
	map->cap = cap;
}

uint64_t *hc_map_put(struct hc_map *map, uint64_t key, bool *ret_new)
{
	struct hc_map_slot *slot;

	if ((map->n + 1) * 4 > map->cap * 3)
		grow(map);
	slot = find(map->slots, map->cap, key);
	if (ret_new)
		*ret_new = !slot->used;
	if (!slot->used) {
		*slot = (struct hc_map_slot){ .key = key, .used = true };
		map->n++;
	}
	return &slot->value;
}
