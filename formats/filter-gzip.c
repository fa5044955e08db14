/* SPDX-License-Identifier: Apache-2.0
 *
 * gzip through zlib: any number of members one after the other. After a member, bytes that start no other one are
 * ignored, as libscap does (scap-format.md 2.3), but not silently. Damaged deflate data is bridged only to the next
 * byte string that looks like a member's header: nothing inside a member can be found again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "common/mem.h"
#include "formats/filter.h"

struct gzip {
	struct hc_filter filter;
	z_stream z;
	bool in_member;
	bool failed; /* the member is damaged; its data up to there was delivered first */
	uint64_t member_off;
};

enum { WBITS_GZIP = 15 + 16 };

static bool is_member(const uint8_t *p)
{
	/* magic, method deflate, no reserved flag */
	return p[0] == 0x1f && p[1] == 0x8b && p[2] == 8 && !(p[3] & 0xe0);
}

/* Skips to the next member's header or the end of input. */
static enum hc_piece resync(struct gzip *g, uint64_t from, const char *cause, struct hc_gap *ret_gap)
{
	struct hc_source *s = g->filter.source;

	g->in_member = g->failed = false;
	for (;;) {
		int r = hc_source_want(s, 4);

		if (r < 0)
			return hc_filter_fail(&g->filter, r, ret_gap);
		if (s->len < 4)
			hc_source_skip(s, s->len);
		else if (!is_member(s->p)) {
			const uint8_t *q = memchr(s->p + 1, 0x1f, s->len - 1);

			hc_source_skip(s, q ? (size_t)(q - s->p) : s->len);
			continue;
		}
		*ret_gap = (struct hc_gap){ .in_off = from, .in_len = s->off - from };
		snprintf(ret_gap->cause, sizeof ret_gap->cause, "%s", cause);
		return HC_PIECE_GAP;
	}
}

static enum hc_piece cut(const struct hc_source *s, uint64_t member_off, struct hc_gap *ret_gap)
{
	*ret_gap = (struct hc_gap){ .in_off = s->off };
	snprintf(ret_gap->cause, sizeof ret_gap->cause, "the gzip data ends in the middle (member at stored byte %llu)",
		 (unsigned long long)member_off);
	return HC_PIECE_CUT;
}

/* Positions at the next member: DATA if there is one. */
static enum hc_piece start_member(struct gzip *g, struct hc_gap *ret_gap)
{
	struct hc_source *s = g->filter.source;
	int r = hc_source_want(s, 4);

	if (r < 0)
		return hc_filter_fail(&g->filter, r, ret_gap);
	if (s->len == 0)
		return HC_PIECE_EOF;
	if (s->len < 4 && !memcmp(s->p, "\x1f\x8b\x08", s->len))
		return cut(s, s->off, ret_gap);
	if (s->len < 4 || !is_member(s->p)) {
		uint64_t from = s->off;

		/* Zero padding (tapes, block devices) is no loss. */
		while ((s->len || (r = (int)hc_source_more(s)) > 0) && !s->p[0]) {
			size_t n = 0;

			while (n < s->len && !s->p[n])
				n++;
			hc_source_skip(s, n);
		}
		if (!s->len)
			return r < 0 ? hc_filter_fail(&g->filter, r, ret_gap) : HC_PIECE_EOF;
		hc_source_want(s, 4);
		if (s->len < 4 || !is_member(s->p))
			return resync(g, from, hc_filter_foreign(s), ret_gap);
	}
	inflateReset2(&g->z, WBITS_GZIP);
	g->in_member = true;
	g->member_off = s->off;
	return HC_PIECE_DATA;
}

static const char *cause_of(const struct gzip *g)
{
	if (!g->z.msg)
		return "damaged gzip data";
	if (!strcmp(g->z.msg, "incorrect data check") || !strcmp(g->z.msg, "incorrect length check"))
		return "the checksum of a gzip member is wrong: not all that was read from it is what was recorded";
	return g->z.msg;
}

static enum hc_piece gzip_read(struct hc_filter *f, uint8_t *out, size_t cap, size_t *ret_n, struct hc_gap *ret_gap)
{
	struct gzip *g = (struct gzip *)f;
	struct hc_source *s = f->source;
	size_t n = 0;

	if (g->failed)
		return resync(g, s->off, cause_of(g), ret_gap);
	while (n < cap) {
		int r;

		if (!g->in_member) {
			enum hc_piece piece;

			if (n) /* deliver first: the next member may bring a gap */
				break;
			piece = start_member(g, ret_gap);
			if (piece != HC_PIECE_DATA)
				return piece;
		}
		if (!s->len) {
			ssize_t got;

			if (n && s->eager)
				break;
			got = hc_source_more(s);
			if (got <= 0) {
				if (n) /* delivered first; the end shows again on the next call */
					break;
				return got < 0 ? hc_filter_fail(f, (int)got, ret_gap) : cut(s, g->member_off, ret_gap);
			}
		}
		g->z.next_in = (Bytef *)s->p;
		g->z.avail_in = s->len < (1U << 30) ? (uInt)s->len : 1U << 30;
		g->z.next_out = out + n;
		g->z.avail_out = (uInt)(cap - n);
		r = inflate(&g->z, Z_NO_FLUSH);
		hc_source_skip(s, (size_t)(g->z.next_in - s->p));
		n = cap - g->z.avail_out;
		if (r == Z_STREAM_END) {
			g->in_member = false;
		} else if (r != Z_OK && r != Z_BUF_ERROR) {
			g->failed = true;
			if (n)
				break;
			return resync(g, s->off, cause_of(g), ret_gap);
		}
	}
	*ret_n = n;
	return HC_PIECE_DATA;
}

static void gzip_done(struct hc_filter *f)
{
	struct gzip *g = (struct gzip *)f;

	inflateEnd(&g->z);
	free(g);
}

struct hc_filter *hc_filter_new_gzip(struct hc_source *source)
{
	struct gzip *g = hc_calloc(1, sizeof *g);

	g->filter = (struct hc_filter){ "gzip", gzip_read, gzip_done, source };
	inflateInit2(&g->z, WBITS_GZIP);
	return &g->filter;
}
