/* SPDX-License-Identifier: Apache-2.0
 *
 * Small captures of every block version, built byte by byte from the format page (scap-format.md), not with the writer
 * they also test. Shared by the tests of blocks and of hostile input.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

struct golden {
	const char *name;
	void (*build)(struct hc_buf *to);
	unsigned events; /* that come out */
};
extern const struct golden golden_files[];
extern const size_t golden_n;

const struct golden *golden_find(const char *name);

/* ---- the pieces, for tests that build their own ---- */

void put_u8(struct hc_buf *b, uint8_t v);
void put_u16(struct hc_buf *b, uint16_t v);
void put_u32(struct hc_buf *b, uint32_t v);
void put_u64(struct hc_buf *b, uint64_t v);
void put_str16(struct hc_buf *b, const char *s);
void put_strn16(struct hc_buf *b, const char *s, uint16_t len);

/* A block: begin, put its body, end (padding and both lengths). */
size_t begin_block(struct hc_buf *b, uint32_t type);
void end_block(struct hc_buf *b, size_t at);
void put_shb(struct hc_buf *b);
void put_mi(struct hc_buf *b, uint32_t type, const char *host);
/* One process list entry's fields up to `root` as that version has them. */
void put_thread_fields(struct hc_buf *b, int version, int64_t tid);
/* An event: header, lengths, data. lens has n entries; width 2 or 4; v1 leaves nparams out. */
struct put_event {
	uint32_t block;
	uint32_t flags; /* EVF blocks only */
	uint64_t ts;
	int64_t tid;
	uint16_t type;
	uint32_t n;
	const uint32_t *lens;
	const void *data;
};
void put_event(struct hc_buf *b, const struct put_event *e);
/* close(3) = 0 by thread 100 as EV V2. */
void put_close(struct hc_buf *b, uint64_t ts);
/* gzip member or zstd frame of in, behind what out holds. */
void put_gzip(struct hc_buf *out, const struct hc_buf *in);
void put_zstd(struct hc_buf *out, const struct hc_buf *in, size_t window_unknown_size);
