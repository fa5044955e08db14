/* SPDX-License-Identifier: Apache-2.0
 *
 * The event view's accessors: parameters that are there, empty, missing, of odd width, and too many.
 */
#include <criterion/criterion.h>

#include "common/event.h"

Test(event, parameters_follow_one_another_by_their_lengths)
{
	static const uint8_t lens[] = { 8, 0, 0, 0, 2, 0 }, data[16] = { 0xfe, 255, 255, 255, 255, 255, 255, 255, 'x', 0 };
	struct hc_event ev = { .type = PPME_SYSCALL_OPEN_X, .nparams = 3, .lens = lens, .data = data };
	uint32_t len;

	cr_assert_eq(hc_event_i64(&ev, 0, 0), -2);
	cr_assert_eq(hc_event_u64(&ev, 0, 0), (uint64_t)-2);
	cr_assert_eq(hc_event_param(&ev, 1, &len), data + 8);
	cr_assert_eq(len, 0);
	cr_assert_eq(hc_event_param(&ev, 2, &len), data + 8);
	cr_assert_eq(len, 2);
}

Test(event, missing_and_empty_parameters_give_the_fallback)
{
	static const uint8_t lens[] = { 0, 0, 3, 0 }, data[8] = { 1, 2, 3 };
	struct hc_event ev = { .type = PPME_SYSCALL_OPEN_X, .nparams = 2, .lens = lens, .data = data };
	uint32_t len = 7;

	cr_assert_eq(hc_event_i64(&ev, 0, -5), -5); /* empty */
	cr_assert_eq(hc_event_u64(&ev, 1, 9), 9);   /* three bytes wide */
	cr_assert_eq(hc_event_u64(&ev, 2, 11), 11); /* not there */
	cr_assert_null(hc_event_param(&ev, 2, &len));
	cr_assert_eq(len, 0);
	cr_assert_null(hc_event_param(&ev, UINT32_MAX, &len));
}

Test(event, widths_extend_by_sign_or_zero)
{
	static const uint8_t lens[] = { 1, 0, 2, 0, 4, 0 }, data[16] = { 0xff, 0xfe, 0xff, 0xfd, 0xff, 0xff, 0xff };
	struct hc_event ev = { .type = PPME_SYSCALL_OPEN_X, .nparams = 3, .lens = lens, .data = data };

	cr_assert_eq(hc_event_i64(&ev, 0, 0), -1);
	cr_assert_eq(hc_event_i64(&ev, 1, 0), -2);
	cr_assert_eq(hc_event_i64(&ev, 2, 0), -3);
	cr_assert_eq(hc_event_u64(&ev, 0, 0), 0xff);
	cr_assert_eq(hc_event_u64(&ev, 1, 0), 0xfffe);
	cr_assert_eq(hc_event_u64(&ev, 2, 0), 0xfffffffd);
}

Test(event, large_types_have_wide_lengths)
{
	static const uint8_t lens[] = { 1, 0, 0, 0, 2, 0, 0, 0 }, data[16] = { 5, 'x', 0 };
	struct hc_event ev = { .type = PPME_ASYNCEVENT_E, .nparams = 2, .lens = lens, .data = data };
	uint32_t len;

	cr_assert_eq(hc_event_u64(&ev, 0, 0), 5);
	cr_assert_str_eq((const char *)hc_event_param(&ev, 1, &len), "x");
	cr_assert_eq(len, 2);
}

Test(event, surplus_parameters_are_not_indexed)
{
	static const uint8_t lens[2 * (HC_EVENT_PARAMS_MAX + 8)], data[1];
	struct hc_event ev = { .type = PPME_SYSCALL_OPEN_X, .nparams = HC_EVENT_PARAMS_MAX + 8, .lens = lens, .data = data };
	uint32_t len;

	cr_assert_not_null(hc_event_param(&ev, HC_EVENT_PARAMS_MAX - 1, &len));
	cr_assert_null(hc_event_param(&ev, HC_EVENT_PARAMS_MAX, &len));
}
