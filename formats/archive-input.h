/* SPDX-License-Identifier: Apache-2.0
 *
 * A libarchive handle that reads from a source. Only formats and filters that are decoded inside libarchive are allowed:
 * none of those that start another program.
 */
#pragma once

#include <archive.h>
#include <stdbool.h>
#include <stddef.h>

#include "formats/source.h"

/* Zero-initialise, set file. Stays where it is while open: libarchive holds its address. */
struct hc_archive_input {
	struct archive *archive;
	struct hc_source *file; /* owned: the archive's bytes */
	size_t given;           /* bytes of file->p that libarchive holds, to be skipped on its next call */
	bool seekable;          /* set by open */
};

/* raw: bytes that are no archive but compressed count as one with a single member. ARCHIVE_OK or libarchive's error. */
int hc_archive_input_open(struct hc_archive_input *input, bool raw);
/* From the beginning again; for seekable ones. */
int hc_archive_input_reopen(struct hc_archive_input *input, bool raw);
void hc_archive_input_done(struct hc_archive_input *input);
/* libarchive's words for what is wrong. */
const char *hc_archive_input_error(const struct hc_archive_input *input);
