/* SPDX-License-Identifier: Apache-2.0
 *
 * The bump allocator of common/arena.h: a list of chunks, each at least 64 KiB, newest first.
 */
#include "common/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

enum { CHUNK_MIN = 64 * 1024 };

struct hc_arena_chunk {
	struct hc_arena_chunk *next;
	size_t size, fill; /* bytes in data: there, handed out */
	_Alignas(max_align_t) unsigned char data[];
};

void hc_arena_init(struct hc_arena *arena)
{
	*arena = (struct hc_arena){ 0 };
}

void hc_arena_done(struct hc_arena *arena)
{
	for (struct hc_arena_chunk *c = arena->chunk, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	hc_arena_init(arena);
}

void hc_arena_reset(struct hc_arena *arena)
{
	struct hc_arena_chunk *keep = arena->chunk;

	if (keep) {
		for (struct hc_arena_chunk *c = keep->next, *next; c; c = next) {
			next = c->next;
			free(c);
		}
		keep->next = NULL;
		keep->fill = 0;
	}
	arena->used = 0;
}

static void *take(struct hc_arena *arena, size_t size, size_t align)
{
	struct hc_arena_chunk *c = arena->chunk;
	size_t at = c ? (c->fill + align - 1) & ~(align - 1) : 0;

	if (!c || at > c->size || c->size - at < size) {
		size_t want = size > CHUNK_MIN ? size : CHUNK_MIN;

		c = hc_malloc(sizeof *c + want);
		c->next = arena->chunk;
		c->size = want;
		arena->chunk = c;
		at = 0;
	}
	c->fill = at + size;
	arena->used += size;
	return c->data + at;
}

void *hc_arena_alloc(struct hc_arena *arena, size_t size)
{
	return memset(take(arena, size, _Alignof(max_align_t)), 0, size);
}

char *hc_arena_bytes(struct hc_arena *arena, size_t size)
{
	return take(arena, size, 1);
}

char *hc_arena_dupn(struct hc_arena *arena, const char *s, size_t len)
{
	char *p = take(arena, len + 1, 1);

	if (len)
		memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

char *hc_arena_dup(struct hc_arena *arena, const char *s)
{
	return hc_arena_dupn(arena, s, strlen(s));
}

char *hc_arena_printf(struct hc_arena *arena, const char *format, ...)
{
	va_list ap;
	int n;
	char *p;

	va_start(ap, format);
	n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	p = take(arena, (size_t)n + 1, 1);
	va_start(ap, format);
	vsnprintf(p, (size_t)n + 1, format, ap);
	va_end(ap);
	return p;
}
