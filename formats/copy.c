/* SPDX-License-Identifier: Apache-2.0
 *
 * Pouring readers into a writer. Damage in an input is reported and counted; what is readable is written.
 */
#include "formats/copy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "common/exit.h"

enum { COMPLAINTS_MAX = 100 };

void hc_copy_complain(struct hc_copy *c, const struct hc_diag *diag)
{
	char text[HC_DIAG_TEXT_MAX + HC_DIAG_FILE_MAX + 64];

	hc_progress_clear(&c->progress);
	fprintf(stderr, "hindcast %s: %s\n", c->command, hc_diag_format(diag, text, sizeof text));
}

/* Events that were passed over are missing in the copy: not a matter for silence. */
static void note_end(struct hc_copy *c, const struct hc_reader *reader)
{
	struct hc_reader_stats stats;

	hc_reader_stats(reader, &stats);
	c->newer += stats.newer;
}

static void show_progress(struct hc_copy *c, struct hc_reader *reader)
{
	struct hc_reader_stats stats;

	hc_reader_stats(reader, &stats);
	hc_progress_show(&c->progress, stats.bytes_in, stats.input_size, c->events, "events");
}

int hc_copy_event(struct hc_copy *c, struct hc_reader *reader, const struct hc_event *ev)
{
	struct hc_diag diag;
	int r = hc_writer_event(c->output.writer, ev, &diag);

	if (hc_progress_due(&c->progress))
		show_progress(c, reader);
	if (r == HC_WRITE_REFUSED) {
		hc_copy_complain(c, &diag);
		c->refused++;
		return 0;
	}
	if (r < 0) {
		hc_copy_complain(c, &diag);
		return r;
	}
	c->events++;
	return 0;
}

int hc_copy_next(struct hc_copy *c, struct hc_reader *reader, struct hc_event **ret_event)
{
	for (;;) {
		struct hc_diag diag;
		int r;

		if (hc_output_interrupted()) {
			hc_progress_clear(&c->progress);
			fprintf(stderr, "hindcast %s: interrupted; nothing was kept\n", c->command);
			return -EINTR;
		}
		r = hc_reader_next(reader, ret_event, &diag);
		if (r == HC_READ_EVENT || r == HC_READ_SECTION)
			return r;
		if (r != HC_READ_EOF && (r < 0 || c->damages++ < COMPLAINTS_MAX))
			hc_copy_complain(c, &diag);
		if (r != HC_READ_SKIPPED) {
			note_end(c, reader);
			return r < 0 ? r : HC_READ_EOF;
		}
	}
}

int hc_copy_all(struct hc_copy *c, struct hc_reader *reader)
{
	struct hc_event *ev = NULL;
	int r = HC_READ_SECTION;

	for (;;) {
		if (r == HC_READ_SECTION) {
			struct hc_diag diag;

			r = hc_writer_section(c->output.writer, hc_reader_section(reader), &diag);
			if (r)
				hc_copy_complain(c, &diag);
		} else if (r == HC_READ_EVENT) {
			r = hc_copy_event(c, reader, ev);
		}
		if (r < 0)
			return r;
		r = hc_copy_next(c, reader, &ev);
		if (r == HC_READ_EOF)
			return 0;
		if (r < 0)
			return r;
	}
}

int hc_copy_finish(struct hc_copy *c, int r)
{
	struct hc_diag diag;
	struct hc_writer_stats stats;
	int x;

	hc_progress_clear(&c->progress);
	hc_writer_stats(c->output.writer, &stats);
	x = hc_output_close(&c->output, r == 0, &diag);
	if (x < 0 && !r)
		hc_copy_complain(c, &diag);
	if (r || x)
		return HC_EXIT_FAIL;
	if (c->damages > COMPLAINTS_MAX)
		fprintf(stderr, "hindcast %s: and %u more damaged places\n", c->command, c->damages - COMPLAINTS_MAX);
	fprintf(stderr, "hindcast %s: %" PRIu64 " events, %" PRIu64 " bytes written", c->command, c->events, stats.bytes_plain);
	if (c->refused)
		fprintf(stderr, "; %" PRIu64 " events could not be", c->refused);
	if (c->newer)
		fprintf(stderr, "; %" PRIu64 " events of types newer than are known here were left out", c->newer);
	fputc('\n', stderr);
	return c->damages || c->refused ? HC_EXIT_DAMAGED : HC_EXIT_OK;
}
