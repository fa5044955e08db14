/* SPDX-License-Identifier: Apache-2.0
 *
 * The parsers of the metadata blocks: the first byte chooses the block's type, the rest is its body. What was
 * understood is written and must read back as much.
 */
#include <stdlib.h>

#include "formats/block.h"
#include "formats/lists.h"
#include "formats/writer-lists.h"
#include "touch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint32_t types[] = {
	HC_BLOCK_MI,	HC_BLOCK_PL_V1, HC_BLOCK_PL_V2, HC_BLOCK_PL_V3,	 HC_BLOCK_PL_V4,  HC_BLOCK_PL_V5, HC_BLOCK_PL_V6, HC_BLOCK_PL_V7,
	HC_BLOCK_PL_V8, HC_BLOCK_PL_V9, HC_BLOCK_FDL_V1, HC_BLOCK_FDL_V2, HC_BLOCK_IL_V1, HC_BLOCK_IL_V2, HC_BLOCK_UL_V1, HC_BLOCK_UL_V2,
};

static int parse_back(void *ctx, const void *block, size_t len)
{
	const uint8_t *p = block;
	struct hc_lists_loss loss;

	if (len < 12 || hc_le32(p + 4) != len || hc_le32(p + len - 4) != len)
		abort();
	if (hc_le32(p) != HC_BLOCK_SHB && !hc_lists_parse(ctx, hc_le32(p), p + 8, len - 12, &loss))
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hc_section s, back;
	struct hc_lists_loss loss;
	uint32_t unknown = 0;

	if (!size)
		return 0;
	hc_section_init(&s);
	hc_section_init(&back);
	hc_lists_parse(&s, types[data[0] % 16], data + 1, size - 1, &loss);
	if (loss.len > size - 1 || loss.at > size - 1)
		abort();
	touch_section(&s);
	hc_lists_write(&s, parse_back, &back);
	for (uint32_t i = 0; i < s.nfds; i++)
		unknown += s.fds[i].type == HC_FD_UNKNOWN; /* never written */
	if (back.nthreads != s.nthreads || back.nfds != s.nfds - unknown || back.ninterfaces != s.ninterfaces ||
	    back.nusers != s.nusers || back.ngroups != s.ngroups)
		abort();
	hc_section_done(&s);
	hc_section_done(&back);
	return 0;
}
