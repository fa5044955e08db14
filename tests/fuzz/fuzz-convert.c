/* SPDX-License-Identifier: Apache-2.0
 *
 * The conversion: a sequence of events, each `type u16, tid u8, nparams u8, lengths u16 each, data`. Whatever comes out
 * must be in the current schema.
 */
#include <stdlib.h>

#include "common/cursor.h"
#include "formats/convert.h"
#include "touch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct hc_event *ev)
{
	const struct hc_event_info *info = &hc_event_table[ev->type];

	if (info->flags & EF_UNUSED)
		abort();
	if ((info->flags & EF_CONVERTER_MANAGED) && (ev->type & 1) &&
	    (ev->nparams != info->nparams || (info->flags & EF_OLD_VERSION)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hc_cursor c = hc_cursor(data, size);
	struct hc_convert *convert = hc_convert_new();

	while (hc_cursor_left(&c) >= 4) {
		struct hc_event ev = { .type = hc_cursor_u16(&c) % HC_EVENT_COUNT, .tid = hc_cursor_u8(&c) };
		const char *err = NULL;
		uint32_t sum = 0;

		if (hc_event_type_is_large(ev.type))
			break;
		ev.nparams = hc_cursor_u8(&c) % 40;
		ev.lens = hc_cursor_bytes(&c, 2 * ev.nparams);
		for (uint32_t i = 0; ev.lens && i < ev.nparams; i++)
			sum += hc_le16(ev.lens + 2 * i);
		ev.data = hc_cursor_bytes(&c, sum);
		if (!hc_cursor_ok(&c))
			break;
		if (hc_convert_passes(&ev)) {
			check(&ev);
			continue;
		}
		switch (hc_convert_event(convert, &ev, &err)) {
		case HC_CONVERT_PASS:
			check(&ev);
			touch_event(&ev);
			break;
		case HC_CONVERT_FAILED:
			if (!err)
				abort();
			break;
		default:
			break;
		}
	}
	hc_convert_free(convert);
	return 0;
}
