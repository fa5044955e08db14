/* SPDX-License-Identifier: Apache-2.0
 *
 * One compression layer alone: any bytes, any size of output pieces; it must end, and account for every stored byte.
 */
#pragma once

#include <stdlib.h>

#include "formats/filter.h"
#include "touch.h"

static inline int read_through_filter(struct hc_filter *(*new_filter)(struct hc_source *source),
				      const uint8_t *data, size_t size)
{
	size_t cap = HC_FILTER_OUT_MIN + size * 7 % 70000, n = 0, total = 0;
	struct hc_source *s = hc_source_new_memory(data, size);
	struct hc_filter *f = new_filter(s);
	uint8_t *out = malloc(cap);
	struct hc_gap gap = { 0 };
	unsigned gaps = 0;
	enum hc_piece piece;

	while ((piece = f->read(f, out, cap, &n, &gap)) == HC_PIECE_DATA || piece == HC_PIECE_GAP) {
		if (piece == HC_PIECE_DATA) {
			if (n == 0 || n > cap)
				abort();
			touch(out, n);
			total += n;
		} else if (gap.in_off + gap.in_len > size || ++gaps > size) {
			abort();
		}
		/* A bomb is no finding: bounded memory is, and that is the caller's piece. */
		if (total > 64 << 20)
			break;
	}
	if (piece == HC_PIECE_ERROR || s->off > size)
		abort();
	free(out);
	hc_filter_free(f);
	hc_source_close(s);
	return 0;
}
