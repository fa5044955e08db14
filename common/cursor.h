/* SPDX-License-Identifier: Apache-2.0
 *
 * The one way bytes from a file are taken apart: a bounds-checked little-endian cursor with a sticky error. After any
 * read past the end every further read gives zeros, and hc_cursor_ok() is false: parse a whole entry, test once.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct hc_cursor {
	const uint8_t *p, *end;
	bool failed;
};

static inline struct hc_cursor hc_cursor(const void *p, size_t len)
{
	return (struct hc_cursor){ p, (const uint8_t *)p + len, false };
}

static inline size_t hc_cursor_left(const struct hc_cursor *c)
{
	return (size_t)(c->end - c->p);
}

static inline bool hc_cursor_ok(const struct hc_cursor *c)
{
	return !c->failed;
}

/* len bytes, borrowed from the underlying buffer; NULL past the end. */
static inline const uint8_t *hc_cursor_bytes(struct hc_cursor *c, size_t len)
{
	const uint8_t *p = c->p;

	if (hc_cursor_left(c) < len) {
		c->failed = true;
		c->p = c->end;
		return NULL;
	}
	c->p += len;
	return p;
}

#define HC_CURSOR_READ(name, type) \
	static inline type hc_cursor_##name(struct hc_cursor *c) \
	{ \
		type v = 0; \
		const uint8_t *p = hc_cursor_bytes(c, sizeof v); \
		if (p) \
			memcpy(&v, p, sizeof v); \
		return v; \
	}
HC_CURSOR_READ(u8, uint8_t)
HC_CURSOR_READ(u16, uint16_t)
HC_CURSOR_READ(u32, uint32_t)
HC_CURSOR_READ(u64, uint64_t)
HC_CURSOR_READ(i64, int64_t)
#undef HC_CURSOR_READ

/* str16 of scap-format.md 1: the bytes, borrowed, not NUL-terminated; longer than max fails the cursor. */
static inline const char *hc_cursor_str16(struct hc_cursor *c, size_t max, uint16_t *ret_len)
{
	uint16_t len = hc_cursor_u16(c);
	const uint8_t *p;

	if (len > max)
		c->failed = true;
	p = c->failed ? NULL : hc_cursor_bytes(c, len);
	*ret_len = p ? len : 0;
	return (const char *)p;
}
