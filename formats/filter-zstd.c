/* SPDX-License-Identifier: Apache-2.0
 *
 * zstd through libzstd: any number of frames. Invariant: a frame that fits the caller's buffer and states its size -
 * every frame hindcast writes - is decoded in one go, without an intermediate copy, and delivered only if its checksum
 * is right. Bigger frames are streamed; a wrong checksum then comes after their data. After damage reading goes on with
 * the next frame whose header checks out.
 */
#define ZSTD_STATIC_LINKING_ONLY /* ZSTD_getFrameHeader */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "common/event.h"
#include "common/mem.h"
#include "formats/filter.h"

struct zstd {
	struct hc_filter filter;
	ZSTD_DCtx *d;
	bool in_frame;
	uint64_t frame_off;
	uint64_t content, produced; /* of the current frame; content is ZSTD_CONTENTSIZE_UNKNOWN if not stated */
	bool whole;  /* the frame is to be decoded in one call */
	size_t hint; /* streaming: what the decoder says the next block and the header behind it take */
	bool full;   /* streaming: the last call filled the output; there may be more of it */
	const char *failed; /* the frame's damage, met behind bytes that were delivered first; static text */
};

enum {
	BLOCK_HEADER = 3,
	STREAM_PIECE = 256 << 10, /* streamed output per call: stays in the second-level cache until it was parsed */
	HEADER_MAX = 18,
	STEP_MAX = 128 << 10, /* the longest block; only skippable frames are longer */
};

/* A frame with data in it. Skippable ones, of which four bytes are enough to look like one, are passed over with the damage. */
static bool is_frame(const uint8_t *p, size_t len)
{
	ZSTD_frameHeader h;

	return ZSTD_getFrameHeader(&h, p, len) == 0 && h.frameType == ZSTD_frame;
}

/* Skips to the next plausible frame or the end of input. */
static enum hc_piece resync(struct zstd *z, uint64_t from, const char *cause, struct hc_gap *ret_gap)
{
	struct hc_source *s = z->filter.source;
	uint64_t lost = z->in_frame && z->content != ZSTD_CONTENTSIZE_UNKNOWN && z->content > z->produced ?
				z->content - z->produced : 0;

	z->in_frame = false;
	z->failed = NULL;
	ZSTD_DCtx_reset(z->d, ZSTD_reset_session_only);
	for (;;) {
		int r = hc_source_want(s, HEADER_MAX);

		if (r < 0)
			return hc_filter_fail(&z->filter, r, ret_gap);
		if (s->len < 4)
			hc_source_skip(s, s->len);
		else if (!is_frame(s->p, s->len)) {
			const uint8_t *q = memmem(s->p + 1, s->len - 1, "\x28\xb5\x2f\xfd", 4);

			/* Keep three bytes: the magic may be cut by the window. */
			hc_source_skip(s, q ? (size_t)(q - s->p) : s->len > 3 && !s->eof ? s->len - 3 : s->len);
			continue;
		}
		*ret_gap = (struct hc_gap){ .in_off = from, .in_len = s->off - from, .plain_lost = lost };
		snprintf(ret_gap->cause, sizeof ret_gap->cause, "%s", cause);
		return HC_PIECE_GAP;
	}
}

static enum hc_piece cut(struct zstd *z, struct hc_gap *ret_gap)
{
	*ret_gap = (struct hc_gap){ .in_off = z->filter.source->off };
	if (z->content != ZSTD_CONTENTSIZE_UNKNOWN)
		ret_gap->plain_lost = z->content - z->produced;
	snprintf(ret_gap->cause, sizeof ret_gap->cause, "the zstd data ends in the middle (frame at stored byte %llu)",
		 (unsigned long long)z->frame_off);
	return HC_PIECE_CUT;
}

/* What the frame's header says; all of it is waited for, however it comes in. */
static uint64_t content_size(struct hc_source *s)
{
	ZSTD_frameHeader h;
	size_t r, had;

	do {
		had = s->len;
		r = ZSTD_getFrameHeader(&h, s->p, s->len);
	} while (!ZSTD_isError(r) && r > had && hc_source_want(s, r) == 0 && s->len > had);
	return r ? ZSTD_CONTENTSIZE_UNKNOWN : h.frameType == ZSTD_skippableFrame ? 0 : h.frameContentSize;
}

static enum hc_piece start_frame(struct zstd *z, size_t cap, struct hc_gap *ret_gap)
{
	struct hc_source *s = z->filter.source;
	/* A file is read ahead so that a whole frame lies in memory; a pipe must not wait for that. */
	int r = hc_source_want(s, s->eager ? 4 : HC_SOURCE_WANT_MAX / 2 + (64 << 10));

