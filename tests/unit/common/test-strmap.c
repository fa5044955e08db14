/* SPDX-License-Identifier: Apache-2.0
 *
 * The map from byte strings to pointers, and the hash below it.
 */
#include <criterion/criterion.h>

#include <stdio.h>

#include "common/hash.h"
#include "common/strmap.h"

enum { MANY = 20000 };

Test(strmap, finds_what_was_put_through_growth)
{
	static char keys[MANY][12];
	static int values[MANY];
	struct hc_strmap map = { 0 };

	cr_assert_null(hc_strmap_get(&map, HC_STR("x")));
	for (int i = 0; i < MANY; i++) {
		snprintf(keys[i], sizeof keys[i], "key%d", i);
		cr_assert_null(hc_strmap_put(&map, hc_str(keys[i]), &values[i]), "%s", keys[i]);
	}
	for (int i = 0; i < MANY; i++)
		cr_assert_eq(hc_strmap_get(&map, hc_str(keys[i])), &values[i], "%s", keys[i]);
	cr_assert_eq(map.n, MANY);
	cr_assert_null(hc_strmap_get(&map, HC_STR("key")));
	hc_strmap_done(&map);
}

Test(strmap, put_replaces_and_returns_the_old_value)
{
	struct hc_strmap map = { 0 };
	int a, b;

	hc_strmap_put(&map, HC_STR("k"), &a);
	cr_assert_eq(hc_strmap_put(&map, HC_STR("k"), &b), &a);
	cr_assert_eq(hc_strmap_get(&map, HC_STR("k")), &b);
	cr_assert_eq(map.n, 1);
	hc_strmap_done(&map);
}

Test(strmap, keys_are_bytes_not_strings)
{
	struct hc_strmap map = { 0 };
	int a, b;

	hc_strmap_put(&map, (struct hc_str){ "k\0a", 3 }, &a);
	hc_strmap_put(&map, (struct hc_str){ "k\0b", 3 }, &b);
	cr_assert_eq(hc_strmap_get(&map, (struct hc_str){ "k\0a", 3 }), &a);
	cr_assert_eq(hc_strmap_get(&map, (struct hc_str){ "k\0b", 3 }), &b);
	cr_assert_null(hc_strmap_get(&map, HC_STR("k")));
	hc_strmap_done(&map);
}

Test(hash, depends_on_every_byte_and_the_length)
{
	unsigned char bytes[40] = { 0 };
	uint64_t zero = hc_hash_bytes(bytes, sizeof bytes);

	for (size_t i = 0; i < sizeof bytes; i++) {
		bytes[i] = 1;
		cr_assert_neq(hc_hash_bytes(bytes, sizeof bytes), zero, "byte %zu", i);
		bytes[i] = 0;
		cr_assert_neq(hc_hash_bytes(bytes, i), zero, "length %zu", i);
	}
}
