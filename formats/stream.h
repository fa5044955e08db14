/* SPDX-License-Identifier: Apache-2.0
 *
 * Plain bytes in big pieces: runs a filter, on a second thread if asked, and hands out its output chunk by chunk. Each
 * chunk has room in front of its data, so that the rest of the previous one (a block cut by the chunk's end) can be
 * put there and the block lies in one piece.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "formats/filter.h"

enum {
	HC_CHUNK_HEAD = 72 << 10,  /* more than the longest event block that is not LARGE */
	HC_CHUNK_DATA = (1 << 20) + (128 << 10), /* a frame as hindcast writes them; less for small inputs */
};

struct hc_chunk {
	uint8_t *data; /* HC_CHUNK_HEAD writable bytes lie before it */
	size_t len;
	enum hc_piece piece; /* DATA: len > 0; otherwise gap tells more */
	struct hc_gap gap;
	uint64_t in_off; /* stored bytes consumed when this was made */
};

struct hc_stream;

/* Takes source. ahead: decompress on a second thread. */
struct hc_stream *hc_stream_new(struct hc_source *source, bool ahead);
struct hc_stream *hc_stream_free(struct hc_stream *stream);
/* The next chunk, borrowed until hc_stream_put. At most two may be out at a time. After a final piece: that one again. */
struct hc_chunk *hc_stream_get(struct hc_stream *stream);
void hc_stream_put(struct hc_stream *stream, struct hc_chunk *chunk);
/* "none", "gzip", "zstd". */
const char *hc_stream_compression(const struct hc_stream *stream);
