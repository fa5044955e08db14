/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory of the memos, counted, so that an adversarial capture with a million threads cannot make it grow without bound.
 */
#include "rules/memo.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

static size_t used; /* bytes at all memos' bits */

void hc_memo_done(struct hc_memo *memo)
{
	if (memo->bits)
		used -= memo->size * sizeof *memo->bits;
	free(memo->bits);
	*memo = (struct hc_memo){ 0 };
}

bool hc_memo_grow(struct hc_memo *memo, uint32_t words)
{
	uint32_t have = memo->bits ? memo->size : 0;

	if (have >= words)
		return true;
	if (used + (words - have) * sizeof *memo->bits > HC_MEMO_BYTES_MAX)
		return false;
	memo->bits = hc_realloc(memo->bits, words * sizeof *memo->bits);
	memset(memo->bits + have, 0, (words - have) * sizeof *memo->bits);
	memo->size = words;
	used += (words - have) * sizeof *memo->bits;
	return true;
}
