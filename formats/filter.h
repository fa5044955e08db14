/* SPDX-License-Identifier: Apache-2.0
 *
 * From stored bytes to plain ones: none, gzip (several members, scap-format.md 2.3), zstd (several frames). A filter
 * pulls from a source and reports damage instead of stopping at it, where the format lets it find its way again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "formats/source.h"

/* What one call of a filter gave. */
enum hc_piece {
	HC_PIECE_DATA, /* bytes */
	HC_PIECE_GAP,  /* damage in the stored bytes: what follows does not join on to what came before */
	HC_PIECE_CUT,  /* the input ends inside compressed data; final */
	HC_PIECE_EOF,  /* regular end; final */
	HC_PIECE_ERROR, /* reading failed; final */
};

/* Damage, or the reason of a final outcome. */
struct hc_gap {
	uint64_t in_off, in_len; /* stored bytes that could not be used */
	uint64_t plain_lost;     /* plain bytes missing, if the format tells; else 0 */
	int err;                 /* HC_PIECE_ERROR: negative errno */
	char cause[200];
};

struct hc_filter {
	const char *name; /* "none", "gzip", "zstd" */
	/* Up to cap bytes into out (at least HC_FILTER_OUT_MIN). *ret_n is set for HC_PIECE_DATA (> 0), *ret_gap for
	 * HC_PIECE_GAP, _CUT, _ERROR. */
	enum hc_piece (*read)(struct hc_filter *filter, uint8_t *out, size_t cap, size_t *ret_n, struct hc_gap *ret_gap);
	void (*done)(struct hc_filter *filter);
	struct hc_source *source; /* borrowed */
};

enum {
	HC_FILTER_OUT_MIN = 1 << 10,
	HC_ZSTD_WINDOW_LOG_MAX = 27, /* 128 MiB: what the zstd tool itself takes without being asked */
};

/* The filter for what the unread bytes of source look like. */
struct hc_filter *hc_filter_new(struct hc_source *source);
/* Do four bytes begin gzip or zstd data? */
bool hc_filter_is_compressed(const uint8_t *p);
struct hc_filter *hc_filter_free(struct hc_filter *filter);

struct hc_filter *hc_filter_new_gzip(struct hc_source *source);
struct hc_filter *hc_filter_new_zstd(struct hc_source *source);

/* What is wrong with what follows complete compressed data, which is no such data (static text). Reads on as far as it takes to
 * tell. */
const char *hc_filter_foreign(struct hc_source *source);

/* An I/O error as outcome; for the filters. */
enum hc_piece hc_filter_fail(struct hc_filter *filter, int err, struct hc_gap *ret_gap);
