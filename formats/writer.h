/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing captures: current blocks only, plain, gzip or zstd. With zstd the file is a row of independent frames of
 * about 1 MiB cut at block boundaries, each with content size and checksum: what was flushed stays readable whatever
 * happens afterwards.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/diag.h"
#include "common/event.h"
#include "formats/section.h"

struct hc_writer;

enum hc_compress { HC_COMPRESS_ZSTD, HC_COMPRESS_GZIP, HC_COMPRESS_NONE };

/* Takes bytes instead of a file: all of them, 0; or negative errno, and no more are offered. */
typedef int (*hc_writer_sink)(void *ctx, const void *bytes, size_t len);

struct hc_writer_options {
	enum hc_compress compress;
	int level;         /* 0: the default */
	bool background;   /* compress and write on a second thread */
	size_t frame_size; /* uncompressed bytes per frame; 0: HC_WRITER_FRAME_SIZE */
	hc_writer_sink sink; /* instead of the fd, which is -1 then; not in the background */
	void *sink_ctx;
	/* Asked every second while the other end of a pipe or socket takes nothing; true: it is given up, with -ETIMEDOUT. From the
	 * thread that writes. NULL: it is waited for, however long. */
	bool (*give_up)(void *ctx);
	void *give_up_ctx;
};

enum {
	HC_WRITER_FRAME_SIZE = 1 << 20,
	HC_WRITER_LARGE_MAX = 64 << 20, /* an event in a LARGE block: what readers of ours take with room to spare */
};

/* Outcomes besides 0 and negative errno (dead: the output failed). */
enum hc_write {
	HC_WRITE_OK = 0,
	HC_WRITE_REFUSED, /* this event cannot be in a capture (too long, malformed); nothing was written, go on */
};

/* fd is taken (closed by close, also on failure). name is for messages, copied. */
int hc_writer_open(struct hc_writer **ret, int fd, const char *name, const struct hc_writer_options *options,
		   struct hc_diag *reterr_diag);
/* From now on as with options.background; the thread has the caller's privileges of this moment. */
void hc_writer_go_background(struct hc_writer *writer);
/* Section header and lists; before any event, and again for every further section. A section that gets no event is
 * given a harmless one: others cannot open a file without. */
int hc_writer_section(struct hc_writer *writer, const struct hc_section *section, struct hc_diag *reterr_diag);
int hc_writer_event(struct hc_writer *writer, const struct hc_event *event, struct hc_diag *reterr_diag);
/* An event already in wire form from its ts field on (scap-format.md 9.1: ts, tid, len, type, nparams, lengths, data);
 * size is its `len`. What the kernel side produces. */
int hc_writer_wire_event(struct hc_writer *writer, uint16_t cpu, uint32_t flags, const void *wire, uint32_t size,
			 struct hc_diag *reterr_diag);
/* Everything so far reaches the file as complete frames; waits for that, in the background case too. */
int hc_writer_flush(struct hc_writer *writer, struct hc_diag *reterr_diag);
/* Flushes, closes, frees; the first error of the writer's life is returned (0 if none). */
int hc_writer_close(struct hc_writer *writer, struct hc_diag *reterr_diag);

struct hc_writer_stats {
	uint64_t events, bytes_plain;
	uint64_t bytes_out, frames; /* in the file */
	uint64_t recorded_out; /* in the file, of hc_writer_wire_event's events; those for the state only aside */
};
void hc_writer_stats(const struct hc_writer *writer, struct hc_writer_stats *ret);
