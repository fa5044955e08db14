/* SPDX-License-Identifier: Apache-2.0
 *
 * What the commands that write a capture from captures have in common (convert, merge, cut, redact): pouring a reader into
 * a writer, and saying how it went.
 */
#pragma once

#include <stdint.h>

#include "common/progress.h"
#include "formats/output.h"
#include "formats/reader.h"

struct hc_copy {
	const char *command; /* for messages */
	struct hc_output output;
	struct hc_progress progress;
	uint64_t events, refused; /* written; that the format cannot hold */
	uint64_t newer;           /* left out: of types this schema does not have */
	uint32_t damages;         /* reported */
};

/* Prints a diagnostic as "hindcast COMMAND: ..." to stderr. */
void hc_copy_complain(struct hc_copy *copy, const struct hc_diag *diag);
/* One event: 0 or the output's error (printed). */
int hc_copy_event(struct hc_copy *copy, struct hc_reader *reader, const struct hc_event *ev);
/* The next event of reader after reporting what is no event. HC_READ_EVENT, _SECTION, or HC_READ_EOF for every final
 * outcome but an I/O error (negative, printed). */
int hc_copy_next(struct hc_copy *copy, struct hc_reader *reader, struct hc_event **ret_event);
/* All sections of reader to the output. 0 or negative errno (printed). */
int hc_copy_all(struct hc_copy *copy, struct hc_reader *reader);
/* Closes the output and gives the command's exit code; r: what the copying returned. */
int hc_copy_finish(struct hc_copy *copy, int r);
