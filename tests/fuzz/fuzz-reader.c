/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole file, plain or however it is wrapped. Also holds reading in pieces against reading whole.
 */
#include <stdlib.h>

#include "pieces.h"
#include "touch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* All outcomes, where they are and what is said of them. */
static uint64_t consume(struct hc_source *source, bool raw)
{
	HC_CLEANUP(hc_reader_close) struct hc_reader *r = NULL;
	struct hc_reader_options options = { .raw = raw, .lists_max = 8 << 20 };
	struct hc_diag diag;
	struct hc_event *ev;
	uint64_t seen = 0;
	int x = hc_reader_open_source(&r, source, "fuzz", &options, &diag);

	if (x)
		return (uint64_t)x << 48;
	touch_section(hc_reader_section(r));
	while ((x = hc_reader_next(r, &ev, &diag)) == HC_READ_EVENT || x == HC_READ_SECTION || x == HC_READ_SKIPPED) {
		if (x == HC_READ_EVENT)
			touch_event(ev);
		else if (x == HC_READ_SECTION)
			touch_section(hc_reader_section(r));
		seen = hc_hash_u64(seen ^ (uint64_t)x << 56 ^ (x == HC_READ_EVENT   ? ev->off :
							       x == HC_READ_SKIPPED ? (uint64_t)diag.off :
										      0));
		if (x == HC_READ_SKIPPED)
			seen ^= hc_hash_bytes(diag.text, strlen(diag.text));
	}
	if (x != HC_READ_EOF && x != HC_READ_TRUNCATED && x != HC_READ_UNSUPPORTED)
		abort();
	return hc_hash_u64(seen ^ (uint64_t)x << 56);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t whole = consume(hc_source_new_memory(data, size), false);
	struct pieces f = { data, size, 1 + size % 97 };
	struct hc_source *s = new_pieces(&f);

	s->eager = size & 1;
	if (consume(s, false) != whole)
		abort();
	consume(hc_source_new_memory(data, size), true);
	return 0;
}
