/* SPDX-License-Identifier: Apache-2.0
 *
 * What is recorded, once more as a plain capture into a pipe, for a process that must never hold the recording up: nothing
 * here waits. What the pipe does not take is kept, up to a limit; from there on events are left out of this stream, and
 * counted, until half of what is kept is gone. After such a gap the reader's picture of processes and files may be wrong;
 * it gets fresh lists as soon as there are some (the next file's, or segment's).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "formats/section.h"

enum { HC_FEED_KEEP_MAX = 64 << 20 };

struct hc_feed;

/* fd: a pipe's writing end, non-blocking; taken. keep_max: bytes kept at most, give or take a frame and a section. */
struct hc_feed *hc_feed_new(int fd, size_t keep_max);
/* Ends the stream; what is still kept is lost. */
struct hc_feed *hc_feed_free(struct hc_feed *feed);
HC_DEFINE_CLEANUP(struct hc_feed *, hc_feed_free);

/* Would lists be of use: the stream has not begun, or there was a gap and room is back? */
bool hc_feed_wants_section(const struct hc_feed *feed);
void hc_feed_section(struct hc_feed *feed, const struct hc_section *section);
/* An event in wire form (formats/writer.h); before the first section it goes nowhere, uncounted. */
void hc_feed_event(struct hc_feed *feed, uint16_t cpu, uint32_t flags, const void *wire, uint32_t len);
/* The pipe, to wait for room in it. */
int hc_feed_fd(const struct hc_feed *feed);
/* Everything so far is on its way, as far as the pipe takes it. 0, or negative errno: nobody reads any more. */
int hc_feed_push(struct hc_feed *feed);

struct hc_feed_stats {
	uint64_t events, left_out; /* handed on or kept; left out */
	uint64_t kept_bytes;       /* at present */
	bool behind;               /* events are left out at present */
};
void hc_feed_stats(const struct hc_feed *feed, struct hc_feed_stats *ret);
