/* SPDX-License-Identifier: Apache-2.0
 *
 * One compression layer alone: any bytes, any size of output pieces; it must end, account for every stored byte, and say
 * the same of input that comes in pieces, as a file or through a pipe.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "formats/filter.h"
#include "pieces.h"
#include "touch.h"

typedef struct hc_filter *new_filter_fn(struct hc_source *source);

/* A digest of what came out and of each gap, where it came. 0 if there was too much of it: a bomb is no finding, bounded
 * memory is, and that is the caller's piece. Takes source. */
static inline uint64_t through_filter(new_filter_fn *new_filter, struct hc_source *s, size_t size)
{
	size_t cap = HC_FILTER_OUT_MIN + size * 7 % 70000, n = 0, total = 0;
	struct hc_filter *f = new_filter(s);
	uint8_t *out = malloc(cap);
	struct hc_gap gap = { 0 };
	uint64_t seen = 1;
	unsigned gaps = 0;
	enum hc_piece piece;

	do {
		piece = f->read(f, out, cap, &n, &gap);
		if (piece == HC_PIECE_DATA) {
			if (n == 0 || n > cap)
				abort();
			for (size_t i = 0; i < n; i++)
				seen = seen * 0x100000001b3 + out[i];
			total += n;
		} else if (piece != HC_PIECE_EOF) {
			if (gap.in_off + gap.in_len > size || ++gaps > size + 1)
				abort();
			seen = hc_hash_u64(seen ^ gap.in_off ^ gap.in_len << 20 ^ gap.plain_lost << 40);
			seen ^= hc_hash_bytes(gap.cause, strlen(gap.cause));
		}
	} while ((piece == HC_PIECE_DATA || piece == HC_PIECE_GAP) && total <= 16 << 20);
	if (piece == HC_PIECE_ERROR || s->off > size)
		abort();
	free(out);
	hc_filter_free(f);
	hc_source_close(s);
	return total > 16 << 20 ? 0 : seen;
}

static inline int read_through_filter(new_filter_fn *new_filter, const uint8_t *data, size_t size)
{
	uint64_t whole = through_filter(new_filter, hc_source_new_memory(data, size), size);
	struct pieces f = { data, size, 1 + size % 97 };
	struct hc_source *s = new_pieces(&f);

	s->eager = size & 1;
	if (through_filter(new_filter, s, size) != whole)
		abort();
	return 0;
}
