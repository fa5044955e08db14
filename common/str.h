/* SPDX-License-Identifier: Apache-2.0
 *
 * A borrowed byte string: pointer and length, no terminator promised. Who owns the bytes is said where one is stored.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct hc_str {
	const char *p; /* may be NULL when len is 0 */
	uint32_t len;
};

#define HC_STR(literal) ((struct hc_str){ "" literal, sizeof(literal) - 1 })

static inline struct hc_str hc_str(const char *s)
{
	return (struct hc_str){ s, s ? (uint32_t)strlen(s) : 0 };
}

static inline bool hc_str_eq(struct hc_str a, struct hc_str b)
{
	return a.len == b.len && (a.len == 0 || !memcmp(a.p, b.p, a.len));
}

static inline bool hc_str_is(struct hc_str a, const char *literal)
{
	return hc_str_eq(a, hc_str(literal));
}
