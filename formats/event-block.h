/* SPDX-License-Identifier: Apache-2.0
 *
 * From an event block to the event view (scap-format.md 9). Inline because it is the reader's inner loop. Invariant: an
 * event that comes out has its lengths table and all its parameters inside the block.
 */
#pragma once

#include "common/event.h"
#include "formats/block.h"

#define HC_LIKELY(x) __builtin_expect(!!(x), 1)
#define HC_UNLIKELY(x) __builtin_expect(!!(x), 0)

enum hc_event_parsed {
	HC_EVENT_PARSED_EVENT,
	HC_EVENT_PARSED_UNKNOWN_TYPE, /* a newer recorder's: skipped in silence */
	HC_EVENT_PARSED_BAD,
};

/* V1 events do not say how many parameters they have (scap-format.md 9.4). h: the 22 header bytes and what follows, `left`
 * bytes in all; len: the event's own length. NULL, or what is wrong. */
const char *hc_event_parse_v1(struct hc_event *ev, const uint8_t *h, uint32_t len, uint32_t left);

/* Does the event in a block, going by its own length, end at a trailer that says so, before the block's end? Its blocks are
 * then two or more, and the length that makes them one is wrong. */
bool hc_event_ends_before(const uint8_t *p, uint32_t type, uint32_t total);

/* Checks the lengths of all parameters; what was added up for that is kept as their index. */
static inline const char *hc_event_check_lengths(struct hc_event *ev, uint32_t room)
{
	static const char too_long[] = "the parameters' lengths exceed the event";
	uint64_t sum = 0;
	uint32_t n = ev->nparams;

	if (HC_LIKELY(n <= HC_EVENT_PARAMS_MAX && !hc_event_type_is_large(ev->type))) {
		hc_event_index(ev);
		return HC_LIKELY(ev->param_off[n] <= room) ? NULL : too_long;
	}
	if (hc_event_type_is_large(ev->type)) {
		for (uint32_t i = 0; i < n; i++)
			sum += hc_le32(ev->lens + 4 * i);
	} else {
		for (uint32_t i = 0; i < n; i++)
			sum += hc_le16(ev->lens + 2 * i);
	}
	return sum <= room ? NULL : too_long;
}

/* Fills *ev (all but num and off) from the event block that lies whole at b; its header passed hc_block_check. reterr
 * (static text) is set for HC_EVENT_PARSED_BAD. */
static inline enum hc_event_parsed hc_event_parse(struct hc_event *ev, const uint8_t *b, uint32_t block, uint32_t total,
						    const char **reterr)
{
	const uint8_t *h = b + 10;
	uint32_t left = total - 8 - 2 - 4, len, width;
	bool v1 = block == HC_BLOCK_EV_V1 || block == HC_BLOCK_EVF_V1;

	ev->cpu = hc_le16(b + 8);
	ev->flags = 0;
	if (block == HC_BLOCK_EVF_V2 || block == HC_BLOCK_EVF_V1 || block == HC_BLOCK_EVF_V2_LARGE) {
		if (left < 4 + HC_EVENT_HEADER_V1) {
			*reterr = "event block too short";
			return HC_EVENT_PARSED_BAD;
		}
		ev->flags = hc_le32(h);
		h += 4;
		left -= 4;
	}
	if (HC_UNLIKELY(left < (v1 ? HC_EVENT_HEADER_V1 : HC_EVENT_HEADER))) {
		*reterr = "event block too short";
		return HC_EVENT_PARSED_BAD;
	}
	ev->ts_ns = hc_le64(h);
	ev->tid = (int64_t)hc_le64(h + 8);
	len = hc_le32(h + 16);
	ev->type = hc_le16(h + 20);
	ev->nindexed = 0;
	if (HC_UNLIKELY(ev->type >= HC_EVENT_COUNT))
		return HC_EVENT_PARSED_UNKNOWN_TYPE;
	if (HC_UNLIKELY(v1)) {
		*reterr = hc_event_parse_v1(ev, h, len, left);
		return *reterr ? HC_EVENT_PARSED_BAD : HC_EVENT_PARSED_EVENT;
	}
	if (HC_UNLIKELY(len > left)) {
		*reterr = "event longer than its block";
		return HC_EVENT_PARSED_BAD;
	}
	if (HC_UNLIKELY(len < HC_EVENT_HEADER)) {
		*reterr = "event length below its header";
		return HC_EVENT_PARSED_BAD;
	}
	len -= HC_EVENT_HEADER;
	ev->nparams = hc_le32(h + 22);
	width = hc_event_type_is_large(ev->type) ? 4 : 2;
	if (HC_UNLIKELY(ev->nparams > len / width)) {
		*reterr = "more parameters than the event has room for";
		return HC_EVENT_PARSED_BAD;
	}
	ev->lens = h + HC_EVENT_HEADER;
	ev->data = ev->lens + (size_t)ev->nparams * width;
	*reterr = hc_event_check_lengths(ev, len - ev->nparams * width);
	return HC_LIKELY(!*reterr) ? HC_EVENT_PARSED_EVENT : HC_EVENT_PARSED_BAD;
}
