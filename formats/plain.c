/* SPDX-License-Identifier: Apache-2.0
 *
 * Invariant: [p, end) lies in one piece, in the chunk that is out (a short rest is put into the head room of the next one)
 * or in the spill buffer (a long one); end_off counts the plain bytes that are known to be lost too.
 */
#include "formats/plain.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "formats/block.h"

void hc_plain_init(struct hc_plain *in, struct hc_source *source, bool ahead)
{
	in->stream = hc_stream_new(source, ahead);
}

static void put_chunk(struct hc_plain *in)
{
	if (in->chunk)
		hc_stream_put(in->stream, in->chunk);
	in->chunk = NULL;
}

void hc_plain_done(struct hc_plain *in)
{
	put_chunk(in);
	hc_stream_free(in->stream);
	free(in->spill);
}

/* Unread bytes and a new chunk's data into the spill buffer. What is in it already is moved only when it must grow or
 * when its end is reached, so that a long block costs what its length is. */
static void spill(struct hc_plain *in, struct hc_chunk *c)
{
	size_t tail = (size_t)(in->end - in->p), len = tail + c->len;
	bool inside = in->spill && !in->chunk && in->end <= in->spill + in->spill_cap && in->p >= in->spill;

	if (!inside || (size_t)(in->p - in->spill) + len > in->spill_cap) {
		if (in->spill_cap < len) {
			size_t cap = in->spill_cap ? in->spill_cap : HC_CHUNK_DATA;
			uint8_t *buf;

			while (cap < len)
				cap *= 2;
			buf = hc_malloc(cap);
			memcpy(buf, in->p, tail);
			free(in->spill);
			in->spill = buf;
			in->spill_cap = cap;
		} else {
			memmove(in->spill, in->p, tail);
		}
		in->p = in->spill;
	}
	memcpy((uint8_t *)in->p + tail, c->data, c->len);
	in->end = in->p + len;
	put_chunk(in);
	hc_stream_put(in->stream, c);
}

int hc_plain_fetch(struct hc_plain *in)
{
	size_t tail = (size_t)(in->end - in->p);
	struct hc_chunk *c;

	if (in->last != HC_PIECE_DATA)
		return in->last == HC_PIECE_GAP ? HC_PLAIN_GAP : HC_PLAIN_END;
	c = hc_stream_get(in->stream);
	in->stored = c->in_off;
	if (c->piece != HC_PIECE_DATA) {
		in->last = c->piece;
		in->gap = c->gap;
		hc_stream_put(in->stream, c);
		return c->piece == HC_PIECE_GAP ? HC_PLAIN_GAP : HC_PLAIN_END;
	}
	in->end_off += c->len;
	if (tail > HC_CHUNK_HEAD) {
		spill(in, c);
		return 0;
	}
	if (tail)
		memcpy(c->data - tail, in->p, tail);
	put_chunk(in);
	in->chunk = c;
	in->p = c->data - tail;
	in->end = c->data + c->len;
	return 0;
}

/* Goes to the next place at or behind p + 1 where two block headers in a row make sense. False: the input (or its undamaged
 * stretch) ends first; everything is then consumed. Or not within max bytes. */
static bool resync(struct hc_plain *in, uint64_t max)
{
	uint64_t from = hc_plain_off(in, in->p);
	size_t at = 1;

	for (;;) {
		size_t len = (size_t)(in->end - in->p), want;
		uint64_t gone = hc_plain_off(in, in->p) - from;
		enum hc_plausible x;

		/* The second byte of every block type but the SHB's (and the aliases' of 2014) is 2. */
		while (at + 8 <= len && gone + at <= max && in->p[at + 1] != 0x02 && in->p[at + 1] != 0x0d &&
		       in->p[at + 1] != 0xab)
			at++;
		if (gone + at > max)
			return false;
		x = hc_block_plausible(in->p + at, len - (at < len ? at : len), &want);
		if (x == HC_PLAUSIBLE_UNKNOWN || (x == HC_PLAUSIBLE_YES && len - at < want + 8)) {
			/* Let go of what has been searched, then look further ahead. */
			in->p += at < len ? at : len;
			at = 0;
			if (!hc_plain_need(in, x == HC_PLAUSIBLE_UNKNOWN ? want : want + 8))
				continue;
			if (x == HC_PLAUSIBLE_UNKNOWN) {
				if ((size_t)(in->end - in->p) < 8) {
					in->p = in->end;
					return false;
				}
				at = 1;
				continue;
			}
			return true;
		}
		if (x == HC_PLAUSIBLE_YES && hc_block_header_follows(in->p + at + want, len - at - want)) {
			in->p += at;
			return true;
		}
		at++;
	}
}

bool hc_plain_cross_gap(struct hc_plain *in)
{
	enum hc_plausible here;
	size_t want;
	int x;

	do {
		in->p = in->end;
		in->end_off += in->gap.plain_lost;
		in->last = HC_PIECE_DATA;
		x = hc_plain_need(in, 8);
	} while (x == HC_PLAIN_GAP);
	if (x)
		return false;
	/* All that can be known of it, however little has come with the first piece. */
	do
		here = hc_block_plausible(in->p, (size_t)(in->end - in->p), &want);
	while (here == HC_PLAUSIBLE_UNKNOWN && !hc_plain_need(in, want));
	return here != HC_PLAUSIBLE_NO;
}

bool hc_plain_resync(struct hc_plain *in, uint64_t max, struct hc_gap *ret_gap)
{
	ret_gap->cause[0] = '\0';
	while (!resync(in, max)) {
		if (in->last != HC_PIECE_GAP || in->p != in->end)
			return false;
		if (!ret_gap->cause[0])
			*ret_gap = in->gap;
		if (hc_plain_cross_gap(in))
			return true;
	}
	return true;
}