	if (r < 0)
		return hc_filter_fail(&z->filter, r, ret_gap);
	if (s->len == 0)
		return HC_PIECE_EOF;
	z->content = ZSTD_CONTENTSIZE_UNKNOWN;
	z->produced = 0;
	z->frame_off = s->off;
	if (s->len < 4) {
		return memcmp(s->p, "\x28\xb5\x2f\xfd", s->len) ?
			       resync(z, s->off, hc_filter_foreign(s), ret_gap) :
			       cut(z, ret_gap);
	}
	if (hc_le32(s->p) != ZSTD_MAGICNUMBER &&
	    (hc_le32(s->p) & ZSTD_MAGIC_SKIPPABLE_MASK) != ZSTD_MAGIC_SKIPPABLE_START)
		return resync(z, s->off, hc_filter_foreign(s), ret_gap);
	z->content = content_size(s);
	z->in_frame = true;
	z->whole = z->content <= cap && z->content > 0 && !s->eager;
	z->hint = ZSTD_initDStream(z->d);
	z->full = false;
	return HC_PIECE_DATA;
}

static enum hc_piece damaged(struct zstd *z, const char *what, struct hc_gap *ret_gap)
{
	struct hc_source *s = z->filter.source;
	char cause[160];

	snprintf(cause, sizeof cause, "zstd frame: %s", what);
	/* The header of the failed frame must not be found again. */
	if (s->off == z->frame_off && s->len)
		hc_source_skip(s, 1);
	return resync(z, z->frame_off, cause, ret_gap);
}

/* Streaming: how much input the decoder gets next. A call that fails keeps what it produced to itself, so each is given
 * one block, or one header, but never both, and whole if the input has it: an error costs no more than its block, and
 * the search for the next frame begins at the same byte, however the input comes in. */
static size_t step(const struct zstd *z)
{
	size_t n = z->full ? 0 : z->hint > BLOCK_HEADER ? z->hint - BLOCK_HEADER : z->hint;

	return n < STEP_MAX ? n : STEP_MAX;
}

static enum hc_piece zstd_read(struct hc_filter *f, uint8_t *out, size_t cap, size_t *ret_n, struct hc_gap *ret_gap)
{
	struct zstd *z = (struct zstd *)f;
	struct hc_source *s = f->source;
	ZSTD_outBuffer o = { out, cap < STREAM_PIECE ? cap : STREAM_PIECE, 0 };

	/* The decoder itself is not asked again: where it stands after an error is not defined. */
	if (z->failed)
		return damaged(z, z->failed, ret_gap);
	do {
		ZSTD_inBuffer i;
		size_t r, n, before = o.pos;

		if (!z->in_frame) {
			enum hc_piece piece;

			if (o.pos)
				break;
			piece = start_frame(z, cap, ret_gap);
			if (piece != HC_PIECE_DATA)
				return piece;
			if (z->whole)
				o.size = cap;
		}
		n = z->whole ? s->len : step(z);
		if (s->len < n) {
			int err;

			if (o.pos && s->eager)
				break;
			err = hc_source_want(s, n);
			if (!s->len) {
				if (o.pos) /* delivered first; the end shows again on the next call */
					break;
				return err < 0 ? hc_filter_fail(f, err, ret_gap) : cut(z, ret_gap);
			}
		}
		i = (ZSTD_inBuffer){ s->p, n < s->len ? n : s->len, 0 };
		r = ZSTD_decompressStream(z->d, &o, &i);
		if (ZSTD_isError(r)) {
			if (z->whole) {
				/* Again, block by block: those before the damage come out. */
				z->whole = false;
				o.size = z->content > STREAM_PIECE ? STREAM_PIECE : z->content;
				ZSTD_DCtx_reset(z->d, ZSTD_reset_session_only);
				z->hint = ZSTD_initDStream(z->d);
				z->full = false;
				continue;
			}
			z->failed = ZSTD_getErrorCode(r) == ZSTD_error_checksum_wrong ?
					    "its checksum is wrong: not all that was read from it is what was recorded" :
					    ZSTD_getErrorName(r);
			if (o.pos)
				break;
			return damaged(z, z->failed, ret_gap);
		}
		hc_source_skip(s, i.pos);
		z->produced += o.pos - before;
		z->hint = r;
		z->in_frame = r != 0;
		z->full = o.pos == o.size;
		if (z->whole && r)
			z->whole = false; /* the frame is longer in stored form than what was read ahead */
	} while (o.pos < o.size);
	*ret_n = o.pos;
	return HC_PIECE_DATA;
}

static void zstd_done(struct hc_filter *f)
{
	struct zstd *z = (struct zstd *)f;

	ZSTD_freeDCtx(z->d);
	free(z);
}

struct hc_filter *hc_filter_new_zstd(struct hc_source *source)
{
	struct zstd *z = hc_calloc(1, sizeof *z);

	z->filter = (struct hc_filter){ "zstd", zstd_read, zstd_done, source };
	z->d = ZSTD_createDCtx();
	ZSTD_DCtx_setParameter(z->d, ZSTD_d_windowLogMax, HC_ZSTD_WINDOW_LOG_MAX);
	return &z->filter;
}
