/* SPDX-License-Identifier: Apache-2.0
 *
 * Event blocks: the first byte chooses the block's type, the rest is what lies between its header and trailer. Judging
 * a block by its form sees the same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "formats/event-block.h"
#include "touch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint32_t types[] = { HC_BLOCK_EV_V1, HC_BLOCK_EVF_V1, HC_BLOCK_EV_V2, HC_BLOCK_EVF_V2, HC_BLOCK_EV_V2_LARGE,
				  HC_BLOCK_EVF_V2_LARGE };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t type, total = (uint32_t)size - 1 + 12;
	struct hc_event ev = { 0 };
	const char *err = NULL;
	uint8_t *block;
	size_t want;

	if (!size)
		return 0;
	type = types[data[0] % 6];
	if (hc_block_check(type, total))
		return 0;
	block = malloc(total);
	memcpy(block, &type, 4);
	memcpy(block + 4, &total, 4);
	memcpy(block + 8, data + 1, size - 1);
	memcpy(block + total - 4, &total, 4);
	if (hc_event_parse(&ev, block, type, total, &err) == HC_EVENT_PARSED_EVENT)
		touch_event(&ev);
	hc_block_plausible(block, total, &want);
	hc_block_header_follows(block + total / 2, total - total / 2);
	free(block);
	return 0;
}
