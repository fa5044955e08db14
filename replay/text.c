/* SPDX-License-Identifier: Apache-2.0
 *
 * The pool behind the host state: size classes with free lists, and texts in it. One invariant: `used` is the sum of the
 * sizes handed out, so the cap of the whole state can be checked in one place. Freed blocks are poisoned under ASan, as
 * malloc's would be.
 */
#include "replay/text.h"

#include <stdlib.h>

#include "common/mem.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, size) ((void)(p), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(p, size) ((void)(p), (void)(size))
#endif

enum { CHUNK = 1 << 16, SMALL_STEP = 16, SMALL_MAX = 256, CLASS_MAX = 4096, SMALL_CLASSES = SMALL_MAX / SMALL_STEP };

struct link {
	struct link *next;
};

struct chunk {
	struct chunk *next;
	size_t size;
};

struct large {
	struct large *prev, *next;
};

/* Class of a size up to CLASS_MAX, and the size of its blocks. */
static unsigned class_of(size_t size, size_t *ret_block)
{
	unsigned log, quarter;

	if (size <= SMALL_MAX) {
		unsigned c = size ? (unsigned)(size - 1) / SMALL_STEP : 0;

		*ret_block = (size_t)(c + 1) * SMALL_STEP;
		return c;
	}
	log = 63 - (unsigned)__builtin_clzll(size - 1);           /* 8: 257..512 and so on */
	quarter = (unsigned)((size - 1) >> (log - 2)) & 3;         /* which quarter of that power of two */
	*ret_block = (size_t)(quarter + 5) << (log - 2);
	return SMALL_CLASSES + (log - 8) * 4 + quarter;
}

void hc_pool_init(struct hc_pool *pool, size_t max)
{
	*pool = (struct hc_pool){ .max = max };
}

void hc_pool_done(struct hc_pool *pool)
{
	for (struct chunk *c = pool->chunks, *next; c; c = next) {
		next = c->next;
		ASAN_UNPOISON_MEMORY_REGION(c, c->size);
		free(c);
	}
	for (struct large *l = pool->large, *next; l; l = next) {
		next = l->next;
		free(l);
	}
	hc_pool_init(pool, pool->max);
}

static void count(struct hc_pool *pool, size_t size)
{
	pool->used += size;
	if (pool->used > pool->peak)
		pool->peak = pool->used;
}

static void *alloc_large(struct hc_pool *pool, size_t size)
{
	struct large *l = hc_malloc(sizeof *l + size), *first = pool->large;

	l->prev = NULL;
	l->next = first;
	if (first)
		first->prev = l;
	pool->large = l;
	count(pool, size);
	return l + 1;
}

static void *refill(struct hc_pool *pool, size_t block)
{
	void *p;

	if ((size_t)(pool->end - pool->bump) < block) {
		struct chunk *c = hc_malloc(CHUNK);

		c->next = pool->chunks;
		c->size = CHUNK;
		pool->chunks = c;
		pool->bump = (char *)(c + 1);
		pool->end = (char *)c + CHUNK;
		ASAN_POISON_MEMORY_REGION(pool->bump, (size_t)(pool->end - pool->bump));
	}
	p = pool->bump;
	pool->bump += block;
	return p;
}

void *hc_pool_alloc(struct hc_pool *pool, size_t size)
{
	struct link *p;
	size_t block;
	unsigned c;

	if (size > CLASS_MAX)
		return alloc_large(pool, size);
	c = class_of(size, &block);
	p = pool->free[c];
	if (p) {
		ASAN_UNPOISON_MEMORY_REGION(p, sizeof *p);
		pool->free[c] = p->next;
	} else {
		p = refill(pool, block);
	}
	ASAN_UNPOISON_MEMORY_REGION(p, size);
	count(pool, block);
	return p;
}

void hc_pool_free(struct hc_pool *pool, void *p, size_t size)
{
	struct link *l = p;
	size_t block;
	unsigned c;

	if (!p)
		return;
	if (size > CLASS_MAX) {
		struct large *big = (struct large *)p - 1;

		if (big->prev)
			big->prev->next = big->next;
		else
			pool->large = big->next;
		if (big->next)
			big->next->prev = big->prev;
		pool->used -= size;
		free(big);
		return;
	}
	c = class_of(size, &block);
	l->next = pool->free[c];
	pool->free[c] = l;
	pool->used -= block;
	ASAN_POISON_MEMORY_REGION(l, block);
}

struct hc_text *hc_text_new(struct hc_pool *pool, const void *p, size_t len)
{
	struct hc_text *text;

	if (!len)
		return NULL;
	text = hc_pool_alloc(pool, sizeof *text + len + 1);
	text->refs = 1;
	text->len = (uint32_t)len;
	memcpy(text->p, p, len);
	text->p[len] = '\0';
	return text;
}

void hc_text_release(struct hc_pool *pool, struct hc_text *text)
{
	hc_pool_free(pool, text, sizeof *text + text->len + 1);
}
