/* SPDX-License-Identifier: Apache-2.0
 *
 * Output in frames: plain bytes are collected, compressed as one independent frame (zstd frame, gzip member, or as they
 * are) and written, on a second thread if asked. What a block is, is the caller's business: a frame is cut where the
 * caller says so.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/diag.h"
#include "formats/writer.h"

struct hc_frames;

/* fd is taken, also on failure; name is copied. */
int hc_frames_new(struct hc_frames **ret, int fd, const char *name, const struct hc_writer_options *options,
		  struct hc_diag *reterr_diag);
/* Room for n bytes of one block: a frame that would get bigger than the frame size is closed first. The pointer is good
 * until the next call. NULL: the output failed (see hc_frames_close). */
uint8_t *hc_frames_room(struct hc_frames *frames, size_t n);
/* From now on a second thread compresses and writes, as with the option; it has the caller's privileges of this moment. If
 * there cannot be one, the caller goes on doing it. */
void hc_frames_go_background(struct hc_frames *frames);
/* Closes the open frame and waits until it and all others are in the file. 0 or the first error. */
int hc_frames_flush(struct hc_frames *frames, struct hc_diag *reterr_diag);
/* Flushes, closes the file, frees; the first error of its life. */
int hc_frames_close(struct hc_frames *frames, struct hc_diag *reterr_diag);
/* The first error so far, with its text; 0 if none. */
int hc_frames_error(struct hc_frames *frames, struct hc_diag *reterr_diag);
/* The block that room was last asked for counts among those that counted tells of. */
void hc_frames_count(struct hc_frames *frames);

struct hc_frames_stats {
	uint64_t out, frames; /* bytes, and complete frames, in the file */
	uint64_t counted;     /* blocks in those frames, of those that hc_frames_count was called for */
	uint64_t plain;       /* bytes taken */
};
void hc_frames_stats(struct hc_frames *frames, struct hc_frames_stats *ret);
