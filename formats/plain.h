/* SPDX-License-Identifier: Apache-2.0
 *
 * The unread plain bytes of a capture, contiguous, however the stream's chunks cut them; and the search for a place where
 * blocks begin again after damage. What is lost is for the caller to report: nothing here counts or words anything.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "formats/stream.h"

struct hc_source;

struct hc_plain {
	const uint8_t *p, *end; /* the unread bytes; the caller moves p */
	uint64_t end_off;       /* offset of end in the plain input */
	struct hc_stream *stream;
	struct hc_chunk *chunk; /* the one p points into; NULL if none or if p points into spill */
	uint8_t *spill;         /* for blocks longer than a chunk's head room */
	size_t spill_cap;
	uint64_t stored;    /* bytes of the input consumed for what was fetched */
	enum hc_piece last; /* what was fetched last; EOF, CUT, ERROR stay */
	struct hc_gap gap;  /* of last */
};

/* Why bytes could not be had; the details are in last and gap. */
enum { HC_PLAIN_GAP = 1, HC_PLAIN_END = 2 };

/* Takes source. in is zeroed. */
void hc_plain_init(struct hc_plain *in, struct hc_source *source, bool ahead);
void hc_plain_done(struct hc_plain *in);

/* Appends to [p, end), which may move: 0, HC_PLAIN_GAP or HC_PLAIN_END. */
int hc_plain_fetch(struct hc_plain *in);

/* At least n unread bytes: as hc_plain_fetch. */
static inline int hc_plain_need(struct hc_plain *in, size_t n)
{
	while ((size_t)(in->end - in->p) < n) {
		int x = hc_plain_fetch(in);

		if (x)
			return x;
	}
	return 0;
}

/* The offset in the plain input of p, one of the unread bytes or their end. */
static inline uint64_t hc_plain_off(const struct hc_plain *in, const uint8_t *p)
{
	return in->end_off - (uint64_t)(in->end - p);
}

/* Goes to the next place behind p where blocks make sense again, gaps in the stored bytes included: one loss is one report.
 * False: the input ends first, everything is consumed; or not within max bytes of an undamaged stretch. *ret_gap is the first
 * gap met, if any: else its cause is empty. */
bool hc_plain_resync(struct hc_plain *in, uint64_t max, struct hc_gap *ret_gap);

/* Over the gap in the stored bytes that was met, and over those right behind it. True: a block may begin here; frames of
 * hindcast begin with one, others may begin anywhere. */
bool hc_plain_cross_gap(struct hc_plain *in);
