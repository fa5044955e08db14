/* SPDX-License-Identifier: Apache-2.0
 *
 * The bump allocator: alignment, zeroing, reuse, and sizes around its chunk boundary.
 */
#include <criterion/criterion.h>

#include <stdint.h>
#include <string.h>

#include "common/arena.h"

static struct hc_arena arena;

static void setup(void)
{
	hc_arena_init(&arena);
}

static void teardown(void)
{
	hc_arena_done(&arena);
}

TestSuite(arena, .init = setup, .fini = teardown);

Test(arena, alloc_is_aligned_and_zeroed_whatever_came_before)
{
	for (size_t n = 1; n < 200; n++) {
		unsigned char *p;

		memset(hc_arena_bytes(&arena, n), 0xaa, n);
		p = hc_arena_alloc(&arena, n);
		cr_assert_eq((uintptr_t)p % _Alignof(max_align_t), 0, "size %zu", n);
		for (size_t i = 0; i < n; i++)
			cr_assert_eq(p[i], 0, "size %zu byte %zu", n, i);
		memset(p, 0xbb, n);
	}
}

Test(arena, blocks_larger_than_a_chunk_and_after_one_do_not_overlap)
{
	char *small = hc_arena_dup(&arena, "before");
	char *big = hc_arena_bytes(&arena, 1 << 20);
	char *after = hc_arena_dup(&arena, "after");

	memset(big, 'x', 1 << 20);
	cr_assert_str_eq(small, "before");
	cr_assert_str_eq(after, "after");
}

Test(arena, reset_forgets_everything_and_keeps_working)
{
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 100; i++)
			memset(hc_arena_alloc(&arena, 10000), round, 10000);
		cr_assert_eq(arena.used, 1000000);
		hc_arena_reset(&arena);
		cr_assert_eq(arena.used, 0);
	}
	cr_assert_str_eq(hc_arena_dup(&arena, "still"), "still");
}

Test(arena, dupn_terminates_and_keeps_inner_nul)
{
	char *p = hc_arena_dupn(&arena, "a\0b", 3);

	cr_assert_eq(memcmp(p, "a\0b\0", 4), 0);
	cr_assert_str_eq(hc_arena_dupn(&arena, NULL, 0), "");
}

Test(arena, printf_measures_before_it_writes)
{
	char *long_ = hc_arena_printf(&arena, "%0*d", 70000, 7);

	cr_assert_eq(strlen(long_), 70000);
	cr_assert_str_eq(hc_arena_printf(&arena, "%s-%d", "x", 3), "x-3");
}
