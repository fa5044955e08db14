/* SPDX-License-Identifier: Apache-2.0
 *
 * Judging blocks by their form: is a header acceptable, could this be a block at all; and the events of 2014 to 2018,
 * whose form has to be guessed.
 */
#include "formats/block.h"

#include "formats/event-block.h"

const char *hc_block_check(uint32_t type, uint32_t total)
{
	if (type == HC_BLOCK_SHB)
		return total < HC_SHB_LEN ? "section header too short" : total > HC_BLOCK_MAX ? "block length absurd" : NULL;
	if (hc_block_is_event(type)) {
		if (total < HC_BLOCK_OVERHEAD + 2 + HC_EVENT_HEADER_V1)
			return "event block too short";
		if (total > (type >= HC_BLOCK_EV_V2_LARGE ? HC_BLOCK_MAX : HC_EVENT_BLOCK_MAX))
			return "event block too long";
		return NULL;
	}
	if (total < HC_BLOCK_OVERHEAD)
		return "block length below 12";
	return total > HC_BLOCK_MAX ? "block length above 256 MiB" : NULL;
}

enum hc_plausible hc_block_plausible(const uint8_t *p, size_t len, size_t *ret_want)
{
	uint32_t type, total, max, body;

	*ret_want = 8;
	if (len < 8)
		return HC_PLAUSIBLE_UNKNOWN;
	type = hc_block_canonical(hc_le32(p));
	total = hc_le32(p + 4);
	if (!hc_block_is_known(type) || total % 4)
		return HC_PLAUSIBLE_NO;
	if (type == HC_BLOCK_SHB) {
		max = 1 << 16;
		body = 16;
	} else if (hc_block_is_event(type)) {
		max = type >= HC_BLOCK_EV_V2_LARGE ? HC_BLOCK_PLAUSIBLE_MAX : HC_EVENT_BLOCK_MAX;
		body = 2 + HC_EVENT_HEADER_V1;
	} else {
		max = HC_BLOCK_PLAUSIBLE_MAX;
		body = 0;
	}
	if (total < HC_BLOCK_OVERHEAD + body || total > max)
		return HC_PLAUSIBLE_NO;
	*ret_want = total;
	if (len < total)
		return HC_PLAUSIBLE_UNKNOWN;
	if (hc_le32(p + total - 4) != total)
		return HC_PLAUSIBLE_NO;
	if (type == HC_BLOCK_SHB)
		return hc_le32(p + 8) == HC_SHB_MAGIC ? HC_PLAUSIBLE_YES : HC_PLAUSIBLE_NO;
	if (hc_block_is_event(type)) {
		bool flags = type == HC_BLOCK_EVF_V1 || type == HC_BLOCK_EVF_V2 || type == HC_BLOCK_EVF_V2_LARGE;
		uint32_t at = 8 + 2 + (flags ? 4 : 0);
		uint32_t elen;

		if (total < at + HC_EVENT_HEADER_V1 + 4)
			return HC_PLAUSIBLE_NO;
		elen = hc_le32(p + at + 16);
		return elen >= HC_EVENT_HEADER_V1 && elen <= total - at - 4 ? HC_PLAUSIBLE_YES : HC_PLAUSIBLE_NO;
	}
	return HC_PLAUSIBLE_YES;
}

bool hc_block_header_follows(const uint8_t *p, size_t len)
{
	return len < 8 ? true : hc_block_is_known(hc_block_canonical(hc_le32(p))) && hc_le32(p + 4) >= HC_BLOCK_OVERHEAD;
}

bool hc_event_ends_before(const uint8_t *p, uint32_t type, uint32_t total)
{
	uint32_t at = 8 + 2 + (type == HC_BLOCK_EVF_V1 || type == HC_BLOCK_EVF_V2 || type == HC_BLOCK_EVF_V2_LARGE ? 4 : 0);
	uint64_t end;

	if (total < at + HC_EVENT_HEADER_V1 + 4)
		return false;
	end = ((at + (uint64_t)hc_le32(p + at + 16) + 3) & ~3ULL) + 4;
	return end < total && hc_le32(p + end - 4) == end;
}

const char *hc_event_parse_v1(struct hc_event *ev, const uint8_t *h, uint32_t len, uint32_t left)
{
	uint32_t room, n = hc_event_table[ev->type].nparams;

	if ((ev->type == PPME_NOTIFICATION_E || ev->type == PPME_INFRASTRUCTURE_EVENT_E) && len >= 3)
		len -= 3; /* old recorders wrote 3 too much, which the block need not have room for */
	if (len > left)
		return "event longer than its block";
	if (len < HC_EVENT_HEADER_V1)
		return "event length below its header";
	if (hc_event_type_is_large(ev->type))
		return "event type with wide lengths in a block of 2014 to 2018";
	room = len - HC_EVENT_HEADER_V1;
	for (n++; n-- > 0;) {
		uint32_t sum = 2 * n;

		if (sum > room)
			continue;
		for (uint32_t i = 0; i < n; i++)
			sum += hc_le16(h + HC_EVENT_HEADER_V1 + 2 * i);
		if (sum > room)
			continue;
		if (sum < room)
			break;
		ev->nparams = n;
		ev->lens = h + HC_EVENT_HEADER_V1;
		ev->data = ev->lens + 2 * n;
		return NULL;
	}
	return "no parameter count fits the event's length";
}
