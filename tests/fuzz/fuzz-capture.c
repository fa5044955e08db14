/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole captures, mutated, the way replay goes: reader, conversion, host state, and every field of some events.
 */
#include <stddef.h>

#include "all-fields.h"
#include "formats/reader.h"

enum { EVENTS_MAX = 2000, EXTRACT_EVERY = 151, STATE_BYTES_MAX = 32 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hc_reader *reader HC_CLEANUP(hc_reader_close) = NULL;
	struct hc_state *state HC_CLEANUP(hc_state_free) = NULL;
	static struct all_fields all;
	struct hc_diag diag;
	struct hc_event *ev;
	struct hc_eval eval;
	int r;

	if (!all.n)
		all_fields_init(&all);
	if (hc_reader_open_memory(&reader, data, size, "fuzz", NULL, &diag))
		return 0;
	state = hc_state_new(STATE_BYTES_MAX);
	hc_state_section(state, hc_reader_section(reader));
	hc_eval_init(&eval, state);
	for (int i = 0; i < EVENTS_MAX; i++) {
		r = hc_reader_next(reader, &ev, &diag);
		if (r == HC_READ_SECTION) {
			hc_state_section(state, hc_reader_section(reader));
		} else if (r == HC_READ_EVENT) {
			if (hc_state_event(state, ev) && i % EXTRACT_EVERY == 0) {
				hc_eval_begin(&eval, ev);
				all_fields_extract(&all, &eval);
			}
		} else if (r != HC_READ_SKIPPED) {
			break;
		}
	}
	hc_eval_done(&eval);
	return 0;
}
