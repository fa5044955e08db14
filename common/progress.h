/* SPDX-License-Identifier: Apache-2.0
 *
 * One line on stderr for work that takes longer than a second: only on a terminal, only while it lasts. Cheap enough to
 * be called for every event.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct hc_progress {
	bool on;           /* stderr is a terminal */
	bool drawn;        /* the line is on the screen */
	uint32_t calls;    /* since the clock was last looked at */
	int64_t start_ns, last_ns;
	const char *label; /* borrowed */
};

enum { HC_PROGRESS_EVERY = 4096 };

/* wanted: false switches it off (an option, output to the same terminal). */
void hc_progress_init(struct hc_progress *progress, const char *label, bool wanted);
/* True every HC_PROGRESS_EVERY calls while the line is wanted: time to gather the numbers and call hc_progress_show. */
static inline bool hc_progress_due(struct hc_progress *progress)
{
	return progress->on && ++progress->calls % HC_PROGRESS_EVERY == 0;
}
/* done of total (bytes; total 0 if unknown), and what was worked on so far, as in "1234567 events". */
void hc_progress_show(struct hc_progress *progress, uint64_t done, uint64_t total, uint64_t count, const char *unit);
/* Wipes the line; before any other output to stderr, and at the end. */
void hc_progress_clear(struct hc_progress *progress);
