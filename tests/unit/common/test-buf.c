/* SPDX-License-Identifier: Apache-2.0
 *
 * The growing byte string, and decimal rendering at its limits.
 */
#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/buf.h"

Test(buf, grows_and_stays_terminated_at_every_length)
{
	struct hc_buf b HC_BUF_DONE = { 0 };

	for (size_t i = 1; i <= 5000; i++) {
		hc_buf_putc(&b, (char)('a' + i % 26));
		cr_assert_eq(b.len, i);
		cr_assert_eq(b.p[i], '\0');
		cr_assert_lt(b.len, b.cap);
	}
	for (size_t i = 1; i <= 5000; i++)
		cr_assert_eq(b.p[i - 1], (char)('a' + i % 26));
}

Test(buf, put_takes_bytes_with_nul_and_nothing)
{
	struct hc_buf b HC_BUF_DONE = { 0 };

	hc_buf_put(&b, NULL, 0);
	cr_assert_eq(b.len, 0);
	cr_assert_str_eq(b.p, "");
	hc_buf_put(&b, "a\0b", 3);
	hc_buf_puts(&b, "c");
	cr_assert_eq(b.len, 4);
	cr_assert_eq(memcmp(b.p, "a\0bc", 5), 0);
}

Test(buf, reset_keeps_memory_and_drops_content)
{
	struct hc_buf b HC_BUF_DONE = { 0 };
	size_t cap;

	hc_buf_reset(&b);
	hc_buf_printf(&b, "%01000d", 1);
	cap = b.cap;
	hc_buf_reset(&b);
	cr_assert_eq(b.len, 0);
	cr_assert_str_eq(b.p, "");
	cr_assert_eq(b.cap, cap);
}

Test(buf, decimal_equals_printf)
{
	static const uint64_t values[] = { 0, 1, 9, 10, 99, 100, 12345678901234567890u, UINT64_MAX, INT64_MAX,
					   (uint64_t)INT64_MIN, (uint64_t)-1, (uint64_t)-10 };
	struct hc_buf b HC_BUF_DONE = { 0 };
	char want[32];

	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		hc_buf_reset(&b);
		hc_buf_u64(&b, values[i]);
		snprintf(want, sizeof want, "%" PRIu64, values[i]);
		cr_assert_str_eq(b.p, want);
		hc_buf_reset(&b);
		hc_buf_i64(&b, (int64_t)values[i]);
		snprintf(want, sizeof want, "%" PRId64, (int64_t)values[i]);
		cr_assert_str_eq(b.p, want);
	}
}
