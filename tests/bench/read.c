/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads captures to the event view and counts events by type: the work the reader's speed is measured by.
 * usage: bench-read [-a] FILE...   -a: decompress ahead on a second thread
 */
#include <inttypes.h>
#include <string.h>

#include "formats/reader.h"

static int bench(const char *path, const struct hc_reader_options *options)
{
	HC_CLEANUP(hc_reader_close) struct hc_reader *reader = NULL;
	static uint64_t count[HC_EVENT_COUNT];
	struct hc_reader_stats stats;
	struct hc_diag diag;
	struct hc_event *ev;
	char text[1200];
	int r = hc_reader_open(&reader, path, options, &diag);
	unsigned types = 0;

	memset(count, 0, sizeof count);
	while (r == 0 || r == HC_READ_SKIPPED || r == HC_READ_SECTION) {
		if (r == HC_READ_SKIPPED)
			fprintf(stderr, "%s\n", hc_diag_format(&diag, text, sizeof text));
		r = hc_reader_next(reader, &ev, &diag);
		if (r == HC_READ_EVENT)
			count[ev->type]++;
	}
	if (r != HC_READ_EOF) {
		fprintf(stderr, "%s\n", hc_diag_format(&diag, text, sizeof text));
		return 1;
	}
	for (unsigned i = 0; i < HC_EVENT_COUNT; i++)
		types += count[i] != 0;
	hc_reader_stats(reader, &stats);
	printf("%s: %" PRIu64 " events of %u types, %" PRIu64 " plain bytes, %s\n", path, stats.events, types,
	       stats.bytes_plain, stats.compression);
	return 0;
}

int main(int argc, char **argv)
{
	struct hc_reader_options options = { 0 };
	int r = 0;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-a"))
			options.decompress_ahead = true;
		else
			r |= bench(argv[i], &options);
	}
	return r;
}
