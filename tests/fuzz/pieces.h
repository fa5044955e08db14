/* SPDX-License-Identifier: Apache-2.0
 *
 * Input that comes in pieces of one size.
 */
#pragma once

#include <string.h>

#include "formats/source.h"

struct pieces {
	const uint8_t *p; /* what has not come yet */
	size_t len, size;
};

static inline ssize_t read_piece(struct hc_source *s, void *buf, size_t cap)
{
	struct pieces *f = s->ctx;
	size_t n = f->len < f->size ? f->len : f->size;

	n = n < cap ? n : cap;
	if (n)
		memcpy(buf, f->p, n);
	f->p += n;
	f->len -= n;
	return (ssize_t)n;
}

/* The size is told: small inputs then need no big buffers, and many more of them are tried. */
static inline struct hc_source *new_pieces(struct pieces *pieces)
{
	struct hc_source *s = hc_source_new(read_piece, NULL, pieces);

	s->size = pieces->len;
	return s;
}
