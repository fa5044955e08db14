/* SPDX-License-Identifier: Apache-2.0
 *
 * Bump allocator for things that die together: a rule set, one event's temporary strings. Memory from it is never
 * freed singly. Out of memory ends the program with a message: nothing here could go on in a useful way.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

struct hc_arena_chunk;

struct hc_arena {
	struct hc_arena_chunk *chunk; /* the one in use; older ones hang behind it */
	size_t used;                  /* bytes handed out since init or reset, for caps and statistics */
};

void hc_arena_init(struct hc_arena *arena);
void hc_arena_done(struct hc_arena *arena);
/* Forgets everything handed out, keeps one chunk for reuse. */
void hc_arena_reset(struct hc_arena *arena);

/* Zeroed, aligned for any type. */
void *hc_arena_alloc(struct hc_arena *arena, size_t size);
/* Uninitialised, no alignment: for bytes. */
char *hc_arena_bytes(struct hc_arena *arena, size_t size);
/* NUL-terminated copies. */
char *hc_arena_dup(struct hc_arena *arena, const char *s);
char *hc_arena_dupn(struct hc_arena *arena, const char *s, size_t len);
char *hc_arena_printf(struct hc_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define hc_arena_new(arena, type) ((type *)hc_arena_alloc(arena, sizeof(type)))
#define hc_arena_array(arena, type, n) ((type *)hc_arena_alloc(arena, sizeof(type) * (size_t)(n)))
