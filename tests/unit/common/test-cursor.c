/* SPDX-License-Identifier: Apache-2.0
 *
 * The byte cursor: no read past the end, and an error that sticks.
 */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "common/cursor.h"

Test(cursor, reads_little_endian_in_order)
{
	static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	struct hc_cursor c = hc_cursor(bytes, 15);

	cr_assert_eq(hc_cursor_u8(&c), 1);
	cr_assert_eq(hc_cursor_u16(&c), 0x0302);
	cr_assert_eq(hc_cursor_u32(&c), 0x07060504);
	cr_assert_eq(hc_cursor_u64(&c), 0x0f0e0d0c0b0a0908);
	cr_assert(hc_cursor_ok(&c));
	cr_assert_eq(hc_cursor_left(&c), 0);
}

/* On the heap with nothing behind it, so that a sanitizer sees the first byte too many. */
Test(cursor, every_read_of_too_short_input_fails_and_gives_zero)
{
	for (size_t len = 0; len < 8; len++) {
		uint8_t *bytes = malloc(len ? len : 1);
		struct hc_cursor c = hc_cursor(bytes, len);

		memset(bytes, 0xff, len);
		cr_assert_eq(hc_cursor_u64(&c), 0, "%zu bytes", len);
		cr_assert_not(hc_cursor_ok(&c));
		free(bytes);
	}
}

Test(cursor, an_error_sticks_even_if_a_later_read_would_fit)
{
	static const uint8_t bytes[4] = { 1, 2, 3, 4 };
	struct hc_cursor c = hc_cursor(bytes, 4);

	cr_assert_null(hc_cursor_bytes(&c, 5));
	cr_assert_eq(hc_cursor_u8(&c), 0);
	cr_assert_not(hc_cursor_ok(&c));
	cr_assert_eq(hc_cursor_left(&c), 0);
}

Test(cursor, huge_length_does_not_wrap)
{
	static const uint8_t bytes[4];
	struct hc_cursor c = hc_cursor(bytes, 4);

	cr_assert_null(hc_cursor_bytes(&c, SIZE_MAX));
	cr_assert_not(hc_cursor_ok(&c));
}

Test(cursor, str16_honours_length_and_cap)
{
	static const uint8_t bytes[] = { 3, 0, 'a', 'b', 'c', 0, 0, 9, 0, 'x' };
	struct hc_cursor c = hc_cursor(bytes, sizeof bytes);
	uint16_t len;

	cr_assert_eq(memcmp(hc_cursor_str16(&c, 3, &len), "abc", 3), 0);
	cr_assert_eq(len, 3);
	cr_assert_not_null(hc_cursor_str16(&c, 3, &len));
	cr_assert_eq(len, 0);
	cr_assert_null(hc_cursor_str16(&c, 100, &len)); /* says 9, has 1 */
	cr_assert_eq(len, 0);
	cr_assert_not(hc_cursor_ok(&c));
	c = hc_cursor(bytes, sizeof bytes);
	cr_assert_null(hc_cursor_str16(&c, 2, &len)); /* longer than the cap */
	cr_assert_not(hc_cursor_ok(&c));
}
