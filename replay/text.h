/* SPDX-License-Identifier: Apache-2.0
 *
 * Immutable byte strings with a reference count: command names, paths, environments. A fork copies a pointer, an open
 * file costs one block from a size-classed free list. NULL is the empty string everywhere.
 *
 * All memory of the host state comes through one hc_pool, which counts it against a cap: what a hostile capture can make
 * us hold is bounded by HC_STATE_BYTES_MAX, whatever it contains.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/str.h"

enum { HC_POOL_CLASSES = 40 };

/* Blocks of a few sizes (16 bytes steps up to 256, then four steps per power of two up to 4 KiB), each with a free list;
 * larger ones come from malloc. Not zeroed. */
struct hc_pool {
	void *free[HC_POOL_CLASSES];
	void *chunks;       /* all memory ever taken for classes, chained, for hc_pool_done */
	void *large;        /* doubly linked list of the malloc'ed ones, for hc_pool_done */
	char *bump, *end;   /* rest of the newest chunk */
	size_t used;        /* bytes handed out and not given back */
	size_t peak;
	size_t max;         /* callers that can refuse ask hc_pool_full first */
};

void hc_pool_init(struct hc_pool *pool, size_t max);
/* Releases everything, also what was not given back. */
void hc_pool_done(struct hc_pool *pool);
void *hc_pool_alloc(struct hc_pool *pool, size_t size);
void hc_pool_free(struct hc_pool *pool, void *p, size_t size);

static inline bool hc_pool_full(const struct hc_pool *pool)
{
	return pool->used >= pool->max;
}

struct hc_text {
	uint32_t refs, len;
	char p[]; /* len bytes and a NUL */
};

/* A new text with one reference, owned by the caller; NULL for len 0. */
struct hc_text *hc_text_new(struct hc_pool *pool, const void *p, size_t len);
void hc_text_release(struct hc_pool *pool, struct hc_text *text);

static inline struct hc_text *hc_text_ref(struct hc_text *text)
{
	if (text)
		text->refs++;
	return text;
}

static inline void hc_text_unref(struct hc_pool *pool, struct hc_text *text)
{
	if (text && !--text->refs)
		hc_text_release(pool, text);
}

/* Borrowed view; never a NULL pointer, so that the empty string can be printed as it is. */
static inline struct hc_str hc_text_str(const struct hc_text *text)
{
	return text ? (struct hc_str){ text->p, text->len } : (struct hc_str){ "", 0 };
}

static inline bool hc_text_is(const struct hc_text *text, const void *p, size_t len)
{
	return text ? text->len == len && !memcmp(text->p, p, len) : len == 0;
}
