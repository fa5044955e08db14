/* SPDX-License-Identifier: Apache-2.0
 *
 * Choosing a filter by content, and the one that does nothing.
 */
#include "formats/filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/event.h"
#include "common/mem.h"
#include "formats/block.h"

enum hc_piece hc_filter_fail(struct hc_filter *f, int err, struct hc_gap *ret_gap)
{
	*ret_gap = (struct hc_gap){ .in_off = f->source->off, .err = err };
	if (err == -EBADMSG) {
		snprintf(ret_gap->cause, sizeof ret_gap->cause, "%s", f->source->error);
		return HC_PIECE_CUT;
	}
	snprintf(ret_gap->cause, sizeof ret_gap->cause, "reading failed: %s", strerror(-err));
	return HC_PIECE_ERROR;
}

/* Straight from the file into the caller's buffer, but for what was looked at already. */
static enum hc_piece none_read(struct hc_filter *f, uint8_t *out, size_t cap, size_t *ret_n, struct hc_gap *ret_gap)
{
	struct hc_source *s = f->source;
	ssize_t n;

	if (s->len) {
		*ret_n = s->len < cap ? s->len : cap;
		memcpy(out, s->p, *ret_n);
		hc_source_skip(s, *ret_n);
		return HC_PIECE_DATA;
	}
	n = s->err ? s->err : s->read(s, out, cap);
	if (n < 0)
		return hc_filter_fail(f, (int)n, ret_gap);
	s->off += (uint64_t)n;
	*ret_n = (size_t)n;
	return n ? HC_PIECE_DATA : HC_PIECE_EOF;
}

static void none_done(struct hc_filter *f)
{
	free(f);
}

static struct hc_filter *new_none(struct hc_source *source)
{
	struct hc_filter *f = hc_calloc(1, sizeof *f);

	*f = (struct hc_filter){ "none", none_read, none_done, source };
	return f;
}

static bool is_gzip(const uint8_t *p)
{
	return p[0] == 0x1f && p[1] == 0x8b;
}

/* A frame, or a skippable frame before it (magics 0x184D2A50 to 5F), as other writers have them. */
static bool is_zstd(const uint8_t *p)
{
	return hc_le32(p) == 0xfd2fb528 || (hc_le32(p) & 0xfffffff0) == 0x184d2a50;
}

bool hc_filter_is_compressed(const uint8_t *p)
{
	return is_gzip(p) || is_zstd(p);
}

const char *hc_filter_foreign(struct hc_source *s)
{
	if (hc_source_want(s, 4) == 0 && s->len >= 4 && (hc_filter_is_compressed(s->p) || hc_le32(s->p) == HC_BLOCK_SHB))
		return "a capture of another compression behind this one: join captures of one kind only, or with 'hindcast merge'";
	return "foreign bytes behind compressed data";
}

struct hc_filter *hc_filter_new(struct hc_source *s)
{
	if (s->len >= 2 && is_gzip(s->p))
		return hc_filter_new_gzip(s);
	if (s->len >= 4 && is_zstd(s->p))
		return hc_filter_new_zstd(s);
	return new_none(s);
}

struct hc_filter *hc_filter_free(struct hc_filter *f)
{
	if (f)
		f->done(f);
	return NULL;
}
